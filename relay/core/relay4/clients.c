/* SPDX-License-Identifier: ISC
 *
 * clients - the tables of conversations and stations. They own their entries; a
 * caller borrows one while it handles a packet.
 *
 * A retry is recognized by (chaddr, xid), as a reply is (RFC 2131 4.1), and
 * never by `secs`: iPXE keeps flags in that field (ipxe src/net/udp/dhcp.c), so
 * a threshold on it would break iPXE.
 */
#include "core/relay4/clients.h"

#include <stdlib.h>
#include <string.h>

struct clients {
	struct hash *convs;
	struct hash *stations;
};

struct clients *
clients_new(size_t capacity, struct hash_key secret,
    void (*evicted)(void *conv, void *user), void *user)
{
	struct clients *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->convs = hash_new(capacity, sizeof(struct conv),
	    sizeof(struct conv_key), secret, evicted, user);
	c->stations = hash_new(capacity, sizeof(struct station),
	    sizeof(struct station_key), secret, NULL, NULL);
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
struct conv_key
clients_key(const struct dhcp4 *m)
{
	struct conv_key k = { .xid = m->xid, .hlen = m->hlen };

	memcpy(k.chaddr, m->chaddr, m->hlen);
	return k;
}

static bool
conv_stale(const struct conv *cv, struct mono now)
{
	return mono_diff_ms(now, cv->last) > CLIENTS_CONV_MS;
}

struct conv *
clients_get(struct clients *c, const struct dhcp4 *m, struct mono now,
    bool *fresh)
{
	struct conv_key k = clients_key(m);
	struct conv *cv = hash_get(c->convs, &k, fresh);

	if (!*fresh && conv_stale(cv, now)) {
		memset(cv, 0, sizeof(*cv));
		cv->key = k;
		*fresh = true;
	}
	if (*fresh)
		cv->rule = CONF_NONE;
	cv->last = now;
	return cv;
}

struct conv *
clients_find(struct clients *c, struct conv_key key, struct mono now)
{
	struct conv *cv = hash_find(c->convs, &key);

	return cv && !conv_stale(cv, now) ? cv : NULL;
}

struct station *
clients_station(struct clients *c, const struct dhcp4 *m, uint32_t ifindex)
{
	struct station_key k = { .ifindex = ifindex, .hlen = m->hlen };
	bool fresh;

	memcpy(k.chaddr, m->chaddr, m->hlen);
	/* Without this, all InfiniBand machines of an interface would share one
	 * client-rate, and only a few of them could boot. */
	if (m->hlen == 0)
		memcpy(k.chaddr, &m->xid, sizeof(m->xid));
	return hash_get(c->stations, &k, &fresh);
}

void
clients_expect(struct clients *c, const struct conv_key *key, uint32_t ifindex)
{
	struct station_key st = { .ifindex = ifindex, .hlen = key->hlen };

	hash_expect(c->convs, key);
	if (!ifindex)
		return;
	memcpy(st.chaddr, key->chaddr, sizeof(st.chaddr));
	hash_expect(c->stations, &st);
}

size_t
clients_count(const struct clients *c)
{
	return hash_count(c->convs);
}
