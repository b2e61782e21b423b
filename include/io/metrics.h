/* SPDX-License-Identifier: ISC
 *
 * metrics - the socket that Prometheus scrapes: GET /metrics over HTTP/1, on a TCP port or a
 * Unix socket, and nothing else. One answer a connection, which is closed behind it.
 *
 * Whoever can connect may read, and nobody can change anything. Clients are bounded: of more
 * than METRICS_CLIENTS_MAX the oldest gives way, and one that is silent or does not read for
 * METRICS_IDLE_S is closed. What the document says is known above (relay/scrape); it is made at
 * most once in METRICS_AGE_MS, however many ask, and shared by those who are being answered.
 */
#ifndef IO_METRICS_H
#define IO_METRICS_H

#include <stddef.h>

#include "core/conf/conf.h"
#include "io/loop.h"

struct metrics;
struct priv;

/* A malloc'd document and its length, or NULL when memory is short. */
typedef char *metrics_fn(void *user, size_t *len);

#define METRICS_CLIENTS_MAX	8
#define METRICS_HEAD_MAX	4096	/* bytes of a request */
#define METRICS_IDLE_S		10
#define METRICS_AGE_MS		250

/* at->port or at->path is set. An address need not be there yet. priv, borrowed, opens it. 0 or
 * -errno. */
int metrics_open(struct loop *l, struct priv *priv, const struct conf_metrics *at, metrics_fn *fn,
    void *user, struct metrics **out);
struct metrics *metrics_close(struct metrics *m);	/* NULL-safe; returns NULL */

#endif
