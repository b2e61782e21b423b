/* SPDX-License-Identifier: ISC
 *
 * render - what a person sees of a daemon's document.
 *
 * The documents are relay/show.c's and are only read here; how columns fit on a
 * screen is table's business. A kind of row is a list of fields: title, key in
 * the document, and how a cell is made of it. The sentence for a word comes
 * from our own tables, so that the daemon need not send it a thousand times.
 */
#include "ctl/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/table.h"
#include "proto/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* `show` is one screen: with all titles and blanks these make 23 lines, as long
 * as no line has to be folded. */
#define TOP_INTERFACES	6
#define TOP_SERVERS	4
#define TOP_DROPS	3

struct field {
	struct column column;
	const char *key;
	void (*cell)(struct table *t, const json_t *row, const char *key);
};

void
render_esc(FILE *out, const char *text, size_t len)
{
	char buf[64 * 4 + 1];

	while (len > 0) {
		size_t n = len < 64 ? len : 64;
		struct sbuf b = sbuf_init(buf, sizeof(buf));

		sbuf_screen(&b, text, n);
		fwrite(b.s, 1, b.len, out);
		text += n;
		len -= n;
	}
}

/* --- cells ------------------------------------------------------------------- */

static void
add_text(struct table *t, const json_t *s)
{
	if (json_string_length(s) > 0)
		table_esc(t, json_string_value(s), json_string_length(s));
	else
		table_add(t, "-");
}

static void
text_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *s = json_object_get(row, key);

	table_cell(t, TONE_PLAIN);
	if (json_is_string(s))
		add_text(t, s);
	else
		table_add(t, "-");
}

/* At most five characters: in overviews the order of size tells more than the
 * last digit, which `show counters` and --json have. */
static void
add_count(struct table *t, int64_t n)
{
	static const char unit[] = "kMGTPE";
	int64_t scale = 1000;
	size_t u = 0;
	char buf[32];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (n < 100000) {
		table_number(t, n);
		return;
	}
	while (n / scale >= 1000) {
		scale *= 1000;
		u++;
	}
	sbuf_printf(&b, "%d", (int)(n / scale));
	if (n / scale < 100)
		sbuf_printf(&b, ".%d", (int)(n % scale / (scale / 10)));
	sbuf_putc(&b, unit[u]);
	table_add(t, buf);
}

static void
count_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *n = json_object_get(row, key);

	table_cell(t, TONE_PLAIN);
	if (json_is_integer(n))
		add_count(t, json_integer_value(n));
	else
		table_add(t, "-");
}

static bool
is_one_of(const json_t *s, const char *const *word, size_t n)
{
	for (size_t i = 0; json_is_string(s) && i < n; i++)
		if (strcmp(json_string_value(s), word[i]) == 0)
			return true;
	return false;
}

/* What is known of a server's health says more than whether there is a way. */
static const json_t *
state_of(const json_t *row)
{
	static const char *const no_way[] = { "no-route" };
	const json_t *state = json_object_get(row, "state");
	const json_t *health = json_object_get(row, "health");

	if (!json_is_string(health) || is_one_of(state, no_way, COUNT(no_way)))
		return state;
	return health;
}

static enum tone
tone_of(const json_t *row)
{
	static const char *const good[] = { "ready", "reachable", "up" };
	static const char *const bad[] = { "down", "no-address", "no-route" };
	const json_t *state = state_of(row);

	if (is_one_of(state, good, COUNT(good)))
		return TONE_GOOD;
	return is_one_of(state, bad, COUNT(bad)) ? TONE_BAD : TONE_PLAIN;
}

static void
state_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *s = state_of(row);

	(void)key;
	table_cell(t, tone_of(row));
	if (json_is_string(s))
		add_text(t, s);
	else
		table_add(t, "-");
}

/* "before a b c", or nothing for an empty list. */
static void
add_names(struct table *t, const char *before, const json_t *names)
{
	size_t i;
	const json_t *name;

	if (json_array_size(names) > 0)
		table_add(t, before);
	json_array_foreach(names, i, name) {
		if (i > 0)
			table_add(t, " ");
		add_text(t, name);
	}
}

static void
names_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *names = json_object_get(row, key);

	table_cell(t, TONE_PLAIN);
	if (json_array_size(names) > 0)
		add_names(t, "", names);
	else
		table_add(t, "-");
}

static void
conf_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *port = json_object_get(row, "inherited-from");

	table_cell(t, TONE_PLAIN);
	table_add(t, "[");
	add_text(t, json_object_get(row, key));
	table_add(t, "]");
	if (json_is_string(port)) {
		table_add(t, " of ");
		add_text(t, port);
	}
	add_names(t, " servers ", json_object_get(row, "servers"));
	add_names(t, " dhcp ", json_object_get(row, "dhcp"));
	add_names(t, " boot ", json_object_get(row, "boot"));
	if (json_is_true(json_object_get(row, "option82")))
		table_add(t, " option82");
}

static void
class_cell(struct table *t, const json_t *row, const char *key)
{
	bool dhcp = json_is_true(json_object_get(row, "dhcp"));
	bool boot = json_is_true(json_object_get(row, "boot"));

	(void)key;
	table_cell(t, TONE_PLAIN);
	if (dhcp && boot)
		table_add(t, "both");
	else
		table_add(t, dhcp ? "dhcp" : boot ? "boot" : "-");
}

static void
add_remark(struct table *t, bool *first, const char *words)
{
	if (!*first)
		table_add(t, ", ");
	*first = false;
	table_add(t, words);
}

/* "95 s", "3 h": one unit says enough. */
static void
add_duration(struct table *t, json_int_t s)
{
	static const struct {
		json_int_t from, size;	/* seconds */
		const char *word;
	} unit[] = {
		{ 172800, 86400, "d" }, { 7200, 3600, "h" }, { 180, 60, "min" },
	};

	for (size_t i = 0; i < COUNT(unit); i++) {
		if (s < unit[i].from)
			continue;
		table_number(t, s / unit[i].size);
		table_add(t, " ");
		table_add(t, unit[i].word);
		return;
	}
	table_number(t, s);
	table_add(t, " s");
}

/* Why it is down and for how long, and probes that only it does not answer. */
static void
health_remarks(struct table *t, const json_t *row, bool *first)
{
	static const char *const down[] = { "down" };
	static const char *const silent[] = { "timeout", "failed" };
	const json_t *since = json_object_get(row, "since-s"), *probe;
	const json_t *diag = json_object_get(row, "diag");
	size_t i;

	if (is_one_of(json_object_get(row, "health"), down, 1) && json_is_string(diag)) {
		add_remark(t, first, "");
		add_text(t, diag);
		if (json_is_integer(since)) {
			table_add(t, " for ");
			add_duration(t, json_integer_value(since));
		}
	}
	if (!json_is_true(json_object_get(row, "misconfigured")))
		return;
	json_array_foreach(json_object_get(row, "probes"), i, probe) {
		if (!is_one_of(json_object_get(probe, "last"), silent, COUNT(silent)))
			continue;
		add_remark(t, first, "answers clients but not probe ");
		add_text(t, json_object_get(probe, "probe"));
	}
}

/* What most servers have nothing of, and a word on those that are silent. */
static void
remarks_cell(struct table *t, const json_t *row, const char *key)
{
	static const char *const rare[] = { "naks", "dropped", "errors" };
	const json_t *source = json_object_get(row, "source");
	json_int_t sent = json_integer_value(json_object_get(row, "sent"));
	json_int_t back = json_integer_value(json_object_get(row, "replies"));
	bool first = true;

	(void)key;
	table_cell(t, TONE_PLAIN);
	health_remarks(t, row, &first);
	if (sent > 0 && back == 0)
		add_remark(t, &first, "never answered");
	for (size_t i = 0; i < COUNT(rare); i++) {
		json_int_t n = json_integer_value(json_object_get(row, rare[i]));

		if (n == 0)
			continue;
		add_remark(t, &first, "");
		add_count(t, n);
		table_add(t, " ");
		table_add(t, rare[i]);
	}
	if (json_is_string(source) && tone_of(row) != TONE_BAD) {
		add_remark(t, &first, "from ");
		add_text(t, source);
	}
}

static void
age_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *s = json_object_get(row, key);

	table_cell(t, TONE_PLAIN);
	if (json_is_integer(s))
		add_duration(t, json_integer_value(s));
	else
		table_add(t, "-");
}

/* Red is a machine that could not do what it wanted. */
static void
verdict_cell(struct table *t, const json_t *row, const char *key)
{
	bool failed = json_is_true(json_object_get(row, "failed"));
	const json_t *s = json_object_get(row, key);

	table_cell(t, failed ? TONE_BAD : TONE_PLAIN);
	if (json_is_string(s))
		add_text(t, s);
	else
		table_add(t, "-");
}

/* "lpxelinux.0 on wds-1", or "on wds-1" when it has named no file. */
static void
file_cell(struct table *t, const json_t *row, const char *key)
{
	const json_t *file = json_object_get(row, key);
	const json_t *server = json_object_get(row, "server-name");

	if (!json_is_string(server))
		server = json_object_get(row, "server");
	table_cell(t, TONE_PLAIN);
	if (json_is_string(file))
		add_text(t, file);
	if (json_is_string(server)) {
		table_add(t, json_is_string(file) ? " on " : "on ");
		add_text(t, server);
	} else if (!json_is_string(file))
		table_add(t, "-");
}

/* --- rows -------------------------------------------------------------------- */

/*
 * The narrowest widths let everything that is usual stand in one piece, in 80
 * characters: a name of 15 is the longest that the kernel allows, and so is an
 * address.
 */
static const struct field interface_top[] = {
	{ { "INTERFACE", 15, false }, "name", text_cell },
	{ { "STATE", 0, false }, "state", state_cell },
	{ { "GIADDR", 15, false }, "giaddr", names_cell },
	{ { "REQUESTS", 0, true }, "requests", count_cell },
	{ { "RELAYED", 0, true }, "relayed", count_cell },
	{ { "REPLIES", 0, true }, "replies", count_cell },
	{ { "DROPS", 0, true }, "drops", count_cell },
};

static const struct field interface_all[] = {
	{ { "INTERFACE", 15, false }, "name", text_cell },
	{ { "STATE", 0, false }, "state", state_cell },
	{ { "GIADDR", 15, false }, "giaddr", names_cell },
	{ { "REQUESTS", 0, true }, "requests", count_cell },
	{ { "REPLIES", 0, true }, "replies", count_cell },
	{ { "DROPS", 0, true }, "drops", count_cell },
	{ { "CONFIGURATION", 13, false }, "pattern", conf_cell },
};

static const struct field server_top[] = {
	{ { "SERVER", 8, false }, "name", text_cell },
	{ { "ADDRESS", 0, false }, "address", text_cell },
	{ { "FOR", 0, false }, NULL, class_cell },
	{ { "STATE", 0, false }, "state", state_cell },
	{ { "SENT", 0, true }, "sent", count_cell },
	{ { "REPLIES", 0, true }, "replies", count_cell },
	{ { "REMARKS", 13, false }, NULL, remarks_cell },
};

static const struct field server_all[] = {
	{ { "SERVER", 8, false }, "name", text_cell },
	{ { "ADDRESS", 0, false }, "address", text_cell },
	{ { "FOR", 0, false }, NULL, class_cell },
	{ { "STATE", 0, false }, "state", state_cell },
	{ { "SENT", 0, true }, "sent", count_cell },
	{ { "REPLIES", 0, true }, "replies", count_cell },
	{ { "OFFERS", 0, true }, "offers", count_cell },
	{ { "ACKS", 0, true }, "acks", count_cell },
	{ { "REMARKS", 13, false }, NULL, remarks_cell },
};

static const struct field rule_all[] = {
	{ { "RULE", 8, false }, "name", text_cell },
	{ { "HITS", 0, true }, "hits", count_cell },
};

/* Clients stand as they were last heard, youngest first. */
static const struct field client_all[] = {
	{ { "CLIENT", 17, false }, "mac", text_cell },
	{ { "INTERFACE", 8, false }, "interface", text_cell },
	{ { "ARCH", 5, false }, "arch", text_cell },
	{ { "FAMILY", 5, false }, "family", text_cell },
	{ { "ADDRESS", 7, false }, "address", text_cell },
	{ { "VERDICT", 8, false }, "verdict", verdict_cell },
	{ { "AGE", 0, true }, "age-s", age_cell },
};

static const struct field boot_all[] = {
	{ { "CLIENT", 17, false }, "mac", text_cell },
	{ { "INTERFACE", 8, false }, "interface", text_cell },
	{ { "ARCH", 5, false }, "arch", text_cell },
	{ { "FILE", 10, false }, "file", file_cell },
	{ { "VERDICT", 8, false }, "verdict", verdict_cell },
	{ { "AGE", 0, true }, "age-s", age_cell },
};

#define FIELDS_MAX 9

/* Up to `room` of the rows that are, or that are not, in trouble. Returns how many. */
static size_t
add_rows(struct table *t, const json_t *rows, const struct field *f, unsigned n,
    bool trouble, size_t room)
{
	size_t i, added = 0;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		if (added == room)
			break;
		if ((tone_of(row) == TONE_BAD) != trouble)
			continue;
		for (unsigned k = 0; k < n; k++)
			f[k].cell(t, row, f[k].key);
		added++;
	}
	return added;
}

/*
 * Trouble first: whoever looks at one screen looks for it. "The rest" is said
 * with the command that shows it.
 */
static bool
print_rows(const json_t *rows, const struct field *f, unsigned n, size_t max,
    const char *what, FILE *out, bool colour)
{
	struct column column[FIELDS_MAX];
	struct table *t;
	size_t all = json_array_size(rows), shown;

	if (!json_is_array(rows))
		return false;
	if (all == 0) {
		fprintf(out, "no %s\n", what);
		return true;
	}
	for (unsigned k = 0; k < n; k++)
		column[k] = f[k].column;
	t = table_new(column, n);
	shown = add_rows(t, rows, f, n, true, max);
	shown += add_rows(t, rows, f, n, false, max - shown);
	table_print(t, out, colour);
	table_free(t);
	if (shown < all)
		fprintf(out, "and %zu more: pxrelayctl show %s\n",
		    all - shown, what);
	return true;
}

/* --- words, counts and sentences ----------------------------------------------- */

struct tally {
	const char *word;
	json_int_t n;
};

/* Words that a newer daemon has and we do not know have no sentence here. */
static const char *
drop_meaning(const char *word)
{
	for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (strcmp(drop_word((enum drop)i), word) == 0)
			return drop_sentence((enum drop)i);
	return "-";
}

static const char *
counter_meaning(const char *word)
{
	for (int i = 0; i < COUNTER_MAX; i++)
		if (strcmp(counter_word((enum counter)i), word) == 0)
			return counter_sentence((enum counter)i);
	return "-";
}

static void
tally_cells(struct table *t, const struct tally *x, const char *meaning)
{
	table_cell(t, TONE_PLAIN);
	table_esc(t, x->word, strlen(x->word));
	table_cell(t, TONE_PLAIN);
	table_number(t, x->n);
	table_cell(t, TONE_PLAIN);
	table_add(t, meaning);
}

static int
by_count(const void *a, const void *b)
{
	json_int_t n = ((const struct tally *)a)->n;
	json_int_t m = ((const struct tally *)b)->n;

	return (n < m) - (n > m);
}

/* The reasons that occurred, most frequent first. malloc'd; NULL when there are
 * none. The words are borrowed from the document. */
static struct tally *
drops_sorted(const json_t *drops, size_t *n)
{
	struct tally *x = calloc(json_object_size(drops) + 1, sizeof(*x));
	const char *word;
	json_t *count;

	*n = 0;
	if (!x)
		return NULL;
	/* The macro's iterator wants what it may change; we do not. */
	json_object_foreach((json_t *)(uintptr_t)drops, word, count)
		if (json_integer_value(count) > 0)
			x[(*n)++] = (struct tally){
				word, json_integer_value(count)
			};
	qsort(x, *n, sizeof(*x), by_count);
	return x;
}

/* Where a reason was met: "requests", or with counts when there are several. */
static void
where_cell(struct table *t, const json_t *by, const char *word)
{
	size_t places = 0, done = 0;
	const char *place;
	json_t *drops;

	table_cell(t, TONE_PLAIN);
	json_object_foreach((json_t *)(uintptr_t)by, place, drops)
		places += json_object_get(drops, word) != NULL;
	json_object_foreach((json_t *)(uintptr_t)by, place, drops) {
		const json_t *n = json_object_get(drops, word);

		if (!n)
			continue;
		if (done++ > 0)
			table_add(t, " ");
		table_esc(t, place, strlen(place));
		if (places > 1) {
			table_add(t, "=");
			add_count(t, json_integer_value(n));
		}
	}
}

static bool
print_drops(const json_t *doc, size_t max, FILE *out, bool colour)
{
	static const struct column column[] = {
		{ "DROPS", 8, false }, { "COUNT", 0, true },
		{ "MEANING", 13, false }, { "AMONG", 13, false },
	};
	const json_t *drops = json_object_get(doc, "drops");
	struct table *t;
	struct tally *x;
	size_t n;

	if (!json_is_object(drops))
		return false;
	x = drops_sorted(drops, &n);
	if (n == 0) {
		fputs("no drops\n", out);
		free(x);
		return true;
	}
	t = table_new(column, COUNT(column));
	for (size_t i = 0; i < n && i < max; i++) {
		tally_cells(t, &x[i], drop_meaning(x[i].word));
		where_cell(t, json_object_get(doc, "by"), x[i].word);
	}
	table_print(t, out, colour);
	table_free(t);
	free(x);
	if (n > max)
		fprintf(out, "and %zu more: pxrelayctl show drops\n", n - max);
	return true;
}

/* --- commands ------------------------------------------------------------------ */

bool
render_interfaces(const json_t *doc, FILE *out, bool colour)
{
	return print_rows(json_object_get(doc, "interfaces"), interface_all,
	    COUNT(interface_all), SIZE_MAX, "interfaces", out, colour);
}

bool
render_servers(const json_t *doc, FILE *out, bool colour)
{
	return print_rows(json_object_get(doc, "servers"), server_all,
	    COUNT(server_all), SIZE_MAX, "servers", out, colour);
}

bool
render_rules(const json_t *doc, FILE *out, bool colour)
{
	return print_rows(json_object_get(doc, "rules"), rule_all,
	    COUNT(rule_all), SIZE_MAX, "rules", out, colour);
}

bool
render_counters(const json_t *doc, FILE *out, bool colour)
{
	static const struct column column[] = {
		{ "COUNTER", 8, false }, { "COUNT", 0, true },
		{ "MEANING", 13, false },
	};
	json_t *counters = json_object_get(doc, "counters");
	struct table *t;
	const char *word;
	json_t *n;

	if (!json_is_object(counters))
		return false;
	t = table_new(column, COUNT(column));
	json_object_foreach(counters, word, n) {
		struct tally x = { word, json_integer_value(n) };

		tally_cells(t, &x, counter_meaning(word));
	}
	table_print(t, out, colour);
	table_free(t);
	return true;
}

bool
render_drops(const json_t *doc, FILE *out, bool colour)
{
	return print_drops(doc, SIZE_MAX, out, colour);
}

/* Says it when not all are here: the daemon keeps more than it lists. */
static bool
print_known(const json_t *doc, const char *what, const struct field *f, unsigned n,
    FILE *out, bool colour)
{
	if (!print_rows(json_object_get(doc, what), f, n, SIZE_MAX, what, out, colour))
		return false;
	if (json_is_true(json_object_get(doc, "more")))
		fprintf(out, "these are the last of %" JSON_INTEGER_FORMAT " clients\n",
		    json_integer_value(json_object_get(doc, "known")));
	return true;
}

bool
render_clients(const json_t *doc, FILE *out, bool colour)
{
	return print_known(doc, "clients", client_all, COUNT(client_all), out, colour);
}

bool
render_boots(const json_t *doc, FILE *out, bool colour)
{
	return print_known(doc, "boots", boot_all, COUNT(boot_all), out, colour);
}

static void
print_version(const json_t *version, FILE *out)
{
	fputs("pxrelayd ", out);
	render_esc(out, json_string_value(version), json_string_length(version));
}

bool
render_version(const json_t *doc, FILE *out, bool colour)
{
	const json_t *version = json_object_get(doc, "version");

	(void)colour;
	if (!json_is_string(version))
		return false;
	print_version(version, out);
	fputc('\n', out);
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
	const json_t *server = json_object_get(doc, "server");
	const json_t *health = json_object_get(doc, "health");

	(void)colour;
	if (!json_is_string(server) || !json_is_string(health))
		return false;
	fputs("server ", out);
	render_esc(out, json_string_value(server), json_string_length(server));
	fputs(" is ", out);
	render_esc(out, json_string_value(health), json_string_length(health));
	fputc('\n', out);
	return true;
}

static void
print_uptime(json_int_t s, FILE *out)
{
	fputs(", up ", out);
	if (s >= 86400)
		fprintf(out, "%" JSON_INTEGER_FORMAT " d ", s / 86400);
	fprintf(out, "%02d:%02d:%02d", (int)(s % 86400 / 3600),
	    (int)(s % 3600 / 60), (int)(s % 60));
}

static void
print_head(const json_t *doc, FILE *out)
{
	static const struct {
		enum counter counter;
		const char *words;
	} line[] = {
		{ COUNTER_REQUESTS, "requests" },
		{ COUNTER_REQUESTS_RELAYED, "relayed" },
		{ COUNTER_REPLIES, "replies" },
		{ COUNTER_REPLIES_RELAYED, "delivered" },
	};
	const json_t *counters = json_object_get(doc, "counters");

	print_version(json_object_get(doc, "version"), out);
	print_uptime(json_integer_value(json_object_get(doc, "uptime-s")), out);
	fprintf(out, ", %" JSON_INTEGER_FORMAT " conversations\n",
	    json_integer_value(json_object_get(doc, "conversations")));
	for (size_t i = 0; i < COUNT(line); i++)
		fprintf(out, "%s%" JSON_INTEGER_FORMAT " %s", i ? ", " : "",
		    json_integer_value(json_object_get(counters,
		    counter_word(line[i].counter))), line[i].words);
	fputs("\n\n", out);
}

static bool
is_summary(const json_t *doc)
{
	return json_is_string(json_object_get(doc, "version")) &&
	    json_is_integer(json_object_get(doc, "uptime-s")) &&
	    json_is_array(json_object_get(doc, "interfaces")) &&
	    json_is_array(json_object_get(doc, "servers")) &&
	    json_is_object(json_object_get(doc, "drops"));
}

bool
render_summary(const json_t *doc, FILE *out, bool colour)
{
	if (!is_summary(doc))
		return false;
	print_head(doc, out);
	print_rows(json_object_get(doc, "interfaces"), interface_top,
	    COUNT(interface_top), TOP_INTERFACES, "interfaces", out, colour);
	fputc('\n', out);
	print_rows(json_object_get(doc, "servers"), server_top,
	    COUNT(server_top), TOP_SERVERS, "servers", out, colour);
	fputc('\n', out);
	print_drops(doc, TOP_DROPS, out, colour);
	return true;
}
