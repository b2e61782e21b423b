/* SPDX-License-Identifier: ISC
 *
 * Sorted rows: every row is found, in order, after any additions and removals.
 */
#include "core/iface/rows.h"

#include <string.h>

#include "msg.h"
#include "world.h"

Suite *rows_suite(void);

struct row {
	uint32_t key;
	uint32_t value;
};

/* A plain table of all keys, for comparison. */
#define KEYS 300

static void
same_as(const struct rows *r, const bool in[KEYS])
{
	size_t n = 0;
	const struct row *next = NULL;

	for (uint32_t k = KEYS; k-- > 0;) {
		const struct row *p = rows_find(r, k);

		must((p != NULL) == in[k]);
		must(rows_after(r, k) == next);
		if (!p)
			continue;
		must(p->key == k && p->value == k + 7);
		n++;
		next = p;
	}
	must(r->n == n && (n == 0 || (const struct row *)rows_at(r, 0) == next));
}

START_TEST(rows_stay_sorted_after_any_changes)
{
	struct rows r = rows_init(sizeof(struct row));
	struct prng p = { 5 };
	bool in[KEYS] = { false };

	for (int i = 0; i < 3000; i++) {
		uint32_t k = prng_below(&p, KEYS);
		struct row *row = rows_get(&r, k);

		must(row != NULL && row->value == (in[k] ? k + 7 : 0));
		row->value = k + 7;
		in[k] = prng_below(&p, 2);
		if (!in[k])
			rows_remove(&r, row);
		if (i % 10 == 0)
			same_as(&r, in);
	}
	rows_fini(&r);
}
END_TEST

START_TEST(the_highest_key_is_last)
{
	struct rows r = rows_init(sizeof(struct row));

	ck_assert_ptr_null(rows_find(&r, 0));
	ck_assert_ptr_null(rows_after(&r, 0));
	ck_assert_ptr_nonnull(rows_get(&r, UINT32_MAX));
	ck_assert_ptr_nonnull(rows_find(&r, UINT32_MAX));
	ck_assert_ptr_eq(rows_after(&r, UINT32_MAX - 1), rows_find(&r, UINT32_MAX));
	ck_assert_ptr_null(rows_after(&r, UINT32_MAX));
	rows_fini(&r);
}
END_TEST

Suite *
rows_suite(void)
{
	Suite *s = suite_create("rows");
	TCase *t = tcase_create("rows");

	tcase_add_test(t, rows_stay_sorted_after_any_changes);
	tcase_add_test(t, the_highest_key_is_last);
	suite_add_tcase(s, t);
	return s;
}
