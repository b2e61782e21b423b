/* SPDX-License-Identifier: ISC
 *
 * netlink - what the kernel says about links, IPv4 addresses, routes and rules,
 * translated into events of core/iftab.
 *
 * After netlink_open() the receiver knows everything there is, and from then
 * on it is told what changes. When the kernel had to throw messages away, the
 * whole state is read again between resync_begin and resync_end; the receiver
 * never has to ask. Which interface matters is not decided here.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include <stdint.h>

#include "base/addr.h"
#include "core/iface/iftab.h"

/* Bytes of receive buffer for link and address messages. The kernel counts 1 to
 * 2 KB for each and doubles what it is asked for: room for about a thousand, as
 * when a trunk with all its VLANs is deleted at once. */
#define NETLINK_RCVBUF (1 << 20)

/* All are called from netlink_open(), netlink_read() and netlink_resync() only,
 * and none may be NULL. */
struct netlink_ops {
	/* New, changed or the same again. Not 0: the receiver is behind now,
	 * and the next netlink_read() begins with a resync. */
	int (*link)(void *user, const struct iftab_link *l);
	int (*addr)(void *user, uint32_t ifindex, const struct iftab_addr *a);
	void (*link_gone)(void *user, uint32_t ifindex);
	void (*addr_gone)(void *user, uint32_t ifindex, struct ip4net net);
	/* IPv4 routes or rules changed, or may have; once a batch. */
	void (*route_changed)(void *user);
	/* Everything is read anew: what was not told again at the end is gone.
	 * Without an end (the read failed) the next begin starts over. */
	void (*resync_begin)(void *user);
	void (*resync_end)(void *user);
	/* All that was waiting has been told: now is the time to act on it. */
	void (*batch_end)(void *user);
};

struct netlink_stats {
	uint64_t messages;	/* link and address messages, dumps included */
	uint64_t overruns;	/* times that the kernel lost messages for us */
	uint64_t resyncs;	/* full reads, the one at the start included */
	uint64_t repeats;	/* full reads that came to nothing, as something
				 * changed meanwhile (NLM_F_DUMP_INTR) */
	uint64_t unparsed;	/* messages that libnl refused */
};

struct netlink;

/*
 * Subscribes to the kernel's messages in this network namespace, then reads the
 * whole state: ops (borrowed until the close) are called with user before it
 * returns. rcvbuf is NETLINK_RCVBUF; tests take less. priv, borrowed, makes a socket that is needed
 * later; NULL: it is made here. 0 and *out, or -errno.
 */
struct priv;
int netlink_open(struct netlink **out, const struct netlink_ops *ops, void *user,
    int rcvbuf, struct priv *priv);
/* Returns NULL. */
struct netlink *netlink_close(struct netlink *nl);

/* For the event loop: one of these is readable when netlink_read() has something to
 * do. Owned by nl. */
enum netlink_fd { NETLINK_NEWS, NETLINK_ROUTES, NETLINK_FDS };
int netlink_fd(const struct netlink *nl, enum netlink_fd which);
/*
 * Tells all that is waiting, up to a bound after which packets should have their
 * turn, with a resync if one is due. 0, or -errno: then the receiver may be
 * behind. The next call tries again, and as nothing promises that there is one
 * soon, the caller sets a timer for netlink_resync().
 */
int netlink_read(struct netlink *nl);
/* A full read now, as after lost messages. 0, or -errno as above. */
int netlink_resync(struct netlink *nl);
/* Borrowed from nl. */
const struct netlink_stats *netlink_stats(const struct netlink *nl);

#endif
