/* SPDX-License-Identifier: ISC
 *
 * iface_watch - hands what netlink reports to the interface table and does what
 * follows from a change: joins discovery groups where there may be boot servers,
 * and the group of DHCPv6 where clients are served, has way_watch check
 * the routes to the servers, and logs one line for each change of a client
 * interface. Which interface serves clients is decided in core/iface.
 */
#include "relay/tend/tend.h"

#include <errno.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/relay4/discovery.h"
#include "io/netlink.h"
#include "proto/udpip.h"
#include "relay/path/sockets.h"
#include "relay/state.h"

/* All_DHCP_Relay_Agents_and_Servers, RFC 9915 7.1 */
static const struct ip6 all_relays = { { 0xff, 0x02, [13] = 0x01, [15] = 0x02 } };

/* A change on which routes, or the source address towards a server, depend. */
static struct iftab *
routes_changed(void *daemon)
{
	struct daemon *d = daemon;

	d->iface_watch.routes_changed = true;
	return d->iftab;
}

static int
on_link(void *user, const struct iftab_link *l)
{
	struct daemon *d = user;
	const struct iface *was = iftab_by_index(d->iftab, l->ifindex);

	/* A link that goes down takes its routes along without a report for
	 * each; later they return one by one. Servers name links. */
	if (!was || was->link.up != l->up || was->link.running != l->running ||
	    strcmp(was->link.name, l->name) != 0)
		routes_changed(d);
	return iftab_set_link(d->iftab, l);
}

static int
on_addr(void *user, uint32_t ifindex, const struct iftab_addr *a)
{
	return iftab_set_addr(routes_changed(user), ifindex, a);
}

static void
on_link_gone(void *user, uint32_t ifindex)
{
	iftab_del_link(routes_changed(user), ifindex);
}

static void
on_addr_gone(void *user, uint32_t ifindex, struct ipnet net)
{
	iftab_del_addr(routes_changed(user), ifindex, net);
}

static void
on_route_changed(void *user)
{
	routes_changed(user);
}

static void
on_resync_begin(void *user)
{
	struct daemon *d = user;

	iftab_resync_begin(d->iftab);
}

static void
on_resync_end(void *user)
{
	struct daemon *d = user;

	iftab_resync_end(d->iftab);
	stats_count(&d->stats[FAMILY4], COUNTER_NETLINK_RESYNCS);
}

/* Below IPv6's least MTU the kernel takes IPv6 off a link, with its memberships.
 * Clients of a link that cannot be served yet are heard, to be told why. */
static bool
is_wanted(const struct daemon *d, enum family family, const struct iface *f)
{
	if (family == FAMILY4)
		return iface_ready(f) && discovery_wanted(d->conf, f);
	return f->conf && f->link.mtu >= UDPIP6_MTU_MIN && conf_serves(d->conf, FAMILY6);
}

/*
 * The relay must be a member on each VLAN, since switches that snoop IGMP or MLD
 * forward the group to members only. The kernel is called only when the
 * membership must change: joining takes the RTNL lock, which others may hold
 * for most of a second (880 ms while namespaces were deleted). A join that fails
 * is tried again when anything on its interface changes, and each second, because
 * no event says that the kernel has memory again.
 */
static void
set_member(struct daemon *d, const struct iface *f, struct ipaddr group,
    struct iface_member *m, bool want)
{
	struct joins *joins = d->iface_watch.joins[ip_family(group)];
	char name[LOG_ESC_MAX], text[IP_STRLEN];
	int err = 0;

	if (want == m->in)
		return;
	if (want)
		err = joins_add(joins, group, f->link.ifindex);
	else
		joins_drop(joins, group, f->link.ifindex);
	m->in = want && err == 0;
	if (err == -ENODEV)
		return;
	if (err < 0 && !m->failed)
		log_event(&d->log, LOG_LEVEL_WARNING, "group-join-failed",
		    "interface=%s error=\"%s\" group=%s", log_esc(name, f->link.name),
		    strerror(-err), ip_str(group, text));
	m->failed = err < 0;
	if (m->failed)
		tick_soon(d);
}

/* The groups that servers named: forgotten where none is wanted any more. */
static void
join_named_groups(struct daemon *d, struct iface *f, bool want)
{
	for (unsigned i = f->n_group; i-- > 0; ) {
		struct iface_group *g = &f->group[i];

		set_member(d, f, ip_of4(g->addr), &g->member, want);
		if (!want)
			discovery_forget(&d->relay[FAMILY4], f, i);
	}
}

static void
join_groups(struct daemon *d, const struct iface *f)
{
	struct iface *mine = iftab_by_index(d->iftab, f->link.ifindex), gone;
	bool here = mine == f, want4 = here && is_wanted(d, FAMILY4, f);

	if (!here) {
		gone = *f;
		mine = &gone;
	}
	/* Where there is only `servers =`, a server must name the group first. Joined on each
	 * new interface, it made the relay wait for that lock until the ring was full. */
	set_member(d, mine, ip_of4(d->conf->discovery_group), &mine->member[FAMILY4],
	    want4 && iface_leads_to_boot(f, d->conf));
	set_member(d, mine, ip_of6(all_relays), &mine->member[FAMILY6],
	    here && is_wanted(d, FAMILY6, f));
	join_named_groups(d, mine, want4);
}

/* Leaves the groups that no server has named for DISCOVERY_GROUP_MS, by a timer that
 * runs while there is any. */
static void
on_groups_due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct relay *r = &d->relay[FAMILY4];
	struct iface *f;

	for (f = iftab_next(d->iftab, 0); f; f = iftab_next(d->iftab, f->link.ifindex))
		for (unsigned i = f->n_group; i-- > 0; ) {
			struct iface_group *g = &f->group[i];

			if (mono_diff_ms(now, g->named) < DISCOVERY_GROUP_MS)
				continue;
			set_member(d, f, ip_of4(g->addr), &g->member, false);
			discovery_forget(r, f, i);
		}
	d->iface_watch.groups_armed = r->n_group > 0;
	if (r->n_group)
		loop_rearm(d->iface_watch.groups, DISCOVERY_GROUP_MS);
}

void
iface_watch_named_group(struct daemon *d, struct iface *f)
{
	char name[LOG_ESC_MAX], text[IP4_STRLEN];

	log_event(&d->log, LOG_LEVEL_INFO, "group-named", "interface=%s group=%s",
	    log_esc(name, f->link.name), ip4_str(f->group[f->n_group - 1].addr, text));
	join_groups(d, f);
	if (d->iface_watch.groups_armed)
		return;
	d->iface_watch.groups_armed = true;
	loop_rearm(d->iface_watch.groups, DISCOVERY_GROUP_MS);
}

/* In words; nothing if no server is asked by DHCPv6. */
static const char *
link_address(const struct iface *f, char buf[IP6_STRLEN])
{
	if (!f->asks[FAMILY6])
		return "";
	return iface6_ready(f) ? ip6_str(f->six.link, buf) : "none";
}

/* The family that became active or standby; nothing if it is both, or one alone. */
static const char *
switched_family(enum iftab_change what, const struct iface *f)
{
	if ((what != IFTAB_ACTIVE && what != IFTAB_STANDBY) ||
	    f->standby[FAMILY4] == f->standby[FAMILY6] ||
	    !iface_serves(f, FAMILY4) || !iface_serves(f, FAMILY6))
		return "";
	return protocol_word(f->standby[FAMILY4] == (what == IFTAB_STANDBY) ? FAMILY4 : FAMILY6);
}

static void
log_change(struct daemon *d, enum iftab_change what, const struct iface *f)
{
	static const char *const word[] = {
		[IFTAB_READY] = "interface-ready",
		[IFTAB_CHANGED] = "interface-changed",
		[IFTAB_LOST] = "interface-lost",
		[IFTAB_ACTIVE] = "interface-active",
		[IFTAB_STANDBY] = "interface-standby",
	};
	char giaddr[IFACE_GIADDRS_MAX * IP4_STRLEN], name[LOG_ESC_MAX], a[IP4_STRLEN];
	struct sbuf b = sbuf_init(giaddr, sizeof(giaddr));
	char six[IP6_STRLEN];
	const char *link = link_address(f, six), *family = switched_family(what, f);

	for (unsigned i = 0; i < f->n_giaddr; i++)
		sbuf_printf(&b, "%s%s", i ? "," : "", ip4_str(f->giaddr[i].addr, a));
	log_event(&d->log, LOG_LEVEL_INFO, word[what], "interface=%s giaddr=%s%s%s%s%s",
	    log_esc(name, f->link.name), b.len ? giaddr : "none",
	    *link ? " link-address=" : "", link,
	    *family ? " family=" : "", family);
	status_changed(d);
}

static void
on_change(void *user, enum iftab_change what, const struct iface *f)
{
	if (what == IFTAB_RECOMPUTED) {
		join_groups(user, f);
		bound_changed(user);
	} else
		log_change(user, what, f);
}

static void
on_batch_end(void *user)
{
	struct daemon *d = user;

	iftab_commit(d->iftab, d->conf, &d->host, false, on_change, d);
	(void)bound_update(d);
	if (d->iface_watch.routes_changed) {
		d->iface_watch.routes_changed = false;
		way_watch_changed(d);
	}
	probe_run_interfaces_changed(d);
}

static void
on_readable(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	int err = netlink_read(d->iface_watch.netlink);

	(void)now;
	d->iface_watch.failed = err < 0;
	if (!d->iface_watch.failed)
		return;
	log_event(&d->log, LOG_LEVEL_WARNING, "netlink-error",
	    "error=\"%s\"", strerror(-err));
	tick_soon(d);
}

/* Reads again after an error, without waiting for the next message: that may
 * come weeks later, and an address that is gone would be served until then. */
void
iface_watch_tick(struct daemon *d, struct mono now)
{
	const struct iface *f;

	if (d->iface_watch.failed)
		on_readable(d, now);
	for (f = iftab_next(d->iftab, 0); f; f = iftab_next(d->iftab, f->link.ifindex))
		join_groups(d, f);
}

int
iface_watch_open(struct daemon *d)
{
	static const struct netlink_ops ops = {
		.link = on_link, .addr = on_addr,
		.link_gone = on_link_gone, .addr_gone = on_addr_gone,
		.route_changed = on_route_changed,
		.resync_begin = on_resync_begin, .resync_end = on_resync_end,
		.batch_end = on_batch_end,
	};
	struct iface_watch *w = &d->iface_watch;
	int err;

	w->joins[FAMILY4] = joins_new(FAMILY4);
	w->joins[FAMILY6] = joins_new(FAMILY6);
	w->groups = loop_timer(d->loop, 0, false, on_groups_due, d);
	if (!w->joins[FAMILY4] || !w->joins[FAMILY6] || !w->groups)
		return -ENOMEM;
	err = netlink_open(&w->netlink, &ops, d, NETLINK_RCVBUF, d->priv);
	if (err < 0)
		return err;
	d->stats[FAMILY4].counter[COUNTER_NETLINK_RESYNCS] = 0;	/* without the first dump */
	for (int i = 0; i < NETLINK_FDS; i++) {
		w->watch[i] = loop_read(d->loop,
		    netlink_fd(w->netlink, (enum netlink_fd)i), on_readable, d);
		if (!w->watch[i])
			return -ENOMEM;
	}
	return 0;
}

void
iface_watch_close(struct daemon *d)
{
	struct iface_watch *w = &d->iface_watch;

	for (int i = 0; i < NETLINK_FDS; i++)
		w->watch[i] = loop_unwatch(w->watch[i]);
	w->netlink = netlink_close(w->netlink);
	for (enum family i = 0; i < FAMILIES; i++)
		w->joins[i] = joins_free(w->joins[i]);
}

void
iface_watch_commit_all(struct daemon *d)
{
	iftab_commit(d->iftab, d->conf, &d->host, true, on_change, d);
}

/* It may be one that a server named. */
void
iface_watch_leave_group(struct daemon *d, struct ip4 old, struct ip4 next)
{
	struct iface *f;

	for (f = iftab_next(d->iftab, 0); f; f = iftab_next(d->iftab, f->link.ifindex)) {
		set_member(d, f, ip_of4(old), &f->member[FAMILY4], false);
		for (unsigned i = f->n_group; i-- > 0; )
			if (ip4_eq(f->group[i].addr, next)) {
				f->member[FAMILY4] = f->group[i].member;
				discovery_forget(&d->relay[FAMILY4], f, i);
			}
	}
}
