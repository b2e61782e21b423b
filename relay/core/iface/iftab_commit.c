/* SPDX-License-Identifier: ISC
 *
 * iftab_commit - what follows from the events in iftab.c: which interfaces
 * serve clients, with whose configuration and addresses, which are on standby,
 * the index of giaddrs and link-addresses, and what is reported about it. giaddr.c
 * computes giaddrs and option 82, link6.c what DHCPv6 needs.
 */
#include <stdlib.h>
#include <string.h>

#include "core/iface/active.h"
#include "core/iface/giaddr.h"
#include "core/iface/iftab_private.h"
#include "core/iface/link6.h"

static bool
has_ports(const struct entry *e)
{
	return e->known &&
	    (e->f.link.kind == IFTAB_BRIDGE || e->f.link.kind == IFTAB_BOND);
}

/* The port with the lowest ifindex that has an [interface], its own or a port's,
 * without relay = off. */
static struct entry *
configured_port(const struct entry *e, int depth)
{
	struct entry *p, *best = NULL;

	if (!has_ports(e) || depth == NEST_MAX)
		return NULL;
	LIST_FOREACH(p, &e->tie[TO_MASTER].from, tie[TO_MASTER].next) {
		if (best && best->f.link.ifindex < p->f.link.ifindex)
			continue;
		if (p->known && (p->own ? !p->own->off : configured_port(p, depth + 1) != NULL))
			best = p;
	}
	return best;
}

/* Every interface has a link-local address, but that names no link to a server. */
static bool
has_global(const struct iface *f)
{
	for (uint32_t i = 0; i < f->addr[FAMILY6].n; i++)
		if (ip6_is_global(f->addr[FAMILY6].at[i].net.addr.v6))
			return true;
	return false;
}

/* Where configuration and addresses of an interface are from. */
struct source {
	struct entry *conf;		/* NULL: not a client interface */
	struct entry *addrs[FAMILIES];
};

/* The entry whose [interface] applies to e, and those whose addresses it uses: all
 * are e itself if it has an [interface]. */
static struct source
source_of(struct entry *e)
{
	struct source s = { .addrs = { e, e } };
	struct entry *p = e;

	for (int depth = 0; p && depth < NEST_MAX; depth++) {
		if (!s.addrs[FAMILY4]->f.addr[FAMILY4].n)
			s.addrs[FAMILY4] = p;
		if (!has_global(&s.addrs[FAMILY6]->f))
			s.addrs[FAMILY6] = p;
		if (p->own) {
			s.conf = p->own->off ? NULL : p;
			break;
		}
		p = configured_port(p, depth);
	}
	return s;
}

static bool
may_serve(const struct entry *e)
{
	if (!e->known || e->gone || e->f.link.loopback ||
	    e->f.link.kind == IFTAB_VRF)
		return false;
	return !e->tie[TO_MASTER].to || !has_ports(e->tie[TO_MASTER].to);
}

/* The client interface below this macvlan, or NULL. Both receive the same
 * broadcasts, so the macvlan is not a client interface then. */
static struct entry *
lower_client(const struct entry *e)
{
	struct entry *low = e->tie[TO_LOWER].to;

	if (!low || e->f.link.kind != IFTAB_MACVLAN || !may_serve(low))
		return NULL;
	return source_of(low).conf ? low : NULL;
}

static struct ipaddr
find_virtual(const struct entry *e, const struct entry *addrs, enum family family)
{
	const struct conf_if_opts *o = &e->f.conf->o;
	struct ipaddr found = IP_NONE;
	struct entry *p;

	active_on(o, &addrs->f, family, &found);
	LIST_FOREACH(p, &e->tie[TO_LOWER].from, tie[TO_LOWER].next)
		if (p->known && p->f.link.kind == IFTAB_MACVLAN)
			active_over(o, &p->f, family, &found);
	return found;
}

/* This router is active if it has the virtual address, here or on a macvlan. VRRP has
 * a master for each family, so each has its own state, unless it has no address. */
static void
set_active(struct iface *f, struct ipaddr found4, struct ipaddr found6)
{
	const struct conf_if_opts *o = &f->conf->o;

	f->standby[FAMILY4] = o->active != CONF_ACTIVE_ALWAYS && ip_is_none(found4);
	f->standby[FAMILY6] = o->active != CONF_ACTIVE_ALWAYS && ip_is_none(found6);
	f->virtual = ip_v4(found4);
	f->six.virtual = ip_v6(found6);
	if (o->active != CONF_ACTIVE_ADDRESS)
		return;
	if (ip4_is_none(o->active_address))
		f->standby[FAMILY4] = f->standby[FAMILY6];
	if (ip6_is_none(o->active_address6))
		f->standby[FAMILY6] = f->standby[FAMILY4];
	/* A configured one stays: replies to it may be on their way. */
	f->virtual = o->active_address;
	f->six.virtual = o->active_address6;
}

static void
set_rule_bits(const struct conf *c, struct entry *e, const struct entry *src)
{
	for (uint16_t i = 0; i < c->n_rule; i++) {
		const struct conf_rule *r = &c->rule[i];
		bool holds = r->n_interface == 0;

		for (uint16_t k = 0; k < r->n_interface && !holds; k++)
			holds = conf_glob(r->interface[k], e->f.link.name) ||
			    conf_glob(r->interface[k], src->f.link.name);
		if (holds)
			e->f.rule_bits[i / 64] |= UINT64_C(1) << i % 64;
	}
}

/* Takes all but the first n uses of the entry out of the index. */
static void
unindex(struct iftab *t, struct entry *e, uint8_t n)
{
	while (e->n_used > n) {
		const struct used *u = &e->used[--e->n_used];

		uses_del(&t->uses, u->key, u->why, e->f.link.ifindex);
	}
}

/* Returns false if memory is short. */
static bool
index_use(struct iftab *t, struct entry *e, struct ip6 key, enum use why)
{
	if (!uses_add(&t->uses, key, why, e->f.link.ifindex))
		return false;
	e->used[e->n_used++] = (struct used){ key, why };
	return true;
}

/* Which families it has servers of. */
static void
set_asks(struct iface *f, const struct conf *c)
{
	f->asks[FAMILY6] = iface_leads_to_family(f, c, FAMILY6);
	f->asks[FAMILY4] = !f->asks[FAMILY6] || iface_leads_to_family(f, c, FAMILY4);
}

/* Keeps the old option 82 of giaddrs whose option 82 has changed. If memory is
 * short, the last replies to the old one are delivered without removing it. */
static void
remember_rai(struct iface *f, const struct iface_giaddr *was, uint8_t n)
{
	struct iface_giaddr *keep = NULL;
	uint8_t n_keep = 0;

	for (uint8_t i = 0; i < n; i++) {
		int at = iface_giaddr_find(f, was[i].addr);
		const struct rai *old = &was[i].rai;
		const struct rai *now = at < 0 ? NULL : &f->giaddr[at].rai;

		if (!now || old->len == 0 || (now->len == old->len &&
		    memcmp(now->value, old->value, old->len) == 0))
			continue;
		if (!keep && !(keep = calloc(n, sizeof(*keep))))
			return;
		keep[n_keep++] = was[i];
	}
	if (!keep)
		return;
	free(f->was);
	f->was = keep;
	f->n_was = n_keep;
}

/* What all entries are recomputed with. */
struct common {
	const struct conf *c;
	const struct iftab_host *host;
	bool six;		/* there are servers of DHCPv6 */
};

static void
derive4(struct iftab *t, struct entry *e, const struct source *src,
    const struct conf_fmt *fmt)
{
	struct iface *f = &e->f;
	struct iface_giaddr was[IFACE_GIADDRS_MAX];
	uint8_t n_was = f->n_giaddr;

	memcpy(was, f->giaddr, n_was * sizeof(*was));
	giaddr_make(f, &src->addrs[FAMILY4]->f, fmt);
	remember_rai(f, was, n_was);
	for (uint8_t i = 0; iface_ready(f) && i < f->n_giaddr; i++)
		if (!index_use(t, e, uses_key4(f->giaddr[i].addr), USE_LINK)) {
			unindex(t, e, 0);
			f->n_giaddr = 0;
			t->again = true;
		}
}

static void
derive6(struct iftab *t, struct entry *e, const struct source *src,
    const struct conf_fmt *fmt, const struct iftab_host *host)
{
	struct iface *f = &e->f;
	const struct iface6 *six = &f->six;
	uint8_t before = e->n_used;
	bool good = link6_make(f, &src->addrs[FAMILY6]->f, *fmt, host->duid);

	e->id_key = six->iid_len ?
	    uses_key_bytes(six->opts + six->iid_at, six->iid_len) : IP6_NONE;
	/* Replies find it by its Interface-Id even when it is not ready. */
	if (good && (!six->iid_len || index_use(t, e, e->id_key, USE_ID)) &&
	    (!iface6_ready(f) || index_use(t, e, six->link, USE_LINK)))
		return;
	unindex(t, e, before);
	link6_clear(&f->six);
	t->again = true;
}

/* Whose configuration and addresses apply to e, if it is a client interface. */
static struct source
set_source(struct entry *e)
{
	struct entry *low = may_serve(e) ? lower_client(e) : NULL;
	struct source src = { .conf = NULL };
	struct iface *f = &e->f;

	if (may_serve(e) && !low)
		src = source_of(e);
	f->copy_of = low ? low->f.link.ifindex : 0;
	f->conf = src.conf ? src.conf->own : NULL;
	f->from_port = src.conf && src.conf != e ? src.conf->f.link.ifindex : 0;
	return src;
}

static void
recompute(struct iftab *t, const struct common *with, struct entry *e)
{
	struct iface *f = &e->f;
	struct source src;
	struct conf_fmt fmt = { .ifname = f->link.name, .host = with->host->name };

	unindex(t, e, 0);
	src = set_source(e);
	memset(f->rule_bits, 0, sizeof(f->rule_bits));
	if (!src.conf) {
		f->n_giaddr = 0;
		memset(f->standby, 0, sizeof(f->standby));
		f->virtual = f->own = IP4_NONE;
		link6_clear(&f->six);
		return;
	}
	set_rule_bits(with->c, e, src.conf);
	set_asks(f, with->c);
	set_active(f, find_virtual(e, src.addrs[FAMILY4], FAMILY4),
	    find_virtual(e, src.addrs[FAMILY6], FAMILY6));
	fmt.vlan = f->link.vlan ? f->link.vlan : src.conf->f.link.vlan;
	if (f->link.mac_len == sizeof(fmt.mac.b))
		memcpy(fmt.mac.b, f->link.mac, sizeof(fmt.mac.b));
	derive4(t, e, &src, &fmt);
	if (with->six)
		derive6(t, e, &src, &fmt, with->host);
	else
		link6_clear(&f->six);
}

static bool
serves(const struct entry *e, enum family family)
{
	return !e->gone && iface_serves(&e->f, family);
}

static bool
as_told(const struct entry *e)
{
	const struct iface6 *six = &e->f.six;

	if (strcmp(e->told_name, e->f.link.name) != 0 || e->n_told != e->f.n_giaddr)
		return false;
	for (uint8_t i = 0; i < e->n_told; i++)
		if (!ip4_eq(e->told_giaddr[i], e->f.giaddr[i].addr))
			return false;
	for (enum family i = 0; i < FAMILIES; i++)
		if (e->told[i] != serves(e, i))
			return false;
	return !e->told[FAMILY6] || (ip6_eq(e->told_local, six->local) &&
	    ip6_eq(e->told_link, six->link) && ip6_eq(e->told_id_key, e->id_key));
}

static void
remember_told(struct entry *e)
{
	memcpy(e->told_name, e->f.link.name, sizeof(e->told_name));
	e->n_told = e->f.n_giaddr;
	for (uint8_t i = 0; i < e->n_told; i++)
		e->told_giaddr[i] = e->f.giaddr[i].addr;
	e->told_local = e->f.six.local;
	e->told_link = e->f.six.link;
	e->told_id_key = e->id_key;
	for (int family = 0; family < FAMILIES; family++) {
		e->told[family] = serves(e, family);
		e->told_standby[family] = e->f.standby[family];
	}
}

/* Must it be told which router is active? A family that begins to serve, as IPv6 does
 * when its addresses are no longer tentative, is covered by what was told of the other. */
static bool
has_switched(const struct entry *e, enum family family)
{
	enum family other = family == FAMILY4 ? FAMILY6 : FAMILY4;
	bool standby = e->f.standby[family];

	if (!serves(e, family))
		return false;
	if (e->told[family])
		return e->told_standby[family] != standby;
	return e->f.conf->o.active != CONF_ACTIVE_ALWAYS &&
	    !(e->told[other] && e->told_standby[other] == standby);
}

/* Once for both families if they have switched alike. */
static void
tell_switches(struct entry *e, const bool switched[FAMILIES], iftab_change_fn *fn,
    void *user)
{
	bool alike = e->f.standby[FAMILY4] == e->f.standby[FAMILY6];

	for (enum family i = 0; i < FAMILIES; i++)
		if (switched[i] && !(i == FAMILY6 && switched[FAMILY4] && alike))
			fn(user, e->f.standby[i] ? IFTAB_STANDBY : IFTAB_ACTIVE, &e->f);
}

static void
tell_change(struct entry *e, iftab_change_fn *fn, void *user)
{
	struct iface lost;
	bool was = e->told[FAMILY4] || e->told[FAMILY6];
	bool is = serves(e, FAMILY4) || serves(e, FAMILY6);
	const bool switched[FAMILIES] = { has_switched(e, FAMILY4),
	    has_switched(e, FAMILY6) };
	bool any = switched[FAMILY4] || switched[FAMILY6];

	if ((!was && !is) || (was && is && !any && as_told(e)))
		return;
	if (was && !is && fn) {
		lost = e->f;
		memcpy(lost.link.name, e->told_name, sizeof(lost.link.name));
		fn(user, IFTAB_LOST, &lost);
	}
	remember_told(e);
	if (!is || !fn)
		return;
	if (!was)
		fn(user, IFTAB_READY, &e->f);
	else if (!any)
		fn(user, IFTAB_CHANGED, &e->f);
	tell_switches(e, switched, fn, user);
}

static void
take_conf(struct iftab *t, const struct conf *c)
{
	uses_clear(&t->uses, USE_FIXED);
	for (uint16_t i = 0; i < c->n_if; i++) {
		const struct conf_if_opts *o = &c->ifs[i].o;

		if (o->giaddr == CONF_GIADDR_FIXED &&
		    !uses_add(&t->uses, uses_key4(o->giaddr_fixed), USE_FIXED, 0))
			t->again = true;
		if (o->active == CONF_ACTIVE_ADDRESS && o->active_giaddr_virtual &&
		    !uses_add(&t->uses, uses_key4(o->active_address), USE_FIXED, 0))
			t->again = true;
	}
	for (size_t i = 0; i < t->n; i++) {
		t->index[i].e->renamed = true;
		iftab_mark(t, t->index[i].e);
	}
}

void
iftab_commit(struct iftab *t, const struct conf *c, const struct iftab_host *host,
    bool all, iftab_change_fn *fn, void *user)
{
	struct common with = { c, host, conf_serves(c, FAMILY6) };
	struct dirty_list list = STAILQ_HEAD_INITIALIZER(list);
	struct entry *e;

	if (t->again || t->conf != c)
		all = true;
	t->again = false;
	t->conf = c;
	if (all)
		take_conf(t, c);
	STAILQ_CONCAT(&list, &t->dirty);

	/* Each step is done for all entries before the next, since bridges use
	 * their ports' configuration, and the callback may look at any entry. */
	STAILQ_FOREACH(e, &list, next_dirty)
		if (e->known && e->renamed) {
			e->own = conf_match(c, e->f.link.name);
			e->renamed = false;
		}
	STAILQ_FOREACH(e, &list, next_dirty)
		recompute(t, &with, e);
	while ((e = STAILQ_FIRST(&list))) {
		STAILQ_REMOVE_HEAD(&list, next_dirty);
		e->dirty = false;
		tell_change(e, fn, user);
		if (fn)
			fn(user, IFTAB_RECOMPUTED, &e->f);
		if (e->gone)
			iftab_entry_free(e);
	}
}

void
iftab_absent(const struct iftab *t, iftab_absent_fn *fn, void *user)
{
	const struct conf *c = t->conf;
	bool *has = c ? calloc(c->n_if + 1u, sizeof(*has)) : NULL;

	for (size_t i = 0; has && i < t->n; i++)
		if (t->index[i].e->known && t->index[i].e->own)
			has[t->index[i].e->own - c->ifs] = true;
	for (uint16_t i = 0; has && i < c->n_if; i++) {
		struct entry e = { .f.conf = &c->ifs[i] };

		if (has[i] || e.f.conf->off)
			continue;
		strncpy(e.f.link.name, e.f.conf->pattern, sizeof(e.f.link.name) - 1);
		set_rule_bits(c, &e, &e);
		set_asks(&e.f, c);
		fn(user, &e.f);
	}
	free(has);
}
