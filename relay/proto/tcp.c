/* SPDX-License-Identifier: ISC
 *
 * tcp - see include/proto/tcp.h.
 */
#include "proto/tcp.h"

#include "proto/udpip.h"

#define PROTO_TCP	6
#define TCP_HEADER	20u
#define TCP_FIN		0x01

/* Reads an IP header. Returns the length of what follows, 0 if it is not TCP. */
static size_t
read_ip4(struct tcp *t, struct rd *r)
{
	struct udpip_ip ip;

	if (!udpip_read_ip(r, &ip) || ip.proto != PROTO_TCP || ip.fragment ||
	    ip.total_len < ip.header_len)
		return 0;
	t->src = ip_of4(ip.src);
	t->dst = ip_of4(ip.dst);
	return ip.total_len - ip.header_len;
}

static size_t
read_ip6(struct tcp *t, struct rd *r)
{
	struct ip6 src, dst;
	size_t len;
	uint8_t next;

	rd_skip(r, 4);		/* version, traffic class, flow label */
	len = rd_u16(r);
	next = rd_u8(r);
	rd_skip(r, 1);
	rd_copy(r, src.b, sizeof(src.b));
	rd_copy(r, dst.b, sizeof(dst.b));
	t->src = ip_of6(src);
	t->dst = ip_of6(dst);
	return r->bad || next != PROTO_TCP ? 0 : len;
}

bool
tcp_parse(struct tcp *t, enum family family, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	size_t all = family == FAMILY6 ? read_ip6(t, &r) : read_ip4(t, &r), header;

	if (all < TCP_HEADER)
		return false;
	if (rd_left(&r) > all)
		r = rd_sub(&r, all);	/* without link padding */
	t->sport = rd_u16(&r);
	t->dport = rd_u16(&r);
	t->seq = rd_u32(&r);
	rd_skip(&r, 4);
	header = (rd_u8(&r) >> 4) * 4u;
	t->fin = rd_u8(&r) & TCP_FIN;
	rd_skip(&r, 6);
	if (header < TCP_HEADER || header > all)
		return false;
	rd_skip(&r, header - TCP_HEADER);
	t->payload = r;
	t->payload_len = all - header;
	return !r.bad;
}
