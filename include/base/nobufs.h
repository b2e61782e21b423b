/* SPDX-License-Identifier: ISC
 *
 * nobufs - send errors that mean "no room". The packet is lost, but its path is
 * fine: such errors are counted apart, and the next packet may well go out.
 */
#ifndef BASE_NOBUFS_H
#define BASE_NOBUFS_H

#include <errno.h>
#include <stdbool.h>

/* err > 0. EAGAIN: the socket's buffer is full; ENOBUFS: the interface's. */
static inline bool
errno_is_nobufs(int err)
{
	return err == EAGAIN || err == ENOBUFS;
}

#endif
