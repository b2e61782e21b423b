/* SPDX-License-Identifier: ISC
 *
 * iftab_private - the inside of the interface table, for iftab.c (what the kernel said)
 * and iftab_commit.c (what follows from it).
 */
#ifndef CORE_IFTAB_PRIVATE_H
#define CORE_IFTAB_PRIVATE_H

#include <sys/queue.h>

#include "core/iface/iftab.h"
#include "core/iface/rows.h"

/* The kernel stacks devices no deeper than 8 (MAX_NEST_DEV). The limit also ends a walk
 * along a cycle, should events describe one. */
#define NEST_MAX 8

/* How interfaces belong together: a port to its master, a macvlan to its lower one. */
enum tie_kind { TO_MASTER, TO_LOWER, TIES };

struct tie {
	struct entry *to;		/* NULL: none */
	LIST_HEAD(, entry) from;	/* the entries that are tied to this one */
	LIST_ENTRY(entry) next;		/* of those tied to the same one */
};

struct entry {
	struct iface f;		/* first: the iface pointers we hand out are entries */
	bool known;		/* there was a link event */
	bool gone;		/* deleted; the next commit frees it */
	bool dirty;		/* on the list for the next commit */
	bool renamed;		/* own is out of date */
	bool indexed;		/* f.giaddr are in addrs */
	const struct conf_if *own;	/* the [interface] for its name */
	STAILQ_ENTRY(entry) next_dirty;

	struct tie tie[TIES];

	/* The full read in progress. */
	bool seen;		/* it has reported the link */
	uint32_t n_seen;	/* ... and so many addresses */

	/* What the call-back was told last. */
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

/* Why an address concerns this relay. */
enum addr_why {
	ADDR_LOCAL,	/* the kernel has it on an interface */
	ADDR_FIXED,	/* an [interface] section names it as giaddr */
	ADDR_READY,	/* the giaddr of an interface that is ready */
	ADDR_WHYS
};

/* A row of addrs, kept while a count is not 0. A reply names its VLAN by giaddr, and several
 * VLANs may share one (an unnumbered giaddr on the loopback interface). All that is asked is
 * how many they are, and which one if it is only one; so a count and the XOR of the
 * ifindexes are enough, and an interface comes and goes in one step however many share it. */
struct addr_use {
	uint32_t addr;			/* the key */
	uint32_t n[ADDR_WHYS];
	uint32_t ready_xor;		/* the ifindexes of ADDR_READY, XORed */
};

STAILQ_HEAD(dirty_list, entry);

struct iftab {
	struct rows index;		/* struct slot */
	size_t n_known;
	struct rows addrs;		/* struct addr_use */
	struct dirty_list dirty;
	bool resync;
	bool again;			/* out of memory: recompute everything */
	const struct conf *conf;	/* of the last commit, compared only */
};

/* Has the next commit recompute the entry and the macvlans on it. */
void iftab_mark(struct iftab *t, struct entry *e);
void iftab_entry_free(struct entry *e);
/* Counts one more use of an address; ifindex with ADDR_READY only. false: out of memory. */
bool iftab_addr_add(struct iftab *t, struct ip4 a, enum addr_why why, uint32_t ifindex);
/* One less of what was added. */
void iftab_addr_del(struct iftab *t, struct ip4 a, enum addr_why why, uint32_t ifindex);
/* No address is fixed any more. */
void iftab_addr_clear_fixed(struct iftab *t);

#endif
