/* SPDX-License-Identifier: ISC
 *
 * relay4 - what requests and replies share: taking a configuration, and finding
 * a server by its address. The decisions stand in relay4_request.c and
 * relay4_reply.c; the contract in include/core/relay4/relay4.h.
 */
#include "core/relay4/relay4.h"

#include <errno.h>
#include <string.h>

/* Fibonacci hashing; servers are the operator's, so no secret is needed. */
static unsigned
slot_of(struct ip4 a)
{
	return a.host * 2654435769u >> 22;	/* 10 bits: RELAY4_SERVER_SLOTS */
}

uint16_t
relay4_server(const struct relay4 *r, struct ip4 a)
{
	unsigned i = slot_of(a);

	/* At most a quarter of the slots is used, so this ends. */
	for (; r->slot[i] != CONF_NONE; i = (i + 1) % RELAY4_SERVER_SLOTS)
		if (ip4_eq(r->conf->server[r->slot[i]].address, a))
			return r->slot[i];
	return CONF_NONE;
}

static void
index_servers(struct relay4 *r)
{
	for (unsigned i = 0; i < RELAY4_SERVER_SLOTS; i++)
		r->slot[i] = CONF_NONE;
	for (uint16_t s = 0; s < r->conf->n_server; s++) {
		unsigned i = slot_of(r->conf->server[s].address);

		if (r->conf->server[s].first != s)
			continue;
		while (r->slot[i] != CONF_NONE)
			i = (i + 1) % RELAY4_SERVER_SLOTS;
		r->slot[i] = s;
	}
}

static void
fresh_health(struct relay4 *r, const struct conf *c, struct mono now)
{
	for (uint16_t s = 0; s < c->n_server; s++)
		health_init(&r->health[s], c->server[s].rise, c->server[s].fall, now);
}

/* Counters and health belong to a server's address, not to its place in the
 * file. */
static void
keep_servers(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now)
{
	struct server_stats kept[CONF_SERVERS_MAX];
	struct health health[CONF_SERVERS_MAX];
	struct ip4 source[CONF_SERVERS_MAX];

	memcpy(kept, r->server, sizeof(kept));
	memcpy(health, r->health, sizeof(health));
	memcpy(source, r->server_source, sizeof(source));
	memset(r->server, 0, sizeof(r->server));
	memset(r->server_source, 0, sizeof(r->server_source));
	fresh_health(r, c, now);
	for (uint16_t s = 0; s < c->n_server; s++) {
		uint16_t was = conf_server_by_addr(old, c->server[s].address);

		if (was == CONF_NONE)
			continue;
		r->server[s] = kept[was];
		r->health[s] = health[was];
		health_configure(&r->health[s], c->server[s].rise,
		    c->server[s].fall);
		if (c->server[s].n_probe == 0)
			r->health[s].misconfigured = false;
		r->server_source[s] = source[was];
	}
}

/* The hits of a rule belong to its name. */
static void
keep_rules(struct relay4 *r, const struct conf *old, const struct conf *c)
{
	uint64_t kept[CONF_RULES_MAX];

	memcpy(kept, r->rule_hits, sizeof(kept));
	memset(r->rule_hits, 0, sizeof(r->rule_hits));
	for (unsigned i = 0; i < c->n_rule; i++)
		for (unsigned k = 0; k < old->n_rule; k++)
			if (strcmp(c->rule[i].name, old->rule[k].name) == 0)
				r->rule_hits[i] = kept[k];
}

void
relay4_configure(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now)
{
	if (!old)
		fresh_health(r, c, now);
	else {
		keep_servers(r, old, c, now);
		keep_rules(r, old, c);
	}
	r->conf = c;
	r->conf_gen++;
	index_servers(r);
}

void
relay4_health(struct relay4 *r, uint16_t server, bool changed)
{
	if (changed && r->on_health)
		r->on_health(r->user, server);
}

/*
 * ICMP port unreachable comes back as ECONNREFUSED, from the host itself:
 * nobody listens there. EHOSTUNREACH and ENETUNREACH are a router's word, or
 * our own kernel's when ARP stays without an answer.
 */
void
relay4_server_error(struct relay4 *r, uint16_t server, int err, struct mono now)
{
	enum health_diag d = err == ECONNREFUSED ? HEALTH_DIAG_REFUSED :
	    HEALTH_DIAG_UNREACHABLE;

	relay4_health(r, server, health_bad(&r->health[server], d, now));
}

/* Half a minute: long enough not to send clients to a dead server all the
 * time, and hedging covers those that are sent. */
#define EXPIRE_MS 30000

void
relay4_tick(struct relay4 *r, struct mono now)
{
	for (uint16_t s = 0; s < r->conf->n_server; s++)
		if (r->conf->server[s].n_probe == 0)
			relay4_health(r, s, health_expire(&r->health[s],
			    EXPIRE_MS, now));
}
