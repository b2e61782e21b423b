/* SPDX-License-Identifier: ISC
 *
 * What clients send to the control socket and the metrics port. Input: a byte (bit 0:
 * which of the two; bit 1: the client shuts its end down; bit 2: it reads answers
 * before it has sent everything), then pieces, each a length byte and its
 * bytes, which are written to a real socket in order.
 *
 * What must hold: a command that reaches the callback is text of at most
 * CTL_LINE_MAX bytes; commands are answered in order, each by one line that is
 * a JSON object; nothing else is answered; the metrics port answers in HTTP.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/wire.h"
#include "io/ctl.h"
#include "io/metrics.h"
#include "io/priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ANSWERS (1u << 16)
#define LINES 16	/* sent at once; more would only be slower */

static struct loop *loop;
static struct ctl *ctl;
static struct metrics *metrics;
static struct sockaddr_un at[2];
static unsigned asked;
static uint8_t got[ANSWERS];
static size_t n_got;

static char *
on_command(void *user, const char *command)
{
	size_t len = strlen(command);
	char *answer;

	(void)user;
	assert(len <= CTL_LINE_MAX);
	for (size_t i = 0; i < len; i++)
		assert((unsigned char)command[i] >= ' ' && command[i] != 0x7f);
	assert(asprintf(&answer, "{\"n\":%u}", asked++) > 0);
	return answer;
}

static char *
on_scrape(void *user, size_t *len)
{
	char *text = strdup("up 1\n");

	(void)user;
	assert(text);
	*len = strlen(text);
	return text;
}

static void
remove_files(void)
{
	unlink(at[0].sun_path);
	unlink(at[1].sun_path);
}

static void
set_up(void)
{
	static const struct opener_terms terms = { .anything = true, .group = (gid_t)-1 };
	struct conf_metrics where = { .port = 0 };
	struct priv *priv = priv_new(&terms, NULL);

	/* Uses poll(2), because epoll_ctl() costs more for descriptors that live so
	 * briefly. */
	setenv("EVENT_NOEPOLL", "1", 1);
	loop = loop_new();
	assert(loop && priv);
	for (int i = 0; i < 2; i++) {
		at[i].sun_family = AF_UNIX;
		snprintf(at[i].sun_path, sizeof(at[i].sun_path),
		    "/tmp/fuzz-asked.%ld.%d", (long)getpid(), i);
	}
	snprintf(where.path, sizeof(where.path), "%s", at[1].sun_path);
	assert(ctl_open(loop, priv, at[0].sun_path, on_command, NULL, &ctl) == 0);
	assert(metrics_open(loop, priv, &where, on_scrape, NULL, &metrics) == 0);
	atexit(remove_files);
}

static void
turn(void)
{
	event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

static void
hear(int fd)
{
	ssize_t n;

	while (n_got < sizeof(got) && (n = recv(fd, got + n_got,
	    sizeof(got) - n_got, MSG_DONTWAIT)) > 0)
		n_got += (size_t)n;
}

/* Reads until nothing more arrives. */
static void
settle(int fd)
{
	size_t before;
	int quiet = 0;

	while (quiet < 3) {
		before = n_got;
		turn();
		hear(fd);
		quiet = n_got == before ? quiet + 1 : 0;
	}
}

static void
check_answers(unsigned lines)
{
	struct rd r = rd_init(got, n_got);
	unsigned n = 0, next = 0;
	char want[32];

	while (rd_left(&r)) {
		const uint8_t *line = r.p, *end = memchr(r.p, '\n', rd_left(&r));
		size_t len = (size_t)snprintf(want, sizeof(want), "{\"n\":%u}", next);

		if (!end)
			break;
		assert(*line == '{' && end[-1] == '}');
		if ((size_t)(end - line) == len && memcmp(line, want, len) == 0)
			next++;
		else
			assert(memcmp(line, "{\"error\":", 9) == 0);
		rd_bytes(&r, (size_t)(end - line) + 1);
		n++;
	}
	assert(next <= asked && n <= lines);
}

/* The number of lines that were sent, at most. */
static unsigned
count_lines(const uint8_t *p, size_t len)
{
	unsigned n = 1;

	for (size_t i = 0; i < len; i++)
		n += p[i] == '\n';
	return n;
}

/* The length up to the end of the last of LINES lines. */
static size_t
cut(const uint8_t *p, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		if (p[i] == '\n' && ++n == LINES)
			return i + 1;
	return len;
}

static void
converse(int fd, struct rd *in, bool hears)
{
	while (rd_left(in)) {
		size_t n = rd_u8(in);
		const uint8_t *piece;

		if (n > rd_left(in))
			n = rd_left(in);
		piece = rd_bytes(in, n);
		if (n && send(fd, piece, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		turn();
		if (hears)
			hear(fd);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_init(data, cut(data, len));
	uint8_t how = rd_u8(&in);
	unsigned which = how & 1;
	int fd;

	if (!loop)
		set_up();
	asked = 0;
	n_got = 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(fd >= 0);
	assert(connect(fd, (const struct sockaddr *)&at[which], sizeof(at[which])) == 0);
	converse(fd, &in, how & 4);
	if (how & 2)
		shutdown(fd, SHUT_WR);
	settle(fd);
	if (which == 0)
		check_answers(count_lines(data, len));
	else if (n_got)
		assert(n_got > 8 && memcmp(got, "HTTP/1.", 7) == 0);
	close(fd);
	turn();
	return 0;
}
