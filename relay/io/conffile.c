/* SPDX-License-Identifier: ISC
 *
 * conffile - the INI file. What keys and values mean is core/conf's business.
 *
 * inih splits keys from values and tells lines that go on from new ones. Left to
 * itself it cannot be trusted with a configuration: it cuts lines at 200 bytes
 * and section names at 50, is silent about empty sections, tells the first
 * faulty line only and stops each line at a NUL. So it reads through fetch(),
 * which knows the real line: fetch() counts lines, takes out comments, handles
 * headings itself (inih gets "[.]" in their place), and notices when inih made
 * nothing of a line. Debian's libinih is set up by variables: its buffer is made
 * as long as the longest line of the file.
 */
#include "io/conffile.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sbuf.h"

#define LINE_EXTRA 8	/* what fetch() may add to a line, and a NUL */

struct reader {
	struct conf_builder *b;
	const char *p, *end;	/* what is left of the file */
	int line;
	/* what inih is expected to make of the line that it has */
	enum { NOTHING, KEY, MORE } expect;
	size_t indent;		/* of the line, in columns */
	/* the key whose value may go on */
	char *key, *value;
	size_t value_len;
	int key_line, last_line;
	size_t key_indent;
	bool no_memory;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* --- the key that is being read --- */

static void
flush(struct reader *r)
{
	if (r->key)
		conf_key(r->b, r->key, r->value, r->key_line);
	free(r->key);
	free(r->value);
	r->key = r->value = NULL;
}

/* Each newline stands for a line of the file, so blank lines and comments count. */
static void
append(struct reader *r, const char *text)
{
	size_t lines = (size_t)(r->line - r->last_line), len = strlen(text);
	char *bigger = realloc(r->value, r->value_len + lines + len + 1);

	if (!bigger) {
		r->no_memory = true;
		return;
	}
	r->value = bigger;
	memset(r->value + r->value_len, '\n', lines);
	memcpy(r->value + r->value_len + lines, text, len + 1);
	r->value_len += lines + len;
	r->last_line = r->line;
}

static void
begin(struct reader *r, const char *name, const char *text)
{
	flush(r);
	if (!*name) {
		conf_mistake(r->b, r->line, "a key is missing in front of the =");
		return;
	}
	r->key = strdup(name);
	r->value_len = 0;
	r->key_line = r->last_line = r->line;
	r->key_indent = r->indent;
	if (r->key)
		append(r, text);
	if (!r->value) {
		r->no_memory = true;
		free(r->key);
		r->key = NULL;
	}
}

/* inih's handler. */
static int
take(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	(void)section;
	if (r->expect == MORE && r->key)
		append(r, value);
	else
		begin(r, name, value);
	r->expect = NOTHING;
	return 1;
}

/* --- lines --- */

struct text {
	const char *s;
	size_t len;
};

static struct text
next_line(struct reader *r)
{
	const char *nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	struct text t = { r->p, (size_t)((nl ? nl : r->end) - r->p) };

	r->p = nl ? nl + 1 : r->end;
	r->line++;
	if (t.len && t.s[t.len - 1] == '\r')
		t.len--;
	if (r->line == 1 && t.len >= 3 && memcmp(t.s, "\xef\xbb\xbf", 3) == 0)
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
		conf_mistake(r->b, r->line, "a control character (0x%02x) in column %zu; "
		    "the file must be plain text", c, i + 1);
		return false;
	}
	return true;
}

/* Without the comment and the spaces at the end. */
static struct text
strip(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((t.s[i] == ';' || t.s[i] == '#') && (i == 0 || blank(t.s[i - 1])))
			t.len = i;
	while (t.len && blank(t.s[t.len - 1]))
		t.len--;
	return t;
}

/* Without the indentation, which is returned in columns. */
static size_t
unindent(struct text *t)
{
	size_t column = 0;

	while (t->len && blank(*t->s)) {
		column = *t->s == '\t' ? (column | 7) + 1 : column + 1;
		t->s++;
		t->len--;
	}
	return column;
}

/* "[kind name]": a name may contain ']', as in [interface eth[0-3]]. buf has room for
 * the line. */
static void
heading(struct reader *r, struct text t, char *buf)
{
	const char *close = memrchr(t.s, ']', t.len);
	size_t len = close ? (size_t)(close - t.s) : t.len;
	char *kind = buf, *name;

	flush(r);
	if (!close)
		conf_mistake(r->b, r->line, "the ] of a section is missing");
	else if (len + 1 < t.len)
		conf_mistake(r->b, r->line, "something stands behind the ] of a section; "
		    "a key begins a line of its own, a comment begins with ; or #");
	memcpy(buf, t.s + 1, len - 1);
	buf[len - 1] = '\0';
	while (len > 1 && blank(buf[len - 2]))
		buf[--len - 1] = '\0';
	while (blank(*kind))
		kind++;
	name = kind + strcspn(kind, " \t");
	while (blank(*name))
		*name++ = '\0';
	conf_section(r->b, kind, name, r->line);
}

/* A line of which inih made no key. */
static void
check_taken(struct reader *r, const char *line)
{
	char shown[80];
	struct sbuf s = sbuf_init(shown, sizeof(shown));

	if (r->expect == NOTHING)
		return;
	sbuf_esc(&s, line, strlen(line));
	conf_mistake(r->b, r->line, "\"%s%s\" is neither a [section] nor a key = value line",
	    shown, s.cut ? "..." : "");
	r->expect = NOTHING;
}

/* inih's reader, like fgets(). */
static char *
fetch(char *str, int num, void *stream)
{
	struct reader *r = stream;
	struct text t;

	/* str still has the line before; inih cut it at the key's end at most. */
	check_taken(r, str);
	str[0] = '\0';
	if (r->p == r->end)
		return NULL;
	t = next_line(r);
	if (!check_bytes(r, t))
		return str;
	t = strip(t);
	r->indent = unindent(&t);
	if (t.len == 0)
		return str;
	if (t.len + LINE_EXTRA > (size_t)num) {
		/* only with another libinih than Debian's, whose buffer has a fixed size */
		conf_mistake(r->b, r->line, "the line is longer than the INI library takes");
		return str;
	}
	if (*t.s == '[' && !(r->key && r->indent > r->key_indent)) {
		heading(r, t, str);
		return strcpy(str, "[.]");
	}
	r->expect = r->key && r->indent > r->key_indent ? MORE : KEY;
	/* For inih it is the space that makes a line go on. */
	snprintf(str, (size_t)num, "%s%.*s", r->expect == MORE ? " " : "", (int)t.len, t.s);
	return str;
}

static size_t
longest_line(const char *data, size_t len)
{
	size_t longest = 0;

	for (const char *p = data, *end = data + len; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		longest = n > longest ? n : longest;
		p = nl ? nl + 1 : end;
	}
	return longest;
}

static void
parse(struct reader *r)
{
	size_t room = longest_line(r->p, (size_t)(r->end - r->p)) + LINE_EXTRA;

	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = (int)room;
	ini_max_line = (int)room;
	ini_allow_multiline = true;
	ini_allow_inline_comments = false;
	ini_allow_bom = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
	if (ini_parse_stream(fetch, r, take, r) == -2)
		r->no_memory = true;
	flush(r);
	if (r->no_memory)
		conf_mistake(r->b, 0, "not enough memory to read the file");
}

struct conf *
conffile_parse(const char *data, size_t len, conf_mistake_fn *mistake, void *user)
{
	struct conf_builder *b = conf_begin(mistake, user);
	struct reader r = { .b = b, .p = data, .end = data + len };

	if (!b) {
		mistake(user, 0, "not enough memory to read the file");
		return NULL;
	}
	if (len > CONFFILE_MAX)
		conf_mistake(b, 0, "larger than %u bytes", CONFFILE_MAX);
	else if (len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 ||
	    memcmp(data, "\xfe\xff", 2) == 0))
		conf_mistake(b, 1, "UTF-16 text; UTF-8 or ASCII would be right");
	else
		parse(&r);
	return conf_end(b);
}

/* All of the file, up to CONFFILE_MAX and one byte more; -errno or 0. */
static int
slurp(int fd, char **data, size_t *len)
{
	char *buf = malloc(CONFFILE_MAX + 1);
	size_t n = 0;
	ssize_t got = 1;
	int err = 0;

	*data = NULL;
	if (!buf)
		return -ENOMEM;
	while (n <= CONFFILE_MAX && got != 0) {
		got = read(fd, buf + n, CONFFILE_MAX + 1 - n);
		if (got > 0)
			n += (size_t)got;
		else if (got < 0 && errno != EINTR)
			break;
	}
	if (got < 0)
		err = -errno;
	if (err) {
		free(buf);
		return err;
	}
	*data = buf;
	*len = n;
	return 0;
}

struct conf *
conffile_read_fd(int fd, conf_mistake_fn *mistake, void *user)
{
	struct conf *c;
	size_t len = 0;
	char *data = NULL;
	int err = fd < 0 ? fd : slurp(fd, &data, &len);

	if (fd >= 0)
		close(fd);
	if (err) {
		char text[200];

		snprintf(text, sizeof(text), "cannot be read: %s", strerror(-err));
		mistake(user, 0, text);
		return NULL;
	}
	c = conffile_parse(data, len, mistake, user);
	free(data);
	return c;
}

struct conf *
conffile_read(const char *path, conf_mistake_fn *mistake, void *user)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return conffile_read_fd(fd < 0 ? -errno : fd, mistake, user);
}

char *
conffile_say(char *buf, size_t size, const char *file, int line, const char *text)
{
	if (line > 0)
		snprintf(buf, size, "%s:%d: %s", file, line, text);
	else
		snprintf(buf, size, "%s: %s", file, text);
	return buf;
}
