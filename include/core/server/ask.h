/* SPDX-License-Identifier: ISC
 *
 * ask - to which servers a message goes, of either family. A query (DISCOVER,
 * SOLICIT) goes to some members of a group in an order (select), and to more
 * when the client repeats it or when no answer comes in time; any other message
 * goes to all members, or to the one that it names. Which group serves a client,
 * and what is an answer, is for the relay of its family to say.
 *
 * Each conversation has a struct ask, and each message that is relayed a struct
 * ask_list.
 */
#ifndef CORE_SERVER_ASK_H
#define CORE_SERVER_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/rx.h"
#include "core/server/pending.h"
#include "core/server/select.h"
#include "core/server/servers.h"
#include "core/server/stats.h"

/* The relay of a family: what the decisions read and write. Servers of the other one
 * do not exist for it: a group without members of its family is empty. All pointers
 * are borrowed. */
struct relay {
	enum family family;
	const struct conf *conf;	/* the same as servers->conf */
	struct iftab *iftab;
	struct servers *servers;
	struct stats *stats;		/* of this family */
	struct clients *clients;
	struct pendings *hedges;
	uint32_t n_group;	/* DHCPv4: of all interfaces, see iface_group */
	struct mono since;		/* when it began to remember clients */
};

/* The queries of a conversation: one of each class, each with its own hedge. */
struct ask {
	struct serverset asked;		/* servers that got a copy */
	uint8_t asks[CONF_CLASSES];	/* how often the client asked, so far */
	bool answered[CONF_CLASSES];
	uint32_t hedge[CONF_CLASSES];	/* slot of relay.hedges, 0: none */
};

/* The servers of one message. */
struct ask_list {
	uint16_t n;
	uint16_t n_boot;		/* of these, in the boot class only; for counters */
	uint16_t server[CONF_SERVERS_MAX];
	uint16_t group[CONF_CLASSES];	/* that are queried, CONF_NONE: none */
	bool one;			/* see ask_client */
};

/* The client, as far as it decides about the order of servers. */
struct ask_client {
	const void *id;			/* hashed by balance */
	size_t len;
	uint16_t sticky;		/* the server that answered it last, or CONF_NONE */
	/* Each copy of this query may commit a lease (Rapid Commit), so one
	 * server at a time gets it. */
	bool one;
	/* It must not see offers without an address: not to servers with offers =
	 * proxy-only. */
	bool leases;
};

/* ask_count() counts a request that came by this interface (NULL: an unknown one).
 * ask_judged() counts it as relayed to the list if `why` is DROP_NONE, else as dropped,
 * and returns `why`. type: of the client's message. */
void ask_count(const struct relay *r, struct iface *in);
enum drop ask_judged(const struct relay *r, struct iface *in, const struct ask_list *l,
    uint8_t type, enum drop why);
/* May a reply, or an ICMP error, come from this address, on this interface? server: the
 * index of rx->src, or CONF_NONE. */
enum drop ask_judge_source(const struct relay *r, const struct rx *rx, uint16_t server);
/* Is every client that waits for a reply remembered by now? */
#define ASK_GRACE_MS	120000
bool ask_remembers(const struct relay *r, struct mono now);
void ask_begin(struct ask_list *l);
/* Adds a server, unless its address is in the list or of the other family. */
void ask_add(const struct relay *r, struct ask_list *l, uint16_t server);
/* Removes the i-th of the list. */
void ask_remove(struct ask_list *l, uint16_t i);
/* Adds the members of a group that get a message which is not a query: the one
 * that it names (`first` index, or CONF_NONE), and all others unless `only`. */
void ask_members(const struct relay *r, struct ask_list *l, uint16_t group,
    uint16_t named, bool only);
/* Adds the members of a group that a query goes to. */
void ask_query(const struct relay *r, struct ask_list *l, struct ask *q,
    uint16_t group, enum conf_class class, const struct ask_client *c,
    struct mono now);
/* Notes who got the message; ask_arm also stores it, for each class that is
 * hedged. key: of the conversation. */
void ask_note(struct ask *q, const struct ask_list *l);
void ask_arm(const struct relay *r, const struct ask_list *l, struct ask *q,
    const struct client_key *key, const struct rx *rx, struct mono now);
/* Notes that this class was answered, and drops its hedge. */
void ask_answered(const struct relay *r, struct ask *q, const struct client_key *key,
    enum conf_class class);
/* Adds the next server for a stored query that is due; false: there is none, or
 * q has no such query any more. Then s is free again, as it is after the last
 * server; otherwise it is due again. Its message is valid until another one is
 * stored. */
bool ask_next(const struct relay *r, struct ask_list *l, struct ask *q,
    struct pending *s, uint16_t group, const struct ask_client *c,
    struct mono now);
/* The client goes on with its queries in another conversation. from_key: of the one that
 * ends. */
void ask_move(const struct relay *r, struct ask *q, struct ask *from,
    const struct client_key *from_key);
/* Another choice of groups: earlier queries went elsewhere. */
void ask_reset(struct ask *q);
/* The order in which the members of a group are queried. */
struct select_out ask_order(const struct relay *r, uint16_t group,
    const struct ask_client *c, struct mono now);

#endif
