/* SPDX-License-Identifier: ISC
 *
 * import_ios - reads ip helper-address, ip forward-protocol and the ip dhcp relay and
 * ipv6 dhcp relay commands of a Cisco IOS configuration, and NX-OS' ip dhcp relay address.
 *
 * By default IOS forwards eight kinds of broadcasts to a helper address; those
 * other than DHCP become [helper] sections. NX-OS forwards DHCP only. Interface
 * VlanN becomes vlanN; other names have no counterpart on Linux, so their
 * sections are commented out. So are those in a VRF, since requests to servers
 * follow the main routing table, where the address may belong to another host.
 *
 * An indented line belongs to the interface above it. Other commands are not about
 * relaying and are skipped without a note.
 */
#include "ctl/import.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/mem.h"
#include "ctl/render.h"

#define VLAN_MAX	4094
#define BOOTPS		67
#define BOOTPC		68
#define PXE		4011

/* Notes about an interface, which are written if it has servers. */
enum hint { VRF, UNNUMBERED, SHUTDOWN, HINTS };

struct reader {
	struct import_plan *p;
	struct import_text t;
	/* The interface being read. */
	bool in_interface;
	struct import_if cur;
	int cur_line;
	int hint[HINTS];	/* line numbers; 0: no such command */
	/* The whole configuration. */
	char value[IMPORT_KEYS][IMPORT_VALUE];	/* of global commands, or empty */
	bool on[65536];		/* ports that are forwarded */
	char banner[3];		/* the end of the banner being read */
	int banner_line;
};

static bool
is(const char *word, const char *other)
{
	return strcasecmp(word, other) == 0;
}

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

/* Without a port, the command means all default ports, and its `no` form all
 * ports. */
static void
read_port(struct reader *r, const char *word, bool no)
{
	unsigned port = 0;
	char more;

	if (!*word && no)
		memset(r->on, false, sizeof(r->on));
	if (sscanf(word, "%5u%c", &port, &more) != 1 || port > UINT16_MAX)
		port = 0;
	for (size_t i = 0; i < COUNT(ports); i++)
		if (!*word && ports[i].by_default)
			r->on[ports[i].port] = !no;
		else if (is(ports[i].name, word))
			port = ports[i].port;
	if (port)
		r->on[port] = !no;
	else if (*word)
		import_lose(&r->t, "not a known UDP port");
}

static void
plan_ports(struct reader *r)
{
	struct import_plan *p = r->p;
	bool helped = false;

	p->no_dhcp = !r->on[BOOTPS];
	if (p->no_dhcp)
		import_note(p, IMPORT_REMARK,
		    "no ip forward-protocol udp bootps: DHCPv4 is not relayed");
	/* The relay handles these itself. */
	r->on[BOOTPS] = r->on[BOOTPC] = r->on[PXE] = false;
	for (size_t i = 0; i < p->n_if; i++)
		helped |= p->ifs[i].n_server && !p->ifs[i].dhcp_only;
	for (unsigned port = 1; helped && port <= UINT16_MAX; port++)
		if (r->on[port] && p->n_port == IMPORT_PORTS_MAX)
			import_note(p, 0, "UDP port %u: more than %d ports", port,
			    IMPORT_PORTS_MAX);
		else if (r->on[port])
			p->port[p->n_port++] = (uint16_t)port;
}

static void
close_interface(struct reader *r)
{
	static const char *const why[HINTS] = {
		/* The parentheses tell clang that no comma is missing. */
		[VRF] = ("in a VRF: requests to servers follow the main routing "
		    "table, so its section is commented out"),
		[UNNUMBERED] =
		    "unnumbered: add giaddr = ADDRESS-OF-THE-OTHER-INTERFACE",
		[SHUTDOWN] = "shut down on the router, but not here",
	};
	struct import_if *c = &r->cur;

	if (c->n_server && !c->sure)
		import_note(r->p, r->cur_line, "interface %s: its name on this host "
		    "is unknown, so its section is commented out", c->origin);
	for (int i = 0; i < HINTS && c->n_server; i++)
		if (r->hint[i])
			import_note(r->p, r->hint[i], "interface %s: %s", c->origin,
			    why[i]);
	c->sure &= !r->hint[VRF];
	if (c->n_server)
		import_add(r->p, c, r->cur_line);
	*c = (struct import_if){ .sure = false };
	memset(r->hint, 0, sizeof(r->hint));
	r->in_interface = false;
}

/* Writes the name that VlanN has on Linux; false: another interface. */
static bool
vlan_name(const char *text, char name[IMPORT_IFNAME])
{
	unsigned vlan;
	char more;

	if (strncasecmp(text, "vlan", 4) != 0 || sscanf(text + 4, "%4u%c", &vlan, &more) != 1 ||
	    vlan == 0 || vlan > VLAN_MAX)
		return false;
	snprintf(name, IMPORT_IFNAME, "vlan%u", vlan);
	return true;
}

/* Reads "Vlan10", "vlan 10", "GigabitEthernet0/1.20" or "range Vlan10 - 12". */
static void
open_interface(struct reader *r)
{
	const char *name = r->t.shown + strcspn(r->t.shown, " \t");

	name += strspn(name, " \t");
	close_interface(r);
	r->in_interface = true;
	r->cur_line = r->t.line;
	snprintf(r->cur.origin, sizeof(r->cur.origin), "%s", name);
	r->cur.sure = vlan_name(name, r->cur.name);
}

/* Skips a banner: after "banner motd ^C", everything up to the next ^C is prose. */
static void
read_banner(struct reader *r, size_t at)
{
	const struct import_text *t = &r->t;
	const char *delim;
	size_t len;

	if (at >= t->n)
		return;
	delim = t->word[at + 1 < t->n ? at + 1 : at];
	len = delim[0] == '^' && delim[1] ? 2 : 1;
	snprintf(r->banner, sizeof(r->banner), "%.*s", (int)len, delim);
	r->banner_line = t->line;
	if (strstr(delim + len, r->banner))
		r->banner[0] = '\0';
	for (at += 2; at < t->n; at++)
		if (strstr(t->word[at], r->banner))
			r->banner[0] = '\0';
}

enum action { SKIP, LOSE, INTERFACE, SERVER, SERVER6, PORT, SET, HINT, BANNER };

#define INFORMATION	"ip dhcp relay information "
#define OFF		"relaying is off on the router, but on here"

/* The first row with which a line begins counts. */
static const struct command {
	const char *words;
	enum action action;
	/* LOSE: the reason; SET: the value; SERVER: not NULL for DHCP only */
	const char *text;
	int key;		/* or hint */
	const char *no;		/* SET: the value with `no` */
	bool inside;		/* SET: only in an interface */
	bool whole;		/* nothing may follow */
} commands[] = {
	{ "interface", INTERFACE, .text = NULL },
	{ "ip helper-address", SERVER, .text = NULL },
	{ "ip dhcp relay address", SERVER, .text = "DHCP only" },
	{ "ip forward-protocol udp", PORT, .text = NULL },
	/* Protocol 77, of diskless Suns: a default, so every configuration has
	 * it. */
	{ "ip forward-protocol nd", SKIP, .text = NULL },
	{ "ip forward-protocol", LOSE, .text = NULL },
	{ "ip dhcp smart-relay", SET, "rotate", IMPORT_GIADDR, "", .inside = false },
	{ INFORMATION "trust-all", SET, "on", IMPORT_TRUST, "", .inside = false },
	{ INFORMATION "trusted", SET, "on", IMPORT_TRUST, "off", .inside = true },
	{ INFORMATION "policy keep", SET, "forward", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "policy drop", SET, "discard", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "policy replace", SET, "replace", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "policy-action keep", SET, "forward", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "policy-action drop", SET, "discard", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "policy-action replace", SET, "replace", IMPORT_POLICY, "", .whole = true },
	{ INFORMATION "option-insert none", SET, "none", IMPORT_OPTION82, "add", .inside = true },
	{ INFORMATION "option-insert", SET, "add", IMPORT_OPTION82, "none", .inside = true },
	{ INFORMATION "option", SET, "add", IMPORT_OPTION82, "none", .whole = true },
	{ "no ip dhcp relay", LOSE, .text = OFF, .whole = true },
	{ "ip dhcp relay", SKIP, .whole = true },
	{ "ip dhcp relay", LOSE, .text = NULL },
	{ "ip dhcp-relay", LOSE, .text = NULL },
	{ "ip dhcp snooping", SKIP, .text = NULL },
	{ "ip dhcp", LOSE, .text = "a setting of the router's own DHCP server" },
	{ "ipv6 dhcp relay destination", SERVER6, .text = NULL },
	{ "ipv6 dhcp relay address", SERVER6, .text = NULL },
	{ "no ipv6 dhcp relay", LOSE, .text = OFF, .whole = true },
	{ "ipv6 dhcp relay", SKIP, .whole = true },
	{ "ipv6 dhcp relay", LOSE, .text = NULL },
	{ "ipv6 dhcp-relay", LOSE, .text = NULL },
	{ "ip vrf forwarding", HINT, .key = VRF },
	{ "vrf forwarding", HINT, .key = VRF },
	{ "vrf member", HINT, .key = VRF },
	{ "ip unnumbered", HINT, .key = UNNUMBERED },
	{ "shutdown", HINT, .key = SHUTDOWN, .whole = true },
	{ "no service dhcp", LOSE, .text = OFF, .whole = true },
	{ "banner", BANNER, .text = NULL },
	{ "--More--", LOSE, .text = "a pager's prompt (try terminal length 0)" },
};

/* Returns the index of the first word after the command; 0: no match. */
static size_t
match_command(const struct import_text *t, const struct command *c, bool no)
{
	const char *p = c->words;
	size_t i = strncmp(p, "no ", 3) == 0 ? 0 : no;

	for (; *p; i++) {
		size_t len = strcspn(p, " ");

		if (i == t->n || strlen(t->word[i]) != len ||
		    strncasecmp(t->word[i], p, len) != 0)
			return 0;
		p += len;
		p += *p == ' ';
	}
	return c->whole && i < t->n ? 0 : i;
}

static void
read_server(struct reader *r, const struct command *c, size_t arg, bool no)
{
	struct import_if *f = &r->cur;

	/* vrf, global, use-vrf and redundancy come before or after the address. */
	if (!r->in_interface || no || arg + 1 != r->t.n) {
		import_lose(&r->t, r->in_interface ?
		    "only a plain address is carried over" :
		    "outside any interface");
		return;
	}
	f->dhcp_only = c->text && (f->n_server == 0 || f->dhcp_only);
	import_server(r->p, f, r->t.word[arg], NULL, r->t.line);
}

/* ADDRESS [INTERFACE]; NX-OS has the word interface between them. */
static void
read_server6(struct reader *r, size_t arg, bool no)
{
	const struct import_text *t = &r->t;
	struct import_if *f = &r->cur;
	const char *address = arg < t->n ? t->word[arg] : "";
	char via[IMPORT_SHOWN] = "", zone[IMPORT_IFNAME] = "";
	size_t at = arg + 1;
	struct ip6 a;

	at += at < t->n && is(t->word[at], "interface");
	/* "Vlan10" or "vlan 10" */
	if (at < t->n)
		snprintf(via, sizeof(via), "%s%s", t->word[at], at + 1 < t->n ? t->word[at + 1] : "");
	if (!r->in_interface || no || at + 2 < t->n || !ip6_parse(address, &a) ||
	    (at + 2 == t->n && !vlan_name(via, zone))) {
		import_lose(t, r->in_interface ?
		    "only an address and its interface are carried over" :
		    "outside any interface");
		return;
	}
	if (*via && !vlan_name(via, zone) && !import_is_scoped(address))
		import_note(r->p, t->line, "interface %s towards server %s: requests follow the "
		    "routing table", via, address);
	/* IOS forwards other broadcasts to ip helper-address only. */
	f->dhcp_only |= f->n_server == 0;
	import_server(r->p, f, address, zone, t->line);
}

static void
take_command(struct reader *r, const struct command *c, size_t arg, bool no)
{
	const char *value = no ? c->no : c->text;

	switch (c->action) {
	case SKIP:
		break;
	case LOSE:
		import_lose(&r->t, c->text);
		break;
	case INTERFACE:
		if (!no)
			open_interface(r);
		break;
	case SERVER:
		read_server(r, c, arg, no);
		break;
	case SERVER6:
		read_server6(r, arg, no);
		break;
	case PORT:
		read_port(r, arg < r->t.n ? r->t.word[arg] : "", no);
		break;
	case SET:
		if (r->in_interface)
			import_set(&r->cur, (enum import_key)c->key, value);
		else if (c->inside)
			import_lose(&r->t, "outside any interface");
		else
			snprintf(r->value[c->key], IMPORT_VALUE, "%s", value);
		break;
	case HINT:
		r->hint[c->key] = r->in_interface && !no ? r->t.line : 0;
		break;
	case BANNER:
		if (!no)
			read_banner(r, arg);
		break;
	}
}

static void
read_line(struct reader *r)
{
	const struct import_text *t = &r->t;
	bool no = t->n > 1 && is(t->word[0], "no");
	size_t arg;

	if (r->banner[0]) {
		for (size_t i = 0; i < t->n; i++)
			if (strstr(t->word[i], r->banner))
				r->banner[0] = '\0';
		return;
	}
	if (t->n == 0 || t->word[0][0] == '!')
		return;
	/* A pager's prompt may hide the beginning of another interface. */
	if (!t->indented || is(t->word[0], "--More--"))
		close_interface(r);
	for (size_t i = 0; i < COUNT(commands); i++)
		if ((arg = match_command(t, &commands[i], no))) {
			take_command(r, &commands[i], arg, no);
			return;
		}
}

/* Gives interfaces without a setting of their own the global one. */
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
		/* IOS replaces by default. */
		if (agent && !f->value[IMPORT_POLICY][0])
			import_set(f, IMPORT_POLICY, "replace");
	}
	if (any_agent)
		import_note(r->p, 0, "the binary circuit-id and remote-id: the "
		    "interface's name is sent instead, see circuit-id and "
		    "remote-id in pxrelay.conf(5)");
}

void
import_ios(struct import_plan *p, char *text)
{
	static const struct import_syntax syntax = { " \t\r\v\f", "\n", "", '\0' };
	struct reader *r = mem_got(calloc(1, sizeof(*r)));

	r->p = p;
	r->t = (struct import_text){
		.p = p, .syntax = &syntax, .rest = text, .next = 1,
	};
	read_port(r, "", false);
	while (import_next(&r->t))
		read_line(r);
	close_interface(r);
	plan_settings(r);
	plan_ports(r);
	if (r->banner[0])
		import_note(p, r->banner_line,
		    "everything after an unterminated banner");
	if (p->n_port)
		import_note(p, IMPORT_REMARK, "rate = off: IOS forwards any number "
		    "of broadcasts; remove it for a limit of 100/s");
	free(r);
}
