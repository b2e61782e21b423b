/* SPDX-License-Identifier: ISC
 *
 * logging - see include/relay/logging.h. The timer runs only while a line is held back.
 */
#include "relay/logging.h"

#include <errno.h>
#include <stdlib.h>

#include "base/logdedup.h"
#include "io/logsink.h"
#include "relay/state.h"

struct logging {
	struct log out;			/* the destination */
	struct logdedup fold;		/* writes to it */
	struct loop_watch *timer;	/* NULL: lines are not folded */
	bool armed;
	bool background;
};

static void
arm_timer(struct daemon *d, struct mono now)
{
	struct logging *g = d->logging;
	struct mono due;

	if (g->armed || !g->timer || !logdedup_due(&g->fold, &due))
		return;
	g->armed = true;
	loop_rearm(g->timer, mono_wait_ms(due, now));
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->logging->armed = false;
	logdedup_report(&d->logging->fold, now);
	arm_timer(d, now);
}

static void
on_line(void *daemon, enum log_level level, const char *event, const char *fields)
{
	struct daemon *d = daemon;
	struct logging *g = d->logging;
	struct mono now;

	if (!g->timer) {
		g->out.sink(g->out.user, level, event, fields);
		return;
	}
	now = loop_now(d->loop);
	logdedup_log(&g->fold, level, event, fields, now);
	arm_timer(d, now);
}

static void
flush_fold(struct logging *g)
{
	if (g->fold.sink)
		logdedup_flush(&g->fold);
}

/* A process on its way to the background writes to the terminal until it is ready, so that
 * its errors are seen there. */
static enum conf_log
destination(const struct daemon *d)
{
	return !d->args->foreground && !d->logging->background ? CONF_LOG_STDERR :
	    args_log(d->args, d->conf);
}

void
logging_set(struct daemon *d)
{
	static const enum logsink sinks[] = {
		[CONF_LOG_STDERR] = LOGSINK_STDERR,
		[CONF_LOG_SYSLOG] = LOGSINK_SYSLOG,
		[CONF_LOG_JOURNAL] = LOGSINK_JOURNAL,
	};
	enum logsink where = sinks[destination(d)];
	struct logging *g = d->logging;
	struct log out = { 0 };

	logsink_set(&out, where);
	if (out.sink != g->out.sink)
		flush_fold(g);	/* to the old destination */
	g->out = out;
	g->fold.sink = out.sink;
	g->fold.user = out.user;
	d->log = (struct log){
		.level = args_log_level(d->args, d->conf),
		.sink = on_line, .user = d,
	};
	if (d->priv)
		priv_log(d->priv, where, d->log.level);
}

void
logging_background(struct daemon *d)
{
	d->logging->background = true;
	logging_set(d);
}

int
logging_new(struct daemon *d)
{
	if (!d->logging)
		d->logging = calloc(1, sizeof(*d->logging));
	return d->logging ? 0 : -ENOMEM;
}

int
logging_open(struct daemon *d)
{
	if (logging_new(d) < 0)
		return -ENOMEM;
	d->logging->timer = loop_timer(d->loop, LOGDEDUP_WINDOW_MS, false, on_timer, d);
	return d->logging->timer ? 0 : -ENOMEM;
}

void
logging_close(struct daemon *d)
{
	if (!d->logging)
		return;
	flush_fold(d->logging);
	d->logging->timer = loop_unwatch(d->logging->timer);
}

void
logging_free(struct daemon *d)
{
	free(d->logging);
	d->logging = NULL;
	d->log = (struct log){ 0 };
}
