/* SPDX-License-Identifier: ISC
 *
 * relay4_plan - to which servers a request goes, and in which copies (RFC 1542
 * 4.1.1, RFC 3046 2.1). relay4_targets() is the one place that says which groups
 * serve a client, the class of the message says which of them get it
 * (core/relay4/classes), and the members of a group have an order
 * (core/server/select). Each giaddr that is used makes one copy.
 *
 * A query that gets no offer goes to the next member when the client repeats
 * it, or sooner (relay4_hedge.c).
 */
#include "core/relay4/relay4.h"

#include <string.h>

#include "core/relay4/classes.h"
#include "core/relay4/rules.h"

/* How many tries a client gets before the next address is used, as in routers
 * with this feature ("smart relay"). */
#define ROTATE_TRIES 3

/* The same on both routers of a pair, so that they balance alike. It need not
 * be secret: a client that picks its MAC address to reach a certain server does
 * no harm. */
static const struct hash_key balance_seed = {
	{ 0x7078726c61790001, 0x62616c616e636521 }
};

void
relay4_configure(struct relay4 *r, const struct conf *old, const struct conf *c,
    struct mono now)
{
	uint64_t kept[CONF_RULES_MAX];

	servers_configure(r->servers, old, c, now);
	r->conf = c;
	if (!old)
		return;
	/* A rule that keeps its name keeps its hits. */
	memcpy(kept, r->rule_hits, sizeof(kept));
	memset(r->rule_hits, 0, sizeof(r->rule_hits));
	for (unsigned i = 0; i < c->n_rule; i++)
		for (unsigned k = 0; k < old->n_rule; k++)
			if (strcmp(c->rule[i].name, old->rule[k].name) == 0)
				r->rule_hits[i] = kept[k];
}

void
relay4_begin(struct relay4 *r, struct relay4_plan *plan, uint32_t ifindex,
    bool unicast)
{
	plan->n_copy = 0;
	plan->n_server = 0;
	plan->n_boot = 0;
	plan->m.data = NULL;
	plan->has_client = false;
	plan->rule = CONF_NONE;
	plan->group[CONF_DHCP] = plan->group[CONF_BOOT] = CONF_NONE;
	plan->foreign = false;
	plan->drop_old = false;
	plan->hedge = false;
	plan->rai_flags = unicast ? RAI_FLAG_UNICAST : 0;	/* RFC 5010 */
	plan->in = iftab_by_index(r->iftab, ifindex);
}

bool
relay4_choice_holds(const struct relay4 *r, const struct conv *cv,
    const struct iface *in)
{
	return cv->chosen && cv->conf_gen == r->servers->conf_gen &&
	    cv->chosen_on == in->link.ifindex;
}

/* Later messages of a conversation keep the first choice: a REQUEST may carry
 * fewer options than the DISCOVER did. HTTP boot and PXE from one NIC are two
 * conversations, even if a firmware should use one xid for both. A choice holds
 * only on the interface where it was made: 802.1X may move a port to another
 * VLAN while its machine keeps sending, and an attacker must not carry a rule
 * of one VLAN to another by using a machine's xid first. */
struct conf_groups
relay4_targets(struct relay4 *r, struct conv *cv, const struct iface *in,
    const struct pxe_client *client, const struct dhcp4 *m)
{
	struct rules_facts f = { .in = in, .client = client, .type = m->type };
	bool other = client->vendor_len && client->httpclient != cv->http;

	if (relay4_choice_holds(r, cv, in) && !other)
		return conf_groups_for(r->conf, in->conf, cv->rule);
	f.has_mac = m->hlen == sizeof(f.mac.b);
	if (f.has_mac)
		memcpy(f.mac.b, m->chaddr, sizeof(f.mac.b));
	/* Earlier queries went to other groups. */
	cv->asked = (struct serverset){ { 0 } };
	memset(cv->asks, 0, sizeof(cv->asks));
	cv->chosen = true;
	cv->chosen_on = in->link.ifindex;
	cv->conf_gen = r->servers->conf_gen;
	cv->http = client->httpclient;
	cv->rule = rules_match(r->conf, &f);
	return conf_groups_for(r->conf, in->conf, cv->rule);
}

void
relay4_add_server(const struct relay4 *r, struct relay4_plan *plan, uint16_t server)
{
	uint16_t first = r->conf->server[server].first;

	for (unsigned i = 0; i < plan->n_server; i++)
		if (plan->server[i] == first)
			return;
	plan->server[plan->n_server++] = first;
}

struct select_out
relay4_order(struct relay4 *r, const struct dhcp4 *m, uint32_t ifindex,
    uint16_t group, enum conf_class class, struct mono now)
{
	struct select_out out;
	struct select_in in = {
		.conf = r->conf, .group = &r->conf->group[group],
		.health = r->servers->health, .client = m->chaddr,
		.client_len = m->hlen, .seed = balance_seed,
		.sticky = CONF_NONE, .now = now,
	};

	if (class == CONF_BOOT)
		in.sticky = servers_find4(r->servers,
		    clients_station(r->clients, m, ifindex)->boot);
	select_servers(&in, &out);
	return out;
}

uint16_t
relay4_next_unasked(const struct conv *cv, const struct select_out *o)
{
	for (unsigned i = 0; i < o->n; i++)
		if (!serverset_has(&cv->asked, o->server[i]))
			return o->server[i];
	return CONF_NONE;
}

void
relay4_note_asked(struct conv *cv, const struct relay4_plan *plan)
{
	for (unsigned i = 0; i < plan->n_server; i++)
		serverset_add(&cv->asked, plan->server[i]);
}

/* At first, the query goes to the members that the order puts first; when it is
 * repeated without an offer, to those that had it (a packet may have been lost)
 * and the next one; after that, to the whole group. */
void
relay4_query_group(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, enum conf_class class, struct mono now)
{
	const struct conf_group *g = &r->conf->group[group];
	struct select_out o = relay4_order(r, &plan->m, plan->in->link.ifindex,
	    group, class, now);
	uint16_t next;
	unsigned n;

	if (o.all_down)
		stats_count(r->stats, COUNTER_GROUP_DOWN);
	cv->asks[class] = cv->answered[class] ? 1 :
	    (uint8_t)(cv->asks[class] + (cv->asks[class] < UINT8_MAX));
	cv->answered[class] = false;
	for (unsigned i = 0; cv->asks[class] == 1 && i < g->n; i++)
		serverset_remove(&cv->asked, r->conf->server[g->server[i]].first);
	n = cv->asks[class] > 2 ? o.n : o.first;
	for (unsigned i = 0; i < n; i++)
		relay4_add_server(r, plan, o.server[i]);
	if (cv->asks[class] == 2) {
		next = relay4_next_unasked(cv, &o);
		for (unsigned i = 0; i < o.n; i++)
			if (serverset_has(&cv->asked, o.server[i]))
				relay4_add_server(r, plan, o.server[i]);
		if (next != CONF_NONE)
			relay4_add_server(r, plan, next);
	}
	if (cv->asks[class] > 1 && g->mode != CONF_MODE_ALL)
		stats_count(r->stats, COUNTER_ESCALATIONS);
	plan->group[class] = group;
}

/* Adds the members that get a message which is not a query (REQUEST, RELEASE,
 * ...): the one that option 54 names and, unless `named`, all others that are
 * not drained, or all of them if all are drained (core/server/select, rule 1).
 * A drained server still gets what concerns its own offer or lease, or a boot
 * that began earlier would fail. */
static void
add_group(const struct relay4 *r, struct relay4_plan *plan, uint16_t group,
    bool named)
{
	const struct conf_group *g = &r->conf->group[group];
	const struct health *health = r->servers->health;
	struct ip4 id = dhcp4_opt_ip4(&plan->m, DHCP4_OPT_SERVER_ID);
	bool all = true;

	for (unsigned i = 0; i < g->n; i++)
		all = all && health[r->conf->server[g->server[i]].first].drained;
	for (unsigned i = 0; i < g->n; i++) {
		const struct conf_server *s = &r->conf->server[g->server[i]];

		if (ip4_eq(ip_v4(s->address), id) ||
		    (!named && (all || !health[s->first].drained)))
			relay4_add_server(r, plan, g->server[i]);
	}
}

void
relay4_servers(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    const struct conf_groups *t, struct mono now)
{
	uint16_t boot = t->group[CONF_BOOT], dhcp = t->group[CONF_DHCP], before;
	struct class_row row = class_rows[class_of(&plan->m, &plan->client)];

	cv->ack_is_boot = row.boot == CLASS_GROUP && plan->m.type != DHCP4_DISCOVER;
	if (dhcp != CONF_NONE && (t->everything || row.dhcp)) {
		if (plan->m.type == DHCP4_DISCOVER)
			relay4_query_group(r, plan, cv, dhcp, CONF_DHCP, now);
		else
			add_group(r, plan, dhcp, false);
	}
	before = plan->n_server;
	if (boot != CONF_NONE && row.boot == CLASS_GROUP)
		relay4_query_group(r, plan, cv, boot, CONF_BOOT, now);
	else if (boot != CONF_NONE && row.boot == CLASS_OWN)
		add_group(r, plan, boot, true);
	plan->n_boot = plan->n_server - before;
}

/* giaddr = rotate: moves to the next address after the third unanswered try. An
 * address that got a reply stays the first choice of that machine. */
static unsigned
rotate_giaddr(struct relay4 *r, const struct relay4_plan *plan, struct conv *cv,
    bool fresh)
{
	struct station *s = clients_station(r->clients, &plan->m,
	    plan->in->link.ifindex);

	if (fresh)
		cv->gi = s->gi;
	if (cv->tries > ROTATE_TRIES && plan->in->n_giaddr > 1) {
		cv->gi++;
		cv->tries = 1;
		stats_count(r->stats, COUNTER_ROTATIONS);
	}
	cv->gi %= (uint8_t)plan->in->n_giaddr;
	return cv->gi;
}

/* Returns the index of the giaddr for the address that a message is about, or
 * -1. The message is sent with that giaddr alone: with any other, dhcpd and
 * dnsmasq reply NAK, and the client accepts the first reply. In a DISCOVER an
 * address is only a wish. */
static int
named_giaddr(const struct iface *in, const struct dhcp4 *m)
{
	struct ip4 a = ip4_is_none(m->ciaddr) ?
	    dhcp4_opt_ip4(m, DHCP4_OPT_REQUESTED_IP) : m->ciaddr;

	return m->type == DHCP4_DISCOVER ? -1 : iface_giaddr_of(in, a);
}

/* Is our option 82 added? Not to BOOTP (RFC 3046 is about DHCP), and to a
 * message that has one only as option82-policy says. */
static bool
adds_82(const struct relay4_plan *plan)
{
	const struct conf_if_opts *o = &plan->in->conf->o;

	if (!o->option82 || plan->m.type == DHCP4_TYPE_NONE)
		return false;
	return !plan->m.at[DHCP4_OPT_RAI] || o->policy == CONF_APPEND ||
	    o->policy == CONF_REPLACE;
}

void
relay4_copies(struct relay4 *r, struct relay4_plan *plan, struct conv *cv,
    bool fresh)
{
	const struct iface *in = plan->in;
	const struct conf_if_opts *o = &in->conf->o;
	bool with82 = adds_82(plan);
	unsigned from = 0, n = 1;
	int named;

	if (!ip4_is_none(plan->m.giaddr)) {	/* from another relay */
		plan->foreign = true;
		plan->copy[plan->n_copy++] =
		    (struct relay4_copy){ plan->m.giaddr, NULL };
		return;
	}
	plan->drop_old = with82 && plan->m.at[DHCP4_OPT_RAI] &&
	    o->policy == CONF_REPLACE;
	if (o->giaddr == CONF_GIADDR_ALL || o->giaddr == CONF_GIADDR_ROTATE) {
		named = named_giaddr(in, &plan->m);
		if (named >= 0)
			from = (unsigned)named;
		else if (o->giaddr == CONF_GIADDR_ROTATE)
			from = rotate_giaddr(r, plan, cv, fresh);
		else
			n = in->n_giaddr;
	}
	for (unsigned i = from; i < from + n; i++)
		plan->copy[plan->n_copy++] = (struct relay4_copy){
			.giaddr = in->giaddr[i].addr,
			.rai = with82 ? &in->giaddr[i].rai : NULL,
		};
}
