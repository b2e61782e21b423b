/* SPDX-License-Identifier: ISC
 *
 * probemsg - builds the DHCP messages that probe servers, and recognises
 * answers.
 *
 * Their client is one made-up machine with a locally administered hardware
 * address and a fixed UUID, so a server that records clients records it once.
 * No server reserves an address for it: an INFORM requests none, and a
 * proxyDHCP server, which gets the DISCOVER, has none. As in a relayed request,
 * giaddr brings the answer back to the relay and names a known subnet.
 */
#ifndef PROTO_PROBEMSG_H
#define PROTO_PROBEMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wire.h"
#include "proto/rai.h"

#define PROBEMSG_MAX 640	/* bytes, with the longest option 82 */
#define PROBEMSG6_MAX 1280	/* with the longest options of a relay */

extern const uint8_t probemsg_mac[6];

/* Each returns the length, at least DHCP4_MIN; 0 if it does not fit. rai is our
 * option 82 for the interface with that giaddr; NULL or empty: none. */

/* INFORM. Without ciaddr (IP4_NONE), ISC dhcpd (authoritative) and Kea answer
 * to giaddr; dnsmasq 2.90 drops it. With ciaddr, dnsmasq answers to giaddr, but
 * the others answer to port 68 of ciaddr, where the relay does not listen. */
size_t probemsg_inform(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr,
    struct ip4 giaddr, const struct rai *rai);
/* DISCOVER of an x64 UEFI machine, which proxyDHCP servers answer. */
size_t probemsg_discover(uint8_t *out, size_t size, uint32_t xid, struct ip4 giaddr,
    const struct rai *rai);
/* REQUEST to port 4011 from a machine with the address ciaddr. It has no
 * giaddr, since dnsmasq from 2.92 on would answer on port 67. */
size_t probemsg_request4011(uint8_t *out, size_t size, uint32_t xid,
    struct ip4 ciaddr);

/* INFORMATION-REQUEST inside a RELAY-FORW with our options for the interface with
 * this link-address. The token is in the peer-address, which servers return. */
size_t probemsg_inform6(uint8_t *out, size_t size, uint32_t token, struct ip6 link,
    struct rd options);

/* True if it is a BOOTREPLY to the made-up machine, which must not reach a
 * client; *xid and *ciaddr are those of the probe that it answers. */
bool probemsg_answer(const void *data, size_t len, uint32_t *xid,
    struct ip4 *ciaddr);

/* True if it is a RELAY-REPL to the made-up machine; *token is 0 if what it contains
 * answers no probe. */
bool probemsg_answer6(const void *data, size_t len, uint32_t *token);

#endif
