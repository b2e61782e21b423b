/* SPDX-License-Identifier: ISC
 *
 * priv - the near end of the opener's socket pair; see include/io/priv.h.
 *
 * One question at a time, with a number that comes back: what belongs to a question
 * that was given up is thrown away, descriptor and all.
 */
#include "io/priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "io/sandbox.h"

struct priv {
	int fd;			/* -1: no process of its own; -2: it is gone */
	uint32_t seq;
	bool slow;		/* the last question was not answered in time */
	struct log *log;
	struct opener here;	/* who does it as long as there is no process */
};

#define GONE	(-2)

/* Of the process, as its signals are. */
static int violation_fd = -1;

struct priv *
priv_new(const struct opener_terms *t, struct log *log)
{
	struct priv *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fd = -1;
	p->log = log;
	opener_init(&p->here, t, log);
	return p;
}

/* --- questions ---------------------------------------------------------------- */

static int
gone(struct priv *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = violation_fd = GONE;
	return -EPIPE;
}

static int
descriptor_in(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* One message; *fd is the descriptor that came with it, or -1. 0, -EAGAIN, -EPIPE. A process
 * that may have no more descriptors (RLIMIT_NOFILE) gets the message without, and the kernel
 * closes it. */
static int
receive(struct priv *p, struct opener_answer *a, int *fd)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { a, sizeof(*a) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(p->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n != sizeof(*a))
		return gone(p);
	*fd = descriptor_in(&msg);
	if (*fd < 0 && msg.msg_flags & MSG_CTRUNC)
		a->result = -EMFILE;
	return 0;
}

static void
violated(struct priv *p, const struct opener_answer *a)
{
	log_event(p->log, LOG_LEVEL_ERROR, "seccomp-violation",
	    "call=%s process=opener", sandbox_call_name(a->result));
}

/* Signals wait meanwhile: each would begin the time anew, and a storm of them fill the pipe
 * into which libevent writes them. */
static int
wait_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);	/* of the sandbox */
	return ppoll(&p, 1, &ts, &all);
}

/* It is not waited again with what is left of the time: late answers are rare. An opener
 * that is stopped costs the whole of it once, not once for each question of an end or a reload. */
static int
await(struct priv *p, uint32_t seq)
{
	struct opener_answer a = { 0 };
	int err, fd, n;

	for (;;) {
		err = receive(p, &a, &fd);
		if (err == -EAGAIN) {
			n = wait_readable(p->fd, p->slow ? PRIV_SLOW_MS : PRIV_WAIT_MS);
			p->slow |= n == 0;
			if (n == 0)
				return -ETIMEDOUT;
			continue;
		}
		if (err < 0)
			return err;
		p->slow = false;
		if (a.seq == seq && a.what != OPENER_VIOLATION)
			return a.result < 0 ? a.result : fd >= 0 ? fd : 0;
		if (a.what == OPENER_VIOLATION)
			violated(p, &a);
		if (fd >= 0)
			close(fd);
	}
}

/* A full socket is that of an opener that was stopped. */
static int
post(struct priv *p, const struct opener_request *q)
{
	ssize_t n;

	if (p->fd == GONE)
		return -EPIPE;
	do
		n = send(p->fd, q, sizeof(*q), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(*q))
		return 0;
	return errno == EAGAIN ? -ETIMEDOUT : gone(p);
}

static int
ask(struct priv *p, struct opener_request *q)
{
	int err;

	if (p->fd == -1)
		return opener_do(&p->here, q);
	if (++p->seq == 0)
		p->seq = 1;
	q->seq = p->seq;
	err = post(p, q);
	return err < 0 ? err : await(p, q->seq);
}

static void
tell(struct priv *p, struct opener_request *q)
{
	if (p->fd == -1)
		(void)opener_do(&p->here, q);
	else
		(void)post(p, q);
}

/* --- what is asked ------------------------------------------------------------ */

static int
ask_for(struct priv *p, enum opener_what what)
{
	struct opener_request q = { .what = what };

	return ask(p, &q);
}

int
priv_conf(struct priv *p)
{
	return ask_for(p, OPENER_CONF);
}

int
priv_udp(struct priv *p, uint16_t port)
{
	struct opener_request q = { .what = OPENER_UDP, .number = port };

	return ask(p, &q);
}

int
priv_server(struct priv *p)
{
	return ask_for(p, OPENER_SERVER);
}

int
priv_icmp(struct priv *p)
{
	return ask_for(p, OPENER_ICMP);
}

int
priv_arp(struct priv *p)
{
	return ask_for(p, OPENER_ARP);
}

int
priv_netlink(struct priv *p)
{
	return ask_for(p, OPENER_NETLINK);
}

int
priv_quiet(struct priv *p)
{
	return ask_for(p, OPENER_QUIET);
}

int
priv_from(struct priv *p, struct ip4 source, bool tcp)
{
	struct opener_request q = {
		.what = OPENER_FROM, .number = tcp, .address = source,
	};

	return ask(p, &q);
}

/* False: it is longer than a socket's name may be. */
static bool
set_path(struct opener_request *q, const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(q->path))
		return false;
	memcpy(q->path, path, len + 1);
	return true;
}

int
priv_socket(struct priv *p, const char *path)
{
	struct opener_request q = { .what = OPENER_SOCKET };

	return set_path(&q, path) ? ask(p, &q) : -ENAMETOOLONG;
}

int
priv_tcp(struct priv *p, struct ip4 address, uint16_t port)
{
	struct opener_request q = {
		.what = OPENER_TCP, .number = port, .address = address,
	};

	return ask(p, &q);
}

bool
priv_may_socket(const struct priv *p, const char *path)
{
	return opener_may_socket(&p->here.terms, path);
}

bool
priv_may_listen(const struct priv *p, uint16_t port)
{
	return opener_may_listen(&p->here.terms, port);
}

void
priv_remove(struct priv *p, const char *path)
{
	struct opener_request q = { .what = OPENER_REMOVE };

	if (set_path(&q, path))
		(void)ask(p, &q);
}

void
priv_pidfile(struct priv *p)
{
	struct opener_request q = { .what = OPENER_PIDFILE };

	tell(p, &q);
}

int
priv_limits(struct priv *p)
{
	return ask_for(p, OPENER_LIMITS);
}

void
priv_resolve(struct priv *p, uint32_t ifindex, struct ip4 ip)
{
	struct opener_request q = {
		.what = OPENER_RESOLVE, .number = ifindex, .address = ip,
	};

	tell(p, &q);
}

void
priv_log(struct priv *p, enum logsink where, enum log_level level)
{
	struct opener_request q = {
		.what = OPENER_LOG, .number = where, .more = level,
	};

	if (p->fd != -1)
		tell(p, &q);
}

/* --- the process -------------------------------------------------------------- */

/* The opener's first message says that it has given up what it does not need. The
 * system reaps it: nobody asks how it ended. */
int
priv_split(struct priv *p)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (pid == 0)
		opener_serve(&p->here, ends[1]);
	close(ends[1]);
	p->fd = violation_fd = ends[0];
	return await(p, 0);
}

int
priv_fd(const struct priv *p)
{
	return p->fd >= 0 ? p->fd : -1;
}

bool
priv_read(struct priv *p)
{
	struct opener_answer a = { 0 };
	int fd, err;

	while (p->fd >= 0 && (err = receive(p, &a, &fd)) != -EAGAIN) {
		if (err < 0)
			break;
		if (a.what == OPENER_VIOLATION)
			violated(p, &a);
		if (fd >= 0)
			close(fd);
	}
	return p->fd >= 0;
}

bool
priv_violation(int call)
{
	const struct opener_request q = {
		.what = OPENER_VIOLATION, .number = (uint32_t)call,
	};

	return violation_fd >= 0 && send(violation_fd, &q, sizeof(q),
	    MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(q);
}

struct priv *
priv_free(struct priv *p)
{
	if (!p)
		return NULL;
	if (p->fd >= 0)
		(void)ask_for(p, OPENER_END);
	else if (p->fd == -1)
		opener_fini(&p->here);
	if (p->fd >= 0)
		(void)gone(p);
	free(p);
	return NULL;
}
