/* SPDX-License-Identifier: ISC
 *
 * rai - option 82: building it, putting it into requests, taking it out of
 * replies.
 *
 * Requests are copied once, message to packet buffer, with the option written
 * on the way; replies likewise with the option left out. Nothing else moves:
 * order, padding between options, split options (RFC 3396) and bytes behind
 * END of a reply stay as the server wrote them. Relays that took option 82 to
 * be the last option have lost what stood behind it.
 *
 * Whether a message may carry option 82 at all, and what happens when it does
 * not fit, is core/relay4's question. Rules: RFC 3046 2.0 to 2.2, RFC 3396,
 * RFC 5010 (flags), RFC 6607 5 (sub-option 152 is missing in the echo).
 */
#include "proto/rai.h"

#include <string.h>

/* Bytes of all options 82 of a message, joined: two full ones are 510. In what is longer ours is
 * not looked for. */
#define JOINED_MAX 1024

#define SERVER_ID_LEN 4		/* RFC 5107 4 */

/* --- sub-options ----------------------------------------------------------- */

/* RFC 3046 2.0: sub-option, length, value; there is no pad and no end among
 * them. False at the end and, with v->bad, at one that does not fit. */
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
next_82(struct dhcp4_iter *it, struct dhcp4_item *o)
{
	while (dhcp4_next(it, o))
		if (o->code == DHCP4_OPT_RAI)
			return true;
	return false;
}

/* What the parts of an option 82 so far leave open. */
struct open_sub {
	bool code;		/* a code was read, and not yet its length */
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
		if (s->code)
			s->left = byte;
		s->code = !s->code;
	}
}

static void
read_parts(struct open_sub *s, struct dhcp4_iter it)
{
	struct dhcp4_item o;

	while (next_82(&it, &o))
		read_part(s, o.value);
}

/* A part may end anywhere in a sub-option; what matters is the end of the last one. */
enum drop
rai_check_all(const struct dhcp4 *m)
{
	struct open_sub s = { 0 };

	read_parts(&s, dhcp4_iter(m));
	read_parts(&s, dhcp4_iter_file(m));
	read_parts(&s, dhcp4_iter_sname(m));
	return s.code || s.left ? DROP_BAD_OPTION82 : DROP_NONE;
}

bool
rai_find(struct rd value, uint8_t sub, struct rd *out)
{
	struct rd data;
	uint8_t code;

	while (sub_next(&value, &code, &data))
		if (code == sub) {
			*out = data;
			return true;
		}
	return false;
}

/* --- copying --------------------------------------------------------------- */

/* Bytes [from, to) of the message. */
static void
copy_span(struct wr *w, const struct dhcp4 *m, size_t from, size_t to)
{
	struct rd r = rd_init(m->data, m->len);

	rd_skip(&r, from);
	wr_bytes(w, rd_bytes(&r, to - from), to - from);
}

/* Offset behind the option. */
static size_t
behind(const struct dhcp4 *m, const struct dhcp4_item *o)
{
	return (size_t)(o->value.end - m->data);
}

static void
pad_to(struct wr *w, size_t len)
{
	if (wr_len(w) < len)
		wr_zeros(w, len - wr_len(w));
}

/* --- into a request -------------------------------------------------------- */

/* Everything before END but the options 82. */
static void
copy_without_82(struct wr *w, const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	size_t from = 0;

	while (next_82(&it, &o)) {
		copy_span(w, m, from, o.at);
		from = behind(m, &o);
	}
	copy_span(w, m, from, m->end_at);
}

static uint8_t
byte_at(const struct dhcp4 *m, size_t at)
{
	struct rd r = rd_init(m->data, m->len);

	rd_skip(&r, at);
	return rd_u8(&r);
}

/* What stood behind END stays there, so that nothing but our option was added;
 * zeros at the very end give way when the room is too small for all. */
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
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	/* BOOTP without a cookie has no options, so no place for ours. */
	bool add = r && r->len > 0 && m->cookie;
	bool drop = drop_old && next_82(&it, &o);

	if (!add && !drop) {
		copy_span(&w, m, 0, m->len);
	} else {
		if (drop)
			copy_without_82(&w, m);
		else
			copy_span(&w, m, 0, m->end_at);
		/* RFC 3046 2.1: the last option, before END. */
		if (add)
			write_option(&w, r, flags);
		wr_u8(&w, DHCP4_OPT_END);
		copy_tail(&w, m);
	}
	pad_to(&w, DHCP4_MIN);
	return w.bad ? 0 : wr_len(&w);
}

/* --- out of a reply -------------------------------------------------------- */

/* Are these n bytes ours from offset `at` on, whatever the flags byte says? */
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

/*
 * The three ways to be ours. Each says whether the value is, and leaves in
 * *foreign how many bytes in front of our part belong to somebody else.
 */
static bool
ours_exactly(struct rd v, const struct rai *r, size_t *foreign)
{
	*foreign = 0;
	return rd_left(&v) == r->len && is_value(v.p, r, 0, r->len);
}

/* RFC 3396 5: a server that joins instances of an option before it reads them
 * echoes one: the client's (or an access switch's) and then ours. */
static bool
ours_behind_others(struct rd v, const struct rai *r, size_t *foreign)
{
	if (rd_left(&v) <= r->len)
		return false;
	*foreign = rd_left(&v) - r->len;
	/* A boundary of sub-options, not a value that ends in our bytes. */
	if (rai_check(rd_sub(&v, *foreign)) != DROP_NONE)
		return false;
	return is_value(v.p, r, 0, r->len);
}

static bool
sub_is_ours(uint8_t sub, struct rd v, const struct rai *r)
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
 * echo the sub-options in an order of their own. An empty option is nobody's:
 * we never send one. */
static bool
ours_in_part(struct rd v, const struct rai *r, size_t *foreign)
{
	struct rd value;
	uint8_t sub;

	*foreign = 0;
	if (rd_left(&v) == 0)
		return false;
	while (sub_next(&v, &sub, &value))
		if (!sub_is_ours(sub, value, r))
			return false;
	return !v.bad;
}

typedef bool ours_fn(struct rd v, const struct rai *r, size_t *foreign);

/* The last option 82 that is ours in this way: we add ours behind all others. */
static bool
find_last(const struct dhcp4 *m, const struct rai *r, ours_fn *is_ours,
    struct dhcp4_item *out, size_t *foreign)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	bool found = false;
	size_t n;

	while (next_82(&it, &o))
		if (is_ours(o.value, r, &n)) {
			*out = o;
			*foreign = n;
			found = true;
		}
	return found;
}

/* When none is ours to the letter: the surest sign first. */
static bool
find_altered(const struct dhcp4 *m, const struct rai *r, struct dhcp4_item *out,
    size_t *foreign)
{
	return find_last(m, r, ours_behind_others, out, foreign) ||
	    find_last(m, r, ours_in_part, out, foreign);
}

/* Everything but the options that are ours to the letter, however often a
 * server repeats them; false when there is none. */
static bool
copy_without_ours(struct wr *w, const struct dhcp4 *m, const struct rai *r)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	size_t from = 0, none;
	bool found = false;

	while (next_82(&it, &o)) {
		if (!ours_exactly(o.value, r, &none))
			continue;
		copy_span(w, m, from, o.at);
		from = behind(m, &o);
		found = true;
	}
	if (found)
		copy_span(w, m, from, m->len);
	return found;
}

/* Only our part of the option goes. */
static void
copy_without_part(struct wr *w, const struct dhcp4 *m, const struct dhcp4_item *o,
    size_t foreign)
{
	copy_span(w, m, 0, o->at);
	if (foreign > 0) {
		wr_u8(w, DHCP4_OPT_RAI);
		wr_u8(w, (uint8_t)foreign);
		copy_span(w, m, o->at + 2, o->at + 2 + foreign);
	}
	copy_span(w, m, behind(m, o), m->len);
}

/*
 * All options 82 as one value, which is what they are to a server that joins them
 * (RFC 3396 5). More than 255 bytes it must split again, wherever it likes: then ours is the
 * end of it all. Returns how many bytes stand in front of ours, 0: it is not there.
 */
static size_t
ours_across(const struct dhcp4 *m, const struct rai *r)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	uint8_t joined[JOINED_MAX];
	struct wr w = wr_init(joined, sizeof(joined));
	size_t n, foreign;

	while (next_82(&it, &o))
		wr_bytes(&w, o.value.p, rd_left(&o.value));
	n = wr_len(&w);
	return !w.bad && n > UINT8_MAX &&
	    ours_behind_others(rd_init(joined, n), r, &foreign) ? foreign : 0;
}

/* Of the options 82 only the first `foreign` bytes. */
static void
copy_beginning(struct wr *w, const struct dhcp4 *m, size_t foreign)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	size_t from = 0;

	while (next_82(&it, &o)) {
		size_t len = rd_left(&o.value), keep = len < foreign ? len : foreign;

		copy_span(w, m, from, o.at);
		if (keep > 0 || len == 0) {
			wr_u8(w, DHCP4_OPT_RAI);
			wr_u8(w, (uint8_t)keep);
			copy_span(w, m, o.at + 2, o.at + 2 + keep);
		}
		foreign -= keep;
		from = behind(m, &o);
	}
	copy_span(w, m, from, m->len);
}

enum rai_found
rai_strip(uint8_t *out, size_t *len_out, const struct dhcp4 *m,
    const struct rai *r)
{
	struct wr w = wr_init(out, m->len < DHCP4_MIN ? DHCP4_MIN : m->len);
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item o;
	/* RFC 3046 2.1: only here, not in overloaded sname and file. */
	enum rai_found found = next_82(&it, &o) ? RAI_FOREIGN : RAI_NOT_THERE;
	bool may = found == RAI_FOREIGN && r && r->len > 0;
	size_t foreign;

	if (may && copy_without_ours(&w, m, r))
		found = RAI_OURS;
	else if (may && (foreign = ours_across(m, r)) > 0) {
		copy_beginning(&w, m, foreign);
		found = RAI_OURS;
	} else if (may && find_altered(m, r, &o, &foreign)) {
		copy_without_part(&w, m, &o, foreign);
		found = RAI_OURS;
	} else
		copy_span(&w, m, 0, m->len);
	/* What was taken out must not make it shorter than a BOOTP message. A
	 * reply that is left alone is passed on as short as it came: WDS offers
	 * have 280 bytes. */
	if (found == RAI_OURS)
		pad_to(&w, DHCP4_MIN);
	*len_out = wr_len(&w);
	return found;
}
