/* SPDX-License-Identifier: ISC
 *
 * udp - the UDP sockets: a wildcard one for what servers and other relays send
 * to our addresses, and a connected one per server for sending and for that
 * server's errors. None blocks.
 *
 * Why a socket per server: on a shared one, packets that wait for the ARP reply
 * of a dead server use up the send buffer, and the live server starves
 * (measured on ISC dhcrelay, dnsmasq and dhcp-helper: 250 of 1,600 requests got
 * through). All are bound to the same port with SO_REUSEADDR, so requests leave
 * from port 67. A server's socket may receive too, so both kinds are read and
 * what they receive is handled alike.
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/sock.h"

#define UDP_BATCH	32
#define UDP_DGRAM_MAX	16384	/* longer datagrams arrive marked as truncated */

struct udp_dgram {
	const uint8_t *data;	/* borrowed until the next udp_recv() */
	size_t len;
	bool truncated;
	struct ip4 src, dst;	/* dst: the address it was sent to */
	uint16_t sport;
	uint32_t ifindex;	/* of the interface it arrived on */
};

/* A receive batch: buffers for UDP_BATCH datagrams; one per process is
 * enough. */
struct udp_batch;
struct udp_batch *udp_batch_new(void);
struct udp_batch *udp_batch_free(struct udp_batch *b);
/* Receives up to UDP_BATCH datagrams without waiting. Returns their number, or
 * -errno for an error that the kernel reports on the socket (ECONNREFUSED,
 * EHOSTUNREACH...: the next call goes on). */
int udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out);
/* Datagrams lost to a full receive buffer since the last call; an upper bound
 * (see udp.c). */
uint64_t udp_lost(struct udp_batch *b);

/* A wildcard socket on 0.0.0.0:port: SO_REUSEADDR, unicast only (io/bpf),
 * IP_PKTINFO, 1 MB buffer. The fd, or -errno (EADDRINUSE: another DHCP program
 * has the port). */
int udp_open(uint16_t port);

struct udp_server;

/* A server's socket before it is connected: like udp_open(), with
 * IP_RECVERR. */
int udp_server_socket(uint16_t port);
/* Takes over such a socket, or the -errno in its place, and tries to connect;
 * having no route yet is not an error. NULL when memory is short or there is no
 * socket; errno is set. */
struct udp_server *udp_server_with(int fd, struct ip4 address, uint16_t port);
struct udp_server *udp_server_free(struct udp_server *s);	/* NULL-safe */
int udp_server_fd(const struct udp_server *s);
/* udp_recv() on the server's socket; errors are noted for udp_server_errors().
 * Call it whenever the fd is readable: a queued error keeps it readable. */
int udp_server_recv(struct udp_server *s, struct udp_batch *b, const struct udp_dgram **out);
/* Asks the kernel for the route and the source address again, after any change
 * of addresses or routes. 0 or -errno (ENETUNREACH; the socket is unconnected
 * until the next try). Queued datagrams stay. */
int udp_server_reconnect(struct udp_server *s);
bool udp_server_connected(const struct udp_server *s);
struct ip4 udp_server_source(const struct udp_server *s);	/* IP4_NONE while not connected */

/* Queues a datagram; the bytes must stay until udp_server_flush(). Flushes when
 * UDP_BATCH are queued. */
void udp_server_queue(struct udp_server *s, const void *data, size_t len, struct sock_sent *result);
/* Sends what is queued. A pending error of the socket (ICMP about an earlier
 * packet) is noted for udp_server_errors() and costs no packet: the send is
 * tried again. Without a route, each flush tries one reconnect. */
void udp_server_flush(struct udp_server *s, struct sock_sent *result);
/* The number of ICMP and ARP errors (EHOSTUNREACH) since the last call, and the
 * last of them. The kernel limits its reports, so more packets may have been
 * lost. */
uint32_t udp_server_errors(struct udp_server *s, struct sock_error *last);

#endif
