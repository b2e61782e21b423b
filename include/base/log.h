/* SPDX-License-Identifier: ISC
 *
 * log - one line per event: a fixed event word, then key=value pairs.
 *
 * This file filters by level and formats. The sink is a callback:
 * base/logdedup, which counts repeated lines, and io/logsink, which adds time
 * stamps. There is no global: everything that logs is given a struct log.
 * Values from packets, the kernel or files must go through log_esc().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,	/* something requested is not done */
	LOG_LEVEL_WARNING,	/* works, but needs attention */
	LOG_LEVEL_INFO,		/* of interest to operators */
	LOG_LEVEL_DEBUG,	/* per packet, for developers */
};

struct log {
	enum log_level level;	/* lines above it are not formatted */
	/* The line is "event fields", without newline. */
	void (*sink)(void *user, enum log_level level, const char *event,
	    const char *fields);
	void *user;
};

#define LOG_LINE_MAX 1024	/* longer lines are cut */

static inline bool
log_wants(const struct log *l, enum log_level level)
{
	return l && l->sink && level <= l->level;
}

/* event is a literal word like "reload"; fmt formats its key=value pairs. */
void log_event(const struct log *l, enum log_level level, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define LOG_ESC_MAX 256
/* Escapes untrusted text as sbuf_esc() does; cut to LOG_ESC_MAX. Returns
 * buf. */
const char *log_esc(char buf[LOG_ESC_MAX], const char *text);

#endif
