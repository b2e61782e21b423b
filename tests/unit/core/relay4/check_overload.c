/* SPDX-License-Identifier: ISC
 *
 * How long an overload lasts: as long as packets are lost, and a moment more.
 */
#include <check.h>

#include "core/relay4/overload.h"

Suite *overload_suite(void);

START_TEST(without_loss_there_is_no_overload)
{
	struct overload o = { .until = mono_us(0) };

	ck_assert(!overload_lasts(&o, mono_us(0)));
	ck_assert(!overload_lasts(&o, mono_us(5000000)));
}
END_TEST

START_TEST(an_overload_outlasts_the_loss)
{
	struct overload o = { .until = mono_us(0) };
	struct mono t = mono_us(7000000);

	overload_lost(&o, t);
	ck_assert(overload_lasts(&o, t));
	ck_assert(overload_lasts(&o, mono_add_ms(t, OVERLOAD_MS - 1)));
	ck_assert(!overload_lasts(&o, mono_add_ms(t, OVERLOAD_MS)));
}
END_TEST

START_TEST(each_loss_prolongs_it)
{
	struct overload o = { .until = mono_us(0) };
	struct mono t = mono_us(7000000);

	for (int i = 0; i < 10; i++) {
		overload_lost(&o, t);
		t = mono_add_ms(t, OVERLOAD_MS - 1);
		ck_assert(overload_lasts(&o, t));
	}
	ck_assert(!overload_lasts(&o, mono_add_ms(t, 1)));
}
END_TEST

Suite *
overload_suite(void)
{
	Suite *s = suite_create("overload");
	TCase *tc = tcase_create("overload");

	tcase_add_test(tc, without_loss_there_is_no_overload);
	tcase_add_test(tc, an_overload_outlasts_the_loss);
	tcase_add_test(tc, each_loss_prolongs_it);
	suite_add_tcase(s, tc);
	return s;
}
