/* SPDX-License-Identifier: ISC
 *
 * The table of commands: unknown commands, and a lack of memory.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "relay/daemon.h"

Suite *command_suite(void);

static struct daemon d;
static unsigned fail_at;	/* the allocation that fails; 0: none */

static void *
failing_malloc(size_t size)
{
	return fail_at && --fail_at == 0 ? NULL : malloc(size);
}

static bool
answers(const char *line, const char *want)
{
	char *text = command(&d, line);
	bool good = text && strstr(text, want);

	free(text);
	return good;
}

START_TEST(a_command_must_match_as_a_whole)
{
	ck_assert(answers("version", "\"version\":"));
	ck_assert(answers("explain nonsense", "not a hardware address"));
	ck_assert(answers("versio", "unknown command"));
	ck_assert(answers("version ", "unknown command"));
	ck_assert(answers("explain", "unknown command"));
	ck_assert(answers("", "unknown command"));
}
END_TEST

START_TEST(a_document_without_memory_is_not_an_unknown_command)
{
	json_set_alloc_funcs(failing_malloc, free);
	fail_at = 1;
	ck_assert(answers("version", "out of memory"));
	ck_assert_uint_eq(fail_at, 0);
	ck_assert(answers("version", "\"version\":"));
	json_set_alloc_funcs(malloc, free);
}
END_TEST

Suite *
command_suite(void)
{
	Suite *s = suite_create("command");
	TCase *t = tcase_create("command");

	tcase_add_test(t, a_command_must_match_as_a_whole);
	tcase_add_test(t, a_document_without_memory_is_not_an_unknown_command);
	suite_add_tcase(s, t);
	return s;
}
