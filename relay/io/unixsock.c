/* SPDX-License-Identifier: ISC
 *
 * unixsock - creates, replaces and removes socket files (unix(7)). io/opener
 * decides which paths are allowed, and listens.
 */
#include "io/unixsock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

/* Removes only a socket file on which nobody listens: its daemon was killed. */
static int
remove_stale(const struct sockaddr_un *at)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(at->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = sock_open(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return fd;
	/* EAGAIN: the listener is busy. */
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ||
	    errno == EAGAIN)
		err = -EADDRINUSE;
	else if (errno != ECONNREFUSED)
		err = -errno;
	close(fd);
	if (!err && unlink(at->sun_path) < 0)
		err = -errno;
	return err;
}

void
unixsock_dir(char dir[UNIXSOCK_PATH], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;

	if (len >= UNIXSOCK_PATH)
		len = 0;
	memcpy(dir, len ? path : ".", len ? len : 1);
	dir[len ? len : 1] = '\0';
}

/* Creates /run/pxrelay if no service manager has; the group may enter. */
void
unixsock_make_dir(const char *dir)
{
	mode_t mask = umask(022);

	(void)mkdir(dir, 0755);
	umask(mask);
}

/* The umask gives the file mode 0660, since chmod(2) would follow a link that
 * someone may have put there; lchown() and lstat() do not. Until we listen,
 * nobody can connect, so the initial group gets no access. */
static int
bind_at(struct unixsock *u, int fd, gid_t group)
{
	mode_t mask = umask(0117);
	int err = bind(fd, (const struct sockaddr *)&u->at,
	    sizeof(u->at)) < 0 ? -errno : 0;

	umask(mask);
	if (err)
		return err;
	if (group != (gid_t)-1)
		(void)!lchown(u->at.sun_path, (uid_t)-1, group);
	if (lstat(u->at.sun_path, &u->file) == 0)
		return 0;
	err = -errno;
	unlink(u->at.sun_path);
	return err;
}

int
unixsock_open(struct unixsock *u, const char *path, gid_t group)
{
	char dir[UNIXSOCK_PATH];
	int fd, err;

	if (strlen(path) >= sizeof(u->at.sun_path))
		return -ENAMETOOLONG;
	memset(u, 0, sizeof(*u));
	u->at.sun_family = AF_UNIX;
	memcpy(u->at.sun_path, path, strlen(path));
	unixsock_dir(dir, path);
	unixsock_make_dir(dir);
	err = remove_stale(&u->at);
	if (err)
		return err;
	fd = sock_open(AF_UNIX, SOCK_STREAM, 0);
	return fd < 0 ? fd : sock_checked(fd, bind_at(u, fd, group));
}

void
unixsock_remove(const struct unixsock *u)
{
	struct stat st;

	if (lstat(u->at.sun_path, &st) == 0 &&
	    st.st_dev == u->file.st_dev && st.st_ino == u->file.st_ino)
		unlink(u->at.sun_path);
}
