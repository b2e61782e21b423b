/* SPDX-License-Identifier: ISC
 *
 * probemsg - the DHCP messages with which the relay probes a server, and how
 * answers are recognised.
 *
 * Their "client" is one made-up machine with a locally administered hardware
 * address and a fixed UUID, so a server that records it records it once. No
 * message requests an address that a server would reserve: an INFORM wants
 * none, and a proxyDHCP server, which the DISCOVER is for, has none. giaddr, as
 * in a relayed request, makes the answer return to the relay, and names a
 * subnet that the server knows.
 */
#ifndef PROTO_PROBEMSG_H
#define PROTO_PROBEMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "proto/rai.h"

#define PROBEMSG_MAX 640	/* bytes, with the longest option 82 */

extern const uint8_t probemsg_mac[6];

/* Each returns the length, at least DHCP4_MIN; 0 if it does not fit. rai: our
 * option 82 for the interface with that giaddr, as in clients' requests; NULL
 * or empty: none. */

/* INFORM. Without ciaddr (IP4_NONE), ISC dhcpd (authoritative) and Kea answer,
 * to giaddr; dnsmasq (2.90) drops it. With ciaddr, dnsmasq answers, to giaddr;
 * the others answer to ciaddr and port 68, where the relay does not listen. */
size_t probemsg_inform(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr,
    struct ip4 giaddr, const struct rai *rai);
/* DISCOVER of an x64 UEFI machine: proxyDHCP servers answer. */
size_t probemsg_discover(uint8_t *out, size_t size, uint32_t xid, struct ip4 giaddr,
    const struct rai *rai);
/* REQUEST to port 4011, from a machine with the address ciaddr. Without giaddr,
 * since dnsmasq from 2.92 on would answer it on port 67. */
size_t probemsg_request4011(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr);

/* Is this a BOOTREPLY for the made-up machine? Then *xid tells which probe it
 * answers, and *ciaddr what that said. No client may get it. */
bool probemsg_answer(const void *data, size_t len, uint32_t *xid, struct ip4 *ciaddr);

#endif
