/* SPDX-License-Identifier: ISC
 *
 * udpip - reads and builds IPv4 and UDP headers.
 *
 * The kernel does not check what a packet socket receives, so this file repeats
 * what a host must check before delivery: RFC 791 3.1 (header), RFC 1122 3.2.1
 * and 4.1.3 (checksums, silent discard), RFC 768. No length is trusted beyond
 * the captured bytes. Fragments are not reassembled: no DHCP client sends any.
 * io/bpf and the daemon select ports and addresses.
 */
#include "proto/udpip.h"

#include "base/csum.h"

#define IP_HEADER	20
#define IP_CSUM_AT	10
#define IP_FRAGMENT	0x3fff	/* more fragments, or an offset */
#define UDP_HEADER	8
#define UDP_CSUM_AT	6

bool
udpip_read_ip(struct rd *r, struct udpip_ip *ip)
{
	uint8_t first = rd_u8(r);

	ip->header_len = (first & 0x0f) * 4u;
	rd_skip(r, 1);
	ip->total_len = rd_u16(r);
	rd_skip(r, 2);
	ip->fragment = rd_u16(r) & IP_FRAGMENT;
	ip->ttl = rd_u8(r);
	ip->proto = rd_u8(r);
	rd_skip(r, 2);
	ip->src.host = rd_u32(r);
	ip->dst.host = rd_u32(r);
	if (r->bad || first >> 4 != 4 || ip->header_len < IP_HEADER)
		return false;
	rd_skip(r, ip->header_len - IP_HEADER);
	return !r->bad;
}

enum drop
udpip_parse(struct udpip *u, const void *data, size_t len, bool verify)
{
	struct rd r = rd_init(data, len), udp;
	struct udpip_ip ip;
	bool sane = udpip_read_ip(&r, &ip) && ip.total_len >= ip.header_len;
	uint16_t udp_len, csum;

	*u = (struct udpip){ .src = ip.src, .dst = ip.dst, .ttl = ip.ttl };
	if (r.bad)
		return DROP_SHORT;
	if (!sane)
		return DROP_BAD_IP;
	if (ip.total_len > len)
		return DROP_SHORT;
	/* RFC 1122 3.2.1.2: a host MUST verify it and discard silently. */
	if (csum_fold(csum_add(0, data, ip.header_len)) != 0)
		return DROP_BAD_IP;
	if (ip.proto != UDPIP_PROTO_UDP)
		return DROP_BAD_IP;
	if (ip.fragment)
		return DROP_FRAGMENT;

	r = rd_sub(&r, ip.total_len - ip.header_len);	/* without link padding */
	udp = r;
	u->sport = rd_u16(&r);
	u->dport = rd_u16(&r);
	udp_len = rd_u16(&r);
	csum = rd_u16(&r);
	if (r.bad)
		return DROP_SHORT;
	/* CVE-2015-8605: a UDP length beyond the IP length was believed. A
	 * smaller one is legal; Linux, too, trims the rest. */
	if (udp_len < UDP_HEADER || udp_len > rd_left(&udp))
		return DROP_BAD_UDP;
	udp = rd_sub(&udp, udp_len);
	/* RFC 768: all zeros means that the sender generated none. */
	if (verify && csum != 0 &&
	    csum_fold(csum_add(csum_pseudo4(u->src, u->dst, UDPIP_PROTO_UDP,
		udp_len), udp.p, udp_len)) != 0)
		return DROP_BAD_CHECKSUM;

	rd_skip(&udp, UDP_HEADER);
	u->payload = udp.p;
	u->payload_len = rd_left(&udp);
	return DROP_NONE;
}

static void
put_u16(uint8_t *at, uint16_t v)
{
	struct wr w = wr_init(at, sizeof(v));

	wr_u16(&w, v);
}

void
udpip_build(uint8_t hdr[UDPIP_HEADERS], const struct udpip *u, uint16_t ident)
{
	struct wr w = wr_init(hdr, UDPIP_HEADERS);
	uint16_t udp_len = (uint16_t)(UDP_HEADER + u->payload_len), csum;
	uint32_t sum = csum_pseudo4(u->src, u->dst, UDPIP_PROTO_UDP, udp_len);

	wr_u16(&w, 0x4500);			/* version 4, 5 words, no TOS */
	wr_u16(&w, (uint16_t)(IP_HEADER + udp_len));
	wr_u16(&w, ident);
	wr_u16(&w, 0);				/* DF clear, no fragment */
	/* RFC 1122 3.2.1.7: a host MUST NOT send a TTL of zero. */
	wr_u8(&w, u->ttl ? u->ttl : UDPIP_TTL);
	wr_u8(&w, UDPIP_PROTO_UDP);
	wr_u16(&w, 0);
	wr_u32(&w, u->src.host);
	wr_u32(&w, u->dst.host);
	put_u16(hdr + IP_CSUM_AT, csum_fold(csum_add(0, hdr, IP_HEADER)));

	wr_u16(&w, u->sport);
	wr_u16(&w, u->dport);
	wr_u16(&w, udp_len);
	wr_u16(&w, 0);
	sum = csum_add(sum, hdr + IP_HEADER, UDP_HEADER);
	csum = csum_fold(csum_add(sum, u->payload, u->payload_len));
	/* RFC 768: a computed checksum of zero is sent as all ones. */
	put_u16(hdr + IP_HEADER + UDP_CSUM_AT, csum ? csum : 0xffff);
}
