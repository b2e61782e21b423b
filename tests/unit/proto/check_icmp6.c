/* SPDX-License-Identifier: ISC
 *
 * ICMPv6: echo, the bytes of a router solicitation, and what is read from advertisements.
 */
#include "proto/icmp6.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *icmp6_suite(void);

#define HEAD "86 00 0000 40"	/* type, code, checksum, hop limit */
#define TIMES "00000000 00000000"
#define PREFIX(valid) "03 04 40 c0" valid "00000e10 00000000 20010db8001000000000000000000000"
#define MAC "01 01 020000000001"

/* n: prefixes; -1: refused */
static const struct {
	const char *hex;
	int n;
	bool managed, other;
	unsigned lifetime;
} adverts[] = {
	{ HEAD "00 0708" TIMES, 0, false, false, 1800 },
	{ HEAD "80 0708" TIMES, 0, true, false, 1800 },
	{ HEAD "40 0000" TIMES, 0, false, true, 0 },
	{ HEAD "c0 0708" TIMES MAC PREFIX("00000e10"), 1, true, true, 1800 },
	{ HEAD "80 0708" TIMES PREFIX("00000e10") PREFIX("ffffffff") MAC, 2, true, false,
	    1800 },
	{ HEAD "80 0708" TIMES PREFIX("00000000"), 0, true, false, 1800 },
	{ HEAD "80 0708" TIMES "00 00", -1, false, false, 0 },
	{ HEAD "80 0708" TIMES "01 02 020000000001", -1, false, false, 0 },
	{ HEAD "80 0708" TIMES "03 01 40c0 00000e10", 0, true, false, 1800 },
	{ HEAD "80 0708 00000000 000000", -1, false, false, 0 },
	{ "85 00 0000 40 80 0708" TIMES, -1, false, false, 0 },
	{ "86 01 0000 40 80 0708" TIMES, -1, false, false, 0 },
	{ "", -1, false, false, 0 },
};

START_TEST(advertisements_are_read)
{
	uint8_t data[256];
	size_t len = msg_hex(adverts[_i].hex, data, sizeof(data));
	struct icmp6_advert a;

	ck_assert_int_eq(icmp6_advert_parse(&a, data, len), adverts[_i].n >= 0);
	if (adverts[_i].n < 0)
		return;
	ck_assert_int_eq(a.n_prefix, adverts[_i].n);
	ck_assert_int_eq(a.managed, adverts[_i].managed);
	ck_assert_int_eq(a.other, adverts[_i].other);
	ck_assert_uint_eq(a.lifetime, adverts[_i].lifetime);
	for (unsigned i = 0; i < a.n_prefix; i++) {
		ck_assert_uint_eq(a.prefix[i].plen, 64);
		ck_assert(ip6_eq(a.prefix[i].addr, ip_v6(world_at("2001:db8:10::"))));
	}
}
END_TEST

START_TEST(no_more_prefixes_are_read_than_there_is_room_for)
{
	uint8_t data[16 + 32 * (ICMP6_PREFIXES_MAX + 2)];
	size_t len = msg_hex(HEAD "80 0708" TIMES, data, sizeof(data));
	struct icmp6_advert a;

	while (len < sizeof(data))
		len += msg_hex(PREFIX("00000e10"), data + len, sizeof(data) - len);
	ck_assert(icmp6_advert_parse(&a, data, len));
	ck_assert_uint_eq(a.n_prefix, ICMP6_PREFIXES_MAX);
}
END_TEST

START_TEST(an_echo_returns_its_token)
{
	uint8_t out[ICMP6_ECHO_LEN];
	uint32_t token;

	ck_assert_uint_eq(icmp6_echo(out, sizeof(out), 0x5eed1234), sizeof(out));
	ck_assert_uint_eq(out[0], 128);
	ck_assert(!icmp6_reply_parse(out, sizeof(out), &token));
	out[0] = ICMP6_ECHO_REPLY;
	ck_assert(icmp6_reply_parse(out, sizeof(out), &token));
	ck_assert_uint_eq(token, 0x5eed1234);
	ck_assert(!icmp6_reply_parse(out, 7, &token));
	out[1] = 1;
	ck_assert(!icmp6_reply_parse(out, sizeof(out), &token));
	ck_assert_uint_eq(icmp6_echo(out, sizeof(out) - 1, 1), 0);
}
END_TEST

START_TEST(a_solicitation_has_no_options)
{
	static const uint8_t want[ICMP6_SOLICIT_LEN] = { 133 };
	uint8_t out[ICMP6_SOLICIT_LEN];

	ck_assert_uint_eq(icmp6_solicit(out, sizeof(out)), sizeof(out));
	ck_assert_mem_eq(out, want, sizeof(want));
	ck_assert_uint_eq(icmp6_solicit(out, sizeof(out) - 1), 0);
}
END_TEST

Suite *
icmp6_suite(void)
{
	Suite *s = suite_create("icmp6");
	TCase *t = tcase_create("icmp6");

	tcase_add_loop_test(t, advertisements_are_read, 0,
	    sizeof(adverts) / sizeof(adverts[0]));
	tcase_add_test(t, no_more_prefixes_are_read_than_there_is_room_for);
	tcase_add_test(t, an_echo_returns_its_token);
	tcase_add_test(t, a_solicitation_has_no_options);
	suite_add_tcase(s, t);
	return s;
}
