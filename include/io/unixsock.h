/* SPDX-License-Identifier: ISC
 *
 * unixsock - a listening Unix stream socket at a path: the control socket and the one for metrics.
 *
 * Mode 0660, so a group that is named may use it. A stale socket
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

/* Bound, non-blocking, not yet listening. Makes no directories but the last. The descriptor, or
 * -errno; -EADDRINUSE when a process is alive there. (gid_t)-1: the group is our own. */
int unixsock_open(struct unixsock *u, const char *path, gid_t group);
/* Removes the file, unless somebody put another one there. */
void unixsock_remove(const struct unixsock *u);

#endif
