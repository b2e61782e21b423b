/* SPDX-License-Identifier: ISC
 *
 * Blocks of a capture file, byte for byte as draft-ietf-opsawg-pcapng draws
 * them, and found again in a stream. t-capture.sh checks that tshark agrees.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "proto/pcapng.h"

Suite *pcapng_suite(void);

static uint8_t buf[4096];
static struct wr w;

static void
begin(void)
{
	memset(buf, 0xaa, sizeof(buf));
	w = wr_init(buf, sizeof(buf));
}

static int
digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* One byte of the stream; hex is for the failure message. */
static void
expect_byte(size_t at, const char *digits, const char *hex)
{
	must(at < wr_len(&w));
	ck_assert_msg(buf[at] == (digit(digits[0]) << 4 | digit(digits[1])),
	    "byte %zu is %02x: ...%s", at, buf[at], hex);
}

/* Words are numbers in normal notation; those with a dot are literal bytes. */
static void
expect(const char *hex)
{
	size_t n = 0;

	for (const char *p = hex; *p;) {
		bool bytes = *p == '.';
		size_t len = strcspn(p += bytes, " ");

		for (size_t i = 0; i < len; i += 2)
			expect_byte(n++, bytes ? p + i : p + len - 2 - i, p);
		p += len + strspn(p + len, " ");
	}
	ck_assert_uint_eq(wr_len(&w), n);
	ck_assert(!w.bad);
	w = wr_init(buf, sizeof(buf));
}

START_TEST(a_section_has_byte_order_and_application)
{
	pcapng_section(&w, "pxr 1");
	expect("0a0d0d0a 0000002c 1a2b3c4d 0001 0000 ffffffffffffffff"
	    " 0004 0005 .7078722031 000000"
	    " 0000 0000 0000002c");
	pcapng_section(&w, NULL);
	expect("0a0d0d0a 00000020 1a2b3c4d 0001 0000 ffffffffffffffff"
	    " 0000 0000 00000020");
}
END_TEST

START_TEST(an_interface_has_its_name_and_nanoseconds)
{
	pcapng_interface(&w, PCAPNG_ETHERNET, 0x4040, "vlan10", NULL);
	expect("00000001 0000002c 0001 0000 00004040"
	    " 0002 0006 .766c616e3130 0000"
	    " 0009 0001 09 000000"
	    " 0000 0000 0000002c");
	pcapng_interface(&w, PCAPNG_IPV4, 1, "ab12", "x");
	expect("00000001 00000030 00e4 0000 00000001"
	    " 0002 0004 .61623132"
	    " 0003 0001 78 000000"
	    " 0009 0001 09 000000"
	    " 0000 0000 00000030");
}
END_TEST

START_TEST(a_packet_has_time_lengths_comment_and_direction)
{
	struct pcapng_packet p = {
		.interface = 7, .flags = PCAPNG_INBOUND | PCAPNG_BROADCAST,
		.ns = 0x0102030405060708, .head = "\x11\x12\x13", .head_len = 3,
		.body = "\x21\x22", .body_len = 2, .wire_len = 9,
		.comment = "relayed",
	};

	pcapng_packet(&w, &p);
	expect("00000006 00000040 00000007 01020304 05060708 00000005 00000009"
	    " .111213 .2122 000000"
	    " 0001 0007 .72656c61796564 00"
	    " 0002 0004 0000000d"
	    " 0000 0000 00000040");
}
END_TEST

START_TEST(a_packet_without_a_comment_and_as_long_as_captured)
{
	struct pcapng_packet p = {
		.flags = PCAPNG_OUTBOUND | PCAPNG_UNICAST,
		.head = "\1\2\3\4", .head_len = 4, .wire_len = 1,
	};

	pcapng_packet(&w, &p);
	expect("00000006 00000030 00000000 00000000 00000000 00000004 00000004"
	    " .01020304"
	    " 0002 0004 00000006"
	    " 0000 0000 00000030");
}
END_TEST

START_TEST(statistics_have_received_and_dropped)
{
	struct pcapng_block b;
	struct rd r;

	pcapng_stats(&w, 3, 0x1122334455667788, 5000000000, 2);
	ck_assert_uint_eq(wr_len(&w), PCAPNG_STATS_LEN);
	expect("00000005 00000034 00000003 11223344 55667788"
	    " 0004 0008 000000012a05f200"
	    " 0005 0008 0000000000000002"
	    " 0000 0000 00000034");
	r = rd_init(buf, PCAPNG_STATS_LEN);
	ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_WHOLE);
	ck_assert_uint_eq(pcapng_dropped(&b), 2);
}
END_TEST

START_TEST(a_block_that_does_not_fit_is_not_begun)
{
	struct pcapng_packet p = { .head = buf, .head_len = 20, .comment = "x" };
	uint8_t small[200];

	for (size_t size = 0; size < 80; size++) {
		memset(small, 0x55, sizeof(small));
		w = wr_init(small, size);
		pcapng_packet(&w, &p);
		if (!w.bad) {
			ck_assert_uint_eq(wr_len(&w), 72);
			ck_assert_uint_ge(size, 72);
		} else {
			ck_assert_uint_lt(size, 72);
			ck_assert_ptr_eq(w.p, small);
		}
		must(small[size] == 0x55);
	}
}
END_TEST

START_TEST(a_stream_is_split_at_block_boundaries)
{
	struct pcapng_packet p = { .interface = 9, .head = "abc", .head_len = 3 };
	static const uint32_t type[] = { PCAPNG_SECTION, PCAPNG_INTERFACE,
	    PCAPNG_PACKET, PCAPNG_STATS };
	struct pcapng_block b;
	uint32_t number;
	size_t all, n = 0;

	pcapng_section(&w, "x");
	pcapng_interface(&w, PCAPNG_IPV4, 1, "y", "z");
	pcapng_packet(&w, &p);
	pcapng_stats(&w, 9, 1, 2, 3);
	all = wr_len(&w);
	/* Only whole blocks are returned, however much of the stream has arrived. */
	for (size_t there = 0; there <= all; there++) {
		uint8_t *exact = msg_exact(buf, there);
		struct rd r = rd_init(exact, there);

		for (n = 0; pcapng_next(&r, &b) == PCAPNG_WHOLE; n++) {
			ck_assert_uint_eq(b.type, type[n]);
			if (n >= 2)
				must(pcapng_interface_of(&b, &number) &&
				    number == 9);
			else
				must(!pcapng_interface_of(&b, &number));
		}
		ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_MORE);
		free(exact);
	}
	ck_assert_uint_eq(n, 4);
}
END_TEST

START_TEST(an_invalid_block_is_detected)
{
	static const uint32_t bad[] = { 0, 4, 8, 11, 13, 14, PCAPNG_BLOCK_MAX + 4,
	    UINT32_MAX };
	struct pcapng_block b;
	struct rd r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w = wr_init(buf, sizeof(buf));
		wr_u32(&w, PCAPNG_PACKET << 24);
		wr_bytes(&w, &(uint8_t[]){ (uint8_t)bad[i], (uint8_t)(bad[i] >> 8),
		    (uint8_t)(bad[i] >> 16), (uint8_t)(bad[i] >> 24) }, 4);
		r = rd_init(buf, sizeof(buf));
		ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_BAD);
		ck_assert_ptr_eq(r.p, buf);
	}
	w = wr_init(buf, sizeof(buf));
	pcapng_stats(&w, 1, 1, 1, 1);
	buf[PCAPNG_STATS_LEN - 4] ^= 4;	/* the trailing length differs */
	r = rd_init(buf, PCAPNG_STATS_LEN);
	ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_BAD);
}
END_TEST

START_TEST(a_block_that_is_too_short_has_no_number)
{
	struct pcapng_block b;
	uint32_t number;
	struct rd r;

	wr_bytes(&w, "\5\0\0\0" "\14\0\0\0" "\14\0\0\0", 12);
	r = rd_init(buf, 12);
	ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_WHOLE);
	ck_assert(!pcapng_interface_of(&b, &number));
	ck_assert_uint_eq(pcapng_dropped(&b), 0);
}
END_TEST

START_TEST(an_interface_number_is_replaced_in_place)
{
	struct pcapng_block b;
	uint32_t number;
	struct rd r;

	pcapng_stats(&w, 1, 1, 1, 77);
	pcapng_set_interface(buf, 0x01020304);
	r = rd_init(buf, wr_len(&w));
	ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_WHOLE);
	ck_assert(pcapng_interface_of(&b, &number));
	ck_assert_uint_eq(number, 0x01020304);
	ck_assert_uint_eq(pcapng_dropped(&b), 77);
}
END_TEST

Suite *
pcapng_suite(void)
{
	Suite *s = suite_create("pcapng");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_test(t, a_section_has_byte_order_and_application);
	tcase_add_test(t, an_interface_has_its_name_and_nanoseconds);
	tcase_add_test(t, a_packet_has_time_lengths_comment_and_direction);
	tcase_add_test(t, a_packet_without_a_comment_and_as_long_as_captured);
	tcase_add_test(t, statistics_have_received_and_dropped);
	tcase_add_test(t, a_block_that_does_not_fit_is_not_begun);
	tcase_add_test(t, a_stream_is_split_at_block_boundaries);
	tcase_add_test(t, an_invalid_block_is_detected);
	tcase_add_test(t, a_block_that_is_too_short_has_no_number);
	tcase_add_test(t, an_interface_number_is_replaced_in_place);
	suite_add_tcase(s, t);
	return s;
}
