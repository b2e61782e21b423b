/* SPDX-License-Identifier: ISC
 *
 * neigh - what the kernel says about IPv4 neighbours (ARP) on some interfaces, as
 * it changes.
 *
 * A socket of its own, with a filter in the kernel: on a router each client is a
 * neighbour whose state changes every minute, and only those on the way to
 * servers are of interest. Bridges (FDB) and IPv6 use the same messages.
 */
#ifndef IO_NEIGH_H
#define IO_NEIGH_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Interfaces that the filter can tell apart; with more all are let through. */
#define NEIGH_IFS_MAX	32

enum neigh_state {
	NEIGH_UNKNOWN,	/* nothing is known, or the kernel is asking */
	NEIGH_ALIVE,	/* there is an address, and nothing that speaks against it */
	NEIGH_FAILED,	/* asked, and no answer came */
};

/* Told by neigh_read(): ALIVE or FAILED, possibly what was told before. */
typedef void neigh_fn(void *user, uint32_t ifindex, struct ip4 ip, enum neigh_state state);

struct neigh;

/* Tells nothing until neigh_watch(). 0 and *out, or -errno. */
int neigh_open(struct neigh **out, neigh_fn *fn, void *user);
struct neigh *neigh_close(struct neigh *n);	/* NULL-safe; returns NULL */
int neigh_fd(const struct neigh *n);	/* owned by n; readable: neigh_read() */

/* The interfaces, from now on. Whoever wants to miss nothing asks for states
 * (io/route) after it. 0 or -errno: then it is as before. */
int neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count);
/* Tells what is waiting, up to a bound. 0, or -ENOBUFS: the kernel lost messages for us, and
 * all states are to be asked for again; or another -errno. */
int neigh_read(struct neigh *n);

/* What an NUD_* bit of the kernel means here. */
enum neigh_state neigh_state_of(unsigned nud);

#endif
