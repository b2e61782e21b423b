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
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/udp.h"
#include "netpair.h"

#define PORT 67

static struct udp_server *
udp_server_new(struct ip4 address)
{
	return udp_server_with(udp_server_socket(FAMILY4), ip_of4(address), 0);
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
	int fd = udp_open(FAMILY4, PORT), peer = in_b_udp(4011);
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
	int fd = udp_open(FAMILY4, PORT), peer = in_b_udp(68);
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
	int fd = udp_open(FAMILY4, PORT), peer = in_b_udp(68), n, got = 0;
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
	int fd = udp_open(FAMILY4, PORT), peer = in_b_udp(68);
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

START_TEST(a_port_that_another_program_holds_is_in_use)
{
	int other = net_udp(PORT);

	ck_assert_int_eq(udp_open(FAMILY4, PORT), -EADDRINUSE);
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
	struct sock_error last;

	for (int tries = 0; tries < 20; tries++) {
		udp_server_queue(s, "again", 5, &sent);
		udp_server_flush(s, &sent);
		if (poll(&p, 1, 500) == 1)
			break;
	}
	while (net_readable(udp_server_fd(s)))
		ck_assert_int_le(udp_server_recv(s, b, &d), 0);
	ck_assert_uint_gt(udp_server_errors(s, &last), 0);
	ck_assert_int_eq(last.err, EHOSTUNREACH);
	/* our own kernel reports this error, so the interface is not v0 */
	ck_assert_uint_ne(last.ifindex, if_nametoindex("v0"));
	ck_assert_uint_eq(udp_server_errors(s, &last), 0);
	udp_batch_free(b);
}

START_TEST(dead_servers_do_not_stop_the_live_one)
{
	enum { SENT = 1600 };
	const struct ip4 dead1 = { 0x0a00004d }, dead2 = { 0x0a00004e };
	struct udp_server *s[3] = {
		udp_server_new(dead1),
		udp_server_new(NET_B),
		udp_server_new(dead2),
	};
	struct sock_sent sent[3] = { { 0 } };
	struct sock_error last;
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
	ck_assert_uint_eq(udp_server_errors(s[1], &last), 0);
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
	struct udp_server *s = udp_server_new(NET_B);
	struct sock_sent sent = { 0 };
	struct sock_error last;
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
	ck_assert_uint_eq(udp_server_errors(s, &last), 5);
	ck_assert_int_eq(last.err, ECONNREFUSED);
	ck_assert_uint_eq(last.ifindex, if_nametoindex("v0"));
	ck_assert(!net_readable(udp_server_fd(s)));
	close(peer);
	udp_server_free(s);
}
END_TEST

/* The ICMP errors arrive while the batch is being sent, several in each flush. */
START_TEST(icmp_answers_in_the_middle_cost_no_packet)
{
	struct udp_server *s = udp_server_new(NET_B);
	struct sock_sent sent = { 0 };
	struct sock_error last;

	net_in_b();
	net_sysctl("/proc/sys/net/ipv4/icmp_ratelimit", "0");
	net_in_a();
	for (int i = 0; i < 20 * UDP_BATCH; i++)
		udp_server_queue(s, "refused", 7, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 20 * UDP_BATCH);
	ck_assert_uint_eq(sent.full + sent.failed, 0);
	ck_assert_uint_gt(udp_server_errors(s, &last), 1);
	ck_assert_int_eq(last.err, ECONNREFUSED);
	udp_server_free(s);
}
END_TEST

START_TEST(errors_are_read_like_packets_until_none_is_left)
{
	struct udp_server *s = udp_server_new(NET_B);
	struct udp_batch *b = udp_batch_new();
	const struct udp_dgram *d;
	struct sock_sent sent = { 0 };
	struct sock_error last;
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
	ck_assert_uint_eq(udp_server_errors(s, &last), 3);

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
	struct udp_server *s = udp_server_new(NET_B);
	struct udp_batch *b = udp_batch_new();
	int wild = udp_open(FAMILY4, PORT), peer = in_b_udp(PORT);
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
	struct udp_server *s = udp_server_new(NET_B);
	int peer = in_b_udp(PORT);
	struct sock_sent sent = { 0 };

	check_arrives_from(s, peer, NET_A.host);
	net_run("ip addr add 10.0.0.9/24 dev v0; ip addr del 10.0.0.1/24 dev v0");
	net_run("ip addr show dev v0 | grep -q 10.0.0.9 || "
	    "ip addr add 10.0.0.9/24 dev v0");
	udp_server_queue(s, "queued before", 13, &sent);
	ck_assert_int_eq(udp_server_reconnect(s, 0), 0);
	ck_assert_uint_eq(ip_v4(udp_server_source(s)).host, 0x0a000009);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 1);
	check_count(peer, 1, NULL);
	check_arrives_from(s, peer, 0x0a000009);

	/* The socket was not reconnected in time: the flush detects the change
	 * itself. */
	net_run("ip addr flush dev v0; ip addr add 10.0.0.5/24 dev v0");
	check_arrives_from(s, peer, 0x0a000005);
	close(peer);
	udp_server_free(s);
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
	s = udp_server_new(far);
	ck_assert_ptr_nonnull(s);
	ck_assert(!udp_server_connected(s));
	ck_assert_uint_eq(ip_v4(udp_server_source(s)).host, 0);
	ck_assert_int_eq(udp_server_reconnect(s, 0), -ENETUNREACH);
	for (int i = 0; i < 3; i++)
		udp_server_queue(s, "lost", 4, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.failed, 3);
	ck_assert_int_eq(sent.last_errno, ENETUNREACH);

	net_run("ip route add 10.99.0.0/16 via 10.0.0.2");
	queue_and_flush(s, "request", &sent);
	ck_assert_uint_eq(sent.ok, 1);
	ck_assert(udp_server_connected(s));
	check_count(peer, 1, &from);
	ck_assert_uint_eq(ntohs(from.sin_port), PORT);

	net_run("ip route del 10.99.0.0/16");
	queue_and_flush(s, "lost", &sent);
	ck_assert_uint_eq(sent.failed, 4);
	ck_assert(!udp_server_connected(s));
	close(peer);
	udp_server_free(s);
}
END_TEST

/* A datagram that is too long is the only one that is lost. */
START_TEST(a_datagram_that_cannot_be_sent_costs_no_other)
{
	static uint8_t monster[66000];
	struct udp_server *s = udp_server_new(NET_B);
	struct sock_sent sent = { 0 };
	struct sock_error last;
	int peer = in_b_udp(PORT);

	udp_server_queue(s, "one", 3, &sent);
	udp_server_queue(s, monster, sizeof(monster), &sent);
	udp_server_queue(s, "two", 3, &sent);
	udp_server_flush(s, &sent);
	ck_assert_uint_eq(sent.ok, 2);
	ck_assert_uint_eq(sent.failed, 1);
	ck_assert_int_eq(sent.last_errno, EMSGSIZE);
	check_count(peer, 2, NULL);
	ck_assert_uint_eq(udp_server_errors(s, &last), 0);
	close(peer);
	udp_server_free(s);
}
END_TEST

START_TEST(large_requests_leave_in_fragments)
{
	static uint8_t large[4000];
	struct udp_server *s = udp_server_new(NET_B);
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

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, a_datagram_has_source_destination_and_interface);
	tcase_add_test(tc, broadcasts_are_filtered_and_not_counted_as_lost);
	tcase_add_test(tc, losses_of_a_unicast_flood_are_counted);
	tcase_add_test(tc, datagrams_longer_than_the_buffer_are_marked);
	tcase_add_test(tc, a_port_that_another_program_holds_is_in_use);
	tcase_add_test(tc, dead_servers_do_not_stop_the_live_one);
	tcase_add_test(tc, an_icmp_answer_costs_no_packet);
	tcase_add_test(tc, icmp_answers_in_the_middle_cost_no_packet);
	tcase_add_test(tc, errors_are_read_like_packets_until_none_is_left);
	tcase_add_test(tc, a_server_gets_requests_from_the_right_address_and_port);
	tcase_add_test(tc, a_new_address_is_the_source_after_reconnect);
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
	return s;
}
