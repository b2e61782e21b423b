/* SPDX-License-Identifier: ISC
 *
 * servers - what is known of each configured server, whichever relay it serves: its counters,
 * its health, our address on the way to it, and the index that finds it by its address.
 *
 * A server is an address in a routing table (VRF), not a name: what two [server] sections with
 * one address have in common belongs to the first of them (conf_server.first), and it outlives a
 * reload that moves the server to another place in the file.
 */
#ifndef CORE_SERVERS_H
#define CORE_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "core/server/health.h"
#include "core/server/stats.h"

#define SERVERS_SLOTS	1024

/* A set of servers, by index. */
struct serverset {
	uint64_t bits[CONF_SERVERS_MAX / 64];
};

static inline bool
serverset_has(const struct serverset *s, uint16_t server)
{
	return s->bits[server / 64] >> server % 64 & 1;
}

static inline void
serverset_add(struct serverset *s, uint16_t server)
{
	s->bits[server / 64] |= 1ull << server % 64;
}

static inline void
serverset_remove(struct serverset *s, uint16_t server)
{
	s->bits[server / 64] &= ~(1ull << server % 64);
}

struct server_key {
	struct ipaddr address;
	uint32_t vrf;		/* 0: the main table */
};

/* All pointers are borrowed. */
struct servers {
	const struct conf *conf;
	uint32_t conf_gen;	/* grows with every configuration */
	struct iftab *iftab;
	struct server_stats stats[CONF_SERVERS_MAX];
	/* Our address on the way to each server, IP4_NONE while there is no route. */
	struct ip4 source[CONF_SERVERS_MAX];
	struct health health[CONF_SERVERS_MAX];	/* by server, the first of its address */
	/* Called when the state of a server changed; may be NULL. */
	void (*on_health)(void *user, uint16_t server);
	void *user;
	uint16_t slot[SERVERS_SLOTS];	/* key -> server, filled by servers_configure */
};

/* Takes a configuration, the first (old is NULL) or the next: counters and health of servers
 * that stay are kept. */
void servers_configure(struct servers *sv, const struct conf *old, const struct conf *c,
    struct mono now);
/* CONF_NONE when no server has this address. O(1). */
uint16_t servers_find(const struct servers *sv, struct server_key key);
/* An IPv4 address in the main table. */
uint16_t servers_find4(const struct servers *sv, struct ip4 a);

/* Calls on_health when `changed`, which is what a health_* function returned. */
void servers_note(struct servers *sv, uint16_t server, bool changed);
/* The kernel reported an error (an errno value) for a server's socket: what an ICMP message or
 * ARP said. */
void servers_error(struct servers *sv, uint16_t server, int err, struct mono now);
/* Once a second: servers without probes that errors took down are tried again. */
void servers_tick(struct servers *sv, struct mono now);

#endif
