/* SPDX-License-Identifier: ISC
 *
 * import_lex - see include/ctl/import_lex.h.
 *
 * Files come from other systems, so lines may end in CR LF and a byte order mark may
 * come first.
 */
#include "ctl/import_lex.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/mem.h"

char *
import_copy(const char *text, size_t len, char nul)
{
	char *copy = mem_got(malloc(len + 1)), *to = copy;
	size_t i = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (; i < len; i++)
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			*to++ = text[i] ? text[i] : nul;
	*to = '\0';
	return copy;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

char *
import_word(char **rest)
{
	char *p = *rest, *word;

	while (is_blank(*p))
		p++;
	word = p;
	while (*p && !is_blank(*p))
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

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len && is_blank(text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* --- as a shell reads it -------------------------------------------------------- */

void
import_shell_init(struct import_shell *s, const char *text)
{
	*s = (struct import_shell){ .p = text, .line = 1 };
	/* A word needs at most its length in the text and the byte after it, for a NUL. */
	s->buf = s->out = mem_got(malloc(strlen(text) + 2));
}

void
import_shell_fini(struct import_shell *s)
{
	free(s->buf);
	free(s->word);
}

/* A quoted newline becomes a blank: the scripts that use these variables split them there. */
static void
read_word(struct import_shell *s)
{
	char quote = '\0';

	for (; *s->p && (quote || (!is_blank(*s->p) && !strchr("\n;&|", *s->p))); s->p++) {
		if (quote ? *s->p == quote : *s->p == '"' || *s->p == '\'') {
			quote = quote ? '\0' : *s->p;
			continue;
		}
		if (*s->p == '\\' && quote != '\'' && s->p[1]) {
			s->p++;
			s->line += *s->p == '\n';
			if (*s->p != '\n')
				*s->out++ = *s->p;
			continue;
		}
		s->line += *s->p == '\n';
		*s->out++ = *s->p == '\n' ? ' ' : *s->p;
	}
	s->open_quote |= quote != '\0';
	*s->out++ = '\0';
}

bool
import_shell_next(struct import_shell *s)
{
	s->n = 0;
	while (*s->p) {
		bool continued = s->p[0] == '\\' && s->p[1] == '\n';

		if (continued || is_blank(*s->p)) {
			s->line += continued;
			s->p += continued ? 2 : 1;
		} else if (*s->p == '#') {
			s->p += strcspn(s->p, "\n");
		} else if (strchr("\n;&|", *s->p)) {
			s->line += *s->p++ == '\n';
			if (s->n)
				return true;
		} else {
			s->word = mem_more(s->word, s->n, sizeof(*s->word));
			s->word[s->n++] = (struct import_shword){ s->out, s->line };
			read_word(s);
		}
	}
	return s->n > 0;
}
