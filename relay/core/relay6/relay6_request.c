/* SPDX-License-Identifier: ISC
 *
 * relay6_request - judges a message of a client or of another relay, plans the
 * RELAY-FORW around it, and renders that (RFC 9915 19.1; RFC 4649, 4580, 5460,
 * 6939, 6607, 8357 for its options). relay6_servers.c decides where it goes.
 *
 * RFC 9915 16 and RFC 6221 6.1.1 leave the options of a client to the server:
 * they are looked at, never judged. A message from another relay must have a
 * sound header, since ours is built on it.
 */
#include "core/relay6/relay6.h"

#include <string.h>

#include "core/server/rules.h"
#include "proto/pxe6.h"

/* RFC 9915 19, RFC 7283: types that are not known are relayed. */
static enum drop
judge_type(const struct iface *in, const struct rx *rx, uint8_t type)
{
	if (relay6_is_reply(type))
		return DROP_REPLY_FROM_CLIENT;
	if (type == DHCP6_LEASEQUERY && !in->conf->o.leasequery)
		return DROP_NOT_FOR_CLIENTS;
	/* RECONFIGURE-REQUEST (RFC 6977) is a relay's own message; 22 to 35 are
	 * sent over TCP and between servers (RFC 7653, 8156). */
	if (type == DHCP6_RECONFIGURE_REQUEST || (type >= 22 && type <= 35))
		return DROP_NOT_FOR_CLIENTS;
	/* RFC 9915 16: SHOULD NOT be accepted. */
	if (type != DHCP6_RELAY_FORW && rx->unicast && !in->conf->o.accept_unicast)
		return DROP_UNICAST_REQUEST;
	return DROP_NONE;
}

/* Link-local addresses are unique on their link only: another link's neighbour
 * may have the one that we have here. */
static bool
is_bad_source(const struct relay *r, const struct iface *in, struct ip6 src)
{
	return !ip6_is_host(src) || (ip6_is_linklocal(src) ? iface6_owns(in, src) :
	    iftab_is_ours6(r->iftab, src));
}

/* Our Relay-ID, or one of our Interface-Ids with one of our link-addresses. */
static bool
is_our_header(struct relay *r, const struct iface *in, const struct dhcp6 *m)
{
	struct dhcp6 ours = { .data = in->six.opts, .len = in->six.opts_len };
	struct rd id, own, iid, options = rd_init(ours.data, ours.len);
	uint16_t code;
	size_t n;

	if (dhcp6_opt(m, DHCP6_OPT_RELAY_ID, &id))
		while (dhcp6_next(&options, &code, &own))
			if (code == DHCP6_OPT_RELAY_ID && rd_left(&own) == rd_left(&id) &&
			    memcmp(own.p, id.p, rd_left(&id)) == 0)
				return true;
	if (!dhcp6_opt(m, DHCP6_OPT_INTERFACE_ID, &iid) || ip6_is_none(m->link))
		return false;
	(void)iftab_by_iid(r->iftab, iid.p, rd_left(&iid), &n);
	return n > 0 && iftab_has_link(r->iftab, m->link);
}

/* Judges the levels of a relay's message, from the outermost inwards. */
static enum drop
judge_relayed(struct relay *r, const struct rx *rx, const struct iface *in,
    const struct dhcp6 *outer)
{
	struct dhcp6 m = *outer;
	struct rd inner;
	enum drop d;

	if (!in->conf->o.trust)
		return DROP_UNTRUSTED_RELAY;
	if (!iface_knows_relay(in, rx->src))
		return DROP_UNKNOWN_RELAY;
	/* RFC 9915 19.1.2: discard if hop-count is greater than or equal to the limit. */
	if (outer->hops >= r->conf->max_hops6)
		return DROP_HOPS;
	for (unsigned i = 0; m.relay; i++) {
		d = i < DHCP6_LEVELS_MAX ? dhcp6_inner(&m, &inner) : DROP_HOPS;
		if (d != DROP_NONE)
			return d;
		if (is_our_header(r, in, &m))
			return DROP_LOOP;
		if (in->conf->o.rsoo_drop && dhcp6_has(&m, DHCP6_OPT_RSOO))
			return DROP_RSOO;
		d = dhcp6_parse(&m, inner.p, rd_left(&inner));
		if (d != DROP_NONE)
			return d;
	}
	return DROP_NONE;
}

struct client_key
relay6_key(uint32_t ifindex, const struct relay6_origin *o)
{
	return clients_key6(ifindex, clients6_id(o->m.type, o->m.xid), o->peer);
}

/* RFC 9915 19.1.1 and 19.1.2. */
static enum drop
plan_header(const struct rx *rx, struct relay6_plan *plan)
{
	const struct iface *in = plan->in;

	plan->peer = rx->src.v6;
	plan->link = in->six.link;
	plan->mac_len = 0;
	plan->sport = 0;
	plan->hops = 0;
	if (plan->m.relay) {
		plan->hops = (uint8_t)(plan->m.hops + 1);
		/* RFC 8357 4: how replies find a relay on another port. */
		plan->sport = rx->sport == DHCP6_PORT_SERVER ? 0 : rx->sport;
		/* A relay with a link-local address is an LDRA or has none: our
		 * link-address is then the client's subnet. */
		if (!ip6_is_linklocal(plan->peer)) {
			plan->link = IP6_NONE;
			return DROP_NONE;
		}
	} else if (in->conf->o.client_mac &&
	    (rx->hwtype == ARPHRD_ETHER || rx->hwtype == ARPHRD_IEEE802)) {
		/* RFC 6939 5: only the relay next to the client adds it. */
		plan->hwtype = rx->hwtype;
		plan->mac_len = rx->mac_len;
		memcpy(plan->mac, rx->mac, sizeof(plan->mac));
	}
	return iface6_ready(in) ? DROP_NONE : DROP_NO_LINK_ADDRESS;
}

static void
read_client(const struct rx *rx, struct relay6_plan *plan)
{
	struct relay6_origin *o = &plan->from;

	relay6_read_origin(o, &plan->m, rx->src.v6);
	if (!plan->m.relay && rx->mac_len == sizeof(o->mac.b)) {
		o->has_mac = true;
		memcpy(o->mac.b, rx->mac, sizeof(o->mac.b));
	}
	if (!o->m.data)
		return;
	pxe6_read(&plan->client, &o->m);
	plan->has_client = true;
}

static enum drop
judge_request(struct relay *r, const struct rx *rx, struct relay6_plan *plan)
{
	enum drop d = judge_type(plan->in, rx, plan->m.type);

	if (d == DROP_NONE && is_bad_source(r, plan->in, rx->src.v6))
		d = DROP_BAD_SOURCE;
	if (d == DROP_NONE && plan->m.relay)
		d = judge_relayed(r, rx, plan->in, &plan->m);
	return d == DROP_NONE ? plan_header(rx, plan) : d;
}

static void
remember_sender(struct relay *r, const struct rx *rx, struct mono now)
{
	struct station *s = clients_station(r->clients,
	    clients_key6(rx->ifindex, 0, rx->src.v6));

	s->last = now;
	s->asked = rx->unicast ? rx->dst.v6 : IP6_NONE;
	/* What a socket received has no link address; one from before is still right. */
	if (rx->mac_len == 0)
		return;
	s->hwtype = rx->hwtype;
	s->mac_len = rx->mac_len <= sizeof(s->mac) ? rx->mac_len : 0;
	memcpy(s->mac, rx->mac, s->mac_len);
}

/* Replies that do not say what they answer are compared with its last message. */
static void
remember_client(struct relay *r, const struct client_call *call)
{
	struct station *s = clients_station(r->clients, call->key);

	s->last = call->now;
	s->id = call->key.id;
}

static enum drop
plan_request(struct relay *r, const struct client_call *call, struct relay6_plan *plan)
{
	bool fresh;
	struct conv copy, *cv = clients_get(r->clients, call, &copy, &fresh);

	if (fresh)
		cv->edk2 = plan->from.m.type == DHCP6_SOLICIT && plan->has_client &&
		    pxe6_is_edk2(&plan->client) ? plan->client.family : PXE_PLAIN;
	remember_client(r, call);
	remember_sender(r, call->rx, call->now);
	clients_count_try(r, cv);
	if (plan->from.m.odd)
		stats_count(r->stats, COUNTER_ODD_OPTIONS);
	relay6_servers(r, plan, cv, call->now);
	plan->rule = cv->rule;
	if (cv->rule != CONF_NONE)
		r->servers->rule_hits[cv->rule]++;
	if (cv->rule != CONF_NONE && r->conf->rule[cv->rule].drop)
		return DROP_RULE;
	if (plan->to.n == 0)
		return DROP_NO_SERVER;
	if (cv != &copy)
		ask_arm(r, &plan->to, &cv->ask, &cv->key, call->rx, call->now);
	return DROP_NONE;
}

static void
begin(struct relay *r, struct relay6_plan *plan, uint32_t ifindex)
{
	plan->m.data = plan->from.m.data = NULL;
	plan->has_client = false;
	plan->rule = CONF_NONE;
	plan->hedge = false;
	plan->in = iftab_by_index(r->iftab, ifindex);
	ask_begin(&plan->to);
}

enum drop
relay6_request(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_plan *plan)
{
	struct client_call call = { .rx = rx, .now = now };
	enum drop d;

	begin(r, plan, rx->ifindex);
	ask_count(r, plan->in);
	d = iface_judge(plan->in, FAMILY6);
	if (d == DROP_NONE && ip6_is_none(plan->in->six.local))
		d = DROP_NO_LINK_LOCAL;
	if (d == DROP_NONE)
		d = dhcp6_parse(&plan->m, rx->data, rx->len);
	if (d == DROP_NONE) {
		read_client(rx, plan);
		d = judge_request(r, rx, plan);
	} else if (d == DROP_SHORT && relay6_is_reply(plan->m.type))
		d = DROP_REPLY_FROM_CLIENT;	/* even one that is cut short */
	/* A relay has one address and many clients, so the rate is taken of the
	 * client behind it. */
	if (d == DROP_NONE) {
		call.key = relay6_key(rx->ifindex, &plan->from);
		d = clients_limit(r, &call, plan->in);
	}
	if (d == DROP_NONE)
		d = plan_request(r, &call, plan);
	return ask_judged(r, plan->in, &plan->to, plan->from.m.type, d);
}

bool
relay6_hedge(struct relay *r, struct mono now, struct relay6_plan *plan)
{
	struct pending *s = pendings_first(r->hedges);
	const struct rx *rx = &s->rx;
	struct conv *cv = NULL;

	begin(r, plan, rx->ifindex);
	if (plan->in && iface6_delivers(plan->in) &&
	    dhcp6_parse(&plan->m, rx->data, rx->len) == DROP_NONE) {
		read_client(rx, plan);
		cv = clients_find(r->clients, s->key, now);
	}
	if (!cv || cv->conf_gen != r->servers->conf_gen ||
	    plan_header(rx, plan) != DROP_NONE) {
		pendings_drop(r->hedges, s);
		return false;
	}
	if (!relay6_ask_next(r, plan, cv, s, now))
		return false;
	plan->hedge = true;
	plan->rule = cv->rule;
	return true;
}

enum relay6_form
relay6_form(const struct relay6_plan *plan, const struct conf *c, uint16_t server)
{
	return c->server[server].vss && plan->in->conf->o.vss_len ?
	    RELAY6_WITH_VSS : RELAY6_PLAIN;
}

size_t
relay6_render(const struct relay6_plan *plan, enum relay6_form form, uint8_t *out,
    size_t size)
{
	const struct iface *in = plan->in;
	struct wr w = wr_init(out, size);

	dhcp6_relay_begin(&w, DHCP6_RELAY_FORW, plan->hops, plan->link, plan->peer);
	wr_bytes(&w, in->six.opts, in->six.opts_len);
	if (form == RELAY6_WITH_VSS)
		dhcp6_put(&w, DHCP6_OPT_VSS, in->conf->o.vss, in->conf->o.vss_len);
	if (plan->mac_len) {
		dhcp6_put_header(&w, DHCP6_OPT_CLIENT_LLADDR, 2u + plan->mac_len);
		wr_u16(&w, plan->hwtype);
		wr_bytes(&w, plan->mac, plan->mac_len);
	}
	if (plan->sport) {
		dhcp6_put_header(&w, DHCP6_OPT_SOURCE_PORT, 2);
		wr_u16(&w, plan->sport);
	}
	dhcp6_put(&w, DHCP6_OPT_RELAY_MSG, plan->m.data, plan->m.len);
	return w.bad || wr_len(&w) > 65527 ? 0 : wr_len(&w);
}
