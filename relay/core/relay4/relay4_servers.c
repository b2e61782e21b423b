/* SPDX-License-Identifier: ISC
 *
 * relay4_servers - to which servers a request goes: the class of the message
 * (core/classes), the groups that a rule or the interface names, the order in
 * which the members of a group are asked (core/select), and what becomes of a question
 * that stays without an offer: it goes to the next member after `hedge`, or when
 * the client repeats it.
 *
 * iPXE closes its window for boot offers after two seconds and OVMF listens for
 * one window of four: whoever waits for the client's retry is too late.
 */
#include "core/relay4/relay4.h"

#include <string.h>

#include "core/relay4/classes.h"
#include "core/relay4/hedge.h"
#include "core/server/select.h"

/* The same on both routers of a pair, so that they balance alike. It needs no
 * secret: whoever picks a MAC address to hit one server may do so. */
static const struct hash_key balance_seed = { { 0x7078726c61790001, 0x62616c616e636521 } };

void
relay4_configure(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now)
{
	uint64_t kept[CONF_RULES_MAX];

	servers_configure(r->servers, old, c, now);
	r->conf = c;
	if (!old)
		return;
	/* The hits of a rule belong to its name. */
	memcpy(kept, r->rule_hits, sizeof(kept));
	memset(r->rule_hits, 0, sizeof(r->rule_hits));
	for (unsigned i = 0; i < c->n_rule; i++)
		for (unsigned k = 0; k < old->n_rule; k++)
			if (strcmp(c->rule[i].name, old->rule[k].name) == 0)
				r->rule_hits[i] = kept[k];
}

static bool
plan_has(const struct relay4_plan *plan, uint16_t server)
{
	for (unsigned i = 0; i < plan->n_server; i++)
		if (plan->server[i] == server)
			return true;
	return false;
}

/* A host that is in both classes gets one copy: addresses are told apart by
 * the first server that has them. */
static void
add_server(const struct relay4 *r, struct relay4_plan *plan, uint16_t server)
{
	uint16_t first = r->conf->server[server].first;

	if (!plan_has(plan, first))
		plan->server[plan->n_server++] = first;
}

/* Health and copies belong to an address: to the first server that has it. */
static uint16_t
first_of(const struct relay4 *r, uint16_t server)
{
	return r->conf->server[server].first;
}

static bool
was_asked(const struct conv *cv, uint16_t server)
{
	return cv->asked[server / 64] >> server % 64 & 1;
}

static void
forget_asked(struct conv *cv, const struct conf *c, const struct conf_group *g)
{
	for (unsigned i = 0; i < g->n; i++) {
		uint16_t s = c->server[g->server[i]].first;

		cv->asked[s / 64] &= ~(1ull << s % 64);
	}
}

static void
note_asked(struct conv *cv, const struct relay4_plan *plan)
{
	for (unsigned i = 0; i < plan->n_server; i++)
		cv->asked[plan->server[i] / 64] |= 1ull << plan->server[i] % 64;
}

void
relay4_order(struct relay4 *r, const struct dhcp4 *m, uint32_t ifindex,
    uint16_t group, enum conv_class class, struct mono now,
    struct select_out *out)
{
	struct select_in in = {
		.conf = r->conf, .group = &r->conf->group[group],
		.health = r->servers->health, .client = m->chaddr,
		.client_len = m->hlen, .seed = balance_seed,
		.sticky = CONF_NONE, .now = now,
	};

	if (class == CONV_BOOT)
		in.sticky = servers_find4(r->servers,
		    clients_station(r->clients, m, ifindex)->boot);
	select_servers(&in, out);
}

static void
order(struct relay4 *r, const struct relay4_plan *plan, uint16_t group,
    enum conv_class class, struct mono now, struct select_out *out)
{
	relay4_order(r, &plan->m, plan->in->link.ifindex, group, class, now, out);
}

static uint16_t
next_unasked(const struct conv *cv, const struct select_out *o)
{
	for (unsigned i = 0; i < o->n; i++)
		if (!was_asked(cv, o->server[i]))
			return o->server[i];
	return CONF_NONE;
}

/* Repeated once: to whom it went before (a packet may have been lost) and to
 * the next one. */
static void
ask_one_more(const struct relay4 *r, struct relay4_plan *plan,
    const struct conv *cv, const struct select_out *o)
{
	uint16_t next = next_unasked(cv, o);

	for (unsigned i = 0; i < o->n; i++)
		if (was_asked(cv, o->server[i]))
			add_server(r, plan, o->server[i]);
	if (next != CONF_NONE)
		add_server(r, plan, next);
}

/*
 * A question: its first time to whom the order names, repeated without an offer
 * to the next one as well, then to the whole group.
 */
static void
ask_group(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, enum conv_class class, struct mono now)
{
	struct select_out o;
	unsigned n;

	order(r, plan, group, class, now, &o);
	if (o.all_down)
		stats_count(r->stats, COUNTER_GROUP_DOWN);
	cv->asks[class] = cv->answered[class] ? 1 :
	    (uint8_t)(cv->asks[class] + (cv->asks[class] < UINT8_MAX));
	cv->answered[class] = false;
	if (cv->asks[class] == 1)
		forget_asked(cv, r->conf, &r->conf->group[group]);
	n = cv->asks[class] > 2 ? o.n : o.first;
	for (unsigned i = 0; i < n; i++)
		add_server(r, plan, o.server[i]);
	if (cv->asks[class] == 2)
		ask_one_more(r, plan, cv, &o);
	if (cv->asks[class] > 1 && r->conf->group[group].mode != CONF_MODE_ALL)
		stats_count(r->stats, COUNTER_ESCALATIONS);
	plan->group[class] = group;
}

/* A drained server hears of those that have an offer or a lease of its own, or a
 * boot that is under way when it is drained would fail. */
static bool
is_told(const struct relay4 *r, const struct relay4_plan *plan, uint16_t server)
{
	return !r->servers->health[server].drained ||
	    ip4_eq(ip_v4(r->conf->server[server].address),
	    dhcp4_opt_ip4(&plan->m, DHCP4_OPT_SERVER_ID));
}

/* A message that is no question: every member that is not drained; when all are,
 * all of them, as with questions (core/select, rule 1). */
static void
tell_group(const struct relay4 *r, struct relay4_plan *plan, uint16_t group)
{
	const struct conf_group *g = &r->conf->group[group];
	bool all = true;

	for (unsigned i = 0; i < g->n; i++)
		all = all && r->servers->health[first_of(r, g->server[i])].drained;
	for (unsigned i = 0; i < g->n; i++)
		if (all || is_told(r, plan, first_of(r, g->server[i])))
			add_server(r, plan, g->server[i]);
}

void
relay4_ask(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, struct mono now)
{
	if (group == CONF_NONE)
		return;
	ask_group(r, plan, cv, group, CONV_BOOT, now);
	note_asked(cv, plan);
}

/* The boot server in `group` that option 54 names, or none. */
static void
add_named(const struct relay4 *r, struct relay4_plan *plan, uint16_t group)
{
	struct ip4 id = dhcp4_opt_ip4(&plan->m, DHCP4_OPT_SERVER_ID);
	const struct conf_group *g;

	if (group == CONF_NONE)
		return;
	g = &r->conf->group[group];
	for (unsigned i = 0; i < g->n; i++)
		if (ip4_eq(ip_v4(r->conf->server[g->server[i]].address), id))
			add_server(r, plan, g->server[i]);
}

static void
add_group(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, enum conv_class class, struct mono now)
{
	bool question = class == CONV_BOOT || plan->m.type == DHCP4_DISCOVER;

	if (group == CONF_NONE)
		return;
	if (question)
		ask_group(r, plan, cv, group, class, now);
	else
		tell_group(r, plan, group);
}

void
relay4_servers(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    struct mono now)
{
	const struct conf_if *ci = plan->in->conf;
	uint16_t boot = cv->boot != CONF_NONE ? cv->boot : ci->boot;
	uint16_t dhcp = cv->dhcp != CONF_NONE ? cv->dhcp : ci->dhcp;
	struct class_row row = class_row(class_of(&plan->m, &r->scratch));
	uint16_t before;

	cv->ack_is_boot = row.boot == CLASS_GROUP && plan->m.type != DHCP4_DISCOVER;
	/* `servers =` is the classic helper address: everything to everyone. A
	 * rule's dhcp = takes its place for the machines that it matches. */
	if (cv->dhcp == CONF_NONE && ci->servers != CONF_NONE)
		add_group(r, plan, cv, ci->servers, CONV_DHCP, now);
	else if (row.dhcp)
		add_group(r, plan, cv, dhcp, CONV_DHCP, now);
	before = plan->n_server;
	if (row.boot == CLASS_GROUP)
		add_group(r, plan, cv, boot, CONV_BOOT, now);
	else if (row.boot == CLASS_OWN)
		add_named(r, plan, boot);
	plan->n_boot = plan->n_server - before;
}

/* --- hedging ---------------------------------------------------------------- */

static void
drop_hedge(struct relay4 *r, struct conv *cv, enum conv_class class)
{
	struct hedge_slot *s = hedges_get(r->hedges, cv->hedge[class]);

	/* The slot may be another conversation's by now. */
	if (s && s->class == class &&
	    memcmp(&s->key, &cv->key, sizeof(cv->key)) == 0)
		hedges_drop(r->hedges, s);
	cv->hedge[class] = 0;
}

static void
store(struct hedge_slot *s, const struct relay4_rx *rx, const struct conv *cv,
    enum conv_class class)
{
	s->key = cv->key;
	s->class = class;
	s->ifindex = rx->ifindex;
	s->src = rx->src;
	s->dst = rx->dst;
	s->sport = rx->sport;
	s->unicast = rx->unicast;
	s->mac_len = rx->mac_len;
	memcpy(s->mac, rx->mac, sizeof(s->mac));
	s->len = (uint16_t)rx->len;
	memcpy(s->msg, rx->data, rx->len);
}

static void
arm_class(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    const struct relay4_plan *plan, struct conv *cv, enum conv_class class)
{
	const struct conf_group *g;
	struct hedge_slot *s;

	drop_hedge(r, cv, class);
	if (plan->group[class] == CONF_NONE || rx->len > HEDGE_MSG_MAX)
		return;
	g = &r->conf->group[plan->group[class]];
	if (g->mode == CONF_MODE_ALL || g->hedge_ms == 0 || g->n < 2)
		return;
	s = hedges_take(r->hedges, mono_add_ms(now, g->hedge_ms));
	if (!s) {
		stats_count(r->stats, COUNTER_HEDGES_FULL);
		return;
	}
	store(s, rx, cv, class);
	cv->hedge[class] = s->self;
}

void
relay4_arm(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    const struct relay4_plan *plan, struct conv *cv)
{
	note_asked(cv, plan);
	arm_class(r, rx, now, plan, cv, CONV_DHCP);
	arm_class(r, rx, now, plan, cv, CONV_BOOT);
}

void
relay4_answered(struct relay4 *r, struct conv *cv, enum conv_class class)
{
	cv->answered[class] = true;
	drop_hedge(r, cv, class);
}

bool
relay4_hedge_due(const struct relay4 *r, struct mono *due)
{
	const struct hedge_slot *s = hedges_first(r->hedges);

	if (s)
		*due = s->due;
	return s != NULL;
}

/* The conversation that the slot belongs to, still waiting; or NULL. */
static struct conv *
waiting_conv(struct relay4 *r, const struct hedge_slot *s,
    const struct relay4_plan *plan, struct mono now)
{
	struct conv *cv = clients_find(r->clients, &plan->m, now);

	/* An answer has let go of it (relay4_answered). */
	return cv && cv->hedge[s->class] == s->self ? cv : NULL;
}

/* The stored question goes to the first member that has not got it yet. */
static bool
hedge_next(struct relay4 *r, struct hedge_slot *s, struct mono now,
    struct relay4_plan *plan, struct conv *cv)
{
	uint16_t group = s->class == CONV_BOOT ? cv->boot : cv->dhcp;
	const struct conf_if *ci = plan->in->conf;
	struct select_out o;
	uint16_t next;

	if (group == CONF_NONE)
		group = s->class == CONV_BOOT ? ci->boot :
		    ci->servers != CONF_NONE ? ci->servers : ci->dhcp;
	if (group == CONF_NONE || !relay4_choice_holds(r, cv, plan->in))
		return false;
	order(r, plan, group, s->class, now, &o);
	next = next_unasked(cv, &o);
	if (next == CONF_NONE)
		return false;
	add_server(r, plan, next);
	note_asked(cv, plan);
	if (next_unasked(cv, &o) != CONF_NONE)
		hedges_move(r->hedges, s, mono_add_ms(now,
		    r->conf->group[group].hedge_ms));
	else
		drop_hedge(r, cv, s->class);
	return true;
}

bool
relay4_hedge(struct relay4 *r, struct mono now, struct relay4_plan *plan)
{
	struct hedge_slot *s = hedges_first(r->hedges);
	struct conv *cv;

	relay4_begin(r, plan, s->ifindex, s->unicast);
	if (!plan->in || !iface_ready(plan->in) ||
	    dhcp4_parse(&plan->m, s->msg, s->len) != DROP_NONE ||
	    !(cv = waiting_conv(r, s, plan, now)) ||
	    !hedge_next(r, s, now, plan, cv)) {
		if (hedges_first(r->hedges) == s)
			hedges_drop(r->hedges, s);
		return false;
	}
	plan->hops = (uint8_t)(plan->m.hops + 1);
	plan->hedge = true;
	relay4_copies(r, plan, cv, false);
	stats_count(r->stats, COUNTER_HEDGES);
	for (unsigned i = 0; i < plan->n_server; i++)
		r->servers->stats[plan->server[i]].hedges++;
	return true;
}
