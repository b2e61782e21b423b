/* SPDX-License-Identifier: ISC
 *
 * hedge - the pool of include/core/relay4/hedge.h: a free list and a binary heap of slot
 * numbers by their moment. What a slot means is the business of core/relay4_servers.c
 * and core/rescue.
 *
 * The heap compares moments that stand in it, and places are noted beside the
 * slots: these are 1.5 KB long, and a storm with thousands of questions under way
 * would fetch a line of memory for each step (5 % of the relay's time).
 */
#include "core/relay4/hedge.h"

#include <stdlib.h>

struct place {
	struct mono due;
	uint32_t slot;			/* its index */
};

struct hedges {
	uint32_t capacity, n;		/* n in use, heap[0..n-1] */
	struct hedge_slot *slot;
	struct place *heap;		/* in use, then free */
	uint32_t *at;			/* by slot: its place in the heap */
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
	h->at = calloc(capacity, sizeof(*h->at));
	if (!h->slot || !h->heap || !h->at)
		return hedges_free(h);
	for (uint32_t i = 0; i < capacity; i++)
		h->heap[i].slot = i;
	return h;
}

struct hedges *
hedges_free(struct hedges *h)
{
	if (h) {
		free(h->slot);
		free(h->heap);
		free(h->at);
		free(h);
	}
	return NULL;
}

static void
place(struct hedges *h, uint32_t at, struct place p)
{
	h->heap[at] = p;
	h->at[p.slot] = at;
}

static bool
earlier(const struct hedges *h, uint32_t a, uint32_t b)
{
	return mono_before(h->heap[a].due, h->heap[b].due);
}

static void
swap(struct hedges *h, uint32_t a, uint32_t b)
{
	struct place x = h->heap[a];

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
	index = h->heap[h->n].slot;
	s = &h->slot[index];
	s->due = due;
	s->self = index + 1;
	place(h, h->n++, (struct place){ due, index });
	sift_up(h, h->n - 1);
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
	uint32_t index = s->self - 1;

	s->due = due;
	h->heap[h->at[index]].due = due;
	sift_up(h, h->at[index]);
	sift_down(h, h->at[index]);
}

void
hedges_drop(struct hedges *h, struct hedge_slot *s)
{
	uint32_t at = h->at[s->self - 1], last = --h->n;

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
	return h->n ? &h->slot[h->heap[0].slot] : NULL;
}

uint32_t
hedges_count(const struct hedges *h)
{
	return h->n;
}
