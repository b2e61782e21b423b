/* SPDX-License-Identifier: ISC
 *
 * route - asks the kernel about the way to an address: the route that a packet
 * would take (RTM_GETROUTE), what is known about a neighbour (RTM_GETNEIGH),
 * and a lookup of one. Each call returns with the answer. io/netlink tells the
 * caller when to ask for a route again.
 *
 * neigh, its other half, reports changes of IPv4 neighbours (ARP) on some
 * interfaces. It has a socket of its own, with a filter in the kernel: on a
 * router each client is a neighbour whose state changes every minute, and only
 * those on the way to servers matter. Bridges (FDB) and IPv6 use the same
 * messages.
 */
#ifndef IO_ROUTE_H
#define IO_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum neigh_state {
	NEIGH_UNKNOWN,	/* no entry, or the kernel is asking */
	NEIGH_ALIVE,	/* it has a hardware address that is not in doubt */
	NEIGH_FAILED,	/* it did not answer ARP */
};

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

/* The way of a UDP packet from port 67 of src (IP4_NONE: the kernel's choice)
 * to port 67 of dst. 0, or the -errno with which sending would fail:
 * ENETUNREACH (no route), EHOSTUNREACH (an unreachable route), EINVAL (a
 * blackhole), EACCES (prohibit). */
int route_ask(struct route_asker *a, struct ip4 dst, struct ip4 src, struct route *out);
/* What the kernel knows about a neighbour. 0, or -errno: ENOENT (nothing),
 * EOPNOTSUPP (a kernel before 5.0). */
int route_neigh(struct route_asker *a, uint32_t ifindex, struct ip4 ip, enum neigh_state *out);
/* Makes the kernel send ARP requests, as a packet would; neigh_read() reports
 * the result, a failure after 3 s. Not for a known address: from Linux 5.16 on
 * a permanent entry would be lost. 0 or -errno (EPERM without
 * CAP_NET_ADMIN). */
int route_resolve(struct route_asker *a, uint32_t ifindex, struct ip4 ip);

/* Interfaces that the filter can name; with more, all pass. */
#define NEIGH_IFS_MAX	32

/* Called by neigh_read() with ALIVE or FAILED, possibly the same as before. */
typedef void neigh_fn(void *user, uint32_t ifindex, struct ip4 ip, enum neigh_state state);

struct neigh;

/* Reports nothing until neigh_watch(). 0 and *out, or -errno. */
int neigh_open(struct neigh **out, neigh_fn *fn, void *user);
struct neigh *neigh_close(struct neigh *n);	/* NULL-safe; returns NULL */
int neigh_fd(const struct neigh *n);	/* owned by n; readable: neigh_read() */

/* Sets the interfaces. To miss nothing, ask for states after it. 0, or -errno:
 * then nothing has changed. */
int neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count);
/* Reports what is waiting, up to a bound. 0, or -ENOBUFS: the kernel lost
 * messages, and all states must be asked for again; or another -errno. */
int neigh_read(struct neigh *n);

/* The meaning of the kernel's NUD_* bits. */
enum neigh_state neigh_state_of(unsigned nud);

#endif
