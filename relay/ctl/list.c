/* SPDX-License-Identifier: ISC
 *
 * list - see include/ctl/list.h. Packets wait while the daemon makes a list, so it gives
 * 200 rows at a time, each time beginning after the client where the last one ended. A
 * client that was heard in between may come twice, and is shown once.
 */
#include "ctl/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "ctl/render.h"

/* Ten times as many as a daemon's memory has pages. */
#define PAGES_MAX	50000

int64_t
list_since(const char *text)
{
	static const struct {
		const char *unit;
		int64_t s;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	char *end;
	long n = strtol(text, &end, 10);

	for (size_t i = 0; i < COUNT(units) && end > text && n > 0 && n < 1000000; i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].s;
	return 0;
}

bool
list_is_filtered(const struct list_args *f)
{
	return *f->filter || f->failed || f->since_s;
}

static bool
is_mac(const char *wanted, const char *mac)
{
	uint8_t a[16], b[16];
	size_t n = hwaddr_parse(wanted, a, sizeof(a));

	return n && n == hwaddr_parse(mac, b, sizeof(b)) && memcmp(a, b, n) == 0;
}

/* Does the row have the value of a filter? Rows of a list of interfaces or servers have
 * their own name. */
static bool
has(const json_t *row, const char *what, const char *key, const char *value)
{
	if (strcmp(key, "mac") == 0)
		return is_mac(value, render_word(row, "mac"));
	if (strcmp(key, "interface") == 0)
		return conf_glob(value, render_word(row, strcmp(what, "interfaces") == 0 ?
		    "name" : "interface"));
	return strcmp(value, render_word(row, "name")) == 0 ||
	    strcmp(value, render_word(row, "address")) == 0 ||
	    strcmp(value, render_word(row, "server")) == 0 ||
	    strcmp(value, render_word(row, "server-name")) == 0;
}

/* Several filters of a kind: one must hold; of several kinds, one of each. */
static bool
is_wanted(const struct list_args *f, const json_t *row, const char *what)
{
	static const char *const keys[] = { "mac", "interface", "server" };
	bool asked[COUNT(keys)] = { false }, found[COUNT(keys)] = { false };
	char text[1024], *rest = text, *word;

	if ((f->failed && !render_is_bad(row)) ||
	    (f->since_s && (!json_object_get(row, "age-s") ||
	    render_number(row, "age-s") > f->since_s)))
		return false;
	snprintf(text, sizeof(text), "%s", f->filter);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		for (size_t i = 0; value && i < COUNT(keys); i++)
			if (strncmp(word, keys[i], (size_t)(value - word)) == 0) {
				asked[i] = true;
				found[i] |= has(row, what, keys[i], value + 1);
			}
	}
	for (size_t i = 0; i < COUNT(keys); i++)
		if (asked[i] && !found[i])
			return false;
	return true;
}

void
list_filter(const struct list_args *f, json_t *doc, const char *what)
{
	json_t *rows = json_object_get(doc, what), *kept, *row;
	size_t i;

	if (!list_is_filtered(f) || !json_is_array(rows))
		return;
	kept = json_array();
	json_array_foreach(rows, i, row)
		if (is_wanted(f, row, what))
			json_array_append(kept, row);
	json_object_set_new(doc, what, kept);
}

/* Adds the rows that are not there yet. */
static void
add_rows(json_t *all, json_t *seen, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		char key[128];

		snprintf(key, sizeof(key), "%s %s", render_word(row, "mac"),
		    render_word(row, "interface"));
		if (json_object_get(seen, key))
			continue;
		json_object_set_new(seen, key, json_true());
		json_array_append(all, (json_t *)(uintptr_t)row);
	}
}

json_t *
list_all(const char *line, doctor_ask_fn *ask, void *user, int *status)
{
	const char *what = strrchr(line, ' ') + 1;
	char next[256];
	json_t *doc = ask(user, line, status), *all, *seen;

	if (!*render_word(doc, "after"))
		return doc;
	all = json_array();
	seen = json_object();
	for (int i = 0; doc && i < PAGES_MAX; i++) {
		add_rows(all, seen, json_object_get(doc, what));
		if (!*render_word(doc, "after"))
			break;
		snprintf(next, sizeof(next), "%s after %s", line, render_word(doc, "after"));
		json_decref(doc);
		doc = ask(user, next, status);
	}
	if (json_is_array(json_object_get(doc, what)))
		json_object_set(doc, what, all);
	json_decref(all);
	json_decref(seen);
	return doc;
}
