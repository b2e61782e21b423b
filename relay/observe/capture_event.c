/* SPDX-License-Identifier: ISC
 *
 * capture_event - what the packet path tells to captures (relay/capture): a packet with
 * the headers that it has or had, what is known about it, and its verdict in words. Each
 * function is called at the moment when the verdict is known and before what follows from it
 * leaves, so that a file reads from cause to effect.
 *
 * The client leg is Ethernet. Broadcasts come with their IP header as received;
 * a checksum that was left to hardware is filled in as the wire would have it. The server leg, and
 * unicast to ourselves, goes through UDP sockets: there the headers are made here, with
 * the true addresses and ports, and without the sender's link address.
 *
 * The verdict is a word, then key=value; pxrelayctl(8) lists them.
 */
#include "relay/observe/capture.h"

#include <string.h>

#include "base/sbuf.h"
#include "proto/pcapng.h"
#include "proto/udpip.h"

#define ETHER_HEADER	14
#define ETHERTYPE_IPV4	0x0800

/* --- addresses ------------------------------------------------------------------- */

static const struct mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static struct mac
mac_of(const uint8_t *bytes, size_t len)
{
	struct mac m = { { 0 } };

	if (len == sizeof(m.b))
		memcpy(m.b, bytes, sizeof(m.b));
	return m;
}

static struct mac
own_mac(const struct iface *f)
{
	return f ? mac_of(f->link.mac, f->link.mac_len) : (struct mac){ { 0 } };
}

/* RFC 1112 6.4 */
static struct mac
multicast_mac(struct ip4 a)
{
	return (struct mac){ { 0x01, 0x00, 0x5e, (uint8_t)(a.host >> 16 & 0x7f),
	    (uint8_t)(a.host >> 8), (uint8_t)a.host } };
}

/* chaddr, when it is an Ethernet address of a message. */
static struct mac
chaddr_of(const void *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct mac m = { { 0 } };
	uint8_t op = rd_u8(&r), hlen;

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - 3);
	if ((op == BOOTREQUEST || op == BOOTREPLY) && hlen == sizeof(m.b))
		rd_copy(&r, m.b, sizeof(m.b));
	return m;
}

/* --- where it was seen -------------------------------------------------------------- */

static void
begin(struct sight *s, uint32_t flags)
{
	memset(s, 0, sizeof(*s));
	s->flags = flags;
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
at_server(struct daemon *d, struct sight *s, uint16_t server)
{
	struct sbuf b = sbuf_init(s->name, sizeof(s->name));

	s->ifindex = 0;
	if (server != CONF_NONE)
		s->peer = ip_v4(d->conf->server[server].address);
	sbuf_printf(&b, "server:%s", conf_server_name(d->conf, server));
}

/* Whose conversation it is, on the other leg. */
static void
of_interface(struct sight *s, const struct iface *f)
{
	s->facts.interface[1] = f ? f->link.name : NULL;
}

static void
add_servers(struct daemon *d, struct sight *s, const uint16_t *server, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		s->facts.server[i] = ip_v4(d->conf->server[server[i]].address);
	s->facts.n_server = (uint16_t)n;
}

/* --- headers --------------------------------------------------------------------- */

static void
put_ethernet(struct sight *s, const struct mac *to, const struct mac *from)
{
	struct wr w = wr_init(s->head, ETHER_HEADER);

	wr_bytes(&w, to->b, sizeof(to->b));
	wr_bytes(&w, from->b, sizeof(from->b));
	wr_u16(&w, ETHERTYPE_IPV4);
	s->head_len = wr_len(&w);
	s->facts.to = *to;
	s->facts.from = *from;
}

static void
put_message(struct sight *s, const void *msg, size_t len)
{
	s->body = msg;
	s->body_len = len;
	s->facts.client = chaddr_of(msg, len);
}

static void
put_udp(struct sight *s, const struct udpip *u)
{
	udpip_build(s->head + s->head_len, u, 0);
	s->head_len += UDPIP_HEADERS;
	s->facts.src = u->src;
	s->facts.dst = u->dst;
	put_message(s, u->payload, u->payload_len);
}

/* What hardware would have written on its way out, had there been any (veth). */
static void
fill_checksum(struct sight *s, const struct udpip *u)
{
	static const uint8_t none[2];
	uint8_t *csum = s->head + s->head_len - sizeof(none);
	uint8_t hdr[UDPIP_HEADERS];

	if (memcmp(csum, none, sizeof(none)) == 0)
		return;			/* RFC 768: there is none */
	udpip_build(hdr, u, 0);
	memcpy(csum, hdr + UDPIP_HEADERS - sizeof(none), sizeof(none));
}

/* The IP packet as it came; what stands behind the UDP data is kept. */
static void
put_packet(struct sight *s, const struct relay4_rx *rx, const struct udpip *u)
{
	size_t len = (size_t)((const uint8_t *)rx->data - rx->ip);

	if (s->head_len + len > sizeof(s->head))
		return;			/* a header has 60 bytes at most */
	memcpy(s->head + s->head_len, rx->ip, len);
	s->head_len += len;
	if (rx->csum_unverified)
		fill_checksum(s, u);
	put_message(s, rx->data, rx->len);
	s->body_len = rx->ip_len - len;
	s->facts.src = rx->src;
	s->facts.dst = rx->dst;
}

static struct udpip
udp_of(const struct relay4_rx *rx, uint16_t dport)
{
	return (struct udpip){
		.src = rx->src, .dst = rx->dst, .sport = rx->sport,
		.dport = dport, .ttl = UDPIP_TTL,
		.payload = rx->data, .payload_len = rx->len,
	};
}

/* --- coming in --------------------------------------------------------------------- */

static uint32_t
put_link(struct daemon *d, struct sight *s, enum ring_to to, struct ip4 dst,
    const struct mac *from)
{
	struct mac own = own_mac(iftab_by_index(d->iftab, s->ifindex));
	struct mac group = multicast_mac(dst);

	switch (to) {
	case RING_TO_BROADCAST:
		put_ethernet(s, &everybody, from);
		return PCAPNG_BROADCAST;
	case RING_TO_MULTICAST:
		put_ethernet(s, &group, from);
		return PCAPNG_MULTICAST;
	case RING_TO_HOST:
		put_ethernet(s, &own, from);
		break;
	}
	return PCAPNG_UNICAST;
}

static enum ring_to
to_whom(const struct relay4_rx *rx)
{
	if (rx->unicast)
		return RING_TO_HOST;
	return ip4_is_multicast(rx->dst) ? RING_TO_MULTICAST : RING_TO_BROADCAST;
}

static void
see_frame(struct daemon *d, struct sight *s, const struct relay4_rx *rx,
    uint16_t dport, enum ring_to to)
{
	struct mac from = mac_of(rx->mac, rx->mac_len);
	struct udpip u = udp_of(rx, dport);

	begin(s, PCAPNG_INBOUND);
	at_interface(d, s, rx->ifindex);
	s->flags |= put_link(d, s, to, rx->dst, &from);
	if (rx->ip)
		put_packet(s, rx, &u);
	else
		put_udp(s, &u);
}

static void
see_datagram(struct daemon *d, struct sight *s, const struct relay4_rx *rx)
{
	struct udpip u = udp_of(rx, DHCP4_PORT_SERVER);

	begin(s, PCAPNG_INBOUND | PCAPNG_UNICAST);
	at_server(d, s, servers_find4(&d->servers, rx->src));
	put_udp(s, &u);
}

/* --- going out --------------------------------------------------------------------- */

static void
see_sent(struct daemon *d, struct sight *s, uint16_t server, const struct udpip *u)
{
	begin(s, PCAPNG_OUTBOUND | PCAPNG_UNICAST);
	at_server(d, s, server);
	put_udp(s, u);
}

/* DHCP to a server, by its own socket. */
static void
see_sent_dhcp(struct daemon *d, struct sight *s, uint16_t server, const void *msg,
    size_t len)
{
	struct udpip u = {
		.src = d->servers.source[server], .sport = DHCP4_PORT_SERVER,
		.dst = ip_v4(d->conf->server[server].address),
		.dport = DHCP4_PORT_SERVER, .ttl = UDPIP_TTL,
		.payload = msg, .payload_len = len,
	};

	see_sent(d, s, server, &u);
}

static void
see_sent_frame(struct daemon *d, struct sight *s, uint32_t ifindex,
    const struct mac *to)
{
	struct mac from = own_mac(iftab_by_index(d->iftab, ifindex));

	begin(s, PCAPNG_OUTBOUND);
	s->flags |= to->b[0] & 1 ? PCAPNG_BROADCAST : PCAPNG_UNICAST;
	at_interface(d, s, ifindex);
	put_ethernet(s, to, &from);
}

/* --- words ------------------------------------------------------------------------- */

static void
say_drop(struct sbuf *b, enum drop why)
{
	sbuf_printf(b, "dropped reason=%s text=\"%s\"", drop_word(why),
	    drop_sentence(why));
}

static void
say_servers(struct sbuf *b, const struct daemon *d, const struct relay4_plan *p)
{
	sbuf_puts(b, "relayed to=");
	for (unsigned i = 0; i < p->n_server; i++)
		sbuf_printf(b, "%s%s", i ? "," : "",
		    conf_server_name(d->conf, p->server[i]));
}

/* To whom it went, or why to nobody. false: no capture wants it. */
static bool
say_request(struct daemon *d, struct sight *s, struct sbuf *b,
    const struct relay4_plan *p, enum drop why)
{
	if (why == DROP_NONE)
		add_servers(d, s, p->server, p->n_server);
	if (!capture_wants(d, s))
		return false;
	if (why == DROP_NONE)
		say_servers(b, d, p);
	else
		say_drop(b, why);
	return true;
}

static void
say_rule(struct sbuf *b, const struct daemon *d, uint16_t rule)
{
	if (rule != CONF_NONE)
		sbuf_printf(b, " rule=%s", d->conf->rule[rule].name);
}

static void
say_interface(struct sbuf *b, const char *key, const struct iface *f)
{
	if (!f)
		return;
	sbuf_printf(b, " %s=", key);
	sbuf_esc(b, f->link.name, strlen(f->link.name));
}

/* One that is known by its first words only, and needs no more. */
static void
put_drop(struct daemon *d, const struct sight *s, enum drop why)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));

	say_drop(&b, why);
	capture_put(d, s, text);
}

/* --- requests ------------------------------------------------------------------------ */

void
capture_bad_frame(struct daemon *d, const struct ring_frame *f, enum drop why)
{
	struct mac from = mac_of(f->mac, f->mac_len);
	struct sight s;

	begin(&s, PCAPNG_INBOUND);
	at_interface(d, &s, f->ifindex);
	s.flags |= put_link(d, &s, f->to == RING_TO_MULTICAST ?
	    RING_TO_BROADCAST : f->to, IP4_NONE, &from);
	s.body = f->ip;
	s.body_len = f->len;
	if (capture_wants(d, &s))
		put_drop(d, &s, why);
}

void
capture_truncated(struct daemon *d, const struct relay4_rx *rx, uint16_t dport)
{
	struct sight s;

	if (dport == DHCP4_PORT_SERVER)
		see_datagram(d, &s, rx);
	else
		see_frame(d, &s, rx, dport, RING_TO_HOST);
	if (capture_wants(d, &s))
		put_drop(d, &s, DROP_TRUNCATED);
}

void
capture_request(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_plan *p, enum drop why)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_frame(d, &s, rx, DHCP4_PORT_SERVER, to_whom(rx));
	if (!say_request(d, &s, &b, p, why))
		return;
	say_rule(&b, d, p->rule);
	capture_put(d, &s, text);
}

void
capture_copy(struct daemon *d, const struct relay4_plan *p, uint16_t server,
    const void *msg, size_t len)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_sent_dhcp(d, &s, server, msg, len);
	of_interface(&s, p->in);
	if (!capture_wants(d, &s))
		return;
	sbuf_printf(&b, "%s server=%s", p->hedge ? "hedge" : "copy",
	    conf_server_name(d->conf, server));
	say_interface(&b, "from", p->in);
	say_rule(&b, d, p->rule);
	capture_put(d, &s, text);
}

/* --- replies ------------------------------------------------------------------------- */

void
capture_reply(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_delivery *v, enum drop why)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_datagram(d, &s, rx);
	of_interface(&s, v->out);
	if (why == DROP_NONE && v->m.type == DHCP4_ACK)
		s.facts.leased = v->m.yiaddr;
	if (!capture_wants(d, &s))
		return;
	if (why == DROP_NONE)
		sbuf_puts(&b, "relayed");
	else
		say_drop(&b, why);
	sbuf_printf(&b, " server=%s", conf_server_name(d->conf, v->server));
	say_interface(&b, "to", v->out);
	capture_put(d, &s, text);
}

void
capture_delivery(struct daemon *d, const struct relay4_delivery *v,
    const uint8_t *hdr, const void *msg, size_t len)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct mac to = mac_of(v->mac, v->mac_len);
	struct sight s;

	see_sent_frame(d, &s, v->out->link.ifindex, &to);
	memcpy(s.head + s.head_len, hdr, UDPIP_HEADERS);
	s.head_len += UDPIP_HEADERS;
	put_message(&s, msg, len);
	s.facts.src = v->src;
	s.facts.dst = v->dst;
	if (v->server != CONF_NONE)
		add_servers(d, &s, &v->server, 1);
	if (!capture_wants(d, &s))
		return;
	sbuf_printf(&b, "delivery server=%s%s", conf_server_name(d->conf, v->server),
	    v->strip_pxe ? " removed=60,43" : "");
	capture_put(d, &s, text);
}

/* --- port 4011 and helpers -------------------------------------------------------------- */

void
capture_4011(struct daemon *d, const struct relay4_rx *rx,
    const struct p4011_plan *p, enum drop why)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_frame(d, &s, rx, DHCP4_PORT_PXE, to_whom(rx));
	if (say_request(d, &s, &b, &p->servers, why))
		capture_put(d, &s, text);
}

void
capture_copy_4011(struct daemon *d, const struct relay4_rx *rx, uint16_t server,
    const struct udpip *u)
{
	const struct iface *in = iftab_by_index(d->iftab, rx->ifindex);
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_sent(d, &s, server, u);
	of_interface(&s, in);
	if (!capture_wants(d, &s))
		return;
	sbuf_printf(&b, "copy server=%s", conf_server_name(d->conf, server));
	say_interface(&b, "from", in);
	capture_put(d, &s, text);
}

void
capture_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    const struct helper_plan *p, enum drop why)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_frame(d, &s, rx, u->dport, to_whom(rx));
	if (!capture_wants(d, &s))
		return;
	if (why == DROP_NONE)
		sbuf_printf(&b, "helped copies=%u", p->n);
	else
		say_drop(&b, why);
	capture_put(d, &s, text);
}

void
capture_help_copy(struct daemon *d, const struct relay4_rx *rx,
    const struct udpip *u, uint32_t ifindex)
{
	const struct iface *in = iftab_by_index(d->iftab, rx->ifindex);
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	if (ifindex) {
		see_sent_frame(d, &s, ifindex, &everybody);
		put_udp(&s, u);
	} else {
		see_sent(d, &s, servers_find4(&d->servers, u->dst), u);
	}
	of_interface(&s, in);
	if (!capture_wants(d, &s))
		return;
	sbuf_puts(&b, "copy");
	say_interface(&b, "from", in);
	capture_put(d, &s, text);
}

/* --- what is only looked at ---------------------------------------------------------------- */

void
capture_seen(struct daemon *d, const struct relay4_rx *rx, uint16_t dport,
    enum ring_to to)
{
	struct sight s;

	see_frame(d, &s, rx, dport, to);
	if (capture_wants(d, &s))
		capture_put(d, &s, to == RING_TO_HOST ? "seen routed" :
		    "seen server-on-vlan");
}

/* --- what the relay asks for itself ---------------------------------------------------------- */

static void
put_rescue_question(struct daemon *d, const struct rescue_plan *p)
{
	uint16_t server = servers_find4(&d->servers, p->udp.dst);
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_sent(d, &s, server, &p->udp);
	if (!capture_wants(d, &s))
		return;
	sbuf_printf(&b, "rescue server=%s", conf_server_name(d->conf, server));
	capture_put(d, &s, text);
}

static void
put_rescue_delivery(struct daemon *d, const struct rescue_plan *p)
{
	struct mac to = mac_of(p->mac, p->mac_len);
	char text[CAPTURE_COMMENT], asked[IP4_STRLEN];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_sent_frame(d, &s, p->ifindex, &to);
	put_udp(&s, &p->udp);
	s.facts.server[0] = p->from;
	s.facts.n_server = 1;
	if (!capture_wants(d, &s))
		return;
	sbuf_printf(&b, "rescue-delivery server=%s in-place-of=%s%s",
	    conf_server_name(d->conf, p->live), ip4_str(p->asked, asked),
	    p->again ? " again=yes" : "");
	capture_put(d, &s, text);
}

void
capture_rescue(struct daemon *d, const struct rescue_plan *p)
{
	switch (p->what) {
	case RESCUE_NOTHING:
		break;
	case RESCUE_ASK:
		put_rescue_question(d, p);
		break;
	case RESCUE_DELIVER:
		put_rescue_delivery(d, p);
		break;
	}
}

void
capture_rescue_answer(struct daemon *d, const struct relay4_rx *rx,
    const struct rescue_plan *p)
{
	char text[CAPTURE_COMMENT];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct sight s;

	see_datagram(d, &s, rx);
	if (p->what == RESCUE_DELIVER)
		of_interface(&s, iftab_by_index(d->iftab, p->ifindex));
	if (!capture_wants(d, &s))
		return;
	if (p->what == RESCUE_DELIVER)
		sbuf_puts(&b, "rescue-answer");
	else
		say_drop(&b, DROP_RESCUE_UNUSED);
	capture_put(d, &s, text);
}

void
capture_probe(struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	struct sight s;

	see_sent_dhcp(d, &s, server, msg, len);
	if (capture_wants(d, &s))
		capture_put(d, &s, "probe");
}

void
capture_probe_answer(struct daemon *d, const struct relay4_rx *rx)
{
	struct sight s;

	see_datagram(d, &s, rx);
	if (capture_wants(d, &s))
		capture_put(d, &s, "probe-answer");
}
