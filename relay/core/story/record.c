/* SPDX-License-Identifier: ISC
 *
 * record - translates what relay4, p4011, rescue and relay6 decided into the
 * events of core/story/track. It decides nothing. A message that does not parse
 * belongs to no client and is not recorded.
 */
#include "core/story/record.h"

#include <string.h>

#include "proto/pxe6.h"
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
count_servers(struct track_request *q, const struct servers *servers,
    const struct ask_list *to)
{
	const struct conf *c = servers->conf;
	unsigned lessors = 0, lessors_up = 0, boots_up = 0, up = 0;

	for (unsigned i = 0; i < to->n; i++) {
		uint16_t s = to->server[i];
		bool usable = health_usable(&servers->health[s]);

		up += usable;
		if (c->is_boot[s]) {
			q->n_boot++;
			boots_up += usable;
		} else
			q->n_dhcp++;
		if (c->is_dhcp[s] || !c->is_boot[s]) {
			lessors++;
			lessors_up += usable;
		}
	}
	q->boot_down = q->n_boot && boots_up == 0;
	q->boot_alone = to->n && lessors == 0;
	q->all_down = lessors ? lessors_up == 0 : to->n && up == 0;
}

void
record_request(struct track *t, const struct relay *r,
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
	q.ifindex = plan->in->link.ifindex;
	if (q.m->op != BOOTREQUEST) {	/* to port 67, from a client VLAN */
		track_reply(t, &(struct track_answer){ .ifindex = q.ifindex, .m = q.m,
		    .server = rx->src, .why = why }, now);
		return;
	}
	if (!plan->has_client) {
		pxe_read(&client, q.m);
		q.client = &client;
	}
	if (why == DROP_NONE)
		count_servers(&q, r->servers, &plan->to);
	else if (why == DROP_NO_SERVER || why == DROP_NO_GIADDR)
		q.serves6 = iface_leads_to_family(plan->in, r->conf, FAMILY6) &&
		    !iface_leads_to_family(plan->in, r->conf, FAMILY4);
	track_request(t, &q, now);
}

static void
note_hedge(struct track *t, struct track_client *who, const struct conf *c,
    const struct ask_list *to, struct mono now)
{
	for (unsigned i = 0; i < to->n; i++)
		track_hedge(t, who, c->server[to->server[i]].address,
		    c->is_boot[to->server[i]], now);
}

void
record_hedge(struct track *t, const struct relay *r,
    const struct relay4_plan *plan, struct mono now)
{
	note_hedge(t, track_find(t, plan->m.chaddr, plan->m.hlen,
	    plan->in->link.ifindex), r->conf, &plan->to, now);
}

/* The interface that a reply is for, which may have been dropped before it was found;
 * 0: unknown. */
static uint32_t
client_side(const struct relay *r, const struct iface *out, struct ip4 giaddr)
{
	struct iface *only;

	if (!out && iftab_by_giaddr(r->iftab, giaddr, &only) == 1)
		out = only;
	return out ? out->link.ifindex : 0;
}

/* The interface whose clients a message from the servers' side is told of. One that came
 * by a client VLAN, and from no server there, is not told of the machines of others: its
 * sender can write what it likes. */
static uint32_t
told_of(const struct relay *r, const struct rx *rx, uint32_t client)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	uint16_t server = servers_find_rx(r->servers, rx->src, rx->ifindex);
	bool believed = server != CONF_NONE &&
	    servers_way_by(r->servers, server, rx->ifindex);

	return in && in->conf && !believed ? rx->ifindex : client;
}

void
record_reply(struct track *t, const struct relay *r,
    const struct rx *rx, const struct relay4_delivery *d, enum drop why,
    struct mono now)
{
	struct track_answer a = {
		.server = rx->src, .why = why,
		.boot_only = d->server != CONF_NONE && r->conf->is_boot[d->server] &&
		    !r->conf->is_dhcp[d->server],
	};
	struct ip4 router;
	struct dhcp4 own;

	if (is_unreadable(why))
		return;
	a.m = parsed_message(&own, &d->m, rx);
	if (!a.m)
		return;
	a.ifindex = told_of(r, rx, client_side(r, d->out, a.m->giaddr));
	track_reply(t, &a, now);
	router = dhcp4_router(a.m);
	if (why == DROP_NONE && a.m->type == DHCP4_ACK && !ip4_is_none(router) &&
	    !iftab_is_local(r->iftab, router))
		track_routed_elsewhere(t, a.m, a.ifindex);
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
		track_rescue(t, &(struct track_passing){ .ifindex = p->ifindex,
		    .client = p->udp.dst.v4, .server = p->from }, now);
}

void
record_tap(struct track *t, const struct relay *r, const struct rx *rx, uint16_t dport,
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
	p.ifindex = p.from_client ? rx->ifindex : told_of(r, rx, 0);
	if (to_4011 || from_4011)
		track_4011(t, &p, now);
	else
		track_tftp(t, &p, now);
}

void
record_stranger(struct track *t, const struct relay *r,
    const struct rx *rx, struct mono now)
{
	struct dhcp4 m;
	struct track_answer a = {
		.ifindex = rx->ifindex, .m = &m, .server = rx->src,
	};

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
		track_other_relay(t, &a, now);
	else if (m.type == DHCP4_OFFER || m.type == DHCP4_ACK || m.type == DHCP4_NAK)
		track_rogue(t, &a, now);
}

/* --- DHCPv6 ------------------------------------------------------------ */

/* The client's message; NULL if it cannot be read. It may have been dropped before
 * it was parsed. */
static const struct relay6_origin *
parsed_origin(struct relay6_origin *own, const struct relay6_origin *read,
    const struct rx *rx)
{
	struct dhcp6 m;

	if (read->m.data)
		return read;
	if (dhcp6_parse(&m, rx->data, rx->len) != DROP_NONE)
		return NULL;
	relay6_read_origin(own, &m, ip_v6(rx->src));
	if (!m.relay && rx->mac_len == sizeof(own->mac.b)) {
		own->has_mac = true;
		memcpy(own->mac.b, rx->mac, sizeof(own->mac.b));
	}
	return own->m.data ? own : NULL;
}

/* Operating systems ask for IPv6 on every link. Where no server has an IPv6
 * address that is no failure. */
static bool
is_not_for_us(const struct relay6_plan *plan, const struct conf *c, enum drop why)
{
	if (why != DROP_NO_SERVER && why != DROP_NO_LINK_ADDRESS &&
	    why != DROP_NO_LINK_LOCAL)
		return false;
	for (uint16_t i = 0; i < c->n_server; i++)
		if (c->server[i].address.version == 6 &&
		    iface_leads_to(plan->in, c, c->server[i].first))
			return false;
	return true;
}

/* A REQUEST for a server whose ADVERTISE did not come through us. Many may answer for
 * a multicast address, and we remember the last one; with check-source = off, we
 * remember none of those that are not configured. */
static bool
names_stranger(const struct servers *sv, const struct dhcp6 *m)
{
	struct rd id;

	if (m->type != DHCP6_REQUEST || !dhcp6_opt(m, DHCP6_OPT_SERVER_ID, &id))
		return false;
	for (uint16_t i = 0; i < sv->conf->n_server; i++)
		if (ip6_is_multicast(ip_v6(sv->conf->server[i].address)) ||
		    servers_has_duid(sv, i, id.p, rd_left(&id)))
			return false;
	return sv->conf->check_source;
}

/* Does it name a server of ours that is down? */
static bool
names_dead(const struct servers *sv, const struct dhcp6 *m)
{
	bool dead = false;
	struct rd id;

	if ((m->type != DHCP6_REQUEST && m->type != DHCP6_RENEW) ||
	    !dhcp6_opt(m, DHCP6_OPT_SERVER_ID, &id))
		return false;
	for (uint16_t i = 0; i < sv->conf->n_server; i++)
		if (servers_has_duid(sv, i, id.p, rd_left(&id))) {
			if (health_usable(&sv->health[i]))
				return false;
			dead = true;
		}
	return dead;
}

/* dnsmasq from 2.92 on takes REQUESTs that a relay sends by unicast, and none of the
 * messages by which a client looks for a server. */
static bool
is_unheard(const struct servers *sv, const struct dhcp6 *m, const struct ask_list *to)
{
	for (unsigned i = 0; m->type == DHCP6_SOLICIT && i < to->n; i++) {
		uint16_t s = to->server[i];

		if (!ip6_is_multicast(ip_v6(sv->conf->server[s].address)) &&
		    sv->stats[s].acks && sv->stats[s].offers == 0)
			return true;
	}
	return false;
}

void
record_request6(struct track *t, const struct relay *r,
    const struct rx *rx, const struct relay6_plan *plan, enum drop why,
    struct mono now)
{
	const struct relay6_origin *o;
	struct relay6_origin own;
	struct pxe_client client;
	struct mac mac;
	struct track_request q = {
		.client = &plan->client, .why = why, .rule = plan->rule,
	};

	/* A server's message does not come from its client. */
	if (!plan->in || !plan->in->conf || why == DROP_REPLY_FROM_CLIENT ||
	    is_not_for_us(plan, r->conf, why))
		return;
	o = parsed_origin(&own, &plan->from, rx);
	if (!o || !relay6_origin_mac(&mac, o))
		return;
	q.six = &o->m;
	q.mac = &mac;
	q.rogue = names_stranger(r->servers, &o->m);
	q.owner_dead = names_dead(r->servers, &o->m);
	q.ifindex = plan->in->link.ifindex;
	if (!plan->has_client) {
		pxe6_read(&client, &o->m);
		q.client = &client;
	}
	if (why == DROP_NONE) {
		count_servers(&q, r->servers, &plan->to);
		q.unheard = is_unheard(r->servers, &o->m, &plan->to);
	}
	track_request(t, &q, now);
}

void
record_hedge6(struct track *t, const struct relay *r,
    const struct relay6_plan *plan, struct mono now)
{
	struct mac mac;

	if (relay6_origin_mac(&mac, &plan->from))
		note_hedge(t, track_find(t, &mac, sizeof(mac), plan->in->link.ifindex),
		    r->conf, &plan->to, now);
}

/* Does it lease an address that no prefix of the link has? A configured link-address may
 * be of another router, so the prefixes are not known then. */
static bool
is_foreign(const struct iface *out, const struct dhcp6 *m)
{
	struct dhcp6_lease l;
	bool known = false;

	if (m->type != DHCP6_REPLY || !dhcp6_lease(m, &l) || ip6_is_none(l.address) ||
	    !(ip6_is_none(out->six.link) || iface6_owns(out, out->six.link)))
		return false;
	for (uint32_t i = 0; i < out->addr[FAMILY6].n; i++) {
		struct ipnet net = out->addr[FAMILY6].at[i].net;

		known |= net.plen < 128 && !ip6_is_linklocal(ip_v6(net.addr));
	}
	return known && !iface_has(out, ip_of6(l.address));
}

void
record_reply6(struct track *t, const struct relay *r, const struct rx *rx,
    const struct relay6_delivery *d, enum drop why, struct mono now)
{
	struct relay6_origin own;
	const struct relay6_origin *o = parsed_origin(&own, &d->to, rx);
	struct track_answer a = { .server = rx->src, .why = why };

	if (!o)
		return;
	a.six = &o->m;
	a.mac = o->has_mac ? &o->mac : NULL;
	a.ifindex = told_of(r, rx, d->out ? d->out->link.ifindex : 0);
	/* Behind another relay is another link. */
	a.foreign = why == DROP_NONE && d->payload[0] != DHCP6_RELAY_REPL &&
	    is_foreign(d->out, &o->m);
	track_reply(t, &a, now);
}

void
record_boot_step(struct track *t, const struct rx *rx, const struct boot_step *p,
    enum drop why, struct mono now)
{
	struct relay6_origin own, none = { .m.data = NULL };
	const struct relay6_origin *o = parsed_origin(&own, &none, rx);
	struct pxe_client client;
	struct mac mac;
	struct track_request q = {
		.client = &client, .ifindex = rx->ifindex, .why = why,
		.rule = p->rule, .n_boot = p->to.n, .by_4011 = true, .mac = &mac,
	};

	if (!p->in || !p->in->conf || !o || !relay6_origin_mac(&mac, o))
		return;
	q.six = &o->m;
	pxe6_read(&client, q.six);
	track_request(t, &q, now);
}
