/* SPDX-License-Identifier: ISC
 *
 * log - one line per event: a fixed event word, then key=value pairs.
 *
 * This file formats and filters by level; the sink is a call-back
 * (io/logsink.c, which adds time stamps; base/logdedup before it counts
 * repeated lines). A struct log is passed to everything that logs: there is no
 * global. Values from packets, the kernel or files go through log_esc().
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
	/* The line is "event fields", without newline; valid during the
	 * call. */
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

/* event is a literal word like "reload"; fmt gives the fields, "key=value
 * ...". */
void log_event(const struct log *l, enum log_level level, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define LOG_ESC_MAX 256
/* Escapes foreign text for a line, quoted or not, as sbuf_esc() does; cut at
 * the end of buf. Returns buf. */
const char *log_esc(char buf[LOG_ESC_MAX], const char *text);

#endif
