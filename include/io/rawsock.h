/* SPDX-License-Identifier: ISC
 *
 * rawsock - the raw sockets, which take CAP_NET_RAW and are therefore made by the opener.
 * Each is filtered in the kernel before it can receive anything. The fd, or -errno.
 */
#ifndef IO_RAWSOCK_H
#define IO_RAWSOCK_H

/* ICMP; receives echo replies only. */
int rawsock_icmp(void);
/* ARP on every interface, without link headers; receives replies to this host only. */
int rawsock_arp(void);

#endif
