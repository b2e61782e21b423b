/* SPDX-License-Identifier: ISC
 *
 * Port 4011: intercepted requests go to boot servers unchanged, from the
 * client's own address; the reply to a discovery comes back through the relay.
 */
#include "core/relay4/p4011.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *p4011_suite(void);

#define WDS "198.51.100.21"
#define FOG "198.51.100.30"
#define CONF "[relay]\nmax-hops = 4\n" CONF_GROUPS
#define CONF_GROUPS							\
	"[group boot]\nservers = " WDS ", 198.51.100.22\n"		\
	"[interface vlan*]\ndhcp = 198.51.100.10\nboot = boot\n"

static struct world *w;
static struct msg msg;
static struct p4011_plan plan;

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
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_addr(w, 10, "10.10.0.1/16");
	world_link(w, 40, "eth0");
	world_addr(w, 40, "198.51.100.1/24");
}

static enum drop
send_msg_from(const char *src, uint16_t sport, uint32_t ifindex)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .src = ip_of4(world_ip(src)),
		.dst = ip_of4(IP4_BROADCAST), .sport = sport, .ifindex = ifindex,
		.mac_len = 6, .mac = { 0xb8, 0x27, 0xeb, 1, 2, 3 },
	};

	return p4011_request(&w->r4, &rx, w->now, &plan);
}

static enum drop
send_msg(void)
{
	return send_msg_from("192.0.2.100", 68, 10);
}

static void
goes_to(const char *servers)
{
	char text[1024], *p = text, a[IP4_STRLEN];

	*p = '\0';
	for (unsigned i = 0; i < plan.servers.to.n; i++)
		p += sprintf(p, "%s%s", i ? " " : "", ip4_str(
		    ip_v4(w->conf->server[plan.servers.to.server[i]].address), a));
	ck_assert_str_eq(text, servers);
}

/* Renders into a buffer of exact size and checks that only these bytes changed. */
static bool
changes_only(const char *edited)
{
	struct rx rx = { .data = msg.b, .len = msg.len };
	uint8_t *out = msg_exact(msg.b, msg.len), *want = msg_exact(msg.b, msg.len);
	bool same;

	memset(out, 0x5a, msg.len);
	ck_assert_uint_eq(p4011_render(&plan, &rx, out, msg.len), msg.len);
	if (edited) {
		want[DHCP4_OFF_HOPS]++;
		dhcp4_put_ip4(want, DHCP4_OFF_GIADDR, world_ip(edited));
	}
	same = memcmp(out, want, msg.len) == 0;
	free(out);
	free(want);
	return same;
}

static void
make_request(void)
{
	msg_init(&msg, BOOTREQUEST);
	msg.b[12] = 192, msg.b[14] = 2, msg.b[15] = 100;
	msg_opt_u8(&msg, 53, DHCP4_REQUEST);
	msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	msg_opt_u16(&msg, 93, 7);
}

static void
make_discovery(void)
{
	make_request();
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	msg_end(&msg);
}

START_TEST(only_boot_servers_get_it)
{
	conf(CONF);
	make_request();
	ck_assert_int_eq(send_msg(), DROP_NONE);
	goes_to(WDS " 198.51.100.22");
	ck_assert_uint_eq(plan.src.host, world_ip("192.0.2.100").host);
	ck_assert_uint_eq(plan.sport, 68);
	ck_assert(!plan.edit && changes_only(NULL));
	ck_assert_int_eq(send_msg_from("10.10.7.7", 4011, 10), DROP_NONE);
	ck_assert_uint_eq(plan.sport, 4011);
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_RELAYED], 2);
}
END_TEST

START_TEST(without_a_boot_group_it_is_dropped)
{
	conf("[interface vlan*]\ndhcp = 198.51.100.10, " WDS "\n");
	make_request();
	ck_assert_int_eq(send_msg(), DROP_NO_BOOT_SERVER);
	ck_assert_uint_eq(w->stats.drop_4011[DROP_NO_BOOT_SERVER], 1);
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_RELAYED], 0);
}
END_TEST

/* The server replies to the source address, so that must be a client's. */
START_TEST(the_source_must_be_a_client_of_this_vlan)
{
	static const struct { const char *src; enum drop drop; } t[] = {
		{ "0.0.0.0", DROP_NO_4011_CLIENT },
		{ "255.255.255.255", DROP_BAD_SOURCE },
		{ "224.0.0.1", DROP_BAD_SOURCE },
		{ "203.0.113.5", DROP_NO_4011_CLIENT },
		{ "198.51.100.77", DROP_NO_4011_CLIENT },	/* an address of eth0 */
		{ "192.0.2.255", DROP_BAD_SOURCE },	/* a broadcast address */
		{ "192.0.2.0", DROP_BAD_SOURCE },
		{ "10.10.255.255", DROP_BAD_SOURCE },
		{ "10.10.0.255", DROP_NONE },
		{ "127.0.0.1", DROP_BAD_SOURCE },
		{ "192.0.2.1", DROP_LOOP },
		{ "10.10.0.1", DROP_LOOP },
		{ "192.0.2.100", DROP_NONE },
	};

	conf(CONF);
	make_request();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(send_msg_from(t[i].src, 68, 10) == t[i].drop, "%s",
		    t[i].src);
	ck_assert_int_eq(send_msg_from("198.51.100.77", 68, 40), DROP_NOT_CLIENT);
	ck_assert_int_eq(send_msg_from("192.0.2.100", 68, 99), DROP_NOT_CLIENT);
	world_link_down(w, 10, "vlan10");
	ck_assert_int_eq(send_msg(), DROP_DOWN);
}
END_TEST

/* What is dropped on port 67 is dropped here, too: dnsmasq since 2.92 replies to
 * giaddr, so a giaddr of ours would send the reply to another VLAN. */
START_TEST(a_forged_giaddr_or_option_82_is_dropped)
{
	static const char *const giaddrs[] = {
		"192.0.2.1", "10.10.0.1", "198.51.100.1", "255.255.255.255", "224.0.0.1",
		"127.0.0.1", "192.0.2.255",
	};

	conf(CONF);
	for (size_t i = 0; i < sizeof(giaddrs) / sizeof(giaddrs[0]); i++) {
		make_request();
		dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip(giaddrs[i]));
		ck_assert_msg(send_msg() == DROP_SPOOFED_GIADDR, "%s", giaddrs[i]);
	}
	ck_assert_uint_eq(w->stats.drop_4011[DROP_SPOOFED_GIADDR],
	    sizeof(giaddrs) / sizeof(giaddrs[0]));
	/* with our giaddr, it would be taken for ours */
	make_request();
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	msg_opt_hex(&msg, 82, "0101 78");
	ck_assert_int_eq(send_msg(), DROP_UNTRUSTED_82);
	make_request();
	msg_opt_hex(&msg, 82, "0109 78");
	ck_assert_int_eq(send_msg(), DROP_BAD_OPTION82);
	conf("[relay]\ntrust = on\noption82-policy = forward\n" CONF_GROUPS);
	make_request();
	msg_opt_hex(&msg, 82, "0101 78");
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

/* RIS and other software use this port for their own protocols. */
START_TEST(payloads_other_than_dhcp_pass_unchanged)
{
	static const size_t lens[] = { 0, 1, 20, 235, 239, 240, 1472, 9000 };
	struct prng r = { 7 };

	conf(CONF "[rule pi]\nmac = b8:27:eb\nboot = " FOG "\n");
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		msg.len = lens[i];
		prng_fill(&r, msg.b, msg.len);
		ck_assert_int_eq(send_msg(), DROP_NONE);
		ck_assert(!plan.edit && changes_only(NULL));
		goes_to(FOG);	/* the rule matches the link address */
	}
}
END_TEST

/* Replies, messages with a malformed option and BOOTP all pass unread. */
START_TEST(anything_but_a_request_passes_unchanged)
{
	conf(CONF "[rule x64]\narch = x64\nboot = " FOG "\n");
	make_discovery();
	ck_assert_int_eq(send_msg(), DROP_NONE);
	goes_to(FOG);
	msg.b[0] = BOOTREPLY;
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	goes_to(WDS " 198.51.100.22");
	make_discovery();
	msg.len--;
	msg_u8(&msg, 67);
	msg_u8(&msg, 200);
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	make_discovery();
	msg.b[DHCP4_HEADER] = 0;
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

START_TEST(rules_choose_the_group)
{
	conf(CONF
	    "[rule bad]\narch = bios\nmessage = request\naction = drop\n"
	    "[rule ipxe]\nuser-class = iPXE\nboot = " FOG "\n");
	make_request();
	msg_opt_text(&msg, 77, "iPXE");
	ck_assert_int_eq(send_msg(), DROP_NONE);
	goes_to(FOG);
	ck_assert_uint_eq(w->servers.rule_hits[1], 1);
	ck_assert_uint_eq(plan.servers.rule, 1);
	/* A rule that an earlier request left in the plan must not remain, even
	 * after a drop. */
	memset(&plan, 0x55, sizeof(plan));
	make_request();
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert_uint_eq(plan.servers.rule, CONF_NONE);
	memset(&plan, 0x55, sizeof(plan));
	make_request();
	msg.b[msg.len - 1] = 0;		/* option 93: BIOS */
	ck_assert_int_eq(send_msg(), DROP_RULE);
	ck_assert_uint_eq(w->stats.drop_4011[DROP_RULE], 1);
	/* only a discovery begins a conversation */
	ck_assert_uint_eq(clients_count(w->r4.clients), 0);
}
END_TEST

/* dnsmasq since 2.92 broadcasts its reply to a discovery without giaddr. */
START_TEST(a_discovery_gets_giaddr_and_hops)
{
	conf(CONF);
	make_discovery();
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(plan.edit && changes_only("192.0.2.1"));
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_INFORM;
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(plan.edit && changes_only("192.0.2.1"));
	/* but no other message type, */
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_DISCOVER;
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	/* none with too many hops, */
	make_discovery();
	msg.b[DHCP4_OFF_HOPS] = 4;
	ck_assert_int_eq(send_msg(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	/* and none with another relay's giaddr. */
	make_discovery();
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("10.9.8.7"));
	ck_assert_int_eq(send_msg(), DROP_SPOOFED_GIADDR);	/* from port 68 */
	ck_assert_int_eq(send_msg_from("192.0.2.100", 4011, 10), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

static struct relay4_delivery d;
static struct msg r;

static enum drop
receive_reply(uint8_t type)
{
	struct rx rx = {
		.data = r.b, .src = ip_of4(world_ip(WDS)), .sport = 67,
		.unicast = true, .ifindex = 40,
	};

	r = msg;
	r.len = DHCP4_OPTIONS;
	r.b[0] = BOOTREPLY;
	r.b[12] = 0, r.b[14] = 0, r.b[15] = 0;
	dhcp4_put_ip4(r.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	msg_opt_u8(&r, 53, type);
	msg_end(&r);
	rx.len = r.len;
	return relay4_reply(&w->r4, &rx, w->now, &d);
}

START_TEST(the_reply_to_a_discovery_leaves_from_port_4011)
{
	static const uint16_t ports[] = { 68, 4011 };

	conf(CONF);
	for (size_t i = 0; i < 2; i++) {
		make_discovery();
		ck_assert_int_eq(send_msg_from("192.0.2.100", ports[i], 10), DROP_NONE);
		ck_assert_int_eq(receive_reply(DHCP4_ACK), DROP_NONE);
		ck_assert_uint_eq(d.sport, 4011);
		ck_assert_uint_eq(d.dport, ports[i]);
		ck_assert_uint_eq(d.dst.host, world_ip("192.0.2.100").host);
		ck_assert_mem_eq(d.mac, msg.b + DHCP4_OFF_CHADDR, 6);
	}
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_REPLIES], 2);
	/* a NAK is always broadcast from port 67 */
	ck_assert_int_eq(receive_reply(DHCP4_NAK), DROP_NONE);
	ck_assert_uint_eq(d.sport, 67);
	ck_assert_uint_eq(d.dst.host, IP4_BROADCAST.host);
}
END_TEST

/* The client later sends a request with the same xid to port 67. */
START_TEST(after_a_request_to_port_67_replies_leave_from_there)
{
	static struct relay4_plan p67;
	struct rx rx = {
		.data = msg.b, .sport = 68, .ifindex = 10, .mac_len = 6,
		.dst = ip_of4(IP4_BROADCAST),
	};

	conf(CONF);
	make_discovery();
	ck_assert_int_eq(send_msg(), DROP_NONE);
	rx.len = msg.len;
	memcpy(rx.mac, msg.b + DHCP4_OFF_CHADDR, 6);
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &p67), DROP_NONE);
	ck_assert_int_eq(receive_reply(DHCP4_ACK), DROP_NONE);
	ck_assert_uint_eq(d.sport, 67);
	ck_assert_uint_eq(d.dport, 68);
}
END_TEST

START_TEST(rate_limits_apply)
{
	conf("[relay]\nclient-rate = 3/10s\n[interface vlan*]\nboot = " WDS "\n");
	make_request();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(send_msg(), i < 3 ? DROP_NONE : DROP_CLIENT_RATE);
	/* without DHCP, the link address tells clients apart */
	msg.len = 5;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(send_msg(), i < 3 ? DROP_NONE : DROP_CLIENT_RATE);
}
END_TEST

Suite *
p4011_suite(void)
{
	Suite *s = suite_create("p4011");
	TCase *t = tcase_create("port");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, only_boot_servers_get_it);
	tcase_add_test(t, without_a_boot_group_it_is_dropped);
	tcase_add_test(t, the_source_must_be_a_client_of_this_vlan);
	tcase_add_test(t, a_forged_giaddr_or_option_82_is_dropped);
	tcase_add_test(t, payloads_other_than_dhcp_pass_unchanged);
	tcase_add_test(t, anything_but_a_request_passes_unchanged);
	tcase_add_test(t, rules_choose_the_group);
	tcase_add_test(t, a_discovery_gets_giaddr_and_hops);
	tcase_add_test(t, the_reply_to_a_discovery_leaves_from_port_4011);
	tcase_add_test(t, after_a_request_to_port_67_replies_leave_from_there);
	tcase_add_test(t, rate_limits_apply);
	suite_add_tcase(s, t);
	return s;
}
