/* SPDX-License-Identifier: ISC
 *
 * giaddr - computes the giaddrs of one client interface, and the option 82 of
 * each, when something changes, so that the packet path only copies bytes.
 *
 * iftab_commit.c decides which interfaces serve clients and whose addresses
 * they use. conf_match.c expands format strings, proto/rai encodes option 82.
 *
 * Sub-options: RFC 3046 (1, 2), RFC 3527 (5), RFC 3993 (6), RFC 4243 (9), RFC
 * 5010 (10), RFC 5107 (11), RFC 6925 (12), RFC 6607 (151, 152). A sub-option
 * that does not fit is left out, and later ones are still tried: RFC 3046 2.1
 * forbids only sending a part of one.
 */
#include "core/iface/giaddr.h"

#include <stddef.h>

#include "base/wire.h"
#include "core/conf/conf.h"
#include "core/iface/active.h"
#include "proto/rai.h"

/* What giaddrs and sub-options are made from. */
struct sources {
	const struct conf_if_opts *o;
	const struct iface *from;
	struct conf_fmt fmt;
	struct ip4 own;		/* the interface's own address, or IP4_NONE */
};

/* An address with link scope is not meant as a source towards other networks, and no
 * router forwards what is sent to 169.254.0.0/16 (RFC 3927 2.7), whatever its scope. So it
 * is the last choice for a giaddr, wherever the kernel lists it (first in a dump, but not
 * in events). */
static bool
is_narrow(const struct iftab_addr *a)
{
	return a->link_scope || ip4_is_linklocal(a->net.addr.v4);
}

/* A virtual address is not the interface's own. */
static bool
eligible(const struct conf_if_opts *o, const struct iface *from, uint32_t i, bool narrow)
{
	const struct iftab_addr *a = &from->addr[FAMILY4].at[i];

	return !a->secondary && is_narrow(a) == narrow &&
	    ip4_is_host(a->net.addr.v4) && !active_is_virtual(o, from, FAMILY4, i);
}

static struct ip4
primary(const struct conf_if_opts *o, const struct iface *from)
{
	for (int narrow = 0; narrow <= 1; narrow++)
		for (uint32_t i = 0; i < from->addr[FAMILY4].n; i++)
			if (eligible(o, from, i, narrow))
				return from->addr[FAMILY4].at[i].net.addr.v4;
	return IP4_NONE;
}

/* Adds one giaddr for each subnet. Secondaries are in a subnet that has one
 * already, and so may be primaries with different peers. An address with two
 * masks is one giaddr, since replies to it could not be told apart. */
static void
add_subnets(struct iface *f, const struct sources *g, bool narrow)
{
	const struct iface *from = g->from;

	for (uint32_t i = 0; i < from->addr[FAMILY4].n &&
	    f->n_giaddr < IFACE_GIADDRS_MAX; i++) {
		struct ip4net net = ipnet_v4(from->addr[FAMILY4].at[i].net);
		bool known = iface_giaddr_find(f, net.addr) >= 0;

		for (uint8_t k = 0; k < f->n_giaddr; k++)
			known |= f->giaddr[k].subnet.plen == net.plen &&
			    ip4net_has(f->giaddr[k].subnet, net.addr);
		if (known || !eligible(g->o, from, i, narrow))
			continue;
		f->giaddr[f->n_giaddr].subnet = net;
		f->giaddr[f->n_giaddr++].addr = net.addr;
	}
}

static void
set_giaddrs(struct iface *f, const struct sources *g)
{
	f->n_giaddr = 0;
	if (g->o->active != CONF_ACTIVE_ALWAYS && g->o->active_giaddr_virtual &&
	    !ip4_is_none(f->virtual)) {
		f->giaddr[f->n_giaddr++].addr = f->virtual;
		return;
	}
	switch (g->o->giaddr) {
	case CONF_GIADDR_PRIMARY:
		f->giaddr[0].addr = g->own;
		f->n_giaddr = !ip4_is_none(g->own);
		break;
	case CONF_GIADDR_ALL:
	case CONF_GIADDR_ROTATE:
		add_subnets(f, g, false);
		add_subnets(f, g, true);
		break;
	case CONF_GIADDR_FIXED:
		/* It need not be local: with VRRP the other router may have it. */
		f->giaddr[0].addr = g->o->giaddr_fixed;
		f->n_giaddr = 1;
		break;
	}
}

static void
add_text(struct rai *r, uint8_t sub, const char *format, const struct conf_fmt *fmt)
{
	uint8_t text[255];
	size_t len = conf_expand(format, fmt, text, sizeof(text));

	if (len)
		(void)rai_add(r, sub, text, len);
}

static void
add_address(struct rai *r, uint8_t sub, struct ip4 a)
{
	uint8_t bytes[4];
	struct wr w = wr_init(bytes, sizeof(bytes));

	wr_u32(&w, a.host);
	if (!ip4_is_none(a))
		(void)rai_add(r, sub, bytes, sizeof(bytes));
}

/* RFC 4243 3: enterprise number, length, data. Only one vendor is sent. */
static void
add_vendor(struct rai *r, const struct sources *g)
{
	uint8_t text[255], value[255];
	struct wr w = wr_init(value, sizeof(value));
	size_t len;

	len = conf_expand(g->o->vendor_data, &g->fmt, text, sizeof(text));
	wr_u32(&w, g->o->vendor_enterprise);
	wr_u8(&w, (uint8_t)len);
	wr_bytes(&w, text, len);
	if (g->o->vendor_enterprise && !w.bad)
		(void)rai_add(r, RAI_VENDOR, value, wr_len(&w));
}

/* A giaddr that is an address of the interface identifies the client's link. A
 * fixed one (shared by VLANs, or VRRP's) does not, so the interface's own is
 * sent. */
static struct ip4
link_address(const struct sources *g, struct ip4 giaddr)
{
	switch (g->o->link) {
	case CONF_LINK_OFF:
		break;
	case CONF_LINK_ON:
		return g->o->giaddr == CONF_GIADDR_FIXED ? g->own : giaddr;
	case CONF_LINK_FIXED:
		return g->o->link_fixed;
	}
	return IP4_NONE;
}

/* In ascending order, so that server logs are easy to compare. */
static void
set_rai(struct iface_giaddr *gi, const struct sources *g)
{
	static const uint8_t no_flags = 0;	/* set by rai_write() */
	const struct conf_if_opts *o = g->o;
	struct rai *r = &gi->rai;

	*r = (struct rai){ 0 };
	if (!o->option82)
		return;
	add_text(r, RAI_CIRCUIT_ID, o->circuit_id, &g->fmt);
	add_text(r, RAI_REMOTE_ID, o->remote_id, &g->fmt);
	add_address(r, RAI_LINK, link_address(g, gi->addr));
	add_text(r, RAI_SUBSCRIBER, o->subscriber_id, &g->fmt);
	add_vendor(r, g);
	if (o->relay_flags)
		(void)rai_add(r, RAI_FLAGS, &no_flags, 1);
	/* The client sends its renewals to this address, so if possible it is
	 * ours on the client's link. */
	if (o->server_id_override)
		add_address(r, RAI_SERVER_ID, o->giaddr == CONF_GIADDR_FIXED &&
		    !ip4_is_none(g->own) ? g->own : gi->addr);
	if (o->relay_id_len)
		(void)rai_add(r, RAI_RELAY_ID, o->relay_id, o->relay_id_len);
	/* RFC 6607 4.3: a server that supports 151 removes 152, so they are
	 * sent together or not at all. */
	if (o->vss_len && r->len + 2 + o->vss_len + 2 <= 255 &&
	    rai_add(r, RAI_VSS, o->vss, o->vss_len))
		(void)rai_add(r, RAI_VSS_CONTROL, NULL, 0);
}

void
giaddr_make(struct iface *f, const struct iface *from, const struct conf_fmt *fmt)
{
	struct sources g = {
		.o = &f->conf->o,
		.from = from,
		.fmt = *fmt,
		.own = primary(&f->conf->o, from),
	};

	f->own = g.own;
	set_giaddrs(f, &g);
	for (uint8_t i = 0; i < f->n_giaddr; i++) {
		g.fmt.giaddr = ip_of4(f->giaddr[i].addr);
		set_rai(&f->giaddr[i], &g);
	}
}
