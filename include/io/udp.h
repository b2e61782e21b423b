/* SPDX-License-Identifier: ISC
 *
 * udp - the UDP sockets: one wildcard socket for what servers and other relays send
 * to our addresses, and one connected, non-blocking socket per server for
 * sending and for that server's errors.
 *
 * Why a socket per server: on a shared one, the packets that wait for the ARP answer of a dead
 * server use up the send buffer, and the live server starves (measured on ISC dhcrelay, dnsmasq
 * and dhcp-helper: 250 of 1,600 requests got through). All are bound to the same port with
 * SO_REUSEADDR, so requests leave from port 67; a server's socket is connected and may receive
 * too: it is read by udp_server_recv(), the wildcard one by udp_recv(), and what comes goes to
 * the same place.
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define UDP_BATCH	32
#define UDP_DGRAM_MAX	16384	/* longer datagrams arrive marked as truncated */

struct udp_dgram {
	const uint8_t *data;	/* borrowed until the next udp_recv() */
	size_t len;
	bool truncated;
	struct ip4 src, dst;	/* dst: the address it was sent to */
	uint16_t sport;
	uint32_t ifindex;	/* where it arrived */
};

/* A receive batch: buffers for UDP_BATCH datagrams; one per process is enough. */
struct udp_batch;
struct udp_batch *udp_batch_new(void);
struct udp_batch *udp_batch_free(struct udp_batch *b);
/* Up to UDP_BATCH datagrams, without waiting: how many, 0 when none is there; -errno for an
 * error that the kernel reports on the socket (ECONNREFUSED, EHOSTUNREACH...: the next call
 * goes on). */
int udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out);
/* Datagrams lost since the last call as a receive buffer was full; an upper bound (see udp.c). */
uint64_t udp_lost(struct udp_batch *b);

/* Wildcard socket on 0.0.0.0:port, SO_REUSEADDR, unicast only (io/bpf), IP_PKTINFO,
 * non-blocking, 1 MB buffer. The fd, or -errno (EADDRINUSE: another DHCP program has the
 * port). */
int udp_open(uint16_t port);

struct udp_server;

/* What a server's socket is before it is connected: like udp_open(), and errors are told. The
 * fd, or -errno. */
int udp_server_socket(uint16_t port);
/* Takes over such a socket, or the -errno in its place, and tries to connect. NULL only when
 * memory is short or there is no socket (errno says why); no route yet is no error. */
struct udp_server *udp_server_with(int fd, struct ip4 address, uint16_t port);
/* The same with a socket that it makes itself. */
struct udp_server *udp_server_new(struct ip4 address, uint16_t port);
struct udp_server *udp_server_free(struct udp_server *s);	/* NULL-safe */
int udp_server_fd(const struct udp_server *s);
/* udp_recv() on the server's socket; errors are noted for udp_server_errors(). To be called
 * whenever the fd is readable, as a queued error makes it so until it is taken. */
int udp_server_recv(struct udp_server *s, struct udp_batch *b, const struct udp_dgram **out);
/* Asks the kernel for the route and the source address anew: after any change of addresses or
 * routes. 0 or -errno (ENETUNREACH; then the socket is an unconnected one until the next try).
 * Does not lose queued datagrams. */
int udp_server_reconnect(struct udp_server *s);
bool udp_server_connected(const struct udp_server *s);
struct ip4 udp_server_source(const struct udp_server *s);	/* IP4_NONE while not connected */

/* What became of queued datagrams; results are added to it. */
struct udp_sent {
	uint32_t ok;
	uint32_t full;		/* EAGAIN/ENOBUFS: the send buffer is full; dropped */
	uint32_t failed;	/* any other errno; dropped */
	int last_errno;
	/* NULL, or called for each datagram that was dropped, with the bytes that were queued. */
	void (*on_lost)(void *user, const void *data, bool full);
	void *user;
};
/* Queues a datagram; the bytes must stay until udp_server_flush(). Flushes by itself when full
 * (UDP_BATCH). */
void udp_server_queue(struct udp_server *s, const void *data, size_t len, struct udp_sent *result);
/* Sends what is queued. A pending error of the socket (an ICMP answer to an earlier packet) is
 * noted for udp_server_errors() and does not cost a packet: the send is tried again. When there
 * is no route, one reconnect is tried per flush. Results are added to *result. */
void udp_server_flush(struct udp_server *s, struct udp_sent *result);
struct udp_error {
	int err;		/* an errno value; 0: none */
	uint32_t ifindex;	/* by which the ICMP message came; 0: none did */
};
/* How many ICMP and ARP errors (EHOSTUNREACH) the kernel reported since the last call, and the last
 * of them. Fewer than packets were lost: the kernel limits how many it reports. */
uint32_t udp_server_errors(struct udp_server *s, struct udp_error *last);

#endif
