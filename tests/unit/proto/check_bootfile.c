/* SPDX-License-Identifier: ISC
 *
 * Names of boot files as servers write them, and first blocks of files.
 */
#include "proto/bootfile.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *bootfile_suite(void);

static const struct {
	const char *text;
	bool sound;
	enum bootfile_scheme scheme;
	const char *server, *host;
	uint16_t port;
	const char *path;
} names[] = {
	{ "pxelinux.0", true, BOOTFILE_TFTP, NULL, "", 80, "pxelinux.0" },
	{ "boot\\x64\\wdsnbp.com", true, BOOTFILE_TFTP, NULL, "", 80,
	    "boot\\x64\\wdsnbp.com" },
	{ "/srv/a b", true, BOOTFILE_TFTP, NULL, "", 80, "/srv/a b" },
	{ "C://x", true, BOOTFILE_UNKNOWN, NULL, "x", 80, "/" },
	{ "tftp://192.0.2.9/a/b", true, BOOTFILE_TFTP, "192.0.2.9", "192.0.2.9", 80, "a/b" },
	{ "TFTP://192.0.2.9//a", true, BOOTFILE_TFTP, "192.0.2.9", "192.0.2.9", 80, "/a" },
	{ "http://192.0.2.9/x.efi?y=1", true, BOOTFILE_HTTP, "192.0.2.9", "192.0.2.9",
	    80, "/x.efi?y=1" },
	{ "http://192.0.2.9:8080", true, BOOTFILE_HTTP, "192.0.2.9", "192.0.2.9", 8080, "/" },
	{ "http://boot.example/x", true, BOOTFILE_HTTP, NULL, "boot.example", 80, "/x" },
	{ "https://192.0.2.9/x", true, BOOTFILE_UNKNOWN, "192.0.2.9", "192.0.2.9", 80, "/x" },
	{ "http://192.0.2.9/a b", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9/a\r\nX: y", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9/\xc3\xa4", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http:///x", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://me@192.0.2.9/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9:0/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9:65536/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9:99999999999/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://192.0.2.9:8o/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "tftp://[2001:db8::9]/a/b", true, BOOTFILE_TFTP, "2001:db8::9", "[2001:db8::9]", 80,
	    "a/b" },
	{ "http://[2001:db8::9]:8080/x", true, BOOTFILE_HTTP, "2001:db8::9", "[2001:db8::9]",
	    8080, "/x" },
	{ "http://[::ffff:127.0.0.1]", true, BOOTFILE_HTTP, "::ffff:127.0.0.1",
	    "[::ffff:127.0.0.1]", 80, "/" },
	{ "http://[192.0.2.9]/x", true, BOOTFILE_HTTP, NULL, "[192.0.2.9]", 80, "/x" },
	{ "http://[fe80::1%eth0]/x", true, BOOTFILE_HTTP, NULL, "[fe80::1%eth0]", 80, "/x" },
	{ "http://[]/x", true, BOOTFILE_HTTP, NULL, "[]", 80, "/x" },
	{ "http://2001:db8::9/x", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://[2001:db8::9/x", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://[2001:db8::9]x/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "http://[2001:db8::9]:/", false, BOOTFILE_HTTP, NULL, NULL, 0, NULL },
	{ "a b://c", true, BOOTFILE_TFTP, NULL, "", 80, "a b://c" },
};

START_TEST(a_name_says_where_its_file_is)
{
	struct bootfile b;

	ck_assert_msg(bootfile_parse(&b, names[_i].text) == names[_i].sound, "%s",
	    names[_i].text);
	if (!names[_i].sound)
		return;
	ck_assert_int_eq(b.scheme, names[_i].scheme);
	ck_assert_str_eq(b.host, names[_i].host);
	ck_assert_uint_eq(b.port, names[_i].port);
	ck_assert_str_eq(b.path, names[_i].path);
	if (names[_i].server)
		ck_assert(ip_eq(b.server, world_at(names[_i].server)));
	else
		ck_assert(ip_is_none(b.server));
}
END_TEST

START_TEST(a_host_that_is_too_long_is_invalid)
{
	char text[BOOTFILE_MAX] = "http://";
	struct bootfile b;

	memset(text + 7, 'a', BOOTFILE_HOST);
	ck_assert(!bootfile_parse(&b, text));
	text[7 + BOOTFILE_HOST - 1] = '\0';
	ck_assert(bootfile_parse(&b, text));
}
END_TEST

/* A PE header with this machine at this offset, in a buffer of exactly len
 * bytes. */
static enum bootfile_content
pe(uint32_t at, const char *signature, size_t len)
{
	uint8_t b[1024] = "MZ", *exact;
	enum bootfile_content c;

	b[0x3c] = (uint8_t)at;
	b[0x3d] = (uint8_t)(at >> 8);
	b[0x3e] = (uint8_t)(at >> 16);
	b[0x3f] = (uint8_t)(at >> 24);
	if (at < sizeof(b) - 8)
		memcpy(b + at, signature, 6);
	exact = msg_exact(b, len);
	c = bootfile_sniff(exact, len);
	free(exact);
	return c;
}

START_TEST(the_machine_of_a_uefi_program)
{
	ck_assert_int_eq(pe(0x80, "PE\0\0\x64\x86", 512), BOOTFILE_EFI_X64);
	ck_assert_int_eq(pe(0x80, "PE\0\0\x64\xaa", 512), BOOTFILE_EFI_ARM64);
	ck_assert_int_eq(pe(0x80, "PE\0\0\x4c\x01", 512), BOOTFILE_EFI_IA32);
	ck_assert_int_eq(pe(0x80, "PE\0\0\x00\x02", 512), BOOTFILE_EFI_OTHER);
	ck_assert_int_eq(pe(0x1f8, "PE\0\0\x64\x86", 0x1fe), BOOTFILE_EFI_X64);
	/* beyond the bytes that were read, or nowhere */
	ck_assert_int_eq(pe(0x1f8, "PE\0\0\x64\x86", 0x1fd), BOOTFILE_MZ);
	ck_assert_int_eq(pe(0x200, "PE\0\0\x64\x86", 512), BOOTFILE_MZ);
	ck_assert_int_eq(pe(0xffffffff, "PE\0\0\x64\x86", 512), BOOTFILE_MZ);
	ck_assert_int_eq(pe(0x80, "PE\0\0\x64\x86", 0x3f), BOOTFILE_MZ);
	ck_assert_int_eq(pe(0x80, "NE\0\0\x64\x86", 512), BOOTFILE_RAW);
}
END_TEST

START_TEST(other_files)
{
	ck_assert_int_eq(bootfile_sniff("", 0), BOOTFILE_EMPTY);
	ck_assert_int_eq(bootfile_sniff("M", 1), BOOTFILE_RAW);
	ck_assert_int_eq(bootfile_sniff("#!ipxe", 6), BOOTFILE_SCRIPT);
	ck_assert_int_eq(bootfile_sniff("\xeb\x3c", 2), BOOTFILE_RAW);
}
END_TEST

START_TEST(a_machine_boots_its_own_files)
{
	ck_assert(bootfile_suits(BOOTFILE_RAW, 0));
	ck_assert(!bootfile_suits(BOOTFILE_RAW, 7));
	ck_assert(!bootfile_suits(BOOTFILE_EFI_X64, 0));
	ck_assert(bootfile_suits(BOOTFILE_EFI_X64, 7));
	ck_assert(bootfile_suits(BOOTFILE_EFI_X64, 16));
	ck_assert(!bootfile_suits(BOOTFILE_EFI_X64, 11));
	ck_assert(bootfile_suits(BOOTFILE_EFI_ARM64, 11));
	ck_assert(!bootfile_suits(BOOTFILE_EFI_IA32, 7));
	ck_assert(!bootfile_suits(BOOTFILE_EFI_OTHER, 0));
	for (uint16_t arch = 0; arch < 32; arch++) {
		ck_assert(bootfile_suits(BOOTFILE_SCRIPT, arch));
		ck_assert(bootfile_suits(BOOTFILE_MZ, arch));
	}
	for (int c = BOOTFILE_EMPTY; c <= BOOTFILE_MZ; c++)
		ck_assert_str_ne(bootfile_content_text((enum bootfile_content)c), "?");
}
END_TEST

Suite *
bootfile_suite(void)
{
	Suite *s = suite_create("bootfile");
	TCase *tc = tcase_create("bootfile");

	tcase_add_loop_test(tc, a_name_says_where_its_file_is, 0,
	    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tc, a_host_that_is_too_long_is_invalid);
	tcase_add_test(tc, the_machine_of_a_uefi_program);
	tcase_add_test(tc, other_files);
	tcase_add_test(tc, a_machine_boots_its_own_files);
	suite_add_tcase(s, tc);
	return s;
}
