/* SPDX-License-Identifier: ISC
 *
 * nslock - keeps a second daemon out of a network namespace.
 */
#ifndef IO_NSLOCK_H
#define IO_NSLOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Takes the lock. It is free again when the descriptor is closed, or its process
 * ends. An fd, or -errno (-EADDRINUSE: taken; -EACCES: no CAP_NET_BIND_SERVICE). */
int nslock_take(void);

struct nslock_holder {
	pid_t pid;
	unsigned uid;
};
/* Finds the daemon of this program that has it. False: it is not visible, or another
 * program has it. */
bool nslock_find(struct nslock_holder *h);

#endif
