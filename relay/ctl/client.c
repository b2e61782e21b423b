/* SPDX-License-Identifier: ISC
 *
 * client - asks a daemon over its control socket: one line out, one line back.
 *
 * What is asked and what the answer means is main's and render's business. There
 * is one deadline from connect() to the newline: a time-out per read would let a
 * daemon that sends a byte now and then hold a cron job for ever.
 */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SIZE	4096u	/* most answers; it doubles from there */

struct answer {
	char *text;		/* owned until handed out */
	size_t len, size;
	size_t got;		/* bytes, with what stands behind the newline */
	bool whole;		/* the newline has come; len does not count it */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the socket is ready for what is wanted, or will never be. 0 or -errno. */
static int
wait_for(int fd, short what, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = what };

	for (;;) {
		int64_t left = deadline - now_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/*
 * A Unix socket connects at once or, when the daemon has too many waiting, not
 * before it takes one: a non-blocking one says EAGAIN then and cannot be polled.
 * So this step blocks, for as long as SO_SNDTIMEO allows.
 */
static int
connect_to(const struct sockaddr_un *at, int timeout_ms)
{
	const struct timeval limit = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
		return fd;
	err = errno == EAGAIN || errno == EINTR ? -ETIMEDOUT : -errno;
	close(fd);
	return err;
}

static int
send_all(int fd, const char *p, size_t len, int64_t deadline)
{
	while (len > 0) {
		int err = wait_for(fd, POLLOUT, deadline);
		ssize_t n;

		if (err)
			return err;
		n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return errno == ECONNRESET ? -EPIPE : -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Room for at least one more byte and the NUL. */
static int
grow(struct answer *a)
{
	size_t size = a->size ? a->size * 2 : FIRST_SIZE;
	char *text;

	if (a->len + 1 < a->size)
		return 0;
	if (a->len >= CLIENT_ANSWER_MAX)
		return -EMSGSIZE;
	text = realloc(a->text, size);
	if (!text)
		return -ENOMEM;
	a->text = text;
	a->size = size;
	return 0;
}

/* What there is now; the newline ends it, and what stands behind it is left there. */
static int
receive_some(int fd, struct answer *a)
{
	ssize_t n = recv(fd, a->text + a->len, a->size - a->len - 1,
	    MSG_DONTWAIT);
	char *end;

	if (n == 0)
		return -EPIPE;
	if (n < 0) {
		if (errno == EINTR || errno == EAGAIN)
			return 0;
		return errno == ECONNRESET ? -EPIPE : -errno;
	}
	end = memchr(a->text + a->len, '\n', (size_t)n);
	a->whole = end != NULL;
	a->got = a->len + (size_t)n;
	a->len = end ? (size_t)(end - a->text) : a->len + (size_t)n;
	a->text[a->len] = '\0';
	return 0;
}

static int
receive_line(int fd, struct answer *a, int64_t deadline)
{
	int err = 0;

	while (!err && !a->whole) {
		err = grow(a);
		if (!err)
			err = wait_for(fd, POLLIN, deadline);
		if (!err)
			err = receive_some(fd, a);
	}
	return err;
}

/* Connects and asks: the descriptor, with the answer in *out, or -errno. */
static int
ask(const char *path, const char *command, int timeout_ms, struct answer *out)
{
	int64_t deadline = now_ms() + timeout_ms;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct answer a = { .text = NULL };
	int fd, err;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	fd = connect_to(&at, timeout_ms);
	if (fd < 0)
		return fd;
	err = send_all(fd, command, strlen(command), deadline);
	if (!err)
		err = send_all(fd, "\n", 1, deadline);
	if (!err)
		err = receive_line(fd, &a, deadline);
	if (err) {
		close(fd);
		free(a.text);
		return err;
	}
	*out = a;
	return fd;
}

int
client_ask(const char *path, const char *command, int timeout_ms,
    char **answer, size_t *len)
{
	struct answer a = { .text = NULL };
	int fd = ask(path, command, timeout_ms, &a);

	if (fd < 0)
		return fd;
	close(fd);
	*answer = a.text;
	*len = a.len;
	return 0;
}

int
client_stream(const char *path, const char *command, int timeout_ms,
    struct client_stream *out)
{
	struct answer a = { .text = NULL };
	int fd = ask(path, command, timeout_ms, &a);

	if (fd < 0)
		return fd;
	*out = (struct client_stream){
		.fd = fd, .answer = a.text, .len = a.len,
		.rest = (uint8_t *)a.text + a.len + 1,
		.rest_len = a.got - a.len - 1,
	};
	return 0;
}

void
client_close(struct client_stream *s)
{
	close(s->fd);
	free(s->answer);
}
