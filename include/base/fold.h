/* SPDX-License-Identifier: ISC
 *
 * fold - keeps a log readable. A line that is repeated is written once, and later how often it
 * was repeated. An event that comes too often with different values is counted instead.
 *
 * A line repeats another when the last line about the same thing was the same. The thing is what
 * the first pair of the line names: after "interface-lost interface=v10" the line
 * "interface-ready interface=v10" is written even if it was written before. So the last line
 * about a thing always shows its present state.
 *
 * What was left out is always told: FOLD_WINDOW_MS after the line was written, when its place is
 * needed for another one, or by fold_flush(). The caller says what time it is; the sink is told
 * in a struct fold.
 *
 *   server-error server=w1 error="Connection refused"
 *   server-error server=w1 error="Connection refused" repeated=41
 *   boot-failed suppressed=1207
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mono.h"

#define FOLD_WINDOW_MS	10000
#define FOLD_LINES	32	/* that are remembered */
#define FOLD_EVENTS	16	/* words */
/* Lines of one event within the window: journald takes 10,000 of a service in 30 s, and then drops
 * whatever comes, also what matters. Debug lines are not counted. */
#define FOLD_EVENT_MAX	500

struct fold_line {
	const char *event;	/* a literal; NULL: free */
	enum log_level level;
	struct mono since;	/* when it was written */
	uint64_t more;		/* how often it was not */
	char fields[LOG_LINE_MAX];
};

struct fold_event {
	const char *event;
	enum log_level level;	/* of the last that was left out */
	struct mono since;
	uint64_t lines, more;
};

struct fold {
	void (*sink)(void *user, enum log_level level, const char *event,
	    const char *fields);
	void *user;
	struct fold_line line[FOLD_LINES];
	struct fold_event event[FOLD_EVENTS];
};

/* Writes the line to the sink, or counts it. event must outlive f. */
void fold_log(struct fold *f, enum log_level level, const char *event,
    const char *fields, struct mono now);
/* When something that was left out is to be told; false: nothing was. */
bool fold_due(const struct fold *f, struct mono *due);
/* Tells what is due. */
void fold_tell(struct fold *f, struct mono now);
/* Tells everything, and forgets all lines. */
void fold_flush(struct fold *f);

#endif
