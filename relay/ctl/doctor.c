/* SPDX-License-Identifier: ISC
 *
 * doctor - starts the daemon's runs, several at a time, and prints their
 * findings: a block for each interface, a line for each finding, and below it
 * the cure unless the check passed. The runs are made in the daemon
 * (core/doctor); the checks of this host are in doctor_host.c.
 */
#include "ctl/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sbuf.h"
#include "ctl/mem.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "proto/clientmsg.h"
#include "proto/finding.h"

/* Runs at once: 200 VLANs take less than a minute, and the daemon has runs left. */
#define AT_ONCE		24
#define POLL_MS		100
/* dnsmasq pings each address before it offers it, for 3 s, one after the other,
 * up to six. */
#define AGAIN_PAUSE_MS	20000
#define AGAIN_MAX	24	/* takes two minutes */
#define INDENT		19	/* of a finding's text */

struct run {
	const char *name;	/* of the interface, borrowed */
	json_int_t number;	/* 0: not started yet */
	json_t *doc;		/* owned; NULL: not finished. Without a run, of one that is
				 * absent */
	bool again;		/* to be repeated alone */
};

struct doctor {
	const struct doctor_args *a;
	struct run *run;
	size_t n, shown;
	json_t *list;		/* the answer to `show interfaces` */
	int status;		/* of the program; not STATUS_OK ends it */
};

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void
report_refusal(struct doctor *d, const json_t *doc)
{
	const char *error = render_word(doc, "error");

	render_printf(stderr, "pxrelayctl: doctor: %s\n",
	    *error ? error : "the daemon's answer does not match this command");
	d->status = STATUS_FAILED;
}

/* false: the daemon is busy, or it failed (d->status). */
static bool
start_run(struct doctor *d, struct run *r)
{
	char line[64];
	struct sbuf b = sbuf_init(line, sizeof(line));
	json_t *doc;

	sbuf_printf(&b, "doctor start %s", r->name);
	doc = d->a->ask(d->a->user, line, &d->status);
	r->number = render_number(doc, "run");
	if (doc && !r->number && !json_is_true(json_object_get(doc, "busy")))
		report_refusal(d, doc);
	json_decref(doc);
	return r->number != 0;
}

/* Takes the document if the run is finished. */
static void
poll_run(struct doctor *d, struct run *r)
{
	char line[64];
	struct sbuf b = sbuf_init(line, sizeof(line));
	json_t *doc, *done;

	sbuf_printf(&b, "doctor result %lld", (long long)r->number);
	doc = d->a->ask(d->a->user, line, &d->status);
	done = json_object_get(doc, "done");
	if (json_is_true(done)) {
		r->doc = doc;
		return;
	}
	if (doc && !json_is_false(done))
		report_refusal(d, doc);
	json_decref(doc);
}

/* If a server made no offer here but did on another interface, it may have been
 * busy with that one, and a run on its own may get an offer. */
static bool
may_be_busy(const json_t *doc)
{
	const char *no_pool = finding_row(FINDING_NO_POOL)->code;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(doc, "checks"), i, row)
		if (strcmp(render_word(row, "code"), no_pool) == 0)
			return true;
	return false;
}

/* Starts as many runs as there is room for, and polls the others. Returns
 * whether there is more to do. */
static bool
step_runs(struct doctor *d, struct run *r, size_t n)
{
	unsigned open = 0;
	bool more = false, room = true;

	for (size_t i = 0; i < n && d->status == STATUS_OK; i++, r++) {
		if (r->number && !r->doc) {
			poll_run(d, r);
			r->again = n > 1 && may_be_busy(r->doc);
		} else if (!r->number && !r->doc && open < AT_ONCE && room) {
			room = start_run(d, r);
		}
		open += r->number && !r->doc;
		more |= !r->doc;
	}
	return more && d->status == STATUS_OK;
}

static void
add_word(struct sbuf *b, const char *before, const char *s)
{
	if (!*s)
		return;
	sbuf_puts(b, b->len ? before : "");
	sbuf_screen(b, s, strlen(s));
}

/* All kinds of a family, or of both? Those of IPv6 are "uefi-x64 v6" and so on. */
static bool
are_all(const json_t *kinds)
{
	size_t n = json_array_size(kinds), v6 = 0, i;
	const json_t *kind;

	json_array_foreach(kinds, i, kind)
		v6 += json_is_string(kind) && strstr(json_string_value(kind), " v6");
	return n == CLIENTMSG_KINDS || n == (v6 ? CLIENTMSG_KINDS - CLIENTMSG_KINDS4 :
	    CLIENTMSG_KINDS4);
}

/* Adds "wds-1 198.51.100.21 (bios, uefi-x64)"; without kinds if all are meant. */
static void
add_subject(struct sbuf *b, const json_t *row)
{
	const json_t *kinds = json_object_get(row, "kinds"), *kind;
	size_t n = json_array_size(kinds), i;
	bool alone;

	add_word(b, " ", render_word(row, "server-name"));
	add_word(b, " ", render_word(row, "server"));
	add_word(b, ", ", render_word(row, "address"));
	alone = b->len == 0;
	if (n == 0 || are_all(kinds))
		return;
	sbuf_puts(b, alone ? "" : " (");
	json_array_foreach(kinds, i, kind) {
		sbuf_puts(b, i ? ", " : "");
		sbuf_screen(b, json_is_string(kind) ? json_string_value(kind) : "",
		    json_string_length(kind));
	}
	sbuf_puts(b, alone ? "" : ")");
}

bool
doctor_is_bad(const json_t *doc)
{
	return strcmp(render_word(doc, "status"), "fail") == 0;
}

static bool
is_ok(const json_t *row)
{
	return strcmp(render_word(row, "status"), "ok") == 0;
}

/* Prints the sentence, and the detail in brackets; only one of them for a check that
 * passed. */
static void
print_row(const json_t *row, FILE *out, bool colour)
{
	const char *cure = render_word(row, "cure");
	const char *sentence = render_word(row, "sentence");
	const char *detail = render_word(row, "detail");
	bool ok = is_ok(row), bad = doctor_is_bad(row);
	char text[2048];
	struct sbuf b = sbuf_init(text, sizeof(text));
	const char *shown = ok ? "ok" : bad ? "FAIL" : "warn";

	fputs("  ", out);
	table_paint(out, colour, ok ? TONE_GOOD : bad ? TONE_BAD : TONE_TITLE,
	    shown, strlen(shown));
	fprintf(out, "%*s", (int)(6 - strlen(shown)), "");
	add_word(&b, "", render_word(row, "check"));
	fprintf(out, "%-11s", text);
	b = sbuf_init(text, sizeof(text));
	add_subject(&b, row);
	if (b.len)
		sbuf_puts(&b, ": ");
	if (!ok || !*detail)
		sbuf_screen(&b, sentence, strlen(sentence));
	if (*detail) {
		sbuf_puts(&b, ok ? "" : " [");
		sbuf_screen(&b, detail, strlen(detail));
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

/* Prints the document of a run, or the checks of this host. brief: checks that
 * passed are only counted. */
static void
print_document(const json_t *doc, FILE *out, bool colour, bool brief)
{
	const json_t *row;
	char text[256];
	struct sbuf b = sbuf_init(text, sizeof(text));
	unsigned passed = 0;
	size_t i;

	add_word(&b, "", render_word(doc, "interface"));
	table_paint(out, colour, TONE_TITLE, b.s, b.len);
	fputc('\n', out);
	json_array_foreach(json_object_get(doc, "checks"), i, row)
		if (brief && is_ok(row))
			passed++;
		else
			print_row(row, out, colour);
	if (passed == 0)
		return;
	fputs("  ", out);
	table_paint(out, colour, TONE_GOOD, "ok", 2);
	fprintf(out, "    %u checks\n", passed);
}

static json_t *
absent_document(const char *name)
{
	json_t *checks = json_array();

	doctor_add_check(checks, FINDING_ABSENT, NULL);
	return json_pack("{s:s, s:s, s:o}", "interface", name, "status", "warn",
	    "checks", checks);
}

/* Off: it has no servers of this family. */
static bool
is_examined(const char *state)
{
	static const char *const not[] = { "", "down", "off", "absent" };

	for (size_t i = 0; i < COUNT(not); i++)
		if (strcmp(state, not[i]) == 0)
			return false;
	return true;
}

/* Chooses the interface that was named, or all that are up; of those that are absent
 * only that is said. */
static void
choose_interfaces(struct doctor *d)
{
	const json_t *rows, *row;
	bool any = d->a->interface;
	size_t i;

	d->list = d->a->ask(d->a->user, "show interfaces", &d->status);
	if (!d->list)
		return;
	rows = d->a->interface ? NULL : json_object_get(d->list, "interfaces");
	d->run = mem_got(calloc(json_array_size(rows) + 1, sizeof(*d->run)));
	if (d->a->interface)
		d->run[d->n++].name = d->a->interface;
	json_array_foreach(rows, i, row) {
		struct run *r = &d->run[d->n];
		const char *state = render_word(row, "state");
		const char *state6 = render_word(row, "state6");
		bool absent = strcmp(state, "absent") == 0 || strcmp(state6, "absent") == 0;

		if (!absent && !is_examined(state) && !is_examined(state6))
			continue;
		r->name = render_word(row, "name");
		r->doc = absent ? absent_document(r->name) : NULL;
		any |= !r->doc;
		d->n++;
	}
	if (any)
		return;
	fputs("pxrelayctl: doctor: no client interface is up: "
	    "see pxrelayctl show interfaces\n", stderr);
	d->status = STATUS_FAILED;
}

/* Prints documents in the order of the list, each as soon as those before it
 * are done. */
static void
print_ready(struct doctor *d)
{
	for (; d->shown < d->n; d->shown++) {
		const struct run *r = &d->run[d->shown];

		if (!r->doc || r->again)
			return;
		if (d->a->json)
			continue;
		print_document(r->doc, stdout, d->a->colour, d->n > 1);
		fflush(stdout);
	}
}

/* Repeats marked runs one by one, after a pause in which a busy server finishes. */
static void
run_again(struct doctor *d)
{
	size_t marked = 0, done = 0;

	for (size_t i = 0; i < d->n; i++)
		marked += d->run[i].again;
	if (marked == 0)
		return;
	fprintf(stderr, "pxrelayctl: doctor: interfaces to check again, since "
	    "a server may have been busy: %zu\n",
	    marked < AGAIN_MAX ? marked : AGAIN_MAX);
	pause_ms(AGAIN_PAUSE_MS);
	for (size_t i = 0; i < d->n && d->status == STATUS_OK; i++) {
		struct run *r = &d->run[i];

		if (!r->again)
			continue;
		r->again = false;
		if (done++ >= AGAIN_MAX)
			continue;
		json_decref(r->doc);
		r->doc = NULL;
		r->number = 0;
		while (step_runs(d, r, 1))
			pause_ms(POLL_MS);
		print_ready(d);
	}
}

/* Checks this host, prints what is left and sets the exit status. */
static void
finish(struct doctor *d, int64_t before)
{
	json_t *docs = json_array(), *host, *doc;
	bool failed;
	size_t i;

	for (i = 0; i < d->n; i++)
		json_array_append(docs, d->run[i].doc);
	host = doctor_host_end(before, docs, json_object_get(d->list, "ports"));
	failed = doctor_is_bad(host);
	json_array_foreach(docs, i, doc)
		failed |= doctor_is_bad(doc);
	if (d->a->json) {
		doc = json_pack("{s:s, s:O, s:O}", "status", failed ? "fail" : "ok",
		    "interfaces", docs, "host", host);
		render_json(doc, stdout);
		json_decref(doc);
	} else {
		print_document(host, stdout, d->a->colour, d->n > 1);
	}
	json_decref(host);
	json_decref(docs);
	d->status = failed ? STATUS_FAILED : STATUS_OK;
}

int
doctor_run(const struct doctor_args *a)
{
	struct doctor d = { .a = a, .status = STATUS_OK };
	int64_t before = doctor_host_begin();

	choose_interfaces(&d);
	while (d.status == STATUS_OK && step_runs(&d, d.run, d.n)) {
		print_ready(&d);
		pause_ms(POLL_MS);
	}
	if (d.status == STATUS_OK) {
		print_ready(&d);
		run_again(&d);
	}
	if (d.status == STATUS_OK) {
		print_ready(&d);
		finish(&d, before);
	}
	for (size_t i = 0; i < d.n; i++)
		json_decref(d.run[i].doc);
	free(d.run);
	json_decref(d.list);
	return d.status;
}
