/* SPDX-License-Identifier: ISC
 *
 * Token buckets with a fake clock.
 */
#include "core/iface/limit.h"

#include "msg.h"

Suite *limit_suite(void);

static const struct conf_rate per_second = { 5, 1000 };

static struct mono
at_ms(int64_t ms)
{
	return mono_us(1000000 + ms * 1000);
}

static unsigned
taken(struct limit *l, struct conf_rate r, struct mono now, unsigned tries)
{
	unsigned n = 0;

	while (tries-- > 0)
		n += limit_take(l, r, now);
	return n;
}

START_TEST(a_zeroed_bucket_is_full)
{
	struct limit l = { 0 };

	ck_assert_uint_eq(taken(&l, per_second, at_ms(0), 100), 5);
}
END_TEST

START_TEST(it_refills_one_by_one)
{
	struct limit l = { 0 };

	ck_assert_uint_eq(taken(&l, per_second, at_ms(0), 100), 5);
	ck_assert_uint_eq(taken(&l, per_second, at_ms(199), 100), 0);
	ck_assert_uint_eq(taken(&l, per_second, at_ms(200), 100), 1);
	ck_assert_uint_eq(taken(&l, per_second, at_ms(600), 100), 2);
	ck_assert_uint_eq(taken(&l, per_second, at_ms(1600), 100), 5);
}
END_TEST

START_TEST(a_refused_packet_takes_nothing)
{
	struct limit l = { 0 }, was;

	taken(&l, per_second, at_ms(0), 5);
	was = l;
	ck_assert_uint_eq(taken(&l, per_second, at_ms(100), 1000), 0);
	ck_assert_int_eq(l.full_at_us, was.full_at_us);
}
END_TEST

START_TEST(idle_time_is_not_saved_up)
{
	struct limit l = { 0 };

	taken(&l, per_second, at_ms(0), 5);
	ck_assert_uint_eq(taken(&l, per_second, at_ms(86400000), 100), 5);
}
END_TEST

/* A clock that jumps by centuries. */
START_TEST(a_clock_far_ahead_is_harmless)
{
	struct limit l = { 0 };
	struct mono late = mono_us(INT64_MAX / 2);

	taken(&l, per_second, at_ms(0), 5);
	ck_assert_uint_eq(taken(&l, per_second, late, 100), 5);
	ck_assert_uint_eq(taken(&l, per_second, mono_add_ms(late, 200), 100), 1);
}
END_TEST

START_TEST(over_a_long_time_the_rate_is_kept)
{
	/* a rate that does not divide evenly, 3 in 10 s, and the largest burst */
	static const struct conf_rate rates[] = {
		{ 3, 10000 }, { 32, 10000 }, { 5000, 1000 }, { 1, 86400000 },
		{ 1000000, 1000 },
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct conf_rate r = rates[i];
		struct limit l = { 0 };
		uint64_t n = taken(&l, r, at_ms(0), r.n + 10), periods = 4;

		ck_assert_uint_eq(n, r.n);
		for (uint64_t ms = r.per_ms / 10; ms <= periods * r.per_ms;
		    ms += r.per_ms / 10)
			n += taken(&l, r, at_ms((int64_t)ms), r.n + 10);
		ck_assert_uint_ge(n, periods * r.n);
		ck_assert_uint_le(n, (periods + 1) * r.n + 1);
	}
}
END_TEST

START_TEST(off_means_no_limit)
{
	struct limit l = { 0 };
	struct conf_rate off = { 0, 1000 };

	ck_assert_uint_eq(taken(&l, off, at_ms(0), 100000), 100000);
}
END_TEST

/* A reload may lower the rate; tokens that were already taken count at the old
 * rate. */
START_TEST(another_rate_takes_effect_at_once)
{
	struct limit l = { 0 };
	struct conf_rate large = { 100, 1000 }, small = { 1, 1000 };

	ck_assert_uint_eq(taken(&l, large, at_ms(0), 200), 100);
	ck_assert_uint_eq(taken(&l, small, at_ms(0), 10), 0);
	ck_assert_uint_eq(taken(&l, small, at_ms(1000), 10), 1);
	ck_assert_uint_eq(taken(&l, large, at_ms(1000), 200), 0);
	ck_assert_uint_eq(taken(&l, large, at_ms(2000), 200), 100);
}
END_TEST

Suite *
limit_suite(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("buckets");

	tcase_add_test(t, a_zeroed_bucket_is_full);
	tcase_add_test(t, it_refills_one_by_one);
	tcase_add_test(t, a_refused_packet_takes_nothing);
	tcase_add_test(t, idle_time_is_not_saved_up);
	tcase_add_test(t, a_clock_far_ahead_is_harmless);
	tcase_add_test(t, over_a_long_time_the_rate_is_kept);
	tcase_add_test(t, off_means_no_limit);
	tcase_add_test(t, another_rate_takes_effect_at_once);
	suite_add_tcase(s, t);
	return s;
}
