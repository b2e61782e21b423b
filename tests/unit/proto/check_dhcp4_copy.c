/* SPDX-License-Identifier: ISC
 *
 * Some options are left out of a copy, and nothing else changes.
 */
#include "proto/dhcp4.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *dhcp4_copy_suite(void);

static const uint8_t pxe[] = { 60, 43 };
static struct msg in, want;

/* Copies from an exact-size buffer into another one and compares with `want`. */
static void
cut_gives_want(void)
{
	uint8_t *from = msg_exact(in.b, in.len), *to = malloc(in.len);
	struct dhcp4 m;
	size_t len;

	must(to != NULL);
	must(dhcp4_parse(&m, from, in.len) == DROP_NONE);
	len = dhcp4_copy_without(to, &m, pxe, sizeof(pxe));
	ck_assert_uint_eq(len, want.len);
	ck_assert_mem_eq(to, want.b, len);
	free(from);
	free(to);
}

static void
begin(void)
{
	msg_init(&in, BOOTREPLY);
	msg_init(&want, BOOTREPLY);
}

static void
both_opt(uint8_t code, const char *text)
{
	msg_opt_text(&in, code, text);
	msg_opt_text(&want, code, text);
}

static void
both_end(void)
{
	msg_end(&in);
	msg_end(&want);
}

START_TEST(every_instance_is_removed_wherever_it_is)
{
	begin();
	msg_opt_text(&in, 60, "PXEClient");
	both_opt(53, "\2");
	msg_opt_text(&in, 43, "abc");
	msg_opt_text(&in, 60, "");
	both_opt(67, "file");
	msg_opt_text(&in, 43, "def");
	both_end();
	msg_pad(&in, 400);
	/* bytes after END are copied, too */
	msg_pad(&want, 400 - 11 - 5 - 2 - 5);
	cut_gives_want();
}
END_TEST

START_TEST(pads_between_options_stay)
{
	begin();
	both_opt(53, "\2");
	msg_u8(&in, 0);
	msg_u8(&want, 0);
	msg_opt_text(&in, 60, "PXEClient");
	msg_u8(&in, 0);
	msg_u8(&want, 0);
	both_opt(12, "x");
	both_end();
	msg_pad(&in, 400);
	msg_pad(&want, 389);
	cut_gives_want();
}
END_TEST

START_TEST(nothing_to_cut_is_a_plain_copy)
{
	begin();
	both_opt(53, "\2");
	both_end();
	msg_bytes(&in, "behind", 6);
	msg_bytes(&want, "behind", 6);
	cut_gives_want();
}
END_TEST

/* Not shorter than the original, up to BOOTP's size. */
START_TEST(zeros_make_up_to_300_bytes)
{
	begin();
	both_opt(53, "\2");
	msg_opt_text(&in, 60, "PXEClient");
	both_end();
	msg_pad(&want, in.len);
	cut_gives_want();

	begin();
	both_opt(53, "\2");
	msg_opt_text(&in, 60, "PXEClient");
	both_end();
	msg_pad(&in, 305);
	msg_pad(&want, 300);
	cut_gives_want();
}
END_TEST

START_TEST(without_end_and_without_cookie)
{
	begin();
	both_opt(53, "\2");
	msg_opt_text(&in, 60, "PXEClient");
	msg_pad(&want, in.len);
	cut_gives_want();

	begin();
	msg_opt_text(&in, 60, "PXEClient");
	in.b[DHCP4_HEADER] = 0;
	want = in;
	cut_gives_want();
}
END_TEST

START_TEST(nothing_after_end_is_an_option)
{
	begin();
	both_opt(53, "\2");
	both_end();
	msg_opt_text(&in, 60, "PXEClient");
	msg_opt_text(&want, 60, "PXEClient");
	cut_gives_want();
}
END_TEST

/* n bytes into a field that holds options */
static void
field(struct msg *m, size_t at, const char *options, size_t n)
{
	memcpy(m->b + at, options, n);
}

START_TEST(overloaded_fields_are_cut_and_keep_their_length)
{
	begin();
	both_opt(52, "\3");
	msg_opt_text(&in, 60, "PXE");
	both_opt(53, "\2");
	both_end();
	msg_pad(&in, 320);
	msg_pad(&want, 320 - 5);
	field(&in, DHCP4_OFF_FILE, "\103\4file\74\6Client\14\1h\377", 18);
	field(&want, DHCP4_OFF_FILE, "\103\4file\0\0\0\0\0\0\0\0\14\1h\377", 18);
	field(&in, DHCP4_OFF_SNAME, "\53\2ab\0\102\1t\377\74\1x", 12);
	field(&want, DHCP4_OFF_SNAME, "\0\0\0\0\0\102\1t\377\74\1x", 12);
	cut_gives_want();
}
END_TEST

/* The last option of file reaches past its end, and must not fit after the cut. */
START_TEST(option_cut_off_in_a_field_stays_cut_off)
{
	begin();
	both_opt(52, "\1");
	both_opt(53, "\2");
	both_end();
	msg_pad(&in, 320);
	msg_pad(&want, 320);
	memset(in.b + DHCP4_OFF_FILE, 'x', DHCP4_LEN_FILE);
	memset(want.b + DHCP4_OFF_FILE, 'x', DHCP4_LEN_FILE);
	field(&in, DHCP4_OFF_FILE, "\74\4abcd\103\172", 8);
	field(&want, DHCP4_OFF_FILE, "\0\0\0\0\0\0\103\172", 8);
	cut_gives_want();
}
END_TEST

START_TEST(fields_that_hold_names_are_not_cut)
{
	begin();
	both_opt(52, "\1");	/* file contains options, sname does not */
	both_opt(53, "\2");
	both_end();
	msg_pad(&in, 320);
	msg_pad(&want, 320);
	field(&in, DHCP4_OFF_FILE, "\74\1x\377", 4);
	field(&want, DHCP4_OFF_FILE, "\0\0\0\377", 4);
	field(&in, DHCP4_OFF_SNAME, "\74\1x\377", 4);
	field(&want, DHCP4_OFF_SNAME, "\74\1x\377", 4);
	cut_gives_want();
}
END_TEST

Suite *
dhcp4_copy_suite(void)
{
	Suite *s = suite_create("dhcp4_copy");
	TCase *t = tcase_create("cutting");

	tcase_add_test(t, every_instance_is_removed_wherever_it_is);
	tcase_add_test(t, pads_between_options_stay);
	tcase_add_test(t, nothing_to_cut_is_a_plain_copy);
	tcase_add_test(t, zeros_make_up_to_300_bytes);
	tcase_add_test(t, without_end_and_without_cookie);
	tcase_add_test(t, nothing_after_end_is_an_option);
	tcase_add_test(t, overloaded_fields_are_cut_and_keep_their_length);
	tcase_add_test(t, option_cut_off_in_a_field_stays_cut_off);
	tcase_add_test(t, fields_that_hold_names_are_not_cut);
	suite_add_tcase(s, t);
	return s;
}
