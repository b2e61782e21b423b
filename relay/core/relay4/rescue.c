/* SPDX-License-Identifier: ISC
 *
 * rescue - see include/core/relay4/rescue.h.
 *
 * How the relay asks, so that the answer comes to it and not to the client (EDK2 would
 * take it there, iPXE throw it away for its option 54): from giaddr:67, with that
 * address in giaddr and in ciaddr. Measured with a client .51 and giaddr .1:
 *
 *   fields of the question   dnsmasq 2.90 answers   WDS (bootd) answers
 *   ciaddr .51, giaddr  0    .51:67, the client     .1:67
 *   ciaddr .51, giaddr .1    .51:67, the client     .1:67
 *   ciaddr   0, giaddr  0    nobody (no subnet)     .1:67
 *   ciaddr   0, giaddr .1    .1:67                  .1:67
 *   ciaddr  .1, giaddr .1    .1:67                  .1:67
 *
 * dnsmasq 2.90 answers ciaddr, else where the packet came from; from 2.92 on giaddr:67, as
 * smee does; WDS, SCCM and pixiecore where the packet came from. With all three
 * the same, every rule leads here. And with giaddr a server sees the client in the same
 * subnet as in the DISCOVER that was relayed. In the answer the client's own
 * address is put back, and giaddr taken out.
 */
#include "core/relay4/rescue.h"

#include <stdlib.h>
#include <string.h>

/* EDK2 asks one server for 10 s, iPXE for 3.75 s. */
#define OPEN_MS		30000
/* For so long a delivered answer is kept for a repeated question. */
#define KEPT_MS		10000

enum state {
	WAITING,	/* the client's server has its time */
	ASKED,		/* somebody else was asked */
	DELIVERED,	/* and has answered: the answer is kept in the slot */
	ANSWERED,	/* the client's server has answered */
};

struct open {
	struct conv_key key;
	struct mono last;	/* last question */
	enum state state;
	bool all_asked;		/* ASKED: nobody is left to be asked */
	uint32_t slot;		/* of the pool: the question, or the answer; 0: none */
	uint32_t conf_gen;	/* what asked, group and tried index */
	uint16_t asked;		/* the client's server */
	uint16_t group;
	uint16_t live;		/* DELIVERED: whose answer, and its address */
	struct ip4 from;
	struct ip4 client;
	uint16_t port;		/* the client's */
	struct ip4 id;		/* option 54 that the client waits for */
	struct ip4 ciaddr;	/* of the client's question */
	struct ip4 stand_in;	/* our address, in giaddr and ciaddr of ours */
	struct serverset tried;
};

struct rescues {
	struct hash *open;
	struct pendings *slots;
};

/* --- the table ---------------------------------------------------------------- */

static void
drop_slot(struct rescues *t, struct open *o)
{
	struct pending *s = pendings_get(t->slots, o->slot);

	if (s)
		pendings_drop(t->slots, s);
	o->slot = 0;
}

static void
evicted(void *entry, void *rescues)
{
	drop_slot(rescues, entry);
}

struct rescues *
rescues_new(uint32_t capacity, struct hash_key secret)
{
	struct rescues *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->open = hash_new(capacity, sizeof(struct open), sizeof(struct conv_key),
	    secret, evicted, t);
	t->slots = pendings_new(capacity);
	return t->open && t->slots ? t : rescues_free(t);
}

struct rescues *
rescues_free(struct rescues *t)
{
	if (t) {
		hash_free(t->open);
		pendings_free(t->slots);
		free(t);
	}
	return NULL;
}

size_t
rescues_count(const struct rescues *t)
{
	return hash_count(t->open);
}

static struct conv_key
key_of(const struct dhcp4 *m)
{
	struct conv_key k = { .xid = m->xid, .hlen = m->hlen };

	memcpy(k.chaddr, m->chaddr, m->hlen);
	return k;
}

/* The open question with this key, unless it is an old one. */
static struct open *
find(const struct rescues *t, const struct relay4 *r, const struct conv_key *k,
    struct mono now)
{
	struct open *o = hash_find(t->open, k);

	if (!o || o->conf_gen != r->servers->conf_gen ||
	    mono_diff_ms(now, o->last) > OPEN_MS)
		return NULL;
	return o;
}

/* --- whose question is it? ------------------------------------------------------ */

/* Of a pair of routers, the active one helps. */
static bool
serves(const struct iface *in)
{
	return iface_ready(in) && !in->standby;
}

/*
 * From a client of this VLAN to a boot server behind us. A server on the
 * client's own VLAN answers it directly, and we would never see it.
 */
static bool
is_client(struct relay4 *r, const struct iface *in, const struct relay4_rx *rx)
{
	return in && serves(in) && rx->mac_len > 0 &&
	    rx->mac_len <= 8 && iface_has(in, rx->src) &&
	    iface_is_machine(in, rx->src) && !iface_has(in, rx->dst) &&
	    !iftab_is_local(r->iftab, rx->src);
}

/*
 * Who chooses among boot servers (43.71), or repeats the list of them that it was given
 * (43.8), does not ask the one whose offer it holds: it takes an answer of that list only
 * (iPXE looks at option 54, EDK2 at siaddr), and has the next one of it to ask itself.
 */
static bool
has_list(const struct pxe_client *c)
{
	return c->discovery || c->boot_servers;
}

/* wdsnbp.com polls with the number that its server gave it (option 250). */
#define OPT_WDS 250

static bool
is_query(const struct pxe_client *c, const struct dhcp4 *m, const struct relay4_rx *rx)
{
	return (m->type == DHCP4_REQUEST || m->type == DHCP4_INFORM) &&
	    c->pxeclient && !has_list(c) && !m->at[OPT_WDS] &&
	    ip4_is_none(m->giaddr) && rx->len <= RESCUE_MSG_MAX &&
	    (ip4_is_none(m->ciaddr) || ip4_eq(m->ciaddr, rx->src));
}

static bool
rescues_member(const struct relay4 *r, uint16_t group, uint16_t server)
{
	return conf_group_has(r->conf, group, server) && r->conf->group[group].rescue;
}

/*
 * The boot group of this client that has the server. A rule that speaks of a message may
 * have named it, which this message is not: then the first that has it.
 */
static uint16_t
group_of(struct relay4 *r, const struct iface *in, const struct pxe_client *client,
    const struct dhcp4 *m, uint16_t server)
{
	struct conv once = { .conf_gen = 0 };
	uint16_t g;

	relay4_choose(r, &once, in, client, m);
	if (once.drop)
		return CONF_NONE;
	g = relay4_targets(&once, in->conf).group[CONV_BOOT];
	if (rescues_member(r, g, server))
		return g;
	g = in->conf->servers;
	if (rescues_member(r, g, server))
		return g;
	for (g = 0; g < r->conf->n_group; g++)
		if (rescues_member(r, g, server))
			return g;
	return CONF_NONE;
}

/* --- asking ----------------------------------------------------------------------- */

/* With `servers =' everybody gets everything, and nothing says who boots. */
static bool
may_boot(const struct relay4 *r, const struct open *o, const struct iface *in,
    uint16_t server)
{
	return r->conf->is_boot[server] || o->group == in->conf->servers;
}

static uint16_t
next_live(struct relay4 *r, const struct open *o, const struct dhcp4 *m,
    const struct iface *in, struct mono now)
{
	struct select_out order = relay4_order(r, m, in->link.ifindex, o->group, CONV_BOOT, now);

	for (unsigned i = 0; i < order.n; i++) {
		uint16_t s = r->conf->server[order.server[i]].first;

		if (s != o->asked && !serverset_has(&o->tried, s) && may_boot(r, o, in, s) &&
		    health_usable(&r->servers->health[s]))
			return s;
	}
	return CONF_NONE;
}

/* The client's question with our address in it. */
static void
write_question(struct rescue_plan *plan, const struct open *o,
    const struct pending *s, struct ip4 server)
{
	memcpy(plan->msg, s->msg, s->len);
	dhcp4_put_ip4(plan->msg, DHCP4_OFF_CIADDR, o->stand_in);
	dhcp4_put_giaddr(plan->msg, o->stand_in);
	plan->udp = (struct udpip){
		.src = o->stand_in, .sport = DHCP4_PORT_SERVER,
		.dst = server, .dport = DHCP4_PORT_PXE, .ttl = UDPIP_TTL,
		.payload = plan->msg, .payload_len = s->len,
	};
	plan->what = RESCUE_ASK;
}

/* Nobody is left; who was asked may still answer. */
static void
stop_asking(struct rescues *t, struct open *o, struct pending *s,
    struct mono now)
{
	o->all_asked = true;
	if (o->state == ASKED)
		pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
	else
		drop_slot(t, o);
}

/*
 * Asks the next member, if there is one. The client's own rate counts here, where
 * a packet of ours leaves for its sake, and not for what is routed.
 */
static void
ask(struct rescues *t, struct relay4 *r, struct open *o, struct pending *s,
    struct mono now, struct rescue_plan *plan)
{
	struct iface *in = iftab_by_index(r->iftab, s->ifindex);
	uint32_t hedge_ms = r->conf->group[o->group].hedge_ms;
	struct dhcp4 m;
	uint16_t live = CONF_NONE;

	if (in && serves(in) &&
	    dhcp4_parse(&m, s->msg, s->len) == DROP_NONE)
		live = next_live(r, o, &m, in, now);
	if (live == CONF_NONE || relay4_limits(r, in, &m, now) != DROP_NONE) {
		stop_asking(t, o, s, now);
		return;
	}
	o->state = ASKED;
	o->stand_in = iface_giaddr_for(in, o->client);
	serverset_add(&o->tried, live);
	write_question(plan, o, s, ip_v4(r->conf->server[live].address));
	stats_count(r->stats, COUNTER_RESCUES_ASKED);
	r->servers->stats[live].sent++;
	pendings_move(t->slots, s, mono_add_ms(now, hedge_ms ? hedge_ms : KEPT_MS));
}

/* --- the client's question, seen by the tap ------------------------------------------ */

/* The client waits for the option 54 of the offer that it holds. iPXE repeats
 * that one in its question; who does not (EDK2) takes any. */
static struct ip4
id_of(const struct dhcp4 *m, struct ip4 asked)
{
	struct ip4 id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);

	return ip4_is_none(id) ? asked : id;
}

/* What is known about the question, and nothing about answers. */
static void
begin(struct rescues *t, struct open *o, const struct dhcp4 *m,
    const struct relay4_rx *rx)
{
	drop_slot(t, o);
	o->state = WAITING;
	o->all_asked = false;
	o->client = rx->src;
	o->port = rx->sport;
	o->ciaddr = m->ciaddr;
	o->id = id_of(m, rx->dst);
	o->tried = (struct serverset){ { 0 } };
}

/* NULL when there is no slot left. */
static struct pending *
await(struct rescues *t, struct relay4 *r, struct open *o,
    const struct relay4_rx *rx, struct mono due)
{
	struct pending *s = pendings_take(t->slots, due);

	if (!s) {
		stats_count(r->stats, COUNTER_HEDGES_FULL);
		return NULL;
	}
	relay4_store(s, &o->key, CONV_BOOT, rx);
	o->slot = s->self;
	return s;
}

static bool
same_question(const struct open *o, uint16_t server, const struct relay4_rx *rx)
{
	return o->asked == server && ip4_eq(o->client, rx->src) &&
	    o->port == rx->sport;
}

/* A message to the client, as from the server that it asked. */
static void
plan_delivery(const struct open *o, const struct pending *s,
    struct ip4 asked, size_t len, struct rescue_plan *plan)
{
	plan->what = RESCUE_DELIVER;
	plan->again = false;
	plan->asked = asked;
	plan->ifindex = s->ifindex;
	plan->mac_len = s->mac_len;
	memcpy(plan->mac, s->mac, sizeof(plan->mac));
	plan->udp = (struct udpip){
		.src = asked, .sport = DHCP4_PORT_PXE, .dst = o->client,
		.dport = o->port, .ttl = UDPIP_TTL, .payload = plan->msg,
		.payload_len = len,
	};
}

/* The answer that was delivered already: the client did not hear it. */
static void
deliver_again(struct relay4 *r, const struct open *o,
    const struct pending *s, struct ip4 asked, struct rescue_plan *plan)
{
	plan_delivery(o, s, asked, s->len, plan);
	plan->again = true;
	plan->live = o->live;
	plan->from = o->from;
	memcpy(plan->msg, s->msg, s->len);
	stats_count(r->stats, COUNTER_RESCUES_DELIVERED);
}

/* How long the client's server has from now on; -1: for ever. */
static int64_t
patience_ms(const struct relay4 *r, const struct open *o)
{
	uint32_t hedge_ms = r->conf->group[o->group].hedge_ms;

	if (health_down(&r->servers->health[o->asked]))
		return 0;
	return hedge_ms ? (int64_t)hedge_ms : -1;
}

static void
question(struct rescues *t, struct relay4 *r, const struct dhcp4 *m,
    const struct relay4_rx *rx, struct open *o, bool fresh, struct mono now,
    struct rescue_plan *plan)
{
	struct pending *s = fresh ? NULL : pendings_get(t->slots, o->slot);
	int64_t wait_ms = patience_ms(r, o);

	if (s && o->state == DELIVERED) {
		deliver_again(r, o, s, rx->dst, plan);
		return;
	}
	if (s && !o->all_asked && (o->state == ASKED || wait_ms != 0))
		return;			/* its time runs already */
	/* The client's server had its time, and the others may answer now. */
	if (!fresh && o->state == ASKED)
		wait_ms = 0;
	begin(t, o, m, rx);
	s = wait_ms < 0 ? NULL : await(t, r, o, rx, mono_add_ms(now, wait_ms));
	if (s && wait_ms == 0)
		ask(t, r, o, s, now, plan);
}

static void
tap_question(struct rescues *t, struct relay4 *r, const struct dhcp4 *m,
    const struct relay4_rx *rx, struct mono now, struct rescue_plan *plan)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	uint16_t server = servers_find4(r->servers, rx->dst), group;
	struct conv_key k = key_of(m);
	struct pxe_client client;
	struct open *o;
	bool fresh, made;

	if (server == CONF_NONE || !is_client(r, in, rx))
		return;
	pxe_read(&client, m);
	if (!is_query(&client, m, rx))
		return;
	group = group_of(r, in, &client, m, server);
	if (group == CONF_NONE)
		return;
	o = find(t, r, &k, now);
	fresh = !o || !same_question(o, server, rx);
	o = hash_get(t->open, &k, &made);
	o->conf_gen = r->servers->conf_gen;
	o->asked = server;
	o->group = group;
	o->last = now;
	question(t, r, m, rx, o, fresh, now, plan);
}

/* --- answers ------------------------------------------------------------------------ */

static bool
is_answer(const struct dhcp4 *m)
{
	return m->type == DHCP4_ACK || m->type == DHCP4_OFFER;
}

/* The client's server is alive: nothing more is asked for this client. */
static void
tap_answer(struct rescues *t, struct relay4 *r, const struct dhcp4 *m,
    const struct relay4_rx *rx, uint16_t dport, struct mono now)
{
	uint16_t server = servers_find4(r->servers, rx->src);
	struct conv_key k = key_of(m);
	struct open *o = find(t, r, &k, now);

	if (!o || o->asked != server || !ip4_eq(o->client, rx->dst) ||
	    o->port != dport || !is_answer(m) ||
	    relay4_judge_source(r, rx, server) != DROP_NONE)
		return;
	servers_note(r->servers, server, health_reply(&r->servers->health[server], now));
	if (o->state == DELIVERED)
		stats_count(r->stats, COUNTER_RESCUES_LATE);
	o->state = ANSWERED;
	drop_slot(t, o);
}

void
rescue_tap(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    uint16_t dport, struct mono now, struct rescue_plan *plan)
{
	struct dhcp4 m;

	plan->what = RESCUE_NOTHING;
	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE || !m.cookie)
		return;
	if (m.op == BOOTREQUEST && dport == DHCP4_PORT_PXE)
		tap_question(t, r, &m, rx, now, plan);
	else if (m.op == BOOTREPLY && rx->sport == DHCP4_PORT_PXE)
		tap_answer(t, r, &m, rx, dport, now);
}

/*
 * An error may be forged on the way from the server, and then another member is asked too
 * soon; by a client VLAN it is not believed. Of the quoted message only the header
 * counts: its options may be cut off.
 */
void
rescue_unreachable(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan)
{
	uint16_t server = servers_find4(r->servers, rx->dst);
	struct pending *s;
	struct dhcp4 m;
	struct conv_key k;
	struct open *o;

	plan->what = RESCUE_NOTHING;
	if (rx->len < DHCP4_HEADER || server == CONF_NONE)
		return;
	(void)dhcp4_parse(&m, rx->data, rx->len);
	if (m.hlen > sizeof(k.chaddr) ||
	    relay4_judge_source(r, rx, server) != DROP_NONE)
		return;
	k = key_of(&m);
	o = find(t, r, &k, now);
	if (!o || o->state != WAITING || o->all_asked ||
	    !same_question(o, server, rx))
		return;
	s = pendings_get(t->slots, o->slot);
	if (s)
		ask(t, r, o, s, now, plan);
}

/* Puts the client's address where ours stood in for it. */
static void
put_back(uint8_t *msg, size_t at, struct ip4 is, const struct open *o)
{
	if (ip4_eq(is, o->stand_in))
		dhcp4_put_ip4(msg, at, o->ciaddr);
}

/*
 * The answer as the client's server would have given it: iPXE takes it only with
 * the option 54 of the offer that it holds. siaddr and file are the live one's, and so
 * is everything else.
 */
static void
write_answer(const struct open *o, const struct dhcp4 *m, uint8_t *out)
{
	memcpy(out, m->data, m->len);
	put_back(out, DHCP4_OFF_CIADDR, m->ciaddr, o);
	put_back(out, DHCP4_OFF_YIADDR, m->yiaddr, o);
	if (ip4_eq(m->giaddr, o->stand_in))
		dhcp4_put_giaddr(out, IP4_NONE);
	dhcp4_put_ip4(out, m->at[DHCP4_OPT_SERVER_ID] + 2u, o->id);
}

static bool
usable(const struct dhcp4 *m, const struct open *o, const struct pending *s)
{
	return s && o->state == ASKED && is_answer(m) &&
	    m->len <= RESCUE_MSG_MAX &&
	    !ip4_is_none(dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID));
}

static void
deliver(struct rescues *t, struct relay4 *r, struct open *o,
    struct pending *s, const struct dhcp4 *m, struct mono now,
    struct rescue_plan *plan)
{
	struct iface *in = iftab_by_index(r->iftab, s->ifindex);

	plan_delivery(o, s, ip_v4(r->conf->server[o->asked].address), m->len, plan);
	write_answer(o, m, plan->msg);
	/* It takes the place of the question, see question(). */
	s->len = (uint16_t)m->len;
	memcpy(s->msg, plan->msg, m->len);
	pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
	o->state = DELIVERED;
	o->live = plan->live;
	o->from = plan->from;
	stats_count(r->stats, COUNTER_RESCUES_DELIVERED);
	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	if (in)
		in->stats.replies++;
	/* A second stage belongs to the first. */
	if (plan->live != CONF_NONE)
		clients_station(r->clients, m, s->ifindex)->boot = plan->from;
}

/* Is it from somebody whom we have asked? */
static bool
asked_him(const struct relay4 *r, const struct open *o, uint16_t server)
{
	if (server == CONF_NONE)	/* another address of his, perhaps */
		return !r->conf->check_source;
	return serverset_has(&o->tried, server);
}

static void
heard_from(struct relay4 *r, uint16_t server, struct mono now)
{
	stats_count(r->stats, COUNTER_REPLIES);
	if (server == CONF_NONE)
		return;
	r->servers->stats[server].replies++;
	servers_note(r->servers, server, health_reply(&r->servers->health[server], now));
}

bool
rescue_answer(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan)
{
	uint16_t server = servers_find4(r->servers, rx->src);
	struct pending *s;
	struct dhcp4 m;
	struct conv_key k;
	struct open *o;

	plan->what = RESCUE_NOTHING;
	if (rx->sport != DHCP4_PORT_PXE || hash_count(t->open) == 0 ||
	    dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE ||
	    m.op != BOOTREPLY)
		return false;
	k = key_of(&m);
	o = find(t, r, &k, now);
	if (!o || !asked_him(r, o, server) ||
	    relay4_judge_source(r, rx, server) != DROP_NONE)
		return false;
	heard_from(r, server, now);
	s = pendings_get(t->slots, o->slot);
	if (!usable(&m, o, s)) {
		r->stats->drop_reply[DROP_RESCUE_UNUSED]++;
		return true;
	}
	plan->live = server;
	plan->from = rx->src;
	deliver(t, r, o, s, &m, now, plan);
	return true;
}

void
rescue_lost(struct relay4 *r, const struct rescue_plan *plan, enum drop why)
{
	struct iface *in = iftab_by_index(r->iftab, plan->ifindex);

	r->stats->counter[COUNTER_RESCUES_DELIVERED]--;
	if (plan->again) {		/* of our own making: no reply came in */
		r->stats->drop_send[why]++;
		return;
	}
	r->stats->counter[COUNTER_REPLIES_RELAYED]--;
	r->stats->drop_reply[why]++;
	if (in)
		in->stats.replies--;
}

/* --- time ---------------------------------------------------------------------------- */

bool
rescue_due(const struct rescues *t, struct mono *due)
{
	const struct pending *s = pendings_first(t->slots);

	if (s)
		*due = s->due;
	return s != NULL;
}

void
rescue_next(struct rescues *t, struct relay4 *r, struct mono now,
    struct rescue_plan *plan)
{
	struct pending *s = pendings_first(t->slots);
	struct open *o = find(t, r, &s->key, now);

	plan->what = RESCUE_NOTHING;
	if (o && o->slot == s->self && o->state != DELIVERED && !o->all_asked) {
		ask(t, r, o, s, now, plan);
		return;
	}
	if ((o = hash_find(t->open, &s->key)) && o->slot == s->self)
		o->slot = 0;
	pendings_drop(t->slots, s);
}
