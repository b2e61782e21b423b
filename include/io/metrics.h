/* SPDX-License-Identifier: ISC
 *
 * metrics - the socket that Prometheus scrapes: only GET /metrics over HTTP/1,
 * on a TCP port or a Unix socket. A connection is closed after one answer.
 *
 * Anyone who can connect may read; nobody can change anything. At
 * METRICS_CLIENTS_MAX, a new client replaces the oldest; one that neither sends
 * nor reads for METRICS_IDLE_S is closed. relay/show/scrape makes the document,
 * at most once per METRICS_AGE_MS; clients share it.
 */
#ifndef IO_METRICS_H
#define IO_METRICS_H

#include <stddef.h>

#include "core/conf/conf.h"
#include "io/loop.h"

struct metrics;
struct priv;

/* Returns a malloc'd document and its length, or NULL if memory is short. */
typedef char *metrics_fn(void *user, size_t *len);

#define METRICS_CLIENTS_MAX	8
#define METRICS_HEAD_MAX	4096	/* bytes of a request */
#define METRICS_IDLE_S		10
#define METRICS_AGE_MS		250

/* at->port or at->path is set; the address may not exist yet. priv, borrowed,
 * opens the socket. 0 or -errno. */
int metrics_open(struct loop *l, struct priv *priv, const struct conf_metrics *at,
    metrics_fn *fn, void *user, struct metrics **out);
struct metrics *metrics_close(struct metrics *m);	/* NULL-safe; returns NULL */

#endif
