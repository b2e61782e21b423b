/* SPDX-License-Identifier: ISC
 *
 * rescue - a client holds the offer of a boot server that has died since, and sends its request
 * to that server's port 4011 by unicast, which we only route. iPXE gives up after 3.75 s, EDK2
 * waits 10 s. When no reply passes within the group's hedge time, or at once when the server is
 * known to be down or an ICMP error says so, another member of the group is queried, and its
 * reply is delivered as the one that the client expects.
 *
 * The client's own server wins: once its reply was seen, a rescue's is discarded. Messages that
 * are not DHCP (RIS), boot server discovery (43.71) and the polls of WDS (option 250) are left
 * alone.
 *
 * Packets go in, plans come out; nothing here sends. A bounded table holds the open requests by
 * the client's (chaddr, xid); when it is full, the oldest is forgotten.
 */
#ifndef CORE_RESCUE_H
#define CORE_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/relay4/relay4.h"
#include "proto/udpip.h"

/* Messages that do not fit into an Ethernet frame are left alone. */
#define RESCUE_MSG_MAX	PENDING_MSG_MAX

enum rescue_do {
	RESCUE_NOTHING,
	RESCUE_ASK,		/* send udp by routing: its source is ours */
	RESCUE_DELIVER,		/* send udp as a frame to mac on ifindex */
};

struct rescue_plan {
	enum rescue_do what;
	struct udpip udp;	/* the payload is msg */
	/* The rest: DELIVER only. */
	uint32_t ifindex;	/* the client's VLAN */
	uint8_t mac_len;
	uint8_t mac[8];		/* the client's link address */
	uint16_t live;		/* the server that replied, CONF_NONE: not a configured address */
	struct ip4 asked, from;	/* the client's server, and the one that replied */
	bool again;		/* the client repeated its request */
	uint8_t msg[RESCUE_MSG_MAX];
};

struct rescues;

/* NULL when memory is short. Pages are touched only when slots are used. */
struct rescues *rescues_new(uint32_t capacity, struct hash_key secret);
struct rescues *rescues_free(struct rescues *t);	/* returns NULL */
/* Open requests; answered ones are included for a while. */
size_t rescues_count(const struct rescues *t);

/* A UDP packet, to or from port 4011, that is routed through this machine: rx as received, and
 * its destination port. *plan says what to do at once. */
void rescue_tap(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    uint16_t dport, struct mono now, struct rescue_plan *plan);

/* An ICMP error for a request to port 4011: rx is the request, as far as it is quoted, and the
 * interface that the error came in by. Its server gets no more time. */
void rescue_unreachable(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan);

/* A datagram to our port 67. true: it replies to a query of ours and is consumed; *plan says
 * what to do. false: it is not ours, and nothing was counted. */
bool rescue_answer(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan);

/* The planned delivery could not be sent: it counts as dropped after all. */
void rescue_lost(struct relay4 *r, const struct rescue_plan *plan, enum drop why);

/* When rescue_next() is due, which takes the request that is due first; false: never. */
bool rescue_due(const struct rescues *t, struct mono *due);
void rescue_next(struct rescues *t, struct relay4 *r, struct mono now, struct rescue_plan *plan);

#endif
