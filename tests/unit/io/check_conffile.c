/* SPDX-License-Identifier: ISC
 *
 * The file itself: lines of any length, line ends, comments, lists over several
 * lines, and bytes that do not belong in a file. Each mistake must be reported with
 * its own line.
 */
#include "io/conftree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conftext.h"

Suite *conffile_suite(void);

/* Every text gives one [interface a] with these servers and circuit-id. */
static const struct {
	const char *text, *servers, *circuit;
} good[] = {
	{ "[interface a]\nservers = 192.0.2.1\n", "192.0.2.1", "%i" },
	{ "[interface a]\nservers = 192.0.2.1", "192.0.2.1", "%i" },
	{ "[interface a]\r\nservers = 192.0.2.1\r\n", "192.0.2.1", "%i" },
	{ "\xef\xbb\xbf[interface a]\nservers = 192.0.2.1\n", "192.0.2.1", "%i" },
	{ "\xef\xbb\xbf; x\n[interface a]\nservers = 192.0.2.1\n", "192.0.2.1", "%i" },
	{ "[interface a]\nservers=192.0.2.1\n", "192.0.2.1", "%i" },
	{ "[interface a]\nservers: 192.0.2.1\n", "192.0.2.1", "%i" },
	{ "  [ interface   a ]  \n  servers   =   192.0.2.1  \n  circuit-id = x\n",
	    "192.0.2.1", "x" },
	{ "\t[interface a]\n\tservers = 192.0.2.1\n\tcircuit-id = x\n", "192.0.2.1", "x" },
	{ "[interface a]\n\tservers = 192.0.2.1\n        circuit-id = x\n", "192.0.2.1", "x" },
	{ "\n\n; c\n# c\n  ; c\n[interface a] ; c\nservers = 192.0.2.1 # c\n", "192.0.2.1", "%i" },
	{ "[interface a]\nservers = 192.0.2.1\t; c ; d # e\n;servers = x\n", "192.0.2.1", "%i" },
	{ "[interface a]\nservers = 192.0.2.1\ncircuit-id = a;b#c\n", "192.0.2.1", "a;b#c" },
	{ "[interface a]\nservers = 192.0.2.1\ncircuit-id = a = b : c\n", "192.0.2.1",
	    "a = b : c" },
	{ "[interface a]\nservers = 192.0.2.1\ncircuit-id = [x]\n", "192.0.2.1", "[x]" },
	{ "[interface a]\nservers =\n 192.0.2.1\n 192.0.2.2\n", "192.0.2.1, 192.0.2.2", "%i" },
	{ "[interface a]\nservers = 192.0.2.1,\n\t192.0.2.2\ncircuit-id = x\n",
	    "192.0.2.1, 192.0.2.2", "x" },
	{ "[interface a]\n  servers =\n    192.0.2.1 ; one\n\n    ; none\n# none\n"
	    "    192.0.2.2, 192.0.2.3\n  circuit-id = x\n",
	    "192.0.2.1, 192.0.2.2, 192.0.2.3", "x" },
	{ "[interface a]\nservers = 192.0.2.1\n[group g]\nservers = 192.0.2.9\n", "192.0.2.1",
	    "%i" },
};

START_TEST(text_is_read)
{
	struct conftext t = conftext(good[_i].text);
	char *printed, *want;

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_str_eq(t.c->ifs[0].pattern, "a");
	ck_assert_str_eq(t.c->ifs[0].o.circuit_id, good[_i].circuit);
	printed = conftext_print(t.c);
	ck_assert_int_gt(asprintf(&want, "[interface a]\nservers = %s\n", good[_i].servers), 0);
	ck_assert_msg(strstr(printed, want), "%s", printed);
	free(printed);
	free(want);
	conftext_free(&t);
}
END_TEST

#define IF "[interface a]\nservers = 192.0.2.1\n"
#define NEITHER ": expected a [section] or a key = value line\n"

static const struct {
	const char *text, *mistakes;
} bad[] = {
	{ IF "servers 192.0.2.2\n", "3: \"servers 192.0.2.2\"" NEITHER },
	{ IF "x\ny\n\nz", "3: \"x\"" NEITHER "4: \"y\"" NEITHER "6: \"z\"" NEITHER },
	{ IF "= x\n", "3: expected a key before the =\n" },
	{ IF "= x\n  y\n  z = 1\n", "3: expected a key before the =\n4: \"y\"" NEITHER
	    "5: [interface] has no key \"z\"\n" },
	{ IF "circuit-id = a\n   b\n", "3: circuit-id takes one value; the next line "
	    "continues it because it is indented deeper\n" },
	{ IF "  circuit-id = a\n", "3: servers: \"circuit-id = a\": an item of servers, "
	    "since it is indented deeper; expected a key to begin where the others do\n" },
	{ "[interface a\nservers = 192.0.2.1\n", "1: expected a ] at the end of the section's heading\n" },
	{ "[interface a] servers = 192.0.2.1\n", "1: unexpected text after the ] of a "
	    "section; a key begins a line of its own, a comment begins with ; or #\n"
	    "1: [interface a] has no servers; expected servers = 192.0.2.10, or dhcp and "
	    "boot\n" },
	/* the lines of the list itself, with comments and blank lines between them */
	{ "[interface a]\nservers =\n  x\n\n  ; none\n  192.0.2.1, y\n",
	    "3: servers: \"x\": expected a [group], a [server] or an IPv4 or IPv6 address "
	    "like 192.0.2.10 or 2001:db8::10\n"
	    "6: servers: \"y\": expected a [group], a [server] or an IPv4 or IPv6 address "
	    "like 192.0.2.10 or 2001:db8::10\n" },
	{ IF "circuit-id = a\x01\n", "3: a control character (0x01) in column 15; expected "
	    "plain text\n" },
	{ IF "circuit-id = a\rb\n", "3: a control character (0x0d) in column 15; expected "
	    "plain text\n" },
	{ IF "circuit-id = a\x7f\n", "3: a control character (0x7f) in column 15; expected "
	    "plain text\n" },
	{ "\xff\xfe[", "1: UTF-16 text; expected UTF-8 or ASCII\n" },
	{ "\xfe\xff[", "1: UTF-16 text; expected UTF-8 or ASCII\n" },
	{ IF "\x1b[2Jx\n", "3: a control character (0x1b) in column 1; expected plain "
	    "text\n" },
	{ IF "\xff\xc3\n", "3: \"\\xff\\xc3\"" NEITHER },
};

START_TEST(mistakes_are_reported_with_their_line)
{
	struct conftext t = conftext(bad[_i].text);

	ck_assert_ptr_null(t.c);
	ck_assert_str_eq(t.mistakes, bad[_i].mistakes);
	conftext_free(&t);
}
END_TEST

START_TEST(nul_does_not_end_a_line)
{
	static const char text[] = IF "circuit-id = a\0b\n";
	struct conftext t = conftext_bytes(text, sizeof(text) - 1);

	ck_assert_str_eq(t.mistakes, "3: a control character (0x00) in column 15; expected "
	    "plain text\n");
	conftext_free(&t);
}
END_TEST

/* inih has a buffer of 200 bytes, and drops the rest of a line that fills it. */
static const size_t lengths[] = { 195, 196, 197, 198, 199, 200, 201, 202, 203, 255, 256,
	257, 5000, 100000 };

/* A list that repeats one server and is `len` bytes long; a second server at its
 * end would be lost if the line were cut. */
START_TEST(line_of_any_length_is_read_whole)
{
	static const char one[] = "192.0.2.1, ", last[] = "192.0.2.2";
	size_t len = lengths[_i], n;
	char *text = malloc(len + 100), *line;
	struct conftext t;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "[interface a]\n");
	line = text + strlen(text);
	strcpy(line, "servers = ");
	n = strlen(line);
	while (n + strlen(one) + strlen(last) <= len) {
		strcpy(line + n, one);
		n += strlen(one);
	}
	while (n + strlen(last) < len)
		line[n++] = ' ';
	strcpy(line + n, last);
	ck_assert_uint_eq(strlen(line), len);
	strcat(line, "\ncircuit-id = x\n");

	/* more items than a list may have are a mistake on that line, and nothing
	 * is cut */
	t = conftext(text);
	if (len < 50000) {
		ck_assert_str_eq(t.mistakes, "");
		ck_assert_uint_eq(t.c->group[t.c->ifs[0].servers].n, 2);
		ck_assert_str_eq(t.c->ifs[0].o.circuit_id, "x");
	} else {
		ck_assert_str_eq(t.mistakes, "2: servers has more than 4096 items\n");
	}
	conftext_free(&t);
	free(text);
}
END_TEST

START_TEST(text_of_any_length_is_read_or_refused)
{
	size_t len = lengths[_i];
	char *text = malloc(len + 100), want[100];
	struct conftext t;
	size_t n;

	ck_assert_ptr_nonnull(text);
	strcpy(text, IF "circuit-id = ");
	n = strlen(text);
	memset(text + n, 'x', len);
	strcpy(text + n + len, "\n[group g]\nservers = y\n");
	t = conftext(text);
	if (len <= 255)
		snprintf(want, sizeof(want), "5: servers: \"y\": expected");
	else
		snprintf(want, sizeof(want), "xxx...: %zu bytes are too long; expected at "
		    "most 255\n5: servers: \"y\": expected", len);
	ck_assert_msg(strstr(t.mistakes, want), "%.300s", t.mistakes);
	ck_assert_uint_eq(t.n, len <= 255 ? 1 : 2);
	conftext_free(&t);
	free(text);
}
END_TEST

START_TEST(comment_of_any_length_is_skipped)
{
	size_t len = lengths[_i];
	char *text = malloc(len + 100);
	struct conftext t;

	ck_assert_ptr_nonnull(text);
	text[0] = ';';
	memset(text + 1, '=', len);
	strcpy(text + 1 + len, "\n" IF "x = 1\n");
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "4: [interface] has no key \"x\"\n");
	conftext_free(&t);
	free(text);
}
END_TEST

/* inih keeps 50 bytes of the name of a section or a key. */
START_TEST(long_names_are_whole_or_refused)
{
	char name[200], text[1000];
	struct conftext t;

	memset(name, 'n', sizeof(name));
	name[63] = '\0';
	snprintf(text, sizeof(text), "[server %s]\naddress = 192.0.2.1\n"
	    "[server %.62sx]\naddress = 192.0.2.2\n[interface a]\nservers = %s\n", name, name,
	    name);
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "");
	ck_assert_str_eq(t.c->server[0].name, name);
	conftext_free(&t);

	name[63] = 'n';
	name[64] = '\0';
	snprintf(text, sizeof(text), IF "[server %s]\naddress = 192.0.2.1\n", name);
	t = conftext(text);
	ck_assert_msg(strstr(t.mistakes, "has a name longer than 63 bytes"), "%s", t.mistakes);
	conftext_free(&t);

	snprintf(text, sizeof(text), IF "servers%s = 1\n  2\n", name);
	t = conftext(text);
	ck_assert_msg(strstr(t.mistakes, "3: [interface] has no key \"serversnnn"), "%s",
	    t.mistakes);
	ck_assert_uint_eq(t.n, 1);
	conftext_free(&t);
}
END_TEST

START_TEST(class_in_a_pattern_does_not_end_the_heading)
{
	struct conftext t = conftext("[interface eth[0-3]]\nservers = 192.0.2.1\n"
	    "[interface eth[45].[!0]*] ; comment\nservers = 192.0.2.1\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_str_eq(t.c->ifs[0].pattern, "eth[0-3]");
	ck_assert_str_eq(t.c->ifs[1].pattern, "eth[45].[!0]*");
	conftext_free(&t);
}
END_TEST

START_TEST(list_may_begin_an_item_with_a_bracket)
{
	struct conftext t = conftext("[helper h]\nport = 9\nfrom =\n  [ab]x\n  c\nto = d\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->helper[0].n_from, 2);
	ck_assert_str_eq(t.c->helper[0].from[0], "[ab]x");
	conftext_free(&t);
}
END_TEST

static char path[] = "/tmp/check_conffile.XXXXXX";

static void
write_file(const char *data, size_t len, size_t times)
{
	int fd = mkstemp(path);
	FILE *f;

	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	ck_assert_ptr_nonnull(f);
	while (times--)
		ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(file_is_read)
{
	struct conftext t = { 0 };

	write_file(IF, strlen(IF), 1);
	t.c = conftree_read(path, conftext_mistake, &t);
	unlink(path);
	ck_assert_ptr_nonnull(t.c);
	conftext_free(&t);
}
END_TEST

START_TEST(file_that_is_too_large_is_refused)
{
	static char block[1024];
	struct conftext t = { 0 };

	memset(block, '\n', sizeof(block));
	write_file(block, sizeof(block), 1025);
	t.c = conftree_read(path, conftext_mistake, &t);
	unlink(path);
	ck_assert_ptr_null(t.c);
	ck_assert_str_eq(t.mistakes, "0: larger than 1048576 bytes\n");
	conftext_free(&t);
}
END_TEST

START_TEST(file_that_cannot_be_read_is_refused)
{
	struct conftext t = { 0 };

	ck_assert_ptr_null(conftree_read("/nonexistent/x", conftext_mistake, &t));
	ck_assert_str_eq(t.mistakes, "0: cannot be read: No such file or directory\n");
	conftext_free(&t);
	ck_assert_ptr_null(conftree_read("/", conftext_mistake, &t));
	ck_assert_str_eq(t.mistakes, "0: cannot be read: Is a directory\n");
	conftext_free(&t);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *
conffile_suite(void)
{
	Suite *s = suite_create("conffile");
	TCase *t = tcase_create("conffile");

	tcase_add_loop_test(t, text_is_read, 0, N(good));
	tcase_add_loop_test(t, mistakes_are_reported_with_their_line, 0, N(bad));
	tcase_add_loop_test(t, line_of_any_length_is_read_whole, 0, N(lengths));
	tcase_add_loop_test(t, text_of_any_length_is_read_or_refused, 0, N(lengths));
	tcase_add_loop_test(t, comment_of_any_length_is_skipped, 0, N(lengths));
	tcase_add_test(t, nul_does_not_end_a_line);
	tcase_add_test(t, long_names_are_whole_or_refused);
	tcase_add_test(t, class_in_a_pattern_does_not_end_the_heading);
	tcase_add_test(t, list_may_begin_an_item_with_a_bracket);
	tcase_add_test(t, file_is_read);
	tcase_add_test(t, file_that_is_too_large_is_refused);
	tcase_add_test(t, file_that_cannot_be_read_is_refused);
	suite_add_tcase(s, t);
	return s;
}
