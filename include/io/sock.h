/* SPDX-License-Identifier: ISC
 *
 * sock - socket calls with errors as -errno. All sockets made here are
 * close-on-exec and, but for sock_netlink(), non-blocking.
 */
#ifndef IO_SOCK_H
#define IO_SOCK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "base/addr.h"

/* An address of either version as the kernel takes it. */
struct sock_at {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	};
};
/* scope: the interface of an IPv6 address that is link-local or multicast; 0:
 * none. An address of no version is IPv4's 0.0.0.0. */
struct sock_at sock_at(struct ipaddr address, uint16_t port, uint32_t scope);
/* The address and port of such an address, and the address of either version. */
struct ipaddr sock_ip(const struct sock_at *at);
uint16_t sock_port(const struct sock_at *at);
struct ipaddr sock_ip4(struct in_addr a);
struct ipaddr sock_ip6(const struct in6_addr *a);
/* AF_INET or AF_INET6. */
int sock_family(enum family f);

/* An fd, or -errno. */
int sock_open(int family, int type, int protocol);
/* Returns fd if err is 0; otherwise closes fd (-1: none) and returns err. */
int sock_checked(int fd, int err);
/* Closes fd unless it is negative; returns -1. */
int sock_close(int fd);

/* 0 or -errno. */
int sock_set(int fd, int level, int option, int value);
int sock_bind(int fd, const struct sock_at *at);
int sock_connect(int fd, const struct sock_at *to);
/* Binds a packet socket to all interfaces, present and future. */
int sock_bind_packet(int fd, uint16_t ethertype);
/* SO_RCVBUF or SO_SNDBUF, beyond net.core.[rw]mem_max if we have the right. */
void sock_set_buffer(int fd, int option, int bytes);

struct sock_filter;
/* Sets the socket's filter, a program of n instructions. */
int sock_attach(int fd, struct sock_filter *prog, size_t n);
/* The same; afterwards nobody can change or remove it. */
int sock_attach_for_good(int fd, struct sock_filter *prog, size_t n);

/* How a datagram leaves; the kernel chooses what is none or 0. */
struct sock_via {
	struct ipaddr source;
	uint32_t ifindex;
};
/* Sends n parts as one datagram. 0 or -errno. */
int sock_send_via(int fd, const struct sock_at *to, struct iovec *iov, size_t n,
    struct sock_via via);

struct cmsghdr;
/* If it is IP_PKTINFO or its twin, reads where the datagram arrived, and for which
 * address. */
bool sock_read_pktinfo(const struct cmsghdr *c, uint32_t *ifindex, struct ipaddr *dst);

/* A bound netlink socket; flags: SOCK_NONBLOCK or 0. An fd, or -errno. */
int sock_netlink(int protocol, int flags);
/* Reads the kernel's next messages without waiting, and skips other senders',
 * since root may write to our port. Returns the length, or -errno (-EAGAIN). */
ssize_t sock_recv_kernel(int fd, void *buf, size_t size);

/* A daemon that reads datagrams at a Unix address. */
struct sock_peer {
	int fd;			/* our socket; -1: none yet */
	struct sockaddr_un at;
	socklen_t at_len;
};
bool sock_reach(struct sock_peer *p);
/* Sends a datagram, and reconnects if the daemon was restarted. False: lost. */
bool sock_tell(struct sock_peer *p, const void *data, size_t len);

/* What became of queued datagrams; each batch adds to it. */
struct sock_sent {
	uint32_t ok;
	uint32_t full;		/* no room (EAGAIN, ENOBUFS); dropped */
	uint32_t failed;	/* any other errno; dropped */
	int last_errno;
	/* called for each dropped datagram; may be NULL */
	void (*on_lost)(void *user, const void *data, bool full);
	void *user;
};
/* Records a dropped datagram, for io/udp and io/packet. */
void sock_lost(struct sock_sent *s, int err, const void *data);

#define SOCK_QUOTE_MAX 512

/* An entry of the error queue (IP_RECVERR, IPV6_RECVERR). */
struct sock_error {
	int err;		/* an errno value; 0: none */
	uint32_t ifindex;	/* on which the ICMP message arrived; 0: none */
	struct ipaddr from;	/* who sent the ICMP message; none: nobody did */
	size_t len;		/* of what it quotes of our payload, as far as it is here */
	uint8_t quote[SOCK_QUOTE_MAX];
};
/* Takes the oldest entry; false if the queue is empty. err may stay unset. */
bool sock_take_error(int fd, struct sock_error *e);

#endif
