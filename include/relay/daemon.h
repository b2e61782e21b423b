/* SPDX-License-Identifier: ISC
 *
 * daemon - what the files of relay/ do for each other, a paragraph for each file.
 */
#ifndef RELAY_DAEMON_H
#define RELAY_DAEMON_H

#include "relay/state.h"

/* daemon.c opens everything that relays, in order, and closes it. */

/* Opens everything for conf, which it takes over. 0 or -errno; failures have been logged. */
int daemon_open(struct daemon *d, struct conf *conf);
void daemon_close(struct daemon *d);

/* reload.c takes the next configuration whole, or refuses it whole. */

/* 0, or -EINVAL when it was refused; mistakes have been logged. */
int reload(struct daemon *d);
/* What depends on the configuration at the start, too: the client table for c (NULL: no memory),
 * and the host name that %h means. */
struct clients *reload_new_clients(struct daemon *d, const struct conf *c);
void reload_host(struct daemon *d);

/* tick.c: see tick_soon() in state.h. `poll` clears d->tick.running. 0 or -ENOMEM. */
int tick_open(struct daemon *d, loop_fn *poll);

/* logging.c is between log_event() and where lines go: repeated lines are folded
 * (base/logdedup), and a timer reports what was left out. */

/* Sets level and destination as the command line and the configuration say. */
void logging_set(struct daemon *d);
/* The terminal is gone: stderr leads nowhere from here on. */
void logging_background(struct daemon *d);
/* Repeated lines are folded from here on. Needs the loop. 0 or -ENOMEM. */
int logging_open(struct daemon *d);
/* Reports what was left out; lines pass unchanged from here on. */
void logging_close(struct daemon *d);

/* privileges.c splits the process at the start, and gives up what the packet path does not
 * need. */

/* Makes d->priv and, without -S, splits off the opener; before anything is opened.
 * All three: 0 or -errno, which has been logged. */
int privileges_open(struct daemon *d, const struct conf *c);
/* User and capabilities, when everything is open. */
int privileges_drop(struct daemon *d);
/* System calls. */
int privileges_filter(struct daemon *d);
/* Removes what was made, frees. */
void privileges_close(struct daemon *d);
/* Can the next configuration be had without a restart? Reports a mistake for each key that
 * cannot. */
bool privileges_allow(struct daemon *d, const struct conf *next, conf_mistake_fn *mistake,
    void *user);

/* status.c tells the service manager (sd_notify(3)): ready, reloading, stopping, a status
 * line, and that the event loop still turns. Without a manager none of these does anything. */
int status_open(struct daemon *d);	/* 0 or -ENOMEM */
void status_close(struct daemon *d);
void status_ready(struct daemon *d);
void status_reloading(struct daemon *d, struct mono now);
void status_stopping(struct daemon *d);

/* control.c has the control socket and the socket for metrics. The relay runs without them: a
 * failure is logged, and every reload tries again. */
void control_open(struct daemon *d, ctl_fn *answer);
void control_close(struct daemon *d);
/* d->conf replaced old: move the sockets if their places changed. */
void control_reload(struct daemon *d, const struct conf *old);

/* command.c answers the control socket. A ctl_fn: the answer as malloc'd JSON text; NULL: no memory. */
char *command(void *daemon, const char *line);

#endif
