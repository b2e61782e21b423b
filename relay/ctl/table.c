/* SPDX-License-Identifier: ISC
 *
 * table - columns of text for a screen of TABLE_WIDTH characters.
 *
 * What the columns mean is render's business. All text of a table stands in one
 * buffer, and cells remember where: a table of 1,000 interfaces grows that
 * buffer a few times instead of asking for 8,000 pieces of memory.
 *
 * The width is fixed and not the terminal's: what an operator pastes into a ticket
 * looks the same everywhere.
 */
#include "ctl/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"

struct cell {
	size_t at, len;		/* in struct table.text */
	enum tone tone;
};

struct table {
	const struct column *column;	/* borrowed */
	unsigned n_columns;
	char *text;
	size_t len, size;
	struct cell *cell;
	size_t n_cells, max_cells;
};

static void *
grown(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n, size);
	if (!p) {
		fputs("pxrelayctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return p;
}

struct table *
table_new(const struct column *columns, unsigned n)
{
	struct table *t = grown(NULL, 1, sizeof(*t));

	*t = (struct table){ .column = columns, .n_columns = n };
	return t;
}

void
table_free(struct table *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->cell);
	free(t);
}

void
table_cell(struct table *t, enum tone tone)
{
	if (t->n_cells == t->max_cells) {
		t->max_cells = t->max_cells ? t->max_cells * 2 : 64;
		t->cell = grown(t->cell, t->max_cells, sizeof(*t->cell));
	}
	t->cell[t->n_cells++] = (struct cell){ .at = t->len, .tone = tone };
}

/* Where the next len bytes of the last cell go. */
static struct sbuf
room_for(struct table *t, size_t len)
{
	if (t->size - t->len <= len) {
		t->size = (t->len + len + 1) * 2;
		t->text = grown(t->text, t->size, 1);
	}
	return sbuf_init(t->text + t->len, t->size - t->len);
}

static void
took(struct table *t, const struct sbuf *b)
{
	t->len += b->len;
	t->cell[t->n_cells - 1].len += b->len;
}

void
table_add(struct table *t, const char *text)
{
	struct sbuf b = room_for(t, strlen(text));

	sbuf_puts(&b, text);
	took(t, &b);
}

void
table_esc(struct table *t, const void *data, size_t len)
{
	struct sbuf b = room_for(t, len * 4);	/* \xHH for every byte */

	sbuf_screen(&b, data, len);
	took(t, &b);
}

void
table_number(struct table *t, int64_t n)
{
	struct sbuf b = room_for(t, 24);

	sbuf_printf(&b, "%" PRId64, n);
	took(t, &b);
}

void
table_paint(FILE *out, bool colour, enum tone tone, const char *text,
    size_t len)
{
	static const char *const start[] = {
		[TONE_PLAIN] = "",
		[TONE_GOOD] = "\033[32m",
		[TONE_BAD] = "\033[1;31m",
		[TONE_TITLE] = "\033[1m",
	};

	if (!colour || tone == TONE_PLAIN || len == 0) {
		fwrite(text, 1, len, out);
		return;
	}
	fputs(start[tone], out);
	fwrite(text, 1, len, out);
	fputs("\033[0m", out);
}

/* --- how wide ---------------------------------------------------------------- */

static size_t
total(const size_t *width, unsigned n, size_t gap)
{
	size_t sum = gap * (n - 1);

	for (unsigned i = 0; i < n; i++)
		sum += width[i];
	return sum;
}

/* The widest of the columns that can still give; with force, also of those that
 * would rather not. */
static size_t *
widest(const struct table *t, size_t *width, bool force)
{
	size_t *found = NULL;

	for (unsigned i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->column[i];
		size_t min = force ? 1 : c->min;

		if (c->right || min == 0 || width[i] <= min ||
		    width[i] <= strlen(c->title))
			continue;
		if (!found || width[i] > *found)
			found = &width[i];
	}
	return found;
}

/* Returns the gap between two columns. */
static size_t
layout(const struct table *t, size_t *width)
{
	size_t gap = 2, *w;

	assert(t->n_columns > 0);
	for (unsigned i = 0; i < t->n_columns; i++)
		width[i] = strlen(t->column[i].title);
	for (size_t c = 0; c < t->n_cells; c++) {
		size_t len = t->cell[c].len;

		w = &width[c % t->n_columns];
		if (len > *w)
			*w = len < TABLE_WIDTH ? len : TABLE_WIDTH;
	}
	if (total(width, t->n_columns, gap) > TABLE_WIDTH)
		gap = 1;
	while (total(width, t->n_columns, gap) > TABLE_WIDTH &&
	    ((w = widest(t, width, false)) || (w = widest(t, width, true))))
		--*w;
	return gap;
}

/* --- printing ------------------------------------------------------------------ */

/* How much of the text goes into a line of `width` characters: whole words if possible. */
static size_t
part_of(const char *text, size_t len, size_t width)
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
	size_t n;

	for (;;) {
		n = part_of(text, strlen(text), TABLE_WIDTH - indent);
		fprintf(out, "%.*s\n", (int)n, text);
		text += n;
		text += *text == ' ';
		if (!*text)
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

/* One line of a row; takes from the cells what it printed. Blanks are owed
 * until something stands behind them, so that no line ends in them. */
static void
print_line(const struct table *t, struct cell *row, const size_t *width,
    size_t gap, FILE *out, bool colour)
{
	size_t owed = 0;

	for (unsigned i = 0; i < t->n_columns; i++) {
		struct cell *c = &row[i];
		size_t n = part_of(t->text + c->at, c->len, width[i]);
		size_t pad = n < width[i] ? width[i] - n : 0;
		bool right = t->column[i].right;

		if (n > 0) {
			fprintf(out, "%*s", (int)(owed + (right ? pad : 0)), "");
			table_paint(out, colour, c->tone, t->text + c->at, n);
			owed = right ? 0 : pad;
		} else {
			owed += width[i];
		}
		owed += gap;
		c->at += n;
		c->len -= n;
		if (c->len > 0 && t->text[c->at] == ' ') {
			c->at++;
			c->len--;
		}
	}
	fputc('\n', out);
}

static bool
row_done(const struct cell *row, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (row[i].len > 0)
			return false;
	return true;
}

static void
print_titles(const struct table *t, const size_t *width, size_t gap, FILE *out,
    bool colour)
{
	size_t owed = 0;

	for (unsigned i = 0; i < t->n_columns; i++) {
		const char *title = t->column[i].title;
		size_t pad = width[i] - strlen(title);
		bool right = t->column[i].right;

		fprintf(out, "%*s", (int)(owed + (right ? pad : 0)), "");
		table_paint(out, colour, TONE_TITLE, title, strlen(title));
		owed = gap + (right ? 0 : pad);
	}
	fputc('\n', out);
}

void
table_print(const struct table *t, FILE *out, bool colour)
{
	size_t *width = grown(NULL, t->n_columns, sizeof(*width));
	struct cell *row = grown(NULL, t->n_columns, sizeof(*row));
	size_t gap = layout(t, width);

	print_titles(t, width, gap, out, colour);
	for (size_t c = 0; c < t->n_cells; c += t->n_columns) {
		memcpy(row, &t->cell[c], t->n_columns * sizeof(*row));
		do
			print_line(t, row, width, gap, out, colour);
		while (!row_done(row, t->n_columns));
	}
	free(row);
	free(width);
}
