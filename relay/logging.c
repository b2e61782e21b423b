/* SPDX-License-Identifier: ISC
 *
 * logging - passes log lines to the configured destination, folding repeated
 * ones. Which lines repeat is decided in base/logdedup, and io/logsink writes
 * them. The timer runs only while a line is held back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/logsink.h"
#include "relay/daemon.h"

static void
arm_timer(struct daemon *d, struct mono now)
{
	struct logging *g = &d->logging;
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

	d->logging.armed = false;
	logdedup_report(&d->logging.fold, now);
	arm_timer(d, now);
}

static void
on_line(void *daemon, enum log_level level, const char *event, const char *fields)
{
	struct daemon *d = daemon;
	struct logging *g = &d->logging;
	struct mono now;

	if (!g->timer) {
		g->out.sink(g->out.user, level, event, fields);
		return;
	}
	now = loop_now(d->loop);
	logdedup_log(&g->fold, level, event, fields, now);
	arm_timer(d, now);
}

void
logging_set(struct daemon *d)
{
	static const enum logsink sinks[] = {
		[CONF_LOG_STDERR] = LOGSINK_STDERR,
		[CONF_LOG_SYSLOG] = LOGSINK_SYSLOG,
		[CONF_LOG_JOURNAL] = LOGSINK_JOURNAL,
	};
	struct logging *g = &d->logging;
	/* Until it is ready, a process that goes to the background logs to the
	 * terminal, so that errors are seen there. */
	enum logsink where = d->args->foreground || g->background ?
	    sinks[args_log(d->args, d->conf)] : LOGSINK_STDERR;
	struct log out = { 0 };

	logsink_set(&out, where);
	if (out.sink != g->out.sink)
		logdedup_flush(&g->fold);	/* to the old destination */
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
	d->logging.background = true;
	logging_set(d);
}

int
logging_open(struct daemon *d)
{
	d->logging.timer = loop_timer(d->loop, LOGDEDUP_WINDOW_MS, false,
	    on_timer, d);
	return d->logging.timer ? 0 : -ENOMEM;
}

void
logging_close(struct daemon *d)
{
	logdedup_flush(&d->logging.fold);
	d->logging.timer = loop_unwatch(d->logging.timer);
}

int
failed(struct daemon *d, const char *what, int err, const char *cure)
{
	if (cure)
		log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
		    "what=\"%s\" error=\"%s\" cure=\"%s\"", what, strerror(-err),
		    cure);
	else
		log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
		    "what=\"%s\" error=\"%s\"", what, strerror(-err));
	return err;
}

/* Adds a hint to a start-up error that every new user hits. */
int
failed_port(struct daemon *d, int port, int err)
{
	char what[32];

	snprintf(what, sizeof(what), "UDP port %d", port);
	return failed(d, what, err, err == -EACCES || err == -EPERM ?
	    "CAP_NET_BIND_SERVICE and CAP_NET_RAW are needed: start as root" : NULL);
}
