/* SPDX-License-Identifier: ISC
 *
 * A DHCP message of any bytes: the view must stay inside it, the index and
 * the iterator must agree, and joining must not write past its buffer.
 * The seeds are the clients of tests/lib/msg.c and malformed messages.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_iterator(const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	size_t behind = DHCP4_OPTIONS;

	while (dhcp4_next(&it, &o)) {
		assert(m->cookie && o.at >= behind);
		/* nothing but pads between options */
		for (size_t i = behind; i < o.at; i++)
			assert(m->data[i] == DHCP4_OPT_PAD);
		assert(m->data[o.at] == o.code);
		assert(o.value.p == m->data + o.at + 2);
		assert(rd_left(&o.value) == m->data[o.at + 1]);
		assert(m->at[o.code] && m->at[o.code] <= o.at);
		behind = (size_t)(o.value.end - m->data);
		assert(behind <= m->end_at);
	}
}

static void
check_option(const struct dhcp4 *m, uint8_t code)
{
	uint8_t guarded[70], guard[sizeof(guarded)];
	size_t whole, written, size = code % 64;
	struct rd v;

	/* Most are absent, and all 256 are tried. */
	if (m->at[code] == 0) {
		assert(!dhcp4_opt(m, code, &v));
		assert(dhcp4_opt_join(m, code, guarded, 0) == 0);
		return;
	}
	memset(guarded, 0xa5, sizeof(guarded));
	memset(guard, 0xa5, sizeof(guard));
	whole = dhcp4_opt_join(m, code, guarded, size);
	written = whole < size ? whole : size;
	assert(memcmp(guarded + written, guard, sizeof(guard) - written) == 0);
	assert(dhcp4_opt(m, code, &v));
	assert(v.p > m->data && v.end <= m->data + m->len && !v.bad);
	assert(v.p == m->data + m->at[code] + 2);
	assert(whole >= rd_left(&v));
	assert(memcmp(guarded, v.p,
	    rd_left(&v) < size ? rd_left(&v) : size) == 0);
	assert(rd_left(&v) == 4 || ip4_is_none(dhcp4_opt_ip4(m, code)));
}

static void
check_edits(const struct dhcp4 *m)
{
	struct ip4 a = { 0xc0000263 };
	struct dhcp4 again;
	uint8_t *copy = malloc(m->len);

	assert(copy);
	memcpy(copy, m->data, m->len);
	dhcp4_put_hops(copy, 99);
	dhcp4_put_ip4(copy, DHCP4_OFF_GIADDR, a);
	assert(dhcp4_parse(&again, copy, m->len) == DROP_NONE);
	assert(again.hops == 99 && ip4_eq(again.giaddr, a));
	assert(again.end_at == m->end_at && again.type == m->type);
	assert(memcmp(again.at, m->at, sizeof(m->at)) == 0);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dhcp4 m;
	enum drop d = dhcp4_parse(&m, data, len);

	assert(m.len == len && m.end_at <= len && m.overload <= 3);
	assert((d == DROP_SHORT) == (len < DHCP4_HEADER));
	assert(!m.end || data[m.end_at] == DHCP4_OPT_END);
	for (int code = 0; code < 256; code++)
		check_option(&m, (uint8_t)code);
	check_iterator(&m);
	if (d == DROP_NONE)
		check_edits(&m);
	return 0;
}
