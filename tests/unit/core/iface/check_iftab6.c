/* SPDX-License-Identifier: ISC
 *
 * The interface table for DHCPv6: which address becomes the link-address and how long it
 * stays, which interfaces serve, the ready-made options, and how the interface of a reply
 * is found. check_iftab.c has what is the same for both families.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/iface/iftab.h"

Suite *iftab6_suite(void);

/* --- a table, its configuration, and what was reported -------------------- */

static const struct iftab_host router = {
	.name = "router", .duid = { 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
};

struct world {
	struct iftab *t;
	struct conf c;
	struct conf_if ifs[4];
	struct conf_server server;
	char told[256];		/* by the last commit: "ready vlan10, standby vlan10" */
};

static void
note(void *user, enum iftab_change what, const struct iface *f)
{
	static const char *const word[] = { "ready", "changed", "lost", "active", "standby" };
	struct world *w = user;
	size_t at = strlen(w->told);

	snprintf(w->told + at, sizeof(w->told) - at, "%s%s %s", at ? ", " : "", word[what],
	    f->link.name);
	ck_assert(what == IFTAB_LOST || iface_serves(f));
}

static struct world *
world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	w->t = iftab_new();
	ck_assert_ptr_nonnull(w->t);
	w->server.address.version = 6;
	w->c.server = &w->server;
	w->c.n_server = 1;
	w->c.ifs = w->ifs;
	return w;
}

static void
world_end(struct world *w)
{
	w->t = iftab_free(w->t);
	free(w);
}

/* An [interface] with the defaults that matter here. */
static struct conf_if_opts *
section(struct world *w, const char *pattern)
{
	struct conf_if *c = &w->ifs[w->c.n_if++];

	snprintf(c->pattern, sizeof(c->pattern), "%s", pattern);
	c->servers = c->dhcp = c->boot = CONF_NONE;
	strcpy(c->o.interface_id, "%h:%i");
	return &c->o;
}

static void
commit_all(struct world *w, bool all)
{
	w->told[0] = '\0';
	iftab_commit(w->t, &w->c, &router, all, note, w);
}

static void
commit(struct world *w)
{
	commit_all(w, false);
}

/* Commits, and says what must have been reported. */
static void
tells(struct world *w, const char *what)
{
	commit(w);
	ck_assert_str_eq(w->told, what);
}

/* --- events ---------------------------------------------------------------- */

static struct iftab_link
a_link(uint32_t ifindex, const char *name)
{
	struct iftab_link l = {
		.ifindex = ifindex, .up = true, .running = true, .hwtype = 1, .mtu = 1500,
		.mac_len = 6, .mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex },
	};

	snprintf(l.name, sizeof(l.name), "%s", name);
	return l;
}

static void
set(struct world *w, struct iftab_link l)
{
	ck_assert_int_eq(iftab_set_link(w->t, &l), 0);
}

static void
link_up(struct world *w, uint32_t ifindex, const char *name)
{
	set(w, a_link(ifindex, name));
}

static struct ip6
ip(const char *s)
{
	struct ip6 a;

	ck_assert_msg(ip6_parse(s, &a), "%s", s);
	return a;
}

/* An address: "ADDRESS/LENGTH", and letters for what it is: u(nusable), t(emporary),
 * d(eprecated), y (dynamic). */
static void
addr_is(struct world *w, uint32_t ifindex, const char *s, const char *flags)
{
	struct iftab_addr6 a = {
		.unusable = strchr(flags, 'u'), .temporary = strchr(flags, 't'),
		.deprecated = strchr(flags, 'd'), .permanent = !strchr(flags, 'y'),
	};

	ck_assert_msg(ip6net_parse(s, &a.net), "%s", s);
	ck_assert_int_eq(iftab_set_addr6(w->t, ifindex, &a), 0);
}

static void
addr(struct world *w, uint32_t ifindex, const char *s)
{
	addr_is(w, ifindex, s, "");
}

static void
addr_del(struct world *w, uint32_t ifindex, const char *s)
{
	iftab_del_addr6(w->t, ifindex, ip(s));
}

static void
addr4(struct world *w, uint32_t ifindex, const char *s)
{
	struct iftab_addr a = { .secondary = false };

	ck_assert(ip4net_parse(s, &a.net));
	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr4_del(struct world *w, uint32_t ifindex, const char *s)
{
	struct ip4net n;

	ck_assert(ip4net_parse(s, &n));
	iftab_del_addr(w->t, ifindex, n);
}

/* Most tests: vlan10 with ifindex 5, up and with a link-local address. */
static struct world *
world_vlan(void)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "fe80::5/64");
	return w;
}

/* --- what to expect -------------------------------------------------------- */

static struct iface *
iface(struct world *w, uint32_t ifindex)
{
	struct iface *f = iftab_by_index(w->t, ifindex);

	ck_assert_msg(f != NULL, "no interface %u", ifindex);
	return f;
}

/* The interface is ready with this link-address; "": it is not. */
static void
link_is(struct world *w, uint32_t ifindex, const char *want)
{
	struct iface *f = iface(w, ifindex);
	char got[IP6_STRLEN] = "";

	if (iface6_ready(f))
		ip6_str(f->six.link, got);
	ck_assert_str_eq(got, want);
}

static void
local_is(struct world *w, uint32_t ifindex, const char *want)
{
	char got[IP6_STRLEN];

	ck_assert_str_eq(ip6_str(iface(w, ifindex)->six.local, got), want);
}

/* The number of interfaces with this link-address; `only` as given, or 0. */
static void
by_link(struct world *w, const char *link, size_t n, uint32_t only)
{
	struct iface *f;

	ck_assert_uint_eq(iftab_by_link(w->t, ip(link), &f), n);
	ck_assert_int_eq(iftab_has_link(w->t, ip(link)), n > 0);
	ck_assert_ptr_eq(f, only ? iface(w, only) : NULL);
}

static void
by_iid(struct world *w, const char *iid, size_t n, uint32_t only)
{
	size_t got;
	struct iface *f = iftab_by_iid(w->t, iid, strlen(iid), &got);

	ck_assert_uint_eq(got, n);
	ck_assert_ptr_eq(f, only ? iface(w, only) : NULL);
}

/* --- the link-address (RFC 9915 19.1.1) ------------------------------------ */

START_TEST(ready_with_link_local_and_global_address)
{
	struct world *w = world();

	section(w, "vlan*");
	addr(w, 5, "2001:db8:1::1/64");		/* before its link */
	tells(w, "");
	ck_assert(iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	link_up(w, 5, "vlan10");
	tells(w, "");
	link_is(w, 5, "");			/* no link-local address to send from */
	addr(w, 5, "fe80::5/64");
	tells(w, "ready vlan10");
	link_is(w, 5, "2001:db8:1::1");
	local_is(w, 5, "fe80::5");
	by_link(w, "2001:db8:1::1", 1, 5);
	ck_assert(!iface_ready(iface(w, 5)));	/* of IPv4 there is nothing */
	addr(w, 5, "fe80::5/64");		/* repeated */
	tells(w, "");
	addr_del(w, 5, "2001:db8:1::2");	/* unknown */
	iftab_del_addr6(w->t, 77, ip("2001:db8:1::1"));
	tells(w, "");
	addr_del(w, 5, "2001:db8:1::1");
	tells(w, "lost vlan10");
	by_link(w, "2001:db8:1::1", 0, 0);
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	world_end(w);
}
END_TEST

/* Case 19 of those in which relays fail: opnsense/core#10686. */
START_TEST(link_local_addresses_alone_do_not_serve)
{
	struct world *w = world_vlan();

	addr(w, 5, "fe80::1:5/64");
	addr(w, 5, "::1/128");
	tells(w, "");
	link_is(w, 5, "");
	ck_assert(ip6_is_none(iface(w, 5)->six.link));
	world_end(w);
}
END_TEST

/* The first address of each row is the better one. */
START_TEST(link_address_is_the_best_one)
{
	static const char *const pairs[][4] = {
		{ "2001:db8:1::2/64", "", "2001:db8:1::1/64", "d" },
		{ "2001:db8:1::2/64", "", "2001:db8:1::1/64", "y" },
		{ "2001:db8:1::2/64", "y", "2001:db8:1::1/64", "d" },
		{ "fd00::2/64", "", "2001:db8:1::1/64", "y" },
		{ "3fff::2/64", "", "2001:db8:1::1/128", "" },
		{ "2001:db8:1::1/128", "", "2001:db8:1::2/64", "y" },
		{ "2001:db8:1::1/64", "", "2001:db8:1::2/64", "" },
		{ "2001:db8:1::1/64", "", "fd00::1/64", "" },
		{ "2001:db8:1::1/128", "", "fd00::1/64", "" },
		{ "2001:db8:1::2/64", "d", "2001:db8:1::1/64", "t" },
		{ "2001:db8:1::2/64", "yd", "2001:db8:1::1/64", "u" },
		{ "2001:db8:1::2/64", "yd", "fe80::1/64", "" },
	};
	char want[IP6_STRLEN];

	for (size_t i = 0; i < 2 * sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *const *p = pairs[i / 2];
		struct world *w = world_vlan();
		int second = i % 2 ? 0 : 2;

		addr_is(w, 5, p[2 - second], p[3 - second]);
		addr_is(w, 5, p[second], p[1 + second]);
		commit(w);
		snprintf(want, sizeof(want), "%.*s", (int)strcspn(p[0], "/"), p[0]);
		link_is(w, 5, want);
		world_end(w);
	}
}
END_TEST

/* RFC 8981: a temporary address is another one tomorrow. */
START_TEST(temporary_addresses_come_and_go_without_effect)
{
	struct world *w = world_vlan();

	addr_is(w, 5, "2001:db8:1::1:1/64", "ty");
	tells(w, "");
	addr(w, 5, "2001:db8:1::5/64");
	tells(w, "ready vlan10");
	addr_is(w, 5, "2001:db8:1::1:1/64", "tyd");
	addr_is(w, 5, "2001:db8:1::1:0/64", "ty");
	tells(w, "");
	addr_del(w, 5, "2001:db8:1::1:1");
	tells(w, "");
	link_is(w, 5, "2001:db8:1::5");
	world_end(w);
}
END_TEST

START_TEST(link_address_stays_while_it_is_preferred)
{
	struct world *w = world_vlan();

	addr_is(w, 5, "2001:db8:2::1/64", "y");
	tells(w, "ready vlan10");
	addr(w, 5, "2001:db8:1::1/64");		/* better, but late */
	tells(w, "");
	link_is(w, 5, "2001:db8:2::1");
	addr_is(w, 5, "2001:db8:2::1/64", "yd");	/* renumbered */
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:1::1");
	addr_is(w, 5, "2001:db8:2::1/64", "y");
	tells(w, "");
	link_is(w, 5, "2001:db8:1::1");
	/* No preferred one is left, so there is no reason for another one. */
	addr_is(w, 5, "2001:db8:1::1/64", "yd");
	addr_is(w, 5, "2001:db8:2::1/64", "d");
	tells(w, "");
	addr_del(w, 5, "2001:db8:1::1");
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:2::1");
	by_link(w, "2001:db8:1::1", 0, 0);
	by_link(w, "2001:db8:2::1", 1, 5);
	/* A reload is no reason either. */
	addr(w, 5, "2001:db8:1::1/64");
	addr(w, 5, "2001:db8:2::1/64");
	commit_all(w, true);
	ck_assert_str_eq(w->told, "");
	link_is(w, 5, "2001:db8:2::1");
	world_end(w);
}
END_TEST

START_TEST(tentative_address_serves_once_it_is_usable)
{
	struct world *w = world_vlan();

	addr_is(w, 5, "2001:db8:1::1/64", "u");
	tells(w, "");
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "ready vlan10");
	ck_assert(iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	ck_assert(iface6_owns(iface(w, 5), ip("2001:db8:1::1")));
	addr_is(w, 5, "fe80::5/64", "u");	/* another host has it: DAD failed */
	tells(w, "lost vlan10");
	ck_assert(!iftab_is_ours6(w->t, ip("fe80::5")));
	ck_assert(!iface6_owns(iface(w, 5), ip("fe80::5")));
	addr(w, 5, "fe80::6/64");
	tells(w, "ready vlan10");
	local_is(w, 5, "fe80::6");
	world_end(w);
}
END_TEST

START_TEST(lowest_link_local_address_is_used)
{
	struct world *w = world_vlan();

	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "ready vlan10");
	addr(w, 5, "fe80::6/64");
	tells(w, "");
	addr(w, 5, "fe80::4/64");
	tells(w, "changed vlan10");
	local_is(w, 5, "fe80::4");
	addr_del(w, 5, "fe80::4");
	addr_del(w, 5, "fe80::5");
	tells(w, "changed vlan10");
	local_is(w, 5, "fe80::6");
	world_end(w);
}
END_TEST

/* Case 22: both routers of a pair have the same; it is an address of neither. */
START_TEST(fixed_link_address_need_not_be_ours)
{
	struct world *w = world_vlan();

	w->ifs[0].o.link_address = CONF_LINKADDR_FIXED;
	w->ifs[0].o.link_address_fixed = ip("2001:db8:9::1");
	tells(w, "ready vlan10");
	link_is(w, 5, "2001:db8:9::1");
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:9::1")));
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "");
	link_is(w, 5, "2001:db8:9::1");
	w->ifs[0].o.link_address = CONF_LINKADDR_PRIMARY;
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan10");
	link_is(w, 5, "2001:db8:1::1");
	by_link(w, "2001:db8:9::1", 0, 0);
	world_end(w);
}
END_TEST

START_TEST(unnumbered_interfaces_are_counted)
{
	struct world *w = world_vlan();

	w->ifs[0].o.link_address = CONF_LINKADDR_NONE;
	addr(w, 5, "2001:db8:1::1/64");		/* is of no importance */
	tells(w, "ready vlan10");
	link_is(w, 5, "::");
	ck_assert(iface(w, 5)->six.unnumbered);
	by_link(w, "::", 1, 5);
	by_link(w, "2001:db8:1::1", 0, 0);
	by_iid(w, "router:vlan10", 1, 5);
	link_up(w, 6, "vlan20");
	addr(w, 6, "fe80::5/64");
	tells(w, "ready vlan20");
	by_link(w, "::", 2, 0);
	world_end(w);
}
END_TEST

START_TEST(shared_link_address)
{
	struct world *w = world();
	char name[IFTAB_NAME_MAX];

	section(w, "vlan*")->link_address = CONF_LINKADDR_FIXED;
	w->ifs[0].o.link_address_fixed = ip("2001:db8:9::1");
	for (uint32_t i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "vlan%u", i);
		link_up(w, i, name);
		addr(w, i, "fe80::1/64");	/* that of the NIC below */
	}
	tells(w, "ready vlan1, ready vlan2, ready vlan3");
	by_link(w, "2001:db8:9::1", 3, 0);
	by_iid(w, "router:vlan2", 1, 2);
	iftab_del_link(w->t, 1);
	addr_del(w, 3, "fe80::1");
	ck_assert(iftab_is_ours6(w->t, ip("fe80::1")));
	tells(w, "lost vlan1, lost vlan3");
	by_link(w, "2001:db8:9::1", 1, 2);
	/* Between an event and the commit, a link that is gone is not found. */
	iftab_del_link(w->t, 2);
	ck_assert(!iftab_is_ours6(w->t, ip("fe80::1")));
	by_iid(w, "router:vlan2", 0, 0);
	tells(w, "lost vlan2");
	by_link(w, "2001:db8:9::1", 0, 0);
	world_end(w);
}
END_TEST

static void
add_link_address(Suite *s)
{
	TCase *tc = tcase_create("link-address");

	tcase_add_test(tc, ready_with_link_local_and_global_address);
	tcase_add_test(tc, link_local_addresses_alone_do_not_serve);
	tcase_add_test(tc, link_address_is_the_best_one);
	tcase_add_test(tc, temporary_addresses_come_and_go_without_effect);
	tcase_add_test(tc, link_address_stays_while_it_is_preferred);
	tcase_add_test(tc, tentative_address_serves_once_it_is_usable);
	tcase_add_test(tc, lowest_link_local_address_is_used);
	tcase_add_test(tc, fixed_link_address_need_not_be_ours);
	tcase_add_test(tc, unnumbered_interfaces_are_counted);
	tcase_add_test(tc, shared_link_address);
	suite_add_tcase(s, tc);
}

Suite *
iftab6_suite(void)
{
	Suite *s = suite_create("iftab6");

	(void)addr4;
	(void)addr4_del;
	add_link_address(s);
	return s;
}
