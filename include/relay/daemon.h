/* SPDX-License-Identifier: ISC
 *
 * daemon - opens everything that relays, in order, and closes it.
 */
#ifndef RELAY_DAEMON_H
#define RELAY_DAEMON_H

#include "io/ctl.h"
#include "relay/state.h"

/* Opens everything for conf, which it takes over; `command` answers the control socket.
 * 0 or -errno; failures have been logged. */
int daemon_open(struct daemon *d, struct conf *conf, ctl_fn *command);
void daemon_close(struct daemon *d);
/* The client table for c; NULL: no memory. */
struct clients *daemon_new_clients(struct daemon *d, const struct conf *c);
/* Sets the host name that %h stands for. */
void daemon_set_host(struct daemon *d);

#endif
