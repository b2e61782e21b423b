/* SPDX-License-Identifier: ISC
 *
 * hedge - questions that wait for an offer: the stored message, and the moment at
 * which it goes to the next server.
 *
 * A bounded pool of slots, ordered by their moment. A slot belongs to one class
 * of one conversation; that one is found again by its key, so a
 * conversation that was evicted leaves nothing dangling. A full pool arms nothing
 * more (counted by the caller): hedging is a help, the client's own retry remains.
 */
#ifndef CORE_HEDGE_H
#define CORE_HEDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/relay4/clients.h"

/* A DISCOVER that fits into an Ethernet frame; longer ones are not hedged. */
#define HEDGE_MSG_MAX	1472

struct hedge_slot {
	struct conv_key key;
	enum conv_class class;
	struct mono due;
	uint32_t self;		/* what conv.hedge holds, 1.. */
	uint32_t ifindex;
	struct ip4 src, dst;
	uint16_t sport;
	bool unicast;
	uint8_t mac_len, mac[8];
	uint16_t len;
	uint8_t msg[HEDGE_MSG_MAX];
};

struct hedges;

/* NULL when memory is short. Pages are touched only when slots are used. */
struct hedges *hedges_new(uint32_t capacity);
struct hedges *hedges_free(struct hedges *h);

/* An empty slot with this moment, to be filled by the caller; NULL when all are taken. */
struct hedge_slot *hedges_take(struct hedges *h, struct mono due);
/* The slot with this number, NULL when it is not in use. */
struct hedge_slot *hedges_get(struct hedges *h, uint32_t self);
void hedges_move(struct hedges *h, struct hedge_slot *s, struct mono due);
void hedges_drop(struct hedges *h, struct hedge_slot *s);
/* The slot whose moment comes first, NULL when there is none. */
struct hedge_slot *hedges_first(struct hedges *h);
uint32_t hedges_count(const struct hedges *h);

#endif
