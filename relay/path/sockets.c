/* SPDX-License-Identifier: ISC
 *
 * sockets - opens the sockets of the packet path and the filter of its ring,
 * and takes the lock that keeps a second daemon out of this network namespace.
 * Which packets are read, and what happens to them, is left to path.c.
 */
#include "relay/path/sockets.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/tftp.h"
#include "relay/state.h"

/* Several helpers may share a port; conf allows CONF_ALL_PORTS_MAX different
 * ones. */
static void
add_port(struct ring_filter *f, uint16_t port)
{
	for (unsigned i = 0; i < f->n_port; i++)
		if (f->port[i] == port)
			return;
	if (f->n_port < RING_PORTS_MAX)
		f->port[f->n_port++] = port;
}

static struct ring_filter
filter_of(const struct conf *c)
{
	struct ring_filter f = {
		.n_port = 2,	/* 68: servers on a client VLAN */
		.port = { DHCP4_PORT_SERVER, DHCP4_PORT_CLIENT },
		.n_watch = 1, .watch = { TFTP_PORT }, .tftp_errors = true,
	};

	if (c->p4011) {
		f.port[f.n_port++] = DHCP4_PORT_PXE;
		f.watch[f.n_watch++] = DHCP4_PORT_PXE;
		f.unreachable = DHCP4_PORT_PXE;
	}
	for (unsigned i = 0; i < c->n_helper; i++)
		for (unsigned k = 0; k < c->helper[i].n_port; k++)
			add_port(&f, c->helper[i].port[k]);
	return f;
}

int
sockets_set_filter(struct daemon *d, const struct conf *c)
{
	struct ring_filter f = filter_of(c);
	int err = ring_set_filter(d->sockets->ring, &f);

	if (err < 0)
		log_event(&d->log, LOG_LEVEL_ERROR, "filter-failed",
		    "error=\"%s\"", strerror(-err));
	return err;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A boot server on this host may have taken port 4011. Then the kernel gives it the
 * messages that are sent to us, and everything else works. */
static void
open_4011(struct daemon *d)
{
	struct sockets *s = d->sockets;
	int fd = priv_ask_inet(d->priv, OPENER_UDP, IP4_NONE, DHCP4_PORT_PXE);
	int err = fd < 0 ? fd : 0;

	if (!err) {
		s->w_udp4011 = loop_read(d->loop, fd, s->on_4011, d);
		err = s->w_udp4011 ? 0 : -ENOMEM;
	}
	if (!err) {
		s->udp4011 = fd;
		return;
	}
	close_fd(&fd);
	log_event(&d->log, LOG_LEVEL_WARNING, "port-4011-taken",
	    "error=\"%s\"", strerror(-err));
}

static bool
wants_hide(const struct conf *c)
{
	for (unsigned i = 0; i < c->n_group; i++)
		if (c->group[i].rescue)
			return c->p4011 && c->hide_errors;
	return false;
}

/* Without it, EDK2 is rescued if a boot server's host is gone, but not if only the
 * service on that host is. */
static void
open_hide(struct daemon *d)
{
	struct sockets *s = d->sockets;

	s->hide = priv_ask(d->priv, OPENER_ICMPHIDE);
	if (s->hide >= 0)
		return;
	log_event(&d->log, LOG_LEVEL_WARNING, "4011-errors-pass",
	    "error=\"%s\"", strerror(-s->hide));
	s->hide = -1;
}

void
sockets_reload(struct daemon *d)
{
	struct sockets *s = d->sockets;

	if (d->conf->p4011 && s->udp4011 < 0)
		open_4011(d);
	else if (!d->conf->p4011 && s->udp4011 >= 0) {
		s->w_udp4011 = loop_unwatch(s->w_udp4011);
		close_fd(&s->udp4011);
	}
	if (!wants_hide(d->conf))
		close_fd(&s->hide);
	else if (s->hide < 0)
		open_hide(d);
}

/*
 * A second pxrelayd in this network namespace would silently take the first
 * one's replies, since our sockets share their port. An abstract Unix address
 * is a lock of exactly that scope and vanishes with its process. The socket to
 * the opener needs no address of its own, so it is bound to this one.
 */
static int
lock_namespace(struct daemon *d)
{
	static const struct sockaddr_un name = {
		.sun_family = AF_UNIX, .sun_path = "\0pxrelayd",
	};
	int fd = priv_fd(d->priv);

	if (fd < 0)
		fd = d->sockets->lock = socket(AF_UNIX,
		    SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed(d, "lock", -errno, NULL);
	if (bind(fd, (const struct sockaddr *)&name,
	    offsetof(struct sockaddr_un, sun_path) + sizeof("\0pxrelayd") - 1) < 0)
		return failed(d, "another pxrelayd runs in this network namespace",
		    -errno, NULL);
	return 0;
}

int
sockets_new(struct daemon *d)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (!s)
		return failed(d, "tables", -ENOMEM, NULL);
	s->udp67 = s->udp4011 = s->raw = s->hide = s->lock = -1;
	d->sockets = s;
	return lock_namespace(d);
}

int
sockets_open(struct daemon *d, const struct sockets_readers *r)
{
	struct ring_filter f = filter_of(d->conf);
	struct sockets *s = d->sockets;
	int err;

	s->on_4011 = r->udp4011;
	s->udp67 = udp_open(DHCP4_PORT_SERVER);
	if (s->udp67 < 0)
		return failed_port(d, DHCP4_PORT_SERVER, s->udp67);
	s->raw = packet_open_raw();
	if (s->raw < 0)
		return failed(d, "raw socket", s->raw, NULL);
	err = ring_open(FAMILY4, &f, &s->ring);
	if (err < 0)
		return failed(d, "packet ring", err, NULL);
	s->packet = packet_new(ring_fd(s->ring));
	s->batch = udp_batch_new();
	s->w_ring = loop_read(d->loop, ring_fd(s->ring), r->ring, d);
	s->w_udp67 = loop_read(d->loop, s->udp67, r->udp67, d);
	if (!s->packet || !s->batch || !s->w_ring || !s->w_udp67)
		return failed(d, "packet socket", -ENOMEM, NULL);
	return 0;
}

void
sockets_close(struct daemon *d)
{
	struct sockets *s = d->sockets;

	if (!s)
		return;
	loop_unwatch(s->w_ring);
	loop_unwatch(s->w_udp67);
	loop_unwatch(s->w_udp4011);
	packet_free(s->packet);
	ring_close(s->ring);
	udp_batch_free(s->batch);
	close_fd(&s->udp67);
	close_fd(&s->udp4011);
	close_fd(&s->raw);
	close_fd(&s->hide);
	close_fd(&s->lock);
	free(s);
	d->sockets = NULL;
}

void
sockets_count_lost(struct daemon *d)
{
	uint64_t lost = ring_lost(d->sockets->ring);

	d->stats.counter[COUNTER_RING_LOST] += lost;
	if (lost)
		overload_lost(&d->sockets->overload, loop_now(d->loop));
}
