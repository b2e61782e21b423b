/* SPDX-License-Identifier: ISC
 *
 * boots - counts how many machines booted from the network, how many failed,
 * and why. Each boot that core/story/track opens is counted once as started
 * and, when it is over, once by its verdict.
 *
 * For each kind of machine, as it was known when the boot was opened: started =
 * succeeded + failed + unjudged + going_on. A boot is unjudged if it was over
 * before there was a verdict: the machine was switched off, began anew within
 * seconds, or was evicted.
 */
#ifndef CORE_STORY_BOOTS_H
#define CORE_STORY_BOOTS_H

#include <stdint.h>

#include "core/story/explain.h"
#include "core/story/track.h"

/* All counters but going_on only grow. */
struct boots {
	uint64_t started[PXE_KIND_MAX];
	uint64_t judged[PXE_KIND_MAX][EXPLAIN_MAX];	/* succeeded and failed */
	uint64_t unjudged[PXE_KIND_MAX];
	uint64_t going_on[PXE_KIND_MAX];
	uint64_t opened;	/* started, of all kinds */
	/* Called when a boot is over; EXPLAIN_GOING_ON: unjudged. May be NULL. */
	void (*over)(void *user, const struct track_client *c, enum explain verdict);
	void *user;
};

/* Makes b, which must outlive t, count the boots of t from now on. */
void boots_count(struct boots *b, struct track *t);

#endif
