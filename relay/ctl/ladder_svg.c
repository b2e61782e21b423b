/* SPDX-License-Identifier: ISC
 *
 * ladder_svg - draws the ladder that ladder.c prints, for the report. A step is a line of
 * text above an arrow; a server whose name does not fit beside the text is below it. It
 * is as wide as a narrow telephone, and grows with the page, so text never gets small.
 */
#include "ctl/ladder.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "ctl/html.h"

/* In units of the drawing. */
#define WIDTH	360
#define CLIENT	54
#define RELAY	203
#define SERVER	350
#define TOP	22	/* of the first step, below the titles */
#define STEP	28
#define WRAPPED	16	/* more for a second line of text */
#define HEAD	6	/* of an arrow */
/* Characters of 12 units in a monospace font that fit between CLIENT and SERVER. */
#define FITS	38

/* Up to two arrows; a way that ends in a cross was dropped there. */
static const struct {
	int from, to, from_next, to_next;
	bool dropped;
} arrows[] = {
	[WAY_REQUEST] = { CLIENT, RELAY, RELAY, SERVER, false },
	[WAY_REPLY] = { SERVER, RELAY, RELAY, CLIENT, false },
	[WAY_RELAY] = { RELAY, SERVER, 0, 0, false },
	[WAY_ROUTED_REQUEST] = { CLIENT, SERVER, 0, 0, false },
	[WAY_ROUTED_REPLY] = { SERVER, CLIENT, 0, 0, false },
	[WAY_ON_VLAN] = { RELAY - 14, CLIENT, 0, 0, false },
	[WAY_DROP] = { CLIENT, RELAY - 8, 0, 0, true },
	[WAY_DROP_REPLY] = { SERVER, RELAY + 8, 0, 0, true },
	[WAY_UNKNOWN] = { 0, 0, 0, 0, false },
};

static void
draw_arrow(FILE *out, int from, int to, int y)
{
	int back = to > from ? -HEAD : HEAD;

	if (from == to)
		return;
	fprintf(out, "<path d=\"M%d %dH%dM%d %dl%d -4v8z\"/>", from, y, to + back, to, y, back);
}

static bool
is_wrapped(const struct ladder_step *s)
{
	return *s->peer && strlen(s->label) + strlen(s->peer) > FITS;
}

/* Draws it, or (no file) only returns its height. */
static int
draw_step(FILE *out, const json_t *e, int y)
{
	struct ladder_step s;
	int arrow, peer;

	ladder_step(&s, e);
	peer = y + (is_wrapped(&s) ? 31 : 10);
	arrow = y + 17;
	if (!out)
		return STEP + (is_wrapped(&s) ? WRAPPED : 0);
	fprintf(out, "<g class=\"%s\">", arrows[s.way].dropped ? "bad" : "step");
	fprintf(out, "<text class=\"time\" x=\"%d\" y=\"%d\">", CLIENT - 8, y + 10);
	html(out, "%s</text>", s.time);
	fprintf(out, "<text x=\"%d\" y=\"%d\">", CLIENT + 6, y + 10);
	html(out, "%s</text>", s.label);
	if (*s.peer) {
		fprintf(out, "<text class=\"peer\" x=\"%d\" y=\"%d\">", SERVER - 6, peer);
		html(out, "%s</text>", s.peer);
	}
	draw_arrow(out, arrows[s.way].from, arrows[s.way].to, arrow);
	draw_arrow(out, arrows[s.way].from_next, arrows[s.way].to_next, arrow);
	if (arrows[s.way].dropped)
		fprintf(out, "<path d=\"M%d %dl8 8m0 -8l-8 8\"/>", RELAY - 4, arrow - 4);
	fputs("</g>\n", out);
	return 0;
}

static int
draw(FILE *out, const json_t *e, int y)
{
	json_int_t lost = ladder_lost(e);

	if (!lost)
		return draw_step(out, e, y);
	if (out)
		fprintf(out, "<text x=\"%d\" y=\"%d\">... %" PRId64 " more ...</text>\n",
		    CLIENT + 6, y + 14, (int64_t)lost);
	return STEP;
}

static void
draw_lines(FILE *out, int height)
{
	static const struct {
		int x;
		const char *name, *anchor;
	} lines[] = {
		{ CLIENT, "machine", "middle" }, { RELAY, "relay", "middle" },
		{ SERVER, "servers", "end" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(out, "<path class=\"line\" d=\"M%d 16V%d\"/>"
		    "<text class=\"title\" text-anchor=\"%s\" x=\"%d\" y=\"11\">%s</text>\n",
		    lines[i].x, height, lines[i].anchor, lines[i].x, lines[i].name);
}

void
ladder_svg(FILE *out, const json_t *events)
{
	const json_t *e;
	int height = TOP;
	size_t i;

	json_array_foreach(events, i, e)
		height += draw(NULL, e, 0);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"messages between "
	    "the machine, the relay and servers\">\n", WIDTH, height + 4);
	draw_lines(out, height);
	height = TOP;
	json_array_foreach(events, i, e) {
		(void)draw(out, e, height);
		height += draw(NULL, e, 0);
	}
	fputs("</svg>\n", out);
}
