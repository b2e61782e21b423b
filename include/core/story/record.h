/* SPDX-License-Identifier: ISC
 *
 * record - reports to core/story/track what relay4 and relay6 decided: the one
 * place that knows them and it.
 */
#ifndef CORE_STORY_RECORD_H
#define CORE_STORY_RECORD_H

#include "core/relay4/relay4.h"
#include "core/relay4/rescue.h"
#include "core/relay6/boot_step.h"
#include "core/relay6/relay6.h"
#include "core/story/track.h"

/* A message that relay4_request() judged, and the plan as it left it. */
void record_request(struct track *t, const struct relay *r,
    const struct rx *rx, const struct relay4_plan *plan, enum drop why,
    struct mono now);
/* A stored request that relay4_hedge() sent to the next server. */
void record_hedge(struct track *t, const struct relay *r,
    const struct relay4_plan *plan, struct mono now);
/* A message that relay4_reply() judged. */
void record_reply(struct track *t, const struct relay *r,
    const struct rx *rx, const struct relay4_delivery *d, enum drop why,
    struct mono now);
/* The same of DHCPv6. */
void record_request6(struct track *t, const struct relay *r,
    const struct rx *rx, const struct relay6_plan *plan, enum drop why,
    struct mono now);
void record_hedge6(struct track *t, const struct relay *r,
    const struct relay6_plan *plan, struct mono now);
void record_reply6(struct track *t, const struct relay *r, const struct rx *rx,
    const struct relay6_delivery *d, enum drop why, struct mono now);
/* A broadcast or multicast to port 4011 that went to n boot servers. */
void record_4011(struct track *t, const struct rx *rx, uint16_t n,
    struct mono now);
/* EDK2's REQUEST to ff02::1:2, port 4011. */
void record_boot_step(struct track *t, const struct rx *rx, const struct boot_step *p,
    enum drop why, struct mono now);
/* An answer that was delivered in place of a dead boot server's reply. */
void record_rescue(struct track *t, const struct rescue_plan *p, struct mono now);
/* A packet routed past us: port 4011, port 69, or a TFTP error. */
void record_tap(struct track *t, const struct relay *r, const struct rx *rx, uint16_t dport,
    struct mono now);
/* A broadcast to port 68 on a VLAN, not sent by us. */
void record_stranger(struct track *t, const struct relay *r,
    const struct rx *rx, struct mono now);

#endif
