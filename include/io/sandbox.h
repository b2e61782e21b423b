/* SPDX-License-Identifier: ISC
 *
 * sandbox - what a process gives up before it reads the first byte from the
 * network: its user, its capabilities, the right to get new ones
 * (no_new_privs), access by debuggers (dumpable), and every system call that is
 * not in include/io/syscall.def. None of it comes back.
 *
 * relay/privileges.c and io/opener.c decide what each process keeps.
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

/* The user that a process started as root becomes. */
struct sandbox_user {
	char name[32];
	uid_t uid;
	gid_t gid;
	gid_t group;		/* of sockets that others may use; (gid_t)-1: none */
	bool change;		/* false: not started as root, or sandbox_drop() could not change it */
	bool spare;		/* it is SANDBOX_SPARE */
};

/* Reads /etc/passwd and /etc/group: not in the sandbox. */
void sandbox_find(struct sandbox_user *u);

/* Gives up all capabilities but those of the mask `keep` (1 << CAP_...) that
 * the process has, in all five sets; sets no_new_privs and clears dumpable.
 * With `become` also changes user and groups, which takes all capabilities
 * whatever keep says. 0 or -errno. become->change is cleared when the user
 * namespace has no such user: then the process keeps its own. */
int sandbox_drop(struct sandbox_user *become, uint64_t keep);

enum sandbox_role {
	SANDBOX_PACKETS = 1,	/* reads packets */
	SANDBOX_OPENER = 2,	/* opens sockets for it */
};

/* Called with the number of a forbidden call before the process ends;
 * restricted to signal-safety(7). False: it was not reported, and a line goes
 * to stderr. */
typedef bool sandbox_fn(int call);

/* Allows only the calls of that role from now on. 0 or -errno. */
int sandbox_filter(enum sandbox_role role, sandbox_fn *tell);
/* Ends a process in its sandbox without running exit handlers of libraries.
 * Does not return; it is not declared noreturn, since sanitizers prepare for
 * such calls by system calls of their own. */
void sandbox_exit(int status);
/* "openat"; "?" for a number that libseccomp does not know. Not in a signal
 * handler. */
const char *sandbox_call_name(int call);

#endif
