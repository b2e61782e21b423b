/* SPDX-License-Identifier: ISC
 *
 * DHCPv6 from end to end: messages of clients, other relays and servers, in any
 * order. Input: any number of packets, each with a byte that says from whom, two
 * bytes of length, and the message.
 *
 * What a relay must never do, whoever sends: change a byte of the message that it
 * carries; name a link-local address as link-address, or another link's; count
 * hops beyond the limit; deliver on a link that neither the Interface-Id nor the
 * link-address names; deliver to a group or to itself; take a reply that came by
 * a client link.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SERVER	"2001:db8:ff::a"
#define UPLINK	30

static const char conf[] =
    "[server a]\naddress = " SERVER "\n[server b]\naddress = 2001:db8:ff::b\n"
    "[group g]\nservers = a, b\nmode = failover\n[relay]\ninterface-rate = off\n"
    "client-rate = off\n[interface vlan10]\ndhcp = g\n"
    "[interface vlan20]\nservers = a, b\ntrust = on\n";

static struct ip6
ip6(const char *text)
{
	struct ip6 a;

	if (!ip6_parse(text, &a))
		abort();
	return a;
}

static struct world *
fresh_world(void)
{
	static struct world *w;
	static const char *const names[] = { "vlan10", "vlan20", "eth0" };
	static const char *const nets[] = {
		"2001:db8:10::1/64", "2001:db8:20::1/64", "2001:db8:30::1/64",
	};

	if (w) {
		world_reset(w, 64);
		return w;
	}
	w = world_new(conf, 64);
	for (uint32_t i = 0; i < 3; i++) {
		world_link(w, 10 * (i + 1), names[i]);
		world_addr(w, 10 * (i + 1), "fe80::1/64");
		world_addr(w, 10 * (i + 1), nets[i]);
	}
	for (uint16_t i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = ip_of6(ip6("2001:db8:30::1"));
	return w;
}

static void
check_rendered(const struct relay6_plan *p, const uint8_t *msg, size_t len)
{
	static uint8_t out[UINT16_MAX + RELAY6_ADDS];
	size_t n = relay6_render(p, RELAY6_PLAIN, out, len + RELAY6_ADDS);
	struct dhcp6 m;
	struct rd inner;

	assert(n > len && p->to.n > 0);
	assert(dhcp6_parse(&m, out, n) == DROP_NONE && !m.odd && !m.repeats);
	assert(m.type == DHCP6_RELAY_FORW && m.hops <= 8);
	assert(ip6_is_none(m.link) || ip6_eq(m.link, p->in->six.link));
	assert(!ip6_is_linklocal(m.link) && dhcp6_has(&m, DHCP6_OPT_INTERFACE_ID));
	assert(dhcp6_inner(&m, &inner) == DROP_NONE);
	assert(rd_left(&inner) == len && memcmp(inner.p, msg, len) == 0);
}

static void
request(struct world *w, uint8_t how, const uint8_t *msg, size_t len)
{
	static struct relay6_plan p;
	struct rx rx = {
		.data = msg, .len = len, .ifindex = how & 1 ? 20 : 10,
		.src = ip_of6(ip6(how & 2 ? "2001:db8:20::9" : "fe80::9")),
		.sport = how & 4 ? 547 : 546, .unicast = how & 8,
		.hwtype = 1, .mac_len = 6, .mac = { 2, 0, 0, 0, 0, how },
	};
	enum drop why = relay6_request(&w->r6, &rx, w->now, &p);
	struct mono due;

	if (why == DROP_NONE) {
		assert(!relay6_is_reply(msg[0]));
		check_rendered(&p, msg, len);
	}
	if (how & 16 && pendings_due(w->r6.hedges, &due)) {
		w->now = due;
		if (relay6_hedge(&w->r6, w->now, &p))
			check_rendered(&p, p.m.data, p.m.len);
	}
}

static bool
names_link(const struct relay6_delivery *d)
{
	const struct iface *out = d->out;
	struct rd iid;

	if (!dhcp6_opt(&d->m, DHCP6_OPT_INTERFACE_ID, &iid))
		return ip6_eq(d->m.link, out->six.link) || ip6_is_none(d->m.link);
	return rd_left(&iid) == out->six.iid_len &&
	    memcmp(iid.p, out->six.opts + out->six.iid_at, out->six.iid_len) == 0;
}

static void
reply(struct world *w, uint8_t how, const uint8_t *msg, size_t len)
{
	static struct relay6_delivery d;
	struct rx rx = {
		.data = msg, .len = len, .ifindex = how & 1 ? 20 : UPLINK,
		.src = ip_of6(ip6(how & 2 ? "2001:db8:ff::e" : SERVER)),
		.sport = 547, .unicast = true,
	};

	if (relay6_reply(&w->r6, &rx, w->now, &d) != DROP_NONE)
		return;
	assert(rx.ifindex == UPLINK && !(how & 2) && msg[0] == DHCP6_RELAY_REPL);
	assert(d.out->conf && names_link(&d));
	assert(d.payload > msg && d.len && d.payload + d.len <= msg + len);
	assert(ip6_is_host(d.dst) && !iface6_owns(d.out, d.dst));
	assert(iface6_owns(d.out, d.src) && d.sport == 547);
	assert(d.dport == 546 || d.payload[0] == DHCP6_RELAY_REPL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world *w = fresh_world();
	struct rd r = rd_init(data, len);

	for (unsigned i = 0; i < 16 && rd_left(&r) > 3; i++) {
		uint8_t how = rd_u8(&r), *copy;
		size_t n = rd_u16(&r);
		const uint8_t *msg;

		if (n > rd_left(&r))
			n = rd_left(&r);
		msg = rd_bytes(&r, n);
		copy = malloc(n ? n : 1);
		if (!copy)
			abort();
		memcpy(copy, msg, n);
		if (how & 128)
			reply(w, how, copy, n);
		else
			request(w, how, copy, n);
		free(copy);
	}
	return 0;
}
