/* SPDX-License-Identifier: ISC
 *
 * conf_builder - memory and mistakes while a configuration is built. The builder owns
 * copies of everything it is given; nothing in the struct conf is shared with it.
 */
#include "core/conf/conf_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conf_said {
	int line;
	char *text;
};

const char *const conf_kind_words[CONF_KINDS] = { "relay", "server", "group", "interface",
	"rule", "helper" };

struct conf_builder *
conf_begin_with(void *(*alloc)(void *p, size_t size), conf_mistake_fn *mistake, void *user)
{
	struct conf_builder *b = alloc(NULL, sizeof(*b));

	if (b) {
		memset(b, 0, sizeof(*b));
		b->alloc = alloc;
		b->mistake = mistake;
		b->user = user;
	}
	return b;
}

struct conf_builder *
conf_begin(conf_mistake_fn *mistake, void *user)
{
	return conf_begin_with(realloc, mistake, user);
}

void *
conf_more(struct conf_builder *b, void *array, size_t n, size_t size)
{
	void *p;

	/* Only the caller knows the type of the pointer. */
	memcpy(&p, array, sizeof(p));
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *bigger = b->alloc(p, (n ? 2 * n : 4) * size);

		if (!bigger) {
			b->no_memory = true;
			return NULL;
		}
		p = bigger;
		memcpy(array, &p, sizeof(p));
	}
	return memset((char *)p + n * size, 0, size);
}

char *
conf_copy(struct conf_builder *b, const char *s, size_t len)
{
	char *p = b->alloc(NULL, len + 1);

	if (!p) {
		b->no_memory = true;
		return NULL;
	}
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

/* --- mistakes --- */

void
conf_mistake(struct conf_builder *b, int line, const char *fmt, ...)
{
	char text[1024];
	struct conf_said *s;
	va_list ap;

	if (b->n_said > CONF_MISTAKES_MAX)
		return;
	s = conf_more(b, &b->said, b->n_said, sizeof(*s));
	if (!s)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (b->n_said == CONF_MISTAKES_MAX)
		snprintf(text, sizeof(text), "more than %d mistakes, the rest is not shown",
		    CONF_MISTAKES_MAX);
	s->line = line;
	s->text = conf_copy(b, text, strlen(text));
	if (s->text)
		b->n_said++;
}

bool
conf_bad(const struct conf_at *a, const char *fmt, ...)
{
	char text[800], shown[CONF_SHOW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_mistake(a->b, a->line, a->item ? "%s: \"%s\": %s" : "%s = %s: %s", a->key->name,
	    conf_show(a->value, shown), text);
	return false;
}

void
conf_bad_sect(struct conf_builder *b, const struct conf_sect *s, const char *fmt, ...)
{
	char text[800], shown[CONF_SHOW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_mistake(b, s->line, "[%s%s%s] %s", conf_kind_words[s->kind], *s->name ? " " : "",
	    conf_show(s->name, shown), text);
}

/* --- the end --- */

bool
conf_builder_end(struct conf_builder *b)
{
	bool good = b->n_said == 0 && !b->no_memory;

	/* By line; mistakes of one line in the order in which they were found. */
	for (size_t i = 1; i < b->n_said; i++) {
		struct conf_said s = b->said[i];
		size_t k = i;

		for (; k > 0 && b->said[k - 1].line > s.line; k--)
			b->said[k] = b->said[k - 1];
		b->said[k] = s;
	}
	for (size_t i = 0; i < b->n_said; i++) {
		b->mistake(b->user, b->said[i].line, b->said[i].text);
		free(b->said[i].text);
	}
	if (b->no_memory)
		b->mistake(b->user, 0, "not enough memory to read the configuration");
	for (size_t i = 0; i < b->n_sect; i++) {
		for (size_t k = 0; k < b->sect[i].n; k++)
			free(b->sect[i].lines[k].value);
		free(b->sect[i].lines);
		free(b->sect[i].name);
	}
	free(b->sect);
	free(b->said);
	free(b);
	return good;
}
