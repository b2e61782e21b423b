/* SPDX-License-Identifier: ISC
 *
 * relay4_hedge - plans a query that got no offer in time for the next server of
 * its group, as core/server/ask chooses it.
 */
#include "core/relay4/relay4.h"

/* The group of the stored query; CONF_NONE if the client's groups may have changed. */
static uint16_t
group_of(const struct relay *r, const struct conv *cv, const struct iface *in,
    enum conf_class class)
{
	return relay4_choice_holds(r, cv, in) ?
	    conf_groups_for(r->conf, in->conf, cv->rule).group[class] : CONF_NONE;
}

bool
relay4_hedge(struct relay *r, struct mono now, struct relay4_plan *plan)
{
	struct pending *s = pendings_first(r->hedges);
	struct conv *cv = NULL;
	struct ask_client c;
	uint16_t group;

	relay4_begin(r, plan, s->rx.ifindex, s->rx.unicast);
	if (plan->in && iface_ready(plan->in) &&
	    dhcp4_parse(&plan->m, s->rx.data, s->rx.len) == DROP_NONE)
		cv = clients_find(r->clients, clients_key(&plan->m), now);
	if (!cv) {
		pendings_drop(r->hedges, s);
		return false;
	}
	group = group_of(r, cv, plan->in, s->class);
	c = relay4_client(r, &plan->m, plan->in->link.ifindex, s->class);
	if (!ask_next(r, &plan->to, &cv->ask, s, group, &c, now))
		return false;
	plan->hops = (uint8_t)(plan->m.hops + 1);
	plan->hedge = true;
	relay4_copies(r, plan, cv, false);
	return true;
}
