/* SPDX-License-Identifier: ISC
 *
 * listener - accepts connections on a listening stream socket, as libevent's
 * bufferevents. The caller bounds their number.
 *
 * When descriptors run out (EMFILE), the connection stays in the kernel's queue
 * and the socket stays readable: the listener then pauses for
 * LISTENER_RETRY_MS, or the loop would spin.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "io/loop.h"

struct bufferevent;
struct listener;

#define LISTENER_RETRY_MS 1000

/* The call-back owns the connection, which is not enabled yet;
 * bufferevent_free() closes it. */
typedef void listener_fn(void *user, struct bufferevent *connection);

/* Takes over fd, which already listens, or the -errno in its place, which is
 * passed on; closes fd after an error. 0, or -errno. */
int listener_new(struct loop *l, int fd, listener_fn *fn, void *user, struct listener **out);
/* Closes the socket, but no connection. NULL-safe; returns NULL. */
struct listener *listener_free(struct listener *s);

#endif
