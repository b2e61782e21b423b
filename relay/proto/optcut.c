/* SPDX-License-Identifier: ISC
 *
 * optcut - see include/proto/optcut.h. An option may be split over all three areas
 * (RFC 3396 5), so that one that stayed behind in sname or file would be as good as
 * the whole (RFC 2132 9.3).
 */
#include "proto/optcut.h"

#include <string.h>

#include "base/wire.h"

/* The message from the cookie on, without the codes in the options area. */
static void
copy_without(struct wr *w, const struct dhcp4 *m, const uint8_t *codes, size_t n)
{
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item item;
	size_t from = DHCP4_HEADER;

	while (dhcp4_next(&it, &item)) {
		if (!memchr(codes, item.code, n))
			continue;
		/* All up to the option, its pads too, then go on behind it. */
		wr_bytes(w, m->data + from, item.at - from);
		from = item.at + 2 + rd_left(&item.value);
	}
	wr_bytes(w, m->data + from, m->len - from);
}

/* A field keeps its length, and pads stand where the options stood: if what follows
 * moved up, the zeros behind it could make a whole option of one that was cut off. */
static void
pad_over(uint8_t *out, struct dhcp4_iter it, const uint8_t *codes, size_t n)
{
	struct dhcp4_item item;

	while (dhcp4_next(&it, &item))
		if (memchr(codes, item.code, n))
			memset(out + item.at, DHCP4_OPT_PAD, 2 + rd_left(&item.value));
}

size_t
optcut(uint8_t *out, const struct dhcp4 *m, const uint8_t *codes, size_t n)
{
	struct wr w = wr_init(out, m->len);
	size_t min = m->len < DHCP4_MIN ? m->len : DHCP4_MIN;

	wr_bytes(&w, m->data, DHCP4_HEADER);
	pad_over(out, dhcp4_iter_sname(m), codes, n);
	pad_over(out, dhcp4_iter_file(m), codes, n);
	copy_without(&w, m, codes, n);
	/* Behind END there is only padding: what is over BOOTP's size need not
	 * come back, what is under it must. */
	if (wr_len(&w) < min)
		wr_zeros(&w, min - wr_len(&w));
	return wr_len(&w);
}
