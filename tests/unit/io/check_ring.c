/* SPDX-License-Identifier: ISC
 *
 * The packet rings against the kernel: a client in B, the rings in A.
 */
#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "io/packet.h"
#include "io/ring.h"
#include "netpair.h"
#include "skip.h"

static const struct ring_filter usual = {
	.n_port = 2, .port = { 67, 4011 },
	.n_watch = 1, .watch = { 69 },
};

static struct ring *
open_with(enum family family, const struct ring_filter *f)
{
	struct ring *r = NULL;

	ck_assert_int_eq(ring_open(ring_socket(family, f), &r), 0);
	return r;
}

static struct ring *
open_ring(void)
{
	return open_with(FAMILY4, &usual);
}

static struct ring_frame
next(struct ring *r)
{
	struct ring_frame f;

	if (!ring_next(r, &f)) {
		net_wait(ring_fd(r));
		ck_assert(ring_next(r, &f));
	}
	return f;
}

static void
broadcast(int fd, uint16_t port, const void *payload, size_t len)
{
	uint8_t *ip = malloc(28 + len);

	net_send(fd, net_mac_all, ip, net_packet(ip, IP4_NONE, 68, NET_ALL,
	    port, payload, len));
	free(ip);
}

/* The payload, as text. */
static void
check_text(const struct ring_frame *f, const char *text)
{
	ck_assert_uint_eq(f->len, 28 + strlen(text));
	ck_assert_mem_eq(f->ip + 28, text, strlen(text));
}

START_TEST(a_broadcast_arrives_with_its_interface_and_sender)
{
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;

	broadcast(fd, 67, "hello", 5);
	f = next(r);
	check_text(&f, "hello");
	ck_assert_uint_eq(f.ifindex, net_index("v0"));
	ck_assert_int_eq(f.to, RING_TO_BROADCAST);
	ck_assert_uint_eq(f.hwtype, 1);
	ck_assert_uint_eq(f.mac_len, 6);
	ck_assert_mem_eq(f.mac, net_mac_b, 6);
	ck_assert(!f.truncated);
	ck_assert(!f.csum_unverified);
	ring_release(r);
	ck_assert(!ring_next(r, &f));
	ck_assert(!net_readable(ring_fd(r)));
	ck_assert_uint_eq(ring_lost(r), 0);
	close(fd);
	ck_assert_ptr_null(ring_close(r));
}
END_TEST

/* A client's kernel leaves the checksum to the NIC, and veth does not compute it. */
START_TEST(a_checksum_left_to_hardware_is_reported)
{
	struct ring *r = open_ring();
	struct ring_frame f;
	int fd;

	net_in_b();
	fd = net_udp(68);
	net_udp_send(fd, (struct ip4){ 0x0a0000ff }, 67, "hello", 5);
	net_in_a();
	f = next(r);
	check_text(&f, "hello");
	ck_assert(f.csum_unverified);
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

static void
send_own(struct ring *r, uint32_t ifindex)
{
	uint8_t ip[64];
	size_t len = net_packet(ip, IP4_NONE, 68, NET_ALL, 67, "own", 3);
	struct packet_to to = { .ifindex = ifindex, .mac_len = 6 };
	struct sock_sent sent = { 0 };
	struct packet *p = packet_new(ring_fd(r));

	ck_assert_ptr_nonnull(p);
	memcpy(to.mac, net_mac_all, 6);
	packet_queue(p, &to, ip, ip + 28, len - 28, &sent);
	packet_flush(p, &sent);
	ck_assert_uint_eq(sent.ok, 1);
	packet_free(p);
}

START_TEST(own_output_transit_and_other_ports_are_not_seen)
{
	static const uint8_t stranger[6] = { 2, 0, 0, 0, 0, 9 };
	const struct ip4 far = { 0x0a090909 };
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;
	uint8_t ip[64];
	size_t len;

	send_own(r, net_index("v0"));
	len = net_packet(ip, NET_B, 68, far, 67, "transit", 7);
	net_send(fd, net_mac_a, ip, len);
	net_send(fd, stranger, ip, len);
	len = net_packet(ip, NET_B, 68, NET_A, 67, "renewal", 7);
	net_send(fd, net_mac_a, ip, len);
	broadcast(fd, 68, "port", 4);
	broadcast(fd, 67, "marker", 6);
	f = next(r);
	check_text(&f, "marker");
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

START_TEST(watched_ports_and_multicast_are_seen_for_what_they_are)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 1, 2 };
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;
	uint8_t ip[64];
	size_t len;

	len = net_packet(ip, NET_B, 3000, (struct ip4){ 0x0a090909 }, 69, "rrq", 3);
	net_send(fd, net_mac_a, ip, len);
	f = next(r);
	check_text(&f, "rrq");
	ck_assert_int_eq(f.to, RING_TO_HOST);
	ring_release(r);

	len = net_packet(ip, NET_B, 68, (struct ip4){ 0xe0000102 }, 4011, "43.7", 4);
	net_send(fd, group, ip, len);
	f = next(r);
	check_text(&f, "43.7");
	ck_assert_int_eq(f.to, RING_TO_MULTICAST);
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

static uint64_t
wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
check_next(struct ring *r, const char *text)
{
	struct ring_frame f = next(r);

	check_text(&f, text);
	ring_release(r);
}

/* Both hear port 67; the first one is full, and the next one as full. */
START_TEST(another_ring_takes_over_where_the_first_one_ends)
{
	struct ring_filter other = { .n_port = 2, .port = { 9, 67 } };
	struct ring *r = open_ring(), *then;
	int fd = net_frames();

	broadcast(fd, 67, "before", 6);
	then = open_with(FAMILY4, &other);
	for (int i = 0; i < 1024; i++)
		broadcast(fd, 67, "both", 4);
	broadcast(fd, 67, "lost", 4);
	ck_assert_uint_eq(ring_lost(r), 2);
	ck_assert_uint_eq(ring_lost(then), 1);
	ring_split(r, then, wall_ns());
	broadcast(fd, 67, "after", 5);
	ck_assert_uint_eq(ring_lost(r), 0);
	ck_assert_uint_eq(ring_lost(then), 0);
	check_next(r, "before");
	for (int i = 1; i < 1024; i++)
		check_next(r, "both");
	broadcast(fd, 67, "later", 5);
	ck_assert(ring_is_empty(r));
	ck_assert(!ring_next(r, &(struct ring_frame){ 0 }));
	check_next(then, "after");
	check_next(then, "later");
	ck_assert(ring_is_empty(then));
	ring_close(r);
	close(fd);
	ring_close(then);
}
END_TEST

static int
set(int fd, int level, int option, const void *value, socklen_t len)
{
	return setsockopt(fd, level, option, value, len) < 0 ? -errno : 0;
}

/* In whichever process: a descriptor can be sent to another one. */
START_TEST(nobody_can_change_or_remove_the_filter)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog prog = { 1, &all };
	struct ring *r = open_ring();
	int fd = ring_fd(r), off = 0;

	ck_assert_int_eq(set(fd, SOL_SOCKET, SO_DETACH_FILTER, &off, sizeof(off)), -EPERM);
	ck_assert_int_eq(set(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), -EPERM);
	ck_assert_int_eq(set(fd, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)), -EPERM);
	ring_close(r);
}
END_TEST

/* Fills in a pattern that depends on the length, so that mixed-up packets are
 * noticed. */
static void
send_sized(int fd, uint32_t i, size_t len)
{
	uint8_t *data = malloc(len);

	memset(data, (int)(i & 0xff), len);
	broadcast(fd, 67, data, len);
	free(data);
}

static void
check_sized(const struct ring_frame *f, uint32_t i, size_t len)
{
	ck_assert(f->truncated || f->len == 28 + len);
	for (size_t at = 28; at < f->len; at++)
		ck_assert_uint_eq(f->ip[at], i & 0xff);
}

static void
large_mtu(const char *mtu)
{
	net_run("ip link set v0 mtu %s", mtu);
	net_in_b();
	net_run("ip link set v1 mtu %s", mtu);
	net_in_a();
}

START_TEST(packets_larger_than_a_frame_arrive_whole_and_in_order)
{
	static const size_t sizes[] = {
		300, 8000, 1, 2100, 5000, 65000, 1988, 2048, 1472, 9000, 300,
	};
	const uint32_t n = sizeof(sizes) / sizeof(sizes[0]);
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;

	large_mtu("65535");
	for (uint32_t i = 0; i < n; i++)
		send_sized(fd, i, sizes[i]);
	for (uint32_t i = 0; i < n; i++) {
		f = next(r);
		ck_assert(!f.truncated);
		check_sized(&f, i, sizes[i]);
		ring_release(r);
	}
	ck_assert(!net_readable(ring_fd(r)));
	close(fd);
	ring_close(r);
}
END_TEST

/* The queue for large packets is short. Packets that it had no room for are marked,
 * and those after them are neither lost nor mixed up. */
START_TEST(a_flood_of_large_packets_ends_in_truncated_ones)
{
	struct ring *r = open_ring();
	int fd = net_frames(), truncated = 0;
	struct ring_frame f;

	large_mtu("9000");
	for (uint32_t i = 0; i < 100; i++)
		send_sized(fd, i, i % 10 ? 8900 : 300);
	for (uint32_t i = 0; i < 100; i++) {
		f = next(r);
		check_sized(&f, i, i % 10 ? 8900 : 300);
		truncated += f.truncated;
		if (f.truncated)
			ck_assert_uint_lt(f.len, 2048);
		ring_release(r);
	}
	ck_assert_int_gt(truncated, 0);
	ck_assert_int_lt(truncated, 90);
	send_sized(fd, 200, 8900);
	f = next(r);
	ck_assert(!f.truncated);
	check_sized(&f, 200, 8900);
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

START_TEST(losses_of_a_full_ring_are_counted)
{
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;
	uint32_t i, got = 0;
	uint64_t lost;
	char text[16];

	for (i = 0; i < 2000; i++) {
		ck_assert_int_eq(ring_is_behind(r), i > 1024 / 2);
		snprintf(text, sizeof(text), "%u", i);
		broadcast(fd, 67, text, strlen(text));
	}
	for (got = 0; ring_next(r, &f); got++) {
		snprintf(text, sizeof(text), "%u", got);
		check_text(&f, text);
		ring_release(r);
	}
	lost = ring_lost(r);
	ck_assert(!ring_is_behind(r));
	ck_assert_uint_eq(got, 1024);
	ck_assert_uint_eq(lost, 2000 - 1024);
	ck_assert_uint_eq(ring_lost(r), 0);
	broadcast(fd, 67, "on it goes", 10);
	f = next(r);
	check_text(&f, "on it goes");
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

/* Goes round the ring three times, never more than a few frames behind. */
START_TEST(nothing_is_lost_in_many_rounds)
{
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;
	char text[16];

	for (uint32_t i = 0; i < 3 * 1024 + 7; i++) {
		snprintf(text, sizeof(text), "%u", i);
		broadcast(fd, 67, text, strlen(text));
		f = next(r);
		check_text(&f, text);
		ring_release(r);
	}
	ck_assert_uint_eq(ring_lost(r), 0);
	close(fd);
	ring_close(r);
}
END_TEST

START_TEST(the_next_frame_can_be_peeked_at)
{
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;
	uint32_t ifindex;
	size_t len;

	ck_assert_ptr_null(ring_peek(r, &len, &ifindex));
	broadcast(fd, 67, "first", 5);
	f = next(r);
	ck_assert_ptr_null(ring_peek(r, &len, &ifindex));
	broadcast(fd, 67, "second!", 7);
	ck_assert_ptr_nonnull(ring_peek(r, &len, &ifindex));
	ck_assert_uint_eq(len, 28 + 7);
	ck_assert_uint_eq(ifindex, f.ifindex);
	check_text(&f, "first");
	ring_release(r);
	f = next(r);
	check_text(&f, "second!");
	ck_assert_ptr_null(ring_peek(r, &len, &ifindex));
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

START_TEST(interfaces_created_later_are_received)
{
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;

	net_run("ip link set v0 down");
	net_run("ip link set v0 name later");
	net_run("ip link set later up");
	broadcast(fd, 67, "again", 5);
	f = next(r);
	check_text(&f, "again");
	ck_assert_uint_eq(f.ifindex, net_index("later"));
	ring_release(r);
	close(fd);
	ring_close(r);
}
END_TEST

static const struct ring_filter usual6 = {
	.n_port = 2, .port = { 547, 4011 },
};

static struct ring *
open_ring6(void)
{
	return open_with(FAMILY6, &usual6);
}

static void
send6(int fd, const uint8_t mac[6], const char *dst, uint16_t port, const char *text)
{
	uint8_t ip[128];

	net_send(fd, mac, ip, net_packet6(ip, "fe80::9", 546, dst, port, text));
}

static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 1, 0, 2 };

static void
check_text6(struct ring *r, const struct ring_frame *f, const char *text)
{
	struct udpip u;

	ck_assert_int_eq(udpip_parse(&u, FAMILY6, f->ip, f->len, !f->csum_unverified),
	    DROP_NONE);
	ck_assert_uint_eq(u.payload_len, strlen(text));
	ck_assert_mem_eq(u.payload, text, strlen(text));
	ring_release(r);
}

START_TEST(a_solicit_arrives_with_its_interface_and_sender)
{
	struct ring *r = open_ring6();
	int fd = net_frames();
	struct ring_frame f;

	send6(fd, group_mac, "ff02::1:2", 547, "solicit");
	f = next(r);
	ck_assert_uint_eq(f.ifindex, net_index("v0"));
	ck_assert_int_eq(f.to, RING_TO_MULTICAST);
	ck_assert_uint_eq(f.hwtype, 1);
	ck_assert_uint_eq(f.mac_len, 6);
	ck_assert_mem_eq(f.mac, net_mac_b, 6);
	ck_assert(!f.truncated);
	ck_assert(!f.csum_unverified);
	ck_assert_uint_eq(f.ip[0] >> 4, 6);
	check_text6(r, &f, "solicit");
	send6(fd, net_mac_a, "ff02::1:2", 4011, "by an access point");
	f = next(r);
	ck_assert_int_eq(f.to, RING_TO_HOST);
	check_text6(r, &f, "by an access point");
	ck_assert(!ring_next(r, &f));
	close(fd);
	ring_close(r);
}
END_TEST

START_TEST(nothing_but_client_messages_is_seen_in_ipv6)
{
	static const uint8_t stranger[6] = { 2, 0, 0, 0, 0, 9 };
	struct ring *r = open_ring6(), *r4 = open_ring();
	int fd = net_frames();
	struct ring_frame f;

	send6(fd, net_mac_a, "fe80::1", 547, "unicast");
	send6(fd, net_mac_a, "2001:db8::1", 547, "transit");
	send6(fd, stranger, "ff02::1:2", 547, "another host's");
	send6(fd, group_mac, "ff02::1:2", 546, "port");
	send6(fd, group_mac, "ff05::1:3", 547, "group");
	send6(fd, net_mac_all, "ff02::1", 547, "all nodes");
	broadcast(fd, 67, "IPv4", 4);
	send6(fd, group_mac, "ff02::1:2", 547, "marker");
	f = next(r);
	check_text6(r, &f, "marker");
	ck_assert(!ring_next(r, &f));
	f = next(r4);
	check_text(&f, "IPv4");
	ring_release(r4);
	ck_assert(!ring_next(r4, &f));
	close(fd);
	ring_close(r4);
	ring_close(r);
}
END_TEST

/* Puts an extension header of 8 zeros before UDP. */
static void
send_extended(int fd, uint8_t type)
{
	uint8_t ip[128];
	size_t len = net_packet6(ip, "fe80::9", 546, "ff02::1:2", 547, "payload");

	memmove(ip + 48, ip + 40, len - 40);
	memset(ip + 40, 0, 8);
	ip[40] = ip[6];
	ip[6] = type;
	ip[5] = (uint8_t)(ip[5] + 8);
	net_send(fd, group_mac, ip, len + 8);
}

START_TEST(fragments_and_extension_headers_arrive_to_be_counted)
{
	static const struct { uint8_t type; enum drop why; } row[] = {
		{ 0, DROP_EXT_HEADER }, { 43, DROP_EXT_HEADER },
		{ 44, DROP_FRAGMENT }, { 60, DROP_EXT_HEADER },
	};
	struct ring *r = open_ring6();
	int fd = net_frames();
	struct ring_frame f;
	struct udpip u;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		send_extended(fd, row[i].type);
		f = next(r);
		ck_assert_int_eq(udpip_parse(&u, FAMILY6, f.ip, f.len, true), row[i].why);
		ring_release(r);
	}
	send_extended(fd, 51);		/* an authentication header */
	send6(fd, group_mac, "ff02::1:2", 547, "marker");
	f = next(r);
	check_text6(r, &f, "marker");
	close(fd);
	ring_close(r);
}
END_TEST

/* Sends a SOLICIT from a socket, whose kernel leaves the checksum to hardware. */
static void
solicit_from(const char *ifname)
{
	int fd;

	net_in_b();
	net_run("ip link set %s up; ip addr add fe80::5/64 dev %s nodad", ifname, ifname);
	fd = net_udp6(546);
	net_udp6_send(fd, "ff02::1:2", 547, ifname, "solicit");
	close(fd);
	net_in_a();
}

START_TEST(a_solicit_of_a_kernel_has_a_checksum_left_to_hardware)
{
	struct ring *r = open_ring6();
	struct ring_frame f;

	solicit_from("v1");
	f = next(r);
	ck_assert(f.csum_unverified);
	check_text6(r, &f, "solicit");
	ring_close(r);
}
END_TEST

START_TEST(a_solicit_on_a_vlan_arrives_with_the_interface_of_the_vlan)
{
	struct ring *r = open_ring6();
	struct ring_frame f;

	net_run("ip link add link v0 name v0.10 type vlan id 10; "
	    "ip link set v0.10 up");
	net_in_b();
	net_run("ip link add link v1 name v1.10 type vlan id 10");
	solicit_from("v1.10");
	f = next(r);
	ck_assert_uint_eq(f.ifindex, net_index("v0.10"));
	ck_assert_mem_eq(f.mac, net_mac_b, 6);
	check_text6(r, &f, "solicit");
	ring_close(r);
}
END_TEST

/* Sends a frame with an 802.1Q tag. */
static void
send_tagged(uint16_t vid, const char *text)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	uint8_t frame[128] = { 0x81, 0x00, (uint8_t)(vid >> 8), (uint8_t)vid };
	int fd;

	memmove(frame + 12, frame, 4);
	memcpy(frame, group_mac, 6);
	memcpy(frame + 6, net_mac_b, 6);
	frame[16] = 0x86;
	frame[17] = 0xdd;
	net_in_b();
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	at.sll_ifindex = (int)net_index("v1");
	ck_assert_int_gt(sendto(fd, frame, 18 + net_packet6(frame + 18, "fe80::9", 546,
	    "ff02::1:2", 547, text), 0, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	net_in_a();
}

/* A tag with a priority and VLAN 0 belongs to the link itself. */
START_TEST(tagged_frames_without_an_interface_are_not_seen)
{
	struct ring *r = open_ring6();
	struct ring_frame f;

	send_tagged(11, "VLAN 11");
	send_tagged(0xe000, "priority");
	f = next(r);
	ck_assert_uint_eq(f.ifindex, net_index("v0"));
	check_text6(r, &f, "priority");
	ck_assert(!ring_next(r, &f));
	ring_close(r);
}
END_TEST

START_TEST(a_ring_without_ports_sees_nothing)
{
	static const struct ring_filter none = { 0 };
	struct ring *r = open_with(FAMILY6, &none), *other = open_ring6();
	int fd = net_frames();
	struct ring_frame f;

	send6(fd, group_mac, "ff02::1:2", 547, "unwanted");
	f = next(other);
	check_text6(other, &f, "unwanted");
	ck_assert(!ring_next(r, &f));
	ck_assert_uint_eq(ring_lost(r), 0);
	close(fd);
	ring_close(r);
	ring_close(other);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, a_broadcast_arrives_with_its_interface_and_sender);
	tcase_add_test(tc, a_checksum_left_to_hardware_is_reported);
	tcase_add_test(tc, own_output_transit_and_other_ports_are_not_seen);
	tcase_add_test(tc, watched_ports_and_multicast_are_seen_for_what_they_are);
	tcase_add_test(tc, another_ring_takes_over_where_the_first_one_ends);
	tcase_add_test(tc, nobody_can_change_or_remove_the_filter);
	tcase_add_test(tc, packets_larger_than_a_frame_arrive_whole_and_in_order);
	tcase_add_test(tc, a_flood_of_large_packets_ends_in_truncated_ones);
	tcase_add_test(tc, losses_of_a_full_ring_are_counted);
	tcase_add_test(tc, nothing_is_lost_in_many_rounds);
	tcase_add_test(tc, the_next_frame_can_be_peeked_at);
	tcase_add_test(tc, interfaces_created_later_are_received);
	tcase_add_test(tc, a_solicit_arrives_with_its_interface_and_sender);
	tcase_add_test(tc, nothing_but_client_messages_is_seen_in_ipv6);
	tcase_add_test(tc, fragments_and_extension_headers_arrive_to_be_counted);
	tcase_add_test(tc, a_solicit_of_a_kernel_has_a_checksum_left_to_hardware);
	tcase_add_test(tc, tagged_frames_without_an_interface_are_not_seen);
	if (system("unshare -n sh -c 'ip link add t0 type veth peer name t1 && "
	    "ip link add link t0 name t2 type vlan id 10' 2>/dev/null") == 0)
		tcase_add_test(tc, a_solicit_on_a_vlan_arrives_with_the_interface_of_the_vlan);
	else
		skip_tests("ring/vlan", "this kernel has no VLANs");
	tcase_add_test(tc, a_ring_without_ports_sees_nothing);
}

Suite *ring_suite(void);

Suite *
ring_suite(void)
{
	Suite *s = suite_create("ring");

	net_tcase(s, "ring", add_tests);
	return s;
}
