/* SPDX-License-Identifier: ISC
 *
 * track - what happened in each client's boot: a bounded table of clients, each with its
 * current conversation and the one before: events with their times, and the facts that
 * core/explain judges by.
 *
 * core/record reports what happens to packets; nothing here changes it. All memory is
 * allocated at the start, and a new client evicts the oldest. Text from packets (file
 * names) is kept as received and must be escaped where it is shown.
 */
#ifndef CORE_TRACK_H
#define CORE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/mono.h"
#include "proto/dhcp4.h"
#include "proto/names.h"
#include "proto/pxe.h"

#define TRACK_EVENTS	32	/* the first 8 and the last 24 of a conversation */
#define TRACK_FIRST	8
#define TRACK_OFFERS	6
#define TRACK_FILE	64	/* bytes of a file name, with NUL */
/* A DISCOVER with another xid begins another conversation, and so does any message after
 * this pause. */
#define TRACK_PAUSE_MS	120000
/* A boot that has been quiet for this long is over. ROMs and EDK2 double the time between
 * tries up to 32 s (PXE 2.1, 2.2.3). */
#define TRACK_OVER_MS	60000

enum track_kind {
#define TRACK(id, word) TRACK_##id,
#include "core/story/track.def"
#undef TRACK
	TRACK_KIND_MAX
};

struct track_event {
	uint32_t ms;		/* since the conversation began */
	uint8_t kind;
	uint8_t why;		/* enum drop, with TRACK_DROP */
	uint16_t n;		/* how many servers; a port; a TFTP error */
	struct ip4 peer;	/* the server */
	struct ip4 addr;	/* offered, asked for */
};

struct track_offer {
	struct ip4 server;	/* the sender */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr;
	struct ip4 router;	/* option 3, first address */
	uint32_t ms;
	bool pxe;		/* option 60 says PXEClient */
	bool http;		/* ... HTTPClient */
	bool file;		/* names a boot file */
	bool menu;		/* option 43 */
	bool boot_only;		/* from a server that serves no leases here */
};

/* A boot server's offer, not an address? */
static inline bool
track_is_boot_offer(const struct track_offer *o)
{
	return ip4_is_none(o->yiaddr) || o->boot_only;
}

/* A conversation counts as a boot from the first message that says so. */
enum track_stage { TRACK_NO_BOOT, TRACK_OPEN, TRACK_OVER };

/* What the client sent. */
struct track_sent {
	uint16_t discovers, requests, declines;
	uint16_t first_secs;	/* `secs` of the first DISCOVER */
	struct ip4 chosen;	/* option 54 of its REQUEST */
};

/* Which servers the relay asked for it. */
struct track_asked {
	uint16_t dhcp, boot;
	uint16_t hedges, boot_hedges;	/* all, and those to boot servers */
	bool boot_down;		/* the last time, all boot servers asked were considered down */
	bool all_down;		/* ... all servers that could lease it an address */
	bool boot_alone;	/* ... there were none: a server on the VLAN leases addresses */
};

/* What servers replied. */
struct track_came {
	bool nak, ack;
	struct ip4 address, router;	/* of the ACK */
	uint8_t plen;		/* of option 1 in the ACK, 0: none */
	bool elsewhere;		/* router is another host */
	bool late, in_time;	/* a boot offer came after the client had moved on; before */
	bool repeated;		/* one server's offer came twice, though asked once */
};

struct track_4011 {
	uint16_t asked, answered;
	struct ip4 peer;
	uint16_t port;		/* the client's */
	bool wrong_port, discovery, rescued;
};

struct track_tftp {
	uint16_t reads;
	uint16_t same_reads;	/* of the last file, in a row */
	uint32_t sum;		/* identifies that file */
	bool error, missing;	/* for that file */
	bool loaded;		/* a file arrived: another was requested after it */
};

/* What the relay dropped. */
struct track_refused {
	uint16_t n;
	uint32_t seen[(DROP_MAX + 31) / 32];	/* bit per reason */
	enum drop last;		/* of the client's last message; DROP_NONE: relayed */
};

/* Other servers and relays on the VLAN. */
struct track_others {
	bool rogue, rogue_boot;	/* an unknown server replied; offered to boot it */
	bool direct, relayed;	/* the client's requests came without and with a giaddr */
	bool relay;		/* another relay serves it too */
};

struct track_boot {
	struct mono begin, last;
	enum track_stage stage;
	enum pxe_kind kind;	/* as it was when the boot was opened */
	uint32_t xid;
	uint32_t ifindex;
	enum pxe_family family;
	bool netboot;
	bool has_arch;
	uint16_t arch;
	uint16_t rule;		/* index in the configuration of that time, CONF_NONE */
	struct track_sent sent;
	struct track_asked asked;
	struct track_came came;
	struct track_4011 p4011;
	struct track_tftp tftp;
	struct track_refused refused;
	struct track_others others;
	bool file_of_boot;	/* named by a boot server: a DHCP server's no longer counts */
	struct ip4 file_server;	/* where `file` is */
	uint8_t n_offer;
	uint16_t n_event;	/* including those lost in the middle when > TRACK_EVENTS */
	/* Nothing from here on is zeroed: file ends with its NUL, and n_event and n_offer
	 * say how much is valid. */
	char file[TRACK_FILE];	/* the boot file it was told, then the first it requested */
	struct track_event event[TRACK_EVENTS];
	struct track_offer offer[TRACK_OFFERS];
};

struct track_key {
	uint8_t hlen;
	uint8_t chaddr[16];
	uint8_t pad[3];
};

struct track_client {
	struct track_key key;
	bool has_before;
	struct ip4 address;	/* its last lease, by which it is found */
	TAILQ_ENTRY(track_client) open;	/* while now.stage is TRACK_OPEN */
	struct track_boot now, before;
};

struct track;

struct track *track_new(size_t clients, struct hash_key secret);	/* NULL: no memory */
struct track *track_free(struct track *t);	/* returns NULL */

/* Called for each boot (c->now): when it is opened, and once when it is over, because it has
 * been quiet for TRACK_OVER_MS, the client began another conversation, or was evicted.
 * when: the moment it was over. Must not change the table. */
struct track_listener {
	void (*opened)(void *user, const struct track_client *c);
	void (*over)(void *user, const struct track_client *c, struct mono when);
	void *user;
};
void track_listen(struct track *t, const struct track_listener *l);
/* When the next boot will have been quiet for that long; false: none is open. */
bool track_over_due(const struct track *t, struct mono *due);
/* Ends at most `max` boots that are due; true: there may be more. */
bool track_end(struct track *t, unsigned max, struct mono now);

/* A request as it was relayed, or dropped (why). client: facts of the message. */
struct track_request {
	const struct dhcp4 *m;
	const struct pxe_client *client;
	uint32_t ifindex;
	enum drop why;
	uint16_t rule, n_dhcp, n_boot;
	bool boot_down, all_down, boot_alone;
	bool by_4011;		/* broadcast or multicast to port 4011 */
};
/* Hint: the next message is this client's (see clients_expect). */
void track_expect(struct track *t, const void *mac, uint8_t len);
void track_request(struct track *t, const struct track_request *r, struct mono now);
/* A stored request was sent to one more server; boot: a boot server. */
void track_hedge(struct track *t, const struct dhcp4 *m, struct ip4 server, bool boot,
    struct mono now);
/* A reply as it was delivered, or dropped. boot_only: from a server that leases nothing. */
void track_reply(struct track *t, const struct dhcp4 *m, struct ip4 server,
    bool boot_only, enum drop why, struct mono now);
/* The lease in m names another host as router: what the client sends to other networks does
 * not pass this relay. */
void track_routed_elsewhere(struct track *t, const struct dhcp4 *m);
/* A reply to port 68 that another relay on the client VLAN sent. */
void track_other_relay(struct track *t, const struct dhcp4 *m, struct mono now);
/* A reply to port 68 that no relay sent: from a server on the client VLAN itself. */
void track_rogue(struct track *t, const struct dhcp4 *m, struct ip4 server, struct mono now);
/* A packet routed past the relay: port 4011 both ways, the first packet of TFTP, its errors.
 * The client is found by its leased address. */
struct track_passing {
	struct ip4 client, server;
	uint16_t client_port;
	bool from_client;
	const void *payload;
	size_t len;
};
void track_4011(struct track *t, const struct track_passing *p, struct mono now);
void track_tftp(struct track *t, const struct track_passing *p, struct mono now);
/* The relay delivered another server's answer in place of a dead one's. */
void track_rescue(struct track *t, struct ip4 client, struct ip4 live, struct mono now);

/* By hardware address; NULL when unknown. */
const struct track_client *track_find(const struct track *t, const void *mac, uint8_t len);
/* Youngest first, for lists: NULL starts, NULL ends. */
const struct track_client *track_older(const struct track *t, const struct track_client *than);
size_t track_count(const struct track *t);
/* Event number i, from 0, in order; NULL after the last. *lost: how many before it were
 * discarded. */
const struct track_event *track_event(const struct track_boot *b, unsigned i, unsigned *lost);
const char *track_word(enum track_kind k);

#endif
