/* SPDX-License-Identifier: ISC
 *
 * render - prints documents as tables and sentences. relay/show makes the
 * documents, and table.c lays out the columns.
 *
 * A screen is a list of fields: title, key in the document, and the function
 * that makes a cell of it. The meaning of counters and drop reasons comes from
 * our own tables, so the daemon need not send it.
 */
#include "ctl/render.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/mem.h"
#include "ctl/table.h"
#include "proto/names.h"

#define FIELDS_MAX 10

/* Writes the cell and returns its tone. */
typedef enum tone cell_fn(FILE *out, const json_t *row, const char *key);

enum where {
	FULL = 1,	/* `show WHAT` */
	TOP = 2,	/* `show`: the first rows */
	BOTH = 3,
	BOOTS = 4,	/* `show boots`, which shares the fields of clients */
	FILED = 8	/* the boots in capture files */
};

struct field {
	struct column column;
	const char *key;
	cell_fn *cell;
	enum where where;
};

struct screen {
	const char *what;	/* of `show WHAT`, and the key in the document */
	const struct field *field;
	unsigned n;
	size_t top;		/* rows in `show` */
	enum where where;	/* in `show WHAT` */
};

void
render_esc(FILE *out, const char *text, size_t len)
{
	char *buf = mem_got(malloc(len * 4 + 1));	/* \xHH for every byte */
	struct sbuf b = sbuf_init(buf, len * 4 + 1);

	sbuf_screen(&b, text, len);
	fwrite(b.s, 1, b.len, out);
	free(buf);
}

void
render_printf(FILE *out, const char *fmt, ...)
{
	char *text;
	bool line = fmt[strlen(fmt) - 1] == '\n';
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		mem_got(NULL);
	render_esc(out, text, (size_t)len - line);
	fputs(line ? "\n" : "", out);
	free(text);
}

void
render_json(const json_t *doc, FILE *out)
{
	json_dumpf(doc, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', out);
}

const char *
render_word(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

const char *
render_known(const json_t *object, const char *key)
{
	const char *s = render_word(object, key);

	return *s ? s : "-";
}

const char *
render_server_of(const json_t *object)
{
	const char *name = render_word(object, "server-name");

	return *name ? name : render_word(object, "server");
}

json_int_t
render_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *
render_duration(int64_t s, char buf[DURATION_STRLEN])
{
	int64_t unit = s >= 172800 ? 86400 : s >= 7200 ? 3600 : s >= 180 ? 60 : 1;

	snprintf(buf, DURATION_STRLEN, "%" PRId64 " %s", s / unit, unit == 86400 ? "d" :
	    unit == 3600 ? "h" : unit == 60 ? "min" : "s");
	return buf;
}

static void
put_text(FILE *out, const json_t *s)
{
	if (json_string_length(s) > 0)
		render_esc(out, json_string_value(s), json_string_length(s));
	else
		fputc('-', out);
}

/* Prints "before a b c", or nothing for an empty list. */
static void
put_names(FILE *out, const char *before, const json_t *names)
{
	size_t i;
	const json_t *name;

	json_array_foreach(names, i, name) {
		fputs(i ? " " : before, out);
		put_text(out, name);
	}
}

/* Returns at most five characters: in overviews the magnitude matters more than
 * the last digit. `show counters` and --json have all digits. */
static const char *
count_text(int64_t n, char text[24])
{
	unsigned unit = 1;

	if (n < 100000) {
		snprintf(text, 24, "%" PRId64, n);
		return text;
	}
	for (; n >= 1000000; n /= 1000)
		unit++;
	if (n < 100000)
		snprintf(text, 24, "%d.%d%c", (int)(n / 1000), (int)(n % 1000 / 100),
		    " kMGTPE"[unit]);
	else
		snprintf(text, 24, "%d%c", (int)(n / 1000), " kMGTPE"[unit]);
	return text;
}

static bool
is_word(const json_t *row, const char *key, const char *word)
{
	return strcmp(render_word(row, key), word) == 0;
}

static enum tone
text_cell(FILE *out, const json_t *row, const char *key)
{
	put_text(out, json_object_get(row, key));
	return TONE_PLAIN;
}

static enum tone
count_cell(FILE *out, const json_t *row, const char *key)
{
	const json_t *n = json_object_get(row, key);
	char text[24];

	fputs(json_is_integer(n) ? count_text(json_integer_value(n), text) : "-",
	    out);
	return TONE_PLAIN;
}

static enum tone
digits_cell(FILE *out, const json_t *row, const char *key)
{
	const json_t *n = json_object_get(row, key);

	if (json_is_integer(n))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(n));
	else
		fputc('-', out);
	return TONE_PLAIN;
}

/* Returns the health of a server in place of "reachable", which says less. */
static const json_t *
state_of(const json_t *row)
{
	const json_t *health = json_object_get(row, "health");

	return json_is_string(health) && !is_word(row, "state", "no-route") ?
	    health : json_object_get(row, "state");
}

static enum tone
tone_of(const json_t *row)
{
	static const struct {
		const char *state;
		enum tone tone;
	} tones[] = {
		{ "ready", TONE_GOOD }, { "reachable", TONE_GOOD },
		{ "up", TONE_GOOD }, { "down", TONE_BAD },
		{ "absent", TONE_BAD }, { "no-address", TONE_BAD }, { "no-route", TONE_BAD },
	};
	const char *state = json_string_value(state_of(row));

	for (size_t i = 0; state && i < COUNT(tones); i++)
		if (strcmp(state, tones[i].state) == 0)
			return tones[i].tone;
	return TONE_PLAIN;
}

static enum tone
state_cell(FILE *out, const json_t *row, const char *key)
{
	(void)key;
	put_text(out, state_of(row));
	return tone_of(row);
}

static enum tone
names_cell(FILE *out, const json_t *row, const char *key)
{
	const json_t *names = json_object_get(row, key);

	if (json_array_size(names) == 0)
		fputc('-', out);
	put_names(out, "", names);
	return TONE_PLAIN;
}

/* Shows where a drop reason occurred: "requests", several places with counts, or
 * for most nothing. */
static enum tone
among_cell(FILE *out, const json_t *row, const char *key)
{
	json_t *by = json_object_get(row, key), *drops;
	const char *word = render_word(row, "word"), *place, *blank = "";
	size_t n = 0;

	json_object_foreach(by, place, drops)
		n += json_object_get(drops, word) != NULL;
	json_object_foreach(by, place, drops) {
		const json_t *count = json_object_get(drops, word);
		char text[24];

		if (!count)
			continue;
		render_printf(out, "%s%s%s%s", blank, place, n > 1 ? "=" : "",
		    n > 1 ? count_text(json_integer_value(count), text) : "");
		blank = " ";
	}
	return TONE_PLAIN;
}

/* Shows "-" for a counter or drop reason of a newer daemon that we do not know. */
static enum tone
meaning_cell(FILE *out, const json_t *row, const char *key)
{
	const char *word = render_word(row, key), *meaning = "-";

	for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (strcmp(drop_word((enum drop)i), word) == 0)
			meaning = drop_sentence((enum drop)i);
	for (int i = 0; i < COUNTER_MAX; i++)
		if (strcmp(counter_word((enum counter)i), word) == 0)
			meaning = counter_sentence((enum counter)i);
	fputs(meaning, out);
	return TONE_PLAIN;
}

static enum tone
conf_cell(FILE *out, const json_t *row, const char *key)
{
	const char *port = render_word(row, "inherited-from");

	render_printf(out, "[%s]%s%s", render_known(row, key), *port ? " of " : "", port);
	put_names(out, " servers ", json_object_get(row, "servers"));
	put_names(out, " dhcp ", json_object_get(row, "dhcp"));
	put_names(out, " boot ", json_object_get(row, "boot"));
	if (json_is_true(json_object_get(row, "option82")))
		fputs(" option82", out);
	return TONE_PLAIN;
}

static enum tone
class_cell(FILE *out, const json_t *row, const char *key)
{
	bool dhcp = json_is_true(json_object_get(row, "dhcp"));
	bool boot = json_is_true(json_object_get(row, "boot"));

	(void)key;
	fputs(dhcp && boot ? "both" : dhcp ? "dhcp" : boot ? "boot" : "-", out);
	return TONE_PLAIN;
}

/* Shows why it is down and for how long, probes that it does not answer though
 * it replies to clients, counts that are 0 for most servers, and our address
 * towards it. */
static enum tone
remarks_cell(FILE *out, const json_t *row, const char *key)
{
	static const char *const rare[] = { "naks", "dropped", "errors" };
	const json_t *since = json_object_get(row, "since-s"), *probe;
	const char *diag = render_word(row, "diag"), *source = render_word(row, "source");
	const json_t *probes = json_is_true(json_object_get(row, "misconfigured")) ?
	    json_object_get(row, "probes") : NULL;
	const char *comma = "";
	char text[DURATION_STRLEN];
	size_t i;

	(void)key;
	if (is_word(row, "health", "down") && *diag) {
		render_printf(out, "%s", diag);
		if (json_is_integer(since))
			fprintf(out, " for %s",
			    render_duration(json_integer_value(since), text));
		comma = ", ";
	}
	json_array_foreach(probes, i, probe)
		if (is_word(probe, "last", "timeout") ||
		    is_word(probe, "last", "failed")) {
			render_printf(out, "%sanswers clients but not probe %s", comma,
			    render_known(probe, "probe"));
			comma = ", ";
		}
	if (render_number(row, "sent") > 0 && render_number(row, "replies") == 0) {
		fprintf(out, "%snever answered", comma);
		comma = ", ";
	}
	for (i = 0; i < COUNT(rare); i++) {
		json_int_t n = render_number(row, rare[i]);

		if (n == 0)
			continue;
		fprintf(out, "%s%s %s", comma, count_text(n, text), rare[i]);
		comma = ", ";
	}
	if (*source && tone_of(row) != TONE_BAD)
		render_printf(out, "%sfrom %s", comma, source);
	return TONE_PLAIN;
}

static enum tone
age_cell(FILE *out, const json_t *row, const char *key)
{
	const json_t *s = json_object_get(row, key);
	char text[DURATION_STRLEN];

	fputs(json_is_integer(s) ? render_duration(json_integer_value(s), text) : "-",
	    out);
	return TONE_PLAIN;
}

/* Shows "10:11:12" of "2026-12-01 10:11:12". */
static enum tone
clock_cell(FILE *out, const json_t *row, const char *key)
{
	const char *at = render_known(row, key), *clock = strchr(at, ' ');

	render_printf(out, "%s", clock ? clock + 1 : at);
	return TONE_PLAIN;
}

/* Shows the last lease of each family. */
static enum tone
address_cell(FILE *out, const json_t *row, const char *key)
{
	const char *four = render_word(row, key), *six = render_word(row, "address6");

	render_printf(out, "%s%s%s", *six ? four : render_known(row, key),
	    *four && *six ? " " : "", six);
	return TONE_PLAIN;
}

static enum tone
verdict_cell(FILE *out, const json_t *row, const char *key)
{
	put_text(out, json_object_get(row, key));
	return json_is_true(json_object_get(row, "failed")) ? TONE_BAD : TONE_PLAIN;
}

/* Shows "lpxelinux.0 on wds-1", or "on wds-1" if the file is not known. */
static enum tone
file_cell(FILE *out, const json_t *row, const char *key)
{
	const char *file = render_word(row, key), *server = render_server_of(row);

	if (*server)
		render_printf(out, *file ? "%s on %s" : "%son %s", file, server);
	else
		render_printf(out, "%s", render_known(row, key));
	return TONE_PLAIN;
}

/* With these minimum widths, usual rows fit into 80 characters unfolded: the
 * kernel allows names of 15 characters, and an address has as many. */
static const struct field interface_fields[] = {
	{ { "INTERFACE", 15, false }, "name", text_cell, BOTH },
	{ { "STATE", 0, false }, "state", state_cell, BOTH },
	{ { "ADDRESS", 15, false }, "giaddr", names_cell, BOTH },
	{ { "REQUESTS", 0, true }, "requests", count_cell, BOTH },
	{ { "RELAYED", 0, true }, "relayed", count_cell, TOP },
	{ { "REPLIES", 0, true }, "replies", count_cell, BOTH },
	{ { "DROPS", 0, true }, "drops", count_cell, BOTH },
	{ { "CONFIGURATION", 13, false }, "pattern", conf_cell, FULL },
};

static const struct field server_fields[] = {
	{ { "SERVER", 8, false }, "name", text_cell, BOTH },
	{ { "ADDRESS", 0, false }, "address", text_cell, BOTH },
	{ { "FOR", 0, false }, NULL, class_cell, BOTH },
	{ { "STATE", 0, false }, "state", state_cell, BOTH },
	{ { "SENT", 0, true }, "sent", count_cell, BOTH },
	{ { "REPLIES", 0, true }, "replies", count_cell, BOTH },
	{ { "OFFERS", 0, true }, "offers", count_cell, FULL },
	{ { "ACKS", 0, true }, "acks", count_cell, FULL },
	{ { "REMARKS", 13, false }, NULL, remarks_cell, BOTH },
};

static const struct field rule_fields[] = {
	{ { "RULE", 8, false }, "name", text_cell, FULL },
	{ { "HITS", 0, true }, "hits", count_cell, FULL },
};

static const struct field client_fields[] = {
	{ { "CLIENT", 17, false }, "mac", text_cell, FULL | BOOTS | FILED },
	{ { "INTERFACE", 8, false }, "interface", text_cell, FULL | BOOTS | FILED },
	{ { "ARCH", 5, false }, "arch", text_cell, FULL | BOOTS | FILED },
	{ { "FAMILY", 5, false }, "family", text_cell, FULL },
	{ { "ADDRESS", 7, false }, "address", address_cell, FULL },
	{ { "FILE", 10, false }, "file", file_cell, BOOTS | FILED },
	{ { "VERDICT", 8, false }, "verdict", verdict_cell, FULL | BOOTS | FILED },
	{ { "AGE", 0, true }, "age-s", age_cell, FULL | BOOTS },
	{ { "AT", 0, false }, "at", clock_cell, FILED },
};

static const struct field counter_fields[] = {
	{ { "COUNTER", 8, false }, "word", text_cell, FULL },
	{ { "DHCPV4", 0, true }, "count", digits_cell, FULL },
	{ { "DHCPV6", 0, true }, "count6", digits_cell, FULL },
	{ { "MEANING", 13, false }, "word", meaning_cell, FULL },
};

static const struct field drop_fields[] = {
	{ { "DROPS", 8, false }, "word", text_cell, BOTH },
	{ { "DHCPV4", 0, true }, "count", digits_cell, BOTH },
	{ { "DHCPV6", 0, true }, "count6", digits_cell, BOTH },
	{ { "MEANING", 13, false }, "word", meaning_cell, BOTH },
	{ { "AMONG", 13, false }, "by", among_cell, BOTH },
};

/* With all titles and blank lines, `show` has 23 lines unless some are folded. */
static const struct screen screens[] = {
	{ "interfaces", interface_fields, COUNT(interface_fields), 6, FULL },
	{ "servers", server_fields, COUNT(server_fields), 4, FULL },
	{ "drops", drop_fields, COUNT(drop_fields), 3, FULL },
	{ "rules", rule_fields, COUNT(rule_fields), 0, FULL },
	{ "clients", client_fields, COUNT(client_fields), 0, FULL },
	{ "boots", client_fields, COUNT(client_fields), 0, BOOTS },
	{ "captured", client_fields, COUNT(client_fields), 0, FILED },
	{ "counters", counter_fields, COUNT(counter_fields), 0, FULL },
};

/* Unsigned, since a document may contain any numbers. */
static json_int_t
sum(json_int_t a, json_int_t b)
{
	return (json_int_t)((uint64_t)a + (uint64_t)b);
}

/* Returns an object with the sums of the numbers in these, which may be nested. */
static json_t *
sums_of(const json_t *four, json_t *six)
{
	json_t *all = json_object(), *value;
	const char *key;

	json_object_update(all, (json_t *)(uintptr_t)four);
	json_object_foreach(six, key, value) {
		const json_t *other = json_object_get(all, key);

		json_object_set_new(all, key, json_is_object(value) ?
		    sums_of(other, value) : json_integer(sum(json_integer_value(other),
		    json_integer_value(value))));
	}
	return all;
}

/* Returns counters in the daemon's order, or drops that occurred, most frequent
 * first. */
static json_t *
rows_of_words(const json_t *doc, const char *what, bool drops)
{
	json_t *four = json_object_get(doc, what);
	json_t *six = json_object_get(doc, drops ? "drops6" : "counters6");
	json_t *words = sums_of(four, six);
	json_t *by = sums_of(json_object_get(doc, "by"), json_object_get(doc, "by6"));
	json_t *rows = json_array(), *total;
	const char *word;

	json_object_foreach(words, word, total) {
		json_int_t n = json_integer_value(total);
		size_t at = json_array_size(rows);

		if (drops && n <= 0)
			continue;
		while (drops && at > 0 &&
		    render_number(json_array_get(rows, at - 1), "total") < n)
			at--;
		json_array_insert_new(rows, at, json_pack("{s:s, s:O*, s:O*, s:O, s:O}",
		    "word", word, "count", json_object_get(four, word), "count6",
		    json_object_get(six, word), "total", total, "by", by));
	}
	json_decref(words);
	json_decref(by);
	return rows;
}

/* Returns what a row says of DHCPv6 as a row of its own. */
static json_t *
row6(const json_t *row)
{
	static const char *const keys[][2] = {
		{ "state", "state6" }, { "requests", "requests6" },
		{ "relayed", "relayed6" }, { "replies", "replies6" }, { "drops", "drops6" },
	};
	json_t *six = json_copy((json_t *)(uintptr_t)row);

	for (size_t i = 0; i < COUNT(keys); i++) {
		json_object_del(six, keys[i][0]);
		json_object_set(six, keys[i][0], json_object_get(row, keys[i][1]));
	}
	json_object_set_new(six, "name", json_sprintf("%s v6", render_word(row, "name")));
	json_object_set_new(six, "giaddr", json_pack("[O*]",
	    json_object_get(row, "link-address")));
	json_object_set_new(six, "option82", json_false());
	return six;
}

/* An interface has a row for each protocol that it has servers of. */
static json_t *
rows_of_interfaces(const json_t *interfaces)
{
	json_t *rows = json_array(), *row;
	size_t i;

	json_array_foreach(interfaces, i, row) {
		const char *six = render_word(row, "state6");

		if (!is_word(row, "state", "off"))
			json_array_append(rows, row);
		if (*six && strcmp(six, "off") != 0)
			json_array_append_new(rows, row6(row));
	}
	return rows;
}

bool
render_is_bad(const json_t *row)
{
	json_t *six = row6(row);
	bool bad = json_is_true(json_object_get(row, "failed")) ||
	    tone_of(row) == TONE_BAD || tone_of(six) == TONE_BAD;

	json_decref(six);
	return bad;
}

/* Returns a list, owned by the caller; NULL: the document has none. */
static json_t *
rows_of(const json_t *doc, const struct screen *s)
{
	json_t *rows = json_object_get(doc, s->what);
	bool drops = s->field == drop_fields;

	if (drops || s->field == counter_fields)
		return json_is_object(rows) ? rows_of_words(doc, s->what, drops) : NULL;
	if (!json_is_array(rows))
		return NULL;
	return s->field == interface_fields ? rows_of_interfaces(rows) :
	    json_incref(rows);
}

/* "and 994 more, 3 in trouble: pxrelayctl show interfaces --failed". */
static void
print_rest(FILE *out, const char *what, const json_t *rows, size_t shown)
{
	size_t bad = 0, i;
	const json_t *row;

	json_array_foreach(rows, i, row)
		bad += tone_of(row) == TONE_BAD;
	if (shown)
		fprintf(out, "and %zu more, ", json_array_size(rows) - shown);
	else
		fprintf(out, "%zu %s, ", json_array_size(rows), what);
	if (bad > shown)
		fprintf(out, "%zu in trouble: pxrelayctl show %s --failed\n", bad - shown,
		    what);
	else
		fprintf(out, "none in trouble: pxrelayctl show %s\n", what);
}

/* Prints rows with problems first. Returns false if the document has no such
 * list. */
static bool
print_screen(const struct screen *s, enum where where, const json_t *doc, FILE *out,
    bool colour)
{
	json_t *rows = rows_of(doc, s), *row;
	size_t all = json_array_size(rows), max = where == TOP ? s->top : all;
	size_t shown = 0, i;
	const struct field *field[FIELDS_MAX];
	struct column column[FIELDS_MAX];
	struct table *t;
	bool known = rows != NULL;
	/* Of many that have a state, only those in trouble. */
	bool brief = where == TOP && all > max && s->field != drop_fields;
	unsigned n = 0;

	for (unsigned k = 0; k < s->n; k++)
		if (s->field[k].where & where) {
			column[n] = s->field[k].column;
			field[n++] = &s->field[k];
		}
	t = table_new(column, n);
	for (int bad = 1; bad >= brief; bad--)
		json_array_foreach(rows, i, row) {
			if (shown == max)
				break;
			if ((tone_of(row) == TONE_BAD) != bad)
				continue;
			for (unsigned k = 0; k < n; k++)
				table_tone(t, field[k]->cell(table_cell(t), row,
				    field[k]->key));
			shown++;
		}
	if (known && all == 0)
		fprintf(out, "no %s\n", s->what);
	else if (known && shown)
		table_print(t, out, colour);
	table_free(t);
	if (brief)
		print_rest(out, s->what, rows, shown);
	else if (shown < all)
		fprintf(out, "and %zu more: pxrelayctl show %s\n", all - shown,
		    s->what);
	/* The daemon keeps more clients than it lists. */
	if (known && where != TOP && json_is_true(json_object_get(doc, "more")))
		fprintf(out, "these are the last of %" JSON_INTEGER_FORMAT " clients\n",
		    render_number(doc, "known"));
	json_decref(rows);
	return known;
}

bool
render_list(const json_t *doc, const char *what, FILE *out, bool colour)
{
	for (size_t i = 0; i < COUNT(screens); i++)
		if (strcmp(screens[i].what, what) == 0)
			return print_screen(&screens[i], screens[i].where, doc, out,
			    colour);
	return false;
}

bool
render_version(const json_t *doc, FILE *out, bool colour)
{
	(void)colour;
	if (!json_is_string(json_object_get(doc, "version")))
		return false;
	render_printf(out, "pxrelayd %s\n", render_known(doc, "version"));
	return true;
}

bool
render_reload(const json_t *doc, FILE *out, bool colour)
{
	(void)colour;
	if (!json_is_true(json_object_get(doc, "reloaded")))
		return false;
	fputs("the configuration was reloaded\n", out);
	return true;
}

bool
render_server(const json_t *doc, FILE *out, bool colour)
{
	(void)colour;
	if (!json_is_string(json_object_get(doc, "server")) ||
	    !json_is_string(json_object_get(doc, "health")))
		return false;
	render_printf(out, "server %s is %s\n", render_known(doc, "server"),
	    render_known(doc, "health"));
	return true;
}

static void
put_counter(FILE *out, const json_t *doc, enum counter c, const char *words)
{
	fprintf(out, "%" JSON_INTEGER_FORMAT " %s",
	    sum(render_number(json_object_get(doc, "counters"), counter_word(c)),
	    render_number(json_object_get(doc, "counters6"), counter_word(c))), words);
}

void
render_port(struct sbuf *b, const json_t *row)
{
	const json_t *all = json_object_get(row, "addresses");
	const char *first = json_string_value(json_array_get(all, 0));

	sbuf_printf(b, "UDP %" JSON_INTEGER_FORMAT " of ", render_number(row, "port"));
	if (first)
		sbuf_esc(b, first, strlen(first));
	if (json_array_size(all) > 1)
		sbuf_printf(b, " and %zu more", json_array_size(all) - 1);
}

static void
print_ports(const json_t *ports, FILE *out)
{
	const json_t *row;
	size_t i;

	json_array_foreach(ports, i, row) {
		const char *process = render_word(row, "process");
		char text[160];
		struct sbuf b = sbuf_init(text, sizeof(text));

		if (json_is_true(json_object_get(row, "open")) && !*process)
			continue;
		render_port(&b, row);
		fprintf(out, "another program has %s", text);
		if (*process)
			render_printf(out, ": %s, pid %" JSON_INTEGER_FORMAT, process,
			    render_number(row, "pid"));
		fputs("; see pxrelayctl doctor\n", out);
	}
}

static void
print_head(const json_t *doc, FILE *out)
{
	json_int_t s = render_number(doc, "uptime-s");

	render_printf(out, "pxrelayd %s, up ", render_known(doc, "version"));
	if (s >= 86400)
		fprintf(out, "%" JSON_INTEGER_FORMAT " d ", s / 86400);
	fprintf(out, "%02d:%02d:%02d, %" JSON_INTEGER_FORMAT " conversations\n",
	    (int)(s % 86400 / 3600), (int)(s % 3600 / 60), (int)(s % 60),
	    sum(render_number(doc, "conversations"), render_number(doc, "conversations6")));
	put_counter(out, doc, COUNTER_REQUESTS, "requests, ");
	put_counter(out, doc, COUNTER_REQUESTS_RELAYED, "relayed, ");
	put_counter(out, doc, COUNTER_REPLIES, "replies, ");
	put_counter(out, doc, COUNTER_REPLIES_RELAYED, "delivered\n");
	print_ports(json_object_get(doc, "ports"), out);
}

bool
render_summary(const json_t *doc, FILE *out, bool colour)
{
	if (!json_is_string(json_object_get(doc, "version")) ||
	    !json_is_integer(json_object_get(doc, "uptime-s")) ||
	    !json_is_array(json_object_get(doc, "interfaces")) ||
	    !json_is_array(json_object_get(doc, "servers")) ||
	    !json_is_object(json_object_get(doc, "drops")))
		return false;
	print_head(doc, out);
	for (size_t i = 0; i < COUNT(screens); i++)
		if (screens[i].top) {
			fputc('\n', out);
			print_screen(&screens[i], TOP, doc, out, colour);
		}
	return true;
}
