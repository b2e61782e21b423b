/* SPDX-License-Identifier: ISC
 *
 * stats - the counters of the whole relay and of each server; those of an
 * interface are in core/iface/iface.h. Every packet is relayed or dropped with
 * a reason, so for requests and for replies: received = relayed + dropped.
 */
#ifndef CORE_SERVER_STATS_H
#define CORE_SERVER_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/names.h"

struct stats {
	uint64_t counter[COUNTER_MAX];
	uint64_t drop_request[DROP_MAX];	/* from clients */
	uint64_t drop_reply[DROP_MAX];		/* from servers */
	uint64_t drop_4011[DROP_MAX];		/* port 4011, intercepted */
	uint64_t drop_helper[DROP_MAX];		/* [helper] ports */
	uint64_t drop_send[DROP_MAX];		/* copies that the kernel refused */
};

/* Where packets are dropped, as documents and metrics call it. */
#define STATS_PLACES	5
struct stats_place {
	const char *word;
	size_t offset;		/* of a uint64_t[DROP_MAX] in struct stats */
};
extern const struct stats_place stats_places[STATS_PLACES];

static inline uint64_t
stats_dropped(const struct stats *s, const struct stats_place *place, int why)
{
	return ((const uint64_t *)((const char *)s + place->offset))[why];
}

/* The histogram of reply times: stats_answer_us has the upper bounds, and one
 * more element counts longer times. */
#define STATS_ANSWERS	10
extern const uint32_t stats_answer_us[STATS_ANSWERS];

struct server_stats {
	uint64_t sent;		/* copies of requests */
	uint64_t hedges;	/* of these, because another was silent */
	uint64_t replies;
	uint64_t offers, acks, naks;
	uint64_t errors;	/* failed sends, and errors from the kernel */
	uint64_t dropped;	/* send buffer full */
	/* From a client's last message to the reply, if that is known. */
	uint64_t answer[STATS_ANSWERS + 1];
	uint64_t answer_us;	/* their sum */
};

void stats_answered(struct server_stats *s, int64_t us);

static inline void
stats_count(struct stats *s, enum counter c)
{
	s->counter[c]++;
}

#endif
