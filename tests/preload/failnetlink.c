/* SPDX-License-Identifier: ISC
 *
 * failnetlink - simulates a kernel that is short of memory for netlink: with LD_PRELOAD, sending
 * on a netlink socket fails with ENOBUFS while the file named by FAILNETLINK begins with a 1. The
 * file is mapped, so a test can change it at any time, also for a running process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const volatile char *now;

__attribute__((constructor)) static void
map_word(void)
{
	const char *name = getenv("FAILNETLINK");
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		now = p;
}

static bool
fails(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (!now || *now != '1' ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    domain != AF_NETLINK)
		return false;
	errno = ENOBUFS;
	return true;
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	return fails(fd) ? -1 : real(fd, data, len, flags);
}

ssize_t
sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
    socklen_t to_len)
{
	static ssize_t (*real)(int, const void *, size_t, int,
	    const struct sockaddr *, socklen_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendto");
	return fails(fd) ? -1 : real(fd, data, len, flags, to, to_len);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	return fails(fd) ? -1 : real(fd, msg, flags);
}
