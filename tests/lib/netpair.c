/* SPDX-License-Identifier: ISC
 *
 * netpair - see the header for the drawing.
 */
#include "netpair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/csum.h"
#include "base/wire.h"
#include "skip.h"

const uint8_t net_mac_a[6] = { 2, 0, 0, 0, 0, 1 };
const uint8_t net_mac_b[6] = { 2, 0, 0, 0, 0, 2 };
const uint8_t net_mac_all[6] = { 255, 255, 255, 255, 255, 255 };

static int ns_a = -1, ns_b = -1;
static pid_t keeper = -1;

static int
new_netns(void)
{
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

void
net_in_a(void)
{
	ck_assert_int_eq(setns(ns_a, CLONE_NEWNET), 0);
}

void
net_in_b(void)
{
	ck_assert_int_eq(setns(ns_b, CLONE_NEWNET), 0);
}

void
net_run(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

void
net_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_eq(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

uint32_t
net_index(const char *ifname)
{
	uint32_t i = if_nametoindex(ifname);

	ck_assert_uint_ne(i, 0);
	return i;
}

/* `ip` names a namespace by one of its processes; this child stays in A for that. */
static pid_t
keep_a(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

void
net_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_msg(poll(&p, 1, 10000) == 1, "nothing to read after 10 s");
}

bool
net_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

int
net_udp(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, large = 16 << 20;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one,
	    sizeof(one)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large,
	    sizeof(large)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &large,
	    sizeof(large)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

void
net_udp_send(int fd, struct ip4 to, uint16_t port, const void *data, size_t len)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(to.host),
	};

	ck_assert_int_eq(sendto(fd, data, len, 0, (struct sockaddr *)&at,
	    sizeof(at)), (ssize_t)len);
}

int
net_udp6(uint16_t port)
{
	struct sockaddr_in6 at = {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
	};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

void
net_udp6_send(int fd, const char *to, uint16_t port, const char *ifname,
    const char *text)
{
	struct sockaddr_in6 at = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_scope_id = net_index(ifname),
	};

	ck_assert_int_eq(inet_pton(AF_INET6, to, &at.sin6_addr), 1);
	ck_assert_int_eq(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&at,
	    sizeof(at)), (ssize_t)strlen(text));
}

/* A link that has just come up loses packets until the kernel has given it a queue.
 * So one datagram is sent each way until it arrives; then both ends also know each
 * other's hardware address. */
static void
settle(int from, int to, struct ip4 at)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char c;

	for (int tries = 0; tries < 1000; tries++) {
		net_udp_send(from, at, 9, "", 1);
		if (poll(&p, 1, 10) == 1) {
			while (recv(to, &c, 1, MSG_DONTWAIT) >= 0)
				;
			return;
		}
	}
	ck_abort_msg("the link did not come up in 10 s");
}

static void
settle_both(void)
{
	int a = net_udp(9), b;

	net_in_b();
	b = net_udp(9);
	net_in_a();
	settle(a, b, NET_B);
	settle(b, a, NET_A);
	close(a);
	close(b);
}

static void
set_up(void)
{
	/* A mount namespace too, because the tests of limits write to /proc/sys. */
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ns_a = new_netns();
	keeper = keep_a();
	net_run("ip link set lo up");
	ns_b = new_netns();
	net_run("ip link set lo up");
	net_run("ip link add v1 address 02:00:00:00:00:02 type veth "
	    "peer name v0 address 02:00:00:00:00:01 netns %d", (int)keeper);
	net_run("ip addr add 10.0.0.2/24 brd + dev v1; ip link set v1 up");
	net_in_a();
	net_run("ip addr add 10.0.0.1/24 brd + dev v0; ip link set v0 up");
	settle_both();
}

static void
tear_down(void)
{
	if (keeper > 0) {
		kill(keeper, SIGKILL);
		waitpid(keeper, NULL, 0);
	}
	close(ns_a);
	close(ns_b);
}

/* Tested in another process, because the namespaces could not be given back. */
static bool
possible(void)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void
net_tcase(Suite *s, const char *name, void (*add)(TCase *tc))
{
	TCase *tc;

	if (!possible()) {
		skip_tests(name, "no right to make a network namespace");
		return;
	}
	tc = tcase_create(name);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	add(tc);
	suite_add_tcase(s, tc);
}

size_t
net_packet(uint8_t *out, struct ip4 src, uint16_t sport, struct ip4 dst,
    uint16_t dport, const void *payload, size_t len)
{
	uint16_t udp_len = (uint16_t)(8 + len), sum;
	struct wr w = wr_init(out, 28 + len);

	wr_u32(&w, 0x45000000u | (uint32_t)(28 + len));
	wr_u32(&w, 0);
	wr_u32(&w, 0x40110000);
	wr_u32(&w, src.host);
	wr_u32(&w, dst.host);
	wr_u16(&w, sport);
	wr_u16(&w, dport);
	wr_u16(&w, udp_len);
	wr_u16(&w, 0);
	wr_bytes(&w, payload, len);
	ck_assert(!w.bad);
	sum = csum_fold(csum_add(0, out, 20));
	out[10] = (uint8_t)(sum >> 8);
	out[11] = (uint8_t)sum;
	sum = csum_fold(csum_add(csum_pseudo4(src, dst, 17, udp_len),
	    out + 20, udp_len));
	out[26] = (uint8_t)(sum >> 8);
	out[27] = (uint8_t)sum;
	return 28 + len;
}

size_t
net_packet6(uint8_t *out, const char *src, uint16_t sport, const char *dst,
    uint16_t dport, const char *payload)
{
	struct udpip u = {
		.sport = sport, .dport = dport,
		.payload = (const uint8_t *)payload, .payload_len = strlen(payload),
	};

	ck_assert(ip_parse(src, &u.src) && ip_parse(dst, &u.dst));
	udpip_build(out, &u, 0);
	memcpy(out + UDPIP6_HEADERS, payload, u.payload_len);
	return UDPIP6_HEADERS + u.payload_len;
}

int
net_frames(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int fd;

	net_in_b();
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	at.sll_ifindex = (int)net_index("v1");
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	net_in_a();
	return fd;
}

void
net_send(int fd, const uint8_t to[6], const void *ip, size_t len)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(*(const uint8_t *)ip >> 4 == 6 ?
		    ETH_P_IPV6 : ETH_P_IP),
		.sll_halen = 6,
	};
	socklen_t at_len = sizeof(at);
	struct sockaddr_ll bound;

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &at_len), 0);
	at.sll_ifindex = bound.sll_ifindex;
	memcpy(at.sll_addr, to, 6);
	ck_assert_int_eq(sendto(fd, ip, len, 0, (struct sockaddr *)&at,
	    sizeof(at)), (ssize_t)len);
}
