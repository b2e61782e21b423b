/* SPDX-License-Identifier: ISC
 *
 * The packet ring against the kernel: a client in B, the ring in A.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/packet.h"
#include "io/ring.h"
#include "netpair.h"

static const struct ring_filter usual = {
	.n_port = 2, .port = { 67, 4011 },
	.n_watch = 1, .watch = { 69 },
};

static struct ring *
open_ring(void)
{
	struct ring *r = NULL;

	ck_assert_int_eq(ring_open(&usual, &r), 0);
	return r;
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

START_TEST(a_new_filter_replaces_the_old_one)
{
	struct ring_filter other = { .n_port = 1, .port = { 9 } };
	struct ring *r = open_ring();
	int fd = net_frames();
	struct ring_frame f;

	broadcast(fd, 67, "before", 6);
	ck_assert_int_eq(ring_set_filter(r, &other), 0);
	broadcast(fd, 67, "not", 3);
	broadcast(fd, 9, "after", 5);
	f = next(r);
	check_text(&f, "before");
	ring_release(r);
	f = next(r);
	check_text(&f, "after");
	ring_release(r);
	close(fd);
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

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, a_broadcast_arrives_with_its_interface_and_sender);
	tcase_add_test(tc, a_checksum_left_to_hardware_is_reported);
	tcase_add_test(tc, own_output_transit_and_other_ports_are_not_seen);
	tcase_add_test(tc, watched_ports_and_multicast_are_seen_for_what_they_are);
	tcase_add_test(tc, a_new_filter_replaces_the_old_one);
	tcase_add_test(tc, packets_larger_than_a_frame_arrive_whole_and_in_order);
	tcase_add_test(tc, a_flood_of_large_packets_ends_in_truncated_ones);
	tcase_add_test(tc, losses_of_a_full_ring_are_counted);
	tcase_add_test(tc, nothing_is_lost_in_many_rounds);
	tcase_add_test(tc, the_next_frame_can_be_peeked_at);
	tcase_add_test(tc, interfaces_created_later_are_received);
}

Suite *ring_suite(void);

Suite *
ring_suite(void)
{
	Suite *s = suite_create("ring");

	net_tcase(s, "ring", add_tests);
	return s;
}
