/* SPDX-License-Identifier: ISC
 *
 * doctor - the queries of a run and their answers; doctor_judge.c judges them.
 *
 * A query is sent at the times in its row of `plans` until it is answered,
 * fails or times out. What an offer leads to (port 4011, a file, a router) is
 * queried at once, so a run takes as long as the slowest server. PXE 2.1 says
 * what follows from an offer; where firmware differs, EDK2 and iPXE decide.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nobufs.h"
#include "proto/http.h"
#include "proto/tftp.h"
#include "proto/udpip.h"

/* A token consists of 15 secret bits, the slot and the place of the query.
 * There are places for all servers with one giaddr, and no more. */
#define PLACE_BITS	12
#define SLOT_BITS	5
_Static_assert(DOCTOR_RUNS_MAX <= 1 << SLOT_BITS, "slot bits");
#define Q_OTHERS	(DOCTOR_FILES_MAX + DOCTOR_ROUTERS_MAX + 2)
#define Q_PER_SERVER(n_giaddr) (2 + CLIENTMSG_KINDS4 * ((n_giaddr) + 1))
_Static_assert(CONF_SERVERS_MAX * Q_PER_SERVER(1) + Q_OTHERS <= 1 << PLACE_BITS,
    "place bits");

/* A server that replied to a client within this time serves others. */
#define SERVES_MS	(15 * 60 * 1000)

/* dnsmasq pings an address for 3 s before it offers it, dhcpd for 1 s, ignoring
 * further DISCOVERs of the machine meanwhile. The third try comes after both.
 * An offer at 5 s, 4011 and a file still fit into DOCTOR_RUN_MS. */
#define TRIES_MAX	3
static const struct {
	unsigned tries;
	uint16_t at_ms[TRIES_MAX], over_ms;
} plans[DOCTOR_WHATS] = {
	[DOCTOR_DISCOVER] =	{ 3, { 0, 1300, 3400 }, 5000 },
	[DOCTOR_LISTEN] =	{ 2, { 0, 1500 }, 4000 },
	[DOCTOR_PING] =		{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_PING_GIADDR] =	{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_4011] =		{ 3, { 0, 500, 1200 }, 2000 },
	[DOCTOR_FILE] =		{ 3, { 0, 700, 1600 }, 2600 },
	[DOCTOR_ARP] =		{ 3, { 0, 300, 700 }, 1200 },
	/* RFC 4861 6.2.6: a router answers all after at most 0.5 s, 3 s apart. */
	[DOCTOR_ROUTERS] =	{ 2, { 0, 1500 }, 4000 },
};

/* --- queries -------------------------------------------------------------- */

/* Adds a query with what, kind, ref, gi and to of q; NULL if there is no room. */
static struct doctor_query *
add_query(struct doctor *d, struct doctor_query q, struct mono now)
{
	uint64_t n = d->n_q;

	if (d->n_q == d->max_q)
		return NULL;
	q.began = q.due = now;
	q.token = (uint32_t)hash_sip(d->secret, &n, sizeof(n));
	q.token = q.token << (PLACE_BITS + SLOT_BITS) |
	    (uint32_t)d->slot << PLACE_BITS | d->n_q;
	d->q[d->n_q] = q;
	return &d->q[d->n_q++];
}

uint8_t
doctor_slot(uint32_t token)
{
	return token >> PLACE_BITS & ((1u << SLOT_BITS) - 1);
}

struct doctor_query *
doctor_find(struct doctor *d, uint32_t token)
{
	uint32_t i = token & ((1u << PLACE_BITS) - 1);

	return i < d->n_q && d->q[i].token == token ? &d->q[i] : NULL;
}

static struct mono
query_end(const struct doctor_query *q)
{
	return mono_add_ms(q->began, plans[q->what].over_ms);
}

const struct doctor_offer *
doctor_sender_to_4011(const struct doctor_kind *k)
{
	return k->boot.got && k->boot.pxe ? &k->boot : &k->address;
}

/* Answers must take the route to a machine on the VLAN. */
static struct ipaddr
source_of(const struct doctor *d, const struct doctor_query *q)
{
	if (q->what == DOCTOR_PING)
		return d->server[q->ref].source;
	if (q->what == DOCTOR_ROUTERS)
		return IP_NONE;
	if (ip_family(q->to) == FAMILY6)
		return d->link_ours ? ip_of6(d->link) : IP_NONE;
	return d->giaddr_ours ? ip_of4(d->giaddr[0].addr) : IP_NONE;
}

static void
fill_ask(const struct doctor *d, const struct doctor_query *q, struct mono now,
    struct doctor_ask *a)
{
	const struct doctor_offer *o;

	*a = (struct doctor_ask){
		.what = q->what, .token = q->token, .to = q->to,
		.server = CONF_NONE, .ifindex = d->ifindex, .item = -1,
		.source = source_of(d, q),
		.msg = { .kind = q->kind, .run = d->mac, .xid = q->token,
		    .secs = (uint16_t)(mono_diff_ms(now, q->began) / 1000) },
		.left_ms = mono_diff_ms(query_end(q), now),
	};
	if (q->what == DOCTOR_DISCOVER) {
		a->server = d->server[q->ref].index;
		a->giaddr = d->giaddr[q->gi].addr;
		a->rai = &d->giaddr[q->gi].rai;
	} else if (q->what == DOCTOR_4011) {
		o = doctor_sender_to_4011(&d->server[q->ref].kind[q->kind]);
		a->giaddr = d->giaddr[0].addr;
		a->duid = rd_init(o->duid, o->duid_len);
		if (q->kind != CLIENTMSG_BIOS)
			return;
		a->item = o->file[0] ? -1 : o->item;
		a->id = o->id;
	} else if (q->what == DOCTOR_FILE)
		a->file = &d->file[q->ref].where;
}

bool
doctor_next(struct doctor *d, struct mono now, struct doctor_ask *a)
{
	while (d->next < d->n_q) {
		struct doctor_query *q = &d->q[d->next++];
		unsigned tries = plans[q->what].tries;

		if (q->state != DOCTOR_OPEN || mono_before(now, q->due))
			continue;
		if (q->tries == tries ||
		    (q->tries && !mono_before(now, query_end(q)))) {
			q->state = DOCTOR_SILENT;
			continue;
		}
		if (q->tries++ == 0)
			q->began = now;		/* the daemon may have been busy */
		q->due = q->tries == tries ? query_end(q) :
		    mono_add_ms(q->began, plans[q->what].at_ms[q->tries]);
		fill_ask(d, q, now, a);
		return true;
	}
	d->next = 0;
	return false;
}

bool
doctor_has_giaddr(const struct doctor *d, struct ip4 a)
{
	for (unsigned i = 0; i < d->n_giaddr; i++)
		if (ip4_eq(d->giaddr[i].addr, a))
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

/* --- what an offer leads to ----------------------------------------------- */

static void
look_for_router(struct doctor *d, struct ip4 router, struct mono now)
{
	struct doctor_router *x = &d->router[d->n_router];

	for (unsigned i = 0; i < d->n_router; i++)
		if (ip4_eq(d->router[i].address, router))
			return;
	if (ip4_is_none(router) || d->n_router == DOCTOR_ROUTERS_MAX)
		return;
	*x = (struct doctor_router){ .address = router };
	for (unsigned i = 0; i < d->n_net; i++)
		x->ours = x->ours || ip_eq(d->net[i].addr, ip_of4(router));
	if (!x->ours)
		x->query = add_query(d, (struct doctor_query){
			.what = DOCTOR_ARP, .ref = d->n_router,
			.to = ip_of4(router) }, now);
	d->n_router++;
}

static struct ip4
offer_id(const struct doctor_offer *o)
{
	return ip4_is_none(o->id) ? o->from : o->id;
}

/* Can a machine on any VLAN send packets to this host? A server may tell any address,
 * and to this router 127.0.0.1 is itself: nothing is sent to one that is no host's. */
static bool
is_reachable(struct ipaddr a)
{
	return ip_family(a) == FAMILY6 ? ip6_is_global(a.v6) : ip4_is_host(ip_v4(a)) &&
	    !ip4_is_loopback(ip_v4(a)) && !ip4_is_linklocal(ip_v4(a));
}

/* What a file is before it is fetched: FINDING_MAX, or why it is not. A server that is
 * not known may be a name, but not 0.0.0.0. */
static enum finding
judge_place(const struct bootfile *where, bool valid, struct ipaddr server)
{
	if (ip_is_none(server))
		return valid && where->url && where->scheme != BOOTFILE_UNKNOWN &&
		    where->server.version ?
		    FINDING_FILE_NO_HOST : FINDING_FILE_UNCHECKED;
	return is_reachable(server) ? FINDING_MAX : FINDING_FILE_NO_HOST;
}

static void
fetch_file(struct doctor *d, const struct doctor_offer *o, enum clientmsg_kind kind,
    struct mono now)
{
	struct doctor_file *f;
	struct bootfile where;
	bool valid = bootfile_parse(&where, o->file);
	struct ipaddr server = where.server;

	/* HTTP boot ignores offers without HTTPClient in option 60 or 16. */
	if (!o->file[0] ||
	    (clientmsg_kind_is_http(kind) && !(o->http && valid && where.url)))
		return;
	/* As in EDK2, a plain name is read from the next server, else from the
	 * server that made the offer. */
	if (!where.url)
		server = ip_of4(!ip4_is_none(o->siaddr) ? o->siaddr :
		    o->has_name66 ? o->name66 : offer_id(o));
	if (where.scheme == BOOTFILE_UNKNOWN || !valid)
		server = IP_NONE;
	for (f = d->file; f < d->file + d->n_file; f++)
		if (strcmp(f->name, o->file) == 0 && ip_eq(f->server, server)) {
			f->kinds |= 1u << kind;
			return;
		}
	if (d->n_file == DOCTOR_FILES_MAX)
		return;
	*f = (struct doctor_file){
		.server = server, .kinds = 1u << kind,
		.outcome = judge_place(&where, valid, server),
	};
	memcpy(f->name, o->file, sizeof(f->name));
	(void)bootfile_parse(&f->where, f->name);
	if (f->outcome == FINDING_MAX)
		f->query = add_query(d, (struct doctor_query){ .what = DOCTOR_FILE,
			.kind = kind, .ref = d->n_file, .to = server }, now);
	d->n_file++;
}

static void
ask_4011(struct doctor *d, const struct doctor_query *q, struct ipaddr to, struct mono now)
{
	struct doctor_kind *k = &d->server[q->ref].kind[q->kind];

	if (k->p4011)
		return;
	if (!is_reachable(to))
		k->no_host = to;
	else
		k->p4011 = add_query(d, (struct doctor_query){ .what = DOCTOR_4011,
			.kind = q->kind, .ref = q->ref, .to = to }, now);
}

static void
follow_offer(struct doctor *d, const struct doctor_query *q,
    const struct doctor_offer *o, struct mono now)
{
	struct doctor_kind *k = &d->server[q->ref].kind[q->kind];
	struct ip4 to = offer_id(o);

	if (o != &k->ack && !ip4_is_none(o->yiaddr))
		look_for_router(d, o->router, now);
	fetch_file(d, o, q->kind, now);
	if (o == &k->ack || !o->pxe || q->kind == CLIENTMSG_HTTP)
		return;
	/* BIOS ROMs and iPXE query the server that made the offer, by its
	 * option 54; UEFI queries the next server (EDK2, PxeBcRetryBinlOffer()). */
	if (q->kind != CLIENTMSG_BIOS && !ip4_is_none(o->siaddr))
		to = o->siaddr;
	if (q->kind == CLIENTMSG_BIOS && o->item >= 0 && !o->file[0] &&
	    !ip4_is_none(o->item_server))
		to = o->item_server;
	ask_4011(d, q, ip_of4(to), now);
}

/* Where EDK2 sends its REQUEST: to the host of the URL, or by ff02::1:2 to the server
 * that made the offer (core/relay6/boot_step). */
static struct ipaddr
boot_step_of(const struct doctor *d, const struct doctor_query *q,
    const struct doctor_offer *o)
{
	struct bootfile where;
	struct ipaddr server = d->server[q->ref].address;

	if (!o->file[0])
		return ip6_is_scoped(ip_v6(server)) ? IP_NONE : server;
	return bootfile_parse(&where, o->file) ? where.server : IP_NONE;
}

/* An offer that says PXEClient leads EDK2 to port 4011, also if it has a URL
 * (PxeBcRetryDhcp6Binl). A URL that EDK2 cannot use has a finding. */
static void
follow_advert(struct doctor *d, const struct doctor_query *q,
    const struct doctor_offer *o, struct mono now)
{
	struct doctor_kind *k = &d->server[q->ref].kind[q->kind];
	bool http = clientmsg_kind_is_http(q->kind);

	if (o->pxe && o != &k->ack && !http)
		ask_4011(d, q, boot_step_of(d, q, o), now);
	else if (pxe6_url_suits(&o->six, http ? PXE_HTTP : PXE_PXE))
		fetch_file(d, o, q->kind, now);
}

/* --- answers -------------------------------------------------------------- */

static void
read_offer(struct doctor_offer *o, const struct dhcp4 *m, struct ip4 from)
{
	struct rd file = dhcp4_bootfile(m), menu, servers = rd_init(NULL, 0), v;
	size_t len = rd_left(&file), n = len < BOOTFILE_MAX ? len : BOOTFILE_MAX - 1;
	char name[IP4_STRLEN] = "";
	uint8_t buf[255], code;

	*o = (struct doctor_offer){
		.got = true, .from = from, .pxe = pxe_offer_says(m, "PXEClient"),
		.http = pxe_offer_says(m, "HTTPClient"),
		.id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID),
		.yiaddr = m->yiaddr, .siaddr = m->siaddr, .item = -1,
		.mask = dhcp4_opt_ip4(m, DHCP4_OPT_MASK), .router = dhcp4_router(m),
	};
	rd_copy(&file, o->file, n);	/* ends with the NUL of *o */
	/* Option 66 is a name, or an address as text. */
	n = dhcp4_opt_join(m, DHCP4_OPT_TFTP_NAME, name, sizeof(name) - 1);
	o->has_name66 = n > 0;
	if (n >= sizeof(name) || !ip4_parse(name, &o->name66))
		o->name66 = IP4_NONE;
	/* PXE 2.1: option 43.9 is a list of type (16 bits), length and text,
	 * 43.8 one of type, count and addresses. */
	n = dhcp4_opt_join(m, DHCP4_OPT_VENDOR_INFO, buf, sizeof(buf));
	menu = rd_init(buf, n < sizeof(buf) ? n : sizeof(buf));
	while (pxe_sub_next(&menu, &code, &v)) {
		if (code == PXE_SUB_BOOT_SERVERS)
			servers = v;
		if (code == PXE_SUB_BOOT_MENU && rd_left(&v) >= 3)
			o->item = rd_u16(&v);
	}
	if (o->item >= 0 && rd_u16(&servers) == o->item && rd_u8(&servers) > 0)
		o->item_server.host = rd_u32(&servers);
}

bool
doctor_offered(struct doctor *d, const struct dhcp4 *m, struct ip4 from,
    enum drop why, struct mono now)
{
	struct doctor_query *q = doctor_find(d, m->xid);
	struct doctor_kind *k;
	struct doctor_offer *o;

	/* A server may make two offers, so the query may be answered already. */
	if (!q || q->what != DOCTOR_DISCOVER || m->type != DHCP4_OFFER ||
	    clientmsg_kind_family(q->kind) != FAMILY4)
		return false;
	k = &d->server[q->ref].kind[q->kind];
	if (why != DROP_NONE) {
		k->refused = why;
		k->refused_from = ip_of4(from);
		return true;
	}
	q->state = DOCTOR_ANSWERED;
	d->server[q->ref].answered |= 1u << q->kind;
	o = ip4_is_none(m->yiaddr) ? &k->boot : &k->address;
	if (o->got)
		return true;
	read_offer(o, m, from);
	o->fragments = udpip_exceeds(&(struct udpip){ .payload_len = m->len }, d->mtu);
	follow_offer(d, q, o, now);
	return true;
}

static void
read_advert(struct doctor_offer *o, const struct dhcp6 *m)
{
	struct dhcp6_lease lease;
	struct rd id, url;

	*o = (struct doctor_offer){ .got = true, .status = dhcp6_status(m) };
	pxe6_read_offer(&o->six, m);
	o->pxe = o->six.pxe;
	o->http = o->six.http;
	o->fragments = m->len > PXE6_MAX;
	if (dhcp6_lease(m, &lease))
		o->address = lease.address;
	if (dhcp6_opt(m, DHCP6_OPT_SERVER_ID, &id) && rd_left(&id) <= sizeof(o->duid)) {
		o->duid_len = (uint8_t)rd_left(&id);
		rd_copy(&id, o->duid, o->duid_len);
	}
	if (!o->six.has_url)
		return;
	url = o->six.url;
	rd_copy(&url, o->file, rd_left(&url) < BOOTFILE_MAX ? rd_left(&url) :
	    BOOTFILE_MAX - 1);
	o->six.url = rd_init(o->file, strlen(o->file));
}

/* What EDK2 ignores (Dhcp6Io.c): it compares the transaction-id and the client's DUID. */
static bool
is_advertise(const struct doctor *d, const struct doctor_query *q, const struct dhcp6 *m)
{
	const struct clientmsg who = { .run = d->mac, .xid = q->token };

	return m->data && m->type == DHCP6_ADVERTISE && clientmsg_is_answer6(m, &who) &&
	    dhcp6_has(m, DHCP6_OPT_SERVER_ID);
}

bool
doctor_advertised(struct doctor *d, uint32_t token, const struct dhcp6 *m,
    struct ipaddr from, enum drop why, struct mono now)
{
	struct doctor_query *q = doctor_find(d, token);
	struct doctor_kind *k;
	struct doctor_offer *o;

	if (!q || q->what != DOCTOR_DISCOVER || clientmsg_kind_family(q->kind) != FAMILY6)
		return false;
	k = &d->server[q->ref].kind[q->kind];
	if (why != DROP_NONE) {
		k->refused = why;
		k->refused_from = from;
		return true;
	}
	k->malformed = !is_advertise(d, q, m);
	if (k->malformed)
		return true;
	q->state = DOCTOR_ANSWERED;
	d->server[q->ref].answered |= 1u << q->kind;
	o = dhcp6_gives_lease(m) ? &k->address : &k->boot;
	if (o->got)
		return true;
	read_advert(o, m);
	follow_advert(d, q, o, now);
	return true;
}

void
doctor_wrong_port(struct doctor *d, uint32_t token)
{
	struct doctor_query *q = doctor_find(d, token);

	if (q && q->what == DOCTOR_4011)
		d->server[q->ref].kind[q->kind].wrong_port = true;
}

static enum finding
read_content(struct doctor_file *f, struct rd r)
{
	f->content = bootfile_sniff(r.p, rd_left(&r));
	return f->content == BOOTFILE_EMPTY ? FINDING_FILE_EMPTY :
	    FINDING_FILE_FOUND;
}

static enum finding
read_tftp(struct doctor_file *f, struct rd r)
{
	struct tftp t;

	if (!tftp_parse(&t, r.p, rd_left(&r)))
		return FINDING_TFTP_SILENT;
	rd_skip(&r, TFTP_HEADER);
	f->code = t.code;
	if (t.op == TFTP_ERROR)
		return t.code == TFTP_NOT_FOUND ? FINDING_FILE_MISSING :
		    FINDING_FILE_REFUSED;
	return t.op == TFTP_DATA ? read_content(f, r) : FINDING_TFTP_SILENT;
}

/* 206 is the range; 200 comes from servers without ranges; 416 is an empty file. */
static enum finding
read_http(struct doctor_file *f, struct rd r)
{
	size_t body = http_body(r.p, rd_left(&r));

	f->code = http_status(r.p, rd_left(&r));
	rd_skip(&r, body);
	if (f->code <= 0)
		return FINDING_HTTP_SILENT;
	if (f->code == 404 || f->code == 410)
		return FINDING_FILE_MISSING;
	if (f->code == 416)
		return FINDING_FILE_EMPTY;
	if (f->code >= 500)
		return FINDING_HTTP_ERROR;
	if (f->code >= 300)
		return FINDING_FILE_REFUSED;
	if (body)
		return read_content(f, r);
	f->content = BOOTFILE_MZ;
	return FINDING_FILE_FOUND;
}

static bool
read_ack(struct doctor *d, struct doctor_query *q, struct rd data, struct ip4 from,
    struct mono now)
{
	struct doctor_offer *ack = &d->server[q->ref].kind[q->kind].ack;
	struct dhcp4 m;

	if (dhcp4_parse(&m, data.p, rd_left(&data)) != DROP_NONE || m.op != BOOTREPLY ||
	    m.xid != q->token || (m.type != DHCP4_ACK && m.type != DHCP4_OFFER))
		return false;
	read_offer(ack, &m, from);
	follow_offer(d, q, ack, now);
	return true;
}

/* EDK2 does not compare the transaction-id here. */
static bool
read_ack6(struct doctor *d, struct doctor_query *q, struct rd data, struct mono now)
{
	struct doctor_offer *ack = &d->server[q->ref].kind[q->kind].ack;
	struct dhcp6 m;

	if (dhcp6_parse(&m, data.p, rd_left(&data)) != DROP_NONE || m.type != DHCP6_REPLY)
		return false;
	read_advert(ack, &m);
	follow_advert(d, q, ack, now);
	return true;
}

/* Other routers may answer later, so the query stays open. */
static void
read_router(struct doctor *d, struct doctor_query *q, struct rd data, struct ip6 from)
{
	struct doctor_advert x = { .from = from };

	if (q->state == DOCTOR_ERROR || !ip6_is_linklocal(from) ||
	    !icmp6_advert_parse(&x.ra, data.p, rd_left(&data)))
		return;
	q->state = DOCTOR_ANSWERED;
	for (unsigned i = 0; i < d->n_advert; i++)
		if (ip6_eq(d->advert[i].from, from))
			return;
	if (d->n_advert < DOCTOR_ROUTERS_MAX)
		d->advert[d->n_advert++] = x;
}

bool
doctor_answer(struct doctor *d, uint32_t token, const void *data, size_t len,
    struct ipaddr from, struct mono now)
{
	struct doctor_query *q = doctor_find(d, token);
	struct rd r = rd_init(data, len);
	struct doctor_file *f;

	if (q && q->what == DOCTOR_ROUTERS)
		read_router(d, q, r, ip_v6(from));
	if (!q || q->state != DOCTOR_OPEN || q->what == DOCTOR_DISCOVER ||
	    q->what == DOCTOR_LISTEN || q->what == DOCTOR_ROUTERS)
		return false;
	if (q->what == DOCTOR_4011) {
		if (clientmsg_kind_family(q->kind) == FAMILY6 ? !read_ack6(d, q, r, now) :
		    !read_ack(d, q, r, ip_v4(from), now))
			return false;
	} else if (q->what == DOCTOR_FILE) {
		f = &d->file[q->ref];
		f->outcome = f->where.scheme == BOOTFILE_HTTP ?
		    read_http(f, r) : read_tftp(f, r);
	}
	q->state = DOCTOR_ANSWERED;
	return true;
}

void
doctor_failed(struct doctor *d, uint32_t token, int err)
{
	struct doctor_query *q = doctor_find(d, token);

	/* After a full buffer or a lack of descriptors the next try may succeed. */
	if (!q || q->state != DOCTOR_OPEN || errno_is_nobufs(err) || err == EBUSY)
		return;
	q->state = DOCTOR_ERROR;
	q->err = err;
	if (q->what == DOCTOR_DISCOVER)
		d->server[q->ref].err = err;
}

/* The kernel reports an error once, so it ends all DISCOVERs to the server. */
bool
doctor_server_error(struct doctor *d, uint16_t server, int err)
{
	bool ours = false;

	for (struct doctor_query *q = d->q; q < d->q + d->n_q; q++) {
		if (q->what != DOCTOR_DISCOVER ||
		    d->server[q->ref].index != server || q->tries == 0)
			continue;
		doctor_failed(d, q->token, err);
		ours = ours || q->state == DOCTOR_ERROR;
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

/* --- the beginning -------------------------------------------------------- */

/* Select the groups with the functions that the relay uses. */
static void
read_choice6(struct doctor *d, struct relay *r, struct iface *f, enum clientmsg_kind kind)
{
	struct clientmsg who = { .kind = kind, .run = d->mac };
	uint8_t msg[CLIENTMSG_MAX];
	struct conv cv = { .rule = CONF_NONE };
	struct relay6_plan plan = { .in = f, .from.has_mac = true,
		.from.mac = clientmsg_mac(d->mac) };
	size_t len = clientmsg_solicit(msg, sizeof(msg), &who);

	(void)dhcp6_parse(&plan.from.m, msg, len);
	pxe6_read(&plan.client, &plan.from.m);
	d->choice[kind].t = relay6_targets(r, &plan, &cv);
	d->choice[kind].rule = cv.rule;
}

static void
read_choice(struct doctor *d, struct relay *r, struct iface *f, enum clientmsg_kind kind)
{
	struct clientmsg who = { .kind = kind, .run = d->mac };
	uint8_t msg[CLIENTMSG_MAX];
	struct pxe_client client;
	struct conv cv = { .rule = CONF_NONE };
	struct dhcp4 m;
	size_t len = clientmsg_discover(msg, sizeof(msg), &who, false);

	(void)dhcp4_parse(&m, msg, len);
	pxe_read(&client, &m);
	d->choice[kind].t = relay4_targets(r, &cv, f, &client, &m);
	d->choice[kind].rule = cv.rule;
}

static unsigned
kinds_of(enum family family)
{
	unsigned v6 = (1u << CLIENTMSG_KINDS) - (1u << CLIENTMSG_X64_V6);

	return family == FAMILY6 ? v6 : (1u << CLIENTMSG_X64_V6) - 1;
}

/* Adds a server that the interface leads to, and its first queries. */
static void
add_server(struct doctor *d, const struct relay *r, uint16_t i, struct mono now)
{
	const struct health *h = &r->servers->health[i];
	struct doctor_query q = { .ref = d->n_server };
	struct doctor_server *s = &d->server[d->n_server++];
	enum family family = ip_family(r->conf->server[i].address);
	unsigned kinds;

	*s = (struct doctor_server){
		.index = i, .address = r->conf->server[i].address,
		.is_boot = r->conf->is_boot[i] && !r->conf->is_dhcp[i],
		.routed = !ip_is_none(r->servers->source[i]),
		.source = r->servers->source[i],
		.drained = h->drained, .down = h->state == HEALTH_DOWN,
		.diag = h->diag, .proxy_only = r->conf->server[i].proxy_only,
		.serves_others = h->last_reply.us &&
		    mono_diff_ms(now, h->last_reply) < SERVES_MS,
	};
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct doctor_choice *c = &d->choice[k];

		if (clientmsg_kind_family(k) != family)
			continue;
		if (!c->t.drop && conf_group_has(r->conf, c->t.group[CONF_DHCP], i))
			s->dhcp |= 1u << k;
		if (!c->t.drop && conf_group_has(r->conf, c->t.group[CONF_BOOT], i))
			s->boot |= 1u << k;
	}
	if (!s->routed)
		return;
	/* If none of our kinds selects it, others do, iPXE for example: try all. */
	kinds = s->dhcp | s->boot ? s->dhcp | s->boot : kinds_of(family);
	q.what = DOCTOR_DISCOVER;
	for (q.kind = 0; q.kind < CLIENTMSG_KINDS; q.kind++)
		for (q.gi = 0; q.gi < (family == FAMILY6 ? 1 : d->n_giaddr) &&
		    kinds >> q.kind & 1; q.gi++)
			if (add_query(d, q, now))
				s->queried |= 1u << q.kind;
	if (family == FAMILY6 && ip6_is_scoped(s->address.v6))
		return;
	q.what = DOCTOR_PING;
	q.to = s->address;
	s->ping = add_query(d, q, now);
	q.what = DOCTOR_PING_GIADDR;
	if (family == FAMILY6 ? d->link_ours : d->giaddr_ours)
		s->ping_giaddr = add_query(d, q, now);
}

/* Uses the first giaddr, as the relay does, or all. A rotation may be at any of
 * them, so all are tried for it, too. */
static void
read_iface(struct doctor *d, const struct relay *r, const struct iface *f)
{
	bool each = f->conf->o.giaddr == CONF_GIADDR_ALL ||
	    f->conf->o.giaddr == CONF_GIADDR_ROTATE;

	d->n_giaddr = each ? f->n_giaddr : 1;
	memcpy(d->giaddr, f->giaddr, d->n_giaddr * sizeof(d->giaddr[0]));
	/* On standby, the other router gets packets to the virtual address. */
	if (!iftab_is_local(r->iftab, d->giaddr[0].addr) && !ip4_is_none(f->own) &&
	    ip4_eq(f->virtual, d->giaddr[0].addr))
		d->giaddr[0].addr = f->own;
	d->giaddr_ours = iftab_is_local(r->iftab, d->giaddr[0].addr);
	d->other_nets = f->conf->o.link != CONF_LINK_OFF;
}

static void
read_nets(struct doctor *d, const struct iface *f, enum family family)
{
	for (unsigned i = 0; i < f->addr[family].n && d->n_net < DOCTOR_NETS_MAX; i++) {
		struct ipnet net = f->addr[family].at[i].net;

		if (family == FAMILY4 || !ip6_is_linklocal(ip_v6(net.addr)))
			d->net[d->n_net++] = net;
	}
}

/* What the run needs to know of the interface. */
static void
read_families(struct doctor *d, struct relay *r, struct iface *f)
{
	d->ifindex = f->link.ifindex;
	d->mtu = f->link.mtu;
	if (d->serves[FAMILY4])
		read_iface(d, r, f);
	if (d->serves[FAMILY6]) {
		d->link = f->six.link;
		d->link_ours = iface6_owns(f, d->link);
	}
	for (enum family x = FAMILY4; x < FAMILIES; x++)
		if (d->serves[x])
			read_nets(d, f, x);
	for (enum clientmsg_kind k = 0; k < CLIENTMSG_KINDS; k++)
		if (d->serves[clientmsg_kind_family(k)])
			(clientmsg_kind_family(k) == FAMILY6 ? read_choice6 :
			    read_choice)(d, r, f, k);
}

struct doctor *
doctor_new(struct relay *r, uint32_t ifindex, const char *ifname, uint8_t slot,
    struct hash_key secret, struct mono now)
{
	struct iface *f = iftab_by_index(r->iftab, ifindex);
	struct doctor *d = calloc(1, sizeof(*d));
	uint64_t n = UINT64_MAX;
	uint16_t servers;

	if (!d)
		return NULL;
	for (enum family x = FAMILY4; f && x < FAMILIES; x++)
		d->serves[x] = iface_serves(f, x);
	servers = d->serves[FAMILY4] || d->serves[FAMILY6] ? r->conf->n_server : 0;
	d->conf = r->conf;
	d->slot = slot;
	d->secret = secret;
	d->mac = (uint16_t)hash_sip(secret, &n, sizeof(n));
	d->began = now;
	strncpy(d->ifname, ifname, sizeof(d->ifname) - 1);
	if (servers)
		read_families(d, r, f);
	d->max_q = servers * Q_PER_SERVER(d->n_giaddr) + Q_OTHERS;
	if (d->max_q > 1u << PLACE_BITS)
		d->max_q = 1u << PLACE_BITS;
	d->max_finding = 32 + 16 * servers + DOCTOR_FILES_MAX * 2;
	d->server = calloc(servers ? servers : 1, sizeof(*d->server));
	d->q = calloc(d->max_q, sizeof(*d->q));
	d->finding = calloc(d->max_finding, sizeof(*d->finding));
	if (!d->server || !d->q || !d->finding)
		return doctor_free(d);
	if (d->serves[FAMILY4])
		add_query(d, (struct doctor_query){ .what = DOCTOR_LISTEN,
			.kind = CLIENTMSG_X64 }, now);
	if (d->serves[FAMILY6])
		add_query(d, (struct doctor_query){ .what = DOCTOR_ROUTERS,
			.to = ip_of6(ICMP6_ALL_ROUTERS) }, now);
	for (uint16_t i = 0; i < servers; i++)
		if (r->conf->server[i].first == i && iface_leads_to(f, r->conf, i) &&
		    d->serves[ip_family(r->conf->server[i].address)])
			add_server(d, r, i, now);
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
