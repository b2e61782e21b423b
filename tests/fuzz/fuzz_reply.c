/* SPDX-License-Identifier: ISC
 *
 * Replies from end to end: checked, addressed, rendered; with requests between
 * them, so that conversations exist. Input as in path.h; how: bit 0 a server's
 * packet (else a client's), bits 1..3 the interface on which it arrives.
 *
 * What a relay must never do, whatever a server sends: deliver a packet on an
 * interface without that giaddr, or, if several share it, on one where this
 * client was not seen; accept a reply from a client VLAN; change a byte except
 * option 82 (and 60 and 43 with strip-pxe-from); remove an option 82 that is
 * not ours, or keep one that equals ours; make a reply longer, except by
 * padding to 300 bytes; send it to no address, to a group, or to another
 * client's address; broadcast what is for one client; drop for a wrong reason.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The oracle's own memory of the clients. who: the last byte of the link source. */
struct seen {
	unsigned n;
	struct {
		uint32_t xid, ifindex;
		struct ip4 ciaddr;
		bool broadcast;
		uint8_t who, hlen, chaddr[16];
	} client[PATH_PACKETS_MAX];
};

static void
request(struct world *w, const struct path_packet *k, struct seen *seen)
{
	static struct relay4_plan p;
	struct rx rx = {
		.data = k->data, .len = k->len, .sport = 68,
		.dst = ip_of4(IP4_BROADCAST), .ifindex = path_ifindex(k->who),
		.mac_len = 6, .mac = { 2, 0, 0, 0, 0, k->who },
	};
	struct dhcp4 m;

	(void)relay4_request(&w->r4, &rx, w->now, &p);
	if (dhcp4_parse(&m, k->data, k->len) != DROP_NONE)
		return;
	seen->client[seen->n].xid = m.xid;
	seen->client[seen->n].ifindex = rx.ifindex;
	seen->client[seen->n].ciaddr = m.ciaddr;
	seen->client[seen->n].broadcast = m.flags & DHCP4_FLAG_BROADCAST;
	seen->client[seen->n].who = k->who;
	seen->client[seen->n].hlen = m.hlen;
	memcpy(seen->client[seen->n++].chaddr, m.chaddr, 16);
}

/* Finds the first message, from index i, that this client sent on this interface;
 * seen->n means none. */
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

/* The destination is an address in the message, or one that this client said it
 * has. */
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

/* The destination is chaddr, or the link address that this client sent from. */
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
	assert(n > 0 && iface_giaddr_find(d->out, d->m.giaddr) >= 0);
	if (n > 1)
		assert(was_seen(seen, &d->m, d->out->link.ifindex));
}

static void
check_source(struct world *w, const struct relay4_delivery *d,
    const struct rx *rx)
{
	const struct iface *in = iftab_by_index(w->iftab, rx->ifindex);
	bool known = d->server != CONF_NONE;

	assert(known || !w->conf->check_source);
	assert(!known || ip4_eq(ip_v4(w->conf->server[d->server].address), rx->src.v4));
	/* on a client VLAN, only one server of this network may reply */
	if (in && in->conf)
		assert(ip4_eq(rx->src.v4, world_ip("192.0.2.9")) &&
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

static bool
said_broadcast(const struct seen *seen, const struct relay4_delivery *d)
{
	unsigned i = 0;

	for (; (i = next_seen(seen, i, &d->m, d->out->link.ifindex)) < seen->n; i++)
		if (seen->client[i].broadcast)
			return true;
	return d->m.flags & DHCP4_FLAG_BROADCAST;
}

/* The link address of one machine. */
static bool
is_station(const struct dhcp4 *m)
{
	static const uint8_t zero[6];

	return m->htype == 1 && m->hlen == 6 && !(m->chaddr[0] & 1) &&
	    memcmp(m->chaddr, zero, 6) != 0;
}

/* RFC 2131 4.1: a reply is unicast if the client can be addressed, unless it or
 * the server requests a broadcast. */
static void
check_cast(const struct relay4_delivery *d, const struct seen *seen)
{
	bool broadcast = ip4_eq(d->dst, IP4_BROADCAST);
	const struct dhcp4 *m = &d->m;

	assert(broadcast || d->mac_len != 6 || !(d->mac[0] & 1));
	if (broadcast && m->type != DHCP4_NAK && is_station(m) &&
	    ip4_is_host(m->yiaddr) && ip4_is_none(m->ciaddr) &&
	    !was_seen(seen, m, d->out->link.ifindex))
		assert(said_broadcast(seen, d));
	if (m->type == DHCP4_OFFER && m->flags & DHCP4_FLAG_BROADCAST)
		assert(broadcast);
}

static void
check_class(const struct world *w, const struct relay4_delivery *d)
{
	const struct dhcp4 *m = &d->m;

	assert(m->op == BOOTREPLY);
	assert(m->type == DHCP4_TYPE_NONE || m->type == DHCP4_OFFER ||
	    m->type == DHCP4_ACK || m->type == DHCP4_NAK);
	if (d->server != CONF_NONE && w->conf->server[d->server].proxy_only)
		assert(m->type != DHCP4_OFFER || ip4_is_none(m->yiaddr));
	if (d->strip_pxe)
		assert(w->conf->strip_pxe_from_dhcp &&
		    m->type == DHCP4_OFFER && !w->conf->is_boot[d->server]);
}

/* Copies all of the message except the options 82 in its options area. */
static size_t
without82(const struct dhcp4 *m, uint8_t *out)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	size_t from = 0, n = 0;

	while (dhcp4_next(&it, &o)) {
		if (o.code != DHCP4_OPT_RAI)
			continue;
		memcpy(out + n, m->data + from, o.at - from);
		n += o.at - from;
		from = (size_t)(o.value.end - m->data);
	}
	memcpy(out + n, m->data + from, m->len - from);
	return n + m->len - from;
}

static bool
next82(struct dhcp4_iter *it, struct rd *value)
{
	struct dhcp4_item o;

	while (dhcp4_next(it, &o))
		if (o.code == DHCP4_OPT_RAI) {
			*value = o.value;
			return true;
		}
	return false;
}

/* Does this sub-option equal one of r's, except for the flags? */
static bool
is_sub_of(const uint8_t *p, size_t len, const struct rai *r)
{
	for (size_t at = 0; r && at < r->len; at += 2u + r->value[at + 1]) {
		bool same = len == 2u + r->value[at + 1];

		for (size_t i = 0; same && i < len; i++)
			same = p[i] == r->value[at + i] ||
			    (r->flags_at && at + i == r->flags_at);
		if (same)
			return true;
	}
	return false;
}

/* Does an option equal all of r, except for the flags? */
static bool
has_whole(const struct dhcp4 *m, const struct rai *r)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;

	while (r && dhcp4_next(&it, &o)) {
		bool same = o.code == DHCP4_OPT_RAI && rd_left(&o.value) == r->len;

		for (size_t i = 0; same && i < r->len; i++)
			same = o.value.p[i] == r->value[i] ||
			    (r->flags_at && i == r->flags_at);
		if (same)
			return true;
	}
	return false;
}

/* Collects the bytes that are missing from the options 82. Each option is whole or
 * gone, except the one at place `cut`, which may have lost its end. Returns how
 * many bytes there are, or -1 if that does not explain `again`. */
static int
taken(const struct dhcp4 *m, const struct dhcp4 *again, unsigned cut, uint8_t *out)
{
	struct dhcp4_iter im = dhcp4_iter(m, DHCP4_AREA_OPTIONS), ia = dhcp4_iter(again, DHCP4_AREA_OPTIONS);
	struct rd was, is;
	bool more = next82(&ia, &is);
	size_t n = 0;

	for (unsigned i = 0; next82(&im, &was); i++) {
		size_t len = rd_left(&was), kept = more ? rd_left(&is) : 0;

		if (more && (i == cut ? kept < len : kept == len) &&
		    memcmp(was.p, is.p, kept) == 0)
			more = next82(&ia, &is);
		else
			kept = 0;
		memcpy(out + n, was.p + kept, len - kept);
		n += len - kept;
	}
	return more ? -1 : (int)n;
}

static bool
is_all_ours(const struct relay4_delivery *d, const uint8_t *gone, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		if (i + 1 >= n)
			return false;
		len = 2u + gone[i + 1];
		if (i + len > n || (!is_sub_of(gone + i, len, d->rai) &&
		    !is_sub_of(gone + i, len, d->rai_was)))
			return false;
	}
	return true;
}

/* Everything that is missing must be sub-options of ours. */
static void
check_taken(const struct relay4_delivery *d, const struct dhcp4 *again)
{
	static uint8_t gone[UINT16_MAX];
	struct dhcp4_iter it = dhcp4_iter(&d->m, DHCP4_AREA_OPTIONS);
	bool explained = false;
	struct rd v;
	unsigned cut = 0;

	do {
		int n = taken(&d->m, again, cut++, gone);

		explained = n >= 0 && is_all_ours(d, gone, (size_t)n);
	} while (!explained && next82(&it, &v));
	assert(explained);
}

static void
check_kept(const struct relay4_delivery *d, const struct dhcp4 *again)
{
	static uint8_t was[UINT16_MAX + 1], is[UINT16_MAX + 1];
	size_t n_was = without82(&d->m, was), n_is = without82(again, is);

	assert(n_is >= n_was && memcmp(was, is, n_was) == 0);
	path_zeros(is, n_was, n_is);
	assert(!has_whole(again, d->rai));
	check_taken(d, again);
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
	if (!d->strip_pxe)
		check_kept(d, &again);
	free(out);
}

/* Does the reason hold for which the reply was dropped? */
static bool
is_reason(struct world *w, const struct rx *rx, enum drop why)
{
	const struct iface *in = iftab_by_index(w->iftab, rx->ifindex);
	uint16_t server = servers_find4(&w->servers, rx->src.v4);
	struct iface *only;
	struct dhcp4 m;
	size_t n;

	if (why == DROP_REPLY_FROM_CLIENT)
		return in && in->conf && server == CONF_NONE;
	if (why == DROP_CLIENT_UPLINK)
		return in && in->conf && server != CONF_NONE && !(in->link.ifindex == 10 &&
		    ip4_eq(rx->src.v4, world_ip("192.0.2.9")));
	if (why == DROP_NOT_SERVER)
		return server == CONF_NONE && w->conf->check_source;
	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE)
		return why == dhcp4_parse(&m, rx->data, rx->len);
	n = iftab_by_giaddr(w->iftab, m.giaddr, &only);
	if (why == DROP_BAD_OP)
		return m.op != BOOTREPLY;
	if (why == DROP_BAD_TYPE)
		return dhcp4_type_is_invalid(&m) || (m.type != DHCP4_OFFER &&
		    m.type != DHCP4_ACK && m.type != DHCP4_NAK &&
		    m.type != DHCP4_TYPE_NONE);
	if (why == DROP_NOT_OUR_GIADDR)
		return n == 0 || ip4_is_none(m.giaddr);
	if (why == DROP_AMBIGUOUS)
		return n > 1;
	if (why == DROP_DOWN)	/* the only other interface with it is down */
		return n == 1;
	return why == DROP_OFFER_NOT_PROXY && !ip4_is_none(m.yiaddr) &&
	    server != CONF_NONE && w->conf->server[server].proxy_only;
}

static void
reply(struct world *w, const struct path_packet *k, const struct seen *seen)
{
	static struct relay4_delivery d;
	struct rx rx = {
		.data = k->data, .len = k->len, .sport = 67, .unicast = true,
		.src = ip_of4(path_server(k->who)), .ifindex = path_ifindex(k->how >> 1),
	};
	enum drop why;

	why = relay4_reply(&w->r4, &rx, w->now, &d);
	if (why != DROP_NONE) {
		assert(is_reason(w, &rx, why));
		return;
	}
	check_interface(w, &d, seen);
	check_source(w, &d, &rx);
	check_address(&d, seen);
	check_cast(&d, seen);
	check_class(w, &d);
	render(w, &d);
}

/* fuzz_request checks more; here replies arrive in between. */
static void
check_hedge(const struct world *w, const struct relay4_plan *p)
{
	(void)w;
	assert(p->to.n == 1 && p->n_copy > 0);
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
