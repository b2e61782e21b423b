/* SPDX-License-Identifier: ISC
 *
 * trespass - with LD_PRELOAD, plays an attacker who has taken over a process of pxrelayd.
 * t-privileges.sh checks what comes of it.
 *
 * SIGUSR1 makes the process call execve(). SIGUSR2 tries one thing after the other and writes
 * what the kernel says to stderr: "attack NAME RESULT", RESULT being ok, the number of an error,
 * or trapped, which is what the filter does. To survive that, the attacker replaces the handler
 * of SIGSYS, which is memory of the process. $TRESPASS is a directory that the process has no
 * business in, with a file "file", a socket "accomplice" and an abstract socket of that name.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/opener.h"

#define FDS 256

static const char *dir;
static pid_t started;			/* the other process is the opener */
static volatile sig_atomic_t attacking, trapped;
static struct sigaction defence;	/* the process's handler of SIGSYS */

/* --- what it has ---------------------------------------------------------- */

static int
option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

/* The first socket of that domain and type (-1: any); -1: none. */
static int
find(int domain, int type)
{
	for (int fd = 3; fd < FDS; fd++)
		if (option(fd, SO_DOMAIN) == domain &&
		    (type < 0 || option(fd, SO_TYPE) == type))
			return fd;
	return -1;
}

static int
ring(void)
{
	return find(AF_PACKET, SOCK_DGRAM);
}

static struct sockaddr_un
at(const char *name, bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path + abstract, sizeof(a.sun_path) - 1, "%s/%s", dir, name);
	return a;
}

/* --- system calls --------------------------------------------------------- */

/* By number: the C library's wrappers do other things first. Each returns -1 and sets errno, or
 * the result. */
#define TRY(name, call) \
	static long name(void) { return (call); }
#define OPTION(name, fd, level, option) \
	TRY(name, setsockopt(fd, level, option, &(int){ 1 }, sizeof(int)))

TRY(execve_, syscall(SYS_execve, "/bin/true", NULL, NULL))
TRY(clone_, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
TRY(ptrace_, syscall(SYS_ptrace, 16, getppid(), NULL, NULL))
TRY(kill_, syscall(SYS_kill, getppid(), 0))
TRY(process_vm_readv_, syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0))
TRY(pidfd_open_, syscall(SYS_pidfd_open, 1, 0))
TRY(bpf_, syscall(SYS_bpf, 0, NULL, 0))
TRY(io_uring_, syscall(SYS_io_uring_setup, 1, NULL))
TRY(setns_, syscall(SYS_setns, 0, 0))
TRY(unshare_, syscall(SYS_unshare, CLONE_NEWUSER))
TRY(setuid_, syscall(SYS_setuid, 0))
TRY(code, syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
TRY(mprotect_, syscall(SYS_mprotect, NULL, 0, PROT_EXEC))
TRY(open_, syscall(SYS_openat, AT_FDCWD, at("file", false).sun_path, O_RDONLY))
TRY(create, syscall(SYS_openat, AT_FDCWD, at("made", false).sun_path, O_WRONLY | O_CREAT, 0600))
TRY(unlink_, syscall(SYS_unlinkat, AT_FDCWD, at("file", false).sun_path, 0))
TRY(mkdir_, syscall(SYS_mkdirat, AT_FDCWD, at("made", false).sun_path, 0700))
TRY(chmod_, syscall(SYS_fchmodat, AT_FDCWD, at("file", false).sun_path, 0666))
TRY(bind_, syscall(SYS_bind, find(AF_INET, SOCK_STREAM), NULL, 0))
TRY(listen_, syscall(SYS_listen, find(AF_INET, SOCK_STREAM), 1))

TRY(socket_packet, syscall(SYS_socket, AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)))
TRY(socket_raw, syscall(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP))
TRY(socket_raw6, syscall(SYS_socket, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6))
TRY(socket_netlink, syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0))
TRY(socket_vsock, syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0))
TRY(socket_sctp, syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP))

OPTION(detach_filter, ring(), SOL_SOCKET, SO_DETACH_FILTER)
OPTION(attach_ebpf, ring(), SOL_SOCKET, SO_ATTACH_BPF)
OPTION(unlock_filter, ring(), SOL_SOCKET, SO_LOCK_FILTER)
OPTION(fanout, ring(), SOL_PACKET, PACKET_FANOUT)
OPTION(promiscuous, ring(), SOL_PACKET, PACKET_ADD_MEMBERSHIP)
OPTION(rx_ring, ring(), SOL_PACKET, PACKET_RX_RING)
OPTION(bind_to_device, find(AF_INET, SOCK_DGRAM), SOL_SOCKET, SO_BINDTODEVICE)
OPTION(mark, find(AF_INET, SOCK_DGRAM), SOL_SOCKET, SO_MARK)
OPTION(reuse, find(AF_INET, SOCK_DGRAM), SOL_SOCKET, SO_REUSEPORT)
OPTION(transparent, find(AF_INET, SOCK_DGRAM), IPPROTO_IP, IP_TRANSPARENT)
OPTION(netlink_group, find(AF_NETLINK, -1), SOL_NETLINK, 1)
/* Beyond 2^16 these numbers look like an option that is allowed. */
OPTION(wide_option, ring(), SOL_SOCKET, SO_LINGER | 0x10000)

static long
attach_filter(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog prog = { 1, &all };

	return setsockopt(ring(), SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* --- sockets -------------------------------------------------------------- */

/* Connects a new socket to the accomplice; -1: refused. */
static int
reach(bool abstract)
{
	struct sockaddr_un a = at("accomplice", abstract);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract +
	    strlen(a.sun_path + abstract));

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, len) == 0)
		return fd;
	close(fd);
	return -1;
}

TRY(abstract_socket, reach(true))

/* Another process, which nothing confines, gets the ring. */
static long
give_away(void)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (char[]){ "ring" }, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = ring(), to = reach(false);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(to, &m, 0);
}

/* What relaying needs, an attacker has, too. */
static long
send_frame(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = 1, .sll_halen = 6 };
	char ip[20] = { 0x45, [3] = 20, [8] = 1, [9] = 17 };

	return sendto(ring(), ip, sizeof(ip), 0, (struct sockaddr *)&to, sizeof(to));
}

static long
connect_tcp(void)
{
	struct sockaddr_in to = { AF_INET, htons(9), { htonl(INADDR_LOOPBACK) }, { 0 } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

/* Binds a socket file where there should be none. */
static long
bind_file(void)
{
	struct sockaddr_un a = at("made", false);

	return bind(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&a,
	    sizeof(a));
}

/* --- requests ------------------------------------------------------------- */

static long
ask(struct opener_request q)
{
	int fd = find(AF_UNIX, SOCK_SEQPACKET);
	struct opener_answer a = { 0 };

	q.seq = 1u << 31;
	if (send(fd, &q, sizeof(q), 0) < 0)
		return -1;
	do
		if (recv(fd, &a, sizeof(a), 0) != sizeof(a))
			return -1;
	while (a.seq != q.seq);
	errno = -a.result;
	return a.result < 0 ? -1 : 0;
}

#define ASK(name, ...) \
	TRY(name, ask((struct opener_request){ __VA_ARGS__ }))

ASK(ask_conf, .what = OPENER_CONF)
ASK(ask_udp53, .what = OPENER_UDP, .number = 53)
ASK(ask_tcp80, .what = OPENER_TCP, .number = 80)
ASK(ask_nonsense, .what = 99)
ASK(ask_ring_of_web, .what = OPENER_RING, .filter = { .n_port = 1, .n_watch = 1, .watch = { 80 } })
ASK(ask_ring, .what = OPENER_RING, .filter = { .n_port = 1, .port = { 67 } })

static long
ask_socket(void)
{
	struct opener_request q = { .what = OPENER_SOCKET };

	memcpy(q.path, at("made", false).sun_path, sizeof(q.path));
	return ask(q);
}

/* --- the attack ----------------------------------------------------------- */

static const struct {
	const char *name;
	long (*fn)(void);
} tries[] = {
	{ "execve", execve_ }, { "clone", clone_ }, { "ptrace", ptrace_ }, { "kill", kill_ },
	{ "process_vm_readv", process_vm_readv_ }, { "pidfd_open", pidfd_open_ },
	{ "bpf", bpf_ }, { "io_uring", io_uring_ }, { "setns", setns_ },
	{ "unshare", unshare_ }, { "setuid", setuid_ }, { "mmap-exec", code },
	{ "mprotect", mprotect_ }, { "open", open_ }, { "create", create },
	{ "unlink", unlink_ }, { "mkdir", mkdir_ }, { "chmod", chmod_ },
	{ "bind", bind_ }, { "listen", listen_ }, { "bind-file", bind_file },
	{ "socket-packet", socket_packet }, { "socket-raw", socket_raw },
	{ "socket-raw6", socket_raw6 }, { "socket-netlink", socket_netlink },
	{ "socket-vsock", socket_vsock }, { "socket-sctp", socket_sctp },
	{ "detach-filter", detach_filter }, { "attach-filter", attach_filter },
	{ "attach-ebpf", attach_ebpf }, { "unlock-filter", unlock_filter },
	{ "fanout", fanout }, { "promiscuous", promiscuous }, { "rx-ring", rx_ring },
	{ "bind-to-device", bind_to_device }, { "mark", mark }, { "reuse-port", reuse },
	{ "transparent", transparent }, { "netlink-group", netlink_group },
	{ "wide-option", wide_option }, { "abstract-socket", abstract_socket },
	{ "give-away", give_away }, { "send-frame", send_frame }, { "connect-tcp", connect_tcp },
	{ "ask-conf", ask_conf }, { "ask-udp53", ask_udp53 }, { "ask-tcp80", ask_tcp80 },
	{ "ask-socket", ask_socket }, { "ask-nonsense", ask_nonsense },
	{ "ask-ring-of-web", ask_ring_of_web }, { "ask-ring", ask_ring },
};

static void
attack(void)
{
	char line[128];

	attacking = 1;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		long r;

		if (getpid() != started && strncmp(tries[i].name, "ask", 3) == 0)
			continue;
		trapped = 0;
		errno = 0;
		r = tries[i].fn();
		snprintf(line, sizeof(line), "attack %s %s\n", tries[i].name, trapped ?
		    "trapped" : r >= 0 ? "ok" : strerrorname_np(errno));
		(void)!write(STDERR_FILENO, line, strlen(line));
	}
	(void)!write(STDERR_FILENO, "attack over\n", 12);
	attacking = 0;
}

static void
trespass(int signo)
{
	if (signo == SIGUSR1)
		execve_();
	else
		attack();
}

static void
on_sigsys(int signo, siginfo_t *si, void *context)
{
	if (attacking)
		trapped = 1;
	else
		defence.sa_sigaction(signo, si, context);
}

static int
set_action(int signo, const struct sigaction *new, struct sigaction *old)
{
	int (*next)(int, const struct sigaction *, struct sigaction *) =
	    (int (*)(int, const struct sigaction *, struct sigaction *))
	    dlsym(RTLD_NEXT, "sigaction");

	return next(signo, new, old);
}

int
sigaction(int signo, const struct sigaction *new, struct sigaction *old)
{
	struct sigaction mine = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	if (signo != SIGSYS || !new)
		return set_action(signo, new, old);
	defence = *new;
	return set_action(signo, &mine, old);
}

/* The opener ignores both signals; install trespass() instead. */
sighandler_t
signal(int signo, sighandler_t handler)
{
	struct sigaction sa = {
		.sa_handler = signo == SIGUSR1 || signo == SIGUSR2 ? trespass : handler,
		.sa_flags = SA_RESTART,
	};

	return set_action(signo, &sa, NULL) < 0 ? SIG_ERR : SIG_DFL;
}

__attribute__((constructor)) static void
catch_signals(void)
{
	dir = getenv("TRESPASS");
	started = getpid();
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}
