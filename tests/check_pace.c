/* SPDX-License-Identifier: ISC
 *
 * When the relay waits for more, and when it must not.
 */
#include <check.h>

#include "core/pace.h"

Suite *pace_suite(void);

/* n packets, every `gap` microseconds one; the longest pause that was asked for. */
static uint32_t
packets(struct pace *p, struct mono *now, int n, int64_t gap)
{
	uint32_t longest = 0;

	while (n-- > 0) {
		uint32_t us = pace_note(p, 1, *now);

		longest = us > longest ? us : longest;
		now->us += gap;
	}
	return longest;
}

START_TEST(who_boots_while_little_goes_on_never_waits)
{
	struct pace p = { .now = 0 };
	struct mono now = mono_us(5000000);

	/* 1,000 requests and 1,000 replies a second, then 9,000 of each */
	ck_assert_uint_eq(packets(&p, &now, 4000, 500), 0);
	ck_assert_uint_eq(packets(&p, &now, 4000, 1000000 / 18000), 0);
}
END_TEST

START_TEST(under_load_it_waits_until_the_load_is_gone)
{
	struct pace p = { .now = 0 };
	struct mono now = mono_us(5000000);

	(void)packets(&p, &now, 160, 25);	/* 40,000 a second */
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(pace_note(&p, 2, now), PACE_PAUSE_US);
		now.us += PACE_PAUSE_US;
	}
	/* The first packets after a while are not of a load. */
	now.us += 2 * PACE_WINDOW_US;
	ck_assert_uint_eq(packets(&p, &now, 30, 200), 0);
}
END_TEST

START_TEST(one_burst_is_no_load)
{
	struct pace p = { .now = 0 };
	struct mono now = mono_us(5000000);

	(void)pace_note(&p, 32, now);
	now.us += PACE_WINDOW_US;
	ck_assert_uint_eq(pace_note(&p, 32, now), 0);
	now.us += PACE_WINDOW_US;
	ck_assert_uint_eq(pace_note(&p, 1, now), 0);
}
END_TEST

Suite *
pace_suite(void)
{
	Suite *s = suite_create("pace");
	TCase *tc = tcase_create("pace");

	tcase_add_test(tc, who_boots_while_little_goes_on_never_waits);
	tcase_add_test(tc, under_load_it_waits_until_the_load_is_gone);
	tcase_add_test(tc, one_burst_is_no_load);
	suite_add_tcase(s, tc);
	return s;
}
