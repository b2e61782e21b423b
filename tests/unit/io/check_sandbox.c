/* SPDX-License-Identifier: ISC
 *
 * The sandbox from the inside: a child gives up the same privileges as the daemon and
 * tries one thing; the parent checks what happens to it.
 */
#include "io/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "skip.h"

Suite *sandbox_suite(void);

#define OK 7		/* exit status of a child that came through */

static int told[2];		/* a pipe: the number of the forbidden call */

static bool
tell(int call)
{
	return write(told[1], &call, sizeof(call)) == sizeof(call);
}

static bool
tell_nobody(int call)
{
	(void)call;
	return false;
}

static bool
tell_by_a_forbidden_call(int call)
{
	(void)call;
	return syscall(SYS_getppid) > 0;
}

/* --- calls ---------------------------------------------------------------- */

/* By number: the C library's wrappers do other things first. */
#ifndef SYS_mmap		/* 32-bit ARM */
#define SYS_mmap	SYS_mmap2
#endif
#define TRY(name, call) \
	static void name(void) { (void)(call); }

TRY(try_openat, syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY))
TRY(try_open_for_writing, syscall(SYS_openat, AT_FDCWD, "/tmp/x", O_WRONLY | O_CREAT, 0600))
TRY(try_execve, syscall(SYS_execve, "/bin/true", NULL, NULL))
TRY(try_clone, syscall(SYS_clone, 0, NULL, NULL, NULL, NULL))
TRY(try_ptrace, syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL))
TRY(try_kill, syscall(SYS_kill, 1, 0))
TRY(try_bind, syscall(SYS_bind, 0, NULL, 0))
TRY(try_listen, syscall(SYS_listen, 0, 0))
TRY(try_mprotect, syscall(SYS_mprotect, NULL, 0, PROT_EXEC))
TRY(try_unlinkat, syscall(SYS_unlinkat, AT_FDCWD, "/tmp/x", 0))
TRY(try_mkdirat, syscall(SYS_mkdirat, AT_FDCWD, "/tmp/x", 0700))
TRY(try_setuid, syscall(SYS_setuid, 0))
TRY(try_prctl, syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0))
TRY(try_seccomp, syscall(SYS_seccomp, 0, 0, NULL))
TRY(try_io_uring, syscall(SYS_io_uring_setup, 1, NULL))
TRY(try_process_vm_readv, syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0))
TRY(try_packet_socket, syscall(SYS_socket, AF_PACKET, SOCK_DGRAM, 0))
TRY(try_raw_socket, syscall(SYS_socket, AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1))
TRY(try_raw_socket6, syscall(SYS_socket, AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 58))
TRY(try_netlink_socket, syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0))
TRY(try_sctp, syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP))
TRY(try_mptcp, syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
TRY(try_detach, setsockopt(0, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0))
TRY(try_device, setsockopt(0, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2))
/* Of the numbers that are allowed, another pair, and beyond 16 bits. */
TRY(try_pair, setsockopt(0, IPPROTO_IP, SO_LINGER, NULL, 0))
TRY(try_wide_option, setsockopt(0, SOL_SOCKET, SO_LINGER | 0x10000, NULL, 0))
TRY(try_wide_level, setsockopt(0, SOL_SOCKET | 0x10000, SO_LINGER, NULL, 0))
TRY(try_code, syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
TRY(try_terminal, syscall(SYS_ioctl, 0, TIOCSTI, ""))
TRY(try_nonsense, syscall(511))

static const struct {
	const char *name;
	void (*fn)(void);
} forbidden[] = {
	{ "openat", try_openat }, { "openat", try_open_for_writing },
	{ "execve", try_execve }, { "clone", try_clone },
	{ "ptrace", try_ptrace }, { "kill", try_kill },
	{ "bind", try_bind }, { "listen", try_listen },
	{ "mprotect", try_mprotect }, { "unlinkat", try_unlinkat },
	{ "mkdirat", try_mkdirat }, { "setuid", try_setuid },
	{ "prctl", try_prctl }, { "seccomp", try_seccomp },
	{ "io_uring_setup", try_io_uring },
	{ "process_vm_readv", try_process_vm_readv },
	{ "socket", try_packet_socket }, { "socket", try_raw_socket },
	{ "socket", try_raw_socket6 },
	{ "socket", try_netlink_socket }, { "socket", try_sctp },
	{ "socket", try_mptcp }, { "mmap", try_code },
	{ "setsockopt", try_detach }, { "setsockopt", try_device },
	{ "setsockopt", try_pair }, { "setsockopt", try_wide_option },
	{ "setsockopt", try_wide_level },
	{ "ioctl", try_terminal }, { "?", try_nonsense },
};

/* Runs fn under the filter of this role in a child and returns its status. fn
 * returns true if all was well. */
static int
confined(enum sandbox_role role, sandbox_fn *told_by, bool (*fn)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (sandbox_filter(role, told_by) < 0)
			sandbox_exit(1);
		sandbox_exit(fn(arg) ? OK : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static bool
do_forbidden(void *arg)
{
	forbidden[*(int *)arg].fn();
	return true;
}

START_TEST(a_forbidden_call_ends_the_process_and_is_named)
{
	int call = -1;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(confined(SANDBOX_PACKETS, tell, do_forbidden, &_i), SANDBOX_EXIT);
	ck_assert_int_eq(read(told[0], &call, sizeof(call)), sizeof(call));
	ck_assert_str_eq(sandbox_call_name(call), forbidden[_i].name);
}
END_TEST

/* What the process that reads packets may do, and the reader of captures not. */
static bool
do_connect(void *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0;
}

START_TEST(the_reader_of_captures_may_do_less)
{
	int call = -1;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(confined(SANDBOX_READER, tell, do_forbidden, &_i), SANDBOX_EXIT);
	ck_assert_int_eq(read(told[0], &call, sizeof(call)), sizeof(call));
	ck_assert_str_eq(sandbox_call_name(call), forbidden[_i].name);
	ck_assert_int_eq(confined(SANDBOX_READER, tell, do_connect, NULL), SANDBOX_EXIT);
}
END_TEST

/* Runs the first forbidden call; returns what it leaves on stderr. */
static const char *
heard_on_stderr(sandbox_fn *told_by)
{
	static char buf[128];
	int ends[2], saved = dup(STDERR_FILENO), first = 0;
	size_t n = 0;
	ssize_t got;

	memset(buf, 0, sizeof(buf));
	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	ck_assert_int_eq(confined(SANDBOX_PACKETS, told_by, do_forbidden, &first),
	    SANDBOX_EXIT);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	while ((got = read(ends[0], buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	return buf;
}

START_TEST(without_a_reporter_the_call_goes_to_stderr)
{
	ck_assert_str_eq(heard_on_stderr(tell_nobody),
	    "seccomp-violation call=openat\n");
	ck_assert_str_eq(heard_on_stderr(NULL), "seccomp-violation call=openat\n");
}
END_TEST

START_TEST(a_reporter_that_is_forbidden_itself_hides_no_call)
{
	ck_assert_str_eq(heard_on_stderr(tell_by_a_forbidden_call),
	    "seccomp-violation call=openat\nseccomp-violation call=getppid\n");
}
END_TEST

/* What libraries do for us, in addition to what each namespace test does. */
static bool
do_ordinary(void *arg)
{
	struct pollfd p = { .fd = told[0], .events = POLLIN };
	struct timespec ts;
	struct timeval tv;
	char name[65], *big;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int un = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), waiting;
	int six = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)arg;
	if (fd < 0 || un < 0 || ioctl(fd, FIONREAD, &waiting) < 0)
		return false;
	big = malloc(1u << 20);		/* mmap */
	big = realloc(big, 4u << 20);
	if (!big)
		return false;
	memset(big, 1, 4u << 20);
	free(big);
	return poll(&p, 1, 1) == 0 && gethostname(name, sizeof(name)) == 0 &&
	    syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts) == 0 &&
	    syscall(SYS_gettimeofday, &tv, NULL) == 0 &&
	    close(fd) == 0 && close(un) == 0 && (six < 0 || close(six) == 0);
}

START_TEST(calls_of_libraries_are_allowed)
{
	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(confined(SANDBOX_PACKETS, tell, do_ordinary, NULL), OK);
}
END_TEST

static bool
do_write_a_file(void *arg)
{
	(void)arg;
	return open("/tmp/pxrelay-check-sandbox", O_CREAT | O_WRONLY, 0600) < 0;
}

static bool
do_read_a_file(void *arg)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)arg;
	return fd >= 0 && close(fd) == 0;
}

START_TEST(the_opener_reads_files_and_writes_none)
{
	int call = -1;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(confined(SANDBOX_OPENER, tell, do_read_a_file, NULL), OK);
	ck_assert_int_eq(confined(SANDBOX_OPENER, tell, do_write_a_file, NULL),
	    SANDBOX_EXIT);
	ck_assert_int_eq(read(told[0], &call, sizeof(call)), sizeof(call));
	ck_assert_str_eq(sandbox_call_name(call), "openat");
	ck_assert_int_eq(access("/tmp/pxrelay-check-sandbox", F_OK), -1);
}
END_TEST

static bool
do_chmod(void *arg)
{
	(void)arg;
	return chmod("/tmp/pxrelay-check-sandbox", 0600) < 0;
}

static bool
do_chown(void *arg)
{
	(void)arg;
	return chown("/tmp/pxrelay-check-sandbox", (uid_t)-1, (gid_t)-1) < 0;
}

/* Both calls would follow a link that replaced a socket file. */
START_TEST(the_opener_makes_no_call_that_follows_links)
{
	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(confined(SANDBOX_OPENER, tell, do_chmod, NULL), SANDBOX_EXIT);
	ck_assert_int_eq(confined(SANDBOX_OPENER, tell, do_chown, NULL), SANDBOX_EXIT);
}
END_TEST

/* --- user and capabilities ------------------------------------------------ */

/* The number after a word of /proc/self/status. */
static uint64_t
status_of(const char *word, int base)
{
	char line[256];
	uint64_t n = UINT64_MAX;
	FILE *f = fopen("/proc/self/status", "re");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, word, strlen(word)) == 0)
			n = strtoull(line + strlen(word), NULL, base);
	fclose(f);
	return n;
}

START_TEST(root_becomes_a_user_without_capabilities)
{
	struct sandbox_user u;

	sandbox_find(&u);
	ck_assert(u.change);
	ck_assert_int_eq(sandbox_drop(&u, 0), 0);
	ck_assert(u.change);
	ck_assert_uint_ne(u.uid, 0);
	ck_assert_uint_eq(getuid(), u.uid);
	ck_assert_uint_eq(geteuid(), u.uid);
	ck_assert_uint_eq(getegid(), u.gid);
	ck_assert_int_eq(getgroups(0, NULL), 0);
	ck_assert_int_eq(setuid(0), -1);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_eq(prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_CAPBSET_READ, CAP_SETUID, 0, 0, 0), 0);
}
END_TEST

/* A container may contain only the program, and no other files. */
START_TEST(root_becomes_nobody_without_passwd)
{
	struct sandbox_user u;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("/dev/null", "/etc/passwd", NULL, MS_BIND, NULL), 0);
	sandbox_find(&u);
	ck_assert(u.change && u.spare);
	ck_assert_int_eq(sandbox_drop(&u, 0), 0);
	ck_assert_uint_eq(geteuid(), 65534);
	ck_assert_uint_eq(getegid(), 65534);
}
END_TEST

START_TEST(the_opener_keeps_what_it_names_and_its_user)
{
	const uint64_t keep = UINT64_C(1) << CAP_NET_RAW;

	ck_assert_int_eq(sandbox_drop(NULL, keep), 0);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_int_eq(prctl(PR_CAPBSET_READ, CAP_NET_RAW, 0, 0, 0), 1);
	ck_assert_int_eq(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0), 0);
	ck_assert_uint_eq(status_of("CapEff:", 16), keep);
	ck_assert_uint_eq(status_of("CapPrm:", 16), keep);
	ck_assert_uint_eq(status_of("CapBnd:", 16), keep);
	ck_assert_uint_eq(status_of("CapInh:", 16), 0);
	ck_assert_uint_eq(status_of("CapAmb:", 16), 0);
}
END_TEST

static void
add_root_tests(Suite *s)
{
	TCase *tc;

	if (geteuid() != 0) {
		skip_tests("sandbox/root", "needs root");
		return;
	}
	tc = tcase_create("root");
	tcase_add_test(tc, root_becomes_a_user_without_capabilities);
	tcase_add_test(tc, root_becomes_nobody_without_passwd);
	tcase_add_test(tc, the_opener_keeps_what_it_names_and_its_user);
	suite_add_tcase(s, tc);
}

Suite *
sandbox_suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("calls");

	tcase_add_loop_test(tc, a_forbidden_call_ends_the_process_and_is_named, 0,
	    sizeof(forbidden) / sizeof(forbidden[0]));
	tcase_add_loop_test(tc, the_reader_of_captures_may_do_less, 0,
	    sizeof(forbidden) / sizeof(forbidden[0]));
	tcase_add_test(tc, without_a_reporter_the_call_goes_to_stderr);
	tcase_add_test(tc, a_reporter_that_is_forbidden_itself_hides_no_call);
	tcase_add_test(tc, calls_of_libraries_are_allowed);
	tcase_add_test(tc, the_opener_reads_files_and_writes_none);
	tcase_add_test(tc, the_opener_makes_no_call_that_follows_links);
	suite_add_tcase(s, tc);
	add_root_tests(s);
	return s;
}
