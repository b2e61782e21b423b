/* SPDX-License-Identifier: ISC
 *
 * A configuration file of arbitrary bytes is either read or refused. What was
 * read is printed as a text that, when read again, prints the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/conffile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
count(void *user, const char *file, int line, const char *text)
{
	size_t *n = user;

	if (line < 0 || !*text || (file && !*file))
		abort();
	++*n;
}

struct text {
	char *s;
	size_t len;
};

static void
add(void *user, const char *line)
{
	struct text *t = user;
	size_t n = strlen(line);
	char *s = realloc(t->s, t->len + n + 2);

	if (!s)
		abort();
	t->s = s;
	memcpy(t->s + t->len, line, n);
	t->len += n;
	t->s[t->len++] = '\n';
	t->s[t->len] = '\0';
}

static struct conf *
parse(const char *data, size_t len)
{
	size_t mistakes = 0;
	struct conf *c = conffile_parse(data, len, count, &mistakes);

	if ((c == NULL) != (mistakes > 0))
		abort();
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf *c = parse((const char *)data, len), *again;
	struct text once = { NULL, 0 }, twice = { NULL, 0 };

	if (!c)
		return 0;
	(void)conf_match(c, "vlan10");
	conf_print(c, add, &once);
	again = parse(once.s, once.len);
	if (!again) {
		fprintf(stderr, "refused:\n%s", once.s);
		abort();
	}
	conf_print(again, add, &twice);
	if (once.len != twice.len || memcmp(once.s, twice.s, once.len) != 0) {
		fprintf(stderr, "first:\n%s\nthen:\n%s", once.s, twice.s);
		abort();
	}
	conf_free(c);
	conf_free(again);
	free(once.s);
	free(twice.s);
	return 0;
}
