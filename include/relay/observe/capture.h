/* SPDX-License-Identifier: ISC
 *
 * capture - `pxrelayctl capture`: both legs of what is relayed, as pcapng, with the verdict
 * on each packet as its comment.
 *
 * The packet path tells what it sees by the functions of capture_event.c, which make a
 * struct sight of it; capture.c has the captures, their filters, and what waits
 * for slow readers: at most CAPTURE_WAITING bytes each, and what is more than that is
 * counted and left out. A file is written by pxrelayctl only.
 *
 * While nobody captures, d->captures is NULL, and that is all the path looks at.
 */
#ifndef RELAY_CAPTURE_H
#define RELAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/story/capfilter.h"
#include "relay/daemon.h"

#define CAPTURES_MAX	4
/* A second of 4,000 packets a second; what a reader on a busy machine needs to get its turn. */
#define CAPTURE_WAITING	(2u << 20)
/* Interfaces and servers of one capture. */
#define CAPTURE_PORTS	4096
/* Captured bytes of a packet: what arrives whole by io/udp, with its headers. */
#define CAPTURE_SNAP	(UDP_DGRAM_MAX + 64)
#define CAPTURE_COMMENT	512

/* A packet, where it was seen, and what is known about it. */
struct sight {
	struct capfacts facts;
	uint32_t ifindex;	/* of an Ethernet frame; 0: on the server leg, IPv4 only */
	struct ip4 peer;	/* the server; IP4_NONE: one that is not configured */
	char name[CONF_NAME_MAX + 8];	/* of the interface, or "server:" and the server's */
	uint32_t flags;		/* PCAPNG_INBOUND ... */
	uint8_t head[14 + 60 + 8];	/* Ethernet, IP with options, UDP */
	size_t head_len;
	const uint8_t *body;	/* borrowed */
	size_t body_len;
	unsigned wanted;	/* bit i: by capture i */
};

/* capture.c */
/* The answer to the command; words is what stands behind "capture". */
json_t *capture_begin(struct daemon *d, const char *words);
/* Does anybody want it? Fills s->wanted. */
bool capture_wants(struct daemon *d, struct sight *s);
void capture_put(struct daemon *d, const struct sight *s, const char *comment);

/* capture_event.c; only to be called while there are captures */
/* A frame that was refused before it was read as a message. */
void capture_bad_frame(struct daemon *d, const struct ring_frame *f, enum drop why);
void capture_request(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_plan *p, enum drop why);
/* A copy for a server, as rendered. */
void capture_copy(struct daemon *d, const struct relay4_plan *p, uint16_t server,
    const void *msg, size_t len);
void capture_reply(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_delivery *v, enum drop why);
void capture_delivery(struct daemon *d, const struct relay4_delivery *v,
    const uint8_t *hdr, const void *msg, size_t len);
void capture_truncated(struct daemon *d, const struct relay4_rx *rx, uint16_t dport);
void capture_4011(struct daemon *d, const struct relay4_rx *rx,
    const struct p4011_plan *p, enum drop why);
void capture_copy_4011(struct daemon *d, const struct relay4_rx *rx, uint16_t server,
    const struct udpip *u);
void capture_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    const struct helper_plan *p, enum drop why);
void capture_help_copy(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    uint32_t ifindex);
/* What the relay only looks at: what is routed past it, and what servers on a VLAN say. */
void capture_seen(struct daemon *d, const struct relay4_rx *rx, uint16_t dport,
    enum ring_to to);
void capture_rescue(struct daemon *d, const struct rescue_plan *p);
void capture_rescue_answer(struct daemon *d, const struct relay4_rx *rx,
    const struct rescue_plan *p);
void capture_probe(struct daemon *d, uint16_t server, const void *msg, size_t len);
void capture_probe_answer(struct daemon *d, const struct relay4_rx *rx);

#endif
