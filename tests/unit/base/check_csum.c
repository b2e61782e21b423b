/* SPDX-License-Identifier: ISC
 *
 * Checksums against RFC 1071, word by word, and against packets with checksums
 * computed by others.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/csum.h"

Suite *csum_suite(void);

/* RFC 1071 1: 16-bit words, end-around carry at each addition. */
static uint16_t
naive(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	for (i = 0; i < len; i += 2) {
		sum += (uint32_t)(p[i] << 8 | (i + 1 < len ? p[i + 1] : 0));
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static uint32_t
prng(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static uint8_t *
random_bytes(uint32_t *state, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);
	size_t i;

	ck_assert_ptr_nonnull(p);
	for (i = 0; i < len; i++)
		p[i] = (uint8_t)prng(state);
	return p;
}

START_TEST(example_of_rfc1071)
{
	/* section 3: the sum is ddf2 */
	static const uint8_t p[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6,
	    0xf7 };

	ck_assert_uint_eq(csum_fold(csum_add(0, p, sizeof(p))), 0x220d);
}
END_TEST

START_TEST(empty_data_adds_nothing)
{
	ck_assert_uint_eq(csum_add(0, NULL, 0), 0);
	ck_assert_uint_eq(csum_add(0x12345678, "x", 0), 0x12345678);
	ck_assert_uint_eq(csum_fold(0), 0xffff);
	ck_assert_uint_eq(csum_fold(0xffff), 0);
	ck_assert_uint_eq(csum_fold(0xffffffff), 0);
	ck_assert_uint_eq(csum_fold(0x00010000), 0xfffe);
	ck_assert_uint_eq(csum_fold(0xffff0001), 0xfffe);
}
END_TEST

/* Every length up to 130 at every alignment, with random bytes and a random
 * initial sum; the copy has the exact length, for ASan. */
START_TEST(same_as_the_naive_sum)
{
	uint32_t state = 0x2545f491;
	size_t len, shift;

	for (len = 0; len <= 130; len++)
		for (shift = 0; shift < 9; shift++) {
			uint8_t *p = random_bytes(&state, shift + len);
			uint32_t sum = prng(&state);

			ck_assert_uint_eq(
			    csum_fold(csum_add(sum, p + shift, len)),
			    naive(sum, p + shift, len));
			free(p);
		}
}
END_TEST

/* Sums of all ones lose carries most easily. 64 KiB is more than any datagram. */
START_TEST(carries_are_kept)
{
	size_t len = 65536 + 7;
	uint8_t *p = malloc(len);

	ck_assert_ptr_nonnull(p);
	memset(p, 0xff, len);
	ck_assert_uint_eq(csum_fold(csum_add(0, p, len)), naive(0, p, len));
	ck_assert_uint_eq(csum_fold(csum_add(0xffffffff, p, len)),
	    naive(0xffffffff, p, len));
	/* The 32-bit sum overflows in either half of a word and in the tail. */
	ck_assert_uint_eq(csum_fold(csum_add(0xffffffff, "\0\1\0\0\0\0\0\0", 8)),
	    0xfffe);
	ck_assert_uint_eq(csum_fold(csum_add(0xffffffff, "\0\0\0\0\0\1\0\0", 8)),
	    0xfffe);
	ck_assert_uint_eq(csum_fold(csum_add(0xffffffff, "\1", 1)), 0xfeff);
	free(p);
}
END_TEST

START_TEST(only_zeros_sum_to_zero)
{
	uint8_t p[9] = { 0 };
	size_t i;

	ck_assert_uint_eq(csum_add(0, p, sizeof(p)), 0);
	/* One's complement has two zeros; the sum of nonzero data is never +0. */
	for (i = 0; i + 1 < sizeof(p); i++) {
		memset(p, 0, sizeof(p));
		p[i] = p[i + 1] = 0xff;
		ck_assert_uint_ne(csum_add(0, p, sizeof(p)), 0);
	}
}
END_TEST

/* The data may be split at any even offset; the last piece may have odd length. */
START_TEST(pieces_add_up)
{
	uint32_t state = 0xdeadbeef;
	uint8_t *p = random_bytes(&state, 61);
	uint16_t whole = naive(0, p, 61);
	size_t a, b;

	for (a = 0; a <= 61; a += 2)
		for (b = a; b <= 61; b += 2) {
			uint32_t sum = csum_add(0, p, a);

			sum = csum_add(sum, p + a, b - a);
			sum = csum_add(sum, p + b, 61 - b);
			ck_assert_uint_eq(csum_fold(sum), whole);
		}
	free(p);
}
END_TEST

START_TEST(data_with_its_checksum_sums_to_zero)
{
	uint32_t state = 7;
	size_t len;

	for (len = 2; len < 100; len++) {
		uint8_t *p = random_bytes(&state, len);
		uint16_t c;

		p[0] = p[1] = 0;
		c = csum_fold(csum_add(0, p, len));
		p[0] = (uint8_t)(c >> 8);
		p[1] = (uint8_t)c;
		ck_assert_uint_eq(csum_fold(csum_add(0, p, len)), 0);
		p[len - 1] ^= 1;
		ck_assert_uint_ne(csum_fold(csum_add(0, p, len)), 0);
		free(p);
	}
}
END_TEST

/* A captured IPv4 header, whose checksum is b861. */
START_TEST(ipv4_header)
{
	uint8_t h[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40,
	    0x11, 0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	ck_assert_uint_eq(csum_fold(csum_add(0, h, sizeof(h))), 0);
	h[10] = h[11] = 0;
	ck_assert_uint_eq(csum_fold(csum_add(0, h, sizeof(h))), 0xb861);
}
END_TEST

/* The pseudo-header must equal its bytes as RFC 768 draws them. */
START_TEST(pseudo_header_is_twelve_bytes)
{
	uint32_t state = 99;
	int i;

	for (i = 0; i < 1000; i++) {
		uint32_t src = i ? prng(&state) : 0xffffffff;
		uint32_t dst = i ? prng(&state) : 0xffffffff;
		uint16_t len = (uint16_t)(i ? prng(&state) : 0xffff);
		const uint8_t p[12] = {
			(uint8_t)(src >> 24), (uint8_t)(src >> 16),
			(uint8_t)(src >> 8), (uint8_t)src,
			(uint8_t)(dst >> 24), (uint8_t)(dst >> 16),
			(uint8_t)(dst >> 8), (uint8_t)dst,
			0, 17, (uint8_t)(len >> 8), (uint8_t)len,
		};

		ck_assert_uint_eq(csum_fold(csum_pseudo4((struct ip4){ src },
		    (struct ip4){ dst }, 17, len)), naive(0, p, 12));
	}
}
END_TEST

Suite *
csum_suite(void)
{
	Suite *s = suite_create("csum");
	TCase *tc = tcase_create("csum");

	tcase_add_test(tc, example_of_rfc1071);
	tcase_add_test(tc, empty_data_adds_nothing);
	tcase_add_test(tc, same_as_the_naive_sum);
	tcase_add_test(tc, carries_are_kept);
	tcase_add_test(tc, only_zeros_sum_to_zero);
	tcase_add_test(tc, pieces_add_up);
	tcase_add_test(tc, data_with_its_checksum_sums_to_zero);
	tcase_add_test(tc, ipv4_header);
	tcase_add_test(tc, pseudo_header_is_twelve_bytes);
	suite_add_tcase(s, tc);
	return s;
}
