/* SPDX-License-Identifier: ISC
 *
 * table - lays out and prints columns of text. What is in the cells is left to
 * render.c.
 *
 * All text of a table is one stream in memory, and cells are offsets into it: a
 * table of 1,000 interfaces needs no allocation per cell. The width is fixed
 * and does not depend on the terminal, so that text pasted into a ticket looks
 * the same everywhere.
 */
#include "ctl/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/mem.h"

#define COLUMNS_MAX	10

struct cell {
	size_t at, len;		/* in struct table.text */
	enum tone tone;
};

struct table {
	struct column column[COLUMNS_MAX];
	unsigned n_columns;
	FILE *stream;		/* writes to text */
	char *text;
	size_t len;
	struct cell *cell;	/* the first row has the titles */
	size_t n_cells;
	size_t width[COLUMNS_MAX], gap;
};

struct table *
table_new(const struct column *columns, unsigned n)
{
	struct table *t = mem_got(calloc(1, sizeof(*t)));

	assert(n > 0 && n <= COLUMNS_MAX);
	t->n_columns = n;
	t->stream = mem_got(open_memstream(&t->text, &t->len));
	memcpy(t->column, columns, n * sizeof(*columns));
	for (unsigned i = 0; i < n; i++) {
		fputs(columns[i].title, table_cell(t));
		table_tone(t, TONE_TITLE);
	}
	return t;
}

void
table_free(struct table *t)
{
	fclose(t->stream);
	free(t->text);
	free(t->cell);
	free(t);
}

static void
end_cell(struct table *t)
{
	if (fflush(t->stream) != 0)
		mem_got(NULL);
	if (t->n_cells)
		t->cell[t->n_cells - 1].len = t->len - t->cell[t->n_cells - 1].at;
}

FILE *
table_cell(struct table *t)
{
	end_cell(t);
	t->cell = mem_more(t->cell, t->n_cells, sizeof(*t->cell));
	t->cell[t->n_cells++] = (struct cell){ .at = t->len, .tone = TONE_PLAIN };
	return t->stream;
}

void
table_tone(struct table *t, enum tone tone)
{
	t->cell[t->n_cells - 1].tone = tone;
}

void
table_paint(FILE *out, bool colour, enum tone tone, const char *text, size_t len)
{
	static const char *const start[] = {
		[TONE_PLAIN] = "",
		[TONE_GOOD] = "\033[32m",
		[TONE_BAD] = "\033[1;31m",
		[TONE_TITLE] = "\033[1m",
	};
	bool painted = colour && tone != TONE_PLAIN && len > 0;

	fputs(painted ? start[tone] : "", out);
	fwrite(text, 1, len, out);
	fputs(painted ? "\033[0m" : "", out);
}

static bool
is_too_wide(const struct table *t)
{
	size_t sum = t->gap * (t->n_columns - 1);

	for (unsigned i = 0; i < t->n_columns; i++)
		sum += t->width[i];
	return sum > TABLE_WIDTH;
}

/* Returns the width of the widest column that can still shrink; with force,
 * that includes columns that should not. */
static size_t *
widest_column(struct table *t, bool force)
{
	size_t *found = NULL;

	for (unsigned i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->column[i];
		size_t min = force ? 1 : c->min;

		if (c->right || min == 0 || t->width[i] <= min ||
		    t->width[i] <= strlen(c->title))
			continue;
		if (!found || t->width[i] > *found)
			found = &t->width[i];
	}
	return found;
}

static void
lay_out(struct table *t)
{
	size_t *w;

	for (size_t c = 0; c < t->n_cells; c++) {
		size_t len = t->cell[c].len;

		w = &t->width[c % t->n_columns];
		if (len > *w)
			*w = len < TABLE_WIDTH ? len : TABLE_WIDTH;
	}
	t->gap = 2;
	if (is_too_wide(t))
		t->gap = 1;
	while (is_too_wide(t)) {
		w = widest_column(t, false);
		if (!w)
			w = widest_column(t, true);
		if (!w)
			break;
		--*w;
	}
}

/* Returns how much of the text fits into `width` characters, in whole words if
 * possible. */
static size_t
fitting_part(const char *text, size_t len, size_t width)
{
	size_t n = width;

	if (len <= width)
		return len;
	while (n > 0 && text[n] != ' ')
		n--;
	return n ? n : width;
}

void
table_wrap(FILE *out, const char *text, unsigned indent)
{
	for (;;) {
		size_t n = fitting_part(text, strlen(text), TABLE_WIDTH - indent);

		fprintf(out, "%.*s\n", (int)n, text);
		text += n;
		text += *text == ' ';
		if (!*text)
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

/* Prints one line of a row and removes it from the cells. Returns whether there
 * is more. Blanks are owed until text follows, so that no line ends in them. */
static bool
print_line(const struct table *t, struct cell *row, FILE *out, bool colour)
{
	size_t owed = 0;
	bool more = false;

	for (unsigned i = 0; i < t->n_columns; i++) {
		struct cell *c = &row[i];
		size_t width = t->width[i];
		size_t n = fitting_part(t->text + c->at, c->len, width);
		size_t pad = n < width ? width - n : 0;
		bool right = t->column[i].right;

		if (n > 0) {
			fprintf(out, "%*s", (int)(owed + (right ? pad : 0)), "");
			table_paint(out, colour, c->tone, t->text + c->at, n);
			owed = right ? 0 : pad;
		} else {
			owed += width;
		}
		owed += t->gap;
		n += n < c->len && t->text[c->at + n] == ' ';
		c->at += n;
		c->len -= n;
		more |= c->len > 0;
	}
	fputc('\n', out);
	return more;
}

void
table_print(struct table *t, FILE *out, bool colour)
{
	struct cell row[COLUMNS_MAX];

	end_cell(t);
	lay_out(t);
	for (size_t c = 0; c < t->n_cells; c += t->n_columns) {
		memcpy(row, &t->cell[c], t->n_columns * sizeof(*row));
		while (print_line(t, row, out, colour))
			;
	}
}
