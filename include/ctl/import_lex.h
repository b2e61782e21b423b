/* SPDX-License-Identifier: ISC
 *
 * import_lex - splits a configuration file into words, by blanks or as a shell does.
 */
#ifndef CTL_IMPORT_LEX_H
#define CTL_IMPORT_LEX_H

#include <stdbool.h>
#include <stddef.h>

/* A NUL-terminated copy of the text without byte order mark and carriage returns at line
 * ends; NUL bytes become `nul`. The caller frees it. */
char *import_copy(const char *text, size_t len, char nul);

/* Cuts the next word off *rest; NULL when there is none. */
char *import_word(char **rest);
/* Removes blanks at both ends. */
char *import_trim(char *text);

struct import_shword {
	char *text;
	int line;
};

struct import_shell {
	const char *p;		/* what is left, borrowed */
	int line;
	char *buf, *out;	/* all words so far; where the next one goes */
	struct import_shword *word;	/* of the current command */
	size_t n;
	bool open_quote;	/* a quote is never closed */
};

void import_shell_init(struct import_shell *s, const char *text);
void import_shell_fini(struct import_shell *s);
/* Puts the words of the next command into s->word; false at the end. Handles quotes, comments
 * and continued lines, but not variables. Words stay valid until import_shell_fini(). */
bool import_shell_next(struct import_shell *s);

#endif
