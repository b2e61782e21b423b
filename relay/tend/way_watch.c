/* SPDX-License-Identifier: ISC
 *
 * way_watch - learns from the kernel about the way to each server, as evidence
 * of its health: no route, interface down, next hop silent to ARP or ND. What the
 * evidence means is decided in core/server/way.
 *
 * When iface_watch reports a change on which routes depend, the servers' sockets are
 * reconnected and the kernel is queried for the route to each server. The kernel
 * reports changes of neighbours on the interfaces that lead to servers.
 *
 * A server whose next hop is silent gets no packets, so the kernel would never
 * resolve that hop again by itself; it is told to every few seconds.
 */
#include "relay/tend/tend.h"

#include <errno.h>
#include <string.h>

#include "io/route.h"
#include "relay/path/sockets.h"
#include "relay/state.h"

/* A routing daemon that loads a full table causes thousands of messages a
 * second. We act on the first at once, and then at most this often: querying
 * for 256 servers takes 3 ms, and a change must be noticed within 100 ms. */
#define WAY_WATCH_GAP_MS 40

/* Longer than the 3 s that the kernel takes to find a hop silent. */
#define WAY_WATCH_RESOLVE_MS 5000

/* The host that must answer ARP or ND for a packet to dst. */
static struct ipaddr
next_hop(struct ipaddr dst, const struct route *r)
{
	if (r->local || ip6_is_multicast(ip_v6(dst)))
		return IP_NONE;
	return ip_is_none(r->gateway) ? dst : r->gateway;
}

/* If the query fails, the route keeps its last known state until the next tick. */
static void
ask_route(struct daemon *d, uint16_t s)
{
	struct way_watch *w = &d->way_watch;
	const struct conf_server *c = &d->conf->server[s];
	uint32_t scope = server_sockets_scope(d, c);
	struct route r;
	int err = *c->zone && !scope ? -ENODEV : route_ask(w->route, c->address,
	    d->servers.source[s], scope, &r);

	/* There may be a route, but not the configured source, or for IPv6 no address of
	 * ours to which a server beyond this link could reply. */
	if (err == 0 && (ip_family(c->address) == FAMILY6 ||
	    conf_source_for(d->conf, c).set) &&
	    !udp_server_connected(server_socket(d, s)))
		err = -ENETUNREACH;
	if (err == 0) {
		d->servers.via[s] = r.ifindex;
		way_route(&w->ways, s, r.ifindex, next_hop(c->address, &r));
	} else if (err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES ||
	    err == -EINVAL || err == -ENODEV || err == -EDESTADDRREQ) {
		/* No route, or one of type unreachable, prohibit or blackhole, or no
		 * interface of the zone, or a broadcast. Any other error means that the kernel had
		 * no memory to answer. */
		way_no_route(&w->ways, s, err == -EDESTADDRREQ ?
		    HEALTH_DIAG_NOT_A_HOST : HEALTH_DIAG_NO_ROUTE);
	} else {
		w->unasked = true;
	}
}

bool
way_watch_other(void *daemon, uint16_t server, uint32_t ifindex)
{
	struct daemon *d = daemon;
	struct way_watch *w = &d->way_watch;
	unsigned i = (server + 7 * ifindex) % (sizeof(w->other) / sizeof(*w->other));

	if (w->other[i].ifindex != ifindex || w->other[i].server != server) {
		w->other[i].server = server;
		w->other[i].ifindex = ifindex;
		w->other[i].leads = route_ask_by(w->route, d->conf->server[server].address,
		    d->servers.source[server], ifindex) == 0;
	}
	return w->other[i].leads;
}

/* Returns true if a hop has newly failed. */
static bool
ask_hops(struct way_watch *w)
{
	bool failed = false;

	for (unsigned i = 0; i < w->ways.n_hop; i++) {
		struct way_hop *h = &w->ways.hop[i];
		enum neigh_state s = NEIGH_UNKNOWN;
		bool had = h->failed;
		int err;

		if (h->asked)
			continue;
		err = route_neigh(w->route, h->ifindex, h->ip, &s);
		if (err == -EOPNOTSUPP)		/* the kernel's last report counts */
			h->failed |= h->doubted;
		else if (!err && s != NEIGH_UNKNOWN)
			h->failed = s == NEIGH_FAILED;
		h->asked = true;
		h->doubted = false;
		failed |= h->failed && !had;
	}
	return failed;
}

static bool
contains(const uint32_t *list, size_t n, uint32_t x)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == x)
			return true;
	return false;
}

/* Sets the filter for neighbours; before ask_hops(), so that no change is missed in
 * between. */
static void
watch_hops(struct way_watch *w)
{
	uint32_t list[CONF_SERVERS_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < w->ways.n_hop; i++)
		if (!contains(list, n, w->ways.hop[i].ifindex))
			list[n++] = w->ways.hop[i].ifindex;
	if (n == w->n_if && memcmp(list, w->ifindex, n * sizeof(*list)) == 0)
		return;
	if (neigh_watch(w->neigh, list, n) < 0)
		return;		/* tried again with the next change */
	memcpy(w->ifindex, list, n * sizeof(*list));
	w->n_if = n;
}

bool
way_watch_waits(const struct daemon *d)
{
	const struct ways *w = &d->way_watch.ways;

	if (d->way_watch.unasked)
		return true;
	for (unsigned i = 0; i < w->n_hop; i++)
		if (w->hop[i].failed)
			return true;
	for (unsigned i = 0; i < d->conf->n_server; i++)
		if (w->server[i].blocked)
			return true;
	return !server_sockets_connected(d);
}

/* Probes a server whose way is back at once, not when its next probe is due. */
static void
judge_ways(struct daemon *d, struct mono now)
{
	if (way_judge(&d->way_watch.ways, &d->servers, now))
		probe_run_soon(d);
	if (way_watch_waits(d))
		tick_soon(d);
}

static void
ask_kernel(struct daemon *d, struct mono now)
{
	struct way_watch *w = &d->way_watch;

	w->last = now;
	w->unasked = false;
	memset(w->other, 0, sizeof(w->other));
	server_sockets_reconnect(d);
	bound_changed(d);
	(void)bound_update(d);
	for (uint16_t s = 0; s < d->conf->n_server; s++)
		if (d->conf->server[s].first == s)
			ask_route(d, s);
	way_sweep(&w->ways);
	watch_hops(w);
	(void)ask_hops(w);
	judge_ways(d, now);
}

static void
on_gap_over(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	if (d->way_watch.waiting) {
		d->way_watch.waiting = false;
		ask_kernel(d, now);
	}
}

void
way_watch_changed(struct daemon *d)
{
	struct way_watch *w = &d->way_watch;
	struct mono now = loop_now(d->loop);
	int64_t since = mono_diff_ms(now, w->last);

	if (w->waiting)
		return;
	if (!w->last.us || since >= WAY_WATCH_GAP_MS) {
		ask_kernel(d, now);
		return;
	}
	w->waiting = true;
	loop_rearm(w->gap, WAY_WATCH_GAP_MS - since);
}

void
way_watch_reload(struct daemon *d)
{
	struct ways *w = &d->way_watch.ways;

	/* Servers have new indexes; hops stay. */
	memset(w->server, 0, sizeof(w->server));
	ask_kernel(d, loop_now(d->loop));
}

static void
on_neighbour(void *daemon, uint32_t ifindex, struct ipaddr ip,
    enum neigh_state s)
{
	struct daemon *d = daemon;
	struct ways *ways = &d->way_watch.ways;

	if (s == NEIGH_FAILED ? way_doubt(ways, ifindex, ip) :
	    way_neighbour(ways, ifindex, ip, false))
		d->way_watch.news = true;
}

static void
on_readable(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct way_watch *w = &d->way_watch;

	if (neigh_read(w->neigh) < 0) {		/* messages were lost */
		for (unsigned i = 0; i < w->ways.n_hop; i++)
			w->ways.hop[i].asked = false;
		w->news = true;
	}
	if (!w->news)
		return;
	w->news = false;
	/* With fib_multipath_use_neigh the kernel may now choose another path of
	 * a multipath route; without it, packets are still lost. */
	if (ask_hops(w))
		ask_kernel(d, now);
	else
		judge_ways(d, now);
}

void
way_watch_tick(struct daemon *d, struct mono now)
{
	struct way_watch *w = &d->way_watch;

	if (!server_sockets_connected(d) || w->unasked)
		way_watch_changed(d);
	else
		judge_ways(d, now);
	if (mono_diff_ms(now, w->resolved) < WAY_WATCH_RESOLVE_MS)
		return;
	w->resolved = now;
	for (unsigned i = 0; i < w->ways.n_hop; i++) {
		const struct way_hop *h = &w->ways.hop[i];

		if (h->failed)
			priv_resolve(d->priv, h->ifindex, h->ip);
	}
}

int
way_watch_open(struct daemon *d)
{
	struct way_watch *w = &d->way_watch;
	int err = route_open(&w->route);

	if (!err)
		err = neigh_open(&w->neigh, on_neighbour, d);
	if (err < 0)
		return err;
	w->watch = loop_read(d->loop, neigh_fd(w->neigh), on_readable, d);
	w->gap = loop_timer(d->loop, WAY_WATCH_GAP_MS, false, on_gap_over, d);
	return w->watch && w->gap ? 0 : -ENOMEM;
}

void
way_watch_close(struct daemon *d)
{
	struct way_watch *w = &d->way_watch;

	w->watch = loop_unwatch(w->watch);
	w->neigh = neigh_close(w->neigh);
	w->route = route_close(w->route);
}
