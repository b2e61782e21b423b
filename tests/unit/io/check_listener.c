/* SPDX-License-Identifier: ISC
 *
 * Connections that are accepted, and those for which no descriptor is free.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "io/listener.h"

Suite *listener_suite(void);

#define VISITORS 3

struct fixture {
	struct loop *loop;
	struct listener *listener;
	struct sockaddr_un at;
	socklen_t at_len;
	struct bufferevent *came[VISITORS];
	unsigned n;
};

static struct fixture fx;

static void
on_client(void *user, struct bufferevent *bev)
{
	struct fixture *f = user;

	ck_assert_uint_lt(f->n, VISITORS);
	f->came[f->n++] = bev;
	loop_stop(f->loop);
}

static void
stop(void *user, struct mono now)
{
	struct fixture *f = user;

	(void)now;
	loop_stop(f->loop);
}

/* An abstract address disappears with its socket. */
static void
setup(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	fx = (struct fixture){ .at.sun_family = AF_UNIX };
	fx.at_len = (socklen_t)(sizeof(fx.at.sun_family) + 1 +
	    (size_t)snprintf(fx.at.sun_path + 1, sizeof(fx.at.sun_path) - 1,
	    "check-listener-%d", (int)getpid()));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&fx.at, fx.at_len), 0);
	ck_assert_int_eq(listen(fd, VISITORS), 0);
	fx.loop = loop_new();
	ck_assert_ptr_nonnull(fx.loop);
	ck_assert_int_eq(listener_new(fx.loop, fd, on_client, &fx, &fx.listener), 0);
}

static void
teardown(void)
{
	for (unsigned i = 0; i < fx.n; i++)
		bufferevent_free(fx.came[i]);
	listener_free(fx.listener);
	loop_free(fx.loop);
}

static int
visit(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&fx.at, fx.at_len), 0);
	return fd;
}

/* Runs until a visitor was let in, or for so many milliseconds. */
static void
run(int64_t ms)
{
	struct loop_watch *w = loop_timer(fx.loop, ms, false, stop, &fx);

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(loop_run(fx.loop), 0);
	loop_unwatch(w);
}

START_TEST(every_connection_is_accepted)
{
	int fd[VISITORS];
	char byte = 0;

	for (unsigned i = 0; i < VISITORS; i++) {
		fd[i] = visit();
		run(10000);
		ck_assert_uint_eq(fx.n, i + 1);
	}
	ck_assert_int_eq(bufferevent_enable(fx.came[1], EV_WRITE), 0);
	ck_assert_int_eq(bufferevent_write(fx.came[1], "x", 1), 0);
	run(50);
	ck_assert_int_eq(recv(fd[1], &byte, 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(byte, 'x');
	for (unsigned i = 0; i < VISITORS; i++)
		close(fd[i]);
}
END_TEST

/* No descriptor is free above those that are open, so accept() fails with EMFILE. */
static struct rlimit
take_descriptors(void)
{
	struct rlimit was, none;
	int next = dup(0);

	ck_assert_int_ge(next, 0);
	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ (rlim_t)next, was.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	return was;
}

START_TEST(without_descriptors_it_pauses_and_resumes)
{
	int fd = visit();
	struct rlimit was = take_descriptors();
	clock_t cpu = clock();

	run(300);
	ck_assert_uint_eq(fx.n, 0);
	ck_assert_int_lt(clock() - cpu, CLOCKS_PER_SEC / 10);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	run(10000);
	ck_assert_uint_eq(fx.n, 1);
	close(fd);
}
END_TEST

START_TEST(it_may_be_freed_while_paused)
{
	int fd = visit();
	struct rlimit was = take_descriptors();

	run(100);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	fx.listener = listener_free(fx.listener);
	run(100);
	ck_assert_uint_eq(fx.n, 0);
	close(fd);
}
END_TEST

Suite *
listener_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *tc = tcase_create("listener");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_connection_is_accepted);
	tcase_add_test(tc, without_descriptors_it_pauses_and_resumes);
	tcase_add_test(tc, it_may_be_freed_while_paused);
	suite_add_tcase(s, tc);
	return s;
}
