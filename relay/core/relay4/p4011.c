/* SPDX-License-Identifier: ISC
 *
 * p4011 - judges a request to port 4011 that was broadcast, multicast or sent
 * to the relay, and plans to which boot servers it goes (PXE 2.1). Requests
 * that are only routed are left to rescue.c.
 *
 * Other servers do not get these packets: a host without port 4011 sends ICMP
 * port unreachable, after which EDK2 discards even a good reply of another
 * server (measured: PXE-E18).
 */
#include "core/relay4/p4011.h"

#include <string.h>

#include "core/relay4/discovery.h"

static enum drop
judge_4011(struct relay *r, const struct iface *in, const struct rx *rx)
{
	enum drop d = iface_judge(in, FAMILY4);

	if (d == DROP_NONE)
		d = relay4_judge_addresses(in, rx->src.v4, rx->dst.v4);
	if (d != DROP_NONE)
		return d;
	/* The boot server replies to this address. If it could be any, not only
	 * that of a machine on this VLAN, the server would be a reflector. */
	if (!iface_has(in, rx->src))
		return DROP_NO_4011_CLIENT;
	return iftab_is_local(r->iftab, rx->src.v4) ? DROP_LOOP : DROP_NONE;
}

/* Parses the request; returns whether it is DHCP. If it is not, only the
 * client's link address is known, and limits and rules go by that. */
static bool
read_4011(struct p4011_plan *plan, const struct rx *rx)
{
	struct dhcp4 *m = &plan->servers.m;

	if (dhcp4_parse(m, rx->data, rx->len) == DROP_NONE &&
	    m->op == BOOTREQUEST && m->cookie) {
		pxe_read(&plan->servers.client, m);
		return true;
	}
	plan->servers.client = (struct pxe_client){ 0 };
	memset(m, 0, sizeof(*m));
	memset(plan->chaddr, 0, sizeof(plan->chaddr));
	m->chaddr = plan->chaddr;
	m->hlen = rx->mac_len <= 8 ? rx->mac_len : 0;
	memcpy(plan->chaddr, rx->mac, m->hlen);
	return false;
}

/* Copies the choice made for the DISCOVER of this boot (iPXE uses the same xid
 * on port 4011), but not the state of the queries on port 67. */
static void
copy_choice(struct relay *r, struct conv *cv, const struct client_call *call)
{
	const struct conv *known = clients_find(r->clients, call->key, call->now);

	if (!known)
		return;
	cv->chosen = known->chosen;
	cv->conf_gen = known->conf_gen;
	cv->http = known->http;
	cv->rule = known->rule;
}

/* Without `boot =`, those of `servers =` that are boot servers get it; while it is not
 * known of any, all do. Some of these have no port 4011, and their ICMP errors must not
 * reach the client. */
static enum drop
choose_4011(struct relay *r, struct p4011_plan *plan, struct conv *cv,
    const struct conf_groups *t, struct mono now)
{
	struct ask_list *to = &plan->servers.to;

	if (t->group[CONF_BOOT] != CONF_NONE) {
		relay4_query(r, &plan->servers, cv, t->group[CONF_BOOT], CONF_BOOT, now);
	} else if (t->everything) {
		ask_members(r, to, t->group[CONF_DHCP], CONF_NONE, false);
		discovery_only_boot(r->servers, to);
		plan->hide_errors = true;
	}
	ask_note(&cv->ask, to);
	return to->n ? DROP_NONE : DROP_NO_BOOT_SERVER;
}

static enum drop
plan_4011_servers(struct relay *r, const struct client_call *call,
    struct p4011_plan *plan, bool dhcp)
{
	struct conv once = { .conf_gen = 0 };
	const struct rx *rx = call->rx;
	struct conv *cv = &once;
	struct conf_groups t;
	const struct iface *in = plan->servers.in;
	const struct dhcp4 *m = &plan->servers.m;
	bool fresh;

	if (dhcp && plan->servers.client.discovery && ip4_is_none(m->giaddr) &&
	    (m->type == DHCP4_REQUEST || m->type == DHCP4_INFORM) && in->n_giaddr) {
		cv = clients_get(r->clients, call, &once, &fresh);
		relay4_remember(cv, m);
		cv->ack_is_boot = true;
		cv->p4011_src = rx->src.v4;
		cv->p4011_sport = rx->sport;
		plan->edit = m->hops < r->conf->max_hops;
		plan->giaddr = iface_giaddr_for(in, rx->src.v4);
		plan->hops = (uint8_t)(m->hops + 1);
	} else if (dhcp) {
		copy_choice(r, &once, call);
	}
	t = relay4_targets(r, cv, in, &plan->servers.client, m);
	plan->servers.rule = cv->rule;
	if (cv->rule != CONF_NONE)
		r->servers->rule_hits[cv->rule]++;
	if (t.drop)
		return DROP_RULE;
	return choose_4011(r, plan, cv, &t, call->now);
}

enum drop
p4011_request(struct relay *r, const struct rx *rx, struct mono now,
    struct p4011_plan *plan)
{
	struct client_call call = { .rx = rx, .now = now };
	struct dhcp4 *m = &plan->servers.m;
	struct iface *in;
	bool dhcp = false;
	enum drop d;

	relay4_begin(r, &plan->servers, rx->ifindex, false);
	in = plan->servers.in;
	plan->edit = plan->hide_errors = false;
	plan->src = rx->src.v4;
	plan->sport = rx->sport;
	stats_count(r->stats, COUNTER_P4011_REQUESTS);
	if (in)
		in->stats[FAMILY4].requests++;
	d = judge_4011(r, in, rx);
	if (d == DROP_NONE)
		dhcp = read_4011(plan, rx);
	if (dhcp)
		d = relay4_judge_forged(r, in, rx, m);
	if (d == DROP_NONE) {
		call.key = clients_key(m, rx->ifindex);
		d = clients_limit(r, &call, in);
	}
	if (d == DROP_NONE)
		d = plan_4011_servers(r, &call, plan, dhcp);
	if (d == DROP_NONE) {
		stats_count(r->stats, COUNTER_P4011_RELAYED);
		/* judge_4011 drops requests without an interface.
		 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		in->stats[FAMILY4].relayed++;
		return DROP_NONE;
	}
	r->stats->drop_4011[d]++;
	if (in)
		in->stats[FAMILY4].drops++;
	return d;
}

void
p4011_lost(struct relay *r, struct iface *in, enum drop why)
{
	r->stats->counter[COUNTER_P4011_RELAYED]--;
	r->stats->drop_4011[why]++;
	in->stats[FAMILY4].relayed--;
	in->stats[FAMILY4].drops++;
}

size_t
p4011_render(const struct p4011_plan *plan, const struct rx *rx,
    uint8_t *out, size_t size)
{
	if (rx->len > size)
		return 0;
	memcpy(out, rx->data, rx->len);
	if (plan->edit) {
		dhcp4_put_hops(out, plan->hops);
		dhcp4_put_ip4(out, DHCP4_OFF_GIADDR, plan->giaddr);
	}
	return rx->len;
}
