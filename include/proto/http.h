/* SPDX-License-Identifier: ISC
 *
 * http - a GET request and the status line of its response (RFC 9112); the
 * connection is closed after that. And the other side: what a request to us is
 * for (io/metrics).
 */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define HTTP_REQUEST_MAX	512
#define HTTP_STATUS_LEN		12	/* "HTTP/1.1 200" */

/* HTTP/1.0, so the response has no chunks and the connection is not kept. path
 * begins with '/' and has no spaces (checked by core/conf). Returns the length,
 * 0 if it does not fit. */
size_t http_get(uint8_t *out, size_t size, struct ip4 host, uint16_t port, const char *path);

/* The first bytes of a file: HTTP/1.1 with a range, as web servers for UEFI
 * expect. host is the one of the URL, for servers with several names. Returns
 * as http_get(). */
size_t http_get_first(uint8_t *out, size_t size, const char *host, uint16_t port, const char *path,
    unsigned bytes);
/* Offset of the body, after the head; 0 if the head is incomplete. */
size_t http_body(const void *data, size_t len);

/* The status code, 100..599; 0 if more bytes are needed; -1 if it is not
 * HTTP. */
int http_status(const void *data, size_t len);

/* The status to answer a request with that may get `path` and nothing else:
 * 200, 404, 405; 400 if it is not HTTP/1; 0 if its head is incomplete. A query
 * after the path is ignored. */
int http_asked(const void *data, size_t len, const char *path);

#endif
