/* SPDX-License-Identifier: ISC
 *
 * Rescue: the bounds of the table, which bytes of queries and answers change, and
 * which servers are queried. tests/scen/rescue.scen has the timing with dying
 * servers.
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
#define CAPACITY 8

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

/* The request of an iPXE with this xid. */
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
send_request_to(const char *a)
{
	uint8_t *exact = msg_exact(msg.b, msg.len);
	struct rx rx = {
		.data = exact, .len = msg.len, .src = ip_of4(world_ip("192.0.2.50")),
		.dst = ip_of4(world_ip(a)), .sport = 68, .ifindex = 10, .mac_len = 6,
		.mac = { 2, 0, 0x5e, 0x10, 0, 1 },
	};

	rescue_tap(t, &w->r4, &rx, 4011, w->now, &plan);
	free(exact);
	return plan.what;
}

static enum rescue_do
send_request(void)
{
	return send_request_to(W1);
}

/* Lets ms milliseconds pass and runs everything that is due; returns the last
 * action. */
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

/* Makes the answer to the query in `plan`, with `a` as siaddr and option 54. */
static void
make_answer(const char *a, uint8_t type)
{
	uint8_t asked[PENDING_MSG_MAX];

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
receive_answer(const char *a, uint16_t sport)
{
	uint8_t *exact = msg_exact(msg.b, msg.len);
	struct rx rx = {
		.data = exact, .len = msg.len, .src = ip_of4(world_ip(a)),
		.dst = ip_of4(world_ip("192.0.2.1")), .sport = sport, .ifindex = 99,
		.unicast = true,
	};
	bool ours = rescue_answer(t, &w->r4, &rx, w->now, &plan);

	free(exact);
	return ours;
}

/* A request for which W2 was queried. */
static void
query_w2(void)
{
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	ck_assert(ip4_eq(plan.udp.dst.v4, world_ip(W2)));
}

START_TEST(a_query_differs_only_in_ciaddr_and_giaddr)
{
	struct msg was;

	ipxe(1);
	was = msg;
	send_request();
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	ck_assert_uint_eq(plan.udp.payload_len, was.len);
	ck_assert(ip4_eq(plan.udp.src.v4, world_ip("192.0.2.1")));
	ck_assert_uint_eq(plan.udp.sport, 67);
	ck_assert_uint_eq(plan.udp.dport, 4011);
	dhcp4_put_ip4(was.b, DHCP4_OFF_CIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(was.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	ck_assert_mem_eq(plan.msg, was.b, was.len);
}
END_TEST

START_TEST(an_answer_changes_only_in_option_54_and_our_addresses)
{
	struct msg was;
	struct dhcp4 m;

	query_w2();
	make_answer(W2, DHCP4_ACK);
	was = msg;
	ck_assert(receive_answer(W2, 4011));
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
	query_w2();
	make_answer(W2, DHCP4_ACK);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_YIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, IP4_NONE);
	ck_assert(receive_answer(W2, 4011));
	dhcp4_put_ip4(msg.b, DHCP4_OFF_YIADDR, world_ip("192.0.2.50"));
	ck_assert_mem_eq(plan.msg, msg.b, DHCP4_OFF_GIADDR);
}
END_TEST

START_TEST(the_client_gets_the_server_id_of_its_request)
{
	struct dhcp4 m;

	ipxe(1);
	ck_assert_int_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
	dhcp4_put_ip4(msg.b, m.at[DHCP4_OPT_SERVER_ID] + 2u, world_ip("198.51.100.77"));
	send_request();
	pass(500);
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(dhcp4_parse(&m, plan.msg, plan.udp.payload_len), DROP_NONE);
	ck_assert(ip4_eq(dhcp4_opt_ip4(&m, DHCP4_OPT_SERVER_ID),
	    world_ip("198.51.100.77")));
}
END_TEST

START_TEST(the_server_that_answered_becomes_the_clients_boot_server)
{
	struct dhcp4 m;

	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
	ck_assert(ip4_eq(clients_station(w->r4.clients, clients_key(&m, 10))->boot, world_ip(W2)));
}
END_TEST

START_TEST(other_datagrams_are_left_alone)
{
	ck_assert(!receive_answer(W2, 4011));	/* no request is open */
	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert(!receive_answer(W2, 67));	/* a DHCP server's reply, with iPXE's xid */
	ck_assert(!receive_answer(W1, 4011));	/* was not queried */
	ck_assert(!receive_answer("198.51.100.99", 4011));
	msg.b[0] = BOOTREQUEST;
	ck_assert(!receive_answer(W2, 4011));
	msg.b[0] = BOOTREPLY;
	msg.b[DHCP4_OFF_XID] ^= 1;
	ck_assert(!receive_answer(W2, 4011));
	msg.b[DHCP4_OFF_XID] ^= 1;
	msg.b[DHCP4_OFF_CHADDR + 5] ^= 1;
	ck_assert(!receive_answer(W2, 4011));
	msg.b[DHCP4_OFF_CHADDR + 5] ^= 1;
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 0);
	ck_assert(receive_answer(W2, 4011));	/* proves that one can be accepted */
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 1);
}
END_TEST

/* The answer would go to every host on the VLAN. */
START_TEST(a_request_from_a_broadcast_address_is_ignored)
{
	static const char *const src[] = { "192.0.2.255", "192.0.2.0", "192.0.2.50" };

	is_down(W1);
	for (unsigned i = 0; i < 3; i++) {
		struct rx rx = {
			.src = ip_of4(world_ip(src[i])), .dst = ip_of4(world_ip(W1)), .sport = 68,
			.ifindex = 10, .mac_len = 6,
		};

		ipxe(i + 1);
		dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, rx.src.v4);
		rx.data = msg.b;
		rx.len = msg.len;
		rescue_tap(t, &w->r4, &rx, 4011, w->now, &plan);
		ck_assert_int_eq(plan.what, i < 2 ? RESCUE_NOTHING : RESCUE_QUERY);
	}
}
END_TEST

START_TEST(with_check_source_off_an_answer_may_come_from_another_address)
{
	conf("[relay]\ncheck-source = off\n" GROUP("") VLAN);
	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer("198.51.100.99", 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert_uint_eq(plan.live, CONF_NONE);
}
END_TEST

START_TEST(unusable_answers_are_dropped_with_a_reason)
{
	query_w2();
	make_answer(W2, DHCP4_NAK);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	memcpy(plan.msg, msg.b, msg.len);
	make_answer(W2, DHCP4_ACK);
	msg_pad(&msg, PENDING_MSG_MAX + 1);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	ck_assert_uint_eq(w->stats.drop_reply[DROP_RESCUE_UNUSED], 2);
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 2);
}
END_TEST

START_TEST(a_second_answer_is_not_delivered)
{
	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_NOTHING);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_DELIVERED), 1);
}
END_TEST

/* There is no third server, but the second one still has its time to answer. */
START_TEST(the_last_server_may_answer_late)
{
	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert_int_eq(pass(3000), RESCUE_NOTHING);
	ck_assert(receive_answer(W2, 4011));
	ck_assert_int_eq(plan.what, RESCUE_DELIVER);
}
END_TEST

START_TEST(a_repeated_request_queries_again_if_no_server_answered)
{
	query_w2();
	ck_assert_int_eq(pass(600), RESCUE_NOTHING);
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_QUERY);
	ck_assert(ip4_eq(plan.udp.dst.v4, world_ip(W2)));
}
END_TEST

START_TEST(a_request_to_another_server_is_a_new_one)
{
	query_w2();
	pass(200);
	ipxe(1);
	ck_assert_int_eq(send_request_to(W2), RESCUE_NOTHING);
	ck_assert_int_eq(pass(499), RESCUE_NOTHING);
	ck_assert_int_eq(pass(1), RESCUE_QUERY);
	ck_assert(ip4_eq(plan.udp.dst.v4, world_ip(W1)));
}
END_TEST

START_TEST(rescue_depends_on_the_group)
{
	conf(GROUP("rescue = off\n") VLAN);
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	ck_assert_uint_eq(rescues_count(t), 0);
	conf("[group wds]\nservers = " W1 ", " W2 "\nrescue = on\n" VLAN);
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
}
END_TEST

/* hedge = off: only a server that is known to be down is replaced. */
START_TEST(without_hedge_only_servers_known_to_be_down_are_replaced)
{
	conf(GROUP("hedge = off\n") VLAN);
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(9000), RESCUE_NOTHING);
	is_down(W1);
	ck_assert_int_eq(send_request(), RESCUE_QUERY);
}
END_TEST

START_TEST(a_server_that_goes_down_while_the_client_waits)
{
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	is_down(W1);
	ck_assert_int_eq(send_request(), RESCUE_QUERY);
}
END_TEST

/* An ICMP error: the request in `msg` did not reach W1. It quotes n bytes. */
static enum rescue_do
unreachable(uint32_t ifindex, uint16_t port, size_t n)
{
	uint8_t *exact = msg_exact(msg.b, n);
	struct rx rx = {
		.data = exact, .len = n, .src = ip_of4(world_ip("192.0.2.50")),
		.dst = ip_of4(world_ip(W1)), .sport = port, .ifindex = ifindex,
	};

	rescue_unreachable(t, &w->r4, &rx, w->now, &plan);
	free(exact);
	return plan.what;
}

START_TEST(an_icmp_error_counts_as_silence)
{
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	/* on a client VLAN, about another port, about another request, too short */
	ck_assert_int_eq(unreachable(10, 68, msg.len), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 4011, msg.len), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 68, 8), RESCUE_NOTHING);
	msg.b[DHCP4_OFF_XID] ^= 1;
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	msg.b[DHCP4_OFF_XID] ^= 1;
	/* the quoted options may be cut anywhere */
	ck_assert_int_eq(unreachable(99, 68, DHCP4_OPTIONS + 5), RESCUE_QUERY);
	ck_assert(ip4_eq(plan.udp.dst.v4, world_ip(W2)));
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_ASKED), 1);
}
END_TEST

START_TEST(an_icmp_error_about_anything_else_is_ignored)
{
	ipxe(1);
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
	conf(GROUP("rescue = off\n") VLAN);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	ck_assert_int_eq(unreachable(99, 68, msg.len), RESCUE_NOTHING);
}
END_TEST

START_TEST(a_drained_server_is_not_down)
{
	ipxe(1);
	health_drain(&w->servers.health[server(W1)], true, w->now);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	health_drain(&w->servers.health[server(W2)], true, w->now);
	ipxe(2);
	send_request();
	ck_assert_int_eq(pass(500), RESCUE_NOTHING);
	/* ... until it is switched off, as planned */
	health_drain(&w->servers.health[server(W2)], false, w->now);
	is_down(W1);
	ck_assert_int_eq(w->servers.health[server(W1)].state, HEALTH_DRAINED);
	ipxe(3);
	ck_assert_int_eq(send_request(), RESCUE_QUERY);
}
END_TEST

/* The rule matches only the DISCOVER; the request finds its group by the
 * server. */
START_TEST(a_rule_with_a_message_condition_may_choose_the_group)
{
	conf("[group other]\nservers = 198.51.100.30\n" GROUP("")
	    "[interface vlan*]\ndhcp = 198.51.100.10\nboot = other\n"
	    "[rule r]\nmessage = discover\nboot = wds\n");
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	ck_assert(ip4_eq(plan.udp.dst.v4, world_ip(W2)));
}
END_TEST

START_TEST(a_client_dropped_by_a_rule_is_not_rescued)
{
	conf(GROUP("") VLAN "[rule r]\nmac = 02:00:5e\naction = drop\n");
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
}
END_TEST

START_TEST(members_that_are_not_boot_servers_are_not_queried)
{
	conf(GROUP("") "[interface vlan*]\ndhcp = wds\nboot = 198.51.100.30\n");
	ipxe(1);
	send_request();
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
}
END_TEST

/* The active router of the pair does the rescue. */
START_TEST(members_of_servers_may_be_boot_servers)
{
	conf(GROUP("") "[interface vlan*]\nservers = wds\n");
	query_w2();
}
END_TEST

START_TEST(an_interface_on_standby_does_not_rescue)
{
	conf(GROUP("") VLAN "active = address 192.0.2.254\n");
	ipxe(1);
	send_request();
	ck_assert_uint_eq(rescues_count(t), 0);
	world_addr(w, 10, "192.0.2.254/32");
	send_request();
	ck_assert_uint_eq(rescues_count(t), 1);
}
END_TEST

/* Forged requests must not make us send more often than the client itself may. */
START_TEST(queries_count_against_the_clients_rate)
{
	unsigned n = 0;

	conf("[relay]\nclient-rate = 3/60s\n" GROUP("") VLAN);
	is_down(W1);
	for (uint32_t i = 1; i < 50; i++) {
		ipxe(i);
		n += send_request() == RESCUE_QUERY;
	}
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(counter(COUNTER_RESCUES_ASKED), 3);
}
END_TEST

START_TEST(a_full_table_evicts_the_oldest)
{
	unsigned n = 0;
	struct mono due;

	for (uint32_t i = 1; i <= 3 * CAPACITY; i++) {
		ipxe(i);
		send_request();
		must(rescues_count(t) <= CAPACITY);
	}
	w->now = mono_add_ms(w->now, 500);
	while (rescue_due(t, &due) && !mono_before(w->now, due)) {
		rescue_next(t, &w->r4, w->now, &plan);
		if (plan.what != RESCUE_QUERY)
			continue;
		n++;
		ck_assert_uint_gt(plan.msg[DHCP4_OFF_XID + 3], 2 * CAPACITY);
	}
	/* one interface can have half of the slots */
	ck_assert_uint_eq(n, CAPACITY / 2);
	ck_assert_uint_gt(counter(COUNTER_HEDGES_FULL), 0);
}
END_TEST

START_TEST(requests_expire)
{
	struct mono due;

	query_w2();
	pass(40000);
	ck_assert(!rescue_due(t, &due));
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);	/* the first client again */
	ck_assert(rescue_due(t, &due));
	ck_assert_int_eq(mono_diff_ms(due, w->now), 500);
}
END_TEST

/* The first client's answer is kept for its time; then the second client gets
 * the slot. */
START_TEST(a_kept_answer_belongs_to_one_client)
{
	query_w2();
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer(W2, 4011));
	pass(9999);
	ipxe(1);
	ck_assert_int_eq(send_request(), RESCUE_DELIVER);
	pass(1);
	ipxe(2);
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	make_answer(W2, DHCP4_ACK);
	ck_assert(receive_answer(W2, 4011));
	ipxe(1);
	ck_assert_int_ne(send_request(), RESCUE_DELIVER);
}
END_TEST

START_TEST(a_reload_or_a_lost_interface_ends_a_rescue)
{
	ipxe(1);
	send_request();
	world_reload(w, GROUP("") VLAN);
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	ipxe(2);
	send_request();
	world_link_down(w, 10, "vlan10");
	ck_assert_int_eq(pass(2000), RESCUE_NOTHING);
	world_link(w, 10, "vlan10");
	ck_assert_int_eq(send_request(), RESCUE_NOTHING);
	ck_assert_int_eq(pass(500), RESCUE_QUERY);
	make_answer(W2, DHCP4_ACK);
	world_reload(w, GROUP("") VLAN);
	ck_assert(!receive_answer(W2, 4011));
}
END_TEST

START_TEST(long_and_malformed_messages_are_left_alone)
{
	struct mono due;

	ipxe(1);
	msg_pad(&msg, PENDING_MSG_MAX + 1);
	send_request();
	for (size_t len = 0; len <= DHCP4_OPTIONS; len++) {
		ipxe(1);
		msg.len = len;
		send_request();
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
	tcase_add_test(c, a_query_differs_only_in_ciaddr_and_giaddr);
	tcase_add_test(c, an_answer_changes_only_in_option_54_and_our_addresses);
	tcase_add_test(c, our_address_in_yiaddr_becomes_the_clients);
	tcase_add_test(c, the_client_gets_the_server_id_of_its_request);
	tcase_add_test(c, the_server_that_answered_becomes_the_clients_boot_server);
	tcase_add_test(c, other_datagrams_are_left_alone);
	tcase_add_test(c, a_request_from_a_broadcast_address_is_ignored);
	tcase_add_test(c, with_check_source_off_an_answer_may_come_from_another_address);
	tcase_add_test(c, unusable_answers_are_dropped_with_a_reason);
	tcase_add_test(c, a_second_answer_is_not_delivered);
	tcase_add_test(c, the_last_server_may_answer_late);
	tcase_add_test(c, a_repeated_request_queries_again_if_no_server_answered);
	tcase_add_test(c, a_request_to_another_server_is_a_new_one);
	tcase_add_test(c, rescue_depends_on_the_group);
	tcase_add_test(c, without_hedge_only_servers_known_to_be_down_are_replaced);
	tcase_add_test(c, an_icmp_error_counts_as_silence);
	tcase_add_test(c, an_icmp_error_about_anything_else_is_ignored);
	tcase_add_test(c, a_server_that_goes_down_while_the_client_waits);
	tcase_add_test(c, a_drained_server_is_not_down);
	tcase_add_test(c, a_rule_with_a_message_condition_may_choose_the_group);
	tcase_add_test(c, a_client_dropped_by_a_rule_is_not_rescued);
	tcase_add_test(c, members_that_are_not_boot_servers_are_not_queried);
	tcase_add_test(c, members_of_servers_may_be_boot_servers);
	tcase_add_test(c, an_interface_on_standby_does_not_rescue);
	tcase_add_test(c, queries_count_against_the_clients_rate);
	tcase_add_test(c, a_full_table_evicts_the_oldest);
	tcase_add_test(c, requests_expire);
	tcase_add_test(c, a_kept_answer_belongs_to_one_client);
	tcase_add_test(c, a_reload_or_a_lost_interface_ends_a_rescue);
	tcase_add_test(c, long_and_malformed_messages_are_left_alone);
	suite_add_tcase(s, c);
	return s;
}
