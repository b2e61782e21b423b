/* SPDX-License-Identifier: ISC
 *
 * unixsock - a listening Unix stream socket at a path: the control socket and the one for metrics.
 *
 * Mode 0660 and group pxrelay (if there is one), so the group may use it. A stale socket
 * file (nobody answers on it) is replaced. Who accepts, and what is said, is the caller's.
 */
#ifndef IO_UNIXSOCK_H
#define IO_UNIXSOCK_H

#include <sys/stat.h>
#include <sys/un.h>

struct unixsock {
	struct sockaddr_un at;
	struct stat file;	/* the socket file as we made it */
};

/* Bound, non-blocking, not yet listening. Makes no directories but the last. The
 * descriptor, or -errno; -EADDRINUSE when a process is alive there. */
int unixsock_open(struct unixsock *u, const char *path);
/* Removes the file, unless somebody put another one there. */
void unixsock_remove(const struct unixsock *u);

#endif
