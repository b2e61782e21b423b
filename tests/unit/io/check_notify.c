/* SPDX-License-Identifier: ISC
 *
 * What a service manager receives, at a socket file or an abstract name; and
 * what happens when the manager is absent, does not read, or restarts.
 */
#include "io/notify.h"

#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

Suite *notify_suite(void);

static char dir[] = "/tmp/notify-XXXXXX", path[64];

static void
set_up(void)
{
	strcpy(dir, "/tmp/notify-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	setenv("NOTIFY_SOCKET", path, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void
tear_down(void)
{
	unsetenv("NOTIFY_SOCKET");
	unlink(path);
	rmdir(dir);
}

static int
manager(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(at.sun_path, name);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	return fd;
}

static void
hears(int fd, const char *text)
{
	char buf[256] = "";
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

	ck_assert_int_ge(n, 0);
	ck_assert_str_eq(buf, text);
}

START_TEST(a_missing_manager_is_not_an_error)
{
	unsetenv("NOTIFY_SOCKET");
	ck_assert_ptr_null(notify_open());
	ck_assert(notify_say(NULL, "READY=1"));
	ck_assert_uint_eq(notify_watchdog_us(NULL), 0);
	ck_assert_ptr_null(notify_close(NULL));
}
END_TEST

START_TEST(by_a_file_or_a_name)
{
	char name[64];
	struct notify *n;
	int fd = manager(path);

	n = notify_open();
	ck_assert_ptr_nonnull(n);
	ck_assert(notify_say(n, "READY=1\nSTATUS=a b"));
	ck_assert(notify_say(n, "WATCHDOG=1"));
	hears(fd, "READY=1\nSTATUS=a b");
	hears(fd, "WATCHDOG=1");
	notify_close(n);
	close(fd);
	snprintf(name, sizeof(name), "@pxrelay-notify-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	fd = manager(name);
	n = notify_open();
	ck_assert_ptr_nonnull(n);
	ck_assert(notify_say(n, "STOPPING=1"));
	hears(fd, "STOPPING=1");
	notify_close(n);
	close(fd);
}
END_TEST

START_TEST(invalid_addresses_name_no_manager)
{
	char big[300];

	ck_assert_ptr_null(notify_open());		/* no such file */
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	big[0] = '/';
	setenv("NOTIFY_SOCKET", big, 1);
	ck_assert_ptr_null(notify_open());
	setenv("NOTIFY_SOCKET", "", 1);
	ck_assert_ptr_null(notify_open());
	setenv("NOTIFY_SOCKET", "@", 1);
	ck_assert_ptr_null(notify_open());
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	ck_assert_ptr_null(notify_open());
}
END_TEST

START_TEST(a_stopped_manager_delays_nothing)
{
	char big[64];
	int fd = manager(path), lost = 0;
	struct notify *n = notify_open();

	ck_assert_ptr_nonnull(n);
	for (int i = 0; i < 10000; i++)
		lost += !notify_say(n, "STATUS=x");
	ck_assert_int_gt(lost, 0);
	hears(fd, "STATUS=x");
	while (recv(fd, big, sizeof(big), 0) >= 0)
		;
	ck_assert(notify_say(n, "STATUS=y"));
	hears(fd, "STATUS=y");
	notify_close(n);
	close(fd);
}
END_TEST

START_TEST(a_restarted_manager_is_found)
{
	int fd = manager(path);
	struct notify *n = notify_open();

	ck_assert_ptr_nonnull(n);
	close(fd);
	unlink(path);
	ck_assert(!notify_say(n, "WATCHDOG=1"));
	fd = manager(path);
	ck_assert(notify_say(n, "WATCHDOG=1"));
	hears(fd, "WATCHDOG=1");
	notify_close(n);
	close(fd);
}
END_TEST

/* sd_watchdog_enabled(3): the watchdog of another process is not ours. */
START_TEST(the_watchdog_is_that_of_this_process)
{
	static const struct {
		const char *us;
		int pid;	/* 0: not set, 1: ours, 2: another's */
		uint64_t is;
	} cases[] = {
		{ "30000000", 0, 30000000 }, { "30000000", 1, 30000000 },
		{ "30000000", 2, 0 }, { "0", 1, 0 }, { "x", 1, 0 },
	};
	int fd = manager(path);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char pid[16];
		struct notify *n;

		snprintf(pid, sizeof(pid), "%d", (int)getpid() + cases[i].pid - 1);
		setenv("WATCHDOG_USEC", cases[i].us, 1);
		unsetenv("WATCHDOG_PID");
		if (cases[i].pid)
			setenv("WATCHDOG_PID", pid, 1);
		n = notify_open();
		ck_assert_ptr_nonnull(n);
		ck_assert_uint_eq(notify_watchdog_us(n), cases[i].is);
		notify_close(n);
	}
	close(fd);
}
END_TEST

Suite *
notify_suite(void)
{
	Suite *s = suite_create("notify");
	TCase *t = tcase_create("messages");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_missing_manager_is_not_an_error);
	tcase_add_test(t, by_a_file_or_a_name);
	tcase_add_test(t, invalid_addresses_name_no_manager);
	tcase_add_test(t, a_stopped_manager_delays_nothing);
	tcase_add_test(t, a_restarted_manager_is_found);
	tcase_add_test(t, the_watchdog_is_that_of_this_process);
	suite_add_tcase(s, t);
	return s;
}
