/* SPDX-License-Identifier: ISC
 *
 * p4011 - port 4011: what a machine asks its boot server after it has an
 * address (PXE 2.1).
 *
 * Normally it asks by unicast, and that is plain routing: nothing here. The relay
 * takes only what was broadcast, multicast, or sent to itself, and sends it to the
 * boot servers with the client's own address and port, so that they answer it
 * directly. The payload is not touched and need not be DHCP (RIS speaks its own
 * language on this port). One exception: boot server discovery (43.71) gets giaddr and
 * hops, since dnsmasq from 2.92 on answers a request without giaddr by broadcast; the
 * answer then comes to giaddr:67, and the conversation remembers that it must
 * leave from port 4011 (core/relay4_reply).
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
	uint8_t chaddr[16];		/* stands in for the message's when it is no DHCP */
};

/* DROP_NONE and a plan, or why not. Counts. */
enum drop p4011_request(struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct p4011_plan *plan);

/* No copy of it could be sent: it counts as dropped after all. in: plan->servers.in. */
void p4011_lost(struct relay4 *r, struct iface *in, enum drop why);

/* The payload to send: a copy of the received one, edited when the plan says so.
 * size at least rx->len. Returns the length. */
size_t p4011_render(const struct p4011_plan *plan, const struct relay4_rx *rx,
    uint8_t *out, size_t size);

/* Does an interface need the discovery group and port 4011: could any message of
 * its clients go to a boot server? */
bool p4011_wanted(const struct conf *c, const struct iface *f);

#endif
