/* SPDX-License-Identifier: ISC
 *
 * reload - takes the next configuration whole, or refuses it whole.
 */
#ifndef RELAY_RELOAD_H
#define RELAY_RELOAD_H

struct daemon;

/* 0, or -EINVAL when the new configuration was refused; mistakes have been logged. */
int reload(struct daemon *d);

#endif
