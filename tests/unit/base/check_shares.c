/* SPDX-License-Identifier: ISC
 *
 * Which share has most, through a long random walk compared with an array of counts.
 */
#include <check.h>
#include <stdlib.h>

#include "base/shares.h"

Suite *shares_suite(void);

#define IFACES 8u

START_TEST(the_most_is_the_one_with_most_places)
{
	struct shares *s = shares_new(8);

	ck_assert_ptr_nonnull(s);
	shares_add(s, 3);
	ck_assert_uint_eq(shares_most(s), 3);
	shares_add(s, 5);
	shares_add(s, 5);
	ck_assert_uint_eq(shares_most(s), 5);
	shares_sub(s, 5);
	shares_sub(s, 5);
	ck_assert_uint_eq(shares_most(s), 3);
	ck_assert_uint_eq(shares_count(s, 3), 1);
	ck_assert_uint_eq(shares_count(s, 5), 0);
	ck_assert_ptr_null(shares_free(s));
}
END_TEST

START_TEST(neighbours_do_not_share_and_any_ifindex_has_a_share)
{
	static const size_t places[] = { 1, 2, 3, 64, 16384, 1048576 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct shares *s = shares_new(places[i]);
		uint32_t size = (uint32_t)shares_size(s);

		ck_assert_uint_ge(size, 2);
		ck_assert_uint_ne(shares_of(s, 7), shares_of(s, 8));
		ck_assert_uint_ne(shares_of(s, 7), shares_of(s, 6 + size));
		ck_assert_uint_eq(shares_of(s, 7), shares_of(s, 7 + size));
		ck_assert_uint_lt(shares_of(s, UINT32_MAX), size);
		shares_free(s);
	}
}
END_TEST

static uint32_t
prng(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 11);
}

static uint32_t
largest(const uint32_t *n)
{
	uint32_t max = 0;

	for (unsigned i = 0; i < IFACES; i++)
		max = n[i] > max ? n[i] : max;
	return max;
}

/* Rises for a thousand steps and falls for as many, so that counts are often equal and
 * often 0. */
START_TEST(random_steps_match_counts)
{
	struct shares *s = shares_new(IFACES);
	uint32_t n[IFACES] = { 0 }, sum = 0;
	uint64_t state = 88172645463325252 + (uint64_t)_i;

	for (unsigned i = 0; i < 20000; i++) {
		uint32_t who = prng(&state) % IFACES;

		if (prng(&state) % 8 < (i / 1000 % 2 ? 5u : 3u)) {
			shares_add(s, who);
			n[who]++;
			sum++;
		} else if (n[who]) {
			shares_sub(s, who);
			n[who]--;
			sum--;
		}
		ck_assert_uint_eq(shares_count(s, who), n[who]);
		if (sum)
			ck_assert_uint_eq(n[shares_most(s)], largest(n));
	}
	shares_free(s);
}
END_TEST

Suite *
shares_suite(void)
{
	Suite *s = suite_create("shares");
	TCase *t = tcase_create("shares");

	tcase_add_test(t, the_most_is_the_one_with_most_places);
	tcase_add_test(t, neighbours_do_not_share_and_any_ifindex_has_a_share);
	tcase_add_loop_test(t, random_steps_match_counts, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
