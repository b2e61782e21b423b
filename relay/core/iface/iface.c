/* SPDX-License-Identifier: ISC
 *
 * iface - queries about one interface: is it ready, which subnets and giaddrs
 * does it have, which servers can its clients reach. It changes nothing;
 * iftab.c and iftab_commit.c fill the struct.
 */
#include "core/iface/iface.h"

#include <stddef.h>

bool
iface_ready(const struct iface *f)
{
	return f->conf && f->link.up && f->n_giaddr > 0;
}

bool
iface6_delivers(const struct iface *f)
{
	return f->conf && f->link.up && !ip6_is_none(f->six.local);
}

bool
iface6_ready(const struct iface *f)
{
	return iface6_delivers(f) && (f->six.unnumbered || !ip6_is_none(f->six.link));
}

bool
iface_serves(const struct iface *f, enum family family)
{
	return f->asks[family] && (family == FAMILY6 ? iface6_ready : iface_ready)(f);
}

enum drop
iface_judge(const struct iface *in, enum family family)
{
	if (!in || !in->conf)
		return DROP_NOT_CLIENT;
	if (!in->link.up)
		return DROP_DOWN;
	return in->standby[family] ? DROP_STANDBY : DROP_NONE;
}

bool
iface_has(const struct iface *f, struct ipaddr a)
{
	const struct iface_addrs *own = &f->addr[ip_family(a)];

	for (uint32_t i = 0; i < own->n; i++)
		if (ipnet_has(own->at[i].net, a))
			return true;
	return false;
}

bool
iface6_owns(const struct iface *f, struct ip6 a)
{
	const struct iface_addrs *own = &f->addr[FAMILY6];

	for (uint32_t i = 0; i < own->n; i++)
		if (ip6_eq(own->at[i].net.addr.v6, a))
			return !own->at[i].unusable;
	return false;
}

bool
iface_is_all(const struct iface *f, struct ip4 a)
{
	const struct iface_addrs *own = &f->addr[FAMILY4];

	for (uint32_t i = 0; i < own->n; i++) {
		struct ip4net n = ipnet_v4(own->at[i].net);
		struct ip4 ones = ip4net_broadcast(n);

		if (!ip4_is_none(ones) && (ip4_eq(a, ones) ||
		    a.host == (ones.host & ip4_mask(n.plen))))
			return true;
	}
	return false;
}

bool
iface_is_machine(const struct iface *f, struct ip4 a)
{
	return ip4_is_host(a) && !ip4_is_loopback(a) && !iface_is_all(f, a);
}

bool
iface_knows_relay(const struct iface *f, struct ipaddr a)
{
	const struct conf_if_opts *o = &f->conf->o;

	for (unsigned i = 0; i < o->n_relay; i++)
		if (ipnet_has(o->relay[i], a))
			return true;
	return o->n_relay == 0;
}

static bool
group_serves(const struct conf *c, uint16_t group, enum family family)
{
	for (unsigned i = 0; group != CONF_NONE && i < c->group[group].n; i++)
		if (ip_family(c->server[c->group[group].server[i]].address) == family)
			return true;
	return false;
}

/* Can requests be sent to a group of this class with the server (CONF_NONE: any of
 * the family)? */
static bool
leads_to_class(const struct iface *f, const struct conf *c, enum conf_class class,
    uint16_t server, enum family family)
{
	/* The last turn is for clients that match no rule. */
	for (uint16_t i = 0; i <= c->n_rule; i++) {
		uint16_t rule = i < c->n_rule ? i : CONF_NONE, group;

		if (rule != CONF_NONE && (!iface_rule(f, rule) ||
		    (c->rule[i].protocols && !(c->rule[i].protocols & 1u << family))))
			continue;
		group = conf_groups_for(c, f->conf, rule).group[class];
		if (server == CONF_NONE ? group_serves(c, group, family) :
		    conf_group_has(c, group, server))
			return true;
	}
	return false;
}

bool
iface_leads_to(const struct iface *f, const struct conf *c, uint16_t server)
{
	enum family family = ip_family(c->server[server].address);

	return leads_to_class(f, c, CONF_DHCP, server, family) ||
	    leads_to_class(f, c, CONF_BOOT, server, family);
}

bool
iface_leads_to_family(const struct iface *f, const struct conf *c, enum family family)
{
	return leads_to_class(f, c, CONF_DHCP, CONF_NONE, family) ||
	    leads_to_class(f, c, CONF_BOOT, CONF_NONE, family);
}

bool
iface_leads_to_boot(const struct iface *f, const struct conf *c)
{
	return leads_to_class(f, c, CONF_BOOT, CONF_NONE, FAMILY4);
}

bool
iface_may_boot(const struct iface *f, const struct conf *c)
{
	return iface_leads_to_boot(f, c) || group_serves(c, f->conf->servers, FAMILY4);
}

int
iface_giaddr_find(const struct iface *f, struct ip4 giaddr)
{
	for (uint8_t i = 0; i < f->n_giaddr; i++)
		if (ip4_eq(f->giaddr[i].addr, giaddr))
			return i;
	return -1;
}

int
iface_giaddr_of(const struct iface *f, struct ip4 a)
{
	int best = -1;

	for (int i = 0; i < f->n_giaddr; i++)
		if (ip4net_has(f->giaddr[i].subnet, a) && (best < 0 ||
		    f->giaddr[i].subnet.plen > f->giaddr[best].subnet.plen))
			best = i;
	return best;
}

struct ip4
iface_giaddr_for(const struct iface *f, struct ip4 a)
{
	int i = iface_giaddr_of(f, a);

	return f->giaddr[i < 0 ? 0 : i].addr;
}
