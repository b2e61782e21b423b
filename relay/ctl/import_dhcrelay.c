/* SPDX-License-Identifier: ISC
 *
 * import_dhcrelay - reads the files that start ISC dhcrelay 4.4: Debian's
 * /etc/default/isc-dhcp-relay, or one or more command lines, as in a script or in
 * ExecStart= of a systemd unit. Variables and escapes of the shell are not resolved.
 *
 * dhcrelay differs from pxrelay (relay/dhcrelay.c of 4.4.3, confirmed by tests): it
 * accepts option 82 from any client, which is `trust = on` here; it drops a request
 * whose hop count has reached -c, while max-hops is the highest count that passes;
 * with -a alone it replaces option 82; without -i it listens on all interfaces.
 *
 * With -6, or an option that exists only then, it relays DHCPv6 instead: from the
 * interfaces of -l to the address and interface of each -u, by default to all
 * servers of the site. -c is a limit like max-hops6 then. With one -l and without -I
 * it sends no interface-id.
 */
#include "ctl/import.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/mem.h"

#define HOPS_DEFAULT	10	/* of dhcrelay */
#define HOPS_MAX	16	/* RFC 1542 4.1.1, and of max-hops */
#define HOPS6_MAX	32	/* of max-hops6 */
#define ALL_SERVERS6	"ff05::1:3"

#define BLANKS		" \t\r\v\f"

/* One dhcrelay. */
struct process {
	struct import_plan *p;
	struct import_if common;	/* the settings of all its interfaces */
	const char **client;	/* owned; the names, or values of -l, are borrowed */
	size_t n_client;
	bool named;		/* -i, -id or -iu was given */
	bool either;		/* -i was given */
	bool agent;		/* -a was given */
	bool given;		/* any argument was given */
	bool six;		/* it relays DHCPv6 */
	bool index;		/* -I was given */
	const char *policy;	/* of -m; a string constant */
	unsigned hops;		/* of -c; 0: not given */
};

/* Those of both families, of DHCPv4 (FOUR: which is lost), and of DHCPv6. */
enum option_kind {
	IGNORED, LOST, HOPS,
	AGENT, CLIENT, EITHER, UPSTREAM, POLICY, LINK_SELECTION, FOUR,
	SIX, INDEX, LOWER, UPPER, SUBSCRIBER
};

static const struct option {
	const char *name;
	bool has_value;
	enum option_kind kind;
	const char *why;	/* the reason it is lost */
} options[] = {
	{ "-4", false, IGNORED, NULL },
	{ "-6", false, SIX, NULL },
	{ "-a", false, AGENT, NULL },
	{ "-A", true, FOUR, "packets may grow up to the MTU towards the server" },
	{ "-c", true, HOPS, NULL },
	{ "-d", false, LOST, "pxrelayd -f stays in the foreground" },
	{ "-D", false, FOUR,
	    "replies are matched by server and giaddr, not by option 82" },
	{ "-g", true, FOUR, "giaddr in replies to clients is left unchanged" },
	{ "-i", true, EITHER, NULL },
	{ "-id", true, CLIENT, NULL },
	{ "-iu", true, UPSTREAM, "replies may come by any interface that a route to the "
	    "server leads through, or see uplinks" },
	{ "-I", false, INDEX, NULL },
	{ "-l", true, LOWER, NULL },
	{ "-m", true, POLICY, NULL },
	{ "-p", true, LOST, "the port is 67, for DHCPv6 547" },
	{ "-pf", true, LOST, "pxrelayd -p FILE writes a pid file" },
	{ "-q", false, IGNORED, NULL },
	{ "-rp", true, FOUR, "requests to servers come from port 67" },
	{ "-s", true, SUBSCRIBER, "see subscriber-id in pxrelay.conf(5)" },
	{ "-u", true, UPPER, NULL },
	{ "-U", true, LINK_SELECTION, "add giaddr = ADDRESS of that interface to "
	    "[relay]; dhcrelay also serves clients there, so it needs an [interface] "
	    "section if it has any" },
	{ "--no-pid", false, IGNORED, NULL },
};

static void
take_client(struct process *x, const char *name, int line)
{
	x->given = x->named = true;
	if (!x->six && !import_is_ifname(name)) {
		import_note(x->p, line, "interface %s: not a valid name for "
		    "an interface with clients", name);
		return;
	}
	x->client = mem_more(x->client, x->n_client, sizeof(*x->client));
	x->client[x->n_client++] = name;
}

static void
take_policy(struct process *x, const char *value, int line)
{
	static const char *const words[] = {
		"append", "replace", "forward", "discard",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0) {
			x->policy = words[i];
			return;
		}
	import_note(x->p, line,
	    "-m %s: expected append, replace, forward or discard", value);
}

static void
take_hops(struct process *x, const char *value, int line)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10), most = x->six ? HOPS6_MAX : HOPS_MAX + 1;

	if (end == value || *end || n < 2 || n > 255) {
		import_note(x->p, line, "-c %s: expected 2 to 255 hops", value);
		return;
	}
	if (n > most && x->six)
		import_note(x->p, line, "-c %lu: max-hops6 is at most %d", n, HOPS6_MAX);
	else if (n > most)
		import_note(x->p, line, "-c %lu: RFC 1542 allows %d hops", n,
		    HOPS_MAX);
	x->hops = (unsigned)(n > most ? most : n);
}

/* -u [ADDRESS%]INTERFACE */
static void
take_upper(struct process *x, const char *value, int line)
{
	const char *percent = strchr(value, '%');
	char address[IP_STRLEN] = ALL_SERVERS6;

	if (percent)
		snprintf(address, sizeof(address), "%.*s", (int)(percent - value), value);
	import_server(x->p, &x->common, address, percent ? percent + 1 : value, line);
}

static void
take_option(struct process *x, const struct option *o, const char *value, int line)
{
	switch (o->kind) {
	case IGNORED:
	case SIX:
		return;
	case AGENT:
		x->agent = true;
		return;
	case HOPS:
		take_hops(x, value, line);
		return;
	case POLICY:
		take_policy(x, value, line);
		return;
	case EITHER:	/* without -iu, also the one towards the servers */
	case CLIENT:
	case LOWER:
		x->either |= o->kind == EITHER;
		take_client(x, value, line);
		return;
	case UPSTREAM:
		x->named = true;
		break;
	case LINK_SELECTION:
		x->agent = true;
		import_set(&x->common, IMPORT_LINK_SELECTION, "on");
		break;
	case INDEX:
		x->index = true;
		return;
	case UPPER:
		take_upper(x, value, line);
		return;
	case SUBSCRIBER:	/* other texts could mean something in a format */
		if (!import_is_ifname(value) || strcmp(value, "off") == 0)
			break;
		import_set(&x->common, IMPORT_SUBSCRIBER_ID, value);
		return;
	case FOUR:
	case LOST:
		break;
	}
	import_note(x->p, line, "%s%s%s: %s", o->name, *value ? " " : "", value,
	    o->why);
}

static const struct option *
find_option(const char *word)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, word) == 0)
			return &options[i];
	return NULL;
}

static void
take_words(struct process *x, char *const *word, size_t n, int line)
{
	x->given |= n > 0;
	for (size_t i = 0; i < n; i++) {
		const struct option *o = find_option(word[i]);

		x->six |= o && o->kind >= SIX;
	}
	for (size_t i = 0; i < n; i++) {
		const struct option *o = find_option(word[i]);
		bool four = word[i][0] != '-' || (o && o->kind > HOPS && o->kind < SIX);

		if (x->six && four) {
			import_note(x->p, line, "%s: dhcrelay -6 does not take it", word[i]);
			i += o && o->has_value;
		} else if (word[i][0] != '-')
			import_server(x->p, &x->common, word[i], NULL, line);
		else if (!o)
			import_note(x->p, line, "%s: unknown option", word[i]);
		else if (o->has_value && ++i == n)
			import_note(x->p, line, "%s: expected a value", o->name);
		else
			take_option(x, o, o->has_value ? word[i] : "", line);
	}
}

static void
plan_settings(struct process *x, int line)
{
	const char *policy = x->policy ? x->policy : "replace";
	struct import_plan *p = x->p;
	unsigned *max = x->six ? &p->max_hops6 : &p->max_hops;
	unsigned hops = (x->hops ? x->hops : HOPS_DEFAULT) - !x->six;

	if (x->common.n_server == 0)
		import_note(p, line, "a dhcrelay without a usable server");
	import_set(&x->common, IMPORT_TRUST, "on");
	if (x->agent)
		import_set(&x->common, IMPORT_OPTION82, "add");
	if (x->policy && !x->agent)
		import_note(p, line, "-m %s: has no effect without -a", policy);
	else if (x->agent && strcmp(policy, "forward") != 0) {
		import_note(p, line, "option 82 in requests from another relay: "
		    "it is left unchanged (RFC 3046 2.1.1)");
		import_set(&x->common, IMPORT_POLICY, policy);
	}
	if (*max && *max != hops)
		import_note(p, line, "max-hops%s = %u and %u: it applies to all "
		    "interfaces, so the higher one is used", x->six ? "6" : "", *max, hops);
	if (*max < hops)
		*max = hops;
}

/* Reads the value of -l, [ADDRESS%]INTERFACE[#INDEX]. false: its interface is lost. */
static bool
read_lower(struct process *x, const char *value, int line)
{
	const char *percent = strchr(value, '%'), *name = percent ? percent + 1 : value;
	size_t len = strcspn(name, "#");
	struct import_if *f = &x->common;
	char text[IP_STRLEN] = "";
	struct ip6 link;
	unsigned id;

	snprintf(f->name, sizeof(f->name), "%.*s", (int)len, name);
	if (len >= sizeof(f->name) || !import_is_ifname(f->name)) {
		import_note(x->p, line, "-l %s: not a valid name for an interface with clients",
		    value);
		return false;
	}
	if (percent)
		snprintf(text, sizeof(text), "%.*s", (int)(percent - value), value);
	if (percent && !(ip6_parse(text, &link) && ip6_is_global(link))) {
		import_note(x->p, line, "-l %s: not a global IPv6 address", value);
		text[0] = '\0';
	}
	import_set(f, IMPORT_LINK_ADDRESS, text);
	import_set(f, IMPORT_INTERFACE_ID, "");
	if (!x->index)
		return true;
	if (!name[len]) {
		import_note(x->p, line, "-l %s: the interface's index in its interface-id, which "
		    "is %%h:%%i here and stays the same after a reboot", value);
		return true;
	}
	/* An int as x86 and ARM have it in memory. */
	id = (unsigned)strtoul(name + len + 1, NULL, 10);
	snprintf(text, sizeof(text), "hex:%02x%02x%02x%02x", id & 0xff, id >> 8 & 0xff,
	    id >> 16 & 0xff, id >> 24);
	import_set(f, IMPORT_INTERFACE_ID, text);
	return true;
}

/* Adds its interfaces. */
static void
plan_process(struct process *x, int line)
{
	static const char *const everywhere[] = { "*" };
	bool named = x->named || x->six;
	const char *const *client = named ? x->client : everywhere;
	size_t n = named ? x->n_client : 1;
	struct import_if *f = &x->common;
	struct import_plan *p = x->p;

	plan_settings(x, line);
	if (n == 0)
		import_note(p, line, "a dhcrelay without a usable client interface");
	if (!named)
		import_note(p, IMPORT_REMARK, "dhcrelay without -i serves all "
		    "interfaces; it is better to name those with clients "
		    "instead of *");
	if (x->either && f->n_server)
		import_note(p, IMPORT_REMARK, "-i: dhcrelay's interface towards the "
		    "servers is included; remove its section if it has no clients");
	f->sure = true;
	x->index |= n > 1;
	for (size_t i = 0; i < n; i++) {
		if (!x->six)
			snprintf(f->name, sizeof(f->name), "%s", client[i]);
		else if (!read_lower(x, client[i], line))
			continue;
		snprintf(f->origin, sizeof(f->origin), "%s", f->name);
		import_add(p, f, line);
	}
	free(x->client);
}

static bool
is_dhcrelay(const char *word)
{
	const char *slash = strrchr(word, '/');

	return strcmp(slash ? slash + 1 : word, "dhcrelay") == 0;
}

/* Variables of Debian's file, which its start script splits at blanks. Cumulus Linux has
 * INTF_CMD in place of INTERFACES. */
static const char *const variables[] = { "SERVERS", "INTERFACES", "INTF_CMD", "OPTIONS" };

#define VARIABLES	(sizeof(variables) / sizeof(variables[0]))

struct assignment {
	char *value;	/* NULL: not assigned */
	int line;
};

struct defaults {
	struct assignment set[VARIABLES];
	bool more;	/* interfaces are named in some other variable */
};

/* Keeps an assignment; as in a shell, the last one to a variable counts. false: the word
 * assigns none of the variables. */
static bool
keep_variable(struct defaults *d, char *word, int line)
{
	const char *name = strsep(&word, "=");

	for (size_t i = 0; word && i < VARIABLES; i++)
		if (strcmp(name, variables[i]) == 0) {
			d->set[i] = (struct assignment){ word, line };
			return true;
		}
	d->more |= word && strstr(word, "-i");
	return false;
}

/* The dhcrelay that Debian's start script runs, if the file has its variables. */
static void
plan_defaults(struct import_plan *p, const struct defaults *d)
{
	static const struct import_syntax plain = { BLANKS, "", "", '\0' };
	struct process x = { .p = p, .named = d->more };

	for (size_t i = 0; i < VARIABLES; i++) {
		bool interfaces = strcmp(variables[i], "INTERFACES") == 0;
		int line = d->set[i].line;
		struct import_text t = {
			.p = p, .syntax = &plain, .rest = d->set[i].value, .next = line,
		};

		while (d->set[i].value && import_next(&t)) {
			x.either |= interfaces && t.n > 0;
			for (size_t k = 0; interfaces && k < t.n; k++)
				take_client(&x, t.word[k], line);
			if (!interfaces)
				take_words(&x, t.word, t.n, line);
		}
	}
	if (x.given)
		plan_process(&x, 0);
}

/* Reads variables or a command. Lines of ps(1) and units have words before the
 * program. */
static void
read_line(const struct import_text *t, struct defaults *d)
{
	struct process x = { .p = t->p, .given = true };
	size_t i = 0;

	while (i < t->n && !is_dhcrelay(t->word[i]))
		i++;
	if (i < t->n) {
		take_words(&x, t->word + i + 1, t->n - i - 1, t->line);
		plan_process(&x, t->line);
		return;
	}
	for (i = 0; i < t->n; i++)
		if (!keep_variable(d, t->word[i], t->line)) {
			import_lose(t, "expected SERVERS, INTERFACES, INTF_CMD, "
			    "OPTIONS or a dhcrelay command line");
			return;
		}
}

void
import_dhcrelay(struct import_plan *p, char *text)
{
	static const struct import_syntax shell = { BLANKS, "\n;&|", "\"'", '#' };
	struct import_text t = { .p = p, .syntax = &shell, .rest = text, .next = 1 };
	struct defaults d = { .more = false };

	while (import_next(&t))
		read_line(&t, &d);
	plan_defaults(p, &d);
	import_remark_trust(p, "dhcrelay");
}
