/* SPDX-License-Identifier: ISC
 *
 * IPv6 addresses and prefixes as text, and the classes of them that a relay asks about.
 * Strings are exact-size heap blocks, so that ASan catches overruns.
 */
#include "base/ip6.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ipnet.h"
#include "msg.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

Suite *ip6_suite(void);

static char *
exact(const char *s)
{
	return (char *)msg_exact(s, strlen(s) + 1);
}

static struct ip6
ip(const char *s)
{
	struct ip6 a;
	char *copy = exact(s);

	ck_assert_msg(ip6_parse(copy, &a), "%s", s);
	free(copy);
	return a;
}

static bool
net_has(const char *net, const char *addr)
{
	struct ipnet n;

	ck_assert_msg(ipnet_parse(net, &n), "%s", net);
	return ip6net_has((struct ip6net){ n.addr.v6, n.plen }, ip(addr));
}

/* --- text ------------------------------------------------------------------ */

static const struct {
	const char *text, *bytes, *print;
} good[] = {
	{ "::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "::" },
	{ "::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1" },
	{ "fe80::", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "fe80::" },
	{ "2001:db8::17", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x17", "2001:db8::17" },
	{ "FF02::1:2", "\xff\2\0\0\0\0\0\0\0\0\0\0\0\1\0\2", "ff02::1:2" },
	{ "1:2:3:4:5:6:7:8", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10", "1:2:3:4:5:6:7:8" },
	/* RFC 5952 4: no leading zeros, the longest run of zeros, the first of two equal
	 * ones, no :: for a single field, lower case */
	{ "2001:0db8:0000:0000:0001:0000:0000:0001",
	    "\x20\1\x0d\xb8\0\0\0\0\0\1\0\0\0\0\0\1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "\x20\1\x0d\xb8\0\0\0\1\0\1\0\1\0\1\0\1",
	    "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "\x20\1\0\0\0\0\0\1\0\0\0\0\0\0\0\1", "2001:0:0:1::1" },
	{ "2001:DB8::ABCD", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\xab\xcd", "2001:db8::abcd" },
	{ "::ffff:192.0.2.1", "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", "::ffff:192.0.2.1" },
	{ "64:ff9b::192.0.2.1", "\0\x64\xff\x9b\0\0\0\0\0\0\0\0\xc0\0\2\1",
	    "64:ff9b::c000:201" },
};

START_TEST(good_strings)
{
	struct ip6 a;
	char *s = exact(good[_i].text), buf[IP6_STRLEN];

	ck_assert(ip6_parse(s, &a));
	ck_assert_mem_eq(a.b, good[_i].bytes, sizeof(a.b));
	ck_assert_ptr_eq(ip6_str(a, buf), buf);
	ck_assert_str_eq(buf, good[_i].print);
	ck_assert(ip6_eq(ip(buf), a));
	free(s);
}
END_TEST

static const char *const bad[] = {
	"", " ", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
	"::1 ", " ::1", "::1\n", ":1::", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8",
	"12345::", "::00001", "::g", "::-1", "::+1", "::0x1", "2001:db8:::1",
	"::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4", "1.2.3.4", "1.2.3.4::",
	"fe80::1%eth0", "fe80::1%2", "[::1]", "::1/64", "::/0", "localhost",
	"1:2:3:4:5:6:7:1.2.3.4",
};

START_TEST(bad_strings)
{
	struct ip6 a = { { [3] = 0xee } }, before = a;
	char *s = exact(bad[_i]);

	ck_assert_msg(!ip6_parse(s, &a), "'%s' taken for an address", s);
	ck_assert(ip6_eq(a, before));
	free(s);
}
END_TEST

/* Its last byte is the last that the header promises. */
START_TEST(longest_print_fits)
{
	char *buf = malloc(IP6_STRLEN);

	ck_assert_ptr_nonnull(buf);
	ck_assert_str_eq(ip6_str(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), buf),
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	free(buf);
}
END_TEST

START_TEST(every_address_prints_and_parses_back)
{
	struct prng p = { 5952 };
	char buf[IP6_STRLEN];

	for (int i = 0; i < 20000; i++) {
		struct ip6 a;

		prng_fill(&p, a.b, sizeof(a.b));
		/* runs of zeros of every kind */
		for (size_t k = 0, zero = prng_next(&p); k < 16; k++)
			if (zero >> k / 2 & 1)
				a.b[k] = 0;
		must(ip6_eq(ip(ip6_str(a, buf)), a));
	}
}
END_TEST

/* --- classes --------------------------------------------------------------- */

static const struct {
	const char *text;
	bool host, global, linklocal, multicast, ula;
} classes[] = {
	{ "::",				false, false, false, false, false },
	{ "::1",			false, false, false, false, false },
	{ "::2",			true, true, false, false, false },
	{ "100::1",			true, true, false, false, false },
	{ "2001:db8::1",		true, true, false, false, false },
	{ "::ffff:192.0.2.1",		false, false, false, false, false },
	{ "::ffff:0:0",			false, false, false, false, false },
	{ "::fffe:192.0.2.1",		true, true, false, false, false },
	{ "::1:ffff:192.0.2.1",		true, true, false, false, false },
	{ "64:ff9b::192.0.2.1",		true, true, false, false, false },
	{ "fbff::1",			true, true, false, false, false },
	{ "fc00::1",			true, true, false, false, true },
	{ "fdff:ffff::1",		true, true, false, false, true },
	{ "fe00::1",			true, true, false, false, false },
	{ "fe7f:ffff::1",		true, true, false, false, false },
	{ "fe80::",			true, false, true, false, false },
	{ "fe80::1",			true, false, true, false, false },
	{ "febf:ffff::1",		true, false, true, false, false },
	{ "fec0::1",			true, true, false, false, false },
	{ "feff::1",			true, true, false, false, false },
	{ "ff00::",			false, false, false, true, false },
	{ "ff02::1:2",			false, false, false, true, false },
	{ "ff05::1:3",			false, false, false, true, false },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false, false, true, false },
};

START_TEST(classes_and_their_borders)
{
	struct ip6 a = ip(classes[_i].text);

	ck_assert_int_eq(ip6_is_host(a), classes[_i].host);
	ck_assert_int_eq(ip6_is_global(a), classes[_i].global);
	ck_assert_int_eq(ip6_is_linklocal(a), classes[_i].linklocal);
	ck_assert_int_eq(ip6_is_multicast(a), classes[_i].multicast);
	ck_assert_int_eq(ip6_is_ula(a), classes[_i].ula);
	ck_assert_int_eq(ip6_is_scoped(a), classes[_i].linklocal || classes[_i].multicast);
	if (!classes[_i].multicast)
		ck_assert_int_eq(ip6_is_target(a), classes[_i].host);
}
END_TEST

/* The scope is in the second byte, beside the flags. */
START_TEST(groups_beyond_the_host_are_targets)
{
	ck_assert(!ip6_is_target(ip("ff00::1")));
	ck_assert(!ip6_is_target(ip("ff01::1")));
	ck_assert(!ip6_is_target(ip("ff11::1")));
	ck_assert(ip6_is_target(ip("ff02::1:2")));
	ck_assert(ip6_is_target(ip("ff05::1:3")));
	ck_assert(ip6_is_target(ip("ff3e::1")));
}
END_TEST

START_TEST(none_and_eq)
{
	struct ip6 a = ip("2001:db8::1");

	ck_assert(ip6_is_none(IP6_NONE));
	ck_assert(ip6_is_none(ip("::")));
	for (unsigned bit = 0; bit < 128; bit++) {
		struct ip6 b = a, one = IP6_NONE;

		must(ip6_eq(a, b));
		b.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		must(!ip6_eq(a, b));
		one.b[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		must(!ip6_is_none(one));
	}
}
END_TEST

/* --- prefixes -------------------------------------------------------------- */

/* Every bit of an address under every length: it matters inside, not outside. */
START_TEST(net_has_looks_at_its_bits_only)
{
	struct ip6 base = ip("2001:db8:55aa:cc33:f00f:1234:8000:1");

	for (unsigned plen = 0; plen <= 128; plen++) {
		struct ip6net n = { base, (uint8_t)plen };

		must(ip6net_has(n, base));
		for (unsigned bit = 0; bit < 128; bit++) {
			struct ip6 a = base;

			a.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			must(ip6net_has(n, a) == (bit >= plen));
		}
	}
}
END_TEST

START_TEST(net_has_its_first_and_last)
{
	ck_assert(net_has("2001:db8:0:8::/61", "2001:db8:0:8::"));
	ck_assert(net_has("2001:db8:0:8::/61", "2001:db8:0:f:ffff:ffff:ffff:ffff"));
	ck_assert(!net_has("2001:db8:0:8::/61", "2001:db8:0:10::"));
	ck_assert(!net_has("2001:db8:0:8::/61", "2001:db8:0:7:ffff:ffff:ffff:ffff"));
	ck_assert(net_has("2001:db8::1", "2001:db8::1"));
	ck_assert(!net_has("2001:db8::1", "2001:db8::2"));
	ck_assert(net_has("::/0", "ff02::1"));
	/* host bits do not matter */
	ck_assert(net_has("2001:db8::1/64", "2001:db8::2"));
}
END_TEST

/* The length of an IA Prefix is a byte that a server chooses. */
START_TEST(length_above_128_is_128)
{
	struct ip6net n = { ip("2001:db8::1"), 0 };

	for (unsigned plen = 129; plen <= 255; plen++) {
		n.plen = (uint8_t)plen;
		must(ip6net_has(n, ip("2001:db8::1")));
		must(!ip6net_has(n, ip("2001:db8::")));
	}
}
END_TEST

Suite *
ip6_suite(void)
{
	Suite *s = suite_create("ip6");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, good_strings, 0, COUNT(good));
	tcase_add_loop_test(tc, bad_strings, 0, COUNT(bad));
	tcase_add_test(tc, longest_print_fits);
	tcase_add_test(tc, every_address_prints_and_parses_back);
	suite_add_tcase(s, tc);

	tc = tcase_create("match");
	tcase_add_loop_test(tc, classes_and_their_borders, 0, COUNT(classes));
	tcase_add_test(tc, groups_beyond_the_host_are_targets);
	tcase_add_test(tc, none_and_eq);
	tcase_add_test(tc, net_has_looks_at_its_bits_only);
	tcase_add_test(tc, net_has_its_first_and_last);
	tcase_add_test(tc, length_above_128_is_128);
	suite_add_tcase(s, tc);
	return s;
}
