/* SPDX-License-Identifier: ISC
 *
 * watch - see include/ctl/watch.h.
 *
 * The daemon keeps no state for those who watch: a list of at most 200 boots comes once a second,
 * and the difference is made here. Only the last list is remembered, so a watch that runs for
 * months does not grow. A storm of more than 200 boots in a second is not shown in full; show
 * counters has it.
 */
#include "ctl/watch.h"

#include <string.h>

#include "base/sbuf.h"
#include "ctl/render.h"
#include "ctl/table.h"

#define FIRST_ROWS	10	/* like tail -f */

static void
print_word(const json_t *row, const char *key, const char *before, FILE *out)
{
	const char *s = render_word(row, key);

	fputs(before, out);
	render_str(out, *s ? s : "-");
}

static void
print_row(const struct watch *w, const json_t *row, time_t now, FILE *out)
{
	time_t then = now - (time_t)json_integer_value(json_object_get(row, "age-s"));
	bool failed = json_is_true(json_object_get(row, "failed"));
	char clock[16] = "--:--:--", verdict[128];
	struct sbuf b = sbuf_init(verdict, sizeof(verdict));
	struct tm tm;

	if (w->json) {
		json_dumpf(row, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputc('\n', out);
		return;
	}
	if (localtime_r(&then, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fputs(clock, out);
	print_word(row, "mac", " ", out);
	print_word(row, "interface", " ", out);
	print_word(row, "arch", " ", out);
	sbuf_esc(&b, render_word(row, "verdict"), strlen(render_word(row, "verdict")));
	fputc(' ', out);
	table_paint(out, w->colour, failed ? TONE_BAD : TONE_PLAIN, b.s, b.len);
	if (*render_word(row, "file"))
		print_word(row, "file", " ", out);
	if (*render_word(row, "server"))
		print_word(row, *render_word(row, "server-name") ? "server-name" : "server",
		    " on ", out);
	fputc('\n', out);
}

/* A row is new if its conversation or its verdict is. */
static json_t *
state_of(const json_t *row)
{
	return json_pack("[O*, O*]", json_object_get(row, "xid"),
	    json_object_get(row, "verdict"));
}

bool
watch_step(struct watch *w, const json_t *doc, time_t now, FILE *out)
{
	const json_t *rows = json_object_get(doc, "boots");
	json_t *seen;
	size_t n = json_array_size(rows);

	if (!json_is_array(rows))
		return false;
	seen = json_object();
	for (size_t i = n; i-- > 0;) {	/* the document has the youngest first */
		const json_t *row = json_array_get(rows, i);
		const char *mac = render_word(row, "mac");
		json_t *state;
		bool fresh;

		if (!*mac)
			continue;
		state = state_of(row);
		fresh = w->seen ? !json_equal(state, json_object_get(w->seen, mac)) :
		    i < FIRST_ROWS;
		json_object_set_new(seen, mac, state);
		if (fresh)
			print_row(w, row, now, out);
	}
	json_decref(w->seen);
	w->seen = seen;
	return true;
}
