/* SPDX-License-Identifier: ISC
 *
 * world - core with everything it needs and nothing else: a configuration from
 * text, an interface table, the client tables, and a clock that the test moves.
 * For unit tests and fuzz targets; scenarios have their own (tests/scen).
 *
 * Mistakes of the test itself (a configuration that is refused) abort.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "core/relay4/p4011.h"
#include "core/relay4/relay4.h"
#include "core/relay6/relay6.h"

#define WORLD_HEDGES 16

struct world {
	struct conf *conf;
	struct iftab *iftab;
	struct stats stats, stats6;
	struct servers servers;
	struct relay r4;
	struct relay r6;
	struct mono now;
	unsigned evicted;	/* conversations that were evicted */
};

/* What the interfaces have in common: %h is "host". */
extern const struct iftab_host world_host;

/* Allocated on the heap because it is large. capacity: of the client tables. */
struct world *world_new(const char *conf, size_t capacity);
struct world *world_free(struct world *w);	/* returns NULL */
/* Takes another configuration, as a reload does. */
void world_reload(struct world *w, const char *conf);
/* Forgets clients, counters and rates; the clock starts again. */
void world_reset(struct world *w, size_t capacity);

/* An Ethernet link that is up, and an address on it, "192.0.2.1/24" or "fe80::1/64". */
void world_link(struct world *w, uint32_t ifindex, const char *name);
void world_link_down(struct world *w, uint32_t ifindex, const char *name);
void world_addr(struct world *w, uint32_t ifindex, const char *net);
void world_wait_ms(struct world *w, int64_t ms);

struct ip4 world_ip(const char *text);
struct ip6 world_ip6(const char *text);
struct ipaddr world_at(const char *text);	/* of either version */
/* The sum of a drop table. */
uint64_t world_drops(const uint64_t drop[DROP_MAX]);

#endif
