/* SPDX-License-Identifier: ISC
 *
 * rescue - a client holds the offer of a boot server that has died since, and asks it on port
 * 4011 by unicast, which is only routed past us. iPXE gives up after 3.75 s, EDK2 waits 10 s
 * for that server. When the tap sees no answer within the group's hedge time, or at once when
 * the server is known to be down or an ICMP error says so, another member of the group is asked
 * instead, and its answer is delivered as the one that the client waits for.
 *
 * The asked server's own answer wins: once it was seen, a rescue's is thrown away. What is
 * no DHCP (RIS), boot server discovery (43.71), and the polls of WDS (option 250) are left alone.
 *
 * Packets go in, plans come out; nothing here sends. A bounded table of open
 * questions, by the (chaddr, xid) of the client; a full one forgets the oldest.
 */
#ifndef CORE_RESCUE_H
#define CORE_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/relay4/relay4.h"
#include "proto/udpip.h"

/* Questions and answers that do not fit into an Ethernet frame are left alone. */
#define RESCUE_MSG_MAX	PENDING_MSG_MAX

enum rescue_do {
	RESCUE_NOTHING,
	RESCUE_ASK,		/* send udp by routing: its source is ours */
	RESCUE_DELIVER,		/* send udp as a frame to mac on ifindex */
};

struct rescue_plan {
	enum rescue_do what;
	struct udpip udp;	/* the payload is msg */
	uint32_t ifindex;	/* the client's VLAN */
	uint8_t mac_len;
	uint8_t mac[8];		/* the client's link address */
	uint16_t live;		/* DELIVER: who answered, CONF_NONE: an address that is no server's */
	struct ip4 asked, from;	/* DELIVER: the client's choice, and who answered */
	bool again;		/* DELIVER: the client has repeated its question */
	uint8_t msg[RESCUE_MSG_MAX];
};

struct rescues;

/* NULL when memory is short. Pages are touched only when questions wait. */
struct rescues *rescues_new(uint32_t capacity, struct hash_key secret);
struct rescues *rescues_free(struct rescues *t);	/* returns NULL */
/* Open questions, answered ones included for a while. */
size_t rescues_count(const struct rescues *t);

/* A UDP packet that is routed past us, to or from port 4011: rx as received, and its
 * destination port. *plan says what is to be done at once. */
void rescue_tap(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    uint16_t dport, struct mono now, struct rescue_plan *plan);

/* ICMP says that a question to port 4011 did not arrive: rx is the question, as far as it is
 * quoted, and by which interface the error came. Its server is not waited for any longer. */
void rescue_unreachable(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan);

/* A datagram to our port 67. true: it answers a question of ours; done with it, and *plan says
 * what is to be done. false: it is somebody else's, and nothing was counted. */
bool rescue_answer(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan);

/* The answer that was to be delivered could not be sent: it counts as dropped after all. */
void rescue_lost(struct relay4 *r, const struct rescue_plan *plan, enum drop why);

/* When is the next question due for the next server? false: none waits. rescue_next() takes
 * the one that is due first. */
bool rescue_due(const struct rescues *t, struct mono *due);
void rescue_next(struct rescues *t, struct relay4 *r, struct mono now, struct rescue_plan *plan);

#endif
