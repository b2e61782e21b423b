/* SPDX-License-Identifier: ISC
 *
 * udpip6 - IPv6 and UDP headers of the raw path: checks what was received, builds what is sent
 * (RFC 8200 3, 8.1; RFC 768). The counterpart of proto/udpip.
 */
#ifndef PROTO_UDPIP6_H
#define PROTO_UDPIP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip6.h"
#include "proto/names.h"

#define UDPIP6_HEADERS	48	/* IPv6 without extension headers, and UDP */
#define UDPIP6_HOPS	64

struct udpip6 {
	struct ip6 src, dst;
	uint16_t sport, dport;
	uint8_t hop_limit;
	const uint8_t *payload;	/* borrowed */
	size_t payload_len;
};

/*
 * Reads an IPv6/UDP packet of `len` captured bytes, as udpip_parse() does for IPv4. SHORT,
 * FRAGMENT, EXT_HEADER (before UDP), BAD_IP (also: another protocol), BAD_UDP, BAD_CHECKSUM
 * (a checksum of 0 is one, RFC 8200 8.1), or DROP_NONE.
 */
enum drop udpip6_parse(struct udpip6 *u, const void *data, size_t len, bool verify);

/* Writes both headers for a payload that is stored elsewhere, the checksum filled in. A
 * hop_limit of 0 means UDPIP6_HOPS. payload_len <= 65527. */
void udpip6_build(uint8_t hdr[UDPIP6_HEADERS], const struct udpip6 *u)
    __attribute__((nonnull));

#endif
