/* SPDX-License-Identifier: ISC
 *
 * Replies the whole way: judged, addressed, rendered; with requests between
 * them, so that there is something to remember. Input as in path.h; how: bit 0
 * a server's packet (else a client's), bits 1..3 the interface it comes by.
 *
 * What a relay may never do, whatever a server says: deliver a packet on an
 * interface that does not have that giaddr, or on one of several that share it
 * and that this client is not known to be on; take a client VLAN's word for a server's;
 * change a byte but option 82 (and 60 and 43 where strip-pxe-from says so); make a
 * reply grow, padding to 300 bytes aside; address it to nobody, or to an address or
 * a machine that is not this client's.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What we saw of clients ourselves: the oracle's own memory. who: the last byte of the
 * link source. */
struct seen {
	unsigned n;
	struct {
		uint32_t xid, ifindex;
		struct ip4 ciaddr;
		uint8_t who, hlen, chaddr[16];
	} client[PATH_PACKETS_MAX];
};

static void
request(struct world *w, const struct path_packet *k, struct seen *seen)
{
	static struct relay4_plan p;
	struct relay4_rx rx = {
		.data = k->data, .len = k->len, .sport = 68,
		.dst = IP4_BROADCAST, .ifindex = path_ifindex(k->who),
		.mac_len = 6, .mac = { 2, 0, 0, 0, 0, k->who },
	};
	struct dhcp4 m;

	(void)relay4_request(&w->r4, &rx, w->now, &p);
	if (dhcp4_parse(&m, k->data, k->len) != DROP_NONE)
		return;
	seen->client[seen->n].xid = m.xid;
	seen->client[seen->n].ifindex = rx.ifindex;
	seen->client[seen->n].ciaddr = m.ciaddr;
	seen->client[seen->n].who = k->who;
	seen->client[seen->n].hlen = m.hlen;
	memcpy(seen->client[seen->n++].chaddr, m.chaddr, 16);
}

/* The first from i on that this client sent on this interface; seen->n: none. */
static unsigned
next_seen(const struct seen *seen, unsigned i, const struct dhcp4 *m,
    uint32_t ifindex)
{
	for (; i < seen->n; i++)
		if (seen->client[i].xid == m->xid &&
		    seen->client[i].hlen == m->hlen &&
		    seen->client[i].ifindex == ifindex &&
		    memcmp(seen->client[i].chaddr, m->chaddr, m->hlen) == 0)
			break;
	return i;
}

static bool
was_seen(const struct seen *seen, const struct dhcp4 *m, uint32_t ifindex)
{
	return next_seen(seen, 0, m, ifindex) < seen->n;
}

/* An address that the message names, or that this client said it has. */
static bool
is_clients_address(const struct seen *seen, const struct relay4_delivery *d)
{
	unsigned i = 0;

	if (ip4_eq(d->dst, d->m.yiaddr) || ip4_eq(d->dst, d->m.ciaddr))
		return true;
	for (; (i = next_seen(seen, i, &d->m, d->out->link.ifindex)) < seen->n; i++)
		if (ip4_eq(d->dst, seen->client[i].ciaddr))
			return true;
	return false;
}

/* chaddr, or the link address that this client sent from. */
static bool
is_clients_mac(const struct seen *seen, const struct relay4_delivery *d)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 0 };
	unsigned i = 0;

	if (d->mac_len != 6)
		return false;
	if (d->m.hlen == 6 && memcmp(d->mac, d->m.chaddr, 6) == 0)
		return true;
	for (; (i = next_seen(seen, i, &d->m, d->out->link.ifindex)) < seen->n; i++) {
		mac[5] = seen->client[i].who;
		if (memcmp(d->mac, mac, 6) == 0)
			return true;
	}
	return false;
}

static void
check_interface(struct world *w, const struct relay4_delivery *d,
    const struct seen *seen)
{
	struct iface *only;
	size_t n = iftab_by_giaddr(w->iftab, d->m.giaddr, &only);

	assert(d->out && iface_ready(d->out));
	assert(n > 0 && iface_gi_find(d->out, d->m.giaddr) >= 0);
	if (n > 1)
		assert(was_seen(seen, &d->m, d->out->link.ifindex));
}

static void
check_source(struct world *w, const struct relay4_delivery *d,
    const struct relay4_rx *rx)
{
	const struct iface *in = iftab_by_index(w->iftab, rx->ifindex);
	bool known = d->server != CONF_NONE;

	assert(known || !w->conf->check_source);
	assert(!known || ip4_eq(w->conf->server[d->server].address, rx->src));
	/* of this network: only one server lives on a client VLAN */
	if (in && in->conf)
		assert(ip4_eq(rx->src, world_ip("192.0.2.9")) &&
		    in->link.ifindex == 10);
}

static void
check_address(const struct relay4_delivery *d, const struct seen *seen)
{
	static const uint8_t ff[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	bool broadcast = ip4_eq(d->dst, IP4_BROADCAST);

	assert(ip4_eq(d->src, d->m.giaddr));
	assert(d->sport == DHCP4_PORT_SERVER && d->dport == DHCP4_PORT_CLIENT);
	assert(d->mac_len > 0 && d->mac_len <= sizeof(d->mac));
	assert(broadcast || ip4_is_host(d->dst));
	assert((memcmp(d->mac, ff, d->mac_len) == 0) >= broadcast);
	assert(broadcast || (is_clients_address(seen, d) && is_clients_mac(seen, d)));
	if (d->m.type == DHCP4_NAK)
		assert(broadcast);
}

static void
check_class(const struct world *w, const struct relay4_delivery *d)
{
	const struct dhcp4 *m = &d->m;

	assert(m->op == DHCP4_REPLY);
	assert(m->type == DHCP4_TYPE_NONE || m->type == DHCP4_OFFER ||
	    m->type == DHCP4_ACK || m->type == DHCP4_NAK);
	if (d->server != CONF_NONE && w->conf->server[d->server].proxy_only)
		assert(m->type != DHCP4_OFFER || ip4_is_none(m->yiaddr));
	if (d->strip_pxe)
		assert(w->conf->strip_pxe_from_dhcp &&
		    m->type == DHCP4_OFFER && !w->conf->is_boot[d->server]);
}

static void
render(struct world *w, const struct relay4_delivery *d)
{
	static const uint8_t gone[] = {
		DHCP4_OPT_RAI, DHCP4_OPT_VENDOR_CLASS, DHCP4_OPT_VENDOR_INFO
	};
	const struct dhcp4 *m = &d->m;
	size_t size = m->len < DHCP4_MIN ? DHCP4_MIN : m->len, len;
	uint8_t *out = malloc(size);
	struct dhcp4 again;

	assert(out);
	len = relay4_render_reply(&w->r4, d, out, size);
	assert(len >= DHCP4_HEADER && len <= size);
	assert(memcmp(out, m->data, DHCP4_OFF_SNAME) == 0);
	assert(dhcp4_parse(&again, out, len) == DROP_NONE);
	path_same_fields(m, &again, gone, d->strip_pxe ? 3 : 0);
	path_same_options(m, &again, gone, d->strip_pxe ? 3 : 1);
	if (!d->rai && !d->strip_pxe)
		assert(len == m->len && memcmp(out, m->data, len) == 0);
	if (len > m->len)
		path_zeros(out, m->len, len);
	free(out);
}

static void
reply(struct world *w, const struct path_packet *k, const struct seen *seen)
{
	static struct relay4_delivery d;
	struct relay4_rx rx = {
		.data = k->data, .len = k->len, .sport = 67, .unicast = true,
		.src = path_server(k->who), .ifindex = path_ifindex(k->how >> 1),
	};

	if (relay4_reply(&w->r4, &rx, w->now, &d) != DROP_NONE)
		return;
	check_interface(w, &d, seen);
	check_source(w, &d, &rx);
	check_address(&d, seen);
	check_class(w, &d);
	render(w, &d);
}

/* fuzz_request looks closer; here answers come between. */
static void
check_hedge(const struct world *w, const struct relay4_plan *p)
{
	(void)w;
	assert(p->n_server == 1 && p->n_copy > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct seen seen;
	struct rd in = rd_init(data, len);
	struct world *w = path_world(rd_u8(&in));
	struct path_packet k;
	unsigned n = 0, replies = 0;

	seen.n = 0;
	for (; n < PATH_PACKETS_MAX && path_packet(&in, w, &k); n++) {
		path_hedges(w, check_hedge);
		if (k.how & 1) {
			reply(w, &k, &seen);
			replies++;
		} else
			request(w, &k, &seen);
		path_packet_free(&k);
	}
	assert(w->stats.counter[COUNTER_REPLIES] == replies);
	assert(w->stats.counter[COUNTER_REPLIES_RELAYED] +
	    world_drops(w->stats.drop_reply) == replies);
	return 0;
}
