/* SPDX-License-Identifier: ISC
 *
 * A capture file from anybody: its records, frames and messages, and the stories that are
 * made of them. Input: the file.
 *
 * What must hold: the reader moves on or stops; packets lie within the input; each boot is
 * over once at most for each time it was begun, and has a verdict; machines do not exceed
 * their limit; the result does not depend on how the file arrives.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/story/explain.h"
#include "core/story/sniff.h"
#include "doc/decode.h"
#include "proto/capread.h"
#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MACHINES 8		/* few, so that they are evicted */

static void
on_over(void *user, const struct track_client *c, struct mono when)
{
	const struct explain_row *row = explain_row(explain(&c->now, when));

	assert(c->now.stage == TRACK_OVER && row->code && row->sentence);
	++*(unsigned *)user;
}

static void
take(struct sniff *s, const struct capread_packet *p, struct mono *now)
{
	struct frame f;

	if (mono_before(*now, mono_us(p->us)))
		*now = mono_us(p->us);
	if (frame_parse(&f, p->link, p->data, p->len))
		assert(f.ip.p >= p->data && f.ip.end == p->data + p->len);
	(void)sniff_frame(s, p->link, p->data, p->len, *now);
	json_decref(decode_frame(p->link, p->data, p->len));
}

/* Reads all, or only what is there after each `step` bytes. Returns the number of packets. */
static unsigned
read_file(struct sniff *s, struct capread *f, const uint8_t *data, size_t len, size_t step)
{
	struct mono now = mono_us(1);
	size_t at = 0, end = step < len ? step : len;
	unsigned n = 0;

	for (;;) {
		struct capread_packet p;
		struct rd r = rd_init(data + at, end - at);
		enum capread_next what = capread_next(f, &r, &p);

		if (what == CAPREAD_BAD || (what == CAPREAD_MORE && end == len))
			break;
		if (what == CAPREAD_MORE) {
			end = len - end < step ? len : end + step;
			continue;
		}
		assert(rd_left(&r) < end - at);
		at = end - rd_left(&r);
		if (what != CAPREAD_PACKET)
			continue;
		assert(p.data >= data && p.len <= (size_t)(data + at - p.data));
		n++;
		if (s)
			take(s, &p, &now);
	}
	if (s)
		sniff_end(s, now);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct capread *f = calloc(2, sizeof(*f));
	unsigned over = 0;
	struct sniff *s = sniff_new(MACHINES, on_over, &over);
	unsigned n;

	assert(f && s);
	n = read_file(s, &f[0], data, len, len ? len : 1);
	assert(track_count(sniff_track(s)) <= MACHINES && over <= n);
	assert(read_file(NULL, &f[1], data, len, 7) == n);
	sniff_free(s);
	free(f);
	return 0;
}
