/* SPDX-License-Identifier: ISC
 *
 * udp - non-blocking UDP sockets: one on each address of ours for datagrams from servers
 * and other relays, and a connected one per server for sending and for its errors.
 *
 * Why a socket per address: the kernel prefers it to any socket on 0.0.0.0, and another
 * program may bind the same port to other addresses. On one host with ISC dhcpd, dnsmasq
 * or Kea, each then gets what is sent to it, whoever starts first.
 *
 * Why a socket per server: on a shared one, packets that wait for the ARP reply
 * of a dead server use up the send buffer, and the live server starves
 * (measured on ISC dhcrelay, dnsmasq and dhcp-helper: 250 of 1,600 requests got
 * through). With SO_REUSEADDR, all are bound to port 67 or 547. Both kinds
 * receive.
 *
 * IPv6 differs from IPv4 in what a server's address may be: a link-local or
 * multicast one needs an interface. The kernel fragments what is longer than the
 * path's MTU.
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/sock.h"
#include "proto/dhcp4.h"
#include "proto/dhcp6.h"

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

/* The port of servers and relays. */
static inline uint16_t
udp_dhcp_port(enum family f)
{
	return f == FAMILY6 ? DHCP6_PORT_SERVER : DHCP4_PORT_SERVER;
}

/* The hop limit of what goes to a server; 0: the usual one. It is 1 for multicast on
 * one link, and beyond it RFC 9915 7.6's HOP_COUNT_LIMIT. The scope is in the second
 * byte (RFC 4291 2.7); 2 is the link. */
static inline uint8_t
udp_hops(struct ipaddr server)
{
	struct ip6 a = ip_v6(server);

	return !ip6_is_multicast(a) ? 0 : (a.b[1] & 0xf) <= 2 ? 1 : 8;
}

/* A socket on this address, which may be ip_any() and need not be of this host yet, for
 * unicast only. scope is the interface of a link-local address. Returns the fd, or
 * -errno (EADDRINUSE: another program has the port there, or on all addresses;
 * EAFNOSUPPORT: a host without IPv6). */
int udp_open(struct ipaddr at, uint32_t scope, uint16_t port);

/* Where a datagram goes that leaves by such a socket, from its port. */
struct udp_to {
	struct ipaddr dst, src;	/* src none: the kernel's choice */
	uint16_t port;
	uint32_t ifindex;	/* 0: the kernel routes; dst is not link-local */
};
/* 0 or -errno. What is longer than the link's MTU leaves in fragments. */
int udp_send(int fd, const struct udp_to *to, const void *data, size_t len);

struct udp_server;

/* A socket for udp_server_take(): as udp_open(), with IP_RECVERR. */
int udp_server_socket(struct ipaddr source, uint32_t scope);
/* Without a socket, and so not connected. NULL: out of memory. */
struct udp_server *udp_server_new(struct ipaddr address);
struct udp_server *udp_server_free(struct udp_server *s);	/* NULL-safe */
int udp_server_fd(const struct udp_server *s);	/* -1: none */
/* udp_recv() on the server's socket; records errors for udp_server_errors().
 * Call it whenever the fd is readable: a queued error keeps it readable. */
int udp_server_recv(struct udp_server *s, struct udp_batch *b,
    const struct udp_dgram **out);
/* Updates route and source address; call it after any change of addresses or
 * routes, or if the scope's interface has another index. scope is the interface of a
 * link-local or multicast address; 0: none, or it does not exist now. 0 or -errno
 * (ENETUNREACH; ENODEV: no scope; EADDRNOTAVAIL: only a link-local source for an
 * address beyond the link, or not the one that is set; ESTALE: its socket is on another
 * address than udp_server_source(), or there is none). Then it is unconnected until the
 * next try. Queued datagrams stay. */
int udp_server_reconnect(struct udp_server *s, uint32_t scope);
/* After ESTALE: takes over the socket of udp_server_socket() and connects it. The fd is
 * another one then; -1: it has none. 0 or -errno. */
int udp_server_take(struct udp_server *s, int fd);
/* From the next reconnect on, what is sent leaves from this address of this host (none:
 * there is none now, so nothing is sent), or, if not fixed, from the kernel's choice. */
void udp_server_set_source(struct udp_server *s, bool fixed, struct ipaddr source);
bool udp_server_connected(const struct udp_server *s);
/* The source address that the routes say; none while there is no route. */
struct ipaddr udp_server_source(const struct udp_server *s);

/* Queues a datagram; the bytes are borrowed until udp_server_flush(). Flushes
 * when UDP_BATCH are queued. */
void udp_server_queue(struct udp_server *s, const void *data, size_t len,
    struct sock_sent *result);
/* Sends what is queued. A pending error of the socket (ICMP about an earlier
 * packet) is recorded for udp_server_errors() and costs no packet. Without a
 * route, each flush tries one reconnect. */
void udp_server_flush(struct udp_server *s, struct sock_sent *result);
/* How much an ICMP, ARP or ND error proves. */
enum udp_proof {
	UDP_HEARSAY,	/* nothing: its quote is too short or not ours, or wrong */
	UDP_QUOTED,	/* it quotes a datagram that we sent, maybe a router's error */
	UDP_SURE,	/* ... and is of the server itself, or of our own kernel */
};

struct udp_errors {
	uint32_t n;
	enum udp_proof proof;	/* of the best of them, which is `last' */
	int err;		/* of it; 0: none */
	struct ipaddr from;
	uint32_t ifindex;
};
/* The errors since the last call. The kernel limits its reports, so more packets may be
 * lost. "Packet too big" is none: the next packet leaves in fragments. */
struct udp_errors udp_server_errors(struct udp_server *s);

#endif
