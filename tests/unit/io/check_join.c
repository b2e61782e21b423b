/* SPDX-License-Identifier: ISC
 *
 * Memberships of ff02::1:2 and of a group of IPv4, on many links and on links that come
 * back.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/join.h"
#include "netpair.h"

/* By family, and as /proc shows it. */
static const struct {
	const char *group, *file, *shown;
} groups[FAMILIES] = {
	[FAMILY4] = { "224.0.1.2", "/proc/self/net/igmp", "020100E0" },
	[FAMILY6] = { "ff02::1:2", "/proc/self/net/igmp6",
	    "ff020000000000000000000000010002" },
};

static struct ipaddr
group_of(int family)
{
	struct ipaddr group;

	ck_assert(ip_parse(groups[family].group, &group));
	return group;
}

/* How many links are members, as the kernel says. */
static unsigned
members(int family)
{
	FILE *f = fopen(groups[family].file, "re");
	char line[256];
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, groups[family].shown) != NULL;
	fclose(f);
	return n;
}

START_TEST(a_link_is_joined_once_and_left)
{
	struct joins *j = joins_new((enum family)_i);
	uint32_t v0 = net_index("v0");

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(joins_add(j, group_of(_i), v0), 0);
		ck_assert_int_eq(joins_add(j, group_of(_i), v0), 0);
		ck_assert_uint_eq(members(_i), 1);
		joins_drop(j, group_of(_i), v0);
		ck_assert_uint_eq(members(_i), 0);
		joins_drop(j, group_of(_i), v0);
	}
	ck_assert_int_eq(joins_add(j, group_of(_i), v0), 0);
	ck_assert_ptr_null(joins_free(j));
	ck_assert_uint_eq(members(_i), 0);
	ck_assert_ptr_null(joins_free(NULL));
}
END_TEST

START_TEST(a_link_that_cannot_be_joined_is_no_member)
{
	struct joins *j = joins_new((enum family)_i);
	uint32_t v0 = net_index("v0");

	ck_assert_int_eq(joins_add(j, group_of(_i), 9999), -ENODEV);
	if (_i == FAMILY6) {
		net_run("ip link set v0 mtu 1000");	/* below IPv6's minimum */
		ck_assert_int_eq(joins_add(j, group_of(_i), v0), -EINVAL);
		net_run("ip link set v0 mtu 1500");
	}
	ck_assert_int_eq(joins_add(j, group_of(_i), v0), 0);
	ck_assert_uint_eq(members(_i), 1);
	joins_free(j);
}
END_TEST

/* Also one that takes the deleted link's ifindex. */
START_TEST(a_link_that_is_made_again_is_joined_again)
{
	struct joins *j = joins_new((enum family)_i);
	uint32_t ifindex;

	net_run("ip link add d0 type veth peer name e0");
	ifindex = net_index("d0");
	ck_assert_int_eq(joins_add(j, group_of(_i), ifindex), 0);
	net_run("ip link del d0");
	joins_drop(j, group_of(_i), ifindex);
	ck_assert_uint_eq(members(_i), 0);
	net_run("ip link add d0 index %u type veth peer name e0", ifindex);
	ck_assert_int_eq(joins_add(j, group_of(_i), ifindex), 0);
	ck_assert_uint_eq(members(_i), 1);
	joins_free(j);
}
END_TEST

#define LINKS 700

static void
make_links(unsigned n)
{
	net_run("for i in $(seq %u); do echo \"link add link v0 name m$i type "
	    "macvlan\"; done | ip -batch -", n);
}

/* A socket may have a number of memberships of IPv4. The option memory was 20 KB before Linux 6.7, enough for some 365 on a socket; before
 * 6.8, a namespace has no limit of its own. */
START_TEST(many_links_need_no_sysctl)
{
	struct joins *j = joins_new((enum family)_i);
	uint32_t first;

	if (access("/proc/sys/net/core/optmem_max", W_OK) == 0)
		net_sysctl("/proc/sys/net/core/optmem_max", "20480");
	net_sysctl("/proc/sys/net/ipv4/igmp_max_memberships", "5");
	make_links(LINKS);
	first = net_index("m1");
	for (uint32_t i = 0; i < LINKS; i++)
		ck_assert_int_eq(joins_add(j, group_of(_i), first + i), 0);
	ck_assert_uint_eq(members(_i), LINKS);
	for (uint32_t i = 0; i < LINKS; i += 2)
		joins_drop(j, group_of(_i), first + i);
	ck_assert_uint_eq(members(_i), LINKS / 2);
	for (uint32_t i = 0; i < LINKS; i += 2)
		ck_assert_int_eq(joins_add(j, group_of(_i), first + i), 0);
	ck_assert_uint_eq(members(_i), LINKS);
	joins_free(j);
	ck_assert_uint_eq(members(_i), 0);
}
END_TEST

START_TEST(groups_on_a_link_are_joined_and_left_one_by_one)
{
	struct joins *j = joins_new((enum family)_i);
	uint32_t v0 = net_index("v0");
	struct ipaddr other;

	ck_assert(ip_parse(_i == FAMILY6 ? "ff02::1:3" : "224.0.1.3", &other));
	ck_assert_int_eq(joins_add(j, other, v0), 0);
	ck_assert_uint_eq(members(_i), 0);
	ck_assert_int_eq(joins_add(j, group_of(_i), v0), 0);
	joins_drop(j, other, v0);
	ck_assert_uint_eq(members(_i), 1);
	joins_drop(j, group_of(_i), v0);
	ck_assert_uint_eq(members(_i), 0);
	joins_free(j);
}
END_TEST

/* The packets are the ring's: these sockets are never read. */
START_TEST(the_sockets_receive_nothing)
{
	struct joins *j = joins_new(FAMILY6);
	int first = dup(0), fd;		/* the next descriptor is the socket */

	close(first);
	ck_assert_int_eq(joins_add(j, group_of(FAMILY6), net_index("v0")), 0);
	net_in_b();
	net_run("ip addr add fe80::b/64 dev v1 nodad");
	fd = net_udp6(546);
	for (uint32_t port = 1; port < 65536; port++)
		net_udp6_send(fd, "ff02::1:2", (uint16_t)port, "v1", "x");
	net_in_a();
	ck_assert(!net_readable(first));
	close(fd);
	joins_free(j);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, a_link_is_joined_once_and_left, 0, FAMILIES);
	tcase_add_loop_test(tc, a_link_that_cannot_be_joined_is_no_member, 0, FAMILIES);
	tcase_add_loop_test(tc, a_link_that_is_made_again_is_joined_again, 0, FAMILIES);
	tcase_add_loop_test(tc, many_links_need_no_sysctl, 0, FAMILIES);
	tcase_add_loop_test(tc, groups_on_a_link_are_joined_and_left_one_by_one, 0, FAMILIES);
	tcase_add_test(tc, the_sockets_receive_nothing);
}

Suite *join_suite(void);

Suite *
join_suite(void)
{
	Suite *s = suite_create("join");

	net_tcase(s, "join", add_tests);
	return s;
}
