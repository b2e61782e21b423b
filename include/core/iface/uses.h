/* SPDX-License-Identifier: ISC
 *
 * uses - which addresses and Interface-Ids are in use, why, and how often.
 *
 * giaddr, link-address or Interface-Id name the VLAN of a reply, and several VLANs
 * may share one (an address of the loopback interface). The only queries are how
 * many there are, and which one if there is one, so a count and the XOR of the
 * ifindexes are enough, and adding or removing an interface takes constant time.
 */
#ifndef CORE_IFACE_USES_H
#define CORE_IFACE_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Why a key is in the table. */
enum use {
	USE_LOCAL,	/* an address of this host */
	USE_FIXED,	/* a configured giaddr */
	USE_LINK,	/* giaddr or link-address of an interface that is ready */
	USE_ID,		/* its Interface-Id */
	USES
};

struct uses {
	struct use_row **bucket;	/* owned; NULL: empty */
	size_t n, buckets;		/* a power of two, or 0 */
};

/* Zeros are an empty table. */
void uses_fini(struct uses *u);

/* The key of an IPv4 address (one of IPv6 is its own key), and of any bytes. */
struct ip6 uses_key4(struct ip4 a);
static inline struct ip6
uses_key(struct ipaddr a)
{
	return a.version == 6 ? a.v6 : uses_key4(ip_v4(a));
}
struct ip6 uses_key_bytes(const void *data, size_t len);

/* Adds a use. false: out of memory. */
bool uses_add(struct uses *u, struct ip6 key, enum use why, uint32_t ifindex);
/* Removes one that was added. */
void uses_del(struct uses *u, struct ip6 key, enum use why, uint32_t ifindex);
/* Removes all of this kind. */
void uses_clear(struct uses *u, enum use why);
/* Returns how many there are. *ifindex is that of the only USE_LINK or USE_ID, else
 * meaningless; it may be NULL. */
size_t uses_count(const struct uses *u, struct ip6 key, enum use why,
    uint32_t *ifindex);

#endif
