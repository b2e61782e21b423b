/* SPDX-License-Identifier: ISC
 *
 * iftab - the table of links and addresses as the kernel reports them.
 *
 * Events (iftab_set_link() and so on) only store what the kernel reported and
 * mark the entries that depend on it. iftab_commit.c recomputes only these, so
 * that a start with 1,000 VLANs and a new VLAN among 10,000 are cheap.
 *
 * Events may come in any order. An address that comes before its link, or a
 * port that comes before its bridge, creates an entry that is not `known` yet
 * and is invisible to callers. Names are not keys: two links may swap theirs,
 * and a link may be recreated while the old one is still in the table.
 *
 * Entries are allocated one by one and never move. A deleted entry leaves the
 * index at once; the next commit frees it after reporting IFTAB_LOST.
 */
#include "core/iface/iftab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/iface/iftab_private.h"

/* --- marking ------------------------------------------------------------- */

static void
mark_one(struct iftab *t, struct entry *e)
{
	if (e->dirty)
		return;
	e->dirty = true;
	STAILQ_INSERT_TAIL(&t->dirty, e, next_dirty);
}

void
iftab_mark(struct iftab *t, struct entry *e)
{
	struct entry *p;

	mark_one(t, e);
	LIST_FOREACH(p, &e->tie[TO_LOWER].from, tie[TO_LOWER].next)
		mark_one(t, p);
}

static void
mark_ports(struct iftab *t, struct entry *e)
{
	struct entry *p;

	LIST_FOREACH(p, &e->tie[TO_MASTER].from, tie[TO_MASTER].next)
		iftab_mark(t, p);
}

/* A bridge may use its ports' configuration, and a bond in it its slaves', so
 * the whole chain is marked. */
static void
mark_masters(struct iftab *t, struct entry *e)
{
	for (int depth = 0; e && depth < NEST_MAX; depth++) {
		iftab_mark(t, e);
		e = e->tie[TO_MASTER].to;
	}
}

/* An address of a macvlan may be the virtual address of the interface below it,
 * so that is marked as well. */
static void
mark_up(struct iftab *t, struct entry *e)
{
	mark_masters(t, e);
	mark_masters(t, e->tie[TO_LOWER].to);
}

/* --- the index ----------------------------------------------------------- */

/* The number of entries with a lower ifindex, without branches to mispredict: in 10,000
 * rows this is about as fast as a hash table. */
static size_t
position(const struct iftab *t, uint32_t ifindex)
{
	size_t at = 0;

	for (size_t n = t->n; n > 0; n /= 2) {
		size_t half = n - n / 2;

		at += t->index[at + half - 1].ifindex < ifindex ? half : 0;
	}
	return at;
}

static struct entry *
entry_find(const struct iftab *t, uint32_t ifindex)
{
	size_t at = position(t, ifindex);

	return at < t->n && t->index[at].ifindex == ifindex ? t->index[at].e : NULL;
}

static struct entry *
entry_after(const struct iftab *t, uint32_t ifindex)
{
	size_t at = ifindex < UINT32_MAX ? position(t, ifindex + 1) : t->n;

	return at < t->n ? t->index[at].e : NULL;
}

static bool
index_room(struct iftab *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	void *p;

	if (t->n < t->room)
		return true;
	p = reallocarray(t->index, room, sizeof(*t->index));
	if (p) {
		t->index = p;
		t->room = room;
	}
	return p != NULL;
}

/* Finds or creates the entry with this ifindex; NULL if out of memory. */
static struct entry *
entry_get(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = entry_find(t, ifindex);
	struct slot *s;

	if (e || !index_room(t) || !(e = calloc(1, sizeof(*e))))
		return e;
	e->f.link.ifindex = ifindex;
	/* Usually at the end, since the kernel numbers interfaces upwards. */
	s = t->index + position(t, ifindex);
	memmove(s + 1, s, (size_t)(t->index + t->n++ - s) * sizeof(*s));
	*s = (struct slot){ ifindex, e };
	return e;
}

void
iftab_entry_free(struct entry *e)
{
	for (enum family i = 0; i < FAMILIES; i++)
		free(e->f.addr[i].at);
	free(e->f.was);
	free(e->f.six.opts);
	free(e);
}

/* Removes the entry from the index; the next commit frees it. */
static void
entry_drop(struct iftab *t, struct entry *e)
{
	struct slot *s = t->index + position(t, e->f.link.ifindex);

	memmove(s, s + 1, (size_t)(t->index + --t->n - s) * sizeof(*s));
	e->gone = true;
	iftab_mark(t, e);
}

/* Drops a placeholder to which nothing refers any more. */
static void
drop_unused(struct iftab *t, struct entry *e)
{
	if (!e->known && !e->f.addr[FAMILY4].n && !e->f.addr[FAMILY6].n &&
	    LIST_EMPTY(&e->tie[TO_MASTER].from) && LIST_EMPTY(&e->tie[TO_LOWER].from))
		entry_drop(t, e);
}

/* --- addresses ----------------------------------------------------------- */

/* The kernel has each IPv6 address once on an interface, whatever its prefix length. */
static uint32_t
addr_find(const struct iface_addrs *l, struct ipnet net)
{
	uint32_t i = 0;

	while (i < l->n && !(ip_eq(l->at[i].net.addr, net.addr) &&
	    (net.addr.version == 6 || l->at[i].net.plen == net.plen)))
		i++;
	return i;
}

/* Makes room for one more. The room doubles whenever n is a power of two. */
static bool
addr_room(struct iface_addrs *l)
{
	void *room;

	if (l->n & (l->n - 1))
		return true;
	room = reallocarray(l->at, l->n ? 2 * (size_t)l->n : 1, sizeof(*l->at));
	if (room)
		l->at = room;
	return room != NULL;
}

/* A tentative address may turn out to be another host's, so it is not counted. */
static bool
addr_count(struct iftab *t, const struct iftab_addr *a)
{
	return a->unusable || uses_add(&t->uses, uses_key(a->net.addr), USE_LOCAL, 0);
}

static void
addr_uncount(struct iftab *t, const struct iftab_addr *a)
{
	if (!a->unusable)
		uses_del(&t->uses, uses_key(a->net.addr), USE_LOCAL, 0);
}

static void
addr_remove(struct iftab *t, struct iface_addrs *l, uint32_t i)
{
	addr_uncount(t, &l->at[i]);
	l->n--;
	memmove(l->at + i, l->at + i + 1, (l->n - i) * sizeof(*l->at));
}

static bool
addr_eq(const struct iftab_addr *a, const struct iftab_addr *b)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a was found */
	return a->net.plen == b->net.plen && a->secondary == b->secondary &&
	    a->link_scope == b->link_scope && a->unusable == b->unusable &&
	    a->temporary == b->temporary && a->deprecated == b->deprecated &&
	    a->permanent == b->permanent;
}

int
iftab_set_addr(struct iftab *t, uint32_t ifindex, const struct iftab_addr *a)
{
	struct entry *e = entry_get(t, ifindex);
	struct iface_addrs *l;
	struct iftab_addr was = { .seen = 0 };
	uint32_t i;

	if (!e)
		return -ENOMEM;
	l = &e->f.addr[ip_family(a->net.addr)];
	i = addr_find(l, a->net);
	if (i < l->n && addr_eq(&l->at[i], a)) {
		if (t->resync && !l->at[i].seen)
			l->at[i].seen = ++e->n_seen;
		return 0;
	}
	if ((i == l->n && !addr_room(l)) || !addr_count(t, a)) {
		drop_unused(t, e);
		return -ENOMEM;
	}
	if (i < l->n) {
		was = l->at[i];
		addr_uncount(t, &was);
	} else
		l->n++;
	/* promote_secondaries: the new primary moves to the end. */
	if (was.secondary && !a->secondary) {
		memmove(l->at + i, l->at + i + 1, (l->n - 1 - i) * sizeof(*a));
		i = l->n - 1;
	}
	l->at[i] = *a;
	l->at[i].seen = t->resync && !was.seen ? ++e->n_seen : was.seen;
	mark_up(t, e);
	return 0;
}

void
iftab_del_addr(struct iftab *t, uint32_t ifindex, struct ipnet net)
{
	struct entry *e = entry_find(t, ifindex);
	struct iface_addrs *l = e ? &e->f.addr[ip_family(net.addr)] : NULL;
	uint32_t i = e ? addr_find(l, net) : 0;

	if (!e || i == l->n)
		return;
	addr_remove(t, l, i);
	mark_up(t, e);
	drop_unused(t, e);
}

/* --- links --------------------------------------------------------------- */

/* Ties e to these entries (NULL: none). Unused placeholders are dropped last,
 * since the old master may be the new lower interface. */
static void
entry_tie(struct iftab *t, struct entry *e, struct entry *const to[TIES])
{
	struct entry *old[TIES] = { NULL };

	for (int k = 0; k < TIES; k++) {
		struct tie *tie = &e->tie[k];

		if (tie->to == to[k])
			continue;
		old[k] = tie->to;
		if (old[k]) {
			mark_up(t, old[k]);
			LIST_REMOVE(e, tie[k].next);
		}
		tie->to = to[k];
		if (to[k])
			LIST_INSERT_HEAD(&to[k]->tie[k].from, e, tie[k].next);
	}
	for (int k = 0; k < TIES; k++)
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

/* The link with string and length within bounds, and not tied to itself. */
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

/* Finds or creates the entries that the link is tied to. */
static bool
get_ties(struct iftab *t, const struct iftab_link *l, struct entry *to[TIES])
{
	uint32_t ifindex[TIES] = { [TO_MASTER] = l->master, [TO_LOWER] = l->lower };

	for (int k = 0; k < TIES; k++) {
		to[k] = ifindex[k] ? entry_get(t, ifindex[k]) : NULL;
		if (ifindex[k] && !to[k]) {
			if (k > 0 && to[0])
				drop_unused(t, to[0]);
			return false;
		}
	}
	return true;
}

int
iftab_set_link(struct iftab *t, const struct iftab_link *link)
{
	struct iftab_link l = link_of(link);
	struct entry *e = entry_get(t, l.ifindex);
	struct entry *to[TIES];

	if (!e)
		return -ENOMEM;
	if (!get_ties(t, &l, to)) {
		drop_unused(t, e);
		return -ENOMEM;
	}
	e->seen = true;
	if (e->known && link_eq(&e->f.link, &l) &&
	    e->tie[TO_MASTER].to == to[TO_MASTER] &&
	    e->tie[TO_LOWER].to == to[TO_LOWER])
		return 0;
	if (!e->known || strcmp(e->f.link.name, l.name) != 0)
		e->renamed = true;
	if (!e->known || e->f.link.kind != l.kind)
		mark_ports(t, e);
	entry_tie(t, e, to);
	t->n_known += !e->known;
	e->known = true;
	e->f.link = l;
	mark_up(t, e);
	return 0;
}

static void
remove_entry(struct iftab *t, struct entry *e)
{
	struct entry *p;

	for (enum family i = 0; i < FAMILIES; i++)
		while (e->f.addr[i].n > 0)
			addr_remove(t, &e->f.addr[i], e->f.addr[i].n - 1);
	/* The kernel frees the ports first, but events may have been lost. */
	for (int k = 0; k < TIES; k++)
		while ((p = LIST_FIRST(&e->tie[k].from))) {
			struct entry *to[] = { p->tie[TO_MASTER].to, p->tie[TO_LOWER].to };

			to[k] = NULL;
			iftab_mark(t, p);
			entry_tie(t, p, to);
			if (e->gone)	/* a placeholder that only p referred to */
				return;
		}
	entry_tie(t, e, (struct entry *const[TIES]){ NULL });
	t->n_known -= e->known;
	entry_drop(t, e);
}

void
iftab_del_link(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = entry_find(t, ifindex);

	if (e)
		remove_entry(t, e);
}

/* --- the full read ------------------------------------------------------- */

void
iftab_resync_begin(struct iftab *t)
{
	t->resync = true;
	for (struct entry *e = entry_after(t, 0); e;
	    e = entry_after(t, e->f.link.ifindex)) {
		e->seen = false;
		e->n_seen = 0;
		for (enum family k = 0; k < FAMILIES; k++)
			for (uint32_t i = 0; i < e->f.addr[k].n; i++)
				e->f.addr[k].at[i].seen = 0;
	}
}

/* Removes unreported addresses, and sorts the others in the kernel's order. */
static void
sweep_addrs(struct iftab *t, struct entry *e, struct iface_addrs *l)
{
	struct iftab_addr *p = l->at, a;
	uint32_t n = 0, k;
	bool changed = false;

	for (uint32_t i = 0; i < l->n; i++) {
		a = p[i];
		if (!a.seen) {
			addr_uncount(t, &a);
			changed = true;
			continue;
		}
		for (k = n++; k > 0 && p[k - 1].seen > a.seen; k--) {
			p[k] = p[k - 1];
			changed = true;
		}
		p[k] = a;
	}
	l->n = n;
	if (changed)
		mark_up(t, e);
}

void
iftab_resync_end(struct iftab *t)
{
	struct entry *e;

	/* By ifindex, not by pointer: removing an entry may also remove a
	 * placeholder that only it referred to. */
	for (uint32_t last = 0; (e = entry_after(t, last));) {
		last = e->f.link.ifindex;
		if (e->known && !e->seen) {
			remove_entry(t, e);
			continue;
		}
		for (enum family i = 0; i < FAMILIES; i++)
			sweep_addrs(t, e, &e->f.addr[i]);
		drop_unused(t, e);
	}
	t->resync = false;
}

/* --- the outside --------------------------------------------------------- */

struct iftab *
iftab_new(void)
{
	struct iftab *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	STAILQ_INIT(&t->dirty);
	return t;
}

struct iftab *
iftab_free(struct iftab *t)
{
	struct entry *e;

	if (!t)
		return NULL;
	while ((e = STAILQ_FIRST(&t->dirty))) {
		STAILQ_REMOVE_HEAD(&t->dirty, next_dirty);
		if (e->gone)
			iftab_entry_free(e);
	}
	for (size_t i = 0; i < t->n; i++)
		iftab_entry_free(t->index[i].e);
	free(t->index);
	uses_fini(&t->uses);
	free(t);
	return NULL;
}

struct iface *
iftab_by_index(struct iftab *t, uint32_t ifindex)
{
	struct entry *e = entry_find(t, ifindex);

	return e && e->known ? &e->f : NULL;
}

uint32_t
iftab_client(struct iftab *t, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(t, ifindex);

	return f && f->copy_of ? f->copy_of : ifindex;
}

static bool
is_used(const struct iftab *t, struct ip6 key, enum use why)
{
	return uses_count(&t->uses, key, why, NULL) > 0;
}

bool
iftab_is_ours(const struct iftab *t, struct ip4 a)
{
	return iftab_is_local(t, a) || is_used(t, uses_key4(a), USE_FIXED);
}

bool
iftab_is_local(const struct iftab *t, struct ip4 a)
{
	return is_used(t, uses_key4(a), USE_LOCAL);
}

bool
iftab_is_ours6(const struct iftab *t, struct ip6 a)
{
	return is_used(t, a, USE_LOCAL);
}

bool
iftab_has_link(const struct iftab *t, struct ip6 link)
{
	return is_used(t, link, USE_LINK);
}

/* How many interfaces have the key; *only: the one, if it still is `ready`. */
static size_t
ready_by(struct iftab *t, struct ip6 key, enum use why,
    bool (*ready)(const struct iface *f), struct iface **only)
{
	uint32_t ifindex;
	size_t n = uses_count(&t->uses, key, why, &ifindex);

	*only = NULL;
	if (n != 1)
		return n;
	/* It may have been deleted since the commit. */
	*only = iftab_by_index(t, ifindex);
	if (*only && ready(*only))
		return 1;
	*only = NULL;
	return 0;
}

size_t
iftab_by_giaddr(struct iftab *t, struct ip4 giaddr, struct iface **only)
{
	return ready_by(t, uses_key4(giaddr), USE_LINK, iface_ready, only);
}

size_t
iftab_by_link(struct iftab *t, struct ip6 link, struct iface **only)
{
	return ready_by(t, link, USE_LINK, iface6_ready, only);
}

static bool
is_client(const struct iface *f)
{
	return f->conf != NULL;
}

struct iface *
iftab_by_iid(struct iftab *t, const void *iid, size_t len, size_t *n)
{
	const struct iface6 *six;
	struct iface *f;

	*n = ready_by(t, uses_key_bytes(iid, len), USE_ID, is_client, &f);
	if (!f)
		return NULL;
	six = &f->six;
	if (six->iid_len == len && memcmp(six->opts + six->iid_at, iid, len) == 0)
		return f;
	*n = 0;		/* other bytes with the same hash */
	return NULL;
}

struct iface *
iftab_by_name(struct iftab *t, const char *name)
{
	struct iface *f = iftab_next(t, 0);

	while (f && strcmp(f->link.name, name) != 0)
		f = iftab_next(t, f->link.ifindex);
	return f;
}

size_t
iftab_count(const struct iftab *t)
{
	return t->n_known;
}

struct iface *
iftab_next(struct iftab *t, uint32_t after_ifindex)
{
	struct entry *e = entry_after(t, after_ifindex);

	while (e && !e->known)
		e = entry_after(t, e->f.link.ifindex);
	return e ? &e->f : NULL;
}
