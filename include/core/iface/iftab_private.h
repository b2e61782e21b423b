/* SPDX-License-Identifier: ISC
 *
 * iftab_private - what iftab.c and iftab_commit.c share.
 */
#ifndef CORE_IFACE_IFTAB_PRIVATE_H
#define CORE_IFACE_IFTAB_PRIVATE_H

#include <sys/queue.h>

#include "core/iface/iftab.h"
#include "core/iface/uses.h"

/* The kernel's limit for stacked devices (MAX_NEST_DEV). It also ends a walk
 * along a cycle, should events describe one. */
#define NEST_MAX 8

/* How interfaces are tied: a port to its master, a macvlan to the one below. */
enum tie_kind { TO_MASTER, TO_LOWER, TIES };

struct tie {
	struct entry *to;		/* NULL: none */
	LIST_HEAD(, entry) from;	/* entries that are tied to this one */
	LIST_ENTRY(entry) next;		/* among those tied to the same one */
};

struct entry {
	struct iface f;		/* must be first: an iface is an entry */
	bool known;		/* a link event has come */
	bool gone;		/* deleted; the next commit frees it */
	bool dirty;		/* on the list for the next commit */
	bool renamed;		/* own must be looked up again */
	/* Its giaddrs, link-address and Interface-Id that are in `uses`. */
	struct used {
		struct ip6 key;
		enum use why;
	} used[IFACE_GIADDRS_MAX + 2];
	uint8_t n_used;
	struct ip6 id_key;	/* of the Interface-Id; zeros: none */
	const struct conf_if *own;	/* the [interface] for its name */
	STAILQ_ENTRY(entry) next_dirty;

	struct tie tie[TIES];

	/* The full read in progress has reported ... */
	bool seen;		/* ... the link */
	uint32_t n_seen;	/* ... and this many addresses */

	/* What was reported last. Neither family told: it did not serve. */
	bool told[FAMILIES];
	bool told_standby[FAMILIES];
	char told_name[IFTAB_NAME_MAX];
	uint8_t n_told;
	struct ip4 told_giaddr[IFACE_GIADDRS_MAX];
	struct ip6 told_local, told_link, told_id_key;
};

/* A row of the index: its key is beside the pointer, for the search. */
struct slot {
	uint32_t ifindex;
	struct entry *e;
};

STAILQ_HEAD(dirty_list, entry);

struct iftab {
	struct slot *index;		/* sorted by ifindex */
	size_t n, room;			/* rows in use, and allocated */
	size_t n_known;
	struct uses uses;		/* addresses and Interface-Ids */
	struct dirty_list dirty;
	bool resync;
	bool again;			/* memory was short: recompute everything */
	const struct conf *conf;	/* of the last commit; only compared */
};

/* Marks the entry and the macvlans on it for the next commit. */
void iftab_mark(struct iftab *t, struct entry *e);
void iftab_entry_free(struct entry *e);

#endif
