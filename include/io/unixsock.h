/* SPDX-License-Identifier: ISC
 *
 * unixsock - the file of a Unix stream socket: the control socket, or the one
 * for metrics. It gets mode 0660, so a group may use it. A stale file, on which
 * nobody listens, is replaced.
 */
#ifndef IO_UNIXSOCK_H
#define IO_UNIXSOCK_H

#include <sys/stat.h>
#include <sys/un.h>

#define UNIXSOCK_PATH	sizeof(((struct sockaddr_un *)0)->sun_path)

struct unixsock {
	struct sockaddr_un at;
	struct stat file;	/* the socket file as we made it */
};

/* The directory of a path: "/run/pxrelay"; "." for a name without one. */
void unixsock_dir(char dir[UNIXSOCK_PATH], const char *path);
/* A bound, non-blocking socket that does not listen yet. Makes the last
 * directory of the path if needed. The fd, or -errno; -EADDRINUSE when a
 * process listens there. (gid_t)-1: our own group. */
int unixsock_open(struct unixsock *u, const char *path, gid_t group);
/* Removes the file, unless it was replaced. */
void unixsock_remove(const struct unixsock *u);

#endif
