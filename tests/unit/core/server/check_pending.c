/* SPDX-License-Identifier: ISC
 *
 * The pool of stored messages, compared with a model: an array that is searched
 * from end to end for the earliest due time.
 */
#include "core/server/pending.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *pending_suite(void);

#define CAPACITY 37	/* not a power of two: the last level of the heap is incomplete */

static struct mono
at_ms(int64_t ms)
{
	return mono_us(1000000 + ms * 1000);
}

/* A slot for whichever interface has one left; NULL: none has. */
static struct pending *
take_any(struct pendings *h, struct mono due)
{
	struct pending *s = NULL;

	for (uint32_t i = 0; i < 128 && !s; i++)
		s = pendings_take(h, i, due);
	return s;
}

START_TEST(the_earliest_comes_first)
{
	static const int due[] = { 700, 500, 900, 500, 100, 800, 300 };
	static const int order[] = { 100, 300, 500, 500, 700, 800, 900 };
	struct pendings *h = pendings_new(7);

	ck_assert_ptr_null(pendings_first(h));
	for (int i = 0; i < 7; i++)
		ck_assert_ptr_nonnull(take_any(h, at_ms(due[i])));
	for (int i = 0; i < 7; i++) {
		struct pending *s = pendings_first(h);

		ck_assert_int_eq(s->due.us, at_ms(order[i]).us);
		pendings_drop(h, s);
	}
	ck_assert_ptr_null(pendings_first(h));
	pendings_free(h);
}
END_TEST

START_TEST(a_full_pool_has_no_slot_until_one_is_dropped)
{
	struct pendings *h = pendings_new(3);
	struct pending *s[3];

	for (int i = 0; i < 3; i++)
		s[i] = take_any(h, at_ms(i));
	ck_assert_ptr_null(take_any(h, at_ms(0)));
	ck_assert_uint_eq(pendings_count(h), 3);
	pendings_drop(h, s[1]);
	ck_assert_uint_eq(pendings_count(h), 2);
	ck_assert_ptr_eq(take_any(h, at_ms(9)), s[1]);
	ck_assert_ptr_null(take_any(h, at_ms(0)));
	pendings_free(h);
}
END_TEST

START_TEST(an_interface_leaves_as_many_slots_as_it_has)
{
	struct pendings *h = pendings_new(12);
	unsigned n[4] = { 0 };

	while (pendings_take(h, 10, at_ms(0)))
		n[0]++;
	ck_assert_uint_eq(n[0], 6);
	for (unsigned i = 1; i < 4; i++)	/* what is left is shared in turn */
		while (pendings_take(h, 10 + i, at_ms(0)))
			n[i]++;
	ck_assert_uint_eq(n[1], 3);
	ck_assert_uint_eq(n[2], 2);
	ck_assert_uint_eq(n[3], 1);
	pendings_drop(h, pendings_first(h));
	ck_assert_ptr_null(pendings_take(h, 10, at_ms(0)));
	ck_assert_ptr_nonnull(pendings_take(h, 14, at_ms(0)));
	pendings_free(h);
}
END_TEST

START_TEST(a_number_finds_its_slot_while_it_is_in_use)
{
	struct pendings *h = pendings_new(2);
	struct pending *s = take_any(h, at_ms(1));
	uint32_t self = s->self;

	ck_assert_uint_ne(self, 0);
	ck_assert_ptr_eq(pendings_get(h, self), s);
	ck_assert_ptr_null(pendings_get(h, 0));
	ck_assert_ptr_null(pendings_get(h, self + 1));
	ck_assert_ptr_null(pendings_get(h, UINT32_MAX));
	pendings_drop(h, s);
	ck_assert_ptr_null(pendings_get(h, self));
	pendings_free(h);
}
END_TEST

/* Other slots come and go, but a slot in use keeps what the caller put into it. */
START_TEST(slots_do_not_move)
{
	struct pendings *h = pendings_new(CAPACITY);
	struct pending *s[CAPACITY];

	for (int i = 0; i < CAPACITY; i++) {
		s[i] = take_any(h, at_ms(i * 7 % CAPACITY));
		s[i]->rx.ifindex = (uint32_t)i;
		memset(s[i]->msg, i, sizeof(s[i]->msg));
	}
	for (int i = 0; i < CAPACITY; i += 2)
		pendings_drop(h, s[i]);
	for (int i = 1; i < CAPACITY; i += 2) {
		ck_assert_uint_eq(s[i]->rx.ifindex, (unsigned)i);
		ck_assert_int_eq(s[i]->msg[PENDING_MSG_MAX - 1], i);
		ck_assert_ptr_eq(pendings_get(h, s[i]->self), s[i]);
	}
	pendings_free(h);
}
END_TEST

struct model {
	struct pending *slot[CAPACITY];
	struct mono due[CAPACITY];
	unsigned n;
};

static int64_t
earliest(const struct model *m)
{
	int64_t least = INT64_MAX;

	for (unsigned i = 0; i < m->n; i++)
		if (m->due[i].us < least)
			least = m->due[i].us;
	return least;
}

static void
compare(struct pendings *h, const struct model *m)
{
	const struct pending *first = pendings_first(h);

	must(pendings_count(h) == m->n);
	must((first == NULL) == (m->n == 0));
	if (first)
		must(first->due.us == earliest(m));
	for (unsigned i = 0; i < m->n; i++) {
		must(pendings_get(h, m->slot[i]->self) == m->slot[i]);
		must(m->slot[i]->due.us == m->due[i].us);
	}
}

static void
take(struct pendings *h, struct model *m, struct mono due)
{
	struct pending *s = take_any(h, due);

	must((s == NULL) == (m->n == CAPACITY));
	if (!s)
		return;
	m->slot[m->n] = s;
	m->due[m->n++] = due;
}

static void
drop(struct pendings *h, struct model *m, unsigned i)
{
	pendings_drop(h, m->slot[i]);
	m->n--;
	m->slot[i] = m->slot[m->n];
	m->due[i] = m->due[m->n];
}

static void
step(struct pendings *h, struct model *m, unsigned dice)
{
	struct mono due = at_ms(rand() % 50);	/* few values, so many are equal */
	unsigned i = m->n ? (unsigned)rand() % m->n : 0;

	if (m->n == 0 || dice < 4)
		take(h, m, due);
	else if (dice < 7) {
		pendings_move(h, m->slot[i], due);
		m->due[i] = due;
	} else
		drop(h, m, i);
}

START_TEST(random_calls_agree_with_the_model)
{
	struct pendings *h = pendings_new(CAPACITY);
	struct model m = { .n = 0 };

	srand(7 + (unsigned)_i);
	for (int i = 0; i < 20000; i++) {
		/* grow and shrink in turn, so that it is both empty and full */
		unsigned bias = i / 500 % 2 ? 3 : 0;

		step(h, &m, bias + (unsigned)rand() % 7);
		compare(h, &m);
	}
	while (m.n)
		drop(h, &m, m.n / 2);
	compare(h, &m);
	pendings_free(h);
}
END_TEST

Suite *
pending_suite(void)
{
	Suite *s = suite_create("pending");
	TCase *t = tcase_create("hedge");

	tcase_add_test(t, the_earliest_comes_first);
	tcase_add_test(t, a_full_pool_has_no_slot_until_one_is_dropped);
	tcase_add_test(t, an_interface_leaves_as_many_slots_as_it_has);
	tcase_add_test(t, a_number_finds_its_slot_while_it_is_in_use);
	tcase_add_test(t, slots_do_not_move);
	tcase_add_loop_test(t, random_calls_agree_with_the_model, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
