/* SPDX-License-Identifier: ISC
 *
 * track - what happened in each client's boot: a bounded table of clients, each
 * with the conversation that is going on and the one before it: events with their
 * times, and the facts that core/explain judges by.
 *
 * The packet path tells; nothing here changes what happens to a packet. All memory
 * is taken at the start, the oldest client gives way to a new one. Text from packets
 * (file names) is kept as received and must be escaped by whoever shows it.
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
/* A DISCOVER with another xid, or after this pause, begins another conversation. */
#define TRACK_PAUSE_MS	120000
/* A boot that has been quiet for this long is over. ROMs and EDK2 double the time between their
 * tries up to 32 s (PXE 2.1, 2.2.3). */
#define TRACK_OVER_MS	60000

/* Rows TRACK(ID, word) stand in core/track.def. */
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
	struct ip4 server;	/* who sent it */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr;
	struct ip4 router;	/* option 3, first address */
	uint32_t ms;
	bool pxe;		/* option 60 says PXEClient */
	bool http;		/* ... HTTPClient */
	bool file;		/* names a boot file */
	bool menu;		/* option 43 */
	bool boot_only;		/* of a server that serves no leases here */
};

/* A conversation counts as a boot from the first message on that says so. */
enum track_stage { TRACK_NO_BOOT, TRACK_OPEN, TRACK_OVER };

struct track_boot {
	struct mono begin, last;
	enum track_stage stage;
	enum pxe_kind kind;		/* as it was when the boot was opened */
	uint32_t xid;
	uint32_t ifindex;
	enum pxe_family family;
	bool netboot;
	bool has_arch;
	uint16_t arch;
	uint16_t rule;		/* index in the configuration then, CONF_NONE */
	/* what the client did */
	uint16_t discovers, requests, declines;
	uint16_t first_secs;	/* `secs` of the first DISCOVER */
	struct ip4 chosen;	/* option 54 of its REQUEST */
	/* whom we asked */
	uint16_t dhcp_asked, boot_asked;
	uint16_t hedges, boot_hedges;	/* all, and those to boot servers */
	bool boot_down;		/* all boot servers that were asked last were believed down */
	bool all_down;		/* ... all that could lease it an address */
	bool boot_alone;	/* nobody was asked that could: that is somebody on the VLAN */
	/* what came */
	uint8_t n_offer;
	bool nak, ack;
	struct ip4 address, router;	/* of the ACK */
	uint8_t plen;			/* of option 1 in the ACK, 0: none */
	bool elsewhere;			/* router is another host */
	bool late, in_time;	/* a boot offer came after the client had gone on; before that */
	bool repeated;		/* an offer of one server came twice in a moment */
	struct ip4 file_server;	/* who has `file` */
	bool file_of_boot;	/* a boot server told: a DHCP server's does not count any more */
	/* port 4011 */
	uint16_t asked_4011, answered_4011;
	struct ip4 peer_4011;
	uint16_t port_4011;	/* it asked from here */
	bool wrong_port_4011, discovery, rescued;
	/* TFTP */
	uint16_t reads;
	uint16_t same_reads;	/* of the last file, in a row */
	uint32_t read_sum;	/* which file that is */
	bool read_error, read_missing;	/* for the last file */
	bool loaded;		/* a file came: another one was asked for after it */
	/* what was refused */
	uint16_t drops;
	uint32_t drop_seen[(DROP_MAX + 31) / 32];	/* bit per reason */
	enum drop last_drop;	/* of the machine's last message; DROP_NONE: that went on */
	struct ip4 stranger;	/* a reply from here was refused, or a rogue server */
	bool rogue, rogue_boot;	/* ... that offered to boot it */
	bool direct, relayed;	/* its requests came without and with a giaddr */
	bool other_relay;	/* another relay serves it too */
	uint16_t n_event;	/* all there were; the middle is lost when > TRACK_EVENTS */
	/* From here on nothing is zeroed: file ends with its NUL, and n_event and n_offer
	 * say how much counts. */
	char file[TRACK_FILE];	/* the boot file that it was told, then the first it asked for */
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
	struct ip4 address;	/* leased last, to find it by address */
	TAILQ_ENTRY(track_client) open;	/* while now.stage is TRACK_OPEN */
	struct track_boot now, before;
};

struct track;

struct track *track_new(size_t clients, struct hash_key secret);	/* NULL: no memory */
struct track *track_free(struct track *t);	/* returns NULL */

/* Who wants to know of boots. Each one that is opened is over once: when it has been quiet
 * for TRACK_OVER_MS, when the machine begins another conversation, or when it gives way to another
 * client. when: the moment of that; c->now is the boot. Must not change the table. */
struct track_listener {
	void (*opened)(void *user, const struct track_client *c);
	void (*over)(void *user, const struct track_client *c, struct mono when);
	void *user;
};
void track_listen(struct track *t, const struct track_listener *l);
/* When the next boot will have been quiet for long enough; false: none is open. */
bool track_over_due(const struct track *t, struct mono *due);
/* Ends at most `max` boots that are due; true: there may be more. */
bool track_end(struct track *t, unsigned max, struct mono now);

/* A request as it was planned, or dropped (why). client: facts of the message. */
struct track_request {
	const struct dhcp4 *m;
	const struct pxe_client *client;
	uint32_t ifindex;
	enum drop why;
	uint16_t rule, n_dhcp, n_boot;
	bool boot_down, all_down, boot_alone;
	bool by_4011;		/* broadcast or multicast on port 4011 */
};
/* The next message will be this client's (see clients_expect). */
void track_expect(struct track *t, const void *mac, uint8_t len);
void track_request(struct track *t, const struct track_request *r, struct mono now);
/* A stored question went to one more server, of the boot class or not. */
void track_hedge(struct track *t, const struct dhcp4 *m, struct ip4 server, bool boot,
    struct mono now);
/* A reply as it was delivered, or dropped. boot_only: its server is in no dhcp class. */
void track_reply(struct track *t, const struct dhcp4 *m, struct ip4 server,
    bool boot_only, enum drop why, struct mono now);
/* The lease in m has another host as router: what the machine says to other networks does not
 * come by here. */
void track_routed_elsewhere(struct track *t, const struct dhcp4 *m);
/* A reply to port 68 that another relay on the client VLAN sent. */
void track_other_relay(struct track *t, const struct dhcp4 *m, struct mono now);
/* A reply to port 68 that no relay sent: a server on the client VLAN itself. */
void track_rogue(struct track *t, const struct dhcp4 *m, struct ip4 server, struct mono now);
/* Routed past us: port 4011 both ways, the first packet of TFTP, and its errors. The client is
 * found by the address that it was leased. */
void track_4011(struct track *t, struct ip4 client, uint16_t client_port,
    struct ip4 server, bool from_client, const void *payload, size_t len, struct mono now);
void track_tftp(struct track *t, struct ip4 client, struct ip4 server, bool from_client,
    const void *payload, size_t len, struct mono now);
/* The relay answered in place of a dead server. */
void track_rescue(struct track *t, struct ip4 client, struct ip4 live, struct mono now);

/* By hardware address; NULL when unknown. */
const struct track_client *track_find(const struct track *t, const void *mac, uint8_t len);
/* Oldest first, for lists: NULL starts, NULL ends. */
const struct track_client *track_next(const struct track *t, const struct track_client *after);
/* Youngest first, likewise. */
const struct track_client *track_older(const struct track *t, const struct track_client *than);
size_t track_count(const struct track *t);
/* Event number i, from 0, in order; NULL behind the last. *lost: how many were forgotten right
 * before it. */
const struct track_event *track_event(const struct track_boot *b, unsigned i, unsigned *lost);
const char *track_word(enum track_kind k);

#endif
