/* SPDX-License-Identifier: ISC
 *
 * doctor_host - checks of this host that need no daemon: whether rp_filter
 * dropped packets during the runs, nftables rules drop packets that machines
 * need to boot, other programs have the relay's ports, and packets are forwarded at all.
 *
 * Each rule that names a port is judged by itself. One that drops it unconditionally is
 * a fault; one with more conditions is a fault if servers were silent on that port, and
 * otherwise a warning. What is dropped without naming a port, by a chain's policy or by
 * its last rule, is a warning if servers were silent: a reply to giaddr belongs to no
 * connection, as its request left from another address. Rules of legacy iptables are not
 * seen. Whether an MLD querier was heard is in doctor_mld.c.
 */
#include "ctl/doctor.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/sbuf.h"
#include "ctl/render.h"

#define JUMPS_MAX	8	/* from a hook to a chain; firewalld has 3 */

#define COMMAND(text) "PATH=\"$PATH:/usr/sbin:/sbin\" " text " 2>/dev/null"
#define NFT COMMAND("nft -j list ruleset")
#define SS COMMAND("ss -Huanp")

void
doctor_add_check(json_t *checks, enum finding what, const char *detail)
{
	const struct finding_row *r = finding_row(what);

	json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s*, s:[], s:s, s:s}",
	    "check", r->check, "code", r->code,
	    "status", finding_level_word(r->level),
	    "detail", detail && *detail ? detail : NULL, "kinds",
	    "sentence", r->sentence, "cure", r->cure));
}

/* Findings that a packet filter may cause, and the ports that it would drop. */
static const struct {
	enum finding what;
	uint16_t port[2];
} silences[] = {
	{ FINDING_GIADDR_UNREACHABLE, { 67, 68 } },
	{ FINDING_HOST_SILENT, { 67, 68 } },
	{ FINDING_NO_OFFER, { 67, 68 } },
	{ FINDING_NO_POOL, { 67, 68 } },
	{ FINDING_BOOT_SILENT, { 67, 68 } },
	{ FINDING_NO_ADVERTISE, { 546, 547 } },
	{ FINDING_SILENT_4011, { 4011, 4011 } },
	{ FINDING_PXE_CLASS, { 4011, 4011 } },
	{ FINDING_OPTION60, { 4011, 4011 } },
	{ FINDING_UNUSED_4011, { 4011, 4011 } },
	{ FINDING_TFTP_SILENT, { 69, 69 } },
	{ FINDING_HTTP_SILENT, { 0, 0 } },
};

#define V4	(1u << FAMILY4)
#define V6	(1u << FAMILY6)

/* The ports that are examined, and the families that use them. */
static const struct {
	uint16_t port;
	unsigned of;
} ports[] = {
	{ 67, V4 }, { 68, V4 }, { 69, V4 | V6 }, { 546, V6 }, { 547, V6 },
	{ 4011, V4 | V6 },
};

/* Can a packet of this port match a rule that does not match the families `spared'? */
static bool
is_met(unsigned port, unsigned spared)
{
	unsigned of = V4 | V6;

	for (size_t i = 0; i < COUNT(ports); i++)
		if (ports[i].port == port)
			of = ports[i].of;
	return of & ~spared;
}

/* Does the finding with this code mean that a server was silent on that port
 * (0: on any that meets the rule)? */
static bool
means_silence(const char *code, unsigned port, unsigned spared)
{
	for (size_t i = 0; i < COUNT(silences); i++)
		if (strcmp(code, finding_row(silences[i].what)->code) == 0)
			return port == 0 ? is_met(silences[i].port[0], spared) :
			    port == silences[i].port[0] || port == silences[i].port[1];
	return false;
}

static bool
was_silent(const json_t *docs, unsigned port, unsigned spared)
{
	const json_t *doc, *row;
	size_t i, k;

	json_array_foreach(docs, i, doc)
		json_array_foreach(json_object_get(doc, "checks"), k, row)
			if (means_silence(render_word(row, "code"), port, spared))
				return true;
	return false;
}

/* Returns at most max bytes, malloc'd; NULL: it cannot be read. */
static char *
read_stream(FILE *in, size_t max)
{
	char *text = in ? calloc(1, max + 1) : NULL;

	if (text)
		text[fread(text, 1, max, in)] = '\0';
	return text;
}

char *
doctor_read(const char *path, size_t max)
{
	FILE *in = fopen(path, "re");
	char *text = read_stream(in, max);

	if (in)
		fclose(in);
	return text;
}

/* The file has pairs of lines: names, then numbers in the same order. */
int64_t
doctor_rp_dropped(const char *netstat)
{
	static const char name[] = " IPReversePathFilter";
	const char *names = strstr(netstat, "TcpExt:");
	const char *line = names ? strchr(names, '\n') : NULL;
	const char *at = names ? strstr(names, name) : NULL;
	unsigned column = 0;

	if (!line || !at || at > line)
		return -1;
	for (const char *p = names; p <= at; p++)
		column += *p == ' ';
	for (line++; column > 0 && *line && *line != '\n'; line++)
		column -= *line == ' ';
	return column ? -1 : strtoll(line, NULL, 10);
}

int64_t
doctor_host_begin(void)
{
	char *text = doctor_read("/proc/net/netstat", 1u << 16);
	int64_t n = text ? doctor_rp_dropped(text) : -1;

	free(text);
	return n;
}

/* Returns a sysctl of the interface; -1: not known. */
static int
read_setting(const char *ifname, const char *what)
{
	char path[128], *text;
	int n;

	if (strchr(ifname, '/'))
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", ifname, what);
	text = doctor_read(path, 16);
	n = text && *text ? atoi(text) : -1;
	free(text);
	return n;
}

/* Adds the interfaces in strict mode. The kernel uses the larger of the values
 * for `all' and the interface. */
static void
put_strict(struct sbuf *b)
{
	struct if_nameindex *all = if_nameindex();
	int for_all = read_setting("all", "rp_filter");
	bool any = false;

	for (struct if_nameindex *f = all; f && f->if_index; f++) {
		int own = read_setting(f->if_name, "rp_filter");

		if ((own > for_all ? own : for_all) != 1)
			continue;
		sbuf_puts(b, any ? ", " : "strict on ");
		any = true;
		sbuf_esc(b, f->if_name, strlen(f->if_name));
	}
	if (all)
		if_freenameindex(all);
}

static void
check_rp_filter(int64_t before, json_t *checks, const json_t *docs)
{
	int64_t now = doctor_host_begin();
	bool silent = was_silent(docs, 67, 0);
	char text[512];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (before < 0 || now < 0)
		return;
	if (now > before)
		sbuf_printf(&b, "%" PRId64 " packets; ", now - before);
	put_strict(&b);
	if (now > before)
		doctor_add_check(checks, silent ? FINDING_RP_FILTER_DROPS :
		    FINDING_RP_FILTER_OTHERS, text);
	else if (silent && *text)
		doctor_add_check(checks, FINDING_RP_FILTER_STRICT, text);
	else
		doctor_add_check(checks, FINDING_RP_FILTER_OK, NULL);
}

/* Does a value (a number, a range, or a set of both) contain n? */
static bool
contains(const json_t *v, json_int_t n)
{
	const json_t *range = json_object_get(v, "range"), *item;
	const json_t *set = json_object_get(v, "set");
	size_t i;

	if (json_is_integer(v))
		return json_integer_value(v) == n;
	if (json_array_size(range) == 2)
		return json_integer_value(json_array_get(range, 0)) <= n &&
		    n <= json_integer_value(json_array_get(range, 1));
	json_array_foreach(set, i, item)
		if (contains(item, n))
			return true;
	return false;
}

struct rule {
	bool drops;
	bool udp_port;		/* matches a UDP port */
	bool conditions;	/* and something else */
	bool other;		/* matches nothing that such a packet has */
	unsigned spared;	/* families that it does not match */
	unsigned ports;		/* those of `ports' that it matches, 1 << index */
};

/* Returns the value in "udp dport 69" or "th sport { 67, 68 }", else NULL. */
static const json_t *
port_of(const json_t *match)
{
	const json_t *p = json_object_get(json_object_get(match, "left"), "payload");
	const char *proto = render_word(p, "protocol");
	const char *field = render_word(p, "field");

	if ((strcmp(proto, "udp") != 0 && strcmp(proto, "th") != 0) ||
	    (strcmp(field, "dport") != 0 && strcmp(field, "sport") != 0))
		return NULL;
	return json_object_get(match, "right");
}

/* What a rule may match that a reply to giaddr has: it belongs to no connection, as its
 * request left from another address. */
static const struct {
	const char *expr, *part, *name, *value;
} known[] = {
	{ "meta", "key", "l4proto", "udp" }, { "payload", "field", "protocol", "udp" },
	{ "payload", "field", "nexthdr", "udp" }, { "ct", "key", "state", "new" },
};

/* Does a value, or a set, have this word? */
static bool
has_word(const json_t *v, const char *word)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(v, "set"), i, item)
		if (has_word(item, word))
			return true;
	return json_is_string(v) && strcmp(json_string_value(v), word) == 0;
}

/* Notes which families a match spares. Is it about nothing else? */
static bool
read_family(unsigned *spared, const json_t *match, bool not)
{
	const json_t *left = json_object_get(match, "left");
	const json_t *right = json_object_get(match, "right");
	const char *of = render_word(json_object_get(left, "payload"), "protocol");

	if (strcmp(of, "ip6") == 0)
		*spared |= V4;
	if (strcmp(of, "ip") == 0)
		*spared |= V6;
	if (strcmp(render_word(json_object_get(left, "meta"), "key"), "nfproto") != 0)
		return false;
	*spared |= has_word(right, "ipv4") == not ? V4 : 0;
	*spared |= has_word(right, "ipv6") == not ? V6 : 0;
	return true;
}

/* "meta l4proto udp" only repeats that it matches UDP; "icmp type" and "ct state
 * invalid" match something else. */
static void
read_condition(struct rule *r, const json_t *match, bool not)
{
	static const char *const headers[] = { "", "ip", "ip6", "ether" };
	const json_t *left = json_object_get(match, "left");
	const char *of = render_word(json_object_get(left, "payload"), "protocol");
	bool header = false;

	if (read_family(&r->spared, match, not))
		return;
	for (size_t i = 0; i < COUNT(headers); i++)
		header = header || strcmp(of, headers[i]) == 0;
	r->other = r->other || !header;
	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(render_word(json_object_get(left, known[i].expr), known[i].part),
		    known[i].name) == 0) {
			r->other = r->other ||
			    has_word(json_object_get(match, "right"), known[i].value) == not;
			r->conditions = r->conditions || strcmp(known[i].expr, "ct") == 0;
			return;
		}
	r->conditions = true;
}

static void
read_match(struct rule *r, const json_t *match)
{
	const json_t *value = port_of(match);
	bool not = strcmp(render_word(match, "op"), "!=") == 0;

	if (!value) {
		read_condition(r, match, not);
		return;
	}
	r->udp_port = true;
	for (size_t i = 0; i < COUNT(ports); i++)
		if (contains(value, ports[i].port) != not)
			r->ports |= 1u << i;
}

/* The families that a table of nftables, or what is in it, spares. */
static unsigned
spared_by_table(const json_t *object)
{
	const char *family = render_word(object, "family");

	return strcmp(family, "ip6") == 0 ? V4 : strcmp(family, "ip") == 0 ? V6 : 0;
}

static struct rule
read_rule(const json_t *rule)
{
	const json_t *expr = json_object_get(rule, "expr"), *e;
	struct rule r = { .spared = spared_by_table(rule) };
	size_t i;

	json_array_foreach(expr, i, e) {
		const json_t *match = json_object_get(e, "match");

		if (match)
			read_match(&r, match);
		else if (json_object_get(e, "drop") || json_object_get(e, "reject"))
			r.drops = true;
		else if (!json_object_get(e, "counter") &&
		    !json_object_get(e, "log"))
			r.conditions = true;	/* limit, lookups, other modules */
	}
	return r;
}

/* The first of the ports that it drops; 0: none. */
static unsigned
port_of_rule(const struct rule *r)
{
	for (size_t i = 0; i < COUNT(ports); i++)
		if (r->ports >> i & 1 && is_met(ports[i].port, r->spared))
			return ports[i].port;
	return 0;
}

static bool
is_same(const json_t *a, const char *key, const json_t *b, const char *b_key)
{
	return strcmp(render_word(a, key), render_word(b, b_key)) == 0;
}

/* Finds the chain of a rule among all objects. */
static const json_t *
chain_of(const json_t *all, const json_t *rule)
{
	const json_t *o, *c;
	size_t i;

	json_array_foreach(all, i, o) {
		c = json_object_get(o, "chain");
		if (c && is_same(c, "family", rule, "family") &&
		    is_same(c, "table", rule, "table") &&
		    is_same(c, "name", rule, "chain"))
			return c;
	}
	return NULL;
}

static void
put_chain(struct sbuf *b, const json_t *o, const char *chain)
{
	const char *const part[] = {
		render_word(o, "family"), render_word(o, "table"), chain,
	};

	for (size_t i = 0; i < COUNT(part); i++) {
		sbuf_puts(b, i ? " " : "");
		sbuf_esc(b, part[i], strlen(part[i]));
	}
}

/* Returns whether it added a check. */
static bool
check_rule(json_t *checks, const json_t *all, const json_t *rule, const json_t *docs)
{
	struct rule r = read_rule(rule);
	const json_t *chain = chain_of(all, rule);
	char text[256];
	struct sbuf b = sbuf_init(text, sizeof(text));
	unsigned port = port_of_rule(&r);

	if (!r.drops || r.other || !port)
		return false;
	/* A chain without a hook is reached by a jump, under unknown conditions. */
	r.conditions = r.conditions || !json_object_get(chain, "hook");
	put_chain(&b, rule, render_word(rule, "chain"));
	sbuf_printf(&b, ", rule handle %" JSON_INTEGER_FORMAT ": UDP %u",
	    render_number(rule, "handle"), port);
	doctor_add_check(checks, r.conditions && !was_silent(docs, port, r.spared) ?
	    FINDING_FIREWALL_MAY : FINDING_FIREWALL_DROPS, text);
	return true;
}

/* Does the rule jump to the chain, alone or by a map? */
static bool
jumps_to(json_t *expr, const char *chain)
{
	json_t *v;
	const char *key;
	size_t i;

	json_array_foreach(expr, i, v)
		if (jumps_to(v, chain))
			return true;
	json_object_foreach(expr, key, v)
		if (strcmp(key, "jump") == 0 || strcmp(key, "goto") == 0 ?
		    strcmp(render_word(v, "target"), chain) == 0 : jumps_to(v, chain))
			return true;
	return false;
}

/* Do packets to this host pass the chain? */
static bool
is_input(const json_t *all, const json_t *chain, int depth)
{
	const char *hook = render_word(chain, "hook");
	const json_t *o, *rule;
	size_t i;

	if (*hook || depth == JUMPS_MAX)
		return strcmp(hook, "input") == 0 || strcmp(hook, "prerouting") == 0;
	json_array_foreach(all, i, o) {
		rule = json_object_get(o, "rule");
		if (rule && is_same(chain, "table", rule, "table") &&
		    is_same(chain, "family", rule, "family") &&
		    jumps_to(json_object_get(rule, "expr"), render_word(chain, "name")) &&
		    is_input(all, chain_of(all, rule), depth + 1))
			return true;
	}
	return false;
}

/* Returns the chain's last rule that may drop a reply of a silent server without naming a
 * port, or NULL. */
static const json_t *
last_drop(const json_t *all, const json_t *chain, const json_t *docs)
{
	const json_t *o, *rule, *last = NULL;
	size_t i;

	json_array_foreach(all, i, o) {
		struct rule r;

		rule = json_object_get(o, "rule");
		if (!rule || chain_of(all, rule) != chain)
			continue;
		r = read_rule(rule);
		if (r.drops && !r.udp_port && !r.other && was_silent(docs, 0, r.spared))
			last = rule;
	}
	return last;
}

/* Reports a chain that drops whatever it did not accept, but only if a server was
 * silent. */
static bool
check_chain(json_t *checks, const json_t *all, const json_t *chain, const json_t *docs)
{
	char text[256];
	struct sbuf b = sbuf_init(text, sizeof(text));
	const json_t *rule = NULL;

	if (!was_silent(docs, 0, spared_by_table(chain)))
		return false;
	put_chain(&b, chain, render_word(chain, "name"));
	if (strcmp(render_word(chain, "policy"), "drop") == 0)
		sbuf_puts(&b, ": policy drop");
	else if ((rule = last_drop(all, chain, docs)) && is_input(all, chain, 0))
		sbuf_printf(&b, ", rule handle %" JSON_INTEGER_FORMAT ": any port",
		    render_number(rule, "handle"));
	else
		return false;
	doctor_add_check(checks, FINDING_FIREWALL_MAY, text);
	return true;
}

void
doctor_firewall(json_t *checks, const json_t *ruleset, const json_t *docs)
{
	const json_t *all = json_object_get(ruleset, "nftables"), *o;
	bool found = false;
	size_t i;

	if (!json_is_array(all)) {
		doctor_add_check(checks, FINDING_FIREWALL_UNKNOWN, NULL);
		return;
	}
	json_array_foreach(all, i, o) {
		const json_t *rule = json_object_get(o, "rule");
		const json_t *chain = json_object_get(o, "chain");

		if (rule)
			found = check_rule(checks, all, rule, docs) || found;
		if (chain)
			found = check_chain(checks, all, chain, docs) || found;
	}
	if (!found)
		doctor_add_check(checks, FINDING_FIREWALL_OK, NULL);
}

static void
check_firewall(json_t *checks, const json_t *docs)
{
	FILE *in = popen(NFT, "r");
	json_t *ruleset = in ? json_loadf(in, 0, NULL) : NULL;

	/* Without privileges, nft prints nothing and fails. */
	if (in && pclose(in) != 0) {
		json_decref(ruleset);
		ruleset = NULL;
	}
	doctor_firewall(checks, ruleset, docs);
	json_decref(ruleset);
}

/* Is a local address, as in 192.0.2.1:67, [2001:db8::1]:547 or *:67, this one or all of
 * the host's? 0.0.0.0%vlan20:67 is not: it is on one interface only. */
static bool
is_at(const char *local, const char *address, unsigned port)
{
	const char *const place[] = { address, "0.0.0.0", "[::]", "*" };
	char text[80];

	for (size_t i = 0; address && i < COUNT(place); i++) {
		snprintf(text, sizeof(text), i == 0 && strchr(address, ':') ? "[%s]:%u" :
		    "%s:%u", place[i], port);
		if (strcmp(local, text) == 0)
			return true;
	}
	return false;
}

/* Puts the name and number of another process that has the port, from its line:
 * UNCONN 0 0 0.0.0.0:67 0.0.0.0:* users:(("dnsmasq",pid=77,fd=4)) */
static bool
put_holder(struct sbuf *b, const json_t *row, const char *line)
{
	const json_t *first = json_array_get(json_object_get(row, "addresses"), 0);
	char local[80], name[16];
	unsigned pid;

	if (sscanf(line, "%*s %*s %*s %79s %*s users:((\"%15[^\"]\",pid=%u", local, name,
	    &pid) != 3 || strcmp(name, "pxrelayd") == 0 ||
	    !is_at(local, json_string_value(first), (unsigned)render_number(row, "port")))
		return false;
	sbuf_puts(b, ": ");
	sbuf_esc(b, name, strlen(name));
	sbuf_printf(b, ", pid %u", pid);
	return true;
}

static void
check_port(json_t *checks, const json_t *row, const char *sockets)
{
	char text[160];
	struct sbuf b = sbuf_init(text, sizeof(text));
	const char *line = sockets;
	bool found = false;

	render_port(&b, row);
	while (line && *line && !(found = put_holder(&b, row, line))) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (found || !json_is_true(json_object_get(row, "open")))
		doctor_add_check(checks, FINDING_PORT_TAKEN, text);
}

void
doctor_ports(json_t *checks, const json_t *held, const char *sockets)
{
	const json_t *row;
	size_t i;

	json_array_foreach(held, i, row)
		check_port(checks, row, sockets);
}

static void
check_ports(json_t *checks, const json_t *held)
{
	FILE *in = json_array_size(held) ? popen(SS, "r") : NULL;
	char *text = read_stream(in, 1u << 20);

	if (in)
		pclose(in);
	doctor_ports(checks, held, text);
	free(text);
}

static void
check_forwarding(json_t *checks, const json_t *docs)
{
	const json_t *doc;
	bool any = false, off = false;
	size_t i;

	json_array_foreach(docs, i, doc) {
		const char *ifname = render_word(doc, "interface");

		if (!json_is_true(json_object_get(doc, "router-here")))
			continue;
		any = true;
		if (read_setting(ifname, "forwarding") != 0)
			continue;
		off = true;
		doctor_add_check(checks, FINDING_FORWARDING_OFF, ifname);
	}
	if (any && !off)
		doctor_add_check(checks, FINDING_FORWARDING_OK, NULL);
}

/* In another network namespace, interfaces usually have other indices. */
static bool
is_this_namespace(const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc) {
		json_int_t n = render_number(doc, "ifindex");
		const char *name = render_word(doc, "interface");

		if (n && if_nametoindex(name) != (unsigned)n)
			return false;
	}
	return true;
}

static const char *
worst_status(const json_t *checks)
{
	const char *status = "ok";
	const json_t *row;
	size_t i;

	json_array_foreach(checks, i, row) {
		if (strcmp(render_word(row, "status"), "fail") == 0)
			return "fail";
		if (strcmp(render_word(row, "status"), "warn") == 0)
			status = "warn";
	}
	return status;
}

json_t *
doctor_host_end(int64_t before, const json_t *docs, const json_t *held)
{
	json_t *checks = json_array();

	if (is_this_namespace(docs)) {
		check_rp_filter(before, checks, docs);
		check_firewall(checks, docs);
		check_ports(checks, held);
		check_forwarding(checks, docs);
		doctor_mld(checks, docs);
	} else
		doctor_add_check(checks, FINDING_OTHER_HOST, NULL);
	return json_pack("{s:s, s:s, s:o}", "interface", "this host",
	    "status", worst_status(checks), "checks", checks);
}
