/* SPDX-License-Identifier: ISC
 *
 * The file of machine-id(5), and what may be in its place.
 */
#include "io/machineid.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *machineid_suite(void);

static bool
read_text(const char *text, uint8_t id[16])
{
	char path[] = "/tmp/pxr-machineid.XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(text);
	bool good;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	good = machineid_read(path, id);
	unlink(path);
	return good;
}

START_TEST(digits_are_read)
{
	static const uint8_t want[16] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	};
	uint8_t id[16];

	ck_assert(read_text("00112233445566778899aabbccddeeff\n", id));
	ck_assert_mem_eq(id, want, sizeof(want));
	ck_assert(read_text("00112233445566778899aabbccddeeff", id));
}
END_TEST

START_TEST(anything_else_is_none)
{
	static const char *const bad[] = {
		"", "\n", "uninitialized\n", "00112233445566778899aabbccddeef\n",
		"0011223344556677-8899aabbccddeef\n", "00112233445566778899aabbccddee\n",
	};
	uint8_t id[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!read_text(bad[i], id), "%s", bad[i]);
	ck_assert(!machineid_read("/nowhere/machine-id", id));
	ck_assert(!machineid_read("/tmp", id));
}
END_TEST

Suite *
machineid_suite(void)
{
	Suite *s = suite_create("machineid");
	TCase *tc = tcase_create("file");

	tcase_add_test(tc, digits_are_read);
	tcase_add_test(tc, anything_else_is_none);
	suite_add_tcase(s, tc);
	return s;
}
