/* SPDX-License-Identifier: ISC
 *
 * pending - the pool: slots that stay where they are, and one array of slot
 * numbers, a binary heap by due time followed by the free ones. ask.c and
 * rescue.c decide what is stored and what becomes of it.
 *
 * The heap holds the due times itself, and an array beside the slots holds
 * positions. Slots are 1.5 KB long, so in a storm with thousands of stored
 * queries each step through the slots themselves would fetch a cache line (5 %
 * of the relay's time).
 */
#include "core/server/pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/shares.h"

struct place {
	struct mono due;
	uint32_t slot;			/* its index */
};

struct pendings {
	uint32_t capacity, n;		/* n in use, heap[0..n-1] */
	struct pending *slot;
	struct place *heap;		/* in use, then free */
	uint32_t *at;			/* by slot: its position in the heap */
	uint32_t *share;		/* by slot: whose it is */
	struct shares *shares;
};

struct pendings *
pendings_new(uint32_t capacity)
{
	struct pendings *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->capacity = capacity;
	h->slot = calloc(capacity, sizeof(*h->slot));
	h->heap = calloc(capacity, sizeof(*h->heap));
	h->at = calloc(capacity, sizeof(*h->at));
	h->share = calloc(capacity, sizeof(*h->share));
	h->shares = shares_new(capacity);
	if (!h->slot || !h->heap || !h->at || !h->share || !h->shares)
		return pendings_free(h);
	for (uint32_t i = 0; i < capacity; i++)
		h->heap[i].slot = i;
	return h;
}

struct pendings *
pendings_free(struct pendings *h)
{
	if (h) {
		free(h->slot);
		free(h->heap);
		free(h->at);
		free(h->share);
		shares_free(h->shares);
		free(h);
	}
	return NULL;
}

static void
set_place(struct pendings *h, uint32_t at, struct place p)
{
	h->heap[at] = p;
	h->at[p.slot] = at;
}

static bool
is_earlier(const struct pendings *h, uint32_t a, uint32_t b)
{
	return mono_before(h->heap[a].due, h->heap[b].due);
}

static void
swap_places(struct pendings *h, uint32_t a, uint32_t b)
{
	struct place x = h->heap[a];

	set_place(h, a, h->heap[b]);
	set_place(h, b, x);
}

static void
sift_up(struct pendings *h, uint32_t at)
{
	for (; at > 0 && is_earlier(h, at, (at - 1) / 2); at = (at - 1) / 2)
		swap_places(h, at, (at - 1) / 2);
}

static void
sift_down(struct pendings *h, uint32_t at)
{
	for (;;) {
		uint32_t least = at, child = 2 * at + 1;

		if (child < h->n && is_earlier(h, child, least))
			least = child;
		if (child + 1 < h->n && is_earlier(h, child + 1, least))
			least = child + 1;
		if (least == at)
			return;
		swap_places(h, at, least);
		at = least;
	}
}

struct pending *
pendings_take(struct pendings *h, uint32_t ifindex, struct mono due)
{
	uint32_t share = shares_of(h->shares, ifindex), index;
	struct pending *s;

	if (shares_count(h->shares, share) >= h->capacity - h->n)
		return NULL;
	index = h->heap[h->n].slot;
	h->share[index] = share;
	shares_add(h->shares, share);
	s = &h->slot[index];
	s->due = due;
	s->self = index + 1;
	set_place(h, h->n++, (struct place){ due, index });
	sift_up(h, h->n - 1);
	return s;
}

void
pending_store(struct pending *s, const struct client_key *key, enum conf_class class,
    const struct rx *rx)
{
	s->key = *key;
	s->class = class;
	memcpy(s->msg, rx->data, rx->len);
	s->rx = *rx;
	s->rx.data = s->msg;
	s->rx.ip = NULL;
	s->rx.ip_len = 0;
}

struct pending *
pendings_get(struct pendings *h, uint32_t self)
{
	struct pending *s;

	if (self == 0 || self > h->capacity)
		return NULL;
	s = &h->slot[self - 1];
	return s->self == self ? s : NULL;
}

void
pendings_move(struct pendings *h, struct pending *s, struct mono due)
{
	uint32_t index = s->self - 1;

	s->due = due;
	h->heap[h->at[index]].due = due;
	sift_up(h, h->at[index]);
	sift_down(h, h->at[index]);
}

void
pendings_drop(struct pendings *h, struct pending *s)
{
	uint32_t at = h->at[s->self - 1], last = --h->n;

	shares_sub(h->shares, h->share[s->self - 1]);
	s->self = 0;
	if (at == last)
		return;
	swap_places(h, at, last);
	sift_up(h, at);
	sift_down(h, at);
}

struct pending *
pendings_first(struct pendings *h)
{
	return h->n ? &h->slot[h->heap[0].slot] : NULL;
}

bool
pendings_due(const struct pendings *h, struct mono *due)
{
	if (h->n)
		*due = h->heap[0].due;
	return h->n > 0;
}

uint32_t
pendings_count(const struct pendings *h)
{
	return h->n;
}
