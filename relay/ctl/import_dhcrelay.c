/* SPDX-License-Identifier: ISC
 *
 * import_dhcrelay - reads how ISC dhcrelay 4.4 is started: Debian's
 * /etc/default/isc-dhcp-relay, or command lines, one or many.
 *
 * Where dhcrelay differs from pxrelay (relay/dhcrelay.c of 4.4.3, and tried out): it
 * accepts option 82 from any client, which is `trust = on` here; it drops a request
 * whose hop count has reached -c, while max-hops is the highest count that passes; with
 * -a alone it replaces; without -i it listens on all interfaces.
 */
#include "ctl/import_plan.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/mem.h"

#define BLANKS		" \t\r\v\f"
#define HOPS_DEFAULT	10	/* of dhcrelay */
#define HOPS_MAX	16	/* RFC 1542 4.1.1, and of max-hops */

struct shell_word {
	char *text;
	int line;
};

struct words {
	struct shell_word *w;	/* owned; the texts are borrowed */
	size_t n;
};

struct shell {
	const char *p;		/* what is left, borrowed */
	int line;
	char *out;		/* where the next word goes; they stay valid to the end */
	struct words words;	/* of the current command */
	bool open_quote;	/* a quote is never closed */
};

/* Variables of /etc/default/isc-dhcp-relay, as its start script puts them in order. */
enum variable { OPTIONS, INTERFACES, SERVERS, VARIABLES };

static const char *const variables[VARIABLES] = { "OPTIONS", "INTERFACES", "SERVERS" };

struct reader {
	struct import_plan *p;
	struct words value[VARIABLES];
	bool unit;		/* a systemd unit file */
	bool either;		/* some dhcrelay has -i */
};

/* One dhcrelay. */
struct process {
	struct reader *r;
	struct words client, server;
	bool named;		/* -i, -id or -iu was given */
	bool agent;		/* -a */
	bool link_selection;	/* -U */
	bool ignored;		/* -6, --version: it relays no DHCPv4 */
	const char *policy;	/* of -m; the words are ours */
	unsigned hops;
};

/* --- what a shell makes of it -------------------------------------------------- */

static void
add_word(struct words *to, struct shell_word w)
{
	to->w = mem_more(to->w, to->n, sizeof(w));
	to->w[to->n++] = w;
}

/* A quoted newline becomes a blank: the scripts that use these variables split them there. */
static void
read_word(struct shell *s)
{
	char quote = '\0';

	for (; *s->p && (quote || (!strchr(BLANKS "\n;&|", *s->p))); s->p++) {
		if (quote ? *s->p == quote : *s->p == '"' || *s->p == '\'') {
			quote = quote ? '\0' : *s->p;
			continue;
		}
		if (*s->p == '\\' && quote != '\'' && s->p[1]) {
			s->p++;
			s->line += *s->p == '\n';
			if (*s->p != '\n')
				*s->out++ = *s->p;
			continue;
		}
		s->line += *s->p == '\n';
		*s->out++ = *s->p == '\n' ? ' ' : *s->p;
	}
	s->open_quote |= quote != '\0';
	*s->out++ = '\0';
}

/* Puts the next command into s->words; false at the end. Handles quotes, comments
 * and continued lines, but not variables. */
static bool
next_command(struct shell *s)
{
	s->words.n = 0;
	while (*s->p) {
		bool continued = s->p[0] == '\\' && s->p[1] == '\n';

		if (continued || strchr(BLANKS, *s->p)) {
			s->line += continued;
			s->p += continued ? 2 : 1;
		} else if (*s->p == '#') {
			s->p += strcspn(s->p, "\n");
		} else if (strchr("\n;&|", *s->p)) {
			s->line += *s->p++ == '\n';
			if (s->words.n)
				return true;
		} else {
			add_word(&s->words, (struct shell_word){ s->out, s->line });
			read_word(s);
		}
	}
	return s->words.n > 0;
}

/* --- options ---------------------------------------------------------------- */

enum option_kind {
	IGNORED, LOST, AGENT, HOPS, CLIENT, EITHER, UPSTREAM, POLICY, PORT, LINK_SELECTION,
	NO_RELAY
};

static const struct option {
	const char *name;
	bool has_value;
	enum option_kind kind;
	const char *why;	/* LOST, NO_RELAY, UPSTREAM, LINK_SELECTION, PORT */
} options[] = {
	{ "-4", false, IGNORED, NULL },
	{ "-6", false, NO_RELAY, "DHCPv6 is not relayed" },
	{ "-a", false, AGENT, NULL },
	{ "-A", true, LOST, "packets may grow up to the MTU towards the server" },
	{ "-c", true, HOPS, NULL },
	{ "-d", false, LOST, "pxrelayd -f stays in the foreground" },
	{ "-D", false, LOST, "replies are matched by server and giaddr, not by option 82" },
	{ "-g", true, LOST, "giaddr in replies to clients is left as it is" },
	{ "-i", true, EITHER, NULL },
	{ "-id", true, CLIENT, NULL },
	{ "-iu", true, UPSTREAM, "replies are recognised by the addresses of the servers "
	    "(check-source), not by interface" },
	{ "-m", true, POLICY, NULL },
	{ "-p", true, PORT, "the port is 67" },
	{ "-pf", true, LOST, "pxrelayd -p FILE writes a pid file" },
	{ "-q", false, IGNORED, NULL },
	{ "-rp", true, LOST, "requests to servers come from port 67" },
	{ "-U", true, LINK_SELECTION, "add giaddr = ADDRESS of that interface to [relay]; "
	    "dhcrelay also serves clients there, so it needs an [interface] section if it has "
	    "any" },
	{ "--no-pid", false, IGNORED, NULL },
	{ "--version", false, NO_RELAY, "dhcrelay only prints a text" },
	{ "--help", false, NO_RELAY, "dhcrelay only prints a text" },
	{ "-h", false, NO_RELAY, "dhcrelay only prints a text" },
	/* Of -6. */
	{ "-I", false, LOST, "DHCPv6 is not relayed" },
	{ "-l", true, LOST, "DHCPv6 is not relayed" },
	{ "-u", true, LOST, "DHCPv6 is not relayed" },
	{ "-s", true, LOST, "DHCPv6 is not relayed" },
};

static void
lose_option(struct process *x, const struct option *o, const struct shell_word *v)
{
	char shown[IMPORT_SHOW];

	import_note(x->r->p, v->line, "%s%s%s: %s", o->name, o->has_value ? " " : "",
	    o->has_value ? import_show(v->text, shown) : "", o->why);
}

static void
take_client(struct process *x, const struct shell_word *v)
{
	char shown[IMPORT_SHOW];

	x->named = true;
	if (import_is_ifname(v->text))
		add_word(&x->client, *v);
	else
		import_note(x->r->p, v->line, "interface \"%s\": not a valid name for an "
		    "interface with clients", import_show(v->text, shown));
}

static void
take_policy(struct process *x, const struct shell_word *v)
{
	static const char *const words[] = { "append", "replace", "forward", "discard" };
	char shown[IMPORT_SHOW];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(v->text, words[i]) == 0) {
			x->policy = words[i];
			return;
		}
	import_note(x->r->p, v->line, "-m %s: expected append, replace, forward or discard",
	    import_show(v->text, shown));
}

static void
take_hops(struct process *x, const struct shell_word *v)
{
	char shown[IMPORT_SHOW], *end;
	unsigned long n = strtoul(v->text, &end, 10);

	if (end == v->text || *end || n < 2 || n > 255) {
		import_note(x->r->p, v->line, "-c %s: expected 2 to 255 hops",
		    import_show(v->text, shown));
		return;
	}
	if (n - 1 > HOPS_MAX)
		import_note(x->r->p, v->line, "-c %lu: RFC 1542 allows %d hops", n, HOPS_MAX);
	x->hops = n - 1 > HOPS_MAX ? HOPS_MAX : (unsigned)n - 1;
}

static void
take_option(struct process *x, const struct option *o, const struct shell_word *v)
{
	switch (o->kind) {
	case IGNORED:
		return;
	case AGENT:
		x->agent = true;
		return;
	case HOPS:
		take_hops(x, v);
		return;
	case POLICY:
		take_policy(x, v);
		return;
	case EITHER:	/* includes the interface towards the servers, unless there is -iu */
		x->r->either = true;
		take_client(x, v);
		return;
	case CLIENT:
		take_client(x, v);
		return;
	case PORT:
		if (strcmp(v->text, "67") == 0)
			return;
		break;
	case UPSTREAM:
		x->named = true;
		break;
	case LINK_SELECTION:
		x->agent = x->link_selection = true;
		break;
	case NO_RELAY:
		x->ignored = true;
		break;
	case LOST:
		break;
	}
	lose_option(x, o, v);
}

static void
take_word(struct process *x, const struct words *all, size_t *i)
{
	const struct shell_word *w = &all->w[*i];
	char shown[IMPORT_SHOW];

	if (w->text[0] != '-') {
		add_word(&x->server, *w);
		return;
	}
	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		const struct option *o = &options[k];

		if (strcmp(o->name, w->text) != 0)
			continue;
		if (o->has_value && *i + 1 == all->n)
			import_note(x->r->p, w->line, "%s: has no value", o->name);
		else
			take_option(x, o, &all->w[o->has_value ? ++*i : *i]);
		return;
	}
	import_note(x->r->p, w->line, "%s: dhcrelay has no such option",
	    import_show(w->text, shown));
}

/* --- what a dhcrelay does ----------------------------------------------------- */

/* What all its interfaces have; servers that are none are noted once. */
static struct import_if
common_part(const struct process *x, int line)
{
	struct import_if f = { .sure = true };
	struct import_plan *p = x->r->p;
	const char *policy = x->policy ? x->policy : "replace";

	for (size_t i = 0; i < x->server.n; i++)
		import_server(p, &f, x->server.w[i].text, x->server.w[i].line);
	if (f.n_server == 0)
		import_note(p, line, "a dhcrelay without a usable server");
	if (x->policy && !x->agent)
		import_note(p, line, "-m %s: has no effect without -a", policy);
	else if (x->agent && strcmp(policy, "forward") != 0)
		import_note(p, line, "option 82 in requests from another relay: it is left "
		    "unchanged (RFC 3046 2.1.1)");
	import_set(&f, IMPORT_TRUST, "on");
	if (x->agent)
		import_set(&f, IMPORT_OPTION82, "add");
	if (x->agent && strcmp(policy, "forward") != 0)
		import_set(&f, IMPORT_POLICY, policy);
	if (x->link_selection)
		import_set(&f, IMPORT_LINK_SELECTION, "on");
	return f;
}

static void
run_dhcrelay(struct reader *r, const struct words *args, int line)
{
	struct process x = { .r = r, .hops = HOPS_DEFAULT - 1 };
	struct import_plan *p = r->p;
	char everywhere[] = "*";
	struct import_if f;

	for (size_t i = 0; i < args->n; i++)
		take_word(&x, args, &i);
	if (!x.ignored) {
		f = common_part(&x, line);
		if (p->max_hops && p->max_hops != x.hops)
			import_note(p, line, "max-hops = %u and %u: it applies to all interfaces, "
			    "so the higher one is used", p->max_hops, x.hops);
		if (p->max_hops < x.hops)
			p->max_hops = x.hops;
		if (x.named && x.client.n == 0)
			import_note(p, line, "a dhcrelay without a usable client interface");
		if (!x.named) {
			import_note(p, IMPORT_REMARK, "dhcrelay without -i serves all interfaces; it is better "
			    "to name those with clients instead of *");
			add_word(&x.client, (struct shell_word){ everywhere, line });
		}
		for (size_t i = 0; i < x.client.n; i++) {
			snprintf(f.name, sizeof(f.name), "%s", x.client.w[i].text);
			snprintf(f.origin, sizeof(f.origin), "%s", f.name);
			import_add(p, &f, x.client.w[i].line);
		}
	}
	free(x.client.w);
	free(x.server.w);
}

/* --- the file --------------------------------------------------------------- */

/* SERVERS, INTERFACES or OPTIONS of Debian's file, which its start script splits at blanks.
 * false: the word is no assignment. */
static bool
read_assignment(struct reader *r, const struct shell_word *w)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	char *value = w->text, *word, shown[IMPORT_SHOW];
	struct words *to = NULL;
	size_t len = strspn(value, letters);

	if (len == 0 || value[len] != '=' || (value[0] >= '0' && value[0] <= '9'))
		return false;
	strsep(&value, "=");
	for (int v = 0; v < VARIABLES && !to; v++)
		if (strcmp(w->text, variables[v]) == 0)
			to = &r->value[v];
	if (!to) {
		import_note(r->p, w->line, "%s=: not SERVERS, INTERFACES or OPTIONS",
		    import_show(w->text, shown));
		return true;
	}
	to->n = 0;
	while ((word = import_word(&value)))
		add_word(to, (struct shell_word){ word, w->line });
	return true;
}

static void
read_command(struct reader *r, struct shell_word *w, size_t n)
{
	char shown[IMPORT_SHOW];
	struct words args;
	size_t i = 0;

	/* ps has other words before the program. */
	for (; i < n; i++) {
		const char *slash = strrchr(w[i].text, '/');

		if (strcmp(slash ? slash + 1 : w[i].text, "dhcrelay") == 0)
			break;
	}
	if (i == n && w[0].text[0] != '-') {
		import_note(r->p, w->line, "\"%s\": neither an assignment nor a dhcrelay "
		    "command line", import_show(w->text, shown));
		return;
	}
	i = i == n ? 0 : i + 1;
	args = (struct words){ w + i, n - i };
	run_dhcrelay(r, &args, w->line);
}

static void
read_words(struct reader *r, struct shell_word *w, size_t n)
{
	size_t i = strcmp(w->text, "export") == 0 || strcmp(w->text, "exec") == 0;

	if (w->text[0] == '[' && !r->unit)
		import_note(r->p, w->line, "a systemd unit: import the command line of its "
		    "ExecStart instead");
	r->unit |= w->text[0] == '[';
	if (r->unit)
		return;
	while (i < n && read_assignment(r, &w[i]))
		i++;
	if (i < n)
		read_command(r, w + i, n - i);
}

/* dhcrelay OPTIONS -i INTERFACE ... SERVERS */
static void
run_defaults(struct reader *r)
{
	const struct words *servers = &r->value[SERVERS];
	struct words args = { NULL, 0 };
	char minus_i[] = "-i";

	for (int v = 0; v < VARIABLES; v++)
		for (size_t i = 0; i < r->value[v].n; i++) {
			struct shell_word w = r->value[v].w[i];

			if (v == INTERFACES)
				add_word(&args, (struct shell_word){ minus_i, w.line });
			add_word(&args, w);
		}
	if (args.n)
		run_dhcrelay(r, &args, servers->n ? servers->w[0].line : args.w[0].line);
	free(args.w);
	for (int v = 0; v < VARIABLES; v++)
		free(r->value[v].w);
}

void
import_dhcrelay(struct import_plan *p, char *text)
{
	struct reader r = { .p = p };
	/* A word needs at most its length in the text and the byte after it, for a NUL. */
	char *buf = mem_got(malloc(strlen(text) + 2));
	struct shell s = { .p = text, .line = 1, .out = buf };

	while (next_command(&s))
		read_words(&r, s.words.w, s.words.n);
	if (s.open_quote)
		import_note(p, s.line, "a quote that is never closed");
	run_defaults(&r);
	if (p->n_server && r.either)
		import_note(p, IMPORT_REMARK, "-i: dhcrelay's interface towards the servers is included; "
		    "remove its section if it has no clients");
	if (p->n_server)
		import_note(p, IMPORT_REMARK, "trust = on: dhcrelay accepts option 82 from any client; "
		    "remove it where no switch adds one");
	free(buf);
	free(s.words.w);
}
