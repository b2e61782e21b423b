/* SPDX-License-Identifier: ISC
 *
 * The event loop: what is called, when, and with which time.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"

struct note {
	struct loop *loop;
	struct loop_watch *watch;
	int calls, stop_at;
	int fd;
	struct mono first, last;
};

static void
note(void *user, struct mono now)
{
	struct note *n = user;

	if (n->calls++ == 0)
		n->first = now;
	n->last = now;
	if (n->calls == n->stop_at)
		loop_stop(n->loop);
}

/* A watch may remove itself, and must not be called after that. */
static void
note_once(void *user, struct mono now)
{
	struct note *n = user;

	n->watch = loop_unwatch(n->watch);
	note(user, now);
}

static void
note_byte(void *user, struct mono now)
{
	struct note *n = user;
	char c;

	ck_assert_int_eq(read(n->fd, &c, 1), 1);
	note(user, now);
}

START_TEST(timers_run_once_or_repeatedly)
{
	struct loop *l = loop_new();
	struct note once = { .loop = l }, again = { .loop = l, .stop_at = 4 };
	struct mono begin = loop_now(l);

	once.watch = loop_timer(l, 5, false, note, &once);
	again.watch = loop_timer(l, 20, true, note, &again);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(once.calls, 1);
	ck_assert_int_eq(again.calls, 4);
	ck_assert_int_ge(mono_diff_ms(once.first, begin), 4);
	ck_assert_int_ge(mono_diff_ms(again.last, begin), 75);
	ck_assert(!mono_before(loop_now(l), again.last));
	loop_unwatch(once.watch);
	ck_assert_ptr_null(loop_free(l));	/* while a watch is left */
}
END_TEST

START_TEST(a_descriptor_is_reported_while_readable)
{
	struct loop *l = loop_new();
	struct note n = { .loop = l, .stop_at = 3 };
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ck_assert_int_eq(write(sv[1], "abc", 3), 3);
	n.fd = sv[0];
	n.watch = loop_read(l, sv[0], note_byte, &n);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(n.calls, 3);
	loop_free(l);
	close(sv[0]);
	close(sv[1]);
}
END_TEST

START_TEST(signals_are_events)
{
	struct loop *l = loop_new();
	struct note hup = { .loop = l }, term = { .loop = l, .stop_at = 1 };

	loop_signal(l, SIGHUP, note, &hup);
	loop_signal(l, SIGTERM, note, &term);
	raise(SIGHUP);
	raise(SIGTERM);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(term.calls, 1);
	ck_assert_int_le(hup.calls, 1);
	loop_free(l);
}
END_TEST

START_TEST(a_storm_of_signals_is_handled_once_and_loses_no_other)
{
	struct loop *l = loop_new();
	struct note hup = { .loop = l }, term = { .loop = l, .stop_at = 1 };

	loop_signal(l, SIGHUP, note, &hup);
	loop_signal(l, SIGTERM, note, &term);
	for (int i = 0; i < 5000; i++)
		kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(term.calls, 1);
	ck_assert_int_le(hup.calls, 1);
	loop_free(l);
}
END_TEST

START_TEST(a_watch_can_end_itself_and_another)
{
	struct loop *l = loop_new();
	struct note gone = { .loop = l }, self = { .loop = l };
	struct note last = { .loop = l, .stop_at = 1 };

	gone.watch = loop_timer(l, 1, true, note, &gone);
	self.watch = loop_timer(l, 2, true, note_once, &self);
	loop_timer(l, 40, false, note, &last);
	gone.watch = loop_unwatch(gone.watch);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(gone.calls, 0);
	ck_assert_int_eq(self.calls, 1);
	ck_assert_ptr_null(loop_unwatch(NULL));
	ck_assert_ptr_null(loop_free(NULL));
	loop_free(l);
}
END_TEST

static void
note_and_pause(void *user, struct mono now)
{
	struct note *n = user;

	loop_pause(n->loop, 20000);
	note_byte(user, now);
}

static void
note_and_go_on(void *user, struct mono now)
{
	struct note *n = user;

	loop_pause(n->loop, 0);
	note_byte(user, now);
}

/* Two descriptors can be read in the same turn. Their callbacks request a pause, or
 * do not, in either order; returns how long the turns took. */
static int64_t
turns_us(loop_fn *a, loop_fn *b)
{
	struct loop *l = loop_new();
	struct note one = { .loop = l }, two = { .loop = l, .stop_at = 5 };
	int sa[2], sb[2];
	int64_t us;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sa), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sb), 0);
	ck_assert_int_eq(write(sa[1], "abcdefgh", 8), 8);
	ck_assert_int_eq(write(sb[1], "abcdefgh", 8), 8);
	one.fd = sa[0];
	two.fd = sb[0];
	loop_read(l, one.fd, a, &one);
	loop_read(l, two.fd, b, &two);
	ck_assert_int_eq(loop_run(l), 0);
	ck_assert_int_eq(two.calls, 5);
	us = mono_diff_us(two.last, two.first);
	loop_free(l);
	for (int i = 0; i < 2; i++) {
		close(sa[i]);
		close(sb[i]);
	}
	return us;
}

START_TEST(it_pauses_between_turns)
{
	int64_t least = INT64_MAX;

	ck_assert_int_ge(turns_us(note_and_pause, note_and_pause), 80000);
	/* If one of the two has more to do, there is no pause. On a busy machine
	 * four turns may take that long anyway, but not every time. */
	for (int i = 0; i < 10 && least >= 80000; i++) {
		int64_t us = turns_us(note_and_pause, note_and_go_on);

		least = us < least ? us : least;
		us = turns_us(note_and_go_on, note_and_pause);
		least = us < least ? us : least;
	}
	ck_assert_int_lt(least, 80000);
}
END_TEST

START_TEST(writing_to_a_closed_pipe_does_not_kill)
{
	struct loop *l = loop_new();
	int sv[2];

	ck_assert_int_eq(pipe(sv), 0);
	close(sv[0]);
	ck_assert_int_eq(write(sv[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(sv[1]);
	loop_free(l);
}
END_TEST

Suite *loop_suite(void);

Suite *
loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_test(tc, timers_run_once_or_repeatedly);
	tcase_add_test(tc, a_descriptor_is_reported_while_readable);
	tcase_add_test(tc, signals_are_events);
	tcase_add_test(tc, a_storm_of_signals_is_handled_once_and_loses_no_other);
	tcase_add_test(tc, a_watch_can_end_itself_and_another);
	tcase_add_test(tc, it_pauses_between_turns);
	tcase_add_test(tc, writing_to_a_closed_pipe_does_not_kill);
	suite_add_tcase(s, tc);
	return s;
}
