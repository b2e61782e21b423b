/* SPDX-License-Identifier: ISC
 *
 * capture - `pxrelayctl capture`: both legs of relayed traffic as pcapng, with the
 * verdict on each packet as its comment.
 *
 * capture_event.c makes a struct sight of each event; capture.c has the captures
 * with their filters and queues: at most CAPTURE_WAITING bytes wait for a slow
 * reader, and packets beyond that are counted as lost. Only pxrelayctl writes files.
 *
 * While no capture runs, d->captures is NULL.
 */
#ifndef RELAY_OBSERVE_CAPTURE_H
#define RELAY_OBSERVE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/story/capfilter.h"
#include "io/udp.h"

struct daemon;

#define CAPTURES_MAX	4
/* One second of 4,000 packets/s: enough time for a reader on a busy machine to
 * run. */
#define CAPTURE_WAITING	(2u << 20)
/* Interfaces and servers of one capture. */
#define CAPTURE_PORTS	4096
/* Captured bytes of a packet: the longest datagram of io/udp, with its headers. */
#define CAPTURE_SNAP	(UDP_DGRAM_MAX + 64)
#define CAPTURE_COMMENT	512

/* A packet, where it was seen, and what is known about it. */
struct sight {
	struct capfacts facts;
	uint32_t ifindex;	/* of an Ethernet frame; 0: server leg, IP only */
	uint16_t link;		/* PCAPNG_ETHERNET, PCAPNG_IPV4 or PCAPNG_IPV6 */
	struct ipaddr peer;	/* the server; none: not configured */
	char name[CONF_NAME_MAX + 8];	/* an interface's, or "server:NAME" */
	uint32_t flags;		/* PCAPNG_INBOUND ... */
	uint8_t head[14 + 60 + 8];	/* Ethernet, IPv4 with options, UDP */
	size_t head_len;
	const uint8_t *body;	/* borrowed */
	size_t body_len;
	unsigned wanted;	/* bit i: by capture i */
};

/* Carries out the command "capture"; words is the filter. Returns the answer. */
json_t *capture_begin(struct daemon *d, const char *words);
/* Does any capture want it? Fills s->wanted. */
bool capture_wants(struct daemon *d, struct sight *s);
void capture_put(struct daemon *d, const struct sight *s, const char *comment);

#endif
