/* SPDX-License-Identifier: ISC
 *
 * hedge - the pool of include/core/hedge.h: a free list and a binary heap of slot
 * numbers by their moment. What a slot means is core/relay4_hedge's business.
 */
#include "core/hedge.h"

#include <stdlib.h>
#include <string.h>

struct hedges {
	uint32_t capacity, n;		/* n in use, heap[0..n-1] */
	struct hedge_slot *slot;
	uint32_t *heap;			/* slot indexes: in use, then free */
};

struct hedges *
hedges_new(uint32_t capacity)
{
	struct hedges *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->capacity = capacity;
	h->slot = calloc(capacity, sizeof(*h->slot));
	h->heap = calloc(capacity, sizeof(*h->heap));
	if (!h->slot || !h->heap)
		return hedges_free(h);
	for (uint32_t i = 0; i < capacity; i++)
		h->heap[i] = i;
	return h;
}

struct hedges *
hedges_free(struct hedges *h)
{
	if (h) {
		free(h->slot);
		free(h->heap);
		free(h);
	}
	return NULL;
}

static void
place(struct hedges *h, uint32_t at, uint32_t slot)
{
	h->heap[at] = slot;
	h->slot[slot].heap_at = at;
}

static bool
earlier(const struct hedges *h, uint32_t a, uint32_t b)
{
	return mono_before(h->slot[h->heap[a]].due, h->slot[h->heap[b]].due);
}

static void
swap(struct hedges *h, uint32_t a, uint32_t b)
{
	uint32_t x = h->heap[a];

	place(h, a, h->heap[b]);
	place(h, b, x);
}

static void
sift_up(struct hedges *h, uint32_t at)
{
	for (; at > 0 && earlier(h, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(h, at, (at - 1) / 2);
}

static void
sift_down(struct hedges *h, uint32_t at)
{
	for (;;) {
		uint32_t least = at, child = 2 * at + 1;

		if (child < h->n && earlier(h, child, least))
			least = child;
		if (child + 1 < h->n && earlier(h, child + 1, least))
			least = child + 1;
		if (least == at)
			return;
		swap(h, at, least);
		at = least;
	}
}

struct hedge_slot *
hedges_take(struct hedges *h, struct mono due)
{
	struct hedge_slot *s;
	uint32_t index;

	if (h->n == h->capacity)
		return NULL;
	index = h->heap[h->n];
	s = &h->slot[index];
	s->due = due;
	s->self = index + 1;
	place(h, h->n++, index);
	sift_up(h, s->heap_at);
	return s;
}

struct hedge_slot *
hedges_get(struct hedges *h, uint32_t self)
{
	struct hedge_slot *s;

	if (self == 0 || self > h->capacity)
		return NULL;
	s = &h->slot[self - 1];
	return s->self == self ? s : NULL;
}

void
hedges_move(struct hedges *h, struct hedge_slot *s, struct mono due)
{
	s->due = due;
	sift_up(h, s->heap_at);
	sift_down(h, s->heap_at);
}

void
hedges_drop(struct hedges *h, struct hedge_slot *s)
{
	uint32_t at = s->heap_at, last = --h->n;

	s->self = 0;
	if (at == last)
		return;
	swap(h, at, last);
	sift_up(h, at);
	sift_down(h, at);
}

struct hedge_slot *
hedges_first(struct hedges *h)
{
	return h->n ? &h->slot[h->heap[0]] : NULL;
}

uint32_t
hedges_count(const struct hedges *h)
{
	return h->n;
}
