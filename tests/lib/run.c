/* SPDX-License-Identifier: ISC
 *
 * Runs the unit and scenario tests: every suite that the Makefile found in the
 * objects (suites.def, one SUITE(name) each), or those named on the command
 * line.
 *
 * Unless CK_FORK=no, each test runs in a process of its own, so that a test
 * which crashes or is stopped by a sanitizer is one failure and the others still
 * run. tests/check.sh adds up the last lines.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "skip.h"

#define SUITE(name) Suite *name##_suite(void);
#include "suites.def"
#undef SUITE

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(name) { #name, name##_suite },
#include "suites.def"
#undef SUITE
	{ NULL, NULL },
};

static int skipped;

void
skip_tests(const char *name, const char *why)
{
	printf("skip %s: %s\n", name, why);
	skipped++;
}

/* Every ck_assert that holds tells the parent, which therefore knows how far a test
 * came before it crashed. The parent's work grows with the square of the number of
 * assertions (measured: 3 minutes for a test with some 100,000). So tests call this
 * function instead (the Makefile renames it), and the parent learns only of the
 * first ones. The sanitizer still reports a later crash with its stack, and a
 * failed assertion still names its place. */
#define MARKS_MAX 1000

#undef _mark_point
void _mark_point(const char *file, int line);

void
run_mark_point(const char *file, int line)
{
	static int marks;	/* of this process, i.e. of this test */

	if (marks < MARKS_MAX) {
		marks++;
		_mark_point(file, line);
	}
}

static bool
wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

/* A mistyped name must not look like a test that passed. */
static bool
known(const char *name)
{
	for (size_t i = 0; suites[i].name; i++)
		if (strcmp(suites[i].name, name) == 0)
			return true;
	return false;
}

static void
report(const char *name, SRunner *sr)
{
	int failed = srunner_ntests_failed(sr);
	TestResult **results = srunner_failures(sr);

	for (int i = 0; i < failed; i++) {
		const char *file = tr_lfile(results[i]);

		printf("FAIL %s/%s: %s:%d: %s\n", name, tr_tcname(results[i]),
		    file ? file : "?", tr_lno(results[i]), tr_msg(results[i]));
	}
	free(results);
	if (failed == 0)
		printf("ok %s (%d tests)\n", name, srunner_ntests_run(sr));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int run = 0, failed = 0;

	for (int i = 1; i < argc; i++)
		if (!known(argv[i])) {
			printf("FAIL %s: there is no such suite\n", argv[i]);
			failed++;
			run++;
		}

	/* Check's default of 4 seconds is too short for a sanitizer build on a busy
	 * machine. */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	for (size_t i = 0; suites[i].name; i++) {
		SRunner *sr;

		if (!wanted(suites[i].name, argc, argv))
			continue;
		sr = srunner_create(suites[i].make());
		srunner_run_all(sr, CK_SILENT);
		report(suites[i].name, sr);
		run += srunner_ntests_run(sr);
		failed += srunner_ntests_failed(sr);
		srunner_free(sr);
	}
	printf("%d passed, %d failed, %d skipped\n", run - failed, failed,
	    skipped);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
