/* SPDX-License-Identifier: ISC
 *
 * rescue_run - carries out what core/rescue decides about port 4011 of boot servers that have
 * died: queries another one by the raw socket, delivers its reply as a frame, and runs the
 * timer of the queries that wait.
 */
#ifndef RELAY_PATH_RESCUE_RUN_H
#define RELAY_PATH_RESCUE_RUN_H

#include <stdbool.h>

#include "core/relay4/relay4.h"

struct daemon;

int rescue_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void rescue_run_close(struct daemon *d);
/* A packet that is routed past us, to or from port 4011; dport is its destination port. */
void rescue_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport, struct mono now);
/* An ICMP error about such a packet; rx is the beginning of it that was quoted. */
void rescue_run_unreachable(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* A datagram to port 67. true: it replied to a query of ours. */
bool rescue_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);

#endif
