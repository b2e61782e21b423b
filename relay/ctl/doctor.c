/* SPDX-License-Identifier: ISC
 *
 * doctor - runs on all interfaces, some at a time, and their findings on the screen: one
 * block for each interface, one line for each finding, its cure below it when it is none to be
 * glad of. See include/ctl/doctor.h.
 */
#include "ctl/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sbuf.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "proto/clientmsg.h"
#include "proto/finding.h"

/* Runs at once: 200 VLANs take less than a minute, and the daemon has room for others. */
#define AT_ONCE		24
#define POLL_MS		100
/* dnsmasq pings each address that it offers for 3 s, one after the other, up to six. */
#define AGAIN_PAUSE_MS	20000
#define AGAIN_MAX	24	/* two minutes */
#define INDENT		19	/* of a finding's text */

#define GOOD		0
#define BAD_NEWS	1

/* --- asking ------------------------------------------------------------------------- */

struct one {
	const char *name;	/* borrowed from the list of interfaces */
	json_int_t run;		/* 0: not started yet */
	json_t *doc;		/* owned; NULL: not there yet */
	bool again;		/* is to be asked once more, alone */
};

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* Of what the daemon said: its error on the screen, and the exit status. */
static int
refused(const json_t *doc)
{
	const json_t *e = json_object_get(doc, "error");

	fputs("pxrelayctl: doctor: ", stderr);
	if (json_is_string(e))
		render_esc(stderr, json_string_value(e), json_string_length(e));
	else
		fputs("the daemon's answer is not one to this command", stderr);
	fputc('\n', stderr);
	return BAD_NEWS;
}

/* true: it is under way. false with GOOD: the daemon has no room for it now. */
static bool
start(const struct doctor_args *a, struct one *o, int *status)
{
	char line[64];
	struct sbuf b = sbuf_init(line, sizeof(line));
	json_t *doc;

	sbuf_printf(&b, "doctor start %s", o->name);
	doc = a->ask(a->user, line, status);
	if (!doc)
		return false;
	o->run = json_integer_value(json_object_get(doc, "run"));
	if (!o->run && !json_is_true(json_object_get(doc, "busy")))
		*status = refused(doc);
	json_decref(doc);
	return o->run != 0;
}

/* false: something is wrong, see *status. */
static bool
look(const struct doctor_args *a, struct one *o, int *status)
{
	char line[64];
	struct sbuf b = sbuf_init(line, sizeof(line));
	json_t *doc;

	sbuf_printf(&b, "doctor result %lld", (long long)o->run);
	doc = a->ask(a->user, line, status);
	if (!doc)
		return false;
	if (json_is_true(json_object_get(doc, "done"))) {
		o->doc = doc;
		return true;
	}
	if (!json_is_false(json_object_get(doc, "done")))
		*status = refused(doc);
	json_decref(doc);
	return *status == GOOD;
}

/* Is there a finding that a second look, alone, may take back? A server that serves others was
 * silent: it may have been busy with those others. */
static bool
may_be_busy(const json_t *doc)
{
	const json_t *checks = json_object_get(doc, "checks"), *row;
	const char *busy = finding_row(FINDING_NO_POOL)->code;
	size_t i;

	json_array_foreach(checks, i, row) {
		const char *code = json_string_value(json_object_get(row, "code"));

		if (code && strcmp(code, busy) == 0)
			return true;
	}
	return false;
}

/* Starts what may be, and looks at what is under way. true: there is more to do. */
static bool
turn(const struct doctor_args *a, struct one *all, size_t n, int *status)
{
	unsigned open = 0;
	bool more = false, room = true;

	for (size_t i = 0; i < n && *status == GOOD; i++) {
		if (all[i].run && !all[i].doc && look(a, &all[i], status))
			all[i].again = n > 1 && may_be_busy(all[i].doc);
		else if (!all[i].run && open < AT_ONCE && room)
			room = start(a, &all[i], status);
		open += all[i].run && !all[i].doc;
		more = more || !all[i].doc;
	}
	return more && *status == GOOD;
}

/* --- on the screen --------------------------------------------------------------------- */

static const char *
word(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s ? s : "";
}

static void
add_word(struct sbuf *b, const char *before, const char *s)
{
	if (!*s)
		return;
	sbuf_puts(b, b->len ? before : "");
	sbuf_screen(b, s, strlen(s));
}

static void
add_kinds(struct sbuf *b, const json_t *kinds)
{
	const json_t *kind;
	size_t i;

	json_array_foreach(kinds, i, kind) {
		sbuf_puts(b, i ? ", " : "");
		sbuf_screen(b, json_string_value(kind) ? json_string_value(kind) : "",
		    json_string_length(kind));
	}
}

/* "wds-1 198.51.100.21 (bios, uefi-x64)"; all kinds that the daemon plays go without saying. */
static void
add_subject(struct sbuf *b, const json_t *row)
{
	const json_t *kinds = json_object_get(row, "kinds");
	size_t n = json_array_size(kinds);
	bool alone;

	add_word(b, " ", word(row, "server-name"));
	add_word(b, " ", word(row, "server"));
	add_word(b, ", ", word(row, "address"));
	alone = b->len == 0;
	if (n == 0 || n == CLIENTMSG_KINDS)
		return;
	sbuf_puts(b, alone ? "" : " (");
	add_kinds(b, kinds);
	sbuf_puts(b, alone ? "" : ")");
}

static enum tone
tone_of(const char *status)
{
	if (strcmp(status, "ok") == 0)
		return TONE_GOOD;
	return strcmp(status, "fail") == 0 ? TONE_BAD : TONE_TITLE;
}

static bool
is_ok(const json_t *row)
{
	return strcmp(word(row, "status"), "ok") == 0;
}

static void
print_row(const json_t *row, FILE *out, bool colour)
{
	const char *status = word(row, "status"), *cure = word(row, "cure");
	bool ok = is_ok(row);
	char text[2048];
	struct sbuf b = sbuf_init(text, sizeof(text));
	const char *shown = strcmp(status, "fail") == 0 ? "FAIL" : ok ? "ok" : "warn";

	fputs("  ", out);
	table_paint(out, colour, tone_of(status), shown, strlen(shown));
	fprintf(out, "%*s", (int)(6 - strlen(shown)), "");
	add_word(&b, "", word(row, "check"));
	fprintf(out, "%-11s", text);
	b = sbuf_init(text, sizeof(text));
	add_subject(&b, row);
	if (b.len)
		sbuf_puts(&b, ": ");
	if (!ok || !*word(row, "detail"))
		sbuf_screen(&b, word(row, "sentence"), strlen(word(row, "sentence")));
	if (*word(row, "detail")) {
		sbuf_puts(&b, ok ? "" : " [");
		sbuf_screen(&b, word(row, "detail"), strlen(word(row, "detail")));
		sbuf_puts(&b, ok ? "" : "]");
	}
	table_wrap(out, text, INDENT);
	if (ok || !*cure)
		return;
	b = sbuf_init(text, sizeof(text));
	sbuf_puts(&b, "Cure: ");
	sbuf_screen(&b, cure, strlen(cure));
	fprintf(out, "%*s", INDENT, "");
	table_wrap(out, text, INDENT);
}

static void
print_title(const json_t *doc, FILE *out, bool colour)
{
	char text[256];
	struct sbuf b = sbuf_init(text, sizeof(text));

	add_word(&b, "", word(doc, "interface"));
	table_paint(out, colour, TONE_TITLE, b.s, b.len);
	fputc('\n', out);
}

static void
print_well(unsigned well, FILE *out, bool colour)
{
	fputs("  ", out);
	table_paint(out, colour, TONE_GOOD, "ok", 2);
	fprintf(out, "%*s%u checks\n", 4, "", well);
}

/* One document of the daemon, or the checks of this host. brief: what is well is counted
 * only. */
static void
print_document(const json_t *doc, FILE *out, bool colour, bool brief)
{
	const json_t *checks = json_object_get(doc, "checks"), *row;
	unsigned well = 0;
	size_t i;

	print_title(doc, out, colour);
	json_array_foreach(checks, i, row)
		if (brief && is_ok(row))
			well++;
		else
			print_row(row, out, colour);
	if (well)
		print_well(well, out, colour);
}

bool
doctor_is_bad(const json_t *doc)
{
	return strcmp(word(doc, "status"), "fail") == 0;
}

/* --- all of it ----------------------------------------------------------------------------- */

static bool
is_up(const json_t *row)
{
	const char *state = word(row, "state");

	return *word(row, "name") && strcmp(state, "down") != 0;
}

/* What is to be looked at; names are borrowed from *list, which is the caller's. */
static struct one *
choose(const struct doctor_args *a, json_t **list, size_t *n, int *status)
{
	const json_t *rows, *row;
	struct one *all;
	size_t i;

	*n = 0;
	*list = a->interface ? NULL : a->ask(a->user, "show interfaces", status);
	if (!a->interface && !*list)
		return NULL;
	rows = json_object_get(*list, "interfaces");
	all = calloc(json_array_size(rows) + 1, sizeof(*all));
	if (!all) {
		fputs("pxrelayctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	if (a->interface)
		all[(*n)++].name = a->interface;
	json_array_foreach(rows, i, row)
		if (is_up(row))
			all[(*n)++].name = word(row, "name");
	return all;
}

/* As soon as all before it are on the screen. */
static void
print_ready(const struct doctor_args *a, struct one *all, size_t n, size_t *shown)
{
	for (; *shown < n && all[*shown].doc && !all[*shown].again; ++*shown)
		if (!a->json) {
			print_document(all[*shown].doc, stdout, a->colour, n > 1);
			fflush(stdout);
		}
}

static int
finish(const struct doctor_args *a, const struct doctor_host *h, struct one *all,
    size_t n)
{
	json_t *docs = json_array(), *host, *doc;
	bool failed;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append(docs, all[i].doc);
	host = doctor_host_end(h, docs);
	failed = doctor_is_bad(host);
	json_array_foreach(docs, i, doc)
		failed = failed || doctor_is_bad(doc);
	if (a->json) {
		doc = json_pack("{s:s, s:O, s:O}", "status", failed ? "fail" : "ok",
		    "interfaces", docs, "host", host);
		json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
		json_decref(doc);
	} else
		print_document(host, stdout, a->colour, n > 1);
	json_decref(host);
	json_decref(docs);
	return failed ? BAD_NEWS : GOOD;
}

/* Alone, and after a pause in which a server that was busy has come to an end. */
static void
ask_again(const struct doctor_args *a, struct one *all, size_t n, size_t *shown, int *status)
{
	size_t marked = 0;

	for (size_t i = 0; i < n; i++)
		marked += all[i].again;
	if (marked)
		fprintf(stderr, "pxrelayctl: doctor: interfaces that are asked again, since a "
		    "server may have been busy: %zu\n", marked < AGAIN_MAX ? marked : AGAIN_MAX);
	pause_ms(marked ? AGAIN_PAUSE_MS : 0);
	for (size_t i = 0, asked = 0; i < n && *status == GOOD; i++) {
		if (!all[i].again)
			continue;
		all[i].again = false;
		if (asked++ >= AGAIN_MAX)
			continue;
		json_decref(all[i].doc);
		all[i].doc = NULL;
		all[i].run = 0;
		while (turn(a, &all[i], 1, status))
			pause_ms(POLL_MS);
		print_ready(a, all, n, shown);
	}
}

int
doctor_run(const struct doctor_args *a)
{
	struct doctor_host h;
	json_t *list = NULL;
	int status = GOOD;
	size_t n, shown = 0;
	struct one *all;

	doctor_host_begin(&h);
	all = choose(a, &list, &n, &status);
	if (all && n == 0) {
		fputs("pxrelayctl: doctor: no client interface is up:"
		    " pxrelayctl show interfaces has them all\n", stderr);
		status = BAD_NEWS;
	}
	while (all && turn(a, all, n, &status)) {
		print_ready(a, all, n, &shown);
		pause_ms(POLL_MS);
	}
	if (all && status == GOOD) {
		print_ready(a, all, n, &shown);
		ask_again(a, all, n, &shown, &status);
	}
	if (all && status == GOOD) {
		print_ready(a, all, n, &shown);
		status = finish(a, &h, all, n);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(all[i].doc);
	free(all);
	json_decref(list);
	return status;
}
