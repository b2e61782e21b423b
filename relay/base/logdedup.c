/* SPDX-License-Identifier: ISC
 *
 * logdedup - see include/base/logdedup.h. Lines first, then events, in one
 * small array that is searched linearly: logging is rare, and comparing
 * different lines ends early.
 */
#include "base/logdedup.h"

#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"

#define ENTRIES		(LOGDEDUP_LINES + LOGDEDUP_EVENTS)
/* Longer than any line that leaves room for it. */
#define COUNT_MAX	sizeof(" repeated=18446744073709551615")

static bool
is_over(const struct logdedup_entry *e, struct mono now)
{
	return mono_diff_ms(now, e->since) >= LOGDEDUP_WINDOW_MS;
}

static bool
is_line(const struct logdedup *f, const struct logdedup_entry *e)
{
	return e < f->entry + LOGDEDUP_LINES;
}

static void
report_entry(struct logdedup *f, struct logdedup_entry *e)
{
	char text[LOG_LINE_MAX + COUNT_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (!e->event || e->left_out == 0)
		return;
	if (is_line(f, e))
		sbuf_printf(&b, "%s%srepeated=%" PRIu64, e->fields,
		    e->fields[0] ? " " : "", e->left_out);
	else
		sbuf_printf(&b, "suppressed=%" PRIu64, e->left_out);
	f->sink(f->user, e->level, e->event, text);
	e->left_out = 0;
}

/* A line that was repeated is reported again after another window; others are
 * forgotten. */
void
logdedup_report(struct logdedup *f, struct mono now)
{
	for (struct logdedup_entry *e = f->entry; e < f->entry + ENTRIES; e++) {
		bool keep = is_line(f, e) && e->left_out;

		if (!e->event || !is_over(e, now))
			continue;
		report_entry(f, e);
		e->since = now;
		if (!keep)
			e->event = NULL;
	}
}

void
logdedup_flush(struct logdedup *f)
{
	for (struct logdedup_entry *e = f->entry; e < f->entry + ENTRIES; e++) {
		report_entry(f, e);
		e->event = NULL;
	}
}

bool
logdedup_due(const struct logdedup *f, struct mono *due)
{
	bool any = false;

	for (const struct logdedup_entry *e = f->entry; e < f->entry + ENTRIES; e++) {
		struct mono end = mono_add_ms(e->since, LOGDEDUP_WINDOW_MS);

		if (!e->event || !e->left_out)
			continue;
		if (!any || mono_before(end, *due))
			*due = end;
		any = true;
	}
	return any;
}

/* A free entry among these, else the oldest one, which is reported. */
static struct logdedup_entry *
make_room(struct logdedup *f, struct logdedup_entry *from, unsigned n)
{
	struct logdedup_entry *best = from;

	for (struct logdedup_entry *e = from; e < from + n && best->event; e++)
		if (!e->event || mono_before(e->since, best->since))
			best = e;
	report_entry(f, best);
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
last_about(struct logdedup *f, const char *event, const char *fields)
{
	for (struct logdedup_entry *l = f->entry; is_line(f, l); l++)
		if (l->event && same_subject(l, event, fields))
			return l;
	return NULL;
}

/* Counts the line as one of its event; true when there were too many. */
static bool
is_too_much(struct logdedup *f, enum log_level level, const char *event,
    struct mono now)
{
	struct logdedup_entry *events = f->entry + LOGDEDUP_LINES, *e = events;

	if (level == LOG_LEVEL_DEBUG)
		return false;
	while (e < f->entry + ENTRIES && (!e->event || strcmp(e->event, event) != 0))
		e++;
	if (e == f->entry + ENTRIES) {
		e = make_room(f, events, LOGDEDUP_EVENTS);
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
logdedup_log(struct logdedup *f, enum log_level level, const char *event,
    const char *fields, struct mono now)
{
	struct logdedup_entry *l;
	size_t len = strlen(fields);

	logdedup_report(f, now);
	l = last_about(f, event, fields);
	if (l && l->level == level && strcmp(l->fields, fields) == 0 &&
	    strcmp(l->event, event) == 0) {
		l->left_out++;
		return;
	}
	l = make_room(f, l ? l : f->entry, l ? 1 : LOGDEDUP_LINES);
	if (is_too_much(f, level, event, now))
		return;
	/* A line that is too long to remember is never a repetition. */
	if (len < sizeof(l->fields)) {
		*l = (struct logdedup_entry){ .event = event, .level = level, .since = now };
		memcpy(l->fields, fields, len);
	}
	f->sink(f->user, level, event, fields);
}
