/* SPDX-License-Identifier: ISC
 *
 * capture_event - makes a captured packet of an event: its headers, the facts
 * that filters match, and the verdict as a comment (a word, then key=value;
 * pxrelayctl(8) lists them).
 *
 * The client leg is Ethernet. Broadcasts keep the IP header that was received;
 * a checksum left to hardware is filled in. The server leg, and unicast to this
 * host, goes through UDP sockets, so its headers are made here, with the true
 * addresses and ports but without the sender's link address.
 */
#include <string.h>

#include "base/sbuf.h"
#include "proto/pcapng.h"
#include "proto/udpip.h"
#include "relay/observe/capture.h"
#include "relay/observe/event.h"
#include "relay/state.h"

#define ETHER_HEADER	14
#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd

/* RFC 9915 7.1: All_DHCP_Relay_Agents_and_Servers, the only group on a VLAN. */
static const struct ip6 all_relays = { { 0xff, 0x02, [13] = 0x01, [15] = 0x02 } };
static const struct mac broadcast_mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static struct mac
own_mac(const struct iface *f)
{
	return f ? event_mac(f->link.mac, f->link.mac_len) : (struct mac){ { 0 } };
}

static void
at_interface(struct daemon *d, struct sight *s, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(d->iftab, ifindex);
	const char *name = f ? f->link.name : "gone";
	struct sbuf b = sbuf_init(s->name, sizeof(s->name));

	sbuf_esc(&b, name, strlen(name));
	s->ifindex = ifindex;
	s->facts.interface[0] = name;
}

static void
at_server(struct daemon *d, struct sight *s, uint16_t server, enum family family)
{
	struct sbuf b = sbuf_init(s->name, sizeof(s->name));

	s->ifindex = 0;
	s->link = family == FAMILY6 ? PCAPNG_IPV6 : PCAPNG_IPV4;
	if (server != CONF_NONE)
		s->peer = d->conf->server[server].address;
	sbuf_printf(&b, "server:%s", conf_server_name(d->conf, server));
}

static void
put_ethernet(struct sight *s, enum family family, const struct mac *to,
    const struct mac *from)
{
	struct wr w = wr_init(s->head, ETHER_HEADER);

	wr_bytes(&w, to->b, sizeof(to->b));
	wr_bytes(&w, from->b, sizeof(from->b));
	wr_u16(&w, family == FAMILY6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	s->link = PCAPNG_ETHERNET;
	s->head_len = wr_len(&w);
	s->facts.to = *to;
	s->facts.from = *from;
}

/* The client is known if it is a DHCPv4 message and chaddr an Ethernet address. */
static void
read_chaddr(struct sight *s, const struct udpip *u)
{
	struct mac *client = &s->facts.client;
	struct rd r = rd_init(u->payload, u->payload_len);
	uint8_t op = rd_u8(&r), hlen;

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - 3);
	if ((op == BOOTREQUEST || op == BOOTREPLY) && hlen == sizeof(client->b))
		rd_copy(&r, client->b, sizeof(client->b));
}

static void
put_payload(struct sight *s, const struct udpip *u)
{
	s->facts.src = u->src;
	s->facts.dst = u->dst;
	s->body = u->payload;
	s->body_len = u->payload_len;
	if (ip_family(u->dst) == FAMILY4)
		read_chaddr(s, u);
}

static void
put_udp(struct sight *s, const struct udpip *u)
{
	s->head_len += udpip_build(s->head + s->head_len, u, 0);
	put_payload(s, u);
}

/* Fills in the checksum that was left to the sender's hardware, as on a veth. */
static void
fill_checksum(struct sight *s, const struct udpip *u)
{
	static const uint8_t none[2];
	uint8_t *csum = s->head + s->head_len - sizeof(none);
	uint8_t hdr[UDPIP6_HEADERS];

	if (memcmp(csum, none, sizeof(none)) == 0)
		return;			/* RFC 768: no checksum */
	memcpy(csum, hdr + udpip_build(hdr, u, 0) - sizeof(none), sizeof(none));
}

/* Puts the IP packet as received, with any trailer after the UDP data. */
static void
put_packet(struct sight *s, const struct rx *rx, const struct udpip *u)
{
	size_t len = (size_t)((const uint8_t *)rx->data - rx->ip);

	if (s->head_len + len > sizeof(s->head))
		return;			/* a header has 60 bytes at most */
	memcpy(s->head + s->head_len, rx->ip, len);
	s->head_len += len;
	if (rx->csum_unverified)
		fill_checksum(s, u);
	put_payload(s, u);
	s->body_len = rx->ip_len - len;
}

static struct udpip
udp_of(const struct rx *rx, uint16_t dport)
{
	return (struct udpip){
		.src = rx->src, .dst = rx->dst, .sport = rx->sport,
		.dport = dport, .payload = rx->data, .payload_len = rx->len,
	};
}

/* RFC 1112 6.4, RFC 2464 7 */
static struct mac
group_mac(struct ipaddr group)
{
	const uint8_t *six = group.v6.b + 12;
	uint32_t four = ip_v4(group).host;

	return group.version == 6 ?
	    (struct mac){ { 0x33, 0x33, six[0], six[1], six[2], six[3] } } :
	    (struct mac){ { 0x01, 0x00, 0x5e, (uint8_t)(four >> 16 & 0x7f),
		(uint8_t)(four >> 8), (uint8_t)four } };
}

static void
put_link(struct daemon *d, struct sight *s, enum ring_to to, struct ipaddr dst,
    const struct mac *from)
{
	static const uint32_t flag[] = {
		[RING_TO_BROADCAST] = PCAPNG_BROADCAST,
		[RING_TO_MULTICAST] = PCAPNG_MULTICAST,
		[RING_TO_HOST] = PCAPNG_UNICAST,
	};
	struct mac own = own_mac(iftab_by_index(d->iftab, s->ifindex));
	struct mac group = group_mac(dst);

	put_ethernet(s, ip_family(dst), to == RING_TO_BROADCAST ? &broadcast_mac :
	    to == RING_TO_MULTICAST ? &group : &own, from);
	s->flags |= flag[to];
}

static void
see_frame_in(struct daemon *d, struct sight *s, const struct event *e)
{
	const struct rx *rx = e->rx;
	struct mac from = event_mac(rx->mac, rx->mac_len);
	struct udpip u = udp_of(rx, e->dport);

	s->flags = PCAPNG_INBOUND;
	at_interface(d, s, rx->ifindex);
	put_link(d, s, e->to, rx->dst, &from);
	if (rx->ip)
		put_packet(s, rx, &u);
	else
		put_udp(s, &u);
}

static void
see_bad_frame(struct daemon *d, struct sight *s, const struct event *e)
{
	const struct ring_frame *f = e->frame;
	struct mac from = event_mac(f->mac, f->mac_len);
	bool six = e->family == FAMILY6;

	s->flags = PCAPNG_INBOUND;
	at_interface(d, s, f->ifindex);
	put_link(d, s, f->to == RING_TO_MULTICAST && !six ? RING_TO_BROADCAST : f->to,
	    six ? ip_of6(all_relays) : ip_of4(IP4_NONE), &from);
	s->body = f->ip;
	s->body_len = f->len;
}

static void
see_event(struct daemon *d, struct sight *s, const struct event *e)
{
	struct udpip u;
	struct mac from;

	switch (e->leg) {
	case EVENT_NOWHERE:
		break;
	case EVENT_FRAME_IN:
		see_frame_in(d, s, e);
		break;
	case EVENT_BAD_FRAME:
		see_bad_frame(d, s, e);
		break;
	case EVENT_SERVER_IN:
		u = udp_of(e->rx, e->dport);
		s->flags = PCAPNG_INBOUND | PCAPNG_UNICAST;
		at_server(d, s, e->server, ip_family(u.dst));
		put_udp(s, &u);
		break;
	case EVENT_SERVER_OUT:
		s->flags = PCAPNG_OUTBOUND | (ip6_is_multicast(ip_v6(e->udp.dst)) ?
		    PCAPNG_MULTICAST : PCAPNG_UNICAST);
		at_server(d, s, e->server, ip_family(e->udp.dst));
		put_udp(s, &e->udp);
		break;
	case EVENT_FRAME_OUT:
		from = own_mac(iftab_by_index(d->iftab, e->ifindex));
		s->flags = PCAPNG_OUTBOUND |
		    (e->mac.b[0] & 1 ? PCAPNG_BROADCAST : PCAPNG_UNICAST);
		at_interface(d, s, e->ifindex);
		put_ethernet(s, ip_family(e->udp.dst), &e->mac, &from);
		put_udp(s, &e->udp);
		break;
	}
}

/* Is it a received message that was relayed to the servers of its plan? */
static bool
was_relayed(const struct event *e)
{
	return e->leg == EVENT_FRAME_IN && e->asked && e->why == DROP_NONE;
}

/* Adds facts that a filter can match although they are not in the packet itself. */
static void
add_facts(struct daemon *d, struct sight *s, const struct event *e)
{
	const struct conf_server *server = d->conf->server;
	struct capfacts *f = &s->facts;

	f->interface[1] = e->other ? e->other->link.name : NULL;
	f->leased = e->leased;
	if (e->m6 && e->m6->m.data && e->m6->has_mac)
		f->client = e->m6->mac;
	if (was_relayed(e)) {
		for (unsigned i = 0; i < e->asked->n; i++)
			f->server[i] = server[e->asked->server[i]].address;
		f->n_server = e->asked->n;
	} else if (!ip_is_none(e->from_server)) {
		f->server[0] = e->from_server;
		f->n_server = 1;
	}
}

static void
put_comment(struct sbuf *b, const struct daemon *d, const struct event *e)
{
	if (e->why != DROP_NONE)
		sbuf_printf(b, "dropped reason=%s text=\"%s\"", drop_word(e->why),
		    drop_sentence(e->why));
	else
		sbuf_puts(b, e->word);
	if (was_relayed(e))
		sbuf_puts(b, " to=");
	for (unsigned i = 0; was_relayed(e) && i < e->asked->n; i++)
		sbuf_printf(b, "%s%s", i ? "," : "",
		    conf_server_name(d->conf, e->asked->server[i]));
	if (e->name_server)
		sbuf_printf(b, " server=%s", conf_server_name(d->conf, e->server));
	if (e->other && e->other_key) {
		sbuf_printf(b, " %s=", e->other_key);
		sbuf_esc(b, e->other->link.name, strlen(e->other->link.name));
	}
	if (e->rule && e->name_rule)
		sbuf_printf(b, " rule=%s", e->rule->name);
	if (e->tail)
		sbuf_puts(b, e->tail);
}

void
capture_event(struct daemon *d, const struct event *e)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	memset(&s, 0, sizeof(s));
	see_event(d, &s, e);
	add_facts(d, &s, e);
	if (!capture_wants(d, &s))
		return;
	put_comment(&b, d, e);
	capture_put(d, &s, text);
}
