/* SPDX-License-Identifier: ISC
 *
 * icmp - echo request, echo reply and destination unreachable (RFC 792). Echo's identifier and
 * sequence number are ours to choose and come back as they were: together they are one number
 * of 32 bits, which says what is answered.
 */
#ifndef PROTO_ICMP_H
#define PROTO_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ICMP_ECHO_LEN 16	/* bytes of a request: header and 8 bytes of padding */

/* Writes an echo request with identifier and sequence number `token`. Returns the
 * length, ICMP_ECHO_LEN; 0 when it does not fit. */
size_t icmp_echo(uint8_t *out, size_t size, uint32_t token);

/* An IPv4 packet as a raw socket delivers it, header first. true when it is an echo reply with
 * a right checksum: who sent it and its token. */
bool icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token);

/* What "destination unreachable" quotes: a UDP datagram, as far as it does (RFC 792: 8 bytes at
 * least; Linux and RFC 1812 4.3.2.3: up to 576 of the packet). */
struct icmp_quote {
	struct ip4 src, dst;	/* of the datagram that did not arrive */
	uint16_t sport, dport;
	const uint8_t *data;	/* the beginning of its payload, borrowed */
	size_t len;
};

/* An IPv4 packet, header first. true when it is "destination unreachable" with a right checksum
 * that quotes UDP; "fragmentation needed" is none. */
bool icmp_unreachable_parse(const void *ip, size_t len, struct icmp_quote *out);

#endif
