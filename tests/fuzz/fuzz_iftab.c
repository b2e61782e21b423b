/* SPDX-License-Identifier: ISC
 *
 * The table of interfaces, by any history: what it says after it must be what a table
 * says that was told only how things are in the end. What is reported must agree with it.
 *
 * Input: a byte (the configuration), then events of six bytes:
 *
 *   what (1)  see `enum event'
 *   which (1) the interface
 *   and (4)   how it is, or the number of an address and its flags
 *
 * The model does what the kernel allows: a kind is for life, only bridges, bonds and VRFs
 * have ports, and nothing is stacked on itself.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "core/iface/iftab.h"
#include "io/conffile.h"
#include "ipnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LINKS 8			/* ifindex 1 to 8 */
#define ADDRS 16
#define EVENTS_MAX 256

#define SERVERS "servers = 198.51.100.10, 2001:db8:ff::10\n"

static const char *const confs[] = {
	"[relay]\noption82 = add\ncircuit-id = %i:%v\n[interface vlan*]\n" SERVERS
	"active = vrrp\n[interface br*]\ngiaddr = all\n" SERVERS "[interface eth0]\nrelay = off\n"
	"[interface eth*]\nservers = 198.51.100.10\n",
	"[interface vlan10]\n" SERVERS "active = 192.0.2.254, 2001:db8:10::fe\n"
	"[interface mv*]\nservers = 198.51.100.10\ngiaddr = rotate\n[interface bond0]\n" SERVERS
	"link-address = none\n[interface eth*]\nservers = 2001:db8:ff::10\n",
	"[interface *]\n" SERVERS "giaddr = 10.255.0.1\noption82 = add\n[rule a]\n"
	"interface = vlan*, br0\nboot = 198.51.100.11\n",
};
#define CONFS (sizeof(confs) / sizeof(confs[0]))

static const char *const names[] = {
	"vlan10", "vlan20", "eth0", "eth1", "br0", "bond0", "mv0", "lan",
};

static const char *const nets[ADDRS] = {
	"192.0.2.1/24", "192.0.2.2/24", "192.0.2.254/24", "192.0.2.254/32",
	"203.0.113.1/24", "203.0.113.1/25", "10.0.0.1/8", "169.254.1.1/16",
	"fe80::1/64", "fe80::2/64", "2001:db8:10::1/64", "2001:db8:10::fe/64",
	"2001:db8:10::fe/128", "2001:db8:20::1/64", "fd00::1/64", "fe80::5e00:101/64",
};

enum event { LINK, LINK_LATE, LINK_GONE, ADDR, ADDR_GONE, COMMIT, CHECK, LOSE, RESYNC, CONF,
	EVENTS };

/* An interface as the kernel has it. */
struct real {
	bool there;
	bool late;		/* its event has not come yet */
	struct iftab_link link;
	unsigned n[FAMILIES];
	struct iftab_addr addr[FAMILIES][ADDRS];
};

/* What was reported of an interface. */
struct told {
	bool serves, any;
	char name[IFTAB_NAME_MAX];
	uint8_t n_giaddr;
	struct ip4 giaddr;
};

static struct world {
	struct iftab *t;
	const struct conf *c;
	bool deaf;		/* events are lost until the next full read */
	struct real real[LINKS + 1];
	struct told told[LINKS + 1];
} w;

static const struct conf *conf[CONFS];
static const struct iftab_host host = { .name = "router", .duid = { 0, 4, 1 } };

static void
on_mistake(void *user, const char *file, int line, const char *why)
{
	(void)user;
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
	abort();
}

static struct ipnet
net_of(unsigned i)
{
	struct ipnet n;

	assert(ipnet_parse(nets[i], &n));
	return n;
}

/* --- what is reported ------------------------------------------------------- */

static bool
serves(const struct iface *f)
{
	return f && (iface_serves(f, FAMILY4) || iface_serves(f, FAMILY6));
}

static void
on_change(void *user, enum iftab_change what, const struct iface *f)
{
	struct told *to = &w.told[f->link.ifindex];

	(void)user;
	if (what == IFTAB_RECOMPUTED)
		return;
	assert(to->serves == (what != IFTAB_READY));
	if (what == IFTAB_LOST)
		assert(strcmp(to->name, f->link.name) == 0);
	else
		assert(iftab_by_index(w.t, f->link.ifindex) == f && serves(f));
	to->serves = what != IFTAB_LOST;
	to->any = true;
}

static void
check_told(uint32_t ifindex)
{
	struct iface *f = iftab_by_index(w.t, ifindex);
	struct told *to = &w.told[ifindex];

	assert(to->serves == serves(f));
	if (to->serves) {
		if (!to->any)
			assert(strcmp(to->name, f->link.name) == 0 &&
			    to->n_giaddr == f->n_giaddr &&
			    (!f->n_giaddr || ip4_eq(to->giaddr, f->giaddr[0].addr)));
		memcpy(to->name, f->link.name, sizeof(to->name));
		to->n_giaddr = f->n_giaddr;
		to->giaddr = f->n_giaddr ? f->giaddr[0].addr : IP4_NONE;
	}
	to->any = false;
}

static void
commit(bool all)
{
	iftab_commit(w.t, w.c, &host, all, on_change, NULL);
	for (uint32_t i = 1; i <= LINKS; i++)
		check_told(i);
}

/* --- the comparison --------------------------------------------------------- */

/* All that the packet path reads, but for what is a matter of history. */
static void
same_giaddrs(const struct iface *a, const struct iface *b)
{
	assert(a->n_giaddr == b->n_giaddr);
	for (unsigned i = 0; i < a->n_giaddr; i++) {
		const struct iface_giaddr *x = &a->giaddr[i], *y = &b->giaddr[i];

		assert(ip4_eq(x->addr, y->addr) && x->rai.len == y->rai.len);
		assert(memcmp(x->rai.value, y->rai.value, x->rai.len) == 0);
	}
}

static void
same6(const struct iface6 *a, const struct iface6 *b)
{
	assert(ip6_eq(a->local, b->local) && ip6_eq(a->own, b->own) && ip6_eq(a->link, b->link));
	assert(a->unnumbered == b->unnumbered && ip6_eq(a->virtual, b->virtual));
	assert(a->opts_len == b->opts_len && a->iid_at == b->iid_at && a->iid_len == b->iid_len);
	assert(!a->opts_len || memcmp(a->opts, b->opts, a->opts_len) == 0);
}

static void
same(const struct iface *a, const struct iface *b)
{
	assert(a->conf == b->conf && a->from_port == b->from_port && a->copy_of == b->copy_of);
	assert(memcmp(a->standby, b->standby, sizeof(a->standby)) == 0);
	assert(!a->conf || memcmp(a->asks, b->asks, sizeof(a->asks)) == 0);
	assert(ip4_eq(a->virtual, b->virtual) && ip4_eq(a->own, b->own));
	assert(memcmp(a->rule_bits, b->rule_bits, sizeof(a->rule_bits)) == 0);
	same_giaddrs(a, b);
	same6(&a->six, &b->six);
	for (enum family k = 0; k < FAMILIES; k++)
		assert(a->addr[k].n == b->addr[k].n);
	for (uint32_t i = 0; i < a->addr[FAMILY4].n; i++)	/* in order */
		assert(ip_eq(a->addr[FAMILY4].at[i].net.addr, b->addr[FAMILY4].at[i].net.addr));
}

static void
same_index(struct iftab *t, struct ipnet net)
{
	struct iface *a, *b;

	if (net.addr.version == 6) {
		assert(iftab_is_ours6(w.t, net.addr.v6) == iftab_is_ours6(t, net.addr.v6));
		assert(iftab_has_link(w.t, net.addr.v6) == iftab_has_link(t, net.addr.v6));
		assert(iftab_by_link(w.t, net.addr.v6, &a) == iftab_by_link(t, net.addr.v6, &b));
	} else {
		assert(iftab_is_ours(w.t, net.addr.v4) == iftab_is_ours(t, net.addr.v4));
		assert(iftab_is_local(w.t, net.addr.v4) == iftab_is_local(t, net.addr.v4));
		assert(iftab_by_giaddr(w.t, net.addr.v4, &a) ==
		    iftab_by_giaddr(t, net.addr.v4, &b));
	}
	assert(!a == !b && (!a || a->link.ifindex == b->link.ifindex));
}

static unsigned
find_addr(const struct real *r, enum family k, struct ipnet net)
{
	unsigned i = 0;

	while (i < r->n[k] && !(ip_eq(r->addr[k][i].net.addr, net.addr) &&
	    (k == FAMILY6 || r->addr[k][i].net.plen == net.plen)))
		i++;
	return i;
}

static void
set_links(struct iftab *t)
{
	for (uint32_t i = 1; i <= LINKS; i++)
		if (w.real[i].there)
			assert(iftab_set_link(t, &w.real[i].link) == 0);
}

static void
set_addrs(struct iftab *t)
{
	for (uint32_t i = 1; i <= LINKS; i++)
		for (enum family k = 0; k < FAMILIES; k++)
			for (unsigned a = 0; a < w.real[i].n[k]; a++)
				assert(iftab_set_addr(t, i, &w.real[i].addr[k][a]) == 0);
}

/* An IPv6 address that servers know an interface by stays until it cannot, so the new
 * table is told of it first: on that interface or, if it has none, on its ports. */
static void
set_kept(struct iftab *t, const struct iface *f)
{
	bool own = false;

	if (!f->conf || ip6_is_none(f->six.own))
		return;
	for (uint32_t i = f->link.ifindex, n = 0; n <= LINKS && !own; i = ++n) {
		const struct real *r = &w.real[i];
		struct ipnet net = { .addr = ip_of6(f->six.own) };
		unsigned at = find_addr(r, FAMILY6, net);

		if (at < r->n[FAMILY6])
			assert(iftab_set_addr(t, i, &r->addr[FAMILY6][at]) == 0);
		own = at < r->n[FAMILY6] && i == f->link.ifindex;
	}
}

/* The table, which has heard everything, and one that is new. */
static void
compare(void)
{
	struct iftab *t = iftab_new();

	assert(t);
	set_links(t);
	for (struct iface *f = iftab_next(w.t, 0); f; f = iftab_next(w.t, f->link.ifindex))
		set_kept(t, f);
	iftab_commit(t, w.c, &host, true, NULL, NULL);
	set_addrs(t);
	iftab_commit(t, w.c, &host, false, NULL, NULL);
	assert(iftab_count(w.t) == iftab_count(t));
	for (uint32_t i = 1; i <= LINKS; i++) {
		struct iface *a = iftab_by_index(w.t, i), *b = iftab_by_index(t, i);

		assert(!a == !b && iftab_client(w.t, i) == iftab_client(t, i));
		if (a)
			same(a, b);
	}
	for (unsigned i = 0; i < ADDRS; i++)
		same_index(t, net_of(i));
	iftab_free(t);
}

/* --- events ------------------------------------------------------------------ */

static void
tell_link(uint32_t ifindex)
{
	struct real *r = &w.real[ifindex];

	r->late = false;
	if (!w.deaf)
		assert(iftab_set_link(w.t, &r->link) == 0);
}

static void
tell_late_links(void)
{
	for (uint32_t i = 1; i <= LINKS; i++)
		if (w.real[i].late)
			tell_link(i);
}

static void
full_read(void)
{
	for (uint32_t i = 1; i <= LINKS; i++)
		w.real[i].late = false;
	w.deaf = false;
	iftab_resync_begin(w.t);
	set_links(w.t);
	set_addrs(w.t);
	iftab_resync_end(w.t);
}

/* Is one stacked on the other, or the same? */
static bool
is_above(uint32_t upper, uint32_t ifindex, int depth)
{
	if (upper == ifindex || depth > LINKS)
		return true;
	for (uint32_t i = 1; i <= LINKS; i++)
		if (w.real[i].there && (w.real[i].link.lower == ifindex ||
		    w.real[ifindex].link.master == i) && is_above(upper, i, depth + 1))
			return true;
	return false;
}

static void
change_link(uint32_t ifindex, const uint8_t how[4], bool late)
{
	struct real *r = &w.real[ifindex];
	struct iftab_link *l = &r->link;
	uint32_t master = how[1] & 15, lower = how[1] >> 4;

	if (!r->there)
		*r = (struct real){ .there = true, .link = { .ifindex = ifindex, .hwtype = 1,
			.mac_len = 6, .mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex },
			.kind = (enum iftab_kind)(how[2] % (IFTAB_MACVLAN + 1)) } };
	l->up = how[0] & 1;
	l->running = how[0] & 2;
	l->loopback = (how[0] & 12) == 12;
	l->vlan = how[3] >> 4;
	l->mtu = how[0] & 16 ? 1500 : 9000;
	snprintf(l->name, sizeof(l->name), "%s", names[how[3] % 8]);
	l->master = l->lower = 0;
	if (master && master <= LINKS && w.real[master].there &&
	    w.real[master].link.kind >= IFTAB_BRIDGE &&
	    w.real[master].link.kind <= IFTAB_VRF && !is_above(ifindex, master, 0))
		l->master = master;
	if (lower && lower <= LINKS && l->kind == IFTAB_MACVLAN && w.real[lower].there &&
	    w.real[lower].link.kind != IFTAB_MACVLAN && !is_above(lower, ifindex, 0))
		l->lower = lower;
	r->late = true;
	if (!late)
		tell_link(ifindex);
}

/* The kernel frees its ports, before or after we hear that it is gone. */
static void
remove_link(uint32_t ifindex, bool first)
{
	if (first && !w.deaf)
		iftab_del_link(w.t, ifindex);
	w.real[ifindex] = (struct real){ .there = false };
	for (uint32_t i = 1; i <= LINKS; i++) {
		struct iftab_link *l = &w.real[i].link;

		if (!w.real[i].there || (l->master != ifindex && l->lower != ifindex))
			continue;
		l->master = l->master == ifindex ? 0 : l->master;
		l->lower = l->lower == ifindex ? 0 : l->lower;
		tell_link(i);
	}
	if (!first && !w.deaf)
		iftab_del_link(w.t, ifindex);
}

static void
cut_addr(struct real *r, enum family k, unsigned at)
{
	struct iftab_addr *a = r->addr[k];

	memmove(a + at, a + at + 1, (--r->n[k] - at) * sizeof(*a));
}

/* A secondary address that becomes a primary one moves to the end. */
static void
change_addr(uint32_t ifindex, struct ipnet net, uint8_t flags)
{
	struct real *r = &w.real[ifindex];
	enum family k = ip_family(net.addr);
	unsigned at = find_addr(r, k, net);
	struct iftab_addr a = { .net = net, .permanent = true };

	if (k == FAMILY4) {
		a.secondary = flags & 1;
		a.link_scope = flags & 2;
	} else {
		a.unusable = flags & 1;
		a.temporary = flags & 2;
		a.deprecated = flags & 4;
	}
	if (at < r->n[k] && r->addr[k][at].secondary && !a.secondary) {
		cut_addr(r, k, at);
		at = r->n[k];
	}
	r->n[k] += at == r->n[k];
	r->addr[k][at] = a;
	if (!w.deaf)
		assert(iftab_set_addr(w.t, ifindex, &a) == 0);
}

static void
remove_addr(uint32_t ifindex, struct ipnet net)
{
	struct real *r = &w.real[ifindex];
	enum family k = ip_family(net.addr);
	unsigned at = find_addr(r, k, net);

	if (at == r->n[k])
		return;
	cut_addr(r, k, at);
	if (!w.deaf)
		iftab_del_addr(w.t, ifindex, net);
}

static void
happens(enum event what, uint32_t ifindex, const uint8_t how[4])
{
	switch (what) {
	case LINK:
	case LINK_LATE:
		change_link(ifindex, how, what == LINK_LATE);
		break;
	case LINK_GONE:
		remove_link(ifindex, how[0] & 1);
		break;
	case ADDR:
		if (w.real[ifindex].there)
			change_addr(ifindex, net_of(how[0] % ADDRS), how[1]);
		break;
	case ADDR_GONE:
		remove_addr(ifindex, net_of(how[0] % ADDRS));
		break;
	case COMMIT:
		commit(false);
		break;
	case LOSE:
		w.deaf = true;
		break;
	case CONF:
		w.c = conf[how[0] % CONFS];
		commit(true);
		break;
	case RESYNC:
		full_read();
		break;
	case CHECK:
	case EVENTS:
		if (w.deaf)
			full_read();
		tell_late_links();
		commit(false);
		compare();
		break;
	}
}

static void
run(struct rd *in)
{
	memset(&w, 0, sizeof(w));
	w.t = iftab_new();
	assert(w.t);
	w.c = conf[rd_u8(in) % CONFS];
	commit(true);
	for (unsigned i = 0; i < EVENTS_MAX && rd_left(in) >= 6; i++) {
		enum event what = (enum event)(rd_u8(in) % EVENTS);
		uint32_t ifindex = 1 + rd_u8(in) % LINKS;

		happens(what, ifindex, rd_bytes(in, 4));
	}
	happens(CHECK, 1, NULL);
	iftab_free(w.t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_init(data, len);

	for (unsigned i = 0; i < CONFS; i++)
		if (!conf[i])
			conf[i] = conffile_parse(confs[i], strlen(confs[i]), on_mistake, NULL);
	if (len % 6 == 1)	/* others end in half an event */
		run(&in);
	return 0;
}
