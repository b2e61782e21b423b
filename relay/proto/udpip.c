/* SPDX-License-Identifier: ISC
 *
 * udpip - reads and builds IP and UDP headers.
 *
 * The kernel does not check what a packet socket receives, so this file repeats
 * what a host must check before delivery: RFC 791 3.1 (header), RFC 1122 3.2.1
 * and 4.1.3 (checksums, silent discard), RFC 768, RFC 8200. No length is trusted
 * beyond the captured bytes. Fragments are not reassembled: no DHCP client sends any.
 * Nor does one send extension headers of IPv6; packets with them are dropped under a
 * name of their own. io/bpf and the daemon select ports and addresses.
 */
#include "proto/udpip.h"

#include "base/csum.h"

#define IP_HEADER	20
#define IP_CSUM_AT	10
#define IP_FRAGMENT	0x3fff	/* more fragments, or an offset */
#define IP_MORE		0x2000
#define IP_FRAGMENT_AT	6
#define IP6_HEADER	40
#define FRAGMENT_HEADER	8
#define UDP_CSUM_AT	6

enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_DESTINATION = 60 };

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

static uint32_t
pseudo_header6(const struct udpip *u, uint16_t udp_len)
{
	uint32_t sum = csum_add(0, u->src.v6.b, sizeof(u->src.v6.b));

	/* A sum of 16 words has 20 bits, so nothing is carried out of 32. */
	return csum_add(sum, u->dst.v6.b, sizeof(u->dst.v6.b)) + udp_len + UDPIP_PROTO_UDP;
}

/* The addresses, the upper-layer length and the next header (RFC 768; RFC 8200 8.1). */
static inline uint32_t
pseudo_header(const struct udpip *u, uint16_t udp_len)
{
	return u->dst.version == 6 ? pseudo_header6(u, udp_len) :
	    csum_pseudo4(u->src.v4, u->dst.v4, UDPIP_PROTO_UDP, udp_len);
}

static enum drop
read_ip4(struct udpip *u, struct rd *r, const void *data, size_t len)
{
	struct udpip_ip ip;
	bool sane = udpip_read_ip(r, &ip) && ip.total_len >= ip.header_len;

	*u = (struct udpip){ .src = ip_of4(ip.src), .dst = ip_of4(ip.dst), .ttl = ip.ttl };
	if (r->bad)
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
	*r = rd_sub(r, ip.total_len - ip.header_len);	/* without link padding */
	return ip.fragment ? DROP_FRAGMENT : DROP_NONE;
}

static enum drop
judge_next_header(uint8_t next)
{
	switch (next) {
	case UDPIP_PROTO_UDP:
		return DROP_NONE;
	case NEXT_FRAGMENT:
		return DROP_FRAGMENT;
	case NEXT_HOP_BY_HOP:
	case NEXT_ROUTING:
	case NEXT_DESTINATION:
		return DROP_EXT_HEADER;
	}
	return DROP_BAD_IP;
}

static enum drop
read_ip6(struct udpip *u, struct rd *r)
{
	uint8_t version = rd_u8(r) >> 4, next;
	uint16_t len;

	*u = (struct udpip){ .src.version = 6, .dst.version = 6 };
	rd_skip(r, 3);
	len = rd_u16(r);
	next = rd_u8(r);
	u->ttl = rd_u8(r);
	rd_copy(r, u->src.v6.b, sizeof(u->src.v6.b));
	rd_copy(r, u->dst.v6.b, sizeof(u->dst.v6.b));
	if (r->bad)
		return DROP_SHORT;
	if (version != 6)
		return DROP_BAD_IP;
	*r = rd_sub(r, len);	/* without link padding */
	return r->bad ? DROP_SHORT : judge_next_header(next);
}

/* A checksum of all zeros: RFC 768, the sender generated none; RFC 8200 8.1, the packet
 * must be discarded. */
static bool
is_checksum_right(const struct udpip *u, uint16_t csum, const struct rd *udp)
{
	uint16_t len = (uint16_t)rd_left(udp);

	if (csum == 0)
		return u->dst.version == 4;
	return csum_fold(csum_add(pseudo_header(u, len), udp->p, len)) == 0;
}

enum drop
udpip_parse(struct udpip *u, enum family family, const void *data, size_t len, bool verify)
{
	struct rd r = rd_init(data, len), udp;
	uint16_t udp_len, csum;
	enum drop why = family == FAMILY6 ? read_ip6(u, &r) : read_ip4(u, &r, data, len);

	if (why != DROP_NONE)
		return why;
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
	if (verify && !is_checksum_right(u, csum, &udp))
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

/* RFC 1122 3.2.1.7: a host MUST NOT send a TTL of zero. */
static uint8_t
ttl_of(const struct udpip *u)
{
	return u->ttl ? u->ttl : UDPIP_TTL;
}

/* fragment: flags and offset; DF is clear. */
static void
put_ip4(struct wr *w, const struct udpip *u, uint16_t ident, uint16_t fragment, size_t len)
{
	wr_u16(w, 0x4500);			/* version 4, 5 words, no TOS */
	wr_u16(w, (uint16_t)(IP_HEADER + len));
	wr_u16(w, ident);
	wr_u16(w, fragment);
	wr_u8(w, ttl_of(u));
	wr_u8(w, UDPIP_PROTO_UDP);
	wr_u16(w, 0);
	wr_u32(w, u->src.v4.host);
	wr_u32(w, u->dst.v4.host);
	put_u16(w->start + IP_CSUM_AT, csum_fold(csum_add(0, w->start, IP_HEADER)));
}

static void
put_ip6(struct wr *w, const struct udpip *u, uint8_t next, uint16_t len)
{
	wr_u32(w, 6u << 28);			/* no traffic class, no flow label */
	wr_u16(w, len);
	wr_u8(w, next);
	wr_u8(w, ttl_of(u));
	wr_bytes(w, u->src.v6.b, sizeof(u->src.v6.b));
	wr_bytes(w, u->dst.v6.b, sizeof(u->dst.v6.b));
}

size_t
udpip_build(uint8_t *hdr, const struct udpip *u, uint16_t ident)
{
	bool six = u->dst.version == 6;
	struct wr w = wr_init(hdr, six ? UDPIP6_HEADERS : UDPIP_HEADERS);
	uint16_t udp_len = (uint16_t)(UDP_HEADER + u->payload_len), csum;
	uint32_t sum = pseudo_header(u, udp_len);
	uint8_t *udp;

	if (six)
		put_ip6(&w, u, UDPIP_PROTO_UDP, udp_len);
	else
		put_ip4(&w, u, ident, 0, udp_len);
	udp = w.p;
	wr_u16(&w, u->sport);
	wr_u16(&w, u->dport);
	wr_u16(&w, udp_len);
	wr_u16(&w, 0);
	sum = csum_add(sum, udp, UDP_HEADER);
	csum = csum_fold(csum_add(sum, u->payload, u->payload_len));
	/* RFC 768, RFC 8200 8.1: a computed checksum of zero is sent as all ones. */
	put_u16(udp + UDP_CSUM_AT, csum ? csum : 0xffff);
	return wr_len(&w);
}

bool
udpip_exceeds(const struct udpip *u, size_t mtu)
{
	bool six = u->dst.version == 6;

	return mtu >= (six ? UDPIP6_MTU_MIN : UDPIP_MTU_MIN) &&
	    (six ? UDPIP6_HEADERS : UDPIP_HEADERS) + u->payload_len > mtu;
}

size_t
udpip_build_fragment(uint8_t *hdr, const struct udpip *u, size_t at, size_t mtu,
    uint16_t ident)
{
	bool six = u->dst.version == 6;
	size_t left = UDP_HEADER + u->payload_len - at;
	size_t most = (mtu - (six ? IP6_HEADER + FRAGMENT_HEADER : IP_HEADER)) & ~7u;
	size_t n = left < most ? left : most;
	struct wr w = wr_init(hdr, six ? UDPIP6_HEADERS : IP_HEADER);

	if (!six) {
		put_ip4(&w, u, ident, (uint16_t)(at / 8 | (n < left ? IP_MORE : 0)), n);
		return n;
	}
	put_ip6(&w, u, NEXT_FRAGMENT, (uint16_t)(FRAGMENT_HEADER + n));
	wr_u16(&w, UDPIP_PROTO_UDP << 8);
	wr_u16(&w, (uint16_t)(at | (n < left)));	/* the last bit: more follow */
	wr_u32(&w, ident);
	return n;
}

size_t
udpip_header_len(const uint8_t *hdr)
{
	struct rd r = rd_init(hdr, IP_HEADER);

	if (hdr[0] >> 4 == 6)
		return UDPIP6_HEADERS;
	rd_skip(&r, IP_FRAGMENT_AT);
	return rd_u16(&r) & IP_FRAGMENT ? IP_HEADER : UDPIP_HEADERS;
}
