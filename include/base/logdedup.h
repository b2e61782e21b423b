/* SPDX-License-Identifier: ISC
 *
 * logdedup - keeps a log readable. A repeated line is written once, and
 * reported later with a count. Lines of an event that occurs too often are only
 * counted, even if their values differ.
 *
 * A line is a repetition if the last line about the same subject was the same.
 * The subject is the line's first key=value pair: after "interface-lost
 * interface=v10", the line "interface-ready interface=v10" is written even if
 * it was before. So the last line about a subject shows its current state.
 *
 * Every suppressed line is reported in the end: LOGDEDUP_WINDOW_MS after the
 * first was written, when its slot is needed, or by logdedup_flush().
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
/* Lines of one event per window. journald accepts 10,000 lines of a service in
 * 30 s, then drops all of them, important ones too. Debug lines are exempt. */
#define LOGDEDUP_EVENT_MAX	500

struct logdedup_entry {
	const char *event;	/* a literal; NULL: free */
	enum log_level level;	/* of the line, or of the last one left out */
	struct mono since;	/* when it was first written */
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

/* Writes the line to the sink, or counts it. event must outlive d. */
void logdedup_log(struct logdedup *d, enum log_level level, const char *event,
    const char *fields, struct mono now);
/* When the next report is due; false if nothing was left out. */
bool logdedup_due(const struct logdedup *d, struct mono *due);
/* Reports what is due. */
void logdedup_report(struct logdedup *d, struct mono now);
/* Reports everything and forgets all lines. */
void logdedup_flush(struct logdedup *d);

#endif
