/* SPDX-License-Identifier: ISC
 *
 * Where log lines go: a pipe in place of stderr, and our own sockets in place
 * of those of syslogd and the journal, in a mount namespace.
 */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/logsink.h"
#include "skip.h"

static struct log
open_log(enum logsink where)
{
	struct log l = { .level = LOG_LEVEL_DEBUG };

	logsink_set(&l, where);
	return l;
}

/* Replaces stderr by a pipe and returns its other end. */
static int
catch_stderr(int *saved)
{
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	*saved = dup(STDERR_FILENO);
	ck_assert_int_eq(dup2(p[1], STDERR_FILENO), STDERR_FILENO);
	close(p[1]);
	return p[0];
}

static void
restore_stderr(int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

START_TEST(a_line_to_stderr_is_one_line)
{
	int saved, fd = catch_stderr(&saved);
	struct log l = open_log(LOGSINK_STDERR);
	char buf[256] = "";

	log_event(&l, LOG_LEVEL_INFO, "reload", "file=%s servers=%d", "a.conf", 2);
	log_event(&l, LOG_LEVEL_ERROR, "end", "%s", "");
	restore_stderr(saved);
	ck_assert_int_gt(read(fd, buf, sizeof(buf) - 1), 0);
	ck_assert_str_eq(buf, "reload file=a.conf servers=2\nend\n");
	close(fd);
}
END_TEST

/* JOURNAL_STREAM must name the same file as stderr. */
START_TEST(journal_on_stderr_gets_the_level)
{
	int saved, fd = catch_stderr(&saved);
	char buf[256] = "", env[64];
	struct stat st;
	struct log l;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(env, sizeof(env), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", env, 1);
	logsink_look();
	l = open_log(LOGSINK_STDERR);
	log_event(&l, LOG_LEVEL_WARNING, "a", "b=c");
	setenv("JOURNAL_STREAM", "1:1", 1);
	logsink_look();
	l = open_log(LOGSINK_STDERR);
	log_event(&l, LOG_LEVEL_WARNING, "a", "b=c");
	restore_stderr(saved);
	ck_assert_int_gt(read(fd, buf, sizeof(buf) - 1), 0);
	ck_assert_str_eq(buf, "<4>a b=c\na b=c\n");
	close(fd);
}
END_TEST

START_TEST(an_unread_pipe_costs_lines_not_time)
{
	int saved, fd = catch_stderr(&saved);
	struct log l = open_log(LOGSINK_STDERR);
	char buf[65536], big[900];
	ssize_t n, got = 0;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	/* A log that waits would wait forever, and the test would time out. */
	for (int i = 0; i < 1000; i++)
		log_event(&l, LOG_LEVEL_INFO, "line", "text=%s", big);
	restore_stderr(saved);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		got += n;
	ck_assert_int_gt(got, 10000);
	ck_assert_int_eq(got % (ssize_t)(strlen("line text=\n") + 899), 0);
	close(fd);
}
END_TEST

/* The kernel reports room for one byte in a terminal. A log that writes this much
 * would wait forever, and the test would time out. */
START_TEST(an_unread_terminal_costs_lines_not_time)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), saved, slave;
	struct log l;

	ck_assert_int_eq(grantpt(terminal) | unlockpt(terminal), 0);
	slave = open(ptsname(terminal), O_WRONLY | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	saved = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	logsink_look();
	l = open_log(LOGSINK_STDERR);
	for (int i = 0; i < 1000; i++)
		log_event(&l, LOG_LEVEL_INFO, "line", "n=%d", i);
	restore_stderr(saved);
	/* Other programs that write to the terminal still wait for room, as before. */
	ck_assert_int_eq(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	close(slave);
	close(terminal);
}
END_TEST

START_TEST(a_missing_stderr_is_not_an_error)
{
	int saved = dup(STDERR_FILENO);
	struct log l;

	close(STDERR_FILENO);
	l = open_log(LOGSINK_STDERR);
	log_event(&l, LOG_LEVEL_INFO, "into", "the=void");
	restore_stderr(saved);
}
END_TEST

static int
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
own_mounts(const char *over)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", over, "tmpfs", 0, NULL), 0);
}

START_TEST(syslog_gets_facility_level_and_name)
{
	char buf[512] = "";
	struct log l;
	int fd;

	own_mounts("/dev");
	fd = listen_at("/dev/log");
	l = open_log(LOGSINK_SYSLOG);
	log_event(&l, LOG_LEVEL_WARNING, "server-down", "server=%s", "10%%s");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), 0);
	ck_assert_ptr_eq(strstr(buf, "<28>"), buf);	/* daemon.warning */
	ck_assert_ptr_nonnull(strstr(buf, " pxrelayd["));
	ck_assert_ptr_nonnull(strstr(buf, ": server-down server=10%%s"));
	close(fd);
}
END_TEST

static int
listen_journal(void)
{
	own_mounts("/run");
	ck_assert_int_eq(mkdir("/run/systemd", 0755), 0);
	ck_assert_int_eq(mkdir("/run/systemd/journal", 0755), 0);
	return listen_at("/run/systemd/journal/socket");
}

START_TEST(the_journal_gets_fields)
{
	char buf[4096] = "";
	int fd = listen_journal();
	struct log l = open_log(LOGSINK_JOURNAL);

	log_event(&l, LOG_LEVEL_ERROR, "server-down",
	    "server=10.0.0.5 why=\"no answer, twice\" after-ms=30 word empty= x=\"\" "
	    "path=/a=b =odd last=\"open");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), 0);
	ck_assert_str_eq(buf,
	    "MESSAGE=server-down server=10.0.0.5 why=\"no answer, twice\" "
	    "after-ms=30 word empty= x=\"\" path=/a=b =odd last=\"open\n"
	    "PRIORITY=3\n"
	    "SYSLOG_IDENTIFIER=pxrelayd\n"
	    "PXRELAY_EVENT=server-down\n"
	    "PXRELAY_SERVER=10.0.0.5\n"
	    "PXRELAY_WHY=no answer, twice\n"
	    "PXRELAY_AFTER_MS=30\n"
	    "PXRELAY_EMPTY=\n"
	    "PXRELAY_X=\n"
	    "PXRELAY_PATH=/a=b\n"
	    "PXRELAY_LAST=open\n");
	close(fd);
}
END_TEST

/* The most fields a line can have, and the longest line. */
START_TEST(a_line_keeps_all_its_fields)
{
	char fields[LOG_LINE_MAX], buf[8192] = "";
	int fd = listen_journal(), n = 0;
	struct log l = open_log(LOGSINK_JOURNAL);

	for (size_t i = 0; i + 5 < sizeof(fields); i += 4)
		memcpy(fields + i, "k=v ", 5);
	log_event(&l, LOG_LEVEL_DEBUG, "many", "%s", fields);
	ck_assert_int_gt(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), 0);
	ck_assert_ptr_nonnull(strstr(buf, "PRIORITY=7\n"));
	for (char *s = buf; (s = strstr(s, "PXRELAY_K=v\n")); s++)
		n++;
	ck_assert_int_eq(n, 253);	/* LOG_LINE_MAX minus "many " */

	memset(fields, 'x', sizeof(fields) - 1);
	fields[1] = '=';
	fields[sizeof(fields) - 1] = '\0';
	log_event(&l, LOG_LEVEL_DEBUG, "long", "%s", fields);
	memset(buf, 0, sizeof(buf));
	ck_assert_int_gt(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), 0);
	ck_assert_ptr_nonnull(strstr(buf, "PXRELAY_X=xxx"));
	ck_assert_ptr_eq(strstr(buf, "...\n") + 4, strstr(buf, "PRIORITY"));
	close(fd);
}
END_TEST

static void
fill(int fd, enum logsink where)
{
	struct log l = open_log(where);
	char buf[8192];
	int n = 0;

	/* A log that waits would wait forever, and the test would time out. */
	for (int i = 0; i < 2000; i++)
		log_event(&l, LOG_LEVEL_INFO, "line", "n=%d", i);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		n++;
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, 2000);
	log_event(&l, LOG_LEVEL_INFO, "after", "n=1");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
}

START_TEST(stopped_daemons_cost_lines_not_time)
{
	own_mounts("/dev");
	fill(listen_at("/dev/log"), LOGSINK_SYSLOG);
	fill(listen_journal(), LOGSINK_JOURNAL);
}
END_TEST

START_TEST(daemons_started_later_or_again_are_found)
{
	struct log l = open_log(LOGSINK_SYSLOG);
	char buf[512];
	int fd;

	own_mounts("/dev");
	log_event(&l, LOG_LEVEL_INFO, "into", "the=void");
	fd = listen_at("/dev/log");
	log_event(&l, LOG_LEVEL_INFO, "first", "n=1");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
	close(fd);
	unlink("/dev/log");
	log_event(&l, LOG_LEVEL_INFO, "into", "the=void");
	fd = listen_at("/dev/log");
	log_event(&l, LOG_LEVEL_INFO, "second", "n=1");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
	close(fd);
}
END_TEST

/* If a value could add a field, the journal would believe it. */
START_TEST(a_line_break_does_not_end_a_field)
{
	char buf[4096] = "";
	int fd = listen_journal();
	struct log l = open_log(LOGSINK_JOURNAL);

	log_event(&l, LOG_LEVEL_INFO, "odd", "a=\"b\n_UID=0\" c=d");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), 0);
	ck_assert_ptr_null(strstr(buf, "\n_UID"));
	ck_assert_ptr_nonnull(strstr(buf, "PXRELAY_A=b _UID=0\nPXRELAY_C=d\n"));
	close(fd);
}
END_TEST

/* Tested in another process, because the mounts would stay. */
static bool
may_mount(void)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

Suite *logsink_suite(void);

Suite *
logsink_suite(void)
{
	Suite *s = suite_create("logsink");
	TCase *tc = tcase_create("logsink");

	tcase_add_test(tc, a_line_to_stderr_is_one_line);
	tcase_add_test(tc, journal_on_stderr_gets_the_level);
	tcase_add_test(tc, an_unread_pipe_costs_lines_not_time);
	tcase_add_test(tc, an_unread_terminal_costs_lines_not_time);
	tcase_add_test(tc, a_missing_stderr_is_not_an_error);
	suite_add_tcase(s, tc);
	if (!may_mount()) {
		skip_tests("logsink-daemons", "no right to make a mount namespace");
		return s;
	}
	tc = tcase_create("logsink-daemons");
	tcase_add_test(tc, syslog_gets_facility_level_and_name);
	tcase_add_test(tc, the_journal_gets_fields);
	tcase_add_test(tc, a_line_keeps_all_its_fields);
	tcase_add_test(tc, stopped_daemons_cost_lines_not_time);
	tcase_add_test(tc, daemons_started_later_or_again_are_found);
	tcase_add_test(tc, a_line_break_does_not_end_a_field);
	suite_add_tcase(s, tc);
	return s;
}
