/* SPDX-License-Identifier: ISC
 *
 * loop - the event loop (libevent) and the only reader of the clock.
 *
 * Call-backs run to completion, one at a time; there are no threads. Each gets
 * the time as a struct mono and passes it on, so that everything it does
 * happens at one moment. loop_now() also works outside a call-back (at the
 * start).
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct loop;
struct loop_watch;

typedef void loop_fn(void *user, struct mono now);

struct loop *loop_new(void);	/* NULL when memory is short */
struct loop *loop_free(struct loop *l);	/* frees watches that are left; returns NULL */
struct mono loop_now(struct loop *l);	/* CLOCK_MONOTONIC, read anew */
/* The wall clock, in ns since 1970: to be shown, not to compute with. */
uint64_t loop_wall_ns(struct loop *l);

/* Level-triggered: fn runs whenever fd can be read. The fd stays the
 * caller's. */
struct loop_watch *loop_read(struct loop *l, int fd, loop_fn *fn, void *user);
/* ... whenever fd can be written, or has failed: a connect() has ended. */
struct loop_watch *loop_write(struct loop *l, int fd, loop_fn *fn, void *user);
/* A signal that comes several times in a turn is handled once. */
struct loop_watch *loop_signal(struct loop *l, int signo, loop_fn *fn, void *user);
/* Every ms milliseconds (repeat) or once. */
struct loop_watch *loop_timer(struct loop *l, int64_t ms, bool repeat, loop_fn *fn, void *user);
/* A timer made with repeat = false runs (again) in ms milliseconds from now;
 * allocates nothing. */
void loop_rearm(struct loop_watch *w, int64_t ms);
struct loop_watch *loop_unwatch(struct loop_watch *w);	/* NULL-safe; returns NULL */

int loop_run(struct loop *l);	/* until loop_stop(); 0 or -errno */
void loop_stop(struct loop *l);
/* Descriptors are polled again after us microseconds (less than a second) and
 * not at once: what arrives meanwhile takes one wake-up. For this turn only;
 * the shortest pause requested in it counts. */
void loop_pause(struct loop *l, uint32_t us);
/* The libevent base, for io modules that use libevent's buffers. */
struct event_base;
struct event_base *loop_base(struct loop *l);

#endif
