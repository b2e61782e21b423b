/* SPDX-License-Identifier: ISC
 *
 * outbox - sends in batches: rendered messages wait in an arena until they go to
 * servers by their own sockets and to clients as frames. A message that was counted
 * as relayed is counted as dropped instead if the kernel took none of its copies,
 * or not all fragments of a reply.
 *
 * What is sent, and to which server, is decided elsewhere. Nothing is allocated per
 * packet.
 */
#ifndef RELAY_PATH_OUTBOX_H
#define RELAY_PATH_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/packet.h"
#include "proto/names.h"
#include "proto/udpip.h"

struct daemon;

int outbox_open(struct daemon *d);	/* 0 or -ENOMEM */
void outbox_close(struct daemon *d);

/* Returns room in the arena for a message, flushing a full arena first. */
uint8_t *outbox_room(struct daemon *d, size_t need);
/* Says how much of that room was used. */
void outbox_use(struct daemon *d, size_t len);
/* These two enclose the copies of one received message of this family; ifindex is
 * its client's. A copy outside such a pair is counted by itself. */
void outbox_begin(struct daemon *d, enum family family, uint32_t ifindex, bool reply);
void outbox_end(struct daemon *d);
/* Queues a copy that is in the arena. */
void outbox_server(struct daemon *d, uint16_t server, const void *msg, size_t len);
/* Queues a packet for a client, in fragments if it exceeds the MTU of the link. udp:
 * UDP_HEADER bytes in the arena, followed by the payload. */
void outbox_client(struct daemon *d, const struct packet_to *to, const struct udpip *u,
    uint8_t *udp, size_t mtu);
/* Counts a copy that is not sent, with the reason. */
void outbox_withhold(struct daemon *d, enum drop why);
/* Sends everything queued and counts the outcome. */
void outbox_flush(struct daemon *d);

/* Returns the next IP identification. */
uint16_t outbox_ip_id(struct daemon *d);
/* These send at once, for rare messages, and return 0 or -errno. outbox_frame_now()
 * flushes first. */
int outbox_frame_now(struct daemon *d, const struct packet_to *to,
    const struct udpip *u);
/* Sends a query of our own to a server's port 67. */
int outbox_query(struct daemon *d, uint16_t server, const void *msg, size_t len);
/* Sends by the raw socket. Returns DROP_NONE, or the reason, which has been
 * counted. */
enum drop outbox_raw(struct daemon *d, const struct udpip *u, uint32_t ifindex);
/* Returns the drop reason for a packet that the kernel refused with err, an
 * errno. */
enum drop outbox_refused(int err);

#endif
