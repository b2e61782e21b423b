/* SPDX-License-Identifier: ISC
 *
 * clients - what the relay of a family remembers about clients, in two bounded
 * tables: conversations and stations. What names them differs, and is in the
 * key; what both families store is written once.
 *
 *	             conversation                           station
 *	DHCPv4       chaddr, xid                            interface, chaddr
 *	DHCPv6       interface, peer-address, xid, type     interface, peer-address
 *
 * A conversation records the rule and the servers chosen for it, and its retries;
 * in DHCPv4 also where the request came from and its flags. DHCPv6 has the message
 * type in the key, because iPXE, U-Boot and GRUB use one xid for SOLICIT and REQUEST.
 * A station records the client's rate limit; in DHCPv4 also which addresses worked for
 * it, in DHCPv6 the link address that its replies go to. A full table evicts its oldest
 * entry.
 *
 * Where a reply goes does not depend on them, unless several interfaces share a giaddr, or
 * an Interface-Id and link-address. That it goes anywhere does, since otherwise whoever can
 * send in a server's name could answer clients that have not asked: only in the first two
 * minutes are replies to nobody delivered (ask_remembers), since the request may have been
 * relayed before a restart. The reply that is on its way at a VRRP takeover is lost, and the
 * client repeats its question.
 */
#ifndef CORE_SERVER_CLIENTS_H
#define CORE_SERVER_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/ip6.h"
#include "base/mono.h"
#include "core/iface/limit.h"
#include "core/server/ask.h"
#include "proto/dhcp4.h"
#include "proto/pxe.h"

/* Retries of one conversation come within a minute (EDK2: 28 s, dhclient: 60 s); the
 * longest gap in DHCPv6 is EDK2's 17 s. */
#define CLIENTS_CONV_MS		120000
#define CLIENTS6_CONV_MS	60000
#define CLIENTS6_MAC_MS		600000

struct conv {
	struct client_key key;
	struct mono last;	/* last request */
	uint32_t conf_gen;	/* the configuration that rule and group index */
	uint16_t rule;		/* that matches the client, CONF_NONE: none */
	uint16_t group[CONF_CLASSES];	/* DHCPv6: that were queried; CONF_NONE: none */
	uint8_t tries;		/* requests since a reply (not a proxy offer) */
	struct ask ask;		/* answered by an offer, or an ACK: see ack_is_boot */
	/* DHCPv6, a SOLICIT of EDK2 for PXE or HTTP that has no offer to boot from yet;
	 * else PXE_PLAIN. See need-bootfile. */
	enum pxe_family edk2;
	struct mono begin;
	struct serverset useless;	/* offered nothing to boot from */
	/* The rest is of DHCPv4. */
	bool broadcast;		/* B flag of the last request */
	bool ack_is_boot;	/* boot servers got no DISCOVER: an ACK answers */
	bool chosen;		/* `rule` is set, for the interface chosen_on */
	bool http;		/* option 60 was HTTPClient */
	uint8_t hops;		/* of the message with this giaddr when first seen */
	uint8_t gi;		/* giaddr = rotate: index of the address in use */
	uint8_t mac_len;
	uint8_t mac[8];		/* link source of the last request */
	uint32_t ifindex;	/* where it came from */
	uint32_t chosen_on;
	struct ip4 ciaddr;	/* of the last request */
	struct ip4 giaddr;	/* another relay's, of the last request */
	struct ip4 p4011_src;	/* the last request came by port 4011 from here... */
	uint16_t p4011_sport;	/* ...and this port; 0: it came by port 67 */
};

struct station {
	struct client_key key;
	struct limit limit;
	struct mono last;	/* last request */
	uint32_t id;		/* of its conversation */
	/* DHCPv4 */
	struct ip4 boot;	/* the boot server that replied last */
	uint32_t discover;	/* xid of the last DISCOVER */
	uint8_t gi;		/* giaddr = rotate: the address that last got a reply */
	/* DHCPv6: the link address that its replies are sent to. */
	uint8_t mac_len;	/* link source of the last request; 0: unknown */
	uint8_t mac[8];
	uint16_t hwtype;	/* ARPHRD_* */
	struct ip6 asked;	/* our address that it was sent to; ::, the group */
};

struct clients;

/* `evicted` is called for each evicted conversation; it may be NULL. */
struct clients *clients_new(enum family family, size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user);
struct clients *clients_free(struct clients *c);	/* returns NULL */
/* Copies `from` into c, which is empty; if c is smaller, only the youngest
 * entries. */
void clients_take(struct clients *c, const struct clients *from);

struct client_key clients_key(const struct dhcp4 *m);
struct client_key clients_key6(uint32_t ifindex, uint32_t id, struct ip6 peer);
static inline uint32_t
clients6_id(uint8_t type, uint32_t xid)
{
	return (uint32_t)type << 24 | xid;
}

/* Returns the conversation with this key, never NULL. If it is unknown or too old, it
 * is created anew, zeroed but for `rule` and `group`, and *fresh is true. */
struct conv *clients_get(struct clients *c, struct client_key key, struct mono now,
    bool *fresh);
/* NULL if there is none or it is too old. */
struct conv *clients_find(struct clients *c, struct client_key key, struct mono now);
/* The station of a conversation, on this interface. */
struct station *clients_station(struct clients *c, struct client_key key,
    uint32_t ifindex);
/* NULL if it has not been heard for CLIENTS6_MAC_MS. */
struct station *clients_find_station(struct clients *c, struct client_key key,
    uint32_t ifindex, struct mono now);
/* Hint: a message of this conversation is next. Prefetches its table slots, and those
 * of its station, while the current message is processed. The key is unvalidated;
 * ifindex is 0 for a reply. */
void clients_expect(struct clients *c, struct client_key key, uint32_t ifindex);
/* Counts a request of the conversation. */
void clients_count_try(const struct relay *r, struct conv *cv);
/* Applies the rate limits of the client of this conversation and of the interface. */
enum drop clients_limit(const struct relay *r, struct client_key key, struct iface *in,
    struct mono now);
size_t clients_count(const struct clients *c);

#endif
