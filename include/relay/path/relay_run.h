/* SPDX-License-Identifier: ISC
 *
 * relay_run - carries out what core decides: renders requests for servers and replies for
 * clients (core/relay4), sends by the raw socket what keeps the client's own address
 * (core/p4011, core/helper), queries another boot server in place of a dead one (core/rescue),
 * and runs the timers of hedges and rescues.
 */
#ifndef RELAY_PATH_RELAY_RUN_H
#define RELAY_PATH_RELAY_RUN_H

#include <stdbool.h>

#include "core/relay4/relay4.h"
#include "proto/udpip.h"

struct daemon;

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
