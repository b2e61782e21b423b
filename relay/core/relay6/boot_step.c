/* SPDX-License-Identifier: ISC
 *
 * boot_step - judges the REQUESTs to port 4011 and the REPLYs to them, and remembers by
 * transaction-id and DUID who asked. relay/path/relay6_run.c sends both, unchanged.
 *
 * No relay header is around them: this is a question to a boot server, not DHCPv6 between
 * relays, and a server may have answered it on its own link before.
 */
#include "core/relay6/boot_step.h"

#include <stdlib.h>
#include <string.h>

#include "core/server/rules.h"
#include "proto/pxe6.h"

#define STEPS_MAX	1024	/* machines that boot at once */
/* EDK2 waits for three seconds; a later answer is for nobody. */
#define STEP_MS		4000

struct step_key {
	uint32_t xid;
	uint8_t duid[16];	/* its end, where machines differ */
	uint32_t ifindex;	/* the last member: see hash_share() */
};

struct step {
	struct step_key key;
	struct mono begin, asked;
	struct ip6 client;
	uint16_t port;
	uint8_t mac_len;
	uint8_t mac[8];
};

struct boot_steps {
	struct hash *table;
};

struct boot_steps *
boot_steps_new(struct hash_key secret)
{
	struct boot_steps *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->table = hash_new(STEPS_MAX, sizeof(struct step), sizeof(struct step_key),
	    secret, NULL, NULL);
	return t->table && hash_share(t->table) ? t : boot_steps_free(t);
}

struct boot_steps *
boot_steps_free(struct boot_steps *t)
{
	if (t) {
		hash_free(t->table);
		free(t);
	}
	return NULL;
}

static struct step_key
key_of(const struct dhcp6 *m, uint32_t ifindex)
{
	struct step_key k = { .xid = m->xid, .ifindex = ifindex };
	struct rd id;

	if (!dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &id))
		return k;
	if (rd_left(&id) > sizeof(k.duid))
		rd_skip(&id, rd_left(&id) - sizeof(k.duid));
	memcpy(k.duid, id.p, rd_left(&id));
	return k;
}

/* --- requests ---------------------------------------------------------- */

static enum drop
judge_step(const struct rx *rx, struct boot_step *plan)
{
	const struct iface *in = plan->in;
	enum drop d = iface_judge(in, FAMILY6);

	if (d != DROP_NONE)
		return d;
	if (!iface6_delivers(in))
		return DROP_NO_LINK_LOCAL;
	if (!ip6_is_host(rx->src.v6) || iface6_owns(in, rx->src.v6))
		return DROP_BAD_SOURCE;
	d = dhcp6_parse(&plan->m, rx->data, rx->len);
	if (d != DROP_NONE)
		return d;
	return plan->m.type == DHCP6_REQUEST ? DROP_NONE : DROP_BAD_TYPE;
}

/* The server whose offer it has: EDK2 copies its DUID into the REQUEST. */
static void
add_owner(struct relay *r, struct boot_step *plan)
{
	struct rd id;

	if (!dhcp6_opt(&plan->m, DHCP6_OPT_SERVER_ID, &id))
		return;
	for (uint16_t i = 0; i < r->conf->n_server; i++)
		if (servers_has_duid(r->servers, i, id.p, rd_left(&id)) &&
		    health_usable(&r->servers->health[i]) &&
		    iface_leads_to(plan->in, r->conf, r->conf->server[i].first))
			ask_add(r, &plan->to, i);
}

/* A multicast address is one of DHCPv6's port, where no boot step is expected. */
static void
omit_multicast(const struct relay *r, struct ask_list *to)
{
	for (uint16_t i = to->n; i-- > 0; )
		if (ip6_is_multicast(ip_v6(r->conf->server[to->server[i]].address)))
			ask_remove(to, i);
}

static enum drop
plan_step(struct relay *r, const struct rx *rx, struct boot_step *plan)
{
	struct pxe_client client;
	struct rules_facts f = {
		.family = FAMILY6, .in = plan->in, .client = &client,
		.type = plan->m.type, .has_mac = rx->mac_len == sizeof(f.mac.b),
	};
	struct conf_groups t;

	pxe6_read(&client, &plan->m);
	memcpy(f.mac.b, rx->mac, sizeof(f.mac.b));
	plan->rule = rules_match(r->conf, &f);
	t = conf_groups_for(r->conf, plan->in->conf, plan->rule);
	if (t.drop)
		return DROP_RULE;
	add_owner(r, plan);
	if (plan->to.n == 0 && t.group[CONF_BOOT] != CONF_NONE)
		ask_members(r, &plan->to, t.group[CONF_BOOT], CONF_NONE, false);
	omit_multicast(r, &plan->to);
	return plan->to.n ? DROP_NONE : DROP_NO_BOOT_SERVER;
}

static void
remember_step(struct boot_steps *t, const struct rx *rx, const struct dhcp6 *m,
    struct mono now)
{
	struct step_key key = key_of(m, rx->ifindex);
	bool fresh;
	struct step *s = hash_get(t->table, &key, &fresh);

	if (fresh || mono_diff_ms(now, s->asked) > STEP_MS)
		s->begin = now;
	s->asked = now;
	s->client = rx->src.v6;
	s->port = rx->sport;
	s->mac_len = rx->mac_len <= sizeof(s->mac) ? rx->mac_len : 0;
	memcpy(s->mac, rx->mac, sizeof(s->mac));
}

enum drop
boot_step_request(struct relay *r, struct boot_steps *t, const struct rx *rx,
    struct mono now, struct boot_step *plan)
{
	enum drop d;

	plan->in = iftab_by_index(r->iftab, rx->ifindex);
	plan->m.data = NULL;
	plan->rule = CONF_NONE;
	ask_begin(&plan->to);
	stats_count(r->stats, COUNTER_P4011_REQUESTS);
	d = judge_step(rx, plan);
	if (d == DROP_NONE)
		d = clients_limit(r, &(struct client_call){ clients_key6(rx->ifindex, 0,
		    rx->src.v6), rx, now }, plan->in);
	if (d == DROP_NONE)
		d = r->conf->p4011 ? plan_step(r, rx, plan) : DROP_NO_BOOT_SERVER;
	if (d != DROP_NONE) {
		r->stats->drop_4011[d]++;
		return d;
	}
	remember_step(t, rx, &plan->m, now);
	stats_count(r->stats, COUNTER_P4011_RELAYED);
	return DROP_NONE;
}

/* --- replies ----------------------------------------------------------- */

static enum drop
judge_answer(struct relay *r, const struct rx *rx, struct relay6_delivery *d)
{
	enum drop why = ask_judge_source(r, rx, d->server);

	if (why == DROP_NONE)
		why = dhcp6_parse(&d->m, rx->data, rx->len);
	if (why == DROP_NONE && d->m.type != DHCP6_REPLY)
		why = DROP_BAD_TYPE;
	return why;
}

/* The step that a reply answers: of several VLANs with one xid and DUID the one that
 * began first, since the others have copied them. NULL: none. */
static const struct step *
find_step(const struct boot_steps *t, const struct dhcp6 *m, struct mono now)
{
	struct step_key key = key_of(m, 0);
	const struct step *s, *found = NULL;
	uint32_t at = 0;

	while ((s = hash_find_any(t->table, &key, &at)))
		if (mono_diff_ms(now, s->asked) <= STEP_MS &&
		    (!found || mono_before(s->begin, found->begin)))
			found = s;
	return found;
}

/* EDK2 takes the answer from any address, but from port 4011 only. */
static enum drop
address_answer(struct relay *r, const struct boot_steps *t, struct mono now,
    struct relay6_delivery *d)
{
	const struct step *s = find_step(t, &d->m, now);

	if (!s)
		return DROP_RESCUE_UNUSED;
	d->out = iftab_by_index(r->iftab, s->key.ifindex);
	if (!d->out || !iface6_delivers(d->out)) {
		d->out = NULL;
		return DROP_DOWN;
	}
	relay6_read_origin(&d->to, &d->m, s->client);
	d->src = d->out->six.local;
	d->dst = s->client;
	d->sport = DHCP4_PORT_PXE;
	d->dport = s->port;
	d->mac_len = s->mac_len;
	memcpy(d->mac, s->mac, sizeof(d->mac));
	d->to.has_mac = s->mac_len == sizeof(d->to.mac.b);
	memcpy(d->to.mac.b, s->mac, sizeof(d->to.mac.b));
	return DROP_NONE;
}

enum drop
boot_step_reply(struct relay *r, struct boot_steps *t, const struct rx *rx,
    struct mono now, struct relay6_delivery *d)
{
	enum drop why;

	d->server = servers_find_rx(r->servers, rx->src, rx->ifindex);
	d->out = NULL;
	d->m.data = d->to.m.data = NULL;
	d->payload = rx->data;
	d->len = rx->len;
	stats_count(r->stats, COUNTER_REPLIES);
	why = judge_answer(r, rx, d);
	if (why == DROP_NONE)
		why = address_answer(r, t, now, d);
	if (why != DROP_NONE) {
		r->stats->drop_reply[why]++;
		return why;
	}
	stats_count(r->stats, COUNTER_REPLIES_RELAYED);
	stats_count(r->stats, COUNTER_P4011_REPLIES);
	return DROP_NONE;
}
