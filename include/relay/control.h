/* SPDX-License-Identifier: ISC
 *
 * control - the control socket and the one for metrics. The relay runs without them: a
 * failure is logged, and every reload tries again.
 */
#ifndef RELAY_CONTROL_H
#define RELAY_CONTROL_H

#include "io/ctl.h"

struct conf;
struct daemon;

int control_open(struct daemon *d, ctl_fn *command);	/* 0 or -ENOMEM */
void control_close(struct daemon *d);
/* d->conf replaced old: move the sockets if their places changed. */
void control_reload(struct daemon *d, const struct conf *old);

#endif
