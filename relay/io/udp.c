/* SPDX-License-Identifier: ISC
 *
 * udp - sends to and receives from servers, in batches.
 *
 * The kernel chooses the socket for a datagram: a connected one gets what its
 * server sends to its local address, then the one on the address to which it was
 * sent, then one on 0.0.0.0; of two that are equal, the younger. What a multicast
 * server answers comes from its unicast address.
 *
 * Server sockets have IP_RECVERR: without it, Linux does not report "host
 * unreachable", the result of an unanswered ARP request. The resulting error
 * queue shares the receive buffer and keeps the socket readable until it is
 * empty, so every function that meets an error empties it.
 */
#include "io/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/nobufs.h"
#include "io/bpf.h"

/* 1 MB (the kernel doubles it) holds some 2,000 replies, 15 ms at saturation.
 * The default of 212 KB lost packets at 62,000 pairs a second instead of
 * 91,000; 8 MB turned overload into 105 ms of delay. */
#define RCVBUF		(1 << 20)
/* The kernel makes it 256 KB, a little more than the 208 KB that may wait for
 * an ARP reply (net.ipv4.neigh.*.unres_qlen_bytes). So if a server is dead, its
 * oldest packets are dropped there, and the socket still accepts new ones. */
#define SNDBUF		(128 << 10)
/* Tries of a send that fails with errors of earlier packets. */
#define SEND_TRIES	3
#define ERRORS_PER_READ	64
#define MARKS		64
/* At a distance of a power of two, the beginnings of a batch's datagrams would
 * share a few cache sets. */
#define SKEW		448

/* An error comes within the round trip, or after the 3 s in which the kernel keeps about 100
 * datagrams for a host that does not answer ARP. */
#define UDP_SENT	256
/* What an error must quote: DHCPv4 as far as chaddr, with xid and giaddr. Linux, the BSDs
 * since 2020 and Solaris do; Windows and Cisco quote nothing behind the UDP header. ICMPv6
 * quotes all of it (RFC 4443 3.1). */
#define QUOTE4		44

#define CONTROL_SIZE \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))
#define SCOPE_SITE	5		/* RFC 4291 2.7 */
/* linux/in6.h, which some C libraries' headers contradict */
#ifndef IPV6_PREFER_SRC_PUBLIC
#define IPV6_PREFER_SRC_PUBLIC	0x0002
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND	78
#endif

struct control {
	_Alignas(struct cmsghdr) uint8_t b[CONTROL_SIZE];
};

struct udp_batch {
	struct mmsghdr msg[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
	struct sock_at from[UDP_BATCH];
	struct control control[UDP_BATCH];
	struct udp_dgram dgram[UDP_BATCH];
	uint64_t lost;
	int used;		/* of msg, by the last call */
	/* A socket's drop counter when it was last read, by fd % MARKS. */
	struct {
		int fd;
		uint32_t drops;
	} mark[MARKS];
	uint8_t data[UDP_BATCH][UDP_DGRAM_MAX + SKEW];
};

struct udp_server {
	int fd;
	struct ipaddr address;
	uint32_t scope;
	bool connected;
	struct ipaddr source;		/* what the routes say */
	struct ipaddr bound;		/* where fd is */
	uint32_t bound_scope;
	bool fixed;			/* see udp_server_set_source() */
	struct ipaddr want;
	struct udp_errors errors;
	uint32_t n_sent;
	uint64_t sent[UDP_SENT];	/* digests of the last datagrams */
	uint32_t n;
	struct mmsghdr msg[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
};

struct udp_batch *
udp_batch_new(void)
{
	struct udp_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	for (uint32_t i = 0; i < UDP_BATCH; i++) {
		b->iov[i] = (struct iovec){ b->data[i], UDP_DGRAM_MAX };
		b->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i].any, .msg_iov = &b->iov[i],
			.msg_iovlen = 1, .msg_control = b->control[i].b,
		};
	}
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

/* Returns the socket's drop counter at this datagram (absent while 0). */
static uint32_t
read_dgram(struct udp_batch *b, int i)
{
	struct msghdr *msg = &b->msg[i].msg_hdr;
	struct udp_dgram *d = &b->dgram[i];
	uint32_t drops = 0;

	*d = (struct udp_dgram){
		.data = b->data[i],
		.len = b->msg[i].msg_len,
		.truncated = msg->msg_flags & MSG_TRUNC,
		.src = sock_ip(&b->from[i]),
		.sport = sock_port(&b->from[i]),
	};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (!sock_read_pktinfo(c, &d->ifindex, &d->dst) &&
		    c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
	return drops;
}

/* A socket's drop counter includes packets that its filter refused: every
 * broadcast to our port. So drops count only while the receive buffer is more
 * than half full, and from the first datagram of the batch on: an upper bound
 * of the loss while these datagrams arrived. */
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
	/* The counter wraps; a mark beyond `now` is an earlier socket's. */
	if (b->mark[fd % MARKS].fd == fd &&
	    now - b->mark[fd % MARKS].drops < now - from)
		from = b->mark[fd % MARKS].drops;
	b->lost += now - from;
	b->mark[fd % MARKS].fd = fd;
	b->mark[fd % MARKS].drops = now;
}

static int
recv_batch(struct udp_batch *b, int fd, const struct udp_dgram **out)
{
	uint32_t drops = 0;
	int n;

	/* recvmmsg() overwrites the lengths. Most batches are one or two
	 * datagrams, so not all need to be reset. */
	for (int i = 0; i < b->used; i++) {
		b->msg[i].msg_hdr.msg_namelen = sizeof(b->from[i].in6);
		b->msg[i].msg_hdr.msg_controllen = CONTROL_SIZE;
	}
	n = recvmmsg(fd, b->msg, UDP_BATCH, MSG_DONTWAIT, NULL);
	/* recvmmsg() also writes to the message at which it finds nothing. */
	b->used = n < 0 ? 1 : n < UDP_BATCH ? n + 1 : UDP_BATCH;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (int i = n; i-- > 0;)
		drops = read_dgram(b, i);
	/* A shorter batch emptied the buffer. */
	if (n == UDP_BATCH)
		count_lost(b, fd, drops);
	*out = b->dgram;
	return n;
}

int
udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out)
{
	int n = recv_batch(b, fd, out);
	struct sock_error ignored;

	for (int i = 0; n < 0 && i < ERRORS_PER_READ; i++)
		if (!sock_take_error(fd, &ignored))
			break;
	return n;
}

uint64_t
udp_lost(struct udp_batch *b)
{
	uint64_t lost = b->lost;

	b->lost = 0;
	return lost;
}

/* DF stays clear: path MTU discovery needs a sender that retransmits, which a
 * relay does not. The filter precedes bind(), so that no broadcast gets in.
 * FREEBIND: addresses in a VRF, and those that a standby does not have now. */
static int
set_up4(int fd)
{
	struct sock_filter prog[BPF_MAX];
	int err = sock_set(fd, IPPROTO_IP, IP_PKTINFO, 1);

	if (!err)
		err = sock_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (!err)
		err = sock_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	return err ? err : sock_attach_for_good(fd, prog, bpf_unicast_only(prog));
}

/* Without MULTICAST_ALL, a socket hears only the groups that it joined itself,
 * which are none. A router on the path does not fragment, so the kernel does, as it
 * learns the path's MTU. */
static int
set_up6(int fd)
{
	int err = sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);

	if (!err)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
	if (!err)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (!err)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	return err ? err : sock_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
	    IPV6_PMTUDISC_DONT);
}

static int
set_up(int fd, const struct sock_at *at)
{
	int err;

	sock_set_buffer(fd, SO_RCVBUF, RCVBUF);
	err = sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err)
		err = sock_set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (!err)
		err = at->any.sa_family == AF_INET6 ? set_up6(fd) : set_up4(fd);
	if (!err)
		err = sock_bind(fd, at);
	/* With it, IPV6_PKTINFO could name any source. */
	if (!err && at->any.sa_family == AF_INET6)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 0);
	return err;
}

int
udp_open(struct ipaddr at, uint32_t scope, uint16_t port)
{
	const struct sock_at a = sock_at(at, port, scope);
	int fd = sock_open(a.any.sa_family, SOCK_DGRAM, 0);

	return fd < 0 ? fd : sock_checked(fd, set_up(fd, &a));
}

int
udp_send(int fd, const struct udp_to *to, const void *data, size_t len)
{
	const struct sock_at at = sock_at(to->dst, to->port, to->ifindex);
	struct iovec iov = { (void *)(uintptr_t)data, len };

	return sock_send_via(fd, &at, &iov, 1,
	    (struct sock_via){ .source = to->src, .ifindex = to->ifindex });
}

int
udp_server_socket(struct ipaddr source, uint32_t scope)
{
	enum family f = ip_family(source);
	int fd = udp_open(source, scope, udp_dhcp_port(f));
	int err;

	if (fd < 0)
		return fd;
	err = sock_set(fd, SOL_SOCKET, SO_SNDBUF, SNDBUF);
	if (!err)
		err = f == FAMILY6 ? sock_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) :
		    sock_set(fd, IPPROTO_IP, IP_RECVERR, 1);
	return sock_checked(fd, err);
}

struct udp_server *
udp_server_new(struct ipaddr address)
{
	struct udp_server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->address = address;
	s->fd = -1;
	for (uint32_t i = 0; i < UDP_BATCH; i++) {
		s->msg[i].msg_hdr.msg_iov = &s->iov[i];
		s->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return s;
}

struct udp_server *
udp_server_free(struct udp_server *s)
{
	if (!s)
		return NULL;
	sock_close(s->fd);
	free(s);
	return NULL;
}

int
udp_server_fd(const struct udp_server *s)
{
	return s->fd;
}

static struct sock_at
server_at(const struct udp_server *s)
{
	return sock_at(s->address, udp_dhcp_port(ip_family(s->address)), s->scope);
}

/* AF_UNSPEC also forgets the interface, to which a link-local address binds the
 * socket; address and port stay bound. */
static void
disconnect(struct udp_server *s)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	s->connected = false;
	if (s->fd >= 0)
		(void)connect(s->fd, &nowhere, sizeof(nowhere));
}

/* Servers answer to the source, from wherever they are, so the one for a group of the link
 * must not be link-local either if there is another: it is the one for the same group of the
 * site, which a second connect() keeps. A temporary address (RFC 8981) changes daily. */
static int
aim6(const struct udp_server *s, int fd)
{
	struct sock_at site = sock_at(s->address, DHCP6_PORT_SERVER, 0);
	int err = sock_set(fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES,
	    IPV6_PREFER_SRC_PUBLIC);

	if (err || !ip6_is_multicast(s->address.v6))
		return err;
	err = sock_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)s->scope);
	site.in6.sin6_addr.s6_addr[1] = SCOPE_SITE;
	return err ? err : sock_connect(fd, &site);
}

static int
aim(const struct udp_server *s, int fd, struct sock_at *source)
{
	const struct sock_at to = server_at(s);
	int err = ip_family(s->address) == FAMILY6 ? aim6(s, fd) : 0;

	if (!err)
		err = sock_connect(fd, &to);
	if (!err && getsockname(fd, &source->any, &source->len) < 0)
		err = -errno;
	return err;
}

/* A socket that is bound keeps its address, so another one asks which the kernel would
 * choose. While the host has no other address, as at boot, the kernel takes a link-local
 * one also for a server beyond the link, whose answers would never arrive. */
static int
find_source(struct udp_server *s)
{
	bool on_link = ip6_is_linklocal(ip_v6(s->address)) || udp_hops(s->address) == 1;
	struct sock_at at = { .len = sizeof(at.in6) };
	int fd, err;

	if (s->fixed) {
		s->source = s->want;
		return ip_is_none(s->want) ? -EADDRNOTAVAIL : 0;
	}
	fd = sock_open(sock_family(ip_family(s->address)), SOCK_DGRAM, 0);
	err = fd < 0 ? fd : aim(s, fd, &at);
	sock_close(fd);
	if (err)
		return err;
	s->source = sock_ip(&at);
	return ip6_is_linklocal(ip_v6(s->source)) && !on_link ? -EADDRNOTAVAIL : 0;
}

void
udp_server_set_source(struct udp_server *s, bool fixed, struct ipaddr source)
{
	s->fixed = fixed;
	s->want = source;
}

/* LOOP: what we send is not for this host. */
static int
set_multicast(const struct udp_server *s)
{
	int err = sock_set(s->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)s->scope);

	if (!err)
		err = sock_set(s->fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
	return err ? err : sock_set(s->fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS,
	    udp_hops(s->address));
}

static int
connect_server(struct udp_server *s)
{
	const struct sock_at to = server_at(s);
	int err = ip6_is_multicast(ip_v6(s->address)) ? set_multicast(s) : 0;

	if (!err)
		err = sock_connect(s->fd, &to);
	if (err)
		disconnect(s);
	s->connected = !err;
	return err;
}

/* The interface is part of a link-local address. */
static bool
is_bound(const struct udp_server *s)
{
	return s->fd >= 0 && ip_eq(s->bound, s->source) &&
	    (!ip6_is_linklocal(ip_v6(s->source)) || s->bound_scope == s->scope);
}

int
udp_server_reconnect(struct udp_server *s, uint32_t scope)
{
	struct ip6 a = ip_v6(s->address);
	int err = 0;

	disconnect(s);
	s->scope = scope;
	if (!scope && (ip6_is_multicast(a) || ip6_is_linklocal(a)))
		err = -ENODEV;
	if (!err)
		err = find_source(s);
	if (!err)
		err = is_bound(s) ? connect_server(s) : -ESTALE;
	if (err && err != -ESTALE)
		s->source = IP_NONE;
	return err;
}

int
udp_server_take(struct udp_server *s, int fd)
{
	sock_close(s->fd);
	s->fd = fd;
	s->bound = s->source;
	s->bound_scope = s->scope;
	return connect_server(s);
}

bool
udp_server_connected(const struct udp_server *s)
{
	return s->connected;
}

struct ipaddr
udp_server_source(const struct udp_server *s)
{
	return s->source;
}

void
udp_server_queue(struct udp_server *s, const void *data, size_t len,
    struct sock_sent *result)
{
	if (s->n == UDP_BATCH)
		udp_server_flush(s, result);
	/* sendmmsg() does not write to it. */
	s->iov[s->n++] = (struct iovec){ (void *)(uintptr_t)data, len };
}

/* Need not be secret: nobody can choose a datagram with the digest of one that he does not
 * know. */
static uint64_t
digest(const struct udp_server *s, const void *data, size_t len)
{
	static const struct hash_key key = { { 0x7078726c61790002, 0x71756f7465 } };
	size_t max = ip_family(s->address) == FAMILY6 ? SOCK_QUOTE_MAX : QUOTE4;

	return hash_sip(key, data, len < max ? len : max);
}

static bool
was_sent(const struct udp_server *s, const struct sock_error *e)
{
	uint64_t d = digest(s, e->quote, e->len);

	for (uint32_t i = 0; e->len && i < UDP_SENT; i++)
		if (s->sent[i] == d)
			return true;
	return false;
}

/* The kernel's own errors come from our address; those about ARP by the loopback
 * interface. */
static enum udp_proof
proof_of(const struct udp_server *s, const struct sock_error *e)
{
	if (!was_sent(s, e))
		return UDP_HEARSAY;
	return ip_is_none(e->from) || ip_eq(e->from, s->address) || ip_eq(e->from, s->source) ?
	    UDP_SURE : UDP_QUOTED;
}

static void
note_error(struct udp_server *s, const struct sock_error *e)
{
	enum udp_proof proof = proof_of(s, e);
	uint32_t n = s->errors.n + 1;

	if (n == 1 || proof >= s->errors.proof)
		s->errors = (struct udp_errors){
			.proof = proof, .err = e->err, .from = e->from, .ifindex = e->ifindex,
		};
	s->errors.n = n;
}

/* Gives up n queued datagrams from i on. */
static void
lose_datagrams(struct udp_server *s, struct sock_sent *result, int err,
    uint32_t i, uint32_t n)
{
	while (n-- > 0)
		sock_lost(result, err, s->iov[i++].iov_base);
}

/* Empties the error queue, up to a bound, and records ICMP and ARP errors about
 * this server. Returns the number of entries. EMSGSIZE says that a packet was too
 * big for a router or for us, and nothing about the server. */
static uint32_t
record_errors(struct udp_server *s)
{
	struct sock_error e = { 0 };
	uint32_t n = 0;

	for (; n < ERRORS_PER_READ && sock_take_error(s->fd, &e); n++)
		if (e.err != EMSGSIZE)
			note_error(s, &e);
	return n;
}

/* Sends as many datagrams as possible from i on; returns the number, or -errno.
 * The error of an earlier packet (ICMP, ARP) makes one send fail, so it is
 * retried. With an empty error queue, the error is this datagram's own. */
static int
send_some(struct udp_server *s, uint32_t i)
{
	int err = 0;

	for (int tries = 0; tries < SEND_TRIES; tries++) {
		int n = sendmmsg(s->fd, s->msg + i, s->n - i, MSG_DONTWAIT);

		if (n > 0)
			return n;
		err = errno;
		if (errno_is_nobufs(err) || (record_errors(s) == 0 && tries > 0))
			break;
	}
	return -err;
}

/* The route may have changed before we were notified: if a send fails,
 * reconnects once per batch, then gives up datagrams that cannot be sent. A
 * full buffer stays full for the rest of the batch. */
void
udp_server_flush(struct udp_server *s, struct sock_sent *result)
{
	bool may_reconnect = true;
	uint32_t i = 0;
	int err = s->connected ? 0 : -ENOTCONN;

	while (i < s->n) {
		int n = s->connected ? send_some(s, i) : err;

		if (n > 0) {
			result->ok += (uint32_t)n;
			for (int k = 0; k < n; k++, i++)
				s->sent[s->n_sent++ % UDP_SENT] = digest(s,
				    s->iov[i].iov_base, s->iov[i].iov_len);
		} else if (errno_is_nobufs(-n) ||
		    (!s->connected && !may_reconnect)) {
			lose_datagrams(s, result, -n, i, s->n - i);
			break;
		} else if (may_reconnect) {
			may_reconnect = false;
			err = udp_server_reconnect(s, s->scope);
			err = err == -ESTALE ? -EADDRNOTAVAIL : err;
		} else
			lose_datagrams(s, result, -n, i++, 1);
	}
	s->n = 0;
}

/* Reads errors even if there is no datagram: a queued error keeps the socket
 * readable, and the loop would spin. */
int
udp_server_recv(struct udp_server *s, struct udp_batch *b,
    const struct udp_dgram **out)
{
	int n = s->fd < 0 ? 0 : recv_batch(b, s->fd, out);

	if (n <= 0 && record_errors(s) == 0 && n < 0)
		note_error(s, &(struct sock_error){ .err = -n });
	return n;
}

struct udp_errors
udp_server_errors(struct udp_server *s)
{
	struct udp_errors e = s->errors;

	s->errors = (struct udp_errors){ .n = 0 };
	return e;
}
