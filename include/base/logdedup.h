/* SPDX-License-Identifier: ISC
 *
 * logdedup - keeps a log readable. A repeated line is written once, and later
 * how often it was repeated. An event that comes too often with different
 * values is counted instead.
 *
 * A line is a repetition if the last line about the same subject was the same.
 * The subject is the first pair of the line: after "interface-lost
 * interface=v10", the line "interface-ready interface=v10" is written even if
 * it was written before. So the last line about a subject always shows its
 * present state.
 *
 * What was left out is always reported: LOGDEDUP_WINDOW_MS after the line was
 * written, when its slot is needed, or by logdedup_flush(). The caller provides
 * the clock, and the sink in struct logdedup.
 *
 *   server-error server=w1 error="Connection refused"
 *   server-error server=w1 error="Connection refused" repeated=41
 *   boot-failed suppressed=1207
 */
#ifndef BASE_LOGDEDUP_H
#define BASE_LOGDEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mono.h"

#define LOGDEDUP_WINDOW_MS	10000
#define LOGDEDUP_LINES		32	/* remembered lines */
#define LOGDEDUP_EVENTS		16	/* remembered event words */
/* Lines of one event within the window: journald takes 10,000 of a service in
 * 30 s and then drops everything, the important lines too. Debug lines are not
 * counted. */
#define LOGDEDUP_EVENT_MAX	500

struct logdedup_entry {
	const char *event;	/* a literal; NULL: free */
	enum log_level level;	/* of the line, or of the event's last line left out */
	struct mono since;	/* when it was written first */
	uint64_t written;	/* of an event: lines */
	uint64_t left_out;
	char fields[LOG_LINE_MAX];	/* of a line */
};

struct logdedup {
	void (*sink)(void *user, enum log_level level, const char *event,
	    const char *fields);
	void *user;
	struct logdedup_entry entry[LOGDEDUP_LINES + LOGDEDUP_EVENTS];
};

/* Writes the line to the sink, or counts it. event must outlive f. */
void logdedup_log(struct logdedup *f, enum log_level level, const char *event,
    const char *fields, struct mono now);
/* When something left out is to be reported; false if nothing was. */
bool logdedup_due(const struct logdedup *f, struct mono *due);
/* Reports what is due. */
void logdedup_report(struct logdedup *f, struct mono now);
/* Reports everything, and forgets all lines. */
void logdedup_flush(struct logdedup *f);

#endif
