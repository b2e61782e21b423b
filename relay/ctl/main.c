/* SPDX-License-Identifier: ISC
 *
 * pxrelayctl - asks a running pxrelayd and shows what it says.
 *
 * Here are the arguments, the table of commands, what went wrong in words, and the
 * exit status: 0 good, 1 bad news (no daemon, no answer, an answer that is an
 * error), 2 usage. The asking is client's, the showing render's. Whatever
 * the daemon sent is escaped before it reaches a terminal.
 */
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
#include "ctl/ladder.h"
#include "ctl/render.h"
#include "ctl/watch.h"

#define SOCKET		"/run/pxrelay/control.sock"
/* The daemon answers between two batches of packets; longer than this, a person
 * thinks that it hangs and a script has better things to do. */
#define TIMEOUT_MS	5000
#define TIMEOUT_MAX_S	3600
#define WATCH		"watch"	/* not the daemon's: asks again and again */

#define GOOD		0
#define BAD_NEWS	1
#define USAGE		2

struct command {
	const char *words;	/* on the command line and to the daemon; what
				 * is in capitals stands for a word of the user's */
	const char *help;	/* NULL: said with the one before */
	render_fn *render;
};

struct args {
	const char *socket;
	int timeout_ms;
	bool json;
	const struct command *command;
	struct capture_args capture;
	char line[256];		/* what the daemon is asked */
};

static const struct command commands[] = {
	{ "show", "one screen: what runs, trouble first", render_summary },
	{ "show interfaces", "client interfaces, their state and numbers",
	    render_interfaces },
	{ "show servers", "servers, and whether they answer", render_servers },
	{ "show rules", "rules, and how often each one matched", render_rules },
	{ "show clients", "clients that were heard last, and how it went",
	    render_clients },
	{ "show boots", "those that boot from the network", render_boots },
	{ "explain MAC", "what happened in its boot, and why it fails",
	    render_explain },
	{ DOCTOR_COMMAND, "play machines that boot, on all interfaces or on"
	    " INTERFACE", NULL },
	{ DOCTOR_COMMAND " INTERFACE", NULL, NULL },
	{ WATCH, "boots as they happen, until interrupted", render_boots },
	{ CAPTURE_COMMAND, "both legs as pcapng, with verdicts as comments", NULL },
	{ "show counters", "all counters, with their meaning", render_counters },
	{ "show drops", "why packets were dropped, most frequent first",
	    render_drops },
	{ "drain SERVER", "give it no more clients, until it is enabled",
	    render_server },
	{ "enable SERVER", "use a drained server again", render_server },
	{ "reload", "read the configuration again; all of it or nothing",
	    render_reload },
	{ "version", "version of the daemon", render_version },
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },
	{ "mac", required_argument, NULL, CAPTURE_MAC },
	{ "interface", required_argument, NULL, CAPTURE_INTERFACE },
	{ "server", required_argument, NULL, CAPTURE_SERVER },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
help(void)
{
	printf("usage: pxrelayctl [-s SOCKET] [-t SECONDS] [--json] COMMAND\n\n"
	    "commands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].help)
			printf("  %-17s %s\n", commands[i].words,
			    commands[i].help);
	printf("  %-17s %s\n", "import KIND FILE",
	    "dhcrelay's, dnsmasq's or ios' file as a pxrelay.conf");
	printf("\noptions:\n"
	    "  -s, --socket SOCKET    of the daemon to ask (%s)\n"
	    "  -t, --timeout SECONDS  to wait for the answer (%d)\n"
	    "      --json             print the daemon's document as it is\n"
	    "  -h, --help             this text\n"
	    "  -V, --version          version of pxrelayctl\n"
	    "of capture:\n"
	    "  -w FILE                to write (standard output)\n"
	    "  -C SIZE                of a file (k, M, G); then the next one begins\n"
	    "  -W COUNT               of files that are kept\n"
	    "  -c COUNT               of packets, then it ends\n"
	    "      --mac MAC          only this machine; each filter may be repeated\n"
	    "      --interface NAME   only this client interface (a shell pattern)\n"
	    "      --server SERVER    only this server, by name or address\n\n"
	    "exit status: 0 good, 1 bad news, 2 usage\n",
	    SOCKET, TIMEOUT_MS / 1000);
}

static int
usage(const char *what, const char *arg)
{
	fprintf(stderr, "pxrelayctl: %s", what);
	if (arg) {
		fputs(": ", stderr);
		render_esc(stderr, arg, strlen(arg));
	}
	fputs("\ntry: pxrelayctl --help\n", stderr);
	return USAGE;
}

/* Seconds, also parts of one. 0 when it is no sensible time. */
static int
parse_timeout(const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end != '\0' || !(s >= 0.001 && s <= TIMEOUT_MAX_S))
		return 0;
	return (int)(s * 1000);
}

/* Does the command line, all of it, say this command? */
static bool
says(const char *line, const struct command *c)
{
	size_t n = strcspn(c->words, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	bool arg = c->words[n] != '\0';

	return strncmp(line, c->words, arg ? n : n + 1) == 0 &&
	    (!arg || (line[n] && !strchr(line + n, ' ')));
}

/* A newline would be a second command. */
static const struct command *
find_command(char **word, int n, char *line, size_t size)
{
	struct sbuf b = sbuf_init(line, size);

	for (int i = 0; i < n; i++)
		sbuf_printf(&b, "%s%s", i ? " " : "", word[i]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!b.cut && !strchr(line, '\n') && says(line, &commands[i]))
			return &commands[i];
	return NULL;
}

/* "drain" alone wants to know which server. */
static int
no_command(const char *line)
{
	size_t n = strlen(line);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *words = commands[i].words;

		if (strncmp(words, line, n) == 0 && words[n] == ' ' &&
		    strcspn(words + n + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0)
			return usage("something is missing", words);
	}
	return usage("no such command", line);
}

/* The option's letter when all is said with it, GOOD to go on, or USAGE. */
static int
parse_options(int argc, char **argv, struct args *a)
{
	const char *wrong;
	int o;

	while ((o = getopt_long(argc, argv, "s:t:hV" CAPTURE_OPTIONS, options,
	    NULL)) != -1) {
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
		case 'w':
		case 'C':
		case 'W':
		case 'c':
		case CAPTURE_MAC:
		case CAPTURE_INTERFACE:
		case CAPTURE_SERVER:
			wrong = capture_option(&a->capture, o, optarg);
			if (wrong)
				return usage(wrong, optarg);
			break;
		default:
			fputs("try: pxrelayctl --help\n", stderr);
			return USAGE;
		}
		if (a->timeout_ms == 0)
			return usage("not a number of seconds", optarg);
	}
	if (a->socket[0] == '\0')
		return usage("-s names no socket", NULL);
	return GOOD;
}

/* What client_ask() could not do, in words that say what to do about it. */
static int
no_answer(const struct args *a, int err)
{
	fputs("pxrelayctl: ", stderr);
	render_esc(stderr, a->socket, strlen(a->socket));
	fputs(": ", stderr);
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		fputs("no daemon answers there"
		    " (is pxrelayd running? -s SOCKET names another)\n", stderr);
		break;
	case -EACCES:
		fputs("permission denied"
		    " (root and the group of the socket may ask)\n", stderr);
		break;
	case -ETIMEDOUT:
		fprintf(stderr, "no whole answer within %g s"
		    " (-t SECONDS waits longer)\n", a->timeout_ms / 1000.0);
		break;
	case -EPIPE:
		fputs("the connection was closed before the answer was whole"
		    " (did the daemon end?)\n", stderr);
		break;
	case -EMSGSIZE:
		fprintf(stderr, "the answer is longer than %u MB, which is no"
		    " pxrelayd's\n", CLIENT_ANSWER_MAX >> 20);
		break;
	case -ENAMETOOLONG:
		fputs("too long for the name of a socket\n", stderr);
		return USAGE;
	default:
		fprintf(stderr, "%s\n", strerror(-err));
		break;
	}
	return BAD_NEWS;
}

static int
bad_news(const struct args *a, const char *what, const char *text, size_t len)
{
	fputs("pxrelayctl: ", stderr);
	render_esc(stderr, a->line, strlen(a->line));
	fprintf(stderr, ": %s", what);
	render_esc(stderr, text, len);
	fputc('\n', stderr);
	return BAD_NEWS;
}

/*
 * Only ASCII leaves us, in --json too: a name may hold U+009B, with which some
 * terminals begin a control sequence.
 */
static void
print_json(const json_t *doc)
{
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* NO_COLOR (no-color.org) counts when it is there and not empty. */
static bool
may_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	    term && strcmp(term, "dumb") != 0;
}

/* A boot that failed is bad news, for scripts too; most documents have no verdict. */
static int
verdict(const json_t *doc)
{
	const json_t *v = json_object_get(doc, "verdict");

	return json_is_true(json_object_get(v, "failed")) ? BAD_NEWS : GOOD;
}

static int
show(const struct args *a, const json_t *doc)
{
	const json_t *error = json_object_get(doc, "error");

	if (a->json) {
		print_json(doc);
		return error ? BAD_NEWS : verdict(doc);
	}
	if (error && !json_is_string(error))
		return bad_news(a, "the daemon says no, but not why", "", 0);
	if (error)
		return bad_news(a, "", json_string_value(error),
		    json_string_length(error));
	if (a->command->render(doc, stdout, may_colour()))
		return verdict(doc);
	return bad_news(a, "the daemon's answer is not one to this command"
	    " (is it of another version? --json shows it)", "", 0);
}

/* The daemon's document, owned by the caller; NULL when there is none, which has
 * been said, and *status says how bad it is. */
static json_t *
ask(const struct args *a, const char *line, int *status)
{
	char *text;
	size_t len;
	json_error_t why;
	json_t *doc;
	int err = client_ask(a->socket, line, a->timeout_ms,
	    &text, &len);

	if (err) {
		*status = no_answer(a, err);
		return NULL;
	}
	/* A name that holds a NUL is a name that we can show. */
	doc = json_loadb(text, len, JSON_ALLOW_NUL, &why);
	free(text);
	if (!doc)
		*status = bad_news(a, "what came back is not JSON: ", why.text,
		    strlen(why.text));
	return doc;
}

static int
once(const struct args *a)
{
	int status = GOOD;
	json_t *doc = ask(a, a->line, &status);

	if (doc)
		status = show(a, doc);
	json_decref(doc);
	return status;
}

/* All that was printed is flushed before each pause, and no file is open. */
static void
on_interrupt(int signo)
{
	(void)signo;
	_exit(GOOD);
}

/* Until the daemon or the reader goes, or the user has seen enough (SIGINT). */
static int
watch(const struct args *a)
{
	const struct timespec pause = {
		.tv_sec = WATCH_PAUSE_MS / 1000,
		.tv_nsec = WATCH_PAUSE_MS % 1000 * 1000000L,
	};
	struct watch w = { .json = a->json, .colour = may_colour() };
	struct sigaction act = { .sa_handler = on_interrupt };
	int status = GOOD;
	json_t *doc;

	sigaction(SIGINT, &act, NULL);
	while ((doc = ask(a, WATCH_COMMAND, &status))) {
		if (!watch_step(&w, doc, time(NULL), stdout)) {
			status = show(a, doc);
			json_decref(doc);
			break;
		}
		json_decref(doc);
		if (fflush(stdout) != 0)
			break;
		nanosleep(&pause, NULL);
	}
	json_decref(w.seen);
	return status;
}

/* Is it {"capture":"pcapng"}, and the stream follows? What else it is has been said. */
static bool
is_capture(const struct args *a, const char *text, size_t len, int *status)
{
	json_error_t why;
	json_t *doc = json_loadb(text, len, 0, &why);
	const char *format = json_string_value(json_object_get(doc, "capture"));
	bool good = format && strcmp(format, "pcapng") == 0;

	if (json_object_get(doc, "error"))
		*status = show(a, doc);
	else if (!good)
		*status = bad_news(a, "the daemon's answer is not one to this"
		    " command (is it of another version?)", "", 0);
	json_decref(doc);
	return good;
}

static int
capture(struct args *a)
{
	const char *wrong = capture_settle(&a->capture, isatty(STDOUT_FILENO));
	char line[sizeof(CAPTURE_COMMAND) + sizeof(a->capture.filter)];
	struct client_stream s;
	int status = GOOD, err;

	if (wrong)
		return usage(wrong, NULL);
	snprintf(line, sizeof(line), "%s%s", CAPTURE_COMMAND, a->capture.filter);
	err = client_stream(a->socket, line, a->timeout_ms, &s);
	if (err)
		return no_answer(a, err);
	if (is_capture(a, s.answer, s.len, &status))
		status = capture_run(&a->capture, &s, a->json);
	client_close(&s);
	return status;
}

static json_t *
ask_for_doctor(void *args, const char *line, int *status)
{
	return ask(args, line, status);
}

/* The word behind the command, if there is one, names the interface. */
static int
doctor(struct args *a)
{
	struct doctor_args d = {
		.json = a->json, .colour = may_colour(), .ask = ask_for_doctor,
		.user = a,
	};

	if (a->line[strlen(DOCTOR_COMMAND)] == ' ')
		d.interface = a->line + strlen(DOCTOR_COMMAND) + 1;
	return doctor_run(&d);
}

/* A full disk must not look like an empty list. */
static int
end(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "pxrelayctl: standard output: %s\n", strerror(errno));
	return BAD_NEWS;
}

int
main(int argc, char **argv)
{
	struct args a = { .socket = SOCKET, .timeout_ms = TIMEOUT_MS };
	int done = parse_options(argc, argv, &a);

	if (done == USAGE)
		return USAGE;
	if (done == 'h') {
		help();
		return end(GOOD);
	}
	if (done == 'V') {
		printf("pxrelayctl %s\n", PXRELAY_VERSION);
		return end(GOOD);
	}
	if (optind == argc)
		return usage("what is the command?", NULL);
	if (strcmp(argv[optind], "import") == 0)
		return end(import_main(argc - optind, argv + optind, a.json));
	a.command = find_command(argv + optind, argc - optind, a.line,
	    sizeof(a.line));
	if (!a.command)
		return no_command(a.line);
	if (strcmp(a.line, CAPTURE_COMMAND) == 0)
		return end(capture(&a));
	if (a.capture.given)
		return usage("an option of capture, but this is not it",
		    argv[optind]);
	if (strncmp(a.line, DOCTOR_COMMAND, strlen(DOCTOR_COMMAND)) == 0)
		return end(doctor(&a));
	return end(strcmp(a.line, WATCH) == 0 ? watch(&a) : once(&a));
}
