/* SPDX-License-Identifier: ISC
 *
 * notify - reports state and liveness to the service manager (sd_notify(3)).
 *
 * The socket is connected once, at the start, before the sandbox. Nothing waits
 * for the manager: a message for which it has no room is lost.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. NULL if there is no
 * manager or it cannot be reached; every function accepts NULL. */
struct notify *notify_open(void);
struct notify *notify_close(struct notify *n);	/* returns NULL */
/* The interval within which the manager expects WATCHDOG=1; 0: it does not. */
uint64_t notify_watchdog_us(const struct notify *n);
/* Sends lines "NAME=value"; false if they were lost. */
bool notify_say(struct notify *n, const char *lines);

#endif
