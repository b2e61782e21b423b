/* SPDX-License-Identifier: ISC
 *
 * prober - the sockets of active probes; the contract stands in
 * include/io/prober.h. What stands in the packets is proto's (icmp, arp, tftp, http,
 * probemsg).
 */
#include "io/prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/priv.h"
#include "proto/arp.h"
#include "proto/dhcp4.h"
#include "proto/http.h"
#include "proto/icmp.h"
#include "proto/probemsg.h"
#include "proto/tftp.h"

/* Packets of one wake-up: others hear echo replies too (raw sockets get all). */
#define BUDGET		64
#define ARPS_MAX	PROBER_CONNS
#define PATH_SIZE	128	/* as in struct conf_probe */
/* Sockets that wait for the next connection: as many as 200 servers need that are asked
 * each second. */
#define SPARE_MAX	32
/* Each is done with after PROBER_CONNS questions at the latest. */
#define TFTP_SOCKETS	16

enum conn_kind { CONN_TCP, CONN_HTTP };

/* One question with a socket of its own, which outlives it. */
struct conn {
	struct prober *owner;
	struct conn *next_free;
	int fd;			/* -1: none */
	bool busy;		/* else in one of the lists of free places */
	enum conn_kind kind;
	bool open;		/* the connection is */
	struct prober_ask ask;
	uint16_t port;
	uint8_t got;		/* bytes of the status line */
	uint8_t line[HTTP_STATUS_LEN];
	char path[PATH_SIZE];
};

/* An ARP packet has no room for a token. */
struct asked_arp {
	struct prober_ask ask;	/* token and address; until.us 0: free */
	uint32_t ifindex;
};

/* A socket that has asked each server once at most. */
struct tftp_socket {
	struct prober *owner;
	struct loop_watch *w;
	int fd;			/* -1: closed */
	unsigned n, n_open;	/* questions that it asked; those not over yet */
	struct prober_ask asked[PROBER_CONNS];	/* until.us 0: it is over */
};

struct prober {
	struct loop *loop;
	struct priv *priv;
	prober_fn *fn;
	prober_wait_fn *wait;
	void *user;
	int icmp, arp, udp4011, conns;	/* -1: not needed yet */
	struct loop_watch *w_icmp, *w_arp, *w_udp4011, *w_conns;
	unsigned n_arp;		/* places of arps that were ever used */
	struct asked_arp arps[ARPS_MAX];
	unsigned n_open;	/* connections and TFTP questions */
	unsigned n_spare;
	struct conn *free, *spare;	/* places without and with a socket */
	struct conn conn[PROBER_CONNS];
	struct tftp_socket tftp[TFTP_SOCKETS];
};

struct prober *
prober_new(struct loop *l, struct priv *priv, prober_fn *fn, prober_wait_fn *wait, void *user)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->loop = l;
	p->priv = priv;
	p->fn = fn;
	p->wait = wait;
	p->user = user;
	p->icmp = p->arp = p->udp4011 = p->conns = -1;
	for (unsigned i = PROBER_CONNS; i-- > 0;) {
		p->conn[i].owner = p;
		p->conn[i].fd = -1;
		p->conn[i].next_free = p->free;
		p->free = &p->conn[i];
	}
	for (unsigned i = 0; i < TFTP_SOCKETS; i++) {
		p->tftp[i].owner = p;
		p->tftp[i].fd = -1;
	}
	return p;
}

static void
close_shared(int *fd, struct loop_watch **w)
{
	*w = loop_unwatch(*w);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct sockaddr_in
inet(struct ip4 a, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(a.host),
	};
}

static int
send_to(int fd, const void *msg, size_t len, struct ip4 to, uint16_t port)
{
	struct sockaddr_in at = inet(to, port);

	/* An error that an earlier packet left on a shared socket is not ours:
	 * it is taken with the first try. */
	for (int i = 0; i < 2; i++)
		if (sendto(fd, msg, len, MSG_DONTWAIT, (const struct sockaddr *)&at,
		    sizeof(at)) >= 0)
			return 0;
	return -errno;
}

/* Keeps fd as a shared socket that is read by fn; closes it when that fails. */
static int
share(struct prober *p, int fd, int *place, struct loop_watch **w, loop_fn *fn)
{
	*w = loop_read(p->loop, fd, fn, p);
	if (!*w) {
		close(fd);
		return -ENOMEM;
	}
	*place = fd;
	return 0;
}

/* --- echo --------------------------------------------------------------------- */

static void
read_icmp(void *prober, struct mono now)
{
	struct prober *p = prober;
	uint8_t buf[512];
	struct ip4 from;
	uint32_t token;
	ssize_t n;

	for (int i = 0; i < BUDGET; i++) {
		n = recv(p->icmp, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0)
			return;
		if ((size_t)n <= sizeof(buf) &&
		    icmp_reply_parse(buf, (size_t)n, &from, &token))
			p->fn(p->user, token, true, now);
	}
}

/* A raw socket and not a "ping socket", for which a sysctl must name our group. */
int
prober_icmp_socket(void)
{
	struct icmp_filter only = { ~(1u << ICMP_ECHOREPLY) };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_RAW, ICMP_FILTER, &only, sizeof(only)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int
need_icmp(struct prober *p)
{
	int fd;

	if (p->icmp >= 0)
		return 0;
	fd = p->priv ? priv_icmp(p->priv) : prober_icmp_socket();
	return fd < 0 ? fd : share(p, fd, &p->icmp, &p->w_icmp, read_icmp);
}

/* From one of our addresses; on a raw socket others may share, so only this packet. */
static int
send_from(int fd, const void *data, size_t len, struct ip4 to, struct ip4 source)
{
	struct sockaddr_in at = inet(to, 0);
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(source.host) };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	union {
		struct cmsghdr h;
		uint8_t b[CMSG_SPACE(sizeof(from))];
	} control = { .b = { 0 } };
	struct msghdr m = {
		.msg_name = &at, .msg_namelen = sizeof(at), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control.b),
	};

	control.h.cmsg_level = IPPROTO_IP;
	control.h.cmsg_type = IP_PKTINFO;
	control.h.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.h), &from, sizeof(from));
	for (int i = 0; i < 2; i++)	/* as send_to() */
		if (sendmsg(fd, &m, MSG_DONTWAIT) >= 0)
			return 0;
	return -errno;
}

int
prober_icmp(struct prober *p, const struct prober_ask *a)
{
	uint8_t msg[ICMP_ECHO_LEN];
	int err = need_icmp(p);
	size_t len = icmp_echo(msg, sizeof(msg), a->token);

	if (err < 0)
		return err;
	if (!ip4_is_none(a->source))
		return send_from(p->icmp, msg, len, a->to, a->source);
	return send_to(p->icmp, msg, len, a->to, 0);
}

/* --- ARP ---------------------------------------------------------------------- */

static void
match_arp(struct prober *p, const struct arp *a, uint32_t ifindex, struct mono now)
{
	for (unsigned i = 0; i < p->n_arp; i++) {
		struct asked_arp *q = &p->arps[i];

		if (!q->ask.until.us || q->ifindex != ifindex ||
		    !ip4_eq(q->ask.to, a->sender))
			continue;
		q->ask.until = mono_us(0);
		p->fn(p->user, q->ask.token, true, now);
	}
}

static void
read_arp(void *prober, struct mono now)
{
	struct prober *p = prober;
	uint8_t buf[64];
	struct sockaddr_ll from = { .sll_ifindex = 0 };
	struct arp a;

	for (int i = 0; i < BUDGET; i++) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(p->arp, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		if (arp_parse(&a, buf, (size_t)n) && a.op == ARP_REPLY)
			match_arp(p, &a, (uint32_t)from.sll_ifindex, now);
	}
}

/* Replies to this host only: not the requests of a thousand VLANs. */
static int
filter_arp(int fd)
{
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 64),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog f = { sizeof(prog) / sizeof(prog[0]), prog };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f));
}

/* Without a protocol it receives nothing until it is bound, behind its filter. */
int
prober_arp_socket(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (filter_arp(fd) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int
need_arp(struct prober *p)
{
	int fd;

	if (p->arp >= 0)
		return 0;
	fd = p->priv ? priv_arp(p->priv) : prober_arp_socket();
	return fd < 0 ? fd : share(p, fd, &p->arp, &p->w_arp, read_arp);
}

static struct asked_arp *
free_arp(struct prober *p)
{
	for (unsigned i = 0; i < p->n_arp; i++)
		if (!p->arps[i].ask.until.us)
			return &p->arps[i];
	return p->n_arp < ARPS_MAX ? &p->arps[p->n_arp++] : NULL;
}

int
prober_arp(struct prober *p, const struct prober_ask *a, const struct prober_link *link)
{
	uint8_t msg[ARP_LEN];
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)link->ifindex, .sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct asked_arp *q;
	size_t len;
	int err = need_arp(p);

	if (err < 0)
		return err;
	q = free_arp(p);
	if (!q)
		return -EBUSY;
	len = arp_request(msg, sizeof(msg), &link->mac, link->source, a->to);
	if (sendto(p->arp, msg, len, MSG_DONTWAIT, (const struct sockaddr *)&to,
	    sizeof(to)) < 0)
		return -errno;
	*q = (struct asked_arp){ *a, link->ifindex };
	return 0;
}

/* --- port 4011 ---------------------------------------------------------------- */

static void
read_4011(void *prober, struct mono now)
{
	struct prober *p = prober;
	uint8_t buf[DHCP4_MIN];	/* no more is looked at */
	struct ip4 ciaddr;
	uint32_t xid;
	ssize_t n;

	for (int i = 0; i < BUDGET; i++) {
		n = recv(p->udp4011, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0)
			return;
		if (probemsg_answer(buf, (size_t)n, &xid, &ciaddr))
			p->fn(p->user, xid, true, now);
	}
}

/* From a port of our own: servers answer to the port that asked. */
static int
need_4011(struct prober *p)
{
	int fd;

	if (p->udp4011 >= 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	return share(p, fd, &p->udp4011, &p->w_udp4011, read_4011);
}

int
prober_4011(struct prober *p, const struct prober_ask *a, const void *msg, size_t len)
{
	int err = need_4011(p);

	return err < 0 ? err : send_to(p->udp4011, msg, len, a->to, DHCP4_PORT_PXE);
}

/* --- TFTP --------------------------------------------------------------------- */

/*
 * Servers answer from a port of their own, so only its socket and the sender's address say
 * to which question a packet belongs: a socket asks each server once, and is closed when its last
 * question is over. One for each question cost twice as much as the question itself.
 */
static void
end_tftp(struct tftp_socket *s, struct prober_ask *q)
{
	q->until = mono_us(0);
	s->owner->n_open--;
	if (--s->n_open > 0)
		return;
	close_shared(&s->fd, &s->w);
	s->n = 0;
}

static struct prober_ask *
asked_of(struct tftp_socket *s, struct ip4 server)
{
	for (unsigned i = 0; i < s->n; i++)
		if (ip4_eq(s->asked[i].to, server))
			return &s->asked[i];
	return NULL;
}

/* The transfer that we began ends with our ERROR, before the server sends a second time;
 * one of code 0 needs no option negotiation, and no server takes it amiss. */
static void
end_transfer(int fd, const struct sockaddr_in *server)
{
	uint8_t msg[TFTP_ERROR_MAX];
	size_t len = tftp_error(msg, sizeof(msg), TFTP_UNDEFINED, "probe");

	(void)sendto(fd, msg, len, MSG_DONTWAIT, (const struct sockaddr *)server,
	    sizeof(*server));
}

/* One datagram; false when there is none, or the socket is closed. */
static bool
read_tftp(struct tftp_socket *s, struct mono now)
{
	struct prober *p = s->owner;
	uint8_t buf[64];
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t len = sizeof(from);
	struct prober_ask *q;
	struct tftp t;
	ssize_t n = recvfrom(s->fd, buf, sizeof(buf), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &len);

	if (n < 0)
		return false;
	q = asked_of(s, (struct ip4){ ntohl(from.sin_addr.s_addr) });
	if (!q || !q->until.us || !tftp_parse(&t, buf, (size_t)n) || !tftp_answers(&t))
		return true;
	if (tftp_began(&t))
		end_transfer(s->fd, &from);
	end_tftp(s, q);
	p->fn(p->user, q->token, true, now);
	return s->fd >= 0;
}

static void
read_tftps(void *socket, struct mono now)
{
	for (int i = 0; i < BUDGET && read_tftp(socket, now); i++)
		;
}

static int
open_tftp(struct tftp_socket *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	s->w = loop_read(s->owner->loop, fd, read_tftps, s);
	if (!s->w) {
		close(fd);
		return -ENOMEM;
	}
	s->fd = fd;
	return 0;
}

/* The first that has not asked this server; those in use come before others. */
static int
tftp_socket_for(struct prober *p, struct ip4 server, struct tftp_socket **out)
{
	struct tftp_socket *closed = NULL;

	if (p->n_open >= PROBER_CONNS)
		return -EBUSY;
	for (unsigned i = 0; i < TFTP_SOCKETS; i++) {
		struct tftp_socket *s = &p->tftp[i];

		if (s->fd < 0) {
			closed = s;
		} else if (s->n < PROBER_CONNS && !asked_of(s, server)) {
			*out = s;
			return 0;
		}
	}
	*out = closed;
	return closed ? open_tftp(closed) : -EBUSY;
}

int
prober_tftp(struct prober *p, const struct prober_ask *a, const char *file)
{
	uint8_t msg[TFTP_RRQ_MAX];
	size_t len = tftp_rrq(msg, sizeof(msg), file);
	struct tftp_socket *s;
	int err = len ? tftp_socket_for(p, a->to, &s) : -EINVAL;

	if (err < 0)
		return err;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): errno is not 0 after a failure */
	s->asked[s->n++] = *a;
	s->n_open++;
	p->n_open++;
	err = send_to(s->fd, msg, len, a->to, TFTP_PORT);
	if (err < 0)
		end_tftp(s, &s->asked[s->n - 1]);
	return err;
}

/* --- connections --------------------------------------------------------------- */

static void
close_conn(struct conn *c)
{
	struct prober *p = c->owner;

	close(c->fd);
	c->fd = -1;
	c->next_free = p->free;
	p->free = c;
}

/*
 * The connection ends by a reset: an orderly end would leave a socket in TIME_WAIT for a
 * minute, of which 200 servers asked each second make 12,000. connect() to nowhere does
 * that, and leaves the socket as good as new; to make one, watch and close it costs more than
 * to connect it.
 */
static void
end_conn(struct conn *c)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct prober *p = c->owner;

	c->busy = false;
	p->n_open--;
	if (p->n_spare >= SPARE_MAX ||
	    connect(c->fd, &nowhere, sizeof(nowhere)) < 0) {
		close_conn(c);
		return;
	}
	c->next_free = p->spare;
	p->spare = c;
	p->n_spare++;
}

/* The last that is done with a connection. */
static void
verdict(struct conn *c, bool alive, struct mono now)
{
	struct prober *p = c->owner;
	uint32_t token = c->ask.token;

	end_conn(c);
	p->fn(p->user, token, alive, now);
}

/* Some of the status line; false when there is no more now, or it is judged. What the
 * server says behind it is not waited for. */
static bool
read_http(struct conn *c, struct mono now)
{
	ssize_t n = recv(c->fd, c->line + c->got, sizeof(c->line) - c->got, MSG_DONTWAIT);
	int status;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		c->got = (uint8_t)(c->got + n);
	status = n > 0 ? http_status(c->line, c->got) : -1;
	if (status != 0)
		verdict(c, status > 0 && status < 500, now);
	return status == 0;
}

/* The request is short and the connection new: it fits into the send buffer. */
static bool
ask_http(struct conn *c)
{
	uint8_t msg[HTTP_REQUEST_MAX];
	size_t len = http_get(msg, sizeof(msg), c->ask.to, c->port, c->path);

	return send(c->fd, msg, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

static void
connected(struct conn *c, struct mono now)
{
	c->open = true;
	if (c->kind == CONN_TCP)
		verdict(c, true, now);
	else if (!ask_http(c))
		verdict(c, false, now);
}

/* A connection that was open may have ended with data in it. */
static void
tcp_event(struct conn *c, uint32_t events, struct mono now)
{
	if (c->open)
		while (read_http(c, now))
			;
	else if (events & (EPOLLERR | EPOLLHUP))
		verdict(c, false, now);
	else
		connected(c, now);
}

/* Questions are not asked in here, so a place stays whose it was, or becomes free; a spare
 * socket is "hung up" to the kernel. */
static void
read_conns(void *prober, struct mono now)
{
	struct prober *p = prober;
	struct epoll_event ev[BUDGET];
	int n = epoll_wait(p->conns, ev, BUDGET, 0);

	for (int i = 0; i < n; i++) {
		struct conn *c = ev[i].data.ptr;

		if (c->busy)
			tcp_event(c, ev[i].events, now);
	}
	if (p->wait && p->n_open > 0)
		p->wait(p->user);
}

/*
 * A set of descriptors of its own, that the loop sees as one: a socket gets into it once,
 * for everything and by edges, and leaves it by being closed. With a watch in the
 * loop for each, half of the calls that a question costs were epoll_ctl().
 */
static int
need_conns(struct prober *p)
{
	int fd;

	if (p->conns >= 0)
		return 0;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
		return -errno;
	return share(p, fd, &p->conns, &p->w_conns, read_conns);
}

/* A socket is watched from its first question to its end. */
static int
watch_conn(struct conn *c)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c,
	};
	int err = need_conns(c->owner);

	if (!err && epoll_ctl(c->owner->conns, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		err = -errno;
	return err;
}

static struct conn *
take_spare(struct prober *p)
{
	struct conn *c = p->spare;

	if (c) {
		p->spare = c->next_free;
		p->n_spare--;
	}
	return c;
}

static int
new_conn(struct prober *p, struct conn **out)
{
	struct conn *c = p->free;
	int err, fd;

	if (!c)
		return -EBUSY;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	p->free = c->next_free;
	c->fd = fd;
	err = watch_conn(c);
	if (err < 0)
		close_conn(c);
	*out = c;
	return err;
}

static int
open_conn(struct prober *p, const struct prober_ask *a, enum conn_kind kind,
    struct conn **out)
{
	struct conn *c;
	int err;

	if (p->n_open >= PROBER_CONNS)
		return -EBUSY;
	c = take_spare(p);
	err = c ? 0 : new_conn(p, &c);
	if (err < 0)
		return err;
	p->n_open++;
	c->busy = true;
	c->kind = kind;
	c->open = false;
	c->ask = *a;
	c->got = 0;
	*out = c;
	return 0;
}

static int
dial(struct prober *p, const struct prober_ask *a, enum conn_kind kind, uint16_t port,
    const char *path)
{
	struct sockaddr_in to = inet(a->to, port);
	struct conn *c;
	int err = open_conn(p, a, kind, &c);

	if (err < 0)
		return err;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): errno is not 0 after a failure */
	c->port = port;
	strncpy(c->path, path, sizeof(c->path) - 1);
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS) {
		err = -errno;
		end_conn(c);
		return err;
	}
	return 0;
}

int
prober_tcp(struct prober *p, const struct prober_ask *a, uint16_t port)
{
	return dial(p, a, CONN_TCP, port, "");
}

int
prober_http(struct prober *p, const struct prober_ask *a, uint16_t port, const char *path)
{
	if (strlen(path) >= PATH_SIZE)
		return -EINVAL;
	return dial(p, a, CONN_HTTP, port, path);
}

/* --- the end of questions ------------------------------------------------------- */

static bool
is_over(const struct prober_ask *a, struct mono now)
{
	return !mono_before(now, a->until);
}

static void
expire_tftp(struct tftp_socket *s, struct mono now)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->asked[i].until.us && is_over(&s->asked[i], now))
			end_tftp(s, &s->asked[i]);
}

void
prober_expire(struct prober *p, struct mono now)
{
	for (unsigned i = 0; i < TFTP_SOCKETS && p->n_open; i++)
		expire_tftp(&p->tftp[i], now);
	for (unsigned i = 0; i < PROBER_CONNS && p->n_open; i++)
		if (p->conn[i].busy && is_over(&p->conn[i].ask, now))
			end_conn(&p->conn[i]);
	for (unsigned i = 0; i < p->n_arp; i++)
		if (is_over(&p->arps[i].ask, now))
			p->arps[i].ask.until = mono_us(0);
	while (p->n_arp && !p->arps[p->n_arp - 1].ask.until.us)
		p->n_arp--;
}

static void
close_tftp(struct tftp_socket *s)
{
	s->owner->n_open -= s->n_open;
	s->n = s->n_open = 0;
	close_shared(&s->fd, &s->w);
}

void
prober_cancel(struct prober *p)
{
	struct conn *c;

	for (unsigned i = 0; i < TFTP_SOCKETS; i++)
		close_tftp(&p->tftp[i]);
	for (unsigned i = 0; i < PROBER_CONNS; i++)
		if (p->conn[i].busy)
			end_conn(&p->conn[i]);
	while ((c = take_spare(p)))
		close_conn(c);
	p->n_arp = 0;
}

unsigned
prober_open_conns(const struct prober *p)
{
	return p->n_open;
}

struct prober *
prober_free(struct prober *p)
{
	if (!p)
		return NULL;
	prober_cancel(p);
	close_shared(&p->icmp, &p->w_icmp);
	close_shared(&p->arp, &p->w_arp);
	close_shared(&p->udp4011, &p->w_udp4011);
	close_shared(&p->conns, &p->w_conns);
	free(p);
	return NULL;
}
