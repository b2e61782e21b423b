/* SPDX-License-Identifier: ISC
 *
 * What pxrelayctl doctor checks on its own host: kernel counters, nftables rules in the JSON
 * of nft 1.0.6, and sockets.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor.h"

Suite *doctor_host_suite(void);

START_TEST(packets_that_rp_filter_dropped)
{
	ck_assert_int_eq(doctor_rp_dropped("TcpExt: A IPReversePathFilter B\n"
	    "TcpExt: 1 23 4\nIpExt: A\nIpExt: 9\n"), 23);
	ck_assert_int_eq(doctor_rp_dropped("IpExt: A\nIpExt: 9\n"
	    "TcpExt: IPReversePathFilter\nTcpExt: 7\n"), 7);
	ck_assert_int_eq(doctor_rp_dropped("TcpExt: A B\nTcpExt: 1 2\n"), -1);
	ck_assert_int_eq(doctor_rp_dropped("TcpExt: A B\nTcpExt: 1 2\n"
	    "X: IPReversePathFilter\nX: 1\n"), -1);
	ck_assert_int_eq(doctor_rp_dropped("TcpExt: A IPReversePathFilter\nTcpExt: 1\n"),
	    -1);
	ck_assert_int_eq(doctor_rp_dropped(""), -1);
	ck_assert_int_eq(doctor_rp_dropped("TcpExt: IPReversePathFilter"), -1);
}
END_TEST

#define CHAIN(more) "{\"chain\":{\"family\":\"inet\",\"table\":\"fw\"," \
	"\"name\":\"pass\",\"handle\":1" more "}},"
#define HOOKED CHAIN(",\"type\":\"filter\",\"hook\":\"forward\",\"policy\":\"accept\"")
#define RULE(expr) "{\"rule\":{\"family\":\"inet\",\"table\":\"fw\"," \
	"\"chain\":\"pass\",\"handle\":12,\"expr\":[" expr "]}}"
#define PORT(proto, field, op, right) "{\"match\":{\"op\":\"" op "\",\"left\":" \
	"{\"payload\":{\"protocol\":\"" proto "\",\"field\":\"" field "\"}}," \
	"\"right\":" right "}}"
#define IIF "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"iifname\"}}," \
	"\"right\":\"vlan30\"}},"
#define UDP "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"l4proto\"}}," \
	"\"right\":\"udp\"}},"
#define DROP_IT ",{\"drop\":null}"
#define INPUT CHAIN(",\"type\":\"filter\",\"hook\":\"input\",\"policy\":\"accept\"")
#define META(expr, key, op, right) "{\"match\":{\"op\":\"" op "\",\"left\":{\"" expr \
	"\":{\"key\":\"" key "\"}},\"right\":" right "}}"
#define REJECT "{\"reject\":{\"type\":\"icmpx\",\"expr\":\"admin-prohibited\"}}"
/* A chain of that hook that leads to the one of the rules. */
#define ENTRY(hook, jump) "{\"chain\":{\"family\":\"inet\",\"table\":\"fw\"," \
	"\"name\":\"entry\",\"hook\":\"" hook "\"}},{\"rule\":{\"family\":\"inet\"," \
	"\"table\":\"fw\",\"chain\":\"entry\",\"handle\":2,\"expr\":[" jump "]}},"
#define JUMP "{\"jump\":{\"target\":\"pass\"}}"
#define IN(family, port) "{\"chain\":{\"family\":\"" family "\",\"table\":\"fw\"," \
	"\"name\":\"pass\",\"hook\":\"forward\"}},{\"rule\":{\"family\":\"" family "\"," \
	"\"table\":\"fw\",\"chain\":\"pass\",\"handle\":12,\"expr\":[" \
	PORT("udp", "dport", "==", port) DROP_IT "]}}"

/* silent: what a run found; NULL: no finding */
static const struct {
	const char *what, *rules, *silent, *code, *detail;
} rulesets[] = {
	{ "nothing", "", NULL, "firewall", NULL },
	{ "a port", HOOKED RULE(PORT("udp", "dport", "==", "69") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 69" },
	{ "an answer's port", HOOKED RULE(PORT("udp", "sport", "==", "67") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 67" },
	{ "reject, and a counter", HOOKED RULE(PORT("udp", "dport", "==", "4011")
	    ",{\"counter\":{\"packets\":0,\"bytes\":0}},{\"reject\":{}}"), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 4011" },
	{ "a set with a range", HOOKED RULE(UDP PORT("th", "dport", "==",
	    "{\"set\":[53,{\"range\":[60,70]}]}") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 67" },
	{ "a range", HOOKED RULE(PORT("udp", "dport", "==", "{\"range\":[4000,4011]}")
	    DROP_IT), NULL, "firewall-drops", "inet fw pass, rule handle 12: UDP 4011" },
	{ "all but one", HOOKED RULE(PORT("udp", "dport", "!=", "67") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 68" },
	{ "DHCPv6's", HOOKED RULE(PORT("udp", "dport", "==", "547") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 547" },
	{ "DHCPv6's in a table of IPv4", IN("ip", "547"), NULL, "firewall", NULL },
	{ "DHCPv4's in a table of IPv6", IN("ip6", "67"), NULL, "firewall", NULL },
	{ "DHCPv6's in a table of IPv6", IN("ip6", "547"), NULL, "firewall-drops",
	    "ip6 fw pass, rule handle 12: UDP 547" },
	{ "a policy of IPv6, and silence", "{\"chain\":{\"family\":\"ip6\","
	    "\"table\":\"fw\",\"name\":\"in\",\"policy\":\"drop\"}}", "no-advertise",
	    "firewall-may-drop", "ip6 fw in: policy drop" },
	{ "a policy of IPv6, and silence of IPv4", "{\"chain\":{\"family\":\"ip6\","
	    "\"table\":\"fw\",\"name\":\"in\",\"policy\":\"drop\"}}", "no-offer",
	    "firewall", NULL },
	{ "another port", HOOKED RULE(PORT("udp", "dport", "==", "53") DROP_IT), NULL,
	    "firewall", NULL },
	{ "TCP", HOOKED RULE(PORT("tcp", "dport", "==", "69") DROP_IT), NULL, "firewall",
	    NULL },
	{ "accepted", HOOKED RULE(PORT("udp", "dport", "==", "69") ",{\"accept\":null}"),
	    NULL, "firewall", NULL },
	{ "a condition", HOOKED RULE(IIF PORT("udp", "dport", "==", "69") DROP_IT), NULL,
	    "firewall-may-drop", "inet fw pass, rule handle 12: UDP 69" },
	{ "a condition, and silence", HOOKED RULE(IIF PORT("udp", "dport", "==", "69")
	    DROP_IT), "tftp-silent", "firewall-drops",
	    "inet fw pass, rule handle 12: UDP 69" },
	{ "a condition, and silence elsewhere", HOOKED RULE(IIF
	    PORT("udp", "dport", "==", "69") DROP_IT), "4011-silent",
	    "firewall-may-drop", NULL },
	{ "a limit", HOOKED RULE("{\"limit\":{\"rate\":5}}," PORT("udp", "dport", "==", "67")
	    DROP_IT), NULL, "firewall-may-drop", NULL },
	{ "a named set is not looked into", HOOKED RULE(PORT("udp", "dport", "==",
	    "\"@boot\"") DROP_IT), NULL, "firewall", NULL },
	{ "a chain that is jumped to", CHAIN("") RULE(PORT("udp", "dport", "==", "69")
	    DROP_IT), NULL, "firewall-may-drop", NULL },
	{ "policy drop, and all is well", CHAIN(",\"hook\":\"input\",\"policy\":\"drop\"")
	    "{}", NULL, "firewall", NULL },
	{ "policy drop, and silence", CHAIN(",\"hook\":\"input\",\"policy\":\"drop\"") "{}",
	    "no-offer", "firewall-may-drop", "inet fw pass: policy drop" },
	{ "a chain that rejects the rest, and all is well", INPUT RULE(REJECT), NULL,
	    "firewall", NULL },
	{ "a chain that rejects the rest, and silence", INPUT RULE(REJECT), "no-offer",
	    "firewall-may-drop", "inet fw pass, rule handle 12: any port" },
	{ "what is new", INPUT RULE(META("ct", "state", "in", "\"new\"") DROP_IT),
	    "no-offer", "firewall-may-drop", NULL },
	{ "what is not established", INPUT RULE(META("ct", "state", "!=",
	    "{\"set\":[\"established\",\"related\"]}") DROP_IT), "no-offer",
	    "firewall-may-drop", NULL },
	{ "what is invalid", INPUT RULE(META("ct", "state", "in", "\"invalid\"") DROP_IT),
	    "no-offer", "firewall", NULL },
	{ "IPv6", INPUT RULE(META("meta", "nfproto", "==", "\"ipv6\"") DROP_IT),
	    "no-offer", "firewall", NULL },
	{ "IPv6, and its silence", INPUT RULE(META("meta", "nfproto", "==", "\"ipv6\"") DROP_IT),
	    "no-advertise", "firewall-may-drop", "inet fw pass, rule handle 12: any port" },
	{ "IPv4, and silence of IPv6", INPUT RULE(META("meta", "nfproto", "==", "\"ipv4\"")
	    DROP_IT), "no-advertise", "firewall", NULL },
	{ "all but IPv4, and silence of IPv6", INPUT RULE(META("meta", "nfproto", "!=",
	    "\"ipv4\"") DROP_IT), "no-advertise", "firewall-may-drop", NULL },
	{ "a header of IPv6, and silence", INPUT RULE(PORT("ip6", "saddr", "==", "\"fe80::1\"")
	    "," PORT("udp", "dport", "==", "547") DROP_IT), "no-advertise",
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 547" },
	{ "a port of IPv4 in packets of IPv6", INPUT RULE(PORT("ip6", "saddr", "==",
	    "\"fe80::1\"") "," PORT("udp", "dport", "==", "67") DROP_IT), NULL,
	    "firewall", NULL },
	{ "the next header", INPUT RULE(PORT("ip6", "nexthdr", "==", "\"udp\"") ","
	    PORT("udp", "dport", "==", "{\"set\":[67,547]}") DROP_IT), NULL,
	    "firewall-drops", "inet fw pass, rule handle 12: UDP 547" },
	{ "all but UDP", INPUT RULE(META("meta", "l4proto", "!=", "\"udp\"") DROP_IT),
	    "no-offer", "firewall", NULL },
	{ "any TCP", INPUT RULE(PORT("tcp", "dport", "!=", "22") DROP_IT), "no-offer",
	    "firewall", NULL },
	{ "a chain reached from input", CHAIN("") ENTRY("input", JUMP) RULE("{\"drop\":null}"),
	    "no-offer", "firewall-may-drop", "inet fw pass, rule handle 12: any port" },
	{ "a chain reached by a map", CHAIN("") ENTRY("input", "{\"vmap\":{\"key\":{},"
	    "\"data\":{\"set\":[[\"up0\"," JUMP "]]}}}") RULE("{\"drop\":null}"),
	    "no-offer", "firewall-may-drop", NULL },
	{ "a chain that jumps to itself", CHAIN("") RULE(JUMP ",{\"drop\":null}"),
	    "no-offer", "firewall", NULL },
	{ "a chain reached from output", CHAIN("") ENTRY("output", JUMP)
	    RULE("{\"drop\":null}"), "no-offer", "firewall", NULL },
	{ "other shapes", "{\"rule\":7},{\"rule\":{\"expr\":[1,{\"match\":2}]}},3,{}", NULL,
	    "firewall", NULL },
};

START_TEST(rules_that_drop_what_machines_need)
{
	json_t *checks = json_array(), *docs = json_array(), *ruleset, *row;
	char text[4096];

	snprintf(text, sizeof(text), "{\"nftables\":[{\"metainfo\":{}}%s%s]}",
	    *rulesets[_i].rules ? "," : "", rulesets[_i].rules);
	ruleset = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(ruleset);
	if (rulesets[_i].silent)
		json_array_append_new(docs, json_pack("{s:[{s:s}]}", "checks", "code",
		    rulesets[_i].silent));
	doctor_firewall(checks, ruleset, docs);
	ck_assert_uint_eq(json_array_size(checks), 1);
	row = json_array_get(checks, 0);
	ck_assert_msg(strcmp(json_string_value(json_object_get(row, "code")),
	    rulesets[_i].code) == 0, "%s", rulesets[_i].what);
	if (rulesets[_i].detail)
		ck_assert_str_eq(json_string_value(json_object_get(row, "detail")),
		    rulesets[_i].detail);
	json_decref(ruleset);
	json_decref(checks);
	json_decref(docs);
}
END_TEST

START_TEST(missing_privileges_are_reported)
{
	json_t *checks = json_array();

	doctor_firewall(checks, NULL, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(checks, 0),
	    "code")), "firewall-not-checked");
	json_decref(checks);
}
END_TEST

#define SOCKET(local, users)	"UNCONN 0 0 " local " 0.0.0.0:* users:((" users "))\n"
#define DNSMASQ			"\"dnsmasq\",pid=77,fd=4"
#define OURS			"\"pxrelayd\",pid=1,fd=9"

static const struct {
	const char *what, *address;
	int port, open;
	const char *sockets, *detail;	/* detail NULL: no finding */
} port_cases[] = {
	{ "on all addresses", "192.0.2.1", 67, 0, SOCKET("127.0.0.1:53", DNSMASQ)
	    SOCKET("0.0.0.0:67", DNSMASQ), "UDP 67 of 192.0.2.1: dnsmasq, pid 77" },
	{ "on both families", "192.0.2.1", 67, 0, SOCKET("*:67", DNSMASQ),
	    "UDP 67 of 192.0.2.1: dnsmasq, pid 77" },
	{ "on that address", "2001:db8::1", 547, 0, SOCKET("[2001:db8::1]:547", DNSMASQ),
	    "UDP 547 of 2001:db8::1: dnsmasq, pid 77" },
	{ "on another one", "192.0.2.1", 67, 0, SOCKET("203.0.113.1:67", DNSMASQ),
	    "UDP 67 of 192.0.2.1" },
	{ "without rights", "192.0.2.1", 67, 0, "UNCONN 0 0 0.0.0.0:67 0.0.0.0:*\n",
	    "UDP 67 of 192.0.2.1" },
	{ "without ss", "192.0.2.1", 67, 0, NULL, "UDP 67 of 192.0.2.1" },
	{ "shared", "0.0.0.0", 67, 1, SOCKET("0.0.0.0:67", OURS)
	    SOCKET("0.0.0.0:67", DNSMASQ), "UDP 67 of 0.0.0.0: dnsmasq, pid 77" },
	{ "one interface of it", "0.0.0.0", 67, 1, SOCKET("0.0.0.0:67", OURS)
	    SOCKET("0.0.0.0%vlan20:67", DNSMASQ), NULL },
	{ "another port", "0.0.0.0", 67, 1, SOCKET("0.0.0.0:4011", DNSMASQ), NULL },
};

START_TEST(who_has_a_port)
{
	json_t *checks = json_array(), *row;
	json_t *ports = json_pack("[{s:i, s:[s], s:b}]", "port", port_cases[_i].port,
	    "addresses", port_cases[_i].address, "open", port_cases[_i].open);

	doctor_ports(checks, ports, port_cases[_i].sockets);
	row = json_array_get(checks, 0);
	ck_assert_msg(!row == !port_cases[_i].detail, "%s", port_cases[_i].what);
	if (row)
		ck_assert_str_eq(json_string_value(json_object_get(row, "detail")),
		    port_cases[_i].detail);
	json_decref(checks);
	json_decref(ports);
}
END_TEST

START_TEST(queries_that_a_link_heard)
{
	ck_assert_int_eq(doctor_queries("ifIndex\t7\nIcmp6InGroupMembQueries   \t3\n"), 3);
	ck_assert_int_eq(doctor_queries("Icmp6InGroupMembQueries\t0\n"), 0);
	ck_assert_int_eq(doctor_queries("ifIndex\t7\n"), -1);
}
END_TEST

START_TEST(another_namespace_is_not_checked)
{
	int64_t before = doctor_host_begin();
	json_t *docs, *host;

	docs = json_pack("[{s:s, s:i, s:[]}]", "interface", "nosuch0", "ifindex", 7,
	    "checks");
	host = doctor_host_end(before, docs, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(
	    json_object_get(host, "checks"), 0), "code")), "host-not-checked");
	ck_assert(!doctor_is_bad(host));
	json_decref(host);
	json_decref(docs);
}
END_TEST

Suite *
doctor_host_suite(void)
{
	Suite *s = suite_create("doctor_host");
	TCase *tc = tcase_create("doctor_host");

	tcase_add_test(tc, packets_that_rp_filter_dropped);
	tcase_add_loop_test(tc, rules_that_drop_what_machines_need, 0,
	    sizeof(rulesets) / sizeof(rulesets[0]));
	tcase_add_test(tc, queries_that_a_link_heard);
	tcase_add_test(tc, missing_privileges_are_reported);
	tcase_add_loop_test(tc, who_has_a_port, 0, sizeof(port_cases) / sizeof(port_cases[0]));
	tcase_add_test(tc, another_namespace_is_not_checked);
	suite_add_tcase(s, tc);
	return s;
}
