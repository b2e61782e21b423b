/* SPDX-License-Identifier: ISC
 *
 * rescue - see include/core/relay4/rescue.h.
 *
 * The relay's query must bring the reply to the relay, not to the client (EDK2 would take it
 * there, iPXE drop it for its option 54). It is sent from giaddr:67, with that address in
 * giaddr and in ciaddr. Measured with a client .51 and giaddr .1:
 *
 *   fields of the query      dnsmasq 2.90 replies to   WDS (bootd) replies to
 *   ciaddr .51, giaddr  0    .51:67, the client        .1:67
 *   ciaddr .51, giaddr .1    .51:67, the client        .1:67
 *   ciaddr   0, giaddr  0    nobody (no subnet)        .1:67
 *   ciaddr   0, giaddr .1    .1:67                     .1:67
 *   ciaddr  .1, giaddr .1    .1:67                     .1:67
 *
 * dnsmasq 2.90 replies to ciaddr, else to the packet's source; from 2.92 on to giaddr:67, as
 * smee does; WDS, SCCM and pixiecore to the packet's source. With the same address in all
 * three places, every rule leads here. With giaddr set, a server also sees the client in the
 * same subnet as in the DISCOVER that was relayed. In the reply, the client's own address is
 * put back and giaddr is cleared.
 */
#include "core/relay4/rescue.h"

#include <stdlib.h>
#include <string.h>

/* EDK2 retries one server for 10 s, iPXE for 3.75 s. */
#define OPEN_MS		30000
/* How long a delivered reply is kept for a repeated request. */
#define KEPT_MS		10000

enum state {
	WAITING,	/* for the client's server */
	QUERIED,	/* another server was queried */
	DELIVERED,	/* that one replied: the slot holds its reply */
	ANSWERED,	/* the client's server replied */
};

/* A client's request that was seen on its way to port 4011. */
struct open {
	struct conv_key key;
	struct mono last;	/* last request */
	enum state state;
	bool exhausted;		/* no server is left to query */
	uint32_t slot;		/* of the pool: the request, or the reply; 0: none */
	uint32_t conf_gen;	/* of the configuration that asked, group and tried index */
	uint16_t asked;		/* the client's server */
	uint16_t group;
	uint16_t live;		/* DELIVERED: the server that replied, and its address */
	struct ip4 from;
	struct ip4 client;
	uint16_t port;		/* the client's */
	struct ip4 id;		/* option 54 that the client expects */
	struct ip4 ciaddr;	/* of the client's request */
	struct ip4 stand_in;	/* our address, in giaddr and ciaddr of our query */
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

/* NULL also for an entry that is too old or of another configuration. */
static struct open *
find_open(const struct rescues *t, const struct relay4 *r, const struct conv_key *k,
    struct mono now)
{
	struct open *o = hash_find(t->open, k);

	if (!o || o->conf_gen != r->servers->conf_gen ||
	    mono_diff_ms(now, o->last) > OPEN_MS)
		return NULL;
	return o;
}

/* --- which requests are rescued ------------------------------------------------- */

/* Of a pair of routers, the active one helps. */
static bool
is_active(const struct iface *in)
{
	return in && iface_ready(in) && !in->standby;
}

/*
 * From a client of this VLAN to a server beyond us. A server on the client's own VLAN replies
 * directly, and we would never see it.
 */
static bool
is_routed(struct relay4 *r, const struct iface *in, const struct relay4_rx *rx)
{
	return is_active(in) && rx->mac_len > 0 && rx->mac_len <= 8 &&
	    iface_has(in, rx->src) && iface_is_machine(in, rx->src) &&
	    !iface_has(in, rx->dst) && !iftab_is_local(r->iftab, rx->src);
}

/* wdsnbp.com polls with the number that its server gave it (option 250). */
#define OPT_WDS 250

/*
 * Not boot server discovery (43.71), and no client that repeats the list of boot servers it was
 * given (43.8): it takes replies from that list only (iPXE looks at option 54, EDK2 at siaddr),
 * and tries the next server of the list by itself.
 */
static bool
is_rescuable(const struct pxe_client *c, const struct dhcp4 *m, const struct relay4_rx *rx)
{
	return (m->type == DHCP4_REQUEST || m->type == DHCP4_INFORM) &&
	    c->pxeclient && !c->discovery && !c->boot_servers && !m->at[OPT_WDS] &&
	    ip4_is_none(m->giaddr) && rx->len <= RESCUE_MSG_MAX &&
	    (ip4_is_none(m->ciaddr) || ip4_eq(m->ciaddr, rx->src));
}

static bool
rescues_member(const struct relay4 *r, uint16_t group, uint16_t server)
{
	return conf_group_has(r->conf, group, server) && r->conf->group[group].rescue;
}

/*
 * The boot group of this client that has the server. A rule with a message condition may have
 * chosen it, and this is another message: then the first group that has the server.
 */
static uint16_t
find_group(struct relay4 *r, const struct iface *in, const struct pxe_client *client,
    const struct dhcp4 *m, uint16_t server)
{
	struct conv once = { .conf_gen = 0 };
	struct conf_groups t = relay4_choose(r, &once, in, client, m);
	uint16_t g;

	if (t.drop)
		return CONF_NONE;
	if (rescues_member(r, t.group[CONF_BOOT], server))
		return t.group[CONF_BOOT];
	if (t.everything && rescues_member(r, t.group[CONF_DHCP], server))
		return t.group[CONF_DHCP];
	for (g = 0; g < r->conf->n_group; g++)
		if (rescues_member(r, g, server))
			return g;
	return CONF_NONE;
}

/* --- queries -------------------------------------------------------------------- */

static uint16_t
next_live(struct relay4 *r, const struct open *o, const struct dhcp4 *m,
    const struct iface *in, struct mono now)
{
	struct select_out order = relay4_order(r, m, in->link.ifindex, o->group, CONF_BOOT, now);
	/* `servers =` sends everything to all of them, and does not say which one boots. */
	bool any = o->group == in->conf->servers;

	for (unsigned i = 0; i < order.n; i++) {
		uint16_t s = r->conf->server[order.server[i]].first;

		if (s != o->asked && !serverset_has(&o->tried, s) &&
		    (any || r->conf->is_boot[s]) && health_usable(&r->servers->health[s]))
			return s;
	}
	return CONF_NONE;
}

/*
 * Sends the request to the next server, if there is one. It counts against the client's own
 * rate: a packet of ours leaves on its behalf, which routing alone does not cause.
 */
static void
query_next(struct rescues *t, struct relay4 *r, struct open *o, struct pending *s,
    struct mono now, struct rescue_plan *plan)
{
	struct iface *in = iftab_by_index(r->iftab, s->ifindex);
	uint32_t hedge_ms = r->conf->group[o->group].hedge_ms;
	struct dhcp4 m;
	uint16_t live = CONF_NONE;

	if (is_active(in) && dhcp4_parse(&m, s->msg, s->len) == DROP_NONE)
		live = next_live(r, o, &m, in, now);
	if (live == CONF_NONE || relay4_limits(r, in, &m, now) != DROP_NONE) {
		o->exhausted = true;
		/* A server that was queried may still reply. */
		if (o->state == QUERIED)
			pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
		else
			drop_slot(t, o);
		return;
	}
	o->state = QUERIED;
	o->stand_in = iface_giaddr_for(in, o->client);
	serverset_add(&o->tried, live);
	memcpy(plan->msg, s->msg, s->len);
	dhcp4_put_ip4(plan->msg, DHCP4_OFF_CIADDR, o->stand_in);
	dhcp4_put_giaddr(plan->msg, o->stand_in);
	plan->udp = (struct udpip){
		.src = o->stand_in, .sport = DHCP4_PORT_SERVER,
		.dst = ip_v4(r->conf->server[live].address), .dport = DHCP4_PORT_PXE,
		.ttl = UDPIP_TTL, .payload = plan->msg, .payload_len = s->len,
	};
	plan->what = RESCUE_ASK;
	stats_count(r->stats, COUNTER_RESCUES_ASKED);
	r->servers->stats[live].sent++;
	pendings_move(t->slots, s, mono_add_ms(now, hedge_ms ? hedge_ms : KEPT_MS));
}

/* --- the client's request, seen by the tap ----------------------------------------- */

static bool
same_request(const struct open *o, uint16_t server, const struct relay4_rx *rx)
{
	return o->asked == server && ip4_eq(o->client, rx->src) && o->port == rx->sport;
}

/* The entry of a request for which nothing was sent yet. */
static void
reset_open(struct rescues *t, struct open *o, const struct dhcp4 *m, const struct relay4_rx *rx)
{
	struct ip4 id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);

	drop_slot(t, o);
	o->state = WAITING;
	o->exhausted = false;
	o->client = rx->src;
	o->port = rx->sport;
	o->ciaddr = m->ciaddr;
	/* iPXE repeats the option 54 that it expects; EDK2 does not, and accepts any. */
	o->id = ip4_is_none(id) ? rx->dst : id;
	o->tried = (struct serverset){ { 0 } };
}

/* plan->msg to the client, as if from the server that it asked. */
static void
plan_delivery(struct relay4 *r, const struct open *o, const struct pending *s,
    struct rescue_plan *plan)
{
	plan->what = RESCUE_DELIVER;
	plan->asked = ip_v4(r->conf->server[o->asked].address);
	plan->live = o->live;
	plan->from = o->from;
	plan->ifindex = s->ifindex;
	plan->mac_len = s->mac_len;
	memcpy(plan->mac, s->mac, sizeof(plan->mac));
	plan->udp = (struct udpip){
		.src = plan->asked, .sport = DHCP4_PORT_PXE, .dst = o->client,
		.dport = o->port, .ttl = UDPIP_TTL, .payload = plan->msg,
		.payload_len = s->len,
	};
	stats_count(r->stats, COUNTER_RESCUES_DELIVERED);
}

/* How much longer the client's server may take; -1: no limit. */
static int64_t
patience_ms(const struct relay4 *r, const struct open *o)
{
	uint32_t hedge_ms = r->conf->group[o->group].hedge_ms;

	if (health_down(&r->servers->health[o->asked]))
		return 0;
	return hedge_ms ? (int64_t)hedge_ms : -1;
}

static void
tap_request(struct rescues *t, struct relay4 *r, const struct dhcp4 *m,
    const struct relay4_rx *rx, struct mono now, struct rescue_plan *plan)
{
	const struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	uint16_t server = servers_find4(r->servers, rx->dst), group;
	struct conv_key k = clients_key(m);
	struct pxe_client client;
	struct pending *s;
	struct open *o;
	bool fresh, made;
	int64_t wait_ms;

	if (server == CONF_NONE || !is_routed(r, in, rx))
		return;
	pxe_read(&client, m);
	if (!is_rescuable(&client, m, rx))
		return;
	group = find_group(r, in, &client, m, server);
	if (group == CONF_NONE)
		return;
	o = find_open(t, r, &k, now);
	fresh = !o || !same_request(o, server, rx);
	o = hash_get(t->open, &k, &made);
	o->conf_gen = r->servers->conf_gen;
	o->asked = server;
	o->group = group;
	o->last = now;
	s = fresh ? NULL : pendings_get(t->slots, o->slot);
	wait_ms = patience_ms(r, o);
	if (s && o->state == DELIVERED) {	/* the client did not hear it */
		memcpy(plan->msg, s->msg, s->len);
		plan_delivery(r, o, s, plan);
		plan->again = true;
		return;
	}
	if (s && !o->exhausted && (o->state == QUERIED || wait_ms != 0))
		return;			/* the timer runs already */
	/* The client's server had its time; try the others once more. */
	if (!fresh && o->state == QUERIED)
		wait_ms = 0;
	reset_open(t, o, m, rx);
	if (wait_ms < 0)
		return;
	s = pendings_take(t->slots, mono_add_ms(now, wait_ms));
	if (!s) {
		stats_count(r->stats, COUNTER_HEDGES_FULL);
		return;
	}
	relay4_store(s, &o->key, CONF_BOOT, rx);
	o->slot = s->self;
	if (wait_ms == 0)
		query_next(t, r, o, s, now, plan);
}

/* --- replies ------------------------------------------------------------------------ */

static bool
is_answer(const struct dhcp4 *m)
{
	return m->type == DHCP4_ACK || m->type == DHCP4_OFFER;
}

/* The client's server is alive: no other is queried for this client. */
static void
tap_reply(struct rescues *t, struct relay4 *r, const struct dhcp4 *m,
    const struct relay4_rx *rx, uint16_t dport, struct mono now)
{
	uint16_t server = servers_find4(r->servers, rx->src);
	struct conv_key k = clients_key(m);
	struct open *o = find_open(t, r, &k, now);

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
		tap_request(t, r, &m, rx, now, plan);
	else if (m.op == BOOTREPLY && rx->sport == DHCP4_PORT_PXE)
		tap_reply(t, r, &m, rx, dport, now);
}

/*
 * An error may be forged on the way from the server; all it does is to query another server
 * too soon. One that comes in by a client VLAN is not believed. Only the header of the quoted
 * message counts: its options may be cut off.
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
	k = clients_key(&m);
	o = find_open(t, r, &k, now);
	if (!o || o->state != WAITING || o->exhausted || !same_request(o, server, rx))
		return;
	s = pendings_get(t->slots, o->slot);
	if (s)
		query_next(t, r, o, s, now, plan);
}

/*
 * The reply as the client's server would have sent it: iPXE accepts only the option 54 of the
 * offer that it holds. Everything else, siaddr and file included, is the live server's.
 */
static void
write_reply(const struct open *o, const struct dhcp4 *m, uint8_t *out)
{
	memcpy(out, m->data, m->len);
	/* The client's address, where ours stood in for it. */
	if (ip4_eq(m->ciaddr, o->stand_in))
		dhcp4_put_ip4(out, DHCP4_OFF_CIADDR, o->ciaddr);
	if (ip4_eq(m->yiaddr, o->stand_in))
		dhcp4_put_ip4(out, DHCP4_OFF_YIADDR, o->ciaddr);
	if (ip4_eq(m->giaddr, o->stand_in))
		dhcp4_put_giaddr(out, IP4_NONE);
	dhcp4_put_ip4(out, m->at[DHCP4_OPT_SERVER_ID] + 2u, o->id);
}

/* Did we query this server? */
static bool
was_queried(const struct relay4 *r, const struct open *o, uint16_t server)
{
	if (server == CONF_NONE)	/* possibly another address of the same host */
		return !r->conf->check_source;
	return serverset_has(&o->tried, server);
}

bool
rescue_answer(struct rescues *t, struct relay4 *r, const struct relay4_rx *rx,
    struct mono now, struct rescue_plan *plan)
{
	uint16_t server = servers_find4(r->servers, rx->src);
	struct iface *in;
	struct pending *s;
	struct dhcp4 m;
	struct conv_key k;
	struct open *o;

	plan->what = RESCUE_NOTHING;
	if (rx->sport != DHCP4_PORT_PXE || hash_count(t->open) == 0 ||
	    dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE || m.op != BOOTREPLY)
		return false;
	k = clients_key(&m);
	o = find_open(t, r, &k, now);
	if (!o || !was_queried(r, o, server) ||
	    relay4_judge_source(r, rx, server) != DROP_NONE)
		return false;
	stats_count(r->stats, COUNTER_REPLIES);
	if (server != CONF_NONE) {
		r->servers->stats[server].replies++;
		servers_note(r->servers, server,
		    health_reply(&r->servers->health[server], now));
	}
	s = pendings_get(t->slots, o->slot);
	if (!s || o->state != QUERIED || !is_answer(&m) || m.len > RESCUE_MSG_MAX ||
	    ip4_is_none(dhcp4_opt_ip4(&m, DHCP4_OPT_SERVER_ID))) {
		r->stats->drop_reply[DROP_RESCUE_UNUSED]++;
		return true;
	}
	/* The reply replaces the request in the slot, for the client's next try. */
	write_reply(o, &m, plan->msg);
	s->len = (uint16_t)m.len;
	memcpy(s->msg, plan->msg, m.len);
	pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
	o->state = DELIVERED;
	o->live = server;
	o->from = rx->src;
	plan_delivery(r, o, s, plan);
	plan->again = false;
	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	in = iftab_by_index(r->iftab, s->ifindex);
	if (in)
		in->stats.replies++;
	/* A second stage belongs to the first. */
	if (server != CONF_NONE)
		clients_station(r->clients, &m, s->ifindex)->boot = rx->src;
	return true;
}

void
rescue_lost(struct relay4 *r, const struct rescue_plan *plan, enum drop why)
{
	struct iface *in = iftab_by_index(r->iftab, plan->ifindex);

	r->stats->counter[COUNTER_RESCUES_DELIVERED]--;
	if (plan->again) {		/* a stored reply: none came in */
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
	return pendings_due(t->slots, due);
}

void
rescue_next(struct rescues *t, struct relay4 *r, struct mono now, struct rescue_plan *plan)
{
	struct pending *s = pendings_first(t->slots);
	struct open *o = find_open(t, r, &s->key, now);

	plan->what = RESCUE_NOTHING;
	if (o && o->slot == s->self && o->state != DELIVERED && !o->exhausted) {
		query_next(t, r, o, s, now, plan);
		return;
	}
	if ((o = hash_find(t->open, &s->key)) && o->slot == s->self)
		o->slot = 0;
	pendings_drop(t->slots, s);
}
