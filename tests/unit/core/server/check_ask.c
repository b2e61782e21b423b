/* SPDX-License-Identifier: ISC
 *
 * Who is asked: queries, retries, hedges and other messages, with one group that
 * has servers of both families. Servers 0 to 2 are IPv4, 3 to 5 IPv6, and the
 * group has them in turn.
 */
#include "core/server/ask.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *ask_suite(void);

#define SERVERS 6
#define HEDGE_MS 500

static const struct client_key key_a = { .id = 'a' }, key_b = { .id = 'b' };

static struct world {
	struct conf_server server[SERVERS];
	uint16_t member[SERVERS];
	struct conf_group group[2];	/* the second has no server of IPv6 */
	struct conf conf;
	struct servers servers;
	struct stats stats;
	struct relay a[FAMILIES];
	struct ask_list l;
	struct ask q;
	struct ask_client c;
	struct mono now;
} *w;

static void
setup(void)
{
	static const uint16_t members[SERVERS] = { 0, 3, 1, 4, 2, 5 };

	w = calloc(1, sizeof(*w));
	must(w != NULL);
	memcpy(w->member, members, sizeof(members));
	w->conf = (struct conf){ .n_server = SERVERS, .server = w->server,
		.n_group = 2, .group = w->group };
	for (uint16_t i = 0; i < SERVERS; i++) {
		struct ip6 six = { { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(0x10 + i) } };

		w->server[i].address = i < 3 ?
		    ip_of4((struct ip4){ 0xc633640a + i }) : ip_of6(six);
		w->server[i].first = i;
		w->server[i].weight = 1;
		w->servers.health[i].state = HEALTH_UP;
	}
	w->group[0] = (struct conf_group){ .mode = CONF_MODE_FAILOVER,
		.hedge_ms = HEDGE_MS, .n = SERVERS, .server = w->member };
	w->group[1] = (struct conf_group){ .hedge_ms = HEDGE_MS, .n = 1,
		.server = w->member };
	w->servers.conf = &w->conf;
	for (enum family f = FAMILY4; f < FAMILIES; f++)
		w->a[f] = (struct relay){ .family = f, .conf = &w->conf,
			.servers = &w->servers, .stats = &w->stats,
			.hedges = pendings_new(2) };
	must(w->a[FAMILY4].hedges && w->a[FAMILY6].hedges);
	w->c = (struct ask_client){ .id = "client", .len = 6, .sticky = CONF_NONE };
	w->now = mono_us(1000000);
	ask_begin(&w->l);
}

static void
teardown(void)
{
	for (enum family f = FAMILY4; f < FAMILIES; f++)
		pendings_free(w->a[f].hedges);
	free(w);
}

/* Are these the servers of the list, in this order? */
static void
goes_to(const char *want)
{
	char is[SERVERS + 1];

	for (unsigned i = 0; i < w->l.n; i++)
		is[i] = (char)('0' + w->l.server[i]);
	is[w->l.n] = '\0';
	ck_assert_str_eq(is, want);
}

static void
arm(enum family f, const struct client_key *key)
{
	struct rx rx = { .data = "query", .len = 5, .ifindex = 7, .mac_len = 6,
		.ip = (const uint8_t *)"ip", .ip_len = 2 };

	ask_arm(&w->a[f], &w->l, &w->q, key, &rx, w->now);
}

/* The client asks the mixed group, for the first time or once more. */
static void
client_asks(enum family f, const char *want)
{
	ask_begin(&w->l);
	ask_query(&w->a[f], &w->l, &w->q, 0, CONF_DHCP, &w->c, w->now);
	goes_to(want);
	arm(f, &key_a);
}

/* A hedge is due, and goes to this server; NULL: none is due, or all were asked. */
static void
hedge_goes_to(enum family f, const char *want)
{
	struct pending *s = pendings_first(w->a[f].hedges);

	if (!s) {
		ck_assert_ptr_null(want);
		return;
	}
	ck_assert_int_eq(mono_diff_ms(s->due, w->now), HEDGE_MS);
	w->now = s->due;
	ask_begin(&w->l);
	ck_assert_int_eq(ask_next(&w->a[f], &w->l, &w->q, s, 0, &w->c, w->now), !!want);
	goes_to(want ? want : "");
}

static void
is_down(uint16_t server)
{
	w->servers.health[server].state = HEALTH_DOWN;
}

static void
is_drained(uint16_t server)
{
	w->servers.health[server].state = HEALTH_DRAINED;
	w->servers.health[server].drained = true;
}

/* By family: the first try, the second, the third. */
static const struct {
	enum conf_mode mode;
	const char *try[FAMILIES][3];
} modes[] = {
	{ CONF_MODE_ALL, { { "012", "012", "012" }, { "345", "345", "345" } } },
	{ CONF_MODE_FAILOVER, { { "0", "01", "012" }, { "3", "34", "345" } } },
	/* of the hash, as in select */
	{ CONF_MODE_BALANCE, { { "0", "02", "021" }, { "5", "53", "534" } } },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

START_TEST(a_repeated_query_goes_to_more_servers_of_its_family)
{
	enum family f = (enum family)(_i % FAMILIES);
	unsigned mode = (unsigned)_i / FAMILIES;

	w->group[0].mode = modes[mode].mode;
	for (unsigned i = 0; i < 3; i++)
		client_asks(f, modes[mode].try[f][i]);
	ck_assert_uint_eq(w->stats.counter[COUNTER_ESCALATIONS],
	    modes[mode].mode == CONF_MODE_ALL ? 0 : 2);
	/* An answer ends it: the next query is a new one. */
	ask_answered(&w->a[f], &w->q, &key_a, CONF_DHCP);
	client_asks(f, modes[mode].try[f][0]);
	client_asks(f, modes[mode].try[f][1]);
	/* So does another choice of groups. */
	ask_reset(&w->q);
	client_asks(f, modes[mode].try[f][0]);
}
END_TEST

START_TEST(a_group_of_the_other_family_adds_nothing)
{
	ask_query(&w->a[FAMILY6], &w->l, &w->q, 1, CONF_BOOT, &w->c, w->now);
	ask_members(&w->a[FAMILY6], &w->l, 1, 0, false);
	goes_to("");
	ck_assert_uint_eq(w->l.group[CONF_BOOT], CONF_NONE);
	ck_assert_uint_eq(w->q.asks[CONF_BOOT], 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUP_DOWN], 0);
	ask_add(&w->a[FAMILY6], &w->l, 2);
	goes_to("");
	ask_query(&w->a[FAMILY4], &w->l, &w->q, 1, CONF_BOOT, &w->c, w->now);
	goes_to("0");
	ck_assert_uint_eq(w->l.group[CONF_BOOT], 1);
}
END_TEST

START_TEST(a_group_is_down_when_the_members_of_this_family_are)
{
	is_down(3);
	is_down(4);
	is_down(5);
	client_asks(FAMILY6, "345");
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUP_DOWN], 1);
	ask_reset(&w->q);
	client_asks(FAMILY4, "0");
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUP_DOWN], 1);
}
END_TEST

START_TEST(an_address_is_in_the_list_once)
{
	w->server[2].first = 1;
	ask_add(&w->a[FAMILY4], &w->l, 2);
	ask_add(&w->a[FAMILY4], &w->l, 1);
	goes_to("1");
}
END_TEST

/* --- messages that are not queries -------------------------------------- */

START_TEST(other_messages_go_to_all_or_to_the_named_one)
{
	const struct relay *a = &w->a[_i];
	static const char *const all[] = { "012", "345" }, *const some[] = { "01", "34" };
	static const char *const last[] = { "2", "5" };
	uint16_t named = _i ? 5 : 2;

	ask_members(a, &w->l, 0, CONF_NONE, false);
	goes_to(all[_i]);
	ask_begin(&w->l);
	ask_members(a, &w->l, 0, named, true);
	goes_to(last[_i]);
	ask_begin(&w->l);
	ask_members(a, &w->l, 0, CONF_NONE, true);
	goes_to("");
	/* of the other family */
	ask_members(a, &w->l, 0, _i ? 2 : 5, true);
	goes_to("");
	is_drained(named);
	ask_members(a, &w->l, 0, CONF_NONE, false);
	goes_to(some[_i]);
	ask_begin(&w->l);
	ask_members(a, &w->l, 0, named, false);
	goes_to(all[_i]);
	/* that the other family is drained does not matter */
	for (uint16_t i = 0; i < SERVERS; i++)
		if ((i < 3) == (_i == FAMILY6))
			is_drained(i);
	ask_begin(&w->l);
	ask_members(a, &w->l, 0, CONF_NONE, false);
	goes_to(some[_i]);
	for (uint16_t i = 0; i < SERVERS; i++)
		is_drained(i);
	ask_begin(&w->l);
	ask_members(a, &w->l, 0, CONF_NONE, false);
	goes_to(all[_i]);
}
END_TEST

/* --- hedges ------------------------------------------------------------- */

START_TEST(a_silent_server_is_followed_by_the_next_one)
{
	client_asks(FAMILY6, "3");
	ck_assert_uint_eq(w->q.hedge[CONF_DHCP],
	    pendings_first(w->a[FAMILY6].hedges)->self);
	hedge_goes_to(FAMILY6, "4");
	hedge_goes_to(FAMILY6, "5");
	hedge_goes_to(FAMILY6, NULL);
	ck_assert_uint_eq(w->q.hedge[CONF_DHCP], 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HEDGES], 2);
	ck_assert_uint_eq(w->servers.stats[4].hedges, 1);
	ck_assert_uint_eq(w->servers.stats[5].hedges, 1);
	hedge_goes_to(FAMILY4, NULL);
}
END_TEST

START_TEST(a_hedge_keeps_the_message_and_its_origin)
{
	const struct pending *s;

	client_asks(FAMILY4, "0");
	s = pendings_first(w->a[FAMILY4].hedges);
	ck_assert_uint_eq(s->rx.len, 5);
	ck_assert_ptr_eq(s->rx.data, s->msg);
	ck_assert_mem_eq(s->rx.data, "query", 5);
	ck_assert_uint_eq(s->rx.ifindex, 7);
	ck_assert_uint_eq(s->rx.mac_len, 6);
	ck_assert_ptr_null(s->rx.ip);
	ck_assert_uint_eq(s->rx.ip_len, 0);
	ck_assert_mem_eq(&s->key, &key_a, sizeof(key_a));
	ck_assert_int_eq(s->class, CONF_DHCP);
}
END_TEST

START_TEST(what_is_not_hedged)
{
	struct rx rx = { .data = w->stats.counter, .len = PENDING_MSG_MAX + 1 };

	w->group[0].mode = CONF_MODE_ALL;
	client_asks(FAMILY4, "012");
	hedge_goes_to(FAMILY4, NULL);
	w->group[0].mode = CONF_MODE_FAILOVER;
	w->group[0].hedge_ms = 0;
	ask_reset(&w->q);
	client_asks(FAMILY4, "0");
	hedge_goes_to(FAMILY4, NULL);
	w->group[0].hedge_ms = HEDGE_MS;
	w->group[0].n = 3;		/* 0, 3, 1: one of IPv6 */
	ask_reset(&w->q);
	client_asks(FAMILY6, "3");
	hedge_goes_to(FAMILY6, NULL);
	ask_arm(&w->a[FAMILY4], &w->l, &w->q, &key_a, &rx, w->now);
	hedge_goes_to(FAMILY4, NULL);
	ask_reset(&w->q);
	client_asks(FAMILY4, "0");
	hedge_goes_to(FAMILY4, "1");
}
END_TEST

START_TEST(an_answer_ends_the_hedge)
{
	client_asks(FAMILY4, "0");
	ask_answered(&w->a[FAMILY4], &w->q, &key_a, CONF_BOOT);
	ck_assert_uint_eq(pendings_count(w->a[FAMILY4].hedges), 1);
	ask_answered(&w->a[FAMILY4], &w->q, &key_a, CONF_DHCP);
	hedge_goes_to(FAMILY4, NULL);
	ck_assert(w->q.answered[CONF_DHCP]);
}
END_TEST

/* A slot may belong to another conversation by now, with the same number. */
START_TEST(the_hedge_of_another_conversation_is_left_alone)
{
	struct ask mine;

	client_asks(FAMILY4, "0");
	mine = w->q;
	pendings_drop(w->a[FAMILY4].hedges, pendings_first(w->a[FAMILY4].hedges));
	w->q = (struct ask){ .asks = { 0 } };
	ask_begin(&w->l);
	ask_query(&w->a[FAMILY4], &w->l, &w->q, 0, CONF_DHCP, &w->c, w->now);
	arm(FAMILY4, &key_b);
	ck_assert_uint_eq(w->q.hedge[CONF_DHCP], mine.hedge[CONF_DHCP]);
	ask_answered(&w->a[FAMILY4], &mine, &key_a, CONF_DHCP);
	hedge_goes_to(FAMILY4, "1");
}
END_TEST

/* Evicted and made again, or the groups have changed. */
START_TEST(a_hedge_that_nobody_waits_for_is_dropped)
{
	struct pending *s;

	client_asks(FAMILY4, "0");
	s = pendings_first(w->a[FAMILY4].hedges);
	ask_begin(&w->l);
	if (_i)
		w->q.hedge[CONF_DHCP] = 0;
	ck_assert(!ask_next(&w->a[FAMILY4], &w->l, &w->q, s, _i ? 0 : CONF_NONE, &w->c,
	    w->now));
	goes_to("");
	hedge_goes_to(FAMILY4, NULL);
	ck_assert_uint_eq(w->q.hedge[CONF_DHCP], 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HEDGES], 0);
}
END_TEST

START_TEST(a_full_pool_is_counted)
{
	for (uint32_t i = 0; pendings_take(w->a[FAMILY4].hedges, i, w->now); i++)
		;
	client_asks(FAMILY4, "0");
	ck_assert_uint_eq(w->q.hedge[CONF_DHCP], 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_HEDGES_FULL], 1);
}
END_TEST

/* --- Rapid Commit ------------------------------------------------------- */

START_TEST(rapid_commit_goes_to_one_server_at_a_time)
{
	bool balance = _i == CONF_MODE_BALANCE;

	w->group[0].mode = (enum conf_mode)_i;
	w->c.one = true;
	w->c.sticky = 3;
	client_asks(FAMILY6, "3");
	hedge_goes_to(FAMILY6, balance ? "5" : "4");
	client_asks(FAMILY6, balance ? "4" : "5");	/* a retry, soon */
	hedge_goes_to(FAMILY6, NULL);
	client_asks(FAMILY6, "3");	/* and around */
	hedge_goes_to(FAMILY6, balance ? "5" : "4");
	ck_assert_uint_eq(w->stats.counter[COUNTER_ESCALATIONS], 2);
	ask_answered(&w->a[FAMILY6], &w->q, &key_a, CONF_DHCP);
	client_asks(FAMILY6, "3");
}
END_TEST

START_TEST(rapid_commit_prefers_servers_that_are_up)
{
	w->group[0].mode = (enum conf_mode)_i;
	w->c.one = true;
	is_down(3);
	is_down(4);
	client_asks(FAMILY6, "5");
	hedge_goes_to(FAMILY6, "3");
	hedge_goes_to(FAMILY6, "4");
	is_down(5);
	ask_reset(&w->q);
	client_asks(FAMILY6, "3");
	ck_assert_uint_eq(w->stats.counter[COUNTER_GROUP_DOWN], 1);
}
END_TEST

Suite *
ask_suite(void)
{
	Suite *s = suite_create("ask");
	TCase *t = tcase_create("queries");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_repeated_query_goes_to_more_servers_of_its_family, 0,
	    (int)(MODES * FAMILIES));
	tcase_add_test(t, a_group_of_the_other_family_adds_nothing);
	tcase_add_test(t, a_group_is_down_when_the_members_of_this_family_are);
	tcase_add_test(t, an_address_is_in_the_list_once);
	tcase_add_loop_test(t, other_messages_go_to_all_or_to_the_named_one, 0, FAMILIES);
	suite_add_tcase(s, t);
	t = tcase_create("hedges");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_silent_server_is_followed_by_the_next_one);
	tcase_add_test(t, a_hedge_keeps_the_message_and_its_origin);
	tcase_add_test(t, what_is_not_hedged);
	tcase_add_test(t, an_answer_ends_the_hedge);
	tcase_add_test(t, the_hedge_of_another_conversation_is_left_alone);
	tcase_add_loop_test(t, a_hedge_that_nobody_waits_for_is_dropped, 0, 2);
	tcase_add_test(t, a_full_pool_is_counted);
	suite_add_tcase(s, t);
	t = tcase_create("rapid commit");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, rapid_commit_goes_to_one_server_at_a_time, 0, 3);
	tcase_add_loop_test(t, rapid_commit_prefers_servers_that_are_up, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
