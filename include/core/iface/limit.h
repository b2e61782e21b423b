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

/* Takes a token; false if there is none. */
static inline bool
limit_take(struct limit *l, struct conf_rate rate, struct mono now)
{
	int64_t period = (int64_t)rate.per_ms * 1000, per_token, at;

	if (rate.n == 0)	/* off */
		return true;
	per_token = period / rate.n;
	at = l->full_at_us > now.us ? l->full_at_us : now.us;
	if (at + per_token - now.us > period)
		return false;
	l->full_at_us = at + per_token;
	return true;
}

#endif
