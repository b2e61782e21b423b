/* SPDX-License-Identifier: ISC
 *
 * relay_run - carries out what core/relay4 decides: renders requests for servers and replies
 * for clients, and runs the timer of the hedges.
 */
#ifndef RELAY_PATH_RELAY_RUN_H
#define RELAY_PATH_RELAY_RUN_H

#include "core/relay4/relay4.h"

struct daemon;

int relay_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void relay_run_close(struct daemon *d);
void relay_run_request(struct daemon *d, const struct relay4_rx *rx, struct mono now);
void relay_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* Arms the timer for the hedge that is due first; after requests. */
void relay_run_arm(struct daemon *d, struct mono now);

#endif
