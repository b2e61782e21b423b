/* SPDX-License-Identifier: ISC
 *
 * render_which - `which`: the rules in order, then who is asked, then what the relay adds.
 */
#include <string.h>

#include "ctl/render.h"
#include "ctl/table.h"

static void
print_rule(FILE *out, const json_t *rule)
{
	const char *differs = render_word(rule, "differs");

	render_printf(out, "  %-20s ", render_known(rule, "name"));
	if (*differs)
		render_printf(out, "no: %s\n", strcmp(differs, "interface") == 0 ?
		    "not on this interface" : differs);
	else
		fputs("matches\n", out);
}

static void
print_rules(FILE *out, const json_t *w)
{
	const json_t *rules = json_object_get(w, "rules"), *rule;
	size_t i;

	fputs("rules, until one matches:\n", out);
	json_array_foreach(rules, i, rule)
		print_rule(out, rule);
	if (!*render_word(w, "rule"))
		fputs(json_array_size(rules) ? "  none matches: the interface decides\n" :
		    "  there is none: the interface decides\n", out);
}

/* "1. dhcp-a (10.0.0.1) up, asked at once". */
static void
print_server(FILE *out, size_t i, const json_t *s)
{
	const char *name = render_known(s, "name"), *address = render_known(s, "address");
	const char *diag = render_word(s, "diag");
	bool down = strcmp(render_word(s, "health"), "down") == 0;

	fprintf(out, "  %zu. ", i + 1);
	render_printf(out, strcmp(name, address) == 0 ? "%s " : "%s (%s) ", name, address);
	render_printf(out, "%s", render_known(s, "health"));
	if (down && *diag)
		render_printf(out, " (%s)", diag);
	if (json_is_true(json_object_get(s, "at-once")))
		fputs(", asked at once", out);
	if (json_is_false(json_object_get(s, "option82")))
		fputs(", without option 82", out);
	fputc('\n', out);
}

static void
print_groups(FILE *out, const json_t *w)
{
	const json_t *group, *server;
	size_t i, k;

	json_array_foreach(json_object_get(w, "groups"), i, group) {
		const char *name = render_word(group, "group");

		render_printf(out, *name ? "%s = %s, in this order:\n" :
		    "%s, in this order:\n", render_known(group, "class"), name);
		json_array_foreach(json_object_get(group, "servers"), k, server)
			print_server(out, k, server);
	}
}

bool
render_which(const json_t *doc, FILE *out, bool colour)
{
	const json_t *w = json_object_get(doc, "which"), *pair;
	size_t i;

	(void)colour;
	if (!json_is_object(w))
		return false;
	render_printf(out, "%s on %s\n", render_known(w, "message"),
	    render_known(w, "interface"));
	print_rules(out, w);
	print_groups(out, w);
	if (*render_word(w, "drop"))
		render_printf(out, "it is dropped: %s (%s)\n",
		    render_known(w, "drop-sentence"), render_word(w, "drop"));
	else
		fputs("the relay adds:\n", out);
	json_array_foreach(json_object_get(w, "sent"), i, pair) {
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		render_printf(out, "  %s: %s\n", name ? name : "-", value ? value : "-");
	}
	if (*render_word(w, "note")) {
		fputs("note     ", out);
		table_wrap(out, render_word(w, "note"), 9);
	}
	return true;
}

static bool
is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

bool
render_config(const json_t *doc, FILE *out, bool colour)
{
	const json_t *lines = json_object_get(doc, "config"), *line;
	size_t i;

	(void)colour;
	if (!json_is_array(lines))
		return false;
	/* As it is, since it may contain a backslash, unless it is no line of ours. */
	json_array_foreach(lines, i, line) {
		const char *text = json_string_value(line);

		if (text && is_printable(text))
			fprintf(out, "%s\n", text);
		else if (text)
			render_printf(out, "%s\n", text);
	}
	return true;
}
