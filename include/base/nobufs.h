/* SPDX-License-Identifier: ISC
 *
 * nobufs - send errors that mean "no room". Such a packet is lost, but its path
 * is fine: it is counted apart, and the next one may well go out.
 */
#ifndef BASE_NOBUFS_H
#define BASE_NOBUFS_H

#include <errno.h>
#include <stdbool.h>

/* err is positive. EAGAIN: the socket's buffer is full; ENOBUFS: the
 * interface's queue. */
static inline bool
errno_is_nobufs(int err)
{
	return err == EAGAIN || err == ENOBUFS;
}

#endif
