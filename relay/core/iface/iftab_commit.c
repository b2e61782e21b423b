/* SPDX-License-Identifier: ISC
 *
 * iftab_commit - what follows from the events in iftab.c: which interfaces
 * serve clients, with whose configuration and addresses, which are on standby,
 * the index of giaddrs, and what is reported about it. giaddr.c computes
 * giaddrs and option 82.
 */
#include <stdlib.h>
#include <string.h>

#include "core/iface/active.h"
#include "core/iface/giaddr.h"
#include "core/iface/iftab_private.h"

static bool
has_ports(const struct entry *e)
{
	return e->known &&
	    (e->f.link.kind == IFTAB_BRIDGE || e->f.link.kind == IFTAB_BOND);
}

/* The port with the lowest ifindex that has an [interface], its own or a port's. */
static struct entry *
configured_port(const struct entry *e, int depth)
{
	struct entry *p, *best = NULL;

	if (!has_ports(e) || depth == NEST_MAX)
		return NULL;
	LIST_FOREACH(p, &e->tie[TO_MASTER].from, tie[TO_MASTER].next) {
		if (best && best->f.link.ifindex < p->f.link.ifindex)
			continue;
		if (p->known && (p->own || configured_port(p, depth + 1)))
			best = p;
	}
	return best;
}

/* Returns the entry whose [interface] applies to e, and sets *addrs to the one
 * whose addresses it uses: both are e itself if it has an [interface]. NULL:
 * not a client interface. */
static struct entry *
conf_source(struct entry *e, struct entry **addrs)
{
	struct entry *p = e;

	*addrs = e;
	for (int depth = 0; p && depth < NEST_MAX; depth++) {
		if (!(*addrs)->f.n_addr)
			*addrs = p;
		if (p->own)
			return p;
		p = configured_port(p, depth);
	}
	return NULL;
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
	struct entry *low = e->tie[TO_LOWER].to, *addrs;

	if (!low || e->f.link.kind != IFTAB_MACVLAN || !may_serve(low))
		return NULL;
	return conf_source(low, &addrs) ? low : NULL;
}

/* This router is active if it has the virtual address, here or on a macvlan. */
static void
set_active(struct entry *e, const struct entry *addrs)
{
	const struct conf_if_opts *o = &e->f.conf->o;
	struct ip4 found = active_on(o, &addrs->f);
	struct entry *p;

	LIST_FOREACH(p, &e->tie[TO_LOWER].from, tie[TO_LOWER].next)
		if (ip4_is_none(found) && p->known &&
		    p->f.link.kind == IFTAB_MACVLAN)
			found = active_over(o, &p->f);
	e->f.standby = o->active != CONF_ACTIVE_ALWAYS && ip4_is_none(found);
	/* A configured one stays: replies to it as giaddr may be on their way. */
	e->f.virtual = o->active == CONF_ACTIVE_ADDRESS ? o->active_address :
	    found;
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

static void
unindex(struct iftab *t, struct entry *e, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		iftab_addr_del(t, e->f.giaddr[i].addr, ADDR_READY,
		    e->f.link.ifindex);
	e->indexed = false;
}

static void
index_giaddrs(struct iftab *t, struct entry *e)
{
	for (uint8_t i = 0; i < e->f.n_giaddr; i++)
		if (!iftab_addr_add(t, e->f.giaddr[i].addr, ADDR_READY,
		    e->f.link.ifindex)) {
			unindex(t, e, i);
			e->f.n_giaddr = 0;
			t->again = true;
			return;
		}
	e->indexed = true;
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

static void
recompute(struct iftab *t, const struct conf *c, const char *host, struct entry *e)
{
	struct iface *f = &e->f;
	struct iface_giaddr was[IFACE_GIADDRS_MAX];
	uint8_t n_was = f->n_giaddr;
	struct entry *addrs, *low, *src = NULL;

	memcpy(was, f->giaddr, n_was * sizeof(*was));
	if (e->indexed)
		unindex(t, e, f->n_giaddr);
	low = may_serve(e) ? lower_client(e) : NULL;
	f->copy_of = low ? low->f.link.ifindex : 0;
	if (may_serve(e) && !low)
		src = conf_source(e, &addrs);
	f->conf = src ? src->own : NULL;
	f->from_port = src && src != e ? src->f.link.ifindex : 0;
	f->n_giaddr = 0;
	f->standby = false;
	f->virtual = f->own = IP4_NONE;
	memset(f->rule_bits, 0, sizeof(f->rule_bits));
	if (!src)
		return;
	set_rule_bits(c, e, src);
	set_active(e, addrs);
	giaddr_make(f, &addrs->f, f->link.vlan ? f->link.vlan : src->f.link.vlan,
	    host);
	remember_rai(f, was, n_was);
	if (iface_ready(f))
		index_giaddrs(t, e);
}

static bool
as_told(const struct entry *e)
{
	if (strcmp(e->told_name, e->f.link.name) != 0 || e->n_told != e->f.n_giaddr)
		return false;
	for (uint8_t i = 0; i < e->n_told; i++)
		if (!ip4_eq(e->told_giaddr[i], e->f.giaddr[i].addr))
			return false;
	return true;
}

static void
remember_told(struct entry *e)
{
	memcpy(e->told_name, e->f.link.name, sizeof(e->told_name));
	e->n_told = e->f.n_giaddr;
	for (uint8_t i = 0; i < e->n_told; i++)
		e->told_giaddr[i] = e->f.giaddr[i].addr;
	e->told_standby = e->f.standby;
}

static void
tell_change(struct entry *e, iftab_change_fn *fn, void *user)
{
	struct iface lost;
	bool was = e->told;
	bool switched = was && e->told_standby != e->f.standby;
	bool same = was && !switched && as_told(e);

	e->told = !e->gone && iface_ready(&e->f);
	if (!e->told && was && fn) {
		lost = e->f;
		memcpy(lost.link.name, e->told_name, sizeof(lost.link.name));
		fn(user, IFTAB_LOST, &lost);
	}
	if (!e->told || same)
		return;
	remember_told(e);
	if (!fn)
		return;
	if (!was)
		fn(user, IFTAB_READY, &e->f);
	else if (!switched)
		fn(user, IFTAB_CHANGED, &e->f);
	if (switched || (!was && e->f.conf->o.active != CONF_ACTIVE_ALWAYS))
		fn(user, e->f.standby ? IFTAB_STANDBY : IFTAB_ACTIVE, &e->f);
}

static void
take_conf(struct iftab *t, const struct conf *c)
{
	iftab_addr_clear_fixed(t);
	for (uint16_t i = 0; i < c->n_if; i++) {
		const struct conf_if_opts *o = &c->ifs[i].o;

		if (o->giaddr == CONF_GIADDR_FIXED &&
		    !iftab_addr_add(t, o->giaddr_fixed, ADDR_FIXED, 0))
			t->again = true;
		if (o->active == CONF_ACTIVE_ADDRESS && o->active_giaddr_virtual &&
		    !iftab_addr_add(t, o->active_address, ADDR_FIXED, 0))
			t->again = true;
	}
	for (size_t i = 0; i < t->index.n; i++) {
		struct slot *s = rows_at(&t->index, i);

		s->e->renamed = true;
		iftab_mark(t, s->e);
	}
}

void
iftab_commit(struct iftab *t, const struct conf *c, const char *host, bool all,
    iftab_change_fn *fn, void *user)
{
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
		recompute(t, c, host, e);
	while ((e = STAILQ_FIRST(&list))) {
		STAILQ_REMOVE_HEAD(&list, next_dirty);
		e->dirty = false;
		tell_change(e, fn, user);
		if (e->gone)
			iftab_entry_free(e);
	}
}
