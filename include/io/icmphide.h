/* SPDX-License-Identifier: ISC
 *
 * icmphide - keeps ICMP errors about PXE's port 4011 from reaching clients, by
 * a rule of nf_tables that lives as long as the descriptor that icmphide_open()
 * returns.
 */
#ifndef IO_ICMPHIDE_H
#define IO_ICMPHIDE_H

/*
 * From now on this network namespace neither forwards nor sends a "destination
 * unreachable" that quotes a datagram to UDP port 4011. Returns a descriptor
 * that owns the rule, to be closed by the caller and never read or written: the
 * kernel removes the rule with it, also when the process is killed.
 *
 * Or -errno: EPERM without CAP_NET_ADMIN, EOPNOTSUPP (a kernel before 5.12),
 * EPROTONOSUPPORT or ENOENT (one without nf_tables), EEXIST (there is a table
 * of our name).
 */
int icmphide_open(void);

#endif
