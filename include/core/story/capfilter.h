/* SPDX-License-Identifier: ISC
 *
 * capfilter - which packets a capture takes, by machine, client interface and
 * server. A packet must match one of each kind that is given.
 *
 * A packet is matched when its verdict is known: a request belongs to its VLAN
 * and to the servers it is sent to, a reply to its server and to the VLAN where
 * it is delivered. Packets from a server that are routed past the relay (TFTP
 * errors) name no machine, so the filter learns the machines' addresses; that is
 * IPv4 only.
 */
#ifndef CORE_STORY_CAPFILTER_H
#define CORE_STORY_CAPFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/conf/conf.h"

#define CAPFILTER_MAX	16	/* of each kind */

struct capfilter {
	uint8_t n_mac, n_interface, n_server;
	struct {
		struct mac mac;
		struct ip4 address;	/* learned, IP4_NONE: not yet */
	} mac[CAPFILTER_MAX];
	char interface[CAPFILTER_MAX][CONF_NAME_MAX];	/* shell patterns */
	struct ipaddr server[CAPFILTER_MAX];
};

/* What is known about a packet; 0: unknown. */
struct capfacts {
	struct mac client;		/* chaddr, or of a DHCPv6 client */
	struct mac from, to;		/* link addresses */
	struct ipaddr src, dst;
	struct ip4 leased;		/* an ACK's yiaddr */
	const char *interface[2];	/* the packet's and the client's; or NULL */
	uint16_t n_server;
	struct ipaddr server[CONF_SERVERS_MAX];
};

/* Parses "mac=52:54:00:12:34:56 interface=vlan1* server=NAME|ADDRESS": any
 * number of words, separated by blanks; without any, everything matches. If it
 * fails, `why` has the reason. */
bool capfilter_parse(struct capfilter *f, const struct conf *c, const char *words,
    char *why, size_t size);
bool capfilter_match(const struct capfilter *f, const struct capfacts *p);
/* Learns the address of its machine from a packet that matched. */
void capfilter_learn(struct capfilter *f, const struct capfacts *p);

#endif
