/* SPDX-License-Identifier: ISC
 *
 * watch - see include/ctl/watch.h. The daemon keeps nothing for those who watch: a
 * list of at most 200 boots comes once a second, and the difference is made here. What
 * is remembered is the last list only, so a watch that runs for months does not grow.
 * A storm of more than 200 boots in a second is not shown whole; show counters has it.
 */
#include "ctl/watch.h"

#include <string.h>

#include "base/sbuf.h"
#include "ctl/render.h"
#include "ctl/table.h"

#define FIRST_ROWS	10	/* like tail -f */

static const json_t *
text(const json_t *row, const char *key)
{
	const json_t *s = json_object_get(row, key);

	return json_is_string(s) ? s : NULL;
}

static void
print_text(const json_t *row, const char *key, const char *before, FILE *out)
{
	const json_t *s = text(row, key);

	fputs(before, out);
	if (s)
		render_esc(out, json_string_value(s), json_string_length(s));
	else
		fputc('-', out);
}

static void
print_verdict(const struct watch *w, const json_t *row, FILE *out)
{
	bool failed = json_is_true(json_object_get(row, "failed"));
	const json_t *s = text(row, "verdict");
	char buf[128];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (s)
		sbuf_esc(&b, json_string_value(s), json_string_length(s));
	fputc(' ', out);
	table_paint(out, w->colour, failed ? TONE_BAD : TONE_PLAIN, b.s, b.len);
}

static void
print_row(const struct watch *w, const json_t *row, time_t now, FILE *out)
{
	time_t then = now - (time_t)json_integer_value(json_object_get(row, "age-s"));
	struct tm tm;
	char clock[16] = "--:--:--";

	if (w->json) {
		json_dumpf(row, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputc('\n', out);
		return;
	}
	if (localtime_r(&then, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fputs(clock, out);
	print_text(row, "mac", " ", out);
	print_text(row, "interface", " ", out);
	print_text(row, "arch", " ", out);
	print_verdict(w, row, out);
	if (text(row, "file"))
		print_text(row, "file", " ", out);
	if (text(row, "server"))
		print_text(row, text(row, "server-name") ? "server-name" : "server",
		    " on ", out);
	fputc('\n', out);
}

/* What makes a row another than the one before: the conversation and its verdict. */
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
	for (size_t i = n; i-- > 0;) {	/* youngest first there, last here */
		const json_t *row = json_array_get(rows, i);
		const json_t *mac = text(row, "mac");
		json_t *state;
		bool fresh;

		if (!mac)
			continue;
		state = state_of(row);
		fresh = w->seen ? !json_equal(state, json_object_get(w->seen,
		    json_string_value(mac))) : i < FIRST_ROWS;
		json_object_set_new(seen, json_string_value(mac), state);
		if (fresh)
			print_row(w, row, now, out);
	}
	json_decref(w->seen);
	w->seen = seen;
	return true;
}
