/* SPDX-License-Identifier: ISC
 *
 * listener - accepts connections on a listening stream socket, as libevent's
 * bufferevents. The caller bounds their number.
 *
 * When descriptors run out (EMFILE), a connection stays in the kernel's queue
 * and keeps the socket readable. So that the loop does not spin, the listener
 * pauses for LISTENER_RETRY_MS.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "io/loop.h"

struct bufferevent;
struct listener;

#define LISTENER_RETRY_MS 1000

/* Takes over the connection, which is not enabled yet. */
typedef void listener_fn(void *user, struct bufferevent *connection);

/* Takes over fd, which already listens, and closes it after an error. fd may be
 * a -errno, which is returned. 0, or -errno. */
int listener_new(struct loop *l, int fd, listener_fn *fn, void *user,
    struct listener **out);
/* Closes the socket, but not its connections. NULL-safe; returns NULL. */
struct listener *listener_free(struct listener *s);

#endif
