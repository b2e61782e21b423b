/* SPDX-License-Identifier: ISC
 *
 * ask - chooses the servers of a message, widens the circle when a query is
 * repeated, and sends a query that gets no answer in time to the next server of
 * its group. select.c orders the servers; pending.c stores the queries.
 *
 * Waiting for the client to retransmit would take too long: iPXE closes its
 * window for boot offers after two seconds, and OVMF listens in one window of
 * four.
 */
#include "core/server/ask.h"

#include <string.h>

/* The same on both routers of a pair, so that they balance alike. It need not
 * be secret: a client that picks its address to reach a certain server does no
 * harm. */
static const struct hash_key balance_seed = {
	{ 0x7078726c61790001, 0x62616c616e636521 }
};

/* --- lists ------------------------------------------------------------- */

void
ask_begin(struct ask_list *l)
{
	l->n = 0;
	l->n_boot = 0;
	l->group[CONF_DHCP] = l->group[CONF_BOOT] = CONF_NONE;
	l->one = false;
}

static bool
is_family(const struct asker *a, uint16_t server)
{
	return ip_family(a->conf->server[server].address) == a->family;
}

void
ask_add(const struct asker *a, struct ask_list *l, uint16_t server)
{
	uint16_t first = a->conf->server[server].first;

	if (!is_family(a, first))
		return;
	for (unsigned i = 0; i < l->n; i++)
		if (l->server[i] == first)
			return;
	l->server[l->n++] = first;
}

/* A drained server still gets what names it, that is what concerns its own
 * offer or lease, or a boot that began earlier would fail. If all are drained,
 * all are used (core/server/select, rule 1). */
void
ask_members(const struct asker *a, struct ask_list *l, uint16_t group,
    uint16_t named, bool only)
{
	const struct conf_group *g = &a->conf->group[group];
	const struct health *health = a->servers->health;
	bool all = true;

	for (unsigned i = 0; i < g->n; i++)
		all = all && (!is_family(a, g->server[i]) ||
		    health[a->conf->server[g->server[i]].first].drained);
	for (unsigned i = 0; i < g->n; i++) {
		uint16_t first = a->conf->server[g->server[i]].first;

		if (first == named || (!only && (all || !health[first].drained)))
			ask_add(a, l, first);
	}
}

/* --- queries ----------------------------------------------------------- */

struct select_out
ask_order(const struct asker *a, uint16_t group, const struct ask_client *c,
    struct mono now)
{
	struct select_out out;
	struct select_in in = {
		.conf = a->conf, .group = &a->conf->group[group],
		.family = a->family, .health = a->servers->health,
		.client = c->id, .client_len = c->len, .seed = balance_seed,
		.sticky = c->sticky, .one = c->one, .leases = c->leases,
		.now = now,
	};

	select_servers(&in, &out);
	return out;
}

static uint16_t
next_unasked(const struct ask *q, const struct select_out *o)
{
	for (unsigned i = 0; i < o->n; i++)
		if (!serverset_has(&q->asked, o->server[i]))
			return o->server[i];
	return CONF_NONE;
}

static void
forget_asked(const struct asker *a, struct ask *q, uint16_t group)
{
	const struct conf_group *g = &a->conf->group[group];

	for (unsigned i = 0; i < g->n; i++)
		serverset_remove(&q->asked, a->conf->server[g->server[i]].first);
}

/* At first, the query goes to the members that the order puts first; when it is
 * repeated without an answer, to those that had it (a packet may have been lost)
 * and the next one; after that, to the whole group. */
static void
add_some(const struct asker *a, struct ask_list *l, const struct ask *q,
    const struct select_out *o, uint8_t asks)
{
	uint16_t next = next_unasked(q, o);

	for (unsigned i = 0; i < (asks > 2 ? o->n : o->first); i++)
		ask_add(a, l, o->server[i]);
	if (asks != 2)
		return;
	for (unsigned i = 0; i < o->n; i++)
		if (serverset_has(&q->asked, o->server[i]))
			ask_add(a, l, o->server[i]);
	if (next != CONF_NONE)
		ask_add(a, l, next);
}

void
ask_query(const struct asker *a, struct ask_list *l, struct ask *q, uint16_t group,
    enum conf_class class, const struct ask_client *c, struct mono now)
{
	struct select_out o = ask_order(a, group, c, now);
	uint8_t *asks = &q->asks[class];

	if (o.n == 0)		/* a group of the other family */
		return;
	if (o.all_down)
		stats_count(a->stats, COUNTER_GROUP_DOWN);
	*asks = q->answered[class] ? 1 : (uint8_t)(*asks + (*asks < UINT8_MAX));
	q->answered[class] = false;
	/* One server at a time: each time the next one, and around. */
	if (*asks == 1 || (c->one && next_unasked(q, &o) == CONF_NONE))
		forget_asked(a, q, group);
	if (c->one)
		ask_add(a, l, next_unasked(q, &o));
	else
		add_some(a, l, q, &o, *asks);
	if (*asks > 1 && (c->one || a->conf->group[group].mode != CONF_MODE_ALL))
		stats_count(a->stats, COUNTER_ESCALATIONS);
	l->group[class] = group;
	l->one = c->one;
}

void
ask_reset(struct ask *q)
{
	q->asked = (struct serverset){ { 0 } };
	memset(q->asks, 0, sizeof(q->asks));
}

/* --- hedges ------------------------------------------------------------ */

static void
drop_hedge(const struct asker *a, struct ask *q, const void *key,
    enum conf_class class)
{
	struct pending *s = pendings_get(a->hedges, q->hedge[class]);

	/* The slot may belong to another conversation by now. */
	if (s && s->class == class && memcmp(s->key, key, sizeof(s->key)) == 0)
		pendings_drop(a->hedges, s);
	q->hedge[class] = 0;
}

void
ask_note(struct ask *q, const struct ask_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		serverset_add(&q->asked, l->server[i]);
}

/* Is there a second member that can be queried later? */
static bool
is_hedged(const struct asker *a, const struct ask_list *l, uint16_t group)
{
	const struct conf_group *g = &a->conf->group[group];
	unsigned n = 0;

	for (unsigned i = 0; i < g->n; i++)
		n += is_family(a, g->server[i]);
	return n > 1 && g->hedge_ms && (l->one || g->mode != CONF_MODE_ALL);
}

void
ask_arm(const struct asker *a, const struct ask_list *l, struct ask *q,
    const void *key, const struct rx *rx, struct mono now)
{
	ask_note(q, l);
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++) {
		uint16_t group = l->group[class];
		struct pending *s;

		drop_hedge(a, q, key, class);
		if (group == CONF_NONE || rx->len > PENDING_MSG_MAX ||
		    !is_hedged(a, l, group))
			continue;
		s = pendings_take(a->hedges,
		    mono_add_ms(now, a->conf->group[group].hedge_ms));
		if (!s) {
			stats_count(a->stats, COUNTER_HEDGES_FULL);
			continue;
		}
		pending_store(s, key, class, rx);
		q->hedge[class] = s->self;
	}
}

void
ask_answered(const struct asker *a, struct ask *q, const void *key,
    enum conf_class class)
{
	q->answered[class] = true;
	drop_hedge(a, q, key, class);
}

static void
free_slot(const struct asker *a, struct ask *q, struct pending *s)
{
	/* A new conversation with the same key does not refer to s. */
	if (q->hedge[s->class] == s->self)
		q->hedge[s->class] = 0;
	pendings_drop(a->hedges, s);
}

bool
ask_next(const struct asker *a, struct ask_list *l, struct ask *q, struct pending *s,
    uint16_t group, const struct ask_client *c, struct mono now)
{
	struct select_out o = { .n = 0 };
	uint16_t next;

	if (q->hedge[s->class] == s->self && group != CONF_NONE)
		o = ask_order(a, group, c, now);
	next = next_unasked(q, &o);
	if (next == CONF_NONE) {
		free_slot(a, q, s);
		return false;
	}
	ask_add(a, l, next);
	ask_note(q, l);
	stats_count(a->stats, COUNTER_HEDGES);
	a->servers->stats[next].hedges++;
	if (next_unasked(q, &o) != CONF_NONE)
		pendings_move(a->hedges, s,
		    mono_add_ms(now, a->conf->group[group].hedge_ms));
	else
		free_slot(a, q, s);
	return true;
}
