/* SPDX-License-Identifier: ISC
 *
 * clients - the tables of conversations, stations and rates. They own their entries; a
 * caller borrows one while it handles a packet.
 *
 * A retry is recognized by its key, as a reply is (RFC 2131 4.1), in DHCPv4 also by its
 * chaddr if no offer came (relay4_repeats()), and never by
 * `secs` or option 8 (elapsed time): iPXE keeps flags in the one (ipxe
 * src/net/udp/dhcp.c) and counts the other from the start of its session, so a
 * threshold would break iPXE.
 */
#include "core/server/clients.h"

#include <stdlib.h>
#include <string.h>

/* What a sender may send for a client. Another machine of the VLAN that uses its chaddr
 * must not use up its rate. */
struct rate_key {
	uint32_t len;
	uint8_t client[16];
	struct client_sender from;
	uint8_t pad[3];
	uint32_t ifindex;	/* the last member: see hash_share() */
};

struct rate {
	struct rate_key key;
	struct limit limit;
};

struct clients {
	enum family family;
	struct hash *convs;
	struct hash *stations;
	struct hash *rates;
};

struct clients *
clients_new(enum family family, size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user)
{
	struct clients *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->family = family;
	c->convs = hash_new(capacity, sizeof(struct conv),
	    sizeof(struct client_key), secret, evicted, user);
	c->stations = hash_new(capacity, sizeof(struct station),
	    sizeof(struct client_key), secret, NULL, NULL);
	c->rates = hash_new(capacity, sizeof(struct rate), sizeof(struct rate_key),
	    secret, NULL, NULL);
	if (!c->convs || !c->stations || !c->rates || !hash_share(c->convs) ||
	    !hash_share(c->stations) || !hash_share(c->rates))
		return clients_free(c);
	return c;
}

struct clients *
clients_free(struct clients *c)
{
	if (c) {
		hash_free(c->convs);
		hash_free(c->stations);
		hash_free(c->rates);
		free(c);
	}
	return NULL;
}

void
clients_take(struct clients *c, const struct clients *from)
{
	hash_copy(c->convs, from->convs);
	hash_copy(c->stations, from->stations);
	hash_copy(c->rates, from->rates);
}

/* hlen bytes of chaddr identify a client. With hlen 0 (InfiniBand, RFC 4390)
 * the xid alone does: a reply carries nothing else to look it up by. What comes from
 * another relay is a conversation of its own, to which no reply comes back. */
struct client_key
clients_key(const struct dhcp4 *m, uint32_t ifindex)
{
	struct client_key k = { .id = m->xid, .len = m->hlen, .ifindex = ifindex };

	if (m->op == BOOTREQUEST)
		k.relay = m->giaddr.host;
	memcpy(k.client, m->chaddr, m->hlen);
	return k;
}

struct client_key
clients_key6(uint32_t ifindex, uint32_t id, struct ip6 peer)
{
	struct client_key k = { .id = id, .len = sizeof(peer.b), .ifindex = ifindex };

	memcpy(k.client, peer.b, sizeof(k.client));
	return k;
}

/* --- conversations ----------------------------------------------------- */

static struct client_sender
sender_of(const struct rx *rx)
{
	struct client_sender s = { .mac_len = rx->mac_len };

	if (s.mac_len > sizeof(rx->mac))
		s.mac_len = 0;
	if (s.mac_len)
		memcpy(s.b, rx->mac, s.mac_len);
	else if (rx->src.version == 6)
		memcpy(s.b, rx->src.v6.b, sizeof(rx->src.v6.b));
	else
		memcpy(s.b, &rx->src.v4.host, sizeof(rx->src.v4.host));
	return s;
}

static bool
same_sender(const struct client_sender *a, const struct client_sender *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Is the link source the chaddr? */
static bool
is_owner(const struct client_sender *s, const struct client_key *k)
{
	return s->mac_len && s->mac_len == k->len && memcmp(s->b, k->client, k->len) == 0;
}

/* Did this sender begin it? It may go on by unicast, as to port 4011. */
static bool
is_mine(const struct conv *cv, const struct client_sender *s)
{
	return same_sender(&cv->from, s) || (s->mac_len == 0 &&
	    cv->leased.host && memcmp(s->b, &cv->leased.host, sizeof(cv->leased.host)) == 0);
}

static bool
conv_stale(const struct clients *c, const struct conv *cv, struct mono now)
{
	return mono_diff_ms(now, cv->last) >
	    (c->family == FAMILY6 ? CLIENTS6_CONV_MS : CLIENTS_CONV_MS);
}

static void
begin_conv(struct conv *cv, const struct client_call *call,
    const struct client_sender *from)
{
	memset(cv, 0, sizeof(*cv));
	cv->key = call->key;
	cv->from = *from;
	cv->begin = call->now;
	cv->rule = cv->group[CONF_DHCP] = cv->group[CONF_BOOT] = CONF_NONE;
}

struct conv *
clients_get(struct clients *c, const struct client_call *call, struct conv *copy,
    bool *fresh)
{
	struct client_sender from = sender_of(call->rx);
	struct conv *cv = hash_get(c->convs, &call->key, fresh);
	bool mine = !*fresh && is_mine(cv, &from);

	if (*fresh || conv_stale(c, cv, call->now) || (!mine &&
	    is_owner(&from, &cv->key) && !is_owner(&cv->from, &cv->key))) {
		begin_conv(cv, call, &from);
		*fresh = mine = true;
	}
	if (!mine) {
		*copy = *cv;
		return copy;
	}
	cv->last = call->now;
	return cv;
}

struct conv *
clients_find(struct clients *c, struct client_key key, struct mono now)
{
	struct conv *cv = hash_find(c->convs, &key);

	return cv && !conv_stale(c, cv, now) ? cv : NULL;
}

struct conv *
clients_find_any(struct clients *c, struct client_key key, uint32_t *at,
    struct mono now)
{
	struct conv *cv;

	do {
		cv = hash_find_any(c->convs, &key, at);
	} while (cv && conv_stale(c, cv, now));
	return cv;
}

/* --- stations ---------------------------------------------------------- */

static struct client_key
station_key(struct client_key k)
{
	/* Without this, all InfiniBand machines of an interface would be one. */
	if (k.len == 0)
		memcpy(k.client, &k.id, sizeof(k.id));
	k.id = k.relay = 0;
	return k;
}

struct station *
clients_station(struct clients *c, struct client_key key)
{
	struct client_key k = station_key(key);
	bool fresh;

	return hash_get(c->stations, &k, &fresh);
}

struct station *
clients_find_station(struct clients *c, struct client_key key, struct mono now)
{
	struct client_key k = station_key(key);
	struct station *s = hash_find(c->stations, &k);

	return s && mono_diff_ms(now, s->last) <= CLIENTS6_MAC_MS ? s : NULL;
}

void
clients_expect(struct clients *c, struct client_key key)
{
	struct client_key st = station_key(key);

	hash_expect(c->convs, &key);
	hash_expect(c->stations, &st);
}

/* --- rates ------------------------------------------------------------- */

void
clients_count_try(const struct relay *r, struct conv *cv)
{
	if (cv->tries < UINT8_MAX)
		cv->tries++;
	if (cv->tries > 1)
		stats_count(r->stats, COUNTER_RETRIES);
}

static bool
take_rate(const struct relay *r, const struct client_call *call)
{
	struct client_key k = station_key(call->key);
	struct rate_key key = {
		.len = k.len, .from = sender_of(call->rx), .ifindex = k.ifindex,
	};
	struct rate *rate;
	bool fresh;

	if (r->conf->client_rate.n == 0)
		return true;
	memcpy(key.client, k.client, sizeof(key.client));
	rate = hash_get(r->clients->rates, &key, &fresh);
	return limit_take(&rate->limit, r->conf->client_rate, call->now);
}

enum drop
clients_limit(const struct relay *r, const struct client_call *call, struct iface *in)
{
	if (!limit_has(&in->limit, r->conf->interface_rate, call->now))
		return DROP_INTERFACE_RATE;
	if (!take_rate(r, call))
		return DROP_CLIENT_RATE;
	(void)limit_take(&in->limit, r->conf->interface_rate, call->now);
	return DROP_NONE;
}

size_t
clients_count(const struct clients *c)
{
	return hash_count(c->convs);
}
