/* SPDX-License-Identifier: ISC
 *
 * logsink - writes log lines to stderr, to the syslog daemon or to the journal.
 *
 * base/log formats the lines: an event word, then key=value pairs, with values
 * in double quotes if they contain spaces. Errors are ignored, since no caller
 * could act on them. Nothing may delay packets, so a line for which the reader
 * has no room is dropped, and syslog(3) and sd_journal_sendv(3) are not called:
 * both wait for a daemon that is stopped or whose disk is slow. What they would
 * send is one datagram (RFC 3164; systemd's "Native Journal Protocol").
 */
#include "io/logsink.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "io/sock.h"

#define IDENT		"pxrelayd"
#define FIELD_PREFIX	"PXRELAY_"
/* MESSAGE and fields: the shortest pair, "k= ", becomes "PXRELAY_K=\n". */
#define FIELDS_SIZE	(6 * LOG_LINE_MAX)

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* Global, as stderr is. */
static bool stderr_is_journal;

static struct iovec
part(const char *text)
{
	return (struct iovec){ (void *)(uintptr_t)text, strlen(text) };
}

/*
 * One writev() per line, so that lines of several processes do not mix. stderr
 * may be a pipe or a socket that nobody reads, and we must not make it
 * non-blocking, since the shell shares the open file and thus the flag. poll()
 * promises room for PIPE_BUF bytes, more than a line has, in a pipe or socket;
 * but not in a terminal, and not if others write too: see reopen_stderr().
 *
 * The journal removes the "<N>" prefix of sd-daemon(3).
 */
static void
to_stderr(void *user, enum log_level level, const char *event, const char *fields)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	char prefix[8] = "";
	struct iovec iov[] = {
		part(prefix), part(event), part(*fields ? " " : ""), part(fields),
		part("\n"),
	};

	(void)user;
	if (stderr_is_journal)
		iov[0].iov_len = (size_t)snprintf(prefix, sizeof(prefix), "<%d>",
		    priorities[level]);
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!writev(STDERR_FILENO, iov, sizeof(iov) / sizeof(iov[0]));
}

/* JOURNAL_STREAM (systemd.exec(5)) is inherited even if stderr was redirected,
 * so its device and inode must be those of our stderr. */
static bool
is_journal_stream(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* Reopens a pipe or terminal for writes that do not wait: an operator may press
 * ^S, or another process fill the pipe. If that is refused (a pipe without a
 * reader, another user's terminal), stderr stays as it is. */
static void
reopen_stderr(void)
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

/* Global, as stderr is. */
static struct sock_peer syslogd = {
	-1, { AF_UNIX, "/dev/log" }, sizeof(struct sockaddr_un)
};
static struct sock_peer journald = {
	-1, { AF_UNIX, "/run/systemd/journal/socket" }, sizeof(struct sockaddr_un)
};

/* RFC 3164 4.1, without the host, as the C library writes it. */
static void
to_syslog(void *user, enum log_level level, const char *event, const char *fields)
{
	char text[LOG_LINE_MAX + 64], stamp[32] = "";
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct timespec now;
	struct tm tm;

	(void)user;
	/* Not time(2): without a vDSO, it would be another system call. */
	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		(void)strftime(stamp, sizeof(stamp), "%b %e %T ", &tm);
	sbuf_printf(&b, "<%d>%s" IDENT "[%ld]: %s%s%s",
	    LOG_DAEMON | priorities[level], stamp, (long)getpid(), event,
	    *fields ? " " : "", fields);
	(void)sock_tell(&syslogd, b.s, b.len);
}

/* Field names are A-Z, 0-9 and _ (systemd.journal-fields(7)). A line break in a
 * value would end the field and begin a forged one. */
static void
add_pair(struct sbuf *b, const char *key, size_t key_len, const char *value,
    size_t value_len)
{
	sbuf_puts(b, FIELD_PREFIX);
	for (size_t i = 0; i < key_len; i++)
		sbuf_putc(b, isalnum((unsigned char)key[i]) ?
		    (char)toupper((unsigned char)key[i]) : '_');
	sbuf_putc(b, '=');
	for (size_t i = 0; i < value_len; i++)
		sbuf_putc(b, value[i] == '\n' ? ' ' : value[i]);
	sbuf_putc(b, '\n');
}

/* Parses key=value key="a value"; words without '=' are only in MESSAGE. */
static void
add_pairs(struct sbuf *b, const char *s)
{
	while (*s) {
		const char *key = s, *value;
		size_t key_len = strcspn(s, "= "), value_len;

		s += key_len;
		if (*s == '=') {
			bool quoted = *++s == '"';

			value = s + quoted;
			value_len = strcspn(value, quoted ? "\"" : " ");
			s = value + value_len;
			s += *s == '"';
			if (key_len > 0)
				add_pair(b, key, key_len, value, value_len);
		}
		s += strspn(s, " ");
	}
}

static void
to_journal(void *user, enum log_level level, const char *event, const char *fields)
{
	char text[FIELDS_SIZE];
	struct sbuf b = sbuf_init(text, sizeof(text));

	(void)user;
	sbuf_printf(&b, "MESSAGE=%s%s%s", event, *fields ? " " : "", fields);
	for (size_t i = 0; i < b.len; i++)
		if (b.s[i] == '\n')
			b.s[i] = ' ';
	sbuf_printf(&b, "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=" IDENT "\n"
	    FIELD_PREFIX "EVENT=%s\n", priorities[level], event);
	add_pairs(&b, fields);
	(void)sock_tell(&journald, b.s, b.len);
}

void
logsink_look(void)
{
	stderr_is_journal = is_journal_stream();
	reopen_stderr();
}

void
logsink_forget(void)
{
	syslogd.fd = journald.fd = -1;
}

void
logsink_set(struct log *log, enum logsink where)
{
	log->user = NULL;
	log->sink = where == LOGSINK_SYSLOG ? to_syslog :
	    where == LOGSINK_JOURNAL ? to_journal : to_stderr;
}
