/* SPDX-License-Identifier: ISC
 *
 * table - columns of text for a screen of TABLE_WIDTH characters.
 *
 * Cells are added from left to right, row by row. A cell that is too long is
 * not cut, but continues on the next line, under its own beginning.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_WIDTH	80

enum tone {
	TONE_PLAIN,
	TONE_GOOD,
	TONE_BAD,
	TONE_TITLE
};

struct column {
	const char *title;
	unsigned min;		/* its minimum width; 0: as wide as its cells, unless
				 * the table cannot fit otherwise */
	bool right;		/* aligned to the right */
};

struct table;

/* Copies the columns. */
struct table *table_new(const struct column *columns, unsigned n);
void table_free(struct table *t);

/* Begins the next cell. The caller writes its text, printable and on one line,
 * to the stream. */
FILE *table_cell(struct table *t);
/* Sets the tone of the last cell. */
void table_tone(struct table *t, enum tone tone);
void table_print(struct table *t, FILE *out, bool colour);

/* Folds the text between words to lines of TABLE_WIDTH characters. The first
 * continues at the cursor, which must be in column `indent`; the others begin
 * there. */
void table_wrap(FILE *out, const char *text, unsigned indent);

/* Prints the text, in the tone's colour if colour is true. */
void table_paint(FILE *out, bool colour, enum tone tone, const char *text,
    size_t len);

#endif
