/* SPDX-License-Identifier: ISC
 *
 * select - the order in which the members of a group are queried for a client:
 * those of one family. A pure function; select.c lists its rules.
 */
#ifndef CORE_SERVER_SELECT_H
#define CORE_SERVER_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"

struct select_in {
	const struct conf *conf;
	const struct conf_group *group;
	enum family family;		/* members of the other one are left out */
	const struct health *health;	/* by server index */
	const void *client;		/* hashed by balance: chaddr */
	size_t client_len;
	struct hash_key seed;		/* same on both routers; not secret */
	uint16_t sticky;		/* answered this client last, or CONF_NONE */
	bool one;			/* never query several at once */
	bool leases;			/* not servers with offers = proxy-only */
	struct mono now;
};

struct select_out {
	uint16_t n;			/* members, in the order of queries */
	uint16_t first;			/* how many are queried at once */
	bool all_down;			/* no member is usable */
	uint16_t server[CONF_SERVERS_MAX];
};

void select_servers(const struct select_in *in, struct select_out *out);

#endif
