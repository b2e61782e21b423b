/* SPDX-License-Identifier: ISC
 *
 * link6 - chooses link-address and link-local address of one client interface, and
 * encodes the options of its RELAY-FORWs, when something changes, so that the packet
 * path only copies bytes.
 *
 * iftab_commit.c decides which interfaces serve clients and whose addresses they use.
 * core/relay6 adds the options that depend on the message or the server: 9, 68, 79, 135.
 *
 * A server tells the subnet from the link-address. A link-local one names no subnet, and
 * with :: a server leases from its own LAN, so an interface without a global address is
 * not ready. Options: RFC 9915 21.18 (18), RFC 4649 (37), RFC 4580 (38), RFC 5460 (53).
 */
#include "core/iface/link6.h"

#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "core/conf/conf.h"
#include "core/iface/active.h"
#include "proto/dhcp6.h"

/* The lowest link-local address that is not VRRP's; NULL: none. */
static const struct iftab_addr *
local_of(const struct conf_if_opts *o, const struct iface *f)
{
	const struct iftab_addr *best = NULL;

	for (uint32_t i = 0; i < f->addr[FAMILY6].n; i++) {
		const struct iftab_addr *a = &f->addr[FAMILY6].at[i];

		if (ip6_is_linklocal(a->net.addr.v6) && !a->unusable &&
		    !active_is_virtual(o, f, FAMILY6, i) &&
		    (!best || ip6_cmp(a->net.addr.v6, best->net.addr.v6) < 0))
			best = a;
	}
	return best;
}

/* A temporary address changes daily (RFC 8981). */
static bool
eligible(const struct conf_if_opts *o, const struct iface *from, uint32_t i)
{
	const struct iftab_addr *a = &from->addr[FAMILY6].at[i];

	return ip6_is_global(a->net.addr.v6) && !a->unusable && !a->temporary &&
	    !active_is_virtual(o, from, FAMILY6, i);
}

/* Lower is better. */
static int
rank(const struct iftab_addr *a)
{
	return a->deprecated << 3 | !a->permanent << 2 |
	    ip6_is_ula(a->net.addr.v6) << 1 | (a->net.plen == 128);
}

static bool
better(const struct iftab_addr *a, const struct iftab_addr *b)
{
	int difference = rank(a) - rank(b);

	return difference < 0 || (difference == 0 &&
	    ip6_cmp(a->net.addr.v6, b->net.addr.v6) < 0);
}

/* The one of the interface's own addresses by which servers know the link. The
 * present one stays until another must take its place, since servers and
 * reservations know it. */
static struct ip6
own_of(const struct conf_if_opts *o, const struct iface *from, struct ip6 present)
{
	const struct iftab_addr *best = NULL, *stays = NULL;

	for (uint32_t i = 0; i < from->addr[FAMILY6].n; i++) {
		const struct iftab_addr *a = &from->addr[FAMILY6].at[i];

		if (!eligible(o, from, i))
			continue;
		if (!best || better(a, best))
			best = a;
		if (ip6_eq(a->net.addr.v6, present))
			stays = a;
	}
	if (stays && (!stays->deprecated || best->deprecated))
		return present;
	return best ? best->net.addr.v6 : IP6_NONE;
}

static void
set_link(struct iface6 *six, const struct conf_if_opts *o)
{
	six->unnumbered = o->link_address == CONF_LINKADDR_NONE;
	six->link = IP6_NONE;
	switch (o->link_address) {
	case CONF_LINKADDR_PRIMARY:
		six->link = o->active != CONF_ACTIVE_ALWAYS && o->active_giaddr_virtual &&
		    ip6_is_global(six->virtual) ? six->virtual : six->own;
		break;
	case CONF_LINKADDR_NONE:
		break;
	case CONF_LINKADDR_FIXED:
		/* It need not be ours: the other router of a pair has the same. */
		six->link = o->link_address_fixed;
		break;
	}
}

static void
put_text(struct wr *w, uint16_t code, uint32_t enterprise, const char *format,
    const struct conf_fmt *fmt)
{
	uint8_t value[4 + CONF_VALUE6_MAX];
	struct wr v = wr_init(value, sizeof(value));
	uint8_t text[CONF_VALUE6_MAX];
	size_t len = conf_expand(format, fmt, text, sizeof(text));

	if (enterprise)
		wr_u32(&v, enterprise);
	wr_bytes(&v, text, len);
	if (len)
		dhcp6_put(w, code, value, wr_len(&v));
}

/* Replies with a former Interface-Id are dropped: it changes only when an interface
 * is renamed or the configuration is, and the client asks again. */
static bool
set_opts(struct iface6 *six, const struct conf_if_opts *o, const struct conf_fmt *fmt,
    const uint8_t duid[18])
{
	uint8_t buf[4 * (4 + 4 + CONF_VALUE6_MAX)], *copy;
	struct wr w = wr_init(buf, sizeof(buf));
	size_t len;

	put_text(&w, DHCP6_OPT_INTERFACE_ID, 0, o->interface_id, fmt);
	six->iid_at = wr_len(&w) ? 4 : 0;
	six->iid_len = (uint16_t)(wr_len(&w) - six->iid_at);
	if (o->remote_id6_enterprise)
		put_text(&w, DHCP6_OPT_REMOTE_ID, o->remote_id6_enterprise,
		    o->remote_id6, fmt);
	put_text(&w, DHCP6_OPT_SUBSCRIBER_ID, 0, o->subscriber_id, fmt);
	if (o->relay_id_auto)
		dhcp6_put(&w, DHCP6_OPT_RELAY_ID, duid, 18);
	else if (o->relay_id_len)
		dhcp6_put(&w, DHCP6_OPT_RELAY_ID, o->relay_id, o->relay_id_len);
	len = wr_len(&w);
	if (len == six->opts_len && (len == 0 || memcmp(buf, six->opts, len) == 0))
		return true;
	copy = malloc(len ? len : 1);
	if (!copy)
		return false;
	memcpy(copy, buf, len);
	free(six->opts);
	six->opts = copy;
	six->opts_len = (uint16_t)len;
	return true;
}

bool
link6_make(struct iface *f, const struct iface *from, struct conf_fmt fmt,
    const uint8_t duid[18])
{
	const struct conf_if_opts *o = &f->conf->o;
	const struct iftab_addr *local = local_of(o, f);
	struct iface6 *six = &f->six;

	if (!local)
		local = local_of(o, from);
	six->local = local ? local->net.addr.v6 : IP6_NONE;
	six->own = own_of(o, from, six->own);
	set_link(six, o);
	fmt.giaddr = ip_of6(six->link);
	if (set_opts(six, o, &fmt, duid))
		return true;
	link6_clear(six);
	return false;
}

void
link6_clear(struct iface6 *six)
{
	free(six->opts);
	*six = (struct iface6){ 0 };
}
