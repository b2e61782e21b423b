/* SPDX-License-Identifier: ISC
 *
 * reload - takes the next configuration whole, or refuses it whole.
 *
 * Everything that can fail is done first, beside what runs: reading, a client table of
 * another size, the filter of the ring, sockets of new servers. Then everything is exchanged
 * between two packets. Sockets of servers that stay, the ring, the tables of
 * clients and interfaces stay as they are, so nothing in flight is lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "relay/tend/doctor_run.h"
#include "relay/daemon.h"

static void
log_mistake(void *user, int line, const char *text)
{
	struct daemon *d = user;
	char buf[LOG_LINE_MAX], file[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_esc(&b, text, strlen(text));	/* it quotes the file */
	log_event(&d->log, LOG_LEVEL_ERROR, "config-mistake",
	    "file=\"%s\" line=%d text=\"%s\"",
	    log_esc(file, args_conf_name(d->args)), line, buf);
}

/* A pipe or a terminal would stop the relay until somebody writes; when it
 * starts (-c /dev/stdin) it may wait. */
static struct conf *
read_conf(struct daemon *d)
{
	int fd = d->args->conf ? priv_conf(d->priv) : -1;

	if (fd == -EINVAL)
		log_mistake(d, 0, "cannot be read again: it is no regular file");
	else if (fd == -EPIPE)
		log_mistake(d, 0, "cannot be read again: the process that opens "
		    "files is gone; a new start would help");
	else
		return args_conf_fd(d->args, fd, log_mistake, d);
	return NULL;
}

static int
refused(struct daemon *d, struct conf *next, struct clients *clients)
{
	char file[LOG_ESC_MAX];

	stats_count(&d->stats, COUNTER_RELOADS_REFUSED);
	log_event(&d->log, LOG_LEVEL_ERROR, "reload-refused", "file=\"%s\"",
	    log_esc(file, args_conf_name(d->args)));
	clients_free(clients);
	conf_free(next);
	return -EINVAL;
}

static void
take_host(struct daemon *d)
{
	if (d->conf->host_name[0])
		memcpy(d->host, d->conf->host_name, sizeof(d->host));
	else if (gethostname(d->host, sizeof(d->host) - 1) < 0)
		d->host[0] = '\0';
}

/* The kernel exchanges it in one step, or keeps what it has. */
static int
take_filter(struct daemon *d, const struct conf *c)
{
	struct ring_filter f;
	int err;

	daemon_filter(c, &f);
	err = ring_set_filter(d->ring, &f);
	if (err < 0)
		log_event(&d->log, LOG_LEVEL_ERROR, "filter-failed",
		    "error=\"%s\"", strerror(-err));
	return err;
}

static void
reopen_control(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	d->w_control = loop_unwatch(d->w_control);
	d->ctl = ctl_close(d->ctl);
	daemon_open_control(d);
}

static bool
control_is_in_place(const struct daemon *d)
{
	return d->ctl ? strcmp(ctl_path(d->ctl), d->conf->control) == 0 :
	    !d->conf->control[0];
}

/* A turn later: it may be the control socket that asked for this reload. What could not be had,
 * for want of memory even, is tried again by every reload. */
static void
take_control(struct daemon *d)
{
	if (!control_is_in_place(d) && !d->w_control)
		d->w_control = loop_timer(d->loop, 0, false, reopen_control, d);
}

/* The same of its port. */
static void
take_metrics(struct daemon *d, const struct conf *old)
{
	const struct conf_metrics *was = &old->metrics, *is = &d->conf->metrics;

	if (d->metrics && strcmp(was->path, is->path) == 0 &&
	    ip4_eq(was->address, is->address) && was->port == is->port)
		return;
	d->metrics = metrics_close(d->metrics);
	daemon_open_metrics(d);
}

/* The point of no return: nothing in here can fail. */
static void
take(struct daemon *d, struct conf *next, struct clients *clients)
{
	struct conf *old = d->conf;

	doctor_run_reload(d);
	d->conf = next;
	d->reloaded = loop_now(d->loop);
	if (clients) {
		clients_take(clients, d->clients);
		clients_free(d->clients);
		d->clients = clients;
		d->r4.clients = clients;
	}
	relay4_configure(&d->r4, old, next, loop_now(d->loop));
	helpers_configure(d->helpers, old, next);
	logging_set(d);
	take_host(d);
	daemon_port4011(d);
	daemon_quiet(d);
	if (!ip4_eq(old->discovery_group, next->discovery_group))
		iface_watch_leave_group(d, old->discovery_group);
	iface_watch_commit_all(d);
	way_watch_reload(d);
	probe_run_reload(d, old);
	take_control(d);
	take_metrics(d, old);
	conf_free(old);
}

int
reload(struct daemon *d)
{
	char file[LOG_ESC_MAX];
	struct conf *next = read_conf(d);
	struct clients *clients = NULL;

	if (!next || !privileges_allow(d, next, log_mistake, d))
		return refused(d, next, NULL);
	if (next->clients != d->conf->clients) {
		clients = daemon_new_clients(d, next);
		if (!clients)
			return refused(d, next, NULL);
	}
	if (take_filter(d, next) < 0)
		return refused(d, next, clients);
	if (daemon_open_servers(d, next) < 0) {
		(void)take_filter(d, d->conf);
		return refused(d, next, clients);
	}
	take(d, next, clients);
	stats_count(&d->stats, COUNTER_RELOADS);
	log_event(&d->log, LOG_LEVEL_INFO, "reloaded", "file=\"%s\" reloads=%" PRIu64,
	    log_esc(file, args_conf_name(d->args)),
	    d->stats.counter[COUNTER_RELOADS]);
	return 0;
}
