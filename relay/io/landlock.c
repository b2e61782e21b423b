/* SPDX-License-Identifier: ISC
 *
 * landlock - a ruleset with a few directories; landlock(7) and the kernel's
 * Documentation/userspace-api/landlock.rst. The C library has no wrappers.
 *
 * Rights are tied to directories as they are now, not to names: one that is made
 * anew later is another one. Connecting to a socket file is no right here, so logs
 * reach a syslog or journal that was restarted.
 */
#include "io/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of Debian 12. */
#define FS_REFER	(UINT64_C(1) << 13)	/* version 2 */
#define FS_TRUNCATE	(UINT64_C(1) << 14)	/* 3 */
#define FS_IOCTL_DEV	(UINT64_C(1) << 15)	/* 5 */
#define SCOPE_ABSTRACT	(UINT64_C(1) << 0)	/* 6 */
#define SCOPE_SIGNAL	(UINT64_C(1) << 1)

struct attributes {
	uint64_t fs, net, scoped;	/* version 4 added net, 6 scoped */
};

static const uint64_t rights[] = {
	[LANDLOCK_READ] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	[LANDLOCK_SOCKETS] = LANDLOCK_ACCESS_FS_MAKE_SOCK |
	    LANDLOCK_ACCESS_FS_REMOVE_FILE,
	[LANDLOCK_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

/* Everything that this version can forbid. */
static struct attributes
all_of(int version)
{
	struct attributes a = { .fs = FS_REFER - 1 };	/* version 1 */

	if (version >= 2)
		a.fs |= FS_REFER;
	if (version >= 3)
		a.fs |= FS_TRUNCATE;
	if (version >= 5)
		a.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		a.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return a;
}

static int
allow(int ruleset, const struct landlock_dir *d)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights[d->use],
		.parent_fd = open(d->path, O_PATH | O_CLOEXEC),
	};
	int err = 0;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
	    &rule, 0) < 0)
		err = -errno;
	close(rule.parent_fd);
	return err;
}

/* A container's own filter may forbid the calls. */
int
landlock_restrict(const struct landlock_dir *dir, size_t n)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct attributes a = all_of(version);
	size_t size = version >= 6 ? sizeof(a) : sizeof(a.fs);
	int fd, err = 0;

	if (version <= 0)
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &a, size, 0);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n && !err; i++)
		err = allow(fd, &dir[i]);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err ? err : version;
}
