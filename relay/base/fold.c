/* SPDX-License-Identifier: ISC
 *
 * fold - see include/base/fold.h. Two small tables that are searched from end to end: logging is
 * rare, and comparing with a line that differs costs its first bytes.
 */
#include "base/fold.h"

#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"

/* Behind a line that leaves room for it. */
#define COUNT_MAX	sizeof(" repeated=18446744073709551615")

static bool
is_over(struct mono since, struct mono now)
{
	return mono_diff_ms(now, since) >= FOLD_WINDOW_MS;
}

static void
tell_line(struct fold *f, struct fold_line *l)
{
	char text[LOG_LINE_MAX + COUNT_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (l->more == 0)
		return;
	sbuf_printf(&b, "%s%srepeated=%" PRIu64, l->fields,
	    l->fields[0] ? " " : "", l->more);
	f->sink(f->user, l->level, l->event, text);
	l->more = 0;
}

static void
tell_event(struct fold *f, struct fold_event *e)
{
	char text[COUNT_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (e->more == 0)
		return;
	sbuf_printf(&b, "suppressed=%" PRIu64, e->more);
	f->sink(f->user, e->level, e->event, text);
	e->more = 0;
}

/* What went on until now is told again after another window; what did not is forgotten. */
void
fold_tell(struct fold *f, struct mono now)
{
	for (unsigned i = 0; i < FOLD_LINES; i++) {
		struct fold_line *l = &f->line[i];

		if (!l->event || !is_over(l->since, now))
			continue;
		if (l->more == 0)
			l->event = NULL;
		else
			tell_line(f, l);
		l->since = now;
	}
	for (unsigned i = 0; i < FOLD_EVENTS; i++) {
		struct fold_event *e = &f->event[i];

		if (!e->event || !is_over(e->since, now))
			continue;
		tell_event(f, e);
		e->event = NULL;
	}
}

void
fold_flush(struct fold *f)
{
	for (unsigned i = 0; i < FOLD_LINES; i++) {
		tell_line(f, &f->line[i]);
		f->line[i].event = NULL;
	}
	for (unsigned i = 0; i < FOLD_EVENTS; i++) {
		tell_event(f, &f->event[i]);
		f->event[i].event = NULL;
	}
}

static void
earlier(struct mono since, struct mono *due, bool *any)
{
	struct mono end = mono_add_ms(since, FOLD_WINDOW_MS);

	if (!*any || mono_before(end, *due))
		*due = end;
	*any = true;
}

bool
fold_due(const struct fold *f, struct mono *due)
{
	bool any = false;

	for (unsigned i = 0; i < FOLD_LINES; i++)
		if (f->line[i].more)
			earlier(f->line[i].since, due, &any);
	for (unsigned i = 0; i < FOLD_EVENTS; i++)
		if (f->event[i].more)
			earlier(f->event[i].since, due, &any);
	return any;
}

/* Two lines about the same thing: their first pair is the same. */
static bool
same_subject(const struct fold_line *l, const char *event, const char *fields)
{
	size_t n = strcspn(fields, " ");

	if (n == 0)
		return l->fields[0] == '\0' && strcmp(l->event, event) == 0;
	return strncmp(l->fields, fields, n) == 0 &&
	    (l->fields[n] == '\0' || l->fields[n] == ' ');
}

static struct fold_line *
last_about(struct fold *f, const char *event, const char *fields)
{
	for (unsigned i = 0; i < FOLD_LINES; i++)
		if (f->line[i].event && same_subject(&f->line[i], event, fields))
			return &f->line[i];
	return NULL;
}

static bool
is_repeated(const struct fold_line *l, enum log_level level, const char *event,
    const char *fields)
{
	return l->level == level && strcmp(l->fields, fields) == 0 &&
	    strcmp(l->event, event) == 0;
}

/* The place of this word, else a free one, else that of the oldest one. */
static struct fold_event *
event_of(struct fold *f, const char *event, struct mono now)
{
	struct fold_event *best = &f->event[0];

	for (unsigned i = 0; i < FOLD_EVENTS; i++) {
		struct fold_event *e = &f->event[i];

		if (e->event && strcmp(e->event, event) == 0)
			return e;
		if (best->event && (!e->event || mono_before(e->since, best->since)))
			best = e;
	}
	if (best->event)
		tell_event(f, best);
	*best = (struct fold_event){ .event = event, .since = now };
	return best;
}

static bool
is_too_much(struct fold *f, enum log_level level, const char *event,
    struct mono now)
{
	struct fold_event *e;

	if (level == LOG_LEVEL_DEBUG)
		return false;
	e = event_of(f, event, now);
	if (e->lines < FOLD_EVENT_MAX) {
		e->lines++;
		return false;
	}
	e->level = level;
	e->more++;
	return true;
}

static struct fold_line *
oldest(struct fold *f)
{
	struct fold_line *l = &f->line[0];

	for (unsigned i = 0; i < FOLD_LINES && l->event; i++)
		if (!f->line[i].event || mono_before(f->line[i].since, l->since))
			l = &f->line[i];
	return l;
}

/* A line that is too long to be remembered whole is never the same as another. */
static void
remember(struct fold_line *l, enum log_level level, const char *event,
    const char *fields, struct mono now)
{
	size_t len = strlen(fields);

	l->event = NULL;
	if (len >= sizeof(l->fields))
		return;
	*l = (struct fold_line){ .event = event, .level = level, .since = now };
	memcpy(l->fields, fields, len);
}

void
fold_log(struct fold *f, enum log_level level, const char *event,
    const char *fields, struct mono now)
{
	struct fold_line *l;

	fold_tell(f, now);
	l = last_about(f, event, fields);
	if (l && is_repeated(l, level, event, fields)) {
		l->more++;
		return;
	}
	l = l ? l : oldest(f);
	if (l->event)
		tell_line(f, l);
	l->event = NULL;
	if (is_too_much(f, level, event, now))
		return;
	remember(l, level, event, fields, now);
	f->sink(f->user, level, event, fields);
}
