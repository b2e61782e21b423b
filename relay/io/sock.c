/* SPDX-License-Identifier: ISC
 *
 * sock - wraps socket calls; ip(7), packet(7), netlink(7), socket(7). Which
 * sockets there are, and who reads them, is left to the other files of io.
 */
#include "io/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nobufs.h"

struct sockaddr_in
sock_addr(struct ip4 address, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(address.host),
	};
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
sock_bind(int fd, struct ip4 address, uint16_t port)
{
	struct sockaddr_in at = sock_addr(address, port);

	return bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

int
sock_connect(int fd, struct ip4 address, uint16_t port)
{
	struct sockaddr_in to = sock_addr(address, port);

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ?
	    -errno : 0;
}

int
sock_bind_packet(int fd, uint16_t ethertype)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ethertype),
	};

	return bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

int
sock_send_via(int fd, const struct sockaddr_in *to, struct iovec *iov, size_t n,
    struct in_pktinfo via)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(via))] = { 0 };
	struct msghdr m = {
		.msg_name = (void *)(uintptr_t)to, .msg_namelen = sizeof(*to),
		.msg_iov = iov, .msg_iovlen = n,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(via));
	memcpy(CMSG_DATA(c), &via, sizeof(via));
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

/* An ICMP error has IP_PKTINFO like any datagram. An error that this host
 * detected (no answer to ARP) has the loopback interface, or none. */
bool
sock_take_error(int fd, struct sock_error *e)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	_Static_assert(__alignof__(control) >= _Alignof(struct cmsghdr),
	    "CPUs with strict alignment, such as MIPS, trap");
	struct msghdr msg = {
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct sock_extended_err ee;
	struct in_pktinfo info;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	e->ifindex = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != IPPROTO_IP)
			continue;
		if (c->cmsg_type == IP_RECVERR) {
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
			e->err = (int)ee.ee_errno;
		} else if (c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			e->ifindex = (uint32_t)info.ipi_ifindex;
		}
	}
	return true;
}
