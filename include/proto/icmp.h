/* SPDX-License-Identifier: ISC
 *
 * icmp - echo request and echo reply (RFC 792). Their identifier and sequence
 * number are ours to choose and come back as they were: together they are one
 * number of 32 bits, which says what is answered.
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

/* An IPv4 packet as a raw socket delivers it, header first. true when it is an echo reply with a right checksum:
 * who sent it and its token. */
bool icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token);

#endif
