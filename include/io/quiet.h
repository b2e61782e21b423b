/* SPDX-License-Identifier: ISC
 *
 * quiet - keeps ICMP errors about PXE's port 4011 from reaching clients, by a rule
 * of nf_tables that lives as long as the descriptor that quiet_open() returns.
 */
#ifndef IO_QUIET_H
#define IO_QUIET_H

/*
 * From now on this network namespace forwards and sends no "destination
 * unreachable" that quotes a datagram to UDP port 4011. Returns a descriptor that
 * owns the rule, to be closed by the caller: the kernel takes the rule away with it,
 * also when the process is killed. It is never read or written.
 *
 * Or -errno: EPERM without CAP_NET_ADMIN, EOPNOTSUPP (a kernel before 5.12), EPROTONOSUPPORT or
 * ENOENT (one without nf_tables), EEXIST (somebody else has a table of our name).
 */
int quiet_open(void);

#endif
