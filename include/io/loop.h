/* SPDX-License-Identifier: ISC
 *
 * loop - the event loop (libevent) and the only reader of the clock.
 *
 * Callbacks run to completion, one at a time; there are no threads. Each gets
 * the time and passes it on, so that everything it does happens at one moment.
 * loop_now() also works outside a callback.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct loop;
struct loop_watch;

typedef void loop_fn(void *user, struct mono now);

struct loop *loop_new(void);	/* NULL if memory is short */
/* Frees the remaining watches too; returns NULL. */
struct loop *loop_free(struct loop *l);
struct mono loop_now(struct loop *l);	/* CLOCK_MONOTONIC, read anew */
/* The wall clock in ns since 1970, for display only. */
uint64_t loop_wall_ns(struct loop *l);

/* Calls fn whenever fd is readable (level-triggered). fd is borrowed. */
struct loop_watch *loop_read(struct loop *l, int fd, loop_fn *fn, void *user);
/* Calls fn whenever fd is writable or has failed, as after a connect(). */
struct loop_watch *loop_write(struct loop *l, int fd, loop_fn *fn, void *user);
/* A signal that arrives several times in a turn is handled once. */
struct loop_watch *loop_signal(struct loop *l, int signo, loop_fn *fn, void *user);
/* Calls fn in ms milliseconds, once or repeatedly. */
struct loop_watch *loop_timer(struct loop *l, int64_t ms, bool repeat,
    loop_fn *fn, void *user);
/* Restarts a timer that does not repeat; allocates nothing. */
void loop_rearm(struct loop_watch *w, int64_t ms);
struct loop_watch *loop_unwatch(struct loop_watch *w);	/* NULL-safe; returns NULL */

int loop_run(struct loop *l);	/* until loop_stop(); 0 or -errno */
void loop_stop(struct loop *l);
/* Polls descriptors only after us microseconds (less than a second), so that
 * whatever arrives meanwhile takes one wake-up. Applies to this turn; the
 * shortest pause requested in it counts. */
void loop_pause(struct loop *l, uint32_t us);
/* The libevent base, for io modules that use libevent's buffers. */
struct event_base;
struct event_base *loop_base(struct loop *l);

#endif
