/* SPDX-License-Identifier: ISC
 *
 * relay4_hedge - sends a query that gets no offer in time to the next server of
 * its group. select.c orders the servers; pending.c stores the queries.
 *
 * Waiting for the client to retransmit would take too long: iPXE closes its
 * window for boot offers after two seconds, and OVMF listens in one window of
 * four.
 */
#include "core/relay4/relay4.h"

#include <string.h>

static void
drop_hedge(struct relay4 *r, struct conv *cv, enum conf_class class)
{
	struct pending *s = pendings_get(r->hedges, cv->hedge[class]);

	/* The slot may belong to another conversation by now. */
	if (s && s->class == class &&
	    memcmp(&s->key, &cv->key, sizeof(cv->key)) == 0)
		pendings_drop(r->hedges, s);
	cv->hedge[class] = 0;
}

void
relay4_store(struct pending *s, const struct conv_key *key, enum conf_class class,
    const struct rx *rx)
{
	s->key = *key;
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

void
relay4_arm(struct relay4 *r, const struct rx *rx, struct mono now,
    const struct relay4_plan *plan, struct conv *cv)
{
	relay4_note_asked(cv, plan);
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++) {
		uint16_t group = plan->group[class];
		const struct conf_group *g;
		struct pending *s;

		drop_hedge(r, cv, class);
		if (group == CONF_NONE || rx->len > PENDING_MSG_MAX)
			continue;
		g = &r->conf->group[group];
		if (g->mode == CONF_MODE_ALL || g->hedge_ms == 0 || g->n < 2)
			continue;
		s = pendings_take(r->hedges, mono_add_ms(now, g->hedge_ms));
		if (!s) {
			stats_count(r->stats, COUNTER_HEDGES_FULL);
			continue;
		}
		relay4_store(s, &cv->key, class, rx);
		cv->hedge[class] = s->self;
	}
}

void
relay4_answered(struct relay4 *r, struct conv *cv, enum conf_class class)
{
	cv->answered[class] = true;
	drop_hedge(r, cv, class);
}

/* Adds the first member of the group that has not received the stored query.
 * False if there is none, or if the choice of the group no longer holds. */
static bool
hedge_next(struct relay4 *r, struct pending *s, struct mono now,
    struct relay4_plan *plan, struct conv *cv)
{
	uint16_t group, next;
	struct select_out o;

	if (!relay4_choice_holds(r, cv, plan->in))
		return false;
	group = conf_groups_for(r->conf, plan->in->conf, cv->rule).group[s->class];
	if (group == CONF_NONE)
		return false;
	o = relay4_order(r, &plan->m, plan->in->link.ifindex, group, s->class, now);
	next = relay4_next_unasked(cv, &o);
	if (next == CONF_NONE)
		return false;
	relay4_add_server(r, plan, next);
	relay4_note_asked(cv, plan);
	if (relay4_next_unasked(cv, &o) != CONF_NONE)
		pendings_move(r->hedges, s,
		    mono_add_ms(now, r->conf->group[group].hedge_ms));
	else
		drop_hedge(r, cv, s->class);
	return true;
}

bool
relay4_hedge(struct relay4 *r, struct mono now, struct relay4_plan *plan)
{
	struct pending *s = pendings_first(r->hedges);
	struct conv *cv = NULL;

	relay4_begin(r, plan, s->ifindex, s->unicast);
	if (plan->in && iface_ready(plan->in) &&
	    dhcp4_parse(&plan->m, s->msg, s->len) == DROP_NONE)
		cv = clients_find(r->clients, clients_key(&plan->m), now);
	/* An evicted conversation, or a new one with its key, does not refer to
	 * s. */
	if (!cv || cv->hedge[s->class] != s->self ||
	    !hedge_next(r, s, now, plan, cv)) {
		pendings_drop(r->hedges, s);
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
