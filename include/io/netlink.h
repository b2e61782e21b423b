/* SPDX-License-Identifier: ISC
 *
 * netlink - the kernel's links, IPv4 addresses, routes and rules, as events for
 * core/iftab.
 *
 * netlink_open() reports everything that exists, and later calls report what
 * changes. When the kernel lost messages, the whole state is read again between
 * resync_begin and resync_end; the receiver never has to ask. It decides which
 * interfaces matter.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include <stdint.h>

#include "base/addr.h"
#include "core/iface/iftab.h"

/* The receive buffer for link and address messages. The kernel counts 1 to 2 KB
 * for each and doubles the value: room for about a thousand, as when a trunk
 * with all its VLANs is deleted. */
#define NETLINK_RCVBUF (1 << 20)

/* Called from netlink_open(), netlink_read() and netlink_resync() only; none
 * may be NULL. */
struct netlink_ops {
	/* New, changed or the same again. Not 0: the receiver could not store
	 * it, and the next netlink_read() begins with a resync. */
	int (*link)(void *user, const struct iftab_link *l);
	int (*addr)(void *user, uint32_t ifindex, const struct iftab_addr *a);
	void (*link_gone)(void *user, uint32_t ifindex);
	void (*addr_gone)(void *user, uint32_t ifindex, struct ip4net net);
	/* IPv4 routes or rules may have changed; once per batch. */
	void (*route_changed)(void *user);
	/* Everything is reported again: what was not reported by the end is
	 * gone. Without an end (the read failed) the next begin starts over. */
	void (*resync_begin)(void *user);
	void (*resync_end)(void *user);
	/* Everything that was waiting has been reported: act on it now. */
	void (*batch_end)(void *user);
};

struct netlink_stats {
	uint64_t messages;	/* link and address messages, dumps included */
	uint64_t overruns;	/* times that the kernel lost messages */
	uint64_t resyncs;	/* full reads, including the one at the start */
	uint64_t repeats;	/* full reads that a change interrupted (NLM_F_DUMP_INTR) */
	uint64_t unparsed;	/* messages that libnl refused */
};

struct netlink;

/* Subscribes to the kernel's messages in this network namespace, then reads the
 * whole state: ops (borrowed until the close) are called before it returns.
 * rcvbuf is NETLINK_RCVBUF; tests take less. priv, borrowed, makes the socket
 * for later dumps; NULL: it is made here. 0 and *out, or -errno. */
struct priv;
int netlink_open(struct netlink **out, const struct netlink_ops *ops, void *user,
    int rcvbuf, struct priv *priv);
/* Returns NULL. */
struct netlink *netlink_close(struct netlink *nl);

/* For the event loop: one of these is readable when netlink_read() should be
 * called. Owned by nl. */
enum netlink_fd { NETLINK_NEWS, NETLINK_ROUTES, NETLINK_FDS };
int netlink_fd(const struct netlink *nl, enum netlink_fd which);
/* Reports what is waiting, up to a bound after which packets should have their
 * turn, with a resync if one is due. 0, or -errno: then the receiver may have
 * missed something. The next call tries again; since it may not come soon, the
 * caller sets a timer for netlink_resync(). */
int netlink_read(struct netlink *nl);
/* A full read now, as after lost messages. 0, or -errno as above. */
int netlink_resync(struct netlink *nl);
/* Borrowed from nl. */
const struct netlink_stats *netlink_stats(const struct netlink *nl);

#endif
