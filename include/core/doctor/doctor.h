/* SPDX-License-Identifier: ISC
 *
 * doctor - one run of `pxrelayctl doctor` on one interface: which queries go to which
 * server and when, what the answers say, and what is found in the end.
 *
 * The doctor plays four kinds of machines (proto/clientmsg). Each sends a DISCOVER to every
 * server that the rules select for it, as the relay would forward it. Offers are followed
 * as firmware follows them: to port 4011, and to the boot file, whose first block is read.
 * Each server is pinged twice, from the host's own source address and from the giaddr, which
 * tells a missing return route from a missing service. The offered router is looked up by
 * ARP, and one DISCOVER is broadcast on the VLAN to hear who else answers there.
 *
 * No REQUEST goes to port 67, so no lease is made; servers forget an offer that nobody takes
 * within minutes. A run leaves the relay's clients, health and counters alone. It allocates
 * its memory once. Answers are matched by token, and their content is untrusted.
 *
 * doctor.c has the queries and answers, doctor_judge.c the findings. relay/tend/doctor_run
 * sends and receives.
 */
#ifndef CORE_DOCTOR_H
#define CORE_DOCTOR_H

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
#include "proto/bootfile.h"
#include "proto/clientmsg.h"
#include "proto/finding.h"

#define DOCTOR_RUNS_MAX		32	/* at once: what a token has room for */
#define DOCTOR_FILES_MAX	32	/* different boot files in one run */
#define DOCTOR_ROUTERS_MAX	4
#define DOCTOR_STRANGERS_MAX	4
#define DOCTOR_NETS_MAX		8
#define DOCTOR_DETAIL		200	/* bytes of a finding's detail, with NUL */
/* The longest run: a late offer, then port 4011, then the boot file. */
#define DOCTOR_RUN_MS		10000
#define DOCTOR_FILE_BYTES	1024	/* requested of a file by HTTP */

/* --- queries -------------------------------------------------------------- */

enum doctor_what {
	DOCTOR_DISCOVER,	/* to a server, as the relay forwards it */
	DOCTOR_LISTEN,		/* a DISCOVER on the VLAN */
	DOCTOR_PING,
	DOCTOR_PING_GIADDR,	/* with the giaddr as source */
	DOCTOR_4011,
	DOCTOR_FILE,
	DOCTOR_ARP,
	DOCTOR_WHATS
};

/* A query to send now. */
struct doctor_ask {
	enum doctor_what what;
	uint32_t token;
	uint16_t server;	/* DISCOVER: index in the configuration */
	struct ip4 to;		/* PING, PING_GIADDR, 4011, FILE, ARP */
	struct ip4 source;	/* PING_GIADDR, 4011, FILE: IP4_NONE if the giaddr is not ours */
	uint32_t ifindex;	/* of the client interface */
	struct clientmsg msg;	/* DISCOVER, LISTEN, 4011 */
	struct ip4 giaddr;	/* DISCOVER; 4011: ciaddr */
	const struct rai *rai;	/* DISCOVER: borrowed from the run */
	struct ip4 id;		/* 4011: option 54, or IP4_NONE */
	int item;		/* 4011: option 43.71, or -1 */
	const struct bootfile *file;	/* FILE: borrowed from the run */
	int64_t left_ms;	/* until the run gives up waiting */
};

enum doctor_state {
	DOCTOR_OPEN,
	DOCTOR_ANSWERED,
	DOCTOR_SILENT,
	DOCTOR_ERROR		/* err says which */
};

struct doctor_query {
	enum doctor_what what;
	enum clientmsg_kind kind;
	enum doctor_state state;
	unsigned tries;
	unsigned gi;		/* DISCOVER: which giaddr */
	unsigned ref;		/* which server (DISCOVER, PING, 4011), file or router of the run */
	struct ip4 to;		/* as in struct doctor_ask */
	int err;		/* errno */
	uint32_t token;
	struct mono began, due;	/* due: of the next try, or the end */
};

/* --- what is known -------------------------------------------------------- */

struct doctor_offer {
	bool got;
	bool pxe, http;		/* option 60 */
	struct ip4 from;	/* source of the datagram */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr, router, mask;
	struct ip4 name66;	/* option 66, if it is an address */
	bool has_name66;	/* ... or a name */
	int item;		/* type of the boot menu's first entry, -1: no menu */
	struct ip4 item_server;	/* that entry's first boot server in 43.8 */
	char file[BOOTFILE_MAX];	/* as received, up to a NUL; empty: none */
};

/* What one server told one kind of machine. */
struct doctor_kind {
	enum drop refused;	/* why the relay would not deliver a reply; DROP_NONE */
	struct ip4 refused_from;
	struct doctor_offer address;	/* with yiaddr */
	struct doctor_offer boot;	/* without */
	struct doctor_offer ack;	/* from port 4011 */
	struct doctor_query *p4011;	/* NULL: nothing led there */
	bool wrong_port;	/* the reply from port 4011 went to port 68 */
};

/* Sets of kinds are bits, 1 << kind. */
struct doctor_server {
	uint16_t index;		/* in the configuration */
	struct ip4 address;
	unsigned dhcp, boot;	/* kinds that select it, by class */
	unsigned queried, answered;	/* kinds whose DISCOVER it was sent; answered */
	int err;		/* errno that a DISCOVER met */
	bool is_boot;		/* of a boot class */
	bool routed, drained, down, proxy_only;
	bool serves_others;	/* it answered others lately; doctor_run may know more */
	enum health_diag diag;
	struct doctor_query *ping, *ping_giaddr;	/* NULL: not sent */
	struct doctor_kind kind[CLIENTMSG_KINDS];
};

/* A host that answers this interface's clients by itself. */
struct doctor_stranger {
	struct ip4 from, yiaddr;
	bool relay;		/* another relay delivered it */
};

struct doctor_file {
	struct ip4 server;	/* IP4_NONE: cannot be fetched */
	unsigned kinds;
	struct doctor_query *query;
	enum finding outcome;	/* FINDING_MAX: not known yet */
	enum bootfile_content content;
	int code;		/* TFTP error, HTTP status */
	char name[BOOTFILE_MAX];
	struct bootfile where;	/* points into name */
};

struct doctor_router {
	struct ip4 address;
	bool ours;
	struct doctor_query *query;	/* NULL when it is ours */
};

/* How the configuration serves a kind of machine. */
struct doctor_choice {
	uint16_t rule;		/* CONF_NONE */
	struct conf_groups t;
};

struct doctor_finding {
	enum finding what;
	enum finding_level level;
	unsigned kinds;		/* 0: not about a kind of machine */
	uint16_t server;	/* in the configuration, CONF_NONE */
	struct ip4 address;	/* of another host, IP4_NONE */
	char detail[DOCTOR_DETAIL];	/* escaped, may be empty */
};

struct doctor {
	const struct conf *conf;	/* borrowed: a reload ends the run */
	uint8_t slot;
	uint16_t mac;		/* last two bytes of the machine's hardware address */
	struct hash_key secret;
	uint32_t ifindex;	/* 0: the interface is not usable, nothing is sent */
	char ifname[IFTAB_NAME_MAX];
	struct mono began;
	bool judged;

	unsigned n_giaddr;		/* giaddrs the relay uses: one, or all of them */
	struct iface_giaddr giaddr[IFACE_GIADDRS_MAX];
	bool giaddr_ours;	/* the first one; all but DISCOVERs are sent from it */
	bool other_nets;	/* addresses may be of any subnet (link-selection) */
	unsigned n_net;
	struct ip4net net[DOCTOR_NETS_MAX];
	struct doctor_choice choice[CLIENTMSG_KINDS];

	unsigned n_server;
	struct doctor_server *server;	/* owned */
	unsigned n_q, max_q, next;	/* next: where doctor_next() continues */
	struct doctor_query *q;		/* owned */
	unsigned n_file, n_router, n_stranger;
	struct doctor_file file[DOCTOR_FILES_MAX];
	struct doctor_router router[DOCTOR_ROUTERS_MAX];
	struct doctor_stranger stranger[DOCTOR_STRANGERS_MAX];
	unsigned n_finding, max_finding;
	enum finding_level worst;
	struct doctor_finding *finding;	/* owned */
};

/* A run on the interface with this index, or this name if the kernel has none (0). slot <
 * DOCTOR_RUNS_MAX is free, secret is drawn for this run. NULL: no memory. */
struct doctor *doctor_new(struct relay4 *r, uint32_t ifindex, const char *ifname,
    uint8_t slot, struct hash_key secret, struct mono now);
struct doctor *doctor_free(struct doctor *d);	/* NULL-safe; returns NULL */

/* The next query that is due; false if none is. */
bool doctor_next(struct doctor *d, struct mono now, struct doctor_ask *a);
/* Is this one of the giaddrs that the run uses? */
bool doctor_has_giaddr(const struct doctor *d, struct ip4 a);
/* All queries have ended, and the findings are final. */
bool doctor_done(struct doctor *d, struct mono now);

/* --- answers -------------------------------------------------------------- */

/* Which run a token belongs to; its query may have ended. */
uint8_t doctor_slot(uint32_t token);
/* The query, or NULL if it is not this run's. */
struct doctor_query *doctor_find(struct doctor *d, uint32_t token);

/* A DHCP message to port 67 for this run's machine. why: what the relay would do with it.
 * Returns whether it answers a query. */
bool doctor_offered(struct doctor *d, const struct dhcp4 *m, struct ip4 from, enum drop why,
    struct mono now);
/* An answer to any other query. PING and ARP need no data; 4011: the datagram; FILE: the first
 * datagram by TFTP, or an HTTP response up to DOCTOR_FILE_BYTES of body or its end. */
bool doctor_answer(struct doctor *d, uint32_t token, const void *data, size_t len,
    struct ip4 from, struct mono now);
/* The reply from port 4011 came to port 68. */
void doctor_wrong_port(struct doctor *d, uint32_t token);
/* Sending failed, or an error came back (errno). */
void doctor_failed(struct doctor *d, uint32_t token, int err);
/* An error of a server's socket. true: a DISCOVER of this run met it. */
bool doctor_server_error(struct doctor *d, uint16_t server, int err);
/* A BOOTREPLY to the run's machine, seen on the VLAN itself. */
void doctor_heard_on_vlan(struct doctor *d, const struct dhcp4 *m, struct ip4 from);

/* The offer that sends the machine to port 4011. */
const struct doctor_offer *doctor_sender_to_4011(const struct doctor_kind *k);

/* doctor_judge.c: findings about the interface and the configuration, before anything is sent
 * (f may be NULL), and all others, once. */
void doctor_look(struct doctor *d, const struct iface *f);
void doctor_judge(struct doctor *d);

#endif
