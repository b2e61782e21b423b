/* SPDX-License-Identifier: ISC
 *
 * Probes with a fake clock. In each test, a server behaves in a certain way for
 * some time: `does` says which kinds of probes it answers, ignores or refuses
 * and which cannot be sent. All queries and their times are recorded.
 */
#include "core/server/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conftext.h"
#include "msg.h"
#include "world.h"

Suite *probe_suite(void);

enum does { SILENT, ANSWERS, REFUSES, WAITS, IS_OFF_LINK, IS_BUSY };

#define ASKED_MAX 4096

static struct world *w;
static struct probes p;
static enum does does[CONF_PROBE_MAX];
static int64_t latency_ms;	/* of answers */
static unsigned changes, wrongs;
static struct {
	uint16_t server;
	enum conf_probe_kind kind;
	uint32_t token;
	struct mono at;
} asked[ASKED_MAX];
static unsigned n_asked, n_told;

static void
on_health(void *user, uint16_t server)
{
	(void)user;
	(void)server;
	changes++;
}

static void
on_wrong(void *user, uint16_t server)
{
	(void)user;
	(void)server;
	wrongs++;
}

#define IFACE "[interface vlan10]\nservers = a\n"

static void
open_world(const char *conf)
{
	struct hash_key secret = { { 3, 4 } };

	w = world_new(conf, 64);
	w->servers.on_health = on_health;
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/25");
	memset(&p, 0, sizeof(p));
	memset(does, 0, sizeof(does));
	p.secret = secret;
	p.on_wrong = on_wrong;
	probe_configure(&p, NULL, w->conf, w->now);
	n_asked = n_told = changes = wrongs = 0;
	latency_ms = 0;
}

static void
reload(const char *text)
{
	struct conftext twin = conftext(text);

	ck_assert_ptr_nonnull(twin.c);
	probe_configure(&p, w->conf, twin.c, w->now);
	world_reload(w, text);
	conftext_free(&twin);
}

static struct health *
health(void)
{
	return &w->servers.health[0];
}

static enum health_state
state(void)
{
	return health()->state;
}

/* Gives a query its result. Returns false if no open query has the token. */
static bool
settled(uint32_t token, enum probe_last last)
{
	enum health_diag d = last == PROBE_ANSWERED ? HEALTH_DIAG_PROBE_OK :
	    last == PROBE_FAILED ? HEALTH_DIAG_REFUSED : HEALTH_DIAG_NONE;

	return probe_result(&p, &w->servers, token, last, d, w->now);
}

static void
tell(unsigned i)
{
	switch (does[asked[i].kind]) {
	case SILENT:
		break;
	case ANSWERS:
		ck_assert(settled(asked[i].token, PROBE_ANSWERED));
		break;
	case REFUSES:
		ck_assert(settled(asked[i].token, PROBE_FAILED));
		break;
	case WAITS:
		ck_assert(settled(asked[i].token, PROBE_NO_INTERFACE));
		break;
	case IS_OFF_LINK:
		ck_assert(settled(asked[i].token, PROBE_OFF_LINK));
		break;
	case IS_BUSY:
		ck_assert(settled(asked[i].token, PROBE_BUSY));
		break;
	}
}

static void
tell_due(void)
{
	for (; n_told < n_asked &&
	    mono_diff_ms(w->now, asked[n_told].at) >= latency_ms; n_told++)
		tell(n_told);
}

static void
ask_due(void)
{
	struct probe_query q;

	while (probe_next(&p, &w->servers, w->now, &q)) {
		ck_assert_uint_lt(n_asked, ASKED_MAX);
		asked[n_asked].server = q.server;
		asked[n_asked].kind = q.probe->kind;
		asked[n_asked].token = q.token;
		asked[n_asked++].at = w->now;
		if (latency_ms == 0)
			tell_due();
	}
}

/* Lets time pass in steps of 10 ms. A step in which nothing is due must send no
 * query. */
static void
pass(int64_t ms)
{
	for (int64_t t = 0; t < ms; t += 10) {
		struct mono due;
		unsigned before = n_asked, states = changes;
		bool any = probe_due(&p, &w->servers, &due);

		tell_due();
		ask_due();
		if (!any || mono_before(w->now, due))
			ck_assert(latency_ms ||
			    (n_asked == before && changes == states));
		world_wait_ms(w, 10);
	}
}

static void
client_is_answered(void)
{
	servers_note(&w->servers, 0, health_reply(health(), w->now));
}

/* Waits in steps of 10 ms until the server has this state; returns the
 * milliseconds. */
static int64_t
until(enum health_state wanted, int64_t limit)
{
	struct mono begin = w->now;

	while (state() != wanted && mono_diff_ms(w->now, begin) < limit)
		pass(10);
	ck_assert_msg(state() == wanted, "still %s", health_state_name(state()));
	return mono_diff_ms(w->now, begin);
}

#define DHCP "[server a]\naddress = 198.51.100.10\nprobe = dhcp\n" IFACE

START_TEST(first_answer_makes_it_up_and_silence_down_in_time)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	pass(10);
	ck_assert_int_eq(state(), HEALTH_UP);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_OK);
	pass(60000);
	ck_assert_uint_eq(changes, 1);
	/* 60 s at 1.8 to 2 s */
	ck_assert_uint_ge(n_asked, 30);
	ck_assert_uint_le(n_asked, 35);
	does[CONF_PROBE_DHCP] = SILENT;
	/* fall (3) x interval (2 s) + timeout (1 s), from just after an answer */
	ck_assert_int_le(until(HEALTH_DOWN, 7010), 7010);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_DHCP);
	ck_assert_int_eq(p.server[0].one[0].last, PROBE_TIMEOUT);
	does[CONF_PROBE_DHCP] = ANSWERS;
	/* rise (2) answers */
	ck_assert_int_le(until(HEALTH_UP, 4010), 4010);
	ck_assert_uint_eq(changes, 3);
	world_free(w);
}
END_TEST

START_TEST(lost_answers_in_between_do_not_count)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(10);
	for (int i = 0; i < 30; i++) {
		unsigned before = n_asked;

		does[CONF_PROBE_DHCP] = i % 3 == 2 ? ANSWERS : SILENT;
		while (n_asked == before)
			pass(10);
		pass(1010);
	}
	ck_assert_int_eq(state(), HEALTH_UP);
	ck_assert_uint_eq(changes, 1);
	world_free(w);
}
END_TEST

START_TEST(an_answer_matches_only_its_own_query)
{
	uint32_t first;

	open_world(DHCP);
	pass(10);
	first = asked[0].token;
	for (unsigned bit = 0; bit < 32; bit++)
		ck_assert(!settled(first ^ 1u << bit, PROBE_ANSWERED));
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	pass(2500);	/* another round: the first answer is late */
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_uint_ne(asked[1].token, first);
	ck_assert(!settled(first, PROBE_ANSWERED));
	ck_assert(settled(asked[1].token, PROBE_ANSWERED));
	ck_assert(!settled(asked[1].token, PROBE_ANSWERED));
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(a_reply_to_a_client_postpones_the_probe)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(10);
	ck_assert_uint_eq(n_asked, 1);
	for (int i = 0; i < 20; i++) {
		client_is_answered();
		pass(1000);
	}
	ck_assert_uint_eq(n_asked, 1);
	does[CONF_PROBE_DHCP] = SILENT;
	ck_assert_int_le(until(HEALTH_DOWN, 7010), 7010);
	world_free(w);
}
END_TEST

/* A server that was busy from the start was never probed, so its silence was
 * later attributed to a wrong probe. */
START_TEST(a_server_that_is_always_busy_is_probed_once)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	client_is_answered();
	for (int i = 0; i < 20; i++) {
		client_is_answered();
		pass(1000);
	}
	ck_assert_uint_eq(n_asked, 1);
	does[CONF_PROBE_DHCP] = SILENT;
	ck_assert_int_le(until(HEALTH_DOWN, 7010), 7010);
	ck_assert(!health()->misconfigured);
	world_free(w);
}
END_TEST

START_TEST(a_probe_that_is_never_answered_is_wrong_and_the_server_not_dead)
{
	open_world(DHCP);
	client_is_answered();
	world_wait_ms(w, 100);
	client_is_answered();
	pass(60000);
	ck_assert_uint_ge(n_asked, 25);
	ck_assert_int_eq(state(), HEALTH_UP);
	ck_assert(health()->misconfigured);
	ck_assert_uint_eq(wrongs, 1);
	does[CONF_PROBE_DHCP] = ANSWERS;	/* the server is repaired */
	pass(2010);
	ck_assert(!health()->misconfigured);
	ck_assert_uint_eq(wrongs, 2);
	does[CONF_PROBE_DHCP] = SILENT;		/* now its silence counts */
	until(HEALTH_DOWN, 7010);
	world_free(w);
}
END_TEST

START_TEST(a_probe_that_worked_becomes_wrong_when_only_clients_are_answered)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(10);
	does[CONF_PROBE_DHCP] = SILENT;
	for (int i = 0; i < 3; i++) {
		unsigned before = n_asked;

		ck_assert(!health()->misconfigured);
		while (n_asked == before)
			pass(10);
		client_is_answered();
		pass(1000);
	}
	ck_assert(health()->misconfigured);
	pass(60000);
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(a_server_that_a_wrong_probe_made_down_is_tried_again)
{
	open_world(DHCP);
	until(HEALTH_DOWN, 7010);
	client_is_answered();	/* one of two good results */
	ck_assert_int_eq(state(), HEALTH_DOWN);
	pass(6000);
	ck_assert(health()->misconfigured);
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	client_is_answered();
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(a_server_that_never_answered_anything_is_dead)
{
	open_world(DHCP);
	ck_assert_int_le(until(HEALTH_DOWN, 7010), 7010);
	ck_assert(!health()->misconfigured);
	world_free(w);
}
END_TEST

START_TEST(long_dead_servers_are_probed_less_often)
{
	unsigned first, later;

	open_world(DHCP);
	pass(60000);
	first = n_asked;
	ck_assert_uint_ge(first, 28);
	pass(1200000);	/* long enough for all doublings of the interval */
	later = n_asked;
	pass(160000);
	ck_assert_uint_ge(n_asked - later, 10);	/* 8 x 2 s */
	ck_assert_uint_le(n_asked - later, 12);
	/* alive again: at once it is probed as often as before */
	does[CONF_PROBE_DHCP] = ANSWERS;
	ck_assert_int_le(until(HEALTH_UP, 18010), 18010);
	later = n_asked;
	pass(20000);
	ck_assert_uint_ge(n_asked - later, 9);
	world_free(w);
}
END_TEST

#define SEVERAL "[server a]\naddress = 198.51.100.10\nprobe = pxe, tftp:x, icmp\n" IFACE

START_TEST(all_probes_of_a_round_must_be_answered)
{
	open_world(SEVERAL);
	does[CONF_PROBE_PXE] = does[CONF_PROBE_TFTP] = does[CONF_PROBE_ICMP] =
	    ANSWERS;
	pass(5000);
	ck_assert_int_eq(state(), HEALTH_UP);
	does[CONF_PROBE_TFTP] = SILENT;
	until(HEALTH_DOWN, 7010);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_TFTP);
	ck_assert_int_eq(p.server[0].one[0].last, PROBE_ANSWERED);
	does[CONF_PROBE_TFTP] = ANSWERS;
	does[CONF_PROBE_ICMP] = SILENT;
	pass(30000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	world_free(w);
}
END_TEST

START_TEST(a_refusal_is_judged_at_once)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = REFUSES;
	ck_assert_int_le(until(HEALTH_DOWN, 4010), 4010);	/* there was no timeout */
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_REFUSED);
	world_free(w);
}
END_TEST

#define ICMP "[server a]\naddress = 198.51.100.10\nprobe = icmp\n" IFACE

START_TEST(echo_alone_takes_no_server_up_but_ends_its_own_down)
{
	open_world(ICMP);
	does[CONF_PROBE_ICMP] = ANSWERS;
	pass(20000);
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	does[CONF_PROBE_ICMP] = SILENT;
	ck_assert_int_le(until(HEALTH_DOWN, 7010), 7010);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_ICMP);
	pass(60000);	/* the passing of time alone changes nothing */
	ck_assert_int_eq(state(), HEALTH_DOWN);
	does[CONF_PROBE_ICMP] = ANSWERS;
	ck_assert_int_le(until(HEALTH_UNKNOWN, 4010), 4010);
	client_is_answered();
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(echoes_do_not_excuse_a_service_that_refuses)
{
	open_world(ICMP);
	does[CONF_PROBE_ICMP] = ANSWERS;
	pass(5000);
	for (int i = 0; i < 3; i++) {
		servers_error(&w->servers, 0, ECONNREFUSED, w->now);
		pass(5000);
	}
	ck_assert_int_eq(state(), HEALTH_DOWN);
	pass(15000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	pass(20000);	/* tried again after half a minute */
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	world_free(w);
}
END_TEST

START_TEST(occasionally_lost_echoes_do_not_add_up)
{
	open_world(ICMP);
	does[CONF_PROBE_ICMP] = ANSWERS;
	client_is_answered();
	for (int i = 0; i < 20; i++) {
		does[CONF_PROBE_ICMP] = i % 2 ? ANSWERS : SILENT;
		pass(3600);
	}
	ck_assert_int_ne(state(), HEALTH_DOWN);
	world_free(w);
}
END_TEST

START_TEST(a_probe_that_cannot_be_sent_waits_and_is_retried_soon)
{
	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp\n"
	    "probe-interval = 60s\n" IFACE);
	does[CONF_PROBE_DHCP] = WAITS;
	pass(30000);
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	ck_assert_int_eq(p.server[0].one[0].last, PROBE_NO_INTERFACE);
	ck_assert_uint_ge(n_asked, 28);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(500);
	probe_interfaces_changed(&p, w->now);
	pass(110);
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(a_probe_that_waits_does_not_hide_another)
{
	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp, tftp:x\n" IFACE);
	does[CONF_PROBE_DHCP] = WAITS;
	does[CONF_PROBE_TFTP] = ANSWERS;
	pass(5000);
	ck_assert_int_eq(state(), HEALTH_UP);
	does[CONF_PROBE_TFTP] = SILENT;
	until(HEALTH_DOWN, 7010);
	world_free(w);
}
END_TEST

START_TEST(a_restored_way_is_probed_at_once)
{
	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp\nrise = 1\n"
	    "probe-interval = 60s\n" IFACE);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(1000);
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	pass(1000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	ck_assert_int_eq(state(), HEALTH_DOWN);
	ask_due();
	ck_assert_int_eq(state(), HEALTH_UP);

	/* ... even if nothing was due meanwhile */
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	world_wait_ms(w, 1000);
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	ask_due();
	ck_assert_int_eq(state(), HEALTH_UP);

	/* ... but not if it is blocked again */
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	ask_due();
	ck_assert_int_eq(state(), HEALTH_DOWN);
	world_free(w);
}
END_TEST

START_TEST(a_restored_way_and_a_probe_without_evidence)
{
	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp\n"
	    "probe-interval = 60s\n" IFACE);
	/* a wrong probe can never make the server up again */
	client_is_answered();
	world_wait_ms(w, 100);
	client_is_answered();
	pass(62000);
	ck_assert(health()->misconfigured);
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	pass(1000);
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	ck_assert_int_eq(state(), HEALTH_DOWN);
	ask_due();
	ck_assert_int_le(until(HEALTH_UNKNOWN, 1100), 1100);
	world_free(w);

	/* a probe that cannot be sent */
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = WAITS;
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	pass(5000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	ask_due();
	ck_assert_int_eq(state(), HEALTH_UNKNOWN);
	/* ... but a server found dead stays down when the interface is removed */
	does[CONF_PROBE_DHCP] = SILENT;
	(void)until(HEALTH_DOWN, 7010);
	pass(60000);
	does[CONF_PROBE_DHCP] = WAITS;
	pass(60000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	world_free(w);

	/* as without probes: errors expire after a while */
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = IS_OFF_LINK;
	for (int i = 0; i < 3; i++)
		servers_error(&w->servers, 0, ECONNREFUSED, w->now);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	pass(29000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	(void)until(HEALTH_UNKNOWN, 2100);
	world_free(w);

	/* a probe that found no room will be sent soon */
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = IS_BUSY;
	servers_note(&w->servers, 0, health_block(health(), HEALTH_DIAG_LINK_DOWN,
	    w->now));
	servers_note(&w->servers, 0, health_unblock(health(), true, w->now));
	ask_due();
	pass(5000);
	ck_assert_int_eq(state(), HEALTH_DOWN);
	world_free(w);
}
END_TEST

START_TEST(errors_of_the_socket_count_once)
{
	open_world(DHCP);
	pass(10);
	ck_assert(probe_socket_error(&p, &w->servers, 0, ECONNREFUSED, w->now));
	ck_assert(!probe_socket_error(&p, &w->servers, 0, ECONNREFUSED, w->now));
	ck_assert_int_eq(p.server[0].one[0].last, PROBE_FAILED);
	ck_assert_int_eq(p.server[0].one[0].diag, HEALTH_DIAG_REFUSED);
	ck_assert_uint_eq(health()->bad_in_row, 1);
	world_free(w);
	open_world(ICMP);	/* not a query of this socket */
	pass(10);
	ck_assert(!probe_socket_error(&p, &w->servers, 0, ECONNREFUSED, w->now));
	world_free(w);
}
END_TEST

START_TEST(a_reload_keeps_the_results)
{
	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(10);
	does[CONF_PROBE_DHCP] = SILENT;
	pass(2000);	/* while a query is open */
	ck_assert(p.server[0].one[0].open);
	/* another place, and another probe */
	reload("[server z]\naddress = 198.51.100.9\n"
	    "[server a]\naddress = 198.51.100.10\nprobe = icmp, dhcp\n" IFACE);
	ck_assert_int_eq(w->servers.health[1].state, HEALTH_UP);
	ck_assert(!settled(asked[n_asked - 1].token, PROBE_ANSWERED));
	ck_assert(p.server[1].one[1].worked);
	ck_assert_int_eq(p.server[1].one[1].last, PROBE_ANSWERED);
	ck_assert_int_eq(p.server[1].one[0].last, PROBE_NEVER);
	pass(2000);
	ck_assert_uint_eq(asked[n_asked - 1].server, 1);
	/* without probes there are no queries */
	reload("[server a]\naddress = 198.51.100.10\n" IFACE);
	struct mono due;
	ck_assert(!probe_due(&p, &w->servers, &due));
	n_asked = n_told = 0;
	pass(10000);
	ck_assert_uint_eq(n_asked, 0);
	world_free(w);
}
END_TEST

START_TEST(a_reload_forgets_removed_probes)
{
	uint32_t taken;

	/* the second waits, and is retried every second while it is configured */
	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp, tftp:x\n"
	    "probe-interval = 60s\n" IFACE);
	does[CONF_PROBE_TFTP] = WAITS;
	client_is_answered();
	world_wait_ms(w, 100);
	client_is_answered();
	pass(10000);
	ck_assert(health()->misconfigured);
	reload("[server a]\naddress = 198.51.100.10\nprobe = dhcp\n"
	    "probe-interval = 60s\n" IFACE);
	n_asked = n_told = 0;
	pass(60000);
	ck_assert_uint_le(n_asked, 3);

	/* a query in progress is forgotten */
	reload("[server a]\naddress = 198.51.100.10\nprobe = dhcp, pxe\n" IFACE);
	n_asked = n_told = 0;
	while (n_asked < 2)
		pass(10);
	taken = asked[1].token;
	ck_assert(p.server[0].one[1].open);
	reload("[server a]\naddress = 198.51.100.10\nprobe = dhcp\n" IFACE);
	ck_assert(!settled(taken, PROBE_ANSWERED));

	/* and removed probes are not misconfigured */
	ck_assert(health()->misconfigured);
	reload("[server a]\naddress = 198.51.100.10\n" IFACE);
	ck_assert(!health()->misconfigured);
	world_free(w);
}
END_TEST

static void
open_many(int n, const char *probe)
{
	char conf[16384] = "";

	for (int i = 0; i < n; i++)
		sprintf(conf + strlen(conf), "[server s%d]\naddress = 198.51.100.%d\n%s",
		    i, i + 10, probe);
	strcat(conf, "[interface vlan10]\nservers = s0\n");
	open_world(conf);
}

START_TEST(rounds_are_spread_and_drift)
{
	unsigned at_once = 0, most = 0;

	open_many(50, "probe = icmp\n");
	does[CONF_PROBE_ICMP] = ANSWERS;
	pass(60000);
	ck_assert_uint_ge(n_asked, 50 * 29);
	for (unsigned i = 1; i < n_asked; i++) {
		at_once = mono_diff_us(asked[i].at, asked[i - 1].at) == 0 ?
		    at_once + 1 : 0;
		most = at_once > most ? at_once : most;
	}
	ck_assert_uint_le(most, 6);
	world_free(w);
}
END_TEST

START_TEST(the_queries_of_a_step_are_limited)
{
	open_world("[server a]\naddress = 198.51.100.10\n" IFACE);
	ck_assert_uint_eq(probe_share(w->conf, 50), 8);
	world_free(w);
	open_world("[server a]\naddress = 198.51.100.10\nprobe = icmp\n"
	    "probe-interval = 1h\n" IFACE);
	ck_assert_uint_eq(probe_share(w->conf, 50), 8);
	world_free(w);
	/* 100 x 2 queries a second are ten in 50 ms */
	open_many(100, "probe = icmp, tcp:80\nprobe-interval = 1s\nprobe-timeout = 500ms\n");
	ck_assert_uint_eq(probe_share(w->conf, 50), 28);
	world_free(w);
}
END_TEST

START_TEST(servers_with_one_address_are_probed_once)
{
	open_world("[server a]\naddress = 198.51.100.10\nprobe = icmp\n"
	    "[server b]\naddress = 198.51.100.10\nprobe = icmp\n" IFACE);
	pass(1000);
	ck_assert_uint_eq(n_asked, 1);
	world_free(w);
}
END_TEST

/* A forger may tell us so a thousand times a second. */
START_TEST(a_doubt_brings_the_next_round_early_once)
{
	unsigned before;

	open_world(DHCP);
	does[CONF_PROBE_DHCP] = ANSWERS;
	pass(100);
	before = n_asked;
	probe_doubt(&p, &w->servers, 0, w->now);
	pass(190);
	ck_assert_uint_eq(n_asked, before);
	pass(220);		/* a quarter of the interval, or a tenth less */
	ck_assert_uint_eq(n_asked, before + 1);
	for (unsigned i = 0; i < 200; i++) {
		probe_doubt(&p, &w->servers, 0, w->now);
		pass(10);
	}
	/* 2 s at 300 to 500 ms */
	ck_assert_uint_le(n_asked, before + 1 + 7);
	ck_assert_int_eq(state(), HEALTH_UP);
	world_free(w);
}
END_TEST

START_TEST(giaddr_is_that_of_an_interface_that_leads_to_the_server)
{
	const struct iface_giaddr *gi;

	open_world("[server a]\naddress = 198.51.100.10\nprobe = dhcp\n"
	    "[server b]\naddress = 198.51.100.11\n[server c]\naddress = 198.51.100.12\n"
	    "[group two]\nservers = c, a\n[rule r]\narch = bios\nboot = two\n"
	    "interface = vlan30\n"
	    "[interface vlan10]\nservers = b\n[interface vlan20]\nboot = two\n"
	    "[interface vlan30]\nservers = b\n");
	ck_assert_ptr_null(probe_giaddr(&p, &w->servers, 0));
	world_link(w, 20, "vlan20");
	probe_interfaces_changed(&p, w->now);
	ck_assert_ptr_null(probe_giaddr(&p, &w->servers, 0));	/* no address yet */
	world_addr(w, 20, "203.0.113.1/24");
	probe_interfaces_changed(&p, w->now);
	gi = probe_giaddr(&p, &w->servers, 0);
	ck_assert_ptr_nonnull(gi);
	ck_assert(ip4_eq(gi->addr, world_ip("203.0.113.1")));
	ck_assert(ip4_eq(probe_giaddr(&p, &w->servers, 1)->addr,
	    world_ip("192.0.2.1")));
	world_link_down(w, 20, "vlan20");
	probe_interfaces_changed(&p, w->now);
	ck_assert_ptr_null(probe_giaddr(&p, &w->servers, 0));
	world_link(w, 30, "vlan30");	/* named only by a rule */
	world_addr(w, 30, "192.0.2.129/25");
	probe_interfaces_changed(&p, w->now);
	gi = probe_giaddr(&p, &w->servers, 0);
	ck_assert_ptr_nonnull(gi);
	ck_assert(ip4_eq(gi->addr, world_ip("192.0.2.129")));
	world_free(w);
}
END_TEST

/* The other router would get the answer to the virtual address. */
START_TEST(on_standby_our_own_address_is_used)
{
	open_world("[interface vlan10]\nservers = 198.51.100.10\n"
	    "active = address 192.0.2.7\n");
	ck_assert(ip4_eq(probe_giaddr(&p, &w->servers, 0)->addr,
	    world_ip("192.0.2.1")));
	world_addr(w, 10, "192.0.2.7/32");
	ck_assert(ip4_eq(probe_giaddr(&p, &w->servers, 0)->addr,
	    world_ip("192.0.2.7")));
	world_free(w);
}
END_TEST

START_TEST(the_link_is_that_of_the_narrowest_subnet)
{
	struct ip4 src;
	const struct iface *f;

	open_world(DHCP);
	ck_assert_ptr_null(probe_link(&p, &w->servers, 0, &src));
	world_link(w, 3, "up0");
	world_addr(w, 3, "198.51.0.1/16");
	world_link(w, 4, "up1");
	world_addr(w, 4, "198.51.100.1/24");
	probe_interfaces_changed(&p, w->now);
	f = probe_link(&p, &w->servers, 0, &src);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->link.ifindex, 4);
	ck_assert(ip4_eq(src, world_ip("198.51.100.1")));
	world_link_down(w, 4, "up1");
	probe_interfaces_changed(&p, w->now);
	f = probe_link(&p, &w->servers, 0, &src);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->link.ifindex, 3);
	world_free(w);
}
END_TEST

Suite *
probe_suite(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_add_test(t, first_answer_makes_it_up_and_silence_down_in_time);
	tcase_add_test(t, lost_answers_in_between_do_not_count);
	tcase_add_test(t, an_answer_matches_only_its_own_query);
	tcase_add_test(t, a_reply_to_a_client_postpones_the_probe);
	tcase_add_test(t, a_server_that_is_always_busy_is_probed_once);
	tcase_add_test(t,
	    a_probe_that_is_never_answered_is_wrong_and_the_server_not_dead);
	tcase_add_test(t,
	    a_probe_that_worked_becomes_wrong_when_only_clients_are_answered);
	tcase_add_test(t, a_server_that_a_wrong_probe_made_down_is_tried_again);
	tcase_add_test(t, a_server_that_never_answered_anything_is_dead);
	tcase_add_test(t, long_dead_servers_are_probed_less_often);
	tcase_add_test(t, all_probes_of_a_round_must_be_answered);
	tcase_add_test(t, a_refusal_is_judged_at_once);
	tcase_add_test(t, echo_alone_takes_no_server_up_but_ends_its_own_down);
	tcase_add_test(t, echoes_do_not_excuse_a_service_that_refuses);
	tcase_add_test(t, occasionally_lost_echoes_do_not_add_up);
	tcase_add_test(t, a_probe_that_cannot_be_sent_waits_and_is_retried_soon);
	tcase_add_test(t, a_probe_that_waits_does_not_hide_another);
	tcase_add_test(t, a_restored_way_is_probed_at_once);
	tcase_add_test(t, a_restored_way_and_a_probe_without_evidence);
	tcase_add_test(t, errors_of_the_socket_count_once);
	tcase_add_test(t, a_reload_keeps_the_results);
	tcase_add_test(t, a_reload_forgets_removed_probes);
	tcase_add_test(t, rounds_are_spread_and_drift);
	tcase_add_test(t, the_queries_of_a_step_are_limited);
	tcase_add_test(t, servers_with_one_address_are_probed_once);
	tcase_add_test(t, a_doubt_brings_the_next_round_early_once);
	tcase_add_test(t, giaddr_is_that_of_an_interface_that_leads_to_the_server);
	tcase_add_test(t, on_standby_our_own_address_is_used);
	tcase_add_test(t, the_link_is_that_of_the_narrowest_subnet);
	suite_add_tcase(s, t);
	return s;
}
