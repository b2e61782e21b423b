/* SPDX-License-Identifier: ISC
 *
 * skip - for a suite that cannot run here: prints one line for `name` that says
 * so, and counts it in the sum of tests/lib/run.c.
 */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

void skip_tests(const char *name, const char *why);

#endif
