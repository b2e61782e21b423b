/* SPDX-License-Identifier: ISC
 *
 * EDK2's REQUEST to port 4011: which servers get it, and who gets their answer.
 */
#include "core/relay6/boot_step.h"

#include <stdio.h>
#include <string.h>

#include "msg6.h"
#include "world.h"

Suite *boot_step_suite(void);

#define A	"2001:db8:ff::a"
#define B	"2001:db8:ff::b"
#define CLIENT	"fe80::5054:ff:fe00:1"
#define CONF	"[server a]\naddress = " A "\nduid = hex:0001aaaa\n"	\
		"[server b]\naddress = " B "\n[server m]\naddress = ff05::1:3%eth0\n" \
		"answers-from = 2001:db8:ff::c\n"	\
		"[rule x64]\narch = uefi-x64\nboot = b, m\n"	\
		"[rule no]\narch = uefi-arm64\naction = drop\n"	\
		"[interface vlan*]\ndhcp = a\n"

static struct world *w;
static struct boot_steps *steps;
static struct msg msg;
static struct boot_step plan;
static struct relay6_delivery d;

static void
setup(void)
{
	static const struct hash_key secret = { { 7, 8 } };

	w = world_new(CONF, 64);
	steps = boot_steps_new(secret);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "fe80::1/64");
	world_addr(w, 10, "2001:db8:10::1/64");
	world_link(w, 20, "vlan20");
	world_link(w, 30, "eth0");
	world_addr(w, 30, "fe80::1/64");
	world_addr(w, 30, "2001:db8:30::1/64");
}

static void
teardown(void)
{
	steps = boot_steps_free(steps);
	w = world_free(w);
}

static void
message(uint8_t type, const char *arch)
{
	msg6_init(&msg, type);
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, "0004 000102030405060708090a0b0c0d0e0f");
	if (arch)
		msg6_opt_hex(&msg, DHCP6_OPT_ARCH, arch);
}

static enum drop
asks_by(uint32_t ifindex, const char *src)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = 4011, .ifindex = ifindex,
		.src = world_at(src), .dst = world_at("ff02::1:2"),
		.hwtype = 1, .mac_len = 6, .mac = { 0x52, 0x54, 0, 0, 0, 1 },
	};

	return boot_step_request(&w->r6, steps, &rx, w->now, &plan);
}

static enum drop
asks(void)
{
	return asks_by(10, CLIENT);
}

static enum drop
answers(const char *from)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = 4011, .ifindex = 30,
		.src = world_at(from), .unicast = true,
	};

	return boot_step_reply(&w->r6, steps, &rx, w->now, &d);
}

static void
goes_to(const char *server)
{
	ck_assert_uint_eq(plan.to.n, 1);
	ck_assert_str_eq(w->conf->server[plan.to.server[0]].name, server);
}

START_TEST(it_goes_to_the_boot_servers_of_the_rule)
{
	message(DHCP6_REQUEST, "0007");
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to("b");
	message(DHCP6_REQUEST, NULL);
	ck_assert_int_eq(asks(), DROP_NO_BOOT_SERVER);
	message(DHCP6_REQUEST, "000b");
	ck_assert_int_eq(asks(), DROP_RULE);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_P4011_REQUESTS], 3);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_P4011_RELAYED], 1);
	ck_assert_uint_eq(w->r6.stats->drop_4011[DROP_RULE], 1);
}
END_TEST

START_TEST(it_goes_to_the_server_of_the_offer)
{
	message(DHCP6_REQUEST, "0007");
	msg6_opt_hex(&msg, DHCP6_OPT_SERVER_ID, "0001 aaaa");
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to("a");
	for (int i = 0; i < 9; i++)
		(void)health_bad(&w->servers.health[0], HEALTH_DIAG_PROBE_PXE, w->now);
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to("b");
}
END_TEST

START_TEST(what_is_no_request_of_a_client_is_dropped)
{
	message(DHCP6_SOLICIT, "0007");
	ck_assert_int_eq(asks(), DROP_BAD_TYPE);
	message(DHCP6_REQUEST, "0007");
	ck_assert_int_eq(asks_by(30, CLIENT), DROP_NOT_CLIENT);
	ck_assert_int_eq(asks_by(20, CLIENT), DROP_NO_LINK_LOCAL);
	ck_assert_int_eq(asks_by(10, "fe80::1"), DROP_BAD_SOURCE);
	ck_assert_int_eq(asks_by(10, "ff02::1"), DROP_BAD_SOURCE);
	msg.len = 3;
	ck_assert_int_eq(asks(), DROP_SHORT);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_P4011_RELAYED], 0);
}
END_TEST

START_TEST(a_client_can_only_ask_so_often)
{
	enum drop why = DROP_NONE;

	message(DHCP6_REQUEST, "0007");
	for (int i = 0; i < 2000 && why == DROP_NONE; i++)
		why = asks();
	ck_assert_int_eq(why, DROP_CLIENT_RATE);
}
END_TEST

START_TEST(the_answer_goes_to_who_asked)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };

	message(DHCP6_REQUEST, "0007");
	ck_assert_int_eq(asks(), DROP_NONE);
	message(DHCP6_REPLY, NULL);
	ck_assert_int_eq(answers(B), DROP_NONE);
	ck_assert_ptr_eq(d.out, iftab_by_index(w->iftab, 10));
	ck_assert(ip6_eq(d.dst, world_ip6(CLIENT)));
	ck_assert(ip6_eq(d.src, world_ip6("fe80::1")));
	ck_assert(d.sport == 4011 && d.dport == 4011);
	ck_assert(d.mac_len == 6 && memcmp(d.mac, mac, sizeof(mac)) == 0);
	ck_assert(d.payload == msg.b && d.len == msg.len);
	/* EDK2 does not mind the address, but we take none from who is no server. */
	ck_assert_int_eq(answers("2001:db8:ff::99"), DROP_NOT_SERVER);
	ck_assert_int_eq(answers(A), DROP_NONE);
	ck_assert_uint_eq(w->r6.stats->counter[COUNTER_P4011_REPLIES], 2);
}
END_TEST

START_TEST(an_answer_that_nobody_waits_for_is_dropped)
{
	message(DHCP6_REPLY, NULL);
	ck_assert_int_eq(answers(B), DROP_RESCUE_UNUSED);
	message(DHCP6_REQUEST, "0007");
	ck_assert_int_eq(asks(), DROP_NONE);
	message(DHCP6_ADVERTISE, NULL);
	ck_assert_int_eq(answers(B), DROP_BAD_TYPE);
	message(DHCP6_REPLY, NULL);
	msg.b[3]++;			/* another transaction */
	ck_assert_int_eq(answers(B), DROP_RESCUE_UNUSED);
	msg.b[3]--;
	msg.b[msg.len - 1]++;		/* another machine */
	ck_assert_int_eq(answers(B), DROP_RESCUE_UNUSED);
	msg.b[msg.len - 1]--;
	w->now = mono_add_ms(w->now, 5000);
	ck_assert_int_eq(answers(B), DROP_RESCUE_UNUSED);
}
END_TEST

Suite *
boot_step_suite(void)
{
	Suite *s = suite_create("boot_step");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, it_goes_to_the_boot_servers_of_the_rule);
	tcase_add_test(t, it_goes_to_the_server_of_the_offer);
	tcase_add_test(t, what_is_no_request_of_a_client_is_dropped);
	tcase_add_test(t, a_client_can_only_ask_so_often);
	tcase_add_test(t, the_answer_goes_to_who_asked);
	tcase_add_test(t, an_answer_that_nobody_waits_for_is_dropped);
	suite_add_tcase(s, t);
	return s;
}
