/* SPDX-License-Identifier: ISC
 *
 * Probes of a whole daemon: each kind is sent as configured, an answer takes the server up,
 * and silence or a refusal takes it down.
 */
#include <errno.h>
#include <string.h>

#include "proto/probemsg.h"
#include "rig.h"

Suite *probe_run_suite(void);

#define SERVER(probe) \
    "[server s]\naddress = 198.51.100.11\nprobe = " probe "\n" \
    "probe-interval = 2s\nprobe-timeout = 1s\n" \
    "[interface vlan*]\ndhcp = s\n"

static struct daemon *d;

static void
stop(void)
{
	rig_stop(d);
}

static const struct health *
health(void)
{
	return &d->servers.health[0];
}

/* The open query; if there is none, waits for the next. */
static unsigned
last(void)
{
	for (int i = 0; i < 60; i++) {
		unsigned n = fakeio_asked();

		if (n && fakeio_query_is_open(n - 1))
			return n - 1;
		rig_pass_ms(50);
	}
	ck_abort_msg("no query for three seconds");
}

static void
start(const char *conf)
{
	d = rig_start(conf);
	rig_pass_ms(100);
}

/* --- by query ------------------------------------------------------------------------ */

static const struct kind {
	const char *conf;
	enum query_kind kind;
	uint16_t port;
	const char *says;	/* a text in the message; NULL: it has none */
	const char *alive;	/* an answer that makes the server up */
	size_t len;
	enum health_diag diag;
} kinds[] = {
	{ SERVER("icmp"), QUERY_ECHO, 0, NULL, "", 0, HEALTH_DIAG_PROBE_ICMP },
	{ SERVER("arp"), QUERY_ARP, 0, NULL, "", 0, HEALTH_DIAG_PROBE_ARP },
	{ SERVER("tcp:389"), QUERY_STREAM, 389, NULL, "", 0, HEALTH_DIAG_PROBE_TCP },
	{ SERVER("http:8080/ping"), QUERY_STREAM, 8080, "GET /ping HTTP/1.0\r\n",
	    "HTTP/1.1 404 Not Found\r\n\r\n", 26, HEALTH_DIAG_PROBE_HTTP },
	{ SERVER("tftp:boot.efi"), QUERY_TFTP, 69, "\0\1boot.efi", "\0\3\0\1x", 5,
	    HEALTH_DIAG_PROBE_TFTP },
	{ SERVER("pxe-4011"), QUERY_DATAGRAM, 4011, "\1\1\6", NULL, 0,
	    HEALTH_DIAG_PROBE_PXE4011 },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void
start_kind(const struct kind *k)
{
	d = rig_start(k->conf);
	rig_addr(FAKEIO_UPLINK, "198.51.100.1/24");
}

static bool
answer(const struct kind *k, unsigned i)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	const struct query *q = fakeio_query(i);

	if (k->alive)
		return fakeio_answer(i, 0, k->alive, k->len);
	memcpy(msg, q->msg, q->len);
	msg[0] = BOOTREPLY;
	return fakeio_answer(i, 0, msg, q->len);
}

START_TEST(each_kind_of_probe_is_sent_as_configured)
{
	const struct kind *k = &kinds[_i];
	const struct query *q;

	start_kind(k);
	q = fakeio_query(last());
	ck_assert_int_eq(q->kind, k->kind);
	ck_assert(ip_eq(q->to, rig_at("198.51.100.11")));
	ck_assert_uint_eq(q->port, k->port);
	ck_assert_uint_eq(q->len > 0, k->says != NULL);
	if (k->says)
		ck_assert_mem_eq(q->msg, k->says, k->says[0] ? strlen(k->says) : 10);
	ck_assert_int_eq(mono_diff_ms(q->until, fakeio_now()) <= 1000, 1);
	ck_assert_uint_ge(d->stats[FAMILY4].counter[COUNTER_PROBES], 1);
	stop();
}
END_TEST

START_TEST(each_kind_of_probe_makes_a_server_down_and_up)
{
	const struct kind *k = &kinds[_i];

	start_kind(k);
	for (int i = 0; i < 5; i++) {		/* known to answer this kind */
		ck_assert(answer(k, last()));
	}
	ck_assert_uint_ge(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 4);
	ck_assert_int_ne(health()->state, HEALTH_DOWN);
	rig_pass_ms(8000);
	ck_assert_int_eq(health()->state, HEALTH_DOWN);
	ck_assert_int_eq(health()->diag, k->diag);
	ck_assert(!fakeio_query_is_open(fakeio_asked() - 2));	/* timed out */
	for (int i = 0; i < 6; i++) {
		(void)answer(k, last());
		rig_pass_ms(1000);
	}
	ck_assert_int_ne(health()->state, HEALTH_DOWN);
	stop();
}
END_TEST

START_TEST(a_late_answer_is_a_stray)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	const struct fakeio_out *o;
	struct udpip u = { .src = ip_of4(rig_ip("198.51.100.11")), .sport = 67, .dport = 67 };

	start(SERVER("pxe"));
	o = fakeio_out(0);
	memcpy(msg, o->msg, o->len);
	msg[0] = BOOTREPLY;
	u.payload = msg;
	u.payload_len = o->len;
	rig_pass_ms(1500);
	must(fakeio_from_server(u.src, &u, FAKEIO_UPLINK));
	fakeio_turn();
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 0);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_STRAYS], 1);
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 0);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_REPLIES], 0);
	stop();
}
END_TEST

START_TEST(answers_that_prove_nothing_leave_a_query_open)
{
	start(SERVER("tftp:boot.efi"));
	ck_assert(!fakeio_answer(last(), 0, "\0\1x", 3));	/* a request */
	ck_assert(!fakeio_answer(last(), ECONNREFUSED, NULL, 0));
	ck_assert(fakeio_answer(last(), 0, "\0\5\0\1no such file", 17));
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 1);
	stop();

	start(SERVER("pxe-4011"));
	ck_assert(!fakeio_answer(last(), 0, "nonsense", 8));
	stop();
}
END_TEST

START_TEST(an_http_server_that_fails_is_dead)
{
	static const char broken[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

	start(SERVER("http:/"));
	for (int i = 0; i < 4; i++) {
		ck_assert(fakeio_answer(last(), 0, broken, sizeof(broken) - 1));
		rig_pass_ms(1000);
	}
	ck_assert_int_eq(health()->state, HEALTH_DOWN);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_HTTP);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 0);
	stop();
}
END_TEST

/* An error from the kernel is evidence against the server; a lack of room on our
 * side is not. */
START_TEST(an_error_of_sending_is_evidence)
{
	static const struct { int err; enum health_diag diag; } row[] = {
		{ ENETUNREACH, HEALTH_DIAG_NO_ROUTE },
		{ EHOSTUNREACH, HEALTH_DIAG_UNREACHABLE },
		{ ECONNREFUSED, HEALTH_DIAG_REFUSED },
		{ EBUSY, HEALTH_DIAG_NONE },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		d = rig_start(SERVER("tcp:80"));
		for (int n = 0; n < 100; n++) {
			fakeio_query_fails(row[i].err);
			rig_pass_ms(100);
		}
		ck_assert_int_eq(health()->state == HEALTH_DOWN, row[i].err != EBUSY);
		ck_assert_int_eq(health()->diag, row[i].diag);
		stop();
	}
}
END_TEST

/* --- by the server's own socket -------------------------------------------------------- */

/* Answers everything that was sent to the server's socket since `from`. */
static void
answer_probes(unsigned from)
{
	for (unsigned i = from; i < fakeio_sent(); i++) {
		const struct fakeio_out *o = fakeio_out(i);
		uint8_t msg[FAKEIO_MSG_MAX];
		struct udpip u = {
			.src = ip_of4(ip_v4(o->server)), .sport = 67, .dport = 67, .payload = msg,
			.payload_len = o->len,
		};

		memcpy(msg, o->msg, o->len);
		msg[0] = BOOTREPLY;
		must(fakeio_from_server(o->server, &u, FAKEIO_UPLINK));
	}
	fakeio_turn();
}

START_TEST(a_pxe_probe_is_a_discover_of_a_machine_that_does_not_exist)
{
	struct dhcp4 m;

	start(SERVER("pxe"));
	ck_assert_uint_eq(fakeio_sent(), 1);
	ck_assert_int_eq(dhcp4_parse(&m, fakeio_out(0)->msg, fakeio_out(0)->len), DROP_NONE);
	ck_assert_uint_eq(m.type, DHCP4_DISCOVER);
	ck_assert(ip4_eq(m.giaddr, rig_ip("192.0.2.1")));
	ck_assert_mem_eq(m.chaddr, probemsg_mac, sizeof(probemsg_mac));
	answer_probes(0);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 1);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_PROBE_OK);
	rig_accounts(d);
	stop();
}
END_TEST

/* The server gets both kinds until it is known which one it replies to. */
START_TEST(a_dhcp_probe_is_an_inform_of_the_kind_that_was_answered)
{
	unsigned at;

	start(SERVER("dhcp"));
	ck_assert_uint_eq(fakeio_sent(), 2);
	answer_probes(1);		/* with ciaddr */
	for (int i = 0; i < 4; i++) {
		at = fakeio_sent();
		rig_pass_ms(2000);
		answer_probes(at);
	}
	ck_assert_int_eq(health()->state, HEALTH_UP);
	at = fakeio_sent();
	rig_pass_ms(2000);
	ck_assert_uint_eq(fakeio_sent() - at, 1);
	ck_assert_uint_ne(fakeio_out(at)->msg[DHCP4_OFF_CIADDR], 0);
	stop();
}
END_TEST

START_TEST(a_probe_waits_for_a_client_interface)
{
	must(rig_try(&d, SERVER("pxe")) == 0);
	rig_link(FAKEIO_UPLINK, "uplink", true);
	rig_pass_ms(10000);
	ck_assert_uint_eq(fakeio_sent(), 0);
	ck_assert_int_ne(health()->state, HEALTH_DOWN);
	rig_link(RIG_VLAN10, "vlan10", true);
	rig_addr(RIG_VLAN10, "192.0.2.1/24");
	rig_pass_ms(300);
	ck_assert_uint_eq(fakeio_sent(), 1);
	stop();
}
END_TEST

START_TEST(a_refused_probe_makes_the_server_down)
{
	start(SERVER("pxe"));
	for (int i = 0; i < 4; i++) {
		must(fakeio_server_error(rig_at("198.51.100.11"), ECONNREFUSED, 0));
		rig_pass_ms(2000);
	}
	ck_assert_int_eq(health()->state, HEALTH_DOWN);
	ck_assert_int_eq(health()->diag, HEALTH_DIAG_REFUSED);
	stop();
}
END_TEST

/* The sender is not a server, so with check-source a client would not get its
 * reply. */
START_TEST(an_answer_from_a_stranger_proves_nothing)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	struct udpip u = {
		.src = ip_of4(rig_ip("198.51.100.99")), .sport = 67, .dport = 67, .payload = msg,
	};

	start(SERVER("pxe"));
	u.payload_len = fakeio_out(0)->len;
	memcpy(msg, fakeio_out(0)->msg, u.payload_len);
	msg[0] = BOOTREPLY;
	fakeio_datagram(&u, FAKEIO_UPLINK);
	fakeio_turn();
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_STRAYS], 1);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_PROBE_ANSWERS], 0);
	stop();
}
END_TEST

/* The server replies to clients and never to this probe: the probe is wrong, not
 * the server. */
START_TEST(a_probe_that_is_never_answered_by_a_live_server_is_reported)
{
	start(SERVER("tftp:no"));
	for (uint32_t xid = 1; xid < 12; xid++) {
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, xid);
		fakeio_turn();
		rig_reply("198.51.100.11", DHCP4_OFFER, xid, "192.0.2.1");
		fakeio_turn();
		rig_pass_ms(1000);
	}
	ck_assert(rig_logged("probe-misconfigured server=s address=198.51.100.11 "
	    "probe=\"tftp:no\""));
	ck_assert_int_ne(health()->state, HEALTH_DOWN);
	for (int i = 0; i < 4; i++) {
		fakeio_answer(last(), 0, "\0\3\0\1x", 5);
		rig_pass_ms(1000);
	}
	ck_assert(rig_logged("probe-works server=s"));
	stop();
}
END_TEST

START_TEST(a_reload_gives_up_open_probes_and_begins_anew)
{
	unsigned at;

	start(SERVER("tcp:80"));
	at = last();
	ck_assert(fakeio_query_is_open(at));
	ck_assert(rig_reload(d, SERVER("tcp:81")));
	ck_assert(!fakeio_query_is_open(at));
	rig_pass_ms(2500);
	ck_assert_uint_eq(fakeio_query(last())->port, 81);
	stop();
}
END_TEST

Suite *
probe_run_suite(void)
{
	Suite *s = suite_create("probe_run");
	TCase *t = tcase_create("probe_run");

	tcase_add_loop_test(t, each_kind_of_probe_is_sent_as_configured, 0, N_KINDS);
	tcase_add_loop_test(t, each_kind_of_probe_makes_a_server_down_and_up, 0, N_KINDS);
	tcase_add_test(t, a_late_answer_is_a_stray);
	tcase_add_test(t, answers_that_prove_nothing_leave_a_query_open);
	tcase_add_test(t, an_http_server_that_fails_is_dead);
	tcase_add_test(t, an_error_of_sending_is_evidence);
	tcase_add_test(t, a_pxe_probe_is_a_discover_of_a_machine_that_does_not_exist);
	tcase_add_test(t, a_dhcp_probe_is_an_inform_of_the_kind_that_was_answered);
	tcase_add_test(t, a_probe_waits_for_a_client_interface);
	tcase_add_test(t, a_refused_probe_makes_the_server_down);
	tcase_add_test(t, an_answer_from_a_stranger_proves_nothing);
	tcase_add_test(t, a_probe_that_is_never_answered_by_a_live_server_is_reported);
	tcase_add_test(t, a_reload_gives_up_open_probes_and_begins_anew);
	suite_add_tcase(s, t);
	return s;
}
