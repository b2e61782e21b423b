/* SPDX-License-Identifier: ISC
 *
 * import_ios - reads ip helper-address, ip forward-protocol and the ip dhcp relay
 * commands of a Cisco IOS configuration, and NX-OS' ip dhcp relay address.
 *
 * IOS forwards eight kinds of broadcasts to a helper address unless told otherwise;
 * those other than DHCP become [helper] sections. NX-OS forwards DHCP only. Interface VlanN
 * is vlanN here; other names say nothing about Linux, so their sections are commented out.
 * So are those in a VRF, since requests to servers follow the main routing table, where the
 * address may belong to another host.
 *
 * An indented line belongs to the interface above it. Other commands are not about relaying
 * and are skipped without a note.
 */
#include "ctl/import_plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/mem.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX	16	/* of a line; the rest is ignored */
#define VLAN_MAX	4094
#define BOOTPS		67
#define BOOTPC		68
#define PXE		4011

struct command;

struct ios_line {
	const struct command *command;
	char *word[WORDS_MAX];
	size_t n, arg;		/* arg: the first word after the command */
	bool no, indented;
	int number;
	char shown[IMPORT_SHOW];	/* all of it, printable */
};

struct reader {
	struct import_plan *p;
	/* The interface being read. */
	bool in_interface, shut;
	struct import_if cur;
	int cur_line;
	char vrf[IMPORT_SHOW];	/* printable, or empty */
	/* All of it. */
	char value[IMPORT_KEYS][8];	/* of global commands; empty: not given */
	bool off[65536];	/* ports not forwarded; the plan has those that are by request */
	unsigned n_server_lines;
	char banner[3];		/* the end of the banner being read */
	int banner_line;
};

typedef void take_fn(struct reader *r, const struct ios_line *l);

enum form { EITHER, WITH_NO, WITHOUT_NO };

enum scope {
	GLOBAL = 1,
	INTERFACE,
	ANYWHERE		/* the interface's if indented */
};

struct command {
	const char *words;
	take_fn *take;
	bool whole;		/* nothing may follow */
	const char *text;	/* a value, or why the line is lost */
	enum form form;		/* lost only in this form */
	enum import_key key;
	enum scope scope;
};

static bool
is(const char *word, const char *other)
{
	return strcasecmp(word, other) == 0;
}

/* The word after the command, "" if there is none or with `no`. */
static const char *
arg_of(const struct ios_line *l)
{
	return !l->no && l->arg < l->n ? l->word[l->arg] : "";
}

static void
lose_line(struct reader *r, const struct ios_line *l, const char *why)
{
	import_note(r->p, l->number, "%s%s%s", l->shown, why ? ": " : "", why ? why : "");
}

/* --- ports ------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint16_t port;
	bool by_default;
} ports[] = {
	{ "biff", 512, false },		{ "bootpc", BOOTPC, true },
	{ "bootps", BOOTPS, true },	{ "discard", 9, false },
	{ "dnsix", 195, false },	{ "domain", 53, true },
	{ "echo", 7, false },		{ "isakmp", 500, false },
	{ "mobile-ip", 434, false },	{ "nameserver", 42, true },
	{ "netbios-dgm", 138, true },	{ "netbios-ns", 137, true },
	{ "netbios-ss", 139, false },	{ "non500-isakmp", 4500, false },
	{ "ntp", 123, false },		{ "pim-auto-rp", 496, false },
	{ "rip", 520, false },		{ "snmp", 161, false },
	{ "snmptrap", 162, false },	{ "sunrpc", 111, false },
	{ "syslog", 514, false },	{ "tacacs", 49, true },
	{ "talk", 517, false },		{ "tftp", 69, true },
	{ "time", 37, true },		{ "who", 513, false },
	{ "xdmcp", 177, false },
};

/* 0: unknown. */
static uint16_t
port_of(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (word[0] >= '0' && word[0] <= '9')
		return *end == '\0' && n <= UINT16_MAX ? (uint16_t)n : 0;
	for (size_t i = 0; i < COUNT(ports); i++)
		if (is(ports[i].name, word))
			return ports[i].port;
	return 0;
}

static void
read_port(struct reader *r, const struct ios_line *l)
{
	uint16_t port = l->arg < l->n ? port_of(l->word[l->arg]) : 0;

	if (l->arg == l->n) {
		for (size_t i = 0; i < COUNT(ports); i++)
			if (ports[i].by_default)
				r->off[ports[i].port] = l->no;
		r->p->n_port = l->no ? 0 : r->p->n_port;
		return;
	}
	r->off[port] = l->no;
	if (port == 0)
		lose_line(r, l, "not a known UDP port");
	else if (!l->no)
		import_port(r->p, port, l->number);
}

static void
plan_port(struct reader *r, uint16_t port)
{
	/* The relay handles 4011 itself. */
	if (!r->off[port] && port != BOOTPS && port != BOOTPC && port != PXE)
		import_port(r->p, port, 0);
}

static void
plan_ports(struct reader *r)
{
	struct import_plan *p = r->p;
	uint16_t extra[IMPORT_PORTS_MAX];
	size_t n_extra = p->n_port;
	bool helped = false;

	p->no_dhcp = r->off[BOOTPS];
	if (p->no_dhcp)
		import_note(p, IMPORT_REMARK, "no ip forward-protocol udp bootps: DHCP is not relayed");
	for (size_t i = 0; i < p->n_if; i++)
		helped |= p->ifs[i].n_server && !p->ifs[i].dhcp_only;
	memcpy(extra, p->port, sizeof(extra));
	p->n_port = 0;
	for (size_t i = 0; i < COUNT(ports); i++)
		if (helped && ports[i].by_default)
			plan_port(r, ports[i].port);
	for (size_t i = 0; helped && i < n_extra; i++)
		plan_port(r, extra[i]);
}

/* --- interfaces --------------------------------------------------------------- */

static void
close_interface(struct reader *r)
{
	struct import_if *c = &r->cur;

	if (c->n_server && r->vrf[0]) {
		import_note(r->p, r->cur_line, "vrf %s of \"%s\": requests to servers follow the "
		    "main routing table, so its section is commented out", r->vrf, c->origin);
		c->sure = false;
	} else if (c->n_server && !c->sure) {
		import_note(r->p, r->cur_line, "interface \"%s\": its name on this host is "
		    "unknown, so its section is commented out", c->origin);
	}
	if (c->n_server && r->shut)
		import_note(r->p, IMPORT_REMARK, "\"%s\" is shut down in that configuration", c->origin);
	if (c->n_server)
		import_add(r->p, c, r->cur_line);
	*c = (struct import_if){ .sure = false };
	r->vrf[0] = '\0';
	r->shut = r->in_interface = false;
}

static void
name_vlan(struct import_if *f, const char *digits)
{
	char *end;
	unsigned long n = strtoul(digits, &end, 10);

	if (digits[0] >= '0' && digits[0] <= '9' && !*end && n > 0 && n <= VLAN_MAX)
		snprintf(f->name, sizeof(f->name), "vlan%lu", n);
}

/* "Vlan10", "Vlan 10", "GigabitEthernet0/1.20", "range Vlan10 - 12" */
static void
open_interface(struct reader *r, const struct ios_line *l)
{
	const char *name = arg_of(l), *next = l->arg + 1 < l->n ? l->word[l->arg + 1] : "";
	const char *dot = strrchr(name, '.');

	close_interface(r);
	if (!*name)
		return;
	r->in_interface = true;
	r->cur_line = l->number;
	snprintf(r->cur.origin, sizeof(r->cur.origin), "%.*s", (int)sizeof(r->cur.origin) - 1,
	    strchr(l->shown, ' ') + 1);
	if (strncasecmp(name, "vlan", 4) == 0)
		name_vlan(&r->cur, name[4] ? name + 4 : next);
	r->cur.sure = r->cur.name[0] != '\0';
	if (!r->cur.sure && dot)
		name_vlan(&r->cur, dot + 1);
}

/* The number of a sub-interface is only a habit, this is the VLAN. */
static void
read_encapsulation(struct reader *r, const struct ios_line *l)
{
	if (r->in_interface && !r->cur.sure)
		name_vlan(&r->cur, arg_of(l));
}

static void
read_vrf(struct reader *r, const struct ios_line *l)
{
	if (r->in_interface)
		import_show(arg_of(l), r->vrf);
}

static void
read_shutdown(struct reader *r, const struct ios_line *l)
{
	r->shut = !l->no;
}

/* Removes all of them, or one. */
static void
remove_servers(struct reader *r, const struct ios_line *l)
{
	size_t n = 0;
	struct ip4 a;

	for (size_t i = 0; l->arg < l->n && i < r->cur.n_server; i++) {
		uint8_t s = r->cur.server[i];

		if (!ip4_parse(l->word[l->arg], &a) || !ip4_eq(r->p->server[s], a))
			r->cur.server[n++] = s;
	}
	r->cur.n_server = n;
}

static void
read_server(struct reader *r, const struct ios_line *l)
{
	bool dhcp_only = l->command->text != NULL;

	if (!r->in_interface) {
		lose_line(r, l, "outside any interface");
		return;
	}
	if (l->no) {
		remove_servers(r, l);
		return;
	}
	/* vrf, global, use-vrf and redundancy come before or after the address. */
	if (l->arg + 1 != l->n) {
		lose_line(r, l, "only a plain address is carried over");
		return;
	}
	r->cur.dhcp_only = dhcp_only && (r->cur.n_server == 0 || r->cur.dhcp_only);
	import_server(r->p, &r->cur, l->word[l->arg], l->number);
}

/* --- settings ------------------------------------------------------------------- */

/* "": what the global command or the default says. */
static void
set(struct reader *r, const struct ios_line *l, enum import_key key, enum scope scope,
    const char *value)
{
	if (scope == GLOBAL || (scope == ANYWHERE && !(l->indented && r->in_interface)))
		snprintf(r->value[key], sizeof(r->value[key]), "%s", l->no ? "" : value);
	else if (r->in_interface)
		import_set(&r->cur, key, value);
	else
		lose_line(r, l, "outside any interface");
}

static void
read_policy(struct reader *r, const struct ios_line *l)
{
	const char *word = arg_of(l);
	const char *ours = l->no ? "" : is(word, "drop") ? "discard" :
	    is(word, "keep") ? "forward" : is(word, "replace") ? "replace" : NULL;

	if (ours)
		set(r, l, IMPORT_POLICY, ANYWHERE, ours);
	else
		lose_line(r, l, "pxrelay has no such policy");
}

static void
read_setting(struct reader *r, const struct ios_line *l)
{
	const struct command *c = l->command;

	set(r, l, c->key, c->scope, !l->no ? c->text : c->key == IMPORT_TRUST ? "off" : "none");
}

static void
read_insert(struct reader *r, const struct ios_line *l)
{
	bool none = l->no || is(arg_of(l), "none");

	set(r, l, IMPORT_OPTION82, INTERFACE, none ? "none" : "add");
}

/* --- what has no counterpart ------------------------------------------------------ */

static void
lose(struct reader *r, const struct ios_line *l)
{
	enum form form = l->command->form;

	if (form == EITHER || l->no == (form == WITH_NO))
		lose_line(r, l, l->command->text);
}

static void
count_server(struct reader *r, const struct ios_line *l)
{
	(void)l;
	r->n_server_lines++;
}

static void
skip(struct reader *r, const struct ios_line *l)
{
	(void)r, (void)l;
}

/* "banner motd ^C": everything up to the next ^C is prose. */
static void
read_banner(struct reader *r, const struct ios_line *l)
{
	size_t at = l->arg + 1 < l->n ? l->arg + 1 : l->arg;
	const char *delim = at < l->n ? l->word[at] : "";
	size_t len = delim[0] == '^' && delim[1] ? 2 : 1;

	if (l->no || !*delim)
		return;
	snprintf(r->banner, sizeof(r->banner), "%.*s", (int)len, delim);
	r->banner_line = l->number;
	for (const char *rest = delim + len; rest; rest = ++at < l->n ? l->word[at] : NULL)
		if (strstr(rest, r->banner))
			r->banner[0] = '\0';
}

/* --- commands ------------------------------------------------------------------- */

#define RELAY		"ip dhcp relay "
#define INFORMATION	RELAY "information "
#define SOURCE		"giaddr = ITS-ADDRESS and link-selection = on are similar, if this host " \
			"has that address"
#define OFF		"the relay is off there and on here"
#define OVERRIDE	"server-id-override = on and link-selection = on are similar"
#define SUBSCRIBER	"see subscriber-id in pxrelay.conf(5)"

/* The first one that a line begins with counts. */
static const struct command commands[] = {
	{ "interface", open_interface, .text = NULL },
	{ "ip helper-address", read_server, .text = NULL },
	{ RELAY "address", read_server, .text = "DHCP only" },
	{ "ip forward-protocol udp", read_port, .text = NULL },
	/* Protocol 77, of diskless Suns: a default, so every configuration has it. */
	{ "ip forward-protocol nd", skip, .text = NULL },
	{ "ip forward-protocol", lose, .text = NULL },
	{ "ip dhcp smart-relay", read_setting, false, "rotate", EITHER, IMPORT_GIADDR, GLOBAL },
	{ INFORMATION "trust-all", read_setting, false, "on", EITHER, IMPORT_TRUST, GLOBAL },
	{ INFORMATION "trusted", read_setting, false, "on", EITHER, IMPORT_TRUST, INTERFACE },
	{ INFORMATION "policy-action", read_policy, .text = NULL },
	{ INFORMATION "policy", read_policy, .text = NULL },
	{ INFORMATION "option-insert", read_insert, .text = NULL },
	{ INFORMATION "option server-id-override", lose, .text = OVERRIDE, .form = WITHOUT_NO },
	{ INFORMATION "option subscriber-id", lose, .text = SUBSCRIBER, .form = WITHOUT_NO },
	{ INFORMATION "option", read_setting, true, "add", EITHER, IMPORT_OPTION82, ANYWHERE },
	{ RELAY "source-interface", lose, .text = SOURCE, .form = WITHOUT_NO },
	{ "ip dhcp-relay source-interface", lose, .text = SOURCE, .form = WITHOUT_NO },
	{ "ip dhcp relay", lose, .whole = true, .text = OFF, .form = WITH_NO },
	{ "ip dhcp relay", lose, .text = NULL },
	{ "ip dhcp-relay", lose, .text = NULL },
	{ "ip dhcp snooping", skip, .text = NULL },
	{ "ip dhcp", count_server, .text = NULL },
	{ "ipv6 dhcp relay", lose, .text = "DHCPv6 is not relayed" },
	{ "ip vrf forwarding", read_vrf, .text = NULL },
	{ "vrf forwarding", read_vrf, .text = NULL },
	{ "vrf member", read_vrf, .text = NULL },
	{ "encapsulation dot1q", read_encapsulation, .text = NULL },
	{ "ip unnumbered", lose, .text = "add giaddr = ITS-ADDRESS", .form = WITHOUT_NO },
	{ "shutdown", read_shutdown, .whole = true },
	{ "service dhcp", lose, .whole = true, .text = OFF, .form = WITH_NO },
	{ "banner", read_banner, .text = NULL },
};

/* The number of the first word after the command; 0: it is another one. */
static size_t
match_command(const struct ios_line *l, const struct command *c)
{
	const char *p = c->words;
	size_t i = l->no;

	for (; *p; i++) {
		size_t len = strcspn(p, " ");

		if (i == l->n || strlen(l->word[i]) != len ||
		    strncasecmp(l->word[i], p, len) != 0)
			return 0;
		p += len;
		p += *p == ' ';
	}
	return c->whole && i < l->n ? 0 : i;
}

/* In pasted text that has lost its blanks, these still belong to the interface. */
static bool
may_be_in_interface(const char *word)
{
	static const char *const words[] = { "ip", "vrf", "encapsulation", "description",
		"shutdown" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (is(word, words[i]))
			return true;
	return false;
}

static void
read_line(struct reader *r, char *text, int number)
{
	struct ios_line l = { .number = number, .indented = strchr(" \t\r", text[0]) };
	char *rest = import_trim(text);

	import_show(rest, l.shown);
	/* The interface that it hides may be another one. */
	if (strstr(text, "--More--")) {
		close_interface(r);
		lose_line(r, &l, "a pager's prompt (try terminal length 0)");
		return;
	}
	while (l.n < WORDS_MAX && (l.word[l.n] = import_word(&rest)))
		l.n++;
	if (l.n == 0 || l.word[0][0] == '!')
		return;
	l.no = is(l.word[0], "no") && l.n > 1;
	if (!l.indented && !may_be_in_interface(l.word[l.no]))
		close_interface(r);
	for (size_t i = 0; i < COUNT(commands); i++)
		if ((l.arg = match_command(&l, &commands[i]))) {
			l.command = &commands[i];
			l.command->take(r, &l);
			return;
		}
}

/* --- all of it ---------------------------------------------------------------- */

/* Interfaces without a setting of their own have the global one. */
static void
plan_settings(struct reader *r)
{
	bool any_agent = false;

	for (size_t i = 0; i < r->p->n_if; i++) {
		struct import_if *f = &r->p->ifs[i];
		bool agent;

		for (int k = 0; k < IMPORT_KEYS; k++)
			if (!f->value[k][0])
				import_set(f, (enum import_key)k, r->value[k]);
		agent = strcmp(f->value[IMPORT_OPTION82], "add") == 0;
		any_agent |= agent;
		if (agent && !f->value[IMPORT_POLICY][0])	/* the default of IOS */
			import_set(f, IMPORT_POLICY, "replace");
	}
	if (any_agent)
		import_note(r->p, 0, "the binary circuit-id and remote-id: the interface's name is "
		    "sent instead, see circuit-id and remote-id in pxrelay.conf(5)");
}

void
import_ios(struct import_plan *p, char *text)
{
	struct reader *r = mem_got(calloc(1, sizeof(*r)));
	char *line;

	r->p = p;
	for (int n = 1; (line = strsep(&text, "\n")); n++) {
		if (!r->banner[0])
			read_line(r, line, n);
		else if (strstr(line, r->banner))
			r->banner[0] = '\0';
	}
	close_interface(r);
	plan_settings(r);
	plan_ports(r);
	if (r->n_server_lines)
		import_note(p, 0, "the router's DHCP server (ip dhcp, lines: %u)",
		    r->n_server_lines);
	if (r->banner[0])
		import_note(p, r->banner_line, "everything after a banner that never ends");
	if (p->n_port)
		import_note(p, IMPORT_REMARK, "rate = off: IOS forwards any number of broadcasts; remove it for "
		    "a limit of 100/s");
	free(r);
}
