/* SPDX-License-Identifier: ISC
 *
 * Which packets a capture filter selects.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/story/capfilter.h"
#include "world.h"

Suite *capfilter_suite(void);

static struct world *w;
static struct capfilter f;
static struct capfacts p;
static char why[200];

static void
begin(void)
{
	w = world_new("[server wds]\naddress = 198.51.100.20\n"
	    "[server kea]\naddress = 2001:db8:1::53\n"
	    "[interface vlan*]\nservers = wds, 198.51.100.21\n", 16);
	memset(&p, 0, sizeof(p));
}

static void
end(void)
{
	world_free(w);
}

static void
filter(const char *words)
{
	ck_assert_msg(capfilter_parse(&f, w->conf, words, why, sizeof(why)),
	    "%s: %s", words, why);
}

static void
refused(const char *words, const char *text)
{
	ck_assert(!capfilter_parse(&f, w->conf, words, why, sizeof(why)));
	ck_assert_str_eq(why, text);
}

static bool
wanted(void)
{
	return capfilter_match(&f, &p);
}

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ip_parse(text, &a), "%s", text);
	return a;
}

static const struct mac machine = { { 0x52, 0x54, 0, 0x12, 0x34, 0xab } };
static const struct mac other = { { 0x52, 0x54, 0, 0x12, 0x34, 0xac } };

START_TEST(without_a_filter_everything_matches)
{
	filter("");
	ck_assert(wanted());
	filter("   ");
	ck_assert(wanted());
	p.client = machine;
	p.interface[0] = "eth0";
	ck_assert(wanted());
}
END_TEST

START_TEST(a_machine_matches_by_chaddr_or_link_address)
{
	static const char *same[] = { "mac=52:54:00:12:34:ab",
	    "mac=52-54-00-12-34-AB", "mac=5254.0012.34ab", "mac=5254001234ab" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		filter(same[i]);
		memset(&p, 0, sizeof(p));
		ck_assert(!wanted());
		p.client = machine;
		ck_assert(wanted());
		p.client = other;
		ck_assert(!wanted());
		p.from = machine;
		ck_assert(wanted());
		p.from = other;
		p.to = machine;
		ck_assert(wanted());
	}
}
END_TEST

START_TEST(an_interface_matches_as_the_packets_or_the_clients)
{
	filter("interface=vlan1* interface=up0");
	ck_assert(!wanted());
	p.interface[0] = "vlan20";
	ck_assert(!wanted());
	p.interface[1] = "vlan10";
	ck_assert(wanted());
	p.interface[1] = NULL;
	p.interface[0] = "up0";
	ck_assert(wanted());
	p.interface[0] = "up01";
	ck_assert(!wanted());
}
END_TEST

START_TEST(a_server_is_a_name_or_any_address)
{
	filter("server=wds server=192.0.2.99");
	ck_assert(!wanted());
	p.src = addr("198.51.100.20");
	ck_assert(wanted());
	p.src = addr("198.51.100.21");
	ck_assert(!wanted());
	p.dst = addr("192.0.2.99");		/* this server is not configured */
	ck_assert(wanted());
	p.dst = ip_of4(IP4_BROADCAST);
	p.server[0] = addr("198.51.100.21");
	p.server[1] = addr("198.51.100.20");
	p.n_server = 1;
	ck_assert(!wanted());
	p.n_server = 2;
	ck_assert(wanted());
}
END_TEST

START_TEST(a_server_may_have_an_ipv6_address)
{
	filter("server=kea server=2001:db8:1::99");
	p.src = addr("2001:db8:1::20");
	p.dst = addr("198.51.100.20");
	ck_assert(!wanted());
	p.src = addr("2001:DB8:1:0::99");
	ck_assert(wanted());
	p.src = IP_NONE;
	p.server[0] = addr("2001:db8:1::53");
	p.n_server = 1;
	ck_assert(wanted());
	/* ::c633:6414 has the bytes of 198.51.100.20 and is another address. */
	filter("server=wds");
	p.server[0] = p.src = p.dst = addr("::c633:6414");
	ck_assert(!wanted());
}
END_TEST

START_TEST(a_packet_must_match_one_of_each_kind)
{
	filter("mac=52:54:00:12:34:ab mac=52:54:00:12:34:ac interface=vlan10"
	    " server=wds");
	p.client = other;
	p.interface[0] = "vlan10";
	ck_assert(!wanted());
	p.src = addr("198.51.100.20");
	ck_assert(wanted());
	p.interface[0] = "vlan11";
	ck_assert(!wanted());
	p.interface[0] = "vlan10";
	p.client.b[0] = 0;
	ck_assert(!wanted());
}
END_TEST

/* A TFTP error contains neither the chaddr nor the link address of the machine. */
START_TEST(the_address_of_a_machine_is_learned)
{
	struct ip4 given = world_ip("192.0.2.50"), own = world_ip("192.0.2.51");

	filter("mac=52:54:00:12:34:ab mac=52:54:00:12:34:ac");
	p.client = machine;
	p.leased = given;
	capfilter_learn(&f, &p);
	memset(&p, 0, sizeof(p));
	p.dst = ip_of4(given);
	ck_assert(wanted());
	p.dst = ip_of4(own);
	ck_assert(!wanted());
	/* The address that the machine itself uses is newer. */
	memset(&p, 0, sizeof(p));
	p.from = machine;
	p.src = ip_of4(own);
	capfilter_learn(&f, &p);
	memset(&p, 0, sizeof(p));
	p.dst = ip_of4(own);
	ck_assert(wanted());
	p.dst = ip_of4(given);
	ck_assert(!wanted());
	/* Its IPv6 addresses are not: what names no machine is IPv4. */
	p = (struct capfacts){ .from = machine, .src = addr("2001:db8::5") };
	capfilter_learn(&f, &p);
	p = (struct capfacts){ .dst = addr("2001:db8::5") };
	ck_assert(!wanted());
	p.dst = ip_of4(own);
	ck_assert(wanted());
	/* 0.0.0.0 belongs to no machine. */
	memset(&p, 0, sizeof(p));
	p.from = other;
	capfilter_learn(&f, &p);
	memset(&p, 0, sizeof(p));
	ck_assert(!wanted());
}
END_TEST

START_TEST(mistakes_are_explained)
{
	char words[1000] = "";

	refused("mac=52:54:00:12:34", "mac=52:54:00:12:34: expected a hardware"
	    " address like 52:54:00:12:34:56");
	refused("mac=", "mac=: expected a hardware address like 52:54:00:12:34:56");
	refused("mac=52:54:00:12:34:ab:cd", "mac=52:54:00:12:34:ab:cd: expected a"
	    " hardware address like 52:54:00:12:34:56");
	refused("interface=", "interface=: expected the name of an interface");
	refused("server=nobody", "server=nobody: expected an address or the name"
	    " of a configured server");
	refused("server=1.2.3", "server=1.2.3: expected an address or the name of"
	    " a configured server");
	refused("server=fe80::1%eth0", "server=fe80::1%eth0: expected an address or"
	    " the name of a configured server");
	refused("port=67", "port=67: expected mac=, interface= or server=");
	refused("x\x1b[", "x\\x1b[: expected mac=, interface= or server=");
	for (int i = 0; i <= CAPFILTER_MAX; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
		    "server=1.2.3.%d ", i);
	refused(words, "server=1.2.3.16: expected at most 16 of a kind");
	memset(words, 'x', 200);
	words[200] = '\0';
	ck_assert(!capfilter_parse(&f, w->conf, words, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "xx: too long"));
}
END_TEST

Suite *
capfilter_suite(void)
{
	Suite *s = suite_create("capfilter");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, without_a_filter_everything_matches);
	tcase_add_test(t, a_machine_matches_by_chaddr_or_link_address);
	tcase_add_test(t, an_interface_matches_as_the_packets_or_the_clients);
	tcase_add_test(t, a_server_is_a_name_or_any_address);
	tcase_add_test(t, a_server_may_have_an_ipv6_address);
	tcase_add_test(t, a_packet_must_match_one_of_each_kind);
	tcase_add_test(t, the_address_of_a_machine_is_learned);
	tcase_add_test(t, mistakes_are_explained);
	suite_add_tcase(s, t);
	return s;
}
