/* SPDX-License-Identifier: ISC
 *
 * server_sockets - see include/relay/path/sockets.h.
 */
#include "relay/path/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/state.h"

struct slot {
	struct daemon *owner;		/* for the call-back */
	unsigned index;
	struct udp_server *sock;	/* NULL: none of this index */
	struct loop_watch *watch;
	bool made;			/* by prepare: not in use yet */
};

struct server_sockets {
	struct server_readers readers;
	unsigned n, n_next;
	struct slot slot[CONF_SERVERS_MAX];
	struct slot next[CONF_SERVERS_MAX];	/* of the configuration being prepared */
};

static void
on_readable(void *user, struct mono now)
{
	struct slot *s = user;

	s->owner->server_sockets->readers.read(s->owner, s->index, now);
}

static void
close_slot(struct slot *s)
{
	s->watch = loop_unwatch(s->watch);
	s->sock = udp_server_free(s->sock);
}

/* The socket in use for this server, or NULL. */
static struct udp_server *
kept_socket(const struct daemon *d, const struct conf_server *c)
{
	struct server_key key = { c->address, c->vrf };
	uint16_t i = d->conf ? servers_find(&d->servers, key) : CONF_NONE;

	return i != CONF_NONE ? d->server_sockets->slot[i].sock : NULL;
}

static int
prepare_slot(struct daemon *d, unsigned i, const struct conf_server *c)
{
	struct slot *s = &d->server_sockets->next[i];

	s->sock = kept_socket(d, c);
	if (!s->sock) {
		s->sock = udp_server_with(priv_ask(d->priv, OPENER_SERVER), ip_v4(c->address),
		    DHCP4_PORT_SERVER);
		if (!s->sock)
			return failed_port(d, DHCP4_PORT_SERVER, -errno);
		s->made = true;
	}
	/* The call-back gets the slot in which it will be in use. */
	s->watch = loop_read(d->loop, udp_server_fd(s->sock), on_readable,
	    &d->server_sockets->slot[i]);
	return s->watch ? 0 : failed(d, "event loop", -ENOMEM, NULL);
}

void
server_sockets_cancel(struct daemon *d)
{
	struct server_sockets *all = d->server_sockets;

	for (unsigned i = 0; i < all->n_next; i++) {
		struct slot *s = &all->next[i];

		s->watch = loop_unwatch(s->watch);
		if (s->made)
			close_slot(s);
	}
}

int
server_sockets_prepare(struct daemon *d, const struct conf *c)
{
	struct server_sockets *all = d->server_sockets;

	memset(all->next, 0, sizeof(all->next));
	all->n_next = c->n_server;
	for (uint16_t i = 0; i < c->n_server; i++) {
		int err = c->server[i].first == i ? prepare_slot(d, i, &c->server[i]) : 0;

		if (err < 0) {
			server_sockets_cancel(d);
			return err;
		}
	}
	return 0;
}

static bool
is_retired(const struct server_sockets *all, const struct slot *s)
{
	for (unsigned i = 0; i < all->n_next; i++)
		if (all->next[i].sock == s->sock)
			return false;
	return s->sock != NULL;
}

/*
 * The last replies of a retired server are not lost. One of them may cause a request to be
 * relayed (a server may itself relay to us), so all sockets of the old configuration stay
 * open until the last one is drained.
 */
void
server_sockets_take(struct daemon *d)
{
	struct server_sockets *all = d->server_sockets;

	for (unsigned i = 0; i < all->n; i++)
		if (is_retired(all, &all->slot[i]))
			all->readers.drain(d, i, loop_now(d->loop));
	for (unsigned i = 0; i < all->n; i++) {
		struct slot *s = &all->slot[i];

		s->watch = loop_unwatch(s->watch);
		if (is_retired(all, s))
			close_slot(s);
	}
	memcpy(all->slot, all->next, sizeof(all->slot));
	all->n = all->n_next;
	for (unsigned i = 0; i < all->n; i++) {
		all->slot[i].owner = d;
		all->slot[i].index = i;
	}
}

int
server_sockets_open(struct daemon *d, const struct conf *c, const struct server_readers *r)
{
	int err;

	d->server_sockets = calloc(1, sizeof(*d->server_sockets));
	if (!d->server_sockets)
		return failed(d, "tables", -ENOMEM, NULL);
	d->server_sockets->readers = *r;
	err = server_sockets_prepare(d, c);
	if (err == 0)
		server_sockets_take(d);
	return err;
}

void
server_sockets_close(struct daemon *d)
{
	if (!d->server_sockets)
		return;
	for (unsigned i = 0; i < d->server_sockets->n; i++)
		close_slot(&d->server_sockets->slot[i]);
	free(d->server_sockets);
	d->server_sockets = NULL;
}

struct udp_server *
server_socket(const struct daemon *d, unsigned i)
{
	return d->server_sockets->slot[i].sock;
}

void
server_sockets_reconnect(struct daemon *d)
{
	for (unsigned i = 0; i < d->server_sockets->n; i++) {
		struct udp_server *s = server_socket(d, i);

		if (!s)
			continue;
		udp_server_reconnect(s);
		d->servers.source[i] = udp_server_source(s);
	}
}

/* A route may return without an event that we see, in a VRF for instance. */
bool
server_sockets_connected(const struct daemon *d)
{
	for (unsigned i = 0; i < d->server_sockets->n; i++)
		if (server_socket(d, i) && !udp_server_connected(server_socket(d, i)))
			return false;
	return true;
}
