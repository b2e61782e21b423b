/* SPDX-License-Identifier: ISC
 *
 * way - the way to each server according to the kernel: is there a route, is
 * its interface up, does the next hop answer ARP or ND? If not, the server is blocked
 * (core/server/health). relay/tend/way_watch queries the kernel.
 */
#ifndef CORE_SERVER_WAY_H
#define CORE_SERVER_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"
#include "core/server/servers.h"

/* The host that must answer ARP or ND for packets to a server: a gateway, which
 * several servers may share, or the server itself. */
struct way_hop {
	uint32_t ifindex;
	struct ipaddr ip;
	bool asked;		/* false: way_watch must query the kernel */
	bool doubted;		/* reported as failed, to be verified */
	bool failed;		/* the kernel got no answer from it */
	bool used;
};

struct way {
	bool known;		/* from the kernel */
	bool routed;
	enum health_diag why;	/* not routed */
	bool blocked;		/* by the last way_judge() */
	uint32_t ifindex;	/* of this or the last route; 0: none */
	struct ipaddr hop;	/* none: nobody is asked (this host, multicast) */
};

struct ways {
	struct way server[CONF_SERVERS_MAX];	/* by conf_server.first */
	unsigned n_hop;
	struct way_hop hop[CONF_SERVERS_MAX];
};

/* Take the kernel's answer: a route (hop: none if nobody is asked), or none. */
void way_route(struct ways *w, uint16_t server, uint32_t ifindex,
    struct ipaddr hop);
void way_no_route(struct ways *w, uint16_t server, enum health_diag why);
/* Forgets hops that are on no server's way. Call it after the answers for all. */
void way_sweep(struct ways *w);
/* Takes a neighbour's state; false if it is on no server's way, as most. */
bool way_neighbour(struct ways *w, uint32_t ifindex, struct ipaddr ip,
    bool failed);
/* Takes a report of a failed neighbour, which must be verified with the kernel:
 * a deleted entry (ip neigh flush) is reported in the same way. */
bool way_doubt(struct ways *w, uint32_t ifindex, struct ipaddr ip);

/* Blocks and unblocks the servers. Call it after each change, and once a second
 * while a server is blocked. Returns true if the way to a probed server is
 * back, so that it should be probed now. */
bool way_judge(struct ways *w, struct servers *sv, struct mono now);

#endif
