/* SPDX-License-Identifier: ISC
 *
 * observe - tells all observers of the packet path what happened to a packet:
 * core/story/record (the source of `explain` and `show boots`), captures, and the
 * lines of log-level = debug. Each function is called after the verdict and
 * before the packets that follow from it are sent, so that a capture reads from
 * cause to effect.
 */
#ifndef RELAY_OBSERVE_OBSERVE_H
#define RELAY_OBSERVE_OBSERVE_H

#include "core/relay4/helper.h"
#include "core/relay4/p4011.h"
#include "core/relay4/relay4.h"
#include "core/relay4/rescue.h"
#include "core/relay6/boot_step.h"
#include "core/relay6/relay6.h"
#include "io/ring.h"
#include "proto/udpip.h"

struct daemon;

void observe_request(struct daemon *d, const struct rx *rx,
    const struct relay4_plan *p, enum drop why, struct mono now);
void observe_request6(struct daemon *d, const struct rx *rx,
    const struct relay6_plan *p, enum drop why, struct mono now);
/* A copy of a request for a server, as rendered, and the request of either family
 * that it is made of. */
struct observe_copy {
	uint16_t server;
	const struct iface *in;
	uint16_t rule;		/* CONF_NONE: no rule */
	bool hedge;
	const struct relay6_origin *m6;	/* of DHCPv6; or NULL */
};
void observe_copy(struct daemon *d, const struct observe_copy *c, const void *msg,
    size_t len);
void observe_hedge(struct daemon *d, const struct relay4_plan *p, struct mono now);
void observe_hedge6(struct daemon *d, const struct relay6_plan *p, struct mono now);
void observe_reply(struct daemon *d, const struct rx *rx,
    const struct relay4_delivery *v, enum drop why, struct mono now);
void observe_reply6(struct daemon *d, const struct rx *rx,
    const struct relay6_delivery *v, enum drop why, struct mono now);
/* A reply for the client; one that leaves in fragments is shown as one packet. */
void observe_delivery(struct daemon *d, const struct relay4_delivery *v,
    const struct udpip *u);
/* The same, also for a message that the kernel sends: it resolves the client's link
 * address, which is then shown as zeros, and makes fragments. */
void observe_delivery6(struct daemon *d, const struct relay6_delivery *v);
void observe_4011(struct daemon *d, const struct rx *rx,
    const struct p4011_plan *p, enum drop why, struct mono now);
void observe_copy_4011(struct daemon *d, const struct rx *rx, uint16_t server,
    const struct udpip *u);
void observe_help(struct daemon *d, const struct rx *rx,
    const struct udpip *u, const struct helper_plan *p, enum drop why);
/* ifindex: the interface on which it is broadcast; 0: it is routed. */
void observe_help_copy(struct daemon *d, const struct rx *rx,
    const struct udpip *u, uint32_t ifindex);
/* A DHCPv6 message to port 4011, which no server gets. */
void observe_boot_step(struct daemon *d, const struct rx *rx, const struct boot_step *p,
    enum drop why, struct mono now);

/* A frame that was dropped before it was parsed as a message. */
void observe_bad_frame(struct daemon *d, enum family family,
    const struct ring_frame *f, enum drop why);
/* A datagram longer than any message. direction: the label of
 * pxrelay_drops_total. */
void observe_truncated(struct daemon *d, const struct rx *rx, uint16_t dport,
    const char *direction);
/* No copy of a message could be sent. */
void observe_lost(struct daemon *d, uint32_t ifindex, bool reply, enum drop why);

/* Packets that the relay does not handle: routed past it, or broadcast to clients by
 * a server on the VLAN (record: false for a reply to the doctor). */
void observe_routed(struct daemon *d, const struct rx *rx, uint16_t dport,
    struct mono now);
void observe_stranger(struct daemon *d, const struct rx *rx, bool record,
    struct mono now);

/* Queries of the relay itself, and the answers. */
void observe_rescue(struct daemon *d, const struct rescue_plan *p, struct mono now);
void observe_rescue_reply(struct daemon *d, const struct rx *rx,
    const struct rescue_plan *p);
void observe_probe(struct daemon *d, uint16_t server, const void *msg, size_t len);
void observe_probe_reply(struct daemon *d, const struct rx *rx);

/* boot_log.c: has core/story/track close boots that are over and logs verdicts. */
int boot_log_open(struct daemon *d);	/* 0 or -ENOMEM */
/* A boot may have begun. */
void boot_log_soon(struct daemon *d, struct mono now);

#endif
