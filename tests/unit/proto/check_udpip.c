/* SPDX-License-Identifier: ISC
 *
 * IPv4 and UDP headers: what is built parses back, and wrong lengths are
 * caught. Packets are exact-size heap blocks, so that ASan catches overruns.
 */
#include "proto/udpip.h"

#include <stdlib.h>
#include <string.h>

#include "base/csum.h"
#include "msg.h"

Suite *udpip_suite(void);

static uint8_t pkt[70000];
static size_t pkt_len;

static const struct udpip offer = {
	.src = { 4, .v4 = { 0x0a000001 } }, .dst = { 4, .v4 = { 0xffffffff } },
	.sport = 67, .dport = 68,
	.ttl = UDPIP_TTL,
};

/* A packet with n bytes of payload. */
static void
build(size_t n)
{
	struct udpip u = offer;

	for (size_t i = 0; i < n; i++)
		pkt[UDPIP_HEADERS + i] = (uint8_t)(i * 7 + 1);
	u.payload = pkt + UDPIP_HEADERS;
	u.payload_len = n;
	udpip_build(pkt, &u, 0x1234);
	pkt_len = UDPIP_HEADERS + n;
}

static enum drop
parse_as(struct udpip *u, bool verify)
{
	uint8_t *copy = msg_exact(pkt, pkt_len);
	enum drop d = udpip_parse(u, FAMILY4, copy, pkt_len, verify);

	if (d == DROP_NONE) {
		must(u->payload >= copy + UDPIP_HEADERS);
		must(u->payload + u->payload_len <= copy + pkt_len);
		u->payload = pkt + (u->payload - copy);
	}
	free(copy);
	return d;
}

static enum drop
verdict(void)
{
	struct udpip u;

	return parse_as(&u, true);
}

static void
put16(size_t at, unsigned int v)
{
	pkt[at] = (uint8_t)(v >> 8);
	pkt[at + 1] = (uint8_t)v;
}

/* Updates the checksum after a change to the IP header. */
static void
fix_ip_csum(void)
{
	put16(10, 0);
	put16(10, csum_fold(csum_add(0, pkt, (pkt[0] & 15) * 4u)));
}

START_TEST(built_header_is_the_known_one)
{
	/* checksums by another program, word by word as in RFC 1071 4.1 */
	static const uint8_t want[] = {
		0x45, 0x00, 0x00, 0x1f, 0x12, 0x34, 0x00, 0x00,
		0x40, 0x11, 0x5e, 0x9a, 0x0a, 0x00, 0x00, 0x01,
		0xff, 0xff, 0xff, 0xff, 0x00, 0x43, 0x00, 0x44,
		0x00, 0x0b, 0xe5, 0x48,
	};

	build(3);
	ck_assert(memcmp(pkt, want, sizeof(want)) == 0);
}
END_TEST

START_TEST(built_packets_parse_back)
{
	for (size_t n = 0; n <= 1500; n++) {
		struct udpip u;

		build(n);
		must(parse_as(&u, true) == DROP_NONE);
		must(ip_eq(u.src, offer.src) && ip_eq(u.dst, offer.dst));
		must(u.sport == 67 && u.dport == 68 && u.ttl == UDPIP_TTL);
		must(u.payload == pkt + UDPIP_HEADERS && u.payload_len == n);
	}
	build(65507);
	ck_assert_uint_eq(verdict(), DROP_NONE);
}
END_TEST

START_TEST(ttl_zero_is_never_sent)
{
	struct udpip u = offer;

	u.ttl = 0;
	udpip_build(pkt, &u, 0);
	ck_assert_uint_eq(pkt[8], UDPIP_TTL);
	u.ttl = 1;
	udpip_build(pkt, &u, 0);
	ck_assert_uint_eq(pkt[8], 1);
}
END_TEST

START_TEST(df_is_clear_and_ident_is_ours)
{
	build(10);
	ck_assert(memcmp(pkt + 4, "\x12\x34\0\0", 4) == 0);
}
END_TEST

/* The payload is chosen so that the sum is zero. */
START_TEST(computed_checksum_of_zero_is_sent_as_ones)
{
	unsigned int csum;

	build(2);
	put16(UDPIP_HEADERS, 0);
	{
		struct udpip u = offer;

		u.payload = pkt + UDPIP_HEADERS;
		u.payload_len = 2;
		udpip_build(pkt, &u, 0);
		csum = (unsigned int)pkt[26] << 8 | pkt[27];
		put16(UDPIP_HEADERS, csum);
		udpip_build(pkt, &u, 0);
	}
	ck_assert(pkt[26] == 0xff && pkt[27] == 0xff);
	ck_assert_uint_eq(verdict(), DROP_NONE);
}
END_TEST

START_TEST(zero_checksum_means_none)
{
	build(301);
	put16(26, 0);
	ck_assert_uint_eq(verdict(), DROP_NONE);
	pkt[UDPIP_HEADERS] ^= 1;
	ck_assert_uint_eq(verdict(), DROP_NONE);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
	for (size_t n = 300; n <= 301; n++)
		for (size_t bit = 0; bit < 8 * (UDPIP_HEADERS + n); bit++) {
			build(n);
			pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
			must(verdict() != DROP_NONE);
		}
}
END_TEST

START_TEST(checksum_is_not_verified_if_the_kernel_vouches_for_it)
{
	struct udpip u;

	build(300);
	pkt[UDPIP_HEADERS + 5] ^= 1;
	ck_assert_uint_eq(parse_as(&u, true), DROP_BAD_CHECKSUM);
	ck_assert_uint_eq(parse_as(&u, false), DROP_NONE);
	/* the IP header's is always verified */
	pkt[10] ^= 1;
	ck_assert_uint_eq(parse_as(&u, false), DROP_BAD_IP);
}
END_TEST

START_TEST(truncated_everywhere_is_short)
{
	build(300);
	for (size_t n = 0; n < UDPIP_HEADERS + 300; n++) {
		pkt_len = n;
		must(verdict() == DROP_SHORT);
	}
}
END_TEST

START_TEST(link_padding_is_not_payload)
{
	struct udpip u;

	build(5);
	memset(pkt + pkt_len, 0xa5, 40);
	for (int i = 0; i < 40; i++) {
		pkt_len++;
		must(parse_as(&u, true) == DROP_NONE);
		must(u.payload_len == 5);
	}
}
END_TEST

START_TEST(ip_total_length_lies)
{
	build(300);
	for (unsigned int total = 0; total <= 65535; total++) {
		enum drop want = total < 20 ? DROP_BAD_IP :
		    total > pkt_len || total < 28 ? DROP_SHORT :
		    total < pkt_len ? DROP_BAD_UDP : DROP_NONE;

		put16(2, total);
		fix_ip_csum();
		must(verdict() == want);
	}
}
END_TEST

START_TEST(udp_length_lies)
{
	build(300);
	for (unsigned int n = 0; n <= 65535; n++) {
		enum drop want = n < 8 || n > 308 ? DROP_BAD_UDP :
		    n < 308 ? DROP_BAD_CHECKSUM : DROP_NONE;

		put16(24, n);
		must(verdict() == want);
	}
}
END_TEST

/* A shorter UDP length is legal: the bytes after it are not data. */
START_TEST(udp_shorter_than_ip_is_trimmed)
{
	for (size_t n = 0; n < 50; n++) {
		struct udpip u;

		build(n);
		pkt_len += 9;
		put16(2, (unsigned int)pkt_len);
		fix_ip_csum();
		must(parse_as(&u, true) == DROP_NONE);
		must(u.payload_len == n);
	}
}
END_TEST

START_TEST(version_and_header_length)
{
	for (int first = 0; first < 256; first++) {
		build(300);
		pkt[0] = (uint8_t)first;
		if (first != 0x45)
			must(verdict() == DROP_BAD_IP);
	}
}
END_TEST

START_TEST(ip_options_are_skipped)
{
	for (size_t words = 1; words <= 10; words++) {
		struct udpip u;

		build(33);
		memmove(pkt + 20 + 4 * words, pkt + 20, 8 + 33);
		memset(pkt + 20, 1, 4 * words);	/* NOP */
		pkt[0] = (uint8_t)(0x45 + words);
		pkt_len += 4 * words;
		put16(2, (unsigned int)pkt_len);
		fix_ip_csum();
		must(parse_as(&u, true) == DROP_NONE);
		must(u.sport == 67 && u.payload_len == 33);
		must(u.payload == pkt + UDPIP_HEADERS + 4 * words);
		/* a header longer than the packet */
		put16(2, 20 + 4 * (unsigned int)words - 1);
		must(verdict() == DROP_BAD_IP);
	}
	build(0);
	pkt[0] = 0x4f;	/* a header of 60 bytes in a packet of 28 */
	put16(2, 60);
	ck_assert_uint_eq(verdict(), DROP_SHORT);
}
END_TEST

START_TEST(fragments_are_named)
{
	for (unsigned int bits = 0; bits <= 0xffff; bits++) {
		build(20);
		put16(6, bits);
		fix_ip_csum();
		/* DF and the reserved bit do not make a packet a fragment */
		must(verdict() ==
		    (bits & 0x3fff ? DROP_FRAGMENT : DROP_NONE));
	}
}
END_TEST

START_TEST(other_protocols_are_refused)
{
	for (int proto = 0; proto < 256; proto++) {
		build(20);
		pkt[9] = (uint8_t)proto;
		fix_ip_csum();
		must(verdict() == (proto == 17 ? DROP_NONE : DROP_BAD_IP));
	}
}
END_TEST

START_TEST(nothing_at_all_is_short)
{
	struct udpip u;

	ck_assert_uint_eq(udpip_parse(&u, FAMILY4, NULL, 0, true), DROP_SHORT);
}
END_TEST

START_TEST(empty_datagram_is_a_packet)
{
	struct udpip u;

	build(0);
	ck_assert_uint_eq(parse_as(&u, true), DROP_NONE);
	ck_assert_uint_eq(u.payload_len, 0);
}
END_TEST

/* RFC 791 3.2: all fragments but the last have a multiple of 8 bytes. */
START_TEST(fragments_are_the_packet)
{
	uint8_t hdr[UDPIP_HEADERS];
	struct udpip u = offer;
	size_t n, pieces = 0;

	u.payload_len = 3000;
	for (size_t at = 0; at < UDP_HEADER + 3000; at += n, pieces++) {
		n = udpip_build_fragment(hdr, &u, at, 1279, 0x1234);
		struct rd r = rd_init(hdr, sizeof(hdr));
		bool last = at + n == UDP_HEADER + 3000;

		ck_assert_uint_eq(n, last ? 3008 % 1256 : 1256);
		ck_assert_uint_eq(rd_u16(&r), 0x4500);
		ck_assert_uint_eq(rd_u16(&r), 20 + n);
		ck_assert_uint_eq(rd_u16(&r), 0x1234);
		ck_assert_uint_eq(rd_u16(&r), at / 8 | (last ? 0 : 0x2000));
		ck_assert_uint_eq(csum_fold(csum_add(0, hdr, 20)), 0);
		ck_assert_uint_eq(udpip_header_len(hdr), 20);
	}
	ck_assert_uint_eq(pieces, 3);
	u.payload_len = 1279 - UDPIP_HEADERS;
	ck_assert(!udpip_exceeds(&u, 1279));
	ck_assert(udpip_exceeds(&u, 1278));
	ck_assert(!udpip_exceeds(&u, 0));
}
END_TEST

Suite *
udpip_suite(void)
{
	Suite *s = suite_create("udpip");
	TCase *tc = tcase_create("build");

	tcase_add_test(tc, built_header_is_the_known_one);
	tcase_add_test(tc, built_packets_parse_back);
	tcase_add_test(tc, ttl_zero_is_never_sent);
	tcase_add_test(tc, df_is_clear_and_ident_is_ours);
	tcase_add_test(tc, computed_checksum_of_zero_is_sent_as_ones);
	tcase_add_test(tc, fragments_are_the_packet);
	suite_add_tcase(s, tc);

	tc = tcase_create("parse");
	tcase_add_test(tc, zero_checksum_means_none);
	tcase_add_test(tc, every_flipped_bit_is_noticed);
	tcase_add_test(tc, checksum_is_not_verified_if_the_kernel_vouches_for_it);
	tcase_add_test(tc, truncated_everywhere_is_short);
	tcase_add_test(tc, link_padding_is_not_payload);
	tcase_add_test(tc, ip_total_length_lies);
	tcase_add_test(tc, udp_length_lies);
	tcase_add_test(tc, udp_shorter_than_ip_is_trimmed);
	tcase_add_test(tc, version_and_header_length);
	tcase_add_test(tc, ip_options_are_skipped);
	tcase_add_test(tc, fragments_are_named);
	tcase_add_test(tc, other_protocols_are_refused);
	tcase_add_test(tc, nothing_at_all_is_short);
	tcase_add_test(tc, empty_datagram_is_a_packet);
	suite_add_tcase(s, tc);
	return s;
}
