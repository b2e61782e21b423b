/* SPDX-License-Identifier: ISC
 *
 * Option 82 both ways: what goes into a request comes out of the reply, and
 * every other byte stays where the server or the client put it.
 */
#include "proto/rai.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *rai_suite(void);

static struct msg msg;
static struct dhcp4 view;
static uint8_t out[4096];

/* circuit-id "vlan10", remote-id a MAC */
static struct rai
ours(void)
{
	struct rai r = { 0 };

	must(rai_add(&r, RAI_CIRCUIT_ID, "vlan10", 6));
	must(rai_add(&r, RAI_REMOTE_ID, "\2\0\136\20\0\1", 6));
	return r;
}

static struct rai
ours_with_flags(void)
{
	struct rai r = { 0 };

	must(rai_add(&r, RAI_CIRCUIT_ID, "vlan10", 6));
	must(rai_add(&r, RAI_FLAGS, "\0", 1));
	must(rai_add(&r, RAI_RELAY_ID, "relay", 5));
	return r;
}

static void
parse(void)
{
	must(dhcp4_parse(&view, msg.b, msg.len) == DROP_NONE);
}

/* Writes from an exact-size copy into an exact-size buffer. */
static size_t
written(size_t size, const struct rai *r, uint8_t flags, bool drop_old)
{
	uint8_t *in = msg_exact(msg.b, msg.len), *to = msg_exact(out, size);
	size_t len;

	must(dhcp4_parse(&view, in, msg.len) == DROP_NONE);
	len = rai_write(to, size, &view, r, flags, drop_old);
	must(len <= size);
	memcpy(out, to, len);
	free(in);
	free(to);
	return len;
}

static enum rai_found
stripped(size_t *len, const struct rai *r)
{
	size_t room = msg.len < DHCP4_MIN ? DHCP4_MIN : msg.len;
	uint8_t *in = msg_exact(msg.b, msg.len), *to = msg_exact(out, room);
	enum rai_found found;

	must(dhcp4_parse(&view, in, msg.len) == DROP_NONE);
	found = rai_strip(to, len, &view, r);
	must(*len <= room);
	memcpy(out, to, *len);
	free(in);
	free(to);
	return found;
}

static bool
zeros(const uint8_t *p, size_t n)
{
	while (n > 0 && *p == 0)
		p++, n--;
	return n == 0;
}

/* A reply as servers write it, with option 82 at `where`. */
enum where { FIRST, MIDDLE, LAST };

static void
reply(enum where where, const void *value, size_t len)
{
	msg_init(&msg, BOOTREPLY);
	if (where == FIRST)
		msg_opt(&msg, DHCP4_OPT_RAI, value, len);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_OFFER);
	msg_opt_u32(&msg, DHCP4_OPT_SERVER_ID, 0xc0000201);
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
	if (where == MIDDLE)
		msg_opt(&msg, DHCP4_OPT_RAI, value, len);
	msg_opt_text(&msg, DHCP4_OPT_BOOTFILE, "boot/x64/wdsmgfw.efi");
	msg_opt_hex(&msg, DHCP4_OPT_VENDOR_INFO, "0601030a 0400506b67ff");
	if (where == LAST)
		msg_opt(&msg, DHCP4_OPT_RAI, value, len);
	msg_end(&msg);
}

/* --- building ------------------------------------------------------------- */

START_TEST(sub_options_are_appended)
{
	struct rai r = ours();

	ck_assert_uint_eq(r.len, 16);
	ck_assert(memcmp(r.value, "\1\6vlan10\2\6\2\0\136\20\0\1", 16) == 0);
	ck_assert_uint_eq(r.flags_at, 0);
	r = ours_with_flags();
	ck_assert_uint_eq(r.flags_at, 10);
	ck_assert_uint_eq(r.value[r.flags_at], 0);
}
END_TEST

START_TEST(empty_sub_option_is_possible)
{
	struct rai r = { 0 };

	ck_assert(rai_add(&r, RAI_VSS_CONTROL, NULL, 0));
	ck_assert_uint_eq(r.len, 2);
	ck_assert(memcmp(r.value, "\230\0", 2) == 0);
}
END_TEST

START_TEST(a_sub_option_that_does_not_fit_changes_nothing)
{
	uint8_t big[300] = { 0 };

	for (size_t first = 0; first <= 253; first++)
		for (size_t len = 0; len <= 300; len++) {
			struct rai r = { 0 }, before;
			bool fits = 2 + first + 2 + len <= 255;

			must(rai_add(&r, 1, big, first));
			before = r;
			must(rai_add(&r, RAI_FLAGS, big, len) == fits);
			if (!fits)
				must(memcmp(&r, &before, sizeof(r)) == 0);
			else
				must(r.len == 4 + first + len);
		}
}
END_TEST

START_TEST(check_finds_every_overrun)
{
	struct rai r = ours_with_flags();
	bool boundary[255] = { [0] = true, [8] = true, [11] = true, [18] = true };

	for (size_t n = 0; n <= r.len; n++) {
		uint8_t *v = msg_exact(r.value, n);

		must((rai_check(rd_init(v, n)) == DROP_NONE) == boundary[n]);
		free(v);
	}
	/* a length that reaches one byte too far, and 255 */
	r.value[12]++;
	ck_assert_uint_eq(rai_check(rd_init(r.value, r.len)), DROP_BAD_OPTION82);
	r.value[12] = 255;
	ck_assert_uint_eq(rai_check(rd_init(r.value, r.len)), DROP_BAD_OPTION82);
}
END_TEST

/* RFC 3396: a part may end in the middle of a sub-option, and every part
 * counts. */
START_TEST(check_joins_the_parts)
{
	static const struct { const char *part[3]; enum drop drop; } t[] = {
		{ { "0102 6162" }, DROP_NONE },
		{ { "0102 6162", "0201 63" }, DROP_NONE },
		{ { "0102 61", "62 02", "01 63" }, DROP_NONE },
		{ { "01", "02", "6162 0200" }, DROP_NONE },
		{ { "", "0100" }, DROP_NONE },
		{ { "0102 6162", "0202 63" }, DROP_BAD_OPTION82 },
		{ { "0102 6162", "02" }, DROP_BAD_OPTION82 },
		{ { "0109 61", "62" }, DROP_BAD_OPTION82 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct dhcp4 m;
		uint8_t *exact;

		msg_init(&msg, BOOTREQUEST);
		for (size_t k = 0; k < 3 && t[i].part[k]; k++)
			msg_opt_hex(&msg, 82, t[i].part[k]);
		exact = msg_exact(msg.b, msg.len);
		ck_assert_int_eq(dhcp4_parse(&m, exact, msg.len), DROP_NONE);
		ck_assert_msg(rai_check_all(&m) == t[i].drop, "%zu", i);
		free(exact);
	}
}
END_TEST

/* --- requests ------------------------------------------------------------- */

START_TEST(option_is_put_before_end)
{
	struct rai r = ours();

	for (const struct msg_client *c = msg_clients; c->name; c++) {
		size_t len, at;

		c->build(&msg);
		len = written(sizeof(out), &r, 0, false);
		at = view.end_at;
		must(memcmp(out, msg.b, at) == 0);
		if (!view.cookie) {
			must(len == msg.len);
			continue;
		}
		must(out[at] == DHCP4_OPT_RAI && out[at + 1] == r.len);
		must(memcmp(out + at + 2, r.value, r.len) == 0);
		must(out[at + 2 + r.len] == DHCP4_OPT_END);
		must(len >= DHCP4_MIN);
		/* bytes after END are still after it */
		must(len == DHCP4_MIN || len == msg.len + 2 + r.len + !view.end);
		must(zeros(out + at + 3 + r.len, len - (at + 3 + r.len)));
		must(dhcp4_parse(&view, out, len) == DROP_NONE);
		must(view.end && view.at[DHCP4_OPT_RAI] == at);
	}
}
END_TEST

START_TEST(without_option_the_message_is_copied_and_padded)
{
	for (const struct msg_client *c = msg_clients; c->name; c++) {
		struct rai empty = { 0 };
		size_t len;

		c->build(&msg);
		len = written(sizeof(out), NULL, 0, false);
		must(len == (msg.len < DHCP4_MIN ? DHCP4_MIN : msg.len));
		must(memcmp(out, msg.b, msg.len) == 0);
		must(zeros(out + msg.len, len - msg.len));
		/* an empty option 82, or none to drop, gives the same message */
		must(written(sizeof(out), &empty, 0, true) == len);
		must(memcmp(out, msg.b, msg.len) == 0);
	}
}
END_TEST

START_TEST(trailing_bytes_are_copied_when_nothing_is_added)
{
	msg_client(&msg, "windows");
	memset(msg.b + msg.len, 0xaa, 50);
	msg.len += 50;
	ck_assert_uint_eq(written(sizeof(out), NULL, 0, true), msg.len);
	ck_assert(memcmp(out, msg.b, msg.len) == 0);
}
END_TEST

START_TEST(bootp_gets_no_option)
{
	struct rai r = ours();

	for (size_t n = DHCP4_HEADER; n <= 400; n++) {
		msg_client(&msg, "bootp");
		msg_pad(&msg, 400);
		memset(msg.b + DHCP4_HEADER, 0xff, 400 - DHCP4_HEADER);
		msg.len = n;
		must(written(sizeof(out), &r, 0, true) ==
		    (n < DHCP4_MIN ? DHCP4_MIN : n));
		must(memcmp(out, msg.b, n) == 0);
		must(n >= DHCP4_MIN || zeros(out + n, DHCP4_MIN - n));
	}
}
END_TEST

START_TEST(message_without_end_gets_one)
{
	struct rai r = ours();

	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_DISCOVER);
	ck_assert_uint_eq(written(sizeof(out), &r, 0, false), DHCP4_MIN);
	ck_assert_uint_eq(out[243], DHCP4_OPT_RAI);
	ck_assert_uint_eq(out[245 + r.len], DHCP4_OPT_END);
	ck_assert(zeros(out + 246 + r.len, DHCP4_MIN - 246 - r.len));
}
END_TEST

START_TEST(flags_byte_is_written)
{
	struct rai r = ours_with_flags();

	msg_client(&msg, "dhclient");
	written(sizeof(out), &r, RAI_FLAG_UNICAST, false);
	ck_assert_uint_eq(out[view.end_at + 2 + r.flags_at], RAI_FLAG_UNICAST);
	written(sizeof(out), &r, 0, false);
	ck_assert_uint_eq(out[view.end_at + 2 + r.flags_at], 0);
	/* without sub-option 10 there is no byte to set */
	r = ours();
	written(sizeof(out), &r, RAI_FLAG_UNICAST, false);
	ck_assert(memcmp(out + view.end_at + 2, r.value, r.len) == 0);
}
END_TEST

START_TEST(bytes_after_end_are_kept)
{
	struct rai r = ours();
	size_t len, n;

	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_DISCOVER);
	msg_end(&msg);
	msg_bytes(&msg, "behind", 6);
	msg_pad(&msg, 548);
	len = written(sizeof(out), &r, 0, false);
	ck_assert_uint_eq(len, 548 + 2 + r.len);
	ck_assert(memcmp(out + 243, "\x52", 1) == 0);
	ck_assert(memcmp(out + 243 + 2 + r.len, "\xff" "behind", 7) == 0);
	/* zeros are given up in a small buffer, other bytes are not */
	n = written(400, &r, 0, false);
	ck_assert_uint_eq(n, 400);
	ck_assert(memcmp(out + 243 + 2 + r.len, "\xff" "behind", 7) == 0);
	msg.b[547] = 1;
	ck_assert_uint_eq(written(400, &r, 0, false), 0);
}
END_TEST

START_TEST(size_is_a_bound)
{
	struct rai r = ours();
	size_t need;

	for (const struct msg_client *c = msg_clients; c->name; c++) {
		c->build(&msg);
		need = written(sizeof(out), &r, 0, false);
		for (size_t size = 0; size < need; size++) {
			size_t n = written(size, &r, 0, false);

			/* too small, or without zeros after END */
			must(n == 0 || (n >= DHCP4_MIN && n <= size));
		}
		must(written(need, &r, 0, false) == need);
		need = written(sizeof(out), NULL, 0, false);
		for (size_t size = 0; size < need; size++)
			must(written(size, NULL, 0, false) == 0);
		must(written(need, NULL, 0, false) == need);
	}
}
END_TEST

START_TEST(full_packet_and_our_largest_option)
{
	struct rai r = { 0 };
	uint8_t big[253] = { 1 };

	ck_assert(rai_add(&r, RAI_CIRCUIT_ID, big, sizeof(big)));
	msg_init(&msg, BOOTREQUEST);
	for (int i = 0; i < 4; i++)
		msg_opt(&msg, 43, big, sizeof(big));
	msg_end(&msg);
	ck_assert_uint_eq(written(msg.len + 257, &r, 0, false), msg.len + 257);
	ck_assert_uint_eq(written(msg.len + 256, &r, 0, false), 0);
}
END_TEST

START_TEST(old_options_are_left_out)
{
	struct rai r = ours();
	size_t len;

	for (int old = 0; old <= 255; old += 5) {
		uint8_t value[255] = { 0 };

		msg_init(&msg, BOOTREQUEST);
		msg_opt(&msg, DHCP4_OPT_RAI, value, (size_t)old);
		msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_DISCOVER);
		msg_u8(&msg, DHCP4_OPT_PAD);
		msg_opt(&msg, DHCP4_OPT_RAI, value, (size_t)old);
		msg_opt(&msg, DHCP4_OPT_RAI, value, 0);
		msg_opt_text(&msg, 12, "lab");
		msg_opt(&msg, DHCP4_OPT_RAI, value, (size_t)old);
		msg_end(&msg);
		len = written(sizeof(out), &r, 0, true);
		must(len == DHCP4_MIN);
		must(memcmp(out + 240, "\65\1\1\0\14\3lab\122", 10) == 0);
		must(memcmp(out + 251, r.value, r.len) == 0);
		must(out[251 + r.len] == DHCP4_OPT_END);
		/* nothing of ours to add: only their options are dropped */
		len = written(sizeof(out), NULL, 0, true);
		must(len == DHCP4_MIN);
		must(memcmp(out + 240, "\65\1\1\0\14\3lab\377", 10) == 0);
		must(zeros(out + 250, len - 250));
	}
}
END_TEST

START_TEST(old_option_stays_when_not_dropped)
{
	struct rai r = ours();

	msg_init(&msg, BOOTREQUEST);
	msg_opt_hex(&msg, DHCP4_OPT_RAI, "0102abcd");
	msg_end(&msg);
	written(sizeof(out), &r, 0, false);
	ck_assert(memcmp(out + 240, "\122\4\1\2\253\315\122\20\1\6", 10) == 0);
}
END_TEST

/* RFC 3046 2.1: option 82 in an overloaded field does not count. */
START_TEST(overloaded_fields_are_not_touched)
{
	struct rai r = ours();
	size_t len;

	msg_init(&msg, BOOTREPLY);
	msg_opt_u8(&msg, DHCP4_OPT_OVERLOAD, 3);
	msg_end(&msg);
	msg.b[DHCP4_OFF_FILE] = DHCP4_OPT_RAI;
	msg.b[DHCP4_OFF_FILE + 1] = r.len;
	memcpy(msg.b + DHCP4_OFF_FILE + 2, r.value, r.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_ABSENT);
	ck_assert_uint_eq(len, msg.len);
	ck_assert(memcmp(out, msg.b, len) == 0);
	written(sizeof(out), NULL, 0, true);
	ck_assert(memcmp(out, msg.b, msg.len) == 0);
}
END_TEST

/* --- replies -------------------------------------------------------------- */

/* The reply without option 82, as the server would have written it. */
static void
expect_reply(size_t len, size_t received)
{
	static struct msg want;
	size_t end;

	must(len == (received < DHCP4_MIN ? received :
	    received - 18 < DHCP4_MIN ? DHCP4_MIN : received - 18));
	want = msg;
	want.len = 240;
	msg_opt_u8(&want, DHCP4_OPT_TYPE, DHCP4_OFFER);
	msg_opt_u32(&want, DHCP4_OPT_SERVER_ID, 0xc0000201);
	msg_opt_text(&want, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
	msg_opt_text(&want, DHCP4_OPT_BOOTFILE, "boot/x64/wdsmgfw.efi");
	msg_opt_hex(&want, DHCP4_OPT_VENDOR_INFO, "0601030a 0400506b67ff");
	msg_end(&want);
	end = want.len;
	must(memcmp(out, want.b, end) == 0);
	must(zeros(out + end, len - end));
}

START_TEST(ours_is_stripped_first_middle_last)
{
	struct rai r = ours();

	for (enum where w = FIRST; w <= LAST; w++) {
		size_t len;

		reply(w, r.value, r.len);
		must(stripped(&len, &r) == RAI_OURS);
		expect_reply(len, msg.len);
		msg_pad(&msg, 340);
		must(stripped(&len, &r) == RAI_OURS);
		expect_reply(len, msg.len);
	}
}
END_TEST

START_TEST(pads_and_trailing_bytes_around_the_option_stay)
{
	struct rai r = ours();
	size_t len;

	msg_init(&msg, BOOTREPLY);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_ACK);
	msg_pad(&msg, msg.len + 2);
	msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
	msg_pad(&msg, msg.len + 3);
	msg_opt_u8(&msg, 19, 1);
	msg_end(&msg);
	msg_bytes(&msg, "tail", 4);
	msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
	ck_assert(memcmp(out + 240, "\65\1\5\0\0\0\0\0\23\1\1\377tail", 16) == 0);
	/* bytes after END are padding, even if they look like ours */
	ck_assert(memcmp(out + 256, "\122\20\1\6vlan10", 10) == 0);
}
END_TEST

/* RFC 3046 2.0: an option 82 has a sub-option; the client does not get an empty one. */
START_TEST(empty_options_are_removed)
{
	struct rai r = ours();
	size_t len;

	msg_init(&msg, BOOTREPLY);
	msg_opt(&msg, DHCP4_OPT_RAI, NULL, 0);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_ACK);
	msg_opt(&msg, DHCP4_OPT_RAI, NULL, 0);
	msg_end(&msg);
	must(stripped(&len, &r) == RAI_OURS && len == DHCP4_MIN);
	must(memcmp(out + DHCP4_OPTIONS, "\65\1\5\377\0", 5) == 0);
	must(stripped(&len, NULL) == RAI_OURS && len == DHCP4_MIN);
	must(memcmp(out + DHCP4_OPTIONS, "\65\1\5\377\0", 5) == 0);
	/* and another relay's stays */
	msg_init(&msg, BOOTREPLY);
	msg_opt(&msg, DHCP4_OPT_RAI, NULL, 0);
	msg_opt_hex(&msg, DHCP4_OPT_RAI, "0106766c616e3131");
	msg_end(&msg);
	must(stripped(&len, &r) == RAI_FOREIGN && len == DHCP4_MIN);
	must(memcmp(out + DHCP4_OPTIONS, "\122\10\1\6vlan11\377\0", 12) == 0);
}
END_TEST

START_TEST(foreign_options_are_left_in)
{
	static const char *const hex[] = {
		"00", "01", "0106", "0106766c616e3131", "0206766c616e3130",
		"0106766c616e3130 02060200 5e100002",
		"0106766c616e3130 0206 02005e1000",
		"ff", "0106766c616e3130 0506 02005e100001",
	};
	struct rai r = ours();

	for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
		size_t len;

		msg_init(&msg, BOOTREPLY);
		msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_ACK);
		msg_opt_hex(&msg, DHCP4_OPT_RAI, hex[i]);
		msg_end(&msg);
		ck_assert_msg(stripped(&len, &r) == RAI_FOREIGN, "%s", hex[i]);
		must(len == msg.len && memcmp(out, msg.b, len) == 0);
		must(stripped(&len, NULL) == RAI_FOREIGN);
		must(len == msg.len && memcmp(out, msg.b, len) == 0);
	}
}
END_TEST

START_TEST(reply_without_option_is_copied)
{
	struct rai r = ours();
	size_t len;

	for (const struct msg_client *c = msg_clients; c->name; c++) {
		c->build(&msg);
		must(stripped(&len, &r) == RAI_ABSENT);
		must(len == msg.len && memcmp(out, msg.b, len) == 0);
		must(stripped(&len, NULL) == RAI_ABSENT);
		must(len == msg.len && memcmp(out, msg.b, len) == 0);
	}
}
END_TEST

START_TEST(both_go_when_a_server_repeats_ours)
{
	struct rai r = ours();
	size_t len;

	msg_init(&msg, BOOTREPLY);
	msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_ACK);
	msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
	msg_end(&msg);
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
	ck_assert(memcmp(out, msg.b, DHCP4_OPTIONS) == 0);
	ck_assert(memcmp(out + DHCP4_OPTIONS, "\x35\1\5\xff", 4) == 0);
}
END_TEST

START_TEST(ours_goes_and_the_clients_stays)
{
	struct rai r = ours();

	for (enum where w = FIRST; w <= LAST; w++) {
		size_t len, at;

		reply(w, "\1\3abc", 5);
		must(dhcp4_parse(&view, msg.b, msg.len) == DROP_NONE);
		at = view.end_at;
		msg.len = at;
		msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
		msg_end(&msg);
		must(stripped(&len, &r) == RAI_OURS);
		must(memcmp(out, msg.b, at) == 0 && out[at] == DHCP4_OPT_END);
	}
}
END_TEST

START_TEST(ours_after_the_clients_in_one_option)
{
	struct rai r = ours();
	uint8_t joined[255];
	size_t len;

	memcpy(joined, "\1\3abc\2\1x", 8);
	memcpy(joined + 8, r.value, r.len);
	reply(MIDDLE, joined, 8 + r.len);
	parse();
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
	ck_assert_uint_eq(len, msg.len - r.len);
	ck_assert_uint_eq(dhcp4_parse(&view, out, len), DROP_NONE);
	ck_assert_uint_eq(out[view.at[DHCP4_OPT_RAI] + 1], 8);
	ck_assert(memcmp(out + view.at[DHCP4_OPT_RAI] + 2, joined, 8) == 0);
	ck_assert(view.at[DHCP4_OPT_BOOTFILE] > view.at[DHCP4_OPT_RAI]);
	ck_assert(view.end);

	/* not at a boundary: our bytes are the tail of another value */
	joined[1] = (uint8_t)(6 + r.len);
	reply(MIDDLE, joined, 8 + r.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_FOREIGN);
	ck_assert(memcmp(out, msg.b, len) == 0);
}
END_TEST

/* A value that was joined and then split again after `first` bytes, around a boot
 * file. */
static void
reply_split(const uint8_t *joined, size_t n, size_t first)
{
	msg_init(&msg, BOOTREPLY);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_OFFER);
	msg_opt(&msg, DHCP4_OPT_RAI, joined, first);
	msg_opt_text(&msg, DHCP4_OPT_BOOTFILE, "pxelinux.0");
	msg_opt(&msg, DHCP4_OPT_RAI, joined + first, n - first);
	msg_end(&msg);
}

START_TEST(ours_across_two_options)
{
	struct rai r = ours();
	uint8_t joined[2 + 243 + 255] = { 1, 243 }, got[512];
	size_t n = 245 + r.len, len, least = n - 255;

	memcpy(joined + 245, r.value, r.len);
	must(n > 255);
	for (size_t first = least; first <= 255; first++) {
		reply_split(joined, n, first);
		ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
		must(dhcp4_parse(&view, out, len) == DROP_NONE);
		ck_assert_uint_eq(dhcp4_opt_join(&view, DHCP4_OPT_RAI, got,
		    sizeof(got)), 245);
		ck_assert_mem_eq(got, joined, 245);
		ck_assert(view.at[DHCP4_OPT_BOOTFILE] && view.end);
	}
	/* It fits into one option, so it was not split: these are two relays'
	 * options. */
	joined[1] = 20;
	memcpy(joined + 22, r.value, r.len);
	reply_split(joined, 22 + r.len, 25);
	ck_assert_uint_eq(stripped(&len, &r), RAI_FOREIGN);
	/* No sub-option boundary precedes ours. */
	joined[1] = 244;
	memcpy(joined + 245, r.value, r.len);
	reply_split(joined, n, 255);
	ck_assert_uint_eq(stripped(&len, &r), RAI_FOREIGN);
}
END_TEST

START_TEST(flags_byte_is_not_compared)
{
	struct rai r = ours_with_flags();

	for (int flags = 0; flags < 256; flags++) {
		struct rai echoed = r;
		size_t len;

		echoed.value[r.flags_at] = (uint8_t)flags;
		reply(MIDDLE, echoed.value, echoed.len);
		must(stripped(&len, &r) == RAI_OURS);
		/* alone, as if the server kept nothing else */
		reply(LAST, echoed.value + r.flags_at - 2, 3);
		must(stripped(&len, &r) == RAI_OURS);
	}
	for (size_t i = 0; i < r.len; i++) {
		struct rai other = r;
		size_t len;

		if (i == r.flags_at)
			continue;
		other.value[i] ^= 0x40;
		reply(MIDDLE, other.value, other.len);
		must(stripped(&len, &r) == RAI_FOREIGN);
	}
}
END_TEST

/* RFC 6607 5: a server that honours 151 removes 152. */
START_TEST(honoured_vss_is_ours)
{
	struct rai r = ours();
	struct rai echoed = r;
	size_t len;

	ck_assert(rai_add(&r, RAI_VSS, "\0blue", 5));
	ck_assert(rai_add(&r, RAI_VSS_CONTROL, NULL, 0));
	ck_assert(rai_add(&echoed, RAI_VSS, "\0blue", 5));
	reply(MIDDLE, echoed.value, echoed.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
	reply(MIDDLE, r.value, r.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
}
END_TEST

START_TEST(reordered_sub_options_are_ours)
{
	struct rai r = ours(), turned = { 0 };
	size_t len;

	ck_assert(rai_add(&turned, RAI_REMOTE_ID, "\2\0\136\20\0\1", 6));
	ck_assert(rai_add(&turned, RAI_CIRCUIT_ID, "vlan10", 6));
	reply(FIRST, turned.value, turned.len);
	ck_assert_uint_eq(stripped(&len, &r), RAI_OURS);
	expect_reply(len, msg.len);
}
END_TEST

START_TEST(message_is_not_shortened_below_bootp)
{
	struct rai r = ours();

	for (size_t n = 0; n < 100; n++) {
		size_t len, want;

		msg_init(&msg, BOOTREPLY);
		msg_opt(&msg, DHCP4_OPT_RAI, r.value, r.len);
		msg_opt(&msg, 12, "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789"
		    "01234567890123456789", n);
		msg_end(&msg);
		want = msg.len - 18;
		if (want < DHCP4_MIN)
			want = DHCP4_MIN;
		must(stripped(&len, &r) == RAI_OURS);
		must(len == want);
		must(zeros(out + msg.len - 18, len - (msg.len - 18)));
	}
}
END_TEST

/* --- properties ----------------------------------------------------------- */

/* A random message: options of any code except 82, pads, perhaps END and bytes
 * after it. */
static void
random_message(struct prng *p)
{
	uint8_t value[255];
	uint32_t options = prng_below(p, 8);

	msg_init(&msg, (uint8_t)(1 + prng_below(p, 2)));
	while (options-- > 0) {
		uint8_t code = (uint8_t)(1 + prng_below(p, 254));
		size_t len = prng_below(p, prng_below(p, 4) ? 24 : 256);

		if (code == DHCP4_OPT_RAI || code == DHCP4_OPT_OVERLOAD)
			code = 12;
		prng_fill(p, value, sizeof(value));
		msg_opt(&msg, code, value, len);
		msg_pad(&msg, msg.len + (prng_below(p, 4) ? 0 : prng_below(p, 5)));
	}
	if (prng_below(p, 8))
		msg_end(&msg);
}

static struct rai
random_rai(struct prng *p)
{
	struct rai r = { 0 };
	uint8_t value[80];
	uint32_t n = 1 + prng_below(p, 3);

	prng_fill(p, value, sizeof(value));
	while (n-- > 0)
		must(rai_add(&r, (uint8_t)(1 + prng_below(p, 12)), value,
		    prng_below(p, sizeof(value))));
	return r;
}

/* Inserted, echoed and stripped: the result is the client's own message. */
START_TEST(strip_undoes_write)
{
	struct prng p = { 3046 };

	for (int i = 0; i < 20000; i++) {
		struct rai r = random_rai(&p);
		struct msg *sent = &msg;
		size_t len, end;
		uint8_t was[4096];

		random_message(&p);
		parse();
		end = view.end_at;
		memcpy(was, msg.b, end);
		len = written(sizeof(out), &r, (uint8_t)i, false);
		memcpy(sent->b, out, len);
		sent->len = len;
		must(stripped(&len, &r) == RAI_OURS);
		must(memcmp(out, was, end) == 0);
		must(out[end] == DHCP4_OPT_END);
		must(zeros(out + end + 1, len - end - 1));
		must(len == (end + 1 < DHCP4_MIN ? DHCP4_MIN : end + 1));
	}
}
END_TEST

/* The message with option 82 in front of one of its options. */
static void
insert_anywhere(struct prng *p, const struct rai *r, struct msg *with)
{
	struct dhcp4_iter it = dhcp4_iter(&view, DHCP4_AREA_OPTIONS);
	uint32_t pick = prng_below(p, 8);
	size_t at = view.end_at;
	struct dhcp4_item o;

	while (pick-- > 0 && dhcp4_next(&it, &o))
		at = o.at;
	with->len = 0;
	msg_bytes(with, msg.b, at);
	msg_opt(with, DHCP4_OPT_RAI, r->value, r->len);
	msg_bytes(with, msg.b + at, msg.len - at);
}

/* Our option is put between any two options: every other byte survives. */
START_TEST(strip_keeps_every_other_byte)
{
	static struct msg with, was;
	struct prng p = { 82 };

	for (int i = 0; i < 20000; i++) {
		struct rai r = random_rai(&p);
		size_t len;

		random_message(&p);
		parse();
		if (view.end) {
			prng_fill(&p, msg.b + msg.len, 20);
			msg.len += prng_below(&p, 20);
			parse();
		}
		insert_anywhere(&p, &r, &with);
		memcpy(was.b, msg.b, was.len = msg.len);
		memcpy(msg.b, with.b, msg.len = with.len);
		must(stripped(&len, &r) == RAI_OURS);
		must(len >= was.len);
		must(memcmp(out, was.b, was.len) == 0);
		must(zeros(out + was.len, len - was.len));
		must(len == was.len || len == DHCP4_MIN || len == with.len);
	}
}
END_TEST

/* Garbage in option 82 itself, with our bytes near it. */
START_TEST(random_option_82_never_confuses)
{
	struct prng p = { 6607 };
	struct rai r = ours_with_flags();

	for (int i = 0; i < 50000; i++) {
		uint8_t value[255];
		size_t n = prng_below(&p, 60), len;

		for (size_t k = 0; k < n; k++)
			value[k] = prng_below(&p, 2) ?
			    r.value[prng_below(&p, r.len)] :
			    (uint8_t)prng_below(&p, 12);
		reply((enum where)prng_below(&p, 3), value, n);
		if (stripped(&len, &r) == RAI_FOREIGN)
			must(len == msg.len && memcmp(out, msg.b, len) == 0);
		else
			must(dhcp4_parse(&view, out, len) == DROP_NONE);
	}
}
END_TEST

static void
corpus_message(const uint8_t *data, size_t len)
{
	struct rai r = ours();
	struct dhcp4 m, again;
	size_t n, back;
	uint8_t *sent;

	if (dhcp4_parse(&m, data, len) != DROP_NONE || !m.cookie)
		return;
	n = rai_write(out, sizeof(out), &m, &r, 0, false);
	must(n >= DHCP4_MIN);
	sent = msg_exact(out, n);
	must(dhcp4_parse(&again, sent, n) == DROP_NONE);
	must(rai_strip(out, &back, &again, &r) == RAI_OURS);
	must(memcmp(out, data, m.end_at) == 0);
	must(out[m.end_at] == DHCP4_OPT_END);
	free(sent);
	/* and without any, none is left */
	n = rai_write(out, sizeof(out), &m, NULL, 0, true);
	must(dhcp4_parse(&again, out, n) == DROP_NONE);
	must(again.at[DHCP4_OPT_RAI] <= DHCP4_HEADER);
}

START_TEST(rai_round_trip_of_messages_from_the_wild)
{
	msg_corpus(MSG_CORPUS4, corpus_message);
}
END_TEST

Suite *
rai_suite(void)
{
	Suite *s = suite_create("rai");
	TCase *tc = tcase_create("building");

	tcase_add_test(tc, sub_options_are_appended);
	tcase_add_test(tc, empty_sub_option_is_possible);
	tcase_add_test(tc, a_sub_option_that_does_not_fit_changes_nothing);
	tcase_add_test(tc, check_finds_every_overrun);
	tcase_add_test(tc, check_joins_the_parts);
	suite_add_tcase(s, tc);

	tc = tcase_create("requests");
	tcase_add_test(tc, option_is_put_before_end);
	tcase_add_test(tc, without_option_the_message_is_copied_and_padded);
	tcase_add_test(tc, trailing_bytes_are_copied_when_nothing_is_added);
	tcase_add_test(tc, bootp_gets_no_option);
	tcase_add_test(tc, message_without_end_gets_one);
	tcase_add_test(tc, flags_byte_is_written);
	tcase_add_test(tc, bytes_after_end_are_kept);
	tcase_add_test(tc, size_is_a_bound);
	tcase_add_test(tc, full_packet_and_our_largest_option);
	tcase_add_test(tc, old_options_are_left_out);
	tcase_add_test(tc, old_option_stays_when_not_dropped);
	tcase_add_test(tc, overloaded_fields_are_not_touched);
	suite_add_tcase(s, tc);

	tc = tcase_create("replies");
	tcase_add_test(tc, ours_is_stripped_first_middle_last);
	tcase_add_test(tc, pads_and_trailing_bytes_around_the_option_stay);
	tcase_add_test(tc, empty_options_are_removed);
	tcase_add_test(tc, foreign_options_are_left_in);
	tcase_add_test(tc, reply_without_option_is_copied);
	tcase_add_test(tc, both_go_when_a_server_repeats_ours);
	tcase_add_test(tc, ours_goes_and_the_clients_stays);
	tcase_add_test(tc, ours_after_the_clients_in_one_option);
	tcase_add_test(tc, ours_across_two_options);
	tcase_add_test(tc, flags_byte_is_not_compared);
	tcase_add_test(tc, honoured_vss_is_ours);
	tcase_add_test(tc, reordered_sub_options_are_ours);
	tcase_add_test(tc, message_is_not_shortened_below_bootp);
	suite_add_tcase(s, tc);

	tc = tcase_create("properties");
	tcase_add_test(tc, strip_undoes_write);
	tcase_add_test(tc, strip_keeps_every_other_byte);
	tcase_add_test(tc, random_option_82_never_confuses);
	if (msg_corpus_is_here(MSG_CORPUS4, "rai_round_trip_of_messages_from_the_wild"))
		tcase_add_test(tc, rai_round_trip_of_messages_from_the_wild);
	suite_add_tcase(s, tc);
	return s;
}
