/* SPDX-License-Identifier: ISC
 *
 * Vulnerabilities and bugs of other relays, with a test named after each, along the
 * whole path: the frame is checked, the message is judged, and every copy is rendered;
 * the same for replies. All bytes are in heap blocks of exactly their size, so that the
 * sanitizers notice every read or write outside them, and what is sent is compared with
 * what was received.
 *
 * DHCPv6 advisories are here in the form that they would have on this port; check_cve6.c has
 * them in their own. Bugs that need sockets have their tests in netns/:
 *
 *   VU#630104, a dead server stops the others	t-dead-server.sh
 *   CVE-2003-0039 through real interfaces	t-chain.sh
 *   OPNsense #7471 and dhcprelya, a socket that goes deaf	t-hostile.sh, t-iface-lifecycle.sh
 */
#include "core/relay4/relay4.h"

#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "msg.h"
#include "proto/udpip.h"
#include "world.h"

Suite *cve_suite(void);

#define SERVER "198.51.100.10"
#define UPLINK 40

static struct world *w;
static struct msg msg;
static struct relay4_plan plan;
static struct relay4_delivery delivery;
/* The last packet sent. */
static struct msg out;

static void
teardown(void)
{
	w = world_free(w);
}

static void
conf(const char *text)
{
	teardown();
	w = world_new(text, 64);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/24");
	world_link(w, UPLINK, "eth0");
	world_addr(w, UPLINK, "198.51.100.1/24");
}

#define FREELY "[relay]\nclient-rate = off\ninterface-rate = off\n"
#define VLANS "[interface vlan*]\nservers = " SERVER "\n"
#define TRUSTED FREELY "trust = on\noption82 = add\ncircuit-id = %i\n"

static void
setup(void)
{
	conf(FREELY VLANS);
}

/* --- the whole path ---------------------------------------------------------- */

/* Only hops and giaddr may differ in a copy of the message. */
static bool
is_relays(size_t at)
{
	return at == DHCP4_OFF_HOPS ||
	    (at >= DHCP4_OFF_GIADDR && at < DHCP4_OFF_GIADDR + 4);
}

/* Every copy, for servers with and without option 82, in a block of its own size. */
static void
render_copies(const uint8_t *in, size_t len)
{
	for (unsigned i = 0; i < 2u * plan.n_copy; i++) {
		uint8_t *block = malloc(len + 300);
		bool no_room;

		ck_assert_ptr_nonnull(block);
		out.len = relay4_render(&plan, i / 2, i % 2 == 0, block, len + 300,
		    &no_room);
		must(out.len >= DHCP4_MIN && out.len <= len + 300);
		for (size_t k = 0; k < DHCP4_HEADER; k++)
			must(is_relays(k) || block[k] == in[k]);
		memcpy(out.b, block, out.len);
		free(block);
	}
}

static void
judge_servers(void)
{
	must(plan.to.n > 0);
	for (unsigned i = 0; i < plan.to.n; i++)
		must(plan.to.server[i] < w->conf->n_server);
}

/* A payload that arrived by broadcast on an interface; out is the copy, with option
 * 82 if one was added. */
static enum drop
request_on(uint32_t ifindex, const void *data, size_t len)
{
	uint8_t *exact = msg_exact(data, len);
	struct rd giaddr = rd_init(data, len);
	bool relayed = (rd_skip(&giaddr, DHCP4_OFF_GIADDR), rd_u32(&giaddr) != 0);
	struct rx rx = {
		.data = exact, .len = len, .dst = ip_of4(IP4_BROADCAST),
		.sport = relayed ? 67 : 68,
		.src = ip_of4(relayed ? world_ip("10.9.9.1") : IP4_NONE),
		.ifindex = ifindex, .mac_len = 6, .mac = { 2, 0, 0x5e, 0x10, 0, 1 },
	};
	enum drop why = relay4_request(&w->r4, &rx, w->now, &plan);

	if (why == DROP_NONE) {
		judge_servers();
		render_copies(exact, len);
	}
	free(exact);
	return why;
}

static enum drop
request(void)
{
	return request_on(10, msg.b, msg.len);
}

/* A payload from a server; out is what the client receives. */
static enum drop
reply_from(const char *server, uint32_t ifindex, const void *data, size_t len)
{
	uint8_t *exact = msg_exact(data, len);
	size_t size = len < DHCP4_MIN ? DHCP4_MIN : len;
	uint8_t *block = malloc(size), hdr[UDPIP_HEADERS];
	struct rx rx = {
		.data = exact, .len = len, .sport = 67, .unicast = true,
		.src = ip_of4(world_ip(server)), .ifindex = ifindex,
	};
	enum drop why = relay4_reply(&w->r4, &rx, w->now, &delivery);

	ck_assert_ptr_nonnull(block);
	if (why == DROP_NONE) {
		struct udpip u = {
			.src = ip_of4(delivery.src), .dst = ip_of4(delivery.dst), .sport = 67,
			.dport = 68, .payload = block,
		};

		out.len = relay4_render_reply(&w->r4, &delivery, block, size);
		must(out.len <= size && out.len >= DHCP4_HEADER);
		must(memcmp(block, exact, DHCP4_HEADER) == 0);
		u.payload_len = out.len;
		udpip_build(hdr, &u, 1);
		memcpy(out.b, block, out.len);
	}
	free(block);
	free(exact);
	return why;
}

static enum drop
reply(void)
{
	return reply_from(SERVER, UPLINK, msg.b, msg.len);
}

static void
discover(void)
{
	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, 53, DHCP4_DISCOVER);
}

/* An offer for VLAN 10, to the machine that all messages here are about. */
static void
offer(void)
{
	msg_init(&msg, BOOTREPLY);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(msg.b, 16, world_ip("192.0.2.77"));
	msg_opt_u8(&msg, 53, DHCP4_OFFER);
}

/* Checks that the last copy or reply contains these bytes. */
static bool
out_has(const void *bytes, size_t len)
{
	return memmem(out.b, out.len, bytes, len) != NULL;
}

/* The message as an IP packet. */
static size_t
packet(uint8_t *ip, size_t len)
{
	struct udpip u = {
		.src = ip_of4(world_ip("192.0.2.9")), .dst = ip_of4(IP4_BROADCAST), .sport = 68,
		.dport = 67, .payload = msg.b, .payload_len = len,
	};

	udpip_build(ip, &u, 7);
	memcpy(ip + UDPIP_HEADERS, msg.b, len);
	return UDPIP_HEADERS + len;
}

/* The bytes of a frame are parsed, and the message in it is judged. */
static enum drop
frame(const uint8_t *ip, size_t len)
{
	uint8_t *exact = msg_exact(ip, len);
	struct udpip u;
	/* first with the checksum, over whatever length the headers claim, then
	 * without */
	enum drop why = udpip_parse(&u, FAMILY4, exact, len, true);

	why = udpip_parse(&u, FAMILY4, exact, len, why == DROP_NONE);
	if (why == DROP_NONE) {
		must(u.payload >= exact && u.payload + u.payload_len <= exact + len);
		why = request_on(10, u.payload, u.payload_len);
	}
	free(exact);
	return why;
}

/* --- loops ------------------------------------------------------------------- */

/* ISC dhcrelay received its own copies and relayed them again, until hop 10. */
START_TEST(cve_2003_0039_own_copies_come_back)
{
	discover();
	msg_end(&msg);
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert_int_eq(request_on(10, out.b, out.len), DROP_SPOOFED_GIADDR);
	ck_assert_int_eq(request_on(UPLINK, out.b, out.len), DROP_NOT_CLIENT);
	/* and the copy of another relay's request */
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("10.9.9.9"));
	msg.b[DHCP4_OFF_XID] ^= 1;
	ck_assert_int_eq(request(), DROP_NONE);
	/* an interface knows only what came in by it, so a loop is seen there once */
	ck_assert_int_eq(request_on(20, out.b, out.len), DROP_NONE);
	dhcp4_put_hops(out.b, 4);
	ck_assert_int_eq(request_on(20, out.b, out.len), DROP_LOOP);
	ck_assert_uint_eq(w->stats.counter[COUNTER_REQUESTS_RELAYED], 3);
}
END_TEST

/* --- lengths in headers --------------------------------------------------------- */

static void
header_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* ISC trusted the UDP length, not the number of captured bytes. */
START_TEST(cve_2015_8605_ip_and_udp_lengths_lie)
{
	static uint8_t ip[400];
	size_t len;

	discover();
	msg_end(&msg);
	len = packet(ip, msg.len);
	ck_assert_int_eq(frame(ip, len), DROP_NONE);
	for (unsigned total = 0; total < 65536; total += 7)
		for (unsigned udp = 0; udp < 65536; udp += 4099) {
			ip[2] = (uint8_t)(total >> 8);
			ip[3] = (uint8_t)total;
			ip[24] = (uint8_t)(udp >> 8);
			ip[25] = (uint8_t)udp;
			header_checksum(ip);
			must(frame(ip, len) != DROP_NONE ||
			    (total <= len && udp + 20 <= total));
		}
}
END_TEST

/* SONiC #9740, #9851: fragments, and packets shorter than their headers claim. */
START_TEST(sonic_9740_9851_103_fragments_and_cut_packets)
{
	static uint8_t ip[400];
	size_t len;

	discover();
	msg_end(&msg);
	len = packet(ip, msg.len);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_ne(frame(ip, cut), DROP_NONE);
	ip[6] = 0x20;			/* more follow */
	header_checksum(ip);
	ck_assert_int_eq(frame(ip, len), DROP_FRAGMENT);
	ip[6] = 0;
	ip[7] = 16;			/* a last one that looks like a message */
	header_checksum(ip);
	ck_assert_int_eq(frame(ip, len), DROP_FRAGMENT);
}
END_TEST

/* SONiC #19 to #21 and CVE-2023-20080: a chain of IPv6 headers. */
START_TEST(cve_2023_20080_sonic_19_20_21_ipv6_is_refused)
{
	uint8_t ip[200] = { 0x60, 0, 0, 0, 0, 160, 0, 64 };
	static uint8_t v4[400];
	size_t len;

	for (size_t at = 40; at + 8 <= sizeof(ip); at += 8)
		ip[at] = 60;		/* destination options without end */
	ck_assert_int_eq(frame(ip, sizeof(ip)), DROP_BAD_IP);
	memset(ip, 0x60, sizeof(ip));
	ck_assert_int_ne(frame(ip, sizeof(ip)), DROP_NONE);
	/* correct in everything but the version */
	discover();
	msg_end(&msg);
	len = packet(v4, msg.len);
	v4[0] = 0x65;
	header_checksum(v4);
	ck_assert_int_eq(frame(v4, len), DROP_BAD_IP);
}
END_TEST

/* OPNsense #7471: a length of zero made the parser loop forever; odhcpd 2026: a
 * datagram shorter than a message. */
START_TEST(opnsense_7471_odhcpd_datagrams_shorter_than_a_message)
{
	static const uint8_t nothing[DHCP4_HEADER];

	for (size_t len = 0; len < DHCP4_HEADER; len++) {
		ck_assert_int_eq(request_on(10, nothing, len), DROP_SHORT);
		ck_assert_int_ne(reply_from(SERVER, UPLINK, nothing, len), DROP_NONE);
	}
	discover();
	msg_end(&msg);
	ck_assert_int_eq(request(), DROP_NONE);
}
END_TEST

/* --- option 82 ------------------------------------------------------------------- */

/* ISC #71: wrong length arithmetic while adding option 82. */
START_TEST(isc_71_option_82_cut_anywhere)
{
	conf(TRUSTED "option82-policy = replace\n" VLANS);
	for (unsigned len = 0; len < 256; len++)
		for (unsigned have = 0; have <= len; have += 1 + have / 8) {
			static uint8_t value[256];

			discover();
			msg_u8(&msg, 82);
			msg_u8(&msg, (uint8_t)len);
			memset(value, (int)len, sizeof(value));
			msg_bytes(&msg, value, have);
			(void)request();
			if (have < len)
				ck_assert_int_eq(request(), DROP_BAD_OPTIONS);
		}
}
END_TEST

#define LETTERS "abcdefghijklmnopqrstuvwxyz1234"

/* SONiC's patch 0011, CVE-2018-15688: our option makes the message larger than a buffer. */
START_TEST(sonic_0011_cve_2018_15688_full_messages_and_the_largest_option_82)
{
	static uint8_t filling[255];

	conf(FREELY "option82 = add\ncircuit-id = " LETTERS LETTERS LETTERS LETTERS
	    "\nremote-id = " LETTERS LETTERS LETTERS LETTERS "\n" VLANS);
	for (unsigned n = 0; n < 270; n++) {
		discover();
		for (unsigned i = 0; i < n; i++)
			msg_opt(&msg, 224, filling, i % 256 ? sizeof(filling) : 3);
		msg_end(&msg);
		if (msg.len > 65507)
			break;
		ck_assert_int_ne(request(), DROP_BAD_OPTION82);
	}
}
END_TEST

/* CISA KEV: option 82 was not validated when it was added, nor when it came back. */
START_TEST(cve_2018_0172_0173_0174_malformed_82_both_directions)
{
	static const char *const bad[] = { "01", "0105", "01ff00", "0104aabb", "010161 02" };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup();
		discover();
		msg_opt_hex(&msg, 82, bad[i]);
		msg_end(&msg);
		ck_assert_int_ne(request(), DROP_NONE);
		conf(TRUSTED "option82-policy = append\n" VLANS);
		ck_assert_int_eq(request(), DROP_BAD_OPTION82);
		/* after a valid one, too */
		discover();
		msg_opt_hex(&msg, 82, "010161");
		msg_opt_hex(&msg, 82, bad[i]);
		msg_end(&msg);
		ck_assert_int_eq(request(), DROP_BAD_OPTION82);
		offer();
		msg_opt_hex(&msg, 82, bad[i]);
		msg_opt_u8(&msg, 51, 7);
		msg_end(&msg);
		/* A server may send a malformed option 82; the rest of its reply
		 * must not be lost. */
		if (reply() == DROP_NONE)
			ck_assert(out_has("\x33\x01\x07", 3));
	}
}
END_TEST

/* Cisco IOS: the sum of the lengths, of many options 82 and of one split in two. */
START_TEST(cve_2017_12240_lengths_of_82_add_up)
{
	static uint8_t sub[255] = { 1, 253 };

	static const char *const policies[] = {
		TRUSTED "option82-policy = append\n" VLANS,
		TRUSTED "option82-policy = replace\n" VLANS,
		TRUSTED "option82-policy = forward\n" VLANS,
	};

	for (unsigned i = 0; i < 3; i++) {
		conf(policies[i]);
		for (unsigned n = 1; n < 40; n++) {
			discover();
			for (unsigned k = 0; k < n; k++)
				msg_opt(&msg, 82, sub, sizeof(sub));
			msg_end(&msg);
			ck_assert_int_eq(request(), DROP_NONE);
			offer();
			for (unsigned k = 0; k < n; k++)
				msg_opt(&msg, 82, sub, sizeof(sub));
			msg_end(&msg);
			ck_assert_int_eq(reply(), DROP_NONE);
		}
	}
}
END_TEST

/* OPNsense: assumed that option 82 is last, and started its memmove() there. */
START_TEST(opnsense_82_first_middle_last_twice_empty)
{
	const struct iface_giaddr *gi;

	conf(TRUSTED VLANS);
	gi = &iftab_by_index(w->iftab, 10)->giaddr[0];
	ck_assert_uint_gt(gi->rai.len, 0);
	for (unsigned where = 0; where < 5; where++) {
		offer();
		if (where == 0 || where == 3)
			msg_opt(&msg, 82, gi->rai.value, gi->rai.len);
		msg_opt_u32(&msg, 54, world_ip(SERVER).host);
		if (where == 1)
			msg_opt(&msg, 82, gi->rai.value, gi->rai.len);
		msg_opt_text(&msg, 67, "the file");
		if (where == 2 || where == 3)
			msg_opt(&msg, 82, gi->rai.value, gi->rai.len);
		if (where == 4)
			msg_opt(&msg, 82, "", 0);
		msg_end(&msg);
		msg_pad(&msg, 400);
		ck_assert_int_eq(reply(), DROP_NONE);
		ck_assert(out_has("the file", 8) && out_has("\x36\x04", 2));
		if (where < 4)
			ck_assert(!out_has(gi->rai.value, gi->rai.len));
	}
}
END_TEST

/* OPNsense: (uint8_t)(index << 8) is 0, so that all VLANs had one circuit. */
START_TEST(opnsense_circuit_ids_of_large_indexes)
{
	const struct rai *a, *b;

	conf(TRUSTED VLANS);
	world_link(w, 256, "vlan256");
	world_addr(w, 256, "10.1.0.1/24");
	world_link(w, 65536, "vlan65536");
	world_addr(w, 65536, "10.2.0.1/24");
	a = &iftab_by_index(w->iftab, 256)->giaddr[0].rai;
	b = &iftab_by_index(w->iftab, 65536)->giaddr[0].rai;
	ck_assert(a->len != b->len || memcmp(a->value, b->value, a->len) != 0);
	offer();
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("10.2.0.1"));
	msg_opt(&msg, 82, a->value, a->len);
	msg_end(&msg);
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 65536);
}
END_TEST

/* RFC 3046 2.1: dnsmasq and dhcp-helper accept it, SONiC adds a second one. */
START_TEST(rfc3046_option_82_of_a_client)
{
	conf(FREELY "option82 = add\n" VLANS);
	discover();
	msg_opt_hex(&msg, 82, "0104deadbeef");
	msg_end(&msg);
	ck_assert_int_eq(request(), DROP_UNTRUSTED_82);
}
END_TEST

/* The same option in file or sname: dhcpd and dnsmasq look there if the first byte
 * of option 52 has the bit set, whatever its other bits are. */
START_TEST(rfc3046_option_82_of_a_client_hidden_by_overload)
{
	static const uint8_t hidden[] = { 82, 6, 1, 4, 0xde, 0xad, 0xbe, 0xef, 255 };
	static const uint8_t how[][2] = {
		{ 1, 0 }, { 2, 0 }, { 3, 0 }, { 5, 0 }, { 0x82, 0 }, { 1, 9 },
	};

	conf(FREELY "option82 = add\n" VLANS);
	for (unsigned i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		discover();
		msg_opt(&msg, 52, how[i], how[i][1] ? 2 : 1);
		msg_end(&msg);
		memcpy(msg.b + (how[i][0] & 1 ? DHCP4_OFF_FILE : DHCP4_OFF_SNAME),
		    hidden, sizeof(hidden));
		ck_assert_int_eq(request(), DROP_UNTRUSTED_82);
	}
}
END_TEST

/* A server's reply to the same machine, with this value as option 82. */
static void
echo(const void *value, size_t len, bool is_ours)
{
	uint64_t stripped = w->stats.counter[COUNTER_OPTION82_STRIPPED];
	uint64_t foreign = w->stats.counter[COUNTER_OPTION82_FOREIGN];

	offer();
	msg_opt(&msg, 82, value, len);
	msg_end(&msg);
	msg_pad(&msg, 400);
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 10);
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_STRIPPED] - stripped, is_ours);
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_FOREIGN] - foreign, !is_ours);
	ck_assert_uint_eq(out.len, is_ours ? msg.len - 2 - len : msg.len);
	ck_assert(is_ours || memcmp(out.b, msg.b, msg.len) == 0);
}

/* ISC dhcrelay -D: "not this circuit" was -1, which is as true as 1, so a
 * circuit-id that did not match was counted as good. */
START_TEST(isc_status_a_circuit_id_that_does_not_match)
{
	const struct rai *ours, *other;
	uint8_t value[255];

	conf(TRUSTED "remote-id = %h\n" VLANS);
	ours = &iftab_by_index(w->iftab, 10)->giaddr[0].rai;
	other = &iftab_by_index(w->iftab, 20)->giaddr[0].rai;
	ck_assert(ours->len > 4 && ours->value[0] == 1);
	echo(ours->value, ours->len, true);
	echo(other->value, other->len, false);
	for (unsigned i = 0; i < ours->len; i++) {	/* one bit is wrong */
		memcpy(value, ours->value, ours->len);
		value[i] ^= 1;
		echo(value, ours->len, false);
	}
	memcpy(value, ours->value, ours->len);
	value[1]++;			/* a circuit-id that begins like ours, */
	memmove(value + value[1] + 2, value + value[1] + 1, ours->len - value[1] - 1u);
	echo(value, ours->len + 1u, false);
	value[1] = (uint8_t)(ours->value[1] - 1);	/* and the beginning of it */
	echo(value, value[1] + 2u, false);
	echo("\1\0", 2, false);
	echo("\1", 1, false);
	echo("", 0, true);	/* no client has a use for it */
}
END_TEST

/* UQ: "not found" was 0, so the first options were overwritten. */
START_TEST(uq_dhcp_messages_without_end)
{
	conf(TRUSTED VLANS);
	discover();
	msg_opt_text(&msg, 12, "machine");
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert(memcmp(out.b + DHCP4_OPTIONS, msg.b + DHCP4_OPTIONS,
	    msg.len - DHCP4_OPTIONS) == 0);
}
END_TEST

/* westermo's options.c: without END, memset() started at the wrong place. */
START_TEST(westermo_no_end_in_both_directions)
{
	const struct rai *ours;

	conf(TRUSTED VLANS);
	ours = &iftab_by_index(w->iftab, 10)->giaddr[0].rai;
	discover();
	msg_opt_text(&msg, 12, "machine");
	for (size_t len = DHCP4_HEADER; len < msg.len; len++)
		(void)request_on(10, msg.b, len);
	offer();
	msg_opt_text(&msg, 67, "the file");
	msg_opt(&msg, 82, ours->value, ours->len);
	for (size_t len = DHCP4_HEADER; len < msg.len; len++)
		(void)reply_from(SERVER, UPLINK, msg.b, len);
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(out.len, DHCP4_MIN);
	ck_assert(out_has("the file", 8) && !out_has(ours->value, ours->len));
}
END_TEST

/* westermo's packet.c: a reply for an unknown giaddr with the broadcast flag had no
 * group of interfaces to go to, and one with ciaddr went to any host with that
 * address. */
START_TEST(westermo_replies_for_unknown_giaddrs)
{
	static const char *const giaddrs[] = { "0.0.0.0", "10.9.9.9", "192.0.2.2", "255.255.255.255" };

	for (unsigned i = 0; i < 2u * sizeof(giaddrs) / sizeof(giaddrs[0]); i++) {
		offer();
		msg.b[DHCP4_OFF_FLAGS] = i % 2 ? 0x80 : 0;
		dhcp4_put_ip4(msg.b, DHCP4_OFF_CIADDR, world_ip("203.0.113.50"));
		dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip(giaddrs[i / 2]));
		msg_end(&msg);
		ck_assert_int_eq(reply(), DROP_NOT_OUR_GIADDR);
	}
	/* this one is for VLAN 10, even if it contains an address of VLAN 20 */
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	dhcp4_put_ip4(msg.b, DHCP4_OFF_YIADDR, IP4_NONE);
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 10);
}
END_TEST

/* --- options ----------------------------------------------------------------------- */

/* dnsmasq copied option 79 without checking its length. */
START_TEST(cve_2017_14493_every_option_of_every_length)
{
	static uint8_t value[255];

	conf(TRUSTED "option82-policy = append\n" VLANS);
	memset(value, 0xfe, sizeof(value));
	for (unsigned code = 1; code < 255; code++)
		for (unsigned len = 0; len < 256; len += 1 + len / 20) {
			discover();
			msg_u8(&msg, (uint8_t)code);
			msg_u8(&msg, (uint8_t)len);
			msg_bytes(&msg, value, len);
			(void)request();
			if (len) {	/* one byte is missing */
				msg.len--;
				ck_assert_int_eq(request(), DROP_BAD_OPTIONS);
			}
		}
}
END_TEST

/* dnsmasq sent bytes from beyond the packet; dhcprelya sent bytes of the previous
 * message. */
START_TEST(cve_2017_14494_no_byte_of_another_message)
{
	static const char secret[] = "the bytes of somebody else";

	discover();
	msg_opt_text(&msg, 12, secret);
	msg_end(&msg);
	msg_pad(&msg, 1400);
	ck_assert_int_eq(request(), DROP_NONE);
	offer();
	msg_opt_text(&msg, 67, secret);
	msg_end(&msg);
	msg_pad(&msg, 1400);
	ck_assert_int_eq(reply(), DROP_NONE);
	/* inner lengths that reach beyond the option: 43, 97, 124, 125 */
	discover();
	msg_opt_hex(&msg, 43, "47ff00");
	msg_opt_hex(&msg, 125, "00000137ff01");
	msg_opt_hex(&msg, 124, "00000137ff");
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert(!out_has(secret, sizeof(secret) - 1));
	offer();
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert(!out_has(secret, sizeof(secret) - 1));
	ck_assert_uint_eq(out.len, msg.len);
}
END_TEST

/* busybox read four bytes of options that had fewer than four. */
START_TEST(cve_2018_20679_cve_2019_5747_options_shorter_than_their_type)
{
	static const uint8_t codes[] = { 1, 3, 6, 50, 51, 53, 54, 57, 58, 60, 61, 66, 77,
		80, 82, 93, 94, 97, 118, 175, 250 };
	static const uint8_t value[20];

	for (unsigned i = 0; i < sizeof(codes); i++)
		for (size_t len = 0; len < sizeof(value); len++) {
			discover();
			msg_opt(&msg, codes[i], value, len);
			msg_end(&msg);
			(void)request();
			offer();
			msg_opt(&msg, codes[i], value, len);
			msg_end(&msg);
			(void)reply();
		}
}
END_TEST

/* Juniper, also CVE-2020-1609: text from packets reached a shell, a format string
 * and a log. */
START_TEST(cve_2020_1605_cve_2020_1609_text_is_data)
{
	static const char text[] = "$(reboot)`id`;%n%s%100000d\x1b[2J\n\"' \xff\xc0";
	char shown[400];
	struct sbuf b = sbuf_init(shown, sizeof(shown));

	conf(TRUSTED VLANS);
	discover();
	msg_opt_text(&msg, 12, text);
	msg_opt_text(&msg, 60, text);
	msg_opt_text(&msg, 77, text);
	msg_end(&msg);
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert(out_has(text, strlen(text)));
	sbuf_esc(&b, text, strlen(text));
	for (const char *p = shown; *p; p++)
		ck_assert(*p >= ' ' && *p < 0x7f && *p != '"');
}
END_TEST

/* metal-stack sent a request to whatever address option 54 named, so a client could
 * choose the destination. */
START_TEST(metal_stack_option_54_is_not_a_destination)
{
	discover();
	msg.b[DHCP4_OPTIONS + 2] = DHCP4_REQUEST;
	msg_opt_u32(&msg, 54, world_ip("8.8.8.8").host);
	msg_end(&msg);
	ck_assert_int_eq(request(), DROP_NONE);
	ck_assert_uint_eq(plan.to.n, 1);
	ck_assert(ip4_eq(ip_v4(w->conf->server[plan.to.server[0]].address), world_ip(SERVER)));
}
END_TEST

/* dnsmasq relays hlen 255. */
START_TEST(dnsmasq_hlen_and_htype)
{
	for (unsigned hlen = 0; hlen < 256; hlen++)
		for (unsigned htype = 0; htype < 256; htype += 51) {
			discover();
			msg_end(&msg);
			msg.b[1] = (uint8_t)htype;
			msg.b[2] = (uint8_t)hlen;
			ck_assert_int_eq(request(), hlen <= 16 ? DROP_NONE :
			    DROP_BAD_HLEN);
			offer();
			msg_end(&msg);
			msg.b[1] = (uint8_t)htype;
			msg.b[2] = (uint8_t)hlen;
			ck_assert_int_eq(reply(), hlen <= 16 ? DROP_NONE :
			    DROP_BAD_HLEN);
		}
}
END_TEST

/* --- replies ------------------------------------------------------------------------ */

/* NX-OS: an unsolicited reply that lacks everything a reply needs. */
START_TEST(cve_2024_20446_unsolicited_replies)
{
	msg_init(&msg, BOOTREPLY);
	msg.len = DHCP4_HEADER;		/* not even a cookie */
	ck_assert_int_eq(reply(), DROP_NOT_OUR_GIADDR);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("198.51.100.1"));
	ck_assert_int_eq(reply(), DROP_NOT_OUR_GIADDR);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("10.9.9.9"));
	msg.b[10] = 0x80;		/* westermo: unknown giaddr, and broadcast */
	ck_assert_int_eq(reply(), DROP_NOT_OUR_GIADDR);
	ck_assert_int_eq(reply_from("203.0.113.99", UPLINK, msg.b, msg.len),
	    DROP_NOT_SERVER);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.1"));
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 10);
}
END_TEST

/* IOS XE: BOOTP is relayed, with all the checks that DHCP gets, and only to its own
 * VLAN. */
START_TEST(cve_2026_20084_bootp_stays_in_its_vlan)
{
	conf(TRUSTED "[interface vlan10]\nservers = " SERVER "\n"
	    "[interface vlan20]\nservers = 198.51.100.11\n");
	msg_init(&msg, BOOTREQUEST);
	msg.len = DHCP4_HEADER;
	ck_assert_int_eq(request_on(20, msg.b, msg.len), DROP_NONE);
	ck_assert_uint_eq(plan.to.n, 1);
	ck_assert(ip4_eq(ip_v4(w->conf->server[plan.to.server[0]].address),
	    world_ip("198.51.100.11")));
	ck_assert_uint_eq(w->stats.counter[COUNTER_BOOTP], 1);
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_ADDED], 0);
	memcpy(msg.b, out.b, out.len);
	msg.b[0] = BOOTREPLY;
	ck_assert_int_eq(reply_from("198.51.100.11", UPLINK, msg.b, out.len), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 20);
	msg.b[2] = 17;
	ck_assert_int_eq(request_on(20, msg.b, DHCP4_HEADER), DROP_BAD_HLEN);
}
END_TEST

/* systemd: a FORCERENEW from any host; no relay has to pass it. */
START_TEST(cve_2020_13529_forcerenew_is_not_passed)
{
	offer();
	msg.b[DHCP4_OPTIONS + 2] = 9;
	msg_end(&msg);
	ck_assert_int_eq(reply(), DROP_BAD_TYPE);
}
END_TEST

/* SONiC, ISC and dnsmasq's split relay deliver to where the echoed option 82 says;
 * ISC -i and dhcp-helper accept replies from any machine as a server's. */
START_TEST(isc_echoed_ids_and_rogue_servers)
{
	const struct rai *other;

	conf(TRUSTED VLANS);
	other = &iftab_by_index(w->iftab, 20)->giaddr[0].rai;
	offer();
	msg_opt(&msg, 82, other->value, other->len);
	msg_end(&msg);
	ck_assert_int_eq(reply(), DROP_NONE);
	ck_assert_uint_eq(delivery.out->link.ifindex, 10);
	ck_assert_int_eq(reply_from(SERVER, 20, msg.b, msg.len), DROP_CLIENT_UPLINK);
	ck_assert_int_eq(reply_from("203.0.113.5", 20, msg.b, msg.len),
	    DROP_REPLY_FROM_CLIENT);
	ck_assert_int_eq(request_on(20, msg.b, msg.len), DROP_REPLY_FROM_CLIENT);
}
END_TEST

/* dhcprelya: a flag set by one bad packet made the interface deaf, and a packet
 * shorter than the one before was sent with the previous length. */
START_TEST(dhcprelya_a_bad_packet_then_a_good_one)
{
	for (unsigned cut = 0; cut < 20; cut++) {
		discover();
		msg_opt_text(&msg, 12, "a name that is cut");
		(void)request_on(10, msg.b, msg.len - cut);
		discover();
		msg_end(&msg);
		ck_assert_int_eq(request(), DROP_NONE);
		ck_assert_uint_eq(out.len, DHCP4_MIN);
		ck_assert(!out_has("a name", 6));
	}
}
END_TEST

Suite *
cve_suite(void)
{
	Suite *s = suite_create("cve");

#define T(name) do {							\
	TCase *tc = tcase_create(#name);				\
									\
	tcase_add_checked_fixture(tc, setup, teardown);			\
	tcase_set_timeout(tc, 60);					\
	tcase_add_test(tc, name);					\
	suite_add_tcase(s, tc);						\
} while (0)
	T(cve_2003_0039_own_copies_come_back);
	T(cve_2015_8605_ip_and_udp_lengths_lie);
	T(sonic_9740_9851_103_fragments_and_cut_packets);
	T(cve_2023_20080_sonic_19_20_21_ipv6_is_refused);
	T(opnsense_7471_odhcpd_datagrams_shorter_than_a_message);
	T(isc_71_option_82_cut_anywhere);
	T(sonic_0011_cve_2018_15688_full_messages_and_the_largest_option_82);
	T(cve_2018_0172_0173_0174_malformed_82_both_directions);
	T(cve_2017_12240_lengths_of_82_add_up);
	T(opnsense_82_first_middle_last_twice_empty);
	T(opnsense_circuit_ids_of_large_indexes);
	T(rfc3046_option_82_of_a_client);
	T(rfc3046_option_82_of_a_client_hidden_by_overload);
	T(isc_status_a_circuit_id_that_does_not_match);
	T(uq_dhcp_messages_without_end);
	T(westermo_no_end_in_both_directions);
	T(westermo_replies_for_unknown_giaddrs);
	T(cve_2017_14493_every_option_of_every_length);
	T(cve_2017_14494_no_byte_of_another_message);
	T(cve_2018_20679_cve_2019_5747_options_shorter_than_their_type);
	T(cve_2020_1605_cve_2020_1609_text_is_data);
	T(metal_stack_option_54_is_not_a_destination);
	T(dnsmasq_hlen_and_htype);
	T(cve_2024_20446_unsolicited_replies);
	T(cve_2026_20084_bootp_stays_in_its_vlan);
	T(cve_2020_13529_forcerenew_is_not_passed);
	T(isc_echoed_ids_and_rogue_servers);
	T(dhcprelya_a_bad_packet_then_a_good_one);
#undef T
	return s;
}
