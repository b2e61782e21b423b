/* SPDX-License-Identifier: ISC
 *
 * icmphide - hides ICMP errors about PXE's port 4011 by an nf_tables rule.
 */
#ifndef IO_ICMPHIDE_H
#define IO_ICMPHIDE_H

/*
 * Makes this network namespace neither forward nor send a "destination
 * unreachable" that quotes a datagram to UDP port 4011. Returns a descriptor
 * for the caller to close, never to read or write: the kernel removes the rule
 * with it, even if the process is killed.
 *
 * Or -errno: EPERM without CAP_NET_ADMIN, EOPNOTSUPP (a kernel before 5.12),
 * EPROTONOSUPPORT or ENOENT (no nf_tables), EEXIST (a table of our name).
 */
int icmphide_open(void);

#endif
