/* SPDX-License-Identifier: ISC
 *
 * icmp - echo request, echo reply and destination unreachable (RFC 792). We
 * choose echo's identifier and sequence number, and they come back unchanged:
 * together they are one number of 32 bits, the token that matches a reply to
 * its request.
 */
#ifndef PROTO_ICMP_H
#define PROTO_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ICMP_ECHO_LEN 16	/* bytes of a request: header and 8 bytes of padding */

/* Writes an echo request with identifier and sequence number `token`. Returns
 * the length, ICMP_ECHO_LEN; 0 when it does not fit. */
size_t icmp_echo(uint8_t *out, size_t size, uint32_t token);

/* An IPv4 packet as a raw socket delivers it, header first. true if it is an
 * echo reply with a correct checksum: its sender and token. */
bool icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token);

/* The UDP datagram that "destination unreachable" quotes in part (RFC 792: at
 * least 8 bytes; Linux and RFC 1812 4.3.2.3: up to 576 of the packet). */
struct icmp_quote {
	struct ip4 src, dst;	/* of the datagram that was not delivered */
	uint16_t sport, dport;
	const uint8_t *data;	/* the beginning of its payload, borrowed */
	size_t len;
};

/* An IPv4 packet, header first. true if it is "destination unreachable" with a
 * correct checksum that quotes UDP, and not "fragmentation needed". */
bool icmp_unreachable_parse(const void *ip, size_t len, struct icmp_quote *out);

#endif
