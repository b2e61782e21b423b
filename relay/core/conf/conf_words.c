/* SPDX-License-Identifier: ISC
 *
 * conf_words - words in messages: what a mistyped one was meant to be, how text is shown,
 * and what is wrong with a name.
 */
#include "core/conf/conf_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NEAR_MAX 24	/* longer words are no keys and seldom names */

static uint8_t
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return (uint8_t)(m < c ? m : c);
}

/* Levenshtein's distance, with a swap of two neighbours as one step. */
static size_t
distance(const char *a, const char *b)
{
	uint8_t d[NEAR_MAX + 1][NEAR_MAX + 1] = { { 0 } };
	size_t n = strlen(a), m = strlen(b);

	if (n > NEAR_MAX || m > NEAR_MAX)
		return strcasecmp(a, b) == 0 ? 0 : NEAR_MAX;
	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = (uint8_t)(i + k);
				continue;
			}
			d[i][k] = least(d[i - 1][k] + 1, d[i][k - 1] + 1,
			    d[i - 1][k - 1] + (tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[k - 1])));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1, NEAR_MAX);
		}
	return d[n][m];
}

struct conf_near
conf_near(const char *word)
{
	size_t len = strlen(word);

	/* One slip in three letters, and no more than three in all. */
	return (struct conf_near){ word, NULL, len / 3 < 3 ? len / 3 + 1 : 4 };
}

void
conf_near_add(struct conf_near *n, const char *candidate)
{
	size_t len = strlen(n->word), other = strlen(candidate), d = NEAR_MAX;

	/* "warn" for "warning" */
	if (len >= 3 && strncasecmp(n->word, candidate, len) == 0)
		d = 1;
	/* Each letter more or less is a step. */
	else if ((len > other ? len - other : other - len) < n->distance)
		d = distance(n->word, candidate);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}

char *
conf_near_text(const struct conf_near *n, char buf[CONF_HINT_MAX])
{
	buf[0] = '\0';
	if (n->best)
		snprintf(buf, CONF_HINT_MAX, "; did you mean \"%s\"?", n->best);
	return buf;
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

/* What conf_print() writes must be read as the same value again. Quotes would be part of it: a
 * rule with user-class = "iPXE" would match nothing. */
const char *
conf_text_fault(const char *s, size_t len)
{
	if (conf_quoted(s, len))
		return "unexpected quotes; expected the text without them";
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)s[i] < 0x20 && !strchr("\t\n", s[i])) || s[i] == 0x7f)
			return "a control character";
		if ((s[i] == ';' || s[i] == '#') && (i == 0 || strchr(" \t\n", s[i - 1])))
			return "a ; or # here begins a comment in a file; hex: can write it";
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
		return "has a name that is not allowed; expected letters, digits, '.', '_' and "
		    "'-', with a letter, digit or '_' at the beginning";
	if (name[strspn(name, "0123456789.")] == '\0')
		return "has a name that looks like an address; expected one with a letter";
	return NULL;
}
