/* SPDX-License-Identifier: ISC
 *
 * icmp - echo and unreachable; the contract stands in include/proto/icmp.h.
 */
#include "proto/icmp.h"

#include "base/csum.h"
#include "base/wire.h"

#define ICMP_ECHO_REPLY	0
#define ICMP_ECHO	8
#define ICMP_UNREACHABLE 3
#define ICMP_FRAG_NEEDED 4	/* code */
#define IP_PROTO_ICMP	1
#define IP_PROTO_UDP	17
#define UDP_HEADER	8
#define IP_FRAGMENT	0x3fff	/* more fragments, or an offset */

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

/* The payload of an unfragmented ICMP packet. */
static struct rd
payload(const void *ip, size_t len, struct ip4 *from)
{
	struct rd r = rd_init(ip, len), none = { r.end, r.end, true };
	uint8_t version = rd_u8(&r);
	size_t header = (version & 15) * 4u;
	uint16_t total, fragment;

	rd_skip(&r, 1);
	total = rd_u16(&r);
	rd_skip(&r, 2);
	fragment = rd_u16(&r);
	rd_skip(&r, 1);
	if (rd_u8(&r) != IP_PROTO_ICMP || version >> 4 != 4 || header < 20 ||
	    total < header || fragment & IP_FRAGMENT)
		return none;
	rd_skip(&r, 2);
	from->host = rd_u32(&r);
	rd_skip(&r, header - 16);
	return rd_sub(&r, total - header);
}

bool
icmp_reply_parse(const void *ip, size_t len, struct ip4 *from, uint32_t *token)
{
	struct rd r = payload(ip, len, from);
	const uint8_t *start = r.p;
	size_t n = rd_left(&r);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	*token = rd_u32(&r);
	return !r.bad && type == ICMP_ECHO_REPLY && code == 0 &&
	    csum_fold(csum_add(0, start, n)) == 0;
}

/* The headers that are quoted; what follows them may be cut off anywhere. */
static bool
read_quote(struct rd *r, struct icmp_quote *q)
{
	uint8_t version = rd_u8(r), proto;
	uint16_t fragment;
	size_t header = (version & 15) * 4u;

	rd_skip(r, 5);
	fragment = rd_u16(r);
	rd_skip(r, 1);
	proto = rd_u8(r);
	rd_skip(r, 2);
	q->src.host = rd_u32(r);
	q->dst.host = rd_u32(r);
	if (r->bad || version >> 4 != 4 || header < 20 || proto != IP_PROTO_UDP ||
	    fragment & IP_FRAGMENT)
		return false;
	rd_skip(r, header - 20);
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
	struct rd r = payload(ip, len, &from);
	const uint8_t *start = r.p;
	size_t n = rd_left(&r);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 6);
	return !r.bad && type == ICMP_UNREACHABLE && code != ICMP_FRAG_NEEDED &&
	    csum_fold(csum_add(0, start, n)) == 0 && read_quote(&r, out);
}
