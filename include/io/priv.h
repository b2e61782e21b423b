/* SPDX-License-Identifier: ISC
 *
 * priv - asks for what takes privileges: the opener (io/opener), a process of
 * its own after priv_split(), otherwise this process itself.
 *
 * An answer takes some 50 us. An opener that is stopped holds up the caller for
 * at most PRIV_WAIT_MS, and then for PRIV_SLOW_MS per request until it answers
 * again. When it is gone, every request is refused with -EPIPE, and what is
 * open stays open. Descriptors are close-on-exec and belong to the caller.
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

/* t is copied; log, which must live on, gets violations of the sandbox. NULL:
 * no memory. */
struct priv *priv_new(const struct opener_terms *t, struct log *log);
/* Removes the files that were made, and ends the opener; NULL-safe; returns
 * NULL. */
struct priv *priv_free(struct priv *p);
const struct opener_terms *priv_terms(const struct priv *p);

/* Starts the opener as a process of its own, with the rights that this one has
 * now. Call it before opening anything that the opener should not inherit. 0 or
 * -errno. */
int priv_split(struct priv *p);
/* Readable when the opener sent something unasked; -1 without an opener. */
int priv_fd(const struct priv *p);
/* Reads it, and logs the opener's violations. False: the opener is gone. */
bool priv_read(struct priv *p);
/* For sandbox_filter(): the opener logs it. */
bool priv_violation(int call);

/* Each sends a request of io/opener.h and waits. The result is a descriptor
 * where one is asked for, otherwise 0; or -errno; -EPERM: outside the terms
 * that were set at the start. */
int priv_ask(struct priv *p, enum opener_what what);
int priv_ask_inet(struct priv *p, enum opener_what what, struct ip4 address, uint32_t number);
int priv_ask_path(struct priv *p, enum opener_what what, const char *path);
/* These wait for nothing. */
void priv_pidfile(struct priv *p);
void priv_resolve(struct priv *p, uint32_t ifindex, struct ip4 ip);
void priv_log(struct priv *p, enum logsink where, enum log_level level);

#endif
