/* SPDX-License-Identifier: ISC
 *
 * udpip - checks the IP and UDP headers of received packets and builds those of
 * sent ones, of either version. The kernel handles Ethernet: packet sockets are
 * opened as SOCK_DGRAM, so packets begin at the IP header.
 */
#ifndef PROTO_UDPIP_H
#define PROTO_UDPIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wire.h"
#include "proto/names.h"

#define UDPIP_HEADERS	28	/* IPv4 without options, and UDP */
#define UDPIP6_HEADERS	48	/* IPv6 without extension headers, and UDP */
#define UDP_HEADER	8
#define UDPIP_MTU_MIN	68	/* RFC 791 3.2 */
#define UDPIP6_MTU_MIN	1280	/* RFC 8200 5 */
#define UDPIP_TTL	64
#define UDPIP_PROTO_UDP	17

struct udpip_ip {
	struct ip4 src, dst;
	size_t header_len, total_len;	/* header_len: 20..60 */
	uint8_t ttl, proto;
	bool fragment;			/* the first one included */
};

/* Reads an IPv4 header with its options. False if it is incomplete (r->bad) or
 * not IPv4. Checksum and total_len are not checked: ICMP errors quote truncated
 * packets. */
bool udpip_read_ip(struct rd *r, struct udpip_ip *ip);

struct udpip {
	struct ipaddr src, dst;
	uint16_t sport, dport;
	uint8_t ttl;		/* or hop limit */
	const uint8_t *payload;	/* borrowed */
	size_t payload_len;
};

/* Reads an IP/UDP packet of `len` captured bytes. Link padding after the IP
 * packet is not part of the payload. `verify` is false if the kernel says that
 * the UDP checksum is not filled in yet (CHECKSUM_PARTIAL on veth and virtio)
 * or was already checked. Returns DROP_NONE, SHORT, FRAGMENT, EXT_HEADER (before UDP;
 * only IPv6), BAD_IP (also if not UDP), BAD_UDP or BAD_CHECKSUM. */
enum drop udpip_parse(struct udpip *u, enum family family, const void *data, size_t len,
    bool verify);

/* Writes the headers for a payload that is stored elsewhere, with checksums and
 * DF clear (ROMs do no path MTU discovery), and returns their length: UDPIP_HEADERS
 * or, if dst is of IPv6, UDPIP6_HEADERS. ident is IPv4's identification; a ttl of 0
 * means UDPIP_TTL; payload_len <= 65507 (65527). */
size_t udpip_build(uint8_t *hdr, const struct udpip *u, uint16_t ident)
    __attribute__((nonnull));

/* Does a packet with this payload exceed the MTU of a link? False for an MTU that no
 * link of its version may have; 0 is unknown. */
bool udpip_exceeds(const struct udpip *u, size_t mtu) __attribute__((nonnull));

/* Writes the headers, udpip_header_len() bytes, of a fragment (RFC 791 3.2, RFC 8200 4.5):
 * that of the UDP packet, whose header and payload are stored elsewhere, from its byte
 * `at` on. Returns how many bytes of it the fragment has; all but the last have a multiple
 * of 8. */
size_t udpip_build_fragment(uint8_t *hdr, const struct udpip *u, size_t at, size_t mtu,
    uint16_t ident) __attribute__((nonnull));

/* How long are headers that udpip_build() or udpip_build_fragment() has written? */
size_t udpip_header_len(const uint8_t *hdr) __attribute__((nonnull));

#endif
