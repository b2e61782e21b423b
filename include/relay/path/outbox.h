/* SPDX-License-Identifier: ISC
 *
 * outbox - sends in batches: rendered messages wait in an arena, and go to servers by their
 * own sockets and to clients as frames. Knows which received message each copy belongs to:
 * a message counted as relayed is counted as dropped after all when the kernel took none of
 * its copies.
 *
 * What is sent, and to which server, is decided elsewhere. Nothing is allocated per packet.
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

/* Room in the arena for a message, and how much of it was used. A full arena is flushed. */
uint8_t *outbox_room(struct daemon *d, size_t need);
void outbox_use(struct daemon *d, size_t len);
/* Around the copies of one received message; ifindex is that of its client. A copy outside
 * such a pair is counted by itself. */
void outbox_begin(struct daemon *d, uint32_t ifindex, bool reply);
void outbox_end(struct daemon *d);
/* Queues a copy that is in the arena. A frame has hdr (UDPIP_HEADERS bytes) in front. */
void outbox_server(struct daemon *d, uint16_t server, const void *msg, size_t len);
void outbox_client(struct daemon *d, const struct packet_to *to, const uint8_t *hdr,
    const void *msg, size_t len);
/* A copy that is not even tried, for this reason. */
void outbox_withhold(struct daemon *d, enum drop why);
/* Sends what is queued and counts what became of it. */
void outbox_flush(struct daemon *d);

/* The next IP identification. */
uint16_t outbox_ip_id(struct daemon *d);
/* At once, for what is rare; each returns 0 or -errno. A frame leaves after what is queued
 * for clients. */
int outbox_frame_now(struct daemon *d, const struct packet_to *to, const struct udpip *u);
/* A query of our own to a server's port 67. */
int outbox_query(struct daemon *d, uint16_t server, const void *msg, size_t len);
/* By the raw socket: DROP_NONE, or the reason, which has been counted. */
enum drop outbox_raw(struct daemon *d, const struct udpip *u, uint32_t ifindex);
/* The reason for a packet that the kernel refused with err, an errno. */
enum drop outbox_refused(int err);

#endif
