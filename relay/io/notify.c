/* SPDX-License-Identifier: ISC
 *
 * notify - sends the datagrams of sd_notify(3) to the service manager.
 * sd_notify() itself would open a socket for each message, which the sandbox
 * does not allow. relay/status decides what is sent when.
 */
#include "io/notify.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

struct notify {
	struct sock_peer manager;
	uint64_t watchdog_us;
};

/* Parses a path, or '@' and the name of an abstract socket. */
static bool
parse_name(struct sock_peer *p, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(p->at.sun_path))
		return false;
	p->at.sun_family = AF_UNIX;
	memcpy(p->at.sun_path, name, len);
	if (name[0] == '@')
		p->at.sun_path[0] = '\0';
	p->at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

/* As sd_watchdog_enabled(3): the variables may be another process's. */
static uint64_t
read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long us;
	char *end;

	if (!usec || !isdigit((unsigned char)usec[0]) ||
	    (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	errno = 0;
	us = strtoull(usec, &end, 10);
	return errno || *end || us == UINT64_MAX ? 0 : us;
}

struct notify *
notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify *n = name ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->manager.fd = -1;
	if (!parse_name(&n->manager, name) || !sock_reach(&n->manager))
		return notify_close(n);
	n->watchdog_us = read_watchdog();
	return n;
}

struct notify *
notify_close(struct notify *n)
{
	if (n)
		sock_close(n->manager.fd);
	free(n);
	return NULL;
}

uint64_t
notify_watchdog_us(const struct notify *n)
{
	return n ? n->watchdog_us : 0;
}

bool
notify_say(struct notify *n, const char *lines)
{
	return !n || sock_tell(&n->manager, lines, strlen(lines));
}
