/* SPDX-License-Identifier: ISC
 *
 * A DHCPv6 message of any bytes, and whatever is in its relay headers: the view must stay inside
 * of it, the index and a second walk must agree, and what was read must come out of the writer
 * as it was. The seeds are the clients of tests/lib/msg6.c and shapes of captured messages.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dhcp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t
u16_at(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static size_t
header_len(const struct dhcp6 *m)
{
	return m->type == DHCP6_RELAY_FORW || m->type == DHCP6_RELAY_REPL ? 34 : 4;
}

/* A second implementation of the index, by bare offsets. */
static void
check_index(const struct dhcp6 *m)
{
	uint16_t at[DHCP6_INDEXED] = { 0 };
	bool repeats = false;
	size_t off = header_len(m);

	while (m->len - off >= 4 && m->len - off - 4 >= u16_at(m->data + off + 2)) {
		size_t code = u16_at(m->data + off);

		if (code < DHCP6_INDEXED) {
			repeats = repeats || at[code];
			at[code] = at[code] ? at[code] : (uint16_t)off;
		}
		off += 4 + u16_at(m->data + off + 2);
	}
	assert(m->odd == (off != m->len));
	assert(m->repeats == repeats);
	assert(memcmp(at, m->at, sizeof(at)) == 0);
}

static void
check_options(const struct dhcp6 *m)
{
	struct rd v;

	for (unsigned c = 0; c < DHCP6_INDEXED; c++) {
		bool has = dhcp6_opt(m, (enum dhcp6_option)c, &v);

		assert(has == dhcp6_has(m, (enum dhcp6_option)c));
		if (!has)
			continue;
		assert(!v.bad && v.p == m->data + m->at[c] + 4 && v.end <= m->data + m->len);
		assert(rd_left(&v) == u16_at(v.p - 2));
	}
	for (uint16_t c = 0; c < 64; c++)
		assert(!dhcp6_requests(m, c) || dhcp6_has(m, DHCP6_OPT_ORO));
	/* A lease is in an IA; a status is there or in an IA. */
	if (dhcp6_gives_lease(m))
		assert(dhcp6_has(m, DHCP6_OPT_IA_NA) || dhcp6_has(m, DHCP6_OPT_IA_TA) ||
		    dhcp6_has(m, DHCP6_OPT_IA_PD));
	if (dhcp6_status(m) != 0)
		assert(dhcp6_has(m, DHCP6_OPT_STATUS) || dhcp6_has(m, DHCP6_OPT_IA_NA) ||
		    dhcp6_has(m, DHCP6_OPT_IA_TA) || dhcp6_has(m, DHCP6_OPT_IA_PD));
}

/* A relay header whose options are whole, written again: the same bytes. */
static void
check_writer(const struct dhcp6 *m)
{
	uint8_t *copy = malloc(m->len);
	struct wr w = wr_init(copy, m->len);
	struct rd r = dhcp6_options(m), v;
	uint16_t code;

	assert(copy);
	dhcp6_relay_begin(&w, (enum dhcp6_type)m->type, m->hops, m->link, m->peer);
	while (dhcp6_next(&r, &code, &v))
		dhcp6_put(&w, code, v.p, rd_left(&v));
	assert(!w.bad && wr_left(&w) == 0);
	assert(memcmp(copy, m->data, m->len) == 0);
	/* and no byte more than there is room for */
	dhcp6_put(&w, 0, "", 0);
	assert(w.bad);
	free(copy);
}

/* Returns whether there is a message inside, and where. */
static bool
check_inner(const struct dhcp6 *m, struct rd *inner)
{
	enum drop d = dhcp6_inner(m, inner);

	assert(d == DROP_NONE || d == DROP_BAD_OPTIONS);
	if (d != DROP_NONE)
		return false;
	assert(m->relay && !m->odd && dhcp6_has(m, DHCP6_OPT_RELAY_MSG));
	assert(inner->p == m->data + m->at[DHCP6_OPT_RELAY_MSG] + 4);
	assert(rd_left(inner) > 0 && inner->end <= m->data + m->len);
	return true;
}

static bool
check_level(struct rd *level)
{
	size_t len = rd_left(level);
	struct dhcp6 m;
	enum drop d;

	memset(&m, 0xa5, sizeof(m));
	d = dhcp6_parse(&m, level->p, len);
	assert(m.len == len && m.data == level->p);
	if (len > UINT16_MAX) {
		assert(d == DROP_TRUNCATED);
		return false;
	}
	assert((d == DROP_SHORT) == (len < 4 || len < header_len(&m)));
	if (d != DROP_NONE) {
		assert(d == DROP_SHORT && !check_inner(&m, level));
		return false;
	}
	assert(m.type == m.data[0] && m.relay == (header_len(&m) == 34));
	assert(!dhcp6_type_name(m.type) || (m.type > 0 && m.type <= DHCP6_ADDR_REG_REPLY));
	check_index(&m);
	check_options(&m);
	if (m.relay && !m.odd)
		check_writer(&m);
	return check_inner(&m, level);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd level = rd_init(data, len);

	for (int i = 0; i < DHCP6_LEVELS_MAX && check_level(&level); i++)
		;
	return 0;
}
