/* SPDX-License-Identifier: ISC
 *
 * import_ios - reads ip helper-address, ip forward-protocol and the ip dhcp relay
 * commands of a Cisco IOS configuration, and NX-OS' ip dhcp relay address.
 *
 * IOS passes eight kinds of broadcasts to a helper address unless it is told
 * otherwise; those that are not DHCP become [helper] sections. NX-OS passes on DHCP
 * and nothing else. Interfaces called VlanN are vlanN here; other names say nothing
 * about Linux, so their sections are commented out. So are those in a VRF: servers
 * are asked by the main table, where the address may be another host's.
 *
 * A line that begins with a blank belongs to the interface above it.
 */
#include "ctl/import_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sbuf.h"
#include "ctl/import_lex.h"

#define WORDS_MAX	16	/* what follows is not looked at */
#define VLAN_MAX	4094
#define BOOTPS		67
#define BOOTPC		68
#define PXE		4011

struct ios_line {
	char *word[WORDS_MAX];
	size_t n;
	size_t arg;		/* the first word behind the command */
	bool no;		/* "no" stood in front */
	bool indented;
	int number;
	char shown[IMPORT_SHOW];	/* all of it, printable */
};

struct reader {
	struct import_plan *p;
	/* the interface that is being read */
	bool in_interface;
	struct import_if cur;
	int cur_line;
	char vrf[IMPORT_SHOW];	/* of it, printable, or empty */
	char lender[IMPORT_SHOW];	/* ip unnumbered: whose address it has, likewise */
	bool down;		/* shutdown */
	/* for all of them */
	bool agent, trust_all, rotate, override;
	char policy[8];		/* in our words; empty: IOS' default */
	bool off[65536];	/* ports that a `no` took away */
	uint16_t more[IMPORT_PORTS_MAX];	/* ports that were added */
	size_t n_more;
	unsigned n_server_lines;
	char banner[3];		/* the end of the one we are in */
};

/* --- ports ------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint16_t port;
	bool helped;		/* without being told */
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
#define N_PORTS	(sizeof(ports) / sizeof(ports[0]))

/* 0 when it is none. */
static uint16_t
port_of(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (word[0] >= '0' && word[0] <= '9')
		return *end == '\0' && n <= UINT16_MAX ? (uint16_t)n : 0;
	for (size_t i = 0; i < N_PORTS; i++)
		if (strcasecmp(ports[i].name, word) == 0)
			return ports[i].port;
	return 0;
}

static void
all_ports(struct reader *r, bool off)
{
	for (size_t i = 0; i < N_PORTS; i++)
		if (ports[i].helped)
			r->off[ports[i].port] = off;
	if (off)
		r->n_more = 0;
}

static void
add_port(struct reader *r, uint16_t port, int line)
{
	r->off[port] = false;
	for (size_t i = 0; i < r->n_more; i++)
		if (r->more[i] == port)
			return;
	if (r->n_more == IMPORT_PORTS_MAX)
		import_lost(r->p, line, "UDP port %u: more than %d are too many", port,
		    IMPORT_PORTS_MAX);
	else
		r->more[r->n_more++] = port;
}

static void
forward_udp(struct reader *r, const struct ios_line *l)
{
	uint16_t port;

	if (l->arg == l->n) {
		all_ports(r, l->no);
		return;
	}
	port = port_of(l->word[l->arg]);
	if (port == 0)
		import_lost(r->p, l->number, "%s: not a UDP port that is known",
		    l->shown);
	else if (l->no)
		r->off[port] = true;
	else
		add_port(r, port, l->number);
}

static bool
any_helped(const struct import_plan *p)
{
	for (size_t i = 0; i < p->n_if; i++)
		if (p->ifs[i].n_server && !p->ifs[i].dhcp_only)
			return true;
	return false;
}

static void
plan_ports(struct reader *r)
{
	r->p->no_dhcp = r->off[BOOTPS];
	if (r->off[BOOTPS])
		import_remark(r->p, "DHCP is not relayed there (no ip forward-protocol "
		    "udp bootps), so it is not here");
	if (!any_helped(r->p))
		return;
	for (size_t i = 0; i < N_PORTS; i++)
		if (ports[i].helped && !r->off[ports[i].port] &&
		    ports[i].port != BOOTPS && ports[i].port != BOOTPC)
			import_port(r->p, ports[i].port, 0);
	/* 4011 is the relay's own business, too, and needs no helper. */
	for (size_t i = 0; i < r->n_more; i++)
		if (!r->off[r->more[i]] && r->more[i] != BOOTPS &&
		    r->more[i] != BOOTPC && r->more[i] != PXE)
			import_port(r->p, r->more[i], 0);
}

/* --- interfaces --------------------------------------------------------------- */

static unsigned
vlan_of(const char *digits)
{
	char *end;
	unsigned long n = strtoul(digits, &end, 10);

	if (digits[0] < '0' || digits[0] > '9' || *end || n > VLAN_MAX)
		return 0;
	return (unsigned)n;
}

static void
name_vlan(struct import_if *f, unsigned vlan)
{
	if (vlan)
		snprintf(f->name, sizeof(f->name), "vlan%u", vlan);
}

static void
close_interface(struct reader *r)
{
	struct import_if *c = &r->cur, *f;

	if (c->n_server && r->vrf[0]) {
		import_lost(r->p, r->cur_line, "vrf %s of \"%s\": servers are asked by the "
		    "main routing table; its section is commented out", r->vrf,
		    c->there);
		c->sure = false;
	} else if (c->n_server && !c->sure) {
		import_lost(r->p, r->cur_line, "interface \"%s\": nothing tells its name "
		    "here; its section is commented out", c->there);
	}
	if (c->n_server && r->lender[0])
		import_lost(r->p, r->cur_line, "ip unnumbered %s of \"%s\": giaddr = "
		    "ITS-ADDRESS is missing there", r->lender, c->there);
	if (c->n_server && r->down)
		import_remark(r->p, "\"%s\" is shut down there", c->there);
	f = c->n_server ? import_if(r->p, c->name, c->there, c->sure, r->cur_line) : NULL;
	if (f)
		f->dhcp_only = c->dhcp_only && (f->n_server == 0 || f->dhcp_only);
	for (size_t i = 0; f && i < c->n_server; i++) {
		char text[IP4_STRLEN];

		import_server(r->p, f, ip4_str(c->server[i], text), r->cur_line);
	}
	for (int k = 0; f && k < IMPORT_KEYS; k++)
		if (c->value[k][0])
			import_set(f, (enum import_key)k, c->value[k]);
	free(c->server);
	*c = (struct import_if){ .helper = -1 };
	r->vrf[0] = r->lender[0] = '\0';
	r->down = r->in_interface = false;
}

/* "Vlan10", "Vlan 10", "GigabitEthernet0/1.20"; of "range Vlan10 - 12" all words. */
static void
read_name(const struct ios_line *l, char there[IMPORT_SHOW])
{
	bool range = strcasecmp(l->word[l->arg], "range") == 0;
	struct sbuf b = sbuf_init(there, IMPORT_SHOW);

	for (size_t i = l->arg; i < l->n && (range || i < l->arg + 2); i++)
		sbuf_printf(&b, "%s%.40s", range && i > l->arg ? " " : "", l->word[i]);
}

static void
open_interface(struct reader *r, const struct ios_line *l)
{
	char there[IMPORT_SHOW], shown[IMPORT_SHOW];
	const char *dot;
	unsigned vlan;

	close_interface(r);
	if (l->no || l->arg == l->n)
		return;
	read_name(l, there);
	import_show(there, shown);
	r->in_interface = true;
	r->cur_line = l->number;
	snprintf(r->cur.there, sizeof(r->cur.there), "%.*s", IMPORT_THERE - 1, shown);
	vlan = strncasecmp(there, "vlan", 4) == 0 ? vlan_of(there + 4) : 0;
	dot = strrchr(there, '.');
	r->cur.sure = vlan > 0;
	name_vlan(&r->cur, vlan ? vlan : dot ? vlan_of(dot + 1) : 0);
}

/* The number of a sub-interface is a habit, this is the VLAN. */
static void
encapsulation(struct reader *r, const struct ios_line *l)
{
	if (r->in_interface && !r->cur.sure && l->arg < l->n && !l->no)
		name_vlan(&r->cur, vlan_of(l->word[l->arg]));
}

static void
vrf(struct reader *r, const struct ios_line *l)
{
	if (!r->in_interface)
		return;
	r->vrf[0] = '\0';
	if (!l->no && l->arg < l->n)
		import_show(l->word[l->arg], r->vrf);
}

static void
unnumbered(struct reader *r, const struct ios_line *l)
{
	if (!r->in_interface)
		return;
	r->lender[0] = '\0';
	if (!l->no && l->arg < l->n)
		import_show(l->word[l->arg], r->lender);
}

static void
shutdown_(struct reader *r, const struct ios_line *l)
{
	r->down = !l->no;
}

/* --- ip helper-address -------------------------------------------------------- */

static void
no_helper(struct reader *r, const struct ios_line *l)
{
	struct ip4 a;

	if (l->arg == l->n)
		r->cur.n_server = 0;
	else if (ip4_parse(l->word[l->arg], &a))
		import_server_gone(&r->cur, a);
}

static bool
is(const char *word, const char *other)
{
	return strcasecmp(word, other) == 0;
}

/* The words that count: "use-vrf default" is how NX-OS names the main routing table. */
static size_t
without_default_vrf(const struct ios_line *l, size_t i)
{
	return i + 3 == l->n && is(l->word[i + 1], "use-vrf") &&
	    is(l->word[i + 2], "default") ? i + 1 : l->n;
}

/* [vrf NAME | global] ADDRESS [redundancy GROUP], ADDRESS use-vrf NAME */
static void
server(struct reader *r, const struct ios_line *l)
{
	size_t i = l->arg, n;

	if (!r->in_interface) {
		import_lost(r->p, l->number, "%s: stands in no interface", l->shown);
		return;
	}
	if (l->no) {
		no_helper(r, l);
		return;
	}
	i += i < l->n && is(l->word[i], "global");
	n = without_default_vrf(l, i);
	if (i + 1 < n && (is(l->word[i], "vrf") || is(l->word[i + 1], "use-vrf"))) {
		import_lost(r->p, l->number, "%s: servers are asked by the main routing "
		    "table", l->shown);
		return;
	}
	if (i + 1 < n)
		import_lost(r->p, l->number, "%s: what stands behind the address%s",
		    l->shown, is(l->word[i + 1], "redundancy") ?
		    " (see active = vrrp)" : "");
	if (i < n)
		import_server(r->p, &r->cur, l->word[i], l->number);
}

static void
helper(struct reader *r, const struct ios_line *l)
{
	r->cur.dhcp_only = false;
	server(r, l);
}

static void
relay_address(struct reader *r, const struct ios_line *l)
{
	r->cur.dhcp_only |= r->cur.n_server == 0;
	server(r, l);
}

/* --- option 82 ------------------------------------------------------------------ */

/* An interface's own setting, or a note when there is no interface. */
static void
set_here(struct reader *r, const struct ios_line *l, enum import_key key,
    const char *value)
{
	if (r->in_interface)
		import_set(&r->cur, key, value);
	else
		import_lost(r->p, l->number, "%s: stands in no interface", l->shown);
}

/* A line in an interface, of a command that can stand in front of all, too. */
static bool
is_here(const struct reader *r, const struct ios_line *l)
{
	return l->indented && r->in_interface;
}

static void
agent(struct reader *r, const struct ios_line *l)
{
	if (is_here(r, l))
		import_set(&r->cur, IMPORT_OPTION82, l->no ? "none" : "add");
	else
		r->agent = !l->no;
}

static void
insert(struct reader *r, const struct ios_line *l)
{
	bool none = l->no || (l->arg < l->n && is(l->word[l->arg], "none"));

	set_here(r, l, IMPORT_OPTION82, none ? "none" : "add");
}

static void
override(struct reader *r, const struct ios_line *l)
{
	if (!is_here(r, l)) {
		r->override = !l->no;
		return;
	}
	import_set(&r->cur, IMPORT_OVERRIDE, l->no ? "off" : "on");
	import_set(&r->cur, IMPORT_LINK_SELECTION, l->no ? "off" : "on");
}

static const char *
policy_word(const char *word)
{
	if (is(word, "drop"))
		return "discard";
	if (is(word, "keep"))
		return "forward";
	return is(word, "replace") ? "replace" : NULL;
}

static void
policy(struct reader *r, const struct ios_line *l)
{
	const char *ours = l->arg < l->n ? policy_word(l->word[l->arg]) : NULL;

	if (l->no)
		ours = "";
	if (!ours)
		import_lost(r->p, l->number, "%s: not a policy that there is here",
		    l->shown);
	else if (is_here(r, l))
		import_set(&r->cur, IMPORT_POLICY, ours);
	else
		snprintf(r->policy, sizeof(r->policy), "%s", ours);
}

static void
trusted(struct reader *r, const struct ios_line *l)
{
	set_here(r, l, IMPORT_TRUST, l->no ? "off" : "on");
}

static void
trust_all(struct reader *r, const struct ios_line *l)
{
	r->trust_all = !l->no;
}

static void
smart_relay(struct reader *r, const struct ios_line *l)
{
	r->rotate = !l->no;
}

/* Only what a format takes as it is. */
static void
subscriber(struct reader *r, const struct ios_line *l)
{
	const char *text = l->arg < l->n ? l->word[l->arg] : "";
	size_t len = strlen(text);
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";

	if (l->no)
		return;
	if (l->arg + 1 == l->n && text[strspn(text, plain)] == '\0' &&
	    len <= 50 && !is(text, "off"))
		set_here(r, l, IMPORT_SUBSCRIBER, text);
	else
		import_lost(r->p, l->number, "%s: see subscriber-id", l->shown);
}

/* --- what is only noted ------------------------------------------------------- */

static void
lost(struct reader *r, const struct ios_line *l)
{
	import_lost(r->p, l->number, "%s", l->shown);
}

static void
source_interface(struct reader *r, const struct ios_line *l)
{
	if (!l->no)
		import_lost(r->p, l->number, "%s: giaddr = ITS-ADDRESS and link-selection "
		    "= on come near, where this host has that address", l->shown);
}

static void
six(struct reader *r, const struct ios_line *l)
{
	import_lost(r->p, l->number, "%s: DHCPv6 is not relayed", l->shown);
}

static void
server_line(struct reader *r, const struct ios_line *l)
{
	(void)l;
	r->n_server_lines++;
}

static void
service(struct reader *r, const struct ios_line *l)
{
	if (l->no)
		import_lost(r->p, l->number, "%s: the relay is off there, and on here",
		    l->shown);
}

static void
nothing(struct reader *r, const struct ios_line *l)
{
	(void)r, (void)l;
}

/* --- lines -------------------------------------------------------------------- */

/* "banner motd ^C": all up to the next ^C is prose. */
static void
banner(struct reader *r, const struct ios_line *l)
{
	const char *delim = l->arg + 1 < l->n ? l->word[l->arg + 1] :
	    l->arg < l->n ? l->word[l->arg] : "";
	size_t len = delim[0] == '^' && delim[1] ? 2 : 1;

	if (l->no || !*delim)
		return;
	snprintf(r->banner, sizeof(r->banner), "%.*s", (int)len, delim);
	/* It may end in its first line. */
	if (strstr(delim + len, r->banner))
		r->banner[0] = '\0';
	for (size_t i = l->arg + 2; i < l->n; i++)
		if (strstr(l->word[i], r->banner))
			r->banner[0] = '\0';
}

#define RELAY		"ip dhcp relay "
#define INFORMATION	RELAY "information "

/* The first that a line begins with counts. */
static const struct command {
	const char *words;
	void (*take)(struct reader *r, const struct ios_line *l);
	bool whole;		/* nothing may follow */
} commands[] = {
	{ "interface", open_interface, false },
	{ "ip helper-address", helper, false },
	{ RELAY "address", relay_address, false },
	{ "ip forward-protocol udp", forward_udp, false },
	/* Protocol 77, of diskless Suns: in every configuration, since it is there
	 * by default. */
	{ "ip forward-protocol nd", nothing, false },
	{ "ip forward-protocol", lost, false },
	{ "ip dhcp smart-relay", smart_relay, false },
	{ INFORMATION "trust-all", trust_all, false },
	{ INFORMATION "trusted", trusted, false },
	{ INFORMATION "policy-action", policy, false },
	{ INFORMATION "policy", policy, false },
	{ INFORMATION "option-insert", insert, false },
	{ INFORMATION "option server-id-override", override, true },
	{ INFORMATION "option subscriber-id", subscriber, false },
	{ INFORMATION "option", agent, true },
	{ "ip dhcp relay source-interface", source_interface, false },
	{ "ip dhcp-relay source-interface", source_interface, false },
	{ "ip dhcp relay", service, true },
	{ "ip dhcp relay", lost, false },
	{ "ip dhcp-relay", lost, false },
	{ "ip dhcp snooping", nothing, false },
	{ "ip dhcp", server_line, false },
	{ "ipv6 dhcp relay", six, false },
	{ "ip vrf forwarding", vrf, false },
	{ "vrf forwarding", vrf, false },
	{ "vrf member", vrf, false },
	{ "encapsulation dot1q", encapsulation, false },
	{ "ip unnumbered", unnumbered, false },
	{ "shutdown", shutdown_, true },
	{ "service dhcp", service, true },
	{ "banner", banner, false },
};

/* How many words of the line the command is; 0: it is another. */
static size_t
matches(const struct ios_line *l, const struct command *c)
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

static void
take_line(struct reader *r, struct ios_line *l)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		l->arg = matches(l, &commands[i]);
		if (l->arg) {
			commands[i].take(r, l);
			return;
		}
	}
}

/* A terminal's log has the pager's prompt in it, and then what wiped it out again:
 * backspaces or a carriage return, unless the log leaves them out. */
static char *
behind_prompt(char *text)
{
	static const char prompt[] = "--More--";
	char *p = text + strlen(text);
	size_t blanks;

	while (p > text && p[-1] != '\b' && p[-1] != '\r')
		p--;
	blanks = strspn(p, " ");
	if (strncmp(p + blanks, prompt, strlen(prompt)) == 0)
		p += blanks + strlen(prompt);
	return p;
}

static void
read_line(struct reader *r, char *text, int number)
{
	char *line = behind_prompt(text), *rest;
	struct ios_line l = { .number = number, .indented = strchr(" \t", line[0]) };

	rest = import_trim(line);
	import_show(rest, l.shown);
	while (l.n < WORDS_MAX && (l.word[l.n] = import_word(&rest)))
		l.n++;
	if (l.n == 0)
		return;
	l.no = is(l.word[0], "no") && l.n > 1;
	if (l.word[0][0] == '!')
		return;
	/* Pasted text may have lost its blanks: what begins with ip may be the
	 * interface's. */
	if (!l.indented && !is(l.word[l.no], "ip") && !is(l.word[l.no], "vrf") &&
	    !is(l.word[l.no], "encapsulation") && !is(l.word[l.no], "description") &&
	    !is(l.word[l.no], "shutdown"))
		close_interface(r);
	take_line(r, &l);
}

/* --- all of it ---------------------------------------------------------------- */

static void
set_default(struct import_if *f, enum import_key key, const char *value)
{
	if (f->value[key][0] == '\0')
		import_set(f, key, value);
}

static void
plan_interface(const struct reader *r, struct import_if *f)
{
	if (r->agent)
		set_default(f, IMPORT_OPTION82, "add");
	/* IOS replaces unless it is told otherwise. */
	if (r->policy[0])
		set_default(f, IMPORT_POLICY, r->policy);
	else if (strcmp(f->value[IMPORT_OPTION82], "add") == 0)
		set_default(f, IMPORT_POLICY, "replace");
	if (r->trust_all)
		set_default(f, IMPORT_TRUST, "on");
	if (r->rotate)
		set_default(f, IMPORT_GIADDR, "rotate");
	if (r->override) {
		set_default(f, IMPORT_OVERRIDE, "on");
		set_default(f, IMPORT_LINK_SELECTION, "on");
	}
}

static bool
has(const struct import_plan *p, enum import_key key, const char *value)
{
	for (size_t i = 0; i < p->n_if; i++)
		if (strcmp(p->ifs[i].value[key], value) == 0)
			return true;
	return false;
}

static void
say(struct reader *r)
{
	if (has(r->p, IMPORT_OPTION82, "add"))
		import_lost(r->p, 0, "the layout of circuit-id and remote-id, binary there: "
		    "the interface's name is sent, see circuit-id and remote-id");
	for (size_t i = 0; i < r->p->n_if; i++)
		if (strcmp(r->p->ifs[i].value[IMPORT_OVERRIDE], "on") == 0 &&
		    strcmp(r->p->ifs[i].value[IMPORT_OPTION82], "add") != 0)
			import_lost(r->p, 0, "server-id-override of \"%s\": nothing is sent "
			    "without option82 = add", r->p->ifs[i].there);
	if (r->n_server_lines)
		import_lost(r->p, 0, "the router's DHCP server (ip dhcp, lines: %u)",
		    r->n_server_lines);
	if (r->banner[0])
		import_lost(r->p, 0, "what stands behind a banner that never ends");
	if (r->p->n_port && r->p->n_server)
		import_remark(r->p, "rate = off: IOS passes on any number of broadcasts; "
		    "take it away for a limit of 100/s");
}

void
import_ios(struct import_plan *p, const char *text, size_t len)
{
	struct reader *r = import_grown(NULL, 1, sizeof(*r));
	struct import_lines l;

	*r = (struct reader){ .p = p, .cur = { .helper = -1 } };
	import_lines_init(&l, text, len);
	while (import_lines_next(&l)) {
		if (!r->banner[0])
			read_line(r, l.text, l.line);
		else if (strstr(l.text, r->banner))
			r->banner[0] = '\0';
	}
	import_lines_fini(&l);
	close_interface(r);
	for (size_t i = 0; i < p->n_if; i++)
		plan_interface(r, &p->ifs[i]);
	plan_ports(r);
	say(r);
	free(r);
}
