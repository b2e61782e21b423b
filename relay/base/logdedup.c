/* SPDX-License-Identifier: ISC
 *
 * logdedup - finds repeated lines and noisy events. Both are entries of one
 * small array, lines first. It is searched linearly: logging is rare, and
 * comparing different lines ends early. The caller provides clock and sink.
 */
#include "base/logdedup.h"

#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"

#define ENTRIES		(LOGDEDUP_LINES + LOGDEDUP_EVENTS)
/* The longest count that is appended to a line. */
#define COUNT_MAX	sizeof(" repeated=18446744073709551615")

static bool
is_line(const struct logdedup *d, const struct logdedup_entry *e)
{
	return e < d->entry + LOGDEDUP_LINES;
}

static void
report_entry(struct logdedup *d, struct logdedup_entry *e)
{
	char text[LOG_LINE_MAX + COUNT_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (!e->event || e->left_out == 0)
		return;
	if (is_line(d, e))
		sbuf_printf(&b, "%s%srepeated=%" PRIu64, e->fields,
		    e->fields[0] ? " " : "", e->left_out);
	else
		sbuf_printf(&b, "suppressed=%" PRIu64, e->left_out);
	d->sink(d->user, e->level, e->event, text);
	e->left_out = 0;
}

/* A repeated line is watched for another window; other entries are freed. */
void
logdedup_report(struct logdedup *d, struct mono now)
{
	for (struct logdedup_entry *e = d->entry; e < d->entry + ENTRIES; e++) {
		bool keep = is_line(d, e) && e->left_out;

		if (!e->event || mono_diff_ms(now, e->since) < LOGDEDUP_WINDOW_MS)
			continue;
		report_entry(d, e);
		e->since = now;
		if (!keep)
			e->event = NULL;
	}
}

void
logdedup_flush(struct logdedup *d)
{
	for (struct logdedup_entry *e = d->entry; e < d->entry + ENTRIES; e++) {
		report_entry(d, e);
		e->event = NULL;
	}
}

bool
logdedup_due(const struct logdedup *d, struct mono *due)
{
	const struct logdedup_entry *e;
	bool any = false;

	for (e = d->entry; e < d->entry + ENTRIES; e++) {
		struct mono end = mono_add_ms(e->since, LOGDEDUP_WINDOW_MS);

		if (!e->event || !e->left_out)
			continue;
		if (!any || mono_before(end, *due))
			*due = end;
		any = true;
	}
	return any;
}

/* Returns a free entry of these n, or reports and frees the oldest one. */
static struct logdedup_entry *
make_room(struct logdedup *d, struct logdedup_entry *from, unsigned n)
{
	struct logdedup_entry *best = from;

	for (struct logdedup_entry *e = from; e < from + n && best->event; e++)
		if (!e->event || mono_before(e->since, best->since))
			best = e;
	report_entry(d, best);
	best->event = NULL;
	return best;
}

/* Two lines have the same subject if their first pair is the same. */
static bool
same_subject(const struct logdedup_entry *l, const char *event, const char *fields)
{
	size_t n = strcspn(fields, " ");

	if (n == 0)
		return l->fields[0] == '\0' && strcmp(l->event, event) == 0;
	return strncmp(l->fields, fields, n) == 0 &&
	    (l->fields[n] == '\0' || l->fields[n] == ' ');
}

static struct logdedup_entry *
find_subject(struct logdedup *d, const char *event, const char *fields)
{
	for (struct logdedup_entry *l = d->entry; is_line(d, l); l++)
		if (l->event && same_subject(l, event, fields))
			return l;
	return NULL;
}

/* Counts the line for its event; true if there were too many. */
static bool
exceeds_rate(struct logdedup *d, enum log_level level, const char *event,
    struct mono now)
{
	struct logdedup_entry *events = d->entry + LOGDEDUP_LINES, *e = events;

	if (level == LOG_LEVEL_DEBUG)
		return false;
	while (e < d->entry + ENTRIES && (!e->event || strcmp(e->event, event) != 0))
		e++;
	if (e == d->entry + ENTRIES) {
		e = make_room(d, events, LOGDEDUP_EVENTS);
		*e = (struct logdedup_entry){ .event = event, .since = now };
	}
	if (e->written < LOGDEDUP_EVENT_MAX) {
		e->written++;
		return false;
	}
	e->level = level;
	e->left_out++;
	return true;
}

void
logdedup_log(struct logdedup *d, enum log_level level, const char *event,
    const char *fields, struct mono now)
{
	struct logdedup_entry *l;
	size_t len = strlen(fields);

	logdedup_report(d, now);
	l = find_subject(d, event, fields);
	if (l && l->level == level && strcmp(l->fields, fields) == 0 &&
	    strcmp(l->event, event) == 0) {
		l->left_out++;
		return;
	}
	l = make_room(d, l ? l : d->entry, l ? 1 : LOGDEDUP_LINES);
	if (exceeds_rate(d, level, event, now))
		return;
	/* A line that is too long to remember is never a repetition. */
	if (len < sizeof(l->fields)) {
		*l = (struct logdedup_entry){ .event = event, .level = level,
		    .since = now };
		memcpy(l->fields, fields, len);
	}
	d->sink(d->user, level, event, fields);
}
