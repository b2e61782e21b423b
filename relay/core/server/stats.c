/* SPDX-License-Identifier: ISC
 *
 * stats - names the places where packets are dropped, and counts a server's reply times in
 * a histogram.
 */
#include "core/server/stats.h"

const struct stats_place stats_places[STATS_PLACES] = {
	{ "requests", offsetof(struct stats, drop_request) },
	{ "replies", offsetof(struct stats, drop_reply) },
	{ "4011", offsetof(struct stats, drop_4011) },
	{ "helpers", offsetof(struct stats, drop_helper) },
	{ "send", offsetof(struct stats, drop_send) },
};

/* A server on a local link replies within a millisecond, one that queries
 * Active Directory within a tenth of a second. Hedging begins at 0.5 s, and a
 * PXE ROM retries after 4 s. */
const uint32_t stats_answer_us[STATS_ANSWERS] = {
	1000, 5000, 10000, 50000, 100000, 250000, 500000, 1000000, 2000000, 4000000,
};

void
stats_answered(struct server_stats *s, int64_t us)
{
	unsigned i = 0;

	if (us < 0)
		return;
	while (i < STATS_ANSWERS && us > stats_answer_us[i])
		i++;
	s->answer[i]++;
	s->answer_us += (uint64_t)us;
}
