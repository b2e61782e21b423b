/* SPDX-License-Identifier: ISC
 *
 * Vulnerabilities and bugs of other DHCPv6 relays and servers, with a test named after each,
 * as check_cve.c has those of DHCPv4. All bytes are in heap blocks of exactly their size, and
 * whatever is sent must contain the message as it came, in a header that is as it must be.
 * Bugs that need sockets, programs or time have their tests in netns/t/relay6:
 *
 *   odhcpd #100, #379, servers by unicast		t6-dhcpd.sh, t6-multi.sh
 *   opnsense #10623, sonic-buildimage #13077		t6-replies.sh, through real interfaces
 *   sonic-buildimage #10419, a chain of relays		t6-relays.sh, t6-chain.sh
 *   SONiC's sleeps before it serves			t6-iface.sh
 */
#include "core/relay6/relay6.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg6.h"
#include "proto/udpip.h"
#include "world.h"

Suite *cve6_suite(void);

#define SERVER	"2001:db8:ff::a"
#define CLIENT	"fe80::5054:ff:fe00:1"
#define RELAY	"2001:db8:10::2"
#define UPLINK	40
#define FREELY	"[relay]\nclient-rate = off\ninterface-rate = off\n"
#define VLANS	"[interface vlan*]\nservers = " SERVER "\ninterface-id = %i\n"
#define TRUSTED	FREELY VLANS "trust = on\n"

static struct world *w;
static struct msg msg;
static struct relay6_plan plan;
static struct relay6_delivery delivery;
/* The last packet sent. */
static struct msg out;

static void
teardown(void)
{
	w = world_free(w);
}

/* All VLANs have one link-local address, as those of one network card. */
static void
conf(const char *text)
{
	teardown();
	w = world_new(text, 64);
	for (uint32_t i = 10; i <= UPLINK; i += 10) {
		char name[IFTAB_NAME_MAX], net[64];

		snprintf(name, sizeof(name), i == UPLINK ? "eth0" : "vlan%u", i);
		world_link(w, i, name);
		world_addr(w, i, "fe80::1/64");
		snprintf(net, sizeof(net), "2001:db8:%u::1/64", i);
		if (i != 30)	/* vlan30 has no other */
			world_addr(w, i, net);
	}
	for (uint16_t i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = world_at("2001:db8:40::1");
}

static void
setup(void)
{
	conf(TRUSTED);
}

/* --- the whole path ---------------------------------------------------------- */

/* What no server may ever see: a link-address that names no link, or another message. */
static void
judge_forw(const uint8_t *in, size_t len)
{
	struct dhcp6 m;
	struct rd inner;

	must(dhcp6_parse(&m, out.b, out.len) == DROP_NONE && m.type == DHCP6_RELAY_FORW);
	must(m.hops <= w->conf->max_hops6);
	must(!ip6_is_linklocal(m.link) && !ip6_is_multicast(m.link));
	must(dhcp6_inner(&m, &inner) == DROP_NONE && rd_left(&inner) == len);
	must(memcmp(inner.p, in, len) == 0);
	must(dhcp6_has(&m, DHCP6_OPT_INTERFACE_ID));
}

/* A payload that arrived on an interface; out is the RELAY-FORW around it. */
static enum drop
request_from(const char *src, uint32_t ifindex, const void *data, size_t len)
{
	uint8_t *exact = msg_exact(data, len), *block = malloc(len + RELAY6_ADDS);
	struct rx rx = {
		.data = exact, .len = len, .sport = 546, .ifindex = ifindex,
		.src = world_at(src), .dst = world_at("ff02::1:2"),
		.hwtype = 1, .mac_len = 6, .mac = { 0x52, 0x54, 0, 0, 0, 1 },
	};
	enum drop why = relay6_request(&w->r6, &rx, w->now, &plan);

	must(block);
	out.len = 0;
	if (why == DROP_NONE) {
		must(plan.to.n > 0);
		for (enum relay6_form f = 0; f < RELAY6_FORMS; f++) {
			out.len = relay6_render(&plan, f, block, len + RELAY6_ADDS);
			must(out.len <= len + RELAY6_ADDS && out.len <= sizeof(out.b));
			memcpy(out.b, block, out.len);
			if (out.len)
				judge_forw(exact, len);
		}
	}
	free(block);
	free(exact);
	return why;
}

static enum drop
request(void)
{
	return request_from(CLIENT, 10, msg.b, msg.len);
}

/* A relay's, which has a global address. */
static enum drop
relayed(void)
{
	return request_from(RELAY, 10, msg.b, msg.len);
}

/* A payload from a server; out is what is delivered. */
static enum drop
reply_by(const char *server, uint32_t ifindex, const void *data, size_t len)
{
	uint8_t *exact = msg_exact(data, len);
	struct rx rx = {
		.data = exact, .len = len, .sport = 547, .unicast = true,
		.src = world_at(server), .ifindex = ifindex,
	};
	enum drop why = relay6_reply(&w->r6, &rx, w->now, &delivery);

	if (why == DROP_NONE) {
		must(delivery.len > 0 && delivery.payload >= exact + 38);
		must(delivery.payload + delivery.len <= exact + len);
		must(ip6_is_host(delivery.dst) && delivery.sport == 547);
		out.len = delivery.len;
		memcpy(out.b, delivery.payload, out.len);
	}
	free(exact);
	return why;
}

static enum drop
reply(void)
{
	return reply_by(SERVER, UPLINK, msg.b, msg.len);
}

static void
client(uint8_t type)
{
	msg6_init(&msg, type);
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, "0003 0001 525400000001");
}

static void
answer(uint8_t type, const char *link, const char *iid)
{
	client(type);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, link, CLIENT, iid);
}

/* Three levels of relays, the innermost with option 79. */
static void
nested(uint8_t type)
{
	client(type == DHCP6_RELAY_FORW ? DHCP6_SOLICIT : DHCP6_REPLY);
	msg6_opt_text(&msg, 39, "machine");
	msg6_wrap(&msg, type, 0, "2001:db8:99::1", CLIENT, "port 7");
	msg6_wrap(&msg, type, 1, "::", "2001:db8:99::1", "far");
	if (type == DHCP6_RELAY_REPL)
		msg6_wrap(&msg, type, 2, "::", RELAY, "vlan10");
}

/* Every prefix of the message, and every byte of it with some other values. */
static void
damage(enum drop (*pass)(void))
{
	static const uint8_t with[] = { 0x01, 0x80, 0xff, 0x0c, 0x09 };
	static struct msg whole;

	whole = msg;
	for (msg.len = 0; msg.len < whole.len; msg.len++)
		(void)pass();
	for (size_t i = 0; i < whole.len * sizeof(with); i++) {
		msg = whole;
		msg.b[i / sizeof(with)] ^= with[i % sizeof(with)];
		(void)pass();
	}
	msg = whole;
	ck_assert_int_eq(pass(), DROP_NONE);
}

/* --- a relay that knows too much ----------------------------------------------- */

/* SONiC dropped options above 56, later above 147, as "malformed"; a message that ends with
 * "test string here" was the reason. */
START_TEST(sonic_10486_10918_9690_options_that_the_relay_does_not_know)
{
	static const uint8_t value[64];

	for (uint32_t code = 0; code < 65536; code += code < 300 ? 1 : 97) {
		client(DHCP6_SOLICIT);
		msg6_opt(&msg, (uint16_t)code, value, code % sizeof(value));
		ck_assert_int_eq(request(), DROP_NONE);
	}
	client(DHCP6_REQUEST);
	msg_bytes(&msg, "test string here", 16);
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert_uint_eq(w->stats6.counter[COUNTER_ODD_OPTIONS], 1);
	ck_assert_int_eq(request_from(CLIENT, 10, "\3te", 3), DROP_SHORT);
}
END_TEST

/* With that list, dhclient and whatever boots by PXE got nothing. */
START_TEST(sonic_10785_machines_that_boot)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		c->build(&msg);
		ck_assert_int_eq(request(), DROP_NONE);
	}
	ck_assert_uint_eq(w->stats6.counter[COUNTER_ODD_OPTIONS], 0);
}
END_TEST

/* RFC 9915 19, RFC 7283; all peers with a list drop ADDR-REG-INFORM. */
START_TEST(isc_wide_openbsd_systemd_lists_of_types)
{
	for (unsigned type = 0; type < 256; type++) {
		bool refused = type == 2 || type == 7 || type == 10 || type == 37 ||
		    (type >= 12 && type < 36 && type != 20);

		client((uint8_t)type);
		ck_assert_int_eq(request() != DROP_NONE, refused);
	}
}
END_TEST

START_TEST(sonic_10419_relay_forw_is_relayed)
{
	nested(DHCP6_RELAY_FORW);
	ck_assert_int_eq(relayed(), DROP_NONE);
	ck_assert(ip6_is_none(plan.link) && plan.hops == 2 && plan.mac_len == 0);
}
END_TEST

/* SONiC and OPNsense wrote into the VLAN that came first. */
START_TEST(sonic_13077_opnsense_10623_one_address_in_two_vlans)
{
	for (uint32_t i = 10; i <= 20; i += 10) {
		client(DHCP6_SOLICIT);
		ck_assert_int_eq(request_from(CLIENT, i, msg.b, msg.len), DROP_NONE);
	}
	for (uint32_t i = 10; i <= 20; i += 10) {
		char link[64], iid[16];

		snprintf(link, sizeof(link), "2001:db8:%u::1", i);
		snprintf(iid, sizeof(iid), "vlan%u", i);
		answer(DHCP6_ADVERTISE, link, iid);
		ck_assert_int_eq(reply(), DROP_NONE);
		ck_assert_uint_eq(delivery.out->link.ifindex, i);
		answer(DHCP6_ADVERTISE, link, NULL);
		ck_assert_int_eq(reply(), DROP_NONE);
		ck_assert_uint_eq(delivery.out->link.ifindex, i);
		answer(DHCP6_ADVERTISE, link, i == 10 ? "vlan20" : "vlan10");
		ck_assert_int_eq(reply(), DROP_LINK_MISMATCH);
	}
}
END_TEST

START_TEST(sonic_13784_payload_of_every_length)
{
	static struct msg inner;

	for (size_t n = 1; n < 65000; n += 1 + n / 30) {
		for (size_t i = 0; i < n; i++)
			msg.b[i] = inner.b[i] = (uint8_t)(i * 37 + n);
		msg.b[0] = inner.b[0] = DHCP6_REPLY;
		msg.len = inner.len = n;
		msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT, "vlan10");
		ck_assert_int_eq(reply(), DROP_NONE);
		must(out.len == n && memcmp(out.b, inner.b, n) == 0);
	}
}
END_TEST

/* --- link-addresses and hop counts ----------------------------------------------- */

/* OPNsense sent a link-local link-address, which servers ignore (dnsmasq) or skip; ISC ends
 * when an interface has no global address. judge_forw() looks at every message here. */
START_TEST(opnsense_10686_isc_no_global_address)
{
	client(DHCP6_SOLICIT);
	ck_assert_int_eq(request_from(CLIENT, 30, msg.b, msg.len), DROP_NO_LINK_ADDRESS);
	ck_assert_int_eq(request(), DROP_NONE);
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "fe80::7", CLIENT, NULL);
	ck_assert_int_eq(request_from("fe80::7", 30, msg.b, msg.len), DROP_NO_LINK_ADDRESS);
	ck_assert_int_eq(request_from("fe80::7", 10, msg.b, msg.len), DROP_NONE);
	world_addr(w, 30, "2001:db8:30::1/64");
	client(DHCP6_SOLICIT);
	ck_assert_int_eq(request_from(CLIENT, 30, msg.b, msg.len), DROP_NONE);
}
END_TEST

/* OpenBSD wrapped what servers sent; dnsmasq relays their messages, too. */
START_TEST(openbsd_dnsmasq_messages_of_servers_are_not_wrapped)
{
	static const uint8_t types[] = { 2, 7, 10, 13, 15, 16, 17, 19, 21, 37 };

	for (size_t i = 0; i < sizeof(types); i++) {
		msg6_init(&msg, types[i]);
		msg_pad(&msg, 40);
		ck_assert_int_eq(request(), DROP_REPLY_FROM_CLIENT);
		ck_assert_int_eq(request_from(SERVER, UPLINK, msg.b, msg.len),
		    DROP_NOT_CLIENT);
		ck_assert_int_eq(reply(), types[i] == 13 ? DROP_BAD_OPTIONS :
		    DROP_NOT_RELAYED);
		ck_assert_int_eq(reply_by("2001:db8:ff::e", UPLINK, msg.b, msg.len),
		    DROP_NOT_SERVER);
		ck_assert_int_eq(reply_by(SERVER, 10, msg.b, msg.len), DROP_CLIENT_UPLINK);
	}
}
END_TEST

/* OpenBSD counts a client's message as the 32nd hop if it came by unicast. */
START_TEST(openbsd_hop_count_of_unicast)
{
	struct rx rx = {
		.sport = 546, .ifindex = 10, .unicast = true, .src = world_at(CLIENT),
		.dst = world_at("2001:db8:10::1"),
	};

	conf(TRUSTED "accept-unicast = on\n");
	client(DHCP6_SOLICIT);
	rx.data = msg.b;
	rx.len = msg.len;
	ck_assert_int_eq(relay6_request(&w->r6, &rx, w->now, &plan), DROP_NONE);
	ck_assert_uint_eq(plan.hops, 0);
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "2001:db8:99::1", CLIENT, NULL);
	rx.len = msg.len;
	rx.src = world_at(RELAY);
	ck_assert_int_eq(relay6_request(&w->r6, &rx, w->now, &plan), DROP_NONE);
	ck_assert_uint_eq(plan.hops, 1);
}
END_TEST

/* odhcpd lost what it needs to deliver replies when it was restarted, and followed the
 * neighbour table; the server's message is all that we need. */
START_TEST(odhcpd_37_50_replies_after_a_restart)
{
	client(DHCP6_SOLICIT);
	ck_assert_int_eq(request(), DROP_NONE);
	world_reset(w, 64);
	answer(DHCP6_REPLY, "2001:db8:10::1", "vlan10");
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 10);
	ck_assert_uint_eq(delivery.mac_len, 0);
}
END_TEST

/* IOS on ASR920: a RECONFIGURE belongs to no conversation, and its xid is 0. */
START_TEST(ios_asr920_reconfigure)
{
	client(DHCP6_RECONFIGURE);
	memset(msg.b + 1, 0, 3);
	msg6_opt_hex(&msg, 11, "03 00 00 0000000000000001 02 00112233445566778899aabbccddeeff");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", "fe80::77", "vlan10");
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(out.b[0], DHCP6_RECONFIGURE);
	ck_assert_uint_eq(delivery.dport, 546);
}
END_TEST

/* --- memory -------------------------------------------------------------------- */

/* dnsmasq copied option 79 of a RELAY-FORW without looking at its length. */
START_TEST(cve_2017_14493_option_79_of_every_length)
{
	static const uint8_t value[300] = { 0, 1, 0x52, 0x54 };

	for (size_t n = 0; n < sizeof(value); n++) {
		client(DHCP6_SOLICIT);
		msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "2001:db8:99::1", CLIENT, NULL);
		msg6_opt(&msg, DHCP6_OPT_CLIENT_LLADDR, value, n);
		ck_assert_int_eq(relayed(), DROP_NONE);
		ck_assert_int_eq(plan.from.has_mac, n == 8);
	}
}
END_TEST

/* dnsmasq sent bytes from beyond the packet: every length of option 9, in both directions. */
START_TEST(cve_2017_14494_no_byte_of_another_message)
{
	for (unsigned n = 0; n < 65536; n += 1 + n / 50) {
		static const uint8_t types[] = { DHCP6_RELAY_FORW, DHCP6_RELAY_REPL };

		for (int i = 0; i < 2; i++) {
			enum drop why;

			msg6_init_relay(&msg, types[i], 0, i ? "2001:db8:10::1" : "::",
			    CLIENT);
			msg6_opt_hex(&msg, 9, "01 5eed01 0008 0002 0000 0001 0002 abcd");
			msg.b[36] = (uint8_t)(n >> 8);
			msg.b[37] = (uint8_t)n;
			why = i ? reply() : relayed();
			/* Less leaves the rest to be an option of the relay. */
			must(why == DROP_NONE ? n <= 16 : n != 16);
			must(why != DROP_NONE || i == 0 || out.len == n);
		}
	}
}
END_TEST

/* dnsmasq read past the end of a relay's message: cut anywhere, wrong anywhere. */
START_TEST(cve_2025_54318_relays_messages_damaged_anywhere)
{
	nested(DHCP6_RELAY_FORW);
	damage(relayed);
	nested(DHCP6_RELAY_REPL);
	damage(reply);
}
END_TEST

/* IOS: a client's message; the length of one option is wrong, or an IA holds no room. */
START_TEST(cisco_sa_20160323_clients_messages_damaged_anywhere)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		c->build(&msg);
		damage(request);
	}
}
END_TEST

/* IOS: RELAY-REPL within RELAY-REPL, options of a relay in a client's message, and headers
 * before UDP. */
START_TEST(cve_2023_20080_headers_within_headers)
{
	static uint8_t ip[65575];
	struct udpip u = { .src = world_at(CLIENT), .dst = world_at("ff02::1:2"), .sport = 546,
		.dport = 547 };

	for (int levels = 1; levels < 200; levels++) {
		client(DHCP6_SOLICIT);
		for (int i = 0; i < levels; i++)
			msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "::", CLIENT, NULL);
		ck_assert_int_eq(relayed(), levels <= DHCP6_LEVELS_MAX ? DROP_NONE :
		    DROP_HOPS);
		client(DHCP6_REPLY);
		for (int i = 0; i < levels; i++)
			msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT,
			    "vlan10");
		ck_assert_int_eq(reply(), DROP_NONE);
	}
	client(DHCP6_SOLICIT);
	msg6_opt_hex(&msg, 9, "0c00");
	ck_assert_int_eq(request(), DROP_NONE);
	for (unsigned next = 0; next < 256; next++) {
		uint8_t *exact;

		u.payload = msg.b;
		u.payload_len = msg.len;
		udpip_build(ip, &u, 0);
		memcpy(ip + UDPIP6_HEADERS, msg.b, msg.len);
		ip[6] = (uint8_t)next;
		for (size_t at = 40; next != 17 && at < 48; at++)
			ip[at] = (uint8_t)next;		/* of which there are many */
		exact = msg_exact(ip, UDPIP6_HEADERS + msg.len);
		ck_assert_int_eq(udpip_parse(&u, FAMILY6, exact, UDPIP6_HEADERS + msg.len, false) ==
		    DROP_NONE, next == 17);
		free(exact);
		u = (struct udpip){ .src = world_at(CLIENT), .dst = world_at("ff02::1:2"),
			.sport = 546, .dport = 547 };
	}
}
END_TEST

/* NX-OS: a RELAY-REPL that lacks everything. */
START_TEST(cve_2024_20446_relay_repl_without_message)
{
	msg6_init_relay(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT);
	for (size_t n = 0; n <= 34; n++)
		ck_assert_int_eq(reply_by(SERVER, UPLINK, msg.b, n),
		    n < 34 ? DROP_SHORT : DROP_BAD_OPTIONS);
	msg6_opt_text(&msg, DHCP6_OPT_INTERFACE_ID, "vlan10");
	ck_assert_int_eq(reply(), DROP_BAD_OPTIONS);
	msg6_opt(&msg, 9, NULL, 0);
	ck_assert_int_eq(reply(), DROP_BAD_OPTIONS);
	answer(DHCP6_REPLY, "2001:db8:10::1", "vlan10");
	msg6_opt_hex(&msg, 9, "07000000");
	ck_assert_int_eq(reply(), DROP_BAD_OPTIONS);
}
END_TEST

/* odhcpd's option 9 is shorter than its message, whose end looks like options of the relay. */
START_TEST(odhcpd_398_option_9_that_is_too_short)
{
	answer(DHCP6_REPLY, "2001:db8:10::1", "vlan10");
	for (uint8_t n = msg.b[msg.len - 19]; n > 0; n--) {
		msg.b[msg.len - 19] = (uint8_t)(n - 1);
		ck_assert_int_ne(reply(), DROP_SHORT);
		must(delivery.out == NULL || delivery.len < 18);
	}
}
END_TEST

#define LETTERS "abcdefghijklmnopqrstuvwxyz1234"
#define LONG	LETTERS LETTERS LETTERS LETTERS LETTERS LETTERS LETTERS LETTERS

/* systemd wrote an option behind the end of its buffer: the longest options that we add, to
 * messages of every length. */
START_TEST(cve_2018_15688_the_largest_options)
{
	conf("[server s]\naddress = " SERVER "\nvss = on\n" FREELY
	    "[interface vlan*]\nservers = s\ninterface-id = %i" LONG "\n"
	    "remote-id6 = 4294967295:" LONG "\nsubscriber-id = " LONG "\n"
	    "vss = name:" LETTERS LETTERS LETTERS LETTERS "\n"
	    "relay-id = hex:" "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
	for (size_t n = 4; n < 65536; n += 1 + n / 9) {
		msg6_init(&msg, DHCP6_SOLICIT);
		msg_pad(&msg, n);
		ck_assert_int_eq(request(), DROP_NONE);
		ck_assert_int_eq(out.len > 0, n < 65527 - 1000);
	}
}
END_TEST

Suite *
cve6_suite(void)
{
	Suite *s = suite_create("cve6");

#define T(name) do {							\
	TCase *tc = tcase_create(#name);				\
									\
	tcase_add_checked_fixture(tc, setup, teardown);			\
	tcase_set_timeout(tc, 60);					\
	tcase_add_test(tc, name);					\
	suite_add_tcase(s, tc);						\
} while (0)
	T(sonic_10486_10918_9690_options_that_the_relay_does_not_know);
	T(sonic_10785_machines_that_boot);
	T(isc_wide_openbsd_systemd_lists_of_types);
	T(sonic_10419_relay_forw_is_relayed);
	T(sonic_13077_opnsense_10623_one_address_in_two_vlans);
	T(sonic_13784_payload_of_every_length);
	T(opnsense_10686_isc_no_global_address);
	T(openbsd_dnsmasq_messages_of_servers_are_not_wrapped);
	T(openbsd_hop_count_of_unicast);
	T(odhcpd_37_50_replies_after_a_restart);
	T(ios_asr920_reconfigure);
	T(cve_2017_14493_option_79_of_every_length);
	T(cve_2017_14494_no_byte_of_another_message);
	T(cve_2025_54318_relays_messages_damaged_anywhere);
	T(cisco_sa_20160323_clients_messages_damaged_anywhere);
	T(cve_2023_20080_headers_within_headers);
	T(cve_2024_20446_relay_repl_without_message);
	T(odhcpd_398_option_9_that_is_too_short);
	T(cve_2018_15688_the_largest_options);
#undef T
	return s;
}
