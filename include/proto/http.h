/* SPDX-License-Identifier: ISC
 *
 * http - a GET request, and the status line of its answer (RFC 9112). The rest of
 * an answer is nobody's concern here: the connection is closed after the first line.
 * And the other side of it: what a request asks of us (io/metrics).
 */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define HTTP_REQUEST_MAX	512
#define HTTP_STATUS_LEN		12	/* "HTTP/1.1 200" */

/* HTTP/1.0, so that no answer needs chunks or keeps the connection. path begins with '/' and
 * has no spaces (core/conf sees to it). Returns the length, 0 when it does not fit. */
size_t http_get(uint8_t *out, size_t size, struct ip4 host, uint16_t port, const char *path);

/* The first bytes of a file: HTTP/1.1, which the web servers of UEFI speak, with a range. host:
 * as in the URL, for servers with several names. Returns as http_get(). */
size_t http_get_first(uint8_t *out, size_t size, const char *host, uint16_t port, const char *path,
    unsigned bytes);
/* Where the body begins, behind the head; 0: the head has not ended. */
size_t http_body(const void *data, size_t len);

/* The status code, 100..599; 0 when more bytes are needed; -1 when this is no HTTP. */
int http_status(const void *data, size_t len);

/* What to answer to the head of a request that may get `path` and nothing else: 200, 404, 405,
 * 400 when this is no HTTP/1; 0 when the head has not ended yet. A query behind the path is not
 * looked at. */
int http_asked(const void *data, size_t len, const char *path);

#endif
