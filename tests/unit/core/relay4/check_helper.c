/* SPDX-License-Identifier: ISC
 *
 * The IP helper for other UDP ports: which packets it forwards and where, and
 * that it neither loops nor floods.
 */
#include "core/relay4/helper.h"

#include <stdio.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *helper_suite(void);

static struct world *w;
static struct helpers *h;
static struct helper_plan plan;
static struct udpip packet;
static const struct hash_key secret = { { 5, 6 } };

static void
teardown(void)
{
	h = helpers_free(h);
	w = world_free(w);
}

/* vlan10, vlan20 and vlan30 have a network each; vlan40 has none, vlan50 is
 * down, vlan60 is a point-to-point link. */
static void
conf(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), "[interface lab0]\nservers = 192.0.2.9\n%s",
	    text);
	teardown();
	w = world_new(all, 4);
	h = helpers_new(secret);
	ck_assert_ptr_nonnull(h);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/25");
	world_link(w, 30, "vlan30");
	world_addr(w, 30, "10.30.0.1/16");
	world_link(w, 40, "vlan40");
	world_link_down(w, 50, "vlan50");
	world_addr(w, 50, "10.50.0.1/16");
	world_link(w, 60, "vlan60");
	world_addr(w, 60, "10.60.0.1/31");
	packet = (struct udpip){
		.src = ip_of4(world_ip("192.0.2.77")), .dst = ip_of4(IP4_BROADCAST),
		.sport = 40000, .dport = 9, .ttl = 64,
		.payload = (const uint8_t *)"magic", .payload_len = 5,
	};
}

static enum drop
broadcast_on(uint32_t ifindex)
{
	return helper_packet(h, &w->r4, &packet, ifindex,
	    w->now, &plan);
}

static enum drop
broadcast(void)
{
	return broadcast_on(10);
}

static void
goes_to(const char *want)
{
	char text[1024], *p = text, a[IP4_STRLEN];

	*p = '\0';
	for (unsigned i = 0; i < plan.n; i++) {
		p += sprintf(p, "%s%s", i ? " " : "", ip4_str(plan.out[i].dst, a));
		if (plan.out[i].ifindex)
			p += sprintf(p, "%%%u", plan.out[i].ifindex);
	}
	ck_assert_str_eq(text, want);
}

#define WOL "[helper wol]\nport = 9\nfrom = vlan10\n"

START_TEST(a_broadcast_goes_to_servers)
{
	conf("[server a]\naddress = 198.51.100.5\n"
	    "[group g]\nservers = a, 198.51.100.6\n"
	    WOL "to = g, 198.51.100.7, a\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("198.51.100.5 198.51.100.6 198.51.100.7");
	ck_assert_uint_eq(plan.ttl, 63);
	ck_assert_uint_eq(plan.src.host, packet.src.v4.host);	/* kept */
	ck_assert_uint_eq(w->stats.counter[COUNTER_HELPED], 1);
}
END_TEST

/* A packet never goes back to where it came from, nor to a VLAN without a network
 * or a broadcast address. */
START_TEST(a_broadcast_goes_to_other_vlans)
{
	conf(WOL "to = vlan*\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("203.0.113.127%20 10.30.255.255%30");
	conf(WOL "to = vlan30, 198.51.100.7\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("198.51.100.7 10.30.255.255%30");
	conf(WOL "to = vlan10\n");
	ck_assert_int_eq(broadcast(), DROP_DOWN);
	ck_assert_uint_eq(w->stats.drop_helper[DROP_DOWN], 1);
}
END_TEST

/* "*" means all VLANs, not the loopback. */
START_TEST(the_loopback_gets_none)
{
	struct iftab_link lo = { .ifindex = 1, .name = "lo", .up = true, .running = true,
		.loopback = true, .hwtype = 772, .mac_len = 6, .mtu = 65536 };

	conf(WOL "to = *\n");
	ck_assert_int_eq(iftab_set_link(w->iftab, &lo), 0);
	world_addr(w, 1, "127.0.0.1/8");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("203.0.113.127%20 10.30.255.255%30");
}
END_TEST

START_TEST(only_named_ports_and_interfaces_are_helped)
{
	conf("[helper a]\nport = 9, 7\nfrom = vlan1*, lab*\nto = 198.51.100.7\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_int_eq(broadcast_on(20), DROP_NOT_CLIENT);
	ck_assert_int_eq(broadcast_on(99), DROP_NOT_CLIENT);
	packet.dport = 7;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.dport = 8;
	ck_assert_int_eq(broadcast(), DROP_NOT_CLIENT);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HELPED], 2);
	ck_assert_uint_eq(world_drops(w->stats.drop_helper), 0);
}
END_TEST

START_TEST(the_first_section_with_port_and_interface_decides)
{
	conf("[helper a]\nport = 9\nfrom = vlan20\nto = 198.51.100.1\nallow = 0.0.0.0/0\n"
	    "[helper b]\nport = 9, 37\nfrom = vlan*\nto = 198.51.100.2\n"
	    "[helper c]\nport = 69\nfrom = vlan10\nto = 198.51.100.3\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("198.51.100.2");
	ck_assert_int_eq(broadcast_on(20), DROP_NONE);
	goes_to("198.51.100.1");
	packet.dport = 69;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	goes_to("198.51.100.3");
}
END_TEST

START_TEST(source_replace_uses_our_address)
{
	conf(WOL "to = 198.51.100.7\nsource = replace\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_uint_eq(plan.src.host, world_ip("192.0.2.1").host);
	/* without an address of ours there, the sender's source address is kept */
	conf("[helper wol]\nport = 9\nfrom = vlan40\nto = 198.51.100.7\n"
	    "source = replace\nallow = 192.0.2.0/24\n");
	ck_assert_int_eq(broadcast_on(40), DROP_NONE);
	ck_assert_uint_eq(plan.src.host, packet.src.v4.host);
}
END_TEST

/* A raw socket would replace 0.0.0.0, and the checksum would be wrong. */
START_TEST(a_sender_without_an_address)
{
	conf(WOL "to = 198.51.100.7\n");
	packet.src = ip_of4(IP4_NONE);
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_uint_eq(plan.src.host, world_ip("192.0.2.1").host);
	packet.src = ip_of4(world_ip("224.0.0.5"));
	ck_assert_int_eq(broadcast(), DROP_BAD_SOURCE);
	packet.src = ip_of4(IP4_BROADCAST);
	ck_assert_int_eq(broadcast(), DROP_BAD_SOURCE);
	/* broadcast addresses, to which the reply would go, and loopback */
	packet.src = ip_of4(world_ip("192.0.2.255"));
	ck_assert_int_eq(broadcast(), DROP_BAD_SOURCE);
	packet.src = ip_of4(world_ip("192.0.2.0"));
	ck_assert_int_eq(broadcast(), DROP_BAD_SOURCE);
	packet.src = ip_of4(world_ip("127.0.0.1"));
	ck_assert_int_eq(broadcast(), DROP_BAD_SOURCE);
	conf("[helper wol]\nport = 9\nfrom = vlan40\nto = 198.51.100.7\n");
	packet.src = ip_of4(IP4_NONE);
	ck_assert_int_eq(broadcast_on(40), DROP_HELPER_DENIED);
}
END_TEST

/* Its hosts would reply to whom the sender names: one packet, a VLAN's answers (F02). */
START_TEST(a_sender_of_another_subnet_is_denied)
{
	conf(WOL "to = vlan*\n");
	packet.src = ip_of4(world_ip("203.0.113.9"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_DENIED);
	packet.src = ip_of4(world_ip("198.51.100.77"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_DENIED);
	conf(WOL "to = vlan*\nallow = 203.0.113.0/24\n");
	packet.src = ip_of4(world_ip("203.0.113.9"));
	ck_assert_int_eq(broadcast(), DROP_NONE);
}
END_TEST

START_TEST(only_allowed_senders)
{
	conf(WOL "to = 198.51.100.7\nallow = 192.0.2.64/26, 10.1.1.1\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.src = ip_of4(world_ip("10.1.1.1"));
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.src = ip_of4(world_ip("192.0.2.63"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_DENIED);
	packet.src = ip_of4(world_ip("0.0.0.0"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_DENIED);
	ck_assert_uint_eq(w->stats.drop_helper[DROP_HELPER_DENIED], 2);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HELPED], 4);
}
END_TEST

START_TEST(the_ttl_runs_out)
{
	conf(WOL "to = 198.51.100.7\n");
	for (uint8_t ttl = 0; ttl < 2; ttl++) {
		packet.ttl = ttl;
		ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
	}
	packet.ttl = 2;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_uint_eq(plan.ttl, 1);
}
END_TEST

START_TEST(our_own_packets_are_not_helped)
{
	conf(WOL "to = vlan*\n");
	packet.src = ip_of4(world_ip("192.0.2.1"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
	packet.src = ip_of4(world_ip("203.0.113.1"));
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
}
END_TEST

/* Two helpers send to each other's VLAN: a packet that comes back has a lower TTL.
 * Wake-on-LAN tools repeat their packets with the same TTL. */
START_TEST(a_packet_that_returns_with_a_lower_ttl_is_a_loop)
{
	conf("[helper wol]\nport = 9\nfrom = vlan*\nto = vlan*\nallow = 0.0.0.0/0\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.ttl = 62;
	ck_assert_int_eq(broadcast_on(20), DROP_NONE);
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
	packet.ttl = 60;
	ck_assert_int_eq(broadcast_on(20), DROP_HELPER_LOOP);
	/* another packet differs in payload, source or port */
	packet.payload = (const uint8_t *)"Magic";
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.payload = (const uint8_t *)"magic";
	packet.sport++;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.sport--;
	packet.src.v4.host++;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.src.v4.host--;
	packet.payload_len--;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.payload_len++;
	/* it is remembered for five seconds */
	world_wait_ms(w, 4999);
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
	world_wait_ms(w, 1);
	ck_assert_int_eq(broadcast(), DROP_NONE);
}
END_TEST

START_TEST(a_reload_keeps_the_rate_of_a_section_by_name)
{
	struct world *next = world_new("[interface lab0]\nservers = 192.0.2.9\n"
	    "[helper b]\nport = 7\nfrom = vlan10\nto = 198.51.100.7\nrate = 1/60s\n"
	    "[helper a]\nport = 9\nfrom = vlan10\nto = 198.51.100.7\nrate = 1/60s\n", 4);
	struct conf *old;

	conf("[helper a]\nport = 9\nfrom = vlan10\nto = 198.51.100.7\nrate = 1/60s\n");
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_int_eq(broadcast(), DROP_HELPER_RATE);
	old = w->conf;
	w->r4.conf = w->conf = next->conf;
	ck_assert_int_eq(broadcast(), DROP_HELPER_RATE);
	packet.dport = 7;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	w->r4.conf = w->conf = old;
	world_free(next);
}
END_TEST

START_TEST(rates_are_per_section_and_interface)
{
	conf("[helper a]\nport = 9\nfrom = vlan10\nto = 198.51.100.7\nrate = 5/s\n"
	    "[helper b]\nport = 7\nfrom = vlan10\nto = 198.51.100.7\nrate = off\n");
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(broadcast(), i < 5 ? DROP_NONE : DROP_HELPER_RATE);
	packet.dport = 7;
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.dport = 9;
	world_wait_ms(w, 200);
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_int_eq(broadcast(), DROP_HELPER_RATE);
}
END_TEST

static void
nets(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		char name[16], net[32];

		sprintf(name, "net%u", i);
		sprintf(net, "10.%u.%u.1/24", 100 + i / 256, i % 256);
		world_link(w, 100 + i, name);
		world_addr(w, 100 + i, net);
	}
}

START_TEST(copies_of_one_packet_are_limited)
{
	conf(WOL "to = net*, 198.51.100.7\n");
	nets(0, 1000);
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_uint_eq(plan.n, 1001);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HELPED_CUT], 0);
	nets(1000, 1100);
	ck_assert_int_eq(broadcast(), DROP_NONE);
	ck_assert_uint_eq(plan.n, HELPER_OUT_MAX);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HELPED_CUT], 1101 - HELPER_OUT_MAX);
	for (unsigned i = 0; i < plan.n; i++)
		for (unsigned k = 0; k < i; k++)
			must(!ip4_eq(plan.out[i].dst, plan.out[k].dst));
}
END_TEST

/* The table of packets is bounded; a flood only evicts entries. */
START_TEST(a_flood_evicts_old_packets)
{
	uint32_t n = 0;

	conf(WOL "to = 198.51.100.7\nrate = off\n");
	packet.payload = (const uint8_t *)&n;
	packet.payload_len = sizeof(n);
	for (; n < 5000; n++)
		must(broadcast() == DROP_NONE);
	packet.ttl = 60;
	n = 4999;
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
	n = 0;
	ck_assert_int_eq(broadcast(), DROP_NONE);
}
END_TEST

START_TEST(an_empty_payload)
{
	conf(WOL "to = 198.51.100.7\n");
	packet.payload = NULL;
	packet.payload_len = 0;
	ck_assert_int_eq(broadcast(), DROP_NONE);
	packet.ttl--;
	ck_assert_int_eq(broadcast(), DROP_HELPER_LOOP);
}
END_TEST

Suite *
helper_suite(void)
{
	Suite *s = suite_create("helper");
	TCase *t = tcase_create("ports");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_broadcast_goes_to_servers);
	tcase_add_test(t, a_broadcast_goes_to_other_vlans);
	tcase_add_test(t, the_loopback_gets_none);
	tcase_add_test(t, only_named_ports_and_interfaces_are_helped);
	tcase_add_test(t, the_first_section_with_port_and_interface_decides);
	tcase_add_test(t, source_replace_uses_our_address);
	tcase_add_test(t, a_sender_without_an_address);
	tcase_add_test(t, a_sender_of_another_subnet_is_denied);
	tcase_add_test(t, only_allowed_senders);
	tcase_add_test(t, the_ttl_runs_out);
	tcase_add_test(t, our_own_packets_are_not_helped);
	tcase_add_test(t, a_packet_that_returns_with_a_lower_ttl_is_a_loop);
	tcase_add_test(t, rates_are_per_section_and_interface);
	tcase_add_test(t, a_reload_keeps_the_rate_of_a_section_by_name);
	tcase_add_test(t, copies_of_one_packet_are_limited);
	tcase_add_test(t, a_flood_evicts_old_packets);
	tcase_add_test(t, an_empty_payload);
	suite_add_tcase(s, t);
	return s;
}
