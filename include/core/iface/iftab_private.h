/* SPDX-License-Identifier: ISC
 *
 * iftab_private - what iftab.c and iftab_commit.c share.
 */
#ifndef CORE_IFACE_IFTAB_PRIVATE_H
#define CORE_IFACE_IFTAB_PRIVATE_H

#include <sys/queue.h>

#include "core/iface/iftab.h"
#include "core/iface/rows.h"

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
	bool indexed;		/* f.giaddr is in addrs */
	const struct conf_if *own;	/* the [interface] for its name */
	STAILQ_ENTRY(entry) next_dirty;

	struct tie tie[TIES];

	/* The full read in progress has reported ... */
	bool seen;		/* ... the link */
	uint32_t n_seen;	/* ... and this many addresses */

	/* What was reported last. */
	bool told;
	bool told_standby;
	char told_name[IFTAB_NAME_MAX];
	uint8_t n_told;
	struct ip4 told_giaddr[IFACE_GIADDRS_MAX];
};

/* A row of the index. */
struct slot {
	uint32_t ifindex;
	struct entry *e;
};

/* Why an address is in addrs. */
enum addr_why {
	ADDR_LOCAL,	/* an address of this host */
	ADDR_FIXED,	/* a configured giaddr */
	ADDR_READY,	/* a giaddr of a ready interface */
	ADDR_WHYS
};

/* A row of addrs, kept while a count is not 0. giaddr names the VLAN of a
 * reply, and several VLANs may share one (an address of the loopback
 * interface). The only queries are how many there are, and which one if there
 * is one, so a count and the XOR of the ifindexes are enough, and adding or
 * removing an interface takes constant time. */
struct addr_use {
	uint32_t addr;			/* the key */
	uint32_t n[ADDR_WHYS];
	uint32_t ready_xor;		/* XOR of the ifindexes of ADDR_READY */
};

STAILQ_HEAD(dirty_list, entry);

struct iftab {
	struct rows index;		/* struct slot */
	size_t n_known;
	struct rows addrs;		/* struct addr_use */
	struct dirty_list dirty;
	bool resync;
	bool again;			/* memory was short: recompute everything */
	const struct conf *conf;	/* of the last commit; only compared */
};

/* Marks the entry and the macvlans on it for the next commit. */
void iftab_mark(struct iftab *t, struct entry *e);
void iftab_entry_free(struct entry *e);
/* Adds a use of an address (ifindex: ADDR_READY only). false: out of memory. */
bool iftab_addr_add(struct iftab *t, struct ip4 a, enum addr_why why,
    uint32_t ifindex);
void iftab_addr_del(struct iftab *t, struct ip4 a, enum addr_why why,
    uint32_t ifindex);
void iftab_addr_clear_fixed(struct iftab *t);

#endif
