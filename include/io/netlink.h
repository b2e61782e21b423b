/* SPDX-License-Identifier: ISC
 *
 * netlink - reports the kernel's links, addresses, routes and rules.
 *
 * netlink_open() reports everything that exists; later calls report changes.
 * After the kernel lost messages, the whole state is read again between
 * resync_begin and resync_end. core/iface decides which interfaces matter.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include <stdint.h>

#include "base/addr.h"
#include "core/iface/iftab.h"

/* The receive buffer, which the kernel doubles: at 1 to 2 KB each, room for a
 * thousand messages, as when a trunk with all its VLANs is deleted. */
#define NETLINK_RCVBUF (1 << 20)

/* Called by netlink_open(), _read() and _resync(); none is NULL. */
struct netlink_ops {
	/* New, changed or unchanged. Not 0: the receiver could not store it,
	 * and the next netlink_read() begins with a resync. */
	int (*link)(void *user, const struct iftab_link *l);
	int (*addr)(void *user, uint32_t ifindex, const struct iftab_addr *a);
	void (*link_gone)(void *user, uint32_t ifindex);
	void (*addr_gone)(void *user, uint32_t ifindex, struct ipnet net);
	/* Routes or rules may have changed; once per batch. */
	void (*route_changed)(void *user);
	/* Everything is reported again between these two; what was not is gone.
	 * Without an end (the read failed), the next begin starts over. */
	void (*resync_begin)(void *user);
	void (*resync_end)(void *user);
	/* Everything that was waiting has been reported. */
	void (*batch_end)(void *user);
};

struct netlink;

/* Subscribes to the kernel's messages in this network namespace, then reads the
 * whole state, which calls ops (borrowed until the close). rcvbuf is
 * NETLINK_RCVBUF, or less in tests. priv, borrowed, makes the socket for dumps
 * if not NULL. 0 and *out, or -errno. */
struct priv;
int netlink_open(struct netlink **out, const struct netlink_ops *ops, void *user,
    int rcvbuf, struct priv *priv);
/* Returns NULL. */
struct netlink *netlink_close(struct netlink *nl);

/* Call netlink_read() when one of these is readable. Owned by nl. */
enum netlink_fd { NETLINK_NEWS, NETLINK_ROUTES, NETLINK_FDS };
int netlink_fd(const struct netlink *nl, enum netlink_fd which);
/* Reports what is waiting, up to a bound, with a resync if one is due. 0, or
 * -errno if the receiver may have missed something: the next call tries again,
 * but may not come soon, so set a timer. */
int netlink_read(struct netlink *nl);
/* Reads the whole state, as after lost messages. 0, or -errno as above. */
int netlink_resync(struct netlink *nl);

#endif
