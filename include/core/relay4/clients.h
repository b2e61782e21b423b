/* SPDX-License-Identifier: ISC
 *
 * clients - what the relay remembers about clients, in two bounded tables:
 * conversations by (chaddr, xid), and stations by (interface, chaddr).
 *
 * A conversation records where a request came from, its flags, the rule and the
 * servers chosen for it, and its retries. A station records the client's rate
 * limit and which of the interface's addresses worked for it. Delivery does not
 * depend on them: after a restart, an eviction or a VRRP takeover, a reply with
 * a valid giaddr is delivered all the same, unless several interfaces share the
 * giaddr. A full table evicts its oldest entry.
 */
#ifndef CORE_RELAY4_CLIENTS_H
#define CORE_RELAY4_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/mono.h"
#include "core/iface/limit.h"
#include "core/server/ask.h"
#include "proto/dhcp4.h"

/* Retries of one conversation come within a minute (EDK2: 28 s, dhclient: 60 s). */
#define CLIENTS_CONV_MS		120000

struct conv_key {
	uint32_t xid;
	uint8_t hlen;
	uint8_t chaddr[16];	/* hlen bytes, then zeros */
	uint8_t pad[3];		/* 0: keys are compared as bytes */
};
_Static_assert(sizeof(struct conv_key) == PENDING_KEY, "stored with messages");

struct conv {
	struct conv_key key;
	struct mono last;	/* last request */
	uint32_t ifindex;	/* where it came from */
	uint32_t conf_gen;	/* the configuration that `rule` indexes */
	struct ip4 ciaddr;	/* of the last request */
	struct ip4 giaddr;	/* another relay's, of the last request */
	struct ip4 p4011_src;	/* the last request came by port 4011 from here... */
	uint16_t p4011_sport;	/* ...and this port; 0: it came by port 67 */
	uint16_t rule;		/* that matches the client, CONF_NONE: none */
	uint8_t hops;		/* of the message with this giaddr when first seen */
	uint8_t tries;		/* requests since a reply (not a proxy offer) */
	struct ask ask;		/* answered by an offer, or an ACK: see ack_is_boot */
	uint8_t gi;		/* giaddr = rotate: index of the address in use */
	uint8_t mac_len;
	uint8_t mac[8];		/* link source of the last request */
	bool broadcast;		/* its B flag */
	bool ack_is_boot;	/* boot servers got no DISCOVER: an ACK answers */
	bool chosen;		/* `rule` is set, for the interface chosen_on */
	uint32_t chosen_on;
	bool http;		/* option 60 was HTTPClient */
};

struct station_key {
	uint32_t ifindex;
	uint8_t hlen;
	uint8_t chaddr[16];
	uint8_t pad[3];
};

struct station {
	struct station_key key;
	struct limit limit;
	uint8_t gi;	/* giaddr = rotate: the address that last got a reply */
	struct ip4 boot;	/* the boot server that replied last */
};

struct clients;

/* `evicted` is called for each evicted conversation; it may be NULL. */
struct clients *clients_new(size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user);
struct clients *clients_free(struct clients *c);	/* returns NULL */
/* Copies `from` into c, which is empty; if c is smaller, only the youngest
 * entries. */
void clients_take(struct clients *c, const struct clients *from);

struct conv_key clients_key(const struct dhcp4 *m);
/* Returns the conversation of a request, never NULL. If it is unknown or older
 * than CLIENTS_CONV_MS, it is created anew, zeroed, and *fresh is true. */
struct conv *clients_get(struct clients *c, const struct dhcp4 *m, struct mono now,
    bool *fresh);
/* Finds the conversation with this key; NULL if there is none or it is too old. */
struct conv *clients_find(struct clients *c, struct conv_key key, struct mono now);
struct station *clients_station(struct clients *c, const struct dhcp4 *m,
    uint32_t ifindex);
/* Hint: a message with this key is next. Prefetches its table slots while the
 * current message is processed. The key is unvalidated; ifindex is 0 for a
 * reply. */
void clients_expect(struct clients *c, const struct conv_key *key, uint32_t ifindex);
size_t clients_count(const struct clients *c);

#endif
