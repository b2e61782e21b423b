/* SPDX-License-Identifier: ISC
 *
 * IPv6 and UDP headers: what is built parses back, and wrong lengths are caught.
 * Packets are exact-size heap blocks, so that ASan catches overruns.
 */
#include "proto/udpip.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *udpip6_suite(void);

static uint8_t pkt[70000];
static size_t pkt_len;

/* fe80::1 to fe80::5e:10ff:fe00:1, as a reply goes to a client. */
static const struct udpip reply = {
	.src = { 6, .v6 = { { 0xfe, 0x80, [15] = 1 } } },
	.dst = { 6, .v6 = { { 0xfe, 0x80, [8] = 0, 0, 0x5e, 0x10, 0xff, 0xfe, 0, 1 } } },
	.sport = 547, .dport = 546, .ttl = UDPIP_TTL,
};

/* A packet with n bytes of payload. */
static void
build(size_t n)
{
	struct udpip u = reply;

	for (size_t i = 0; i < n; i++)
		pkt[UDPIP6_HEADERS + i] = (uint8_t)(i * 7 + 1);
	u.payload = pkt + UDPIP6_HEADERS;
	u.payload_len = n;
	udpip_build(pkt, &u, 0);
	pkt_len = UDPIP6_HEADERS + n;
}

static enum drop
parse_as(struct udpip *u, bool verify)
{
	uint8_t *copy = msg_exact(pkt, pkt_len);
	enum drop d = udpip_parse(u, FAMILY6, copy, pkt_len, verify);

	if (d == DROP_NONE) {
		must(u->payload >= copy + UDPIP6_HEADERS);
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

/* --- building -------------------------------------------------------------- */

START_TEST(built_header_is_the_known_one)
{
	/* checksum by another program, word by word as in RFC 1071 4.1 */
	static const uint8_t want[] = {
		0x60, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x11, 0x40,
		0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
		0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x5e, 0x10, 0xff, 0xfe, 0x00, 0x01,
		0x02, 0x23, 0x02, 0x22, 0x00, 0x0b, 0x90, 0x78,
	};

	build(3);
	ck_assert_mem_eq(pkt, want, sizeof(want));
}
END_TEST

START_TEST(built_packets_parse_back)
{
	for (size_t n = 0; n <= 1500; n++) {
		struct udpip u;

		build(n);
		must(parse_as(&u, true) == DROP_NONE);
		must(ip_eq(u.src, reply.src) && ip_eq(u.dst, reply.dst));
		must(u.sport == 547 && u.dport == 546 && u.ttl == UDPIP_TTL);
		must(u.payload == pkt + UDPIP6_HEADERS && u.payload_len == n);
	}
	build(65527);
	ck_assert_uint_eq(verdict(), DROP_NONE);
}
END_TEST

START_TEST(fragments_are_the_packet)
{
	uint8_t hdr[UDPIP6_HEADERS];
	struct udpip u = reply;
	size_t n, pieces = 0;

	build(3000);
	u.payload = pkt + UDPIP6_HEADERS;
	u.payload_len = 3000;
	for (size_t at = 0; at < UDP_HEADER + 3000; at += n) {
		n = udpip_build_fragment(hdr, &u, at, 1280, 0x1234);
		struct rd r = rd_init(hdr, sizeof(hdr));
		bool last = at + n == UDP_HEADER + 3000;

		ck_assert_uint_eq(n, last ? 3008 % 1232 : 1232);
		ck_assert_uint_eq(rd_u32(&r), 6u << 28);
		ck_assert_uint_eq(rd_u16(&r), 8 + n);
		ck_assert_uint_eq(rd_u16(&r), 44 << 8 | UDPIP_TTL);
		ck_assert_mem_eq(r.p, pkt + 8, 32);
		rd_skip(&r, 32);
		ck_assert_uint_eq(rd_u16(&r), UDPIP_PROTO_UDP << 8);
		ck_assert_uint_eq(rd_u16(&r), at | !last);
		ck_assert_uint_eq(rd_u32(&r), 0x1234);
		pieces++;
	}
	ck_assert_uint_eq(pieces, 3);
}
END_TEST

START_TEST(hop_limit_zero_is_never_sent)
{
	struct udpip u = reply;

	u.ttl = 0;
	udpip_build(pkt, &u, 0);
	ck_assert_uint_eq(pkt[7], UDPIP_TTL);
	u.ttl = 1;
	udpip_build(pkt, &u, 0);
	ck_assert_uint_eq(pkt[7], 1);
}
END_TEST

/* The payload is chosen so that the sum is zero. */
START_TEST(computed_checksum_of_zero_is_sent_as_ones)
{
	struct udpip u = reply;
	unsigned int csum;

	build(2);
	put16(UDPIP6_HEADERS, 0);
	u.payload = pkt + UDPIP6_HEADERS;
	u.payload_len = 2;
	udpip_build(pkt, &u, 0);
	csum = (unsigned int)pkt[46] << 8 | pkt[47];
	put16(UDPIP6_HEADERS, csum);
	udpip_build(pkt, &u, 0);
	ck_assert(pkt[46] == 0xff && pkt[47] == 0xff);
	ck_assert_uint_eq(verdict(), DROP_NONE);
}
END_TEST

/* --- parsing --------------------------------------------------------------- */

/* RFC 8200 8.1: unlike in IPv4, it does not mean "none". */
START_TEST(zero_checksum_is_wrong)
{
	struct udpip u;

	build(301);
	put16(46, 0);
	ck_assert_uint_eq(verdict(), DROP_BAD_CHECKSUM);
	ck_assert_uint_eq(parse_as(&u, false), DROP_NONE);
}
END_TEST

/* ... also where it would be right: the sum of this packet is zero. */
START_TEST(zero_checksum_is_wrong_even_if_it_adds_up)
{
	struct udpip u = reply;

	build(2);
	put16(UDPIP6_HEADERS, 0);
	u.payload = pkt + UDPIP6_HEADERS;
	u.payload_len = 2;
	udpip_build(pkt, &u, 0);
	memcpy(pkt + UDPIP6_HEADERS, pkt + 46, 2);
	put16(46, 0);
	ck_assert_uint_eq(verdict(), DROP_BAD_CHECKSUM);
}
END_TEST

/* All but traffic class, flow label and hop limit are in a sum or checked. */
START_TEST(every_flipped_bit_is_noticed)
{
	for (size_t n = 300; n <= 301; n++)
		for (size_t bit = 0; bit < 8 * (UDPIP6_HEADERS + n); bit++) {
			bool free_to_vary = (bit >= 4 && bit < 32) || (bit >= 56 && bit < 64);

			build(n);
			pkt[bit / 8] ^= (uint8_t)(1 << (7 - bit % 8));
			must((verdict() == DROP_NONE) == free_to_vary);
		}
}
END_TEST

START_TEST(checksum_is_not_asked_when_the_kernel_vouches)
{
	struct udpip u;

	build(300);
	pkt[UDPIP6_HEADERS + 5] ^= 1;
	ck_assert_uint_eq(parse_as(&u, true), DROP_BAD_CHECKSUM);
	ck_assert_uint_eq(parse_as(&u, false), DROP_NONE);
}
END_TEST

START_TEST(truncated_everywhere_is_short)
{
	build(300);
	for (size_t n = 0; n < UDPIP6_HEADERS + 300; n++) {
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

START_TEST(ip_payload_length_lies)
{
	build(300);
	for (unsigned int n = 0; n <= 65535; n++) {
		put16(4, n);
		must(verdict() == (n < 8 || n > 308 ? DROP_SHORT :
		    n < 308 ? DROP_BAD_UDP : DROP_NONE));
	}
}
END_TEST

START_TEST(udp_length_lies)
{
	build(300);
	for (unsigned int n = 0; n <= 65535; n++) {
		put16(44, n);
		must(verdict() == (n < 8 || n > 308 ? DROP_BAD_UDP :
		    n < 308 ? DROP_BAD_CHECKSUM : DROP_NONE));
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
		put16(4, (unsigned int)pkt_len - 40);
		must(parse_as(&u, true) == DROP_NONE);
		must(u.payload_len == n);
	}
}
END_TEST

START_TEST(only_version_6)
{
	for (int first = 0; first < 256; first++) {
		build(300);
		pkt[0] = (uint8_t)first;
		must(verdict() == (first >> 4 == 6 ? DROP_NONE : DROP_BAD_IP));
	}
}
END_TEST

/* Hop-by-hop, routing and destination options are extension headers, 44 is a fragment. */
START_TEST(other_next_headers_are_refused)
{
	for (int next = 0; next < 256; next++) {
		build(20);
		pkt[6] = (uint8_t)next;
		must(verdict() == (next == 17 ? DROP_NONE : next == 44 ? DROP_FRAGMENT :
		    next == 0 || next == 43 || next == 60 ? DROP_EXT_HEADER : DROP_BAD_IP));
	}
}
END_TEST

/* RFC 2675: the length of a jumbogram is 0, the real one is in an extension header. */
START_TEST(jumbogram_is_an_extension_header)
{
	build(20);
	pkt[6] = 0;
	put16(4, 0);
	ck_assert_uint_eq(verdict(), DROP_EXT_HEADER);
}
END_TEST

START_TEST(nothing_at_all_is_short)
{
	struct udpip u;

	ck_assert_uint_eq(udpip_parse(&u, FAMILY6, NULL, 0, true), DROP_SHORT);
}
END_TEST

START_TEST(empty_datagram_is_a_packet)
{
	struct udpip u = reply;

	u.payload = NULL;
	udpip_build(pkt, &u, 0);
	pkt_len = UDPIP6_HEADERS;
	ck_assert_uint_eq(parse_as(&u, true), DROP_NONE);
	ck_assert_uint_eq(u.payload_len, 0);
}
END_TEST

START_TEST(random_bytes_never_confuse_the_parser)
{
	struct prng p = { 8200 };

	for (int i = 0; i < 20000; i++) {
		struct udpip u;

		build(prng_below(&p, 60));
		for (unsigned n = prng_below(&p, 6); n > 0; n--)
			pkt[prng_below(&p, (uint32_t)pkt_len)] = (uint8_t)prng_next(&p);
		pkt_len -= prng_below(&p, 3);
		(void)parse_as(&u, i % 2);
	}
}
END_TEST

Suite *
udpip6_suite(void)
{
	Suite *s = suite_create("udpip6");
	TCase *tc = tcase_create("build");

	tcase_add_test(tc, built_header_is_the_known_one);
	tcase_add_test(tc, built_packets_parse_back);
	tcase_add_test(tc, fragments_are_the_packet);
	tcase_add_test(tc, hop_limit_zero_is_never_sent);
	tcase_add_test(tc, computed_checksum_of_zero_is_sent_as_ones);
	suite_add_tcase(s, tc);

	tc = tcase_create("parse");
	tcase_add_test(tc, zero_checksum_is_wrong);
	tcase_add_test(tc, zero_checksum_is_wrong_even_if_it_adds_up);
	tcase_add_test(tc, every_flipped_bit_is_noticed);
	tcase_add_test(tc, checksum_is_not_asked_when_the_kernel_vouches);
	tcase_add_test(tc, truncated_everywhere_is_short);
	tcase_add_test(tc, link_padding_is_not_payload);
	tcase_add_test(tc, ip_payload_length_lies);
	tcase_add_test(tc, udp_length_lies);
	tcase_add_test(tc, udp_shorter_than_ip_is_trimmed);
	tcase_add_test(tc, only_version_6);
	tcase_add_test(tc, other_next_headers_are_refused);
	tcase_add_test(tc, jumbogram_is_an_extension_header);
	tcase_add_test(tc, nothing_at_all_is_short);
	tcase_add_test(tc, empty_datagram_is_a_packet);
	tcase_add_test(tc, random_bytes_never_confuse_the_parser);
	suite_add_tcase(s, tc);
	return s;
}
