/* SPDX-License-Identifier: ISC
 *
 * client - see include/ctl/client.h.
 *
 * One deadline covers everything from connect() to the newline: a timeout per read would let a
 * daemon that sends a byte now and then block a cron job for ever.
 */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SIZE	4096u	/* enough for most answers; doubles from there */

struct answer {
	char *text;		/* owned until handed out */
	size_t len, size;	/* len: without the newline */
	size_t got;		/* bytes, including those after the newline */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 0 when there is something to read or the end, or -errno. */
static int
wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

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
 * A Unix socket connects at once or, if the daemon has too many waiting, when it accepts
 * one. A non-blocking connect() fails with EAGAIN then and cannot be polled, so this one blocks,
 * limited by SO_SNDTIMEO.
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

/* Room for at least one more byte and the NUL. */
static int
grow_answer(struct answer *a)
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

/* Reads up to the newline, and what has arrived after it. */
static int
receive_answer(int fd, struct answer *a, int64_t deadline)
{
	bool whole = false;

	while (!whole) {
		int err = grow_answer(a);
		ssize_t n;
		char *end;

		if (!err)
			err = wait_readable(fd, deadline);
		if (err)
			return err;
		n = recv(fd, a->text + a->len, a->size - a->len - 1, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 || errno == ECONNRESET ? -EPIPE : -errno;
		end = memchr(a->text + a->len, '\n', (size_t)n);
		whole = end != NULL;
		a->got = a->len + (size_t)n;
		a->len = end ? (size_t)(end - a->text) : a->got;
		a->text[a->len] = '\0';
	}
	return 0;
}

/* The descriptor, with the answer in *out, or -errno. A command is much smaller than the buffer of
 * a new connection, so it is sent at once or not at all. */
static int
exchange(const char *path, const char *command, int timeout_ms, struct answer *out)
{
	int64_t deadline = now_ms() + timeout_ms;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct iovec iov[] = {
		{ (void *)(uintptr_t)command, strlen(command) }, { (char[]){ "\n" }, 1 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd, err;

	*out = (struct answer){ .text = NULL };
	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	fd = connect_to(&at, timeout_ms);
	if (fd < 0)
		return fd;
	if (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = errno == ECONNRESET ? -EPIPE : -errno;
	else
		err = receive_answer(fd, out, deadline);
	if (!err)
		return fd;
	close(fd);
	free(out->text);
	return err;
}

int
client_ask(const char *path, const char *command, int timeout_ms,
    char **answer, size_t *len)
{
	struct answer a;
	int fd = exchange(path, command, timeout_ms, &a);

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
	struct answer a;
	int fd = exchange(path, command, timeout_ms, &a);

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
