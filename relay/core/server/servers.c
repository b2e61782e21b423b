/* SPDX-License-Identifier: ISC
 *
 * servers - see include/core/server/servers.h. health.c and probe.c decide whether a server
 * is up, select.c which one a client gets.
 */
#include "core/server/servers.h"

#include <errno.h>
#include <string.h>

static struct server_key
key_of(const struct conf_server *s)
{
	return (struct server_key){ s->address, s->vrf };
}

/* Fibonacci hashing; servers are the operator's choice, so no secret is needed. */
static unsigned
slot_of(struct server_key key)
{
	return (ip_fold(key.address) ^ key.vrf) * 2654435769u >> 22;	/* 10 bits: SERVERS_SLOTS */
}

uint16_t
servers_find(const struct servers *sv, struct server_key key)
{
	unsigned i = slot_of(key);

	/* At most a quarter of the slots is used, so this ends. */
	for (; sv->slot[i] != CONF_NONE; i = (i + 1) % SERVERS_SLOTS) {
		const struct conf_server *s = &sv->conf->server[sv->slot[i]];

		if (s->vrf == key.vrf && ip_eq(s->address, key.address))
			return sv->slot[i];
	}
	return CONF_NONE;
}

uint16_t
servers_find4(const struct servers *sv, struct ip4 a)
{
	return servers_find(sv, (struct server_key){ ip_of4(a), 0 });
}

static void
index_servers(struct servers *sv)
{
	for (unsigned i = 0; i < SERVERS_SLOTS; i++)
		sv->slot[i] = CONF_NONE;
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		unsigned i = slot_of(key_of(&sv->conf->server[s]));

		if (sv->conf->server[s].first != s)
			continue;
		while (sv->slot[i] != CONF_NONE)
			i = (i + 1) % SERVERS_SLOTS;
		sv->slot[i] = s;
	}
}

void
servers_configure(struct servers *sv, const struct conf *old, const struct conf *c,
    struct mono now)
{
	struct server_stats stats[CONF_SERVERS_MAX];
	struct health health[CONF_SERVERS_MAX];
	struct ip4 source[CONF_SERVERS_MAX];

	memcpy(stats, sv->stats, sizeof(stats));
	memcpy(health, sv->health, sizeof(health));
	memcpy(source, sv->source, sizeof(source));
	if (old) {
		memset(sv->stats, 0, sizeof(sv->stats));
		memset(sv->source, 0, sizeof(sv->source));
	}
	for (uint16_t s = 0; s < c->n_server; s++) {
		const struct conf_server *cs = &c->server[s];
		uint16_t was = old ? conf_server_same(old, cs) : CONF_NONE;

		health_init(&sv->health[s], cs->rise, cs->fall, now);
		if (was == CONF_NONE)
			continue;
		sv->stats[s] = stats[was];
		sv->source[s] = source[was];
		sv->health[s] = health[was];
		health_configure(&sv->health[s], cs->rise, cs->fall);
		if (cs->n_probe == 0)
			sv->health[s].misconfigured = false;
	}
	sv->conf = c;
	sv->conf_gen++;
	index_servers(sv);
}

void
servers_note(struct servers *sv, uint16_t server, bool changed)
{
	if (changed && sv->on_health)
		sv->on_health(sv->user, server);
}

/*
 * ICMP port unreachable comes back as ECONNREFUSED, from the host itself: nothing listens
 * there. EHOSTUNREACH and ENETUNREACH are a router's word, or our own kernel's when ARP is
 * not answered.
 */
void
servers_error(struct servers *sv, uint16_t server, int err, struct mono now)
{
	enum health_diag d = err == ECONNREFUSED ? HEALTH_DIAG_REFUSED :
	    HEALTH_DIAG_UNREACHABLE;

	servers_note(sv, server, health_bad(&sv->health[server], d, now));
}

/* Half a minute: long enough not to send clients to a dead server all the time, and hedging
 * covers those that are sent. */
#define EXPIRE_MS 30000

void
servers_tick(struct servers *sv, struct mono now)
{
	for (uint16_t s = 0; s < sv->conf->n_server; s++)
		if (sv->conf->server[s].n_probe == 0)
			servers_note(sv, s, health_expire(&sv->health[s], EXPIRE_MS, now));
}
