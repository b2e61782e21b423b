/* SPDX-License-Identifier: ISC
 *
 * path - the packet path: what the sockets deliver goes through core's decisions, and what
 * those say goes out. See relay/README.md for the life of a packet.
 */
#ifndef RELAY_PATH_PATH_H
#define RELAY_PATH_PATH_H

#include <stdbool.h>

#include "core/relay4/relay4.h"
#include "proto/udpip.h"

struct daemon;

/* Each reads one socket and takes one turn. */
void path_ring(void *daemon, struct mono now);
void path_udp67(void *daemon, struct mono now);
void path_udp4011(void *daemon, struct mono now);
void path_server(struct daemon *d, unsigned server, struct mono now);
/* Reads what is left in a server's socket: replies and errors. Takes no request from the
 * ring, so it is safe while a configuration is exchanged. */
void path_drain(struct daemon *d, unsigned server, struct mono now);

/* relay_run.c carries out what core decides: renders requests for servers and replies for
 * clients (core/relay4), sends by the raw socket what keeps the client's own address
 * (core/p4011, core/helper), queries another boot server in place of a dead one (core/rescue),
 * and runs the timers of hedges and rescues. */

int relay_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void relay_run_request(struct daemon *d, const struct relay4_rx *rx, struct mono now);
void relay_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* Arms the timer for the hedge that is due first; after requests. */
void relay_run_arm(struct daemon *d, struct mono now);

/* A message to port 4011 that was addressed to the relay, or broadcast. */
void forward_4011(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* The same, but too long to have been read whole. */
void forward_4011_truncated(struct daemon *d, const struct relay4_rx *rx);
/* A broadcast to any other port. */
void forward_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    struct mono now);

/* A packet that is routed past us, to or from port 4011; dport is its destination port. */
void rescue_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport, struct mono now);
/* An ICMP error about such a packet; rx is the beginning of it that was quoted. */
void rescue_run_unreachable(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* A datagram to port 67. true: it replied to a query of ours. */
bool rescue_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);

#endif
