/* SPDX-License-Identifier: ISC
 *
 * limit - token buckets of eight bytes: n packets at once, refilled at n per
 * period (struct conf_rate).
 *
 * A bucket is stored as the time at which it will be full again (the "virtual
 * scheduling" form of a leaky bucket). It needs no timer, and a zeroed one is full.
 */
#ifndef CORE_IFACE_LIMIT_H
#define CORE_IFACE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/conf/conf.h"

struct limit {
	int64_t full_at_us;	/* when it will be full again */
};

/* How long the tokens last that were taken, and one more. */
static inline int64_t
limit_with_next_us(const struct limit *l, struct conf_rate rate, struct mono now)
{
	int64_t left = l->full_at_us > now.us ? l->full_at_us - now.us : 0;

	return left + (int64_t)rate.per_ms * 1000 / rate.n;
}

/* Is there a token? */
static inline bool
limit_has(const struct limit *l, struct conf_rate rate, struct mono now)
{
	return rate.n == 0 ||	/* off */
	    limit_with_next_us(l, rate, now) <= (int64_t)rate.per_ms * 1000;
}

/* Takes a token; false if there is none. */
static inline bool
limit_take(struct limit *l, struct conf_rate rate, struct mono now)
{
	if (!limit_has(l, rate, now))
		return false;
	if (rate.n)
		l->full_at_us = now.us + limit_with_next_us(l, rate, now);
	return true;
}

#endif
