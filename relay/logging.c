/* SPDX-License-Identifier: ISC
 *
 * logging - what lies between log_event() and where lines go: repeated lines are folded
 * (base/logdedup), and one timer tells what was left out. It runs only while something was.
 *
 * Before the event loop is there, and after it is gone, lines go through as they are.
 */
#include <errno.h>

#include "io/logsink.h"
#include "relay/daemon.h"

static void
await(struct daemon *d, struct mono now)
{
	struct mono due;

	if (d->folding || !d->w_fold || !logdedup_due(&d->fold, &due))
		return;
	d->folding = true;
	loop_rearm(d->w_fold, mono_wait_ms(due, now));
}

static void
due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->folding = false;
	logdedup_report(&d->fold, now);
	await(d, now);
}

static void
on_line(void *daemon, enum log_level level, const char *event, const char *fields)
{
	struct daemon *d = daemon;
	struct mono now;

	if (!d->w_fold) {
		d->out.sink(d->out.user, level, event, fields);
		return;
	}
	now = loop_now(d->loop);
	logdedup_log(&d->fold, level, event, fields, now);
	await(d, now);
}

static void
flush(struct daemon *d)
{
	if (d->fold.sink)
		logdedup_flush(&d->fold);
}

/* A process on its way to the background speaks to the terminal until it is ready,
 * so that whoever started it sees why it failed. */
static enum conf_log
destination(const struct daemon *d)
{
	return !d->args->foreground && !d->background ? CONF_LOG_STDERR :
	    args_log(d->args, d->conf);
}

static enum logsink
sink_of(enum conf_log where)
{
	switch (where) {
	case CONF_LOG_STDERR:
		break;
	case CONF_LOG_SYSLOG:
		return LOGSINK_SYSLOG;
	case CONF_LOG_JOURNAL:
		return LOGSINK_JOURNAL;
	}
	return LOGSINK_STDERR;
}

void
logging_set(struct daemon *d)
{
	enum logsink where = sink_of(destination(d));
	struct log out = { 0 };

	logsink_set(&out, where);
	if (out.sink != d->out.sink)
		flush(d);	/* what was said there ends there */
	d->out = out;
	d->fold.sink = out.sink;
	d->fold.user = out.user;
	d->log = (struct log){
		.level = args_log_level(d->args, d->conf),
		.sink = on_line, .user = d,
	};
	if (d->priv)
		priv_log(d->priv, where, d->log.level);
}

int
logging_open(struct daemon *d)
{
	d->w_fold = loop_timer(d->loop, LOGDEDUP_WINDOW_MS, false, due, d);
	return d->w_fold ? 0 : -ENOMEM;
}

void
logging_close(struct daemon *d)
{
	flush(d);
	d->w_fold = loop_unwatch(d->w_fold);
}
