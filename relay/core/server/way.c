/* SPDX-License-Identifier: ISC
 *
 * way - blocks and unblocks servers by what the kernel reports about routes,
 * links and neighbours. io/route reads the kernel's messages,
 * relay/tend/way_watch decides when to query it.
 *
 * There are few hops, mostly one or two gateways, so the search is linear.
 */
#include "core/server/way.h"

#include "core/iface/iftab.h"

/* Returns its index, or n_hop if it is not in the table. */
static unsigned
find_hop(const struct ways *w, uint32_t ifindex, struct ipaddr ip)
{
	unsigned i = 0;

	while (i < w->n_hop && !(w->hop[i].ifindex == ifindex &&
	    ip_eq(w->hop[i].ip, ip)))
		i++;
	return i;
}

void
way_route(struct ways *w, uint16_t server, uint32_t ifindex, struct ipaddr hop)
{
	w->server[server].known = true;
	w->server[server].routed = true;
	w->server[server].ifindex = ifindex;
	w->server[server].hop = hop;
	if (ip_is_none(hop) || find_hop(w, ifindex, hop) < w->n_hop)
		return;
	if (w->n_hop == CONF_SERVERS_MAX)
		way_sweep(w);	/* leaves at most one for each server */
	w->hop[w->n_hop++] = (struct way_hop){ .ifindex = ifindex, .ip = hop };
}

void
way_no_route(struct ways *w, uint16_t server, enum health_diag why)
{
	w->server[server].known = true;
	w->server[server].routed = false;
	w->server[server].why = why;
	w->server[server].hop = IP_NONE;
}

void
way_sweep(struct ways *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_hop; i++)
		w->hop[i].used = false;
	for (unsigned s = 0; s < CONF_SERVERS_MAX; s++) {
		unsigned i = find_hop(w, w->server[s].ifindex, w->server[s].hop);

		if (i < w->n_hop)
			w->hop[i].used = true;
	}
	for (unsigned i = 0; i < w->n_hop; i++)
		if (w->hop[i].used)
			w->hop[n++] = w->hop[i];
	w->n_hop = n;
}

bool
way_neighbour(struct ways *w, uint32_t ifindex, struct ipaddr ip, bool failed)
{
	unsigned i = find_hop(w, ifindex, ip);

	if (i == w->n_hop)
		return false;
	w->hop[i].failed = failed;
	return true;
}

bool
way_doubt(struct ways *w, uint32_t ifindex, struct ipaddr ip)
{
	unsigned i = find_hop(w, ifindex, ip);

	if (i == w->n_hop)
		return false;
	w->hop[i].asked = false;
	w->hop[i].doubted = true;
	return true;
}

/* Returns what is wrong with the way, or HEALTH_DIAG_NONE. When an interface
 * goes down the kernel removes its routes, so the interface of the last route
 * is checked. When only the carrier is lost it keeps them, and packets are lost. */
static enum health_diag
diagnose_way(const struct ways *w, struct iftab *t, const struct way *way)
{
	const struct iface *f = iftab_by_index(t, way->ifindex);
	unsigned i;

	/* Unknown: it was deleted or, if there is a route, is not reported yet. */
	if (f ? !f->link.up || !f->link.running : way->ifindex && !way->routed)
		return HEALTH_DIAG_LINK_DOWN;
	if (!way->routed)
		return way->why;
	i = find_hop(w, way->ifindex, way->hop);
	return i < w->n_hop && w->hop[i].failed ? HEALTH_DIAG_NEIGHBOUR :
	    HEALTH_DIAG_NONE;
}

/* If a reply ended a block that a failed neighbour had caused (health_reply),
 * the neighbour works again, for all servers behind it. */
static void
forgive_hops(struct ways *w, const struct servers *sv)
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
judge_way(struct ways *w, struct servers *sv, uint16_t s, struct mono now)
{
	struct way *way = &w->server[s];
	enum health_diag d = diagnose_way(w, sv->iftab, way);
	bool probed = sv->conf->server[s].n_probe > 0;

	way->blocked = d != HEALTH_DIAG_NONE;
	if (!way->blocked)
		return health_unblock(&sv->health[s], probed, now);
	/* The kernel flushes the neighbours of an interface without carrier. */
	if (d == HEALTH_DIAG_LINK_DOWN)
		(void)way_neighbour(w, way->ifindex, way->hop, false);
	return health_block(&sv->health[s], d, now);
}

bool
way_judge(struct ways *w, struct servers *sv, struct mono now)
{
	bool ask = false;

	forgive_hops(w, sv);
	for (uint16_t s = 0; s < sv->conf->n_server; s++) {
		bool was_blocked = sv->health[s].blocked;

		if (sv->conf->server[s].first != s || !w->server[s].known)
			continue;
		servers_note(sv, s, judge_way(w, sv, s, now));
		ask |= was_blocked && !sv->health[s].blocked &&
		    sv->conf->server[s].n_probe > 0;
	}
	return ask;
}
