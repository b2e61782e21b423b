/* SPDX-License-Identifier: ISC
 *
 * Requests to the opener, by whoever has taken over the other process: what comes of them
 * stays within the terms, and nothing is left over. The kernel is the real one, but root
 * gets a network of its own.
 *
 * Input: requests, each of
 *
 *   what (1)      enum opener_what
 *   number (4), more (4)
 *   version (1)   of the address; and its 16 bytes
 *   filter (7)    n_port, n_watch and unreachable, 2 bytes each; tftp_errors
 *   n (1)         and so many bytes of the path, after `{}' the directory of sockets; if its
 *                 highest bit is set, of ports instead, 2 bytes each, watched ones first
 */
#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/wire.h"
#include "io/opener.h"
#include "io/sock.h"
#include "proto/dhcp4.h"
#include "proto/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define REQUESTS_MAX 24
#define TCP_PORT 443		/* the one below 1024 */

static char dir[] = "/tmp/fuzz_opener.XXXXXX", conf[64];
static struct log to_nobody;

/* --- the filter of a ring ---------------------------------------------------------- */

/* In place of io/ring's, which would map megabytes each time. The kernel takes the filter,
 * or there is none, and it watches nothing but network boot. */
int
ring_socket(enum family family, const struct ring_filter *f)
{
	static struct sock_filter prog[BPF_MAX];
	size_t n = bpf_requests(family, f, prog);
	int fd = sock_open(AF_INET, SOCK_DGRAM, 0);

	assert(n <= BPF_MAX && fd >= 0);
	for (unsigned i = 0; n && i < f->n_watch; i++)
		assert(f->watch[i] == TFTP_PORT || f->watch[i] == DHCP4_PORT_PXE);
	assert(!n || !f->unreachable || f->unreachable == DHCP4_PORT_PXE);
	if (n)
		assert(sock_attach_for_good(fd, prog, n) == 0);
	return sock_checked(fd, n ? 0 : -EINVAL);
}

/* --- what was opened ----------------------------------------------------------------- */

static int
option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

static uint16_t
port_of(int fd)
{
	union { struct sockaddr any; struct sockaddr_in in; struct sockaddr_in6 in6; } at;
	socklen_t len = sizeof(at);

	memset(&at, 0, sizeof(at));
	assert(getsockname(fd, &at.any, &len) == 0);
	return ntohs(at.any.sa_family == AF_INET ? at.in.sin_port : at.in6.sin6_port);
}

static void
check_inet(const struct opener_request *q, int fd)
{
	uint16_t port = port_of(fd);
	int type = option(fd, SO_TYPE);

	if (type == SOCK_RAW)
		assert(q->what == OPENER_ICMP && option(fd, SO_PROTOCOL) ==
		    (q->address.version == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP));
	else if (type == SOCK_STREAM && option(fd, SO_ACCEPTCONN))
		assert(q->what == OPENER_TCP && (port >= 1024 || port == TCP_PORT));
	else if (type == SOCK_DGRAM && (q->what == OPENER_UDP || q->what == OPENER_SERVER))
		assert(port == 67 || port == 547 || port == 4011);
	else
		assert(q->what == OPENER_RING ? option(fd, SO_LOCK_FILTER) == 1 :
		    q->what == OPENER_FROM && (port == 0 || port >= 1024));
}

static void
check_unix(int fd)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(at);

	assert(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	assert(strncmp(at.sun_path, dir, strlen(dir)) == 0 && at.sun_path[strlen(dir)] == '/');
	assert(!strchr(at.sun_path + strlen(dir) + 1, '/'));
}

static void
check_opened(const struct opener_request *q, int fd)
{
	switch (option(fd, SO_DOMAIN)) {
	case AF_INET:
	case AF_INET6:
		check_inet(q, fd);
		break;
	case AF_UNIX:
		assert(q->what == OPENER_SOCKET);
		check_unix(fd);
		break;
	case AF_PACKET:
		assert(q->what == OPENER_ARP && option(fd, SO_TYPE) == SOCK_DGRAM);
		assert(option(fd, SO_LOCK_FILTER) == 1);
		break;
	case AF_NETLINK:
		assert(q->what == OPENER_NETLINK || q->what == OPENER_ICMPHIDE);
		assert(option(fd, SO_PROTOCOL) ==
		    (q->what == OPENER_NETLINK ? NETLINK_ROUTE : NETLINK_NETFILTER));
		break;
	default:	/* no socket */
		assert(q->what == OPENER_CONF);
	}
	assert(fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

/* --- a run ------------------------------------------------------------------------- */

static void
say_nothing(void *user, enum log_level level, const char *event, const char *fields)
{
	(void)user;
	(void)level;
	assert(strlen(event) + strlen(fields) < LOG_LINE_MAX);
}

static void
read_path(struct rd *in, size_t n, char path[UNIXSOCK_PATH])
{
	const char *from = (const char *)rd_bytes(in, n);
	size_t at = 0;

	if (n >= 2 && memcmp(from, "{}", 2) == 0) {
		strcpy(path, dir);
		at = strlen(dir);
		from += 2;
		n -= 2;
	}
	memcpy(path + at, from, at + n < UNIXSOCK_PATH ? n : UNIXSOCK_PATH - 1 - at);
}

static void
read_ports(struct rd *in, size_t n, struct ring_filter *f)
{
	for (size_t i = 0; i < n / 2; i++)
		if (i < RING_WATCH_MAX)
			f->watch[i] = rd_u16(in);
		else if (i - RING_WATCH_MAX < RING_PORTS_MAX)
			f->port[i - RING_WATCH_MAX] = rd_u16(in);
	rd_skip(in, n % 2);
}

static void
read_request(struct rd *in, struct opener_request *q)
{
	struct ring_filter *f = &q->filter;
	uint8_t n;

	memset(q, 0, sizeof(*q));
	q->seq = 1;
	q->what = rd_u8(in);
	q->number = rd_u32(in);
	q->more = rd_u32(in);
	q->address.version = rd_u8(in);
	if (q->address.version == 4) {
		q->address.v4.host = rd_u32(in);
		rd_skip(in, 12);
	} else
		memcpy(&q->address.v6, rd_bytes(in, 16), 16);
	f->n_port = rd_u16(in);
	f->n_watch = rd_u16(in);
	f->unreachable = rd_u16(in);
	f->tftp_errors = rd_u8(in);
	n = rd_u8(in);
	if (rd_left(in) < (n & 0x7f))
		n = (uint8_t)((n & 0x80) | rd_left(in));
	if (n & 0x80)
		read_ports(in, n & 0x7f, f);
	else
		read_path(in, n, q->path);
}

/* Log lines of the run must not reach a syslog. */
static void
request(struct opener *o, const struct opener_request *q)
{
	int result = opener_do(o, q);

	assert(result > -4096 && (result <= 0 || result > STDERR_FILENO));
	assert(o->n_file <= OPENER_FILES);
	to_nobody.sink = say_nothing;
	if (result <= 0)
		return;
	check_opened(q, result);
	close(result);
}

static void
bring_up_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)!ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
}

static void
remove_dir(void)
{
	unlink(conf);
	rmdir(dir);
}

/* False: root without a network of its own would change that of the host. */
static bool
prepare(void)
{
	int fd;

	if (geteuid() == 0 && unshare(CLONE_NEWNET) < 0)
		return false;
	if (geteuid() == 0)
		bring_up_loopback();
	assert(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	fd = open(conf, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert(fd >= 0 && write(fd, "[relay]\n", 8) == 8);
	assert(futimens(fd, (struct timespec[2]){ { 0 } }) == 0);	/* is not new */
	close(fd);
	to_nobody = (struct log){ .level = LOG_LEVEL_DEBUG, .sink = say_nothing };
	return atexit(remove_dir) == 0;
}

/* Only the configuration is left. */
static void
check_dir(void)
{
	DIR *all = opendir(dir);
	struct dirent *e;

	assert(all);
	while ((e = readdir(all)))
		assert(e->d_name[0] == '.' || strcmp(e->d_name, "conf") == 0);
	closedir(all);
}

static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool began, ready;
	struct opener_terms t = { .conf = conf, .port = TCP_PORT, .group = (gid_t)-1 };
	struct rd in = rd_init(data, len);
	struct opener o;
	int fd;

	if (!began)
		ready = prepare();
	began = true;
	if (!ready)
		return 0;
	memcpy(t.dir[0], dir, sizeof(dir));
	fd = lowest_free();
	opener_init(&o, &t, &to_nobody);
	for (unsigned i = 0; i < REQUESTS_MAX && rd_left(&in) >= 34; i++) {
		struct opener_request q;

		read_request(&in, &q);
		request(&o, &q);
	}
	opener_fini(&o);
	check_dir();
	assert(lowest_free() == fd);
	return 0;
}
