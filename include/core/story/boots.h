/* SPDX-License-Identifier: ISC
 *
 * boots - how many machines booted from the network, how many failed, and why: each boot that
 * core/track opens is counted once as started, and once, when it is over, by its verdict.
 *
 * started = succeeded + failed + unjudged + going_on, for each kind of machine: the kind it
 * named when its boot was opened. A boot is unjudged if it is over before it has a verdict:
 * the machine was switched off, it began anew within seconds, or it was evicted.
 */
#ifndef CORE_BOOTS_H
#define CORE_BOOTS_H

#include <stdint.h>

#include "core/story/explain.h"
#include "core/story/track.h"

/* All but going_on only ever grow. */
struct boots {
	uint64_t started[PXE_KIND_MAX];
	uint64_t judged[PXE_KIND_MAX][EXPLAIN_MAX];	/* succeeded and failed */
	uint64_t unjudged[PXE_KIND_MAX];
	uint64_t going_on[PXE_KIND_MAX];
	uint64_t opened;	/* started, of all kinds */
	/* Called for each boot that is over; EXPLAIN_GOING_ON: unjudged. May be NULL. */
	void (*over)(void *user, const struct track_client *c, enum explain verdict);
	void *user;
};

/* From now on b, which must outlive t, counts the boots of t. */
void boots_count(struct boots *b, struct track *t);

#endif
