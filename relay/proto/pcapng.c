/* SPDX-License-Identifier: ISC
 *
 * pcapng - writes and reads blocks of capture files. Numbers and layouts are
 * those of draft-ietf-opsawg-pcapng sections 3 (blocks, options) and 4 (types
 * of blocks). What is captured is decided by relay/observe.
 */
#include "proto/pcapng.h"

#define MAGIC		0x1a2b3c4du
#define HEAD		8u	/* type and length, before the body */
#define FRAME		12u	/* HEAD, and the length again after the body */

/* Options; numbers above 1 depend on the type of block. */
#define OPT_END		0
#define OPT_COMMENT	1
#define SHB_USERAPPL	4
#define IF_NAME		2
#define IF_DESCRIPTION	3
#define IF_TSRESOL	9
#define EPB_FLAGS	2
#define ISB_IFRECV	4
#define ISB_IFDROP	5

#define NANOSECONDS	9	/* if_tsresol: 10^-9 */
#define STATS_BODY	12	/* of a STATS block, before its options */

static void
put_u64(struct wr *w, uint64_t v)
{
	wr_le32(w, (uint32_t)v);
	wr_le32(w, (uint32_t)(v >> 32));
}

/* A time is two words, the high one first. */
static void
put_time(struct wr *w, uint64_t ns)
{
	wr_le32(w, (uint32_t)(ns >> 32));
	wr_le32(w, (uint32_t)ns);
}

static size_t
padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static void
put_option(struct wr *w, uint16_t code, const void *value, size_t len)
{
	wr_le16(w, code);
	wr_le16(w, (uint16_t)len);
	wr_bytes(w, value, len);
	wr_zeros(w, padded(len) - len);
}

static void
put_text(struct wr *w, uint16_t code, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len)
		put_option(w, code, text, len < UINT16_MAX ? len : UINT16_MAX);
}

static void
put_option64(struct wr *w, uint16_t code, uint64_t v)
{
	wr_le16(w, code);
	wr_le16(w, 8);
	put_u64(w, v);
}

/* Returns the start of the block; block_end() fills in its length. */
static uint8_t *
block_begin(struct wr *w, uint32_t type)
{
	uint8_t *at = w->p;

	wr_le32(w, type);
	wr_le32(w, 0);
	return at;
}

static void
block_end(struct wr *w, uint8_t *block)
{
	uint32_t len = (uint32_t)(w->p - block) + 8;
	struct wr at;

	wr_le32(w, OPT_END);	/* and its length, which is 0 too */
	wr_le32(w, len);
	if (w->bad) {
		w->p = block;
		return;
	}
	at = wr_init(block + 4, 4);
	wr_le32(&at, len);
}

void
pcapng_section(struct wr *w, const char *application)
{
	uint8_t *block = block_begin(w, PCAPNG_SECTION);

	wr_le32(w, MAGIC);
	wr_le16(w, 1);			/* version 1.0 */
	wr_le16(w, 0);
	put_u64(w, UINT64_MAX);		/* length of the section: unknown */
	put_text(w, SHB_USERAPPL, application);
	block_end(w, block);
}

void
pcapng_interface(struct wr *w, uint16_t linktype, uint32_t snaplen,
    const char *name, const char *description)
{
	uint8_t *block = block_begin(w, PCAPNG_INTERFACE), resolution = NANOSECONDS;

	wr_le16(w, linktype);
	wr_le16(w, 0);
	wr_le32(w, snaplen);
	put_text(w, IF_NAME, name);
	put_text(w, IF_DESCRIPTION, description);
	put_option(w, IF_TSRESOL, &resolution, sizeof(resolution));
	block_end(w, block);
}

void
pcapng_packet(struct wr *w, const struct pcapng_packet *p)
{
	uint8_t *block = block_begin(w, PCAPNG_PACKET);
	size_t len = p->head_len + p->body_len;

	wr_le32(w, p->interface);
	put_time(w, p->ns);
	wr_le32(w, (uint32_t)len);
	wr_le32(w, (uint32_t)(p->wire_len > len ? p->wire_len : len));
	wr_bytes(w, p->head, p->head_len);
	wr_bytes(w, p->body, p->body_len);
	wr_zeros(w, padded(len) - len);
	put_text(w, OPT_COMMENT, p->comment);
	wr_le16(w, EPB_FLAGS);
	wr_le16(w, 4);
	wr_le32(w, p->flags);
	block_end(w, block);
}

void
pcapng_stats(struct wr *w, uint32_t interface, uint64_t ns, uint64_t received,
    uint64_t dropped)
{
	uint8_t *block = block_begin(w, PCAPNG_STATS);

	wr_le32(w, interface);
	put_time(w, ns);
	put_option64(w, ISB_IFRECV, received);
	put_option64(w, ISB_IFDROP, dropped);
	block_end(w, block);
}

enum pcapng_next
pcapng_next(struct rd *r, struct pcapng_block *out)
{
	struct rd b = *r, body;
	uint32_t type = rd_le32(&b), len = rd_le32(&b);

	if (b.bad)
		return PCAPNG_MORE;
	if (len < FRAME || len % 4 || len > PCAPNG_BLOCK_MAX)
		return PCAPNG_BAD;
	body = rd_sub(&b, len - FRAME);
	if (body.bad || rd_left(&b) < 4)
		return PCAPNG_MORE;
	if (rd_le32(&b) != len)
		return PCAPNG_BAD;
	*out = (struct pcapng_block){ type, r->p, len };
	*r = b;
	return PCAPNG_WHOLE;
}

static struct rd
body_of(const struct pcapng_block *b)
{
	return rd_init(b->data + HEAD, b->len - FRAME);
}

bool
pcapng_interface_of(const struct pcapng_block *b, uint32_t *interface)
{
	struct rd r = body_of(b);

	if (b->type != PCAPNG_PACKET && b->type != PCAPNG_STATS)
		return false;
	*interface = rd_le32(&r);
	return !r.bad;
}

void
pcapng_set_interface(uint8_t *block, uint32_t interface)
{
	struct wr w = wr_init(block + HEAD, 4);

	wr_le32(&w, interface);
}

uint64_t
pcapng_dropped(const struct pcapng_block *b)
{
	struct rd r = body_of(b), value;
	uint32_t low;

	rd_skip(&r, STATS_BODY);
	while (rd_left(&r) > 0) {
		uint16_t code = rd_le16(&r), len = rd_le16(&r);

		value = rd_sub(&r, len);
		rd_skip(&r, padded(len) - len);
		if (value.bad || code == OPT_END)
			break;
		if (code != ISB_IFDROP || len != 8)
			continue;
		low = rd_le32(&value);
		return (uint64_t)rd_le32(&value) << 32 | low;
	}
	return 0;
}
