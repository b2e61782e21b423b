/* SPDX-License-Identifier: ISC
 *
 * relay4_plan - to which servers a request goes, and in which copies (RFC 1542
 * 4.1.1, RFC 3046 2.1). relay4_targets() is the one place that says which groups
 * serve a client, the class of the message says which of them get it
 * (core/relay4/classes), and the members of a group have an order
 * (core/server/ask). Each giaddr that is used makes one copy.
 */
#include "core/relay4/relay4.h"

#include <string.h>

#include "core/relay4/classes.h"
#include "core/server/rules.h"

/* How many tries a client gets before the next address is used, as in routers
 * with this feature ("smart relay"). */
#define ROTATE_TRIES 3

void
relay4_begin(struct relay *r, struct relay4_plan *plan, uint32_t ifindex,
    bool unicast)
{
	plan->n_copy = 0;
	ask_begin(&plan->to);
	plan->m.data = NULL;
	plan->has_client = false;
	plan->rule = CONF_NONE;
	plan->foreign = false;
	plan->drop_old = false;
	plan->hedge = false;
	plan->rai_flags = unicast ? RAI_FLAG_UNICAST : 0;	/* RFC 5010 */
	plan->in = iftab_by_index(r->iftab, ifindex);
}

bool
relay4_choice_holds(const struct relay *r, const struct conv *cv)
{
	return cv->chosen && cv->conf_gen == r->servers->conf_gen;
}

/* Later messages of a conversation keep the first choice: a REQUEST may carry
 * fewer options than the DISCOVER did. HTTP boot and PXE from one NIC are two
 * conversations, even if a firmware should use one xid for both. */
struct conf_groups
relay4_targets(struct relay *r, struct conv *cv, const struct iface *in,
    const struct pxe_client *client, const struct dhcp4 *m)
{
	struct rules_facts f = { .in = in, .client = client, .type = m->type };
	bool other = client->vendor_len && client->httpclient != cv->http;

	if (relay4_choice_holds(r, cv) && !other)
		return conf_groups_for(r->conf, in->conf, cv->rule);
	f.has_mac = m->hlen == sizeof(f.mac.b);
	if (f.has_mac)
		memcpy(f.mac.b, m->chaddr, sizeof(f.mac.b));
	ask_reset(&cv->ask);
	cv->chosen = true;
	cv->conf_gen = r->servers->conf_gen;
	cv->http = client->httpclient;
	cv->rule = rules_match(r->conf, &f);
	return conf_groups_for(r->conf, in->conf, cv->rule);
}

/* Zephyr, for one, takes a new xid for each DISCOVER. */
bool
relay4_repeats(struct relay *r, struct conv *cv, struct mono now)
{
	struct station *s = clients_station(r->clients, cv->key);
	struct client_key key = cv->key;
	struct conv *last;

	key.id = s->discover;
	s->discover = cv->key.id;
	last = clients_find(r->clients, key, now);
	if (!last || last == cv || last->tries == 0 || last->ask.answered[CONF_DHCP] ||
	    !relay4_choice_holds(r, last) || memcmp(&last->from, &cv->from,
	    sizeof(cv->from)) != 0 || last->rule != cv->rule || last->http != cv->http)
		return false;
	cv->tries = last->tries;
	cv->gi = last->gi;
	ask_move(r, &cv->ask, &last->ask, &key);
	clients_count_try(r, cv);
	return true;
}

struct ask_client
relay4_client(struct relay *r, const struct dhcp4 *m, uint32_t ifindex,
    enum conf_class class)
{
	struct ask_client c = { .id = m->chaddr, .len = m->hlen, .sticky = CONF_NONE };

	if (class == CONF_BOOT)
		c.sticky = servers_find4(r->servers,
		    clients_station(r->clients, clients_key(m, ifindex))->boot);
	return c;
}

void
relay4_query(struct relay *r, struct relay4_plan *plan, struct conv *cv,
    uint16_t group, enum conf_class class, struct mono now)
{
	struct ask_client c = relay4_client(r, &plan->m, plan->in->link.ifindex,
	    class);

	ask_query(r, &plan->to, &cv->ask, group, class, &c, now);
}

/* Any other message (REQUEST, RELEASE, ...), and the server in its option 54. */
static void
add_members(const struct relay *r, struct relay4_plan *plan, uint16_t group,
    bool only_named)
{
	struct ip4 id = dhcp4_opt_ip4(&plan->m, DHCP4_OPT_SERVER_ID);

	ask_members(r, &plan->to, group, servers_find4(r->servers, id), only_named);
}

void
relay4_servers(struct relay *r, struct relay4_plan *plan, struct conv *cv,
    const struct conf_groups *t, struct mono now)
{
	uint16_t boot = t->group[CONF_BOOT], dhcp = t->group[CONF_DHCP], before;
	struct class_row row = class_rows[class_of(&plan->m, &plan->client)];

	cv->ack_is_boot = row.boot == CLASS_GROUP && plan->m.type != DHCP4_DISCOVER;
	if (dhcp != CONF_NONE && (t->everything || row.dhcp)) {
		if (plan->m.type == DHCP4_DISCOVER)
			relay4_query(r, plan, cv, dhcp, CONF_DHCP, now);
		else
			add_members(r, plan, dhcp, false);
	}
	before = plan->to.n;
	if (boot != CONF_NONE && row.boot == CLASS_GROUP)
		relay4_query(r, plan, cv, boot, CONF_BOOT, now);
	else if (boot != CONF_NONE && row.boot == CLASS_OWN)
		add_members(r, plan, boot, true);
	plan->to.n_boot = plan->to.n - before;
}

/* giaddr = rotate: moves to the next address after the third unanswered try. An
 * address that got a reply stays the first choice of that machine. */
static unsigned
rotate_giaddr(struct relay *r, const struct relay4_plan *plan, struct conv *cv,
    bool fresh)
{
	struct station *s = clients_station(r->clients, cv->key);

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
relay4_copies(struct relay *r, struct relay4_plan *plan, struct conv *cv,
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
