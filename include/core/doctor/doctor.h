/* SPDX-License-Identifier: ISC
 *
 * doctor - a run of `pxrelayctl doctor` on one interface: which queries are
 * sent to which server and when, what the answers say, and the findings.
 *
 * The doctor acts as seven kinds of machines (proto/clientmsg), four over IPv4 and
 * three over IPv6. For each, it sends a DISCOVER or SOLICIT to every server that the
 * rules select, as the relay would forward it, and follows the offers as firmware
 * does: to port 4011, and to the boot file, whose first block it reads. It also pings
 * each server from the host's usual source address and from the giaddr or link-address, to
 * distinguish a missing return route from a missing service. With IPv4, it resolves the
 * offered router by ARP, and broadcasts a DISCOVER on the VLAN to find out who else answers
 * there; with IPv6, it asks for router advertisements.
 *
 * No REQUEST is sent to port 67 or 547, so there is no lease, and servers forget an
 * unused offer within minutes. A run does not touch the relay's clients, health
 * and counters. Answers are matched by token; their content is untrusted.
 *
 * relay/tend/doctor_run sends and receives.
 */
#ifndef CORE_DOCTOR_DOCTOR_H
#define CORE_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"
#include "core/iface/iftab.h"
#include "core/relay4/relay4.h"
#include "core/relay6/relay6.h"
#include "proto/bootfile.h"
#include "proto/clientmsg.h"
#include "proto/finding.h"
#include "proto/icmp6.h"
#include "proto/pxe6.h"

#define DOCTOR_RUNS_MAX		32	/* at once */
#define DOCTOR_FILES_MAX	32	/* different boot files in one run */
#define DOCTOR_ROUTERS_MAX	4
#define DOCTOR_STRANGERS_MAX	4
#define DOCTOR_NETS_MAX		16
#define DOCTOR_DETAIL		200	/* bytes of a finding's detail, with NUL */
/* The longest run: a late offer, then port 4011, then the boot file. */
#define DOCTOR_RUN_MS		10000
#define DOCTOR_FILE_BYTES	1024	/* of a file, requested by HTTP */

/* --- queries -------------------------------------------------------------- */

enum doctor_what {
	DOCTOR_DISCOVER,	/* or SOLICIT: to a server, as the relay forwards it */
	DOCTOR_LISTEN,		/* a DISCOVER on the VLAN */
	DOCTOR_PING,
	DOCTOR_PING_GIADDR,	/* from the giaddr */
	DOCTOR_4011,
	DOCTOR_FILE,
	DOCTOR_ARP,
	DOCTOR_ROUTERS,		/* a router solicitation on the VLAN */
	DOCTOR_WHATS
};

/* A query to send now. */
struct doctor_ask {
	enum doctor_what what;
	uint32_t token;
	uint16_t server;	/* DISCOVER: index in the configuration */
	struct ipaddr to;	/* PING, PING_GIADDR, 4011, FILE, ARP */
	/* The giaddr or link-address if it is ours; PING: the source of requests. */
	struct ipaddr source;
	uint32_t ifindex;	/* of the client interface */
	struct clientmsg msg;	/* DISCOVER, LISTEN, 4011 */
	struct ip4 giaddr;	/* DISCOVER; 4011: ciaddr */
	const struct rai *rai;	/* DISCOVER; borrowed from the run */
	struct ip4 id;		/* 4011: option 54, or IP4_NONE */
	struct rd duid;		/* the same of DHCPv6; borrowed from the run */
	int item;		/* 4011: option 43.71, or -1 */
	const struct bootfile *file;	/* FILE: borrowed from the run */
	int64_t left_ms;	/* until the query times out */
};

enum doctor_state {
	DOCTOR_OPEN,
	DOCTOR_ANSWERED,
	DOCTOR_SILENT,
	DOCTOR_ERROR		/* see err */
};

struct doctor_query {
	enum doctor_what what;
	enum clientmsg_kind kind;
	enum doctor_state state;
	unsigned tries;
	unsigned gi;		/* DISCOVER: which giaddr */
	unsigned ref;		/* index of the file, router or (else) server */
	struct ipaddr to;	/* as in struct doctor_ask */
	int err;		/* errno */
	uint32_t token;
	struct mono began, due;	/* due: the next try, or the timeout */
};

/* --- results -------------------------------------------------------- */

struct doctor_offer {
	bool got;
	bool fragments;		/* exceeds the MTU of the VLAN */
	bool pxe, http;		/* option 60 */
	struct ip4 from;	/* source of the message */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr, router, mask;
	struct ip4 name66;	/* option 66 if it is an address ... */
	bool has_name66;	/* ... and whether there is one */
	int item;		/* type of the boot menu's first entry; -1: none */
	struct ip4 item_server;	/* its first boot server in option 43.8 */
	char file[BOOTFILE_MAX];	/* as received; empty: none */
	/* DHCPv6: */
	struct pxe6_offer six;	/* its URL is in file */
	struct ip6 address;	/* IP6_NONE: none */
	uint16_t status;	/* option 13, of the message or an IA */
	uint8_t duid_len;
	uint8_t duid[CONF_DUID_MAX];
};

/* What one server replied to one kind of machine. */
struct doctor_kind {
	enum drop refused;	/* why the relay would drop a reply */
	struct ipaddr refused_from;
	bool malformed;		/* an ADVERTISE that firmware ignores */
	struct doctor_offer address;	/* with an address */
	struct doctor_offer boot;	/* without */
	struct doctor_offer ack;	/* from port 4011 */
	struct doctor_query *p4011;	/* NULL: no reason to query it */
	struct ipaddr no_host;	/* not queried: no machine can reach it */
	bool wrong_port;	/* its reply from port 4011 went to port 68 */
};

/* Sets of kinds have the bits 1 << kind. */
struct doctor_server {
	uint16_t index;		/* in the configuration */
	struct ipaddr address;
	struct ipaddr source;	/* of requests to it */
	unsigned dhcp, boot;	/* kinds whose dhcp or boot group has it */
	unsigned queried, answered;	/* kinds: DISCOVER was sent; was answered */
	int err;		/* error (errno) of a DISCOVER */
	bool is_boot;		/* a boot server, not a DHCP server */
	bool routed, drained, down, proxy_only;
	bool serves_others;	/* has answered clients recently */
	enum health_diag diag;
	struct doctor_query *ping, *ping_giaddr;	/* NULL: not sent */
	struct doctor_kind kind[CLIENTMSG_KINDS];
};

/* A host other than our servers that answers clients on the VLAN. */
struct doctor_stranger {
	struct ip4 from, yiaddr;
	bool relay;		/* it is another relay */
};

struct doctor_file {
	struct ipaddr server;	/* none: it cannot be read */
	unsigned kinds;
	struct doctor_query *query;
	enum finding outcome;	/* FINDING_MAX: open */
	enum bootfile_content content;
	int code;		/* TFTP error, HTTP status */
	char name[BOOTFILE_MAX];
	struct bootfile where;	/* points into name */
};

struct doctor_router {
	struct ip4 address;
	bool ours;
	struct doctor_query *query;	/* NULL if it is ours */
};

/* A router that advertises itself on the VLAN. */
struct doctor_advert {
	struct ip6 from;
	struct icmp6_advert ra;
};

/* What the configuration selects for a kind of machine. */
struct doctor_choice {
	uint16_t rule;		/* CONF_NONE */
	struct conf_groups t;
};

struct doctor_finding {
	enum finding what;
	enum finding_level level;
	unsigned kinds;		/* 0: not about a kind */
	uint16_t server;	/* index in the configuration, or CONF_NONE */
	struct ipaddr address;	/* of another host, or none */
	char detail[DOCTOR_DETAIL];	/* escaped; may be empty */
};

struct doctor {
	const struct conf *conf;	/* borrowed; a reload ends the run */
	uint8_t slot;
	uint16_t mac;		/* last two bytes of the machines' chaddr */
	struct hash_key secret;
	uint32_t ifindex;	/* 0: not usable, so nothing is sent */
	char ifname[IFTAB_NAME_MAX];
	struct mono began;
	bool judged;
	bool serves[FAMILIES];	/* is this family examined? */

	struct ip6 link;	/* link-address, or IP6_NONE */
	bool link_ours;		/* it is one of this interface */
	unsigned n_giaddr;		/* giaddrs of the relay: one or all; 0: none */
	struct iface_giaddr giaddr[IFACE_GIADDRS_MAX];
	uint32_t mtu;		/* of the VLAN; 0: unknown */
	bool giaddr_ours;	/* the first is an address of this host */
	bool other_nets;	/* offers may be of any subnet (link-selection) */
	unsigned n_net;
	struct ipnet net[DOCTOR_NETS_MAX];	/* of the interface, not link-local */
	struct doctor_choice choice[CLIENTMSG_KINDS];

	unsigned n_server;
	struct doctor_server *server;	/* owned */
	unsigned n_q, max_q, next;	/* next: for doctor_next() */
	struct doctor_query *q;		/* owned */
	unsigned n_file, n_router, n_advert, n_stranger;
	struct doctor_file file[DOCTOR_FILES_MAX];
	struct doctor_router router[DOCTOR_ROUTERS_MAX];
	struct doctor_advert advert[DOCTOR_ROUTERS_MAX];
	struct doctor_stranger stranger[DOCTOR_STRANGERS_MAX];
	unsigned n_finding, max_finding;
	enum finding_level worst;
	struct doctor_finding *finding;	/* owned */
};

/* Begins a run on an interface; ifindex is 0 if the kernel does not have it.
 * slot is a free one below DOCTOR_RUNS_MAX. NULL: out of memory. */
struct doctor *doctor_new(struct relay *r, uint32_t ifindex, const char *ifname,
    uint8_t slot, struct hash_key secret, struct mono now);
struct doctor *doctor_free(struct doctor *d);	/* returns NULL */

/* Gets the next query that is due; false if none is. */
bool doctor_next(struct doctor *d, struct mono now, struct doctor_ask *a);
/* Does the run use this giaddr? */
bool doctor_has_giaddr(const struct doctor *d, struct ip4 a);
/* Have all queries ended? If so, the findings are complete. */
bool doctor_done(struct doctor *d, struct mono now);

/* --- answers -------------------------------------------------------------- */

/* The slot of the run that a token belongs to. */
uint8_t doctor_slot(uint32_t token);
/* Finds the query of this run, or NULL. */
struct doctor_query *doctor_find(struct doctor *d, uint32_t token);

/* Takes a DHCP message to port 67 for one of the machines; why is the relay's
 * verdict on it. Returns true if it answers a query. */
bool doctor_offered(struct doctor *d, const struct dhcp4 *m, struct ip4 from,
    enum drop why, struct mono now);
/* The same of DHCPv6. m is what is in the RELAY-REPL; its data is NULL if that could not
 * be read. */
bool doctor_advertised(struct doctor *d, uint32_t token, const struct dhcp6 *m,
    struct ipaddr from, enum drop why, struct mono now);
/* Takes the answer to another query. The data is the datagram from port 4011 or
 * TFTP, or an HTTP response with up to DOCTOR_FILE_BYTES of its body. */
bool doctor_answer(struct doctor *d, uint32_t token, const void *data, size_t len,
    struct ipaddr from, struct mono now);
/* The reply from port 4011 was sent to port 68. */
void doctor_wrong_port(struct doctor *d, uint32_t token);
/* Sending failed, or an error (errno) was received. */
void doctor_failed(struct doctor *d, uint32_t token, int err);
/* Takes an error (errno) of a server's socket; true if it ended a DISCOVER. */
bool doctor_server_error(struct doctor *d, uint16_t server, int err);
/* Takes a BOOTREPLY to one of the machines, received on the VLAN. */
void doctor_heard_on_vlan(struct doctor *d, const struct dhcp4 *m, struct ip4 from);

/* Returns the offer that leads the machine to port 4011. */
const struct doctor_offer *doctor_sender_to_4011(const struct doctor_kind *k);

/* Report the findings about the interface and the configuration before anything
 * is sent (f may be NULL), and all others at the end. */
void doctor_look(struct doctor *d, const struct iface *f);
void doctor_judge(struct doctor *d);

#endif
