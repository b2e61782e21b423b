/* SPDX-License-Identifier: ISC
 *
 * log - formats log lines on the stack, and only those whose level is wanted:
 * with debugging off, a debug line costs one comparison. Repetition, time
 * stamps and output are left to the sink.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/sbuf.h"

/* Replaces the last bytes of a line that did not fit. */
#define CUT_MARK "..."

/* Bytes for the fields and their NUL, so that "event fields" fits LOG_LINE_MAX;
 * at least room for the mark, however long the event is. */
static size_t
fields_size(const char *event)
{
	size_t before = strlen(event) + 1;

	if (before > LOG_LINE_MAX - sizeof(CUT_MARK))
		return sizeof(CUT_MARK);
	return LOG_LINE_MAX - before;
}

void
log_event(const struct log *l, enum log_level level, const char *event,
    const char *fmt, ...)
{
	char fields[LOG_LINE_MAX];
	struct sbuf b;
	va_list ap;

	if (!log_wants(l, level))
		return;
	b = sbuf_init(fields, fields_size(event));
	va_start(ap, fmt);
	sbuf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (b.cut)
		memcpy(b.s + b.size - sizeof(CUT_MARK), CUT_MARK,
		    sizeof(CUT_MARK));
	l->sink(l->user, level, event, fields);
}

const char *
log_esc(char buf[LOG_ESC_MAX], const char *text)
{
	struct sbuf b = sbuf_init(buf, LOG_ESC_MAX);

	sbuf_esc(&b, text, strlen(text));
	return buf;
}
