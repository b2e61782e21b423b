/* SPDX-License-Identifier: ISC
 *
 * wire - the cursor through which pxrelay reads and writes every network byte.
 *
 * A reader (struct rd) and a writer (struct wr) walk a borrowed buffer, which
 * must outlive them. Both have a sticky error: a short read gives zeros and
 * sets `bad`, a write that does not fit writes nothing and sets `bad`, so
 * straight-line code may read ten fields and test `bad` once. A child reader
 * made by rd_sub() cannot see past its own TLV, whatever lengths are inside.
 *
 * Values are big-endian in the buffer, except for the _le functions.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p;	/* next byte; borrowed */
	const uint8_t *end;	/* one past the last byte */
	bool bad;		/* sticky: something did not fit */
};

struct wr {
	uint8_t *start;		/* borrowed */
	uint8_t *p;
	uint8_t *end;
	bool bad;
};

static inline struct rd
rd_init(const void *buf, size_t len)
{
	/* NULL is an empty buffer: arithmetic on it is undefined, even + 0. */
	const uint8_t *p = buf ? buf : "";

	return (struct rd){ p, buf ? p + len : p, false };
}

static inline size_t
rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* n bytes, borrowed from the buffer; NULL (and bad) if fewer are left. */
static inline const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || rd_left(r) < n) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static inline void
rd_skip(struct rd *r, size_t n)
{
	(void)rd_bytes(r, n);
}

static inline uint8_t
rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t
rd_u16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
rd_u32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint16_t
rd_le16(struct rd *r)
{
	return __builtin_bswap16(rd_u16(r));
}

static inline uint32_t
rd_le32(struct rd *r)
{
	return __builtin_bswap32(rd_u32(r));
}

/* Copies n bytes out; zeros the target if fewer are left. */
static inline void
rd_copy(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

/* A child reader of the next n bytes; empty and bad if fewer are left. */
static inline struct rd
rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (!p)
		return (struct rd){ r->end, r->end, true };
	return (struct rd){ p, p + n, false };
}

/* buf must not be NULL, even if size is 0. */
static inline struct wr
wr_init(void *buf, size_t size)
{
	uint8_t *p = buf;

	return (struct wr){ p, p, p + size, false };
}

static inline size_t
wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

static inline size_t
wr_left(const struct wr *w)
{
	return (size_t)(w->end - w->p);
}

/* Reserves n bytes for the caller to fill; NULL (and bad) if they don't fit. */
static inline uint8_t *
wr_room(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->bad || wr_left(w) < n) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	return p;
}

static inline void
wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_room(w, 1);

	if (p)
		p[0] = v;
}

static inline void
wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_room(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void
wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_room(w, 4);

	if (p) {
		p[0] = (uint8_t)(v >> 24);
		p[1] = (uint8_t)(v >> 16);
		p[2] = (uint8_t)(v >> 8);
		p[3] = (uint8_t)v;
	}
}

static inline void
wr_le16(struct wr *w, uint16_t v)
{
	wr_u16(w, __builtin_bswap16(v));
}

static inline void
wr_le32(struct wr *w, uint32_t v)
{
	wr_u32(w, __builtin_bswap32(v));
}

static inline void
wr_bytes(struct wr *w, const void *from, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p && n)
		memcpy(p, from, n);
}

static inline void
wr_zeros(struct wr *w, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p)
		memset(p, 0, n);
}

#endif
