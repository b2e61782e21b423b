/* SPDX-License-Identifier: ISC
 *
 * boot_log - tells core/track when boots are over, and logs what each came to.
 */
#ifndef RELAY_OBSERVE_BOOT_LOG_H
#define RELAY_OBSERVE_BOOT_LOG_H

#include "base/mono.h"

struct daemon;

int boot_log_open(struct daemon *d);	/* 0 or -ENOMEM */
void boot_log_close(struct daemon *d);
/* A boot may have begun. */
void boot_log_soon(struct daemon *d, struct mono now);

#endif
