/* SPDX-License-Identifier: ISC
 *
 * select - in which order the members of a group are queried for one client. A pure function; its
 * rules are listed in select.c.
 */
#ifndef CORE_SELECT_H
#define CORE_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"

struct select_in {
	const struct conf *conf;
	const struct conf_group *group;
	const struct health *health;	/* by server index */
	const void *client;		/* what balance hashes: chaddr */
	size_t client_len;
	struct hash_key seed;		/* the same on both routers of a pair: not secret */
	uint16_t sticky;		/* the server that answered this client last, or CONF_NONE */
	struct mono now;
};

struct select_out {
	uint16_t n;			/* members in the order in which they are queried */
	uint16_t first;			/* how many of them are queried at once, at least 1 of n */
	bool all_down;			/* none is usable: all are queried */
	uint16_t server[CONF_SERVERS_MAX];
};

void select_servers(const struct select_in *in, struct select_out *out);

#endif
