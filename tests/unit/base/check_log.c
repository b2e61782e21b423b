/* SPDX-License-Identifier: ISC
 *
 * Levels and the length of a line.
 */
#include <check.h>
#include <string.h>

#include "base/log.h"

Suite *log_suite(void);

struct seen {
	int calls;
	enum log_level level;
	char event[2 * LOG_LINE_MAX];
	char fields[2 * LOG_LINE_MAX];
};

static void
remember(void *user, enum log_level level, const char *event,
    const char *fields)
{
	struct seen *seen = user;

	seen->calls++;
	seen->level = level;
	strcpy(seen->event, event);
	strcpy(seen->fields, fields);
}

static const enum log_level levels[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

START_TEST(sink_gets_event_and_fields)
{
	struct seen seen = { 0 };
	struct log l = { LOG_LEVEL_INFO, remember, &seen };

	log_event(&l, LOG_LEVEL_WARNING, "server-down", "group=%s after=%d",
	    "pxe", 3);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.level, LOG_LEVEL_WARNING);
	ck_assert_str_eq(seen.event, "server-down");
	ck_assert_str_eq(seen.fields, "group=pxe after=3");
}
END_TEST

START_TEST(fields_may_be_empty)
{
	struct seen seen = { .fields = "old" };
	struct log l = { LOG_LEVEL_INFO, remember, &seen };

	log_event(&l, LOG_LEVEL_INFO, "ready", "%s", "");
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_str_eq(seen.fields, "");
}
END_TEST

/* The kernel allows nearly any interface name, and a client any file name. */
START_TEST(untrusted_text_is_escaped)
{
	char buf[LOG_ESC_MAX], big[2 * LOG_ESC_MAX];

	ck_assert_str_eq(log_esc(buf, "vlan10"), "vlan10");
	ck_assert_str_eq(log_esc(buf, ""), "");
	ck_assert_str_eq(log_esc(buf, "v\"\\e=\n\x1b\xff"), "v\\x22\\x5ce=\\x0a\\x1b\\xff");
	memset(big, '\x01', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_uint_lt(strlen(log_esc(buf, big)), LOG_ESC_MAX);
	ck_assert_uint_eq(strlen(buf) % 4, 0);
}
END_TEST

/* All sixteen pairs of configured level and line level. */
START_TEST(levels_above_are_silent)
{
	int set, said;

	for (set = 0; set < 4; set++)
		for (said = 0; said < 4; said++) {
			struct seen seen = { 0 };
			struct log l = { levels[set], remember, &seen };

			log_event(&l, levels[said], "x", "n=%d", 1);
			ck_assert_int_eq(seen.calls, said <= set);
			ck_assert_int_eq(log_wants(&l, levels[said]),
			    said <= set);
		}
}
END_TEST

START_TEST(no_log_and_no_sink_are_silent)
{
	struct log l = { LOG_LEVEL_DEBUG, NULL, NULL };

	ck_assert(!log_wants(NULL, LOG_LEVEL_ERROR));
	ck_assert(!log_wants(&l, LOG_LEVEL_ERROR));
	log_event(NULL, LOG_LEVEL_ERROR, "x", "n=%d", 1);
	log_event(&l, LOG_LEVEL_ERROR, "x", "n=%d", 1);
}
END_TEST

/* "event fields" with its NUL takes at most LOG_LINE_MAX bytes: test one less,
 * equal, and one more. */
START_TEST(long_line_is_cut_and_marked)
{
	char value[LOG_LINE_MAX + 100];
	struct seen seen = { 0 };
	struct log l = { LOG_LEVEL_INFO, remember, &seen };
	size_t fits = LOG_LINE_MAX - 1 - strlen("event ");

	memset(value, 'v', sizeof(value));
	value[fits] = '\0';
	log_event(&l, LOG_LEVEL_INFO, "event", "%s", value);
	ck_assert_str_eq(seen.fields, value);

	value[fits] = 'v';
	value[fits + 1] = '\0';
	log_event(&l, LOG_LEVEL_INFO, "event", "%s", value);
	ck_assert_uint_eq(strlen(seen.fields), fits);
	ck_assert_str_eq(seen.fields + fits - 4, "v...");
	ck_assert_uint_eq(strspn(seen.fields, "v"), fits - 3);
}
END_TEST

START_TEST(even_a_huge_event_leaves_room_for_the_mark)
{
	char event[LOG_LINE_MAX + 100];
	struct seen seen = { 0 };
	struct log l = { LOG_LEVEL_INFO, remember, &seen };
	size_t len;

	memset(event, 'e', sizeof(event));
	for (len = LOG_LINE_MAX - 10; len < sizeof(event); len++) {
		event[len] = '\0';
		log_event(&l, LOG_LEVEL_INFO, event, "%s", "key=value key=v");
		ck_assert_str_eq(seen.event, event);
		ck_assert_uint_ge(strlen(seen.fields), 3);
		ck_assert_str_eq(seen.fields + strlen(seen.fields) - 3, "...");
		event[len] = 'e';
	}
}
END_TEST

Suite *
log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_test(tc, sink_gets_event_and_fields);
	tcase_add_test(tc, untrusted_text_is_escaped);
	tcase_add_test(tc, fields_may_be_empty);
	tcase_add_test(tc, levels_above_are_silent);
	tcase_add_test(tc, no_log_and_no_sink_are_silent);
	tcase_add_test(tc, long_line_is_cut_and_marked);
	tcase_add_test(tc, even_a_huge_event_leaves_room_for_the_mark);
	suite_add_tcase(s, tc);
	return s;
}
