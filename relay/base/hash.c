/* SPDX-License-Identifier: ISC
 * hash - SipHash, and a table of fixed capacity whose entries are listed by
 * age. What is in an entry, and when to look it up, is left to its owner.
 *
 * A table is one allocation, which is never resized:
 *
 *	struct hash | entries | links (one per entry) | slots
 *
 * (of a shared table also what says whose the entries are)
 *
 * Entries, links and slots refer to each other by number; the first entry is 1
 * and 0 is none, so zeroed memory is an empty table. An entry costs its own
 * size, 20 bytes of link and 16 to 32 bytes of slots (8 bytes each, twice the
 * capacity rounded up to a power of two). Entries are handed out in order, so
 * the unused part of a large table takes no memory from the kernel.
 *
 * Collisions are resolved by linear probing. A slot has 32 bits of the hash
 * beside the number: at a load of at most one half, one cache line tells
 * whether a key is present, and only then is the entry read. So a request from
 * an unknown client, which storms consist of, costs one cache line. Keys that
 * differ only in the interface have one hash, so they are found together. SipHash:
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
#include "base/hash.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/shares.h"

/* Numbers are 32 bits; with this bound no sum of them overflows. */
#define CAPACITY_MAX ((size_t)1 << 30)

/* The lists that an entry is in: of the table, and of its interface. */
enum { ALL, OWN, LISTS };

struct list {
	uint32_t oldest;
	uint32_t youngest;
};

struct link {
	struct {
		uint32_t older;
		uint32_t younger;
	} in[LISTS];
	uint32_t tag;		/* low half of the hash of the key */
};

struct slot {
	uint32_t n;		/* 0: empty */
	uint32_t tag;
};

/* Hashes stored by hash_expect(): one key is in use, the other is the next. */
#define EXPECTED 2
#define EXPECTED_KEY 64

struct expected {
	uint32_t tag;
	uint8_t key[EXPECTED_KEY];
};

struct hash {
	_Alignas(16) struct hash_key secret;
	size_t capacity, count;
	size_t entry_size, key_size;
	size_t hashed;		/* of the key: all, or all but the interface */
	size_t zeroed;		/* of a new entry, the key included */
	struct link *links;
	uint8_t *entries;
	struct slot *slots;
	uint32_t mask;		/* number of slots - 1 */
	struct list all;
	struct shares *shares;	/* NULL: the table is not shared */
	struct list *own;	/* by share */
	bool evicting;
	struct expected expected[EXPECTED];
	uint32_t n_expected;
	void (*evicted)(void *entry, void *user);
	void *user;
};

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_round(struct sip *s)
{
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

static inline void
sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* The last 0..7 bytes; fast for 0 and 4, since keys have 20 or 24 bytes. */
static inline uint64_t
sip_tail(const uint8_t *p, size_t left)
{
	uint64_t last = 0;
	uint32_t four;

	if (left & 4) {
		memcpy(&four, p + (left & 3), sizeof(four));
		last = (uint64_t)le32toh(four) << (8 * (left & 3));
	}
	for (size_t i = left & 3; i-- > 0;)
		last |= (uint64_t)p[i] << (8 * i);
	return last;
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
	sip_word(&s, last | sip_tail(p, left));
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct hash *
hash_new(size_t capacity, size_t entry_size, size_t key_size,
    struct hash_key secret, void (*evicted)(void *entry, void *user), void *user)
{
	size_t links = capacity * sizeof(struct link), slots = 2, entries, total;
	struct hash *h;

	/* Entries start at a multiple of 16, and the size of a struct is a
	 * multiple of its alignment, so each is aligned. */
	_Static_assert(sizeof(struct hash) % 16 == 0, "entries not aligned");

	if (!capacity || capacity > CAPACITY_MAX || !key_size ||
	    key_size > entry_size)
		return NULL;
	while (slots < 2 * capacity)
		slots *= 2;
	if (__builtin_mul_overflow(capacity, entry_size, &entries) ||
	    __builtin_add_overflow(entries, 3, &entries))
		return NULL;
	entries &= ~(size_t)3;	/* aligns the links */
	total = sizeof(*h) + links + slots * sizeof(struct slot);
	if (__builtin_add_overflow(total, entries, &total))
		return NULL;
	h = calloc(1, total);
	if (!h)
		return NULL;
	h->secret = secret;
	h->capacity = capacity;
	h->entry_size = entry_size;
	h->key_size = h->hashed = key_size;
	h->zeroed = entry_size;
	h->evicted = evicted;
	h->user = user;
	h->entries = (uint8_t *)(h + 1);
	h->links = (struct link *)(void *)(h->entries + entries);
	h->slots = (struct slot *)(void *)(h->links + capacity);
	h->mask = (uint32_t)(slots - 1);
	return h;
}

struct hash *
hash_free(struct hash *h)
{
	if (h) {
		shares_free(h->shares);
		free(h->own);
		free(h);
	}
	return NULL;
}

bool
hash_share(struct hash *h)
{
	assert(h->count == 0 && h->key_size > sizeof(uint32_t));
	h->hashed = h->key_size - sizeof(uint32_t);
	h->shares = shares_new(h->capacity);
	if (h->shares)
		h->own = calloc(shares_size(h->shares), sizeof(*h->own));
	return h->own != NULL;
}

void
hash_zero_only(struct hash *h, size_t size)
{
	assert(size >= h->key_size && size <= h->entry_size);
	h->zeroed = size;
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

static uint32_t
number_of(const struct hash *h, const void *entry)
{
	size_t off = (size_t)((const uint8_t *)entry - h->entries);
	size_t i = off / h->entry_size;

	assert(off % h->entry_size == 0 && i < h->count);
	return (uint32_t)i + 1;
}

/* The share of the interface in a key. */
static uint32_t
share_of(const struct hash *h, const void *key)
{
	uint32_t ifindex;

	memcpy(&ifindex, (const uint8_t *)key + h->hashed, sizeof(ifindex));
	return shares_of(h->shares, ifindex);
}

static void
list_remove(struct hash *h, struct list *list, int which, uint32_t n)
{
	uint32_t older = link_of(h, n)->in[which].older;
	uint32_t younger = link_of(h, n)->in[which].younger;

	if (older)
		link_of(h, older)->in[which].younger = younger;
	else
		list->oldest = younger;
	if (younger)
		link_of(h, younger)->in[which].older = older;
	else
		list->youngest = older;
}

static void
list_append(struct hash *h, struct list *list, int which, uint32_t n)
{
	link_of(h, n)->in[which].older = list->youngest;
	link_of(h, n)->in[which].younger = 0;
	if (list->youngest)
		link_of(h, list->youngest)->in[which].younger = n;
	else
		list->oldest = n;
	list->youngest = n;
}

static void
age_unlink(struct hash *h, uint32_t n)
{
	list_remove(h, &h->all, ALL, n);
	if (h->shares)
		list_remove(h, &h->own[share_of(h, entry_of(h, n))], OWN, n);
}

static void
age_append(struct hash *h, uint32_t n)
{
	list_append(h, &h->all, ALL, n);
	if (h->shares)
		list_append(h, &h->own[share_of(h, entry_of(h, n))], OWN, n);
}

/* The slot of the entry with this key, or the empty slot where it belongs. */
static struct slot *
slot_find(const struct hash *h, const void *key, uint32_t tag)
{
	uint32_t i = tag & h->mask;

	for (; h->slots[i].n; i = (i + 1) & h->mask)
		if (h->slots[i].tag == tag && memcmp(entry_of(h, h->slots[i].n),
		    key, h->key_size) == 0)
			break;
	return &h->slots[i];
}

/* Is slot `at` in the range `home` to `i`, which may wrap around? */
static bool
is_between(uint32_t home, uint32_t at, uint32_t i)
{
	return home <= i ? home <= at && at <= i : home <= at || at <= i;
}

/* Empties the slot of entry n. Entries displaced past it move up, since a
 * search stops at an empty slot. */
static void
slot_remove(struct hash *h, uint32_t n)
{
	uint32_t at = link_of(h, n)->tag & h->mask;

	while (h->slots[at].n != n)
		at = (at + 1) & h->mask;
	for (uint32_t i = (at + 1) & h->mask; h->slots[i].n; i = (i + 1) & h->mask) {
		if (!is_between(h->slots[i].tag & h->mask, at, i))
			continue;
		h->slots[at] = h->slots[i];
		at = i;
	}
	h->slots[at].n = 0;
}

static void
move_to_youngest(struct hash *h, uint32_t n)
{
	if (h->all.youngest == n)
		return;
	age_unlink(h, n);
	age_append(h, n);
}

/* The oldest entry, in a shared table that of the interface with most. */
static uint32_t
next_victim(const struct hash *h)
{
	return h->shares ? h->own[shares_most(h->shares)].oldest : h->all.oldest;
}

/* Evicts an entry and returns its number, for reuse. */
static uint32_t
evict(struct hash *h)
{
	uint32_t n = next_victim(h);

	if (h->evicted) {
		h->evicting = true;
		h->evicted(entry_of(h, n), h->user);
		h->evicting = false;
	}
	slot_remove(h, n);
	age_unlink(h, n);
	if (h->shares)
		shares_sub(h->shares, share_of(h, entry_of(h, n)));
	/* Prefetch the next victim. */
	if (h->all.oldest) {
		uint32_t next = next_victim(h);

		__builtin_prefetch(&h->slots[link_of(h, next)->tag & h->mask], 1);
		__builtin_prefetch(entry_of(h, next), 1);
	}
	return n;
}

static uint32_t
tag_of(const struct hash *h, const void *key)
{
	for (unsigned i = 0; i < EXPECTED && i < h->n_expected; i++)
		if (memcmp(h->expected[i].key, key, h->hashed) == 0)
			return h->expected[i].tag;
	return (uint32_t)hash_sip(h->secret, key, h->hashed);
}

void
hash_expect(struct hash *h, const void *key)
{
	struct expected *e = &h->expected[h->n_expected++ % EXPECTED];

	if (h->hashed > sizeof(e->key)) {
		h->n_expected = 0;
		return;
	}
	memcpy(e->key, key, h->hashed);
	e->tag = (uint32_t)hash_sip(h->secret, key, h->hashed);
	__builtin_prefetch(&h->slots[e->tag & h->mask]);
}

void *
hash_find(const struct hash *h, const void *key)
{
	return entry_of(h, slot_find(h, key, tag_of(h, key))->n);
}

void *
hash_find_any(const struct hash *h, const void *key, uint32_t *at)
{
	uint32_t tag = tag_of(h, key);

	for (;;) {
		const struct slot *s = &h->slots[(tag + *at) & h->mask];

		if (!s->n)
			return NULL;
		++*at;
		if (s->tag == tag && memcmp(entry_of(h, s->n), key, h->hashed) == 0)
			return entry_of(h, s->n);
	}
}

void *
hash_get(struct hash *h, const void *key, bool *fresh)
{
	uint32_t tag = tag_of(h, key), n;
	struct slot *at = slot_find(h, key, tag);
	uint8_t *entry;

	assert(!h->evicting);
	*fresh = at->n == 0;
	if (at->n) {
		move_to_youngest(h, at->n);
		return entry_of(h, at->n);
	}
	if (h->count < h->capacity)
		n = (uint32_t)++h->count;
	else {
		n = evict(h);
		at = slot_find(h, key, tag);	/* slots may have moved up */
	}
	*at = (struct slot){ n, tag };
	link_of(h, n)->tag = tag;
	entry = entry_of(h, n);
	/* Key first, by memmove(): it may be inside the entry just evicted. */
	memmove(entry, key, h->key_size);
	memset(entry + h->key_size, 0, h->zeroed - h->key_size);
	age_append(h, n);
	if (h->shares)
		shares_add(h->shares, share_of(h, entry));
	return entry;
}

size_t
hash_count(const struct hash *h)
{
	return h->count;
}

void *
hash_younger(const struct hash *h, const void *entry)
{
	return entry_of(h, entry ? link_of(h, number_of(h, entry))->in[ALL].younger :
	    h->all.oldest);
}

void *
hash_older(const struct hash *h, const void *entry)
{
	return entry_of(h, entry ? link_of(h, number_of(h, entry))->in[ALL].older :
	    h->all.youngest);
}

void
hash_copy(struct hash *to, const struct hash *from)
{
	bool fresh;

	for (void *e = NULL; (e = hash_younger(from, e)) != NULL;)
		memcpy(hash_get(to, e, &fresh), e, to->entry_size);
}
