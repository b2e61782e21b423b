/* SPDX-License-Identifier: ISC
 *
 * The health of a server: tables of evidence and states, with one letter for
 * each piece, and a comparison with a model of two counters for every rise and fall.
 */
#include "core/server/health.h"

#include <string.h>

#include "msg.h"

Suite *health_suite(void);

#define HOLD_MS 30000

static struct mono
at_ms(int64_t ms)
{
	return mono_us(1000000 + ms * 1000);
}

static char
letter(const struct health *h)
{
	switch (h->state) {
	case HEALTH_UNKNOWN:
		return '?';
	case HEALTH_UP:
		return 'U';
	case HEALTH_DOWN:
		return 'd';
	case HEALTH_DRAINED:
		return '-';
	}
	return ' ';
}

/*
 * One piece of evidence: g a good probe, b a bad one, r a reply to a client, X
 * blocked by the kernel, O unblocked (the server has probes), o unblocked (it
 * has none), e a minute passed without probes, D drained, E enabled.
 */
static bool
feed(struct health *h, char event, struct mono now)
{
	switch (event) {
	case 'g':
		return health_good(h, HEALTH_DIAG_PROBE_OK, now);
	case 'b':
		return health_bad(h, HEALTH_DIAG_PROBE_TFTP, now);
	case 'r':
		return health_reply(h, now);
	case 'X':
		return health_block(h, HEALTH_DIAG_NO_ROUTE, now);
	case 'O':
	case 'o':
		return health_unblock(h, event == 'O', now);
	case 'e':
		return health_expire(h, HOLD_MS, mono_add_ms(now, 60000));
	case 'D':
	case 'E':
		return health_drain(h, event == 'D', now);
	}
	ck_abort_msg("no event %c", event);
}

struct story {
	uint8_t rise, fall;
	const char *events, *states;
};

static const struct story stories[] = {
	/* the first evidence decides at once if it is good ... */
	{ 2, 3, "g", "U" },
	{ 9, 9, "r", "U" },
	/* ... and is the first of `fall` if it is bad */
	{ 2, 3, "bbb", "??d" },
	{ 2, 3, "bbgbbb", "??UUUd" },
	{ 2, 1, "b", "d" },
	/* `fall` bad results in a row make it down */
	{ 2, 3, "gbbgbbgbbb", "UUUUUUUUUd" },
	/* `rise` good results in a row make it up */
	{ 2, 3, "gbbbgbgg", "UUUdddd" "U" },
	{ 3, 1, "gbggbggg", "Ud" "ddddd" "U" },
	/* just up again, it has the full score */
	{ 2, 3, "bbbggbbgbbb", "??ddUUUUUUd" },
	{ 1, 1, "gbgbg", "UdUdU" },
	/* a reply to a client counts like a good probe */
	{ 2, 3, "bbbrr", "??ddU" },
	{ 2, 3, "bbbrg", "??ddU" },
	/* the kernel's reports take effect at once */
	{ 2, 3, "gX", "Ud" },
	{ 2, 3, "X", "d" },
	{ 2, 3, "gXO", "Udd" },
	{ 2, 3, "gXOgg", "UdddU" },
	{ 2, 3, "gXObgg", "UddddU" },
	{ 2, 3, "gXo", "Ud?" },
	{ 2, 3, "gXog", "Ud?U" },
	{ 2, 3, "gXobbb", "Ud???d" },
	/* good probes do not end a block */
	{ 2, 3, "gXggg", "Udddd" },
	/* but a reply to a client does */
	{ 2, 3, "gXr", "UdU" },
	/* unblocking without a block does nothing */
	{ 2, 3, "gO", "UU" },
	{ 2, 3, "gbbbO", "UUUdd" },
	/* without probes, errors expire after a while; a block does not */
	{ 2, 3, "gbbbe", "UUUd?" },
	{ 2, 3, "gbbbebbb", "UUUd???d" },
	{ 2, 3, "gbbber", "UUUd?U" },
	{ 2, 3, "gXe", "Udd" },
	{ 2, 3, "ge", "UU" },
	{ 2, 3, "e", "?" },
	/* the operator takes precedence, and evidence still counts */
	{ 2, 3, "gDbbbE", "U----d" },
	{ 2, 3, "gDXE", "U--d" },
	{ 2, 3, "gDE", "U-U" },
	{ 2, 3, "DE", "-?" },
	{ 2, 3, "DrE", "--U" },
	{ 2, 3, "bbbDeE", "??d--d" },
};

START_TEST(hysteresis_by_table)
{
	const struct story *s = &stories[_i];
	struct health h;

	ck_assert_uint_eq(strlen(s->events), strlen(s->states));
	health_init(&h, s->rise, s->fall, at_ms(0));
	for (int i = 0; s->events[i]; i++) {
		char was = letter(&h);
		bool changed = feed(&h, s->events[i], at_ms(i + 1));

		if (letter(&h) != s->states[i])
			ck_abort_msg("%s, event %d: %c, should be %c", s->events,
			    i, letter(&h), s->states[i]);
		ck_assert_int_eq(changed, was != letter(&h));
		if (changed)
			ck_assert_int_eq(h.since.us, at_ms(i + 1 +
			    (s->events[i] == 'e' ? 60000 : 0)).us);
	}
}
END_TEST

/* Two counters and a state, as the man page defines rise and fall. */
struct model {
	unsigned rise, fall, good, bad;
	char state;
};

static char
model_feed(struct model *m, char event)
{
	m->good = event == 'g' ? m->good + 1 : 0;
	m->bad = event == 'b' ? m->bad + 1 : 0;
	if (m->good && (m->state == '?' || m->good >= m->rise))
		m->state = 'U';
	if (m->bad >= m->fall)
		m->state = 'd';
	return m->state;
}

/* Every sequence of 12 results, for every rise and fall up to 5. */
START_TEST(every_sequence_agrees_with_two_counters)
{
	uint8_t rise = (uint8_t)(_i / 5 + 1), fall = (uint8_t)(_i % 5 + 1);

	for (unsigned bits = 0; bits < 1u << 12; bits++) {
		struct model m = { rise, fall, 0, 0, '?' };
		struct health h;

		health_init(&h, rise, fall, at_ms(0));
		for (unsigned i = 0; i < 12; i++) {
			char event = bits >> i & 1 ? 'g' : 'b';

			feed(&h, event, at_ms(i + 1));
			must(letter(&h) == model_feed(&m, event));
			must(h.bad_in_row == m.bad);
		}
	}
}
END_TEST

START_TEST(unknown_and_up_may_be_chosen)
{
	struct health h;

	health_init(&h, 2, 3, at_ms(0));
	ck_assert(health_usable(&h));
	feed(&h, 'g', at_ms(1));
	ck_assert(health_usable(&h));
	feed(&h, 'D', at_ms(2));
	ck_assert(!health_usable(&h));
	feed(&h, 'E', at_ms(3));
	ck_assert(health_usable(&h));
	feed(&h, 'X', at_ms(4));
	ck_assert(!health_usable(&h));
}
END_TEST

/* The hold-down of a failover group begins when a server comes up. */
START_TEST(coming_up_is_remembered)
{
	static const struct { const char *events; int came_up; } cases[] = {
		{ "g", 0 },		/* up for the first time */
		{ "bbg", 0 },
		{ "bbbgg", 5 },
		{ "gXOgg", 5 },
		{ "gXr", 3 },
		{ "gXor", 4 },		/* also via unknown */
		{ "gbbber", 6 },
		{ "bbber", 5 },
		{ "gDE", 0 },		/* draining is not a failure */
		{ "gbbbggDE", 6 },
		{ "gbbbgggg", 6 },
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct health h;

		health_init(&h, 2, 3, at_ms(0));
		for (int i = 0; cases[c].events[i]; i++)
			feed(&h, cases[c].events[i], at_ms(i + 1));
		if (h.came_up.us != (cases[c].came_up ?
		    at_ms(cases[c].came_up).us : 0))
			ck_abort_msg("%s: came up at %lld", cases[c].events,
			    (long long)h.came_up.us);
	}
}
END_TEST

START_TEST(the_diagnosis_is_the_latest_reason)
{
	static const struct { const char *events; enum health_diag diag;
		} cases[] = {
		{ "", HEALTH_DIAG_NONE },
		{ "g", HEALTH_DIAG_PROBE_OK },
		{ "r", HEALTH_DIAG_REPLY },
		{ "bb", HEALTH_DIAG_NONE },
		{ "bbb", HEALTH_DIAG_PROBE_TFTP },
		{ "gX", HEALTH_DIAG_NO_ROUTE },
		{ "bbbX", HEALTH_DIAG_NO_ROUTE },
		{ "gXO", HEALTH_DIAG_UNBLOCKED },
		{ "gXo", HEALTH_DIAG_UNBLOCKED },
		{ "gD", HEALTH_DIAG_DRAINED },
		{ "gDX", HEALTH_DIAG_DRAINED },
		{ "gDE", HEALTH_DIAG_ENABLED },
		{ "bbbgg", HEALTH_DIAG_PROBE_OK },
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct health h;

		health_init(&h, 2, 3, at_ms(0));
		for (int i = 0; cases[c].events[i]; i++)
			feed(&h, cases[c].events[i], at_ms(i + 1));
		if (h.diag != cases[c].diag)
			ck_abort_msg("%s: %s", cases[c].events,
			    health_diag_word(h.diag));
	}
}
END_TEST

START_TEST(errors_expire_no_sooner)
{
	struct health h;

	health_init(&h, 2, 1, at_ms(0));
	feed(&h, 'b', at_ms(1));
	ck_assert(!health_expire(&h, HOLD_MS, at_ms(HOLD_MS)));
	ck_assert(health_expire(&h, HOLD_MS, at_ms(HOLD_MS + 1)));
	ck_assert_int_eq(h.state, HEALTH_UNKNOWN);
}
END_TEST

/* A reload keeps the state, with the score of a server that has just reached it. */
START_TEST(another_configuration_keeps_the_state)
{
	for (uint8_t rise = 1; rise <= 5; rise++)
		for (uint8_t fall = 1; fall <= 5; fall++) {
			struct health up, down, unknown;

			health_init(&up, 2, 3, at_ms(0));
			down = unknown = up;
			feed(&up, 'g', at_ms(1));
			for (int i = 0; i < 3; i++)
				feed(&down, 'b', at_ms(1));
			health_configure(&up, rise, fall);
			health_configure(&down, rise, fall);
			health_configure(&unknown, rise, fall);
			must(up.state == HEALTH_UP);
			must(down.state == HEALTH_DOWN);
			must(unknown.state == HEALTH_UNKNOWN);
			for (uint8_t i = 1; i <= fall; i++)
				must(feed(&up, 'b', at_ms(2)) == (i == fall));
			for (uint8_t i = 1; i <= fall; i++)
				must(feed(&unknown, 'b', at_ms(2)) == (i == fall));
			for (uint8_t i = 1; i <= rise; i++)
				must(feed(&down, 'g', at_ms(2)) == (i == rise));
		}
}
END_TEST

START_TEST(each_diagnosis_has_its_own_word)
{
	for (int a = 0; a < HEALTH_DIAG_MAX; a++) {
		ck_assert_uint_eq(strcspn(health_diag_word(a), " \t=\""),
		    strlen(health_diag_word(a)));
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(health_diag_word(a), health_diag_word(b));
	}
	ck_assert_str_eq(health_state_name(HEALTH_UNKNOWN), "unknown");
	ck_assert_str_eq(health_state_name(HEALTH_UP), "up");
	ck_assert_str_eq(health_state_name(HEALTH_DOWN), "down");
	ck_assert_str_eq(health_state_name(HEALTH_DRAINED), "drained");
}
END_TEST

Suite *
health_suite(void)
{
	Suite *s = suite_create("health");
	TCase *t = tcase_create("health");

	tcase_add_loop_test(t, hysteresis_by_table, 0,
	    sizeof(stories) / sizeof(stories[0]));
	tcase_add_loop_test(t, every_sequence_agrees_with_two_counters, 0, 25);
	tcase_add_test(t, unknown_and_up_may_be_chosen);
	tcase_add_test(t, coming_up_is_remembered);
	tcase_add_test(t, the_diagnosis_is_the_latest_reason);
	tcase_add_test(t, errors_expire_no_sooner);
	tcase_add_test(t, another_configuration_keeps_the_state);
	tcase_add_test(t, each_diagnosis_has_its_own_word);
	suite_add_tcase(s, t);
	return s;
}
