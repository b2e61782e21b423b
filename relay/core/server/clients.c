/* SPDX-License-Identifier: ISC
 *
 * clients - the tables of conversations and stations. They own their entries; a
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

struct clients {
	enum family family;
	struct hash *convs;
	struct hash *stations;
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
	if (!c->convs || !c->stations)
		return clients_free(c);
	return c;
}

struct clients *
clients_free(struct clients *c)
{
	if (c) {
		hash_free(c->convs);
		hash_free(c->stations);
		free(c);
	}
	return NULL;
}

void
clients_take(struct clients *c, const struct clients *from)
{
	hash_copy(c->convs, from->convs);
	hash_copy(c->stations, from->stations);
}

/* hlen bytes of chaddr identify a client. With hlen 0 (InfiniBand, RFC 4390)
 * the xid alone does: a reply carries nothing else to look it up by. */
struct client_key
clients_key(const struct dhcp4 *m)
{
	struct client_key k = { .id = m->xid, .with = m->hlen };

	memcpy(k.client, m->chaddr, m->hlen);
	return k;
}

struct client_key
clients_key6(uint32_t ifindex, uint32_t id, struct ip6 peer)
{
	struct client_key k = { .id = id, .with = ifindex };

	memcpy(k.client, peer.b, sizeof(k.client));
	return k;
}

static bool
conv_stale(const struct clients *c, const struct conv *cv, struct mono now)
{
	return mono_diff_ms(now, cv->last) >
	    (c->family == FAMILY6 ? CLIENTS6_CONV_MS : CLIENTS_CONV_MS);
}

struct conv *
clients_get(struct clients *c, struct client_key key, struct mono now, bool *fresh)
{
	struct conv *cv = hash_get(c->convs, &key, fresh);

	if (!*fresh && conv_stale(c, cv, now)) {
		memset(cv, 0, sizeof(*cv));
		cv->key = key;
		*fresh = true;
	}
	if (*fresh)
		cv->rule = cv->group[CONF_DHCP] = cv->group[CONF_BOOT] = CONF_NONE;
	cv->last = now;
	return cv;
}

struct conv *
clients_find(struct clients *c, struct client_key key, struct mono now)
{
	struct conv *cv = hash_find(c->convs, &key);

	return cv && !conv_stale(c, cv, now) ? cv : NULL;
}

static struct client_key
station_key(struct client_key k, uint32_t ifindex)
{
	/* Without this, all InfiniBand machines of an interface would share one
	 * client-rate, and only a few of them could boot. */
	if (k.with == 0)
		memcpy(k.client, &k.id, sizeof(k.id));
	k.id = ifindex;
	return k;
}

struct station *
clients_station(struct clients *c, struct client_key key, uint32_t ifindex)
{
	struct client_key k = station_key(key, ifindex);
	bool fresh;

	return hash_get(c->stations, &k, &fresh);
}

struct station *
clients_find_station(struct clients *c, struct client_key key, uint32_t ifindex,
    struct mono now)
{
	struct client_key k = station_key(key, ifindex);
	struct station *s = hash_find(c->stations, &k);

	return s && mono_diff_ms(now, s->last) <= CLIENTS6_MAC_MS ? s : NULL;
}

void
clients_expect(struct clients *c, struct client_key key, uint32_t ifindex)
{
	struct client_key st = station_key(key, ifindex);

	hash_expect(c->convs, &key);
	if (ifindex)
		hash_expect(c->stations, &st);
}

void
clients_count_try(const struct relay *r, struct conv *cv)
{
	if (cv->tries < UINT8_MAX)
		cv->tries++;
	if (cv->tries > 1)
		stats_count(r->stats, COUNTER_RETRIES);
}

enum drop
clients_limit(const struct relay *r, struct client_key key, struct iface *in,
    struct mono now)
{
	struct station *s = clients_station(r->clients, key, in->link.ifindex);

	s->last = now;
	s->id = key.id;
	if (!limit_take(&s->limit, r->conf->client_rate, now))
		return DROP_CLIENT_RATE;
	return limit_take(&in->limit, r->conf->interface_rate, now) ? DROP_NONE :
	    DROP_INTERFACE_RATE;
}

size_t
clients_count(const struct clients *c)
{
	return hash_count(c->convs);
}
