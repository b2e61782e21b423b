/* SPDX-License-Identifier: ISC
 *
 * The view of a message: what real clients send, and wrong lengths of every
 * kind. Messages are exact heap blocks, so that ASan catches overruns.
 */
#include "proto/dhcp4.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *dhcp4_suite(void);

static struct msg msg;
static struct dhcp4 view;

/* Parses an exact copy; *copy must be freed when the view is done with. */
static enum drop
parse(uint8_t **copy)
{
	*copy = msg_exact(msg.b, msg.len);
	return dhcp4_parse(&view, *copy, msg.len);
}

static enum drop
verdict(void)
{
	uint8_t *copy;
	enum drop d = parse(&copy);

	free(copy);
	return d;
}

/* A view points only into its message, whatever it contains. */
static void
view_is_sane(const struct dhcp4 *m)
{
	struct dhcp4_iter it = dhcp4_iter(m, DHCP4_AREA_OPTIONS);
	struct dhcp4_item o;
	uint8_t joined[512];
	struct rd v;
	size_t last = 0;

	must(m->end_at <= m->len);
	must(!m->end || m->data[m->end_at] == DHCP4_OPT_END);
	must(m->overload <= 3);
	while (dhcp4_next(&it, &o)) {
		must(o.at > last);
		must(o.at >= DHCP4_OPTIONS);
		must(o.code != DHCP4_OPT_PAD && o.code != DHCP4_OPT_END);
		must(m->data[o.at] == o.code);
		must(o.value.p == m->data + o.at + 2);
		must(o.value.end <= m->data + m->end_at);
		must(m->at[o.code] != 0 && m->at[o.code] <= o.at);
		last = o.at;
	}
	for (int c = 0; c < 256; c++) {
		size_t len = dhcp4_opt_join(m, (uint8_t)c, joined, sizeof(joined));

		if (!dhcp4_opt(m, (uint8_t)c, &v)) {
			must(m->at[c] == 0);
			must(len == 0);
			continue;
		}
		must(v.p > m->data && v.end <= m->data + m->len);
		must(len >= rd_left(&v));
		must(memcmp(joined, v.p, rd_left(&v)) == 0);
	}
}

static void
option_is(uint8_t code, const void *want, size_t len)
{
	struct rd v;

	must(dhcp4_opt(&view, code, &v));
	must(rd_left(&v) == len);
	must(memcmp(v.p, want, len) == 0);
}

/* --- good messages -------------------------------------------------------- */

START_TEST(header_fields_are_read)
{
	static const uint8_t fixed[] = {
		2, 6, 16, 3, 0x12, 0x34, 0x56, 0x78, 0xab, 0xcd, 0x80, 0x01,
		10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3, 10, 0, 0, 4,
	};
	uint8_t *copy;

	msg_init(&msg, BOOTREPLY);
	memcpy(msg.b, fixed, sizeof(fixed));
	msg_end(&msg);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.op, BOOTREPLY);
	ck_assert_uint_eq(view.htype, 6);
	ck_assert_uint_eq(view.hlen, 16);
	ck_assert_uint_eq(view.hops, 3);
	ck_assert_uint_eq(view.xid, 0x12345678);
	ck_assert_uint_eq(view.secs, 0xabcd);
	ck_assert_uint_eq(view.flags, 0x8001);
	ck_assert_uint_eq(view.ciaddr.host, 0x0a000001);
	ck_assert_uint_eq(view.yiaddr.host, 0x0a000002);
	ck_assert_uint_eq(view.siaddr.host, 0x0a000003);
	ck_assert_uint_eq(view.giaddr.host, 0x0a000004);
	ck_assert_ptr_eq(view.chaddr, copy + DHCP4_OFF_CHADDR);
	ck_assert(view.cookie && view.end);
	ck_assert_uint_eq(view.end_at, 240);
	ck_assert_uint_eq(view.type, DHCP4_TYPE_NONE);
	free(copy);
}
END_TEST

START_TEST(every_client_is_read)
{
	for (const struct msg_client *c = msg_clients; c->name; c++) {
		uint8_t *copy;

		c->build(&msg);
		ck_assert_msg(parse(&copy) == DROP_NONE, "%s", c->name);
		view_is_sane(&view);
		ck_assert_uint_eq(view.xid, 0x5eed0001);
		ck_assert_uint_eq(view.hlen, 6);
		ck_assert_uint_eq(view.len, msg.len);
		free(copy);
	}
}
END_TEST

START_TEST(options_of_an_ipxe_discover)
{
	uint8_t *copy;

	msg_client(&msg, "ipxe-bios");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP4_DISCOVER);
	option_is(DHCP4_OPT_USER_CLASS, "iPXE", 4);
	option_is(DHCP4_OPT_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001", 32);
	option_is(DHCP4_OPT_ARCH, "\0\0", 2);
	ck_assert(view.end);
	ck_assert_uint_eq(view.end_at, view.len - 1);
	ck_assert_uint_eq(view.at[DHCP4_OPT_TYPE], DHCP4_OPTIONS);
	ck_assert_uint_eq(view.at[DHCP4_OPT_RAI], 0);
	free(copy);
}
END_TEST

START_TEST(intel_padding_follows_end)
{
	uint8_t *copy;

	msg_client(&msg, "intel-rom");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.len, 548);
	ck_assert(view.end && view.end_at < 400);
	ck_assert_uint_eq(view.flags, DHCP4_FLAG_BROADCAST);
	free(copy);
}
END_TEST

START_TEST(message_without_end_ends_with_the_message)
{
	uint8_t *copy;

	msg_client(&msg, "apple-bsdp");
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP4_INFORM);
	ck_assert(!view.end);
	ck_assert_uint_eq(view.end_at, view.len);
	view_is_sane(&view);
	free(copy);
}
END_TEST

START_TEST(bootp_without_cookie_has_no_options)
{
	static const size_t lengths[] = { 236, 237, 238, 239, 240, 300, 548 };
	struct dhcp4_item o;
	uint8_t *copy;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct dhcp4_iter it;

		msg_client(&msg, "bootp");
		msg_pad(&msg, 548);
		memset(msg.b + 240, 53, 548 - 240);
		msg.len = lengths[i];
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert(!view.cookie && !view.end);
		ck_assert_uint_eq(view.end_at, lengths[i]);
		ck_assert_uint_eq(view.type, DHCP4_TYPE_NONE);
		it = dhcp4_iter(&view, DHCP4_AREA_OPTIONS);
		ck_assert(!dhcp4_next(&it, &o));
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

START_TEST(end_may_come_first)
{
	uint8_t *copy;

	msg_init(&msg, BOOTREQUEST);
	msg_end(&msg);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_DISCOVER);
	msg_u8(&msg, 60);	/* would reach past the message */
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(view.end);
	ck_assert_uint_eq(view.end_at, DHCP4_OPTIONS);
	ck_assert_uint_eq(view.type, DHCP4_TYPE_NONE);
	view_is_sane(&view);
	free(copy);
}
END_TEST

START_TEST(cookie_alone_is_a_message)
{
	uint8_t *copy;

	msg_init(&msg, BOOTREQUEST);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(view.cookie && !view.end);
	ck_assert_uint_eq(view.end_at, DHCP4_OPTIONS);
	view_is_sane(&view);
	free(copy);
}
END_TEST

START_TEST(pads_are_skipped_everywhere)
{
	uint8_t *copy;

	msg_init(&msg, BOOTREQUEST);
	msg_pad(&msg, msg.len + 3);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_ACK);
	msg_pad(&msg, msg.len + 1);
	msg_opt_text(&msg, DHCP4_OPT_BOOTFILE, "x");
	msg_pad(&msg, msg.len + 5);
	msg_end(&msg);
	msg_pad(&msg, msg.len + 9);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.type, DHCP4_ACK);
	ck_assert_uint_eq(view.at[DHCP4_OPT_TYPE], 243);
	option_is(DHCP4_OPT_BOOTFILE, "x", 1);
	ck_assert_uint_eq(view.end_at, msg.len - 10);
	ck_assert_uint_eq(view.at[DHCP4_OPT_PAD], 0);
	ck_assert_uint_eq(view.at[DHCP4_OPT_END], 0);
	free(copy);
}
END_TEST

START_TEST(only_pads_is_a_message)
{
	uint8_t *copy;

	msg_init(&msg, BOOTREQUEST);
	msg_pad(&msg, MSG_MAX - 1000);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(!view.end);
	ck_assert_uint_eq(view.end_at, msg.len);
	free(copy);
}
END_TEST

START_TEST(every_code_and_every_length_is_indexed)
{
	for (int code = 1; code < 255; code++)
		for (int len = 0; len < 256; len += code % 7 + 1) {
			uint8_t value[255], *copy;
			/* DHCP message type, with its only valid length */
			int type = code == DHCP4_OPT_TYPE && len == 1 ? code : 0;

			memset(value, code, sizeof(value));
			msg_init(&msg, BOOTREQUEST);
			msg_opt(&msg, (uint8_t)code, value, (size_t)len);
			must(parse(&copy) == DROP_NONE);
			option_is((uint8_t)code, value, (size_t)len);
			must(view.at[code] == DHCP4_OPTIONS);
			must(view.type == type);
			must(view.overload == 0);
			view_is_sane(&view);
			free(copy);
		}
}
END_TEST

/* --- what is refused ------------------------------------------------------ */

START_TEST(shorter_than_bootp_is_short)
{
	msg_client(&msg, "ovmf-x64");
	for (size_t len = 0; len < DHCP4_HEADER; len++) {
		msg.len = len;
		ck_assert_uint_eq(verdict(), DROP_SHORT);
	}
	ck_assert_uint_eq(dhcp4_parse(&view, NULL, 0), DROP_SHORT);
}
END_TEST

START_TEST(longer_than_udp_is_truncated)
{
	msg_init(&msg, BOOTREQUEST);
	msg_end(&msg);
	msg_pad(&msg, 65535);
	ck_assert_uint_eq(verdict(), DROP_NONE);
	msg_pad(&msg, 65536);
	ck_assert_uint_eq(verdict(), DROP_TRUNCATED);
}
END_TEST

START_TEST(op_must_be_1_or_2)
{
	for (int op = 0; op < 256; op++) {
		msg_client(&msg, "dhclient");
		msg.b[0] = (uint8_t)op;
		ck_assert_uint_eq(verdict(),
		    op == 1 || op == 2 ? DROP_NONE : DROP_BAD_OP);
	}
}
END_TEST

START_TEST(hlen_is_at_most_16)
{
	for (int hlen = 0; hlen < 256; hlen++) {
		msg_client(&msg, "dhclient");
		msg.b[2] = (uint8_t)hlen;
		ck_assert_uint_eq(verdict(),
		    hlen <= 16 ? DROP_NONE : DROP_BAD_HLEN);
		ck_assert_uint_eq(view.hlen, hlen);
	}
}
END_TEST

/* Found by fuzzing: the iterator of such a view found options that were not
 * indexed. */
START_TEST(options_of_a_refused_header_are_not_read)
{
	struct dhcp4_iter it;
	struct dhcp4_item o;
	uint8_t *copy;

	for (int field = 0; field <= 2; field += 2) {
		msg_client(&msg, "dhclient");
		msg.b[field] = 17;
		ck_assert_uint_ne(parse(&copy), DROP_NONE);
		ck_assert(!view.cookie);
		it = dhcp4_iter(&view, DHCP4_AREA_OPTIONS);
		ck_assert(!dhcp4_next(&it, &o));
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

/* A message cut anywhere is either complete up to the cut or refused. */
START_TEST(every_client_truncated_everywhere)
{
	for (const struct msg_client *c = msg_clients; c->name; c++) {
		size_t whole;

		c->build(&msg);
		whole = msg.len;
		for (size_t len = 0; len <= whole; len++) {
			uint8_t *copy;
			enum drop d;

			msg.len = len;
			d = parse(&copy);
			must(d == DROP_NONE || d == DROP_SHORT ||
			    d == DROP_BAD_OPTIONS);
			ck_assert_int_eq(d == DROP_SHORT, len < DHCP4_HEADER);
			view_is_sane(&view);
			free(copy);
		}
	}
}
END_TEST

START_TEST(option_reaching_past_the_message_is_bad)
{
	for (int code = 1; code < 255; code++)
		for (int len = 0; len < 256; len += 5) {
			uint8_t *copy;

			msg_init(&msg, BOOTREQUEST);
			msg_u8(&msg, (uint8_t)code);
			must(verdict() == DROP_BAD_OPTIONS);
			msg_u8(&msg, (uint8_t)len);
			msg_pad(&msg, msg.len + (size_t)len);
			must(verdict() == DROP_NONE);
			if (len == 0)
				continue;
			msg.len--;
			must(parse(&copy) == DROP_BAD_OPTIONS);
			must(view.at[code] == 0);
			must(view.xid == 0x5eed0001);
			must(view.end_at == msg.len);
			view_is_sane(&view);
			free(copy);
		}
}
END_TEST

/* --- overload (RFC 2132 9.3), long options (RFC 3396) --------------------- */

/* Options area: 52 and `rest`; file and sname hold what the caller wrote. */
static void
overloaded(uint8_t how)
{
	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_REQUEST);
	msg_opt_u8(&msg, DHCP4_OPT_OVERLOAD, how);
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXE");
	msg_end(&msg);
}

static void
put(size_t off, const char *bytes, size_t len)
{
	memcpy(msg.b + off, bytes, len);
}

START_TEST(overload_opens_file_and_sname)
{
	for (uint8_t how = 0; how <= 9; how++) {
		bool file = how & 1, sname = how & 2;
		uint8_t *copy;
		struct rd v;

		overloaded(how);
		put(DHCP4_OFF_FILE, "\115\4iPXE\74\2Cl\377", 11);
		put(DHCP4_OFF_SNAME, "\135\2\0\7\74\3ien\377", 10);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_uint_eq(view.overload, how & 3);
		ck_assert_int_eq(dhcp4_opt(&view, DHCP4_OPT_USER_CLASS, &v), file);
		ck_assert_int_eq(dhcp4_opt(&view, DHCP4_OPT_ARCH, &v), sname);
		/* the first instance is in the options area */
		option_is(DHCP4_OPT_VENDOR_CLASS, "PXE", 3);
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

/* dhcpd and dnsmasq read the first byte, whatever the length of the option. */
START_TEST(overload_is_read_as_servers_do)
{
	static const struct { const char *bytes; size_t len; uint8_t overload; } t[] = {
		{ "\64\1\1", 3, 1 }, { "\64\1\207", 3, 3 }, { "\64\0", 2, 0 },
		{ "\64\2\1\0", 4, 1 }, { "\64\2\0\1", 4, 0 },
		{ "\64\0\64\1\2", 5, 2 }, { "\64\1\0\64\1\3", 6, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint8_t *copy;

		msg_init(&msg, BOOTREQUEST);
		msg_bytes(&msg, t[i].bytes, t[i].len);
		msg_end(&msg);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_msg(view.overload == t[i].overload, "%zu", i);
		free(copy);
	}
}
END_TEST

START_TEST(parts_are_joined_in_order_of_areas)
{
	uint8_t *copy, buf[16] = { 0 };

	overloaded(3);
	put(DHCP4_OFF_FILE, "\74\2Cl\377", 5);
	put(DHCP4_OFF_SNAME, "\74\4ient\377", 7);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(dhcp4_opt_join(&view, 60, buf, sizeof(buf)), 9);
	ck_assert_str_eq((char *)buf, "PXEClient");
	/* what does not fit is counted but not written */
	memset(buf, 0, sizeof(buf));
	ck_assert_uint_eq(dhcp4_opt_join(&view, 60, buf, 4), 9);
	ck_assert_str_eq((char *)buf, "PXEC");
	ck_assert_uint_eq(dhcp4_opt_join(&view, 60, buf, 0), 9);
	ck_assert_uint_eq(dhcp4_opt_join(&view, 61, buf, sizeof(buf)), 0);
	free(copy);
}
END_TEST

START_TEST(option_only_in_file_is_found_and_joined)
{
	uint8_t *copy, buf[8] = { 0 };

	overloaded(3);
	put(DHCP4_OFF_FILE, "\103\3boo\377", 6);
	put(DHCP4_OFF_SNAME, "\103\1t\377", 4);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.at[DHCP4_OPT_BOOTFILE], DHCP4_OFF_FILE);
	option_is(DHCP4_OPT_BOOTFILE, "boo", 3);
	ck_assert_uint_eq(dhcp4_opt_join(&view, 67, buf, sizeof(buf)), 4);
	ck_assert_str_eq((char *)buf, "boot");
	free(copy);
}
END_TEST

/* The message goes to the server unchanged; how to read an overloaded field full of
 * garbage is the server's decision. */
START_TEST(garbage_in_overloaded_fields_is_ignored)
{
	struct prng p = { 52 };

	for (int i = 0; i < 20000; i++) {
		uint8_t *copy;

		overloaded((uint8_t)(i % 4));
		prng_fill(&p, msg.b + DHCP4_OFF_SNAME,
		    DHCP4_LEN_SNAME + DHCP4_LEN_FILE);
		must(parse(&copy) == DROP_NONE);
		must(view.type == DHCP4_REQUEST);
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

/* An option must not run from sname into file, or from file into the cookie. */
START_TEST(overloaded_option_stays_in_its_field)
{
	struct rd v;
	uint8_t *copy;

	overloaded(3);
	put(DHCP4_OFF_FILE + DHCP4_LEN_FILE - 3, "\115\2x", 3);
	put(DHCP4_OFF_SNAME + DHCP4_LEN_SNAME - 2, "\135\1", 2);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert(!dhcp4_opt(&view, DHCP4_OPT_USER_CLASS, &v));
	ck_assert(!dhcp4_opt(&view, DHCP4_OPT_ARCH, &v));
	free(copy);

	overloaded(3);
	put(DHCP4_OFF_FILE + DHCP4_LEN_FILE - 3, "\115\1x", 3);
	put(DHCP4_OFF_SNAME + DHCP4_LEN_SNAME - 2, "\135\0", 2);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	option_is(DHCP4_OPT_USER_CLASS, "x", 1);
	option_is(DHCP4_OPT_ARCH, "", 0);
	free(copy);
}
END_TEST

START_TEST(overload_inside_file_has_no_effect)
{
	uint8_t *copy;
	struct rd v;

	overloaded(1);
	put(DHCP4_OFF_FILE, "\64\1\3\377", 4);
	put(DHCP4_OFF_SNAME, "\115\1x\377", 4);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(view.overload, 1);
	ck_assert(!dhcp4_opt(&view, DHCP4_OPT_USER_CLASS, &v));
	free(copy);
}
END_TEST

START_TEST(long_option_is_joined)
{
	uint8_t part[255], *copy, *buf = malloc(700);

	msg_init(&msg, BOOTREPLY);
	for (int i = 0; i < 3; i++) {
		memset(part, 'a' + i, sizeof(part));
		msg_opt(&msg, DHCP4_OPT_VENDOR_INFO, part, i < 2 ? 255 : 100);
		msg_opt_u8(&msg, 19, 1);
	}
	msg_end(&msg);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	ck_assert_uint_eq(dhcp4_opt_join(&view, 43, buf, 700), 610);
	ck_assert(buf[0] == 'a' && buf[255] == 'b' && buf[609] == 'c');
	ck_assert_uint_eq(dhcp4_opt_join(&view, 43, buf, 256), 610);
	free(buf);
	free(copy);
}
END_TEST

/* --- getters and edits ---------------------------------------------------- */

START_TEST(address_options_have_four_bytes)
{
	for (size_t len = 0; len <= 8; len++) {
		uint8_t *copy;

		msg_init(&msg, BOOTREPLY);
		msg_opt(&msg, DHCP4_OPT_SERVER_ID, "\12\1\2\3\4\5\6\7", len);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_uint_eq(dhcp4_opt_ip4(&view, DHCP4_OPT_SERVER_ID).host,
		    len == 4 ? 0x0a010203 : 0);
		ck_assert_uint_eq(dhcp4_opt_ip4(&view, DHCP4_OPT_ROUTER).host, 0);
		free(copy);
	}
}
END_TEST

START_TEST(the_first_of_several_routers_counts)
{
	for (size_t len = 0; len <= 8; len++) {
		uint8_t *copy;

		msg_init(&msg, BOOTREPLY);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_uint_eq(dhcp4_router(&view).host, 0);
		free(copy);
		msg_opt(&msg, DHCP4_OPT_ROUTER, "\12\1\2\3\12\1\2\4", len);
		ck_assert_uint_eq(parse(&copy), DROP_NONE);
		ck_assert_uint_eq(dhcp4_router(&view).host, len < 4 ? 0 : 0x0a010203);
		free(copy);
	}
}
END_TEST

START_TEST(iterator_gives_every_option_in_order)
{
	static const uint8_t codes[] = { 53, 60, 82, 60, 82 };
	struct dhcp4_iter it;
	struct dhcp4_item o;
	uint8_t *copy;

	msg_init(&msg, BOOTREQUEST);
	for (size_t i = 0; i < sizeof(codes); i++) {
		msg_opt_u8(&msg, codes[i], (uint8_t)i);
		msg_u8(&msg, DHCP4_OPT_PAD);
	}
	msg_end(&msg);
	msg_opt_u8(&msg, 99, 99);
	ck_assert_uint_eq(parse(&copy), DROP_NONE);
	it = dhcp4_iter(&view, DHCP4_AREA_OPTIONS);
	for (size_t i = 0; i < sizeof(codes); i++) {
		ck_assert(dhcp4_next(&it, &o));
		ck_assert_uint_eq(o.code, codes[i]);
		ck_assert_uint_eq(o.at, 240 + 4 * i);
		ck_assert_uint_eq(rd_u8(&o.value), i);
	}
	ck_assert(!dhcp4_next(&it, &o));
	ck_assert(!dhcp4_next(&it, &o));
	free(copy);
}
END_TEST

START_TEST(edits_touch_their_field_only)
{
	struct msg before;

	msg_client(&msg, "ovmf-x64");
	before = msg;
	dhcp4_put_hops(msg.b, 7);
	dhcp4_put_ip4(msg.b, DHCP4_OFF_GIADDR, (struct ip4){ 0xc0000201 });
	ck_assert_uint_eq(msg.b[DHCP4_OFF_HOPS], 7);
	ck_assert(memcmp(msg.b + DHCP4_OFF_GIADDR, "\300\0\2\1", 4) == 0);
	memcpy(before.b + DHCP4_OFF_HOPS, msg.b + DHCP4_OFF_HOPS, 1);
	memcpy(before.b + DHCP4_OFF_GIADDR, msg.b + DHCP4_OFF_GIADDR, 4);
	ck_assert(memcmp(before.b, msg.b, msg.len) == 0);
}
END_TEST

START_TEST(random_bytes_never_confuse_the_view)
{
	struct prng p = { 2131 };

	for (int i = 0; i < 20000; i++) {
		uint8_t *copy;

		msg_init(&msg, (uint8_t)(1 + i % 2));
		msg.len += prng_below(&p, 400);
		prng_fill(&p, msg.b + DHCP4_OPTIONS, msg.len - DHCP4_OPTIONS);
		/* small lengths, because a large one would end the message at the
		 * first option */
		for (size_t at = 241; at < msg.len; at += 2)
			msg.b[at] &= 0x0f;
		(void)parse(&copy);
		view_is_sane(&view);
		free(copy);
	}
}
END_TEST

static void
corpus_message(const uint8_t *data, size_t len)
{
	enum drop d = dhcp4_parse(&view, data, len);

	view_is_sane(&view);
	if (len < DHCP4_HEADER)
		must(d == DROP_SHORT);
	else if (data[0] != 1 && data[0] != 2)
		must(d == DROP_BAD_OP);
	else if (data[2] > 16)
		must(d == DROP_BAD_HLEN);
	else
		must(d == DROP_NONE || d == DROP_BAD_OPTIONS);
}

START_TEST(dhcp4_reads_messages_from_the_wild)
{
	msg_corpus(MSG_CORPUS4, corpus_message);
}
END_TEST

Suite *
dhcp4_suite(void)
{
	Suite *s = suite_create("dhcp4");
	TCase *tc = tcase_create("good");

	tcase_add_test(tc, header_fields_are_read);
	tcase_add_test(tc, every_client_is_read);
	tcase_add_test(tc, options_of_an_ipxe_discover);
	tcase_add_test(tc, intel_padding_follows_end);
	tcase_add_test(tc, message_without_end_ends_with_the_message);
	tcase_add_test(tc, bootp_without_cookie_has_no_options);
	tcase_add_test(tc, end_may_come_first);
	tcase_add_test(tc, cookie_alone_is_a_message);
	tcase_add_test(tc, pads_are_skipped_everywhere);
	tcase_add_test(tc, only_pads_is_a_message);
	tcase_add_test(tc, every_code_and_every_length_is_indexed);
	suite_add_tcase(s, tc);

	tc = tcase_create("refused");
	tcase_add_test(tc, shorter_than_bootp_is_short);
	tcase_add_test(tc, longer_than_udp_is_truncated);
	tcase_add_test(tc, op_must_be_1_or_2);
	tcase_add_test(tc, hlen_is_at_most_16);
	tcase_add_test(tc, options_of_a_refused_header_are_not_read);
	tcase_add_test(tc, every_client_truncated_everywhere);
	tcase_add_test(tc, option_reaching_past_the_message_is_bad);
	suite_add_tcase(s, tc);

	tc = tcase_create("overload");
	tcase_add_test(tc, overload_opens_file_and_sname);
	tcase_add_test(tc, overload_is_read_as_servers_do);
	tcase_add_test(tc, parts_are_joined_in_order_of_areas);
	tcase_add_test(tc, option_only_in_file_is_found_and_joined);
	tcase_add_test(tc, garbage_in_overloaded_fields_is_ignored);
	tcase_add_test(tc, overloaded_option_stays_in_its_field);
	tcase_add_test(tc, overload_inside_file_has_no_effect);
	tcase_add_test(tc, long_option_is_joined);
	suite_add_tcase(s, tc);

	tc = tcase_create("access");
	tcase_add_test(tc, address_options_have_four_bytes);
	tcase_add_test(tc, the_first_of_several_routers_counts);
	tcase_add_test(tc, iterator_gives_every_option_in_order);
	tcase_add_test(tc, edits_touch_their_field_only);
	tcase_add_test(tc, random_bytes_never_confuse_the_view);
	if (msg_corpus_is_here(MSG_CORPUS4, "dhcp4_reads_messages_from_the_wild"))
		tcase_add_test(tc, dhcp4_reads_messages_from_the_wild);
	suite_add_tcase(s, tc);
	return s;
}
