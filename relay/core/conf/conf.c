/* SPDX-License-Identifier: ISC
 *
 * conf - builds a struct conf out of sections and keys.
 *
 * Here are the builder, the order in which a configuration is read and the
 * checks that concern it as a whole. How a value is written is in conf_value.c,
 * what it means stands with its section: conf_relay.c, conf_server.c (servers,
 * groups and lists of them), conf_probe.c (a server's health), conf_ifopts.c,
 * conf_rule.c, conf_helper.c; the way back is conf_print.c. Which [interface] a name
 * belongs to is found by conf_match.c. The INI file itself is read by io/conffile.
 *
 * The builder owns copies of everything it is told. The struct conf owns all
 * it points at; nothing in it is shared with the builder or with another conf.
 */
#include "core/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/conf/conf_private.h"

static const char *const kinds[] = { "relay", "server", "group", "interface",
	"rule", "helper", NULL };

/* --- memory --- */

void *
conf_more(struct conf_builder *b, void *array, size_t n, size_t size)
{
	void *p;

	/* The pointer is copied, since its type is the caller's business. */
	memcpy(&p, array, sizeof(p));
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *bigger = b->alloc(p, (n ? 2 * n : 4) * size);

		if (!bigger) {
			b->no_memory = true;
			return NULL;
		}
		p = bigger;
		memcpy(array, &p, sizeof(p));
	}
	return memset((char *)p + n * size, 0, size);
}

static char *
copy(struct conf_builder *b, const char *s, size_t len)
{
	char *p = b->alloc(NULL, len + 1);

	if (!p) {
		b->no_memory = true;
		return NULL;
	}
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

/* --- mistakes --- */

static void
said(struct conf_builder *b, int line, const char *fmt, va_list ap)
{
	char text[1024];
	struct conf_said *s;

	if (b->n_said > CONF_MISTAKES_MAX)
		return;
	s = conf_more(b, &b->said, b->n_said, sizeof(*s));
	if (!s)
		return;
	if (b->n_said == CONF_MISTAKES_MAX)
		snprintf(text, sizeof(text), "more than %d mistakes, the rest is not shown",
		    CONF_MISTAKES_MAX);
	else
		vsnprintf(text, sizeof(text), fmt, ap);
	s->line = line;
	s->text = copy(b, text, strlen(text));
	if (s->text)
		b->n_said++;
}

void
conf_mistake(struct conf_builder *b, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	said(b, line, fmt, ap);
	va_end(ap);
}

void
conf_bad(const struct conf_at *a, const char *fmt, ...)
{
	char text[800], shown[CONF_SHOW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_mistake(a->b, a->line, "%s = %s: %s", a->key,
	    conf_show(a->value, shown, sizeof(shown)), text);
}

void
conf_bad_item(const struct conf_at *a, int line, const char *item, const char *fmt, ...)
{
	char text[800], shown[CONF_SHOW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_mistake(a->b, line, "%s: \"%s\" %s", a->key,
	    conf_show(item, shown, sizeof(shown)), text);
}

void
conf_bad_sect(struct conf_builder *b, const struct conf_sect *s, const char *fmt, ...)
{
	char text[800], shown[CONF_SHOW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_mistake(b, s->line, "[%s%s%s] %s", kinds[s->kind], *s->name ? " " : "",
	    conf_show(s->name, shown, sizeof(shown)), text);
}

/* --- the keys there are --- */

/* near: what else is there, or NULL. */
static bool
key_known(enum conf_kind kind, const char *key, struct conf_near *near)
{
	enum {
		in_relay = CONF_RELAY, in_server = CONF_SERVER, in_group = CONF_GROUP,
		in_interface = CONF_INTERFACE, in_rule = CONF_RULE, in_helper = CONF_HELPER
	};
	static const struct {
		enum conf_kind kind;
		const char *key;
	} keys[] = {
#define KEY(section, name, sentence) { (enum conf_kind)in_##section, name },
#include "core/conf/confkey.def"
#undef KEY
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *k = keys[i].key;
		bool here = keys[i].kind == kind;

		/* [relay] gives defaults for what an interface sends, not for whom
		 * it sends it to. */
		if (kind == CONF_RELAY && keys[i].kind == CONF_INTERFACE)
			here = strcmp(k, "servers") != 0 && strcmp(k, "dhcp") != 0 &&
			    strcmp(k, "boot") != 0;
		if (!here)
			continue;
		if (strcmp(k, key) == 0)
			return true;
		if (near)
			conf_near_add(near, k);
	}
	return false;
}

/* --- telling the builder --- */

struct conf_builder *
conf_begin_with(void *(*alloc)(void *p, size_t size), conf_mistake_fn *mistake, void *user)
{
	struct conf_builder *b = alloc(NULL, sizeof(*b));

	if (b)
		*b = (struct conf_builder){ .alloc = alloc, .mistake = mistake, .user = user };
	return b;
}

struct conf_builder *
conf_begin(conf_mistake_fn *mistake, void *user)
{
	return conf_begin_with(realloc, mistake, user);
}

static bool
kind_known(struct conf_builder *b, const char *word, int line, enum conf_kind *kind)
{
	char shown[CONF_SHOW_MAX], hint[64];
	struct conf_near near = conf_near(word);

	for (size_t i = 0; kinds[i]; i++)
		if (strcmp(kinds[i], word) == 0) {
			*kind = (enum conf_kind)i;
			return true;
		}
	for (size_t i = 0; kinds[i]; i++)
		conf_near_add(&near, kinds[i]);
	conf_mistake(b, line, "[%s] is no section; there are [relay], [server NAME], "
	    "[group NAME], [interface PATTERN], [rule NAME] and [helper NAME]%s",
	    conf_show(word, shown, sizeof(shown)), conf_near_text(&near, hint, sizeof(hint)));
	return false;
}

static void
check_heading(struct conf_builder *b, struct conf_sect *s)
{
	const char *fault = NULL;

	if (s->kind == CONF_RELAY)
		fault = *s->name ? "has no name: [relay] would be right" : NULL;
	else if (s->kind == CONF_INTERFACE)
		fault = *s->name ? conf_pattern_fault(s->name) :
		    "lacks a pattern, like [interface vlan10] or [interface vlan*]";
	else
		fault = *s->name ? conf_name_fault(s->name) : "lacks a name behind the word";
	if (fault)
		conf_bad_sect(b, s, "%s", fault);
	for (const struct conf_sect *o = b->sect; !fault && o < s; o++)
		if (o->kind == s->kind && strcmp(o->name, s->name) == 0) {
			if (o->line > 0)
				conf_bad_sect(b, s, "stands in line %d already; one section "
				    "with the keys of both would be right", o->line);
			else
				conf_bad_sect(b, s, "is given already");
			fault = "twice";
		}
	s->bad = fault;
}

void
conf_section(struct conf_builder *b, const char *kind, const char *name, int line)
{
	enum conf_kind k;
	struct conf_sect *s;

	b->skip = true;
	if (!kind_known(b, kind, line, &k))
		return;
	if (b->n_sect == CONF_SECTIONS_MAX) {
		conf_mistake(b, line, "more than %d sections", CONF_SECTIONS_MAX);
		return;
	}
	s = conf_more(b, &b->sect, b->n_sect, sizeof(*s));
	if (!s)
		return;
	s->kind = k;
	s->line = line;
	s->name = copy(b, name, strlen(name));
	if (!s->name)
		return;
	check_heading(b, s);
	b->n_sect++;
	b->skip = false;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* What conf_print() writes must be read again as the same value. Quotes would be part
 * of it: a rule with user-class = "iPXE" would match nobody. */
static const char *
value_fault(const char *v, size_t len)
{
	if (conf_quoted(v, len))
		return "a value in quotes; without them would be right";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)v[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			return "a control character";
		if ((c == ';' || c == '#') && (i == 0 || blank(v[i - 1])))
			return "a ; or # behind a space would be a comment in a file; "
			    "hex: can write it";
	}
	return NULL;
}

/* "; [server] has it": where a key would be at home, or "". */
static char *
home_text(const char *key, char *buf, size_t size)
{
	struct sbuf s = sbuf_init(buf, size);

	for (int k = 0; kinds[k]; k++)
		if (key_known((enum conf_kind)k, key, NULL))
			sbuf_printf(&s, "%s[%s]", s.len ? " and " : "; it belongs to ",
			    kinds[k]);
	return buf;
}

static bool
key_fits(struct conf_builder *b, const struct conf_sect *s, const char *key, int line)
{
	char shown[CONF_SHOW_MAX], hint[64], home[128];
	const struct conf_line *twice = conf_find(s, key);

	if (!key_known(s->kind, key, NULL)) {
		struct conf_near near = conf_near(key);

		(void)key_known(s->kind, key, &near);
		home_text(key, home, sizeof(home));
		conf_mistake(b, line, "[%s] has no key \"%s\"%s", kinds[s->kind],
		    conf_show(key, shown, sizeof(shown)),
		    *home ? home : conf_near_text(&near, hint, sizeof(hint)));
		return false;
	}
	if (twice) {
		conf_mistake(b, line, "%s is given in line %d already; a list is written "
		    "with commas, or one item a line, indented", key, twice->line);
		return false;
	}
	return true;
}

void
conf_key(struct conf_builder *b, const char *key, const char *value, int line)
{
	struct conf_sect *s = b->n_sect ? &b->sect[b->n_sect - 1] : NULL;
	struct conf_line *l;
	const char *fault;
	size_t len;

	if (!s && !b->skip)
		conf_mistake(b, line, "a key above the first section, [relay] or another");
	if (!s || b->skip || !key_fits(b, s, key, line))
		return;
	/* Leading newlines stay: they are lines that an item's number counts. */
	while (*value == ' ' || *value == '\t')
		value++;
	len = strlen(value);
	while (len && blank(value[len - 1]))
		len--;
	fault = value_fault(value, len);
	if (fault) {
		conf_mistake(b, line, "%s: %s", key, fault);
		return;
	}
	l = conf_more(b, &s->lines, s->n, sizeof(*l));
	if (!l)
		return;
	l->line = line;
	l->key = copy(b, key, strlen(key));
	l->value = copy(b, value, len);
	if (!l->key || !l->value) {
		free(l->key);
		free(l->value);
		return;
	}
	s->n++;
}

const struct conf_line *
conf_find(const struct conf_sect *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->lines[i].key, key) == 0)
			return &s->lines[i];
	return NULL;
}

void
conf_apply(struct conf_builder *b, const struct conf_sect *s,
    const struct conf_setter *table, void *object)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct conf_line *l = &s->lines[i];
		struct conf_at a = { b, l->key, l->value, l->line };

		for (const struct conf_setter *t = table; t->key; t++)
			if (strcmp(t->key, l->key) == 0)
				t->set(&a, object);
	}
}

/* --- [interface] --- */

static void
set_servers(const struct conf_at *a, void *object)
{
	((struct conf_if *)object)->servers = conf_group_list(a);
}

static void
set_dhcp(const struct conf_at *a, void *object)
{
	((struct conf_if *)object)->dhcp = conf_group_list(a);
}

static void
set_boot(const struct conf_at *a, void *object)
{
	((struct conf_if *)object)->boot = conf_group_list(a);
}

static const struct conf_setter target_setters[] = {
	{ "servers", set_servers },
	{ "dhcp", set_dhcp },
	{ "boot", set_boot },
	{ NULL, NULL },
};

/* Proxy-only is for boot servers: an address lease from one of these is dropped. */
static bool
no_lease(const struct conf *c, uint16_t group)
{
	if (group == CONF_NONE || c->group[group].n == 0)
		return false;
	for (uint16_t i = 0; i < c->group[group].n; i++)
		if (!c->server[c->group[group].server[i]].proxy_only)
			return false;
	return true;
}

/* Keys that would be without effect. */
static void
check_active(struct conf_builder *b, const struct conf_sect *s, const struct conf_if_opts *o)
{
	const struct conf_line *active = conf_find(s, "active");

	if (o->active != CONF_ACTIVE_ALWAYS) {
		if (o->active_giaddr_virtual && o->giaddr != CONF_GIADDR_PRIMARY)
			conf_bad_sect(b, s, "has a giaddr of its choice, which the virtual "
			    "address takes the place of; active-giaddr = own would be right "
			    "with it");
	} else if (conf_find(s, "active-giaddr") &&
	    (!active || strcmp(active->value, "always") == 0)) {
		conf_bad_sect(b, s, "has active-giaddr and is active always; active = vrrp, or "
		    "address and an address, would be right with it");
	}
}

static void
check_interface(struct conf_builder *b, const struct conf_sect *s, const struct conf_if *f)
{
	bool servers = conf_find(s, "servers");
	bool classes = conf_find(s, "dhcp") || conf_find(s, "boot");
	bool literal = !strpbrk(s->name, "*?[");
	size_t len;

	if (servers && classes)
		conf_bad_sect(b, s, "has servers together with dhcp or boot; "
		    "servers alone sends every message to each of them, "
		    "dhcp and boot tell them apart");
	else if (!servers && !classes && !s->bad)
		conf_bad_sect(b, s, "has no servers; servers = 192.0.2.10, "
		    "or dhcp and boot, would be right");
	if (no_lease(b->c, f->dhcp))
		conf_bad_sect(b, s, "has no server that may give addresses: all of dhcp have "
		    "offers = proxy-only");
	check_active(b, s, &f->o);
	len = conf_if_rai_max(&f->o, literal ? s->name : NULL, b->c->host_name);
	if (f->o.option82 && len > 255)
		conf_bad_sect(b, s, "option 82 may need %zu bytes and has room for 255 "
		    "(RFC 3046 2.0); shorter formats would be right", len);
}

static void
read_interfaces(struct conf_builder *b)
{
	struct conf *c = b->c;

	for (size_t i = 0; i < b->n_sect; i++) {
		const struct conf_sect *s = &b->sect[i];
		struct conf_if *f;

		if (s->kind != CONF_INTERFACE)
			continue;
		f = conf_more(b, &c->ifs, c->n_if, sizeof(*f));
		if (!f)
			return;
		c->n_if++;
		snprintf(f->pattern, sizeof(f->pattern), "%s", s->name);
		f->line = s->line;
		f->servers = f->dhcp = f->boot = CONF_NONE;
		f->o = c->defaults;
		conf_apply(b, s, conf_if_setters, &f->o);
		conf_apply(b, s, target_setters, f);
		check_interface(b, s, f);
	}
}

/* --- the whole --- */

static void
mark(const struct conf *c, bool *flags, uint16_t group)
{
	if (group == CONF_NONE)
		return;
	for (uint16_t i = 0; i < c->group[group].n; i++)
		flags[c->group[group].server[i]] = true;
}

static void
mark_classes(struct conf_builder *b)
{
	struct conf *c = b->c;
	/* one more, so that it is not NULL without servers */
	size_t size = (c->n_server + 1u) * sizeof(bool);

	c->is_boot = b->alloc(NULL, size);
	c->is_dhcp = b->alloc(NULL, size);
	if (!c->is_boot || !c->is_dhcp) {
		b->no_memory = true;
		return;
	}
	memset(c->is_boot, 0, size);
	memset(c->is_dhcp, 0, size);
	for (uint16_t i = 0; i < c->n_if; i++) {
		mark(c, c->is_boot, c->ifs[i].boot);
		mark(c, c->is_dhcp, c->ifs[i].dhcp);
		mark(c, c->is_dhcp, c->ifs[i].servers);
	}
	for (uint16_t i = 0; i < c->n_rule; i++) {
		mark(c, c->is_boot, c->rule[i].boot);
		mark(c, c->is_dhcp, c->rule[i].dhcp);
	}
}

static void
build(struct conf_builder *b)
{
	bool work = false;

	conf_read_relay(b);
	conf_read_servers(b);
	conf_read_groups(b);
	read_interfaces(b);
	conf_read_rules(b);
	conf_read_helpers(b);
	for (size_t i = 0; i < b->n_sect; i++)
		work |= b->sect[i].kind == CONF_INTERFACE || b->sect[i].kind == CONF_HELPER;
	/* Not when something else is wrong: it may be the reason. */
	if (!work && b->n_said == 0)
		conf_mistake(b, 0, "nothing to do: at least one [interface PATTERN] "
		    "would be right");
	mark_classes(b);
}

static void
builder_free(struct conf_builder *b)
{
	for (size_t i = 0; i < b->n_sect; i++) {
		for (size_t k = 0; k < b->sect[i].n; k++) {
			free(b->sect[i].lines[k].key);
			free(b->sect[i].lines[k].value);
		}
		free(b->sect[i].lines);
		free(b->sect[i].name);
	}
	for (size_t i = 0; i < b->n_said; i++)
		free(b->said[i].text);
	free(b->sect);
	free(b->said);
	free(b);
}

/* Mistakes in the order of lines; those of one line as they were found. */
static void
report(struct conf_builder *b)
{
	for (size_t i = 1; i < b->n_said; i++) {
		struct conf_said s = b->said[i];
		size_t k = i;

		for (; k > 0 && b->said[k - 1].line > s.line; k--)
			b->said[k] = b->said[k - 1];
		b->said[k] = s;
	}
	for (size_t i = 0; i < b->n_said; i++)
		b->mistake(b->user, b->said[i].line, b->said[i].text);
	if (b->no_memory)
		b->mistake(b->user, 0, "not enough memory to read the configuration");
}

struct conf *
conf_end(struct conf_builder *b)
{
	struct conf *c = b->alloc(NULL, sizeof(*c));

	b->c = c;
	if (c) {
		memset(c, 0, sizeof(*c));
		build(b);
	} else {
		b->no_memory = true;
	}
	report(b);
	if (b->n_said || b->no_memory)
		c = conf_free(c);
	builder_free(b);
	return c;
}

static void
rule_free(struct conf_rule *r)
{
	free(r->arch);
	free(r->user);
	free(r->vendor);
	free(r->mac);
	free(r->uuid);
	free(r->interface);
}

static void
helper_free(struct conf_helper *h)
{
	free(h->from);
	free(h->to_if);
	free(h->to_addr);
	free(h->allow);
}

struct conf *
conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	for (uint16_t i = 0; i < c->n_group; i++)
		free(c->group[i].server);
	for (uint16_t i = 0; i < c->n_rule; i++)
		rule_free(&c->rule[i]);
	for (uint16_t i = 0; i < c->n_helper; i++)
		helper_free(&c->helper[i]);
	free(c->server);
	free(c->group);
	free(c->ifs);
	free(c->rule);
	free(c->helper);
	free(c->is_boot);
	free(c->is_dhcp);
	free(c);
	return NULL;
}

uint16_t
conf_server_same(const struct conf *c, const struct conf_server *s)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (ip_eq(c->server[i].address, s->address) && c->server[i].vrf == s->vrf)
			return c->server[i].first;
	return CONF_NONE;
}

uint16_t
conf_server_by_addr(const struct conf *c, struct ip4 a)
{
	return conf_server_same(c, &(struct conf_server){ .address = ip_of4(a) });
}

bool
conf_group_has(const struct conf *c, uint16_t group, uint16_t server)
{
	for (unsigned i = 0; group != CONF_NONE && i < c->group[group].n; i++)
		if (c->server[c->group[group].server[i]].first == server)
			return true;
	return false;
}

const char *
conf_server_name(const struct conf *c, uint16_t server)
{
	return server == CONF_NONE ? "other" : c->server[server].name;
}
