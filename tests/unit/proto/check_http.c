/* SPDX-License-Identifier: ISC
 *
 * HTTP: the request, and status lines that are whole, in pieces, or invalid.
 */
#include "proto/http.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *http_suite(void);

START_TEST(a_request_has_the_host_header)
{
	static const char want[] = "GET /fog/ HTTP/1.0\r\nHost: 192.0.2.9:8080\r\n"
	    "User-Agent: pxrelayd\r\nConnection: close\r\n\r\n";
	uint8_t out[HTTP_REQUEST_MAX];
	struct ip4 host = { 0xc0000209 };
	size_t n = http_get(out, sizeof(out), host, 8080, "/fog/");

	ck_assert_uint_eq(n, strlen(want));
	ck_assert_mem_eq(out, want, n);
	ck_assert_uint_eq(http_get(out, n, host, 8080, "/fog/"), 0);
	ck_assert_uint_eq(http_get(out, n + 1, host, 8080, "/fog/"), n);
}
END_TEST

static const struct {
	const char *line;
	int status;
} lines[] = {
	{ "HTTP/1.1 200 OK\r\nServer: x\r\n", 200 },
	{ "HTTP/1.0 404 Not Found\r\n", 404 },
	{ "HTTP/1.1 503", 503 }, { "HTTP/1.1 100 ", 100 }, { "HTTP/2.0 599", 599 },
	{ "HTTP/1.1 50", 0 }, { "HTTP/1.", 0 }, { "H", 0 }, { "", 0 },
	{ "HTTP/1.1 600 ", -1 }, { "HTTP/1.1 099 ", -1 }, { "HTTP/1.1  20", -1 },
	{ "HTTP/1.1 2x0", -1 }, { "SSH-2.0-OpenSSH", -1 }, { "\x15\x03\x01", -1 },
	{ "http/1.1 200", -1 },
};

START_TEST(status_lines_are_read)
{
	size_t n = strlen(lines[_i].line);
	uint8_t *copy = msg_exact(lines[_i].line, n);

	ck_assert_msg(http_status(copy, n) == lines[_i].status, "%s: %d",
	    lines[_i].line, http_status(copy, n));
	free(copy);
}
END_TEST

static const struct {
	const char *text;
	int status;
	bool head;
} heads[] = {
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, false },
	{ "GET /metrics HTTP/1.0\n\n", 200, false },
	{ "GET /metrics?a=b HTTP/1.1\r\n\r\nmore", 200, false },
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r", 0, false },
	{ "GET /metrics HTTP/1.1\r\n", 0, false },
	{ "", 0, false },
	{ "GET", 0, false },
	{ "HEAD /metrics HTTP/1.1\r\n\r\n", 200, true },
	{ "HEAD /x HTTP/1.1\n\n", 404, true },
	{ "GET / HTTP/1.1\r\n\r\n", 301, false },
	{ "GET /metric HTTP/1.1\n\n", 404, false },
	{ "GET /metricsx HTTP/1.1\n\n", 404, false },
	{ "POST /metrics HTTP/1.1\r\n\r\n", 405, false },
	{ "HEADS / HTTP/1.1\n\n", 405, false },
	{ "get /metrics HTTP/1.1\n\n", 405, false },
	{ "GET /metrics HTTP/2.0\n\n", 400, false },
	{ "GET /metrics\r\n\r\n", 400, false },
	{ "GET  HTTP/1.1\n\n", 400, false },
	{ "\n\n", 400, false },
	{ "show\n\n", 400, false },
	{ "GET\t/metrics HTTP/1.1\n\n", 400, false },
	{ "\x16\x03\x01\n\n", 400, false },
	{ "ABCDEFGHIJKLMNOPQRST / HTTP/1.1\n\n", 400, false },
};

START_TEST(only_one_path_can_be_fetched)
{
	size_t n = strlen(heads[_i].text);
	uint8_t *copy = msg_exact(heads[_i].text, n);
	bool head = true;
	int status = http_judge_request(copy, n, "/metrics", &head);

	ck_assert_msg(status == heads[_i].status && head == heads[_i].head, "%s: %d, %d",
	    heads[_i].text, status, head);
	free(copy);
}
END_TEST

static const struct {
	const char *text;
	const char *path;	/* of a request; NULL: it is none */
	bool head;
	uint64_t length;	/* of a response */
} others[] = {
	{ "GET /a/b.efi HTTP/1.1\r\n", "/a/b.efi", false, 0 },
	{ "HEAD /a HTTP/1.0\r\n", "/a", true, 0 },
	{ "GET /12345678 HTTP", "/123456", false, 0 },
	{ "GET ", NULL, false, 0 }, { "GETS /", NULL, false, 0 }, { "POST /a", NULL, false, 0 },
	{ "", NULL, false, 0 },
	{ "HTTP/1.1 200\r\nA: 1\r\ncontent-LENGTH: 1234\r\n\r\nx", NULL, false, 1234 },
	{ "HTTP/1.1 200\r\nContent-Length:\t7\r\n\r\n", NULL, false, 7 },
	{ "HTTP/1.1 200\r\nContent-Length: x\r\n\r\n", NULL, false, 0 },
	{ "HTTP/1.1 200\r\nContent-Length: 12", NULL, false, 0 },
	{ "HTTP/1.1 200\r\nContent-Length: 999999999999999999999999\n\n", NULL, false,
	    999999999999999999 },
};

START_TEST(what_others_say_is_read)
{
	size_t n = strlen(others[_i].text);
	uint8_t *copy = msg_exact(others[_i].text, n);
	char path[8];
	bool head;

	ck_assert(http_read_request(copy, n, path, sizeof(path), &head) ==
	    (others[_i].path != NULL));
	if (others[_i].path) {
		ck_assert_int_eq(strncmp(path, others[_i].path, sizeof(path) - 1), 0);
		ck_assert(head == others[_i].head);
	}
	ck_assert_uint_eq(http_content_length(copy, n), others[_i].length);
	free(copy);
}
END_TEST

Suite *
http_suite(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");

	tcase_add_test(t, a_request_has_the_host_header);
	tcase_add_loop_test(t, status_lines_are_read, 0,
	    sizeof(lines) / sizeof(lines[0]));
	tcase_add_loop_test(t, only_one_path_can_be_fetched, 0,
	    sizeof(heads) / sizeof(heads[0]));
	tcase_add_loop_test(t, what_others_say_is_read, 0, sizeof(others) / sizeof(others[0]));
	suite_add_tcase(s, t);
	return s;
}
