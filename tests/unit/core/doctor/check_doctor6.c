/* SPDX-License-Identifier: ISC
 *
 * A run of the doctor over DHCPv6: each test is an ADVERTISE to each of the machines, and
 * what is found. check_doctor.c has the course of a run.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "msg6.h"
#include "world.h"

Suite *doctor6_suite(void);

static struct world *w;
static struct doctor *d;
static bool pings;		/* are pings answered, and those from the link-address? */
static bool pings_back;
static const char *router;	/* an advertisement in hex; NULL: there is no router */

#define RA(flags, lifetime) "86 00 0000 40" flags lifetime "00000000 00000000"
#define PREFIX(net) "03 04 40 c0 00000e10 00000e10 00000000" net "0000000000000000"
#define NET_10 PREFIX("20010db800100000")
#define MANAGED RA("80", "0708") NET_10

static void
open_world(const char *conf)
{
	w = world_new(conf, 64);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "fe80::1/64");
	world_addr(w, 10, "2001:db8:10::1/64");
	for (unsigned i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = world_at("2001:db8:ffff::1");
	d = doctor_new(&w->r4, 10, "vlan10", 3, (struct hash_key){ { 5, 6 } }, w->now);
	ck_assert_ptr_nonnull(d);
	pings = pings_back = true;
	router = MANAGED;
}

static void
close_world(void)
{
	d = doctor_free(d);
	world_free(w);
}

/* An answer of a server. Options of DHCPv6 as "59:TEXT", or in hex. */
struct advert {
	uint8_t type;		/* 0: ADVERTISE; 255: silence */
	const char *address;	/* NULL: no IA */
	uint16_t status;
	const char *url, *class;	/* options 59 and 16 */
	const char *param;	/* option 60 in hex */
	bool best, no_id, rapid;	/* preference 255; no server-id; option 14 */
	size_t size;		/* of the message, at least */
};

static void
advertise(const struct doctor_ask *a, const struct advert *v)
{
	const struct clientmsg *c = &a->msg;
	uint8_t solicit[CLIENTMSG_MAX], type = v->type ? v->type : DHCP6_ADVERTISE;
	size_t len = clientmsg_solicit(solicit, sizeof(solicit), c);
	static struct msg m;
	struct dhcp6 view;
	struct rd id;
	size_t ia;

	if (v->type == 255)
		return;
	ck_assert_int_eq(dhcp6_parse(&view, solicit, len), DROP_NONE);
	ck_assert(dhcp6_opt(&view, DHCP6_OPT_CLIENT_ID, &id));
	msg6_init(&m, type);
	memcpy(m.b + 1, solicit + 1, 3);	/* the transaction-id */
	msg6_opt(&m, DHCP6_OPT_CLIENT_ID, id.p, rd_left(&id));
	if (!v->no_id)
		msg6_opt_hex(&m, DHCP6_OPT_SERVER_ID, "0003 0001 0200 0000 0001");
	if (v->rapid)
		msg6_opt(&m, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
	if (v->best)
		msg6_opt_hex(&m, DHCP6_OPT_PREFERENCE, "ff");
	if (v->address || v->status) {
		ia = msg6_begin_ia(&m, DHCP6_OPT_IA_NA, 0, 0);
		if (v->address)
			msg6_addr(&m, v->address, 3600);
		if (v->status)
			msg6_status(&m, v->status, "no");
		msg6_end(&m, ia);
	}
	if (v->class)
		msg6_vendor_class(&m, 343, v->class);
	if (v->url)
		msg6_opt_text(&m, DHCP6_OPT_BOOT_URL, v->url);
	if (v->param)
		msg6_opt_hex(&m, DHCP6_OPT_BOOT_PARAM, v->param);
	while (m.len < v->size)
		msg6_opt_text(&m, 200, "0123456789");
	ck_assert_int_eq(dhcp6_parse(&view, m.b, m.len), DROP_NONE);
	if (a->what == DOCTOR_4011)
		doctor_answer(d, a->token, m.b, m.len, a->to, w->now);
	else
		doctor_advertised(d, a->token, &view, w->conf->server[a->server].address,
		    DROP_NONE, w->now);
}

static unsigned n_asked[DOCTOR_WHATS];
static struct doctor_ask last_file, last_4011;

static void
advertise_router(uint32_t token, const char *from, const char *hex)
{
	uint8_t ra[256];
	size_t len = msg_hex(hex, ra, sizeof(ra));

	/* Others may answer, too. */
	ck_assert(!doctor_answer(d, token, ra, len, world_at(from), w->now));
}

static void
answer(const struct doctor_ask *a, const struct advert *v, const struct advert *ack)
{
	static const uint8_t block[] = "\0\3\0\1MZ";
	static const char page[] = "HTTP/1.1 200 OK\r\n\r\nMZ";

	n_asked[a->what]++;
	if ((a->what == DOCTOR_PING && pings) ||
	    (a->what == DOCTOR_PING_GIADDR && pings_back))
		doctor_answer(d, a->token, NULL, 0, a->to, w->now);
	if (a->what == DOCTOR_ROUTERS && router)
		advertise_router(a->token, "fe80::99", router);
	if (a->what == DOCTOR_DISCOVER)
		advertise(a, &v[a->server]);
	if (a->what == DOCTOR_4011) {
		last_4011 = *a;
		if (ack)
			advertise(a, ack);
	}
	if (a->what == DOCTOR_FILE) {
		last_file = *a;
		if (a->file->scheme == BOOTFILE_HTTP)
			doctor_answer(d, a->token, page, strlen(page), a->to, w->now);
		else
			doctor_answer(d, a->token, block, sizeof(block), a->to, w->now);
	}
}

/* v: of each server. ack: of port 4011, NULL: silence. */
static void
run(const struct advert *v, const struct advert *ack)
{
	struct doctor_ask a;

	memset(n_asked, 0, sizeof(n_asked));
	while (!doctor_done(d, w->now)) {
		while (doctor_next(d, w->now, &a))
			answer(&a, v, ack);
		world_wait_ms(w, 50);
	}
}

/* The kinds that a finding is about: 1 x64, 2 ARM64, 4 HTTP; 8: none, but it is there. */
static unsigned
found(const char *code, enum finding_level level)
{
	unsigned kinds = 0;

	for (unsigned i = 0; i < d->n_finding; i++)
		if (strcmp(finding_row(d->finding[i].what)->code, code) == 0 &&
		    d->finding[i].level == level)
			kinds |= d->finding[i].kinds ?
			    d->finding[i].kinds >> CLIENTMSG_X64_V6 : 8;
	return kinds;
}

#define ONE "[interface vlan10]\nservers = 2001:db8:ffff::10\n"
#define TWO "[interface vlan10]\nservers = 2001:db8:ffff::10, 2001:db8:ffff::11\n"
#define SPLIT "[server dhcp]\naddress = 2001:db8:ffff::10\n" \
	"[server boot]\naddress = 2001:db8:ffff::11\noffers = proxy-only\n" \
	"[interface vlan10]\ndhcp = dhcp\nboot = boot\n"
#define A "2001:db8:10::50"
#define T "tftp://[2001:db8:ffff::21]/x.efi"
#define H "http://[2001:db8:ffff::21]:8080/x.efi"
#define PXE "PXEClient"
#define HTTP "HTTPClient"
#define OK FINDING_LEVEL_OK
#define WARN FINDING_LEVEL_WARN
#define FAIL FINDING_LEVEL_FAIL

/* What one server, or two, say to all machines. */
static const struct {
	const char *conf;
	struct advert v[2];
	const char *code;
	enum finding_level level;
	unsigned kinds;
	unsigned files, steps;	/* how many are asked for, 1 each */
} cases[] = {
	{ ONE, { { .address = A, .url = T } }, "file-found", OK, 3, 1, 0 },
	{ ONE, { { .address = A, .url = T } }, "no-boot-offer", WARN, 4, 1, 0 },
	{ ONE, { { .address = A, .url = H, .class = HTTP } }, "file-found", OK, 4, 1, 0 },
	{ ONE, { { .address = A, .url = H, .class = HTTP } }, "bad-url", WARN, 3, 1, 0 },
	{ ONE, { { .address = A, .url = H } }, "http-class-missing", FAIL, 4, 0, 0 },
	{ ONE, { { .address = A, .url = H } }, "bad-url", FAIL, 3, 0, 0 },
	{ ONE, { { .address = A } }, "no-boot-offer", WARN, 7, 0, 0 },
	{ ONE, { { .address = A, .url = "tftp://boot/x" } }, "bad-url", FAIL, 3, 0, 0 },
	{ ONE, { { .address = A, .url = "x.efi" } }, "bad-url", FAIL, 3, 0, 0 },
	{ ONE, { { .address = A, .url = "tftp://192.0.2.1/x" } }, "bad-url", FAIL, 3, 0, 0 },
	{ ONE, { { .address = A, .url = "tftp://[::1]/x" } }, "file-no-host", FAIL, 3, 0, 0 },
	{ ONE, { { .address = A, .url = "tftp://[fe80::1]/x" } }, "file-no-host", FAIL, 3, 0,
	    0 },
	{ ONE, { { .address = A, .url = "tftp://[::ffff:10.0.0.1]/x" } }, "file-no-host",
	    FAIL, 3, 0, 0 },
	{ ONE, { { .address = A, .url = T, .param = "0001 61" } }, "bootfile-size", FAIL, 3,
	    1, 0 },
	{ ONE, { { .address = A, .url = T, .param = "0001 31" } }, "bootfile-size", FAIL, 0,
	    1, 0 },
	{ ONE, { { .address = A, .url = T, .rapid = true } }, "hidden-url", WARN, 3, 1, 0 },
	{ ONE, { { .address = A, .url = T, .size = 1480 } }, "advertise-too-large", FAIL, 7,
	    1, 0 },
	{ ONE, { { .address = "2001:db8:66::1", .url = T } }, "wrong-subnet", FAIL, 7, 1, 0 },
	{ ONE, { { .status = 2 } }, "no-free-address", FAIL, 7, 0, 0 },
	{ ONE, { { .status = 2 } }, "no-address", FAIL, 7, 0, 0 },
	{ ONE, { { .type = 255 } }, "no-advertise", FAIL, 8, 0, 0 },
	{ ONE, { { .type = DHCP6_REPLY, .address = A } }, "bad-advertise", FAIL, 7, 0, 0 },
	{ ONE, { { .address = A, .no_id = true } }, "bad-advertise", FAIL, 7, 0, 0 },
	{ ONE, { { .address = A, .url = T, .class = PXE } }, "pxe-class-in-lease", FAIL, 3, 0,
	    2 },
	{ TWO, { { .address = A, .best = true }, { .address = A, .url = T } },
	    "preference-255", FAIL, 3, 1, 0 },
	{ TWO, { { .address = A, .best = true, .url = T }, { .address = A, .url = T } },
	    "preference-255", FAIL, 0, 1, 0 },
	{ SPLIT, { { .address = A }, { .class = PXE } }, "4011-silent", FAIL, 3, 0, 2 },
	{ SPLIT, { { .address = A }, { .class = PXE } }, "no-boot-offer", WARN, 4, 0, 2 },
	{ SPLIT, { { .address = A }, { .type = 255 } }, "nothing-to-boot", FAIL, 8, 0, 0 },
	{ SPLIT, { { .address = A }, { .address = A, .url = T } }, "proxy-offers-address",
	    WARN, 7, 1, 0 },
};

START_TEST(each_answer_has_its_finding)
{
	unsigned steps;

	open_world(cases[_i].conf);
	run(cases[_i].v, NULL);
	ck_assert_uint_eq(found(cases[_i].code, cases[_i].level), cases[_i].kinds);
	ck_assert_uint_eq(n_asked[DOCTOR_FILE], cases[_i].files);
	steps = n_asked[DOCTOR_4011] / 3;	/* three tries each */
	ck_assert_uint_eq(steps, cases[_i].steps);
	ck_assert_uint_eq(n_asked[DOCTOR_ARP] + n_asked[DOCTOR_LISTEN], 0);
	ck_assert_uint_eq(found("router-advertisement", OK), 8);
	ck_assert_uint_eq(found("reachable", OK), 8);
	close_world();
}
END_TEST

START_TEST(queries_leave_from_the_link_address)
{
	const struct advert v = { .address = A, .url = T };

	open_world(ONE);
	run(&v, NULL);
	ck_assert(ip_eq(last_file.source, world_at("2001:db8:10::1")));
	ck_assert(ip_eq(last_file.to, world_at("2001:db8:ffff::21")));
	ck_assert_str_eq(last_file.file->path, "x.efi");
	ck_assert_int_eq(d->worst, WARN);
	close_world();
}
END_TEST

/* EDK2 asks by ff02::1:2, which the relay takes to the server that made the offer. */
START_TEST(a_proxy_without_a_url_is_asked_on_port_4011)
{
	const struct advert v[] = { { .address = A }, { .class = PXE } };
	const struct advert ack = { .type = DHCP6_REPLY, .url = T };

	open_world(SPLIT);
	run(v, &ack);
	ck_assert(ip_eq(last_4011.to, world_at("2001:db8:ffff::11")));
	ck_assert_uint_eq(rd_left(&last_4011.duid), 10);
	ck_assert_uint_eq(found("4011-answers", OK), 3);
	ck_assert_uint_eq(found("file-found", OK), 3);
	close_world();
}
END_TEST

/* What one server of addresses, pings and routers say. */
static const struct {
	bool silent, pings, back;
	const char *router, *code;
	enum finding_level level;
	unsigned kinds;
} roads[] = {
	{ true, true, true, MANAGED, "no-advertise", FAIL, 8 },
	{ true, false, false, MANAGED, "host-silent", FAIL, 8 },
	{ true, false, true, MANAGED, "source-unreachable", FAIL, 8 },
	{ true, true, false, MANAGED, "no-advertise", FAIL, 8 },
	{ false, true, false, MANAGED, "giaddr-unreachable", WARN, 8 },
	{ false, false, false, MANAGED, "giaddr-unreachable", WARN, 0 },
	{ false, true, true, NULL, "no-router-advertisement", FAIL, 8 },
	{ false, true, true, RA("00", "0708") NET_10, "ra-not-managed", FAIL, 8 },
	{ false, true, true, RA("40", "0708") NET_10, "ra-not-managed", FAIL, 8 },
	{ true, true, true, RA("00", "0708") NET_10, "ra-not-managed", FAIL, 0 },
	{ false, true, true, RA("80", "0000") NET_10, "ra-no-route", FAIL, 8 },
	{ false, true, true, MANAGED, "ra-no-route", FAIL, 0 },
	{ false, true, true, RA("80", "0708"), "ra-prefix", WARN, 7 },
	{ false, true, true, RA("80", "0708") PREFIX("20010db800200000"), "ra-prefix", FAIL,
	    7 },
	{ false, true, true, RA("80", "0708") PREFIX("20010db800200000") NET_10, "ra-prefix",
	    FAIL, 0 },
	{ false, true, true, "85 00", "no-router-advertisement", FAIL, 8 },
};

START_TEST(each_road_has_its_finding)
{
	const struct advert v = { .type = roads[_i].silent ? 255 : 0, .address = A, .url = T };

	open_world(ONE);
	pings = roads[_i].pings;
	pings_back = roads[_i].back;
	router = roads[_i].router;
	run(&v, NULL);
	ck_assert_uint_eq(found(roads[_i].code, roads[_i].level), roads[_i].kinds);
	close_world();
}
END_TEST

/* One has M, the other is the default router. */
START_TEST(routers_complement_each_other)
{
	const struct advert v = { .address = A, .url = T };
	struct doctor_ask a;

	open_world(ONE);
	while (!doctor_done(d, w->now)) {
		while (doctor_next(d, w->now, &a)) {
			answer(&a, &v, NULL);
			if (a.what == DOCTOR_ROUTERS) {
				advertise_router(a.token, "fe80::98", RA("80", "0000") NET_10);
				advertise_router(a.token, "2001:db8:10::9", RA("80", "0000"));
			}
		}
		world_wait_ms(w, 50);
	}
	ck_assert_uint_eq(d->n_advert, 2);
	ck_assert_uint_eq(found("ra-no-route", FAIL) + found("ra-not-managed", FAIL), 0);
	close_world();
}
END_TEST

START_TEST(what_cannot_be_sent_is_said)
{
	const struct advert v = { .address = A, .url = T };
	struct doctor_ask a;

	open_world(ONE);
	while (!doctor_done(d, w->now)) {
		while (doctor_next(d, w->now, &a))
			if (a.what == DOCTOR_ROUTERS)
				doctor_failed(d, a.token, EADDRNOTAVAIL);
			else
				answer(&a, &v, NULL);
		world_wait_ms(w, 50);
	}
	ck_assert_uint_eq(found("vlan-not-checked", WARN), 8);
	ck_assert_uint_eq(found("no-router-advertisement", FAIL), 0);
	close_world();
}
END_TEST

/* A group cannot be pinged. */
START_TEST(a_server_of_a_group_is_not_pinged)
{
	const struct advert v = { .type = 255 };

	open_world("[interface vlan10]\nservers = ff05::1:3%up0\n");
	run(&v, NULL);
	ck_assert_uint_eq(n_asked[DOCTOR_PING], 0);
	ck_assert_uint_eq(found("no-advertise", FAIL), 8);
	close_world();
}
END_TEST

START_TEST(a_reply_that_the_relay_drops_is_no_offer)
{
	struct doctor_ask a;
	struct dhcp6 m = { .data = NULL };

	open_world(ONE);
	while (!doctor_done(d, w->now)) {
		while (doctor_next(d, w->now, &a))
			doctor_advertised(d, a.token, &m, world_at("2001:db8::66"),
			    DROP_NOT_SERVER, w->now);
		world_wait_ms(w, 50);
	}
	ck_assert_uint_eq(found("reply-from-other-address", FAIL), 7);
	ck_assert_uint_eq(found("no-advertise", FAIL), 0);
	close_world();
}
END_TEST

START_TEST(an_offer_of_dhcpv4_answers_no_solicit)
{
	struct doctor_ask a;
	static struct msg m;
	struct dhcp4 v;

	open_world(ONE);
	ck_assert(doctor_next(d, w->now, &a));
	msg_init(&m, BOOTREPLY);
	dhcp4_put_ip4(m.b, DHCP4_OFF_XID, (struct ip4){ a.token });
	msg_opt_u8(&m, DHCP4_OPT_TYPE, DHCP4_OFFER);
	msg_end(&m);
	ck_assert_int_eq(dhcp4_parse(&v, m.b, m.len), DROP_NONE);
	ck_assert(!doctor_offered(d, &v, world_ip("198.51.100.10"), DROP_NONE, w->now));
	close_world();
}
END_TEST

Suite *
doctor6_suite(void)
{
	Suite *s = suite_create("doctor6");
	TCase *tc = tcase_create("doctor6");

	tcase_add_loop_test(tc, each_answer_has_its_finding, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tc, each_road_has_its_finding, 0,
	    sizeof(roads) / sizeof(roads[0]));
	tcase_add_test(tc, routers_complement_each_other);
	tcase_add_test(tc, what_cannot_be_sent_is_said);
	tcase_add_test(tc, a_server_of_a_group_is_not_pinged);
	tcase_add_test(tc, queries_leave_from_the_link_address);
	tcase_add_test(tc, a_proxy_without_a_url_is_asked_on_port_4011);
	tcase_add_test(tc, a_reply_that_the_relay_drops_is_no_offer);
	tcase_add_test(tc, an_offer_of_dhcpv4_answers_no_solicit);
	suite_add_tcase(s, tc);
	return s;
}
