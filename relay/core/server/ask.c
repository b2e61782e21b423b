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

/* --- counters ---------------------------------------------------------- */

void
ask_count(const struct relay *r, struct iface *in)
{
	stats_count(r->stats, COUNTER_REQUESTS);
	if (in)
		in->stats[r->family].requests++;
}

static void
count_relayed(const struct relay *r, struct if_stats *st, const struct ask_list *l,
    uint8_t type)
{
	stats_count(r->stats, COUNTER_REQUESTS_RELAYED);
	st->relayed++;
	if (l->n_boot) {
		stats_count(r->stats, COUNTER_BOOT_REQUESTS);
		stats_count_message(st, CONF_BOOT, type);
	}
	if (l->n > l->n_boot)
		stats_count_message(st, CONF_DHCP, type);
}

enum drop
ask_judged(const struct relay *r, struct iface *in, const struct ask_list *l,
    uint8_t type, enum drop why)
{
	if (why == DROP_NONE) {
		count_relayed(r, &in->stats[r->family], l, type);
		return why;
	}
	r->stats->drop_request[why]++;
	if (in)
		in->stats[r->family].drops++;
	return why;
}

/* A stranger on a client VLAN is a rogue server. check-source = off is for multi-homed
 * servers, which may reply from another address than the one we sent to. */
static enum drop
judge_stranger(const struct relay *r, bool clients, uint32_t ifindex)
{
	if (clients)
		return r->family == FAMILY6 ? DROP_NOT_SERVER : DROP_REPLY_FROM_CLIENT;
	if (r->conf->check_source)
		return DROP_NOT_SERVER;
	return servers_any_way_by(r->servers, ifindex) ? DROP_NONE : DROP_REVERSE_PATH;
}

/* A server's address is easily forged, but not the way that its packets come by. */
enum drop
ask_judge_source(const struct relay *r, const struct rx *rx, uint16_t server)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	bool clients = in && in->conf;

	if (server == CONF_NONE)
		return judge_stranger(r, clients, rx->ifindex);
	if (servers_way_by(r->servers, server, rx->ifindex))
		return DROP_NONE;
	return clients ? DROP_CLIENT_UPLINK : DROP_REVERSE_PATH;
}

/* The reply to a request from before the start may come as long as its conversation
 * would have been remembered. */
bool
ask_remembers(const struct relay *r, struct mono now)
{
	return mono_diff_ms(now, r->since) >= ASK_GRACE_MS;
}

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
is_family(const struct relay *r, uint16_t server)
{
	return ip_family(r->conf->server[server].address) == r->family;
}

void
ask_add(const struct relay *r, struct ask_list *l, uint16_t server)
{
	uint16_t first = r->conf->server[server].first;

	if (!is_family(r, first))
		return;
	for (unsigned i = 0; i < l->n; i++)
		if (l->server[i] == first)
			return;
	l->server[l->n++] = first;
}

void
ask_remove(struct ask_list *l, uint16_t i)
{
	/* Those of the boot class are the last ones. */
	if (i >= l->n - l->n_boot)
		l->n_boot--;
	l->n--;
	memmove(&l->server[i], &l->server[i + 1], (l->n - i) * sizeof(l->server[0]));
}

/* A drained server still gets what names it, that is what concerns its own
 * offer or lease, or a boot that began earlier would fail. If all are drained,
 * all are used (core/server/select, rule 1). */
void
ask_members(const struct relay *r, struct ask_list *l, uint16_t group,
    uint16_t named, bool only)
{
	const struct conf_group *g = &r->conf->group[group];
	const struct health *health = r->servers->health;
	bool all = true;

	for (unsigned i = 0; i < g->n; i++)
		all = all && (!is_family(r, g->server[i]) ||
		    health[r->conf->server[g->server[i]].first].drained);
	for (unsigned i = 0; i < g->n; i++) {
		uint16_t first = r->conf->server[g->server[i]].first;

		if (first == named || (!only && (all || !health[first].drained)))
			ask_add(r, l, first);
	}
}

/* --- queries ----------------------------------------------------------- */

struct select_out
ask_order(const struct relay *r, uint16_t group, const struct ask_client *c,
    struct mono now)
{
	struct select_out out;
	struct select_in in = {
		.conf = r->conf, .group = &r->conf->group[group],
		.family = r->family, .health = r->servers->health,
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
forget_asked(const struct relay *r, struct ask *q, uint16_t group)
{
	const struct conf_group *g = &r->conf->group[group];

	for (unsigned i = 0; i < g->n; i++)
		serverset_remove(&q->asked, r->conf->server[g->server[i]].first);
}

/* At first, the query goes to the members that the order puts first; when it is
 * repeated without an answer, to those that had it (a packet may have been lost)
 * and the next one; after that, to the whole group. */
static void
add_some(const struct relay *r, struct ask_list *l, const struct ask *q,
    const struct select_out *o, uint8_t asks)
{
	uint16_t next = next_unasked(q, o);

	for (unsigned i = 0; i < (asks > 2 ? o->n : o->first); i++)
		ask_add(r, l, o->server[i]);
	if (asks != 2)
		return;
	for (unsigned i = 0; i < o->n; i++)
		if (serverset_has(&q->asked, o->server[i]))
			ask_add(r, l, o->server[i]);
	if (next != CONF_NONE)
		ask_add(r, l, next);
}

void
ask_query(const struct relay *r, struct ask_list *l, struct ask *q, uint16_t group,
    enum conf_class class, const struct ask_client *c, struct mono now)
{
	struct select_out o = ask_order(r, group, c, now);
	uint8_t *asks = &q->asks[class];

	if (o.n == 0)		/* a group of the other family */
		return;
	if (o.all_down)
		stats_count(r->stats, COUNTER_GROUP_DOWN);
	*asks = q->answered[class] ? 1 : (uint8_t)(*asks + (*asks < UINT8_MAX));
	q->answered[class] = false;
	/* One server at a time: each time the next one, and around. */
	if (*asks == 1 || (c->one && next_unasked(q, &o) == CONF_NONE))
		forget_asked(r, q, group);
	if (c->one)
		ask_add(r, l, next_unasked(q, &o));
	else
		add_some(r, l, q, &o, *asks);
	if (*asks > 1 && (c->one || r->conf->group[group].mode != CONF_MODE_ALL))
		stats_count(r->stats, COUNTER_ESCALATIONS);
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
drop_hedge(const struct relay *r, struct ask *q, const struct client_key *key,
    enum conf_class class)
{
	struct pending *s = pendings_get(r->hedges, q->hedge[class]);

	/* The slot may belong to another conversation by now. */
	if (s && s->class == class && memcmp(&s->key, key, sizeof(*key)) == 0)
		pendings_drop(r->hedges, s);
	q->hedge[class] = 0;
}

void
ask_move(const struct relay *r, struct ask *q, struct ask *from,
    const struct client_key *from_key)
{
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++)
		drop_hedge(r, from, from_key, class);
	*q = *from;
}

void
ask_note(struct ask *q, const struct ask_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		serverset_add(&q->asked, l->server[i]);
}

/* Is there a second member that can be queried later? */
static bool
is_hedged(const struct relay *r, const struct ask_list *l, uint16_t group)
{
	const struct conf_group *g = &r->conf->group[group];
	unsigned n = 0;

	for (unsigned i = 0; i < g->n; i++)
		n += is_family(r, g->server[i]);
	return n > 1 && g->hedge_ms && (l->one || g->mode != CONF_MODE_ALL);
}

void
ask_arm(const struct relay *r, const struct ask_list *l, struct ask *q,
    const struct client_key *key, const struct rx *rx, struct mono now)
{
	ask_note(q, l);
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++) {
		uint16_t group = l->group[class];
		struct pending *s;

		drop_hedge(r, q, key, class);
		if (group == CONF_NONE || rx->len > PENDING_MSG_MAX ||
		    !is_hedged(r, l, group))
			continue;
		s = pendings_take(r->hedges, key->ifindex,
		    mono_add_ms(now, r->conf->group[group].hedge_ms));
		if (!s) {
			stats_count(r->stats, COUNTER_HEDGES_FULL);
			continue;
		}
		pending_store(s, key, class, rx);
		q->hedge[class] = s->self;
	}
}

void
ask_answered(const struct relay *r, struct ask *q, const struct client_key *key,
    enum conf_class class)
{
	q->answered[class] = true;
	drop_hedge(r, q, key, class);
}

static void
free_slot(const struct relay *r, struct ask *q, struct pending *s)
{
	/* A new conversation with the same key does not refer to s. */
	if (q->hedge[s->class] == s->self)
		q->hedge[s->class] = 0;
	pendings_drop(r->hedges, s);
}

bool
ask_next(const struct relay *r, struct ask_list *l, struct ask *q, struct pending *s,
    uint16_t group, const struct ask_client *c, struct mono now)
{
	struct select_out o = { .n = 0 };
	uint16_t next;

	if (q->hedge[s->class] == s->self && group != CONF_NONE)
		o = ask_order(r, group, c, now);
	next = next_unasked(q, &o);
	if (next == CONF_NONE) {
		free_slot(r, q, s);
		return false;
	}
	ask_add(r, l, next);
	ask_note(q, l);
	stats_count(r->stats, COUNTER_HEDGES);
	r->servers->stats[next].hedges++;
	if (next_unasked(q, &o) != CONF_NONE)
		pendings_move(r->hedges, s,
		    mono_add_ms(now, r->conf->group[group].hedge_ms));
	else
		free_slot(r, q, s);
	return true;
}
