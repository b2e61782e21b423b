/* SPDX-License-Identifier: ISC
 *
 * pxrelayctl - queries a running pxrelayd and shows the answer.
 *
 * This file has the arguments, the table of commands, `watch` and the exit
 * status. client.c talks to the daemon, render.c shows the answer. Everything
 * the daemon sends is escaped before it reaches a terminal.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/sbuf.h"
#include "ctl/capture.h"
#include "ctl/client.h"
#include "ctl/doctor.h"
#include "ctl/import.h"
#include "ctl/list.h"
#include "ctl/offline.h"
#include "ctl/render.h"
#include "ctl/report.h"
#include "ctl/table.h"
#include "ctl/trial.h"
#include "io/sandbox.h"

#define SOCKET		"/run/pxrelay/control.sock"
/* The daemon answers between two batches of packets. After this long a person
 * assumes that it hangs, and a script should go on. */
#define TIMEOUT_MS	5000
#define TIMEOUT_MAX_S	3600

/* getopt values of long options, after those of capture. */
enum { OPT_ARCH = CAPTURE_SERVER + 1, OPT_USER_CLASS, OPT_VENDOR_CLASS, OPT_MESSAGE,
	OPT_FAILED, OPT_SINCE };
/* Options that only some commands take. */
enum { GROUP_CAPTURE = 1, GROUP_MATCH = 2, GROUP_WHICH = 4, GROUP_LIST = 8,
	GROUP_OUTPUT = 16, GROUP_C = 32 };

struct args {
	const char *socket;
	int timeout_ms;
	bool json;
	const struct command *command;
	struct capture_args capture;
	const char *output;	/* of a report; NULL: standard output */
	const char *c;		/* of -c: a configuration, or for capture a number */
	struct list_args list;
	unsigned given;		/* GROUP_... */
	char line[1024];	/* the command line */
};

struct command {
	const char *words;	/* a word in capitals is an argument */
	const char *help;	/* NULL: described by the row before */
	int (*run)(struct args *a);
	render_fn *render;	/* for ask_once; NULL: render_list() */
};

static int
usage(const char *what, const char *arg)
{
	render_printf(stderr, "pxrelayctl: %s%s%s\n", what, arg ? ": " : "",
	    arg ? arg : "");
	fputs("try: pxrelayctl --help\n", stderr);
	return STATUS_USAGE;
}

/* Reports an error of client_ask() and what to do about it. */
static int
report_no_answer(const struct args *a, int err)
{
	static const char no_daemon[] =
	    "no daemon answers there (is pxrelayd running? -s SOCKET names another)";
	static const struct {
		int err;
		const char *what;
	} words[] = {
		{ -ENOENT, no_daemon },
		{ -ECONNREFUSED, no_daemon },
		{ -EACCES, "permission denied "
		    "(root and the group of the socket may connect)" },
		{ -EPIPE, "the connection was closed before the answer was complete "
		    "(did the daemon end?)" },
		{ -EMSGSIZE, "the answer is longer than 64 MB, "
		    "so it is not pxrelayd's" },
		{ -ENAMETOOLONG, "too long for the name of a socket" },
	};
	const char *what = strerror(-err);

	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].err == err)
			what = words[i].what;
	if (err == -ETIMEDOUT)
		render_printf(stderr, "pxrelayctl: %s: no complete answer within %g s "
		    "(-t SECONDS waits longer)\n", a->socket, a->timeout_ms / 1000.0);
	else
		render_printf(stderr, "pxrelayctl: %s: %s\n", a->socket, what);
	return err == -ENAMETOOLONG ? STATUS_USAGE : STATUS_FAILED;
}

/* detail is untrusted. */
static int
report_failure(const struct args *a, const char *what, const char *detail)
{
	render_printf(stderr, "pxrelayctl: %s: %s%s\n", a->line, what, detail);
	return STATUS_FAILED;
}

static int
report_mismatch(const struct args *a)
{
	return report_failure(a, "the daemon's answer does not match this command "
	    "(is it another version? --json shows it)", "");
}

/* NO_COLOR (no-color.org) counts if it is set and not empty. */
static bool
may_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	    term && strcmp(term, "dumb") != 0;
}

/* "FILE:LINE: TEXT" each, if the daemon says what is wrong. */
static void
show_mistakes(const json_t *doc)
{
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(doc, "mistakes"), i, line)
		if (json_is_string(line))
			render_printf(stderr, "%s\n", json_string_value(line));
}

/* Returns the exit status; a boot that failed is a failure. */
static int
show_document(const struct args *a, const json_t *doc)
{
	const json_t *error = json_object_get(doc, "error");
	const json_t *verdict = json_object_get(doc, "verdict");
	bool failed = error || json_is_true(json_object_get(verdict, "failed"));
	const char *what = strrchr(a->command->words, ' ');
	bool shown;

	if (a->json) {
		render_json(doc, stdout);
		return failed ? STATUS_FAILED : STATUS_OK;
	}
	if (error && !json_is_string(error))
		return report_failure(a, "the daemon refused and gave no reason", "");
	if (error) {
		show_mistakes(doc);
		return report_failure(a, "", json_string_value(error));
	}
	if (a->command->render)
		shown = a->command->render(doc, stdout, may_colour());
	else
		shown = what && render_list(doc, what + 1, stdout, may_colour());
	if (!shown)
		return report_mismatch(a);
	return failed ? STATUS_FAILED : STATUS_OK;
}

/* A doctor_ask_fn: returns the daemon's document, owned by the caller, or NULL. */
static json_t *
ask_daemon(void *args, const char *line, int *status)
{
	const struct args *a = args;
	json_error_t why;
	struct client c;
	json_t *doc;
	int err = client_ask(&c, a->socket, line, a->timeout_ms);

	if (err) {
		*status = report_no_answer(a, err);
		return NULL;
	}
	/* A name with a NUL in it can be shown. */
	doc = json_loadb(c.answer, c.len, JSON_ALLOW_NUL, &why);
	client_close(&c);
	if (!doc)
		*status = report_failure(a, "the answer is not JSON: ", why.text);
	return doc;
}

/* A list of clients comes in pieces; a screen has the first one. */
static int
run_list(struct args *a)
{
	int status = STATUS_OK;
	const char *what = strrchr(a->line, ' ') + 1;
	bool all = a->json || list_is_filtered(&a->list);
	json_t *doc = all ? list_all(a->line, ask_daemon, a, &status) :
	    ask_daemon(a, a->line, &status);

	if (doc) {
		list_filter(&a->list, doc, what);
		status = show_document(a, doc);
	}
	json_decref(doc);
	return status;
}

static int
ask_once(struct args *a)
{
	int status = STATUS_OK;
	json_t *doc = ask_daemon(a, a->line, &status);

	if (doc)
		status = show_document(a, doc);
	json_decref(doc);
	return status;
}

/* --- watch ---
 *
 * The daemon keeps no state for `watch`. Once a second we fetch the list of at most
 * 200 boots, and print those that are new or whose verdict has changed. More than
 * 200 boots in one second are not shown in full; `show counters` counts them all. */

#define FIRST_ROWS	10	/* as tail -f */

struct watch {
	json_t *seen;		/* owned: client -> boot, verdict; NULL at first */
	bool json, colour;
};

static void
watch_row(const struct watch *w, const json_t *row, time_t now, FILE *out)
{
	time_t then = now - (time_t)render_number(row, "age-s");
	bool failed = json_is_true(json_object_get(row, "failed"));
	const char *file = render_word(row, "file"), *server = render_server_of(row);
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
	render_printf(out, "%s %s %s %s ", clock, render_known(row, "mac"),
	    render_known(row, "interface"), render_known(row, "arch"));
	sbuf_esc(&b, render_word(row, "verdict"),
	    strlen(render_word(row, "verdict")));
	table_paint(out, w->colour, failed ? TONE_BAD : TONE_PLAIN, b.s, b.len);
	if (*file)
		render_printf(out, " file %s", file);
	if (*server)
		render_printf(out, " on %s", server);
	fputc('\n', out);
}

/* Prints the new rows; of the first document only the last few. now turns ages into
 * times of day. false, with nothing printed: the document has no list of boots. */
static bool
watch_step(struct watch *w, const json_t *doc, time_t now, FILE *out)
{
	const json_t *rows = json_object_get(doc, "boots");
	json_t *seen;
	size_t n = json_array_size(rows);

	if (!json_is_array(rows))
		return false;
	seen = json_object();
	for (size_t i = n; i-- > 0;) {	/* the most recent boot comes first */
		const json_t *row = json_array_get(rows, i);
		const char *mac = render_word(row, "mac");
		char key[128];
		json_t *state;
		bool fresh;

		if (!*mac)
			continue;
		snprintf(key, sizeof(key), "%s %s", mac, render_word(row, "interface"));
		/* A row is new if its conversation or its verdict is. */
		state = json_pack("[O*, O*]", json_object_get(row, "xid"),
		    json_object_get(row, "verdict"));
		fresh = w->seen ? !json_equal(state, json_object_get(w->seen, key)) :
		    i < FIRST_ROWS;
		json_object_set_new(seen, key, state);
		if (fresh)
			watch_row(w, row, now, out);
	}
	json_decref(w->seen);
	w->seen = seen;
	return true;
}

/* Everything printed is flushed before each pause, and no file is open. */
static void
on_interrupt(int signo)
{
	(void)signo;
	_exit(STATUS_OK);
}

/* Runs until the daemon or the reader of the output is gone, or until SIGINT. */
static int
run_watch(struct args *a)
{
	const struct timespec pause = { .tv_sec = 1 };
	struct watch w = { .json = a->json, .colour = may_colour() };
	struct sigaction act = { .sa_handler = on_interrupt };
	int status = STATUS_OK;
	bool more = true;

	sigaction(SIGINT, &act, NULL);
	while (more) {
		json_t *doc = ask_daemon(a, "show boots", &status);

		more = doc && watch_step(&w, doc, time(NULL), stdout);
		if (doc && !more)
			status = show_document(a, doc);
		json_decref(doc);
		if (fflush(stdout) != 0)
			break;
		if (more)
			nanosleep(&pause, NULL);
	}
	json_decref(w.seen);
	return status;
}

/* The stream follows the answer {"capture":"pcapng"}. */
static int
run_capture(struct args *a)
{
	const char *wrong = a->c ? capture_option(&a->capture, 'c', a->c) : NULL;
	char line[sizeof("capture") + sizeof(a->capture.filter)];
	struct client c;
	json_t *doc;
	int status, err;

	if (wrong)
		return usage(wrong, a->c);
	wrong = capture_settle(&a->capture, isatty(STDOUT_FILENO));
	if (wrong)
		return usage(wrong, NULL);
	snprintf(line, sizeof(line), "capture%s", a->capture.filter);
	err = client_ask(&c, a->socket, line, a->timeout_ms);
	if (err)
		return report_no_answer(a, err);
	doc = json_loadb(c.answer, c.len, 0, NULL);
	if (json_object_get(doc, "error"))
		status = show_document(a, doc);
	else if (strcmp(render_word(doc, "capture"), "pcapng") == 0)
		status = capture_run(&a->capture, &c, a->json);
	else
		status = report_mismatch(a);
	json_decref(doc);
	client_close(&c);
	return status;
}

static int
run_doctor(struct args *a)
{
	const char *interface = strchr(a->line, ' ');
	struct doctor_args d = {
		.interface = interface ? interface + 1 : NULL, .json = a->json,
		.colour = may_colour(), .ask = ask_daemon, .user = a,
	};

	return doctor_run(&d);
}

static int
run_which(struct args *a)
{
	struct conf *c;
	json_t *doc;
	int status;

	snprintf(a->line, sizeof(a->line), "which%s", a->capture.filter);
	if (!a->c)
		return ask_once(a);
	c = trial_conf(a->c);
	if (!c)
		return STATUS_FAILED;
	doc = trial_which(c, a->capture.filter);
	status = show_document(a, doc);
	json_decref(doc);
	conf_free(c);
	return status;
}

static int
run_report(struct args *a)
{
	struct report_args r = { .file = a->output, .json = a->json };

	return report_daemon(&r, strchr(a->line, ' ') + 1, ask_daemon, a);
}

static const struct command commands[] = {
	{ "show", "overview on one screen, problems first", ask_once, render_summary },
	{ "show interfaces", "client interfaces, state and counts", run_list, NULL },
	{ "show servers", "servers, and whether they reply", run_list, NULL },
	{ "show rules", "rules, and how often each one matched", ask_once, NULL },
	{ "show clients", "clients heard last, with verdicts", run_list, NULL },
	{ "show boots", "clients that boot from the network", run_list, NULL },
	{ "show config", "the configuration that runs, all defaults filled in", ask_once,
	    render_config },
	{ "which", "which rule and servers a client would get, and why", run_which,
	    render_which },
	{ "explain MAC", "how a client's last boot went, and why it failed",
	    ask_once, render_explain },
	{ "explain MAC INTERFACE", NULL, ask_once, render_explain },
	{ "report MAC", "the same as an HTML file, to hand on", run_report, NULL },
	{ "report MAC INTERFACE", NULL, run_report, NULL },
	{ "doctor", "test network boot on all interfaces, or on INTERFACE",
	    run_doctor, NULL },
	{ "doctor INTERFACE", NULL, run_doctor, NULL },
	{ "watch", "boots as they happen, until interrupted", run_watch, NULL },
	{ "capture", "both legs as pcapng, with verdicts as comments", run_capture, NULL },
	{ "show counters", "all counters, with their meaning", ask_once, NULL },
	{ "show drops", "why packets were dropped, most frequent first", ask_once, NULL },
	{ "drain SERVER", "send it no new clients until it is enabled", ask_once,
	    render_server },
	{ "enable SERVER", "use a drained server again", ask_once, render_server },
	{ "reload", "read the configuration again, all or nothing", ask_once,
	    render_reload },
	{ "version", "version of the daemon", ask_once, render_version },
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },
	{ "mac", required_argument, NULL, CAPTURE_MAC },
	{ "interface", required_argument, NULL, CAPTURE_INTERFACE },
	{ "server", required_argument, NULL, CAPTURE_SERVER },
	{ "arch", required_argument, NULL, OPT_ARCH },
	{ "user-class", required_argument, NULL, OPT_USER_CLASS },
	{ "vendor-class", required_argument, NULL, OPT_VENDOR_CLASS },
	{ "message", required_argument, NULL, OPT_MESSAGE },
	{ "failed", no_argument, NULL, OPT_FAILED },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(void)
{
	printf("usage: pxrelayctl [-s SOCKET] [-t SECONDS] [--json] COMMAND\n\n"
	    "commands:\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].help)
			printf("  %-17s %s\n", commands[i].words, commands[i].help);
	printf("  %-17s %s\n", "explain FILE...",
	    "how all boots in these captures went, or those of [MAC]");
	printf("  %-17s %s\n", "report FILE...",
	    "the same as an HTML file");
	printf("  %-17s %s\n", "import KIND FILE",
	    "convert a dhcrelay, dnsmasq or ios file to a pxrelay.conf");
	printf("\noptions:\n"
	    "  -s, --socket SOCKET    the daemon's control socket (%s)\n"
	    "  -t, --timeout SECONDS  how long to wait for the answer (%d)\n"
	    "      --json             print the daemon's document\n"
	    "  -h, --help             print this text\n"
	    "  -V, --version          print the version of pxrelayctl\n"
	    "options of report:\n"
	    "  -o FILE                write to this file (standard output)\n"
	    "options of capture:\n"
	    "  -w FILE                write to this file (standard output)\n"
	    "  -C SIZE                start the next file at this size (k, M, G)\n"
	    "  -W COUNT               keep this many files\n"
	    "  -c COUNT               end after this many packets\n"
	    "options of which, and of explain and report of captures:\n"
	    "  -c FILE                by this pxrelay.conf, which need not run\n"
	    "options of capture and of lists, which may be repeated:\n"
	    "      --mac MAC          only this machine\n"
	    "      --interface NAME   only this client interface (a shell pattern)\n"
	    "      --server SERVER    only this server, by name or address\n"
	    "options of lists:\n"
	    "      --failed           only what is in trouble\n"
	    "      --since TIME       only clients heard since (90s, 15m, 1h, 2d)\n"
	    "options of which, besides --interface and --mac:\n"
	    "      --arch ARCH        as in a [rule], like uefi-x64\n"
	    "      --user-class TEXT  as option 77, like iPXE\n"
	    "      --vendor-class TEXT\n"
	    "                         as option 60; default: as firmware of this ARCH\n"
	    "      --message TYPE     discover (default), request, solicit, ...\n\n"
	    "exit status: 0 success, 1 failure, 2 wrong usage\n",
	    SOCKET, TIMEOUT_MS / 1000);
}

/* Returns milliseconds; 0: not a number of seconds, or out of range. */
static int
parse_timeout(const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end != '\0' || !(s >= 0.001 && s <= TIMEOUT_MAX_S))
		return 0;
	return (int)(s * 1000);
}

/* An option that only some commands take. Returns NULL, or what is wrong with its value. */
static const char *
take_option(struct args *a, int o)
{
	static const char *const keys[] = {
		[OPT_ARCH] = "arch", [OPT_USER_CLASS] = "user-class",
		[OPT_VENDOR_CLASS] = "vendor-class", [OPT_MESSAGE] = "message",
	};

	a->given |= o == 'o' ? GROUP_OUTPUT : o == 'c' ? GROUP_C :
	    o < CAPTURE_MAC ? GROUP_CAPTURE : o <= CAPTURE_SERVER ? GROUP_MATCH :
	    o <= OPT_MESSAGE ? GROUP_WHICH : GROUP_LIST;
	if (o == 'o')
		a->output = optarg;
	else if (o == 'c')
		a->c = optarg;
	else if (o == OPT_FAILED)
		a->list.failed = true;
	else if (o == OPT_SINCE)
		a->list.since_s = list_since(optarg);
	else if (o >= OPT_ARCH)
		return capture_filter(&a->capture, keys[o], optarg);
	else
		return capture_option(&a->capture, o, optarg);
	return o == OPT_SINCE && !a->list.since_s ? "expected a time like 15m" : NULL;
}

/* Returns 'h' or 'V' if given, STATUS_OK to go on, or STATUS_USAGE. */
static int
parse_options(int argc, char **argv, struct args *a)
{
	static const char letters[] = "s:t:o:hV" CAPTURE_OPTIONS;
	const char *wrong;
	int o;

	while ((o = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (o) {
		case 's':
			a->socket = optarg;
			break;
		case 't':
			a->timeout_ms = parse_timeout(optarg);
			break;
		case 'j':
			a->json = true;
			break;
		case 'h':
		case 'V':
			return o;
		case '?':
			fputs("try: pxrelayctl --help\n", stderr);
			return STATUS_USAGE;
		default:
			wrong = take_option(a, o);
			if (wrong)
				return usage(wrong, optarg);
			break;
		}
		if (a->timeout_ms == 0)
			return usage("-t: expected a number of seconds", NULL);
	}
	if (a->socket[0] == '\0')
		return usage("-s: expected the path of a socket", NULL);
	return STATUS_OK;
}

enum match { MATCH_NO, MATCH_BEGIN, MATCH_ALL };

static enum match
match_words(const char *line, const char *words)
{
	for (;; line++, words++) {
		size_t n = strcspn(line, " "), len = strcspn(words, " ");

		if (n == 0 || (!isupper((unsigned char)*words) &&
		    (n != len || strncmp(line, words, n) != 0)))
			return MATCH_NO;
		line += n;
		words += len;
		if (!*line)
			return *words ? MATCH_BEGIN : MATCH_ALL;
		if (!*words)
			return MATCH_NO;
	}
}

/* Puts the command into line and finds it. NULL: there is none, which has been
 * reported. A newline would begin a second command. */
static const struct command *
find_command(char **word, int n, char *line, size_t size)
{
	struct sbuf b = sbuf_init(line, size);
	const char *begun = NULL;

	for (int i = 0; i < n; i++)
		sbuf_printf(&b, "%s%s", i ? " " : "", word[i]);
	for (size_t i = 0; !b.cut && !strchr(line, '\n') &&
	    i < COUNT(commands); i++) {
		enum match m = match_words(line, commands[i].words);

		if (m == MATCH_ALL)
			return &commands[i];
		if (m == MATCH_BEGIN && !begun)
			begun = commands[i].words;
	}
	if (begun)
		usage("incomplete command", begun);
	else
		usage("no such command", line);
	return NULL;
}

/* `explain FILE... [MAC]`, and `report` likewise. False: the first word is no file, and
 * the daemon is asked. */
static bool
take_files(int argc, char **argv, struct offline_args *o)
{
	uint8_t mac[16];
	bool takes = strcmp(argv[0], "explain") == 0 || strcmp(argv[0], "report") == 0;

	if (!takes || argc == 1 || hwaddr_parse(argv[1], mac, sizeof(mac)) >= 6)
		return false;
	o->file = argv + 1;
	o->n = argc - 1;
	if (hwaddr_parse(argv[argc - 1], mac, sizeof(mac)) >= 6)
		o->mac = argv[--o->n + 1];
	return true;
}

/* Options of another command are a mistake, and a page of HTML is of no use on a screen. */
static int
check_options(const struct args *a, const char *command, const char *what)
{
	static const struct {
		const char *command, *what;	/* NULL: any */
		unsigned takes;
	} all[] = {
		{ "capture", NULL, GROUP_CAPTURE | GROUP_MATCH | GROUP_C },
		{ "which", NULL, GROUP_MATCH | GROUP_WHICH | GROUP_C },
		{ "explain", NULL, GROUP_C },
		{ "report", NULL, GROUP_OUTPUT | GROUP_C },
		{ "show", "interfaces", GROUP_MATCH | GROUP_LIST },
		{ "show", "servers", GROUP_MATCH | GROUP_LIST },
		{ "show", "clients", GROUP_MATCH | GROUP_LIST },
		{ "show", "boots", GROUP_MATCH | GROUP_LIST },
	};
	unsigned takes = 0;

	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(all[i].command, command) == 0 && (!all[i].what ||
		    (what && strcmp(all[i].what, what) == 0)))
			takes |= all[i].takes;
	if (a->given & ~takes)
		return usage("an option does not belong to this command", command);
	if (strcmp(command, "report") == 0 && !a->json && !a->output &&
	    isatty(STDOUT_FILENO))
		return usage("standard output is a terminal; expected -o FILE or a pipe",
		    NULL);
	return STATUS_OK;
}

/* A full disk must not look like an empty list. */
static int
flush_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "pxrelayctl: standard output: %s\n", strerror(errno));
	return STATUS_FAILED;
}

static int
run_files(const struct args *a, struct offline_args *o, bool report)
{
	struct report_args r = { .file = a->output, .json = a->json };
	int status;

	if (o->n > OFFLINE_FILES)
		return usage("expected at most 16 files", NULL);
	o->json = a->json;
	o->colour = may_colour();
	o->conf = a->c ? trial_conf(a->c) : NULL;
	if (a->c && !o->conf)
		return STATUS_FAILED;
	status = flush_output(report ? report_files(&r, o) : offline_run(o));
	conf_free(o->conf);
	sandbox_exit(status);
	return status;
}

int
main(int argc, char **argv)
{
	struct args a = { .socket = SOCKET, .timeout_ms = TIMEOUT_MS };
	struct offline_args offline = { .n = 0 };
	int done = parse_options(argc, argv, &a);

	if (done == STATUS_USAGE)
		return STATUS_USAGE;
	if (done == 'h') {
		print_help();
		return flush_output(STATUS_OK);
	}
	if (done == 'V') {
		printf("pxrelayctl %s\n", PXRELAY_VERSION);
		return flush_output(STATUS_OK);
	}
	if (optind == argc)
		return usage("expected a command", NULL);
	if (strcmp(argv[optind], "import") == 0)
		return flush_output(import_main(argc - optind, argv + optind,
		    a.json));
	a.list.filter = a.capture.filter;
	done = check_options(&a, argv[optind], argv[optind + 1]);
	if (done != STATUS_OK)
		return done;
	if (take_files(argc - optind, argv + optind, &offline))
		return run_files(&a, &offline, strcmp(argv[optind], "report") == 0);
	if (a.c && (strcmp(argv[optind], "explain") == 0 || strcmp(argv[optind], "report") == 0))
		return usage("-c is for captures: expected a FILE", argv[optind]);
	a.command = find_command(argv + optind, argc - optind, a.line,
	    sizeof(a.line));
	if (!a.command)
		return STATUS_USAGE;
	return flush_output(a.command->run(&a));
}
