/* SPDX-License-Identifier: ISC
 *
 * The decisions of the DHCPv6 relay: what is relayed with which header and to
 * whom, what is delivered where, and what is dropped. Numbers in comments are
 * sections of RFC 9915.
 */
#include "core/relay6/relay6.h"

#include <stdio.h>
#include <string.h>

#include "msg6.h"
#include "world.h"

Suite *relay6_suite(void);

#define A	"2001:db8:ff::a"
#define B	"2001:db8:ff::b"
#define CLIENT	"fe80::5054:ff:fe00:1"
#define TWO	"[server a]\naddress = " A "\n[server b]\naddress = " B "\n"	\
		"[group g]\nservers = a, b\nmode = failover\n"
#define PLAIN	TWO "[interface vlan*]\nservers = a, b\n"
#define TRUST	TWO "[interface vlan*]\nservers = a\ntrust = on\n"
#define GROUP	TWO "[interface vlan*]\ndhcp = g\n"

static struct world *w;
static struct msg msg;		/* what the client sent, or the server */
static struct relay6_plan plan;
static struct relay6_delivery d;
static uint8_t out[MSG_MAX + RELAY6_ADDS];
static size_t out_len;

static void
teardown(void)
{
	w = world_free(w);
}

static void
conf(const char *text)
{
	world_free(w);
	w = world_new(text, 64);
	for (uint32_t i = 10; i <= 30; i += 10) {
		char name[IFTAB_NAME_MAX], net[64];

		snprintf(name, sizeof(name), i == 30 ? "eth0" : "vlan%u", i);
		world_link(w, i, name);
		world_addr(w, i, "fe80::1/64");
		snprintf(net, sizeof(net), "2001:db8:%u::1/64", i);
		world_addr(w, i, net);
	}
	for (uint16_t i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = world_at("2001:db8:30::1");
}

/* Passes msg to the relay as a client's, or another relay's. */
static enum drop
send_from(uint32_t ifindex, const char *src, uint16_t sport)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = sport, .ifindex = ifindex,
		.src = world_at(src), .dst = world_at("ff02::1:2"),
		.hwtype = 1, .mac_len = 6, .mac = { 0x52, 0x54, 0, 0, 0, 1 },
	};
	enum drop why = relay6_request(&w->r6, &rx, w->now, &plan);

	out_len = 0;
	if (why == DROP_NONE)
		out_len = relay6_render(&plan, RELAY6_PLAIN, out, sizeof(out));
	return why;
}

static enum drop
send(void)
{
	return send_from(10, CLIENT, 546);
}

static void
client(uint8_t type)
{
	msg6_init(&msg, type);
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, "0003 0001 525400000001");
}

static void
expect(enum drop got, enum drop want)
{
	ck_assert_msg(got == want, "%s", got ? drop_word(got) : "relayed");
}

static void
goes_to(const char *servers)
{
	char text[1024] = "", *p = text;

	for (unsigned i = 0; i < plan.to.n; i++)
		p += sprintf(p, "%s%s", i ? " " : "",
		    w->conf->server[plan.to.server[i]].name);
	ck_assert_str_eq(text, servers);
}

/* The header that was rendered. */
static struct dhcp6
header(void)
{
	struct dhcp6 m;

	ck_assert_int_eq(dhcp6_parse(&m, out, out_len), DROP_NONE);
	ck_assert_int_eq(m.type, DHCP6_RELAY_FORW);
	return m;
}

static void
has_option(const struct dhcp6 *m, enum dhcp6_option code, const void *value, size_t len)
{
	struct rd v;

	ck_assert(dhcp6_opt(m, code, &v));
	ck_assert_uint_eq(rd_left(&v), len);
	ck_assert_mem_eq(v.p, value, len);
}

static void
carries(const struct msg *inner)
{
	struct dhcp6 m = header();
	struct rd v;

	ck_assert_int_eq(dhcp6_inner(&m, &v), DROP_NONE);
	ck_assert_uint_eq(rd_left(&v), inner->len);
	ck_assert_mem_eq(v.p, inner->b, inner->len);
}

/* --- requests ---------------------------------------------------------- */

START_TEST(a_relay_header_is_built_around_the_message)
{
	struct dhcp6 m;

	conf(PLAIN);
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	goes_to("a b");
	m = header();
	ck_assert_uint_eq(m.hops, 0);
	ck_assert(ip6_eq(m.link, world_ip6("2001:db8:10::1")));
	ck_assert(ip6_eq(m.peer, world_ip6(CLIENT)));
	has_option(&m, DHCP6_OPT_INTERFACE_ID, "host:vlan10", 11);
	has_option(&m, DHCP6_OPT_CLIENT_LLADDR, "\0\1\x52\x54\0\0\0\1", 8);
	ck_assert(dhcp6_has(&m, DHCP6_OPT_RELAY_ID));
	ck_assert(!dhcp6_has(&m, DHCP6_OPT_SOURCE_PORT));
	carries(&msg);
}
END_TEST

/* 19, RFC 7283: what is not known is relayed. */
START_TEST(types_that_clients_send_are_relayed)
{
	static const uint8_t types[] = { 1, 3, 4, 5, 6, 8, 9, 11, 20, 36, 38, 200, 255 };

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(types); i++) {
		client(types[i]);
		expect(send_from(10, "2001:db8:10::99", 40000), DROP_NONE);
		goes_to("a b");
		ck_assert(ip6_eq(header().peer, world_ip6("2001:db8:10::99")));
		ck_assert(!dhcp6_has((struct dhcp6[]){ header() }, DHCP6_OPT_SOURCE_PORT));
	}
}
END_TEST

START_TEST(types_that_clients_do_not_send_are_dropped)
{
	static const uint8_t replies[] = { 2, 7, 10, 13, 15, 16, 17, 19, 21, 37 };
	static const uint8_t others[] = { 14, 18, 22, 28, 35 };

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(replies); i++) {
		client(replies[i]);
		msg6_opt_hex(&msg, 99, "00000000000000000000000000000000000000");
		expect(send(), DROP_REPLY_FROM_CLIENT);
		for (msg.len = 3; msg.len; msg.len--)
			expect(send(), DROP_REPLY_FROM_CLIENT);
	}
	expect(send(), DROP_SHORT);
	for (size_t i = 0; i < sizeof(others); i++) {
		client(others[i]);
		expect(send(), DROP_NOT_FOR_CLIENTS);
	}
	ck_assert_uint_eq(world_drops(w->r6.stats->drop_request),
	    4 * sizeof(replies) + 1 + sizeof(others));
	conf(TWO "[interface vlan*]\nservers = a\nleasequery = on\n");
	client(DHCP6_LEASEQUERY);
	expect(send(), DROP_NONE);
}
END_TEST

START_TEST(sources_that_no_client_has_are_dropped)
{
	static const char *const bad[] = {
		"::", "::1", "ff02::9", "::ffff:192.0.2.1", "2001:db8:20::1", "fe80::1",
	};

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		client(DHCP6_SOLICIT);
		expect(send_from(10, bad[i], 546), DROP_BAD_SOURCE);
	}
}
END_TEST

START_TEST(a_damaged_message_is_relayed_and_counted)
{
	conf(PLAIN);
	client(DHCP6_SOLICIT);
	msg6_opt(&msg, 14, NULL, 0);
	msg6_opt(&msg, 65535, NULL, 0);
	msg.b[msg.len++] = 0;
	expect(send(), DROP_NONE);
	carries(&msg);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_ODD_OPTIONS], 1);
	msg.len = 3;
	expect(send(), DROP_SHORT);
}
END_TEST

START_TEST(without_a_link_address_nothing_is_relayed)
{
	conf(TRUST);
	world_link(w, 11, "vlan11");
	client(DHCP6_SOLICIT);
	expect(send_from(11, CLIENT, 546), DROP_NO_LINK_LOCAL);
	world_addr(w, 11, "fe80::1/64");
	expect(send_from(11, CLIENT, 546), DROP_NO_LINK_ADDRESS);
	/* For a relay with a global address, none is sent (19.1.2). */
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "2001:db8:99::1", CLIENT, NULL);
	expect(send_from(11, "2001:db8:99::2", 547), DROP_NONE);
	ck_assert(ip6_is_none(header().link));
	expect(send_from(11, CLIENT, 547), DROP_NO_LINK_ADDRESS);
	client(DHCP6_SOLICIT);
	world_addr(w, 11, "fd00:11::1/64");
	expect(send_from(11, CLIENT, 546), DROP_NONE);
	expect(send_from(30, CLIENT, 546), DROP_NOT_CLIENT);
}
END_TEST

START_TEST(link_address_can_be_set)
{
	conf(TWO "[interface vlan10]\nservers = a\nlink-address = 2001:db8:77::1\n"
	    "[interface vlan20]\nservers = a\nlink-address = none\n");
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	ck_assert(ip6_eq(header().link, world_ip6("2001:db8:77::1")));
	expect(send_from(20, CLIENT, 546), DROP_NONE);
	ck_assert(ip6_is_none(header().link));
}
END_TEST

/* --- other relays ------------------------------------------------------ */

static void
relayed(uint8_t hops, const char *link, const char *iid)
{
	client(DHCP6_SOLICIT);
	msg6_wrap(&msg, DHCP6_RELAY_FORW, hops, link, CLIENT, iid);
}

START_TEST(relays_are_believed_on_trusted_interfaces_only)
{
	struct dhcp6 m;

	conf(PLAIN);
	relayed(3, "2001:db8:99::1", "far");
	expect(send_from(10, "2001:db8:10::2", 547), DROP_UNTRUSTED_RELAY);
	conf(TRUST);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_NONE);
	m = header();
	ck_assert_uint_eq(m.hops, 4);
	ck_assert(ip6_is_none(m.link));		/* 19.1.2 */
	ck_assert(ip6_eq(m.peer, world_ip6("2001:db8:10::2")));
	ck_assert(dhcp6_has(&m, DHCP6_OPT_INTERFACE_ID));
	ck_assert(!dhcp6_has(&m, DHCP6_OPT_CLIENT_LLADDR));
	carries(&msg);
	conf(TRUST "relays = 192.0.2.0/24, 2001:db8:10::/64\n");
	expect(send_from(10, "2001:db8:10::2", 547), DROP_NONE);
	expect(send_from(10, "2001:db8:11::2", 547), DROP_UNKNOWN_RELAY);
	expect(send_from(10, CLIENT, 547), DROP_UNKNOWN_RELAY);
	conf(TRUST);
	/* An LDRA (RFC 6221): our link-address is the client's subnet. */
	relayed(0, "::", "port 1");
	expect(send_from(10, CLIENT, 40000), DROP_NONE);
	m = header();
	ck_assert(ip6_eq(m.link, world_ip6("2001:db8:10::1")));
	has_option(&m, DHCP6_OPT_SOURCE_PORT, "\x9c\x40", 2);
}
END_TEST

START_TEST(a_relayed_message_does_not_leave_by_the_link_that_it_came_by)
{
	conf("[server a]\naddress = 2001:db8:ff::a\n[server link]\n"
	    "address = ff02::1:2%vlan10\n[interface vlan*]\nservers = a, link\n"
	    "trust = on\n");
	relayed(0, "2001:db8:99::1", NULL);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_NONE);
	goes_to("a");
	expect(send_from(20, "2001:db8:20::2", 547), DROP_NONE);
	goes_to("a link");
}
END_TEST

START_TEST(loops_and_long_ways_end)
{
	struct msg own;

	conf(TRUST);
	relayed(7, "2001:db8:99::1", NULL);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_NONE);
	ck_assert_uint_eq(header().hops, 8);
	relayed(8, "2001:db8:99::1", NULL);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_HOPS);
	/* Our Interface-Id and link-address, of another link, two levels deep. */
	relayed(0, "2001:db8:20::1", "host:vlan20");
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 1, "2001:db8:99::1", "2001:db8:20::1", NULL);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_LOOP);
	/* ... and with a link-address of ours that it does not go with. */
	relayed(0, "2001:db8:10::1", "host:vlan20");
	expect(send_from(10, "2001:db8:10::2", 547), DROP_LOOP);
	relayed(0, "2001:db8:30::1", "host:vlan20");
	expect(send_from(10, "2001:db8:10::2", 547), DROP_NONE);
	/* Our Relay-ID. */
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	memcpy(own.b, out, out_len);
	own.len = out_len;
	msg = own;
	expect(send_from(20, "2001:db8:20::2", 547), DROP_LOOP);
	/* A header without a message. */
	msg6_init_relay(&msg, DHCP6_RELAY_FORW, 0, "::", CLIENT);
	expect(send_from(10, "2001:db8:10::2", 547), DROP_BAD_OPTIONS);
	msg.len = 33;
	expect(send_from(10, "2001:db8:10::2", 547), DROP_SHORT);
}
END_TEST

START_TEST(relay_supplied_options_can_be_refused)
{
	conf(TWO "[interface vlan*]\nservers = a\ntrust = on\nrsoo = drop\n");
	client(DHCP6_SOLICIT);
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "::", CLIENT, NULL);
	msg6_opt_hex(&msg, DHCP6_OPT_RSOO, "00410000");
	expect(send(), DROP_RSOO);
}
END_TEST

/* --- which servers ----------------------------------------------------- */

static void
server_id(const char *hex)
{
	msg6_opt_hex(&msg, DHCP6_OPT_SERVER_ID, hex);
}

/* The server sends msg, in the header that was rendered last. */
static enum drop
reply_from(const char *server, const char *link, const char *peer, const char *iid)
{
	struct rx rx = {
		.src = world_at(server), .sport = 547, .ifindex = 30, .unicast = true,
	};

	if (link)
		msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, link, peer, iid);
	rx.data = msg.b;
	rx.len = msg.len;
	return relay6_reply(&w->r6, &rx, w->now, &d);
}

static void
advertise(const char *server, const char *duid, bool lease)
{
	size_t ia;

	client(DHCP6_ADVERTISE);
	server_id(duid);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0);
	if (lease)
		msg6_addr(&msg, "2001:db8:10::77", 3600);
	else
		msg6_status(&msg, 2, "none left");
	msg6_end(&msg, ia);
	expect(reply_from(server, "2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NONE);
}

START_TEST(a_query_goes_to_the_next_server_in_time)
{
	struct mono due;

	conf(GROUP);
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	goes_to("a");
	ck_assert(pendings_due(w->r6.hedges, &due));
	ck_assert_int_eq(mono_diff_ms(due, w->now), 500);
	/* NoAddrsAvail is no answer. */
	advertise(A, "0001", false);
	ck_assert(pendings_due(w->r6.hedges, &due));
	w->now = due;
	ck_assert(relay6_hedge(&w->r6, w->now, &plan));
	goes_to("b");
	out_len = relay6_render(&plan, RELAY6_PLAIN, out, sizeof(out));
	client(DHCP6_SOLICIT);
	carries(&msg);
	ck_assert(dhcp6_has((struct dhcp6[]){ header() }, DHCP6_OPT_CLIENT_LLADDR));
	/* An address is one. */
	conf(GROUP);
	expect(send(), DROP_NONE);
	advertise(A, "0001", true);
	ck_assert(!pendings_due(w->r6.hedges, &due));
}
END_TEST

START_TEST(messages_that_name_a_server_go_to_it)
{
	static const uint8_t types[] = {
		DHCP6_REQUEST, DHCP6_RENEW, DHCP6_RELEASE, DHCP6_DECLINE,
	};

	conf(PLAIN);
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	advertise(B, "0001 bbbb", true);
	for (size_t i = 0; i < sizeof(types); i++) {
		client(types[i]);
		server_id("0001 bbbb");
		expect(send(), DROP_NONE);
		goes_to("b");
		expect(send(), DROP_NONE);	/* nobody answered */
		goes_to("b a");
		client(types[i]);
		msg.b[3]++;
		server_id("0001 cccc");
		expect(send(), DROP_NONE);
		goes_to("a b");
	}
	client(DHCP6_REBIND);
	expect(send(), DROP_NONE);
	goes_to("a b");
}
END_TEST

START_TEST(a_server_duid_can_be_configured)
{
	conf("[server a]\naddress = " A "\nduid = hex:0001aaaa\n[server b]\naddress = " B
	    "\n[interface vlan*]\nservers = a, b\n");
	client(DHCP6_RENEW);
	server_id("0001 aaaa");
	expect(send(), DROP_NONE);
	goes_to("a");
}
END_TEST

START_TEST(rapid_commit_goes_to_one_server_at_a_time)
{
	conf(PLAIN);
	client(DHCP6_SOLICIT);
	msg6_opt(&msg, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
	expect(send(), DROP_NONE);
	goes_to("a");
	expect(send(), DROP_NONE);
	goes_to("b");
}
END_TEST

START_TEST(families_are_kept_apart)
{
	conf("[interface vlan*]\nservers = 198.51.100.1, " A "\n");
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	goes_to(A);
	conf("[interface vlan*]\nservers = 198.51.100.1\n");
	expect(send(), w->r6.stats ? DROP_NO_LINK_LOCAL : DROP_NO_SERVER);
}
END_TEST

#define BOOT TWO "[server p]\naddress = 2001:db8:ff::c\noffers = proxy-only\n"	\
		"[interface vlan*]\ndhcp = a\nboot = "

START_TEST(a_boot_client_gets_one_kind_of_server)
{
	conf(BOOT "b\n");
	msg6_client(&msg, "edk2-pxe");
	expect(send(), DROP_NONE);
	goes_to("b");
	msg6_client(&msg, "ipxe");
	expect(send(), DROP_NONE);
	goes_to("b");
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	goes_to("a");
	conf(BOOT "p\n");
	msg6_client(&msg, "edk2-pxe");
	expect(send(), DROP_NONE);
	goes_to("a p");
	msg6_client(&msg, "ipxe");	/* it takes the first offer */
	expect(send(), DROP_NONE);
	goes_to("a");
}
END_TEST

START_TEST(a_rule_can_be_for_one_family)
{
	conf(TWO "[rule no]\nprotocol = dhcp6\nmessage = solicit\naction = drop\n"
	    "[interface vlan*]\nservers = a\n");
	client(DHCP6_SOLICIT);
	expect(send(), DROP_RULE);
	client(DHCP6_CONFIRM);
	expect(send(), DROP_NONE);
}
END_TEST

/* --- replies ----------------------------------------------------------- */

static enum drop
reply_on(const char *link, const char *peer, const char *iid)
{
	client(DHCP6_REPLY);
	return reply_from(A, link, peer, iid);
}

START_TEST(interface_id_and_link_address_must_agree)
{
	static const struct {
		const char *link, *iid;
		enum drop why;
		uint32_t to;
	} rows[] = {
		{ "2001:db8:10::1", "host:vlan10", DROP_NONE, 10 },
		{ "2001:db8:20::1", "host:vlan20", DROP_NONE, 20 },
		{ "2001:db8:20::1", "host:vlan10", DROP_LINK_MISMATCH, 0 },
		{ "2001:db8:30::1", "host:vlan10", DROP_LINK_MISMATCH, 0 },
		{ "::", "host:vlan10", DROP_LINK_MISMATCH, 0 },
		{ "2001:db8:66::1", "host:vlan10", DROP_NONE, 10 },
		{ "2001:db8:10::1", "host:vlan1", DROP_UNKNOWN_INTERFACE_ID, 0 },
		{ "2001:db8:10::1", "host:eth0", DROP_UNKNOWN_INTERFACE_ID, 0 },
		{ "2001:db8:10::1", NULL, DROP_NONE, 10 },
		{ "2001:db8:66::1", NULL, DROP_NOT_OUR_LINK, 0 },
		{ "::", NULL, DROP_AMBIGUOUS_LINK, 0 },
	};

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(reply_on(rows[i].link, CLIENT, rows[i].iid), rows[i].why);
		if (rows[i].why == DROP_NONE)
			ck_assert_uint_eq(d.out->link.ifindex, rows[i].to);
	}
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_NO_INTERFACE_ID], 1);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_LINK_ADDRESS_GONE], 1);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_REPLIES_RELAYED], 4);
}
END_TEST

START_TEST(a_shared_link_address_needs_the_interface_id_or_memory)
{
	conf(TWO "[interface vlan*]\nservers = a\nlink-address = 2001:db8:77::1\n");
	expect(reply_on("2001:db8:77::1", CLIENT, NULL), DROP_AMBIGUOUS_LINK);
	expect(reply_on("2001:db8:77::1", CLIENT, "host:vlan20"), DROP_NONE);
	ck_assert_uint_eq(d.out->link.ifindex, 20);
	client(DHCP6_SOLICIT);
	expect(send_from(20, CLIENT, 546), DROP_NONE);
	expect(reply_on("2001:db8:77::1", CLIENT, NULL), DROP_NONE);
	ck_assert_uint_eq(d.out->link.ifindex, 20);
	/* Both VLANs have a client with this address; their xids differ. */
	client(DHCP6_SOLICIT);
	msg.b[3]++;
	expect(send_from(10, CLIENT, 546), DROP_NONE);
	expect(reply_on("2001:db8:77::1", CLIENT, NULL), DROP_NONE);
	ck_assert_uint_eq(d.out->link.ifindex, 20);
	client(DHCP6_SOLICIT);
	expect(send_from(10, CLIENT, 546), DROP_NONE);
	expect(reply_on("2001:db8:77::1", CLIENT, NULL), DROP_AMBIGUOUS_LINK);
}
END_TEST

START_TEST(an_unnumbered_link_is_found_by_its_interface_id)
{
	conf(TWO "[interface vlan*]\nservers = a\nlink-address = none\n");
	expect(reply_on("::", CLIENT, "host:vlan20"), DROP_NONE);
	ck_assert_uint_eq(d.out->link.ifindex, 20);
}
END_TEST

static void
loses(const char *address)
{
	iftab_del_addr(w->iftab, 10, (struct ipnet){ world_at(address), 64 });
	iftab_commit(w->iftab, w->conf, &world_host, false, NULL, NULL);
}

/* RFC 9915 19.2: the Interface-Id decides. */
START_TEST(a_reply_outlives_the_link_address)
{
	conf(PLAIN);
	loses("2001:db8:10::1");
	expect(reply_on("2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NONE);
	ck_assert_uint_eq(d.out->link.ifindex, 10);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_LINK_ADDRESS_GONE], 1);
	loses("fe80::1");
	expect(reply_on("2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NO_LINK_LOCAL);
	world_link_down(w, 10, "vlan10");
	expect(reply_on("2001:db8:10::1", CLIENT, "host:vlan10"), DROP_DOWN);
}
END_TEST

START_TEST(a_reply_goes_to_the_machine_that_asked)
{
	conf(PLAIN);
	client(DHCP6_SOLICIT);
	expect(send_from(10, CLIENT, 40000), DROP_NONE);
	client(201);			/* RFC 7283 */
	expect(reply_from(A, "2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NONE);
	client(201);
	ck_assert_uint_eq(d.len, msg.len);
	ck_assert_mem_eq(d.payload, msg.b, msg.len);
	ck_assert_uint_eq(d.sport, 547);
	ck_assert_uint_eq(d.dport, 546);
	ck_assert(ip6_eq(d.src, world_ip6("fe80::1")));
	ck_assert(ip6_eq(d.dst, world_ip6(CLIENT)));
	ck_assert_uint_eq(d.mac_len, 6);
	ck_assert_mem_eq(d.mac, "\x52\x54\0\0\0\1", 6);
	ck_assert(d.to.has_mac);
	ck_assert_mem_eq(d.to.mac.b, "\x52\x54\0\0\0\1", 6);
	/* RECONFIGURE comes unasked, with xid 0. */
	client(DHCP6_RECONFIGURE);
	memset(msg.b + 1, 0, 3);
	expect(reply_from(A, "2001:db8:10::1", "fe80::99", "host:vlan10"), DROP_NONE);
	ck_assert_uint_eq(d.mac_len, 0);
	expect(reply_on("2001:db8:10::1", "2001:db8:10::9", "host:vlan10"), DROP_NONE);
	ck_assert(ip6_eq(d.src, world_ip6("2001:db8:10::1")));
}
END_TEST

START_TEST(a_message_to_our_address_leaves_the_hardware_address_known)
{
	struct rx rx = {
		.sport = 546, .ifindex = 10, .unicast = true,
		.src = world_at(CLIENT), .dst = world_at("2001:db8:10::1"),
	};

	conf(TWO "[interface vlan*]\nservers = a\naccept-unicast = on\n");
	client(DHCP6_SOLICIT);
	expect(send_from(10, CLIENT, 546), DROP_NONE);
	client(DHCP6_RENEW);
	rx.data = msg.b;
	rx.len = msg.len;
	expect(relay6_request(&w->r6, &rx, w->now, &plan), DROP_NONE);
	expect(reply_on("2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NONE);
	ck_assert_uint_eq(d.mac_len, 6);
}
END_TEST

START_TEST(peers_that_no_client_is_are_dropped)
{
	static const char *const bad[] = {
		"::", "ff02::1", "::1", "fe80::1", "2001:db8:20::1", "2001:db8:20::9",
	};

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(reply_on("2001:db8:10::1", bad[i], "host:vlan10"), DROP_BAD_PEER);
}
END_TEST

START_TEST(a_reply_for_another_relay_goes_to_it)
{
	conf(TRUST);
	client(DHCP6_REPLY);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:99::1", CLIENT, "far");
	expect(reply_from(A, "::", "2001:db8:20::2", "host:vlan10"), DROP_NONE);
	ck_assert_uint_eq(d.dport, 547);
	ck_assert(ip6_eq(d.dst, world_ip6("2001:db8:20::2")));
	client(DHCP6_REPLY);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "::", CLIENT, "far");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", "fe80::7", "host:vlan10");
	msg6_opt_hex(&msg, DHCP6_OPT_SOURCE_PORT, "9c40");
	expect(reply_from(A, NULL, NULL, NULL), DROP_NONE);
	ck_assert_uint_eq(d.dport, 40000);
	client(DHCP6_REPLY);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "::", CLIENT, "far");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", "fe80::7", "host:vlan10");
	msg6_opt_hex(&msg, DHCP6_OPT_SOURCE_PORT, "9c4001");
	expect(reply_from(A, NULL, NULL, NULL), DROP_NONE);
	ck_assert_uint_eq(d.dport, 547);
}
END_TEST

START_TEST(another_relay_gets_its_reply_from_the_address_that_it_asked)
{
	struct rx rx = {
		.sport = 547, .ifindex = 10, .unicast = true,
		.src = world_at("2001:db8:99::2"), .dst = world_at("2001:db8:30::1"),
	};

	conf(TWO "[interface vlan*]\nservers = a\ntrust = on\n"
	    "link-address = 2001:db8:77::1\n");
	for (int asked = 0; asked < 2; asked++) {
		client(DHCP6_REPLY);
		msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:99::1", CLIENT, NULL);
		expect(reply_from(A, "::", "2001:db8:99::2", "host:vlan10"), DROP_NONE);
		/* The configured link-address is not ours. */
		ck_assert(ip6_eq(d.src,
		    world_ip6(asked ? "2001:db8:30::1" : "2001:db8:10::1")));
		relayed(0, "2001:db8:99::1", NULL);
		rx.data = msg.b;
		rx.len = msg.len;
		expect(relay6_request(&w->r6, &rx, w->now, &plan), DROP_NONE);
	}
	iftab_del_addr(w->iftab, 30, (struct ipnet){ world_at("2001:db8:30::1"), 64 });
	client(DHCP6_REPLY);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:99::1", CLIENT, NULL);
	expect(reply_from(A, "::", "2001:db8:99::2", "host:vlan10"), DROP_NONE);
	ck_assert(ip6_eq(d.src, world_ip6("2001:db8:10::1")));
}
END_TEST

START_TEST(only_servers_may_reply)
{
	struct rx rx = { .src = world_at(A), .sport = 547, .ifindex = 10 };

	conf(PLAIN);
	client(DHCP6_REPLY);
	expect(reply_from("2001:db8:ff::e", "2001:db8:10::1", CLIENT, "host:vlan10"),
	    DROP_NOT_SERVER);
	rx.data = msg.b;		/* A's address, by a client link */
	rx.len = msg.len;
	expect(relay6_reply(&w->r6, &rx, w->now, &d), DROP_CLIENT_UPLINK);
	client(DHCP6_ADVERTISE);
	expect(reply_from(A, NULL, NULL, NULL), DROP_NOT_RELAYED);
	msg6_init_relay(&msg, DHCP6_RELAY_FORW, 0, "::", CLIENT);
	expect(reply_from(A, NULL, NULL, NULL), DROP_LOOP);
	msg6_init_relay(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT);
	expect(reply_from(A, NULL, NULL, NULL), DROP_BAD_OPTIONS);
}
END_TEST

START_TEST(a_server_must_return_our_vpn)
{
	conf("[server a]\naddress = " A "\nvss = on\n[server b]\naddress = " B
	    "\n[interface vlan*]\nservers = a, b\nvss = name:blue\n");
	client(DHCP6_SOLICIT);
	expect(send(), DROP_NONE);
	ck_assert_int_eq(relay6_form(&plan, w->conf, 0), RELAY6_WITH_VSS);
	ck_assert_int_eq(relay6_form(&plan, w->conf, 1), RELAY6_PLAIN);
	out_len = relay6_render(&plan, RELAY6_WITH_VSS, out, sizeof(out));
	has_option((struct dhcp6[]){ header() }, DHCP6_OPT_VSS, "\0blue", 5);
	expect(reply_on("2001:db8:10::1", CLIENT, "host:vlan10"), DROP_VSS_IGNORED);
	client(DHCP6_REPLY);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT, "host:vlan10");
	msg6_opt(&msg, DHCP6_OPT_VSS, "\0blue", 5);
	expect(reply_from(A, NULL, NULL, NULL), DROP_NONE);
	client(DHCP6_REPLY);
	expect(reply_from(B, "2001:db8:10::1", CLIENT, "host:vlan10"), DROP_NONE);
}
END_TEST

START_TEST(a_proxy_only_server_must_not_lease)
{
	size_t ia;

	conf(BOOT "p\n");
	client(DHCP6_ADVERTISE);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0);
	msg6_addr(&msg, "2001:db8:10::77", 3600);
	msg6_end(&msg, ia);
	expect(reply_from("2001:db8:ff::c", "2001:db8:10::1", CLIENT, "host:vlan10"),
	    DROP_OFFER_NOT_PROXY);
}
END_TEST

Suite *
relay6_suite(void)
{
	Suite *s = suite_create("relay6");
	TCase *t = tcase_create("requests");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_relay_header_is_built_around_the_message);
	tcase_add_test(t, types_that_clients_send_are_relayed);
	tcase_add_test(t, types_that_clients_do_not_send_are_dropped);
	tcase_add_test(t, sources_that_no_client_has_are_dropped);
	tcase_add_test(t, a_damaged_message_is_relayed_and_counted);
	tcase_add_test(t, without_a_link_address_nothing_is_relayed);
	tcase_add_test(t, link_address_can_be_set);
	tcase_add_test(t, relays_are_believed_on_trusted_interfaces_only);
	tcase_add_test(t, a_relayed_message_does_not_leave_by_the_link_that_it_came_by);
	tcase_add_test(t, loops_and_long_ways_end);
	tcase_add_test(t, relay_supplied_options_can_be_refused);
	tcase_add_test(t, a_query_goes_to_the_next_server_in_time);
	tcase_add_test(t, messages_that_name_a_server_go_to_it);
	tcase_add_test(t, a_server_duid_can_be_configured);
	tcase_add_test(t, rapid_commit_goes_to_one_server_at_a_time);
	tcase_add_test(t, families_are_kept_apart);
	tcase_add_test(t, a_boot_client_gets_one_kind_of_server);
	tcase_add_test(t, a_rule_can_be_for_one_family);
	suite_add_tcase(s, t);
	t = tcase_create("replies");
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, interface_id_and_link_address_must_agree);
	tcase_add_test(t, a_shared_link_address_needs_the_interface_id_or_memory);
	tcase_add_test(t, an_unnumbered_link_is_found_by_its_interface_id);
	tcase_add_test(t, a_reply_outlives_the_link_address);
	tcase_add_test(t, a_reply_goes_to_the_machine_that_asked);
	tcase_add_test(t, a_message_to_our_address_leaves_the_hardware_address_known);
	tcase_add_test(t, peers_that_no_client_is_are_dropped);
	tcase_add_test(t, a_reply_for_another_relay_goes_to_it);
	tcase_add_test(t, another_relay_gets_its_reply_from_the_address_that_it_asked);
	tcase_add_test(t, only_servers_may_reply);
	tcase_add_test(t, a_server_must_return_our_vpn);
	tcase_add_test(t, a_proxy_only_server_must_not_lease);
	suite_add_tcase(s, t);
	return s;
}
