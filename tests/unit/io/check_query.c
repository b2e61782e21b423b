/* SPDX-License-Identifier: ISC
 *
 * Queries against the real kernel: A sends queries; B's kernel (echo, ARP, TCP)
 * or the servers of this test, which run in the same loop, answer them.
 */
#include "io/query.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/priv.h"
#include "netpair.h"

Suite *query_suite(void);

#define TOKEN 0x5eed1234u

static struct loop *loop;
static struct priv *priv;
static struct queries *queries;
static unsigned n_answers, n_refused;
static unsigned refuse;		/* refuse so many answers */
static struct query_answer got;
static uint8_t data[QUERY_BYTES];

static bool
on_answer(void *user, const struct query_answer *a, struct mono now)
{
	(void)user;
	(void)now;
	if (refuse) {
		refuse--;
		n_refused++;
		return false;
	}
	n_answers++;
	got = *a;
	memcpy(data, a->data, a->len);
	loop_stop(loop);
	return true;
}

static void
set_up(void)
{
	loop = loop_new();
	priv = priv_new(&(const struct opener_terms){ .anything = true }, NULL);
	queries = queries_new(loop, priv, on_answer, NULL);
	ck_assert_ptr_nonnull(queries);
	n_answers = n_refused = refuse = 0;
}

static void
tear_down(void)
{
	queries_free(queries);
	priv_free(priv);
	loop_free(loop);
}

static void
stop(void *user, struct mono now)
{
	(void)user;
	(void)now;
	loop_stop(loop);
}

static void
run_for(int64_t ms)
{
	struct loop_watch *w = loop_timer(loop, ms, false, stop, NULL);

	loop_run(loop);
	loop_unwatch(w);
}

static struct query
ask(enum query_kind kind, uint16_t port, const char *msg)
{
	return (struct query){
		.kind = kind, .token = TOKEN, .to = ip_of4(NET_B), .port = port,
		.until = mono_add_ms(loop_now(loop), 60000),
		.msg = msg, .len = msg ? strlen(msg) : 0,
	};
}

static void
expect_answer(int err, const char *bytes, size_t len)
{
	run_for(10000);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(got.token, TOKEN);
	ck_assert_int_eq(got.err, err);
	ck_assert_uint_eq(got.len, len);
	if (len)
		ck_assert_mem_eq(data, bytes, len);
	ck_assert_uint_eq(query_n_open(queries), 0);
	n_answers = 0;
}

/* Checks that nothing arrives for longer than an answer takes. */
static void
expect_silence(void)
{
	run_for(300);
	ck_assert_uint_eq(n_answers, 0);
}

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

/* --- echo and ARP --- */

START_TEST(echo_is_answered)
{
	struct query q = ask(QUERY_ECHO, 0, NULL);

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, NULL, 0);
	ck_assert(ip_eq(got.from, ip_of4(NET_B)));
}
END_TEST

/* The route that this test adds is B's only route to the second address. */
START_TEST(echo_leaves_from_the_given_source)
{
	struct query q = ask(QUERY_ECHO, 0, NULL);

	net_run("ip addr add 192.0.2.1/32 dev v0");
	q.source = ip_of4((struct ip4){ 0xc0000201 });
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_silence();
	net_in_b();
	net_run("ip route add 192.0.2.1 via 10.0.0.1");
	net_in_a();
	ck_assert_int_eq(query_ask(queries, &q), 0);	/* again: the same query */
	ck_assert_uint_eq(query_n_open(queries), 1);
	expect_answer(0, NULL, 0);
}
END_TEST

START_TEST(echo_is_answered_over_ipv6)
{
	struct query q = ask(QUERY_ECHO, 0, NULL), q4 = q;

	q4.token = TOKEN + 1;
	q4.to = ip_of4((struct ip4){ 0x0a000063 });	/* nobody */
	net_run("ip -6 addr add 2001:db8::1/64 dev v0 nodad");
	net_in_b();
	net_run("ip -6 addr add 2001:db8::2/64 dev v1 nodad");
	net_in_a();
	q.to = q.source = ip_of6((struct ip6){ { 0x20, 1, 0x0d, 0xb8, [15] = 2 } });
	q.source.v6.b[15] = 1;
	ck_assert_int_eq(query_ask(queries, &q4), 0);
	ck_assert_int_eq(query_ask(queries, &q), 0);
	run_for(10000);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(got.token, TOKEN);
	ck_assert(ip_eq(got.from, q.to));
}
END_TEST

static struct query
ask_arp(void)
{
	struct query q = ask(QUERY_ARP, 0, NULL);

	q.ifindex = net_index("v0");
	q.source = ip_of4(NET_A);
	memcpy(q.mac.b, net_mac_a, 6);
	return q;
}

START_TEST(arp_is_answered)
{
	struct query q = ask_arp();

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, NULL, 0);
}
END_TEST

START_TEST(arp_for_an_unused_address_is_not_answered)
{
	struct query nobody = ask_arp(), q = ask_arp();

	nobody.to.v4.host += 7;
	nobody.token++;
	ck_assert_int_eq(query_ask(queries, &nobody), 0);
	expect_silence();
	/* ... and an answer from another host is not taken for it */
	ck_assert_int_eq(query_ask(queries, &q), 0);
	run_for(10000);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(got.token, TOKEN);
	ck_assert_uint_eq(query_n_open(queries), 1);
}
END_TEST

START_TEST(two_queries_for_one_address_are_both_answered)
{
	struct query q = ask_arp(), other = ask_arp();

	other.token++;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	ck_assert_int_eq(query_ask(queries, &other), 0);
	run_for(300);
	run_for(300);
	ck_assert_uint_eq(n_answers, 2);
	ck_assert_uint_eq(query_n_open(queries), 0);
}
END_TEST

/* --- datagrams --- */

static struct {
	int fd, second;		/* it answers from another port */
	char heard[256];
	struct sockaddr_in from;
	unsigned times;
	const char *says;
	size_t len;
} server;

static void
serve(void *user, struct mono now)
{
	socklen_t len = sizeof(server.from);
	ssize_t n = recvfrom(server.fd, server.heard, sizeof(server.heard) - 1, 0,
	    (struct sockaddr *)&server.from, &len);

	(void)user;
	(void)now;
	ck_assert_int_ge(n, 0);
	server.heard[n] = '\0';
	server.times++;
	if (server.says)
		sendto(server.second, server.says, server.len, 0,
		    (struct sockaddr *)&server.from, len);
}

static struct loop_watch *
open_server(uint16_t port, const char *says, size_t len)
{
	net_in_b();
	server.fd = net_udp(port);
	server.second = net_udp(port + 1000);
	net_in_a();
	server.says = says;
	server.len = len;
	server.times = 0;
	return loop_read(loop, server.fd, serve, NULL);
}

static void
close_server(struct loop_watch *w)
{
	loop_unwatch(w);
	close(server.fd);
	close(server.second);
}

START_TEST(answer_may_come_from_another_port)
{
	struct query q = ask(QUERY_DATAGRAM, 4011, "question");
	struct loop_watch *w = open_server(4011, "answer", 6);

	q.source = ip_of4(NET_A);
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, "answer", 6);
	ck_assert(ip_eq(got.from, ip_of4(NET_B)));
	ck_assert(!got.more);
	ck_assert_str_eq(server.heard, "question");
	ck_assert_uint_eq(ntohl(server.from.sin_addr.s_addr), NET_A.host);
	close_server(w);
}
END_TEST

START_TEST(query_keeps_waiting_after_a_foreign_datagram)
{
	struct query q = ask(QUERY_DATAGRAM, 4011, "question");
	struct loop_watch *w = open_server(4011, "answer", 6);
	in_port_t first;

	refuse = 1;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	while (n_refused == 0)
		run_for(1);
	first = server.from.sin_port;
	ck_assert_int_eq(query_ask(queries, &q), 0);	/* again: the same socket */
	ck_assert_uint_eq(query_n_open(queries), 1);
	expect_answer(0, "answer", 6);
	ck_assert_uint_eq(server.times, 2);
	ck_assert_uint_eq(first, server.from.sin_port);
	close_server(w);
}
END_TEST

START_TEST(closed_port_is_an_error)
{
	struct query q = ask(QUERY_TFTP, 69, "x");

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(ECONNREFUSED, NULL, 0);
	q = ask(QUERY_STREAM, 80, "x");
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(ECONNREFUSED, NULL, 0);
	q = ask(QUERY_STREAM, 80, NULL);
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(ECONNREFUSED, NULL, 0);
}
END_TEST

/* An ICMP error does not answer a datagram probe: the callback refuses it, and it
 * must not be reported again and again. */
START_TEST(an_error_that_is_no_answer_is_reported_once)
{
	struct query q = ask(QUERY_DATAGRAM, 4011, "x");
	struct loop_watch *w;

	refuse = 1;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_silence();
	ck_assert_uint_eq(n_refused, 1);
	w = open_server(4011, "answer", 6);
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, "answer", 6);
	close_server(w);
}
END_TEST

static const struct {
	const char *answer;
	size_t len;
	bool ended;	/* we send an ERROR */
} transfers[] = {
	{ "\0\6tsize\0" "30832", 13, true },
	{ "\0\3\0\1MZ", 6, true },
	{ "\0\5\0\1File not found", 19, false },
	{ "\0\4\0\0", 4, false },
	{ "\0", 1, false },
};

START_TEST(tftp_transfer_that_began_is_ended)
{
	struct query q = ask(QUERY_TFTP, 69, "\1");
	struct loop_watch *w = open_server(69, transfers[_i].answer, transfers[_i].len);
	uint8_t end[64];

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, transfers[_i].answer, transfers[_i].len);
	if (transfers[_i].ended) {
		net_wait(server.second);
		ck_assert_int_gt(recv(server.second, end, sizeof(end), 0), 4);
		ck_assert_mem_eq(end, "\0\5\0\0", 4);
	}
	ck_assert(!net_readable(server.second));
	close_server(w);
}
END_TEST

/* B answers from its first address, but the query went to the second. */
START_TEST(tftp_answer_of_another_address_is_ignored)
{
	struct query q = ask(QUERY_TFTP, 69, "\1");
	struct loop_watch *w;

	net_in_b();
	net_run("ip addr add 10.0.0.3/24 dev v1");
	net_in_a();
	w = open_server(69, "\0\5\0\1no", 6);
	q.to.v4.host++;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_silence();
	ck_assert_uint_eq(server.times, 1);
	query_expire(queries, mono_add_ms(q.until, -1));
	ck_assert_uint_eq(query_n_open(queries), 1);
	query_expire(queries, q.until);
	ck_assert_uint_eq(query_n_open(queries), 0);
	close_server(w);
}
END_TEST

/* --- streams --- */

static struct {
	int fd, conn;
	struct loop_watch *w_conn;
	const char *says[2];
	bool closes;
	char heard[256];
} web;

static void
web_read(void *user, struct mono now)
{
	ssize_t n = recv(web.conn, web.heard, sizeof(web.heard) - 1, 0);

	(void)user;
	(void)now;
	web.w_conn = loop_unwatch(web.w_conn);
	ck_assert_int_gt(n, 0);
	web.heard[n] = '\0';
	for (int i = 0; i < 2 && web.says[i]; i++)
		send(web.conn, web.says[i], strlen(web.says[i]), MSG_NOSIGNAL);
	if (web.closes)
		close(web.conn);
}

static void
web_accept(void *user, struct mono now)
{
	(void)user;
	(void)now;
	web.conn = accept(web.fd, NULL, NULL);
	ck_assert_int_ge(web.conn, 0);
	web.w_conn = loop_read(loop, web.conn, web_read, NULL);
}

static int
listener(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd;

	net_in_b();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	net_in_a();
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static struct loop_watch *
open_web(const char *first, const char *second, bool closes)
{
	web.fd = listener(8080);
	web.heard[0] = '\0';
	web.says[0] = first;
	web.says[1] = second;
	web.closes = closes;
	return loop_read(loop, web.fd, web_accept, NULL);
}

static void
close_web(struct loop_watch *w)
{
	loop_unwatch(w);
	if (!web.closes)
		close(web.conn);
	close(web.fd);
}

START_TEST(connection_is_the_answer_and_ends_by_a_reset)
{
	struct query q = ask(QUERY_STREAM, 3260, NULL);
	unsigned before = descriptors();
	int fd = listener(3260), conn;
	char c;

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, NULL, 0);
	ck_assert_uint_eq(descriptors(), before + 1);
	conn = accept(fd, NULL, NULL);
	ck_assert_int_lt(recv(conn, &c, 1, 0), 0);
	ck_assert_int_eq(errno, ECONNRESET);
	close(conn);
	close(fd);
}
END_TEST

START_TEST(page_is_read_to_its_end)
{
	struct query q = ask(QUERY_STREAM, 8080, "GET / HTTP/1.1\r\n\r\n");
	struct loop_watch *w = open_web("HTTP/1.1 200 OK\r\n\r", "\nbody", true);

	refuse = 1;
	q.source = ip_of4(NET_A);
	ck_assert_int_eq(query_ask(queries, &q), 0);
	ck_assert_int_eq(query_ask(queries, &q), 0);	/* again: already in progress */
	run_for(10000);		/* the pieces may arrive together or not */
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(n_refused, 1);
	ck_assert_uint_eq(got.len, 23);
	ck_assert_mem_eq(data, "HTTP/1.1 200 OK\r\n\r\nbody", 23);
	ck_assert_str_eq(web.heard, "GET / HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(query_n_open(queries), 0);
	close_web(w);
}
END_TEST

START_TEST(answer_may_be_taken_before_its_end)
{
	struct query q = ask(QUERY_STREAM, 8080, "GET");
	struct loop_watch *w = open_web("HTTP/1.0 503 ", NULL, false);

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(0, "HTTP/1.0 503 ", 13);
	ck_assert(got.more);
	close_web(w);
}
END_TEST

START_TEST(page_that_does_not_end_is_cut)
{
	struct query q = ask(QUERY_STREAM, 8080, "GET");
	static char body[QUERY_BYTES + 100];
	struct loop_watch *w;

	memset(body, 'b', sizeof(body) - 1);
	w = open_web("HTTP/1.1 200 OK\r\n\r\n", body, false);
	refuse = UINT32_MAX;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	for (int i = 0; i < 100 && query_n_open(queries); i++)
		run_for(10);
	ck_assert_uint_eq(query_n_open(queries), 0);
	ck_assert_uint_gt(n_refused, 0);
	close_web(w);
}
END_TEST

START_TEST(connection_that_ends_without_a_byte_is_an_error)
{
	struct query q = ask(QUERY_STREAM, 8080, "GET");
	struct loop_watch *w = open_web(NULL, NULL, true);

	ck_assert_int_eq(query_ask(queries, &q), 0);
	expect_answer(ECONNRESET, NULL, 0);
	close_web(w);
}
END_TEST

START_TEST(bytes_received_before_the_timeout_count)
{
	struct query q = ask(QUERY_STREAM, 8080, "GET");
	struct query other = ask(QUERY_DATAGRAM, 9, "x");
	struct loop_watch *w = open_web("HTTP/1.1 200 OK\r\n\r\nfew", NULL, false);
	int fd;

	net_in_b();
	fd = net_udp(9);
	net_in_a();
	other.token++;
	other.until = q.until;
	refuse = 1;
	ck_assert_int_eq(query_ask(queries, &q), 0);
	ck_assert_int_eq(query_ask(queries, &other), 0);
	while (!n_refused)
		run_for(1);
	expect_silence();
	query_expire(queries, mono_add_ms(q.until, -1));
	ck_assert_uint_eq(query_n_open(queries), 2);
	query_expire(queries, q.until);
	ck_assert_uint_eq(query_n_open(queries), 0);
	ck_assert_uint_eq(n_answers, 1);	/* silence is not reported */
	ck_assert_uint_eq(got.len, 22);
	ck_assert(!got.more);
	close_web(w);
	close(fd);
}
END_TEST

/* --- all --- */

START_TEST(missing_route_or_source_is_an_error)
{
	static const enum query_kind kinds[] = {
		QUERY_ECHO, QUERY_DATAGRAM, QUERY_TFTP, QUERY_STREAM,
	};
	struct query q = ask(QUERY_DATAGRAM, 4011, "x");

	q.source = ip_of4((struct ip4){ 0xc0000201 });
	ck_assert_int_eq(query_ask(queries, &q), -EADDRNOTAVAIL);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		q = ask(kinds[i], 80, "x");
		q.to = ip_of4((struct ip4){ 0xc0000202 });
		ck_assert_int_eq(query_ask(queries, &q), -ENETUNREACH);
	}
	ck_assert_uint_eq(query_n_open(queries), 0);
}
END_TEST

START_TEST(queries_are_bounded_and_leave_nothing_open)
{
	static const enum query_kind kinds[] = { QUERY_ECHO, QUERY_TFTP, QUERY_STREAM };
	struct query q = ask(QUERY_ECHO, 80, NULL);
	unsigned before;

	net_run("ip route add 10.1.0.0/16 via 10.0.0.2");
	q.to.v4.host = 0x0a010000;
	ck_assert_int_eq(query_ask(queries, &q), 0);	/* opens the shared socket */
	query_cancel(queries);
	before = descriptors();
	for (unsigned i = 0; i < QUERY_MAX; i++, q.to.v4.host++, q.token++) {
		q.kind = kinds[i % 3];
		ck_assert_int_eq(query_ask(queries, &q), 0);
	}
	ck_assert_int_eq(query_ask(queries, &q), -EBUSY);
	query_cancel(queries);
	ck_assert_uint_eq(query_n_open(queries), 0);
	ck_assert_uint_eq(descriptors(), before);
	ck_assert_int_eq(query_ask(queries, &q), 0);
}
END_TEST

static void
add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, echo_is_answered);
	tcase_add_test(t, echo_is_answered_over_ipv6);
	tcase_add_test(t, echo_leaves_from_the_given_source);
	tcase_add_test(t, arp_is_answered);
	tcase_add_test(t, arp_for_an_unused_address_is_not_answered);
	tcase_add_test(t, two_queries_for_one_address_are_both_answered);
	tcase_add_test(t, answer_may_come_from_another_port);
	tcase_add_test(t, query_keeps_waiting_after_a_foreign_datagram);
	tcase_add_test(t, closed_port_is_an_error);
	tcase_add_test(t, an_error_that_is_no_answer_is_reported_once);
	tcase_add_loop_test(t, tftp_transfer_that_began_is_ended, 0,
	    sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_test(t, tftp_answer_of_another_address_is_ignored);
	tcase_add_test(t, connection_is_the_answer_and_ends_by_a_reset);
	tcase_add_test(t, page_is_read_to_its_end);
	tcase_add_test(t, answer_may_be_taken_before_its_end);
	tcase_add_test(t, page_that_does_not_end_is_cut);
	tcase_add_test(t, connection_that_ends_without_a_byte_is_an_error);
	tcase_add_test(t, bytes_received_before_the_timeout_count);
	tcase_add_test(t, missing_route_or_source_is_an_error);
	tcase_add_test(t, queries_are_bounded_and_leave_nothing_open);
}

Suite *
query_suite(void)
{
	Suite *s = suite_create("query");

	net_tcase(s, "query", add_tests);
	return s;
}
