/* SPDX-License-Identifier: ISC
 *
 * notify - tells the service manager that started us (sd_notify(3)) what we are
 * doing, and that we are alive. relay/show/status decides what is said.
 *
 * The socket is connected once, at the start, while the process has all its
 * rights; nothing is opened later. Nothing waits for the manager: a message for
 * which it has no room is lost.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. NULL when there is no
 * manager to tell, or it cannot be reached; every function accepts NULL. */
struct notify *notify_open(void);
struct notify *notify_close(struct notify *n);	/* returns NULL */
/* The manager expects WATCHDOG=1 from this process within so many microseconds;
 * 0: it does not. */
uint64_t notify_watchdog_us(const struct notify *n);
/* Lines "NAME=value"; false: they were lost. */
bool notify_say(struct notify *n, const char *lines);

#endif
