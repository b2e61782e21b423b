/* SPDX-License-Identifier: ISC
 *
 * The kernel's own messages, in a network namespace of its own for each test:
 * ip(8) changes something, and the receiver, a real interface table, has to
 * follow. Each test also checks that a table that followed all changes equals
 * one that is filled now.
 *
 * Needs root; without it the suite says so and has no tests.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/netlink.h"
#include "skip.h"

Suite *netlink_suite(void);

/* A receiver. */
struct watch {
	struct netlink *nl;
	struct iftab *tab;
	int links, addrs, gones, routes, begins, ends, batches;
	int refuse;	/* refuse this many addresses, as if memory were short */
};

static int
on_link(void *user, const struct iftab_link *l)
{
	struct watch *w = user;

	w->links++;
	return iftab_set_link(w->tab, l);
}

static int
on_addr(void *user, uint32_t ifindex, const struct iftab_addr *a)
{
	struct watch *w = user;

	w->addrs++;
	if (w->refuse > 0) {
		w->refuse--;
		return -ENOMEM;
	}
	return iftab_set_addr(w->tab, ifindex, a);
}

static void
on_link_gone(void *user, uint32_t ifindex)
{
	struct watch *w = user;

	w->gones++;
	iftab_del_link(w->tab, ifindex);
}

static void
on_addr_gone(void *user, uint32_t ifindex, struct ipnet net)
{
	struct watch *w = user;

	w->gones++;
	iftab_del_addr(w->tab, ifindex, net);
}

static void
on_route(void *user)
{
	((struct watch *)user)->routes++;
}

static void
on_begin(void *user)
{
	struct watch *w = user;

	w->begins++;
	iftab_resync_begin(w->tab);
}

static void
on_end(void *user)
{
	struct watch *w = user;

	w->ends++;
	iftab_resync_end(w->tab);
}

static void
on_batch(void *user)
{
	((struct watch *)user)->batches++;
}

static const struct netlink_ops ops = {
	.link = on_link,
	.addr = on_addr,
	.link_gone = on_link_gone,
	.addr_gone = on_addr_gone,
	.route_changed = on_route,
	.resync_begin = on_begin,
	.resync_end = on_end,
	.batch_end = on_batch,
};

/* --- helpers ------------------------------------------------------------- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
new_namespace(void)
{
	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
}

__attribute__((format(printf, 1, 2))) static void
sh(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	status = system(cmd);
	ck_assert_msg(status == 0, "%s: exit %d", cmd, status);
}

static void
watch_open(struct watch *w, int rcvbuf)
{
	int err;

	*w = (struct watch){ .tab = iftab_new() };
	ck_assert_ptr_nonnull(w->tab);
	err = netlink_open(&w->nl, &ops, w, rcvbuf, NULL);
	ck_assert_msg(err == 0, "netlink_open: %s", strerror(-err));
}

static void
watch_close(struct watch *w)
{
	w->nl = netlink_close(w->nl);
	w->tab = iftab_free(w->tab);
}

static bool
readable(struct watch *w, int timeout_ms)
{
	struct pollfd p[NETLINK_FDS];

	for (int i = 0; i < NETLINK_FDS; i++)
		p[i] = (struct pollfd){ .events = POLLIN,
			.fd = netlink_fd(w->nl, (enum netlink_fd)i) };
	return poll(p, NETLINK_FDS, timeout_ms) > 0;
}

/* Reads until nothing is waiting. */
static void
drain(struct watch *w)
{
	while (readable(w, 0))
		ck_assert_int_eq(netlink_read(w->nl), 0);
}

static struct iface *
by_name(struct watch *w, const char *name)
{
	struct iface *f = iftab_next(w->tab, 0);

	while (f && strcmp(f->link.name, name) != 0)
		f = iftab_next(w->tab, f->link.ifindex);
	return f;
}

static struct iface *
must_have(struct watch *w, const char *name)
{
	struct iface *f = by_name(w, name);

	ck_assert_msg(f != NULL, "no link %s", name);
	return f;
}

static const struct iftab_addr *
find6(const struct iface *f, struct ip6 a)
{
	for (uint32_t i = 0; i < f->addr[FAMILY6].n; i++)
		if (ip6_eq(f->addr[FAMILY6].at[i].net.addr.v6, a))
			return &f->addr[FAMILY6].at[i];
	return NULL;
}

static void
same_addrs(const struct iface *a, const struct iface *b)
{
	ck_assert_uint_eq(a->addr[FAMILY4].n, b->addr[FAMILY4].n);
	for (uint32_t i = 0; i < a->addr[FAMILY4].n; i++) {
		ck_assert_uint_eq(a->addr[FAMILY4].at[i].net.addr.v4.host, b->addr[FAMILY4].at[i].net.addr.v4.host);
		ck_assert_uint_eq(a->addr[FAMILY4].at[i].net.plen, b->addr[FAMILY4].at[i].net.plen);
		ck_assert_int_eq(a->addr[FAMILY4].at[i].secondary, b->addr[FAMILY4].at[i].secondary);
		ck_assert_int_eq(a->addr[FAMILY4].at[i].link_scope, b->addr[FAMILY4].at[i].link_scope);
	}
}

/* In any order. The kernel reports a link-local address of its own when it is usable,
 * but has it in a dump before. */
static void
same_addrs6(const struct iface *a, const struct iface *b)
{
	for (uint32_t i = 0; i < a->addr[FAMILY6].n; i++)
		ck_assert_ptr_nonnull(find6(b, a->addr[FAMILY6].at[i].net.addr.v6));
	for (uint32_t i = 0; i < b->addr[FAMILY6].n; i++) {
		const struct iftab_addr *q = &b->addr[FAMILY6].at[i];
		const struct iftab_addr *p = find6(a, q->net.addr.v6);

		if (!p && q->unusable)
			continue;
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(p->net.plen, q->net.plen);
		ck_assert_int_eq(p->unusable, q->unusable);
		ck_assert_int_eq(p->temporary, q->temporary);
		ck_assert_int_eq(p->deprecated, q->deprecated);
		ck_assert_int_eq(p->permanent, q->permanent);
	}
}

static void
same_link(const struct iftab_link *a, const struct iftab_link *b)
{
	ck_assert_uint_eq(a->ifindex, b->ifindex);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_int_eq(a->up, b->up);
	ck_assert_int_eq(a->loopback, b->loopback);
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->master, b->master);
	ck_assert_uint_eq(a->vlan, b->vlan);
	ck_assert_uint_eq(a->hwtype, b->hwtype);
	ck_assert_uint_eq(a->mtu, b->mtu);
	ck_assert_uint_eq(a->mac_len, b->mac_len);
	ck_assert_mem_eq(a->mac, b->mac, a->mac_len);
}

/* A table filled now must equal w, which followed the changes. The kernel makes
 * changes of its own: it adds link-local addresses, and finds them unique. */
static void
assert_in_step(struct watch *w)
{
	struct watch now;
	struct iface *a, *b;

	watch_open(&now, NETLINK_RCVBUF);
	while (readable(w, 0)) {
		drain(w);
		watch_close(&now);
		watch_open(&now, NETLINK_RCVBUF);
	}
	ck_assert_uint_eq(iftab_count(w->tab), iftab_count(now.tab));
	a = iftab_next(w->tab, 0);
	b = iftab_next(now.tab, 0);
	while (a && b) {
		same_link(&a->link, &b->link);
		same_addrs(a, b);
		same_addrs6(a, b);
		a = iftab_next(w->tab, a->link.ifindex);
		b = iftab_next(now.tab, b->link.ifindex);
	}
	ck_assert_ptr_null(a);
	ck_assert_ptr_null(b);
	watch_close(&now);
}

/* After a command has ended, its messages are in the socket. */
static void
follow(struct watch *w)
{
	ck_assert_msg(readable(w, 5000), "the kernel says nothing");
	drain(w);
	assert_in_step(w);
}

static uint32_t
ip(const char *s)
{
	struct ip4 a;

	ck_assert(ip4_parse(s, &a));
	return a.host;
}

/* --- tests --------------------------------------------------------------- */

START_TEST(open_reports_what_exists)
{
	struct watch w;
	struct iface *f;

	new_namespace();
	sh("ip link set lo up && ip link add a0 mtu 1400 address 02:00:00:00:00:aa"
	    " type veth peer name a1 && ip link set a0 up &&"
	    " ip addr add 10.1.0.1/24 dev a0 && ip addr add 10.1.0.2/24 dev a0 &&"
	    " ip addr add 169.254.3.4/16 dev a0 scope link");
	watch_open(&w, NETLINK_RCVBUF);

	f = must_have(&w, "a0");
	ck_assert(f->link.up);
	ck_assert(!f->link.loopback);
	ck_assert_int_eq(f->link.kind, IFTAB_OTHER);
	ck_assert_uint_eq(f->link.master, 0);
	ck_assert_uint_eq(f->link.hwtype, 1);
	ck_assert_uint_eq(f->link.mtu, 1400);
	ck_assert_uint_eq(f->link.mac_len, 6);
	ck_assert_mem_eq(f->link.mac, "\2\0\0\0\0\xaa", 6);
	ck_assert_uint_eq(f->addr[FAMILY4].n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t a = f->addr[FAMILY4].at[i].net.addr.v4.host;

		ck_assert_int_eq(f->addr[FAMILY4].at[i].secondary, a == ip("10.1.0.2"));
		ck_assert_int_eq(f->addr[FAMILY4].at[i].link_scope, a == ip("169.254.3.4"));
		ck_assert_uint_eq(f->addr[FAMILY4].at[i].net.plen, a == ip("169.254.3.4") ? 16 : 24);
	}
	ck_assert(!must_have(&w, "a1")->link.up);
	ck_assert(must_have(&w, "lo")->link.loopback);
	ck_assert(iftab_is_local(w.tab, (struct ip4){ ip("127.0.0.1") }));
	ck_assert_int_eq(w.begins, 1);
	ck_assert_int_eq(w.ends, 1);
	ck_assert_int_eq(w.batches, 1);
	ck_assert_int_eq(w.gones, 0);
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

START_TEST(a_link_is_created_changed_and_deleted)
{
	struct watch w;
	uint32_t ifindex;

	new_namespace();
	watch_open(&w, NETLINK_RCVBUF);
	sh("ip link add v10 type veth peer name p10");
	follow(&w);
	ifindex = must_have(&w, "v10")->link.ifindex;
	ck_assert(!must_have(&w, "v10")->link.up);

	sh("ip link set v10 up");
	follow(&w);
	ck_assert(must_have(&w, "v10")->link.up);

	sh("ip addr add 10.1.0.1/24 dev v10");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "v10")->addr[FAMILY4].n, 1);

	sh("ip addr add 10.2.0.1/24 dev v10 && ip addr add 10.1.0.9/24 dev v10");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "v10")->addr[FAMILY4].n, 3);
	ck_assert(must_have(&w, "v10")->addr[FAMILY4].at[2].secondary);

	sh("ip link set v10 down && ip link set v10 name v11");
	follow(&w);
	ck_assert_ptr_null(by_name(&w, "v10"));
	ck_assert_uint_eq(must_have(&w, "v11")->link.ifindex, ifindex);

	sh("ip addr del 10.2.0.1/24 dev v11");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "v11")->addr[FAMILY4].n, 2);

	sh("ip link set v11 address 02:00:00:00:00:bb");
	follow(&w);
	ck_assert_mem_eq(must_have(&w, "v11")->link.mac, "\2\0\0\0\0\xbb", 6);

	sh("ip link del v11");
	follow(&w);
	ck_assert_ptr_null(iftab_by_index(w.tab, ifindex));
	ck_assert(!iftab_is_local(w.tab, (struct ip4){ ip("10.1.0.1") }));
	watch_close(&w);
}
END_TEST

START_TEST(two_links_swap_names)
{
	struct watch w;
	uint32_t a, b;

	new_namespace();
	sh("ip link add e0 type veth peer name e1");
	watch_open(&w, NETLINK_RCVBUF);
	a = must_have(&w, "e0")->link.ifindex;
	b = must_have(&w, "e1")->link.ifindex;
	sh("ip link set e0 name tmp && ip link set e1 name e0 && ip link set tmp name e1");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->link.ifindex, b);
	ck_assert_uint_eq(must_have(&w, "e1")->link.ifindex, a);
	watch_close(&w);
}
END_TEST

START_TEST(recreated_under_the_same_name)
{
	struct watch w;
	uint32_t old;

	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip addr add 10.1.0.1/24 dev e0");
	watch_open(&w, NETLINK_RCVBUF);
	old = must_have(&w, "e0")->link.ifindex;
	sh("ip link del e0 && ip link add e0 type veth peer name e1 &&"
	    " ip addr add 10.1.0.1/24 dev e0");
	follow(&w);
	ck_assert_uint_ne(must_have(&w, "e0")->link.ifindex, old);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].n, 1);
	ck_assert(iftab_is_local(w.tab, (struct ip4){ ip("10.1.0.1") }));
	watch_close(&w);
}
END_TEST

/* The bridge reports "deleted" for a port that only left it. */
START_TEST(port_joins_and_leaves_a_bridge)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip link set e0 up &&"
	    " ip addr add 10.1.0.1/24 dev e0");
	watch_open(&w, NETLINK_RCVBUF);
	sh("ip link add br0 type bridge && ip link set br0 up &&"
	    " ip link set e0 master br0");
	follow(&w);
	ck_assert_int_eq(must_have(&w, "br0")->link.kind, IFTAB_BRIDGE);
	ck_assert_uint_eq(must_have(&w, "e0")->link.master,
	    must_have(&w, "br0")->link.ifindex);

	sh("ip link set e0 nomaster");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->link.master, 0);
	ck_assert_int_eq(w.gones, 0);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].n, 1);

	sh("ip link set e0 master br0 && ip link del br0");
	follow(&w);
	ck_assert_ptr_null(by_name(&w, "br0"));
	ck_assert_uint_eq(must_have(&w, "e0")->link.master, 0);
	watch_close(&w);
}
END_TEST

/* Kinds of links that a kernel may be built without. */
static const struct {
	const char *type, *make;
	enum iftab_kind kind;
	uint16_t vlan;
} kinds[] = {
	{ "vlan", "ip link add t0 type veth peer name t1 &&"
	    " ip link add link t0 name x type vlan id 4094", IFTAB_VLAN, 4094 },
	{ "vrf", "ip link add x type vrf table 100", IFTAB_VRF, 0 },
	{ "bond", "ip link add x type bond", IFTAB_BOND, 0 },
	{ "team", "ip link add x type team", IFTAB_BOND, 0 },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

START_TEST(kind_of_link)
{
	struct watch w;

	new_namespace();
	watch_open(&w, NETLINK_RCVBUF);
	sh("%s", kinds[_i].make);
	follow(&w);
	ck_assert_int_eq(must_have(&w, "x")->link.kind, kinds[_i].kind);
	ck_assert_uint_eq(must_have(&w, "x")->link.vlan, kinds[_i].vlan);
	if (kinds[_i].kind != IFTAB_VLAN) {
		sh("ip link add e0 type veth peer name e1 && ip link set e0 master x");
		follow(&w);
		ck_assert_uint_eq(must_have(&w, "e0")->link.master,
		    must_have(&w, "x")->link.ifindex);
	}
	watch_close(&w);
}
END_TEST

static void
add_kinds(TCase *tc)
{
	char probe[256], name[32];

	for (size_t i = 0; i < N_KINDS; i++) {
		snprintf(probe, sizeof(probe), "unshare -n sh -c '%s' 2>/dev/null",
		    kinds[i].make);
		snprintf(name, sizeof(name), "netlink/%s", kinds[i].type);
		if (system(probe) == 0)
			tcase_add_loop_test(tc, kind_of_link, (int)i, (int)i + 1);
		else
			skip_tests(name, "this kernel has no such links");
	}
}

/* The kernel promotes a secondary address, which moves it in its list. */
START_TEST(order_of_addresses_is_the_kernels)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip link set e0 up");
	watch_open(&w, NETLINK_RCVBUF);
	sh("echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries &&"
	    " ip addr add 10.1.0.1/24 dev e0 && ip addr add 10.2.0.1/24 dev e0 &&"
	    " ip addr add 10.1.0.2/24 dev e0 && ip addr add 10.3.0.1/24 dev e0");
	drain(&w);
	sh("ip addr del 10.1.0.1/24 dev e0");
	drain(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].at[0].net.addr.v4.host, ip("10.2.0.1"));
	ck_assert_int_eq(netlink_resync(w.nl), 0);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].at[0].net.addr.v4.host, ip("10.2.0.1"));
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

/* An address with two peers exists until the last of them is removed. */
START_TEST(an_address_with_two_peers)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip link set e0 up");
	watch_open(&w, NETLINK_RCVBUF);
	sh("ip addr add 10.1.0.1 peer 10.1.0.2/32 dev e0 &&"
	    " ip addr add 10.1.0.1 peer 10.1.0.3/32 dev e0");
	drain(&w);
	sh("ip addr del 10.1.0.1 peer 10.1.0.3/32 dev e0");
	drain(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].n, 1);
	assert_in_step(&w);
	sh("ip addr del 10.1.0.1 peer 10.1.0.2/32 dev e0");
	drain(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].n, 0);
	watch_close(&w);
}
END_TEST

static const struct iftab_addr *
addr6(struct watch *w, const char *ifname, const char *s)
{
	struct ip6 a;

	ck_assert(ip6_parse(s, &a));
	return find6(must_have(w, ifname), a);
}

static const struct iftab_addr *
must_have6(struct watch *w, const char *ifname, const char *s)
{
	const struct iftab_addr *a = addr6(w, ifname, s);

	ck_assert_msg(a != NULL, "no address %s", s);
	return a;
}

/* Reads until an address is usable, or has failed. */
static void
wait_for6(struct watch *w, const char *s, bool usable)
{
	for (int64_t end = now_ms() + 10000; now_ms() < end;) {
		const struct iftab_addr *a = addr6(w, "e0", s);

		if (a && a->unusable != usable)
			return;
		if (readable(w, 100))
			drain(w);
	}
	ck_abort_msg("10 s, and %s is still as it was", s);
}

static void
make_pair6(void)
{
	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip link set e0 up && "
	    "ip link set e1 up");
}

START_TEST(ipv6_addresses_come_with_their_flags)
{
	struct watch w;

	make_pair6();
	sh("ip addr add 2001:db8::1/64 dev e0 nodad &&"
	    " ip addr add fd00::1/128 dev e0 nodad preferred_lft 0 &&"
	    " ip addr add 2001:db8::2/64 dev e0 nodad valid_lft 1000 preferred_lft 500");
	watch_open(&w, NETLINK_RCVBUF);
	for (int i = 0; i < 2; i++) {	/* by the dump, then by messages */
		const struct iftab_addr *a = must_have6(&w, "e0", "2001:db8::1");

		ck_assert(a->permanent && !a->deprecated && !a->temporary && !a->unusable);
		ck_assert_uint_eq(a->net.plen, 64);
		a = must_have6(&w, "e0", "fd00::1");
		ck_assert(a->permanent && a->deprecated && !a->unusable);
		ck_assert_uint_eq(a->net.plen, 128);
		a = must_have6(&w, "e0", "2001:db8::2");
		ck_assert(!a->permanent && !a->deprecated && !a->unusable);
		sh("ip addr change 2001:db8::2/64 dev e0 valid_lft 1000 preferred_lft 0");
		drain(&w);
		ck_assert(must_have6(&w, "e0", "2001:db8::2")->deprecated);
		sh("ip -6 addr flush dev e0 scope global");
		drain(&w);
		ck_assert_ptr_null(addr6(&w, "e0", "2001:db8::1"));
		ck_assert_ptr_null(addr6(&w, "e0", "fd00::1"));
		assert_in_step(&w);
		sh("ip addr add 2001:db8::1/64 dev e0 nodad &&"
		    " ip addr add fd00::1/128 dev e0 nodad preferred_lft 0 &&"
		    " ip addr add 2001:db8::2/64 dev e0 nodad valid_lft 1000 preferred_lft 500");
		follow(&w);
	}
	watch_close(&w);
}
END_TEST

/* RFC 4862 5.4: it takes the kernel a second or two. */
START_TEST(a_tentative_address_becomes_usable)
{
	struct watch w;

	make_pair6();
	watch_open(&w, NETLINK_RCVBUF);
	sh("ip addr add 2001:db8::1/64 dev e0");
	drain(&w);
	ck_assert(must_have6(&w, "e0", "2001:db8::1")->unusable);
	wait_for6(&w, "2001:db8::1", true);
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

START_TEST(an_address_that_another_host_has_is_unusable)
{
	struct watch w;

	make_pair6();
	sh("ip addr add 2001:db8::1/64 dev e1 nodad");
	watch_open(&w, NETLINK_RCVBUF);
	/* Optimistic: usable until the other host answers. */
	sh("echo 1 > /proc/sys/net/ipv6/conf/e0/optimistic_dad &&"
	    " echo 1 > /proc/sys/net/ipv6/conf/e0/use_optimistic &&"
	    " ip addr add 2001:db8::1/64 dev e0 optimistic");
	drain(&w);
	wait_for6(&w, "2001:db8::1", false);
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

/* RFC 8981: made by the kernel beside an address with this flag. */
START_TEST(a_temporary_address_is_marked)
{
	struct watch w;
	int n = 0;

	make_pair6();
	sh("echo 2 > /proc/sys/net/ipv6/conf/e0/use_tempaddr");
	watch_open(&w, NETLINK_RCVBUF);
	sh("ip addr add 2001:db8::1/64 dev e0 nodad mngtmpaddr valid_lft 9000 "
	    "preferred_lft 9000");
	drain(&w);
	ck_assert(!must_have6(&w, "e0", "2001:db8::1")->temporary);
	for (int64_t end = now_ms() + 10000; n == 0 && now_ms() < end;) {
		const struct iface *f = must_have(&w, "e0");

		for (uint32_t i = 0; i < f->addr[FAMILY6].n; i++)
			n += f->addr[FAMILY6].at[i].temporary && !f->addr[FAMILY6].at[i].permanent;
		if (readable(&w, 100))
			drain(&w);
	}
	ck_assert_int_eq(n, 1);
	watch_close(&w);
}
END_TEST

START_TEST(addresses_go_when_ipv6_is_turned_off)
{
	struct watch w;

	make_pair6();
	sh("ip addr add 2001:db8::1/64 dev e0 nodad");
	watch_open(&w, NETLINK_RCVBUF);
	ck_assert_uint_ge(must_have(&w, "e0")->addr[FAMILY6].n, 1);
	sh("echo 1 > /proc/sys/net/ipv6/conf/e0/disable_ipv6");
	follow(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY6].n, 0);
	watch_close(&w);
}
END_TEST

START_TEST(changes_of_ipv6_routes_and_rules_are_reported)
{
	struct watch w;

	make_pair6();
	watch_open(&w, NETLINK_RCVBUF);
	drain(&w);
	w.routes = 0;
	sh("ip route add 2001:db8:1::/64 dev e0");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.routes, 1);
	sh("ip -6 rule add from 2001:db8:2::/64 lookup 7");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.routes, 2);
	ck_assert_int_eq(w.begins, 1);
	watch_close(&w);
}
END_TEST

START_TEST(changes_of_routes_and_rules_are_reported)
{
	struct watch w;

	new_namespace();
	sh("ip link set lo up");
	watch_open(&w, NETLINK_RCVBUF);
	drain(&w);
	w.routes = w.links = w.batches = 0;
	sh("ip route add 192.0.2.0/24 dev lo && ip route add 192.0.3.0/24 dev lo");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.routes, 1);
	ck_assert_int_eq(w.batches, 1);
	sh("ip rule add from 10.1.0.0/24 lookup 7");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.routes, 2);
	ck_assert(!readable(&w, 0));
	ck_assert_int_eq(w.begins, 1);
	watch_close(&w);
}
END_TEST

/* A routing daemon loads its table, which must not cause another full read. */
START_TEST(many_routes_do_not_cause_a_resync)
{
	struct watch w;

	new_namespace();
	sh("ip link set lo up");
	watch_open(&w, NETLINK_RCVBUF);
	sh("for i in $(seq 1 3000); do"
	    " echo route add 10.$((i / 250)).$((i %% 250)).0/24 dev lo;"
	    " echo route add 2001:db8:$i::/48 dev lo; done | ip -b -");
	drain(&w);
	ck_assert_int_ge(w.routes, 1);
	ck_assert_int_eq(w.begins, 1);
	watch_close(&w);
}
END_TEST

#define TINY 2304	/* the least that the kernel gives: room for one or two messages */

START_TEST(lost_messages_lead_to_a_resync)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1 && ip link set e0 up &&"
	    " ip link add old type veth peer name oldp &&"
	    " ip addr add 10.9.0.1/24 dev old && ip addr add 10.9.1.1/24 dev e0");
	watch_open(&w, TINY);
	drain(&w);
	w.gones = 0;
	sh("(for i in $(seq 1 400); do"
	    " echo addr add 10.1.$((i / 200)).$((i %% 200 + 1))/32 dev e0; done;"
	    " for i in $(seq 1 300); do"
	    " echo addr del 10.1.$((i / 200)).$((i %% 200 + 1))/32 dev e0; done;"
	    " echo addr del 10.9.1.1/24 dev e0; echo link del old;"
	    " echo link add new type veth peer name newp;"
	    " echo addr add 10.8.0.1/24 dev new) | ip -b -");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_ge(w.ends, 2);
	drain(&w);
	assert_in_step(&w);
	ck_assert_uint_eq(must_have(&w, "e0")->addr[FAMILY4].n, 100);
	ck_assert_ptr_null(by_name(&w, "old"));
	ck_assert_uint_eq(must_have(&w, "new")->addr[FAMILY4].n, 1);
	ck_assert(!iftab_is_local(w.tab, (struct ip4){ ip("10.9.0.1") }));
	ck_assert(!iftab_is_local(w.tab, (struct ip4){ ip("10.9.1.1") }));

	/* After that it follows single messages again. */
	w.begins = 0;
	sh("ip addr add 10.7.0.1/24 dev new");
	follow(&w);
	ck_assert_int_eq(w.begins, 0);
	ck_assert_uint_eq(must_have(&w, "new")->addr[FAMILY4].n, 2);
	watch_close(&w);
}
END_TEST

/* With the buffer that the relay asks for, the same storm loses nothing. */
START_TEST(usual_buffer_holds_a_trunk)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1");
	watch_open(&w, NETLINK_RCVBUF);
	sh("for i in $(seq 1 250); do"
	    " echo addr add 10.1.0.$i/32 dev e0;"
	    " echo link add v$i type bridge; done | ip -b -");
	follow(&w);
	ck_assert_int_eq(w.begins, 1);
	ck_assert_uint_eq(iftab_count(w.tab), 253);
	watch_close(&w);
}
END_TEST

/* The state keeps changing while it is read: a dump that changed during the read
 * must not be believed, and no message about the changes may be lost. */
START_TEST(changes_while_reading)
{
	struct watch w;
	int status;
	pid_t child;

	new_namespace();
	sh("for i in $(seq 1 20); do echo link add s$i type bridge; done | ip -b -");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		/* Deleting a link takes the kernel some 50 ms. */
		execl("/bin/sh", "sh", "-c", "for i in $(seq 1 20); do"
		    " for k in 1 2 3 4 5 6; do"
		    " echo link add v$i-$k type bridge;"
		    " echo addr add 10.1.$k.$i/32 dev v$i-$k; done;"
		    " echo link del s$i; done | ip -b -", (char *)NULL);
		_exit(127);
	}
	watch_open(&w, NETLINK_RCVBUF);
	while (waitpid(child, &status, WNOHANG) == 0) {
		ck_assert_int_eq(netlink_resync(w.nl), 0);
		if (readable(&w, 5))
			ck_assert_int_eq(netlink_read(w.nl), 0);
	}
	ck_assert_int_eq(status, 0);
	drain(&w);
	assert_in_step(&w);
	ck_assert_uint_eq(iftab_count(w.tab), 121);
	ck_assert_int_ge(w.ends, 2);
	watch_close(&w);
}
END_TEST

START_TEST(receiver_short_of_memory_gets_a_resync)
{
	struct watch w;

	new_namespace();
	sh("ip link add e0 type veth peer name e1");
	watch_open(&w, NETLINK_RCVBUF);
	w.refuse = 1;
	sh("ip addr add 10.1.0.1/24 dev e0");
	ck_assert(readable(&w, 5000));
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.begins, 2);
	assert_in_step(&w);

	/* Memory is still short: an error is returned and nothing is removed. */
	w.refuse = 2;
	sh("ip addr add 10.2.0.1/24 dev e0");
	ck_assert_int_eq(netlink_read(w.nl), -ENOMEM);
	ck_assert_int_eq(w.begins, 3);
	ck_assert_int_eq(w.ends, 2);
	ck_assert(iftab_is_local(w.tab, (struct ip4){ ip("10.1.0.1") }));
	ck_assert_int_eq(netlink_resync(w.nl), 0);
	ck_assert_int_eq(w.ends, 3);
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

START_TEST(without_events_nothing_is_reported)
{
	struct watch w;

	new_namespace();
	watch_open(&w, NETLINK_RCVBUF);
	ck_assert(!readable(&w, 0));
	w.links = w.batches = 0;
	ck_assert_int_eq(netlink_read(w.nl), 0);
	ck_assert_int_eq(w.batches, 1);
	ck_assert_int_eq(w.links + w.addrs + w.gones + w.routes, 0);
	ck_assert_int_eq(w.begins, 1);
	watch_close(&w);
}
END_TEST

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(close_leaves_no_descriptor)
{
	int before = count_fds();
	struct watch w;

	new_namespace();
	for (int i = 0; i < 3; i++) {
		watch_open(&w, NETLINK_RCVBUF);
		watch_close(&w);
	}
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

/* Measured: 25 ms with -O2. The bound is wide enough for sanitizers in an emulated
 * machine (1.5 s) and narrow enough to detect a quadratic cost. */
START_TEST(a_thousand_links_are_read_at_once)
{
	struct watch w;
	int64_t start;

	new_namespace();
	sh("for i in $(seq 1 1000); do echo link add v$i type bridge;"
	    " echo addr add 10.$((i / 250)).$((i %% 250)).1/24 dev v$i; done | ip -b -");
	start = now_ms();
	watch_open(&w, NETLINK_RCVBUF);
	start = now_ms() - start;
	ck_assert_uint_eq(iftab_count(w.tab), 1001);
	ck_assert_msg(start < 5000, "%d ms", (int)start);
	assert_in_step(&w);
	watch_close(&w);
}
END_TEST

Suite *
netlink_suite(void)
{
	Suite *s = suite_create("netlink");
	TCase *links, *losses;

	if (geteuid() != 0) {
		skip_tests("netlink", "needs root for network namespaces");
		return s;
	}
	links = tcase_create("links");
	losses = tcase_create("losses");
	tcase_add_test(links, open_reports_what_exists);
	tcase_add_test(links, a_link_is_created_changed_and_deleted);
	tcase_add_test(links, two_links_swap_names);
	tcase_add_test(links, recreated_under_the_same_name);
	tcase_add_test(links, port_joins_and_leaves_a_bridge);
	add_kinds(links);
	tcase_add_test(links, order_of_addresses_is_the_kernels);
	tcase_add_test(links, an_address_with_two_peers);
	tcase_add_test(links, changes_of_routes_and_rules_are_reported);
	tcase_add_test(links, ipv6_addresses_come_with_their_flags);
	tcase_add_test(links, a_tentative_address_becomes_usable);
	tcase_add_test(links, an_address_that_another_host_has_is_unusable);
	tcase_add_test(links, a_temporary_address_is_marked);
	tcase_add_test(links, addresses_go_when_ipv6_is_turned_off);
	tcase_add_test(links, changes_of_ipv6_routes_and_rules_are_reported);
	tcase_add_test(links, without_events_nothing_is_reported);
	tcase_add_test(links, close_leaves_no_descriptor);
	suite_add_tcase(s, links);

	tcase_add_test(losses, lost_messages_lead_to_a_resync);
	tcase_add_test(losses, many_routes_do_not_cause_a_resync);
	tcase_add_test(losses, usual_buffer_holds_a_trunk);
	tcase_add_test(losses, changes_while_reading);
	tcase_add_test(losses, receiver_short_of_memory_gets_a_resync);
	tcase_add_test(losses, a_thousand_links_are_read_at_once);
	suite_add_tcase(s, losses);
	return s;
}
