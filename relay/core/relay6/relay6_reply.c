/* SPDX-License-Identifier: ISC
 *
 * relay6_reply - judges a RELAY-REPL, finds the link and the station that its
 * message is for, and says how it is delivered (RFC 9915 19.2, RFC 8357 5,
 * RFC 6607 5).
 *
 * Servers are as hostile as clients. The link is what our own header said, the
 * Interface-Id and the link-address, and both must agree: peers that guess it
 * from the client's address write into the wrong VLAN, because every VLAN of a
 * network card has the same link-local address. The message inside is delivered
 * whatever its type (RFC 7283), byte for byte.
 */
#include "core/relay6/relay6.h"

#include <string.h>

#include "proto/pxe6.h"

/* --- may it be delivered? ---------------------------------------------- */

static enum drop
judge_message(const struct rx *rx, struct relay6_delivery *d)
{
	struct rd inner;
	enum drop why = dhcp6_parse(&d->m, rx->data, rx->len);

	if (why != DROP_NONE)
		return why;
	if (d->m.type == DHCP6_RELAY_FORW)
		return DROP_LOOP;
	if (d->m.type != DHCP6_RELAY_REPL)
		return DROP_NOT_RELAYED;
	why = dhcp6_inner(&d->m, &inner);
	d->payload = inner.p;
	d->len = rd_left(&inner);
	relay6_read_origin(&d->to, &d->m, d->m.peer);
	return why;
}

/* --- on which link? ---------------------------------------------------- */

static bool
has_iid(const struct iface *f, const struct rd *iid)
{
	return f->six.iid_len == rd_left(iid) &&
	    memcmp(f->six.opts + f->six.iid_at, iid->p, f->six.iid_len) == 0;
}

/* Did we send :: as link-address of this link? For a relay with a global address
 * we always do (RFC 9915 19.1.2). */
static bool
sends_no_link(const struct relay6_delivery *d, const struct iface *f)
{
	return f->six.unnumbered ||
	    (d->len && d->payload[0] == DHCP6_RELAY_REPL);
}

static const struct station *
find_station(const struct relay *r, const struct iface *f, struct ip6 peer,
    struct mono now)
{
	return clients_find_station(r->clients, clients_key6(f->link.ifindex, 0, peer),
	    now);
}

/* The client's message on this link that the one inside answers: an ADVERTISE a SOLICIT,
 * a REPLY the last one with its xid. NULL: none that we remember. */
static struct conv *
find_conv(struct relay *r, const struct relay6_delivery *d, const struct iface *f,
    struct mono now)
{
	static const uint8_t replied[] = {
		DHCP6_SOLICIT, DHCP6_REQUEST, DHCP6_CONFIRM, DHCP6_RENEW, DHCP6_REBIND,
		DHCP6_RELEASE, DHCP6_DECLINE, DHCP6_INFORMATION_REQUEST,
	};
	struct client_key key = clients_key6(f->link.ifindex, 0, d->to.peer);
	struct conv *found = NULL, *cv;
	unsigned n;

	if (!d->to.m.data ||
	    (d->to.m.type != DHCP6_ADVERTISE && d->to.m.type != DHCP6_REPLY))
		return NULL;
	n = d->to.m.type == DHCP6_ADVERTISE ? 1 : sizeof(replied);
	for (unsigned i = 0; i < n; i++) {
		key.id = clients6_id(replied[i], d->to.m.xid);
		cv = clients_find(r->clients, key, now);
		if (cv && (!found || !mono_before(cv->last, found->last)))
			found = cv;
	}
	return found;
}

static bool
has_heard(struct relay *r, const struct relay6_delivery *d, const struct iface *f,
    struct mono now)
{
	const struct station *s = find_station(r, f, d->to.peer, now);

	return find_conv(r, d, f, now) || (s && (!d->to.m.data || d->to.m.xid == 0 ||
	    d->to.m.xid == (s->id & 0xffffff)));
}

/* Of two clients with one address and one xid, did this link's ask first? The other one
 * has copied them. */
static bool
asked_before(struct relay *r, const struct relay6_delivery *d, const struct iface *f,
    const struct iface *than, struct mono now)
{
	const struct conv *a = find_conv(r, d, f, now), *b = find_conv(r, d, than, now);

	return a && (!b || mono_before(a->begin, b->begin));
}

/* Finds the link by our own memory of the request, among those that the header
 * may mean. iid: NULL without an Interface-Id. */
static enum drop
find_by_memory(struct relay *r, struct relay6_delivery *d, const struct rd *iid,
    struct mono now)
{
	bool none = ip6_is_none(d->m.link);
	struct iface *f = NULL;

	for (uint32_t at = 0; (f = iftab_next(r->iftab, at)); at = f->link.ifindex) {
		if (!iface6_delivers(f) || (iid && !has_iid(f, iid)))
			continue;
		if (none ? !sends_no_link(d, f) : !ip6_eq(f->six.link, d->m.link))
			continue;
		if (!has_heard(r, d, f, now) || (d->out && asked_before(r, d, d->out, f, now)))
			continue;
		if (d->out && !asked_before(r, d, f, d->out, now))
			return DROP_AMBIGUOUS_LINK;
		d->out = f;
	}
	return d->out ? DROP_NONE : DROP_AMBIGUOUS_LINK;
}

/* RFC 9915 19.2: the Interface-Id decides. A link-address that is another link's
 * contradicts it; one that is nobody's (any more) does not. */
static enum drop
judge_link(struct relay *r, struct relay6_delivery *d, const struct iface *f)
{
	struct ip6 link = d->m.link;

	if (ip6_is_none(link))
		return sends_no_link(d, f) ? DROP_NONE : DROP_LINK_MISMATCH;
	if (ip6_eq(link, f->six.link) || iface6_owns(f, link))
		return DROP_NONE;
	if (iftab_has_link(r->iftab, link) || iftab_is_ours6(r->iftab, link))
		return DROP_LINK_MISMATCH;
	stats_count(r->stats, COUNTER_LINK_ADDRESS_GONE);
	return DROP_NONE;
}

static enum drop
find_by_iid(struct relay *r, struct relay6_delivery *d, const struct rd *iid,
    struct mono now)
{
	size_t n;

	d->out = iftab_by_iid(r->iftab, iid->p, rd_left(iid), &n);
	if (n == 0)
		return DROP_UNKNOWN_INTERFACE_ID;
	if (n > 1)
		return find_by_memory(r, d, iid, now);
	if (!iface6_delivers(d->out))
		return d->out->link.up ? DROP_NO_LINK_LOCAL : DROP_DOWN;
	return judge_link(r, d, d->out);
}

static enum drop
find_by_link(struct relay *r, struct relay6_delivery *d, struct mono now)
{
	size_t n = iftab_by_link(r->iftab, d->m.link, &d->out);

	if (n == 0 && !ip6_is_none(d->m.link))
		return DROP_NOT_OUR_LINK;
	if (n != 1 || ip6_is_none(d->m.link)) {
		enum drop why;

		d->out = NULL;
		why = find_by_memory(r, d, NULL, now);
		if (why != DROP_NONE)
			return why;
	}
	/* RFC 9915 21.18: the server MUST copy it. */
	if (d->out->six.iid_len)
		stats_count(r->stats, COUNTER_NO_INTERFACE_ID);
	return DROP_NONE;
}

static enum drop
find_link(struct relay *r, struct relay6_delivery *d, struct mono now)
{
	struct rd iid;
	enum drop why;

	why = dhcp6_opt(&d->m, DHCP6_OPT_INTERFACE_ID, &iid) ?
	    find_by_iid(r, d, &iid, now) : find_by_link(r, d, now);
	if (why != DROP_NONE)
		d->out = NULL;
	return why;
}

/* --- to whom? ---------------------------------------------------------- */

static enum drop
judge_peer(const struct relay *r, const struct relay6_delivery *d)
{
	struct ip6 peer = d->m.peer;

	if (!ip6_is_host(peer) || iface6_owns(d->out, peer))
		return DROP_BAD_PEER;
	if (ip6_is_linklocal(peer))
		return DROP_NONE;
	if (iftab_is_ours6(r->iftab, peer))
		return DROP_BAD_PEER;
	/* Another relay may be more than one hop away. */
	return iface_has(d->out, ip_of6(peer)) || d->payload[0] == DHCP6_RELAY_REPL ?
	    DROP_NONE : DROP_BAD_PEER;
}

/* RFC 6607 5: a server that does not return the option has not looked at it, and
 * its address may be one of another VPN. */
static enum drop
judge_vss(const struct relay *r, const struct relay6_delivery *d)
{
	const struct conf_if_opts *o = &d->out->conf->o;
	struct rd vss;

	if (d->server == CONF_NONE || !r->conf->server[d->server].vss || !o->vss_len)
		return DROP_NONE;
	return dhcp6_opt(&d->m, DHCP6_OPT_VSS, &vss) && rd_left(&vss) == o->vss_len &&
	    memcmp(vss.p, o->vss, o->vss_len) == 0 ? DROP_NONE : DROP_VSS_IGNORED;
}

/* offers = proxy-only: this server must not hand out addresses. */
static enum drop
judge_offer(const struct relay *r, const struct relay6_delivery *d)
{
	return d->server != CONF_NONE && r->conf->server[d->server].proxy_only &&
	    d->to.m.data && dhcp6_gives_lease(&d->to.m) ?
	    DROP_OFFER_NOT_PROXY : DROP_NONE;
}

/* EDK2 gives up when its window of four seconds closes and nothing in it boots the machine.
 * While it has no offer at all, it asks on for 60 s: after 0, 4, 13 and 30. Offers to the
 * first three are kept from it, so that it is still told why before its time is up. */
#define KEEP_MS	20000

/* May another member of the group still answer? */
static bool
may_answer(const struct relay *r, const struct conv *cv, const struct conf_group *g)
{
	for (unsigned i = 0; i < g->n; i++) {
		const struct conf_server *s = &r->conf->server[g->server[i]];

		if (ip_family(s->address) == FAMILY6 && !s->proxy_only &&
		    health_usable(&r->servers->health[s->first]) &&
		    !serverset_has(&cv->useless, s->first))
			return true;
	}
	return false;
}

/* need-bootfile: is there a better one to be hoped for than this ADVERTISE? */
static enum drop
judge_bootfile(const struct relay *r, const struct relay6_delivery *d, struct conv *cv,
    struct mono now)
{
	struct pxe6_offer o;

	if (!cv || cv->edk2 == PXE_PLAIN || d->server == CONF_NONE ||
	    d->to.m.type != DHCP6_ADVERTISE || cv->conf_gen != r->servers->conf_gen)
		return DROP_NONE;
	pxe6_read_offer(&o, &d->to.m);
	if (pxe6_boots(&o, cv->edk2)) {
		cv->edk2 = PXE_PLAIN;	/* the others can do no harm any more */
		return DROP_NONE;
	}
	serverset_add(&cv->useless, r->conf->server[d->server].first);
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++) {
		uint16_t group = cv->group[class];

		if (conf_group_has(r->conf, group, d->server) &&
		    r->conf->group[group].need_bootfile &&
		    mono_diff_ms(now, cv->begin) < KEEP_MS &&
		    may_answer(r, cv, &r->conf->group[group]))
			return DROP_NO_BOOTFILE;
	}
	return DROP_NONE;
}

/* RFC 8357 5: the port that our option 135 named, which the server copied. */
static uint16_t
relay_port(const struct dhcp6 *m)
{
	struct rd v;
	uint16_t port = 0;

	if (dhcp6_opt(m, DHCP6_OPT_SOURCE_PORT, &v) && rd_left(&v) == 2)
		port = rd_u16(&v);
	return port ? port : DHCP6_PORT_SERVER;
}

/* A sender with a global address must see one of ours: a router does not forward what
 * comes from a link-local one (RFC 4291 2.5.6). A relay knows us by the address that it
 * sent to (RFC 1122 4.1.3.5), and a configured link-address may be of no router. */
static struct ip6
source_for(const struct relay *r, const struct relay6_delivery *d,
    const struct station *s)
{
	const struct iface6 *six = &d->out->six;

	if (ip6_is_linklocal(d->dst))
		return six->local;
	if (s && ip6_is_global(s->asked) && iftab_is_ours6(r->iftab, s->asked))
		return s->asked;
	if (iface6_owns(d->out, six->link))
		return six->link;
	return ip6_is_none(six->own) ? six->local : six->own;
}

/* The link address: of the sender that the message is for, else the one that was last
 * heard from the peer-address. A machine that uses a neighbour's address must not get
 * what the neighbour asked for. */
static void
set_mac(struct relay6_delivery *d, const struct conv *cv, const struct station *s)
{
	bool direct = d->payload[0] != DHCP6_RELAY_REPL && cv && cv->from.mac_len;

	memset(d->mac, 0, sizeof(d->mac));	/* the kernel gets all bytes */
	d->mac_len = direct ? cv->from.mac_len : s ? s->mac_len : 0;
	if (d->mac_len)
		memcpy(d->mac, direct ? cv->from.b : s->mac, d->mac_len);
}

static void
address_reply(struct relay *r, struct relay6_delivery *d, const struct conv *cv,
    struct mono now)
{
	const struct station *s = find_station(r, d->out, d->m.peer, now);

	d->dst = d->m.peer;
	d->src = source_for(r, d, s);
	/* U-Boot takes no message from another port. */
	d->sport = DHCP6_PORT_SERVER;
	/* RFC 9915 7.2: clients listen on 546, whatever port they sent from. */
	d->dport = d->payload[0] == DHCP6_RELAY_REPL ? relay_port(&d->m) :
	    DHCP6_PORT_CLIENT;
	set_mac(d, cv, s);
	/* The station is the client itself, unless it is a relay. */
	if (d->dport == DHCP6_PORT_CLIENT && d->mac_len == sizeof(d->to.mac.b)) {
		d->to.has_mac = true;
		memcpy(d->to.mac.b, d->mac, sizeof(d->to.mac.b));
	}
}

/* --- what follows from it ---------------------------------------------- */

/* alive: the reply proves it, whichever client this is for. */
static void
note_server(struct relay *r, const struct relay6_delivery *d, bool alive, struct mono now)
{
	struct server_stats *s = &r->servers->stats[d->server];
	const struct dhcp6 *m = &d->to.m;
	struct rd id;

	s->replies++;
	if (!alive)
		return;
	servers_note(r->servers, d->server,
	    health_reply(&r->servers->health[d->server], now));
	if (!m->data || (m->type != DHCP6_ADVERTISE && m->type != DHCP6_REPLY))
		return;
	s->offers += m->type == DHCP6_ADVERTISE;
	s->acks += m->type == DHCP6_REPLY;
	if (dhcp6_opt(m, DHCP6_OPT_SERVER_ID, &id))
		servers_learn_duid(r->servers, d->server, id.p, rd_left(&id));
}

/* RFC 9915 18.3.11: a server sends RECONFIGURE unasked, also through a relay, and the
 * client authenticates it (20.4). Nor is there a query for what is not known here. */
static bool
needs_query(const struct relay6_delivery *d)
{
	return d->to.m.data &&
	    (d->to.m.type == DHCP6_ADVERTISE || d->to.m.type == DHCP6_REPLY);
}

/* An ADVERTISE without an address (NoAddrsAvail) leaves the query open, and the
 * next server is asked in time. A boot server's needs none. */
static bool
is_answer(const struct dhcp6 *m, enum conf_class class)
{
	struct pxe6_offer o;

	if (m->type != DHCP6_ADVERTISE)
		return true;
	pxe6_read_offer(&o, m);
	return o.lease || (class == CONF_BOOT && pxe6_boots(&o, PXE_PXE));
}

static void
note_conv(struct relay *r, const struct relay6_delivery *d, struct conv *cv,
    struct mono now)
{
	cv->tries = 0;
	if (d->server == CONF_NONE || cv->conf_gen != r->servers->conf_gen)
		return;
	stats_answered(&r->servers->stats[d->server], mono_diff_us(now, cv->last));
	for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++)
		if (conf_group_has(r->conf, cv->group[class], d->server) &&
		    is_answer(&d->to.m, class))
			ask_answered(r, &cv->ask, &cv->key, class);
}

static void
note_reply(struct relay *r, const struct relay6_delivery *d, struct conv *cv,
    struct mono now)
{
	struct if_stats *st = &d->out->stats[FAMILY6];
	bool boot = d->server != CONF_NONE && r->conf->is_boot[d->server] &&
	    !r->conf->is_dhcp[d->server];

	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	st->replies++;
	stats_count_message(st, boot ? CONF_BOOT : CONF_DHCP,
	    d->to.m.data ? d->to.m.type : 0);
	if (cv)
		note_conv(r, d, cv, now);
}

static enum drop
begin_reply(struct relay *r, const struct rx *rx, struct relay6_delivery *d)
{
	enum drop why;

	d->server = servers_find_rx(r->servers, rx->src, rx->ifindex);
	d->out = NULL;
	d->m.data = d->to.m.data = NULL;
	why = ask_judge_source(r, rx, d->server);
	return why == DROP_NONE ? judge_message(rx, d) : why;
}

static enum drop
plan_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_delivery *d)
{
	enum drop why = begin_reply(r, rx, d);
	struct conv *cv;

	if (why != DROP_NONE)
		return why;
	why = find_link(r, d, now);
	cv = why == DROP_NONE ? find_conv(r, d, d->out, now) : NULL;
	if (d->server != CONF_NONE)
		note_server(r, d, cv, now);
	if (why == DROP_NONE && !cv && needs_query(d) && ask_remembers(r, now))
		why = DROP_UNASKED;
	if (why == DROP_NONE)
		why = judge_peer(r, d);
	if (why == DROP_NONE)
		why = judge_vss(r, d);
	if (why == DROP_NONE)
		why = judge_offer(r, d);
	if (why == DROP_NONE)
		why = judge_bootfile(r, d, cv, now);
	if (why != DROP_NONE)
		return why;
	address_reply(r, d, cv, now);
	note_reply(r, d, cv, now);
	return DROP_NONE;
}

enum drop
relay6_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_delivery *d)
{
	enum drop why;

	stats_count(r->stats, COUNTER_REPLIES);
	why = plan_reply(r, rx, now, d);
	if (why != DROP_NONE)
		r->stats->drop_reply[why]++;
	return why;
}

enum drop
relay6_judge_reply(struct relay *r, const struct rx *rx, struct mono now,
    struct relay6_delivery *d)
{
	enum drop why = begin_reply(r, rx, d);

	if (why == DROP_NONE)
		why = find_link(r, d, now);
	return why == DROP_NONE ? judge_vss(r, d) : why;
}
