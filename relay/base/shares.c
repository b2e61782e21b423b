/* SPDX-License-Identifier: ISC
 *
 * shares - counts, and a list of those that were ever used, sorted with the largest
 * first. A count changes by one, so its place in the list does not: it trades places
 * with the first (or the last) of its equals, which a binary search finds.
 */
#include "base/shares.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define SHARES_MAX 16384

struct share {
	uint32_t n;
	uint32_t at;		/* its place in `order` */
};

struct shares {
	uint32_t size, used;
	struct share *share;
	uint32_t *order;
};

struct shares *
shares_new(size_t places)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	for (s->size = 2; s->size < SHARES_MAX && s->size < 2 * places;)
		s->size *= 2;
	s->share = calloc(s->size, sizeof(*s->share));
	s->order = calloc(s->size, sizeof(*s->order));
	return s->share && s->order ? s : shares_free(s);
}

struct shares *
shares_free(struct shares *s)
{
	if (s) {
		free(s->share);
		free(s->order);
		free(s);
	}
	return NULL;
}

uint32_t
shares_of(const struct shares *s, uint32_t ifindex)
{
	return ifindex & (s->size - 1);
}

size_t
shares_size(const struct shares *s)
{
	return s->size;
}

/* The first place whose count is less than n. */
static uint32_t
first_below(const struct shares *s, uint32_t n)
{
	uint32_t low = 0, high = s->used;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->share[s->order[mid]].n < n)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void
move_to(struct shares *s, uint32_t share, uint32_t at)
{
	uint32_t other = s->order[at];

	s->order[s->share[share].at] = other;
	s->share[other].at = s->share[share].at;
	s->order[at] = share;
	s->share[share].at = at;
}

/* Zeroed memory says place 0 of a share that is not in the list yet. */
static bool
is_listed(const struct shares *s, uint32_t share)
{
	return s->share[share].at < s->used && s->order[s->share[share].at] == share;
}

void
shares_add(struct shares *s, uint32_t share)
{
	struct share *p = &s->share[share];

	if (!is_listed(s, share)) {
		p->at = s->used;
		s->order[s->used++] = share;
	}
	move_to(s, share, first_below(s, p->n + 1));
	p->n++;
}

void
shares_sub(struct shares *s, uint32_t share)
{
	struct share *p = &s->share[share];

	assert(p->n);
	move_to(s, share, first_below(s, p->n) - 1);
	p->n--;
}

uint32_t
shares_count(const struct shares *s, uint32_t share)
{
	return s->share[share].n;
}

uint32_t
shares_most(const struct shares *s)
{
	assert(s->used && s->share[s->order[0]].n);
	return s->order[0];
}
