/* SPDX-License-Identifier: ISC
 *
 * conf_builder - allocates memory and collects mistakes while a configuration
 * is built: suggestions for mistyped words, text shown in messages, names and
 * values that no section or key may have. The builder owns copies of everything
 * it is given; the struct conf shares none of it.
 */
#include "core/conf/conf_private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct conf_said {
	int line;
	char *text;
};

const char *const conf_kind_words[CONF_KINDS] = { "relay", "server", "group",
	"interface", "rule", "helper" };

void *
conf_alloc(struct conf_builder *b, size_t size)
{
	void *p = b->alloc(NULL, size);

	b->no_memory |= !p;
	return p ? memset(p, 0, size) : NULL;
}

void *
conf_more(struct conf_builder *b, void *array, size_t n, size_t size)
{
	void *p;

	/* Copied as bytes, since the type of the pointer is unknown here. */
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
	char *p = conf_alloc(b, len + 1);

	return p ? memcpy(p, s, len) : NULL;
}

static bool
same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Is b what the user meant by a: it begins so ("warn"), has other capitals, or one
 * letter was left out, added, changed, or swapped with the next? */
static bool
is_near(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i = 0;

	if (strcasecmp(a, b) == 0 || n < 3)
		return n == m && strcasecmp(a, b) == 0;
	while (a[i] && same_letter(a[i], b[i]))
		i++;
	if (i == n)
		return true;
	while (n > i && m > i && same_letter(a[n - 1], b[m - 1])) {
		n--;
		m--;
	}
	return (n <= i + 1 && m <= i + 1) || (n == i + 2 && m == i + 2 &&
	    same_letter(a[i], b[i + 1]) && same_letter(a[i + 1], b[i]));
}

void
conf_near_add(struct conf_near *n, const char *candidate)
{
	if (!n->best && is_near(n->word, candidate))
		n->best = candidate;
}

const char *
conf_near_text(struct conf_near *n)
{
	if (n->best)
		snprintf(n->text, sizeof(n->text), "; did you mean \"%s\"?", n->best);
	return n->text;
}

char *
conf_show(const char *text, char buf[CONF_SHOW_MAX])
{
	struct sbuf s = sbuf_init(buf, CONF_SHOW_MAX);

	sbuf_esc(&s, text, strlen(text));
	if (s.cut)
		strcpy(buf + CONF_SHOW_MAX - 4, "...");
	return buf;
}

bool
conf_quoted(const char *s, size_t len)
{
	return len > 1 && (*s == '"' || *s == '\'') && s[len - 1] == *s;
}

/* Whatever conf_print() writes must be read as the same value again. Quotes
 * would be part of the value: user-class = "iPXE" would match nothing. */
const char *
conf_text_fault(const char *s, size_t len)
{
	if (conf_quoted(s, len))
		return "unexpected quotes; expected the text without them";
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)s[i] < 0x20 && !strchr("\t\n", s[i])) ||
		    s[i] == 0x7f)
			return "a control character";
		if ((s[i] == ';' || s[i] == '#') &&
		    (i == 0 || strchr(" \t\n", s[i - 1])))
			return "a ; or # here would begin a comment in a file; write it with hex:";
	}
	return NULL;
}

const char *
conf_name_fault(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (strlen(name) >= CONF_NAME_MAX)
		return "has a name longer than 63 bytes";
	if (name[strspn(name, letters)] || name[0] == '-' || name[0] == '.')
		return "has a name that is not allowed; expected letters, digits, "
		    "'.', '_' and '-', with a letter, digit or '_' at the beginning";
	if (name[strspn(name, "0123456789.")] == '\0')
		return "has a name that looks like an address; expected one with a letter";
	return NULL;
}

/* --- places --- */

void
conf_file(struct conf_builder *b, const char *name, int line)
{
	struct conf_named *f = conf_more(b, &b->file, b->n_file, sizeof(*f));

	if (!f)
		return;
	f->line = line;
	f->name = conf_copy(b, name, strlen(name));
	b->n_file += f->name != NULL;
}

/* NULL: the first file. */
static const struct conf_named *
file_of(const struct conf_builder *b, int line)
{
	size_t i = b->n_file;

	while (i > 0 && b->file[i - 1].line > line)
		i--;
	return i ? &b->file[i - 1] : NULL;
}

int
conf_file_line(const struct conf_builder *b)
{
	return b->n_file ? b->file[b->n_file - 1].line : -1;
}

char *
conf_place(const struct conf_builder *b, int line, int from, char buf[CONF_PLACE_MAX])
{
	const struct conf_named *f = file_of(b, line);
	struct sbuf s = sbuf_init(buf, CONF_PLACE_MAX);

	sbuf_printf(&s, "line %d", f ? line - f->line : line);
	if (file_of(b, from) == f)
		return buf;
	sbuf_puts(&s, " of ");
	if (f)
		sbuf_esc(&s, f->name, strlen(f->name));
	else
		sbuf_puts(&s, "the first file");
	return buf;
}

const char *
conf_include(const struct conf_builder *b, size_t n, int *line)
{
	if (n >= b->n_include)
		return NULL;
	*line = b->include[n].line;
	return b->include[n].name;
}

/* --- mistakes --- */

/* The sections of one heading share their lines, and the mistakes in them. */
static bool
said_already(const struct conf_builder *b, const struct conf_said *s)
{
	for (size_t i = b->n_said; i > 0; i--)
		if (b->said[i - 1].line == s->line &&
		    strcmp(b->said[i - 1].text, s->text) == 0)
			return true;
	return false;
}

/* Adds a mistake; the head of its text says where it is. */
__attribute__((format(printf, 4, 0))) static void
add_mistake(struct conf_builder *b, int line, const char *head, const char *fmt,
    va_list ap)
{
	char text[1024];
	struct sbuf out = sbuf_init(text, sizeof(text));
	struct conf_said *s;

	if (b->n_said > CONF_MISTAKES_MAX)
		return;
	s = conf_more(b, &b->said, b->n_said, sizeof(*s));
	if (!s)
		return;
	if (b->n_said < CONF_MISTAKES_MAX) {
		sbuf_puts(&out, head);
		sbuf_vprintf(&out, fmt, ap);
	} else {
		sbuf_printf(&out, "more than %d mistakes; the rest is not shown",
		    CONF_MISTAKES_MAX);
	}
	s->line = line;
	s->text = conf_copy(b, text, out.len);
	if (s->text && said_already(b, s))
		free(s->text);
	else if (s->text)
		b->n_said++;
}

void
conf_mistake(struct conf_builder *b, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_mistake(b, line, "", fmt, ap);
	va_end(ap);
}

void
conf_warn(struct conf_builder *b, int line, const char *fmt, ...)
{
	char text[512];
	struct sbuf out = sbuf_init(text, sizeof(text));
	struct conf_warning *w = NULL;
	va_list ap;

	if (b->n_warning < CONF_WARNINGS_MAX)
		w = conf_more(b, &b->warning, b->n_warning, sizeof(*w));
	if (!w)
		return;
	va_start(ap, fmt);
	sbuf_puts(&out, "warning: ");
	sbuf_vprintf(&out, fmt, ap);
	va_end(ap);
	w->line = line;
	w->text = conf_copy(b, text, out.len);
	if (w->text)
		b->n_warning++;
}

bool
conf_bad(const struct conf_at *a, const char *fmt, ...)
{
	char head[128 + CONF_SHOW_MAX], shown[CONF_SHOW_MAX];
	va_list ap;

	snprintf(head, sizeof(head), a->item ? "%s: \"%s\": " : "%s = %s: ",
	    a->key->name, conf_show(a->value, shown));
	va_start(ap, fmt);
	add_mistake(a->b, a->line, head, fmt, ap);
	va_end(ap);
	return false;
}

void
conf_bad_sect(struct conf_builder *b, const struct conf_sect *s,
    const char *fmt, ...)
{
	char head[128 + CONF_SHOW_MAX], shown[CONF_SHOW_MAX];
	va_list ap;

	snprintf(head, sizeof(head), "[%s%s%s] ", conf_kind_words[s->kind],
	    *s->name ? " " : "", conf_show(s->name, shown));
	va_start(ap, fmt);
	add_mistake(b, s->line, head, fmt, ap);
	va_end(ap);
}

struct conf_builder *
conf_begin(void *(*alloc)(void *p, size_t size), conf_mistake_fn *mistake,
    void *user)
{
	struct conf_builder *b = alloc(NULL, sizeof(*b));

	if (b)
		*b = (struct conf_builder){ .alloc = alloc, .mistake = mistake,
			.user = user, .no_section = true };
	return b;
}

static void
free_warnings(struct conf_warning *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(w[i].file);
		free(w[i].text);
	}
	free(w);
}

static void
free_named(struct conf_named *named, size_t n)
{
	while (n > 0)
		free(named[--n].name);
	free(named);
}

void
conf_cancel(struct conf_builder *b)
{
	for (size_t i = 0; i < b->n_said; i++)
		free(b->said[i].text);
	for (size_t i = 0; i < b->n_sect; i++) {
		struct conf_sect *s = &b->sect[i];

		for (size_t k = 0; k < s->n && !s->same; k++)
			free(s->lines[k].value);
		if (!s->same)
			free(s->lines);
		free(s->name);
	}
	free_warnings(b->warning, b->n_warning);
	free_named(b->file, b->n_file);
	free_named(b->include, b->n_include);
	free(b->sect);
	free(b->said);
	free(b);
}

static void
report(struct conf_builder *b, const struct conf_said *s)
{
	const struct conf_named *f = file_of(b, s->line);

	b->mistake(b->user, f && f->line > 0 ? f->name : NULL,
	    f ? s->line - f->line : s->line, s->text);
}

/* The configuration keeps its warnings, each with the line in its file. */
static void
keep_warnings(struct conf_builder *b)
{
	for (size_t i = 0; i < b->n_warning; i++) {
		struct conf_warning *w = &b->warning[i];
		const struct conf_named *f = file_of(b, w->line);

		if (f && f->line > 0)
			w->file = conf_copy(b, f->name, strlen(f->name));
		w->line -= f ? f->line : 0;
	}
	b->c->warning = b->warning;
	b->c->n_warning = b->n_warning;
	b->warning = NULL;
	b->n_warning = 0;
}

void
conf_warnings(const struct conf *c, conf_mistake_fn *fn, void *user)
{
	for (size_t i = 0; i < c->n_warning; i++)
		fn(user, c->warning[i].file, c->warning[i].line, c->warning[i].text);
}

void
conf_free_warnings(struct conf *c)
{
	free_warnings(c->warning, c->n_warning);
}

bool
conf_builder_end(struct conf_builder *b)
{
	bool good;

	if (b->c)
		keep_warnings(b);
	good = b->n_said == 0 && !b->no_memory;
	/* A stable sort by line. */
	for (size_t i = 1; i < b->n_said; i++) {
		struct conf_said s = b->said[i];
		size_t k = i;

		for (; k > 0 && b->said[k - 1].line > s.line; k--)
			b->said[k] = b->said[k - 1];
		b->said[k] = s;
	}
	for (size_t i = 0; i < b->n_said; i++)
		report(b, &b->said[i]);
	if (b->no_memory)
		b->mistake(b->user, NULL, 0,
		    "not enough memory to read the configuration");
	conf_cancel(b);
	return good;
}
