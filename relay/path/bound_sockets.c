/* SPDX-License-Identifier: ISC
 *
 * bound_sockets - the sockets on port 67, 547 and 4011 of this host's own addresses, on
 * which replies to a giaddr, other relays' messages and clients' requests to port 4011
 * arrive. What is read is left to path.c, and what a server sends to the source of requests
 * mostly to server_sockets.c.
 *
 * There is one on each address that something may be sent to: the giaddrs and addresses of
 * client interfaces, those of the loopback interface, and the sources of requests. The
 * other addresses of the host are left to other DHCP programs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/iface/uses.h"
#include "io/sock.h"
#include "relay/path/sockets.h"
#include "relay/state.h"

/* The addresses and ports that sockets are wanted on, sorted, so that each is there
 * once. */
struct wanted {
	const struct daemon *d;
	enum family family;
	unsigned n;		/* BOUND_MAX + 1: too many */
	struct bound at[BOUND_MAX + 1];
};

static int
compare(const void *a, const void *b)
{
	const struct bound *x = a, *y = b;
	struct ip6 k = uses_key(x->address), l = uses_key(y->address);
	int c = memcmp(k.b, l.b, sizeof(k.b));

	if (c == 0)
		c = (x->port > y->port) - (x->port < y->port);
	return c ? c : (x->scope > y->scope) - (x->scope < y->scope);
}

static void
want_port(struct wanted *w, struct ipaddr a, uint32_t ifindex, uint16_t port)
{
	const struct bound b = {
		.address = a, .scope = ip6_is_linklocal(ip_v6(a)) ? ifindex : 0,
		.port = port, .fd = -1,
	};
	unsigned at = w->n;

	if (w->n > BOUND_MAX)
		return;
	while (at > 0 && compare(&w->at[at - 1], &b) > 0)
		at--;
	if (at > 0 && compare(&w->at[at - 1], &b) == 0)
		return;
	memmove(&w->at[at + 1], &w->at[at], (w->n++ - at) * sizeof(b));
	w->at[at] = b;
}

static void
want(struct wanted *w, struct ipaddr a, uint32_t ifindex, bool p4011)
{
	want_port(w, a, ifindex, udp_dhcp_port(w->family));
	if (p4011 && w->d->conf->p4011)
		want_port(w, a, ifindex, DHCP4_PORT_PXE);
}

/* On the loopback interface, an address that others know. */
static bool
is_public(struct ipaddr a)
{
	return ip_family(a) == FAMILY6 ? ip6_is_global(a.v6) : !ip4_is_loopback(ip_v4(a));
}

/* Machines send to port 4011 of a router by IPv4; by IPv6, boot servers answer to that of
 * a source. */
static void
want_interface(struct wanted *w, const struct iface *f)
{
	bool four = w->family == FAMILY4, serves = f->conf && f->asks[w->family];

	for (uint32_t i = 0; i < f->addr[w->family].n; i++) {
		struct ipaddr a = f->addr[w->family].at[i].net.addr;

		if (f->link.loopback ? is_public(a) : serves)
			want(w, a, f->link.ifindex, four);
	}
	for (uint8_t i = 0; four && serves && i < f->n_giaddr; i++)
		want(w, ip_of4(f->giaddr[i].addr), 0, true);
}

/* One socket on all of them, if they are too many. */
static void
want_all(struct wanted *w)
{
	const struct daemon *d = w->d;
	const struct iface *f;

	if (!conf_serves(d->conf, w->family))
		return;
	for (unsigned i = 0; i < d->conf->n_server; i++) {
		struct ipaddr a = d->servers.source[i];

		if (!ip_is_none(a) && ip_family(a) == w->family)
			want(w, a, server_sockets_scope(d, &d->conf->server[i]),
			    w->family == FAMILY6);
	}
	for (f = iftab_next(d->iftab, 0); f && w->n <= BOUND_MAX;
	    f = iftab_next(d->iftab, f->link.ifindex))
		want_interface(w, f);
	if (w->n > BOUND_MAX) {
		w->n = 0;
		want(w, ip_any(w->family), 0, true);
	}
}

static void
close_bound(struct bound *b)
{
	b->watch = loop_unwatch(b->watch);
	b->fd = sock_close(b->fd);
}

/* One line says it of a program that has the port on all addresses; first: of the new
 * table. */
static bool
is_named(const struct bound *first, struct bound *b)
{
	for (const struct bound *e = first; e < b; e++)
		if (e->port == b->port && e->holder.all) {
			b->holder = e->holder;
			return true;
		}
	return false;
}

/* Only at the start may we see which process it is. */
static void
log_taken(struct daemon *d, const struct bound *first, struct bound *b, const char *error)
{
	char a[IP_STRLEN], who[64] = "";

	if (is_named(first, b))
		return;
	if (!d->privileges.filtered && porthold_find(b->address, b->port, &b->holder))
		snprintf(who, sizeof(who), " process=\"%s\" pid=%d", b->holder.name,
		    (int)b->holder.pid);
	else if (b->fd >= 0)
		return;
	log_event(&d->log, LOG_LEVEL_ERROR, "port-taken",
	    "port=%u address=%s error=\"%s\"%s cure=\"%s\"", b->port,
	    ip_str(b->holder.all ? ip_any(ip_family(b->address)) : b->address, a), error, who,
	    "let that DHCP program listen on interfaces and addresses of its own; see Other "
	    "DHCP programs in pxrelay.conf(5)");
}

/* Takes over the socket that there is, or opens one. */
static int
take_or_open(struct daemon *d, struct sockets_in *in, const struct bound *first,
    struct bound *b)
{
	struct bound *old = in->n_bound ? bsearch(b, in->bound, in->n_bound, sizeof(*b),
	    compare) : NULL;
	int fd;

	b->in = in;
	if (old && old->fd >= 0) {
		fd = old->fd;
		old->fd = -1;
	} else
		fd = priv_ask_port(d->priv, OPENER_UDP, b->address, b->scope, b->port);
	b->watch = fd < 0 ? NULL : loop_read(d->loop, fd, d->sockets->readers->udp, b);
	if (b->watch) {
		b->fd = fd;
		if (!old && ip_is_none(b->address))
			log_taken(d, first, b, "shared by another program");
		return 0;
	}
	sock_close(fd);
	fd = fd < 0 ? fd : -ENOMEM;
	in->refused = true;
	if (old)
		b->holder = old->holder;
	else
		log_taken(d, first, b, strerror(-fd));
	return fd == -EADDRINUSE ? 0 : fd;
}

static bool
is_same(const struct sockets_in *in, const struct wanted *w)
{
	if (in->refused || in->n_bound != w->n)
		return false;
	for (unsigned i = 0; i < w->n; i++)
		if (compare(&in->bound[i], &w->at[i]) != 0)
			return false;
	return true;
}

/* Those that stay are exchanged without a gap; a new one is there before an old one
 * goes. */
static int
exchange(struct daemon *d, struct sockets_in *in, const struct wanted *w)
{
	struct bound *next = calloc(w->n + 1, sizeof(*next));
	int err = next ? 0 : -ENOMEM;

	in->refused = !next;
	if (!next)
		return err;
	memcpy(next, w->at, w->n * sizeof(*next));
	for (unsigned i = 0; i < in->n_bound; i++)
		in->bound[i].watch = loop_unwatch(in->bound[i].watch);
	for (unsigned i = 0; i < w->n; i++) {
		int e = take_or_open(d, in, next, &next[i]);

		err = err ? err : e;
	}
	for (unsigned i = 0; i < in->n_bound; i++)
		close_bound(&in->bound[i]);
	free(in->bound);
	in->bound = next;
	in->n_bound = w->n;
	return err;
}

int
bound_update(struct daemon *d)
{
	int err = 0;

	for (enum family i = 0; i < FAMILIES; i++) {
		struct sockets_in *in = &d->sockets->in[i];
		struct wanted w = { .d = d, .family = i };
		int e = 0;

		if (!in->stale && !in->refused)
			continue;
		in->stale = false;
		want_all(&w);
		if (!is_same(in, &w))
			e = exchange(d, in, &w);
		err = err ? err : e;
	}
	if (bound_refused(d))
		tick_soon(d);
	return err;
}

void
bound_changed(struct daemon *d)
{
	for (enum family i = 0; i < FAMILIES; i++)
		d->sockets->in[i].stale = true;
}

bool
bound_refused(const struct daemon *d)
{
	return d->sockets->in[FAMILY4].refused || d->sockets->in[FAMILY6].refused;
}

void
bound_close(struct daemon *d)
{
	for (enum family i = 0; i < FAMILIES; i++) {
		struct sockets_in *in = &d->sockets->in[i];

		while (in->n_bound)
			close_bound(&in->bound[--in->n_bound]);
		free(in->bound);
		in->bound = NULL;
	}
}

/* One on a link-local address sends by its interface only. */
int
bound_sender(const struct daemon *d, enum family family, uint16_t port, uint32_t ifindex)
{
	const struct sockets_in *in = &d->sockets->in[family];

	for (unsigned i = in->n_bound; i-- > 0;) {
		const struct bound *b = &in->bound[i];

		if (b->fd >= 0 && b->port == port && (!b->scope || b->scope == ifindex))
			return b->fd;
	}
	return -1;
}
