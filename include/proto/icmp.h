/* SPDX-License-Identifier: ISC
 *
 * icmp - echo request, echo reply and destination unreachable (RFC 792). An
 * echo reply returns identifier and sequence number of its request: together
 * they are a 32-bit token that matches the two.
 */
#ifndef PROTO_ICMP_H
#define PROTO_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ICMP_ECHO_LEN 16	/* of a request, with 8 bytes of padding */

/* Writes an echo request. Returns ICMP_ECHO_LEN; 0 if it does not fit. */
size_t icmp_echo(uint8_t *out, size_t size, uint32_t token);

/* Reads an IPv4 packet, as a raw socket delivers it. True if it is an echo
 * reply with a correct checksum; finds its sender and token. */
bool icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token);

/* The UDP datagram that "destination unreachable" quotes in part (RFC 792: at
 * least 8 bytes; Linux and RFC 1812 4.3.2.3: up to 576 of the packet). */
struct icmp_quote {
	struct ip4 src, dst;	/* of the datagram that was not delivered */
	uint16_t sport, dport;
	const uint8_t *data;	/* the beginning of its payload, borrowed */
	size_t len;
};

/* True if the IPv4 packet is "destination unreachable" (but not "fragmentation
 * needed") with a correct checksum and quotes UDP. */
bool icmp_unreachable_parse(const void *ip, size_t len, struct icmp_quote *out);

#endif
