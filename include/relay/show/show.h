/* SPDX-License-Identifier: ISC
 *
 * show - the documents that pxrelayctl shows, and the metrics: each is one walk over
 * the daemon's state. Names in them are stable, since scripts and alert rules read
 * them. All return NULL when there is no memory.
 */
#ifndef RELAY_SHOW_SHOW_H
#define RELAY_SHOW_SHOW_H

#include <jansson.h>

#include "base/addr.h"

struct daemon;
struct iface;

json_t *show_summary(struct daemon *d);
json_t *show_interfaces(struct daemon *d);
json_t *show_servers(struct daemon *d);
json_t *show_rules(struct daemon *d);
json_t *show_counters(struct daemon *d);
json_t *show_drops(struct daemon *d);
json_t *show_version(struct daemon *d);
/* Returns the state of a client interface: "ready", "standby"... */
const char *show_if_state(const struct iface *f, enum family family);

/* doc/stories.c makes these: the clients that core/story/track knows, most recent first;
 * those of them that boot; and everything known about one, by its hardware address. */
json_t *show_clients(struct daemon *d, const char *after);
json_t *show_boots(struct daemon *d, const char *after);
json_t *show_explain(struct daemon *d, const char *words);
json_t *show_which(struct daemon *d, const char *words);
json_t *show_config(struct daemon *d);

/* scrape.c: all metrics in Prometheus' text format; a metrics_fn. */
char *scrape(void *daemon, size_t *len);

#endif
