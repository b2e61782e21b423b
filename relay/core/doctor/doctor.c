/* SPDX-License-Identifier: ISC
 *
 * doctor - questions and answers of a run; the contract stands in
 * include/core/doctor/doctor.h.
 *
 * A question is asked at the moments of its row in `plans` until it is answered, refused,
 * or its time is over. What an offer leads to (port 4011, a file, a router) becomes a new
 * question at once, so that a run takes as long as its slowest server.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/full.h"
#include "proto/http.h"
#include "proto/tftp.h"

#define ALL_KINDS	((1u << CLIENTMSG_KINDS) - 1)

/* A token: 15 secret bits, the slot, the place of the question. There is room for all
 * servers with one giaddr each; what goes beyond is not asked. */
#define PLACE_BITS	12
#define SLOT_BITS	5
_Static_assert(DOCTOR_RUNS_MAX <= 1 << SLOT_BITS, "slot bits");
#define Q_OTHERS	(DOCTOR_FILES_MAX + DOCTOR_ROUTERS_MAX + 1)
#define Q_PER_SERVER(n_gi) (2 + CLIENTMSG_KINDS * ((n_gi) + 1))
_Static_assert(CONF_SERVERS_MAX * Q_PER_SERVER(1) + Q_OTHERS <= 1 << PLACE_BITS,
    "place bits");

/* A server that answered a client so long ago or less serves somebody. */
#define SERVES_MS	(15 * 60 * 1000)

/*
 * dnsmasq pings a candidate for 3 s before it offers, dhcpd for 1 s, and dhcpd ignores
 * further questions of the machine meanwhile: the third try comes when both are done.
 * Sums: an offer at 5 s, 4011 and a file make less than DOCTOR_RUN_MS.
 */
#define TRIES_MAX	3
static const struct {
	uint8_t tries;
	uint16_t at_ms[TRIES_MAX], over_ms;
} plans[DOCTOR_WHATS] = {
	[DOCTOR_DISCOVER] =	{ 3, { 0, 1300, 3400 }, 5000 },
	[DOCTOR_LISTEN] =	{ 2, { 0, 1500 }, 4000 },
	[DOCTOR_PING] =		{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_PING_GIADDR] =	{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_4011] =		{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_FILE] =		{ 3, { 0, 700, 1600 }, 2600 },
	[DOCTOR_ARP] =		{ 3, { 0, 300, 700 }, 1200 },
};

/* --- asking --------------------------------------------------------------------------- */

static uint16_t
add(struct doctor *d, enum doctor_what what, unsigned ref, enum clientmsg_kind kind,
    struct mono now)
{
	struct doctor_q *q;
	uint64_t n = d->n_q;

	if (d->n_q == d->max_q)
		return DOCTOR_NO_Q;
	q = &d->q[d->n_q];
	*q = (struct doctor_q){
		.what = (uint8_t)what, .kind = (uint8_t)kind, .ref = (uint16_t)ref,
		.state = DOCTOR_OPEN, .began = now, .due = now,
		.token = (uint32_t)hash_sip(d->secret, &n, sizeof(n)) <<
		    (PLACE_BITS + SLOT_BITS) |
		    (uint32_t)d->slot << PLACE_BITS | d->n_q,
	};
	return (uint16_t)d->n_q++;
}

uint8_t
doctor_slot(uint32_t token)
{
	return token >> PLACE_BITS & ((1u << SLOT_BITS) - 1);
}

struct doctor_q *
doctor_find(struct doctor *d, uint32_t token)
{
	uint32_t i = token & ((1u << PLACE_BITS) - 1);

	return i < d->n_q && d->q[i].token == token ? &d->q[i] : NULL;
}

static struct mono
over(const struct doctor_q *q)
{
	return mono_add_ms(q->began, plans[q->what].over_ms);
}

/* true: it is to be sent once more. */
static bool
is_due(struct doctor_q *q, struct mono now)
{
	if (q->state != DOCTOR_OPEN || mono_before(now, q->due))
		return false;
	if (q->tries == plans[q->what].tries ||
	    (q->tries && !mono_before(now, over(q)))) {
		q->state = DOCTOR_SILENT;
		return false;
	}
	if (q->tries++ == 0)
		q->began = now;		/* of a daemon that had other things to do */
	q->due = q->tries == plans[q->what].tries ? over(q) :
	    mono_add_ms(q->began, plans[q->what].at_ms[q->tries]);
	return true;
}

/* BIOS ROMs and iPXE ask who made the offer, by its option 54; UEFI asks the next server first
 * (EDK2, PxeBcRetryBinlOffer()). */
static struct ip4
asks_at_4011(const struct doctor_offer *o, enum clientmsg_kind kind)
{
	struct ip4 id = ip4_is_none(o->id) ? o->from : o->id;

	if (o->item >= 0 && kind == CLIENTMSG_BIOS && o->file[0] == '\0' &&
	    !ip4_is_none(o->item_server))
		return o->item_server;
	return kind == CLIENTMSG_BIOS || ip4_is_none(o->siaddr) ? id : o->siaddr;
}

const struct doctor_offer *
doctor_sender_to_4011(const struct doctor_kind *k)
{
	return k->boot.got && k->boot.pxe ? &k->boot : &k->address;
}

static void
fill_4011(const struct doctor *d, const struct doctor_q *q, struct doctor_ask *a)
{
	const struct doctor_kind *k = &d->server[q->ref].kind[q->kind];
	const struct doctor_offer *o = doctor_sender_to_4011(k);

	a->to = k->asked_4011;
	a->giaddr = d->gi[0].giaddr;
	a->item = q->kind == CLIENTMSG_BIOS && o->file[0] == '\0' ? o->item : -1;
	a->id = q->kind == CLIENTMSG_BIOS ? o->id : IP4_NONE;
}

static void
fill(const struct doctor *d, const struct doctor_q *q, struct mono now,
    struct doctor_ask *a)
{
	*a = (struct doctor_ask){
		.what = (enum doctor_what)q->what, .token = q->token,
		.server = CONF_NONE, .ifindex = d->ifindex, .item = -1,
		.source = d->giaddr_ours ? d->gi[0].giaddr : IP4_NONE,
		.msg = { .kind = (enum clientmsg_kind)q->kind, .run = d->mac,
		    .xid = q->token,
		    .secs = (uint16_t)(mono_diff_ms(now, q->began) / 1000) },
		.left_ms = mono_diff_ms(over(q), now),
	};
	switch (a->what) {
	case DOCTOR_DISCOVER:
		a->server = d->server[q->ref].index;
		a->giaddr = d->gi[q->gi].giaddr;
		a->rai = &d->gi[q->gi].rai;
		break;
	case DOCTOR_PING:
		a->source = IP4_NONE;
		a->to = d->server[q->ref].address;
		break;
	case DOCTOR_PING_GIADDR:
		a->to = d->server[q->ref].address;
		break;
	case DOCTOR_4011:
		fill_4011(d, q, a);
		break;
	case DOCTOR_FILE:
		a->to = d->file[q->ref].server;
		a->file = &d->file[q->ref].where;
		break;
	case DOCTOR_ARP:
		a->to = d->router[q->ref].address;
		break;
	case DOCTOR_LISTEN:
	case DOCTOR_WHATS:
		break;
	}
}

bool
doctor_next(struct doctor *d, struct mono now, struct doctor_ask *a)
{
	for (; d->next < d->n_q; d->next++)
		if (is_due(&d->q[d->next], now)) {
			fill(d, &d->q[d->next++], now, a);
			return true;
		}
	d->next = 0;
	return false;
}

bool
doctor_has_giaddr(const struct doctor *d, struct ip4 a)
{
	for (unsigned i = 0; i < d->n_gi; i++)
		if (ip4_eq(d->gi[i].giaddr, a))
			return true;
	return false;
}

bool
doctor_done(struct doctor *d, struct mono now)
{
	bool late = mono_diff_ms(now, d->began) > DOCTOR_RUN_MS;

	for (unsigned i = 0; i < d->n_q && !late; i++)
		if (d->q[i].state == DOCTOR_OPEN)
			return false;
	if (!d->judged)
		doctor_judge(d);
	d->judged = true;
	return true;
}

/* --- what an offer leads to -------------------------------------------------------------- */

static uint16_t
ask_arp(struct doctor *d, unsigned router, struct mono now)
{
	return add(d, DOCTOR_ARP, router, CLIENTMSG_BIOS, now);
}

static void
look_for_router(struct doctor *d, struct ip4 router, struct mono now)
{
	struct doctor_router *x;
	bool ours = false;

	for (unsigned i = 0; i < d->n_router; i++)
		if (ip4_eq(d->router[i].address, router))
			return;
	if (ip4_is_none(router) || d->n_router == DOCTOR_ROUTERS_MAX)
		return;
	for (unsigned i = 0; i < d->n_net; i++)
		ours = ours || ip4_eq(d->net[i].addr, router);
	x = &d->router[d->n_router];
	*x = (struct doctor_router){ router, ours, DOCTOR_NO_Q };
	if (!ours)
		x->q = ask_arp(d, d->n_router, now);
	d->n_router++;
}

/* Where a plain name is fetched from (EDK2: the next server, else who made the offer). */
static struct ip4
file_server(const struct doctor_offer *o)
{
	if (!ip4_is_none(o->siaddr))
		return o->siaddr;
	if (o->has_name66)
		return o->name66;
	return ip4_is_none(o->id) ? o->from : o->id;
}

static struct doctor_file *
same_file(struct doctor *d, const char *name, struct ip4 server)
{
	for (unsigned i = 0; i < d->n_file; i++)
		if (strcmp(d->file[i].name, name) == 0 &&
		    ip4_eq(d->file[i].server, server))
			return &d->file[i];
	return NULL;
}

static void
fetch(struct doctor *d, const struct doctor_offer *o, enum clientmsg_kind kind,
    struct mono now)
{
	struct doctor_file *f = &d->file[d->n_file], *known;
	struct bootfile where;
	bool sound = bootfile_parse(&where, o->file);
	struct ip4 server = where.url ? where.server : file_server(o);

	if (where.scheme == BOOTFILE_UNKNOWN || !sound)
		server = IP4_NONE;
	known = same_file(d, o->file, server);
	if (known)
		known->kinds |= (uint8_t)(1u << kind);
	if (known || d->n_file == DOCTOR_FILES_MAX)
		return;
	*f = (struct doctor_file){
		.server = server, .kinds = (uint8_t)(1u << kind), .q = DOCTOR_NO_Q,
		.outcome = FINDING_MAX,
	};
	memcpy(f->name, o->file, sizeof(f->name));
	(void)bootfile_parse(&f->where, f->name);
	if (ip4_is_host(server))
		f->q = add(d, DOCTOR_FILE, d->n_file, kind, now);
	else
		f->outcome = FINDING_FILE_UNCHECKED;
	d->n_file++;
}

/* HTTP boot looks at offers that say HTTPClient only. */
static bool
uses_file(const struct doctor_offer *o, enum clientmsg_kind kind)
{
	struct bootfile b;

	if (o->file[0] == '\0')
		return false;
	if (kind != CLIENTMSG_HTTP)
		return true;
	return o->http && bootfile_parse(&b, o->file) && b.url;
}

static void
follow(struct doctor *d, unsigned server, enum clientmsg_kind kind,
    const struct doctor_offer *o, struct mono now)
{
	struct doctor_kind *k = &d->server[server].kind[kind];

	if (o != &k->ack && !ip4_is_none(o->yiaddr))
		look_for_router(d, o->router, now);
	if (uses_file(o, kind))
		fetch(d, o, kind, now);
	if (o == &k->ack || !o->pxe || kind == CLIENTMSG_HTTP || k->p4011 != DOCTOR_NO_Q)
		return;
	k->asked_4011 = asks_at_4011(o, kind);
	if (ip4_is_host(k->asked_4011))
		k->p4011 = add(d, DOCTOR_4011, server, kind, now);
}

/* --- reading offers ------------------------------------------------------------------------- */

static void
read_text(struct doctor_offer *o, struct rd text)
{
	size_t n = rd_left(&text) < BOOTFILE_MAX - 1 ? rd_left(&text) : BOOTFILE_MAX - 1;

	rd_copy(&text, o->file, n);
	o->file[n] = '\0';
}

static void
read_file(struct doctor_offer *o, const struct dhcp4 *m)
{
	struct rd all = rd_init(m->data, m->len), text;

	if (dhcp4_opt(m, DHCP4_OPT_BOOTFILE, &text) && rd_left(&text))
		read_text(o, text);
	else if (!(m->overload & DHCP4_OVERLOAD_FILE)) {
		rd_skip(&all, DHCP4_OFF_FILE);
		read_text(o, rd_sub(&all, DHCP4_LEN_FILE));
	}
}

/* Option 66: a name, or an address as text. */
static void
read_name66(struct doctor_offer *o, const struct dhcp4 *m)
{
	char text[IP4_STRLEN] = "";
	size_t n = dhcp4_opt_join(m, DHCP4_OPT_TFTP_NAME, text, sizeof(text) - 1);

	o->has_name66 = n > 0;
	if (n >= sizeof(text) || !ip4_parse(text, &o->name66))
		o->name66 = IP4_NONE;
}

/* PXE 2.1: 43.9 is a list of type (16 bits), length, text; 43.8 of type, count, addresses. */
static void
read_menu(struct doctor_offer *o, const struct dhcp4 *m)
{
	uint8_t buf[255];
	size_t len = dhcp4_opt_join(m, DHCP4_OPT_VENDOR_INFO, buf, sizeof(buf));
	struct rd r = rd_init(buf, len < sizeof(buf) ? len : sizeof(buf));
	struct rd servers = rd_init(NULL, 0);

	o->item = -1;
	while (rd_left(&r) > 0) {
		uint8_t code = rd_u8(&r);
		struct rd v;

		if (code == PXE_SUB_END)
			break;
		if (code == PXE_SUB_PAD)
			continue;
		v = rd_sub(&r, rd_u8(&r));
		if (code == PXE_SUB_BOOT_SERVERS)
			servers = v;
		if (code == PXE_SUB_BOOT_MENU && rd_left(&v) >= 3)
			o->item = rd_u16(&v);
	}
	if (o->item >= 0 && rd_u16(&servers) == o->item && rd_u8(&servers) > 0)
		o->item_server.host = rd_u32(&servers);
}

static void
read_offer(struct doctor_offer *o, const struct dhcp4 *m, struct ip4 from)
{
	*o = (struct doctor_offer){
		.got = true, .from = from, .pxe = pxe_offer_says(m, "PXEClient"),
		.http = pxe_offer_says(m, "HTTPClient"),
		.id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID),
		.yiaddr = m->yiaddr, .siaddr = m->siaddr,
		.mask = dhcp4_opt_ip4(m, DHCP4_OPT_MASK), .router = dhcp4_router(m),
	};
	read_file(o, m);
	read_name66(o, m);
	read_menu(o, m);
}

/* --- answers --------------------------------------------------------------------------------- */

static struct doctor_q *
open_q(struct doctor *d, uint32_t token, enum doctor_what what)
{
	struct doctor_q *q = doctor_find(d, token);

	return q && q->what == what && q->state == DOCTOR_OPEN ? q : NULL;
}

bool
doctor_offered(struct doctor *d, const struct dhcp4 *m, struct ip4 from,
    enum drop why, struct mono now)
{
	struct doctor_q *q = doctor_find(d, m->xid);
	struct doctor_kind *k;
	struct doctor_offer *o;

	/* The second offer of a server that makes two comes after the first. */
	if (!q || q->what != DOCTOR_DISCOVER || m->type != DHCP4_OFFER)
		return false;
	k = &d->server[q->ref].kind[q->kind];
	if (why != DROP_NONE) {
		k->refused = why;
		k->refused_from = from;
		return true;
	}
	o = ip4_is_none(m->yiaddr) ? &k->boot : &k->address;
	q->state = DOCTOR_ANSWERED;
	if (o->got)
		return true;
	read_offer(o, m, from);
	follow(d, q->ref, (enum clientmsg_kind)q->kind, o, now);
	return true;
}

bool
doctor_heard(struct doctor *d, uint32_t token)
{
	struct doctor_q *q = doctor_find(d, token);

	if (!q || q->state != DOCTOR_OPEN || (q->what != DOCTOR_PING &&
	    q->what != DOCTOR_PING_GIADDR && q->what != DOCTOR_ARP))
		return false;
	q->state = DOCTOR_ANSWERED;
	return true;
}

bool
doctor_4011(struct doctor *d, uint32_t token, const void *data, size_t len,
    struct ip4 from, struct mono now)
{
	struct doctor_q *q = open_q(d, token, DOCTOR_4011);
	struct doctor_kind *k;
	struct dhcp4 m;

	if (!q || dhcp4_parse(&m, data, len) != DROP_NONE || m.op != BOOTREPLY ||
	    m.xid != token || (m.type != DHCP4_ACK && m.type != DHCP4_OFFER))
		return false;
	k = &d->server[q->ref].kind[q->kind];
	q->state = DOCTOR_ANSWERED;
	read_offer(&k->ack, &m, from);
	follow(d, q->ref, (enum clientmsg_kind)q->kind, &k->ack, now);
	return true;
}

void
doctor_wrong_port(struct doctor *d, uint32_t token)
{
	struct doctor_q *q = doctor_find(d, token);

	if (q && q->what == DOCTOR_4011)
		d->server[q->ref].kind[q->kind].wrong_port = true;
}

static void
read_tftp(struct doctor_file *f, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	struct tftp t;

	f->outcome = FINDING_TFTP_SILENT;
	if (!tftp_parse(&t, data, len))
		return;
	rd_skip(&r, TFTP_HEADER);
	if (t.op == TFTP_ERROR) {
		f->code = t.code;
		f->outcome = t.code == TFTP_NOT_FOUND ? FINDING_FILE_MISSING :
		    FINDING_FILE_REFUSED;
	} else if (t.op == TFTP_DATA) {
		f->content = bootfile_sniff(r.p, rd_left(&r));
		f->outcome = f->content == BOOTFILE_EMPTY ? FINDING_FILE_EMPTY :
		    FINDING_FILE_FOUND;
	}
}

/* 206 is the answer to our range, 200 of a server that knows none; 416 is an empty file. */
static void
read_http(struct doctor_file *f, const void *data, size_t len)
{
	size_t body = http_body(data, len);
	struct rd r = rd_init(data, len);

	rd_skip(&r, body);
	f->code = http_status(data, len);
	f->outcome = FINDING_HTTP_ERROR;
	if (f->code <= 0)
		f->outcome = FINDING_HTTP_SILENT;
	else if (f->code == 404 || f->code == 410)
		f->outcome = FINDING_FILE_MISSING;
	else if (f->code == 416)
		f->outcome = FINDING_FILE_EMPTY;
	else if (f->code >= 300 && f->code < 500)
		f->outcome = FINDING_FILE_REFUSED;
	else if (f->code < 300) {
		f->content = body ? bootfile_sniff(r.p, rd_left(&r)) : BOOTFILE_MZ;
		f->outcome = f->content == BOOTFILE_EMPTY ? FINDING_FILE_EMPTY :
		    FINDING_FILE_FOUND;
	}
}

bool
doctor_fetched(struct doctor *d, uint32_t token, const void *data, size_t len)
{
	struct doctor_q *q = open_q(d, token, DOCTOR_FILE);

	if (!q)
		return false;
	q->state = DOCTOR_ANSWERED;
	if (d->file[q->ref].where.scheme == BOOTFILE_HTTP)
		read_http(&d->file[q->ref], data, len);
	else
		read_tftp(&d->file[q->ref], data, len);
	return true;
}

void
doctor_failed(struct doctor *d, uint32_t token, int err)
{
	struct doctor_q *q = doctor_find(d, token);

	/* A full buffer, or no descriptor: the next try may have one. */
	if (!q || q->state != DOCTOR_OPEN || full_error(err) || err == EBUSY)
		return;
	q->state = DOCTOR_ERROR;
	q->err = err;
}

/* One error is the answer to all that is open there: the kernel tells it once. */
bool
doctor_server_error(struct doctor *d, uint16_t server, int err)
{
	bool ours = false;

	for (unsigned i = 0; i < d->n_q; i++) {
		struct doctor_q *q = &d->q[i];

		if (q->what != DOCTOR_DISCOVER || d->server[q->ref].index != server ||
		    q->tries == 0)
			continue;
		if (q->state == DOCTOR_OPEN) {
			q->state = DOCTOR_ERROR;
			q->err = err;
			ours = true;
		} else if (q->state == DOCTOR_ERROR)
			ours = true;
	}
	return ours;
}

void
doctor_heard_on_vlan(struct doctor *d, const struct dhcp4 *m, struct ip4 from)
{
	bool relay = !ip4_is_none(m->giaddr);
	struct ip4 who = relay ? m->giaddr : from;

	if (m->op != BOOTREPLY || (m->type != DHCP4_OFFER && m->type != DHCP4_ACK))
		return;
	for (unsigned i = 0; i < d->n_stranger; i++)
		if (ip4_eq(d->stranger[i].from, who))
			return;
	if (d->n_stranger < DOCTOR_STRANGERS_MAX)
		d->stranger[d->n_stranger++] =
		    (struct doctor_stranger){ who, m->yiaddr, relay };
}

/* --- the beginning ----------------------------------------------------------------------------- */

/* As core/relay4_servers: `servers =`, unless a rule names a dhcp group; and the boot
 * group of the rule, or of the interface. */
static void
choose(struct doctor *d, struct relay4 *r, const struct iface *f,
    enum clientmsg_kind kind)
{
	struct clientmsg who = { .kind = kind, .run = d->mac };
	struct doctor_choice *c = &d->choice[kind];
	uint8_t msg[CLIENTMSG_MAX];
	struct pxe_client client;
	struct conv cv = { .rule = CONF_NONE };
	struct dhcp4 m;
	size_t len = clientmsg_discover(msg, sizeof(msg), &who, false);

	(void)dhcp4_parse(&m, msg, len);
	pxe_read(&client, &m);
	relay4_choose(r, &cv, f, &client, &m);
	c->rule = cv.rule;
	c->drop = cv.drop;
	c->dhcp = cv.dhcp != CONF_NONE ? cv.dhcp :
	    f->conf->servers != CONF_NONE ? f->conf->servers : f->conf->dhcp;
	c->boot = cv.boot != CONF_NONE ? cv.boot : f->conf->boot;
}

static void
read_server(struct doctor *d, const struct relay4 *r, struct doctor_server *s,
    uint16_t i, struct mono now)
{
	const struct health *h = &r->health[i];

	*s = (struct doctor_server){
		.index = i, .address = r->conf->server[i].address,
		.is_boot = r->conf->is_boot[i] && !r->conf->is_dhcp[i],
		.routed = !ip4_is_none(r->server_source[i]),
		.drained = h->drained, .down = h->state == HEALTH_DOWN,
		.diag = h->diag, .proxy_only = r->conf->server[i].proxy_only,
		.serves_others = h->last_reply.us &&
		    mono_diff_ms(now, h->last_reply) < SERVES_MS,
		.ping = DOCTOR_NO_Q, .ping_giaddr = DOCTOR_NO_Q,
	};
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		s->kind[k].p4011 = DOCTOR_NO_Q;
		if (d->choice[k].drop)
			continue;
		if (conf_group_has(r->conf, d->choice[k].dhcp, i))
			s->dhcp |= (uint8_t)(1u << k);
		if (conf_group_has(r->conf, d->choice[k].boot, i))
			s->boot |= (uint8_t)(1u << k);
	}
}

/* As core/relay4_request: with its first address, or with each. A rotation may be at any of
 * them, so all are asked for it too. */
static void
read_giaddrs(struct doctor *d, const struct relay4 *r, const struct iface *f)
{
	bool each = f->conf->o.giaddr == CONF_GIADDR_ALL ||
	    f->conf->o.giaddr == CONF_GIADDR_ROTATE;

	d->n_gi = each ? f->n_gi : 1;
	memcpy(d->gi, f->gi, d->n_gi * sizeof(d->gi[0]));
	/* On standby the virtual address finds the other router. */
	if (!iftab_is_local(r->iftab, d->gi[0].giaddr) && !ip4_is_none(f->own) &&
	    ip4_eq(f->virtual, d->gi[0].giaddr))
		d->gi[0].giaddr = f->own;
	d->giaddr_ours = iftab_is_local(r->iftab, d->gi[0].giaddr);
}

static void
read_iface(struct doctor *d, const struct relay4 *r, const struct iface *f)
{
	d->ifindex = f->link.ifindex;
	read_giaddrs(d, r, f);
	d->other_nets = f->conf->o.link != CONF_LINK_OFF;
	for (unsigned i = 0; i < f->n_addr && d->n_net < DOCTOR_NETS_MAX; i++)
		d->net[d->n_net++] = f->addr[i].net;
}

/* One for each giaddr, side by side. */
static void
ask_kind(struct doctor *d, unsigned i, enum clientmsg_kind kind, struct mono now)
{
	struct doctor_kind *k = &d->server[i].kind[kind];

	for (unsigned gi = 0; gi < d->n_gi; gi++) {
		uint16_t q = add(d, DOCTOR_DISCOVER, i, kind, now);

		if (q == DOCTOR_NO_Q)
			return;
		d->q[q].gi = (uint8_t)gi;
		k->discover = gi ? k->discover : q;
		k->n_discover++;
	}
}

static void
ask_server(struct doctor *d, unsigned i, struct mono now)
{
	struct doctor_server *s = &d->server[i];
	/* Whom no kind of ours is sent to may still be asked by others, iPXE say. */
	unsigned kinds = s->dhcp | s->boot ? s->dhcp | s->boot : ALL_KINDS;

	if (!s->routed)
		return;
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		if (kinds >> k & 1)
			ask_kind(d, i, (enum clientmsg_kind)k, now);
	s->ping = add(d, DOCTOR_PING, i, CLIENTMSG_BIOS, now);
	if (d->giaddr_ours)
		s->ping_giaddr = add(d, DOCTOR_PING_GIADDR, i, CLIENTMSG_BIOS, now);
}

static bool
take_memory(struct doctor *d, unsigned servers)
{
	d->max_q = servers * Q_PER_SERVER(d->n_gi) + Q_OTHERS;
	if (d->max_q > 1u << PLACE_BITS)
		d->max_q = 1u << PLACE_BITS;
	d->max_finding = 32 + 16 * servers + DOCTOR_FILES_MAX * 2;
	d->server = calloc(servers ? servers : 1, sizeof(*d->server));
	d->q = calloc(d->max_q, sizeof(*d->q));
	d->finding = calloc(d->max_finding, sizeof(*d->finding));
	return d->server && d->q && d->finding;
}

static bool
begin(struct doctor *d, struct relay4 *r, const struct iface *f, struct mono now)
{
	const struct conf *c = r->conf;
	bool ready = f && f->conf && iface_ready(f);
	unsigned n = 0;

	for (uint16_t i = 0; ready && i < c->n_server; i++)
		n += c->server[i].first == i && iface_leads_to(f, c, i);
	if (ready)
		read_iface(d, r, f);
	if (!take_memory(d, n))
		return false;
	if (!ready)
		return true;
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		choose(d, r, f, (enum clientmsg_kind)k);
	for (uint16_t i = 0; i < c->n_server; i++)
		if (c->server[i].first == i && iface_leads_to(f, c, i))
			read_server(d, r, &d->server[d->n_server++], i, now);
	add(d, DOCTOR_LISTEN, 0, CLIENTMSG_X64, now);
	for (unsigned i = 0; i < d->n_server; i++)
		ask_server(d, i, now);
	return true;
}

struct doctor *
doctor_new(struct relay4 *r, uint32_t ifindex, const char *ifname, uint8_t slot,
    struct hash_key secret, struct mono now)
{
	const struct iface *f = iftab_by_index(r->iftab, ifindex);
	struct doctor *d = calloc(1, sizeof(*d));
	uint64_t n = UINT64_MAX;

	if (!d)
		return NULL;
	d->conf = r->conf;
	d->slot = slot;
	d->secret = secret;
	d->mac = (uint16_t)hash_sip(secret, &n, sizeof(n));
	d->began = now;
	strncpy(d->ifname, ifname, sizeof(d->ifname) - 1);
	if (!begin(d, r, f, now))
		return doctor_free(d);
	doctor_look(d, f);
	return d;
}

struct doctor *
doctor_free(struct doctor *d)
{
	if (!d)
		return NULL;
	free(d->server);
	free(d->q);
	free(d->finding);
	free(d);
	return NULL;
}
