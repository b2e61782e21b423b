/* SPDX-License-Identifier: ISC
 *
 * udp - UDP sockets: the wildcard one, and one per server.
 *
 * All are bound to 0.0.0.0 and the same port, so which of them a datagram
 * reaches is up to the kernel: a connected one gets what its server sends to
 * the address it is connected from, the wildcard one the rest; while a
 * server's socket is not connected (no route) it may be given any of it. They
 * are all read by the same code, so nobody misses anything.
 *
 * Errors: IP_RECVERR is on for server sockets, since without it Linux keeps
 * "host unreachable" to itself, and that is what an unanswered ARP request
 * ends in. The price is an error queue, which shares the receive buffer and
 * makes the socket readable until it is empty; whoever meets an error here
 * therefore empties it.
 *
 * What a datagram says is judged elsewhere; what is sent was built elsewhere.
 */
#include "io/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nobufs.h"
#include "io/bpf.h"

/*
 * 1 MB (the kernel doubles it) holds some 2,000 replies, 15 ms at the rate of
 * saturation. The default of 212 KB lost packets at 62,000 pairs a second
 * instead of 91,000; 8 MB turned overload into 105 ms of delay.
 */
#define RCVBUF		(1 << 20)
/*
 * The kernel makes it 256 KB: a little more than the 208 KB that may wait for
 * one ARP answer (net.ipv4.neigh.*.unres_qlen_bytes). When a server is dead,
 * its oldest packets are dropped there, and the socket still takes the newest.
 */
#define SNDBUF		(128 << 10)
/* Sends that an error of the past may spoil before the datagram is given up. */
#define SEND_TRIES	3
#define ERRORS_PER_READ	64
#define MARKS		64
/* So that the beginnings of a batch's datagrams do not compete for the same few places
 * of the cache, as they do at distances of a power of two. */
#define SKEW		448

#define CONTROL_SIZE \
	(CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))

struct control {
	_Alignas(struct cmsghdr) uint8_t b[CONTROL_SIZE];
};

struct udp_batch {
	struct mmsghdr msg[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
	struct sockaddr_in from[UDP_BATCH];
	struct control control[UDP_BATCH];
	struct udp_dgram dgram[UDP_BATCH];
	uint64_t lost;
	int used;		/* of msg, by the last call */
	/* Up to where a socket's drops were looked at, by fd % MARKS. */
	struct {
		int fd;
		uint32_t drops;
	} mark[MARKS];
	uint8_t data[UDP_BATCH][UDP_DGRAM_MAX + SKEW];
};

struct udp_server {
	int fd;
	struct ip4 address;
	uint16_t port;
	bool connected;
	struct ip4 source;
	uint32_t errors;
	struct udp_error last_error;
	uint32_t n;
	struct mmsghdr msg[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
};

static void
prepare(struct udp_batch *b, uint32_t i)
{
	b->iov[i] = (struct iovec){ b->data[i], UDP_DGRAM_MAX };
	b->msg[i].msg_hdr.msg_name = &b->from[i];
	b->msg[i].msg_hdr.msg_iov = &b->iov[i];
	b->msg[i].msg_hdr.msg_iovlen = 1;
	b->msg[i].msg_hdr.msg_control = b->control[i].b;
}

struct udp_batch *
udp_batch_new(void)
{
	struct udp_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	for (uint32_t i = 0; i < UDP_BATCH; i++)
		prepare(b, i);
	b->used = UDP_BATCH;
	for (uint32_t i = 0; i < MARKS; i++)
		b->mark[i].fd = -1;
	return b;
}

struct udp_batch *
udp_batch_free(struct udp_batch *b)
{
	free(b);
	return NULL;
}

/* Drops of the socket up to the datagram; absent while there are none. */
static uint32_t
read_control(struct msghdr *msg, struct udp_dgram *d)
{
	uint32_t drops = 0;
	struct in_pktinfo info;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	    c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->ifindex = (uint32_t)info.ipi_ifindex;
			d->dst.host = ntohl(info.ipi_addr.s_addr);
		} else if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
		}
	}
	return drops;
}

static uint32_t
read_dgram(struct udp_batch *b, int i)
{
	struct msghdr *msg = &b->msg[i].msg_hdr;
	struct udp_dgram *d = &b->dgram[i];

	*d = (struct udp_dgram){
		.data = b->data[i],
		.len = b->msg[i].msg_len,
		.truncated = msg->msg_flags & MSG_TRUNC,
		.src.host = ntohl(b->from[i].sin_addr.s_addr),
		.sport = ntohs(b->from[i].sin_port),
	};
	return read_control(msg, d);
}

/* recvmsg() writes lengths where it read them; most batches are one or two. */
static void
rearm(struct udp_batch *b)
{
	for (int i = 0; i < b->used; i++) {
		b->msg[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		b->msg[i].msg_hdr.msg_controllen = CONTROL_SIZE;
	}
}

/*
 * A socket's drop counter also counts what its filter refused: every broadcast
 * to our port. So it is believed only while the receive buffer is found more
 * than half full, and then from the first datagram of the batch on: an
 * upper bound, of what was lost while these datagrams came in.
 */
static void
count_lost(struct udp_batch *b, int fd, uint32_t from)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);
	uint32_t now;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0 ||
	    mem[SK_MEMINFO_RMEM_ALLOC] < mem[SK_MEMINFO_RCVBUF] / 2)
		return;
	now = mem[SK_MEMINFO_DROPS];
	/* The counter wraps; what lies ahead of `now` is of an earlier socket
	 * with this number. */
	if (b->mark[fd % MARKS].fd == fd &&
	    now - b->mark[fd % MARKS].drops < now - from)
		from = b->mark[fd % MARKS].drops;
	b->lost += now - from;
	b->mark[fd % MARKS].fd = fd;
	b->mark[fd % MARKS].drops = now;
}

/* An ICMP error comes with IP_PKTINFO like any datagram; what this host found out by
 * itself comes by the loopback, or has none. */
static void
read_error(struct msghdr *msg, struct udp_error *last)
{
	struct sock_extended_err ee;
	struct in_pktinfo info;

	last->ifindex = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IP)
			continue;
		if (c->cmsg_type == IP_RECVERR) {
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
			last->err = (int)ee.ee_errno;
		} else if (c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			last->ifindex = (uint32_t)info.ipi_ifindex;
		}
	}
}

/* Empties the error queue, up to a bound; returns how many errors there were. */
static uint32_t
drain_errors(int fd, struct udp_error *last)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	uint32_t n;

	for (n = 0; n < ERRORS_PER_READ; n++) {
		struct msghdr msg = {
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		read_error(&msg, last);
	}
	return n;
}

static int
recv_batch(struct udp_batch *b, int fd, const struct udp_dgram **out)
{
	uint32_t drops = 0;
	int n;

	rearm(b);
	n = recvmmsg(fd, b->msg, UDP_BATCH, MSG_DONTWAIT, NULL);
	/* One more was begun, if only to find nothing there. */
	b->used = n < 0 ? 1 : n < UDP_BATCH ? n + 1 : UDP_BATCH;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (int i = n; i-- > 0;)
		drops = read_dgram(b, i);
	/* A shorter batch emptied the buffer: it was nowhere near full. */
	if (n == UDP_BATCH)
		count_lost(b, fd, drops);
	*out = b->dgram;
	return n;
}

int
udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out)
{
	int n = recv_batch(b, fd, out);
	struct udp_error ignored;

	if (n < 0)
		(void)drain_errors(fd, &ignored);
	return n;
}

uint64_t
udp_lost(struct udp_batch *b)
{
	uint64_t lost = b->lost;

	b->lost = 0;
	return lost;
}

static int
set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ?
	    -errno : 0;
}

static int
attach_unicast_only(int fd)
{
	struct sock_filter prog[BPF_MAX];
	struct sock_fprog fprog = { .filter = prog };

	fprog.len = (unsigned short)bpf_unicast_only(prog);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog,
	    sizeof(fprog)) < 0 ? -errno : 0;
}

static int
bind_port(int fd, uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	return bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ?
	    -errno : 0;
}

/*
 * DF stays clear (RFC 1542 says nothing about it, but path MTU discovery needs
 * somebody who sends again, and a relay does not). The filter comes before the
 * port, so that no broadcast slips in between.
 */
static int
set_up(int fd, uint16_t port)
{
	int err;

	(void)(set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF) &&
	    set_int(fd, SOL_SOCKET, SO_RCVBUF, RCVBUF));
	err = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err)
		err = set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
		    IP_PMTUDISC_DONT);
	if (!err)
		err = attach_unicast_only(fd);
	if (!err)
		err = bind_port(fd, port);
	return err;
}

int
udp_open(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = set_up(fd, port);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int
udp_server_socket(uint16_t port)
{
	int fd = udp_open(port);
	int err;

	if (fd < 0)
		return fd;
	err = set_int(fd, SOL_SOCKET, SO_SNDBUF, SNDBUF);
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

struct udp_server *
udp_server_with(int fd, struct ip4 address, uint16_t port)
{
	struct udp_server *s = fd < 0 ? NULL : calloc(1, sizeof(*s));

	if (!s) {
		if (fd >= 0)
			close(fd);
		errno = fd < 0 ? -fd : ENOMEM;
		return NULL;
	}
	s->address = address;
	s->port = port;
	s->fd = fd;
	for (uint32_t i = 0; i < UDP_BATCH; i++) {
		s->msg[i].msg_hdr.msg_iov = &s->iov[i];
		s->msg[i].msg_hdr.msg_iovlen = 1;
	}
	(void)udp_server_reconnect(s);
	return s;
}

struct udp_server *
udp_server_new(struct ip4 address, uint16_t port)
{
	return udp_server_with(udp_server_socket(port), address, port);
}

struct udp_server *
udp_server_free(struct udp_server *s)
{
	if (!s)
		return NULL;
	close(s->fd);
	free(s);
	return NULL;
}

int
udp_server_fd(const struct udp_server *s)
{
	return s->fd;
}

static struct ip4
local_address(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return IP4_NONE;
	return (struct ip4){ ntohl(at.sin_addr.s_addr) };
}

/*
 * connect() alone keeps the source address that the first connect() chose,
 * even when the host has lost it. Going through AF_UNSPEC forgets it, while
 * the port stays bound, as bind() asked for it and for no address.
 */
int
udp_server_reconnect(struct udp_server *s)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(s->address.host),
	};

	s->connected = false;
	s->source = IP4_NONE;
	(void)connect(s->fd, &nowhere, sizeof(nowhere));
	if (connect(s->fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	s->connected = true;
	s->source = local_address(s->fd);
	return 0;
}

bool
udp_server_connected(const struct udp_server *s)
{
	return s->connected;
}

struct ip4
udp_server_source(const struct udp_server *s)
{
	return s->source;
}

void
udp_server_queue(struct udp_server *s, const void *data, size_t len,
    struct udp_sent *result)
{
	if (s->n == UDP_BATCH)
		udp_server_flush(s, result);
	/* sendmmsg() reads only. */
	s->iov[s->n++] = (struct iovec){ (void *)(uintptr_t)data, len };
}

/* n of the queue, from i on, are lost. */
static void
lose(struct udp_server *s, struct udp_sent *result, int err, uint32_t i, uint32_t n)
{
	if (errno_is_nobufs(err))
		result->full += n;
	else
		result->failed += n;
	result->last_errno = err;
	for (; result->on_lost && n > 0; n--)
		result->on_lost(result->user, s->iov[i++].iov_base, errno_is_nobufs(err));
}

/* Takes notice of what the kernel heard from the network about this server. */
static uint32_t
note_errors(struct udp_server *s)
{
	uint32_t n = drain_errors(s->fd, &s->last_error);

	s->errors += n;
	return n;
}

/*
 * Sends the first datagram of what is left, and as many more as go. A send is
 * refused with the error of an earlier packet (ICMP, ARP) without anything
 * being sent, and that clears the error; so it is tried again. An error that
 * comes back with nothing in the error queue is this datagram's own. How many
 * were sent, or -errno.
 */
static int
send_some(struct udp_server *s, uint32_t i)
{
	int err = 0;

	for (int tries = 0; tries < SEND_TRIES; tries++) {
		int n = sendmmsg(s->fd, s->msg + i, s->n - i, MSG_DONTWAIT);

		if (n > 0)
			return n;
		err = errno;
		if (errno_is_nobufs(err) || (note_errors(s) == 0 && tries > 0))
			break;
	}
	return -err;
}

/*
 * The route may have changed a moment before we are told of it: one new
 * connect() for a batch that fails, and then what cannot be sent is lost. A
 * full buffer is full for the rest of the batch too.
 */
void
udp_server_flush(struct udp_server *s, struct udp_sent *result)
{
	bool may_reconnect = true;
	uint32_t i = 0;
	int err = s->connected ? 0 : -ENOTCONN;

	while (i < s->n) {
		int n = s->connected ? send_some(s, i) : err;

		if (n > 0) {
			result->ok += (uint32_t)n;
			i += (uint32_t)n;
		} else if (errno_is_nobufs(-n) || (!s->connected && !may_reconnect)) {
			lose(s, result, -n, i, s->n - i);
			break;
		} else if (may_reconnect) {
			may_reconnect = false;
			err = udp_server_reconnect(s);
		} else
			lose(s, result, -n, i++, 1);
	}
	s->n = 0;
}

/* Errors are looked for when there was nothing to read, too: as long as one is
 * queued, the socket counts as readable, and the loop would spin. */
int
udp_server_recv(struct udp_server *s, struct udp_batch *b,
    const struct udp_dgram **out)
{
	int n = recv_batch(b, s->fd, out);

	if (n <= 0 && note_errors(s) == 0 && n < 0) {
		s->errors++;
		s->last_error = (struct udp_error){ .err = -n };
	}
	return n;
}

uint32_t
udp_server_errors(struct udp_server *s, struct udp_error *last)
{
	uint32_t n = s->errors;

	*last = s->last_error;
	s->errors = 0;
	s->last_error = (struct udp_error){ 0 };
	return n;
}
