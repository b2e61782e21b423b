/* SPDX-License-Identifier: ISC
 *
 * tick - see include/relay/tick.h.
 */
#include "relay/tick.h"

#include <errno.h>
#include <stdlib.h>

#include "relay/state.h"

#define TICK_MS 1000

struct tick {
	struct loop_watch *timer;
	tick_fn *poll;
	bool running;
};

static void
on_tick(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->tick->running = false;
	if (d->tick->poll(d, now))
		tick_soon(d);
}

void
tick_soon(struct daemon *d)
{
	if (!d->tick || d->tick->running)
		return;
	d->tick->running = true;
	loop_rearm(d->tick->timer, TICK_MS);
}

int
tick_open(struct daemon *d, tick_fn *poll)
{
	struct tick *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->poll = poll;
	t->timer = loop_timer(d->loop, TICK_MS, false, on_tick, d);
	if (!t->timer) {
		free(t);
		return -ENOMEM;
	}
	t->running = true;
	d->tick = t;
	return 0;
}

void
tick_close(struct daemon *d)
{
	if (d->tick)
		loop_unwatch(d->tick->timer);
	free(d->tick);
	d->tick = NULL;
}
