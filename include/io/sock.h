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

struct sockaddr_in sock_addr(struct ip4 address, uint16_t port);

/* An fd, or -errno. */
int sock_open(int family, int type, int protocol);
/* Returns fd if err is 0; otherwise closes fd (-1: none) and returns err. */
int sock_checked(int fd, int err);
/* Closes fd unless it is negative; returns -1. */
int sock_close(int fd);

/* 0 or -errno. */
int sock_set(int fd, int level, int option, int value);
int sock_bind(int fd, struct ip4 address, uint16_t port);
int sock_connect(int fd, struct ip4 address, uint16_t port);
/* Binds a packet socket to all interfaces, present and future. */
int sock_bind_packet(int fd, uint16_t ethertype);
/* SO_RCVBUF or SO_SNDBUF, beyond net.core.[rw]mem_max if we have the right. */
void sock_set_buffer(int fd, int option, int bytes);

struct sock_filter;
/* Sets the socket's filter, a program of n instructions. */
int sock_attach(int fd, struct sock_filter *prog, size_t n);

/* Sends n parts as one datagram. via has the interface and the source address;
 * 0 leaves either to the kernel. 0 or -errno. */
int sock_send_via(int fd, const struct sockaddr_in *to, struct iovec *iov,
    size_t n, struct in_pktinfo via);

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

/* An entry of the error queue (IP_RECVERR). */
struct sock_error {
	int err;		/* an errno value; 0: none */
	uint32_t ifindex;	/* on which the ICMP message arrived; 0: none */
};
/* Takes the oldest entry; false if the queue is empty. err may stay unset. */
bool sock_take_error(int fd, struct sock_error *e);

#endif
