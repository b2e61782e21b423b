/* SPDX-License-Identifier: ISC
 *
 * query - the sockets of probes and of the doctor's queries. proto builds and
 * reads the messages (icmp, arp, tftp, http, probemsg, clientmsg).
 *
 * Datagram sockets are not connected, since a TFTP server answers from a new
 * port (RFC 1350 4, the TID); IP_RECVERR makes them report ICMP errors.
 */
#include "io/query.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "io/priv.h"
#include "io/sock.h"
#include "proto/arp.h"
#include "proto/icmp.h"
#include "proto/icmp6.h"
#include "proto/tftp.h"

/* Packets per wake-up: a raw socket gets other programs' echo replies, too. */
#define BUDGET		64
/* The longest echo or ARP request. */
#define RAW_MAX		(ARP_LEN > ICMP_ECHO_LEN ? ARP_LEN : ICMP_ECHO_LEN)

struct open_query {
	TAILQ_ENTRY(open_query) entry;
	struct queries *set;
	struct loop_watch *watch;
	int fd;			/* -1: uses the set's raw socket */
	struct query q;		/* msg points to sent */
	size_t got;
	uint8_t buf[QUERY_BYTES];
	uint8_t sent[];
};

struct raw {
	int fd;			/* -1: not needed yet */
	struct loop_watch *watch;
};

struct queries {
	struct loop *loop;
	struct priv *priv;
	query_fn *fn;
	void *user;
	struct raw icmp[FAMILIES], arp;
	unsigned n_open;
	TAILQ_HEAD(open_queries, open_query) open;
};

struct queries *
queries_new(struct loop *l, struct priv *priv, query_fn *fn, void *user)
{
	struct queries *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->loop = l;
	s->priv = priv;
	s->fn = fn;
	s->user = user;
	s->icmp[FAMILY4].fd = s->icmp[FAMILY6].fd = s->arp.fd = -1;
	TAILQ_INIT(&s->open);
	return s;
}

static void
query_close(struct open_query *o)
{
	TAILQ_REMOVE(&o->set->open, o, entry);
	o->set->n_open--;
	loop_unwatch(o->watch);
	sock_close(o->fd);
	free(o);
}

/* Calls the owner. True if the query is closed. */
static bool
report_answer(struct open_query *o, struct query_answer a, struct mono now)
{
	a.token = o->q.token;
	a.data = o->buf;
	if (!o->set->fn(o->set->user, &a, now))
		return false;
	query_close(o);
	return true;
}

/* --- sending -------------------------------------------------------------- */

/* Names the source each time, since several queries share a raw socket. */
static int
send_ip(int fd, const struct query *q)
{
	const struct sock_at to = sock_at(q->to, q->port, q->ifindex);
	const struct sock_via from = { .source = q->source, .ifindex = q->ifindex };
	struct iovec iov = { (void *)(uintptr_t)q->msg, q->len };

	/* The first send may fail with the error of an earlier packet. */
	return sock_send_via(fd, &to, &iov, 1, from) == 0 ? 0 :
	    sock_send_via(fd, &to, &iov, 1, from);
}

static int
send_arp(int fd, const struct query *q)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)q->ifindex, .sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};

	return sendto(fd, q->msg, q->len, MSG_DONTWAIT,
	    (const struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int
send_query(const struct open_query *o)
{
	switch (o->q.kind) {
	case QUERY_ECHO:
	case QUERY_ROUTERS:
		return send_ip(o->set->icmp[ip_family(o->q.to)].fd, &o->q);
	case QUERY_ARP:
		return send_arp(o->set->arp.fd, &o->q);
	case QUERY_DATAGRAM:
	case QUERY_TFTP:
		return send_ip(o->fd, &o->q);
	case QUERY_STREAM:
		break;		/* sent once, when it is connected */
	}
	return 0;
}

/* --- echo and ARP --------------------------------------------------------- */

static struct open_query *
find_query(struct queries *s, uint32_t token)
{
	struct open_query *o;

	TAILQ_FOREACH(o, &s->open, entry)
		if (o->q.token == token)
			return o;
	return NULL;
}

static void
read_echo(void *set, struct mono now)
{
	struct queries *s = set;
	uint8_t buf[512];
	struct ip4 from;
	uint32_t token;

	for (int i = 0; i < BUDGET; i++) {
		ssize_t n = recv(s->icmp[FAMILY4].fd, buf, sizeof(buf),
		    MSG_DONTWAIT | MSG_TRUNC);
		struct open_query *o;

		if (n < 0)
			return;
		if ((size_t)n > sizeof(buf) ||
		    !icmp_reply_parse(buf, (size_t)n, &from, &token))
			continue;
		o = find_query(s, token);
		if (o && o->q.kind == QUERY_ECHO && ip_family(o->q.to) == FAMILY4)
			report_answer(o, (struct query_answer){ .from = ip_of4(from) },
			    now);
	}
}

/* An advertisement is for everybody who asked on its link. */
static void
match_advert(struct queries *s, const void *data, size_t len, struct ipaddr from,
    uint32_t ifindex, struct mono now)
{
	struct open_query *o, *next;

	for (o = TAILQ_FIRST(&s->open); o; o = next) {
		next = TAILQ_NEXT(o, entry);
		if (o->q.kind != QUERY_ROUTERS || o->q.ifindex != ifindex)
			continue;
		memcpy(o->buf, data, len);
		report_answer(o, (struct query_answer){ .from = from, .len = len }, now);
	}
}

static void
read_icmp6(void *set, struct mono now)
{
	struct queries *s = set;
	uint8_t buf[1500], control[128];
	struct sock_at at;
	struct iovec iov = { buf, sizeof(buf) };

	for (int i = 0; i < BUDGET; i++) {
		struct msghdr m = { .msg_name = &at.any, .msg_namelen = sizeof(at.in6),
			.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(s->icmp[FAMILY6].fd, &m, MSG_DONTWAIT);
		struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);
		struct open_query *o;
		struct ipaddr dst;
		uint32_t token, ifindex;

		if (n < 0)
			return;
		if (m.msg_flags & MSG_TRUNC || !c || !sock_read_pktinfo(c, &ifindex, &dst))
			continue;
		if (!icmp6_reply_parse(buf, (size_t)n, &token))
			match_advert(s, buf, (size_t)n, sock_ip(&at), ifindex, now);
		else if ((o = find_query(s, token)) && o->q.kind == QUERY_ECHO &&
		    ip_family(o->q.to) == FAMILY6)
			report_answer(o, (struct query_answer){ .from = sock_ip(&at) }, now);
	}
}

/* ARP has no room for a token: address and link identify the query. */
static void
match_arp(struct queries *s, struct ip4 from, uint32_t ifindex, struct mono now)
{
	struct open_query *o, *next;

	for (o = TAILQ_FIRST(&s->open); o; o = next) {
		next = TAILQ_NEXT(o, entry);
		if (o->q.kind == QUERY_ARP && o->q.ifindex == ifindex &&
		    ip4_eq(ip_v4(o->q.to), from))
			report_answer(o, (struct query_answer){ .from = o->q.to }, now);
	}
}

static void
read_arp(void *set, struct mono now)
{
	struct queries *s = set;
	uint8_t buf[64];
	struct sockaddr_ll from = { .sll_ifindex = 0 };
	struct arp a;

	for (int i = 0; i < BUDGET; i++) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(s->arp.fd, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		if (arp_parse(&a, buf, (size_t)n) && a.op == ARP_REPLY)
			match_arp(s, a.sender, (uint32_t)from.sll_ifindex, now);
	}
}

static int
raw_open(struct queries *s, bool arp, enum family f)
{
	struct raw *r = arp ? &s->arp : &s->icmp[f];

	if (r->fd >= 0)
		return 0;
	r->fd = priv_ask_inet(s->priv, arp ? OPENER_ARP : OPENER_ICMP, ip_any(f), 0);
	if (r->fd < 0)
		return r->fd;
	r->watch = loop_read(s->loop, r->fd, arp ? read_arp : f == FAMILY6 ? read_icmp6 :
	    read_echo, s);
	if (!r->watch)
		r->fd = sock_close(r->fd);
	return r->watch ? 0 : -ENOMEM;
}

static void
raw_close(struct raw *r)
{
	r->watch = loop_unwatch(r->watch);
	r->fd = sock_close(r->fd);
}

/* --- datagrams ------------------------------------------------------------ */

/* Ends the transfer that our request began, before the server sends again. Code
 * 0 is not part of option negotiation (RFC 2347), so every server knows it. */
static void
end_transfer(struct open_query *o, const struct sock_at *server, size_t len)
{
	uint8_t msg[TFTP_ERROR_MAX];
	struct tftp t;

	if (!tftp_parse(&t, o->buf, len) || !tftp_began(&t))
		return;
	len = tftp_error(msg, sizeof(msg), TFTP_UNDEFINED, "probe");
	(void)sendto(o->fd, msg, len, MSG_DONTWAIT, &server->any, server->len);
}

static void
read_datagram(void *query, struct mono now)
{
	struct open_query *o = query;
	struct sock_at at = { .len = sizeof(at.in6) };
	struct sock_error e = { 0 };
	struct ipaddr from;
	ssize_t n;

	if (sock_take_error(o->fd, &e) && e.err) {
		report_answer(o, (struct query_answer){ .err = e.err }, now);
		return;
	}
	n = recvfrom(o->fd, o->buf, sizeof(o->buf), MSG_DONTWAIT, &at.any, &at.len);
	if (n < 0)
		return;
	from = sock_ip(&at);
	if (o->q.kind == QUERY_TFTP && !ip_eq(from, o->q.to))
		return;
	if (o->q.kind == QUERY_TFTP)
		end_transfer(o, &at, (size_t)n);
	report_answer(o, (struct query_answer){ .from = from, .len = (size_t)n },
	    now);
}

static int
datagram_open(struct open_query *o)
{
	/* If this fails, the query times out after an ICMP error. */
	if (ip_family(o->q.to) == FAMILY6)
		(void)sock_set(o->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	else
		(void)sock_set(o->fd, IPPROTO_IP, IP_RECVERR, 1);
	o->watch = loop_read(o->set->loop, o->fd, read_datagram, o);
	return o->watch ? send_query(o) : -ENOMEM;
}

/* --- streams -------------------------------------------------------------- */

/* Reports a stream for the last time and closes it. */
static void
end_stream(struct open_query *o, int err, struct mono now)
{
	struct query_answer a = { .err = err, .from = o->q.to, .len = o->got };

	if (!report_answer(o, a, now))
		query_close(o);
}

static void
read_stream(void *query, struct mono now)
{
	struct open_query *o = query;
	ssize_t n = recv(o->fd, o->buf + o->got, sizeof(o->buf) - o->got,
	    MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		o->got += (size_t)n;
	if (n > 0 && o->got < sizeof(o->buf))
		report_answer(o, (struct query_answer){
		    .from = o->q.to, .len = o->got, .more = true }, now);
	else
		end_stream(o, o->got ? 0 : n < 0 ? errno : ECONNRESET, now);
}

static void
stream_connected(void *query, struct mono now)
{
	struct open_query *o = query;
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	o->watch = loop_unwatch(o->watch);
	/* The request is short and fits into the new connection's buffer. */
	if (!err && o->q.len && send(o->fd, o->q.msg, o->q.len,
	    MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		err = errno;
	if (!err && o->q.len) {
		o->watch = loop_read(o->set->loop, o->fd, read_stream, o);
		err = o->watch ? 0 : ENOMEM;
	}
	if (!o->watch)
		end_stream(o, err, now);
}

/* SO_LINGER makes close() reset the connection: an orderly end would leave a
 * socket in TIME_WAIT for a minute after each probe. */
static int
stream_open(struct open_query *o)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	const struct sock_at to = sock_at(o->q.to, o->q.port, 0);
	int err;

	(void)setsockopt(o->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	err = sock_connect(o->fd, &to);
	if (err < 0 && err != -EINPROGRESS)
		return err;
	o->watch = loop_write(o->set->loop, o->fd, stream_connected, o);
	return o->watch ? 0 : -ENOMEM;
}

/* --- queries -------------------------------------------------------------- */

static struct open_query *
query_new(struct queries *s, const struct query *q)
{
	size_t room = q->len > RAW_MAX ? q->len : RAW_MAX;
	struct open_query *o = calloc(1, sizeof(*o) + room);

	if (!o)
		return NULL;
	o->set = s;
	o->fd = -1;
	o->q = *q;
	o->q.msg = o->sent;
	if (q->kind == QUERY_ECHO)
		o->q.len = (ip_family(q->to) == FAMILY6 ? icmp6_echo : icmp_echo)(o->sent,
		    RAW_MAX, q->token);
	else if (q->kind == QUERY_ROUTERS)
		o->q.len = icmp6_solicit(o->sent, RAW_MAX);
	else if (q->kind == QUERY_ARP)
		o->q.len = arp_request(o->sent, RAW_MAX, &q->mac, ip_v4(q->source),
		    ip_v4(q->to));
	else if (q->len)
		memcpy(o->sent, q->msg, q->len);
	TAILQ_INSERT_TAIL(&s->open, o, entry);
	s->n_open++;
	return o;
}

static int
query_start(struct open_query *o)
{
	bool stream = o->q.kind == QUERY_STREAM;
	int err;

	if (o->q.kind == QUERY_ECHO || o->q.kind == QUERY_ARP ||
	    o->q.kind == QUERY_ROUTERS) {
		err = raw_open(o->set, o->q.kind == QUERY_ARP, ip_family(o->q.to));
		return err < 0 ? err : send_query(o);
	}
	o->fd = ip_is_none(o->q.source) ? sock_open(sock_family(ip_family(o->q.to)),
	    stream ? SOCK_STREAM : SOCK_DGRAM, 0) :
	    priv_ask_inet(o->set->priv, OPENER_FROM, o->q.source, stream);
	if (o->fd < 0)
		return o->fd;
	return stream ? stream_open(o) : datagram_open(o);
}

int
query_ask(struct queries *s, const struct query *q)
{
	struct open_query *o = find_query(s, q->token);
	int err;

	if (o) {
		o->q.until = q->until;
		return send_query(o);
	}
	if (s->n_open == QUERY_MAX)
		return -EBUSY;
	o = query_new(s, q);
	if (!o)
		return -ENOMEM;
	err = query_start(o);
	if (err < 0)
		query_close(o);
	return err;
}

void
query_expire(struct queries *s, struct mono now)
{
	struct open_query *o, *next;

	for (o = TAILQ_FIRST(&s->open); o; o = next) {
		next = TAILQ_NEXT(o, entry);
		if (mono_before(now, o->q.until))
			continue;
		if (o->got)
			end_stream(o, 0, now);
		else
			query_close(o);
	}
}

void
query_cancel(struct queries *s)
{
	while (!TAILQ_EMPTY(&s->open))
		/* clang-tidy misreads TAILQ_REMOVE(): NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		query_close(TAILQ_FIRST(&s->open));
}

unsigned
query_n_open(const struct queries *s)
{
	return s->n_open;
}

struct queries *
queries_free(struct queries *s)
{
	if (!s)
		return NULL;
	query_cancel(s);
	raw_close(&s->icmp[FAMILY4]);
	raw_close(&s->icmp[FAMILY6]);
	raw_close(&s->arp);
	free(s);
	return NULL;
}
