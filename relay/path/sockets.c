/* SPDX-License-Identifier: ISC
 *
 * sockets - opens the sockets of the packet path and exchanges its rings, and
 * takes the lock that keeps a second daemon out of this network namespace.
 * Which packets are read, and what happens to them, is left to path.c.
 */
#include "relay/path/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/nslock.h"
#include "io/sock.h"
#include "proto/dhcp6.h"
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
filter4_of(const struct conf *c)
{
	struct ring_filter f = {
		.n_port = 2,	/* 68: servers on a client VLAN */
		.port = { DHCP4_PORT_SERVER, DHCP4_PORT_CLIENT },
		.n_watch = 1, .watch = { TFTP_PORT }, .tftp_errors = 1,
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

/* Nothing comes in while no server could get it. */
static struct ring_filter
filter6_of(const struct conf *c)
{
	static const struct ring_filter none = { 0 }, f = {
		.n_port = 2, .port = { DHCP6_PORT_SERVER, DHCP4_PORT_PXE },
	};

	return conf_serves(c, FAMILY6) ? f : none;
}

/* --- the rings ------------------------------------------------------------ */

static int
prepare_ring(struct sockets_in *in, const struct conf *c)
{
	struct daemon *d = in->owner;
	struct ring_filter f = in->family == FAMILY6 ? filter6_of(c) : filter4_of(c);
	int err;

	if (in->ring && memcmp(&f, &in->filter, sizeof(f)) == 0)
		return 0;
	err = ring_open(priv_ask_ring(d->priv, in->family, &f), &in->next);
	if (err < 0)
		return err;
	in->next_filter = f;
	in->w_next = loop_read(d->loop, ring_fd(in->next), d->sockets->readers->ring,
	    in);
	return in->w_next ? 0 : -ENOMEM;
}

void
sockets_cancel(struct daemon *d)
{
	for (enum family i = 0; i < FAMILIES; i++) {
		struct sockets_in *in = &d->sockets->in[i];

		in->w_next = loop_unwatch(in->w_next);
		in->next = ring_close(in->next);
	}
}

int
sockets_prepare(struct daemon *d, const struct conf *c)
{
	int err = 0;

	for (enum family i = 0; i < FAMILIES && err == 0; i++)
		err = prepare_ring(&d->sockets->in[i], c);
	if (err == 0)
		return 0;
	sockets_cancel(d);
	return failed(d, "packet ring", err, NULL);
}

static void
count_lost(struct sockets_in *in)
{
	struct daemon *d = in->owner;
	uint64_t lost = ring_lost(in->ring);

	d->stats[in->family].counter[COUNTER_RING_LOST] += lost;
	if (lost)
		overload_lost(&in->overload, loop_now(d->loop));
}

/* What came before now and waits in the old ring is read there. What either ring loses
 * between the first two statements and the third is counted twice, rather than not at
 * all. */
static void
leave_ring(struct sockets_in *in)
{
	struct daemon *d = in->owner;
	uint64_t now;

	(void)ring_lost(in->next);
	now = loop_wall_ns(d->loop);
	count_lost(in);
	ring_split(in->ring, in->next, now);
	while (!ring_is_empty(in->ring))
		d->sockets->readers->ring(in, loop_now(d->loop));
}

static void
take_ring(struct sockets_in *in)
{
	if (in->ring)
		leave_ring(in);
	loop_unwatch(in->w_ring);
	ring_close(in->ring);
	in->ring = in->next;
	in->filter = in->next_filter;
	in->w_ring = in->w_next;
	in->next = NULL;
	in->w_next = NULL;
}

void
sockets_take(struct daemon *d)
{
	struct sockets *s = d->sockets;

	for (enum family i = 0; i < FAMILIES; i++)
		if (s->in[i].next)
			take_ring(&s->in[i]);
	if (s->packet)
		packet_use(s->packet, ring_fd(s->in[FAMILY4].ring));
}

/* --- the rest ------------------------------------------------------------- */

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
	s->hide_failed = true;
}

/* The table of the firewall is there only once somebody has used port 4011. */
void
sockets_hide_errors(struct daemon *d)
{
	if (d->sockets->hide < 0 && d->conf->hide_errors && !d->sockets->hide_failed)
		open_hide(d);
}

void
sockets_reload(struct daemon *d)
{
	struct sockets *s = d->sockets;

	s->hide_failed = false;
	if (!wants_hide(d->conf))
		s->hide = sock_close(s->hide);
	else if (s->hide < 0)
		open_hide(d);
}

/* A second pxrelayd in this network namespace would silently take the first one's
 * replies, since our sockets share their port. */
static int
lock_namespace(struct daemon *d)
{
	struct nslock_holder h;
	char text[128] = "another program has TCP port 67 of 127.0.0.1, the lock "
	    "of pxrelayd";
	int fd = d->sockets->lock = nslock_take();

	if (fd >= 0)
		return 0;
	if (fd != -EADDRINUSE)
		return failed_port(d, DHCP4_PORT_SERVER, fd);
	if (nslock_find(&h))
		snprintf(text, sizeof(text), "another pxrelayd runs in this network "
		    "namespace: pid %ld, uid %u", (long)h.pid, h.uid);
	return failed(d, text, fd, NULL);
}

int
sockets_new(struct daemon *d, const struct sockets_readers *r)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (!s)
		return failed(d, "tables", -ENOMEM, NULL);
	for (enum family i = 0; i < FAMILIES; i++)
		s->in[i] = (struct sockets_in){ .owner = d, .family = i, .stale = true };
	s->raw = s->hide = s->lock = -1;
	s->readers = r;
	d->sockets = s;
	return lock_namespace(d);
}

int
sockets_open(struct daemon *d)
{
	struct sockets *s = d->sockets;
	struct sockets_in *in = &s->in[FAMILY4];
	int err;

	s->raw = packet_open_raw();
	if (s->raw < 0)
		return failed(d, "raw socket", s->raw, NULL);
	err = sockets_prepare(d, d->conf);
	if (err < 0)
		return err;
	sockets_take(d);
	s->packet = packet_new(ring_fd(in->ring));
	s->batch = udp_batch_new();
	if (!s->packet || !s->batch)
		return failed(d, "packet socket", -ENOMEM, NULL);
	return 0;
}

void
sockets_close(struct daemon *d)
{
	struct sockets *s = d->sockets;

	if (!s)
		return;
	packet_free(s->packet);
	for (enum family i = 0; i < FAMILIES; i++) {
		loop_unwatch(s->in[i].w_ring);
		ring_close(s->in[i].ring);
	}
	bound_close(d);
	udp_batch_free(s->batch);
	s->raw = sock_close(s->raw);
	s->hide = sock_close(s->hide);
	s->lock = sock_close(s->lock);
	free(s);
	d->sockets = NULL;
}

void
sockets_count_lost(struct daemon *d)
{
	for (enum family i = 0; i < FAMILIES; i++)
		count_lost(&d->sockets->in[i]);
}
