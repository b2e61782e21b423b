/* SPDX-License-Identifier: ISC
 *
 * relay6_origin - the client inside relay headers: its message, and its hardware address
 * as a relay or its DUID says it (RFC 6939; RFC 9915 11). It judges nothing.
 */
#include "core/relay6/relay6.h"

bool
relay6_is_reply(uint8_t type)
{
	switch (type) {
	case DHCP6_ADVERTISE:
	case DHCP6_REPLY:
	case DHCP6_RECONFIGURE:
	case DHCP6_RELAY_REPL:
	case DHCP6_LEASEQUERY_REPLY:
	case DHCP6_LEASEQUERY_DONE:
	case DHCP6_LEASEQUERY_DATA:
	case DHCP6_RECONFIGURE_REPLY:
	case DHCP6_DHCPV4_RESPONSE:
	case DHCP6_ADDR_REG_REPLY:
		return true;
	default:
		return false;
	}
}

/* RFC 6939: hardware type and address. */
static void
read_lladdr(struct relay6_origin *o, const struct dhcp6 *relay)
{
	struct rd v;
	uint16_t type;

	o->has_mac = false;
	if (!dhcp6_opt(relay, DHCP6_OPT_CLIENT_LLADDR, &v))
		return;
	type = rd_u16(&v);
	if (type != ARPHRD_ETHER && type != ARPHRD_IEEE802)
		return;
	rd_copy(&v, o->mac.b, sizeof(o->mac.b));
	o->has_mac = !v.bad && rd_left(&v) == 0;
}

void
relay6_read_origin(struct relay6_origin *o, const struct dhcp6 *m, struct ip6 peer)
{
	struct rd inner;

	o->m = *m;
	o->peer = peer;
	o->has_mac = false;
	for (unsigned i = 0; o->m.relay && i < DHCP6_LEVELS_MAX; i++) {
		if (dhcp6_inner(&o->m, &inner) != DROP_NONE)
			break;
		o->peer = o->m.peer;
		read_lladdr(o, &o->m);
		if (dhcp6_parse(&o->m, inner.p, rd_left(&inner)) != DROP_NONE) {
			o->m.data = NULL;
			return;
		}
	}
	if (o->m.relay)
		o->m.data = NULL;
}

/* RFC 9915 11.2, 11.4: the Ethernet address in a DUID-LLT or DUID-LL. */
static bool
mac_in_duid(struct mac *mac, const struct dhcp6 *m)
{
	struct rd id;
	uint16_t type;

	if (!dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &id))
		return false;
	type = rd_u16(&id);
	if ((type != 1 && type != 3) || rd_u16(&id) != 1)
		return false;
	rd_skip(&id, type == 1 ? 4 : 0);	/* time */
	rd_copy(&id, mac->b, sizeof(mac->b));
	return !id.bad && rd_left(&id) == 0;
}

/* A relay between us and the client need not say its address. */
bool
relay6_origin_mac(struct mac *mac, const struct relay6_origin *o)
{
	if (o->has_mac)
		*mac = o->mac;
	return o->has_mac || mac_in_duid(mac, &o->m);
}
