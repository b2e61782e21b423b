/* SPDX-License-Identifier: ISC
 *
 * relay4 - the decisions of the DHCPv4 relay (RFC 1542, 2131 4.1, 3046): to which servers a
 * request goes, with which giaddr and option 82; on which interface a reply is delivered, and how
 * it is addressed there.
 *
 * relay4_request and relay4_reply judge a message: a drop reason, or a plan. Rendering writes the
 * bytes of the plan. relay/path receives and sends them. Port 4011 has its own files, p4011 and
 * rescue, which share the state here.
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

/* Largest UDP payload in which we add option 82: what fits into an Ethernet frame (the MTU of
 * RFC 3046 2.1). PXE ROMs do not reassemble fragments. */
#define RELAY4_MAX_WITH_82	1472

/* strip-pxe-from leaves longer offers alone; clients take 1,472 bytes at most. */
#define RELAY4_STRIP_MAX	16384

/* What the decisions read and write. All pointers are borrowed. */
struct relay4 {
	const struct conf *conf;	/* the same as servers->conf */
	struct servers *servers;
	struct iftab *iftab;
	struct clients *clients;
	struct stats *stats;
	uint64_t rule_hits[CONF_RULES_MAX];
	struct pendings *hedges;
};

/* Takes a configuration, the first (old is NULL) or the next, also for its servers. Counters of
 * servers and rules that stay are kept. */
void relay4_configure(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now);

/* A message as it came in. */
struct relay4_rx {
	const void *data;
	size_t len;
	struct ip4 src, dst;
	uint16_t sport;
	uint32_t ifindex;
	const uint8_t *ip;	/* the IP packet, for captures; NULL: it came by a UDP socket */
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

/* What is sent for one request: every copy to every server. */
struct relay4_plan {
	struct dhcp4 m;		/* m.data is NULL until the message was parsed */
	bool has_client;
	struct pxe_client client;	/* what it says about itself, if has_client */
	uint8_t hops;		/* new value */
	bool foreign;		/* another relay's: only hops changes */
	bool drop_old;		/* option82-policy = replace */
	bool hedge;		/* the query is repeated, to the next server */
	uint8_t rai_flags;
	uint8_t n_copy;
	struct relay4_copy copy[IFACE_GIADDRS_MAX];
	uint16_t n_server;
	uint16_t n_boot;	/* of them in the boot class only (for counting) */
	uint16_t server[CONF_SERVERS_MAX];
	uint16_t rule;		/* that chose them, CONF_NONE: no rule */
	uint16_t group[CONF_CLASSES];	/* that the query goes to, CONF_NONE: to no group */
	struct iface *in;
};

/* DROP_NONE and a plan, or the reason to drop. Counts. */
enum drop relay4_request(struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct relay4_plan *plan);

/* The option 82 of a copy: none, ours, or ours without server-id-override. The last is for boot
 * servers: a machine would take us for its boot server, and query us on port 4011. */
enum relay4_form { RELAY4_BARE, RELAY4_WITH_82, RELAY4_NO_OVERRIDE, RELAY4_FORMS };
enum relay4_form relay4_form(const struct conf *c, const struct relay4_copy *copy,
    uint16_t server);

/* Writes copy i in that form and returns its length. size is at least the received length + 300.
 * *no_room is set when option 82 had to be left out. */
size_t relay4_render(const struct relay4_plan *plan, unsigned i, enum relay4_form form,
    uint8_t *out, size_t size, bool *no_room);

/* How a reply is delivered. */
struct relay4_delivery {
	struct dhcp4 m;
	struct iface *out;
	const struct rai *rai;	/* our option 82, to be removed; NULL: none was added */
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
/* Writes the message for the client. size is at least the received length and DHCP4_MIN. Returns
 * its length; 0: it cannot be written, so it is dropped. */
size_t relay4_render_reply(struct relay4 *r, const struct relay4_delivery *d,
    uint8_t *out, size_t size);

/* Takes the stored query that is due first (pendings_due(r->hedges) says when). true: render and
 * send the plan, whose message is valid until the next call. false: the query is obsolete. */
bool relay4_hedge(struct relay4 *r, struct mono now, struct relay4_plan *plan);

/* --- shared by the files of relay4, p4011 and rescue ---------------------------- */

/* An empty plan for this interface. */
void relay4_begin(struct relay4 *r, struct relay4_plan *plan, uint32_t ifindex, bool unicast);
/* Is this an interface of clients, up, and not on standby? */
enum drop relay4_judge_interface(const struct iface *in);
/* Notes where a request came from, for its replies. */
void relay4_remember(struct conv *cv, const struct relay4_rx *rx, const struct dhcp4 *m);
/* The groups that serve a client, after relay4_choose(). */
struct conf_groups relay4_targets(const struct relay4 *r, const struct conv *cv,
    const struct iface *in);
/* Matches the rules for this client and writes the choice into cv, unless cv has one that holds:
 * one made by this configuration, for this interface. */
struct conf_groups relay4_choose(struct relay4 *r, struct conv *cv, const struct iface *in,
    const struct pxe_client *client, const struct dhcp4 *m);
bool relay4_choice_holds(const struct relay4 *r, const struct conv *cv, const struct iface *in);

/* Write the servers of the plan, and its copies, one per giaddr. fresh: cv is new. */
void relay4_servers(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    const struct conf_groups *t, struct mono now);
void relay4_copies(struct relay4 *r, struct relay4_plan *plan, struct conv *cv, bool fresh);
/* Writes the servers of the boot group only, for port 4011. */
void relay4_query_boot(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, struct mono now);
/* Adds each address only once. */
void relay4_add_server(const struct relay4 *r, struct relay4_plan *plan, uint16_t server);
/* The order in which the members of a group are queried for the client of m. */
struct select_out relay4_order(struct relay4 *r, const struct dhcp4 *m, uint32_t ifindex,
    uint16_t group, enum conf_class class, struct mono now);
/* The first of them that was not queried yet, or CONF_NONE. */
uint16_t relay4_next_unasked(const struct conv *cv, const struct select_out *o);
void relay4_note_asked(struct conv *cv, const struct relay4_plan *plan);

/* Notes the queried servers, and stores the query for the hedge of each class that has one. */
void relay4_arm(struct relay4 *r, const struct relay4_rx *rx, struct mono now,
    const struct relay4_plan *plan, struct conv *cv);
/* Notes that this class was answered, and drops its hedge. */
void relay4_answered(struct relay4 *r, struct conv *cv, enum conf_class class);
/* Stores a message and its origin; rx->len is at most PENDING_MSG_MAX. */
void relay4_store(struct pending *s, const struct conv_key *key, enum conf_class class,
    const struct relay4_rx *rx);

/* May a reply come from there, by this interface? `server` is the index of rx->src or CONF_NONE. */
enum drop relay4_judge_source(struct relay4 *r, const struct relay4_rx *rx, uint16_t server);
/* The same for a reply to port 67, which may come by the other router of a pair. */
enum drop relay4_judge_sender(struct relay4 *r, const struct relay4_rx *rx, uint16_t server);
/* Does the message forge a giaddr (ours, or no host address) or option 82 (damaged, or from an
 * untrusted circuit)? */
enum drop relay4_judge_forged(const struct relay4 *r, const struct iface *in,
    const struct dhcp4 *m);
/* The rate limits of the client and of the interface. */
enum drop relay4_limits(struct relay4 *r, struct iface *in, const struct dhcp4 *m, struct mono now);

#endif
