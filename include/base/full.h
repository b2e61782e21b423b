/* SPDX-License-Identifier: ISC
 *
 * full - is this the error of a send that found no room? Such a packet is lost and nothing is
 * wrong with its way: it is counted apart, and the next one may well go out.
 */
#ifndef BASE_FULL_H
#define BASE_FULL_H

#include <errno.h>
#include <stdbool.h>

/* An errno, as positive as errno is. EAGAIN: the buffer of the socket; ENOBUFS: the queue of
 * the interface. */
static inline bool
full_error(int err)
{
	return err == EAGAIN || err == ENOBUFS;
}

#endif
