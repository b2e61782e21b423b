/* SPDX-License-Identifier: ISC
 *
 * notify - see include/io/notify.h. The protocol is a datagram to a Unix socket, so that
 * sd_notify(3) itself, which opens one for each message and finds its name in the environment,
 * is not needed.
 */
#include "io/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

struct notify {
	int fd;
	struct sockaddr_un at;
	socklen_t at_len;
	uint64_t watchdog_us;
};

/* A path, or '@' and a name that is no file. */
static bool
parse(struct notify *n, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(n->at.sun_path))
		return false;
	n->at.sun_family = AF_UNIX;
	memcpy(n->at.sun_path, name, len);
	if (name[0] == '@')
		n->at.sun_path[0] = '\0';
	n->at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static bool
reach(const struct notify *n)
{
	return connect(n->fd, (const struct sockaddr *)&n->at, n->at_len) == 0;
}

struct notify *
notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify *n = name ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd < 0 || !parse(n, name) || !reach(n))
		return notify_close(n);
	if (sd_watchdog_enabled(0, &n->watchdog_us) <= 0)
		n->watchdog_us = 0;
	return n;
}

struct notify *
notify_close(struct notify *n)
{
	if (n && n->fd >= 0)
		close(n->fd);
	free(n);
	return NULL;
}

uint64_t
notify_watchdog_us(const struct notify *n)
{
	return n ? n->watchdog_us : 0;
}

static bool
say(const struct notify *n, const char *lines)
{
	return send(n->fd, lines, strlen(lines), MSG_NOSIGNAL) >= 0;
}

/* A manager that has begun anew has another socket of that name. */
bool
notify_say(struct notify *n, const char *lines)
{
	if (!n)
		return true;
	if (say(n, lines))
		return true;
	return (errno == ECONNREFUSED || errno == ENOTCONN) && reach(n) &&
	    say(n, lines);
}
