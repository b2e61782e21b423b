/* SPDX-License-Identifier: ISC
 *
 * growmap - a keyed hash table that grows instead of evicting.
 *
 * For what the administrator and the kernel put in, interfaces and addresses:
 * there is no bound to give in advance, and nothing may be lost. What clients
 * can grow belongs into a base/hash of fixed capacity.
 *
 * Entries begin with their key, as in base/hash. Unlike there they move when
 * the map grows: an entry's pointer is valid until the next growmap_get().
 */
#ifndef CORE_GROWMAP_H
#define CORE_GROWMAP_H

#include <stddef.h>

#include "base/hash.h"

struct growmap {
	struct hash *h;		/* owned; NULL until the first entry */
	struct hash_key secret;
	size_t entry_size, key_size;
};

/* Allocates nothing. */
void growmap_init(struct growmap *m, size_t entry_size, size_t key_size,
    struct hash_key secret);
void growmap_fini(struct growmap *m);

/* The entry with this key, or NULL. */
void *growmap_find(const struct growmap *m, const void *key);
/* The same, made and zeroed behind the key when missing; NULL when memory is
 * short. */
void *growmap_get(struct growmap *m, const void *key);
void growmap_remove(struct growmap *m, void *entry);
/* The first entry and the one after `entry`, in no useful order; NULL at the end. */
void *growmap_next(const struct growmap *m, const void *entry);

#endif
