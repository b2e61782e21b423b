/* SPDX-License-Identifier: ISC
 *
 * The view of a DHCPv6 message: what real clients and relays send, and wrong lengths of every
 * kind. Messages are exact heap blocks, so that ASan catches overruns.
 */
#include "proto/dhcp6.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "msg6.h"

Suite *dhcp6_suite(void);

#define LINK	"2001:db8:10::1"
#define PEER	"fe80::5eff:fe10:1"

static struct msg msg;
static struct dhcp6 view;

/* Parses an exact copy; *copy must be freed when the view is done with. */
static enum drop
parse(uint8_t **copy)
{
	*copy = msg_exact(msg.b, msg.len);
	return dhcp6_parse(&view, *copy, msg.len);
}

static enum drop
verdict(void)
{
	uint8_t *copy;
	enum drop d = parse(&copy);

	free(copy);
	return d;
}

/* A view points only into its message, whatever it contains; index and walk agree. */
static void
view_is_sane(const struct dhcp6 *m)
{
	struct rd r = dhcp6_options(m), v;
	uint16_t code, first[DHCP6_INDEXED] = { 0 };
	bool repeats = false;

	must(m->relay == (m->type == DHCP6_RELAY_FORW || m->type == DHCP6_RELAY_REPL));
	while (dhcp6_next(&r, &code, &v)) {
		must(v.p >= m->data + DHCP6_HEADER + 4 && v.end <= m->data + m->len && !v.bad);
		if (code >= DHCP6_INDEXED)
			continue;
		repeats = repeats || first[code];
		if (!first[code])
			first[code] = (uint16_t)(v.p - 4 - m->data);
	}
	must(m->odd == r.bad);
	must(m->repeats == repeats);
	must(memcmp(first, m->at, sizeof(first)) == 0);
	for (unsigned c = 0; c < DHCP6_INDEXED; c++) {
		bool has = dhcp6_opt(m, (enum dhcp6_option)c, &v);

		must(has == dhcp6_has(m, (enum dhcp6_option)c));
		must(!has || v.p == m->data + m->at[c] + 4);
	}
	(void)dhcp6_requests(m, DHCP6_OPT_BOOT_URL);
	(void)dhcp6_gives_lease(m);
	(void)dhcp6_status(m);
	if (dhcp6_inner(m, &v) == DROP_NONE)
		must(m->relay && !m->odd && rd_left(&v) > 0 && v.end <= m->data + m->len);
}

static void
option_is(uint16_t code, const void *want, size_t len)
{
	struct rd v;

	must(dhcp6_opt(&view, (enum dhcp6_option)code, &v));
	must(rd_left(&v) == len);
	must(memcmp(v.p, want, len) == 0);
}

static struct ip6
ip(const char *text)
{
	struct ip6 a;

	must(ip6_parse(text, &a));
	return a;
}

/* --- good messages --------------------------------------------------------- */

START_TEST(header_of_a_client_is_read)
{
	uint8_t *copy;

	msg6_init(&msg, DHCP6_SOLICIT);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP6_SOLICIT);
	ck_assert_uint_eq(view.xid, 0x5eed01);
	ck_assert(!view.relay && !view.odd && !view.repeats);
	ck_assert_uint_eq(view.len, 4);
	ck_assert_ptr_eq(view.data, copy);
	view_is_sane(&view);
	free(copy);
}
END_TEST

START_TEST(header_of_a_relay_is_read)
{
	uint8_t *copy;

	msg6_init_relay(&msg, DHCP6_RELAY_FORW, 7, LINK, PEER);
	ck_assert_uint_eq(msg.len, DHCP6_RELAY_HEADER);
	msg6_opt_text(&msg, DHCP6_OPT_INTERFACE_ID, "vlan10");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(view.relay && !view.odd);
	ck_assert_uint_eq(view.hops, 7);
	ck_assert_uint_eq(view.xid, 0);
	ck_assert(ip6_eq(view.link, ip(LINK)) && ip6_eq(view.peer, ip(PEER)));
	ck_assert_uint_eq(view.at[DHCP6_OPT_INTERFACE_ID], DHCP6_RELAY_HEADER);
	option_is(DHCP6_OPT_INTERFACE_ID, "vlan10", 6);
	view_is_sane(&view);
	free(copy);
}
END_TEST

START_TEST(every_client_is_read)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		uint8_t *copy;

		c->build(&msg);
		ck_assert_msg(parse(&copy) == DROP_NONE, "%s", c->name);
		view_is_sane(&view);
		ck_assert_uint_eq(view.xid, 0x5eed01);
		ck_assert(!view.odd && !view.repeats);
		ck_assert(dhcp6_has(&view, DHCP6_OPT_CLIENT_ID));
		ck_assert(dhcp6_has(&view, DHCP6_OPT_ELAPSED));
		free(copy);
	}
}
END_TEST

START_TEST(options_of_an_ipxe_solicit)
{
	uint8_t *copy;

	msg6_client(&msg, "ipxe");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP6_SOLICIT);
	ck_assert_uint_eq(view.at[DHCP6_OPT_CLIENT_ID], DHCP6_HEADER);
	option_is(DHCP6_OPT_USER_CLASS, "\0\4iPXE", 6);
	option_is(DHCP6_OPT_VENDOR_CLASS,
	    "\0\0\1\127\0\40PXEClient:Arch:00007:UNDI:003010", 38);
	option_is(DHCP6_OPT_ARCH, "\0\7", 2);
	option_is(DHCP6_OPT_NII, "\1\3\12", 3);
	ck_assert(!dhcp6_has(&view, DHCP6_OPT_SERVER_ID));
	free(copy);
}
END_TEST

/* RFC 9915 19, RFC 7283: also types that nobody knows yet. */
START_TEST(every_type_is_read)
{
	for (int type = 0; type < 256; type++) {
		bool relay = type == DHCP6_RELAY_FORW || type == DHCP6_RELAY_REPL;
		uint8_t *copy;

		msg6_init(&msg, (uint8_t)type);
		msg_pad(&msg, 34);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_uint_eq(view.type, type);
		ck_assert_int_eq(view.relay, relay);
		ck_assert_uint_eq(view.xid, relay ? 0 : 0x5eed01);
		free(copy);
	}
}
END_TEST

START_TEST(every_code_and_every_length_is_indexed)
{
	static const uint16_t beyond[] = { DHCP6_INDEXED, 147, 148, 255, 256, 0x0100, 65535 };
	uint8_t value[300], *copy;

	memset(value, 0xa5, sizeof(value));
	for (uint16_t code = 0; code < DHCP6_INDEXED; code++)
		for (size_t len = 0; len <= sizeof(value); len += code % 7 + 1) {
			msg6_init(&msg, DHCP6_REPLY);
			msg6_opt(&msg, code, value, len);
			must(parse(&copy) == DROP_NONE);
			option_is(code, value, len);
			must(view.at[code] == DHCP6_HEADER);
			view_is_sane(&view);
			free(copy);
		}
	/* What is not indexed is walked over. */
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		msg6_init(&msg, DHCP6_REPLY);
		msg6_opt(&msg, beyond[i], value, i);
		msg6_opt(&msg, beyond[i], value, i);
		msg6_opt_text(&msg, DHCP6_OPT_BOOT_URL, "x");
		must(parse(&copy) == DROP_NONE);
		must(!view.odd && !view.repeats);
		option_is(DHCP6_OPT_BOOT_URL, "x", 1);
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

START_TEST(longest_option_fills_the_message)
{
	static const uint8_t value[65535 - 8];
	uint8_t *copy;

	msg6_init(&msg, DHCP6_SOLICIT);
	msg6_opt(&msg, DHCP6_OPT_DNS, value, sizeof(value));
	ck_assert_uint_eq(msg.len, 65535);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(!view.odd);
	option_is(DHCP6_OPT_DNS, value, sizeof(value));
	free(copy);
	/* one byte less than its length says */
	msg.len--;
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(view.odd && view.at[DHCP6_OPT_DNS] == 0);
	free(copy);
}
END_TEST

START_TEST(of_repeated_options_the_first_is_indexed)
{
	uint8_t *copy;

	msg6_init(&msg, DHCP6_SOLICIT);
	msg6_opt_text(&msg, DHCP6_OPT_CLIENT_ID, "first");
	msg6_opt_text(&msg, DHCP6_OPT_ELAPSED, "\0\1");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(!view.repeats);
	free(copy);
	msg6_opt_text(&msg, DHCP6_OPT_CLIENT_ID, "second");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(view.repeats);
	option_is(DHCP6_OPT_CLIENT_ID, "first", 5);
	free(copy);
}
END_TEST

/* --- short, long, odd ------------------------------------------------------- */

START_TEST(shorter_than_its_header_is_short)
{
	uint8_t *copy;
	struct rd v;

	for (int type = 0; type < 256; type++) {
		size_t header = type == 12 || type == 13 ? 34 : 4;

		msg6_init(&msg, (uint8_t)type);
		msg_pad(&msg, 34);
		for (size_t len = 0; len <= 34; len++) {
			enum drop d;

			msg.len = len;
			d = parse(&copy);
			must(d == (len < header ? DROP_SHORT : DROP_NONE));
			/* what was refused has no options */
			must(d == DROP_NONE || !dhcp6_opt(&view, DHCP6_OPT_RELAY_MSG, &v));
			must(d == DROP_NONE || dhcp6_inner(&view, &v) == DROP_BAD_OPTIONS);
			free(copy);
		}
	}
}
END_TEST

START_TEST(nothing_at_all_is_short)
{
	struct rd v;

	ck_assert_uint_eq(dhcp6_parse(&view, NULL, 0), DROP_SHORT);
	ck_assert(!dhcp6_opt(&view, DHCP6_OPT_CLIENT_ID, &v));
	ck_assert(!dhcp6_requests(&view, DHCP6_OPT_BOOT_URL));
	ck_assert(!dhcp6_gives_lease(&view));
	ck_assert_uint_eq(dhcp6_status(&view), 0);
	ck_assert_uint_eq(dhcp6_inner(&view, &v), DROP_BAD_OPTIONS);
}
END_TEST

START_TEST(longer_than_udp_is_truncated)
{
	msg6_init(&msg, DHCP6_SOLICIT);
	msg_pad(&msg, 65535);
	ck_assert_uint_eq(verdict(), DROP_NONE);
	msg_pad(&msg, 65536);
	ck_assert_uint_eq(verdict(), DROP_TRUNCATED);
}
END_TEST

/* RFC 6221 6.1.1: a client's options are the server's to judge. */
START_TEST(damaged_options_are_odd_and_those_before_are_read)
{
	static const char *const tails[] = {
		"00", "003b", "003b00", "003b0001", "003b0003 6161", "003bffff 61", "ffffffff",
	};
	uint8_t bytes[8], *copy;

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		msg6_client(&msg, "edk2-pxe");
		msg_bytes(&msg, bytes, msg_hex(tails[i], bytes, sizeof(bytes)));
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_msg(view.odd, "%s", tails[i]);
		option_is(DHCP6_OPT_ARCH, "\0\7", 2);
		ck_assert(!dhcp6_has(&view, DHCP6_OPT_BOOT_URL));
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

START_TEST(option_reaching_past_the_message_is_odd)
{
	for (uint16_t code = 0; code < 150; code++)
		for (size_t len = 0; len < 260; len += 5) {
			uint8_t *copy;

			msg6_init(&msg, DHCP6_SOLICIT);
			msg6_end(&msg, msg6_begin(&msg, code));
			msg_pad(&msg, msg.len + len);
			msg6_end(&msg, DHCP6_HEADER + 4);
			must(parse(&copy) == DROP_NONE && !view.odd);
			free(copy);
			/* cut in its value or header */
			msg.len--;
			must(parse(&copy) == DROP_NONE && view.odd);
			must(code >= DHCP6_INDEXED || view.at[code] == 0);
			view_is_sane(&view);
			free(copy);
		}
}
END_TEST

/* A message cut anywhere has the options up to the cut. */
START_TEST(every_client_truncated_everywhere)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		size_t whole;

		c->build(&msg);
		whole = msg.len;
		for (size_t len = 0; len <= whole; len++) {
			uint8_t *copy;

			msg.len = len;
			must(parse(&copy) == (len < 4 ? DROP_SHORT : DROP_NONE));
			if (len >= 4)
				view_is_sane(&view);
			free(copy);
		}
	}
}
END_TEST

/* --- relays ---------------------------------------------------------------- */

static enum drop
inner(struct rd *r, uint8_t **copy)
{
	ck_assert_uint_eq(parse(copy), DROP_NONE);
	view_is_sane(&view);
	return dhcp6_inner(&view, r);
}

START_TEST(inner_message_is_found_byte_for_byte)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		struct msg client;
		uint8_t *copy;
		struct rd r;

		c->build(&client);
		for (int after = 0; after < 2; after++) {
			msg = client;
			msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, LINK, PEER, "vlan10");
			if (after)
				msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_LLADDR, "0001 02005e100001");
			ck_assert_uint_eq(inner(&r, &copy), DROP_NONE);
			ck_assert_uint_eq(rd_left(&r), client.len);
			ck_assert(memcmp(r.p, client.b, client.len) == 0);
			free(copy);
		}
	}
}
END_TEST

START_TEST(relays_nest)
{
	uint8_t *copy;
	struct rd r;
	int levels = 0;

	msg6_client(&msg, "dhclient");
	for (uint8_t hops = 0; hops < DHCP6_LEVELS_MAX; hops++)
		msg6_wrap(&msg, DHCP6_RELAY_FORW, hops, hops ? "::" : LINK, PEER, "x");
	copy = msg_exact(msg.b, msg.len);
	r = rd_init(copy, msg.len);
	for (; dhcp6_parse(&view, r.p, rd_left(&r)) == DROP_NONE && view.relay; levels++) {
		ck_assert_uint_eq(view.hops, DHCP6_LEVELS_MAX - 1 - levels);
		ck_assert_uint_eq(dhcp6_inner(&view, &r), DROP_NONE);
	}
	ck_assert_int_eq(levels, DHCP6_LEVELS_MAX);
	ck_assert_uint_eq(view.type, DHCP6_SOLICIT);
	ck_assert_uint_eq(view.xid, 0x5eed01);
	free(copy);
}
END_TEST

/* NX-OS, CVE-2024-20446: a RELAY-REPL without, with two or with an empty one. */
START_TEST(relay_message_is_there_once_and_not_empty)
{
	uint8_t *copy;
	struct rd r;

	msg6_init_relay(&msg, DHCP6_RELAY_REPL, 0, LINK, PEER);
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);

	msg6_opt(&msg, DHCP6_OPT_RELAY_MSG, "", 0);
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);

	msg6_init_relay(&msg, DHCP6_RELAY_REPL, 0, LINK, PEER);
	msg6_opt_hex(&msg, DHCP6_OPT_RELAY_MSG, "07");
	ck_assert_uint_eq(inner(&r, &copy), DROP_NONE);
	free(copy);
	msg6_opt_hex(&msg, DHCP6_OPT_RELAY_MSG, "07");
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);
}
END_TEST

START_TEST(relay_with_damaged_options_has_no_inner_message)
{
	uint8_t *copy;
	struct rd r;

	msg6_client(&msg, "windows");
	msg6_wrap(&msg, DHCP6_RELAY_FORW, 0, LINK, PEER, NULL);
	msg_u8(&msg, 0);
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);
	/* its length is one more than there is */
	msg.len--;
	msg.b[DHCP6_RELAY_HEADER + 3]++;
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);
}
END_TEST

/* Its options do not begin where those of a relay header do. */
START_TEST(client_message_has_no_inner_message)
{
	uint8_t *copy;
	struct rd r;

	msg6_init(&msg, DHCP6_SOLICIT);
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, "0001000100000000 000000000000 0000"
	    "00000000 00000000 0000 0009 0001 07");
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);

	msg6_init(&msg, DHCP6_SOLICIT);
	msg6_opt_hex(&msg, DHCP6_OPT_RELAY_MSG, "07");
	ck_assert_uint_eq(inner(&r, &copy), DROP_BAD_OPTIONS);
	free(copy);
}
END_TEST

/* --- what a message asks for and gives -------------------------------------- */

static bool
requests(const char *hex, uint16_t code)
{
	uint8_t *copy;
	bool yes;

	msg6_init(&msg, DHCP6_SOLICIT);
	msg6_opt_hex(&msg, DHCP6_OPT_ORO, hex);
	must(parse(&copy) == DROP_NONE);
	yes = dhcp6_requests(&view, code);
	free(copy);
	return yes;
}

START_TEST(requested_options_are_a_list)
{
	ck_assert(requests("003b", 59));
	ck_assert(requests("0017 0018 003b", 59));
	ck_assert(requests("ffff", 65535));
	ck_assert(!requests("0017 0018", 59));
	ck_assert(!requests("", 59));
	ck_assert(!requests("00", 0));
	/* odd lengths, odd places */
	ck_assert(requests("003b 00", 59));
	ck_assert(!requests("00003b", 59));
	ck_assert(!requests("1700 3b00", 59));
	ck_assert(!requests("0017 3b", 59));
	msg6_client(&msg, "grub");
	ck_assert_uint_eq(dhcp6_parse(&view, msg.b, msg.len), DROP_NONE);
	ck_assert(!dhcp6_requests(&view, 59));
}
END_TEST

/* An ADVERTISE with one IA, and in it what the caller wrote since begin_ia(). */
static size_t
begin_ia(uint16_t code)
{
	msg6_init(&msg, DHCP6_ADVERTISE);
	msg6_opt_hex(&msg, DHCP6_OPT_CLIENT_ID, "0003000102005e100001");
	return msg6_begin_ia(&msg, code, 1800, 2880);
}

static bool
gives_lease(size_t ia)
{
	uint8_t *copy;
	bool yes;

	msg6_end(&msg, ia);
	must(parse(&copy) == DROP_NONE);
	view_is_sane(&view);
	yes = dhcp6_gives_lease(&view);
	free(copy);
	return yes;
}

/* The first of each kind that is valid. */
START_TEST(a_lease_is_an_address_and_a_prefix)
{
	struct dhcp6_lease l;
	char text[IP6_STRLEN];
	uint8_t *copy;
	size_t ia;

	ia = begin_ia(DHCP6_OPT_IA_NA);
	msg6_addr(&msg, "2001:db8:10::17", 0);
	msg6_addr(&msg, "2001:db8:10::18", 7200);
	msg6_addr(&msg, "2001:db8:10::19", 7200);
	msg6_end(&msg, ia);
	must(parse(&copy) == DROP_NONE);
	ck_assert(dhcp6_lease(&view, &l));
	ck_assert_str_eq(ip6_str(l.address, text), "2001:db8:10::18");
	ck_assert_uint_eq(l.prefix.plen, 0);
	free(copy);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_PD, 1800, 2880);
	msg6_prefix(&msg, "2001:db8:e00::", 56, 0);
	msg6_prefix(&msg, "2001:db8:f00::", 200, 7200);
	msg6_prefix(&msg, "2001:db8:f00::", 48, 7200);
	msg6_end(&msg, ia);
	must(parse(&copy) == DROP_NONE);
	ck_assert(dhcp6_lease(&view, &l));
	ck_assert_str_eq(ip6_str(l.address, text), "2001:db8:10::18");
	ck_assert_str_eq(ip6_str(l.prefix.addr, text), "2001:db8:f00::");
	ck_assert_uint_eq(l.prefix.plen, 128);
	free(copy);
	msg6_init(&msg, DHCP6_REPLY);
	must(parse(&copy) == DROP_NONE);
	ck_assert(!dhcp6_lease(&view, &l));
	ck_assert(ip6_is_none(l.address) && l.prefix.plen == 0);
	free(copy);
}
END_TEST

START_TEST(addresses_and_prefixes_are_leases)
{
	size_t ia;

	for (uint16_t code = DHCP6_OPT_IA_NA; code <= DHCP6_OPT_IA_TA; code++) {
		ia = begin_ia(code);
		ck_assert(!gives_lease(ia));
		msg6_addr(&msg, "2001:db8:10::17", 7200);
		ck_assert(gives_lease(ia));
		ia = begin_ia(code);
		msg6_addr(&msg, "2001:db8:10::17", UINT32_MAX);
		ck_assert(gives_lease(ia));
		/* taken back */
		ia = begin_ia(code);
		msg6_addr(&msg, "2001:db8:10::17", 0);
		ck_assert(!gives_lease(ia));
		msg6_addr(&msg, "2001:db8:10::18", 1);
		ck_assert(gives_lease(ia));
	}
	ia = begin_ia(DHCP6_OPT_IA_PD);
	ck_assert(!gives_lease(ia));
	msg6_prefix(&msg, "2001:db8:f00::", 56, 0);
	ck_assert(!gives_lease(ia));
	msg6_prefix(&msg, "2001:db8:f00::", 56, 7200);
	ck_assert(gives_lease(ia));
}
END_TEST

START_TEST(lease_may_be_in_the_last_of_several)
{
	size_t ia = begin_ia(DHCP6_OPT_IA_NA);

	msg6_status(&msg, 2, "no addresses");
	msg6_end(&msg, ia);
	msg6_end(&msg, msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0));
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_PD, 0, 0);
	msg6_status(&msg, 0, "");
	msg6_prefix(&msg, "2001:db8:f00::", 56, 7200);
	ck_assert(gives_lease(ia));
}
END_TEST

/* RFC 9915 21.6, 21.22: neither is an option of the other kind of IA, or of a message. */
START_TEST(address_in_the_wrong_place_is_no_lease)
{
	size_t ia = begin_ia(DHCP6_OPT_IA_PD);
	uint8_t *copy;

	/* as long as a prefix, since it has a status of its own */
	msg6_opt_hex(&msg, DHCP6_OPT_IA_ADDR, "20010db8 00100000 00000000 00000017 00000e10"
	    "00001c20 000d 0002 0000");
	ck_assert(!gives_lease(ia));
	ia = begin_ia(DHCP6_OPT_IA_NA);
	/* not zero where an address has its lifetime */
	msg6_prefix(&msg, "2001:db8:f00::1:1:1", 128, 7200);
	ck_assert(!gives_lease(ia));
	ia = begin_ia(20);
	msg6_addr(&msg, "2001:db8:10::17", 7200);
	ck_assert(!gives_lease(ia));

	msg6_init(&msg, DHCP6_REPLY);
	msg6_addr(&msg, "2001:db8:10::17", 7200);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(!dhcp6_gives_lease(&view));
	free(copy);
}
END_TEST

/* Cut everywhere, with the lengths of the IA made to fit: less than the whole is none. */
START_TEST(truncated_address_or_prefix_is_no_lease)
{
	static const uint16_t codes[] = { DHCP6_OPT_IA_NA, DHCP6_OPT_IA_TA, DHCP6_OPT_IA_PD };

	for (size_t i = 0; i < 3; i++) {
		size_t ia = begin_ia(codes[i]), start = msg.len, whole;
		bool prefix = codes[i] == DHCP6_OPT_IA_PD;

		if (prefix)
			msg6_prefix(&msg, "2001:db8:f00::", 56, 7200);
		else
			msg6_addr(&msg, "2001:db8:10::17", 7200);
		whole = msg.len;
		for (size_t len = ia; len <= whole; len++) {
			msg.len = len;
			/* the option in it, too */
			if (len >= start + 4)
				msg6_end(&msg, start + 4);
			must(gives_lease(ia) == (len == whole));
		}
	}
}
END_TEST

static uint16_t
status_of(void)
{
	uint8_t *copy;
	uint16_t status;

	must(parse(&copy) == DROP_NONE);
	view_is_sane(&view);
	status = dhcp6_status(&view);
	free(copy);
	return status;
}

START_TEST(status_of_the_message_then_of_its_ias)
{
	size_t ia;

	msg6_init(&msg, DHCP6_REPLY);
	ck_assert_uint_eq(status_of(), 0);
	msg6_status(&msg, 0, "fine");
	ck_assert_uint_eq(status_of(), 0);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0);
	msg6_addr(&msg, "2001:db8:10::17", 7200);
	msg6_status(&msg, 0, "");
	msg6_end(&msg, ia);
	ck_assert_uint_eq(status_of(), 0);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_PD, 0, 0);
	msg6_status(&msg, 6, "no prefix");
	msg6_end(&msg, ia);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_TA, 0, 0);
	msg6_status(&msg, 2, "no addresses");
	msg6_end(&msg, ia);
	ck_assert_uint_eq(status_of(), 6);

	msg6_init(&msg, DHCP6_REPLY);
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0);
	msg6_status(&msg, 2, "no addresses");
	msg6_end(&msg, ia);
	msg6_status(&msg, 5, "use multicast");
	ck_assert_uint_eq(status_of(), 5);
}
END_TEST

START_TEST(status_without_its_code_is_success)
{
	size_t ia;

	for (size_t len = 0; len < 4; len++) {
		msg6_init(&msg, DHCP6_REPLY);
		msg6_opt(&msg, DHCP6_OPT_STATUS, "\0\2x", len);
		ck_assert_uint_eq(status_of(), len < 2 ? 0 : 2);
		/* an IA that is too short for options */
		msg6_init(&msg, DHCP6_REPLY);
		ia = msg6_begin(&msg, DHCP6_OPT_IA_NA);
		msg_pad(&msg, msg.len + len);
		msg6_end(&msg, ia);
		ck_assert_uint_eq(status_of(), 0);
	}
}
END_TEST

/* --- writing ---------------------------------------------------------------- */

START_TEST(written_relay_header_reads_back)
{
	static const uint8_t lladdr[] = { 0, 1, 2, 0, 0x5e, 0x10, 0, 1 };
	uint8_t buf[200], *copy;
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	dhcp6_relay_begin(&w, DHCP6_RELAY_FORW, 3, ip(LINK), ip(PEER));
	dhcp6_put(&w, DHCP6_OPT_INTERFACE_ID, "vlan10", 6);
	dhcp6_put(&w, DHCP6_OPT_CLIENT_LLADDR, lladdr, sizeof(lladdr));
	dhcp6_put_header(&w, DHCP6_OPT_RELAY_MSG, 8);
	ck_assert(!w.bad);
	ck_assert_uint_eq(wr_len(&w), 34 + 4 + 6 + 4 + 8 + 4);
	/* the payload is another buffer's */
	msg.len = 0;
	msg_bytes(&msg, buf, wr_len(&w));
	msg_bytes(&msg, "\1\x5e\xed\1\0\16\0\0", 8);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP6_RELAY_FORW);
	ck_assert_uint_eq(view.hops, 3);
	ck_assert(ip6_eq(view.link, ip(LINK)) && ip6_eq(view.peer, ip(PEER)));
	option_is(DHCP6_OPT_INTERFACE_ID, "vlan10", 6);
	option_is(DHCP6_OPT_CLIENT_LLADDR, lladdr, sizeof(lladdr));
	ck_assert_uint_eq(dhcp6_inner(&view, &r), DROP_NONE);
	ck_assert_uint_eq(rd_left(&r), 8);
	free(copy);
}
END_TEST

/* The builder of the tests is another implementation. */
START_TEST(written_like_the_builder)
{
	uint8_t buf[300];
	struct wr w = wr_init(buf, sizeof(buf));
	struct msg client;

	msg6_client(&client, "networkd");
	msg = client;
	msg6_wrap(&msg, DHCP6_RELAY_REPL, 1, LINK, PEER, "vlan10");
	dhcp6_relay_begin(&w, DHCP6_RELAY_REPL, 1, ip(LINK), ip(PEER));
	dhcp6_put(&w, DHCP6_OPT_INTERFACE_ID, "vlan10", 6);
	dhcp6_put(&w, DHCP6_OPT_RELAY_MSG, client.b, client.len);
	ck_assert_uint_eq(wr_len(&w), msg.len);
	ck_assert_mem_eq(buf, msg.b, msg.len);
}
END_TEST

START_TEST(what_does_not_fit_is_bad)
{
	uint8_t *buf;

	for (size_t size = 0; size <= 44; size++) {
		struct wr w;

		buf = malloc(size + 1);
		w = wr_init(buf, size);
		dhcp6_relay_begin(&w, DHCP6_RELAY_FORW, 0, ip(LINK), ip(PEER));
		dhcp6_put(&w, DHCP6_OPT_INTERFACE_ID, "vlan10", 6);
		must(w.bad == (size < 44));
		free(buf);
	}
	/* a length that 16 bits cannot say */
	for (size_t len = 65534; len <= 65538; len++) {
		struct wr w;

		buf = malloc(4);
		w = wr_init(buf, 4);
		dhcp6_put_header(&w, DHCP6_OPT_RELAY_MSG, len);
		must(w.bad == (len > 65535));
		must(wr_len(&w) == (len > 65535 ? 0 : 4));
		free(buf);
	}
}
END_TEST

START_TEST(types_have_names)
{
	ck_assert_str_eq(dhcp6_type_name(1), "solicit");
	ck_assert_str_eq(dhcp6_type_name(13), "relay-repl");
	ck_assert_str_eq(dhcp6_type_name(37), "addr-reg-reply");
	ck_assert_ptr_null(dhcp6_type_name(0));
	ck_assert_ptr_null(dhcp6_type_name(22));
	ck_assert_ptr_null(dhcp6_type_name(35));
	ck_assert_ptr_null(dhcp6_type_name(38));
	ck_assert_ptr_null(dhcp6_type_name(255));
}
END_TEST

/* --- anything ---------------------------------------------------------------- */

START_TEST(random_bytes_never_confuse_the_view)
{
	struct prng p = { 9915 };

	for (int i = 0; i < 20000; i++) {
		uint8_t *copy;
		size_t at;

		msg6_init(&msg, (uint8_t)(i % 16));
		msg.len += prng_below(&p, 400);
		prng_fill(&p, msg.b + 4, msg.len - 4);
		/* codes and lengths that occur, or everything would end at the first option */
		for (at = i % 16 == 12 || i % 16 == 13 ? 34 : 4; at + 4 <= msg.len;
		    at += 4 + msg.b[at + 3]) {
			msg.b[at] = msg.b[at + 2] = 0;
			msg.b[at + 1] %= i % 3 ? 32 : 160;
			msg.b[at + 3] &= 0x3f;
		}
		if (parse(&copy) == DROP_NONE)
			view_is_sane(&view);
		free(copy);
	}
}
END_TEST

static void
corpus_message(const uint8_t *data, size_t len)
{
	size_t header = len && (data[0] == 12 || data[0] == 13) ? 34 : 4;

	if (len < header) {
		must(dhcp6_parse(&view, data, len) == DROP_SHORT);
		return;
	}
	must(dhcp6_parse(&view, data, len) == DROP_NONE);
	view_is_sane(&view);
}

START_TEST(dhcp6_reads_messages_from_the_wild)
{
	msg_corpus(MSG_CORPUS6, corpus_message);
}
END_TEST

Suite *
dhcp6_suite(void)
{
	Suite *s = suite_create("dhcp6");
	TCase *tc = tcase_create("good");

	tcase_add_test(tc, header_of_a_client_is_read);
	tcase_add_test(tc, header_of_a_relay_is_read);
	tcase_add_test(tc, every_client_is_read);
	tcase_add_test(tc, options_of_an_ipxe_solicit);
	tcase_add_test(tc, every_type_is_read);
	tcase_add_test(tc, every_code_and_every_length_is_indexed);
	tcase_add_test(tc, longest_option_fills_the_message);
	tcase_add_test(tc, of_repeated_options_the_first_is_indexed);
	suite_add_tcase(s, tc);

	tc = tcase_create("damaged");
	tcase_add_test(tc, shorter_than_its_header_is_short);
	tcase_add_test(tc, nothing_at_all_is_short);
	tcase_add_test(tc, longer_than_udp_is_truncated);
	tcase_add_test(tc, damaged_options_are_odd_and_those_before_are_read);
	tcase_add_test(tc, option_reaching_past_the_message_is_odd);
	tcase_add_test(tc, every_client_truncated_everywhere);
	suite_add_tcase(s, tc);

	tc = tcase_create("relays");
	tcase_add_test(tc, inner_message_is_found_byte_for_byte);
	tcase_add_test(tc, relays_nest);
	tcase_add_test(tc, relay_message_is_there_once_and_not_empty);
	tcase_add_test(tc, relay_with_damaged_options_has_no_inner_message);
	tcase_add_test(tc, client_message_has_no_inner_message);
	suite_add_tcase(s, tc);

	tc = tcase_create("content");
	tcase_add_test(tc, requested_options_are_a_list);
	tcase_add_test(tc, addresses_and_prefixes_are_leases);
	tcase_add_test(tc, a_lease_is_an_address_and_a_prefix);
	tcase_add_test(tc, lease_may_be_in_the_last_of_several);
	tcase_add_test(tc, address_in_the_wrong_place_is_no_lease);
	tcase_add_test(tc, truncated_address_or_prefix_is_no_lease);
	tcase_add_test(tc, status_of_the_message_then_of_its_ias);
	tcase_add_test(tc, status_without_its_code_is_success);
	suite_add_tcase(s, tc);

	tc = tcase_create("writing");
	tcase_add_test(tc, written_relay_header_reads_back);
	tcase_add_test(tc, written_like_the_builder);
	tcase_add_test(tc, what_does_not_fit_is_bad);
	tcase_add_test(tc, types_have_names);
	suite_add_tcase(s, tc);

	tc = tcase_create("anything");
	tcase_add_test(tc, random_bytes_never_confuse_the_view);
	if (msg_corpus_is_here(MSG_CORPUS6, "dhcp6_reads_messages_from_the_wild"))
		tcase_add_test(tc, dhcp6_reads_messages_from_the_wild);
	suite_add_tcase(s, tc);
	return s;
}
