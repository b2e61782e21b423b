/* SPDX-License-Identifier: ISC
 *
 * server_sockets - opens and closes the connected sockets from which requests
 * leave for servers and on which their replies arrive. What is read and sent is
 * left to path.c and outbox.c. A reload keeps the socket of every server that
 * stays, so no reply in flight is lost.
 */
#include "relay/path/sockets.h"

#include <errno.h>
#include <string.h>

#include "relay/state.h"

static void
on_readable(void *user, struct mono now)
{
	struct server_slot *s = user;

	s->owner->sockets->readers->server(s->owner, s->index, now);
}

static void
close_slot(struct server_slot *s)
{
	s->watch = loop_unwatch(s->watch);
	s->sock = udp_server_free(s->sock);
}

/* By its name, since a new interface may have it. */
uint32_t
server_sockets_scope(const struct daemon *d, const struct conf_server *c)
{
	const struct iface *f = NULL;

	if (c->zone[0] && d->iftab)	/* not at the start */
		f = iftab_by_name(d->iftab, c->zone);
	return f ? f->link.ifindex : 0;
}

/* The first address of the family on that interface; a link-local one is no source. */
static struct ipaddr
first_address(const struct iface *f, enum family family)
{
	const struct iface_addrs *all = f ? &f->addr[family] : NULL;

	for (uint32_t i = 0; all && i < all->n; i++)
		if (!all->at[i].unusable && !ip6_is_linklocal(ip_v6(all->at[i].net.addr)))
			return all->at[i].net.addr;
	return IP_NONE;
}

/* Only such a one can be bound and be answered. */
static bool
is_own(const struct daemon *d, struct ipaddr a)
{
	return a.version == 6 ? iftab_is_ours6(d->iftab, a.v6) :
	    iftab_is_local(d->iftab, ip_v4(a));
}

static void
set_source(struct daemon *d, struct udp_server *s, const struct conf_server *c)
{
	struct conf_source o = conf_source_for(d->conf, c);
	struct ipaddr a = o.address;

	if (*o.interface)
		a = first_address(iftab_by_name(d->iftab, o.interface),
		    ip_family(c->address));
	if (!is_own(d, a))
		a = IP_NONE;
	udp_server_set_source(s, o.address.version || *o.interface, a);
}

/* Each slot is watched as the one of the same index in all->slot, to which
 * server_sockets_take() will move it. */
static bool
watch_slot(struct daemon *d, struct server_slot *s, unsigned i)
{
	int fd = udp_server_fd(s->sock);

	s->watch = loop_unwatch(s->watch);
	if (fd >= 0)
		s->watch = loop_read(d->loop, fd, on_readable,
		    &d->server_sockets.slot[i]);
	return fd < 0 || s->watch;
}

/* Keeps the socket in use for this server, or makes one that server_sockets_reconnect()
 * will open. */
static int
prepare_slot(struct daemon *d, unsigned i, const struct conf_server *c)
{
	struct server_slot *s = &d->server_sockets.next[i];
	uint16_t kept = d->conf ? conf_server_same(d->conf, c) : CONF_NONE;

	if (kept != CONF_NONE)
		s->sock = d->server_sockets.slot[kept].sock;
	s->made = !s->sock;
	if (!s->sock)
		s->sock = udp_server_new(c->address);
	return s->sock && watch_slot(d, s, i) ? 0 :
	    failed(d, "server sockets", -ENOMEM, NULL);
}

void
server_sockets_cancel(struct daemon *d)
{
	struct server_sockets *all = &d->server_sockets;

	for (unsigned i = 0; i < all->n_next; i++) {
		struct server_slot *s = &all->next[i];

		s->watch = loop_unwatch(s->watch);
		if (s->made)
			close_slot(s);
	}
}

int
server_sockets_prepare(struct daemon *d, const struct conf *c)
{
	struct server_sockets *all = &d->server_sockets;
	int err = 0;

	memset(all->next, 0, sizeof(all->next));
	all->n_next = c->n_server;
	for (uint16_t i = 0; i < c->n_server && err == 0; i++)
		if (c->server[i].first == i)
			err = prepare_slot(d, i, &c->server[i]);
	if (err < 0)
		server_sockets_cancel(d);
	return err;
}

static bool
is_retired(const struct server_sockets *all, const struct server_slot *s)
{
	for (unsigned i = 0; i < all->n_next; i++)
		if (all->next[i].sock == s->sock)
			return false;
	return s->sock != NULL;
}

/*
 * The last replies of a retired server are still relayed. A server may itself relay
 * requests to us, and one of those would be sent to another server, so all sockets
 * of the old configuration stay open until the last one is drained.
 */
void
server_sockets_take(struct daemon *d)
{
	struct server_sockets *all = &d->server_sockets;

	for (unsigned i = 0; i < all->n; i++)
		if (is_retired(all, &all->slot[i]))
			d->sockets->readers->drain(d, i, loop_now(d->loop));
	for (unsigned i = 0; i < all->n; i++) {
		struct server_slot *s = &all->slot[i];

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
server_sockets_open(struct daemon *d, const struct conf *c)
{
	int err = server_sockets_prepare(d, c);

	if (err == 0)
		server_sockets_take(d);
	return err;
}

void
server_sockets_close(struct daemon *d)
{
	for (unsigned i = 0; i < d->server_sockets.n; i++)
		close_slot(&d->server_sockets.slot[i]);
	d->server_sockets.n = 0;
}

struct udp_server *
server_socket(const struct daemon *d, unsigned i)
{
	return d->server_sockets.slot[i].sock;
}

/* A socket stays on its address, so another source needs another socket. */
static void
connect_slot(struct daemon *d, unsigned i)
{
	struct server_slot *s = &d->server_sockets.slot[i];
	uint32_t scope = server_sockets_scope(d, &d->conf->server[i]);
	int fd;

	set_source(d, s->sock, &d->conf->server[i]);
	if (udp_server_reconnect(s->sock, scope) != -ESTALE)
		return;
	fd = priv_ask_port(d->priv, OPENER_SERVER, udp_server_source(s->sock), scope, 0);
	if (fd < 0)		/* logged by bound_update(), which wants the same address */
		return;
	s->watch = loop_unwatch(s->watch);
	(void)udp_server_take(s->sock, fd);
	/* Without memory for the watch; the next try opens another one. */
	if (!watch_slot(d, s, i))
		(void)udp_server_take(s->sock, -1);
}

void
server_sockets_reconnect(struct daemon *d)
{
	for (unsigned i = 0; i < d->server_sockets.n; i++) {
		if (!server_socket(d, i))
			continue;
		connect_slot(d, i);
		d->servers.source[i] = udp_server_source(server_socket(d, i));
	}
}

/* Polled, since a route can return without an event that we see, e.g. in a VRF. */
bool
server_sockets_connected(const struct daemon *d)
{
	for (unsigned i = 0; i < d->server_sockets.n; i++) {
		const struct udp_server *s = server_socket(d, i);

		if (s && !udp_server_connected(s))
			return false;
	}
	return true;
}
