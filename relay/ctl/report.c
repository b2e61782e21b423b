/* SPDX-License-Identifier: ISC
 *
 * report - see include/ctl/report.h. Collects the document, from the daemon or from
 * captures, and writes it to the file; report_page.c makes the page.
 */
#include "ctl/report.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "ctl/render.h"
#include "ctl/report_page.h"

static void
add_origin(json_t *doc, const char *source)
{
	char host[256] = "", at[64] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (localtime_r(&now, &tm))
		strftime(at, sizeof(at), "%Y-%m-%d %H:%M %Z", &tm);
	json_object_update_new(doc, json_pack("{s:s, s:s, s:s, s:s}", "host", host,
	    "at", at, "source", source, "version", PXRELAY_VERSION));
}

static bool
report_write(const struct report_args *a, const json_t *doc)
{
	FILE *out = a->file ? fopen(a->file, "we") : stdout;
	bool bad = !out;

	if (!bad && a->json)
		render_json(doc, out);
	else if (!bad)
		report_page(doc, out);
	if (!bad)
		bad = fflush(out) != 0 || ferror(out);
	if (bad)
		render_printf(stderr, "pxrelayctl: %s: %s\n", a->file ? a->file :
		    "standard output", strerror(errno));
	if (out && a->file)
		fclose(out);
	return !bad;
}

struct files {
	const struct report_args *args;
	const struct offline_args *files;
};

static bool
write_files(void *user, json_t *doc)
{
	const struct files *f = user;
	char source[512];
	struct sbuf b = sbuf_init(source, sizeof(source));

	for (int i = 0; i < f->files->n; i++) {
		const char *name = f->files->file[i], *slash = strrchr(name, '/');

		sbuf_puts(&b, i ? ", " : "");
		name = slash ? slash + 1 : name;
		name = strcmp(name, "-") == 0 ? "standard input" : name;
		sbuf_esc(&b, name, strlen(name));
	}
	add_origin(doc, source);
	return report_write(f->args, doc);
}

int
report_files(const struct report_args *a, struct offline_args *files)
{
	const struct report_args out = { .json = a->json };	/* to stdout */
	struct files f = { &out, files };

	files->output = a->file;
	files->write = write_files;
	files->user = &f;
	return offline_run(files);
}

/* Adds the members of the daemon's answer to doc. False, reported: there is none. */
static bool
add_answer(json_t *doc, const char *line, doctor_ask_fn *ask, void *user)
{
	int status;
	json_t *answer = ask(user, line, &status);
	bool known = answer && !json_object_get(answer, "error");

	if (answer && !known)
		render_printf(stderr, "pxrelayctl: %s: %s\n", line,
		    render_word(answer, "error"));
	if (known)
		json_object_update(doc, answer);
	json_decref(answer);
	return known;
}

int
report_daemon(const struct report_args *a, const char *client, doctor_ask_fn *ask,
    void *user)
{
	char line[256];
	json_t *story = json_object(), *doc = json_object();
	int status = STATUS_FAILED;

	snprintf(line, sizeof(line), "explain %s", client);
	if (add_answer(story, line, ask, user) && add_answer(doc, "version", ask, user) &&
	    add_answer(doc, "show servers", ask, user) &&
	    add_answer(doc, "show interfaces", ask, user)) {
		json_object_set(doc, "daemon", json_object_get(doc, "version"));
		add_origin(doc, "the relay itself");
		json_object_update_new(doc, json_pack("{s:[O], s:[s]}", "stories", story,
		    "notes", "The relay keeps no packets. To have them in a report, run "
		    "pxrelayctl capture --mac MAC -w FILE during a boot, and pxrelayctl "
		    "report FILE."));
		status = report_write(a, doc) ? STATUS_OK : STATUS_FAILED;
	}
	json_decref(story);
	json_decref(doc);
	return status;
}
