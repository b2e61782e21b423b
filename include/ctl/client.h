/* SPDX-License-Identifier: ISC
 *
 * client - sends a daemon one line over its control socket and reads one line back.
 * The other end may be silent or never stop, so each exchange has one deadline, and
 * every answer has a maximum size.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stddef.h>

/* Eight times the limit at which a daemon closes the connection itself. */
#define CLIENT_ANSWER_MAX	(64u << 20)	/* bytes */

struct client {
	int fd;			/* blocking; data may follow the answer */
	char *answer;		/* owned; NUL-terminated, may contain NUL bytes */
	size_t len;		/* without the newline */
	size_t got, size;	/* bytes that arrived, and room for them */
};

/*
 * Sends command (without newline) to the socket at path and waits for a whole line,
 * timeout_ms in all. Returns 0, and *c needs client_close(), or -errno: besides the
 * errors of connect()
 *
 *   -ENAMETOOLONG	the path does not fit into a socket address
 *   -ETIMEDOUT		no complete answer in time
 *   -EPIPE		the connection was closed before the answer was complete
 *   -EMSGSIZE		the answer is longer than CLIENT_ANSWER_MAX
 */
int client_ask(struct client *c, const char *path, const char *command,
    int timeout_ms);
void client_close(struct client *c);

#endif
