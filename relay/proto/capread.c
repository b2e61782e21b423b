/* SPDX-License-Identifier: ISC
 *
 * capread - see include/proto/capread.h. A file that may come from anybody is read only
 * through the cursor, one record at a time.
 */
#include "proto/capread.h"

#define PCAP_HEADER	24u
#define PCAP_RECORD	16u
#define PCAPNG_SECTION	0x0a0d0d0au	/* the same in both byte orders */
#define PCAPNG_ORDER	0x1a2b3c4du
#define PCAPNG_FRAME	12u		/* type and length twice, around each block */
#define OPT_TSRESOL	9
#define OPT_TSOFFSET	14

enum block { INTERFACE = 1, OLD_PACKET = 2, SIMPLE_PACKET = 3, PACKET = 6 };

static uint32_t
get32(const struct capread *f, struct rd *r)
{
	return f->big ? rd_u32(r) : rd_le32(r);
}

static uint16_t
get16(const struct capread *f, struct rd *r)
{
	return f->big ? rd_u16(r) : rd_le16(r);
}

/* --- pcap ---------------------------------------------------------------- */

static const struct magic {
	uint32_t value;		/* read as big-endian */
	bool big, nano;
} magics[] = {
	{ 0xa1b2c3d4, true, false }, { 0xd4c3b2a1, false, false },
	{ 0xa1b23c4d, true, true }, { 0x4d3cb2a1, false, true },
};

static enum capread_next
begin_pcap(struct capread *f, struct rd *r)
{
	struct rd h = *r;
	uint32_t value = rd_u32(&h);

	if (rd_left(r) < PCAP_HEADER)
		return CAPREAD_MORE;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i].value == value) {
			f->format = CAPREAD_PCAP;
			f->big = magics[i].big;
			f->nano = magics[i].nano;
		}
	if (f->format != CAPREAD_PCAP)
		return CAPREAD_BAD;
	rd_skip(&h, 16);	/* version, two fields that are 0, snaplen */
	f->n_interface = 1;
	/* The upper bits are about a frame check sequence. */
	f->interface[0].link = (uint16_t)get32(f, &h);
	*r = h;
	return CAPREAD_OTHER;
}

static enum capread_next
next_record(struct capread *f, struct rd *r, struct capread_packet *out)
{
	struct rd h = *r;
	uint32_t s = get32(f, &h), fraction = get32(f, &h);

	*out = (struct capread_packet){ .link = f->interface[0].link };
	out->us = (int64_t)s * 1000000 + (f->nano ? fraction / 1000 : fraction);
	out->len = get32(f, &h);
	out->wire_len = get32(f, &h);
	if (h.bad)
		return CAPREAD_MORE;
	if (out->len > CAPREAD_BLOCK_MAX)
		return CAPREAD_BAD;
	out->data = rd_bytes(&h, out->len);
	if (h.bad)
		return CAPREAD_MORE;
	*r = h;
	return CAPREAD_PACKET;
}

/* --- pcapng -------------------------------------------------------------- */

/* Microseconds of a time in the interface's resolution, which is a negative power of
 * 10, or of 2 if the upper bit is set. */
static int64_t
time_of(const struct capread_interface *i, uint64_t t)
{
	uint64_t per_s = 1, s, rest;
	unsigned power = i->resolution & 0x7f;

	if (power > (i->resolution & 0x80 ? 62u : 18u))
		return 0;
	while (power-- > 0)
		per_s *= i->resolution & 0x80 ? 2 : 10;
	s = t / per_s;
	rest = t % per_s;
	if (s > INT64_MAX / 4000000 || i->offset_s > INT64_MAX / 4000000 ||
	    i->offset_s < 0)
		return 0;
	return ((int64_t)s + i->offset_s) * 1000000 +
	    (int64_t)((long double)rest * 1000000 / per_s);
}

static void
read_interface(struct capread *f, struct rd b)
{
	struct capread_interface *i;

	if (f->n_interface == CAPREAD_INTERFACES)
		return;
	i = &f->interface[f->n_interface++];
	*i = (struct capread_interface){ .link = get16(f, &b), .resolution = 6 };
	rd_skip(&b, 6);		/* reserved, snaplen */
	while (rd_left(&b) >= 4) {
		uint16_t code = get16(f, &b), len = get16(f, &b);
		struct rd value = rd_sub(&b, len);
		uint32_t first;

		rd_skip(&b, -len & 3u);
		if (code == OPT_TSRESOL && len == 1)
			i->resolution = rd_u8(&value);
		if (code != OPT_TSOFFSET || len != 8)
			continue;
		first = get32(f, &value);
		i->offset_s = (int64_t)(f->big ? (uint64_t)first << 32 | get32(f, &value) :
		    (uint64_t)get32(f, &value) << 32 | first);
	}
}

/* Interface, time and both lengths, in the present block or its predecessor. */
static enum capread_next
read_packet(const struct capread *f, uint32_t type, struct rd b, struct capread_packet *out)
{
	uint32_t n = type == OLD_PACKET ? get16(f, &b) : get32(f, &b);
	uint64_t t;

	if (type == OLD_PACKET)
		rd_skip(&b, 2);		/* drops */
	t = (uint64_t)get32(f, &b) << 32;
	t |= get32(f, &b);
	out->len = get32(f, &b);
	out->wire_len = get32(f, &b);
	out->data = rd_bytes(&b, out->len);
	if (b.bad)
		return CAPREAD_BAD;
	if (n >= f->n_interface)
		return CAPREAD_OTHER;
	out->link = f->interface[n].link;
	out->us = time_of(&f->interface[n], t);
	return CAPREAD_PACKET;
}

/* It has no time, and belongs to the first interface. */
static enum capread_next
read_simple_packet(const struct capread *f, struct rd b, struct capread_packet *out)
{
	out->wire_len = get32(f, &b);
	out->len = out->wire_len < rd_left(&b) ? out->wire_len : rd_left(&b);
	out->data = rd_bytes(&b, out->len);
	if (b.bad || f->n_interface == 0)
		return CAPREAD_OTHER;
	out->link = f->interface[0].link;
	return CAPREAD_PACKET;
}

static enum capread_next
read_block(struct capread *f, uint32_t type, struct rd b, struct capread_packet *out)
{
	*out = (struct capread_packet){ .us = 0 };
	switch (type) {
	case INTERFACE:
		read_interface(f, b);
		return CAPREAD_OTHER;
	case PACKET:
	case OLD_PACKET:
		return read_packet(f, type, b, out);
	case SIMPLE_PACKET:
		return read_simple_packet(f, b, out);
	default:
		return CAPREAD_OTHER;
	}
}

/* A section has a byte order and interfaces of its own. */
static enum capread_next
begin_section(struct capread *f, struct rd r)
{
	rd_skip(&r, 8);
	f->big = rd_u32(&r) == PCAPNG_ORDER;
	f->n_interface = 0;
	f->format = CAPREAD_PCAPNG;
	return r.bad ? CAPREAD_MORE : CAPREAD_OTHER;
}

static enum capread_next
next_block(struct capread *f, struct rd *r, struct capread_packet *out)
{
	struct rd h = *r, body;
	uint32_t type = get32(f, &h), len;

	if (type == PCAPNG_SECTION && begin_section(f, *r) == CAPREAD_MORE)
		return CAPREAD_MORE;
	len = get32(f, &h);
	if (h.bad)
		return CAPREAD_MORE;
	if (len < PCAPNG_FRAME || len % 4 || len > CAPREAD_BLOCK_MAX)
		return CAPREAD_BAD;
	if (rd_left(r) < len)
		return CAPREAD_MORE;
	body = rd_sub(&h, len - PCAPNG_FRAME);
	if (get32(f, &h) != len)
		return CAPREAD_BAD;
	*r = h;
	return type == PCAPNG_SECTION ? CAPREAD_OTHER : read_block(f, type, body, out);
}

enum capread_next
capread_next(struct capread *f, struct rd *r, struct capread_packet *out)
{
	struct rd h = *r;
	uint32_t first = rd_u32(&h);

	if (h.bad)
		return CAPREAD_MORE;
	if (f->format == CAPREAD_NEW && first != PCAPNG_SECTION)
		return begin_pcap(f, r);
	return f->format == CAPREAD_PCAP ? next_record(f, r, out) : next_block(f, r, out);
}
