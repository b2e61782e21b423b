/* SPDX-License-Identifier: ISC
 *
 * table - columns of text for a screen of TABLE_WIDTH characters.
 *
 * Cells are added from left to right, row after row. Nothing is left out to make it
 * fit: a cell that is too long goes on in the next line, under its own beginning.
 * When memory is short, the program ends with a message.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
	unsigned min;		/* how narrow it may become; 0: as wide as its cells,
				 * unless the table fits in no other way */
	bool right;		/* numbers stand to the right */
};

struct table;

/* columns is borrowed for as long as the table lives. */
struct table *table_new(const struct column *columns, unsigned n);
void table_free(struct table *t);	/* NULL-safe */

/* The next cell, empty, and then what stands in it. */
void table_cell(struct table *t, enum tone tone);
void table_add(struct table *t, const char *text);	/* our own words */
void table_esc(struct table *t, const void *data, size_t len); /* anybody's */
void table_number(struct table *t, int64_t n);		/* all digits */

void table_print(const struct table *t, FILE *out, bool colour);

/* The text on lines of TABLE_WIDTH characters, folded between words: the first goes on where
 * the cursor is, in column `indent`, and the others begin there. */
void table_wrap(FILE *out, const char *text, unsigned indent);

/* In colour if there is to be one. text is printed as it is. */
void table_paint(FILE *out, bool colour, enum tone tone, const char *text,
    size_t len);

#endif
