/* SPDX-License-Identifier: ISC
 *
 * opener - executes the requests of io/priv.
 *
 * The other end is not trusted: requests have one size, every field is checked,
 * and sockets are handed over bound and filtered. They allow nothing that the
 * other end could not do with the sockets it has had since the start.
 */
#include "io/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/conftree.h"
#include "io/icmphide.h"
#include "io/landlock.h"
#include "io/logsink.h"
#include "io/sandbox.h"
#include "io/sock.h"
#include "io/udp.h"
#include "proto/arp.h"
#include "proto/dhcp4.h"
#include "proto/icmp6.h"
#include "proto/tftp.h"

/* The kernel drops SYNs beyond it, and those clients wait a second. */
#define BACKLOG		128
/* The opener's end of the pair; no higher descriptor is open when it starts. */
#define PEER		3
#define NAME		"pxrelay-opener"	/* shown by ps -o comm */

/* For ports below 1024, receive buffers beyond net.core.rmem_max and raw
 * sockets; and for files of other users, if it was started as root. */
#define CAPS \
	(UINT64_C(1) << CAP_NET_BIND_SERVICE | UINT64_C(1) << CAP_NET_ADMIN | \
	 UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << CAP_DAC_OVERRIDE)

/* --- permissions ---------------------------------------------------------- */

/* Directories are compared by name: "/run/pxrelay/../x" differs from "/run". */
bool
opener_may_socket(const struct opener_terms *t, const char *path)
{
	char dir[UNIXSOCK_PATH];

	unixsock_dir(dir, path);
	for (unsigned i = 0; i < OPENER_DIRS && !t->anything; i++)
		if (strcmp(t->dir[i], dir) == 0)
			return true;
	return t->anything;
}

bool
opener_may_listen(const struct opener_terms *t, uint16_t port)
{
	return t->anything || port >= 1024 || (port != 0 && port == t->port);
}

/* --- requests ------------------------------------------------------------- */

static int
open_udp(const struct opener_request *q)
{
	enum family f = ip_family(q->address);

	if (q->number != udp_dhcp_port(f) &&
	    q->number != DHCP4_PORT_PXE)
		return -EPERM;
	return udp_open(q->address, q->more, (uint16_t)q->number);
}

/* A ring sees broadcasts only, but for what is watched and TFTP errors. */
static int
open_ring(const struct opener_request *q)
{
	const struct ring_filter *f = &q->filter;

	for (unsigned i = 0; i < f->n_watch && i < RING_WATCH_MAX; i++)
		if (f->watch[i] != TFTP_PORT && f->watch[i] != DHCP4_PORT_PXE)
			return -EPERM;
	if (f->unreachable && f->unreachable != DHCP4_PORT_PXE)
		return -EPERM;
	return ring_socket(ip_family(q->address), f);
}

static int
open_from(const struct opener_request *q)
{
	const struct sock_at at = sock_at(q->address, 0, 0);
	int fd;

	if (q->number > 1)
		return -EPERM;
	fd = sock_open(at.any.sa_family, q->number ? SOCK_STREAM : SOCK_DGRAM, 0);
	return fd < 0 ? fd : sock_checked(fd, sock_bind(fd, &at));
}

/* Receives only echo replies. Not a "ping socket", which would need our group
 * in net.ipv4.ping_group_range. */
static int
open_icmp4(void)
{
	struct icmp_filter only = { ~(1u << ICMP_ECHOREPLY) };
	int fd = sock_open(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (fd < 0)
		return fd;
	return sock_checked(fd, setsockopt(fd, SOL_RAW, ICMP_FILTER, &only,
	    sizeof(only)) < 0 ? -errno : 0);
}

/* Receives only echo replies and router advertisements. Solicitations leave with a hop limit
 * of 255 (RFC 4861 4.1). */
static int
open_icmp6(void)
{
	struct icmp6_filter only;
	int fd = sock_open(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), err;

	if (fd < 0)
		return fd;
	memset(&only, 0xff, sizeof(only));
	only.data[ICMP6_ECHO_REPLY / 32] &= ~(1u << ICMP6_ECHO_REPLY % 32);
	only.data[ICMP6_ROUTER_ADVERT / 32] &= ~(1u << ICMP6_ROUTER_ADVERT % 32);
	err = setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &only, sizeof(only)) < 0 ?
	    -errno : 0;
	if (!err)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (!err)
		err = sock_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255);
	return sock_checked(fd, err);
}

/* Receives only replies to this host, not the requests of a thousand VLANs.
 * Without a protocol, it receives nothing before filter and bind(). */
static int
open_arp(void)
{
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 64),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int fd = sock_open(AF_PACKET, SOCK_DGRAM, 0);
	int err = fd < 0 ? fd :
	    sock_attach_for_good(fd, prog, sizeof(prog) / sizeof(prog[0]));

	return sock_checked(fd, err ? err : sock_bind_packet(fd, ETH_P_ARP));
}

static int
start_listening(int fd)
{
	return sock_checked(fd, listen(fd, BACKLOG) < 0 ? -errno : 0);
}

static int
open_socket(struct opener *o, const struct opener_request *q)
{
	struct unixsock *u = &o->file[o->n_file];
	int fd;

	if (!opener_may_socket(&o->terms, q->path))
		return -EPERM;
	if (o->n_file == OPENER_FILES)
		return -EMFILE;
	fd = unixsock_open(u, q->path, o->terms.group);
	if (fd < 0)
		return fd;
	fd = start_listening(fd);
	if (fd < 0)
		unixsock_remove(u);
	else
		o->n_file++;
	return fd;
}

static int
remove_socket(struct opener *o, const struct opener_request *q)
{
	for (unsigned i = 0; i < o->n_file; i++)
		if (strcmp(o->file[i].at.sun_path, q->path) == 0) {
			unixsock_remove(&o->file[i]);
			o->file[i] = o->file[--o->n_file];
			return 0;
		}
	return -ENOENT;
}

/* FREEBIND: the address's interface may appear later. REUSEADDR: connections of
 * the previous daemon may linger. */
static int
open_tcp(const struct opener *o, const struct opener_request *q)
{
	const struct sock_at at = sock_at(q->address, (uint16_t)q->number, 0);
	int fd, err;

	if (q->number > UINT16_MAX || q->address.version == 6 ||
	    !opener_may_listen(&o->terms, (uint16_t)q->number))
		return -EPERM;
	fd = sock_open(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return fd;
	err = sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err)
		err = sock_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (!err)
		err = sock_bind(fd, &at);
	/* Two sockets with REUSEADDR may bind, but only one may listen. */
	return err ? sock_checked(fd, err) : start_listening(fd);
}

/* Can this address be another host's? */
static bool
is_neighbour(struct ipaddr a)
{
	if (ip_family(a) == FAMILY6)
		return ip6_is_host(a.v6);
	return ip4_is_host(ip_v4(a)) && ip_v4(a).host >> 24 != 127;
}

static int
resolve_neighbour(struct opener *o, const struct opener_request *q)
{
	int err = 0;

	if (q->number == 0 || !is_neighbour(q->address))
		return -EPERM;
	if (!o->route)
		err = route_open(&o->route);
	return err < 0 ? err : route_resolve(o->route, q->number, q->address);
}

static int
set_log(struct opener *o, const struct opener_request *q)
{
	if (q->number > LOGSINK_JOURNAL || q->more > LOG_LEVEL_DEBUG)
		return -EPERM;
	o->log->level = (enum log_level)q->more;
	logsink_set(o->log, (enum logsink)q->number);
	return 0;
}

int
opener_do(struct opener *o, const struct opener_request *q)
{
	switch ((enum opener_what)q->what) {
	case OPENER_CONF:
		return o->terms.conf ? conftree_open(o->terms.conf) : -EPERM;
	case OPENER_UDP:
		return open_udp(q);
	case OPENER_SERVER:
		return udp_server_socket(q->address, q->more);
	case OPENER_RING:
		return open_ring(q);
	case OPENER_ICMP:
		return ip_family(q->address) == FAMILY6 ? open_icmp6() : open_icmp4();
	case OPENER_ARP:
		return open_arp();
	case OPENER_NETLINK:
		return sock_netlink(NETLINK_ROUTE, 0);
	case OPENER_ICMPHIDE:
		return icmphide_open();
	case OPENER_FROM:
		return open_from(q);
	case OPENER_SOCKET:
		return open_socket(o, q);
	case OPENER_TCP:
		return open_tcp(o, q);
	case OPENER_REMOVE:
		return remove_socket(o, q);
	case OPENER_RESOLVE:
		return resolve_neighbour(o, q);
	case OPENER_PIDFILE:
		o->wrote_pid = true;
		return 0;
	case OPENER_LOG:
		return set_log(o, q);
	case OPENER_VIOLATION:
		log_event(o->log, LOG_LEVEL_ERROR, "seccomp-violation",
		    "call=%s process=packets", sandbox_call_name((int)q->number));
		return 0;
	case OPENER_END:
		opener_fini(o);
		return 0;
	}
	return -EPERM;
}

void
opener_init(struct opener *o, const struct opener_terms *t, struct log *log)
{
	memset(o, 0, sizeof(*o));
	o->terms = *t;
	o->log = log;
}

void
opener_fini(struct opener *o)
{
	while (o->n_file)
		unixsock_remove(&o->file[--o->n_file]);
	if (o->wrote_pid && o->terms.pidfile)
		unlink(o->terms.pidfile);
	o->wrote_pid = false;
	o->route = route_close(o->route);
}

/* --- the process ---------------------------------------------------------- */

static bool
report_violation(int call)
{
	struct opener_answer a = { .what = OPENER_VIOLATION, .result = call };

	return send(PEER, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(a);
}

/* A result above 2 is a descriptor, since 0, 1 and 2 are always open. */
static void
send_answer(uint32_t seq, int result)
{
	struct opener_answer a = { .seq = seq, .result = result < 0 ? result : 0 };
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &a, sizeof(a) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	if (result > STDERR_FILENO) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &result, sizeof(int));
	}
	(void)!sendmsg(PEER, &msg, MSG_NOSIGNAL);
}

/* False: the other end is gone. There is no room for descriptors, so the kernel
 * closes any that were sent. */
static bool
next_request(struct opener_request *q)
{
	struct iovec iov = { q, sizeof(*q) };
	ssize_t n;

	do {
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

		n = recvmsg(PEER, &msg, 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
	} while (n != sizeof(*q));
	q->path[sizeof(q->path) - 1] = '\0';
	return true;
}

static void
keep_peer_and_stderr(int fd, bool quiet)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	logsink_forget();	/* close_range() closes its descriptors */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (quiet)
			dup2(null, STDERR_FILENO);
	}
	if (fd != PEER)
		dup2(fd, PEER);
	(void)!fcntl(PEER, F_SETFD, FD_CLOEXEC);
	(void)!syscall(SYS_close_range, PEER + 1, ~0u, 0);
}

/* The opener must not end before the daemon, but signals of a terminal, a
 * service manager and `killall -USR1' reach it, too. Faults still end it.
 * SIGSYS belongs to the sandbox. */
static void
ignore_signals(void)
{
	for (int signo = 1; signo < NSIG; signo++)
		if (signo != SIGSEGV && signo != SIGBUS && signo != SIGILL &&
		    signo != SIGFPE && signo != SIGTRAP && signo != SIGABRT)
			signal(signo, SIG_IGN);
}

/* The directory of a file's name. Links in it are followed, but not the file. "": there
 * is none. */
static void
dir_of(char dir[PATH_MAX], const char *file)
{
	const char *slash = strrchr(file, '/');
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%.*s", slash ? (int)(slash - file + 1) : 1,
	    slash ? file : ".");
	if (!realpath(name, dir))
		dir[0] = '\0';
}

/* The configuration's directory rather than its file, since editors put another file in
 * its place. If its name is a link that leads out, the link may lead elsewhere at the
 * next reload. */
static void
dir_of_conf(char dir[PATH_MAX], const char *conf)
{
	char file[PATH_MAX];
	size_t len;

	dir_of(dir, conf);
	len = strlen(dir);
	if (realpath(conf, file) && len > 1 &&
	    (strncmp(file, dir, len) != 0 || file[len] != '/'))
		strcpy(dir, "/");
}

/* A directory that does not exist gets no rule, so that of the first configuration's
 * sockets is made now. 0 or -errno. */
static int
restrict_files(const struct opener_terms *t)
{
	char conf[PATH_MAX] = "", pidfile[PATH_MAX] = "";
	struct landlock_dir dir[OPENER_DIRS + 2] = {
		{ conf, LANDLOCK_READ }, { pidfile, LANDLOCK_REMOVE },
	};
	size_t n = 2;
	int version;

	if (t->conf) {
		dir_of_conf(conf, t->conf);
		conftree_root(t->conf, conf);
	}
	if (t->pidfile)
		dir_of(pidfile, t->pidfile);
	for (unsigned i = 0; i < OPENER_DIRS; i++) {
		if (i > 0 && t->dir[i][0])
			unixsock_make_dir(t->dir[i]);
		dir[n++] = (struct landlock_dir){ t->dir[i], LANDLOCK_SOCKETS };
	}
	version = landlock_restrict(dir, n);
	return version < 0 ? version : 0;
}

void
opener_serve(struct opener *o, int fd)
{
	struct opener_request q = { 0 };
	int err;

	keep_peer_and_stderr(fd, o->terms.quiet);
	ignore_signals();
	prctl(PR_SET_NAME, NAME, 0, 0, 0);
	/* A member can set the group of socket files without CAP_CHOWN. */
	if (geteuid() == 0)
		(void)!setgroups(o->terms.group != (gid_t)-1, &o->terms.group);
	err = sandbox_drop(NULL, CAPS);
	if (!err)
		err = restrict_files(&o->terms);
	if (!err)
		err = sandbox_filter(SANDBOX_OPENER, report_violation);
	send_answer(0, err < 0 ? err : 0);
	while (!err && next_request(&q)) {
		int result = opener_do(o, &q);

		if (q.seq)
			send_answer(q.seq, result);
		if (result > STDERR_FILENO)
			close(result);
		if (q.what == OPENER_END)
			break;
	}
	opener_fini(o);
	sandbox_exit(err < 0);
}
