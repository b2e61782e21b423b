/* SPDX-License-Identifier: ISC
 *
 * track - the tables behind include/core/story/track.h, and what each message
 * changes in them. There are two: clients by hardware address, and an index
 * from leased address to client, since packets of port 4011 and TFTP name no
 * hardware address. Both are bounded; an index entry whose client was evicted
 * finds nothing. explain.c draws the conclusions.
 *
 * Open boots are in a list, the one that has been quiet for longest first, so
 * that those that are over are found without going through the table.
 */
#include "core/story/track.h"

#include <stdlib.h>
#include <string.h>

#include "core/conf/conf.h"
#include "proto/tftp.h"

/* If a server sends more offers than the client sent DISCOVERs, within this
 * time, a request reached it twice. */
#define REPEAT_MS	100
/* iPXE collects boot offers for 3 s, EDK2 for 4. */
#define WINDOW_MS	4000

/* The part of a boot that is zeroed at its beginning. In a storm of new clients
 * this is most of the work, and a cache line that is not written is not
 * fetched. */
#define ZEROED offsetof(struct track_boot, file)

struct by_address {
	uint32_t address;
	struct track_key key;
};

struct track {
	struct hash *clients;
	struct hash *addresses;
	TAILQ_HEAD(track_open, track_client) open;
	struct track_listener listener;
	struct mono now;	/* of the request that evicts a client */
};

static void
close_boot(struct track *t, struct track_client *c, struct mono when)
{
	if (c->now.stage != TRACK_OPEN)
		return;
	TAILQ_REMOVE(&t->open, c, open);
	c->now.stage = TRACK_OVER;
	if (t->listener.over)
		t->listener.over(t->listener.user, c, when);
}

static void
on_evicted(void *client, void *track)
{
	struct track *t = track;

	close_boot(t, client, t->now);
}

struct track *
track_new(size_t clients, struct hash_key secret)
{
	struct track *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	TAILQ_INIT(&t->open);
	t->clients = hash_new(clients, sizeof(struct track_client),
	    sizeof(struct track_key), secret, on_evicted, t);
	if (t->clients)
		hash_zero_only(t->clients, offsetof(struct track_client, now) +
		    ZEROED);
	t->addresses = hash_new(clients, sizeof(struct by_address),
	    sizeof(uint32_t), secret, NULL, NULL);
	return t->clients && t->addresses ? t : track_free(t);
}

struct track *
track_free(struct track *t)
{
	if (t) {
		hash_free(t->clients);
		hash_free(t->addresses);
		free(t);
	}
	return NULL;
}

const char *
track_word(enum track_kind k)
{
	static const char *const word[TRACK_KIND_MAX] = {
#define TRACK(id, w) [TRACK_##id] = w,
#include "core/story/track.def"
#undef TRACK
	};

	return word[k];
}

/* --- clients and events ------------------------------------------------ */

static struct track_key
key_of(const void *mac, uint8_t len)
{
	struct track_key k = { .hlen = len };

	memcpy(k.chaddr, mac, len);
	return k;
}

static struct track_client *
find_message(struct track *t, const struct dhcp4 *m)
{
	struct track_key k = key_of(m->chaddr, m->hlen);

	return hash_find(t->clients, &k);
}

static struct track_client *
find_address(struct track *t, struct ip4 a)
{
	const struct by_address *i = hash_find(t->addresses, &a.host);
	struct track_client *c = i ? hash_find(t->clients, &i->key) : NULL;

	return c && ip4_eq(c->address, a) ? c : NULL;
}

static void
index_address(struct track *t, struct track_client *c, struct ip4 a)
{
	struct by_address *i;
	bool fresh;

	if (ip4_is_none(a))
		return;
	c->address = a;
	i = hash_get(t->addresses, &a.host, &fresh);
	i->key = c->key;
}

/* Keeps the first events and the last ones: how the conversation began and how
 * it ended. */
static struct track_event *
add_event(struct track_boot *b, enum track_kind kind, struct mono now)
{
	unsigned i = b->n_event;
	struct track_event *e;
	int64_t ms = mono_diff_ms(now, b->begin);

	if (i >= TRACK_EVENTS)
		i = TRACK_FIRST + (i - TRACK_FIRST) % (TRACK_EVENTS - TRACK_FIRST);
	e = &b->event[i];
	*e = (struct track_event){ .kind = (uint8_t)kind };
	e->ms = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	if (b->n_event == UINT16_MAX)	/* go on at the same place in the ring */
		b->n_event -= TRACK_EVENTS - TRACK_FIRST;
	b->n_event++;
	b->last = now;
	return e;
}

/* A flood must not make the number wrap around to 0. */
static void
bump(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

const struct track_event *
track_event(const struct track_boot *b, unsigned i, unsigned *lost)
{
	unsigned room = TRACK_EVENTS - TRACK_FIRST, over;

	*lost = 0;
	if (i >= b->n_event || i >= TRACK_EVENTS)
		return NULL;
	if (b->n_event <= TRACK_EVENTS || i < TRACK_FIRST)
		return &b->event[i];
	over = b->n_event - TRACK_EVENTS;
	if (i == TRACK_FIRST)
		*lost = over;
	return &b->event[TRACK_FIRST + (i - TRACK_FIRST + over) % room];
}

/* Copies only the valid part. */
static void
copy_boot(struct track_boot *to, const struct track_boot *b)
{
	unsigned n = b->n_event < TRACK_EVENTS ? b->n_event : TRACK_EVENTS;

	memcpy(to, b, offsetof(struct track_boot, event));
	memcpy(to->event, b->event, n * sizeof(b->event[0]));
	memcpy(to->offer, b->offer, b->n_offer * sizeof(b->offer[0]));
}

static void
begin_conversation(struct track *t, struct track_client *c, struct mono now)
{
	close_boot(t, c, now);
	if (c->now.begin.us) {
		copy_boot(&c->before, &c->now);
		c->has_before = true;
	}
	memset(&c->now, 0, ZEROED);
	c->now.file[0] = '\0';
	c->now.begin = now;
	c->now.last = now;
	c->now.rule = CONF_NONE;
}

/* BOOTP has one kind of request. */
static bool
is_discover(const struct dhcp4 *m)
{
	return m->type == DHCP4_DISCOVER || m->type == DHCP4_TYPE_NONE;
}

/* A DISCOVER with the same xid is a retry, or, after the ACK, the next boot of
 * a ROM that derives its xid from its MAC address. A client that first
 * requested its old address begins anew if that is refused or not answered (RFC
 * 2131 3.2). */
static bool
begins_anew(const struct track_boot *b, const struct dhcp4 *m, struct mono now)
{
	if (!b->begin.us || mono_diff_ms(now, b->last) > TRACK_PAUSE_MS)
		return true;
	if (!is_discover(m))
		return false;
	return b->came.ack ||
	    (b->sent.discovers ? m->xid != b->xid : b->sent.requests > 0);
}

/* --- boots: opened, and over ------------------------------------------- */

/* The client was active: opens its boot, or moves it to the end of the list. */
static void
note_active(struct track *t, struct track_client *c)
{
	struct track_boot *b = &c->now;

	if (b->stage == TRACK_OPEN) {
		TAILQ_REMOVE(&t->open, c, open);
		TAILQ_INSERT_TAIL(&t->open, c, open);
	} else if (b->stage == TRACK_NO_BOOT && b->netboot) {
		b->stage = TRACK_OPEN;
		b->kind = b->has_arch ? pxe_arch_kind(b->arch) : PXE_KIND_UNKNOWN;
		TAILQ_INSERT_TAIL(&t->open, c, open);
		if (t->listener.opened)
			t->listener.opened(t->listener.user, c);
	}
}

void
track_expect(struct track *t, const void *mac, uint8_t len)
{
	struct track_key k;

	if (len == 0 || len > sizeof(k.chaddr))
		return;
	k = key_of(mac, len);
	hash_expect(t->clients, &k);
}

void
track_listen(struct track *t, const struct track_listener *l)
{
	t->listener = *l;
}

bool
track_over_due(const struct track *t, struct mono *due)
{
	const struct track_client *c = TAILQ_FIRST(&t->open);

	if (c)
		*due = mono_add_ms(c->now.last, TRACK_OVER_MS);
	return c != NULL;
}

bool
track_end(struct track *t, unsigned max, struct mono now)
{
	struct mono due;

	while (track_over_due(t, &due) && !mono_before(now, due)) {
		if (max-- == 0)
			return true;
		close_boot(t, TAILQ_FIRST(&t->open), due);
	}
	return false;
}

/* --- requests ---------------------------------------------------------- */

static enum track_kind
kind_of(const struct track_request *r)
{
	if (r->client->discovery)
		return TRACK_DISCOVERY;
	if (r->by_4011)
		return TRACK_REQUEST_4011;
	switch (r->m->type) {
	case DHCP4_DISCOVER:
		return TRACK_DISCOVER;
	case DHCP4_INFORM:
		return TRACK_INFORM;
	case DHCP4_RELEASE:
		return TRACK_RELEASE;
	case DHCP4_DECLINE:
		return TRACK_DECLINE;
	case DHCP4_TYPE_NONE:
		return TRACK_BOOTP;
	}
	return TRACK_REQUEST;
}

/* If requests come both from the client itself and through another relay, there
 * are two relays on its VLAN. From a chain of relays, all requests come with a
 * giaddr. */
static void
learn_client(struct track_boot *b, const struct track_request *r)
{
	b->ifindex = r->ifindex;
	b->others.direct |= ip4_is_none(r->m->giaddr);
	b->others.relayed |= !ip4_is_none(r->m->giaddr);
	b->others.relay |= b->others.direct && b->others.relayed;
	if (!r->client->netboot && b->netboot)
		return;		/* a REQUEST may say less than the DISCOVER */
	b->family = r->client->family;
	b->netboot = r->client->netboot || r->client->pxeclient;
	if (r->client->n_arch) {
		b->has_arch = true;
		b->arch = r->client->arch[0];
	}
}

static void
note_drop(struct track_boot *b, enum drop why, struct mono now)
{
	struct track_event *e = add_event(b, TRACK_DROP, now);

	e->why = (uint8_t)why;
	bump(&b->refused.n);
	b->refused.seen[why / 32] |= 1u << why % 32;
}

static void
note_asked(struct track_boot *b, const struct track_request *r, struct mono now)
{
	struct track_event *e = add_event(b, kind_of(r), now);

	e->n = (uint16_t)(r->n_dhcp + r->n_boot);
	b->rule = r->rule;
	if (is_discover(r->m)) {
		b->asked.dhcp = r->n_dhcp;
		if (r->n_boot > b->asked.boot)
			b->asked.boot = r->n_boot;
		b->asked.all_down = r->all_down;
		b->asked.boot_alone = r->boot_alone;
	}
	if (r->n_boot)
		b->asked.boot_down = r->boot_down;
	b->p4011.discovery |= r->client->discovery;
	if (r->client->discovery || r->by_4011)
		bump(&b->p4011.asked);
}

static void
note_sent(struct track_boot *b, const struct dhcp4 *m)
{
	switch (m->type) {
	case DHCP4_DISCOVER:
	case DHCP4_TYPE_NONE:
		if (b->sent.discovers == 0)
			b->sent.first_secs = m->secs;
		bump(&b->sent.discovers);
		b->xid = m->xid;
		break;
	case DHCP4_REQUEST:
		bump(&b->sent.requests);
		if (m->at[DHCP4_OPT_SERVER_ID])
			b->sent.chosen = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);
		break;
	case DHCP4_DECLINE:
		bump(&b->sent.declines);
		break;
	}
}

/* A client can claim any address, so one that is taken stays with its client. */
static void
claim_address(struct track *t, struct track_client *c, struct ip4 a)
{
	if (!find_address(t, a))
		index_address(t, c, a);
}

void
track_request(struct track *t, const struct track_request *r, struct mono now)
{
	struct track_key k = key_of(r->m->chaddr, r->m->hlen);
	struct track_client *c;
	bool fresh;

	t->now = now;
	c = hash_get(t->clients, &k, &fresh);
	if (begins_anew(&c->now, r->m, now))
		begin_conversation(t, c, now);
	learn_client(&c->now, r);
	if (!r->by_4011)
		note_sent(&c->now, r->m);
	c->now.refused.last = r->why;
	if (r->why != DROP_NONE)
		note_drop(&c->now, r->why, now);
	else {
		claim_address(t, c, r->m->ciaddr);
		note_asked(&c->now, r, now);
	}
	/* With only `boot =`, the REQUEST is the last message that we see about
	 * a lease from the VLAN itself. Its address identifies what the client
	 * then sends to boot servers. */
	if (c->now.asked.boot_alone && r->m->type == DHCP4_REQUEST)
		claim_address(t, c, dhcp4_opt_ip4(r->m, DHCP4_OPT_REQUESTED_IP));
	note_active(t, c);
}

void
track_hedge(struct track *t, const struct dhcp4 *m, struct ip4 server, bool boot,
    struct mono now)
{
	struct track_client *c = find_message(t, m);

	if (!c)
		return;
	bump(&c->now.asked.hedges);
	if (boot)
		bump(&c->now.asked.boot_hedges);
	add_event(&c->now, TRACK_HEDGE, now)->peer = server;
	note_active(t, c);
}

/* --- replies ----------------------------------------------------------- */

static void
copy_text(char *to, struct rd text)
{
	size_t n = rd_left(&text) < TRACK_FILE - 1 ? rd_left(&text) : TRACK_FILE - 1;
	const uint8_t *p = rd_bytes(&text, n);

	memset(to, 0, TRACK_FILE);
	if (p)
		memcpy(to, p, n);
}

/* Notes the boot file: option 67, or the `file` field unless it holds options.
 * A client that has a boot server's offer uses that one, whatever a DHCP
 * server's ACK says. Returns whether m names a file. */
static bool
learn_file(struct track_boot *b, const struct dhcp4 *m, bool boot)
{
	struct rd text = dhcp4_bootfile(m);

	if (rd_left(&text) == 0 || *text.p == 0)
		return false;
	if (b->file_of_boot && !boot)
		return true;
	b->file_of_boot = boot;
	copy_text(b->file, text);
	b->file_server = ip4_is_none(m->siaddr) ?
	    dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID) : m->siaddr;
	return true;
}

/* A server may answer a retry together with the first DISCOVER, as dnsmasq does
 * after its ping check. So requests arrive twice only if there are more offers
 * than DISCOVERs. */
static bool
was_repeated(const struct track_boot *b, const struct track_offer *o)
{
	unsigned n = 1;
	bool soon = false;

	/* With giaddr = all, boot servers get several copies. */
	if (ip4_is_none(o->yiaddr))
		return false;
	for (unsigned i = 0; i < b->n_offer; i++)
		if (ip4_eq(b->offer[i].server, o->server) &&
		    ip4_eq(b->offer[i].yiaddr, o->yiaddr)) {
			n++;
			soon |= o->ms - b->offer[i].ms < REPEAT_MS;
		}
	return soon && n > b->sent.discovers;
}

static void
note_offer(struct track_boot *b, const struct dhcp4 *m, struct ip4 server,
    bool boot_only, struct mono now)
{
	struct track_offer o = {
		.server = server, .yiaddr = m->yiaddr, .siaddr = m->siaddr,
		.id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID),
		.router = dhcp4_router(m), .pxe = pxe_offer_says(m, "PXEClient"),
		.http = pxe_offer_says(m, "HTTPClient"), .boot_only = boot_only,
		.menu = m->at[DHCP4_OPT_VENDOR_INFO] != 0,
	};
	struct track_event *e;
	bool boot;

	boot = track_is_boot_offer(&o);
	o.file = learn_file(b, m, boot);
	e = add_event(b, boot ? TRACK_BOOT_OFFER : TRACK_OFFER, now);
	o.ms = e->ms;
	e->peer = server;
	e->addr = boot ? m->siaddr : m->yiaddr;
	if (boot) {
		bool late = (b->came.ack || o.ms > WINDOW_MS) &&
		    b->sent.discovers < 2;

		b->came.late |= late;
		b->came.in_time |= !late;
	}
	b->came.repeated |= was_repeated(b, &o);
	if (b->n_offer < TRACK_OFFERS)
		b->offer[b->n_offer++] = o;
}

/* The prefix length that option 1 stands for. */
static uint8_t
mask_of(const struct dhcp4 *m)
{
	struct ip4 mask = dhcp4_opt_ip4(m, DHCP4_OPT_MASK);
	uint8_t plen = 0;

	while (plen < 32 && mask.host << plen & 0x80000000u)
		plen++;
	return plen;
}

static void
note_ack(struct track *t, struct track_client *c, const struct dhcp4 *m,
    struct ip4 server, struct mono now)
{
	struct track_boot *b = &c->now;
	struct track_event *e = add_event(b, TRACK_ACK, now);

	e->peer = server;
	e->addr = m->yiaddr;
	if (b->p4011.discovery && b->came.ack) {	/* from a boot server */
		(void)learn_file(b, m, true);
		bump(&b->p4011.answered);
		return;
	}
	(void)learn_file(b, m, false);
	b->came.ack = true;
	if (ip4_is_none(m->yiaddr))	/* to an INFORM */
		return;
	b->came.address = m->yiaddr;
	b->came.router = dhcp4_router(m);
	b->came.plen = mask_of(m);
	index_address(t, c, m->yiaddr);
}

void
track_reply(struct track *t, const struct dhcp4 *m, struct ip4 server,
    bool boot_only, enum drop why, struct mono now)
{
	struct track_client *c = find_message(t, m);

	if (!c)
		return;
	if (why != DROP_NONE)
		note_drop(&c->now, why, now);
	else if (m->type == DHCP4_OFFER)
		note_offer(&c->now, m, server, boot_only, now);
	else if (m->type == DHCP4_ACK || m->type == DHCP4_TYPE_NONE)
		note_ack(t, c, m, server, now);
	else if (m->type == DHCP4_NAK) {
		c->now.came.nak = true;
		add_event(&c->now, TRACK_NAK, now)->peer = server;
	}
	note_active(t, c);
}

void
track_routed_elsewhere(struct track *t, const struct dhcp4 *m)
{
	struct track_client *c = find_message(t, m);

	if (c)
		c->now.came.elsewhere = true;
}

void
track_other_relay(struct track *t, const struct dhcp4 *m, struct mono now)
{
	struct track_client *c = find_message(t, m);

	/* After the pause it belongs to a new conversation, through that relay. */
	if (c && mono_diff_ms(now, c->now.last) <= TRACK_PAUSE_MS)
		c->now.others.relay = true;
}

void
track_rogue(struct track *t, const struct dhcp4 *m, struct ip4 server,
    struct mono now)
{
	struct track_client *c = find_message(t, m);
	struct track_event *e;

	if (!c)
		return;
	c->now.others.rogue = true;
	c->now.others.rogue_boot |= ip4_is_none(m->yiaddr) ||
	    pxe_offer_says(m, "PXEClient") || m->at[DHCP4_OPT_BOOTFILE];
	e = add_event(&c->now, TRACK_ROGUE, now);
	e->peer = server;
	e->addr = m->yiaddr;
	note_active(t, c);
}

/* --- routed past us ---------------------------------------------------- */

static void
note_4011_reply(struct track_boot *b, const struct track_passing *p)
{
	struct dhcp4 m;

	/* proxyDHCPd and its like always reply to port 68, where EDK2, which
	 * sends its request from port 4011, does not listen. */
	if (b->p4011.port && p->client_port != b->p4011.port) {
		b->p4011.wrong_port = true;
		return;
	}
	bump(&b->p4011.answered);
	if (dhcp4_parse(&m, p->payload, p->len) == DROP_NONE)
		(void)learn_file(b, &m, true);
}

void
track_4011(struct track *t, const struct track_passing *p, struct mono now)
{
	struct track_client *c = find_address(t, p->client);
	struct track_event *e;

	if (!c)
		return;
	e = add_event(&c->now,
	    p->from_client ? TRACK_REQUEST_4011 : TRACK_REPLY_4011, now);
	e->peer = p->server;
	e->n = p->client_port;
	if (p->from_client) {
		bump(&c->now.p4011.asked);
		c->now.p4011.peer = p->server;
		c->now.p4011.port = p->client_port;
	} else
		note_4011_reply(&c->now, p);
	note_active(t, c);
}

/* The file name at r, up to its NUL (RFC 1350 5), or all of r if there is none. */
static struct rd
name_of(struct rd r)
{
	const uint8_t *nul = rd_left(&r) ? memchr(r.p, 0, rd_left(&r)) : NULL;

	return nul ? rd_sub(&r, (size_t)(nul - r.p)) : r;
}

/* FNV-1a, to recognize the file. A client that constructs a collision spoils
 * only the verdict on its own boot. */
static uint32_t
sum_of(struct rd name)
{
	uint32_t h = 2166136261u;

	while (rd_left(&name))
		h = (h ^ rd_u8(&name)) * 16777619u;
	return h;
}

/* A loader requests many files, some under several names of which most are
 * missing (PXELINUX its configuration). What matters is the first file, and
 * whether one arrived: it did if another file is requested and there was no
 * error for it. */
static void
note_read(struct track_boot *b, struct ip4 server, struct rd name)
{
	uint32_t sum = sum_of(name);

	if (b->tftp.reads == 0) {
		copy_text(b->file, name);
		b->file_server = server;
		b->file_of_boot = true;
	}
	if (b->tftp.reads && sum == b->tftp.sum)
		bump(&b->tftp.same_reads);
	else {
		b->tftp.loaded |= b->tftp.reads && !b->tftp.error;
		b->tftp.error = b->tftp.missing = false;
		b->tftp.same_reads = 1;
	}
	b->tftp.sum = sum;
	bump(&b->tftp.reads);
}

void
track_tftp(struct track *t, const struct track_passing *p, struct mono now)
{
	struct track_client *c = find_address(t, p->client);
	struct rd r = rd_init(p->payload, p->len);
	uint16_t op = rd_u16(&r);
	struct track_event *e;

	if (!c || op != (p->from_client ? TFTP_RRQ : TFTP_ERROR))
		return;
	e = add_event(&c->now,
	    p->from_client ? TRACK_TFTP_READ : TRACK_TFTP_ERROR, now);
	e->peer = p->server;
	note_active(t, c);
	if (p->from_client) {
		note_read(&c->now, p->server, name_of(r));
		return;
	}
	e->n = rd_u16(&r);
	c->now.tftp.error = true;
	c->now.tftp.missing |= e->n == TFTP_NOT_FOUND;
}

void
track_rescue(struct track *t, struct ip4 client, struct ip4 live, struct mono now)
{
	struct track_client *c = find_address(t, client);

	if (!c)
		return;
	c->now.p4011.rescued = true;
	bump(&c->now.p4011.answered);
	add_event(&c->now, TRACK_RESCUE, now)->peer = live;
	note_active(t, c);
}

/* --- look-up ----------------------------------------------------------- */

const struct track_client *
track_find(const struct track *t, const void *mac, uint8_t len)
{
	struct track_key k;

	if (len > sizeof(k.chaddr))
		return NULL;
	k = key_of(mac, len);
	return hash_find(t->clients, &k);
}

const struct track_client *
track_older(const struct track *t, const struct track_client *than)
{
	return hash_older(t->clients, than);
}

size_t
track_count(const struct track *t)
{
	return hash_count(t->clients);
}
