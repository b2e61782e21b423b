/* SPDX-License-Identifier: ISC
 *
 * p4011 - port 4011, where a machine queries its boot server once it has an address (PXE 2.1).
 *
 * Normally it does so by unicast, which is plain routing. The relay takes only what was
 * broadcast, multicast or sent to itself, and forwards it to the boot servers with the client's
 * own address and port, so that they reply directly. The payload is not changed and need not be
 * DHCP (RIS has a protocol of its own). One exception: boot server discovery (43.71) gets giaddr
 * and hops, since dnsmasq from 2.92 on replies to a request without giaddr by broadcast; the
 * reply then comes to giaddr:67, and the conversation remembers that it must leave from port 4011
 * (relay4_reply).
 */
#ifndef CORE_P4011_H
#define CORE_P4011_H

#include "core/relay4/relay4.h"

struct p4011_plan {
	struct relay4_plan servers;	/* server, n_server; m when dhcp */
	struct ip4 src;			/* the client's own address... */
	uint16_t sport;			/* ...and port */
	bool edit;			/* giaddr and hops are set: discovery */
	struct ip4 giaddr;
	uint8_t hops;
	uint8_t chaddr[16];		/* in place of the message's when it is not DHCP */
};

/* DROP_NONE and a plan, or the reason to drop. Counts. */
enum drop p4011_request(struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct p4011_plan *plan);

/* No copy could be sent: it counts as dropped after all. in: plan->servers.in. */
void p4011_lost(struct relay4 *r, struct iface *in, enum drop why);

/* Writes the payload; size is at least rx->len. Returns its length. */
size_t p4011_render(const struct p4011_plan *plan, const struct relay4_rx *rx,
    uint8_t *out, size_t size);

/* Does an interface need the discovery group and port 4011, that is, could any of its clients be
 * sent to a boot server? */
bool p4011_wanted(const struct conf *c, const struct iface *f);

#endif
