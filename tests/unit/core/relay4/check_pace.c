/* SPDX-License-Identifier: ISC
 *
 * When the relay pauses to let more packets arrive: under load, from soon after
 * the load begins until it ends.
 */
#include <check.h>

#include "core/relay4/pace.h"

Suite *pace_suite(void);

/* The sum of the pauses in ms milliseconds with n packets each. */
static uint32_t
pauses(struct pace *p, int64_t *at_ms, int ms, uint32_t n)
{
	uint32_t us = 0;

	while (ms-- > 0)
		us += pace_note(p, n, mono_us(++*at_ms * 1000));
	return us;
}

START_TEST(at_low_rates_there_is_no_pause)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	ck_assert_uint_eq(pauses(&p, &at, 1000, 19), 0);
}
END_TEST

START_TEST(under_load_pauses_begin_with_the_second_window)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	ck_assert_uint_eq(pauses(&p, &at, 2, 20), 0);
	(void)pauses(&p, &at, 4, 20);
	ck_assert_uint_eq(pauses(&p, &at, 100, 20), 100 * PACE_PAUSE_US);
}
END_TEST

START_TEST(pauses_end_with_the_load)
{
	struct pace p = { .now = 0 };
	int64_t at = 1000;

	(void)pauses(&p, &at, 100, 50);
	(void)pauses(&p, &at, 4, 1);
	ck_assert_uint_eq(pauses(&p, &at, 100, 1), 0);
}
END_TEST

/* The window before a silence is not the previous window. */
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

	tcase_add_test(tc, at_low_rates_there_is_no_pause);
	tcase_add_test(tc, under_load_pauses_begin_with_the_second_window);
	tcase_add_test(tc, pauses_end_with_the_load);
	tcase_add_test(tc, the_first_packet_after_a_silence_does_not_wait);
	suite_add_tcase(s, tc);
	return s;
}
