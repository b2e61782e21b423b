/* SPDX-License-Identifier: ISC
 *
 * reload - takes the next configuration as a whole, or refuses it as a whole.
 *
 * Everything that can fail is done first, while the old configuration relays:
 * reading the file, allocating a client table of another size, opening sockets
 * of new servers and, for other ports, another ring. Then everything is exchanged
 * between two packets. Sockets of servers that stay, and the tables of clients and
 * interfaces are kept, and what goes is read empty, so nothing in flight is lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/sbuf.h"
#include "relay/daemon.h"
#include "relay/path/outbox.h"
#include "relay/path/sockets.h"
#include "relay/tend/tend.h"

static void
on_client_evicted(void *conv, void *daemon)
{
	struct daemon *d = daemon;

	(void)conv;
	stats_count(&d->stats[FAMILY4], COUNTER_CLIENTS_EVICTED);
}

struct clients *
reload_new_clients(struct daemon *d, enum family family, const struct conf *c)
{
	return clients_new(family, c->clients, d->secret, on_client_evicted, d);
}

struct report {
	struct daemon *d;
	json_t *mistakes;	/* for the command; or NULL */
};

/* A thousand are logged, but these are enough for a screen. */
#define ANSWER_MAX 50

/* "FILE:LINE: TEXT", or "FILE: TEXT" */
static void
answer_mistake(json_t *mistakes, const char *file, int line, const char *text)
{
	char buf[LOG_LINE_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (!mistakes || json_array_size(mistakes) == ANSWER_MAX)
		return;
	sbuf_esc(&b, file, strlen(file));
	if (line > 0)
		sbuf_printf(&b, ":%d", line);
	sbuf_puts(&b, ": ");
	sbuf_esc(&b, text, strlen(text));
	(void)json_array_append_new(mistakes, json_string(buf));
}

static void
log_mistake(void *user, const char *file, int line, const char *text)
{
	const struct report *r = user;
	char buf[LOG_LINE_MAX], name[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (!file)
		file = args_conf_name(r->d->args);
	answer_mistake(r->mistakes, file, line, text);
	sbuf_esc(&b, text, strlen(text));	/* may quote any bytes of the file */
	log_event(&r->d->log, LOG_LEVEL_ERROR, "config-mistake",
	    "file=\"%s\" line=%d text=\"%s\"",
	    log_esc(name, file), line, buf);
}

/* Refuses a pipe or terminal, on which a read would block the relay; at the start
 * (-c /dev/stdin) blocking is fine. */
static struct conf *
read_conf(struct report *r)
{
	struct daemon *d = r->d;
	int fd = d->args->conf ? priv_ask(d->priv, OPENER_CONF) : -1;

	if (fd == -EINVAL)
		log_mistake(r, NULL, 0, "cannot be read again: not a regular file");
	else if (fd == -EPIPE)
		log_mistake(r, NULL, 0, "cannot be read again: the process that opens "
		    "files is gone; restart pxrelayd");
	else
		return args_conf_fd(d->args, fd, log_mistake, r);
	return NULL;
}

/* t: the tables of clients, if they get another size. */
static int
refuse_conf(struct daemon *d, struct conf *next, struct clients *const t[FAMILIES])
{
	char file[LOG_ESC_MAX];

	stats_count(&d->stats[FAMILY4], COUNTER_RELOADS_REFUSED);
	log_event(&d->log, LOG_LEVEL_ERROR, "reload-refused", "file=\"%s\"",
	    log_esc(file, args_conf_name(d->args)));
	for (enum family i = 0; i < FAMILIES; i++)
		clients_free(t[i]);
	conf_free(next);
	return -EINVAL;
}

/* Nothing in here can fail. The only packets relayed during the exchange are the
 * last ones of retired rings and servers, all by the old configuration. */
static void
take_conf(struct daemon *d, struct conf *next, struct clients *const t[FAMILIES])
{
	struct conf *old = d->conf;
	struct mono now = loop_now(d->loop);

	outbox_flush(d);	/* its queues refer to servers by their old index */
	sockets_take(d);
	server_sockets_take(d);
	doctor_run_reload(d);
	d->conf = next;
	d->reloaded = now;
	servers_configure(&d->servers, old, next, now);
	for (enum family i = 0; i < FAMILIES; i++) {
		struct relay *r = &d->relay[i];

		r->conf = next;
		if (!t[i])
			continue;
		clients_take(t[i], r->clients);
		clients_free(r->clients);
		r->clients = t[i];
	}
	logging_set(d);
	host_name(d);
	sockets_reload(d);
	if (!ip4_eq(old->discovery_group, next->discovery_group))
		iface_watch_leave_group(d, old->discovery_group, next->discovery_group);
	iface_watch_commit_all(d);
	settled_reload(d);
	bound_changed(d);
	way_watch_reload(d);
	probe_run_reload(d, old);
	control_reload(d, old);
	conf_free(old);
}

int
reload(struct daemon *d, json_t *mistakes)
{
	char file[LOG_ESC_MAX];
	struct report r = { d, mistakes };
	struct conf *next = read_conf(&r);
	struct clients *t[FAMILIES] = { NULL };

	if (!next || !privileges_allow(d, next, log_mistake, &r))
		return refuse_conf(d, next, t);
	for (enum family i = 0; i < FAMILIES && next->clients != d->conf->clients; i++)
		if (!(t[i] = reload_new_clients(d, i, next)))
			return refuse_conf(d, next, t);
	if (server_sockets_prepare(d, next) < 0)
		return refuse_conf(d, next, t);
	if (sockets_prepare(d, next) < 0) {
		server_sockets_cancel(d);
		return refuse_conf(d, next, t);
	}
	take_conf(d, next, t);
	stats_count(&d->stats[FAMILY4], COUNTER_RELOADS);
	log_event(&d->log, LOG_LEVEL_INFO, "reloaded",
	    "file=\"%s\" reloads=%" PRIu64, log_esc(file, args_conf_name(d->args)),
	    d->stats[FAMILY4].counter[COUNTER_RELOADS]);
	return 0;
}
