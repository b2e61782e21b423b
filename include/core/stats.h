/* SPDX-License-Identifier: ISC
 *
 * stats - what is counted: one number per drop reason and per counter, for the
 * whole relay; a small block per interface (in struct iface) and per server.
 * Numbers only ever grow. Every received packet is either relayed or dropped with a
 * reason: received = relayed + dropped, for requests and for replies.
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stdint.h>

#include "proto/names.h"

struct stats {
	uint64_t counter[COUNTER_MAX];
	uint64_t drop_request[DROP_MAX];	/* by direction: from clients */
	uint64_t drop_reply[DROP_MAX];		/* from servers */
	uint64_t drop_4011[DROP_MAX];		/* port 4011, intercepted */
	uint64_t drop_helper[DROP_MAX];		/* [helper] ports */
	uint64_t drop_send[DROP_MAX];		/* copies that the kernel did not take */
};

struct if_stats {
	uint64_t requests, relayed, replies, drops;
};

struct server_stats {
	uint64_t sent;		/* copies of requests */
	uint64_t replies;
	uint64_t offers, acks, naks;
	uint64_t errors;	/* refused sends and errors reported by the kernel */
	uint64_t dropped;	/* send buffer full */
};

static inline void
stats_count(struct stats *s, enum counter c)
{
	s->counter[c]++;
}

#endif
