/* SPDX-License-Identifier: ISC
 *
 * control - see include/relay/control.h.
 */
#include "relay/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/metrics.h"
#include "relay/show/scrape.h"
#include "relay/state.h"

struct control {
	ctl_fn *command;
	struct metrics *metrics;	/* NULL: off, or it failed */
	struct loop_watch *reopen;	/* a timer; NULL: the socket stays */
};

static void
open_socket(struct daemon *d)
{
	char path[LOG_ESC_MAX];
	int err;

	if (!d->conf->control[0])
		return;
	err = ctl_open(d->loop, d->priv, d->conf->control, d->control->command, d, &d->ctl);
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
	err = metrics_open(d->loop, d->priv, at, scrape, d, &d->control->metrics);
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
	d->control->reopen = loop_unwatch(d->control->reopen);
	d->ctl = ctl_close(d->ctl);
	open_socket(d);
}

static bool
socket_is_in_place(const struct daemon *d)
{
	return d->ctl ? strcmp(ctl_path(d->ctl), d->conf->control) == 0 :
	    !d->conf->control[0];
}

void
control_reload(struct daemon *d, const struct conf *old)
{
	const struct conf_metrics *was = &old->metrics, *is = &d->conf->metrics;
	struct control *c = d->control;

	/* A turn later: this reload may have been asked for through the control socket. */
	if (!socket_is_in_place(d) && !c->reopen)
		c->reopen = loop_timer(d->loop, 0, false, on_reopen, d);
	if (c->metrics && strcmp(was->path, is->path) == 0 &&
	    ip4_eq(was->address, is->address) && was->port == is->port)
		return;
	c->metrics = metrics_close(c->metrics);
	open_metrics(d);
}

int
control_open(struct daemon *d, ctl_fn *command)
{
	d->control = calloc(1, sizeof(*d->control));
	if (!d->control)
		return -ENOMEM;
	d->control->command = command;
	open_socket(d);
	open_metrics(d);
	return 0;
}

void
control_close(struct daemon *d)
{
	d->ctl = ctl_close(d->ctl);
	if (!d->control)
		return;
	loop_unwatch(d->control->reopen);
	metrics_close(d->control->metrics);
	free(d->control);
	d->control = NULL;
}
