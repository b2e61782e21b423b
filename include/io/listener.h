/* SPDX-License-Identifier: ISC
 *
 * listener - accepts the connections of a listening stream socket, as libevent's
 * bufferevents; who they are and how many there may be is the caller's business.
 *
 * When descriptors run out (EMFILE) the visitor stays in the kernel's queue and the socket
 * readable: the listener rests for LISTENER_RETRY_MS then, or the loop would do nothing else.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "io/loop.h"

struct bufferevent;
struct listener;

#define LISTENER_RETRY_MS 1000

/* The connection is the call-back's: bufferevent_free() closes it. It is not enabled yet. */
typedef void listener_fn(void *user, struct bufferevent *connection);

/* Owns fd from now on, which listens already; closes it when that fails. 0 or -ENOMEM. */
int listener_new(struct loop *l, int fd, listener_fn *fn, void *user, struct listener **out);
/* Closes the socket, and no connection. NULL is fine; returns NULL. */
struct listener *listener_free(struct listener *s);

#endif
