/* SPDX-License-Identifier: ISC
 *
 * helper - forwards broadcasts to other UDP ports: finds the [helper], decides
 * whether it allows the packet, and lists the destinations. Routers forward no
 * directed broadcasts unless told to (RFC 2644); the [helper] sections are what
 * tells this one.
 *
 * The configuration refuses ports 67, 68 and 4011, which relay4 and p4011
 * handle.
 */
#include "core/relay4/helper.h"

#include <stdlib.h>
#include <string.h>

#include "core/iface/limit.h"

/* A slower loop is ended by the TTL alone. */
#define SEEN_MS		5000
#define SEEN_MAX	1024

#define RATES_MAX	4096

struct helper_key {
	uint64_t digest;
	uint32_t pad;
	uint32_t ifindex;	/* the last member: see hash_share() */
};

struct seen {
	struct helper_key key;	/* source, ports and payload */
	struct mono when;
	uint8_t ttl;
};

struct rate {
	struct helper_key key;	/* the name of the [helper], which outlives a reload */
	struct limit limit;
};

struct helpers {
	struct hash_key secret;
	struct hash *seen;
	struct hash *rates;
};

struct helpers *
helpers_new(struct hash_key secret)
{
	struct helpers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->secret = secret;
	h->seen = hash_new(SEEN_MAX, sizeof(struct seen), sizeof(struct helper_key),
	    secret, NULL, NULL);
	h->rates = hash_new(RATES_MAX, sizeof(struct rate), sizeof(struct helper_key),
	    secret, NULL, NULL);
	if (!h->seen || !h->rates || !hash_share(h->seen) || !hash_share(h->rates))
		return helpers_free(h);
	return h;
}

struct helpers *
helpers_free(struct helpers *h)
{
	if (h) {
		hash_free(h->seen);
		hash_free(h->rates);
		free(h);
	}
	return NULL;
}

static bool
has_port(const struct conf_helper *p, uint16_t port)
{
	for (unsigned i = 0; i < p->n_port; i++)
		if (p->port[i] == port)
			return true;
	return false;
}

static bool
matches_any(char (*patterns)[CONF_NAME_MAX], unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (conf_glob(patterns[i], name))
			return true;
	return false;
}

static uint16_t
find_helper(const struct conf *c, uint16_t port, const struct iface *in)
{
	for (uint16_t i = 0; i < c->n_helper; i++) {
		const struct conf_helper *p = &c->helper[i];

		if (has_port(p, port) &&
		    matches_any(p->from, p->n_from, in->link.name))
			return i;
	}
	return CONF_NONE;
}

/* A source of 0.0.0.0 cannot be kept: the kernel would replace it without
 * updating the checksum. Our address on that interface takes its place. */
static struct ip4
source_of(const struct conf_helper *p, const struct iface *in, struct ip4 src)
{
	bool keep = p->keep_source && !ip4_is_none(src);

	return keep || in->addr[FAMILY4].n == 0 ? src : in->addr[FAMILY4].at[0].net.addr.v4;
}

/* Hosts reply to the source. If it could be any, not only one of this VLAN, they
 * would be reflectors, a whole VLAN of them for one packet. 0.0.0.0 is replaced. */
static bool
is_allowed(const struct conf_helper *p, const struct iface *in, struct ip4 src)
{
	for (unsigned i = 0; i < p->n_allow; i++)
		if (ip4net_has(p->allow[i], src))
			return true;
	return p->n_allow == 0 && (ip4_is_none(src) || iface_has(in, ip_of4(src)));
}

static bool
takes_rate(struct helpers *h, const struct conf_helper *p, const struct iface *in,
    struct mono now)
{
	struct helper_key key = {
		.digest = hash_sip(h->secret, p->name, strlen(p->name)),
		.ifindex = in->link.ifindex,
	};
	bool fresh;
	struct rate *r = hash_get(h->rates, &key, &fresh);

	return limit_take(&r->limit, p->rate, now);
}

/* The same packet with a lower TTL went through a loop; with the same TTL it is
 * a repetition (wake-on-LAN tools send three). */
static bool
has_looped(struct helpers *h, const struct iface *in, const struct udpip *u,
    struct mono now)
{
	uint64_t part[3] = {
		hash_sip(h->secret, u->payload, u->payload_len),
		(uint64_t)u->src.v4.host << 32 | (uint32_t)u->sport << 16 | u->dport,
		u->payload_len,
	};
	bool own = ip4_is_none(u->src.v4) || iface_has(in, u->src), fresh;
	struct helper_key key = {
		.digest = hash_sip(h->secret, part, sizeof(part)),
		.ifindex = own ? in->link.ifindex : 0,
	};
	struct seen *s = hash_get(h->seen, &key, &fresh);

	if (!fresh && mono_diff_ms(now, s->when) < SEEN_MS && u->ttl < s->ttl)
		return true;
	s->when = now;
	s->ttl = u->ttl;
	return false;
}

static void
add_out(struct helper_plan *plan, struct ip4 dst, uint32_t ifindex)
{
	if (plan->n < HELPER_OUT_MAX)
		plan->out[plan->n++] = (struct helper_out){ dst, ifindex };
	else
		plan->n_cut++;
}

/* Adds a directed broadcast for each other VLAN that the patterns match: that
 * of its first address that has one (a /32, as VRRP daemons set them, has
 * none). */
static void
add_broadcasts(struct helper_plan *plan, const struct conf_helper *p,
    struct iftab *t, const struct iface *in)
{
	struct iface *f;

	for (f = iftab_next(t, 0); f; f = iftab_next(t, f->link.ifindex)) {
		struct ip4 to = IP4_NONE;

		if (f == in || !f->link.up || f->link.loopback ||
		    !matches_any(p->to_if, p->n_to_if, f->link.name))
			continue;
		for (uint32_t i = 0; i < f->addr[FAMILY4].n && ip4_is_none(to); i++)
			to = ip4net_broadcast(ipnet_v4(f->addr[FAMILY4].at[i].net));
		if (!ip4_is_none(to))
			add_out(plan, to, f->link.ifindex);
	}
}

static enum drop
judge_helped(struct helpers *h, const struct relay *r, uint16_t index,
    const struct iface *in, const struct udpip *u, struct mono now)
{
	const struct conf_helper *p = &r->conf->helper[index];
	struct ip4 src = u->src.v4;
	enum drop d = relay4_judge_addresses(in, src, u->dst.v4);

	if (d != DROP_NONE)
		return d;
	if (u->ttl <= 1 || iftab_is_local(r->iftab, src))
		return DROP_HELPER_LOOP;
	if (in->standby[FAMILY4])
		return DROP_STANDBY;
	if (!is_allowed(p, in, src) || ip4_is_none(source_of(p, in, src)))
		return DROP_HELPER_DENIED;
	if (!takes_rate(h, p, in, now))
		return DROP_HELPER_RATE;
	return has_looped(h, in, u, now) ? DROP_HELPER_LOOP : DROP_NONE;
}

enum drop
helper_packet(struct helpers *h, const struct relay *r, const struct udpip *u,
    uint32_t ifindex, struct mono now, struct helper_plan *plan)
{
	const struct iface *in = iftab_by_index(r->iftab, ifindex);
	uint16_t index = in ? find_helper(r->conf, u->dport, in) : CONF_NONE;
	struct stats *stats = r->stats;
	const struct conf_helper *p;
	enum drop d;

	if (index == CONF_NONE)		/* the port is helped on other VLANs only */
		return DROP_NOT_CLIENT;
	p = &r->conf->helper[index];
	stats_count(stats, COUNTER_HELPED);
	d = judge_helped(h, r, index, in, u, now);
	if (d != DROP_NONE) {
		stats->drop_helper[d]++;
		return d;
	}
	plan->n = plan->n_cut = 0;
	plan->ttl = (uint8_t)(u->ttl - 1);
	plan->src = source_of(p, in, u->src.v4);
	for (unsigned i = 0; i < p->n_to_addr; i++)
		add_out(plan, p->to_addr[i], 0);
	if (p->n_to_if)
		add_broadcasts(plan, p, r->iftab, in);
	stats->counter[COUNTER_HELPED_CUT] += plan->n_cut;
	if (plan->n == 0) {	/* `to` names only interfaces that are down */
		stats->drop_helper[DROP_DOWN]++;
		return DROP_DOWN;
	}
	return DROP_NONE;
}
