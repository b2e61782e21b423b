/* SPDX-License-Identifier: ISC
 *
 * Records of boots and their verdicts, for any input. Input as in path.h; how:
 * bits 0..2 the kind (a request, a message of DHCPv6, a server's reply, a broadcast
 * to port 68 from another host, port 4011 routed past us to a server and back, TFTP
 * to a server and back), bits 3..5 the client's address, bits 6..7 the link source's
 * length. For DHCPv6, which is recorded both as a request and as a reply, bits 3..5
 * say what became of it.
 *
 * What must hold: clients do not exceed their limit; text ends within its
 * field; events are in order; each boot that begins ends once; every boot has a
 * verdict with a sentence.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/story/explain.h"
#include "core/story/record.h"
#include "proto/pxe6.h"
#include "proto/tftp.h"
#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CLIENTS 8		/* few, so that they are evicted */

enum what { REQUEST, SIX, REPLY, STRANGER, TO_4011, FROM_4011, TO_TFTP, FROM_TFTP };

struct bed {
	struct world *w;
	struct track *t;
	long open;
};

static void
check_boot(const struct track_boot *b, struct mono now)
{
	const struct explain_row *row = explain_row(explain(b, now));
	const struct track_event *e;
	char text[IP_STRLEN];
	uint32_t ms = 0;
	unsigned lost, n = 0;

	assert(row && row->code && row->sentence && row->cause && row->cure);
	assert(memchr(b->file, '\0', sizeof(b->file)));
	assert(b->n_offer <= TRACK_OFFERS);
	for (; (e = track_event(b, n, &lost)); n++) {
		assert(e->kind < TRACK_KIND_MAX && e->why < DROP_MAX);
		assert(e->ms >= ms);
		assert(*ip_str(track_peer(b, e), text));
		assert(*ip_str(track_addr(b, e), text));
		ms = e->ms;
	}
	assert(n <= TRACK_EVENTS && n <= b->n_event);
	assert(b->six.n_addr <= TRACK_ADDRS6 && b->six.lease.prefix.plen <= 128);
}

static void
check_clients(const struct bed *d)
{
	const struct track_client *c = NULL;
	size_t n = 0;
	long open = 0;

	while ((c = track_older(d->t, c))) {
		assert(track_find(d->t, c->key.chaddr, c->key.hlen,
		    c->key.ifindex) == c);
		check_boot(&c->now, d->w->now);
		if (c->has_before)
			check_boot(&c->before, d->w->now);
		open += c->now.stage == TRACK_OPEN;
		n++;
	}
	assert(n == track_count(d->t) && n <= CLIENTS);
	assert(open == d->open);
}

static void
opened(void *user, const struct track_client *c)
{
	struct bed *d = user;

	assert(c->now.stage == TRACK_OPEN);
	d->open++;
}

static void
over(void *user, const struct track_client *c, struct mono when)
{
	struct bed *d = user;

	check_boot(&c->now, when);
	d->open--;
	assert(d->open >= 0);
}

/* Clients send requests and servers reply; for a server, `who` is its number. */
static struct rx
rx_of(const struct path_packet *k, bool from_server)
{
	struct ip4 client = path_client(k->how >> 3 & 7), server = path_server(k->who);

	return (struct rx){
		.data = k->data, .len = k->len,
		.src = ip_of4(from_server ? server : client),
		.dst = ip_of4(from_server ? client : server),
		.sport = from_server ? DHCP4_PORT_SERVER : DHCP4_PORT_CLIENT,
		.ifindex = from_server ? 40 : path_ifindex(k->who),
		.mac_len = k->how >> 6 ? 6 : 0, .mac = { 2, 0, 0, 0, 0, k->who },
	};
}

static void
request(struct bed *d, const struct path_packet *k)
{
	static struct relay4_plan p;
	struct rx rx = rx_of(k, false);

	record_request(d->t, &d->w->r4, &rx, &p,
	    relay4_request(&d->w->r4, &rx, d->w->now, &p), d->w->now);
}

static void
reply(struct bed *d, const struct path_packet *k)
{
	static struct relay4_delivery v;
	struct rx rx = rx_of(k, true);

	record_reply(d->t, &d->w->r4, &rx, &v,
	    relay4_reply(&d->w->r4, &rx, d->w->now, &v), d->w->now);
}

/* As core/relay6 would record it, which has targets of its own. */
static void
six(struct bed *d, const struct path_packet *k)
{
	static const enum drop whys[8] = {
		DROP_NONE, DROP_NONE, DROP_NONE, DROP_STANDBY, DROP_CLIENT_RATE,
		DROP_NO_SERVER, DROP_LINK_MISMATCH, DROP_UNTRUSTED_RELAY,
	};
	static struct relay6_plan p;
	struct relay6_delivery v = { .server = CONF_NONE };
	struct rx rx = rx_of(k, false);
	enum drop why = whys[k->how >> 3 & 7];

	rx.src = rx.dst = ip_of6((struct ip6){ { 0xfe, 0x80, [15] = k->who } });
	p = (struct relay6_plan){
		.in = iftab_by_index(d->w->iftab, rx.ifindex), .rule = CONF_NONE,
	};
	if (why != DROP_STANDBY) {	/* that is seen before the message is read */
		if (dhcp6_parse(&p.m, rx.data, rx.len) != DROP_NONE)
			return;
		relay6_read_origin(&p.from, &p.m, rx.src.v6);
		if (!p.m.relay && rx.mac_len) {
			p.from.has_mac = true;
			memcpy(p.from.mac.b, rx.mac, sizeof(p.from.mac.b));
		}
	}
	if (why == DROP_NONE && (!p.from.m.data || !p.in))
		return;
	record_request6(d->t, &d->w->r6, &rx, &p, why, d->w->now);
	v.to = p.from;
	v.out = p.in;
	v.payload = rx.data;
	v.len = rx.len;
	record_reply6(d->t, &d->w->r6, &rx, &v, why, d->w->now);
}

static void
one(struct bed *d, const struct path_packet *k)
{
	enum what what = k->how & 7;
	bool back = what == FROM_4011 || what == FROM_TFTP;
	struct rx rx = rx_of(k, back);

	switch (what) {
	case REQUEST:
		request(d, k);
		break;
	case SIX:
		six(d, k);
		break;
	case REPLY:
		reply(d, k);
		break;
	case STRANGER:
		rx = rx_of(k, true);
		rx.ifindex = path_ifindex(k->how >> 3);
		record_stranger(d->t, &d->w->r4, &rx, d->w->now);
		break;
	case TO_4011:
		record_tap(d->t, &d->w->r4, &rx, DHCP4_PORT_PXE, d->w->now);
		break;
	case FROM_4011:
		rx.sport = DHCP4_PORT_PXE;
		record_tap(d->t, &d->w->r4, &rx, DHCP4_PORT_CLIENT, d->w->now);
		break;
	case TO_TFTP:
		rx.sport = 2070;
		record_tap(d->t, &d->w->r4, &rx, TFTP_PORT, d->w->now);
		break;
	case FROM_TFTP:
		rx.sport = 40000;
		record_tap(d->t, &d->w->r4, &rx, 2070, d->w->now);
		break;
	}
}

static void
hedge(struct bed *d)
{
	static struct relay4_plan p;
	struct mono due;

	while (pendings_due(d->w->r4.hedges, &due) && !mono_before(d->w->now, due))
		if (relay4_hedge(&d->w->r4, d->w->now, &p))
			record_hedge(d->t, &d->w->r4, &p, d->w->now);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct hash_key secret = { { 7, 8 } };
	struct rd in = rd_init(data, len);
	struct bed d = { .w = path_world(rd_u8(&in)) };
	struct track_listener l = { opened, over, &d };
	struct path_packet k;
	struct mono due;
	unsigned n = 0;

	d.t = track_new(CLIENTS, secret);
	assert(d.t);
	track_listen(d.t, &l);
	for (; n < PATH_PACKETS_MAX && path_packet(&in, d.w, &k); n++) {
		hedge(&d);
		if (track_over_due(d.t, &due) && !mono_before(d.w->now, due))
			(void)track_end(d.t, 2, d.w->now);
		one(&d, &k);
		path_packet_free(&k);
	}
	check_clients(&d);
	track_free(d.t);
	return 0;
}
