/* SPDX-License-Identifier: ISC
 *
 * full - send errors that mean "no room". Such a packet is lost, but its path is fine: it is
 * counted apart, and the next one may well go out.
 */
#ifndef BASE_FULL_H
#define BASE_FULL_H

#include <errno.h>
#include <stdbool.h>

/* err is positive. EAGAIN: the socket's buffer is full; ENOBUFS: the interface's queue. */
static inline bool
full_error(int err)
{
	return err == EAGAIN || err == ENOBUFS;
}

#endif
