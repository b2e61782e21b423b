/* SPDX-License-Identifier: ISC
 *
 * udp - non-blocking UDP sockets: a wildcard one for datagrams from servers and
 * other relays, and a connected one per server for sending and for its errors.
 *
 * Why a socket per server: on a shared one, packets that wait for the ARP reply
 * of a dead server use up the send buffer, and the live server starves
 * (measured on ISC dhcrelay, dnsmasq and dhcp-helper: 250 of 1,600 requests got
 * through). With SO_REUSEADDR, all are bound to port 67. Both kinds receive.
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
	struct ipaddr src, dst;
	uint16_t sport;
	uint32_t ifindex;	/* on which it arrived */
};

struct udp_batch;
struct udp_batch *udp_batch_new(void);
struct udp_batch *udp_batch_free(struct udp_batch *b);
/* Receives up to UDP_BATCH datagrams without waiting. Returns their number, or
 * -errno for an error that the kernel reports on the socket (ECONNREFUSED,
 * EHOSTUNREACH...), after which the next call succeeds. */
int udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out);
/* An upper bound of datagrams lost to a full buffer since the last call. */
uint64_t udp_lost(struct udp_batch *b);

/* A wildcard socket on 0.0.0.0:port for unicast only. Returns the fd, or -errno
 * (EADDRINUSE: another DHCP program has the port). */
int udp_open(uint16_t port);

struct udp_server;

/* A socket for udp_server_with(): as udp_open(), with IP_RECVERR. */
int udp_server_socket(uint16_t port);
/* Takes over such a socket and tries to connect; having no route is not an
 * error. NULL, with errno set, if fd is a -errno or memory is short. */
struct udp_server *udp_server_with(int fd, struct ip4 address, uint16_t port);
struct udp_server *udp_server_free(struct udp_server *s);	/* NULL-safe */
int udp_server_fd(const struct udp_server *s);
/* udp_recv() on the server's socket; records errors for udp_server_errors().
 * Call it whenever the fd is readable: a queued error keeps it readable. */
int udp_server_recv(struct udp_server *s, struct udp_batch *b,
    const struct udp_dgram **out);
/* Updates route and source address; call it after any change of addresses or
 * routes. 0 or -errno (ENETUNREACH; the socket is unconnected until the next
 * try). Queued datagrams stay. */
int udp_server_reconnect(struct udp_server *s);
bool udp_server_connected(const struct udp_server *s);
/* The source address; IP4_NONE while not connected. */
struct ip4 udp_server_source(const struct udp_server *s);

/* Queues a datagram; the bytes are borrowed until udp_server_flush(). Flushes
 * when UDP_BATCH are queued. */
void udp_server_queue(struct udp_server *s, const void *data, size_t len,
    struct sock_sent *result);
/* Sends what is queued. A pending error of the socket (ICMP about an earlier
 * packet) is recorded for udp_server_errors() and costs no packet. Without a
 * route, each flush tries one reconnect. */
void udp_server_flush(struct udp_server *s, struct sock_sent *result);
/* The number of ICMP and ARP errors (EHOSTUNREACH) since the last call, and the
 * last one. The kernel limits its reports, so more packets may be lost. */
uint32_t udp_server_errors(struct udp_server *s, struct sock_error *last);

#endif
