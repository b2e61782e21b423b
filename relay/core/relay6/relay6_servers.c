/* SPDX-License-Identifier: ISC
 *
 * relay6_servers - to which servers a DHCPv6 message goes. core/server/rules
 * and the tables of the configuration say which groups serve a client; the type
 * of the message and what the client accepts say which of them get it; the
 * members of a group have an order (core/server/ask).
 *
 * RFC 9915 16: from REQUEST on, a client names its server by DUID, and every
 * other server discards the message. So a message may always go to more servers
 * than necessary, and a wrong guess is mended by sending the retry to all.
 */
#include "core/relay6/relay6.h"

#include <string.h>

#include "core/server/rules.h"
#include "proto/pxe6.h"

/* Adds the members of a group that lease addresses to the set, unless it is NULL. Returns
 * whether there are any. */
static bool
add_leasing(const struct conf *c, struct serverset *set, uint16_t group)
{
	bool any = false;

	for (unsigned i = 0; group != CONF_NONE && i < c->group[group].n; i++) {
		const struct conf_server *s = &c->server[c->group[group].server[i]];

		if (ip_family(s->address) != FAMILY6 || s->proxy_only)
			continue;
		if (set)
			serverset_add(set, s->first);
		any = true;
	}
	return any;
}

/* Balance keeps a machine on one server by its MAC, as in DHCPv4. */
static struct ask_client
ask_client_of(const struct relay6_plan *plan)
{
	const struct relay6_origin *o = &plan->from;
	struct ask_client c = { .sticky = CONF_NONE };
	struct rd duid;

	if (o->has_mac) {
		c.id = o->mac.b;
		c.len = sizeof(o->mac.b);
	} else if (dhcp6_opt(&o->m, DHCP6_OPT_CLIENT_ID, &duid)) {
		c.id = duid.p;
		c.len = rd_left(&duid);
	} else {
		c.id = o->peer.b;
		c.len = sizeof(o->peer.b);
	}
	/* RFC 9915 18.2.1: each server that gets a SOLICIT with Rapid Commit
	 * commits a lease. */
	c.one = o->m.type == DHCP6_SOLICIT && dhcp6_has(&o->m, DHCP6_OPT_RAPID_COMMIT);
	/* iPXE, U-Boot and GRUB take the first ADVERTISE (U-Boot the best of one second), so
	 * they must not see one without an address. */
	c.leases = !plan->has_client || !plan->client.netboot ||
	    (o->m.type == DHCP6_SOLICIT && !pxe6_is_edk2(&plan->client));
	return c;
}

static void
query_group(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    enum conf_class class, uint16_t group, struct mono now)
{
	struct ask_client c = ask_client_of(plan);
	uint16_t before = plan->to.n;

	if (group == CONF_NONE)
		return;
	ask_query(r, &plan->to, &cv->ask, group, class, &c, now);
	cv->group[class] = group;
	if (class == CONF_BOOT)
		plan->to.n_boot = plan->to.n - before;
}

/* A boot client gets one kind of server, because most take the first offer: the
 * boot servers of its rule if they lease addresses, else those that do. EDK2 gets
 * both where the boot servers only offer a file. */
static void
narrow(const struct relay *r, const struct relay6_plan *plan, struct conf_groups *t)
{
	uint16_t *dhcp = &t->group[CONF_DHCP], *boot = &t->group[CONF_BOOT];
	bool solicit = plan->from.m.type == DHCP6_SOLICIT, leases;

	if (*boot == CONF_NONE || !plan->client.netboot) {
		*boot = CONF_NONE;
		return;
	}
	leases = add_leasing(r->conf, NULL, *boot);
	if (!t->everything && !(solicit && !leases))
		*dhcp = CONF_NONE;
	if (!leases && solicit && !pxe6_is_edk2(&plan->client))
		*boot = CONF_NONE;
}

/* Every server that leases addresses to clients of this interface, whichever rule
 * they match: a lease is older than the rules. */
static struct serverset
leasing_servers(const struct relay *r, const struct iface *in)
{
	const struct conf *c = r->conf;
	struct serverset set = { { 0 } };
	struct conf_groups t = conf_groups_for(c, in->conf, CONF_NONE);

	add_leasing(c, &set, t.group[CONF_DHCP]);
	add_leasing(c, &set, t.group[CONF_BOOT]);
	for (uint16_t i = 0; i < c->n_rule; i++) {
		if (!iface_rule(in, i))
			continue;
		t = conf_groups_for(c, in->conf, i);
		add_leasing(c, &set, t.group[CONF_DHCP]);
		add_leasing(c, &set, t.group[CONF_BOOT]);
	}
	return set;
}

/* A drained server gets no new clients, but it gets what concerns its leases. */
static void
add_all(const struct relay *r, struct relay6_plan *plan, const struct serverset *set,
    bool drained)
{
	for (uint16_t i = 0; i < r->conf->n_server; i++)
		if (serverset_has(set, i) &&
		    r->servers->health[i].drained == drained)
			ask_add(r, &plan->to, i);
}

static bool
add_owner(const struct relay *r, struct relay6_plan *plan, const struct serverset *set)
{
	struct rd id;

	if (!dhcp6_opt(&plan->from.m, DHCP6_OPT_SERVER_ID, &id))
		return false;
	for (uint16_t i = 0; i < r->conf->n_server; i++)
		if (serverset_has(set, i) &&
		    servers_has_duid(r->servers, i, id.p, rd_left(&id)))
			ask_add(r, &plan->to, i);
	return plan->to.n > 0;
}

/* RFC 9915 16: these are for the server that they name. A retry means that it, or
 * our memory of its DUID, has failed. */
static bool
names_server(uint8_t type)
{
	return type == DHCP6_REQUEST || type == DHCP6_RENEW ||
	    type == DHCP6_RELEASE || type == DHCP6_DECLINE;
}

/* Does it name no server? */
static bool
is_query(uint8_t type)
{
	return type == DHCP6_SOLICIT || type == DHCP6_INFORMATION_REQUEST;
}

static void
choose_groups(struct relay *r, const struct relay6_plan *plan, struct conv *cv)
{
	struct rules_facts f = {
		.family = FAMILY6, .in = plan->in, .client = &plan->client,
		.type = plan->from.m.type, .has_mac = plan->from.has_mac,
		.mac = plan->from.mac,
	};
	uint16_t rule = rules_match(r->conf, &f);

	if (cv->conf_gen != r->servers->conf_gen || cv->rule != rule)
		ask_reset(&cv->ask);	/* earlier queries went to other groups */
	cv->conf_gen = r->servers->conf_gen;
	cv->rule = rule;
	cv->group[CONF_DHCP] = cv->group[CONF_BOOT] = CONF_NONE;
}

struct conf_groups
relay6_targets(struct relay *r, const struct relay6_plan *plan, struct conv *cv)
{
	struct conf_groups t;

	choose_groups(r, plan, cv);
	t = conf_groups_for(r->conf, plan->in->conf, cv->rule);
	if (is_query(plan->from.m.type))
		narrow(r, plan, &t);
	return t;
}

static void
choose_servers(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    struct mono now)
{
	struct conf_groups t = relay6_targets(r, plan, cv);
	uint8_t type = plan->from.m.type;
	struct serverset set;

	if (t.drop)
		return;
	if (is_query(type)) {
		for (enum conf_class class = CONF_DHCP; class < CONF_CLASSES; class++)
			query_group(r, plan, cv, class, t.group[class], now);
		return;
	}
	set = leasing_servers(r, plan->in);
	if (names_server(type) && add_owner(r, plan, &set) && cv->tries == 1)
		return;
	add_all(r, plan, &set, false);
	if (plan->to.n == 0)
		add_all(r, plan, &set, true);
}

/* A relay that multicast its message to us would get ours from the same link, and send
 * it on again. */
static void
omit_own_link(const struct relay *r, struct relay6_plan *plan)
{
	struct ask_list *to = &plan->to;

	for (uint16_t i = to->n; i-- > 0; ) {
		const struct conf_server *s = &r->conf->server[to->server[i]];

		if (ip6_is_multicast(ip_v6(s->address)) &&
		    strcmp(s->zone, plan->in->link.name) == 0)
			ask_remove(to, i);
	}
}

void
relay6_servers(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    struct mono now)
{
	choose_servers(r, plan, cv, now);
	if (plan->m.relay)
		omit_own_link(r, plan);
}

bool
relay6_ask_next(struct relay *r, struct relay6_plan *plan, struct conv *cv,
    struct pending *s, struct mono now)
{
	struct ask_client c = ask_client_of(plan);

	if (!ask_next(r, &plan->to, &cv->ask, s, cv->group[s->class], &c, now))
		return false;
	if (plan->m.relay)
		omit_own_link(r, plan);
	return plan->to.n > 0;
}
