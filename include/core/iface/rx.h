/* SPDX-License-Identifier: ISC
 *
 * rx - a DHCP message as it came in, of either family.
 */
#ifndef CORE_IFACE_RX_H
#define CORE_IFACE_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct rx {
	const void *data;
	size_t len;
	struct ipaddr src, dst;	/* both of the family that the path belongs to */
	uint16_t sport;
	uint32_t ifindex;
	const uint8_t *ip;	/* IP packet, for captures; NULL: by UDP socket */
	size_t ip_len;
	bool csum_unverified;	/* UDP checksum not filled in, or not checked */
	bool unicast;		/* to one of our addresses, not a broadcast */
	uint16_t hwtype;	/* ARPHRD_* of the link source */
	uint8_t mac_len;	/* link source, 0: unknown */
	uint8_t mac[8];
};

#endif
