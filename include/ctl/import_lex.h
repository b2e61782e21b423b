/* SPDX-License-Identifier: ISC
 *
 * import_lex - lines and words of a configuration file, as plain lines or as a
 * shell reads them. What the words mean is the readers' business.
 */
#ifndef CTL_IMPORT_LEX_H
#define CTL_IMPORT_LEX_H

#include <stdbool.h>
#include <stddef.h>

/* --- plain lines --- */

struct import_lines {
	const char *p, *end;	/* what is left, borrowed */
	char *text;		/* the line: NUL-terminated, without its end */
	size_t size;		/* of the buffer for it */
	int line;		/* its number */
};

void import_lines_init(struct import_lines *l, const char *text, size_t len);
void import_lines_fini(struct import_lines *l);
/* The next line in l->text. A NUL byte in it becomes a byte 1. */
bool import_lines_next(struct import_lines *l);

/* Cuts the next word off *rest; NULL when there is none. */
char *import_word(char **rest);
/* Without the blanks around it. */
char *import_trim(char *text);

/* --- what a shell makes of it --- */

struct import_shword {
	char *text;
	int line;
};

struct import_shell {
	const char *p, *end;	/* borrowed */
	int line;
	char *buf;		/* the words of the command */
	size_t used;
	struct import_shword *word;
	size_t n, max;
	bool open_quote;	/* one that never ended was met */
};

void import_shell_init(struct import_shell *s, const char *text, size_t len);
void import_shell_fini(struct import_shell *s);
/* The words of the next command, in s->word: quotes, comments and lines that go on
 * are dealt with, variables are not. NUL separates words, as in
 * /proc/PID/cmdline. */
bool import_shell_next(struct import_shell *s);

#endif
