/* SPDX-License-Identifier: ISC
 *
 * sock - the socket calls that every file of io makes, with errors as -errno. All sockets
 * made here are non-blocking and close-on-exec.
 */
#ifndef IO_SOCK_H
#define IO_SOCK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/* SO_RCVBUF or SO_SNDBUF: beyond net.core.[rw]mem_max if we may, otherwise up to it. */
void sock_set_buffer(int fd, int option, int bytes);

struct sock_filter;
/* Sets the socket's filter, a program of n instructions. */
int sock_attach(int fd, struct sock_filter *prog, size_t n);

/* An entry of the error queue (IP_RECVERR). */
struct sock_error {
	int err;		/* an errno value; 0: none */
	uint32_t ifindex;	/* the interface the ICMP message came by; 0: none did */
};
/* Take the oldest entry; false when the queue is empty. Only what the entry contains is set,
 * but ifindex always is. */
bool sock_take_error(int fd, struct sock_error *e);

#endif
