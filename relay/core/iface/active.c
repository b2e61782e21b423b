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

/* A host's own addresses have the prefix length of their link, and the kernel marks an
 * additional IPv4 address of a subnet as secondary. A virtual address may be of a subnet
 * where the host has none: its own ones may even all be link-local. */
static bool
looks_virtual(const struct iface_addrs *own, const struct iftab_addr *a)
{
	uint8_t whole = a->net.addr.version == 6 ? 128 : 32;

	if (a->secondary)
		return true;
	for (uint32_t k = 0; a->net.plen == whole && k < own->n; k++)
		if (own->at[k].net.plen < whole)
			return true;
	return false;
}

bool
active_is_virtual(const struct conf_if_opts *o, const struct iface *from,
    enum family family, uint32_t i)
{
	const struct iftab_addr *a = &from->addr[family].at[i];

	switch (o->active) {
	case CONF_ACTIVE_ALWAYS:
		break;
	case CONF_ACTIVE_ADDRESS:
		return ip_eq(a->net.addr, family == FAMILY6 ?
		    ip_of6(o->active_address6) : ip_of4(o->active_address));
	case CONF_ACTIVE_VRRP:
		return looks_virtual(&from->addr[family], a);
	}
	return false;
}

/* A virtual address that another host has is not usable here. */
static void
take(const struct iftab_addr *a, struct ipaddr *found)
{
	if (!a->unusable && (ip_is_none(*found) || (a->net.addr.version == 6 &&
	    ip6_cmp(a->net.addr.v6, found->v6) < 0)))
		*found = a->net.addr;
}

void
active_on(const struct conf_if_opts *o, const struct iface *from, enum family family,
    struct ipaddr *found)
{
	for (uint32_t i = 0; i < from->addr[family].n; i++)
		if (active_is_virtual(o, from, family, i))
			take(&from->addr[family].at[i], found);
}

/* keepalived puts the link-local address of the interface on its macvlan as well. */
static bool
counts_over(const struct iface *over, enum family family, uint32_t i)
{
	struct ipnet net = over->addr[family].at[i].net;

	return family == FAMILY4 || net.plen == 128 || !ip6_is_linklocal(net.addr.v6);
}

/* FRR leaves the address on the macvlan of a router that is not the master, but takes the
 * carrier away. */
void
active_over(const struct conf_if_opts *o, const struct iface *over, enum family family,
    struct ipaddr *found)
{
	bool vrrp = over->link.mac_len == 6 &&
	    memcmp(over->link.mac, vrrp_mac[family], sizeof(vrrp_mac[family])) == 0;

	for (uint32_t i = 0; over->link.running && i < over->addr[family].n; i++)
		if (o->active == CONF_ACTIVE_VRRP ? vrrp && counts_over(over, family, i) :
		    active_is_virtual(o, over, family, i))
			take(&over->addr[family].at[i], found);
}
