/* SPDX-License-Identifier: ISC
 *
 * servers - keeps the counters, health, DUID and source address of each server
 * over reloads, and finds a server by its address. health.c and probe.c decide
 * whether a server is up, select.c which one a client gets.
 */
#include "core/server/servers.h"

#include <errno.h>
#include <string.h>

/* Fibonacci hashing. Only the operator chooses the keys, so it needs no secret. */
static unsigned
slot_of(struct server_key key)
{
	return (ip_fold(key.address) ^ key.vrf) * 2654435769u >> 22;	/* 10 bits */
}

uint16_t
servers_find(const struct servers *sv, struct server_key key)
{
	unsigned i = slot_of(key);

	/* At most a quarter of the slots are used, so this ends. */
	for (; sv->slot[i] != CONF_NONE; i = (i + 1) % SERVERS_SLOTS) {
		const struct conf_server *s = &sv->conf->server[sv->slot[i]];

		if (s->vrf == key.vrf && ip_eq(s->address, key.address) &&
		    (!*s->zone || (key.zone && strcmp(s->zone, key.zone) == 0)))
			return sv->slot[i];
	}
	return CONF_NONE;
}

uint16_t
servers_find4(const struct servers *sv, struct ip4 a)
{
	return servers_find(sv, (struct server_key){ ip_of4(a), 0, NULL });
}

static bool
may_answer(const struct conf_server *s, struct ip6 src)
{
	for (unsigned i = 0; i < s->n_answer; i++)
		if (ip6_eq(s->answer[i], src))
			return true;
	return s->n_answer == 0;
}

/* Finds a server by its zone: the link-local address itself before a multicast
 * address, whatever their order. */
static uint16_t
find_zoned(const struct servers *sv, const char *zone, struct ip6 src)
{
	uint16_t found = CONF_NONE;

	for (uint16_t i = 0; i < sv->conf->n_server; i++) {
		const struct conf_server *s = &sv->conf->server[i];

		if (s->first != i || s->address.version != 6 ||
		    strcmp(s->zone, zone) != 0)
			continue;
		if (ip6_eq(s->address.v6, src))
			return i;
		if (found == CONF_NONE && ip6_is_multicast(s->address.v6) &&
		    may_answer(s, src))
			found = i;
	}
	return found;
}

uint16_t
servers_find_rx(const struct servers *sv, struct ipaddr src, uint32_t ifindex)
{
	const struct iface *in = iftab_by_index(sv->iftab, ifindex);
	uint16_t s = CONF_NONE;

	if (src.version == 6 && ip6_is_multicast(src.v6))
		return CONF_NONE;
	if (src.version != 6 || !ip6_is_linklocal(src.v6))
		s = servers_find(sv, (struct server_key){ src, 0, NULL });
	return s == CONF_NONE && src.version == 6 && in ?
	    find_zoned(sv, in->link.name, src.v6) : s;
}

void
servers_learn_duid(struct servers *sv, uint16_t server, const void *duid, size_t len)
{
	struct server_duid *d = &sv->duid[server];

	if (len == 0 || len > sizeof(d->b))
		return;
	d->len = (uint8_t)len;
	memcpy(d->b, duid, len);
}

bool
servers_has_duid(const struct servers *sv, uint16_t server, const void *duid,
    size_t len)
{
	const struct conf_server *s = &sv->conf->server[server];
	const struct server_duid *d = &sv->duid[server];

	if (len == 0)
		return false;
	return (len == s->duid_len && memcmp(s->duid, duid, len) == 0) ||
	    (len == d->len && memcmp(d->b, duid, len) == 0);
}

static void
index_servers(struct servers *sv)
{
	for (unsigned i = 0; i < SERVERS_SLOTS; i++)
		sv->slot[i] = CONF_NONE;
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		const struct conf_server *cs = &sv->conf->server[s];
		unsigned i = slot_of((struct server_key){ cs->address, cs->vrf, NULL });

		if (cs->first != s)
			continue;
		while (sv->slot[i] != CONF_NONE)
			i = (i + 1) % SERVERS_SLOTS;
		sv->slot[i] = s;
	}
}

static void
keep_hits(struct servers *sv, const struct servers *before, const struct conf *c)
{
	const struct conf *old = before->conf;

	memset(sv->rule_hits, 0, sizeof(sv->rule_hits));
	for (unsigned i = 0; i < c->n_rule; i++)
		for (unsigned k = 0; k < old->n_rule; k++)
			if (strcmp(c->rule[i].name, old->rule[k].name) == 0)
				sv->rule_hits[i] = before->rule_hits[k];
}

void
servers_configure(struct servers *sv, const struct conf *old, const struct conf *c,
    struct mono now)
{
	const struct servers before = *sv;

	if (old) {
		keep_hits(sv, &before, c);
		memset(sv->stats, 0, sizeof(sv->stats));
		memset(sv->source, 0, sizeof(sv->source));
		memset(sv->via, 0, sizeof(sv->via));
		memset(sv->duid, 0, sizeof(sv->duid));
		memset(sv->says_pxe, 0, sizeof(sv->says_pxe));
	}
	for (uint16_t s = 0; s < c->n_server; s++) {
		const struct conf_server *cs = &c->server[s];
		uint16_t was = old ? conf_server_same(old, cs) : CONF_NONE;

		health_init(&sv->health[s], cs->rise, cs->fall, now);
		if (was == CONF_NONE)
			continue;
		sv->stats[s] = before.stats[was];
		sv->source[s] = before.source[was];
		sv->via[s] = before.via[was];
		sv->duid[s] = before.duid[was];
		sv->says_pxe[s] = before.says_pxe[was];
		sv->health[s] = before.health[was];
		health_configure(&sv->health[s], cs->rise, cs->fall);
		if (cs->n_probe == 0)
			sv->health[s].misconfigured = false;
	}
	sv->conf = c;
	sv->conf_gen++;
	index_servers(sv);
}

/* A macvlan is on the wire of the interface below. With use_vmac of keepalived, servers
 * send to a MAC of the macvlan, and the route leads through the interface below. */
static uint32_t
wire_of(const struct servers *sv, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(sv->iftab, ifindex);

	return f && f->link.kind == IFTAB_MACVLAN && f->link.lower ? f->link.lower : ifindex;
}

static bool
leads_by(const struct servers *sv, uint16_t server, uint32_t ifindex)
{
	const char *zone = sv->conf->server[server].zone;
	const struct iface *in = iftab_by_index(sv->iftab, ifindex);

	if (!*zone && sv->via[server] && wire_of(sv, sv->via[server]) == ifindex)
		return true;
	if (in && (conf_is_uplink(sv->conf, in->link.name) ||
	    strcmp(zone, in->link.name) == 0))
		return true;
	return !*zone && sv->other_way && sv->other_way(sv->user, server, ifindex);
}

/* RFC 3704 2.3, feasible path: a less preferred route will do, since servers choose
 * their way themselves. What is link-local has its zone alone. */
bool
servers_way_by(const struct servers *sv, uint16_t server, uint32_t ifindex)
{
	uint32_t wire = wire_of(sv, ifindex);

	return leads_by(sv, server, wire) ||
	    (wire != ifindex && leads_by(sv, server, ifindex));
}

bool
servers_any_way_by(const struct servers *sv, uint32_t ifindex)
{
	for (uint16_t s = 0; s < sv->conf->n_server; s++)
		if (sv->conf->server[s].first == s && servers_way_by(sv, s, ifindex))
			return true;
	return false;
}

void
servers_note(struct servers *sv, uint16_t server, bool changed)
{
	if (changed && sv->on_health)
		sv->on_health(sv->user, server);
}

/* ECONNREFUSED is an ICMP port unreachable from the host itself: no process
 * listens there. EHOSTUNREACH and ENETUNREACH come from a router, or from our
 * own kernel if ARP gets no answer. */
enum health_diag
servers_error_diag(int err)
{
	return err == ECONNREFUSED ? HEALTH_DIAG_REFUSED : HEALTH_DIAG_UNREACHABLE;
}

void
servers_error(struct servers *sv, uint16_t server, int err, struct mono now)
{
	servers_note(sv, server,
	    health_bad(&sv->health[server], servers_error_diag(err), now));
}

/* How long a server without probes stays down. Few clients are sent to a dead
 * server this way, and hedging covers those. */
#define EXPIRE_MS 30000

void
servers_tick(struct servers *sv, struct mono now)
{
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		struct health *h = &sv->health[s];

		if (sv->conf->server[s].n_probe == 0)
			servers_note(sv, s, health_expire(h, EXPIRE_MS, now));
	}
}
