/* SPDX-License-Identifier: ISC
 *
 * privileges - splits the process at the start, and gives up what the packet path does not
 * need.
 */
#ifndef RELAY_PRIVILEGES_H
#define RELAY_PRIVILEGES_H

#include <stdbool.h>

#include "core/conf/conf.h"

struct daemon;

/* Makes d->priv and, without -S, splits off the opener; before anything is opened.
 * All three: 0 or -errno, which has been logged. */
int privileges_open(struct daemon *d, const struct conf *c);
/* User and capabilities, when everything is open. */
int privileges_drop(struct daemon *d);
/* System calls. */
int privileges_filter(struct daemon *d);
/* Has the filter been loaded? */
bool privileges_filtered(const struct daemon *d);
/* Removes what was made, frees. */
void privileges_close(struct daemon *d);
/* Can the next configuration be had without a restart? Reports a mistake for each key that
 * cannot. */
bool privileges_allow(struct daemon *d, const struct conf *next, conf_mistake_fn *mistake, void *user);

#endif
