/* SPDX-License-Identifier: ISC
 *
 * arp - ARP for IPv4 on Ethernet (RFC 826), without the link header.
 */
#ifndef PROTO_ARP_H
#define PROTO_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ARP_LEN 28

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
	enum arp_op op;
	struct mac sender_mac, target_mac;
	struct ip4 sender, target;
};

/* "Who has target? Tell sender." Returns ARP_LEN; 0 if it does not fit. */
size_t arp_request(uint8_t *out, size_t size, const struct mac *sender_mac,
    struct ip4 sender, struct ip4 target);
/* False if it is not a request or reply for IPv4 on Ethernet. */
bool arp_parse(struct arp *a, const void *data, size_t len);

#endif
