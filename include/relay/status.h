/* SPDX-License-Identifier: ISC
 *
 * status - what the service manager is told (sd_notify(3)): ready, reloading, stopping, a
 * status line, and that the event loop still turns. Without a manager none of these does
 * anything.
 */
#ifndef RELAY_STATUS_H
#define RELAY_STATUS_H

#include "base/mono.h"

struct daemon;

int status_open(struct daemon *d);	/* 0 or -ENOMEM */
void status_close(struct daemon *d);
/* A number of the status line may have changed. */
void status_changed(struct daemon *d);
void status_ready(struct daemon *d);
void status_reloading(struct daemon *d, struct mono now);
void status_stopping(struct daemon *d);

#endif
