/* SPDX-License-Identifier: ISC
 *
 * track_message - what messages of DHCPv4 and DHCPv6 (RFC 9915), port 4011 and TFTP
 * change in a client's conversation. track.c keeps the tables.
 *
 * A message of DHCPv6 has no hardware address. A request comes with the one that the
 * relay knows, and from then on the client is also found by its DUID: replies that
 * were dropped, or are for another relay, name nothing else.
 */
#include "core/story/track.h"

#include <string.h>

#include "proto/tftp.h"

/* If a server sends more offers than the client sent DISCOVERs, within this
 * time, a request reached it twice. */
#define REPEAT_MS	100
/* iPXE collects boot offers for 3 s, EDK2 for 4. */
#define WINDOW_MS	4000

#define NO_TYPE		256	/* not a client's message */

/* What a client's message is counted as. RENEW and REBIND are requests too. */
enum role { OTHER, QUERY, REQUESTS, DECLINES };

static const struct kind {
	enum family family;
	uint16_t type;
	enum role role;
	const char *word;
} kinds[TRACK_KIND_MAX] = {
#define TRACK(id, family, type, role, word) [TRACK_##id] = { family, type, role, word },
#include "core/story/track.def"
#undef TRACK
};

const char *
track_word(enum track_kind k)
{
	return kinds[k].word;
}

enum family
track_kind_family(enum track_kind k)
{
	return kinds[k].family;
}

/* --- whose message ----------------------------------------------------- */

static struct track_name
name_of_address(uint32_t ifindex, struct ip4 a)
{
	struct track_name n = { .kind = '4', .ifindex = ifindex };

	memcpy(n.b, &a.host, sizeof(a.host));
	return n;
}

/* Does it have the address, or was it offered? */
static bool
has_address(const struct track_client *c, struct ip4 a)
{
	for (unsigned i = 0; i < c->now.n_offer; i++)
		if (ip4_eq(c->now.offer[i].yiaddr, a))
			return true;
	return ip4_eq(c->address, a);
}

/* The next client with this address, on this interface or (0) on any. */
static struct track_client *
next_address(struct track *t, uint32_t ifindex, struct ip4 a, uint32_t *at)
{
	struct track_name n = name_of_address(ifindex, a);
	struct track_client *c;

	do {
		c = track_by_name(t, &n, at);
	} while (c && !has_address(c, a));
	return c;
}

struct track_client *
track_find_address(struct track *t, uint32_t ifindex, struct ip4 a)
{
	uint32_t at = 0;

	return next_address(t, ifindex, a, &at);
}

static struct track_name
name_of_address6(uint32_t ifindex, struct ip6 a)
{
	struct track_name n = { .kind = '6', .ifindex = ifindex };

	memcpy(n.b, a.b, sizeof(a.b));
	return n;
}

struct track_client *
track_at(struct track *t, uint32_t ifindex, struct ipaddr a)
{
	struct track_name n = name_of_address6(ifindex, ip_v6(a));
	uint32_t at = 0;

	return a.version == 6 ? track_by_name(t, &n, &at) :
	    track_find_address(t, ifindex, ip_v4(a));
}

void
track_at6(struct track *t, const struct track_client *c, struct ip6 a)
{
	struct track_name n = name_of_address6(c->key.ifindex, a);

	track_name(t, c, &n);
}

static void
index_address(struct track *t, struct track_client *c, struct ip4 a)
{
	struct track_name n = name_of_address(c->key.ifindex, a);

	if (ip4_is_none(a))
		return;
	c->address = a;
	track_name(t, c, &n);
}

static bool
duid_of(struct track_name *n, uint32_t ifindex, const struct dhcp6 *m)
{
	struct rd id;

	if (!dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &id) || rd_left(&id) == 0)
		return false;
	if (rd_left(&id) > sizeof(n->b))
		rd_skip(&id, rd_left(&id) - sizeof(n->b));
	*n = (struct track_name){ .kind = 'D', .ifindex = ifindex };
	memcpy(n->b, id.p, rd_left(&id));
	return true;
}

/* The next client that a reply is for; NULL: no more. *at begins as 0. */
static struct track_client *
next_client(struct track *t, const struct track_answer *a, uint32_t *at)
{
	const void *mac = a->m ? (const void *)a->m->chaddr : a->mac;
	uint8_t len = a->m ? a->m->hlen : sizeof(*a->mac);
	struct track_name n;

	if (!mac)
		return duid_of(&n, a->ifindex, a->six) ? track_by_name(t, &n, at) : NULL;
	if (a->ifindex == 0)
		return track_find_any(t, mac, len, at);
	return (*at)++ == 0 ? track_find(t, mac, len, a->ifindex) : NULL;
}

struct track_client *
track_find_answered(struct track *t, const struct track_answer *a)
{
	uint32_t at = 0;

	return next_client(t, a, &at);
}

/* The address as it stands in an event: its number in b->addr6, from 1. */
static uint32_t
number_of(struct track_boot *b, struct ip6 a)
{
	unsigned n = b->six.n_addr;

	if (ip6_is_none(a))
		return 0;
	for (unsigned i = 0; i < n; i++)
		if (ip6_eq(b->addr6[i], a))
			return i + 1;
	if (n == TRACK_ADDRS6)
		return 0;
	b->addr6[n] = a;
	return ++b->six.n_addr;
}

/* --- requests ---------------------------------------------------------- */

/* The row of a client's message; NULL: an unknown type. */
static const struct kind *
kind_of(const struct track_request *r)
{
	enum family family = r->six ? FAMILY6 : FAMILY4;
	unsigned type = r->six ? r->six->type : r->m->type;

	for (const struct kind *k = kinds; k < kinds + TRACK_KIND_MAX; k++)
		if (k->family == family && k->type == type)
			return k;
	return NULL;
}

/* As an event. */
static enum track_kind
event_of(const struct track_request *r, const struct kind *k)
{
	if (r->client->discovery)
		return TRACK_DISCOVERY;
	if (r->by_4011)
		return TRACK_REQUEST_4011;
	return k ? (enum track_kind)(k - kinds) : r->six ? TRACK_OTHER6 : TRACK_REQUEST;
}

/* A DISCOVER with the same xid is a retry, or, after the ACK, the next boot of
 * a ROM that derives its xid from its MAC address. A client that first
 * requested its old address begins anew if that is refused or not answered (RFC
 * 2131 3.2). A SOLICIT is only compared with one of its kind: before, between and
 * after the messages by which EDK2 boots come those of its own IPv6. */
static bool
begins_anew(const struct track_boot *b, const struct track_request *r, bool query,
    struct mono now)
{
	int64_t quiet_ms = mono_diff_ms(now, b->last);
	uint32_t solicit = b->six.xid[r->client->netboot];

	if (!b->begin.us || quiet_ms > TRACK_PAUSE_MS)
		return true;
	if (!query)
		return false;
	if (r->six && b->six.edk2 && !r->client->netboot)
		solicit = 0;
	if (r->six)
		return solicit ? r->six->xid != solicit : quiet_ms > TRACK_OVER_MS;
	if (b->sent.discovers || b->sent.requests || b->came.ack)
		return b->came.ack || b->sent.discovers == 0 || r->m->xid != b->xid;
	/* Firmware that failed over IPv6 goes on here. */
	return b->heard[FAMILY6] && quiet_ms > TRACK_OVER_MS;
}

/* An operating system asks by each family on its own, again and again by the one that
 * fails. What it has leased by the other one is still true. */
static void
begin_anew(struct track *t, struct track_client *c, const struct track_request *r,
    struct mono now)
{
	bool keeps = c->now.begin.us && !track_netboot(&c->now) && !r->client->netboot &&
	    mono_diff_ms(now, c->now.last) <= TRACK_PAUSE_MS;

	track_begin(t, c, now);
	if (keeps && r->six && c->before.came.ack) {
		c->now.heard[FAMILY4] = true;
		c->now.came = c->before.came;
	} else if (keeps && !r->six && c->before.six.ack) {
		c->now.heard[FAMILY6] = true;
		c->now.six = c->before.six;
	}
}

/* A REQUEST may say less than the DISCOVER, and EDK2's own IPv6 says less than what
 * it boots by. */
static void
learn_client(struct track_boot *b, const struct track_request *r)
{
	bool *netboot = r->six ? &b->six.netboot : &b->netboot;

	b->heard[r->six ? FAMILY6 : FAMILY4] = true;
	b->ifindex = r->ifindex;
	b->serves6 |= r->serves6;
	b->overheard |= r->overheard;
	if (!r->client->netboot && *netboot)
		return;
	*netboot = r->client->netboot;
	if (r->six)
		track_firmware6(&b->six, r->client);
	else
		b->family = r->client->family;
	if (r->client->n_arch) {
		b->has_arch = true;
		b->arch = r->client->arch[0];
	}
}

/* If requests come both from the client itself and through another relay, there
 * are two relays on its VLAN. From a chain of relays, all requests come with a
 * giaddr. */
static void
learn_relays(struct track_others *o, const struct dhcp4 *m)
{
	o->direct |= ip4_is_none(m->giaddr);
	o->relayed |= !ip4_is_none(m->giaddr);
	o->relay |= o->direct && o->relayed;
}

static void
note_sent(struct track_boot *b, const struct track_request *r, enum role role)
{
	struct track_sent *sent = r->six ? &b->six.sent : &b->sent;

	switch (role) {
	case QUERY:
		if (r->six)
			b->six.xid[r->client->netboot] = r->six->xid;
		else {
			if (sent->discovers == 0)
				sent->first_secs = r->m->secs;
			b->xid = r->m->xid;
		}
		track_bump(&sent->discovers);
		break;
	case REQUESTS:
		track_bump(&sent->requests);
		if (r->m && r->m->at[DHCP4_OPT_SERVER_ID])
			sent->chosen = dhcp4_opt_ip4(r->m, DHCP4_OPT_SERVER_ID);
		break;
	case DECLINES:
		track_bump(&sent->declines);
		break;
	case OTHER:
		break;
	}
}

/* server: the sender of a reply, as it stands in an event; 0: a request. */
static void
note_drop(struct track_boot *b, enum family family, enum drop why, uint32_t server,
    struct mono now)
{
	struct track_refused *f = family == FAMILY6 ? &b->six.refused : &b->refused;
	enum track_kind kind = family == FAMILY6 ? TRACK_DROP6 : TRACK_DROP;
	struct track_event *e = track_add(b, kind, now);

	e->why = (uint8_t)why;
	e->peer = server;
	track_bump(&f->n);
	f->seen[why / 32] |= 1u << why % 32;
}

static void
note_asked(struct track_boot *b, const struct track_request *r,
    const struct kind *k, struct mono now)
{
	struct track_asked *asked = r->six ? &b->six.asked : &b->asked;

	track_add(b, event_of(r, k), now)->n = (uint16_t)(r->n_dhcp + r->n_boot);
	b->rule = r->rule;
	if (k && k->role == QUERY) {
		asked->dhcp = r->n_dhcp;
		if (r->n_boot > asked->boot)
			asked->boot = r->n_boot;
		asked->all_down = r->all_down;
		asked->boot_alone = r->boot_alone;
	}
	if (r->n_boot)
		asked->boot_down = r->boot_down;
}

/* A client can claim any address, so one that is taken stays with its client. */
static void
claim_address(struct track *t, struct track_client *c, struct ip4 a)
{
	if (!track_find_address(t, c->key.ifindex, a))
		index_address(t, c, a);
}

/* What only DHCPv4 has. */
static void
note_request4(struct track *t, struct track_client *c, const struct track_request *r)
{
	struct track_boot *b = &c->now;

	learn_relays(&b->others, r->m);
	if (r->why == DROP_NONE) {
		claim_address(t, c, r->m->ciaddr);
		b->p4011.discovery |= r->client->discovery;
		if (r->client->discovery || r->by_4011)
			track_bump(&b->p4011.asked);
	}
	/* With only `boot =`, the REQUEST is the last message that we see about
	 * a lease from the VLAN itself. Its address identifies what the client
	 * then sends to boot servers. */
	if (b->asked.boot_alone && r->m->type == DHCP4_REQUEST)
		claim_address(t, c, dhcp4_opt_ip4(r->m, DHCP4_OPT_REQUESTED_IP));
}

/* What only DHCPv6 has. */
static void
note_request6(struct track_six *six, const struct track_request *r)
{
	if (r->client->netboot) {
		six->boot_xid = r->six->xid;
		six->stateless |= r->six->type == DHCP6_INFORMATION_REQUEST;
	}
	if (r->client->netboot || !six->edk2)
		six->owner_dead = r->owner_dead;
	six->unheard |= r->unheard;
	if (r->by_4011)
		track_bump(&six->steps);
}

/* Two servers may share the address that we ask, as a pair or behind a relay. */
static bool
was_advertised(const struct track_boot *b, const struct dhcp6 *m)
{
	uint64_t server = dhcp6_duid_end(m, DHCP6_OPT_SERVER_ID);

	return server == b->six.server[0] || server == b->six.server[1];
}

/* Made-up clients that are too many must not push out the others. */
static struct track_client *
client_of(struct track *t, const struct track_request *r, struct mono now)
{
	struct track_key k = r->six ? track_key(r->mac, sizeof(*r->mac), r->ifindex) :
	    track_key(r->m->chaddr, r->m->hlen, r->ifindex);

	if (r->why == DROP_CLIENT_RATE || r->why == DROP_INTERFACE_RATE ||
	    r->why == DROP_OVERLOAD)
		return track_find(t, k.chaddr, k.hlen, k.ifindex);
	return track_meet(t, &k, now);
}

void
track_request(struct track *t, const struct track_request *r, struct mono now)
{
	struct track_client *c = client_of(t, r, now);
	const struct kind *k = kind_of(r);
	struct track_name duid;
	struct track_boot *b;

	if (!c)
		return;
	b = &c->now;
	if (begins_anew(b, r, k && k->role == QUERY, now))
		begin_anew(t, c, r, now);
	learn_client(b, r);
	if (k && !r->by_4011)
		note_sent(b, r, k->role);
	b->six.rogue |= r->rogue && b->six.sent.discovers && !was_advertised(b, r->six);
	*(r->six ? &b->six.refused.last : &b->refused.last) = r->why;
	if (r->why != DROP_NONE)
		note_drop(b, r->six ? FAMILY6 : FAMILY4, r->why, 0, now);
	else
		note_asked(b, r, k, now);
	if (!r->six)
		note_request4(t, c, r);
	else
		note_request6(&b->six, r);
	/* A machine has one DUID for all its network cards: the last one counts. */
	if (r->six && duid_of(&duid, r->ifindex, r->six))
		track_name(t, c, &duid);
	track_active(t, c);
}

void
track_hedge(struct track *t, struct track_client *c, struct ipaddr server, bool boot,
    struct mono now)
{
	bool six = server.version == 6;
	struct track_asked *asked;
	struct track_event *e;

	if (!c)
		return;
	asked = six ? &c->now.six.asked : &c->now.asked;
	track_bump(&asked->hedges);
	if (boot)
		track_bump(&asked->boot_hedges);
	e = track_add(&c->now, six ? TRACK_HEDGE6 : TRACK_HEDGE, now);
	e->peer = six ? number_of(&c->now, server.v6) : server.v4.host;
	track_active(t, c);
}

/* --- replies ----------------------------------------------------------- */

void
track_text(char *to, struct rd text)
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
	track_text(b->file, text);
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

/* A Raspberry Pi uses an offered address without a REQUEST. An address that is in use in
 * a boot stays with that machine. */
static void
index_offer(struct track *t, const struct track_client *c, struct ip4 a)
{
	const struct track_client *holder = track_find_address(t, c->key.ifindex, a);
	struct track_name n = name_of_address(c->key.ifindex, a);

	if (!ip4_is_none(a) && (!holder || holder->now.stage != TRACK_OPEN))
		track_name(t, c, &n);
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
		.menu = m->at[DHCP4_OPT_VENDOR_INFO] != 0, .pi = pxe_offer_suits_pi(m),
	};
	struct track_event *e;
	bool boot;

	boot = track_is_boot_offer(&o);
	o.file = learn_file(b, m, boot);
	e = track_add(b, boot ? TRACK_BOOT_OFFER : TRACK_OFFER, now);
	o.ms = e->ms;
	e->peer = server.host;
	e->addr = boot ? m->siaddr.host : m->yiaddr.host;
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
	struct track_event *e = track_add(b, TRACK_ACK, now);

	e->peer = server.host;
	e->addr = m->yiaddr.host;
	if (b->p4011.discovery && b->came.ack) {	/* from a boot server */
		(void)learn_file(b, m, true);
		track_bump(&b->p4011.answered);
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

static void
note_reply(struct track *t, struct track_client *c, const struct track_answer *a,
    struct mono now)
{
	struct ip4 server = ip_v4(a->server);
	const struct dhcp4 *m = a->m;

	if (a->why != DROP_NONE)
		note_drop(&c->now, FAMILY4, a->why, server.host, now);
	else if (m->type == DHCP4_OFFER) {
		note_offer(&c->now, m, server, a->boot_only, now);
		index_offer(t, c, m->yiaddr);
	} else if (m->type == DHCP4_ACK || m->type == DHCP4_TYPE_NONE)
		note_ack(t, c, m, server, now);
	else if (m->type == DHCP4_NAK) {
		c->now.came.nak = true;
		track_add(&c->now, TRACK_NAK, now)->peer = server.host;
	}
}

void
track_routed_elsewhere(struct track *t, const struct dhcp4 *m, uint32_t ifindex)
{
	struct track_client *c = track_find(t, m->chaddr, m->hlen, ifindex);

	if (c)
		c->now.came.elsewhere = true;
}

void
track_other_relay(struct track *t, const struct track_answer *a, struct mono now)
{
	uint32_t at = 0;
	struct track_client *c = next_client(t, a, &at);

	/* After the pause it belongs to a new conversation, through that relay. */
	if (c && mono_diff_ms(now, c->now.last) <= TRACK_PAUSE_MS)
		c->now.others.relay = true;
}

void
track_rogue(struct track *t, const struct track_answer *a, struct mono now)
{
	uint32_t at = 0;
	struct track_client *c = next_client(t, a, &at);
	const struct dhcp4 *m = a->m;
	struct track_event *e;

	if (!c)
		return;
	c->now.others.rogue = true;
	c->now.others.rogue_boot |= ip4_is_none(m->yiaddr) ||
	    pxe_offer_says(m, "PXEClient") || m->at[DHCP4_OPT_BOOTFILE];
	e = track_add(&c->now, TRACK_ROGUE, now);
	e->peer = ip_v4(a->server).host;
	e->addr = m->yiaddr.host;
	track_active(t, c);
}

static void
note_answer(struct track_client *c, const struct dhcp6 *m, struct track_event *e)
{
	struct track_six *six = &c->now.six;
	struct dhcp6_lease lease;
	bool gives = dhcp6_lease(m, &lease);
	uint16_t status = gives ? 0 : dhcp6_status(m);

	e->addr = number_of(&c->now,
	    ip6_is_none(lease.address) ? lease.prefix.addr : lease.address);
	if (status)
		six->status = status;
	track_offer6(six, m);
	if (m->type == DHCP6_ADVERTISE) {
		if (!was_advertised(&c->now, m)) {
			six->server[1] = six->server[0];
			six->server[0] = dhcp6_duid_end(m, DHCP6_OPT_SERVER_ID);
		}
		track_bump(&six->advertises);
		if (gives)
			track_bump(&six->offers);
		return;
	}
	track_bump(&six->replies);
	six->nak |= status != 0;
	if (!gives)
		return;
	six->ack = true;
	six->lease = lease;
	if (!ip6_is_none(lease.address))
		c->address6 = lease.address;
}

static void
note_reply6(struct track_client *c, const struct track_answer *a, struct mono now)
{
	const struct dhcp6 *m = a->six;
	struct ip6 server = ip_v6(a->server);
	struct track_event *e;

	if (a->why != DROP_NONE)
		note_drop(&c->now, FAMILY6, a->why, number_of(&c->now, server), now);
	else if (m->type == DHCP6_ADVERTISE || m->type == DHCP6_REPLY) {
		e = track_add(&c->now, m->type == DHCP6_REPLY ? TRACK_REPLY :
		    TRACK_ADVERTISE, now);
		e->peer = number_of(&c->now, server);
		note_answer(c, m, e);
		c->now.six.foreign |= a->foreign;
	} else if (m->type == DHCP6_RECONFIGURE)
		track_add(&c->now, TRACK_RECONFIGURE, now)->peer =
		    number_of(&c->now, server);
}

void
track_reply(struct track *t, const struct track_answer *a, struct mono now)
{
	struct track_client *c;
	uint32_t at = 0;

	while ((c = next_client(t, a, &at))) {
		if (a->six)
			note_reply6(c, a, now);
		else
			note_reply(t, c, a, now);
		if (c->now.overheard && !ip6_is_none(c->address6))
			track_at6(t, c, c->address6);
		track_active(t, c);
	}
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
	track_bump(&b->p4011.answered);
	if (dhcp4_parse(&m, p->payload, p->len) == DROP_NONE)
		(void)learn_file(b, &m, true);
}

static void
note_4011(struct track_client *c, const struct track_passing *p, struct mono now)
{
	struct track_event *e = track_add(&c->now,
	    p->from_client ? TRACK_REQUEST_4011 : TRACK_REPLY_4011, now);

	e->peer = p->server.host;
	e->n = p->client_port;
	if (p->from_client) {
		track_bump(&c->now.p4011.asked);
		c->now.p4011.peer = p->server;
		c->now.p4011.port = p->client_port;
	} else
		note_4011_reply(&c->now, p);
}

void
track_4011(struct track *t, const struct track_passing *p, struct mono now)
{
	struct track_client *c;
	uint32_t at = 0;

	while ((c = next_address(t, p->ifindex, p->client, &at))) {
		note_4011(c, p, now);
		track_active(t, c);
	}
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
		track_text(b->file, name);
		b->file_server = server;
		b->file_of_boot = true;
	}
	if (b->tftp.reads && sum == b->tftp.sum)
		track_bump(&b->tftp.same_reads);
	else {
		b->tftp.loaded |= b->tftp.reads && !b->tftp.error;
		b->tftp.error = b->tftp.missing = false;
		b->tftp.same_reads = 1;
	}
	b->tftp.sum = sum;
	track_bump(&b->tftp.reads);
}

static void
note_tftp(struct track_client *c, const struct track_passing *p, struct rd r,
    struct mono now)
{
	struct track_event *e = track_add(&c->now,
	    p->from_client ? TRACK_TFTP_READ : TRACK_TFTP_ERROR, now);

	e->peer = p->server.host;
	if (p->from_client) {
		note_read(&c->now, p->server, tftp_text(&r));
		return;
	}
	e->n = rd_u16(&r);
	c->now.tftp.error = true;
	c->now.tftp.missing |= e->n == TFTP_NOT_FOUND;
}

void
track_tftp(struct track *t, const struct track_passing *p, struct mono now)
{
	struct rd r = rd_init(p->payload, p->len);
	uint16_t op = rd_u16(&r);
	struct track_client *c;
	uint32_t at = 0;

	if (op != (p->from_client ? TFTP_RRQ : TFTP_ERROR))
		return;
	while ((c = next_address(t, p->ifindex, p->client, &at))) {
		note_tftp(c, p, r, now);
		track_active(t, c);
	}
}

/* The next try does not undo what is known of the one before. */
void
track_loading(struct track *t, struct track_client *c, enum family family,
    struct track_load load, struct mono now)
{
	struct track_load *known = &c->now.load[family];
	bool loaded = known->loaded || load.state == TRACK_LOAD_DONE;

	if (load.state >= TRACK_LOAD_GOING || known->state < TRACK_LOAD_GOING)
		*known = load;
	known->loaded = loaded;
	c->now.last = now;
	track_active(t, c);
}

void
track_rescue(struct track *t, const struct track_passing *p, struct mono now)
{
	struct track_client *c = track_find_address(t, p->ifindex, p->client);

	if (!c)
		return;
	c->now.p4011.rescued = true;
	track_bump(&c->now.p4011.answered);
	track_add(&c->now, TRACK_RESCUE, now)->peer = p->server.host;
	track_active(t, c);
}
