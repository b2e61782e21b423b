/* SPDX-License-Identifier: ISC
 *
 * udpip - IPv4 and UDP headers of the raw path: check what was received, build
 * what is sent (RFC 791, 768, 1122 3.2). Ethernet is the kernel's business:
 * packet sockets are opened as SOCK_DGRAM, frames begin at the IP header.
 */
#ifndef PROTO_UDPIP_H
#define PROTO_UDPIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "proto/names.h"

#define UDPIP_HEADERS	28	/* IPv4 without options, and UDP */
#define UDPIP_TTL	64

struct udpip {
	struct ip4 src, dst;
	uint16_t sport, dport;
	uint8_t ttl;
	const uint8_t *payload;	/* borrowed */
	size_t payload_len;
};

/*
 * Reads an IPv4/UDP packet of `len` captured bytes. Bytes beyond the IP total
 * length are link padding and are not part of the payload. IP options are
 * skipped. `verify` is false when the kernel says that the UDP checksum is
 * not filled in yet (CHECKSUM_PARTIAL on veth and virtio) or already checked.
 * SHORT, FRAGMENT, BAD_IP (also: not UDP), BAD_UDP, BAD_CHECKSUM, or DROP_NONE.
 */
enum drop udpip_parse(struct udpip *u, const void *data, size_t len, bool verify);

/*
 * Writes an IPv4 and UDP header of UDPIP_HEADERS bytes for the payload, which
 * stands elsewhere: checksums filled in, DF clear (ROMs do not do path MTU
 * discovery). ident is the IP identification. A ttl of 0 stands for UDPIP_TTL.
 * payload_len <= 65507.
 */
void udpip_build(uint8_t hdr[UDPIP_HEADERS], const struct udpip *u, uint16_t ident)
    __attribute__((nonnull));

#endif
