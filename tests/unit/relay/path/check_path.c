/* SPDX-License-Identifier: ISC
 *
 * The packet path of a whole daemon: which packets are sent, dropped and counted, and what
 * happens to a message that the kernel refuses.
 */
#include <errno.h>
#include <string.h>

#include "base/wire.h"
#include "relay/path/outbox.h"
#include "rig.h"

Suite *path_suite(void);

static const char two_servers[] =
    "[interface vlan*]\n"
    "dhcp = 198.51.100.11, 198.51.100.12\n"
    "[helper wol]\n"
    "port = 9\n"
    "from = vlan10\n"
    "to = vlan20\n";

static const char boot_servers[] =
    "[group boot]\n"
    "servers = 198.51.100.21, 198.51.100.22\n"
    "mode = failover\n"
    "[interface vlan*]\n"
    "dhcp = 198.51.100.11\n"
    "boot = boot\n";

static struct daemon *d;

static void
start(void)
{
	d = rig_start(two_servers);
}

static void
stop(void)
{
	rig_stop(d);
}

static uint64_t
counter(enum counter c)
{
	return d->stats[FAMILY4].counter[c];
}

/* Broadcasts a client's request, which the caller may have changed, as a frame. */
static struct ring_frame
frame(struct msg *m, uint8_t ip[FAKEIO_MSG_MAX])
{
	struct udpip u = { .dst = ip_of4(IP4_BROADCAST), .sport = 68, .dport = 67, .ttl = 64 };
	struct ring_frame f = {
		.ip = ip, .to = RING_TO_BROADCAST, .ifindex = RIG_VLAN10, .hwtype = 1,
		.mac_len = 6, .mac = { 2, 0, 0, 0, 0, 1 },
	};

	rig_message(m, BOOTREQUEST, DHCP4_DISCOVER, 1);
	msg_end(m);
	u.payload = m->b;
	u.payload_len = m->len;
	udpip_build(ip, &u, 1);
	memcpy(ip + UDPIP_HEADERS, m->b, m->len);
	f.len = UDPIP_HEADERS + m->len;
	return f;
}

static void
comes(const struct ring_frame *f)
{
	fakeio_frame(f);
	fakeio_turn();
}

/* --- what is received ------------------------------------------------------------ */

START_TEST(a_request_goes_to_every_server_and_the_reply_to_the_client)
{
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 1);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.12"), 1);
	ck_assert_uint_eq(counter(COUNTER_COPIES), 2);

	rig_reply("198.51.100.12", DHCP4_OFFER, 1, "192.0.2.1");
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 1);
	ck_assert_uint_eq(fakeio_out(2)->ifindex, RIG_VLAN10);
	ck_assert(ip4_eq(ip_v4(fakeio_out(2)->dst), rig_ip("192.0.2.51")));
	rig_accounts(d);
}
END_TEST

START_TEST(a_truncated_frame_is_dropped)
{
	uint8_t ip[FAKEIO_MSG_MAX];
	static struct msg m;
	struct ring_frame f = frame(&m, ip);

	f.truncated = true;
	comes(&f);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_TRUNCATED], 1);
	ck_assert_uint_eq(iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY4].drops, 1);
	ck_assert_uint_eq(fakeio_sent(), 0);
	rig_accounts(d);
}
END_TEST

START_TEST(a_frame_shorter_than_its_headers_say_is_dropped)
{
	uint8_t ip[FAKEIO_MSG_MAX];
	static struct msg m;
	struct ring_frame f = frame(&m, ip);

	f.len = 100;
	comes(&f);
	f.len = 10;
	comes(&f);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_SHORT] +
	    d->stats[FAMILY4].drop_request[DROP_BAD_IP], 2);
	ck_assert_uint_eq(fakeio_sent(), 0);
	rig_accounts(d);
}
END_TEST

START_TEST(a_frame_of_an_interface_that_is_gone_is_dropped)
{
	rig_request(77, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS), 1);
	ck_assert_uint_eq(fakeio_sent(), 0);
	rig_accounts(d);
}
END_TEST

/* RFC 1122 3.3.6 */
START_TEST(a_link_broadcast_to_a_foreign_address_is_dropped)
{
	static struct msg m;
	struct udpip u = { .sport = 68, .dport = 67, .ttl = 64, .payload = m.b };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	static const struct { const char *dst; enum ring_to to; unsigned relayed; } row[] = {
		{ "192.0.2.255", RING_TO_BROADCAST, 1 },
		{ "192.0.2.1", RING_TO_BROADCAST, 1 },
		{ "192.0.2.77", RING_TO_BROADCAST, 0 },
		{ "203.0.113.255", RING_TO_BROADCAST, 0 },
		{ "224.0.1.2", RING_TO_MULTICAST, 1 },
		{ "224.0.0.251", RING_TO_MULTICAST, 0 },
	};

	rig_message(&m, BOOTREQUEST, DHCP4_DISCOVER, 1);
	msg_end(&m);
	u.payload_len = m.len;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t before = counter(COUNTER_REQUESTS_RELAYED);

		u.dst = ip_of4(rig_ip(row[i].dst));
		fakeio_udp_frame(&u, RIG_VLAN10, row[i].to, mac);
		fakeio_turn();
		ck_assert_msg(counter(COUNTER_REQUESTS_RELAYED) - before == row[i].relayed,
		    "%s", row[i].dst);
	}
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_BAD_DEST], 3);
	rig_accounts(d);
}
END_TEST

START_TEST(truncated_datagrams_are_counted_by_direction)
{
	static struct msg m;
	struct udpip u;

	rig_message(&m, BOOTREQUEST, DHCP4_REQUEST, 1);
	u = rig_datagram(&m, "192.0.2.50", 68, 67);
	fakeio_datagram_cut(&u, RIG_VLAN10);
	rig_message(&m, BOOTREPLY, DHCP4_ACK, 1);
	u = rig_datagram(&m, "198.51.100.11", 67, 67);
	fakeio_datagram_cut(&u, FAKEIO_UPLINK);
	u.payload_len = 0;
	fakeio_datagram_cut(&u, FAKEIO_UPLINK);
	u = rig_datagram(&m, "192.0.2.50", 68, 4011);
	fakeio_datagram_cut(&u, RIG_VLAN10);
	fakeio_turn();
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_TRUNCATED], 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_reply[DROP_TRUNCATED], 2);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_4011[DROP_TRUNCATED], 1);
	ck_assert_uint_eq(counter(COUNTER_P4011_REQUESTS), 1);
	ck_assert_uint_eq(fakeio_sent(), 0);
	rig_accounts(d);
}
END_TEST

START_TEST(an_empty_datagram_is_a_reply_that_is_too_short)
{
	static struct msg m;
	struct udpip u = rig_datagram(&m, "198.51.100.11", 67, 67);

	u.payload = m.b;
	u.payload_len = 0;
	fakeio_datagram(&u, FAKEIO_UPLINK);
	fakeio_turn();
	ck_assert_uint_eq(d->stats[FAMILY4].drop_reply[DROP_SHORT], 1);
	rig_accounts(d);
}
END_TEST

/* keepalived's use_vmac: a broadcast arrives on the macvlan and on its lower
 * interface. */
START_TEST(a_broadcast_seen_again_by_a_macvlan_is_taken_once)
{
	struct iftab_link l = {
		.ifindex = 30, .name = "vrrp.10", .up = true, .running = true, .hwtype = 1,
		.mac_len = 6, .mac = { 0, 0, 0x5e, 0, 1, 10 }, .mtu = 1500,
		.kind = IFTAB_MACVLAN, .lower = RIG_VLAN10,
	};

	must(fakeio_link(&l) == 0);
	fakeio_batch_end();
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	rig_request(30, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS), 1);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), 2);
}
END_TEST

/* The ring lost packets and is half full: only conversations that have begun are
 * let through. */
START_TEST(an_overloaded_relay_prefers_conversations_that_have_begun)
{
	const unsigned frames = 200;

	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	fakeio_ring_lost(FAMILY4, 7);
	for (unsigned i = 0; i < frames - 1; i++)
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1000 + i);
	rig_request(RIG_VLAN10, DHCP4_REQUEST, 1);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_RING_LOST), 7);
	ck_assert_uint_ge(d->stats[FAMILY4].drop_request[DROP_OVERLOAD], 32);
	ck_assert_uint_lt(d->stats[FAMILY4].drop_request[DROP_OVERLOAD], frames - 1);
	rig_accounts(d);
	/* Known machines were relayed: both messages of the first one. */
	ck_assert_uint_eq(counter(COUNTER_REQUESTS_RELAYED), frames + 1 -
	    d->stats[FAMILY4].drop_request[DROP_OVERLOAD]);
}
END_TEST

START_TEST(a_burst_without_losses_drops_no_request)
{
	for (unsigned i = 0; i < 200; i++)
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1000 + i);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS_RELAYED), 200);
	ck_assert_uint_eq(counter(COUNTER_COPIES), 400);
	rig_accounts(d);
}
END_TEST

START_TEST(more_replies_than_a_batch_are_all_delivered)
{
	for (unsigned i = 0; i < 50; i++)
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1000 + i);
	fakeio_turn();
	for (unsigned i = 0; i < 50; i++)
		rig_reply("198.51.100.11", DHCP4_OFFER, 1000 + i, "192.0.2.1");
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 50);
	ck_assert_uint_eq(counter(COUNTER_REPLIES_RELAYED), 50);
	rig_accounts(d);
}
END_TEST

/* --- what the kernel does not take ------------------------------------------------- */

START_TEST(a_request_that_reached_no_server_is_one_drop)
{
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_send_fails(2, 0);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS_RELAYED), 0);
	ck_assert_uint_eq(counter(COUNTER_COPIES), 0);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_SEND_FULL], 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_send[DROP_SEND_FULL], 2);
	ck_assert_uint_eq(iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY4].drops, 1);
	ck_assert_uint_eq(iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY4].relayed, 0);
	rig_accounts(d);
}
END_TEST

START_TEST(a_request_that_reached_one_server_is_relayed)
{
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_send_fails(1, EPERM);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS_RELAYED), 1);
	ck_assert_uint_eq(counter(COUNTER_COPIES), 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_request[DROP_SEND_ERROR], 0);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_send[DROP_SEND_ERROR], 1);
	ck_assert_uint_eq(d->servers.stats[0].errors, 1);
	ck_assert_uint_eq(d->servers.stats[1].sent, 1);
	rig_accounts(d);
}
END_TEST

START_TEST(a_reply_that_is_not_sent_is_a_drop)
{
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	rig_reply("198.51.100.11", DHCP4_OFFER, 1, "192.0.2.1");
	rig_reply("198.51.100.12", DHCP4_OFFER, 1, "192.0.2.1");
	fakeio_send_fails(1, ENETDOWN);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REPLIES), 2);
	ck_assert_uint_eq(counter(COUNTER_REPLIES_RELAYED), 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_reply[DROP_SEND_ERROR], 1);
	ck_assert_uint_eq(iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY4].replies, 1);
	rig_accounts(d);
}
END_TEST

/* The relay remembers the fate of a limited number of messages until the flush;
 * these are more. */
START_TEST(losses_of_many_messages_in_a_row_are_each_counted_once)
{
	for (unsigned i = 0; i < 32; i++)
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1000 + i);
	fakeio_send_fails(31 * 2, ENOBUFS);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_REQUESTS), 32);
	ck_assert_uint_eq(counter(COUNTER_REQUESTS_RELAYED), 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_send[DROP_SEND_ERROR], 62);
	rig_accounts(d);
}
END_TEST

/* 2 KiB each: the arena of 512 KiB is flushed before the last one. */
START_TEST(an_arena_that_is_full_is_flushed_and_used_again)
{
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t *room;

		outbox_begin(d, FAMILY4, RIG_VLAN10, false);
		room = outbox_room(d, 2048);
		memset(room, (int)i, 2048);
		outbox_use(d, 2048);
		outbox_server(d, 0, room, 2048);
		outbox_end(d);
		if (i % 200 == 0) {
			ck_assert_uint_eq(fakeio_out(fakeio_sent() - 1)->msg[0], i & 255);
			fakeio_forget_sent();
		}
	}
	outbox_flush(d);
	ck_assert_uint_eq(counter(COUNTER_COPIES), 1000);
}
END_TEST

START_TEST(an_error_of_a_servers_socket_counts_against_its_health)
{
	for (int i = 0; i < 3; i++) {
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1 + (uint32_t)i);
		fakeio_turn();
		must(fakeio_server_error(rig_at("198.51.100.11"), ECONNREFUSED, 0));
		rig_pass_ms(2000);
	}
	ck_assert_uint_eq(counter(COUNTER_SEND_ERRORS_SERVER), 3);
	ck_assert_uint_eq(d->servers.stats[0].errors, 3);
	ck_assert_int_eq(d->servers.health[0].state, HEALTH_DOWN);
	ck_assert(rig_logged("server-down server=198.51.100.11"));
	ck_assert_int_ne(d->servers.health[1].state, HEALTH_DOWN);
}
END_TEST

/* Any host on a client VLAN could send it. */
START_TEST(an_icmp_error_from_a_client_vlan_is_ignored)
{
	for (int i = 0; i < 6; i++) {
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1 + (uint32_t)i);
		fakeio_turn();
		must(fakeio_server_error(rig_at("198.51.100.11"), ECONNREFUSED, RIG_VLAN20));
		rig_pass_ms(2000);
	}
	ck_assert_uint_eq(counter(COUNTER_SEND_ERRORS_SERVER), 6);
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
}
END_TEST

/* The kernel gives a broadcast in a frame to us to the socket on port 67 and to each
 * server's that has no route. */
START_TEST(a_broadcast_in_a_unicast_frame_is_relayed_once)
{
	static const char *const to[] = { "255.255.255.255", "192.0.2.255" };
	struct msg m;

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		struct udp_dgram g = {
			.src = rig_at("0.0.0.0"), .dst = rig_at(to[i]), .sport = 68,
			.ifindex = RIG_VLAN10,
		};

		fakeio_forget_sent();
		rig_message(&m, BOOTREQUEST, DHCP4_DISCOVER, 100 + (uint32_t)i);
		msg_end(&m);
		g.data = m.b;
		g.len = m.len;
		fakeio_udp(67, &g);
		must(fakeio_udp_server(rig_at("198.51.100.11"), &g));
		must(fakeio_udp_server(rig_at("198.51.100.12"), &g));
		fakeio_turn();
		ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 1);
		ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.12"), 1);
	}
	ck_assert_uint_eq(counter(COUNTER_REQUESTS), 2);
	ck_assert_uint_eq(counter(COUNTER_RETRIES), 0);
}
END_TEST

static void
offer_of_1800_bytes(void)
{
	static const uint8_t much[250];
	static struct msg m;
	struct udpip u;

	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	fakeio_forget_sent();
	rig_message(&m, BOOTREPLY, DHCP4_OFFER, 1);
	m.b[DHCP4_OFF_GIADDR] = 192;
	m.b[DHCP4_OFF_GIADDR + 2] = 2;
	m.b[DHCP4_OFF_GIADDR + 3] = 1;
	for (int i = 0; i < 6; i++)
		msg_opt(&m, 43, much, sizeof(much));
	msg_end(&m);
	u = rig_datagram(&m, "198.51.100.11", 67, 67);
	must(fakeio_from_server(u.src, &u, FAKEIO_UPLINK));
}

START_TEST(a_reply_longer_than_the_mtu_leaves_in_fragments)
{
	offer_of_1800_bytes();
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 2);
	ck_assert_uint_eq(fakeio_out(0)->why, DROP_FRAGMENT);
	ck_assert_uint_eq(fakeio_out(0)->len, 1480);
	ck_assert(ip_eq(fakeio_out(1)->src, rig_at("192.0.2.1")));
	ck_assert_uint_eq(counter(COUNTER_REPLIES_RELAYED), 1);
	rig_accounts(d);
}
END_TEST

START_TEST(a_reply_that_lost_a_fragment_is_not_counted_as_relayed)
{
	offer_of_1800_bytes();
	fakeio_send_fails(1, ENETDOWN);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_reply[DROP_SEND_ERROR], 1);
	ck_assert_uint_eq(counter(COUNTER_REPLIES_RELAYED), 0);
	rig_accounts(d);
}
END_TEST

/* --- helpers ----------------------------------------------------------------------- */

static void
wake_on_lan(void)
{
	static const uint8_t magic[102] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 50 };
	struct udpip u = {
		.src = ip_of4(rig_ip("192.0.2.50")), .dst = ip_of4(IP4_BROADCAST), .sport = 40000, .dport = 9,
		.ttl = 64, .payload = magic, .payload_len = sizeof(magic),
	};

	fakeio_udp_frame(&u, RIG_VLAN10, RING_TO_BROADCAST, mac);
	fakeio_turn();
}

START_TEST(a_helped_broadcast_goes_to_the_other_vlan)
{
	wake_on_lan();
	ck_assert_uint_eq(rig_sent(FAKEIO_RAW, NULL), 1);
	ck_assert_uint_eq(fakeio_out(0)->ifindex, RIG_VLAN20);
	ck_assert_uint_eq(fakeio_out(0)->dport, 9);
	ck_assert_uint_eq(counter(COUNTER_HELPED_RELAYED), 1);
}
END_TEST

START_TEST(a_helped_broadcast_that_is_not_sent_is_a_drop)
{
	fakeio_send_fails(1, ENETDOWN);
	wake_on_lan();
	ck_assert_uint_eq(counter(COUNTER_HELPED), 1);
	ck_assert_uint_eq(counter(COUNTER_HELPED_RELAYED), 0);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_helper[DROP_SEND_ERROR], 1);
	fakeio_send_fails(1, 0);
	wake_on_lan();
	ck_assert_uint_eq(d->stats[FAMILY4].drop_helper[DROP_SEND_FULL], 1);
}
END_TEST

/* --- port 4011 ---------------------------------------------------------------------- */

static void
start_boot(void)
{
	d = rig_start(boot_servers);
	fakeio_route(rig_at("198.51.100.21"), 0, NULL, rig_at("198.51.100.1"));
	fakeio_route(rig_at("198.51.100.22"), 0, NULL, rig_at("198.51.100.1"));
	rig_addr(FAKEIO_UPLINK, "198.51.100.1/24");
	rig_pass_ms(100);
}

/* A message of the PXE client 192.0.2.50 to port 4011. */
static struct udpip
boot_request(struct msg *m, const char *to)
{
	struct udpip u;

	rig_message(m, BOOTREQUEST, DHCP4_REQUEST, 9);
	m->b[DHCP4_OFF_CIADDR] = 192;
	m->b[DHCP4_OFF_CIADDR + 2] = 2;
	m->b[DHCP4_OFF_CIADDR + 3] = 50;
	msg_opt_text(m, 60, "PXEClient:Arch:00000:UNDI:002001");
	msg_opt_u16(m, 93, 0);
	msg_opt_u32(m, DHCP4_OPT_SERVER_ID, rig_ip(to).host);
	msg_end(m);
	u = rig_datagram(m, "192.0.2.50", 68, 4011);
	u.dst = ip_of4(rig_ip(to));
	return u;
}

START_TEST(a_datagram_to_port_4011_goes_to_the_boot_servers)
{
	static struct msg m;
	struct udpip u = boot_request(&m, "192.0.2.1");

	fakeio_datagram(&u, RIG_VLAN10);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_P4011_RELAYED), 1);
	ck_assert_uint_ge(rig_sent(FAKEIO_RAW, NULL), 1);
	ck_assert_uint_eq(fakeio_out(0)->dport, 4011);
}
END_TEST

START_TEST(a_4011_request_that_is_not_sent_is_a_drop)
{
	static struct msg m;
	struct udpip u = boot_request(&m, "192.0.2.1");

	fakeio_datagram(&u, RIG_VLAN10);
	fakeio_send_fails(2, 0);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_P4011_REQUESTS), 1);
	ck_assert_uint_eq(counter(COUNTER_P4011_RELAYED), 0);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_4011[DROP_SEND_FULL], 1);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_send[DROP_SEND_FULL], 1);
}
END_TEST

/* The ICMP error of the boot server's host, on its way back to the client. */
static void
unreachable(const struct udpip *quoted, uint32_t ifindex)
{
	uint8_t ip[FAKEIO_MSG_MAX] = { 0x45 };
	size_t len = 28 + UDPIP_HEADERS + quoted->payload_len;
	struct ring_frame f = {
		.ip = ip, .len = len, .to = RING_TO_HOST, .ifindex = ifindex, .mac_len = 6,
	};
	struct wr w = wr_init(ip, sizeof(ip));
	uint32_t sum = 0;

	wr_u16(&w, 0x4500);
	wr_u16(&w, (uint16_t)len);
	wr_u32(&w, 0);
	wr_u16(&w, 64 << 8 | 1);
	wr_u16(&w, 0);
	wr_u32(&w, quoted->dst.v4.host);
	wr_u32(&w, quoted->src.v4.host);
	wr_u32(&w, 0x03030000);		/* port unreachable */
	wr_u32(&w, 0);
	udpip_build(ip + 28, quoted, 1);
	memcpy(ip + 28 + UDPIP_HEADERS, quoted->payload, quoted->payload_len);
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = ~(sum % 65535) & 0xffff;
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	sum = 0;
	for (size_t i = 20; i < len; i += 2)
		sum += (uint32_t)(ip[i] << 8 | (i + 1 < len ? ip[i + 1] : 0));
	sum = ~(sum % 65535) & 0xffff;
	ip[22] = (uint8_t)(sum >> 8);
	ip[23] = (uint8_t)sum;
	fakeio_frame(&f);
	fakeio_turn();
}

START_TEST(an_unreachable_boot_server_is_replaced_at_once)
{
	static struct msg m;
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct udpip u = boot_request(&m, "198.51.100.21");

	fakeio_udp_frame(&u, RIG_VLAN10, RING_TO_HOST, mac);
	fakeio_turn();
	ck_assert_uint_eq(counter(COUNTER_P4011_SEEN), 1);
	ck_assert_uint_eq(fakeio_sent(), 0);
	unreachable(&u, FAKEIO_UPLINK);
	ck_assert_uint_eq(rig_sent(FAKEIO_RAW, NULL), 1);
	ck_assert(ip4_eq(ip_v4(fakeio_out(0)->dst), rig_ip("198.51.100.22")));
	ck_assert_uint_eq(counter(COUNTER_RESCUES_ASKED), 1);
}
END_TEST

START_TEST(an_unreachable_that_is_about_something_else_changes_nothing)
{
	static struct msg m;
	struct udpip u = boot_request(&m, "198.51.100.21");

	unreachable(&u, FAKEIO_UPLINK);		/* no query is open */
	u.dport = 53;
	unreachable(&u, FAKEIO_UPLINK);
	ck_assert_uint_eq(fakeio_sent(), 0);
	ck_assert_uint_eq(counter(COUNTER_REQUESTS), 0);
}
END_TEST

Suite *
path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *t = tcase_create("path"), *b = tcase_create("boot");

	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, a_request_goes_to_every_server_and_the_reply_to_the_client);
	tcase_add_test(t, a_truncated_frame_is_dropped);
	tcase_add_test(t, a_frame_shorter_than_its_headers_say_is_dropped);
	tcase_add_test(t, a_frame_of_an_interface_that_is_gone_is_dropped);
	tcase_add_test(t, a_link_broadcast_to_a_foreign_address_is_dropped);
	tcase_add_test(t, truncated_datagrams_are_counted_by_direction);
	tcase_add_test(t, an_empty_datagram_is_a_reply_that_is_too_short);
	tcase_add_test(t, a_broadcast_seen_again_by_a_macvlan_is_taken_once);
	tcase_add_test(t, an_overloaded_relay_prefers_conversations_that_have_begun);
	tcase_add_test(t, a_burst_without_losses_drops_no_request);
	tcase_add_test(t, more_replies_than_a_batch_are_all_delivered);
	tcase_add_test(t, a_request_that_reached_no_server_is_one_drop);
	tcase_add_test(t, a_request_that_reached_one_server_is_relayed);
	tcase_add_test(t, a_reply_that_is_not_sent_is_a_drop);
	tcase_add_test(t, losses_of_many_messages_in_a_row_are_each_counted_once);
	tcase_add_test(t, an_arena_that_is_full_is_flushed_and_used_again);
	tcase_add_test(t, an_error_of_a_servers_socket_counts_against_its_health);
	tcase_add_test(t, an_icmp_error_from_a_client_vlan_is_ignored);
	tcase_add_test(t, a_broadcast_in_a_unicast_frame_is_relayed_once);
	tcase_add_test(t, a_reply_longer_than_the_mtu_leaves_in_fragments);
	tcase_add_test(t, a_reply_that_lost_a_fragment_is_not_counted_as_relayed);
	tcase_add_test(t, a_helped_broadcast_goes_to_the_other_vlan);
	tcase_add_test(t, a_helped_broadcast_that_is_not_sent_is_a_drop);
	tcase_add_checked_fixture(b, start_boot, stop);
	tcase_add_test(b, a_datagram_to_port_4011_goes_to_the_boot_servers);
	tcase_add_test(b, a_4011_request_that_is_not_sent_is_a_drop);
	tcase_add_test(b, an_unreachable_boot_server_is_replaced_at_once);
	tcase_add_test(b, an_unreachable_that_is_about_something_else_changes_nothing);
	suite_add_tcase(s, t);
	suite_add_tcase(s, b);
	return s;
}
