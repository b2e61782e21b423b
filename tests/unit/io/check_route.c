/* SPDX-License-Identifier: ISC
 *
 * What the kernel answers about routes and neighbours, and what it reports
 * about neighbours. Each test has a network namespace of its own: v0 is
 * 198.51.100.1/24, and no host is at its other end, v1.
 *
 * Needs root; without it the suite says so and has no tests.
 */
#include "io/route.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "skip.h"

Suite *route_suite(void);

static struct route_asker *asker;
static struct neigh *news;
static uint32_t v0;

static struct {
	uint32_t ifindex;
	struct ipaddr ip;
	enum neigh_state state;
} told[512];
static unsigned n_told;

static void
on_news(void *user, uint32_t ifindex, struct ipaddr ip, enum neigh_state state)
{
	(void)user;
	if (n_told < 512) {
		told[n_told].ifindex = ifindex;
		told[n_told].ip = ip;
		told[n_told].state = state;
	}
	n_told++;
}

static void
sh(const char *cmd)
{
	int status = system(cmd);

	ck_assert_msg(status == 0, "%s: exit %d", cmd, status);
}

static void
set_up(void)
{
	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
	sh("ip link set lo up; ip link add v0 type veth peer name v1;"
	    " ip link set v1 up; ip link set v0 up;"
	    " ip addr add 198.51.100.1/24 dev v0");
	/* The kernel gives up after 0.3 s. */
	sh("echo 100 > /proc/sys/net/ipv4/neigh/v0/retrans_time_ms");
	v0 = if_nametoindex("v0");
	ck_assert_int_eq(route_open(&asker), 0);
	ck_assert_int_eq(neigh_open(&news, on_news, NULL), 0);
	n_told = 0;
}

static void
tear_down(void)
{
	asker = route_close(asker);
	news = neigh_close(news);
}

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert(ip_parse(text, &a));
	return a;
}

/* --- routes --------------------------------------------------------------- */

static int
ask(const char *dst, const char *src, struct route *r)
{
	return route_ask(asker, ip(dst), src ? ip(src) : IP_NONE, 0, r);
}

static void
leads(const char *dst, uint32_t ifindex, const char *gateway)
{
	struct route r;

	ck_assert_int_eq(ask(dst, NULL, &r), 0);
	ck_assert_uint_eq(r.ifindex, ifindex);
	ck_assert(ip_eq(r.gateway, gateway ? ip(gateway) : IP_NONE));
}

static void
leads_nowhere(const char *dst, int err)
{
	struct route r;

	ck_assert_int_eq(ask(dst, NULL, &r), err);
	/* The same with the source address that a socket still has. */
	ck_assert_int_eq(ask(dst, "198.51.100.1", &r), err);
}

START_TEST(on_link_by_gateway_and_local)
{
	struct route r;

	leads("198.51.100.9", v0, NULL);
	leads_nowhere("10.9.0.10", -ENETUNREACH);
	sh("ip route add 10.9.0.0/24 via 198.51.100.2");
	leads("10.9.0.10", v0, "198.51.100.2");
	ck_assert_int_eq(ask("198.51.100.1", NULL, &r), 0);
	ck_assert(r.local);
	ck_assert_int_eq(ask("198.51.100.9", NULL, &r), 0);
	ck_assert(!r.local);
}
END_TEST

START_TEST(routes_that_lead_nowhere)
{
	sh("ip route add default via 198.51.100.2");
	sh("ip route add blackhole 10.1.0.0/24");
	sh("ip route add unreachable 10.2.0.0/24");
	sh("ip route add prohibit 10.3.0.0/24");
	leads_nowhere("10.1.0.1", -EINVAL);
	leads_nowhere("10.2.0.1", -EHOSTUNREACH);
	leads_nowhere("10.3.0.1", -EACCES);
	leads("10.4.0.1", v0, "198.51.100.2");
	leads_nowhere("198.51.100.255", -EDESTADDRREQ);
	/* The longest prefix must win. */
	sh("ip route add 10.1.0.7/32 via 198.51.100.3");
	leads("10.1.0.7", v0, "198.51.100.3");
}
END_TEST

START_TEST(rules_see_source_protocol_and_port)
{
	struct route r;

	sh("ip addr add 198.51.100.7/24 dev v0");
	sh("ip rule add from 198.51.100.7 prohibit");
	ck_assert_int_eq(ask("198.51.100.9", "198.51.100.7", &r), -EACCES);
	ck_assert_int_eq(ask("198.51.100.9", "198.51.100.1", &r), 0);
	sh("ip rule add to 198.51.100.9 ipproto udp dport 67 prohibit");
	ck_assert_int_eq(ask("198.51.100.9", "198.51.100.1", &r), -EACCES);
	ck_assert_int_eq(ask("198.51.100.8", "198.51.100.1", &r), 0);
}
END_TEST

START_TEST(source_that_is_no_longer_ours)
{
	struct route r;

	ck_assert_int_eq(ask("198.51.100.9", "192.0.2.77", &r), 0);
	ck_assert_uint_eq(r.ifindex, v0);
}
END_TEST

START_TEST(gateway_of_another_family)
{
	struct route r;

	if (system("ip route add 10.6.0.0/24 via inet6 fe80::2 dev v0 2>/dev/null"))
		return;		/* no IPv6 here */
	ck_assert_int_eq(ask("10.6.0.1", NULL, &r), 0);
	ck_assert(ip_eq(r.gateway, ip("fe80::2")));
	ck_assert_uint_eq(r.ifindex, v0);
}
END_TEST

/* As check_udp's, without a wait for duplicate address detection. */
static void
begin_ip6(void)
{
	sh("echo 0 > /proc/sys/net/ipv6/conf/v0/accept_dad;"
	    " ip addr add 2001:db8::1/64 dev v0 nodad");
	sh("echo 100 > /proc/sys/net/ipv6/neigh/v0/retrans_time_ms");
}

START_TEST(routes_of_ipv6)
{
	struct route r;

	begin_ip6();
	leads("2001:db8::9", v0, NULL);
	ck_assert_int_eq(ask("2001:db8:9::10", NULL, &r), -ENETUNREACH);
	sh("ip route add 2001:db8:9::/64 via fe80::2 dev v0");
	leads("2001:db8:9::10", v0, "fe80::2");
	ck_assert_int_eq(ask("2001:db8::1", NULL, &r), 0);
	ck_assert(r.local);
	ck_assert_int_eq(ask("2001:db8::9", "2001:db8::1", &r), 0);
	ck_assert(!r.local);
	/* an address that we have lost */
	ck_assert_int_eq(ask("2001:db8::9", "2001:db8::77", &r), 0);
	sh("ip route add blackhole 2001:db8:1::/64;"
	    " ip route add unreachable 2001:db8:2::/64;"
	    " ip route add prohibit 2001:db8:3::/64");
	ck_assert_int_eq(ask("2001:db8:1::1", NULL, &r), -EINVAL);
	ck_assert_int_eq(ask("2001:db8:2::1", NULL, &r), -EHOSTUNREACH);
	ck_assert_int_eq(ask("2001:db8:3::1", NULL, &r), -EACCES);
	sh("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
	ck_assert_int_eq(ask("2001:db8::", NULL, &r), -EDESTADDRREQ);
}
END_TEST

START_TEST(routes_by_an_interface)
{
	uint32_t v1 = if_nametoindex("v1");
	struct route r;

	begin_ip6();
	for (int i = 0; i < 2; i++) {
		const char *dst = i ? "ff05::1:3" : "fe80::9";

		ck_assert_int_eq(route_ask(asker, ip(dst), IP_NONE, v1, &r), 0);
		ck_assert_uint_eq(r.ifindex, v1);
		ck_assert(ip_is_none(r.gateway) && !r.local);
		ck_assert_int_eq(route_ask(asker, ip(dst), IP_NONE, v0, &r), 0);
		ck_assert_uint_eq(r.ifindex, v0);
	}
	ck_assert_int_lt(route_ask(asker, ip("fe80::9"), IP_NONE, 9999, &r), 0);
}
END_TEST

/* A host beyond two interfaces: by the better route, by the other one, by both. */
START_TEST(other_routes_lead_by_other_interfaces)
{
	static const struct {
		const char *dst, *routes;
		bool by_w0;
	} at[] = {
		{ "10.0.0.9", "ip route add 10.0.0.0/8 via 198.51.100.9", false },
		{ "10.0.0.9", "ip route add default via 192.0.2.9", true },
		{ "10.1.0.9", "ip route add 10.1.0.0/16 metric 5 nexthop via 198.51.100.9 dev v0"
		    " nexthop via 192.0.2.9 dev w0; ip route del default", true },
		{ "198.51.100.9", "true", false },
		{ "2001:db8:9::1", "ip -6 route add 2001:db8:9::/48 via 2001:db8::9", false },
		{ "2001:db8:9::1", "ip -6 route add 2001:db8:9::/48 metric 2000"
		    " via 2001:db8:1::9", true },
		{ "2001:db8:8::1", "ip -6 route add 2001:db8:8::/48"
		    " nexthop via 2001:db8::9 nexthop via 2001:db8:1::9", true },
	};
	uint32_t w0;

	begin_ip6();
	sh("ip link add w0 type veth peer name w1; ip link set w1 up; ip link set w0 up;"
	    " ip addr add 192.0.2.1/24 dev w0; ip addr add 2001:db8:1::1/64 dev w0 nodad");
	w0 = if_nametoindex("w0");
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct ipaddr dst = ip(at[i].dst);
		struct ipaddr src = ip(dst.version == 6 ? "2001:db8::1" : "198.51.100.1");

		sh(at[i].routes);
		ck_assert_int_eq(route_ask_by(asker, dst, src, v0), 0);
		ck_assert_msg((route_ask_by(asker, dst, src, w0) == 0) == at[i].by_w0,
		    "%zu: %s by w0", i, at[i].dst);
	}
	ck_assert_int_lt(route_ask_by(asker, ip("10.1.0.9"), IP_NONE, 9999), 0);
}
END_TEST

START_TEST(link_down_takes_its_routes)
{
	sh("ip link set v0 down");
	leads_nowhere("198.51.100.9", -ENETUNREACH);
	sh("ip link set v0 up");
	leads("198.51.100.9", v0, NULL);
}
END_TEST

/* --- neighbours ----------------------------------------------------------- */

static void
state_is(const char *address, enum neigh_state want)
{
	enum neigh_state s = 99;

	ck_assert_int_eq(route_neigh(asker, v0, ip(address), &s), 0);
	ck_assert_int_eq(s, want);
}

static int
state_error(uint32_t ifindex, const char *address)
{
	enum neigh_state s;

	return route_neigh(asker, ifindex, ip(address), &s);
}

START_TEST(states_of_neighbours)
{
	ck_assert_int_eq(state_error(v0, "198.51.100.9"), -ENOENT);
	ck_assert_int_lt(state_error(9999, "198.51.100.9"), 0);
	sh("ip neigh add 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09");
	state_is("198.51.100.9", NEIGH_ALIVE);
	sh("ip neigh replace 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09 nud stale");
	state_is("198.51.100.9", NEIGH_ALIVE);
	sh("ip neigh add 198.51.100.8 dev v0 nud failed");
	state_is("198.51.100.8", NEIGH_FAILED);
	sh("ip neigh del 198.51.100.9 dev v0");
	ck_assert_int_eq(state_error(v0, "198.51.100.9"), -ENOENT);
}
END_TEST

static void
watch(uint32_t ifindex)
{
	ck_assert_int_eq(neigh_watch(news, &ifindex, 1), 0);
}

/* Reads until n neighbours were reported, or for so many milliseconds. */
static bool
wait_told(unsigned n, int ms)
{
	struct pollfd p = { .fd = neigh_fd(news), .events = POLLIN };

	while (n_told < n && poll(&p, 1, ms) == 1)
		ck_assert_int_eq(neigh_read(news), 0);
	return n_told >= n;
}

static void
check_unanswered(const char *address)
{
	char cmd[128];

	watch(v0);
	ck_assert_int_eq(route_resolve(asker, v0, ip(address)), 0);
	state_is(address, NEIGH_UNKNOWN);
	ck_assert(wait_told(1, 5000));
	ck_assert_uint_eq(told[0].ifindex, v0);
	ck_assert(ip_eq(told[0].ip, ip(address)));
	ck_assert_int_eq(told[0].state, NEIGH_FAILED);
	state_is(address, NEIGH_FAILED);
	/* Ask once more, because nothing else would. */
	ck_assert_int_eq(route_resolve(asker, v0, ip(address)), 0);
	ck_assert(wait_told(2, 5000));
	snprintf(cmd, sizeof(cmd), "ip neigh replace %s dev v0"
	    " lladdr 02:00:00:00:00:09 nud reachable", address);
	sh(cmd);
	ck_assert(wait_told(3, 5000));
	ck_assert_int_eq(told[2].state, NEIGH_ALIVE);
	/* Its address is known, so nothing is sent. */
	ck_assert_int_eq(route_resolve(asker, v0, ip(address)), 0);
	state_is(address, NEIGH_ALIVE);
}

START_TEST(unanswered_neighbour_fails)
{
	check_unanswered("198.51.100.9");
}
END_TEST

START_TEST(unanswered_neighbour_of_ipv6_fails)
{
	begin_ip6();
	check_unanswered("2001:db8::9");
}
END_TEST

START_TEST(a_deleted_neighbour_is_not_failed)
{
	sh("ip neigh add 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09");
	watch(v0);
	sh("ip neigh del 198.51.100.9 dev v0");
	ck_assert(wait_told(1, 5000));
	ck_assert_int_eq(told[0].state, NEIGH_FAILED);
	ck_assert_int_eq(state_error(v0, "198.51.100.9"), -ENOENT);
}
END_TEST

/* First everything that must not be reported, then something that must. */
START_TEST(only_watched_interfaces_are_reported)
{
	sh("ip addr add 192.0.2.1/24 dev v1");
	watch(v0);
	sh("ip neigh add 192.0.2.9 dev v1 lladdr 02:00:00:00:00:09;"
	    " ip -6 neigh add fe80::9 dev v1 lladdr 02:00:00:00:00:09 2>/dev/null;"
	    " ip neigh add proxy 198.51.100.8 dev v0;"
	    " bridge fdb add 02:00:00:00:00:09 dev v0 self 2>/dev/null;"
	    " ip neigh add 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09");
	ck_assert(wait_told(1, 5000));
	ck_assert(!wait_told(2, 0));
	ck_assert(ip_eq(told[0].ip, ip("198.51.100.9")));
	watch(if_nametoindex("v1"));
	sh("ip neigh add 198.51.100.7 dev v0 lladdr 02:00:00:00:00:09;"
	    " ip neigh add 192.0.2.7 dev v1 lladdr 02:00:00:00:00:09");
	ck_assert(wait_told(2, 5000));
	ck_assert(ip_eq(told[1].ip, ip("192.0.2.7")));
}
END_TEST

START_TEST(nothing_is_reported_before_watch)
{
	struct pollfd p = { .fd = neigh_fd(news), .events = POLLIN };

	sh("ip neigh add 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09");
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert_int_eq(neigh_watch(news, NULL, 0), 0);
	sh("ip neigh del 198.51.100.9 dev v0");
	ck_assert_int_eq(poll(&p, 1, 0), 0);
}
END_TEST

START_TEST(filter_of_any_number_of_interfaces)
{
	uint32_t list[NEIGH_IFS_MAX + 1];

	for (size_t n = 1; n <= NEIGH_IFS_MAX + 1; n++) {
		for (size_t i = 0; i < n; i++)
			list[i] = 1000 + (uint32_t)i;
		list[n - 1] = v0;
		ck_assert_int_eq(neigh_watch(news, list, n), 0);
		n_told = 0;
		sh(n % 2 ? "ip neigh add 198.51.100.9 dev v0 lladdr 02:00:00:00:00:09" :
		    "ip neigh del 198.51.100.9 dev v0");
		ck_assert_msg(wait_told(1, 5000), "%zu interfaces", n);
	}
	/* With one interface more than the filter can hold, all are reported. */
	list[NEIGH_IFS_MAX] = 999;
	ck_assert_int_eq(neigh_watch(news, list, NEIGH_IFS_MAX + 1), 0);
	n_told = 0;
	sh("ip neigh replace 198.51.100.6 dev v0 lladdr 02:00:00:00:00:09");
	ck_assert(wait_told(1, 5000));
}
END_TEST

/* If more arrives than the socket holds, the reader learns that it missed some. */
/* Root may send to our port: such a message proves nothing about a neighbour. */
START_TEST(only_messages_of_the_kernel_count)
{
	struct {
		struct nlmsghdr h;
		struct ndmsg nd;
		struct nlattr attr;
		struct in_addr dst;
	} forged = {
		.h = { .nlmsg_len = sizeof(forged), .nlmsg_type = RTM_NEWNEIGH },
		.nd = { .ndm_family = AF_INET, .ndm_ifindex = (int)v0, .ndm_state = NUD_FAILED },
		.attr = { sizeof(forged.attr) + sizeof(forged.dst), NDA_DST },
		.dst = { htonl(0xc6336402) },
	};
	struct sockaddr_nl at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	ck_assert_int_eq(neigh_watch(news, &v0, 1), 0);
	ck_assert_int_eq(getsockname(neigh_fd(news), (struct sockaddr *)&at, &len), 0);
	ck_assert_int_eq(sendto(fd, &forged, sizeof(forged), 0,
	    (const struct sockaddr *)&at, len), sizeof(forged));
	ck_assert_int_eq(neigh_read(news), 0);
	ck_assert_uint_eq(n_told, 0);
	close(fd);
}
END_TEST

START_TEST(lost_messages_are_reported)
{
	int err;

	watch(v0);
	sh("for i in 1 2 3 4 5 6; do for n in $(seq 2 250); do"
	    " echo neigh replace 198.51.100.$n dev v0 lladdr 02:00:00:00:0$i:09;"
	    " done; done | ip -batch -");
	do
		err = neigh_read(news);
	while (err == 0 && n_told < 1400);
	ck_assert_int_eq(err, -ENOBUFS);
	ck_assert_int_eq(neigh_read(news), 0);
}
END_TEST

Suite *
route_suite(void)
{
	Suite *s = suite_create("route");
	TCase *tc;

	if (geteuid() != 0) {
		skip_tests("route", "needs root for network namespaces");
		return s;
	}
	tc = tcase_create("route");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, on_link_by_gateway_and_local);
	tcase_add_test(tc, routes_that_lead_nowhere);
	tcase_add_test(tc, rules_see_source_protocol_and_port);
	tcase_add_test(tc, source_that_is_no_longer_ours);
	tcase_add_test(tc, gateway_of_another_family);
	tcase_add_test(tc, routes_of_ipv6);
	tcase_add_test(tc, routes_by_an_interface);
	tcase_add_test(tc, other_routes_lead_by_other_interfaces);
	tcase_add_test(tc, link_down_takes_its_routes);
	tcase_add_test(tc, states_of_neighbours);
	tcase_add_test(tc, unanswered_neighbour_fails);
	tcase_add_test(tc, unanswered_neighbour_of_ipv6_fails);
	tcase_add_test(tc, a_deleted_neighbour_is_not_failed);
	tcase_add_test(tc, only_watched_interfaces_are_reported);
	tcase_add_test(tc, nothing_is_reported_before_watch);
	tcase_add_test(tc, filter_of_any_number_of_interfaces);
	tcase_add_test(tc, lost_messages_are_reported);
	tcase_add_test(tc, only_messages_of_the_kernel_count);
	suite_add_tcase(s, tc);
	return s;
}
