/* SPDX-License-Identifier: ISC
 *
 * notify - the socket of the service manager that started us (sd_notify(3)): what we are doing,
 * and that we are alive. What is said is known above (relay/status).
 *
 * It is connected once, at the start, while the process has all its rights; later on nothing is
 * opened. Nothing waits for the manager: a message that it has no room for is lost.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. NULL: nobody wants to be told, or
 * they cannot be reached; every function takes that, too. */
struct notify *notify_open(void);
struct notify *notify_close(struct notify *n);	/* returns NULL */
/* Microseconds within which WATCHDOG=1 is to be said, of this process; 0: it is not wanted. */
uint64_t notify_watchdog_us(const struct notify *n);
/* Lines "NAME=value"; false: it was lost. */
bool notify_say(struct notify *n, const char *lines);

#endif
