/* SPDX-License-Identifier: ISC
 *
 * frame - see include/proto/frame.h.
 */
#include "proto/frame.h"

#define TAGS_MAX	4	/* more are no VLANs */

enum link {
	LINK_ETHERNET = 1, LINK_RAW_BSD = 12, LINK_RAW_OPENBSD = 14, LINK_RAW = 101,
	LINK_SLL = 113, LINK_IPV4 = 228, LINK_IPV6 = 229, LINK_SLL2 = 276,
};

enum ethertype {
	TYPE_IPV4 = 0x0800, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd, TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
};

bool
frame_knows(uint16_t link)
{
	return link == LINK_ETHERNET || link == LINK_RAW_BSD || link == LINK_RAW_OPENBSD ||
	    link == LINK_RAW || link == LINK_SLL || link == LINK_IPV4 ||
	    link == LINK_IPV6 || link == LINK_SLL2;
}

static bool
is_tag(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

static void
read_source(struct frame *f, struct rd *r)
{
	rd_copy(r, f->source.b, sizeof(f->source.b));
	f->has_source = !r->bad;
}

/* The Ethernet type of a cooked frame. Its source has room for 8 bytes. */
static uint16_t
read_sll(struct frame *f, struct rd *r)
{
	uint16_t len;

	rd_skip(r, 4);		/* packet type, hardware type */
	len = rd_u16(r);
	read_source(f, r);
	f->has_source = len == sizeof(f->source.b);
	rd_skip(r, 2);
	return rd_u16(r);
}

static uint16_t
read_sll2(struct frame *f, struct rd *r)
{
	uint16_t type = rd_u16(r);
	uint8_t len;

	rd_skip(r, 9);		/* reserved, interface, hardware type, packet type */
	len = rd_u8(r);
	read_source(f, r);
	f->has_source = len == sizeof(f->source.b);
	rd_skip(r, 2);
	return type;
}

static uint16_t
read_link(struct frame *f, uint16_t link, struct rd *r)
{
	switch (link) {
	case LINK_ETHERNET:
		rd_skip(r, sizeof(f->source.b));
		read_source(f, r);
		return rd_u16(r);
	case LINK_SLL:
		return read_sll(f, r);
	case LINK_SLL2:
		return read_sll2(f, r);
	default:		/* raw: the version tells */
		return rd_left(r) && *r->p >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
	}
}

bool
frame_parse(struct frame *f, uint16_t link, const void *data, size_t len)
{
	uint16_t type;

	*f = (struct frame){ .ip = rd_init(data, len) };
	if (!frame_knows(link))
		return false;
	type = read_link(f, link, &f->ip);
	for (unsigned i = 0; i < TAGS_MAX && is_tag(type); i++) {
		rd_skip(&f->ip, 2);
		type = rd_u16(&f->ip);
	}
	f->family = type == TYPE_IPV6 ? FAMILY6 : FAMILY4;
	return (type == TYPE_IPV4 || type == TYPE_IPV6) && !f->ip.bad;
}
