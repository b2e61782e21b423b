/* SPDX-License-Identifier: ISC
 *
 * way_watch - what the kernel knows about the way to each server, as evidence of its health:
 * no route, the interface is down, the next hop does not answer ARP. What it means is decided
 * in core/way.
 */
#ifndef RELAY_TEND_WAY_WATCH_H
#define RELAY_TEND_WAY_WATCH_H

#include <stdbool.h>

#include "base/mono.h"

struct daemon;

int way_watch_open(struct daemon *d);	/* 0 or -errno */
void way_watch_close(struct daemon *d);
/* Links, addresses, routes or rules changed: the servers' sockets are connected anew and their
 * ways judged, now or within WAY_WATCH_GAP_MS. */
void way_watch_changed(struct daemon *d);
/* Is there a socket without a route or a silent next hop? Then way_watch_tick() is called
 * once a second. */
bool way_watch_waits(const struct daemon *d);
void way_watch_tick(struct daemon *d, struct mono now);
/* Another configuration has been taken. */
void way_watch_reload(struct daemon *d);

#endif
