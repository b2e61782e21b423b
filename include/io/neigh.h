/* SPDX-License-Identifier: ISC
 *
 * neigh - changes of IPv4 neighbours (ARP) on some interfaces.
 *
 * A socket of its own, with a filter in the kernel: on a router each client is a neighbour whose
 * state changes every minute, and only those on the way to servers matter. Bridges (FDB) and IPv6
 * use the same messages.
 */
#ifndef IO_NEIGH_H
#define IO_NEIGH_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Interfaces that the filter can name; with more, all pass. */
#define NEIGH_IFS_MAX	32

enum neigh_state {
	NEIGH_UNKNOWN,	/* no entry, or the kernel is asking */
	NEIGH_ALIVE,	/* it has a hardware address that is not in doubt */
	NEIGH_FAILED,	/* it did not answer ARP */
};

/* Called by neigh_read() with ALIVE or FAILED, possibly the same as before. */
typedef void neigh_fn(void *user, uint32_t ifindex, struct ip4 ip, enum neigh_state state);

struct neigh;

/* Reports nothing until neigh_watch(). 0 and *out, or -errno. */
int neigh_open(struct neigh **out, neigh_fn *fn, void *user);
struct neigh *neigh_close(struct neigh *n);	/* NULL-safe; returns NULL */
int neigh_fd(const struct neigh *n);	/* owned by n; readable: neigh_read() */

/* Sets the interfaces. To miss nothing, ask for states (io/route) after it. 0, or -errno: then
 * nothing has changed. */
int neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count);
/* Reports what is waiting, up to a bound. 0, or -ENOBUFS: the kernel lost messages, and all states
 * must be asked for again; or another -errno. */
int neigh_read(struct neigh *n);

/* The meaning of the kernel's NUD_* bits. */
enum neigh_state neigh_state_of(unsigned nud);

#endif
