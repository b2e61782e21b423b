/* SPDX-License-Identifier: ISC
 *
 * sock - wraps socket calls; ip(7), ipv6(7), packet(7), netlink(7), socket(7). Which
 * sockets there are, and who reads them, is left to the other files of io.
 */
#include "io/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>	/* for errqueue.h, with musl */
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nobufs.h"

struct sock_at
sock_at(struct ipaddr address, uint16_t port, uint32_t scope)
{
	struct sock_at at = { .len = sizeof(at.in4), .in4 = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ip_v4(address).host),
	} };

	if (ip_family(address) == FAMILY4)
		return at;
	at = (struct sock_at){ .len = sizeof(at.in6), .in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_scope_id = scope,
	} };
	memcpy(&at.in6.sin6_addr, address.v6.b, sizeof(address.v6.b));
	return at;
}

struct ipaddr
sock_ip4(struct in_addr a)
{
	return ip_of4((struct ip4){ ntohl(a.s_addr) });
}

struct ipaddr
sock_ip6(const struct in6_addr *a)
{
	struct ip6 ip;

	memcpy(ip.b, a, sizeof(ip.b));
	return ip_of6(ip);
}

struct ipaddr
sock_ip(const struct sock_at *at)
{
	return at->any.sa_family == AF_INET6 ? sock_ip6(&at->in6.sin6_addr) :
	    sock_ip4(at->in4.sin_addr);
}

uint16_t
sock_port(const struct sock_at *at)
{
	return ntohs(at->any.sa_family == AF_INET6 ? at->in6.sin6_port :
	    at->in4.sin_port);
}

int
sock_family(enum family f)
{
	return f == FAMILY6 ? AF_INET6 : AF_INET;
}

int
sock_open(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	return fd < 0 ? -errno : fd;
}

int
sock_checked(int fd, int err)
{
	if (!err)
		return fd;
	sock_close(fd);
	return err;
}

int
sock_close(int fd)
{
	if (fd >= 0)
		close(fd);
	return -1;
}

int
sock_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int
sock_bind(int fd, const struct sock_at *at)
{
	return bind(fd, &at->any, at->len) < 0 ? -errno : 0;
}

int
sock_connect(int fd, const struct sock_at *to)
{
	return connect(fd, &to->any, to->len) < 0 ? -errno : 0;
}

int
sock_bind_packet(int fd, uint16_t ethertype)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ethertype),
	};

	return bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

/* Fills the control message of m with what IP_PKTINFO and its twin take. */
static void
put_via(struct msghdr *m, struct sock_via via, bool six)
{
	struct in_pktinfo in4 = {
		.ipi_ifindex = (int)via.ifindex,
		.ipi_spec_dst.s_addr = htonl(ip_v4(via.source).host),
	};
	struct in6_pktinfo in6 = { .ipi6_ifindex = via.ifindex };
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t len = six ? sizeof(in6) : sizeof(in4);

	memcpy(&in6.ipi6_addr, ip_v6(via.source).b, sizeof(in6.ipi6_addr));
	c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), six ? (const void *)&in6 : &in4, len);
	m->msg_controllen = CMSG_SPACE(len);
}

int
sock_send_via(int fd, const struct sock_at *to, struct iovec *iov, size_t n,
    struct sock_via via)
{
	_Alignas(struct cmsghdr)
	    uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	struct msghdr m = {
		.msg_name = (void *)(uintptr_t)&to->any, .msg_namelen = to->len,
		.msg_iov = iov, .msg_iovlen = n,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	put_via(&m, via, to->any.sa_family == AF_INET6);
	return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int
sock_netlink(int protocol, int flags)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol);

	if (fd < 0)
		return -errno;
	return sock_checked(fd,
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0);
}

ssize_t
sock_recv_kernel(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	struct iovec iov = { buf, size };
	struct msghdr m = { .msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do {
		m.msg_namelen = sizeof(from);
		n = recvmsg(fd, &m, MSG_DONTWAIT);
		if (n < 0)
			return -errno;
	} while (from.nl_pid != 0);
	return m.msg_flags & MSG_TRUNC ? -ENOSPC : n;
}

bool
sock_reach(struct sock_peer *p)
{
	if (p->fd < 0)
		p->fd = sock_open(AF_UNIX, SOCK_DGRAM, 0);
	return p->fd >= 0 &&
	    connect(p->fd, (const struct sockaddr *)&p->at, p->at_len) == 0;
}

bool
sock_tell(struct sock_peer *p, const void *data, size_t len)
{
	if (p->fd < 0 && !sock_reach(p))
		return false;
	if (send(p->fd, data, len, MSG_NOSIGNAL) >= 0)
		return true;
	return (errno == ECONNREFUSED || errno == ENOTCONN) && sock_reach(p) &&
	    send(p->fd, data, len, MSG_NOSIGNAL) >= 0;
}

void
sock_lost(struct sock_sent *s, int err, const void *data)
{
	bool full = errno_is_nobufs(err);

	if (full)
		s->full++;
	else
		s->failed++;
	s->last_errno = err;
	if (s->on_lost)
		s->on_lost(s->user, data, full);
}

void
sock_set_buffer(int fd, int option, int bytes)
{
	int force = option == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;

	if (sock_set(fd, SOL_SOCKET, force, bytes) < 0)
		(void)sock_set(fd, SOL_SOCKET, option, bytes);
}

int
sock_attach(int fd, struct sock_filter *prog, size_t n)
{
	struct sock_fprog f = { (unsigned short)n, prog };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f)) < 0 ?
	    -errno : 0;
}

int
sock_attach_for_good(int fd, struct sock_filter *prog, size_t n)
{
	int err = sock_attach(fd, prog, n);

	return err ? err : sock_set(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

bool
sock_read_pktinfo(const struct cmsghdr *c, uint32_t *ifindex, struct ipaddr *dst)
{
	struct in6_pktinfo in6;
	struct in_pktinfo in4;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&in4, CMSG_DATA(c), sizeof(in4));
		*ifindex = (uint32_t)in4.ipi_ifindex;
		*dst = sock_ip4(in4.ipi_addr);
		return true;
	}
	if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
		return false;
	memcpy(&in6, CMSG_DATA(c), sizeof(in6));
	*ifindex = in6.ipi6_ifindex;
	*dst = sock_ip6(&in6.ipi6_addr);
	return true;
}

/* SO_EE_OFFENDER: the address follows the entry. */
static void
read_sender(struct sock_error *e, const struct cmsghdr *c,
    const struct sock_extended_err *ee)
{
	struct sock_at at = { .len = 0 };
	size_t n = c->cmsg_len - CMSG_LEN(sizeof(*ee));

	if (c->cmsg_len < CMSG_LEN(sizeof(*ee) + sizeof(at.in4)) ||
	    (ee->ee_origin != SO_EE_ORIGIN_ICMP && ee->ee_origin != SO_EE_ORIGIN_ICMP6))
		return;
	memcpy(&at.any, CMSG_DATA(c) + sizeof(*ee), n < sizeof(at.in6) ? n : sizeof(at.in6));
	if (at.any.sa_family != AF_UNSPEC)
		e->from = sock_ip(&at);
}

static void
read_error(const struct cmsghdr *c, struct sock_error *e)
{
	struct sock_extended_err ee;
	struct ipaddr dst;

	if (sock_read_pktinfo(c, &e->ifindex, &dst))
		return;
	if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		e->err = (int)ee.ee_errno;
		read_sender(e, c, &ee);
	}
}

/* The payload is what the ICMP message quotes of ours, without our UDP header.
 * An ICMP error has IP_PKTINFO like any datagram. An error that this host
 * detected has the loopback interface or none (no answer to ARP), or that of our
 * own address (ND). */
bool
sock_take_error(int fd, struct sock_error *e)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	_Static_assert(__alignof__(control) >= _Alignof(struct cmsghdr),
	    "CPUs with strict alignment, such as MIPS, trap");
	struct iovec iov = { e->quote, sizeof(e->quote) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n < 0)
		return false;
	e->len = (size_t)n;
	e->err = 0;
	e->ifindex = 0;
	e->from = IP_NONE;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		read_error(c, e);
	return true;
}
