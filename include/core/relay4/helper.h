/* SPDX-License-Identifier: ISC
 *
 * helper - the IP helper for other UDP ports: a broadcast on one VLAN goes as unicast to servers,
 * or as a directed broadcast to other VLANs (wake-on-LAN). Only ports that a [helper] names.
 *
 * Loops: the TTL is decremented as in any forwarding, a packet from one of our own addresses is
 * not helped, nothing goes back to the VLAN it came from, and a packet that returns with a lower
 * TTL is recognized for a few seconds.
 */
#ifndef CORE_HELPER_H
#define CORE_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "core/relay4/relay4.h"
#include "proto/udpip.h"

#define HELPER_OUT_MAX	1024	/* copies of one packet: a campus of VLANs, all at once */

struct helper_out {
	struct ip4 dst;
	uint32_t ifindex;	/* where a broadcast goes out; 0: routed */
};

struct helper_plan {
	struct ip4 src;
	uint8_t ttl;
	unsigned n;
	unsigned n_cut;		/* copies beyond HELPER_OUT_MAX, which are not sent */
	struct helper_out out[HELPER_OUT_MAX];
};

struct helpers;

struct helpers *helpers_new(struct hash_key secret);	/* NULL: no memory */
struct helpers *helpers_free(struct helpers *h);
/* Another configuration: a [helper] that keeps its name keeps what it has used of its rate. */
void helpers_configure(struct helpers *h, const struct conf *old, const struct conf *next);

/* Is this UDP port helped at all? */
bool helper_has_port(const struct conf *c, uint16_t port);

/* u was broadcast on ifindex. The first [helper] that has the port and the interface decides.
 * Counts. */
enum drop helper_packet(struct helpers *h, const struct relay4 *r, const struct udpip *u,
    uint32_t ifindex, struct mono now, struct helper_plan *plan);

#endif
