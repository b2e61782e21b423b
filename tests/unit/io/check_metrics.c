/* SPDX-License-Identifier: ISC
 *
 * The metrics socket with clients that behave well or badly. They are
 * non-blocking sockets in the same process; the loop is turned by hand.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "io/metrics.h"
#include "io/priv.h"

static const struct opener_terms terms = { .anything = true, .group = (gid_t)-1 };

#define GET "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

Suite *metrics_suite(void);

static char dir[32];
static struct conf_metrics at;
static struct loop *loop;
static struct priv *priv;
static struct metrics *metrics;
static int n_made;
static size_t doc_len;		/* 0: memory is short */
static char buf[1u << 16];

static char *
make(void *user, size_t *len)
{
	char *text;

	ck_assert_ptr_eq(user, &n_made);
	n_made++;
	if (!doc_len)
		return NULL;
	text = malloc(doc_len);
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', doc_len);
	*len = doc_len;
	return text;
}

static void
turn(int times)
{
	while (times-- > 0)
		event_base_loop(loop_base(loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/pxr-metrics-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	at = (struct conf_metrics){ .port = 0 };
	snprintf(at.path, sizeof(at.path), "%s/sock", dir);
	loop = loop_new();
	priv = priv_new(&terms, NULL);
	ck_assert_ptr_nonnull(priv);
	ck_assert_ptr_nonnull(loop);
	n_made = 0;
	doc_len = 5;
	ck_assert_int_eq(metrics_open(loop, priv, &at, make, &n_made, &metrics), 0);
}

static void
teardown(void)
{
	metrics = metrics_close(metrics);
	ck_assert_int_lt(access(at.path, F_OK), 0);
	loop_free(loop);
	priv_free(priv);
	rmdir(dir);
}

static int
visit(const char *say)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, at.path, sizeof(at.path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(write(fd, say, strlen(say)), (ssize_t)strlen(say));
	turn(4);
	return fd;
}

/* Reads everything up to the end into buf; returns -1 if there is no end yet. */
static ssize_t
hear(int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0) {
		n += (size_t)got;
		turn(2);
	}
	buf[n] = '\0';
	return got == 0 ? (ssize_t)n : -1;
}

static void
says(const char *what, const char *begins)
{
	int fd = visit(what);

	ck_assert_int_ge(hear(fd), 0);
	ck_assert_msg(strncmp(buf, begins, strlen(begins)) == 0, "%s: %s", what, buf);
	close(fd);
}

START_TEST(a_scrape_is_answered_and_closed)
{
	int fd = visit(GET);

	ck_assert_int_gt(hear(fd), 0);
	ck_assert_str_eq(buf, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Content-Length: 5\r\n\r\nxxxxx");
	close(fd);
}
END_TEST

/* RFC 9110 9.3.2: what GET would say, without the body. */
START_TEST(a_head_is_answered_without_the_body)
{
	says("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n");
	ck_assert_ptr_nonnull(strstr(buf, "Content-Length: 5\r\n"));
	ck_assert_str_eq(strstr(buf, "\r\n\r\n"), "\r\n\r\n");
	says("HEAD /x HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
	ck_assert_str_eq(strstr(buf, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(the_root_leads_to_the_metrics)
{
	says("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 301 ");
	ck_assert_ptr_nonnull(strstr(buf, "\r\nLocation: /metrics\r\n"));
	ck_assert_int_eq(n_made, 0);
}
END_TEST

START_TEST(anything_else_is_refused)
{
	static char huge[METRICS_HEAD_MAX + 1];

	says("GET /x HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
	says("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ");
	says("show counters\n\n", "HTTP/1.1 400 ");
	memset(huge, 'A', METRICS_HEAD_MAX);
	says(huge, "HTTP/1.1 400 ");
	ck_assert_int_eq(n_made, 0);
	doc_len = 0;
	says(GET, "HTTP/1.1 503 ");
}
END_TEST

START_TEST(a_head_may_come_in_pieces)
{
	int fd = visit("GET /metr");

	ck_assert_int_eq(hear(fd), -1);
	ck_assert_int_eq(write(fd, "ics HTTP/1.1\r\n\r\n", 16), 16);
	turn(4);
	ck_assert_int_gt(hear(fd), 0);
	ck_assert_ptr_nonnull(strstr(buf, " 200 OK"));
	close(fd);
}
END_TEST

/* The oldest connection is closed, so none of them keeps the next one out. */
START_TEST(clients_are_bounded)
{
	int fd[METRICS_CLIENTS_MAX + 3];

	for (int i = 0; i < METRICS_CLIENTS_MAX + 3; i++)
		fd[i] = visit("GET");
	for (int i = 0; i < METRICS_CLIENTS_MAX + 3; i++) {
		ck_assert_int_eq(hear(fd[i]), i < 3 ? 0 : -1);
		if (i >= 3)
			close(fd[i]);
	}
	turn(4);
	says(GET, "HTTP/1.1 200 ");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}
END_TEST

static int64_t
ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Ten visitors at once cost one walk, unless they take longer than the lifetime of
 * a document. This holds also if the first one does not read. */
START_TEST(a_document_is_shared)
{
	int64_t begin = ms();
	int slow;

	doc_len = 4u << 20;
	slow = visit(GET);
	for (int i = 0; i < 9; i++)
		close(visit(GET));
	turn(4);
	ck_assert_int_ge(n_made, 1);
	ck_assert_int_le(n_made, 1 + (ms() - begin) / METRICS_AGE_MS);
	doc_len = 5;
	for (int before = n_made; n_made == before;) {
		usleep(METRICS_AGE_MS * 1000 / 4);
		close(visit(GET));
	}
	turn(4);
	says(GET, "HTTP/1.1 200 ");
	close(slow);	/* while the old document is being sent */
	turn(4);
}
END_TEST

START_TEST(a_tcp_port_is_listened_on_once)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct conf_metrics tcp = { .address = { INADDR_LOOPBACK } };
	struct metrics *m;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	tcp.port = ntohs(sin.sin_port);
	ck_assert_int_eq(metrics_open(loop, priv, &tcp, make, &n_made, &m), -EADDRINUSE);
	close(fd);
	ck_assert_int_eq(metrics_open(loop, priv, &tcp, make, &n_made, &m), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(write(fd, GET, strlen(GET)), (ssize_t)strlen(GET));
	while (n_made == 0)
		turn(1);
	turn(2);
	ck_assert_int_gt(hear(fd), 0);
	ck_assert_ptr_nonnull(strstr(buf, " 200 OK"));
	close(fd);
	ck_assert_ptr_null(metrics_close(m));
}
END_TEST

Suite *
metrics_suite(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_scrape_is_answered_and_closed);
	tcase_add_test(t, a_head_is_answered_without_the_body);
	tcase_add_test(t, the_root_leads_to_the_metrics);
	tcase_add_test(t, anything_else_is_refused);
	tcase_add_test(t, a_head_may_come_in_pieces);
	tcase_add_test(t, clients_are_bounded);
	tcase_add_test(t, a_document_is_shared);
	tcase_add_test(t, a_tcp_port_is_listened_on_once);
	suite_add_tcase(s, t);
	return s;
}
