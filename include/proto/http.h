/* SPDX-License-Identifier: ISC
 *
 * http - a GET request and the status line of its response (RFC 9112), for
 * probes and the doctor; a check of the requests that io/metrics receives; and what
 * core/story/transfer reads of others' requests and responses.
 */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define HTTP_REQUEST_MAX	512
#define HTTP_STATUS_LEN		12	/* "HTTP/1.1 200" */

/* HTTP/1.0, so the response is not chunked and the server closes the
 * connection. path begins with '/' and has no spaces (checked by core/conf).
 * Returns the length, 0 if it does not fit. */
size_t http_get(uint8_t *out, size_t size, struct ip4 host, uint16_t port,
    const char *path);

/* Requests the first bytes of a file: HTTP/1.1 with a range, as web servers for
 * UEFI expect. host is the URL's, for servers with several names. */
size_t http_get_first(uint8_t *out, size_t size, const char *host, uint16_t port,
    const char *path, unsigned bytes);
/* Offset of the body; 0 if the head is incomplete. */
size_t http_body(const void *data, size_t len);

/* The Content-Length of a response; 0: it has none. */
uint64_t http_content_length(const void *data, size_t len);
/* Reads a request for a file: its path, cut to the size of `path` if it is longer, and
 * whether it asks for the head only. False if it is something else. */
bool http_read_request(const void *data, size_t len, char *path, size_t size, bool *head);

/* The status code, 100..599; 0 if it is incomplete; -1 if it is not HTTP. */
int http_status(const void *data, size_t len);

/* The status with which to answer a request: 200 for `path`, ignoring a query after
 * it; 301, to `path`, for "/"; 404; 405 unless it is GET or HEAD; 400 if it is not
 * HTTP/1; 0 if its head is incomplete. `head`: the answer has no body. */
int http_judge_request(const void *data, size_t len, const char *path, bool *head);

#endif
