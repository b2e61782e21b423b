/* SPDX-License-Identifier: ISC
 *
 * rescue - completes the boot of a client whose boot server died after its
 * offer. Such a client sends its request to that server's port 4011 by unicast,
 * which we only route; iPXE gives up after 3.75 s, EDK2 after 10 s. If no reply
 * passes within the group's hedge time (at once if the server is known to be
 * down or an ICMP error says so), another member of the group is queried, and
 * its answer is delivered as the reply that the client expects.
 *
 * The client's own server wins: once its reply was seen, an answer to our query
 * is discarded. Messages that are not DHCP (RIS), boot server discovery (43.71)
 * and the polls of WDS (option 250) are left alone.
 *
 * Packets go in, plans come out; nothing here sends. A bounded table holds the
 * open requests by the client's (chaddr, xid) and interface. A request takes a place
 * within the client's rates; when the table is full, the oldest of the interface with
 * most gives way.
 */
#ifndef CORE_RELAY4_RESCUE_H
#define CORE_RELAY4_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/relay4/relay4.h"
#include "proto/udpip.h"

enum rescue_do {
	RESCUE_NOTHING,
	RESCUE_QUERY,		/* send udp, from an address of ours, by routing */
	RESCUE_DELIVER,		/* send udp as a frame to mac on ifindex */
};

struct rescue_plan {
	enum rescue_do what;
	struct udpip udp;	/* the payload is msg */
	/* The rest: DELIVER only. */
	uint32_t ifindex;	/* the client's VLAN */
	uint8_t mac_len;
	uint8_t mac[8];		/* the client's link address */
	uint16_t live;		/* the server that answered, or CONF_NONE */
	struct ip4 asked, from;	/* the client's server, and the one that answered */
	bool again;		/* the client repeated its request */
	uint8_t msg[PENDING_MSG_MAX];
};

struct rescues;

/* NULL when memory is short. A page is touched only when one of its slots is
 * used. */
struct rescues *rescues_new(uint32_t capacity, struct hash_key secret);
struct rescues *rescues_free(struct rescues *t);	/* returns NULL */
/* The number of open requests, including those answered a short while ago. */
size_t rescues_count(const struct rescues *t);

/* Looks at a UDP packet to or from port 4011 that is routed through this
 * machine. *plan says what to do at once. */
void rescue_tap(struct rescues *t, struct relay *r, const struct rx *rx,
    uint16_t dport, struct mono now, struct rescue_plan *plan);

/* Handles an ICMP error about a request to port 4011, whose server gets no more
 * time. rx is the request, as far as the error quotes it, and the interface
 * that the error arrived on. */
void rescue_unreachable(struct rescues *t, struct relay *r,
    const struct rx *rx, struct mono now, struct rescue_plan *plan);

/* Offers a datagram to our port 67. True: it answers a query of ours and is
 * consumed, and *plan says what to do. False: it does not, and nothing was
 * counted. */
bool rescue_answer(struct rescues *t, struct relay *r, const struct rx *rx,
    struct mono now, struct rescue_plan *plan);

/* Counts a delivery as dropped after all: it could not be sent. */
void rescue_lost(struct relay *r, const struct rescue_plan *plan, enum drop why);

/* Sets *due to when rescue_next() must be called, which handles the request
 * that is due first; false: there is none. */
bool rescue_due(const struct rescues *t, struct mono *due);
void rescue_next(struct rescues *t, struct relay *r, struct mono now,
    struct rescue_plan *plan);

#endif
