/* SPDX-License-Identifier: ISC
 *
 * pending - a bounded pool of stored messages, ordered by due time: queries to
 * be sent to the next server (ask), and requests to port 4011 or the replies to
 * them (rescue).
 *
 * A slot belongs to one class of one conversation and refers to it by its key,
 * so an evicted conversation leaves nothing dangling. A message that finds no slot
 * is not stored, and the caller counts that: the client will retransmit.
 *
 * An interface may have as many slots as are free, and no more: one alone gets half of
 * them, and nine a tenth each. So there is always room for the others.
 */
#ifndef CORE_SERVER_PENDING_H
#define CORE_SERVER_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/rx.h"

/* What fits into an Ethernet frame; longer messages are not stored. */
#define PENDING_MSG_MAX	1472

/* What names a conversation or a station (core/server/clients); compared as bytes. */
struct client_key {
	uint32_t id;		/* xid, in DHCPv6 below the type; of a station: 0 */
	uint32_t len;		/* of `client` */
	uint32_t relay;		/* DHCPv4: giaddr of another relay's message; else 0 */
	uint8_t client[16];	/* chaddr, then zeros; the peer-address */
	uint32_t ifindex;	/* the last member: see hash_share() */
};

struct pending {
	struct client_key key;
	enum conf_class class;
	struct mono due;
	uint32_t self;		/* its number, from 1: what ask.hedge holds */
	struct rx rx;		/* data is msg; without the IP packet */
	uint8_t msg[PENDING_MSG_MAX];
};

struct pendings;

/* NULL when memory is short. A page is touched only when one of its slots is
 * used. */
struct pendings *pendings_new(uint32_t capacity);
struct pendings *pendings_free(struct pendings *h);

/* Takes a slot that is due then, for the caller to fill in with a message of this
 * interface; NULL when it has its share. */
struct pending *pendings_take(struct pendings *h, uint32_t ifindex, struct mono due);
/* Stores a message and its origin; rx->len is at most PENDING_MSG_MAX. */
void pending_store(struct pending *s, const struct client_key *key, enum conf_class class,
    const struct rx *rx);
/* The slot with this number; NULL when it is not in use. */
struct pending *pendings_get(struct pendings *h, uint32_t self);
void pendings_move(struct pendings *h, struct pending *s, struct mono due);
void pendings_drop(struct pendings *h, struct pending *s);
/* The slot that is due first; NULL when none is in use. */
struct pending *pendings_first(struct pendings *h);
/* Sets *due to when that is; false when no slot is in use. */
bool pendings_due(const struct pendings *h, struct mono *due);
uint32_t pendings_count(const struct pendings *h);

#endif
