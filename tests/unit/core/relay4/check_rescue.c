/* SPDX-License-Identifier: ISC
 *
 * Rescue: what the table forgets and how full it gets, which bytes of question and
 * answer change, who is asked. The timers against dying servers stand in
 * tests/scen/rescue.scen.
 */
#include "core/relay4/rescue.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *rescue_suite(void);

#define W1 "198.51.100.21"
#define W2 "198.51.100.22"
#define W3 "198.51.100.23"
#define GROUP(more) "[group wds]\nservers = " W1 ", " W2 "\nmode = failover\n" more
#define VLAN "[interface vlan*]\ndhcp = 198.51.100.10\nboot = wds\n"
#define CAPACITY 4

static const struct hash_key secret = { { 3, 4 } };
static struct world *w;
static struct rescues *t;
static struct msg msg;
static struct rescue_plan plan;

static void
teardown(void)
{
	t = rescues_free(t);
	w = world_free(w);
}

static void
conf(const char *text)
{
	teardown();
	w = world_new(text, 64);
	t = rescues_new(CAPACITY, secret);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 99, "up0");
	world_addr(w, 99, "198.51.100.1/24");
}

static void
setup(void)
{
	conf(GROUP("") VLAN);
}

static uint64_t
counter(enum counter c)
{
	return w->stats.counter[c];
}

static uint16_t
server(const char *a)
{
	return servers_find4(&w->servers, world_ip(a));
}

static void
is_down(const char *a)
{
	struct health *h = &w->servers.health[server(a)];

	while (!health_down(h))
		health_bad(h, HEALTH_DIAG_REFUSED, w->now);
}

/* The question of an iPXE with this xid. */
static void
ipxe(uint32_t xid)
{
	msg_init(&msg, BOOTREQUEST);
	msg.b[DHCP4_OFF_XID + 3] = (uint8_t)xid;
	dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, world_ip("192.0.2.50"));
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_REQUEST);
	msg_opt_u32(&msg, DHCP4_OPT_SERVER_ID, world_ip(W1).host);
	msg_opt_u16(&msg, DHCP4_OPT_ARCH, 0);
	msg_opt_hex(&msg, DHCP4_OPT_UNDI, "01 02 01");
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS,
	    "PXEClient:Arch:00000:UNDI:002001");
	msg_opt_hex(&msg, DHCP4_OPT_IPXE, "21 01 01 ff");
	msg_end(&msg);
}

static enum rescue_do
asks_server(const char *a)
{
	uint8_t *exact = msg_exact(msg.b, msg.len);
	struct relay4_rx rx = {
		.data = exact, .len = msg.len, .src = world_ip("192.0.2.50"),
		.dst = world_ip(a), .sport = 68, .ifindex = 10, .mac_len = 6,
		.mac = { 2, 0, 0x5e, 0x10, 0, 1 },
	};

	rescue_tap(t, &w->r4, &rx, 4011, w->now, &plan);
	free(exact);
	return plan.what;
}

static enum rescue_do
asks(void)
{
	return asks_server(W1);
}

/* Everything that is due by now; returns the last thing to be done. */
static enum rescue_do
pass(int64_t ms)
{
	struct mono until = mono_add_ms(w->now, ms), due;
	enum rescue_do last = RESCUE_NOTHING;

	while (rescue_due(t, &due) && !mono_before(until, due)) {
		w->now = due;
		rescue_next(t, &w->r4, w->now, &plan);
		if (plan.what != RESCUE_NOTHING)
			last = plan.what;
	}
	w->now = until;
	return last;
}

/* The answer to the question of `plan`, with siaddr and option 54 of `a`. */
static void
answer_of(const char *a, uint8_t type)
{
	uint8_t asked[RESCUE_MSG_MAX];

	memcpy(asked, plan.msg, sizeof(asked));
	msg_init(&msg, BOOTREPLY);
	memcpy(msg.b + 4, asked + 4, 16);		/* xid .. yiaddr */
	memcpy(msg.b + 24, asked + 24, 20);		/* giaddr, chaddr */
	dhcp4_put_ip4(msg.b, 20, world_ip(a));
	memcpy(msg.b + DHCP4_OFF_FILE, "boot\\x64", 8);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, type);
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
	msg_opt_u32(&msg, DHCP4_OPT_SERVER_ID, world_ip(a).host);
	msg_opt_hex(&msg, 43, "06 01 03 ff");
	msg_end(&msg);
}

static bool
answered_from(const char *a, uint16_t sport)
{
	uint8_t *exact = msg_exact(msg.b, msg.len);
	struct relay4_rx rx = {
		.data = exact, .len = msg.len, .src = world_ip(a),
		.dst = world_ip("192.0.2.1"), .sport = sport, .ifindex = 99,
		.unicast = true,
	};
	bool ours = rescue_answer(t, &w->r4, &rx, w->now, &plan);

	free(exact);
	return ours;
}

/* A question that W2 was asked. */
static void
asked_w2(void)
{
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	ck_assert(ip4_eq(plan.udp.dst, world_ip(W2)));
}

START_TEST(question_changes_in_ciaddr_and_giaddr_only)
{
	struct msg was;

	ipxe(1);
	was = msg;
	asks();
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	ck_assert_uint_eq(plan.udp.payload_len, was.len);
	ck_assert(ip4_eq(plan.udp.src, world_ip("192.0.2.1")));
	ck_assert_uint_eq(plan.udp.sport, 67);
	ck_assert_uint_eq(plan.udp.dport, 4011);
	dhcp4_put_ip4(was.b, DHCP4_OFF_CIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(was.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	ck_assert_mem_eq(plan.msg, was.b, was.len);
}
END_TEST

START_TEST(answer_changes_in_option_54_and_our_addresses_only)
{
	struct msg was;
	struct dhcp4 m;

	asked_w2();
	answer_of(W2, DHCP4_ACK);
	was = msg;
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert_uint_eq(plan.udp.payload_len, was.len);
	ck_assert_int_eq(dhcp4_parse(&m, was.b, was.len), DROP_NONE);
	dhcp4_put_ip4(was.b, DHCP4_OFF_CIADDR, world_ip("192.0.2.50"));
	dhcp4_put_ip4(was.b, DHCP4_OFF_GIADDR, IP4_NONE);
	dhcp4_put_ip4(was.b, m.at[DHCP4_OPT_SERVER_ID] + 2u, world_ip(W1));
	ck_assert_mem_eq(plan.msg, was.b, was.len);
	ck_assert_uint_eq(plan.ifindex, 10);
	ck_assert_uint_eq(plan.mac[5], 1);
	ck_assert(ip4_eq(plan.asked, world_ip(W1)));
	ck_assert(ip4_eq(plan.from, world_ip(W2)));
}
END_TEST

/* dnsmasq moves ciaddr to yiaddr in some answers. */
START_TEST(our_address_in_yiaddr_becomes_the_clients)
{
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_YIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, IP4_NONE);
	ck_assert(answered_from(W2, 4011));
	dhcp4_put_ip4(msg.b, DHCP4_OFF_YIADDR, world_ip("192.0.2.50"));
	ck_assert_mem_eq(plan.msg, msg.b, DHCP4_OFF_GIADDR);
}
END_TEST

START_TEST(the_client_gets_the_server_id_that_it_asked_with)
{
	struct dhcp4 m;

	ipxe(1);
	ck_assert_int_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
	dhcp4_put_ip4(msg.b, m.at[DHCP4_OPT_SERVER_ID] + 2u, world_ip("198.51.100.77"));
	asks();
	pass(500);
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(dhcp4_parse(&m, plan.msg, plan.udp.payload_len), DROP_NONE);
	ck_assert(ip4_eq(dhcp4_opt_ip4(&m, DHCP4_OPT_SERVER_ID),
	    world_ip("198.51.100.77")));
}
END_TEST

START_TEST(the_rescuer_is_the_clients_boot_server_from_now_on)
{
	struct dhcp4 m;

	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
	ck_assert(ip4_eq(clients_station(w->clients, &m, 10)->boot, world_ip(W2)));
}
END_TEST

START_TEST(what_is_no_answer_to_us_is_not_touched)
{
	ck_assert(!answered_from(W2, 4011));	/* nothing is open */
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert(!answered_from(W2, 67));	/* a DHCP server's, with iPXE's xid */
	ck_assert(!answered_from(W1, 4011));	/* was not asked */
	ck_assert(!answered_from("198.51.100.99", 4011));
	msg.b[0] = BOOTREQUEST;
	ck_assert(!answered_from(W2, 4011));
	msg.b[0] = BOOTREPLY;
	msg.b[DHCP4_OFF_XID] ^= 1;
	ck_assert(!answered_from(W2, 4011));
	msg.b[DHCP4_OFF_XID] ^= 1;
	msg.b[DHCP4_OFF_CHADDR + 5] ^= 1;
	ck_assert(!answered_from(W2, 4011));
	msg.b[DHCP4_OFF_CHADDR + 5] ^= 1;
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 0);
	ck_assert(answered_from(W2, 4011));	/* so much for the test itself */
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 1);
}
END_TEST

/* Whose answers everybody on the VLAN would get. */
START_TEST(a_question_of_everybody_is_nobodys)
{
	static const char *const src[] = { "192.0.2.255", "192.0.2.0", "192.0.2.50" };

	is_down(W1);
	for (unsigned i = 0; i < 3; i++) {
		struct relay4_rx rx = {
			.src = world_ip(src[i]), .dst = world_ip(W1), .sport = 68,
			.ifindex = 10, .mac_len = 6,
		};

		ipxe(i + 1);
		dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, rx.src);
		rx.data = msg.b;
		rx.len = msg.len;
		rescue_tap(t, &w->r4, &rx, 4011, w->now, &plan);
		ck_assert_int_eq(plan.what, i < 2 ? RESCUE_NOTHING : RESCUE_ASK);
	}
}
END_TEST

START_TEST(answer_from_another_address_with_check_source_off)
{
	conf("[relay]\ncheck-source = off\n" GROUP("") VLAN);
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from("198.51.100.99", 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert_uint_eq(plan.live, CONF_NONE);
}
END_TEST

START_TEST(unusable_answers_are_dropped_with_a_reason)
{
	asked_w2();
	answer_of(W2, DHCP4_NAK);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	memcpy(plan.msg, msg.b, msg.len);
	answer_of(W2, DHCP4_ACK);
	msg_pad(&msg, RESCUE_MSG_MAX + 1);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	ck_assert_uint_eq(w->stats.drop_reply[DROP_RESCUE_UNUSED], 2);
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 2);
}
END_TEST

START_TEST(a_second_answer_is_not_delivered)
{
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_DELIVERED), 1);
}
END_TEST

/* Nobody is left after the second: its answer has its time all the same. */
START_TEST(the_last_one_may_answer_late)
{
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert_int_eq(pass(3000), RESCUE_NOTHING);
	ck_assert(answered_from(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
}
END_TEST

START_TEST(a_repeated_question_asks_again_when_nobody_had_an_answer)
{
	asked_w2();
	ck_assert_int_eq(pass(600), RESCUE_NOTHING);
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_ASK);
	ck_assert(ip4_eq(plan.udp.dst, world_ip(W2)));
}
END_TEST

START_TEST(another_server_is_another_question)
{
	asked_w2();
	pass(200);
	ipxe(1);
	ck_assert_int_eq(asks_server(W2), RESCUE_NOTHING);
	ck_assert_int_eq(pass(499), RESCUE_NOTHING);
	ck_assert_int_eq(pass(1), RESCUE_ASK);
	ck_assert(ip4_eq(plan.udp.dst, world_ip(W1)));
}
END_TEST

START_TEST(rescue_off_and_modes)
{
	conf(GROUP("rescue = off\n") VLAN);
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	ck_assert_uint_eq(rescues_count(t), 0);
	conf("[group wds]\nservers = " W1 ", " W2 "\nrescue = on\n" VLAN);
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(500), RESCUE_ASK);
}
END_TEST

/* No hedge time: only what is known to be down is rescued. */
START_TEST(hedge_off)
{
	conf(GROUP("hedge = off\n") VLAN);
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(9000), RESCUE_NOTHING);
	is_down(W1);
	ck_assert_int_eq(asks(), RESCUE_ASK);
}
END_TEST

START_TEST(a_server_that_goes_down_while_the_client_waits)
{
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	is_down(W1);
	ck_assert_int_eq(asks(), RESCUE_ASK);
}
END_TEST

/* ICMP says that the question of `msg` did not reach W1; n bytes of it are quoted. */
static enum rescue_do
unreachable(uint32_t ifindex, uint16_t port, size_t n)
{
	uint8_t *exact = msg_exact(msg.b, n);
	struct relay4_rx rx = {
		.data = exact, .len = n, .src = world_ip("192.0.2.50"),
		.dst = world_ip(W1), .sport = port, .ifindex = ifindex,
	};

	rescue_unreachable(t, &w->r4, &rx, w->now, &plan);
	free(exact);
	return plan.what;
}

START_TEST(an_error_is_as_good_as_silence)
{
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	/* by a client's VLAN, about another port, another question, too short */
	ck_assert_int_eq(unreachable(10, 68, msg.len), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 4011, msg.len), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 68, 8), RESCUE_NOTHING);
	msg.b[DHCP4_OFF_XID] ^= 1;
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	msg.b[DHCP4_OFF_XID] ^= 1;
	/* options may be cut anywhere */
	ck_assert_int_eq(unreachable(99, 68, DHCP4_OPTIONS + 5), RESCUE_ASK);
	ck_assert(ip4_eq(plan.udp.dst, world_ip(W2)));
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_ASKED), 1);
}
END_TEST

START_TEST(an_error_about_nothing_that_waits)
{
	ipxe(1);
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	conf(GROUP("rescue = off\n") VLAN);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
}
END_TEST

START_TEST(drained_is_not_dead)
{
	ipxe(1);
	health_drain(&w->servers.health[server(W1)], true, w->now);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	health_drain(&w->servers.health[server(W2)], true, w->now);
	ipxe(2);
	asks();
	ck_assert_int_eq(pass(500), RESCUE_NOTHING);
	/* ... until it is switched off, which it was drained for */
	health_drain(&w->servers.health[server(W2)], false, w->now);
	is_down(W1);
	ck_assert_int_eq(w->servers.health[server(W1)].state, HEALTH_DRAINED);
	ipxe(3);
	ck_assert_int_eq(asks(), RESCUE_ASK);
}
END_TEST

/* The rule speaks of the DISCOVER; the question finds its group by the server. */
START_TEST(a_group_named_by_a_rule_about_messages)
{
	conf("[group other]\nservers = 198.51.100.30\n" GROUP("")
	    "[interface vlan*]\ndhcp = 198.51.100.10\nboot = other\n"
	    "[rule r]\nmessage = discover\nboot = wds\n");
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	ck_assert(ip4_eq(plan.udp.dst, world_ip(W2)));
}
END_TEST

START_TEST(a_rule_that_drops)
{
	conf(GROUP("") VLAN "[rule r]\nmac = 02:00:5e\naction = drop\n");
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
}
END_TEST

START_TEST(members_that_are_no_boot_servers)
{
	conf(GROUP("") "[interface vlan*]\ndhcp = wds\nboot = 198.51.100.30\n");
	ipxe(1);
	asks();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
}
END_TEST

/* The other router of a pair sees to it. */
START_TEST(members_of_servers_may_boot)
{
	conf(GROUP("") "[interface vlan*]\nservers = wds\n");
	asked_w2();
}
END_TEST

START_TEST(an_interface_that_is_not_active)
{
	conf(GROUP("") VLAN "active = address 192.0.2.254\n");
	ipxe(1);
	asks();
	ck_assert_uint_eq(rescues_count(t), 0);
	world_addr(w, 10, "192.0.2.254/32");
	asks();
	ck_assert_uint_eq(rescues_count(t), 1);
}
END_TEST

/* A client that makes up questions makes us ask no faster than it may itself. */
START_TEST(the_clients_rate_counts)
{
	unsigned n = 0;

	conf("[relay]\nclient-rate = 3/60s\n" GROUP("") VLAN);
	is_down(W1);
	for (uint32_t i = 1; i < 50; i++) {
		ipxe(i);
		n += asks() == RESCUE_ASK;
	}
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_ASKED), 3);
}
END_TEST

START_TEST(a_full_table_forgets_the_oldest)
{
	unsigned n = 0;
	struct mono due;

	for (uint32_t i = 1; i <= 3 * CAPACITY; i++) {
		ipxe(i);
		asks();
		must(rescues_count(t) <= CAPACITY);
	}
	w->now = mono_add_ms(w->now, 500);
	while (rescue_due(t, &due) && !mono_before(w->now, due)) {
		rescue_next(t, &w->r4, w->now, &plan);
		if (plan.what != RESCUE_ASK)
			continue;
		n++;
		ck_assert_uint_gt(plan.msg[DHCP4_OFF_XID + 3], 2 * CAPACITY);
	}
	ck_assert_uint_eq(n, CAPACITY);
	ck_assert_uint_eq(counter(COUNTER_HEDGES_FULL), 0);
}
END_TEST

START_TEST(everything_is_forgotten_after_a_while)
{
	struct mono due;

	asked_w2();
	pass(40000);
	ck_assert(!rescue_due(t, &due));
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);	/* the first again */
	ck_assert(rescue_due(t, &due));
	ck_assert_int_eq(mono_diff_ms(due, w->now), 500);
}
END_TEST

/* The first client's answer was kept for its time; then the second has the slot. */
START_TEST(a_kept_answer_is_nobody_elses)
{
	asked_w2();
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from(W2, 4011));
	pass(9999);
	ipxe(1);
	ck_assert_int_eq(asks(), RESCUE_DELIVER);
	pass(1);
	ipxe(2);
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	answer_of(W2, DHCP4_ACK);
	ck_assert(answered_from(W2, 4011));
	ipxe(1);
	ck_assert_int_ne(asks(), RESCUE_DELIVER);
}
END_TEST

START_TEST(a_reload_or_a_lost_interface_ends_it)
{
	ipxe(1);
	asks();
	world_reload(w, GROUP("") VLAN);
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	ipxe(2);
	asks();
	world_link_down(w, 10, "vlan10");
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	world_link(w, 10, "vlan10");
	ck_assert_int_eq(asks(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_ASK);
	answer_of(W2, DHCP4_ACK);
	world_reload(w, GROUP("") VLAN);
	ck_assert(!answered_from(W2, 4011));
}
END_TEST

START_TEST(too_long_or_no_message)
{
	struct mono due;

	ipxe(1);
	msg_pad(&msg, RESCUE_MSG_MAX + 1);
	asks();
	for (size_t len = 0; len <= DHCP4_OPTIONS; len++) {
		ipxe(1);
		msg.len = len;
		asks();
	}
	ck_assert(!rescue_due(t, &due));
	ck_assert_uint_eq(rescues_count(t), 0);
}
END_TEST

Suite *
rescue_suite(void)
{
	Suite *s = suite_create("rescue");
	TCase *c = tcase_create("core");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, question_changes_in_ciaddr_and_giaddr_only);
	tcase_add_test(c, answer_changes_in_option_54_and_our_addresses_only);
	tcase_add_test(c, our_address_in_yiaddr_becomes_the_clients);
	tcase_add_test(c, the_client_gets_the_server_id_that_it_asked_with);
	tcase_add_test(c, the_rescuer_is_the_clients_boot_server_from_now_on);
	tcase_add_test(c, what_is_no_answer_to_us_is_not_touched);
	tcase_add_test(c, a_question_of_everybody_is_nobodys);
	tcase_add_test(c, answer_from_another_address_with_check_source_off);
	tcase_add_test(c, unusable_answers_are_dropped_with_a_reason);
	tcase_add_test(c, a_second_answer_is_not_delivered);
	tcase_add_test(c, the_last_one_may_answer_late);
	tcase_add_test(c, a_repeated_question_asks_again_when_nobody_had_an_answer);
	tcase_add_test(c, another_server_is_another_question);
	tcase_add_test(c, rescue_off_and_modes);
	tcase_add_test(c, hedge_off);
	tcase_add_test(c, an_error_is_as_good_as_silence);
	tcase_add_test(c, an_error_about_nothing_that_waits);
	tcase_add_test(c, a_server_that_goes_down_while_the_client_waits);
	tcase_add_test(c, drained_is_not_dead);
	tcase_add_test(c, a_group_named_by_a_rule_about_messages);
	tcase_add_test(c, a_rule_that_drops);
	tcase_add_test(c, members_that_are_no_boot_servers);
	tcase_add_test(c, members_of_servers_may_boot);
	tcase_add_test(c, an_interface_that_is_not_active);
	tcase_add_test(c, the_clients_rate_counts);
	tcase_add_test(c, a_full_table_forgets_the_oldest);
	tcase_add_test(c, everything_is_forgotten_after_a_while);
	tcase_add_test(c, a_kept_answer_is_nobody_elses);
	tcase_add_test(c, a_reload_or_a_lost_interface_ends_it);
	tcase_add_test(c, too_long_or_no_message);
	suite_add_tcase(s, c);
	return s;
}
