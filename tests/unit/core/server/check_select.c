/* SPDX-License-Identifier: ISC
 *
 * The order in which the members of a group are queried. Each numbered rule of
 * select.c has its test. Then all rules are tested at once, for every order of
 * up to five members in the file, every state of each and every server that
 * replied last, by comparing each pair of neighbours in the result. The last tests
 * verify balance with 100,000 clients.
 */
#include "core/server/select.h"

#include <string.h>

#include "msg.h"

Suite *select_suite(void);

#define SERVERS 5
#define HOLD_MS 60000
#define CLIENTS 100000
#define NOW_MS 1000000

enum state { UNKNOWN, UP, HELD, DOWN, DRAINED, STATES };

struct world {
	struct conf_server server[SERVERS];
	struct health health[SERVERS];
	uint16_t member[SERVERS];
	struct conf_group group;
	struct conf conf;
	struct select_in in;
	struct select_out out;
	uint8_t mac[6];
};

static void
set_state(struct world *w, unsigned server, enum state s)
{
	struct health *h = &w->health[server];

	*h = (struct health){ .state = HEALTH_UP };
	switch (s) {
	case UNKNOWN:
		h->state = HEALTH_UNKNOWN;
		break;
	case HELD:
		h->came_up = mono_us((NOW_MS - HOLD_MS) * 1000 + 1000);
		break;
	case DOWN:
		h->state = HEALTH_DOWN;
		break;
	case DRAINED:
		h->state = HEALTH_DRAINED;
		h->drained = true;
		break;
	case UP:	/* up for a long time */
		h->came_up = mono_us((NOW_MS - HOLD_MS) * 1000);
		break;
	case STATES:
		break;
	}
}

/* n members, all up, in numerical order */
static void
open_world(struct world *w, enum conf_mode mode, uint16_t n)
{
	*w = (struct world){ .mac = { 2, 0, 0x5e, 0, 0, 1 } };
	w->group = (struct conf_group){
		.mode = mode, .n = n, .server = w->member, .hold_down_ms = HOLD_MS,
	};
	w->conf.server = w->server;
	w->conf.n_server = SERVERS;
	for (uint16_t i = 0; i < SERVERS; i++) {
		w->server[i].address = ip_of4((struct ip4){ 0xc633640a + i });	/* 198.51.100.10 */
		w->server[i].first = (uint16_t)i;
		w->server[i].weight = 1;
		w->member[i] = i;
		set_state(w, i, UP);
	}
	w->in = (struct select_in){
		.conf = &w->conf, .group = &w->group, .health = w->health,
		.client = w->mac, .client_len = sizeof(w->mac),
		.seed = { { 1, 2 } }, .sticky = CONF_NONE,
		.now = mono_us(NOW_MS * 1000LL),
	};
}

static void
ask(struct world *w)
{
	memset(&w->out, 0xee, sizeof(w->out));
	select_servers(&w->in, &w->out);
}

/* The result as text: the members, a bar after those queried at once, and a
 * star if all are down. */
static void
want(struct world *w, const char *text)
{
	char is[32], *p = is;

	ask(w);
	for (unsigned i = 0; i < w->out.n; i++) {
		*p++ = (char)('0' + w->out.server[i]);
		if (i + 1u == w->out.first)
			*p++ = '|';
	}
	if (w->out.all_down)
		*p++ = '*';
	*p = '\0';
	ck_assert_str_eq(is, text);
}

/* --- rule by rule --------------------------------------------------------- */

START_TEST(rule_1_a_drained_server_is_not_queried)
{
	struct world w;

	for (int mode = CONF_MODE_ALL; mode <= CONF_MODE_BALANCE; mode++) {
		open_world(&w, (enum conf_mode)mode, 2);
		set_state(&w, 0, DRAINED);
		want(&w, "1|");
		/* not even if all others are down */
		set_state(&w, 1, DOWN);
		want(&w, "1|*");
		/* nor if it was the last to reply to this client */
		w.in.sticky = 0;
		want(&w, "1|*");
		/* but all are queried if the whole group is drained */
		set_state(&w, 1, DRAINED);
		want(&w, "01|*");
	}
}
END_TEST

START_TEST(rule_2_if_all_are_down_all_are_queried)
{
	struct world w;

	for (int mode = CONF_MODE_ALL; mode <= CONF_MODE_BALANCE; mode++) {
		open_world(&w, (enum conf_mode)mode, 3);
		for (unsigned i = 0; i < 3; i++)
			set_state(&w, i, DOWN);
		want(&w, "012|*");
		w.in.sticky = 2;
		want(&w, "012|*");
	}
}
END_TEST

START_TEST(rule_3_mode_all_queries_every_member_not_drained)
{
	struct world w;

	open_world(&w, CONF_MODE_ALL, 5);
	want(&w, "01234|");
	set_state(&w, 0, DOWN);
	set_state(&w, 1, HELD);
	set_state(&w, 2, UNKNOWN);
	w.in.sticky = 4;
	want(&w, "01234|");
	set_state(&w, 3, DRAINED);
	want(&w, "0124|");
}
END_TEST

START_TEST(rule_4_the_server_that_answered_last_comes_first)
{
	struct world w;

	open_world(&w, CONF_MODE_FAILOVER, 3);
	w.in.sticky = 2;
	want(&w, "2|01");
	set_state(&w, 2, UNKNOWN);
	want(&w, "2|01");
	/* even if it has just come back: it has the client's pending request */
	set_state(&w, 2, HELD);
	want(&w, "2|01");
	set_state(&w, 2, DOWN);
	want(&w, "0|12");
	/* a server of another group */
	w.in.sticky = 4;
	set_state(&w, 2, UP);
	want(&w, "0|12");
}
END_TEST

START_TEST(rule_5_failover_in_file_order)
{
	struct world w;

	open_world(&w, CONF_MODE_FAILOVER, 3);
	want(&w, "0|12");
	set_state(&w, 0, DOWN);
	want(&w, "1|20");
	set_state(&w, 1, UNKNOWN);
	want(&w, "1|20");
	set_state(&w, 0, HELD);
	want(&w, "1|20");
	set_state(&w, 1, DOWN);
	want(&w, "2|01");
	/* a member in hold-down is better than none */
	set_state(&w, 2, DOWN);
	want(&w, "0|12");
	/* several in hold-down: file order */
	set_state(&w, 2, HELD);
	set_state(&w, 1, HELD);
	want(&w, "0|12");
}
END_TEST

START_TEST(rule_5_hold_down_ends)
{
	struct world w;

	open_world(&w, CONF_MODE_FAILOVER, 2);
	w.health[0].came_up = w.in.now;
	want(&w, "1|0");
	w.in.now = mono_add_ms(w.health[0].came_up, HOLD_MS - 1);
	want(&w, "1|0");
	w.in.now = mono_add_ms(w.health[0].came_up, HOLD_MS);
	want(&w, "0|1");
	w.group.hold_down_ms = 0;
	w.in.now = w.health[0].came_up;
	want(&w, "0|1");
}
END_TEST

START_TEST(rule_6_balance_has_no_hold_down)
{
	struct world w, held;
	struct select_out before;

	open_world(&w, CONF_MODE_BALANCE, 5);
	ask(&w);
	before = w.out;
	open_world(&held, CONF_MODE_BALANCE, 5);
	for (unsigned i = 0; i < 5; i++)
		set_state(&held, i, i % 2 ? HELD : UNKNOWN);
	ask(&held);
	ck_assert_uint_eq(before.first, 1);
	ck_assert_mem_eq(&before.server, &held.out.server, 5 * sizeof(uint16_t));
}
END_TEST

START_TEST(rule_8_one_at_a_time_whatever_the_mode)
{
	struct world w;

	open_world(&w, (enum conf_mode)_i, 3);
	w.in.one = true;
	w.in.sticky = 1;
	set_state(&w, 0, DOWN);
	set_state(&w, 2, DOWN);
	want(&w, "1|02");
	set_state(&w, 1, DOWN);
	want(&w, "0|12*");
}
END_TEST

START_TEST(members_of_the_other_family_are_left_out)
{
	struct world w;

	open_world(&w, (enum conf_mode)_i, 3);
	w.server[1].address = ip_of6((struct ip6){ { 0x20, 1, 0xd, 0xb8, [15] = 1 } });
	set_state(&w, 0, DOWN);
	set_state(&w, 2, DOWN);
	want(&w, "02|*");
	w.in.family = FAMILY6;
	want(&w, "1|");
	set_state(&w, 1, DRAINED);
	set_state(&w, 0, UP);
	want(&w, "1|*");
	w.group.n = 1;
	want(&w, "*");
}
END_TEST

START_TEST(rule_7_down_servers_come_last_in_file_order)
{
	struct world w;

	for (int mode = CONF_MODE_FAILOVER; mode <= CONF_MODE_BALANCE; mode++) {
		open_world(&w, (enum conf_mode)mode, 5);
		for (unsigned i = 0; i < 5; i++)
			set_state(&w, i, i == 3 ? UP : DOWN);
		want(&w, "3|0124");
	}
}
END_TEST

START_TEST(a_group_of_one)
{
	struct world w;

	for (int mode = CONF_MODE_ALL; mode <= CONF_MODE_BALANCE; mode++) {
		open_world(&w, (enum conf_mode)mode, 1);
		want(&w, "0|");
		set_state(&w, 0, DOWN);
		want(&w, "0|*");
		set_state(&w, 0, DRAINED);
		want(&w, "0|*");
	}
}
END_TEST

/* --- every permutation -------------------------------------------------------- */

static bool
may_be_chosen(enum state s)
{
	return s == UNKNOWN || s == UP || s == HELD;
}

/* The state of each server and its place in the file and in the result. */
struct facts {
	const enum state *state;
	int place[SERVERS];
	int liked[SERVERS];	/* rank by the hash, without any other rule */
	uint16_t n;
};

/* Must a be queried before b? The rules from first to last. */
static bool
earlier(const struct world *w, const struct facts *f, uint16_t a, uint16_t b)
{
	enum state sa = f->state[a], sb = f->state[b];

	if (w->group.mode == CONF_MODE_ALL)					/* 3 */
		return f->place[a] < f->place[b];
	if (may_be_chosen(sa) != may_be_chosen(sb))				/* 7 */
		return may_be_chosen(sa);
	if (!may_be_chosen(sa))							/* 7 */
		return f->place[a] < f->place[b];
	if (a == w->in.sticky || b == w->in.sticky)				/* 4 */
		return a == w->in.sticky;
	if (w->group.mode == CONF_MODE_BALANCE)					/* 6 */
		return f->liked[a] < f->liked[b];
	if ((sa == HELD) != (sb == HELD))					/* 5 */
		return sb == HELD;
	return f->place[a] < f->place[b];					/* 5 */
}

static void
judge(const struct world *w, const struct facts *f)
{
	unsigned drained = 0, usable = 0, want_n;
	uint32_t seen = 0;

	for (unsigned i = 0; i < f->n; i++) {
		drained += f->state[w->member[i]] == DRAINED;
		usable += may_be_chosen(f->state[w->member[i]]);
	}
	want_n = drained == f->n ? f->n : f->n - drained;			/* 1 */
	must(w->out.n == want_n);
	must(w->out.all_down == (usable == 0));					/* 2 */
	must(w->out.first == (usable && w->group.mode != CONF_MODE_ALL ?
	    1 : want_n));							/* 2, 3 */
	for (unsigned i = 0; i < w->out.n; i++) {
		uint16_t s = w->out.server[i];

		must(f->place[s] >= 0 && !(seen >> s & 1));
		must(f->state[s] != DRAINED || drained == f->n);		/* 1 */
		seen |= 1u << s;
		if (i > 0)
			must(earlier(w, f, w->out.server[i - 1], s));
	}
}

/* The order by hash alone: all are up, and none replied before. */
static void
learn_hash(struct world *w, struct facts *f)
{
	struct world all_up;

	open_world(&all_up, CONF_MODE_BALANCE, f->n);
	memcpy(all_up.member, w->member, sizeof(w->member));
	ask(&all_up);
	for (int i = 0; i < f->n; i++)
		f->liked[all_up.out.server[i]] = i;
}

/* All states of the members in the current order. */
static void
every_state(struct world *w, struct facts *f)
{
	enum state state[SERVERS] = { UNKNOWN };
	unsigned all = 1;

	f->state = state;
	for (unsigned i = 0; i < f->n; i++)
		all *= STATES;
	for (unsigned code = 0; code < all; code++) {
		unsigned rest = code;

		for (unsigned s = 0; s < f->n; s++, rest /= STATES) {
			state[s] = (enum state)(rest % STATES);
			set_state(w, s, state[s]);
		}
		/* no server replied last, then each in turn (all of them with fewer
		 * than five members) */
		for (uint16_t s = 0; s <= f->n; s++) {
			if (f->n == SERVERS && s < f->n && code % f->n != s)
				continue;
			w->in.sticky = s < f->n ? s : CONF_NONE;
			ask(w);
			judge(w, f);
		}
	}
}

/* The k-th permutation by its digits; Heap's algorithm would be longer. */
static void
permute(struct world *w, struct facts *f, unsigned k)
{
	uint16_t left[SERVERS];

	for (uint16_t i = 0; i < f->n; i++)
		left[i] = i;
	for (int i = 0; i < SERVERS; i++)
		f->place[i] = -1;
	for (unsigned i = 0; i < f->n; i++) {
		unsigned rest = f->n - i, pick = k % rest;

		k /= rest;
		w->member[i] = left[pick];
		f->place[left[pick]] = (int)i;
		memmove(&left[pick], &left[pick + 1],
		    (rest - pick - 1) * sizeof(left[0]));
	}
}

START_TEST(all_rules_in_every_permutation)
{
	enum conf_mode mode = (enum conf_mode)(_i / SERVERS);
	struct facts f = { .n = (uint16_t)(_i % SERVERS + 1) };
	unsigned all = 1;
	struct world w;

	for (unsigned i = 2; i <= f.n; i++)
		all *= i;
	for (unsigned k = 0; k < all; k++) {
		open_world(&w, mode, f.n);
		permute(&w, &f, k);
		learn_hash(&w, &f);
		every_state(&w, &f);
	}
}
END_TEST

/* --- what balance promises
 * ---------------------------------------------------------- */

static void
client(struct world *w, unsigned i)
{
	/* consecutive MAC addresses, like those of machines delivered together */
	w->mac[3] = (uint8_t)(i >> 16);
	w->mac[4] = (uint8_t)(i >> 8);
	w->mac[5] = (uint8_t)i;
}

static uint16_t
first_of(struct world *w, unsigned i)
{
	client(w, i);
	ask(w);
	return w->out.server[0];
}

static void
within_3_percent(unsigned is, double should)
{
	if (is < should * 0.97 || is > should * 1.03)
		ck_abort_msg("%u clients, should be %.0f", is, should);
}

START_TEST(shares_match_weights_within_3_percent)
{
	static const uint8_t weights[][SERVERS] = {
		{ 1, 1, 1, 1, 1 }, { 1, 2, 3, 4, 5 }, { 100, 100, 50, 50, 50 },
		{ 10, 1, 1, 1, 1 },
	};
	unsigned n[SERVERS] = { 0 }, sum = 0;
	struct world w;

	open_world(&w, CONF_MODE_BALANCE, SERVERS);
	for (unsigned s = 0; s < SERVERS; s++)
		sum += w.server[s].weight = weights[_i][s];
	for (unsigned i = 0; i < CLIENTS; i++)
		n[first_of(&w, i)]++;
	for (unsigned s = 0; s < SERVERS; s++)
		within_3_percent(n[s], (double)CLIENTS * weights[_i][s] / sum);
}
END_TEST

START_TEST(when_a_server_dies_only_its_clients_move)
{
	static uint16_t before[CLIENTS];
	unsigned moved = 0, to[SERVERS] = { 0 };
	struct world w;

	open_world(&w, CONF_MODE_BALANCE, SERVERS);
	w.server[4].weight = 2;
	for (unsigned i = 0; i < CLIENTS; i++)
		before[i] = first_of(&w, i);
	set_state(&w, 1, _i == 0 ? DOWN : DRAINED);
	for (unsigned i = 0; i < CLIENTS; i++) {
		uint16_t now = first_of(&w, i);

		must(now != 1);
		must(now == before[i] || before[i] == 1);
		if (now != before[i]) {
			moved++;
			to[now]++;
		}
	}
	/* they are spread over the others by weight */
	within_3_percent(moved, CLIENTS / 6.0);
	within_3_percent(to[0] + to[2] + to[3], moved * 3.0 / 5);
	within_3_percent(to[4], moved * 2.0 / 5);
	/* back again: as before */
	set_state(&w, 1, HELD);
	for (unsigned i = 0; i < CLIENTS; i++)
		must(first_of(&w, i) == before[i]);
}
END_TEST

START_TEST(a_new_server_takes_clients_and_the_others_exchange_none)
{
	static uint16_t before[CLIENTS];
	unsigned moved = 0;
	struct world w;

	open_world(&w, CONF_MODE_BALANCE, SERVERS - 1);
	for (unsigned i = 0; i < CLIENTS; i++)
		before[i] = first_of(&w, i);
	w.group.n = SERVERS;
	for (unsigned i = 0; i < CLIENTS; i++) {
		uint16_t now = first_of(&w, i);

		must(now == before[i] || now == SERVERS - 1);
		moved += now != before[i];
	}
	within_3_percent(moved, CLIENTS / 5.0);
	/* more weight has the same effect as another server */
	w.server[0].weight = 3;
	for (unsigned i = 0; i < CLIENTS; i++) {
		uint16_t was;

		w.server[0].weight = 1;
		was = first_of(&w, i);
		w.server[0].weight = 3;
		must(first_of(&w, i) == was || first_of(&w, i) == 0);
	}
}
END_TEST

/* Both routers of a pair make the same choice even if their files list the servers
 * in different orders. */
START_TEST(the_order_in_the_file_does_not_matter_to_balance)
{
	struct world a, b;

	open_world(&a, CONF_MODE_BALANCE, SERVERS);
	open_world(&b, CONF_MODE_BALANCE, SERVERS);
	for (uint16_t i = 0; i < SERVERS; i++) {
		b.server[i].address = a.server[SERVERS - 1 - i].address;
		b.member[i] = (uint16_t)((i + 2) % SERVERS);
	}
	for (unsigned i = 0; i < 1000; i++) {
		client(&a, i);
		client(&b, i);
		ask(&a);
		ask(&b);
		for (unsigned k = 0; k < SERVERS; k++)
			must(ip4_eq(ip_v4(a.server[a.out.server[k]].address),
			    ip_v4(b.server[b.out.server[k]].address)));
	}
}
END_TEST

START_TEST(a_client_stays_with_the_server_that_answered_it)
{
	struct world w;

	open_world(&w, CONF_MODE_BALANCE, SERVERS);
	for (unsigned i = 0; i < 1000; i++) {
		w.in.sticky = (uint16_t)(i % SERVERS);
		must(first_of(&w, i) == i % SERVERS);
		must(w.out.n == SERVERS && w.out.first == 1);
	}
}
END_TEST

/* InfiniBand has hlen 0, EDK2 may send 16 bytes. */
START_TEST(any_length_of_client_is_hashed)
{
	uint8_t chaddr[64] = { 0 };
	struct world w;
	unsigned different = 0;
	uint16_t last = CONF_NONE;

	open_world(&w, CONF_MODE_BALANCE, SERVERS);
	w.in.client = chaddr;
	for (w.in.client_len = 0; w.in.client_len <= 16; w.in.client_len++) {
		if (w.in.client_len)
			chaddr[w.in.client_len - 1] = (uint8_t)w.in.client_len;
		ask(&w);
		ck_assert_uint_eq(w.out.n, SERVERS);
		different += w.out.server[0] != last;
		last = w.out.server[0];
	}
	ck_assert_uint_gt(different, 5);
}
END_TEST

/* The key is hashed in network order, so a router with the other byte order makes
 * the same choice. */
START_TEST(balance_is_the_same_on_both_byte_orders)
{
	static const uint16_t expected[] = { 0, 2, 3, 3, 2, 3, 0, 3 };
	struct world w;

	open_world(&w, CONF_MODE_BALANCE, 4);
	for (uint8_t i = 0; i < 8; i++) {
		w.mac[5] = i;
		ask(&w);
		ck_assert_uint_eq(w.out.server[0], expected[i]);
	}
}
END_TEST

Suite *
select_suite(void)
{
	Suite *s = suite_create("select");
	TCase *t = tcase_create("rules");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, balance_is_the_same_on_both_byte_orders);
	tcase_add_test(t, rule_1_a_drained_server_is_not_queried);
	tcase_add_test(t, rule_2_if_all_are_down_all_are_queried);
	tcase_add_test(t, rule_3_mode_all_queries_every_member_not_drained);
	tcase_add_test(t, rule_4_the_server_that_answered_last_comes_first);
	tcase_add_test(t, rule_5_failover_in_file_order);
	tcase_add_test(t, rule_5_hold_down_ends);
	tcase_add_test(t, rule_6_balance_has_no_hold_down);
	tcase_add_test(t, rule_7_down_servers_come_last_in_file_order);
	tcase_add_loop_test(t, rule_8_one_at_a_time_whatever_the_mode, 0, 3);
	tcase_add_loop_test(t, members_of_the_other_family_are_left_out, 0, 3);
	tcase_add_test(t, a_group_of_one);
	tcase_add_loop_test(t, all_rules_in_every_permutation, 0, 3 * SERVERS);
	suite_add_tcase(s, t);
	t = tcase_create("balance");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, shares_match_weights_within_3_percent, 0, 4);
	tcase_add_loop_test(t, when_a_server_dies_only_its_clients_move, 0, 2);
	tcase_add_test(t, a_new_server_takes_clients_and_the_others_exchange_none);
	tcase_add_test(t, the_order_in_the_file_does_not_matter_to_balance);
	tcase_add_test(t, a_client_stays_with_the_server_that_answered_it);
	tcase_add_test(t, any_length_of_client_is_hashed);
	suite_add_tcase(s, t);
	return s;
}
