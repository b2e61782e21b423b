/* SPDX-License-Identifier: ISC
 *
 * forward - what leaves with the client's own address as its source, by the raw socket:
 * broadcasts to port 4011 (core/p4011) and to the ports of helpers (core/helper).
 */
#ifndef RELAY_PATH_FORWARD_H
#define RELAY_PATH_FORWARD_H

#include "core/relay4/relay4.h"
#include "proto/udpip.h"

struct daemon;

/* A message to port 4011 that was addressed to the relay, or broadcast. */
void forward_4011(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* The same, but too long to have been read whole. */
void forward_4011_truncated(struct daemon *d, const struct relay4_rx *rx);
/* A broadcast to any other port. */
void forward_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    struct mono now);

#endif
