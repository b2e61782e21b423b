/* SPDX-License-Identifier: ISC
 *
 * Port 4011: what is intercepted goes to boot servers in the client's own name,
 * untouched; a discovery comes back through the relay.
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
asks_from(const char *src, uint16_t sport, uint32_t ifindex)
{
	struct relay4_rx rx = {
		.data = msg.b, .len = msg.len, .src = world_ip(src),
		.dst = IP4_BROADCAST, .sport = sport, .ifindex = ifindex,
		.mac_len = 6, .mac = { 0xb8, 0x27, 0xeb, 1, 2, 3 },
	};

	return p4011_request(&w->r4, &rx, w->now, &plan);
}

static enum drop
asks(void)
{
	return asks_from("192.0.2.100", 68, 10);
}

static void
goes_to(const char *servers)
{
	char text[1024], *p = text, a[IP4_STRLEN];

	*p = '\0';
	for (unsigned i = 0; i < plan.servers.n_server; i++)
		p += sprintf(p, "%s%s", i ? " " : "", ip4_str(
		    ip_v4(w->conf->server[plan.servers.server[i]].address), a));
	ck_assert_str_eq(text, servers);
}

/* Renders into an exact-size buffer; is it what came in, but for these bytes? */
static bool
changes_only(const char *edited)
{
	struct relay4_rx rx = { .data = msg.b, .len = msg.len };
	uint8_t *out = msg_exact(msg.b, msg.len), *want = msg_exact(msg.b, msg.len);
	bool same;

	memset(out, 0x5a, msg.len);
	ck_assert_uint_eq(p4011_render(&plan, &rx, out, msg.len), msg.len);
	if (edited) {
		want[DHCP4_OFF_HOPS]++;
		dhcp4_put_giaddr(want, world_ip(edited));
	}
	same = memcmp(out, want, msg.len) == 0;
	free(out);
	free(want);
	return same;
}

static void
request(void)
{
	msg_init(&msg, BOOTREQUEST);
	msg.b[12] = 192, msg.b[14] = 2, msg.b[15] = 100;
	msg_opt_u8(&msg, 53, DHCP4_REQUEST);
	msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	msg_opt_u16(&msg, 93, 7);
}

static void
discovery(void)
{
	request();
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	msg_end(&msg);
}

START_TEST(it_goes_to_boot_servers_alone)
{
	conf(CONF);
	request();
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to(WDS " 198.51.100.22");
	ck_assert_uint_eq(plan.src.host, world_ip("192.0.2.100").host);
	ck_assert_uint_eq(plan.sport, 68);
	ck_assert(!plan.edit && changes_only(NULL));
	ck_assert_int_eq(asks_from("10.10.7.7", 4011, 10), DROP_NONE);
	ck_assert_uint_eq(plan.sport, 4011);
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_RELAYED], 2);
}
END_TEST

/* Classic servers are no boot servers: a port-unreachable of a DHCP host makes EDK2
 * throw away the good answer. */
START_TEST(without_a_boot_group_it_goes_nowhere)
{
	conf("[interface vlan*]\nservers = 198.51.100.10, " WDS "\n");
	request();
	ck_assert_int_eq(asks(), DROP_NO_BOOT_SERVER);
	ck_assert_uint_eq(w->stats.drop_4011[DROP_NO_BOOT_SERVER], 1);
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_RELAYED], 0);
}
END_TEST

/* The answer goes to the source address: it must be a client's here. */
START_TEST(only_in_the_name_of_a_client_of_this_vlan)
{
	static const struct { const char *src; enum drop drop; } t[] = {
		{ "0.0.0.0", DROP_NO_4011_CLIENT },
		{ "255.255.255.255", DROP_NO_4011_CLIENT },
		{ "224.0.0.1", DROP_NO_4011_CLIENT },
		{ "203.0.113.5", DROP_NO_4011_CLIENT },
		{ "198.51.100.77", DROP_NO_4011_CLIENT },	/* of eth0 */
		{ "192.0.2.255", DROP_NO_4011_CLIENT },	/* everybody there */
		{ "192.0.2.0", DROP_NO_4011_CLIENT },
		{ "10.10.255.255", DROP_NO_4011_CLIENT },
		{ "10.10.0.255", DROP_NONE },
		{ "127.0.0.1", DROP_NO_4011_CLIENT },
		{ "192.0.2.1", DROP_LOOP },
		{ "10.10.0.1", DROP_LOOP },
		{ "192.0.2.100", DROP_NONE },
	};

	conf(CONF);
	request();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(asks_from(t[i].src, 68, 10) == t[i].drop, "%s",
		    t[i].src);
	ck_assert_int_eq(asks_from("198.51.100.77", 68, 40), DROP_NOT_CLIENT);
	ck_assert_int_eq(asks_from("192.0.2.100", 68, 99), DROP_NOT_CLIENT);
	world_link_down(w, 10, "vlan10");
	ck_assert_int_eq(asks(), DROP_DOWN);
}
END_TEST

/* What port 67 refuses to say to servers, this one does not say either: dnsmasq from 2.92
 * on answers to giaddr, so that a giaddr of ours would send the answer to another VLAN. */
START_TEST(no_giaddr_and_option_82_of_a_client)
{
	static const char *const giaddrs[] = {
		"192.0.2.1", "10.10.0.1", "198.51.100.1", "255.255.255.255", "224.0.0.1",
		"127.0.0.1", "192.0.2.255",
	};

	conf(CONF);
	for (size_t i = 0; i < sizeof(giaddrs) / sizeof(giaddrs[0]); i++) {
		request();
		dhcp4_put_giaddr(msg.b, world_ip(giaddrs[i]));
		ck_assert_msg(asks() == DROP_SPOOFED_GIADDR, "%s", giaddrs[i]);
	}
	ck_assert_uint_eq(w->stats.drop_4011[DROP_SPOOFED_GIADDR],
	    sizeof(giaddrs) / sizeof(giaddrs[0]));
	/* our giaddr would stand beside it, as if it were ours */
	request();
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	msg_opt_hex(&msg, 82, "0101 78");
	ck_assert_int_eq(asks(), DROP_UNTRUSTED_82);
	request();
	msg_opt_hex(&msg, 82, "0109 78");
	ck_assert_int_eq(asks(), DROP_BAD_OPTION82);
	conf("[relay]\ntrust = on\noption82-policy = forward\n" CONF_GROUPS);
	request();
	msg_opt_hex(&msg, 82, "0101 78");
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

/* RIS and others speak their own language on this port. */
START_TEST(payloads_that_are_no_dhcp_pass_untouched)
{
	static const size_t lens[] = { 0, 1, 20, 235, 239, 240, 1472, 9000 };
	struct prng r = { 7 };

	conf(CONF "[rule pi]\nmac = b8:27:eb\nboot = " FOG "\n");
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		msg.len = lens[i];
		prng_fill(&r, msg.b, msg.len);
		ck_assert_int_eq(asks(), DROP_NONE);
		ck_assert(!plan.edit && changes_only(NULL));
		goes_to(FOG);	/* of the machine, the link address is known */
	}
}
END_TEST

/* Answers, messages with a broken option, BOOTP: opaque, too. */
START_TEST(what_is_no_request_is_opaque)
{
	conf(CONF "[rule x64]\narch = x64\nboot = " FOG "\n");
	discovery();
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to(FOG);
	msg.b[0] = BOOTREPLY;
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	goes_to(WDS " 198.51.100.22");
	discovery();
	msg.len--;
	msg_u8(&msg, 67);
	msg_u8(&msg, 200);
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	discovery();
	msg.b[DHCP4_HEADER] = 0;
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

START_TEST(rules_choose_the_group)
{
	conf(CONF
	    "[rule bad]\narch = bios\nmessage = request\naction = drop\n"
	    "[rule ipxe]\nuser-class = iPXE\nboot = " FOG "\n");
	request();
	msg_opt_text(&msg, 77, "iPXE");
	ck_assert_int_eq(asks(), DROP_NONE);
	goes_to(FOG);
	ck_assert_uint_eq(w->r4.rule_hits[1], 1);
	ck_assert_uint_eq(plan.servers.rule, 1);
	/* What was in the plan before is not what chose, nor after a drop. */
	memset(&plan, 0x55, sizeof(plan));
	request();
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert_uint_eq(plan.servers.rule, CONF_NONE);
	memset(&plan, 0x55, sizeof(plan));
	request();
	msg.b[msg.len - 1] = 0;		/* option 93: BIOS */
	ck_assert_int_eq(asks(), DROP_RULE);
	ck_assert_uint_eq(w->stats.drop_4011[DROP_RULE], 1);
	/* nobody remembers what was no discovery */
	ck_assert_uint_eq(clients_count(w->clients), 0);
}
END_TEST

/* dnsmasq from 2.92 on answers a discovery without giaddr by broadcast. */
START_TEST(a_discovery_gets_giaddr_and_hops)
{
	conf(CONF);
	discovery();
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(plan.edit && changes_only("192.0.2.1"));
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_INFORM;
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(plan.edit && changes_only("192.0.2.1"));
	/* but no other message type, */
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_DISCOVER;
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	/* not above the limit of hops, */
	discovery();
	msg.b[DHCP4_OFF_HOPS] = 4;
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
	/* and not over another relay's giaddr. */
	discovery();
	dhcp4_put_giaddr(msg.b, world_ip("10.9.8.7"));
	ck_assert_int_eq(asks(), DROP_NONE);
	ck_assert(!plan.edit && changes_only(NULL));
}
END_TEST

static struct relay4_delivery d;
static struct msg r;

static enum drop
answered(uint8_t type)
{
	struct relay4_rx rx = {
		.data = r.b, .src = world_ip(WDS), .sport = 67,
		.unicast = true, .ifindex = 40,
	};

	r = msg;
	r.len = DHCP4_OPTIONS;
	r.b[0] = BOOTREPLY;
	r.b[12] = 0, r.b[14] = 0, r.b[15] = 0;
	dhcp4_put_giaddr(r.b, world_ip("192.0.2.1"));
	msg_opt_u8(&r, 53, type);
	msg_end(&r);
	rx.len = r.len;
	return relay4_reply(&w->r4, &rx, w->now, &d);
}

START_TEST(its_answer_leaves_from_port_4011)
{
	static const uint16_t ports[] = { 68, 4011 };

	conf(CONF);
	for (size_t i = 0; i < 2; i++) {
		discovery();
		ck_assert_int_eq(asks_from("192.0.2.100", ports[i], 10), DROP_NONE);
		ck_assert_int_eq(answered(DHCP4_ACK), DROP_NONE);
		ck_assert_uint_eq(d.sport, 4011);
		ck_assert_uint_eq(d.dport, ports[i]);
		ck_assert_uint_eq(d.dst.host, world_ip("192.0.2.100").host);
		ck_assert_mem_eq(d.mac, msg.b + DHCP4_OFF_CHADDR, 6);
	}
	ck_assert_uint_eq(w->stats.counter[COUNTER_P4011_REPLIES], 2);
	/* NAK is a broadcast from port 67, always */
	ck_assert_int_eq(answered(DHCP4_NAK), DROP_NONE);
	ck_assert_uint_eq(d.sport, 67);
	ck_assert_uint_eq(d.dst.host, IP4_BROADCAST.host);
}
END_TEST

/* Later, with the same xid (iPXE's is 0 there), it asks on port 67. */
START_TEST(a_question_on_port_67_ends_that)
{
	static struct relay4_plan p67;
	struct relay4_rx rx = {
		.data = msg.b, .sport = 68, .ifindex = 10, .mac_len = 6,
		.dst = IP4_BROADCAST,
	};

	conf(CONF);
	discovery();
	ck_assert_int_eq(asks(), DROP_NONE);
	rx.len = msg.len;
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &p67), DROP_NONE);
	ck_assert_int_eq(answered(DHCP4_ACK), DROP_NONE);
	ck_assert_uint_eq(d.sport, 67);
	ck_assert_uint_eq(d.dport, 68);
}
END_TEST

START_TEST(rates_hold_here_too)
{
	conf("[relay]\nclient-rate = 3/10s\n[interface vlan*]\nboot = " WDS "\n");
	request();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(asks(), i < 3 ? DROP_NONE : DROP_CLIENT_RATE);
	/* what is no DHCP is told apart by its link address */
	msg.len = 5;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(asks(), i < 3 ? DROP_NONE : DROP_CLIENT_RATE);
}
END_TEST

static bool
wanted(const char *text)
{
	conf(text);
	return p4011_wanted(w->conf, iftab_by_index(w->iftab, 10));
}

START_TEST(where_the_group_is_joined)
{
	ck_assert(wanted("[interface vlan*]\nboot = " WDS "\n"));
	ck_assert(!p4011_wanted(w->conf, iftab_by_index(w->iftab, 40)));
	ck_assert(!wanted("[interface vlan*]\nservers = " WDS "\n"));
	ck_assert(!wanted("[relay]\n4011 = off\n[interface vlan*]\nboot = " WDS "\n"));
	/* a rule that can hold on this interface, and one that cannot */
	ck_assert(wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan1*\nboot = " FOG "\n"));
	ck_assert(!wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan2*\nboot = " FOG "\n"));
	ck_assert(!wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan1*\ndhcp = " FOG "\n"));
}
END_TEST

Suite *
p4011_suite(void)
{
	Suite *s = suite_create("p4011");
	TCase *t = tcase_create("port");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, it_goes_to_boot_servers_alone);
	tcase_add_test(t, without_a_boot_group_it_goes_nowhere);
	tcase_add_test(t, only_in_the_name_of_a_client_of_this_vlan);
	tcase_add_test(t, no_giaddr_and_option_82_of_a_client);
	tcase_add_test(t, payloads_that_are_no_dhcp_pass_untouched);
	tcase_add_test(t, what_is_no_request_is_opaque);
	tcase_add_test(t, rules_choose_the_group);
	tcase_add_test(t, a_discovery_gets_giaddr_and_hops);
	tcase_add_test(t, its_answer_leaves_from_port_4011);
	tcase_add_test(t, a_question_on_port_67_ends_that);
	tcase_add_test(t, rates_hold_here_too);
	tcase_add_test(t, where_the_group_is_joined);
	suite_add_tcase(s, t);
	return s;
}
