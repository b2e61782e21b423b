/* SPDX-License-Identifier: ISC
 *
 * clients6 - what the DHCPv6 relay remembers, in two bounded tables:
 * conversations by (interface, peer-address, xid, message type), and stations
 * by (interface, peer-address).
 *
 * The message type is part of the key, because iPXE, U-Boot and GRUB use one
 * xid for SOLICIT and REQUEST. A station records the link address that its
 * replies are sent to, and its rate limit. Delivery does not depend on either:
 * Interface-Id and link-address name the link. A full table evicts its oldest
 * entry.
 */
#ifndef CORE_RELAY6_CLIENTS6_H
#define CORE_RELAY6_CLIENTS6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/ip6.h"
#include "base/mono.h"
#include "core/iface/limit.h"
#include "core/server/ask.h"

/* Retries of one conversation: EDK2's longest gap is 17 s. */
#define CLIENTS6_CONV_MS	60000
#define CLIENTS6_MAC_MS		600000

struct conv6_key {
	uint32_t ifindex;
	uint32_t id;		/* xid, and the message type in the upper byte */
	struct ip6 peer;	/* of the client, also if it is behind other relays */
};

struct conv6 {
	struct conv6_key key;
	struct mono last;	/* last request */
	uint32_t conf_gen;	/* the configuration that rule and group index */
	uint16_t rule;		/* that matched the client, CONF_NONE: none */
	uint16_t group[CONF_CLASSES];	/* that were queried; CONF_NONE: none */
	uint8_t tries;		/* requests since a reply */
	struct ask ask;
};

struct station6_key {
	uint32_t ifindex;
	struct ip6 peer;
};

struct station6 {
	struct station6_key key;
	struct limit limit;
	struct mono last;	/* last request */
	uint32_t id;		/* of that request's conversation */
	uint16_t hwtype;	/* ARPHRD_* */
	uint8_t mac_len;	/* link source of that request; 0: unknown */
	uint8_t mac[8];
};

struct clients6;

/* `evicted` is called for each evicted conversation; it may be NULL. */
struct clients6 *clients6_new(size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user);
struct clients6 *clients6_free(struct clients6 *c);	/* returns NULL */
/* Copies `from` into c, which is empty; if c is smaller, only the youngest
 * entries. */
void clients6_take(struct clients6 *c, const struct clients6 *from);

static inline uint32_t
clients6_id(uint8_t type, uint32_t xid)
{
	return (uint32_t)type << 24 | xid;
}

/* Returns the conversation with this key, never NULL. If it is unknown or older
 * than CLIENTS6_CONV_MS, it is created anew, zeroed but for `rule` and `group`. */
struct conv6 *clients6_get(struct clients6 *c, struct conv6_key key, struct mono now);
/* NULL if there is none or it is too old. */
struct conv6 *clients6_find(struct clients6 *c, struct conv6_key key, struct mono now);
struct station6 *clients6_station(struct clients6 *c, uint32_t ifindex, struct ip6 peer);
/* NULL if it has not been heard for CLIENTS6_MAC_MS. */
struct station6 *clients6_find_station(struct clients6 *c, uint32_t ifindex,
    struct ip6 peer, struct mono now);
/* Hint: a message of this station is next. */
void clients6_expect(struct clients6 *c, uint32_t ifindex, struct ip6 peer, uint32_t id);
size_t clients6_count(const struct clients6 *c);

#endif
