/* SPDX-License-Identifier: ISC
 *
 * daemon - opens what the relay needs, in order, and closes it; owns the
 * servers' sockets. What happens in between stands in the other files of this floor,
 * see relay/README.md.
 */
#include "relay/daemon.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/tftp.h"
#include "relay/tend/doctor_run.h"

/* How often time is told to who waits for it, while somebody does. */
#define TICK_MS 1000

static int
failed(struct daemon *d, const char *what, int err)
{
	log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
	    "what=\"%s\" error=\"%s\"", what, strerror(-err));
	return err;
}

/* The two failures that everybody meets once get their cure with them. */
static int
failed_port(struct daemon *d, int port, int err)
{
	const char *cure = err == -EADDRINUSE ?
	    "another DHCP program of this host has the port: let it listen on its own interfaces only" :
	    err == -EACCES || err == -EPERM ?
	    "CAP_NET_BIND_SERVICE and CAP_NET_RAW are needed: start as root" : "none";

	log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
	    "what=\"UDP port %d\" error=\"%s\" cure=\"%s\"", port,
	    strerror(-err), cure);
	return err;
}

/* Several helpers may have one port; conf allows CONF_ALL_PORTS_MAX different ones. */
static void
filter_port(struct ring_filter *f, uint16_t port)
{
	for (unsigned i = 0; i < f->n_port; i++)
		if (f->port[i] == port)
			return;
	if (f->n_port < RING_PORTS_MAX)
		f->port[f->n_port++] = port;
}

void
daemon_filter(const struct conf *c, struct ring_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->port[f->n_port++] = DHCP4_PORT_SERVER;
	f->port[f->n_port++] = DHCP4_PORT_CLIENT;	/* servers on a VLAN */
	f->watch[f->n_watch++] = TFTP_PORT;
	f->tftp_errors = true;
	if (c->p4011) {
		f->port[f->n_port++] = DHCP4_PORT_PXE;
		f->watch[f->n_watch++] = DHCP4_PORT_PXE;
		f->unreachable = DHCP4_PORT_PXE;
	}
	for (unsigned i = 0; i < c->n_helper; i++)
		for (unsigned k = 0; k < c->helper[i].n_port; k++)
			filter_port(f, c->helper[i].port[k]);
}

static void
read_server(void *user, struct mono now)
{
	struct daemon_server *s = user;

	path_server(s->owner, s->index, now);
}

static void
close_server(struct daemon_server *s)
{
	s->watch = loop_unwatch(s->watch);
	s->sock = udp_server_free(s->sock);
}

/* The socket that a server of the present configuration has, if its address
 * stays. */
static struct udp_server *
kept_socket(const struct daemon *d, struct ip4 address)
{
	uint16_t i = d->conf ? conf_server_by_addr(d->conf, address) : CONF_NONE;

	return i != CONF_NONE ? d->server[i].sock : NULL;
}

static int
make_servers(struct daemon *d, const struct conf *c, struct daemon_server *next,
    bool *made)
{
	for (uint16_t i = 0; i < c->n_server; i++) {
		if (c->server[i].first != i)
			continue;
		next[i].address = ip_v4(c->server[i].address);
		next[i].sock = kept_socket(d, next[i].address);
		if (!next[i].sock) {
			next[i].sock = udp_server_with(priv_server(d->priv),
			    next[i].address, DHCP4_PORT_SERVER);
			if (!next[i].sock)
				return failed_port(d, DHCP4_PORT_SERVER, -errno);
			made[i] = true;
		}
		/* For its place among the servers that are to come. */
		next[i].watch = loop_read(d->loop, udp_server_fd(next[i].sock),
		    read_server, &d->server[i]);
		if (!next[i].watch)
			return failed(d, "event loop", -ENOMEM);
	}
	return 0;
}

static void
forget_servers(struct daemon_server *next, unsigned n, const bool *made)
{
	for (unsigned i = 0; i < n; i++) {
		next[i].watch = loop_unwatch(next[i].watch);
		if (made[i])
			close_server(&next[i]);
	}
}

static bool
still_used(const struct daemon_server *next, unsigned n, const struct udp_server *sock)
{
	for (unsigned i = 0; i < n; i++)
		if (next[i].sock == sock)
			return true;
	return false;
}

/* Which sockets of the present configuration does the next one have no server for? */
static void
find_retired(const struct daemon *d, const struct daemon_server *next, unsigned n,
    bool *retired)
{
	for (unsigned i = 0; i < d->conf->n_server; i++)
		retired[i] = d->server[i].sock && !still_used(next, n, d->server[i].sock);
}

/*
 * The last replies of a retired server are not lost: its socket is drained. A reply may
 * have a request relayed (a chained relay's, by unicast), so every socket of the present
 * configuration stays open until all are drained.
 */
static void
retire_servers(struct daemon *d, const struct daemon_server *next, unsigned n)
{
	bool retired[CONF_SERVERS_MAX] = { false };

	if (!d->conf)
		return;			/* the first configuration */
	find_retired(d, next, n, retired);
	for (unsigned i = 0; i < CONF_SERVERS_MAX; i++)
		if (retired[i])
			(void)path_drain(d, i, loop_now(d->loop));
	outbox_flush(d);	/* a queue may be that of a socket that goes */
	for (unsigned i = 0; i < d->conf->n_server; i++) {
		d->server[i].watch = loop_unwatch(d->server[i].watch);
		if (retired[i])
			close_server(&d->server[i]);
	}
}

int
daemon_open_servers(struct daemon *d, const struct conf *c)
{
	struct daemon_server next[CONF_SERVERS_MAX] = { 0 };
	bool made[CONF_SERVERS_MAX] = { false };
	int err = make_servers(d, c, next, made);

	if (err < 0) {
		forget_servers(next, c->n_server, made);
		return err;
	}
	retire_servers(d, next, c->n_server);
	memcpy(d->server, next, sizeof(next));
	for (unsigned i = 0; i < c->n_server; i++) {
		d->server[i].owner = d;
		d->server[i].index = i;
	}
	return 0;
}

void
daemon_reconnect_servers(struct daemon *d)
{
	for (unsigned i = 0; i < d->conf->n_server; i++) {
		struct udp_server *s = d->server[i].sock;

		if (!s)
			continue;
		udp_server_reconnect(s);
		d->servers.source[i] = udp_server_source(s);
	}
}

void
daemon_tick_soon(struct daemon *d)
{
	if (d->ticking || !d->w_tick)
		return;
	d->ticking = true;
	loop_rearm(d->w_tick, TICK_MS);
}

/* Everything that is well tells by itself when it is no longer. */
static bool
is_unwell(const struct daemon *d)
{
	for (unsigned i = 0; i < d->conf->n_server; i++)
		if (d->servers.health[i].state == HEALTH_DOWN)
			return true;
	return d->news_failed || way_watch_waits(d);
}

static void
tick(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->ticking = false;
	servers_tick(&d->servers, now);
	iface_watch_tick(d, now);
	way_watch_tick(d, now);
	if (is_unwell(d))
		daemon_tick_soon(d);
}

void
daemon_count_lost(struct daemon *d)
{
	uint64_t lost = ring_lost(d->ring);

	d->stats.counter[COUNTER_RING_LOST] += lost;
	if (lost)
		overload_lost(&d->overload, loop_now(d->loop));
}

static void
client_evicted(void *daemon)
{
	struct daemon *d = daemon;

	stats_count(&d->stats, COUNTER_CLIENTS_EVICTED);
}

struct clients *
daemon_new_clients(struct daemon *d, const struct conf *c)
{
	return clients_new(c->clients, d->secret, client_evicted, d);
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

/* The one line about a server that everybody greps for. */
static void
on_health(void *daemon, uint16_t server)
{
	struct daemon *d = daemon;
	const struct health *h = &d->servers.health[server];
	const struct conf_server *s = &d->conf->server[server];
	char a[IP4_STRLEN];

	log_event(&d->log, h->state == HEALTH_DOWN ? LOG_LEVEL_WARNING :
	    LOG_LEVEL_INFO, health_event(h),
	    "server=%s address=%s state=%s diag=%s after=%u", s->name,
	    ip4_str(ip_v4(s->address), a), health_state_name(h->state),
	    health_diag_word(h->diag), h->bad_in_row);
	daemon_tick_soon(d);
	status_changed(d);
}

static int
open_tables(struct daemon *d)
{
	if (getrandom(&d->secret, sizeof(d->secret), 0) != sizeof(d->secret))
		return failed(d, "random numbers", -errno);
	if (gethostname(d->host, sizeof(d->host) - 1) < 0)
		d->host[0] = '\0';
	if (d->conf->host_name[0])
		memcpy(d->host, d->conf->host_name, sizeof(d->host));
	d->iftab = iftab_new();
	d->clients = daemon_new_clients(d, d->conf);
	d->helpers = helpers_new(d->secret);
	d->hedges = pendings_new(DAEMON_HEDGES);
	d->rescues = rescues_new(DAEMON_RESCUES, d->secret);
	d->track = track_new(d->conf->clients, d->secret);
	d->batch = udp_batch_new();
	if (!d->iftab || !d->clients || !d->helpers || !d->hedges ||
	    !d->rescues || !d->track || !d->batch)
		return failed(d, "tables", -ENOMEM);
	d->r4.servers = &d->servers;
	d->servers.iftab = d->r4.iftab = d->iftab;
	d->r4.clients = d->clients;
	d->r4.stats = &d->stats;
	d->r4.hedges = d->hedges;
	d->servers.on_health = on_health;
	d->servers.user = d;
	return 0;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A boot server of the same host may have 4011: then the kernel gives it what
 * is for us, and everything else works. */
static void
open_4011(struct daemon *d)
{
	int fd = priv_udp(d->priv, DHCP4_PORT_PXE);
	int err = fd < 0 ? fd : 0;

	if (!err) {
		d->w_udp4011 = loop_read(d->loop, fd, path_udp4011, d);
		err = d->w_udp4011 ? 0 : -ENOMEM;
	}
	if (!err) {
		d->udp4011 = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
	log_event(&d->log, LOG_LEVEL_WARNING, "port-4011-taken",
	    "error=\"%s\"", strerror(-err));
}

void
daemon_port4011(struct daemon *d)
{
	if (d->conf->p4011 && d->udp4011 < 0)
		open_4011(d);
	else if (!d->conf->p4011 && d->udp4011 >= 0) {
		d->w_udp4011 = loop_unwatch(d->w_udp4011);
		close_fd(&d->udp4011);
	}
}

static bool
wants_quiet(const struct conf *c)
{
	for (unsigned i = 0; i < c->n_group; i++)
		if (c->group[i].rescue)
			return c->p4011 && c->hide_errors;
	return false;
}

/* Without it EDK2 is rescued from hosts that are gone, and not from services that
 * are. */
void
daemon_quiet(struct daemon *d)
{
	bool wanted = wants_quiet(d->conf);

	if (!wanted)
		close_fd(&d->quiet);
	if (!wanted || d->quiet >= 0)
		return;
	d->quiet = priv_quiet(d->priv);
	if (d->quiet >= 0)
		return;
	log_event(&d->log, LOG_LEVEL_WARNING, "4011-errors-pass",
	    "error=\"%s\"", strerror(-d->quiet));
	d->quiet = -1;
}

/*
 * A second pxrelayd in this network namespace would take the first one's replies
 * without a word, since our sockets share their port. An abstract Unix address is
 * a lock of just that scope, and vanishes with its process. The socket to the
 * opener has no address of its own, and can have this one.
 */
static int
lock_namespace(struct daemon *d)
{
	static const struct sockaddr_un name = {
		.sun_family = AF_UNIX, .sun_path = "\0pxrelayd",
	};
	int fd = priv_fd(d->priv);

	if (fd < 0)
		fd = d->lock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed(d, "lock", -errno);
	if (bind(fd, (const struct sockaddr *)&name,
	    offsetof(struct sockaddr_un, sun_path) + sizeof("\0pxrelayd") - 1) < 0)
		return failed(d, "another pxrelayd runs in this network namespace",
		    -errno);
	return 0;
}

static int
open_sockets(struct daemon *d)
{
	struct ring_filter f;
	int err;

	d->udp67 = udp_open(DHCP4_PORT_SERVER);
	if (d->udp67 < 0)
		return failed_port(d, DHCP4_PORT_SERVER, d->udp67);
	d->raw = packet_open_raw();
	if (d->raw < 0)
		return failed(d, "raw socket", d->raw);
	daemon_filter(d->conf, &f);
	err = ring_open(&f, &d->ring);
	if (err < 0)
		return failed(d, "packet ring", err);
	d->packet = packet_new(ring_fd(d->ring));
	return d->packet ? 0 : failed(d, "packet socket", -ENOMEM);
}

static int
watch_sockets(struct daemon *d)
{
	d->w_ring = loop_read(d->loop, ring_fd(d->ring), path_ring, d);
	d->w_udp67 = loop_read(d->loop, d->udp67, path_udp67, d);
	d->w_tick = loop_timer(d->loop, TICK_MS, false, tick, d);
	d->ticking = true;
	d->w_hedge = loop_timer(d->loop, TICK_MS, false, path_hedges, d);
	d->w_rescue = loop_timer(d->loop, TICK_MS, false, rescue_run_due, d);
	return d->w_ring && d->w_udp67 && d->w_tick && d->w_hedge &&
	    d->w_rescue ? 0 : failed(d, "event loop", -ENOMEM);
}

/* Without it the relay relays all the same. */
void
daemon_open_control(struct daemon *d)
{
	char path[LOG_ESC_MAX];
	int err;

	if (!d->conf->control[0])
		return;
	err = ctl_open(d->loop, d->priv, d->conf->control, show, d, &d->ctl);
	if (err < 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "control-failed",
		    "path=\"%s\" error=\"%s\"",
		    log_esc(path, d->conf->control), strerror(-err));
}

/* The same. */
void
daemon_open_metrics(struct daemon *d)
{
	const struct conf_metrics *at = &d->conf->metrics;
	char where[CONF_METRICS_STRLEN], text[LOG_ESC_MAX];
	int err;

	if (!at->port && !at->path[0])
		return;
	err = metrics_open(d->loop, d->priv, at, scrape, d, &d->metrics);
	if (err < 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "metrics-failed",
		    "at=\"%s\" error=\"%s\"",
		    log_esc(text, conf_metrics_text(at, where)), strerror(-err));
}

int
daemon_open(struct daemon *d, struct conf *conf)
{
	int err;

	d->udp67 = d->udp4011 = d->raw = d->quiet = d->lock = -1;
	d->loop = loop_new();
	if (!d->loop) {
		conf_free(conf);
		return failed(d, "event loop", -ENOMEM);
	}
	d->started = loop_now(d->loop);
	d->notify = notify_open();
	err = logging_open(d);
	if (err == 0)
		err = status_open(d);
	if (err < 0)
		(void)failed(d, "event loop", err);
	else
		err = lock_namespace(d);
	if (err == 0)
		err = daemon_open_servers(d, conf);
	d->conf = conf;
	if (err < 0 || (err = open_tables(d)) < 0 || (err = open_sockets(d)) < 0)
		return err;
	relay4_configure(&d->r4, NULL, conf, d->started);
	err = way_watch_open(d);
	if (err < 0)
		return failed(d, "netlink", err);
	err = probe_run_open(d);
	if (err < 0)
		return failed(d, "probes", err);
	err = doctor_run_open(d);
	if (err < 0)
		return failed(d, "doctor", err);
	err = iface_watch_open(d);
	if (err < 0)
		return failed(d, "netlink", err);
	iface_watch_commit_all(d);
	err = boot_log_open(d);
	if (err < 0)
		return failed(d, "event loop", err);
	daemon_port4011(d);
	daemon_quiet(d);
	daemon_open_control(d);
	daemon_open_metrics(d);
	return watch_sockets(d);
}

void
daemon_close(struct daemon *d)
{
	logging_close(d);
	d->ctl = ctl_close(d->ctl);
	d->metrics = metrics_close(d->metrics);
	d->netlink = netlink_close(d->netlink);
	way_watch_close(d);
	doctor_run_close(d);
	probe_run_close(d);
	for (unsigned i = 0; i < CONF_SERVERS_MAX; i++)
		close_server(&d->server[i]);
	d->packet = packet_free(d->packet);
	d->ring = ring_close(d->ring);
	d->batch = udp_batch_free(d->batch);
	close_fd(&d->udp67);
	close_fd(&d->udp4011);
	close_fd(&d->raw);
	close_fd(&d->quiet);
	close_fd(&d->lock);
	privileges_close(d);
	d->helpers = helpers_free(d->helpers);
	d->hedges = pendings_free(d->hedges);
	d->rescues = rescues_free(d->rescues);
	d->track = track_free(d->track);
	d->clients = clients_free(d->clients);
	d->iftab = iftab_free(d->iftab);
	d->conf = conf_free(d->conf);
	d->notify = notify_close(d->notify);
	d->loop = loop_free(d->loop);
}
