/* SPDX-License-Identifier: ISC
 *
 * conf_helper - [helper NAME] sections: broadcasts of other UDP ports and where
 * they go. What is helped is core/helper's business.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

static void
set_port(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_helper *h = object;

	while (conf_list_next(&l)) {
		struct conf_at item = { a->b, a->key, l.item, l.line };
		uint32_t port;

		if (!conf_number(&item, 1, 65535, &port))
			continue;
		if (port == 67 || port == 68 || port == 4011) {
			conf_bad_item(a, l.line, l.item, "is DHCP or PXE, which the relay "
			    "does itself where there is an [interface]");
			continue;
		}
		if (h->n_port == CONF_PORTS_MAX) {
			conf_bad(a, "more than %d ports; a second [helper] would be right",
			    CONF_PORTS_MAX);
			return;
		}
		h->port[h->n_port++] = (uint16_t)port;
	}
}

static void
set_from(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_helper *h = object;

	while (conf_list_next(&l))
		(void)conf_add_pattern(&l, &h->from, &h->n_from);
}

static void
add_to(const struct conf_at *a, struct conf_helper *h, struct ip4 addr)
{
	struct ip4 *slot;

	for (uint16_t i = 0; i < h->n_to_addr; i++)
		if (ip4_eq(h->to_addr[i], addr))
			return;
	slot = conf_more(a->b, &h->to_addr, h->n_to_addr, sizeof(*slot));
	if (!slot)
		return;
	*slot = addr;
	h->n_to_addr++;
}

static void
add_to_group(const struct conf_at *a, struct conf_helper *h, const struct conf_group *g)
{
	for (uint16_t i = 0; i < g->n; i++)
		add_to(a, h, ip_v4(a->b->c->server[g->server[i]].address));
}

/* A group, a server, an address; what is none of these names interfaces. */
static void
set_to(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_helper *h = object;
	const struct conf *c = a->b->c;

	while (conf_list_next(&l)) {
		const struct conf_group *g = conf_group_find(c, l.item);
		const struct conf_server *s = conf_server_find(c, l.item);
		struct ip4 addr;

		if (g)
			add_to_group(a, h, g);
		else if (s)
			add_to(a, h, ip_v4(s->address));
		else if (ip4_parse(l.item, &addr) && ip4_is_host(addr))
			add_to(a, h, addr);
		else if (l.item[strspn(l.item, "0123456789./")] == '\0')
			conf_bad_server(a, l.line, l.item, true);
		else
			(void)conf_add_pattern(&l, &h->to_if, &h->n_to_if);
	}
}

static void
set_source(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "keep", "replace", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_helper *)object)->keep_source = i == 0;
}

static void
set_rate(const struct conf_at *a, void *object)
{
	(void)conf_rate_value(a, &((struct conf_helper *)object)->rate);
}

static void
set_allow(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_helper *h = object;

	while (conf_list_next(&l)) {
		struct ip4net net, *slot;
		char text[IP4_STRLEN];

		if (!ip4net_parse(l.item, &net)) {
			conf_bad_item(a, l.line, l.item, "is no IPv4 prefix; one like "
			    "192.0.2.0/24 or an address would be right");
			continue;
		}
		if (net.addr.host & ~ip4_mask(net.plen)) {
			net.addr.host &= ip4_mask(net.plen);
			conf_bad_item(a, l.line, l.item, "has bits behind its length; "
			    "%s/%u would be right", ip4_str(net.addr, text), net.plen);
			continue;
		}
		slot = conf_more(a->b, &h->allow, h->n_allow, sizeof(*slot));
		if (!slot)
			return;
		*slot = net;
		h->n_allow++;
	}
}

static const struct conf_setter helper_setters[] = {
	{ "port", set_port },
	{ "from", set_from },
	{ "to", set_to },
	{ "source", set_source },
	{ "rate", set_rate },
	{ "allow", set_allow },
	{ NULL, NULL },
};

static void
check_complete(struct conf_builder *b, const struct conf_sect *s)
{
	if (s->bad)
		return;
	if (!conf_find(s, "port"))
		conf_bad_sect(b, s, "has no port; port = 9, or another, would be right");
	if (!conf_find(s, "from"))
		conf_bad_sect(b, s, "has no from; from = vlan99, or another interface, "
		    "would be right");
	if (!conf_find(s, "to"))
		conf_bad_sect(b, s, "has no to; to = 192.0.2.10 or to = vlan10 "
		    "would be right");
}

/* Is this port on these interfaces an earlier helper's already? core/helper takes the
 * first that has both. */
static bool
taken(const struct conf *c, const struct conf_helper *h, uint16_t port, const char *from)
{
	for (const struct conf_helper *e = c->helper; e < h; e++)
		for (uint16_t i = 0; i < e->n_port; i++)
			for (uint16_t k = 0; e->port[i] == port && k < e->n_from; k++)
				if (conf_pattern_covers(e->from[k], from))
					return true;
	return false;
}

static void
check_reached(struct conf_builder *b, const struct conf_sect *s, const struct conf_helper *h)
{
	for (uint16_t i = 0; i < h->n_port; i++)
		for (uint16_t k = 0; k < h->n_from; k++)
			if (!taken(b->c, h, h->port[i], h->from[k]))
				return;
	if (h->n_port && h->n_from)
		conf_bad_sect(b, s, "is never reached: earlier helpers take its ports on its "
		    "interfaces; one helper with all of to would be right");
}

/* The packet filter has room for so many. */
static void
check_ports(struct conf_builder *b)
{
	const struct conf *c = b->c;
	uint64_t seen[65536 / 64] = { 0 };
	unsigned n = 0;

	for (uint16_t i = 0; i < c->n_helper; i++)
		for (uint16_t k = 0; k < c->helper[i].n_port; k++) {
			uint16_t port = c->helper[i].port[k];

			n += !(seen[port / 64] >> port % 64 & 1);
			seen[port / 64] |= (uint64_t)1 << port % 64;
		}
	if (n > CONF_ALL_PORTS_MAX)
		conf_mistake(b, 0, "the [helper] sections have %u ports, %d are the most", n,
		    CONF_ALL_PORTS_MAX);
}

void
conf_read_helpers(struct conf_builder *b)
{
	struct conf *c = b->c;

	for (size_t i = 0; i < b->n_sect; i++) {
		const struct conf_sect *s = &b->sect[i];
		struct conf_helper *h;

		if (s->kind != CONF_HELPER)
			continue;
		if (c->n_helper == CONF_HELPERS_MAX) {
			conf_bad_sect(b, s, "is one too many: %d helpers are the most",
			    CONF_HELPERS_MAX);
			return;
		}
		h = conf_more(b, &c->helper, c->n_helper, sizeof(*h));
		if (!h)
			return;
		c->n_helper++;
		snprintf(h->name, sizeof(h->name), "%s", s->name);
		h->line = s->line;
		h->keep_source = true;
		/* A room of machines is woken by a few hundred packets; a loop or a
		 * broken host sends thousands. */
		h->rate = (struct conf_rate){ 100, 1000 };
		conf_apply(b, s, helper_setters, h);
		check_complete(b, s);
		check_reached(b, s, h);
	}
	check_ports(b);
}
