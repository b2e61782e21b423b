/* SPDX-License-Identifier: ISC
 *
 * sandbox - gives up user, capabilities and system calls; capabilities(7),
 * seccomp(2) and the kernel's Documentation/userspace-api/seccomp_filter.rst.
 *
 * Instead of executing a forbidden call, the kernel sends SIGSYS, so that the
 * process can report it. A process that blocks the signal is killed.
 */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_packet.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
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

/* --- user ----------------------------------------------------------------- */

#define OVERFLOW_ID	65534	/* /proc/sys/kernel/overflowuid */

/* Reads the file: getpwnam() and getgrnam() would load modules, query other
 * daemons, and crash if memory is short (glibc 2.36). */
static bool
find_user(struct sandbox_user *u, const char *name)
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

/* If the file has neither user (a container with a single program), takes the
 * kernel's number for nobody. */
void
sandbox_find(struct sandbox_user *u)
{
	memset(u, 0, sizeof(*u));
	u->group = find_group(SANDBOX_USER);
	u->change = geteuid() == 0;
	if (!u->change || find_user(u, SANDBOX_USER))
		return;
	u->spare = true;
	if (!find_user(u, SANDBOX_SPARE)) {
		u->uid = u->gid = OVERFLOW_ID;
		strcpy(u->name, SANDBOX_SPARE);
	}
}

/* EINVAL means a user namespace without such a user, which may also forbid
 * setgroups(). Groups come first, since the new user may not change them. */
static int
become_user(struct sandbox_user *u)
{
	if (setresgid(u->gid, u->gid, u->gid) < 0) {
		if (errno != EINVAL)
			return -errno;
		u->change = false;
		(void)!setgroups(0, NULL);
		return 0;
	}
	if (setgroups(0, NULL) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return -errno;
	return 0;
}

/* --- capabilities --------------------------------------------------------- */

/* The C library has no capset(), and libcap would be linked for it alone. */
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

/* Without CAP_SETPCAP, as under a service manager that has bounded the set, it
 * stays as it is; with no_new_privs and without execve, that does no harm. */
static int
drop_bounding(uint64_t keep)
{
	for (int c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(keep >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 &&
		    errno != EPERM)
			return -errno;
	return 0;
}

/* When the permitted set shrinks, the kernel clears the rest of the ambient
 * set, but `keep` may cover it, so it is cleared explicitly. */
int
sandbox_drop(struct sandbox_user *u, uint64_t keep)
{
	int err = drop_bounding(keep);

	if (!err && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		err = -errno;
	if (!err && u && u->change)
		err = become_user(u);
	if (!err)
		err = set_caps(keep);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
		err = -errno;
	return err;
}

/* --- system calls --------------------------------------------------------- */

enum arguments {
	ANY,
	SOCKET,		/* P: UDP, TCP and Unix sockets; O: netlink and packet ones, too */
	OPTION,		/* one of options[] */
	UNREAD,		/* FIONREAD */
	NOBIND,		/* socketcall: P may not bind or listen */
	NOEXEC,		/* not executable */
	READ,		/* not for writing, creating or truncating */
	OPEN,		/* the same of open() */
};

#define P	SANDBOX_PACKETS
#define O	SANDBOX_OPENER
#define PO	(SANDBOX_PACKETS | SANDBOX_OPENER)
#define R	SANDBOX_READER

static const struct call {
	int nr;			/* negative: not on this machine */
	unsigned who;
	enum arguments args;
} calls[] = {
/* Not SCMP_SYS(id): with musl, pwrite64 is a macro. */
#define CALL(id, name, who, args, what)	{ __SNR_##id, who, args },
#include "io/syscall.def"
#undef CALL
};

/* Without these, SO_DETACH_FILTER would show every packet of the host, and
 * SO_BINDTODEVICE, SO_MARK or PACKET_FANOUT would redirect some. */
static const struct {
	unsigned who;
	int level, name;
} options[] = {
	/* neighbours; other filters are locked */
	{ PO, SOL_SOCKET, SO_ATTACH_FILTER },
	{ P, SOL_SOCKET, SO_LINGER },		/* queries */
	{ P, SOL_SOCKET, SO_RCVTIMEO },		/* netlink */
	{ PO, IPPROTO_IP, IP_RECVERR },
	{ P, IPPROTO_IP, MCAST_JOIN_GROUP },
	{ P, IPPROTO_IP, MCAST_LEAVE_GROUP },
	{ P, IPPROTO_IPV6, MCAST_JOIN_GROUP },
	{ P, IPPROTO_IPV6, MCAST_LEAVE_GROUP },
	{ P, IPPROTO_IPV6, IPV6_MULTICAST_IF },	/* servers of a group */
	{ P, IPPROTO_IPV6, IPV6_MULTICAST_LOOP },
	{ PO, IPPROTO_IPV6, IPV6_MULTICAST_HOPS },
	{ O, SOL_SOCKET, SO_LOCK_FILTER },
	{ O, SOL_SOCKET, SO_RCVBUF },
	{ O, SOL_SOCKET, SO_RCVBUFFORCE },
	{ O, SOL_SOCKET, SO_SNDBUF },
	{ O, SOL_SOCKET, SO_SNDBUFFORCE },
	{ O, SOL_SOCKET, SO_REUSEADDR },
	{ O, SOL_SOCKET, SO_RXQ_OVFL },
	{ O, IPPROTO_IP, IP_PKTINFO },
	{ O, IPPROTO_IP, IP_MTU_DISCOVER },
	{ O, IPPROTO_IP, IP_FREEBIND },
	{ O, IPPROTO_IPV6, IPV6_FREEBIND },
	{ O, IPPROTO_IPV6, IPV6_V6ONLY },
	{ O, IPPROTO_IPV6, IPV6_MULTICAST_ALL },
	{ O, IPPROTO_IPV6, IPV6_RECVPKTINFO },
	{ PO, IPPROTO_IPV6, IPV6_RECVERR },
	{ O, IPPROTO_IPV6, IPV6_MTU_DISCOVER },
	{ PO, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES },	/* the source of requests */
	{ O, SOL_RAW, ICMP_FILTER },
	{ O, IPPROTO_ICMPV6, ICMPV6_FILTER },
	{ O, SOL_PACKET, PACKET_VERSION },
	{ O, SOL_PACKET, PACKET_COPY_THRESH },
	{ O, SOL_PACKET, PACKET_IGNORE_OUTGOING },
	{ O, SOL_PACKET, PACKET_RX_RING },
};

#define N_OPTIONS	(sizeof(options) / sizeof(options[0]))

#define CALL(id, name, who, args, what)	+ ((who) & P && __SNR_##id >= 0)
_Static_assert(0
#include "io/syscall.def"
    <= (sizeof(long) == 8 ? 40 : 50),
    "the process that reads packets has too many system calls");
#undef CALL
#define CALL(id, name, who, args, what)	+ ((who) & O && __SNR_##id >= 0)
_Static_assert(0
#include "io/syscall.def"
    <= (sizeof(long) == 8 ? 50 : 60),
    "the opener has too many system calls");
#undef CALL

#define N_CALLS	(sizeof(calls) / sizeof(calls[0]))

/* libseccomp supplies only numbers and names: if memory is short, its version
 * 2.5 makes filters with holes, or does not return. An allowed call takes two
 * instructions. If its arguments do not matter, the kernel (5.11) caches the
 * verdict and does not run the filter. */
#define PROG_MAX	256

struct prog {
	unsigned n;
	struct sock_filter insn[PROG_MAX];
};

static void
put_insn(struct prog *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (p->n < PROG_MAX)
		p->insn[p->n] = (struct sock_filter){ code, jt, jf, k };
	p->n++;
}

static void
put_verdict(struct prog *p, uint32_t action)
{
	put_insn(p, BPF_RET | BPF_K, 0, 0, action);
}

static void
put_load(struct prog *p, size_t at)
{
	put_insn(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)at);
}

/* All tested arguments are ints, or flags below 2^32. */
static void
put_load_argument(struct prog *p, unsigned i)
{
	size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	put_load(p, offsetof(struct seccomp_data, args) + 8 * i + low);
}

/* Allows only these values. */
static void
put_one_of(struct prog *p, const uint32_t *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(n - i), 0, value[i]);
	put_verdict(p, SECCOMP_RET_TRAP);
}

/* Forbids all of these bits. */
static void
put_none_of(struct prog *p, uint32_t bits)
{
	put_insn(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
	put_verdict(p, SECCOMP_RET_TRAP);
}

/* Loads an argument that is below 2^16, or forbids the call. */
static void
put_load_short(struct prog *p, unsigned i)
{
	put_load_argument(p, i);
	put_none_of(p, 0xffff0000);
}

/* Protocol 0, because SCTP, for instance, would load a module. */
static void
put_socket(struct prog *p, enum sandbox_role role)
{
	static const uint32_t family[] = {
		AF_INET, AF_INET6, AF_UNIX, AF_PACKET, AF_NETLINK,
	};
	static const uint32_t type[] = { SOCK_DGRAM, SOCK_STREAM }, protocol = 0;

	put_load_argument(p, 0);
	put_one_of(p, family, role == SANDBOX_OPENER ? 5 : 3);
	if (role == SANDBOX_OPENER)
		return;
	put_load_argument(p, 1);	/* without SOCK_* flags */
	put_insn(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf);
	put_one_of(p, type, 2);
	put_load_argument(p, 2);
	put_one_of(p, &protocol, 1);
}

/* Both numbers of an option are short, so they are compared at once. */
static void
put_options(struct prog *p, enum sandbox_role role)
{
	unsigned left = 0;

	put_load_short(p, 1);			/* the level */
	put_insn(p, BPF_ALU | BPF_LSH | BPF_K, 0, 0, 16);
	put_insn(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	put_load_short(p, 2);
	put_insn(p, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
	for (size_t i = 0; i < N_OPTIONS; i++)
		left += options[i].who & role ? 1 : 0;
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (options[i].who & role)
			put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)left--, 0,
			    (uint32_t)options[i].level << 16 |
			    (uint32_t)options[i].name);
	put_verdict(p, SECCOMP_RET_TRAP);
}

/* A filter cannot read what socketcall's second argument points to, so the other
 * calls cannot be restricted: raw sockets take a capability that P lacks. */
static void
put_socketcall(struct prog *p)
{
	put_load_argument(p, 0);
	put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SYS_BIND);
	put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_LISTEN);
	put_insn(p, BPF_JMP | BPF_JA, 0, 0, 1);
	put_verdict(p, SECCOMP_RET_TRAP);
}

/* Tests the arguments of a call; ends in a verdict. */
static void
put_arguments(struct prog *p, enum arguments args, enum sandbox_role role)
{
	static const uint32_t fionread = FIONREAD;

	switch (args) {
	case ANY:
		break;
	case SOCKET:
		put_socket(p, role);
		break;
	case OPTION:
		put_options(p, role);
		break;
	case UNREAD:
		put_load_argument(p, 1);
		put_one_of(p, &fionread, 1);
		break;
	case NOBIND:
		if (role == SANDBOX_PACKETS)
			put_socketcall(p);
		break;
	case NOEXEC:
#ifndef __s390__	/* all arguments of mmap are in memory there */
		put_load_argument(p, 2);
		put_none_of(p, PROT_EXEC);
#endif
		break;
	case READ:
	case OPEN:
		put_load_argument(p, args == READ ? 2 : 1);
		put_none_of(p, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
		break;
	}
	put_verdict(p, SECCOMP_RET_ALLOW);
}

/* libseccomp's architecture tokens are AUDIT_ARCH_*. No row is an x32 call. */
static void
write_prog(struct prog *p, enum sandbox_role role)
{
	put_load(p, offsetof(struct seccomp_data, arch));
	put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, seccomp_arch_native());
	put_verdict(p, SECCOMP_RET_KILL_PROCESS);
	put_load(p, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS; i++)
		if (calls[i].who & role && calls[i].nr >= 0) {
			unsigned at = p->n;

			put_insn(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0,
			    (uint32_t)calls[i].nr);
			put_arguments(p, calls[i].args, role);
			if (p->n <= PROG_MAX)
				p->insn[at].jf = (uint8_t)(p->n - at - 1);
		}
	put_verdict(p, SECCOMP_RET_TRAP);
}

/* --- forbidden calls ------------------------------------------------------ */

#define NAMES		512
#define NAME_SIZE	32

/* Global, because a signal handler uses them; libseccomp would allocate. */
static sandbox_fn *report_call;
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
put_stderr(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
}

static void
report_on_stderr(int call)
{
	put_stderr("seccomp-violation call=");
	put_stderr(sandbox_call_name(call));
	put_stderr("\n");
}

/* The report may itself take a call that is forbidden, as it did where send() is
 * socketcall(). Then both go to stderr, since write() is allowed to all. */
static void
on_sigsys(int signo, siginfo_t *si, void *context)
{
	static volatile sig_atomic_t reporting = -1;

	(void)signo;
	(void)context;
	if (reporting >= 0) {
		report_on_stderr(reporting);
		report_on_stderr(si->si_syscall);
	} else {
		reporting = si->si_syscall;
		if (!report_call || !report_call(si->si_syscall))
			report_on_stderr(si->si_syscall);
	}
	sandbox_exit(SANDBOX_EXIT);
}

int
sandbox_filter(enum sandbox_role role, sandbox_fn *report)
{
	struct prog p = { 0 };
	struct sock_fprog f = { .filter = p.insn };
	struct sigaction sa = {
		.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	write_prog(&p, role);
	if (p.n > PROG_MAX)
		return -E2BIG;
	f.len = (unsigned short)p.n;
	report_call = report;
	read_names();
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGSYS, &sa, NULL) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f, 0, 0) < 0)
		return -errno;
	return 0;
}
