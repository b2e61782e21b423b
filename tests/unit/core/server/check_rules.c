/* SPDX-License-Identifier: ISC
 *
 * Rules: what each key requires of a message, that all keys of a rule must hold,
 * and that the first rule that matches decides.
 */
#include "core/server/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg6.h"
#include "proto/pxe6.h"
#include "world.h"

Suite *rules_suite(void);

#define HEAD "[interface vlan*]\nservers = 198.51.100.10\n"
#define UUID "31323334-3536-3738-9abc-def001020304"

static struct world *w;
static struct msg msg;

static void
teardown(void)
{
	w = world_free(w);
}

/* Loads the rules of `text`; vlan10 and vlan20 exist. */
static void
rules(const char *text)
{
	char conf[8192];

	snprintf(conf, sizeof(conf), HEAD "%s", text);
	world_free(w);
	w = world_new(conf, 4);
	world_link(w, 10, "vlan10");
	world_link(w, 20, "vlan20");
}

static uint16_t
match_on(uint32_t ifindex)
{
	static struct pxe_client client;
	struct rules_facts f = { .client = &client };
	struct dhcp4 m;

	must(dhcp4_parse(&m, msg.b, msg.len) == DROP_NONE);
	pxe_read(&client, &m);
	f.in = iftab_by_index(w->iftab, ifindex);
	f.type = m.type;
	f.has_mac = m.hlen == 6;
	memcpy(f.mac.b, m.chaddr, 6);
	return rules_match(w->conf, &f);
}

static bool
matches(void)
{
	return match_on(10) == 0;
}

/* One rule with this condition. */
static bool
holds(const char *condition)
{
	char text[1024];

	snprintf(text, sizeof(text), "[rule r]\n%s\nboot = 198.51.100.21\n",
	    condition);
	rules(text);
	return matches();
}

/* The same for a DHCPv6 client. */
static bool
holds6(const char *name, const char *condition)
{
	static struct pxe_client client;
	struct rules_facts f = { .client = &client, .family = FAMILY6 };
	char text[1024];
	struct dhcp6 m;

	snprintf(text, sizeof(text), "[rule r]\n%s\nboot = 198.51.100.21\n", condition);
	rules(text);
	msg6_client(&msg, name);
	must(dhcp6_parse(&m, msg.b, msg.len) == DROP_NONE);
	pxe6_read(&client, &m);
	f.in = iftab_by_index(w->iftab, 10);
	f.type = m.type;
	return rules_match(w->conf, &f) == 0;
}

static void
discover(void)
{
	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, 53, DHCP4_DISCOVER);
}

START_TEST(arch_by_name_alias_and_number)
{
	static const struct { const char *cond; uint16_t code; bool is; } t[] = {
		{ "arch = uefi-x64", 7, true },
		{ "arch = uefi-x64", 9, false },
		{ "arch = x64", 7, true },	/* RFC 4578 erratum */
		{ "arch = x64", 9, true },
		{ "arch = x64", 6, false },
		{ "arch = bios", 0, true },
		{ "arch = bios", 7, false },
		{ "arch = 11", 11, true },
		{ "arch = 0x0b", 11, true },
		{ "arch = bios, uefi-arm64", 11, true },
		{ "arch = bios, uefi-arm64", 10, false },
		{ "arch = 300", 300, true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		discover();
		msg_opt_u16(&msg, 93, t[i].code);
		msg_end(&msg);
		ck_assert_msg(holds(t[i].cond) == t[i].is, "%s %u", t[i].cond,
		    t[i].code);
	}
}
END_TEST

/* RFC 4578 2.1: option 93 is a list. */
START_TEST(arch_anywhere_in_the_list_of_option_93)
{
	discover();
	msg_opt_hex(&msg, 93, "0006 0007 0000");
	msg_end(&msg);
	ck_assert(holds("arch = uefi-x64"));
	ck_assert(holds("arch = bios"));
	ck_assert(holds("arch = uefi-x86"));
	ck_assert(!holds("arch = uefi-arm64"));
}
END_TEST

START_TEST(arch_from_option_60_when_93_is_missing)
{
	discover();
	msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	msg_end(&msg);
	ck_assert(holds("arch = x64"));
	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, 53, DHCP4_DISCOVER);
	msg_opt_text(&msg, 60, "PXEClient");
	msg_end(&msg);
	ck_assert(holds("arch = bios"));
	/* option 93 decides if both are present */
	discover();
	msg_opt_text(&msg, 60, "PXEClient:Arch:00000:UNDI:002001");
	msg_opt_u16(&msg, 93, 7);
	msg_end(&msg);
	ck_assert(holds("arch = x64"));
	ck_assert(!holds("arch = bios"));
	/* a laptop has no architecture */
	msg_client(&msg, "windows");
	ck_assert(!holds("arch = bios"));
}
END_TEST

START_TEST(family_of_real_machines)
{
	static const struct { const char *client, *family; } t[] = {
		{ "intel-rom", "pxe" }, { "ovmf-x64", "pxe" },
		{ "edk2-http", "http" }, { "ipxe-bios", "ipxe" },
		{ "apple-bsdp", "bsdp" }, { "uboot-arm64", "u-boot" },
		{ "windows", "plain" }, { "bootp", "plain" },
	};
	static const char *const all[] = {
		"pxe", "http", "ipxe", "bsdp", "u-boot", "plain"
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (size_t k = 0; k < 6; k++) {
			char cond[64];
			bool is = strcmp(all[k], t[i].family) == 0;

			msg_client(&msg, t[i].client);
			snprintf(cond, sizeof(cond), "family = %s", all[k]);
			ck_assert_msg(holds(cond) == is, "%s is %s", t[i].client,
			    all[k]);
		}
	msg_client(&msg, "edk2-http");
	ck_assert(holds("family = pxe, http"));
}
END_TEST

START_TEST(user_class_raw_and_rfc_3004)
{
	discover();
	msg_opt_text(&msg, 77, "iPXE");
	msg_end(&msg);
	ck_assert(holds("user-class = iPXE"));
	ck_assert(holds("user-class = other, iPXE"));
	ck_assert(!holds("user-class = ipxe"));		/* an exact match */
	ck_assert(!holds("user-class = iPX"));
	discover();
	msg_opt_hex(&msg, 77, "05 6f74686572 04 69505845");
	msg_end(&msg);
	ck_assert(holds("user-class = iPXE"));
	ck_assert(holds("user-class = other"));
	ck_assert(!holds("user-class = otheriPXE"));
	/* wrong lengths, and an empty option */
	discover();
	msg_opt_hex(&msg, 77, "09 69505845");
	msg_end(&msg);
	ck_assert(!holds("user-class = iPXE"));
	discover();
	msg_end(&msg);
	ck_assert(!holds("user-class = iPXE"));
}
END_TEST

START_TEST(vendor_class_by_pattern)
{
	discover();
	msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	msg_end(&msg);
	ck_assert(holds("vendor-class = PXEClient*"));
	ck_assert(holds("vendor-class = *:UNDI:003???"));
	ck_assert(holds("vendor-class = HTTPClient*, PXEClient:Arch:0000[79]*"));
	ck_assert(!holds("vendor-class = PXEClient"));	/* the whole text */
	ck_assert(!holds("vendor-class = pxeclient*"));
	ck_assert(!holds("vendor-class = *arm*"));
	discover();
	msg_end(&msg);
	ck_assert(!holds("vendor-class = PXEClient*"));
}
END_TEST

/* A text with a NUL would be cut there and could match by mistake. */
START_TEST(vendor_class_with_a_nul_matches_nothing)
{
	discover();
	msg_opt(&msg, 60, "PXEClient\0evil", 14);
	msg_end(&msg);
	ck_assert(!holds("vendor-class = PXEClient"));
	ck_assert(!holds("vendor-class = PXEClient*"));
}
END_TEST

/* RFC 3396: more than 255 bytes come in two options; only the first 255 count. */
START_TEST(vendor_class_of_maximum_length)
{
	char text[256] = "PXEClient";

	memset(text + 9, 'x', sizeof(text) - 10);
	discover();
	msg_opt_text(&msg, 60, text);
	msg_opt_text(&msg, 60, text);
	msg_end(&msg);
	ck_assert(holds("vendor-class = PXEClient*x"));
}
END_TEST

START_TEST(mac_by_address_prefix_and_list)
{
	discover();
	memcpy(msg.b + DHCP4_OFF_CHADDR, "\xb8\x27\xeb\x10\x00\x01", 6);
	msg_end(&msg);
	ck_assert(holds("mac = b8:27:eb:10:00:01"));
	ck_assert(holds("mac = b8:27:eb"));
	ck_assert(holds("mac = B8-27-EB"));
	ck_assert(holds("mac = b8:27:e0:00:00:00/20"));
	ck_assert(holds("mac = dc:a6:32, b8:27:eb, e4:5f:01"));
	ck_assert(!holds("mac = b8:27:eb:10:00:02"));
	ck_assert(!holds("mac = dc:a6:32"));
	ck_assert(!holds("mac = b8:27:e0:00:00:00/24"));
	/* only an Ethernet address has a prefix */
	msg.b[2] = 16;
	ck_assert(!holds("mac = b8:27:eb"));
	msg.b[2] = 0;
	ck_assert(!holds("mac = b8:27:eb"));
}
END_TEST

START_TEST(uuid_in_either_byte_order)
{
	static const char label[] = "uuid = 34333231-3635-3837-9abc-def001020304";

	msg_client(&msg, "ovmf-x64");
	ck_assert(holds("uuid = " UUID));
	ck_assert(holds(label));
	ck_assert(!holds("uuid = 31323334-3536-3837-9abc-def001020304"));
	ck_assert(!holds("uuid = 34333231-3635-3837-bc9a-def001020304"));
	ck_assert(!holds("uuid = 31323334-3536-3738-9abc-def001020305"));
	ck_assert(holds("uuid = 31323334-3536-3738-9abc-def001020305, " UUID));
	msg_client(&msg, "dhclient");	/* a UUID of zeros is not the same as none */
	ck_assert(!holds("uuid = 00000000-0000-0000-0000-000000000000"));
	ck_assert(holds6("edk2-pxe", label));
}
END_TEST

START_TEST(interface_by_name_and_pattern)
{
	static const char text[] =
		"[rule one]\ninterface = vlan20\narch = bios\nboot = 198.51.100.21\n"
		"[rule two]\ninterface = eth0, vlan1?\nboot = 198.51.100.21\n";

	rules(text);
	msg_client(&msg, "intel-rom");
	ck_assert_uint_eq(match_on(10), 1);
	ck_assert_uint_eq(match_on(20), 0);
	msg_client(&msg, "ovmf-x64");
	ck_assert_uint_eq(match_on(10), 1);
	ck_assert_uint_eq(match_on(20), CONF_NONE);
	/* the current name counts, also after a rename */
	world_link(w, 20, "vlan15");
	ck_assert_uint_eq(match_on(20), 1);
}
END_TEST

START_TEST(message_by_type)
{
	static const struct { const char *cond; uint8_t type; bool is; } t[] = {
		{ "message = discover", DHCP4_DISCOVER, true },
		{ "message = discover", DHCP4_REQUEST, false },
		{ "message = request, inform", DHCP4_INFORM, true },
		{ "message = request, inform", DHCP4_DECLINE, false },
		{ "message = decline", DHCP4_DECLINE, true },
		{ "message = release", DHCP4_RELEASE, true },
		{ "message = bootp", DHCP4_TYPE_NONE, true },
		{ "message = bootp", DHCP4_DISCOVER, false },
		{ "message = discover", DHCP4_TYPE_NONE, false },
		{ "message = discover", 33, false },	/* not the same as 1 << 1 */
		{ "message = discover", 65, false },
		{ "message = solicit", DHCP4_DISCOVER, false },
		{ "message = solicit", DHCP4_TYPE_NONE, false },
		{ "message = request, renew", DHCP4_REQUEST, true },
		{ "message = request, renew", DHCP4_ACK, false },	/* 5, as renew */
		{ "protocol = dhcp4", DHCP4_DISCOVER, true },
		{ "protocol = dhcp6", DHCP4_DISCOVER, false },
		{ "protocol = dhcp6\nmessage = request", DHCP4_REQUEST, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		msg_init(&msg, BOOTREQUEST);
		if (t[i].type)
			msg_opt_u8(&msg, 53, t[i].type);
		msg_end(&msg);
		ck_assert_msg(holds(t[i].cond) == t[i].is, "%s %u", t[i].cond,
		    t[i].type);
	}
}
END_TEST

START_TEST(dhcpv6_clients_match_by_the_same_keys)
{
	static const struct { const char *client, *cond; bool is; } t[] = {
		{ "edk2-pxe", "arch = x64", true },
		{ "edk2-pxe", "arch = uefi-arm64", false },
		{ "edk2-pxe", "family = pxe", true },
		{ "edk2-pxe", "vendor-class = PXEClient:Arch:00007*", true },
		{ "edk2-pxe", "uuid = " UUID, true },
		{ "edk2-http", "family = http", true },
		{ "edk2-http", "arch = uefi-x64-http", true },
		{ "edk2-http", "uuid = " UUID, false },
		{ "edk2-stack", "family = plain", true },
		{ "ipxe", "family = ipxe", true },
		{ "ipxe", "user-class = iPXE", true },
		{ "ipxe", "user-class = ipxe", false },
		{ "uboot", "family = u-boot", true },
		{ "uboot", "arch = uboot-arm64", true },
		{ "cisco-ztp", "user-class = exr-config", true },
		{ "cisco-ztp", "vendor-class = *:PID:NCS-55??", true },
		{ "arista-ztp", "user-class = Arista;DCS-7000;4.21.0F;ZZZ00000001", true },
		{ "windows", "vendor-class = MSFT 5.0", true },
		{ "windows", "family = plain", true },
		{ "grub", "family = plain", true },
		{ "grub", "protocol = dhcp6", true },
		{ "grub", "protocol = dhcp4, dhcp6", true },
		{ "grub", "protocol = dhcp4", false },
		{ "grub", "message = solicit", true },
		{ "grub", "message = discover, solicit", true },
		{ "grub", "message = discover", false },	/* both are type 1 */
		{ "grub", "message = bootp", false },
		{ "grub", "message = request", false },
		{ "grub", "message = rebind", false },
		{ "arista-ztp", "message = information-request", true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(holds6(t[i].client, t[i].cond) == t[i].is, "%s: %s",
		    t[i].client, t[i].cond);
}
END_TEST

START_TEST(all_keys_of_a_rule_must_hold)
{
	msg_client(&msg, "ovmf-x64");
	ck_assert(holds("arch = x64\nfamily = pxe\nvendor-class = PXE*\n"
	    "mac = 02:00:5e\nuuid = " UUID "\ninterface = vlan*\n"
	    "message = discover"));
	ck_assert(!holds("arch = x64\nfamily = http"));
	ck_assert(!holds("arch = bios\nfamily = pxe"));
	ck_assert(!holds("arch = x64\nmessage = request"));
	ck_assert(!holds("arch = x64\nmac = dc:a6:32"));
	ck_assert(!holds("arch = x64\ninterface = eth*"));
	ck_assert(!holds("arch = x64\nuser-class = iPXE"));
}
END_TEST

START_TEST(the_first_rule_that_matches_decides)
{
	rules("[rule none]\nmac = dc:a6:32\nboot = 198.51.100.21\n"
	    "[rule x64]\narch = x64\nboot = 198.51.100.22\n"
	    "[rule pxe]\nfamily = pxe\nboot = 198.51.100.23\n");
	msg_client(&msg, "ovmf-x64");
	ck_assert_uint_eq(match_on(10), 1);
	msg_client(&msg, "intel-rom");
	ck_assert_uint_eq(match_on(10), 2);
	msg_client(&msg, "windows");
	ck_assert_uint_eq(match_on(10), CONF_NONE);
}
END_TEST

START_TEST(a_rule_without_conditions_matches_every_client)
{
	rules("[rule x64]\narch = x64\nboot = 198.51.100.22\n"
	    "[rule rest]\naction = drop\n");
	msg_client(&msg, "windows");
	ck_assert_uint_eq(match_on(10), 1);
	msg_client(&msg, "bootp");
	ck_assert_uint_eq(match_on(10), 1);
}
END_TEST

START_TEST(no_rules_no_match)
{
	rules("");
	msg_client(&msg, "ovmf-x64");
	ck_assert_uint_eq(match_on(10), CONF_NONE);
}
END_TEST

/* The maximum: an interface has a bit even for the last rule. */
START_TEST(the_last_of_256_rules)
{
	char *text = malloc(CONF_RULES_MAX * 100), *p = text;

	for (int i = 0; i < CONF_RULES_MAX; i++)
		p += sprintf(p, "[rule r%d]\nmac = 02:00:5e:10:%02x:ff\n"
		    "boot = 198.51.100.21\n", i, i);
	w = world_free(w);
	p = malloc(CONF_RULES_MAX * 100 + sizeof(HEAD));
	sprintf(p, HEAD "%s", text);
	w = world_new(p, 4);
	free(p);
	free(text);
	world_link(w, 10, "vlan10");
	for (int i = 0; i < CONF_RULES_MAX; i++) {
		discover();
		msg.b[DHCP4_OFF_CHADDR + 4] = (uint8_t)i;
		msg.b[DHCP4_OFF_CHADDR + 5] = 0xff;
		msg_end(&msg);
		ck_assert_uint_eq(match_on(10), i);
	}
}
END_TEST

Suite *
rules_suite(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("keys");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, arch_by_name_alias_and_number);
	tcase_add_test(t, arch_anywhere_in_the_list_of_option_93);
	tcase_add_test(t, arch_from_option_60_when_93_is_missing);
	tcase_add_test(t, family_of_real_machines);
	tcase_add_test(t, user_class_raw_and_rfc_3004);
	tcase_add_test(t, vendor_class_by_pattern);
	tcase_add_test(t, vendor_class_with_a_nul_matches_nothing);
	tcase_add_test(t, vendor_class_of_maximum_length);
	tcase_add_test(t, mac_by_address_prefix_and_list);
	tcase_add_test(t, uuid_in_either_byte_order);
	tcase_add_test(t, interface_by_name_and_pattern);
	tcase_add_test(t, message_by_type);
	tcase_add_test(t, dhcpv6_clients_match_by_the_same_keys);
	tcase_add_test(t, all_keys_of_a_rule_must_hold);
	tcase_add_test(t, the_first_rule_that_matches_decides);
	tcase_add_test(t, a_rule_without_conditions_matches_every_client);
	tcase_add_test(t, no_rules_no_match);
	tcase_add_test(t, the_last_of_256_rules);
	suite_add_tcase(s, t);
	return s;
}
