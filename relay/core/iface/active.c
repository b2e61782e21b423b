/* SPDX-License-Identifier: ISC
 *
 * active - tells virtual addresses from an interface's own ones, by
 * configuration or by the traces that VRRP daemons leave. iftab_commit.c uses them.
 *
 * keepalived adds the address to the interface, with the configured prefix
 * length or /32 (/128), or (use_vmac) to a macvlan of its own with the MAC address
 * of RFC 9568 7.3. Others (FRR's vrrpd) always use such a macvlan.
 */
#include "core/iface/active.h"

#include <string.h>

/* RFC 9568 7.3: 00-00-5E-00-01-{VRID} for IPv4, 02 for IPv6. */
static const uint8_t vrrp_mac[FAMILIES][5] = {
	[FAMILY4] = { 0x00, 0x00, 0x5e, 0x00, 0x01 },
	[FAMILY6] = { 0x00, 0x00, 0x5e, 0x00, 0x02 },
};

/* A host's own address is not a /32 within a subnet of another one. The kernel
 * marks an additional address with the subnet's prefix length as secondary. */
static bool
looks_virtual4(const struct iface *from, uint32_t i)
{
	const struct iftab_addr *a = &from->addr[i];

	if (a->secondary)
		return true;
	for (uint32_t k = 0; a->net.plen == 32 && k < from->n_addr; k++)
		if (from->addr[k].net.plen < 32 &&
		    ip4net_has(from->addr[k].net, a->net.addr))
			return true;
	return false;
}

/* A host's own addresses have the prefix length of their link. They may all be
 * link-local, with the virtual one as the only global address. */
static bool
looks_virtual6(const struct iface *from, uint32_t i)
{
	for (uint32_t k = 0; from->addr6[i].net.plen == 128 && k < from->n_addr6; k++)
		if (from->addr6[k].net.plen < 128)
			return true;
	return false;
}

bool
active_is_virtual(const struct conf_if_opts *o, const struct iface *from,
    enum family family, uint32_t i)
{
	switch (o->active) {
	case CONF_ACTIVE_ALWAYS:
		break;
	case CONF_ACTIVE_ADDRESS:
		return family == FAMILY6 ?
		    ip6_eq(from->addr6[i].net.addr, o->active_address6) :
		    ip4_eq(from->addr[i].net.addr, o->active_address);
	case CONF_ACTIVE_VRRP:
		return family == FAMILY6 ? looks_virtual6(from, i) :
		    looks_virtual4(from, i);
	}
	return false;
}

/* A virtual address that another host has is not usable here. */
static void
take(const struct iface *from, enum family family, uint32_t i, struct ipaddr *found)
{
	const struct iftab_addr6 *a;

	if (family == FAMILY4) {
		if (ip_is_none(*found))
			*found = ip_of4(from->addr[i].net.addr);
		return;
	}
	a = &from->addr6[i];
	if (!a->unusable && (ip_is_none(*found) ||
	    ip6_cmp(a->net.addr, found->v6) < 0))
		*found = ip_of6(a->net.addr);
}

static uint32_t
addresses(const struct iface *f, enum family family)
{
	return family == FAMILY6 ? f->n_addr6 : f->n_addr;
}

void
active_on(const struct conf_if_opts *o, const struct iface *from, enum family family,
    struct ipaddr *found)
{
	for (uint32_t i = 0; i < addresses(from, family); i++)
		if (active_is_virtual(o, from, family, i))
			take(from, family, i, found);
}

/* keepalived puts the link-local address of the interface on its macvlan as well. */
static bool
counts_over(const struct iface *over, enum family family, uint32_t i)
{
	return family == FAMILY4 || over->addr6[i].net.plen == 128 ||
	    !ip6_is_linklocal(over->addr6[i].net.addr);
}

/* FRR leaves the address on the macvlan of a router that is not the master, but takes the
 * carrier away. */
void
active_over(const struct conf_if_opts *o, const struct iface *over, enum family family,
    struct ipaddr *found)
{
	bool vrrp = over->link.mac_len == 6 &&
	    memcmp(over->link.mac, vrrp_mac[family], sizeof(vrrp_mac[family])) == 0;

	for (uint32_t i = 0; over->link.running && i < addresses(over, family); i++)
		if (o->active == CONF_ACTIVE_VRRP ? vrrp && counts_over(over, family, i) :
		    active_is_virtual(o, over, family, i))
			take(over, family, i, found);
}
