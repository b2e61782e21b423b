/* SPDX-License-Identifier: ISC
 *
 * icmp - builds echo requests, reads echo replies and "unreachable" (RFC 792).
 * io/query and the packet path decide what follows from them.
 */
#include "proto/icmp.h"

#include "base/csum.h"
#include "base/wire.h"
#include "proto/udpip.h"

#define ICMP_ECHO_REPLY	0
#define ICMP_ECHO	8
#define ICMP_UNREACHABLE 3
#define ICMP_FRAG_NEEDED 4	/* code */
#define IP_PROTO_ICMP	1

size_t
icmp_echo(uint8_t *out, size_t size, uint32_t token)
{
	struct wr w = wr_init(out, size), sum;

	wr_u8(&w, ICMP_ECHO);
	wr_u8(&w, 0);
	wr_u16(&w, 0);
	wr_u32(&w, token);
	wr_bytes(&w, "pxrelay\0", 8);
	if (w.bad)
		return 0;
	sum = wr_init(out + 2, 2);
	wr_u16(&sum, csum_fold(csum_add(0, out, wr_len(&w))));
	return wr_len(&w);
}

/* The ICMP message of a packet; empty and bad if it is another, or a
 * fragment. */
static struct rd
read_message(const void *packet, size_t len, struct ip4 *from)
{
	struct rd r = rd_init(packet, len);
	struct udpip_ip ip;

	if (!udpip_read_ip(&r, &ip) || ip.proto != IP_PROTO_ICMP || ip.fragment ||
	    ip.total_len < ip.header_len)
		return (struct rd){ r.end, r.end, true };
	*from = ip.src;
	return rd_sub(&r, ip.total_len - ip.header_len);
}

bool
icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token)
{
	struct rd r = read_message(ip, len, from);
	const uint8_t *start = r.p;
	size_t n = rd_left(&r);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	*token = rd_u32(&r);
	return !r.bad && type == ICMP_ECHO_REPLY && code == 0 &&
	    csum_fold(csum_add(0, start, n)) == 0;
}

/* Reads the quoted headers; the data after them may be cut anywhere. */
static bool
read_quote(struct rd *r, struct icmp_quote *q)
{
	struct udpip_ip ip;

	if (!udpip_read_ip(r, &ip) || ip.proto != UDPIP_PROTO_UDP || ip.fragment)
		return false;
	q->src = ip.src;
	q->dst = ip.dst;
	q->sport = rd_u16(r);
	q->dport = rd_u16(r);
	rd_skip(r, UDP_HEADER - 4);
	q->data = r->p;
	q->len = rd_left(r);
	return !r->bad;
}

bool
icmp_unreachable_parse(const void *ip, size_t len, struct icmp_quote *out)
{
	struct ip4 from;
	struct rd r = read_message(ip, len, &from);
	const uint8_t *start = r.p;
	size_t n = rd_left(&r);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 6);
	return !r.bad && type == ICMP_UNREACHABLE && code != ICMP_FRAG_NEEDED &&
	    csum_fold(csum_add(0, start, n)) == 0 && read_quote(&r, out);
}
