/* SPDX-License-Identifier: ISC
 *
 * Uses: after any additions and removals, every count is that of a plain table.
 */
#include "core/iface/uses.h"

#include <check.h>
#include <string.h>

Suite *uses_suite(void);

#define KEYS 500

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

static struct ip6
key(uint32_t i)
{
	struct ip6 a = { { 0x20, 0x01, 0x0d, 0xb8, [14] = (uint8_t)(i >> 8), (uint8_t)i } };

	return i % 2 ? a : uses_key4((struct ip4){ 0x0a000000 + i });
}

START_TEST(random_walk_equals_a_plain_table)
{
	static uint32_t n[KEYS][USE_ID], only[KEYS];
	struct uses u = { NULL, 0, 0 };
	uint32_t seed = 4711u + (uint32_t)_i, ifindex;

	memset(n, 0, sizeof(n));	/* the tests may run in one process */
	memset(only, 0, sizeof(only));
	for (int step = 0; step < 20000; step++) {
		uint32_t i = dice(&seed, KEYS), why = dice(&seed, USE_ID);
		uint32_t at = 1 + dice(&seed, 1000);

		if (dice(&seed, 5000) == 0) {
			uses_clear(&u, USE_FIXED);
			for (i = 0; i < KEYS; i++)
				n[i][USE_FIXED] = 0;
		} else if (n[i][why] == 0) {
			ck_assert(uses_add(&u, key(i), why, at));
			n[i][why]++;
			only[i] = why == USE_LINK ? at : only[i];
		} else {
			uses_del(&u, key(i), why, only[i]);
			n[i][why]--;
		}
		i = dice(&seed, KEYS);
		for (unsigned k = 0; k < USE_ID; k++)
			ck_assert_uint_eq(uses_count(&u, key(i), k, &ifindex), n[i][k]);
		if (n[i][USE_LINK])
			ck_assert_uint_eq(ifindex, only[i]);
	}
	uses_fini(&u);
}
END_TEST

START_TEST(the_only_one_is_found_again)
{
	struct uses u = { NULL, 0, 0 };
	struct ip6 id = uses_key_bytes("router:vlan10", 13);
	uint32_t ifindex;

	ck_assert_uint_eq(uses_count(&u, id, USE_ID, &ifindex), 0);
	ck_assert(uses_add(&u, id, USE_ID, 5) && uses_add(&u, id, USE_ID, 6));
	ck_assert(uses_add(&u, id, USE_ID, 70000));
	ck_assert_uint_eq(uses_count(&u, id, USE_ID, NULL), 3);
	uses_del(&u, id, USE_ID, 5);
	uses_del(&u, id, USE_ID, 70000);
	ck_assert_uint_eq(uses_count(&u, id, USE_ID, &ifindex), 1);
	ck_assert_uint_eq(ifindex, 6);
	ck_assert_uint_eq(uses_count(&u, id, USE_LINK, NULL), 0);
	uses_del(&u, id, USE_ID, 6);
	ck_assert_uint_eq(u.n, 0);
	uses_fini(&u);
}
END_TEST

START_TEST(keys_differ)
{
	ck_assert(!ip6_eq(uses_key_bytes("", 0), uses_key_bytes("\0", 1)));
	ck_assert(!ip6_eq(uses_key_bytes("a", 1), uses_key_bytes("b", 1)));
	ck_assert(ip6_eq(uses_key_bytes("ab", 2), uses_key_bytes("abc", 2)));
	ck_assert(ip6_eq(uses_key4((struct ip4){ 0xc0000201 }),
	    (struct ip6){ { [10] = 0xff, 0xff, 192, 0, 2, 1 } }));
	/* 0.0.0.0 is not the key of unnumbered interfaces. */
	ck_assert(!ip6_is_none(uses_key4(IP4_NONE)));
}
END_TEST

Suite *
uses_suite(void)
{
	Suite *s = suite_create("uses");
	TCase *tc = tcase_create("uses");

	tcase_add_loop_test(tc, random_walk_equals_a_plain_table, 0, 4);
	tcase_add_test(tc, the_only_one_is_found_again);
	tcase_add_test(tc, keys_differ);
	suite_add_tcase(s, tc);
	return s;
}
