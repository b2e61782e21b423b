/* SPDX-License-Identifier: ISC
 *
 * logsink - where log lines go: stderr, syslog(3) or the journal (with the
 * event word and each key=value as fields of their own).
 */
#ifndef IO_LOGSINK_H
#define IO_LOGSINK_H

#include "base/log.h"

enum logsink { LOGSINK_STDERR, LOGSINK_SYSLOG, LOGSINK_JOURNAL };

/* Finds out whether the journal reads stderr, for every logsink_set() to come: that takes a system call which the
 * sandbox (io/sandbox) does not have. */
void logsink_look(void);
/* Fills in log->sink and user; log->level is left. Keeps nothing open that needs closing. */
void logsink_set(struct log *log, enum logsink where);

#endif
