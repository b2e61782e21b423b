/* SPDX-License-Identifier: ISC
 *
 * The way to the servers: which servers the kernel's reports about routes, links and
 * neighbours take up or down, and with which diagnosis.
 *
 * There are three servers: A on link 1, B and C behind a gateway there.
 * t-health-kernel.sh tests when the kernel is queried.
 */
#include "core/server/way.h"

#include <string.h>

#include "msg.h"
#include "world.h"

Suite *way_suite(void);

#define A "198.51.100.10"
#define B "10.9.0.10"
#define C "10.9.0.11"
#define GW "198.51.100.2"
#define GW2 "198.51.100.3"

static const char conf[] =
    "[interface lan]\nservers = " A ", " B ", " C "\n"
    "[server b]\naddress = " B "\nprobe = icmp\n";

struct test {
	struct world *w;
	struct ways ways;
	unsigned told;
	bool asks;	/* result of the last way_judge() */
};

static void
tell(void *user, uint16_t server)
{
	struct test *t = user;

	(void)server;
	t->told++;
}

static uint16_t
server(const struct test *t, const char *address)
{
	uint16_t s = conf_server_by_addr(t->w->conf, ip_of4(world_ip(address)));

	must(s != CONF_NONE);
	return s;
}

static struct health *
health(struct test *t, const char *address)
{
	return &t->w->servers.health[server(t, address)];
}

static void
link_is(struct test *t, uint32_t ifindex, bool up, bool running)
{
	struct iftab_link l = {
		.ifindex = ifindex, .up = up, .running = running, .name = "up",
	};

	must(iftab_set_link(t->w->iftab, &l) == 0);
}

static void
route(struct test *t, const char *address, uint32_t ifindex, const char *hop)
{
	way_route(&t->ways, server(t, address), ifindex,
	    hop ? world_at(hop) : IP_NONE);
}

static void
judge(struct test *t)
{
	t->told = 0;
	t->w->now = mono_add_ms(t->w->now, 10);
	way_sweep(&t->ways);
	t->asks = way_judge(&t->ways, &t->w->servers, t->w->now);
}

static void
neighbour(struct test *t, const char *ip, bool failed)
{
	must(way_neighbour(&t->ways, 1, world_at(ip), failed));
	judge(t);
}

static struct test *
begin(void)
{
	static struct test t;

	memset(&t, 0, sizeof(t));
	t.w = world_new(conf, 16);
	t.w->servers.on_health = tell;
	t.w->servers.user = &t;
	link_is(&t, 1, true, true);
	link_is(&t, 2, true, true);
	route(&t, A, 1, A);
	route(&t, B, 1, GW);
	route(&t, C, 1, GW);
	judge(&t);
	must(t.told == 0);
	return &t;
}

static void
end(struct test *t)
{
	t->w = world_free(t->w);
}

static void
is(struct test *t, const char *address, enum health_state state,
    enum health_diag diag)
{
	struct health *h = health(t, address);

	ck_assert_str_eq(health_state_name(h->state), health_state_name(state));
	ck_assert_str_eq(health_diag_word(h->diag), health_diag_word(diag));
}

START_TEST(no_route)
{
	struct test *t = begin();

	way_no_route(&t->ways, server(t, C), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	ck_assert_uint_eq(t->told, 1);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NO_ROUTE);
	is(t, B, HEALTH_UNKNOWN, HEALTH_DIAG_NONE);
	judge(t);
	ck_assert_uint_eq(t->told, 0);
	route(t, C, 1, GW);
	judge(t);
	ck_assert_uint_eq(t->told, 1);
	is(t, C, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	end(t);
}
END_TEST

START_TEST(the_way_to_an_ipv6_server)
{
	struct test *t = begin();
	uint16_t a = server(t, A), b = server(t, B);

	way_route(&t->ways, a, 1, world_at("fe80::2"));
	way_route(&t->ways, b, 1, IP_NONE);	/* multicast: no hop */
	judge(t);
	ck_assert_uint_eq(t->told, 0);
	ck_assert(!way_neighbour(&t->ways, 2, world_at("fe80::2"), true));
	neighbour(t, "fe80::2", true);
	ck_assert_uint_eq(t->told, 1);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	neighbour(t, "fe80::2", false);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	link_is(t, 1, false, false);
	judge(t);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	end(t);
}
END_TEST

START_TEST(with_probes_it_stays_down_until_one_is_answered)
{
	struct test *t = begin();

	way_no_route(&t->ways, server(t, B), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	way_no_route(&t->ways, server(t, A), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_NO_ROUTE);
	ck_assert(!t->asks);
	route(t, A, 1, A);
	judge(t);
	ck_assert(!t->asks);	/* A has no probe */
	route(t, B, 1, GW);
	judge(t);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_UNBLOCKED);
	ck_assert(t->asks);
	judge(t);
	ck_assert(!t->asks);
	while (!health_good(health(t, B), HEALTH_DIAG_PROBE_OK, t->w->now))
		must(!health_usable(health(t, B)));
	is(t, B, HEALTH_UP, HEALTH_DIAG_PROBE_OK);
	end(t);
}
END_TEST

START_TEST(link_down_with_and_without_its_routes)
{
	struct test *t = begin();

	/* Without carrier the routes stay. */
	link_is(t, 1, true, false);
	judge(t);
	ck_assert_uint_eq(t->told, 3);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	link_is(t, 1, true, true);
	judge(t);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	/* The link is set down: its routes are removed, and the link is the reason. */
	link_is(t, 1, false, false);
	way_no_route(&t->ways, server(t, A), HEALTH_DIAG_NO_ROUTE);
	way_no_route(&t->ways, server(t, C), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	/* Up again, but there is no route to C, which is the reason now. */
	link_is(t, 1, true, true);
	route(t, A, 1, A);
	judge(t);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NO_ROUTE);
	end(t);
}
END_TEST

START_TEST(link_deleted)
{
	struct test *t = begin();

	iftab_del_link(t->w->iftab, 1);
	judge(t);
	/* The kernel still has a route, so its link may be a new one that is not
	 * reported yet. */
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_NONE);
	way_no_route(&t->ways, server(t, A), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	/* another route */
	route(t, A, 2, GW2);
	judge(t);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	end(t);
}
END_TEST

START_TEST(a_silent_gateway_blocks_all_servers_behind_it)
{
	struct test *t = begin();

	neighbour(t, GW, true);
	ck_assert_uint_eq(t->told, 2);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_NONE);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	neighbour(t, GW, true);
	ck_assert_uint_eq(t->told, 0);
	/* One of them gets another gateway. */
	route(t, C, 1, GW2);
	judge(t);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	is(t, C, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	/* Back to the old one, which is still failed. */
	route(t, C, 1, GW);
	judge(t);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	neighbour(t, GW, false);
	is(t, C, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_UNBLOCKED);
	end(t);
}
END_TEST

START_TEST(neighbours_of_no_server_do_not_matter)
{
	struct test *t = begin();

	ck_assert(!way_neighbour(&t->ways, 1, world_at("198.51.100.77"), true));
	ck_assert(!way_neighbour(&t->ways, 2, world_at(GW), true));
	ck_assert(!way_doubt(&t->ways, 2, world_at(GW)));
	judge(t);
	ck_assert_uint_eq(t->told, 0);
	/* A tunnel, or this host itself, has no next hop. */
	route(t, A, 2, NULL);
	judge(t);
	ck_assert(!way_neighbour(&t->ways, 1, world_at(A), true));
	ck_assert_uint_eq(t->ways.n_hop, 1);
	end(t);
}
END_TEST

START_TEST(a_reply_proves_that_the_neighbour_works)
{
	struct test *t = begin();

	neighbour(t, GW, true);
	t->told = 0;
	ck_assert(health_reply(health(t, C), t->w->now));
	judge(t);
	/* The reply came through that gateway, so the gateway works for B, too. */
	is(t, C, HEALTH_UP, HEALTH_DIAG_REPLY);
	is(t, B, HEALTH_DOWN, HEALTH_DIAG_UNBLOCKED);
	/* The gateway fails again. */
	neighbour(t, GW, true);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	end(t);
}
END_TEST

START_TEST(lost_carrier_forgets_failed_neighbours)
{
	struct test *t = begin();

	neighbour(t, A, true);
	link_is(t, 1, true, false);
	judge(t);
	is(t, A, HEALTH_DOWN, HEALTH_DIAG_LINK_DOWN);
	link_is(t, 1, true, true);
	judge(t);
	is(t, A, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	end(t);
}
END_TEST

START_TEST(a_doubted_neighbour_is_to_be_queried)
{
	struct test *t = begin();

	for (unsigned i = 0; i < t->ways.n_hop; i++) {
		ck_assert(!t->ways.hop[i].asked);
		t->ways.hop[i].asked = true;
	}
	ck_assert(way_doubt(&t->ways, 1, world_at(GW)));
	judge(t);
	ck_assert_uint_eq(t->told, 0);
	for (unsigned i = 0; i < t->ways.n_hop; i++)
		ck_assert_int_eq(t->ways.hop[i].asked,
		    !ip_eq(t->ways.hop[i].ip, world_at(GW)));
	end(t);
}
END_TEST

START_TEST(reload_keeps_the_hops)
{
	struct test *t = begin();

	neighbour(t, GW, true);
	world_reload(t->w, "[interface lan]\nservers = " C "\n");
	memset(t->ways.server, 0, sizeof(t->ways.server));
	route(t, C, 1, GW);
	judge(t);
	ck_assert_uint_eq(t->told, 0);
	is(t, C, HEALTH_DOWN, HEALTH_DIAG_NEIGHBOUR);
	ck_assert_uint_eq(t->ways.n_hop, 1);
	neighbour(t, GW, false);
	is(t, C, HEALTH_UNKNOWN, HEALTH_DIAG_UNBLOCKED);
	end(t);
}
END_TEST

/* Each of 256 servers has its own hop; all hops change, and there is room for the
 * new ones. */
START_TEST(as_many_hops_as_servers)
{
	static struct ways w;

	memset(&w, 0, sizeof(w));
	for (uint32_t round = 0; round < 3; round++)
		for (uint16_t s = 0; s < CONF_SERVERS_MAX; s++)
			way_route(&w, s, 1 + round,
			    ip_of4((struct ip4){
			    0x0a000001u + s + (round << 12) }));
	way_sweep(&w);
	ck_assert_uint_eq(w.n_hop, CONF_SERVERS_MAX);
	for (uint16_t s = 0; s < CONF_SERVERS_MAX; s++)
		ck_assert(way_neighbour(&w, 3,
		    ip_of4((struct ip4){ 0x0a002001u + s }), true));
}
END_TEST

START_TEST(drained_stays_drained)
{
	struct test *t = begin();

	health_drain(health(t, A), true, t->w->now);
	way_no_route(&t->ways, server(t, A), HEALTH_DIAG_NO_ROUTE);
	judge(t);
	is(t, A, HEALTH_DRAINED, HEALTH_DIAG_DRAINED);
	health_drain(health(t, A), false, t->w->now);
	ck_assert(!health_usable(health(t, A)));
	end(t);
}
END_TEST

Suite *
way_suite(void)
{
	Suite *s = suite_create("way");
	TCase *tc = tcase_create("way");

	tcase_add_test(tc, no_route);
	tcase_add_test(tc, the_way_to_an_ipv6_server);
	tcase_add_test(tc, with_probes_it_stays_down_until_one_is_answered);
	tcase_add_test(tc, link_down_with_and_without_its_routes);
	tcase_add_test(tc, link_deleted);
	tcase_add_test(tc, a_silent_gateway_blocks_all_servers_behind_it);
	tcase_add_test(tc, neighbours_of_no_server_do_not_matter);
	tcase_add_test(tc, a_reply_proves_that_the_neighbour_works);
	tcase_add_test(tc, lost_carrier_forgets_failed_neighbours);
	tcase_add_test(tc, a_doubted_neighbour_is_to_be_queried);
	tcase_add_test(tc, reload_keeps_the_hops);
	tcase_add_test(tc, as_many_hops_as_servers);
	tcase_add_test(tc, drained_stays_drained);
	suite_add_tcase(s, tc);
	return s;
}
