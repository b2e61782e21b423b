/* SPDX-License-Identifier: ISC
 *
 * relay4 - the decisions of the DHCPv4 relay (RFC 1542, 2131 4.1, 3046): to
 * which servers a request goes, with which giaddr and option 82; on which
 * interface a reply is delivered, and how it is addressed there.
 *
 * relay4_request() and relay4_reply() judge a message: they return a drop
 * reason, or DROP_NONE and a plan. Rendering writes the bytes of the plan;
 * relay/path receives and sends. Port 4011 has its own files, p4011 and rescue,
 * which share the state here.
 */
#ifndef CORE_RELAY4_RELAY4_H
#define CORE_RELAY4_RELAY4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "core/iface/rx.h"
#include "core/server/ask.h"
#include "core/server/clients.h"
#include "core/server/servers.h"
#include "core/server/stats.h"
#include "proto/dhcp4.h"
#include "proto/pxe.h"
#include "proto/rai.h"

/* The largest UDP payload with our option 82: what fits into an Ethernet frame
 * (the MTU of RFC 3046 2.1). PXE ROMs do not reassemble fragments. */
#define RELAY4_MAX_WITH_82	1472

/* strip-pxe-from leaves longer offers alone. Clients accept at most 1,472 bytes. */
#define RELAY4_STRIP_MAX	16384

struct relay4_copy {
	struct ip4 giaddr;
	const struct rai *rai;	/* NULL: no option 82 is added */
};

/* What is sent for one request: every copy to every server. */
struct relay4_plan {
	struct dhcp4 m;		/* m.data is NULL until the message was parsed */
	bool has_client;
	struct pxe_client client;	/* what m says about it, if has_client */
	uint8_t hops;		/* of the copies */
	bool foreign;		/* from another relay: only hops changes */
	bool drop_old;		/* option82-policy = replace */
	bool hedge;		/* a stored query, to the next server */
	uint8_t rai_flags;
	uint8_t n_copy;
	struct relay4_copy copy[IFACE_GIADDRS_MAX];
	struct ask_list to;
	uint16_t rule;		/* that chose the groups, CONF_NONE: no rule */
	struct iface *in;
};

/* Judge a message. Return DROP_NONE and a plan, or the reason to drop. Update
 * the counters. */
enum drop relay4_request(struct relay *r, const struct rx *rx,
    struct mono now, struct relay4_plan *plan);

/* The option 82 of a copy: none, ours, or ours without server-id-override. The
 * last is for boot servers: with the override, a machine would take the relay
 * for its boot server and send its request to our port 4011. */
enum relay4_form { RELAY4_BARE, RELAY4_WITH_82, RELAY4_NO_OVERRIDE, RELAY4_FORMS };
enum relay4_form relay4_form(const struct conf *c, const struct relay4_copy *copy,
    uint16_t server);

/* Writes copy i in that form and returns its length. size is at least the
 * received length + 300. Sets *no_room when option 82 had to be left out. */
size_t relay4_render(const struct relay4_plan *plan, unsigned i,
    enum relay4_form form, uint8_t *out, size_t size, bool *no_room);

/* How a reply is delivered. */
struct relay4_delivery {
	struct dhcp4 m;
	struct iface *out;
	const struct rai *rai;	/* our option 82, to be removed; NULL: none */
	const struct rai *rai_was;	/* ours before the last change; NULL: none */
	bool strip_pxe;		/* remove options 60 and 43 (strip-pxe-from) */
	uint8_t mac_len;
	uint8_t mac[8];		/* all ff: broadcast */
	struct ip4 src, dst;
	uint16_t sport, dport;
	uint16_t server;	/* index, CONF_NONE when check-source is off */
	bool new_group;		/* it named a group that must be joined on `out` */
};

enum drop relay4_reply(struct relay *r, const struct rx *rx,
    struct mono now, struct relay4_delivery *d);
/* Writes the message for the client and returns its length, at least
 * DHCP4_HEADER. size is at least the received length and DHCP4_MIN. */
size_t relay4_render_reply(struct relay *r, const struct relay4_delivery *d,
    uint8_t *out, size_t size);

/* Takes the stored query that is due first (pendings_due(r->hedges) says when).
 * True: render and send the plan, whose message is valid until the next call.
 * False: the query is obsolete. */
bool relay4_hedge(struct relay *r, struct mono now, struct relay4_plan *plan);

/* --- shared by the files of relay4, p4011 and rescue ------------------- */

/* Empties the plan and sets its interface. */
void relay4_begin(struct relay *r, struct relay4_plan *plan, uint32_t ifindex,
    bool unicast);
/* Notes what its replies depend on. */
void relay4_remember(struct conv *cv, const struct dhcp4 *m);
/* Returns the groups that serve this client. Matches the rules and notes the
 * choice in cv, unless cv has a choice that holds: one made by this
 * configuration. */
struct conf_groups relay4_targets(struct relay *r, struct conv *cv,
    const struct iface *in, const struct pxe_client *client,
    const struct dhcp4 *m);
bool relay4_choice_holds(const struct relay *r, const struct conv *cv);

/* Write the servers of the plan (t: of relay4_targets()), and its copies, one
 * per giaddr. fresh: cv is new. */
void relay4_servers(struct relay *r, struct relay4_plan *plan, struct conv *cv,
    const struct conf_groups *t, struct mono now);
void relay4_copies(struct relay *r, struct relay4_plan *plan, struct conv *cv,
    bool fresh);
/* Does a new conversation repeat the DISCOVER of an earlier one, which got no offer? Then
 * it goes on where that one was. */
bool relay4_repeats(struct relay *r, struct conv *cv, struct mono now);
/* Adds the members of a group that a query goes to. */
void relay4_query(struct relay *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, enum conf_class class, struct mono now);
struct ask_client relay4_client(struct relay *r, const struct dhcp4 *m,
    uint32_t ifindex, enum conf_class class);

/* ask_judge_source() for a reply to port 67, which the other router of a pair may forward.
 * Then *detour is true: it may be forged, so it says nothing about the server. */
enum drop relay4_judge_sender(struct relay *r, const struct rx *rx, uint16_t server,
    bool *detour);
/* Can a datagram come from and go to such an address here (RFC 1122 3.2.1.3)? */
enum drop relay4_judge_addresses(const struct iface *in, struct ip4 src, struct ip4 dst);
/* Does the message forge a giaddr (not another relay's) or option 82 (damaged, or
 * from an untrusted circuit)? */
enum drop relay4_judge_forged(const struct relay *r, const struct iface *in,
    const struct rx *rx, const struct dhcp4 *m);

#endif
