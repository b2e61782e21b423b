/* SPDX-License-Identifier: ISC
 *
 * The cursor at its limits. Critical buffers come from malloc() with their
 * exact size, so that ASan catches the first byte read or written past them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

Suite *wire_suite(void);

static const uint8_t seven[] = { 0x01, 0x82, 0x03, 0xf4, 0x05, 0x06, 0x07 };

START_TEST(reads_are_big_endian)
{
	struct rd r = rd_init(seven, sizeof(seven));

	ck_assert_uint_eq(rd_left(&r), 7);
	ck_assert_uint_eq(rd_u8(&r), 0x01);
	ck_assert_uint_eq(rd_u16(&r), 0x8203);
	ck_assert_uint_eq(rd_u32(&r), 0xf4050607);
	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert(!r.bad);
}
END_TEST

START_TEST(le_reads_and_writes_are_little_endian)
{
	struct rd r = rd_init(seven, sizeof(seven));
	uint8_t buf[6];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_le16(&w, rd_le16(&r));
	wr_le32(&w, rd_le32(&r));
	ck_assert_mem_eq(buf, seven, sizeof(buf));
	r = rd_init(seven, 6);
	ck_assert_uint_eq(rd_le16(&r), 0x8201);
	ck_assert_uint_eq(rd_le32(&r), 0x0605f403);
	/* A short read gives zero, not the bytes that are there. */
	r = rd_init(seven, 3);
	ck_assert_uint_eq(rd_le32(&r), 0);
	ck_assert(r.bad);
	r = rd_init(seven, 1);
	ck_assert_uint_eq(rd_le16(&r), 0);
	ck_assert(r.bad);
}
END_TEST

START_TEST(reads_up_to_the_end_are_good)
{
	size_t n;

	for (n = 0; n <= sizeof(seven); n++) {
		struct rd r = rd_init(seven, sizeof(seven));

		rd_skip(&r, sizeof(seven) - n);
		ck_assert_ptr_eq(rd_bytes(&r, n), seven + sizeof(seven) - n);
		ck_assert(!r.bad);
		ck_assert_uint_eq(rd_left(&r), 0);
	}
}
END_TEST

/* Every read, with 0..its size - 1 bytes left: zero, bad, nothing left. */
START_TEST(short_reads_give_zero_and_stick)
{
	static const size_t width[] = { 1, 2, 4 };
	size_t k, have;

	for (k = 0; k < 3; k++)
		for (have = 0; have < width[k]; have++) {
			uint8_t *buf = malloc(have ? have : 1);
			struct rd r;

			ck_assert_ptr_nonnull(buf);
			memset(buf, 0xff, have);
			r = rd_init(buf, have);
			ck_assert_uint_eq(width[k] == 1 ? rd_u8(&r) :
			    width[k] == 2 ? rd_u16(&r) : rd_u32(&r), 0);
			ck_assert(r.bad);
			ck_assert_uint_eq(rd_left(&r), 0);
			/* Narrower reads that would have fit come too late. */
			ck_assert_uint_eq(rd_u8(&r), 0);
			ck_assert(r.bad);
			free(buf);
		}
}
END_TEST

START_TEST(bad_stays_set_though_bytes_are_left)
{
	struct rd r = rd_init(seven, sizeof(seven));
	uint8_t out[2] = { 9, 9 };
	struct rd child;

	r.bad = true;	/* as a parser does with untrusted data */
	ck_assert_uint_eq(rd_u8(&r), 0);
	ck_assert_ptr_null(rd_bytes(&r, 0));
	rd_copy(&r, out, 2);
	ck_assert_uint_eq(out[0] | out[1], 0);
	child = rd_sub(&r, 0);
	ck_assert(child.bad);
	ck_assert(r.bad);
}
END_TEST

START_TEST(huge_lengths_do_not_wrap)
{
	struct rd r = rd_init(seven, sizeof(seven));
	struct wr w;
	uint8_t out[4];

	ck_assert_ptr_null(rd_bytes(&r, SIZE_MAX));
	ck_assert(r.bad);
	r = rd_init(seven, sizeof(seven));
	rd_skip(&r, SIZE_MAX - 2);
	ck_assert(r.bad);
	w = wr_init(out, sizeof(out));
	ck_assert_ptr_null(wr_room(&w, SIZE_MAX));
	ck_assert(w.bad);
	ck_assert_uint_eq(wr_len(&w), 0);
}
END_TEST

START_TEST(copy_is_all_or_zeros)
{
	struct rd r = rd_init(seven, sizeof(seven));
	uint8_t out[8];

	memset(out, 0xee, sizeof(out));
	rd_copy(&r, out, 7);
	ck_assert_mem_eq(out, seven, 7);
	ck_assert_uint_eq(out[7], 0xee);

	r = rd_init(seven, sizeof(seven));
	rd_copy(&r, out, 8);
	ck_assert_mem_eq(out, "\0\0\0\0\0\0\0\0", 8);
	ck_assert(r.bad);
}
END_TEST

START_TEST(copy_of_nothing_touches_nothing)
{
	struct rd r = rd_init(seven, 0);
	uint8_t out = 0xee;

	rd_copy(&r, &out, 0);
	ck_assert_uint_eq(out, 0xee);
	ck_assert(!r.bad);
}
END_TEST

START_TEST(no_buffer_is_an_empty_buffer)
{
	struct rd r = rd_init(NULL, 0);
	struct rd child = rd_sub(&r, 0);

	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert(!r.bad);
	ck_assert(!child.bad);
	ck_assert_uint_eq(rd_u8(&r), 0);
	ck_assert(r.bad);
}
END_TEST

START_TEST(child_cannot_see_past_its_tlv)
{
	struct rd r = rd_init(seven, sizeof(seven));
	struct rd child;

	rd_skip(&r, 1);
	child = rd_sub(&r, 2);
	ck_assert_uint_eq(rd_left(&child), 2);
	/* The buffer has the four bytes, but the TLV does not. */
	ck_assert_uint_eq(rd_u32(&child), 0);
	ck_assert(child.bad);
	/* The parent is after the TLV, and is still good. */
	ck_assert(!r.bad);
	ck_assert_uint_eq(rd_u8(&r), 0xf4);
}
END_TEST

START_TEST(child_longer_than_its_parent_is_empty_and_bad)
{
	struct rd r = rd_init(seven, sizeof(seven));
	struct rd child = rd_sub(&r, sizeof(seven) + 1);

	ck_assert(child.bad);
	ck_assert(r.bad);
	ck_assert_uint_eq(rd_left(&child), 0);
	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert_uint_eq(rd_u8(&child), 0);
}
END_TEST

START_TEST(grandchild_is_bounded_by_its_parent)
{
	/* outer TLV of 4 with an inner length of 200, followed by 0xaa */
	static const uint8_t bytes[] = { 82, 4, 1, 200, 'x', 'y', 0xaa, 0xaa };
	struct rd r = rd_init(bytes, sizeof(bytes));
	struct rd outer, inner;

	rd_skip(&r, 1);
	outer = rd_sub(&r, rd_u8(&r));
	rd_skip(&outer, 1);
	inner = rd_sub(&outer, rd_u8(&outer));
	ck_assert(inner.bad);
	ck_assert(outer.bad);
	ck_assert(!r.bad);
	ck_assert_uint_eq(rd_left(&r), 2);
}
END_TEST

START_TEST(empty_child_is_good)
{
	struct rd r = rd_init(seven, sizeof(seven));
	struct rd child = rd_sub(&r, 0);

	ck_assert(!child.bad);
	ck_assert_uint_eq(rd_left(&child), 0);
	rd_skip(&r, sizeof(seven));
	child = rd_sub(&r, 0);		/* at the very end, too */
	ck_assert(!child.bad);
	ck_assert(!r.bad);
}
END_TEST

START_TEST(writes_are_big_endian)
{
	static const uint8_t want[] = { 0x01, 0x82, 0x03, 0xf4, 0x05, 0x06,
	    0x07, 'a', 'b', 0, 0, 0, 9 };
	uint8_t *buf = malloc(sizeof(want));
	struct wr w = wr_init(buf, sizeof(want));
	uint8_t *room;

	ck_assert_ptr_nonnull(buf);
	memset(buf, 0xee, sizeof(want));
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x8203);
	wr_u32(&w, 0xf4050607);
	wr_bytes(&w, "ab", 2);
	wr_zeros(&w, 3);
	room = wr_room(&w, 1);
	ck_assert_ptr_eq(room, buf + 12);
	*room = 9;
	ck_assert(!w.bad);
	ck_assert_uint_eq(wr_left(&w), 0);
	ck_assert_uint_eq(wr_len(&w), sizeof(want));
	ck_assert_mem_eq(buf, want, sizeof(want));
	free(buf);
}
END_TEST

static void
write_kind(struct wr *w, int kind)
{
	switch (kind) {
	case 0:
		wr_u8(w, 0x11);
		break;
	case 1:
		wr_u16(w, 0x1122);
		break;
	case 2:
		wr_u32(w, 0x11223344);
		break;
	case 3:
		wr_bytes(w, "xyz", 3);
		break;
	case 4:
		wr_zeros(w, 3);
		break;
	}
}

/* Every write into every buffer that is too small writes nothing. */
START_TEST(write_that_does_not_fit_writes_nothing)
{
	static const size_t width[] = { 1, 2, 4, 3, 3 };
	int kind;
	size_t have, i;

	for (kind = 0; kind < 5; kind++)
		for (have = 0; have < width[kind]; have++) {
			uint8_t *buf = malloc(have ? have : 1);
			struct wr w;

			ck_assert_ptr_nonnull(buf);
			memset(buf, 0xee, have ? have : 1);
			w = wr_init(buf, have);
			write_kind(&w, kind);
			ck_assert(w.bad);
			ck_assert_uint_eq(wr_len(&w), 0);
			for (i = 0; i < have; i++)
				ck_assert_uint_eq(buf[i], 0xee);
			free(buf);
		}
}
END_TEST

START_TEST(after_an_overflow_nothing_is_written)
{
	uint8_t buf[4] = { 0xee, 0xee, 0xee, 0xee };
	struct wr w = wr_init(buf, sizeof(buf));

	wr_u8(&w, 1);
	wr_u32(&w, 0x11223344);
	ck_assert(w.bad);
	wr_u8(&w, 2);			/* would fit */
	wr_bytes(&w, "", 0);
	ck_assert_ptr_null(wr_room(&w, 0));
	ck_assert(w.bad);
	ck_assert_uint_eq(wr_len(&w), 1);
	ck_assert_mem_eq(buf, "\x01\xee\xee\xee", 4);
}
END_TEST

START_TEST(writing_nothing_is_good)
{
	uint8_t buf = 0xee;
	struct wr w = wr_init(&buf, 0);

	wr_bytes(&w, NULL, 0);
	wr_zeros(&w, 0);
	ck_assert(!w.bad);
	ck_assert_uint_eq(wr_len(&w), 0);
	ck_assert_uint_eq(buf, 0xee);
}
END_TEST

START_TEST(written_values_are_read_back)
{
	static const uint32_t v[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff,
	    0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff };
	uint8_t buf[7];
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r = rd_init(buf, sizeof(buf));

		wr_u8(&w, (uint8_t)v[i]);
		wr_u16(&w, (uint16_t)v[i]);
		wr_u32(&w, v[i]);
		ck_assert_uint_eq(rd_u8(&r), (uint8_t)v[i]);
		ck_assert_uint_eq(rd_u16(&r), (uint16_t)v[i]);
		ck_assert_uint_eq(rd_u32(&r), v[i]);
		ck_assert(!r.bad && !w.bad);
	}
}
END_TEST

Suite *
wire_suite(void)
{
	Suite *s = suite_create("wire");
	TCase *rd = tcase_create("reader");
	TCase *wr = tcase_create("writer");

	tcase_add_test(rd, reads_are_big_endian);
	tcase_add_test(rd, le_reads_and_writes_are_little_endian);
	tcase_add_test(rd, reads_up_to_the_end_are_good);
	tcase_add_test(rd, short_reads_give_zero_and_stick);
	tcase_add_test(rd, bad_stays_set_though_bytes_are_left);
	tcase_add_test(rd, huge_lengths_do_not_wrap);
	tcase_add_test(rd, copy_is_all_or_zeros);
	tcase_add_test(rd, copy_of_nothing_touches_nothing);
	tcase_add_test(rd, no_buffer_is_an_empty_buffer);
	tcase_add_test(rd, child_cannot_see_past_its_tlv);
	tcase_add_test(rd, child_longer_than_its_parent_is_empty_and_bad);
	tcase_add_test(rd, grandchild_is_bounded_by_its_parent);
	tcase_add_test(rd, empty_child_is_good);
	suite_add_tcase(s, rd);

	tcase_add_test(wr, writes_are_big_endian);
	tcase_add_test(wr, write_that_does_not_fit_writes_nothing);
	tcase_add_test(wr, after_an_overflow_nothing_is_written);
	tcase_add_test(wr, writing_nothing_is_good);
	tcase_add_test(wr, written_values_are_read_back);
	suite_add_tcase(s, wr);
	return s;
}
