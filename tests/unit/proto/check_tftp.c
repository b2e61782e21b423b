/* SPDX-License-Identifier: ISC
 *
 * TFTP: the bytes of a read request, and which first packets prove that a
 * server works.
 */
#include "proto/tftp.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *tftp_suite(void);

START_TEST(a_read_request_has_the_bytes_of_the_rfcs)
{
	static const char want[] = "\0\1boot\\x64\\wdsnbp.com\0octet\0tsize\0" "0";
	uint8_t out[TFTP_RRQ_MAX];

	ck_assert_uint_eq(tftp_rrq(out, sizeof(out), "boot\\x64\\wdsnbp.com", true),
	    sizeof(want));
	ck_assert_mem_eq(out, want, sizeof(want));
}
END_TEST

START_TEST(no_request_without_a_name_or_room)
{
	char name[TFTP_FILE_MAX + 2];
	uint8_t out[TFTP_RRQ_MAX];

	memset(name, 'a', sizeof(name));
	name[TFTP_FILE_MAX + 1] = '\0';
	ck_assert_uint_eq(tftp_rrq(out, sizeof(out), "", true), 0);
	ck_assert_uint_eq(tftp_rrq(out, sizeof(out), name, true), 0);
	name[TFTP_FILE_MAX] = '\0';
	ck_assert_uint_eq(tftp_rrq(out, sizeof(out), name, true), TFTP_RRQ_MAX);
	ck_assert_uint_eq(tftp_rrq(out, TFTP_RRQ_MAX - 1, name, true), 0);
}
END_TEST

START_TEST(options_are_read_by_name)
{
	static const char oack[] = "\0\6tsize\0" "1234\0BLKSIZE\0" "1468\0bad\0x1\0last\0" "56";
	uint8_t *copy = msg_exact(oack, sizeof(oack) - 1);

	ck_assert_uint_eq(tftp_option(copy, sizeof(oack) - 1, "tsize"), 1234);
	ck_assert_uint_eq(tftp_option(copy, sizeof(oack) - 1, "blksize"), 1468);
	ck_assert_uint_eq(tftp_option(copy, sizeof(oack) - 1, "bad"), 0);
	ck_assert_uint_eq(tftp_option(copy, sizeof(oack) - 1, "last"), 56);
	ck_assert_uint_eq(tftp_option(copy, sizeof(oack) - 1, "1234"), 0);
	for (size_t n = 0; n < 14; n++)
		ck_assert_uint_le(tftp_option(copy, n, "tsize"), 1234);
	free(copy);
}
END_TEST

START_TEST(an_error_ends_in_its_nul)
{
	static const char want[] = "\0\5\0\10done";
	uint8_t out[TFTP_ERROR_MAX];

	ck_assert_uint_eq(tftp_error(out, sizeof(out), TFTP_NEGOTIATION, "done"),
	    sizeof(want));
	ck_assert_mem_eq(out, want, sizeof(want));
	ck_assert_uint_eq(tftp_error(out, 8, TFTP_NEGOTIATION, "done"), 0);
}
END_TEST

static const struct {
	const char *what, *bytes;
	size_t len;
	bool parses, answers, began;
} packets[] = {
	{ "OACK", "\0\6tsize\0" "12", 10, true, true, true },
	{ "OACK without options", "\0\6", 2, true, true, true },
	{ "DATA, first block", "\0\3\0\1abc", 7, true, true, true },
	{ "DATA, empty first block", "\0\3\0\1", 4, true, true, true },
	{ "DATA, another block", "\0\3\0\2abc", 7, true, false, false },
	{ "ERROR not found", "\0\5\0\1no", 7, true, true, false },
	{ "ERROR without its NUL", "\0\5\0\0", 4, true, true, false },
	{ "ACK", "\0\4\0\0", 4, true, false, false },
	{ "our own request", "\0\1a\0octet", 10, true, false, false },
	{ "DATA cut short", "\0\3\0", 3, false, false, false },
	{ "ERROR cut short", "\0\5", 2, false, false, false },
	{ "one byte", "\0", 1, false, false, false },
	{ "nothing", "", 0, false, false, false },
	{ "operation 0", "\0\0\0\1", 4, false, false, false },
	{ "operation 7", "\0\7\0\1", 4, false, false, false },
	{ "operation 0x0103", "\1\3\0\1", 4, false, false, false },
};

START_TEST(first_packets_are_told_apart)
{
	uint8_t *p = msg_exact(packets[_i].bytes, packets[_i].len);
	struct tftp t;
	bool parses = tftp_parse(&t, p, packets[_i].len);

	ck_assert_msg(parses == packets[_i].parses, "%s", packets[_i].what);
	if (parses) {
		ck_assert_msg(tftp_answers(&t) == packets[_i].answers, "%s",
		    packets[_i].what);
		ck_assert_msg(tftp_began(&t) == packets[_i].began, "%s",
		    packets[_i].what);
	}
	free(p);
}
END_TEST

Suite *
tftp_suite(void)
{
	Suite *s = suite_create("tftp");
	TCase *t = tcase_create("tftp");

	tcase_add_test(t, a_read_request_has_the_bytes_of_the_rfcs);
	tcase_add_test(t, no_request_without_a_name_or_room);
	tcase_add_test(t, options_are_read_by_name);
	tcase_add_test(t, an_error_ends_in_its_nul);
	tcase_add_loop_test(t, first_packets_are_told_apart, 0,
	    sizeof(packets) / sizeof(packets[0]));
	suite_add_tcase(s, t);
	return s;
}
