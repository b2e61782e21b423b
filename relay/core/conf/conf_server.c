/* SPDX-License-Identifier: ISC
 *
 * conf_server - [server] and [group] sections, and lists of them: names become
 * indexes, an address in a list becomes a server of its own (implicit), a list
 * in an [interface] or a [rule] becomes a group of its own (implicit).
 *
 * The network sees addresses, not names: two [server] sections may have one
 * address, then the first stands for both and no group holds the address twice.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- [server NAME] --- */

static void
set_address(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;
	struct ip4 ip = IP4_NONE;

	/* The relay works before DNS does, and through its outages. */
	if (ip4_parse(a->value, &ip) || !strpbrk(a->value, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		(void)conf_host(a, "", &ip);
	else
		conf_bad(a, "a server is an IPv4 address like 192.0.2.10, "
		    "host names are not looked up");
	if (!ip4_is_none(ip))
		s->address = ip_of4(ip);
}

static void
set_option82(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "none", "add", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_server *)object)->option82 = i == 1;
}

static void
set_offers(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "any", "proxy-only", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_server *)object)->proxy_only = i == 1;
}

static const struct conf_setter server_setters[] = {
	{ "address", set_address },
	{ "option82", set_option82 },
	{ "offers", set_offers },
	{ NULL, NULL },
};

/* A new server at the end of the table; NULL when there is no room. */
static struct conf_server *
server_add(struct conf_builder *b, int line)
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
	s->option82 = true;
	conf_health_defaults(s);
	s->line = line;
	s->first = c->n_server++;
	return s;
}

/* Packets to one address can only have one form. */
static void
join_address(struct conf_builder *b, const struct conf_sect *sect, struct conf_server *s)
{
	const struct conf *c = b->c;

	for (const struct conf_server *o = c->server; o < s; o++) {
		if (!ip_eq(o->address, s->address) || o->vrf != s->vrf || !s->address.version)
			continue;
		s->first = o->first;
		if (o->option82 != s->option82 || o->proxy_only != s->proxy_only ||
		    !conf_health_eq(o, s))
			conf_bad_sect(b, sect, "has the address of [server %s] in line %d "
			    "and other settings; the same in both would be right",
			    o->name, o->line);
		return;
	}
}

void
conf_read_servers(struct conf_builder *b)
{
	for (size_t i = 0; i < b->n_sect; i++) {
		const struct conf_sect *sect = &b->sect[i];
		struct conf_server *s;

		if (sect->kind != CONF_SERVER)
			continue;
		s = server_add(b, sect->line);
		if (!s)
			return;
		snprintf(s->name, sizeof(s->name), "%s", sect->name);
		conf_apply(b, sect, server_setters, s);
		conf_apply(b, sect, conf_health_setters, s);
		conf_health_check(b, sect, s);
		if (!sect->bad && !conf_find(sect, "address"))
			conf_bad_sect(b, sect, "has no address; address = 192.0.2.10, or "
			    "another, would be right");
		join_address(b, sect, s);
	}
}

const struct conf_server *
conf_server_find(const struct conf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit && strcmp(c->server[i].name, name) == 0)
			return &c->server[i];
	return NULL;
}

/* --- lists --- */

const struct conf_group *
conf_group_find(const struct conf *c, const char *name)
{
	for (uint16_t i = 0; i < c->n_group; i++)
		if (!c->group[i].implicit && strcmp(c->group[i].name, name) == 0)
			return &c->group[i];
	return NULL;
}

/* Could it be a name that DNS knows? */
static bool
is_host_name(const char *item)
{
	return strchr(item, '.') && item[strspn(item, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

void
conf_bad_server(const struct conf_at *a, int line, const char *item, bool groups)
{
	const struct conf *c = a->b->c;
	struct conf_near near = conf_near(item);
	char hint[CONF_NAME_MAX + 32];
	struct ip4 addr;

	if (ip4_parse(item, &addr)) {
		conf_bad_item(a, line, item, "is not the address of a host; "
		    "one like 192.0.2.10 would be right");
		return;
	}
	if (line > a->line && strchr(item, '=')) {
		conf_bad_item(a, line, item, "is indented deeper than %s, and so taken for an "
		    "item of its list; a key begins where the others do", a->key);
		return;
	}
	if (strpbrk(item, " \t")) {
		conf_bad_item(a, line, item, "has a space in it; a comma between two would "
		    "be right, or each in a line of its own, indented");
		return;
	}
	if (item[strspn(item, "0123456789./:")] == '\0') {
		conf_bad_item(a, line, item, "is no IPv4 address; one like 192.0.2.10 "
		    "would be right");
		return;
	}
	if (!groups && conf_group_find(c, item)) {
		conf_bad_item(a, line, item, "is a [group]; a group holds servers");
		return;
	}
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit)
			conf_near_add(&near, c->server[i].name);
	for (uint16_t i = 0; groups && i < c->n_group; i++)
		if (!c->group[i].implicit)
			conf_near_add(&near, c->group[i].name);
	conf_bad_item(a, line, item, "is no %s[server] and no IPv4 address%s%s",
	    groups ? "[group], no " : "",
	    is_host_name(item) ? "; host names are not looked up" : "",
	    conf_near_text(&near, hint, sizeof(hint)));
}

static bool
server_in(struct conf_builder *b, struct conf_group *g, uint16_t server)
{
	uint16_t first = b->c->server[server].first, *slot;

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

/* The server that an item of a list names or is the address of; CONF_NONE when it is
 * none, which was reported. */
static uint16_t
server_item(const struct conf_list *l, bool groups)
{
	struct conf_builder *b = l->a->b;
	const struct conf_server *named = conf_server_find(b->c, l->item);
	struct conf_server *s;
	struct ip4 addr;
	uint16_t i;

	if (named)
		return (uint16_t)(named - b->c->server);
	if (!ip4_parse(l->item, &addr) || !ip4_is_host(addr)) {
		conf_bad_server(l->a, l->line, l->item, groups);
		return CONF_NONE;
	}
	i = conf_server_by_addr(b->c, addr);
	if (i != CONF_NONE)
		return i;
	s = server_add(b, l->line);
	if (!s)
		return CONF_NONE;
	s->implicit = true;
	s->address = ip_of4(addr);
	ip4_str(addr, s->name);
	return s->first;
}

/* --- [group NAME] --- */

static void
set_servers(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);

	while (conf_list_next(&l)) {
		uint16_t i = server_item(&l, false);

		if (i != CONF_NONE)
			(void)server_in(a->b, object, i);
	}
}

static void
set_mode(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "all", "failover", "balance", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_group *)object)->mode = (enum conf_mode)i;
}

static void
set_hedge(const struct conf_at *a, void *object)
{
	(void)conf_time(a, 50, 10000, true, &((struct conf_group *)object)->hedge_ms);
}

static void
set_hold_down(const struct conf_at *a, void *object)
{
	(void)conf_time(a, 0, 3600000, false, &((struct conf_group *)object)->hold_down_ms);
}

static void
set_rescue(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf_group *)object)->rescue);
}

static const struct conf_setter group_setters[] = {
	{ "servers", set_servers },
	{ "mode", set_mode },
	{ "hedge", set_hedge },
	{ "hold-down", set_hold_down },
	{ "rescue", set_rescue },
	{ NULL, NULL },
};

static void
group_defaults(struct conf_group *g)
{
	g->mode = CONF_MODE_ALL;
	/* iPXE waits two seconds for boot offers: three servers can be asked. */
	g->hedge_ms = 500;
	g->hold_down_ms = 60000;
}

static struct conf_group *
group_add(struct conf_builder *b, int line)
{
	struct conf *c = b->c;
	struct conf_group *g = conf_more(b, &c->group, c->n_group, sizeof(*g));

	if (!g)
		return NULL;
	group_defaults(g);
	g->line = line;
	c->n_group++;
	return g;
}

void
conf_read_groups(struct conf_builder *b)
{
	/* All names first, so that a group in a group can be told from a misspelling. */
	for (size_t i = 0; i < b->n_sect; i++) {
		const struct conf_sect *sect = &b->sect[i];
		struct conf_group *g;

		if (sect->kind != CONF_GROUP)
			continue;
		g = group_add(b, sect->line);
		if (!g)
			return;
		snprintf(g->name, sizeof(g->name), "%s", sect->name);
	}
	for (size_t i = 0, k = 0; i < b->n_sect; i++) {
		const struct conf_sect *sect = &b->sect[i];
		struct conf_group *g;

		if (sect->kind != CONF_GROUP)
			continue;
		g = &b->c->group[k++];
		conf_apply(b, sect, group_setters, g);
		if (!conf_find(sect, "rescue"))
			g->rescue = g->mode != CONF_MODE_ALL;
		if (!sect->bad && !conf_find(sect, "servers"))
			conf_bad_sect(b, sect, "has no servers; servers = 192.0.2.10, or "
			    "names of [server] sections, would be right");
	}
}

/* --- a list of groups, servers and addresses --- */

static uint16_t
group_index(const struct conf *c, const char *name)
{
	const struct conf_group *g = conf_group_find(c, name);

	return g ? (uint16_t)(g - c->group) : CONF_NONE;
}

/* Puts what an item stands for into the group. */
static void
item_in(const struct conf_list *l, struct conf_group *g)
{
	struct conf_builder *b = l->a->b;
	uint16_t i = group_index(b->c, l->item);

	if (i != CONF_NONE) {
		for (uint16_t k = 0; k < b->c->group[i].n; k++)
			(void)server_in(b, g, b->c->group[i].server[k]);
		return;
	}
	i = server_item(l, true);
	if (i != CONF_NONE)
		(void)server_in(b, g, i);
}

uint16_t
conf_group_list(const struct conf_at *a)
{
	struct conf *c = a->b->c;
	struct conf_list l = conf_list(a);
	struct conf_group list = { .implicit = true, .line = a->line }, *g;
	uint16_t only = CONF_NONE, special = CONF_NONE;
	int special_line = 0;

	group_defaults(&list);
	while (conf_list_next(&l)) {
		uint16_t i = group_index(c, l.item);

		only = l.n == 1 ? i : CONF_NONE;
		if (i != CONF_NONE && (c->group[i].mode != CONF_MODE_ALL || c->group[i].rescue)) {
			special = i;
			special_line = l.line;
		}
		item_in(&l, &list);
	}
	if (special != CONF_NONE && only == CONF_NONE)
		conf_bad_item(a, special_line, c->group[special].name, "is a [group] with a mode "
		    "or rescue, which a list has not; the group alone, or a [group] of all in "
		    "the list, would be right");
	/* A list of one group is that group. */
	g = only == CONF_NONE && list.n ? group_add(a->b, a->line) : NULL;
	if (!g) {
		free(list.server);
		return only;
	}
	*g = list;
	return (uint16_t)(c->n_group - 1);
}
