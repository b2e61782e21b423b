/* SPDX-License-Identifier: ISC
 *
 * relay4_reply - judges a BOOTREPLY, finds the client's interface and says how
 * the message is addressed there (RFC 2131 4.1, RFC 1542 4.1.2, and what real
 * ROMs need); then renders it. See include/core/relay4/relay4.h.
 *
 * Servers are as hostile as clients: a reply is delivered for a giaddr of ours
 * only, on that giaddr's interface, and no text that was echoed in it has a say.
 */
#include "core/relay4/relay4.h"

#include <string.h>


static bool
server_says(uint8_t type)
{
	return type == DHCP4_TYPE_NONE || type == DHCP4_OFFER ||
	    type == DHCP4_ACK || type == DHCP4_NAK;
}

/*
 * A reply that comes in by a client VLAN is a rogue server's or a forgery,
 * unless our own way to that server leads through that VLAN (a server on a client
 * VLAN; a relay with one leg).
 */
static bool
came_by_client_vlan(struct relay4 *r, const struct relay4_rx *rx, uint16_t server)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);

	if (!in || !in->conf)
		return false;
	if (server == CONF_NONE)
		return true;
	for (unsigned i = 0; i < in->n_addr; i++)
		if (ip4_eq(in->addr[i].net.addr, r->servers->source[server]))
			return false;
	return true;
}

enum drop
relay4_judge_source(struct relay4 *r, const struct relay4_rx *rx, uint16_t server)
{
	if (came_by_client_vlan(r, rx, server))
		return DROP_REPLY_FROM_CLIENT;
	/* A multi-homed server may answer from another address than we asked:
	 * check-source = off is for those. */
	if (server == CONF_NONE && r->conf->check_source)
		return DROP_NOT_SERVER;
	return DROP_NONE;
}

/* A route that leads into a VRF (from a server outside) ends at the interface that has the
 * address: that is where the answer comes from as the kernel tells it. */
static bool
in_vrf(struct relay4 *r, const struct iface *in)
{
	const struct iface *master = in->link.master ?
	    iftab_by_index(r->iftab, in->link.master) : NULL;

	return master && master->link.kind == IFTAB_VRF;
}

/*
 * Of two routers on one VLAN the other may get the answer, when it is on the way
 * from the servers, and hands it on over that VLAN. It may also be any machine's
 * there: so it is good for this VLAN only, where one could answer without us.
 */
static bool
is_detour(struct relay4 *r, const struct relay4_rx *rx)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	struct dhcp4 m;

	return in && in->conf && (in_vrf(r, in) ||
	    in->conf->o.active != CONF_ACTIVE_ALWAYS) &&
	    dhcp4_parse(&m, rx->data, rx->len) == DROP_NONE &&
	    iface_giaddr_find(in, m.giaddr) >= 0;
}

enum drop
relay4_judge_sender(struct relay4 *r, const struct relay4_rx *rx, uint16_t server)
{
	enum drop why = relay4_judge_source(r, rx, server);

	if (why == DROP_REPLY_FROM_CLIENT && server != CONF_NONE &&
	    is_detour(r, rx))
		return DROP_NONE;
	return why;
}

static enum drop
judge_message(const struct dhcp4 *m)
{
	if (m->op != BOOTREPLY)
		return DROP_BAD_OP;
	return server_says(m->type) && !dhcp4_type_is_lie(m) ? DROP_NONE :
	    DROP_BAD_TYPE;
}

/* Of two interfaces that share a giaddr the one that asked may be down by now. The answer is no
 * other's, although that is the only one left that has the giaddr. */
static bool
asked_by_one_that_is_down(struct relay4 *r, const struct dhcp4 *m, const struct conv *cv)
{
	const struct iface *f = cv ? iftab_by_index(r->iftab, cv->ifindex) : NULL;

	return f && f->conf && !f->link.up && iface_giaddr_find(f, m->giaddr) >= 0;
}

/* giaddr first; our own memory when several interfaces share it; never the
 * option 82 that a server echoed. */
static enum drop
find_interface(struct relay4 *r, const struct dhcp4 *m, const struct conv *cv,
    struct iface **out)
{
	struct iface *f = NULL;
	size_t n = iftab_by_giaddr(r->iftab, m->giaddr, &f);

	*out = f;
	if (n == 0 || ip4_is_none(m->giaddr))
		return DROP_NOT_OUR_GIADDR;
	if (n == 1)
		return asked_by_one_that_is_down(r, m, cv) ? DROP_DOWN : DROP_NONE;
	f = cv ? iftab_by_index(r->iftab, cv->ifindex) : NULL;
	if (!f || !iface_ready(f) || iface_giaddr_find(f, m->giaddr) < 0)
		return DROP_AMBIGUOUS;
	*out = f;
	return DROP_NONE;
}

/*
 * offers = proxy-only: this server must not hand out addresses. An OFFER with
 * yiaddr is a lease; an ACK is one when it has a lease time (option 51): the ACK to
 * a boot server discovery repeats the client's own address in yiaddr (dnsmasq).
 */
static bool
is_lease(const struct dhcp4 *m)
{
	if (ip4_is_none(m->yiaddr))
		return false;
	return m->type == DHCP4_OFFER || m->type == DHCP4_TYPE_NONE ||
	    (m->type == DHCP4_ACK && m->at[DHCP4_OPT_LEASE_TIME]);
}

static void
broadcast_mac(struct relay4_delivery *d)
{
	d->mac_len = d->out->link.mac_len ? d->out->link.mac_len : 6;
	if (d->mac_len > sizeof(d->mac))
		d->mac_len = sizeof(d->mac);
	memset(d->mac, 0xff, sizeof(d->mac));
}

static bool
is_group(const uint8_t *mac, uint8_t len)
{
	return len == 6 && mac[0] & 1;
}

/*
 * The link address of the client: chaddr on Ethernet, without asking ARP. EDK2
 * may put its GUID there (hlen 16), InfiniBand nothing (hlen 0, RFC 4390): then the
 * link source of the request is used, if we know it. A group's address (IEEE 802, the
 * first bit) is no client's either; everybody on the VLAN would get what is for one.
 */
static bool
client_mac(struct relay4_delivery *d, const struct conv *cv)
{
	static const uint8_t zero[6];

	if (d->m.htype == 1 && d->m.hlen == 6 && !is_group(d->m.chaddr, 6) &&
	    memcmp(d->m.chaddr, zero, sizeof(zero)) != 0) {
		d->mac_len = 6;
		memcpy(d->mac, d->m.chaddr, 6);
		return true;
	}
	if (!cv || cv->mac_len == 0 || is_group(cv->mac, cv->mac_len))
		return false;
	d->mac_len = cv->mac_len;
	memcpy(d->mac, cv->mac, cv->mac_len);
	return true;
}

/*
 * The address of a client that has one already. An ACK to a message with ciaddr
 * goes there even if the broadcast flag is set: iPXE asks its boot server from a
 * socket that is bound to its address and never sees a broadcast (measured;
 * dhcrelay fails there). dnsmasq as boot server moves ciaddr to yiaddr in that
 * ACK, so that only the request knows.
 */
static struct ip4
bound_address(const struct dhcp4 *m, const struct conv *cv)
{
	if (m->type != DHCP4_ACK)
		return IP4_NONE;
	if (!ip4_is_none(m->ciaddr))
		return m->ciaddr;
	return cv ? cv->ciaddr : IP4_NONE;
}

static struct ip4
destination(const struct dhcp4 *m, const struct conv *cv)
{
	struct ip4 bound = bound_address(m, cv);

	/* RFC 2131 4.1: a relay agent broadcasts a NAK: the client may have no
	 * usable address. */
	if (m->type == DHCP4_NAK)
		return IP4_BROADCAST;
	if (!ip4_is_none(bound))
		return bound;
	/* Some servers do not copy the flag back, so the request's counts too. */
	if (m->flags & DHCP4_FLAG_BROADCAST || (cv && cv->broadcast))
		return IP4_BROADCAST;
	if (!ip4_is_none(m->yiaddr))
		return m->yiaddr;
	/* A proxyDHCP offer has no yiaddr; "unicast to yiaddr" would be 0.0.0.0,
	 * which is what dhcrelay does and why dnsmasq loses it. */
	return ip4_is_none(m->ciaddr) ? IP4_BROADCAST : m->ciaddr;
}

static void
address(struct relay4_delivery *d, const struct conv *cv)
{
	memset(d->mac, 0, sizeof(d->mac));	/* the kernel is given all of it */
	d->src = d->m.giaddr;
	/* iPXE and EDK2 want source port 67 (Dhcp4Io, dhcp.c). */
	d->sport = DHCP4_PORT_SERVER;
	d->dport = DHCP4_PORT_CLIENT;
	d->dst = destination(&d->m, cv);
	if (cv && cv->p4011_sport && d->m.type != DHCP4_NAK) {
		d->sport = DHCP4_PORT_PXE;
		d->dport = cv->p4011_sport;
		d->dst = cv->p4011_src;
	}
	if (!ip4_is_host(d->dst))
		d->dst = IP4_BROADCAST;
	if (ip4_eq(d->dst, IP4_BROADCAST))
		broadcast_mac(d);
	else if (!client_mac(d, cv)) {
		d->dst = IP4_BROADCAST;
		broadcast_mac(d);
	}
}

static enum drop
judge_class(const struct relay4 *r, const struct relay4_delivery *d)
{
	if (d->server == CONF_NONE)
		return DROP_NONE;
	if (r->conf->server[d->server].proxy_only && is_lease(&d->m))
		return DROP_OFFER_NOT_PROXY;
	return DROP_NONE;
}

/* strip-pxe-from = dhcp: options 60 and 43 out of offers of servers that serve
 * no boot class, the cure for PXE-E55 when option 60 was left on a DHCP server. An offer
 * without an address is a boot server's own, which may stand in a `servers =`. */
static bool
strips_pxe(const struct relay4 *r, const struct relay4_delivery *d)
{
	return r->conf->strip_pxe_from_dhcp && d->m.type == DHCP4_OFFER &&
	    !ip4_is_none(d->m.yiaddr) && d->server != CONF_NONE &&
	    !r->conf->is_boot[d->server] && pxe_offer_says(&d->m, "PXEClient");
}

static void
count_server(struct server_stats *s, uint8_t type)
{
	s->replies++;
	if (type == DHCP4_OFFER)
		s->offers++;
	else if (type == DHCP4_ACK)
		s->acks++;
	else if (type == DHCP4_NAK)
		s->naks++;
}

/* A sign of life, whoever it was for. */
static void
heard_from(struct relay4 *r, const struct relay4_delivery *d, struct mono now)
{
	count_server(&r->servers->stats[d->server], d->m.type);
	servers_note(r->servers, d->server, health_reply(&r->servers->health[d->server], now));
}

/*
 * Which question does it answer? An address offer that of DHCP; an offer without
 * address, one that says PXEClient or HTTPClient, or anything from a server that is only a boot
 * server, that of the boot class; so does the ACK to what boot servers were asked without a
 * DISCOVER (43.71, an INFORM, a ROM that asks them on port 67).
 */
static void
answer(struct relay4 *r, const struct relay4_delivery *d, struct conv *cv)
{
	const struct dhcp4 *m = &d->m;
	bool boot = d->server != CONF_NONE && r->conf->is_boot[d->server];
	bool dhcp = d->server == CONF_NONE || r->conf->is_dhcp[d->server];
	bool offer = m->type == DHCP4_OFFER, lease = !ip4_is_none(m->yiaddr);

	if (boot && ((offer && (!lease || !dhcp || m->at[DHCP4_OPT_VENDOR_CLASS])) ||
	    (m->type == DHCP4_ACK && cv->ack_is_boot))) {
		relay4_answered(r, cv, CONV_BOOT);
		clients_station(r->clients, m, cv->ifindex)->boot =
		    ip_v4(r->conf->server[d->server].address);
	}
	if (dhcp && offer && lease)
		relay4_answered(r, cv, CONV_DHCP);
}

/* Both classes may have one server: then an offer without an address is the boot one's. */
static enum stats_class
class_of(const struct relay4 *r, const struct relay4_delivery *d)
{
	if (d->server == CONF_NONE || !r->conf->is_boot[d->server])
		return STATS_DHCP;
	if (!r->conf->is_dhcp[d->server])
		return STATS_BOOT;
	return d->m.type == DHCP4_OFFER && ip4_is_none(d->m.yiaddr) ? STATS_BOOT :
	    STATS_DHCP;
}

/* An offer without an address is a boot server's, beside which the client goes on asking for
 * one: with giaddr = rotate in the next subnet, although that server answers in each. */
static bool
ends_tries(const struct dhcp4 *m)
{
	return m->type != DHCP4_OFFER || !ip4_is_none(m->yiaddr);
}

/* The address that was answered stays the client's, and its tries start anew. */
static void
answered(struct relay4 *r, const struct relay4_delivery *d, struct conv *cv)
{
	int gi = iface_giaddr_find(d->out, d->m.giaddr);

	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	d->out->stats.replies++;
	stats_count_message(&d->out->stats, class_of(r, d), d->m.type);
	if (d->m.type == DHCP4_OFFER && ip4_is_none(d->m.yiaddr))
		stats_count(r->stats, COUNTER_PROXY_OFFERS);
	if (d->sport == DHCP4_PORT_PXE)
		stats_count(r->stats, COUNTER_P4011_REPLIES);
	if (!cv)
		return;
	if (ends_tries(&d->m))
		cv->tries = 0;
	answer(r, d, cv);
	if (d->out->conf->o.giaddr == CONF_GIADDR_ROTATE && gi >= 0 &&
	    !ip4_is_none(d->m.yiaddr)) {
		cv->gi = (uint8_t)gi;
		clients_station(r->clients, &d->m, cv->ifindex)->gi = (uint8_t)gi;
	}
}

static enum drop
plan_reply(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    struct relay4_delivery *d)
{
	enum drop why;
	struct conv *cv;
	int gi;

	why = relay4_judge_sender(r, rx, d->server);
	if (why == DROP_NONE)
		why = dhcp4_parse(&d->m, rx->data, rx->len);
	if (why == DROP_NONE)
		why = judge_message(&d->m);
	if (why != DROP_NONE)
		return why;
	if (d->server != CONF_NONE)
		heard_from(r, d, now);
	cv = clients_find(r->clients, &d->m, now);
	if (cv && d->server != CONF_NONE)
		stats_answered(&r->servers->stats[d->server], mono_diff_us(now, cv->last));
	why = find_interface(r, &d->m, cv, &d->out);
	if (why == DROP_NONE)
		why = judge_class(r, d);
	if (why != DROP_NONE)
		return why;
	/* What another interface's client said does not count here. */
	if (cv && cv->ifindex != d->out->link.ifindex)
		cv = NULL;
	gi = iface_giaddr_find(d->out, d->m.giaddr);
	d->rai = gi >= 0 && d->out->giaddr[gi].rai.len ? &d->out->giaddr[gi].rai : NULL;
	d->rai_was = iface_rai_was(d->out, d->m.giaddr);
	d->strip_pxe = strips_pxe(r, d);
	address(d, cv);
	answered(r, d, cv);
	return DROP_NONE;
}

enum drop
relay4_reply(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    struct relay4_delivery *d)
{
	enum drop why;

	d->server = servers_find4(r->servers, rx->src);
	d->out = NULL;
	d->m.data = NULL;
	stats_count(r->stats, COUNTER_REPLIES);
	why = plan_reply(r, rx, now, d);
	if (why != DROP_NONE)
		r->stats->drop_reply[why]++;
	return why;
}

/* Ours, in whichever form its server got it. */
static enum rai_found
strip(uint8_t *out, size_t *len, const struct dhcp4 *m, const struct rai *rai)
{
	enum rai_found found = rai_strip(out, len, m, rai);
	struct rai shorter;

	if (found != RAI_FOREIGN || !rai || !rai->server_id_at)
		return found;
	shorter = rai_without_server_id(rai);
	return rai_strip(out, len, m, &shorter);
}

size_t
relay4_render_reply(struct relay4 *r, const struct relay4_delivery *d,
    uint8_t *out, size_t size)
{
	static const uint8_t pxe[] = {
		DHCP4_OPT_VENDOR_CLASS, DHCP4_OPT_VENDOR_INFO
	};
	uint8_t shorter[RELAY4_STRIP_MAX];
	struct dhcp4 cut = d->m;
	size_t len = d->m.len;
	enum rai_found found;

	if (len > size || size < DHCP4_MIN)	/* the caller's promise */
		return 0;
	if (d->strip_pxe && len <= sizeof(shorter)) {
		len = dhcp4_copy_without(shorter, &d->m, pxe, sizeof(pxe));
		if (dhcp4_parse(&cut, shorter, len) != DROP_NONE)
			return 0;
		stats_count(r->stats, COUNTER_STRIPPED_PXE);
	}
	found = strip(out, &len, &cut, d->rai);
	/* The request was relayed before a reload, or before the interface changed. */
	if (found == RAI_FOREIGN && d->rai_was)
		found = strip(out, &len, &cut, d->rai_was);
	if (found == RAI_OURS)
		stats_count(r->stats, COUNTER_OPTION82_STRIPPED);
	else if (found == RAI_FOREIGN)
		stats_count(r->stats, COUNTER_OPTION82_FOREIGN);
	return len;
}
