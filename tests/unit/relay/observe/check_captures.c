/* SPDX-License-Identifier: ISC
 *
 * Real packets of real firmware and servers, captured on both legs of the relay
 * while machines booted (tests/data/README): each one parses, and what was relayed then
 * is relayed now, byte for byte and to the same addresses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "proto/udpip.h"
#include "world.h"

Suite *captures_suite(void);

#define PACKETS_MAX 128
#define ETHERNET 14

struct packet {
	uint64_t us;
	bool from_client_leg;
	struct udpip u;
	uint8_t mac[6];
	size_t len;
	uint8_t frame[2048];
};

static struct packet packets[PACKETS_MAX];
static size_t n_packets;

static uint32_t
le32(FILE *f)
{
	uint8_t b[4] = { 0 };

	ck_assert_uint_eq(fread(b, 1, 4, f), 4);
	return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

/* pcap, little-endian, microseconds, Ethernet: what tcpdump wrote here. */
static void
load(const char *name, bool client_leg)
{
	char path[256];
	uint32_t s;
	int c;
	FILE *f;

	snprintf(path, sizeof(path), "tests/data/%s.pcap", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(le32(f), 0xa1b2c3d4);
	fseek(f, 20, SEEK_SET);
	ck_assert_uint_eq(le32(f), 1);
	while ((c = getc(f)) != EOF) {
		struct packet *p = &packets[n_packets++];

		ck_assert_uint_le(n_packets, PACKETS_MAX);
		ungetc(c, f);
		s = le32(f);
		p->us = s * 1000000ull + le32(f);
		p->len = le32(f);
		le32(f);
		p->from_client_leg = client_leg;
		must(p->len <= sizeof(p->frame) && p->len > ETHERNET);
		must(fread(p->frame, 1, p->len, f) == p->len);
		memcpy(p->mac, p->frame + 6, 6);
		/* The sender may have left the checksum to its network card. */
		must(udpip_parse(&p->u, FAMILY4, p->frame + ETHERNET, p->len - ETHERNET,
		    false) == DROP_NONE);
	}
	fclose(f);
}

static int
by_time(const void *a, const void *b)
{
	const struct packet *p = a, *q = b;

	return p->us < q->us ? -1 : p->us > q->us;
}

/* Sorting moves the frames, into which udpip's payload points, so parse them
 * afterwards. */
static void
sort_packets(void)
{
	qsort(packets, n_packets, sizeof(packets[0]), by_time);
	for (size_t i = 0; i < n_packets; i++) {
		struct packet *p = &packets[i];

		must(udpip_parse(&p->u, FAMILY4, p->frame + ETHERNET, p->len - ETHERNET,
		    false) == DROP_NONE);
	}
}

static struct rx
rx_of(const struct packet *p, uint32_t ifindex)
{
	struct rx rx = {
		.data = p->u.payload, .len = p->u.payload_len, .src = p->u.src,
		.dst = p->u.dst, .sport = p->u.sport, .ifindex = ifindex,
		.unicast = !p->from_client_leg, .mac_len = 6,
	};

	memcpy(rx.mac, p->mac, 6);
	return rx;
}

/* Is there a packet with this payload on the other leg, to dst:dport? */
static bool
was_there(bool client_leg, struct ip4 dst, uint16_t dport, const uint8_t *payload,
    size_t len)
{
	for (size_t i = 0; i < n_packets; i++) {
		const struct packet *p = &packets[i];

		if (p->from_client_leg == client_leg && ip4_eq(p->u.dst.v4, dst) &&
		    p->u.dport == dport && p->u.payload_len == len &&
		    memcmp(p->u.payload, payload, len) == 0)
			return true;
	}
	return false;
}

static unsigned
replay_request(struct world *w, const struct packet *p)
{
	static struct relay4_plan plan;
	struct rx rx = rx_of(p, 10);
	uint8_t out[2048];
	bool no_room;

	must(relay4_request(&w->r4, &rx, w->now, &plan) == DROP_NONE);
	for (unsigned i = 0; i < plan.to.n; i++) {
		size_t n = relay4_render(&plan, 0, true, out, sizeof(out), &no_room);

		must(was_there(false, ip_v4(w->conf->server[plan.to.server[i]].address),
		    67, out, n));
	}
	return plan.to.n;
}

static unsigned
replay_reply(struct world *w, const struct packet *p)
{
	static struct relay4_delivery d;
	struct rx rx = rx_of(p, 99);
	uint8_t out[2048];
	size_t n;

	must(relay4_reply(&w->r4, &rx, w->now, &d) == DROP_NONE);
	n = relay4_render_reply(&w->r4, &d, out, sizeof(out));
	must(was_there(true, d.dst, d.dport, out, n));
	return 1;
}

static const struct boot {
	const char *name, *conf;
	unsigned copies, replies;	/* how many there are to find */
} boots[] = {
	{ "boot-two-archs", "conf/examples/two-wds-plus-fog.conf", 7, 7 },
	{ "boot-http", "conf/examples/http-boot.conf", 6, 6 },
	{ "boot-chain", "conf/examples/ipxe-chain.conf", 6, 6 },
};

static char *
slurp(const char *path)
{
	char *text = calloc(1, 16384);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s", path);
	must(text && fread(text, 1, 16383, f) > 0);
	fclose(f);
	return text;
}

START_TEST(what_was_relayed_then_is_relayed_now)
{
	const struct boot *b = &boots[_i];
	char name[64], *conf = slurp(b->conf);
	struct world *w = world_new(conf, 64);
	unsigned copies = 0, replies = 0;

	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/25");
	snprintf(name, sizeof(name), "%s-client", b->name);
	load(name, true);
	snprintf(name, sizeof(name), "%s-server", b->name);
	load(name, false);
	sort_packets();
	for (size_t i = 0; i < n_packets; i++) {
		const struct packet *p = &packets[i];

		if (p->from_client_leg && p->u.dport == 67)
			copies += replay_request(w, p);
		else if (!p->from_client_leg && p->u.sport == 67 &&
		    ip4_eq(p->u.dst.v4, world_ip("192.0.2.1")))
			replies += replay_reply(w, p);
	}
	ck_assert_uint_eq(copies, b->copies);
	ck_assert_uint_eq(replies, b->replies);
	world_free(w);
	free(conf);
}
END_TEST

START_TEST(every_captured_message_parses)
{
	static const char *const names[] = {
		"boot-two-archs-client", "boot-two-archs-server", "boot-http-client",
		"boot-http-server", "boot-chain-client", "boot-chain-server",
		"leases-uplink",
	};
	static struct pxe_client c;
	struct dhcp4 m;

	load(names[_i], true);
	for (size_t i = 0; i < n_packets; i++) {
		const struct udpip *u = &packets[i].u;
		uint8_t *copy = msg_exact(u->payload, u->payload_len);

		must(dhcp4_parse(&m, copy, u->payload_len) == DROP_NONE);
		must(m.cookie && m.end && m.type);
		pxe_read(&c, &m);
		free(copy);
	}
	ck_assert_uint_gt(n_packets, 10);
}
END_TEST

Suite *
captures_suite(void)
{
	Suite *s = suite_create("captures");
	TCase *t = tcase_create("captures");

	tcase_add_loop_test(t, what_was_relayed_then_is_relayed_now, 0,
	    sizeof(boots) / sizeof(boots[0]));
	tcase_add_loop_test(t, every_captured_message_parses, 0, 7);
	suite_add_tcase(s, t);
	return s;
}
