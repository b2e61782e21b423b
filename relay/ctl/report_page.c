/* SPDX-License-Identifier: ISC
 *
 * report_page - writes the document of a report as HTML: the verdict first, then what led
 * to it. It has no script and loads nothing, and says so to the browser (CSP). What is
 * folded is not printed, so that a boot takes one or two pages of paper.
 */
#include "ctl/report_page.h"

#include <inttypes.h>
#include <string.h>

#include "ctl/html.h"
#include "ctl/ladder.h"
#include "ctl/render.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1b;--dim:#555;--line:#ccc;"
    "--bad:#b00020;--good:#176b2c}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#e8e8e8;--dim:#a8adb3;"
    "--line:#444a50;--bad:#ff8a8a;--good:#7fd896}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);"
    "font:16px/1.45 system-ui,sans-serif}\n"
    "main{max-width:46rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .3rem}\n"
    "h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\n"
    ".bad h1,b.bad{color:var(--bad)}.good h1,b.good{color:var(--good)}\n"
    "article{margin:1.5rem 0 2.5rem}\n"
    "p,ul,dl{margin:.4rem 0}ul{padding-left:1.2rem}\n"
    "p,li,dd,h1,summary{overflow-wrap:anywhere}td{overflow-wrap:break-word}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.25rem .8rem}\n"
    "dt{color:var(--dim)}dd{margin:0}\n"
    ".dim,footer{color:var(--dim);font-size:.9rem}\n"
    "footer{border-top:1px solid var(--line);margin-top:2rem;padding-top:.6rem}\n"
    "details{border-top:1px solid var(--line);padding:.35rem 0}\n"
    "details dl{font:13px/1.4 ui-monospace,monospace;"
    "grid-template-columns:minmax(0,2fr) minmax(0,3fr)}\n"
    "details dt{overflow-wrap:anywhere}summary{cursor:pointer}\n"
    "table{border-collapse:collapse;width:100%}td{border-top:1px solid var(--line);"
    "padding:.25rem .4rem .25rem 0;vertical-align:top}\n"
    "svg{display:block;width:100%;max-width:34rem;font:12px ui-monospace,monospace}\n"
    "svg text{fill:var(--fg);paint-order:stroke;stroke:var(--bg);stroke-width:3px}\n"
    "svg path{fill:var(--fg);stroke:var(--fg)}svg .line{stroke:var(--line)}\n"
    "svg .bad path,svg .bad text{stroke:var(--bad)}svg .bad path{fill:none}\n"
    "svg .bad text{fill:var(--bad);stroke:var(--bg)}\n"
    "svg .time{text-anchor:end;font-size:11px;fill:var(--dim)}\n"
    "svg .peer{text-anchor:end}svg .title{fill:var(--dim)}\n"
    "@media print{body{font-size:11px}main{padding:0;max-width:none}"
    "svg{max-width:9.5cm}h2{margin:.8rem 0 .2rem}article+article{break-before:page}}\n"
    "</style>\n";

static void
put_time(FILE *out, json_int_t ms)
{
	fprintf(out, "%" PRId64 ".%03d s", (int64_t)(ms / 1000), (int)(ms % 1000));
}

/* A term and its description, unless that is empty. */
static void
put_pair(FILE *out, const char *what, const char *text)
{
	if (*text && strcmp(text, "-") != 0)
		html(out, "<dt>%s</dt><dd>%s</dd>\n", what, text);
}

/* --- the verdict --------------------------------------------------------- */

static const char *
machine_of(const json_t *story)
{
	return render_known(story, "mac");
}

static void
put_machine(FILE *out, const json_t *story)
{
	const json_t *boot = json_object_get(story, "boot");
	const json_t *facts = json_object_get(boot, "facts");
	char age[DURATION_STRLEN];

	html(out, "<p>Machine <b>%s</b>", machine_of(story));
	if (*render_word(facts, "interface"))
		html(out, " on %s", render_word(facts, "interface"));
	if (*render_word(facts, "family"))
		html(out, ", %s %s", render_word(facts, "family"),
		    render_word(facts, "arch"));
	if (*render_word(story, "at"))
		html(out, ", at %s", render_word(story, "at"));
	else if (boot)
		html(out, ", %s before this report", render_duration(
		    render_number(boot, "begin-ago-s"), age));
	fputs("</p>\n", out);
}

static void
put_verdict(FILE *out, const json_t *story)
{
	const json_t *v = json_object_get(story, "verdict"), *also;
	bool failed = json_is_true(json_object_get(v, "failed"));
	size_t i;

	html(out, failed ? "<header class=\"bad\"><h1>Failed: %s</h1>\n" :
	    "<header class=\"good\"><h1>No failure: %s</h1>\n", render_known(v, "sentence"));
	put_machine(out, story);
	fputs("<dl>\n", out);
	put_pair(out, "Why", render_word(v, "cause"));
	put_pair(out, "What to do", render_word(v, "cure"));
	put_pair(out, "On its screen", render_word(v, "firmware"));
	put_pair(out, "Verdict", render_word(v, "code"));
	json_array_foreach(json_object_get(story, "also"), i, also)
		html(out, "<dt>Also</dt><dd>%s %s</dd>\n", render_known(also, "sentence"),
		    render_word(also, "cure"));
	v = json_object_get(story, "before");
	put_pair(out, "The boot before", render_word(v, "verdict"));
	fputs("</dl>\n</header>\n", out);
}

/* --- the packets --------------------------------------------------------- */

static void
put_packet(FILE *out, const json_t *p)
{
	const json_t *field;
	size_t i;

	fputs("<details><summary>", out);
	put_time(out, render_number(p, "ms"));
	html(out, " <b>%s</b> %s to %s</summary>\n<dl>\n", render_known(p, "what"),
	    render_known(p, "from"), render_known(p, "to"));
	json_array_foreach(json_object_get(p, "fields"), i, field)
		html(out, "<dt>%s</dt><dd>%s</dd>\n",
		    json_string_value(json_array_get(field, 0)),
		    json_string_value(json_array_get(field, 1)));
	fputs("</dl></details>\n", out);
}

static void
put_packets(FILE *out, const json_t *story)
{
	const json_t *all = json_object_get(story, "packets"), *p;
	size_t i;

	if (!json_array_size(all))
		return;
	fputs("<h2>The packets</h2>\n", out);
	json_array_foreach(all, i, p)
		put_packet(out, p);
}

/* --- the selection ------------------------------------------------------- */

static void
put_offer(FILE *out, const json_t *o)
{
	fputs("<li>", out);
	put_time(out, render_number(o, "ms"));
	html(out, " <b>%s</b>: %s%s%s%s%s</li>\n", render_server_of(o),
	    *render_word(o, "address") ? "address " : "no address",
	    render_word(o, "address"),
	    json_is_true(json_object_get(o, "file")) ? ", a boot file" : ", no boot file",
	    json_is_true(json_object_get(o, "pxe")) ? ", says PXEClient" : "",
	    json_is_true(json_object_get(o, "http")) ? ", says HTTPClient" : "");
}

static void
put_asked(FILE *out, const json_t *facts)
{
	json_int_t hedges = render_number(facts, "hedges");

	fprintf(out, "<dt>Asked at last</dt><dd>servers that lease addresses: %" PRId64
	    ", boot servers: %" PRId64, (int64_t)render_number(facts, "asked-dhcp"),
	    (int64_t)render_number(facts, "asked-boot"));
	if (hedges)
		fprintf(out, ", and more since they were silent: %" PRId64, (int64_t)hedges);
	fputs("</dd>\n", out);
}

static void
put_groups(FILE *out, const json_t *report, const char *interface)
{
	static const char *const keys[][2] = {
		{ "servers", "Servers" }, { "dhcp", "Servers for addresses" },
		{ "boot", "Boot servers" },
	};
	const json_t *row, *name;
	size_t i, k;

	json_array_foreach(json_object_get(report, "interfaces"), i, row) {
		if (strcmp(render_word(row, "name"), interface) != 0)
			continue;
		html(out, "<dt>Configured by</dt><dd>[interface %s]</dd>\n",
		    render_known(row, "pattern"));
		for (size_t n = 0; n < COUNT(keys); n++) {
			const json_t *names = json_object_get(row, keys[n][0]);

			if (!json_array_size(names))
				continue;
			html(out, "<dt>%s</dt><dd>", keys[n][1]);
			json_array_foreach(names, k, name)
				html(out, "%s%s", k ? ", " : "", json_string_value(name));
			fputs("</dd>\n", out);
		}
	}
}

static void
put_selection(FILE *out, const json_t *report, const json_t *story)
{
	const json_t *boot = json_object_get(story, "boot"), *offer;
	const json_t *facts = json_object_get(boot, "facts");
	const json_t *offers = json_object_get(boot, "offers");
	const char *chosen = render_word(facts, "chosen-name");
	size_t i;

	if (!boot)
		return;
	fputs("<h2>Who was asked, and what was chosen</h2>\n<dl>\n", out);
	if (json_object_get(report, "interfaces")) {
		put_pair(out, "Rule", *render_word(facts, "rule") ?
		    render_word(facts, "rule") : "none matched: the interface decides");
		put_groups(out, report, render_word(facts, "interface"));
		put_asked(out, facts);
	}
	put_pair(out, "Accepted offer of", *chosen ? chosen : render_word(facts, "chosen"));
	put_pair(out, "Got address", render_word(facts, "address"));
	put_pair(out, "Got address", render_word(json_object_get(facts, "dhcp6"), "address"));
	put_pair(out, "Boot file", render_word(facts, "file"));
	put_pair(out, "Boot server", render_server_of(facts));
	fputs("</dl>\n", out);
	if (!json_array_size(offers))
		return;
	fputs("<p>Offers:</p><ul>\n", out);
	json_array_foreach(offers, i, offer)
		put_offer(out, offer);
	fputs("</ul>\n", out);
}

/* --- all ----------------------------------------------------------------- */

static void
put_story(FILE *out, const json_t *report, const json_t *story)
{
	const json_t *events = json_object_get(json_object_get(story, "boot"), "events");

	fputs("<article>\n", out);
	put_verdict(out, story);
	if (json_array_size(events)) {
		fputs("<h2>What happened (seconds)</h2>\n", out);
		ladder_svg(out, events);
	}
	put_selection(out, report, story);
	put_packets(out, story);
	fputs("</article>\n", out);
}

static void
put_server(FILE *out, const json_t *s)
{
	bool route = strcmp(render_word(s, "state"), "no-route") != 0;
	const char *health = route ? render_known(s, "health") : "no-route";
	bool up = strcmp(health, "up") == 0;
	char age[DURATION_STRLEN];

	html(out, up ? "<li><b class=\"good\">%s</b> " : "<li><b class=\"bad\">%s</b> ",
	    health);
	html(out, "%s (%s)", render_known(s, "name"), render_known(s, "address"));
	if (!up && *render_word(s, "diag"))
		html(out, ", %s", render_word(s, "diag"));
	if (json_object_get(s, "reply-ago-s"))
		html(out, ", last reply %s ago", render_duration(
		    render_number(s, "reply-ago-s"), age));
	else
		fputs(", never replied", out);
	fputs("</li>\n", out);
}

/* Several boots: which there are. */
static void
put_table(FILE *out, const json_t *rows)
{
	const json_t *row;
	size_t i;

	if (json_array_size(rows) < 2)
		return;
	fprintf(out, "<h1>%zu boots</h1>\n<table>\n", json_array_size(rows));
	json_array_foreach(rows, i, row)
		html(out, json_is_true(json_object_get(row, "failed")) ?
		    "<tr><td>%s</td><td>%s</td><td><b class=\"bad\">%s</b></td></tr>\n" :
		    "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n",
		    render_known(row, "at"), render_known(row, "mac"),
		    render_known(row, "verdict"));
	fputs("</table>\n", out);
}

static void
put_list(FILE *out, const char *title, const json_t *list,
    void (*put)(FILE *out, const json_t *item))
{
	const json_t *item;
	size_t i;

	if (!json_array_size(list))
		return;
	html(out, "<h2>%s</h2>\n<ul>\n", title);
	json_array_foreach(list, i, item)
		put(out, item);
	fputs("</ul>\n", out);
}

static void
put_note(FILE *out, const json_t *note)
{
	html(out, "<li>%s</li>\n", json_string_value(note));
}

void
report_page(const json_t *report, FILE *out)
{
	const json_t *stories = json_object_get(report, "stories"), *story;
	size_t i, n = json_array_size(stories);

	fputs(head, out);
	if (n == 1)
		html(out, "<title>Network boot of %s</title>\n",
		    machine_of(json_array_get(stories, 0)));
	else
		fputs("<title>Network boots</title>\n", out);
	fputs("</head>\n<body>\n<main>\n", out);
	if (n == 0)
		fputs("<h1>No boot was found</h1>\n", out);
	put_table(out, json_object_get(report, "captured"));
	json_array_foreach(stories, i, story)
		put_story(out, report, story);
	put_list(out, "Servers at the time of this report", json_object_get(report, "servers"),
	    put_server);
	put_list(out, "Notes", json_object_get(report, "notes"), put_note);
	html(out, "<footer>%s, %s. From %s. pxrelayctl %s", render_known(report, "host"),
	    render_known(report, "at"), render_known(report, "source"),
	    render_known(report, "version"));
	if (*render_word(report, "daemon"))
		html(out, ", pxrelayd %s", render_word(report, "daemon"));
	fputs(".</footer>\n</main>\n</body>\n</html>\n", out);
}
