/* SPDX-License-Identifier: ISC
 *
 * Requests from end to end: checked, planned, rendered for every server. Input
 * as in path.h; how: bit 0 unicast to us, bits 1..3 the link source's length.
 *
 * What a relay must never do, whatever it receives: change a byte except hops,
 * giaddr, option 82 and padding; send to an address that is not a server for
 * this interface and kind of message, or twice to one; insert another
 * interface's giaddr or option 82; leave ours out; send an untrusted client's
 * option 82, wherever it is in the message; exceed the rates; drop for a wrong
 * reason; lose count.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "proto/clientmsg.h"
#include "proto/pxe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t code82[] = { DHCP4_OPT_RAI };

static bool
is_one_of(const struct iface *f, struct ip4 giaddr)
{
	return iface_giaddr_find(f, giaddr) >= 0;
}

static void
check_servers(const struct world *w, const struct relay4_plan *p)
{
	assert(p->to.n > 0 && p->to.n <= w->conf->n_server);
	assert(p->to.n_boot <= p->to.n);
	for (unsigned i = 0; i < p->to.n; i++) {
		uint16_t s = p->to.server[i];

		assert(s < w->conf->n_server);
		assert(w->conf->is_boot[s] || w->conf->is_dhcp[s]);
		assert(iface_leads_to(p->in, w->conf, s));
		for (unsigned k = 0; k < i; k++)
			assert(!ip4_eq(ip_v4(w->conf->server[s].address),
			    ip_v4(w->conf->server[p->to.server[k]].address)));
	}
}

/* With `servers =', every server gets every message. */
static void
check_class(const struct world *w, const struct relay4_plan *p)
{
	const struct dhcp4 *m = &p->m;
	struct pxe_client c;
	bool discovery, plain;

	if (p->in->conf->servers != CONF_NONE)
		return;
	pxe_read(&c, m);
	discovery = c.pxeclient && c.discovery &&
	    (m->type == DHCP4_REQUEST || m->type == DHCP4_INFORM);
	plain = m->type == DHCP4_DISCOVER ? !c.netboot : m->type == DHCP4_TYPE_NONE ||
	    m->type == DHCP4_DECLINE || m->type == DHCP4_RELEASE;
	for (unsigned i = 0; i < p->to.n; i++) {
		assert(!discovery || w->conf->is_boot[p->to.server[i]]);
		assert(!plain || w->conf->is_dhcp[p->to.server[i]]);
	}
}

/* With a giaddr that no host can have, servers would not know where to send
 * replies. */
static bool
is_relays(const struct world *w, const struct iface *in, struct ip4 giaddr)
{
	return ip4_is_host(giaddr) && !ip4_is_loopback(giaddr) &&
	    !ip4_is_linklocal(giaddr) && !iface_has(in, ip_of4(giaddr)) &&
	    !iface_is_all(in, giaddr) && !iftab_is_ours(w->iftab, giaddr) &&
	    servers_find4(&w->servers, giaddr) == CONF_NONE;
}

/* Our option must be where it is wanted, belong to this address, and be nowhere
 * else. */
static void
check_82(const struct relay4_plan *p, const struct relay4_copy *c)
{
	const struct conf_if_opts *o = &p->in->conf->o;
	bool has = p->m.at[DHCP4_OPT_RAI], add = o->option82 &&
	    p->m.type != DHCP4_TYPE_NONE && (!has || o->policy == CONF_APPEND ||
	    o->policy == CONF_REPLACE);

	assert(c->rai == (add ? &p->in->giaddr[iface_giaddr_find(p->in, c->giaddr)].rai : NULL));
	assert(p->drop_old == (add && has && o->policy == CONF_REPLACE));
}

static void
check_copies(const struct world *w, const struct relay4_plan *p)
{
	bool foreign = !ip4_is_none(p->m.giaddr);

	assert(p->n_copy > 0 && p->n_copy <= p->in->n_giaddr + foreign);
	assert(p->foreign == foreign);
	for (unsigned i = 0; i < p->n_copy; i++) {
		const struct relay4_copy *c = &p->copy[i];

		if (foreign) {
			assert(p->n_copy == 1 && ip4_eq(c->giaddr, p->m.giaddr));
			assert(is_relays(w, p->in, c->giaddr) && !c->rai);
			assert(!p->drop_old);
			continue;
		}
		assert(is_one_of(p->in, c->giaddr));
		check_82(p, c);
		for (unsigned k = 0; k < i; k++)
			assert(!ip4_eq(c->giaddr, p->copy[k].giaddr));
	}
}

static bool
field_has_82(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len && p[i] != DHCP4_OPT_END;
	    i += p[i] == DHCP4_OPT_PAD ? 1 : 2u + p[i + 1]) {
		if (p[i] == DHCP4_OPT_PAD)
			continue;
		if (i + 1 >= len || i + 2 + p[i + 1] > len)
			return false;
		if (p[i] == DHCP4_OPT_RAI)
			return true;
	}
	return false;
}

/* dhcpd and dnsmasq look there: two bits of the first byte of option 52 say whether
 * file and sname hold options. */
static bool
hides_82(const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;

	while (dhcp4_next(&it, &o))
		if (o.code == DHCP4_OPT_OVERLOAD && rd_left(&o.value) > 0)
			return (o.value.p[0] & 1 && field_has_82(m->data +
			    DHCP4_OFF_FILE, DHCP4_LEN_FILE)) ||
			    (o.value.p[0] & 2 && field_has_82(m->data +
			    DHCP4_OFF_SNAME, DHCP4_LEN_SNAME));
	return false;
}

static void
check_judged(const struct world *w, const struct relay4_plan *p)
{
	const struct dhcp4 *m = &p->m;
	bool client = ip4_is_none(m->giaddr);

	assert(p->in && p->in->conf && p->in->link.up);
	assert(m->op == BOOTREQUEST && m->hops <= w->conf->max_hops);
	assert(p->hops == m->hops + 1);
	if (client && (m->at[DHCP4_OPT_RAI] || hides_82(m)))
		assert(p->in->conf->o.trust &&
		    p->in->conf->o.policy != CONF_DISCARD);
	assert(m->type != DHCP4_OFFER && m->type != DHCP4_ACK &&
	    m->type != DHCP4_NAK && m->type != DHCP4_FORCERENEW);
}

/* Counts the options 82, and says whether the last one has these bytes (except for
 * the flags). */
static unsigned
count82(const struct dhcp4 *m, struct rd *last)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	unsigned n = 0;

	while (dhcp4_next(&it, &o))
		if (o.code == DHCP4_OPT_RAI) {
			*last = o.value;
			n++;
		}
	return n;
}

static void
check_ours(struct rd v, const struct rai *r, uint8_t flags)
{
	assert(rd_left(&v) == r->len);
	for (unsigned i = 0; i < r->len; i++)
		assert(v.p[i] == (r->flags_at && i == r->flags_at ? flags :
		    r->value[i]));
}

/* The bytes after END are unchanged, except for zeros at the very end, which
 * may be left out, or added up to 300 bytes. */
static void
check_tail(const struct dhcp4 *m, const struct dhcp4 *again, size_t len)
{
	size_t from = m->end ? m->end_at + 1 : m->len, i = again->end_at + 1;

	assert(again->end);
	for (; i < len && from < m->len; i++, from++)
		assert(again->data[i] == m->data[from]);
	path_zeros(again->data, i, len);
	path_zeros(m->data, from, m->len);
}

/* The message must have our option 82 before END, and no other change. */
static void
check_with_82(const struct relay4_plan *p, const struct rai *r,
    const uint8_t *out, size_t len)
{
	const struct dhcp4 *m = &p->m;
	struct dhcp4 again;
	struct rd last;
	unsigned n82 = count82(m, &last);

	assert(len <= RELAY4_MAX_WITH_82);
	assert(dhcp4_parse(&again, out, len) == DROP_NONE);
	path_same_options(m, &again, code82, 1);
	assert(count82(&again, &last) == (p->drop_old ? 1 : n82 + 1));
	check_ours(last, r, p->rai_flags);
	if (!p->drop_old)
		assert(memcmp(out + DHCP4_HEADER, m->data + DHCP4_HEADER,
		    m->end_at - DHCP4_HEADER) == 0);
	check_tail(m, &again, len);
}

static void
check_without_82(const struct relay4_plan *p, const uint8_t *out, size_t len)
{
	const struct dhcp4 *m = &p->m;
	struct dhcp4 again;
	struct rd none;

	/* in overloaded fields it stays (RFC 3046 2.1) */
	if (p->drop_old && count82(m, &none) > 0) {
		assert(dhcp4_parse(&again, out, len) == DROP_NONE);
		path_same_options(m, &again, code82, 1);
		assert(count82(&again, &none) == 0);
		check_tail(m, &again, len);
		return;
	}
	assert(len == (m->len < DHCP4_MIN ? DHCP4_MIN : m->len));
	assert(memcmp(out + DHCP4_HEADER, m->data + DHCP4_HEADER,
	    m->len - DHCP4_HEADER) == 0);
	path_zeros(out, m->len, len);
}

static void
render(const struct relay4_plan *p, unsigned i, enum relay4_form form)
{
	const struct rai *r = p->copy[i].rai;
	struct rai shorter = r ? rai_without_server_id(r) : (struct rai){ 0 };
	size_t size = p->m.len + 300, len;
	uint8_t *out = malloc(size), *exact;
	bool no_room, may = form != RELAY4_BARE && r && r->len && p->m.cookie;
	struct ip4 giaddr = p->copy[i].giaddr;
	struct rd g;

	assert(out);
	len = relay4_render(p, i, form, out, size, &no_room);
	assert(len >= DHCP4_MIN && len <= size);
	exact = path_exact(out, len);
	path_same_header(exact, p->m.data);
	assert(exact[DHCP4_OFF_HOPS] == p->m.hops + 1);
	g = rd_init(exact + DHCP4_OFF_GIADDR, 4);
	assert(rd_u32(&g) == giaddr.host);
	if (may && !no_room)
		check_with_82(p, form == RELAY4_NO_OVERRIDE ? &shorter : r, exact, len);
	else
		check_without_82(p, exact, len);
	free(exact);
	free(out);
}

/* No more tokens were used than there were at the start and have been added since. */
static void
check_rate(const struct world *w, const struct iface *f, struct mono start)
{
	struct conf_rate r = w->conf->interface_rate;
	int64_t ms = mono_diff_ms(w->now, start);

	assert(f->stats[FAMILY4].relayed <= r.n + (uint64_t)ms * r.n / r.per_ms + 1);
}

/* Every request that arrived on an interface was relayed or dropped. */
static void
check_interfaces(const struct world *w)
{
	struct iface *f;

	for (f = iftab_next(w->iftab, 0); f;
	    f = iftab_next(w->iftab, f->link.ifindex))
		assert(f->stats[FAMILY4].requests == f->stats[FAMILY4].relayed + f->stats[FAMILY4].drops);
}

static void
check_plan(const struct world *w, const struct relay4_plan *p)
{
	check_judged(w, p);
	check_servers(w, p);
	check_class(w, p);
	check_copies(w, p);
	for (unsigned i = 0; i < p->n_copy; i++)
		for (enum relay4_form f = 0; f < RELAY4_FORMS; f++)
			render(p, i, f);
}

/* A request without a reply goes to one more server, a limited number of
 * times. */
static void
check_hedge(const struct world *w, const struct relay4_plan *p)
{
	assert(p->to.n == 1);
	check_plan(w, p);
	assert(w->stats.counter[COUNTER_HEDGES] <= w->conf->n_server *
	    w->stats.counter[COUNTER_REQUESTS_RELAYED]);
}

static bool
rule_may_drop(const struct conf *c, const struct iface *f)
{
	for (unsigned i = 0; i < c->n_rule; i++)
		if (c->rule[i].drop && iface_rule(f, i))
			return true;
	return false;
}

/* Half of the messages are sent as a relay sends them. */
static bool
is_from_relay(const struct path_packet *k)
{
	return k->how & 0x10;
}

/* Does the reason hold for which the message was dropped? */
static bool
is_reason(const struct world *w, const struct iface *f, const struct path_packet *k,
    enum drop why)
{
	struct dhcp4 m;
	bool client;

	if (why == DROP_NOT_CLIENT)
		return !f || !f->conf;
	if (why == DROP_DOWN)
		return !f->link.up;
	if (dhcp4_parse(&m, k->data, k->len) != DROP_NONE)
		return why == dhcp4_parse(&m, k->data, k->len);
	client = ip4_is_none(m.giaddr);
	if (why == DROP_REPLY_FROM_CLIENT)
		return m.op != BOOTREQUEST;
	if (why == DROP_BAD_TYPE)
		return dhcp4_type_is_invalid(&m) || m.type == DHCP4_OFFER ||
		    m.type == DHCP4_ACK || m.type == DHCP4_NAK ||
		    m.type == DHCP4_FORCERENEW;
	if (why == DROP_DOCTOR)
		return client && clientmsg_is_doctor(m.hlen, m.chaddr);
	if (why == DROP_HOPS)
		return m.hops > w->conf->max_hops;
	if (why == DROP_NO_GIADDR)
		return client && f->n_giaddr == 0;
	if (why == DROP_SPOOFED_GIADDR)
		return !client && (!is_relays(w, f, m.giaddr) || !is_from_relay(k));
	if (why == DROP_BAD_OPTION82)
		return rai_check_all(&m) != DROP_NONE;
	if (why == DROP_UNTRUSTED_82)
		return client && m.at[DHCP4_OPT_RAI] && !f->conf->o.trust;
	if (why == DROP_POLICY_82)
		return client && m.at[DHCP4_OPT_RAI] &&
		    f->conf->o.policy == CONF_DISCARD;
	if (why == DROP_RULE)
		return rule_may_drop(w->conf, f);
	if (why == DROP_NO_SERVER)
		return f->conf->servers == CONF_NONE;
	if (why == DROP_LOOP)
		return m.hops > 0;
	return why == DROP_CLIENT_RATE || why == DROP_INTERFACE_RATE;
}

static void
one(struct world *w, const struct path_packet *k, struct mono start)
{
	static struct relay4_plan p;
	enum drop why;
	struct rx rx = {
		.data = k->data, .len = k->len, .sport = is_from_relay(k) ? 67 : 68,
		.src = ip_of4((struct ip4){ is_from_relay(k) ? 0x0a090901 : 0 }),
		.dst = ip_of4(IP4_BROADCAST), .ifindex = path_ifindex(k->who),
		.unicast = k->how & 1, .mac_len = k->how >> 1 & 7,
		.mac = { 2, 0, 0, 0, 0, k->how },
	};

	why = relay4_request(&w->r4, &rx, w->now, &p);
	if (why != DROP_NONE) {
		assert(is_reason(w, iftab_by_index(w->iftab, rx.ifindex), k, why));
		return;
	}
	assert(p.rai_flags == (rx.unicast ? RAI_FLAG_UNICAST : 0));
	check_plan(w, &p);
	check_rate(w, p.in, start);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_init(data, len);
	struct world *w = path_world(rd_u8(&in));
	struct mono start = w->now;
	struct path_packet k;
	unsigned n = 0;

	while (n < PATH_PACKETS_MAX && path_packet(&in, w, &k)) {
		path_hedges(w, check_hedge);
		one(w, &k, start);
		path_packet_free(&k);
		n++;
	}
	assert(w->stats.counter[COUNTER_REQUESTS] == n);
	assert(w->stats.counter[COUNTER_REQUESTS_RELAYED] +
	    world_drops(w->stats.drop_request) == n);
	check_interfaces(w);
	return 0;
}
