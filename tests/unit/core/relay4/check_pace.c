/* SPDX-License-Identifier: ISC
 *
 * When the relay waits for more packets: under load, soon after it began and no longer than it
 * lasts.
 */
#include <check.h>

#include "core/relay4/pace.h"

Suite *pace_suite(void);

/* The sum of what is asked for in ms milliseconds of n packets each. */
static uint32_t
pauses(struct pace *p, int64_t *at_ms, int ms, uint32_t n)
{
	uint32_t us = 0;

	while (ms-- > 0)
		us += pace_note(p, n, mono_us(++*at_ms * 1000));
	return us;
}

START_TEST(who_boots_while_little_goes_on_does_not_wait)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	ck_assert_uint_eq(pauses(&p, &at, 1000, 19), 0);
}
END_TEST

START_TEST(under_load_there_are_pauses_from_the_second_window_on)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	ck_assert_uint_eq(pauses(&p, &at, 2, 20), 0);
	(void)pauses(&p, &at, 4, 20);
	ck_assert_uint_eq(pauses(&p, &at, 100, 20), 100 * PACE_PAUSE_US);
}
END_TEST

START_TEST(they_end_with_the_load)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	(void)pauses(&p, &at, 100, 50);
	(void)pauses(&p, &at, 4, 1);
	ck_assert_uint_eq(pauses(&p, &at, 100, 1), 0);
}
END_TEST

/* The window before a silence is not the one before. */
START_TEST(the_first_packet_after_a_silence_does_not_wait)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	(void)pauses(&p, &at, 100, 50);
	at += 60000;
	ck_assert_uint_eq(pauses(&p, &at, 1, 1), 0);
}
END_TEST

Suite *
pace_suite(void)
{
	Suite *s = suite_create("pace");
	TCase *tc = tcase_create("pace");

	tcase_add_test(tc, who_boots_while_little_goes_on_does_not_wait);
	tcase_add_test(tc, under_load_there_are_pauses_from_the_second_window_on);
	tcase_add_test(tc, they_end_with_the_load);
	tcase_add_test(tc, the_first_packet_after_a_silence_does_not_wait);
	suite_add_tcase(s, tc);
	return s;
}
