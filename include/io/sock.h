/* SPDX-License-Identifier: ISC
 *
 * sock - the socket calls that every file of io makes, with errors as -errno.
 * All sockets made here are non-blocking and close-on-exec.
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
/* Pass on fd when err is 0; otherwise close fd (-1: none) and pass on err. */
int sock_checked(int fd, int err);
/* Close fd unless it is negative; returns -1. */
int sock_close(int fd);

/* 0 or -errno. */
int sock_set(int fd, int level, int option, int value);
int sock_bind(int fd, struct ip4 address, uint16_t port);
int sock_connect(int fd, struct ip4 address, uint16_t port);
/* A packet socket: on all interfaces, also those that do not exist yet. */
int sock_bind_packet(int fd, uint16_t ethertype);
/* SO_RCVBUF or SO_SNDBUF: beyond net.core.[rw]mem_max if we may, otherwise up
 * to it. */
void sock_set_buffer(int fd, int option, int bytes);

struct sock_filter;
/* Sets the socket's filter, a program of n instructions. */
int sock_attach(int fd, struct sock_filter *prog, size_t n);

/* Sends n parts as one datagram. via names the interface and the source
 * address; 0 leaves either to the kernel. 0 or -errno. */
int sock_send_via(int fd, const struct sockaddr_in *to, struct iovec *iov, size_t n,
    struct in_pktinfo via);

/* A netlink socket with a port of its own; flags: SOCK_NONBLOCK or 0. An fd, or
 * -errno. */
int sock_netlink(int protocol, int flags);
/* Reads the kernel's next messages without waiting. Root may write to our port
 * too: what others sent is skipped. Their length, or -errno (-EAGAIN). */
ssize_t sock_recv_kernel(int fd, void *buf, size_t size);

/* A daemon that reads datagrams at a Unix address, and our socket to it; -1:
 * none yet. */
struct sock_peer {
	int fd;
	struct sockaddr_un at;
	socklen_t at_len;
};
bool sock_reach(struct sock_peer *p);
/* Sends a datagram. A daemon that started or restarted since has a new socket
 * at the address: it is connected to again. False: the datagram is lost. */
bool sock_tell(struct sock_peer *p, const void *data, size_t len);

/* What became of a batch of queued datagrams; results are added. */
struct sock_sent {
	uint32_t ok;
	uint32_t full;		/* no room (EAGAIN, ENOBUFS); dropped */
	uint32_t failed;	/* any other errno; dropped */
	int last_errno;
	/* Called for each dropped datagram with the queued bytes; may be
	 * NULL. */
	void (*on_lost)(void *user, const void *data, bool full);
	void *user;
};
/* Notes that a datagram was dropped, for io/udp and io/packet. */
void sock_lost(struct sock_sent *s, int err, const void *data);

/* An entry of the error queue (IP_RECVERR). */
struct sock_error {
	int err;		/* an errno value; 0: none */
	uint32_t ifindex;	/* the interface the ICMP message came by; 0: none did */
};
/* Take the oldest entry; false when the queue is empty. Only what the entry
 * contains is set, but ifindex always is. */
bool sock_take_error(int fd, struct sock_error *e);

#endif
