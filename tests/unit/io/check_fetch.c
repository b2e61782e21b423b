/* SPDX-License-Identifier: ISC
 *
 * Fetching against the real kernel: A asks, the servers of this test are in B, and answer
 * in the same loop.
 */
#include "io/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/priv.h"
#include "netpair.h"

Suite *fetch_suite(void);

#define TOKEN 0x5eed1234u

static struct loop *loop;
static struct priv *priv;
static struct fetcher *f;
static unsigned n_results, n_refused;
static bool takes;		/* what the call-back says to data */
static struct fetch_result got;
static uint8_t data[FETCH_BYTES];

static bool
on_result(void *user, const struct fetch_result *r, struct mono now)
{
	(void)user;
	(void)now;
	if (!takes && !r->err) {
		n_refused++;
		takes = true;
		return false;
	}
	n_results++;
	got = *r;
	memcpy(data, r->data, r->len);
	loop_stop(loop);
	return true;
}

static void
set_up(void)
{
	loop = loop_new();
	priv = priv_new(&(const struct opener_terms){ .anything = true }, NULL);
	f = fetcher_new(loop, priv, on_result, NULL);
	ck_assert_ptr_nonnull(f);
	n_results = n_refused = 0;
	takes = true;
}

static void
tear_down(void)
{
	fetcher_free(f);
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

/* A turn of the loop, or two: until a timer of a millisecond. */
static void
turn(void)
{
	struct loop_watch *w;

	w = loop_timer(loop, 1, false, stop, NULL);
	loop_run(loop);
	loop_unwatch(w);
}

static struct fetch_ask
ask(enum fetch_kind kind, uint16_t port, const char *msg)
{
	return (struct fetch_ask){
		.kind = kind, .token = TOKEN, .to = NET_B, .source = NET_A,
		.port = port, .until = mono_add_ms(loop_now(loop), 60000),
		.msg = msg, .len = strlen(msg),
	};
}

static void
expect(int err, const char *bytes, size_t len)
{
	struct loop_watch *w = loop_timer(loop, 10000, false, stop, NULL);

	loop_run(loop);
	loop_unwatch(w);
	ck_assert_uint_eq(n_results, 1);
	ck_assert_uint_eq(got.token, TOKEN);
	ck_assert_int_eq(got.err, err);
	ck_assert_uint_eq(got.len, len);
	if (len)
		ck_assert_mem_eq(data, bytes, len);
	ck_assert_uint_eq(fetcher_open(f), 0);
}

static struct {
	int fd, second;
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

START_TEST(an_answer_may_come_from_another_port)
{
	struct fetch_ask a = ask(FETCH_DATAGRAM, 4011, "question");
	struct loop_watch *w = open_server(4011, "answer", 6);

	ck_assert_int_eq(fetch(f, &a), 0);
	expect(0, "answer", 6);
	ck_assert(ip4_eq(got.from, NET_B));
	ck_assert_str_eq(server.heard, "question");
	ck_assert_uint_eq(ntohl(server.from.sin_addr.s_addr), NET_A.host);
	close_server(w);
}
END_TEST

START_TEST(what_is_no_answer_is_not_waited_for_in_vain)
{
	struct fetch_ask a = ask(FETCH_DATAGRAM, 4011, "question");
	struct loop_watch *w = open_server(4011, "answer", 6);
	struct sockaddr_in first;

	takes = false;
	ck_assert_int_eq(fetch(f, &a), 0);
	while (n_refused == 0 || server.times < 1)
		turn();
	first = server.from;
	/* said again: the same socket */
	ck_assert_int_eq(fetch(f, &a), 0);
	ck_assert_uint_eq(fetcher_open(f), 1);
	expect(0, "answer", 6);
	ck_assert_uint_eq(server.times, 2);
	ck_assert_uint_eq(first.sin_port, server.from.sin_port);
	close_server(w);
}
END_TEST

START_TEST(a_closed_port_is_an_error)
{
	struct fetch_ask a = ask(FETCH_TFTP, 69, "x");

	ck_assert_int_eq(fetch(f, &a), 0);
	expect(ECONNREFUSED, NULL, 0);
	n_results = 0;
	a = ask(FETCH_HTTP, 80, "x");
	ck_assert_int_eq(fetch(f, &a), 0);
	expect(ECONNREFUSED, NULL, 0);
}
END_TEST

START_TEST(a_transfer_that_began_is_ended)
{
	static const char block[] = "\0\3\0\1file";
	struct fetch_ask a = ask(FETCH_TFTP, 69, "\1");
	struct loop_watch *w = open_server(69, block, sizeof(block) - 1);
	char end[64];

	ck_assert_int_eq(fetch(f, &a), 0);
	expect(0, block, sizeof(block) - 1);
	net_wait(server.second);
	ck_assert_int_gt(recv(server.second, end, sizeof(end), 0), 4);
	ck_assert_mem_eq(end, "\0\5\0\0", 4);
	close_server(w);
}
END_TEST

START_TEST(there_may_be_no_way_or_no_such_source)
{
	struct fetch_ask a = ask(FETCH_DATAGRAM, 4011, "x");

	a.source = (struct ip4){ 0xc0000201 };
	ck_assert_int_eq(fetch(f, &a), -EADDRNOTAVAIL);
	a.source = IP4_NONE;
	a.to = (struct ip4){ 0xc0000202 };
	ck_assert_int_eq(fetch(f, &a), -ENETUNREACH);
	a.kind = FETCH_HTTP;
	ck_assert_int_eq(fetch(f, &a), -ENETUNREACH);
	ck_assert_uint_eq(fetcher_open(f), 0);
}
END_TEST

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

static struct loop_watch *
open_web(const char *first, const char *second, bool closes)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(8080) };
	int on = 1;

	net_in_b();
	web.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	net_in_a();
	setsockopt(web.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(web.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(web.fd, 4), 0);
	web.heard[0] = '\0';
	web.says[0] = first;
	web.says[1] = second;
	web.closes = closes;
	return loop_read(loop, web.fd, web_accept, NULL);
}

START_TEST(a_page_is_read_to_its_end)
{
	struct fetch_ask a = ask(FETCH_HTTP, 8080, "GET / HTTP/1.1\r\n\r\n");
	struct loop_watch *w = open_web("HTTP/1.1 200 OK\r\n\r", "\nbody", true);

	ck_assert_int_eq(fetch(f, &a), 0);
	ck_assert_int_eq(fetch(f, &a), 0);	/* said again: it is under way */
	expect(0, "HTTP/1.1 200 OK\r\n\r\nbody", 23);
	ck_assert_str_eq(web.heard, "GET / HTTP/1.1\r\n\r\n");
	loop_unwatch(w);
	close(web.fd);
}
END_TEST

START_TEST(a_page_that_does_not_end_is_cut)
{
	struct fetch_ask a = ask(FETCH_HTTP, 8080, "GET");
	char body[2000];
	struct loop_watch *w;

	memset(body, 'b', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	w = open_web("HTTP/1.1 200 OK\r\n\r\n", body, false);
	ck_assert_int_eq(fetch(f, &a), 0);
	loop_run(loop);
	ck_assert_uint_eq(n_results, 1);
	ck_assert_uint_ge(got.len, 1024);
	ck_assert_uint_eq(fetcher_open(f), 0);
	loop_unwatch(w);
	close(web.conn);
	close(web.fd);
}
END_TEST

START_TEST(what_came_until_the_end_of_the_time_counts)
{
	struct fetch_ask a = ask(FETCH_HTTP, 8080, "GET");
	struct loop_watch *w = open_web("HTTP/1.1 200 OK\r\n\r\nfew", NULL, false);
	struct fetch_ask other = ask(FETCH_DATAGRAM, 9, "x");
	int fd;

	net_in_b();
	fd = net_udp(9);
	net_in_a();
	other.token++;
	other.until = a.until;
	ck_assert_int_eq(fetch(f, &a), 0);
	ck_assert_int_eq(fetch(f, &other), 0);
	while (!web.heard[0])
		turn();
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(n_results, 0);
	fetcher_expire(f, mono_add_ms(a.until, -1));
	ck_assert_uint_eq(fetcher_open(f), 2);
	fetcher_expire(f, a.until);
	ck_assert_uint_eq(fetcher_open(f), 0);
	ck_assert_uint_eq(n_results, 1);	/* silence is the asker's to see */
	ck_assert_uint_eq(got.len, 22);
	loop_unwatch(w);
	close(fd);
	close(web.conn);
	close(web.fd);
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct fetch_ask a = ask(FETCH_DATAGRAM, 9, "x");
	int fd;

	net_in_b();
	fd = net_udp(9);
	net_in_a();
	for (unsigned i = 0; i < FETCH_MAX; i++, a.token++)
		ck_assert_int_eq(fetch(f, &a), 0);
	ck_assert_int_eq(fetch(f, &a), -EBUSY);
	fetcher_cancel(f);
	ck_assert_uint_eq(fetcher_open(f), 0);
	ck_assert_int_eq(fetch(f, &a), 0);
	close(fd);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_answer_may_come_from_another_port);
	tcase_add_test(tc, what_is_no_answer_is_not_waited_for_in_vain);
	tcase_add_test(tc, a_closed_port_is_an_error);
	tcase_add_test(tc, a_transfer_that_began_is_ended);
	tcase_add_test(tc, there_may_be_no_way_or_no_such_source);
	tcase_add_test(tc, a_page_is_read_to_its_end);
	tcase_add_test(tc, a_page_that_does_not_end_is_cut);
	tcase_add_test(tc, what_came_until_the_end_of_the_time_counts);
	tcase_add_test(tc, there_is_a_limit);
}

Suite *
fetch_suite(void)
{
	Suite *s = suite_create("fetch");

	net_tcase(s, "fetch", add_tests);
	return s;
}
