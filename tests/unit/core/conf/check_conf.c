/* SPDX-License-Identifier: ISC
 *
 * The configuration: which values each key accepts and what is reported about
 * others, how names become indexes, which pattern applies, what formats expand
 * to, and that the canonical form reads as the same configuration.
 */
#include "core/conf/conf.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conftext.h"
#include "core/conf/conf_private.h"
#include "io/conftree.h"

Suite *conf_suite(void);

/* --- one key at a time --- */

/* [relay] [server] [group] [interface] [rule] [helper]; and a [server] with an IPv6 or a
 * multicast address */
enum where { R, S, G, I, U, H, S6, SM };

/* A configuration that is valid without the key, with the key as its last line. */
static char *
with_key(enum where where, const char *key, const char *value)
{
	static const struct {
		const char *head, *keys[4][2];
	} base[] = {
		[R] = { "[interface a]\nservers = 192.0.2.1\n[relay]\n",
		    { { NULL } } },
		[S] = { "[interface a]\nservers = 192.0.2.1\n[server s]\n",
		    { { "address", "192.0.2.2" } } },
		[G] = { "[interface a]\nservers = 192.0.2.1\n[group g]\n",
		    { { "servers", "192.0.2.2" } } },
		[I] = { "[server s]\naddress = 192.0.2.2\n[group g]\nservers = s, 192.0.2.3\n"
		    "[interface a]\n", { { "dhcp", "192.0.2.1" } } },
		[U] = { "[interface a]\nservers = 192.0.2.1\n[rule r]\n",
		    { { "boot", "192.0.2.1" } } },
		[H] = { "[server s]\naddress = 192.0.2.2\n[helper h]\n",
		    { { "port", "9" }, { "from", "a" }, { "to", "b" } } },
		[S6] = { "[interface a]\nservers = 192.0.2.1\n[server s]\n",
		    { { "address", "2001:db8::2" } } },
		[SM] = { "[interface a]\nservers = 192.0.2.1\n[server s]\n",
		    { { "address", "ff05::1:3%up0" } } },
	};
	char text[1024], *all;
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", base[where].head);

	for (size_t i = 0; i < 4 && base[where].keys[i][0]; i++)
		if (strcmp(base[where].keys[i][0], key) != 0 &&
		    strcmp(key, "action") != 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s = %s\n", base[where].keys[i][0],
			    base[where].keys[i][1]);
	ck_assert_int_gt(asprintf(&all, "%s%s = %s\n", text, key, value), 0);
	return all;
}

/* canonical is NULL if the value is printed as it was written. */
static const struct {
	enum where where;
	const char *key, *value, *canonical;
} good[] = {
	{ R, "log", "stderr", NULL },
	{ R, "log", "syslog", NULL },
	{ R, "log", "journal", NULL },
	{ R, "log-level", "error", NULL },
	{ R, "log-level", "debug", NULL },
	{ R, "control", "/tmp/x", NULL },
	{ R, "control", "off", NULL },
	{ R, "metrics", "127.0.0.1:9467", NULL },
	{ R, "metrics", "0.0.0.0:1", NULL },
	{ R, "metrics", "192.0.2.1:65535", NULL },
	{ R, "metrics", "192.0.2.1:080", "192.0.2.1:80" },
	{ R, "metrics", "/run/pxrelay/metrics.sock", NULL },
	{ R, "metrics", "off", NULL },
	{ R, "host-name", "relay-1.example.com", NULL },
	{ R, "max-hops", "1", NULL },
	{ R, "max-hops", "16", NULL },
	{ R, "max-hops", "007", "7" },
	{ R, "interface-rate", "5000/s", NULL },
	{ R, "interface-rate", "10/500ms", NULL },
	{ R, "interface-rate", "10/1000ms", "10/s" },
	{ R, "interface-rate", "off", NULL },
	{ R, "client-rate", "32/10s", NULL },
	{ R, "client-rate", "32/1s", "32/s" },
	{ R, "client-rate", "600/m", "600/60s" },
	{ R, "client-rate", "600/1h", "600/3600s" },
	{ R, "client-rate", "1/1500ms", NULL },
	{ R, "client-rate", "1000000/s", NULL },
	{ R, "client-rate", "10000000/24h", "10000000/86400s" },
	{ R, "clients", "64", NULL },
	{ R, "clients", "131072", NULL },
	{ R, "check-source", "off", NULL },
	{ R, "uplinks", "up*,vlan900", "up*, vlan900" },
	{ R, "source", "auto", NULL },
	{ R, "source", "192.0.2.1", NULL },
	{ R, "source", "2001:DB8::1", "2001:db8::1" },
	{ R, "source", "lo", NULL },
	{ S, "source", "192.0.2.1", NULL },
	{ S, "source", "vlan10", NULL },
	{ R, "4011", "off", NULL },
	{ R, "4011-errors", "pass", NULL },
	{ R, "discovery-group", "239.1.2.3", NULL },
	{ R, "strip-pxe-from", "dhcp", NULL },
	{ R, "max-hops6", "1", NULL },
	{ R, "max-hops6", "32", NULL },
	{ R, "trust", "on", NULL },
	{ R, "interface-id", "%i", NULL },
	{ R, "relay-id", "off", NULL },
	{ S, "option82", "none", NULL },
	{ S, "option82", "add", NULL },
	{ S, "offers", "proxy-only", NULL },
	{ S, "address", "127.0.0.1", NULL },
	{ S, "address", "2001:db8::10", NULL },
	{ S, "address", "2001:DB8:0:0::010", "2001:db8::10" },
	{ S, "address", "fd00::1", NULL },
	{ S, "address", "fe80::1%up0", NULL },
	{ S, "address", "ff05::1:3%up0", NULL },
	{ S, "address", "ff02::1:2%up0.100", NULL },
	{ S6, "vss", "on", NULL },
	{ S6, "duid", "hex:00030001525400123456", NULL },
	{ S6, "duid", "00:03:00:01:52:54:00:AB:CD:EF", "hex:00030001525400abcdef" },
	{ S6, "duid", "000401", "hex:000401" },
	{ S6, "offers", "proxy-only", NULL },
	{ SM, "answers-from", "any", NULL },
	{ SM, "answers-from", "2001:DB8::1,fe80::1", "2001:db8::1, fe80::1" },
	{ SM, "duid", "hex:000102", NULL },
	{ S, "weight", "1", NULL },
	{ S, "weight", "100", NULL },
	{ S, "probe", "none", NULL },
	{ S, "probe", "pxe", NULL },
	{ S, "probe", "pxe-4011,dhcp ,arp, icmp", "pxe-4011, dhcp, arp, icmp" },
	{ S, "probe", "icmp\n\tarp", "icmp, arp" },
	{ S, "probe", "tftp:boot\\x64\\wdsnbp.com", NULL },
	{ S, "probe", "tftp:/srv/a file:1", NULL },
	{ S, "probe", "tcp:1, tcp:65535", NULL },
	{ S, "probe", "tcp:080", "tcp:80" },
	{ S, "probe", "http:/", NULL },
	{ S, "probe", "http:/8080/x?a=b;c", NULL },
	{ S, "probe", "http:8080/x", NULL },
	{ S, "probe", "http:80/x", "http:/x" },
	{ S, "probe-interval", "1s", NULL },
	{ S, "probe-interval", "1000ms", "1s" },
	{ S, "probe-interval", "1500ms", NULL },
	{ S, "probe-interval", "1m", "60s" },
	{ S, "probe-interval", "60m", "1h" },
	{ S, "probe-timeout", "50ms", NULL },
	{ S, "probe-timeout", "1999ms", NULL },
	{ S, "rise", "1", NULL },
	{ S, "rise", "20", NULL },
	{ S, "fall", "20", NULL },
	{ G, "mode", "all", NULL },
	{ G, "mode", "failover", NULL },
	{ G, "mode", "balance", NULL },
	{ G, "hedge", "50ms", NULL },
	{ G, "hedge", "10s", NULL },
	{ G, "hedge", "off", NULL },
	{ G, "hold-down", "0", "0s" },
	{ G, "hold-down", "0ms", "0s" },
	{ G, "hold-down", "1h", NULL },
	{ G, "rescue", "on", NULL },
	{ G, "rescue", "off", NULL },
	{ G, "servers", "192.0.2.9,192.0.2.8", "192.0.2.9, 192.0.2.8" },
	{ G, "servers", "192.0.2.9, 192.0.2.9", "192.0.2.9" },
	{ G, "servers", "192.0.2.9, 2001:db8::9, fe80::9%a, fe80::9%b", NULL },
	{ G, "servers", "2001:db8::9, 2001:DB8:0::9", "2001:db8::9" },
	{ I, "boot", "g", NULL },
	{ I, "boot", "s", NULL },
	{ I, "boot", "192.0.2.2", "s" },
	{ I, "boot", "g, 192.0.2.4", "s, 192.0.2.3, 192.0.2.4" },
	{ I, "giaddr", "all", NULL },
	{ I, "giaddr", "rotate", NULL },
	{ I, "giaddr", "192.0.2.254", NULL },
	{ I, "active", "always", NULL },
	{ I, "active", "vrrp", NULL },
	{ I, "active", "address 192.0.2.1", NULL },
	{ I, "active", "address \t192.0.2.1", "address 192.0.2.1" },
	{ I, "active", "192.0.2.1", "address 192.0.2.1" },
	{ I, "active", "fe80::1", "address fe80::1" },
	{ I, "active", "2001:db8::1 , 192.0.2.1", "address 192.0.2.1, 2001:db8::1" },
	{ I, "active", "address 192.0.2.1,2001:db8::1", "address 192.0.2.1, 2001:db8::1" },
	{ I, "link-address", "none", NULL },
	{ I, "link-address", "2001:db8::1", NULL },
	{ I, "link-address", "FD00::1", "fd00::1" },
	{ I, "accept-unicast", "on", NULL },
	{ I, "leasequery", "on", NULL },
	{ I, "rsoo", "drop", NULL },
	{ I, "interface-id", "off", NULL },
	{ I, "interface-id", "hex:0001", NULL },
	{ I, "remote-id6", "32473:%h", NULL },
	{ I, "remote-id6", "4294967295:hex:00", NULL },
	{ I, "remote-id6", "off", NULL },
	{ I, "client-mac", "off", NULL },
	{ R, "active", "vrrp", NULL },
	{ R, "active-giaddr", "own", NULL },
	{ I, "option82", "add", NULL },
	{ I, "option82-policy", "append", NULL },
	{ I, "option82-policy", "replace", NULL },
	{ I, "option82-policy", "discard", NULL },
	{ I, "circuit-id", "%i:%v %m %h %g 100%%", NULL },
	{ I, "circuit-id", "hex:00ff", NULL },
	{ I, "circuit-id", "hex:00:FF:10", NULL },
	{ I, "circuit-id", "a, b", NULL },
	{ I, "circuit-id", "a;b#c", NULL },
	{ I, "circuit-id", "off", NULL },
	{ I, "remote-id", "\xc3\xa4\xc3\xb6", NULL },
	{ I, "subscriber-id", "room 7", NULL },
	{ I, "link-selection", "on", NULL },
	{ I, "link-selection", "10.1.0.0", NULL },
	{ I, "server-id-override", "on", NULL },
	{ I, "relay-flags", "on", NULL },
	{ I, "vendor-specific", "32473:%h/%i", NULL },
	{ I, "vendor-specific", "4294967295:hex:00", NULL },
	{ I, "vendor-specific", "off", NULL },
	{ I, "relay-id", "hex:000203", NULL },
	{ I, "relay-id", "hex:00:02:03", "hex:000203" },
	{ I, "relay-id", "auto", NULL },
	{ I, "relay-id", "off", NULL },
	{ I, "vss", "global", NULL },
	{ I, "vss", "name:lab", NULL },
	{ I, "vss", "vpn-id:00a0de00000001", NULL },
	{ U, "arch", "bios", NULL },
	{ U, "arch", "0", "bios" },
	{ U, "arch", "65000", NULL },
	{ U, "family", "http, pxe", "pxe, http" },
	{ U, "family", "plain", NULL },
	{ U, "user-class", "iPXE, gPXE", NULL },
	{ U, "vendor-class", "PXEClient:Arch:0000[79]*", NULL },
	{ U, "mac", "52:54:00:12:34:56", NULL },
	{ U, "mac", "52-54-00-AB-CD-EF", "52:54:00:ab:cd:ef" },
	{ U, "uuid", "8d5d7a0e-3b1c-4b8a-9d52-0123456789ab", NULL },
	{ U, "uuid", "8D5D7A0E3B1C4B8A9D520123456789AB",
	    "8d5d7a0e-3b1c-4b8a-9d52-0123456789ab" },
	{ U, "interface", "vlan[0-9], e*", NULL },
	{ U, "message", "Discover, BOOTP", "bootp, discover" },
	{ U, "message", "solicit, discover", "discover, solicit" },
	{ U, "message", "Rebind, release, request", "request, release, rebind" },
	{ U, "message", "information-request", NULL },
	{ U, "protocol", "DHCP6", "dhcp6" },
	{ U, "protocol", "dhcp6, dhcp4", "dhcp4, dhcp6" },
	{ H, "port", "9, 7", NULL },
	{ H, "to", "192.0.2.1, vlan10", NULL },
	{ H, "to", "vlan10, s", "192.0.2.2, vlan10" },
	{ H, "source", "replace", NULL },
	{ H, "rate", "off", NULL },
	{ H, "allow", "192.0.2.0/24, 198.51.100.7",
	    "192.0.2.0/24, 198.51.100.7/32" },
	{ H, "allow", "0.0.0.0/0", NULL },
	{ I, "relays", "any", NULL },
	{ I, "relays", "192.0.2.2, 10.0.0.0/8,2001:DB8::/64, fe80::1",
	    "192.0.2.2/32, 10.0.0.0/8, 2001:db8::/64, fe80::1/128" },
};

START_TEST(good_value_is_accepted_and_printed)
{
	char *text = with_key(good[_i].where, good[_i].key, good[_i].value);
	struct conftext t = conftext(text);
	char *printed, *line;

	ck_assert_msg(t.c != NULL, "%s%s", text, t.mistakes);
	printed = conftext_print(t.c);
	ck_assert_int_gt(asprintf(&line, "\n%s = %s\n", good[_i].key,
	    good[_i].canonical ? good[_i].canonical : good[_i].value), 0);
	ck_assert_msg(strstr(printed, line), "no line \"%s\" in:\n%s", line + 1,
	    printed);
	conftext_check_print(t.c);
	conftext_free(&t);
	free(printed);
	free(line);
	free(text);
}
END_TEST

#define SOURCE_BAD "expected auto, the name of an interface, or an address of this host like " \
	"192.0.2.1 or 2001:db8::1"
#define RATE "expected off or a number per time of up to 24h, like 5000/s, 32/10s or 10/500ms"
#define FORMAT "expected i (interface), v (VLAN id), m (MAC), h (host name), g (giaddr) or % " \
	"after a %"
#define TIME(range) "a time from " range " with its unit: ms, s, m or h"
#define METRICS "expected an address and port like 127.0.0.1:9467, an absolute path or off"
#define HOST "an IPv4 host address like 192.0.2.10"
#define NO_SERVER "a server cannot have this address; expected one like 192.0.2.10 or " \
	"2001:db8::10"
#define SERVER "an IPv4 or IPv6 address like 192.0.2.10 or 2001:db8::10"
#define ZONE "a link-local address; expected its interface after a %, like fe80::1%eth0"
#define GROUP_ZONE "a multicast address; expected its interface after a %, like ff05::1:3%eth0"
#define NO_ZONE "an interface after a %; only link-local and multicast addresses have one"
#define DUID "expected hex: and 3 to 130 bytes of a DUID, with its type, in pairs of digits"
#define ACTIVE "expected always, vrrp or an address, or one of each family"
#define LINK "expected primary, none or a global IPv6 address like 2001:db8::1"
#define VENDOR "expected ENTERPRISE:FORMAT with an IANA enterprise number, or off"
#define RELAY_ID "expected hex: and 3 to 128 bytes of a DUID, with its type, in pairs of digits, auto or off"

/* what is printed after "key = value: "; NULL: the value is too long to be shown */
static const struct {
	enum where where;
	const char *key, *value, *what;
} bad[] = {
	{ R, "log", "sylog", "expected stderr, syslog or journal; did you mean \"syslog\"?" },
	{ R, "log", "file", "expected stderr, syslog or journal" },
	{ R, "log-level", "warn", "expected error, warning, info or debug; did you mean "
	    "\"warning\"?" },
	{ R, "log-level", "7", "expected error, warning, info or debug" },
	{ R, "control", "x", "expected an absolute path or off" },
	{ R, "control", "/123456789012345678901234567890123456789012345678901234567890123456789"
	    "01234567890123456789012345678901234567890", NULL },
	{ R, "metrics", "9467", METRICS },
	{ R, "metrics", ":9467", METRICS },
	{ R, "metrics", "127.0.0.1", METRICS },
	{ R, "metrics", "127.0.0.1:", METRICS },
	{ R, "metrics", "127.0.0.1:0", METRICS },
	{ R, "metrics", "127.0.0.1:65536", METRICS },
	{ R, "metrics", "127.0.0.1:-1", METRICS },
	{ R, "metrics", "127.0.0.1:80x", METRICS },
	{ R, "metrics", "127.0.0.300:80", METRICS },
	{ R, "metrics", "1111127.0.0.1000:80", METRICS },
	{ R, "metrics", "224.0.0.1:80", METRICS },
	{ R, "metrics", "[::1]:80", METRICS },
	{ R, "metrics", "run/x", METRICS },
	{ R, "host-name", "a b", "expected a name without spaces" },
	{ R, "max-hops", "0", "expected a whole number from 1 to 16" },
	{ R, "max-hops", "17", "expected a whole number from 1 to 16" },
	{ R, "max-hops", "-1", "expected a whole number from 1 to 16" },
	{ R, "max-hops", "1.5", "expected a whole number from 1 to 16" },
	{ R, "max-hops", "0x10", "expected a whole number from 1 to 16" },
	{ R, "max-hops", "99999999999999999999", "expected a whole number from 1 to 16" },
	{ R, "max-hops6", "0", "expected a whole number from 1 to 32" },
	{ R, "max-hops6", "33", "expected a whole number from 1 to 32" },
	{ R, "interface-rate", "5000", RATE },
	{ R, "interface-rate", "0/s", RATE },
	{ R, "interface-rate", "5000/0s", RATE },
	{ R, "interface-rate", "5000/", RATE },
	{ R, "interface-rate", "5000/10", RATE },
	{ R, "interface-rate", "5000 / s", RATE },
	{ R, "interface-rate", "1000001/s", "expected at most one per microsecond; off means "
	    "no limit" },
	{ R, "interface-rate", "4294967296/h", RATE },
	{ R, "interface-rate", "1/25h", RATE },
	{ R, "interface-rate", "on", RATE },
	{ R, "client-rate", "-1/s", RATE },
	{ R, "client-rate", "1/d", RATE },
	{ R, "clients", "131073", "expected a whole number from 64 to 131072" },
	{ R, "check-source", "yes", "expected off or on" },
	{ R, "source", "255.255.255.255", SOURCE_BAD },
	{ R, "source", "fe80::1", SOURCE_BAD },
	{ R, "source", "vlan*", SOURCE_BAD },
	{ R, "source", "router.example", SOURCE_BAD },
	{ R, "check-source", "ON", "expected off or on; did you mean \"on\"?" },
	{ R, "4011", "1", "expected off or on" },
	{ R, "4011-errors", "drop", "expected pass or hide" },
	{ R, "discovery-group", "192.0.2.1", "expected a multicast address like 224.0.1.2" },
	{ R, "strip-pxe-from", "boot", "expected none or dhcp" },
	{ S, "option82", "on", "expected none or add" },
	{ S, "offers", "proxy", "expected any or proxy-only; did you mean \"proxy-only\"?" },
	{ S, "address", "dhcp.example.com", "expected " SERVER "; "
	    "host names are not looked up" },
	{ S, "address", "192.0.2.300", "expected " SERVER },
	{ S, "address", "192.0.2", "expected " SERVER },
	{ S, "address", "192.0.2.010", "expected " SERVER },
	{ S, "address", "192.0.2.1:67", "expected " SERVER },
	{ S, "address", "0.0.0.0", NO_SERVER },
	{ S, "address", "255.255.255.255", NO_SERVER },
	{ S, "address", "224.0.1.2", NO_SERVER },
	{ S, "address", "::", NO_SERVER },
	{ S, "address", "::1", NO_SERVER },
	{ S, "address", "::ffff:192.0.2.1", NO_SERVER },
	{ S, "address", "ff01::1%up0", NO_SERVER },
	{ S, "address", "2001:db8::/64", "expected " SERVER },
	{ S, "address", "[2001:db8::1]", "expected " SERVER },
	{ S, "address", "2001:db8::1:2:3:4:5:6:7:8", "expected " SERVER },
	{ S, "address", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", "expected " SERVER },
	{ S, "address", "%up0", "expected " SERVER },
	{ S, "address", "fe80::1", ZONE },
	{ S, "address", "fe80::1%", ZONE },
	{ S, "address", "fe80::1%a b", ZONE },
	{ S, "address", "fe80::1%up*", ZONE },
	{ S, "address", "fe80::1%sixteen-bytes-xx", ZONE },
	{ S, "address", "ff05::1:3", GROUP_ZONE },
	{ S, "address", "2001:db8::1%up0", NO_ZONE },
	{ S, "address", "192.0.2.1%up0", NO_ZONE },
	{ S6, "duid", "0001", DUID },
	{ S6, "duid", "hex:00010", DUID },
	{ S6, "duid", "xx:yy:zz", DUID },
	{ S6, "duid", "off", DUID },
	{ S6, "vss", "add", "expected off or on" },
	{ S, "weight", "0", "expected a whole number from 1 to 100" },
	{ S, "weight", "101", "expected a whole number from 1 to 100" },
	{ S, "probe-interval", "999ms", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "61m", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "2", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "s", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "2 s", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "2d", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "-1s", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "off", "expected " TIME("1s to 1h") },
	{ S, "probe-interval", "4294967297s", "expected " TIME("1s to 1h") },
	{ S, "probe-timeout", "49ms", "expected " TIME("50ms to 1h") },
	{ S, "rise", "0", "expected a whole number from 1 to 20" },
	{ S, "fall", "21", "expected a whole number from 1 to 20" },
	{ G, "mode", "first", "expected all, failover or balance" },
	{ G, "mode", "fail-over", "expected all, failover or balance; did you mean "
	    "\"failover\"?" },
	{ G, "hedge", "49ms", "expected off or " TIME("50ms to 10s") },
	{ G, "hedge", "11s", "expected off or " TIME("50ms to 10s") },
	{ G, "hedge", "500", "expected off or " TIME("50ms to 10s") },
	{ G, "hedge", "0", "expected off or " TIME("50ms to 10s") },
	{ G, "hold-down", "3601s", "expected " TIME("0s to 1h") },
	{ G, "hold-down", "off", "expected " TIME("0s to 1h") },
	{ G, "rescue", "yes", "expected off or on" },
	{ I, "active", "address", "expected always, vrrp or an address, or one of each family" },
	{ I, "active", "address192.0.2.1",
	    "expected always, vrrp or an address, or one of each family" },
	{ I, "active", "address 192.0.2.1/24", "expected always, vrrp or an address, or one of each family" },
	{ I, "active", "address 224.0.0.18", "expected always, vrrp or an address, or one of each family" },
	{ I, "active", "address 192.0.2.1, 192.0.2.2", ACTIVE },
	{ I, "active", "fe80::1, fe80::2", ACTIVE },
	{ I, "active", "192.0.2.1,", ACTIVE },
	{ I, "active", "192.0.2.1 2001:db8::1", ACTIVE },
	{ I, "active", "ff02::12", ACTIVE },
	{ I, "active", "always, 192.0.2.1", ACTIVE },
	{ I, "link-address", "fe80::1", LINK },
	{ I, "link-address", "192.0.2.1", LINK },
	{ I, "link-address", "ff05::1", LINK },
	{ I, "link-address", "2001:db8::1/64", LINK },
	{ I, "link-address", "off", LINK },
	{ I, "interface-id", "%x", FORMAT },
	{ I, "remote-id6", "32473:", VENDOR },
	{ I, "remote-id6", "32473", VENDOR },
	{ I, "remote-id6", "0:x", VENDOR },
	{ I, "remote-id6", "32473:hex:", "expected pairs of hex digits after hex:" },
	{ I, "rsoo", "off", "expected pass or drop" },
	{ I, "client-mac", "add", "expected off or on" },
	{ I, "active", "master", "expected always, vrrp or an address, or one of each family" },
	{ R, "active-giaddr", "vip", "expected own or virtual" },
	{ I, "giaddr", "second", "expected primary, all, rotate or " HOST },
	{ I, "giaddr", "224.0.0.1", "expected primary, all, rotate or " HOST },
	{ I, "option82", "ad", "expected none or add" },
	{ I, "option82-policy", "drop", "expected append, replace, forward or discard" },
	{ I, "trust", "true", "expected off or on" },
	{ I, "circuit-id", "%x", FORMAT },
	{ I, "circuit-id", "vlan%", FORMAT },
	{ I, "remote-id", "hex:", "expected pairs of hex digits after hex:" },
	{ I, "remote-id", "hex:0", "expected pairs of hex digits after hex:" },
	{ I, "remote-id", "hex:0g", "expected pairs of hex digits after hex:" },
	{ I, "remote-id", "hex:00::01", "expected pairs of hex digits after hex:" },
	{ I, "remote-id", "hex:00:", "expected pairs of hex digits after hex:" },
	{ I, "link-selection", "yes", "expected off, on or " HOST },
	{ I, "vendor-specific", "0:x", VENDOR },
	{ I, "vendor-specific", "4294967296:x", VENDOR },
	{ I, "vendor-specific", "32473:", VENDOR },
	{ I, "vendor-specific", "32473:%z", FORMAT },
	{ I, "relay-id", "0102", RELAY_ID },
	{ I, "relay-id", "hex:xy", RELAY_ID },
	{ I, "relay-id", "hex:0003", RELAY_ID },
	{ I, "vss", "vpn-id:00", "expected a VPN-ID of 7 bytes (RFC 2685), like "
	    "vpn-id:00a0de00000001" },
	{ I, "vss", "name:", "expected global, name:TEXT, vpn-id:HEX or off" },
	{ U, "action", "accept", "expected drop" },
	{ H, "source", "mine", "expected replace or keep" },
	{ H, "rate", "5", RATE },
};

START_TEST(bad_value_is_refused_and_the_expected_is_named)
{
	char *text = with_key(bad[_i].where, bad[_i].key, bad[_i].value);
	struct conftext t = conftext(text);
	char *want;
	int lines = 0;

	ck_assert_ptr_null(t.c);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	ck_assert_int_gt(asprintf(&want, "%d: %s = %s: %s\n", lines, bad[_i].key,
	    bad[_i].value, bad[_i].what ? bad[_i].what : ""), 0);
	if (bad[_i].what)
		ck_assert_str_eq(t.mistakes, want);
	else
		ck_assert_ptr_nonnull(strstr(t.mistakes, "are too long; expected "));
	conftext_free(&t);
	free(want);
	free(text);
}
END_TEST

/* --- whole files --- */

#define IF "[interface a]\nservers = 192.0.2.1\n"
#define PROBE IF "[server x]\naddress = 192.0.2.1\nprobe = "
#define ANSWERS "expected any alone, or IPv6 addresses like 2001:db8::10\n"
#define NOT4 "not IPv4, which all broadcasts are; expected a [group], a [server] or " HOST "\n"
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text, *mistakes;
} files[] = {
	{ "", "0: nothing to do; expected at least one [interface PATTERN]\n" },
	{ "[relay]\nlog = stderr\n",
	    "0: nothing to do; expected at least one [interface PATTERN]\n" },
	{ "log = stderr\n" IF,
	    "1: a key before the first section; expected [relay] or another above it\n" },
	{ "[rely]\nlog = x\nfoo = y\n" IF,
	    "1: [rely]: expected [relay], [server NAME], [group NAME], [interface PATTERN], "
	    "[rule NAME] or [helper NAME]; did you mean \"relay\"?\n" },
	{ "[]\n" IF,
	    "1: []: expected [relay], [server NAME], [group NAME], [interface PATTERN], [rule "
	    "NAME] or [helper NAME]\n" },
	{ IF "[relay]\n[relay]\n",
	    "4: [relay] is already in line 3; expected one section with the keys of both\n" },
	{ IF "[relay x]\n",
	    "3: [relay x] takes no name; expected [relay]\n" },
	{ IF "servres = 192.0.2.2\n",
	    "3: [interface] has no key \"servres\"; did you mean \"servers\"?\n" },
	{ IF "hedge = 500ms\n",
	    "3: [interface] has no key \"hedge\"; it belongs to [group]\n" },
	{ IF "client-rate = 3/s\n",
	    "3: [interface] has no key \"client-rate\"; it belongs to [relay]\n" },
	{ IF "servers = 192.0.2.2\n",
	    "3: servers is already in line 2; a list is separated by commas, or has one item "
	    "per line, indented\n" },
	{ "[relay]\nboot = 192.0.2.1\n" IF,
	    "2: [relay] has no key \"boot\"; it belongs to [interface] and [rule]\n" },
	{ IF IF,
	    "3: [interface a] is already in line 1; expected one section with the keys of "
	    "both\n" },
	{ "[interface]\n" IF,
	    "1: [interface] has no name; expected one or a pattern, like [interface vlan10] "
	    "or [interface vlan*]\n" },
	{ "[interface a]\n",
	    "1: [interface a] has no servers; expected servers = 192.0.2.10, or dhcp and "
	    "boot\n" },
	{ "[interface a]\ngiaddr = all\n",
	    "1: [interface a] has no servers; expected servers = 192.0.2.10, or dhcp and "
	    "boot\n" },
	{ IF "boot = 192.0.2.1\n",
	    "1: [interface a] has both servers and dhcp or boot; expected either servers, "
	    "for every message, or dhcp and boot\n" },
	{ "[interface a]\nservers =\n",
	    "2: servers has no value; see pxrelay.conf(5)\n" },
	{ "[interface a]\nservers = ,\n",
	    "2: servers: expected an item before the comma\n" },
	{ "[interface a]\nservers = 192.0.2.1,\n",
	    "2: servers: expected an item after the last comma\n" },
	{ "[interface a]\nservers = 192.0.2.1,,192.0.2.2\n",
	    "2: servers: expected an item before the comma\n" },
	{ "[interface a]\nservers = dhcp.example.com\n",
	    "2: servers: \"dhcp.example.com\": expected a [group], a [server] or " SERVER "; host names are not looked up\n" },
	{ "[interface a]\nservers = 192.0.2.1 192.0.2.2\n",
	    "2: servers: \"192.0.2.1 192.0.2.2\": unexpected space; expected a comma between "
	    "two items, or each on an indented line of its own\n" },
	{ "[interface a]\nservers = 192.0.2.1;\n",
	    "2: servers: \"192.0.2.1;\": expected a [group], a [server] or " SERVER "\n" },
	{ IF "[rule r]\nuser-class = \"iPXE\"\nboot = 192.0.2.2\n",
	    "4: user-class: unexpected quotes; expected the text without them\n" },
	{ IF "[rule r]\nuser-class = gPXE, 'iPXE'\nboot = 192.0.2.2\n",
	    "4: user-class: unexpected quotes; expected the text without them\n" },
	{ "[interface \"a\"]\nservers = 192.0.2.1\n",
	    "1: [interface \\x22a\\x22] has quotes; expected a name without them\n" },
	{ "[interface a b]\nservers = 192.0.2.1\n",
	    "1: [interface a b] has a space, which no interface name has; a list needs "
	    "commas\n" },
	/* A mistake in the keys of a list is reported once, one of a pattern with it. */
	{ "[interface a, b?, a, ]\nservers = 192.0.2.1\ntrust = x\n",
	    "1: [interface a] is already in line 1; expected one section with the keys of "
	    "both\n1: [interface] has no name; expected one or a pattern, like [interface "
	    "vlan10] or [interface vlan*]\n3: trust = x: expected off or on\n" },
	{ "[interface a, b]\nservers = 192.0.2.1\n[interface c, b]\nservers = 192.0.2.1\n",
	    "3: [interface b] is already in line 1; expected one section with the keys of "
	    "both\n" },
	{ "[interface a, b]\ntrust = on\n",
	    "1: [interface a] has no servers; expected servers = 192.0.2.10, or dhcp and boot\n"
	    "1: [interface b] has no servers; expected servers = 192.0.2.10, or dhcp and "
	    "boot\n" },
	{ IF "[interface b]\nrelay = off\nservers = 192.0.2.1\n\ntrust = on\n",
	    "5: servers has no effect with relay = off; expected no other key in this section\n"
	    "7: trust has no effect with relay = off; expected no other key in this section\n" },
	{ "[interface b]\nrelay = off\n",
	    "0: nothing to do; expected at least one [interface PATTERN]\n" },
	{ IF "[relay]\nrelay = off\n", "4: [relay] has no key \"relay\"; it belongs to "
	    "[interface]\n" },
	{ IF "[interface b]\nservers = 192.0.2.1\nrelay = no\n", "5: relay = no: expected on or off\n" },
	{ IF "[relay]\ninclude =\ninclude = ,x\n",
	    "4: include has no value; see pxrelay.conf(5)\n"
	    "5: include: expected an item before the comma\n" },
	{ "[server s]\naddress = 192.0.2.1\nprobe = http://192.0.2.1/x\n" IF,
	    "3: probe: \"http://192.0.2.1/x\": the host is the server's address; expected "
	    "http:/boot.ipxe or http:8080/boot.ipxe\n" },
	{ "[interface a]\nservers = 192.0.2.256\n",
	    "2: servers: \"192.0.2.256\": expected a [group], a [server] or " SERVER "\n" },
	{ "[interface a]\nservers = 0.0.0.0\n",
	    "2: servers: \"0.0.0.0\": " NO_SERVER "\n" },
	{ "[group wds]\nservers = 192.0.2.1\n[interface a]\nboot = wdss\n",
	    "4: boot: \"wdss\": expected a [group], a [server] or " SERVER "; did you mean \"wds\"?\n" },
	{ "[interface averyveryverylong]\nservers = 192.0.2.1\n",
	    "1: [interface averyveryverylong] never matches: interface names have at most 15 "
	    "bytes\n" },
	{ "[interface eth0:1]\nservers = 192.0.2.1\n",
	    "1: [interface eth0:1] has a ':', as in an alias, which receives "
	    "nothing; expected the name of the interface itself\n" },
	{ "[interface eth[0]\nservers = 192.0.2.1\n",
	    "1: [interface eth[0] lacks the ']' of a class like [0-9]\n" },
	{ "[interface a/b]\nservers = 192.0.2.1\n",
	    "1: [interface a/b] has a '/' or a control character, which no interface name "
	    "has\n" },
	{ IF "[server]\naddress = 192.0.2.1\n",
	    "3: [server] has no name; expected one after the word\n" },
	{ IF "[server a b]\naddress = 192.0.2.1\n",
	    "3: [server a b] has a name that is not allowed; expected letters, digits, '.', "
	    "'_' and '-', with a letter, digit or '_' at the beginning\n" },
	{ IF "[server 10.0.0.1]\naddress = 192.0.2.1\n",
	    "3: [server 10.0.0.1] has a name that looks like an address; expected one with a "
	    "letter\n" },
	{ IF "[server x]\n",
	    "3: [server x] has no address; see pxrelay.conf(5)\n" },
	{ IF "[server x]\naddress = 192.0.2.1\n[server y]\naddress = 192.0.2.1\n"
	    "option82 = none\n",
	    "5: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = 192.0.2.1\n[server y]\naddress = 192.0.2.1\n"
	    "probe = arp\n",
	    "5: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = 192.0.2.1\nprobe = tftp:a\n[server y]\n"
	    "address = 192.0.2.1\nprobe = tftp:b\n",
	    "6: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = 192.0.2.1\n[server y]\naddress = 192.0.2.1\n"
	    "fall = 4\n",
	    "5: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = 192.0.2.1\nprobe-timeout = 2s\n",
	    "3: [server x] has a probe-timeout of 2000 ms and a probe-interval of 2000 ms; "
	    "expected the timeout to be shorter\n" },
	{ IF "[server x]\naddress = 192.0.2.1\nprobe-interval = 1500ms\nprobe-timeout = 1m\n",
	    "3: [server x] has a probe-timeout of 60000 ms and a probe-interval of 1500 ms; "
	    "expected the timeout to be shorter\n" },
	/* one mistake is reported once */
	{ IF "[server x]\naddress = 192.0.2.1\nprobe-interval = 5\nprobe-timeout = 3s\n",
	    "5: probe-interval = 5: expected a time from 1s to 1h with its unit: ms, s, m or "
	    "h\n" },
	{ IF "[server x]\naddress = 192.0.2.1\nprobe-interval = 1s\nprobe-timeout = 3\n",
	    "6: probe-timeout = 3: expected a time from 50ms to 1h with its unit: ms, s, m or "
	    "h\n" },
	{ PROBE "ping, tfpt:x",
	    "5: probe: \"ping\": expected pxe, pxe-4011, dhcp, dhcp6, tftp:FILE, arp, icmp, "
	    "tcp:PORT, http:PATH, http:PORT/PATH or none\n"
	    "5: probe: \"tfpt:x\": expected pxe, pxe-4011, dhcp, dhcp6, tftp:FILE, arp, icmp, "
	    "tcp:PORT, http:PATH, http:PORT/PATH or none; did you mean \"tftp\"?\n" },
	{ PROBE "arp,\n\ttcp\n\ttftp:\n\thttp\n",
	    "6: probe: \"tcp\": expected something after the colon, like tftp:FILE, tcp:PORT "
	    "or http:PATH\n"
	    "7: probe: \"tftp:\": expected something after the colon, like tftp:FILE, "
	    "tcp:PORT or http:PATH\n"
	    "8: probe: \"http\": expected something after the colon, like tftp:FILE, tcp:PORT "
	    "or http:PATH\n" },
	{ PROBE "pxe:, icmp:10.0.0.1",
	    "5: probe: \"pxe:\": expected pxe alone\n"
	    "5: probe: \"icmp:10.0.0.1\": expected icmp alone\n" },
	{ PROBE "tcp:0, tcp:65536, tcp:80x, tcp:http",
	    "5: probe: \"tcp:0\": expected a port from 1 to 65535, like tcp:80\n"
	    "5: probe: \"tcp:65536\": expected a port from 1 to 65535, like tcp:80\n"
	    "5: probe: \"tcp:80x\": expected a port from 1 to 65535, like tcp:80\n"
	    "5: probe: \"tcp:http\": expected a port from 1 to 65535, like tcp:80\n" },
	{ PROBE "http:x, http:8080, http:0/x, http:99999999999/x",
	    "5: probe: \"http:x\": expected http:/boot.ipxe or http:8080/boot.ipxe\n"
	    "5: probe: \"http:8080\": expected http:/boot.ipxe or http:8080/boot.ipxe\n"
	    "5: probe: \"http:0/x\": expected http:/boot.ipxe or http:8080/boot.ipxe\n"
	    "5: probe: \"http:99999999999/x\": expected http:/boot.ipxe or "
	    "http:8080/boot.ipxe\n" },
	{ PROBE "http:/a b",
	    "5: probe: \"http:/a b\": a byte that is not allowed in a path; expected %20 or another escape\n" },
	{ PROBE "tftp:" X32 X32 X32 X32,
	    "5: probe: \"tftp:" X32 X32 "xxxxxxx...\": expected a file name of at most 127 bytes\n" },
	{ PROBE "pxe, none",
	    "5: probe: \"none\": expected either none or other probes, not both\n" },
	{ PROBE "pxe, arp, pxe",
	    "5: probe: \"pxe\": given twice\n" },
	{ PROBE "pxe, arp, icmp, dhcp, tcp:1",
	    "5: probe: \"tcp:1\": one too many; expected at most 4 probes\n" },
	/* a group in a list would lose its mode */
	{ "[group f]\nservers = 192.0.2.1\nmode = failover\n[interface a]\ndhcp = f\n"
	    "boot = 192.0.2.2\n\tf\n",
	    "7: boot: \"f\": a [group] with a mode or rescue, which a list would lose; "
	    "expected it alone, or a [group] with all items of the list\n" },
	{ "[group f]\nservers = 192.0.2.1\nrescue = on\n[interface a]\ndhcp = f, 192.0.2.2\n",
	    "5: dhcp: \"f\": a [group] with a mode or rescue, which a list would lose; "
	    "expected it alone, or a [group] with all items of the list\n" },
	{ IF "active-giaddr = own\n",
	    "1: [interface a] has active-giaddr but is always active; expected active = vrrp "
	    "or an address with it\n" },
	{ IF "active = always\nactive-giaddr = own\n[relay]\nactive = vrrp\n",
	    "1: [interface a] has active-giaddr but is always active; expected active = vrrp "
	    "or an address with it\n" },
	{ IF "active = on\nactive-giaddr = own\n",
	    "3: active = on: expected always, vrrp or an address, or one of each family\n" },
	{ IF "active = vrrp\n[relay]\ngiaddr = 192.0.2.9\n",
	    "1: [interface a] has a giaddr, which the virtual address would replace; expected "
	    "active-giaddr = own with it\n" },
	{ IF "[group g]\n",
	    "3: [group g] has no servers; see pxrelay.conf(5)\n" },
	{ IF "[group g]\nservers = h\n[group h]\nservers = 192.0.2.1\n",
	    "4: servers: \"h\": a [group]; expected servers\n" },
	{ "[server x]\naddress = 192.0.2.1\noffers = proxy-only\n[interface a]\ndhcp = x\n",
	    "4: [interface a] has no server that may give addresses: all of dhcp have offers "
	    "= proxy-only\n" },
	/* 2 + 253 is 255, the maximum; this is one byte more */
	{ "[relay]\noption82 = add\n[interface vlan1234]\nservers = 192.0.2.1\ncircuit-id = "
	    "%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i123456\n",
	    "3: [interface vlan1234] may need 256 bytes for option 82; expected formats that "
	    "need at most 255 (RFC 3046 2.0)\n" },
	{ IF "[rule r]\narch = bios\n",
	    "3: [rule r] does nothing; expected boot, dhcp or action = drop\n" },
	{ IF "[rule r]\naction = drop\nboot = 192.0.2.1\n",
	    "3: [rule r] cannot drop a message and send it to servers; expected either action "
	    "= drop or boot and dhcp\n" },
	{ IF "[rule r]\narch = bioss\nboot = 192.0.2.1\n",
	    "4: arch: \"bioss\": expected an architecture like bios, uefi-x64 or uefi-arm64, "
	    "or a code of option 93; did you mean \"bios\"?\n" },
	{ IF "[rule r]\nfamily = tftp\nmac = 1\nuuid = 1\nmessage = hello\nboot = 192.0.2.1\n",
	    "4: family: \"tftp\": expected pxe, http, ipxe, bsdp, u-boot or plain\n"
	    "5: mac: \"1\": expected a hardware address like 52:54:00:12:34:56, its beginning "
	    "like b8:27:eb, or a prefix like 52:54:00:00:00:00/28\n"
	    "6: uuid: \"1\": expected a UUID like 8d5d7a0e-3b1c-4b8a-9d52-0123456789ab\n"
	    "7: message: \"hello\": expected discover, request, decline, release, inform or "
	    "bootp, or solicit, confirm, renew, rebind or information-request\n" },
	{ "[helper h]\n",
	    "1: [helper h] has no port; see pxrelay.conf(5)\n"
	    "1: [helper h] has no from; see pxrelay.conf(5)\n"
	    "1: [helper h] has no to; see pxrelay.conf(5)\n" },
	{ "[helper h]\nport = 0, 65536\nfrom = a\nto = b\n",
	    "2: port: \"0\": expected a whole number from 1 to 65535\n"
	    "2: port: \"65536\": expected a whole number from 1 to 65535\n" },
	{ "[helper h]\nport = 67\nfrom = a\nto = b\n",
	    "2: port: \"67\": expected a port other than 67, 68 and 4011, which an "
	    "[interface] relays\n" },
	{ "[helper h]\nport = 1,2,3,4,5,6,7,8,9\nfrom = a\nto = b\n",
	    "2: port: \"9\": expected at most 8 ports; a second [helper] can have more\n" },
	{ IF "relays = any, x\n",
	    "3: relays: \"any\": expected any alone, or addresses or prefixes of relays like "
	    "192.0.2.2, 198.51.100.0/24 or 2001:db8::/64\n"
	    "3: relays: \"x\": expected any alone, or addresses or prefixes of relays like "
	    "192.0.2.2, 198.51.100.0/24 or 2001:db8::/64\n" },
	{ IF "relays = 10.0.0.2/8\n",
	    "3: relays: \"10.0.0.2/8\": bits beyond the prefix length\n" },
	{ IF "relays = 2001:db8::1/64\n",
	    "3: relays: \"2001:db8::1/64\": bits beyond the prefix length\n" },
	{ "[helper h]\nport = 9\nfrom = a\nto = 10.0.0.0/8\nallow = 10.0.0.1/8, x\n",
	    "4: to: \"10.0.0.0/8\": expected a [group], a [server] or " HOST "\n"
	    "5: allow: \"10.0.0.1/8\": bits beyond the prefix length; expected 10.0.0.0/8\n"
	    "5: allow: \"x\": expected an IPv4 address or a prefix like 192.0.2.0/24\n" },
	{ "[helper g]\nport = 7, 9\nfrom = v*\nto = b\n"
	    "[helper h]\nport = 9\nfrom = v1, v*\nto = c\n",
	    "5: [helper h] is never reached: earlier helpers have its ports on its "
	    "interfaces; expected one [helper] with all destinations\n" },
	/* IPv6 */
	{ IF "[server x]\naddress = 2001:db8::1\noption82 = none\nprobe = dhcp\n",
	    "3: [server x] has option82, which is only for an IPv4 address\n"
	    "3: [server x] has a probe that needs IPv4; expected dhcp6 or none\n" },
	{ IF "[server x]\naddress = 192.0.2.1\nduid = hex:000102\nvss = on\n"
	    "answers-from = 2001:db8::1\n",
	    "3: [server x] has duid, which is only for an IPv6 address\n"
	    "3: [server x] has vss, which is only for an IPv6 address\n"
	    "3: [server x] has answers-from, which is only for a multicast address\n" },
	{ IF "[server x]\naddress = fe80::1%a\nanswers-from = any\n",
	    "3: [server x] has answers-from, which is only for a multicast address\n" },
	{ IF "[server x]\naddress = ff05::1:3%a\nanswers-from = any, 2001:db8::1, ff02::1, ::1, "
	    "fe80::1%a, 192.0.2.1\n",
	    "5: answers-from: \"any\": " ANSWERS "5: answers-from: \"ff02::1\": " ANSWERS
	    "5: answers-from: \"::1\": " ANSWERS "5: answers-from: \"fe80::1%a\": " ANSWERS
	    "5: answers-from: \"192.0.2.1\": " ANSWERS },
	{ IF "[server x]\naddress = 2001:db8::1\n[server y]\naddress = 2001:db8::1\n"
	    "duid = 000102\n",
	    "5: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = ff02::1:2%a\nanswers-from = 2001:db8::1\n[server y]\n"
	    "address = ff02::1:2%a\nanswers-from = 2001:db8::2\n",
	    "6: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ IF "[server x]\naddress = 2001:db8::1\nvss = on\n[server y]\naddress = 2001:db8::1\n",
	    "6: [server y] has the address of [server x] in line 3 but other settings; "
	    "expected the same in both\n" },
	{ "[interface a]\nservers = 2001:db8::1%a, fe80::1\n",
	    "2: servers: \"2001:db8::1%a\": " NO_ZONE "\n2: servers: \"fe80::1\": " ZONE "\n" },
	{ "[server s]\naddress = 2001:db8::1\n[group g]\nservers = s\n"
	    "[helper h]\nport = 9\nfrom = a\nto = s, g, 2001:db8::2\n",
	    "8: to: \"s\": " NOT4 "8: to: \"g\": " NOT4 "8: to: \"2001:db8::2\": " NOT4 },
	{ IF "link-address = none\n[relay]\ninterface-id = off\n",
	    "1: [interface a] has link-address = none and interface-id = off, so no DHCPv6 "
	    "reply could be delivered; expected one of them\n" },
	{ IF "[rule r]\nmessage = discover\nprotocol = dhcp6\nboot = 192.0.2.1\n",
	    "3: [rule r] never matches: its messages are not of its protocol\n" },
	{ IF "[rule r]\nmessage = solicit, rebind\nprotocol = dhcp4\nboot = 192.0.2.1\n",
	    "3: [rule r] never matches: its messages are not of its protocol\n" },
	{ IF "[rule r]\nprotocol = dhcp\nboot = 192.0.2.1\n",
	    "4: protocol: \"dhcp\": expected dhcp4 or dhcp6\n" },
	/* 4 times a host name of up to 64 bytes */
	{ "[interface a*]\nservers = 192.0.2.1\ninterface-id = %h%h%h%h\n",
	    "1: [interface a*] may need more than 255 bytes for interface-id\n" },
	{ "[relay]\nhost-name = r1\nremote-id6 = 1:%g%g%g%g%g%g%g\n[interface a]\n"
	    "servers = 192.0.2.1\ninterface-id = %h%h%h%h\n",
	    "4: [interface a] may need more than 255 bytes for remote-id6\n" },
	/* in the order of the lines, not the order in which they were found */
	{ "[interface a]\nservers = x\n[relay]\nlog = x\n[server s]\naddress = y\n",
	    "2: servers: \"x\": expected a [group], a [server] or " SERVER "\n"
	    "4: log = x: expected stderr, syslog or journal\n"
	    "6: address = y: expected " SERVER "\n" },
	/* text that must not reach a terminal */
	{ IF "[server \xff\x1b]\n",
	    "3: a control character (0x1b) in column 10; expected plain text\n" },
};

START_TEST(file_has_these_mistakes_and_no_others)
{
	struct conftext t = conftext(files[_i].text);

	ck_assert_ptr_null(t.c);
	ck_assert_str_eq(t.mistakes, files[_i].mistakes);
	conftext_free(&t);
}
END_TEST

/* Can rule b ever match after rule a? */
static const struct {
	const char *a, *b;
	bool reached;
} rules[] = {
	{ "", "", false },
	{ "", "arch = bios", false },
	{ "arch = bios", "", true },
	{ "arch = bios", "arch = bios", false },
	{ "arch = bios, 7", "arch = 7", false },
	{ "arch = 7", "arch = bios, 7", true },
	{ "arch = bios", "arch = bios\nmac = 52:54:00", false },
	{ "arch = bios\nmac = 52:54:00", "arch = bios", true },
	{ "mac = 52:54:00", "mac = 52:54:00:12:34:56", false },
	{ "mac = 52:54:00:12:34:56", "mac = 52:54:00", true },
	{ "mac = 52:54:00", "mac = 52:54:01:12:34:56", true },
	{ "family = pxe, http", "family = http", false },
	{ "family = http", "family = pxe", true },
	{ "user-class = iPXE", "user-class = iPXE", false },
	{ "user-class = *", "user-class = iPXE", true },	/* text, not a pattern */
	{ "vendor-class = *", "vendor-class = PXE*", false },
	{ "vendor-class = PXE*", "vendor-class = PXEClient", false },
	{ "vendor-class = PXE*", "vendor-class = PXEC*", true },	/* undecided */
	{ "interface = vlan*", "interface = vlan10, vlan20", false },
	{ "interface = vlan*", "interface = vlan10, eth0", true },
	{ "message = discover", "message = discover", false },
	{ "message = discover", "message = discover, request", true },
	{ "message = discover, solicit", "message = solicit", false },
	{ "message = discover", "message = solicit", true },
	{ "message = solicit", "message = solicit, rebind", true },
	{ "message = request", "message = request\nprotocol = dhcp6", false },
	{ "message = request\nprotocol = dhcp6", "message = request", true },
	{ "protocol = dhcp4", "protocol = dhcp6", true },
	{ "protocol = dhcp4, dhcp6", "protocol = dhcp6", false },
	{ "uuid = 8d5d7a0e-3b1c-4b8a-9d52-0123456789ab",
	    "uuid = 8d5d7a0e-3b1c-4b8a-9d52-0123456789ab", false },
	{ "uuid = 8d5d7a0e-3b1c-4b8a-9d52-0123456789ab",
	    "uuid = 8d5d7a0e-3b1c-4b8a-9d52-0123456789ac", true },
};

START_TEST(rule_that_is_never_reached_is_a_mistake)
{
	struct conftext t;
	char *text;

	ck_assert_int_gt(asprintf(&text, IF "[rule a]\n%s\nboot = 192.0.2.1\n[rule b]\n%s\n"
	    "action = drop\n", rules[_i].a, rules[_i].b), 0);
	t = conftext(text);
	if (rules[_i].reached) {
		ck_assert_str_eq(t.mistakes, "");
	} else {
		ck_assert_uint_eq(t.n, 1);
		ck_assert_ptr_nonnull(strstr(t.mistakes,
		    "[rule b] is never reached: [rule a] in line 3 "));
	}
	conftext_free(&t);
	free(text);
}
END_TEST

/* --- names become indexes --- */

START_TEST(names_become_indexes)
{
	struct conftext t = conftext("[interface a]\ndhcp = one, 192.0.2.3\nboot = both\n"
	    "[interface b]\nservers = one\n"
	    "[server one]\naddress = 192.0.2.1\n"
	    "[server twin]\naddress = 192.0.2.1\n"
	    "[server two]\naddress = 192.0.2.2\noption82 = none\noffers = proxy-only\n"
	    "[server lone]\naddress = 192.0.2.9\n"
	    "[group both]\nservers = twin, two, one\n"
	    "[rule r]\nboot = two\n");
	const struct conf *c = t.c;
	const struct conf_group *g;

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(c->n_server, 5);
	ck_assert_uint_eq(c->server[1].first, 0);
	ck_assert_uint_eq(c->server[2].first, 2);
	ck_assert(!c->server[2].option82 && c->server[2].proxy_only);
	ck_assert(c->server[0].option82 && !c->server[0].proxy_only);
	ck_assert(c->server[4].implicit);
	ck_assert_str_eq(c->server[4].name, "192.0.2.3");

	/* each address once, as its first server */
	g = &c->group[c->ifs[0].boot];
	ck_assert_str_eq(g->name, "both");
	ck_assert_uint_eq(g->n, 2);
	ck_assert_uint_eq(g->server[0], 0);
	ck_assert_uint_eq(g->server[1], 2);

	g = &c->group[c->ifs[0].dhcp];
	ck_assert(g->implicit);
	ck_assert_uint_eq(g->n, 2);
	ck_assert_uint_eq(g->server[1], 4);
	ck_assert_uint_eq(c->ifs[0].servers, CONF_NONE);
	ck_assert_uint_eq(c->ifs[1].dhcp, CONF_NONE);
	ck_assert_uint_eq(c->ifs[1].boot, CONF_NONE);
	ck_assert_uint_eq(c->group[c->ifs[1].servers].n, 1);
	ck_assert_uint_eq(c->rule[0].dhcp, CONF_NONE);

	ck_assert(c->is_boot[0] && c->is_boot[2] && !c->is_boot[4] &&
	    !c->is_boot[3]);
	ck_assert(c->is_dhcp[0] && !c->is_dhcp[2] && c->is_dhcp[4] &&
	    !c->is_dhcp[3]);

	ck_assert_uint_eq(conf_server_by_addr(c, ip_of4((struct ip4){ 0xc0000201 })), 0);
	ck_assert_uint_eq(conf_server_by_addr(c, ip_of4((struct ip4){ 0xc0000203 })), 4);
	ck_assert_uint_eq(conf_server_by_addr(c, ip_of4((struct ip4){ 0xc0000204 })),
	    CONF_NONE);
	ck_assert(conf_group_has(c, c->ifs[0].boot, 0) &&
	    conf_group_has(c, c->ifs[0].boot, 2));
	ck_assert(!conf_group_has(c, c->ifs[0].boot, 4));
	ck_assert(!conf_group_has(c, CONF_NONE, 0));
	ck_assert_str_eq(conf_server_name(c, 0), "one");
	ck_assert_str_eq(conf_server_name(c, CONF_NONE), "other");
	conftext_check_print(c);
	conftext_free(&t);
}
END_TEST

/* Address and zone make a server; a zone is part of its text. */
START_TEST(servers_of_both_families_become_indexes)
{
	struct conftext t = conftext("[server x]\naddress = 2001:db8::1\nduid = 00:01:02:FF\n"
	    "[server up]\naddress = ff05::1:3%up0\nanswers-from = 2001:db8::1, 2001:db8::2\n"
	    "[interface a]\nservers = 192.0.2.1, x, fe80::1%up0, fe80::1%up1, "
	    "2001:db8:0::1, fe80:0::1%up1, up\n");
	const struct conf *c = t.c;
	const struct conf_group *g;
	static const uint16_t want[] = { 2, 0, 3, 4, 1 };

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(c->n_server, 5);
	g = &c->group[c->ifs[0].servers];
	ck_assert_uint_eq(g->n, 5);
	ck_assert_mem_eq(g->server, want, sizeof(want));
	ck_assert_str_eq(c->server[3].name, "fe80::1%up0");
	ck_assert_str_eq(c->server[3].zone, "up0");
	ck_assert_str_eq(c->server[0].zone, "");
	ck_assert_uint_eq(c->server[0].duid_len, 4);
	ck_assert_mem_eq(c->server[0].duid, "\x00\x01\x02\xff", 4);
	ck_assert_uint_eq(c->server[1].n_answer, 2);
	ck_assert_uint_eq(c->server[1].answer[1].b[15], 2);
	ck_assert_uint_eq(conf_server_by_text(c, "fe80:0::1%up1"), 4);
	ck_assert_uint_eq(conf_server_by_text(c, "2001:db8::1"), 0);
	ck_assert_uint_eq(conf_server_by_text(c, "192.0.2.1"), 2);
	ck_assert_uint_eq(conf_server_by_text(c, "fe80::1"), CONF_NONE);
	ck_assert_uint_eq(conf_server_by_text(c, "fe80::1%up2"), CONF_NONE);
	ck_assert_uint_eq(conf_server_by_text(c, "x"), 0);
	ck_assert_uint_eq(conf_server_by_text(c, "y"), CONF_NONE);
	conftext_check_print(c);
	conftext_free(&t);
}
END_TEST

START_TEST(helper_leaves_out_the_ipv6_addresses_of_a_group)
{
	struct conftext t = conftext("[group g]\nservers = 2001:db8::1, 192.0.2.1\n"
	    "[helper h]\nport = 9\nfrom = a\nto = g\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->helper[0].n_to_addr, 1);
	ck_assert_uint_eq(t.c->helper[0].to_addr[0].host, 0xc0000201);
	conftext_free(&t);
}
END_TEST

/* Of a message type both protocols have a rule means both. */
START_TEST(message_words_are_types_of_either_protocol)
{
	struct conftext t = conftext(IF "[rule r]\nmessage = discover, request, renew\n"
	    "boot = 192.0.2.1\n[rule s]\nprotocol = dhcp6\nboot = 192.0.2.1\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->rule[0].messages, 1u << 1 | 1u << 3);
	ck_assert_uint_eq(t.c->rule[0].messages6, 1u << 3 | 1u << 5);
	ck_assert_uint_eq(t.c->rule[0].protocols, 0);
	ck_assert_uint_eq(t.c->rule[1].protocols, 1u << FAMILY6);
	conftext_free(&t);
}
END_TEST

START_TEST(group_name_comes_before_server_name)
{
	struct conftext t = conftext("[server fog]\naddress = 192.0.2.1\n"
	    "[group fog]\nservers = fog, 192.0.2.2\n[interface a]\nboot = fog\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->group[t.c->ifs[0].boot].n, 2);
	conftext_free(&t);
}
END_TEST

START_TEST(relay_sets_defaults_wherever_it_is_in_the_file)
{
	struct conftext t = conftext("[interface a]\nservers = 192.0.2.1\ntrust = off\n"
	    "[interface b]\nservers = 192.0.2.1\n"
	    "[relay]\ntrust = on\noption82 = add\ncircuit-id = x\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert(!t.c->ifs[0].o.trust && t.c->ifs[1].o.trust);
	ck_assert(t.c->ifs[0].o.option82 && t.c->ifs[1].o.option82);
	ck_assert_str_eq(t.c->ifs[0].o.circuit_id, "x");
	conftext_free(&t);
}
END_TEST

/* The same for a [server] and for an address in a list. */
static void
check_server_defaults(const struct conf_server *s)
{
	ck_assert(s->option82 && !s->proxy_only && !s->vss);
	ck_assert(s->duid_len == 0 && s->n_answer == 0);
	ck_assert_uint_eq(s->weight, 1);
	ck_assert_uint_eq(s->n_probe, 0);
	ck_assert(s->probe_interval_ms == 2000 && s->probe_timeout_ms == 1000);
	ck_assert(s->rise == 2 && s->fall == 3);
}

static void
check_group_defaults(const struct conf_group *g)
{
	ck_assert(g->mode == CONF_MODE_ALL && !g->rescue);
	ck_assert(g->hedge_ms == 500 && g->hold_down_ms == 60000);
}

START_TEST(defaults_are_those_of_the_manual)
{
	struct conftext t = conftext(IF "[server s]\naddress = 192.0.2.2\n"
	    "[group g]\nservers = s\n"
	    "[helper h]\nport = 9\nfrom = a\nto = b\n");
	const struct conf *c = t.c;
	const struct conf_if_opts *o = &c->ifs[0].o;

	ck_assert_str_eq(t.mistakes, "");
	ck_assert(c->log == CONF_LOG_STDERR && c->log_level == LOG_LEVEL_INFO);
	ck_assert_str_eq(c->control, "/run/pxrelay/control.sock");
	ck_assert_str_eq(c->metrics.path, "");
	ck_assert_uint_eq(c->metrics.port, 0);
	ck_assert_str_eq(c->host_name, "");
	ck_assert_uint_eq(c->max_hops, 16);
	ck_assert(c->interface_rate.n == 5000 && c->interface_rate.per_ms == 1000);
	ck_assert(c->client_rate.n == 1000 && c->client_rate.per_ms == 10000);
	ck_assert_uint_eq(c->clients, 16384);
	ck_assert(c->check_source && c->p4011 && c->hide_errors &&
	    !c->strip_pxe_from_dhcp);
	ck_assert_uint_eq(c->discovery_group.host, 0xe0000102);
	check_server_defaults(&c->server[0]);
	ck_assert(c->server[1].implicit);
	check_server_defaults(&c->server[1]);
	check_group_defaults(&c->group[0]);
	ck_assert(c->group[1].implicit);
	check_group_defaults(&c->group[1]);
	ck_assert(o->active == CONF_ACTIVE_ALWAYS && o->active_giaddr_virtual);
	ck_assert(!o->option82 && o->policy == CONF_FORWARD && !o->trust);
	ck_assert(o->giaddr == CONF_GIADDR_PRIMARY && o->link == CONF_LINK_OFF);
	ck_assert_str_eq(o->circuit_id, "%i");
	ck_assert_str_eq(o->remote_id, "");
	ck_assert_str_eq(o->subscriber_id, "");
	ck_assert(!o->server_id_override && !o->relay_flags &&
	    !o->vendor_enterprise);
	ck_assert(!o->relay_id_len && o->relay_id_auto && !o->vss_len);
	ck_assert_uint_eq(c->max_hops6, 8);
	ck_assert(o->link_address == CONF_LINKADDR_PRIMARY && o->client_mac);
	ck_assert(!o->accept_unicast && !o->leasequery && !o->rsoo_drop);
	ck_assert_str_eq(o->interface_id, "%h:%i");
	ck_assert_uint_eq(o->remote_id6_enterprise, 0);
	ck_assert_str_eq(o->remote_id6, "");
	ck_assert(c->helper[0].keep_source && c->helper[0].rate.n == 100);
	conftext_free(&t);
}
END_TEST

/* --- health, failover and redundancy --- */

START_TEST(probes_are_parsed)
{
	struct conftext t = conftext(PROBE "tftp:boot\\x64\\wdsnbp.com, tcp:443, http:/a, "
	    "http:8080/b\n");
	const struct conf_server *s = &t.c->server[0];

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(s->n_probe, 4);
	ck_assert_int_eq(s->probe[0].kind, CONF_PROBE_TFTP);
	ck_assert_str_eq(s->probe[0].arg, "boot\\x64\\wdsnbp.com");
	ck_assert_int_eq(s->probe[1].kind, CONF_PROBE_TCP);
	ck_assert_uint_eq(s->probe[1].port, 443);
	ck_assert_int_eq(s->probe[2].kind, CONF_PROBE_HTTP);
	ck_assert_uint_eq(s->probe[2].port, 80);
	ck_assert_str_eq(s->probe[2].arg, "/a");
	ck_assert_uint_eq(s->probe[3].port, 8080);
	ck_assert_str_eq(s->probe[3].arg, "/b");
	conftext_free(&t);
}
END_TEST

START_TEST(timeout_is_at_most_half_of_the_interval_when_not_given)
{
	struct conftext t = conftext(PROBE "arp\nprobe-interval = 1500ms\n"
	    "[server y]\naddress = 192.0.2.2\nprobe-interval = 1s\nprobe-timeout = 999ms\n"
	    "[server z]\naddress = 192.0.2.3\nprobe-interval = 1h\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->server[0].probe_timeout_ms, 750);
	ck_assert_uint_eq(t.c->server[1].probe_timeout_ms, 999);
	ck_assert_uint_eq(t.c->server[2].probe_timeout_ms, 1000);
	conftext_check_print(t.c);
	conftext_free(&t);
}
END_TEST

START_TEST(rescue_is_on_unless_all_are_queried)
{
	struct conftext t = conftext(IF "[group a]\nservers = 192.0.2.1\nmode = all\n"
	    "[group f]\nservers = 192.0.2.1\nmode = failover\nhedge = off\n"
	    "[group b]\nservers = 192.0.2.1\nmode = balance\nhold-down = 0\n"
	    "[group ar]\nrescue = on\nservers = 192.0.2.1\n"
	    "[group fr]\nrescue = off\nservers = 192.0.2.1\nmode = failover\n");
	static const bool want[] = { false, true, true, true, false };

	ck_assert_str_eq(t.mistakes, "");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_msg(t.c->group[i].rescue == want[i], "%s",
		    t.c->group[i].name);
	ck_assert_int_eq(t.c->group[1].mode, CONF_MODE_FAILOVER);
	ck_assert_uint_eq(t.c->group[1].hedge_ms, 0);
	ck_assert_int_eq(t.c->group[2].mode, CONF_MODE_BALANCE);
	ck_assert_uint_eq(t.c->group[2].hold_down_ms, 0);
	conftext_check_print(t.c);
	conftext_free(&t);
}
END_TEST

/* A single group keeps its mode; a group with mode = all may be in a list. */
START_TEST(group_alone_keeps_its_mode)
{
	struct conftext t = conftext("[group f]\nservers = 192.0.2.1\nmode = failover\n"
	    "[group g]\nservers = 192.0.2.2\n[interface a]\ndhcp = g, 192.0.2.3\nboot = f\n");

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->ifs[0].boot, 0);
	ck_assert_int_eq(t.c->group[t.c->ifs[0].dhcp].mode, CONF_MODE_ALL);
	conftext_check_print(t.c);
	conftext_free(&t);
}
END_TEST

START_TEST(active_is_set_for_each_interface)
{
	struct conftext t = conftext("[relay]\nactive = vrrp\nactive-giaddr = own\n"
	    "[interface a]\nservers = 192.0.2.1\nactive = address 192.0.2.9\n"
	    "[interface b]\nservers = 192.0.2.1\nactive = always\ngiaddr = rotate\n"
	    "[interface c]\nservers = 192.0.2.1\nactive-giaddr = virtual\n"
	    "[interface e]\nservers = 192.0.2.1\nactive = fe80::1, 192.0.2.8\n"
	    "[interface d]\nservers = 192.0.2.1\ngiaddr = all\n");
	const struct conf_if *f;

	ck_assert_str_eq(t.mistakes, "");
	f = t.c->ifs;
	ck_assert_int_eq(f[0].o.active, CONF_ACTIVE_ADDRESS);
	ck_assert_uint_eq(f[0].o.active_address.host, 0xc0000209);
	ck_assert(!f[0].o.active_giaddr_virtual);
	ck_assert_int_eq(f[1].o.active, CONF_ACTIVE_ALWAYS);
	ck_assert_int_eq(f[2].o.active, CONF_ACTIVE_VRRP);
	ck_assert(f[2].o.active_giaddr_virtual);
	ck_assert_int_eq(f[3].o.active, CONF_ACTIVE_ADDRESS);
	ck_assert_uint_eq(f[3].o.active_address.host, 0xc0000208);
	ck_assert_uint_eq(f[3].o.active_address6.b[15], 1);
	ck_assert(ip6_is_none(f[0].o.active_address6));
	ck_assert_int_eq(f[4].o.active, CONF_ACTIVE_VRRP);
	ck_assert(!f[4].o.active_giaddr_virtual);
	conftext_check_print(t.c);
	conftext_free(&t);
}
END_TEST

START_TEST(longest_probes_are_printed_whole)
{
	char text[1024], *printed;
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", PROBE);
	struct conftext t;

	for (int i = 0; i < CONF_PROBES_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%shttp:6553%d/%s",
		    i ? ", " : "", i, X32 X32 X32 "123456789012345678901234567890");
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "");
	printed = conftext_print(t.c);
	ck_assert_ptr_nonnull(strstr(printed, strstr(text, "probe = ")));
	conftext_check_print(t.c);
	conftext_free(&t);
	free(printed);
}
END_TEST

/* --- patterns and formats --- */

static const struct {
	const char *p, *s;
	bool match;
} globs[] = {
	{ "", "", true }, { "", "a", false }, { "a", "", false }, { "*", "", true },
	{ "*", "vlan10", true }, { "vlan*", "vlan", true },
	{ "vlan*", "vlan10", true },
	{ "vlan*", "xvlan10", false }, { "vlan?", "vlan1", true }, { "vlan?", "vlan10", false },
	{ "*10", "vlan10", true }, { "*1*0", "vlan1110", true },
	{ "*1*2", "vlan1110", false },
	{ "v*n*0", "vlan10", true }, { "[ab]c", "bc", true },
	{ "[ab]c", "cc", false },
	{ "[!ab]c", "cc", true }, { "[^ab]c", "ac", false }, { "[a-c]", "b", true },
	{ "[a-c]", "d", false }, { "[]a]", "]", true }, { "[a-]", "-", true },
	{ "[!]]", "]", false }, { "[a", "[a", true }, { "[", "[", true },
	{ "a*b*c*d", "aXbXcXd", true }, { "a*b*c*d", "aXbXdXc", false },
	{ "\\*", "\\x", true }, { "eth[0-3].[1-9]*", "eth2.100", true },
	{ "?", "\xff", true }, { "[\x80-\xff]", "\xc3", true },
};

START_TEST(pattern_matches)
{
	ck_assert_msg(conf_glob(globs[_i].p, globs[_i].s) == globs[_i].match,
	    "\"%s\" \"%s\"", globs[_i].p, globs[_i].s);
}
END_TEST

START_TEST(pattern_with_many_stars_ends_soon)
{
	char p[64], s[256];

	memset(s, 'a', sizeof(s) - 1);
	s[sizeof(s) - 1] = '\0';
	for (size_t i = 0; i < 62; i += 2)
		memcpy(p + i, "*a", 2);
	strcpy(p + 62, "b");
	ck_assert(!conf_glob(p, s));	/* must end within a test's 60 s */
}
END_TEST

START_TEST(most_specific_interface_wins)
{
	struct conftext t = conftext("[interface *]\nservers = 192.0.2.1\n"
	    "[interface vlan*]\nservers = 192.0.2.1\n"
	    "[interface vlan1?]\nservers = 192.0.2.1\n"
	    "[interface *n1*]\nservers = 192.0.2.1\n"
	    "[interface vlan[12]0]\nservers = 192.0.2.1\n"
	    "[interface vlan10]\nservers = 192.0.2.1\n"
	    "[interface ?lan2*]\nservers = 192.0.2.1\n"
	    "[interface e?h0]\nservers = 192.0.2.1\n"
	    "[interface et?0]\nservers = 192.0.2.1\n");
	static const char *const want[][2] = {
		{ "vlan10", "vlan10" }, { "vlan12", "vlan1?" },
		{ "vlan123", "vlan*" },
		{ "vlan20", "vlan[12]0" }, { "vlan25", "vlan*" }, { "lan1", "*n1*" },
		{ "eth0", "e?h0" }, { "lo", "*" }, { "xlan2", "?lan2*" },
	};

	ck_assert_str_eq(t.mistakes, "");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(conf_match(t.c, want[i][0])->pattern, want[i][1]);
	conftext_free(&t);
	t = conftext("[interface eth*]\nservers = 192.0.2.1\n");
	ck_assert_ptr_null(conf_match(t.c, "lo"));
	conftext_free(&t);
}
END_TEST

START_TEST(format_expands_to_bytes)
{
	static const struct conf_fmt f = { "vlan10", 10,
	    { { 0x52, 0x54, 0, 0xab, 0xcd, 0xef } }, "relay-1", { .version = 4, .v4 = { 0xc0000201 } } };
	static const struct {
		const char *fmt, *want;
		size_t size, len;
	} formats[] = {
		{ "%i", "vlan10", 255, 6 },
		{ "%i:%v", "vlan10:10", 255, 9 },
		{ "%m", "52:54:00:ab:cd:ef", 255, 17 },
		{ "%h %g", "relay-1 192.0.2.1", 255, 17 },
		{ "100%%", "100%", 255, 4 },
		{ "text", "text", 4, 4 },
		{ "text", "", 3, 0 },
		{ "%i", "", 5, 0 },
		{ "", "", 255, 0 },
		{ "hex:00ff10", "\x00\xff\x10", 3, 3 },
		{ "hex:00:ff:10", "\x00\xff\x10", 255, 3 },
		{ "hex:00ff10", "", 2, 0 },
	};
	struct conf_fmt six = f;
	uint8_t out[255];

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		ck_assert_uint_eq(conf_expand(formats[i].fmt, &f, out,
		    formats[i].size), formats[i].len);
		ck_assert_mem_eq(out, formats[i].want, formats[i].len);
	}
	six.giaddr = ip_of6((struct ip6){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } });
	ck_assert_uint_eq(conf_expand("%g", &six, out, sizeof(out)), 11);
	ck_assert_mem_eq(out, "2001:db8::1", 11);
}
END_TEST

/* One that does not fit on the widest interface and host. */
START_TEST(format_fits_into_a_dhcpv6_option)
{
	char format[CONF_TEXT_MAX] = "%h%h%h", at[16] = "123456789012345";

	ck_assert(conf_format_fits6(format, NULL, ""));
	strcat(format, "%g123456789012345678901234");
	ck_assert(conf_format_fits6(format, NULL, ""));
	strcat(format, "x");
	ck_assert(!conf_format_fits6(format, NULL, ""));
	ck_assert(conf_format_fits6(format, NULL, "short"));
	ck_assert(conf_format_fits6("", NULL, ""));
	strcpy(format, "%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i%i");
	ck_assert(conf_format_fits6(format, at, ""));
	strcat(format, "x");
	ck_assert(!conf_format_fits6(format, NULL, ""));
	ck_assert(conf_format_fits6(format, "eth0", ""));
}
END_TEST

/* The estimate is never below what conf_expand() can produce. */
START_TEST(longest_option82_covers_every_expansion)
{
	struct conf_if_opts o = { 0 };
	static const struct conf_fmt f = { "fifteen-bytes-x", 4094, { { 0 } },
	    "a-host-name-of-63-bytes-that-is-just-as-long-as-one-can-be-xxxx",
	    { .version = 4, .v4 = { 0xffffffff } } };
	uint8_t out[255];

	strcpy(o.circuit_id, "%i %v %m %h %g %%");
	ck_assert_uint_eq(conf_rai_max(&o, NULL, f.host),
	    2 + conf_expand(o.circuit_id, &f, out, sizeof(out)));
	ck_assert_uint_eq(conf_rai_max(&o, "ab", f.host),
	    2 + conf_expand(o.circuit_id, &f, out, sizeof(out)) - 13);
	o.circuit_id[0] = '\0';
	o.vss_len = 1;
	o.relay_flags = o.server_id_override = true;
	o.link = CONF_LINK_ON;
	o.relay_id_len = 3;
	o.vendor_enterprise = 1;
	strcpy(o.vendor_data, "hex:0102");
	ck_assert_uint_eq(conf_rai_max(&o, NULL, ""),
	    3 + 2 + 3 + 6 + 6 + 5 + 2 + 5 + 2);
}
END_TEST

/* --- tables and files --- */

static char *
slurp(const char *path)
{
	static char buf[1 << 16];
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_msg(f != NULL, "%s", path);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

/* Does the file have a line "key =" in a section of this kind? */
static bool
file_has_key(const char *text, const char *kind, const char *key)
{
	char section[32] = "";
	size_t len = strlen(key);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (*p == '[')
			sscanf(p, "[%31[a-z]", section);
		else if (strcmp(section, kind) == 0 && strncmp(p, key, len) == 0 &&
		    strncmp(p + len, " =", 2) == 0)
			return true;
	}
	return false;
}

START_TEST(full_conf_has_every_key)
{
	const char *text = slurp("conf/examples/full.conf");
	const struct conf_key *k = NULL;

	for (int kind = 0; kind < CONF_KINDS; kind++)
		while ((k = conf_key_next((enum conf_kind)kind, k)))
			ck_assert_msg(file_has_key(text, conf_kind_words[kind],
			    k->name),
			    "no %s in [%s]", k->name, conf_kind_words[kind]);
}
END_TEST

/* A key without a value is reported, whatever its type is. */
START_TEST(key_without_a_value_is_reported)
{
	const struct conf_key *k = NULL;

	for (int kind = 0; kind < CONF_KINDS; kind++)
		while ((k = conf_key_next((enum conf_kind)kind, k))) {
			char text[200], want[200];
			struct conftext t;

			snprintf(text, sizeof(text), "[%s%s]\n%s =\n",
			    conf_kind_words[kind], kind == CONF_RELAY ? "" : " x",
			    k->name);
			snprintf(want, sizeof(want), "2: %s has no value; see pxrelay.conf(5)\n",
			    k->name);
			t = conftext(text);
			ck_assert_msg(strstr(t.mistakes, want), "%s%s", text,
			    t.mistakes);
			conftext_free(&t);
		}
}
END_TEST

/* A default that its own row refuses would leave the field at 0. */
START_TEST(every_default_is_printed)
{
	struct conftext t = conftext("[server x]\naddress = 192.0.2.1\n"
	    "[server y]\naddress = ff05::1:3%z\n[group x]\nservers = x\n"
	    "[interface x]\nservers = x\nactive = vrrp\n[rule x]\nboot = x\n"
	    "[helper x]\nport = 1\nfrom = x\nto = x\n");
	char *printed = conftext_print(t.c);
	const struct conf_key *k = NULL;

	ck_assert_str_eq(t.mistakes, "");
	for (int kind = 0; kind < CONF_KINDS; kind++)
		while ((k = conf_key_next((enum conf_kind)kind, k))) {
			char heading[40], want[100];

			if (!k->deflt || (kind == CONF_INTERFACE && strcmp(k->name, "active") == 0))
				continue;
			snprintf(heading, sizeof(heading), "[%s%s]\n",
			    conf_kind_words[kind], kind == CONF_RELAY ? "" : " x");
			snprintf(want, sizeof(want), "\n%s = %s\n", k->name,
			    k->deflt);
			ck_assert_msg(strstr(strstr(printed, heading), want), "no %s in %s",
			    want, printed);
		}
	free(printed);
	conftext_free(&t);
}
END_TEST

START_TEST(list_in_a_heading_is_a_section_for_each)
{
	struct conftext t = conftext("[interface vlan10, vlan2? ,x[0,1]]\n"
	    "servers = 192.0.2.1, 192.0.2.2\n[interface vlan21]\nservers = 192.0.2.3\n");
	char *printed;

	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->n_if, 4);
	ck_assert_str_eq(conf_match(t.c, "vlan10")->pattern, "vlan10");
	ck_assert_str_eq(conf_match(t.c, "vlan22")->pattern, "vlan2?");
	ck_assert_str_eq(conf_match(t.c, "vlan21")->pattern, "vlan21");
	ck_assert_str_eq(conf_match(t.c, "x1")->pattern, "x[0,1]");
	printed = conftext_print(t.c);
	ck_assert_msg(strstr(printed, "[interface x[0,1]]\nservers = 192.0.2.1, 192.0.2.2\n"),
	    "%s", printed);
	conftext_check_print(t.c);
	conftext_free(&t);
	free(printed);
}
END_TEST

START_TEST(relay_off_leaves_an_interface_out)
{
	struct conftext t = conftext("[interface *]\nservers = 192.0.2.1\n"
	    "[interface vlan1?, eth0]\nrelay = off\n"
	    "[interface vlan12]\nrelay = on\nservers = 192.0.2.1\n");
	char *printed;

	ck_assert_str_eq(t.mistakes, "");
	ck_assert(conf_match(t.c, "vlan11")->off);
	ck_assert(conf_match(t.c, "eth0")->off);
	ck_assert(!conf_match(t.c, "vlan12")->off);
	ck_assert_str_eq(conf_match(t.c, "eth1")->pattern, "*");
	printed = conftext_print(t.c);
	ck_assert_msg(strstr(printed, "[interface eth0]\nrelay = off\n\n"), "%s", printed);
	conftext_check_print(t.c);
	conftext_free(&t);
	free(printed);
}
END_TEST

START_TEST(every_example_is_valid_and_canonical)
{
	DIR *dir = opendir("conf/examples");
	struct dirent *e;
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');
		char path[300];
		struct conftext t = { 0 };

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		snprintf(path, sizeof(path), "conf/examples/%s", e->d_name);
		t.c = conftree_read(path, conftext_mistake, &t);
		ck_assert_msg(t.c != NULL, "%s: %s", path, t.mistakes);
		conftext_check_print(t.c);
		conftext_free(&t);
		n++;
	}
	closedir(dir);
	ck_assert_uint_ge(n, 2);
}
END_TEST

/* In the list of an interface the name means the group, in that of a group the
 * server. */
START_TEST(server_with_the_name_of_a_group_is_printed_by_address)
{
	struct conftext t = conftext(
	    "[server a]\naddress = 192.0.2.1\n"
	    "[group a]\nservers = 192.0.2.2, a\n"
	    "[interface vlan10]\nservers = 192.0.2.3, a\n");
	char *printed;

	ck_assert_msg(t.c != NULL, "%s", t.mistakes);
	printed = conftext_print(t.c);
	ck_assert_msg(strstr(printed, "servers = 192.0.2.2, a\n"), "%s", printed);
	ck_assert_msg(strstr(printed, "servers = 192.0.2.3, 192.0.2.2, 192.0.2.1\n"),
	    "%s", printed);
	conftext_check_print(t.c);
	conftext_free(&t);
	free(printed);
}
END_TEST

/* A list that is longer than a printed line continues on the next one. */
START_TEST(long_lists_are_printed_whole)
{
	static char text[64 * 1024];
	size_t n = 0;
	struct conftext t;

	for (int i = 0; i < 256; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "[server a-name-that-is-as-long-as-one-may-be-%018d]\n"
		    "address = 10.0.%d.1\n", i, i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "[interface a]\nservers =\n");
	for (int i = 0; i < 256; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\t10.0.%d.1\n",
		    i);
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "");
	ck_assert_uint_eq(t.c->group[t.c->ifs[0].servers].n, 256);
	conftext_check_print(t.c);
	conftext_free(&t);
}
END_TEST

START_TEST(too_many_servers_and_rules_are_mistakes)
{
	static char text[64 * 1024];
	size_t n;
	struct conftext t;

	n = (size_t)snprintf(text, sizeof(text), "[interface a]\nservers =\n");
	for (int i = 0; i < 400; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\t10.0.%d.%d\n",
		    i % 250, 1 + i / 250);
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "259: more than 256 servers\n");
	conftext_free(&t);

	n = (size_t)snprintf(text, sizeof(text), IF);
	for (int i = 0; i < 257; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "[rule r%d]\narch = %d\nboot = 192.0.2.1\n", i, 1000 + i);
	t = conftext(text);
	ck_assert_str_eq(t.mistakes,
	    "771: [rule r256] is one too many; expected at most 256 [rule] "
	    "sections\n");
	conftext_free(&t);
}
END_TEST

START_TEST(helpers_of_one_port_on_other_interfaces_are_reached)
{
	struct conftext t = conftext("[helper g]\nport = 7, 9\nfrom = v1\nto = b\n"
	    "[helper h]\nport = 9\nfrom = v1, v2\nto = c\n"
	    "[helper i]\nport = 9, 10\nfrom = v1\nto = c\n");

	ck_assert_str_eq(t.mistakes, "");
	conftext_free(&t);
}
END_TEST

START_TEST(too_many_ports_are_a_mistake)
{
	static char text[64 * 1024];
	size_t n = 0;
	struct conftext t;

	for (int i = 0; i < 63; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "[helper h%d]\nport = %d, 9\nfrom = v%d\nto = 192.0.2.1\n", i,
		    100 + i, i);
	t = conftext(text);
	ck_assert_str_eq(t.mistakes,
	    "0: the [helper] sections have 64 ports; expected at most 62\n");
	conftext_free(&t);
	n = (size_t)(strstr(text, "[helper h61]") - text);
	text[n] = '\0';
	t = conftext(text);
	ck_assert_str_eq(t.mistakes, "");
	conftext_free(&t);
}
END_TEST

START_TEST(number_of_mistakes_is_limited)
{
	static char text[64 * 1024];
	size_t n = (size_t)snprintf(text, sizeof(text), IF);
	struct conftext t;

	for (int i = 0; i < 1200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "x%d = 1\n", i);
	t = conftext(text);
	ck_assert_uint_eq(t.n, 1001);
	ck_assert_ptr_nonnull(strstr(t.mistakes,
	    "more than 1000 mistakes; the rest is not shown"));
	conftext_free(&t);
}
END_TEST

/* A value from the command line must also be possible in a file. */
START_TEST(value_that_a_file_could_not_contain_is_refused)
{
	static const char *const values[] = { "a ;b", "a #b", ";a", "a\x1b" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct conftext t = { 0 };
		struct conf_builder *b = conf_begin(realloc, conftext_mistake, &t);

		conf_section(b, "interface", "a", 0);
		conf_key(b, "servers", "192.0.2.1", 0);
		conf_key(b, "circuit-id", values[i], 0);
		ck_assert_ptr_null(conf_end(b));
		ck_assert_uint_eq(t.n, 1);
		conftext_free(&t);
	}
}
END_TEST

/* --- memory --- */

static size_t allocs_left;

static void *
scarce(void *p, size_t size)
{
	if (allocs_left == 0)
		return NULL;
	allocs_left--;
	return realloc(p, size);
}

/* Returns true if a configuration was built; false if memory was short, which is
 * reported once, at the end. */
static bool
build_with(size_t allocs)
{
	static const char *const lines[][2] = {
		{ "server s", NULL }, { "address", "192.0.2.1" },
		{ "server m", NULL }, { "address", "ff05::1:3%a" }, { "answers-from", "fe80::1" },
		{ "group g", NULL }, { "servers", "s, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5" },
		{ "interface vlan*", NULL }, { "dhcp", "g" }, { "boot", "g, 192.0.2.6" },
		{ "rule r", NULL }, { "arch", "bios, 7, 9, 11, 16" },
		{ "user-class", "iPXE" },
		{ "vendor-class", "PXE*" }, { "mac", "52:54:00" },
		{ "uuid", "8d5d7a0e-3b1c-4b8a-9d52-0123456789ab" }, { "interface", "vlan1*" },
		{ "protocol", "dhcp6" },
		{ "boot", "192.0.2.7" },
		{ "helper h", NULL }, { "port", "9" }, { "from", "a, b, c, d, e" },
		{ "to", "f, 192.0.2.1, g" }, { "allow", "10.0.0.0/8" },
	};
	struct conftext t = { 0 };
	struct conf_builder *b;
	struct conf *c;

	allocs_left = allocs;
	b = conf_begin(scarce, conftext_mistake, &t);
	if (!b)
		return false;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char kind[32];
		const char *name = strchr(lines[i][0], ' ');

		if (lines[i][1]) {
			conf_key(b, lines[i][0], lines[i][1], (int)i + 1);
			continue;
		}
		snprintf(kind, sizeof(kind), "%.*s", (int)(name - lines[i][0]),
		    lines[i][0]);
		conf_section(b, kind, name + 1, (int)i + 1);
	}
	c = conf_end(b);
	if (!c)
		ck_assert_ptr_nonnull(strstr(t.mistakes,
		    "0: not enough memory to read the configuration\n"));
	else
		ck_assert_ptr_null(t.mistakes);
	free(t.mistakes);
	conf_free(c);
	return c;
}

START_TEST(short_memory_gives_no_configuration)
{
	size_t n = 0;

	while (!build_with(n))
		ck_assert_uint_lt(n++, 1000);
	ck_assert_uint_gt(n, 50);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *
conf_suite(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");

	tcase_add_loop_test(t, good_value_is_accepted_and_printed, 0, N(good));
	tcase_add_loop_test(t, bad_value_is_refused_and_the_expected_is_named, 0,
	    N(bad));
	tcase_add_loop_test(t, file_has_these_mistakes_and_no_others, 0, N(files));
	tcase_add_loop_test(t, rule_that_is_never_reached_is_a_mistake, 0, N(rules));
	tcase_add_loop_test(t, pattern_matches, 0, N(globs));
	tcase_add_test(t, names_become_indexes);
	tcase_add_test(t, servers_of_both_families_become_indexes);
	tcase_add_test(t, helper_leaves_out_the_ipv6_addresses_of_a_group);
	tcase_add_test(t, message_words_are_types_of_either_protocol);
	tcase_add_test(t, group_name_comes_before_server_name);
	tcase_add_test(t, relay_sets_defaults_wherever_it_is_in_the_file);
	tcase_add_test(t, defaults_are_those_of_the_manual);
	tcase_add_test(t, probes_are_parsed);
	tcase_add_test(t, timeout_is_at_most_half_of_the_interval_when_not_given);
	tcase_add_test(t, rescue_is_on_unless_all_are_queried);
	tcase_add_test(t, group_alone_keeps_its_mode);
	tcase_add_test(t, active_is_set_for_each_interface);
	tcase_add_test(t, longest_probes_are_printed_whole);
	tcase_add_test(t, pattern_with_many_stars_ends_soon);
	tcase_add_test(t, most_specific_interface_wins);
	tcase_add_test(t, format_expands_to_bytes);
	tcase_add_test(t, format_fits_into_a_dhcpv6_option);
	tcase_add_test(t, longest_option82_covers_every_expansion);
	tcase_add_test(t, full_conf_has_every_key);
	tcase_add_test(t, key_without_a_value_is_reported);
	tcase_add_test(t, every_default_is_printed);
	tcase_add_test(t, list_in_a_heading_is_a_section_for_each);
	tcase_add_test(t, relay_off_leaves_an_interface_out);
	tcase_add_test(t, every_example_is_valid_and_canonical);
	tcase_add_test(t, server_with_the_name_of_a_group_is_printed_by_address);
	tcase_add_test(t, long_lists_are_printed_whole);
	tcase_add_test(t, too_many_servers_and_rules_are_mistakes);
	tcase_add_test(t, helpers_of_one_port_on_other_interfaces_are_reached);
	tcase_add_test(t, too_many_ports_are_a_mistake);
	tcase_add_test(t, number_of_mistakes_is_limited);
	tcase_add_test(t, value_that_a_file_could_not_contain_is_refused);
	tcase_add_test(t, short_memory_gives_no_configuration);
	suite_add_tcase(s, t);
	return s;
}
