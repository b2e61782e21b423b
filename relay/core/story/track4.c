/* SPDX-License-Identifier: ISC
 *
 * track4 - what DHCPv4 messages, port 4011 and TFTP change in a client's
 * conversation. track.c keeps the tables, track6.c is for DHCPv6.
 */
#include "core/story/track.h"

#include <string.h>

#include "proto/tftp.h"

/* If a server sends more offers than the client sent DISCOVERs, within this
 * time, a request reached it twice. */
#define REPEAT_MS	100
/* iPXE collects boot offers for 3 s, EDK2 for 4. */
#define WINDOW_MS	4000

static struct track_client *
find_message(struct track *t, const struct dhcp4 *m)
{
	return track_by_key(t, m->chaddr, m->hlen);
}

static struct track_name
name_of_address(struct ip4 a)
{
	struct track_name n = { .kind = '4' };

	memcpy(n.b, &a.host, sizeof(a.host));
	return n;
}

static struct track_client *
find_address(struct track *t, struct ip4 a)
{
	struct track_name n = name_of_address(a);
	struct track_client *c = track_by_name(t, &n);

	return c && ip4_eq(c->address, a) ? c : NULL;
}

static void
index_address(struct track *t, struct track_client *c, struct ip4 a)
{
	struct track_name n = name_of_address(a);

	if (ip4_is_none(a))
		return;
	c->address = a;
	track_name(t, c, &n);
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
	int64_t quiet_ms = mono_diff_ms(now, b->last);

	if (!b->begin.us || quiet_ms > TRACK_PAUSE_MS)
		return true;
	if (!is_discover(m))
		return false;
	if (b->sent.discovers || b->sent.requests || b->came.ack)
		return b->came.ack || b->sent.discovers == 0 || m->xid != b->xid;
	/* Firmware that failed over IPv6 goes on here. */
	return b->heard[FAMILY6] && quiet_ms > TRACK_OVER_MS;
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
	b->heard[FAMILY4] = true;
	b->ifindex = r->ifindex;
	b->others.direct |= ip4_is_none(r->m->giaddr);
	b->others.relayed |= !ip4_is_none(r->m->giaddr);
	b->others.relay |= b->others.direct && b->others.relayed;
	if (!r->client->netboot && b->netboot)
		return;		/* a REQUEST may say less than the DISCOVER */
	b->family = r->client->family;
	b->netboot = r->client->netboot || r->client->pxeclient;
	track_learn_arch(b, r->client);
}

static void
note_asked(struct track_boot *b, const struct track_request *r, struct mono now)
{
	track_add_request(b, &b->asked, kind_of(r), r, is_discover(r->m), now);
	b->p4011.discovery |= r->client->discovery;
	if (r->client->discovery || r->by_4011)
		track_bump(&b->p4011.asked);
}

static void
note_sent(struct track_boot *b, const struct dhcp4 *m)
{
	switch (m->type) {
	case DHCP4_DISCOVER:
	case DHCP4_TYPE_NONE:
		if (b->sent.discovers == 0)
			b->sent.first_secs = m->secs;
		track_bump(&b->sent.discovers);
		b->xid = m->xid;
		break;
	case DHCP4_REQUEST:
		track_bump(&b->sent.requests);
		if (m->at[DHCP4_OPT_SERVER_ID])
			b->sent.chosen = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);
		break;
	case DHCP4_DECLINE:
		track_bump(&b->sent.declines);
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
	struct track_client *c = track_meet(t, r->m->chaddr, r->m->hlen, now);

	if (begins_anew(&c->now, r->m, now))
		track_begin(t, c, now);
	learn_client(&c->now, r);
	if (!r->by_4011)
		note_sent(&c->now, r->m);
	c->now.refused.last = r->why;
	if (r->why != DROP_NONE)
		track_add_drop(&c->now, &c->now.refused, r->why, now);
	else {
		claim_address(t, c, r->m->ciaddr);
		note_asked(&c->now, r, now);
	}
	/* With only `boot =`, the REQUEST is the last message that we see about
	 * a lease from the VLAN itself. Its address identifies what the client
	 * then sends to boot servers. */
	if (c->now.asked.boot_alone && r->m->type == DHCP4_REQUEST)
		claim_address(t, c, dhcp4_opt_ip4(r->m, DHCP4_OPT_REQUESTED_IP));
	track_active(t, c);
}

void
track_hedge(struct track *t, const struct dhcp4 *m, struct ip4 server, bool boot,
    struct mono now)
{
	struct track_client *c = find_message(t, m);

	if (!c)
		return;
	track_bump(&c->now.asked.hedges);
	if (boot)
		track_bump(&c->now.asked.boot_hedges);
	track_add(&c->now, TRACK_HEDGE, now)->peer = server.host;
	track_active(t, c);
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

void
track_reply(struct track *t, const struct dhcp4 *m, struct ip4 server,
    bool boot_only, enum drop why, struct mono now)
{
	struct track_client *c = find_message(t, m);

	if (!c)
		return;
	if (why != DROP_NONE)
		track_add_drop(&c->now, &c->now.refused, why, now);
	else if (m->type == DHCP4_OFFER)
		note_offer(&c->now, m, server, boot_only, now);
	else if (m->type == DHCP4_ACK || m->type == DHCP4_TYPE_NONE)
		note_ack(t, c, m, server, now);
	else if (m->type == DHCP4_NAK) {
		c->now.came.nak = true;
		track_add(&c->now, TRACK_NAK, now)->peer = server.host;
	}
	track_active(t, c);
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
	e = track_add(&c->now, TRACK_ROGUE, now);
	e->peer = server.host;
	e->addr = m->yiaddr.host;
	track_active(t, c);
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

void
track_4011(struct track *t, const struct track_passing *p, struct mono now)
{
	struct track_client *c = find_address(t, p->client);
	struct track_event *e;

	if (!c)
		return;
	e = track_add(&c->now,
	    p->from_client ? TRACK_REQUEST_4011 : TRACK_REPLY_4011, now);
	e->peer = p->server.host;
	e->n = p->client_port;
	if (p->from_client) {
		track_bump(&c->now.p4011.asked);
		c->now.p4011.peer = p->server;
		c->now.p4011.port = p->client_port;
	} else
		note_4011_reply(&c->now, p);
	track_active(t, c);
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
		track_bump(&b->tftp.same_reads);
	else {
		b->tftp.loaded |= b->tftp.reads && !b->tftp.error;
		b->tftp.error = b->tftp.missing = false;
		b->tftp.same_reads = 1;
	}
	b->tftp.sum = sum;
	track_bump(&b->tftp.reads);
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
	e = track_add(&c->now,
	    p->from_client ? TRACK_TFTP_READ : TRACK_TFTP_ERROR, now);
	e->peer = p->server.host;
	track_active(t, c);
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
	track_bump(&c->now.p4011.answered);
	track_add(&c->now, TRACK_RESCUE, now)->peer = live.host;
	track_active(t, c);
}
