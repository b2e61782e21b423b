/* SPDX-License-Identifier: ISC
 *
 * nslock - a TCP socket bound to port 67 of 127.0.0.1, which nobody listens on: a lock
 * with the scope of a network namespace, which ends with its process, and which, as
 * an abstract Unix address is not, is refused to a user without rights.
 *
 * Who has it is read from proc(5): before Linux 6.8, sock_diag(7) does not show a
 * socket that is only bound.
 */
#include "io/nslock.h"

#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sock.h"
#include "proto/dhcp4.h"

#define LOOPBACK	((struct ip4){ 0x7f000001 })

/* FREEBIND: the loopback interface of a new namespace is down, and has no address. */
int
nslock_take(void)
{
	const struct sock_at at = sock_at(ip_of4(LOOPBACK), DHCP4_PORT_SERVER, 0);
	int fd = sock_open(AF_INET, SOCK_STREAM, 0);
	int err = fd < 0 ? fd : sock_set(fd, IPPROTO_IP, IP_FREEBIND, 1);

	return sock_checked(fd, err ? err : sock_bind(fd, &at));
}

/* The namespace of another user's process may not be read. */
static bool
is_elsewhere(const char *pid)
{
	struct stat own, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	return stat("/proc/self/ns/net", &own) == 0 && stat(path, &its) == 0 &&
	    (own.st_ino != its.st_ino || own.st_dev != its.st_dev);
}

/* Reads the user from the process's status; its directory is root's, since it cannot
 * dump core. False: it is another program. */
static bool
read_status(const char *pid, struct nslock_holder *h)
{
	char path[64], line[128];
	bool named = false, found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		named |= strcmp(line, "Name:\tpxrelayd\n") == 0;
		found = sscanf(line, "Uid: %u", &h->uid) == 1;
	}
	if (f)
		fclose(f);
	h->pid = (pid_t)strtol(pid, NULL, 10);
	return named && found;
}

/* Our parent may be the process that waits until we are ready. */
bool
nslock_find(struct nslock_holder *h)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool found = false;

	while (proc && !found && (e = readdir(proc)))
		found = isdigit((unsigned char)e->d_name[0]) &&
		    read_status(e->d_name, h) && h->pid != getpid() &&
		    h->pid != getppid() && !is_elsewhere(e->d_name);
	if (proc)
		closedir(proc);
	return found;
}
