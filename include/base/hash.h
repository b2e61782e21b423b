/* SPDX-License-Identifier: ISC
 *
 * hash - a keyed hash table of fixed capacity with an age list.
 *
 * Whatever clients can make grow is bounded: the table is allocated once, at
 * its full capacity, and an insert into a full table evicts the least recently
 * used entry. A callback sees it, so that every loss is counted. Keys are
 * hashed with SipHash-2-4 and the caller's secret, since clients choose their
 * own MAC addresses and xids.
 *
 * Entries are blocks of fixed size whose first bytes are the key. They are
 * never removed, only evicted; pointers are valid until then.
 *
 * What one VLAN puts into a table must not push out what belongs to another. So a
 * table can be shared (hash_share): then the key says whose an entry is, and a full
 * table evicts the oldest one of the interface that has most.
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

/* A table of `capacity` entries of `entry_size` bytes whose first `key_size`
 * bytes are the key. Returns NULL if memory is short, an argument is 0, the key
 * is longer than the entry, or the table would have more than 2^30 entries.
 * `evicted` (may be NULL) sees an entry before it is reused, but not when the
 * table is freed; it must not change the table. */
struct hash *hash_new(size_t capacity, size_t entry_size, size_t key_size,
    struct hash_key secret, void (*evicted)(void *entry, void *user), void *user);
/* From now on, clears only the first `size` bytes of a new entry (the key
 * included); the rest keeps old contents. For large entries. */
void hash_zero_only(struct hash *h, size_t size);
/* From now on, the last four bytes of a key are an ifindex. Call it while the table is
 * empty; returns false if memory is short. */
bool hash_share(struct hash *h);
/* Frees the table and every entry; returns NULL. */
struct hash *hash_free(struct hash *h);

/* Returns the entry with this key, or NULL. Its age does not change. */
void *hash_find(const struct hash *h, const void *key);
/* Returns the next entry of a shared table with this key on any interface, or NULL.
 * *at begins as 0; the table must not change in between. */
void *hash_find_any(const struct hash *h, const void *key, uint32_t *at);
/* Returns the entry with this key and makes it the youngest. If it is missing,
 * it is created (key copied, the rest zeroed) and *fresh is set; a full table
 * evicts an entry for it. Never NULL. */
void *hash_get(struct hash *h, const void *key, bool *fresh);
/* Prefetch hint for the next call with this key, on whatever interface; no semantic
 * effect. */
void hash_expect(struct hash *h, const void *key);
/* Copies entries, from the oldest to the youngest, which keeps their order. Both
 * tables have entries of one size. */
void hash_copy(struct hash *to, const struct hash *from);
size_t hash_count(const struct hash *h);
/* Iterate by age: return the next younger (older) entry, or NULL at the end.
 * With NULL they return the oldest (youngest) one. */
void *hash_younger(const struct hash *h, const void *entry);
void *hash_older(const struct hash *h, const void *entry);

#endif
