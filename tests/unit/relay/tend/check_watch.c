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
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_NO_GIADDR], 1);
	rig_addr(30, "192.0.2.129/25");
	ck_assert(rig_logged("interface-ready interface=vlan30 giaddr=192.0.2.129"));
	ck_assert_uint_eq(relayed(30), 1);
	rig_link(30, "vlan30", false);
	ck_assert(rig_logged("interface-lost interface=vlan30"));
	ck_assert_uint_eq(relayed(30), 0);
	rig_link(30, "vlan30", true);
	ck_assert_uint_eq(relayed(30), 1);
	fakeio_addr_gone(30, (struct ipnet){ ip_of4(rig_ip("192.0.2.129")), 25 });
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
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_NETLINK_RESYNCS], 1);
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

/* As if there were no sockets left. */
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

START_TEST(a_failed_join_is_tried_again_each_second)
{
	fakeio_join_fails(ENOMEM);
	rig_link(30, "vlan30", true);
	rig_addr(30, "192.0.2.129/25");
	rig_pass_ms(500);
	fakeio_join_fails(ENOMEM);
	rig_pass_ms(600);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	rig_pass_ms(1000);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 3);
}
END_TEST

/* --- the group of DHCPv6 ----------------------------------------------------------- */

static const char conf6[] =
    "[server six]\n"
    "address = 2001:db8::10\n"
    "[interface vlan*]\n"
    "dhcp = six\n";

static void
rig_mtu(uint32_t mtu)
{
	struct iftab_link l = iftab_by_index(d->iftab, RIG_VLAN20)->link;

	l.mtu = mtu;
	ck_assert_int_eq(fakeio_link(&l), 0);
	fakeio_batch_end();
}

START_TEST(client_interfaces_join_the_group_of_dhcpv6_while_a_server_speaks_it)
{
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 0);
	ck_assert(rig_reload(d, conf6));
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 0);
	ck_assert(rig_reload(d, conf6));
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
	rig_link(30, "vlan30", true);		/* without an address */
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 3);
	rig_link(31, "wan", true);
	rig_addr(31, "2001:db8:31::1/64");
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 3);
	fakeio_link_gone(30);
	fakeio_batch_end();
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
	ck_assert(rig_reload(d, conf));
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 0);
	ck_assert(!rig_logged("group-join-failed"));
}
END_TEST

/* Netlink reports both at once. The kernel's membership went with the old link. */
START_TEST(a_link_that_is_made_again_at_once_joins_again)
{
	struct iftab_link l;

	ck_assert(rig_reload(d, conf6));
	l = iftab_by_index(d->iftab, RIG_VLAN20)->link;
	fakeio_link_gone(RIG_VLAN20);
	ck_assert_int_eq(fakeio_link(&l), 0);
	fakeio_batch_end();
	ck_assert_uint_eq(fakeio_joins(FAMILY6), 3);
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
}
END_TEST

START_TEST(a_link_too_small_for_ipv6_leaves_and_joins_again_when_it_has_grown)
{
	ck_assert(rig_reload(d, conf6));
	rig_mtu(1279);
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 1);
	rig_mtu(1280);
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
	ck_assert_uint_eq(fakeio_joins(FAMILY6), 3);
}
END_TEST

static unsigned
count_logged(const char *text)
{
	const char *at = fakeio_log();
	unsigned n = 0;

	while ((at = strstr(at, text))) {
		at++;
		n++;
	}
	return n;
}

START_TEST(a_failed_join_is_logged_once_and_tried_at_the_next_change)
{
	ck_assert(rig_reload(d, conf6));
	for (unsigned mtu = 1500; mtu < 1503; mtu++) {
		fakeio_join_fails(EINVAL);
		if (mtu == 1500)
			rig_link(30, "vlan30", true);
		else
			rig_addr(30, mtu == 1501 ? "fe80::1/64" : "fe80::2/64");
		ck_assert_uint_eq(fakeio_joined(FAMILY6), 2);
	}
	ck_assert_uint_eq(count_logged("group-join-failed interface=vlan30 "
	    "error=\"Invalid argument\" group=ff02::1:2"), 1);
	rig_addr(30, "fe80::3/64");
	ck_assert_uint_eq(fakeio_joined(FAMILY6), 3);
}
END_TEST

START_TEST(ipv6_addresses_reach_the_table_and_the_log)
{
	struct ip6 global;

	ck_assert(ip6_parse("2001:db8:20::1", &global));
	ck_assert(rig_reload(d, conf6));
	rig_addr(RIG_VLAN20, "fe80::1/64");
	rig_addr(RIG_VLAN20, "2001:db8:20::1/64");
	ck_assert(rig_logged("interface-ready interface=vlan20 giaddr=203.0.113.1 "
	    "link-address=2001:db8:20::1"));
	ck_assert(iface6_ready(iftab_by_index(d->iftab, RIG_VLAN20)));
	fakeio_addr_gone(RIG_VLAN20, (struct ipnet){ ip_of6(global), 64 });
	fakeio_batch_end();
	ck_assert(rig_logged("interface-lost interface=vlan20 giaddr=203.0.113.1 "
	    "link-address=none"));
	ck_assert(!iface6_ready(iftab_by_index(d->iftab, RIG_VLAN20)));
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

START_TEST(a_broadcast_address_is_no_server)
{
	fakeio_route(rig_at("198.51.100.11"), EDESTADDRREQ, NULL, IP_NONE);
	routes_change();
	ck_assert(rig_logged("server-down server=dhcp address=198.51.100.11 state=down "
	    "diag=not-a-host"));
	fakeio_route(rig_at("198.51.100.11"), 0, NULL, rig_at("198.51.100.1"));
	routes_change();
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
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
	struct route r = { .ifindex = FAKEIO_UPLINK, .gateway = rig_at("198.51.100.254") };

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
	struct ipaddr hop = rig_at("198.51.100.11");

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

/* --- servers with IPv6 addresses ------------------------------------------------------ */

static const char servers6[] =
    "[server global]\n"
    "address = 2001:db8::10\n"
    "[server local]\n"
    "address = fe80::10%uplink\n"
    "[server all]\n"
    "address = ff05::1:3%uplink\n"
    "[interface vlan*]\n"
    "servers = global, local, all\n";

static void
start6(void)
{
	d = rig_start(servers6);
	rig_pass_ms(100);
}

/* The healths of the three, as their diagnoses. */
static void
servers_are(enum health_diag global, enum health_diag local, enum health_diag all)
{
	const enum health_diag want[] = { global, local, all };

	for (unsigned i = 0; i < 3; i++)
		ck_assert_msg(d->servers.health[i].diag == want[i], "server %u: %s", i,
		    health_diag_word(d->servers.health[i].diag));
}

START_TEST(a_server_of_a_zone_follows_its_interface_by_name)
{
	const enum health_diag none = HEALTH_DIAG_NONE;

	fakeio_route(rig_at("2001:db8::10"), 0, &(struct route){ .ifindex = RIG_VLAN20 },
	    rig_at("2001:db8::1"));
	routes_change();
	ck_assert(ip_eq(d->servers.source[0], rig_at("2001:db8::1")));
	ck_assert(server_sockets_connected(d));
	servers_are(none, none, none);
	fakeio_link_gone(FAKEIO_UPLINK);
	fakeio_batch_end();
	rig_pass_ms(100);
	ck_assert(!server_sockets_connected(d));
	servers_are(none, HEALTH_DIAG_LINK_DOWN, HEALTH_DIAG_LINK_DOWN);
	rig_link(91, "uplink", true);
	rig_pass_ms(100);
	ck_assert(server_sockets_connected(d));
	ck_assert_uint_eq(d->way_watch.ways.server[1].ifindex, 91);
	ck_assert_uint_eq(d->way_watch.ways.server[2].ifindex, 91);
	servers_are(none, HEALTH_DIAG_UNBLOCKED, HEALTH_DIAG_UNBLOCKED);
	/* The new one is renamed. */
	rig_link(91, "other", true);
	rig_pass_ms(100);
	ck_assert(!server_sockets_connected(d));
	servers_are(none, HEALTH_DIAG_NO_ROUTE, HEALTH_DIAG_NO_ROUTE);
}
END_TEST

/* While the host has only link-local addresses, there may be a default route already. */
START_TEST(a_server_that_could_not_answer_our_source_has_no_way)
{
	const enum health_diag none = HEALTH_DIAG_NONE;

	fakeio_route(rig_at("2001:db8::10"), EADDRNOTAVAIL, NULL, IP_NONE);
	routes_change();
	servers_are(HEALTH_DIAG_NO_ROUTE, none, none);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	ck_assert(rig_logged("server-down server=global address=2001:db8::10 state=down "
	    "diag=no-route"));
	fakeio_route(rig_at("2001:db8::10"), 0, NULL, rig_at("2001:db8::1"));
	rig_addr(FAKEIO_UPLINK, "2001:db8::1/64");
	rig_pass_ms(100);
	servers_are(HEALTH_DIAG_UNBLOCKED, none, none);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

/* A log line names a server of a zone with it: there may be others of this address. */
START_TEST(a_server_is_logged_with_its_zone)
{
	fakeio_link_gone(FAKEIO_UPLINK);
	fakeio_batch_end();
	rig_pass_ms(100);
	ck_assert(rig_logged("server-down server=local address=fe80::10%uplink state=down"));
	ck_assert(rig_logged("server-down server=all address=ff05::1:3%uplink state=down"));
}
END_TEST

/* VRRP has a state for each family (RFC 9568). */
START_TEST(a_line_names_the_family_if_the_other_one_is_not_active)
{
	ck_assert(rig_reload(d, "[interface vlan*]\nactive = vrrp\n"
	    "servers = 198.51.100.11, 2001:db8::10\n"));
	rig_addr(RIG_VLAN20, "fe80::1/64");
	rig_addr(RIG_VLAN20, "2001:db8:20::1/64");
	ck_assert(!rig_logged("family="));
	rig_addr(RIG_VLAN20, "203.0.113.9/32");
	ck_assert(rig_logged("interface-active interface=vlan20 giaddr=203.0.113.9 "
	    "link-address=2001:db8:20::1 family=dhcp4"));
	rig_addr(RIG_VLAN20, "fe80::9/128");
	ck_assert(rig_logged("interface-active interface=vlan20 giaddr=203.0.113.9 "
	    "link-address=2001:db8:20::1\n"));
	fakeio_addr_gone(RIG_VLAN20, (struct ipnet){ ip_of4(rig_ip("203.0.113.9")), 32 });
	fakeio_batch_end();
	ck_assert(rig_logged("interface-standby interface=vlan20 giaddr=203.0.113.1 "
	    "link-address=2001:db8:20::1 family=dhcp4"));
}
END_TEST

START_TEST(a_server_or_gateway_that_does_not_answer_nd_is_down)
{
	struct route r = { .ifindex = FAKEIO_UPLINK, .gateway = rig_at("fe80::1") };
	const enum health_diag none = HEALTH_DIAG_NONE;

	fakeio_route(rig_at("2001:db8::10"), 0, &r, IP_NONE);
	routes_change();
	fakeio_neigh(FAKEIO_UPLINK, r.gateway, NEIGH_FAILED);
	servers_are(HEALTH_DIAG_NEIGHBOUR, none, none);
	fakeio_neigh(FAKEIO_UPLINK, r.gateway, NEIGH_ALIVE);
	servers_are(HEALTH_DIAG_UNBLOCKED, none, none);
	fakeio_neigh(FAKEIO_UPLINK, rig_at("fe80::10"), NEIGH_FAILED);
	servers_are(HEALTH_DIAG_UNBLOCKED, HEALTH_DIAG_NEIGHBOUR, none);
	/* Nobody is asked for a group's address. */
	fakeio_neigh(FAKEIO_UPLINK, rig_at("ff05::1:3"), NEIGH_FAILED);
	servers_are(HEALTH_DIAG_UNBLOCKED, HEALTH_DIAG_NEIGHBOUR, none);
}
END_TEST

START_TEST(icmpv6_errors_are_evidence_against_a_server)
{
	fakeio_route(rig_at("2001:db8::10"), 0, NULL, rig_at("2001:db8::1"));
	routes_change();
	for (int i = 0; i < 3; i++)
		ck_assert(fakeio_server_error(rig_at("2001:db8::10"), EACCES, FAKEIO_UPLINK));
	servers_are(HEALTH_DIAG_UNREACHABLE, HEALTH_DIAG_NONE, HEALTH_DIAG_NONE);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

/* --- names that stand for nothing ----------------------------------------------------- */

static const char astray[] =
    "[interface vlan10, vlan99, ppp*]\n"
    "servers = 198.51.100.11\n"
    "[interface vlan98]\n"
    "relay = off\n"
    "[helper wol]\n"
    "port = 9\n"
    "from = vlan10, tun*, wg7\n"
    "to = vlan20, vlan97\n";

START_TEST(what_matches_no_interface_is_logged_once_after_a_minute)
{
	struct iftab_link tun = {
		.ifindex = 40, .up = true, .running = true, .name = "tun0", .mtu = 1500,
	};

	ck_assert_int_eq(fakeio_link(&tun), 0);
	fakeio_batch_end();
	ck_assert(rig_reload(d, astray));
	rig_pass_ms(59000);
	ck_assert(!rig_logged("interfaces-absent"));
	rig_pass_ms(2000);
	ck_assert(rig_logged("interfaces-absent sections=vlan99,ppp*"));
	ck_assert(rig_logged("interfaces-absent helper=wol patterns=wg7,vlan97"));
	ck_assert(rig_logged("helper-unheard helper=wol interfaces=tun0"));
	rig_pass_ms(600000);
	ck_assert_uint_eq(count_logged("interfaces-absent"), 2);
	ck_assert_uint_eq(count_logged("helper-unheard"), 1);
}
END_TEST

START_TEST(nothing_is_logged_if_each_name_stands_for_an_interface)
{
	rig_pass_ms(61000);
	ck_assert(!rig_logged("interfaces-absent"));
	ck_assert(!rig_logged("helper-unheard"));
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *i = tcase_create("interfaces"), *w = tcase_create("ways");
	TCase *six = tcase_create("ways of IPv6");

	tcase_add_checked_fixture(i, start, stop);
	tcase_add_test(i, an_interface_serves_clients_while_it_is_up_and_has_an_address);
	tcase_add_test(i, a_full_read_forgets_what_is_gone);
	tcase_add_test(i, netlink_that_fails_is_read_again_within_a_second);
	tcase_add_test(i, netlink_that_keeps_failing_is_read_every_second);
	tcase_add_test(i, each_client_interface_joins_the_discovery_group_once);
	tcase_add_test(i, another_discovery_group_is_joined_in_place_of_the_first);
	tcase_add_test(i, a_group_that_cannot_be_joined_is_logged_and_tried_at_the_next_change);
	tcase_add_test(i, a_failed_join_is_tried_again_each_second);
	tcase_add_test(i, client_interfaces_join_the_group_of_dhcpv6_while_a_server_speaks_it);
	tcase_add_test(i, a_link_that_is_made_again_at_once_joins_again);
	tcase_add_test(i, a_link_too_small_for_ipv6_leaves_and_joins_again_when_it_has_grown);
	tcase_add_test(i, a_failed_join_is_logged_once_and_tried_at_the_next_change);
	tcase_add_test(i, ipv6_addresses_reach_the_table_and_the_log);
	tcase_add_checked_fixture(w, start, stop);
	tcase_add_test(w, a_server_without_a_route_is_down_until_it_has_one);
	tcase_add_test(w, a_broadcast_address_is_no_server);
	tcase_add_test(w, what_matches_no_interface_is_logged_once_after_a_minute);
	tcase_add_test(w, nothing_is_logged_if_each_name_stands_for_an_interface);
	tcase_add_test(w, a_route_that_returns_without_an_event_is_found_by_the_tick);
	tcase_add_test(w, many_changes_of_routes_cause_one_check);
	tcase_add_test(w, a_server_behind_a_link_that_goes_down_is_down);
	tcase_add_test(w, a_server_whose_gateway_does_not_answer_arp_is_down);
	tcase_add_test(w, neighbours_are_queried_after_lost_messages);
	tcase_add_test(w, a_route_query_that_fails_is_repeated);
	tcase_add_checked_fixture(six, start6, stop);
	tcase_add_test(six, a_server_of_a_zone_follows_its_interface_by_name);
	tcase_add_test(six, a_server_that_could_not_answer_our_source_has_no_way);
	tcase_add_test(six, a_server_is_logged_with_its_zone);
	tcase_add_test(six, a_line_names_the_family_if_the_other_one_is_not_active);
	tcase_add_test(six, a_server_or_gateway_that_does_not_answer_nd_is_down);
	tcase_add_test(six, icmpv6_errors_are_evidence_against_a_server);
	suite_add_tcase(s, i);
	suite_add_tcase(s, w);
	suite_add_tcase(s, six);
	return s;
}
