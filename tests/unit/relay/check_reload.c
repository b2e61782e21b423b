/* SPDX-License-Identifier: ISC
 *
 * Reloads of a whole daemon: the next configuration is accepted or refused as a whole, and no
 * packet is lost or counted twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/ctl.h"
#include "rig.h"

Suite *reload_suite(void);

#define VLANS(servers) "[interface vlan*]\ndhcp = " servers "\n"
#define FOUR "198.51.100.11, 198.51.100.12, 198.51.100.13, 198.51.100.14"

static struct daemon *d;

static void
start(void)
{
	d = rig_start(VLANS(FOUR));
}

static void
stop(void)
{
	rig_stop(d);
}

/* Checks that a request from vlan10 goes to this many servers, including 198.51.100.11. */
static void
relays_to(unsigned servers)
{
	static uint32_t xid = 100;

	fakeio_forget_sent();
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, ++xid);
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), servers);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 1);
	rig_reply("198.51.100.11", DHCP4_OFFER, xid, "192.0.2.1");
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 1);
	rig_accounts(d);
}

/* Checks that a refused reload changed nothing. */
static void
is_refused(const char *conf)
{
	uint64_t refused = d->stats[FAMILY4].counter[COUNTER_RELOADS_REFUSED];
	const struct conf *before = d->conf;

	ck_assert(!rig_reload(d, conf));
	ck_assert_ptr_eq(d->conf, before);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_RELOADS_REFUSED], refused + 1);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_RELOADS], 0);
	ck_assert(rig_logged("reload-refused file=\"rig.conf\""));
	relays_to(4);
}

START_TEST(a_configuration_with_a_mistake_is_refused_whole)
{
	is_refused(VLANS("198.51.100.11") "[interface lan]\nservers = nobody\n");
	ck_assert(rig_logged("config-mistake file=\"rig.conf\" line="));
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_refused)
{
	static const struct { int err; const char *says; } row[] = {
		{ ENOENT, "No such file" },
		{ EINVAL, "not a regular file" },
		{ EPIPE, "restart pxrelayd" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fakeio_open_fails(row[i].err);
		is_refused(VLANS("198.51.100.11"));
		ck_assert_msg(rig_logged(row[i].says), "%s in\n%s", row[i].says, fakeio_log());
	}
}
END_TEST

/* The daemon opens the file, then the ring for other ports. */
START_TEST(a_reload_is_refused_if_the_ring_fails)
{
	fakeio_open_skips(1);
	fakeio_open_fails(EMFILE);
	is_refused("[relay]\nclients = 64\n[helper x]\nport = 9\nfrom = vlan10\n"
	    "to = vlan20\n" VLANS("198.51.100.11, 198.51.100.21, 198.51.100.22"));
	ck_assert(rig_logged("start-failed what=\"packet ring\""));
	ck_assert(rig_reload(d, VLANS("198.51.100.11, 198.51.100.21, 198.51.100.22")));
	relays_to(3);
}
END_TEST

START_TEST(a_metrics_port_that_needs_privileges_is_refused)
{
	is_refused("[relay]\nmetrics = 127.0.0.1:1\n" VLANS("198.51.100.11"));
	ck_assert(rig_logged("a port below 1024 needs a restart"));
}
END_TEST

START_TEST(four_servers_become_one_and_four_again)
{
	relays_to(4);
	ck_assert(rig_reload(d, VLANS("198.51.100.11")));
	relays_to(1);
	ck_assert(rig_reload(d, VLANS(FOUR)));
	relays_to(4);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_RELOADS], 2);
	ck_assert(rig_logged("reloaded file=\"rig.conf\" reloads=2"));
}
END_TEST

/* When three of the four servers are removed, all have replied and requests wait in
 * the ring. */
START_TEST(replies_and_requests_that_wait_during_a_reload_are_all_accounted_for)
{
	static const char *const server[] = {
		"198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.14",
	};

	for (uint32_t xid = 1; xid <= 8; xid++)
		rig_request(xid & 1 ? RIG_VLAN10 : RIG_VLAN20, DHCP4_DISCOVER, xid);
	fakeio_turn();
	fakeio_forget_sent();
	for (uint32_t xid = 1; xid <= 8; xid++)
		for (unsigned i = 0; i < 4; i++)
			rig_reply(server[i], DHCP4_OFFER, xid, xid & 1 ? "192.0.2.1" :
			    "203.0.113.1");
	for (uint32_t xid = 11; xid <= 14; xid++)
		rig_request(RIG_VLAN10, DHCP4_DISCOVER, xid);

	ck_assert(rig_reload(d, "[interface vlan10]\ndhcp = 198.51.100.11\n"));
	/* The replies of the removed servers were relayed by the old configuration,
	 * to both VLANs. */
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 24);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), 0);

	fakeio_turn();
	/* The other replies are relayed by the new one, which has no vlan20 and one
	 * server. */
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 24 + 4);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, NULL), 4);
	ck_assert_uint_eq(rig_sent(FAKEIO_SERVER, "198.51.100.11"), 4);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_REPLIES], 32);
	ck_assert_uint_eq(d->stats[FAMILY4].counter[COUNTER_REPLIES_RELAYED], 28);
	ck_assert_uint_eq(d->stats[FAMILY4].drop_reply[DROP_NOT_OUR_GIADDR], 4);
	rig_accounts(d);
}
END_TEST

START_TEST(a_smaller_client_table_keeps_what_it_can)
{
	rig_request(RIG_VLAN10, DHCP4_DISCOVER, 7);
	fakeio_turn();
	fakeio_forget_sent();
	ck_assert(rig_reload(d, "[relay]\nclients = 64\n" VLANS(FOUR)));
	rig_reply("198.51.100.12", DHCP4_OFFER, 7, "192.0.2.1");
	fakeio_turn();
	ck_assert_uint_eq(rig_sent(FAKEIO_CLIENT, NULL), 1);
	relays_to(4);
}
END_TEST

START_TEST(a_moved_control_socket_is_opened_one_turn_later)
{
	ck_assert(fakeio_listens());
	ck_assert(rig_reload(d, "[relay]\ncontrol = /run/pxrelay/other.sock\n" VLANS(FOUR)));
	ck_assert(fakeio_listens());	/* the old one: `reload' may have come through it */
	ck_assert_str_eq(ctl_path(d->control.ctl), "/run/pxrelay/control.sock");
	rig_pass_ms(1);
	ck_assert_str_eq(ctl_path(d->control.ctl), "/run/pxrelay/other.sock");
	ck_assert(rig_reload(d, "[relay]\ncontrol = off\n" VLANS(FOUR)));
	rig_pass_ms(1);
	ck_assert(!fakeio_listens());
	ck_assert(rig_reload(d, VLANS(FOUR)));
	rig_pass_ms(1);
	ck_assert(fakeio_listens());
}
END_TEST

START_TEST(a_control_socket_that_cannot_be_opened_is_tried_again_by_the_next_reload)
{
	ck_assert(rig_reload(d, "[relay]\ncontrol = /run/pxrelay/other.sock\n" VLANS(FOUR)));
	fakeio_open_fails(EADDRINUSE);
	rig_pass_ms(1);
	ck_assert(!fakeio_listens());
	ck_assert(rig_logged("control-failed path=\"/run/pxrelay/other.sock\""));
	relays_to(4);
	ck_assert(rig_reload(d, "[relay]\ncontrol = /run/pxrelay/other.sock\n" VLANS(FOUR)));
	rig_pass_ms(1);
	ck_assert(fakeio_listens());
}
END_TEST

static bool
has_metrics(void)
{
	size_t len;
	char *text = fakeio_scrape(&len);
	bool has = text && strstr(text, "pxrelay_");

	free(text);
	return has;
}

START_TEST(metrics_come_and_go_with_the_configuration)
{
	static const char on[] = "[relay]\nmetrics = 127.0.0.1:9811\n" VLANS(FOUR);

	ck_assert(!has_metrics());
	ck_assert(rig_reload(d, on));
	ck_assert(has_metrics());
	ck_assert(rig_reload(d, on));
	ck_assert(has_metrics());
	ck_assert(rig_reload(d, "[relay]\nmetrics = 127.0.0.1:9812\n" VLANS(FOUR)));
	ck_assert(has_metrics());
	ck_assert(rig_reload(d, VLANS(FOUR)));
	ck_assert(!has_metrics());
}
END_TEST

START_TEST(a_reload_by_command_answers_with_its_result)
{
	const char *first;
	json_t *doc;

	fakeio_conf(VLANS("198.51.100.11"));
	doc = rig_command("reload");
	ck_assert(json_is_true(json_object_get(doc, "reloaded")));
	json_decref(doc);
	relays_to(1);
	fakeio_conf("[nonsense]\n");
	doc = rig_command("reload");
	ck_assert_ptr_nonnull(json_object_get(doc, "error"));
	first = json_string_value(json_array_get(json_object_get(doc, "mistakes"), 0));
	ck_assert_msg(first && strstr(first, ":1: [nonsense]: expected [relay]"), "%s", first);
	json_decref(doc);
	relays_to(1);
}
END_TEST

START_TEST(a_reload_without_4011_closes_its_socket_and_leaves_the_group)
{
	static const char boot[] = "[interface vlan*]\ndhcp = 198.51.100.11\n"
	    "boot = 198.51.100.12\n";
	char off[256];

	ck_assert(rig_reload(d, boot));
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 2);
	snprintf(off, sizeof(off), "[relay]\n4011 = off\n%s", boot);
	ck_assert(rig_reload(d, off));
	ck_assert_uint_eq(fakeio_joined(FAMILY4), 0);
}
END_TEST

/* A boot server on this host has the port. */
START_TEST(a_taken_4011_port_does_not_refuse_the_reload)
{
	ck_assert(rig_reload(d, "[relay]\n4011 = off\n" VLANS(FOUR)));
	fakeio_open_skips(2);			/* the file, the ring */
	fakeio_open_fails(EADDRINUSE);
	ck_assert(rig_reload(d, VLANS(FOUR)));
	ck_assert(rig_logged("port-taken port=4011 "));
	relays_to(4);
}
END_TEST

Suite *
reload_suite(void)
{
	Suite *s = suite_create("reload");
	TCase *t = tcase_create("reload");

	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, a_configuration_with_a_mistake_is_refused_whole);
	tcase_add_test(t, a_file_that_cannot_be_opened_is_refused);
	tcase_add_test(t, a_reload_is_refused_if_the_ring_fails);
	tcase_add_test(t, a_metrics_port_that_needs_privileges_is_refused);
	tcase_add_test(t, four_servers_become_one_and_four_again);
	tcase_add_test(t, replies_and_requests_that_wait_during_a_reload_are_all_accounted_for);
	tcase_add_test(t, a_smaller_client_table_keeps_what_it_can);
	tcase_add_test(t, a_moved_control_socket_is_opened_one_turn_later);
	tcase_add_test(t, a_control_socket_that_cannot_be_opened_is_tried_again_by_the_next_reload);
	tcase_add_test(t, metrics_come_and_go_with_the_configuration);
	tcase_add_test(t, a_reload_by_command_answers_with_its_result);
	tcase_add_test(t, a_reload_without_4011_closes_its_socket_and_leaves_the_group);
	tcase_add_test(t, a_taken_4011_port_does_not_refuse_the_reload);
	suite_add_tcase(s, t);
	return s;
}
