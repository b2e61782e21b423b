/* SPDX-License-Identifier: ISC
 *
 * addr_uses - why an IPv4 address concerns this relay, counted: the index behind
 * iftab_is_ours(), iftab_is_local() and iftab_by_giaddr().
 *
 * A reply names its VLAN by giaddr, and several VLANs may share one (an unnumbered giaddr
 * on the loopback interface). All that is asked is how many they are, and which one if it
 * is only one; so a count and the XOR of the ifindexes are enough, and an interface comes
 * and goes in one step however many share the address.
 */
#ifndef CORE_ADDR_USES_H
#define CORE_ADDR_USES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/iface/rows.h"

enum addr_why {
	ADDR_LOCAL,	/* the kernel has it on an interface */
	ADDR_FIXED,	/* an [interface] section names it as giaddr */
	ADDR_READY,	/* the giaddr of an interface that is ready */
	ADDR_WHYS
};

/* There is one as long as a count is not 0. */
struct addr_use {
	uint32_t addr;			/* the key */
	uint32_t n[ADDR_WHYS];
	uint32_t ready_xor;		/* the ifindexes of ADDR_READY, XORed */
};

struct addr_uses {
	struct rows rows;
};

struct addr_uses addr_uses_init(void);
void addr_uses_fini(struct addr_uses *u);

/* NULL: the address does not concern us. Valid until the next change. */
const struct addr_use *addr_uses_find(const struct addr_uses *u, struct ip4 a);
/* One more. ifindex counts for ADDR_READY only. false: out of memory, nothing changed. */
bool addr_uses_add(struct addr_uses *u, struct ip4 a, enum addr_why why, uint32_t ifindex);
/* One less of what was added. */
void addr_uses_del(struct addr_uses *u, struct ip4 a, enum addr_why why, uint32_t ifindex);
/* No address is fixed any more. */
void addr_uses_clear_fixed(struct addr_uses *u);

#endif
