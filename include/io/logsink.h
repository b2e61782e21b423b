/* SPDX-License-Identifier: ISC
 *
 * logsink - where log lines go: stderr, the syslog daemon, or the journal with
 * the event word and each key=value as fields of their own. None is waited for:
 * a line for which it has no room is lost.
 */
#ifndef IO_LOGSINK_H
#define IO_LOGSINK_H

#include "base/log.h"

enum logsink { LOGSINK_STDERR, LOGSINK_SYSLOG, LOGSINK_JOURNAL };

/* Finds out whether the journal reads stderr, and opens stderr once more,
 * non-blocking, if it is a pipe or a terminal. Takes system calls that the
 * sandbox does not allow. */
void logsink_look(void);
/* Sets log->sink and user; log->level is left. What the first line opens stays
 * open as long as the process lives. */
void logsink_set(struct log *log, enum logsink where);
/* For a process that closes all inherited descriptors: new ones are opened. */
void logsink_forget(void);

#endif
