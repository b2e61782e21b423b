/* SPDX-License-Identifier: ISC
 *
 * ICMP echo: a request with a correct checksum, and replies with wrong lengths,
 * types and checksums.
 */
#include "proto/icmp.h"

#include <stdlib.h>
#include <string.h>

#include "base/csum.h"
#include "msg.h"

Suite *icmp_suite(void);

/* 10.0.0.2 answers with identifier 0x5eed, sequence number 7; 20 + 16 bytes. */
static uint8_t reply[60 + ICMP_ECHO_LEN];
static size_t reply_len;

static void
make_reply(size_t options)
{
	uint8_t *icmp = reply + 20 + options;

	memset(reply, 0, sizeof(reply));
	reply_len = 20 + options + ICMP_ECHO_LEN;
	reply[0] = (uint8_t)(0x45 + options / 4);
	reply[3] = (uint8_t)reply_len;
	reply[8] = 64;
	reply[9] = 1;
	memcpy(reply + 12, "\12\0\0\2\12\0\0\1", 8);
	icmp_echo(icmp, ICMP_ECHO_LEN, 0x5eed0007);
	icmp[0] = 0;
	icmp[2] = icmp[3] = 0;
	uint16_t sum = csum_fold(csum_add(0, icmp, ICMP_ECHO_LEN));
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
}

static bool
parses(struct ip4 *from, uint32_t *token)
{
	uint8_t *copy = msg_exact(reply, reply_len);
	bool ok = icmp_reply_parse(copy, reply_len, from, token);

	free(copy);
	return ok;
}

static bool
is_taken(void)
{
	struct ip4 from;
	uint32_t token;

	return parses(&from, &token);
}

START_TEST(a_request_carries_token_and_checksum)
{
	uint8_t out[ICMP_ECHO_LEN];

	ck_assert_uint_eq(icmp_echo(out, sizeof(out), 0x12345678), ICMP_ECHO_LEN);
	ck_assert_mem_eq(out, "\10\0", 2);
	ck_assert_mem_eq(out + 4, "\x12\x34\x56\x78", 4);
	ck_assert_uint_eq(csum_fold(csum_add(0, out, sizeof(out))), 0);
	ck_assert_uint_eq(icmp_echo(out, ICMP_ECHO_LEN - 1, 1), 0);
}
END_TEST

START_TEST(a_reply_has_sender_and_token)
{
	struct ip4 from;
	uint32_t token;

	for (size_t options = 0; options <= 40; options += 4) {
		make_reply(options);
		ck_assert(parses(&from, &token));
		ck_assert_uint_eq(from.host, 0x0a000002);
		ck_assert_uint_eq(token, 0x5eed0007);
	}
}
END_TEST

START_TEST(everything_but_a_reply_is_refused)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} lies[] = {
		{ "IPv6", 0, 0x65 }, { "header of 16 bytes", 0, 0x44 },
		{ "header longer than the packet", 0, 0x4f },
		{ "total longer than the packet", 3, 37 },
		{ "total shorter than the header", 3, 19 },
		{ "a later fragment", 7, 1 }, { "more fragments", 6, 0x20 },
		{ "UDP", 9, 17 }, { "an echo request", 20, 8 },
		{ "a code", 21, 1 }, { "another checksum", 22, 0x55 },
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		make_reply(0);
		ck_assert(is_taken());
		reply[lies[i].at] = lies[i].value;
		ck_assert_msg(!is_taken(), "%s", lies[i].what);
	}
	make_reply(0);
	while (reply_len-- > 0)
		ck_assert(!is_taken());
}
END_TEST

/* Port 4011 of 10.0.0.2 cannot be reached from 192.0.2.50:68. The error quotes `n`
 * bytes of the datagram's payload, 'a', 'b', ... */
static uint8_t error[128];
static size_t error_len;

static void
check_again(void)
{
	uint8_t *icmp = error + 20;
	uint16_t sum;

	icmp[2] = icmp[3] = 0;
	sum = csum_fold(csum_add(0, icmp, error_len - 20));
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
}

static void
make_error(size_t n)
{
	memset(error, 0, sizeof(error));
	error_len = 20 + 8 + 28 + n;
	error[0] = 0x45;
	error[3] = (uint8_t)error_len;
	error[9] = 1;
	memcpy(error + 12, "\12\0\0\2\300\0\2\62", 8);
	memcpy(error + 20, "\3\3", 2);
	memcpy(error + 28, "\105\0\1\140\0\0\100\0\100\21\0\0"
	    "\300\0\2\62\12\0\0\2" "\0\104\17\253\1\114\0\0", 28);
	for (size_t i = 0; i < n; i++)
		error[56 + i] = (uint8_t)('a' + i);
	check_again();
}

static bool
tells(struct icmp_quote *q)
{
	uint8_t *copy = msg_exact(error, error_len);
	bool ok = icmp_unreachable_parse(copy, error_len, q);

	if (ok && q->len)
		ck_assert(q->data >= copy && q->data + q->len <= copy + error_len &&
		    q->data[0] == 'a');
	free(copy);
	return ok;
}

START_TEST(an_error_quotes_the_lost_datagram)
{
	struct icmp_quote q;

	for (size_t n = 0; n < 20; n++) {
		make_error(n);
		ck_assert(tells(&q));
		ck_assert_uint_eq(q.src.host, 0xc0000232);
		ck_assert_uint_eq(q.dst.host, 0x0a000002);
		ck_assert_uint_eq(q.sport, 68);
		ck_assert_uint_eq(q.dport, 4011);
		ck_assert_uint_eq(q.len, n);
	}
}
END_TEST

START_TEST(everything_but_an_error_is_refused)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} lies[] = {
		{ "fragmentation needed", 21, 4 }, { "time exceeded", 20, 11 },
		{ "quotes IPv6", 28, 0x65 }, { "quotes half a header", 28, 0x44 },
		{ "quotes a header longer than itself", 28, 0x4f },
		{ "quotes TCP", 37, 6 }, { "quotes a fragment", 35, 1 },
	};
	struct icmp_quote q;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		make_error(4);
		error[lies[i].at] = lies[i].value;
		check_again();
		ck_assert_msg(!tells(&q), "%s", lies[i].what);
	}
	make_error(4);
	error[22] ^= 1;
	ck_assert(!tells(&q));
	make_error(4);
	while (error_len-- > 0)
		ck_assert(!tells(&q));
	for (size_t n = 20; n < 56; n++) {	/* truncated, but otherwise correct */
		make_error(0);
		error_len = n;
		error[3] = (uint8_t)n;
		check_again();
		ck_assert(!tells(&q));
	}
}
END_TEST

Suite *
icmp_suite(void)
{
	Suite *s = suite_create("icmp");
	TCase *t = tcase_create("icmp");

	tcase_add_test(t, a_request_carries_token_and_checksum);
	tcase_add_test(t, a_reply_has_sender_and_token);
	tcase_add_test(t, everything_but_a_reply_is_refused);
	tcase_add_test(t, an_error_quotes_the_lost_datagram);
	tcase_add_test(t, everything_but_an_error_is_refused);
	suite_add_tcase(s, t);
	return s;
}
