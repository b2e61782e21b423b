/* SPDX-License-Identifier: ISC
 *
 * landlock - takes files away from a process for good, where the kernel has
 * Landlock (Linux 5.13). io/sandbox takes system calls: this is for the names that
 * those which are left may have, and stands behind them.
 */
#ifndef IO_LANDLOCK_H
#define IO_LANDLOCK_H

#include <stddef.h>

enum landlock_use {
	LANDLOCK_READ,		/* read files below it */
	LANDLOCK_SOCKETS,	/* make and remove sockets in it, or anything below */
	LANDLOCK_REMOVE,	/* remove files below it */
};

struct landlock_dir {
	const char *path;	/* one that does not exist is left out */
	enum landlock_use use;
};

/* From now on, this process reaches no file but these, no abstract Unix socket of
 * others, and no process by a signal. Needs no_new_privs. Returns the version of
 * the kernel's Landlock; 0: it has none, and nothing was done; -errno. */
int landlock_restrict(const struct landlock_dir *dir, size_t n);

#endif
