/* SPDX-License-Identifier: ISC
 *
 * The index of servers, with a configuration made by hand, since no key sets a
 * VRF so far.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/server/servers.h"

Suite *servers_suite(void);

static const struct ip4 a4 = { 0xc633640a };	/* 198.51.100.10 */
static const struct ipaddr a6 = { .version = 6,
	.v6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a } } };

static struct conf_server server[CONF_SERVERS_MAX], before[CONF_SERVERS_MAX];
static struct conf conf, old;
static struct servers *sv;

static void
add(struct conf *c, struct ipaddr address, uint32_t vrf)
{
	struct conf_server *s = &c->server[c->n_server];

	*s = (struct conf_server){ .address = address, .vrf = vrf, .rise = 2, .fall = 3 };
	s->first = c->n_server++;
	s->first = conf_server_same(c, s);
}

static uint16_t
find(struct ipaddr address, uint32_t vrf)
{
	return servers_find(sv, (struct server_key){ address, vrf, NULL });
}

static void
setup(void)
{
	sv = calloc(1, sizeof(*sv));
	ck_assert_ptr_nonnull(sv);
	conf = (struct conf){ .server = server };
	old = (struct conf){ .server = before };
}

static void
teardown(void)
{
	free(sv);
}

START_TEST(an_address_in_two_vrfs_and_one_of_ipv6_are_three_servers)
{
	add(&conf, ip_of4(a4), 0);
	add(&conf, ip_of4(a4), 7);
	add(&conf, a6, 0);
	add(&conf, ip_of4(a4), 0);	/* a second name for the first */
	servers_configure(sv, NULL, &conf, mono_us(1));
	ck_assert_uint_eq(find(ip_of4(a4), 0), 0);
	ck_assert_uint_eq(servers_find4(sv, a4), 0);
	ck_assert_uint_eq(find(ip_of4(a4), 7), 1);
	ck_assert_uint_eq(find(a6, 0), 2);
	ck_assert_uint_eq(find(a6, 7), CONF_NONE);
	ck_assert_uint_eq(find(ip_of4(a4), 1), CONF_NONE);
	ck_assert_uint_eq(find(ip_of4(IP4_NONE), 0), CONF_NONE);
}
END_TEST

/* The same link-local address on two links is two servers. */
START_TEST(a_zone_tells_link_local_servers_apart)
{
	struct ipaddr local = { .version = 6, .v6 = { { 0xfe, 0x80, [15] = 1 } } };
	static const char *const zones[] = { "up0", "up1" };

	for (uint16_t i = 0; i < 2; i++) {
		struct conf_server *s = &conf.server[i];

		add(&conf, local, 0);
		strcpy(s->zone, zones[i]);
		s->first = conf_server_same(&conf, s);
	}
	add(&conf, a6, 0);
	servers_configure(sv, NULL, &conf, mono_us(1));
	ck_assert_uint_eq(servers_find(sv, (struct server_key){ local, 0, "up0" }), 0);
	ck_assert_uint_eq(servers_find(sv, (struct server_key){ local, 0, "up1" }), 1);
	ck_assert_uint_eq(servers_find(sv, (struct server_key){ local, 0, "up" }), CONF_NONE);
	ck_assert_uint_eq(find(local, 0), CONF_NONE);
	/* Others are reached by whatever interface the route names. */
	ck_assert_uint_eq(servers_find(sv, (struct server_key){ a6, 0, "up1" }), 2);
}
END_TEST

/* The first four bytes of an IPv6 address are not an IPv4 address. */
START_TEST(ip_versions_are_never_mixed_up)
{
	struct ipaddr like = { .version = 6 };

	like.v4 = a4;
	add(&conf, ip_of4(a4), 0);
	servers_configure(sv, NULL, &conf, mono_us(1));
	ck_assert_uint_eq(find(like, 0), CONF_NONE);
	ck_assert(ip4_is_none(ip_v4(like)));
}
END_TEST

START_TEST(a_full_table_finds_every_server)
{
	for (uint32_t i = 0; i < CONF_SERVERS_MAX; i++) {
		struct ipaddr a = a6;

		a.v6.b[15] = (uint8_t)(i / 2);
		add(&conf, i % 2 ? a : ip_of4((struct ip4){ a4.host + i }), i % 3);
	}
	servers_configure(sv, NULL, &conf, mono_us(1));
	for (uint16_t i = 0; i < CONF_SERVERS_MAX; i++)
		ck_assert_uint_eq(find(server[i].address, server[i].vrf), i);
	ck_assert_uint_eq(servers_find4(sv, (struct ip4){ 1 }), CONF_NONE);
}
END_TEST

START_TEST(a_reload_goes_by_address_and_vrf)
{
	add(&old, ip_of4(a4), 0);
	add(&old, ip_of4(a4), 7);
	add(&old, a6, 0);
	servers_configure(sv, NULL, &old, mono_us(1));
	for (unsigned i = 0; i < 3; i++)
		sv->stats[i].sent = i + 1;
	add(&conf, a6, 0);
	add(&conf, ip_of4(a4), 7);
	add(&conf, ip_of4(a4), 8);
	servers_configure(sv, &old, &conf, mono_us(2));
	ck_assert_uint_eq(sv->stats[0].sent, 3);
	ck_assert_uint_eq(sv->stats[1].sent, 2);
	ck_assert_uint_eq(sv->stats[2].sent, 0);
	ck_assert_uint_eq(sv->conf_gen, 2);
}
END_TEST

static void
on_health(void *user, uint16_t which)
{
	*(unsigned *)user += 1u + which;
}

START_TEST(errors_take_a_server_down_and_time_brings_it_back)
{
	unsigned noted = 0;
	struct mono now = mono_us(1);

	add(&conf, ip_of4(a4), 0);
	sv->on_health = on_health;
	sv->user = &noted;
	servers_configure(sv, NULL, &conf, now);
	for (unsigned i = 0; i < 3; i++)
		servers_error(sv, 0, i ? ECONNREFUSED : EHOSTUNREACH, now);
	ck_assert_int_eq(sv->health[0].state, HEALTH_DOWN);
	ck_assert_int_eq(sv->health[0].diag, HEALTH_DIAG_REFUSED);
	ck_assert_uint_eq(noted, 1);
	servers_tick(sv, mono_add_ms(now, 29999));
	ck_assert_int_eq(sv->health[0].state, HEALTH_DOWN);
	servers_tick(sv, mono_add_ms(now, 30000));
	ck_assert_int_ne(sv->health[0].state, HEALTH_DOWN);
	ck_assert_uint_eq(noted, 2);
}
END_TEST

/* --- by what came in ---------------------------------------------------- */

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert(ip_parse(text, &a));
	return a;
}

static void
add_zoned(const char *address, const char *zone)
{
	struct conf_server *s = &conf.server[conf.n_server];

	*s = (struct conf_server){ .address = ip(address), .rise = 2, .fall = 3 };
	strcpy(s->zone, zone);
	s->first = conf.n_server++;
}

static void
add_link(uint32_t ifindex, const char *name)
{
	struct iftab_link l = { .ifindex = ifindex, .up = true };

	strcpy(l.name, name);
	ck_assert_int_eq(iftab_set_link(sv->iftab, &l), 0);
}

static void
configure_links(void)
{
	const struct iftab_host host = { .name = "host" };

	sv->iftab = iftab_new();
	ck_assert_ptr_nonnull(sv->iftab);
	add_link(5, "eth0");
	add_link(6, "eth1");
	iftab_commit(sv->iftab, &conf, &host, true, NULL, NULL);
	servers_configure(sv, NULL, &conf, mono_us(1));
}

START_TEST(a_link_local_server_counts_on_its_interface)
{
	add_zoned("fe80::1", "eth0");
	add_zoned("fe80::1", "eth1");
	add_zoned("2001:db8::1", "");
	add_zoned("198.51.100.10", "");
	configure_links();
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::1"), 5), 0);
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::1"), 6), 1);
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::1"), 7), CONF_NONE);
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::2"), 5), CONF_NONE);
	/* other addresses count everywhere */
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::1"), 6), 2);
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::1"), 7), 2);
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::2"), 6), CONF_NONE);
	ck_assert_uint_eq(servers_find_rx(sv, ip("198.51.100.10"), 7), 3);
	ck_assert_uint_eq(servers_find_rx(sv, ip("198.51.100.11"), 5), CONF_NONE);
	ck_assert_uint_eq(servers_find_rx(sv, IP_NONE, 5), CONF_NONE);
	iftab_free(sv->iftab);
}
END_TEST

START_TEST(who_answers_for_a_multicast_address)
{
	struct ip6 answer[] = { ip("2001:db8::7").v6, ip("fe80::7").v6 };

	add_zoned("ff05::1:3", "eth0");
	add_zoned("ff02::1:2", "eth1");
	add_zoned("2001:db8::9", "");
	add_zoned("fe80::9", "eth1");
	server[0].answer = answer;
	server[0].n_answer = 2;
	configure_links();
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::7"), 5), 0);
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::7"), 5), 0);
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::8"), 5), CONF_NONE);
	/* without answers-from, everyone on that interface */
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::8"), 6), 1);
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::7"), 6), 1);
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::7"), 7), CONF_NONE);
	ck_assert_uint_eq(servers_find_rx(sv, ip("198.51.100.7"), 6), CONF_NONE);
	/* a server of its own comes first */
	ck_assert_uint_eq(servers_find_rx(sv, ip("2001:db8::9"), 6), 2);
	ck_assert_uint_eq(servers_find_rx(sv, ip("fe80::9"), 6), 3);
	/* nobody sends from the group itself */
	ck_assert_uint_eq(servers_find_rx(sv, ip("ff05::1:3"), 5), CONF_NONE);
	ck_assert_uint_eq(servers_find_rx(sv, ip("ff02::1:2"), 6), CONF_NONE);
	iftab_free(sv->iftab);
}
END_TEST

START_TEST(a_duid_is_configured_or_learned)
{
	static const uint8_t a[] = { 0, 3, 0, 1, 2, 2, 2, 2, 2, 2 };
	static const uint8_t b[] = { 0, 4, 7 }, huge[CONF_DUID_MAX + 1];

	add(&old, a6, 0);
	add(&old, ip_of4(a4), 0);
	before[0].duid_len = sizeof(a);
	memcpy(before[0].duid, a, sizeof(a));
	servers_configure(sv, NULL, &old, mono_us(1));
	ck_assert(servers_has_duid(sv, 0, a, sizeof(a)));
	ck_assert(!servers_has_duid(sv, 0, a, sizeof(a) - 1));
	ck_assert(!servers_has_duid(sv, 1, a, sizeof(a)));
	ck_assert(!servers_has_duid(sv, 1, a, 0));
	servers_learn_duid(sv, 1, a, sizeof(a));	/* a clone */
	servers_learn_duid(sv, 0, b, sizeof(b));
	servers_learn_duid(sv, 0, huge, sizeof(huge));
	servers_learn_duid(sv, 0, b, 0);
	ck_assert(servers_has_duid(sv, 0, a, sizeof(a)));
	ck_assert(servers_has_duid(sv, 0, b, sizeof(b)));
	ck_assert(servers_has_duid(sv, 1, a, sizeof(a)));
	/* kept over a reload, wherever the server is in the file */
	add(&conf, ip_of4(a4), 7);
	add(&conf, ip_of4(a4), 0);
	servers_configure(sv, &old, &conf, mono_us(2));
	ck_assert(!servers_has_duid(sv, 0, b, sizeof(b)));
	ck_assert(servers_has_duid(sv, 1, a, sizeof(a)));
	servers_learn_duid(sv, 1, b, sizeof(b));	/* it was installed anew */
	ck_assert(!servers_has_duid(sv, 1, a, sizeof(a)));
}
END_TEST

Suite *
servers_suite(void)
{
	Suite *s = suite_create("servers");
	TCase *t = tcase_create("servers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_address_in_two_vrfs_and_one_of_ipv6_are_three_servers);
	tcase_add_test(t, a_zone_tells_link_local_servers_apart);
	tcase_add_test(t, ip_versions_are_never_mixed_up);
	tcase_add_test(t, a_full_table_finds_every_server);
	tcase_add_test(t, a_reload_goes_by_address_and_vrf);
	tcase_add_test(t, a_link_local_server_counts_on_its_interface);
	tcase_add_test(t, who_answers_for_a_multicast_address);
	tcase_add_test(t, a_duid_is_configured_or_learned);
	tcase_add_test(t, errors_take_a_server_down_and_time_brings_it_back);
	suite_add_tcase(s, t);
	return s;
}
