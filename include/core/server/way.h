/* SPDX-License-Identifier: ISC
 *
 * way - the way to each server as the kernel sees it: is there a route, is the
 * interface that it leads through up, does the next hop answer ARP? What
 * contradicts that is certain at once, and blocks the server (core/health).
 *
 * What the kernel says comes in from io/route, what it says about
 * links from core/iftab. Nothing here asks: relay/watch does.
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

/* Somebody whose ARP answer a packet to a server needs: a gateway, or the
 * server itself. Servers behind one gateway share it. */
struct way_hop {
	uint32_t ifindex;
	struct ip4 ip;
	bool asked;		/* false: what is known of it is to be asked for; for relay/watch */
	bool doubted;		/* since news said that it failed */
	bool failed;		/* the kernel asked and got no answer */
	bool used;
};

struct way {
	bool known;		/* the kernel was asked */
	bool routed;
	bool blocked;		/* by way_judge, when it last looked */
	uint32_t ifindex;	/* of the route, or of the last that there was; 0: none */
	struct ip4 hop;		/* IP4_NONE: nobody is asked (this host, a tunnel) */
};

struct ways {
	struct way server[CONF_SERVERS_MAX];	/* by server, the first of its address */
	unsigned n_hop;
	struct way_hop hop[CONF_SERVERS_MAX];
};

/* The kernel's answer for a server. hop: IP4_NONE when nobody has to answer ARP
 * on the way. */
void way_route(struct ways *w, uint16_t server, uint32_t ifindex, struct ip4 hop);
/* There is no route. */
void way_no_route(struct ways *w, uint16_t server);
/* After all servers were asked: hops that no way leads through are forgotten. */
void way_sweep(struct ways *w);
/* News of a neighbour; false: it is on no server's way, as most are. */
bool way_neighbour(struct ways *w, uint32_t ifindex, struct ip4 ip, bool failed);
/* "Failed" is also what an entry is called that somebody deletes (ip neigh flush): the
 * kernel is to be asked what it thinks now. */
bool way_doubt(struct ways *w, uint32_t ifindex, struct ip4 ip);
/* Another configuration: the servers' places mean others now. Hops stay. */
void way_reset(struct ways *w);

/*
 * Blocks and unblocks the servers accordingly, and has servers_note() tell.
 * A neighbour through which a server answered after all is forgiven. Once after
 * each change, and every second or so while a server waits. true: the way to one that is probed is
 * back, so that a probe may say at once what it waits for.
 */
bool way_judge(struct ways *w, struct servers *sv, struct mono now);

#endif
