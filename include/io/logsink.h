/* SPDX-License-Identifier: ISC
 *
 * logsink - where log lines go: stderr, the syslog daemon or the journal (with the
 * event word and each key=value as fields of their own). None of them is ever waited for: a
 * line that it has no room for is lost.
 */
#ifndef IO_LOGSINK_H
#define IO_LOGSINK_H

#include "base/log.h"

enum logsink { LOGSINK_STDERR, LOGSINK_SYSLOG, LOGSINK_JOURNAL };

/* Finds out whether the journal reads stderr, for every logsink_set() to come, and opens stderr
 * once more, non-blocking, if it is a pipe or a terminal: that takes system calls which the
 * sandbox (io/sandbox) does not have. */
void logsink_look(void);
/* Fills in log->sink and user; log->level is left. What is opened with the first line stays
 * open as long as the process lives. */
void logsink_set(struct log *log, enum logsink where);
/* In a process that closes all descriptors it was born with: new ones are opened. */
void logsink_forget(void);

#endif
