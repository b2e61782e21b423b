/* SPDX-License-Identifier: ISC
 *
 * dhcp6 - a view of a DHCPv6 message (RFC 9915 8, 9, 21).
 *
 * dhcp6_parse() indexes one level of a message and copies nothing: the message of a client or
 * server, or a relay's header with the message inside as one option. A relay never edits the
 * inner message, so there are no edits; dhcp6_relay_begin() and dhcp6_put() write a header.
 *
 * The view borrows the buffer and is valid as long as that is.
 */
#ifndef PROTO_DHCP6_H
#define PROTO_DHCP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip6.h"
#include "base/wire.h"
#include "proto/names.h"

#define DHCP6_PORT_CLIENT	546
#define DHCP6_PORT_SERVER	547	/* and relays */
#define DHCP6_HEADER		4	/* type and transaction-id */
#define DHCP6_RELAY_HEADER	34	/* type, hop-count, link-address, peer-address */
#define DHCP6_HOP_LIMIT		8	/* RFC 9915 7.6: HOP_COUNT_LIMIT */
#define DHCP6_LEVELS_MAX	32	/* relay headers around a message; RFC 3315 allowed 32 hops */

enum dhcp6_type {
	DHCP6_SOLICIT = 1, DHCP6_ADVERTISE, DHCP6_REQUEST, DHCP6_CONFIRM, DHCP6_RENEW,
	DHCP6_REBIND, DHCP6_REPLY, DHCP6_RELEASE, DHCP6_DECLINE, DHCP6_RECONFIGURE,
	DHCP6_INFORMATION_REQUEST, DHCP6_RELAY_FORW, DHCP6_RELAY_REPL,
	DHCP6_LEASEQUERY, DHCP6_LEASEQUERY_REPLY, DHCP6_LEASEQUERY_DONE,
	DHCP6_LEASEQUERY_DATA, DHCP6_RECONFIGURE_REQUEST, DHCP6_RECONFIGURE_REPLY,
	DHCP6_DHCPV4_QUERY, DHCP6_DHCPV4_RESPONSE,
	DHCP6_ADDR_REG_INFORM = 36, DHCP6_ADDR_REG_REPLY,
};

/* Option codes that the relay looks at or writes. */
enum dhcp6_option {
	DHCP6_OPT_CLIENT_ID = 1, DHCP6_OPT_SERVER_ID = 2, DHCP6_OPT_IA_NA = 3,
	DHCP6_OPT_IA_TA = 4, DHCP6_OPT_IA_ADDR = 5, DHCP6_OPT_ORO = 6,
	DHCP6_OPT_PREFERENCE = 7, DHCP6_OPT_ELAPSED = 8, DHCP6_OPT_RELAY_MSG = 9,
	DHCP6_OPT_STATUS = 13, DHCP6_OPT_RAPID_COMMIT = 14, DHCP6_OPT_USER_CLASS = 15,
	DHCP6_OPT_VENDOR_CLASS = 16, DHCP6_OPT_INTERFACE_ID = 18, DHCP6_OPT_DNS = 23,
	DHCP6_OPT_IA_PD = 25, DHCP6_OPT_IA_PREFIX = 26, DHCP6_OPT_REMOTE_ID = 37,
	DHCP6_OPT_SUBSCRIBER_ID = 38, DHCP6_OPT_RELAY_ID = 53, DHCP6_OPT_BOOT_URL = 59,
	DHCP6_OPT_BOOT_PARAM = 60, DHCP6_OPT_ARCH = 61, DHCP6_OPT_NII = 62,
	DHCP6_OPT_RSOO = 66, DHCP6_OPT_VSS = 68, DHCP6_OPT_CLIENT_LLADDR = 79,
	DHCP6_OPT_SOURCE_PORT = 135,
	DHCP6_INDEXED		/* options up to here are indexed, later ones only walked */
};

struct dhcp6 {
	const uint8_t *data;	/* the whole message, borrowed */
	size_t len;		/* bytes, at least the header */
	uint8_t type;		/* any value: new types are relayed (RFC 9915 19, RFC 7283) */
	bool relay;		/* RELAY-FORW or RELAY-REPL: a relay header */
	uint32_t xid;		/* 24 bits; 0 in a relay header */
	uint8_t hops;		/* the rest: relay headers only */
	struct ip6 link, peer;
	bool odd;		/* an option reaches past the end; those before it are indexed */
	bool repeats;		/* an indexed option occurs more than once */
	/* Offset in data of the first instance of each option (its code). 0: absent. */
	uint16_t at[DHCP6_INDEXED];
};

/*
 * Reads one level. DROP_NONE, or SHORT below 4 bytes (a relay header: below 34), or TRUNCATED
 * above 65,535. Options that are damaged are not an error here, only `odd`: RFC 6221 6.1.1 and
 * RFC 9915 16 leave judging a client's options to the server. Who needs them whole asks `odd`.
 */
enum drop dhcp6_parse(struct dhcp6 *m, const void *data, size_t len);

/* The value of an indexed option's first instance; false if absent. */
bool dhcp6_opt(const struct dhcp6 *m, enum dhcp6_option code, struct rd *value);
/* Is there an indexed option? */
static inline bool
dhcp6_has(const struct dhcp6 *m, enum dhcp6_option code)
{
	return m->at[code] != 0;
}

/* The end of a DUID, where machines and servers differ, as a number to compare. 0: absent. */
uint64_t dhcp6_duid_end(const struct dhcp6 *m, enum dhcp6_option code);

/* The message inside a relay header: exactly one Relay Message option, not empty (RFC 9915
 * 21.10). BAD_OPTIONS otherwise, when the options are `odd`, and for a message without a relay
 * header. */
enum drop dhcp6_inner(const struct dhcp6 *m, struct rd *inner);

/* The options of this level, and the next one of a run of options: false at the end, and (with
 * r->bad) at one that does not fit. */
struct rd dhcp6_options(const struct dhcp6 *m);
bool dhcp6_next(struct rd *r, uint16_t *code, struct rd *value);

/* Is the code in the Option Request option? */
bool dhcp6_requests(const struct dhcp6 *m, uint16_t code);
/* What a message gives: the first address and the first prefix. */
struct dhcp6_lease {
	struct ip6 address;
	struct ip6net prefix;
};
/* Does the message give at least one address or prefix: an IA with a whole IA Address or IA
 * Prefix, whichever belongs into it, of a valid lifetime other than 0? */
bool dhcp6_lease(const struct dhcp6 *m, struct dhcp6_lease *lease);
static inline bool
dhcp6_gives_lease(const struct dhcp6 *m)
{
	struct dhcp6_lease lease;

	return dhcp6_lease(m, &lease);
}
/* The status of the message, else the first one of an IA that is not Success; 0 if there is
 * none. */
uint16_t dhcp6_status(const struct dhcp6 *m);

/* Write a relay header, an option, and only the code and length of an option: the Relay Message
 * comes last, so its value may be sent from another buffer. */
void dhcp6_relay_begin(struct wr *w, enum dhcp6_type type, uint8_t hops, struct ip6 link,
    struct ip6 peer);
void dhcp6_put(struct wr *w, uint16_t code, const void *value, size_t len);
void dhcp6_put_header(struct wr *w, uint16_t code, size_t len);

/* "solicit"...; NULL for an unknown type. */
const char *dhcp6_type_name(uint8_t type);

#endif
