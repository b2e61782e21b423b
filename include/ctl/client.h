/* SPDX-License-Identifier: ISC
 *
 * client - asks a daemon over its control socket: one line out, one line back.
 *
 * The other end is not trusted to be a daemon, or a healthy one: it may be gone,
 * be silent, send a byte a second or never end. So every question has a time for all
 * of it, and every answer a largest size.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* Eight times what a daemon sends before it closes the connection itself. */
#define CLIENT_ANSWER_MAX	(64u << 20)	/* bytes */

/*
 * Sends command (without newline) to the socket at path and waits for a whole line,
 * at most timeout_ms for all of it. *answer is malloc'd, without the newline,
 * NUL-terminated; the caller frees it. It may hold NUL bytes of its own, which is
 * why there is *len. 0 or -errno, where besides what connect() says
 *
 *   -ENAMETOOLONG	the path does not fit into a socket address
 *   -ETIMEDOUT		no whole answer in time
 *   -EPIPE		the connection was closed before the answer was whole
 *   -EMSGSIZE		the answer is longer than CLIENT_ANSWER_MAX
 */
int client_ask(const char *path, const char *command, int timeout_ms,
    char **answer, size_t *len);

/* A connection on which bytes follow the answer. */
struct client_stream {
	int fd;			/* blocking */
	char *answer;		/* malloc'd, as client_ask() gives it */
	size_t len;
	uint8_t *rest;		/* bytes behind the newline that have come already; in the
				 * memory of answer */
	size_t rest_len;
};

/* As client_ask(), but the connection stays open: client_close(). After an error nothing is. */
int client_stream(const char *path, const char *command, int timeout_ms,
    struct client_stream *out);
void client_close(struct client_stream *s);

#endif
