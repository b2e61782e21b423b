/* SPDX-License-Identifier: ISC
 *
 * loop - the event loop, based on libevent.
 *
 * libevent supplies epoll, timers that do not jump with the wall clock, and
 * signals as ordinary events. This file hides its types and adds the time as an
 * argument, a pause between turns, and signals that delay nothing. The loop
 * owns its watches; callers own their descriptors.
 */
#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <time.h>

#include <event2/event.h>

/* How late a pause may end; the kernel's default is 50 us. */
#define SLACK_NS 5000
#define NO_PAUSE UINT32_MAX

struct loop_watch {
	LIST_ENTRY(loop_watch) entry;
	struct event *ev;
	bool signalled;
	loop_fn *fn;
	void *user;
};

struct loop {
	struct event_base *base;
	LIST_HEAD(loop_watches, loop_watch) watches;
	uint32_t pause_us;	/* NO_PAUSE: none was requested */
	bool stopped;
};

/* Read once per callback, not once per turn: libevent 2.1 (Debian 12) has no
 * hook before a turn's first callback, and the vDSO takes only 25 ns. */
static struct mono
clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return mono_us((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

/* fn may free the watch. A signal is handled at the end of the turn, once:
 * libevent calls back for each one, and in a storm of SIGHUPs, reload followed
 * reload while packets and SIGTERM waited (3.7 s were measured). */
static void
run_watch(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;

	(void)fd;
	if (what & EV_SIGNAL)
		w->signalled = true;
	else
		w->fn(w->user, clock_now());
}

static struct loop_watch *
watch_new(struct loop *l, int fd, short what, const struct timeval *every,
    loop_fn *fn, void *user)
{
	struct loop_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fn = fn;
	w->user = user;
	w->ev = event_new(l->base, fd, what, run_watch, w);
	if (!w->ev || event_add(w->ev, every) < 0) {
		if (w->ev)
			event_free(w->ev);
		free(w);
		return NULL;
	}
	LIST_INSERT_HEAD(&l->watches, w, entry);
	return w;
}

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	/* A control client or log reader that disconnects must not kill us:
	 * libevent and write(2) do not use MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	LIST_INIT(&l->watches);
	l->pause_us = NO_PAUSE;
	l->base = event_base_new();
	if (!l->base) {
		free(l);
		return NULL;
	}
	return l;
}

struct loop *
loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	while (!LIST_EMPTY(&l->watches))
		/* clang-tidy misreads LIST_REMOVE(): NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		loop_unwatch(LIST_FIRST(&l->watches));
	event_base_free(l->base);
	free(l);
	return NULL;
}

struct mono
loop_now(struct loop *l)
{
	(void)l;
	return clock_now();
}

uint64_t
loop_wall_ns(struct loop *l)
{
	struct timespec ts;

	(void)l;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct loop_watch *
loop_read(struct loop *l, int fd, loop_fn *fn, void *user)
{
	return watch_new(l, fd, EV_READ | EV_PERSIST, NULL, fn, user);
}

struct loop_watch *
loop_write(struct loop *l, int fd, loop_fn *fn, void *user)
{
	return watch_new(l, fd, EV_WRITE | EV_PERSIST, NULL, fn, user);
}

struct loop_watch *
loop_signal(struct loop *l, int signo, loop_fn *fn, void *user)
{
	return watch_new(l, signo, EV_SIGNAL | EV_PERSIST, NULL, fn, user);
}

static struct timeval
timeval_of(int64_t ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

void
loop_rearm(struct loop_watch *w, int64_t ms)
{
	struct timeval tv = timeval_of(ms > 0 ? ms : 0);

	/* Cannot fail: adding a timer again takes no memory. */
	(void)event_add(w->ev, &tv);
}

struct loop_watch *
loop_timer(struct loop *l, int64_t ms, bool repeat, loop_fn *fn, void *user)
{
	struct timeval tv = timeval_of(ms);

	return watch_new(l, -1, repeat ? EV_PERSIST : 0, &tv, fn, user);
}

struct loop_watch *
loop_unwatch(struct loop_watch *w)
{
	if (!w)
		return NULL;
	LIST_REMOVE(w, entry);
	event_free(w->ev);
	free(w);
	return NULL;
}

static void
pause_if_requested(struct loop *l)
{
	struct timespec ts = { .tv_nsec = (long)l->pause_us * 1000 };

	if (l->pause_us != NO_PAUSE && l->pause_us > 0)
		(void)nanosleep(&ts, NULL);	/* a signal may end it early */
	l->pause_us = NO_PAUSE;
}

static struct loop_watch *
first_signalled(struct loop *l)
{
	struct loop_watch *w;

	LIST_FOREACH(w, &l->watches, entry)
		if (w->signalled)
			return w;
	return NULL;
}

/* Starts over after each signal, since its callback may free other watches. */
static void
run_signals(struct loop *l)
{
	struct loop_watch *w;

	while (!l->stopped && (w = first_signalled(l))) {
		w->signalled = false;
		w->fn(w->user, clock_now());
	}
}

int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped) {
		int r;

		errno = 0;
		r = event_base_loop(l->base, EVLOOP_ONCE);
		if (r < 0)
			return errno ? -errno : -EIO;
		if (r > 0)		/* no events are left */
			return 0;
		run_signals(l);
		if (!l->stopped)
			pause_if_requested(l);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	event_base_loopbreak(l->base);
}

void
loop_pause(struct loop *l, uint32_t us)
{
	if (us < l->pause_us)
		l->pause_us = us;
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}
