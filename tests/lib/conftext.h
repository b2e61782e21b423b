/* SPDX-License-Identifier: ISC
 *
 * For tests of the configuration: builds one from text, collects the mistakes
 * in one string, prints the canonical form into one string.
 */
#ifndef TESTS_CONFTEXT_H
#define TESTS_CONFTEXT_H

#include <stddef.h>

#include "core/conf/conf.h"

struct conftext {
	struct conf *c;		/* NULL if there were mistakes */
	char *mistakes;		/* "LINE: text\n" each, owned */
	size_t n;		/* mistakes */
};

struct conftext conftext_bytes(const char *data, size_t len);
struct conftext conftext(const char *text);
void conftext_free(struct conftext *t);
/* A conf_mistake_fn for struct conftext. */
void conftext_mistake(void *user, const char *file, int line, const char *text);
/* The canonical form; the caller frees it. */
char *conftext_print(const struct conf *c);
/* Fails the test unless printing, parsing and printing again gives the same
 * text. */
void conftext_check_print(const struct conf *c);

#endif
