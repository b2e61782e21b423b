/* SPDX-License-Identifier: ISC
 *
 * http - builds GET requests, reads status lines and checks requests (RFC
 * 9112). Of the headers, only Content-Length is interpreted. Connections and time-outs are left to
 * io/query and io/metrics.
 */
#include "proto/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wire.h"

size_t
http_get(uint8_t *out, size_t size, struct ip4 host, uint16_t port, const char *path)
{
	char a[IP4_STRLEN];
	int n = snprintf((char *)out, size,
	    "GET %s HTTP/1.0\r\nHost: %s:%u\r\nUser-Agent: pxrelayd\r\n"
	    "Connection: close\r\n\r\n", path, ip4_str(host, a), port);

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t
http_get_first(uint8_t *out, size_t size, const char *host, uint16_t port,
    const char *path, unsigned bytes)
{
	int n = snprintf((char *)out, size,
	    "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: UefiHttpBoot/1.0\r\n"
	    "Accept: */*\r\nRange: bytes=0-%u\r\nConnection: close\r\n\r\n",
	    path, host, port, bytes - 1);

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t
http_body(const void *data, size_t len)
{
	const uint8_t *end = memmem(data, len, "\r\n\r\n", 4);

	return end ? (size_t)(end + 4 - (const uint8_t *)data) : 0;
}

static struct rd
next_line(struct rd *r)
{
	const uint8_t *end = memchr(r->p, '\n', rd_left(r));

	return rd_sub(r, end ? (size_t)(end + 1 - r->p) : rd_left(r));
}

/* RFC 9110 8.6: digits, after any blanks. */
uint64_t
http_content_length(const void *data, size_t len)
{
	static const char name[] = "content-length:";
	struct rd r = rd_init(data, len), line;
	uint64_t n = 0;

	do
		line = next_line(&r);
	while (rd_left(&r) && (rd_left(&line) < strlen(name) ||
	    strncasecmp((const char *)line.p, name, strlen(name)) != 0));
	if (rd_left(&r) == 0)
		return 0;
	rd_skip(&line, strlen(name));
	while (rd_left(&line) && n < UINT64_MAX / 100) {
		uint8_t c = rd_u8(&line);

		if (c >= '0' && c <= '9')
			n = n * 10 + (uint8_t)(c - '0');
		else if (c != ' ' && c != '\t')
			break;
	}
	return n;
}

bool
http_read_request(const void *data, size_t len, char *path, size_t size, bool *head)
{
	struct rd r = rd_init(data, len);
	uint32_t method = rd_u32(&r);
	size_t n = 0;

	*head = method == 0x48454144;			/* "HEAD" */
	if (*head)
		rd_skip(&r, 1);
	else if (method != 0x47455420)			/* "GET " */
		return false;
	while (rd_left(&r)) {
		uint8_t c = rd_u8(&r);

		if (c <= ' ')
			break;
		if (n + 1 < size)
			path[n++] = (char)c;
	}
	path[n] = '\0';
	return n > 0;
}

/* RFC 9112 4: HTTP-version SP status-code; 'd' is a digit. */
static const char status_line[HTTP_STATUS_LEN + 1] = "HTTP/d.d ddd";

int
http_status(const void *data, size_t len)
{
	struct rd r = rd_init(data, len < HTTP_STATUS_LEN ? len : HTTP_STATUS_LEN);
	int status = 0;

	for (size_t i = 0; rd_left(&r) > 0; i++) {
		char c = (char)rd_u8(&r), want = status_line[i];

		if (want == 'd' ? c < '0' || c > '9' : c != want)
			return -1;
		if (i >= HTTP_STATUS_LEN - 3)
			status = status * 10 + (c - '0');
	}
	if (len < HTTP_STATUS_LEN)
		return 0;
	return status >= 100 && status < 600 ? status : -1;
}

/* Reads the next word of the request line. False if it is none that we know. */
static bool
read_word(struct rd *r, char *out, size_t size)
{
	size_t n = 0;

	while (rd_left(r) > 0 && n < size) {
		struct rd at = *r;
		uint8_t c = rd_u8(&at);

		if (c == '\r' || c == '\n')
			break;
		*r = at;
		if (c == ' ')
			break;
		if (c < ' ' || c > '~')
			return false;
		out[n++] = (char)c;
	}
	if (n == 0 || n == size)
		return false;
	out[n] = '\0';
	return true;
}

int
http_judge_request(const void *data, size_t len, const char *path, bool *head)
{
	struct rd r = rd_init(data, len);
	char method[16], target[256], version[16];

	*head = false;
	/* RFC 9112 2.2: a lone LF may end a line as well. */
	if (!http_body(data, len) && !memmem(data, len, "\n\n", 2))
		return 0;
	if (!read_word(&r, method, sizeof(method)) ||
	    !read_word(&r, target, sizeof(target)) ||
	    !read_word(&r, version, sizeof(version)) ||
	    strncmp(version, "HTTP/1.", 7) != 0)
		return 400;
	*head = strcmp(method, "HEAD") == 0;
	if (!*head && strcmp(method, "GET") != 0)
		return 405;
	target[strcspn(target, "?")] = '\0';
	return strcmp(target, path) == 0 ? 200 : strcmp(target, "/") == 0 ? 301 : 404;
}
