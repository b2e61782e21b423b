/* SPDX-License-Identifier: ISC
 *
 * record - translates what relay4, p4011 and rescue decided into the events of
 * core/story/track. It decides nothing. A message that does not parse belongs
 * to no client and is not recorded.
 */
#include "core/story/record.h"

#include "proto/tftp.h"

/* The message that was judged. It may have been dropped before it was parsed:
 * on a standby router, or because the sender is not a server. */
static const struct dhcp4 *
parsed_message(struct dhcp4 *own, const struct dhcp4 *read,
    const struct rx *rx)
{
	if (read->data)
		return read;
	return dhcp4_parse(own, rx->data, rx->len) == DROP_NONE ? own : NULL;
}

static bool
is_unreadable(enum drop why)
{
	return why == DROP_SHORT || why == DROP_TRUNCATED || why == DROP_BAD_OP ||
	    why == DROP_BAD_HLEN || why == DROP_BAD_OPTIONS;
}

/* Counts the servers of each class. One host may be in both. */
static void
count_servers(struct track_request *q, const struct relay4 *r,
    const struct relay4_plan *plan)
{
	unsigned lessors = 0, lessors_up = 0, boots_up = 0, up = 0;

	for (unsigned i = 0; i < plan->to.n; i++) {
		uint16_t s = plan->to.server[i];
		bool usable = health_usable(&r->servers->health[s]);

		up += usable;
		if (r->conf->is_boot[s]) {
			q->n_boot++;
			boots_up += usable;
		} else
			q->n_dhcp++;
		if (r->conf->is_dhcp[s] || !r->conf->is_boot[s]) {
			lessors++;
			lessors_up += usable;
		}
	}
	q->boot_down = q->n_boot && boots_up == 0;
	q->boot_alone = plan->to.n && lessors == 0;
	q->all_down = lessors ? lessors_up == 0 : plan->to.n && up == 0;
}

void
record_request(struct track *t, const struct relay4 *r,
    const struct rx *rx, const struct relay4_plan *plan, enum drop why,
    struct mono now)
{
	struct pxe_client client;
	struct dhcp4 own;
	struct track_request q = {
		.client = &plan->client, .why = why, .rule = plan->rule,
	};

	/* What the doctor of another router sends is not from a client. */
	if (!plan->in || !plan->in->conf || is_unreadable(why) || why == DROP_DOCTOR)
		return;
	q.m = parsed_message(&own, &plan->m, rx);
	if (!q.m)
		return;
	if (q.m->op != BOOTREQUEST) {	/* to port 67, from a client VLAN */
		track_reply(t, q.m, rx->src.v4, false, why, now);
		return;
	}
	q.ifindex = plan->in->link.ifindex;
	if (!plan->has_client) {
		pxe_read(&client, q.m);
		q.client = &client;
	}
	if (why == DROP_NONE)
		count_servers(&q, r, plan);
	track_request(t, &q, now);
}

void
record_hedge(struct track *t, const struct relay4 *r,
    const struct relay4_plan *plan, struct mono now)
{
	for (unsigned i = 0; i < plan->to.n; i++) {
		uint16_t s = plan->to.server[i];

		track_hedge(t, &plan->m, ip_v4(r->conf->server[s].address),
		    r->conf->is_boot[s], now);
	}
}

void
record_reply(struct track *t, const struct relay4 *r,
    const struct rx *rx, const struct relay4_delivery *d, enum drop why,
    struct mono now)
{
	bool boot_only = d->server != CONF_NONE && r->conf->is_boot[d->server] &&
	    !r->conf->is_dhcp[d->server];
	const struct dhcp4 *m;
	struct ip4 router;
	struct dhcp4 own;

	if (is_unreadable(why))
		return;
	m = parsed_message(&own, &d->m, rx);
	if (!m)
		return;
	track_reply(t, m, rx->src.v4, boot_only, why, now);
	router = dhcp4_router(m);
	if (why == DROP_NONE && m->type == DHCP4_ACK && !ip4_is_none(router) &&
	    !iftab_is_local(r->iftab, router))
		track_routed_elsewhere(t, m);
}

void
record_4011(struct track *t, const struct rx *rx, uint16_t n,
    struct mono now)
{
	struct pxe_client client;
	struct dhcp4 m;
	struct track_request q = {
		.m = &m, .client = &client, .ifindex = rx->ifindex,
		.rule = CONF_NONE, .n_boot = n, .by_4011 = true,
	};

	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE ||
	    m.op != BOOTREQUEST)
		return;
	pxe_read(&client, &m);
	track_request(t, &q, now);
}

void
record_rescue(struct track *t, const struct rescue_plan *p, struct mono now)
{
	if (p->what == RESCUE_DELIVER)
		track_rescue(t, p->udp.dst, p->from, now);
}

void
record_tap(struct track *t, const struct rx *rx, uint16_t dport,
    struct mono now)
{
	bool to_4011 = dport == DHCP4_PORT_PXE;
	bool from_4011 = rx->sport == DHCP4_PORT_PXE;
	struct track_passing p = { .payload = rx->data, .len = rx->len };
	struct dhcp4 m;

	if (to_4011 && from_4011)	/* EDK2 sends its request from 4011 */
		p.from_client = dhcp4_parse(&m, rx->data, rx->len) == DROP_NONE &&
		    m.op == BOOTREQUEST;
	else
		p.from_client = to_4011 || (!from_4011 && dport == TFTP_PORT);
	p.client = p.from_client ? rx->src.v4 : rx->dst.v4;
	p.server = p.from_client ? rx->dst.v4 : rx->src.v4;
	p.client_port = p.from_client ? rx->sport : dport;
	if (to_4011 || from_4011)
		track_4011(t, &p, now);
	else
		track_tftp(t, &p, now);
}

void
record_stranger(struct track *t, const struct relay4 *r,
    const struct rx *rx, struct mono now)
{
	struct dhcp4 m;

	/* A configured server on a client VLAN also replies there directly. */
	if (servers_find4(r->servers, rx->src.v4) != CONF_NONE ||
	    iftab_is_ours(r->iftab, rx->src.v4))
		return;
	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE ||
	    m.op != BOOTREPLY)
		return;
	/* A reply that a relay delivered still has its giaddr (RFC 2131 4.1);
	 * one from a server on the link has none. */
	if (!ip4_is_none(m.giaddr))
		track_other_relay(t, &m, now);
	else if (m.type == DHCP4_OFFER || m.type == DHCP4_ACK || m.type == DHCP4_NAK)
		track_rogue(t, &m, rx->src.v4, now);
}
