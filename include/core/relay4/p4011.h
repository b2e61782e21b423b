/* SPDX-License-Identifier: ISC
 *
 * p4011 - requests to port 4011, which a machine sends to its boot server once
 * it has an address (PXE 2.1).
 *
 * Most of them are unicast and simply routed. The relay takes only those that
 * were broadcast, multicast or sent to itself, and forwards them to the boot
 * servers with the client's own address and port, so that they reply directly.
 * The payload is not changed and need not be DHCP (RIS has a protocol of its
 * own). One exception: a boot server discovery (43.71) gets a giaddr and a
 * higher hops count, because dnsmasq from 2.92 on replies by broadcast to a
 * request without giaddr. That reply comes to giaddr:67, and the conversation
 * remembers that it must leave from port 4011 (relay4_reply).
 */
#ifndef CORE_RELAY4_P4011_H
#define CORE_RELAY4_P4011_H

#include "core/relay4/relay4.h"

struct p4011_plan {
	struct relay4_plan servers;	/* servers only; m, if the payload is DHCP */
	struct ip4 src;			/* the client's own address... */
	uint16_t sport;			/* ...and port */
	bool edit;			/* a discovery: write giaddr and hops */
	struct ip4 giaddr;
	uint8_t hops;
	bool hide_errors;		/* ICMP: no boot servers are configured */
	uint8_t chaddr[16];		/* link address, if it is not DHCP */
};

/* Returns DROP_NONE and a plan, or the reason to drop. Updates the counters. */
enum drop p4011_request(struct relay *r, const struct rx *rx,
    struct mono now, struct p4011_plan *plan);

/* Counts a request as dropped after all: no copy could be sent. in:
 * plan->servers.in. */
void p4011_lost(struct relay *r, struct iface *in, enum drop why);

/* Writes the payload; size is at least rx->len. Returns its length. */
size_t p4011_render(const struct p4011_plan *plan, const struct rx *rx,
    uint8_t *out, size_t size);

#endif
