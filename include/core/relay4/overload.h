/* SPDX-License-Identifier: ISC
 *
 * overload - is traffic being lost, so that the relay should choose what to lose?
 *
 * A ring that is half full says little: after some milliseconds without CPU it is so, and the
 * relay works it off without loss (at 130,000 requests a second, 4 ms are half a ring). A ring
 * that has overflowed loses packets by chance; from then on the relay chooses (relay/path).
 */
#ifndef CORE_OVERLOAD_H
#define CORE_OVERLOAD_H

#include <stdbool.h>

#include "base/mono.h"

/* A lasting overload loses something every few milliseconds. */
#define OVERLOAD_MS 250

struct overload {
	struct mono until;	/* zeroed: there was none */
};

/* Something was lost now, by chance or by choice. */
static inline void
overload_lost(struct overload *o, struct mono now)
{
	o->until = mono_add_ms(now, OVERLOAD_MS);
}

static inline bool
overload_lasts(const struct overload *o, struct mono now)
{
	return mono_before(now, o->until);
}

#endif
