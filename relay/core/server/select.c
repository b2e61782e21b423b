/* SPDX-License-Identifier: ISC
 *
 * select - orders the members of a group for a client, by health and the mode
 * of the group. The rules, in the order in which they apply:
 *
 *   1. A drained server is never queried, even if all others are down. If the
 *      whole group is drained, it is treated as all down.
 *   2. If no member is usable, all are queried at once: their state may be
 *      wrong, and querying none is certain to fail.
 *   3. mode = all: every member that is not drained is queried at once, in file
 *      order, whatever its health, as with an ordinary helper address. A copy
 *      to a dead server costs nothing.
 *   4. The server that answered this client last comes first while it is
 *      usable: it may hold the client's pending request (WDS), or have sent the
 *      stage that now asks for the next.
 *   5. mode = failover: file order; a member that came up less than hold-down
 *      ago comes after those that have been up for longer, so that a flapping
 *      server does not pull its clients back and forth.
 *   6. mode = balance: by weighted rendezvous hash of the client, so that only
 *      the clients of a member that dies are moved.
 *   7. Members that are down come last, in file order, for hedging and retries.
 *   8. A query of which each copy may commit a lease (DHCPv6 with Rapid Commit)
 *      goes to one server at a time, whatever the mode and even if all are down.
 */
#include "core/server/select.h"

#include <math.h>
#include <string.h>

struct member {
	uint16_t server;
	uint8_t rank;		/* lower is earlier */
	double score;		/* balance: higher is earlier */
};

enum rank { RANK_STICKY, RANK_UP, RANK_HELD, RANK_DOWN };

static uint8_t
rank_of(const struct select_in *in, uint16_t server)
{
	const struct health *h = &in->health[server];

	if (!health_usable(h))
		return RANK_DOWN;			/* 7 */
	if (server == in->sticky)
		return RANK_STICKY;			/* 4 */
	if (in->group->mode == CONF_MODE_FAILOVER && h->came_up.us &&
	    mono_diff_ms(in->now, h->came_up) < (int64_t)in->group->hold_down_ms)
		return RANK_HELD;			/* 5 */
	return RANK_UP;
}

/* Weighted rendezvous hashing: -weight / ln(u), where u is uniform in (0, 1)
 * and comes from the hash of client and server address. Each client has its own
 * order of servers, and each server gets its weight's share of clients. The
 * address is in network order, so that routers of different byte order agree. */
static double
score_of(const struct select_in *in, uint16_t server)
{
	uint8_t key[40] = { 0 };
	const struct ipaddr *a = &in->conf->server[server].address;
	size_t n = in->client_len < 24 ? in->client_len : 24;
	uint64_t hash;
	double u;

	memcpy(key, in->client, n);
	for (unsigned i = 0; a->version == 4 && i < 4; i++)
		key[24 + i] = (uint8_t)(a->v4.host >> (24 - 8 * i));
	if (a->version == 6)
		memcpy(key + 24, a->v6.b, sizeof(a->v6.b));
	hash = hash_sip(in->seed, key, a->version == 6 ? 40 : 32);
	u = ((double)(hash >> 11) + 0.5) / 9007199254740992.0;	/* 2^53 */
	return -in->conf->server[server].weight / log(u);
}

static bool
before(const struct member *a, const struct member *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->score > b->score;
}

/* A stable sort, which keeps the order of the file. */
static void
sort(struct member *m, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		struct member x = m[i];
		unsigned k = i;

		for (; k > 0 && before(&x, &m[k - 1]); k--)
			m[k] = m[k - 1];
		m[k] = x;
	}
}

static unsigned
collect(const struct select_in *in, struct member *m, bool with_drained)
{
	unsigned n = 0;

	for (uint16_t i = 0; i < in->group->n; i++) {
		/* Health is kept for the first server with this address. */
		uint16_t s = in->conf->server[in->group->server[i]].first;
		bool balance = in->group->mode == CONF_MODE_BALANCE;

		if (ip_family(in->conf->server[s].address) != in->family)
			continue;
		if (in->leases && in->conf->server[s].proxy_only)
			continue;
		if (in->health[s].drained && !with_drained)	/* 1 */
			continue;
		m[n] = (struct member){ .server = s };
		m[n].rank = rank_of(in, s);
		m[n].score = balance && m[n].rank != RANK_DOWN ?
		    score_of(in, s) : 0;			/* 6 */
		n++;
	}
	return n;
}

void
select_servers(const struct select_in *in, struct select_out *out)
{
	bool all = in->group->mode == CONF_MODE_ALL && !in->one;
	struct member m[CONF_SERVERS_MAX];
	unsigned n = collect(in, m, false);

	if (n == 0)
		n = collect(in, m, true);
	out->all_down = true;
	for (unsigned i = 0; i < n; i++)
		out->all_down = out->all_down && m[i].rank == RANK_DOWN;
	if (!all)
		sort(m, n);
	out->n = (uint16_t)n;
	out->first = all || (out->all_down && !in->one) ? out->n : n > 0; /* 2, 3, 8 */
	for (unsigned i = 0; i < n; i++)
		out->server[i] = m[i].server;
}
