/* SPDX-License-Identifier: ISC
 *
 * tick - polls once a second while anything is degraded (a server down, no route). Healthy
 * components report their own failures, so a healthy relay has no periodic timer.
 */
#ifndef RELAY_TICK_H
#define RELAY_TICK_H

#include <stdbool.h>

#include "base/mono.h"

struct daemon;

/* Polls everything that may be degraded; returns whether anything still is. */
typedef bool tick_fn(struct daemon *d, struct mono now);

int tick_open(struct daemon *d, tick_fn *poll);	/* 0 or -ENOMEM */
void tick_close(struct daemon *d);
/* Something is degraded: poll in a second. */
void tick_soon(struct daemon *d);

#endif
