/* SPDX-License-Identifier: ISC
 *
 * The interface table: events in any order, which interfaces serve clients with
 * which giaddrs and option 82, and which changes are reported.
 *
 * The last tests compare random walks with a table that gets only the final
 * state, and measure the cost of a start.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/iface/iftab.h"
#include "conftext.h"
#include "ipnet.h"

Suite *iftab_suite(void);

/* --- a table, its configuration, and what was reported -------------------- */

struct told {
	enum iftab_change what;
	uint32_t ifindex;
	char name[IFTAB_NAME_MAX];
	uint8_t n_giaddr;
	uint32_t giaddr;	/* in the first commit */
};

static const struct iftab_host router = { .name = "router" };

struct world {
	struct iftab *t;
	struct conf c;
	struct conf_if ifs[8];
	struct conf_rule rules[CONF_RULES_MAX];
	size_t n_told;		/* by the last commit */
	struct told told[64];
	uint64_t recomputed, clients;	/* a bit for each ifindex: by it, too */
	size_t changes;		/* by all commits */
};

static void
note(void *user, enum iftab_change what, const struct iface *f)
{
	struct world *w = user;
	struct told *to = &w->told[w->n_told % 64];

	if (what == IFTAB_RECOMPUTED) {
		w->recomputed |= UINT64_C(1) << f->link.ifindex % 64;
		if (f->conf)
			w->clients |= UINT64_C(1) << f->link.ifindex % 64;
		return;
	}
	w->changes++;
	w->n_told++;
	to->what = what;
	to->ifindex = f->link.ifindex;
	memcpy(to->name, f->link.name, sizeof(to->name));
	to->n_giaddr = f->n_giaddr;
	to->giaddr = f->n_giaddr ? f->giaddr[0].addr.host : 0;
	/* The table must be consistent whenever a change is reported. */
	if (what != IFTAB_LOST) {
		struct iface *only;

		ck_assert_ptr_eq(iftab_by_index(w->t, f->link.ifindex), f);
		ck_assert(iface_ready(f));
		ck_assert_uint_ge(iftab_by_giaddr(w->t, f->giaddr[0].addr, &only),
		    1);
	}
}

static struct world *
world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	w->t = iftab_new();
	ck_assert_ptr_nonnull(w->t);
	w->c.ifs = w->ifs;
	w->c.rule = w->rules;
	for (unsigned i = 0; i < CONF_RULES_MAX; i++)
		w->rules[i].dhcp = w->rules[i].boot = CONF_NONE;
	return w;
}

static void
world_end(struct world *w)
{
	w->t = iftab_free(w->t);
	free(w);
}

/* An [interface] with the defaults. */
static struct conf_if_opts *
section(struct world *w, const char *pattern)
{
	struct conf_if *c = &w->ifs[w->c.n_if++];

	snprintf(c->pattern, sizeof(c->pattern), "%s", pattern);
	c->servers = c->dhcp = c->boot = CONF_NONE;
	return &c->o;
}

static void
commit_all(struct world *w, bool all)
{
	w->n_told = w->recomputed = w->clients = 0;
	iftab_commit(w->t, &w->c, &router, all, note, w);
}

static void
commit(struct world *w)
{
	commit_all(w, false);
}

/* --- events -------------------------------------------------------------- */

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

static void
link_down(struct world *w, uint32_t ifindex, const char *name)
{
	struct iftab_link l = a_link(ifindex, name);

	l.up = false;
	set(w, l);
}

static void
link_in(struct world *w, uint32_t ifindex, const char *name, uint32_t master)
{
	struct iftab_link l = a_link(ifindex, name);

	l.master = master;
	set(w, l);
}

static void
link_kind(struct world *w, uint32_t ifindex, const char *name,
    enum iftab_kind kind, uint32_t master)
{
	struct iftab_link l = a_link(ifindex, name);

	l.kind = kind;
	l.master = master;
	set(w, l);
}

static struct ip4
ip(const char *s)
{
	struct ip4 a;

	ck_assert(ip4_parse(s, &a));
	return a;
}

static struct ipnet
net(const char *s)
{
	struct ipnet n;

	ck_assert(ipnet_parse(s, &n));
	return n;
}

static void
addr(struct world *w, uint32_t ifindex, const char *s)
{
	struct iftab_addr a = { .net = net(s) };

	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr2(struct world *w, uint32_t ifindex, const char *s)
{
	struct iftab_addr a = { .net = net(s), .secondary = true };

	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr_link(struct world *w, uint32_t ifindex, const char *s)
{
	struct iftab_addr a = { .net = net(s), .link_scope = true };

	ck_assert_int_eq(iftab_set_addr(w->t, ifindex, &a), 0);
}

static void
addr_del(struct world *w, uint32_t ifindex, const char *s)
{
	iftab_del_addr(w->t, ifindex, net(s));
}

/* --- what to expect ------------------------------------------------------ */

static struct iface *
iface(struct world *w, uint32_t ifindex)
{
	struct iface *f = iftab_by_index(w->t, ifindex);

	ck_assert_msg(f != NULL, "no interface %u", ifindex);
	return f;
}

static bool
ready(struct world *w, uint32_t ifindex)
{
	return iface_ready(iface(w, ifindex));
}

static void
told(struct world *w, size_t i, enum iftab_change what, uint32_t ifindex,
    const char *name)
{
	ck_assert_uint_lt(i, w->n_told);
	ck_assert_int_eq(w->told[i].what, what);
	ck_assert_uint_eq(w->told[i].ifindex, ifindex);
	ck_assert_str_eq(w->told[i].name, name);
}

static void
told_only(struct world *w, enum iftab_change what, uint32_t ifindex,
    const char *name)
{
	ck_assert_uint_eq(w->n_told, 1);
	told(w, 0, what, ifindex, name);
}

static void
told_nothing(struct world *w)
{
	ck_assert_uint_eq(w->n_told, 0);
}

/* The giaddrs of an interface, separated by spaces. */
static void
giaddrs(struct world *w, uint32_t ifindex, const char *want)
{
	struct iface *f = iface(w, ifindex);
	char got[IFACE_GIADDRS_MAX * IP4_STRLEN + 1] = "", one[IP4_STRLEN];

	for (uint8_t i = 0; i < f->n_giaddr; i++) {
		strcat(got, i ? " " : "");
		strcat(got, ip4_str(f->giaddr[i].addr, one));
	}
	ck_assert_str_eq(got, want);
}

/* The number of ready interfaces with this giaddr; `only` as given, or 0. */
static void
by_giaddr(struct world *w, const char *giaddr, size_t n, uint32_t only)
{
	struct iface *f;

	ck_assert_uint_eq(iftab_by_giaddr(w->t, ip(giaddr), &f), n);
	if (only)
		ck_assert_ptr_eq(f, iface(w, only));
	else
		ck_assert_ptr_null(f);
}

/* --- one interface ------------------------------------------------------ */

START_TEST(ready_with_link_and_address)
{
	struct world *w = world();

	section(w, "vlan*");
	commit(w);
	told_nothing(w);
	link_up(w, 5, "vlan10");
	commit(w);
	told_nothing(w);
	ck_assert(!ready(w, 5));
	ck_assert_ptr_eq(iface(w, 5)->conf, &w->ifs[0]);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	ck_assert(ready(w, 5));
	giaddrs(w, 5, "10.1.0.1");
	by_giaddr(w, "10.1.0.1", 1, 5);
	ck_assert_int_eq(iface_giaddr_find(iface(w, 5), ip("10.1.0.1")), 0);
	ck_assert_int_eq(iface_giaddr_find(iface(w, 5), ip("10.1.0.2")), -1);
	commit(w);
	told_nothing(w);
	world_end(w);
}
END_TEST

START_TEST(address_before_its_link)
{
	struct world *w = world();

	section(w, "vlan*");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_nothing(w);
	ck_assert_ptr_null(iftab_by_index(w->t, 5));
	ck_assert_uint_eq(iftab_count(w->t), 0);
	ck_assert_ptr_null(iftab_next(w->t, 0));
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	link_up(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	ck_assert_uint_eq(iftab_count(w->t), 1);
	world_end(w);
}
END_TEST

START_TEST(deleting_the_unknown_does_nothing)
{
	struct world *w = world();

	section(w, "vlan*");
	iftab_del_link(w->t, 7);
	addr_del(w, 7, "10.1.0.1/24");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	addr_del(w, 5, "10.1.0.1/25");
	addr_del(w, 5, "10.1.0.2/24");
	commit(w);
	giaddrs(w, 5, "10.1.0.1");
	addr(w, 8, "10.8.0.1/24");	/* never gets a link */
	addr_del(w, 8, "10.8.0.1/24");
	addr(w, 9, "10.9.0.1/24");
	iftab_del_link(w->t, 9);
	commit(w);
	told_nothing(w);
	ck_assert(!iftab_is_local(w->t, ip("10.8.0.1")));
	ck_assert(!iftab_is_local(w->t, ip("10.9.0.1")));
	ck_assert_uint_eq(iftab_count(w->t), 1);
	world_end(w);
}
END_TEST

START_TEST(repeated_events_change_nothing)
{
	struct world *w = world();

	section(w, "vlan*");
	for (int i = 0; i < 3; i++) {
		link_up(w, 5, "vlan10");
		addr(w, 5, "10.1.0.1/24");
		addr2(w, 5, "10.1.0.2/24");
		commit(w);
	}
	told_nothing(w);
	ck_assert_uint_eq(w->changes, 1);
	ck_assert_uint_eq(iface(w, 5)->addr[FAMILY4].n, 2);
	addr_del(w, 5, "10.1.0.1/24");
	addr_del(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_LOST, 5, "vlan10");
	ck_assert(!iftab_is_local(w->t, ip("10.1.0.1")));
	ck_assert(iftab_is_local(w->t, ip("10.1.0.2")));
	iftab_del_link(w->t, 5);
	iftab_del_link(w->t, 5);
	commit(w);
	told_nothing(w);
	world_end(w);
}
END_TEST

START_TEST(down_and_up)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	iface(w, 5)->stats[FAMILY4].requests = 7;
	link_down(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_LOST, 5, "vlan10");
	ck_assert(!ready(w, 5));
	by_giaddr(w, "10.1.0.1", 0, 0);
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	link_up(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	by_giaddr(w, "10.1.0.1", 1, 5);
	ck_assert_uint_eq(iface(w, 5)->stats[FAMILY4].requests, 7);

	/* Added and deleted between two commits. */
	link_down(w, 5, "vlan10");
	link_up(w, 5, "vlan10");
	commit(w);
	told_nothing(w);
	world_end(w);
}
END_TEST

START_TEST(changed_address)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	addr_del(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.2.0.1/24");
	commit(w);
	told_only(w, IFTAB_CHANGED, 5, "vlan10");
	ck_assert_uint_eq(w->told[0].giaddr, ip("10.2.0.1").host);
	by_giaddr(w, "10.1.0.1", 0, 0);
	by_giaddr(w, "10.2.0.1", 1, 5);
	ck_assert(!iftab_is_ours(w->t, ip("10.1.0.1")));
	/* Another address after the first changes nothing here. */
	addr(w, 5, "10.3.0.1/24");
	commit(w);
	told_nothing(w);
	world_end(w);
}
END_TEST

START_TEST(another_mac_or_mtu_is_not_reported)
{
	struct world *w = world();
	struct iftab_link l = a_link(5, "vlan10");
	struct rai before;

	section(w, "vlan*")->option82 = true;
	snprintf(w->ifs[0].o.remote_id, CONF_TEXT_MAX, "%%m");
	set(w, l);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	before = iface(w, 5)->giaddr[0].rai;
	l.mac[5] = 99;
	l.mtu = 9000;
	set(w, l);
	commit(w);
	told_nothing(w);
	ck_assert_uint_eq(iface(w, 5)->link.mtu, 9000);
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.len, before.len);
	ck_assert_mem_ne(iface(w, 5)->giaddr[0].rai.value, before.value, before.len);
	world_end(w);
}
END_TEST

static void
recomputed(struct world *w, uint64_t all, uint64_t clients)
{
	commit(w);
	told_nothing(w);
	ck_assert_uint_eq(w->recomputed, all);
	ck_assert_uint_eq(w->clients, clients);
}

/* Whether it serves or not: these have no addresses. */
START_TEST(every_interface_that_an_event_concerned_is_reported)
{
	struct world *w = world();
	struct iftab_link l = a_link(5, "vlan10");

	section(w, "vlan*");
	set(w, l);
	link_up(w, 6, "wan");
	recomputed(w, 1 << 5 | 1 << 6, 1 << 5);
	recomputed(w, 0, 0);
	l.mtu = 1000;
	set(w, l);
	recomputed(w, 1 << 5, 1 << 5);
	link_up(w, 5, "eth0");
	recomputed(w, 1 << 5, 0);
	link_up(w, 5, "vlan10");
	recomputed(w, 1 << 5, 1 << 5);
	iftab_del_link(w->t, 5);
	recomputed(w, 1 << 5, 0);
	commit_all(w, true);
	ck_assert_uint_eq(w->recomputed, 1 << 6);
	world_end(w);
}
END_TEST

START_TEST(renamed_into_and_out_of_the_configuration)
{
	struct world *w = world();

	section(w, "vlan*");
	section(w, "lan");
	link_up(w, 5, "eth0");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_nothing(w);
	ck_assert_ptr_null(iface(w, 5)->conf);
	ck_assert_uint_eq(iface(w, 5)->n_giaddr, 0);
	link_up(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	link_up(w, 5, "vlan11");
	commit(w);
	told_only(w, IFTAB_CHANGED, 5, "vlan11");
	link_up(w, 5, "lan");
	commit(w);
	told_only(w, IFTAB_CHANGED, 5, "lan");
	ck_assert_ptr_eq(iface(w, 5)->conf, &w->ifs[1]);
	/* It is lost under the name under which it served. */
	link_up(w, 5, "eth0");
	commit(w);
	told_only(w, IFTAB_LOST, 5, "lan");
	ck_assert_str_eq(iface(w, 5)->link.name, "eth0");
	by_giaddr(w, "10.1.0.1", 0, 0);
	world_end(w);
}
END_TEST

START_TEST(two_links_swap_names)
{
	struct world *w = world();

	section(w, "lan");
	link_up(w, 5, "lan");
	link_up(w, 6, "wan");
	addr(w, 5, "10.1.0.1/24");
	addr(w, 6, "10.2.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 5, "lan");
	link_up(w, 5, "tmp");
	link_up(w, 6, "lan");
	link_up(w, 5, "wan");
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 5, "lan");
	told(w, 1, IFTAB_READY, 6, "lan");
	ck_assert_str_eq(iface(w, 5)->link.name, "wan");
	by_giaddr(w, "10.2.0.1", 1, 6);
	by_giaddr(w, "10.1.0.1", 0, 0);
	world_end(w);
}
END_TEST

START_TEST(recreated_before_the_old_is_deleted)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	iface(w, 5)->stats[FAMILY4].requests = 7;
	link_up(w, 9, "vlan10");
	addr(w, 9, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 9, "vlan10");
	by_giaddr(w, "10.1.0.1", 2, 0);
	iftab_del_link(w->t, 5);
	commit(w);
	told_only(w, IFTAB_LOST, 5, "vlan10");
	ck_assert_ptr_null(iftab_by_index(w->t, 5));
	by_giaddr(w, "10.1.0.1", 1, 9);
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	ck_assert_uint_eq(iface(w, 9)->stats[FAMILY4].requests, 0);
	world_end(w);
}
END_TEST

START_TEST(ifindex_reused_within_one_batch)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	iface(w, 5)->stats[FAMILY4].requests = 7;
	iftab_del_link(w->t, 5);
	by_giaddr(w, "10.1.0.1", 0, 0);
	link_up(w, 5, "vlan20");
	by_giaddr(w, "10.1.0.1", 0, 0);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 5, "vlan10");
	told(w, 1, IFTAB_READY, 5, "vlan20");
	by_giaddr(w, "10.1.0.1", 1, 5);
	ck_assert_uint_eq(iface(w, 5)->stats[FAMILY4].requests, 0);
	world_end(w);
}
END_TEST

START_TEST(added_and_deleted_within_one_batch)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	iftab_del_link(w->t, 5);
	commit(w);
	told_nothing(w);
	ck_assert_uint_eq(iftab_count(w->t), 0);
	ck_assert(!iftab_is_ours(w->t, ip("10.1.0.1")));
	/* Deleted without a commit; freed with the table. */
	link_up(w, 6, "vlan11");
	iftab_del_link(w->t, 6);
	world_end(w);
}
END_TEST

START_TEST(interfaces_that_never_serve)
{
	struct world *w = world();
	struct iftab_link lo = a_link(1, "lo");

	section(w, "*");
	lo.loopback = true;
	set(w, lo);
	addr(w, 1, "127.0.0.1/8");
	addr(w, 1, "10.255.0.1/32");
	link_kind(w, 2, "red", IFTAB_VRF, 0);
	addr(w, 2, "10.2.0.1/32");
	link_in(w, 3, "vlan10", 2);
	addr(w, 3, "10.3.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 3, "vlan10");	/* a slave of the VRF */
	ck_assert(!ready(w, 1));
	ck_assert(!ready(w, 2));
	ck_assert(iftab_is_ours(w->t, ip("10.255.0.1")));
	by_giaddr(w, "10.255.0.1", 0, 0);
	world_end(w);
}
END_TEST

START_TEST(another_configuration)
{
	struct world *w = world();
	struct conf second;
	struct conf_if ifs[1];

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	link_up(w, 6, "lan");
	addr(w, 6, "10.2.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	iface(w, 5)->stats[FAMILY4].requests = 7;

	/* The same configuration at another place in memory. */
	second = w->c;
	memcpy(ifs, w->ifs, sizeof(ifs));
	second.ifs = ifs;
	memset(w->ifs, 0xa5, sizeof(w->ifs));
	w->n_told = 0;
	iftab_commit(w->t, &second, &router, true, note, w);
	told_nothing(w);
	ck_assert_ptr_eq(iface(w, 5)->conf, ifs);
	ck_assert_uint_eq(iface(w, 5)->stats[FAMILY4].requests, 7);

	/* Now the other interface is configured, at the same place in memory. */
	strcpy(ifs[0].pattern, "lan");
	iftab_commit(w->t, &second, &router, true, note, w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 5, "vlan10");
	told(w, 1, IFTAB_READY, 6, "lan");
	world_end(w);
}
END_TEST

/* --- giaddrs ------------------------------------------------------------- */

START_TEST(primary_is_the_first_that_is_not_secondary)
{
	struct world *w = world();

	section(w, "*");
	link_up(w, 5, "vlan10");
	addr2(w, 5, "10.1.0.9/24");
	commit(w);
	giaddrs(w, 5, "");
	addr(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.2.0.1/24");
	commit(w);
	giaddrs(w, 5, "10.1.0.1");
	world_end(w);
}
END_TEST

START_TEST(promoted_secondary_is_last)
{
	struct world *w = world();

	section(w, "*");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	addr2(w, 5, "10.1.0.2/24");
	addr(w, 5, "10.2.0.1/24");
	addr_del(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.1.0.2/24");
	commit(w);
	giaddrs(w, 5, "10.2.0.1");
	addr_del(w, 5, "10.2.0.1/24");
	commit(w);
	giaddrs(w, 5, "10.1.0.2");
	world_end(w);
}
END_TEST

START_TEST(link_scope_is_the_last_choice)
{
	struct world *w = world();

	section(w, "vlan*");
	section(w, "all")->giaddr = CONF_GIADDR_ALL;
	link_up(w, 5, "vlan10");
	link_up(w, 6, "all");
	addr_link(w, 5, "169.254.1.1/16");
	commit(w);
	giaddrs(w, 5, "169.254.1.1");
	addr(w, 5, "10.1.0.1/24");
	addr_link(w, 6, "169.254.2.2/16");
	addr(w, 6, "10.2.0.1/24");
	addr_link(w, 6, "10.2.0.7/24");
	commit(w);
	giaddrs(w, 5, "10.1.0.1");
	giaddrs(w, 6, "10.2.0.1 169.254.2.2");
	world_end(w);
}
END_TEST

START_TEST(giaddr_is_a_host_address)
{
	struct world *w = world();

	section(w, "*")->giaddr = CONF_GIADDR_ALL;
	link_up(w, 5, "vlan10");
	addr(w, 5, "0.0.0.0/32");
	addr(w, 5, "240.0.0.1/8");
	commit(w);
	giaddrs(w, 5, "");
	told_nothing(w);
	world_end(w);
}
END_TEST

START_TEST(all_and_rotate_use_one_of_each_subnet)
{
	struct world *w = world();

	section(w, "all")->giaddr = CONF_GIADDR_ALL;
	section(w, "rot")->giaddr = CONF_GIADDR_ROTATE;
	for (uint32_t i = 5; i <= 6; i++) {
		link_up(w, i, i == 5 ? "all" : "rot");
		addr(w, i, "10.1.0.1/24");
		addr2(w, i, "10.1.0.2/24");
		addr(w, i, "10.2.0.1/24");
		addr(w, i, "10.1.0.3/24");	/* not secondary, since it has a peer */
		addr(w, i, "10.1.0.1/16");	/* the same with another mask */
		addr(w, i, "10.3.0.1/16");
		addr(w, i, "10.3.1.1/24");	/* inside it, but a subnet of its own */
	}
	commit(w);
	giaddrs(w, 5, "10.1.0.1 10.2.0.1 10.3.0.1 10.3.1.1");
	giaddrs(w, 6, "10.1.0.1 10.2.0.1 10.3.0.1 10.3.1.1");
	by_giaddr(w, "10.3.1.1", 2, 0);
	by_giaddr(w, "10.1.0.2", 0, 0);
	iftab_del_link(w->t, 6);
	commit(w);
	by_giaddr(w, "10.3.1.1", 1, 5);
	by_giaddr(w, "10.1.0.1", 1, 5);
	ck_assert_int_eq(iface_giaddr_find(iface(w, 5), ip("10.3.0.1")), 2);
	world_end(w);
}
END_TEST

START_TEST(no_more_than_eight_giaddrs)
{
	struct world *w = world();
	char s[32];

	section(w, "*")->giaddr = CONF_GIADDR_ALL;
	link_up(w, 5, "vlan10");
	for (int i = 1; i <= 12; i++) {
		snprintf(s, sizeof(s), "10.%d.0.1/24", i);
		addr(w, 5, s);
	}
	commit(w);
	giaddrs(w, 5, "10.1.0.1 10.2.0.1 10.3.0.1 10.4.0.1 10.5.0.1 10.6.0.1 "
	    "10.7.0.1 10.8.0.1");
	by_giaddr(w, "10.8.0.1", 1, 5);
	by_giaddr(w, "10.9.0.1", 0, 0);
	addr_del(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_CHANGED, 5, "vlan10");
	by_giaddr(w, "10.9.0.1", 1, 5);
	world_end(w);
}
END_TEST

START_TEST(fixed_giaddr_need_not_be_local)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "vlan*");

	o->giaddr = CONF_GIADDR_FIXED;
	o->giaddr_fixed = ip("192.0.2.1");
	commit(w);
	ck_assert(iftab_is_ours(w->t, ip("192.0.2.1")));
	ck_assert(!iftab_is_local(w->t, ip("192.0.2.1")));
	by_giaddr(w, "192.0.2.1", 0, 0);
	link_up(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	giaddrs(w, 5, "192.0.2.1");
	by_giaddr(w, "192.0.2.1", 1, 5);

	o->giaddr_fixed = ip("192.0.2.2");
	commit_all(w, true);
	told_only(w, IFTAB_CHANGED, 5, "vlan10");
	ck_assert(!iftab_is_ours(w->t, ip("192.0.2.1")));
	ck_assert(iftab_is_ours(w->t, ip("192.0.2.2")));
	world_end(w);
}
END_TEST

START_TEST(shared_giaddr)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "vlan*");
	char name[16];

	o->giaddr = CONF_GIADDR_FIXED;
	o->giaddr_fixed = ip("192.0.2.1");
	for (uint32_t i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "vlan%u", i);
		link_up(w, i, name);
		commit(w);
		by_giaddr(w, "192.0.2.1", i, i == 1 ? 1 : 0);
	}
	/* Removed in another order than the one in which they were added. */
	for (uint32_t k = 0, i = 0; k < 39; k++) {
		i = (i + 7) % 41 ? (i + 7) % 41 : 7;
		if (k % 2)
			iftab_del_link(w->t, i);
		else
			link_down(w, i, "vlan7");
		commit(w);
		ck_assert_uint_eq(w->n_told, 1);
		by_giaddr(w, "192.0.2.1", 39 - k, k == 38 ? (i + 7) % 41 : 0);
	}
	world_end(w);
}
END_TEST

START_TEST(has_addresses_in_the_subnet_of_any_address)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan10");
	ck_assert(!iface_has(iface(w, 5), ip_of4(ip("10.1.0.9"))));
	addr(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.2.0.129/25");
	commit(w);
	ck_assert(iface_has(iface(w, 5), ip_of4(ip("10.1.0.9"))));
	ck_assert(iface_has(iface(w, 5), ip_of4(ip("10.2.0.200"))));
	ck_assert(!iface_is_all(iface(w, 5), ip("10.2.0.200")));
	ck_assert(!iface_has(iface(w, 5), ip_of4(ip("10.2.0.9"))));
	world_end(w);
}
END_TEST

START_TEST(address_on_two_interfaces_is_local_until_both_are_gone)
{
	struct world *w = world();

	link_up(w, 5, "a");
	link_up(w, 6, "b");
	addr(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.1.0.1/32");
	addr(w, 6, "10.1.0.1/32");
	commit(w);
	addr_del(w, 5, "10.1.0.1/24");
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	iftab_del_link(w->t, 5);
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	addr_del(w, 6, "10.1.0.1/32");
	ck_assert(!iftab_is_local(w->t, ip("10.1.0.1")));
	ck_assert(!iftab_is_ours(w->t, ip("10.1.0.1")));
	world_end(w);
}
END_TEST

/* --- bridges and bonds --------------------------------------------------- */

START_TEST(vlan_moves_into_a_bridge_and_back)
{
	struct world *w = world();
	struct iftab_link v = a_link(5, "vlan10");

	section(w, "vlan*");
	v.kind = IFTAB_VLAN;
	v.vlan = 10;
	set(w, v);
	addr(w, 5, "10.1.0.1/24");
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");

	/* Without an address of its own, the bridge uses its port's. */
	v.master = 6;
	set(w, v);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 5, "vlan10");
	told(w, 1, IFTAB_READY, 6, "br0");
	ck_assert_ptr_null(iface(w, 5)->conf);
	ck_assert_ptr_eq(iface(w, 6)->conf, &w->ifs[0]);
	ck_assert_uint_eq(iface(w, 6)->from_port, 5);
	giaddrs(w, 6, "10.1.0.1");
	by_giaddr(w, "10.1.0.1", 1, 6);

	/* The address moves to the bridge; giaddr does not change at any time. */
	addr(w, 6, "10.1.0.1/24");
	addr_del(w, 5, "10.1.0.1/24");
	commit(w);
	told_nothing(w);
	by_giaddr(w, "10.1.0.1", 1, 6);

	v.master = 0;
	set(w, v);
	commit(w);
	told_only(w, IFTAB_LOST, 6, "br0");
	ck_assert_ptr_null(iface(w, 6)->conf);
	ck_assert_uint_eq(iface(w, 6)->from_port, 0);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan10");
	world_end(w);
}
END_TEST

START_TEST(own_address_of_the_bridge_comes_before_the_ports)
{
	struct world *w = world();

	section(w, "vlan*");
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	addr(w, 6, "10.6.0.1/24");
	link_in(w, 5, "vlan10", 6);
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 6, "br0");
	giaddrs(w, 6, "10.6.0.1");
	addr_del(w, 6, "10.6.0.1/24");
	commit(w);
	told_only(w, IFTAB_CHANGED, 6, "br0");
	giaddrs(w, 6, "10.5.0.1");
	world_end(w);
}
END_TEST

START_TEST(bridge_with_its_own_section_uses_it)
{
	struct world *w = world();

	section(w, "vlan*");
	section(w, "br0");
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", 6);
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	told_nothing(w);
	ck_assert_ptr_eq(iface(w, 6)->conf, &w->ifs[1]);
	ck_assert_uint_eq(iface(w, 6)->from_port, 0);
	addr(w, 6, "10.6.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 6, "br0");
	giaddrs(w, 6, "10.6.0.1");
	world_end(w);
}
END_TEST

/* Neither the bridge nor a macvlan on a port uses what relay = off leaves out. */
START_TEST(relay_off_is_a_section_of_its_own)
{
	struct world *w = world();

	section(w, "*");
	section(w, "br0");
	section(w, "eth*");
	w->ifs[1].off = w->ifs[2].off = true;
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", 6);
	addr(w, 5, "10.5.0.1/24");
	link_kind(w, 7, "bond0", IFTAB_BOND, 0);
	link_in(w, 4, "eth0", 7);
	addr(w, 7, "10.7.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 7, "bond0");
	ck_assert_ptr_null(iface(w, 6)->conf);

	/* Without a section for it, the bond has that of its port. */
	w->ifs[0].pattern[0] = 'x';
	commit_all(w, true);
	told_only(w, IFTAB_LOST, 7, "bond0");
	w->ifs[2].off = false;
	commit_all(w, true);
	told_only(w, IFTAB_READY, 7, "bond0");
	world_end(w);
}
END_TEST

START_TEST(port_before_its_bridge)
{
	struct world *w = world();

	section(w, "vlan*");
	addr(w, 5, "10.1.0.1/24");
	link_in(w, 5, "vlan10", 6);
	commit(w);
	/* The master is unknown so far. The kernel lists links by ifindex, so
	 * this happens only if a batch was cut in two. */
	told_only(w, IFTAB_READY, 5, "vlan10");
	ck_assert_uint_eq(iftab_count(w->t), 1);
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 5, "vlan10");
	told(w, 1, IFTAB_READY, 6, "br0");
	world_end(w);
}
END_TEST

START_TEST(bridge_deleted_with_and_without_events_for_its_ports)
{
	struct world *w = world();

	section(w, "vlan*");
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", 6);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 6, "br0");
	iftab_del_link(w->t, 6);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_READY, 5, "vlan10");
	told(w, 1, IFTAB_LOST, 6, "br0");
	/* The message about the port arrives late. */
	link_up(w, 5, "vlan10");
	commit(w);
	told_nothing(w);
	/* A new bridge gets the old ifindex, and the old message about the port
	 * arrives. */
	link_in(w, 5, "vlan10", 6);
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	commit(w);
	ck_assert_uint_eq(iface(w, 6)->from_port, 5);
	world_end(w);
}
END_TEST

START_TEST(lowest_configured_port_is_used)
{
	struct world *w = world();

	section(w, "vlan*");
	section(w, "lan*");
	link_kind(w, 9, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 4, "eth0", 9);
	link_in(w, 8, "vlan8", 9);
	addr(w, 8, "10.8.0.1/24");
	commit(w);
	ck_assert_uint_eq(iface(w, 9)->from_port, 8);
	link_in(w, 7, "lan7", 9);
	commit(w);
	/* That port has no address. */
	told_only(w, IFTAB_LOST, 9, "br0");
	ck_assert_uint_eq(iface(w, 9)->from_port, 7);
	ck_assert_ptr_eq(iface(w, 9)->conf, &w->ifs[1]);
	link_in(w, 7, "eth7", 9);
	commit(w);
	told_only(w, IFTAB_READY, 9, "br0");
	ck_assert_uint_eq(iface(w, 9)->from_port, 8);
	/* The bridge learns of the port's rename and deletion. */
	iftab_del_link(w->t, 8);
	commit(w);
	told_only(w, IFTAB_LOST, 9, "br0");
	ck_assert_ptr_null(iface(w, 9)->conf);
	world_end(w);
}
END_TEST

START_TEST(bond_in_a_bridge)
{
	struct world *w = world();

	section(w, "eth*");
	link_kind(w, 9, "br0", IFTAB_BRIDGE, 0);
	link_kind(w, 8, "bond0", IFTAB_BOND, 0);
	addr(w, 8, "10.8.0.1/24");
	link_in(w, 3, "eth0", 8);
	link_in(w, 4, "eth1", 8);
	commit(w);
	told_only(w, IFTAB_READY, 8, "bond0");
	ck_assert_uint_eq(iface(w, 8)->from_port, 3);
	link_kind(w, 8, "bond0", IFTAB_BOND, 9);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_LOST, 8, "bond0");
	told(w, 1, IFTAB_READY, 9, "br0");
	ck_assert_uint_eq(iface(w, 9)->from_port, 3);
	giaddrs(w, 9, "10.8.0.1");
	/* two levels down */
	link_in(w, 3, "wan0", 8);
	link_in(w, 4, "wan1", 8);
	commit(w);
	told_only(w, IFTAB_LOST, 9, "br0");
	world_end(w);
}
END_TEST

/* The kernel forbids such a cycle, but lost messages may look like one. */
START_TEST(cycle_of_masters_ends)
{
	struct world *w = world();

	section(w, "vlan*");
	link_kind(w, 5, "br5", IFTAB_BRIDGE, 6);
	link_kind(w, 6, "br6", IFTAB_BRIDGE, 5);
	link_kind(w, 7, "br7", IFTAB_BRIDGE, 7);
	link_in(w, 8, "vlan8", 6);
	addr(w, 8, "10.8.0.1/24");
	commit(w);
	told_nothing(w);
	iftab_del_link(w->t, 5);
	commit(w);
	told_only(w, IFTAB_READY, 6, "br6");
	world_end(w);
}
END_TEST

START_TEST(bridge_changes_its_kind)
{
	struct world *w = world();

	section(w, "vlan*");
	link_kind(w, 9, "m", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", 9);
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_READY, 9, "m");
	link_kind(w, 9, "m", IFTAB_VRF, 0);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	ck_assert(ready(w, 5));
	ck_assert(!ready(w, 9));
	world_end(w);
}
END_TEST

/* --- the full read ------------------------------------------------------- */

START_TEST(resync_removes_what_is_not_reported)
{
	struct world *w = world();

	section(w, "vlan*");
	for (uint32_t i = 5; i <= 7; i++) {
		link_up(w, i, i == 5 ? "vlan5" : i == 6 ? "vlan6" : "vlan7");
		addr(w, i, i == 5 ? "10.5.0.1/24" : i == 6 ? "10.6.0.1/24" : "10.7.0.1/24");
	}
	commit(w);
	iface(w, 5)->stats[FAMILY4].requests = 7;
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan5");
	link_up(w, 6, "vlan6");
	addr(w, 5, "10.5.0.1/24");
	addr(w, 6, "10.66.0.1/24");
	commit(w);			/* nothing is removed during the read */
	told_nothing(w);
	iftab_resync_end(w->t);
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_CHANGED, 6, "vlan6");
	told(w, 1, IFTAB_LOST, 7, "vlan7");
	giaddrs(w, 6, "10.66.0.1");
	ck_assert(!iftab_is_local(w->t, ip("10.6.0.1")));
	ck_assert(!iftab_is_local(w->t, ip("10.7.0.1")));
	ck_assert_uint_eq(iface(w, 5)->stats[FAMILY4].requests, 7);
	world_end(w);
}
END_TEST

START_TEST(resync_without_changes_reports_nothing)
{
	struct world *w = world();

	section(w, "vlan*");
	for (int round = 0; round < 3; round++) {
		iftab_resync_begin(w->t);
		addr(w, 5, "10.1.0.1/24");
		link_up(w, 5, "vlan10");
		addr2(w, 5, "10.1.0.2/24");
		iftab_resync_end(w->t);
		commit(w);
	}
	told_nothing(w);
	ck_assert_uint_eq(w->changes, 1);
	world_end(w);
}
END_TEST

START_TEST(interrupted_resync_starts_over)
{
	struct world *w = world();

	section(w, "vlan*");
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan5");
	addr(w, 5, "10.5.0.1/24");
	link_up(w, 6, "vlan6");
	addr(w, 6, "10.6.0.1/24");
	/* The read was interrupted; meanwhile 6 was deleted and 5 got another
	 * address. */
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan5");
	addr(w, 5, "10.55.0.1/24");
	iftab_resync_end(w->t);
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan5");
	giaddrs(w, 5, "10.55.0.1");
	ck_assert_ptr_null(iftab_by_index(w->t, 6));
	/* After the end of the read, single events take effect again. */
	addr(w, 5, "10.5.0.1/24");
	addr_del(w, 5, "10.55.0.1/24");
	commit(w);
	giaddrs(w, 5, "10.5.0.1");
	world_end(w);
}
END_TEST

START_TEST(resync_adopts_the_order_of_the_dump)
{
	struct world *w = world();

	section(w, "vlan*");
	link_up(w, 5, "vlan5");
	addr(w, 5, "10.1.0.1/24");
	addr(w, 5, "10.2.0.1/24");
	commit(w);
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan5");
	addr(w, 5, "10.2.0.1/24");
	addr(w, 5, "10.1.0.1/24");
	iftab_resync_end(w->t);
	commit(w);
	told_only(w, IFTAB_CHANGED, 5, "vlan5");
	giaddrs(w, 5, "10.2.0.1");
	ck_assert(iftab_is_local(w->t, ip("10.1.0.1")));
	world_end(w);
}
END_TEST

START_TEST(deleted_during_a_resync)
{
	struct world *w = world();

	section(w, "vlan*");
	iftab_resync_begin(w->t);
	link_up(w, 5, "vlan5");
	addr(w, 5, "10.5.0.1/24");
	addr(w, 5, "10.55.0.1/24");
	link_up(w, 6, "vlan6");
	addr_del(w, 5, "10.5.0.1/24");
	iftab_del_link(w->t, 6);
	iftab_resync_end(w->t);
	commit(w);
	told_only(w, IFTAB_READY, 5, "vlan5");
	giaddrs(w, 5, "10.55.0.1");
	ck_assert_uint_eq(iftab_count(w->t), 1);
	world_end(w);
}
END_TEST

/* Removing one entry may remove others. */
START_TEST(resync_that_finds_nothing)
{
	struct world *w = world();

	section(w, "vlan*");
	link_in(w, 9, "vlan9", 3);	/* an unknown master */
	link_in(w, 8, "vlan8", 2);
	link_kind(w, 2, "br2", IFTAB_BRIDGE, 0);
	link_in(w, 1, "vlan1", 10);
	addr(w, 4, "10.4.0.1/24");	/* and an unknown link */
	addr(w, 5, "10.5.0.1/24");
	link_up(w, 5, "vlan5");
	commit(w);
	iftab_resync_begin(w->t);
	addr(w, 4, "10.4.0.1/24");
	iftab_resync_end(w->t);
	commit(w);
	told_only(w, IFTAB_LOST, 5, "vlan5");
	ck_assert_uint_eq(iftab_count(w->t), 0);
	ck_assert(!iftab_is_local(w->t, ip("10.5.0.1")));
	ck_assert(iftab_is_local(w->t, ip("10.4.0.1")));
	iftab_resync_begin(w->t);
	iftab_resync_end(w->t);
	commit(w);
	ck_assert(!iftab_is_local(w->t, ip("10.4.0.1")));
	world_end(w);
}
END_TEST

/* --- option 82 ----------------------------------------------------------- */

/* The option 82 of giaddr i, in hex. */
static void
rai_is(struct world *w, uint32_t ifindex, int i, const char *hex)
{
	const struct rai *r = &iface(w, ifindex)->giaddr[i].rai;
	char got[511] = "";

	for (int k = 0; k < r->len; k++)
		sprintf(got + 2 * k, "%02x", r->value[k]);
	ck_assert_str_eq(got, hex);
}

START_TEST(option82_is_off)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "*");

	strcpy(o->circuit_id, "%i");
	o->relay_flags = true;
	link_up(w, 5, "v5");
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	rai_is(w, 5, 0, "");
	/* and removed again */
	o->option82 = true;
	commit_all(w, true);
	rai_is(w, 5, 0, "01027635" "0a0100");
	o->option82 = false;
	commit_all(w, true);
	rai_is(w, 5, 0, "");
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.flags_at, 0);
	world_end(w);
}
END_TEST

static void
full_option82(struct conf_if_opts *o)
{
	o->option82 = true;
	strcpy(o->circuit_id, "%i:%v");
	strcpy(o->remote_id, "%h");
	strcpy(o->subscriber_id, "%g");
	o->link = CONF_LINK_ON;
	o->server_id_override = true;
	o->relay_flags = true;
	o->vendor_enterprise = 0x01020304;
	strcpy(o->vendor_data, "ab");
	o->relay_id_len = 2;
	memcpy(o->relay_id, "\xde\xad", 2);
	o->vss_len = 3;
	memcpy(o->vss, "\0vr", 3);
}

START_TEST(every_suboption_in_ascending_order)
{
	struct world *w = world();
	struct iftab_link l = a_link(5, "v5");

	full_option82(section(w, "*"));
	l.vlan = 77;
	set(w, l);
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	rai_is(w, 5, 0,
	    "0105" "76353a3737"			/* v5:77 */
	    "0206" "726f75746572"		/* router */
	    "0504" "0a050001"
	    "0608" "31302e352e302e31"		/* 10.5.0.1 */
	    "0907" "01020304" "02" "6162"
	    "0a01" "00"
	    "0b04" "0a050001"
	    "0c02" "dead"
	    "9703" "007672"
	    "9800");
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.flags_at,
	    7 + 8 + 6 + 10 + 9 + 2);
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.value[42], 0);
	world_end(w);
}
END_TEST

START_TEST(each_giaddr_has_its_own_option82)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "*");

	o->option82 = true;
	o->giaddr = CONF_GIADDR_ALL;
	o->link = CONF_LINK_ON;
	o->server_id_override = true;
	strcpy(o->circuit_id, "%g");
	link_up(w, 5, "v5");
	addr(w, 5, "10.5.0.1/24");
	addr(w, 5, "10.6.0.1/24");
	commit(w);
	rai_is(w, 5, 0, "010831302e352e302e31" "05040a050001" "0b040a050001");
	rai_is(w, 5, 1, "010831302e362e302e31" "05040a060001" "0b040a060001");
	world_end(w);
}
END_TEST

START_TEST(fixed_giaddr_and_the_link)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "*");

	o->option82 = true;
	o->giaddr = CONF_GIADDR_FIXED;
	o->giaddr_fixed = ip("192.0.2.1");
	o->link = CONF_LINK_ON;
	o->server_id_override = true;
	link_up(w, 5, "v5");
	commit(w);
	/* Without an address there is no link to select, and server-id-override
	 * uses giaddr. */
	rai_is(w, 5, 0, "0b04c0000201");
	addr2(w, 5, "10.5.0.9/24");
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	told_nothing(w);
	rai_is(w, 5, 0, "05040a050001" "0b040a050001");
	o->link = CONF_LINK_FIXED;
	o->link_fixed = ip("10.9.9.0");
	commit_all(w, true);
	rai_is(w, 5, 0, "05040a090900" "0b040a050001");
	world_end(w);
}
END_TEST

/* With 249 bytes used, 151 with 5 bytes fits and 152 with 2 does not. */
START_TEST(vss_is_sent_whole_or_not_at_all)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "*");

	full_option82(o);
	memset(o->circuit_id, 'a', 100);
	memset(o->remote_id, 'b', 120);
	o->circuit_id[100] = o->remote_id[120] = '\0';
	o->relay_flags = o->server_id_override = false;
	o->relay_id_len = 0;
	link_up(w, 5, "v5");
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.len, 249);
	o->remote_id[119] = '\0';
	commit_all(w, true);
	ck_assert_uint_eq(iface(w, 5)->giaddr[0].rai.len, 255);
	world_end(w);
}
END_TEST

START_TEST(suboption_that_does_not_fit_is_left_out)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "*");
	const struct rai *r;

	o->option82 = true;
	memset(o->circuit_id, 'a', 200);
	memset(o->remote_id, 'b', 100);
	o->link = CONF_LINK_ON;
	link_up(w, 5, "v5");
	addr(w, 5, "10.5.0.1/24");
	commit(w);
	r = &iface(w, 5)->giaddr[0].rai;
	ck_assert_uint_eq(r->len, 202 + 6);
	ck_assert_uint_eq(r->value[0], RAI_CIRCUIT_ID);
	ck_assert_uint_eq(r->value[202], RAI_LINK);
	world_end(w);
}
END_TEST

START_TEST(names_of_a_bridge_and_its_port)
{
	struct world *w = world();
	struct conf_if_opts *o = section(w, "vlan*");
	struct iftab_link v = a_link(5, "vlan10");

	o->option82 = true;
	strcpy(o->circuit_id, "%i %v");
	v.kind = IFTAB_VLAN;
	v.vlan = 10;
	v.master = 6;
	set(w, v);
	addr(w, 5, "10.5.0.1/24");
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	commit(w);
	rai_is(w, 6, 0, "0106" "627230203130");	/* "br0 10" */
	world_end(w);
}
END_TEST

/* --- rules --------------------------------------------------------------- */

static bool
bit(struct world *w, uint32_t ifindex, unsigned rule)
{
	return iface(w, ifindex)->rule_bits[rule / 64] >> rule % 64 & 1;
}

START_TEST(rules_that_apply_to_an_interface)
{
	static char lab[][CONF_NAME_MAX] = { "vlan1?", "lab*" };
	static char other[][CONF_NAME_MAX] = { "vlan2?" };
	struct world *w = world();

	section(w, "vlan*");
	w->c.n_rule = CONF_RULES_MAX;
	w->rules[0].n_interface = 2;
	w->rules[0].interface = lab;
	w->rules[255].n_interface = 1;
	w->rules[255].interface = other;
	link_up(w, 5, "vlan10");
	commit(w);
	ck_assert(bit(w, 5, 0));
	ck_assert(bit(w, 5, 1));	/* no condition on the interface */
	ck_assert(bit(w, 5, 254));
	ck_assert(!bit(w, 5, 255));
	link_up(w, 5, "vlan20");
	commit(w);
	ck_assert(!bit(w, 5, 0));
	ck_assert(bit(w, 5, 255));
	/* The rules for the port also match the bridge that takes over for it. */
	link_in(w, 5, "vlan20", 6);
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	commit(w);
	ck_assert(!bit(w, 6, 0));
	ck_assert(bit(w, 6, 255));
	w->c.n_rule = 2;
	commit_all(w, true);
	ck_assert(!bit(w, 6, 255));
	world_end(w);
}
END_TEST

START_TEST(leads_to_servers_of_keys_and_rules)
{
	struct conftext t = conftext("[interface vlan1?]\ndhcp = 192.0.2.1\nboot = 192.0.2.2\n"
	    "[interface vlan2?]\nservers = 192.0.2.3\n"
	    "[group arm]\nservers = 192.0.2.4\n"
	    "[group lab]\nservers = 192.0.2.5\n"
	    "[rule arm]\narch = 11\ninterface = vlan1?\nboot = arm\n"
	    "[group other]\nservers = 192.0.2.6\n"
	    "[rule lab]\narch = 7\ninterface = vlan2?\ndhcp = lab\n"
	    "[rule other]\nprotocol = dhcp6\ndhcp = other\n");
	static const bool leads[][6] = {
		{ true, true, false, true, false, false },
		{ false, false, true, false, true, false },
	};
	struct world *w = world();

	ck_assert_str_eq(t.mistakes, "");
	link_up(w, 5, "vlan10");
	link_up(w, 6, "vlan20");
	iftab_commit(w->t, t.c, &router, true, NULL, NULL);
	for (unsigned i = 0; i < 6; i++) {
		uint16_t s = conf_server_by_addr(t.c,
		    ip_of4((struct ip4){ 0xc0000201 + i }));

		ck_assert_uint_ne(s, CONF_NONE);
		ck_assert_int_eq(iface_leads_to(iface(w, 5), t.c, s), leads[0][i]);
		ck_assert_int_eq(iface_leads_to(iface(w, 6), t.c, s), leads[1][i]);
	}
	world_end(w);
	conftext_free(&t);
}
END_TEST

/* --- many ---------------------------------------------------------------- */

START_TEST(next_goes_by_ifindex)
{
	static const uint32_t order[] = { 7, 3, 900, 1, 4294967295u, 12 };
	static const uint32_t sorted[] = { 1, 3, 7, 12, 900, 4294967295u };
	struct world *w = world();
	struct iface *f;
	size_t n = 0;

	for (size_t i = 0; i < 6; i++)
		link_up(w, order[i], "x");
	addr(w, 5, "10.1.0.1/24");	/* there is no such link, so it is not listed */
	commit(w);
	for (f = iftab_next(w->t, 0); f; f = iftab_next(w->t, f->link.ifindex))
		ck_assert_uint_eq(f->link.ifindex, sorted[n++]);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(iftab_count(w->t), 6);
	world_end(w);
}
END_TEST

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* The CPU time of adding and deleting n links and n addresses, with a commit
 * after each event. */
static double
start_and_stop(uint32_t n)
{
	struct world *w = world();
	double start = cpu_ms();
	char name[16];

	section(w, "vlan*")->option82 = true;
	strcpy(w->ifs[0].o.circuit_id, "%i");
	for (uint32_t i = 1; i <= n; i++) {
		struct iftab_addr a = { .net = { ip_of4((struct ip4){ 10u << 24 | i << 8 | 1 }), 24 } };

		snprintf(name, sizeof(name), "vlan%u", i);
		link_up(w, i, name);
		commit(w);
		ck_assert_int_eq(iftab_set_addr(w->t, i, &a), 0);
		commit(w);
		told_only(w, IFTAB_READY, i, name);
	}
	ck_assert_uint_eq(iftab_count(w->t), n);
	for (uint32_t i = 1; i <= n; i++) {
		iftab_del_link(w->t, i);
		commit(w);
	}
	ck_assert_uint_eq(w->changes, 2 * n);
	world_end(w);
	return cpu_ms() - start;
}

START_TEST(ten_times_the_links_cost_ten_times_as_much)
{
	double thousand = start_and_stop(1000);
	double again = start_and_stop(1000);
	double all = start_and_stop(10000);

	if (again < thousand)
		thousand = again;
	/* Measured: 12 and 160 ms with -O2, 25 and 360 ms with sanitizers. A
	 * quadratic cost would be 100 times as much. */
	ck_assert_msg(thousand < 200, "%.1f ms", thousand);
	ck_assert_msg(all < 40 * thousand, "%.1f against %.1f ms", all, thousand);
}
END_TEST

/* --- a pair of routers ---------------------------------------------------- */

/* An [interface] with a virtual address. */
static struct conf_if_opts *
paired(struct world *w, const char *pattern, enum conf_active active,
    const char *address)
{
	struct conf_if_opts *o = section(w, pattern);

	o->active = active;
	o->active_address = address ? ip(address) : IP4_NONE;
	o->active_giaddr_virtual = true;
	return o;
}

static void
vmac(struct world *w, uint32_t ifindex, const char *name, uint32_t lower,
    uint8_t vrid)
{
	struct iftab_link l = a_link(ifindex, name);
	const uint8_t mac[6] = { 0x00, 0x00, 0x5e, 0x00, 0x01, vrid };

	l.kind = IFTAB_MACVLAN;
	l.lower = lower;
	memcpy(l.mac, mac, sizeof(mac));
	set(w, l);
}

static void
told_two(struct world *w, enum iftab_change a, enum iftab_change b,
    uint32_t ifindex, const char *name)
{
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, a, ifindex, name);
	told(w, 1, b, ifindex, name);
}

START_TEST(named_virtual_address_comes_and_goes)
{
	struct world *w = world();

	paired(w, "vlan*", CONF_ACTIVE_ADDRESS, "10.1.0.1");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.2/24");
	commit(w);
	told_two(w, IFTAB_READY, IFTAB_STANDBY, 5, "vlan10");
	/* Replies to the virtual address are ours, whichever router has it. */
	giaddrs(w, 5, "10.1.0.1");
	by_giaddr(w, "10.1.0.1", 1, 5);
	ck_assert(iftab_is_ours(w->t, ip("10.1.0.1")));
	ck_assert(!iftab_is_local(w->t, ip("10.1.0.1")));
	addr(w, 5, "10.1.0.1/32");
	commit(w);
	told_only(w, IFTAB_ACTIVE, 5, "vlan10");
	addr_del(w, 5, "10.1.0.1/32");
	addr2(w, 5, "10.1.0.1/24");
	commit(w);
	told_nothing(w);
	addr_del(w, 5, "10.1.0.1/24");
	commit(w);
	told_only(w, IFTAB_STANDBY, 5, "vlan10");
	/* Down and up again: reported as at the start. */
	link_down(w, 5, "vlan10");
	commit(w);
	told_only(w, IFTAB_LOST, 5, "vlan10");
	addr(w, 5, "10.1.0.1/32");
	link_up(w, 5, "vlan10");
	commit(w);
	told_two(w, IFTAB_READY, IFTAB_ACTIVE, 5, "vlan10");
	/* A reload without a virtual address. */
	w->ifs[0].o.active = CONF_ACTIVE_ALWAYS;
	commit_all(w, true);
	told_only(w, IFTAB_CHANGED, 5, "vlan10");
	giaddrs(w, 5, "10.1.0.2");
	world_end(w);
}
END_TEST

START_TEST(own_giaddr_is_never_the_virtual_one)
{
	struct world *w = world();
	struct conf_if_opts *o = paired(w, "vlan*", CONF_ACTIVE_ADDRESS, "10.1.0.1");

	o->active_giaddr_virtual = false;
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.1/24");
	commit(w);
	told_nothing(w);	/* no address but the virtual one */
	addr2(w, 5, "10.1.0.2/24");
	commit(w);
	told_nothing(w);	/* the kernel marks it as secondary */
	addr(w, 5, "10.2.0.2/24");
	commit(w);
	told_two(w, IFTAB_READY, IFTAB_ACTIVE, 5, "vlan10");
	giaddrs(w, 5, "10.2.0.2");
	o->giaddr = CONF_GIADDR_ALL;
	o->active = CONF_ACTIVE_VRRP;
	addr_del(w, 5, "10.1.0.1/24");
	addr_del(w, 5, "10.1.0.2/24");
	addr(w, 5, "10.3.0.2/24");
	addr(w, 5, "10.3.0.1/32");
	commit_all(w, true);
	giaddrs(w, 5, "10.2.0.2 10.3.0.2");
	ck_assert(!iface(w, 5)->standby[FAMILY4]);
	world_end(w);
}
END_TEST

START_TEST(which_addresses_look_like_vrrp)
{
	static const struct {
		const char *own, *other;
		bool secondary, virtual;
	} cases[] = {
		{ "10.1.0.2/24", "10.1.0.1/32", false, true },
		{ "10.1.0.2/24", "10.1.0.1/24", true, true },
		{ "10.1.0.2/24", "10.1.0.1/25", false, false },
		{ "10.1.0.2/24", "10.2.0.1/32", false, true },
		{ "10.1.0.2/24", "10.2.0.1/24", false, false },
		{ "10.1.0.2/32", "10.1.0.1/32", false, false },
		{ "10.1.0.2/24", "10.1.0.2/32", false, true },
		{ "10.1.0.2/31", "10.1.0.3/32", false, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int first = 0; first < 2; first++) {
			struct world *w = world();

			paired(w, "vlan*", CONF_ACTIVE_VRRP, NULL);
			link_up(w, 5, "vlan10");
			if (first)
				addr(w, 5, cases[i].own);
			if (cases[i].secondary)
				addr2(w, 5, cases[i].other);
			else
				addr(w, 5, cases[i].other);
			if (!first)
				addr(w, 5, cases[i].own);
			commit(w);
			ck_assert_msg(iface(w, 5)->standby[FAMILY4] != cases[i].virtual,
			    "%zu", i);
			if (cases[i].virtual)
				ck_assert(ip4_eq(iface(w, 5)->giaddr[0].addr,
				    net(cases[i].other).addr.v4));
			world_end(w);
		}
}
END_TEST

START_TEST(virtual_address_on_a_macvlan)
{
	struct world *w = world();
	struct iftab_link l;

	paired(w, "*", CONF_ACTIVE_VRRP, NULL);
	vmac(w, 7, "vrrp.1", 5, 1);
	addr(w, 7, "10.1.0.1/32");
	link_up(w, 5, "vlan10");
	addr(w, 5, "10.1.0.2/24");
	commit(w);
	/* The macvlan receives the same requests, so the pattern does not apply
	 * to it. */
	told_two(w, IFTAB_READY, IFTAB_ACTIVE, 5, "vlan10");
	giaddrs(w, 5, "10.1.0.1");
	ck_assert_ptr_null(iface(w, 7)->conf);
	ck_assert_uint_eq(iftab_client(w->t, 7), 5);
	ck_assert_uint_eq(iftab_client(w->t, 5), 5);
	ck_assert_uint_eq(iftab_client(w->t, 99), 99);
	addr_del(w, 7, "10.1.0.1/32");
	commit(w);
	told_only(w, IFTAB_STANDBY, 5, "vlan10");
	/* Recreated with another ifindex before the old one is deleted. */
	vmac(w, 8, "vrrp.1", 5, 1);
	addr(w, 8, "10.1.0.1/24");
	iftab_del_link(w->t, 7);
	commit(w);
	told_only(w, IFTAB_ACTIVE, 5, "vlan10");
	/* FRR takes the carrier away when another router is the master. */
	l = iface(w, 8)->link;
	l.running = false;
	set(w, l);
	commit(w);
	told_only(w, IFTAB_STANDBY, 5, "vlan10");
	vmac(w, 8, "vrrp.1", 5, 1);
	commit(w);
	told_only(w, IFTAB_ACTIVE, 5, "vlan10");
	/* With another MAC address, it is not the macvlan of a virtual router. */
	link_up(w, 8, "other");
	commit(w);
	ck_assert_uint_eq(w->n_told, 3);	/* and it serves clients itself */
	ck_assert(iface(w, 5)->standby[FAMILY4]);
	ck_assert_uint_eq(iftab_client(w->t, 8), 8);
	world_end(w);
}
END_TEST

START_TEST(macvlan_follows_its_lower_interface)
{
	struct world *w = world();

	section(w, "mv*");
	section(w, "vlan10");
	vmac(w, 7, "mv0", 5, 1);
	addr(w, 7, "10.1.0.3/24");
	commit(w);
	/* Its lower interface is unknown, or not a client interface. */
	told_only(w, IFTAB_READY, 7, "mv0");
	link_up(w, 5, "eth0");
	addr(w, 5, "10.1.0.2/24");
	commit(w);
	told_nothing(w);
	link_up(w, 5, "vlan10");
	commit(w);
	ck_assert_uint_eq(w->n_told, 2);
	told(w, 0, IFTAB_READY, 5, "vlan10");
	told(w, 1, IFTAB_LOST, 7, "mv0");
	/* Its lower interface becomes a port of a bridge. */
	link_kind(w, 6, "br0", IFTAB_BRIDGE, 0);
	link_in(w, 5, "vlan10", 6);
	vmac(w, 7, "mv0", 6, 1);
	commit(w);
	ck_assert_uint_eq(iftab_client(w->t, 7), 6);
	iftab_del_link(w->t, 6);
	commit(w);
	ck_assert_uint_eq(iftab_client(w->t, 7), 7);
	ck_assert(ready(w, 7));
	world_end(w);
}
END_TEST

START_TEST(cycle_of_macvlans_ends)
{
	struct world *w = world();

	paired(w, "*", CONF_ACTIVE_VRRP, NULL);
	vmac(w, 5, "a", 6, 1);
	vmac(w, 6, "b", 7, 2);
	vmac(w, 7, "c", 5, 3);
	vmac(w, 8, "d", 8, 4);
	addr(w, 5, "10.5.0.1/24");
	addr(w, 6, "10.6.0.1/24");
	commit(w);
	iftab_del_link(w->t, 6);
	commit(w);
	iftab_resync_begin(w->t);
	iftab_resync_end(w->t);
	commit(w);
	ck_assert_uint_eq(iftab_count(w->t), 0);
	world_end(w);
}
END_TEST

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/* The state that the kernel would have now. */
struct model {
	bool there[12];
	struct iftab_link link[12];
	bool has[12][4];
};

static const char *const model_net[4] = {
	"10.1.0.1/24", "10.2.0.1/24", "10.3.0.1/24", "192.0.2.1/32"
};

static void
make_macvlan(struct iftab_link *l, uint32_t lower, bool vrrp)
{
	l->kind = IFTAB_MACVLAN;
	l->lower = lower == l->ifindex ? 0 : lower;
	if (vrrp)
		memcpy(l->mac, "\0\0\x5e\0\1\7", 6);
}

static void
model_step(struct world *w, struct model *m, uint32_t *seed)
{
	static const char *const names[] = { "vlan1", "vlan2", "eth", "lan" };
	uint32_t i = dice(seed, 12), k = dice(seed, 4);

	switch (dice(seed, 6)) {
	case 0:
		m->there[i] = false;
		memset(m->has[i], 0, sizeof(m->has[i]));
		iftab_del_link(w->t, i + 1);
		break;
	case 1:
	case 2:
		if (!m->there[i])
			break;
		m->has[i][k] = !m->has[i][k];
		if (m->has[i][k])
			addr(w, i + 1, model_net[k]);
		else
			addr_del(w, i + 1, model_net[k]);
		break;
	case 3:
	case 4:
	case 5:
		m->link[i] = a_link(i + 1, names[dice(seed, 4)]);
		m->link[i].up = dice(seed, 5) > 0;
		/* Links 9 to 12 are bridges, of which 9 and 10 may be ports. */
		if (i >= 8)
			m->link[i].kind = i == 11 ? IFTAB_VRF : IFTAB_BRIDGE;
		if (i < 8 && dice(seed, 2))
			m->link[i].master = 9 + dice(seed, 4);
		if ((i == 8 || i == 9) && dice(seed, 2))
			m->link[i].master = 11;
		if (i < 8 && !m->link[i].master && dice(seed, 3) == 0)
			make_macvlan(&m->link[i], 1 + dice(seed, 12),
			    dice(seed, 2));
		m->there[i] = true;
		set(w, m->link[i]);
		break;
	}
}

/* Links whose master is deleted lose it, as in the kernel. (The kernel would
 * delete a macvlan with its lower interface, but the table must not rely on it.) */
static void
model_feed(struct world *w, const struct model *m)
{
	for (uint32_t i = 12; i-- > 0;) {
		struct iftab_link l = m->link[i];

		if (!m->there[i])
			continue;
		if (l.master && !m->there[l.master - 1])
			l.master = 0;
		if (l.lower && !m->there[l.lower - 1])
			l.lower = 0;
		set(w, l);
	}
}

static void
same_iface(const struct iface *a, const struct iface *b)
{
	ck_assert_ptr_eq(a->conf, b->conf);
	ck_assert_uint_eq(a->from_port, b->from_port);
	ck_assert_uint_eq(a->copy_of, b->copy_of);
	ck_assert_int_eq(a->standby[FAMILY4], b->standby[FAMILY4]);
	ck_assert_int_eq(iface_ready(a), iface_ready(b));
	ck_assert_uint_eq(a->n_giaddr, b->n_giaddr);
	ck_assert_uint_eq(a->addr[FAMILY4].n, b->addr[FAMILY4].n);
	for (uint8_t i = 0; i < a->n_giaddr; i++) {
		ck_assert(iface_giaddr_find(b, a->giaddr[i].addr) >= 0);
		ck_assert_uint_eq(a->giaddr[i].rai.len, b->giaddr[i].rai.len);
	}
	ck_assert_mem_eq(a->rule_bits, b->rule_bits, sizeof(a->rule_bits));
}

/* One table got all events, the other only the final state. */
static void
same_world(struct world *a, struct world *b)
{
	struct iface *only_a, *only_b;

	ck_assert_uint_eq(iftab_count(a->t), iftab_count(b->t));
	for (uint32_t i = 1; i <= 12; i++) {
		struct iface *f = iftab_by_index(a->t, i);

		ck_assert_int_eq(!f, !iftab_by_index(b->t, i));
		if (f)
			same_iface(f, iftab_by_index(b->t, i));
	}
	for (int k = 0; k < 4; k++) {
		struct ip4 g = net(model_net[k]).addr.v4;

		ck_assert_uint_eq(iftab_by_giaddr(a->t, g, &only_a),
		    iftab_by_giaddr(b->t, g, &only_b));
		ck_assert_int_eq(!only_a, !only_b);
		if (only_a)
			ck_assert_uint_eq(only_a->link.ifindex,
			    only_b->link.ifindex);
		ck_assert_int_eq(iftab_is_ours(a->t, g), iftab_is_ours(b->t, g));
		ck_assert_int_eq(iftab_is_local(a->t, g), iftab_is_local(b->t, g));
	}
}

static void
walk_conf(struct world *w, bool active)
{
	static char lab[][CONF_NAME_MAX] = { "vlan1" };

	section(w, "vlan*")->giaddr = CONF_GIADDR_ALL;
	section(w, "lan")->giaddr = CONF_GIADDR_FIXED;
	w->ifs[1].o.giaddr_fixed = ip("192.0.2.1");
	if (active) {
		w->ifs[0].o.active = CONF_ACTIVE_VRRP;
		w->ifs[1].o.active = CONF_ACTIVE_ADDRESS;
		w->ifs[1].o.active_address = ip("10.2.0.1");
		w->ifs[1].o.active_giaddr_virtual = true;
	}
	w->c.n_rule = 1;
	w->rules[0].n_interface = 1;
	w->rules[0].interface = lab;
}

static void
follow_told(const struct told *told, uint64_t *serving, uint64_t *standby)
{
	uint64_t bit = UINT64_C(1) << told->ifindex;

	switch (told->what) {
	case IFTAB_READY:
		*serving ^= bit;
		break;
	case IFTAB_LOST:
		*serving ^= bit;
		*standby &= ~bit;
		break;
	case IFTAB_CHANGED:
		break;
	case IFTAB_ACTIVE:
		*standby &= ~bit;
		break;
	case IFTAB_STANDBY:
		*standby |= bit;
		break;
	case IFTAB_RECOMPUTED:
		break;
	}
}

START_TEST(random_walk_equals_the_final_state)
{
	uint32_t seed = 20261121u + (uint32_t)_i;
	struct world *w = world();
	struct model m = { 0 };
	uint64_t serving = 0, standby = 0;

	walk_conf(w, _i % 2);
	for (int step = 0; step < 400; step++) {
		struct world *b = world();

		for (uint32_t n = dice(&seed, 8); n > 0; n--)
			model_step(w, &m, &seed);
		model_feed(w, &m);
		commit(w);

		/* The reports must be exactly the differences. */
		for (size_t i = 0; i < w->n_told && i < 64; i++)
			follow_told(&w->told[i], &serving, &standby);
		for (uint32_t i = 1; i <= 12; i++) {
			bool there = iftab_by_index(w->t, i) && ready(w, i);

			ck_assert_int_eq(serving >> i & 1, there);
			ck_assert_int_eq(standby >> i & 1,
			    there && iface(w, i)->standby[FAMILY4]);
		}

		b->c = w->c;
		for (uint32_t i = 0; i < 12; i++)
			for (int k = 0; k < 4; k++)
				if (m.has[i][k])
					addr(b, i + 1, model_net[k]);
		model_feed(b, &m);
		commit(b);
		same_world(w, b);
		world_end(b);
	}
	ck_assert_uint_gt(w->changes, 100);
	world_end(w);
}
END_TEST

static void
add_life(Suite *s)
{
	TCase *tc = tcase_create("life");

	tcase_add_test(tc, ready_with_link_and_address);
	tcase_add_test(tc, address_before_its_link);
	tcase_add_test(tc, deleting_the_unknown_does_nothing);
	tcase_add_test(tc, repeated_events_change_nothing);
	tcase_add_test(tc, down_and_up);
	tcase_add_test(tc, changed_address);
	tcase_add_test(tc, another_mac_or_mtu_is_not_reported);
	tcase_add_test(tc, every_interface_that_an_event_concerned_is_reported);
	tcase_add_test(tc, renamed_into_and_out_of_the_configuration);
	tcase_add_test(tc, two_links_swap_names);
	tcase_add_test(tc, recreated_before_the_old_is_deleted);
	tcase_add_test(tc, ifindex_reused_within_one_batch);
	tcase_add_test(tc, added_and_deleted_within_one_batch);
	tcase_add_test(tc, interfaces_that_never_serve);
	tcase_add_test(tc, another_configuration);
	suite_add_tcase(s, tc);
}

static void
add_giaddrs(Suite *s)
{
	TCase *tc = tcase_create("giaddr");

	tcase_add_test(tc, primary_is_the_first_that_is_not_secondary);
	tcase_add_test(tc, promoted_secondary_is_last);
	tcase_add_test(tc, link_scope_is_the_last_choice);
	tcase_add_test(tc, giaddr_is_a_host_address);
	tcase_add_test(tc, all_and_rotate_use_one_of_each_subnet);
	tcase_add_test(tc, no_more_than_eight_giaddrs);
	tcase_add_test(tc, fixed_giaddr_need_not_be_local);
	tcase_add_test(tc, shared_giaddr);
	tcase_add_test(tc, has_addresses_in_the_subnet_of_any_address);
	tcase_add_test(tc, address_on_two_interfaces_is_local_until_both_are_gone);
	suite_add_tcase(s, tc);
}

static void
add_bridges(Suite *s)
{
	TCase *tc = tcase_create("bridge");

	tcase_add_test(tc, vlan_moves_into_a_bridge_and_back);
	tcase_add_test(tc, own_address_of_the_bridge_comes_before_the_ports);
	tcase_add_test(tc, bridge_with_its_own_section_uses_it);
	tcase_add_test(tc, relay_off_is_a_section_of_its_own);
	tcase_add_test(tc, port_before_its_bridge);
	tcase_add_test(tc, bridge_deleted_with_and_without_events_for_its_ports);
	tcase_add_test(tc, lowest_configured_port_is_used);
	tcase_add_test(tc, bond_in_a_bridge);
	tcase_add_test(tc, cycle_of_masters_ends);
	tcase_add_test(tc, bridge_changes_its_kind);
	suite_add_tcase(s, tc);
}

static void
add_resync(Suite *s)
{
	TCase *tc = tcase_create("resync");

	tcase_add_test(tc, resync_removes_what_is_not_reported);
	tcase_add_test(tc, resync_without_changes_reports_nothing);
	tcase_add_test(tc, interrupted_resync_starts_over);
	tcase_add_test(tc, resync_adopts_the_order_of_the_dump);
	tcase_add_test(tc, deleted_during_a_resync);
	tcase_add_test(tc, resync_that_finds_nothing);
	suite_add_tcase(s, tc);
}

static void
add_option82(Suite *s)
{
	TCase *tc = tcase_create("option82");

	tcase_add_test(tc, option82_is_off);
	tcase_add_test(tc, every_suboption_in_ascending_order);
	tcase_add_test(tc, each_giaddr_has_its_own_option82);
	tcase_add_test(tc, fixed_giaddr_and_the_link);
	tcase_add_test(tc, vss_is_sent_whole_or_not_at_all);
	tcase_add_test(tc, suboption_that_does_not_fit_is_left_out);
	tcase_add_test(tc, names_of_a_bridge_and_its_port);
	tcase_add_test(tc, rules_that_apply_to_an_interface);
	tcase_add_test(tc, leads_to_servers_of_keys_and_rules);
	suite_add_tcase(s, tc);
}

static void
add_pairs(Suite *s)
{
	TCase *tc = tcase_create("pairs");

	tcase_add_test(tc, named_virtual_address_comes_and_goes);
	tcase_add_test(tc, own_giaddr_is_never_the_virtual_one);
	tcase_add_test(tc, which_addresses_look_like_vrrp);
	tcase_add_test(tc, virtual_address_on_a_macvlan);
	tcase_add_test(tc, macvlan_follows_its_lower_interface);
	tcase_add_test(tc, cycle_of_macvlans_ends);
	suite_add_tcase(s, tc);
}

Suite *
iftab_suite(void)
{
	Suite *s = suite_create("iftab");
	TCase *many = tcase_create("many");

	add_life(s);
	add_giaddrs(s);
	add_bridges(s);
	add_resync(s);
	add_option82(s);
	add_pairs(s);
	tcase_add_test(many, next_goes_by_ifindex);
	tcase_add_test(many, ten_times_the_links_cost_ten_times_as_much);
	tcase_add_loop_test(many, random_walk_equals_the_final_state, 0, 8);
	suite_add_tcase(s, many);
	return s;
}
