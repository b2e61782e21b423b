/* SPDX-License-Identifier: ISC
 *
 * event - what observe.c hands to captures and to the debug log: one packet,
 * where it was seen, and what was decided about it. All pointers are borrowed
 * for the call.
 */
#ifndef RELAY_OBSERVE_EVENT_H
#define RELAY_OBSERVE_EVENT_H

#include <string.h>

#include "core/relay6/relay6.h"
#include "core/server/ask.h"
#include "io/ring.h"
#include "proto/dhcp4.h"
#include "proto/udpip.h"

struct daemon;

/* Where it was seen; the comment names the members that describe it. */
enum event_leg {
	EVENT_NOWHERE,		/* for the log only */
	EVENT_FRAME_IN,		/* from a client: rx, dport, to */
	EVENT_BAD_FRAME,	/* not readable: frame, family */
	EVENT_SERVER_IN,	/* on a UDP socket: rx, dport, server */
	EVENT_SERVER_OUT,	/* to a server, or routed: udp, server */
	EVENT_FRAME_OUT,	/* to a client: udp, ifindex, mac */
};

struct event {
	enum event_leg leg;
	enum ring_to to;
	const struct rx *rx;
	const struct ring_frame *frame;
	enum family family;
	struct udpip udp;
	struct mac mac;			/* link destination */
	uint16_t dport;
	uint16_t server;		/* CONF_NONE: not configured */
	uint32_t ifindex;

	/* The verdict. */
	const char *word;		/* "relayed", "copy"... */
	enum drop why;			/* unless DROP_NONE, replaces the word */
	const struct ask_list *asked;	/* to=, and the servers for filters */
	const struct conf_rule *rule;	/* rule=, or NULL */
	bool name_rule;			/* in comments, too */
	bool name_server;		/* server= */
	const struct iface *other;	/* on the other leg */
	const char *other_key;		/* "from" or "to"; NULL: for filters only */
	const char *tail;		/* more words, or NULL */
	struct ipaddr from_server;	/* for filters: the sender of the reply */
	struct ip4 leased;		/* for filters: the client's new address */

	/* The debug line. */
	const char *trace;		/* its word; NULL: no line */
	const char *direction;		/* of a drop */
	const struct dhcp4 *m;		/* its data is NULL until it was parsed */
	struct ip6 link;		/* link-address= of DHCPv6; or none */
	uint16_t trace_port;		/* port=; 0: not named */

	/* For both: the message and client of DHCPv6; or NULL, as its m.data until
	 * it was parsed. The chaddr of DHCPv4 is read from the packet. */
	const struct relay6_origin *m6;
};

/* Returns zeros for a link address that is not an Ethernet address. */
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
