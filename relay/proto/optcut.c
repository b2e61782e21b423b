/* SPDX-License-Identifier: ISC
 *
 * optcut - see include/proto/optcut.h. Works on the options area only: options
 * in overloaded sname and file stay (RFC 2132 9.3 allows them there, no DHCP
 * server is known to put 43 or 60 there).
 */
#include "proto/optcut.h"

#include <string.h>

#include "base/wire.h"

size_t
optcut(uint8_t *out, const struct dhcp4 *m, const uint8_t *codes, size_t n)
{
	struct wr w = wr_init(out, m->len);
	struct dhcp4_iter it = dhcp4_iter(m);
	struct dhcp4_item item;
	size_t kept = 0, min = m->len < DHCP4_MIN ? m->len : DHCP4_MIN;

	while (m->cookie && dhcp4_next(&it, &item)) {
		if (!memchr(codes, item.code, n))
			continue;
		/* All up to the option, its pads too, then go on behind it. */
		wr_bytes(&w, m->data + kept, item.at - kept);
		kept = item.at + 2 + rd_left(&item.value);
	}
	wr_bytes(&w, m->data + kept, m->len - kept);
	/* Behind END there is only padding: what is over BOOTP's size need not
	 * come back, what is under it must. */
	if (wr_len(&w) < min)
		wr_zeros(&w, min - wr_len(&w));
	return wr_len(&w);
}
