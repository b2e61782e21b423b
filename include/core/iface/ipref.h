/* SPDX-License-Identifier: ISC
 *
 * ipref - why an IPv4 address concerns this relay, counted.
 *
 * The index behind iftab_is_ours(), iftab_is_local() and iftab_by_giaddr(). An
 * address has a row as long as one of its counts is not 0.
 */
#ifndef CORE_IPREF_H
#define CORE_IPREF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/iface/growmap.h"

struct ipref {
	struct ip4 addr;	/* the key, first */
	uint32_t local;		/* interfaces on which the kernel has it */
	uint32_t fixed;		/* [interface] sections with giaddr = it */
	uint32_t n_ready;	/* ready interfaces whose giaddr it is */
	uint32_t ready_xor;	/* their ifindexes, XORed: of one, the ifindex */
};

struct ipref_map {
	struct growmap m;
};

void ipref_init(struct ipref_map *r, struct hash_key secret);
void ipref_fini(struct ipref_map *r);

/* NULL: the address does not concern us. Valid until the next call that is
 * not ipref_find(). */
const struct ipref *ipref_find(const struct ipref_map *r, struct ip4 a);

/* One more of each; false when memory is short, and nothing has changed. */
bool ipref_add_local(struct ipref_map *r, struct ip4 a);
bool ipref_add_fixed(struct ipref_map *r, struct ip4 a);
bool ipref_add_ready(struct ipref_map *r, struct ip4 a, uint32_t ifindex);
/* One less of what was added. */
void ipref_del_local(struct ipref_map *r, struct ip4 a);
void ipref_del_ready(struct ipref_map *r, struct ip4 a, uint32_t ifindex);
/* No address is fixed any more. O(n). */
void ipref_clear_fixed(struct ipref_map *r);

#endif
