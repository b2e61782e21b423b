/* SPDX-License-Identifier: ISC
 *
 * daemon - opens the tables, sockets and parts of the daemon in the order in
 * which they need each other, closes them, and polls once a second while
 * anything is degraded. What happens in between is in the other files of
 * relay/; relay/README.md has the map.
 */
#include "relay/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/relay4/helper.h"
#include "core/relay4/rescue.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/path/path.h"
#include "relay/path/sockets.h"
#include "relay/tend/tend.h"

/* Healthy components report their own failures, so only degraded ones are polled: a
 * healthy relay has no periodic timer. */
static void
poll_degraded(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	bool degraded;

	d->tick.running = false;
	servers_tick(&d->servers, now);
	iface_watch_tick(d, now);
	(void)bound_update(d);
	way_watch_tick(d, now);
	degraded = d->iface_watch.failed || way_watch_waits(d) || bound_refused(d);
	for (unsigned i = 0; i < d->conf->n_server; i++)
		degraded |= d->servers.health[i].state == HEALTH_DOWN;
	if (degraded)
		tick_soon(d);
}

static const char *
health_event(const struct health *h)
{
	if (h->diag == HEALTH_DIAG_ENABLED)
		return "server-enabled";
	if (h->state == HEALTH_DRAINED)
		return "server-drained";
	return h->state == HEALTH_DOWN ? "server-down" : "server-up";
}

/* Logs the change; operators grep for these events, which pxrelayd(8) lists. */
static void
on_health(void *daemon, uint16_t server)
{
	struct daemon *d = daemon;
	const struct health *h = &d->servers.health[server];
	const struct conf_server *s = &d->conf->server[server];
	char a[CONF_NAME_MAX];

	log_event(&d->log, h->state == HEALTH_DOWN ? LOG_LEVEL_WARNING :
	    LOG_LEVEL_INFO, health_event(h),
	    "server=%s address=%s state=%s diag=%s after=%u", s->name,
	    conf_server_text(s, a), health_state_name(h->state),
	    health_diag_word(h->diag), h->bad_in_row);
	tick_soon(d);
	status_changed(d);
}

static int
open_tables(struct daemon *d)
{
	if (getrandom(&d->secret, sizeof(d->secret), 0) != sizeof(d->secret))
		return failed(d, "random numbers", -errno, NULL);
	host_open(d);
	d->iftab = iftab_new();
	d->helpers = helpers_new(d->secret);
	d->boot_steps = boot_steps_new(d->secret);
	d->track = track_new(d->conf->clients, d->secret);
	d->servers.iftab = d->iftab;
	for (enum family i = 0; i < FAMILIES; i++)
		d->relay[i] = (struct relay){
			.family = i, .conf = d->conf, .iftab = d->iftab,
			.servers = &d->servers, .stats = &d->stats[i],
			.clients = reload_new_clients(d, i, d->conf),
			.since = d->started,
		};
	if (!d->iftab || !d->relay[FAMILY4].clients || !d->relay[FAMILY6].clients ||
	    !d->helpers || !d->boot_steps || !d->track || outbox_open(d) < 0 || relay_run_open(d) < 0)
		return failed(d, "tables", -ENOMEM, NULL);
	d->servers.on_health = on_health;
	d->servers.other_way = way_watch_other;
	d->servers.user = d;
	return 0;
}

static int
open_loop(struct daemon *d)
{
	int err;

	d->loop = loop_new();
	if (!d->loop)
		return failed(d, "event loop", -ENOMEM, NULL);
	d->started = loop_now(d->loop);
	if ((err = logging_open(d)) < 0 || (err = status_open(d)) < 0)
		return failed(d, "event loop", err, NULL);
	return 0;
}

/* Opens the parts that need the tables and the sockets. */
static int
open_parts(struct daemon *d)
{
	int err;

	if ((err = way_watch_open(d)) < 0)
		return failed(d, "netlink", err, NULL);
	if ((err = probe_run_open(d)) < 0)
		return failed(d, "probes", err, NULL);
	if ((err = doctor_run_open(d)) < 0)
		return failed(d, "doctor", err, NULL);
	if ((err = iface_watch_open(d)) < 0)
		return failed(d, "netlink", err, NULL);
	if (tick_open(d, poll_degraded) < 0 || boot_log_open(d) < 0 || settled_open(d) < 0)
		return failed(d, "event loop", -ENOMEM, NULL);
	return 0;
}

int
daemon_open(struct daemon *d, struct conf *conf)
{
	static const struct sockets_readers readers = {
		.ring = path_ring, .udp = path_udp,
		.server = path_server, .drain = path_drain,
	};
	int err = open_loop(d);

	if (err == 0)
		err = sockets_new(d, &readers);
	if (err == 0)
		err = server_sockets_open(d, conf);
	d->conf = conf;
	if (err < 0 || (err = open_tables(d)) < 0 ||
	    (err = sockets_open(d)) < 0)
		return err;
	servers_configure(&d->servers, NULL, conf, d->started);
	err = open_parts(d);
	if (err < 0)
		return err;
	iface_watch_commit_all(d);
	err = bound_update(d);
	if (err < 0)
		return failed_port(d, DHCP4_PORT_SERVER, err);
	sockets_reload(d);
	control_open(d, command);
	return 0;
}

void
daemon_close(struct daemon *d)
{
	logging_close(d);
	control_close(d);
	iface_watch_close(d);
	way_watch_close(d);
	doctor_run_close(d);
	probe_run_close(d);
	server_sockets_close(d);
	sockets_close(d);
	privileges_close(d);
	outbox_close(d);
	status_close(d);
	d->rescues = rescues_free(d->rescues);
	for (enum family i = 0; i < FAMILIES; i++) {
		d->relay[i].hedges = pendings_free(d->relay[i].hedges);
		d->relay[i].clients = clients_free(d->relay[i].clients);
	}
	d->helpers = helpers_free(d->helpers);
	d->boot_steps = boot_steps_free(d->boot_steps);
	d->track = track_free(d->track);
	d->iftab = iftab_free(d->iftab);
	d->conf = conf_free(d->conf);
	d->loop = loop_free(d->loop);
}
