/* SPDX-License-Identifier: ISC
 *
 * active - tells virtual addresses from an interface's own ones, by
 * configuration or by the traces that VRRP daemons leave. iftab_commit.c uses them.
 *
 * keepalived adds the address to the interface, with the configured prefix
 * length or /32, or (use_vmac) to a macvlan of its own with the MAC address of
 * RFC 9568 7.3. Others (FRR's vrrpd) always use such a macvlan.
 */
#include "core/iface/active.h"

#include <string.h>

/* RFC 9568 7.3: 00-00-5E-00-01-{VRID}, for IPv4. */
static const uint8_t vrrp_mac[5] = { 0x00, 0x00, 0x5e, 0x00, 0x01 };

/* A host's own address is not a /32 within a subnet of another one. The kernel
 * marks an additional address with the subnet's prefix length as secondary. */
static bool
looks_virtual(const struct iface *from, uint32_t i)
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

bool
active_is_virtual(const struct conf_if_opts *o, const struct iface *from, uint32_t i)
{
	switch (o->active) {
	case CONF_ACTIVE_ALWAYS:
		break;
	case CONF_ACTIVE_ADDRESS:
		return ip4_eq(from->addr[i].net.addr, o->active_address);
	case CONF_ACTIVE_VRRP:
		return looks_virtual(from, i);
	}
	return false;
}

struct ip4
active_on(const struct conf_if_opts *o, const struct iface *from)
{
	for (uint32_t i = 0; i < from->n_addr; i++)
		if (active_is_virtual(o, from, i))
			return from->addr[i].net.addr;
	return IP4_NONE;
}

struct ip4
active_over(const struct conf_if_opts *o, const struct iface *over)
{
	bool any = o->active == CONF_ACTIVE_VRRP && over->link.mac_len == 6 &&
	    memcmp(over->link.mac, vrrp_mac, sizeof(vrrp_mac)) == 0;

	for (uint32_t i = 0; i < over->n_addr; i++)
		if (any || (o->active == CONF_ACTIVE_ADDRESS &&
		    active_is_virtual(o, over, i)))
			return over->addr[i].net.addr;
	return IP4_NONE;
}
