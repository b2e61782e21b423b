/* SPDX-License-Identifier: ISC
 *
 * probemsg - the DHCP messages with which the relay asks a server whether it is
 * alive, and how their answers are recognised.
 *
 * The "client" of all of them is one made-up machine with a locally administered
 * hardware address and a fixed UUID: whatever a server writes down about it, it
 * writes down once. None asks for an address that it would have to keep: an
 * INFORM wants none, and a proxyDHCP server, which the DISCOVER is for, gives
 * none. giaddr, as in a relayed request, makes the answer come back to the relay,
 * and names a subnet that the server knows.
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

/* Each returns the length, 0 when it does not fit; at least DHCP4_MIN. rai: our option 82 of
 * the interface with that giaddr, as clients' requests carry it; NULL or empty: none. */

/* INFORM. With ciaddr IP4_NONE it is answered by ISC dhcpd (authoritative) and Kea, to giaddr;
 * dnsmasq (2.90) drops it. With ciaddr dnsmasq answers, to giaddr; the others to ciaddr and
 * port 68, where the relay does not listen. */
size_t probemsg_inform(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr,
    struct ip4 giaddr, const struct rai *rai);
/* DISCOVER of an x64 UEFI machine: answered by proxyDHCP servers. */
size_t probemsg_discover(uint8_t *out, size_t size, uint32_t xid, struct ip4 giaddr,
    const struct rai *rai);
/* REQUEST to port 4011, from a machine that has the address ciaddr. No giaddr: dnsmasq from
 * 2.92 on would answer to it on port 67. */
size_t probemsg_request4011(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr);

/* Is this BOOTREPLY for the made-up machine? Then *xid says to which question, and
 * *ciaddr what that said; it is never any client's. */
bool probemsg_answer(const void *data, size_t len, uint32_t *xid, struct ip4 *ciaddr);

#endif
