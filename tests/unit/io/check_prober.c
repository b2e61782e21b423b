/* SPDX-License-Identifier: ISC
 *
 * Probes against the real kernel: A asks, B answers by its kernel (echo, ARP, TCP) or
 * by the servers of this test (TFTP, HTTP, port 4011), which run in the same loop.
 */
#include "io/prober.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netpair.h"
#include "proto/dhcp4.h"
#include "proto/probemsg.h"

Suite *prober_suite(void);

#define TOKEN 0x5eed1234u

static struct loop *loop;
static struct prober *prober;
static unsigned n_answers;
static uint32_t answered;	/* token */
static bool was_alive;

static void
on_answer(void *user, uint32_t token, bool alive, struct mono now)
{
	(void)user;
	(void)now;
	n_answers++;
	answered = token;
	was_alive = alive;
	loop_stop(loop);
}

static void
stop(void *user, struct mono now)
{
	(void)user;
	(void)now;
	loop_stop(loop);
}

static void
set_up(void)
{
	loop = loop_new();
	prober = prober_new(loop, NULL, on_answer, NULL, NULL);
	ck_assert_ptr_nonnull(prober);
	n_answers = 0;
}

static void
tear_down(void)
{
	prober_free(prober);
	loop_free(loop);
}

static struct prober_ask
ask_b(void)
{
	return (struct prober_ask){
		.to = NET_B, .token = TOKEN,
		.until = mono_add_ms(loop_now(loop), 60000),
	};
}

/* The same host by a second address. */
static struct prober_ask
ask_second(void)
{
	struct prober_ask a = ask_b();

	net_in_b();
	net_run("ip addr add 10.0.0.3/24 dev v1");
	net_in_a();
	a.to.host++;
	return a;
}

/* Until there is an answer; fails the test when none comes. */
static void
expect_answer(bool alive)
{
	struct loop_watch *w = loop_timer(loop, 10000, false, stop, NULL);

	loop_run(loop);
	loop_unwatch(w);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(answered, TOKEN);
	ck_assert(was_alive == alive);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
}

/* Nothing comes in the time in which an answer does. */
static void
expect_silence(void)
{
	struct loop_watch *w = loop_timer(loop, 300, false, stop, NULL);

	loop_run(loop);
	loop_unwatch(w);
	ck_assert_uint_eq(n_answers, 0);
}

START_TEST(echo_is_answered)
{
	struct prober_ask a = ask_b();

	ck_assert_int_eq(prober_icmp(prober, &a), 0);
	expect_answer(true);
}
END_TEST

START_TEST(echo_says_when_there_is_no_way)
{
	struct prober_ask a = ask_b();

	a.to = (struct ip4){ 0xc0000201 };
	ck_assert_int_eq(prober_icmp(prober, &a), -ENETUNREACH);
	ck_assert_int_eq(prober_tcp(prober, &a, 80), -ENETUNREACH);
	ck_assert_int_eq(prober_tftp(prober, &a, "x"), -ENETUNREACH);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
}
END_TEST

static struct prober_link
our_link(void)
{
	struct prober_link l = { .ifindex = net_index("v0"), .source = NET_A };

	memcpy(l.mac.b, net_mac_a, 6);
	return l;
}

START_TEST(arp_is_answered)
{
	struct prober_ask a = ask_b();
	struct prober_link l = our_link();

	ck_assert_int_eq(prober_arp(prober, &a, &l), 0);
	expect_answer(true);
}
END_TEST

START_TEST(arp_of_nobody_is_not_answered)
{
	struct prober_ask a = ask_b();
	struct prober_link l = our_link();

	a.to.host += 7;
	ck_assert_int_eq(prober_arp(prober, &a, &l), 0);
	expect_silence();
	/* ... and the answer of another is not taken for it */
	a.to = NET_B;
	ck_assert_int_eq(prober_arp(prober, &a, &l), 0);
	expect_answer(true);
}
END_TEST

/* A listening socket of B. */
static int
listener(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd;

	net_in_b();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	net_in_a();
	return fd;
}

START_TEST(tcp_is_alive_where_somebody_listens)
{
	struct prober_ask a = ask_b();
	int fd = listener(3260);

	ck_assert_int_eq(prober_tcp(prober, &a, 3260), 0);
	expect_answer(true);
	n_answers = 0;
	ck_assert_int_eq(prober_tcp(prober, &a, 3261), 0);
	expect_answer(false);
	close(fd);
}
END_TEST

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(connections_end_by_a_reset_and_their_sockets_serve_again)
{
	struct prober_ask a = ask_b();
	int fd = listener(3260), conn;
	unsigned before = 0;
	char c;

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(prober_tcp(prober, &a, i % 2 ? 3261 : 3260), 0);
		expect_answer(i % 2 == 0);
		n_answers = 0;
		if (i == 0)
			before = descriptors();
		ck_assert_uint_eq(descriptors(), before);
	}
	for (int i = 0; i < 2; i++) {
		conn = accept(fd, NULL, NULL);
		ck_assert_int_lt(recv(conn, &c, 1, 0), 0);
		ck_assert_int_eq(errno, ECONNRESET);
		close(conn);
	}
	prober_cancel(prober);
	ck_assert_uint_eq(descriptors(), before - 1);
	close(fd);
}
END_TEST

START_TEST(connections_whose_time_is_over_serve_again)
{
	struct prober_ask a = ask_b(), nobody = ask_b();
	int fd = listener(3260);

	nobody.to.host += 7;
	ck_assert_int_eq(prober_tcp(prober, &nobody, 3260), 0);
	expect_silence();
	prober_expire(prober, nobody.until);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
	ck_assert_int_eq(prober_tcp(prober, &a, 3260), 0);
	expect_answer(true);
	close(fd);
}
END_TEST

/* --- servers of the test --- */

static struct {
	int fd, conn;
	struct loop_watch *w_conn;
	const char *first, *second;	/* pieces of the answer */
	char got[512];
} http;

static void
serve_page(void *user, struct mono now)
{
	int c = http.conn;
	ssize_t n;

	(void)user;
	(void)now;
	http.w_conn = loop_unwatch(http.w_conn);
	n = recv(c, http.got, sizeof(http.got) - 1, 0);
	ck_assert_int_gt(n, 0);
	http.got[n] = '\0';
	ck_assert_int_eq(send(c, http.first, strlen(http.first), 0),
	    (ssize_t)strlen(http.first));
	if (http.second)
		ck_assert_int_eq(send(c, http.second, strlen(http.second), 0),
		    (ssize_t)strlen(http.second));
	close(c);
}

static void
serve_http(void *user, struct mono now)
{
	(void)user;
	(void)now;
	http.conn = accept(http.fd, NULL, NULL);
	ck_assert_int_ge(http.conn, 0);
	http.w_conn = loop_read(loop, http.conn, serve_page, NULL);
}

static const struct {
	const char *first, *second;
	bool alive;
} pages[] = {
	{ "HTTP/1.1 200 OK\r\n\r\n", NULL, true },
	{ "HTTP/1.", "0 404 Not Found\r\n\r\n", true },
	{ "HTTP/1.0 503 ", "Busy\r\n\r\n", false },
	{ "SSH-2.0-OpenSSH_9.2\r\n", NULL, false },
	{ "HTTP/1.1 2", NULL, false },	/* and the connection ends */
};

START_TEST(http_is_judged_by_its_status)
{
	struct prober_ask a = ask_b();
	struct loop_watch *w;

	http.fd = listener(8080);
	http.first = pages[_i].first;
	http.second = pages[_i].second;
	w = loop_read(loop, http.fd, serve_http, NULL);
	ck_assert_int_eq(prober_http(prober, &a, 8080, "/boot.ipxe"), 0);
	expect_answer(pages[_i].alive);
	ck_assert_ptr_nonnull(strstr(http.got, "GET /boot.ipxe HTTP/1.0\r\n"));
	ck_assert_ptr_nonnull(strstr(http.got, "Host: 10.0.0.2:8080\r\n"));
	loop_unwatch(w);
	close(http.fd);
}
END_TEST

static struct {
	int fd, transfer;	/* port 69; another port for the answer */
	const char *answer;
	size_t len;
	struct sockaddr_in client;
} tftp;

static void
serve_tftp(void *user, struct mono now)
{
	char buf[512];
	socklen_t len = sizeof(tftp.client);
	ssize_t n = recvfrom(tftp.fd, buf, sizeof(buf), 0,
	    (struct sockaddr *)&tftp.client, &len);

	(void)user;
	(void)now;
	ck_assert_int_gt(n, 2);
	ck_assert_str_eq(buf + 2, "boot\\x64\\wdsnbp.com");
	ck_assert_int_eq(sendto(tftp.transfer, tftp.answer, tftp.len, 0,
	    (struct sockaddr *)&tftp.client, len), (ssize_t)tftp.len);
}

static struct loop_watch *
open_tftp(const char *answer, size_t len)
{
	net_in_b();
	tftp.fd = net_udp(69);
	tftp.transfer = net_udp(40069);
	net_in_a();
	tftp.answer = answer;
	tftp.len = len;
	return loop_read(loop, tftp.fd, serve_tftp, NULL);
}

static void
close_tftp(struct loop_watch *w)
{
	loop_unwatch(w);
	close(tftp.fd);
	close(tftp.transfer);
}

static const struct {
	const char *answer;
	size_t len;
	bool ended;	/* by our ERROR */
} transfers[] = {
	{ "\0\6tsize\0" "30832", 13, true },
	{ "\0\3\0\1MZ", 6, true },
	{ "\0\5\0\1File not found", 19, false },
};

START_TEST(tftp_is_answered_from_another_port_and_ended)
{
	struct prober_ask a = ask_b();
	struct loop_watch *w = open_tftp(transfers[_i].answer, transfers[_i].len);
	uint8_t buf[64];

	ck_assert_int_eq(prober_tftp(prober, &a, "boot\\x64\\wdsnbp.com"), 0);
	ck_assert_uint_eq(prober_open_conns(prober), 1);
	expect_answer(true);
	if (transfers[_i].ended) {
		net_wait(tftp.transfer);
		ck_assert_int_gt(recv(tftp.transfer, buf, sizeof(buf), 0), 4);
		ck_assert_uint_eq(buf[1], 5);
	}
	ck_assert(!net_readable(tftp.transfer));
	close_tftp(w);
}
END_TEST

START_TEST(tftp_that_makes_no_sense_is_no_answer)
{
	struct prober_ask a = ask_b();
	struct loop_watch *w = open_tftp("\0\4\0\0", 4);

	ck_assert_int_eq(prober_tftp(prober, &a, "boot\\x64\\wdsnbp.com"), 0);
	expect_silence();
	prober_expire(prober, loop_now(loop));
	ck_assert_uint_eq(prober_open_conns(prober), 1);
	prober_expire(prober, a.until);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
	close_tftp(w);
}
END_TEST

/* What was asked, and by which port, on a socket that never answers. */
static uint16_t
port_of_question(int fd)
{
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t len = sizeof(from);
	char buf[512];

	net_wait(fd);
	ck_assert_int_gt(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
	    &len), 0);
	return ntohs(from.sin_port);
}

START_TEST(tftp_servers_share_a_socket_and_files_do_not)
{
	struct prober_ask a = ask_b(), other = ask_second();
	unsigned before;
	uint16_t first;
	int fd;

	net_in_b();
	fd = net_udp(69);
	net_in_a();
	ck_assert_int_eq(prober_tftp(prober, &a, "x"), 0);
	before = descriptors();
	first = port_of_question(fd);
	ck_assert_int_eq(prober_tftp(prober, &other, "x"), 0);
	ck_assert_uint_eq(port_of_question(fd), first);
	ck_assert_uint_eq(descriptors(), before);
	ck_assert_int_eq(prober_tftp(prober, &a, "y"), 0);
	ck_assert_uint_ne(port_of_question(fd), first);
	ck_assert_uint_eq(prober_open_conns(prober), 3);
	prober_expire(prober, a.until);
	prober_expire(prober, other.until);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
	ck_assert_uint_eq(descriptors(), before - 1);
	close(fd);
}
END_TEST

/* The second server is asked by the same socket, and its question is answered from the
 * first one's address. */
START_TEST(tftp_answer_is_of_the_server_it_comes_from)
{
	struct prober_ask a = ask_b(), other = ask_second();
	struct loop_watch *w = open_tftp("\0\5\0\1no", 6);

	other.token++;
	ck_assert_int_eq(prober_tftp(prober, &other, "boot\\x64\\wdsnbp.com"), 0);
	expect_silence();
	ck_assert_int_eq(prober_tftp(prober, &a, "boot\\x64\\wdsnbp.com"), 0);
	loop_run(loop);
	ck_assert_uint_eq(answered, TOKEN);
	ck_assert_uint_eq(prober_open_conns(prober), 1);
	n_answers = 0;
	/* ... and once */
	ck_assert_int_eq(sendto(tftp.transfer, "\0\5\0\1no", 6, 0,
	    (struct sockaddr *)&tftp.client, sizeof(tftp.client)), 6);
	expect_silence();
	close_tftp(w);
}
END_TEST

START_TEST(tftp_answer_that_is_late_is_none)
{
	struct prober_ask a = ask_b(), other = ask_second();
	struct loop_watch *w = open_tftp("\0\5\0\1no", 6);

	other.until = mono_add_ms(a.until, 1000);
	ck_assert_int_eq(prober_tftp(prober, &other, "boot\\x64\\wdsnbp.com"), 0);
	ck_assert_int_eq(prober_tftp(prober, &a, "boot\\x64\\wdsnbp.com"), 0);
	prober_expire(prober, a.until);
	ck_assert_uint_eq(prober_open_conns(prober), 1);
	expect_silence();
	close_tftp(w);
}
END_TEST

static int pxe_fd;

/* Answers with the question itself, as a BOOTREPLY. */
static void
serve_4011(void *user, struct mono now)
{
	uint8_t buf[1500];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(pxe_fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

	(void)user;
	(void)now;
	ck_assert_int_ge(n, DHCP4_MIN);
	buf[0] = BOOTREPLY;
	ck_assert_int_eq(sendto(pxe_fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len), n);
}

START_TEST(port_4011_answers_to_the_port_that_asked)
{
	struct prober_ask a = ask_b();
	uint8_t msg[PROBEMSG_MAX];
	size_t len = probemsg_request4011(msg, sizeof(msg), TOKEN, NET_A);
	struct loop_watch *w;

	net_in_b();
	pxe_fd = net_udp(4011);
	net_in_a();
	w = loop_read(loop, pxe_fd, serve_4011, NULL);
	ck_assert_int_eq(prober_4011(prober, &a, msg, len), 0);
	expect_answer(true);
	loop_unwatch(w);
	close(pxe_fd);
}
END_TEST

START_TEST(questions_are_bounded)
{
	struct prober_ask a = ask_b();

	net_run("ip route add 10.1.0.0/16 via 10.0.0.2");
	a.to.host = 0x0a010000;
	for (unsigned i = 0; i < PROBER_CONNS; i++, a.to.host++)
		ck_assert_int_eq(i % 2 ? prober_tftp(prober, &a, "x") :
		    prober_tcp(prober, &a, 80), 0);
	ck_assert_int_eq(prober_tftp(prober, &a, "x"), -EBUSY);
	ck_assert_int_eq(prober_tcp(prober, &a, 80), -EBUSY);
	ck_assert_int_eq(prober_icmp(prober, &a), 0);	/* shared sockets go on */
	prober_cancel(prober);
	ck_assert_uint_eq(prober_open_conns(prober), 0);
	ck_assert_int_eq(prober_tftp(prober, &a, "x"), 0);
	ck_assert_int_eq(prober_tcp(prober, &a, 80), 0);
}
END_TEST

START_TEST(files_of_one_tftp_server_are_bounded)
{
	struct prober_ask a = ask_b();
	int err, n = 0;

	while ((err = prober_tftp(prober, &a, "x")) == 0)
		ck_assert_int_lt(++n, PROBER_CONNS);
	ck_assert_int_eq(err, -EBUSY);
	ck_assert_int_ge(n, 4);		/* as many as a server may have probes */
	prober_expire(prober, a.until);
	ck_assert_int_eq(prober_tftp(prober, &a, "x"), 0);
}
END_TEST

static void
add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, echo_is_answered);
	tcase_add_test(t, echo_says_when_there_is_no_way);
	tcase_add_test(t, arp_is_answered);
	tcase_add_test(t, arp_of_nobody_is_not_answered);
	tcase_add_test(t, tcp_is_alive_where_somebody_listens);
	tcase_add_test(t, connections_end_by_a_reset_and_their_sockets_serve_again);
	tcase_add_test(t, connections_whose_time_is_over_serve_again);
	tcase_add_loop_test(t, http_is_judged_by_its_status, 0,
	    sizeof(pages) / sizeof(pages[0]));
	tcase_add_loop_test(t, tftp_is_answered_from_another_port_and_ended, 0,
	    sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_test(t, tftp_that_makes_no_sense_is_no_answer);
	tcase_add_test(t, tftp_servers_share_a_socket_and_files_do_not);
	tcase_add_test(t, tftp_answer_is_of_the_server_it_comes_from);
	tcase_add_test(t, tftp_answer_that_is_late_is_none);
	tcase_add_test(t, port_4011_answers_to_the_port_that_asked);
	tcase_add_test(t, questions_are_bounded);
	tcase_add_test(t, files_of_one_tftp_server_are_bounded);
}

Suite *
prober_suite(void)
{
	Suite *s = suite_create("prober");

	net_tcase(s, "prober", add_tests);
	return s;
}
