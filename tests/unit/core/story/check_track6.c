/* SPDX-License-Identifier: ISC
 *
 * What DHCPv6 messages change in the table of boots: where a conversation of both
 * families ends, which client a message is of, and what is kept of its addresses.
 */
#include "core/story/track.h"

#include <stdio.h>
#include <string.h>

#include "core/conf/conf.h"
#include "msg.h"
#include "msg6.h"
#include "proto/pxe6.h"
#include "world.h"

Suite *track6_suite(void);

static const struct hash_key secret = { { 5, 6 } };
static const char lease[] = "2001:db8:10::50";

static struct {
	struct track *t;
	struct mono now;
	struct msg out;
	struct dhcp6 m;
	struct pxe_client client;
	unsigned opened;
} bed;

static void
on_opened(void *user, const struct track_client *c)
{
	(void)user, (void)c;
	bed.opened++;
}

static void
open_bed(size_t clients)
{
	static const struct track_listener l = { .opened = on_opened };

	bed.t = track_new(clients, secret);
	ck_assert_ptr_nonnull(bed.t);
	bed.now = mono_us(5000000);
	bed.opened = 0;
	track_listen(bed.t, &l);
}

static void
close_bed(void)
{
	bed.t = track_free(bed.t);
}

static void
wait_ms(int64_t ms)
{
	bed.now = mono_add_ms(bed.now, ms);
}

static struct mac
mac_of(uint8_t who)
{
	return (struct mac){ { 2, 0, 0x5e, 0x10, 0, who } };
}

static const struct track_client *
client(uint8_t who)
{
	struct mac mac = mac_of(who);

	return track_find(bed.t, mac.b, sizeof(mac.b), 10);
}

/* With the DUID of machine `duid`; 0: without one. */
static void
message(uint8_t type, uint8_t duid, uint32_t xid)
{
	uint8_t id[18] = { 0, 4, [17] = duid };
	struct wr w;

	msg6_init(&bed.out, type);
	w = wr_init(bed.out.b + 1, 3);
	wr_u8(&w, (uint8_t)(xid >> 16));
	wr_u16(&w, (uint16_t)xid);
	if (duid)
		msg6_opt(&bed.out, DHCP6_OPT_CLIENT_ID, id, sizeof(id));
}

static void
parse(void)
{
	ck_assert_int_eq(dhcp6_parse(&bed.m, bed.out.b, bed.out.len), DROP_NONE);
	pxe6_read(&bed.client, &bed.m);
}

static void
request(uint8_t who, enum drop why)
{
	struct mac mac = mac_of(who);
	struct track_request r = {
		.client = &bed.client, .ifindex = 10, .why = why,
		.six = &bed.m, .mac = &mac, .rule = CONF_NONE, .n_dhcp = 2,
	};

	parse();
	track_request(bed.t, &r, bed.now);
}

/* Machine `who` sends a message of this type, with its DUID. */
static void
asks(uint8_t type, uint8_t who, uint32_t xid)
{
	message(type, who, xid);
	request(who, DROP_NONE);
}

static void
asks_to_boot(uint8_t who, uint32_t xid)
{
	message(DHCP6_SOLICIT, who, xid);
	msg6_opt_hex(&bed.out, DHCP6_OPT_ARCH, "0007");
	request(who, DROP_NONE);
}

static void
discovers(uint8_t who, uint32_t xid)
{
	static struct msg out;
	static struct dhcp4 m;
	struct pxe_client c;
	struct mac mac = mac_of(who);
	struct track_request r = {
		.m = &m, .client = &c, .ifindex = 10, .rule = CONF_NONE, .n_dhcp = 1,
	};

	msg_init(&out, BOOTREQUEST);
	memcpy(out.b + DHCP4_OFF_CHADDR, mac.b, sizeof(mac.b));
	out.b[DHCP4_OFF_XID] = (uint8_t)xid;
	msg_opt_u8(&out, 53, DHCP4_DISCOVER);
	ck_assert_int_eq(dhcp4_parse(&m, out.b, out.len), DROP_NONE);
	pxe_read(&c, &m);
	track_request(bed.t, &r, bed.now);
}

/* A server's message for the client with this DUID; mac: as it is known. */
static void
answers(uint8_t type, uint8_t duid, const char *addr, const struct mac *mac, enum drop why)
{
	message(type, duid, 1);
	if (addr) {
		size_t ia = msg6_begin_ia(&bed.out, DHCP6_OPT_IA_NA, 0, 0);

		msg6_addr(&bed.out, addr, 3600);
		msg6_end(&bed.out, ia);
	}
	parse();
	track_reply(bed.t, &(struct track_answer){ .ifindex = 10, .six = &bed.m,
	    .mac = mac, .server = world_at("2001:db8::10"), .why = why }, bed.now);
}

static const struct track_event *
event(uint8_t who, unsigned i)
{
	unsigned lost;
	const struct track_event *e = track_event(&client(who)->now, i, &lost);

	ck_assert_ptr_nonnull(e);
	return e;
}

static void
is_address(struct ipaddr a, const char *text)
{
	char buf[IP_STRLEN];

	ck_assert_str_eq(ip_is_none(a) ? "" : ip_str(a, buf), text);
}

/* --- one story --------------------------------------------------------- */

START_TEST(both_families_are_one_conversation)
{
	const struct track_boot *b;

	open_bed(4);
	discovers(1, 7);
	asks(DHCP6_SOLICIT, 1, 70);
	discovers(1, 7);
	asks(DHCP6_SOLICIT, 1, 70);
	asks(DHCP6_REQUEST, 1, 71);
	answers(DHCP6_REPLY, 1, lease, NULL, DROP_NONE);
	ck_assert_uint_eq(track_count(bed.t), 1);
	ck_assert(!client(1)->has_before);
	b = &client(1)->now;
	ck_assert_uint_eq(b->n_event, 6);
	ck_assert_uint_eq(b->sent.discovers, 2);
	ck_assert_uint_eq(b->six.sent.discovers, 2);
	ck_assert_uint_eq(b->six.sent.requests, 1);
	ck_assert(b->six.ack && !b->came.ack);
	ck_assert_str_eq(track_word(event(1, 1)->kind), "solicit");
	ck_assert_int_eq(track_kind_family(event(1, 0)->kind), FAMILY4);
	ck_assert_int_eq(track_kind_family(event(1, 1)->kind), FAMILY6);
	ck_assert_uint_eq(event(1, 1)->n, 2);
	is_address(track_peer(b, event(1, 5)), "2001:db8::10");
	is_address(track_addr(b, event(1, 5)), lease);
	ck_assert(ip6_eq(client(1)->address6, world_ip6(lease)));
	close_bed();
}
END_TEST

/* A machine that restarts: another xid in the family in which it has spoken. */
START_TEST(another_xid_begins_another_conversation)
{
	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 70);
	asks(DHCP6_REQUEST, 1, 71);
	discovers(1, 7);
	ck_assert(!client(1)->has_before);
	asks(DHCP6_SOLICIT, 1, 72);
	ck_assert(client(1)->has_before);
	ck_assert_uint_eq(client(1)->before.six.sent.requests, 1);
	ck_assert_uint_eq(client(1)->now.six.sent.discovers, 1);
	ck_assert(!client(1)->now.heard[FAMILY4]);
	discovers(1, 8);
	ck_assert_uint_eq(client(1)->now.n_event, 2);
	discovers(1, 9);
	ck_assert_uint_eq(client(1)->now.n_event, 1);
	ck_assert(!client(1)->now.heard[FAMILY6]);
	close_bed();
}
END_TEST

/* EDK2's own IPv6 solicits beside the exchange by which the machine boots. */
START_TEST(solicits_of_two_kinds_do_not_end_each_other)
{
	open_bed(4);
	for (int i = 0; i < 3; i++) {
		asks_to_boot(1, 70);
		wait_ms(9000);
		asks(DHCP6_SOLICIT, 1, 90);
		wait_ms(9000);
	}
	ck_assert(!client(1)->has_before);
	ck_assert(client(1)->now.six.netboot);
	ck_assert_uint_eq(client(1)->now.six.sent.discovers, 6);
	asks_to_boot(1, 71);
	ck_assert(client(1)->has_before);
	close_bed();
}
END_TEST

/* A family that was silent so far continues a boot, but not one that is over. */
START_TEST(a_boot_that_is_over_is_not_continued)
{
	open_bed(4);
	asks_to_boot(1, 70);
	wait_ms(TRACK_OVER_MS);
	discovers(1, 7);
	ck_assert(!client(1)->has_before);
	wait_ms(TRACK_OVER_MS);
	asks(DHCP6_SOLICIT, 1, 90);
	ck_assert(!client(1)->has_before);
	close_bed();
	open_bed(4);
	asks_to_boot(1, 70);
	wait_ms(TRACK_OVER_MS + 1);
	discovers(1, 7);
	ck_assert(client(1)->has_before);
	wait_ms(TRACK_OVER_MS + 1);
	asks_to_boot(1, 70);
	ck_assert_uint_eq(client(1)->before.sent.discovers, 1);
	wait_ms(TRACK_PAUSE_MS + 1);
	asks(DHCP6_RENEW, 1, 91);
	ck_assert_uint_eq(client(1)->now.n_event, 1);
	close_bed();
}
END_TEST

START_TEST(a_boot_over_either_family_is_one_boot)
{
	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 90);
	ck_assert_uint_eq(bed.opened, 0);
	asks_to_boot(1, 70);
	ck_assert_uint_eq(bed.opened, 1);
	ck_assert_int_eq(client(1)->now.kind, pxe_arch_kind(7));
	ck_assert(track_netboot(&client(1)->now) && !client(1)->now.netboot);
	ck_assert_int_eq(track_family(&client(1)->now), PXE_PXE);
	discovers(1, 7);
	asks_to_boot(1, 70);
	ck_assert_uint_eq(bed.opened, 1);
	close_bed();
}
END_TEST

static void
hedges(const struct mac *mac)
{
	track_hedge(bed.t, track_find(bed.t, mac, sizeof(*mac), 10),
	    world_at("2001:db8::11"), true, bed.now);
}

/* --- whose message ----------------------------------------------------- */

START_TEST(a_reply_finds_its_client_by_mac_or_duid)
{
	struct mac one = mac_of(1), three = mac_of(3);

	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 70);
	asks(DHCP6_SOLICIT, 2, 70);
	answers(DHCP6_ADVERTISE, 2, lease, &one, DROP_NONE);
	ck_assert_uint_eq(client(1)->now.six.advertises, 1);
	answers(DHCP6_ADVERTISE, 2, lease, NULL, DROP_NONE);
	ck_assert_uint_eq(client(2)->now.six.offers, 1);
	answers(DHCP6_ADVERTISE, 2, NULL, NULL, DROP_LINK_MISMATCH);
	ck_assert_uint_eq(client(2)->now.six.refused.n, 1);
	ck_assert_str_eq(track_word(event(2, 2)->kind), "drop");
	ck_assert_int_eq(event(2, 2)->why, DROP_LINK_MISMATCH);
	/* of nobody */
	answers(DHCP6_ADVERTISE, 9, lease, NULL, DROP_NONE);
	answers(DHCP6_ADVERTISE, 0, lease, NULL, DROP_NONE);
	answers(DHCP6_ADVERTISE, 2, lease, &three, DROP_NONE);
	hedges(&three);
	ck_assert_uint_eq(track_count(bed.t), 2);
	ck_assert_uint_eq(client(1)->now.n_event, 2);
	ck_assert_uint_eq(client(2)->now.n_event, 3);
	hedges(&one);
	ck_assert_uint_eq(client(1)->now.six.asked.boot_hedges, 1);
	is_address(track_peer(&client(1)->now, event(1, 2)), "2001:db8::11");
	close_bed();
}
END_TEST

/* A machine has one DUID for all its interfaces. A long one counts by its end. */
START_TEST(the_last_interface_with_a_duid_counts)
{
	uint8_t id[128] = { 0, 2 };

	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 70);
	message(DHCP6_SOLICIT, 1, 71);
	request(2, DROP_NONE);
	answers(DHCP6_ADVERTISE, 1, lease, NULL, DROP_NONE);
	ck_assert_uint_eq(client(1)->now.six.advertises, 0);
	ck_assert_uint_eq(client(2)->now.six.advertises, 1);
	for (size_t n = 0; n <= sizeof(id); n++) {
		message(DHCP6_SOLICIT, 0, 72);
		id[n ? n - 1 : 0] = 7;
		msg6_opt(&bed.out, DHCP6_OPT_CLIENT_ID, id, n);
		request(3, DROP_NONE);
		bed.out.b[0] = DHCP6_RECONFIGURE;
		parse();
		track_reply(bed.t, &(struct track_answer){ .six = &bed.m }, bed.now);
		ck_assert_uint_eq(client(3)->now.n_event, 1 + 2 * n);
	}
	close_bed();
}
END_TEST

/* --- facts ------------------------------------------------------------- */

START_TEST(answers_without_a_lease_have_a_status)
{
	const struct track_six *six;
	size_t ia;

	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 70);
	six = &client(1)->now.six;
	message(DHCP6_ADVERTISE, 1, 70);
	ia = msg6_begin_ia(&bed.out, DHCP6_OPT_IA_NA, 0, 0);
	msg6_status(&bed.out, 2, "none left");
	msg6_end(&bed.out, ia);
	parse();
	track_reply(bed.t, &(struct track_answer){ .six = &bed.m }, bed.now);
	ck_assert_uint_eq(six->status, 2);
	ck_assert_uint_eq(six->advertises, 1);
	ck_assert_uint_eq(six->offers, 0);
	ck_assert(!six->nak);
	/* a prefix, and no address beside it */
	message(DHCP6_REPLY, 1, 71);
	msg6_status(&bed.out, 0, "");
	ia = msg6_begin_ia(&bed.out, DHCP6_OPT_IA_PD, 0, 0);
	msg6_prefix(&bed.out, "2001:db8:8::", 56, 3600);
	msg6_end(&bed.out, ia);
	parse();
	track_reply(bed.t, &(struct track_answer){ .six = &bed.m }, bed.now);
	ck_assert(six->ack && !six->nak);
	ck_assert_uint_eq(six->lease.prefix.plen, 56);
	ck_assert(ip6_eq(six->lease.prefix.addr, world_ip6("2001:db8:8::")));
	ck_assert(ip6_is_none(six->lease.address) && ip6_is_none(client(1)->address6));
	is_address(track_addr(&client(1)->now, event(1, 2)), "2001:db8:8::");
	/* NoBinding */
	message(DHCP6_REPLY, 1, 72);
	msg6_status(&bed.out, 3, "");
	parse();
	track_reply(bed.t, &(struct track_answer){ .six = &bed.m }, bed.now);
	ck_assert(six->nak);
	ck_assert_uint_eq(six->replies, 2);
	ck_assert_uint_eq(six->status, 3);
	close_bed();
}
END_TEST

/* The addresses of events have a place of their own, which can be full. */
START_TEST(addresses_beyond_the_limit_are_left_out)
{
	const struct track_boot *b;
	char addr[40];

	open_bed(4);
	asks(DHCP6_SOLICIT, 1, 70);
	b = &client(1)->now;
	for (unsigned i = 0; i < TRACK_ADDRS6 + 4; i++) {
		snprintf(addr, sizeof(addr), "2001:db8:1::%x", i + 1);
		answers(DHCP6_ADVERTISE, 1, addr, NULL, DROP_NONE);
		is_address(track_peer(b, event(1, i + 1)), "2001:db8::10");
		is_address(track_addr(b, event(1, i + 1)),
		    i + 1 < TRACK_ADDRS6 ? addr : "");
	}
	ck_assert_uint_eq(b->six.n_addr, TRACK_ADDRS6);
	/* they are kept with the conversation */
	asks(DHCP6_SOLICIT, 1, 71);
	ck_assert_uint_eq(client(1)->now.six.n_addr, 0);
	b = &client(1)->before;
	is_address(track_addr(b, &b->event[2]), "2001:db8:1::2");
	close_bed();
}
END_TEST

/* An event for each type; what is not known has one, too. */
START_TEST(each_type_has_its_word)
{
	static const struct {
		uint8_t type;
		const char *word;
	} types[] = {
		{ DHCP6_SOLICIT, "solicit" }, { DHCP6_REQUEST, "request" },
		{ DHCP6_CONFIRM, "confirm" }, { DHCP6_RENEW, "renew" },
		{ DHCP6_REBIND, "rebind" }, { DHCP6_RELEASE, "release" },
		{ DHCP6_DECLINE, "decline" },
		{ DHCP6_INFORMATION_REQUEST, "information-request" },
		{ DHCP6_ADDR_REG_INFORM, "other-message" }, { 200, "other-message" },
	};
	unsigned n = sizeof(types) / sizeof(types[0]);

	open_bed(4);
	for (unsigned i = 0; i < n; i++)
		asks(types[i].type, 1, 70);
	for (unsigned i = 0; i < n; i++)
		ck_assert_str_eq(track_word(event(1, i)->kind), types[i].word);
	ck_assert_uint_eq(client(1)->now.six.sent.requests, 3);
	ck_assert_uint_eq(client(1)->now.six.sent.declines, 1);
	answers(DHCP6_RECONFIGURE, 1, NULL, NULL, DROP_NONE);
	ck_assert_str_eq(track_word(event(1, n)->kind), "reconfigure");
	answers(DHCP6_ADDR_REG_REPLY, 1, NULL, NULL, DROP_NONE);
	ck_assert_uint_eq(client(1)->now.n_event, n + 1);
	close_bed();
}
END_TEST

Suite *
track6_suite(void)
{
	Suite *s = suite_create("track6");
	TCase *t = tcase_create("track6");

	tcase_add_test(t, both_families_are_one_conversation);
	tcase_add_test(t, another_xid_begins_another_conversation);
	tcase_add_test(t, solicits_of_two_kinds_do_not_end_each_other);
	tcase_add_test(t, a_boot_that_is_over_is_not_continued);
	tcase_add_test(t, a_boot_over_either_family_is_one_boot);
	tcase_add_test(t, a_reply_finds_its_client_by_mac_or_duid);
	tcase_add_test(t, the_last_interface_with_a_duid_counts);
	tcase_add_test(t, answers_without_a_lease_have_a_status);
	tcase_add_test(t, addresses_beyond_the_limit_are_left_out);
	tcase_add_test(t, each_type_has_its_word);
	suite_add_tcase(s, t);
	return s;
}
