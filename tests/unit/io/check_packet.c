/* SPDX-License-Identifier: ISC
 *
 * Frames and raw packets, sent from A and received in B.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/packet.h"
#include "netpair.h"

/* The socket is closed when the process of the test ends. */
static struct packet *
open_packet(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct packet *p = packet_new(fd);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(p);
	return p;
}

static struct packet_to
to_mac(uint32_t ifindex, const uint8_t mac[6])
{
	struct packet_to to = { .ifindex = ifindex, .mac_len = 6 };

	memcpy(to.mac, mac, 6);
	return to;
}

/* Queues an OFFER as the daemon does, with header and payload apart. */
static void
queue(struct packet *p, uint32_t ifindex, const uint8_t mac[6], struct ip4 dst,
    const char *payload, struct sock_sent *sent)
{
	struct packet_to to = to_mac(ifindex, mac);
	uint8_t ip[1600];

	(void)net_packet(ip, NET_A, 67, dst, 68, payload, strlen(payload));
	packet_queue(p, &to, ip, payload, strlen(payload), sent);
	/* The header was copied, so its memory may be used again. */
	memset(ip, 0xee, sizeof(ip));
}

/* A socket that receives everything that arrives on v1, with its Ethernet header. */
static int
sniff(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
	};
	int fd, large = 8 << 20;

	net_in_b();
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	at.sll_ifindex = (int)net_index("v1");
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large,
	    sizeof(large)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	net_in_a();
	return fd;
}

static void
check_frame(int fd, const uint8_t dst_mac[6], struct ip4 dst, const char *payload)
{
	static const uint8_t type[2] = { 8, 0 };
	uint8_t got[2000], want[2000];
	size_t len = net_packet(want, NET_A, 67, dst, 68, payload,
	    strlen(payload));
	ssize_t n;

	net_wait(fd);
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	ck_assert_int_eq(n, (ssize_t)(14 + len));
	ck_assert_mem_eq(got, dst_mac, 6);
	ck_assert_mem_eq(got + 6, net_mac_a, 6);
	ck_assert_mem_eq(got + 12, type, 2);
	ck_assert_mem_eq(got + 14, want, len);
}

START_TEST(frames_arrive_as_built_under_the_right_addresses)
{
	static const uint8_t client[6] = { 2, 0, 0, 0xaa, 0xbb, 0xcc };
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	uint32_t v0 = net_index("v0");
	int fd = sniff();

	queue(p, v0, client, (struct ip4){ 0x0a000063 }, "to a client", &sent);
	queue(p, v0, net_mac_all, NET_ALL, "to all", &sent);
	queue(p, v0, net_mac_b, NET_B, "", &sent);
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok, 3);
	ck_assert_uint_eq(sent.full + sent.failed, 0);
	check_frame(fd, client, (struct ip4){ 0x0a000063 }, "to a client");
	check_frame(fd, net_mac_all, NET_ALL, "to all");
	check_frame(fd, net_mac_b, NET_B, "");
	packet_flush(p, &sent);		/* nothing queued, nothing sent */
	ck_assert_uint_eq(sent.ok, 3);
	close(fd);
	ck_assert_ptr_null(packet_free(p));
	ck_assert_ptr_null(packet_free(NULL));
}
END_TEST

/* The client's kernel checks both checksums. */
START_TEST(a_client_accepts_what_is_sent)
{
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	uint8_t got[16];
	int fd;

	net_in_b();
	fd = net_udp(68);
	net_in_a();
	queue(p, net_index("v0"), net_mac_b, NET_B, "odd", &sent);
	packet_flush(p, &sent);
	net_wait(fd);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 3);
	ck_assert_mem_eq(got, "odd", 3);
	close(fd);
	packet_free(p);
}
END_TEST

/* Each frame gets the ethertype of its header. */
START_TEST(frames_of_both_families_share_a_batch)
{
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	struct packet_to to = to_mac(net_index("v0"), net_mac_b);
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	uint8_t ip[64], got[16];
	char text[IP6_STRLEN];
	int fd, fd6;

	net_in_b();
	net_run("ip addr add fe80::b/64 dev v1 nodad");
	fd = net_udp(68);
	fd6 = net_udp6(546);
	net_in_a();
	for (int i = 0; i < 2; i++) {
		queue(p, to.ifindex, net_mac_b, NET_B, "offer", &sent);
		(void)net_packet6(ip, "fe80::a", 547, "fe80::b", 546, "advertise");
		packet_queue(p, &to, ip, "advertise", 9, &sent);
		memset(ip, 0xee, sizeof(ip));
	}
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok, 4);
	for (int i = 0; i < 2; i++) {
		net_wait(fd);
		ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 5);
		ck_assert_mem_eq(got, "offer", 5);
		net_wait(fd6);
		ck_assert_int_eq(recvfrom(fd6, got, sizeof(got), 0,
		    (struct sockaddr *)&from, &len), 9);
		ck_assert_mem_eq(got, "advertise", 9);
		ck_assert_str_eq(inet_ntop(AF_INET6, &from.sin6_addr, text,
		    sizeof(text)), "fe80::a");
		ck_assert_uint_eq(ntohs(from.sin6_port), 547);
	}
	close(fd);
	close(fd6);
	packet_free(p);
}
END_TEST

START_TEST(more_than_a_batch_flushes_by_itself_and_in_order)
{
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	uint32_t v0 = net_index("v0");
	int fd = sniff();
	char text[100][12];

	for (int i = 0; i < 100; i++) {
		snprintf(text[i], sizeof(text[i]), "%d", i);
		queue(p, v0, net_mac_b, NET_B, text[i], &sent);
	}
	ck_assert_uint_eq(sent.ok, 96);
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok, 100);
	for (int i = 0; i < 100; i++)
		check_frame(fd, net_mac_b, NET_B, text[i]);
	close(fd);
	packet_free(p);
}
END_TEST

START_TEST(a_frame_that_cannot_be_sent_costs_no_other)
{
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	uint32_t v0 = net_index("v0"), down;
	int fd = sniff();
	char large[1501];

	net_run("ip link add d0 type veth peer name e0");
	down = net_index("d0");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	queue(p, 9999, net_mac_all, NET_ALL, "gone", &sent);
	queue(p, v0, net_mac_all, NET_ALL, "one", &sent);
	queue(p, down, net_mac_all, NET_ALL, "down", &sent);
	queue(p, 9999, net_mac_all, NET_ALL, "gone", &sent);
	queue(p, v0, net_mac_all, NET_ALL, "two", &sent);
	queue(p, v0, net_mac_all, NET_ALL, large, &sent);
	queue(p, v0, net_mac_all, NET_ALL, "three", &sent);
	queue(p, down, net_mac_all, NET_ALL, "down", &sent);
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok, 3);
	ck_assert_uint_eq(sent.failed, 5);
	ck_assert_int_eq(sent.last_errno, ENETDOWN);
	check_frame(fd, net_mac_all, NET_ALL, "one");
	check_frame(fd, net_mac_all, NET_ALL, "two");
	check_frame(fd, net_mac_all, NET_ALL, "three");
	close(fd);
	packet_free(p);
}
END_TEST

/* A full queue returns ENOBUFS; the next frame is still tried. */
START_TEST(a_full_interface_is_counted_as_full)
{
	struct packet *p = open_packet();
	struct sock_sent sent = { 0 };
	uint32_t slow;
	int fd = sniff();

	net_run("ip link add d0 type veth peer name e0; "
	    "ip link set e0 up; ip link set d0 up; "
	    "tc qdisc add dev d0 root tbf rate 8bit burst 100 limit 200");
	slow = net_index("d0");
	for (int i = 0; i < 20; i++) {
		queue(p, slow, net_mac_all, NET_ALL, "slow", &sent);
		queue(p, net_index("v0"), net_mac_all, NET_ALL, "fast", &sent);
	}
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok + sent.full, 40);
	ck_assert_uint_ge(sent.ok, 20);
	ck_assert_uint_ge(sent.full, 10);
	ck_assert_int_eq(sent.last_errno, ENOBUFS);
	for (int i = 0; i < 20; i++)
		check_frame(fd, net_mac_all, NET_ALL, "fast");
	close(fd);
	packet_free(p);
}
END_TEST

START_TEST(raw_packets_keep_the_source_they_are_given)
{
	const struct ip4 client = { 0x0a090909 };
	int raw = packet_open_raw(), fd;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t ip[64], got[16];

	ck_assert_int_ge(raw, 0);
	net_in_b();
	fd = net_udp(4011);
	net_run("ip route add 10.9.9.0/24 via 10.0.0.1");
	net_in_a();
	(void)net_packet(ip, client, 68, NET_B, 4011, "boot", 4);
	ck_assert_int_eq(packet_send_raw(raw, NET_B, 0, ip, "boot", 4), 0);
	net_wait(fd);
	ck_assert_int_eq(recvfrom(fd, got, sizeof(got), 0,
	    (struct sockaddr *)&from, &len), 4);
	ck_assert_uint_eq(ntohl(from.sin_addr.s_addr), client.host);
	ck_assert_uint_eq(ntohs(from.sin_port), 68);
	ck_assert_int_eq(packet_send_raw(raw, (struct ip4){ 0x0b000001 }, 0, ip,
	    "boot", 4), -ENETUNREACH);
	close(fd);
	close(raw);
}
END_TEST

START_TEST(raw_broadcasts_leave_by_the_given_interface)
{
	int raw = packet_open_raw(), fd = sniff();
	uint8_t ip[64];

	net_run("ip link add d0 type veth peer name e0; "
	    "ip link set e0 up; ip link set d0 up; "
	    "ip route add default dev d0");
	(void)net_packet(ip, NET_A, 67, NET_ALL, 68, "wake", 4);
	ck_assert_int_eq(packet_send_raw(raw, NET_ALL, net_index("d0"), ip,
	    "wake", 4), 0);
	ck_assert_int_eq(packet_send_raw(raw, NET_ALL, net_index("v0"), ip,
	    "wake", 4), 0);
	net_wait(fd);
	ck_assert_int_gt(recv(fd, ip, sizeof(ip), 0), 28);
	ck_assert_mem_eq(ip, net_mac_all, 6);
	ck_assert(!net_readable(fd));
	close(fd);
	close(raw);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, frames_arrive_as_built_under_the_right_addresses);
	tcase_add_test(tc, a_client_accepts_what_is_sent);
	tcase_add_test(tc, frames_of_both_families_share_a_batch);
	tcase_add_test(tc, more_than_a_batch_flushes_by_itself_and_in_order);
	tcase_add_test(tc, a_frame_that_cannot_be_sent_costs_no_other);
	tcase_add_test(tc, a_full_interface_is_counted_as_full);
	tcase_add_test(tc, raw_packets_keep_the_source_they_are_given);
	tcase_add_test(tc, raw_broadcasts_leave_by_the_given_interface);
}

Suite *packet_suite(void);

Suite *
packet_suite(void)
{
	Suite *s = suite_create("packet");

	net_tcase(s, "packet", add_tests);
	return s;
}
