/* SPDX-License-Identifier: ISC
 *
 * scrape - all metrics in Prometheus' text format.
 */
#ifndef RELAY_SHOW_SCRAPE_H
#define RELAY_SHOW_SCRAPE_H

#include <stddef.h>

/* A metrics_fn. */
char *scrape(void *daemon, size_t *len);

#endif
