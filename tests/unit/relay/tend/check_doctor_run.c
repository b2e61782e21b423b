/* SPDX-License-Identifier: ISC
 *
 * `pxrelayctl doctor' in a whole daemon: a run is started and its result fetched by command;
 * the test plays the servers. Findings are tested with core/doctor; these tests check what is
 * sent and received.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

Suite *doctor_run_suite(void);

static const char conf[] =
    "[server dhcp]\n"
    "address = 198.51.100.11\n"
    "[server boot]\n"
    "address = 198.51.100.21\n"
    "[interface vlan*]\n"
    "dhcp = dhcp\n"
    "boot = boot\n";

static struct daemon *d;

/* The answers of the servers. */
static bool offers, pings, answers_4011, has_file;
static unsigned sent_seen, asked_seen;

static void
start(void)
{
	d = rig_start(conf);
	rig_addr(FAKEIO_UPLINK, "198.51.100.1/24");
	fakeio_route(rig_at("198.51.100.11"), 0, NULL, rig_at("198.51.100.1"));
	fakeio_route(rig_at("198.51.100.21"), 0, NULL, rig_at("198.51.100.1"));
	fakeio_routes_changed();
	fakeio_batch_end();
	rig_pass_ms(100);
	offers = pings = answers_4011 = has_file = true;
	sent_seen = fakeio_sent();
	asked_seen = 0;
}

static void
stop(void)
{
	rig_stop(d);
}

/* An offer: of an address if it is from `dhcp', of a boot file if it is from
 * `boot'. */
static void
offer(struct msg *m, const uint8_t *request, bool is_boot)
{
	msg_init(m, BOOTREPLY);
	memcpy(m->b + 4, request + 4, DHCP4_OFF_SNAME - 4);
	msg_opt_u8(m, DHCP4_OPT_TYPE, DHCP4_OFFER);
	if (is_boot) {
		memcpy(m->b + DHCP4_OFF_FILE, "boot.efi", 8);
		msg_opt_text(m, 60, "PXEClient");
		msg_opt_u32(m, DHCP4_OPT_SERVER_ID, rig_ip("198.51.100.21").host);
	} else {
		m->b[DHCP4_OFF_YIADDR] = 192;
		m->b[DHCP4_OFF_YIADDR + 2] = 2;
		m->b[DHCP4_OFF_YIADDR + 3] = 77;
		msg_opt_u32(m, 1, 0xffffff00);
		msg_opt_u32(m, 3, rig_ip("192.0.2.254").host);
		msg_opt_u32(m, DHCP4_OPT_SERVER_ID, rig_ip("198.51.100.11").host);
	}
	msg_end(m);
}

static void
answer_discovers(void)
{
	static struct msg m;
	unsigned n = fakeio_sent();

	for (; sent_seen < n; sent_seen++) {
		const struct fakeio_out *o = fakeio_out(sent_seen);
		struct udpip u = {
			.src = ip_of4(ip_v4(o->server)), .dst = ip_of4(rig_ip("192.0.2.1")), .sport = 67, .dport = 67,
			.payload = m.b,
		};

		if (o->to != FAKEIO_SERVER || !offers)
			continue;
		offer(&m, o->msg, ip_eq(o->server, rig_at("198.51.100.21")));
		u.payload_len = m.len;
		must(fakeio_from_server(o->server, &u, FAKEIO_UPLINK));
	}
	fakeio_turn();
}

static void
answer_query(unsigned i)
{
	static const char block[] = "\0\3\0\1MZ and more";
	static const char none[] = "\0\5\0\1no such file";
	const struct query *q = fakeio_query(i);
	static struct msg m;

	switch (q->kind) {
	case QUERY_ECHO:
	case QUERY_ARP:
	case QUERY_ROUTERS:
		if (pings)
			fakeio_answer(i, 0, NULL, 0);
		break;
	case QUERY_DATAGRAM:
		offer(&m, q->msg, true);
		m.b[DHCP4_HEADER + 6] = DHCP4_ACK;
		if (answers_4011)
			fakeio_answer(i, 0, m.b, m.len);
		break;
	case QUERY_TFTP:
		fakeio_answer(i, 0, has_file ? block : none, has_file ? sizeof(block) - 1 :
		    sizeof(none) - 1);
		break;
	case QUERY_STREAM:
		fakeio_answer(i, ECONNREFUSED, NULL, 0);
		break;
	}
}

static int
begin(const char *ifname)
{
	char line[64];
	json_t *doc;
	int run;

	snprintf(line, sizeof(line), "doctor start %s", ifname);
	doc = rig_command(line);
	run = (int)json_integer_value(json_object_get(doc, "run"));
	json_decref(doc);
	return run;
}

static json_t *
result(int run)
{
	char line[64];

	snprintf(line, sizeof(line), "doctor result %d", run);
	return rig_command(line);
}

/* Plays the servers until the run is over. */
static json_t *
finish(int run)
{
	for (int i = 0; i < 700; i++) {
		json_t *doc;

		rig_pass_ms(20);
		answer_discovers();
		for (; asked_seen < fakeio_asked(); asked_seen++)
			answer_query(asked_seen);
		doc = result(run);
		if (!json_is_false(json_object_get(doc, "done")))
			return doc;
		json_decref(doc);
	}
	ck_abort_msg("the run does not end");
}

static bool
found(const json_t *doc, const char *code)
{
	const json_t *checks = json_object_get(doc, "checks"), *c;
	size_t i;

	json_array_foreach(checks, i, c)
		if (strcmp(json_string_value(json_object_get(c, "code")), code) == 0)
			return true;
	return false;
}

static void
finds(const json_t *doc, const char *code)
{
	char *text = json_dumps(doc, JSON_INDENT(1));

	ck_assert_msg(found(doc, code), "no %s in\n%s", code, text);
	free(text);
}

/* --- runs --------------------------------------------------------------------------- */

START_TEST(a_run_with_servers_that_answer_finds_the_file)
{
	json_t *doc;
	int run = begin("vlan10");

	ck_assert_int_ge(run, 1);
	doc = finish(run);
	finds(doc, "serves-clients");
	finds(doc, "reachable");
	finds(doc, "offers");
	finds(doc, "router");
	finds(doc, "4011-answers");
	finds(doc, "file-found");
	finds(doc, "no-rogue-server");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "interface")), "vlan10");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "giaddr")), "192.0.2.1");
	json_decref(doc);

	/* Clients, health and the relay's own counters are unchanged. */
	ck_assert_uint_ge(d->stats[FAMILY4].counter[COUNTER_DOCTOR_QUESTIONS], 10);
	ck_assert_uint_ge(d->stats[FAMILY4].counter[COUNTER_DOCTOR_ANSWERS], 10);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_REQUESTS], 0);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_REPLIES], 0);
	ck_assert_int_eq(d->servers.health[0].diag, HEALTH_DIAG_NONE);
}
END_TEST

START_TEST(a_discover_goes_to_the_servers_as_the_relay_forwards_it_and_to_the_vlan)
{
	unsigned vlan = 0, servers = 0;
	struct dhcp4 m;

	begin("vlan10");
	rig_pass_ms(40);
	for (unsigned i = 0; i < fakeio_sent(); i++) {
		const struct fakeio_out *o = fakeio_out(i);

		ck_assert_int_eq(dhcp4_parse(&m, o->msg, o->len), DROP_NONE);
		ck_assert_uint_eq(m.type, DHCP4_DISCOVER);
		ck_assert_mem_eq(m.chaddr, "\2pxd", 4);
		ck_assert_uint_eq(m.hops, o->to == FAKEIO_SERVER);
		vlan += o->to == FAKEIO_CLIENT && o->ifindex == RIG_VLAN10 && o->dport == 67 &&
		    ip4_is_none(m.giaddr) && o->mac[0] == 255;
		servers += o->to == FAKEIO_SERVER && ip4_eq(m.giaddr, rig_ip("192.0.2.1"));
	}
	ck_assert_uint_eq(vlan, 1);
	ck_assert_uint_ge(servers, 2);
	ck_assert_uint_eq(vlan + servers, fakeio_sent());
}
END_TEST

START_TEST(servers_that_do_not_answer_are_found_silent)
{
	json_t *doc;

	offers = pings = false;
	doc = finish(begin("vlan10"));
	finds(doc, "host-silent");
	ck_assert(!found(doc, "offers"));
	ck_assert(!found(doc, "file-found"));
	ck_assert_str_eq(json_string_value(json_object_get(doc, "status")), "fail");
	json_decref(doc);
}
END_TEST

START_TEST(a_missing_file_and_a_silent_port_4011_are_found)
{
	json_t *doc;

	has_file = answers_4011 = false;
	doc = finish(begin("vlan10"));
	finds(doc, "file-not-found");
	ck_assert(!found(doc, "4011-answers"));
	json_decref(doc);
}
END_TEST

START_TEST(an_error_of_a_servers_socket_ends_its_queries)
{
	json_t *doc;
	int run = begin("vlan10");

	offers = false;
	rig_pass_ms(40);
	must(fakeio_server_error(rig_at("198.51.100.11"), ECONNREFUSED, 0));
	/* It was the doctor's own query, so it says nothing about the server's
	 * health. */
	ck_assert_int_ne(d->servers.health[0].state, HEALTH_DOWN);
	doc = finish(run);
	finds(doc, "port-closed");
	json_decref(doc);
}
END_TEST

START_TEST(a_server_without_a_route_is_found)
{
	json_t *doc;

	fakeio_route(rig_at("198.51.100.11"), ENETUNREACH, NULL, IP_NONE);
	fakeio_routes_changed();
	fakeio_batch_end();
	rig_pass_ms(100);
	doc = finish(begin("vlan10"));
	finds(doc, "no-route");
	json_decref(doc);
}
END_TEST

START_TEST(a_missing_interface_is_found)
{
	json_t *doc = finish(begin("eth7"));

	ck_assert_str_eq(json_string_value(json_object_get(doc, "status")), "fail");
	ck_assert_uint_eq(fakeio_sent(), 0);
	ck_assert_uint_eq(fakeio_asked(), 0);
	json_decref(doc);
}
END_TEST

/* Another host on the VLAN also replies to the doctor's machine. */
START_TEST(a_stranger_that_offers_on_the_vlan_is_found)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 66 };
	static struct msg m;
	struct udpip u = {
		.src = ip_of4(rig_ip("192.0.2.66")), .dst = ip_of4(IP4_BROADCAST), .sport = 67, .dport = 68,
		.ttl = 64, .payload = m.b,
	};
	json_t *doc;
	int run = begin("vlan10");
	unsigned i = 0;

	rig_pass_ms(40);
	while (fakeio_out(i)->to != FAKEIO_CLIENT)
		i++;
	offer(&m, fakeio_out(i)->msg, false);
	u.payload_len = m.len;
	fakeio_udp_frame(&u, RIG_VLAN10, RING_TO_BROADCAST, mac);
	doc = finish(run);
	finds(doc, "rogue-server");
	json_decref(doc);
}
END_TEST

/* The server's answer from port 4011 goes to port 68 instead of the port that sent
 * the query. */
START_TEST(an_answer_from_4011_to_the_wrong_port_is_found)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 21 };
	static struct msg m;
	json_t *doc = NULL;
	int run = begin("vlan10");

	answers_4011 = false;
	for (int i = 0; i < 20; i++) {
		rig_pass_ms(20);
		answer_discovers();
		for (; asked_seen < fakeio_asked(); asked_seen++) {
			struct udpip u = {
				.src = ip_of4(rig_ip("198.51.100.21")), .dst = ip_of4(rig_ip("192.0.2.1")),
				.sport = 4011, .dport = 68, .ttl = 64, .payload = m.b,
			};

			answer_query(asked_seen);
			if (fakeio_query(asked_seen)->kind != QUERY_DATAGRAM)
				continue;
			offer(&m, fakeio_query(asked_seen)->msg, true);
			u.payload_len = m.len;
			fakeio_udp_frame(&u, FAKEIO_UPLINK, RING_TO_HOST, mac);
			fakeio_turn();
		}
	}
	doc = finish(run);
	finds(doc, "4011-wrong-port");
	json_decref(doc);
}
END_TEST

/* --- the end of a run ---------------------------------------------------------------- */

START_TEST(a_result_is_given_once)
{
	int run = begin("vlan10");
	json_t *doc = finish(run);

	json_decref(doc);
	doc = result(run);
	ck_assert_ptr_nonnull(json_object_get(doc, "error"));
	json_decref(doc);
}
END_TEST

START_TEST(a_result_that_is_not_fetched_is_discarded)
{
	json_t *doc;
	int run = begin("vlan10");

	rig_pass_ms(75000);
	doc = result(run);
	ck_assert_ptr_nonnull(json_object_get(doc, "error"));
	json_decref(doc);
}
END_TEST

START_TEST(a_reload_ends_all_runs)
{
	json_t *doc;
	int run = begin("vlan10");

	rig_pass_ms(100);
	ck_assert_uint_ge(fakeio_asked(), 1);
	ck_assert(rig_reload(d, conf));
	for (unsigned i = 0; i < fakeio_asked(); i++)
		ck_assert(!fakeio_query_is_open(i));
	doc = result(run);
	ck_assert_ptr_nonnull(json_object_get(doc, "error"));
	json_decref(doc);
}
END_TEST

START_TEST(the_thirty_third_concurrent_run_gets_busy)
{
	json_t *doc;

	for (int i = 0; i < 32; i++)
		ck_assert_int_ge(begin("vlan10"), 1);
	doc = rig_command("doctor start vlan10");
	ck_assert(json_is_true(json_object_get(doc, "busy")));
	json_decref(doc);
}
END_TEST

Suite *
doctor_run_suite(void)
{
	Suite *s = suite_create("doctor_run");
	TCase *t = tcase_create("doctor_run");

	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, a_run_with_servers_that_answer_finds_the_file);
	tcase_add_test(t, a_discover_goes_to_the_servers_as_the_relay_forwards_it_and_to_the_vlan);
	tcase_add_test(t, servers_that_do_not_answer_are_found_silent);
	tcase_add_test(t, a_missing_file_and_a_silent_port_4011_are_found);
	tcase_add_test(t, an_error_of_a_servers_socket_ends_its_queries);
	tcase_add_test(t, a_server_without_a_route_is_found);
	tcase_add_test(t, a_missing_interface_is_found);
	tcase_add_test(t, a_stranger_that_offers_on_the_vlan_is_found);
	tcase_add_test(t, an_answer_from_4011_to_the_wrong_port_is_found);
	tcase_add_test(t, a_result_is_given_once);
	tcase_add_test(t, a_result_that_is_not_fetched_is_discarded);
	tcase_add_test(t, a_reload_ends_all_runs);
	tcase_add_test(t, the_thirty_third_concurrent_run_gets_busy);
	suite_add_tcase(s, t);
	return s;
}
