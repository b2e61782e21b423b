/* SPDX-License-Identifier: ISC
 *
 * clients - what the relay of a family remembers about clients, in three bounded
 * tables: conversations, stations and rates. What names them differs, and is in the
 * key; what both families store is written once. An interface is part of every key, so
 * no VLAN can change what is remembered of another.
 *
 *	             conversation                    station         rate
 *	DHCPv4       chaddr, xid, another's giaddr   chaddr          chaddr, sender
 *	DHCPv6       peer-address, xid, type         peer-address    peer-address, sender
 *
 * A conversation records who began it, the rule and the servers chosen for it, and its
 * retries; in DHCPv4 also the flags of the last request. Machines of one VLAN can use
 * each other's chaddr and xid. So the sender that began it, known by its link source,
 * is the only one that can change it. DHCPv6 has the message type in the key, because
 * iPXE, U-Boot and GRUB use one xid for SOLICIT and REQUEST.
 * In DHCPv4 a station records which addresses worked for it, in DHCPv6 the link address
 * that its replies go to. A full table evicts the oldest entry of the interface that has
 * most.
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

/* Who sent a message; compared as bytes. */
struct client_sender {
	uint8_t mac_len;	/* of the link source; 0: unknown, b is its address */
	uint8_t b[16];
};

struct conv {
	struct client_key key;
	struct client_sender from;	/* began it */
	struct mono begin;
	struct mono last;	/* last request */
	uint32_t conf_gen;	/* the configuration that rule and group index */
	uint16_t rule;		/* that matches the client, CONF_NONE: none */
	uint16_t group[CONF_CLASSES];	/* DHCPv6: that were queried; CONF_NONE: none */
	uint8_t tries;		/* requests since a reply (not a proxy offer) */
	struct ask ask;		/* answered by an offer, or an ACK: see ack_is_boot */
	/* DHCPv6, a SOLICIT of EDK2 for PXE or HTTP that has no offer to boot from yet;
	 * else PXE_PLAIN. See need-bootfile. */
	enum pxe_family edk2;
	struct serverset useless;	/* offered nothing to boot from */
	/* The rest is of DHCPv4. */
	bool broadcast;		/* B flag of the last request */
	bool ack_is_boot;	/* boot servers got no DISCOVER: an ACK answers */
	bool chosen;		/* `rule` is set */
	bool http;		/* option 60 was HTTPClient */
	uint8_t hops;		/* the fewest so far */
	uint8_t gi;		/* giaddr = rotate: index of the address in use */
	struct ip4 ciaddr;	/* of the last request */
	struct ip4 leased;	/* by an ACK: what came without a link source is its own */
	struct ip4 p4011_src;	/* the last request came by port 4011 from here... */
	uint16_t p4011_sport;	/* ...and this port; 0: it came by port 67 */
};

struct station {
	struct client_key key;
	/* DHCPv4 */
	struct ip4 boot;	/* the boot server that replied last */
	uint32_t discover;	/* xid of the last DISCOVER */
	uint8_t gi;		/* giaddr = rotate: the address that last got a reply */
	/* DHCPv6: the link address that its replies are sent to. */
	struct mono last;	/* last request */
	uint32_t id;		/* of its conversation */
	uint8_t mac_len;	/* link source of the last request; 0: unknown */
	uint8_t mac[8];
	uint16_t hwtype;	/* ARPHRD_* */
	struct ip6 asked;	/* our address that it was sent to; ::, the group */
};

/* A message of a conversation. */
struct client_call {
	struct client_key key;
	const struct rx *rx;	/* says who sent it */
	struct mono now;
};

struct clients;

/* `evicted` is called for each evicted conversation; it may be NULL. */
struct clients *clients_new(enum family family, size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user);
struct clients *clients_free(struct clients *c);	/* returns NULL */
/* Copies `from` into c, which is empty; if c is smaller, it evicts as it does later. */
void clients_take(struct clients *c, const struct clients *from);

struct client_key clients_key(const struct dhcp4 *m, uint32_t ifindex);
struct client_key clients_key6(uint32_t ifindex, uint32_t id, struct ip6 peer);
static inline uint32_t
clients6_id(uint8_t type, uint32_t xid)
{
	return (uint32_t)type << 24 | xid;
}

/* Returns the conversation with this key, for the sender of a message. If it is unknown
 * or too old, it is created anew, zeroed but for `from`, `rule` and `group`, and *fresh is
 * true; so it is for the owner of its chaddr if somebody else began it. For all others
 * than the sender that began it, it is a copy that is written to *copy. */
struct conv *clients_get(struct clients *c, const struct client_call *call,
    struct conv *copy, bool *fresh);
/* NULL if there is none or it is too old. */
struct conv *clients_find(struct clients *c, struct client_key key, struct mono now);
/* The next one with this key on any interface, or NULL. *at begins as 0. */
struct conv *clients_find_any(struct clients *c, struct client_key key, uint32_t *at,
    struct mono now);
/* The station of a conversation. */
struct station *clients_station(struct clients *c, struct client_key key);
/* NULL if it has not been heard for CLIENTS6_MAC_MS. */
struct station *clients_find_station(struct clients *c, struct client_key key,
    struct mono now);
/* Hint: a message of this conversation is next. Prefetches its table slots, and those
 * of its station, while the current message is processed. The key is unvalidated; its
 * ifindex does not matter. */
void clients_expect(struct clients *c, struct client_key key);
/* Counts a request of the conversation. */
void clients_count_try(const struct relay *r, struct conv *cv);
/* Applies the rate limits of the client of this conversation, as this sender uses it,
 * and of the interface. A message that exceeds the interface's takes no place. */
enum drop clients_limit(const struct relay *r, const struct client_call *call,
    struct iface *in);
size_t clients_count(const struct clients *c);

#endif
