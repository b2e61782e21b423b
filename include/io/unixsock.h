/* SPDX-License-Identifier: ISC
 *
 * unixsock - the file of a Unix stream socket, for control and metrics. It gets
 * mode 0660, for a group. A stale file, on which nobody listens, is replaced.
 */
#ifndef IO_UNIXSOCK_H
#define IO_UNIXSOCK_H

#include <sys/stat.h>
#include <sys/un.h>

#define UNIXSOCK_PATH	sizeof(((struct sockaddr_un *)0)->sun_path)

struct unixsock {
	struct sockaddr_un at;
	struct stat file;	/* the file that we created */
};

/* The directory of a path: "/run/pxrelay"; "." for a name without one. */
void unixsock_dir(char dir[UNIXSOCK_PATH], const char *path);
/* Makes the directory, if there is none and we may: mode 0755. */
void unixsock_make_dir(const char *dir);
/* A bound, non-blocking socket that does not listen yet. Creates the path's
 * last directory if needed. Returns the fd, or -errno (-EADDRINUSE if a process
 * listens there). group (gid_t)-1: our own. */
int unixsock_open(struct unixsock *u, const char *path, gid_t group);
/* Removes the file, unless it was replaced. */
void unixsock_remove(const struct unixsock *u);

#endif
