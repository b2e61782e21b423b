/* SPDX-License-Identifier: ISC
 *
 * route - questions to the kernel about the way to an address: by which route
 * would a packet go (RTM_GETROUTE), what is known about that neighbour
 * (RTM_GETNEIGH), and please find out. Each is answered before it returns.
 *
 * When to ask again is the caller's business: io/netlink and io/neigh tell.
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
	bool via6;		/* the gateway is an IPv6 address (RFC 5549), not told here */
	bool local;		/* the destination is an address of this host */
};

struct route_asker;

/* 0 and *out, or -errno. */
int route_open(struct route_asker **out);
struct route_asker *route_close(struct route_asker *a);	/* NULL-safe; returns NULL */

/*
 * The way of a UDP packet from port 67 of src to port 67 of dst. src IP4_NONE:
 * whatever the kernel would choose. 0, or -errno: ENETUNREACH (no route), EHOSTUNREACH (an
 * unreachable route), EINVAL (a blackhole), EACCES (prohibit), as sending would fail.
 */
int route_ask(struct route_asker *a, struct ip4 dst, struct ip4 src, struct route *out);
/* What the kernel knows. 0 and *out, or -errno: ENOENT (nothing), EOPNOTSUPP (it is older than
 * 5.0). */
int route_neigh(struct route_asker *a, uint32_t ifindex, struct ip4 ip, enum neigh_state *out);
/* Makes the kernel ask by ARP, as a packet would; io/neigh tells what comes of it, after 3 s
 * when it is nothing. Not for an address that is known: from Linux 5.16 on, an entry that was
 * permanent would go. 0 or -errno (EPERM without CAP_NET_ADMIN). */
int route_resolve(struct route_asker *a, uint32_t ifindex, struct ip4 ip);

#endif
