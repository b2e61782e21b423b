/* SPDX-License-Identifier: ISC
 *
 * control - opens the control socket and the socket for metrics, moves them at
 * a reload, and closes them. The answers come from command.c and relay/show,
 * the protocols are in io/ctl and io/metrics.
 */
#include <string.h>

#include "io/metrics.h"
#include "relay/daemon.h"
#include "relay/show/show.h"

static void
open_socket(struct daemon *d)
{
	char path[LOG_ESC_MAX];
	int err;

	if (!d->conf->control[0])
		return;
	err = ctl_open(d->loop, d->priv, d->conf->control, d->control.answer, d,
	    &d->control.ctl);
	if (err < 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "control-failed",
		    "path=\"%s\" error=\"%s\"",
		    log_esc(path, d->conf->control), strerror(-err));
}

static void
open_metrics(struct daemon *d)
{
	const struct conf_metrics *at = &d->conf->metrics;
	char where[CONF_METRICS_STRLEN], text[LOG_ESC_MAX];
	int err;

	if (!at->port && !at->path[0])
		return;
	err = metrics_open(d->loop, d->priv, at, scrape, d, &d->control.metrics);
	if (err < 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "metrics-failed",
		    "at=\"%s\" error=\"%s\"",
		    log_esc(text, conf_metrics_text(at, where)), strerror(-err));
}

static void
on_reopen(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	d->control.reopen = loop_unwatch(d->control.reopen);
	d->control.ctl = ctl_close(d->control.ctl);
	open_socket(d);
}

void
control_reload(struct daemon *d, const struct conf *old)
{
	const struct conf_metrics *was = &old->metrics, *is = &d->conf->metrics;
	const char *at = d->control.ctl ? ctl_path(d->control.ctl) : "";

	/* In the next turn of the loop: this reload may have come through the
	 * socket. */
	if (strcmp(at, d->conf->control) != 0 && !d->control.reopen)
		d->control.reopen = loop_timer(d->loop, 0, false, on_reopen, d);
	if (d->control.metrics && strcmp(was->path, is->path) == 0 &&
	    ip4_eq(was->address, is->address) && was->port == is->port)
		return;
	d->control.metrics = metrics_close(d->control.metrics);
	open_metrics(d);
}

void
control_open(struct daemon *d, ctl_fn *answer)
{
	d->control.answer = answer;
	open_socket(d);
	open_metrics(d);
}

void
control_close(struct daemon *d)
{
	d->control.ctl = ctl_close(d->control.ctl);
	d->control.reopen = loop_unwatch(d->control.reopen);
	d->control.metrics = metrics_close(d->control.metrics);
}
