/* SPDX-License-Identifier: ISC
 *
 * What the relay remembers about clients: which messages belong to one
 * conversation, for how long, and what a full table evicts.
 */
#include "core/server/clients.h"

#include <string.h>

#include "msg.h"

Suite *clients_suite(void);

static const struct hash_key secret = { { 3, 4 } };
static struct clients *c;
static struct mono now;
static unsigned evictions;
static struct msg msg;

static void
evicted(void *conv, void *user)
{
	(void)conv;
	must(user == &evictions);
	evictions++;
}

static void
setup(void)
{
	c = clients_new(FAMILY4, 4, secret, evicted, &evictions);
	ck_assert_ptr_nonnull(c);
	now = mono_us(5000000);
	evictions = 0;
}

static void
teardown(void)
{
	c = clients_free(c);
}

/* A request of machine `mac` (its last byte) with this xid. */
static struct dhcp4
view(uint8_t mac, uint32_t xid)
{
	struct dhcp4 m;

	msg_init(&msg, BOOTREQUEST);
	msg.b[DHCP4_OFF_CHADDR + 5] = mac;
	msg.b[DHCP4_OFF_XID + 3] = (uint8_t)xid;
	msg_end(&msg);
	must(dhcp4_parse(&m, msg.b, msg.len) == DROP_NONE);
	return m;
}

/* A message of interface 10, from a sender with this link source. */
static struct conv *
get(const struct dhcp4 *m, uint8_t mac, bool *fresh)
{
	static struct conv copy;
	struct rx rx = { .mac_len = 6, .mac = { 2, 0, 0, 0, 0, mac } };
	struct client_call call = { clients_key(m, 10), &rx, now };
	struct conv *cv = clients_get(c, &call, &copy, fresh);

	must(cv != NULL);
	return cv == &copy ? NULL : cv;
}

static bool
is_fresh(uint8_t mac, uint32_t xid)
{
	struct dhcp4 m = view(mac, xid);
	bool fresh;

	must(get(&m, mac, &fresh) != NULL);
	return fresh;
}

static struct conv *
find(uint8_t mac, uint32_t xid)
{
	struct dhcp4 m = view(mac, xid);

	return clients_find(c, clients_key(&m, 10), now);
}

START_TEST(a_retry_has_the_same_chaddr_and_xid)
{
	ck_assert(is_fresh(1, 1));
	ck_assert(!is_fresh(1, 1));
	ck_assert(is_fresh(1, 2));
	ck_assert(is_fresh(2, 1));
	ck_assert_uint_eq(clients_count(c), 3);
}
END_TEST

/* iPXE keeps flags in secs; options and flags change between tries. */
START_TEST(nothing_else_in_the_message_matters)
{
	struct dhcp4 m = view(1, 1);
	bool fresh;

	get(&m, 1, &fresh);
	msg.b[8] = 0x12;		/* secs */
	msg.b[DHCP4_OFF_FLAGS] = 0x80;
	must(dhcp4_parse(&m, msg.b, msg.len) == DROP_NONE);
	get(&m, 1, &fresh);
	ck_assert(!fresh);
}
END_TEST

/* Only hlen of the 16 bytes of chaddr count: the rest may be garbage and may
 * differ between request and reply. */
START_TEST(only_hlen_bytes_of_chaddr_count)
{
	struct dhcp4 m = view(1, 1);
	bool fresh;

	get(&m, 1, &fresh);
	msg.b[DHCP4_OFF_CHADDR + 6] = 0x99;
	ck_assert_ptr_nonnull(clients_find(c, clients_key(&m, 10), now));
	m.hlen = 0;
	ck_assert_ptr_null(clients_find(c, clients_key(&m, 10), now));
	get(&m, 1, &fresh);
	ck_assert(fresh);
	m.hlen = 16;
	get(&m, 1, &fresh);
	ck_assert(fresh);
	msg.b[DHCP4_OFF_CHADDR + 15]++;
	ck_assert_ptr_null(clients_find(c, clients_key(&m, 10), now));
}
END_TEST

/* InfiniBand (RFC 4390): a reply carries nothing but the xid. */
START_TEST(without_hlen_only_the_xid_counts)
{
	struct dhcp4 m = view(1, 7);
	bool fresh;

	m.hlen = 0;
	get(&m, 1, &fresh)->gi = 5;
	m = view(2, 7);
	m.hlen = 0;
	ck_assert_ptr_nonnull(clients_find(c, clients_key(&m, 10), now));
	ck_assert_uint_eq(clients_find(c, clients_key(&m, 10), now)->gi, 5);
}
END_TEST

START_TEST(a_new_conversation_has_no_rule)
{
	struct dhcp4 m = view(1, 1);
	bool fresh;
	struct conv *cv = get(&m, 1, &fresh);

	ck_assert_uint_eq(cv->rule, CONF_NONE);
	ck_assert(!cv->chosen);
	ck_assert_uint_eq(cv->tries, 0);
}
END_TEST

START_TEST(a_conversation_expires_two_minutes_after_its_last_request)
{
	struct mono start = now;

	is_fresh(1, 1);
	find(1, 1)->tries = 3;
	now = mono_add_ms(start, CLIENTS_CONV_MS);
	ck_assert_ptr_nonnull(find(1, 1));
	ck_assert(!is_fresh(1, 1));	/* and its lifetime starts again */
	now = mono_add_ms(now, CLIENTS_CONV_MS + 1);
	ck_assert_ptr_null(find(1, 1));
	ck_assert(is_fresh(1, 1));
	ck_assert_uint_eq(find(1, 1)->tries, 0);
	ck_assert_uint_eq(find(1, 1)->rule, CONF_NONE);
	ck_assert_uint_eq(clients_count(c), 1);
	ck_assert_uint_eq(evictions, 0);
}
END_TEST

START_TEST(a_full_table_evicts_the_oldest_and_reports_it)
{
	for (uint8_t i = 1; i <= 4; i++)
		ck_assert(is_fresh(i, 1));
	ck_assert(!is_fresh(1, 1));	/* 2 is the oldest now */
	ck_assert_uint_eq(evictions, 0);
	ck_assert(is_fresh(5, 1));
	ck_assert_uint_eq(evictions, 1);
	ck_assert_uint_eq(clients_count(c), 4);
	ck_assert_ptr_null(find(2, 1));
	ck_assert_ptr_nonnull(find(1, 1));
}
END_TEST

/* Otherwise a server's replies could keep a conversation alive. */
START_TEST(a_lookup_does_not_refresh_an_entry)
{
	for (uint8_t i = 1; i <= 4; i++)
		is_fresh(i, 1);
	ck_assert_ptr_nonnull(find(1, 1));
	is_fresh(5, 1);
	ck_assert_ptr_null(find(1, 1));
}
END_TEST

START_TEST(without_hlen_each_xid_is_a_station)
{
	struct dhcp4 m = view(1, 7);
	struct station *s;

	m.hlen = 0;
	s = clients_station(c, clients_key(&m, 10));
	ck_assert_ptr_eq(clients_station(c, clients_key(&m, 10)), s);
	m.xid++;
	ck_assert_ptr_ne(clients_station(c, clients_key(&m, 10)), s);
}
END_TEST

START_TEST(a_station_belongs_to_its_interface)
{
	struct dhcp4 m = view(1, 1), other = view(1, 2);
	struct station *s = clients_station(c, clients_key(&m, 10));

	s->gi = 3;
	ck_assert_uint_eq(clients_station(c, clients_key(&other, 10))->gi, 3);
	ck_assert_uint_eq(clients_station(c, clients_key(&m, 11))->gi, 0);
	ck_assert_uint_eq(clients_count(c), 0);
}
END_TEST

START_TEST(a_flood_of_stations_stays_within_the_table)
{
	struct dhcp4 m;

	for (unsigned i = 0; i < 1000; i++) {
		m = view((uint8_t)i, i);
		clients_station(c, clients_key(&m, 10 + i / 200))->gi = 1;
	}
	ck_assert_uint_eq(evictions, 0);	/* stations are evicted silently */
}
END_TEST

START_TEST(the_callback_is_optional)
{
	struct clients *quiet = clients_new(FAMILY4, 1, secret, NULL, NULL);
	struct rx rx = { .mac_len = 0 };
	struct conv copy;
	bool fresh;

	for (uint8_t i = 0; i < 3; i++) {
		struct dhcp4 m = view(i, i);
		struct client_call call = { clients_key(&m, 10), &rx, now };

		clients_get(quiet, &call, &copy, &fresh);
		ck_assert(fresh);
	}
	ck_assert_uint_eq(clients_count(quiet), 1);
	clients_free(quiet);
	ck_assert_ptr_null(clients_free(NULL));
}
END_TEST

/* Under overload the relay asks which conversations exist; the prefetch hint
 * must not create one. */
START_TEST(expecting_a_key_changes_nothing)
{
	struct dhcp4 m = view(1, 1);
	struct client_key key = clients_key(&m, 10);

	ck_assert(!clients_find(c, key, now));
	clients_expect(c, key);
	ck_assert(!clients_find(c, key, now));
	ck_assert(is_fresh(1, 1));
	ck_assert(clients_find(c, key, now));
	key.id++;
	ck_assert(!clients_find(c, key, now));
	key.id--;
	key.len = 17;
	ck_assert(!clients_find(c, key, now));
	clients_expect(c, key);
	key.len = m.hlen;
	now = mono_add_ms(now, CLIENTS_CONV_MS + 1);
	ck_assert(!clients_find(c, key, now));
	ck_assert_uint_eq(evictions, 0);
}
END_TEST

/* As after a reload with another value of `clients`. */
static void
into_a_table_of(size_t capacity)
{
	struct clients *next = clients_new(FAMILY4, capacity, secret, evicted, &evictions);

	ck_assert_ptr_nonnull(next);
	clients_take(next, c);
	clients_free(c);
	c = next;
}

START_TEST(entries_are_copied_to_a_table_of_another_size)
{
	struct dhcp4 m;

	for (uint8_t i = 1; i <= 4; i++)
		ck_assert(is_fresh(i, 1));
	ck_assert(!is_fresh(1, 1));
	find(1, 1)->gi = 10;
	m = view(1, 1);
	clients_station(c, clients_key(&m, 10))->gi = 3;
	into_a_table_of(8);
	ck_assert_uint_eq(clients_count(c), 4);
	ck_assert_uint_eq(find(1, 1)->gi, 10);
	ck_assert_uint_eq(clients_station(c, clients_key(&m, 10))->gi, 3);
	/* a smaller table gets the youngest entries */
	into_a_table_of(2);
	ck_assert_uint_eq(clients_count(c), 2);
	ck_assert_uint_eq(evictions, 2);
	ck_assert_ptr_nonnull(find(1, 1));
	ck_assert_ptr_nonnull(find(4, 1));
	ck_assert_ptr_null(find(2, 1));
}
END_TEST

Suite *
clients_suite(void)
{
	Suite *s = suite_create("clients");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_retry_has_the_same_chaddr_and_xid);
	tcase_add_test(t, expecting_a_key_changes_nothing);
	tcase_add_test(t, nothing_else_in_the_message_matters);
	tcase_add_test(t, only_hlen_bytes_of_chaddr_count);
	tcase_add_test(t, without_hlen_only_the_xid_counts);
	tcase_add_test(t, a_new_conversation_has_no_rule);
	tcase_add_test(t, a_conversation_expires_two_minutes_after_its_last_request);
	tcase_add_test(t, a_full_table_evicts_the_oldest_and_reports_it);
	tcase_add_test(t, a_lookup_does_not_refresh_an_entry);
	tcase_add_test(t, a_station_belongs_to_its_interface);
	tcase_add_test(t, without_hlen_each_xid_is_a_station);
	tcase_add_test(t, a_flood_of_stations_stays_within_the_table);
	tcase_add_test(t, the_callback_is_optional);
	tcase_add_test(t, entries_are_copied_to_a_table_of_another_size);
	suite_add_tcase(s, t);
	return s;
}
