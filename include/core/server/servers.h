/* SPDX-License-Identifier: ISC
 *
 * servers - the state of each configured server: its counters, its health, its
 * DUID and our source address towards it; and the index that finds a server by its
 * address.
 *
 * A server is an address in a routing table (VRF), not a name. Two [server]
 * sections with the same address share the state of the first
 * (conf_server.first). A reload keeps it, wherever the server is in the file.
 */
#ifndef CORE_SERVER_SERVERS_H
#define CORE_SERVER_SERVERS_H

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

/* How a DHCPv6 server identifies itself (option 2). */
struct server_duid {
	uint8_t len;		/* 0: unknown */
	uint8_t b[CONF_DUID_MAX];
};

struct server_key {
	struct ipaddr address;
	uint32_t vrf;		/* 0: the main table */
	/* The interface by which the address was reached. It counts for the
	 * servers that have a zone; NULL is that of none of them. */
	const char *zone;
};

/* All pointers are borrowed. */
struct servers {
	const struct conf *conf;
	uint32_t conf_gen;	/* incremented with each configuration */
	struct iftab *iftab;
	struct server_stats stats[CONF_SERVERS_MAX];
	/* Our source address towards each server; none: no route. */
	struct ipaddr source[CONF_SERVERS_MAX];
	/* The interface of the route to each server, or of the last one while there
	 * is none; 0: there was never one. */
	uint32_t via[CONF_SERVERS_MAX];
	struct health health[CONF_SERVERS_MAX];	/* by conf_server.first */
	struct server_duid duid[CONF_SERVERS_MAX];	/* learned from its replies */
	bool says_pxe[CONF_SERVERS_MAX];	/* in a reply: core/relay4/discovery */
	uint64_t rule_hits[CONF_RULES_MAX];	/* of both families */
	/* Called after a server's state has changed; may be NULL. */
	void (*on_health)(void *user, uint16_t server);
	/* Does another route to the server lead through this interface? May be NULL:
	 * none does. */
	bool (*other_way)(void *user, uint16_t server, uint32_t ifindex);
	void *user;
	uint16_t slot[SERVERS_SLOTS];	/* hash table: server or CONF_NONE */
};

/* Takes the first configuration (old is NULL) or another one. Keeps the
 * counters, the health and what was learned of servers that are in both, and the hits of
 * rules that keep their name. */
void servers_configure(struct servers *sv, const struct conf *old,
    const struct conf *c, struct mono now);
/* Finds a server (conf_server.first), or CONF_NONE. O(1). */
uint16_t servers_find(const struct servers *sv, struct server_key key);
/* Finds a server by its IPv4 address in the main table. */
uint16_t servers_find4(const struct servers *sv, struct ip4 a);
/* Does a route to the server lead through this interface, or is it one of `uplinks`? */
bool servers_way_by(const struct servers *sv, uint16_t server, uint32_t ifindex);
/* The same for a server that is not known: is it on the way to any server? */
bool servers_any_way_by(const struct servers *sv, uint32_t ifindex);
/* Finds the server that sent a message which arrived on ifindex, or CONF_NONE: by
 * its address, which if link-local counts only on its interface; else a multicast
 * address on that interface for which src may answer. */
uint16_t servers_find_rx(const struct servers *sv, struct ipaddr src,
    uint32_t ifindex);

/* Notes the DUID of a server's reply, in place of an earlier one. */
void servers_learn_duid(struct servers *sv, uint16_t server, const void *duid,
    size_t len);
/* Is this the server's DUID, as configured or as learned? Clones may share one. */
bool servers_has_duid(const struct servers *sv, uint16_t server, const void *duid,
    size_t len);

/* Calls on_health if `changed`, the result of a health_* function. */
void servers_note(struct servers *sv, uint16_t server, bool changed);
/* Takes an error (errno) of a server's socket, which an ICMP message or a
 * failed ARP resolution caused, as evidence. */
enum health_diag servers_error_diag(int err);
void servers_error(struct servers *sv, uint16_t server, int err, struct mono now);
/* Call it once a second. Lets clients try servers without probes again. */
void servers_tick(struct servers *sv, struct mono now);

#endif
