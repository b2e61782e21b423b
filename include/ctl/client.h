/* SPDX-License-Identifier: ISC
 *
 * client - sends a daemon one line over its control socket and reads one line back.
 *
 * The other end may not be a daemon, or not a healthy one: it may be gone, silent, send a
 * byte a second or never stop. So there is one deadline for each exchange, and every answer has a
 * maximum size.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* Eight times the limit at which a daemon closes the connection itself. */
#define CLIENT_ANSWER_MAX	(64u << 20)	/* bytes */

/*
 * Sends command (without newline) to the socket at path and waits for a whole line, timeout_ms in
 * all. *answer is malloc'd, without the newline, NUL-terminated; the caller frees it. It may
 * contain NUL bytes, hence *len. 0 or -errno, where besides the errors of connect()
 *
 *   -ENAMETOOLONG	the path does not fit into a socket address
 *   -ETIMEDOUT		no whole answer in time
 *   -EPIPE		the connection was closed before the answer was whole
 *   -EMSGSIZE		the answer is longer than CLIENT_ANSWER_MAX
 */
int client_ask(const char *path, const char *command, int timeout_ms,
    char **answer, size_t *len);

/* A connection on which a stream follows the answer. */
struct client_stream {
	int fd;			/* blocking */
	char *answer;		/* malloc'd, as client_ask() gives it */
	size_t len;
	uint8_t *rest;		/* bytes after the newline that have arrived already; part
				 * of answer's memory */
	size_t rest_len;
};

/* As client_ask(), but on success the connection stays open until client_close(). */
int client_stream(const char *path, const char *command, int timeout_ms,
    struct client_stream *out);
void client_close(struct client_stream *s);

#endif
