/* SPDX-License-Identifier: ISC
 *
 * priv - sends requests to the opener through a socket pair and waits for
 * answers. What the opener may do is decided there (io/opener).
 *
 * Requests are numbered: a late answer to a request that timed out is
 * discarded, and its descriptor closed.
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
#include "io/sock.h"

struct priv {
	int fd;			/* -1: no opener process; GONE: it has ended */
	uint32_t seq;
	bool slow;		/* the last request was not answered in time */
	struct log *log;
	struct opener here;	/* used while there is no process */
};

#define GONE	(-2)

/* Global, because a signal handler uses it. */
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

const struct opener_terms *
priv_terms(const struct priv *p)
{
	return &p->here.terms;
}

static int
opener_gone(struct priv *p)
{
	sock_close(p->fd);
	p->fd = violation_fd = GONE;
	return -EPIPE;
}

/* Receives a message and its descriptor, or -1. Returns 0, -EAGAIN or -EPIPE.
 * At RLIMIT_NOFILE, the kernel closes the descriptor. */
static int
receive(struct priv *p, struct opener_answer *a, int *fd)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { a, sizeof(*a) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(p->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n != sizeof(*a))
		return opener_gone(p);
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	if (*fd < 0 && msg.msg_flags & MSG_CTRUNC)
		a->result = -EMFILE;
	return 0;
}

static void
log_violation(struct priv *p, const struct opener_answer *a)
{
	log_event(p->log, LOG_LEVEL_ERROR, "seccomp-violation",
	    "call=%s process=opener", sandbox_call_name(a->result));
}

/* Blocks signals: each would restart the wait, and a storm would fill
 * libevent's pipe for them. */
static int
wait_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec ts = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L,
	};
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);	/* the sandbox's */
	return ppoll(&p, 1, &ts, &all);
}

/* A late answer to another request, which is rare, restarts the wait. A stopped
 * opener costs PRIV_WAIT_MS only once per shutdown or reload. */
static int
await_answer(struct priv *p, uint32_t seq)
{
	struct opener_answer a = { 0 };
	int err, fd, n;

	for (;;) {
		err = receive(p, &a, &fd);
		if (err == -EAGAIN) {
			n = wait_readable(p->fd,
			    p->slow ? PRIV_SLOW_MS : PRIV_WAIT_MS);
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
			log_violation(p, &a);
		if (fd >= 0)
			close(fd);
	}
}

/* The socket is full if the opener is stopped. */
static int
post_request(struct priv *p, const struct opener_request *q)
{
	ssize_t n;

	if (p->fd == GONE)
		return -EPIPE;
	do
		n = send(p->fd, q, sizeof(*q), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(*q))
		return 0;
	return errno == EAGAIN ? -ETIMEDOUT : opener_gone(p);
}

static int
ask_opener(struct priv *p, struct opener_request *q)
{
	int err;

	if (p->fd == -1)
		return opener_do(&p->here, q);
	if (++p->seq == 0)
		p->seq = 1;
	q->seq = p->seq;
	err = post_request(p, q);
	return err < 0 ? err : await_answer(p, q->seq);
}

static void
tell_opener(struct priv *p, struct opener_request *q)
{
	if (p->fd == -1)
		(void)opener_do(&p->here, q);
	else
		(void)post_request(p, q);
}

int
priv_ask(struct priv *p, enum opener_what what)
{
	return ask_opener(p, &(struct opener_request){ .what = what });
}

int
priv_ask_inet(struct priv *p, enum opener_what what, struct ipaddr address,
    uint32_t number)
{
	return ask_opener(p, &(struct opener_request){
	    .what = what, .address = address, .number = number });
}

int
priv_ask_ring(struct priv *p, enum family family, const struct ring_filter *f)
{
	return ask_opener(p, &(struct opener_request){ .what = OPENER_RING,
	    .address = ip_any(family), .filter = *f });
}

int
priv_ask_port(struct priv *p, enum opener_what what, struct ipaddr address,
    uint32_t scope, uint16_t port)
{
	return ask_opener(p, &(struct opener_request){
	    .what = what, .address = address, .number = port, .more = scope });
}

int
priv_ask_path(struct priv *p, enum opener_what what, const char *path)
{
	struct opener_request q = { .what = what };
	size_t len = strlen(path);

	if (len >= sizeof(q.path))
		return -ENAMETOOLONG;
	memcpy(q.path, path, len + 1);
	return ask_opener(p, &q);
}

void
priv_pidfile(struct priv *p)
{
	tell_opener(p, &(struct opener_request){ .what = OPENER_PIDFILE });
}

void
priv_resolve(struct priv *p, uint32_t ifindex, struct ipaddr ip)
{
	tell_opener(p, &(struct opener_request){
	    .what = OPENER_RESOLVE, .number = ifindex, .address = ip });
}

void
priv_log(struct priv *p, enum logsink where, enum log_level level)
{
	if (p->fd != -1)
		tell_opener(p, &(struct opener_request){
		    .what = OPENER_LOG, .number = where, .more = level });
}

/* The opener's first message says whether it has dropped privileges. The kernel
 * reaps the process, since its exit status does not matter. */
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
	return await_answer(p, 0);
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
			log_violation(p, &a);
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
		(void)priv_ask(p, OPENER_END);
	else if (p->fd == -1)
		opener_fini(&p->here);
	if (p->fd >= 0)
		(void)opener_gone(p);
	free(p);
	return NULL;
}
