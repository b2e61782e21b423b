/* SPDX-License-Identifier: ISC
 *
 * relay4 - the decisions of the DHCPv4 relay (RFC 1542, 2131 4.1, 3046): for a
 * request, to which servers it goes and with which giaddr and option 82; for a
 * reply, on which interface it is delivered and how it is addressed there.
 *
 * Judging comes first (relay4_request, relay4_reply: a drop reason, or a plan), then
 * rendering writes the bytes that the plan asks for. Neither knows a socket:
 * receiving is relay/path.c's business, sending relay/outbox.c's. Port 4011 has its own
 * files, core/p4011 and core/rescue, which share the state here.
 */
#ifndef CORE_RELAY4_H
#define CORE_RELAY4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/relay4/clients.h"
#include "core/conf/conf.h"
#include "core/relay4/pending.h"
#include "core/iface/iftab.h"
#include "core/server/select.h"
#include "core/server/servers.h"
#include "core/server/stats.h"
#include "proto/dhcp4.h"
#include "proto/pxe.h"
#include "proto/rai.h"

/* Largest UDP payload in which we add option 82: an Ethernet frame without IP
 * fragments, which RFC 3046 2.1 calls the MTU and PXE ROMs cannot live without. */
#define RELAY4_MAX_WITH_82	1472

/* strip-pxe-from leaves longer offers alone; clients take 1,472 bytes at most. */
#define RELAY4_STRIP_MAX	16384

/* What the decisions read and write. All pointers are borrowed. */
struct relay4 {
	const struct conf *conf;	/* that of servers */
	struct servers *servers;
	struct iftab *iftab;
	struct clients *clients;
	struct stats *stats;
	uint64_t rule_hits[CONF_RULES_MAX];
	struct pendings *hedges;
};

/* Takes a configuration (the first or the next), also for its servers: counters of servers and
 * rules that stay are kept. old may be NULL. */
void relay4_configure(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now);

/* A message as it came in. */
struct relay4_rx {
	const void *data;
	size_t len;
	struct ip4 src, dst;
	uint16_t sport;
	uint32_t ifindex;
	const uint8_t *ip;	/* the IP packet, for those who show it; NULL: by a UDP socket */
	size_t ip_len;
	bool csum_unverified;	/* its UDP checksum is not filled in, or was not looked at */
	bool unicast;		/* to one of our addresses, not a broadcast */
	uint8_t mac_len;	/* link source, 0: unknown */
	uint8_t mac[8];
};

struct relay4_copy {
	struct ip4 giaddr;
	const struct rai *rai;	/* NULL: no option 82 is added */
};

/* What is to be sent for one request: every copy to every server. */
struct relay4_plan {
	struct dhcp4 m;		/* m.data is NULL until the message was parsed */
	bool has_client;
	struct pxe_client client;	/* what it says about itself, if has_client */
	uint8_t hops;		/* new value */
	bool foreign;		/* another relay's: nothing but hops changes */
	bool drop_old;		/* option82-policy = replace */
	bool hedge;		/* the question is asked again, of the next server */
	uint8_t rai_flags;
	uint8_t n_copy;
	struct relay4_copy copy[IFACE_GIADDRS_MAX];
	uint16_t n_server;
	uint16_t n_boot;	/* of them in the boot class only (for counting) */
	uint16_t server[CONF_SERVERS_MAX];
	uint16_t rule;		/* that chose them, CONF_NONE: none */
	uint16_t group[CONV_CLASSES];	/* whom the question goes to, CONF_NONE: none */
	struct iface *in;
};

/* DROP_NONE and a plan, or why not. Counts everything but what sending does. */
enum drop relay4_request(struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct relay4_plan *plan);

/*
 * What a server gets of a copy: no option 82, ours, or ours without server-id-override. That is
 * for boot servers: a machine would take us for its boot server, and ask us on port 4011.
 */
enum relay4_form { RELAY4_BARE, RELAY4_WITH_82, RELAY4_NO_OVERRIDE, RELAY4_FORMS };
enum relay4_form relay4_form(const struct conf *c, const struct relay4_copy *copy,
    uint16_t server);

/*
 * Writes copy i in that form. Returns the length. size must be at least the received
 * length + 300. *no_room is set when the option had to be left out.
 */
size_t relay4_render(const struct relay4_plan *plan, unsigned i, enum relay4_form form,
    uint8_t *out, size_t size, bool *no_room);

/* How a reply is delivered. */
struct relay4_delivery {
	struct dhcp4 m;
	struct iface *out;
	const struct rai *rai;	/* ours, to be taken out; NULL: none was added */
	const struct rai *rai_was;	/* the same before the last change; NULL: none */
	bool strip_pxe;		/* strip-pxe-from */
	uint8_t mac_len;
	uint8_t mac[8];		/* all ff: broadcast */
	struct ip4 src, dst;
	uint16_t sport, dport;
	uint16_t server;	/* index, CONF_NONE when check-source is off */
};

enum drop relay4_reply(struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct relay4_delivery *d);
/* Writes the message for the client; size at least the received length and DHCP4_MIN. Counts
 * option 82 and PXE stripping. Returns the length; 0: it cannot be written, and is dropped. */
size_t relay4_render_reply(struct relay4 *r, const struct relay4_delivery *d,
    uint8_t *out, size_t size);

/*
 * Hedging. When is the next stored question due? false: none waits. relay4_hedge() takes the
 * one that is due first: true when the plan is to be rendered and sent (its message is valid
 * until the next call), false when the question has become pointless.
 */
bool relay4_hedge_due(const struct relay4 *r, struct mono *due);
bool relay4_hedge(struct relay4 *r, struct mono now, struct relay4_plan *plan);

/* --- for the files of relay4, and for those that answer or ask in its way (p4011, rescue) ----- */

/* A plan with nothing but its interface. */
void relay4_begin(struct relay4 *r, struct relay4_plan *plan, uint32_t ifindex, bool unicast);
/* Is the interface one of clients, up, and not on standby? */
enum drop relay4_judge_interface(const struct iface *in);
/* Notes where a request came from, for its replies. */
void relay4_remember(struct conv *cv, const struct relay4_rx *rx, const struct dhcp4 *m);
/* Matches the rules for this client and writes the choice into cv, unless the one in it holds. */
void relay4_choose(struct relay4 *r, struct conv *cv, const struct iface *in,
    const struct pxe_client *client, const struct dhcp4 *m);
/* Was the choice made by this configuration, for this interface? */
bool relay4_choice_holds(const struct relay4 *r, const struct conv *cv, const struct iface *in);

/* The groups that serve a client, after relay4_choose(); CONF_NONE: none. */
struct relay4_targets {
	uint16_t group[CONV_CLASSES];
	/* The dhcp group is `servers =`, the classic helper address: it gets every message,
	 * whatever its class. A rule's dhcp = replaces it for the machines that it matches. */
	bool everything;
};
struct relay4_targets relay4_targets(const struct conv *cv, const struct conf_if *ci);

/* Writes the servers into the plan; and its copies, one for each giaddr to be sent. fresh: cv is a
 * new conversation. */
void relay4_servers(struct relay4 *r, struct relay4_plan *plan, struct conv *cv, struct mono now);
void relay4_copies(struct relay4 *r, struct relay4_plan *plan, struct conv *cv, bool fresh);
/* The servers of the boot group alone, as its mode says, for port 4011. */
void relay4_query_boot(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    struct mono now);
/* Once per address. */
void relay4_add_server(const struct relay4 *r, struct relay4_plan *plan, uint16_t server);
/* In which order the members of a group are queried for the client of m. */
struct select_out relay4_order(struct relay4 *r, const struct dhcp4 *m, uint32_t ifindex,
    uint16_t group, enum conv_class class, struct mono now);
/* The first of them that has not got the query yet, or CONF_NONE. */
uint16_t relay4_next_unasked(const struct conv *cv, const struct select_out *o);
void relay4_note_asked(struct conv *cv, const struct relay4_plan *plan);

/* Notes who was queried, and stores the query for a hedge of each class that has one. */
void relay4_arm(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    const struct relay4_plan *plan, struct conv *cv);
/* Notes that this class was answered; its hedge is let go. */
void relay4_answered(struct relay4 *r, struct conv *cv, enum conv_class class);
/* A message and its origin; rx->len is at most PENDING_MSG_MAX. */
void relay4_store(struct pending *s, const struct conv_key *key, enum conv_class class,
    const struct relay4_rx *rx);

/* May an answer come from there, and by this interface? `server` is the index of
 * rx->src or CONF_NONE. */
enum drop relay4_judge_source(struct relay4 *r, const struct relay4_rx *rx, uint16_t server);
/* The same of a reply to port 67, which may come by a detour. */
enum drop relay4_judge_sender(struct relay4 *r, const struct relay4_rx *rx, uint16_t server);
/* Does the message say what only a relay may say there: a giaddr that is ours or no
 * host's, an option 82 that is damaged or that nobody was trusted with? */
enum drop relay4_judge_forged(const struct relay4 *r, const struct iface *in, const struct dhcp4 *m);
/* Rates, of the interface and of the client; DROP_NONE when within. */
enum drop relay4_limits(struct relay4 *r, struct iface *in, const struct dhcp4 *m, struct mono now);

#endif
