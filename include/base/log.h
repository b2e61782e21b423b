/* SPDX-License-Identifier: ISC
 *
 * log - one line per event: a fixed event word, then key=value pairs.
 *
 * This file formats and filters by level; where lines go is a call-back that
 * the edge installs (io/logsink.c). A struct log is passed to whoever logs:
 * there is no global. Values are the caller's business: text that is not our own, from
 * packets, from the kernel or from files, goes through log_esc().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,	/* something that was asked for is not done */
	LOG_LEVEL_WARNING,	/* works, but somebody should look */
	LOG_LEVEL_INFO,		/* an operator would want to know */
	LOG_LEVEL_DEBUG,	/* per packet, for developers */
};

struct log {
	enum log_level level;	/* lines above it are not formatted */
	/* line: "event key=value ...", without newline; valid during the call. */
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

/* fmt gives the "key=value ..." part; event is a literal word like "reload". */
void log_event(const struct log *l, enum log_level level, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define LOG_ESC_MAX 256
/* Text that is not our own, as it may stand in a line, between quotes or without: escaped as by
 * sbuf_esc(), cut at the end of buf. Returns buf. */
const char *log_esc(char buf[LOG_ESC_MAX], const char *text);
const char *log_level_name(enum log_level level);
/* false when the name is unknown */
bool log_level_parse(const char *name, enum log_level *out);

#endif
