/* SPDX-License-Identifier: ISC
 *
 * conffile - reads the lines of an INI file; core/conf interprets them.
 *
 * inih (r56 or later) finds where a key ends and its value begins. On its own
 * it would cut lines at 200 bytes and section names at 50, ignore empty
 * sections, report only the first faulty line and end a line at a NUL. So
 * fetch() reads the lines: it counts them, strips comments, and handles
 * headings and lines that continue a list. inih sees only the beginning of each
 * key line; the value is taken from the file.
 */
#include "io/conffile.h"

#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/sbuf.h"

struct text {
	const char *s;
	size_t len;
};

struct reader {
	struct conf_builder *b;
	struct text left;	/* of the file */
	int first, line;	/* of the builder's numbers */
	/* the line given to inih; pending: it has found no key in it yet */
	struct text given;
	bool pending;
	const char *copy;	/* its beginning, in inih's buffer */
	size_t indent;		/* in columns */
	/* the key whose value may continue */
	char *key, *value;
	size_t value_len;
	int key_line, last_line;
	size_t key_indent;
	bool no_memory;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
end_key(struct reader *r)
{
	if (r->key && r->value)
		conf_key(r->b, r->key, r->value, r->key_line);
	free(r->key);
	free(r->value);
	r->key = r->value = NULL;
}

/* Adds a newline for each line of the file, blank ones and comments, too. */
static void
append_value(struct reader *r, struct text t)
{
	size_t lines = (size_t)(r->line - r->last_line);
	char *bigger = realloc(r->value, r->value_len + lines + t.len + 1);

	if (!bigger) {
		r->no_memory = true;
		return;
	}
	r->value = bigger;
	memset(r->value + r->value_len, '\n', lines);
	memcpy(r->value + r->value_len + lines, t.s, t.len);
	r->value_len += lines + t.len;
	r->value[r->value_len] = '\0';
	r->last_line = r->line;
}

/* inih's handler. */
static int
take_key(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	size_t offset = (size_t)(value - r->copy);

	(void)section;
	r->pending = false;
	end_key(r);
	if (!*name) {
		conf_mistake(r->b, r->line, "expected a key before the =");
		return 1;
	}
	r->key = strdup(name);
	r->value_len = 0;
	r->key_line = r->last_line = r->line;
	r->key_indent = r->indent;
	r->no_memory |= !r->key;
	append_value(r, (struct text){ r->given.s + offset, r->given.len - offset });
	return 1;
}

static struct text
next_line(struct reader *r)
{
	const char *nl = memchr(r->left.s, '\n', r->left.len);
	struct text t = { r->left.s, nl ? (size_t)(nl - r->left.s) : r->left.len };
	size_t used = t.len + (nl != NULL);

	r->left = (struct text){ r->left.s + used, r->left.len - used };
	r->line++;
	if (t.len && t.s[t.len - 1] == '\r')
		t.len--;
	if (r->line == r->first + 1 && t.len >= 3 && memcmp(t.s, "\xef\xbb\xbf", 3) == 0)
		return (struct text){ t.s + 3, t.len - 3 };
	return t;
}

static bool
check_bytes(struct reader *r, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.s[i];

		if ((c >= 0x20 && c != 0x7f) || c == '\t')
			continue;
		conf_mistake(r->b, r->line, "a control character (0x%02x) in "
		    "column %zu; expected plain text", c, i + 1);
		return false;
	}
	return true;
}

/* Line is `before`, and a comment up to `all`: "servers = 192.0.2.1 ; 192.0.2.2" has one server. */
static void
check_comment(struct reader *r, struct text before, size_t all)
{
	const char *s = before.s + before.len, *end = before.s + all;
	char word[IP_STRLEN];
	size_t len = 0;
	struct ipaddr a;

	while (before.len && is_blank(*before.s))
		before.s++, before.len--;
	while (s < end && (is_blank(*s) || *s == ';' || *s == '#'))
		s++;
	while (s + len < end && len < sizeof(word) && !is_blank(s[len]) && s[len] != ',')
		len++;
	if (before.len == 0 || len == sizeof(word))
		return;
	snprintf(word, sizeof(word), "%.*s", (int)len, s);
	if (ip_parse(word, &a))
		conf_warn(r->b, r->line, "the comment begins with the address %s; expected a "
		    "comma between the items of a list", word);
}

/* Strips comment, trailing blanks and indentation; returns the latter. */
static size_t
strip(struct reader *r, struct text *t)
{
	size_t column = 0, all = t->len;

	for (size_t i = 0; i < t->len; i++)
		if ((t->s[i] == ';' || t->s[i] == '#') &&
		    (i == 0 || is_blank(t->s[i - 1])))
			t->len = i;
	check_comment(r, *t, all);
	while (t->len && is_blank(t->s[t->len - 1]))
		t->len--;
	for (; t->len && is_blank(*t->s); t->s++, t->len--)
		column = *t->s == '\t' ? (column | 7) + 1 : column + 1;
	return column;
}

/* "[kind name]": a name may contain ']', as in [interface eth[0-3]]. */
static void
take_heading(struct reader *r, struct text t)
{
	const char *close = memrchr(t.s, ']', t.len);
	size_t len = (close ? (size_t)(close - t.s) : t.len) - 1;
	char *buf = strndup(t.s + 1, len), *kind = buf, *name;

	end_key(r);
	if (!buf) {
		r->no_memory = true;
		return;
	}
	if (!close)
		conf_mistake(r->b, r->line,
		    "expected a ] at the end of the section's heading");
	else if (len + 2 < t.len)
		conf_mistake(r->b, r->line, "unexpected text after the ] of a "
		    "section; a key begins a line of its own, a comment begins "
		    "with ; or #");
	while (len && is_blank(buf[len - 1]))
		buf[--len] = '\0';
	while (is_blank(*kind))
		kind++;
	name = kind + strcspn(kind, " \t");
	while (is_blank(*name))
		*name++ = '\0';
	conf_section(r->b, kind, name, r->line);
	free(buf);
}

/* Reports the last line if inih found no key in it. */
static void
check_pending(struct reader *r)
{
	char shown[80];
	struct sbuf s = sbuf_init(shown, sizeof(shown));

	if (!r->pending)
		return;
	sbuf_esc(&s, r->given.s, r->given.len);
	conf_mistake(r->b, r->line, "\"%s%s\": expected a [section] or a key = "
	    "value line", shown, s.cut ? "..." : "");
	r->pending = false;
}

/* inih's reader, like fgets(): returns the beginning of the next line with a
 * key. It must not fill the buffer, or inih would skip the next line. */
static char *
fetch(char *str, int num, void *stream)
{
	struct reader *r = stream;
	size_t room = (size_t)num - 2;

	check_pending(r);
	while (r->left.len) {
		struct text t = next_line(r);

		if (!check_bytes(r, t))
			continue;
		r->indent = strip(r, &t);
		if (t.len == 0)
			continue;
		if (r->key && r->indent > r->key_indent) {
			append_value(r, t);
		} else if (*t.s == '[') {
			take_heading(r, t);
		} else {
			r->given = t;
			r->pending = true;
			r->copy = str;
			snprintf(str, room, "%.*s", (int)t.len, t.s);
			return str;
		}
	}
	return NULL;
}

int
conffile_add(struct conf_builder *b, const char *name, const char *data, size_t len,
    int line)
{
	struct reader r = { .b = b, .left = { data, len }, .first = line, .line = line };

	if (name)
		conf_file(b, name, line);
	if (len > CONFFILE_MAX) {
		conf_mistake(b, line, "larger than %u bytes", CONFFILE_MAX);
	} else if (len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 ||
	    memcmp(data, "\xfe\xff", 2) == 0)) {
		conf_mistake(b, line + 1, "UTF-16 text; expected UTF-8 or ASCII");
	} else {
		conf_no_section(b);
		if (ini_parse_stream(fetch, &r, take_key, &r) == -2)
			r.no_memory = true;
		end_key(&r);
		if (r.no_memory)
			conf_mistake(b, 0, "not enough memory to read the file");
	}
	return r.line + 1;
}

struct conf *
conffile_parse(const char *data, size_t len, conf_mistake_fn *mistake, void *user)
{
	struct conf_builder *b = conf_begin(realloc, mistake, user);

	if (!b) {
		mistake(user, NULL, 0, "not enough memory to read the file");
		return NULL;
	}
	(void)conffile_add(b, NULL, data, len, 0);
	return conf_end(b);
}
