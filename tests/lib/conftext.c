/* SPDX-License-Identifier: ISC */
#include "conftext.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/conffile.h"

static void
add(char **to, const char *text)
{
	size_t len = *to ? strlen(*to) : 0;

	*to = realloc(*to, len + strlen(text) + 1);
	ck_assert_ptr_nonnull(*to);
	strcpy(*to + len, text);
}

void
conftext_mistake(void *user, const char *file, int line, const char *text)
{
	struct conftext *t = user;
	char where[16];

	if (file) {
		add(&t->mistakes, file);
		add(&t->mistakes, ":");
	}
	snprintf(where, sizeof(where), "%d: ", line);
	add(&t->mistakes, where);
	add(&t->mistakes, text);
	add(&t->mistakes, "\n");
	t->n++;
}

struct conftext
conftext_bytes(const char *data, size_t len)
{
	struct conftext t = { 0 };
	/* exactly this long, so that ASan notices a read beyond it */
	char *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len)
		memcpy(copy, data, len);
	add(&t.mistakes, "");
	t.c = conffile_parse(copy, len, conftext_mistake, &t);
	free(copy);
	ck_assert((t.c == NULL) == (t.n > 0));
	return t;
}

struct conftext
conftext(const char *text)
{
	return conftext_bytes(text, strlen(text));
}

void
conftext_free(struct conftext *t)
{
	free(t->mistakes);
	t->mistakes = NULL;
	t->c = conf_free(t->c);
}

static void
add_line(void *user, const char *line)
{
	add(user, line);
	add(user, "\n");
}

char *
conftext_print(const struct conf *c)
{
	char *text = NULL;

	conf_print(c, add_line, &text);
	return text;
}

void
conftext_check_print(const struct conf *c)
{
	char *once = conftext_print(c), *twice;
	struct conftext t = conftext(once);

	ck_assert_str_eq(t.mistakes, "");
	twice = conftext_print(t.c);
	ck_assert_str_eq(once, twice);
	free(once);
	free(twice);
	conftext_free(&t);
}
