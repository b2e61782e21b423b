/* SPDX-License-Identifier: ISC
 *
 * The index of servers, with a configuration made by hand, since no key sets an
 * IPv6 address or a VRF so far.
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
	return servers_find(sv, (struct server_key){ address, vrf });
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

Suite *
servers_suite(void)
{
	Suite *s = suite_create("servers");
	TCase *t = tcase_create("servers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_address_in_two_vrfs_and_one_of_ipv6_are_three_servers);
	tcase_add_test(t, ip_versions_are_never_mixed_up);
	tcase_add_test(t, a_full_table_finds_every_server);
	tcase_add_test(t, a_reload_goes_by_address_and_vrf);
	tcase_add_test(t, errors_take_a_server_down_and_time_brings_it_back);
	suite_add_tcase(s, t);
	return s;
}
