/* SPDX-License-Identifier: ISC
 *
 * capture - reads the stream of a capture from the daemon, writes the files and
 * reports the end. Which block goes into which file is decided in capfile.c.
 *
 * An interrupt or a reached count shuts down our side of the socket; then the
 * daemon ends the stream with statistics about lost packets. The signal handler
 * shuts down the socket itself, so that no signal is missed between a check and
 * poll(). The second signal kills.
 *
 * When the disk is full, the file is cut back to its last whole block.
 */
#include "ctl/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/sbuf.h"
#include "ctl/capfile.h"
#include "ctl/mem.h"
#include "ctl/render.h"
#include "proto/pcapng.h"

#define NAME_MAX_LEN	4096
/* The time in which the daemon must end the stream. */
#define END_MS		5000

enum ended { RUNNING, INTERRUPTED, COUNTED, READER_GONE, DAEMON_GONE, FAILED };

static const char *const end_words[] = {
	[RUNNING] = "error",
	[INTERRUPTED] = "interrupt",
	[COUNTED] = "count",
	[READER_GONE] = "reader",
	[DAEMON_GONE] = "daemon",
	[FAILED] = "error",
};

/* The file being written, and the names of those before it. */
struct sink {
	const struct capture_args *args;
	int fd;
	bool pipe;
	char **name;		/* a ring, owned with its names */
	unsigned n_name, oldest;
	uint64_t done;		/* bytes in the file */
	uint64_t unwritten;	/* packets for which the disk had no room */
	size_t len;
	uint8_t out[PCAPNG_BLOCK_MAX];
};

struct session {
	int fd;			/* of the stream */
	struct capfile file;
	struct sink sink;
	enum ended why;
	int error;		/* FAILED: -errno */
	size_t len;
	uint8_t in[2 * PCAPNG_BLOCK_MAX];
};

/* Returns how many of the first n bytes are whole blocks; counts the packets
 * after. */
static size_t
whole_blocks(struct sink *k, size_t n)
{
	struct rd r = rd_init(k->out, k->len);
	struct pcapng_block b;
	size_t whole = 0;

	while (pcapng_next(&r, &b) == PCAPNG_WHOLE) {
		if (whole + b.len <= n)
			whole += b.len;
		else
			k->unwritten += b.type == PCAPNG_PACKET;
	}
	return whole;
}

static int
sink_flush(struct sink *k)
{
	size_t n = 0;
	int err = 0;

	while (n < k->len && !err) {
		ssize_t some = write(k->fd, k->out + n, k->len - n);

		if (some < 0)
			err = -errno;
		else
			n += (size_t)some;
	}
	if (err)
		n = whole_blocks(k, n);
	k->done += n;
	k->len = 0;
	/* A device cannot be cut; report the first error. */
	if (err && !k->pipe)
		(void)!ftruncate(k->fd, (off_t)k->done);
	return err;
}

static int
sink_write(void *user, const void *block, size_t len)
{
	struct sink *k = user;
	int err = 0;

	if (k->len + len > sizeof(k->out))
		err = sink_flush(k);
	if (err)
		return err;
	memcpy(k->out + k->len, block, len);
	k->len += len;
	return 0;
}

static int
sink_close(struct sink *k)
{
	int err = k->fd >= 0 ? sink_flush(k) : 0;

	if (k->fd >= 0 && !k->pipe && close(k->fd) < 0 && !err)
		err = -errno;	/* NFS reports write errors only now */
	k->fd = -1;
	return err;
}

/* Adds a name to the ring; if that is full, removes the oldest file. */
static void
add_name(struct sink *k, const char *name)
{
	unsigned ring = k->args->files;
	char *copy = mem_got(strdup(name));

	if (ring && k->n_name == ring) {
		unlink(k->name[k->oldest]);
		free(k->name[k->oldest]);
		k->name[k->oldest] = copy;
		k->oldest = (k->oldest + 1) % ring;
		return;
	}
	k->name = mem_more(k->name, k->n_name, sizeof(*k->name));
	k->name[k->n_name++] = copy;
}

static int
sink_next(void *user, unsigned n)
{
	struct sink *k = user;
	char name[NAME_MAX_LEN];
	time_t now = time(NULL);
	struct tm tm;
	int err;

	if (k->pipe) {
		k->fd = STDOUT_FILENO;
		return 0;
	}
	err = sink_close(k);
	if (err)
		return err;
	if (!k->args->cap)
		snprintf(name, sizeof(name), "%s", k->args->file);
	else if (!localtime_r(&now, &tm) ||
	    !capfile_name(name, sizeof(name), k->args->file, n, &tm))
		return -ENAMETOOLONG;
	k->fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (k->fd < 0)
		return -errno;
	k->done = 0;
	add_name(k, name);
	return 0;
}

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t stream_fd;

static void
on_signal(int signo)
{
	int e = errno;

	(void)signo;
	interrupted = 1;
	shutdown(stream_fd, SHUT_WR);
	errno = e;
}

/* Without SA_RESTART, so that a blocked write to a pipe is interrupted, too. */
static void
catch_signals(int fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal,
	    .sa_flags = (int)SA_RESETHAND };
	struct sigaction was;

	stream_fd = fd;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &was) == 0 &&
		    was.sa_handler != SIG_IGN)	/* nohup(1), and & in a script */
			sigaction(signals[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
end_capture(struct session *s, enum ended why, int error)
{
	if (s->why != RUNNING && why != FAILED)
		return;
	s->why = why;
	s->error = error;
	shutdown(s->fd, SHUT_WR);
}

static void
fail_capture(struct session *s, int err)
{
	if (err == -EPIPE && s->sink.pipe)
		end_capture(s, READER_GONE, 0);
	else if (err == -EINTR && interrupted)
		end_capture(s, INTERRUPTED, 0);
	else
		end_capture(s, FAILED, err);
}

/* Takes the blocks in s->in. false: it failed. */
static bool
take_blocks(struct session *s)
{
	size_t used;
	int err = capfile_feed(&s->file, s->in, s->len, &used);

	s->len -= used;
	memmove(s->in, s->in + used, s->len);
	if (err) {
		fail_capture(s, err);
		return false;
	}
	if (capfile_full(&s->file))
		end_capture(s, COUNTED, 0);
	return true;
}

/* Waits until there is data to read, or the reader of our pipe is gone. */
static int
wait_for_data(struct session *s)
{
	struct pollfd p[] = {
		{ .fd = s->fd, .events = POLLIN },
		{ .fd = s->sink.pipe ? STDOUT_FILENO : -1 },
	};
	int n = poll(p, 2, s->why == RUNNING ? -1 : END_MS);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ETIMEDOUT;
	return p[1].revents & POLLERR ? -EPIPE : 0;
}

/* Receives and takes some data. false: the stream has ended. */
static bool
receive_data(struct session *s)
{
	ssize_t n = recv(s->fd, s->in + s->len, sizeof(s->in) - s->len,
	    MSG_DONTWAIT);
	int err;

	if (n > 0) {
		s->len += (size_t)n;
		return take_blocks(s);
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		if (interrupted)
			end_capture(s, INTERRUPTED, 0);
		end_capture(s, DAEMON_GONE, 0);
		return false;
	}
	/* Flush while idle, so that readers of the file see everything so far. */
	err = s->sink.fd >= 0 ? sink_flush(&s->sink) : 0;
	if (!err)
		err = wait_for_data(s);
	if (interrupted)
		end_capture(s, INTERRUPTED, 0);
	if (err)
		fail_capture(s, err);
	return !err;
}

static void
report_json(const struct session *s, uint64_t packets, FILE *out)
{
	const struct sink *k = &s->sink;
	json_t *files = json_array();
	json_t *doc = json_pack("{s:I, s:I, s:s, s:o}",
	    "captured", (json_int_t)packets, "lost", (json_int_t)s->file.lost,
	    "end", end_words[s->why], "files", files);

	for (unsigned i = 0; i < k->n_name; i++)
		json_array_append_new(files, json_string(
		    k->name[(k->oldest + i) % k->n_name]));
	render_json(doc, out);
	json_decref(doc);
}

static void
report_error(const struct session *s)
{
	const char *what = s->error == -EBADMSG ? "the answer is not a capture" :
	    s->error == -EMSGSIZE ? "a packet is larger than the maximum file size" :
	    s->error == -ETIMEDOUT ? "the daemon did not end the capture" : NULL;

	if (what)
		render_printf(stderr, "pxrelayctl: %s\n", what);
	else
		render_printf(stderr, "pxrelayctl: %s: %s\n", s->sink.args->file,
		    strerror(-s->error));
}

static void
report_end(const struct session *s, bool json)
{
	uint64_t packets = s->file.packets - s->sink.unwritten;

	if (s->why == FAILED)
		report_error(s);
	if (s->why == DAEMON_GONE)
		fputs("pxrelayctl: the daemon ended the capture\n", stderr);
	if (json) {
		report_json(s, packets, s->sink.pipe ? stderr : stdout);
		return;
	}
	fprintf(stderr, "pxrelayctl: %llu packets captured, %llu lost because"
	    " they were not read in time", (unsigned long long)packets,
	    (unsigned long long)s->file.lost);
	if (s->sink.args->cap)
		fprintf(stderr, ", %u files", s->sink.n_name);
	fputc('\n', stderr);
}

int
capture_run(const struct capture_args *a, const struct client *c, bool json)
{
	struct session *s = mem_got(calloc(1, sizeof(*s)));
	int status, err;

	s->fd = c->fd;
	s->sink.args = a;
	s->sink.fd = -1;
	s->sink.pipe = strcmp(a->file, "-") == 0;
	s->file = (struct capfile){
		.out = { sink_next, sink_write, &s->sink },
		.cap = a->cap, .limit = a->packets,
	};
	catch_signals(c->fd);
	fputs("pxrelayctl: capturing\n", stderr);
	s->len = c->got - c->len - 1;	/* data that arrived with the answer */
	if (s->len > sizeof(s->in))
		s->len = 0;
	memcpy(s->in, c->answer + c->len + 1, s->len);
	if (take_blocks(s))
		while (receive_data(s))
			;
	err = sink_close(&s->sink);
	if (err)
		fail_capture(s, err);
	report_end(s, json);
	status = s->why == FAILED || s->why == DAEMON_GONE;
	capfile_fini(&s->file);
	for (unsigned i = 0; i < s->sink.n_name; i++)
		free(s->sink.name[i]);
	free(s->sink.name);
	free(s);
	return status;
}

/* Parses "100", "64k", "10M" or "1G"; 0: not a size. */
static uint64_t
parse_size(const char *text)
{
	static const char suffix[] = "kMG";
	const char *which;
	char *rest;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &rest, 10);
	if (text[0] < '0' || text[0] > '9' || errno || n > UINT32_MAX)
		return 0;
	if (*rest == '\0')
		return n;
	which = strchr(suffix, *rest);
	if (!which || rest[1])
		return 0;
	return (uint64_t)n << 10 * (which - suffix + 1);
}

const char *
capture_filter(struct capture_args *a, const char *key, const char *value)
{
	size_t len = strlen(a->filter);
	struct sbuf b = sbuf_init(a->filter + len, sizeof(a->filter) - len);

	if (!*value || strpbrk(value, " \t\r\n"))
		return "expected a name or an address";
	sbuf_printf(&b, " %s=%s", key, value);
	return b.cut ? "too many filters" : NULL;
}

const char *
capture_option(struct capture_args *a, int o, const char *value)
{
	uint64_t n = parse_size(value);

	switch (o) {
	case 'w':
		a->file = value;
		return *value ? NULL : "-w: expected a file name";
	case 'C':
		a->cap = n;
		return n >= CAPFILE_CAP_MIN ? NULL :
		    "expected a size of at least 32k";
	case 'W':
		a->files = (unsigned)n;
		return n && n <= CAPTURE_FILES_MAX ? NULL :
		    "expected a number of files, 1 to 10000";
	case 'c':
		a->packets = n;
		return n ? NULL : "expected a number of packets";
	case CAPTURE_MAC:
		return capture_filter(a, "mac", value);
	case CAPTURE_INTERFACE:
		return capture_filter(a, "interface", value);
	case CAPTURE_SERVER:
		return capture_filter(a, "server", value);
	}
	return "no such option";
}

const char *
capture_settle(struct capture_args *a, bool terminal)
{
	if (!a->file)
		a->file = "-";
	if (strcmp(a->file, "-") == 0 && terminal)
		return "a capture cannot go to a terminal: use -w FILE";
	if (a->cap && strcmp(a->file, "-") == 0)
		return "-C needs a file: use -w FILE";
	if (a->files && !a->cap)
		return "-W needs -C, the size of each file";
	return NULL;
}
