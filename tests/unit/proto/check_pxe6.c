/* SPDX-License-Identifier: ISC
 *
 * What real DHCPv6 clients say about themselves is understood, and what is malformed, missing
 * or cut is not mistaken for something else.
 */
#include "proto/pxe6.h"

#include <stdlib.h>
#include <string.h>

#include "msg6.h"

Suite *pxe6_suite(void);

static struct msg msg;
static struct pxe_client client;

static void
read_msg(void)
{
	uint8_t *copy = msg_exact(msg.b, msg.len);
	struct dhcp6 m;

	memset(&client, 0xa5, sizeof(client));
	must(dhcp6_parse(&m, copy, msg.len) == DROP_NONE);
	pxe6_read(&client, &m);
	free(copy);
}

static void
begin(void)
{
	msg6_init(&msg, DHCP6_SOLICIT);
}

/* A message with one option only. */
static void
only_hex(uint16_t code, const char *hex)
{
	begin();
	msg6_opt_hex(&msg, code, hex);
	read_msg();
}

static void
only_vendor(uint32_t enterprise, const char *class)
{
	begin();
	msg6_vendor_class(&msg, enterprise, class);
	read_msg();
}

static bool
vendor_is(const char *text)
{
	return client.vendor_len == strlen(text) &&
	    memcmp(client.vendor, text, client.vendor_len) == 0;
}

/* --- clients --------------------------------------------------------------- */

static const struct {
	const char *name;
	enum pxe_family family;
	bool netboot;
	int arch;	/* -1: none */
	bool guessed, uuid;
	const char *vendor;
} known[] = {
	{ "edk2-pxe", PXE_PXE, true, 0x07, false, true, "PXEClient:Arch:00007:UNDI:003000" },
	{ "edk2-http", PXE_HTTP, true, 0x10, false, false, "HTTPClient:Arch:00016:UNDI:003000" },
	{ "edk2-stack", PXE_PLAIN, false, -1, false, true, "" },
	{ "ipxe", PXE_IPXE, true, 0x07, false, true, "PXEClient:Arch:00007:UNDI:003010" },
	{ "ipxe-stateless", PXE_IPXE, true, 0x07, false, true,
	    "PXEClient:Arch:00007:UNDI:003010" },
	{ "uboot", PXE_UBOOT, true, 0x16, false, false, "U-Boot" },
	{ "grub", PXE_PLAIN, false, -1, false, false, "" },
	{ "grub-request", PXE_PXE, true, -1, false, false, "" },
	{ "cisco-ztp", PXE_PXE, true, 0x09, true, false,
	    "PXEClient:Arch:00009:UNDI:003010:PID:NCS-5508" },
	{ "arista-ztp", PXE_PXE, true, -1, false, false, "" },
	{ "dhclient", PXE_PLAIN, false, -1, false, false, "" },
	{ "dhclient-pd", PXE_PLAIN, false, -1, false, false, "" },
	{ "dhcpcd", PXE_PLAIN, false, -1, false, false,
	    "dhcpcd-9.4.1:Linux-6.1.0-18-amd64:x86_64:GenuineIntel" },
	{ "networkd", PXE_PLAIN, false, -1, false, false, "" },
	{ "windows", PXE_PLAIN, false, -1, false, false, "MSFT 5.0" },
};

START_TEST(every_client_is_recognised)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		msg6_client(&msg, known[i].name);
		read_msg();
		ck_assert_msg(client.family == known[i].family, "%s is %s",
		    known[i].name, pxe_family_name(client.family));
		ck_assert_msg(client.netboot == known[i].netboot, "%s", known[i].name);
		ck_assert_int_eq(client.n_arch, known[i].arch >= 0);
		if (known[i].arch >= 0)
			ck_assert_int_eq(client.arch[0], known[i].arch);
		ck_assert_int_eq(client.arch_guessed, known[i].guessed);
		ck_assert_uint_eq(client.uuid_len, known[i].uuid ? 16 : 0);
		ck_assert_msg(vendor_is(known[i].vendor), "%s", known[i].name);
		ck_assert(!client.discovery && !client.boot_servers);
	}
	/* and none is missing here */
	for (size_t i = 0; msg6_clients[i].name; i++)
		ck_assert_str_eq(msg6_clients[i].name, known[i].name);
}
END_TEST

START_TEST(silent_message_is_of_nobody)
{
	begin();
	read_msg();
	ck_assert_uint_eq(client.family, PXE_PLAIN);
	ck_assert(!client.netboot && !client.pxeclient && !client.httpclient);
	ck_assert(!client.discovery && !client.boot_servers && !client.arch_guessed);
	ck_assert(client.n_arch == 0 && client.uuid_len == 0);
	ck_assert(client.vendor_len == 0 && client.user_len == 0);
}
END_TEST

START_TEST(each_sign_alone_makes_a_boot_client)
{
	static const struct { uint16_t code; const char *hex; bool boots; } t[] = {
		{ 61, "0007", true }, { 61, "", true }, { 62, "010300", true }, { 62, "", true },
		{ 15, "0004 69505845", true }, { 15, "69505845", true },
		{ 6, "0017 003b", true }, { 6, "0017 003c", false },
		/* 59 itself is a server's, and v4's codes mean other things */
		{ 59, "746674703a2f2f78", false }, { 60, "0001 61", false },
		{ 93, "0007", false }, { 77, "69505845", false }, { 175, "b10501", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		only_hex(t[i].code, t[i].hex);
		ck_assert_msg(client.netboot == t[i].boots, "%u: %s", t[i].code, t[i].hex);
		ck_assert_int_eq(client.family != PXE_PLAIN, t[i].boots);
		ck_assert(!client.pxeclient && !client.httpclient);
	}
}
END_TEST

/* --- option 16 -------------------------------------------------------------- */

START_TEST(family_by_vendor_class_of_any_enterprise)
{
	static const struct {
		const char *text;
		enum pxe_family family;
		bool netboot;
		int arch;	/* -1: none */
	} table[] = {
		{ "PXEClient", PXE_PXE, true, -1 },	/* and no PC BIOS */
		{ "PXEClient:Arch:00007:UNDI:003016", PXE_PXE, true, 7 },
		{ "PXEClient:Arch:00000:UNDI:002001", PXE_PXE, true, 0 },
		{ "PXEClient:Arch:0001b:UNDI:003000", PXE_PXE, true, -1 },
		{ "PXEClient:Arch:65536:UNDI:003000", PXE_PXE, true, -1 },
		{ "HTTPClient", PXE_HTTP, true, -1 },
		{ "HTTPClient:Arch:00019:UNDI:003000", PXE_HTTP, true, 19 },
		{ "U-Boot", PXE_UBOOT, false, -1 },
		{ "PXEClien", PXE_PLAIN, false, -1 },
		{ "pxeclient", PXE_PLAIN, false, -1 },
		{ " PXEClient", PXE_PLAIN, false, -1 },
		{ "MSFT 5.0", PXE_PLAIN, false, -1 },
		{ "", PXE_PLAIN, false, -1 },
	};
	static const uint32_t enterprises[] = { 343, 0, 9, UINT32_MAX };

	for (size_t e = 0; e < 4; e++)
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			only_vendor(enterprises[e], table[i].text);
			ck_assert_msg(client.family == table[i].family, "%s", table[i].text);
			ck_assert_int_eq(client.netboot, table[i].netboot);
			ck_assert_int_eq(client.n_arch, table[i].arch >= 0);
			ck_assert_int_eq(client.arch_guessed, table[i].arch >= 0);
			if (table[i].arch >= 0)
				ck_assert_int_eq(client.arch[0], table[i].arch);
			ck_assert(vendor_is(table[i].text));
		}
}
END_TEST

START_TEST(class_that_boots_wins_among_several)
{
	size_t at;

	/* in one option */
	begin();
	at = msg6_begin(&msg, 16);
	msg_bytes(&msg, "\0\0\1\127", 4);
	msg6_class(&msg, "");
	msg6_class(&msg, "LAB 1.0");
	msg6_class(&msg, "PXEClient:Arch:00011:UNDI:003000");
	msg6_class(&msg, "HTTPClient:Arch:00019:UNDI:003000");
	msg6_end(&msg, at);
	read_msg();
	ck_assert(vendor_is("PXEClient:Arch:00011:UNDI:003000"));
	ck_assert(client.pxeclient && !client.httpclient);
	ck_assert_uint_eq(client.arch[0], 11);

	/* in one option of each enterprise */
	begin();
	msg6_vendor_class(&msg, 311, "MSFT 5.0");
	msg6_opt_hex(&msg, 6, "0017");
	msg6_vendor_class(&msg, 9, "HTTPClient:Arch:00019:UNDI:003000");
	msg6_vendor_class(&msg, 343, "PXEClient:Arch:00011:UNDI:003000");
	read_msg();
	ck_assert(vendor_is("HTTPClient:Arch:00019:UNDI:003000"));
	ck_assert_uint_eq(client.family, PXE_HTTP);

	/* of others the first */
	begin();
	msg6_vendor_class(&msg, 311, "");
	msg6_vendor_class(&msg, 311, "MSFT 5.0");
	msg6_vendor_class(&msg, 0, "U-Boot");
	read_msg();
	ck_assert(vendor_is("MSFT 5.0"));
}
END_TEST

START_TEST(vendor_class_of_every_length)
{
	static const char text[] = "PXEClient:Arch:00007:UNDI:003016";
	char part[sizeof(text)];

	for (size_t len = 0; len < sizeof(text); len++) {
		memcpy(part, text, len);
		part[len] = '\0';
		only_vendor(343, part);
		must(client.vendor_len == len);
		must(client.pxeclient == (len >= 9));
		if (len >= 20)
			must(client.n_arch == 1 && client.arch[0] == 7);
	}
}
END_TEST

START_TEST(damaged_vendor_classes_are_none)
{
	static const char *const table[] = {
		"", "00", "000001", "00000157", "00000157 00", "00000157 0009", "00000157 ffff",
		/* one byte short; no length at all; a length in one byte */
		"00000157 0009 505845436c69656e", "00000157 505845436c69656e74",
		"00000157 09 505845436c69656e74",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		only_hex(16, table[i]);
		ck_assert_msg(client.vendor_len == 0 && !client.netboot, "%s", table[i]);
	}
	/* those before the damage count */
	only_hex(16, "00000157 0009 505845436c69656e74 0009 50");
	ck_assert(vendor_is("PXEClient") && client.pxeclient);
}
END_TEST

/* --- options 61, 1, 15 -------------------------------------------------------- */

START_TEST(archs_are_a_list_in_order)
{
	only_hex(61, "0009 0007 0000");
	ck_assert_uint_eq(client.n_arch, 3);
	ck_assert_uint_eq(client.arch[0], 9);
	ck_assert_uint_eq(client.arch[1], 7);
	ck_assert_uint_eq(client.arch[2], 0);
	ck_assert(!client.arch_guessed);
}
END_TEST

START_TEST(arch_list_of_every_length)
{
	uint8_t list[300];

	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = (uint8_t)(i / 2 * (i % 2));
	for (size_t len = 0; len <= sizeof(list); len++) {
		size_t n = len / 2 < PXE_ARCHS_MAX ? len / 2 : PXE_ARCHS_MAX;

		begin();
		msg6_opt(&msg, 61, list, len);
		read_msg();
		must(client.n_arch == n);
		must(client.netboot && !client.arch_guessed);
		for (size_t i = 0; i < n; i++)
			must(client.arch[i] == i);
	}
}
END_TEST

START_TEST(option_61_wins_over_option_16)
{
	begin();
	msg6_vendor_class(&msg, 343, "PXEClient:Arch:00000:UNDI:002001");
	msg6_opt_hex(&msg, 61, "0007");
	read_msg();
	ck_assert_uint_eq(client.n_arch, 1);
	ck_assert_uint_eq(client.arch[0], 7);
	ck_assert(!client.arch_guessed);
}
END_TEST

START_TEST(uuid_is_that_of_a_duid_uuid)
{
	uint8_t v[40] = { 0 };

	for (size_t i = 2; i < sizeof(v); i++)
		v[i] = (uint8_t)i;
	for (uint8_t type = 0; type < 8; type++)
		for (size_t len = 0; len <= sizeof(v); len++) {
			bool is = type == 4 && len == 18;

			v[1] = type;
			begin();
			msg6_opt(&msg, 1, v, len);
			read_msg();
			must(client.uuid_len == (is ? 16 : 0));
			must(!is || memcmp(client.uuid, v + 2, 16) == 0);
			must(!client.netboot);
		}
	only_hex(1, "0104 00112233 44556677 8899aabb ccddeeff");
	ck_assert_uint_eq(client.uuid_len, 0);
}
END_TEST

static bool
class_is(const char *hex, const char *text)
{
	only_hex(15, hex);
	return pxe_user_class_is(&client, text);
}

START_TEST(user_class_raw_or_with_lengths)
{
	ck_assert(class_is("69505845", "iPXE"));
	ck_assert(class_is("0004 69505845", "iPXE"));
	ck_assert(class_is("0003 6c6162 0004 69505845", "iPXE"));
	ck_assert(class_is("0003 6c6162 0004 69505845", "lab"));
	ck_assert(class_is("0000 0003 6c6162", "lab"));
	ck_assert(class_is("6578722d636f6e666967", "exr-config"));
	/* those before the damage count */
	ck_assert(class_is("0004 69505845 0004 6950", "iPXE"));
	ck_assert(class_is("0004 69505845 00", "iPXE"));
	ck_assert(!class_is("0004 69505845", "iPX"));
	ck_assert(!class_is("0004 69505845", "iPXEE"));
	ck_assert(!class_is("69505845", "IPXE"));
	ck_assert(!class_is("0005 69505845", "iPXE"));
	ck_assert(!class_is("ffff 69505845", "iPXE"));
	ck_assert(!class_is("", "iPXE"));
	ck_assert(!class_is("00", "iPXE"));
	ck_assert(!class_is("0000", ""));
}
END_TEST

START_TEST(ipxe_is_ipxe_whatever_option_16_says)
{
	static const char *const classes[] = {
		"PXEClient:Arch:00000:UNDI:002001", "HTTPClient", "U-Boot", "MSFT 5.0",
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		begin();
		msg6_vendor_class(&msg, 343, classes[i]);
		msg6_opt_hex(&msg, 15, "0004 69505845");
		read_msg();
		ck_assert_uint_eq(client.family, PXE_IPXE);
		ck_assert(client.netboot);
	}
}
END_TEST

START_TEST(classes_are_cut_at_255)
{
	static const size_t lengths[] = { 0, 1, 100, 253, 254, 255, 256, 257, 1000 };
	char text[1001];
	size_t at;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = lengths[i];

		memset(text, 'a', n);
		text[n] = '\0';
		begin();
		msg6_vendor_class(&msg, 343, text);
		at = msg6_begin(&msg, 15);
		msg6_class(&msg, text);
		msg6_class(&msg, "lab");
		msg6_end(&msg, at);
		read_msg();
		must(client.vendor_len == (n < 255 ? n : 255));
		/* whole classes only, with their lengths */
		must(client.user_len == (n < 251 ? n + 5 : n < 255 ? n + 1 : 4));
		must(pxe_user_class_is(&client, "lab") == (n < 251 || n >= 255));
		must(pxe_user_class_is(&client, text) == (n > 0 && n < 255));
		/* raw */
		begin();
		msg6_opt_text(&msg, 15, text);
		read_msg();
		must(client.user_len == (n < 255 ? n : 255));
	}
}
END_TEST

/* --- anything ----------------------------------------------------------------- */

static void
client_is_sane(void)
{
	must(client.family < PXE_FAMILY_MAX);
	must(client.n_arch <= PXE_ARCHS_MAX);
	must(!client.arch_guessed || client.n_arch == 1);
	must(client.uuid_len == 0 || client.uuid_len == 16);
	must(!(client.pxeclient && client.httpclient));
	must(!client.discovery && !client.boot_servers);
	must(client.netboot || (!client.pxeclient && !client.httpclient));
}

/* Exact, with nothing after the option. */
START_TEST(every_option_of_every_length)
{
	static const uint16_t codes[] = { 1, 6, 15, 16, 61, 62 };
	struct prng p = { 5970 };
	uint8_t value[300];

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		for (size_t len = 0; len <= sizeof(value); len++) {
			prng_fill(&p, value, sizeof(value));
			/* lengths that occur */
			value[0] = 0;
			value[1] &= 0x3f;
			begin();
			msg6_opt(&msg, codes[i], value, len);
			read_msg();
			client_is_sane();
		}
}
END_TEST

START_TEST(every_client_truncated_everywhere)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++) {
		size_t whole;

		c->build(&msg);
		whole = msg.len;
		for (size_t len = 4; len <= whole; len++) {
			msg.len = len;
			read_msg();
			client_is_sane();
		}
	}
}
END_TEST

static void
corpus_message(const uint8_t *data, size_t len)
{
	struct dhcp6 m;

	if (dhcp6_parse(&m, data, len) != DROP_NONE)
		return;
	pxe6_read(&client, &m);
	client_is_sane();
}

START_TEST(pxe6_reads_messages_from_the_wild)
{
	msg_corpus(MSG_CORPUS6, corpus_message);
}
END_TEST

/* --- offers ---------------------------------------------------------------- */

static struct pxe6_offer offer;

static void
read_offer(void)
{
	static struct dhcp6 m;

	must(dhcp6_parse(&m, msg.b, msg.len) == DROP_NONE);
	pxe6_read_offer(&offer, &m);
}

START_TEST(uefi_is_known_from_others)
{
	for (size_t i = 0; msg6_clients[i].name; i++) {
		msg6_client(&msg, msg6_clients[i].name);
		read_msg();
		ck_assert_msg(pxe6_is_edk2(&client) ==
		    (strcmp(msg6_clients[i].name, "edk2-pxe") == 0 ||
		    strcmp(msg6_clients[i].name, "edk2-http") == 0), "%s",
		    msg6_clients[i].name);
	}
}
END_TEST

START_TEST(an_offer_is_read)
{
	size_t ia;

	msg6_init(&msg, DHCP6_ADVERTISE);
	read_offer();
	ck_assert(!offer.lease && !offer.has_url && !offer.pxe && !offer.http);
	ck_assert(offer.size_ok && !offer.best && !offer.hidden && !offer.dns);
	ck_assert(!pxe6_boots(&offer, PXE_PXE) && !pxe6_boots(&offer, PXE_HTTP));
	msg6_vendor_class(&msg, 343, "PXEClient");
	read_offer();
	ck_assert(offer.pxe && !offer.http);
	ck_assert(pxe6_boots(&offer, PXE_PXE) && !pxe6_boots(&offer, PXE_HTTP));
	ia = msg6_begin_ia(&msg, DHCP6_OPT_IA_NA, 0, 0);
	msg6_addr(&msg, "2001:db8::5", 3600);
	msg6_end(&msg, ia);
	msg6_opt_hex(&msg, DHCP6_OPT_PREFERENCE, "ff");
	msg6_opt_text(&msg, DHCP6_OPT_BOOT_URL, "tftp://[2001:db8::1]/a");
	msg6_opt_hex(&msg, 20, "");
	read_offer();
	ck_assert(offer.lease && offer.has_url && offer.best && !offer.hidden);
	ck_assert_uint_eq(rd_left(&offer.url), strlen("tftp://[2001:db8::1]/a"));
	msg6_init(&msg, DHCP6_ADVERTISE);
	msg6_opt_hex(&msg, DHCP6_OPT_PREFERENCE, "fe");
	msg6_opt_hex(&msg, 14, "");
	msg6_vendor_class(&msg, 343, "HTTPClient");
	msg6_opt_text(&msg, DHCP6_OPT_BOOT_URL, "http://[2001:db8::1]/a");
	read_offer();
	ck_assert(offer.hidden && !offer.best && pxe6_boots(&offer, PXE_HTTP));
}
END_TEST

START_TEST(option_60_is_a_size_of_up_to_five_digits)
{
	static const struct { const char *hex; bool ok; } params[] = {
		{ "0001 30", true }, { "0005 3132333435", true },
		{ "0006 313233343536", false }, { "0003 31782f", false },
		{ "0000", false }, { "0005 3132", false }, { "", false },
		{ "0002 3132 0003 616263", true },
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		msg6_init(&msg, DHCP6_REPLY);
		msg6_opt_hex(&msg, DHCP6_OPT_BOOT_PARAM, params[i].hex);
		read_offer();
		ck_assert_msg(offer.size_ok == params[i].ok, "%s", params[i].hex);
	}
}
END_TEST

START_TEST(urls_suit_a_kind_of_firmware)
{
	static const struct { const char *url; bool pxe, http, by_name; } urls[] = {
		{ "tftp://[2001:db8::1]/a.efi", true, false, false },
		{ "tftp://[2001:db8::1]", true, false, false },
		{ "http://[2001:db8::1]:8080/a", false, true, false },
		{ "HTTPS://[2001:db8::1]/a", false, true, false },
		{ "http://boot.example:8080/a", false, true, true },
		{ "tftp://boot.example/a:b:c", true, false, true },
		{ "tftp://2001:db8::1/a", false, false, false },
		{ "tftp://[2001:db8::1/a", false, false, false },
		{ "tftp://192.0.2.1/a", false, false, false },
		{ "tftp:///a", false, false, false }, { "tftp://", false, false, false },
		{ "my-startup-config", false, false, false }, { "t", false, false, false },
	};

	for (size_t i = 0; i < 2 * sizeof(urls) / sizeof(urls[0]); i++) {
		bool dns = i & 1;
		const char *url = urls[i / 2].url;

		msg6_init(&msg, DHCP6_REPLY);
		msg6_opt_text(&msg, DHCP6_OPT_BOOT_URL, url);
		if (dns)
			msg6_opt_hex(&msg, DHCP6_OPT_DNS, "20010db8 00000000 00000000 00000001");
		read_offer();
		ck_assert_msg(pxe6_url_suits(&offer, PXE_PXE) ==
		    (urls[i / 2].pxe && (dns || !urls[i / 2].by_name)), "%s", url);
		ck_assert_msg(pxe6_url_suits(&offer, PXE_HTTP) ==
		    (urls[i / 2].http && (dns || !urls[i / 2].by_name)), "%s", url);
	}
}
END_TEST

Suite *
pxe6_suite(void)
{
	Suite *s = suite_create("pxe6");
	TCase *tc = tcase_create("clients");

	tcase_add_test(tc, every_client_is_recognised);
	tcase_add_test(tc, silent_message_is_of_nobody);
	tcase_add_test(tc, each_sign_alone_makes_a_boot_client);
	suite_add_tcase(s, tc);

	tc = tcase_create("vendor");
	tcase_add_test(tc, family_by_vendor_class_of_any_enterprise);
	tcase_add_test(tc, class_that_boots_wins_among_several);
	tcase_add_test(tc, vendor_class_of_every_length);
	tcase_add_test(tc, damaged_vendor_classes_are_none);
	suite_add_tcase(s, tc);

	tc = tcase_create("others");
	tcase_add_test(tc, archs_are_a_list_in_order);
	tcase_add_test(tc, arch_list_of_every_length);
	tcase_add_test(tc, option_61_wins_over_option_16);
	tcase_add_test(tc, uuid_is_that_of_a_duid_uuid);
	tcase_add_test(tc, user_class_raw_or_with_lengths);
	tcase_add_test(tc, ipxe_is_ipxe_whatever_option_16_says);
	tcase_add_test(tc, classes_are_cut_at_255);
	suite_add_tcase(s, tc);

	tc = tcase_create("offers");
	tcase_add_test(tc, uefi_is_known_from_others);
	tcase_add_test(tc, an_offer_is_read);
	tcase_add_test(tc, option_60_is_a_size_of_up_to_five_digits);
	tcase_add_test(tc, urls_suit_a_kind_of_firmware);
	suite_add_tcase(s, tc);

	tc = tcase_create("anything");
	tcase_add_test(tc, every_option_of_every_length);
	tcase_add_test(tc, every_client_truncated_everywhere);
	if (msg_corpus_is_here(MSG_CORPUS6, "pxe6_reads_messages_from_the_wild"))
		tcase_add_test(tc, pxe6_reads_messages_from_the_wild);
	suite_add_tcase(s, tc);
	return s;
}
