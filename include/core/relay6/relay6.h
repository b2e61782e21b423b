/* SPDX-License-Identifier: ISC
 *
 * relay6 - the decisions of the DHCPv6 relay (RFC 9915 19): to which servers a
 * message goes and with which header; on which link a reply is delivered, and
 * to whom.
 *
 * The relay never changes the message of a client or a server: all that it says
 * is in the relay header around it. relay6_request() and relay6_reply() judge a
 * message: they return a drop reason, or DROP_NONE and a plan. Rendering writes
 * the bytes of the plan; relay/path receives and sends.
 */
#ifndef CORE_RELAY6_RELAY6_H
#define CORE_RELAY6_RELAY6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "core/iface/rx.h"
#include "core/server/ask.h"
#include "core/server/clients.h"
#include "core/server/servers.h"
#include "core/server/stats.h"
#include "proto/dhcp6.h"
#include "proto/pxe.h"

/* The most that rendering adds to a message: our header with options 18, 37, 38,
 * 53, 68, 79, 135 and the head of option 9. */
#define RELAY6_ADDS	1280

/* The client's message inside any relay headers. */
struct relay6_origin {
	struct dhcp6 m;		/* m.data is NULL if it could not be read */
	struct ip6 peer;	/* the client's address */
	bool has_mac;		/* known, from the frame or from option 79 */
	struct mac mac;
};

/* What is sent for one request: one message to every server. */
struct relay6_plan {
	struct dhcp6 m;		/* as received; m.data is NULL until it was parsed */
	struct relay6_origin from;
	bool has_client;
	struct pxe_client client;	/* what from.m says about it, if has_client */
	struct ask_list to;
	uint16_t rule;		/* that chose the groups, CONF_NONE: no rule */
	bool hedge;		/* a stored query, to the next server */
	struct iface *in;
	/* Of our header. */
	uint8_t hops;
	struct ip6 link, peer;
	uint16_t hwtype;
	uint8_t mac_len;	/* of option 79; 0: it is not sent */
	uint8_t mac[8];
	uint16_t sport;		/* of option 135; 0: it is not sent */
};

/* Judge a message. Return DROP_NONE and a plan, or the reason to drop. Update
 * the counters. */
enum drop relay6_request(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_plan *plan);

/* With option 68 or without: only servers with `vss = on` get it. */
enum relay6_form { RELAY6_PLAIN, RELAY6_WITH_VSS, RELAY6_FORMS };
enum relay6_form relay6_form(const struct relay6_plan *plan, const struct conf *c,
    uint16_t server);
/* Writes the RELAY-FORW and returns its length; 0 if it is too long for UDP.
 * size is at least the received length + RELAY6_ADDS. */
size_t relay6_render(const struct relay6_plan *plan, enum relay6_form form,
    uint8_t *out, size_t size);

/* How a reply is delivered. */
struct relay6_delivery {
	struct dhcp6 m;		/* the RELAY-REPL; m.data is NULL until it was parsed */
	struct relay6_origin to;	/* the innermost message and its client */
	struct iface *out;
	uint16_t server;	/* index, CONF_NONE when check-source is off */
	const uint8_t *payload;	/* what is delivered, byte for byte */
	size_t len;
	struct ip6 src, dst;
	uint16_t sport, dport;
	uint8_t mac_len;	/* 0: unknown, the kernel must resolve dst */
	uint8_t mac[8];
};

enum drop relay6_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_delivery *d);
/* The same of a reply to a query of our own, without the memory of a client: is it from
 * a server and for a link? */
enum drop relay6_judge_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_delivery *d);
/* Is it a message that servers send, of this type? Everything else on port 547
 * is a request. */
bool relay6_is_reply(uint8_t type);
/* Takes the stored query that is due first (pendings_due(r->hedges) says
 * when). True: render and send the plan, whose message is valid until the next
 * call. False: the query is obsolete. */
bool relay6_hedge(struct relay *r, struct mono now, struct relay6_plan *plan);

/* --- shared by the files of relay6 ------------------------------------- */

/* Finds the innermost message of a relay header, or m itself, with its sender. */
void relay6_read_origin(struct relay6_origin *o, const struct dhcp6 *m,
    struct ip6 peer);
/* The client's hardware address; false if neither the frame nor a relay nor its DUID
 * says it. */
bool relay6_origin_mac(struct mac *mac, const struct relay6_origin *o);
#define ARPHRD_ETHER	1	/* IANA hardware types, as in option 79 */
#define ARPHRD_IEEE802	6
/* The groups that get the message inside; CONF_NONE: it is not for this class. */
struct conf_groups relay6_targets(struct relay *r, const struct relay6_plan *plan,
    struct conv *cv);
/* Write the servers of the plan: of a message, whose number is cv->tries; of a
 * stored query, false if there is none left (ask_next). */
void relay6_servers(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    struct mono now);
bool relay6_ask_next(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    struct pending *s, struct mono now);
/* The conversation of the message inside. */
struct client_key relay6_key(uint32_t ifindex, const struct relay6_origin *o);

#endif
