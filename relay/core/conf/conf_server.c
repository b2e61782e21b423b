/* SPDX-License-Identifier: ISC
 *
 * conf_server - lists of servers. Names become indexes, an address in a list becomes a
 * server that is not a section (implicit), and a list in an [interface] or a [rule] becomes a
 * group that is not a section (implicit).
 *
 * The network sees addresses, not names: of several [server] sections with one address the
 * first represents all, and no group has an address twice.
 */
#include "core/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

static const struct conf_server *
find_server(const struct conf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit && strcmp(c->server[i].name, name) == 0)
			return &c->server[i];
	return NULL;
}

/* The index of a [group], or CONF_NONE. */
static uint16_t
find_group(const struct conf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_group; i++)
		if (!c->group[i].implicit && strcmp(c->group[i].name, name) == 0)
			return i;
	return CONF_NONE;
}

/* --- items --- */

/* Reports an item that is no server, nor a group where the list may have one. */
static bool
bad_item(const struct conf_at *a, bool groups)
{
	const struct conf *c = a->b->c;
	struct conf_near near = conf_near(a->value);
	char hint[CONF_HINT_MAX];

	if (a->line > a->key_line && strchr(a->value, '='))
		return conf_bad(a, "an item of %s, since it is indented deeper; expected a key to "
		    "begin where the others do", a->key->name);
	if (strpbrk(a->value, " \t"))
		return conf_bad(a, "unexpected space; expected a comma between two items, or each "
		    "on an indented line of its own");
	if (!groups && find_group(c, a->value) != CONF_NONE)
		return conf_bad(a, "a [group]; expected servers");
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit)
			conf_near_add(&near, c->server[i].name);
	for (uint16_t i = 0; groups && i < c->n_group; i++)
		if (!c->group[i].implicit)
			conf_near_add(&near, c->group[i].name);
	return conf_bad(a, "expected %sa [server] or " CONF_HOST_EXAMPLE "%s%s",
	    groups ? "a [group], " : "", conf_host_hint(a->value), conf_near_text(&near, hint));
}

struct conf_server *
conf_add_server(struct conf_builder *b, int line)
{
	struct conf *c = b->c;
	struct conf_server *s;

	if (c->n_server == CONF_SERVERS_MAX) {
		if (!b->servers_full)
			conf_mistake(b, line, "more than %d servers", CONF_SERVERS_MAX);
		b->servers_full = true;
		return NULL;
	}
	s = conf_more(b, &c->server, c->n_server, sizeof(*s));
	if (!s)
		return NULL;
	*s = b->new_server;
	s->line = line;
	s->first = c->n_server++;
	return s;
}

/* The server that an item names or is the address of; CONF_NONE after a mistake. */
static uint16_t
read_server(const struct conf_at *a, bool groups)
{
	struct conf_builder *b = a->b;
	struct conf *c = b->c;
	const struct conf_server *named = find_server(c, a->value);
	struct conf_server *s;
	struct ip4 addr;
	uint16_t i;

	if (named)
		return (uint16_t)(named - c->server);
	if (!conf_host_parse(a->value, &addr)) {
		bad_item(a, groups);
		return CONF_NONE;
	}
	i = conf_server_by_addr(c, addr);
	if (i != CONF_NONE)
		return i;
	s = conf_add_server(b, a->line);
	if (!s)
		return CONF_NONE;
	s->implicit = true;
	s->address = ip_of4(addr);
	ip4_str(addr, s->name);
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

/* --- [group] servers --- */

static bool
item_member(const struct conf_at *a, void *object)
{
	return add_member(a->b, object, read_server(a, false));
}

/* Where a list may have groups, too, a name is that of the group first: a server of the same
 * name is printed by its address. */
static void
print_members(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_group *g = object;
	char text[IP4_STRLEN];

	(void)k;
	for (uint16_t i = 0; i < g->n; i++) {
		const struct conf_server *s = &o->c->server[g->server[i]];
		bool taken = g->implicit && find_group(o->c, s->name) != CONF_NONE;

		conf_out_item(o, taken ? ip4_str(ip_v4(s->address), text) : s->name);
	}
}

const struct conf_type conf_members = { .read = conf_read_list, .print = print_members,
	.list = true, .item = item_member, .owned = true };

/* --- targets: groups, servers and addresses. The field is the index of a group. --- */

static bool
read_targets(const struct conf_at *a, void *object)
{
	struct conf *c = a->b->c;
	uint16_t *target = conf_field(object, a->key->offset), special = CONF_NONE;
	struct conf_list l = conf_list(a);
	struct conf_group list = a->b->new_group, *g;
	struct conf_at at = *a;
	bool good = true;

	list.implicit = true;
	list.line = a->line;
	while (conf_list_next(&l)) {
		uint16_t i = find_group(c, l.text);

		*target = l.n == 1 ? i : CONF_NONE;
		if (i == CONF_NONE) {
			good &= add_member(a->b, &list, read_server(&l.at, true));
			continue;
		}
		if (c->group[i].mode != CONF_MODE_ALL || c->group[i].rescue) {
			special = i;
			at = l.at;
		}
		for (uint16_t k = 0; k < c->group[i].n; k++)
			good &= add_member(a->b, &list, c->group[i].server[k]);
	}
	if (special != CONF_NONE && *target == CONF_NONE) {
		at.value = c->group[special].name;
		good = conf_bad(&at, "a [group] with a mode or rescue, which a list would lose; "
		    "expected it alone, or one [group] of all that is in the list");
	}
	/* A list of one group is that group. */
	g = *target == CONF_NONE && list.n ?
	    conf_more(a->b, &c->group, c->n_group, sizeof(*g)) : NULL;
	if (!g) {
		free(list.server);
		return good;
	}
	*g = list;
	*target = c->n_group++;
	return good;
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

const struct conf_type conf_targets = { .read = read_targets, .print = print_targets,
	.list = true };

/* --- [helper] to --- */

static bool
add_to(const struct conf_at *a, struct conf_helper *h, struct ip4 addr)
{
	for (uint16_t i = 0; i < h->n_to_addr; i++)
		if (ip4_eq(h->to_addr[i], addr))
			return true;
	return conf_append(a, h, &addr);
}

/* A group, a server or an address; anything else names interfaces. */
static bool
item_to(const struct conf_at *a, void *object)
{
	struct conf_helper *h = object;
	const struct conf *c = a->b->c;
	const struct conf_server *s = find_server(c, a->value);
	uint16_t group = find_group(c, a->value);
	bool good = true;
	struct ip4 addr;

	if (group != CONF_NONE) {
		for (uint16_t i = 0; i < c->group[group].n; i++)
			good &= add_to(a, h, ip_v4(c->server[c->group[group].server[i]].address));
		return good;
	}
	if (s)
		return add_to(a, h, ip_v4(s->address));
	if (conf_host_parse(a->value, &addr))
		return add_to(a, h, addr);
	if (a->value[strspn(a->value, "0123456789./")] == '\0')
		return bad_item(a, true);
	return conf_add_pattern(a, &h->to_if, &h->n_to_if);
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

const struct conf_type conf_to = { .read = conf_read_list, .print = print_to, .list = true,
	.item = item_to, .owned = true, .size = sizeof(struct ip4) };
