/* SPDX-License-Identifier: ISC
 *
 * Time arithmetic: units, signs and order.
 */
#include <check.h>

#include "base/mono.h"

Suite *mono_suite(void);

START_TEST(milliseconds_are_a_thousand_microseconds)
{
	struct mono t = mono_us(5);

	ck_assert_int_eq(mono_add_ms(t, 0).us, 5);
	ck_assert_int_eq(mono_add_ms(t, 1).us, 1005);
	ck_assert_int_eq(mono_add_ms(t, -1).us, -995);
}
END_TEST

/* 100 days in milliseconds do not fit 32 bits. */
START_TEST(long_times_do_not_wrap)
{
	int64_t ms = INT64_C(100) * 24 * 3600 * 1000;
	struct mono t = mono_add_ms(mono_us(1), ms);

	ck_assert_int_eq(t.us, INT64_C(8640000000001));
	ck_assert_int_eq(mono_diff_ms(t, mono_us(1)), ms);
	ck_assert_int_eq(mono_diff_us(t, mono_us(1)), ms * 1000);
}
END_TEST

START_TEST(difference_has_a_sign)
{
	struct mono a = mono_us(10000), b = mono_us(13500);

	ck_assert_int_eq(mono_diff_us(b, a), 3500);
	ck_assert_int_eq(mono_diff_us(a, b), -3500);
	ck_assert_int_eq(mono_diff_us(a, a), 0);
}
END_TEST

START_TEST(difference_in_milliseconds_counts_whole_ones)
{
	struct mono a = mono_us(10000);

	ck_assert_int_eq(mono_diff_ms(mono_us(10999), a), 0);
	ck_assert_int_eq(mono_diff_ms(mono_us(11000), a), 1);
	ck_assert_int_eq(mono_diff_ms(a, mono_us(11000)), -1);
}
END_TEST

START_TEST(before_is_strict)
{
	ck_assert(mono_before(mono_us(1), mono_us(2)));
	ck_assert(!mono_before(mono_us(2), mono_us(2)));
	ck_assert(!mono_before(mono_us(3), mono_us(2)));
	ck_assert(mono_before(mono_us(-1), mono_us(0)));
}
END_TEST

Suite *
mono_suite(void)
{
	Suite *s = suite_create("mono");
	TCase *tc = tcase_create("mono");

	tcase_add_test(tc, milliseconds_are_a_thousand_microseconds);
	tcase_add_test(tc, long_times_do_not_wrap);
	tcase_add_test(tc, difference_has_a_sign);
	tcase_add_test(tc, difference_in_milliseconds_counts_whole_ones);
	tcase_add_test(tc, before_is_strict);
	suite_add_tcase(s, tc);
	return s;
}
