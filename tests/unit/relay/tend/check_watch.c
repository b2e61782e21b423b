/* SPDX-License-Identifier: ISC
 *
 * iface_watch and way_watch in a whole daemon: interfaces that come and go, netlink that
 * fails, the discovery group, routes and neighbours of servers.
 */
#include <errno.h>
#include <string.h>

#include "relay/tend/tend.h"
#include "rig.h"

Suite *watch_suite(void);

static const char conf[] =
    "[server dhcp]\n"
    "address = 198.51.100.11\n"
    "[server boot]\n"
    "address = 198.51.100.21\n"
    "[interface vlan*]\n"
    "dhcp = dhcp\n"
    "boot = boot\n";

static struct daemon *d;

static void
start(void)
{
	d = rig_start(conf);
	rig_pass_ms(100);
}

static void
stop(void)
{
	rig_stop(d);
}

static unsigned
relayed(uint32_t ifindex)
{
	static uint32_t xid = 500;

	fakeio_forget_sent();
	rig_request(ifindex, DHCP4_DISCOVER, ++xid);
	fakeio_turn();
	return rig_sent(FAKEIO_SERVER, NULL);
}

/* --- interfaces ------------------------------------------------------------------ */

START_TEST(an_interface_serves_clients_while_it_is_up_and_has_an_address)
{
	rig_link(30, "vlan30", true);
	ck_assert_uint_eq(relayed(30), 0);
	ck_assert_uint_eq(d->stats.drop_request[DROP_NO_GIADDR], 1);
	rig_addr(30, "192.0.2.129/25");
	ck_assert(rig_logged("interface-ready interface=vlan30 giaddr=192.0.2.129"));
	ck_assert_uint_eq(relayed(30), 1);
	rig_link(30, "vlan30", false);
	ck_assert(rig_logged("interface-lost interface=vlan30"));
	ck_assert_uint_eq(relayed(30), 0);
	rig_link(30, "vlan30", true);
	ck_assert_uint_eq(relayed(30), 1);
	fakeio_addr_gone(30, (struct ip4net){ rig_ip("192.0.2.129"), 25 });
	fakeio_batch_end();
	ck_assert_uint_eq(relayed(30), 0);
	fakeio_link_gone(30);
	fakeio_batch_end();
	ck_assert_uint_eq(relayed(30), 0);
}
END_TEST

START_TEST(a_full_read_forgets_what_is_gone)
{
	rig_link(30, "vlan30", true);
	rig_addr(30, "192.0.2.129/25");
	fakeio_resync();
	rig_link(FAKEIO_UPLINK, "uplink", true);
	rig_link(RIG_VLAN10, "vlan10", true);
	rig_addr(RIG_VLAN10, "192.0.2.1/24");
	fakeio_resync_end();
	ck_assert_uint_eq(d->stats.counter[COUNTER_NETLINK_RESYNCS], 1);
	ck_assert_uint_eq(iftab_count(d->iftab), 2);
	ck_assert_uint_eq(relayed(RIG_VLAN10), 1);
	ck_assert_uint_eq(relayed(30), 0);
}
END_TEST

START_TEST(netlink_that_fails_is_read_again_within_a_second)
{
	fakeio_netlink_fails(ENOMEM);
	ck_assert(rig_logged("netlink-error error=\"Cannot allocate memory\""));
	ck_assert(d->iface_watch.failed);
	rig_pass_ms(800);
	ck_assert(d->iface_watch.failed);
	rig_pass_ms(300);
	ck_assert(!d->iface_watch.failed);
}
END_TEST

START_TEST(netlink_that_keeps_failing_is_read_every_second)
{
	fakeio_netlink_fails(ENOMEM);
	for (int i = 0; i < 3; i++) {
		fakeio_netlink_fails(EIO);
		rig_pass_ms(1000);
	}
	rig_pass_ms(1000);
	ck_assert(!d->iface_watch.failed);
}
END_TEST

/* --- the discovery group ----------------------------------------------------------- */

START_TEST(each_client_interface_joins_the_discovery_group_once)
{
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	rig_addr(RIG_VLAN10, "192.0.2.2/24");
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	ck_assert(!rig_logged("group-join-failed"));
	rig_link(RIG_VLAN20, "vlan20", false);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 1);
	rig_link(RIG_VLAN20, "vlan20", true);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
}
END_TEST

START_TEST(another_discovery_group_is_joined_in_place_of_the_first)
{
	char next[sizeof(conf) + 64];

	snprintf(next, sizeof(next), "[relay]\ndiscovery-group = 239.1.2.3\n%s", conf);
	ck_assert(rig_reload(d, next));
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	ck_assert(!rig_logged("group-join-failed"));
}
END_TEST

/* The limit is igmp_max_memberships, which cannot be raised here. */
START_TEST(a_group_that_cannot_be_joined_is_logged_and_tried_at_the_next_change)
{
	rig_link(30, "vlan30", true);
	fakeio_join_fails(ENOBUFS);
	rig_addr(30, "192.0.2.129/25");
	ck_assert(rig_logged("group-join-failed interface=vlan30"));
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	ck_assert_uint_eq(relayed(30), 1);
	rig_link(30, "vlan30", false);
	rig_link(30, "vlan30", true);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 3);
}
END_TEST

/* --- routes and neighbours ----------------------------------------------------------- */

static void
routes_change(void)
{
	fakeio_routes_changed();
	fakeio_batch_end();
	rig_pass_ms(100);
}

START_TEST(a_server_without_a_route_is_down_until_it_has_one)
{
	fakeio_route(rig_at("198.51.100.11"), ENETUNREACH, NULL, IP_NONE);
	routes_change();
	ck_assert(rig_logged("server-down server=dhcp address=198.51.100.11 state=down "
	    "diag=no-route"));
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_route(rig_at("198.51.100.11"), 0, NULL, rig_at("198.51.100.1"));
	routes_change();
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	ck_assert(ip_eq(d->servers.source[0], rig_at("198.51.100.1")));
	ck_assert_uint_eq(relayed(RIG_VLAN10), 1);
}
END_TEST

/* In a VRF no event reports a change of routes. */
START_TEST(a_route_that_returns_without_an_event_is_found_by_the_tick)
{
	fakeio_route(rig_at("198.51.100.11"), ENETUNREACH, NULL, IP_NONE);
	routes_change();
	fakeio_route(rig_at("198.51.100.11"), 0, NULL, IP_NONE);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	rig_pass_ms(1500);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

START_TEST(many_changes_of_routes_cause_one_check)
{
	fakeio_route(rig_at("198.51.100.11"), ENETUNREACH, NULL, IP_NONE);
	fakeio_routes_changed();
	fakeio_batch_end();	/* at once */
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_route(rig_at("198.51.100.11"), 0, NULL, IP_NONE);
	for (int i = 0; i < 100; i++) {
		fakeio_routes_changed();
		fakeio_batch_end();
	}
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	rig_pass_ms(50);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

START_TEST(a_server_behind_a_link_that_goes_down_is_down)
{
	rig_link(FAKEIO_UPLINK, "uplink", false);
	rig_pass_ms(100);
	ck_assert(rig_logged("diag=link-down"));
	rig_link(FAKEIO_UPLINK, "uplink", true);
	rig_pass_ms(100);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

START_TEST(a_server_whose_gateway_does_not_answer_arp_is_down)
{
	struct route r = { .ifindex = FAKEIO_UPLINK, .gateway = rig_ip("198.51.100.254") };

	fakeio_route(rig_at("198.51.100.11"), 0, &r, IP_NONE);
	fakeio_route(rig_at("198.51.100.21"), 0, &r, IP_NONE);
	routes_change();
	fakeio_neigh(FAKEIO_UPLINK, r.gateway, NEIGH_ALIVE);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_neigh(FAKEIO_UPLINK, r.gateway, NEIGH_FAILED);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	ck_assert_int_eq(d->servers.health[0].diag, HEALTH_DIAG_NEIGHBOUR);
	ck_assert_int_eq(d->servers.health[1].state, HEALTH_DOWN);
	rig_pass_ms(12000);	/* this makes the kernel send ARP again */
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_neigh(FAKEIO_UPLINK, r.gateway, NEIGH_ALIVE);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	ck_assert_int_ne(d->servers.health[1].state, HEALTH_DOWN);
}
END_TEST

START_TEST(neighbours_are_queried_after_lost_messages)
{
	struct ip4 hop = rig_ip("198.51.100.11");

	fakeio_neigh(FAKEIO_UPLINK, hop, NEIGH_ALIVE);
	fakeio_neigh(99, hop, NEIGH_FAILED);	/* not on the way to any server */
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_neigh_quiet(FAKEIO_UPLINK, hop, NEIGH_FAILED);
	fakeio_neigh_fails(ENOBUFS);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_neigh_quiet(FAKEIO_UPLINK, hop, NEIGH_ALIVE);
	fakeio_neigh_fails(ENOBUFS);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

/* The kernel had no memory to answer: the known states are kept. */
START_TEST(a_route_query_that_fails_is_repeated)
{
	fakeio_route(rig_at("198.51.100.11"), ENOMEM, NULL, IP_NONE);
	routes_change();
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	fakeio_route(rig_at("198.51.100.11"), EHOSTUNREACH, NULL, IP_NONE);
	rig_pass_ms(1500);
	ck_assert_int_eq(d->servers.health[0].diag, HEALTH_DIAG_NO_ROUTE);
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *i = tcase_create("interfaces"), *w = tcase_create("ways");

	tcase_add_checked_fixture(i, start, stop);
	tcase_add_test(i, an_interface_serves_clients_while_it_is_up_and_has_an_address);
	tcase_add_test(i, a_full_read_forgets_what_is_gone);
	tcase_add_test(i, netlink_that_fails_is_read_again_within_a_second);
	tcase_add_test(i, netlink_that_keeps_failing_is_read_every_second);
	tcase_add_test(i, each_client_interface_joins_the_discovery_group_once);
	tcase_add_test(i, another_discovery_group_is_joined_in_place_of_the_first);
	tcase_add_test(i, a_group_that_cannot_be_joined_is_logged_and_tried_at_the_next_change);
	tcase_add_checked_fixture(w, start, stop);
	tcase_add_test(w, a_server_without_a_route_is_down_until_it_has_one);
	tcase_add_test(w, a_route_that_returns_without_an_event_is_found_by_the_tick);
	tcase_add_test(w, many_changes_of_routes_cause_one_check);
	tcase_add_test(w, a_server_behind_a_link_that_goes_down_is_down);
	tcase_add_test(w, a_server_whose_gateway_does_not_answer_arp_is_down);
	tcase_add_test(w, neighbours_are_queried_after_lost_messages);
	tcase_add_test(w, a_route_query_that_fails_is_repeated);
	suite_add_tcase(s, i);
	suite_add_tcase(s, w);
	return s;
}
