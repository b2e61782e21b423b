/* SPDX-License-Identifier: ISC
 *
 * Address parsers as tables of good and bad strings; blocks and prefixes at
 * their first and last address.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

Suite *addr_suite(void);

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The string in a heap block of its exact size, so ASan catches reads past its
 * NUL. */
static char *
exact(const char *s)
{
	char *copy = strdup(s);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

static struct ip4
ip(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip4){ (uint32_t)a << 24 | (uint32_t)b << 16 |
	    (uint32_t)c << 8 | d };
}

static const struct {
	const char *s;
	uint32_t host;
} ip4_good[] = {
	{ "0.0.0.0", 0 },
	{ "255.255.255.255", 0xffffffff },
	{ "10.0.0.1", 0x0a000001 },
	{ "192.168.1.254", 0xc0a801fe },
	{ "1.2.3.4", 0x01020304 },
	{ "100.200.99.9", 0x64c86309 },
};

START_TEST(ip4_parses_valid_strings)
{
	struct ip4 a = { 0xdeadbeef };
	char buf[IP4_STRLEN], *s = exact(ip4_good[_i].s);

	ck_assert(ip4_parse(s, &a));
	ck_assert_uint_eq(a.host, ip4_good[_i].host);
	ck_assert_ptr_eq(ip4_str(a, buf), buf);
	ck_assert_str_eq(buf, s);
	free(s);
}
END_TEST

static const char *const ip4_bad[] = {
	"", " ", ".", "...", "1", "1.", "1.2", "1.2.3", "1.2.3.", ".1.2.3",
	"1.2.3.4.", "1.2.3.4.5", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "1. 2.3.4",
	"1.2.3.4\n", "256.1.1.1", "1.256.1.1", "1.1.256.1", "1.1.1.256",
	"1.1.1.300", "1.1.1.1000", "1.1.1.4294967297",
	"1.1.1.18446744073709551617", "01.2.3.4", "1.02.3.4", "1.2.3.04",
	"00.0.0.0", "000.0.0.0", "1.2.3.00", "+1.2.3.4", "-1.2.3.4", "1.2.3.-4",
	"0x1.2.3.4", "1.2.3.0x4", "a.b.c.d", "1.2.3.4a", "1.2.3.4/24",
	"1,2,3,4", "1:2:3:4", "167772161", "10.1", "localhost", "::1",
	"1.2.3.\xd9\xa4", "\xef\xbc\x91.2.3.4",
};

START_TEST(ip4_rejects_invalid_strings)
{
	struct ip4 a = { 0xdeadbeef };
	struct ip4net n = { { 0xdeadbeef }, 99 };
	char *s = exact(ip4_bad[_i]);

	ck_assert_msg(!ip4_parse(s, &a), "'%s' taken for an address", s);
	ck_assert_uint_eq(a.host, 0xdeadbeef);
	/* The net with a length is a valid prefix. */
	ck_assert_int_eq(ip4net_parse(s, &n), strcmp(s, "1.2.3.4/24") == 0);
	free(s);
}
END_TEST

static const struct {
	const char *s;
	uint32_t host;
	uint8_t plen;
} net_good[] = {
	{ "10.0.0.0/8", 0x0a000000, 8 },
	{ "0.0.0.0/0", 0, 0 },
	{ "1.2.3.4/32", 0x01020304, 32 },
	{ "1.2.3.4", 0x01020304, 32 },
	{ "192.168.1.1/24", 0xc0a80101, 24 },	/* host bits are kept */
	{ "1.2.3.4/9", 0x01020304, 9 },
	{ "1.2.3.4/30", 0x01020304, 30 },
};

START_TEST(net_parses_valid_strings)
{
	struct ip4net n = { { 0xdeadbeef }, 99 };
	char *s = exact(net_good[_i].s);

	ck_assert(ip4net_parse(s, &n));
	ck_assert_uint_eq(n.addr.host, net_good[_i].host);
	ck_assert_uint_eq(n.plen, net_good[_i].plen);
	free(s);
}
END_TEST

static const char *const net_bad[] = {
	"/", "/24", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/256", "1.2.3.4/-1",
	"1.2.3.4/+8", "1.2.3.4/08", "1.2.3.4/00", "1.2.3.4/8 ", "1.2.3.4/ 8",
	"1.2.3.4 /8", "1.2.3.4/8/8", "1.2.3.4//8", "1.2.3/24", "10/8",
	"1.2.3.4/x", "1.2.3.4/8x", "1.2.3.4/255.255.255.0",
	"1.2.3.4/4294967304", "1.2.3.4\\24",
};

START_TEST(net_rejects_invalid_strings)
{
	struct ip4net n = { { 0xdeadbeef }, 99 };
	char *s = exact(net_bad[_i]);

	ck_assert_msg(!ip4net_parse(s, &n), "'%s' taken for a prefix", s);
	ck_assert_uint_eq(n.addr.host, 0xdeadbeef);
	ck_assert_uint_eq(n.plen, 99);
	free(s);
}
END_TEST

static const char *const mac_good[] = {
	"b8:27:eb:0a:Fc:9D", "B8-27-EB-0A-FC-9D", "b8:27:eb:0a:fc:9d",
};

START_TEST(mac_parses_valid_strings)
{
	struct macprefix p;
	char buf[MAC_STRLEN], *s = exact(mac_good[_i]);

	ck_assert(macprefix_parse(s, &p));
	ck_assert_uint_eq(p.bits, 48);
	ck_assert_mem_eq(p.mac.b, "\xb8\x27\xeb\x0a\xfc\x9d", 6);
	ck_assert_ptr_eq(mac_str(&p.mac, buf), buf);
	ck_assert_str_eq(buf, "b8:27:eb:0a:fc:9d");
	free(s);
}
END_TEST

static const char *const mac_bad[] = {
	"", ":", "b", "b8:", "b8:27:eb:0a:fc:",
	"b8:27:eb:0a:fc:9", "b8:27:eb:0a:fc:9d:", "b8:27:eb:0a:fc:9d:01",
	"b8:27:eb:0a:fc:9d ", " b8:27:eb:0a:fc:9d", "b8:27:eb-0a:fc:9d",
	"b8-27-eb-0a-fc:9d", "b827eb0afc9d", "b827.eb0a.fc9d", "8:27:eb:a:fc:9d",
	"b8:27:eb:0a:fc:9g", "b8:27:eb:0a:fc:g9", "b8:27:eb:0a:fc:+9",
	"0xb8:27:eb:0a:fc:9d", "b8::27:eb:0a:fc", ":b8:27:eb:0a:fc:9d",
	"b8:27:eb:0a:fc:9dd", "b8 27 eb 0a fc 9d",
	"b8_27_eb_0a_fc_9d", "@@:@@:@@:@@:@@:@@", "``:``:``:``:``:``",
	"\xb8:27:eb:0a:fc:9d",
};

START_TEST(mac_rejects_invalid_strings)
{
	struct macprefix p;
	char *s = exact(mac_bad[_i]);

	memset(&p, 0xee, sizeof(p));
	ck_assert_msg(!macprefix_parse(s, &p), "'%s' accepted as a MAC address", s);
	ck_assert_mem_eq(p.mac.b, "\xee\xee\xee\xee\xee\xee", 6);
	free(s);
}
END_TEST

static const struct {
	const char *s;
	const char *bytes;
	uint8_t bits;
	const char *print;
} prefix_good[] = {
	{ "b8", "\xb8\0\0\0\0\0", 8, "b8" },
	{ "B8-27", "\xb8\x27\0\0\0\0", 16, "b8:27" },
	{ "b8:27:eb", "\xb8\x27\xeb\0\0\0", 24, "b8:27:eb" },
	{ "b8:27:eb:01", "\xb8\x27\xeb\x01\0\0", 32, "b8:27:eb:01" },
	{ "b8:27:eb:01:02", "\xb8\x27\xeb\x01\x02\0", 40, "b8:27:eb:01:02" },
	{ "b8:27:eb:01:02:03", "\xb8\x27\xeb\x01\x02\x03", 48,
	    "b8:27:eb:01:02:03" },
	{ "b8:27:eb:01:02:03/48", "\xb8\x27\xeb\x01\x02\x03", 48,
	    "b8:27:eb:01:02:03" },
	{ "aa:bb:cc:d0:00:00/28", "\xaa\xbb\xcc\xd0\0\0", 28,
	    "aa:bb:cc:d0:00:00/28" },
	/* Bits beyond the length do not matter. */
	{ "aa:bb:cc:df:ff:ff/28", "\xaa\xbb\xcc\xd0\0\0", 28,
	    "aa:bb:cc:d0:00:00/28" },
	{ "aa:bb:cc:df:ff:ff/24", "\xaa\xbb\xcc\0\0\0", 24, "aa:bb:cc" },
	{ "aa:bb:cc:df:ff:ff/47", "\xaa\xbb\xcc\xdf\xff\xfe", 47,
	    "aa:bb:cc:df:ff:fe/47" },
	{ "aa:bb:cc:df:ff:ff/1", "\x80\0\0\0\0\0", 1, "80:00:00:00:00:00/1" },
	{ "aa:bb:cc:df:ff:ff/0", "\0\0\0\0\0\0", 0, "00:00:00:00:00:00/0" },
};

START_TEST(prefix_parses_valid_strings)
{
	struct macprefix p, again;
	char buf[MACPREFIX_STRLEN], *s = exact(prefix_good[_i].s);

	ck_assert(macprefix_parse(s, &p));
	ck_assert_mem_eq(p.mac.b, prefix_good[_i].bytes, 6);
	ck_assert_uint_eq(p.bits, prefix_good[_i].bits);
	ck_assert_ptr_eq(macprefix_str(&p, buf), buf);
	ck_assert_str_eq(buf, prefix_good[_i].print);
	ck_assert(macprefix_parse(buf, &again));
	ck_assert_mem_eq(again.mac.b, p.mac.b, 6);
	ck_assert_uint_eq(again.bits, p.bits);
	free(s);
}
END_TEST

static const char *const prefix_bad[] = {
	"", "/", "/8", "b", "b8:", "b8:2", "b8:27:", "b8:27:eb:", "b8/8",
	"b8:27:eb/24", "b8:27-eb", "b827eb", "b8:27:eb*", "b8:27:eb:*",
	"b8:27:eb:01:02:03/", "b8:27:eb:01:02:03/49", "b8:27:eb:01:02:03/-1",
	"b8:27:eb:01:02:03/08", "b8:27:eb:01:02:03/8 ", "b8:27:eb:01:02:03/x",
	"b8:27:eb:01:02:03/4294967304", "b8:27:eb:01:02:03:04",
	"b8:27:eb:01:02:03:", "b8:27:eb:01:02:03 /8", "x",
};

START_TEST(prefix_rejects_invalid_strings)
{
	struct macprefix p;
	char *s = exact(prefix_bad[_i]);

	memset(&p, 0xee, sizeof(p));
	ck_assert_msg(!macprefix_parse(s, &p), "'%s' taken for a prefix", s);
	ck_assert_mem_eq(&p, "\xee\xee\xee\xee\xee\xee\xee", sizeof(p));
	free(s);
}
END_TEST

/* Flip every bit of a MAC address under every prefix length: only bits inside the
 * prefix matter. */
static const struct {
	const char *s;
	size_t len;
} hwaddrs[] = {
	{ "52:54:00:12:34:56", 6 }, { "52-54-00-12-34-56", 6 },
	{ "5254.0012.3456", 6 }, { "525400123456", 6 }, { "5254-00:12.3456", 6 },
	{ "52:54:00:12:34:56:78:9A:bc:dE", 10 }, { "52", 1 },
	{ "", 0 }, { ":", 0 }, { "5", 0 }, { "52:5", 0 }, { "52:54:", 0 },
	{ "52::54", 0 }, { ":52", 0 }, { "52 54", 0 }, { "5g", 0 },
	{ "52:54:00:12:34:56:78:9a:bc:de:f0", 0 },	/* longer than the room */
};

START_TEST(hardware_addresses_as_people_write_them)
{
	static const uint8_t all[10] = {
		0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde,
	};
	uint8_t out[sizeof(all)];
	char *s = exact(hwaddrs[_i].s);

	ck_assert_uint_eq(hwaddr_parse(s, out, sizeof(out)), hwaddrs[_i].len);
	ck_assert_mem_eq(out, all, hwaddrs[_i].len);
	free(s);
}
END_TEST

START_TEST(prefix_compares_only_its_bits)
{
	const struct mac base = { { 0xaa, 0x55, 0xcc, 0x33, 0xf0, 0x0f } };
	unsigned bits, flip;

	for (bits = 0; bits <= 48; bits++) {
		const struct macprefix p = { base, (uint8_t)bits };

		ck_assert(macprefix_has(&p, &base));
		for (flip = 0; flip < 48; flip++) {
			struct mac m = base;

			m.b[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
			ck_assert_int_eq(macprefix_has(&p, &m), flip >= bits);
		}
	}
}
END_TEST

static const struct {
	uint8_t first_byte;
	bool host, multicast;
} blocks[] = {
	{ 0, false, false },
	{ 1, true, false },
	{ 10, true, false },
	{ 127, true, false },
	{ 128, true, false },
	{ 223, true, false },
	{ 224, false, true },
	{ 239, false, true },
	{ 240, false, false },
	{ 255, false, false },
};

START_TEST(blocks_that_contain_no_hosts)
{
	struct ip4 low = ip(blocks[_i].first_byte, 0, 0, 0);
	struct ip4 high = ip(blocks[_i].first_byte, 255, 255, 255);

	ck_assert_int_eq(ip4_is_host(low), blocks[_i].host);
	ck_assert_int_eq(ip4_is_host(high), blocks[_i].host);
	ck_assert_int_eq(ip4_is_multicast(low), blocks[_i].multicast);
	ck_assert_int_eq(ip4_is_multicast(high), blocks[_i].multicast);
}
END_TEST

START_TEST(none_and_eq)
{
	ck_assert(ip4_is_none(IP4_NONE));
	ck_assert(!ip4_is_none(IP4_BROADCAST));
	ck_assert(!ip4_is_none(ip(0, 0, 0, 1)));
	ck_assert(ip4_eq(ip(1, 2, 3, 4), ip(1, 2, 3, 4)));
	ck_assert(!ip4_eq(ip(1, 2, 3, 4), ip(1, 2, 3, 5)));
	ck_assert(!ip4_eq(ip(1, 2, 3, 4), ip(4, 3, 2, 1)));
}
END_TEST

START_TEST(masks_of_all_lengths)
{
	uint32_t want = 0;
	uint8_t plen;

	for (plen = 0; plen <= 32; plen++) {
		ck_assert_uint_eq(ip4_mask(plen), want);
		want = want >> 1 | 0x80000000;
	}
	ck_assert_uint_eq(ip4_mask(33), 0xffffffff);
	ck_assert_uint_eq(ip4_mask(255), 0xffffffff);
}
END_TEST

START_TEST(net_has_its_first_and_last)
{
	struct ip4net n = { ip(10, 1, 2, 130), 25 };

	ck_assert(ip4net_has(n, ip(10, 1, 2, 128)));
	ck_assert(ip4net_has(n, ip(10, 1, 2, 255)));
	ck_assert(!ip4net_has(n, ip(10, 1, 2, 127)));
	ck_assert(!ip4net_has(n, ip(10, 1, 3, 0)));
	n.plen = 32;
	ck_assert(ip4net_has(n, ip(10, 1, 2, 130)));
	ck_assert(!ip4net_has(n, ip(10, 1, 2, 131)));
	n.plen = 0;
	ck_assert(ip4net_has(n, IP4_NONE));
	ck_assert(ip4net_has(n, IP4_BROADCAST));
}
END_TEST

static const struct {
	const char *net;
	const char *broadcast;
} broadcasts[] = {
	{ "10.1.2.3/24", "10.1.2.255" },
	{ "10.1.2.3/25", "10.1.2.127" },
	{ "10.1.2.3/8", "10.255.255.255" },
	{ "10.1.2.5/30", "10.1.2.7" },
	{ "10.1.2.4/31", "0.0.0.0" },
	{ "10.1.2.4/32", "0.0.0.0" },
	{ "10.1.2.4/0", "255.255.255.255" },
};

START_TEST(directed_broadcasts)
{
	struct ip4net n;
	char buf[IP4_STRLEN];

	ck_assert(ip4net_parse(broadcasts[_i].net, &n));
	ck_assert_str_eq(ip4_str(ip4net_broadcast(n), buf),
	    broadcasts[_i].broadcast);
}
END_TEST

/* The longest results end exactly at the last byte that the header promises. */
START_TEST(longest_prints_fit)
{
	const struct macprefix p = {
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe } }, 47 };
	char *a = malloc(IP4_STRLEN), *m = malloc(MAC_STRLEN);
	char *x = malloc(MACPREFIX_STRLEN);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(m);
	ck_assert_ptr_nonnull(x);
	ck_assert_str_eq(ip4_str(IP4_BROADCAST, a), "255.255.255.255");
	ck_assert_str_eq(mac_str(&p.mac, m), "ff:ff:ff:ff:ff:fe");
	ck_assert_str_eq(macprefix_str(&p, x), "ff:ff:ff:ff:ff:fe/47");
	free(a);
	free(m);
	free(x);
}
END_TEST

START_TEST(pairs_of_hex_digits)
{
	ck_assert_int_eq(hex_pair("00"), 0);
	ck_assert_int_eq(hex_pair("9fx"), 0x9f);
	ck_assert_int_eq(hex_pair("Af"), 0xaf);
	ck_assert_int_eq(hex_pair("ff"), 0xff);
	ck_assert_int_eq(hex_pair(""), -1);
	ck_assert_int_eq(hex_pair("1"), -1);
	ck_assert_int_eq(hex_pair("g0"), -1);
	ck_assert_int_eq(hex_pair("0G"), -1);
	ck_assert_int_eq(hex_pair("0x"), -1);
	ck_assert_int_eq(hex_pair(" 1"), -1);
}
END_TEST

Suite *
addr_suite(void)
{
	Suite *s = suite_create("addr");
	TCase *parse = tcase_create("parse");
	TCase *match = tcase_create("match");

	tcase_add_test(parse, pairs_of_hex_digits);
	tcase_add_loop_test(parse, ip4_parses_valid_strings, 0, COUNT(ip4_good));
	tcase_add_loop_test(parse, ip4_rejects_invalid_strings, 0, COUNT(ip4_bad));
	tcase_add_loop_test(parse, net_parses_valid_strings, 0, COUNT(net_good));
	tcase_add_loop_test(parse, net_rejects_invalid_strings, 0, COUNT(net_bad));
	tcase_add_loop_test(parse, mac_parses_valid_strings, 0, COUNT(mac_good));
	tcase_add_loop_test(parse, mac_rejects_invalid_strings, 0, COUNT(mac_bad));
	tcase_add_loop_test(parse, prefix_parses_valid_strings, 0, COUNT(prefix_good));
	tcase_add_loop_test(parse, prefix_rejects_invalid_strings, 0, COUNT(prefix_bad));
	tcase_add_loop_test(parse, hardware_addresses_as_people_write_them, 0,
	    COUNT(hwaddrs));
	tcase_add_test(parse, longest_prints_fit);
	suite_add_tcase(s, parse);

	tcase_add_test(match, prefix_compares_only_its_bits);
	tcase_add_loop_test(match, blocks_that_contain_no_hosts, 0, COUNT(blocks));
	tcase_add_test(match, none_and_eq);
	tcase_add_test(match, masks_of_all_lengths);
	tcase_add_test(match, net_has_its_first_and_last);
	tcase_add_loop_test(match, directed_broadcasts, 0, COUNT(broadcasts));
	suite_add_tcase(s, match);
	return s;
}
