/* SPDX-License-Identifier: ISC
 *
 * Rescue: packets of port 4011 that are routed past the relay, and datagrams to
 * its port 67. Input as in path.h; how: bits 0..1 a client's request (0, 3),
 * its server's reply (1) or a datagram to us (2); bits 2..4 the client's
 * address, bit 5 its port, bit 6: a request arrives on the interface of `who`,
 * else on the client's own.
 *
 * What must never happen: a request goes to a server that is not usable, not a
 * boot server, or the client's own choice; a request is changed beyond ciaddr
 * and giaddr; a reply is delivered to a client that did not send the request,
 * or changed beyond our addresses and option 54; a read past the end.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/relay4/rescue.h"
#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define OPEN 4		/* few, so that they are evicted */

struct question {
	struct ip4 src, dst;
	uint16_t sport;
	uint32_t ifindex;
	uint16_t len;
	uint8_t msg[PENDING_MSG_MAX];	/* len bytes; 0: the request was longer */
};

struct seen {
	struct rescues *t;
	struct world *w;
	unsigned n;
	struct question q[PATH_PACKETS_MAX];
};

/* Is this the same request with our address in ciaddr and giaddr? */
static bool
is_copy(const struct question *q, const struct rescue_plan *p)
{
	uint8_t was[PENDING_MSG_MAX];

	if (q->len != p->udp.payload_len || q->len < DHCP4_HEADER)
		return false;
	memcpy(was, q->msg, q->len);
	dhcp4_put_ip4(was, DHCP4_OFF_CIADDR, p->udp.src.v4);
	dhcp4_put_ip4(was, DHCP4_OFF_GIADDR, p->udp.src.v4);
	return memcmp(was, p->msg, q->len) == 0;
}

/* Did a client send this to another server, on the interface with our address? */
static void
check_copy(struct seen *s, const struct rescue_plan *p)
{
	unsigned i = 0;

	for (; i < s->n; i++) {
		const struct iface *f = iftab_by_index(s->w->iftab, s->q[i].ifindex);

		if (is_copy(&s->q[i], p) && !ip4_eq(s->q[i].dst, p->udp.dst.v4) &&
		    f && iface_giaddr_find(f, p->udp.src.v4) >= 0 &&
		    iface_has(f, ip_of4(s->q[i].src)) && !iface_is_all(f, s->q[i].src))
			break;
	}
	assert(i < s->n);
}

static void
check_ask(struct seen *s, const struct rescue_plan *p)
{
	const struct relay *r = &s->w->r4;
	uint16_t server = servers_find4(r->servers, p->udp.dst.v4);
	struct dhcp4 m;

	assert(server != CONF_NONE && r->conf->is_boot[server]);
	assert(health_usable(&r->servers->health[server]));
	assert(iftab_is_ours(s->w->iftab, p->udp.src.v4));
	assert(p->udp.sport == DHCP4_PORT_SERVER && p->udp.dport == DHCP4_PORT_PXE);
	assert(dhcp4_parse(&m, p->msg, p->udp.payload_len) == DROP_NONE);
	assert(ip4_eq(m.ciaddr, p->udp.src.v4) && ip4_eq(m.giaddr, p->udp.src.v4));
	assert(m.op == BOOTREQUEST);
	check_copy(s, p);
}

static void
check_delivery(const struct seen *s, const struct rescue_plan *p)
{
	struct dhcp4 m;
	unsigned i = 0;

	while (i < s->n && !(ip4_eq(s->q[i].src, p->udp.dst.v4) &&
	    ip4_eq(s->q[i].dst, p->udp.src.v4) && s->q[i].sport == p->udp.dport &&
	    s->q[i].ifindex == p->ifindex))
		i++;
	assert(i < s->n);
	assert(p->udp.sport == DHCP4_PORT_PXE && p->mac_len > 0 && p->mac_len <= 8);
	assert(!ip4_eq(p->from, p->asked) || p->again);
	assert(dhcp4_parse(&m, p->msg, p->udp.payload_len) == DROP_NONE);
	assert(m.op == BOOTREPLY);
}

static void
check(struct seen *s, const struct rescue_plan *p)
{
	switch (p->what) {
	case RESCUE_NOTHING:
		break;
	case RESCUE_QUERY:
		check_ask(s, p);
		break;
	case RESCUE_DELIVER:
		check_delivery(s, p);
		break;
	}
	assert(rescues_count(s->t) <= OPEN);
}

/* An address field of the answer is unchanged, or has the client's address (or
 * none) in place of ours. */
static void
check_field(const struct rescue_plan *p, const uint8_t *was, size_t at)
{
	struct rd a = rd_init(p->msg + at, 4), b = rd_init(was + at, 4);
	struct ip4 is = { rd_u32(&a) }, old = { rd_u32(&b) };

	assert(ip4_eq(is, old) || ip4_is_none(is) || ip4_eq(is, p->udp.dst.v4));
}

/* The bytes must be those of the answer `was`, except for our addresses and option
 * 54. */
static void
check_answer(const struct rescue_plan *p, const uint8_t *was, size_t len)
{
	static const uint8_t id[] = { DHCP4_OPT_SERVER_ID };
	struct dhcp4 a, b;

	assert(p->udp.payload_len == len);
	check_field(p, was, DHCP4_OFF_CIADDR);
	check_field(p, was, DHCP4_OFF_YIADDR);
	check_field(p, was, DHCP4_OFF_GIADDR);
	assert(memcmp(p->msg, was, DHCP4_OFF_CIADDR) == 0);
	assert(memcmp(p->msg + 20, was + 20, 4) == 0);
	assert(memcmp(p->msg + DHCP4_OFF_CHADDR, was + DHCP4_OFF_CHADDR,
	    DHCP4_HEADER - DHCP4_OFF_CHADDR) == 0);
	assert(dhcp4_parse(&a, p->msg, len) == DROP_NONE);
	assert(dhcp4_parse(&b, was, len) == DROP_NONE);
	path_same_options(&a, &b, id, sizeof(id));
}

static void
routed(struct seen *s, const struct path_packet *k)
{
	static struct rescue_plan p;
	bool answer = (k->how & 3) == 1;
	struct ip4 client = path_client(k->how >> 2 & 7), server = path_server(k->who);
	uint16_t port = k->how & 32 ? DHCP4_PORT_PXE : DHCP4_PORT_CLIENT;
	struct rx rx = {
		.data = k->data, .len = k->len, .mac_len = 6,
		.mac = { 2, 0, 0, 0, 0, k->how },
		.src = ip_of4(answer ? server : client), .dst = ip_of4(answer ? client : server),
		.sport = answer ? DHCP4_PORT_PXE : port,
		.ifindex = answer ? 40 : k->how & 64 ? path_ifindex(k->who) :
		    path_ifindex(k->how >> 2 & 3),
	};

	if (!answer) {
		struct question *q = &s->q[s->n++];

		*q = (struct question){ client, server, port, rx.ifindex, 0, { 0 } };
		q->len = k->len <= sizeof(q->msg) ? (uint16_t)k->len : 0;
		memcpy(q->msg, k->data, q->len);
	}
	rescue_tap(s->t, &s->w->r4, &rx, answer ? port : DHCP4_PORT_PXE,
	    s->w->now, &p);
	check(s, &p);
	if (p.what == RESCUE_QUERY)
		assert(!ip4_eq(p.udp.dst.v4, server));
}

/* An ICMP error that quotes this packet. */
static void
unreachable(struct seen *s, const struct path_packet *k)
{
	static struct rescue_plan p;
	struct rx rx = {
		.data = k->data, .len = k->len, .src = ip_of4(path_client(k->how >> 2 & 7)),
		.dst = ip_of4(path_server(k->who)), .ifindex = 40,
		.sport = k->how & 32 ? DHCP4_PORT_PXE : DHCP4_PORT_CLIENT,
	};

	rescue_unreachable(s->t, &s->w->r4, &rx, s->w->now, &p);
	check(s, &p);
	assert(p.what != RESCUE_DELIVER);
	if (p.what == RESCUE_QUERY)
		assert(!ip4_eq(p.udp.dst.v4, rx.dst.v4));
}

static void
to_us(struct seen *s, const struct path_packet *k)
{
	static struct rescue_plan p;
	struct rx rx = {
		.data = k->data, .len = k->len, .unicast = true, .ifindex = 40,
		.src = ip_of4(path_server(k->who)), .dst = ip_of4(world_ip("192.0.2.1")),
		.sport = k->how & 32 ? DHCP4_PORT_SERVER : DHCP4_PORT_PXE,
	};
	uint64_t before = s->w->stats.counter[COUNTER_REPLIES];
	bool ours = rescue_answer(s->t, &s->w->r4, &rx, s->w->now, &p);

	assert(s->w->stats.counter[COUNTER_REPLIES] - before == (ours ? 1 : 0));
	assert(ours || p.what == RESCUE_NOTHING);
	check(s, &p);
	if (p.what == RESCUE_DELIVER)
		check_answer(&p, k->data, k->len);
}

static void
due(struct seen *s)
{
	static struct rescue_plan p;
	struct mono when;
	unsigned n = 0;

	for (; rescue_due(s->t, &when) && !mono_before(s->w->now, when); n++) {
		rescue_next(s->t, &s->w->r4, s->w->now, &p);
		check(s, &p);
		assert(n < 100 * OPEN);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct hash_key secret = { { 5, 6 } };
	static struct seen s;
	struct rd in = rd_init(data, len);
	struct path_packet k;
	const struct stats *st;

	s.w = path_world(rd_u8(&in));
	s.t = rescues_new(OPEN, secret);
	s.n = 0;
	assert(s.t);
	for (unsigned n = 0; n < PATH_PACKETS_MAX && path_packet(&in, s.w, &k); n++) {
		due(&s);
		if ((k.how & 3) == 2)
			to_us(&s, &k);
		else if ((k.how & 131) == 131)
			unreachable(&s, &k);
		else
			routed(&s, &k);
		path_packet_free(&k);
	}
	st = &s.w->stats;
	assert(st->counter[COUNTER_REPLIES] == st->counter[COUNTER_REPLIES_RELAYED] +
	    st->drop_reply[DROP_RESCUE_UNUSED]);
	rescues_free(s.t);
	return 0;
}
