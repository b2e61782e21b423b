/* SPDX-License-Identifier: ISC
 *
 * What real clients say about themselves is understood, and what is malformed,
 * missing or cut is not mistaken for something else.
 */
#include "proto/pxe.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *pxe_suite(void);

static struct msg msg;
static struct pxe_client client;

static void
read_msg(void)
{
	uint8_t *copy = msg_exact(msg.b, msg.len);
	struct dhcp4 m;

	must(dhcp4_parse(&m, copy, msg.len) == DROP_NONE);
	pxe_read(&client, &m);
	free(copy);
}

static void
begin(void)
{
	msg_init(&msg, BOOTREQUEST);
	msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_DISCOVER);
}

static void
finish(void)
{
	msg_end(&msg);
	read_msg();
}

/* A message with one option only. */
static void
only_text(uint8_t code, const char *text)
{
	begin();
	msg_opt_text(&msg, code, text);
	finish();
}

static void
only_hex(uint8_t code, const char *hex)
{
	begin();
	msg_opt_hex(&msg, code, hex);
	finish();
}

/* --- clients -------------------------------------------------------------- */

static const struct {
	const char *name;
	enum pxe_family family;
	bool netboot;
	int arch;	/* -1: none */
	uint8_t uuid_len;
	bool discovery;
} known[] = {
	{ "intel-rom", PXE_PXE, true, 0x00, 16, false },
	{ "ovmf-x64", PXE_PXE, true, 0x07, 16, false },
	{ "aavmf-arm64", PXE_PXE, true, 0x0b, 16, false },
	{ "edk2-http", PXE_HTTP, true, 0x10, 16, false },
	{ "edk2-discovery", PXE_PXE, true, 0x07, 16, true },
	{ "ipxe-bios", PXE_IPXE, true, 0x00, 16, false },
	{ "raspberry-pi", PXE_PXE, true, 0x00, 16, false },
	{ "uboot-arm64", PXE_UBOOT, true, 0x16, 0, false },
	{ "uboot-riscv", PXE_PXE, true, 0x1b, 0, false },
	{ "apple-bsdp", PXE_BSDP, false, -1, 0, false },
	{ "windows", PXE_PLAIN, false, -1, 0, false },
	{ "dhclient", PXE_PLAIN, false, -1, 0, false },
	{ "bootp", PXE_PLAIN, false, -1, 0, false },
};

START_TEST(every_client_is_recognised)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		msg_client(&msg, known[i].name);
		read_msg();
		ck_assert_msg(client.family == known[i].family, "%s is %s",
		    known[i].name, pxe_family_name(client.family));
		ck_assert_int_eq(client.netboot, known[i].netboot);
		ck_assert_int_eq(client.n_arch, known[i].arch >= 0);
		if (known[i].arch >= 0)
			ck_assert_int_eq(client.arch[0], known[i].arch);
		ck_assert(!client.arch_guessed);
		ck_assert_uint_eq(client.uuid_len, known[i].uuid_len);
		ck_assert_int_eq(client.discovery, known[i].discovery);
	}
	/* and none is missing here */
	for (size_t i = 0; msg_clients[i].name; i++)
		ck_assert_str_eq(msg_clients[i].name, known[i].name);
}
END_TEST

START_TEST(options_are_kept_as_received)
{
	msg_client(&msg, "ipxe-bios");
	read_msg();
	ck_assert_uint_eq(client.vendor_len, 32);
	ck_assert(memcmp(client.vendor, "PXEClient:Arch:00000:UNDI:002001", 32) == 0);
	ck_assert_uint_eq(client.user_len, 4);
	ck_assert(memcmp(client.user, "iPXE", 4) == 0);
	ck_assert(memcmp(client.uuid, "\x31\x32\x33\x34", 4) == 0);
	ck_assert_uint_eq(client.uuid[15], 0x04);
}
END_TEST

START_TEST(family_by_vendor_class)
{
	static const struct {
		const char *text;
		enum pxe_family family;
		bool netboot;
	} table[] = {
		{ "PXEClient", PXE_PXE, true },
		{ "PXEClient:Arch:00007:UNDI:003016", PXE_PXE, true },
		{ "HTTPClient", PXE_HTTP, true },
		{ "HTTPClient:Arch:00019:UNDI:003000", PXE_HTTP, true },
		{ "AAPLBSDPC", PXE_BSDP, false },
		{ "AAPLBSDPC/ppc/PowerMac3,1", PXE_BSDP, false },
		{ "U-Boot.armv7", PXE_UBOOT, false },
		{ "U-Boot", PXE_UBOOT, false },
		{ "PXEClien", PXE_PLAIN, false },
		{ "pxeclient", PXE_PLAIN, false },
		{ " PXEClient", PXE_PLAIN, false },
		{ "AAPLBSDP", PXE_PLAIN, false },
		{ "MSFT 5.0", PXE_PLAIN, false },
		{ "Cisco Systems, Inc. IP Phone", PXE_PLAIN, false },
		{ "", PXE_PLAIN, false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		only_text(DHCP4_OPT_VENDOR_CLASS, table[i].text);
		ck_assert_msg(client.family == table[i].family, "%s",
		    table[i].text);
		ck_assert_int_eq(client.netboot, table[i].netboot);
	}
}
END_TEST

START_TEST(option_93_alone_is_a_netboot_client)
{
	only_hex(DHCP4_OPT_ARCH, "000b");
	ck_assert_uint_eq(client.family, PXE_PXE);
	ck_assert(client.netboot && !client.pxeclient && !client.httpclient);
}
END_TEST

START_TEST(ipxe_is_ipxe_whatever_option_60_says)
{
	static const char *const classes[] = {
		"PXEClient:Arch:00000:UNDI:002001", "HTTPClient", "AAPLBSDPC",
		"U-Boot.armv8", "MSFT 5.0",
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		begin();
		msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, classes[i]);
		msg_opt_hex(&msg, DHCP4_OPT_IPXE, "b10501 8086100e");
		finish();
		ck_assert_uint_eq(client.family, PXE_IPXE);
	}
	only_text(DHCP4_OPT_USER_CLASS, "iPXE");
	ck_assert_uint_eq(client.family, PXE_IPXE);
	ck_assert(!client.netboot);
	/* RFC 3004: each instance is preceded by a length byte */
	only_text(DHCP4_OPT_USER_CLASS, "\4iPXE");
	ck_assert_uint_eq(client.family, PXE_IPXE);
	only_text(DHCP4_OPT_USER_CLASS, "ipxe");
	ck_assert_uint_eq(client.family, PXE_PLAIN);
}
END_TEST

/* --- architecture --------------------------------------------------------- */

START_TEST(archs_are_a_list_in_order)
{
	only_hex(DHCP4_OPT_ARCH, "0009 0007 0000");
	ck_assert_uint_eq(client.n_arch, 3);
	ck_assert_uint_eq(client.arch[0], 9);
	ck_assert_uint_eq(client.arch[1], 7);
	ck_assert_uint_eq(client.arch[2], 0);
}
END_TEST

START_TEST(arch_list_of_every_length)
{
	uint8_t list[255];

	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = (uint8_t)(i / 2 * (i % 2));
	for (size_t len = 0; len <= 255; len++) {
		size_t n = len / 2 < PXE_ARCHS_MAX ? len / 2 : PXE_ARCHS_MAX;

		begin();
		msg_opt(&msg, DHCP4_OPT_ARCH, list, len);
		finish();
		must(client.n_arch == n);
		must(client.netboot && !client.arch_guessed);
		for (size_t i = 0; i < n; i++)
			must(client.arch[i] == i);
	}
}
END_TEST

START_TEST(option_93_wins_over_option_60)
{
	begin();
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
	msg_opt_u16(&msg, DHCP4_OPT_ARCH, 7);
	finish();
	ck_assert_uint_eq(client.n_arch, 1);
	ck_assert_uint_eq(client.arch[0], 7);
	ck_assert(!client.arch_guessed);
}
END_TEST

START_TEST(arch_from_option_60)
{
	static const struct {
		const char *text;
		int arch;	/* -1: none */
	} table[] = {
		{ "PXEClient:Arch:00000:UNDI:002001", 0 },
		{ "PXEClient:Arch:00007:UNDI:003016", 7 },
		{ "PXEClient:Arch:00011:UNDI:003000", 11 },
		{ "HTTPClient:Arch:00016:UNDI:003001", 16 },
		{ "PXEClient:Arch:7:UNDI:003016", 7 },
		{ "PXEClient:Arch:00007", 7 },
		{ "PXEClient:Arch:65535:", 65535 },
		{ "PXEClient:Arch:65536:", -1 },
		{ "PXEClient:Arch:99999:", -1 },
		{ "PXEClient:Arch:000007:", -1 },
		{ "PXEClient:Arch::UNDI", -1 },
		{ "PXEClient:Arch:", -1 },
		{ "PXEClient:Arch:0001b:UNDI:003000", -1 },
		{ "PXEClient:Arch:-0001:", -1 },
		{ "PXEClient:Arch: 0001:", -1 },
		{ "PXEClient", 0 },
		{ "PXEClient:", 0 },
		{ "HTTPClient", -1 },
		{ "HTTPClient:arch:00016", -1 },
		{ "XPXEClient:Arch:00007", -1 },
		{ "Arch:00007", -1 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		only_text(DHCP4_OPT_VENDOR_CLASS, table[i].text);
		ck_assert_msg(client.n_arch == (table[i].arch >= 0), "%s",
		    table[i].text);
		ck_assert_int_eq(client.arch_guessed, table[i].arch >= 0);
		if (table[i].arch >= 0)
			ck_assert_msg(client.arch[0] == table[i].arch, "%s",
			    table[i].text);
	}
}
END_TEST

/* Exact, with nothing after the text. */
START_TEST(option_60_of_every_length)
{
	static const char text[] = "PXEClient:Arch:00007:UNDI:003016";

	for (size_t len = 0; len < sizeof(text); len++) {
		begin();
		msg_opt(&msg, DHCP4_OPT_VENDOR_CLASS, text, len);
		finish();
		must(client.vendor_len == len);
		must(client.pxeclient == (len >= 9));
		if (len >= 20)
			must(client.n_arch == 1 && client.arch[0] == 7);
	}
}
END_TEST

START_TEST(classes_are_cut_at_255)
{
	uint8_t a[255];

	memset(a, 'a', sizeof(a));
	begin();
	for (int i = 0; i < 3; i++) {
		msg_opt(&msg, DHCP4_OPT_VENDOR_CLASS, a, sizeof(a));
		msg_opt(&msg, DHCP4_OPT_USER_CLASS, a, sizeof(a));
	}
	finish();
	ck_assert_uint_eq(client.vendor_len, 255);
	ck_assert_uint_eq(client.user_len, 255);
}
END_TEST

START_TEST(split_and_overloaded_options_are_joined)
{
	static const char file[] = "\135\2\0\7\377";

	begin();
	msg_opt_u8(&msg, DHCP4_OPT_OVERLOAD, 1);
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXECl");
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "ient:Arch:00009");
	memcpy(msg.b + DHCP4_OFF_FILE, file, sizeof(file));
	finish();
	ck_assert(client.pxeclient);
	ck_assert_uint_eq(client.arch[0], 7);
}
END_TEST

/* --- boot server discovery, UUID, user class ------------------------------ */

static void
with_43(const char *class, const char *hex)
{
	begin();
	msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, class);
	msg_opt_hex(&msg, DHCP4_OPT_VENDOR_INFO, hex);
	finish();
}

START_TEST(boot_item_is_discovery)
{
	static const struct {
		const char *hex;
		int item, layer;	/* -1: none */
	} table[] = {
		{ "4704 0002 0000 ff", 2, 0 },
		{ "4704 8000 8001", 0x8000, 0x8001 },
		{ "060107 0a0100 4704 0003 0000 ff", 3, 0 },
		{ "00 00 4704 0001 0000", 1, 0 },
		{ "4706 0002 0000 0000", 2, 0 },
		{ "4703 000200 ff", -1, -1 },
		{ "4700 ff", -1, -1 },
		{ "4704 0002 00", -1, -1 },
		{ "47", -1, -1 },
		{ "ff 4704 0002 0000", -1, -1 },
		{ "0647 0400020000", -1, -1 },
		{ "060107 ff", -1, -1 },
		{ "dc00", -1, -1 },
		{ "", -1, -1 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		with_43("PXEClient", table[i].hex);
		ck_assert_msg(client.discovery == (table[i].item >= 0), "%s",
		    table[i].hex);
		if (!client.discovery)
			continue;
		ck_assert_int_eq(client.item, table[i].item);
		ck_assert_int_eq(client.layer, table[i].layer);
	}
}
END_TEST

START_TEST(a_list_of_boot_servers_is_seen)
{
	with_43("PXEClient", "060108 0807 8000 01 c6336415 ff");
	ck_assert(client.boot_servers && !client.discovery);
	with_43("PXEClient", "0807 8000 01 c6336415 4704 8000 0000 ff");
	ck_assert(client.boot_servers && client.discovery);
	with_43("PXEClient", "0807 8000 01 c63364");
	ck_assert(!client.boot_servers);
	with_43("PXEClient", "060108 ff 0807 8000 01 c6336415");
	ck_assert(!client.boot_servers);
	with_43("docsis3.0:", "0807 8000 01 c6336415 ff");
	ck_assert(!client.boot_servers);
}
END_TEST

/* RFC 2132 8.4: option 60 defines what option 43 means. */
START_TEST(option_43_of_others_is_not_pxe)
{
	with_43("docsis3.0:", "4704 0002 0000 ff");
	ck_assert(!client.discovery);
	with_43("AAPLBSDPC/i386", "4704 0002 0000 ff");
	ck_assert(!client.discovery);
}
END_TEST

START_TEST(only_one_form_of_uuid_is_accepted)
{
	for (size_t len = 0; len <= 40; len++) {
		uint8_t v[40];

		for (size_t i = 0; i < sizeof(v); i++)
			v[i] = (uint8_t)i;
		begin();
		msg_opt(&msg, DHCP4_OPT_UUID, v, len);
		finish();
		must(client.uuid_len == (len == 17 ? 16 : 0));
		must(len != 17 || memcmp(client.uuid, v + 1, 16) == 0);
	}
	only_hex(DHCP4_OPT_UUID, "01 00112233 44556677 8899aabb ccddeeff");
	ck_assert_uint_eq(client.uuid_len, 0);
}
END_TEST

static bool
class_is(const char *hex, const char *text)
{
	only_hex(DHCP4_OPT_USER_CLASS, hex);
	return pxe_user_class_is(&client, text);
}

START_TEST(user_class_raw_or_in_instances)
{
	ck_assert(class_is("69505845", "iPXE"));
	ck_assert(class_is("04 69505845", "iPXE"));
	ck_assert(class_is("03 6c6162 04 69505845", "iPXE"));
	ck_assert(class_is("03 6c6162 04 69505845", "lab"));
	ck_assert(class_is("00 03 6c6162", "lab"));
	ck_assert(!class_is("04 69505845", "iPX"));
	ck_assert(!class_is("04 69505845", "iPXEE"));
	ck_assert(!class_is("69505845", "IPXE"));
	ck_assert(!class_is("6950584500", "iPXE"));
	ck_assert(!class_is("05 69505845", "iPXE"));
	ck_assert(!class_is("ff 69505845", "iPXE"));
	ck_assert(!class_is("", "iPXE"));
	ck_assert(!class_is("", ""));
	ck_assert(!class_is("00", ""));
}
END_TEST

START_TEST(option_60_of_offers_is_compared)
{
	static const struct {
		const char *text;
		bool pxe;
	} table[] = {
		{ "PXEClient", true }, { "PXEClient:Arch:00007", true },
		{ "PXEClien", false }, { "HTTPClient", false }, { "", false },
	};
	struct dhcp4 m;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		msg_init(&msg, BOOTREPLY);
		msg_opt_u8(&msg, DHCP4_OPT_TYPE, DHCP4_OFFER);
		msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, table[i].text);
		msg_end(&msg);
		ck_assert_uint_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
		ck_assert_int_eq(pxe_offer_says(&m, "PXEClient"), table[i].pxe);
	}
	msg_init(&msg, BOOTREPLY);
	ck_assert_uint_eq(dhcp4_parse(&m, msg.b, msg.len), DROP_NONE);
	ck_assert(!pxe_offer_says(&m, "PXEClient"));
}
END_TEST

/* --- names ---------------------------------------------------------------- */

START_TEST(arch_names_parse_back_to_their_code_alone)
{
	for (uint16_t code = 0; code <= 0x29; code++) {
		uint16_t codes[PXE_ALIAS_MAX + 1];

		ck_assert_ptr_nonnull(pxe_arch_name(code));
		ck_assert_uint_eq(pxe_arch_parse(pxe_arch_name(code), codes,
		    PXE_ALIAS_MAX + 1), 1);
		ck_assert_uint_eq(codes[0], code);
	}
	ck_assert_ptr_null(pxe_arch_name(0x2a));
	ck_assert_ptr_null(pxe_arch_name(0xffff));
}
END_TEST

START_TEST(arch_codes_are_ianas)
{
	ck_assert_str_eq(pxe_arch_name(0x00), "bios");
	ck_assert_str_eq(pxe_arch_name(0x06), "uefi-x86");
	ck_assert_str_eq(pxe_arch_name(0x07), "uefi-x64");
	ck_assert_str_eq(pxe_arch_name(0x09), "ebc");
	ck_assert_str_eq(pxe_arch_name(0x0b), "uefi-arm64");
	ck_assert_str_eq(pxe_arch_name(0x10), "uefi-x64-http");
	ck_assert_str_eq(pxe_arch_name(0x13), "uefi-arm64-http");
	ck_assert_str_eq(pxe_arch_name(0x14), "bios-http");
	ck_assert_str_eq(pxe_arch_name(0x16), "uboot-arm64");
	ck_assert_str_eq(pxe_arch_name(0x1b), "uefi-riscv64");
	ck_assert_str_eq(pxe_arch_name(0x1f), "s390-basic");
	ck_assert_str_eq(pxe_arch_name(0x27), "uefi-loongarch64");
	ck_assert_str_eq(pxe_arch_name(0x29), "rpiboot");
}
END_TEST

/* There are many numbers and few kinds; every -http of the list is one kind. */
START_TEST(kinds_are_few)
{
	static const struct {
		uint16_t code;
		const char *word;
	} is[] = {
		{ 0x00, "bios" }, { 0x06, "uefi-x86" }, { 0x07, "uefi-x64" },
		{ 0x09, "uefi-x64" }, { 0x0a, "uefi-arm32" },
		{ 0x0b, "uefi-arm64" }, { 0x0f, "http" }, { 0x10, "http" },
		{ 0x11, "http" }, { 0x13, "http" }, { 0x14, "http" },
		{ 0x28, "http" }, { 0x01, "other" }, { 0x1b, "other" },
		{ 0x29, "other" }, { 0x2a, "other" }, { 0xffff, "other" },
	};

	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++)
		ck_assert_str_eq(pxe_kind_word(pxe_arch_kind(is[i].code)), is[i].word);
}
END_TEST

START_TEST(every_name_and_alias_is_unique_and_parses)
{
	size_t n = 0;

	for (; pxe_arch_list(n); n++) {
		uint16_t codes[PXE_ALIAS_MAX + 1];
		size_t count = pxe_arch_parse(pxe_arch_list(n), codes,
		    PXE_ALIAS_MAX + 1);

		must(count >= 1 && count <= PXE_ALIAS_MAX);
		for (size_t i = 0; i < count; i++)
			must(pxe_arch_name(codes[i]) != NULL);
		for (size_t i = 0; i < n; i++)
			ck_assert_str_ne(pxe_arch_list(i), pxe_arch_list(n));
	}
	ck_assert_uint_gt(n, 0x2a);
	ck_assert_ptr_null(pxe_arch_list(n + 1));
}
END_TEST

START_TEST(aliases_mean_several_codes)
{
	uint16_t codes[PXE_ALIAS_MAX];

	ck_assert_uint_eq(pxe_arch_parse("x64", codes, PXE_ALIAS_MAX), 2);
	ck_assert(codes[0] == 7 && codes[1] == 9);
	ck_assert_uint_eq(pxe_arch_parse("x64", codes, 1), 1);
	ck_assert_uint_eq(pxe_arch_parse("x64", codes, 0), 0);
	ck_assert_uint_eq(pxe_arch_parse("X64-UEFI", codes, 4), 1);
	ck_assert_uint_eq(codes[0], 7);
	/* every code that says UEFI and not HTTP, with Itanium, EBC, Xscale */
	ck_assert_uint_eq(pxe_arch_parse("uefi", codes, PXE_ALIAS_MAX), 16);
}
END_TEST

START_TEST(arch_numbers)
{
	static const struct {
		const char *text;
		int code;	/* -1: unknown */
	} table[] = {
		{ "0", 0 }, { "7", 7 }, { "00011", 11 }, { "0x0b", 11 },
		{ "0X0B", 11 }, { "0xffff", 65535 }, { "65535", 65535 },
		{ "65536", -1 }, { "0x10000", -1 },
		{ "99999999999999999999999", -1 }, { "", -1 }, { "0x", -1 },
		{ "-1", -1 }, { "+1", -1 }, { " 1", -1 }, { "1 ", -1 },
		{ "0b", -1 }, { "b", -1 }, { "0x-1", -1 }, { "0x 1", -1 },
		{ "0x0x1", -1 }, { "7,9", -1 }, { "x65", -1 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint16_t code = 0x5555;
		size_t n = pxe_arch_parse(table[i].text, &code, 1);

		ck_assert_msg(n == (table[i].code >= 0), "%s", table[i].text);
		ck_assert_int_eq(code, n ? table[i].code : 0x5555);
	}
}
END_TEST

/* --- anything else -------------------------------------------------------- */

static void
client_is_sane(void)
{
	must(client.family < PXE_FAMILY_MAX);
	must(client.n_arch <= PXE_ARCHS_MAX);
	must(!client.arch_guessed || client.n_arch == 1);
	must(client.uuid_len == 0 || client.uuid_len == 16);
	must(!(client.pxeclient && client.httpclient));
	must(!client.pxeclient || client.vendor_len >= 9);
	must(!client.discovery || client.pxeclient);
}

START_TEST(every_option_of_every_length)
{
	static const uint8_t codes[] = { 43, 60, 77, 93, 94, 97, 175 };
	struct prng p = { 4578 };

	for (size_t c = 0; c < sizeof(codes); c++)
		for (size_t len = 0; len <= 255; len++) {
			uint8_t v[255];

			prng_fill(&p, v, sizeof(v));
			begin();
			msg_opt_text(&msg, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
			msg_opt(&msg, codes[c], v, len);
			finish();
			client_is_sane();
		}
}
END_TEST

static void
corpus_message(const uint8_t *data, size_t len)
{
	struct dhcp4 m;

	if (dhcp4_parse(&m, data, len) != DROP_NONE)
		return;
	pxe_read(&client, &m);
	client_is_sane();
}

START_TEST(pxe_reads_messages_from_the_wild)
{
	msg_corpus(MSG_CORPUS4, corpus_message);
}
END_TEST

Suite *
pxe_suite(void)
{
	Suite *s = suite_create("pxe");
	TCase *tc = tcase_create("clients");

	tcase_add_test(tc, every_client_is_recognised);
	tcase_add_test(tc, options_are_kept_as_received);
	tcase_add_test(tc, family_by_vendor_class);
	tcase_add_test(tc, option_93_alone_is_a_netboot_client);
	tcase_add_test(tc, ipxe_is_ipxe_whatever_option_60_says);
	suite_add_tcase(s, tc);

	tc = tcase_create("architecture");
	tcase_add_test(tc, archs_are_a_list_in_order);
	tcase_add_test(tc, arch_list_of_every_length);
	tcase_add_test(tc, option_93_wins_over_option_60);
	tcase_add_test(tc, arch_from_option_60);
	tcase_add_test(tc, option_60_of_every_length);
	tcase_add_test(tc, classes_are_cut_at_255);
	tcase_add_test(tc, split_and_overloaded_options_are_joined);
	suite_add_tcase(s, tc);

	tc = tcase_create("others");
	tcase_add_test(tc, boot_item_is_discovery);
	tcase_add_test(tc, a_list_of_boot_servers_is_seen);
	tcase_add_test(tc, option_43_of_others_is_not_pxe);
	tcase_add_test(tc, only_one_form_of_uuid_is_accepted);
	tcase_add_test(tc, user_class_raw_or_in_instances);
	tcase_add_test(tc, option_60_of_offers_is_compared);
	tcase_add_test(tc, every_option_of_every_length);
	if (msg_corpus_is_here(MSG_CORPUS4, "pxe_reads_messages_from_the_wild"))
		tcase_add_test(tc, pxe_reads_messages_from_the_wild);
	suite_add_tcase(s, tc);

	tc = tcase_create("names");
	tcase_add_test(tc, arch_names_parse_back_to_their_code_alone);
	tcase_add_test(tc, arch_codes_are_ianas);
	tcase_add_test(tc, kinds_are_few);
	tcase_add_test(tc, every_name_and_alias_is_unique_and_parses);
	tcase_add_test(tc, aliases_mean_several_codes);
	tcase_add_test(tc, arch_numbers);
	suite_add_tcase(s, tc);
	return s;
}
