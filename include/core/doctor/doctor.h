/* SPDX-License-Identifier: ISC
 *
 * doctor - one run of `pxrelayctl doctor` on one interface: which questions go to whom
 * and when, what their answers say, and what is found in the end.
 *
 * The doctor plays four kinds of machines (proto/clientmsg). Each of them asks every server
 * that the rules give it by DISCOVER, as the relay would pass it on. What an offer says is
 * followed as firmware would: to port 4011, to the boot file, whose first block is read. Beside
 * that, each server is pinged from two addresses, the one that is natural and the giaddr, which
 * tells a missing way back from a missing service; the offered router is looked for by ARP; and
 * one DISCOVER goes out on the VLAN itself, to hear who answers there.
 *
 * No REQUEST goes to port 67, so no lease is made; an offer that nobody takes is forgotten by
 * every server within minutes. Nothing here touches clients, health or numbers of the
 * relay. A run is memory of its own, made once; answers are found by number, as those of
 * core/probe are, and whatever they hold is text from the network.
 *
 * doctor.c has questions and answers, doctor_judge.c the findings. What is sent how is
 * relay/consult's business.
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

#define DOCTOR_RUNS_MAX		32	/* at once: what the tokens have room for */
#define DOCTOR_FILES_MAX	32	/* different boot files of one run */
#define DOCTOR_ROUTERS_MAX	4
#define DOCTOR_STRANGERS_MAX	4
#define DOCTOR_NETS_MAX		8
#define DOCTOR_DETAIL		200	/* bytes of a finding's detail, with NUL */
/* The longest that a run takes: late offer, port 4011, boot file. */
#define DOCTOR_RUN_MS		10000
#define DOCTOR_FILE_BYTES	1024	/* of a file that are asked for, by HTTP */
#define DOCTOR_NO_Q		UINT16_MAX	/* "no question" where a place is expected */

/* --- questions -------------------------------------------------------------------- */

enum doctor_what {
	DOCTOR_DISCOVER,	/* to a server, as the relay passes it on */
	DOCTOR_LISTEN,		/* a DISCOVER on the VLAN */
	DOCTOR_PING,
	DOCTOR_PING_GIADDR,	/* with the giaddr as source */
	DOCTOR_4011,
	DOCTOR_FILE,
	DOCTOR_ARP,
	DOCTOR_WHATS
};

/* One that is to be sent now. */
struct doctor_ask {
	enum doctor_what what;
	uint32_t token;
	uint16_t server;	/* DISCOVER: its index in the configuration */
	struct ip4 to;		/* PING, 4011, FILE, ARP */
	struct ip4 source;	/* PING_GIADDR, 4011, FILE: IP4_NONE when the giaddr is not ours */
	uint32_t ifindex;	/* of the client interface */
	struct clientmsg msg;	/* DISCOVER, LISTEN, 4011 */
	struct ip4 giaddr;	/* DISCOVER; 4011: ciaddr */
	const struct rai *rai;	/* DISCOVER: borrowed from the run */
	struct ip4 id;		/* 4011: option 54, or IP4_NONE */
	int item;		/* 4011: option 43.71, or -1 */
	const struct bootfile *file;	/* FILE: borrowed from the run */
	int64_t left_ms;	/* until nobody waits for it any more */
};

enum doctor_state {
	DOCTOR_IDLE,		/* not asked: there was no need */
	DOCTOR_OPEN,
	DOCTOR_ANSWERED,
	DOCTOR_SILENT,
	DOCTOR_ERROR		/* err says which */
};

struct doctor_q {
	uint8_t what, kind, state, tries;
	uint8_t gi;		/* DISCOVER: which giaddr */
	uint16_t ref;		/* server (DISCOVER, PING, 4011), file, router: place in the run */
	int err;		/* errno */
	uint32_t token;
	struct mono began, due;	/* due: of the next try, or of the end */
};

/* --- what is known ------------------------------------------------------------------ */

struct doctor_offer {
	bool got;
	bool pxe, http;		/* option 60 */
	struct ip4 from;	/* source of the datagram */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr, router, mask;
	struct ip4 name66;	/* option 66, if that is an address */
	bool has_name66;	/* ... or a name */
	int item;		/* type of the first entry of the boot menu, -1: no menu */
	struct ip4 item_server;	/* its first boot server in 43.8 */
	char file[BOOTFILE_MAX];	/* as received, up to a NUL; empty: none */
};

/* What one server said to one kind of machine. */
struct doctor_kind {
	enum drop refused;	/* why the relay would not deliver an answer; DROP_NONE */
	struct ip4 refused_from;
	struct doctor_offer address;	/* with yiaddr */
	struct doctor_offer boot;	/* without */
	struct doctor_offer ack;	/* from port 4011 */
	uint16_t discover;	/* the first of n_discover questions, one for each giaddr */
	uint16_t n_discover;
	uint16_t p4011;		/* question, DOCTOR_NO_Q: none */
	struct ip4 asked_4011;
	bool wrong_port;	/* the answer from port 4011 went to port 68 */
};

struct doctor_server {
	uint16_t index;		/* in the configuration */
	struct ip4 address;
	uint8_t dhcp, boot;	/* kinds (1 << kind) for which it is asked, by class */
	bool is_boot;		/* of a boot class */
	bool routed, drained, down, proxy_only;
	bool serves_others;	/* it answered others lately; relay/consult may know of more */
	enum health_diag diag;
	uint16_t ping, ping_giaddr;	/* questions, DOCTOR_NO_Q: none */
	struct doctor_kind kind[CLIENTMSG_KINDS];
};

/* What somebody said to this interface's clients without being asked by the relay. */
struct doctor_stranger {
	struct ip4 from, yiaddr;
	bool relay;		/* delivered by another relay */
};

struct doctor_file {
	struct ip4 server;	/* IP4_NONE: not to be fetched */
	uint8_t kinds;
	uint16_t q;
	enum finding outcome;	/* FINDING_MAX: not known yet */
	enum bootfile_content content;
	int code;		/* TFTP error, HTTP status */
	char name[BOOTFILE_MAX];
	struct bootfile where;	/* points into name */
};

struct doctor_router {
	struct ip4 address;
	bool ours;
	uint16_t q;
};

/* How a kind of machine is served, by the configuration. */
struct doctor_choice {
	uint16_t rule, dhcp, boot;	/* CONF_NONE */
	bool drop;
};

struct doctor_finding {
	enum finding what;
	uint8_t kinds;		/* 1 << kind; 0: all are meant */
	uint16_t server;	/* in the configuration, CONF_NONE */
	struct ip4 address;	/* of somebody else, IP4_NONE */
	char detail[DOCTOR_DETAIL];	/* escaped, may be empty */
};

struct doctor {
	const struct conf *conf;	/* borrowed: a run ends when another one is taken */
	uint8_t slot;
	uint16_t mac;		/* the last two bytes of the machine's hardware address */
	struct hash_key secret;
	uint32_t ifindex;	/* 0: the interface cannot be asked, there are findings only */
	char ifname[IFTAB_NAME_MAX];
	struct mono began;
	bool judged;

	unsigned n_gi;		/* those with which the relay asks: one, or all of them */
	struct iface_gi gi[IFTAB_GI_MAX];
	bool giaddr_ours;	/* the first one, in whose name all but DISCOVER is asked */
	bool other_nets;	/* addresses may be of any subnet (link-selection) */
	unsigned n_net;
	struct ip4net net[DOCTOR_NETS_MAX];
	struct doctor_choice choice[CLIENTMSG_KINDS];

	unsigned n_server;
	struct doctor_server *server;	/* owned */
	unsigned n_q, max_q, next;	/* next: where doctor_next() looks */
	struct doctor_q *q;		/* owned */
	unsigned n_file, n_router, n_stranger;
	struct doctor_file file[DOCTOR_FILES_MAX];
	struct doctor_router router[DOCTOR_ROUTERS_MAX];
	struct doctor_stranger stranger[DOCTOR_STRANGERS_MAX];
	unsigned n_finding, max_finding;
	struct doctor_finding *finding;	/* owned */
};

/* A run on the interface with this index, or name when the kernel has none (0). slot <
 * DOCTOR_RUNS_MAX is free, secret and mac are drawn for it. NULL: no memory. */
struct doctor *doctor_new(struct relay4 *r, uint32_t ifindex, const char *ifname,
    uint8_t slot, struct hash_key secret, struct mono now);
struct doctor *doctor_free(struct doctor *d);	/* NULL-safe; returns NULL */

/* The next question that is due; false: none is. */
bool doctor_next(struct doctor *d, struct mono now, struct doctor_ask *a);
/* Is this a giaddr with which the run asks? */
bool doctor_has_giaddr(const struct doctor *d, struct ip4 a);
/* All questions are over; findings stand. */
bool doctor_done(struct doctor *d, struct mono now);

/* --- answers ------------------------------------------------------------------------- */

/* Which run a token is of; its question may be over. */
uint8_t doctor_slot(uint32_t token);
/* The question, or NULL when it is not this run's. */
struct doctor_q *doctor_find(struct doctor *d, uint32_t token);

/* A DHCP message to port 67, for the machine of this run. why: what the relay would do with it.
 * Returns whether it answers a question. */
bool doctor_offered(struct doctor *d, const struct dhcp4 *m, struct ip4 from, enum drop why,
    struct mono now);
/* PING, PING_GIADDR, ARP. */
bool doctor_heard(struct doctor *d, uint32_t token);
/* 4011: the datagram, or that one came to port 68. */
bool doctor_4011(struct doctor *d, uint32_t token, const void *data, size_t len,
    struct ip4 from, struct mono now);
void doctor_wrong_port(struct doctor *d, uint32_t token);
/* FILE: the first datagram of TFTP, or what came of HTTP up to DOCTOR_FILE_BYTES of body or its
 * end. */
bool doctor_fetched(struct doctor *d, uint32_t token, const void *data, size_t len);
/* Sending failed, or an error came back (errno). */
void doctor_failed(struct doctor *d, uint32_t token, int err);
/* An error of a server's socket. true: a DISCOVER of this run met it. */
bool doctor_server_error(struct doctor *d, uint16_t server, int err);
/* A BOOTREPLY to the run's machine that came by the VLAN itself. */
void doctor_heard_on_vlan(struct doctor *d, const struct dhcp4 *m, struct ip4 from);

/* The offer that sends the machine to port 4011. */
const struct doctor_offer *doctor_sender_to_4011(const struct doctor_kind *k);

/* doctor_judge.c, for doctor.c: what is found of the interface and the configuration before
 * anybody is asked (f may be NULL), and all the rest, once. */
void doctor_look(struct doctor *d, const struct iface *f);
void doctor_judge(struct doctor *d);
enum finding_level doctor_worst(const struct doctor *d);

#endif
