/* SPDX-License-Identifier: ISC
 *
 * growmap - a keyed hash table that grows instead of evicting.
 *
 * A base/hash that is rebuilt at twice its capacity before an entry is made in
 * a full one, so the eviction of base/hash never happens. The old table stays
 * as it is when memory for the new one is short. It never shrinks: who once
 * had 10,000 VLANs will have them again.
 */
#include "core/iface/growmap.h"

#include <string.h>

#define CAPACITY_MIN 64

void
growmap_init(struct growmap *m, size_t entry_size, size_t key_size,
    struct hash_key secret)
{
	*m = (struct growmap){ NULL, secret, entry_size, key_size };
}

void
growmap_fini(struct growmap *m)
{
	m->h = hash_free(m->h);
}

void *
growmap_find(const struct growmap *m, const void *key)
{
	return m->h ? hash_find(m->h, key) : NULL;
}

static bool
grow(struct growmap *m)
{
	size_t capacity = m->h ? 2 * hash_capacity(m->h) : CAPACITY_MIN;
	struct hash *h;
	bool fresh;

	h = hash_new(capacity, m->entry_size, m->key_size, m->secret, NULL, NULL);
	if (!h)
		return false;
	hash_trust_keys(h);
	for (void *e = growmap_next(m, NULL); e; e = growmap_next(m, e))
		memcpy(hash_get(h, e, &fresh), e, m->entry_size);
	hash_free(m->h);
	m->h = h;
	return true;
}

void *
growmap_get(struct growmap *m, const void *key)
{
	void *e = growmap_find(m, key);
	bool fresh;

	if (e)
		return e;
	if (!m->h || hash_count(m->h) == hash_capacity(m->h))
		if (!grow(m))
			return NULL;
	return hash_get(m->h, key, &fresh);
}

void
growmap_remove(struct growmap *m, void *entry)
{
	hash_remove(m->h, entry);
}

void *
growmap_next(const struct growmap *m, const void *entry)
{
	if (!m->h)
		return NULL;
	return entry ? hash_younger(m->h, entry) : hash_oldest(m->h);
}
