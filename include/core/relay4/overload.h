/* SPDX-License-Identifier: ISC
 *
 * overload - does so much come that something must be lost, and who decides what?
 *
 * A ring that is half full says little: whoever was kept from running for some milliseconds
 * finds it so, and works it off without losing anything: at 130,000 requests a second 4 ms are
 * half a ring. A ring that has overflowed says that something is lost; what, is chance
 * then. From there on, and while it goes on, the relay chooses itself (relay/path.c).
 */
#ifndef CORE_OVERLOAD_H
#define CORE_OVERLOAD_H

#include <stdbool.h>

#include "base/mono.h"

/* An overload that lasts loses something every few milliseconds. */
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
