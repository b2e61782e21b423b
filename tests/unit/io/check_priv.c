/* SPDX-License-Identifier: ISC
 *
 * The opener, in this process and in its own: what it does, what it refuses,
 * how it handles malformed requests, and what both processes do when the
 * other end is gone.
 */
#include "io/priv.h"

#include "io/conftree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conftext.h"
#include "netpair.h"

Suite *priv_suite(void);

static char dir[32], conf[64], path[64], pidfile[64], said[4096];
static struct log to_said;
static struct priv *priv;

static void
hear(void *user, enum log_level level, const char *event, const char *fields)
{
	size_t len = strlen(said);

	(void)user;
	(void)level;
	snprintf(said + len, sizeof(said) - len, "%s %s\n", event, fields);
}

static struct opener_terms
terms(void)
{
	struct opener_terms t = {
		.conf = conf, .pidfile = pidfile, .dir = { "/run/pxrelay" },
		.port = 443, .group = (gid_t)-1,
	};

	unixsock_dir(t.dir[1], path);
	return t;
}

static void
write_file(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, "[relay]\n", 8), 8);
	close(fd);
}

static void
set_up(void)
{
	struct opener_terms t;

	strcpy(dir, "/tmp/pxrelay-priv-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(pidfile, sizeof(pidfile), "%s/pid", dir);
	write_file(conf);
	to_said = (struct log){ .level = LOG_LEVEL_DEBUG, .sink = hear };
	t = terms();
	priv = priv_new(&t, &to_said);
	ck_assert_ptr_nonnull(priv);
}

static void
set_up_split(void)
{
	set_up();
	ck_assert_int_eq(priv_split(priv), 0);
	signal(SIGCHLD, SIG_DFL);	/* the tests wait for their own children */
}

static void
tear_down(void)
{
	ck_assert_ptr_null(priv_free(priv));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(access(pidfile, F_OK), -1);
	unlink(conf);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* --- what it does --------------------------------------------------------- */

static int
get_int(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
	return value;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

START_TEST(sockets_come_bound_and_closed_on_exec)
{
	int fd[] = {
		priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 67), priv_ask_inet(priv, OPENER_SERVER, ip_of4(IP4_NONE), 0), priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 4011),
		priv_ask(priv, OPENER_ICMP), priv_ask(priv, OPENER_ARP), priv_ask(priv, OPENER_NETLINK),
		priv_ask_inet(priv, OPENER_FROM, ip_of4(NET_A), false), priv_ask_inet(priv, OPENER_FROM, ip_of4(NET_A), true),
	};

	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		ck_assert_msg(fd[i] > 2, "%zu: %s", i, strerror(-fd[i]));
		ck_assert_int_eq(fcntl(fd[i], F_GETFD), FD_CLOEXEC);
	}
	ck_assert_uint_eq(port_of(fd[0]), 67);
	ck_assert_uint_eq(port_of(fd[1]), 67);
	ck_assert_uint_eq(port_of(fd[2]), 4011);
	ck_assert_int_eq(get_int(fd[3], SOL_SOCKET, SO_PROTOCOL), IPPROTO_ICMP);
	ck_assert_int_eq(get_int(fd[4], SOL_SOCKET, SO_DOMAIN), AF_PACKET);
	ck_assert_int_eq(get_int(fd[5], SOL_SOCKET, SO_DOMAIN), AF_NETLINK);
	ck_assert_int_eq(get_int(fd[7], SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_FROM, ip_of4(NET_B), false), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(sockets_of_ipv6_come_bound)
{
	const struct ipaddr any6 = ip_of6(IP6_NONE);
	int fd[] = {
		priv_ask_inet(priv, OPENER_UDP, any6, 547),
		priv_ask_inet(priv, OPENER_SERVER, any6, 0),
		priv_ask_inet(priv, OPENER_FROM, ip_of6((struct ip6){ .b[15] = 1 }), true),
		priv_ask_inet(priv, OPENER_ICMP, any6, 0),
	};

	ck_assert_int_eq(get_int(fd[3], SOL_SOCKET, SO_PROTOCOL), IPPROTO_ICMPV6);
	for (int i = 0; i < 4; i++) {
		ck_assert_msg(fd[i] > 2, "%d: %s", i, strerror(-fd[i]));
		ck_assert_int_eq(get_int(fd[i], SOL_SOCKET, SO_DOMAIN), AF_INET6);
		if (i < 2) {
			ck_assert_uint_eq(port_of(fd[i]), 547);
			ck_assert_int_eq(get_int(fd[i], IPPROTO_IPV6, IPV6_V6ONLY), 1);
		}
		close(fd[i]);
	}
	/* A family has its own ports. */
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, any6, 67), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, any6, 4012), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 547), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_TCP, any6, 9467), -EPERM);
}
END_TEST

START_TEST(the_configuration_is_opened_repeatedly)
{
	struct conftext t = { 0 };
	int fd;

	for (int i = 0; i < 3; i++) {
		fd = priv_ask(priv, OPENER_CONF);
		ck_assert_int_gt(fd, 2);
		t.c = conftree_read_fd(fd, conftext_mistake, &t);
		ck_assert_str_eq(t.mistakes, "0: nothing to do; expected at least one "
		    "[interface PATTERN]\n");
		conftext_free(&t);
	}
	unlink(conf);
	ck_assert_int_eq(priv_ask(priv, OPENER_CONF), -ENOENT);
	ck_assert_int_eq(mkfifo(conf, 0600), 0);
	ck_assert_int_eq(priv_ask(priv, OPENER_CONF), -EINVAL);	/* at once */
}
END_TEST

static uint16_t
interfaces_now(void)
{
	struct conftext t = { 0 };
	uint16_t n;

	t.c = conftree_read_fd(priv_ask(priv, OPENER_CONF), conftext_mistake, &t);
	ck_assert_msg(t.c != NULL, "%s", t.mistakes);
	n = t.c->n_if;
	conftext_free(&t);
	return n;
}

/* So many that a sort might ask for the size of the memory. */
#define VLANS 600

static void
write_vlan(int i, bool keep)
{
	char name[64], text[64];
	int fd;

	snprintf(name, sizeof(name), "%s/v%d.vlan", dir, i);
	if (!keep) {
		ck_assert_int_eq(unlink(name), 0);
		return;
	}
	snprintf(text, sizeof(text), "[interface vlan%d]\nservers = 192.0.2.1\n", i);
	fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(included_files_are_found_each_time)
{
	static const char text[] = "[relay]\ninclude = *.vlan\n[interface a]\n"
	    "servers = 192.0.2.1\n";
	int fd = open(conf, O_WRONLY | O_TRUNC | O_CLOEXEC);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert_uint_eq(interfaces_now(), 1);
	for (int i = 0; i < VLANS; i++)
		write_vlan(i, true);
	ck_assert_uint_eq(interfaces_now(), 1 + VLANS);
	for (int i = 0; i < VLANS; i++)
		write_vlan(i, false);
	ck_assert_uint_eq(interfaces_now(), 1);
}
END_TEST

START_TEST(socket_files_are_made_and_removed)
{
	struct stat st;
	int fd = priv_ask_path(priv, OPENER_SOCKET, path);

	ck_assert_int_gt(fd, 2);
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, path), -EADDRINUSE);
	priv_ask_path(priv, OPENER_REMOVE, conf);
	ck_assert_int_eq(access(conf, F_OK), 0);
	priv_ask_path(priv, OPENER_REMOVE, path);
	ck_assert_int_eq(access(path, F_OK), -1);
	close(fd);
	fd = priv_ask_path(priv, OPENER_SOCKET, path);		/* removed at the end */
	ck_assert_int_gt(fd, 2);
	close(fd);
	write_file(pidfile);
	priv_pidfile(priv);
}
END_TEST

/* Others must be able to reach the socket, whatever umask the daemon was started
 * with. */
START_TEST(the_directory_of_a_socket_may_be_entered_by_all)
{
	char sub[48], name[64];
	struct opener_terms t = terms();
	struct priv *p;
	struct stat st;
	mode_t mask;
	int fd;

	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(name, sizeof(name), "%s/sock", sub);
	unixsock_dir(t.dir[2], name);
	p = priv_new(&t, &to_said);
	ck_assert_ptr_nonnull(p);
	mask = umask(077);
	fd = priv_ask_path(p, OPENER_SOCKET, name);
	ck_assert_int_gt(fd, 2);
	ck_assert_uint_eq(umask(mask), 077);
	ck_assert_int_eq(stat(sub, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(stat(name, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	close(fd);
	priv_free(p);
	ck_assert_int_eq(rmdir(sub), 0);
}
END_TEST

static void
check_reachable(const char *address)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ip neigh show dev v0 | grep -q '%s .*REACHABLE'", address);
	for (int i = 0; i < 200; i++) {
		struct timespec ts = { .tv_nsec = 10000000 };

		if (system(cmd) == 0)
			return;
		nanosleep(&ts, NULL);
	}
	ck_abort_msg("the kernel knows no neighbour %s", address);
}

START_TEST(a_neighbour_is_resolved)
{
	struct ipaddr b;

	priv_resolve(priv, net_index("v0"), ip_of4(NET_B));
	check_reachable("10.0.0.2");
	net_in_b();
	net_run("ip addr add fe80::2/64 dev v1 nodad");
	net_in_a();
	net_run("ip addr add fe80::1/64 dev v0 nodad");
	ck_assert(ip_parse("fe80::2", &b));
	priv_resolve(priv, net_index("v0"), b);
	check_reachable("fe80::2");
}
END_TEST

/* --- what it refuses ------------------------------------------------------ */

START_TEST(nothing_outside_the_terms_is_opened)
{
	char other[80];

	snprintf(other, sizeof(other), "%s/../sock", dir);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, other), -EPERM);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, "/tmp/sock"), -EPERM);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, "/run/pxrelay/x/sock"), -EPERM);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, "sock"), -EPERM);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, ""), -EPERM);
	ck_assert_int_eq(priv_ask_path(priv, OPENER_SOCKET, conf), -ENOTSOCK);
	ck_assert_int_eq(access(conf, F_OK), 0);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 53), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 0), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_TCP, ip_of4(IP4_NONE), 80), -EPERM);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_TCP, ip_of4(IP4_NONE), 0), -EPERM);
	close(priv_ask_inet(priv, OPENER_TCP, ip_of4(IP4_NONE), 443));
	close(priv_ask_inet(priv, OPENER_TCP, ip_of4(IP4_NONE), 9467));
	ck_assert(opener_may_socket(priv_terms(priv), "/run/pxrelay/control.sock"));
	ck_assert(!opener_may_socket(priv_terms(priv), "/run/pxrelayx/control.sock"));
	ck_assert(opener_may_listen(priv_terms(priv), 1024));
	ck_assert(!opener_may_listen(priv_terms(priv), 1023));
}
END_TEST

START_TEST(socket_files_are_bounded)
{
	char name[80];
	int err = 0;

	for (int i = 0; i < 100 && err >= 0; i++) {
		snprintf(name, sizeof(name), "%s/s%d", dir, i);
		err = priv_ask_path(priv, OPENER_SOCKET, name);
	}
	ck_assert_int_eq(err, -EMFILE);
}
END_TEST

/* Requests that a process might send after an attacker has taken it over. */
START_TEST(invalid_requests_are_refused)
{
	struct opener_request q = { .seq = 1 };
	struct opener_answer a;
	int fd = priv_fd(priv);

	for (uint32_t what = OPENER_END + 1; what < 300; what++) {
		q.what = what;
		ck_assert_int_eq(send(fd, &q, sizeof(q), 0), sizeof(q));
		ck_assert_int_eq(recv(fd, &a, sizeof(a), 0), sizeof(a));
		ck_assert_int_eq(a.result, -EPERM);
	}
	memset(&q, 0xff, sizeof(q));
	q.what = OPENER_SOCKET;		/* a path without NUL */
	ck_assert_int_eq(send(fd, &q, sizeof(q), 0), sizeof(q));
	ck_assert_int_eq(recv(fd, &a, sizeof(a), 0), sizeof(a));
	ck_assert_int_eq(a.result, -EPERM);
	q.what = OPENER_LOG;
	q.seq = 0;
	ck_assert_int_eq(send(fd, &q, sizeof(q), 0), sizeof(q));
	ck_assert_int_eq(send(fd, &q, 3, 0), 3);
	ck_assert_int_eq(send(fd, "", 1, 0), 1);
	close(priv_ask(priv, OPENER_CONF));		/* it still answers */
	ck_assert_int_gt(fd = priv_ask(priv, OPENER_CONF), 2);
	close(fd);
}
END_TEST

/* --- the end of one of them ----------------------------------------------- */

static bool
gone_within(const char *file, int ms)
{
	struct timespec ts = { .tv_nsec = 1000000 };

	while (access(file, F_OK) == 0 && ms-- > 0)
		nanosleep(&ts, NULL);
	return ms > 0;
}

/* A killed daemon leaves no files behind: the opener sees the end of its socket
 * pair. */
START_TEST(the_opener_cleans_up_after_a_killed_process)
{
	struct opener_terms t = terms();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct priv *p = priv_new(&t, &to_said);

		if (!p || priv_split(p) < 0 || priv_ask_path(p, OPENER_SOCKET, path) < 0)
			_exit(1);
		write_file(pidfile);
		priv_pidfile(p);
		close(priv_ask(p, OPENER_CONF));	/* the opener now knows the file */
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(gone_within(path, 5000));
	ck_assert(gone_within(pidfile, 5000));
}
END_TEST

static pid_t
pid_of_opener(void)
{
	char name[64], comm[32] = "";
	int pid = 0;
	FILE *f, *g;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(name, "re");
	ck_assert_ptr_nonnull(f);
	while (strcmp(comm, "pxrelay-opener\n") != 0) {
		ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
		snprintf(name, sizeof(name), "/proc/%d/comm", pid);
		g = fopen(name, "re");
		if (g && !fgets(comm, sizeof(comm), g))
			comm[0] = '\0';
		if (g)
			fclose(g);
	}
	fclose(f);
	return pid;
}

START_TEST(a_process_continues_without_its_opener)
{
	ck_assert(priv_read(priv));
	ck_assert_int_eq(kill(pid_of_opener(), SIGKILL), 0);
	net_wait(priv_fd(priv));
	ck_assert(!priv_read(priv));
	ck_assert_int_eq(priv_fd(priv), -1);
	ck_assert_int_eq(priv_ask(priv, OPENER_CONF), -EPIPE);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 67), -EPIPE);
	priv_resolve(priv, 1, ip_of4(NET_B));
	priv_log(priv, LOGSINK_STDERR, LOG_LEVEL_INFO);
	ck_assert(!priv_violation(1));
}
END_TEST

/* The opener ends only with the daemon: a terminal sends its signals to both. */
START_TEST(signals_do_not_end_the_opener)
{
	static const int sent[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP,
		SIGPIPE, SIGXFSZ, SIGIO,
	};
	pid_t pid = pid_of_opener();
	int fd;

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		kill(pid, sent[i]);
	fd = priv_ask(priv, OPENER_CONF);
	ck_assert_int_gt(fd, 2);
	close(fd);
}
END_TEST

/* A stopped opener costs the caller its timeout, and an answer that arrives too
 * late is not taken for the next one. */
START_TEST(late_answers_are_discarded)
{
	pid_t pid = pid_of_opener();
	struct stat st;
	int fd;

	kill(pid, SIGSTOP);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 67), -ETIMEDOUT);
	kill(pid, SIGCONT);
	fd = priv_ask(priv, OPENER_CONF);
	ck_assert_int_gt(fd, 2);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert(S_ISREG(st.st_mode));		/* and no socket */
	close(fd);
}
END_TEST

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A shutdown sends several requests; SIGTERM must not cost one timeout for each. */
START_TEST(a_stopped_opener_is_waited_for_once)
{
	pid_t pid = pid_of_opener();
	int64_t begin;

	kill(pid, SIGSTOP);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 67), -ETIMEDOUT);
	begin = now_ms();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(priv_ask_inet(priv, OPENER_UDP, ip_of4(IP4_NONE), 67), -ETIMEDOUT);
	ck_assert_int_lt(now_ms() - begin, PRIV_WAIT_MS);
	kill(pid, SIGCONT);
}
END_TEST

/* The kernel delivers the message without the descriptor. The result 0, "all is
 * well", would be taken for a descriptor. */
START_TEST(no_room_for_a_descriptor_is_an_error)
{
	struct rlimit limit, none;
	int fd = dup(STDERR_FILENO);

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd;	/* the lowest that was free */
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(priv_ask(priv, OPENER_CONF), -EMFILE);
	ck_assert_int_eq(priv_ask_inet(priv, OPENER_SERVER, ip_of4(IP4_NONE), 0), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fd = priv_ask(priv, OPENER_CONF);
	ck_assert_int_gt(fd, 2);
	close(fd);
}
END_TEST

static void
add_both(TCase *tc)
{
	tcase_add_test(tc, sockets_come_bound_and_closed_on_exec);
	tcase_add_test(tc, sockets_of_ipv6_come_bound);
	tcase_add_test(tc, the_configuration_is_opened_repeatedly);
	tcase_add_test(tc, included_files_are_found_each_time);
	tcase_add_test(tc, socket_files_are_made_and_removed);
	tcase_add_test(tc, a_neighbour_is_resolved);
	tcase_add_test(tc, nothing_outside_the_terms_is_opened);
	tcase_add_test(tc, socket_files_are_bounded);
}

static void
add_here(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	add_both(tc);
	tcase_add_test(tc, the_directory_of_a_socket_may_be_entered_by_all);
}

static void
add_split(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up_split, tear_down);
	add_both(tc);
	tcase_add_test(tc, invalid_requests_are_refused);
	tcase_add_test(tc, the_opener_cleans_up_after_a_killed_process);
	tcase_add_test(tc, a_process_continues_without_its_opener);
	tcase_add_test(tc, signals_do_not_end_the_opener);
	tcase_add_test(tc, late_answers_are_discarded);
	tcase_add_test(tc, a_stopped_opener_is_waited_for_once);
	tcase_add_test(tc, no_room_for_a_descriptor_is_an_error);
}

Suite *
priv_suite(void)
{
	Suite *s = suite_create("priv");

	net_tcase(s, "here", add_here);
	net_tcase(s, "split", add_split);
	return s;
}
