/* SPDX-License-Identifier: ISC
 *
 * sandbox - makes a process give up, before it reads from the network: its
 * user, its capabilities, the right to get new ones (no_new_privs), access by
 * debuggers (dumpable), and all system calls not in io/syscall.def.
 *
 * relay/privileges.c and io/opener.c decide what each process of the daemon keeps.
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
	bool change;		/* started as root, and the user can be changed */
	bool spare;		/* it is SANDBOX_SPARE */
};

/* Reads /etc/passwd and /etc/group, so call it before the sandbox. */
void sandbox_find(struct sandbox_user *u);

/* Drops all capabilities not in the mask `keep` (1 << CAP_...) from all five
 * sets; sets no_new_privs and clears dumpable. With `become`, also changes user
 * and groups, which drops every capability; if the user namespace has no such
 * user, clears become->change instead. 0 or -errno. */
int sandbox_drop(struct sandbox_user *become, uint64_t keep);

enum sandbox_role {
	SANDBOX_PACKETS = 1,	/* reads packets */
	SANDBOX_OPENER = 2,	/* opens sockets for it */
	SANDBOX_READER = 4,	/* reads open files of anybody: relay/ctl/offline.c */
};

/* Called in a signal handler with the number of a forbidden call, before the
 * process ends. If it is NULL or returns false, a line is written to stderr. */
typedef bool sandbox_fn(int call);

/* From now on, allows only the calls of that role. 0 or -errno. */
int sandbox_filter(enum sandbox_role role, sandbox_fn *report);
/* Ends a process in its sandbox without exit handlers of libraries. Does not
 * return, but is not declared noreturn, since sanitizers make system calls
 * before such functions. */
void sandbox_exit(int status);
/* "openat"; "?" if libseccomp does not know the number. Allocates at first. */
const char *sandbox_call_name(int call);

#endif
