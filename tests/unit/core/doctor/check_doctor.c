/* SPDX-License-Identifier: ISC
 *
 * A run of the doctor with a fake clock and servers that behave as `srv` says:
 * which queries are sent when, and the findings. t-doctor.sh uses real servers.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *doctor_suite(void);

#define SERVERS_MAX	4

enum does { SILENT, ANSWERS, REFUSES };

/* A server, by its index in the configuration. */
static struct srv {
	enum does discover, p4011;
	unsigned kinds;		/* which get offers */
	unsigned plain;		/* of these, which get no boot information */
	bool ping, ping_giaddr;
	const char *from;	/* source of its replies; NULL: its address */
	enum drop why;		/* the relay's verdict on its replies */
	const char *yiaddr, *router, *mask, *siaddr;
	const char *class;	/* option 60 */
	const char *file, *file4011;
	unsigned late_ms;	/* delay of the offer */
} srv[SERVERS_MAX];

static struct world *w;
static struct doctor *d;
static enum does tftp;		/* of all servers, for every file */
static const void *block;	/* ... the response */
static size_t block_len;
static bool arp_answers;
static bool second_only;	/* servers know only the second giaddr's subnet */
static unsigned n_asked[DOCTOR_WHATS];
static struct doctor_ask last[DOCTOR_WHATS];
static char last_path[BOOTFILE_MAX];

#define HEALTHY "[relay]\noption82 = add\n" \
	"[server a]\naddress = 198.51.100.10\n" \
	"[server b]\naddress = 198.51.100.21\n" \
	"[interface vlan10]\ndhcp = a\nboot = b\n"
#define PLAIN "[server a]\naddress = 198.51.100.10\n" \
	"[interface vlan10]\nservers = a\n"

static const uint8_t raw_block[] = "\0\3\0\1\xeb\x3c\x90NBP";
static uint8_t x64_block[4 + 512] = "\0\3\0\1MZ";

static const struct srv lease = {
	.discover = ANSWERS, .kinds = 15, .ping = true, .ping_giaddr = true,
	.yiaddr = "192.0.2.50", .router = "192.0.2.1", .mask = "255.255.255.128",
};
static const struct srv booter = {
	.discover = ANSWERS, .p4011 = ANSWERS, .kinds = 7, .ping = true,
	.ping_giaddr = true, .siaddr = "198.51.100.21", .class = "PXEClient",
	.file = "nbp", .file4011 = "nbp",
};

static void
open_world(const char *conf)
{
	struct hash_key secret = { { 5, 6 } };

	w = world_new(conf, 64);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/25");
	for (unsigned i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = ip_of4(world_ip("198.51.100.1"));
	memset(srv, 0, sizeof(srv));
	memset(n_asked, 0, sizeof(n_asked));
	memset(last, 0, sizeof(last));
	srv[0] = lease;
	srv[1] = booter;
	tftp = ANSWERS;
	block = raw_block;
	block_len = sizeof(raw_block);
	arp_answers = false;
	(void)secret;
}

static void
begin(void)
{
	struct hash_key secret = { { 5, 6 } };

	d = doctor_new(&w->r4, 10, "vlan10", 3, secret, w->now);
	ck_assert_ptr_nonnull(d);
}

static void
close_world(void)
{
	d = doctor_free(d);
	world_free(w);
}

static void
put_ip(struct msg *m, uint8_t code, const char *text)
{
	if (text)
		msg_opt_u32(m, code, world_ip(text).host);
}

static void
reply(struct msg *m, const struct srv *s, uint32_t xid, uint8_t type,
    const char *file, bool plain)
{
	msg_init(m, BOOTREPLY);
	dhcp4_put_ip4(m->b, DHCP4_OFF_XID, (struct ip4){ xid });
	if (s->yiaddr && type == DHCP4_OFFER)
		dhcp4_put_ip4(m->b, DHCP4_OFF_YIADDR, world_ip(s->yiaddr));
	if (s->siaddr && !plain)
		dhcp4_put_ip4(m->b, DHCP4_OFF_YIADDR + 4, world_ip(s->siaddr));
	msg_opt_u8(m, DHCP4_OPT_TYPE, type);
	put_ip(m, 1, s->mask);
	put_ip(m, DHCP4_OPT_ROUTER, s->router);
	if (s->class && !plain)
		msg_opt_text(m, DHCP4_OPT_VENDOR_CLASS, s->class);
	if (file && !plain)
		msg_opt_text(m, DHCP4_OPT_BOOTFILE, file);
	msg_end(m);
}

static struct ip4
source(uint16_t server)
{
	return srv[server].from ? world_ip(srv[server].from) :
	    ip_v4(w->conf->server[server].address);
}

static void
offer(uint16_t server, uint32_t xid)
{
	static struct msg m;
	struct dhcp4 v;

	reply(&m, &srv[server], xid, DHCP4_OFFER, srv[server].file,
	    srv[server].plain >> doctor_find(d, xid)->kind & 1);
	ck_assert_int_eq(dhcp4_parse(&v, m.b, m.len), DROP_NONE);
	ck_assert(doctor_offered(d, &v, source(server), srv[server].why, w->now));
}

/* late offers that have not arrived yet */
static struct {
	uint16_t server;
	uint32_t xid;
	struct mono at;
} late[64];
static unsigned n_late;

static void
discover(const struct doctor_ask *a)
{
	struct srv *s = &srv[a->server];

	if (s->discover == REFUSES)
		ck_assert(doctor_server_error(d, a->server, ECONNREFUSED));
	if (s->discover != ANSWERS || !(s->kinds >> a->msg.kind & 1) ||
	    (second_only && ip4_eq(a->giaddr, d->giaddr[0].addr)))
		return;
	if (!s->late_ms) {
		offer(a->server, a->token);
		return;
	}
	late[n_late].server = a->server;
	late[n_late].xid = a->token;
	late[n_late++].at = mono_add_ms(w->now, s->late_ms);
}

static void
answer_4011(const struct doctor_ask *a)
{
	static struct msg m;
	uint16_t server = servers_find4(&w->servers, ip_v4(a->to));

	if (server == CONF_NONE || srv[server].p4011 == SILENT)
		return;
	if (srv[server].p4011 == REFUSES) {
		doctor_failed(d, a->token, ECONNREFUSED);
		return;
	}
	reply(&m, &srv[server], a->token, DHCP4_ACK, srv[server].file4011,
	    false);
	ck_assert(doctor_answer(d, a->token, m.b, m.len, a->to, w->now));
}

static void
answer(const struct doctor_ask *a)
{
	uint16_t server = servers_find4(&w->servers, ip_v4(a->to));

	switch (a->what) {
	case DOCTOR_DISCOVER:
		discover(a);
		break;
	case DOCTOR_PING:
		if (srv[server].ping)
			ck_assert(doctor_answer(d, a->token, NULL, 0, a->to,
			    w->now));
		break;
	case DOCTOR_PING_GIADDR:
		if (srv[server].ping_giaddr)
			ck_assert(doctor_answer(d, a->token, NULL, 0, a->to,
			    w->now));
		break;
	case DOCTOR_4011:
		answer_4011(a);
		break;
	case DOCTOR_FILE:
		snprintf(last_path, sizeof(last_path), "%s", a->file->path);
		if (tftp == ANSWERS)
			ck_assert(doctor_answer(d, a->token, block, block_len,
			    a->to, w->now));
		else if (tftp == REFUSES)
			doctor_failed(d, a->token, ECONNREFUSED);
		break;
	case DOCTOR_ARP:
		if (arp_answers)
			ck_assert(doctor_answer(d, a->token, NULL, 0, a->to,
			    w->now));
		break;
	case DOCTOR_LISTEN:
	case DOCTOR_ROUTERS:
	case DOCTOR_WHATS:
		break;
	}
}

static void
step(void)
{
	struct doctor_ask a;

	for (unsigned i = 0; i < n_late; i++)
		if (late[i].at.us && !mono_before(w->now, late[i].at)) {
			late[i].at = mono_us(0);
			offer(late[i].server, late[i].xid);
		}
	while (doctor_next(d, w->now, &a)) {
		n_asked[a.what]++;
		last[a.what] = a;
		answer(&a);
	}
	world_wait_ms(w, 10);
}

/* Returns the duration in ms. */
static int64_t
finish(void)
{
	struct mono from = w->now;

	n_late = 0;
	while (!doctor_done(d, w->now))
		step();
	return mono_diff_ms(w->now, from);
}

static int64_t
run(void)
{
	begin();
	return finish();
}

static const struct doctor_finding *
found_at(const char *code, enum finding_level level)
{
	for (unsigned i = 0; i < d->n_finding; i++)
		if (strcmp(finding_row(d->finding[i].what)->code, code) == 0 &&
		    d->finding[i].level >= level)
			return &d->finding[i];
	return NULL;
}

static const struct doctor_finding *
found(const char *code)
{
	return found_at(code, FINDING_LEVEL_OK);
}

/* the kinds for which the finding is only a warning */
static unsigned
warned(const char *code)
{
	unsigned kinds = 0;

	for (unsigned i = 0; i < d->n_finding; i++)
		if (strcmp(finding_row(d->finding[i].what)->code, code) == 0 &&
		    d->finding[i].level == FINDING_LEVEL_WARN)
			kinds |= d->finding[i].kinds;
	return kinds;
}

/* Exactly these findings must be failures, in this order. */
static void
fails(const char *codes)
{
	char text[512] = "";

	for (unsigned i = 0; i < d->n_finding; i++) {
		const struct finding_row *r = finding_row(d->finding[i].what);

		if (d->finding[i].level == FINDING_LEVEL_FAIL &&
		    !strstr(text, r->code))
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
			    "%s%s", *text ? " " : "", r->code);
	}
	ck_assert_str_eq(text, codes);
	ck_assert_int_eq(d->worst == FINDING_LEVEL_FAIL, *codes != '\0');
}

/* --- good health
 * -------------------------------------------------------------------- */

START_TEST(nothing_fails_if_all_is_well)
{
	int64_t ms;

	open_world(HEALTHY);
	ms = run();
	/* one raw file for all kinds, which UEFI cannot boot */
	fails("wrong-file");
	ck_assert_uint_eq(found_at("wrong-file", FINDING_LEVEL_FAIL)->kinds,
	    1 << CLIENTMSG_X64);
	ck_assert_uint_eq(warned("wrong-file"), 1 << CLIENTMSG_ARM64);
	ck_assert_uint_eq(found("file-found")->kinds, 1);
	ck_assert_str_eq(found("selected")->detail, "dhcp: a; boot: b");
	ck_assert_uint_eq(found("selected")->kinds, 15);
	ck_assert_str_eq(found("serves-clients")->detail, "giaddr 192.0.2.1");
	ck_assert_ptr_nonnull(found("reachable"));
	ck_assert_str_eq(found("router")->detail, "this host");
	ck_assert_ptr_nonnull(found("no-rogue-server"));
	ck_assert_uint_eq(found("no-boot-offer")->kinds, 1 << CLIENTMSG_HTTP);
	/* the boot server does not answer HTTP boot, so the run waits for it */
	ck_assert_int_le(ms, 5100);
	close_world();
}
END_TEST

START_TEST(each_kind_queries_its_servers_with_the_giaddr)
{
	open_world(HEALTHY);
	srv[1].kinds = 15;
	run();
	ck_assert_uint_eq(n_asked[DOCTOR_DISCOVER], 8);
	ck_assert(ip4_eq(last[DOCTOR_DISCOVER].giaddr, world_ip("192.0.2.1")));
	ck_assert_uint_gt(last[DOCTOR_DISCOVER].rai->len, 0);
	ck_assert_uint_eq(n_asked[DOCTOR_PING], 2);
	ck_assert_uint_eq(n_asked[DOCTOR_PING_GIADDR], 2);
	ck_assert(ip_eq(last[DOCTOR_PING_GIADDR].source, world_at("192.0.2.1")));
	ck_assert(ip_eq(last[DOCTOR_PING].source, world_at("198.51.100.1")));
	ck_assert_uint_eq(n_asked[DOCTOR_LISTEN], 2);
	ck_assert_uint_eq(n_asked[DOCTOR_4011], 3);	/* not HTTP boot */
	ck_assert_uint_eq(n_asked[DOCTOR_FILE], 1);	/* the same for all kinds */
	ck_assert(ip_eq(last[DOCTOR_FILE].source, world_at("192.0.2.1")));
	ck_assert_uint_eq(doctor_slot(last[DOCTOR_DISCOVER].token), 3);
	/* the relay's own state is unchanged */
	ck_assert_uint_eq(clients_count(w->r4.clients), 0);
	ck_assert_uint_eq(w->stats.counter[COUNTER_REQUESTS], 0);
	close_world();
}
END_TEST

START_TEST(a_server_that_pings_before_it_offers_is_waited_for)
{
	open_world(PLAIN);
	srv[0].late_ms = 3100;
	run();
	fails("");
	ck_assert_ptr_nonnull(found("offers"));
	close_world();
}
END_TEST

START_TEST(an_offer_longer_than_the_mtu_is_noticed)
{
	struct iftab_link l = {
		.ifindex = 10, .up = true, .running = true, .hwtype = 1, .mac_len = 6,
		.mac = { 2, 0, 0, 0, 0, 10 }, .mtu = 280,
	};

	open_world(PLAIN);
	snprintf(l.name, sizeof(l.name), "vlan10");
	ck_assert_int_ge(iftab_set_link(w->iftab, &l), 0);
	run();
	ck_assert_str_eq(found("offer-in-fragments")->detail, "MTU 280");
	close_world();
	open_world(PLAIN);
	run();
	ck_assert_ptr_null(found("offer-in-fragments"));
	close_world();
}
END_TEST

START_TEST(rules_select_the_servers)
{
	open_world("[server a]\naddress = 198.51.100.10\n"
	    "[server b]\naddress = 198.51.100.21\n[group b]\nservers = b\n"
	    "[interface vlan10]\ndhcp = a\n"
	    "[rule old]\narch = bios\nboot = b\n"
	    "[rule no]\narch = uefi-arm64\naction = drop\n"
	    "[rule chain]\nuser-class = iPXE\nboot = c\n"
	    "[server c]\naddress = 198.51.100.22\n[group c]\nservers = c\n");
	srv[2] = booter;
	run();
	ck_assert_uint_eq(found("dropped-by-rule")->kinds, 1 << CLIENTMSG_ARM64);
	ck_assert_str_eq(d->finding[1].detail, "rule old; dhcp: a; boot: b");
	ck_assert_uint_eq(d->finding[1].kinds, 1 << CLIENTMSG_BIOS);
	/* a: bios, x64, http; b: bios; c, which no kind selects: all */
	ck_assert_uint_eq(d->n_server, 3);
	ck_assert_uint_eq(d->server[0].dhcp, 11);
	ck_assert_uint_eq(d->server[1].boot, 1);
	ck_assert_uint_eq(d->server[2].boot | d->server[2].dhcp, 0);
	ck_assert_uint_eq(d->server[2].queried, 15);
	doctor_free(d);
	srv[2].discover = SILENT;
	run();
	ck_assert_uint_eq(found("other-machines-only")->server, 2);
	ck_assert_ptr_null(found("boot-server-silent"));
	close_world();
}
END_TEST

START_TEST(each_giaddr_is_used)
{
	open_world("[interface vlan10]\nservers = 198.51.100.10\ngiaddr = all\n");
	world_addr(w, 10, "203.0.113.1/24");
	srv[0].yiaddr = "203.0.113.50";
	srv[0].router = "203.0.113.1";
	srv[0].mask = "255.255.255.0";
	second_only = true;
	run();
	second_only = false;
	fails("");
	ck_assert_str_eq(found("serves-clients")->detail,
	    "giaddr 192.0.2.1 203.0.113.1");
	/* four kinds, each with three unanswered tries and an answered one */
	ck_assert_uint_eq(n_asked[DOCTOR_DISCOVER], 16);
	ck_assert(doctor_has_giaddr(d, world_ip("203.0.113.1")));
	ck_assert(!doctor_has_giaddr(d, world_ip("203.0.113.2")));
	close_world();
}
END_TEST

/* --- the interface
 * --------------------------------------------------------------------- */

START_TEST(an_interface_that_cannot_serve_says_why)
{
	struct hash_key secret = { { 5, 6 } };

	open_world(PLAIN);
	world_link(w, 11, "other");
	d = doctor_new(&w->r4, 11, "other", 0, secret, w->now);
	ck_assert(doctor_done(d, w->now));
	fails("not-configured");
	doctor_free(d);
	d = doctor_new(&w->r4, 0, "nosuch", 0, secret, w->now);
	ck_assert(doctor_done(d, w->now));
	fails("not-configured");
	doctor_free(d);
	world_link_down(w, 10, "vlan10");
	run();
	fails("interface-down");
	close_world();
}
END_TEST

START_TEST(an_interface_without_an_address_has_no_giaddr)
{
	open_world("[interface vlan*]\nservers = 198.51.100.10\n");
	world_link(w, 12, "vlan12");
	d = doctor_new(&w->r4, 12, "vlan12", 0, (struct hash_key){ { 1, 2 } },
	    w->now);
	ck_assert(doctor_done(d, w->now));
	fails("no-giaddr");
	close_world();
}
END_TEST

START_TEST(a_giaddr_that_is_not_ours_gets_no_answers)
{
	open_world("[interface vlan10]\nservers = 198.51.100.10\ngiaddr = 192.0.2.9\n");
	srv[0].discover = SILENT;
	run();
	ck_assert_ptr_nonnull(found("giaddr-not-local"));
	ck_assert_uint_eq(n_asked[DOCTOR_PING_GIADDR], 0);
	close_world();
}
END_TEST

/* --- silence
 * ------------------------------------------------------------------------------ */

static const struct {
	const char *what;
	struct srv s;
	const char *fails;
} silences[] = {
	{ "nobody listens", { .discover = REFUSES, .ping = true,
	    .ping_giaddr = true },
	    "port-closed no-address" },
	{ "the host is dead", { .discover = SILENT }, "host-silent no-address" },
	{ "a firewall before it", { .discover = SILENT, .ping_giaddr = true },
	    "source-unreachable no-address" },
	{ "no way back", { .discover = SILENT, .ping = true },
	    "giaddr-unreachable no-address" },
	{ "no pool, or a firewall", { .discover = SILENT, .ping = true,
	    .ping_giaddr = true },
	    "no-offer no-address" },
	{ "the relay refuses it", { .discover = ANSWERS, .kinds = 15,
	    .why = DROP_NOT_SERVER, .from = "198.51.100.99" }, "reply-from-other-address no-address" },
};

START_TEST(silence_has_its_nearest_cause)
{
	open_world(PLAIN);
	srv[0] = silences[_i].s;
	run();
	fails(silences[_i].fails);
	ck_assert_ptr_null(found("no-boot-offer"));
	close_world();
}
END_TEST

START_TEST(the_dropped_reply_is_named)
{
	open_world(PLAIN);
	srv[0].why = DROP_NOT_SERVER;
	srv[0].from = "198.51.100.99";
	run();
	ck_assert_str_eq(found("reply-from-other-address")->detail,
	    "from 198.51.100.99: not-server");
	close_world();
}
END_TEST

START_TEST(a_server_that_serves_others_has_no_pool_here)
{
	open_world(PLAIN);
	srv[0].discover = SILENT;
	w->servers.health[0].last_reply = w->now;
	world_wait_ms(w, 60000);
	run();
	fails("no-pool no-address");
	close_world();
}
END_TEST

START_TEST(without_a_route_nothing_is_sent)
{
	open_world(PLAIN);
	w->servers.source[0] = IP_NONE;
	run();
	fails("no-route no-address");
	doctor_free(d);
	w->servers.health[0].diag = HEALTH_DIAG_NOT_A_HOST;
	run();
	fails("not-a-host no-address");
	ck_assert_uint_eq(n_asked[DOCTOR_DISCOVER], 0);
	close_world();
}
END_TEST

START_TEST(a_missing_host_is_unreachable)
{
	struct doctor_ask a;

	open_world(PLAIN);
	begin();
	while (doctor_next(d, w->now, &a))
		if (a.what == DOCTOR_DISCOVER)
			doctor_failed(d, a.token, EHOSTUNREACH);
	srv[0] = (struct srv){ .discover = SILENT };
	finish();
	fails("host-unreachable no-address");
	close_world();
}
END_TEST

START_TEST(a_full_buffer_is_not_an_answer)
{
	struct doctor_ask a;

	open_world(PLAIN);
	begin();
	while (doctor_next(d, w->now, &a))
		doctor_failed(d, a.token, EAGAIN);
	finish();
	fails("");
	close_world();
}
END_TEST

START_TEST(a_drained_server_and_one_believed_down_are_queried_too)
{
	open_world(HEALTHY);
	w->servers.health[0].drained = true;
	w->servers.health[1].state = HEALTH_DOWN;
	w->servers.health[1].diag = HEALTH_DIAG_PROBE_TFTP;
	srv[1].kinds = 1;
	run();
	fails("");
	ck_assert_uint_eq(found("drained")->server, 0);
	ck_assert_str_eq(found("believed-down")->detail, "tftp-timeout");
	close_world();
}
END_TEST

START_TEST(a_boot_server_may_be_silent_for_a_kind)
{
	open_world(HEALTHY);
	srv[1].kinds = 1 << CLIENTMSG_BIOS;
	run();
	fails("");
	/* no other server replies either, so this is reported once */
	ck_assert_ptr_null(found("kind-not-served"));
	ck_assert_uint_eq(found("no-boot-offer")->kinds, 14);
	srv[1].kinds = 0;
	doctor_free(d);
	run();
	fails("boot-server-silent nothing-to-boot");
	close_world();
}
END_TEST

/* --- addresses
 * ------------------------------------------------------------------------------ */

START_TEST(a_lease_without_router_cannot_leave_the_vlan)
{
	open_world(PLAIN);
	srv[0].router = NULL;
	run();
	fails("");
	ck_assert_uint_ne(warned("no-router"), 0);
	doctor_free(d);
	srv[0].siaddr = "198.51.100.21";
	srv[0].file = "nbp";
	srv[0].plain = 14;
	run();
	fails("no-router");
	doctor_free(d);
	srv[0].siaddr = "192.0.2.9";	/* on the VLAN itself */
	run();
	fails("");
	close_world();
}
END_TEST

START_TEST(a_router_must_answer)
{
	open_world(PLAIN);
	srv[0].router = "192.0.2.100";
	run();
	fails("router-silent");
	ck_assert(ip_eq(last[DOCTOR_ARP].to, world_at("192.0.2.100")));
	doctor_free(d);
	arp_answers = true;
	run();
	fails("");
	doctor_free(d);
	srv[0].router = "203.0.113.1";
	run();
	fails("router-outside-subnet");
	close_world();
}
END_TEST

START_TEST(an_address_of_another_subnet_is_wrong)
{
	open_world(PLAIN);
	srv[0].yiaddr = "192.0.2.200";
	srv[0].router = "192.0.2.129";
	arp_answers = true;
	run();
	fails("wrong-subnet");
	close_world();
}
END_TEST

START_TEST(two_servers_must_agree)
{
	open_world("[interface vlan10]\nservers = 198.51.100.10, 198.51.100.11\n");
	srv[1] = srv[0];
	srv[1].yiaddr = "192.0.2.60";
	run();
	fails("");
	ck_assert_ptr_null(found("same-address"));
	doctor_free(d);
	srv[1].yiaddr = srv[0].yiaddr;
	run();
	fails("");
	ck_assert_ptr_nonnull(found("same-address"));
	doctor_free(d);
	srv[1].router = "192.0.2.2";
	arp_answers = true;
	run();
	fails("servers-disagree");
	ck_assert_str_eq(found("servers-disagree")->detail,
	    "198.51.100.10: 192.0.2.50 mask 255.255.255.128 router 192.0.2.1; "
	    "198.51.100.11: 192.0.2.50 mask 255.255.255.128 router 192.0.2.2");
	close_world();
}
END_TEST

START_TEST(servers_of_dhcpv6_need_a_link_address)
{
	open_world("[interface vlan10]\nservers = 2001:db8::10, 198.51.100.10\n");
	srv[1] = srv[0];
	srv[0] = (struct srv){ 0 };
	run();
	ck_assert_uint_eq(d->n_server, 1);
	ck_assert_uint_eq(d->server[0].index, 1);
	fails("no-link-address");
	close_world();
}
END_TEST

START_TEST(addresses_of_a_proxy_are_not_counted)
{
	open_world("[server b]\naddress = 198.51.100.21\noffers = proxy-only\n"
	    "[interface vlan10]\nservers = b\n");
	srv[0] = lease;
	run();
	fails("no-address");
	ck_assert_ptr_nonnull(found("proxy-offers-address"));
	close_world();
}
END_TEST

/* --- port 4011
 * -------------------------------------------------------------------------------- */

static const struct {
	const char *what, *conf;
	struct srv a, b;
	const char *fails, *warns;
} p4011[] = {
	{ "option 60 was left on the DHCP server", PLAIN,
	    { .class = "PXEClient", .p4011 = REFUSES }, { .discover = SILENT },
	    "option60-without-4011", NULL },
	{ "... but strip-pxe-from takes it away",
	    "[relay]\nstrip-pxe-from = dhcp\n" PLAIN, { .class = "PXEClient",
	    .p4011 = REFUSES }, { .discover = SILENT }, "", NULL },
	{ "... and it names a file", PLAIN,
	    { .class = "PXEClient", .p4011 = REFUSES, .file = "#!", .siaddr = "198.51.100.10" },
	    { .discover = SILENT }, "", "4011-unanswered" },
	{ "a boot server without a file and 4011", HEALTHY, { .class = NULL },
	    { .class = "PXEClient", .p4011 = REFUSES }, "4011-closed", NULL },
	{ "... and silent there", HEALTHY, { .class = NULL },
	    { .class = "PXEClient", .p4011 = SILENT }, "4011-silent", NULL },
	{ "... or has no file there", HEALTHY, { .class = NULL },
	    { .class = "PXEClient", .p4011 = ANSWERS }, "4011-no-file", NULL },
	{ "... or has", HEALTHY, { .class = NULL },
	    { .class = "PXEClient", .p4011 = ANSWERS, .file4011 = "#!" }, "",
	    "4011-answers" },
	{ "a boot server with a file needs none", HEALTHY, { .class = NULL },
	    { .class = "PXEClient", .p4011 = SILENT, .file = "#!" }, "",
	    "4011-unanswered" },
};

START_TEST(port_4011_is_queried_as_by_firmware)
{
	static const uint8_t script[] = "\0\3\0\1#!ipxe";

	open_world(p4011[_i].conf);
	block = script;
	block_len = sizeof(script);
	srv[0].class = p4011[_i].a.class;
	srv[0].p4011 = p4011[_i].a.p4011;
	srv[0].file = p4011[_i].a.file;
	srv[0].siaddr = p4011[_i].a.siaddr;
	srv[0].plain = 1 << CLIENTMSG_HTTP;
	srv[1] = p4011[_i].b;
	srv[1].discover = ANSWERS;
	srv[1].kinds = 7;
	srv[1].ping = srv[1].ping_giaddr = true;
	run();
	fails(p4011[_i].fails);
	if (p4011[_i].warns)
		ck_assert_ptr_nonnull(found(p4011[_i].warns));
	close_world();
}
END_TEST

/* dnsmasq replies to ARM64 machines, but has files only for configured services. */
START_TEST(a_kind_without_a_file_may_be_intended)
{
	open_world(HEALTHY);
	srv[1].file = NULL;
	srv[1].plain = 1 << CLIENTMSG_ARM64;	/* neither in offers nor on 4011 */
	block = "\0\3\0\1#!";
	block_len = 6;
	run();
	fails("");
	ck_assert_uint_eq(warned("no-boot-file"), 1 << CLIENTMSG_ARM64);
	close_world();
}
END_TEST

START_TEST(uefi_queries_the_next_server_and_a_rom_the_offering_one)
{
	open_world(HEALTHY);
	srv[1].siaddr = "198.51.100.77";
	srv[1].file = NULL;
	srv[1].kinds = 1 << CLIENTMSG_X64;
	run();
	ck_assert(ip_eq(last[DOCTOR_4011].to, world_at("198.51.100.77")));
	ck_assert(ip4_is_none(last[DOCTOR_4011].id));
	fails("4011-silent");
	ck_assert(ip_eq(found("4011-silent")->address, world_at("198.51.100.77")));
	doctor_free(d);
	srv[1].kinds = 1 << CLIENTMSG_BIOS;
	run();
	ck_assert(ip_eq(last[DOCTOR_4011].to, world_at("198.51.100.21")));
	close_world();
}
END_TEST

START_TEST(an_answer_to_port_68_is_the_wrong_port)
{
	open_world(HEALTHY);
	srv[1].p4011 = SILENT;
	srv[1].file = NULL;
	srv[1].kinds = 2;
	begin();
	for (int i = 0; i < 10; i++)
		step();
	doctor_wrong_port(d, last[DOCTOR_4011].token);
	finish();
	fails("4011-wrong-port");
	close_world();
}
END_TEST

/* PXE 2.1: the first entry of a menu is requested from its list of servers. */
START_TEST(a_rom_requests_the_first_entry_of_the_menu)
{
	static struct msg m;
	struct doctor_ask a;
	struct dhcp4 v;

	open_world(HEALTHY);
	begin();
	while (doctor_next(d, w->now, &a)) {
		if (a.what == DOCTOR_4011)
			break;
		if (a.what != DOCTOR_DISCOVER || a.server != 1 ||
		    a.msg.kind != CLIENTMSG_BIOS)
			continue;
		msg_init(&m, BOOTREPLY);
		dhcp4_put_ip4(m.b, DHCP4_OFF_XID, (struct ip4){ a.token });
		msg_opt_u8(&m, DHCP4_OPT_TYPE, DHCP4_OFFER);
		msg_opt_text(&m, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
		msg_opt_hex(&m, DHCP4_OPT_VENDOR_INFO,
		    "06 01 03  08 07 8000 01 c6336442  09 08 8000 05 4c696e7578 ff");
		msg_end(&m);
		ck_assert_int_eq(dhcp4_parse(&v, m.b, m.len), DROP_NONE);
		doctor_offered(d, &v, world_ip("198.51.100.21"), DROP_NONE, w->now);
	}
	ck_assert_int_eq(a.what, DOCTOR_4011);
	ck_assert_int_eq(a.item, 0x8000);
	ck_assert(ip_eq(a.to, world_at("198.51.100.66")));
	close_world();
}
END_TEST

/* --- files
 * --------------------------------------------------------------------------------------- */

START_TEST(a_file_is_read_and_its_type_checked)
{
	x64_block[4 + 0x3c] = 0x80;
	memcpy(&x64_block[4 + 0x80], "PE\0\0\x64\x86", 6);
	open_world(HEALTHY);
	block = x64_block;
	block_len = sizeof(x64_block);
	run();
	fails("wrong-file");
	ck_assert_uint_eq(found_at("wrong-file", FINDING_LEVEL_FAIL)->kinds,
	    1 << CLIENTMSG_BIOS);
	ck_assert_str_eq(found("file-found")->detail, "nbp (UEFI program for x64)");
	close_world();
}
END_TEST

static const struct {
	const char *what, *block;
	size_t len;
	enum does tftp;
	const char *fails;
} transfers[] = {
	{ "not found", "\0\5\0\1no", 6, ANSWERS, "file-not-found" },
	{ "no right", "\0\5\0\2no", 6, ANSWERS, "file-refused" },
	{ "empty", "\0\3\0\1", 4, ANSWERS, "file-empty" },
	{ "no TFTP", "\1\2", 2, ANSWERS, "tftp-silent" },
	{ "nothing", "", 0, ANSWERS, "tftp-silent" },
	{ "closed", "", 0, REFUSES, "tftp-closed" },
	{ "silent", "", 0, SILENT, "tftp-silent" },
};

START_TEST(results_of_tftp_transfers)
{
	open_world(HEALTHY);
	srv[1].kinds = 1;
	tftp = transfers[_i].tftp;
	block = transfers[_i].block;
	block_len = transfers[_i].len;
	run();
	fails(transfers[_i].fails);
	ck_assert_uint_eq(n_asked[DOCTOR_FILE], tftp == SILENT ? 3 : 1);
	close_world();
}
END_TEST

static const struct {
	const char *what, *bytes;
	enum does tcp;
	const char *fails;
} pages[] = {
	{ "206", "HTTP/1.1 206 Partial Content\r\nA: b\r\n\r\n#!ipxe", ANSWERS, "" },
	{ "200", "HTTP/1.1 200 OK\r\n\r\n#!ipxe", ANSWERS, "" },
	{ "a head without end", "HTTP/1.1 200 OK\r\nA: ", ANSWERS, "" },
	{ "empty", "HTTP/1.1 200 OK\r\n\r\n", ANSWERS, "file-empty" },
	{ "empty, with a range", "HTTP/1.1 416 Range Not Satisfiable\r\n\r\n",
	    ANSWERS,
	    "file-empty" },
	{ "not found", "HTTP/1.1 404 Not Found\r\n\r\n<html>", ANSWERS, "file-not-found" },
	{ "forbidden", "HTTP/1.1 403 Forbidden\r\n\r\n", ANSWERS, "file-refused" },
	{ "moved", "HTTP/1.1 301 Moved\r\n\r\n", ANSWERS, "file-refused" },
	{ "broken", "HTTP/1.1 500 Oops\r\n\r\n", ANSWERS, "http-error" },
	{ "no HTTP", "SSH-2.0-", ANSWERS, "http-silent" },
	{ "closed", "", REFUSES, "http-closed" },
	{ "silent", "", SILENT, "http-silent" },
};

START_TEST(results_of_http_requests)
{
	open_world(PLAIN);
	srv[0].plain = 7;
	srv[0].class = "HTTPClient";
	srv[0].file = "http://198.51.100.80:8080/x64.efi";
	tftp = pages[_i].tcp;
	block = pages[_i].bytes;
	block_len = strlen(pages[_i].bytes);
	run();
	fails(*pages[_i].fails ? pages[_i].fails : "");
	ck_assert(ip_eq(last[DOCTOR_FILE].to, world_at("198.51.100.80")));
	ck_assert_str_eq(last_path, "/x64.efi");
	close_world();
}
END_TEST

START_TEST(http_boot_needs_its_class_and_a_url)
{
	open_world(PLAIN);
	srv[0].plain = 7;
	srv[0].file = "nbp";		/* as for all kinds */
	srv[0].siaddr = "198.51.100.10";
	run();
	fails("");
	ck_assert_uint_eq(n_asked[DOCTOR_FILE], 0);
	ck_assert_ptr_nonnull(found("no-boot-offer"));
	doctor_free(d);
	srv[0].class = "HTTPClient";
	srv[0].file = NULL;
	run();
	fails("no-url");
	close_world();
}
END_TEST

/* To the router they are itself and its neighbours (F10). */
START_TEST(an_address_that_no_machine_can_reach_is_not_connected_to)
{
	static const char *const bad[] = {
		"http://127.0.0.1:8500/x", "http://127.1.2.3/x", "http://169.254.169.254/x",
		"http://0.0.0.0/x", "http://0.1.2.3/x", "tftp://127.0.0.1/x", "http://224.0.0.1/x",
	};

	open_world(PLAIN);
	srv[0].plain = 7;
	srv[0].class = "HTTPClient";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		srv[0].file = bad[i];
		run();
		fails("file-no-host");
		ck_assert_msg(n_asked[DOCTOR_FILE] == 0, "%s", bad[i]);
		doctor_free(d);
	}
	srv[0].file = "http://198.51.100.80/x64.efi";
	run();
	ck_assert_uint_gt(n_asked[DOCTOR_FILE], 0);
	close_world();
}
END_TEST

START_TEST(a_name_in_a_url_is_not_resolved)
{
	open_world(PLAIN);
	srv[0].plain = 7;
	srv[0].class = "HTTPClient";
	srv[0].file = "https://198.51.100.80/x64.efi";
	run();
	fails("");
	ck_assert_uint_eq(n_asked[DOCTOR_FILE], 0);
	ck_assert_ptr_nonnull(found("file-not-checked"));
	doctor_free(d);
	srv[0].file = "http://boot.example/x64.efi";
	run();
	ck_assert_ptr_nonnull(found("file-not-checked"));
	close_world();
}
END_TEST

START_TEST(a_next_server_without_a_file_is_half_an_offer)
{
	open_world(PLAIN);
	srv[0].siaddr = "198.51.100.21";
	run();
	fails("no-boot-file");
	close_world();
}
END_TEST

START_TEST(names_are_shown_as_text)
{
	open_world(HEALTHY);
	srv[1].kinds = 1;
	srv[1].file = srv[1].file4011 = "\x1b[2J\n";
	run();
	ck_assert_str_eq(found("file-found")->detail,
	    "\\x1b[2J\\x0a (not a UEFI program)");
	close_world();
}
END_TEST

START_TEST(members_that_replace_each_other_must_name_the_same_file)
{
	open_world("[server a]\naddress = 198.51.100.10\n"
	    "[server b]\naddress = 198.51.100.21\n[server c]\naddress = 198.51.100.22\n"
	    "[group boot]\nservers = b, c\nmode = failover\n"
	    "[interface vlan10]\ndhcp = a\nboot = boot\n");
	srv[1].kinds = 1;
	srv[2] = srv[1];
	run();
	ck_assert_ptr_null(found("boot-files-differ"));
	doctor_free(d);
	srv[2].file = srv[2].file4011 = "other";
	run();
	fails("");
	ck_assert_str_eq(found("boot-files-differ")->detail, "nbp, other");
	close_world();
}
END_TEST

/* --- strangers
 * ------------------------------------------------------------------------------------- */

START_TEST(hosts_that_answer_on_the_vlan_are_named)
{
	static struct msg m;
	struct dhcp4 v;

	open_world(PLAIN);
	begin();
	step();
	reply(&m, &lease, last[DOCTOR_LISTEN].token, DHCP4_OFFER, NULL, false);
	ck_assert_int_eq(dhcp4_parse(&v, m.b, m.len), DROP_NONE);
	doctor_heard_on_vlan(d, &v, world_ip("192.0.2.99"));
	doctor_heard_on_vlan(d, &v, world_ip("192.0.2.99"));
	dhcp4_put_ip4(m.b, DHCP4_OFF_GIADDR, world_ip("192.0.2.2"));
	ck_assert_int_eq(dhcp4_parse(&v, m.b, m.len), DROP_NONE);
	doctor_heard_on_vlan(d, &v, world_ip("192.0.2.2"));
	finish();
	fails("rogue-server");
	ck_assert(ip_eq(found("rogue-server")->address, world_at("192.0.2.99")));
	ck_assert_str_eq(found("rogue-server")->detail, "offers 192.0.2.50");
	ck_assert(ip_eq(found("another-relay")->address, world_at("192.0.2.2")));
	ck_assert_ptr_null(found("no-rogue-server"));
	close_world();
}
END_TEST

/* The other router on the VLAN must not relay the doctor's DISCOVER. A DISCOVER
 * with a giaddr is relayed as usual, because servers may be reached through two
 * relays. */
START_TEST(another_routers_doctor_is_not_relayed)
{
	struct clientmsg c = { .kind = CLIENTMSG_X64, .run = 7, .xid = 9 };
	uint8_t msg[CLIENTMSG_MAX];
	struct rx rx = {
		.data = msg, .ifindex = 10, .sport = 67, .src = ip_of4(world_ip("10.9.9.1")),
	};
	static struct relay4_plan plan;

	open_world(PLAIN);
	rx.len = clientmsg_discover(msg, sizeof(msg), &c, true);
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &plan), DROP_DOCTOR);
	ck_assert_uint_eq(clients_count(w->r4.clients), 0);
	dhcp4_put_ip4(msg, DHCP4_OFF_GIADDR, world_ip("10.9.9.1"));
	ck_assert_int_eq(relay4_request(&w->r4, &rx, w->now, &plan), DROP_NONE);
	close_world();
}
END_TEST

/* --- what hostile servers send
 * ----------------------------------------------------------------------- */

/* Any query may get any answer at any time: the run must not read beyond a message
 * (the sanitizers check that), and must end. */
START_TEST(random_answers_are_survived)
{
	struct prng p = { (uint64_t)_i };

	open_world(HEALTHY);
	begin();
	for (int i = 0; i < 600; i++) {
		size_t len = prng_below(&p, 700);
		uint8_t *data;
		static struct msg m;
		struct dhcp4 v;
		uint32_t token = d->q[prng_below(&p, d->n_q)].token;
		enum doctor_what what = doctor_find(d, token)->what;

		msg_init(&m, BOOTREPLY);
		msg_opt_u8(&m, DHCP4_OPT_TYPE, prng_below(&p, 2) ? DHCP4_OFFER :
		    DHCP4_ACK);
		if (prng_below(&p, 2))
			msg_opt_text(&m, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
		while (m.len < 240 + len / 2) {
			uint8_t value[64], n = (uint8_t)prng_below(&p, 64);
			static const uint8_t code[] = { 1, 3, 43, 43, 54, 66, 67,
				52 };

			prng_fill(&p, value, sizeof(value));
			msg_opt(&m, code[prng_below(&p, 8)], value, n);
		}
		dhcp4_put_ip4(m.b, DHCP4_OFF_XID, (struct ip4){ token });
		data = msg_exact(m.b, m.len);
		if (dhcp4_parse(&v, data, m.len) == DROP_NONE)
			doctor_offered(d, &v, world_ip("198.51.100.10"), DROP_NONE,
			    w->now);
		if (what == DOCTOR_4011)
			doctor_answer(d, token, data, m.len,
			    world_at("198.51.100.10"), w->now);
		doctor_heard_on_vlan(d, &v, (struct ip4){ prng_next(&p) });
		free(data);
		data = msg_exact(m.b, len);
		prng_fill(&p, data, len);
		if (what == DOCTOR_FILE)
			doctor_answer(d, token, data, len, IP_NONE, w->now);
		free(data);
		step();
	}
	finish();
	close_world();
}
END_TEST

/* Every row has a sentence and a cure, and codes are unique. */
START_TEST(every_finding_has_a_sentence_and_a_cure)
{
	for (int i = 0; i < FINDING_MAX; i++) {
		const struct finding_row *r = finding_row((enum finding)i);

		ck_assert_uint_gt(strlen(r->sentence), 10);
		ck_assert_int_eq(r->level == FINDING_LEVEL_OK, r->cure[0] == '\0');
		ck_assert_uint_lt(strlen(r->check), 11);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(finding_row((enum finding)k)->code,
			    r->code);
	}
}
END_TEST

Suite *
doctor_suite(void)
{
	Suite *s = suite_create("doctor");
	TCase *tc = tcase_create("doctor");

	tcase_add_test(tc, nothing_fails_if_all_is_well);
	tcase_add_test(tc, each_kind_queries_its_servers_with_the_giaddr);
	tcase_add_test(tc, a_server_that_pings_before_it_offers_is_waited_for);
	tcase_add_test(tc, an_offer_longer_than_the_mtu_is_noticed);
	tcase_add_test(tc, rules_select_the_servers);
	tcase_add_test(tc, each_giaddr_is_used);
	tcase_add_test(tc, an_interface_that_cannot_serve_says_why);
	tcase_add_test(tc, an_interface_without_an_address_has_no_giaddr);
	tcase_add_test(tc, a_giaddr_that_is_not_ours_gets_no_answers);
	tcase_add_loop_test(tc, silence_has_its_nearest_cause, 0,
	    sizeof(silences) / sizeof(silences[0]));
	tcase_add_test(tc, the_dropped_reply_is_named);
	tcase_add_test(tc, a_server_that_serves_others_has_no_pool_here);
	tcase_add_test(tc, without_a_route_nothing_is_sent);
	tcase_add_test(tc, a_missing_host_is_unreachable);
	tcase_add_test(tc, a_full_buffer_is_not_an_answer);
	tcase_add_test(tc, a_drained_server_and_one_believed_down_are_queried_too);
	tcase_add_test(tc, a_boot_server_may_be_silent_for_a_kind);
	tcase_add_test(tc, a_lease_without_router_cannot_leave_the_vlan);
	tcase_add_test(tc, a_router_must_answer);
	tcase_add_test(tc, an_address_of_another_subnet_is_wrong);
	tcase_add_test(tc, two_servers_must_agree);
	tcase_add_test(tc, servers_of_dhcpv6_need_a_link_address);
	tcase_add_test(tc, addresses_of_a_proxy_are_not_counted);
	tcase_add_loop_test(tc, port_4011_is_queried_as_by_firmware, 0,
	    sizeof(p4011) / sizeof(p4011[0]));
	tcase_add_test(tc, a_kind_without_a_file_may_be_intended);
	tcase_add_test(tc, uefi_queries_the_next_server_and_a_rom_the_offering_one);
	tcase_add_test(tc, an_answer_to_port_68_is_the_wrong_port);
	tcase_add_test(tc, a_rom_requests_the_first_entry_of_the_menu);
	tcase_add_test(tc, a_file_is_read_and_its_type_checked);
	tcase_add_loop_test(tc, results_of_tftp_transfers, 0,
	    sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_loop_test(tc, results_of_http_requests, 0,
	    sizeof(pages) / sizeof(pages[0]));
	tcase_add_test(tc, http_boot_needs_its_class_and_a_url);
	tcase_add_test(tc, an_address_that_no_machine_can_reach_is_not_connected_to);
	tcase_add_test(tc, a_name_in_a_url_is_not_resolved);
	tcase_add_test(tc, a_next_server_without_a_file_is_half_an_offer);
	tcase_add_test(tc, names_are_shown_as_text);
	tcase_add_test(tc, members_that_replace_each_other_must_name_the_same_file);
	tcase_add_test(tc, hosts_that_answer_on_the_vlan_are_named);
	tcase_add_test(tc, another_routers_doctor_is_not_relayed);
	tcase_add_loop_test(tc, random_answers_are_survived, 0, 8);
	tcase_add_test(tc, every_finding_has_a_sentence_and_a_cure);
	suite_add_tcase(s, tc);
	return s;
}
