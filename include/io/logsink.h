/* SPDX-License-Identifier: ISC
 *
 * logsink - writes log lines to stderr, the syslog daemon, or the journal,
 * where the event word and each key=value are separate fields. It never waits:
 * a line for which the reader has no room is lost.
 */
#ifndef IO_LOGSINK_H
#define IO_LOGSINK_H

#include "base/log.h"

enum logsink { LOGSINK_STDERR, LOGSINK_SYSLOG, LOGSINK_JOURNAL };

/* Finds out whether the journal reads stderr, and reopens stderr non-blocking
 * if it is a pipe or a terminal. Must be called before the sandbox. */
void logsink_look(void);
/* Sets log->sink and log->user. */
void logsink_set(struct log *log, enum logsink where);
/* Forgets the sockets, for a process that closes all inherited descriptors. */
void logsink_forget(void);

#endif
