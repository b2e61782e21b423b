/* SPDX-License-Identifier: ISC
 *
 * uses - a hash table with a list for each bucket, which grows with its rows: a host
 * may have 40,000 addresses. A row is kept while a count is not 0.
 *
 * The keys are what this host is configured with, so the hash needs no secret. What
 * somebody else asks for (a giaddr, an Interface-Id) is only looked up.
 */
#include "core/iface/uses.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define BUCKETS_MIN 64

static const struct hash_key no_secret = { { 0, 0 } };

struct use_row {
	struct use_row *next;
	struct ip6 key;
	uint32_t n[USES];
	/* XOR of the ifindexes of USE_LINK and USE_ID. One serves both, since no
	 * address is the hash of an Interface-Id. */
	uint32_t ifindexes;
};

void
uses_fini(struct uses *u)
{
	for (size_t i = 0; i < u->buckets; i++)
		for (struct use_row *next, *p = u->bucket[i]; p; p = next) {
			next = p->next;
			free(p);
		}
	free(u->bucket);
	*u = (struct uses){ 0 };
}

struct ip6
uses_key4(struct ip4 a)
{
	return (struct ip6){ { [10] = 0xff, 0xff, (uint8_t)(a.host >> 24),
	    (uint8_t)(a.host >> 16), (uint8_t)(a.host >> 8), (uint8_t)a.host } };
}

struct ip6
uses_key_bytes(const void *data, size_t len)
{
	uint64_t part[2] = { hash_sip(no_secret, data, len), len };
	struct ip6 key;

	memcpy(key.b, part, sizeof(key.b));
	return key;
}

/* Where the row with this key is linked, or would be. The table is not empty. */
static struct use_row **
place(const struct uses *u, struct ip6 key)
{
	uint64_t h = hash_sip(no_secret, key.b, sizeof(key.b));
	struct use_row **at = &u->bucket[h & (u->buckets - 1)];

	while (*at && !ip6_eq((*at)->key, key))
		at = &(*at)->next;
	return at;
}

/* Doubles the buckets. If memory is short, their lists become longer instead; only
 * the first ones are indispensable. */
static bool
grow(struct uses *u)
{
	struct uses wider = { .n = u->n,
	    .buckets = u->buckets ? 2 * u->buckets : BUCKETS_MIN };

	wider.bucket = calloc(wider.buckets, sizeof(struct use_row *));
	if (!wider.bucket)
		return u->buckets > 0;
	for (size_t i = 0; i < u->buckets; i++)
		for (struct use_row *next, *p = u->bucket[i]; p; p = next) {
			next = p->next;
			p->next = NULL;
			*place(&wider, p->key) = p;
		}
	free(u->bucket);
	*u = wider;
	return true;
}

bool
uses_add(struct uses *u, struct ip6 key, enum use why, uint32_t ifindex)
{
	struct use_row **at;

	if (u->n >= u->buckets && !grow(u))
		return false;
	at = place(u, key);
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return false;
		(*at)->key = key;
		u->n++;
	}
	(*at)->n[why]++;
	if (why == USE_LINK || why == USE_ID)
		(*at)->ifindexes ^= ifindex;
	return true;
}

/* Removes the row at this place if nothing uses it. */
static bool
drop_unused(struct uses *u, struct use_row **at)
{
	struct use_row *p = *at;

	for (int why = 0; why < USES; why++)
		if (p->n[why])
			return false;
	*at = p->next;
	free(p);
	u->n--;
	return true;
}

void
uses_del(struct uses *u, struct ip6 key, enum use why, uint32_t ifindex)
{
	struct use_row **at;

	assert(u->buckets);
	at = place(u, key);
	assert(*at && (*at)->n[why]);
	(*at)->n[why]--;
	if (why == USE_LINK || why == USE_ID)
		(*at)->ifindexes ^= ifindex;
	drop_unused(u, at);
}

void
uses_clear(struct uses *u, enum use why)
{
	for (size_t i = 0; i < u->buckets; i++)
		for (struct use_row **at = &u->bucket[i]; *at;) {
			(*at)->n[why] = 0;
			if (!drop_unused(u, at))
				at = &(*at)->next;
		}
}

size_t
uses_count(const struct uses *u, struct ip6 key, enum use why, uint32_t *ifindex)
{
	const struct use_row *p = u->buckets ? *place(u, key) : NULL;

	if (ifindex)
		*ifindex = p ? p->ifindexes : 0;
	return p ? p->n[why] : 0;
}
