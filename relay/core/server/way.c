/* SPDX-License-Identifier: ISC
 *
 * way - see include/core/server/way.h.
 *
 * Hops are few, one or two gateways mostly, and a neighbour's news are sorted
 * by interface in the kernel already (io/route): they are searched one by one.
 */
#include "core/server/way.h"

#include <string.h>

#include "core/iface/iftab.h"

/* Its place, or n_hop. */
static unsigned
find(const struct ways *w, uint32_t ifindex, struct ip4 ip)
{
	unsigned i = 0;

	while (i < w->n_hop && !(w->hop[i].ifindex == ifindex &&
	    ip4_eq(w->hop[i].ip, ip)))
		i++;
	return i;
}

/* No hop is nobody's: it is not in the table. */
static unsigned
hop_of(const struct ways *w, const struct way *way)
{
	return find(w, way->ifindex, way->hop);
}

void
way_route(struct ways *w, uint16_t server, uint32_t ifindex, struct ip4 hop)
{
	w->server[server].known = true;
	w->server[server].routed = true;
	w->server[server].ifindex = ifindex;
	w->server[server].hop = hop;
	if (ip4_is_none(hop) || find(w, ifindex, hop) < w->n_hop)
		return;
	if (w->n_hop == CONF_SERVERS_MAX)
		way_sweep(w);	/* each server leads through one, so there is room */
	w->hop[w->n_hop++] = (struct way_hop){ .ifindex = ifindex, .ip = hop };
}

void
way_no_route(struct ways *w, uint16_t server)
{
	w->server[server].known = true;
	w->server[server].routed = false;
	w->server[server].hop = IP4_NONE;
}

void
way_sweep(struct ways *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_hop; i++)
		w->hop[i].used = false;
	for (unsigned s = 0; s < CONF_SERVERS_MAX; s++) {
		unsigned i = hop_of(w, &w->server[s]);

		if (i < w->n_hop)
			w->hop[i].used = true;
	}
	for (unsigned i = 0; i < w->n_hop; i++)
		if (w->hop[i].used)
			w->hop[n++] = w->hop[i];
	w->n_hop = n;
}

bool
way_neighbour(struct ways *w, uint32_t ifindex, struct ip4 ip, bool failed)
{
	unsigned i = find(w, ifindex, ip);

	if (i == w->n_hop)
		return false;
	w->hop[i].failed = failed;
	return true;
}

bool
way_doubt(struct ways *w, uint32_t ifindex, struct ip4 ip)
{
	unsigned i = find(w, ifindex, ip);

	if (i == w->n_hop)
		return false;
	w->hop[i].asked = false;
	w->hop[i].doubted = true;
	return true;
}

void
way_reset(struct ways *w)
{
	memset(w->server, 0, sizeof(w->server));
}

/*
 * The kernel takes routes away with their interface, so that no route is what
 * a link that is down looks like; the interface of the last one says which.
 * Carrier loss alone leaves them: the packets just go nowhere.
 */
static bool
link_down(const struct way *way, struct iftab *t)
{
	const struct iface *f = iftab_by_index(t, way->ifindex);

	if (!f)		/* deleted; or not heard of yet, if there is a route */
		return way->ifindex && !way->routed;
	return !f->link.up || !f->link.running;
}

/* What is wrong with the way, or HEALTH_DIAG_NONE. */
static enum health_diag
verdict(const struct ways *w, struct iftab *t, uint16_t server)
{
	const struct way *way = &w->server[server];
	unsigned i;

	if (!way->known)
		return HEALTH_DIAG_NONE;
	if (link_down(way, t))
		return HEALTH_DIAG_LINK_DOWN;
	if (!way->routed)
		return HEALTH_DIAG_NO_ROUTE;
	i = hop_of(w, way);
	return i < w->n_hop && w->hop[i].failed ? HEALTH_DIAG_NEIGHBOUR :
	    HEALTH_DIAG_NONE;
}

/* An answer cleared the block that a neighbour brought about (health_reply):
 * then the neighbour is there, for all servers behind it. */
static void
forgive(struct ways *w, const struct servers *sv)
{
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		struct way *way = &w->server[s];

		if (!way->blocked || sv->health[s].blocked)
			continue;
		way->blocked = false;
		if (way->routed)
			(void)way_neighbour(w, way->ifindex, way->hop, false);
	}
}

static bool
judge(struct ways *w, struct servers *sv, uint16_t s, struct mono now)
{
	enum health_diag d = verdict(w, sv->iftab, s);
	bool probed = sv->conf->server[s].n_probe > 0;
	struct way *way = &w->server[s];

	way->blocked = d != HEALTH_DIAG_NONE;
	if (!way->blocked)
		return health_unblock(&sv->health[s], probed, now);
	/* With its carrier an interface forgets its neighbours. */
	if (d == HEALTH_DIAG_LINK_DOWN)
		(void)way_neighbour(w, way->ifindex, way->hop, false);
	return health_block(&sv->health[s], d, now);
}

bool
way_judge(struct ways *w, struct servers *sv, struct mono now)
{
	bool ask = false;

	forgive(w, sv);
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		bool was_blocked = sv->health[s].blocked;

		if (sv->conf->server[s].first != s || !w->server[s].known)
			continue;
		servers_note(sv, s, judge(w, sv, s, now));
		ask |= was_blocked && !sv->health[s].blocked &&
		    sv->conf->server[s].n_probe > 0;
	}
	return ask;
}
