/* SPDX-License-Identifier: ISC
 *
 * A whole daemon from start to end: failures at the start, reports to the service manager and
 * to the log, commands of an operator, and dropped privileges.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/daemon.h"
#include "relay/show/show.h"
#include "rig.h"

Suite *daemon_suite(void);

static const char conf[] =
    "[server one]\n"
    "address = 198.51.100.11\n"
    "[server two]\n"
    "address = 198.51.100.12\n"
    "[interface vlan*]\n"
    "dhcp = one, two\n";

static struct daemon *d;

static void
start(void)
{
	d = rig_start(conf);
}

static void
stop(void)
{
	rig_stop(d);
}

/* --- the start ---------------------------------------------------------------------- */

/* In the order in which they are opened. */
START_TEST(a_socket_that_cannot_be_opened_fails_the_start)
{
	static const char *const what[] = {
		"what=\"raw socket\"", "what=\"packet ring\"",
	};

	for (unsigned i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		rig_before_start(i, EPERM);
		ck_assert_int_eq(rig_try(&d, conf), -EPERM);
		ck_assert_msg(rig_logged(what[i]), "%s in %s", what[i], fakeio_log());
		rig_stop(d);
	}
}
END_TEST

/* The relay runs without it. */
START_TEST(a_daemon_starts_without_its_control_socket)
{
	rig_before_start(3, EADDRINUSE);
	ck_assert_int_eq(rig_try(&d, conf), 0);
	ck_assert(rig_logged("control-failed path=\"/run/pxrelay/control.sock\""));
	ck_assert(!fakeio_listens());
	rig_stop(d);
}
END_TEST

/* --- ports -------------------------------------------------------------------------------- */

/* Returns how many are in `show interfaces', and the first. */
static size_t
ports_shown(char *first, size_t size)
{
	json_t *doc = rig_command("show interfaces");
	const json_t *ports = json_object_get(doc, "ports");
	size_t n = json_array_size(ports);
	char *text = n ? json_dumps(json_array_get(ports, 0), JSON_SORT_KEYS) : NULL;

	snprintf(first, size, "%s", text ? text : "");
	free(text);
	json_decref(doc);
	return n;
}

START_TEST(a_port_that_another_program_has_is_taken_over_later)
{
	char first[256];

	fakeio_open_fails(EADDRINUSE);
	rig_addr(RIG_VLAN20, "203.0.113.129/24");
	ck_assert_msg(rig_logged("port-taken port=67 address=203.0.113.129 "
	    "error=\"Address already in use\" process=\"dnsmasq\" pid=77"), "%s", fakeio_log());
	ck_assert_uint_eq(ports_shown(first, sizeof(first)), 1);
	ck_assert_str_eq(first, "{\"addresses\": [\"203.0.113.129\"], \"open\": false, "
	    "\"pid\": 77, \"port\": 67, \"process\": \"dnsmasq\"}");
	rig_pass_ms(1100);
	ck_assert_uint_eq(ports_shown(first, sizeof(first)), 0);
}
END_TEST

START_TEST(many_addresses_share_a_socket)
{
	char text[256];

	for (unsigned i = 2; i < 2 + BOUND_MAX / 2; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u/16", i / 256, i % 256);
		rig_addr(RIG_VLAN20, text);
	}
	ck_assert(rig_logged("port-taken port=67 address=0.0.0.0 error=\"shared by "));
	ck_assert_uint_eq(ports_shown(text, sizeof(text)), 2);
	ck_assert_str_eq(text, "{\"addresses\": [\"0.0.0.0\"], \"open\": true, "
	    "\"pid\": 77, \"port\": 67, \"process\": \"dnsmasq\"}");
}
END_TEST

/* --- the service manager --------------------------------------------------------------- */

START_TEST(states_are_reported_to_the_service_manager)
{
	status_ready(d);
	ck_assert_str_eq(fakeio_notified(),
	    "READY=1\nSTATUS=2 interfaces, 2 servers, 0 boots");
	status_reloading(d, mono_us(42));
	ck_assert_str_eq(fakeio_notified(), "RELOADING=1\nMONOTONIC_USEC=42");
	status_stopping(d);
	ck_assert_str_eq(fakeio_notified(), "STOPPING=1");
}
END_TEST

START_TEST(the_status_line_follows_the_servers)
{
	json_decref(rig_command("drain one"));
	rig_pass_ms(2500);
	ck_assert_str_eq(fakeio_notified(),
	    "STATUS=2 interfaces, 2 servers (1 drained), 0 boots");
	fakeio_route(rig_at("198.51.100.12"), ENETUNREACH, NULL, IP_NONE);
	fakeio_routes_changed();
	fakeio_batch_end();
	rig_pass_ms(2500);
	ck_assert_str_eq(fakeio_notified(),
	    "STATUS=2 interfaces, 2 servers (1 down, 1 drained), 0 boots");
	json_decref(rig_command("enable one"));
	rig_pass_ms(2500);
	ck_assert_str_eq(fakeio_notified(),
	    "STATUS=2 interfaces, 2 servers (1 down), 0 boots");
}
END_TEST

START_TEST(the_status_line_is_sent_at_most_every_two_seconds)
{
	rig_pass_ms(5000);
	status_stopping(d);		/* anything but a status line */
	status_changed(d);
	rig_pass_ms(10);
	ck_assert_str_eq(fakeio_notified(), "STOPPING=1");	/* nothing has changed */
	rig_link(RIG_VLAN20, "vlan20", false);
	rig_pass_ms(1000);
	ck_assert_str_eq(fakeio_notified(), "STOPPING=1");	/* too soon */
	rig_pass_ms(1000);
	ck_assert_str_eq(fakeio_notified(), "STATUS=1 interface, 2 servers, 0 boots");
}
END_TEST

/* --- the log ------------------------------------------------------------------------- */

static unsigned
times_logged(const char *text)
{
	unsigned n = 0;

	for (const char *p = fakeio_log(); (p = strstr(p, text)); p++)
		n++;
	return n;
}

START_TEST(a_repeated_line_is_written_once_and_then_counted)
{
	for (int i = 0; i < 5; i++)
		log_event(&d->log, LOG_LEVEL_WARNING, "noise", "server=one");
	ck_assert_uint_eq(times_logged("noise"), 1);
	rig_pass_ms(11000);
	ck_assert_uint_eq(times_logged("noise"), 2);
	ck_assert(rig_logged("noise server=one repeated=4"));
}
END_TEST

START_TEST(what_was_left_out_is_written_before_the_end)
{
	for (int i = 0; i < 3; i++)
		log_event(&d->log, LOG_LEVEL_WARNING, "noise", "server=one");
	logging_close(d);
	ck_assert(rig_logged("noise server=one repeated=2"));
	log_event(&d->log, LOG_LEVEL_WARNING, "noise", "server=one");
	ck_assert_uint_eq(times_logged("noise"), 3);
}
END_TEST

START_TEST(a_daemon_in_the_background_logs_as_configured)
{
	logging_background(d);
	log_event(&d->log, LOG_LEVEL_INFO, "hello", "to=syslog");
	ck_assert(rig_logged("hello to=syslog"));
}
END_TEST

/* --- commands ------------------------------------------------------------------------- */

static void
says(const char *line, const char *key, const char *text)
{
	json_t *doc = rig_command(line);
	const char *is = json_string_value(json_object_get(doc, key));

	ck_assert_msg(is && strstr(is, text), "%s: %s", line, is ? is : "(nothing)");
	json_decref(doc);
}

START_TEST(a_drained_server_gets_no_requests_until_it_is_enabled)
{
	says("drain one", "health", "drained");
	ck_assert(rig_logged("server-drained server=one"));
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 0);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.12"), 1);
	says("enable 198.51.100.11", "server", "one");
	ck_assert(rig_logged("server-enabled server=one"));
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 2);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 1);
}
END_TEST

START_TEST(invalid_commands_are_answered_with_an_error)
{
	says("drain nobody", "error", "no such server");
	says("drain 192.0.2.99", "error", "no such server");
	says("dance", "error", "unknown command");
	says("explain 52:54", "error", "not a hardware address");
	says("capture on nonsense", "error", "");
	says("doctor result 7", "error", "no such run");
}
END_TEST

START_TEST(explain_says_that_a_machine_was_never_seen)
{
	json_t *doc = rig_command("explain 52:54:00:12:34:56");

	ck_assert_ptr_null(json_object_get(doc, "boot"));
	ck_assert_ptr_nonnull(json_object_get(json_object_get(doc, "verdict"), "sentence"));
	json_decref(doc);
}
END_TEST

START_TEST(a_fifth_capture_is_refused)
{
	for (int i = 0; i < 4; i++)
		says("capture", "capture", "pcapng");
	says("capture", "error", "4 captures already");
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), 2);
	fakeio_stream_end();
	says("capture", "capture", "pcapng");
}
END_TEST

START_TEST(show_interfaces_says_why_one_does_not_serve)
{
	json_t *doc, *f;
	const char *state[] = { "ready", "down", "no-address" };
	size_t i;

	rig_link(RIG_VLAN20, "vlan20", false);
	rig_link(30, "vlan30", true);
	doc = rig_command("show interfaces");
	json_array_foreach(json_object_get(doc, "interfaces"), i, f) {
		ck_assert_uint_lt(i, 3);
		ck_assert_str_eq(json_string_value(json_object_get(f, "state")), state[i]);
	}
	ck_assert_uint_eq(i, 3);
	json_decref(doc);
}
END_TEST

/* --- what is shown of the two families --------------------------------------------------- */

static const char both[] =
    "[server four]\n"
    "address = 198.51.100.11\n"
    "[server six]\n"
    "address = fe80::10%uplink\n"
    "[server far]\n"
    "address = 2001:db8::10\n"
    "[interface vlan10]\n"
    "servers = four, six\n"
    "[interface vlan20]\n"
    "servers = four\n"
    "[interface vlan30]\n"
    "servers = six, far\n";

/* The value at a path of keys, as text; "-" if there is none. */
static const char *
at(const json_t *doc, const char *path)
{
	static char text[64];
	char key[64], *save = NULL;

	snprintf(key, sizeof(key), "%s", path);
	for (char *k = strtok_r(key, ".", &save); k && doc; k = strtok_r(NULL, ".", &save))
		doc = json_is_array(doc) ? json_array_get(doc, strtoul(k, NULL, 10)) :
		    json_object_get(doc, k);
	if (json_is_integer(doc))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(doc));
	else
		snprintf(text, sizeof(text), "%s", doc ? json_string_value(doc) : "-");
	return text;
}

static void
start_both(void)
{
	ck_assert(rig_reload(d, both));
	rig_link(30, "vlan30", true);
	rig_addr(30, "192.0.2.129/25");
	rig_addr(RIG_VLAN10, "fe80::1/64");
	rig_addr(RIG_VLAN10, "2001:db8:10::1/64");
	rig_addr(RIG_VLAN20, "fe80::1/64");
	rig_addr(RIG_VLAN20, "2001:db8:20::1/64");
	d->stats[FAMILY6].drop_request[DROP_HOPS] = 3;
	d->stats[FAMILY6].drop_reply[DROP_HOPS] = 4;
	d->stats[FAMILY6].counter[COUNTER_ODD_OPTIONS] = 5;
	iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY6].drops = 6;
}

/* A section that no interface matches has a row of its own, until one does. */
START_TEST(show_interfaces_and_metrics_have_absent_sections)
{
	static const char next[] =
	    "[interface vlan10, vlan99]\n"
	    "servers = 198.51.100.11\n"
	    "[interface ppp*]\n"
	    "servers = 2001:db8::10\n"
	    "[interface vlan98]\n"
	    "relay = off\n";
	json_t *all, *doc;
	size_t len;
	char *text;

	ck_assert(rig_reload(d, next));
	all = rig_command("show interfaces");
	doc = json_object_get(all, "interfaces");
	ck_assert_uint_eq(json_array_size(doc), 3);
	ck_assert_str_eq(at(doc, "1.name"), "vlan99");
	ck_assert_str_eq(at(doc, "1.state"), "absent");
	ck_assert_str_eq(at(doc, "1.state6"), "off");
	ck_assert_str_eq(at(doc, "1.ifindex"), "0");
	ck_assert_str_eq(at(doc, "1.servers.0"), "198.51.100.11");
	ck_assert_str_eq(at(doc, "2.name"), "ppp*");
	ck_assert_str_eq(at(doc, "2.state"), "off");
	ck_assert_str_eq(at(doc, "2.state6"), "absent");
	text = scrape(d, &len);
	ck_assert_ptr_nonnull(strstr(text, "interface_state{interface=\"vlan99\","
	    "family=\"dhcp4\",state=\"absent\"} 1"));
	ck_assert_ptr_nonnull(strstr(text,
	    "interface_state{interface=\"ppp*\",family=\"dhcp6\",state=\"absent\"} 1"));
	ck_assert_ptr_nonnull(strstr(text,
	    "interface_ready{interface=\"vlan99\",family=\"dhcp4\"} 0"));
	ck_assert_ptr_null(strstr(text, "interface_ready{interface=\"ppp*\""));
	ck_assert_ptr_null(strstr(text, "interface=\"vlan98\""));
	free(text);
	json_decref(all);
	rig_link(30, "vlan99", true);
	all = rig_command("show interfaces");
	doc = json_object_get(all, "interfaces");
	ck_assert_uint_eq(json_array_size(doc), 3);
	ck_assert_str_eq(at(doc, "1.state"), "no-address");
	json_decref(all);
}
END_TEST

START_TEST(documents_have_the_numbers_of_each_family)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "drops.hops", "0" }, { "drops6.hops", "7" },
		{ "by.requests.hops", "-" }, { "by6.requests.hops", "3" },
		{ "by6.replies.hops", "4" },
		{ "counters.requests", "0" }, { "counters6.requests", "0" },
		{ "counters.odd-options", "-" }, { "counters6.odd-options", "5" },
		{ "counters.reloads", "1" }, { "counters6.reloads", "-" },
		{ "counters.bootp", "0" }, { "counters6.bootp", "-" },
		{ "conversations", "0" }, { "conversations6", "0" },
		{ "interfaces.0.drops", "0" }, { "interfaces.0.drops6", "6" },
		{ "interfaces.0.state", "ready" }, { "interfaces.0.state6", "ready" },
		{ "interfaces.0.link-address", "2001:db8:10::1" },
		{ "interfaces.1.state", "ready" }, { "interfaces.1.state6", "off" },
		{ "interfaces.1.link-address", "-" },
		{ "interfaces.2.state", "off" }, { "interfaces.2.state6", "no-address" },
		{ "servers.0.address", "198.51.100.11" },
		{ "servers.1.address", "fe80::10%uplink" },
		{ "servers.1.source", "fe80::2" }, { "servers.1.state", "reachable" },
		{ "servers.2.address", "2001:db8::10" },
		{ "servers.2.source", "-" }, { "servers.2.state", "no-route" },
	};
	json_t *doc;

	fakeio_route(rig_at("fe80::10"), 0, NULL, rig_at("fe80::2"));
	fakeio_route(rig_at("2001:db8::10"), EADDRNOTAVAIL, NULL, IP_NONE);
	start_both();
	doc = rig_command("show");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(strcmp(at(doc, cases[i].path), cases[i].value) == 0,
		    "%s is %s", cases[i].path, at(doc, cases[i].path));
	json_decref(doc);
}
END_TEST

START_TEST(metrics_have_a_label_for_the_family)
{
	static const char *const lines[] = {
		"requests_total{family=\"dhcp4\"} 0", "requests_total{family=\"dhcp6\"} 0",
		"bootp_total{family=\"dhcp4\"} 0", "odd_options_total{family=\"dhcp6\"} 5",
		"reloads_total 1", "conversations{family=\"dhcp6\"} 0",
		"drops_total{family=\"dhcp4\",direction=\"requests\",reason=\"hops\"} 0",
		"drops_total{family=\"dhcp6\",direction=\"requests\",reason=\"hops\"} 3",
		"interface_ready{interface=\"vlan10\",family=\"dhcp6\"} 1",
		"interface_ready{interface=\"vlan30\",family=\"dhcp6\"} 0",
		"interface_state{interface=\"vlan30\",family=\"dhcp6\",state=\"no-address\"} 1",
		"interface_drops_total{interface=\"vlan10\",family=\"dhcp6\"} 6",
		"interface_messages_total{interface=\"vlan10\",family=\"dhcp6\",class=\"boot\","
		    "message=\"solicit\"} 8",
		"interface_messages_total{interface=\"vlan10\",family=\"dhcp6\",class=\"dhcp\","
		    "message=\"other\"} 9",
		"server_up{server=\"six\",address=\"fe80::10%uplink\"} 1",
	}, *const none[] = {
		"bootp_total{family=\"dhcp6\"}", "odd_options_total{family=\"dhcp4\"}",
		"{interface=\"vlan20\",family=\"dhcp6\"", "{interface=\"vlan30\",family=\"dhcp4\"",
	};
	struct if_stats *st;
	char line[256], *text;
	size_t len;

	start_both();
	st = &iftab_by_index(d->iftab, RIG_VLAN10)->stats[FAMILY6];
	st->message[CONF_BOOT][1] = 8;
	st->message[CONF_DHCP][0] = 9;
	text = scrape(d, &len);
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "\npxrelay_%s\n", lines[i]);
		ck_assert_msg(strstr(text, line) != NULL, "no %s", lines[i]);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(strstr(text, none[i]) == NULL, "%s", none[i]);
	free(text);
}
END_TEST

/* --- privileges ------------------------------------------------------------------------ */

START_TEST(with_S_privileges_are_kept_and_that_is_logged)
{
	ck_assert_int_eq(privileges_drop(d), 0);
	ck_assert_int_eq(privileges_filter(d), 0);
	ck_assert(rig_logged("privileges user=unchanged sandbox=off"));
	ck_assert(!d->privileges.filtered);
}
END_TEST

START_TEST(without_S_the_sandbox_is_on)
{
	static const struct args args = { .foreground = true, .conf = "rig.conf" };

	privileges_close(d);
	d->args = &args;
	ck_assert_int_eq(privileges_open(d, d->conf), 0);
	ck_assert_int_eq(privileges_drop(d), 0);
	ck_assert(!d->privileges.filtered);
	ck_assert_int_eq(privileges_filter(d), 0);
	ck_assert(rig_logged("sandbox=on"));
	ck_assert(d->privileges.filtered);
}
END_TEST

START_TEST(a_lost_opener_is_logged_once)
{
	static const struct args args = { .foreground = true, .conf = "rig.conf" };

	privileges_close(d);
	d->args = &args;
	ck_assert_int_eq(privileges_open(d, d->conf), 0);
	ck_assert_int_eq(privileges_filter(d), 0);
	fakeio_opener_gone();
	ck_assert(rig_logged("opener-gone"));
	fakeio_opener_gone();
	ck_assert_uint_eq(times_logged("opener-gone"), 1);
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 1);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), 2);
}
END_TEST

Suite *
daemon_suite(void)
{
	Suite *s = suite_create("daemon");
	TCase *b = tcase_create("start"), *t = tcase_create("daemon");

	tcase_add_test(b, a_socket_that_cannot_be_opened_fails_the_start);
	tcase_add_test(b, a_daemon_starts_without_its_control_socket);
	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, a_port_that_another_program_has_is_taken_over_later);
	tcase_add_test(t, many_addresses_share_a_socket);
	tcase_add_test(t, states_are_reported_to_the_service_manager);
	tcase_add_test(t, the_status_line_follows_the_servers);
	tcase_add_test(t, the_status_line_is_sent_at_most_every_two_seconds);
	tcase_add_test(t, a_repeated_line_is_written_once_and_then_counted);
	tcase_add_test(t, what_was_left_out_is_written_before_the_end);
	tcase_add_test(t, a_daemon_in_the_background_logs_as_configured);
	tcase_add_test(t, a_drained_server_gets_no_requests_until_it_is_enabled);
	tcase_add_test(t, invalid_commands_are_answered_with_an_error);
	tcase_add_test(t, explain_says_that_a_machine_was_never_seen);
	tcase_add_test(t, a_fifth_capture_is_refused);
	tcase_add_test(t, show_interfaces_says_why_one_does_not_serve);
	tcase_add_test(t, show_interfaces_and_metrics_have_absent_sections);
	tcase_add_test(t, documents_have_the_numbers_of_each_family);
	tcase_add_test(t, metrics_have_a_label_for_the_family);
	tcase_add_test(t, with_S_privileges_are_kept_and_that_is_logged);
	tcase_add_test(t, without_S_the_sandbox_is_on);
	tcase_add_test(t, a_lost_opener_is_logged_once);
	suite_add_tcase(s, b);
	suite_add_tcase(s, t);
	return s;
}
