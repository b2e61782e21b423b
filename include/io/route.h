/* SPDX-License-Identifier: ISC
 *
 * route - asks the kernel about the way to an address: the route that a packet would take
 * (RTM_GETROUTE), what is known about a neighbour (RTM_GETNEIGH), and a lookup of one. Each call
 * returns with the answer. io/netlink and io/neigh tell the caller when to ask again.
 */
#ifndef IO_ROUTE_H
#define IO_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/neigh.h"

struct route {
	uint32_t ifindex;	/* the packet leaves there */
	struct ip4 gateway;	/* IP4_NONE: the destination is on that link */
	bool via6;		/* the gateway is an IPv6 address (RFC 5549), not in `gateway` */
	bool local;		/* the destination is an address of this host */
};

struct route_asker;

/* 0 and *out, or -errno. */
int route_open(struct route_asker **out);
struct route_asker *route_close(struct route_asker *a);	/* NULL-safe; returns NULL */

/*
 * The way of a UDP packet from port 67 of src (IP4_NONE: the kernel's choice) to port 67 of dst.
 * 0, or the -errno with which sending would fail: ENETUNREACH (no route), EHOSTUNREACH (an
 * unreachable route), EINVAL (a blackhole), EACCES (prohibit).
 */
int route_ask(struct route_asker *a, struct ip4 dst, struct ip4 src, struct route *out);
/* What the kernel knows about a neighbour. 0, or -errno: ENOENT (nothing), EOPNOTSUPP (a kernel
 * before 5.0). */
int route_neigh(struct route_asker *a, uint32_t ifindex, struct ip4 ip, enum neigh_state *out);
/* Makes the kernel send ARP requests, as a packet would; io/neigh reports the result, a failure
 * after 3 s. Not for a known address: from Linux 5.16 on a permanent entry would be lost. 0 or
 * -errno (EPERM without CAP_NET_ADMIN). */
int route_resolve(struct route_asker *a, uint32_t ifindex, struct ip4 ip);

#endif
