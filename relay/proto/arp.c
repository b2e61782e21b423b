/* SPDX-License-Identifier: ISC
 *
 * arp - builds and reads ARP packets (RFC 826). io/query sends them; what a
 * reply proves is decided by its callers.
 */
#include "proto/arp.h"

#include "base/wire.h"

#define ARP_ETHERNET	1
#define ARP_IPV4	0x0800

size_t
arp_request(uint8_t *out, size_t size, const struct mac *sender_mac,
    struct ip4 sender, struct ip4 target)
{
	struct wr w = wr_init(out, size);

	wr_u16(&w, ARP_ETHERNET);
	wr_u16(&w, ARP_IPV4);
	wr_u8(&w, 6);
	wr_u8(&w, 4);
	wr_u16(&w, ARP_REQUEST);
	wr_bytes(&w, sender_mac->b, sizeof(sender_mac->b));
	wr_u32(&w, sender.host);
	wr_zeros(&w, 6);
	wr_u32(&w, target.host);
	return w.bad ? 0 : wr_len(&w);
}

bool
arp_parse(struct arp *a, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	uint16_t hardware = rd_u16(&r), protocol = rd_u16(&r), lengths = rd_u16(&r);
	uint16_t op = rd_u16(&r);

	a->op = op == ARP_REPLY ? ARP_REPLY : ARP_REQUEST;
	rd_copy(&r, a->sender_mac.b, 6);
	a->sender.host = rd_u32(&r);
	rd_copy(&r, a->target_mac.b, 6);
	a->target.host = rd_u32(&r);
	return !r.bad && hardware == ARP_ETHERNET && protocol == ARP_IPV4 &&
	    lengths == 0x0604 && (op == ARP_REQUEST || op == ARP_REPLY);
}
