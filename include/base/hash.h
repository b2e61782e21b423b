/* SPDX-License-Identifier: ISC
 *
 * hash - a keyed hash table of fixed capacity with an age list.
 *
 * What clients can grow must have a bound: the table is allocated once, at its
 * full capacity, and an insert into a full table evicts the entry that was
 * touched longest ago (with a call-back, so that nothing vanishes uncounted).
 * Keys are hashed with SipHash-2-4 under a secret that the caller draws, since
 * clients choose their own MAC addresses and xids; hash_trust_keys() is for those
 * that they cannot choose.
 *
 * Entries are fixed-size blocks of caller-defined bytes: the key stands at the
 * beginning of each entry. Pointers to entries stay valid until that entry is
 * removed or evicted. Not thread-safe.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash;

struct hash_key {
	uint64_t k[2];	/* the secret, from getrandom() at the edge */
};

uint64_t hash_sip(struct hash_key secret, const void *data, size_t len);

/*
 * A table of `capacity` entries of `entry_size` bytes whose first `key_size`
 * bytes are the key. NULL when memory is short, an argument is 0, the key is
 * longer than the entry or the table would be larger than 2^30 entries.
 * `evicted` (may be NULL) sees an entry before it is reused; it must not
 * change the table, and is not called by hash_remove() or hash_free().
 */
struct hash *hash_new(size_t capacity, size_t entry_size, size_t key_size,
    struct hash_key secret, void (*evicted)(void *entry, void *user), void *user);
/* Hashes keys without the secret, in a tenth of the time. Only for keys that no attacker can
 * choose, as the kernel's interface numbers, and only while the table is empty. */
void hash_trust_keys(struct hash *h);
/* Of a new entry only the first `size` bytes, the key among them, are written from now on; the rest
 * keeps what an earlier entry left there. For large entries of which few bytes are read at first. */
void hash_zero_only(struct hash *h, size_t size);
/* Frees the table and every entry; returns NULL. */
struct hash *hash_free(struct hash *h);

/* The entry with this key, or NULL. Does not count as a touch. */
void *hash_find(const struct hash *h, const void *key);
/* The entry with this key, made (key copied, the rest zeroed) when missing;
 * *fresh says which. Never NULL: a full table evicts its oldest. Touches. */
void *hash_get(struct hash *h, const void *key, bool *fresh);
/* Says that a call about this key comes soon: the place of its entry is prefetched into the cache,
 * and its hash is kept for that call. Saves time, and changes nothing else. */
void hash_expect(struct hash *h, const void *key);
/* Makes the entry the youngest. */
void hash_touch(struct hash *h, void *entry);
void hash_remove(struct hash *h, void *entry);
size_t hash_count(const struct hash *h);
size_t hash_capacity(const struct hash *h);
/* The entry that was touched longest ago, NULL when empty; then its younger
 * neighbour, NULL at the end. Removing the returned entry while walking needs
 * the next one fetched first. */
void *hash_oldest(const struct hash *h);
void *hash_younger(const struct hash *h, const void *entry);
/* The same walk from the other end. */
void *hash_youngest(const struct hash *h);
void *hash_older(const struct hash *h, const void *entry);

#endif
