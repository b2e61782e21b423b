/* SPDX-License-Identifier: ISC
 *
 * What replies tell: which of `servers =` are boot servers, and which multicast groups
 * machines will send to; and what a hostile server may not make of it.
 */
#include "core/relay4/discovery.h"

#include <string.h>

#include "core/relay4/p4011.h"
#include "msg.h"
#include "world.h"

Suite *discovery_suite(void);

#define DHCP "198.51.100.10"
#define WDS "198.51.100.21"
#define FOG "198.51.100.30"
#define PLAIN "[interface vlan*]\nservers = " DHCP ", " WDS ", " FOG "\n"

static struct world *w;
static struct relay4_delivery d;
static uint32_t xid;

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
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/24");
	world_link(w, 40, "eth0");
	world_addr(w, 40, "198.51.100.1/24");
}

static void
discover(uint32_t ifindex)
{
	static struct relay4_plan plan;
	static struct msg m;
	struct rx rx = {
		.data = m.b, .dst = ip_of4(IP4_BROADCAST), .sport = 68, .ifindex = ifindex,
	};

	msg_init(&m, BOOTREQUEST);
	dhcp4_put_ip4(m.b, DHCP4_OFF_XID, (struct ip4){ ++xid });
	msg_opt_u8(&m, 53, DHCP4_DISCOVER);
	msg_end(&m);
	rx.len = m.len;
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &plan), DROP_NONE);
}

/* The reply to the last DISCOVER of vlan10; vendor: option 43 in hex, or NULL. */
static enum drop
reply(const char *server, uint8_t type, const char *class, const char *vendor)
{
	static struct msg m;
	struct rx rx = {
		.data = m.b, .src = ip_of4(world_ip(server)), .sport = 67, .unicast = true,
		.ifindex = 40,
	};

	msg_init(&m, BOOTREPLY);
	dhcp4_put_ip4(m.b, DHCP4_OFF_XID, (struct ip4){ xid });
	dhcp4_put_ip4(m.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	msg_opt_u8(&m, 53, type);
	if (class)
		msg_opt_text(&m, 60, class);
	if (vendor)
		msg_opt_hex(&m, 43, vendor);
	msg_end(&m);
	rx.len = m.len;
	return relay4_reply(&w->r4, &rx, w->now, &d);
}

static bool
names(const char *vendor)
{
	ck_assert_int_eq(reply(WDS, DHCP4_OFFER, "PXEClient", vendor), DROP_NONE);
	return d.new_group;
}

static struct iface *
vlan10(void)
{
	return iftab_by_index(w->iftab, 10);
}

/* Who gets a multicast on vlan10, by the last byte of the address. */
static uint32_t
goes_to(void)
{
	static struct p4011_plan plan;
	struct rx rx = {
		.data = "RIS", .len = 3, .src = ip_of4(world_ip("192.0.2.100")),
		.dst = ip_of4(world_ip("224.0.1.2")), .sport = 68, .ifindex = 10,
	};
	uint32_t all = 0;

	if (p4011_request(&w->r4, &rx, w->now, &plan) != DROP_NONE)
		return 0;
	for (unsigned i = 0; i < plan.servers.to.n; i++)
		all = all * 1000 + (ip_v4(w->conf->server[plan.servers.to.server[i]]
		    .address).host & 255);
	ck_assert(plan.hide_errors == (w->conf->ifs[0].servers != CONF_NONE));
	return all;
}

START_TEST(of_servers_all_get_it_until_some_say_that_they_are_boot_servers)
{
	conf(PLAIN);
	ck_assert_uint_eq(goes_to(), 10021030);
	discover(10);
	ck_assert_int_eq(reply(DHCP, DHCP4_OFFER, NULL, NULL), DROP_NONE);
	ck_assert_int_eq(reply(DHCP, DHCP4_ACK, "HTTPClient", NULL), DROP_NONE);
	ck_assert_int_eq(reply("198.51.100.99", DHCP4_OFFER, "PXEClient", NULL),
	    DROP_NOT_SERVER);
	ck_assert_uint_eq(goes_to(), 10021030);
	ck_assert_int_eq(reply(FOG, DHCP4_OFFER, "PXEClient", NULL), DROP_NONE);
	ck_assert_uint_eq(goes_to(), 30);
	ck_assert_int_eq(reply(WDS, DHCP4_ACK, "PXEClient:x", NULL), DROP_NONE);
	ck_assert_uint_eq(goes_to(), 21030);
	world_reload(w, "[interface vlan*]\nservers = 198.51.100.9, " FOG ", " WDS "\n");
	ck_assert_uint_eq(goes_to(), 30021);
	world_reload(w, "[interface vlan*]\nservers = 198.51.100.9, " DHCP "\n");
	ck_assert_uint_eq(goes_to(), 9010);
}
END_TEST

START_TEST(boot_servers_that_are_configured_need_not_say_so)
{
	conf("[interface vlan*]\ndhcp = " DHCP "\nboot = " WDS ", " FOG "\n");
	discover(10);
	ck_assert_int_eq(reply(FOG, DHCP4_OFFER, "PXEClient", NULL), DROP_NONE);
	ck_assert_uint_eq(goes_to(), 21030);
	conf("[interface vlan*]\ndhcp = " DHCP "\n");
	discover(10);
	ck_assert_int_eq(reply(DHCP, DHCP4_OFFER, "PXEClient", NULL), DROP_NONE);
	ck_assert_uint_eq(goes_to(), 0);
}
END_TEST

START_TEST(a_group_that_a_reply_names_is_learned_once)
{
	struct iface *f;

	conf(PLAIN);
	discover(10);
	ck_assert(names("0601 02 0704 ef010203 ff"));
	ck_assert_ptr_eq(d.out, vlan10());
	ck_assert(!names("0704 ef010203"));
	f = vlan10();
	ck_assert_uint_eq(f->n_group, 1);
	ck_assert_uint_eq(f->group[0].addr.host, 0xef010203);
	ck_assert(discovery_is_group(w->conf, f, world_ip("239.1.2.3")));
	ck_assert(discovery_is_group(w->conf, f, world_ip("224.0.1.2")));
	ck_assert(!discovery_is_group(w->conf, f, world_ip("239.1.2.4")));
	ck_assert(!discovery_is_group(w->conf, iftab_by_index(w->iftab, 20),
	    world_ip("239.1.2.3")));
	discovery_forget(&w->r4, f, 0);
	ck_assert(!discovery_is_group(w->conf, f, world_ip("239.1.2.3")));
	ck_assert_uint_eq(w->r4.n_group, 0);
}
END_TEST

/* Also what is joined anyhow, and what cannot be read. */
static const char *const no_groups[] = {
	"0704 00000000", "0703 ef0102", "0705 ef01020304", "0704 ef01", "07", "",
};

START_TEST(there_is_nothing_to_learn)
{
	conf(PLAIN);
	discover(10);
	ck_assert(!names(no_groups[_i]));
	ck_assert_uint_eq(vlan10()->n_group, 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUPS_REFUSED], 0);
}
END_TEST

/* Unicast, broadcast, 224.0.0.x (OSPF, VRRP, mDNS), SSM. */
static const char *const bad_groups[] = {
	"0704 c0000201", "0704 ffffffff", "0704 f0000001", "0704 e0000005", "0704 e0000012",
	"0704 e00000fb", "0704 e8010203", "0704 7f000001",
};

START_TEST(a_group_that_is_none_of_boot_servers_is_refused)
{
	conf(PLAIN);
	discover(10);
	ck_assert(!names(bad_groups[_i]));
	ck_assert_uint_eq(vlan10()->n_group, 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUPS_REFUSED], 1);
}
END_TEST

START_TEST(only_a_reply_that_a_client_gets_is_believed)
{
	static const char group[] = "0704 ef010203";

	conf(PLAIN);		/* nobody has sent a request */
	ck_assert(!names(group));
	discover(20);		/* somebody on another VLAN has */
	ck_assert(!names(group));
	ck_assert_uint_eq(goes_to(), 10021030);
	discover(10);
	ck_assert_int_eq(reply(WDS, DHCP4_OFFER, NULL, group), DROP_NONE);
	ck_assert(!d.new_group);
	ck_assert_int_eq(reply(WDS, DHCP4_NAK, "PXEClient", group), DROP_NONE);
	ck_assert(!d.new_group);
	conf("[relay]\ncheck-source = off\n" PLAIN);
	discover(10);
	ck_assert_int_eq(reply("198.51.100.99", DHCP4_OFFER, "PXEClient", group), DROP_NONE);
	ck_assert(!d.new_group);
	conf("[relay]\n4011 = off\n" PLAIN);
	discover(10);
	ck_assert(!names(group));
}
END_TEST

START_TEST(a_server_that_names_ever_new_groups_does_not_push_out_the_first)
{
	char vendor[] = "0704 ef010100";

	conf(PLAIN);
	discover(10);
	for (unsigned i = 0; i < 2 * IFACE_GROUPS_MAX; i++) {
		vendor[sizeof(vendor) - 2] = (char)('0' + i);
		ck_assert(names(vendor) == (i < IFACE_GROUPS_MAX));
	}
	ck_assert_uint_eq(vlan10()->n_group, IFACE_GROUPS_MAX);
	ck_assert(discovery_is_group(w->conf, vlan10(), world_ip("239.1.1.0")));
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUPS_REFUSED], IFACE_GROUPS_MAX);
	discovery_forget(&w->r4, vlan10(), 0);
	ck_assert(names("0704 ef020202"));
}
END_TEST

START_TEST(there_is_a_limit_for_all_interfaces_together)
{
	conf(PLAIN);
	discover(10);
	w->r4.n_group = DISCOVERY_GROUPS_MAX - 1;
	ck_assert(names("0704 ef010101"));
	ck_assert(!names("0704 ef010102"));
	ck_assert_uint_eq(w->r4.n_group, DISCOVERY_GROUPS_MAX);
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUPS_REFUSED], 1);
}
END_TEST

static bool
wanted(const char *text)
{
	conf(text);
	return discovery_wanted(w->conf, iftab_by_index(w->iftab, 10));
}

START_TEST(the_group_is_joined_where_a_client_could_boot)
{
	ck_assert(wanted("[interface vlan*]\nboot = " WDS "\n"));
	ck_assert(!discovery_wanted(w->conf, iftab_by_index(w->iftab, 40)));
	ck_assert(wanted("[interface vlan*]\nservers = " WDS "\n"));
	ck_assert(!wanted("[interface vlan*]\nservers = 2001:db8::1\n"));
	ck_assert(!wanted("[interface vlan*]\ndhcp = " WDS "\n"));
	ck_assert(!wanted("[relay]\n4011 = off\n[interface vlan*]\nboot = " WDS "\n"));
	/* one rule that can match on this interface, and one that cannot */
	ck_assert(wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan1*\nboot = " FOG "\n"));
	ck_assert(!wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan2*\nboot = " FOG "\n"));
	ck_assert(!wanted("[interface vlan*]\ndhcp = " WDS "\n"
	    "[rule a]\ninterface = vlan1*\ndhcp = " FOG "\n"));
}
END_TEST

Suite *
discovery_suite(void)
{
	Suite *s = suite_create("discovery");
	TCase *t = tcase_create("replies");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, of_servers_all_get_it_until_some_say_that_they_are_boot_servers);
	tcase_add_test(t, boot_servers_that_are_configured_need_not_say_so);
	tcase_add_test(t, a_group_that_a_reply_names_is_learned_once);
	tcase_add_loop_test(t, there_is_nothing_to_learn, 0,
	    sizeof(no_groups) / sizeof(no_groups[0]));
	tcase_add_loop_test(t, a_group_that_is_none_of_boot_servers_is_refused, 0,
	    sizeof(bad_groups) / sizeof(bad_groups[0]));
	tcase_add_test(t, only_a_reply_that_a_client_gets_is_believed);
	tcase_add_test(t, a_server_that_names_ever_new_groups_does_not_push_out_the_first);
	tcase_add_test(t, there_is_a_limit_for_all_interfaces_together);
	tcase_add_test(t, the_group_is_joined_where_a_client_could_boot);
	suite_add_tcase(s, t);
	return s;
}
