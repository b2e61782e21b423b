/* SPDX-License-Identifier: ISC
 *
 * Option 82 both ways, with a message and an option of any bytes. Input: one
 * byte n, n bytes of sub-options of ours, the message.
 *
 * What we write parses; what we write and then strip is the message again; what
 * we strip from a reply is option 82 and nothing else. The seeds are the
 * clients of tests/lib/msg.c and replies with option 82 in all places.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rai.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Our option is built by rai_add(), so it is always well-formed. */
static struct rai
read_rai(struct rd v)
{
	struct rai r = { 0 };

	while (rd_left(&v) > 0) {
		uint8_t sub = rd_u8(&v);
		struct rd value = rd_sub(&v, rd_u8(&v));

		if (value.bad || !rai_add(&r, sub, value.p, rd_left(&value)))
			break;
	}
	assert(rai_check(rd_init(r.value, r.len)) == DROP_NONE);
	assert(r.flags_at < r.len || r.flags_at == 0);
	return r;
}

static void
assert_zeros(const uint8_t *p, size_t from, size_t to)
{
	for (; from < to; from++)
		assert(p[from] == 0);
}

/* The next option that is not option 82. */
static bool
next_other(struct dhcp4_iter *it, struct dhcp4_item *o)
{
	while (dhcp4_next(it, o))
		if (o->code != DHCP4_OPT_RAI)
			return true;
	return false;
}

static bool
has_82(const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;

	while (dhcp4_next(&it, &o))
		if (o.code == DHCP4_OPT_RAI)
			return true;
	return false;
}

static void
same_other_options(const struct dhcp4 *a, const struct dhcp4 *b)
{
	struct dhcp4_iter ia = dhcp4_iter(a, DHCP4_AREA_OPTIONS), ib = dhcp4_iter(b, DHCP4_AREA_OPTIONS);
	struct dhcp4_item oa, ob;

	while (next_other(&ia, &oa)) {
		assert(next_other(&ib, &ob) && oa.code == ob.code);
		assert(rd_left(&oa.value) == rd_left(&ob.value));
		assert(memcmp(oa.value.p, ob.value.p, rd_left(&oa.value)) == 0);
	}
	assert(!next_other(&ib, &ob));
}

/* Exact-size output, so that one byte too many is reported. */
static uint8_t *
write_exact(const struct dhcp4 *m, const struct rai *r, bool drop_old,
    size_t *len)
{
	size_t size = m->len + 2 + 255 + 1 + DHCP4_MIN;
	uint8_t *out = malloc(size);

	assert(out);
	*len = rai_write(out, size, m, r, 0, drop_old);
	assert(*len >= DHCP4_MIN && *len <= size);
	free(out);
	out = malloc(*len);
	assert(out && rai_write(out, *len - 1, m, r, 0, drop_old) < *len);
	assert(rai_write(out, *len, m, r, 0, drop_old) == *len);
	return out;
}

static void
check_write(const struct dhcp4 *m, const struct rai *r)
{
	size_t len, back;
	uint8_t *out = write_exact(m, r, false, &len), *in = malloc(len);
	bool added = r->len > 0 && m->cookie;
	struct dhcp4 again;

	/* a message of 65535 bytes grows to a size that cannot be parsed */
	if (added && len <= UINT16_MAX) {
		assert(dhcp4_parse(&again, out, len) == DROP_NONE && again.end);
		assert(in && rai_strip(in, &back, &again, r) == RAI_OURS);
		assert(back <= len);
		assert(dhcp4_parse(&again, in, back) == DROP_NONE);
		same_other_options(m, &again);
	}
	/* without another option 82, the result is the client's message again */
	if (added && len <= UINT16_MAX && !has_82(m)) {
		assert(memcmp(in, m->data, m->end_at) == 0);
		assert(in[m->end_at] == DHCP4_OPT_END);
		if (m->end && back >= m->len)
			assert(memcmp(in, m->data, m->len) == 0);
		if (back > m->len)
			assert_zeros(in, m->len + !m->end, back);
	}
	if (!added) {
		assert(memcmp(out, m->data, m->len) == 0);
		assert_zeros(out, m->len, len);
	}
	free(in);
	free(out);
}

static void
check_replace(const struct dhcp4 *m, const struct rai *r)
{
	size_t len;
	uint8_t *out = write_exact(m, r, true, &len);
	struct dhcp4_iter it;
	struct dhcp4_item o;
	struct dhcp4 again;
	int n82 = 0;

	if (len <= UINT16_MAX) {
		assert(dhcp4_parse(&again, out, len) == DROP_NONE);
		same_other_options(m, &again);
		for (it = dhcp4_iter(&again, DHCP4_AREA_OPTIONS); dhcp4_next(&it, &o);)
			n82 += o.code == DHCP4_OPT_RAI;
		assert(n82 == (r->len > 0 && m->cookie));
	}
	free(out);
}

static bool
has_empty_82(const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;

	while (dhcp4_next(&it, &o))
		if (o.code == DHCP4_OPT_RAI && rd_left(&o.value) == 0)
			return true;
	return false;
}

static void
check_strip(const struct dhcp4 *m, const struct rai *r)
{
	size_t size = m->len < DHCP4_MIN ? DHCP4_MIN : m->len, len;
	uint8_t *out = malloc(size);
	struct dhcp4 again;
	enum rai_found found;

	assert(out);
	found = rai_strip(out, &len, m, r);
	assert((found == RAI_ABSENT) == !has_82(m));
	if (found == RAI_OURS || has_empty_82(m)) {
		assert(len >= DHCP4_MIN && len <= size);
		assert(memcmp(out, m->data, DHCP4_OPTIONS) == 0);
		assert(dhcp4_parse(&again, out, len) == DROP_NONE);
		same_other_options(m, &again);
	} else {
		assert(len == m->len && memcmp(out, m->data, len) == 0);
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_init(data, len);
	struct rd sub = rd_sub(&in, rd_u8(&in)), v;
	struct rai r = read_rai(sub);
	struct dhcp4 m;

	if (sub.bad || dhcp4_parse(&m, in.p, rd_left(&in)) != DROP_NONE)
		return 0;
	check_write(&m, &r);
	check_replace(&m, &r);
	check_strip(&m, &r);
	if (dhcp4_opt(&m, DHCP4_OPT_RAI, &v))
		(void)rai_check(v);
	return 0;
}
