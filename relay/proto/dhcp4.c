/* SPDX-License-Identifier: ISC
 *
 * dhcp4 - reads BOOTP/DHCPv4 messages, edits copies and builds requests.
 *
 * A message is checked and indexed once; a look-up starts at the option's first
 * instance. core/relay4 decides whether the message may be relayed; proto/pxe
 * reads what PXE clients say in it.
 *
 * Rules: RFC 951 and 1542 (fixed part), RFC 2131 2 and 4.1 and RFC 2132 3.1,
 * 3.2, 9.3 (options, pad, end, overload), RFC 3396 (options in several parts).
 *
 * A relay passes on what it does not understand. So a message is invalid only
 * if its options cannot be located; garbage in sname or file is not indexed.
 */
#include "proto/dhcp4.h"

#include <string.h>

/* sname and file precede the cookie, so an offset tells the area. */
#define COOKIE_AT	DHCP4_HEADER
#define HTYPE_ETHERNET	1

/* At END, the cursor stays. it->r is bad if an option reaches past the area. */
bool
dhcp4_next(struct dhcp4_iter *it, struct dhcp4_item *out)
{
	struct rd ahead = it->r;

	while (rd_left(&ahead) > 0) {
		it->r = ahead;
		out->at = (size_t)(ahead.p - it->base);
		out->code = rd_u8(&ahead);
		/* Pad and end have no length byte (RFC 2132 3.1, 3.2). */
		if (out->code == DHCP4_OPT_PAD)
			continue;
		if (out->code == DHCP4_OPT_END)
			return false;
		out->value = rd_sub(&ahead, rd_u8(&ahead));
		it->r = ahead;
		return !ahead.bad;
	}
	it->r = ahead;
	return false;
}

static struct dhcp4_iter
area(const struct dhcp4 *m, size_t from, size_t to)
{
	return (struct dhcp4_iter){ rd_init(m->data + from, to - from), m->data };
}

/* sname and file are empty unless overloaded. */
struct dhcp4_iter
dhcp4_iter(const struct dhcp4 *m, enum dhcp4_area a)
{
	size_t at = DHCP4_OFF_FILE, len = DHCP4_LEN_FILE;

	switch (a) {
	case DHCP4_AREA_OPTIONS:
		return m->cookie ? area(m, DHCP4_OPTIONS, m->end_at) :
		    area(m, m->len, m->len);
	case DHCP4_AREA_SNAME:
		at = DHCP4_OFF_SNAME;
		len = m->overload & DHCP4_OVERLOAD_SNAME ? DHCP4_LEN_SNAME : 0;
		break;
	case DHCP4_AREA_FILE:
		len = m->overload & DHCP4_OVERLOAD_FILE ? DHCP4_LEN_FILE : 0;
		break;
	}
	return area(m, at, at + len);
}

/* Records the first instance of each option, and whether any is repeated. */
static void
index_area(struct dhcp4 *m, struct dhcp4_iter *it)
{
	struct dhcp4_item o;

	while (dhcp4_next(it, &o))
		if (m->at[o.code] == 0)
			m->at[o.code] = (uint16_t)o.at;
		else
			m->repeats = true;
}

static void
read_header(struct dhcp4 *m)
{
	struct rd r = rd_init(m->data, m->len);

	m->op = rd_u8(&r);
	m->htype = rd_u8(&r);
	m->hlen = rd_u8(&r);
	m->hops = rd_u8(&r);
	m->xid = rd_u32(&r);
	m->secs = rd_u16(&r);
	m->flags = rd_u16(&r);
	m->ciaddr.host = rd_u32(&r);
	m->yiaddr.host = rd_u32(&r);
	m->siaddr.host = rd_u32(&r);
	m->giaddr.host = rd_u32(&r);
	m->chaddr = rd_bytes(&r, 16);
}

/* RFC 1542 3.4, RFC 2131 3: without the cookie, vend is opaque. */
static bool
has_cookie(const struct dhcp4 *m)
{
	struct rd r = rd_init(m->data + COOKIE_AT, m->len - COOKIE_AT);

	return rd_u32(&r) == DHCP4_COOKIE;
}

/* RFC 2132 9.3 defines one byte of 1, 2 or 3. dhcpd and dnsmasq test two bits
 * of the first byte; a stricter relay would miss an option 82. */
static uint8_t
read_overload(const struct dhcp4 *m)
{
	uint8_t how[1];

	if (dhcp4_opt_join(m, DHCP4_OPT_OVERLOAD, how, sizeof(how)) == 0)
		return 0;
	return how[0] & (DHCP4_OVERLOAD_FILE | DHCP4_OVERLOAD_SNAME);
}

/* False if an option of the options area reaches past the message. */
static bool
read_options(struct dhcp4 *m)
{
	struct dhcp4_iter options, file, sname;
	struct rd type;

	m->cookie = has_cookie(m);
	options = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	index_area(m, &options);
	if (options.r.bad)
		return false;
	m->end = rd_left(&options.r) > 0;
	m->end_at -= rd_left(&options.r);

	/* RFC 2131 4.1: first the options area, then file, then sname; an
	 * option 52 in those two has no effect. */
	m->overload = read_overload(m);
	file = dhcp4_iter(m, DHCP4_AREA_FILE);
	sname = dhcp4_iter(m, DHCP4_AREA_SNAME);
	index_area(m, &file);
	index_area(m, &sname);

	if (dhcp4_opt(m, DHCP4_OPT_TYPE, &type) && rd_left(&type) == 1)
		m->type = rd_u8(&type);
	return true;
}

enum drop
dhcp4_parse(struct dhcp4 *m, const void *data, size_t len)
{
	*m = (struct dhcp4){ .data = data, .len = len, .end_at = len };

	/* Not DHCP4_MIN: PXE offers of 280 bytes are common. */
	if (len < DHCP4_HEADER)
		return DROP_SHORT;
	if (len > UINT16_MAX)	/* more than UDP can carry; `at` has 16 bits */
		return DROP_TRUNCATED;

	read_header(m);
	if (m->op != BOOTREQUEST && m->op != BOOTREPLY)
		return DROP_BAD_OP;
	/* Callers copy hlen bytes of chaddr. */
	if (m->hlen > 16)
		return DROP_BAD_HLEN;
	if (!read_options(m))
		return DROP_BAD_OPTIONS;
	return DROP_NONE;
}

/* The end of the area that contains offset `at`. */
static size_t
area_end(const struct dhcp4 *m, size_t at)
{
	if (at > COOKIE_AT)
		return m->end_at;
	if (at >= DHCP4_OFF_FILE)
		return DHCP4_OFF_FILE + DHCP4_LEN_FILE;
	return DHCP4_OFF_SNAME + DHCP4_LEN_SNAME;
}

bool
dhcp4_opt(const struct dhcp4 *m, uint8_t code, struct rd *value)
{
	struct dhcp4_item o;
	struct dhcp4_iter it;

	if (m->at[code] == 0)
		return false;
	it = area(m, m->at[code], area_end(m, m->at[code]));
	if (!dhcp4_next(&it, &o))
		return false;
	*value = o.value;
	return true;
}

/* Copies what fits; returns the length of everything. */
static size_t
join_area(struct dhcp4_iter it, uint8_t code, struct wr *w)
{
	struct dhcp4_item o;
	size_t total = 0;

	while (dhcp4_next(&it, &o)) {
		size_t len = rd_left(&o.value);
		size_t fits = len < wr_left(w) ? len : wr_left(w);

		if (o.code != code)
			continue;
		wr_bytes(w, rd_bytes(&o.value, fits), fits);
		total += len;
	}
	return total;
}

size_t
dhcp4_opt_join(const struct dhcp4 *m, uint8_t code, void *buf, size_t size)
{
	struct wr w = wr_init(buf, size);
	size_t at = m->at[code], total = 0;
	struct rd one;

	if (at == 0)
		return 0;
	/* The usual case: one instance. */
	if (!m->repeats && dhcp4_opt(m, code, &one)) {
		total = rd_left(&one);
		rd_copy(&one, buf, total < size ? total : size);
		return total;
	}
	/* RFC 3396 5: parts are joined in this order of areas. */
	if (at > COOKIE_AT)
		total += join_area(area(m, at, m->end_at), code, &w);
	total += join_area(dhcp4_iter(m, DHCP4_AREA_FILE), code, &w);
	total += join_area(dhcp4_iter(m, DHCP4_AREA_SNAME), code, &w);
	return total;
}

struct ip4
dhcp4_opt_ip4(const struct dhcp4 *m, uint8_t code)
{
	struct rd v;

	if (!dhcp4_opt(m, code, &v) || rd_left(&v) != 4)
		return IP4_NONE;
	return (struct ip4){ rd_u32(&v) };
}

struct ip4
dhcp4_router(const struct dhcp4 *m)
{
	struct rd v;

	if (!dhcp4_opt(m, DHCP4_OPT_ROUTER, &v))
		return IP4_NONE;
	return (struct ip4){ rd_u32(&v) };
}

struct rd
dhcp4_bootfile(const struct dhcp4 *m)
{
	struct rd text;

	if (dhcp4_opt(m, DHCP4_OPT_BOOTFILE, &text) && rd_left(&text))
		return text;
	return rd_init(m->data + DHCP4_OFF_FILE,
	    m->overload & DHCP4_OVERLOAD_FILE ? 0 : DHCP4_LEN_FILE);
}

void
dhcp4_put_hops(uint8_t *msg, uint8_t hops)
{
	struct wr w = wr_init(msg + DHCP4_OFF_HOPS, sizeof(hops));

	wr_u8(&w, hops);
}

void
dhcp4_put_ip4(uint8_t *msg, size_t at, struct ip4 a)
{
	struct wr w = wr_init(msg + at, sizeof(a.host));

	wr_u32(&w, a.host);
}

/* Replaces options in sname or file by pads. If what follows them moved up
 * instead, the zeros after it could complete a truncated option. */
static void
overwrite_with_pads(uint8_t *out, struct dhcp4_iter it, const uint8_t *codes,
    size_t n)
{
	struct dhcp4_item item;

	while (dhcp4_next(&it, &item))
		if (memchr(codes, item.code, n))
			memset(out + item.at, DHCP4_OPT_PAD,
			    2 + rd_left(&item.value));
}

/* An option may be split over all three areas (RFC 3396 5), so a part left in
 * sname or file would still be read as that option (RFC 2132 9.3). */
size_t
dhcp4_copy_without(uint8_t *out, const struct dhcp4 *m, const uint8_t *codes,
    size_t n)
{
	struct wr w = wr_init(out, m->len);
	size_t min = m->len < DHCP4_MIN ? m->len : DHCP4_MIN, from = DHCP4_HEADER;
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item item;

	wr_bytes(&w, m->data, DHCP4_HEADER);
	overwrite_with_pads(out, dhcp4_iter(m, DHCP4_AREA_SNAME), codes, n);
	overwrite_with_pads(out, dhcp4_iter(m, DHCP4_AREA_FILE), codes, n);
	while (dhcp4_next(&it, &item)) {
		if (!memchr(codes, item.code, n))
			continue;
		wr_bytes(&w, m->data + from, item.at - from);
		from = item.at + 2 + rd_left(&item.value);
	}
	wr_bytes(&w, m->data + from, m->len - from);
	if (wr_len(&w) < min)
		wr_zeros(&w, min - wr_len(&w));
	return wr_len(&w);
}

void
dhcp4_new_begin(struct wr *w, const struct dhcp4_new *n)
{
	wr_u8(w, BOOTREQUEST);
	wr_u8(w, HTYPE_ETHERNET);
	wr_u8(w, sizeof(n->mac.b));
	wr_u8(w, ip4_is_none(n->giaddr) ? 0 : 1);	/* hops: one relay, us */
	wr_u32(w, n->xid);
	wr_u16(w, n->secs);
	wr_u16(w, n->flags);
	wr_u32(w, n->ciaddr.host);
	wr_zeros(w, 8);					/* yiaddr, siaddr */
	wr_u32(w, n->giaddr.host);
	wr_bytes(w, n->mac.b, sizeof(n->mac.b));
	wr_zeros(w, DHCP4_HEADER - wr_len(w));
	wr_u32(w, DHCP4_COOKIE);
	dhcp4_new_opt(w, DHCP4_OPT_TYPE, &n->type, 1);
}

void
dhcp4_new_opt(struct wr *w, uint8_t code, const void *value, size_t len)
{
	wr_u8(w, code);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, value, len);
}

size_t
dhcp4_new_end(struct wr *w)
{
	wr_u8(w, DHCP4_OPT_END);
	if (!w->bad && wr_len(w) < DHCP4_MIN)
		wr_zeros(w, DHCP4_MIN - wr_len(w));
	return w->bad ? 0 : wr_len(w);
}
