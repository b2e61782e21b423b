/* SPDX-License-Identifier: ISC
 *
 * The table: what it finds, in which order it evicts, and a long random walk
 * compared with a model, an array of keys from the oldest to the youngest.
 */
#include <check.h>
#include <endian.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

Suite *hash_suite(void);

struct entry {
	uint32_t key;
	uint32_t value;
	uint64_t wide;		/* needs alignment */
};

static const struct hash_key secret = {
	{ 0x0706050403020100, 0x0f0e0d0c0b0a0908 }
};

/* What the call-back saw. */
struct gone {
	size_t count;
	uint32_t keys[64];
	uint32_t values[64];
};

static void
note_gone(void *entry, void *user)
{
	const struct entry *e = entry;
	struct gone *g = user;

	g->keys[g->count % 64] = e->key;
	g->values[g->count % 64] = e->value;
	g->count++;
}

static struct hash *
table(size_t capacity, struct gone *g)
{
	struct hash *h = hash_new(capacity, sizeof(struct entry),
	    sizeof(uint32_t), secret, g ? note_gone : NULL, g);

	ck_assert_ptr_nonnull(h);
	return h;
}

static struct entry *
get(struct hash *h, uint32_t key)
{
	bool fresh;
	struct entry *e = hash_get(h, &key, &fresh);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->key, key);
	if (fresh) {
		ck_assert_uint_eq(e->value, 0);
		ck_assert_uint_eq(e->wide, 0);
		e->value = key * 10;
		e->wide = UINT64_MAX;
	}
	ck_assert_uint_eq(e->value, key * 10);
	return e;
}

static struct entry *
find(const struct hash *h, uint32_t key)
{
	return hash_find(h, &key);
}

/* Checks that the table contains exactly these keys, oldest first, and finds each. */
static void
assert_order(const struct hash *h, const uint32_t *keys, size_t n)
{
	const struct entry *e = hash_younger(h, NULL);
	size_t i;

	ck_assert_uint_eq(hash_count(h), n);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(e);
		ck_assert_uint_eq(e->key, keys[i]);
		ck_assert_ptr_eq(find(h, keys[i]), e);
		e = hash_younger(h, e);
	}
	ck_assert_ptr_null(e);
	for (e = hash_older(h, NULL); e; e = hash_older(h, e))
		ck_assert_uint_eq(e->key, keys[--i]);
	ck_assert_uint_eq(i, 0);
}

#define ASSERT_ORDER(h, ...) do {					\
	const uint32_t keys_[] = { __VA_ARGS__ };			\
	assert_order(h, keys_, sizeof(keys_) / sizeof(keys_[0]));	\
} while (0)

/* vectors_sip64 of the reference implementation: key 00..0f, input 00..len-1 */
static const uint64_t sip_vectors[] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
	0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
	0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
	0xa129ca6149be45e5,
};

START_TEST(siphash_official_vectors)
{
	size_t len = (size_t)_i, i;
	uint8_t *in = malloc(len + 1), *exact;

	ck_assert_ptr_nonnull(in);
	for (i = 0; i < len; i++)
		in[i + 1] = (uint8_t)i;		/* not aligned either */
	exact = in + 1;
	ck_assert_uint_eq(hash_sip(secret, exact, len), sip_vectors[len]);
	free(in);
}
END_TEST

START_TEST(siphash_depends_on_both_halves_of_the_secret)
{
	struct hash_key a = secret, b = secret;

	a.k[0] ^= 1;
	b.k[1] ^= 1;
	ck_assert_uint_ne(hash_sip(a, "x", 1), hash_sip(secret, "x", 1));
	ck_assert_uint_ne(hash_sip(b, "x", 1), hash_sip(secret, "x", 1));
	ck_assert_uint_ne(hash_sip(a, "x", 1), hash_sip(b, "x", 1));
	/* The same key with one more zero at the end is another key. */
	ck_assert_uint_ne(hash_sip(secret, "\0", 1), hash_sip(secret, "\0\0", 2));
}
END_TEST

START_TEST(new_rejects_invalid_arguments)
{
	static const struct {
		size_t capacity, entry, key;
	} bad[] = {
		{ 0, 8, 4 }, { 8, 0, 4 }, { 8, 8, 0 }, { 8, 8, 9 }, { 0, 0, 0 },
		{ SIZE_MAX, 8, 4 }, { 2, SIZE_MAX, 4 }, { 3, SIZE_MAX / 2, 4 },
		{ 1, SIZE_MAX, 4 }, { 1, SIZE_MAX - 2, 4 },
		{ 1, SIZE_MAX - 7, 4 }, { ((size_t)1 << 30) + 1, 8, 4 },
		{ (size_t)1 << 4 * sizeof(size_t), (size_t)1 << 4 * sizeof(size_t), 4 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_ptr_null(hash_new(bad[i].capacity, bad[i].entry,
		    bad[i].key, secret, NULL, NULL));
	ck_assert_ptr_null(hash_free(NULL));
}
END_TEST

START_TEST(empty_table)
{
	struct hash *h = table(4, NULL);

	ck_assert_uint_eq(hash_count(h), 0);
	ck_assert_ptr_null(hash_younger(h, NULL));
	ck_assert_ptr_null(find(h, 0));
	ck_assert_ptr_null(hash_free(h));
}
END_TEST

START_TEST(get_creates_then_finds)
{
	struct hash *h = table(4, NULL);
	uint32_t key = 7;
	bool fresh = false;
	struct entry *e = hash_get(h, &key, &fresh);

	ck_assert(fresh);
	ck_assert_uint_eq(e->key, 7);
	ck_assert_uint_eq(e->value, 0);
	ck_assert_uint_eq(e->wide, 0);
	e->value = 42;
	ck_assert_ptr_eq(hash_get(h, &key, &fresh), e);
	ck_assert(!fresh);
	ck_assert_uint_eq(e->value, 42);
	ck_assert_ptr_eq(find(h, 7), e);
	ck_assert_ptr_null(find(h, 8));
	ck_assert_uint_eq(hash_count(h), 1);
	hash_free(h);
}
END_TEST

START_TEST(entries_are_aligned)
{
	struct hash *h = table(5, NULL);
	uint32_t k;

	for (k = 0; k < 5; k++)
		ck_assert_uint_eq((uintptr_t)get(h, k) %
		    _Alignof(struct entry), 0);
	hash_free(h);
}
END_TEST

START_TEST(oldest_is_evicted_first)
{
	struct gone g = { 0 };
	struct hash *h = table(3, &g);

	get(h, 1);
	get(h, 2);
	get(h, 3);
	ck_assert_uint_eq(g.count, 0);
	get(h, 4);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_uint_eq(g.keys[0], 1);
	ck_assert_uint_eq(g.values[0], 10);	/* seen as it was */
	ck_assert_ptr_null(find(h, 1));
	ASSERT_ORDER(h, 2, 3, 4);
	get(h, 1);
	ck_assert_uint_eq(g.keys[1], 2);
	ASSERT_ORDER(h, 3, 4, 1);
	hash_free(h);
	ck_assert_uint_eq(g.count, 2);
}
END_TEST

START_TEST(get_makes_youngest_find_does_not)
{
	struct hash *h = table(3, NULL);

	get(h, 1);
	get(h, 2);
	get(h, 3);
	find(h, 1);
	ASSERT_ORDER(h, 1, 2, 3);
	get(h, 1);
	ASSERT_ORDER(h, 2, 3, 1);
	get(h, 1);
	ASSERT_ORDER(h, 2, 3, 1);
	get(h, 4);
	ASSERT_ORDER(h, 3, 1, 4);
	hash_free(h);
}
END_TEST

START_TEST(get_makes_youngest_from_every_place)
{
	struct gone g = { 0 };
	struct hash *h = table(3, &g);

	get(h, 1);
	get(h, 1);	/* alone */
	ASSERT_ORDER(h, 1);
	get(h, 2);
	get(h, 3);
	get(h, 2);	/* from the middle */
	ASSERT_ORDER(h, 1, 3, 2);
	get(h, 1);	/* the oldest */
	ASSERT_ORDER(h, 3, 2, 1);
	get(h, 1);	/* the youngest */
	ASSERT_ORDER(h, 3, 2, 1);
	get(h, 4);
	ck_assert_uint_eq(g.keys[0], 3);
	hash_free(h);
}
END_TEST

START_TEST(pointers_stay_valid_while_others_are_evicted)
{
	struct hash *h = table(4, NULL);
	struct entry *mine = get(h, 1);
	uint32_t k;

	for (k = 100; k < 200; k++) {
		get(h, 1);
		get(h, k);
		ck_assert_ptr_eq(find(h, 1), mine);
		ck_assert_uint_eq(mine->key, 1);
		ck_assert_uint_eq(mine->value, 10);
	}
	hash_free(h);
}
END_TEST

START_TEST(capacity_one)
{
	struct gone g = { 0 };
	struct hash *h = table(1, &g);

	get(h, 1);
	get(h, 1);
	ck_assert_uint_eq(g.count, 0);
	get(h, 2);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_uint_eq(g.keys[0], 1);
	ASSERT_ORDER(h, 2);
	get(h, 2);
	ck_assert_uint_eq(g.count, 1);
	hash_free(h);
}
END_TEST

/* Odd sizes: a key that is the whole entry, 7 bytes of it. */
START_TEST(entry_may_be_its_key)
{
	struct hash *h = hash_new(3, 7, 7, secret, NULL, NULL);
	bool fresh;
	int i;

	ck_assert_ptr_nonnull(h);
	for (i = 0; i < 10; i++) {
		char key[8] = "MAC-000";
		const char *e;

		key[6] = (char)('0' + i);
		e = hash_get(h, key, &fresh);
		ck_assert(fresh);
		ck_assert_mem_eq(e, key, 7);
		ck_assert_ptr_eq(hash_find(h, key), e);
	}
	ck_assert_mem_eq(hash_younger(h, NULL), "MAC-007", 7);
	hash_free(h);
}
END_TEST

START_TEST(every_byte_of_the_key_counts)
{
	struct hash *h = hash_new(64, 16, 13, secret, NULL, NULL);
	uint8_t key[13] = { 0 };
	bool fresh;
	size_t i;

	ck_assert_ptr_nonnull(h);
	hash_get(h, key, &fresh);
	for (i = 0; i < sizeof(key); i++) {
		key[i] = 1;
		ck_assert_ptr_null(hash_find(h, key));
		hash_get(h, key, &fresh);
		ck_assert(fresh);
		key[i] = 0;
	}
	ck_assert_uint_eq(hash_count(h), 14);
	hash_free(h);
}
END_TEST

/* Two keys whose hashes under this secret share the 32 bits that the table
 * keeps: only comparing the keys tells the clients apart. */
START_TEST(colliding_keys_are_two_entries)
{
	const uint32_t a = htole32(26572), b = htole32(95845);
	struct hash *h = table(2, NULL);

	ck_assert_uint_eq((uint32_t)hash_sip(secret, &a, 4),
	    (uint32_t)hash_sip(secret, &b, 4));
	get(h, a);
	ck_assert_ptr_null(find(h, b));
	get(h, b);
	ASSERT_ORDER(h, a, b);
	get(h, 1);	/* evicts a: b moves up into its slot */
	ASSERT_ORDER(h, b, 1);
	get(h, b);
	get(h, a);	/* after b */
	get(h, b);
	get(h, 1);	/* evicts a again: b stays */
	ASSERT_ORDER(h, b, 1);
	hash_free(h);
}
END_TEST

/* The new key is inside the entry that is evicted for it. */
START_TEST(key_may_lie_in_the_evicted_entry)
{
	struct gone g = { 0 };
	struct hash *h = table(1, &g);
	struct entry *e = get(h, 5);
	bool fresh;

	e->value = 77;
	e = hash_get(h, &e->value, &fresh);
	ck_assert(fresh);
	ck_assert_uint_eq(e->key, 77);
	ck_assert_uint_eq(e->value, 0);
	hash_free(h);
}
END_TEST

/* Hides the message of the assertion that a test triggers on purpose. */
static void
expect_abort(void)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void
change_table(void *entry, void *user)
{
	struct hash **h = user;
	uint32_t other = 3;
	bool fresh;

	(void)entry;
	hash_get(*h, &other, &fresh);	/* aborts */
}

START_TEST(callback_that_changes_the_table_is_caught)
{
	struct hash *h = NULL;
	bool fresh;
	uint32_t key = 1;

	h = hash_new(1, sizeof(struct entry), sizeof(key), secret,
	    change_table, &h);
	ck_assert_ptr_nonnull(h);
	hash_get(h, &key, &fresh);
	expect_abort();
	key = 2;
	hash_get(h, &key, &fresh);
}
END_TEST

#define MODEL_MAX 64

struct model {
	size_t capacity, count;
	uint32_t keys[MODEL_MAX];	/* oldest first */
	uint32_t evicted;		/* by the last add, 0: none */
};

static size_t
model_at(const struct model *m, uint32_t key)
{
	size_t i;

	for (i = 0; i < m->count && m->keys[i] != key; i++)
		;
	return i;
}

static void
model_remove(struct model *m, size_t at)
{
	m->count--;
	memmove(m->keys + at, m->keys + at + 1,
	    (m->count - at) * sizeof(m->keys[0]));
}

static void
model_get(struct model *m, uint32_t key)
{
	size_t at = model_at(m, key);

	m->evicted = 0;
	if (at < m->count) {
		model_remove(m, at);
	} else if (m->count == m->capacity) {
		m->evicted = m->keys[0];
		model_remove(m, 0);
	}
	m->keys[m->count++] = key;
}

static uint64_t
prng(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

/* Looks the key up in both, then gets it from both. */
static void
step(struct hash *h, struct model *m, struct gone *g, uint32_t key)
{
	size_t before = g->count;

	ck_assert_int_eq(find(h, key) != NULL, model_at(m, key) < m->count);
	get(h, key);
	model_get(m, key);
	ck_assert_uint_eq(g->count - before, m->evicted != 0);
	if (m->evicted)
		ck_assert_uint_eq(g->keys[before % 64], m->evicted);
	ck_assert_uint_eq(hash_count(h), m->count);
}

static const size_t walk_capacity[] = { 1, 2, 3, 8, 31, 64 };

#define WALKS (sizeof(walk_capacity) / sizeof(walk_capacity[0]))

/* There are three times as many keys as fit, so every case occurs often. The
 * expected key is the right one, another one, or one used long ago. */
START_TEST(random_operations_match_a_model)
{
	struct model m = { .capacity = walk_capacity[_i % (int)WALKS] };
	struct gone g = { 0 };
	struct hash *h = table(m.capacity, &g);
	uint64_t state = 88172645463325252 + (uint64_t)_i;
	int i;

	for (i = 0; i < 20000; i++) {
		uint32_t key = (uint32_t)(prng(&state) % (3 * m.capacity)) + 1;
		uint32_t soon = (uint32_t)(prng(&state) % (3 * m.capacity)) + 1;

		if (i % 1024 < 512)
			hash_expect(h, i % 3 ? &key : &soon);
		step(h, &m, &g, key);
		if (i % 16 == 0)
			assert_order(h, m.keys, m.count);
	}
	assert_order(h, m.keys, m.count);
	ck_assert_uint_gt(g.count, 1000);
	hash_free(h);
}
END_TEST

START_TEST(large_table_fills_and_evicts)
{
	const uint32_t n = 20000;	/* not a power of two */
	struct gone g = { 0 };
	struct hash *h = table(n, &g);
	uint32_t k;

	for (k = 1; k <= 2 * n; k++)
		get(h, k);
	ck_assert_uint_eq(hash_count(h), n);
	ck_assert_uint_eq(g.count, n);
	for (k = 1; k <= 2 * n; k++)
		ck_assert_int_eq(find(h, k) != NULL, k > n);
	hash_free(h);
}
END_TEST

/* An unused slot of hash_expect() does not match a key of zeros. */
START_TEST(no_expected_key_is_not_a_key_of_zeros)
{
	struct hash *h = table(4, NULL);
	uint32_t zero = 0, one = 1;
	bool fresh;

	hash_expect(h, &one);
	hash_get(h, &zero, &fresh);
	ck_assert(fresh);
	ck_assert_ptr_nonnull(hash_find(h, &zero));
	ck_assert_ptr_null(hash_find(h, &one));
	hash_expect(h, &zero);
	hash_get(h, &zero, &fresh);
	ck_assert(!fresh);
	hash_free(h);
}
END_TEST

START_TEST(long_keys_are_not_expected)
{
	struct hash *h = hash_new(4, 40, 40, secret, NULL, NULL);
	uint8_t key[40] = { 7 };
	bool fresh;

	ck_assert_ptr_nonnull(h);
	hash_expect(h, key);
	hash_get(h, key, &fresh);
	hash_expect(h, key);
	key[39] = 1;
	ck_assert_ptr_null(hash_find(h, key));
	key[39] = 0;
	ck_assert_ptr_nonnull(hash_find(h, key));
	hash_free(h);
}
END_TEST

/* The other bytes are as the previous entry left them. */
START_TEST(only_the_requested_size_is_zeroed)
{
	struct hash *h = table(1, NULL);
	uint32_t key = 1;
	struct entry *e;
	bool fresh;

	hash_zero_only(h, offsetof(struct entry, wide));
	e = hash_get(h, &key, &fresh);
	e->value = 5;
	e->wide = 6;
	key = 2;
	e = hash_get(h, &key, &fresh);
	ck_assert(fresh);
	ck_assert_uint_eq(e->value, 0);
	ck_assert_uint_eq(e->wide, 6);
	hash_free(h);
}
END_TEST

/* --- a table that interfaces share --------------------------------------- */

struct owned {
	uint32_t id;
	uint32_t ifindex;
};

static struct hash *
shared_table(size_t capacity)
{
	struct hash *h = hash_new(capacity, sizeof(struct owned),
	    sizeof(struct owned), secret, NULL, NULL);

	ck_assert_ptr_nonnull(h);
	ck_assert(hash_share(h));
	return h;
}

static void
own(struct hash *h, uint32_t id, uint32_t ifindex)
{
	bool fresh;

	hash_get(h, &(struct owned){ id, ifindex }, &fresh);
}

static bool
owns(const struct hash *h, uint32_t id, uint32_t ifindex)
{
	return hash_find(h, &(struct owned){ id, ifindex }) != NULL;
}

START_TEST(a_full_table_takes_from_the_interface_with_most)
{
	struct hash *h = shared_table(8);

	for (uint32_t id = 0; id < 3; id++)
		own(h, id, 10);
	for (uint32_t id = 0; id < 10000; id++)
		own(h, 100 + id, 20);
	for (uint32_t id = 0; id < 3; id++)
		ck_assert(owns(h, id, 10));
	/* of the other one, the five youngest */
	for (uint32_t id = 0; id < 10000; id++)
		ck_assert_int_eq(owns(h, 100 + id, 20), id >= 9995);
	/* A third one gets places as well, until all have as many. */
	for (uint32_t id = 0; id < 10000; id++)
		own(h, id, 30);
	ck_assert(owns(h, 2, 10) && owns(h, 10099, 20) && owns(h, 9999, 30));
	hash_free(h);
}
END_TEST

START_TEST(one_key_on_several_interfaces_is_several_entries)
{
	struct hash *h = shared_table(8);
	const struct owned key = { 7, 0 }, *e;
	uint32_t at = 0, seen = 0;

	own(h, 7, 10);
	own(h, 8, 10);
	own(h, 7, 20);
	own(h, 7, 30);
	hash_expect(h, &key);
	ck_assert(owns(h, 7, 10) && !owns(h, 7, 11) && !owns(h, 8, 20));
	while ((e = hash_find_any(h, &key, &at))) {
		ck_assert_uint_eq(e->id, 7);
		seen += e->ifindex;
	}
	ck_assert_uint_eq(seen, 60);
	hash_free(h);
}
END_TEST

/* The lists of interfaces go along: evictions are as many, and of the right one. */
START_TEST(a_copy_of_a_shared_table_is_shared)
{
	struct hash *h = shared_table(8), *copy = shared_table(4);

	own(h, 1, 10);
	for (uint32_t id = 0; id < 100; id++)
		own(h, id, 20);
	hash_copy(copy, h);
	ck_assert_uint_eq(hash_count(copy), 4);
	ck_assert(owns(copy, 1, 10) && owns(copy, 99, 20) && !owns(copy, 96, 20));
	hash_free(h);
	hash_free(copy);
}
END_TEST

static void
add_order_tests(TCase *tc)
{
	tcase_add_test(tc, oldest_is_evicted_first);
	tcase_add_test(tc, get_makes_youngest_find_does_not);
	tcase_add_test(tc, get_makes_youngest_from_every_place);
	tcase_add_test(tc, pointers_stay_valid_while_others_are_evicted);
	tcase_add_test(tc, capacity_one);
	tcase_add_test(tc, key_may_lie_in_the_evicted_entry);
	tcase_add_test_raise_signal(tc,
	    callback_that_changes_the_table_is_caught, SIGABRT);
	tcase_add_loop_test(tc, random_operations_match_a_model, 0, 2 * (int)WALKS);
	tcase_add_test(tc, large_table_fills_and_evicts);
}

Suite *
hash_suite(void)
{
	Suite *s = suite_create("hash");
	TCase *sip = tcase_create("siphash");
	TCase *basic = tcase_create("table");
	TCase *order = tcase_create("age");
	TCase *shared = tcase_create("shared");

	tcase_add_loop_test(sip, siphash_official_vectors, 0,
	    sizeof(sip_vectors) / sizeof(sip_vectors[0]));
	tcase_add_test(sip, siphash_depends_on_both_halves_of_the_secret);
	suite_add_tcase(s, sip);

	tcase_add_test(basic, new_rejects_invalid_arguments);
	tcase_add_test(basic, empty_table);
	tcase_add_test(basic, get_creates_then_finds);
	tcase_add_test(basic, entries_are_aligned);
	tcase_add_test(basic, entry_may_be_its_key);
	tcase_add_test(basic, every_byte_of_the_key_counts);
	tcase_add_test(basic, colliding_keys_are_two_entries);
	tcase_add_test(basic, no_expected_key_is_not_a_key_of_zeros);
	tcase_add_test(basic, long_keys_are_not_expected);
	tcase_add_test(basic, only_the_requested_size_is_zeroed);
	suite_add_tcase(s, basic);

	add_order_tests(order);
	suite_add_tcase(s, order);
	tcase_add_test(shared, a_full_table_takes_from_the_interface_with_most);
	tcase_add_test(shared, one_key_on_several_interfaces_is_several_entries);
	tcase_add_test(shared, a_copy_of_a_shared_table_is_shared);
	suite_add_tcase(s, shared);
	return s;
}
