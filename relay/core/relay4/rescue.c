/* SPDX-License-Identifier: ISC
 *
 * rescue - follows routed requests to port 4011 and the replies to them;
 * queries another boot server for those that get none, and rewrites its answer
 * for the client (PXE 2.1).
 *
 * The answer must come to the relay, not to the client, where EDK2 would accept
 * it and iPXE drop it for its option 54. So the query is sent from giaddr:67,
 * with that address in giaddr and in ciaddr. Measured with a client .51 and
 * giaddr .1:
 *
 *   fields of the query      dnsmasq 2.90 replies to   WDS (bootd) replies to
 *   ciaddr .51, giaddr  0    .51:67, the client        .1:67
 *   ciaddr .51, giaddr .1    .51:67, the client        .1:67
 *   ciaddr   0, giaddr  0    nobody (no subnet)        .1:67
 *   ciaddr   0, giaddr .1    .1:67                     .1:67
 *   ciaddr  .1, giaddr .1    .1:67                     .1:67
 *
 * dnsmasq 2.90 replies to ciaddr, else to the packet's source; from 2.92 on to
 * giaddr:67, as smee does; WDS, SCCM and pixiecore to the packet's source. With
 * the same address in all three places, each of these leads to the relay. With
 * giaddr set, a server also sees the client in the subnet of its relayed
 * DISCOVER. In the answer, the client's own address is put back and giaddr is
 * cleared.
 */
#include "core/relay4/rescue.h"

#include <stdlib.h>
#include <string.h>

/* EDK2 retries one server for 10 s, iPXE for 3.75 s. */
#define OPEN_MS		30000
/* How long a delivered answer is kept for a repeated request. */
#define KEPT_MS		10000

enum state {
	WAITING,	/* for the client's server */
	QUERIED,	/* another server was queried */
	DELIVERED,	/* it answered: the slot holds its answer */
	REPLIED,	/* the client's server replied */
};

/* A client's request that was routed to port 4011. */
struct request {
	struct client_key key;
	struct mono last;	/* last request */
	enum state state;
	bool exhausted;		/* no server is left to query */
	uint32_t slot;		/* of the request, or the answer; 0: none */
	uint32_t conf_gen;	/* what asked, group and tried are indexes into */
	uint16_t asked;		/* the client's server */
	uint16_t group;
	uint16_t live;		/* DELIVERED: who answered, and the address */
	struct ip4 from;
	struct ip4 client;
	uint16_t port;		/* the client's */
	struct ip4 id;		/* option 54 that the client expects */
	struct ip4 ciaddr;	/* of the client's request */
	struct ip4 stand_in;	/* our address in giaddr and ciaddr of the query */
	struct serverset tried;
};

struct rescues {
	struct hash *requests;
	struct pendings *slots;
};

/* --- the table --------------------------------------------------------- */

/* The slot may belong to another request by now. */
static struct pending *
slot_of(const struct rescues *t, const struct request *q)
{
	struct pending *s = pendings_get(t->slots, q->slot);

	return s && memcmp(&s->key, &q->key, sizeof(q->key)) == 0 ? s : NULL;
}

static void
drop_slot(struct rescues *t, struct request *q)
{
	struct pending *s = slot_of(t, q);

	if (s)
		pendings_drop(t->slots, s);
	q->slot = 0;
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
	t->requests = hash_new(capacity, sizeof(struct request),
	    sizeof(struct client_key), secret, evicted, t);
	t->slots = pendings_new(capacity);
	return t->requests && t->slots && hash_share(t->requests) ? t : rescues_free(t);
}

struct rescues *
rescues_free(struct rescues *t)
{
	if (t) {
		hash_free(t->requests);
		pendings_free(t->slots);
		free(t);
	}
	return NULL;
}

size_t
rescues_count(const struct rescues *t)
{
	return hash_count(t->requests);
}

/* Is it neither too old nor of an earlier configuration? */
static bool
is_open(const struct request *q, const struct relay *r, struct mono now)
{
	return q->conf_gen == r->servers->conf_gen &&
	    mono_diff_ms(now, q->last) <= OPEN_MS;
}

static struct request *
find_request(const struct rescues *t, const struct relay *r,
    struct client_key key, struct mono now)
{
	struct request *q = hash_find(t->requests, &key);

	return q && is_open(q, r, now) ? q : NULL;
}

/* The next one with this key on any interface, or NULL. *at begins as 0. */
static struct request *
find_any(const struct rescues *t, const struct relay *r, const struct dhcp4 *m,
    uint32_t *at, struct mono now)
{
	struct client_key key = clients_key(m, 0);
	struct request *q;

	do {
		q = hash_find_any(t->requests, &key, at);
	} while (q && !is_open(q, r, now));
	return q;
}

/* --- which requests are rescued ---------------------------------------- */

/* Only the active router of a pair rescues. */
static bool
is_active(const struct iface *in)
{
	return in && iface_ready(in) && !in->standby[FAMILY4];
}

/* Is the packet from a client of this VLAN to a server on another network? A
 * server on the client's own VLAN replies directly, which the relay never sees. */
static bool
is_routed(struct relay *r, const struct iface *in, const struct rx *rx)
{
	return is_active(in) && rx->mac_len > 0 && rx->mac_len <= 8 &&
	    iface_has(in, rx->src) && iface_is_machine(in, rx->src.v4) &&
	    !iface_has(in, rx->dst) && !iftab_is_local(r->iftab, rx->src.v4);
}

/* wdsnbp.com polls with the number that its server assigned to it (option 250). */
#define OPT_WDS 250

/* Excludes boot server discovery (43.71) and clients that repeat the list of
 * boot servers they were given (43.8). These accept replies only from that list
 * (iPXE checks option 54, EDK2 siaddr), and try its next server by themselves. */
static bool
is_rescuable(const struct pxe_client *c, const struct dhcp4 *m,
    const struct rx *rx)
{
	return (m->type == DHCP4_REQUEST || m->type == DHCP4_INFORM) &&
	    c->pxeclient && !c->discovery && !c->boot_servers && !m->at[OPT_WDS] &&
	    ip4_is_none(m->giaddr) && rx->len <= PENDING_MSG_MAX &&
	    (ip4_is_none(m->ciaddr) || ip4_eq(m->ciaddr, rx->src.v4));
}

static bool
rescues_member(const struct relay *r, uint16_t group, uint16_t server)
{
	return conf_group_has(r->conf, group, server) &&
	    r->conf->group[group].rescue;
}

/* Finds the group of this client that has the server. A rule with a message
 * condition may have chosen it for the DISCOVER and not match this message:
 * then it is the first group that has the server. */
static uint16_t
find_group(struct relay *r, const struct iface *in, const struct pxe_client *client,
    const struct dhcp4 *m, uint16_t server)
{
	struct conv once = { .conf_gen = 0 };
	struct conf_groups t = relay4_targets(r, &once, in, client, m);
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

/* --- queries ----------------------------------------------------------- */

static uint16_t
next_live(struct relay *r, const struct request *q, const struct dhcp4 *m,
    const struct iface *in, struct mono now)
{
	struct ask_client c = relay4_client(r, m, in->link.ifindex, CONF_BOOT);
	struct select_out order = ask_order(r, q->group, &c, now);
	/* `servers =` sends everything to all members, and does not say which
	 * ones boot. */
	bool any = q->group == in->conf->servers;

	for (unsigned i = 0; i < order.n; i++) {
		uint16_t s = r->conf->server[order.server[i]].first;

		if (s != q->asked && !serverset_has(&q->tried, s) &&
		    (any || r->conf->is_boot[s]) &&
		    health_usable(&r->servers->health[s]))
			return s;
	}
	return CONF_NONE;
}

/* Queries the next server, if there is one. Each counts against the client's own rate
 * limit: unlike mere routing, it makes the relay send a packet on the client's behalf.
 * The first one was paid for with the request's place. */
static void
query_next(struct rescues *t, struct relay *r, struct request *q, struct pending *s,
    struct mono now, struct rescue_plan *plan)
{
	struct iface *in = iftab_by_index(r->iftab, s->rx.ifindex);
	uint32_t hedge_ms = r->conf->group[q->group].hedge_ms;
	struct dhcp4 m;
	uint16_t live = CONF_NONE;

	if (is_active(in) && dhcp4_parse(&m, s->msg, s->rx.len) == DROP_NONE)
		live = next_live(r, q, &m, in, now);
	if (live == CONF_NONE || (q->state == QUERIED && clients_limit(r,
	    &(struct client_call){ s->key, &s->rx, now }, in) != DROP_NONE)) {
		q->exhausted = true;
		/* A server that was queried may still answer. */
		if (q->state == QUERIED)
			pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
		else
			drop_slot(t, q);
		return;
	}
	q->state = QUERIED;
	q->stand_in = iface_giaddr_for(in, q->client);
	serverset_add(&q->tried, live);
	memcpy(plan->msg, s->msg, s->rx.len);
	dhcp4_put_ip4(plan->msg, DHCP4_OFF_CIADDR, q->stand_in);
	dhcp4_put_ip4(plan->msg, DHCP4_OFF_GIADDR, q->stand_in);
	plan->udp = (struct udpip){
		.src = ip_of4(q->stand_in), .sport = DHCP4_PORT_SERVER,
		.dst = r->conf->server[live].address, .dport = DHCP4_PORT_PXE,
		.ttl = UDPIP_TTL, .payload = plan->msg, .payload_len = s->rx.len,
	};
	plan->what = RESCUE_QUERY;
	stats_count(r->stats, COUNTER_RESCUES_ASKED);
	r->servers->stats[live].sent++;
	pendings_move(t->slots, s, mono_add_ms(now, hedge_ms ? hedge_ms : KEPT_MS));
}

/* --- the client's request, seen by the tap ----------------------------- */

static bool
same_request(const struct request *q, uint16_t server, const struct rx *rx)
{
	return q->asked == server && ip4_eq(q->client, rx->src.v4) &&
	    q->port == rx->sport;
}

/* Makes a new request of the entry: no server was queried for it yet. */
static void
reset_request(struct rescues *t, struct request *q, const struct dhcp4 *m,
    const struct rx *rx)
{
	struct ip4 id = dhcp4_opt_ip4(m, DHCP4_OPT_SERVER_ID);

	drop_slot(t, q);
	q->state = WAITING;
	q->exhausted = false;
	q->client = rx->src.v4;
	q->port = rx->sport;
	q->ciaddr = m->ciaddr;
	/* iPXE repeats the option 54 that it expects; EDK2 does not, and
	 * accepts any. */
	q->id = ip4_is_none(id) ? rx->dst.v4 : id;
	q->tried = (struct serverset){ { 0 } };
}

/* Plans to deliver plan->msg to the client, as if from its own server. */
static void
plan_delivery(struct relay *r, const struct request *q, const struct pending *s,
    struct rescue_plan *plan)
{
	plan->what = RESCUE_DELIVER;
	plan->asked = ip_v4(r->conf->server[q->asked].address);
	plan->live = q->live;
	plan->from = q->from;
	plan->ifindex = s->rx.ifindex;
	plan->mac_len = s->rx.mac_len;
	memcpy(plan->mac, s->rx.mac, sizeof(plan->mac));
	plan->udp = (struct udpip){
		.src = ip_of4(plan->asked), .sport = DHCP4_PORT_PXE,
		.dst = ip_of4(q->client), .dport = q->port,
		.ttl = UDPIP_TTL, .payload = plan->msg, .payload_len = s->rx.len,
	};
	stats_count(r->stats, COUNTER_RESCUES_DELIVERED);
}

/* How long to wait for the client's server; -1: without limit. */
static int64_t
patience_ms(const struct relay *r, const struct request *q)
{
	uint32_t hedge_ms = r->conf->group[q->group].hedge_ms;

	if (health_down(&r->servers->health[q->asked]))
		return 0;
	return hedge_ms ? (int64_t)hedge_ms : -1;
}

/* Within its rates? Made-up requests must not fill the table. */
static bool
takes_place(struct relay *r, const struct client_call *call, struct iface *in)
{
	bool ok = clients_limit(r, call, in) == DROP_NONE;

	if (!ok)
		stats_count(r->stats, COUNTER_RESCUES_LIMITED);
	return ok;
}

static void
tap_request(struct rescues *t, struct relay *r, const struct dhcp4 *m,
    const struct rx *rx, struct mono now, struct rescue_plan *plan)
{
	struct iface *in = iftab_by_index(r->iftab, rx->ifindex);
	uint16_t server = servers_find4(r->servers, rx->dst.v4), group;
	struct client_call call = { clients_key(m, rx->ifindex), rx, now };
	struct pxe_client client;
	struct pending *s;
	struct request *q;
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
	q = find_request(t, r, call.key, now);
	fresh = !q || !same_request(q, server, rx);
	if (fresh && !takes_place(r, &call, in))
		return;
	q = hash_get(t->requests, &call.key, &made);
	q->conf_gen = r->servers->conf_gen;
	q->asked = server;
	q->group = group;
	q->last = now;
	s = fresh ? NULL : slot_of(t, q);
	wait_ms = patience_ms(r, q);
	if (s && q->state == DELIVERED) {	/* the client did not get it */
		memcpy(plan->msg, s->msg, s->rx.len);
		plan_delivery(r, q, s, plan);
		plan->again = true;
		return;
	}
	if (s && !q->exhausted && (q->state == QUERIED || wait_ms != 0))
		return;			/* the timer is running */
	if (!fresh && !takes_place(r, &call, in))
		return;
	/* The client's server has had its time; try the others once more. */
	if (!fresh && q->state == QUERIED)
		wait_ms = 0;
	reset_request(t, q, m, rx);
	if (wait_ms < 0)
		return;
	s = pendings_take(t->slots, rx->ifindex, mono_add_ms(now, wait_ms));
	if (!s) {
		stats_count(r->stats, COUNTER_HEDGES_FULL);
		return;
	}
	pending_store(s, &q->key, CONF_BOOT, rx);
	q->slot = s->self;
	if (wait_ms == 0)
		query_next(t, r, q, s, now, plan);
}

/* --- replies ----------------------------------------------------------- */

static bool
is_answer(const struct dhcp4 *m)
{
	return m->type == DHCP4_ACK || m->type == DHCP4_OFFER;
}

/* The client's server replied: no other one is queried for this client. If interfaces
 * share a subnet, the reply may be for either of two clients. */
static void
tap_reply(struct rescues *t, struct relay *r, const struct dhcp4 *m,
    const struct rx *rx, uint16_t dport, struct mono now)
{
	uint16_t server = servers_find4(r->servers, rx->src.v4);
	struct request *q;
	uint32_t at = 0;

	if (!is_answer(m) || server == CONF_NONE ||
	    ask_judge_source(r, rx, server) != DROP_NONE)
		return;
	while ((q = find_any(t, r, m, &at, now))) {
		if (q->asked != server || !ip4_eq(q->client, rx->dst.v4) ||
		    q->port != dport)
			continue;
		servers_note(r->servers, server,
		    health_reply(&r->servers->health[server], now));
		if (q->state == DELIVERED)
			stats_count(r->stats, COUNTER_RESCUES_LATE);
		q->state = REPLIED;
		drop_slot(t, q);
	}
}

void
rescue_tap(struct rescues *t, struct relay *r, const struct rx *rx,
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

/* An error may be forged on the way from the server, but all it causes is that
 * another server is queried too soon. One that arrives on a client VLAN is
 * ignored. Only the header of the quoted message counts: its options may be cut
 * off. */
void
rescue_unreachable(struct rescues *t, struct relay *r,
    const struct rx *rx, struct mono now, struct rescue_plan *plan)
{
	uint16_t server = servers_find4(r->servers, rx->dst.v4);
	struct pending *s;
	struct dhcp4 m;
	struct request *q;
	uint32_t at = 0;

	plan->what = RESCUE_NOTHING;
	if (rx->len < DHCP4_HEADER || server == CONF_NONE)
		return;
	(void)dhcp4_parse(&m, rx->data, rx->len);
	if (m.hlen > 16 || ask_judge_source(r, rx, server) != DROP_NONE)
		return;
	do {
		q = find_any(t, r, &m, &at, now);
	} while (q && (q->state != WAITING || q->exhausted ||
	    !same_request(q, server, rx)));
	s = q ? slot_of(t, q) : NULL;
	if (s)
		query_next(t, r, q, s, now, plan);
}

/* Writes the answer as the client's own server would have sent it: iPXE accepts
 * only the option 54 of the offer that it holds. Everything else, including
 * siaddr and file, stays as the other server sent it. */
static void
write_reply(const struct request *q, const struct dhcp4 *m, uint8_t *out)
{
	memcpy(out, m->data, m->len);
	/* Put the client's address back where ours stood in for it. */
	if (ip4_eq(m->ciaddr, q->stand_in))
		dhcp4_put_ip4(out, DHCP4_OFF_CIADDR, q->ciaddr);
	if (ip4_eq(m->yiaddr, q->stand_in))
		dhcp4_put_ip4(out, DHCP4_OFF_YIADDR, q->ciaddr);
	if (ip4_eq(m->giaddr, q->stand_in))
		dhcp4_put_ip4(out, DHCP4_OFF_GIADDR, IP4_NONE);
	dhcp4_put_ip4(out, m->at[DHCP4_OPT_SERVER_ID] + 2u, q->id);
}

/* Did we query this server? */
static bool
was_queried(const struct relay *r, const struct request *q, uint16_t server)
{
	if (server == CONF_NONE)	/* another address of the same host? */
		return !r->conf->check_source;
	return serverset_has(&q->tried, server);
}

/* The request whose query this answers, rather one without an answer; NULL: none. */
static struct request *
find_queried(struct rescues *t, struct relay *r, const struct dhcp4 *m,
    const struct rx *rx, struct mono now)
{
	uint16_t server = servers_find4(r->servers, rx->src.v4);
	struct request *q, *found = NULL;
	uint32_t at = 0;

	if (ask_judge_source(r, rx, server) != DROP_NONE)
		return NULL;
	while ((q = find_any(t, r, m, &at, now)))
		if (was_queried(r, q, server) && ip4_eq(rx->dst.v4, q->stand_in) &&
		    (!found || q->state == QUERIED))
			found = q;
	return found;
}

bool
rescue_answer(struct rescues *t, struct relay *r, const struct rx *rx,
    struct mono now, struct rescue_plan *plan)
{
	uint16_t server = servers_find4(r->servers, rx->src.v4);
	struct iface *in;
	struct pending *s;
	struct dhcp4 m;
	struct request *q;

	plan->what = RESCUE_NOTHING;
	if (rx->sport != DHCP4_PORT_PXE || hash_count(t->requests) == 0 ||
	    dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE || m.op != BOOTREPLY)
		return false;
	q = find_queried(t, r, &m, rx, now);
	if (!q)
		return false;
	stats_count(r->stats, COUNTER_REPLIES);
	if (server != CONF_NONE) {
		r->servers->stats[server].replies++;
		servers_note(r->servers, server,
		    health_reply(&r->servers->health[server], now));
	}
	s = slot_of(t, q);
	if (!s || q->state != QUERIED || !is_answer(&m) || m.len > PENDING_MSG_MAX ||
	    ip4_is_none(dhcp4_opt_ip4(&m, DHCP4_OPT_SERVER_ID))) {
		r->stats->drop_reply[DROP_RESCUE_UNUSED]++;
		return true;
	}
	/* Keep the answer in place of the request, for the client's next try. */
	write_reply(q, &m, plan->msg);
	s->rx.len = m.len;
	memcpy(s->msg, plan->msg, m.len);
	pendings_move(t->slots, s, mono_add_ms(now, KEPT_MS));
	q->state = DELIVERED;
	q->live = server;
	q->from = rx->src.v4;
	plan_delivery(r, q, s, plan);
	plan->again = false;
	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	in = iftab_by_index(r->iftab, s->rx.ifindex);
	if (in)
		in->stats[FAMILY4].replies++;
	/* The second stage of the boot stays with the server of the first. */
	if (server != CONF_NONE)
		clients_station(r->clients, q->key)->boot = rx->src.v4;
	return true;
}

void
rescue_lost(struct relay *r, const struct rescue_plan *plan, enum drop why)
{
	struct iface *in = iftab_by_index(r->iftab, plan->ifindex);

	r->stats->counter[COUNTER_RESCUES_DELIVERED]--;
	if (plan->again) {		/* no reply came in: it was stored */
		r->stats->drop_send[why]++;
		return;
	}
	r->stats->counter[COUNTER_REPLIES_RELAYED]--;
	r->stats->drop_reply[why]++;
	if (in)
		in->stats[FAMILY4].replies--;
}

/* --- time -------------------------------------------------------------- */

bool
rescue_due(const struct rescues *t, struct mono *due)
{
	return pendings_due(t->slots, due);
}

void
rescue_next(struct rescues *t, struct relay *r, struct mono now,
    struct rescue_plan *plan)
{
	struct pending *s = pendings_first(t->slots);
	struct request *q = find_request(t, r, s->key, now);

	plan->what = RESCUE_NOTHING;
	if (q && q->slot == s->self && q->state != DELIVERED && !q->exhausted) {
		query_next(t, r, q, s, now, plan);
		return;
	}
	if ((q = hash_find(t->requests, &s->key)) && q->slot == s->self)
		q->slot = 0;
	pendings_drop(t->slots, s);
}
