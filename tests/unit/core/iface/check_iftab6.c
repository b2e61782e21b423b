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
#include <time.h>

#include "core/iface/iftab.h"
#include "ipnet.h"

Suite *iftab6_suite(void);

/* --- a table, its configuration, and what was reported -------------------- */

static const struct iftab_host router = {
	.name = "router", .duid = { 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
};

struct world {
	struct iftab *t;
	struct conf c;
	struct conf_if ifs[4];
	struct conf_server server[2];	/* of either family */
	struct conf_group group;	/* both of them */
	uint16_t member[2];
	char told[256];		/* by the last commit: "ready vlan10, standby vlan10" */
};

static void
note(void *user, enum iftab_change what, const struct iface *f)
{
	static const char *const word[] = { "ready", "changed", "lost", "active", "standby" };
	struct world *w = user;
	size_t at = strlen(w->told);

	if (what == IFTAB_RECOMPUTED)
		return;
	snprintf(w->told + at, sizeof(w->told) - at, "%s%s %s", at ? ", " : "", word[what],
	    f->link.name);
	ck_assert(what == IFTAB_LOST || iface_serves(f, FAMILY4) ||
	    iface_serves(f, FAMILY6));
}

static struct world *
world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	w->t = iftab_new();
	ck_assert_ptr_nonnull(w->t);
	w->server[0].address.version = 6;
	w->server[1].address.version = 4;
	w->c.server = w->server;
	w->c.n_server = 2;
	w->member[1] = 1;
	w->group.server = w->member;
	w->group.n = 2;
	w->c.group = &w->group;
	w->c.n_group = 1;
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
	c->dhcp = c->boot = CONF_NONE;
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
	struct iftab_addr a = {
		.unusable = strchr(flags, 'u'), .temporary = strchr(flags, 't'),
		.deprecated = strchr(flags, 'd'), .permanent = !strchr(flags, 'y'),
	};

	ck_assert_msg(ipnet_parse(s, &a.net), "%s", s);
	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr(struct world *w, uint32_t ifindex, const char *s)
{
	addr_is(w, ifindex, s, "");
}

static void
addr_del(struct world *w, uint32_t ifindex, const char *s)
{
	iftab_del_addr(w->t, ifindex, (struct ipnet){ ip_of6(ip(s)), 0 });
}

static void
addr4(struct world *w, uint32_t ifindex, const char *s)
{
	struct iftab_addr a = { .secondary = false };

	ck_assert(ipnet_parse(s, &a.net));
	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr4_del(struct world *w, uint32_t ifindex, const char *s)
{
	struct ipnet n;

	ck_assert(ipnet_parse(s, &n));
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
	iftab_del_addr(w->t, 77, (struct ipnet){ ip_of6(ip("2001:db8:1::1")), 0 });
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

/* --- who serves, and what is reported --------------------------------------- */

START_TEST(an_interface_serves_in_either_family)
{
	struct world *w = world_vlan();

	addr4(w, 5, "192.0.2.1/24");
	tells(w, "ready vlan10");
	ck_assert(iface_ready(iface(w, 5)));
	link_is(w, 5, "");
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "changed vlan10");
	addr4_del(w, 5, "192.0.2.1/24");
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:1::1");
	addr4(w, 5, "192.0.2.1/24");
	addr_del(w, 5, "2001:db8:1::1");
	tells(w, "changed vlan10");
	addr4_del(w, 5, "192.0.2.1/24");
	tells(w, "lost vlan10");
	ck_assert(!iface_serves(iface(w, 5), FAMILY4) && !iface_serves(iface(w, 5), FAMILY6));
	world_end(w);
}
END_TEST

START_TEST(down_and_up)
{
	struct world *w = world_vlan();
	struct iftab_link l = a_link(5, "vlan10");

	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "ready vlan10");
	l.up = false;
	set(w, l);
	tells(w, "lost vlan10");
	by_link(w, "2001:db8:1::1", 0, 0);
	by_iid(w, "router:vlan10", 1, 5);	/* so that a reply is dropped as `down` */
	link_up(w, 5, "vlan10");
	tells(w, "ready vlan10");
	by_iid(w, "router:vlan10", 1, 5);
	world_end(w);
}
END_TEST

/* Where an interface has servers of one family only, the other one does not make it ready. */
START_TEST(only_a_family_with_servers_is_served)
{
	struct world *w = world();

	section(w, "vlan10");
	w->group.n = 1;
	w->member[0] = 1;	/* IPv4's; the other one has IPv6 */
	link_up(w, 5, "vlan10");
	addr(w, 5, "fe80::5/64");
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "");
	ck_assert(iface6_ready(iface(w, 5)));
	ck_assert(!iface_serves(iface(w, 5), FAMILY6));
	ck_assert(iface(w, 5)->asks[FAMILY4] && !iface(w, 5)->asks[FAMILY6]);
	addr4(w, 5, "192.0.2.1/24");
	tells(w, "ready vlan10");
	w->member[0] = 0;
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan10");
	ck_assert(!iface(w, 5)->asks[FAMILY4] && iface(w, 5)->asks[FAMILY6]);
	addr4_del(w, 5, "192.0.2.1/24");
	tells(w, "changed vlan10");
	w->group.n = 0;		/* no server at all is DHCPv4's */
	commit_all(w, true);
	ck_assert_str_eq(w->told, "lost vlan10");
	ck_assert(iface(w, 5)->asks[FAMILY4] && !iface(w, 5)->asks[FAMILY6]);
	world_end(w);
}
END_TEST

/* IPv6 addresses are everywhere; they are no news where no server has one. */
START_TEST(nothing_is_derived_without_a_server_of_ipv6)
{
	struct world *w = world_vlan();

	w->server[0].address.version = 4;
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "");
	addr4(w, 5, "192.0.2.1/24");
	tells(w, "ready vlan10");
	addr(w, 5, "2001:db8:1::2/64");
	tells(w, "");
	ck_assert_uint_eq(iface(w, 5)->six.opts_len, 0);
	ck_assert(ip6_is_none(iface(w, 5)->six.local));
	/* The addresses are known all the same. */
	ck_assert(iftab_is_ours6(w->t, ip("2001:db8:1::2")));
	w->server[0].address.version = 6;
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan10");
	w->server[0].address.version = 4;
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan10");
	by_link(w, "2001:db8:1::1", 0, 0);
	world_end(w);
}
END_TEST

START_TEST(interfaces_that_are_no_client_interfaces)
{
	struct world *w = world_vlan();
	struct iftab_link l = a_link(7, "vlan7");

	link_up(w, 6, "eth0");
	addr(w, 6, "fe80::6/64");
	addr(w, 6, "2001:db8:6::1/64");
	l.loopback = true;
	set(w, l);
	addr(w, 7, "fe80::7/64");
	addr(w, 7, "2001:db8:7::1/64");
	tells(w, "");
	ck_assert_uint_eq(iface(w, 6)->six.opts_len, 0);
	ck_assert(iftab_is_ours6(w->t, ip("2001:db8:6::1")));
	by_link(w, "2001:db8:6::1", 0, 0);
	/* Renamed into the configuration and out of it. */
	link_up(w, 6, "vlan6");
	tells(w, "ready vlan6");
	link_up(w, 6, "eth0");
	tells(w, "lost vlan6");
	ck_assert_uint_eq(iface(w, 6)->six.opts_len, 0);
	by_iid(w, "router:vlan6", 0, 0);
	ck_assert_ptr_eq(iftab_by_name(w->t, "eth0"), iface(w, 6));
	ck_assert_ptr_null(iftab_by_name(w->t, "vlan6"));
	world_end(w);
}
END_TEST

START_TEST(what_is_on_the_link_and_what_is_ours)
{
	struct world *w = world_vlan();
	const struct iface *f;

	addr(w, 5, "2001:db8:1::1/64");
	commit(w);
	f = iface(w, 5);
	ck_assert(iface_has(f, ip_of6(ip("2001:db8:1:0:ffff::1"))));
	ck_assert(iface_has(f, ip_of6(ip("fe80::99"))));
	ck_assert(!iface_has(f, ip_of6(ip("2001:db8:2::1"))));
	ck_assert(iface6_owns(f, ip("2001:db8:1::1")));
	ck_assert(!iface6_owns(f, ip("2001:db8:1::2")));
	/* The kernel has an address once; another prefix length replaces the first. */
	addr(w, 5, "2001:db8:1::1/48");
	tells(w, "");
	ck_assert_uint_eq(f->addr[FAMILY6].n, 2);
	ck_assert(iface_has(f, ip_of6(ip("2001:db8:1:1::1"))));
	world_end(w);
}
END_TEST

START_TEST(resync_removes_what_is_not_reported)
{
	struct world *w = world_vlan();

	addr(w, 5, "2001:db8:1::1/64");
	addr(w, 5, "2001:db8:2::1/64");
	addr(w, 6, "2001:db8:6::1/64");		/* its link is unknown */
	tells(w, "ready vlan10");
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan10");
	addr(w, 5, "2001:db8:2::1/64");
	addr(w, 5, "fe80::5/64");
	addr(w, 5, "2001:db8:3::1/64");
	iftab_resync_end(w->t);
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:2::1");
	ck_assert_uint_eq(iface(w, 5)->addr[FAMILY6].n, 3);
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:6::1")));
	iftab_resync_begin(w->t);
	for (uint32_t i = 0; i < 2; i++) {	/* a dump may repeat itself */
		link_up(w, 5, "vlan10");
		addr(w, 5, "fe80::5/64");
		addr(w, 5, "2001:db8:3::1/64");
		addr(w, 5, "2001:db8:2::1/64");
	}
	iftab_resync_end(w->t);
	tells(w, "");
	iftab_resync_begin(w->t);
	iftab_resync_end(w->t);
	tells(w, "lost vlan10");
	ck_assert_uint_eq(iftab_count(w->t), 0);
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:2::1")));
	world_end(w);
}
END_TEST

/* --- options and Interface-Ids ---------------------------------------------- */

static void
opts_are(struct world *w, uint32_t ifindex, const char *bytes, size_t len)
{
	const struct iface6 *six = &iface(w, ifindex)->six;

	ck_assert_uint_eq(six->opts_len, len);
	ck_assert_mem_eq(six->opts, bytes, len);
}

#define BYTES(text) text, sizeof(text) - 1

START_TEST(every_option)
{
	static const char fixed[] = "\0\2\0\0\1\2x";
	struct world *w = world_vlan();
	struct conf_if_opts *o = &w->ifs[0].o;

	strcpy(o->interface_id, "%i/%g");
	strcpy(o->remote_id6, "%h.%m");
	o->remote_id6_enterprise = 0x00010203;
	strcpy(o->subscriber_id, "hex:00:ff");
	o->relay_id_auto = true;
	addr(w, 5, "2001:db8:1::1/64");
	commit(w);
	opts_are(w, 5, BYTES("\0\22\0\24vlan10/2001:db8:1::1"
	    "\0\45\0\34\0\1\2\3router.02:00:00:00:00:05"
	    "\0\46\0\2\0\377"
	    "\0\65\0\22\0\4\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"));
	ck_assert_uint_eq(iface(w, 5)->six.iid_at, 4);
	ck_assert_uint_eq(iface(w, 5)->six.iid_len, 20);
	by_iid(w, "vlan10/2001:db8:1::1", 1, 5);
	/* A DUID from the configuration; Remote-Id without a text or an enterprise. */
	o->relay_id_auto = false;
	o->relay_id_len = sizeof(fixed) - 1;
	memcpy(o->relay_id, fixed, sizeof(fixed) - 1);
	o->remote_id6_enterprise = 0;
	o->subscriber_id[0] = '\0';
	commit_all(w, true);
	opts_are(w, 5, BYTES("\0\22\0\24vlan10/2001:db8:1::1\0\65\0\7\0\2\0\0\1\2x"));
	o->remote_id6_enterprise = 9;
	o->remote_id6[0] = '\0';
	o->interface_id[0] = '\0';
	o->relay_id_len = 0;
	strcpy(o->subscriber_id, "s");
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan10");
	opts_are(w, 5, BYTES("\0\46\0\1s"));
	ck_assert_uint_eq(iface(w, 5)->six.iid_len, 0);
	by_iid(w, "", 0, 0);
	by_link(w, "2001:db8:1::1", 1, 5);
	o->subscriber_id[0] = '\0';
	commit_all(w, true);
	ck_assert_uint_eq(iface(w, 5)->six.opts_len, 0);
	link_is(w, 5, "2001:db8:1::1");
	world_end(w);
}
END_TEST

/* Case 27: a server knows reservations by these octets. */
START_TEST(interface_id_survives_another_ifindex)
{
	struct world *w = world_vlan();

	addr(w, 5, "2001:db8:1::1/64");
	commit(w);
	opts_are(w, 5, BYTES("\0\22\0\15router:vlan10"));
	iftab_del_link(w->t, 5);
	link_up(w, 9, "vlan10");
	addr(w, 9, "fe80::5/64");
	addr(w, 9, "2001:db8:1::1/64");
	tells(w, "lost vlan10, ready vlan10");
	opts_are(w, 9, BYTES("\0\22\0\15router:vlan10"));
	by_iid(w, "router:vlan10", 1, 9);
	world_end(w);
}
END_TEST

START_TEST(renamed_interface_has_another_id)
{
	struct world *w = world_vlan();

	addr(w, 5, "2001:db8:1::1/64");
	commit(w);
	link_up(w, 5, "vlan11");
	tells(w, "changed vlan11");
	by_iid(w, "router:vlan11", 1, 5);
	by_iid(w, "router:vlan10", 0, 0);
	by_iid(w, "router:vlan1", 0, 0);
	by_iid(w, "", 0, 0);
	/* Two swap their names. */
	link_up(w, 6, "vlan12");
	addr(w, 6, "fe80::5/64");
	addr(w, 6, "2001:db8:2::1/64");
	commit(w);
	link_up(w, 5, "vlan12");
	link_up(w, 6, "vlan11");
	tells(w, "changed vlan12, changed vlan11");
	by_iid(w, "router:vlan11", 1, 6);
	by_iid(w, "router:vlan12", 1, 5);
	/* Another format alone is reported, too. */
	strcpy(w->ifs[0].o.interface_id, "%i");
	commit_all(w, true);
	ck_assert_str_eq(w->told, "changed vlan12, changed vlan11");
	by_iid(w, "vlan11", 1, 6);
	world_end(w);
}
END_TEST

START_TEST(several_have_one_interface_id)
{
	struct world *w = world_vlan();

	strcpy(w->ifs[0].o.interface_id, "here");
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "ready vlan10");
	by_iid(w, "here", 1, 5);
	link_up(w, 6, "vlan20");
	addr(w, 6, "fe80::5/64");
	addr(w, 6, "2001:db8:2::1/64");
	tells(w, "ready vlan20");
	by_iid(w, "here", 2, 0);
	by_link(w, "2001:db8:2::1", 1, 6);
	addr_del(w, 5, "2001:db8:1::1");
	tells(w, "lost vlan10");
	by_iid(w, "here", 2, 0);	/* replies may be on their way */
	world_end(w);
}
END_TEST

/* The bytes stay where they are while they are the same. */
START_TEST(options_are_made_anew_only_if_they_change)
{
	struct world *w = world_vlan();
	const uint8_t *opts;

	addr(w, 5, "2001:db8:1::1/64");
	commit(w);
	opts = iface(w, 5)->six.opts;
	addr(w, 5, "2001:db8:2::1/64");
	addr4(w, 5, "192.0.2.1/24");
	commit_all(w, true);
	ck_assert_ptr_eq(iface(w, 5)->six.opts, opts);
	world_end(w);
}
END_TEST

/* --- bridges ----------------------------------------------------------------- */

static void
link_in(struct world *w, uint32_t ifindex, const char *name, enum iftab_kind kind,
    uint32_t master)
{
	struct iftab_link l = a_link(ifindex, name);

	l.kind = kind;
	l.master = master;
	set(w, l);
}

START_TEST(a_bridge_has_the_addresses_of_its_port)
{
	struct world *w = world_vlan();

	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "ready vlan10");
	link_in(w, 8, "br0", IFTAB_BRIDGE, 0);
	addr(w, 8, "fe80::8/64");
	link_in(w, 5, "vlan10", IFTAB_VLAN, 8);
	tells(w, "ready br0, lost vlan10");
	link_is(w, 8, "2001:db8:1::1");
	local_is(w, 8, "fe80::8");
	by_iid(w, "router:br0", 1, 8);
	by_link(w, "2001:db8:1::1", 1, 8);
	addr_del(w, 8, "fe80::8");		/* the bridge was made without one */
	tells(w, "changed br0");
	local_is(w, 8, "fe80::5");
	addr(w, 8, "2001:db8:8::1/64");
	addr(w, 8, "fe80::8/64");
	tells(w, "changed br0");
	link_is(w, 8, "2001:db8:8::1");
	addr_del(w, 8, "2001:db8:8::1");
	addr(w, 5, "2001:db8:0::1/64");		/* better than the one before, and not sticky */
	tells(w, "changed br0");
	link_is(w, 8, "2001:db8::1");
	iftab_del_link(w->t, 8);
	tells(w, "ready vlan10, lost br0");
	local_is(w, 5, "fe80::5");
	world_end(w);
}
END_TEST

START_TEST(a_bridge_with_its_own_section_uses_its_own_addresses)
{
	struct world *w = world_vlan();

	section(w, "br0");
	addr(w, 5, "2001:db8:1::1/64");
	link_in(w, 8, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", IFTAB_VLAN, 8);
	addr(w, 8, "fe80::8/64");
	tells(w, "");
	addr(w, 8, "2001:db8:8::1/64");
	tells(w, "ready br0");
	link_is(w, 8, "2001:db8:8::1");
	world_end(w);
}
END_TEST

/* --- a pair of routers -------------------------------------------------------- */

/* vlan10 with an address of its own, and `active`. */
static struct world *
world_pair(enum conf_active active, const char *virtual6, const char *virtual4)
{
	struct world *w = world_vlan();
	struct conf_if_opts *o = &w->ifs[0].o;

	o->active = active;
	if (virtual6)
		o->active_address6 = ip(virtual6);
	if (virtual4)
		ck_assert(ip4_parse(virtual4, &o->active_address));
	o->active_giaddr_virtual = true;
	addr(w, 5, "2001:db8:1::2/64");
	return w;
}

static bool
standby(struct world *w)
{
	return iface(w, 5)->standby[FAMILY6];
}

START_TEST(named_virtual_address_comes_and_goes)
{
	struct world *w = world_pair(CONF_ACTIVE_ADDRESS, "2001:db8:1::1", NULL);

	tells(w, "ready vlan10, standby vlan10");
	/* Answers that are under way to it are for both routers. */
	link_is(w, 5, "2001:db8:1::1");
	ck_assert(!iftab_is_ours6(w->t, ip("2001:db8:1::1")));
	addr_is(w, 5, "2001:db8:1::1/64", "u");	/* somebody else still has it */
	tells(w, "");
	addr(w, 5, "2001:db8:1::1/64");
	tells(w, "active vlan10");
	local_is(w, 5, "fe80::5");
	addr_del(w, 5, "2001:db8:1::1");
	tells(w, "standby vlan10");
	w->ifs[0].o.active_giaddr_virtual = false;
	addr(w, 5, "2001:db8:1::1/128");
	commit_all(w, true);
	ck_assert_str_eq(w->told, "active vlan10");
	link_is(w, 5, "2001:db8:1::2");
	w->ifs[0].o.active = CONF_ACTIVE_ALWAYS;
	commit_all(w, true);
	ck_assert_str_eq(w->told, "");
	ck_assert(!standby(w));
	world_end(w);
}
END_TEST

START_TEST(link_local_virtual_address_is_no_link_address)
{
	struct world *w = world_pair(CONF_ACTIVE_ADDRESS, "fe80::1", NULL);

	tells(w, "ready vlan10, standby vlan10");
	link_is(w, 5, "2001:db8:1::2");
	addr(w, 5, "fe80::1/64");
	tells(w, "active vlan10");
	link_is(w, 5, "2001:db8:1::2");
	local_is(w, 5, "fe80::5");	/* fe80::1 is lower, but not the router's own */
	world_end(w);
}
END_TEST

START_TEST(a_family_without_an_address_follows_the_other)
{
	struct world *w = world_pair(CONF_ACTIVE_ADDRESS, NULL, "192.0.2.1");

	addr4(w, 5, "192.0.2.2/24");
	tells(w, "ready vlan10, standby vlan10");
	ck_assert(standby(w) && iface(w, 5)->standby[FAMILY4]);
	link_is(w, 5, "2001:db8:1::2");
	addr4(w, 5, "192.0.2.1/32");
	tells(w, "active vlan10");
	ck_assert(!standby(w) && !iface(w, 5)->standby[FAMILY4]);
	world_end(w);

	w = world_pair(CONF_ACTIVE_ADDRESS, "fe80::1", NULL);
	addr4(w, 5, "192.0.2.2/24");
	tells(w, "ready vlan10, standby vlan10");
	ck_assert(standby(w) && iface(w, 5)->standby[FAMILY4]);
	addr(w, 5, "fe80::1/128");
	tells(w, "active vlan10");
	ck_assert(!standby(w) && !iface(w, 5)->standby[FAMILY4]);
	/* Also where there is nothing but IPv4 to serve. */
	w->server[0].address.version = 4;
	addr_del(w, 5, "fe80::1");
	commit_all(w, true);
	ck_assert_str_eq(w->told, "standby vlan10");
	world_end(w);
}
END_TEST

START_TEST(which_addresses_look_like_vrrp)
{
	static const struct {
		const char *other;
		bool virtual;
	} cases[] = {
		{ "fe80::1/128", true }, { "2001:db8:1::1/128", true },
		{ "fe80::1/64", false }, { "2001:db8:1::1/64", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_pair(CONF_ACTIVE_VRRP, NULL, NULL);

		addr(w, 5, cases[i].other);
		commit(w);
		ck_assert_msg(standby(w) != cases[i].virtual, "%s", cases[i].other);
		if (cases[i].virtual)
			local_is(w, 5, "fe80::5");
		addr_del(w, 5, "fe80::5");
		addr_del(w, 5, "2001:db8:1::2");
		commit(w);	/* an only address is no virtual one */
		ck_assert(standby(w));
		world_end(w);
	}
}
END_TEST

START_TEST(vrrp_of_one_family_is_not_that_of_the_other)
{
	struct world *w = world_pair(CONF_ACTIVE_VRRP, NULL, NULL);

	addr4(w, 5, "192.0.2.2/24");
	addr4(w, 5, "192.0.2.1/32");
	tells(w, "ready vlan10, active vlan10, standby vlan10");
	ck_assert(standby(w) && !iface(w, 5)->standby[FAMILY4]);
	/* Both at once: each is told. */
	addr4_del(w, 5, "192.0.2.1/32");
	addr(w, 5, "fe80::1/128");
	tells(w, "standby vlan10, active vlan10");
	ck_assert(!standby(w) && iface(w, 5)->standby[FAMILY4]);
	addr4(w, 5, "192.0.2.1/32");
	tells(w, "active vlan10");
	ck_assert(!standby(w) && !iface(w, 5)->standby[FAMILY4]);
	addr(w, 5, "2001:db8:1::1/128");
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:1::1");
	/* IPv4 no longer serves; that is no switch. */
	addr4_del(w, 5, "192.0.2.1/32");
	addr4_del(w, 5, "192.0.2.2/24");
	tells(w, "changed vlan10");
	addr_del(w, 5, "2001:db8:1::1");
	addr_del(w, 5, "fe80::1");
	tells(w, "standby vlan10");
	link_is(w, 5, "2001:db8:1::2");
	/* Nor if a family begins to serve in the state of the other. */
	addr4(w, 5, "192.0.2.2/24");
	addr_del(w, 5, "2001:db8:1::2");
	tells(w, "changed vlan10");
	addr(w, 5, "fe80::1/128");
	addr(w, 5, "2001:db8:1::2/64");
	tells(w, "active vlan10");
	ck_assert(!standby(w) && iface(w, 5)->standby[FAMILY4]);
	world_end(w);
}
END_TEST

static void
vmac(struct world *w, uint32_t ifindex, uint8_t family, bool running)
{
	struct iftab_link l = a_link(ifindex, "vrrp");
	const uint8_t mac[6] = { 0x00, 0x00, 0x5e, 0x00, family, 7 };

	l.kind = IFTAB_MACVLAN;
	l.lower = 5;
	l.running = running;
	memcpy(l.mac, mac, sizeof(mac));
	set(w, l);
}

START_TEST(virtual_address_on_a_macvlan)
{
	struct world *w = world_pair(CONF_ACTIVE_VRRP, NULL, NULL);

	vmac(w, 7, 2, true);
	addr(w, 7, "fe80::5/64");	/* keepalived's, for advertisements */
	tells(w, "ready vlan10, standby vlan10");
	addr(w, 7, "fe80::1/128");
	tells(w, "active vlan10");
	link_is(w, 5, "2001:db8:1::2");
	addr(w, 7, "2001:db8:1::1/64");
	tells(w, "changed vlan10");
	link_is(w, 5, "2001:db8:1::1");
	addr_del(w, 7, "fe80::1");
	tells(w, "");
	vmac(w, 7, 2, false);		/* FRR's, when another router is the master */
	tells(w, "standby vlan10");
	vmac(w, 7, 1, true);		/* the macvlan is that of IPv4 */
	tells(w, "");
	vmac(w, 7, 2, true);
	tells(w, "active vlan10");
	addr_del(w, 7, "2001:db8:1::1");
	tells(w, "standby vlan10");
	iftab_del_link(w->t, 7);
	tells(w, "");
	world_end(w);
}
END_TEST

/* --- many ---------------------------------------------------------------------- */

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A full read of n links with ten addresses each. */
static void
full_read(struct world *w, uint32_t n)
{
	struct iftab_addr a = { .net = { .plen = 64 }, .permanent = true };
	char name[IFTAB_NAME_MAX];

	iftab_resync_begin(w->t);
	for (uint32_t i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "vlan%u", i);
		link_up(w, i, name);
	}
	for (uint32_t i = 1; i <= n; i++)
		for (uint8_t k = 0; k < 10; k++) {
			a.net.addr = ip_of6(ip(k ? "2001:db8::1" : "fe80::1"));
			a.net.addr.v6.b[5] = k ? k : 0;
			if (k) {
				a.net.addr.v6.b[6] = (uint8_t)(i >> 8);
				a.net.addr.v6.b[7] = (uint8_t)i;
			}
			ck_assert_int_eq(iftab_set_addr(w->t, i, &a), 0);
		}
	iftab_resync_end(w->t);
	commit(w);
}

/* The CPU time of a start, a resync and the end of n links. */
static double
start_and_stop(uint32_t n)
{
	struct world *w = world();
	double start = cpu_ms();
	struct iface *f;

	section(w, "vlan*");
	full_read(w, n);
	full_read(w, n);
	ck_assert_str_eq(w->told, "");
	ck_assert_uint_eq(iftab_by_link(w->t, ip("2001:db8:1:1::1"), &f), 1);
	ck_assert_uint_eq(f->link.ifindex, 1);
	by_iid(w, "router:vlan10", 1, 10);
	iftab_resync_begin(w->t);
	iftab_resync_end(w->t);
	commit(w);
	ck_assert(!iftab_is_ours6(w->t, ip("fe80::1")));
	world_end(w);
	return cpu_ms() - start;
}

START_TEST(ten_times_the_links_cost_ten_times_as_much)
{
	double few = start_and_stop(400);
	double again = start_and_stop(400);
	double all = start_and_stop(4000);

	if (again < few)
		few = again;
	ck_assert_msg(few < 200, "%.1f ms", few);
	ck_assert_msg(all < 40 * few, "%.1f against %.1f ms", all, few);
}
END_TEST

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/* Events in any order. */
#define LINKS 6
#define ADDRS 5

static const char *const walk_net[ADDRS] = {
	"fe80::1/64", "fe80::2/128", "2001:db8:1::1/64", "2001:db8:2::1/128", "fd00::1/64",
};

static void
walk_step(struct world *w, bool there[LINKS], bool has[LINKS][ADDRS], uint32_t *seed)
{
	uint32_t i = dice(seed, LINKS), k = dice(seed, ADDRS);
	struct iftab_link l = a_link(i + 1, dice(seed, 2) ? "vlan10" : "eth0");
	struct ipnet net;

	ck_assert(ipnet_parse(walk_net[k], &net));
	switch (dice(seed, 8)) {
	case 0:
		there[i] = false;
		memset(has[i], 0, sizeof(has[i]));
		iftab_del_link(w->t, i + 1);
		break;
	case 1:
	case 2:
		l.up = dice(seed, 4) > 0;
		if (i == LINKS - 1)
			l.kind = IFTAB_BRIDGE;
		else if (dice(seed, 3) == 0)
			l.master = LINKS;
		there[i] = true;
		set(w, l);
		break;
	default:
		has[i][k] = dice(seed, 3) > 0;
		if (has[i][k])
			addr_is(w, i + 1, walk_net[k], dice(seed, 4) ? "" : "d");
		else
			iftab_del_addr(w->t, i + 1, net);
	}
}

/* What is said of the whole is what its parts say. */
static void
is_consistent(struct world *w, const bool there[LINKS], bool has[LINKS][ADDRS])
{
	struct iface *f, *only;
	size_t ids = 0, n;

	for (int k = 0; k < ADDRS; k++) {
		struct ipnet net;
		size_t links = 0;
		bool ours = false;

		ck_assert(ipnet_parse(walk_net[k], &net));
		for (uint32_t i = 0; i < LINKS; i++) {
			f = iftab_by_index(w->t, i + 1);
			ck_assert_int_eq(f != NULL, there[i]);
			ours |= has[i][k];
			if (f)
				ck_assert_int_eq(iface6_owns(f, net.addr.v6), has[i][k]);
			if (f && iface6_ready(f) && ip6_eq(f->six.link, net.addr.v6))
				links++;
		}
		ck_assert_int_eq(iftab_is_ours6(w->t, net.addr.v6), ours);
		ck_assert_uint_eq(iftab_by_link(w->t, net.addr.v6, &only), links);
		ck_assert_int_eq(only != NULL, links == 1);
	}
	for (f = iftab_next(w->t, 0); f; f = iftab_next(w->t, f->link.ifindex))
		ids += f->six.iid_len && strcmp(f->link.name, "vlan10") == 0;
	only = iftab_by_iid(w->t, "router:vlan10", 13, &n);
	ck_assert_uint_eq(n, ids);
	ck_assert_int_eq(only != NULL, ids == 1);
}

START_TEST(random_walk_is_consistent)
{
	uint32_t seed = 20261123u + (uint32_t)_i;
	struct world *w = world_vlan();
	bool there[LINKS] = { false }, has[LINKS][ADDRS] = { { false } };

	if (_i % 2) {
		w->ifs[0].o.active = CONF_ACTIVE_VRRP;
		w->ifs[0].o.active_giaddr_virtual = true;
	}
	iftab_del_link(w->t, 5);
	for (int step = 0; step < 2000; step++) {
		for (uint32_t n = dice(&seed, 6); n > 0; n--)
			walk_step(w, there, has, &seed);
		commit_all(w, dice(&seed, 20) == 0);
		is_consistent(w, there, has);
	}
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

static void
add_reports(Suite *s)
{
	TCase *tc = tcase_create("reports");

	tcase_add_test(tc, an_interface_serves_in_either_family);
	tcase_add_test(tc, down_and_up);
	tcase_add_test(tc, only_a_family_with_servers_is_served);
	tcase_add_test(tc, nothing_is_derived_without_a_server_of_ipv6);
	tcase_add_test(tc, interfaces_that_are_no_client_interfaces);
	tcase_add_test(tc, what_is_on_the_link_and_what_is_ours);
	tcase_add_test(tc, resync_removes_what_is_not_reported);
	suite_add_tcase(s, tc);
}

static void
add_options(Suite *s)
{
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, every_option);
	tcase_add_test(tc, interface_id_survives_another_ifindex);
	tcase_add_test(tc, renamed_interface_has_another_id);
	tcase_add_test(tc, several_have_one_interface_id);
	tcase_add_test(tc, options_are_made_anew_only_if_they_change);
	tcase_add_test(tc, a_bridge_has_the_addresses_of_its_port);
	tcase_add_test(tc, a_bridge_with_its_own_section_uses_its_own_addresses);
	suite_add_tcase(s, tc);
}

static void
add_pairs(Suite *s)
{
	TCase *tc = tcase_create("pairs");

	tcase_add_test(tc, named_virtual_address_comes_and_goes);
	tcase_add_test(tc, link_local_virtual_address_is_no_link_address);
	tcase_add_test(tc, a_family_without_an_address_follows_the_other);
	tcase_add_test(tc, which_addresses_look_like_vrrp);
	tcase_add_test(tc, vrrp_of_one_family_is_not_that_of_the_other);
	tcase_add_test(tc, virtual_address_on_a_macvlan);
	suite_add_tcase(s, tc);
}

Suite *
iftab6_suite(void)
{
	Suite *s = suite_create("iftab6");
	TCase *many = tcase_create("many");

	add_link_address(s);
	add_reports(s);
	add_options(s);
	add_pairs(s);
	tcase_add_test(many, ten_times_the_links_cost_ten_times_as_much);
	tcase_add_loop_test(many, random_walk_is_consistent, 0, 6);
	suite_add_tcase(s, many);
	return s;
}
