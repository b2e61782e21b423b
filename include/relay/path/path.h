/* SPDX-License-Identifier: ISC
 *
 * path - the packet path: reads the sockets, has core decide, and sends the result.
 * relay/README.md describes the life of a packet.
 */
#ifndef RELAY_PATH_PATH_H
#define RELAY_PATH_PATH_H

#include <stdbool.h>

#include "core/relay4/relay4.h"
#include "core/relay6/relay6.h"
#include "proto/udpip.h"

struct daemon;

/* Each reads its socket for one turn of the loop; in: struct sockets_in,
 * bound: struct bound. */
void path_ring(void *in, struct mono now);
void path_udp(void *bound, struct mono now);
void path_server(struct daemon *d, unsigned server, struct mono now);
/* Reads the replies and errors left in a server's socket. Takes no request from the
 * ring, so it is safe while a configuration is exchanged. */
void path_drain(struct daemon *d, unsigned server, struct mono now);

/* relay_run.c carries out what core decides. */
int relay_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void relay_run_request(struct daemon *d, const struct rx *rx,
    struct mono now);
void relay_run_reply(struct daemon *d, const struct rx *rx, struct mono now);
/* Arms the timer for the hedge that is due first; call after requests. */
void relay_run_arm(struct daemon *d, struct mono now);

/* relay6_run.c: the same for DHCPv6. */
void relay6_run_request(struct daemon *d, const struct rx *rx, struct mono now);
void relay6_run_reply(struct daemon *d, const struct rx *rx, struct mono now);
/* EDK2's REQUEST to port 4011, and what comes to ours. */
void relay6_run_boot_step(struct daemon *d, const struct rx *rx, struct mono now);
void relay6_run_boot_answer(struct daemon *d, const struct rx *rx, struct mono now);
/* Sends the queries that are due to their next server. */
void relay6_run_hedges(struct daemon *d, struct mono now);

/* Takes a message to port 4011 that was addressed to the relay, or broadcast. */
void forward_4011(struct daemon *d, const struct rx *rx, struct mono now);
/* Counts such a message that was too long to be read whole. */
void forward_4011_truncated(struct daemon *d, const struct rx *rx);
/* Takes a broadcast to any other port. */
void forward_help(struct daemon *d, const struct rx *rx,
    const struct udpip *u, struct mono now);

/* Takes a packet that is routed past us, to or from port 4011. */
void rescue_run_tap(struct daemon *d, const struct rx *rx, uint16_t dport,
    struct mono now);
/* Takes an ICMP error about such a packet; rx is the part of it that was quoted. */
void rescue_run_unreachable(struct daemon *d, const struct rx *rx,
    struct mono now);
/* Offered each datagram to port 67. true: it replied to a query of ours. */
bool rescue_run_reply(struct daemon *d, const struct rx *rx, struct mono now);

#endif
