/* SPDX-License-Identifier: ISC
 *
 * Whose story a DHCPv6 message belongs to, and which messages have none. What happens
 * in the story is tested in check_track6.c, whole boots in tests/scen.
 */
#include "core/story/record.h"

#include <stdio.h>
#include <string.h>

#include "core/story/explain.h"
#include "msg6.h"
#include "world.h"

Suite *record6_suite(void);

#define SERVER	"2001:db8:ff::a"
#define CONF	"[server a]\naddress = " SERVER "\n[server b]\naddress = 192.0.2.9\n" \
		"[interface vlan10]\nservers = a, b\ntrust = on\n" \
		"[interface vlan20]\nservers = b\n[interface vlan30]\nservers = a\n"
#define CLIENT	"fe80::5054:ff:fe00:1"
#define RELAY	"2001:db8:10::2"

static struct world *w;
static struct track *t;
static struct msg msg;
static struct relay6_plan plan;
static struct relay6_delivery d;
static const struct mac frame = { { 0x52, 0x54, 0, 0, 0, 1 } };
static const struct mac far_away = { { 2, 0, 0x5e, 0, 0, 7 } };

static void
setup(void)
{
	w = world_new(CONF, 16);
	t = track_new(16, (struct hash_key){ { 1, 2 } });
	for (uint32_t i = 10; i <= 30; i += 10) {
		char name[IFTAB_NAME_MAX];

		snprintf(name, sizeof(name), "vlan%u", i);
		world_link(w, i, name);
		world_addr(w, i, "fe80::1/64");
	}
	world_addr(w, 10, "2001:db8:10::1/64");
	w->servers.source[0] = world_at("2001:db8:ff::1");
}

static void
teardown(void)
{
	t = track_free(t);
	w = world_free(w);
}

/* With the DUID in hex, or NULL. */
static void
message(uint8_t type, const char *duid)
{
	msg6_init(&msg, type);
	if (duid)
		msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, duid);
}

static enum drop
asked(uint32_t ifindex, const char *src)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = 546, .ifindex = ifindex,
		.src = world_at(src), .dst = world_at("ff02::1:2"),
		.hwtype = 1, .mac_len = 6,
	};
	enum drop why;

	memcpy(rx.mac, frame.b, sizeof(frame.b));
	why = relay6_request(&w->r6, &rx, w->now, &plan);
	record_request6(t, &w->r6, &rx, &plan, why, w->now);
	return why;
}

/* msg is the server's RELAY-REPL. */
static enum drop
answered(const char *src)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = 547, .ifindex = 99,
		.src = world_at(src), .dst = world_at("2001:db8:10::1"),
	};
	enum drop why = relay6_reply(&w->r6, &rx, w->now, &d);

	record_reply6(t, &w->r6, &rx, &d, why, w->now);
	return why;
}

static const struct track_boot *
story(const struct mac *mac)
{
	const struct track_client *c = track_find(t, mac->b, sizeof(mac->b), 10);

	return c ? &c->now : NULL;
}

static void
has_events(const struct mac *mac, unsigned n)
{
	ck_assert_uint_eq(story(mac) ? story(mac)->n_event : 0, n);
}

START_TEST(a_client_here_is_known_by_its_frame)
{
	setup();
	message(DHCP6_SOLICIT, "0004 00112233445566778899aabbccddeeff");
	ck_assert_int_eq(asked(10, CLIENT), DROP_NONE);
	has_events(&frame, 1);
	ck_assert_uint_eq(story(&frame)->six.asked.dhcp, 1);
	ck_assert_uint_eq(story(&frame)->ifindex, 10);
	/* The answer need not have its DUID, but then it is only known once it is
	 * delivered. */
	message(DHCP6_ADVERTISE, NULL);
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT, "host:vlan10");
	ck_assert_int_eq(answered(SERVER), DROP_NONE);
	has_events(&frame, 2);
	ck_assert_int_eq(answered("2001:db8:ff::bad"), DROP_NOT_SERVER);
	has_events(&frame, 2);
	message(DHCP6_ADVERTISE, "0004 00112233445566778899aabbccddeeff");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT, "host:vlan10");
	ck_assert_int_eq(answered("2001:db8:ff::bad"), DROP_NOT_SERVER);
	has_events(&frame, 3);
	teardown();
}
END_TEST

START_TEST(a_client_behind_a_relay_is_known_by_option_79)
{
	setup();
	message(DHCP6_SOLICIT, "0004 00112233445566778899aabbccddeeff");
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "2001:db8:77::1", CLIENT, "port7");
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_LLADDR, "0001 02005e000007");
	ck_assert_int_eq(asked(10, RELAY), DROP_NONE);
	has_events(&far_away, 1);
	ck_assert_uint_eq(track_count(t), 1);
	/* The server does not return it. */
	message(DHCP6_ADVERTISE, "0004 00112233445566778899aabbccddeeff");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:77::1", CLIENT, "port7");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "::", RELAY, "host:vlan10");
	ck_assert_int_eq(answered(SERVER), DROP_NONE);
	has_events(&far_away, 2);
	teardown();
}
END_TEST

START_TEST(a_client_behind_a_relay_may_be_known_by_its_duid)
{
	static const struct {
		const char *duid;
		bool known;
	} duids[] = {
		{ "0003 0001 02005e000007", true },
		{ "0001 0001 2c000000 02005e000007", true },
		{ "0003 0001 02005e00000700", false }, { "0003 0001 02005e0000", false },
		{ "0001 0001 02005e000007", false }, { "0003 0006 02005e000007", false },
		{ "0004 00112233445566778899aabbccddeeff", false },
		{ "0002 0001 02005e000007", false }, { "00", false }, { NULL, false },
	};

	for (size_t i = 0; i < sizeof(duids) / sizeof(duids[0]); i++) {
		setup();
		message(DHCP6_SOLICIT, duids[i].duid);
		msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, "2001:db8:77::1", CLIENT, "port7");
		ck_assert_int_eq(asked(10, RELAY), DROP_NONE);
		has_events(&far_away, duids[i].known);
		ck_assert_uint_eq(track_count(t), duids[i].known);
		record_hedge6(t, &w->r6, &plan, w->now);
		has_events(&far_away, duids[i].known ? 2 : 0);
		teardown();
	}
}
END_TEST

/* Also if the relay did not look at the message. */
START_TEST(a_drop_is_part_of_the_story)
{
	setup();
	message(DHCP6_SOLICIT, "0003 0001 525400000001");
	world_link_down(w, 10, "vlan10");
	ck_assert_int_eq(asked(10, CLIENT), DROP_DOWN);
	has_events(&frame, 1);
	ck_assert_int_eq(explain(story(&frame), w->now), EXPLAIN_REFUSED);
	ck_assert_int_eq(asked(30, CLIENT), DROP_NO_LINK_ADDRESS);
	/* on another VLAN it is another machine */
	ck_assert_int_eq(explain(story(&frame), w->now), EXPLAIN_REFUSED);
	ck_assert_int_eq(explain(&track_find(t, &frame, sizeof(frame), 30)->now, w->now),
	    EXPLAIN_NO_LINK_ADDRESS);
	teardown();
}
END_TEST

START_TEST(other_messages_have_no_story)
{
	setup();
	/* no server has an IPv6 address here */
	message(DHCP6_SOLICIT, "0003 0001 525400000001");
	ck_assert_int_eq(asked(20, CLIENT), DROP_NO_LINK_ADDRESS);
	world_addr(w, 20, "2001:db8:20::1/64");
	ck_assert_int_eq(asked(20, CLIENT), DROP_NO_SERVER);
	/* no client interface, a server's message, no message */
	ck_assert_int_eq(asked(99, CLIENT), DROP_NOT_CLIENT);
	message(DHCP6_ADVERTISE, "0003 0001 525400000001");
	ck_assert_int_eq(asked(10, CLIENT), DROP_REPLY_FROM_CLIENT);
	message(DHCP6_SOLICIT, NULL);
	msg.len = 3;
	ck_assert_int_eq(asked(10, CLIENT), DROP_SHORT);
	message(DHCP6_RELAY_FORW, NULL);
	ck_assert_int_eq(asked(10, RELAY), DROP_SHORT);
	/* an answer for nobody */
	message(DHCP6_ADVERTISE, "0003 0001 525400000001");
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 0, "2001:db8:10::1", CLIENT, "host:vlan10");
	ck_assert_int_eq(answered(SERVER), DROP_NONE);
	ck_assert_uint_eq(track_count(t), 0);
	teardown();
}
END_TEST

Suite *
record6_suite(void)
{
	Suite *s = suite_create("record6");
	TCase *c = tcase_create("record6");

	tcase_add_test(c, a_client_here_is_known_by_its_frame);
	tcase_add_test(c, a_client_behind_a_relay_is_known_by_option_79);
	tcase_add_test(c, a_client_behind_a_relay_may_be_known_by_its_duid);
	tcase_add_test(c, a_drop_is_part_of_the_story);
	tcase_add_test(c, other_messages_have_no_story);
	suite_add_tcase(s, c);
	return s;
}
