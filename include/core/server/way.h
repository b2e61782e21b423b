/* SPDX-License-Identifier: ISC
 *
 * way - the way to each server as the kernel sees it: is there a route, is its interface up,
 * does the next hop answer ARP? If not, that is certain at once and blocks the server
 * (core/server/health). Nothing here queries the kernel: relay/tend/way_watch does, through
 * io/route; links come from core/iface/iftab.
 */
#ifndef CORE_WAY_H
#define CORE_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"
#include "core/server/servers.h"

/* The gateway, or the server itself, that has to answer ARP for packets to a server. Servers
 * behind one gateway share it. */
struct way_hop {
	uint32_t ifindex;
	struct ip4 ip;
	bool asked;		/* false: way_watch is to query the kernel for it */
	bool doubted;		/* since it was reported as failed */
	bool failed;		/* the kernel got no answer from it */
	bool used;
};

struct way {
	bool known;		/* from the kernel */
	bool routed;
	bool blocked;		/* by way_judge, when it last looked */
	uint32_t ifindex;	/* of the route, or of the last one; 0: none */
	struct ip4 hop;		/* IP4_NONE: no ARP (this host, a tunnel) */
};

struct ways {
	struct way server[CONF_SERVERS_MAX];	/* by server, the first of its address */
	unsigned n_hop;
	struct way_hop hop[CONF_SERVERS_MAX];
};

/* The kernel's answer for a server: a route (hop: IP4_NONE when it needs no ARP), or none. */
void way_route(struct ways *w, uint16_t server, uint32_t ifindex, struct ip4 hop);
void way_no_route(struct ways *w, uint16_t server);
/* After the answers for all servers: forgets hops that no way leads through. */
void way_sweep(struct ways *w);
/* News of a neighbour; false: it is on no server's way, as most are. */
bool way_neighbour(struct ways *w, uint32_t ifindex, struct ip4 ip, bool failed);
/* The same, reported as failed, which is also what an entry is called that was deleted (ip
 * neigh flush): the kernel is to be queried. */
bool way_doubt(struct ways *w, uint32_t ifindex, struct ip4 ip);

/* Blocks and unblocks the servers accordingly. A neighbour through which a server replied after
 * all is forgiven. Call it after each change, and once a second while a server is blocked. true:
 * the way to a probed server is back, so probe it now. */
bool way_judge(struct ways *w, struct servers *sv, struct mono now);

#endif
