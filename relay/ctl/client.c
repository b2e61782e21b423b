/* SPDX-License-Identifier: ISC
 *
 * client - connects to the control socket, sends a command and reads the answer
 * up to its newline. What it means is left to the caller.
 *
 * One deadline covers everything: with a timeout per read, a daemon that sends
 * a byte now and then could block a cron job for ever.
 */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ctl/mem.h"

#define FIRST_SIZE	4096u	/* enough for most answers; doubles from there */

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * A Unix socket connects at once or, if the daemon's backlog is full, when it
 * accepts a connection. In that case a non-blocking connect() would fail with
 * EAGAIN and could not be polled, so this one blocks, limited by SO_SNDTIMEO.
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

/* Reads up to the newline, and any data that has arrived after it. */
static int
receive_answer(struct client *c, int64_t deadline)
{
	char *end = NULL;

	while (!end) {
		int64_t left = deadline - now_ms();
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		ssize_t n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (c->got >= CLIENT_ANSWER_MAX)
			return -EMSGSIZE;
		if (c->got + 1 >= c->size) {
			c->size = c->size ? c->size * 2 : FIRST_SIZE;
			c->answer = mem_got(realloc(c->answer, c->size));
		}
		if (n > 0)
			n = recv(c->fd, c->answer + c->got, c->size - c->got - 1,
			    MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 || errno == ECONNRESET ? -EPIPE : -errno;
		end = memchr(c->answer + c->got, '\n', (size_t)n);
		c->got += (size_t)n;
	}
	*end = '\0';
	c->len = (size_t)(end - c->answer);
	return 0;
}

/* A command is much smaller than the buffer of a new connection, so it is sent
 * whole or not at all. */
int
client_ask(struct client *c, const char *path, const char *command, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct iovec iov[] = {
		{ (void *)(uintptr_t)command, strlen(command) },
		{ (char[]){ "\n" }, 1 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int err;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	*c = (struct client){ .fd = connect_to(&at, timeout_ms) };
	if (c->fd < 0)
		return c->fd;
	if (sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = errno == ECONNRESET ? -EPIPE : -errno;
	else
		err = receive_answer(c, deadline);
	if (err)
		client_close(c);
	return err;
}

void
client_close(struct client *c)
{
	close(c->fd);
	free(c->answer);
}
