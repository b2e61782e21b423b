/* SPDX-License-Identifier: ISC
 *
 * import_lex - lines and words of a configuration file.
 *
 * Files come from other systems: a line may end with CR LF, the first one may begin
 * with a byte order mark, and the last one may have no end.
 */
#include "ctl/import_lex.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/import_plan.h"

static const char *
behind_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

/* --- plain lines ---------------------------------------------------------------- */

void
import_lines_init(struct import_lines *l, const char *text, size_t len)
{
	*l = (struct import_lines){ .p = behind_mark(text, len), .end = text + len };
}

void
import_lines_fini(struct import_lines *l)
{
	free(l->text);
	l->text = NULL;
}

bool
import_lines_next(struct import_lines *l)
{
	const char *nl;
	size_t len;

	if (l->p == l->end)
		return false;
	nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
	len = (size_t)((nl ? nl : l->end) - l->p);
	if (len >= l->size) {
		l->size = len * 2 + 80;
		l->text = import_grown(l->text, l->size, 1);
	}
	memcpy(l->text, l->p, len);
	l->p = nl ? nl + 1 : l->end;
	l->line++;
	while (len && l->text[len - 1] == '\r')
		len--;
	l->text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (l->text[i] == '\0')
			l->text[i] = 1;
	return true;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

char *
import_word(char **rest)
{
	char *p = *rest, *word;

	while (blank(*p))
		p++;
	word = p;
	while (*p && !blank(*p))
		p++;
	if (*p)
		*p++ = '\0';
	*rest = p;
	return *word ? word : NULL;
}

char *
import_trim(char *text)
{
	size_t len;

	while (blank(*text))
		text++;
	len = strlen(text);
	while (len && blank(text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* --- what a shell makes of it --------------------------------------------------- */

void
import_shell_init(struct import_shell *s, const char *text, size_t len)
{
	*s = (struct import_shell){ .p = behind_mark(text, len), .end = text + len,
		.line = 1 };
	/* A word takes no more than it took in the text, and each but the last has
	 * a byte behind it there, for its NUL. */
	s->buf = import_grown(NULL, len + 2, 1);
}

void
import_shell_fini(struct import_shell *s)
{
	free(s->buf);
	free(s->word);
	s->buf = NULL;
	s->word = NULL;
}

/* A blank to us: what is quoted is split at blanks later, as the scripts do that
 * use these variables without quotes. */
static void
put(struct import_shell *s, char c)
{
	s->line += c == '\n';
	s->buf[s->used++] = c == '\0' || c == '\n' ? ' ' : c;
}

/* Behind a backslash. In double quotes it is itself before most characters. */
static void
escape(struct import_shell *s, bool quoted)
{
	if (s->end - s->p >= 2 && s->p[0] == '\r' && s->p[1] == '\n')
		s->p++;
	if (s->p == s->end)
		return;
	if (*s->p == '\n') {
		s->line++;
		s->p++;
		return;
	}
	if (quoted && (*s->p == '\0' || !strchr("$`\"\\", *s->p)))
		put(s, '\\');
	else
		put(s, *s->p++);
}

static bool
ends_word(char c)
{
	return blank(c) || c == '\0' || c == '\n' || c == ';' || c == '&' || c == '|';
}

static void
read_word(struct import_shell *s)
{
	char quote = '\0';

	while (s->p < s->end) {
		char c = *s->p;

		if (!quote && ends_word(c))
			break;
		s->p++;
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? '\0' : c;
		else if (c == '\\' && quote != '\'')
			escape(s, quote != '\0');
		else
			put(s, c);
	}
	s->open_quote |= quote != '\0';
	s->buf[s->used++] = '\0';
}

static void
skip_comment(struct import_shell *s)
{
	const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));

	s->p = nl ? nl : s->end;
}

/* Bytes of a backslash and the end of a line behind it, at p; or 0. */
static size_t
goes_on(const struct import_shell *s)
{
	size_t left = (size_t)(s->end - s->p);

	if (left >= 2 && memcmp(s->p, "\\\n", 2) == 0)
		return 2;
	return left >= 3 && memcmp(s->p, "\\\r\n", 3) == 0 ? 3 : 0;
}

static void
skip_blanks(struct import_shell *s)
{
	size_t n = 0;

	while (s->p < s->end && (blank(*s->p) || *s->p == '\0' || (n = goes_on(s)))) {
		s->line += n > 0;
		s->p += n ? n : 1;
		n = 0;
	}
	if (s->p < s->end && *s->p == '#')
		skip_comment(s);
}

static void
add_word(struct import_shell *s)
{
	if (s->n == s->max) {
		s->max = s->max ? s->max * 2 : 32;
		s->word = import_grown(s->word, s->max, sizeof(*s->word));
	}
	s->word[s->n++] = (struct import_shword){ s->buf + s->used, s->line };
	read_word(s);
}

bool
import_shell_next(struct import_shell *s)
{
	s->n = 0;
	s->used = 0;
	for (;;) {
		skip_blanks(s);
		if (s->p == s->end)
			return s->n > 0;
		if (!ends_word(*s->p)) {
			add_word(s);
			continue;
		}
		s->line += *s->p++ == '\n';
		if (s->n)
			return true;
	}
}
