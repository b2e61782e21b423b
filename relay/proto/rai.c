/* SPDX-License-Identifier: ISC
 *
 * rai - builds option 82, inserts it into requests and removes it from replies.
 *
 * A message is copied once into the packet buffer, and the option is added or
 * left out on the way. The order of options, padding, split options (RFC 3396)
 * and bytes after END stay as the sender wrote them. (Relays that assume option
 * 82 to be the last option lose what follows it.)
 *
 * core/relay4 decides whether a message may have option 82, and what happens if
 * ours does not fit. Rules: RFC 3046 2.0 to 2.2, RFC 3396, RFC 5010 (flags),
 * RFC 6607 5 (the echo lacks sub-option 152).
 */
#include "proto/rai.h"

#include <string.h>

/* Options 82 are joined up to this length; two full ones have 510 bytes. */
#define JOINED_MAX 1024

#define SERVER_ID_LEN 4		/* RFC 5107 4 */

/* --- sub-options ---------------------------------------------------------- */

/* Reads code, length and value; there is no pad or end code (RFC 3046 2.0).
 * False at the end and, with v->bad, at a sub-option that does not fit. */
static bool
sub_next(struct rd *v, uint8_t *sub, struct rd *value)
{
	if (v->bad || rd_left(v) == 0)
		return false;
	*sub = rd_u8(v);
	*value = rd_sub(v, rd_u8(v));
	return !v->bad;
}

bool
rai_add(struct rai *r, uint8_t sub, const void *data, size_t len)
{
	struct wr w = wr_init(r->value + r->len, sizeof(r->value) - r->len);

	if (len > UINT8_MAX)
		return false;
	if (wr_left(&w) < 2 + len)
		return false;
	wr_u8(&w, sub);
	wr_u8(&w, (uint8_t)len);
	if (sub == RAI_FLAGS && len == 1)
		r->flags_at = (uint8_t)(r->len + wr_len(&w));
	if (sub == RAI_SERVER_ID && len == SERVER_ID_LEN)
		r->server_id_at = (uint8_t)(r->len + wr_len(&w));
	wr_bytes(&w, data, len);
	r->len = (uint8_t)(r->len + wr_len(&w));
	return true;
}

struct rai
rai_without_server_id(const struct rai *r)
{
	struct rd all = rd_init(r->value, r->len), value;
	struct rai out = { 0 };
	uint8_t sub;

	while (sub_next(&all, &sub, &value))
		if (sub != RAI_SERVER_ID)
			(void)rai_add(&out, sub, value.p, rd_left(&value));
	return out;
}

enum drop
rai_check(struct rd value)
{
	struct rd data;
	uint8_t sub;

	while (sub_next(&value, &sub, &data))
		;
	return value.bad ? DROP_BAD_OPTION82 : DROP_NONE;
}

/* The next option 82 of an area. */
static bool
next_rai(struct dhcp4_iter *it, struct dhcp4_item *o)
{
	while (dhcp4_next(it, o))
		if (o->code == DHCP4_OPT_RAI)
			return true;
	return false;
}

/* How much of a sub-option the parts of option 82 read so far lack. */
struct open_sub {
	bool length;		/* the length byte */
	size_t left;		/* bytes of the value */
};

static void
read_part(struct open_sub *s, struct rd v)
{
	while (rd_left(&v) > 0) {
		size_t n = s->left < rd_left(&v) ? s->left : rd_left(&v);
		uint8_t byte;

		rd_skip(&v, n);
		s->left -= n;
		if (n > 0)
			continue;
		byte = rd_u8(&v);
		if (s->length)
			s->left = byte;
		s->length = !s->length;
	}
}

/* A sub-option may be split over parts, but not cut off by the last one. */
enum drop
rai_check_all(const struct dhcp4 *m)
{
	static const enum dhcp4_area areas[] = {
		DHCP4_AREA_OPTIONS, DHCP4_AREA_FILE, DHCP4_AREA_SNAME,
	};
	struct open_sub s = { 0 };
	struct dhcp4_item o;

	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct dhcp4_iter it = dhcp4_iter(m, areas[i]);

		while (next_rai(&it, &o))
			read_part(&s, o.value);
	}
	return s.length || s.left ? DROP_BAD_OPTION82 : DROP_NONE;
}

/* --- copying -------------------------------------------------------------- */

/* Copies bytes [from, to) of the message. */
static void
copy_span(struct wr *w, const struct dhcp4 *m, size_t from, size_t to)
{
	struct rd r = rd_init(m->data, m->len);

	rd_skip(&r, from);
	wr_bytes(w, rd_bytes(&r, to - from), to - from);
}

static size_t
end_of(const struct dhcp4 *m, const struct dhcp4_item *o)
{
	return (size_t)(o->value.end - m->data);
}

static void
pad_to(struct wr *w, size_t len)
{
	if (wr_len(w) < len)
		wr_zeros(w, len - wr_len(w));
}

/* --- into a request ------------------------------------------------------- */

static uint8_t
byte_at(const struct dhcp4 *m, size_t at)
{
	struct rd r = rd_init(m->data, m->len);

	rd_skip(&r, at);
	return rd_u8(&r);
}

/* Copies END's padding, so that our option is the only change, but not zeros at
 * the very end that would not fit. */
static void
copy_tail(struct wr *w, const struct dhcp4 *m)
{
	size_t from = m->end ? m->end_at + 1 : m->len, to = m->len;

	while (to > from && wr_left(w) < to - from && byte_at(m, to - 1) == 0)
		to--;
	copy_span(w, m, from, to);
}

static void
write_option(struct wr *w, const struct rai *r, uint8_t flags)
{
	uint8_t *value;

	wr_u8(w, DHCP4_OPT_RAI);
	wr_u8(w, r->len);
	value = wr_room(w, r->len);
	if (!value)
		return;
	memcpy(value, r->value, r->len);
	if (r->flags_at)
		value[r->flags_at] = flags;
}

size_t
rai_write(uint8_t *out, size_t size, const struct dhcp4 *m,
    const struct rai *r, uint8_t flags, bool drop_old)
{
	struct wr w = wr_init(out, size);
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	/* BOOTP without a cookie has no options area. */
	bool add = r && r->len > 0 && m->cookie;
	size_t from = 0;

	while (drop_old && next_rai(&it, &o)) {
		copy_span(&w, m, from, o.at);
		from = end_of(m, &o);
	}
	if (!add && from == 0) {
		copy_span(&w, m, 0, m->len);
	} else {
		copy_span(&w, m, from, m->end_at);
		/* RFC 3046 2.1: the last option, before END. */
		if (add)
			write_option(&w, r, flags);
		wr_u8(&w, DHCP4_OPT_END);
		copy_tail(&w, m);
	}
	pad_to(&w, DHCP4_MIN);
	return w.bad ? 0 : wr_len(&w);
}

/* --- out of a reply ------------------------------------------------------- */

/* Do these n bytes equal our value from offset `at`, but for the flags byte? */
static bool
is_value(const uint8_t *p, const struct rai *r, size_t at, size_t n)
{
	size_t flags = r->flags_at;

	if (flags < at || flags >= at + n || flags == 0)
		return memcmp(p, r->value + at, n) == 0;
	return memcmp(p, r->value + at, flags - at) == 0 &&
	    memcmp(p + (flags - at) + 1, r->value + flags + 1,
		at + n - flags - 1) == 0;
}

static bool
is_ours(struct rd v, const struct rai *r)
{
	return rd_left(&v) == r->len && is_value(v.p, r, 0, r->len);
}

/* RFC 3396 5: a server that joins the instances of an option echoes one: the
 * client's (or an access switch's), then ours. Returns how many bytes precede
 * ours; 0 if ours is not at the end, or not at a sub-option boundary. */
static size_t
bytes_before_ours(struct rd v, const struct rai *r)
{
	size_t foreign = rd_left(&v) > r->len ? rd_left(&v) - r->len : 0;

	if (foreign == 0 || rai_check(rd_sub(&v, foreign)) != DROP_NONE)
		return 0;
	return is_value(v.p, r, 0, r->len) ? foreign : 0;
}

static bool
has_sub(const struct rai *r, uint8_t sub, struct rd v)
{
	struct rd all = rd_init(r->value, r->len), mine;
	uint8_t code;

	while (sub_next(&all, &code, &mine)) {
		size_t at = (size_t)(mine.p - r->value);

		if (code == sub && rd_left(&mine) == rd_left(&v) &&
		    is_value(v.p, r, at, rd_left(&v)))
			return true;
	}
	return false;
}

/* RFC 6607 5: a server that honoured sub-option 151 leaves 152 out. Others
 * reorder sub-options. An empty option is not ours: we never send one. */
static bool
is_part_of_ours(struct rd v, const struct rai *r)
{
	struct rd value;
	uint8_t sub;

	if (rd_left(&v) == 0)
		return false;
	while (sub_next(&v, &sub, &value))
		if (!has_sub(r, sub, value))
			return false;
	return !v.bad;
}

/* Which bytes of the options 82 to keep. */
struct cut {
	enum {
		CUT_NOTHING,
		CUT_EXACT,	/* all except options that equal ours */
		CUT_JOINED,	/* the first `keep` bytes of all options 82 */
		CUT_ONE,	/* the first `keep` bytes of the one at `at` */
	} how;
	size_t keep, at;
};

/* Finds our option, the surest evidence first: an option that equals ours; ours
 * at the end of all options joined, since a server that joins them (RFC 3396 5)
 * must split more than 255 bytes again, anywhere; ours at the end of one
 * option; an option with only our sub-options. Of several, the last one. */
static struct cut
find_ours(const struct dhcp4 *m, const struct rai *r)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct cut end = { CUT_NOTHING, 0, 0 }, part = { CUT_NOTHING, 0, 0 };
	uint8_t joined[JOINED_MAX];
	struct wr w = wr_init(joined, sizeof(joined));
	struct dhcp4_item o;
	size_t n;

	while (next_rai(&it, &o)) {
		if (is_ours(o.value, r))
			return (struct cut){ CUT_EXACT, 0, 0 };
		n = bytes_before_ours(o.value, r);
		if (n > 0)
			end = (struct cut){ CUT_ONE, n, o.at };
		if (is_part_of_ours(o.value, r))
			part = (struct cut){ CUT_ONE, 0, o.at };
		wr_bytes(&w, o.value.p, rd_left(&o.value));
	}
	if (!w.bad && wr_len(&w) > UINT8_MAX) {
		n = bytes_before_ours(rd_init(joined, wr_len(&w)), r);
		if (n > 0)
			return (struct cut){ CUT_JOINED, n, 0 };
	}
	return end.how ? end : part;
}

/* How many of its bytes this option keeps. */
static size_t
kept_bytes(struct cut *c, const struct dhcp4_item *o, const struct rai *r)
{
	size_t len = rd_left(&o->value), keep = len;

	if (c->how == CUT_EXACT && is_ours(o->value, r))
		return 0;
	if (c->how == CUT_ONE && c->at == o->at)
		return c->keep;
	if (c->how == CUT_JOINED) {
		keep = len < c->keep ? len : c->keep;
		c->keep -= keep;
	}
	return keep;
}

static void
copy_cut(struct wr *w, const struct dhcp4 *m, const struct rai *r, struct cut c)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	size_t from = 0;

	/* RFC 3046 2.0: an option 82 has at least one sub-option. One without is
	 * what a server made of ours. */
	while (next_rai(&it, &o)) {
		size_t keep = kept_bytes(&c, &o, r);

		if (keep > 0 && keep == rd_left(&o.value))
			continue;
		copy_span(w, m, from, o.at);
		if (keep > 0) {
			wr_u8(w, DHCP4_OPT_RAI);
			wr_u8(w, (uint8_t)keep);
			copy_span(w, m, o.at + 2, o.at + 2 + keep);
		}
		from = end_of(m, &o);
	}
	copy_span(w, m, from, m->len);
}

enum rai_found
rai_strip(uint8_t *out, size_t *len_out, const struct dhcp4 *m,
    const struct rai *r)
{
	struct wr w = wr_init(out, m->len < DHCP4_MIN ? DHCP4_MIN : m->len);
	/* RFC 3046 2.1: not in overloaded sname and file. */
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct cut cut = { CUT_NOTHING, 0, 0 };
	bool present = false, empty = false;
	struct dhcp4_item o;

	while (next_rai(&it, &o)) {
		present = present || rd_left(&o.value) > 0;
		empty = empty || rd_left(&o.value) == 0;
	}
	if (present && r && r->len > 0)
		cut = find_ours(m, r);
	copy_cut(&w, m, r, cut);
	/* A removal must not leave less than a BOOTP message. Otherwise the
	 * length is kept: WDS offers have 280 bytes. */
	if (cut.how || empty)
		pad_to(&w, DHCP4_MIN);
	*len_out = wr_len(&w);
	if (cut.how || (empty && !present))
		return RAI_OURS;
	return present ? RAI_FOREIGN : RAI_ABSENT;
}
