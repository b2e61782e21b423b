/* SPDX-License-Identifier: ISC
 *
 * The counters of boots: when a boot is opened and over, what it counts as, and
 * that none is counted twice or lost, whatever happens to its client.
 * tests/scen/boots.scen has whole conversations.
 */
#include "core/story/boots.h"

#include <string.h>

#include "core/conf/conf.h"
#include "msg.h"
#include "world.h"

Suite *boots_suite(void);

static const struct hash_key secret = { { 5, 6 } };

struct bed {
	struct track *t;
	struct boots b;
	struct mono now;
	unsigned told;		/* calls of `over` */
	enum explain said;
	uint8_t who;		/* last byte of its address */
};

static struct bed bed;

static void
on_over(void *user, const struct track_client *c, enum explain e)
{
	struct bed *d = user;

	d->told++;
	d->said = e;
	d->who = c->key.chaddr[5];
}

static void
open_bed(size_t clients)
{
	memset(&bed, 0, sizeof(bed));
	bed.t = track_new(clients, secret);
	ck_assert_ptr_nonnull(bed.t);
	bed.b.over = on_over;
	bed.b.user = &bed;
	boots_count(&bed.b, bed.t);
	bed.now = mono_us(5000000);
}

static void
wait_ms(int64_t ms)
{
	bed.now = mono_add_ms(bed.now, ms);
}

/* arch < 0: the client does not say that it wants to boot. */
static void
asks(uint8_t type, uint8_t who, uint8_t xid, int arch, enum drop why)
{
	struct msg m;
	struct dhcp4 view;
	struct pxe_client client;
	struct track_request r = {
		.m = &view, .client = &client, .ifindex = 10, .why = why,
		.rule = CONF_NONE, .n_dhcp = 1,
	};

	msg_init(&m, BOOTREQUEST);
	m.b[DHCP4_OFF_XID + 3] = xid;
	m.b[DHCP4_OFF_CHADDR + 5] = who;
	msg_opt_u8(&m, 53, type);
	if (arch >= 0) {
		msg_opt_text(&m, 60, "PXEClient:Arch");
		msg_opt_u16(&m, 93, (uint16_t)arch);
	}
	ck_assert_int_eq(dhcp4_parse(&view, m.b, m.len), DROP_NONE);
	pxe_read(&client, &view);
	track_request(bed.t, &r, bed.now);
}

static void
discovers(uint8_t who, uint8_t xid, int arch)
{
	asks(DHCP4_DISCOVER, who, xid, arch, DROP_NONE);
}

static uint64_t
all(const uint64_t n[PXE_KIND_MAX])
{
	uint64_t sum = 0;

	for (int k = 0; k < PXE_KIND_MAX; k++)
		sum += n[k];
	return sum;
}

static uint64_t
boots_judged(const struct boots *b, enum pxe_kind k, bool failed)
{
	uint64_t n = 0;

	for (int e = 0; e < EXPLAIN_MAX; e++)
		if (explain_failed((enum explain)e) == failed)
			n += b->judged[k][e];
	return n;
}

static void
add_up(void)
{
	for (int i = 0; i < PXE_KIND_MAX; i++) {
		enum pxe_kind k = (enum pxe_kind)i;

		must(bed.b.started[k] == boots_judged(&bed.b, k, false) +
		    boots_judged(&bed.b, k, true) + bed.b.unjudged[k] + bed.b.going_on[k]);
	}
}

static void
close_bed(void)
{
	add_up();
	ck_assert_uint_eq(all(bed.b.started), bed.b.opened);
	bed.t = track_free(bed.t);
}

/* Ends the boots that are due and returns how many there were. */
static unsigned
ended(void)
{
	unsigned before = bed.told;

	while (track_end(bed.t, 3, bed.now))
		;
	return bed.told - before;
}

START_TEST(nothing_is_due_without_a_boot)
{
	struct mono due;

	open_bed(4);
	ck_assert(!track_over_due(bed.t, &due));
	discovers(1, 1, -1);
	ck_assert(!track_over_due(bed.t, &due));
	ck_assert(!track_end(bed.t, 3, mono_add_ms(bed.now, 1000000)));
	ck_assert_uint_eq(all(bed.b.started), 0);
	close_bed();
}
END_TEST

START_TEST(a_boot_is_over_a_minute_after_its_last_message)
{
	struct mono due;

	open_bed(4);
	discovers(1, 1, 7);
	wait_ms(10000);
	discovers(1, 1, 7);
	ck_assert(track_over_due(bed.t, &due));
	ck_assert_int_eq(mono_diff_ms(due, bed.now), TRACK_OVER_MS);
	wait_ms(TRACK_OVER_MS - 1);
	ck_assert_uint_eq(ended(), 0);
	wait_ms(1);
	ck_assert_uint_eq(ended(), 1);
	ck_assert_int_eq(bed.said, EXPLAIN_NO_OFFER);
	ck_assert(!track_over_due(bed.t, &due));
	ck_assert_uint_eq(bed.b.judged[PXE_KIND_UEFI_X64][EXPLAIN_NO_OFFER], 1);
	close_bed();
}
END_TEST

/* Each boot is judged as of its own end, however late track_end() is called. */
START_TEST(boots_end_in_the_order_of_their_last_messages)
{
	struct mono due;

	open_bed(8);
	for (uint8_t i = 1; i <= 5; i++) {
		discovers(i, 1, 0);
		wait_ms(1000);
	}
	discovers(2, 1, 0);
	ck_assert(track_over_due(bed.t, &due));
	wait_ms(TRACK_OVER_MS - 1000);
	ck_assert_uint_eq(ended(), 4);		/* 1, 3, 4, 5 */
	ck_assert_uint_eq(bed.who, 5);
	wait_ms(1000);
	ck_assert_uint_eq(ended(), 1);
	ck_assert_uint_eq(bed.who, 2);
	close_bed();
}
END_TEST

START_TEST(no_more_boots_end_at_once_than_allowed)
{
	open_bed(8);
	for (uint8_t i = 1; i <= 5; i++)
		discovers(i, 1, 0);
	wait_ms(TRACK_OVER_MS);
	ck_assert(track_end(bed.t, 2, bed.now));
	ck_assert_uint_eq(bed.told, 2);
	ck_assert(!track_end(bed.t, 3, bed.now));
	ck_assert_uint_eq(bed.told, 5);
	close_bed();
}
END_TEST

/* No boot is lost even if the table is too small for its clients. */
START_TEST(an_evicted_boot_is_over)
{
	open_bed(3);
	for (uint8_t i = 1; i <= 3; i++)
		discovers(i, 1, 11);
	wait_ms(6000);
	discovers(4, 1, 11);
	ck_assert_uint_eq(bed.told, 1);
	ck_assert_uint_eq(bed.who, 1);
	ck_assert_int_eq(bed.said, EXPLAIN_NO_OFFER);
	discovers(5, 1, 11);
	discovers(6, 1, 11);
	discovers(7, 1, 11);		/* client 4 is evicted before its boot is over */
	ck_assert_uint_eq(bed.who, 4);
	ck_assert_int_eq(bed.said, EXPLAIN_GOING_ON);
	ck_assert_uint_eq(bed.b.unjudged[PXE_KIND_UEFI_ARM64], 1);
	ck_assert_uint_eq(boots_judged(&bed.b, PXE_KIND_UEFI_ARM64, true), 3);
	ck_assert_uint_eq(bed.b.going_on[PXE_KIND_UEFI_ARM64], 3);
	close_bed();
}
END_TEST

/* Evicting a client whose boot is over reports nothing. */
START_TEST(a_boot_is_over_only_once)
{
	open_bed(1);
	discovers(1, 1, 6);
	wait_ms(TRACK_OVER_MS);
	ck_assert_uint_eq(ended(), 1);
	discovers(1, 1, 6);		/* the same boot, late */
	ck_assert_uint_eq(all(bed.b.started), 1);
	discovers(2, 1, 6);
	ck_assert_uint_eq(bed.told, 1);
	ck_assert_uint_eq(all(bed.b.started), 2);
	close_bed();
}
END_TEST

START_TEST(a_conversation_becomes_a_boot_with_its_first_boot_request)
{
	open_bed(4);
	discovers(1, 1, -1);
	ck_assert_uint_eq(all(bed.b.started), 0);
	discovers(1, 1, 0x10);
	ck_assert_uint_eq(bed.b.started[PXE_KIND_HTTP], 1);
	/* A boot keeps the kind that it had at first. */
	discovers(1, 1, 0);
	wait_ms(TRACK_OVER_MS);
	ck_assert_uint_eq(ended(), 1);
	ck_assert_uint_eq(boots_judged(&bed.b, PXE_KIND_HTTP, true), 1);
	ck_assert_uint_eq(all(bed.b.started), 1);
	close_bed();
}
END_TEST

START_TEST(a_dropped_request_is_a_boot_too)
{
	open_bed(4);
	asks(DHCP4_DISCOVER, 1, 1, 0, DROP_RULE);
	wait_ms(TRACK_OVER_MS);
	ck_assert_uint_eq(ended(), 1);
	ck_assert_int_eq(bed.said, EXPLAIN_RULE_DROP);
	close_bed();
}
END_TEST

/* Events of random kinds in random order, from more machines than the table holds. */
START_TEST(the_counters_always_add_up)
{
	static const uint8_t types[] = { DHCP4_DISCOVER, DHCP4_DISCOVER,
	    DHCP4_REQUEST, DHCP4_DECLINE, DHCP4_INFORM };
	static const int archs[] = { -1, 0, 7, 9, 10, 16, 0x29, 0xffff };
	struct prng p = { 42 };

	open_bed(16);
	for (int i = 0; i < 20000; i++) {
		wait_ms(prng_below(&p, 20000));
		if (prng_below(&p, 4) == 0)
			(void)track_end(bed.t, prng_below(&p, 5), bed.now);
		asks(types[prng_below(&p, 5)], (uint8_t)prng_below(&p, 40),
		    (uint8_t)prng_below(&p, 2), archs[prng_below(&p, 8)],
		    prng_below(&p, 8) ? DROP_NONE : DROP_CLIENT_RATE);
		add_up();
		must(all(bed.b.going_on) <= 16);
	}
	wait_ms(TRACK_OVER_MS);
	(void)ended();
	ck_assert_uint_eq(all(bed.b.going_on), 0);
	ck_assert_uint_gt(all(bed.b.unjudged), 10);
	ck_assert_uint_eq(all(bed.b.started), bed.told);
	close_bed();
}
END_TEST

Suite *
boots_suite(void)
{
	Suite *s = suite_create("boots");
	TCase *t = tcase_create("numbers");

	tcase_add_test(t, nothing_is_due_without_a_boot);
	tcase_add_test(t, a_boot_is_over_a_minute_after_its_last_message);
	tcase_add_test(t, boots_end_in_the_order_of_their_last_messages);
	tcase_add_test(t, no_more_boots_end_at_once_than_allowed);
	tcase_add_test(t, an_evicted_boot_is_over);
	tcase_add_test(t, a_boot_is_over_only_once);
	tcase_add_test(t, a_conversation_becomes_a_boot_with_its_first_boot_request);
	tcase_add_test(t, a_dropped_request_is_a_boot_too);
	tcase_add_test(t, the_counters_always_add_up);
	suite_add_tcase(s, t);
	return s;
}
