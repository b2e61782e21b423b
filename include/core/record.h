/* SPDX-License-Identifier: ISC
 *
 * record - tells core/track what relay4 decided: the one place that knows both.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/relay4.h"
#include "core/track.h"

/* What relay4_request() said about a message; plan as it left it. */
void record_request(struct track *t, const struct relay4 *r,
    const struct relay4_plan *plan, enum drop why, struct mono now);
/* A stored question that relay4_hedge() sent on. */
void record_hedge(struct track *t, const struct relay4 *r,
    const struct relay4_plan *plan, struct mono now);
/* What relay4_reply() said; from: the sender. */
void record_reply(struct track *t, const struct relay4 *r,
    const struct relay4_delivery *d, struct ip4 from, enum drop why, struct mono now);
/* A packet that is routed past us: port 4011, port 69, or an error of TFTP. */
void record_tap(struct track *t, const struct relay4 *r, const struct relay4_rx *rx,
    uint16_t dport, struct mono now);
/* A broadcast to port 68 on a VLAN, which no relay sent. */
void record_stranger(struct track *t, const struct relay4 *r,
    const struct relay4_rx *rx, struct mono now);

#endif
