/* SPDX-License-Identifier: ISC
 *
 * The decisions about requests: which servers get a copy, with which giaddr and
 * option 82, and what a conversation keeps. check_relay4_reply.c tests replies,
 * and tests/scen tests whole boots.
 */
#include "core/relay4/relay4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/relay4/p4011.h"
#include "ipnet.h"
#include "msg.h"
#include "world.h"

Suite *relay4_suite(void);

static struct world *w;
static struct msg msg;
static struct relay4_plan plan;
static uint8_t out[70000];

static void
teardown(void)
{
	w = world_free(w);
}

static void
open_world(const char *conf, size_t capacity)
{
	world_free(w);
	w = world_new(conf, capacity);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/26");
	world_addr(w, 20, "203.0.113.65/26");
	world_addr(w, 20, "203.0.113.129/26");
}

static void
conf(const char *text)
{
	open_world(text, 64);
}

static void
make_request(uint8_t type)
{
	msg_init(&msg, BOOTREQUEST);
	if (type)
		msg_opt_u8(&msg, 53, type);
}

static void
set_xid(uint8_t xid)
{
	msg.b[DHCP4_OFF_XID + 3] = xid;
}

static void
set_mac(uint8_t last)
{
	msg.b[DHCP4_OFF_CHADDR + 5] = last;
}

static void
set_giaddr(const char *a)
{
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip(a));
}

static struct ip4
giaddr_of_msg(void)
{
	struct rd r = rd_init(msg.b + DHCP4_OFF_GIADDR, 4);

	return (struct ip4){ rd_u32(&r) };
}

/* Passes msg as it is to the relay: from a client or, with a giaddr, from another
 * relay. */
static enum drop
send_msg_on(uint32_t ifindex)
{
	struct ip4 giaddr = giaddr_of_msg();
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = ip4_is_none(giaddr) ? 68 : 67,
		.src = ip_of4(ip4_is_none(giaddr) ? giaddr : world_ip("10.9.9.1")),
		.dst = ip_of4(IP4_BROADCAST), .ifindex = ifindex, .mac_len = 6,
	};

	memcpy(rx.mac, msg.b + DHCP4_OFF_CHADDR, 6);
	return relay4_request(&w->r4, &rx, w->now, &plan);
}

static enum drop
send_msg(void)
{
	return send_msg_on(10);
}

/* The same on port 4011. */
static enum drop
send_4011_on(uint32_t ifindex, const char *src)
{
	static struct p4011_plan p;
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = 68, .mac_len = 6,
		.src = ip_of4(world_ip(src)), .dst = ip_of4(IP4_BROADCAST), .ifindex = ifindex,
	};

	return p4011_request(&w->r4, &rx, w->now, &p);
}

static void
must_relay(void)
{
	enum drop d = send_msg();

	ck_assert_msg(d == DROP_NONE, "%s", drop_word(d));
}

#define must_drop(reason) do {						\
	enum drop must_d = send_msg();					\
	ck_assert_msg(must_d == (reason), "%s", drop_word(must_d));	\
} while (0)

/* The message must go to exactly these servers, in this order: "198.51.100.10
 * 198.51.100.21". */
static void
goes_to(const char *servers)
{
	char text[1024], *p = text, a[IP4_STRLEN];

	*p = '\0';
	for (unsigned i = 0; i < plan.to.n; i++)
		p += sprintf(p, "%s%s", i ? " " : "", ip4_str(
		    ip_v4(w->conf->server[plan.to.server[i]].address), a));
	ck_assert_str_eq(text, servers);
}

static size_t
render(unsigned copy, bool with82, bool *no_room)
{
	return relay4_render(&plan, copy, with82, out, msg.len + 300, no_room);
}

static void
receive(const char *server, uint8_t type, const char *giaddr, const char *yiaddr)
{
	static struct relay4_delivery d;
	static struct msg r;
	struct rx rx = {
		.data = r.b, .src = ip_of4(world_ip(server)), .sport = 67,
		.unicast = true, .ifindex = 99,
	};
	struct wr y;

	r = msg;
	r.len = DHCP4_OPTIONS;
	r.b[0] = BOOTREPLY;
	msg_opt_u8(&r, 53, type);
	msg_end(&r);
	dhcp4_put_ip4(r.b, DHCP4_OFF_GIADDR, world_ip(giaddr));
	y = wr_init(r.b + 16, 4);
	wr_u32(&y, world_ip(yiaddr).host);
	rx.len = r.len;
	ck_assert_int_eq(relay4_reply(&w->r4, &rx, w->now, &d), DROP_NONE);
}

static uint64_t
count(enum counter c)
{
	return w->stats.counter[c];
}

/* --- which servers ------------------------------------------------------------------- */

#define TWO_CLASSES						\
	"[group dhcp]\nservers = 198.51.100.10, 198.51.100.11\n"	\
	"[interface vlan*]\ndhcp = dhcp\nboot = 198.51.100.21\n"

static void
pxe_opts(uint16_t arch)
{
	msg_opt_text(&msg, 60, "PXEClient");
	msg_opt_u16(&msg, 93, arch);
}

START_TEST(servers_get_every_message)
{
	static const uint8_t types[] = {
		DHCP4_TYPE_NONE, DHCP4_DISCOVER, DHCP4_REQUEST,
		DHCP4_DECLINE, DHCP4_RELEASE, DHCP4_INFORM,
	};

	conf("[interface vlan*]\nservers = 198.51.100.10, 198.51.100.21\n");
	for (size_t i = 0; i < sizeof(types); i++) {
		make_request(types[i]);
		set_xid((uint8_t)i);
		must_relay();
		goes_to("198.51.100.10 198.51.100.21");
	}
	make_request(DHCP4_REQUEST);
	pxe_opts(7);
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	set_xid(9);
	must_relay();
	goes_to("198.51.100.10 198.51.100.21");
}
END_TEST

START_TEST(each_class_gets_its_own_messages)
{
	conf(TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11");
	ck_assert_uint_eq(plan.to.n_boot, 0);
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	set_xid(2);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.21");
	ck_assert_uint_eq(plan.to.n_boot, 1);
	make_request(DHCP4_REQUEST);
	pxe_opts(7);
	msg_opt_u32(&msg, 54, world_ip("198.51.100.10").host);
	set_xid(2);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11");
	/* discovery: a DHCP server would reply first, with an ACK that the client
	 * cannot use */
	make_request(DHCP4_REQUEST);
	pxe_opts(7);
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	set_xid(2);
	must_relay();
	goes_to("198.51.100.21");
	ck_assert_uint_eq(count(COUNTER_BOOT_REQUESTS), 2);
}
END_TEST

/* A boot server whose lease the client accepted (WDS and DHCP on one host, which is
 * only in the boot group) must get the REQUEST. */
START_TEST(a_selected_boot_server_gets_the_request)
{
	conf(TWO_CLASSES);
	make_request(DHCP4_REQUEST);
	msg_opt_u32(&msg, 54, world_ip("198.51.100.21").host);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.21");
}
END_TEST

START_TEST(an_interface_with_only_a_boot_group)
{
	conf("[interface vlan*]\nboot = 198.51.100.21\n");
	make_request(DHCP4_DISCOVER);
	must_drop(DROP_NO_SERVER);
	make_request(DHCP4_DISCOVER);
	pxe_opts(0);
	set_xid(2);
	must_relay();
	goes_to("198.51.100.21");
	ck_assert_uint_eq(w->stats.drop_request[DROP_NO_SERVER], 1);
}
END_TEST

START_TEST(a_host_in_both_classes_gets_one_copy)
{
	conf("[server a]\naddress = 198.51.100.21\n"
	    "[server b]\naddress = 198.51.100.21\n"
	    "[group d]\nservers = 198.51.100.10, a\n"
	    "[group p]\nservers = b, 198.51.100.22\n"
	    "[interface vlan*]\ndhcp = d\nboot = p\n");
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	must_relay();
	goes_to("198.51.100.10 198.51.100.21 198.51.100.22");
	/* for a discovery it is a boot server */
	make_request(DHCP4_REQUEST);
	pxe_opts(7);
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	set_xid(2);
	must_relay();
	goes_to("198.51.100.21 198.51.100.22");
}
END_TEST

START_TEST(all_256_servers_get_a_copy)
{
	char *text = malloc(16384), *p = text;
	bool seen[256] = { false };

	p += sprintf(p, "[interface vlan*]\nservers = 10.1.0.1");
	for (int i = 1; i < CONF_SERVERS_MAX; i++)
		p += sprintf(p, ",\n 10.1.%d.1", i);
	sprintf(p, "\n");
	conf(text);
	free(text);
	make_request(DHCP4_DISCOVER);
	must_relay();
	ck_assert_uint_eq(plan.to.n, 256);
	for (int i = 0; i < 256; i++) {
		struct ip4 a = ip_v4(w->conf->server[plan.to.server[i]].address);

		must(!seen[a.host >> 8 & 255]);
		seen[a.host >> 8 & 255] = true;
		ck_assert_uint_eq(servers_find4(&w->servers, a), plan.to.server[i]);
	}
	ck_assert_uint_eq(servers_find4(&w->servers, world_ip("10.2.0.1")), CONF_NONE);
	ck_assert_uint_eq(servers_find4(&w->servers, IP4_NONE), CONF_NONE);
}
END_TEST

/* --- rules and conversations -------------------------------------------------- */

#define RULES TWO_CLASSES						\
	"[rule bios]\narch = bios\nboot = 198.51.100.30\n"		\
	"[rule own]\nuser-class = own\ndhcp = 198.51.100.12\n"		\
	"[rule bad]\nmac = 02:00:5e:10:00:66\nmessage = discover\n"	\
	"action = drop\n"						\
	"[rule http]\nfamily = http\nboot = 198.51.100.40\n"

START_TEST(a_rule_names_the_boot_group)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	pxe_opts(0);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.30");
	ck_assert_uint_eq(w->servers.rule_hits[0], 1);
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	set_xid(2);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.21");
	ck_assert_uint_eq(w->servers.rule_hits[0], 1);
}
END_TEST

START_TEST(a_rule_names_the_dhcp_group)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	msg_opt_text(&msg, 77, "own");
	must_relay();
	goes_to("198.51.100.12");
	/* it also replaces `servers =` */
	conf("[interface vlan*]\nservers = 198.51.100.10, 198.51.100.11\n"
	    "[rule own]\nuser-class = own\ndhcp = 198.51.100.12\n");
	must_relay();
	goes_to("198.51.100.12");
}
END_TEST

/* A REQUEST may carry fewer options than its DISCOVER did. */
START_TEST(later_messages_keep_the_first_choice)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	pxe_opts(0);
	must_relay();
	make_request(DHCP4_REQUEST);
	msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	must_relay();
	goes_to("198.51.100.30");
	ck_assert_uint_eq(w->servers.rule_hits[0], 2);
	/* another xid is another conversation */
	set_xid(2);
	must_relay();
	goes_to("198.51.100.21");
	/* and so is the same xid after the conversation has expired */
	set_xid(1);
	world_wait_ms(w, CLIENTS_CONV_MS + 1);
	must_relay();
	goes_to("198.51.100.21");
}
END_TEST

START_TEST(pxe_and_http_from_one_nic_are_two_conversations)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.21");
	make_request(DHCP4_DISCOVER);
	msg_opt_text(&msg, 60, "HTTPClient:Arch:00016:UNDI:003016");
	msg_opt_u16(&msg, 93, 16);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.40");
	/* a message without option 60 belongs to the last of them */
	make_request(DHCP4_DISCOVER);
	msg_opt_u16(&msg, 93, 16);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.40");
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.21");
}
END_TEST

/* 802.1X may move a port while its machine keeps using its xid, and a host on
 * another VLAN may have used that xid first. */
START_TEST(a_choice_holds_only_on_its_interface)
{
	conf("[interface vlan*]\ndhcp = 198.51.100.10\nboot = 198.51.100.21\n"
	    "[rule guests]\ninterface = vlan20\nboot = 198.51.100.30\n");
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	goes_to("198.51.100.10 198.51.100.30");
	ck_assert_int_eq(send_msg_on(10), DROP_NONE);
	goes_to("198.51.100.10 198.51.100.21");
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	goes_to("198.51.100.10 198.51.100.30");
	/* what is dropped on the one VLAN is not dropped on the other */
	conf("[interface vlan*]\ndhcp = 198.51.100.10\nboot = 198.51.100.21\n"
	    "[rule guests]\ninterface = vlan20\naction = drop\n");
	ck_assert_int_eq(send_msg_on(20), DROP_RULE);
	must_relay();
	goes_to("198.51.100.10 198.51.100.21");
}
END_TEST

/* A stored query of one VLAN does not follow the rule of another. */
START_TEST(a_hedge_does_not_cross_interfaces)
{
	static struct relay4_plan hedge;
	struct mono due;

	conf("[group two]\nservers = 198.51.100.21, 198.51.100.22\n"
	    "mode = failover\nhedge = 100ms\n"
	    "[group guests]\nservers = 198.51.100.30, 198.51.100.31\n"
	    "[interface vlan*]\nboot = two\n"
	    "[rule guests]\ninterface = vlan20\nboot = guests\n");
	make_request(DHCP4_DISCOVER);
	pxe_opts(7);
	must_relay();
	goes_to("198.51.100.21");
	ck_assert(pendings_due(w->r4.hedges, &due));
	/* on port 4011 nothing is hedged, so the first query stays */
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_REQUEST;
	msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	msg_end(&msg);
	ck_assert_int_eq(send_4011_on(20, "203.0.113.9"), DROP_NONE);
	world_wait_ms(w, 200);
	ck_assert(relay4_hedge(&w->r4, w->now, &hedge));
	ck_assert_uint_eq(hedge.in->link.ifindex, 10);
	ck_assert_uint_eq(hedge.to.n, 1);
	ck_assert_str_eq(w->conf->server[hedge.to.server[0]].name, "198.51.100.22");
	ck_assert(!pendings_due(w->r4.hedges, &due));
}
END_TEST

START_TEST(a_client_dropped_by_a_rule_stays_dropped)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	set_mac(0x66);
	must_drop(DROP_RULE);
	make_request(DHCP4_REQUEST);
	set_mac(0x66);
	must_drop(DROP_RULE);
	ck_assert_uint_eq(w->servers.rule_hits[2], 2);
	ck_assert_uint_eq(w->stats.drop_request[DROP_RULE], 2);
	set_xid(2);	/* the condition `message = discover' does not hold for this one */
	must_relay();
}
END_TEST

/* Indexes of groups and rules belong to a configuration. */
START_TEST(a_reload_matches_the_rules_again)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	pxe_opts(0);
	must_relay();
	goes_to("198.51.100.10 198.51.100.11 198.51.100.30");
	world_reload(w, "[interface vlan*]\ndhcp = 198.51.100.11\n"
	    "boot = 198.51.100.22\n"
	    "[rule first]\narch = x64\nboot = 198.51.100.23\n"
	    "[rule bios]\narch = bios\nboot = 198.51.100.31\n");
	must_relay();
	goes_to("198.51.100.11 198.51.100.31");
	/* the hits belong to the name */
	ck_assert_uint_eq(w->servers.rule_hits[0], 0);
	ck_assert_uint_eq(w->servers.rule_hits[1], 2);
	/* the conversation is still the same */
	ck_assert_uint_eq(count(COUNTER_RETRIES), 1);
}
END_TEST

START_TEST(a_reload_keeps_the_counters_of_an_address)
{
	conf(RULES);
	make_request(DHCP4_DISCOVER);
	must_relay();
	receive("198.51.100.11", DHCP4_OFFER, "192.0.2.1", "192.0.2.50");
	w->servers.source[servers_find4(&w->servers, world_ip("198.51.100.11"))] =
	    ip_of4(world_ip("198.51.100.1"));
	world_reload(w, "[server new]\naddress = 198.51.100.99\n"
	    "[server moved]\naddress = 198.51.100.11\n"
	    "[interface vlan*]\nservers = new, moved\n");
	ck_assert_uint_eq(servers_find4(&w->servers, world_ip("198.51.100.11")), 1);
	ck_assert_uint_eq(w->servers.stats[1].offers, 1);
	ck_assert_uint_eq(w->servers.stats[0].offers, 0);
	ck_assert_uint_eq(ip_v4(w->servers.source[1]).host,
	    world_ip("198.51.100.1").host);
	ck_assert_uint_eq(servers_find4(&w->servers, world_ip("198.51.100.10")),
	    CONF_NONE);
}
END_TEST

START_TEST(retries_are_counted_until_a_reply)
{
	conf(TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	must_relay();
	ck_assert_uint_eq(count(COUNTER_RETRIES), 0);
	msg.b[9] = 4;	/* secs */
	must_relay();
	must_relay();
	ck_assert_uint_eq(count(COUNTER_RETRIES), 2);
	receive("198.51.100.10", DHCP4_OFFER, "192.0.2.1", "192.0.2.50");
	make_request(DHCP4_REQUEST);
	must_relay();
	ck_assert_uint_eq(count(COUNTER_RETRIES), 2);
	must_relay();
	ck_assert_uint_eq(count(COUNTER_RETRIES), 3);
}
END_TEST

/* --- giaddr --------------------------------------------------------------------- */

#define ROTATE "[interface vlan*]\nservers = 198.51.100.10\ngiaddr = rotate\n"

static void
sent_with(const char *giaddr)
{
	char a[IP4_STRLEN];

	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	ck_assert_uint_eq(plan.n_copy, 1);
	ck_assert_str_eq(ip4_str(plan.copy[0].giaddr, a), giaddr);
}

START_TEST(rotate_tries_each_address_in_turn)
{
	static const char *const net[] = {
		"203.0.113.1", "203.0.113.65", "203.0.113.129", "203.0.113.1",
	};

	conf(ROTATE);
	make_request(DHCP4_DISCOVER);
	for (int n = 0; n < 4; n++)
		for (int try = 0; try < 3; try++)
			sent_with(net[n]);
	ck_assert_uint_eq(count(COUNTER_ROTATIONS), 3);
}
END_TEST

START_TEST(an_address_that_got_a_reply_stays_the_first_choice)
{
	conf(ROTATE);
	make_request(DHCP4_DISCOVER);
	for (int try = 0; try < 4; try++)
		(void)send_msg_on(20);
	receive("198.51.100.10", DHCP4_OFFER, "203.0.113.65", "203.0.113.70");
	set_xid(2);
	sent_with("203.0.113.65");
	/* a proxy offer does not prove that the subnet is the right one */
	receive("198.51.100.10", DHCP4_OFFER, "203.0.113.129", "0.0.0.0");
	set_xid(3);
	sent_with("203.0.113.65");
	/* a late offer, for the previous address */
	receive("198.51.100.10", DHCP4_OFFER, "203.0.113.1", "203.0.113.9");
	set_xid(4);
	sent_with("203.0.113.1");
	set_mac(9);
	sent_with("203.0.113.1");
}
END_TEST

START_TEST(rotate_with_one_address_changes_nothing)
{
	conf(ROTATE);
	make_request(DHCP4_DISCOVER);
	for (int try = 0; try < 10; try++)
		must_relay();
	ck_assert_uint_eq(plan.copy[0].giaddr.host, world_ip("192.0.2.1").host);
	ck_assert_uint_eq(count(COUNTER_ROTATIONS), 0);
}
END_TEST

/* When addresses are removed, no index may point past the remaining ones. */
START_TEST(rotate_survives_the_loss_of_addresses)
{
	struct ipnet net;

	conf(ROTATE);
	make_request(DHCP4_DISCOVER);
	for (int try = 0; try < 7; try++)
		(void)send_msg_on(20);
	must(ipnet_parse("203.0.113.129/26", &net));
	iftab_del_addr(w->iftab, 20, net);
	must(ipnet_parse("203.0.113.65/26", &net));
	iftab_del_addr(w->iftab, 20, net);
	iftab_commit(w->iftab, w->conf, &world_host, false, NULL, NULL);
	sent_with("203.0.113.1");
	set_xid(2);
	sent_with("203.0.113.1");
}
END_TEST

START_TEST(giaddr_all_sends_one_copy_per_address)
{
	conf("[interface vlan*]\nservers = 198.51.100.10\ngiaddr = all\n");
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	ck_assert_uint_eq(plan.n_copy, 3);
	for (int i = 0; i < 12; i++) {
		char net[32];

		sprintf(net, "10.20.%d.1/24", i);
		world_addr(w, 20, net);
	}
	set_xid(2);
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	ck_assert_uint_eq(plan.n_copy, IFACE_GIADDRS_MAX);
}
END_TEST

START_TEST(a_foreign_giaddr_is_kept_and_nothing_is_added)
{
	conf("[interface vlan*]\nservers = 198.51.100.10\ngiaddr = all\n"
	    "option82 = add\n");
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	msg.b[DHCP4_OFF_HOPS] = 1;
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
	ck_assert_uint_eq(plan.n_copy, 1);
	ck_assert_uint_eq(plan.copy[0].giaddr.host, world_ip("10.9.8.7").host);
	ck_assert_ptr_null(plan.copy[0].rai);
	ck_assert_uint_eq(plan.hops, 2);
	ck_assert_uint_eq(count(COUNTER_FOREIGN_GIADDR), 1);
	ck_assert_uint_eq(count(COUNTER_OPTION82_ADDED), 0);
}
END_TEST

/* RFC 3046 2.1.1. A giaddr that another section fixes is ours as well, although
 * no interface has it. */
START_TEST(a_request_with_a_giaddr_of_ours_is_dropped)
{
	static const char *const ours[] = {
		"192.0.2.1", "203.0.113.65", "10.255.0.1",
		"255.255.255.255", "224.0.0.1", "0.0.0.1",
	};

	conf("[interface vlan*]\nservers = 198.51.100.10\n"
	    "[interface un*]\nservers = 198.51.100.10\ngiaddr = 10.255.0.1\n");
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		make_request(DHCP4_DISCOVER);
		set_giaddr(ours[i]);
		must_drop(DROP_SPOOFED_GIADDR);
	}
	ck_assert_uint_eq(w->stats.drop_request[DROP_SPOOFED_GIADDR], 6);
}
END_TEST

/* RFC 3046 2.1.1: a valid giaddr is another relay's. A client would get the reply to
 * one of its own VLAN, past `trust`, with any option 82 that it likes (F03). */
START_TEST(a_giaddr_that_is_no_relays_is_dropped)
{
	static const char *const bad[] = {
		"192.0.2.99", "198.51.100.10", "198.51.100.11", "127.0.0.1", "0.1.2.3",
		"239.1.2.3", "240.0.0.1", "169.254.1.1", "192.0.2.255", "192.0.2.0",
	};

	conf("[interface vlan10]\nservers = 198.51.100.10, 198.51.100.11\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_request(DHCP4_DISCOVER);
		msg_opt(&msg, DHCP4_OPT_RAI, "\1\4boss", 6);
		set_giaddr(bad[i]);
		ck_assert_msg(send_msg() == DROP_SPOOFED_GIADDR, "%s", bad[i]);
	}
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	must_relay();
}
END_TEST

static enum drop
send_as(const char *src, uint16_t sport)
{
	struct rx rx = {
		.data = msg.b, .len = msg.len, .sport = sport, .src = ip_of4(world_ip(src)),
		.dst = ip_of4(world_ip("192.0.2.1")), .ifindex = 10, .unicast = true,
	};

	return relay4_request(&w->r4, &rx, w->now, &plan);
}

START_TEST(a_relay_has_an_address_and_not_the_port_of_a_client)
{
	conf("[interface vlan10]\nservers = 198.51.100.10\n");
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(send_as("0.0.0.0", 67), DROP_SPOOFED_GIADDR);
	ck_assert_int_eq(send_as("192.0.2.2", 68), DROP_SPOOFED_GIADDR);
	ck_assert_int_eq(send_as("192.0.2.2", 67), DROP_NONE);
	ck_assert_int_eq(send_as("192.0.2.2", 1067), DROP_NONE);	/* RFC 8357 */
}
END_TEST

START_TEST(only_known_relays)
{
	conf("[relay]\nrelays = 10.0.0.0/8, 192.0.2.2\n"
	    "[interface vlan10]\nservers = 198.51.100.10\n"
	    "[interface vlan20]\nservers = 198.51.100.10\nrelays = any\n");
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_as("0.0.0.0", 68), DROP_NONE);	/* a client's own */
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(send_as("192.0.2.2", 67), DROP_NONE);
	ck_assert_int_eq(send_as("10.9.8.7", 67), DROP_NONE);
	ck_assert_int_eq(send_as("192.0.2.66", 67), DROP_UNKNOWN_RELAY);
	set_giaddr("172.16.0.1");
	ck_assert_int_eq(send_as("192.0.2.2", 67), DROP_UNKNOWN_RELAY);
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
}
END_TEST

/* RFC 1122 3.2.1.3 */
START_TEST(martians_are_dropped)
{
	static const char *const bad[] = {
		"127.0.0.1", "127.9.9.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
		"255.255.255.255", "192.0.2.255", "192.0.2.0",
	};

	conf("[interface vlan10]\nservers = 198.51.100.10\n");
	make_request(DHCP4_DISCOVER);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(send_as(bad[i], 68) == DROP_BAD_SOURCE, "%s", bad[i]);
		ck_assert_msg(send_4011_on(10, bad[i]) == DROP_BAD_SOURCE, "%s", bad[i]);
	}
	ck_assert_uint_eq(w->stats.drop_request[DROP_BAD_SOURCE], sizeof(bad) / sizeof(bad[0]));
	ck_assert_int_eq(send_as("192.0.2.7", 68), DROP_NONE);
}
END_TEST

START_TEST(loopback_is_no_destination)
{
	struct rx rx = {
		.data = msg.b, .sport = 68, .src = ip_of4(world_ip("192.0.2.7")),
		.dst = ip_of4(world_ip("127.0.0.1")), .ifindex = 10, .unicast = true,
	};

	conf("[interface vlan10]\nservers = 198.51.100.10\n");
	make_request(DHCP4_DISCOVER);
	rx.len = msg.len;
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &plan), DROP_BAD_DEST);
}
END_TEST

/* --- loops ------------------------------------------------------------------------ */

static enum drop
with_hops(uint8_t hops)
{
	msg.b[DHCP4_OFF_HOPS] = hops;
	return send_msg();
}

START_TEST(a_request_that_returns_with_more_hops_is_a_loop)
{
	conf(TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(with_hops(1), DROP_NONE);
	ck_assert_int_eq(with_hops(2), DROP_LOOP);
	ck_assert_int_eq(with_hops(16), DROP_LOOP);
	ck_assert_int_eq(with_hops(1), DROP_NONE);	/* a retry */
	/* the same message by a shorter path */
	ck_assert_int_eq(with_hops(0), DROP_NONE);
	ck_assert_int_eq(with_hops(1), DROP_LOOP);
	/* through another relay, or the client has moved */
	set_giaddr("10.9.8.6");
	ck_assert_int_eq(with_hops(3), DROP_NONE);
	set_giaddr("0.0.0.0");
	ck_assert_int_eq(with_hops(0), DROP_NONE);
	/* or after the conversation has expired */
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(with_hops(0), DROP_NONE);
	world_wait_ms(w, CLIENTS_CONV_MS + 1);
	ck_assert_int_eq(with_hops(5), DROP_NONE);
}
END_TEST

/* A message that a loop brings back must not count as a retry. */
START_TEST(a_loop_is_not_counted_as_a_retry)
{
	conf(TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(with_hops(1), DROP_NONE);
	ck_assert_int_eq(with_hops(3), DROP_LOOP);
	ck_assert_uint_eq(count(COUNTER_RETRIES), 0);
}
END_TEST

START_TEST(requests_beyond_max_hops_are_dropped)
{
	conf("[relay]\nmax-hops = 3\n" TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(with_hops(3), DROP_NONE);
	ck_assert_uint_eq(plan.hops, 4);
	set_xid(2);
	ck_assert_int_eq(with_hops(4), DROP_HOPS);
	ck_assert_int_eq(with_hops(255), DROP_HOPS);
}
END_TEST

/* --- option 82 ---------------------------------------------------------------------- */

#define ADD "[server b]\naddress = 198.51.100.11\noption82 = none\n"	\
	"[interface vlan*]\nservers = 198.51.100.10, b\noption82 = add\n"

START_TEST(option_82_comes_last_and_only_where_configured)
{
	bool no_room;
	size_t len;

	conf(ADD);
	ck_assert(w->conf->server[0].option82 !=
	    w->conf->server[1].option82);
	make_request(DHCP4_DISCOVER);
	msg_opt_text(&msg, 12, "host");
	msg_end(&msg);
	must_relay();
	len = render(0, true, &no_room);
	ck_assert(!no_room);
	ck_assert_uint_eq(len, 300);
	ck_assert_mem_eq(out + 249, "\x52\x08\1\6vlan10\xff", 11);
	len = render(0, false, &no_room);
	ck_assert(!no_room);
	ck_assert_uint_eq(len, 300);
	ck_assert_mem_eq(out + DHCP4_OPTIONS, msg.b + DHCP4_OPTIONS,
	    msg.len - DHCP4_OPTIONS);
	ck_assert_uint_eq(out[DHCP4_OFF_HOPS], 1);
	ck_assert_mem_eq(out + DHCP4_OFF_GIADDR, "\xc0\x00\x02\x01", 4);
}
END_TEST

/* RFC 3046 2.1: "forwarded without the option". 1472 bytes are an Ethernet frame. */
START_TEST(without_room_the_request_goes_without_option_82)
{
	bool no_room;
	size_t len;

	conf(ADD);
	for (int more = 0; more < 2; more++) {
		make_request(DHCP4_DISCOVER);
		for (int i = 0; i < 4; i++)
			msg_opt(&msg, 224, out, 255);
		/* 10 bytes of option 82 and END follow this option */
		msg_opt(&msg, 225, out, (size_t)(1472 - 11 - 2 -
		    (DHCP4_OPTIONS + 3 + 4 * 257) + more));
		msg_end(&msg);
		must_relay();
		len = render(0, true, &no_room);
		ck_assert(no_room == (more == 1));
		ck_assert_uint_eq(len, more ? msg.len : 1472);
		if (more)
			ck_assert_mem_eq(out + DHCP4_OPTIONS,
			    msg.b + DHCP4_OPTIONS, msg.len - DHCP4_OPTIONS);
	}
}
END_TEST

START_TEST(bootp_gets_no_option_82)
{
	bool no_room;

	conf(ADD);
	make_request(DHCP4_TYPE_NONE);
	msg_opt_text(&msg, 12, "host");
	msg_end(&msg);
	must_relay();
	ck_assert_ptr_null(plan.copy[0].rai);
	ck_assert_uint_eq(render(0, true, &no_room), 300);
	ck_assert(!no_room);
	ck_assert_uint_eq(count(COUNTER_BOOTP), 1);
	/* an empty option 53 does not make it a BOOTP message */
	make_request(DHCP4_TYPE_NONE);
	msg_opt(&msg, 53, NULL, 0);
	must_drop(DROP_BAD_TYPE);
}
END_TEST

START_TEST(option82_policy_is_followed)
{
	static const struct {
		const char *policy;
		enum drop drop;
		bool ours, drop_old;
	} t[] = {
		{ "append", DROP_NONE, true, false },
		{ "replace", DROP_NONE, true, true },
		{ "forward", DROP_NONE, false, false },
		{ "discard", DROP_POLICY_82, false, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), ADD "trust = on\n"
		    "option82-policy = %s\n", t[i].policy);
		conf(text);
		make_request(DHCP4_DISCOVER);
		msg_opt_hex(&msg, 82, "0101 78");
		ck_assert_int_eq(send_msg(), t[i].drop);
		if (t[i].drop != DROP_NONE)
			continue;
		ck_assert((plan.copy[0].rai != NULL) == t[i].ours);
		ck_assert(plan.drop_old == t[i].drop_old);
		/* if there is none, ours is added whatever the policy */
		make_request(DHCP4_DISCOVER);
		set_xid(2);
		must_relay();
		ck_assert_ptr_nonnull(plan.copy[0].rai);
		ck_assert(!plan.drop_old);
	}
}
END_TEST

START_TEST(untrusted_option_82_is_dropped)
{
	conf(ADD);
	make_request(DHCP4_DISCOVER);
	msg_opt_hex(&msg, 82, "0101 78");
	must_drop(DROP_UNTRUSTED_82);
	/* an empty option 82 counts as present */
	make_request(DHCP4_DISCOVER);
	msg_opt(&msg, 82, NULL, 0);
	must_drop(DROP_UNTRUSTED_82);
	make_request(DHCP4_DISCOVER);
	msg_opt_hex(&msg, 82, "0109 78");
	must_drop(DROP_BAD_OPTION82);
	/* another relay's is left alone */
	make_request(DHCP4_DISCOVER);
	msg_opt_hex(&msg, 82, "0101 78");
	set_giaddr("10.9.8.7");
	must_relay();
}
END_TEST

/* RFC 5010: the flag says how the client sent the message. */
START_TEST(relay_flags_tell_unicast)
{
	struct rx rx = {
		.data = msg.b, .ifindex = 10, .unicast = true, .sport = 68,
	};
	bool no_room;

	conf(ADD "relay-flags = on\ncircuit-id = off\n");
	make_request(DHCP4_REQUEST);
	msg_end(&msg);
	rx.len = msg.len;
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &plan), DROP_NONE);
	render(0, true, &no_room);
	ck_assert_mem_eq(out + DHCP4_OPTIONS + 3, "\x52\3\x0a\1\x80\xff", 6);
	must_relay();
	render(0, true, &no_room);
	ck_assert_mem_eq(out + DHCP4_OPTIONS + 3, "\x52\3\x0a\1\0\xff", 6);
}
END_TEST

/* --- drops and counters ------------------------------------------------- */

START_TEST(requests_on_other_interfaces_are_dropped)
{
	conf("[interface vlan*]\nservers = 198.51.100.10\n");
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_msg_on(77), DROP_NOT_CLIENT);
	world_link(w, 40, "eth0");
	world_addr(w, 40, "198.51.100.1/24");
	ck_assert_int_eq(send_msg_on(40), DROP_NOT_CLIENT);
	world_link(w, 30, "vlan30");
	ck_assert_int_eq(send_msg_on(30), DROP_NO_GIADDR);
	/* another relay's request needs no address of ours on that interface */
	set_giaddr("10.9.8.7");
	ck_assert_int_eq(send_msg_on(30), DROP_NONE);
	world_addr(w, 30, "10.30.0.1/24");
	world_link_down(w, 30, "vlan30");
	ck_assert_int_eq(send_msg_on(30), DROP_DOWN);
}
END_TEST

/* RFC 1542 4.1.1 has no list of types. */
START_TEST(types_that_are_not_known_are_relayed_to_dhcp_servers)
{
	static const uint8_t types[] = {
		DHCP4_LEASEQUERY, DHCP4_LEASEACTIVE, DHCP4_BULKLEASEQUERY, 18, 19, 200, 255,
	};

	conf(TWO_CLASSES);
	for (size_t i = 0; i < sizeof(types); i++) {
		make_request(types[i]);
		must_relay();
		must(plan.to.n > 0 && plan.to.n_boot == 0);
	}
}
END_TEST

START_TEST(types_that_only_servers_send_are_dropped)
{
	static const uint8_t types[] = {
		DHCP4_OFFER, DHCP4_ACK, DHCP4_NAK, DHCP4_FORCERENEW,
	};

	conf(TWO_CLASSES);
	for (size_t i = 0; i < sizeof(types); i++) {
		make_request(types[i]);
		must_drop(DROP_BAD_TYPE);
	}
	make_request(DHCP4_DISCOVER);
	msg.b[0] = BOOTREPLY;
	must_drop(DROP_REPLY_FROM_CLIENT);
	msg.b[0] = 3;
	must_drop(DROP_BAD_OP);
}
END_TEST

START_TEST(one_client_cannot_use_up_the_rate_of_all)
{
	conf("[relay]\nclient-rate = 2/10s\ninterface-rate = 4/s\n" TWO_CLASSES);
	make_request(DHCP4_DISCOVER);
	for (int i = 0; i < 100; i++)
		(void)send_msg();
	ck_assert_uint_eq(w->stats.drop_request[DROP_CLIENT_RATE], 98);
	for (uint8_t i = 2; i < 10; i++) {
		set_mac(i);
		(void)send_msg();
	}
	/* the flooding client used up its two of the interface's four tokens */
	ck_assert_uint_eq(count(COUNTER_REQUESTS_RELAYED), 4);
	ck_assert_uint_eq(w->stats.drop_request[DROP_INTERFACE_RATE], 6);
	/* other interfaces have their own tokens */
	ck_assert_int_eq(send_msg_on(20), DROP_NONE);
}
END_TEST

/* 2,000 machines switched on at once, each with the usual four tries. */
START_TEST(a_boot_storm_passes)
{
	open_world(TWO_CLASSES, 16384);
	for (int try = 0; try < 4; try++) {
		for (int i = 0; i < 2000; i++) {
			make_request(DHCP4_DISCOVER);
			pxe_opts(7);
			msg.b[DHCP4_OFF_CHADDR + 4] = (uint8_t)(i >> 8);
			set_mac((uint8_t)i);
			must(send_msg() == DROP_NONE);
		}
		world_wait_ms(w, 1000 << try);
	}
	ck_assert_uint_eq(count(COUNTER_REQUESTS_RELAYED), 8000);
	ck_assert_uint_eq(count(COUNTER_RETRIES), 6000);
	ck_assert_uint_eq(w->evicted, 0);
}
END_TEST

START_TEST(a_full_table_does_not_stop_relaying)
{
	open_world(TWO_CLASSES, 4);
	for (uint8_t i = 0; i < 20; i++) {
		make_request(DHCP4_DISCOVER);
		set_mac(i);
		set_xid(i);
		must_relay();
	}
	ck_assert_uint_eq(w->evicted, 16);
	/* the first client's reply is delivered all the same */
	set_mac(0);
	set_xid(0);
	receive("198.51.100.10", DHCP4_OFFER, "192.0.2.1", "192.0.2.50");
}
END_TEST

START_TEST(every_packet_is_relayed_or_dropped)
{
	struct prng r = { 42 };
	unsigned n = 0;

	open_world("[relay]\nmax-hops = 4\nclient-rate = 4/10s\n" RULES, 8);
	for (; n < 20000; n++) {
		const struct msg_client *c = &msg_clients[prng_below(&r, 13)];

		c->build(&msg);
		set_mac((uint8_t)prng_below(&r, 10));
		set_xid((uint8_t)prng_below(&r, 4));
		msg.b[DHCP4_OFF_HOPS] = (uint8_t)prng_below(&r, 6);
		if (prng_below(&r, 4) == 0)
			set_giaddr("10.9.8.7");
		if (prng_below(&r, 9) == 0)
			msg.len = prng_below(&r, (uint32_t)msg.len);
		(void)send_msg_on(10 * (1 + prng_below(&r, 3)));
		world_wait_ms(w, prng_below(&r, 500));
	}
	ck_assert_uint_eq(count(COUNTER_REQUESTS), n);
	ck_assert_uint_gt(count(COUNTER_REQUESTS_RELAYED), n / 20);
	ck_assert_uint_eq(count(COUNTER_REQUESTS_RELAYED) +
	    world_drops(w->stats.drop_request), n);
}
END_TEST

Suite *
relay4_suite(void)
{
	Suite *s = suite_create("relay4");
	TCase *t = tcase_create("requests");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, servers_get_every_message);
	tcase_add_test(t, each_class_gets_its_own_messages);
	tcase_add_test(t, a_selected_boot_server_gets_the_request);
	tcase_add_test(t, an_interface_with_only_a_boot_group);
	tcase_add_test(t, a_host_in_both_classes_gets_one_copy);
	tcase_add_test(t, all_256_servers_get_a_copy);
	tcase_add_test(t, a_rule_names_the_boot_group);
	tcase_add_test(t, a_rule_names_the_dhcp_group);
	tcase_add_test(t, later_messages_keep_the_first_choice);
	tcase_add_test(t, pxe_and_http_from_one_nic_are_two_conversations);
	tcase_add_test(t, a_choice_holds_only_on_its_interface);
	tcase_add_test(t, a_hedge_does_not_cross_interfaces);
	tcase_add_test(t, a_client_dropped_by_a_rule_stays_dropped);
	tcase_add_test(t, a_reload_matches_the_rules_again);
	tcase_add_test(t, a_reload_keeps_the_counters_of_an_address);
	tcase_add_test(t, retries_are_counted_until_a_reply);
	tcase_add_test(t, rotate_tries_each_address_in_turn);
	tcase_add_test(t, an_address_that_got_a_reply_stays_the_first_choice);
	tcase_add_test(t, rotate_with_one_address_changes_nothing);
	tcase_add_test(t, rotate_survives_the_loss_of_addresses);
	tcase_add_test(t, giaddr_all_sends_one_copy_per_address);
	tcase_add_test(t, a_foreign_giaddr_is_kept_and_nothing_is_added);
	tcase_add_test(t, a_request_with_a_giaddr_of_ours_is_dropped);
	tcase_add_test(t, a_giaddr_that_is_no_relays_is_dropped);
	tcase_add_test(t, a_relay_has_an_address_and_not_the_port_of_a_client);
	tcase_add_test(t, only_known_relays);
	tcase_add_test(t, martians_are_dropped);
	tcase_add_test(t, loopback_is_no_destination);
	tcase_add_test(t, a_request_that_returns_with_more_hops_is_a_loop);
	tcase_add_test(t, a_loop_is_not_counted_as_a_retry);
	tcase_add_test(t, requests_beyond_max_hops_are_dropped);
	tcase_add_test(t, option_82_comes_last_and_only_where_configured);
	tcase_add_test(t, without_room_the_request_goes_without_option_82);
	tcase_add_test(t, bootp_gets_no_option_82);
	tcase_add_test(t, option82_policy_is_followed);
	tcase_add_test(t, untrusted_option_82_is_dropped);
	tcase_add_test(t, relay_flags_tell_unicast);
	tcase_add_test(t, requests_on_other_interfaces_are_dropped);
	tcase_add_test(t, types_that_are_not_known_are_relayed_to_dhcp_servers);
	tcase_add_test(t, types_that_only_servers_send_are_dropped);
	tcase_add_test(t, one_client_cannot_use_up_the_rate_of_all);
	tcase_add_test(t, a_boot_storm_passes);
	tcase_add_test(t, a_full_table_does_not_stop_relaying);
	tcase_add_test(t, every_packet_is_relayed_or_dropped);
	suite_add_tcase(s, t);
	return s;
}
