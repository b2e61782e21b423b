/* SPDX-License-Identifier: ISC
 *
 * conf_server - lists of servers, and a server's list of probes. Names become
 * indexes. An address in a list becomes an implicit server, one without a
 * section of its own, and a list in an [interface] or a [rule] an implicit
 * group. core/server/probe uses the probes.
 *
 * A server is its address: of several [server] sections with the same address
 * the first represents all, and no group contains an address twice.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

/* Finds the index of a [group], or CONF_NONE. */
static uint16_t
find_group(const struct conf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_group; i++)
		if (!c->group[i].implicit && strcmp(c->group[i].name, name) == 0)
			return i;
	return CONF_NONE;
}

/* Reports an item that is neither a server nor (where allowed) a group. */
static bool
bad_item(const struct conf_at *a, bool groups)
{
	const struct conf *c = a->b->c;
	struct conf_near near = { .word = a->value };

	if (a->line > a->key_line && strchr(a->value, '='))
		return conf_bad(a, "an item of %s, since it is indented deeper; expected "
		    "a key to begin where the others do", a->key->name);
	if (strpbrk(a->value, " \t"))
		return conf_bad(a, "unexpected space; expected a comma between two items, "
		    "or each on an indented line of its own");
	if (!groups && find_group(c, a->value) != CONF_NONE)
		return conf_bad(a, "a [group]; expected servers");
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit)
			conf_near_add(&near, c->server[i].name);
	for (uint16_t i = 0; groups && i < c->n_group; i++)
		if (!c->group[i].implicit)
			conf_near_add(&near, c->group[i].name);
	return conf_bad(a, "expected %sa [server] or " CONF_SERVER_EXAMPLE "%s%s",
	    groups ? "a [group], " : "", conf_host_hint(a->value),
	    conf_near_text(&near));
}

/* Returns the server with this name or address, adding an implicit one if
 * needed; CONF_NONE after a mistake. */
static uint16_t
read_server(const struct conf_at *a, bool groups)
{
	struct conf_builder *b = a->b;
	struct conf *c = b->c;
	struct conf_server *s, new = b->new_server;
	uint16_t i = conf_server_by_text(c, a->value);
	const char *fault;

	if (i != CONF_NONE)
		return i;
	fault = conf_server_fault(a->value, &new);
	if (fault) {
		(void)(*fault ? conf_bad(a, "%s", fault) : bad_item(a, groups));
		return CONF_NONE;
	}
	if (c->n_server == CONF_SERVERS_MAX) {
		if (!b->servers_full)
			conf_mistake(b, a->line, "more than %d servers",
			    CONF_SERVERS_MAX);
		b->servers_full = true;
		return CONF_NONE;
	}
	s = conf_more(b, &c->server, c->n_server, sizeof(*s));
	if (!s)
		return CONF_NONE;
	*s = new;
	s->implicit = true;
	s->line = a->line;
	s->first = c->n_server++;
	conf_server_text(s, s->name);
	return s->first;
}

static bool
add_member(struct conf_builder *b, struct conf_group *g, uint16_t server)
{
	uint16_t first, *slot;

	if (server == CONF_NONE)
		return false;
	first = b->c->server[server].first;
	for (uint16_t i = 0; i < g->n; i++)
		if (g->server[i] == first)
			return true;
	slot = conf_more(b, &g->server, g->n, sizeof(*slot));
	if (!slot)
		return false;
	*slot = first;
	g->n++;
	return true;
}

static bool
item_member(const struct conf_at *a, void *object)
{
	return add_member(a->b, object, read_server(a, false));
}

/* In a list that may contain groups, a name means the group first, so a server
 * of the same name is printed by its address. */
static void
print_members(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_group *g = object;
	char text[CONF_NAME_MAX];

	(void)k;
	for (uint16_t i = 0; i < g->n; i++) {
		const struct conf_server *s = &o->c->server[g->server[i]];
		bool taken = g->implicit && find_group(o->c, s->name) != CONF_NONE;

		conf_out_item(o, taken ? conf_server_text(s, text) : s->name);
	}
}

const struct conf_type conf_members = { .read = conf_read_list,
	.print = print_members, .list = true, .item = item_member, .owned = true };

/* --- targets: groups, servers and addresses, as the index of a group --- */

/* Adds the members of a group to a list, which has no mode or rescue. */
static bool
add_group(const struct conf_at *a, uint16_t list, uint16_t group, int line)
{
	struct conf *c = a->b->c;
	const struct conf_group *g = &c->group[group];
	struct conf_at at = *a;
	bool good = true;

	for (uint16_t i = 0; i < g->n; i++)
		good &= add_member(a->b, &c->group[list], g->server[i]);
	if (g->mode == CONF_MODE_ALL && !g->rescue)
		return good;
	at.value = g->name;
	at.line = line;
	return conf_bad(&at, "a [group] with a mode or rescue, which a list would lose; "
	    "expected it alone, or a [group] with all items of the list");
}

/* The target is the group itself if it is the only item, else an implicit group
 * with the members of all items. */
static bool
item_target(const struct conf_at *a, void *object)
{
	struct conf *c = a->b->c;
	uint16_t *target = conf_field(object, a->key->offset);
	uint16_t before = *target, named = find_group(c, a->value);
	struct conf_group *list;
	bool good = true;

	if (before == CONF_NONE && named != CONF_NONE) {
		*target = named;
		return true;
	}
	if (before == CONF_NONE || !c->group[before].implicit) {
		list = conf_more(a->b, &c->group, c->n_group, sizeof(*list));
		if (!list)
			return false;
		*list = a->b->new_group;
		list->implicit = true;
		list->line = a->key_line;
		*target = c->n_group++;
		if (before != CONF_NONE)
			good = add_group(a, *target, before, a->first_line);
	}
	if (named != CONF_NONE)
		return add_group(a, *target, named, a->line) && good;
	return add_member(a->b, &c->group[*target], read_server(a, true)) && good;
}

static void
print_targets(struct conf_out *o, const struct conf_key *k, const void *object)
{
	uint16_t target = *(const uint16_t *)conf_field(object, k->offset);

	o->none = target == CONF_NONE;
	if (o->none)
		return;
	if (o->c->group[target].implicit)
		print_members(o, k, &o->c->group[target]);
	else
		conf_out_item(o, o->c->group[target].name);
}

const struct conf_type conf_targets = { .read = conf_read_list,
	.print = print_targets, .list = true, .item = item_target };

static bool
add_to(const struct conf_at *a, struct conf_helper *h, struct ip4 addr)
{
	if (ip4_is_none(addr))
		return conf_bad(a, "not IPv4, which all broadcasts are; expected a [group], "
		    "a [server] or " CONF_HOST_EXAMPLE);
	for (uint16_t i = 0; i < h->n_to_addr; i++)
		if (ip4_eq(h->to_addr[i], addr))
			return true;
	return conf_append(a, h, &addr);
}

/* A group, a server or an address; anything else is an interface pattern. */
static bool
item_to(const struct conf_at *a, void *object)
{
	struct conf_helper *h = object;
	const struct conf *c = a->b->c;
	uint16_t s = conf_server_by_text(c, a->value), group = find_group(c, a->value);
	const char *fault;
	bool good = true, six = false;
	struct ipaddr addr;
	char (*slot)[CONF_NAME_MAX];

	if (group != CONF_NONE) {
		for (uint16_t i = 0; i < c->group[group].n; i++) {
			addr = c->server[c->group[group].server[i]].address;
			if (addr.version == 4)
				good &= add_to(a, h, addr.v4);
			six |= addr.version == 6;
		}
		/* Of a group for both families the IPv6 addresses are left out. */
		return good && (h->n_to_addr || !six || add_to(a, h, IP4_NONE));
	}
	if (s != CONF_NONE)
		return add_to(a, h, ip_v4(c->server[s].address));
	if (ip_parse(a->value, &addr) && (addr.version == 6 || ip4_is_host(addr.v4)))
		return add_to(a, h, ip_v4(addr));
	if (a->value[strspn(a->value, "0123456789./")] == '\0')
		return conf_bad(a, "expected a [group], a [server] or " CONF_HOST_EXAMPLE);
	fault = conf_pattern_fault(a->value);
	if (fault)
		return conf_bad(a, "the name %s", fault);
	slot = conf_more(a->b, &h->to_if, h->n_to_if, sizeof(*slot));
	if (!slot)
		return false;
	strcpy(*slot, a->value);
	h->n_to_if++;
	return true;
}

static void
print_to(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_helper *h = object;
	char text[IP4_STRLEN];

	(void)k;
	for (uint16_t i = 0; i < h->n_to_addr; i++)
		conf_out_item(o, ip4_str(h->to_addr[i], text));
	for (uint16_t i = 0; i < h->n_to_if; i++)
		conf_out_item(o, h->to_if[i]);
}

const struct conf_type conf_to = { .read = conf_read_list, .print = print_to,
	.list = true, .item = item_to, .owned = true, .size = sizeof(struct ip4) };

/* --- [server] probe --- */

static const struct {
	const char *word;
	bool arg;		/* needs an argument after a colon */
} kinds[] = {
	[CONF_PROBE_PXE]	= { "pxe", false },
	[CONF_PROBE_PXE4011]	= { "pxe-4011", false },
	[CONF_PROBE_DHCP]	= { "dhcp", false },
	[CONF_PROBE_DHCP6]	= { "dhcp6", false },
	[CONF_PROBE_TFTP]	= { "tftp", true },
	[CONF_PROBE_ARP]	= { "arp", false },
	[CONF_PROBE_ICMP]	= { "icmp", false },
	[CONF_PROBE_TCP]	= { "tcp", true },
	[CONF_PROBE_HTTP]	= { "http", true },
};

bool
conf_probe_eq(const struct conf_probe *a, const struct conf_probe *b)
{
	return a->kind == b->kind && a->port == b->port &&
	    strcmp(a->arg, b->arg) == 0;
}

char *
conf_probe_text(const struct conf_probe *p, char buf[CONF_PROBE_STRLEN])
{
	struct sbuf s = sbuf_init(buf, CONF_PROBE_STRLEN);

	sbuf_puts(&s, kinds[p->kind].word);
	if (kinds[p->kind].arg)
		sbuf_puts(&s, ":");
	if (p->kind == CONF_PROBE_TCP ||
	    (p->kind == CONF_PROBE_HTTP && p->port != 80))
		sbuf_printf(&s, "%u", p->port);
	sbuf_puts(&s, p->arg);
	return buf;
}

/* Reads a port. Returns the rest of the text, or NULL. */
static const char *
port_of(const char *s, uint16_t *port)
{
	const char *end;
	uint32_t v;

	if (!conf_digits(s, UINT16_MAX, &v, &end) || v == 0)
		return NULL;
	*port = (uint16_t)v;
	return end;
}

static bool
set_arg(const struct conf_at *a, struct conf_probe *p, const char *what, const char *arg)
{
	if (strlen(arg) >= sizeof(p->arg))
		return conf_bad(a, "expected a %s of at most %zu bytes", what,
		    sizeof(p->arg) - 1);
	strcpy(p->arg, arg);
	return true;
}

/* [PORT]/PATH; the path includes its '/'. */
static bool
read_http(const struct conf_at *a, const char *arg, struct conf_probe *p)
{
	static const char example[] = "expected http:/boot.ipxe or http:8080/boot.ipxe";

	p->port = 80;
	if (*arg != '/')
		arg = port_of(arg, &p->port);
	if (!arg || *arg != '/')
		return conf_bad(a, "%s", example);
	if (arg[1] == '/')
		return conf_bad(a, "the host is the server's address; %s", example);
	/* A space would end the path in the request line. */
	for (const char *c = arg; *c; c++)
		if (*c <= ' ' || *c > '~')
			return conf_bad(a,
			    "a byte that is not allowed in a path; expected %%20 or another escape");
	return set_arg(a, p, "path", arg);
}

static bool
read_probe(const struct conf_at *a, struct conf_probe *p)
{
	size_t len = strcspn(a->value, ":");
	const char *arg = a->value + len, *rest;
	char word[24];
	struct conf_near near = { .word = word };
	int kind = 0;

	snprintf(word, sizeof(word), "%.*s", (int)len, a->value);
	for (; kind < CONF_PROBE_MAX && strcmp(kinds[kind].word, word) != 0; kind++)
		conf_near_add(&near, kinds[kind].word);
	if (kind == CONF_PROBE_MAX)
		return conf_bad(a, "expected pxe, pxe-4011, dhcp, dhcp6, tftp:FILE, arp, icmp, "
		    "tcp:PORT, http:PATH, http:PORT/PATH or none%s",
		    conf_near_text(&near));
	if (!kinds[kind].arg && *arg)
		return conf_bad(a, "expected %s alone", word);
	if (kinds[kind].arg && strlen(arg) < 2)
		return conf_bad(a, "expected something after the colon, like tftp:FILE, "
		    "tcp:PORT or http:PATH");
	*p = (struct conf_probe){ .kind = (enum conf_probe_kind)kind };
	if (!kinds[kind].arg)
		return true;
	arg++;
	if (kind == CONF_PROBE_HTTP)
		return read_http(a, arg, p);
	if (kind == CONF_PROBE_TCP) {
		rest = port_of(arg, &p->port);
		return (rest && !*rest) ||
		    conf_bad(a, "expected a port from 1 to 65535, like tcp:80");
	}
	return set_arg(a, p, "file name", arg);
}

static bool
item_probe(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;
	struct conf_probe p = { 0 };

	if (strcmp(a->value, "none") == 0)
		return conf_bad(a, "expected either none or other probes, not both");
	if (!read_probe(a, &p))
		return false;
	for (uint16_t i = 0; i < s->n_probe; i++)
		if (conf_probe_eq(&s->probe[i], &p))
			return conf_bad(a, "given twice");
	if (s->n_probe == CONF_PROBES_MAX)
		return conf_bad(a, "one too many; expected at most %d probes",
		    CONF_PROBES_MAX);
	s->probe[s->n_probe++] = p;
	return true;
}

static bool
read_probes(const struct conf_at *a, void *object)
{
	return strcmp(a->value, "none") == 0 || conf_read_list(a, object);
}

static const char *
text_probe(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	return conf_probe_text((const struct conf_probe *)array + i, buf);
}

const struct conf_type conf_probes = { .read = read_probes, .print = conf_print_list,
	.list = true, .item = item_probe, .text = text_probe };
