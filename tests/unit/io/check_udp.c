/* SPDX-License-Identifier: ISC
 *
 * The UDP sockets against the kernel, with or without servers in B.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/csum.h"
#include "io/porthold.h"
#include "io/udp.h"
#include "netpair.h"

#define PORT 67

static int
aim(struct udp_server *s, uint32_t scope)
{
	int err = udp_server_reconnect(s, scope), fd;

	if (err != -ESTALE)
		return err;
	fd = udp_server_socket(udp_server_source(s), scope);
	return fd < 0 ? fd : udp_server_take(s, fd);
}

static struct udp_server *
server_at(struct ip4 address)
{
	struct udp_server *s = udp_server_new(ip_of4(address));

	(void)aim(s, 0);
	return s;
}

static const struct udp_dgram *
next(struct udp_batch *b, int fd)
{
	const struct udp_dgram *d = NULL;
	int n = udp_recv(b, fd, &d);

	if (n == 0) {
		net_wait(fd);
		n = udp_recv(b, fd, &d);
	}
	ck_assert_int_eq(n, 1);
	return d;
}

static int
in_b_udp(uint16_t port)
{
	int fd;

	net_in_b();
	fd = net_udp(port);
	net_in_a();
	return fd;
}

/* Waits for n datagrams and checks that there are no more; `from` (may be NULL)
 * gets the sender of the last one. */
static void
check_count(int fd, uint32_t n, struct sockaddr_in *from)
{
	char buf[5000];
	struct sockaddr_in ignored;

	if (!from)
		from = &ignored;
	for (uint32_t i = 0; i < n; i++) {
		socklen_t len = sizeof(*from);

		net_wait(fd);
		ck_assert_int_ge(recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)from, &len), 0);
	}
	ck_assert(!net_readable(fd));
}

START_TEST(a_datagram_has_source_destination_and_interface)
{
	struct udp_batch *b = udp_batch_new();
	int fd = udp_open(ip_any(FAMILY4), 0, PORT), peer = in_b_udp(4011);
	const struct udp_dgram *d;

	net_run("ip addr add 10.7.7.1/24 dev v0");
	net_in_b();
	net_run("ip route add 10.7.7.0/24 via 10.0.0.1");
	net_in_a();
	ck_assert_int_ge(fd, 0);
	net_udp_send(peer, (struct ip4){ 0x0a070701 }, PORT, "offer", 5);
	d = next(b, fd);
	ck_assert_uint_eq(d->len, 5);
	ck_assert_mem_eq(d->data, "offer", 5);
	ck_assert_uint_eq(d->src.v4.host, NET_B.host);
	ck_assert_uint_eq(d->dst.v4.host, 0x0a070701);
	ck_assert_uint_eq(d->sport, 4011);
	ck_assert_uint_eq(d->ifindex, net_index("v0"));
	ck_assert(!d->truncated);
	ck_assert_int_eq(udp_recv(b, fd, &d), 0);
	close(peer);
	close(fd);
	ck_assert_ptr_null(udp_batch_free(b));
}
END_TEST

START_TEST(broadcasts_are_filtered_and_not_counted_as_lost)
{
	struct udp_batch *b = udp_batch_new();
	int fd = udp_open(ip_any(FAMILY4), 0, PORT), peer = in_b_udp(68);
	const struct udp_dgram *d;

	for (int i = 0; i < 200; i++) {
		net_udp_send(peer, (struct ip4){ 0x0a0000ff }, PORT, "bc", 2);
		if (i % 2)
			net_udp_send(peer, NET_A, PORT, "uc", 2);
	}
	for (int n, got = 0; got < 100; got += n) {
		net_wait(fd);
		n = udp_recv(b, fd, &d);
		ck_assert_int_gt(n, 0);
		for (int i = 0; i < n; i++)
			ck_assert_mem_eq(d[i].data, "uc", 2);
	}
	ck_assert(!net_readable(fd));
	ck_assert_uint_eq(udp_lost(b), 0);
	close(peer);
	close(fd);
	udp_batch_free(b);
}
END_TEST

START_TEST(losses_of_a_unicast_flood_are_counted)
{
	enum { SENT = 8000 };
	struct udp_batch *b = udp_batch_new();
	int fd = udp_open(ip_any(FAMILY4), 0, PORT), peer = in_b_udp(68), n, got = 0;
	const struct udp_dgram *d;

	for (int i = 0; i < SENT; i++)
		net_udp_send(peer, NET_A, PORT, "reply", 5);
	while ((n = udp_recv(b, fd, &d)) > 0)
		got += n;
	ck_assert_int_eq(n, 0);
	ck_assert_int_lt(got, SENT);
	ck_assert_int_gt(got, 500);
	ck_assert_uint_eq(udp_lost(b), SENT - got);
	ck_assert_uint_eq(udp_lost(b), 0);

	/* The new socket has the same descriptor and starts with a high counter. */
	for (int i = 0; i < 200; i++)
		net_udp_send(peer, NET_A, PORT, "reply", 5);
	while ((n = udp_recv(b, fd, &d)) > 0)
		got += n;
	ck_assert_uint_eq(udp_lost(b), 0);
	for (int i = 0; i < SENT; i++)
		net_udp_send(peer, NET_A, PORT, "reply", 5);
	for (got = 0; (n = udp_recv(b, fd, &d)) > 0;)
		got += n;
	ck_assert_uint_eq(udp_lost(b), SENT - got);
	close(peer);
	close(fd);
	udp_batch_free(b);
}
END_TEST

START_TEST(datagrams_longer_than_the_buffer_are_marked)
{
	static uint8_t data[20000];
	struct udp_batch *b = udp_batch_new();
	int fd = udp_open(ip_any(FAMILY4), 0, PORT), peer = in_b_udp(68);
	const struct udp_dgram *d;

	net_udp_send(peer, NET_A, PORT, data, sizeof(data));
	d = next(b, fd);
	ck_assert(d->truncated);
	ck_assert_uint_eq(d->len, UDP_DGRAM_MAX);
	net_udp_send(peer, NET_A, PORT, data, UDP_DGRAM_MAX);
	d = next(b, fd);
	ck_assert(!d->truncated);
	ck_assert_uint_eq(d->len, UDP_DGRAM_MAX);
	net_udp_send(peer, NET_A, PORT, data, 0);
	d = next(b, fd);
	ck_assert_uint_eq(d->len, 0);
	close(peer);
	close(fd);
	udp_batch_free(b);
}
END_TEST

/* ISC dhcpd and dnsmasq bind 0.0.0.0. */
START_TEST(a_socket_on_an_address_wins_over_a_younger_one_on_all)
{
	const struct ipaddr own = ip_of4(NET_A);
	int mine = udp_open(own, 0, PORT), peer = in_b_udp(68);
	int other = udp_open(ip_any(FAMILY4), 0, PORT);
	struct udp_batch *b = udp_batch_new();

	net_udp_send(peer, NET_A, PORT, "reply", 5);
	ck_assert_uint_eq(next(b, mine)->len, 5);
	ck_assert(!net_readable(other));
	close(mine);
	close(other);
	close(peer);
	udp_batch_free(b);
}
END_TEST

START_TEST(a_port_that_another_program_holds_is_in_use)
{
	int other = net_udp(PORT);

	ck_assert_int_eq(udp_open(ip_any(FAMILY4), 0, PORT), -EADDRINUSE);
	close(other);
}
END_TEST

/* A failed ARP is reported sooner or later: the kernel limits how many ICMP
 * messages it sends in total (net.ipv4.icmp_msgs_per_sec), also to itself, and
 * 3,200 packets have just been lost at once. */
static void
check_nobody_answers(struct udp_server *s)
{
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	struct sock_sent sent = { 0 };
	struct pollfd p = { .fd = udp_server_fd(s), .events = POLLIN };
	struct udp_errors last;

	for (int tries = 0; tries < 20; tries++) {
		udp_server_queue(s, "again", 5, &sent);
		udp_server_flush(s, &sent);
		if (poll(&p, 1, 500) == 1)
			break;
	}
	while (net_readable(udp_server_fd(s)))
		ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert_uint_gt((last = udp_server_errors(s)).n, 0);
	ck_assert_int_eq(last.err, EHOSTUNREACH);
	ck_assert_int_eq(last.proof, UDP_SURE);
	/* our own kernel reports this error, so the interface is not v0 */
	ck_assert_uint_ne(last.ifindex, if_nametoindex("v0"));
	ck_assert_uint_eq((last = udp_server_errors(s)).n, 0);
	udp_batch_free(b);
}

START_TEST(dead_servers_do_not_stop_the_live_one)
{
	enum { SENT = 1600 };
	const struct ip4 dead1 = { 0x0a00004d }, dead2 = { 0x0a00004e };
	struct udp_server *s[3] = {
		server_at(dead1),
		server_at(NET_B),
		server_at(dead2),
	};
	struct sock_sent sent[3] = { { 0 } };
	struct udp_errors last;
	int peer = in_b_udp(PORT);
	char text[350] = "discover";

	net_sysctl("/proc/sys/net/ipv4/neigh/v0/retrans_time_ms", "100");
	for (int i = 0; i < SENT; i++)
		for (int j = 0; j < 3; j++) {
			udp_server_queue(s[j], text, sizeof(text), &sent[j]);
			udp_server_flush(s[j], &sent[j]);
		}
	ck_assert_uint_eq(sent[1].ok, SENT);
	ck_assert_uint_eq(sent[1].full + sent[1].failed, 0);
	check_count(peer, SENT, NULL);
	/* The oldest packets wait for ARP in vain, the newest are still accepted. */
	for (int j = 0; j < 3; j += 2)
		ck_assert_uint_eq(sent[j].ok, SENT);

	check_nobody_answers(s[0]);
	check_nobody_answers(s[2]);
	ck_assert_uint_eq((last = udp_server_errors(s[1])).n, 0);
	for (int j = 0; j < 3; j++)
		ck_assert_ptr_null(udp_server_free(s[j]));
	close(peer);
}
END_TEST

static void
queue_and_flush(struct udp_server *s, const char *text, struct sock_sent *sent)
{
	udp_server_queue(s, text, strlen(text), sent);
	udp_server_flush(s, sent);
}

START_TEST(an_icmp_answer_costs_no_packet)
{
	struct udp_server *s = server_at(NET_B);
	struct sock_sent sent = { 0 };
	struct udp_errors last;
	int peer;

	net_in_b();
	net_sysctl("/proc/sys/net/ipv4/icmp_ratelimit", "0");
	net_in_a();
	/* No socket is listening there: five ICMP errors at most, of which one is
	 * enough. */
	for (int i = 0; i < 5; i++)
		queue_and_flush(s, "refused", &sent);
	ck_assert_uint_eq(sent.ok, 5);
	net_wait(udp_server_fd(s));

	/* All three batches arrive although errors are pending. */
	peer = in_b_udp(PORT);
	sent = (struct sock_sent){ 0 };
	for (int i = 0; i < 3 * UDP_BATCH - 5; i++)
		udp_server_queue(s, "request", 7, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 3 * UDP_BATCH - 5);
	ck_assert_uint_eq(sent.full + sent.failed, 0);
	check_count(peer, 3 * UDP_BATCH - 5, NULL);
	ck_assert_uint_eq((last = udp_server_errors(s)).n, 5);
	ck_assert_int_eq(last.err, ECONNREFUSED);
	ck_assert_int_eq(last.proof, UDP_SURE);
	ck_assert(ip_eq(last.from, ip_of4(NET_B)));
	ck_assert_uint_eq(last.ifindex, if_nametoindex("v0"));
	ck_assert(!net_readable(udp_server_fd(s)));
	close(peer);
	udp_server_free(s);
}
END_TEST

/* The ICMP errors arrive while the batch is being sent, several in each flush. */
START_TEST(icmp_answers_in_the_middle_cost_no_packet)
{
	struct udp_server *s = server_at(NET_B);
	struct sock_sent sent = { 0 };
	struct udp_errors last;

	net_in_b();
	net_sysctl("/proc/sys/net/ipv4/icmp_ratelimit", "0");
	net_in_a();
	for (int i = 0; i < 20 * UDP_BATCH; i++)
		udp_server_queue(s, "refused", 7, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 20 * UDP_BATCH);
	ck_assert_uint_eq(sent.full + sent.failed, 0);
	ck_assert_uint_gt((last = udp_server_errors(s)).n, 1);
	ck_assert_int_eq(last.err, ECONNREFUSED);
	udp_server_free(s);
}
END_TEST

START_TEST(errors_are_read_like_packets_until_none_is_left)
{
	struct udp_server *s = server_at(NET_B);
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	struct sock_sent sent = { 0 };
	struct udp_errors last;
	int n = 0;

	net_in_b();
	net_sysctl("/proc/sys/net/ipv4/icmp_ratelimit", "0");
	net_in_a();
	for (int i = 0; i < 3; i++)
		queue_and_flush(s, "refused", &sent);
	net_wait(udp_server_fd(s));
	ck_assert_int_eq(udp_server_recv(s, b, &d), -ECONNREFUSED);
	while (net_readable(udp_server_fd(s)) && n++ < 10)
		ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert_int_lt(n, 10);
	ck_assert_uint_eq((last = udp_server_errors(s)).n, 3);

	/* udp_recv() reports it as well, and does not count it. */
	queue_and_flush(s, "refused", &sent);
	net_wait(udp_server_fd(s));
	ck_assert_int_eq(udp_recv(b, udp_server_fd(s), &d), -ECONNREFUSED);
	ck_assert(!net_readable(udp_server_fd(s)));
	udp_server_free(s);
	udp_batch_free(b);
}
END_TEST

START_TEST(a_server_gets_requests_from_the_right_address_and_port)
{
	struct udp_server *s = server_at(NET_B);
	struct udp_batch *b = udp_batch_new();
	int wild = udp_open(ip_any(FAMILY4), 0, PORT), peer = in_b_udp(PORT);
	struct sock_sent sent = { 0 };
	struct sockaddr_in from;
	const struct udp_dgram *d;

	ck_assert(udp_server_connected(s));
	ck_assert_uint_eq(ip_v4(udp_server_source(s)).host, NET_A.host);
	queue_and_flush(s, "request", &sent);
	check_count(peer, 1, &from);
	ck_assert_uint_eq(ntohl(from.sin_addr.s_addr), NET_A.host);
	ck_assert_uint_eq(ntohs(from.sin_port), PORT);

	/* A packet from the server's port reaches the server's own socket; packets
	 * from others, or from another of its ports, reach the wildcard socket. */
	net_udp_send(peer, NET_A, PORT, "reply", 5);
	net_wait(udp_server_fd(s));
	ck_assert_int_eq(udp_server_recv(s, b, &d), 1);
	ck_assert_uint_eq(d->dst.v4.host, NET_A.host);
	close(peer);
	peer = in_b_udp(4011);
	net_udp_send(peer, NET_A, PORT, "other", 5);
	d = next(b, wild);
	ck_assert_mem_eq(d->data, "other", 5);
	close(peer);
	close(wild);
	udp_server_free(s);
	udp_batch_free(b);
}
END_TEST

static void
check_arrives_from(struct udp_server *s, int peer, uint32_t host)
{
	struct sock_sent sent = { 0 };
	struct sockaddr_in from;

	queue_and_flush(s, "request", &sent);
	ck_assert_uint_eq(sent.ok, 1);
	check_count(peer, 1, &from);
	ck_assert_uint_eq(ntohl(from.sin_addr.s_addr), host);
	ck_assert_uint_eq(ntohs(from.sin_port), PORT);
}

START_TEST(a_new_address_is_the_source_after_reconnect)
{
	struct udp_server *s = server_at(NET_B);
	int peer = in_b_udp(PORT);
	struct sock_sent sent = { 0 };

	check_arrives_from(s, peer, NET_A.host);
	net_run("ip addr add 10.0.0.9/24 dev v0; ip addr del 10.0.0.1/24 dev v0");
	net_run("ip addr show dev v0 | grep -q 10.0.0.9 || "
	    "ip addr add 10.0.0.9/24 dev v0");
	udp_server_queue(s, "queued before", 13, &sent);
	ck_assert_int_eq(aim(s, 0), 0);
	ck_assert_uint_eq(ip_v4(udp_server_source(s)).host, 0x0a000009);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 1);
	check_count(peer, 1, NULL);
	check_arrives_from(s, peer, 0x0a000009);

	/* The socket was not replaced in time: the flush finds that it must be. */
	net_run("ip addr flush dev v0; ip addr add 10.0.0.5/24 dev v0");
	queue_and_flush(s, "lost", &sent);
	ck_assert_int_eq(sent.last_errno, EADDRNOTAVAIL);
	ck_assert(!udp_server_connected(s));
	ck_assert_int_eq(aim(s, 0), 0);
	check_arrives_from(s, peer, 0x0a000005);
	close(peer);
	udp_server_free(s);
}
END_TEST

/* Errors are about that address, too. */
START_TEST(requests_leave_from_the_address_that_is_set)
{
	const struct ipaddr own = ip_of4((struct ip4){ 0xc0000201 });
	struct udp_server *s = server_at(NET_B);
	struct sock_sent sent = { 0 };
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;

	udp_server_set_source(s, true, own);
	ck_assert_int_lt(aim(s, 0), 0);
	ck_assert(!udp_server_connected(s));
	udp_server_set_source(s, true, IP_NONE);
	ck_assert_int_eq(udp_server_reconnect(s, 0), -EADDRNOTAVAIL);
	net_run("ip addr add 192.0.2.1/32 dev lo; ip link set lo up");
	net_in_b();
	net_run("ip route add 192.0.2.1 dev v1");
	net_in_a();
	udp_server_set_source(s, true, own);
	ck_assert_int_eq(aim(s, 0), 0);
	ck_assert(ip_eq(udp_server_source(s), own));
	queue_and_flush(s, "refused", &sent);
	net_wait(udp_server_fd(s));
	ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert_int_eq(udp_server_errors(s).proof, UDP_SURE);
	udp_server_set_source(s, false, IP_NONE);
	ck_assert_int_eq(aim(s, 0), 0);
	ck_assert(ip_eq(udp_server_source(s), ip_of4(NET_A)));
	udp_server_free(s);
	udp_batch_free(b);
}
END_TEST

START_TEST(without_a_route_packets_fail_until_there_is_one)
{
	const struct ip4 far = { 0x0a630001 };
	struct udp_server *s;
	struct sock_sent sent = { 0 };
	struct sockaddr_in from;
	int peer = in_b_udp(PORT);

	net_in_b();
	net_run("ip addr add 10.99.0.1/32 dev lo");
	net_in_a();
	s = server_at(far);
	ck_assert_ptr_nonnull(s);
	ck_assert(!udp_server_connected(s));
	ck_assert_uint_eq(ip_v4(udp_server_source(s)).host, 0);
	ck_assert_int_eq(aim(s, 0), -ENETUNREACH);
	for (int i = 0; i < 3; i++)
		udp_server_queue(s, "lost", 4, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.failed, 3);
	ck_assert_int_eq(sent.last_errno, ENETUNREACH);

	net_run("ip route add 10.99.0.0/16 via 10.0.0.2");
	ck_assert_int_eq(aim(s, 0), 0);
	queue_and_flush(s, "request", &sent);
	ck_assert_uint_eq(sent.ok, 1);
	ck_assert(udp_server_connected(s));
	check_count(peer, 1, &from);
	ck_assert_uint_eq(ntohs(from.sin_port), PORT);

	net_run("ip route del 10.99.0.0/16");
	queue_and_flush(s, "lost", &sent);
	ck_assert_uint_eq(sent.failed, 4);
	ck_assert(!udp_server_connected(s));
	net_run("ip route add 10.99.0.0/16 via 10.0.0.2");
	queue_and_flush(s, "request", &sent);	/* reconnects */
	ck_assert(udp_server_connected(s));
	check_count(peer, 1, NULL);
	close(peer);
	udp_server_free(s);
}
END_TEST

/* A datagram that is too long is the only one that is lost. */
START_TEST(a_datagram_that_cannot_be_sent_costs_no_other)
{
	static uint8_t monster[66000];
	struct udp_server *s = server_at(NET_B);
	struct sock_sent sent = { 0 };
	struct udp_errors last;
	int peer = in_b_udp(PORT);

	udp_server_queue(s, "one", 3, &sent);
	udp_server_queue(s, monster, sizeof(monster), &sent);
	udp_server_queue(s, "two", 3, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 2);
	ck_assert_uint_eq(sent.failed, 1);
	ck_assert_int_eq(sent.last_errno, EMSGSIZE);
	check_count(peer, 2, NULL);
	ck_assert_uint_eq((last = udp_server_errors(s)).n, 0);
	close(peer);
	udp_server_free(s);
}
END_TEST

START_TEST(large_requests_leave_in_fragments)
{
	static uint8_t large[4000];
	struct udp_server *s = server_at(NET_B);
	struct sock_sent sent = { 0 };
	int peer = in_b_udp(PORT);

	udp_server_queue(s, large, sizeof(large), &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 1);
	check_count(peer, 1, NULL);
	close(peer);
	udp_server_free(s);
}
END_TEST

/* --- IPv6 ------------------------------------------------------------------ */

#define PORT6		547
#define AGENTS		"ff02::1:2"	/* RFC 9915 7.1 */
#define SERVERS		"ff05::1:3"

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert(ip_parse(text, &a));
	return a;
}

/* A is 2001:db8::1 and fe80::1, B is 2001:db8::2 and fe80::2. */
static void
begin_ip6(void)
{
	net_in_b();
	net_run("ip -6 addr flush dev v1; ip addr add 2001:db8::2/64 dev v1 nodad;"
	    " ip addr add fe80::2/64 dev v1 nodad");
	net_sysctl("/proc/sys/net/ipv6/icmp/ratelimit", "0");
	net_in_a();
	net_run("ip -6 addr flush dev v0; ip addr add 2001:db8::1/64 dev v0 nodad;"
	    " ip addr add fe80::1/64 dev v0 nodad");
	net_sysctl("/proc/sys/net/ipv6/icmp/ratelimit", "0");
	net_sysctl("/proc/sys/net/ipv6/neigh/v0/retrans_time_ms", "100");
}

static struct udp_server *
udp_server_new6(const char *address, uint32_t scope)
{
	struct udp_server *s = udp_server_new(ip(address));

	(void)aim(s, scope);
	return s;
}

/* Another process that has the port. */
static pid_t
fork_holder(struct ipaddr at, int ready[2])
{
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd = udp_open(at, 0, PORT);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "dns\"masq");
		(void)!write(ready[1], &fd, sizeof(fd));
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &(int){ 0 }, sizeof(int)), sizeof(int));
	return pid;
}

START_TEST(the_program_that_has_a_port_is_found)
{
	const struct ipaddr at[] = {
		ip_of4(NET_A), ip_any(FAMILY4), ip("2001:db8::1"), ip_any(FAMILY6),
	}, asked[] = {
		ip_of4(NET_A), ip_of4(NET_A), ip("2001:db8::1"), ip("2001:db8::1"),
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		int ready[2], mine;
		pid_t pid = fork_holder(at[i], ready);
		struct porthold h;

		mine = udp_open(asked[i], 0, PORT);
		ck_assert(porthold_find(asked[i], PORT, &h));
		ck_assert_int_eq(h.pid, pid);
		ck_assert_str_eq(h.name, "dns?masq");
		ck_assert_int_eq(h.all, ip_is_none(at[i]));
		ck_assert_int_eq(porthold_find(ip("192.0.2.99"), PORT, &h), i == 1);
		ck_assert(!porthold_find(asked[i], PORT + 1, &h));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		ck_assert(!porthold_find(asked[i], PORT, &h));	/* ours does not count */
		close(mine);
		close(ready[0]);
		close(ready[1]);
	}
}
END_TEST

/* A socket of the current namespace, which hears this group on ifname. */
static int
udp6(uint16_t port, const char *group, const char *ifname)
{
	const struct sock_at at = sock_at(ip("::"), port, 0);
	int fd = sock_open(AF_INET6, SOCK_DGRAM, 0);
	struct ipv6_mreq m;

	ck_assert_int_eq(sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	ck_assert_int_eq(sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	ck_assert_int_eq(sock_set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), 0);
	ck_assert_int_eq(sock_bind(fd, &at), 0);
	if (group) {
		m.ipv6mr_multiaddr = sock_at(ip(group), 0, 0).in6.sin6_addr;
		m.ipv6mr_interface = net_index(ifname);
		ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m,
		    sizeof(m)), 0);
	}
	return fd;
}

static int
in_b_udp6(uint16_t port, const char *group)
{
	int fd;

	net_in_b();
	fd = udp6(port, group, "v1");
	net_in_a();
	return fd;
}

static void
send6(int fd, const char *to, uint16_t port, const char *ifname, const char *text)
{
	struct sock_at at;

	net_in_b();
	at = sock_at(ip(to), port, ifname ? net_index(ifname) : 0);
	net_in_a();
	ck_assert_int_eq(sendto(fd, text, strlen(text), 0, &at.any, at.len),
	    (ssize_t)strlen(text));
}

/* Reads one datagram of len bytes; returns its hop limit. */
static int
hears(int fd, size_t len, const char *from, uint16_t sport)
{
	_Alignas(struct cmsghdr) uint8_t control[128];
	static uint8_t buf[8000];
	struct sock_at at;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_name = &at.any, .msg_namelen = sizeof(at.in6), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int hops = -1;

	net_wait(fd);
	ck_assert_int_eq(recvmsg(fd, &m, 0), (ssize_t)len);
	ck_assert(ip_eq(sock_ip(&at), ip(from)));
	ck_assert_uint_eq(sock_port(&at), sport);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
	return hops;
}

START_TEST(an_ipv6_datagram_has_source_destination_and_interface)
{
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	int fd, peer;

	begin_ip6();
	fd = udp_open(ip_any(FAMILY6), 0, PORT6);
	peer = in_b_udp6(40000, NULL);
	ck_assert_int_ge(fd, 0);
	send6(peer, "2001:db8::1", PORT6, NULL, "reply");
	d = next(b, fd);
	ck_assert_uint_eq(d->len, 5);
	ck_assert_mem_eq(d->data, "reply", 5);
	ck_assert(ip_eq(d->src, ip("2001:db8::2")));
	ck_assert(ip_eq(d->dst, ip("2001:db8::1")));
	ck_assert_uint_eq(d->sport, 40000);
	ck_assert_uint_eq(d->ifindex, net_index("v0"));
	send6(peer, "fe80::1", PORT6, "v1", "local");
	d = next(b, fd);
	ck_assert(ip_eq(d->src, ip("fe80::2")));
	ck_assert(ip_eq(d->dst, ip("fe80::1")));
	ck_assert_uint_eq(d->ifindex, net_index("v0"));
	ck_assert(!d->truncated);
	close(peer);
	close(fd);
	udp_batch_free(b);
}
END_TEST

/* Another program, or another socket of ours, has joined it. */
START_TEST(groups_that_others_joined_are_not_heard)
{
	struct udp_batch *b = udp_batch_new();
	int fd, other, peer;

	begin_ip6();
	fd = udp_open(ip_any(FAMILY6), 0, PORT6);
	other = udp6(PORT6, AGENTS, "v0");
	peer = in_b_udp6(546, NULL);
	send6(peer, AGENTS, PORT6, "v1", "solicit");
	hears(other, 7, "fe80::2", 546);
	ck_assert(!net_readable(fd));
	close(other);
	send6(peer, "fe80::1", PORT6, "v1", "reply");
	ck_assert_mem_eq(next(b, fd)->data, "reply", 5);
	close(peer);
	close(fd);
	udp_batch_free(b);
}
END_TEST

START_TEST(an_ipv6_server_gets_requests_from_the_right_address_and_port)
{
	struct udp_batch *b = udp_batch_new();
	struct sock_sent sent = { 0 };
	const struct udp_dgram *d;
	struct udp_server *s;
	int wild, peer;

	begin_ip6();
	s = udp_server_new6("2001:db8::2", 0);
	wild = udp_open(ip_any(FAMILY6), 0, PORT6);
	peer = in_b_udp6(PORT6, NULL);
	ck_assert(udp_server_connected(s));
	ck_assert(ip_eq(udp_server_source(s), ip("2001:db8::1")));
	queue_and_flush(s, "request", &sent);
	ck_assert_uint_eq(sent.ok, 1);
	ck_assert_int_eq(hears(peer, 7, "2001:db8::1", PORT6), 64);

	send6(peer, "2001:db8::1", PORT6, NULL, "reply");
	net_wait(udp_server_fd(s));
	ck_assert_int_eq(udp_server_recv(s, b, &d), 1);
	ck_assert(ip_eq(d->dst, ip("2001:db8::1")));
	close(peer);
	peer = in_b_udp6(40000, NULL);
	send6(peer, "2001:db8::1", PORT6, NULL, "other");
	ck_assert_mem_eq(next(b, wild)->data, "other", 5);
	close(peer);
	close(wild);
	udp_server_free(s);
	udp_batch_free(b);
}
END_TEST

START_TEST(a_link_local_server_is_reached_by_its_interface)
{
	struct sock_sent sent = { 0 };
	struct udp_server *s;
	int peer;

	begin_ip6();
	net_run("ip link add d0 type veth peer name e0; ip link set d0 up;"
	    " ip link set e0 up; ip addr add fe80::d/64 dev d0 nodad");
	peer = in_b_udp6(PORT6, NULL);
	s = udp_server_new6("fe80::2", 0);
	ck_assert(!udp_server_connected(s));
	ck_assert_int_eq(aim(s, 0), -ENODEV);
	queue_and_flush(s, "lost", &sent);
	ck_assert_uint_eq(sent.failed, 1);
	ck_assert_int_eq(sent.last_errno, ENODEV);

	/* The interface appears, is replaced by another one, and comes back. */
	ck_assert_int_eq(aim(s, net_index("v0")), 0);
	ck_assert(ip_eq(udp_server_source(s), ip("fe80::1")));
	queue_and_flush(s, "request", &sent);
	hears(peer, 7, "fe80::1", PORT6);
	ck_assert_int_eq(aim(s, net_index("d0")), 0);
	ck_assert(udp_server_connected(s));
	queue_and_flush(s, "elsewhere", &sent);
	ck_assert_int_eq(aim(s, net_index("v0")), 0);
	queue_and_flush(s, "back", &sent);
	hears(peer, 4, "fe80::1", PORT6);
	ck_assert_int_lt(aim(s, 9999), 0);
	ck_assert(!udp_server_connected(s));
	ck_assert(ip_is_none(udp_server_source(s)));
	close(peer);
	udp_server_free(s);
}
END_TEST

/* Nothing leaves by the other interface, nothing comes back to this host, and the
 * server answers to the wildcard socket. */
static void
check_multicast(const char *group, const char *source, int hops)
{
	struct udp_batch *b = udp_batch_new();
	struct sock_sent sent = { 0 };
	const struct udp_dgram *d;
	struct udp_server *s;
	int wild, peer, elsewhere, own;

	begin_ip6();
	net_run("ip link add d0 type veth peer name e0; ip link set d0 up;"
	    " ip link set e0 up; ip addr add 2001:db8:d::1/64 dev d0 nodad;"
	    " ip addr add fe80::d/64 dev d0 nodad");
	wild = udp_open(ip_any(FAMILY6), 0, PORT6);
	peer = in_b_udp6(PORT6, group);
	elsewhere = udp6(PORT6, group, "e0");
	own = udp6(PORT6, group, "v0");
	s = udp_server_new6(group, net_index("v0"));
	ck_assert(ip_eq(udp_server_source(s), ip(source)));
	queue_and_flush(s, "forward", &sent);
	ck_assert_int_eq(hears(peer, 7, source, PORT6), hops);
	ck_assert(!net_readable(elsewhere));
	ck_assert(!net_readable(own));
	ck_assert(!net_readable(wild));
	close(own);
	close(elsewhere);

	send6(peer, source, PORT6, source[0] == 'f' ? "v1" : NULL, "reply");
	d = next(b, wild);
	ck_assert_mem_eq(d->data, "reply", 5);
	ck_assert_uint_eq(d->ifindex, net_index("v0"));
	ck_assert(!net_readable(udp_server_fd(s)));

	ck_assert_int_eq(aim(s, net_index("d0")), 0);
	queue_and_flush(s, "forward", &sent);
	ck_assert_int_eq(aim(s, 0), -ENODEV);
	ck_assert(!net_readable(peer));
	close(peer);
	close(wild);
	udp_server_free(s);
	udp_batch_free(b);
}

START_TEST(all_servers_of_the_site_are_reached_by_one_interface)
{
	check_multicast(SERVERS, "2001:db8::1", 8);
}
END_TEST

START_TEST(all_agents_of_a_link_are_reached_by_that_link)
{
	check_multicast(AGENTS, "2001:db8::1", 1);
}
END_TEST

/* RFC 8981: the kernel would prefer it for everybody else. */
START_TEST(a_temporary_address_is_never_the_source)
{
	const struct sock_at at = sock_at(ip("2001:db8::2"), 9, 0);
	struct udp_server *s;
	struct sock_at from = { .len = sizeof(from.in6) };
	int other = sock_open(AF_INET6, SOCK_DGRAM, 0);

	begin_ip6();
	net_sysctl("/proc/sys/net/ipv6/conf/v0/use_tempaddr", "2");
	net_sysctl("/proc/sys/net/ipv6/conf/v0/accept_dad", "0");
	net_sysctl("/proc/sys/net/ipv6/conf/v0/dad_transmits", "0");
	net_run("ip addr del 2001:db8::1/64 dev v0; ip addr add 2001:db8::1/64 dev v0"
	    " valid_lft 86400 preferred_lft 40000 mngtmpaddr nodad");
	/* Duplicate address detection is begun in a moment. */
	for (int i = 0; i < 500; i++) {
		ck_assert_int_eq(sock_connect(other, &at), 0);
		ck_assert_int_eq(getsockname(other, &from.any, &from.len), 0);
		if (!ip_eq(sock_ip(&from), ip("2001:db8::1")))
			break;
		poll(NULL, 0, 10);
	}
	ck_assert(!ip_eq(sock_ip(&from), ip("2001:db8::1")));
	s = udp_server_new6("2001:db8::2", 0);
	ck_assert(ip_eq(udp_server_source(s), ip("2001:db8::1")));
	close(other);
	udp_server_free(s);
}
END_TEST

/* At boot, the other addresses are still tentative. */
START_TEST(a_link_local_source_is_for_servers_on_the_link)
{
	struct sock_sent sent = { 0 };
	struct udp_server *s, *site, *link;
	int peer;

	begin_ip6();
	net_run("ip addr del 2001:db8::1/64 dev v0; ip route add 2001:db8::/64 dev v0");
	peer = in_b_udp6(PORT6, NULL);
	s = udp_server_new6("2001:db8::2", 0);
	site = udp_server_new6(SERVERS, net_index("v0"));
	ck_assert_int_eq(aim(s, 0), -EADDRNOTAVAIL);
	ck_assert(ip_is_none(udp_server_source(s)));
	ck_assert(!udp_server_connected(site));
	link = udp_server_new6(AGENTS, net_index("v0"));
	ck_assert(ip_eq(udp_server_source(link), ip("fe80::1")));
	queue_and_flush(s, "lost", &sent);
	ck_assert_uint_eq(sent.failed, 1);
	net_run("ip addr add 2001:db8::1/64 dev v0 nodad");
	ck_assert_int_eq(aim(s, 0), 0);
	queue_and_flush(s, "request", &sent);
	hears(peer, 7, "2001:db8::1", PORT6);
	ck_assert_int_eq(aim(link, net_index("v0")), 0);
	ck_assert(ip_eq(udp_server_source(link), ip("2001:db8::1")));
	close(peer);
	udp_server_free(s);
	udp_server_free(site);
	udp_server_free(link);
}
END_TEST

/* Receives errors until there is one. */
static void
check_error(struct udp_server *s, int err, enum udp_proof proof, const char *ifname)
{
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	struct udp_errors last;

	net_wait(udp_server_fd(s));
	while (net_readable(udp_server_fd(s)))
		ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert_uint_gt((last = udp_server_errors(s)).n, 0);
	ck_assert_int_eq(last.err, err);
	ck_assert_int_eq(last.proof, proof);
	ck_assert_uint_eq(last.ifindex, if_nametoindex(ifname));
	udp_batch_free(b);
}

START_TEST(icmpv6_errors_cost_no_packet)
{
	struct sock_sent sent = { 0 };
	struct udp_server *s;
	int peer;

	begin_ip6();
	s = udp_server_new6("2001:db8::2", 0);
	for (int i = 0; i < 5; i++)
		queue_and_flush(s, "refused", &sent);
	net_wait(udp_server_fd(s));
	peer = in_b_udp6(PORT6, NULL);
	for (int i = 0; i < 2 * UDP_BATCH; i++)
		udp_server_queue(s, "request", 7, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 5 + 2 * UDP_BATCH);
	check_count(peer, 2 * UDP_BATCH, NULL);
	close(peer);
	queue_and_flush(s, "refused", &sent);
	check_error(s, ECONNREFUSED, UDP_SURE, "v0");
	udp_server_free(s);
}
END_TEST

START_TEST(errors_of_routers_and_neighbours_are_reported)
{
	static const struct { const char *type, *address; int err; } route[] = {
		{ "unreachable", "2001:db8:1::1", ENETUNREACH },
		{ "prohibit", "2001:db8:2::1", EACCES },
	};
	struct sock_sent sent = { 0 };
	struct udp_server *s;

	begin_ip6();
	net_in_b();
	net_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	net_in_a();
	for (int i = 0; i < 2; i++) {
		net_in_b();
		net_run("ip -6 route add %s %s", route[i].type, route[i].address);
		net_in_a();
		net_run("ip -6 route add %s via 2001:db8::2", route[i].address);
		s = udp_server_new6(route[i].address, 0);
		queue_and_flush(s, "request", &sent);
		check_error(s, route[i].err, UDP_QUOTED, "v0");
		udp_server_free(s);
	}
	/* Nobody has this address. Our own kernel says so; unlike IPv4's, its message
	 * seems to come by the interface of our address. */
	s = udp_server_new6("2001:db8::77", 0);
	queue_and_flush(s, "request", &sent);
	check_error(s, EHOSTUNREACH, UDP_SURE, "v0");
	udp_server_free(s);
}
END_TEST

static void
put_csum(uint8_t *icmp, size_t len)
{
	uint16_t sum = csum_fold(csum_add(0, icmp, len));

	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
}

/* ICMP port unreachable about what v0's socket sent, which quotes this. */
static void
forge(enum family f, const char *quoted)
{
	uint8_t b[256] = { f == FAMILY6 ? 1 : 3, f == FAMILY6 ? 4 : 3 };
	const struct sock_at to = sock_at(f == FAMILY6 ? ip("2001:db8::1") : ip_of4(NET_A),
	    0, 0);
	size_t len;
	int fd;

	net_in_b();
	fd = sock_open(sock_family(f), SOCK_RAW, f == FAMILY6 ? IPPROTO_ICMPV6 :
	    IPPROTO_ICMP);
	net_in_a();
	ck_assert_int_ge(fd, 0);
	if (f == FAMILY6) {
		len = 8 + net_packet6(b + 8, "2001:db8::1", PORT6, "2001:db8::2", PORT6,
		    quoted);
	} else {
		len = 8 + net_packet(b + 8, NET_A, PORT, NET_B, PORT, quoted,
		    strlen(quoted));
		put_csum(b, len);
	}
	ck_assert_int_eq(sendto(fd, b, len, 0, &to.any, to.len), (ssize_t)len);
	close(fd);
}

/* Even from the right address, as a host of the server's VLAN can send it. */
START_TEST(an_error_must_quote_what_was_sent)
{
	struct udp_server *s[2];
	struct sock_sent sent = { 0 };
	int peer[2];

	begin_ip6();
	peer[0] = in_b_udp(PORT);
	peer[1] = in_b_udp6(PORT6, NULL);
	s[0] = server_at(NET_B);
	s[1] = udp_server_new6("2001:db8::2", 0);
	for (enum family f = 0; f < FAMILIES; f++) {
		queue_and_flush(s[f], "request", &sent);
		forge(f, "");
		check_error(s[f], ECONNREFUSED, UDP_HEARSAY, "v0");
		forge(f, "question");
		check_error(s[f], ECONNREFUSED, UDP_HEARSAY, "v0");
		forge(f, "request");
		check_error(s[f], ECONNREFUSED, UDP_SURE, "v0");
		/* the best one counts */
		forge(f, "request");
		forge(f, "question");
		check_error(s[f], ECONNREFUSED, UDP_SURE, "v0");
		udp_server_free(s[f]);
		close(peer[f]);
	}
}
END_TEST

/* A router on the path has a smaller MTU. It says so at the first packet, which is
 * lost; nothing is said against the server. */
START_TEST(what_is_too_big_for_the_path_leaves_in_fragments)
{
	static uint8_t large[3000];
	struct sock_sent sent = { 0 };
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	struct udp_errors last;
	struct udp_server *s;
	int peer;

	begin_ip6();
	peer = in_b_udp6(PORT6, NULL);
	s = udp_server_new6("2001:db8::2", 0);
	udp_server_queue(s, large, sizeof(large), &sent);
	udp_server_flush(s, &sent);
	hears(peer, sizeof(large), "2001:db8::1", PORT6);
	udp_server_free(s);

	/* Behind B is C, which is only the far end of a link. */
	net_in_b();
	net_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	net_run("ip link add d0 mtu 1300 type veth peer name e0; ip link set d0 up;"
	    " ip link set e0 up; ip addr add 2001:db8:c::1/64 dev d0 nodad;"
	    " ip neigh add 2001:db8:c::2 dev d0 lladdr 02:00:00:00:00:0c");
	net_in_a();
	net_run("ip route add 2001:db8:c::/64 via 2001:db8::2");
	s = udp_server_new6("2001:db8:c::2", 0);
	udp_server_queue(s, large, 1400, &sent);
	udp_server_flush(s, &sent);
	net_wait(udp_server_fd(s));
	ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert(!net_readable(udp_server_fd(s)));
	udp_server_queue(s, large, 1400, &sent);
	udp_server_queue(s, large, 100, &sent);
	udp_server_flush(s, &sent);
	net_run("ip -6 route get 2001:db8:c::2 | grep -q 'mtu 1300'");
	/* Three of the first packet, two of the last large one. */
	net_run("awk '/^Ip6FragCreates/ { n = $2 } END { exit n != 5 }'"
	    " /proc/net/snmp6");
	ck_assert_uint_eq(sent.ok, 4);
	ck_assert_uint_eq(sent.failed + sent.full, 0);
	ck_assert_uint_eq((last = udp_server_errors(s)).n, 0);
	close(peer);
	udp_server_free(s);
	udp_batch_free(b);
}
END_TEST

START_TEST(a_wildcard_socket_sends_to_clients)
{
	static uint8_t large[3000];
	struct udp_to to = { .dst = ip("fe80::2"), .src = ip("fe80::1"), .port = 546 };
	int fd, peer;

	begin_ip6();
	to.ifindex = net_index("v0");
	fd = udp_open(ip_any(FAMILY6), 0, PORT6);
	peer = in_b_udp6(546, NULL);
	ck_assert_int_eq(udp_send(fd, &to, large, sizeof(large)), 0);
	hears(peer, sizeof(large), "fe80::1", PORT6);
	to.src = IP_NONE;
	to.dst = ip("2001:db8::2");
	to.ifindex = 0;
	ck_assert_int_eq(udp_send(fd, &to, large, 20), 0);
	hears(peer, 20, "2001:db8::1", PORT6);
	to.src = ip("2001:db8::77");
	ck_assert_int_eq(udp_send(fd, &to, large, 20), -EINVAL);
	close(peer);
	close(fd);

	/* The same by IPv4. */
	fd = udp_open(ip_any(FAMILY4), 0, PORT);
	peer = in_b_udp(68);
	to = (struct udp_to){ .dst = ip_of4(NET_B), .src = ip_of4(NET_A), .port = 68 };
	ck_assert_int_eq(udp_send(fd, &to, large, sizeof(large)), 0);
	check_count(peer, 1, NULL);
	close(peer);
	close(fd);
}
END_TEST

START_TEST(both_families_have_their_ports)
{
	int four = udp_open(ip_any(FAMILY4), 0, PORT), six = udp_open(ip_any(FAMILY6), 0, PORT);

	ck_assert_int_ge(four, 0);
	ck_assert_int_ge(six, 0);	/* IPV6_V6ONLY: the same port, too */
	close(four);
	close(six);
}
END_TEST

static void
add_tests6(TCase *tc)
{
	tcase_add_test(tc, an_ipv6_datagram_has_source_destination_and_interface);
	tcase_add_test(tc, groups_that_others_joined_are_not_heard);
	tcase_add_test(tc, an_ipv6_server_gets_requests_from_the_right_address_and_port);
	tcase_add_test(tc, a_link_local_server_is_reached_by_its_interface);
	tcase_add_test(tc, all_servers_of_the_site_are_reached_by_one_interface);
	tcase_add_test(tc, all_agents_of_a_link_are_reached_by_that_link);
	tcase_add_test(tc, a_temporary_address_is_never_the_source);
	tcase_add_test(tc, a_link_local_source_is_for_servers_on_the_link);
	tcase_add_test(tc, icmpv6_errors_cost_no_packet);
	tcase_add_test(tc, errors_of_routers_and_neighbours_are_reported);
	tcase_add_test(tc, an_error_must_quote_what_was_sent);
	tcase_add_test(tc, what_is_too_big_for_the_path_leaves_in_fragments);
	tcase_add_test(tc, a_wildcard_socket_sends_to_clients);
	tcase_add_test(tc, both_families_have_their_ports);
}

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, a_datagram_has_source_destination_and_interface);
	tcase_add_test(tc, broadcasts_are_filtered_and_not_counted_as_lost);
	tcase_add_test(tc, losses_of_a_unicast_flood_are_counted);
	tcase_add_test(tc, datagrams_longer_than_the_buffer_are_marked);
	tcase_add_test(tc, a_socket_on_an_address_wins_over_a_younger_one_on_all);
	tcase_add_test(tc, a_port_that_another_program_holds_is_in_use);
	tcase_add_test(tc, the_program_that_has_a_port_is_found);
	tcase_add_test(tc, dead_servers_do_not_stop_the_live_one);
	tcase_add_test(tc, an_icmp_answer_costs_no_packet);
	tcase_add_test(tc, icmp_answers_in_the_middle_cost_no_packet);
	tcase_add_test(tc, errors_are_read_like_packets_until_none_is_left);
	tcase_add_test(tc, a_server_gets_requests_from_the_right_address_and_port);
	tcase_add_test(tc, a_new_address_is_the_source_after_reconnect);
	tcase_add_test(tc, requests_leave_from_the_address_that_is_set);
	tcase_add_test(tc, without_a_route_packets_fail_until_there_is_one);
	tcase_add_test(tc, a_datagram_that_cannot_be_sent_costs_no_other);
	tcase_add_test(tc, large_requests_leave_in_fragments);
}

Suite *udp_suite(void);

Suite *
udp_suite(void)
{
	Suite *s = suite_create("udp");

	net_tcase(s, "udp", add_tests);
	net_tcase(s, "udp6", add_tests6);
	return s;
}
