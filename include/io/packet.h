/* SPDX-License-Identifier: ISC
 *
 * packet - frames towards clients: an AF_PACKET SOCK_DGRAM socket, to which IP
 * packets are given with the hardware address of the client; the kernel writes
 * the link header. A client that has no address yet cannot answer ARP, so UDP
 * sockets are of no use here.
 * And the raw IP socket that sends with a client's own source address
 * (port 4011, helpers).
 */
#ifndef IO_PACKET_H
#define IO_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define PACKET_BATCH 32

struct packet;

/* fd is borrowed: io/ring's will do, for what it sends does not come back to it. Its send
 * buffer is made larger. NULL when memory is short. */
struct packet *packet_new(int fd);
struct packet *packet_free(struct packet *p);	/* NULL-safe; returns NULL */

struct packet_to {
	uint32_t ifindex;
	uint8_t mac_len;	/* 6 on Ethernet; all ff for broadcast */
	uint8_t mac[8];
};
struct packet_sent {
	uint32_t ok, full, failed;
	int last_errno;
	/* NULL, or called for each frame that was dropped, with the payload that was queued. */
	void (*on_lost)(void *user, const void *payload, bool full);
	void *user;
};
/* Queues a header of UDPIP_HEADERS bytes (copied) and payload (borrowed until packet_flush()).
 * Flushes by itself when full. */
void packet_queue(struct packet *p, const struct packet_to *to, const uint8_t *hdr,
    const void *payload, size_t len, struct packet_sent *result);
void packet_flush(struct packet *p, struct packet_sent *result);

/* Raw IPv4 socket with IP_HDRINCL: the kernel routes, we write the header. fd or -errno. */
int packet_open_raw(void);
/* Sends an IP packet of header (UDPIP_HEADERS bytes) and payload to dst; when ifindex is not 0
 * out of that interface. Broadcast allowed. 0 or -errno. */
int packet_send_raw(int fd, struct ip4 dst, uint32_t ifindex, const uint8_t *hdr,
    const void *payload, size_t len);

/* Joins (or leaves) a multicast group on an interface with a UDP socket. 0 or -errno; -ENOBUFS:
 * a limit of the kernel's, see below. */
int packet_join(int udp_fd, struct ip4 group, uint32_t ifindex, int join);

/* The kernel's limits for memberships, as files of /proc that are opened as long as we may
 * write them (-1: we may not; those that are open already stay) and used later. True when one
 * was raised, so that it is worth trying again. */
#define PACKET_LIMITS 2
void packet_limits_open(int fd[PACKET_LIMITS]);
void packet_limits_close(int fd[PACKET_LIMITS]);
bool packet_limits_raise(const int fd[PACKET_LIMITS]);

#endif
