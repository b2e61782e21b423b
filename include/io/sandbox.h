/* SPDX-License-Identifier: ISC
 *
 * sandbox - what a process gives up before it looks at the first byte of a stranger:
 * its user, its capabilities, the right to get new ones (no_new_privs), being looked into
 * by others (dumpable), and in the end every system call that is not in
 * include/io/syscall.def.
 *
 * All of it is for the rest of the process's life. Knows nothing of what the process
 * does; who keeps what is decided in relay/privileges.c and io/opener.c.
 */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_USER	"pxrelay"
#define SANDBOX_SPARE	"nobody"	/* when there is no such user */
/* Exit status after a forbidden call. */
#define SANDBOX_EXIT	31		/* as SIGSYS */

/* Whom a process becomes that is started as root. */
struct sandbox_user {
	char name[32];
	uid_t uid;
	gid_t gid;
	gid_t group;		/* of sockets that others may use; (gid_t)-1: none */
	bool change;		/* false: not started as root, or, behind sandbox_drop(), nobody to become */
	bool spare;		/* it is SANDBOX_SPARE */
};

/* From /etc/passwd and /etc/group: not from within the sandbox. */
void sandbox_find(struct sandbox_user *u);

/* Gives up all capabilities but those of the mask `keep` (1 << CAP_...; those that the process
 * has), in all five sets, then no_new_privs and dumpable. With `become` also user and groups,
 * which takes them all whatever keep says. 0 or -errno. u->change is cleared when the user
 * namespace has no such user (-EINVAL of the kernel), in which case the process goes on as it
 * is. */
int sandbox_drop(struct sandbox_user *become, uint64_t keep);

enum sandbox_role {
	SANDBOX_PACKETS = 1,	/* reads packets */
	SANDBOX_OPENER = 2,	/* opens sockets for it */
};

/* Called with the number of a forbidden call before the process ends; only what
 * signal-safety(7) lists. False: it could not be told, and a line goes to stderr. */
typedef bool sandbox_fn(int call);

/* From now on only the calls of that role. 0 or -errno. */
int sandbox_filter(enum sandbox_role role, sandbox_fn *tell);
/* The end of a process in its sandbox, where exit handlers of libraries are not to run. Does
 * not return; it is not declared so, since the sanitizers prepare for such calls by system
 * calls of their own. */
void sandbox_exit(int status);
/* "openat"; "?" for a number that libseccomp does not know. Not from within a signal. */
const char *sandbox_call_name(int call);
/* How many rows of syscall.def a role has. */
unsigned sandbox_calls(enum sandbox_role role);

#endif
