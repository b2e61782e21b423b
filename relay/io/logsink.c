/* SPDX-License-Identifier: ISC
 *
 * logsink - writes log lines to stderr, to syslog(3) or to the journal.
 *
 * Lines are made by base/log: an event word, then key=value pairs, where a
 * value with blanks stands in double quotes. Nothing here can fail in a way
 * that anybody could act upon, and nothing may hold up the packet path: a line
 * that the reader has no room for is dropped. (syslog(3) and sd_journal_sendv()
 * do wait when their socket is full; they are what was asked for.)
 */
#include "io/logsink.h"

#include <ctype.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

/* The journal would be told the place in this file, for every line the same. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/sbuf.h"

#define IDENT		"pxrelayd"
#define FIELDS_MAX	32
#define FIELD_PREFIX	"PXRELAY_"
/* Each field costs the prefix and a NUL on top of its own text. */
#define FIELDS_SIZE \
	(2 * LOG_LINE_MAX + FIELDS_MAX * sizeof("SYSLOG_IDENTIFIER=" IDENT))

static int
priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_INFO;
}

/*
 * One writev() a line, so that lines of several processes do not mix. stderr
 * may be a pipe that nobody reads. It is not ours to make non-blocking: the
 * flag belongs to the open file, and the shell shares it. poll() promises room
 * for PIPE_BUF bytes, which is more than a line.
 */
static void
write_line(const char *prefix, const char *event, const char *fields)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	struct iovec iov[5] = {
		{ (void *)(uintptr_t)prefix, strlen(prefix) },
		{ (void *)(uintptr_t)event, strlen(event) },
		{ (void *)(uintptr_t)" ", *fields ? 1 : 0 },
		{ (void *)(uintptr_t)fields, strlen(fields) },
		{ (void *)(uintptr_t)"\n", 1 },
	};

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!writev(STDERR_FILENO, iov, 5);
}

static void
to_stderr(void *user, enum log_level level, const char *event,
    const char *fields)
{
	(void)user;
	(void)level;
	write_line("", event, fields);
}

/* sd-daemon(3): the journal takes "<N>" off the line again. */
static void
to_service_stderr(void *user, enum log_level level, const char *event,
    const char *fields)
{
	char prefix[8];

	(void)user;
	snprintf(prefix, sizeof(prefix), "<%d>", priority(level));
	write_line(prefix, event, fields);
}

static void
to_syslog(void *user, enum log_level level, const char *event,
    const char *fields)
{
	(void)user;
	syslog(LOG_DAEMON | priority(level), "%s%s%s", event,
	    *fields ? " " : "", fields);
}

struct fields {
	struct iovec iov[FIELDS_MAX];
	int n;
	char *p, *end;		/* room that is left for their text */
};

/* "name=value"; a field that does not fit is left out. */
static void
add_field(struct fields *f, const char *name, const char *value)
{
	struct sbuf b;

	if (f->n == FIELDS_MAX || f->p == f->end)
		return;
	b = sbuf_init(f->p, (size_t)(f->end - f->p));
	sbuf_printf(&b, "%s=%s", name, value);
	if (b.cut)
		return;
	f->iov[f->n++] = (struct iovec){ f->p, b.len };
	f->p += b.len + 1;
}

/* Field names are A-Z, 0-9 and _ (systemd.journal-fields(7)). */
static void
add_pair(struct fields *f, const char *key, size_t key_len, const char *value,
    size_t value_len)
{
	struct sbuf b;

	if (f->n == FIELDS_MAX || f->p == f->end)
		return;
	b = sbuf_init(f->p, (size_t)(f->end - f->p));
	sbuf_puts(&b, FIELD_PREFIX);
	for (size_t i = 0; i < key_len; i++)
		sbuf_putc(&b, isalnum((unsigned char)key[i]) ?
		    (char)toupper((unsigned char)key[i]) : '_');
	sbuf_printf(&b, "=%.*s", (int)value_len, value);
	if (b.cut)
		return;
	f->iov[f->n++] = (struct iovec){ f->p, b.len };
	f->p += b.len + 1;
}

/* key=value key="a value": words without '=' are in MESSAGE alone. */
static void
add_pairs(struct fields *f, const char *s)
{
	while (*s) {
		size_t key_len = strcspn(s, "= ");
		const char *key = s, *value;
		size_t value_len;

		s += key_len;
		if (*s != '=') {
			s += strspn(s, " ");
			continue;
		}
		value = ++s;
		if (*s == '"')
			value = ++s, value_len = strcspn(s, "\"");
		else
			value_len = strcspn(s, " ");
		s += value_len;
		if (*s == '"')
			s++;
		s += strspn(s, " ");
		if (key_len > 0)
			add_pair(f, key, key_len, value, value_len);
	}
}

static void
to_journal(void *user, enum log_level level, const char *event,
    const char *fields)
{
	char text[FIELDS_SIZE], message[LOG_LINE_MAX], number[4];
	struct fields f = { .p = text, .end = text + sizeof(text) };

	(void)user;
	snprintf(message, sizeof(message), "%s%s%s", event,
	    *fields ? " " : "", fields);
	snprintf(number, sizeof(number), "%d", priority(level));
	add_field(&f, "MESSAGE", message);
	add_field(&f, "PRIORITY", number);
	add_field(&f, "SYSLOG_IDENTIFIER", IDENT);
	add_field(&f, FIELD_PREFIX "EVENT", event);
	add_pairs(&f, fields);
	(void)sd_journal_sendv(f.iov, f.n);
}

/* systemd.exec(5): the variable is inherited even where stderr has been sent
 * elsewhere, so its device and inode must be those of our stderr. */
static bool
stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	    st.st_ino == ino;
}

/* Of the process, as stderr is. */
static bool service_stderr;

void
logsink_look(void)
{
	service_stderr = stderr_is_journal();
}

void
logsink_set(struct log *log, enum logsink where)
{
	log->user = NULL;
	switch (where) {
	case LOGSINK_STDERR:
		log->sink = service_stderr ? to_service_stderr : to_stderr;
		break;
	case LOGSINK_SYSLOG:
		openlog(IDENT, LOG_PID, LOG_DAEMON);
		log->sink = to_syslog;
		break;
	case LOGSINK_JOURNAL:
		log->sink = to_journal;
		break;
	}
}
