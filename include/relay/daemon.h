/* SPDX-License-Identifier: ISC
 *
 * daemon - the functions that the files of relay/ share, in one section per file.
 */
#ifndef RELAY_DAEMON_H
#define RELAY_DAEMON_H

#include <jansson.h>

#include "relay/state.h"

/* daemon.c opens everything that relays, in order, and closes it. */

/* Opens everything for conf, which it now owns. 0 or -errno, logged. */
int daemon_open(struct daemon *d, struct conf *conf);
void daemon_close(struct daemon *d);

/* reload.c takes the next configuration as a whole, or refuses it as a whole. */

/* Returns 0, or -EINVAL when it was refused; mistakes have been logged and appended,
 * as "FILE:LINE: TEXT", to that array, unless it is NULL. */
int reload(struct daemon *d, json_t *mistakes);
/* Also used at the start: allocates the client tables for c; NULL: no memory. */
struct clients *reload_new_clients(struct daemon *d, enum family family,
    const struct conf *c);

/* host.c fills d->host. */

/* At the start, while files can be opened. */
void host_open(struct daemon *d);
/* At a reload: the name only. */
void host_name(struct daemon *d);
/* The DUID made of these bytes. */
void host_duid(uint8_t duid[18], const void *id, size_t len);

/* tick.c: see tick_soon() in state.h. `poll` clears d->tick.running. 0 or
 * -ENOMEM. */
int tick_open(struct daemon *d, loop_fn *poll);

/* logging.c: sets level and destination as command line and configuration say. */
void logging_set(struct daemon *d);
/* Stops logging to stderr, since the terminal is gone. */
void logging_background(struct daemon *d);
/* Begins to fold repeated lines. Needs the loop. 0 or -ENOMEM. */
int logging_open(struct daemon *d);
/* Reports the lines left out and stops folding. */
void logging_close(struct daemon *d);

/* privileges.c splits the process at the start, and gives up what the packet path
 * does not need. The first three return 0 or -errno, which has been logged. */

/* Makes d->priv and, without -S, splits off the opener; before anything is
 * opened. */
int privileges_open(struct daemon *d, const struct conf *c);
/* Gives up user and capabilities; after everything has been opened. */
int privileges_drop(struct daemon *d);
/* Installs the system call filter. */
int privileges_filter(struct daemon *d);
/* Has sockets and pid file removed, and frees d->priv. */
void privileges_close(struct daemon *d);
/* Can the next configuration be taken without a restart? Reports a mistake for each
 * key that cannot. */
bool privileges_allow(struct daemon *d, const struct conf *next,
    conf_mistake_fn *mistake, void *user);

/* status.c reports to the service manager (sd_notify(3)): ready, reloading,
 * stopping, a status line, and watchdog pings. Without a manager all of these
 * do nothing. */
int status_open(struct daemon *d);	/* 0 or -ENOMEM */
void status_close(struct daemon *d);
void status_ready(struct daemon *d);
void status_reloading(struct daemon *d, struct mono now);
void status_stopping(struct daemon *d);

/* control.c has the control socket and the socket for metrics. The relay runs
 * without them: a failure is logged, and every reload tries again. */
void control_open(struct daemon *d, ctl_fn *answer);
void control_close(struct daemon *d);
/* Moves the sockets whose places differ between old and d->conf. */
void control_reload(struct daemon *d, const struct conf *old);

/* command.c carries out commands. A ctl_fn: returns the answer as malloc'd JSON
 * text; NULL: no memory. */
char *command(void *daemon, const char *line);

#endif
