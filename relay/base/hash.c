/* SPDX-License-Identifier: ISC
 *
 * hash - a keyed hash table of fixed capacity with an age list.
 *
 * One allocation, made by hash_new() and never changed:
 *
 *	struct hash | links (one per entry) | entries | buckets
 *
 * Entries, links and buckets refer to each other by numbers; entry 1 is the
 * first and 0 is nobody, so zeroed memory is an empty table. An entry costs its
 * own size, 16 bytes of link and 4 to 8 bytes of buckets (their number is the
 * capacity rounded up to a power of two): at most 24 bytes on top. Entries are
 * given out in order, so the kernel need not back the part of a large table
 * that was never used.
 *
 * Chains hang off buckets, the load is at most 1 and the hash is keyed, hence
 * find, get and remove look at 1.5 entries on average and clients can not aim
 * at one chain (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012). Touch is a move in the doubly linked age list.
 *
 * The caller owns what entries point to; the call-back is told of evictions,
 * not of hash_remove() and hash_free(). It must not change the table.
 */
#include "base/hash.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are 32 bits; with this bound no sum of them overflows. */
#define CAPACITY_MAX ((size_t)1 << 30)

struct link {
	uint32_t chain;		/* next in the bucket, or in the free list */
	uint32_t older;		/* FREE when the entry is not in use */
	uint32_t younger;
	uint32_t tag;		/* low half of the hash of the key */
};

#define FREE UINT32_MAX

struct hash {
	_Alignas(16) struct hash_key secret;
	size_t capacity, count;
	size_t entry_size, key_size;
	struct link *links;
	uint8_t *entries;
	uint32_t *buckets;
	uint32_t mask;		/* number of buckets - 1 */
	uint32_t oldest, youngest;
	uint32_t free;		/* entries that were removed */
	uint32_t fresh;		/* entries that were ever used */
	bool evicting;
	void (*evicted)(void *entry, void *user);
	void *user;
};

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static void
sip_rounds(struct sip *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 = rotl(s->v2, 32);
	}
}

static void
sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_rounds(s, 2);
	s->v0 ^= m;
}

uint64_t
hash_sip(struct hash_key secret, const void *data, size_t len)
{
	/* "somepseudorandomlygeneratedbytes", section 2.1 of the paper */
	struct sip s = {
		secret.k[0] ^ 0x736f6d6570736575,
		secret.k[1] ^ 0x646f72616e646f6d,
		secret.k[0] ^ 0x6c7967656e657261,
		secret.k[1] ^ 0x7465646279746573,
	};
	const uint8_t *p = data;
	uint64_t w, last = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= sizeof(w); p += sizeof(w), left -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		sip_word(&s, le64toh(w));
	}
	while (left-- > 0)
		last |= (uint64_t)p[left] << (8 * left);
	sip_word(&s, last);
	s.v2 ^= 0xff;
	sip_rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The parts of the allocation behind struct hash, in bytes. */
struct layout {
	size_t links, entries, buckets;
	size_t total;		/* with struct hash */
};

static bool
layout_of(size_t capacity, size_t entry_size, struct layout *lay)
{
	size_t buckets = 1;

	if (capacity > CAPACITY_MAX)
		return false;
	while (buckets < capacity)
		buckets *= 2;
	lay->links = capacity * sizeof(struct link);
	lay->buckets = buckets * sizeof(uint32_t);
	if (__builtin_mul_overflow(capacity, entry_size, &lay->entries) ||
	    __builtin_add_overflow(lay->entries, 3, &lay->entries))
		return false;
	lay->entries &= ~(size_t)3;	/* buckets stand behind them */
	lay->total = sizeof(struct hash) + lay->links + lay->buckets;
	return !__builtin_add_overflow(lay->total, lay->entries, &lay->total);
}

struct hash *
hash_new(size_t capacity, size_t entry_size, size_t key_size,
    struct hash_key secret, void (*evicted)(void *entry, void *user), void *user)
{
	struct layout lay;
	struct hash *h;

	/*
	 * Entries stand at multiples of their size behind blocks of 16 bytes;
	 * a struct has a size that is a multiple of its alignment, so each of
	 * them is aligned without a byte of padding.
	 */
	_Static_assert(sizeof(struct hash) % 16 == 0, "entries not aligned");
	_Static_assert(sizeof(struct link) == 16, "entries not aligned");

	if (!capacity || !key_size || key_size > entry_size ||
	    !layout_of(capacity, entry_size, &lay))
		return NULL;
	h = calloc(1, lay.total);
	if (!h)
		return NULL;
	h->secret = secret;
	h->capacity = capacity;
	h->entry_size = entry_size;
	h->key_size = key_size;
	h->evicted = evicted;
	h->user = user;
	h->links = (struct link *)(h + 1);
	h->entries = (uint8_t *)h->links + lay.links;
	h->buckets = (uint32_t *)(void *)(h->entries + lay.entries);
	h->mask = (uint32_t)(lay.buckets / sizeof(uint32_t) - 1);
	return h;
}

struct hash *
hash_free(struct hash *h)
{
	free(h);
	return NULL;
}

static struct link *
link_of(const struct hash *h, uint32_t n)
{
	return &h->links[n - 1];
}

static void *
entry_of(const struct hash *h, uint32_t n)
{
	return n ? h->entries + (n - 1) * h->entry_size : NULL;
}

/* The number of an entry that the caller holds. */
static uint32_t
number_of(const struct hash *h, const void *entry)
{
	size_t off = (size_t)((const uint8_t *)entry - h->entries);
	size_t i = off / h->entry_size;

	assert(off % h->entry_size == 0 && i < h->fresh);
	assert(h->links[i].older != FREE);
	return (uint32_t)i + 1;
}

static void
age_unlink(struct hash *h, uint32_t n)
{
	const struct link *l = link_of(h, n);

	if (l->older)
		link_of(h, l->older)->younger = l->younger;
	else
		h->oldest = l->younger;
	if (l->younger)
		link_of(h, l->younger)->older = l->older;
	else
		h->youngest = l->older;
}

static void
age_append(struct hash *h, uint32_t n)
{
	struct link *l = link_of(h, n);

	l->older = h->youngest;
	l->younger = 0;
	if (h->youngest)
		link_of(h, h->youngest)->younger = n;
	else
		h->oldest = n;
	h->youngest = n;
}

static void
chain_push(struct hash *h, uint32_t n, uint32_t tag)
{
	uint32_t *head = &h->buckets[tag & h->mask];
	struct link *l = link_of(h, n);

	l->tag = tag;
	l->chain = *head;
	*head = n;
}

static void
chain_unlink(struct hash *h, uint32_t n)
{
	const struct link *l = link_of(h, n);
	uint32_t *at = &h->buckets[l->tag & h->mask];

	while (*at != n)
		at = &link_of(h, *at)->chain;
	*at = l->chain;
}

static uint32_t
chain_find(const struct hash *h, const void *key, uint32_t tag)
{
	uint32_t n = h->buckets[tag & h->mask];

	while (n && (link_of(h, n)->tag != tag ||
	    memcmp(entry_of(h, n), key, h->key_size) != 0))
		n = link_of(h, n)->chain;
	return n;
}

static void
move_to_youngest(struct hash *h, uint32_t n)
{
	if (h->youngest == n)
		return;
	age_unlink(h, n);
	age_append(h, n);
}

static void
release(struct hash *h, uint32_t n)
{
	struct link *l = link_of(h, n);

	chain_unlink(h, n);
	age_unlink(h, n);
	l->older = FREE;
	l->chain = h->free;
	h->free = n;
	h->count--;
}

static void
evict_oldest(struct hash *h)
{
	if (h->evicted) {
		h->evicting = true;
		h->evicted(entry_of(h, h->oldest), h->user);
		h->evicting = false;
	}
	release(h, h->oldest);
}

/* A number for a new entry, by eviction if there is no other way. */
static uint32_t
claim(struct hash *h)
{
	uint32_t n;

	if (h->count == h->capacity)
		evict_oldest(h);
	h->count++;
	if (!h->free)
		return ++h->fresh;
	n = h->free;
	h->free = link_of(h, n)->chain;
	return n;
}

static uint32_t
tag_of(const struct hash *h, const void *key)
{
	return (uint32_t)hash_sip(h->secret, key, h->key_size);
}

void *
hash_find(const struct hash *h, const void *key)
{
	return entry_of(h, chain_find(h, key, tag_of(h, key)));
}

void *
hash_get(struct hash *h, const void *key, bool *fresh)
{
	uint32_t tag = tag_of(h, key);
	uint32_t n = chain_find(h, key, tag);
	uint8_t *entry;

	assert(!h->evicting);
	*fresh = n == 0;
	if (n) {
		move_to_youngest(h, n);
		return entry_of(h, n);
	}
	n = claim(h);
	chain_push(h, n, tag);
	age_append(h, n);
	entry = entry_of(h, n);
	/* The key first, and moved: it may lie in the entry just evicted. */
	memmove(entry, key, h->key_size);
	memset(entry + h->key_size, 0, h->entry_size - h->key_size);
	return entry;
}

void
hash_touch(struct hash *h, void *entry)
{
	assert(!h->evicting);
	move_to_youngest(h, number_of(h, entry));
}

void
hash_remove(struct hash *h, void *entry)
{
	assert(!h->evicting);
	release(h, number_of(h, entry));
}

size_t
hash_count(const struct hash *h)
{
	return h->count;
}

size_t
hash_capacity(const struct hash *h)
{
	return h->capacity;
}

void *
hash_oldest(const struct hash *h)
{
	return entry_of(h, h->oldest);
}

void *
hash_younger(const struct hash *h, const void *entry)
{
	return entry_of(h, link_of(h, number_of(h, entry))->younger);
}

void *
hash_youngest(const struct hash *h)
{
	return entry_of(h, h->youngest);
}

void *
hash_older(const struct hash *h, const void *entry)
{
	return entry_of(h, link_of(h, number_of(h, entry))->older);
}
