/* SPDX-License-Identifier: ISC
 *
 * loop - the event loop, on libevent.
 *
 * libevent brings epoll and timers that do not jump with the wall clock; this file hides
 * its types and adds what it lacks for us: the time as an argument, a pause between two turns,
 * and signals that cannot get lost. What a call-back does is left to whoever installs it. The
 * loop owns its watches, the callers own their descriptors.
 */
#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

/* A pause ends at most this late. The kernel's own 50 us would be as long as it. */
#define SLACK_NS 5000
#define NO_PAUSE UINT32_MAX

struct loop_watch {
	LIST_ENTRY(loop_watch) entry;
	struct event *ev;	/* NULL: of a signal */
	int signo;
	loop_fn *fn;
	void *user;
};

struct loop {
	struct event_base *base;
	LIST_HEAD(loop_watches, loop_watch) watches;
	sigset_t signals;
	int signal_fd;		/* -1: none is watched yet */
	uint32_t pause_us;	/* NO_PAUSE: nobody has asked */
	bool stopped;
};

/*
 * Once per call-back and not once per turn of the loop: libevent 2.1 (Debian
 * 12) has no hook before a turn's first call-back, and through the vDSO the
 * clock costs 25 ns, less than finding out whether it was read already.
 */
static struct mono
clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return mono_us((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

/* The watch may be gone when fn returns: it is not looked at again. */
static void
run_watch(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;

	(void)fd;
	(void)what;
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
	/* A control client or a log reader that goes away is no reason to die:
	 * neither libevent's buffers nor write(2) can say MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	LIST_INIT(&l->watches);
	sigemptyset(&l->signals);
	l->signal_fd = -1;
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
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see what LIST_REMOVE() does */
		loop_unwatch(LIST_FIRST(&l->watches));
	event_base_free(l->base);
	if (l->signal_fd >= 0)
		close(l->signal_fd);
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

static void
run_signal(struct loop *l, int signo, struct mono now)
{
	struct loop_watch *w;

	LIST_FOREACH(w, &l->watches, entry)
		if (w->signo == signo) {
			w->fn(w->user, now);
			return;		/* the list may be another one now */
		}
}

/*
 * Signals wait in the kernel until there is time for them, one of each kind. A handler that
 * writes them to a pipe, as libevent's does, has each of a storm of SIGHUPs followed by a
 * reload before anything else has its turn: SIGTERM was heard 3.7 s later, and a pipe that is full loses
 * it. The kernel hands out the lowest number first, so all that wait are taken before one is followed.
 */
static void
on_signals(void *loop, struct mono now)
{
	struct loop *l = loop;
	struct signalfd_siginfo si[16];
	ssize_t n = read(l->signal_fd, si, sizeof(si));
	sigset_t seen;

	sigemptyset(&seen);
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(si[0]); i++)
		sigaddset(&seen, (int)si[i].ssi_signo);
	for (int signo = 1; signo < NSIG; signo++)
		if (sigismember(&seen, signo) == 1)
			run_signal(l, signo, now);
}

static bool
take_signal(struct loop *l, int signo)
{
	int fd;

	sigaddset(&l->signals, signo);
	if (sigprocmask(SIG_BLOCK, &l->signals, NULL) < 0)
		return false;
	fd = signalfd(l->signal_fd, &l->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 || fd == l->signal_fd)
		return fd >= 0;
	l->signal_fd = fd;
	return loop_read(l, fd, on_signals, l) != NULL;
}

struct loop_watch *
loop_signal(struct loop *l, int signo, loop_fn *fn, void *user)
{
	struct loop_watch *w = calloc(1, sizeof(*w));

	if (!w || !take_signal(l, signo)) {
		free(w);
		return NULL;
	}
	w->signo = signo;
	w->fn = fn;
	w->user = user;
	LIST_INSERT_HEAD(&l->watches, w, entry);
	return w;
}

static struct timeval
timeval_of(int64_t ms)
{
	return (struct timeval){
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};
}

void
loop_rearm(struct loop_watch *w, int64_t ms)
{
	struct timeval tv = timeval_of(ms > 0 ? ms : 0);

	/* A timer that was added before takes no memory to be added again. */
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
	if (w->ev)
		event_free(w->ev);
	free(w);
	return NULL;
}

static void
pause_if_asked(struct loop *l)
{
	struct timespec ts = { .tv_nsec = (long)l->pause_us * 1000 };

	if (l->pause_us != NO_PAUSE && l->pause_us > 0)
		(void)nanosleep(&ts, NULL);	/* a signal may end it early */
	l->pause_us = NO_PAUSE;
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
		if (r > 0)		/* nothing is left to wait for */
			return 0;
		if (!l->stopped)
			pause_if_asked(l);
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
