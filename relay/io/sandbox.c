/* SPDX-License-Identifier: ISC
 *
 * sandbox - user, capabilities and system calls; see include/io/sandbox.h,
 * capabilities(7), seccomp(2) and Documentation/userspace-api/seccomp_filter.rst of the
 * kernel.
 *
 * A forbidden call is not carried out: the kernel sends SIGSYS instead, so that the
 * process can say which one it was. Whoever blocks the signal is killed by it.
 */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- who ---------------------------------------------------------------------- */

/*
 * The installation's own user and group, and nobody, stand in the files. getpwnam() and
 * getgrnam() would load modules into us, ask other daemons, and crash when memory is
 * short (glibc 2.36).
 */
static bool
take_user(struct sandbox_user *u, const char *name)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p = NULL;

	if (!f)
		return false;
	do
		p = fgetpwent(f);
	while (p && strcmp(p->pw_name, name) != 0);
	if (p) {
		u->uid = p->pw_uid;
		u->gid = p->pw_gid;
		strncpy(u->name, name, sizeof(u->name) - 1);
	}
	fclose(f);
	return p && u->uid != 0;
}

static gid_t
find_group(const char *name)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *g = NULL;
	gid_t gid = (gid_t)-1;

	if (!f)
		return gid;
	do
		g = fgetgrent(f);
	while (g && strcmp(g->gr_name, name) != 0);
	if (g)
		gid = g->gr_gid;
	fclose(f);
	return gid;
}

void
sandbox_find(struct sandbox_user *u)
{
	memset(u, 0, sizeof(*u));
	u->group = find_group(SANDBOX_USER);
	if (geteuid() != 0)
		return;
	u->change = take_user(u, SANDBOX_USER);
	if (!u->change)
		u->change = u->spare = take_user(u, SANDBOX_SPARE);
}

/* Of a user namespace without such a user the kernel says EINVAL; everything else
 * is an error. The groups before the user, who may not change them. */
static int
become(struct sandbox_user *u)
{
	if (setresgid(u->gid, u->gid, u->gid) < 0) {
		if (errno != EINVAL)
			return -errno;
		u->change = false;
		return 0;
	}
	if (setgroups(0, NULL) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return -errno;
	return 0;
}

/* --- capabilities ------------------------------------------------------------- */

/* capset(2) has no wrapper in the C library, and libcap would be here for this one call. */
static int
set_caps(uint64_t keep)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		d[i].permitted &= (uint32_t)(keep >> (32 * i));
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

/* Without CAP_SETPCAP, as under a service manager that has set the bounds itself, the set stays as
 * it is; with no_new_privs and without execve nothing in it can be had. */
static int
drop_bounding(uint64_t keep)
{
	for (int c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(keep >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 &&
		    errno != EPERM)
			return -errno;
	return 0;
}

/* The kernel empties the ambient set on its own when the permitted one gets smaller; it is
 * emptied here all the same, since `keep` may cover it. */
int
sandbox_drop(struct sandbox_user *u, uint64_t keep)
{
	int err = drop_bounding(keep);

	if (!err && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		err = -errno;
	if (!err && u && u->change)
		err = become(u);
	if (!err)
		err = set_caps(keep);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
		err = -errno;
	return err;
}

/* --- system calls ------------------------------------------------------------- */

enum arguments {
	ANY,
	SOCKET,		/* P: UDP, TCP and Unix sockets */
	UNREAD,		/* FIONREAD */
	NOEXEC,		/* not executable */
	READ,		/* neither for writing alone, nor made, nor cut */
};

#define P	SANDBOX_PACKETS
#define O	SANDBOX_OPENER
#define PO	(SANDBOX_PACKETS | SANDBOX_OPENER)

static const struct call {
	int nr;			/* negative: this machine has no such call */
	unsigned who;
	enum arguments args;
} calls[] = {
#define CALL(id, name, who, args, what)	{ SCMP_SYS(id), who, args },
#include "io/syscall.def"
#undef CALL
};

#define CALL(id, name, who, args, what)	+ ((who) & P ? 1 : 0)
_Static_assert(0
#include "io/syscall.def"
    <= 40, "the process that reads packets has too many system calls");
#undef CALL

#define N_CALLS	(sizeof(calls) / sizeof(calls[0]))

unsigned
sandbox_calls(enum sandbox_role role)
{
	unsigned n = 0;

	for (size_t i = 0; i < N_CALLS; i++)
		n += (calls[i].who & role) != 0;
	return n;
}

/* The type's upper bits are SOCK_CLOEXEC and SOCK_NONBLOCK. */
static int
allow_socket(scmp_filter_ctx f, int nr, int family, int type)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 2,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, (scmp_datum_t)type));
}

static int
allow_sockets(scmp_filter_ctx f, int nr, enum sandbox_role role)
{
	static const int plain[][2] = {
		{ AF_INET, SOCK_DGRAM }, { AF_INET, SOCK_STREAM },
		{ AF_UNIX, SOCK_DGRAM }, { AF_UNIX, SOCK_STREAM },
	};
	int err = 0;

	if (role == SANDBOX_OPENER)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
	for (size_t i = 0; !err && i < sizeof(plain) / sizeof(plain[0]); i++)
		err = allow_socket(f, nr, plain[i][0], plain[i][1]);
	return err;
}

static int
allow(scmp_filter_ctx f, const struct call *c, enum sandbox_role role)
{
	switch (c->args) {
	case ANY:
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, c->nr, 0);
	case SOCKET:
		return allow_sockets(f, c->nr, role);
	case UNREAD:
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, c->nr, 1,
		    SCMP_A1(SCMP_CMP_EQ, FIONREAD));
	case NOEXEC:
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, c->nr, 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	case READ:
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, c->nr, 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
		    O_RDONLY));
	}
	return -EINVAL;
}

/*
 * One refusal that is no crime: for a line that the journal's socket has no memory for,
 * libsystemd wants a file in memory, and takes no for an answer. The line is lost.
 */
static int
refuse(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(memfd_create), 0);
}

static int
build(scmp_filter_ctx f, enum sandbox_role role)
{
	int err = refuse(f);

	for (size_t i = 0; !err && i < N_CALLS; i++)
		if (calls[i].who & role && calls[i].nr >= 0)
			err = allow(f, &calls[i], role);
	return err;
}

/* --- what is forbidden -------------------------------------------------------- */

#define NAMES		512
#define NAME_SIZE	32

/* Of the process, as the signal is. The names are asked for beforehand: libseccomp allocates. */
static sandbox_fn *tell_call;
static char call_names[NAMES][NAME_SIZE];

static void
read_names(void)
{
	for (int i = 0; i < NAMES; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);

		strncpy(call_names[i], name ? name : "", NAME_SIZE - 1);
		free(name);
	}
}

const char *
sandbox_call_name(int call)
{
	if (!call_names[0][0])
		read_names();
	return call >= 0 && call < NAMES && call_names[call][0] ?
	    call_names[call] : "?";
}

void
sandbox_exit(int status)
{
	syscall(SYS_exit_group, status);
}

static void
say(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
}

static void
on_sigsys(int signo, siginfo_t *si, void *context)
{
	(void)signo;
	(void)context;
	if (!tell_call(si->si_syscall)) {
		say("seccomp-violation call=");
		say(sandbox_call_name(si->si_syscall));
		say("\n");
	}
	sandbox_exit(SANDBOX_EXIT);
}

static int
catch(sandbox_fn *tell)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	tell_call = tell;
	read_names();
	sigemptyset(&sa.sa_mask);
	return sigaction(SIGSYS, &sa, NULL) < 0 ? -errno : 0;
}

int
sandbox_filter(enum sandbox_role role, sandbox_fn *tell)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	int err;

	if (!f)
		return -ENOMEM;
	/* Sorted by a tree: 6 comparisons for a call instead of up to 40. */
	err = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = catch(tell);
	if (!err)
		err = build(f, role);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}
