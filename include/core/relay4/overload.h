/* SPDX-License-Identifier: ISC
 *
 * overload - are packets being lost, so that the relay should choose which?
 *
 * A half-full ring proves little: it takes some milliseconds without CPU, and
 * the relay catches up without loss (at 130,000 requests a second, 4 ms fill
 * half a ring). A ring that has overflowed loses packets at random; from then
 * on the relay chooses which to drop (relay/path).
 */
#ifndef CORE_RELAY4_OVERLOAD_H
#define CORE_RELAY4_OVERLOAD_H

#include <stdbool.h>

#include "base/mono.h"

/* While an overload lasts, packets are lost every few milliseconds. */
#define OVERLOAD_MS 250

struct overload {
	struct mono until;	/* zeroed: there was none */
};

/* Notes that a packet was lost, at random or by choice. */
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
