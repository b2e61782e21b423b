/* SPDX-License-Identifier: ISC
 *
 * What is written, what is counted, and that the numbers always add up,
 * whatever is logged.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logdedup.h"
#include "msg.h"

Suite *logdedup_suite(void);

static struct logdedup fold;
static struct mono now;
static char out[200000];
static unsigned lines;
static uint64_t told;		/* written, or reported as repeated or suppressed */

static void
sink(void *user, enum log_level level, const char *event, const char *fields)
{
	static const char *const level_names[] = { "error", "warning", "info", "debug" };
	const char *n = strstr(fields, "repeated=");

	(void)user;
	if (!n)
		n = strstr(fields, "suppressed=");
	told += n ? strtoull(strchr(n, '=') + 1, NULL, 10) : 1;
	lines++;
	if (strlen(out) + 2 * LOG_LINE_MAX < sizeof(out))
		sprintf(out + strlen(out), "%s %s%s%s\n", level_names[level],
		    event, fields[0] ? " " : "", fields);
}

static void
open_fold(void)
{
	memset(&fold, 0, sizeof(fold));
	fold.sink = sink;
	now = mono_us(1000000);
	out[0] = '\0';
	lines = 0;
	told = 0;
}

static void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
}

static void
say(const char *event, const char *fields)
{
	logdedup_log(&fold, LOG_LEVEL_INFO, event, fields, now);
}

static void
is(const char *text)
{
	ck_assert_str_eq(out, text);
	out[0] = '\0';
}

START_TEST(different_lines_are_written)
{
	struct mono due;

	open_fold();
	say("a", "x=1");
	say("a", "x=2");
	say("b", "x=1");
	say("a", "");
	say("b", "");
	logdedup_log(&fold, LOG_LEVEL_WARNING, "b", "x=1", now);
	say("a", "x=12");
	say("a", "x=2 y");
	is("info a x=1\ninfo a x=2\ninfo b x=1\ninfo a\ninfo b\n"
	    "warning b x=1\ninfo a x=12\ninfo a x=2 y\n");
	ck_assert(!logdedup_due(&fold, &due));
	logdedup_flush(&fold);
	is("");
}
END_TEST

START_TEST(a_repeated_line_is_counted_and_reported)
{
	struct mono due, first = mono_add_ms(mono_us(1000000), LOGDEDUP_WINDOW_MS);

	open_fold();
	say("a", "x=1");
	wait_ms(1000);
	say("a", "x=1");
	say("b", "");
	say("b", "");
	say("a", "x=1");
	is("info a x=1\ninfo b\n");
	ck_assert(logdedup_due(&fold, &due));
	ck_assert_int_eq(due.us, first.us);
	wait_ms(LOGDEDUP_WINDOW_MS - 1001);
	logdedup_report(&fold, now);
	is("");
	wait_ms(1);
	logdedup_report(&fold, now);
	is("info a x=1 repeated=2\n");
	ck_assert(logdedup_due(&fold, &due));	/* b */
	wait_ms(1000);
	logdedup_report(&fold, now);
	is("info b repeated=1\n");
	ck_assert(!logdedup_due(&fold, &due));
}
END_TEST

/* Lines that alternate are all written, and other subjects do not matter. */
START_TEST(only_the_last_line_about_a_subject_is_repeated)
{
	open_fold();
	say("up", "x=1 y=2");
	say("up", "x=2 y=2");
	say("down", "x=1 y=2");
	say("up", "x=2 y=2");
	say("up", "x=1 y=2");
	say("up", "x=1 y=2");
	say("down", "x=1 y=2");
	is("info up x=1 y=2\ninfo up x=2 y=2\ninfo down x=1 y=2\ninfo up x=1 y=2\n"
	    "info up x=1 y=2 repeated=1\ninfo down x=1 y=2\n");
	logdedup_flush(&fold);
	is("info up x=2 y=2 repeated=1\n");
}
END_TEST

/* A repetition that continues is reported once per window; a line that recurs after
 * a quiet window counts as new. */
START_TEST(a_line_is_new_after_a_quiet_window)
{
	open_fold();
	say("a", "x=1");
	say("a", "x=1");
	wait_ms(LOGDEDUP_WINDOW_MS);
	say("a", "x=1");
	is("info a x=1\ninfo a x=1 repeated=1\n");
	wait_ms(LOGDEDUP_WINDOW_MS);
	logdedup_report(&fold, now);
	is("info a x=1 repeated=1\n");
	wait_ms(LOGDEDUP_WINDOW_MS);
	logdedup_report(&fold, now);
	is("");
	say("a", "x=1");
	is("info a x=1\n");
}
END_TEST

START_TEST(late_reports_are_made_by_the_next_line)
{
	open_fold();
	say("a", "x=1");
	say("a", "x=1");
	wait_ms(1000 * LOGDEDUP_WINDOW_MS);
	say("b", "");
	is("info a x=1\ninfo a x=1 repeated=1\ninfo b\n");
}
END_TEST

START_TEST(flush_reports_everything)
{
	open_fold();
	say("a", "x=1");
	say("b", "");
	say("b", "");
	say("a", "x=1");
	say("a", "x=1");
	is("info a x=1\ninfo b\n");
	logdedup_flush(&fold);
	is("info a x=1 repeated=2\ninfo b repeated=1\n");
	logdedup_flush(&fold);
	is("");
	say("a", "x=1");
	is("info a x=1\n");
}
END_TEST

START_TEST(the_oldest_line_is_evicted_and_reported)
{
	char text[16];

	open_fold();
	for (int i = 0; i < LOGDEDUP_LINES; i++) {
		snprintf(text, sizeof(text), "x=%d", i);
		say("a", text);
		wait_ms(1);
	}
	say("a", "x=0");
	say("a", "x=1");
	out[0] = '\0';
	say("b", "");
	is("info a x=0 repeated=1\ninfo b\n");
	say("a", "x=1");		/* it is still remembered */
	is("");
	say("a", "x=0");		/* it is forgotten, and replaces the next one */
	is("info a x=1 repeated=2\ninfo a x=0\n");
}
END_TEST

START_TEST(one_event_is_limited)
{
	char text[16];

	open_fold();
	for (int i = 0; i < LOGDEDUP_EVENT_MAX + 70; i++) {
		snprintf(text, sizeof(text), "x=%d", i);
		say("a", text);
	}
	ck_assert_uint_eq(lines, LOGDEDUP_EVENT_MAX);
	say("b", "");			/* another line is */
	ck_assert_uint_eq(lines, LOGDEDUP_EVENT_MAX + 1);
	out[0] = '\0';
	wait_ms(LOGDEDUP_WINDOW_MS);
	logdedup_report(&fold, now);
	is("info a suppressed=70\n");
	say("a", "x=0");
	is("info a x=0\n");
}
END_TEST

START_TEST(debug_lines_have_no_limit)
{
	char text[16];

	open_fold();
	for (int i = 0; i < 2 * LOGDEDUP_EVENT_MAX; i++) {
		snprintf(text, sizeof(text), "x=%d", i);
		logdedup_log(&fold, LOG_LEVEL_DEBUG, "a", text, now);
	}
	ck_assert_uint_eq(lines, 2 * LOGDEDUP_EVENT_MAX);
}
END_TEST

START_TEST(more_events_than_are_remembered)
{
	static const char words[][4] = { "a", "b", "c", "d", "e", "f", "g", "h",
	    "i", "j", "k", "l", "m", "n", "o", "p", "q", "r" };

	open_fold();
	for (unsigned i = 0; i < LOGDEDUP_EVENTS + 2; i++)
		for (int k = 0; k < 3; k++)
			say(words[i], "");
	logdedup_flush(&fold);
	ck_assert_uint_eq(lines, 2 * (LOGDEDUP_EVENTS + 2));
	ck_assert_uint_eq(told, 3 * (LOGDEDUP_EVENTS + 2));
}
END_TEST

START_TEST(a_line_of_any_length)
{
	static char big[3 * LOG_LINE_MAX];

	open_fold();
	for (size_t n = LOG_LINE_MAX - 50; n < LOG_LINE_MAX + 10; n++) {
		memset(big, 'x', n);
		big[n] = '\0';
		say("a", big);
		say("a", big);
		logdedup_flush(&fold);
	}
	ck_assert_uint_eq(told, 2 * 60);
	ck_assert_ptr_nonnull(strstr(out, "x repeated=1\n"));
}
END_TEST

/* Nothing is lost without a report. */
START_TEST(every_line_is_written_or_counted)
{
	static const char *const words[] = { "a", "b", "c" };
	struct prng p = { 7 };
	uint64_t said = 0;
	char text[16];

	open_fold();
	for (int i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "x=%u", prng_below(&p, 1 + i % 400));
		logdedup_log(&fold, (enum log_level)prng_below(&p, 3),
		    words[prng_below(&p, 3)], text, now);
		said++;
		if (prng_below(&p, 50) == 0)
			wait_ms(prng_below(&p, 400));
		if (prng_below(&p, 100) == 0)
			logdedup_report(&fold, now);
	}
	logdedup_flush(&fold);
	ck_assert_uint_eq(told, said);
	ck_assert_uint_lt(lines, said - said / 8);
}
END_TEST

Suite *
logdedup_suite(void)
{
	Suite *s = suite_create("logdedup");
	TCase *t = tcase_create("lines");

	tcase_add_test(t, different_lines_are_written);
	tcase_add_test(t, a_repeated_line_is_counted_and_reported);
	tcase_add_test(t, only_the_last_line_about_a_subject_is_repeated);
	tcase_add_test(t, a_line_is_new_after_a_quiet_window);
	tcase_add_test(t, late_reports_are_made_by_the_next_line);
	tcase_add_test(t, flush_reports_everything);
	tcase_add_test(t, the_oldest_line_is_evicted_and_reported);
	tcase_add_test(t, one_event_is_limited);
	tcase_add_test(t, debug_lines_have_no_limit);
	tcase_add_test(t, more_events_than_are_remembered);
	tcase_add_test(t, a_line_of_any_length);
	tcase_add_test(t, every_line_is_written_or_counted);
	suite_add_tcase(s, t);
	return s;
}
