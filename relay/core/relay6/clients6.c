/* SPDX-License-Identifier: ISC
 *
 * clients6 - the tables of DHCPv6 conversations and stations. They own their
 * entries; a caller borrows one while it handles a packet. core/relay4/clients
 * has those of DHCPv4.
 *
 * A retry is recognized by its key and never by option 8 (elapsed time): iPXE
 * counts it from the start of its session, not of the exchange.
 */
#include "core/relay6/clients6.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct conv6_key) == PENDING_KEY, "a stored query has this key");

struct clients6 {
	struct hash *convs;
	struct hash *stations;
};

struct clients6 *
clients6_new(size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user)
{
	struct clients6 *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->convs = hash_new(capacity, sizeof(struct conv6),
	    sizeof(struct conv6_key), secret, evicted, user);
	c->stations = hash_new(capacity, sizeof(struct station6),
	    sizeof(struct station6_key), secret, NULL, NULL);
	if (!c->convs || !c->stations)
		return clients6_free(c);
	return c;
}

struct clients6 *
clients6_free(struct clients6 *c)
{
	if (c) {
		hash_free(c->convs);
		hash_free(c->stations);
		free(c);
	}
	return NULL;
}

void
clients6_take(struct clients6 *c, const struct clients6 *from)
{
	hash_copy(c->convs, from->convs);
	hash_copy(c->stations, from->stations);
}

struct conv6 *
clients6_get(struct clients6 *c, struct conv6_key key, struct mono now)
{
	bool fresh;
	struct conv6 *cv = hash_get(c->convs, &key, &fresh);

	if (!fresh && mono_diff_ms(now, cv->last) > CLIENTS6_CONV_MS) {
		memset(cv, 0, sizeof(*cv));
		cv->key = key;
		fresh = true;
	}
	if (fresh)
		cv->rule = cv->group[CONF_DHCP] = cv->group[CONF_BOOT] = CONF_NONE;
	cv->last = now;
	return cv;
}

struct conv6 *
clients6_find(struct clients6 *c, struct conv6_key key, struct mono now)
{
	struct conv6 *cv = hash_find(c->convs, &key);

	return cv && mono_diff_ms(now, cv->last) <= CLIENTS6_CONV_MS ? cv : NULL;
}

struct station6 *
clients6_station(struct clients6 *c, uint32_t ifindex, struct ip6 peer)
{
	struct station6_key key = { ifindex, peer };
	bool fresh;

	return hash_get(c->stations, &key, &fresh);
}

struct station6 *
clients6_find_station(struct clients6 *c, uint32_t ifindex, struct ip6 peer,
    struct mono now)
{
	struct station6_key key = { ifindex, peer };
	struct station6 *s = hash_find(c->stations, &key);

	return s && mono_diff_ms(now, s->last) <= CLIENTS6_MAC_MS ? s : NULL;
}

void
clients6_expect(struct clients6 *c, uint32_t ifindex, struct ip6 peer, uint32_t id)
{
	struct station6_key station = { ifindex, peer };
	struct conv6_key conv = { ifindex, id, peer };

	hash_expect(c->stations, &station);
	hash_expect(c->convs, &conv);
}

size_t
clients6_count(const struct clients6 *c)
{
	return hash_count(c->convs);
}
