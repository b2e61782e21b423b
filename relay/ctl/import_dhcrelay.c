/* SPDX-License-Identifier: ISC
 *
 * import_dhcrelay - reads how ISC dhcrelay 4.4 is started: Debian's
 * /etc/default/isc-dhcp-relay, a systemd unit, or command lines, one or many.
 *
 * What dhcrelay does and pxrelay does otherwise (relay/dhcrelay.c of 4.4.3, tried
 * out): it takes an option 82 from any client, which is `trust = on` here; it
 * drops a request whose hop count has reached its -c, where max-hops is the highest
 * that passes; with -a alone it replaces; it listens on all interfaces when it is
 * told none.
 */
#include "ctl/import_plan.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/import_lex.h"

#define HOPS_DEFAULT	10	/* of dhcrelay */
#define HOPS_MOST	16	/* RFC 1542 4.1.1, and of max-hops */

/* One dhcrelay process. */
struct process {
	struct import_shword *word;	/* owned; the texts are borrowed */
	size_t n, max;
	struct import_shword *client, *server;	/* in order, owned */
	size_t n_client, n_server;
	bool named;		/* -i, -id or -iu was given */
	bool either;		/* -i was given */
	bool agent, link;	/* -a, -U */
	bool six, stop;		/* -6; --version and such */
	const char *policy;	/* of -m, in our words */
	unsigned hops;
	int line;
};

struct defaults {
	char *servers, *interfaces, *options;	/* owned, NULL: not set */
	int servers_line, interfaces_line, options_line;
};

struct reader {
	struct import_plan *p;
	struct defaults d;
	bool unit;		/* a systemd unit file */
	bool either;		/* a process had -i */
};

/* --- options ---------------------------------------------------------------- */

typedef void option_fn(struct import_plan *p, struct process *r,
    const struct import_shword *value);

static void
add(struct import_shword **list, size_t *n, struct import_shword w)
{
	if ((*n & (*n - 1)) == 0)
		*list = import_grown(*list, *n ? *n * 2 : 1, sizeof(w));
	(*list)[(*n)++] = w;
}

static void
take_client(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW];

	r->named = true;
	if (!import_is_ifname(v->text))
		import_lost(p, v->line, "interface \"%s\": not a name that an interface "
		    "with clients has", import_show(v->text, shown));
	else
		add(&r->client, &r->n_client, *v);
}

/* dhcrelay wants the interface towards the servers among them, unless there is -iu. */
static void
take_either(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	r->either = true;
	take_client(p, r, v);
}

/* Replies come from the servers' addresses, wherever those are. */
static void
take_upstream(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW];

	r->named = true;
	import_lost(p, v->line, "-iu %s: replies are told by the addresses of the "
	    "servers (check-source), not by interface",
	    import_show(v->text, shown));
}

static void
take_agent(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	(void)p, (void)v;
	r->agent = true;
}

static void
take_policy(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	static const char *const words[] = { "append", "replace", "forward", "discard" };
	char shown[IMPORT_SHOW];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(v->text, words[i]) == 0) {
			r->policy = words[i];
			return;
		}
	import_lost(p, v->line, "-m %s: not one of dhcrelay's policies",
	    import_show(v->text, shown));
}

static void
take_hops(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW], *end;
	unsigned long n = strtoul(v->text, &end, 10);

	if (end == v->text || *end || n < 2 || n > 255) {
		import_lost(p, v->line, "-c %s: not a number from 2 to 255, which max-hops "
		    "could stand for", import_show(v->text, shown));
		return;
	}
	if (n - 1 > HOPS_MOST)
		import_lost(p, v->line, "-c %lu: RFC 1542 allows %d hops", n, HOPS_MOST);
	r->hops = n - 1 > HOPS_MOST ? HOPS_MOST : (unsigned)n - 1;
}

static void
take_port(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW];

	(void)r;
	if (strcmp(v->text, "67") != 0)
		import_lost(p, v->line, "-p %s: the port is 67",
		    import_show(v->text, shown));
}

static void
take_link(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW];

	r->agent = r->link = true;
	import_lost(p, v->line, "-U %s: giaddr = ADDRESS of that interface is missing in "
	    "[relay]; and dhcrelay serves clients on it, too, so it needs an "
	    "[interface] section if there are any", import_show(v->text, shown));
}

static void
take_six(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	import_lost(p, v->line, "-6: DHCPv6 is not relayed");
	r->six = true;
}

static void
take_stop(struct import_plan *p, struct process *r, const struct import_shword *v)
{
	char shown[IMPORT_SHOW];

	import_lost(p, v->line, "%s: dhcrelay only prints a text with it",
	    import_show(v->text, shown));
	r->stop = true;
}

static const struct option {
	const char *name;
	bool has_value;
	option_fn *take;	/* NULL: see why */
	const char *why;	/* it is lost; NULL: it says nothing that matters */
} options[] = {
	{ "-4", false, NULL, NULL },
	{ "-6", false, take_six, NULL },
	{ "-a", false, take_agent, NULL },
	{ "-A", true, NULL, "packets grow as far as the interface towards the server "
	    "lets them" },
	{ "-c", true, take_hops, NULL },
	{ "-d", false, NULL, "pxrelayd -f stays in the foreground" },
	{ "-D", false, NULL, "replies are told by server and giaddr, not by their "
	    "option 82" },
	{ "-g", true, NULL, "giaddr in replies to clients is left as it is" },
	{ "-i", true, take_either, NULL },
	{ "-id", true, take_client, NULL },
	{ "-iu", true, take_upstream, NULL },
	{ "-m", true, take_policy, NULL },
	{ "-p", true, take_port, NULL },
	{ "-pf", true, NULL, "pxrelayd -p FILE writes a pid file" },
	{ "-q", false, NULL, NULL },
	{ "-rp", true, NULL, "requests to servers come from port 67" },
	{ "-U", true, take_link, NULL },
	{ "--no-pid", false, NULL, NULL },
	{ "--version", false, take_stop, NULL },
	{ "--help", false, take_stop, NULL },
	{ "-h", false, take_stop, NULL },
	/* of -6 */
	{ "-I", false, NULL, "DHCPv6 is not relayed" },
	{ "-l", true, NULL, "DHCPv6 is not relayed" },
	{ "-u", true, NULL, "DHCPv6 is not relayed" },
	{ "-s", true, NULL, "DHCPv6 is not relayed" },
};

static const struct option *
find_option(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static void
take_option(struct import_plan *p, struct process *r, const struct option *o,
    const struct import_shword *value)
{
	char shown[IMPORT_SHOW];

	if (o->take)
		o->take(p, r, value);
	else if (o->why)
		import_lost(p, value->line, "%s%s%s: %s", o->name,
		    o->has_value ? " " : "",
		    o->has_value ? import_show(value->text, shown) : "", o->why);
}

static void
read_words(struct import_plan *p, struct process *r)
{
	char shown[IMPORT_SHOW];

	for (size_t i = 0; i < r->n; i++) {
		const struct import_shword *w = &r->word[i];
		const struct option *o = find_option(w->text);

		if (w->text[0] != '-')
			add(&r->server, &r->n_server, *w);
		else if (!o)
			import_lost(p, w->line, "%s: dhcrelay has no such option",
			    import_show(w->text, shown));
		else if (o->has_value && i + 1 == r->n)
			import_lost(p, w->line, "%s: has no value", o->name);
		else
			take_option(p, r, o, &r->word[o->has_value ? ++i : i]);
	}
}

/* --- what a process does ------------------------------------------------------ */

static void
set_up(const struct process *r, struct import_if *f)
{
	if (r->agent)
		import_set(f, IMPORT_OPTION82, "add");
	if (r->agent && strcmp(r->policy, "forward") != 0)
		import_set(f, IMPORT_POLICY, r->policy);
	if (r->link)
		import_set(f, IMPORT_LINK_SELECTION, "on");
	import_set(f, IMPORT_TRUST, "on");
}

static void
serve(struct import_plan *p, const struct process *r, const struct import_shword *w)
{
	struct import_if *f = import_if(p, w->text, w->text, true, w->line);

	if (!f)
		return;
	set_up(r, f);
	for (size_t i = 0; i < r->n_server; i++)
		import_server(p, f, r->server[i].text, r->server[i].line);
}

/* Names that are no addresses are said once, not for every interface. */
static void
check_servers(struct import_plan *p, struct process *r)
{
	struct import_if none = { .helper = -1 };
	size_t n = 0;

	for (size_t i = 0; i < r->n_server; i++) {
		unsigned lost = p->n_lost;

		import_server(p, &none, r->server[i].text, r->server[i].line);
		if (p->n_lost == lost)
			r->server[n++] = r->server[i];
	}
	r->n_server = n;
	free(none.server);
	if (n == 0)
		import_lost(p, r->line, "a dhcrelay without a server that pxrelay "
		    "could ask");
}

static void
set_hops(struct import_plan *p, const struct process *r)
{
	if (p->max_hops && p->max_hops != r->hops)
		import_lost(p, r->line, "max-hops = %u beside %u: it holds for all "
		    "interfaces, and is the higher one", r->hops, p->max_hops);
	if (p->max_hops < r->hops)
		p->max_hops = r->hops;
}

static void
check_policy(struct import_plan *p, struct process *r)
{
	if (r->policy && !r->agent)
		import_lost(p, r->line, "-m %s: without -a dhcrelay does nothing of "
		    "the kind", r->policy);
	else if (r->agent && (!r->policy || strcmp(r->policy, "forward") != 0))
		import_lost(p, r->line, "option 82 of requests that come from another "
		    "relay: it goes on unchanged (RFC 3046 2.1.1)");
	if (!r->policy)
		r->policy = "replace";
}

static void
run(struct import_plan *p, struct process *r)
{
	struct import_shword everywhere = { (char[]){ "*" }, r->line };

	read_words(p, r);
	if (r->six || r->stop)
		return;
	check_servers(p, r);
	check_policy(p, r);
	set_hops(p, r);
	if (r->n_client == 0 && r->named)
		import_lost(p, r->line, "a dhcrelay without an interface of clients that "
		    "pxrelay could serve");
	if (!r->named) {
		import_remark(p, "dhcrelay without -i serves all interfaces; those "
		    "of the clients, named instead of *, would be better");
		add(&r->client, &r->n_client, everywhere);
	}
	for (size_t i = 0; i < r->n_client; i++)
		serve(p, r, &r->client[i]);
}

static struct process
process_init(int line)
{
	return (struct process){ .hops = HOPS_DEFAULT - 1, .line = line };
}

static void
process_fini(struct process *r)
{
	free(r->word);
	free(r->client);
	free(r->server);
}

/* --- the file --------------------------------------------------------------- */

/* How many bytes of the word are NAME of NAME=value; 0: it is no assignment. */
static size_t
assigned(const char *word)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t n = strspn(word, letters);

	return n && word[n] == '=' && !(word[0] >= '0' && word[0] <= '9') ? n : 0;
}

static void
keep(char **at, int *at_line, const char *value, int line)
{
	size_t len = strlen(value) + 1;

	*at = import_grown(*at, len, 1);
	memcpy(*at, value, len);
	*at_line = line;
}

static void
assign(struct reader *r, const struct import_shword *w, size_t len)
{
	const char *value = w->text + len + 1;
	char shown[IMPORT_SHOW];
	struct defaults *d = &r->d;

	w->text[len] = '\0';
	if (strcmp(w->text, "SERVERS") == 0)
		keep(&d->servers, &d->servers_line, value, w->line);
	else if (strcmp(w->text, "INTERFACES") == 0)
		keep(&d->interfaces, &d->interfaces_line, value, w->line);
	else if (strcmp(w->text, "OPTIONS") == 0)
		keep(&d->options, &d->options_line, value, w->line);
	else
		import_lost(r->p, w->line, "%s=: not SERVERS, INTERFACES or OPTIONS",
		    import_show(w->text, shown));
}

static bool
is_dhcrelay(const char *word)
{
	const char *slash = strrchr(word, '/');

	return strcmp(slash ? slash + 1 : word, "dhcrelay") == 0;
}

/* Where the arguments begin: behind the program, which ps and units have things in
 * front of, or at an option. */
static size_t
arguments(const struct import_shword *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_dhcrelay(w[i].text))
			return i + 1;
	return n && w[0].text[0] == '-' ? 0 : n + 1;
}

static void
command(struct reader *r, const struct import_shword *w, size_t n)
{
	size_t from = arguments(w, n);
	struct process proc = process_init(w->line);
	char shown[IMPORT_SHOW];

	if (from > n) {
		import_lost(r->p, w->line, "\"%s\": neither an assignment nor a "
		    "dhcrelay command line", import_show(w->text, shown));
		return;
	}
	for (size_t i = from; i < n; i++)
		add(&proc.word, &proc.n, w[i]);
	run(r->p, &proc);
	r->either |= proc.either;
	process_fini(&proc);
}

/* ExecStart=-/usr/sbin/dhcrelay ...; empty, as in a drop-in, it takes away what there
 * was. */
static void
unit_line(struct reader *r, struct import_shword *w, size_t n)
{
	static const char exec[] = "ExecStart=", env[] = "EnvironmentFile=";
	char shown[IMPORT_SHOW];

	if (strncmp(w->text, env, strlen(env)) == 0)
		import_lost(r->p, w->line, "%s: import that file as well",
		    import_show(w->text, shown));
	if (strncmp(w->text, exec, strlen(exec)) != 0)
		return;
	w->text += strlen(exec);
	w->text += strspn(w->text, "-@:+!");
	if (n > 1 || *w->text)
		command(r, w, n);
}

static void
read_command(struct reader *r, struct import_shword *w, size_t n)
{
	size_t i = 0, len;

	r->unit |= w->text[0] == '[';
	if (r->unit) {
		unit_line(r, w, n);
		return;
	}
	if (strcmp(w->text, "export") == 0 || strcmp(w->text, "exec") == 0)
		i++;
	for (; i < n && (len = assigned(w[i].text)) > 0; i++)
		assign(r, &w[i], len);
	if (i < n)
		command(r, w + i, n - i);
}

static void
split(struct process *r, const char *option, char *value, int line)
{
	char *word;

	while (value && (word = import_word(&value))) {
		struct import_shword o = { (char *)option, line }, w = { word, line };

		if (option)
			add(&r->word, &r->n, o);
		add(&r->word, &r->n, w);
	}
}

/* As /etc/init.d/isc-dhcp-relay puts it together. */
static void
run_defaults(struct reader *r)
{
	static char minus_i[] = "-i";
	struct defaults *d = &r->d;
	struct process proc = process_init(d->servers_line);

	split(&proc, NULL, d->options, d->options_line);
	split(&proc, minus_i, d->interfaces, d->interfaces_line);
	split(&proc, NULL, d->servers, d->servers_line);
	run(r->p, &proc);
	r->either |= proc.either;
	process_fini(&proc);
	free(d->servers);
	free(d->interfaces);
	free(d->options);
}

static void
say(const struct reader *r)
{
	if (r->p->n_server == 0)
		return;
	if (r->either)
		import_remark(r->p, "-i: dhcrelay's interface towards the servers is among "
		    "them; its section can go if it has no clients");
	import_remark(r->p, "trust = on: dhcrelay takes option 82 from everybody; "
	    "take it away where no switch in front of clients adds one");
}

void
import_dhcrelay(struct import_plan *p, const char *text, size_t len)
{
	struct reader r = { .p = p };
	struct import_shell s;

	import_shell_init(&s, text, len);
	while (import_shell_next(&s))
		read_command(&r, s.word, s.n);
	if (s.open_quote)
		import_lost(p, s.line, "a quote that is opened and never closed");
	if (r.d.servers || r.d.interfaces || r.d.options)
		run_defaults(&r);
	say(&r);
	import_shell_fini(&s);
}
