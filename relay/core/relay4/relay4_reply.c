/* SPDX-License-Identifier: ISC
 *
 * relay4_reply - judges a BOOTREPLY, finds the client's interface and decides
 * how the message is addressed there (RFC 2131 4.1, RFC 1542 4.1.2, and what
 * real ROMs need); then renders it. Replies from port 4011 to a query of
 * rescue.c never get here.
 *
 * Servers are as hostile as clients: a reply is delivered only for a giaddr of
 * ours, on that giaddr's interface, and text that the server echoed is never
 * trusted.
 */
#include "core/relay4/discovery.h"

#include <assert.h>
#include <string.h>

/* --- may it be delivered? ---------------------------------------------- */

/* Of two routers on one VLAN, the other one may be on the way from the servers:
 * it receives the reply and forwards it to us over that VLAN. Any machine on
 * the VLAN may also have forged it, so it is accepted only for clients of this
 * VLAN, which that machine could answer without us. */
static bool
came_by_other_router(struct relay *r, const struct rx *rx)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex), *master;
	struct dhcp4 m;

	if (!in || !in->conf)
		return false;
	master = in->link.master ? iftab_by_index(r->iftab, in->link.master) : NULL;
	/* If a route leads into a VRF (from a server outside), the kernel
	 * reports the reply as received on the interface that has the address. */
	return (in->conf->o.active != CONF_ACTIVE_ALWAYS ||
	    (master && master->link.kind == IFTAB_VRF)) &&
	    dhcp4_parse(&m, rx->data, rx->len) == DROP_NONE &&
	    iface_giaddr_find(in, m.giaddr) >= 0;
}

enum drop
relay4_judge_sender(struct relay *r, const struct rx *rx, uint16_t server, bool *detour)
{
	enum drop why = ask_judge_source(r, rx, server);

	*detour = why == DROP_CLIENT_UPLINK && came_by_other_router(r, rx);
	return *detour ? DROP_NONE : why;
}

/* A client's message in a BOOTREPLY is a lie. Servers send FORCERENEW to a client's
 * own address (RFC 3203), past the relay. Types that are not known here are
 * delivered: RFC 1542 4.1.2 has no list. */
static bool
is_no_reply(uint8_t type)
{
	return type == DHCP4_DISCOVER || type == DHCP4_REQUEST ||
	    type == DHCP4_DECLINE || type == DHCP4_RELEASE ||
	    type == DHCP4_INFORM || type == DHCP4_FORCERENEW;
}

static enum drop
judge_message(const struct dhcp4 *m)
{
	if (m->op != BOOTREPLY)
		return DROP_BAD_OP;
	return is_no_reply(m->type) || dhcp4_type_is_invalid(m) ?
	    DROP_BAD_TYPE : DROP_NONE;
}

/* What a client would take as an answer. Other types do it no harm, and may be for a client
 * that did not ask under this key: DHCPLEASEACTIVE has the chaddr of the lease (RFC 4388
 * 6.4.2). */
static bool
is_answer(const struct dhcp4 *m)
{
	return m->type == DHCP4_OFFER || m->type == DHCP4_ACK || m->type == DHCP4_NAK ||
	    m->type == DHCP4_TYPE_NONE;
}

static bool
is_value(struct rd v, const struct rai *rai)
{
	return rai->len && rd_left(&v) == rai->len && memcmp(v.p, rai->value, rai->len) == 0;
}

/* Does the message have the option 82 that we add on this interface? */
static bool
has_option_of(const struct dhcp4 *m, const struct iface *f)
{
	const struct rai *rai = &f->giaddr[iface_giaddr_find(f, m->giaddr)].rai;
	struct rai shorter = rai_without_server_id(rai);
	struct rd v;

	return dhcp4_opt(m, DHCP4_OPT_RAI, &v) &&
	    (is_value(v, rai) || is_value(v, &shorter));
}

/* Of two interfaces with one giaddr where the same chaddr and xid asked, a reply is
 * rather for the one whose option 82 came back, else for the first one: who copies a
 * neighbour's xid is the second. */
static bool
is_likelier(struct relay *r, const struct dhcp4 *m, const struct conv *cv,
    const struct conv *than)
{
	bool echo = has_option_of(m, iftab_by_index(r->iftab, cv->key.ifindex));
	bool other = has_option_of(m, iftab_by_index(r->iftab, than->key.ifindex));

	return echo != other ? echo : mono_before(cv->begin, than->begin);
}

/* Finds the client's interface by giaddr; if several interfaces share it, by our memory
 * of the conversation. If the client's interface is down, the reply is not for another
 * one, even if only that one is left with this giaddr. */
static enum drop
find_interface(struct relay *r, struct relay4_delivery *d, struct conv **conv,
    struct mono now)
{
	struct client_key key = clients_key(&d->m, 0);
	size_t n = iftab_by_giaddr(r->iftab, d->m.giaddr, &d->out);
	uint32_t at = 0;
	bool down = false;
	struct conv *cv;

	*conv = NULL;
	if (n == 0 || ip4_is_none(d->m.giaddr))
		return DROP_NOT_OUR_GIADDR;
	while ((cv = clients_find_any(r->clients, key, &at, now))) {
		struct iface *f = iftab_by_index(r->iftab, cv->key.ifindex);

		if (!f || iface_giaddr_find(f, d->m.giaddr) < 0)
			continue;
		down |= f->conf && !f->link.up;
		if (!iface_ready(f) || (*conv && !is_likelier(r, &d->m, cv, *conv)))
			continue;
		*conv = cv;
		d->out = f;
	}
	if (*conv)
		return DROP_NONE;
	return n > 1 ? DROP_AMBIGUOUS : down ? DROP_DOWN : DROP_NONE;
}

/* offers = proxy-only: this server must not hand out addresses. An OFFER with
 * yiaddr is a lease; an ACK is one when it has a lease time (option 51):
 * dnsmasq's ACK to a boot server discovery repeats the client's own address in
 * yiaddr. */
static bool
is_lease(const struct dhcp4 *m)
{
	if (ip4_is_none(m->yiaddr))
		return false;
	return m->type == DHCP4_OFFER || m->type == DHCP4_TYPE_NONE ||
	    (m->type == DHCP4_ACK && m->at[DHCP4_OPT_LEASE_TIME]);
}

/* --- where does it go? ------------------------------------------------- */

static bool
is_group(const uint8_t *mac, uint8_t len)
{
	return len == 6 && mac[0] & 1;
}

/* Finds the client's link address without ARP: chaddr on Ethernet. EDK2 may put
 * its GUID into chaddr (hlen 16), and InfiniBand leaves it empty (hlen 0, RFC
 * 4390): then it is the link source of the request, if known. It is never a
 * group address, which would send one client's message to the whole VLAN. */
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
	if (!cv || cv->from.mac_len == 0 || is_group(cv->from.b, cv->from.mac_len))
		return false;
	d->mac_len = cv->from.mac_len;
	memcpy(d->mac, cv->from.b, cv->from.mac_len);
	return true;
}

static struct ip4
destination(const struct dhcp4 *m, const struct conv *cv)
{
	/* RFC 2131 4.1: a relay agent broadcasts a NAK; the client may have no
	 * usable address. */
	if (m->type == DHCP4_NAK)
		return IP4_BROADCAST;
	/* An ACK to a message with ciaddr goes there even if the broadcast flag
	 * is set: iPXE sends the request to its boot server from a socket that
	 * is bound to its address and never sees a broadcast (measured;
	 * dhcrelay fails there). dnsmasq as boot server moves ciaddr to yiaddr
	 * in that ACK, so that only the request has it. */
	if (m->type == DHCP4_ACK && !ip4_is_none(m->ciaddr))
		return m->ciaddr;
	if (m->type == DHCP4_ACK && cv && !ip4_is_none(cv->ciaddr))
		return cv->ciaddr;
	/* Some servers do not copy the flag back, so the request's counts too. */
	if (m->flags & DHCP4_FLAG_BROADCAST || (cv && cv->broadcast))
		return IP4_BROADCAST;
	if (!ip4_is_none(m->yiaddr))
		return m->yiaddr;
	/* A proxyDHCP offer has no yiaddr. dhcrelay unicasts it to yiaddr, that
	 * is to 0.0.0.0, and so loses dnsmasq's offers. */
	return ip4_is_none(m->ciaddr) ? IP4_BROADCAST : m->ciaddr;
}

static void
address_reply(struct relay4_delivery *d, const struct conv *cv)
{
	memset(d->mac, 0, sizeof(d->mac));	/* the kernel gets all bytes */
	d->src = d->m.giaddr;
	/* iPXE and EDK2 expect source port 67 (Dhcp4Io, dhcp.c). */
	d->sport = DHCP4_PORT_SERVER;
	d->dport = DHCP4_PORT_CLIENT;
	d->dst = destination(&d->m, cv);
	if (cv && cv->p4011_sport && d->m.type != DHCP4_NAK) {
		d->sport = DHCP4_PORT_PXE;
		d->dport = cv->p4011_sport;
		d->dst = cv->p4011_src;
	}
	d->mac_len = 0;
	if (!ip4_eq(d->dst, IP4_BROADCAST) && ip4_is_host(d->dst) &&
	    (iface_is_tunnel(d->out) || client_mac(d, cv)))
		return;
	d->dst = IP4_BROADCAST;
	d->mac_len = d->out->link.mac_len ? d->out->link.mac_len : 6;
	if (d->mac_len > sizeof(d->mac))
		d->mac_len = sizeof(d->mac);
	memset(d->mac, 0xff, sizeof(d->mac));
}

/* --- what follows from it ---------------------------------------------- */

/* A boot server's offer has no address. */
static bool
is_proxy_offer(const struct dhcp4 *m)
{
	return m->type == DHCP4_OFFER && ip4_is_none(m->yiaddr);
}

/* strip-pxe-from = dhcp removes options 60 and 43 from the offers of servers
 * that are in no boot group. This cures PXE-E55 when option 60 was left on a
 * DHCP server. The offers of boot servers, which may be in a `servers =`, keep
 * them. */
static bool
strips_pxe(const struct relay *r, const struct relay4_delivery *d)
{
	return r->conf->strip_pxe_from_dhcp && d->m.type == DHCP4_OFFER &&
	    !ip4_is_none(d->m.yiaddr) && d->server != CONF_NONE &&
	    !r->conf->is_boot[d->server] && pxe_offer_says(&d->m, "PXEClient");
}

/* alive: the reply proves it, whichever client this is for. */
static void
note_server(struct relay *r, const struct relay4_delivery *d, bool alive, struct mono now)
{
	struct server_stats *s = &r->servers->stats[d->server];

	s->replies++;
	s->offers += d->m.type == DHCP4_OFFER;
	s->acks += d->m.type == DHCP4_ACK;
	s->naks += d->m.type == DHCP4_NAK;
	if (alive)
		servers_note(r->servers, d->server,
		    health_reply(&r->servers->health[d->server], now));
}

/* Notes which query a reply answers. An offer with an address answers the DHCP
 * query. An offer without one, with option 60, or from a server that is in boot
 * groups only, answers the boot query; so does an ACK if boot servers were
 * queried without a DISCOVER (43.71, an INFORM, a ROM that uses port 67). */
static void
note_answered(struct relay *r, const struct relay4_delivery *d, struct conv *cv)
{
	const struct dhcp4 *m = &d->m;
	bool boot = d->server != CONF_NONE && r->conf->is_boot[d->server];
	bool dhcp = d->server == CONF_NONE || r->conf->is_dhcp[d->server];
	bool offer = m->type == DHCP4_OFFER, lease = !ip4_is_none(m->yiaddr);

	if (boot && ((offer && (!lease || !dhcp || m->at[DHCP4_OPT_VENDOR_CLASS])) ||
	    (m->type == DHCP4_ACK && cv->ack_is_boot))) {
		ask_answered(r, &cv->ask, &cv->key, CONF_BOOT);
		clients_station(r->clients, cv->key)->boot =
		    ip_v4(r->conf->server[d->server].address);
	}
	if (dhcp && offer && lease)
		ask_answered(r, &cv->ask, &cv->key, CONF_DHCP);
}

/* A server may be in both classes. */
static enum conf_class
class_of_reply(const struct relay *r, const struct relay4_delivery *d)
{
	if (d->server == CONF_NONE || !r->conf->is_boot[d->server])
		return CONF_DHCP;
	return !r->conf->is_dhcp[d->server] || is_proxy_offer(&d->m) ?
	    CONF_BOOT : CONF_DHCP;
}

static void
note_reply(struct relay *r, const struct relay4_delivery *d, struct conv *cv)
{
	int gi = iface_giaddr_find(d->out, d->m.giaddr);

	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	d->out->stats[FAMILY4].replies++;
	stats_count_message(&d->out->stats[FAMILY4], class_of_reply(r, d), d->m.type);
	if (is_proxy_offer(&d->m))
		stats_count(r->stats, COUNTER_PROXY_OFFERS);
	if (d->sport == DHCP4_PORT_PXE)
		stats_count(r->stats, COUNTER_P4011_REPLIES);
	if (!cv)
		return;
	/* A client that has only a proxy offer keeps asking for an address.
	 * giaddr = rotate must then move to the next subnet, although the boot
	 * server replies in each. */
	if (!is_proxy_offer(&d->m))
		cv->tries = 0;
	if (d->m.type == DHCP4_ACK)
		cv->leased = d->m.yiaddr;
	note_answered(r, d, cv);
	/* The giaddr that got an address stays the client's. */
	if (d->out->conf->o.giaddr == CONF_GIADDR_ROTATE && gi >= 0 &&
	    !ip4_is_none(d->m.yiaddr)) {
		cv->gi = (uint8_t)gi;
		clients_station(r->clients, cv->key)->gi = (uint8_t)gi;
	}
}

/* Did its client ask, on whatever interface? */
static bool
was_asked(struct relay *r, const struct relay4_delivery *d, struct mono now)
{
	uint32_t at = 0;

	return clients_find_any(r->clients, clients_key(&d->m, 0), &at, now);
}

static enum drop
plan_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay4_delivery *d)
{
	enum drop why;
	struct conv *cv;
	bool detour;
	int gi;

	why = relay4_judge_sender(r, rx, d->server, &detour);
	if (why == DROP_NONE)
		why = dhcp4_parse(&d->m, rx->data, rx->len);
	if (why == DROP_NONE)
		why = judge_message(&d->m);
	if (why != DROP_NONE)
		return why;
	why = find_interface(r, d, &cv, now);
	if (d->server != CONF_NONE)
		note_server(r, d, was_asked(r, d, now) && !detour, now);
	if (cv && d->server != CONF_NONE)
		stats_answered(&r->servers->stats[d->server],
		    mono_diff_us(now, cv->last));
	if (why != DROP_NONE)
		return why;
	if (d->server != CONF_NONE && r->conf->server[d->server].proxy_only &&
	    is_lease(&d->m))
		return DROP_OFFER_NOT_PROXY;
	if (!cv && is_answer(&d->m) && ask_remembers(r, now))
		return DROP_UNASKED;
	gi = iface_giaddr_find(d->out, d->m.giaddr);
	d->rai = gi >= 0 && d->out->giaddr[gi].rai.len ?
	    &d->out->giaddr[gi].rai : NULL;
	d->rai_was = NULL;
	for (uint8_t i = 0; i < d->out->n_was; i++)
		if (ip4_eq(d->out->was[i].addr, d->m.giaddr))
			d->rai_was = &d->out->was[i].rai;
	d->strip_pxe = strips_pxe(r, d);
	address_reply(d, cv);
	note_reply(r, d, cv);
	d->new_group = cv && d->server != CONF_NONE && discovery_learn(r, d, now);
	return DROP_NONE;
}

enum drop
relay4_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay4_delivery *d)
{
	enum drop why;

	d->server = servers_find4(r->servers, rx->src.v4);
	d->out = NULL;
	d->m.data = NULL;
	stats_count(r->stats, COUNTER_REPLIES);
	why = plan_reply(r, rx, now, d);
	if (why != DROP_NONE)
		r->stats->drop_reply[why]++;
	return why;
}

/* --- its bytes --------------------------------------------------------- */

/* Removes our option 82, in either form (enum relay4_form). */
static enum rai_found
strip_82(uint8_t *out, size_t *len, const struct dhcp4 *m, const struct rai *rai)
{
	enum rai_found found = rai_strip(out, len, m, rai);
	struct rai shorter;

	if (found != RAI_FOREIGN || !rai || !rai->server_id_at)
		return found;
	shorter = rai_without_server_id(rai);
	return rai_strip(out, len, m, &shorter);
}

size_t
relay4_render_reply(struct relay *r, const struct relay4_delivery *d,
    uint8_t *out, size_t size)
{
	static const uint8_t pxe[] = {
		DHCP4_OPT_VENDOR_CLASS, DHCP4_OPT_VENDOR_INFO
	};
	uint8_t shorter[RELAY4_STRIP_MAX];
	struct dhcp4 cut = d->m;
	size_t len = d->m.len;
	enum rai_found found;

	assert(len <= size && size >= DHCP4_MIN);
	if (d->strip_pxe && len <= sizeof(shorter)) {
		len = dhcp4_copy_without(shorter, &d->m, pxe, sizeof(pxe));
		/* Only whole options were removed, so the rest can be read. If
		 * it ever cannot, the client gets the message as it was. */
		if (dhcp4_parse(&cut, shorter, len) == DROP_NONE) {
			stats_count(r->stats, COUNTER_STRIPPED_PXE);
		} else {
			cut = d->m;
			len = d->m.len;
		}
	}
	found = strip_82(out, &len, &cut, d->rai);
	/* The request was relayed before a reload, or before the interface
	 * changed. */
	if (found == RAI_FOREIGN && d->rai_was)
		found = strip_82(out, &len, &cut, d->rai_was);
	if (found == RAI_OURS)
		stats_count(r->stats, COUNTER_OPTION82_STRIPPED);
	else if (found == RAI_FOREIGN)
		stats_count(r->stats, COUNTER_OPTION82_FOREIGN);
	return len;
}
