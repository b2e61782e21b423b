/* SPDX-License-Identifier: ISC
 *
 * logsink - writes log lines to stderr, to the syslog daemon or to the journal.
 *
 * Lines are made by base/log: an event word, then key=value pairs, where a
 * value with blanks stands in double quotes. Nothing here can fail in a way
 * that anybody could act upon, and nothing may hold up the packet path: a line
 * that the reader has no room for is dropped. That is why syslog(3) and sd_journal_sendv(3) are
 * not called: both wait until a daemon that is stopped, or whose disk is slow, reads on, and
 * neither packets nor signals are looked at meanwhile. What they send is a datagram
 * (RFC 3164; systemd's "Native Journal Protocol").
 */
#include "io/logsink.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/sbuf.h"

#define IDENT		"pxrelayd"
#define FIELDS_MAX	32
#define FIELD_PREFIX	"PXRELAY_"
/* Each field costs the prefix, the end of a line and a NUL on top of its own text. */
#define FIELDS_SIZE \
	(2 * LOG_LINE_MAX + FIELDS_MAX * sizeof("SYSLOG_IDENTIFIER=" IDENT "\n"))

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
 * may be a pipe or a socket that nobody reads, and not ours to make non-blocking: the
 * flag belongs to the open file, and the shell shares it. poll() promises room for
 * PIPE_BUF bytes in a pipe, which is more than a line, and for as much in a socket;
 * not so in a terminal, and others may write between the two calls, see own_stderr().
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

/* A daemon that reads datagrams at a path, and our socket to it; -1: none yet. */
struct reader {
	const char *path;
	int fd;
};

/* Of the process, as stderr is. */
static struct reader syslogd = { "/dev/log", -1 };
static struct reader journald = { "/run/systemd/journal/socket", -1 };

static bool
reach(struct reader *r)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strncpy(at.sun_path, r->path, sizeof(at.sun_path) - 1);
	if (r->fd < 0)
		r->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return r->fd >= 0 &&
	    connect(r->fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

/* A daemon that was started anew, or only now, has another socket of that name. */
static void
deliver(struct reader *r, struct iovec *iov, size_t n)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };

	if (r->fd < 0 && !reach(r))
		return;
	if (sendmsg(r->fd, &msg, MSG_NOSIGNAL) < 0 &&
	    (errno == ECONNREFUSED || errno == ENOTCONN) && reach(r))
		(void)!sendmsg(r->fd, &msg, MSG_NOSIGNAL);
}

void
logsink_forget(void)
{
	syslogd.fd = journald.fd = -1;
}

/* RFC 3164, section 4.1, as the C library writes it: without the host. */
static void
to_syslog(void *user, enum log_level level, const char *event,
    const char *fields)
{
	struct timespec now;
	char stamp[32] = "", head[64];
	struct iovec iov[4] = {
		{ head, 0 },
		{ (void *)(uintptr_t)event, strlen(event) },
		{ (void *)(uintptr_t)" ", *fields ? 1 : 0 },
		{ (void *)(uintptr_t)fields, strlen(fields) },
	};
	struct tm tm;

	(void)user;
	/* Not time(2): where there is no vDSO that is another system call. */
	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		(void)strftime(stamp, sizeof(stamp), "%b %e %T ", &tm);
	iov[0].iov_len = (size_t)snprintf(head, sizeof(head), "<%d>%s" IDENT "[%ld]: ",
	    LOG_DAEMON | priority(level), stamp, (long)getpid());
	deliver(&syslogd, iov, 4);
}

struct fields {
	struct iovec iov[FIELDS_MAX];
	size_t n;
	char *p, *end;		/* room that is left for their text */
};

/* A field ends with its line: no value may have another one in it. */
static void
take_field(struct fields *f, struct sbuf *b)
{
	sbuf_putc(b, '\n');
	if (b->cut)
		return;
	for (size_t i = 0; i + 1 < b->len; i++)
		if (f->p[i] == '\n')
			f->p[i] = ' ';
	f->iov[f->n++] = (struct iovec){ f->p, b->len };
	f->p += b->len + 1;
}

/* "name=value"; a field that does not fit is left out. */
static void
add_field(struct fields *f, const char *name, const char *value)
{
	struct sbuf b;

	if (f->n == FIELDS_MAX || f->p == f->end)
		return;
	b = sbuf_init(f->p, (size_t)(f->end - f->p));
	sbuf_printf(&b, "%s=%s", name, value);
	take_field(f, &b);
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
	take_field(f, &b);
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
	deliver(&journald, f.iov, f.n);
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

/*
 * A pipe or terminal is opened once more, for writes that do not wait: when somebody pressed
 * ^S, or another process fills the pipe. Where that is refused (a pipe without a reader,
 * another user's terminal) it stays as it is.
 */
static void
own_stderr(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) < 0 ||
	    (!S_ISFIFO(st.st_mode) && !isatty(STDERR_FILENO)))
		return;
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

void
logsink_look(void)
{
	service_stderr = stderr_is_journal();
	own_stderr();
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
		log->sink = to_syslog;
		break;
	case LOGSINK_JOURNAL:
		log->sink = to_journal;
		break;
	}
}
