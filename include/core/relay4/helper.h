/* SPDX-License-Identifier: ISC
 *
 * helper - the IP helper for other UDP ports: forwards a broadcast on one VLAN
 * as unicast to servers, or as a directed broadcast to other VLANs
 * (wake-on-LAN). Only the ports named by a [helper] are forwarded.
 *
 * Loops: the TTL is decremented as in any forwarding, a packet from one of our
 * own addresses is not forwarded, nothing returns to the VLAN it came from, and
 * a packet that returns with a lower TTL is recognized for a few seconds. A packet
 * from an address of the VLAN where it came in is compared with those of that VLAN
 * only, and each VLAN has its own rate, so that none can stop another one's packets.
 */
#ifndef CORE_RELAY4_HELPER_H
#define CORE_RELAY4_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/relay4/relay4.h"
#include "proto/udpip.h"

#define HELPER_OUT_MAX	1024	/* copies of one packet: every VLAN of a campus */

struct helper_out {
	struct ip4 dst;
	uint32_t ifindex;	/* where a directed broadcast goes out; 0: routed */
};

struct helper_plan {
	struct ip4 src;
	uint8_t ttl;
	unsigned n;
	unsigned n_cut;		/* copies beyond HELPER_OUT_MAX, not sent */
	struct helper_out out[HELPER_OUT_MAX];
};

struct helpers;

struct helpers *helpers_new(struct hash_key secret);	/* NULL: no memory */
struct helpers *helpers_free(struct helpers *h);

/* Judges a packet that was broadcast on ifindex, by the first [helper] with its
 * port and interface. Returns DROP_NONE and a plan, or the reason to drop.
 * Updates the counters. */
enum drop helper_packet(struct helpers *h, const struct relay *r,
    const struct udpip *u, uint32_t ifindex, struct mono now,
    struct helper_plan *plan);

#endif
