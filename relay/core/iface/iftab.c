/* SPDX-License-Identifier: ISC
 *
 * iftab - the interface table: what the kernel has told us about links and
 * IPv4 addresses, matched with the configuration.
 *
 * Two halves. Events (iftab_set_link and so on) only record what the kernel
 * said and mark what hangs on it; iftab_commit() then recomputes the marked
 * entries and nothing else, so that a start with 1,000 VLANs, or one VLAN
 * among 10,000, costs what it should. giaddrs and option 82 are computed in
 * core/ifgi, look-ups by address are core/ipref's.
 *
 * Events may come in any order. An entry exists as soon as anything refers to
 * its ifindex: an address that comes before its link, or a port that comes
 * before its bridge, makes an entry that is not `known`; the outside does not
 * see it. Names are no keys here: two links may swap theirs, and a link may be
 * created anew while the old one is still in the table.
 *
 * Ownership: entries are allocated one by one and never move. A deleted entry
 * leaves the index at once and is freed by the next commit, after its
 * IFTAB_LOST was told.
 */
#include "core/iface/iftab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/iface/active.h"
#include "core/iface/growmap.h"
#include "core/iface/ifgi.h"
#include "core/iface/ipref.h"

/* The kernel stacks devices no deeper than 8 (MAX_NEST_DEV); a table that was
 * told of a cycle must not follow it for ever. */
#define NEST_MAX 8

struct addrs {
	struct iftab_addr *a;
	uint32_t n;
};

struct entry;

/* Who stands on whom: a port on its master, a macvlan on its lower interface. */
enum tie_kind { ON_MASTER, ON_LOWER, N_TIES };

struct tie {
	struct entry *base;	/* NULL: none */
	struct entry *first;	/* of those whose base this is */
	struct entry *next, *prev;
};

struct entry {
	struct iface f;		/* first: iface pointers of the outside are entries */
	bool known;		/* there was a link event */
	bool gone;		/* deleted, waits for the commit */
	bool dirty;		/* on the list of the commit */
	bool renamed;		/* own is out of date */
	bool indexed;		/* f->gi are in t->refs */
	const struct conf_if *own;	/* the [interface] for its name */
	struct entry *next_dirty;

	struct tie tie[N_TIES];

	/* The full read that is going on. */
	bool seen;
	struct addrs fresh;

	/* What the outside was told last. */
	bool told;
	bool told_standby;
	char told_name[IFTAB_NAME_MAX];
	uint8_t n_told;
	struct ip4 told_gi[IFTAB_GI_MAX];
};

/* An entry of the index. */
struct slot {
	uint32_t ifindex;
	struct entry *e;
};

struct iftab {
	struct growmap index;		/* struct slot by ifindex */
	struct entry **sorted;		/* the same, by ascending ifindex */
	size_t n_sorted, room_sorted;
	size_t n_known;
	struct ipref_map refs;
	struct entry *dirty, **dirty_end;
	bool resync;
	bool again;			/* memory was short: recompute all */
	const struct conf *conf;	/* of the last commit, compared only */
};

/* --- marking ------------------------------------------------------------- */

static void
mark_one(struct iftab *t, struct entry *e)
{
	if (e->dirty)
		return;
	e->dirty = true;
	e->next_dirty = NULL;
	*t->dirty_end = e;
	t->dirty_end = &e->next_dirty;
}

static void
mark_all_on(struct iftab *t, struct entry *e, enum tie_kind kind)
{
	for (struct entry *p = e->tie[kind].first; p; p = p->tie[kind].next)
		mark_one(t, p);
}

/* With what a macvlan stands on changes what the macvlan is. */
static void
mark(struct iftab *t, struct entry *e)
{
	mark_one(t, e);
	mark_all_on(t, e, ON_LOWER);
}

/* A bridge stands in for its ports, a bond in that bridge for its own. */
static void
mark_masters(struct iftab *t, struct entry *e)
{
	for (int depth = 0; e && depth < NEST_MAX; depth++) {
		mark(t, e);
		e = e->tie[ON_MASTER].base;
	}
}

/* And an address of a macvlan may be the virtual one of its lower interface. */
static void
mark_up(struct iftab *t, struct entry *e)
{
	mark_masters(t, e);
	if (e->tie[ON_LOWER].base)
		mark_masters(t, e->tie[ON_LOWER].base);
}

/* --- the index ----------------------------------------------------------- */

static struct entry *
find(const struct iftab *t, uint32_t ifindex)
{
	const struct slot *s = growmap_find(&t->index, &ifindex);

	return s ? s->e : NULL;
}

/* Where ifindex stands in t->sorted, or would stand. */
static size_t
position(const struct iftab *t, uint32_t ifindex)
{
	size_t lo = 0, hi = t->n_sorted;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->sorted[mid]->f.link.ifindex < ifindex)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The entry with the next higher ifindex, or NULL. */
static struct entry *
after(const struct iftab *t, uint32_t ifindex)
{
	size_t i = ifindex < UINT32_MAX ? position(t, ifindex + 1) : t->n_sorted;

	return i < t->n_sorted ? t->sorted[i] : NULL;
}

/* Nearly always at the end: the kernel counts upwards. */
static bool
sort_in(struct iftab *t, struct entry *e)
{
	size_t at = position(t, e->f.link.ifindex);

	if (t->n_sorted == t->room_sorted) {
		size_t room = t->room_sorted ? 2 * t->room_sorted : 64;
		struct entry **p = reallocarray(t->sorted, room, sizeof(*p));

		if (!p)
			return false;
		t->sorted = p;
		t->room_sorted = room;
	}
	memmove(t->sorted + at + 1, t->sorted + at,
	    (t->n_sorted - at) * sizeof(*t->sorted));
	t->sorted[at] = e;
	t->n_sorted++;
	return true;
}

static void
sort_out(struct iftab *t, uint32_t ifindex)
{
	size_t at = position(t, ifindex);

	t->n_sorted--;
	memmove(t->sorted + at, t->sorted + at + 1,
	    (t->n_sorted - at) * sizeof(*t->sorted));
}

/* The entry with this ifindex, made when missing. */
static struct entry *
get(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = find(t, ifindex);
	struct slot *s;

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->f.link.ifindex = ifindex;
	s = growmap_get(&t->index, &ifindex);
	if (!s) {
		free(e);
		return NULL;
	}
	if (!sort_in(t, e)) {
		growmap_remove(&t->index, s);
		free(e);
		return NULL;
	}
	s->e = e;
	return e;
}

static void
entry_free(struct entry *e)
{
	free(e->f.addr);
	free(e->f.was);
	free(e->fresh.a);
	free(e);
}

/* Out of sight; iftab_commit() frees it. */
static void
drop(struct iftab *t, struct entry *e)
{
	uint32_t ifindex = e->f.link.ifindex;

	growmap_remove(&t->index, growmap_find(&t->index, &ifindex));
	sort_out(t, ifindex);
	e->gone = true;
	mark(t, e);
}

/* An entry that nobody has heard of and nothing refers to is none. */
static void
drop_unused(struct iftab *t, struct entry *e)
{
	if (!e->known && !e->f.n_addr && !e->tie[ON_MASTER].first &&
	    !e->tie[ON_LOWER].first)
		drop(t, e);
}

/* --- links --------------------------------------------------------------- */

static void
attach(struct entry *e, struct entry *base, enum tie_kind kind)
{
	struct tie *mine = &e->tie[kind], *its = &base->tie[kind];

	mine->base = base;
	mine->prev = NULL;
	mine->next = its->first;
	if (its->first)
		its->first->tie[kind].prev = e;
	its->first = e;
}

/* Returns what e stood on, which nothing may refer to any more. */
static struct entry *
unhook(struct iftab *t, struct entry *e, enum tie_kind kind)
{
	struct tie *mine = &e->tie[kind];
	struct entry *base = mine->base;

	if (!base)
		return NULL;
	mark_up(t, base);
	if (mine->prev)
		mine->prev->tie[kind].next = mine->next;
	else
		base->tie[kind].first = mine->next;
	if (mine->next)
		mine->next->tie[kind].prev = mine->prev;
	mine->base = mine->next = mine->prev = NULL;
	return base;
}

static void
detach(struct iftab *t, struct entry *e, enum tie_kind kind)
{
	struct entry *base = unhook(t, e, kind);

	if (base)
		drop_unused(t, base);
}

/* What e stood on may be what it stands on from now on, in another way. */
static void
move(struct iftab *t, struct entry *e, struct entry *base[N_TIES])
{
	struct entry *old[N_TIES] = { NULL };

	for (int k = 0; k < N_TIES; k++) {
		if (e->tie[k].base == base[k])
			continue;
		old[k] = unhook(t, e, k);
		if (base[k])
			attach(e, base[k], k);
	}
	for (int k = 0; k < N_TIES; k++)
		if (old[k] && !old[k]->gone)
			drop_unused(t, old[k]);
}

static bool
link_eq(const struct iftab_link *a, const struct iftab_link *b)
{
	return strcmp(a->name, b->name) == 0 && a->up == b->up &&
	    a->running == b->running && a->loopback == b->loopback &&
	    a->kind == b->kind && a->master == b->master &&
	    a->lower == b->lower && a->vlan == b->vlan &&
	    a->hwtype == b->hwtype && a->mtu == b->mtu &&
	    a->mac_len == b->mac_len && memcmp(a->mac, b->mac, a->mac_len) == 0;
}

/* The link as it will be stored, whatever stood behind its strings. */
static struct iftab_link
link_of(const struct iftab_link *l)
{
	struct iftab_link copy = *l;

	copy.name[IFTAB_NAME_MAX - 1] = '\0';
	if (copy.mac_len > sizeof(copy.mac))
		copy.mac_len = sizeof(copy.mac);
	if (copy.master == copy.ifindex)
		copy.master = 0;
	if (copy.lower == copy.ifindex)
		copy.lower = 0;
	return copy;
}

/* The entries that it stands on, made when missing. */
static bool
get_bases(struct iftab *t, const struct iftab_link *l, struct entry *base[N_TIES])
{
	uint32_t on[N_TIES] = { [ON_MASTER] = l->master, [ON_LOWER] = l->lower };

	for (int k = 0; k < N_TIES; k++) {
		base[k] = on[k] ? get(t, on[k]) : NULL;
		if (on[k] && !base[k]) {
			if (k > 0 && base[0])
				drop_unused(t, base[0]);
			return false;
		}
	}
	return true;
}

int
iftab_set_link(struct iftab *t, const struct iftab_link *link)
{
	struct iftab_link l = link_of(link);
	struct entry *e = get(t, l.ifindex);
	struct entry *base[N_TIES];

	if (!e)
		return -ENOMEM;
	if (!get_bases(t, &l, base)) {
		drop_unused(t, e);
		return -ENOMEM;
	}
	e->seen = true;
	if (e->known && link_eq(&e->f.link, &l) &&
	    e->tie[ON_MASTER].base == base[ON_MASTER] &&
	    e->tie[ON_LOWER].base == base[ON_LOWER])
		return 0;
	if (!e->known || strcmp(e->f.link.name, l.name) != 0)
		e->renamed = true;
	if (!e->known || e->f.link.kind != l.kind)
		mark_all_on(t, e, ON_MASTER);
	move(t, e, base);
	t->n_known += !e->known;
	e->known = true;
	e->f.link = l;
	mark_up(t, e);
	return 0;
}

/* What stands on e stands on nothing; false when e went with the last of it. */
static bool
let_go(struct iftab *t, struct entry *e, enum tie_kind kind)
{
	while (e->tie[kind].first) {
		mark(t, e->tie[kind].first);
		detach(t, e->tie[kind].first, kind);
		if (e->gone)
			return false;
	}
	return true;
}

static void
remove_entry(struct iftab *t, struct entry *e)
{
	for (uint32_t i = 0; i < e->f.n_addr; i++)
		ipref_del_local(&t->refs, e->f.addr[i].net.addr);
	e->f.n_addr = 0;
	/* The kernel frees the ports first, but says so in messages that may
	 * have been lost. */
	if (!let_go(t, e, ON_MASTER) || !let_go(t, e, ON_LOWER))
		return;
	detach(t, e, ON_MASTER);
	detach(t, e, ON_LOWER);
	t->n_known -= e->known;
	drop(t, e);
}

void
iftab_del_link(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = find(t, ifindex);

	if (e)
		remove_entry(t, e);
}

/* --- addresses ----------------------------------------------------------- */

static bool
net_eq(struct ip4net a, struct ip4net b)
{
	return a.plen == b.plen && ip4_eq(a.addr, b.addr);
}

static uint32_t
addr_find(const struct iftab_addr *a, uint32_t n, struct ip4net net)
{
	uint32_t i = 0;

	while (i < n && !net_eq(a[i].net, net))
		i++;
	return i;
}

static void
addr_cut(struct iftab_addr *a, uint32_t *n, uint32_t i)
{
	--*n;
	memmove(a + i, a + i + 1, (*n - i) * sizeof(*a));
}

/* Room for one more; doubles, with n as the only record of the size. */
static bool
addr_room(struct iftab_addr **a, uint32_t n)
{
	struct iftab_addr *p;

	if (n & (n - 1))
		return true;
	p = reallocarray(*a, n ? 2 * (size_t)n : 1, sizeof(*p));
	if (p)
		*a = p;
	return p;
}

static bool
addr_eq(const struct iftab_addr *a, const struct iftab_addr *b)
{
	return net_eq(a->net, b->net) && a->secondary == b->secondary &&
	    a->link_scope == b->link_scope;
}

/* The list of the full read, in the order of the kernel's dump. */
static int
fresh_add(struct entry *e, const struct iftab_addr *a)
{
	uint32_t i = addr_find(e->fresh.a, e->fresh.n, a->net);

	if (i == e->fresh.n) {
		if (!addr_room(&e->fresh.a, i))
			return -ENOMEM;
		e->fresh.n++;
	}
	e->fresh.a[i] = *a;
	return 0;
}

static int
live_add(struct iftab *t, struct entry *e, const struct iftab_addr *a)
{
	struct iface *f = &e->f;
	uint32_t i = addr_find(f->addr, f->n_addr, a->net);

	if (i < f->n_addr && addr_eq(&f->addr[i], a))
		return 0;
	if (i == f->n_addr) {
		if (!addr_room(&f->addr, i) ||
		    !ipref_add_local(&t->refs, a->net.addr))
			return -ENOMEM;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): i is the place of one */
	} else if (f->addr[i].secondary && !a->secondary) {
		/* net.ipv4.conf.*.promote_secondaries: the kernel moves the
		 * new primary behind the others. */
		addr_cut(f->addr, &f->n_addr, i);
		i = f->n_addr;
	}
	if (i == f->n_addr)
		f->n_addr++;
	f->addr[i] = *a;
	mark_up(t, e);
	return 0;
}

int
iftab_set_addr(struct iftab *t, uint32_t ifindex, const struct iftab_addr *a)
{
	struct entry *e = get(t, ifindex);
	int err;

	if (!e)
		return -ENOMEM;
	err = live_add(t, e, a);
	if (!err && t->resync)
		err = fresh_add(e, a);
	if (err)
		drop_unused(t, e);
	return err;
}

void
iftab_del_addr(struct iftab *t, uint32_t ifindex, struct ip4net net)
{
	struct entry *e = find(t, ifindex);
	uint32_t i;

	if (!e)
		return;
	i = addr_find(e->fresh.a, e->fresh.n, net);
	if (i < e->fresh.n)
		addr_cut(e->fresh.a, &e->fresh.n, i);
	i = addr_find(e->f.addr, e->f.n_addr, net);
	if (i == e->f.n_addr)
		return;
	addr_cut(e->f.addr, &e->f.n_addr, i);
	ipref_del_local(&t->refs, net.addr);
	mark_up(t, e);
	drop_unused(t, e);
}

/* --- the full read ------------------------------------------------------- */

static void
fresh_drop(struct entry *e)
{
	free(e->fresh.a);
	e->fresh = (struct addrs){ NULL, 0 };
}

void
iftab_resync_begin(struct iftab *t)
{
	t->resync = true;
	for (size_t i = 0; i < t->n_sorted; i++) {
		t->sorted[i]->seen = false;
		fresh_drop(t->sorted[i]);
	}
}

static bool
addrs_eq(const struct iface *f, const struct addrs *fresh)
{
	if (f->n_addr != fresh->n)
		return false;
	for (uint32_t i = 0; i < f->n_addr; i++)
		if (!addr_eq(&f->addr[i], &fresh->a[i]))
			return false;
	return true;
}

/* Whatever is in `fresh` is in f->addr too, so this only ever takes away,
 * and puts the rest into the kernel's order. */
static void
sweep_addrs(struct iftab *t, struct entry *e)
{
	struct iface *f = &e->f;
	struct addrs *fresh = &e->fresh;

	if (!addrs_eq(f, fresh)) {
		for (uint32_t i = 0; i < f->n_addr; i++)
			if (addr_find(fresh->a, fresh->n, f->addr[i].net) == fresh->n)
				ipref_del_local(&t->refs, f->addr[i].net.addr);
		free(f->addr);
		f->addr = fresh->a;
		f->n_addr = fresh->n;
		*fresh = (struct addrs){ NULL, 0 };
		mark_up(t, e);
	}
	fresh_drop(e);
}

void
iftab_resync_end(struct iftab *t)
{
	struct entry *e;

	/* By ifindex: whoever goes may take a master along that only it
	 * referred to. */
	for (uint32_t last = 0; (e = after(t, last));) {
		last = e->f.link.ifindex;
		if (e->known && !e->seen) {
			remove_entry(t, e);
			continue;
		}
		sweep_addrs(t, e);
		drop_unused(t, e);
	}
	t->resync = false;
}

/* --- what hangs on it ---------------------------------------------------- */

static bool
has_ports(const struct entry *e)
{
	return e->known &&
	    (e->f.link.kind == IFTAB_BRIDGE || e->f.link.kind == IFTAB_BOND);
}

/*
 * The port with the lowest ifindex that has an [interface], its own or through
 * ports of its own: e passes on to it whatever it is not itself given.
 */
static struct entry *
configured_port(const struct entry *e, int depth)
{
	struct entry *best = NULL;

	if (!has_ports(e) || depth == NEST_MAX)
		return NULL;
	for (struct entry *p = e->tie[ON_MASTER].first; p;
	    p = p->tie[ON_MASTER].next) {
		if (best && best->f.link.ifindex < p->f.link.ifindex)
			continue;
		if (p->known && (p->own || configured_port(p, depth + 1)))
			best = p;
	}
	return best;
}

/*
 * Where e has its configuration from, and in *addrs where its addresses: with
 * an [interface] of its own it answers for itself in both. NULL: no client
 * interface.
 */
static struct entry *
source(struct entry *e, struct entry **addrs)
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
	return !e->tie[ON_MASTER].base || !has_ports(e->tie[ON_MASTER].base);
}

/* A macvlan gets the broadcasts of its lower interface once more, so that when
 * that is a client interface, this is none. */
static struct entry *
copied(const struct entry *e)
{
	struct entry *low = e->tie[ON_LOWER].base, *addrs;

	if (!low || e->f.link.kind != IFTAB_MACVLAN || !may_serve(low))
		return NULL;
	return source(low, &addrs) ? low : NULL;
}

/* Where this router is at work: it has the virtual address, which may also be on
 * a macvlan on top. */
static void
set_active(struct entry *e, const struct entry *addrs)
{
	const struct conf_if_opts *o = &e->f.conf->o;
	struct ip4 found = active_on(o, &addrs->f);

	for (struct entry *p = e->tie[ON_LOWER].first; p && ip4_is_none(found);
	    p = p->tie[ON_LOWER].next)
		if (p->known && p->f.link.kind == IFTAB_MACVLAN)
			found = active_over(o, &p->f);
	e->f.standby = o->active != CONF_ACTIVE_ALWAYS && ip4_is_none(found);
	/* A named one stays the giaddr of answers that are under way. */
	e->f.virtual = o->active == CONF_ACTIVE_ADDRESS ? o->active_address :
	    found;
}

static bool
rule_holds(const struct conf_rule *r, const struct entry *e, const struct entry *src)
{
	for (uint16_t i = 0; i < r->n_interface; i++)
		if (conf_glob(r->interface[i], e->f.link.name) ||
		    conf_glob(r->interface[i], src->f.link.name))
			return true;
	return r->n_interface == 0;
}

static void
set_rule_bits(const struct conf *c, struct entry *e, const struct entry *src)
{
	for (uint16_t i = 0; i < c->n_rule; i++)
		if (rule_holds(&c->rule[i], e, src))
			e->f.rule_bits[i / 64] |= UINT64_C(1) << i % 64;
}

static void
unindex(struct iftab *t, struct entry *e, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		ipref_del_ready(&t->refs, e->f.gi[i].giaddr, e->f.link.ifindex);
	e->indexed = false;
}

static void
index_giaddrs(struct iftab *t, struct entry *e)
{
	for (uint8_t i = 0; i < e->f.n_gi; i++)
		if (!ipref_add_ready(&t->refs, e->f.gi[i].giaddr,
		    e->f.link.ifindex)) {
			unindex(t, e, i);
			e->f.n_gi = 0;
			t->again = true;
			return;
		}
	e->indexed = true;
}

static bool
same_rai(const struct rai *a, const struct rai *b)
{
	return a->len == b->len && memcmp(a->value, b->value, a->len) == 0;
}

/* Keeps what is another option 82 now. Without memory for it, the last answers to the
 * old one reach their clients with it. */
static void
remember_rai(struct iface *f, const struct iface_gi *was, uint8_t n)
{
	struct iface_gi *keep = NULL;
	uint8_t n_keep = 0;

	for (uint8_t i = 0; i < n; i++) {
		int now = iface_gi_find(f, was[i].giaddr);

		if (now < 0 || was[i].rai.len == 0 ||
		    same_rai(&f->gi[now].rai, &was[i].rai))
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
make_giaddrs(struct iface *f, const struct iface *from, uint16_t vlan,
    const struct iface_gi *was, uint8_t n_was, const char *host)
{
	ifgi_make(f, from, vlan, host);
	remember_rai(f, was, n_was);
}

static void
recompute(struct iftab *t, const struct conf *c, const char *host, struct entry *e)
{
	struct iface *f = &e->f;
	struct iface_gi was[IFTAB_GI_MAX];
	uint8_t n_was = f->n_gi;
	struct entry *addrs, *low, *src = NULL;

	memcpy(was, f->gi, n_was * sizeof(*was));
	if (e->indexed)
		unindex(t, e, f->n_gi);
	low = may_serve(e) ? copied(e) : NULL;
	f->copy_of = low ? low->f.link.ifindex : 0;
	if (may_serve(e) && !low)
		src = source(e, &addrs);
	f->conf = src ? src->own : NULL;
	f->from_port = src && src != e ? src->f.link.ifindex : 0;
	f->n_gi = 0;
	f->standby = false;
	f->virtual = f->own = IP4_NONE;
	memset(f->rule_bits, 0, sizeof(f->rule_bits));
	if (!src)
		return;
	set_rule_bits(c, e, src);
	set_active(e, addrs);
	make_giaddrs(f, &addrs->f,
	    f->link.vlan ? f->link.vlan : src->f.link.vlan, was, n_was, host);
	if (iface_ready(f))
		index_giaddrs(t, e);
}

/* --- telling ------------------------------------------------------------- */

static bool
as_told(const struct entry *e)
{
	if (strcmp(e->told_name, e->f.link.name) != 0 || e->n_told != e->f.n_gi)
		return false;
	for (uint8_t i = 0; i < e->n_told; i++)
		if (!ip4_eq(e->told_gi[i], e->f.gi[i].giaddr))
			return false;
	return true;
}

static void
tell_lost(struct entry *e, iftab_change_fn *fn, void *user)
{
	struct iface old = e->f;

	memcpy(old.link.name, e->told_name, sizeof(old.link.name));
	fn(user, IFTAB_LOST, &old);
}

static void
remember_told(struct entry *e)
{
	memcpy(e->told_name, e->f.link.name, sizeof(e->told_name));
	e->n_told = e->f.n_gi;
	for (uint8_t i = 0; i < e->n_told; i++)
		e->told_gi[i] = e->f.gi[i].giaddr;
	e->told_standby = e->f.standby;
}

/* What to say of an interface that serves now: that it does, and where that
 * depends, whether it is at work. */
static void
tell_ready(struct entry *e, bool was, bool switched, iftab_change_fn *fn,
    void *user)
{
	enum iftab_change now = e->f.standby ? IFTAB_STANDBY : IFTAB_ACTIVE;

	if (!was)
		fn(user, IFTAB_READY, &e->f);
	else if (!switched)
		fn(user, IFTAB_CHANGED, &e->f);
	if (switched || (!was && e->f.conf->o.active != CONF_ACTIVE_ALWAYS))
		fn(user, now, &e->f);
}

static void
tell(struct entry *e, iftab_change_fn *fn, void *user)
{
	bool was = e->told;
	bool switched = was && e->told_standby != e->f.standby;
	bool same = was && !switched && as_told(e);

	e->told = !e->gone && iface_ready(&e->f);
	if (!e->told && was && fn)
		tell_lost(e, fn, user);
	if (!e->told || same)
		return;
	remember_told(e);
	if (fn)
		tell_ready(e, was, switched, fn, user);
}

static void
take_conf(struct iftab *t, const struct conf *c)
{
	ipref_clear_fixed(&t->refs);
	for (uint16_t i = 0; i < c->n_if; i++) {
		const struct conf_if_opts *o = &c->ifs[i].o;

		if (o->giaddr == CONF_GIADDR_FIXED &&
		    !ipref_add_fixed(&t->refs, o->giaddr_fixed))
			t->again = true;
		if (o->active == CONF_ACTIVE_ADDRESS && o->active_giaddr_virtual &&
		    !ipref_add_fixed(&t->refs, o->active_address))
			t->again = true;
	}
	for (size_t i = 0; i < t->n_sorted; i++) {
		t->sorted[i]->renamed = true;
		mark(t, t->sorted[i]);
	}
}

void
iftab_commit(struct iftab *t, const struct conf *c, const char *host, bool all,
    iftab_change_fn *fn, void *user)
{
	struct entry *list, *next;

	if (t->again || t->conf != c)
		all = true;
	t->again = false;
	t->conf = c;
	if (all)
		take_conf(t, c);
	list = t->dirty;
	t->dirty = NULL;
	t->dirty_end = &t->dirty;

	/* Bridges ask for the configuration of their ports, and a call-back
	 * may ask for anything: so each step is done for all before the next. */
	for (struct entry *e = list; e; e = e->next_dirty)
		if (e->known && e->renamed) {
			e->own = conf_match(c, e->f.link.name);
			e->renamed = false;
		}
	for (struct entry *e = list; e; e = e->next_dirty)
		recompute(t, c, host, e);
	for (struct entry *e = list; e; e = next) {
		next = e->next_dirty;
		e->dirty = false;
		tell(e, fn, user);
		if (e->gone)
			entry_free(e);
	}
}

/* --- the outside --------------------------------------------------------- */

struct iftab *
iftab_new(struct hash_key secret)
{
	struct iftab *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	growmap_init(&t->index, sizeof(struct slot), sizeof(uint32_t), secret);
	ipref_init(&t->refs, secret);
	t->dirty_end = &t->dirty;
	return t;
}

struct iftab *
iftab_free(struct iftab *t)
{
	struct entry *next;

	if (!t)
		return NULL;
	for (struct entry *e = t->dirty; e; e = next) {
		next = e->next_dirty;
		if (e->gone)
			entry_free(e);
	}
	for (size_t i = 0; i < t->n_sorted; i++)
		entry_free(t->sorted[i]);
	free(t->sorted);
	growmap_fini(&t->index);
	ipref_fini(&t->refs);
	free(t);
	return NULL;
}

struct iface *
iftab_by_index(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = find(t, ifindex);

	return e && e->known ? &e->f : NULL;
}

uint32_t
iftab_client(struct iftab *t, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(t, ifindex);

	return f && f->copy_of ? f->copy_of : ifindex;
}

bool
iface_ready(const struct iface *f)
{
	return f->conf && f->link.up && f->n_gi > 0;
}

bool
iface_has(const struct iface *f, struct ip4 a)
{
	for (uint32_t i = 0; i < f->n_addr; i++)
		if (ip4net_has(f->addr[i].net, a))
			return true;
	return false;
}

bool
iface_is_all(const struct iface *f, struct ip4 a)
{
	for (uint32_t i = 0; i < f->n_addr; i++) {
		struct ip4net n = f->addr[i].net;
		struct ip4 ones = ip4net_broadcast(n);

		if (!ip4_is_none(ones) && (ip4_eq(a, ones) ||
		    a.host == (ones.host & ip4_mask(n.plen))))
			return true;
	}
	return false;
}

bool
iface_is_machine(const struct iface *f, struct ip4 a)
{
	return ip4_is_host(a) && a.host >> 24 != 127 && !iface_is_all(f, a);
}

bool
iface_leads_to(const struct iface *f, const struct conf *c, uint16_t server)
{
	if (conf_group_has(c, f->conf->servers, server) ||
	    conf_group_has(c, f->conf->dhcp, server) ||
	    conf_group_has(c, f->conf->boot, server))
		return true;
	for (unsigned i = 0; i < c->n_rule; i++)
		if (iface_rule(f, i) && (conf_group_has(c, c->rule[i].boot, server) ||
		    conf_group_has(c, c->rule[i].dhcp, server)))
			return true;
	return false;
}

bool
iftab_is_ours(const struct iftab *t, struct ip4 a)
{
	const struct ipref *p = ipref_find(&t->refs, a);

	return p && (p->local || p->fixed);
}

bool
iftab_is_local(const struct iftab *t, struct ip4 a)
{
	const struct ipref *p = ipref_find(&t->refs, a);

	return p && p->local;
}

size_t
iftab_by_giaddr(struct iftab *t, struct ip4 giaddr, struct iface **only)
{
	const struct ipref *p = ipref_find(&t->refs, giaddr);
	struct iface *f;

	*only = NULL;
	if (!p)
		return 0;
	if (p->n_ready != 1)
		return p->n_ready;
	/* It may have gone since the commit. */
	f = iftab_by_index(t, p->ready_xor);
	if (!f || !iface_ready(f))
		return 0;
	*only = f;
	return 1;
}

int
iface_gi_find(const struct iface *f, struct ip4 giaddr)
{
	for (uint8_t i = 0; i < f->n_gi; i++)
		if (ip4_eq(f->gi[i].giaddr, giaddr))
			return i;
	return -1;
}

int
iface_gi_of(const struct iface *f, struct ip4 a)
{
	int best = -1;

	for (int i = 0; i < f->n_gi; i++)
		if (ip4net_has(f->gi[i].subnet, a) && (best < 0 ||
		    f->gi[i].subnet.plen > f->gi[best].subnet.plen))
			best = i;
	return best;
}

struct ip4
iface_giaddr_for(const struct iface *f, struct ip4 a)
{
	int i = iface_gi_of(f, a);

	return f->gi[i < 0 ? 0 : i].giaddr;
}

const struct rai *
iface_rai_was(const struct iface *f, struct ip4 giaddr)
{
	for (uint8_t i = 0; i < f->n_was; i++)
		if (ip4_eq(f->was[i].giaddr, giaddr))
			return &f->was[i].rai;
	return NULL;
}

size_t
iftab_count(const struct iftab *t)
{
	return t->n_known;
}

struct iface *
iftab_next(struct iftab *t, uint32_t after_ifindex)
{
	struct entry *e = after(t, after_ifindex);

	while (e && !e->known)
		e = after(t, e->f.link.ifindex);
	return e ? &e->f : NULL;
}
