/* SPDX-License-Identifier: ISC
 *
 * event - what observe.c hands to captures and to the debug log: one packet, where it was
 * seen, and what was decided about it. All pointers are borrowed for the call.
 */
#ifndef RELAY_OBSERVE_EVENT_H
#define RELAY_OBSERVE_EVENT_H

#include <string.h>

#include "core/relay4/relay4.h"
#include "io/ring.h"
#include "proto/udpip.h"

struct daemon;

/* Where, and what it is made of. */
enum event_leg {
	EVENT_NOWHERE,		/* for the log only */
	EVENT_FRAME_IN,		/* rx, dport, to: from a client */
	EVENT_BAD_FRAME,	/* frame: unread */
	EVENT_SERVER_IN,	/* rx: by a UDP socket */
	EVENT_SERVER_OUT,	/* udp, server: to a server, or routed */
	EVENT_FRAME_OUT,	/* udp, hdr, ifindex, mac: to a client */
};

struct event {
	enum event_leg leg;
	enum ring_to to;
	const struct relay4_rx *rx;
	const struct ring_frame *frame;
	const struct udpip *udp;
	const uint8_t *hdr;		/* IP and UDP headers of udp; NULL: made here */
	struct mac mac;			/* link destination */
	uint16_t dport;
	uint16_t server;		/* CONF_NONE: not configured */
	uint32_t ifindex;

	/* The verdict. */
	const char *word;		/* "relayed", "copy"... */
	enum drop why;			/* not DROP_NONE: instead of the word */
	const struct relay4_plan *plan;	/* to=, and the servers a filter looks for */
	bool rule;			/* of the plan: rule= */
	bool name_server;		/* server= */
	const struct iface *other;	/* on the other leg... */
	const char *other_key;		/* ...named by "from" or "to"; NULL: for filters only */
	const char *tail;		/* more words, or NULL */
	struct ip4 from_server;		/* for filters: whose message this delivers */
	struct ip4 leased;		/* for filters: the client has this address now */

	/* The debug line; NULL: none. */
	const char *trace;
	const char *direction;		/* of a drop */
	const struct dhcp4 *m;		/* the message; its data is NULL until it was parsed */
	uint16_t trace_port;		/* port=; 0: not named */
};

/* Zeros for a link address that is not Ethernet's. */
static inline struct mac
event_mac(const uint8_t *bytes, size_t len)
{
	struct mac m = { { 0 } };

	if (len == sizeof(m.b))
		memcpy(m.b, bytes, sizeof(m.b));
	return m;
}

/* capture_event.c and trace.c */
void capture_event(struct daemon *d, const struct event *e);
void trace_event(struct daemon *d, const struct event *e);

#endif
