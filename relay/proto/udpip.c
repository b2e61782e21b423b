/* SPDX-License-Identifier: ISC
 *
 * udpip - IPv4 and UDP headers of the raw path.
 *
 * The kernel has done nothing for a packet that comes out of a packet socket,
 * so this file repeats what a host must check before it delivers: RFC 791 3.1
 * (header), RFC 1122 3.2.1 and 4.1.3 (checksums, silent discard), RFC 768.
 * Lengths are believed only as far as the capture goes. Fragments are not put
 * together: a DHCP client has no address to answer "fragment missing" from, and
 * none sends any. Which ports and addresses are wanted is the filter's business
 * (io/bpf) and the daemon's.
 */
#include "proto/udpip.h"

#include "base/csum.h"
#include "base/wire.h"

#define IP_HEADER	20
#define IP_CSUM_AT	10
#define IP_MORE		0x2000	/* flags and fragment offset */
#define IP_OFFSET	0x1fff
#define UDP_HEADER	8
#define UDP_CSUM_AT	6
#define PROTO_UDP	17

/* *udp gets what the IP header carries, without link padding. */
static enum drop
parse_ip(struct udpip *u, const void *data, size_t len, struct rd *udp)
{
	struct rd r = rd_init(data, len);
	uint8_t first = rd_u8(&r), proto;
	size_t header = (first & 0x0f) * 4u, total;
	uint16_t fragment;

	rd_skip(&r, 1);
	total = rd_u16(&r);
	rd_skip(&r, 2);
	fragment = rd_u16(&r);
	u->ttl = rd_u8(&r);
	proto = rd_u8(&r);
	rd_skip(&r, 2);
	u->src.host = rd_u32(&r);
	u->dst.host = rd_u32(&r);
	if (r.bad)
		return DROP_SHORT;

	if (first >> 4 != 4 || header < IP_HEADER || total < header)
		return DROP_BAD_IP;
	if (total > len)
		return DROP_SHORT;
	/* RFC 1122 3.2.1.2: a host MUST verify it and discard silently. */
	if (csum_fold(csum_add(0, data, header)) != 0)
		return DROP_BAD_IP;
	if (proto != PROTO_UDP)
		return DROP_BAD_IP;
	/* The offset too: only the first fragment has a UDP header. */
	if (fragment & (IP_MORE | IP_OFFSET))
		return DROP_FRAGMENT;

	r = rd_init(data, total);
	rd_skip(&r, header);
	*udp = r;
	return DROP_NONE;
}

enum drop
udpip_parse(struct udpip *u, const void *data, size_t len, bool verify)
{
	uint16_t udp_len, csum;
	struct rd r, whole;
	enum drop d;

	*u = (struct udpip){ 0 };
	d = parse_ip(u, data, len, &r);
	if (d != DROP_NONE)
		return d;

	whole = r;
	u->sport = rd_u16(&r);
	u->dport = rd_u16(&r);
	udp_len = rd_u16(&r);
	csum = rd_u16(&r);
	if (r.bad)
		return DROP_SHORT;
	/* CVE-2015-8605: the UDP length was believed over the IP length. Less
	 * than that is legal, the rest is then no data (Linux trims it too). */
	if (udp_len < UDP_HEADER || udp_len > rd_left(&whole))
		return DROP_BAD_UDP;
	whole = rd_sub(&whole, udp_len);
	/* RFC 768: all zeros means that the sender generated none. */
	if (verify && csum != 0 &&
	    csum_fold(csum_add(csum_pseudo4(u->src, u->dst, PROTO_UDP, udp_len),
		whole.p, udp_len)) != 0)
		return DROP_BAD_CHECKSUM;

	rd_skip(&whole, UDP_HEADER);
	u->payload = whole.p;
	u->payload_len = rd_left(&whole);
	return DROP_NONE;
}

static void
put_u16(uint8_t *at, uint16_t v)
{
	struct wr w = wr_init(at, sizeof(v));

	wr_u16(&w, v);
}

static void
build_ip(uint8_t *hdr, const struct udpip *u, uint16_t udp_len, uint16_t ident)
{
	struct wr w = wr_init(hdr, IP_HEADER);

	wr_u16(&w, 0x4500);			/* version 4, 5 words, no TOS */
	wr_u16(&w, (uint16_t)(IP_HEADER + udp_len));
	wr_u16(&w, ident);
	wr_u16(&w, 0);				/* DF clear, no fragment */
	/* RFC 1122 3.2.1.7: a host MUST NOT send a TTL of zero. */
	wr_u8(&w, u->ttl ? u->ttl : UDPIP_TTL);
	wr_u8(&w, PROTO_UDP);
	wr_u16(&w, 0);
	wr_u32(&w, u->src.host);
	wr_u32(&w, u->dst.host);
	put_u16(hdr + IP_CSUM_AT, csum_fold(csum_add(0, hdr, IP_HEADER)));
}

static void
build_udp(uint8_t *hdr, const struct udpip *u, uint16_t udp_len)
{
	struct wr w = wr_init(hdr, UDP_HEADER);
	uint32_t sum = csum_pseudo4(u->src, u->dst, PROTO_UDP, udp_len);
	uint16_t csum;

	wr_u16(&w, u->sport);
	wr_u16(&w, u->dport);
	wr_u16(&w, udp_len);
	wr_u16(&w, 0);
	sum = csum_add(sum, hdr, UDP_HEADER);
	csum = csum_fold(csum_add(sum, u->payload, u->payload_len));
	/* RFC 768: a computed checksum of zero is sent as all ones. */
	put_u16(hdr + UDP_CSUM_AT, csum ? csum : 0xffff);
}

void
udpip_build(uint8_t hdr[UDPIP_HEADERS], const struct udpip *u, uint16_t ident)
{
	uint16_t udp_len = (uint16_t)(UDP_HEADER + u->payload_len);

	build_ip(hdr, u, udp_len, ident);
	build_udp(hdr + IP_HEADER, u, udp_len);
}
