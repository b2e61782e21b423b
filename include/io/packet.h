/* SPDX-License-Identifier: ISC
 *
 * packet - sends IP packets to clients' hardware addresses through an AF_PACKET
 * SOCK_DGRAM socket; the kernel writes the link header. A UDP socket cannot
 * reach a client that has no address yet and cannot answer ARP.
 *
 * Also: a raw IP socket that sends with a client's source address (port 4011,
 * helpers).
 */
#ifndef IO_PACKET_H
#define IO_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/sock.h"

#define PACKET_BATCH 32
/* All interfaces share the send buffer. 1 MB (the kernel doubles it) is more than
 * the 1,000 packets in the queue of a stuck interface, so one interface cannot
 * starve the others. */
#define PACKET_SNDBUF (1 << 20)

struct packet;

/* Borrows fd: io/ring's, which does not receive what it sends. NULL if memory is
 * short. */
struct packet *packet_new(int fd);
/* From now on sends by this one. */
void packet_use(struct packet *p, int fd);
struct packet *packet_free(struct packet *p);	/* NULL-safe; returns NULL */

struct packet_to {
	uint32_t ifindex;
	uint8_t mac_len;	/* 6 on Ethernet; all ff for broadcast */
	uint8_t mac[8];
};
/* Queues headers of udpip (copied), and payload (borrowed until packet_flush()). Flushes
 * when PACKET_BATCH are queued. */
void packet_queue(struct packet *p, const struct packet_to *to, const uint8_t *hdr,
    const void *payload, size_t len, struct sock_sent *result);
void packet_flush(struct packet *p, struct sock_sent *result);

/* A raw IPv4 socket with IP_HDRINCL: the kernel routes, we write the header.
 * Returns the fd, or -errno. */
int packet_open_raw(void);
/* Sends hdr (UDPIP_HEADERS bytes) and payload to dst, which may be a broadcast,
 * through interface ifindex unless that is 0. 0 or -errno. */
int packet_send_raw(int fd, struct ip4 dst, uint32_t ifindex, const uint8_t *hdr,
    const void *payload, size_t len);

#endif
