/* SPDX-License-Identifier: ISC
 *
 * The control socket with clients that behave well or badly. Clients are
 * non-blocking sockets in the same process; the loop is turned by hand.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "io/ctl.h"
#include "io/priv.h"

static const struct opener_terms terms = { .anything = true, .group = (gid_t)-1 };

static char dir[32];
static char path[64];
static struct loop *loop;
static struct priv *priv;
static struct ctl *ctl;
static int n_commands;
static char last_command[2 * CTL_LINE_MAX];

static struct ctl_stream *stream;	/* of the last command `stream` */
static int n_begin, n_stop, n_gone;

static void
on_stream(void *user, enum ctl_event what)
{
	ck_assert_ptr_eq(user, &stream);
	n_begin += what == CTL_BEGIN;
	n_stop += what == CTL_STOP;
	n_gone += what == CTL_GONE;
	if (what == CTL_STOP)
		ck_assert(ctl_stream_write(stream, "bye", 3));
}

/* Answers "echo WORD" with the word, "big N" with a string of N bytes and "null" as
 * if memory were short; "stream" begins a stream. */
static char *
on_command(void *user, const char *command)
{
	char *out = NULL;
	size_t n;

	ck_assert_ptr_eq(user, &n_commands);
	n_commands++;
	snprintf(last_command, sizeof(last_command), "%s", command);
	if (strcmp(command, "null") == 0)
		return NULL;
	if (strcmp(command, "stream") == 0) {
		stream = ctl_stream(ctl, on_stream, &stream);
		ck_assert_ptr_nonnull(stream);
		ck_assert_ptr_null(ctl_stream(ctl, on_stream, &stream));
	}
	if (sscanf(command, "big %zu", &n) == 1) {
		out = malloc(n + 1);
		memset(out, 'x', n);
		out[n] = '\0';
		return out;
	}
	ck_assert_int_ge(asprintf(&out, "\"%s\"", command), 0);
	return out;
}

static void
turn(int times)
{
	while (times-- > 0)
		event_base_loop(loop_base(loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static int
open_ctl(void)
{
	return ctl_open(loop, priv, path, on_command, &n_commands, &ctl);
}

static void
set_up(void)
{
	n_commands = n_begin = n_stop = n_gone = 0;
	strcpy(dir, "/tmp/pxrelay-ctl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/new/control.sock", dir);
	loop = loop_new();
	priv = priv_new(&terms, NULL);
	ck_assert_ptr_nonnull(priv);
	ck_assert_int_eq(open_ctl(), 0);
}

static void
tear_down(void)
{
	ctl = ctl_close(ctl);
	loop_free(loop);
	priv_free(priv);
	ck_assert_int_eq(access(path, F_OK), -1);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static int
client(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	turn(2);
	return fd;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

/* Sends everything in one piece, because each piece costs the kernel more than its
 * bytes. */
static void
say_times(int fd, const char *text, int times)
{
	size_t len = strlen(text);
	char *all = malloc((size_t)times * len + 1);

	for (int i = 0; i < times; i++)
		memcpy(all + (size_t)i * len, text, len + 1);
	say(fd, all);
	free(all);
}

/* Reads until there are n bytes or the connection ends; returns the number of
 * bytes. */
static size_t
hear(int fd, char *buf, size_t n)
{
	size_t got = 0;

	for (int idle = 0; got < n && idle < 50; idle++) {
		ssize_t r = recv(fd, buf + got, n - got, 0);

		if (r == 0)
			break;
		if (r > 0) {
			got += (size_t)r;
			idle = 0;
		}
		turn(1);
	}
	return got;
}

static void
expect(int fd, const char *text)
{
	char buf[4096] = "";

	(void)hear(fd, buf, strlen(text));
	ck_assert_str_eq(buf, text);
}

/* The kernel says "reset" when there was input that the daemon did not read. */
static void
expect_end(int fd)
{
	char c;
	ssize_t n;

	turn(10);
	n = recv(fd, &c, 1, 0);
	ck_assert(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

START_TEST(clients_get_their_own_answers_in_order)
{
	int a = client(), b = client();

	say(a, "one\n");
	say(b, "two\nthree\r\n");
	say(a, "four\nfive\n");
	expect(b, "\"two\"\n\"three\"\n");
	expect(a, "\"one\"\n\"four\"\n\"five\"\n");
	say(a, "s");
	turn(5);
	say(a, "ix\n");
	expect(a, "\"six\"\n");
	say(b, "\n");
	expect(b, "\"\"\n");
	close(a);
	close(b);
	turn(5);
}
END_TEST

START_TEST(the_file_is_for_owner_and_group)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
}
END_TEST

START_TEST(a_client_that_never_reads_delays_nobody)
{
	int stuck = client(), other = client(), before;

	say_times(stuck, "big 1000000\n", 1000);
	turn(50);
	/* One answer is in memory, and the client's next command waits until it has
	 * been sent. */
	ck_assert_int_eq(n_commands, 1);
	for (int i = 0; i < 100; i++) {
		say(other, "ping\n");
		expect(other, "\"ping\"\n");
	}
	before = n_commands;
	/* The loop returns when nothing is left to do, so it does not spin. */
	event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
	ck_assert_int_eq(n_commands, before);
	close(stuck);
	turn(10);
	say(other, "ping\n");
	expect(other, "\"ping\"\n");
	close(other);
}
END_TEST

/* The kernel's buffer for the socket fills up, not our memory. */
START_TEST(a_client_that_only_sends_is_not_read_without_limit)
{
	int a = client();
	char lines[4096];
	size_t sent = 0;

	say(a, "big 1000000\n");
	memset(lines, '\n', sizeof(lines));
	for (int refused = 0; refused < 10;) {
		ssize_t n = send(a, lines, sizeof(lines), MSG_NOSIGNAL);

		refused = n < 0 ? refused + 1 : 0;
		sent += n < 0 ? 0 : (size_t)n;
		turn(1);
		ck_assert_uint_lt(sent, 2 << 20);
	}
	ck_assert_int_eq(n_commands, 1);
	close(a);
	turn(5);
}
END_TEST

START_TEST(pipelined_commands_are_answered_one_per_turn)
{
	int a = client();
	char buf[2000 * 4 + 1] = "";

	say_times(a, "x\n", 2000);
	turn(1);
	ck_assert_int_le(n_commands, 2);
	ck_assert_uint_eq(hear(a, buf, 8000), 8000);
	ck_assert_int_eq(n_commands, 2000);
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(strncmp(buf + 4 * i, "\"x\"\n", 4), 0);
	close(a);
	turn(5);
}
END_TEST

START_TEST(after_garbage_the_next_line_is_read)
{
	int a = client();

	say(a, "\x01\x02\x7f\n");
	ck_assert_int_eq(send(a, "nul\0here\n", 9, 0), 9);
	say(a, "tab\there\n");
	say(a, "gr\xc3\xbc\xc3\x9f\n");
	for (int i = 0; i < 3; i++)
		expect(a, "{\"error\":\"not a command\"}\n");
	expect(a, "\"gr\xc3\xbc\xc3\x9f\"\n");
	ck_assert_int_eq(n_commands, 1);
	say(a, "null\n");
	expect(a, "{\"error\":\"out of memory\"}\n");
	close(a);
	turn(5);
}
END_TEST

static void
say_length(int fd, size_t n, const char *end)
{
	char line[3 * CTL_LINE_MAX];

	memset(line, 'l', n);
	strcpy(line + n, end);
	say(fd, line);
}

START_TEST(a_line_over_the_limit_closes_the_client)
{
	int a = client();

	say_length(a, CTL_LINE_MAX, "\n");
	ck_assert_uint_eq(hear(a, last_command, CTL_LINE_MAX + 3),
	    CTL_LINE_MAX + 3);
	say_length(a, CTL_LINE_MAX, "\r\n");
	ck_assert_uint_eq(hear(a, last_command, CTL_LINE_MAX + 3),
	    CTL_LINE_MAX + 3);
	ck_assert_int_eq(n_commands, 2);

	for (size_t more = 1; more <= 5; more++) {
		close(a);
		a = client();
		say_length(a, CTL_LINE_MAX + more, "\nafter\n");
		expect(a, "{\"error\":\"line too long\"}\n");
		expect_end(a);
		a = client();
	}
	say_length(a, 2 * CTL_LINE_MAX, "");
	expect(a, "{\"error\":\"line too long\"}\n");
	expect_end(a);
	ck_assert_int_eq(n_commands, 2);
}
END_TEST

START_TEST(an_answer_beyond_the_bound_closes)
{
	int a = client();
	char *buf = malloc(CTL_BACKLOG_MAX), text[32];

	snprintf(text, sizeof(text), "big %u\n", CTL_BACKLOG_MAX - 1);
	say(a, text);
	ck_assert_uint_eq(hear(a, buf, CTL_BACKLOG_MAX), CTL_BACKLOG_MAX);
	ck_assert_int_eq(buf[CTL_BACKLOG_MAX - 1], '\n');
	snprintf(text, sizeof(text), "big %u\n", CTL_BACKLOG_MAX);
	say(a, text);
	expect_end(a);
	free(buf);
}
END_TEST

START_TEST(a_client_that_is_done_sending_still_gets_its_answers)
{
	int a = client();
	char buf[300000];

	say(a, "big 200000\nlast\nunfinished");
	shutdown(a, SHUT_WR);
	ck_assert_uint_eq(hear(a, buf, sizeof(buf)), 200001 + 7);
	ck_assert_int_eq(memcmp(buf + 200001, "\"last\"\n", 7), 0);
	ck_assert_int_eq(n_commands, 2);
	expect_end(a);
}
END_TEST

START_TEST(a_client_that_disconnects_early_does_no_harm)
{
	int b;

	for (int i = 0; i < 40; i++) {
		int a = client();

		say(a, "big 3000000\nbig 10\n");
		turn(i % 4);
		close(a);
	}
	turn(20);
	b = client();
	say(b, "ping\n");
	expect(b, "\"ping\"\n");
	close(b);
	turn(5);
}
END_TEST

START_TEST(a_client_over_the_limit_replaces_the_longest_silent)
{
	int fd[CTL_CLIENTS_MAX], late;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		fd[i] = client();
	say(fd[0], "ping\n");		/* so the second one is the longest silent */
	expect(fd[0], "\"ping\"\n");
	late = client();
	say(late, "ping\n");
	expect(late, "\"ping\"\n");
	expect_end(fd[1]);
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		if (i == 1)
			continue;
		say(fd[i], "ping\n");
		expect(fd[i], "\"ping\"\n");
		close(fd[i]);
	}
	close(late);
	turn(5);
}
END_TEST

START_TEST(a_stream_follows_its_answer_until_the_client_ends)
{
	int a = client();

	ck_assert_ptr_null(ctl_stream(ctl, on_stream, &stream));
	say(a, "stream\n");
	expect(a, "\"stream\"\n");
	ck_assert_int_eq(n_begin, 1);
	ck_assert(ctl_stream_write(stream, "\0\xff", 2));
	ck_assert(ctl_stream_write(stream, "\nx", 2));
	ck_assert_uint_eq(ctl_stream_waiting(stream), 4);
	ck_assert_uint_eq(hear(a, last_command, 4), 4);
	ck_assert_int_eq(memcmp(last_command, "\0\xff\nx", 4), 0);
	ck_assert_uint_eq(ctl_stream_waiting(stream), 0);
	say_times(a, "what it says now is not listened to\n", 1000);
	turn(50);
	ck_assert_int_eq(n_commands, 1);
	shutdown(a, SHUT_WR);
	expect(a, "bye");
	expect_end(a);
	ck_assert_int_eq(n_stop, 1);
	ck_assert_int_eq(n_gone, 1);
}
END_TEST

/* echo stream | nc -N: the end of input arrives together with the command. */
START_TEST(a_stream_may_end_as_soon_as_it_begins)
{
	int a = client();

	say(a, "stream\n");
	shutdown(a, SHUT_WR);
	expect(a, "\"stream\"\nbye");
	expect_end(a);
	ck_assert_int_eq(n_begin, 1);
	ck_assert_int_eq(n_stop, 1);
	ck_assert_int_eq(n_gone, 1);
}
END_TEST

START_TEST(a_stream_whose_client_dies_is_gone)
{
	int a = client();

	say(a, "stream\n");
	expect(a, "\"stream\"\n");
	close(a);
	turn(5);
	ck_assert_int_eq(n_gone, 1);
	a = client();
	say(a, "stream\n");
	expect(a, "\"stream\"\n");
	ctl = ctl_close(ctl);	/* sends CTL_STOP */
	ck_assert_int_eq(n_gone, 2);
	expect(a, "bye");
	expect_end(a);
}
END_TEST

START_TEST(a_stream_is_not_replaced)
{
	int a = client(), fd[2 * CTL_CLIENTS_MAX];

	say(a, "stream\n");
	expect(a, "\"stream\"\n");
	for (int i = 0; i < 2 * CTL_CLIENTS_MAX; i++) {
		fd[i] = client();
		say(fd[i], "ping\n");
		expect(fd[i], "\"ping\"\n");
	}
	ck_assert_int_eq(n_gone, 0);
	ck_assert(ctl_stream_write(stream, "x", 1));
	expect(a, "x");
	for (int i = 0; i < 2 * CTL_CLIENTS_MAX; i++)
		close(fd[i]);
	close(a);
	turn(5);
	ck_assert_int_eq(n_gone, 1);
}
END_TEST

START_TEST(no_client_is_replaced_if_all_are_streams)
{
	int fd[CTL_CLIENTS_MAX], late;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		fd[i] = client();
		say(fd[i], "stream\n");
		expect(fd[i], "\"stream\"\n");
	}
	late = client();
	expect_end(late);
	ck_assert_int_eq(n_gone, 0);
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		close(fd[i]);
	turn(20);
	ck_assert_int_eq(n_gone, CTL_CLIENTS_MAX);
}
END_TEST

START_TEST(only_a_running_daemon_keeps_its_socket)
{
	struct ctl *second = NULL, *first = ctl;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, a;

	ck_assert_int_eq(ctl_open(loop, priv, path, on_command, &n_commands, &second),
	    -EADDRINUSE);
	a = client();
	say(a, "ping\n");
	expect(a, "\"ping\"\n");
	close(a);

	ctl = ctl_close(first);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	ck_assert_int_eq(open_ctl(), 0);
	a = client();
	say(a, "pong\n");
	expect(a, "\"pong\"\n");
	close(a);
	turn(5);
}
END_TEST

START_TEST(files_that_are_not_ours_stay)
{
	char other[80], longest[200];
	struct ctl *second = NULL;
	struct stat st;
	int fd;

	snprintf(other, sizeof(other), "%s/file", dir);
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ctl_open(loop, priv, other, on_command, &n_commands, &second),
	    -ENOTSOCK);
	ck_assert_int_eq(stat(other, &st), 0);
	unlink(other);

	/* Our socket was removed and something else put in its place. */
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ctl = ctl_close(ctl);
	ck_assert_int_eq(rmdir(path), 0);

	snprintf(other, sizeof(other), "%s/no/such/dir", dir);
	ck_assert_int_eq(ctl_open(loop, priv, other, on_command, &n_commands, &second),
	    -ENOENT);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(ctl_open(loop, priv, longest, on_command, &n_commands,
	    &second), -ENAMETOOLONG);
}
END_TEST

Suite *ctl_suite(void);

Suite *
ctl_suite(void)
{
	Suite *s = suite_create("ctl");
	TCase *tc = tcase_create("ctl");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, clients_get_their_own_answers_in_order);
	tcase_add_test(tc, the_file_is_for_owner_and_group);
	tcase_add_test(tc, a_client_that_never_reads_delays_nobody);
	tcase_add_test(tc, a_client_that_only_sends_is_not_read_without_limit);
	tcase_add_test(tc, pipelined_commands_are_answered_one_per_turn);
	tcase_add_test(tc, after_garbage_the_next_line_is_read);
	tcase_add_test(tc, a_line_over_the_limit_closes_the_client);
	tcase_add_test(tc, an_answer_beyond_the_bound_closes);
	tcase_add_test(tc, a_client_that_is_done_sending_still_gets_its_answers);
	tcase_add_test(tc, a_client_that_disconnects_early_does_no_harm);
	tcase_add_test(tc, a_client_over_the_limit_replaces_the_longest_silent);
	tcase_add_test(tc, a_stream_follows_its_answer_until_the_client_ends);
	tcase_add_test(tc, a_stream_may_end_as_soon_as_it_begins);
	tcase_add_test(tc, a_stream_whose_client_dies_is_gone);
	tcase_add_test(tc, a_stream_is_not_replaced);
	tcase_add_test(tc, no_client_is_replaced_if_all_are_streams);
	tcase_add_test(tc, only_a_running_daemon_keeps_its_socket);
	tcase_add_test(tc, files_that_are_not_ours_stay);
	suite_add_tcase(s, tc);
	return s;
}
