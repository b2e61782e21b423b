/* SPDX-License-Identifier: ISC
 *
 * track - what happened in each client's boot: a bounded table of clients, each
 * with its current conversation and the one before it. A client is a hardware address
 * on an interface: what another VLAN sends with that address is another client's. A
 * conversation has
 * events with their times, and the facts by which core/story/explain judges.
 * What a machine says in DHCPv4 and in DHCPv6 is one conversation: firmware tries
 * one after the other, an operating system both at once.
 *
 * core/story/record reports what happens to packets; nothing here changes it.
 * All memory is allocated at the start, and a new client evicts the oldest of the
 * interface with most.
 * Text from packets (file names) is kept as received and must be escaped where
 * it is shown.
 */
#ifndef CORE_STORY_TRACK_H
#define CORE_STORY_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/mono.h"
#include "proto/dhcp4.h"
#include "proto/dhcp6.h"
#include "proto/names.h"
#include "proto/pxe.h"
#include "proto/pxe6.h"

#define TRACK_EVENTS	32	/* the first 8 and the last 24 of a conversation */
#define TRACK_FIRST	8
#define TRACK_OFFERS	6
#define TRACK_ADDRS6	8	/* IPv6 addresses in the events of a conversation */
#define TRACK_FILE	64	/* bytes of a file name, with NUL */
/* A DISCOVER or SOLICIT with another xid than the one before begins a new
 * conversation, and so does any message after this pause. */
#define TRACK_PAUSE_MS	120000
/* A boot that has been quiet for this long is over. ROMs and EDK2 double the
 * time between tries up to 32 s (PXE 2.1, 2.2.3). */
#define TRACK_OVER_MS	60000

enum track_kind {
#define TRACK(id, ...) TRACK_##id,
#include "core/story/track.def"
#undef TRACK
	TRACK_KIND_MAX
};

struct track_event {
	uint32_t ms;		/* since the conversation began */
	uint8_t kind;
	uint8_t why;		/* enum drop, with TRACK_DROP */
	uint16_t n;		/* how many servers; a port; a TFTP error */
	uint32_t peer, addr;	/* see track_peer() and track_addr() */
};

struct track_offer {
	struct ip4 server;	/* the sender */
	struct ip4 id;		/* option 54 */
	struct ip4 yiaddr, siaddr;
	struct ip4 router;	/* option 3, first address */
	uint32_t ms;
	bool pxe;		/* option 60 says PXEClient */
	bool http;		/* option 60 says HTTPClient */
	bool file;		/* names a boot file */
	bool menu;		/* option 43 */
	bool pi;		/* for a Raspberry Pi */
	bool boot_only;		/* from a server that serves no leases here */
};

/* Is this an offer to boot, rather than of an address? */
static inline bool
track_is_boot_offer(const struct track_offer *o)
{
	return ip4_is_none(o->yiaddr) || o->boot_only;
}

/* A conversation becomes a boot with the first message from a client that wants
 * to boot. */
enum track_stage { TRACK_NO_BOOT, TRACK_OPEN, TRACK_OVER };

/* What the client sent. Of DHCPv6, SOLICITs are its discovers; RENEW and REBIND are
 * requests too. */
struct track_sent {
	uint16_t discovers, requests, declines;
	uint16_t first_secs;	/* `secs` of the first DISCOVER */
	struct ip4 chosen;	/* option 54 of its REQUEST */
};

/* Which servers the relay sent its requests to. */
struct track_asked {
	uint16_t dhcp, boot;
	uint16_t hedges, boot_hedges;	/* all, and those to boot servers */
	/* Of the servers that got the last request: */
	bool boot_down;		/* the boot servers were all considered down */
	bool all_down;		/* those that lease addresses were */
	bool boot_alone;	/* all were boot servers */
};

/* What servers replied. */
struct track_came {
	bool nak, ack;
	struct ip4 address, router;	/* of the ACK */
	uint8_t plen;		/* of option 1 in the ACK, 0: none */
	bool elsewhere;		/* router is another host */
	bool late, in_time;	/* boot offers that came too late; in time */
	bool repeated;		/* a server sent two offers for one DISCOVER */
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
	bool loaded;		/* a file arrived: the next one was requested */
};

/* How far a file came that was loaded by TFTP or HTTP, in a capture (core/story/transfer).
 * From DONE on it is certain. */
enum track_load_state {
	TRACK_LOAD_NONE, TRACK_LOAD_ASKED, TRACK_LOAD_SIZED, TRACK_LOAD_GOING,
	TRACK_LOAD_DONE, TRACK_LOAD_MISSING, TRACK_LOAD_REFUSED,
	TRACK_LOAD_BLOCK0,	/* stuck: the server answers, no block is acknowledged */
	TRACK_LOAD_LARGE,	/* the same, of large blocks that were sent */
	TRACK_LOAD_STUCK,	/* in the middle */
};

struct track_load {
	uint8_t state;		/* of the last file of which something is certain */
	bool http;
	bool loaded;		/* a file arrived */
};

/* What the relay dropped. */
struct track_refused {
	uint16_t n;
	uint32_t seen[(DROP_MAX + 31) / 32];	/* a bit for each reason */
	enum drop last;		/* of its last message; DROP_NONE: relayed */
};

/* Other servers and relays on the VLAN. */
struct track_others {
	bool rogue, rogue_boot;	/* an unknown server replied; offered to boot it */
	bool direct, relayed;	/* requests came without a giaddr; with one */
	bool relay;		/* another relay serves it too */
};

/* What firmware cannot do with an offer over DHCPv6 that has a URL (track_boot6.c). */
enum track_fault {
	TRACK_PXE_CLASS = 1 << 0,	/* a lease that says PXEClient */
	TRACK_NO_HTTP = 1 << 1,		/* does not say HTTPClient */
	TRACK_BAD_URL = 1 << 2,
	TRACK_BAD_SIZE = 1 << 3,	/* option 60 */
	TRACK_HIDDEN = 1 << 4,		/* behind an option of length 0 */
	TRACK_TOO_LARGE = 1 << 5,
	TRACK_TOO_LATE = 1 << 6,	/* after an offer with preference 255 */
};

/* The DHCPv6 part. */
struct track_six {
	enum pxe_family family;
	bool edk2, grub;	/* what it boots with, if that is known */
	bool netboot;		/* the client wants to boot over IPv6 */
	/* Of its last SOLICIT without that wish, and with it. EDK2 sends both: its
	 * own IPv6 has an exchange beside the one that boots. */
	uint32_t xid[2];
	struct track_sent sent;
	struct track_asked asked;
	struct track_refused refused;
	uint16_t advertises, replies;
	uint16_t offers;	/* ADVERTISEs with an address or a prefix */
	bool ack, nak;		/* a REPLY with one; a REPLY that refuses one */
	bool boot_ack;		/* such a REPLY to a message with that wish */
	/* Of offers to a machine that boots: */
	uint32_t boot_xid;	/* of its last message of any type with that wish */
	uint32_t faults;	/* enum track_fault, of all that have a URL */
	bool has_url, suits;	/* one has a URL; one has no fault */
	bool url_replied;	/* a REPLY has a URL */
	bool bare_first;	/* the first one with an address has no URL */
	bool ended_early;	/* one with preference 255 does not boot it */
	bool boot_step;		/* one sends it to ff02::1:2, port 4011 */
	uint16_t steps;		/* it asked there */
	bool stateless;		/* it asks for options only */
	bool owner_dead;	/* its last message, EDK2's to boot, is for a server that is down */
	bool unheard;		/* a server that hears others by multicast only was asked */
	bool foreign;		/* its address is of another network than the link */
	bool rogue;		/* it took an ADVERTISE that we have not seen */
	uint64_t server[2];	/* ends of the DUIDs in the last ADVERTISEs */
	uint16_t status;	/* the last one that is not Success */
	struct dhcp6_lease lease;	/* of the REPLY */
	uint8_t n_addr;
};

struct track_boot {
	struct mono begin, last;
	enum track_stage stage;
	enum pxe_kind kind;	/* as it was when the boot was opened */
	uint32_t xid;
	uint32_t ifindex;
	bool heard[FAMILIES];	/* messages of the client */
	bool serves6;		/* its interface leads to DHCPv6 servers only */
	bool overheard;		/* of a capture: nothing is known of the relay's part */
	enum pxe_family family;	/* in DHCPv4, as is `netboot` */
	bool netboot;
	bool has_arch;
	uint16_t arch;
	uint16_t rule;		/* index at that time, CONF_NONE: no rule */
	struct track_sent sent;
	struct track_asked asked;
	struct track_came came;
	struct track_4011 p4011;
	struct track_tftp tftp;
	struct track_load load[FAMILIES];
	struct track_refused refused;
	struct track_others others;
	bool file_of_boot;	/* a boot server named it, not a DHCP server */
	struct ip4 file_server;	/* where `file` is */
	uint8_t n_offer;
	uint16_t n_event;	/* with those lost in the middle if > TRACK_EVENTS */
	struct track_six six;
	/* Nothing from here on is zeroed: file ends with its NUL, and n_event,
	 * n_offer and six.n_addr say how much is valid. */
	char file[TRACK_FILE];	/* named by a server, then the first one requested */
	struct ip6 addr6[TRACK_ADDRS6];
	struct track_event event[TRACK_EVENTS];
	struct track_offer offer[TRACK_OFFERS];
};

struct track_key {
	uint8_t hlen;
	uint8_t chaddr[16];
	uint8_t pad[3];
	uint32_t ifindex;	/* the last member: see hash_share() */
};

struct track_client {
	struct track_key key;
	bool has_before;
	struct ip4 address;	/* its last lease, by which it is found */
	struct ip6 address6;	/* its last one over DHCPv6 */
	TAILQ_ENTRY(track_client) open;	/* while now.stage is TRACK_OPEN */
	struct track_boot now, before;
};

/* Does it want to boot, by either family? */
static inline bool
track_netboot(const struct track_boot *b)
{
	return b->netboot || b->six.netboot;
}

/* What it says of itself where it wants to boot. */
static inline enum pxe_family
track_family(const struct track_boot *b)
{
	return b->six.netboot && !b->netboot ? b->six.family : b->family;
}

struct track;

/* NULL when memory is short. */
struct track *track_new(size_t clients, struct hash_key secret);
struct track *track_free(struct track *t);	/* returns NULL */

/* Called for each boot (c->now), and must not change the table: `opened` at its
 * first message, `over` once, when it has been quiet for TRACK_OVER_MS, the
 * client began another conversation, or was evicted. when: the time at which it
 * was over. */
struct track_listener {
	void (*opened)(void *user, const struct track_client *c);
	void (*over)(void *user, const struct track_client *c, struct mono when);
	void *user;
};
void track_listen(struct track *t, const struct track_listener *l);
/* Sets *due to when the next boot will have been quiet for that long; false:
 * none is open. */
bool track_over_due(const struct track *t, struct mono *due);
/* Ends at most `max` boots that are due. True: there may be more. */
bool track_end(struct track *t, unsigned max, struct mono now);

/* A request that was relayed, or dropped (why). client: read from the message. One that
 * exceeds a rate, or comes in an overload, takes no place: it is noted of a client that
 * is known. */
struct track_request {
	const struct dhcp4 *m;
	/* In place of m: the client's message, inside all relay headers, and its
	 * hardware address. */
	const struct dhcp6 *six;
	const struct mac *mac;
	const struct pxe_client *client;
	uint32_t ifindex;
	enum drop why;
	uint16_t rule, n_dhcp, n_boot;
	bool boot_down, all_down, boot_alone;
	bool serves6;		/* of DHCPv4, dropped: only DHCPv6 is served here */
	bool rogue;		/* for a DHCPv6 server that is none of ours */
	bool owner_dead;	/* for one that is down */
	bool unheard;		/* a SOLICIT by unicast, to one that answers none */
	bool by_4011;		/* broadcast or multicast to port 4011 */
	bool overheard;		/* of a capture (core/story/sniff) */
};
/* Hint: the next message is this client's (see clients_expect()). */
void track_expect(struct track *t, const void *mac, uint8_t len);
void track_request(struct track *t, const struct track_request *r, struct mono now);
/* A stored request was sent to one more server; boot: a boot server. The client may be
 * NULL, as track_find() returns it. */
void track_hedge(struct track *t, struct track_client *c, struct ipaddr server,
    bool boot, struct mono now);
/* A reply that was delivered, or dropped (why). The client is on this interface; 0: on
 * each where it is known, since the reply does not say. boot_only: its server leases
 * nothing. mac: the client's, NULL if only its DUID is known, by which it is found
 * if its request was seen. */
struct track_answer {
	uint32_t ifindex;
	const struct dhcp4 *m;
	const struct dhcp6 *six;	/* in place of m */
	const struct mac *mac;
	struct ipaddr server;
	bool boot_only;
	bool foreign;		/* DHCPv6: leases an address of another network */
	enum drop why;
};
void track_reply(struct track *t, const struct track_answer *a, struct mono now);
/* The lease in m names another host as router, so what the client sends to
 * other networks does not pass this relay. */
void track_routed_elsewhere(struct track *t, const struct dhcp4 *m, uint32_t ifindex);
/* A reply to port 68 that another relay on the client VLAN sent. */
void track_other_relay(struct track *t, const struct track_answer *a, struct mono now);
/* A reply to port 68 that no relay sent: its server is on the client VLAN itself. */
void track_rogue(struct track *t, const struct track_answer *a, struct mono now);
/* A packet routed past the relay: to or from port 4011, the first packet of a
 * TFTP transfer, or a TFTP error. The client is found by its leased address, on this
 * interface; 0: on each where it is known. */
struct track_passing {
	uint32_t ifindex;
	struct ip4 client, server;
	uint16_t client_port;
	bool from_client;
	const void *payload;
	size_t len;
};
void track_4011(struct track *t, const struct track_passing *p, struct mono now);
void track_tftp(struct track *t, const struct track_passing *p, struct mono now);
/* The client with this address; NULL: none, or not on this interface. Only captures
 * (track_request.overheard) have those of IPv6, which track_at6() adds. */
struct track_client *track_at(struct track *t, uint32_t ifindex, struct ipaddr a);
void track_at6(struct track *t, const struct track_client *c, struct ip6 a);
/* A packet of a file that the client loads. */
void track_loading(struct track *t, struct track_client *c, enum family family,
    struct track_load load, struct mono now);
/* The relay delivered another server's answer in place of a dead server's reply. */
void track_rescue(struct track *t, const struct track_passing *p, struct mono now);

/* By hardware address; NULL when unknown. */
struct track_client *track_find(struct track *t, const void *mac, uint8_t len,
    uint32_t ifindex);
/* The next one with this hardware address on any interface, or NULL. *at begins as 0. */
struct track_client *track_find_any(struct track *t, const void *mac, uint8_t len,
    uint32_t *at);
/* By an address that it has or was offered, and by a reply to it. */
struct track_client *track_find_address(struct track *t, uint32_t ifindex, struct ip4 a);
struct track_client *track_find_answered(struct track *t, const struct track_answer *a);
/* The next older client, for lists. Starts with the youngest (NULL), ends with
 * NULL. */
const struct track_client *track_older(const struct track *t,
    const struct track_client *than);
size_t track_count(const struct track *t);
/* Event number i, from 0, in order; NULL after the last. *lost is how many were
 * discarded just before it. */
const struct track_event *track_event(const struct track_boot *b, unsigned i,
    unsigned *lost);
/* The server of an event, and what it offered or leased; IP_NONE: none, or one
 * IPv6 address too many. */
struct ipaddr track_peer(const struct track_boot *b, const struct track_event *e);
struct ipaddr track_addr(const struct track_boot *b, const struct track_event *e);
const char *track_word(enum track_kind k);
enum family track_kind_family(enum track_kind k);

/* --- shared by the files of track -------------------------------------- */

/* What else than its hardware address a client is found by: its leased IPv4
 * address, or its DUID, or in a capture its IPv6 address. */
struct track_name {
	uint8_t kind;		/* '4', 'D' or '6' */
	uint8_t b[16];		/* the address, or the end of the DUID */
	uint8_t pad[3];
	uint32_t ifindex;	/* the last member: see hash_share() */
};

/* The next client with this name, on its interface or (0) on any; NULL: no more. *at
 * begins as 0. track_meet() adds a client. */
struct track_client *track_by_name(struct track *t, const struct track_name *n,
    uint32_t *at);
struct track_client *track_meet(struct track *t, const struct track_key *k,
    struct mono now);
void track_name(struct track *t, const struct track_client *c,
    const struct track_name *n);
struct track_key track_key(const void *mac, uint8_t len, uint32_t ifindex);
/* What firmware asks over DHCPv6; and what comes for it. */
void track_firmware6(struct track_six *six, const struct pxe_client *c);
void track_offer6(struct track_six *six, const struct dhcp6 *m);
/* Copies as much as fits into TRACK_FILE bytes, which end with NULs. */
void track_text(char *to, struct rd text);
/* Begins another conversation. */
void track_begin(struct track *t, struct track_client *c, struct mono now);
/* The client was active: opens its boot, or puts off its end. */
void track_active(struct track *t, struct track_client *c);
struct track_event *track_add(struct track_boot *b, enum track_kind kind,
    struct mono now);
/* Counts; a flood must not make the number wrap around to 0. */
static inline void
track_bump(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

#endif
