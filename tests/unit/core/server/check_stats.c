/* SPDX-License-Identifier: ISC
 *
 * The histogram of reply times, at its bounds.
 */
#include <check.h>

#include "core/iface/iface.h"
#include "core/server/stats.h"

Suite *stats_suite(void);

START_TEST(a_bound_belongs_to_its_bucket)
{
	struct server_stats s = { .answer_us = 0 };

	for (unsigned i = 0; i < STATS_ANSWERS; i++) {
		if (i)
			ck_assert_uint_gt(stats_answer_us[i],
			    stats_answer_us[i - 1]);
		stats_answered(&s, stats_answer_us[i]);
		ck_assert_uint_eq(s.answer[i], i ? 2 : 1);
		stats_answered(&s, stats_answer_us[i] + 1);
		ck_assert_uint_eq(s.answer[i + 1], 1);
	}
}
END_TEST

START_TEST(times_add_up)
{
	struct server_stats s = { .answer_us = 0 };

	stats_answered(&s, 0);
	stats_answered(&s, 3000000000);
	stats_answered(&s, -1);		/* ignored */
	ck_assert_uint_eq(s.answer[0], 1);
	ck_assert_uint_eq(s.answer[STATS_ANSWERS], 1);
	ck_assert_uint_eq(s.answer_us, 3000000000);
}
END_TEST

START_TEST(unknown_types_count_together)
{
	struct if_stats s = { .requests = 0 };

	stats_count_message(&s, CONF_BOOT, 8);
	stats_count_message(&s, CONF_BOOT, 13);
	stats_count_message(&s, CONF_BOOT, 14);
	stats_count_message(&s, CONF_BOOT, 255);
	for (unsigned c = 0; c < CONF_CLASSES; c++)
		for (unsigned t = 0; t < STATS_TYPES; t++)
			ck_assert_uint_eq(s.message[c][t], c != CONF_BOOT ? 0 :
			    t == STATS_OTHER ? 2 : t == 8 || t == 13);
}
END_TEST

Suite *
stats_suite(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_add_test(t, a_bound_belongs_to_its_bucket);
	tcase_add_test(t, times_add_up);
	tcase_add_test(t, unknown_types_count_together);
	suite_add_tcase(s, t);
	return s;
}
