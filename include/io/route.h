/* SPDX-License-Identifier: ISC
 *
 * route - queries the kernel for the route that a packet would take
 * (RTM_GETROUTE) and the state of a neighbour (RTM_GETNEIGH), and starts ARP and
 * ND look-ups. Each call returns the answer.
 *
 * neigh reports changes of neighbours (ARP, ND) on some interfaces. Its socket
 * has a filter: on a router, each client is a neighbour whose state changes
 * every minute, but only next hops to servers matter.
 */
#ifndef IO_ROUTE_H
#define IO_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum neigh_state {
	NEIGH_UNKNOWN,	/* no entry, or the kernel is resolving it */
	NEIGH_ALIVE,	/* its hardware address is known */
	NEIGH_FAILED,	/* it did not answer ARP or ND */
};

struct route {
	uint32_t ifindex;	/* outgoing */
	/* None: the destination is on that link. That of an IPv4 route may be
	 * IPv6 (RFC 8950). */
	struct ipaddr gateway;
	bool local;		/* the destination is an address of this host */
};

struct route_asker;

/* 0 and *out, or -errno. */
int route_open(struct route_asker **out);
struct route_asker *route_close(struct route_asker *a);	/* NULL-safe; returns NULL */

/* The route of a UDP packet from the DHCP port of src (none: the kernel's choice)
 * to that of dst, through interface scope if dst is link-local or multicast (else
 * 0). 0, or the -errno with which sending would fail: ENETUNREACH (no route),
 * EHOSTUNREACH (an unreachable route), EINVAL (a blackhole), EACCES (prohibit),
 * ENODEV (no such interface); EDESTADDRREQ: dst is the broadcast address of a subnet of this
 * host, or of IPv6 its anycast address, which a router has as well. */
int route_ask(struct route_asker *a, struct ipaddr dst, struct ipaddr src,
    uint32_t scope, struct route *out);
/* Does any route of such a packet, whatever its preference, lead through this interface?
 * 0 or -errno (EHOSTUNREACH: none does). */
int route_ask_by(struct route_asker *a, struct ipaddr dst, struct ipaddr src,
    uint32_t ifindex);
/* What the kernel knows about a neighbour. 0, or -errno: ENOENT (nothing),
 * EOPNOTSUPP (a kernel before 5.0). */
int route_neigh(struct route_asker *a, uint32_t ifindex, struct ipaddr ip,
    enum neigh_state *out);
/* Makes the kernel send ARP or ND requests, as a packet would; neigh_read() reports
 * the result, a failure after 3 s. Not for a known neighbour: from Linux 5.16
 * on, a permanent entry would be lost. Needs CAP_NET_ADMIN. 0 or -errno. */
int route_resolve(struct route_asker *a, uint32_t ifindex, struct ipaddr ip);

/* Interfaces that the filter can list; with more, all pass. */
#define NEIGH_IFS_MAX	32

/* Called by neigh_read() with ALIVE or FAILED, possibly unchanged. */
typedef void neigh_fn(void *user, uint32_t ifindex, struct ipaddr ip,
    enum neigh_state state);

struct neigh;

/* Reports nothing until neigh_watch(). 0 and *out, or -errno. */
int neigh_open(struct neigh **out, neigh_fn *fn, void *user);
struct neigh *neigh_close(struct neigh *n);	/* NULL-safe; returns NULL */
int neigh_fd(const struct neigh *n);	/* owned by n; readable: neigh_read() */

/* Sets the interfaces. To miss nothing, query states after it. 0 or -errno. */
int neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count);
/* Reports what is waiting, up to a bound. 0 or -errno; -ENOBUFS if the kernel
 * lost messages, so that all states must be queried again. */
int neigh_read(struct neigh *n);

#endif
