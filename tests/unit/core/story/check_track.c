/* SPDX-License-Identifier: ISC
 *
 * The table of boots: which events are kept, where a conversation ends and the next
 * begins, which client is evicted, and what hostile messages do to the table.
 */
#include "core/story/track.h"

#include <stdlib.h>
#include <string.h>

#include "core/conf/conf.h"
#include "msg.h"
#include "world.h"

Suite *track_suite(void);

static const struct hash_key secret = { { 3, 4 } };
static const char server[] = "198.51.100.10", boot[] = "198.51.100.21";

struct bed {
	struct track *t;
	struct mono now;
	struct msg out;
	struct dhcp4 m;
	struct pxe_client client;
};

static struct bed bed;

static void
open_bed(size_t clients)
{
	bed.t = track_new(clients, secret);
	ck_assert_ptr_nonnull(bed.t);
	bed.now = mono_us(5000000);
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

/* A message of machine `who`. parse() reads it after options have been added. */
static void
message(uint8_t op, uint8_t type, uint16_t who, uint32_t xid)
{
	struct wr w;

	msg_init(&bed.out, op);
	w = wr_init(bed.out.b + DHCP4_OFF_XID, 4);
	wr_u32(&w, xid);
	w = wr_init(bed.out.b + DHCP4_OFF_CHADDR + 4, 2);
	wr_u16(&w, who);
	if (type)
		msg_opt_u8(&bed.out, 53, type);
}

static void
field(size_t at, const char *address)
{
	struct wr w = wr_init(bed.out.b + at, 4);

	wr_u32(&w, world_ip(address).host);
}

static void
parse(void)
{
	ck_assert_int_eq(dhcp4_parse(&bed.m, bed.out.b, bed.out.len), DROP_NONE);
	pxe_read(&bed.client, &bed.m);
}

static void
request_dropped(enum drop why)
{
	struct track_request r = {
		.m = &bed.m, .client = &bed.client, .ifindex = 10, .why = why,
		.rule = CONF_NONE, .n_dhcp = 1,
	};

	parse();
	track_request(bed.t, &r, bed.now);
}

static void
asks(uint8_t type, uint16_t who, uint32_t xid)
{
	message(BOOTREQUEST, type, who, xid);
	request_dropped(DROP_NONE);
}

/* bed.m on interface 10, from this server. */
static const struct track_answer *
answer(const char *from)
{
	static struct track_answer a;

	a = (struct track_answer){
		.ifindex = 10, .m = &bed.m, .server = ip_of4(world_ip(from)),
	};
	return &a;
}

static void
answers(const char *from, bool boot_only)
{
	struct track_answer a = *answer(from);

	parse();
	a.boot_only = boot_only;
	track_reply(bed.t, &a, bed.now);
}

static void
leases(uint16_t who, const char *address)
{
	message(BOOTREPLY, DHCP4_ACK, who, 1);
	field(DHCP4_OFF_YIADDR, address);
	msg_opt_u32(&bed.out, 1, 0xffffff80);
	answers(server, false);
}

static const struct track_client *
client(uint16_t who)
{
	uint8_t mac[6] = { 2, 0, 0x5e, 0x10, (uint8_t)(who >> 8), (uint8_t)who };

	return track_find(bed.t, mac, sizeof(mac), 10);
}

/* Between this client and the boot server. */
static const struct track_passing *
passing(const char *address, uint16_t port, bool from_client, const void *payload,
    size_t len)
{
	static struct track_passing p;

	p = (struct track_passing){ 10, world_ip(address), world_ip(boot), port,
	    from_client, payload, len };
	return &p;
}

static void
reads(const char *from, const char *file)
{
	uint8_t rrq[200] = { 0, 1 };
	size_t n = strlen(file);

	must(n < 190);
	memcpy(rrq + 2, file, n + 1);
	track_tftp(bed.t, passing(from, 0, true, rrq, n + 3), bed.now);
}

static void
read_fails(const char *from, uint8_t code)
{
	uint8_t error[5] = { 0, 5, 0, code, 0 };

	track_tftp(bed.t, passing(from, 0, false, error, sizeof(error)), bed.now);
}

/* --- events -------------------------------------------------------------------- */

/* Of n DISCOVERs, one a millisecond, the first 8 and the last 24 are kept. */
static void
check_events(unsigned n)
{
	const struct track_boot *b = &client(1)->now;
	unsigned lost, all = 0, kept = n < TRACK_EVENTS ? n : TRACK_EVENTS;

	for (unsigned i = 0; i < kept; i++) {
		const struct track_event *e = track_event(b, i, &lost);

		must(e != NULL);
		all += lost;
		must(e->ms == i + all);
		must(lost == 0 || (i == TRACK_FIRST && lost == n - TRACK_EVENTS));
	}
	must(all == n - kept);
	must(track_event(b, kept, &lost) == NULL && lost == 0);
}

START_TEST(the_first_events_and_the_last_are_kept)
{
	open_bed(4);
	for (unsigned n = 1; n <= 200; n++) {
		asks(DHCP4_DISCOVER, 1, 7);
		check_events(n);
		wait_ms(1);
	}
	close_bed();
}
END_TEST

/* 16-bit counters stop at their maximum; the ring keeps its order. */
START_TEST(a_flood_of_one_xid_overflows_nothing)
{
	const struct track_event *e, *prev = NULL;
	const struct track_boot *b;
	unsigned lost;

	open_bed(4);
	for (unsigned n = 0; n < 140001; n++) {
		asks(DHCP4_DISCOVER, 1, 7);
		bed.now.us += 100;
	}
	b = &client(1)->now;
	ck_assert_uint_eq(b->sent.discovers, UINT16_MAX);
	for (unsigned i = 0; i < TRACK_EVENTS; i++, prev = e) {
		e = track_event(b, i, &lost);
		ck_assert_ptr_nonnull(e);
		ck_assert(!prev || prev->ms <= e->ms);
	}
	ck_assert_uint_eq(prev->ms, 14000);
	close_bed();
}
END_TEST

START_TEST(time_counts_from_the_beginning_of_the_conversation)
{
	unsigned lost;

	open_bed(4);
	wait_ms(12345);
	asks(DHCP4_DISCOVER, 1, 7);
	wait_ms(250);
	asks(DHCP4_REQUEST, 1, 7);
	ck_assert_uint_eq(track_event(&client(1)->now, 1, &lost)->ms, 250);
	ck_assert_str_eq(track_word(track_event(&client(1)->now, 1, &lost)->kind),
	    "request");
	close_bed();
}
END_TEST

/* --- conversations ---------------------------------------------------------------- */

START_TEST(another_xid_begins_another_conversation)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 7);
	asks(DHCP4_DISCOVER, 1, 7);
	ck_assert_uint_eq(client(1)->now.sent.discovers, 2);
	ck_assert(!client(1)->has_before);
	asks(DHCP4_DISCOVER, 1, 8);
	ck_assert(client(1)->has_before);
	ck_assert_uint_eq(client(1)->before.sent.discovers, 2);
	ck_assert_uint_eq(client(1)->now.sent.discovers, 1);
	asks(DHCP4_DISCOVER, 1, 9);
	ck_assert_uint_eq(client(1)->before.xid, 8);
	ck_assert_uint_eq(track_count(bed.t), 1);
	close_bed();
}
END_TEST

/* A ROM that derives its xid from its MAC address uses the same one each time. */
START_TEST(a_discover_after_the_ack_begins_another_conversation)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	asks(DHCP4_REQUEST, 1, 1);
	leases(1, "192.0.2.50");
	asks(DHCP4_DISCOVER, 1, 1);
	ck_assert(client(1)->has_before);
	ck_assert(client(1)->before.came.ack);
	ck_assert(!client(1)->now.came.ack);
	close_bed();
}
END_TEST

START_TEST(a_pause_begins_another_conversation)
{
	open_bed(4);
	asks(DHCP4_REQUEST, 1, 7);
	wait_ms(TRACK_PAUSE_MS);
	asks(DHCP4_REQUEST, 1, 7);
	ck_assert(!client(1)->has_before);
	wait_ms(TRACK_PAUSE_MS + 1);
	asks(DHCP4_REQUEST, 1, 7);
	ck_assert(client(1)->has_before);
	ck_assert_uint_eq(client(1)->now.sent.requests, 1);
	close_bed();
}
END_TEST

/* --- memory ----------------------------------------------------------------------- */

START_TEST(a_new_client_evicts_the_oldest)
{
	open_bed(3);
	asks(DHCP4_DISCOVER, 1, 1);
	asks(DHCP4_DISCOVER, 2, 1);
	asks(DHCP4_DISCOVER, 3, 1);
	asks(DHCP4_DISCOVER, 1, 1);
	asks(DHCP4_DISCOVER, 4, 1);
	ck_assert_uint_eq(track_count(bed.t), 3);
	ck_assert_ptr_null(client(2));
	ck_assert_ptr_nonnull(client(1));
	ck_assert_ptr_eq(track_older(bed.t, NULL), client(4));
	ck_assert_ptr_eq(track_older(bed.t, client(4)), client(1));
	ck_assert_ptr_null(track_older(bed.t, client(3)));
	close_bed();
}
END_TEST

/* Only requests add a client, so that replies cannot be used to evict others. */
START_TEST(only_requests_add_a_client)
{
	struct track_answer a;

	open_bed(3);
	leases(1, "192.0.2.50");
	parse();
	a = *answer(server);
	a.why = DROP_NOT_SERVER;
	track_reply(bed.t, &a, bed.now);
	track_rogue(bed.t, &a, bed.now);
	track_other_relay(bed.t, &a, bed.now);
	track_hedge(bed.t, track_find(bed.t, bed.m.chaddr, bed.m.hlen, 10),
	    ip_of4(world_ip(boot)), true, bed.now);
	reads("192.0.2.50", "pxelinux.0");
	track_rescue(bed.t, passing("192.0.2.50", 0, false, NULL, 0), bed.now);
	ck_assert_uint_eq(track_count(bed.t), 0);
	close_bed();
}
END_TEST

/* Random addresses only evict: all clients left are among the latest. */
START_TEST(a_flood_of_addresses_only_evicts)
{
	open_bed(16);
	for (unsigned i = 0; i < 5000; i++) {
		asks(DHCP4_DISCOVER, (uint16_t)i, i);
		leases((uint16_t)i, "192.0.2.50");
	}
	ck_assert_uint_eq(track_count(bed.t), 16);
	ck_assert_ptr_null(client(4983));
	ck_assert_ptr_nonnull(client(4984));
	reads("192.0.2.50", "x");
	ck_assert_uint_eq(client(4999)->now.tftp.reads, 1);
	ck_assert_uint_eq(client(4998)->now.tftp.reads, 0);
	close_bed();
}
END_TEST

/* --- by address ----------------------------------------------------------------- */

START_TEST(port_4011_and_tftp_find_the_client_by_its_lease)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	leases(1, "192.0.2.50");
	reads("192.0.2.51", "x");
	ck_assert_uint_eq(client(1)->now.tftp.reads, 0);
	track_4011(bed.t, passing("192.0.2.50", 4011, true, "", 0), bed.now);
	reads("192.0.2.50", "x");
	ck_assert_uint_eq(client(1)->now.p4011.asked, 1);
	ck_assert_uint_eq(client(1)->now.tftp.reads, 1);
	/* after the next lease, the old address no longer finds a client */
	leases(1, "192.0.2.60");
	reads("192.0.2.50", "x");
	ck_assert_uint_eq(client(1)->now.tftp.reads, 1);
	/* another client has it now */
	asks(DHCP4_DISCOVER, 2, 1);
	leases(2, "192.0.2.60");
	reads("192.0.2.60", "x");
	ck_assert_uint_eq(client(1)->now.tftp.reads, 1);
	ck_assert_uint_eq(client(2)->now.tftp.reads, 1);
	close_bed();
}
END_TEST

/* Any client can claim a ciaddr; it counts only if no other client has that lease. */
START_TEST(a_client_cannot_claim_the_address_of_another)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	leases(1, "192.0.2.50");
	message(BOOTREQUEST, DHCP4_REQUEST, 2, 1);
	field(DHCP4_OFF_CIADDR, "192.0.2.50");
	request_dropped(DROP_NONE);
	message(BOOTREQUEST, DHCP4_REQUEST, 3, 1);
	field(DHCP4_OFF_CIADDR, "192.0.2.53");
	request_dropped(DROP_NONE);
	message(BOOTREQUEST, DHCP4_REQUEST, 4, 1);
	field(DHCP4_OFF_CIADDR, "192.0.2.54");
	request_dropped(DROP_UNTRUSTED_82);
	reads("192.0.2.50", "x");
	reads("192.0.2.53", "x");
	reads("192.0.2.54", "x");
	ck_assert_uint_eq(client(1)->now.tftp.reads, 1);
	ck_assert_uint_eq(client(2)->now.tftp.reads, 0);
	ck_assert_uint_eq(client(3)->now.tftp.reads, 1);
	ck_assert_uint_eq(client(4)->now.tftp.reads, 0);
	close_bed();
}
END_TEST

/* --- files ------------------------------------------------------------------------ */

static void
open_leased(void)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	leases(1, "192.0.2.50");
}

START_TEST(a_loader_that_tries_several_names_has_loaded)
{
	const struct track_boot *b;

	open_leased();
	b = &client(1)->now;
	reads("192.0.2.50", "pxelinux.0");
	reads("192.0.2.50", "pxelinux.0");
	ck_assert(!b->tftp.loaded);
	ck_assert_uint_eq(b->tftp.same_reads, 2);
	reads("192.0.2.50", "pxelinux.cfg/default");
	ck_assert(b->tftp.loaded);
	ck_assert_uint_eq(b->tftp.same_reads, 1);
	read_fails("192.0.2.50", 1);
	ck_assert(b->tftp.loaded && b->tftp.missing);
	ck_assert_str_eq(b->file, "pxelinux.0");
	close_bed();
}
END_TEST

START_TEST(a_file_that_is_missing_was_not_loaded)
{
	const struct track_boot *b;

	open_leased();
	b = &client(1)->now;
	reads("192.0.2.50", "a");
	read_fails("192.0.2.50", 1);
	reads("192.0.2.50", "b");
	ck_assert(!b->tftp.loaded && !b->tftp.missing && !b->tftp.error);
	read_fails("192.0.2.50", 2);
	ck_assert(b->tftp.error && !b->tftp.missing);
	close_bed();
}
END_TEST

/* A name that fills the packet and has no NUL, and packets without an opcode. */
START_TEST(tftp_of_any_length_is_harmless)
{
	uint8_t rrq[300] = { 0, 1 };
	const struct track_boot *b;

	open_leased();
	b = &client(1)->now;
	memset(rrq + 2, 'x', sizeof(rrq) - 2);
	for (size_t n = 0; n <= sizeof(rrq); n++) {
		uint8_t *exact = msg_exact(rrq, n);

		track_tftp(bed.t, passing("192.0.2.50", 0, true, exact, n), bed.now);
		track_tftp(bed.t, passing("192.0.2.50", 0, false, exact, n), bed.now);
		track_4011(bed.t, passing("192.0.2.50", 68, false, exact, n), bed.now);
		must(memchr(b->file, 0, sizeof(b->file)) != NULL);
		free(exact);
	}
	ck_assert_uint_eq(b->tftp.reads, sizeof(rrq) - 1);
	ck_assert(!b->tftp.error);
	close_bed();
}
END_TEST

static void
offers(const char *from, bool boot_only, const char *yiaddr, const char *file)
{
	message(BOOTREPLY, DHCP4_OFFER, 1, 1);
	field(DHCP4_OFF_YIADDR, yiaddr);
	msg_opt_u32(&bed.out, 54, world_ip(from).host);
	if (file)
		msg_opt_text(&bed.out, 67, file);
	answers(from, boot_only);
}

START_TEST(a_boot_servers_file_counts_more_than_a_dhcp_servers)
{
	const struct track_boot *b;

	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	b = &client(1)->now;
	offers(server, false, "192.0.2.50", "pxelinux.0");
	ck_assert_str_eq(b->file, "pxelinux.0");
	ck_assert(ip4_eq(b->file_server, world_ip(server)));
	offers(boot, true, "0.0.0.0", "wdsmgfw.efi");
	offers(server, false, "192.0.2.50", "pxelinux.0");
	ck_assert_str_eq(b->file, "wdsmgfw.efi");
	ck_assert(ip4_eq(b->file_server, world_ip(boot)));
	close_bed();
}
END_TEST

START_TEST(a_long_file_name_is_cut_and_terminated)
{
	char name[201];
	const struct track_boot *b;

	memset(name, 'n', 200);
	name[200] = '\0';
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	b = &client(1)->now;
	offers(boot, true, "0.0.0.0", name);
	ck_assert_uint_eq(strlen(b->file), TRACK_FILE - 1);
	/* from the file field, which need not end with NUL, unless it holds options */
	message(BOOTREPLY, DHCP4_OFFER, 1, 1);
	memset(bed.out.b + DHCP4_OFF_FILE, 'f', DHCP4_LEN_FILE);
	answers(boot, true);
	ck_assert_int_eq(b->file[0], 'f');
	ck_assert_uint_eq(strlen(b->file), TRACK_FILE - 1);
	message(BOOTREPLY, DHCP4_OFFER, 1, 1);
	memset(bed.out.b + DHCP4_OFF_FILE, 0, DHCP4_LEN_FILE);
	bed.out.b[DHCP4_OFF_FILE] = 255;
	msg_opt_u8(&bed.out, 52, 1);
	answers(boot, true);
	ck_assert_int_eq(b->file[0], 'f');
	close_bed();
}
END_TEST

START_TEST(offers_beyond_the_limit_are_recorded_as_events_only)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1);
	for (int i = 0; i < TRACK_OFFERS + 3; i++)
		offers(server, false, "192.0.2.50", NULL);
	ck_assert_uint_eq(client(1)->now.n_offer, TRACK_OFFERS);
	ck_assert_uint_eq(client(1)->now.n_event, 1 + TRACK_OFFERS + 3);
	close_bed();
}
END_TEST

/* An ACK to an INFORM has no address and does not remove one. */
START_TEST(an_inform_changes_no_lease)
{
	open_leased();
	asks(DHCP4_INFORM, 1, 2);
	leases(1, "0.0.0.0");
	ck_assert(ip4_eq(client(1)->now.came.address, world_ip("192.0.2.50")));
	ck_assert_uint_eq(client(1)->now.came.plen, 25);
	ck_assert(!client(1)->has_before);
	close_bed();
}
END_TEST

/* chaddr may be empty or fill its field; a longer one finds no client. */
START_TEST(addresses_of_any_length_are_keys)
{
	uint8_t long_one[32] = { 0 };

	open_bed(4);
	for (uint8_t n = 0; n <= 16; n += 8) {
		message(BOOTREQUEST, DHCP4_DISCOVER, 1, 1);
		bed.out.b[2] = n;
		request_dropped(DROP_NONE);
		ck_assert_ptr_nonnull(track_find(bed.t,
		    bed.out.b + DHCP4_OFF_CHADDR, n, 10));
	}
	ck_assert_uint_eq(track_count(bed.t), 3);
	ck_assert_ptr_null(track_find(bed.t, long_one, 17, 10));
	ck_assert_ptr_null(track_find(bed.t, long_one, 255, 10));
	close_bed();
}
END_TEST

static void
any_message(const uint8_t *data, size_t len)
{
	struct track_request r = {
		.m = &bed.m, .client = &bed.client, .ifindex = 10, .rule = CONF_NONE,
		.n_dhcp = 1,
	};

	track_4011(bed.t, passing("192.0.2.50", 68, false, data, len), bed.now);
	if (dhcp4_parse(&bed.m, data, len) != DROP_NONE)
		return;
	pxe_read(&bed.client, &bed.m);
	track_request(bed.t, &r, bed.now);
	track_reply(bed.t, answer(server), bed.now);
	track_rogue(bed.t, answer(server), bed.now);
}

/* Random changes to a real message, run under the sanitizers. */
START_TEST(broken_messages_are_harmless)
{
	struct prng p = { 11 };
	static struct msg m;

	open_leased();
	for (int i = 0; i < 20000; i++) {
		uint8_t *exact;
		uint32_t len;

		msg_client(&m, msg_clients[prng_below(&p, 3)].name);
		len = (uint32_t)m.len - prng_below(&p, 2) * prng_below(&p, 120);
		exact = msg_exact(m.b, len);
		for (int k = 0; k < 4; k++)
			exact[prng_below(&p, len)] = (uint8_t)prng_next(&p);
		any_message(exact, len);
		free(exact);
	}
	ck_assert_uint_le(track_count(bed.t), 4);
	close_bed();
}
END_TEST

Suite *
track_suite(void)
{
	Suite *s = suite_create("track");
	TCase *t = tcase_create("track");

	tcase_add_test(t, the_first_events_and_the_last_are_kept);
	tcase_add_test(t, a_flood_of_one_xid_overflows_nothing);
	tcase_add_test(t, time_counts_from_the_beginning_of_the_conversation);
	tcase_add_test(t, another_xid_begins_another_conversation);
	tcase_add_test(t, a_discover_after_the_ack_begins_another_conversation);
	tcase_add_test(t, a_pause_begins_another_conversation);
	tcase_add_test(t, a_new_client_evicts_the_oldest);
	tcase_add_test(t, only_requests_add_a_client);
	tcase_add_test(t, a_flood_of_addresses_only_evicts);
	tcase_add_test(t, port_4011_and_tftp_find_the_client_by_its_lease);
	tcase_add_test(t, a_client_cannot_claim_the_address_of_another);
	tcase_add_test(t, a_loader_that_tries_several_names_has_loaded);
	tcase_add_test(t, a_file_that_is_missing_was_not_loaded);
	tcase_add_test(t, tftp_of_any_length_is_harmless);
	tcase_add_test(t, a_boot_servers_file_counts_more_than_a_dhcp_servers);
	tcase_add_test(t, a_long_file_name_is_cut_and_terminated);
	tcase_add_test(t, offers_beyond_the_limit_are_recorded_as_events_only);
	tcase_add_test(t, an_inform_changes_no_lease);
	tcase_add_test(t, addresses_of_any_length_are_keys);
	tcase_add_test(t, broken_messages_are_harmless);
	suite_add_tcase(s, t);
	return s;
}
