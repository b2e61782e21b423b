/* SPDX-License-Identifier: ISC
 *
 * fetch - the sockets of doctor's questions; the contract stands in
 * include/io/fetch.h.
 *
 * Datagram sockets are not connected, since a TFTP server answers from a port of its own;
 * IP_RECVERR brings ICMP errors to them all the same.
 */
#include "io/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/priv.h"
#include "proto/http.h"
#include "proto/tftp.h"

/* As much of a body as is waited for. */
#define BODY_ENOUGH	1024

struct conn {
	TAILQ_ENTRY(conn) entry;
	struct fetcher *owner;
	struct loop_watch *watch;
	int fd;
	struct fetch_ask ask;	/* msg points to said */
	uint8_t *said;		/* owned */
	size_t got;
	uint8_t buf[FETCH_BYTES];
};

struct fetcher {
	struct loop *loop;
	struct priv *priv;
	fetch_fn *fn;
	void *user;
	unsigned n_open;
	TAILQ_HEAD(conns, conn) conns;
};

struct fetcher *
fetcher_new(struct loop *l, struct priv *priv, fetch_fn *fn, void *user)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->loop = l;
	f->priv = priv;
	f->fn = fn;
	f->user = user;
	TAILQ_INIT(&f->conns);
	return f;
}

static void
close_conn(struct conn *c)
{
	TAILQ_REMOVE(&c->owner->conns, c, entry);
	c->owner->n_open--;
	c->watch = loop_unwatch(c->watch);
	if (c->fd >= 0)
		close(c->fd);
	free(c->said);
	free(c);
}

/* Closes it if that was the answer. */
static bool
tell(struct conn *c, int err, struct ip4 from, size_t len, struct mono now)
{
	struct fetch_result r = {
		.token = c->ask.token, .err = err, .from = from,
		.data = c->buf, .len = len,
	};

	if (!c->owner->fn(c->owner->user, &r, now))
		return false;
	close_conn(c);
	return true;
}

static struct sockaddr_in
inet(struct ip4 a, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(a.host),
	};
}

/* --- datagrams ---------------------------------------------------------------------- */

static int
say(struct conn *c)
{
	struct sockaddr_in to = inet(c->ask.to, c->ask.port);

	/* The second try is for an error that an earlier one left. */
	for (int i = 0; i < 2; i++)
		if (sendto(c->fd, c->said, c->ask.len, MSG_DONTWAIT,
		    (const struct sockaddr *)&to, sizeof(to)) >= 0)
			return 0;
	return -errno;
}

/* The error that is queued, or 0. The text of the packet that met it is not read. */
static int
take_error(struct conn *c)
{
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	const struct sock_extended_err *e;
	int err = 0;

	if (recvmsg(c->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_RECVERR) {
			e = (const struct sock_extended_err *)CMSG_DATA(h);
			err = (int)e->ee_errno;
		}
	return err;
}

/* The transfer that we began ends with our ERROR. */
static void
end_transfer(struct conn *c, const struct sockaddr_in *server, size_t len)
{
	uint8_t msg[TFTP_ERROR_MAX];
	struct tftp t;

	if (!tftp_parse(&t, c->buf, len) || !tftp_began(&t))
		return;
	len = tftp_error(msg, sizeof(msg), TFTP_UNDEFINED, "doctor");
	(void)sendto(c->fd, msg, len, MSG_DONTWAIT, (const struct sockaddr *)server,
	    sizeof(*server));
}

static void
read_datagram(void *conn, struct mono now)
{
	struct conn *c = conn;
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t from_len = sizeof(from);
	int err = take_error(c);
	struct ip4 who;
	ssize_t n;

	if (err) {
		tell(c, err, IP4_NONE, 0, now);
		return;
	}
	n = recvfrom(c->fd, c->buf, sizeof(c->buf), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &from_len);
	who = (struct ip4){ ntohl(from.sin_addr.s_addr) };
	if (n < 0 || (c->ask.kind == FETCH_TFTP && !ip4_eq(who, c->ask.to)))
		return;
	if (c->ask.kind == FETCH_TFTP)
		end_transfer(c, &from, (size_t)n);
	tell(c, 0, who, (size_t)n, now);
}

/* --- HTTP ---------------------------------------------------------------------------- */

static bool
is_enough(const struct conn *c)
{
	size_t body = http_body(c->buf, c->got);

	return c->got == sizeof(c->buf) || http_status(c->buf, c->got) < 0 ||
	    (body && c->got - body >= BODY_ENOUGH);
}

static void
read_http(void *conn, struct mono now)
{
	struct conn *c = conn;
	ssize_t n = recv(c->fd, c->buf + c->got, sizeof(c->buf) - c->got, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->got += (size_t)n;
	if (n > 0 && !is_enough(c))
		return;
	if (!tell(c, c->got ? 0 : n < 0 ? errno : ECONNRESET, c->ask.to, c->got, now))
		close_conn(c);
}

static void
connected(void *conn, struct mono now)
{
	struct conn *c = conn;
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	c->watch = loop_unwatch(c->watch);
	/* The request is short and the connection new: it fits. */
	if (!err && send(c->fd, c->said, c->ask.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		err = errno;
	if (!err)
		c->watch = loop_read(c->owner->loop, c->fd, read_http, c);
	if (!c->watch && !tell(c, err ? err : ENOMEM, IP4_NONE, 0, now))
		close_conn(c);
}

/* --- the beginning and the end ----------------------------------------------------------- */

static int
open_socket(struct conn *c)
{
	bool tcp = c->ask.kind == FETCH_HTTP;
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int on = 1;

	if (ip4_is_none(c->ask.source))
		c->fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) |
		    SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	else
		c->fd = priv_from(c->owner->priv, c->ask.source, tcp);
	if (c->fd < 0)
		return ip4_is_none(c->ask.source) ? -errno : c->fd;
	/* As io/prober: no TIME_WAIT is left behind. */
	if (tcp)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	else
		(void)setsockopt(c->fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
	return 0;
}

static int
start(struct conn *c)
{
	struct sockaddr_in to = inet(c->ask.to, c->ask.port);
	struct loop *l = c->owner->loop;
	int err = open_socket(c);

	if (err < 0)
		return err;
	if (c->ask.kind != FETCH_HTTP) {
		c->watch = loop_read(l, c->fd, read_datagram, c);
		return c->watch ? say(c) : -ENOMEM;
	}
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	c->watch = loop_write(l, c->fd, connected, c);
	return c->watch ? 0 : -ENOMEM;
}

static struct conn *
find(struct fetcher *f, uint32_t token)
{
	struct conn *c;

	TAILQ_FOREACH(c, &f->conns, entry)
		if (c->ask.token == token)
			return c;
	return NULL;
}

static struct conn *
make(struct fetcher *f, const struct fetch_ask *a)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->said = malloc(a->len ? a->len : 1);
	if (!c->said) {
		free(c);
		return NULL;
	}
	memcpy(c->said, a->msg, a->len);
	c->owner = f;
	c->fd = -1;
	c->ask = *a;
	c->ask.msg = c->said;
	TAILQ_INSERT_TAIL(&f->conns, c, entry);
	f->n_open++;
	return c;
}

int
fetch(struct fetcher *f, const struct fetch_ask *a)
{
	struct conn *c = find(f, a->token);
	int err;

	if (c)
		return c->ask.kind == FETCH_HTTP ? 0 : say(c);
	if (f->n_open == FETCH_MAX)
		return -EBUSY;
	c = make(f, a);
	if (!c)
		return -ENOMEM;
	err = start(c);
	if (err < 0)
		close_conn(c);
	return err;
}

void
fetcher_expire(struct fetcher *f, struct mono now)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&f->conns); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (mono_before(now, c->ask.until))
			continue;
		if (!c->got || !tell(c, 0, c->ask.to, c->got, now))
			close_conn(c);
	}
}

void
fetcher_cancel(struct fetcher *f)
{
	while (!TAILQ_EMPTY(&f->conns))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see what TAILQ_REMOVE() does */
		close_conn(TAILQ_FIRST(&f->conns));
}

unsigned
fetcher_open(const struct fetcher *f)
{
	return f->n_open;
}

struct fetcher *
fetcher_free(struct fetcher *f)
{
	if (!f)
		return NULL;
	fetcher_cancel(f);
	free(f);
	return NULL;
}
