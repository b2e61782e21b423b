/* SPDX-License-Identifier: ISC
 *
 * sniff - see include/core/story/sniff.h. RFC 2131 4.1 and RFC 9915 7.2 give the ports
 * by which the two sides of a relay differ: a message with a giaddr or inside a relay
 * header is on the servers' side.
 */
#include "core/story/sniff.h"

#include <stdlib.h>
#include <string.h>

#include "core/relay6/relay6.h"
#include "proto/frame.h"
#include "proto/pxe6.h"
#include "proto/tftp.h"
#include "proto/udpip.h"

/* A copy of a message follows it within this time; by then a client asks again
 * (RFC 2131 4.1: after 4 s; RFC 9915 7.6: SOL_TIMEOUT is 1 s). */
#define COPY_MS		900
/* Two files, or a bridge and its port, have the same packet within this time. Firmware
 * waits longer before it tries again (iPXE is the fastest: 100 ms for TFTP). */
#define SAME_MS		50
#define WAYS_MAX	8	/* on which a message is remembered */

/* A capture does not say on which interface of which relay a machine is: all are taken
 * to be on this one. */
#define IFINDEX		1

enum side { CLIENT, SERVERS };

struct sniff_packet {
	struct udpip udp;
	const struct mac *source;	/* the frame's; NULL: unknown */
};

/* What is the same in all copies of a message. */
struct message_key {
	uint8_t family, type;
	uint8_t reply, id_len;
	uint32_t xid;
	uint8_t id[16];		/* the client's: hardware address, or end of its DUID */
	uint64_t server;	/* that it names */
	uint32_t address;	/* that it gives */
	uint32_t secs;		/* differs in a retry */
};

struct message {
	struct message_key key;
	struct mono first;
	uint8_t n;
	struct way {
		enum side side;
		struct ipaddr dst;
	} way[WAYS_MAX];
};

struct sniff {
	struct track *track;
	struct transfers *transfers;
	const struct conf *conf;	/* NULL: none is known */
	struct hash *messages;
	struct sniff_seen seen;
	struct track_client *last;	/* the machine of the last packet; NULL: none */
	void (*over)(void *user, const struct track_client *c, struct mono when);
	void *user;
};

/* Of what happens where nothing was captured, nothing is known: neither whether its
 * requests went on to a server, nor whether it loaded a file. */
static void
on_over(void *sniff, const struct track_client *c, struct mono when)
{
	struct sniff *s = sniff;
	struct track_client *own = track_find(s->track, c->key.chaddr, c->key.hlen, IFINDEX);

	if (own != c)
		return;
	own->now.asked.dhcp += own->now.asked.dhcp == 0;
	own->now.six.asked.dhcp += own->now.six.asked.dhcp == 0;
	own->now.came.elsewhere |= !s->seen.others;
	s->over(s->user, own, when);
}

struct sniff *
sniff_new(size_t clients, void (*over)(void *, const struct track_client *, struct mono),
    void *user)
{
	/* Whoever writes a file so that its names collide could also make it long. */
	struct hash_key secret = { { 0, 0 } };
	struct sniff *s = calloc(1, sizeof(*s));
	struct track_listener l = { .over = on_over, .user = s };

	if (!s)
		return NULL;
	s->over = over;
	s->user = user;
	s->track = track_new(clients, secret);
	s->messages = hash_new(4 * clients, sizeof(struct message),
	    sizeof(struct message_key), secret, NULL, NULL);
	if (!s->track || !s->messages)
		return sniff_free(s);
	s->transfers = transfers_new(s->track, IFINDEX, clients);
	if (!s->transfers)
		return sniff_free(s);
	track_listen(s->track, &l);
	return s;
}

struct sniff *
sniff_free(struct sniff *s)
{
	if (s) {
		track_free(s->track);
		hash_free(s->messages);
		transfers_free(s->transfers);
		free(s);
	}
	return NULL;
}

void
sniff_know(struct sniff *s, const struct conf *c)
{
	s->conf = c;
}

/* A boot server that leases no addresses. */
static bool
is_boot_server(const struct sniff *s, struct ipaddr a)
{
	uint16_t i = s->conf ? conf_server_by_addr(s->conf, a) : CONF_NONE;

	return i != CONF_NONE && s->conf->is_boot[i] && !s->conf->is_dhcp[i];
}

static void
note_server(const struct sniff *s, struct track_asked *asked, struct ipaddr server)
{
	(*(is_boot_server(s, server) ? &asked->boot : &asked->dhcp))++;
}

const struct sniff_seen *
sniff_seen(const struct sniff *s)
{
	return &s->seen;
}

const struct transfers *
sniff_transfers(const struct sniff *s)
{
	return s->transfers;
}

struct track *
sniff_track(struct sniff *s)
{
	return s->track;
}

const struct track_client *
sniff_last(struct sniff *s)
{
	return s->last;
}

void
sniff_end(struct sniff *s, struct mono now)
{
	(void)track_end(s->track, UINT32_MAX, mono_add_ms(now, TRACK_OVER_MS));
}

/* --- copies -------------------------------------------------------------- */

enum sight { FRESH, COPY, COPY_TO_SERVER };

static bool
went_there(const struct message *m, const struct way *w)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->way[i].side == w->side && ip_eq(m->way[i].dst, w->dst))
			return true;
	return false;
}

/* Twice on the same way is twice sent. */
static enum sight
see(struct sniff *s, const struct message_key *k, struct way w, struct mono now)
{
	struct message *m;
	bool fresh;

	m = hash_get(s->messages, k, &fresh);
	if (fresh || mono_diff_ms(now, m->first) > COPY_MS ||
	    (went_there(m, &w) && mono_diff_ms(now, m->first) > SAME_MS)) {
		m->n = 0;
		m->first = now;
		fresh = true;
	} else if (went_there(m, &w))
		return COPY;
	if (m->n < WAYS_MAX)
		m->way[m->n++] = w;
	if (fresh)
		return FRESH;
	return w.side == SERVERS ? COPY_TO_SERVER : COPY;
}

/* --- DHCPv4 -------------------------------------------------------------- */

static struct message_key
key_of4(const struct dhcp4 *m)
{
	struct message_key k = {
		.family = FAMILY4, .type = m->type, .reply = m->op == BOOTREPLY,
		.id_len = m->hlen, .xid = m->xid,
		.server = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID).host,
		.address = m->yiaddr.host,
		.secs = m->op == BOOTREPLY ? 0 : m->secs,
	};

	memcpy(k.id, m->chaddr, m->hlen);
	return k;
}

static void
sniff_request4(struct sniff *s, const struct sniff_packet *p, struct dhcp4 *m,
    enum sight sight, struct mono now)
{
	bool by_relay = !ip4_is_none(m->giaddr), boot = is_boot_server(s, p->udp.dst);
	struct pxe_client client;
	struct track_request q = {
		.m = m, .client = &client, .ifindex = IFINDEX, .rule = CONF_NONE,
		.n_dhcp = by_relay && !boot, .n_boot = by_relay && boot, .overheard = true,
		.by_4011 = p->udp.dport == DHCP4_PORT_PXE,
	};
	struct track_client *c = track_find(s->track, m->chaddr, m->hlen, IFINDEX);

	if (sight == COPY_TO_SERVER && c)
		note_server(s, &c->now.asked, p->udp.dst);
	if (sight != FRESH || (by_relay && q.by_4011))
		return;
	m->giaddr = IP4_NONE;	/* it is of the relay that the capture is behind */
	pxe_read(&client, m);
	track_request(s->track, &q, now);
}

/* A reply that a relay delivers comes from the relay. */
static struct ip4
server_of4(const struct dhcp4 *m, const struct udpip *u)
{
	struct ip4 id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);
	bool relayed = u->dport == DHCP4_PORT_CLIENT && !ip4_is_none(m->giaddr);

	return relayed && !ip4_is_none(id) ? id : u->src.v4;
}

/* What is routed has no field that differs before and behind the router. */
static bool
is_copy(struct sniff *s, const struct udpip *u, struct mono now)
{
	static const struct hash_key none;
	struct message_key k = {
		.family = FAMILIES, .xid = (uint32_t)u->sport << 16 | u->dport,
		.server = hash_sip(none, u->payload, u->payload_len),
		.address = u->src.v4.host,
	};

	return see(s, &k, (struct way){ CLIENT, u->dst }, now) == COPY;
}

static void
sniff_passing(struct sniff *s, const struct udpip *u, bool from_client, struct mono now)
{
	struct track_passing t = {
		.ifindex = IFINDEX,
		.client = from_client ? u->src.v4 : u->dst.v4,
		.server = from_client ? u->dst.v4 : u->src.v4,
		.client_port = from_client ? u->sport : u->dport,
		.from_client = from_client, .payload = u->payload, .len = u->payload_len,
	};

	s->last = track_find_address(s->track, IFINDEX, t.client);
	if (is_copy(s, u, now))
		return;
	if (u->sport == DHCP4_PORT_PXE || u->dport == DHCP4_PORT_PXE)
		track_4011(s->track, &t, now);
	else
		track_tftp(s->track, &t, now);
}

static bool
is_unicast(struct ip4 a)
{
	return a.host < 0xe0000000u;
}

static void
sniff_dhcp4(struct sniff *s, const struct sniff_packet *p, struct mono now)
{
	const struct udpip *u = &p->udp;
	struct message_key k;
	struct dhcp4 m;
	struct track_answer a = { .ifindex = IFINDEX, .m = &m };
	enum side side;
	enum sight sight;

	if (dhcp4_parse(&m, u->payload, u->payload_len) != DROP_NONE)
		return;
	if (u->sport == DHCP4_PORT_PXE || (u->dport == DHCP4_PORT_PXE &&
	    is_unicast(u->dst.v4))) {
		sniff_passing(s, u, m.op == BOOTREQUEST, now);
		return;
	}
	k = key_of4(&m);
	side = m.op == BOOTREQUEST ? (ip4_is_none(m.giaddr) ? CLIENT : SERVERS) :
	    u->dport == DHCP4_PORT_CLIENT ? CLIENT : SERVERS;
	sight = see(s, &k, (struct way){ side, u->dst }, now);
	*(m.op == BOOTREQUEST ? &s->seen.requests[side] : &s->seen.replies[side]) = true;
	if (m.op == BOOTREQUEST)
		sniff_request4(s, p, &m, sight, now);
	else if (sight == FRESH) {
		a.server = ip_of4(server_of4(&m, u));
		a.boot_only = is_boot_server(s, a.server);
		track_reply(s->track, &a, now);
	}
	s->last = track_find(s->track, m.chaddr, m.hlen, IFINDEX);
}

/* --- transfers ----------------------------------------------------------- */

/* core/story/track has the read requests and the servers' errors over IPv4, as in the
 * daemon. */
static void
sniff_tftp(struct sniff *s, const struct sniff_packet *p, struct mono now)
{
	const struct udpip *u = &p->udp;
	bool read = u->dport == TFTP_PORT;
	struct tftp m;

	if (!tftp_parse(&m, u->payload, u->payload_len))
		return;
	if (transfer_tftp(s->transfers, u, p->source, now) &&
	    ip_family(u->dst) == FAMILY4 && (read || m.op == TFTP_ERROR))
		sniff_passing(s, u, read, now);
}

/* --- DHCPv6 -------------------------------------------------------------- */

static struct message_key
key_of6(const struct dhcp6 *m, bool reply)
{
	uint64_t client = dhcp6_duid_end(m, DHCP6_OPT_CLIENT_ID);
	struct message_key k = {
		.family = FAMILY6, .type = m->type, .reply = reply,
		.id_len = sizeof(client), .xid = m->xid,
		.server = dhcp6_duid_end(m, DHCP6_OPT_SERVER_ID),
	};
	struct rd elapsed;

	memcpy(k.id, &client, sizeof(client));
	if (!reply && dhcp6_opt(m, DHCP6_OPT_ELAPSED, &elapsed))
		k.secs = rd_u16(&elapsed);
	return k;
}

static void
sniff_request6(struct sniff *s, const struct sniff_packet *p, struct relay6_origin *o,
    bool relayed, enum sight sight, struct mono now)
{
	bool boot = is_boot_server(s, p->udp.dst);
	struct pxe_client client;
	struct mac mac;
	struct track_request q = {
		.six = &o->m, .mac = &mac, .client = &client, .ifindex = IFINDEX,
		.rule = CONF_NONE, .overheard = true,
		.n_dhcp = relayed && !boot, .n_boot = relayed && boot,
		.by_4011 = p->udp.dport == DHCP4_PORT_PXE,
	};
	struct track_client *c;

	if (!relayed && p->source) {
		o->has_mac = true;
		o->mac = *p->source;
	}
	if (!relay6_origin_mac(&mac, o))
		return;
	c = track_find(s->track, &mac, sizeof(mac), IFINDEX);
	if (sight == COPY_TO_SERVER && c)
		note_server(s, &c->now.six.asked, p->udp.dst);
	if (sight == FRESH) {
		pxe6_read(&client, &o->m);
		track_request(s->track, &q, now);
	}
	s->last = track_find(s->track, &mac, sizeof(mac), IFINDEX);
}

static void
sniff_dhcp6(struct sniff *s, const struct sniff_packet *p, struct mono now)
{
	const struct udpip *u = &p->udp;
	struct relay6_origin o = { .m.data = NULL };
	struct track_answer a = { .ifindex = IFINDEX, .six = &o.m, .server = u->src };
	struct message_key k;
	struct dhcp6 m;
	bool reply;
	enum side side;
	enum sight sight;

	if (dhcp6_parse(&m, u->payload, u->payload_len) != DROP_NONE)
		return;
	relay6_read_origin(&o, &m, ip_v6(u->src));
	if (!o.m.data)
		return;
	reply = relay6_is_reply(o.m.type);
	side = m.relay ? SERVERS : CLIENT;
	k = key_of6(&o.m, reply);
	sight = see(s, &k, (struct way){ side, u->dst }, now);
	*(reply ? &s->seen.replies[side] : &s->seen.requests[side]) = true;
	if (!reply) {
		sniff_request6(s, p, &o, m.relay, sight, now);
		return;
	}
	a.mac = o.has_mac ? &o.mac : NULL;
	if (sight == FRESH)
		track_reply(s->track, &a, now);
	s->last = track_find_answered(s->track, &a);
}

static bool
has_port(const struct udpip *u, uint16_t a, uint16_t b)
{
	return u->sport == a || u->dport == a || u->sport == b || u->dport == b;
}

static void
sniff_udp(struct sniff *s, const struct sniff_packet *p, struct mono now)
{
	const struct udpip *u = &p->udp;

	(void)track_end(s->track, UINT32_MAX, now);
	if (ip_family(u->dst) == FAMILY6 && (u->dport == DHCP4_PORT_PXE ||
	    has_port(u, DHCP6_PORT_SERVER, DHCP6_PORT_CLIENT))) {
		sniff_dhcp6(s, p, now);
	} else if (ip_family(u->dst) == FAMILY4 &&
	    (has_port(u, DHCP4_PORT_SERVER, DHCP4_PORT_CLIENT) ||
	    has_port(u, DHCP4_PORT_PXE, DHCP4_PORT_PXE))) {
		sniff_dhcp4(s, p, now);
	} else {
		s->seen.others = true;
		sniff_tftp(s, p, now);
	}
}

enum drop
sniff_frame(struct sniff *s, uint16_t link, const void *data, size_t len, struct mono now)
{
	struct sniff_packet p;
	struct tcp segment;
	struct frame f;
	enum drop why;

	s->last = NULL;
	if (!frame_parse(&f, link, data, len))
		return DROP_BAD_IP;
	/* A capture on the sender has packets whose checksum the hardware fills in. */
	why = udpip_parse(&p.udp, f.family, f.ip.p, rd_left(&f.ip), false);
	p.source = f.has_source ? &f.source : NULL;
	s->seen.others |= why == DROP_BAD_IP;
	if (why == DROP_NONE)
		sniff_udp(s, &p, now);
	else if (why == DROP_FRAGMENT)
		transfer_fragment(s->transfers, p.udp.src, p.udp.dst, now);
	else if (tcp_parse(&segment, f.family, f.ip.p, rd_left(&f.ip)))
		transfer_http(s->transfers, &segment, p.source, now);
	return why;
}
