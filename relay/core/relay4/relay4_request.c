/* SPDX-License-Identifier: ISC
 *
 * relay4_request - judges a BOOTREQUEST and plans its copies (RFC 1542 4.1.1,
 * RFC 3046 2.1), also of a query that got no offer in time, then renders them.
 * relay4_plan.c decides where they go.
 *
 * Cheap checks come before expensive ones, and those for hostile input before
 * those for honest input. Each has its own drop reason.
 */
#include "core/relay4/relay4.h"

#include <string.h>

#include "proto/clientmsg.h"

/* RFC 1542 4.1.1 gives a relay no list of messages: what it does not know is for
 * the server to judge. Only a server's message in a BOOTREQUEST is a lie. */
static bool
is_server_type(uint8_t type)
{
	return type == DHCP4_OFFER || type == DHCP4_ACK || type == DHCP4_NAK ||
	    type == DHCP4_FORCERENEW;
}

enum drop
relay4_judge_addresses(const struct iface *in, struct ip4 src, struct ip4 dst)
{
	/* RFC 1122 3.2.1.3: MUST be discarded. */
	if (!ip4_is_none(src) && !iface_is_machine(in, src))
		return DROP_BAD_SOURCE;
	return ip4_is_loopback(dst) ? DROP_BAD_DEST : DROP_NONE;
}

/* Servers reply to giaddr. So one that is on the VLAN where the message came from
 * is a client's own: it would get its lease behind our back, for any option 82 of
 * its choice. Nor is it ours, a server's, or one that routers do not forward to. */
static bool
is_relays_address(const struct relay *r, const struct iface *in, struct ip4 a)
{
	return iface_is_machine(in, a) && !ip4_is_linklocal(a) &&
	    !iface_has(in, ip_of4(a)) && !iftab_is_ours(r->iftab, a) &&
	    servers_find4(r->servers, a) == CONF_NONE;
}

/* RFC 3046 2.1.1: what comes from another relay is forwarded, if its giaddr is
 * valid. A relay has an address, and does not send from the port of a client. */
static enum drop
judge_relayed(const struct relay *r, const struct iface *in, const struct rx *rx,
    struct ip4 giaddr)
{
	if (!is_relays_address(r, in, giaddr) || ip4_is_none(rx->src.v4) ||
	    rx->sport == DHCP4_PORT_CLIENT)
		return DROP_SPOOFED_GIADDR;
	return iface_knows_relay(in, rx->src) && iface_knows_relay(in, ip_of4(giaddr)) ?
	    DROP_NONE : DROP_UNKNOWN_RELAY;
}

enum drop
relay4_judge_forged(const struct relay *r, const struct iface *in,
    const struct rx *rx, const struct dhcp4 *m)
{
	bool relayed = !ip4_is_none(m->giaddr);
	enum drop d = relayed ? judge_relayed(r, in, rx, m->giaddr) : DROP_NONE;

	if (d != DROP_NONE)
		return d;
	if (m->at[DHCP4_OPT_RAI] == 0)
		return DROP_NONE;
	d = rai_check_all(m);
	if (d != DROP_NONE || relayed)	/* 2.1.1: another relay's is left alone */
		return d;
	/* RFC 3046 2.1: option 82 without giaddr from an untrusted circuit:
	 * SHALL discard. */
	if (!in->conf->o.trust)
		return DROP_UNTRUSTED_82;
	return in->conf->o.policy == CONF_DISCARD ? DROP_POLICY_82 : DROP_NONE;
}

static enum drop
judge_request(struct relay *r, const struct rx *rx, struct iface *in,
    const struct dhcp4 *m, struct mono now)
{
	struct client_call call = { clients_key(m, rx->ifindex), rx, now };
	enum drop d;

	if (m->op != BOOTREQUEST)
		return DROP_REPLY_FROM_CLIENT;
	if (is_server_type(m->type) || dhcp4_type_is_invalid(m))
		return DROP_BAD_TYPE;
	/* With its broadcasts the doctor looks for servers on the VLAN itself. */
	if (ip4_is_none(m->giaddr) && clientmsg_is_doctor(m->hlen, m->chaddr))
		return DROP_DOCTOR;
	/* RFC 1542 4.1.1: discard when hops exceeds the limit. */
	if (m->hops > r->conf->max_hops)
		return DROP_HOPS;
	if (ip4_is_none(m->giaddr) && in->n_giaddr == 0)
		return DROP_NO_GIADDR;
	d = relay4_judge_forged(r, in, rx, m);
	if (d != DROP_NONE)
		return d;
	return clients_limit(r, &call, in);
}

/* Two relays that name each other as servers pass a message with a foreign
 * giaddr back and forth, and multiply it each time (ISC dhcrelay: one packet
 * became 2,869). A message that loops has more hops than when it was first
 * seen; a retry does not. Whoever sends it: the last relay of the loop. */
static bool
is_looping(struct conv *cv, const struct dhcp4 *m, bool fresh)
{
	bool loop = !fresh && m->hops > cv->hops;

	if (!loop)
		cv->hops = m->hops;
	return loop;
}

void
relay4_remember(struct conv *cv, const struct dhcp4 *m)
{
	cv->ciaddr = m->ciaddr;
	cv->broadcast = m->flags & DHCP4_FLAG_BROADCAST;
	cv->p4011_sport = 0;
}

static enum drop
plan_request(struct relay *r, const struct rx *rx, struct mono now,
    struct relay4_plan *plan)
{
	struct client_call call = { clients_key(&plan->m, rx->ifindex), rx, now };
	bool fresh;
	struct conv copy, *cv = clients_get(r->clients, &call, &copy, &fresh);
	struct conf_groups t;

	if (is_looping(cv, &plan->m, fresh))
		return DROP_LOOP;
	pxe_read(&plan->client, &plan->m);
	plan->has_client = true;
	relay4_remember(cv, &plan->m);
	clients_count_try(r, cv);
	t = relay4_targets(r, cv, plan->in, &plan->client, &plan->m);
	plan->rule = cv->rule;
	if (cv->rule != CONF_NONE)
		r->servers->rule_hits[cv->rule]++;
	if (t.drop)
		return DROP_RULE;
	if (plan->m.type == DHCP4_DISCOVER && fresh && ip4_is_none(plan->m.giaddr))
		fresh = !relay4_repeats(r, cv, now);
	relay4_servers(r, plan, cv, &t, now);
	if (plan->to.n == 0)
		return DROP_NO_SERVER;
	relay4_copies(r, plan, cv, fresh);
	/* The answers go to the giaddr. If it is another relay's, none is seen here, and
	 * each query would be hedged. */
	if (plan->foreign)
		ask_note(&cv->ask, &plan->to);
	else if (cv != &copy)
		ask_arm(r, &plan->to, &cv->ask, &cv->key, rx, now);
	return DROP_NONE;
}

enum drop
relay4_request(struct relay *r, const struct rx *rx, struct mono now,
    struct relay4_plan *plan)
{
	enum drop d;

	relay4_begin(r, plan, rx->ifindex, rx->unicast);
	ask_count(r, plan->in);
	d = iface_judge(plan->in, FAMILY4);
	if (d == DROP_NONE)
		d = relay4_judge_addresses(plan->in, rx->src.v4, rx->dst.v4);
	if (d == DROP_NONE)
		d = dhcp4_parse(&plan->m, rx->data, rx->len);
	if (d == DROP_NONE)
		d = judge_request(r, rx, plan->in, &plan->m, now);
	if (d == DROP_NONE)
		d = plan_request(r, rx, now, plan);
	if (d == DROP_NONE) {
		plan->hops = (uint8_t)(plan->m.hops + 1);
		if (plan->foreign)
			stats_count(r->stats, COUNTER_FOREIGN_GIADDR);
		if (plan->m.type == DHCP4_TYPE_NONE)
			stats_count(r->stats, COUNTER_BOOTP);
		if (plan->copy[0].rai && plan->copy[0].rai->len)
			stats_count(r->stats, COUNTER_OPTION82_ADDED);
	}
	return ask_judged(r, plan->in, &plan->to, plan->m.type, d);
}

bool
relay4_hedge(struct relay *r, struct mono now, struct relay4_plan *plan)
{
	struct pending *s = pendings_first(r->hedges);
	struct conv *cv = NULL;
	struct ask_client c;
	uint16_t group = CONF_NONE;

	relay4_begin(r, plan, s->rx.ifindex, s->rx.unicast);
	if (plan->in && iface_ready(plan->in) &&
	    dhcp4_parse(&plan->m, s->rx.data, s->rx.len) == DROP_NONE)
		cv = clients_find(r->clients, s->key, now);
	if (!cv) {
		pendings_drop(r->hedges, s);
		return false;
	}
	/* Otherwise the client's groups may have changed. */
	if (relay4_choice_holds(r, cv))
		group = conf_groups_for(r->conf, plan->in->conf, cv->rule).group[s->class];
	c = relay4_client(r, &plan->m, plan->in->link.ifindex, s->class);
	if (!ask_next(r, &plan->to, &cv->ask, s, group, &c, now))
		return false;
	plan->hops = (uint8_t)(plan->m.hops + 1);
	plan->hedge = true;
	relay4_copies(r, plan, cv, false);
	return true;
}

enum relay4_form
relay4_form(const struct conf *c, const struct relay4_copy *copy, uint16_t server)
{
	if (!c->server[server].option82)
		return RELAY4_BARE;
	return copy->rai && copy->rai->server_id_at && c->is_boot[server] ?
	    RELAY4_NO_OVERRIDE : RELAY4_WITH_82;
}

size_t
relay4_render(const struct relay4_plan *plan, unsigned i, enum relay4_form form,
    uint8_t *out, size_t size, bool *no_room)
{
	const struct relay4_copy *c = &plan->copy[i];
	const struct rai *rai = form == RELAY4_BARE ? NULL : c->rai;
	const struct dhcp4 *m = &plan->m;
	struct rai shorter;
	size_t len = 0;

	*no_room = false;
	if (rai && form == RELAY4_NO_OVERRIDE) {
		shorter = rai_without_server_id(rai);
		rai = &shorter;
	}
	if (rai && rai->len == 0)
		rai = NULL;
	if (rai)
		len = rai_write(out, size < RELAY4_MAX_WITH_82 ? size :
		    RELAY4_MAX_WITH_82, m, rai, plan->rai_flags, plan->drop_old);
	if (len == 0) {
		*no_room = rai != NULL;
		len = rai_write(out, size, m, NULL, 0, plan->drop_old);
	}
	if (len) {
		dhcp4_put_hops(out, plan->hops);
		dhcp4_put_ip4(out, DHCP4_OFF_GIADDR, c->giaddr);	/* a foreign one again */
	}
	return len;
}
