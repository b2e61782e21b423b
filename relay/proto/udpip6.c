/* SPDX-License-Identifier: ISC
 *
 * udpip6 - IPv6 and UDP headers of the raw path.
 *
 * As for IPv4, the kernel has checked nothing of what a packet socket receives. There is no
 * header checksum; the one of UDP is mandatory (RFC 8200 8.1). A relay's clients send plain
 * UDP: extension headers before it are dropped under a name of their own, fragments too, since
 * reassembly is the kernel's (RFC 9915 and known firmware need neither).
 */
#include "proto/udpip6.h"

#include "base/csum.h"
#include "base/wire.h"

#define IP_HEADER	40
#define UDP_HEADER	8
#define UDP_CSUM_AT	6

enum { NEXT_HOP_BY_HOP = 0, NEXT_UDP = 17, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44,
	NEXT_DESTINATION = 60 };

static enum drop
judge_next_header(uint8_t next)
{
	switch (next) {
	case NEXT_UDP:
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

/* RFC 8200 8.1: addresses, the upper-layer length in 32 bits, the next header. */
static uint32_t
pseudo_header(struct ip6 src, struct ip6 dst, uint16_t udp_len)
{
	uint32_t sum = csum_add(0, src.b, sizeof(src.b));

	/* A sum of 16 words has 20 bits, so nothing is carried out of 32. */
	return csum_add(sum, dst.b, sizeof(dst.b)) + udp_len + NEXT_UDP;
}

enum drop
udpip6_parse(struct udpip6 *u, const void *data, size_t len, bool verify)
{
	struct rd r = rd_init(data, len), udp;
	uint8_t version = rd_u8(&r) >> 4, next;
	uint16_t payload, udp_len, csum;
	enum drop why;

	*u = (struct udpip6){ .hop_limit = 0 };
	rd_skip(&r, 3);
	payload = rd_u16(&r);
	next = rd_u8(&r);
	u->hop_limit = rd_u8(&r);
	rd_copy(&r, u->src.b, sizeof(u->src.b));
	rd_copy(&r, u->dst.b, sizeof(u->dst.b));
	if (r.bad)
		return DROP_SHORT;
	if (version != 6)
		return DROP_BAD_IP;
	r = rd_sub(&r, payload);	/* without link padding */
	if (r.bad)
		return DROP_SHORT;
	why = judge_next_header(next);
	if (why != DROP_NONE)
		return why;
	udp = r;
	u->sport = rd_u16(&r);
	u->dport = rd_u16(&r);
	udp_len = rd_u16(&r);
	csum = rd_u16(&r);
	if (r.bad)
		return DROP_SHORT;
	if (udp_len < UDP_HEADER || udp_len > rd_left(&udp))
		return DROP_BAD_UDP;
	udp = rd_sub(&udp, udp_len);
	if (verify && (csum == 0 || csum_fold(csum_add(pseudo_header(u->src, u->dst, udp_len),
	    udp.p, udp_len)) != 0))
		return DROP_BAD_CHECKSUM;
	rd_skip(&udp, UDP_HEADER);
	u->payload = udp.p;
	u->payload_len = rd_left(&udp);
	return DROP_NONE;
}

void
udpip6_build(uint8_t hdr[UDPIP6_HEADERS], const struct udpip6 *u)
{
	struct wr w = wr_init(hdr, UDPIP6_HEADERS);
	uint16_t udp_len = (uint16_t)(UDP_HEADER + u->payload_len), csum;
	uint32_t sum = pseudo_header(u->src, u->dst, udp_len);

	wr_u32(&w, 6u << 28);			/* no traffic class, no flow label */
	wr_u16(&w, udp_len);
	wr_u8(&w, NEXT_UDP);
	wr_u8(&w, u->hop_limit ? u->hop_limit : UDPIP6_HOPS);
	wr_bytes(&w, u->src.b, sizeof(u->src.b));
	wr_bytes(&w, u->dst.b, sizeof(u->dst.b));
	wr_u16(&w, u->sport);
	wr_u16(&w, u->dport);
	wr_u16(&w, udp_len);
	wr_u16(&w, 0);
	sum = csum_add(sum, hdr + IP_HEADER, UDP_HEADER);
	csum = csum_fold(csum_add(sum, u->payload, u->payload_len));
	/* RFC 8200 8.1: a computed checksum of zero is sent as all ones. */
	w = wr_init(hdr + IP_HEADER + UDP_CSUM_AT, sizeof(csum));
	wr_u16(&w, csum ? csum : 0xffff);
}
