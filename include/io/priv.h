/* SPDX-License-Identifier: ISC
 *
 * priv - requests what needs privileges from the opener (io/opener), which is a
 * process of its own after priv_split(), and otherwise this process.
 *
 * An answer takes some 50 us. A stopped opener delays the caller for
 * PRIV_WAIT_MS, then for PRIV_SLOW_MS per request until it answers again. When
 * it has ended, every request fails with -EPIPE; open descriptors stay open.
 * They are close-on-exec and belong to the caller.
 */
#ifndef IO_PRIV_H
#define IO_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "io/logsink.h"
#include "io/opener.h"

#define PRIV_WAIT_MS 2000
#define PRIV_SLOW_MS 250

struct priv;

/* Copies t and borrows log, for sandbox violations. NULL: no memory. */
struct priv *priv_new(const struct opener_terms *t, struct log *log);
/* Removes the opener's files and ends it. NULL-safe; returns NULL. */
struct priv *priv_free(struct priv *p);
const struct opener_terms *priv_terms(const struct priv *p);

/* Forks the opener, with the present rights. Call it before opening anything
 * that the opener should not inherit. 0 or -errno. */
int priv_split(struct priv *p);
/* Readable when the opener has sent a report; -1 without an opener. */
int priv_fd(const struct priv *p);
/* Reads and logs the opener's violations. False: the opener has ended. */
bool priv_read(struct priv *p);
/* For sandbox_filter(): has the opener log a violation of this process. */
bool priv_violation(int call);

/* Each sends a request and waits. Returns a descriptor, 0 or -errno (-EPERM:
 * the terms do not allow it). */
int priv_ask(struct priv *p, enum opener_what what);
int priv_ask_inet(struct priv *p, enum opener_what what, struct ipaddr address,
    uint32_t number);
int priv_ask_ring(struct priv *p, enum family family, const struct ring_filter *f);
/* The same for a socket on a port of ours; scope: of a link-local address. */
int priv_ask_port(struct priv *p, enum opener_what what, struct ipaddr address,
    uint32_t scope, uint16_t port);
int priv_ask_path(struct priv *p, enum opener_what what, const char *path);
/* These do not wait for an answer. */
void priv_pidfile(struct priv *p);
void priv_resolve(struct priv *p, uint32_t ifindex, struct ipaddr ip);
void priv_log(struct priv *p, enum logsink where, enum log_level level);

#endif
