/* SPDX-License-Identifier: ISC
 *
 * tick - the timer that runs only while anything is degraded: a healthy relay has no
 * periodic timer. What is polled is left to daemon.c, which calls the files that
 * call tick_soon().
 */
#include <errno.h>

#include "relay/daemon.h"

#define TICK_MS 1000

int
tick_open(struct daemon *d, loop_fn *poll)
{
	d->tick.timer = loop_timer(d->loop, TICK_MS, false, poll, d);
	d->tick.running = true;
	return d->tick.timer ? 0 : -ENOMEM;
}

void
tick_soon(struct daemon *d)
{
	if (!d->tick.timer || d->tick.running)
		return;
	d->tick.running = true;
	loop_rearm(d->tick.timer, TICK_MS);
}
