/* SPDX-License-Identifier: ISC
 *
 * Strings in buffers that are too small, and bytes that terminals interpret.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"

Suite *sbuf_suite(void);

/* Adds "abc" in one of the possible ways. */
static void
add_abc(struct sbuf *b, int how)
{
	switch (how) {
	case 0:
		sbuf_puts(b, "abc");
		break;
	case 1:
		sbuf_putc(b, 'a');
		sbuf_putc(b, 'b');
		sbuf_putc(b, 'c');
		break;
	case 2:
		sbuf_printf(b, "%c%s", 'a', "bc");
		break;
	case 3:
		sbuf_esc(b, "abc", 3);
		break;
	}
}

START_TEST(pieces_are_appended)
{
	char buf[64];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	ck_assert_str_eq(buf, "");
	sbuf_puts(&b, "one");
	sbuf_putc(&b, ' ');
	sbuf_printf(&b, "%d-%s", 2, "two");
	sbuf_putc(&b, ' ');
	sbuf_hex(&b, "\x00\x9f\xff", 3);
	sbuf_putc(&b, ' ');
	sbuf_esc(&b, "x\n", 2);
	ck_assert_str_eq(buf, "one 2-two 009fff x\\x0a");
	ck_assert_uint_eq(b.len, strlen(buf));
	ck_assert(!b.cut);
}
END_TEST

/* Every way to add three bytes, into every size from 1 to 5. */
START_TEST(what_does_not_fit_is_cut)
{
	size_t size;

	for (size = 1; size <= 5; size++) {
		char *buf = malloc(size);
		size_t fits = size - 1 < 3 ? size - 1 : 3;
		struct sbuf b;

		ck_assert_ptr_nonnull(buf);
		memset(buf, 0x7e, size);
		b = sbuf_init(buf, size);
		add_abc(&b, _i);
		ck_assert_uint_eq(b.len, fits);
		ck_assert_uint_eq(strlen(buf), fits);
		ck_assert_int_eq(strncmp(buf, "abc", fits), 0);
		ck_assert_int_eq(b.cut, size < 4);
		free(buf);
	}
}
END_TEST

START_TEST(after_a_cut_nothing_is_added)
{
	char buf[8];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_puts(&b, "123456");
	sbuf_esc(&b, "\n", 1);		/* needs four, one is left */
	ck_assert(b.cut);
	sbuf_putc(&b, 'x');
	sbuf_puts(&b, "x");
	sbuf_printf(&b, "x");
	sbuf_esc(&b, "x", 1);
	sbuf_hex(&b, "x", 1);
	ck_assert_str_eq(buf, "123456");
	ck_assert_uint_eq(b.len, 6);
}
END_TEST

START_TEST(hardware_addresses_of_any_length)
{
	static const uint8_t bytes[] = { 0x52, 0x54, 0, 0xab, 0x0c, 0xff, 1, 2 };
	static const char *const want[] = { "", "52", "52:54", "52:54:00", "52:54:00:ab",
	    "52:54:00:ab:0c", "52:54:00:ab:0c:ff", "52:54:00:ab:0c:ff:01",
	    "52:54:00:ab:0c:ff:01:02" };
	char buf[24];

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct sbuf b = sbuf_init(buf, sizeof(buf));

		sbuf_mac(&b, bytes, n);
		ck_assert_str_eq(buf, want[n]);
		ck_assert(!b.cut);
	}
}
END_TEST

START_TEST(a_full_buffer_takes_only_empty_text)
{
	char buf[4];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_puts(&b, "abc");
	sbuf_puts(&b, "");
	sbuf_printf(&b, "%s", "");
	sbuf_esc(&b, NULL, 0);
	sbuf_hex(&b, NULL, 0);
	ck_assert(!b.cut);
	sbuf_putc(&b, 'd');
	ck_assert(b.cut);
	ck_assert_str_eq(buf, "abc");
}
END_TEST

START_TEST(escapes_and_hex_are_never_halved)
{
	static const char *const esc[] = { "", "", "", "", "\\x1b", "\\x1b",
	    "\\x1b", "\\x1b", "\\x1b\\x07" };
	static const char *const hex[] = { "", "", "1b", "1b", "1b07" };
	size_t room;

	for (room = 0; room < 9; room++) {
		char *buf = malloc(room + 1);
		struct sbuf b;

		ck_assert_ptr_nonnull(buf);
		b = sbuf_init(buf, room + 1);
		sbuf_esc(&b, "\x1b\x07", 2);
		ck_assert_str_eq(buf, esc[room]);
		ck_assert_int_eq(b.cut, room < 8);
		b = sbuf_init(buf, room + 1);
		sbuf_hex(&b, "\x1b\x07", 2);
		ck_assert_str_eq(buf, hex[room < 4 ? room : 4]);
		ck_assert_int_eq(b.cut, room < 4);
		free(buf);
	}
}
END_TEST

/* Each of the 256 bytes is either itself or an escape that can be undone. */
START_TEST(every_byte_is_plain_or_escaped)
{
	char buf[8], want[8];
	int c;

	for (c = 0; c < 256; c++) {
		struct sbuf b = sbuf_init(buf, sizeof(buf));
		uint8_t byte = (uint8_t)c;

		sbuf_esc(&b, &byte, 1);
		if (c < ' ' || c > '~' || c == '"' || c == '\\') {
			ck_assert_uint_eq(b.len, 4);
			ck_assert_int_eq(strncmp(buf, "\\x", 2), 0);
			ck_assert_int_eq(strtol(buf + 2, NULL, 16), c);
		} else {
			want[0] = (char)c;
			want[1] = '\0';
			ck_assert_str_eq(buf, want);
		}
		ck_assert(!b.cut);
	}
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	const char *out;
} hostile[] = {
	/* a log line forged by a host name */
	{ "pc\nserver-up group=pxe", 22, "pc\\x0aserver-up group=pxe" },
	/* clear the screen, set the title of the window */
	{ "\x1b[2J\x1b]0;root\x07", 13, "\\x1b[2J\\x1b]0;root\\x07" },
	/* CSI as one byte, and as UTF-8 */
	{ "\x9b" "2J\xc2\x9b", 5, "\\x9b2J\\xc2\\x9b" },
	/* a way out of a quoted value, and an escaped escape */
	{ "a\" b=\"c", 7, "a\\x22 b=\\x22c" },
	{ "\\x41", 4, "\\x5cx41" },
	/* a NUL does not end it, DEL is not printable */
	{ "a\0b\x7f", 4, "a\\x00b\\x7f" },
	{ "%s%n", 4, "%s%n" },
	{ "PXEClient:Arch:00007:UNDI:003016", 32,
	    "PXEClient:Arch:00007:UNDI:003016" },
};

START_TEST(malicious_text_is_harmless)
{
	char buf[128];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_esc(&b, hostile[_i].in, hostile[_i].len);
	ck_assert_str_eq(buf, hostile[_i].out);
}
END_TEST

/* Text from sbuf_esc() is shown as it is; other text is not trusted. */
START_TEST(a_screen_shows_escaped_text)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "boot\\x5cx64\\x5cwdsnbp.com", "boot\\x64\\wdsnbp.com" },
		{ "a\\x22b", "a\"b" }, { "a\"b\\c", "a\"b\\c" },
		{ "\\x1b[2J", "\\x1b[2J" }, { "\033[2J", "\\x1b[2J" },
		{ "\\x5", "\\x5" }, { "\\x5c", "\\" }, { "\\x5C", "\\x5C" },
		{ "\\x5c\\x5c", "\\\\" }, { "", "" }, { "\xe9", "\\xe9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[64];
		struct sbuf b = sbuf_init(buf, sizeof(buf));

		sbuf_screen(&b, cases[i].in, strlen(cases[i].in));
		ck_assert_str_eq(buf, cases[i].out);
	}
}
END_TEST

Suite *
sbuf_suite(void)
{
	Suite *s = suite_create("sbuf");
	TCase *tc = tcase_create("sbuf");

	tcase_add_test(tc, pieces_are_appended);
	tcase_add_loop_test(tc, what_does_not_fit_is_cut, 0, 4);
	tcase_add_test(tc, after_a_cut_nothing_is_added);
	tcase_add_test(tc, hardware_addresses_of_any_length);
	tcase_add_test(tc, a_full_buffer_takes_only_empty_text);
	tcase_add_test(tc, escapes_and_hex_are_never_halved);
	tcase_add_test(tc, every_byte_is_plain_or_escaped);
	tcase_add_loop_test(tc, malicious_text_is_harmless, 0,
	    sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(tc, a_screen_shows_escaped_text);
	suite_add_tcase(s, tc);
	return s;
}
