/* SPDX-License-Identifier: ISC
 *
 * conf_warn - warns of what is valid and cannot mean what was meant: patterns that look
 * like the notation of another program, and keys that have no effect beside others, of
 * which confkey.def says which (WITH). What contradicts itself is a mistake, and left to
 * conf_check.c.
 */
#include "core/conf/conf_private.h"

#include <string.h>

#define DIGITS "0123456789"

/* Does s begin with "10-20"? Returns its length; least: the digits of one number. */
static size_t
range_len(const char *s, size_t least)
{
	size_t a = strspn(s, DIGITS), b = s[a] == '-' ? strspn(s + a + 1, DIGITS) : 0;

	return a && b && (a >= least || b >= least) ? a + 1 + b : 0;
}

static bool
has_class_range(const char *name)
{
	for (const char *p = strchr(name, '['); p; p = strchr(p + 1, '[')) {
		size_t len = range_len(p + 1, 2);

		if (len && p[1 + len] == ']')
			return true;
	}
	return false;
}

static bool
has_range(const char *name)
{
	const char *p = name + strcspn(name, DIGITS);
	size_t len = range_len(p, 1);

	return !strpbrk(name, "[?*") && len && p[len] == '\0';
}

static bool
has_brace(const char *name)
{
	return strpbrk(name, "{}");
}

static bool
has_at(const char *name)
{
	return strchr(name, '@');
}

static bool
is_loopback(const char *name)
{
	return strcmp(name, "lo") == 0;
}

static bool
is_everything(const char *name)
{
	return *name && name[strspn(name, "*")] == '\0';
}

static const struct {
	bool (*is)(const char *name);
	const char *text;
} patterns[] = {
	{ has_class_range, "a class stands for one character, so this is no range of "
	    "numbers; expected one like 1[0-9]" },
	{ has_range, "this is one name and no range; expected a pattern like vlan1[0-9] "
	    "or a list" },
	{ has_brace, "braces have no meaning in a pattern; expected a list with commas" },
	{ has_at, "@ and what follows are not part of an interface's name, though ip link "
	    "prints them; expected the name before it" },
	{ is_loopback, "no client is on the loopback interface" },
	{ is_everything, "this matches every interface, also those towards the servers; "
	    "expected a pattern of client interfaces" },
};

static void
warn_pattern(struct conf_builder *b, int line, const char *key, const char *name)
{
	char shown[CONF_SHOW_MAX];

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (patterns[i].is(name))
			conf_warn(b, line, "%s \"%s\": %s", key, conf_show(name, shown),
			    patterns[i].text);
}

/* Is the field none, off or all: the first of its words, or an empty list? */
static bool
is_nothing(const struct conf_key *k, const void *object)
{
	static const char zero[64];
	size_t offset = k->type->list ? k->also : k->offset;
	size_t size = k->type->list ? sizeof(uint16_t) : k->size;

	return size <= sizeof(zero) && memcmp(conf_field(object, offset), zero, size) == 0;
}

static const char *
nothing_word(const struct conf_key *k)
{
	return k->words ? k->words[0] : "none";
}

/* The default changes nothing either way, and -nv prints it. */
static void
warn_without(struct conf_builder *b, const struct conf_line *l, const void *object)
{
	const struct conf_key *k = l->key, *with;
	char text[128];
	struct sbuf beside = sbuf_init(text, sizeof(text));

	if (!k->with[0] || l->bad || (k->deflt && strcmp(l->value, k->deflt) == 0))
		return;
	for (size_t i = 0; i < 2 && k->with[i]; i++) {
		with = conf_key_by_name(k->kind, k->with[i]);
		if (!is_nothing(with, object))
			return;
		sbuf_printf(&beside, "%s%s = %s", i ? " and " : "", with->name,
		    nothing_word(with));
	}
	conf_warn(b, l->line, "%s has no effect with %s", k->name, text);
}

void
conf_warn_servers(struct conf_builder *b)
{
	for (uint16_t i = 0; i < b->c->n_server; i++) {
		const struct conf_server *s = &b->c->server[i];

		if (s->address.version == 4 && ip4_is_loopback(s->address.v4))
			conf_warn(b, s->line, "server %s: a loopback address leads to this host "
			    "alone; expected one that other hosts reach", s->name);
		if (s->address.version == 4 && ip4_is_linklocal(s->address.v4))
			conf_warn(b, s->line, "server %s: no router forwards to a link-local "
			    "address; expected one that other networks reach", s->name);
	}
}

static void
warn_list(struct conf_builder *b, const struct conf_line *l, const void *object)
{
	char buf[CONF_PROBE_STRLEN];
	uint16_t n;

	if (l->key->type != &conf_patterns)
		return;
	memcpy(&n, conf_field(object, l->key->also), sizeof(n));
	for (uint16_t i = 0; i < n; i++)
		warn_pattern(b, l->line, l->key->name,
		    l->key->type->text(conf_array(object, l->key->offset), i, buf));
}

void
conf_warn_section(struct conf_builder *b, const struct conf_sect *s, const void *object)
{
	if (s->bad || (s->kind == CONF_INTERFACE && ((const struct conf_if *)object)->off))
		return;
	if (s->kind == CONF_INTERFACE)
		warn_pattern(b, s->line, "interface", s->name);
	/* The sections of one heading share their lines. */
	for (size_t i = 0; i < s->n && !s->same && !b->no_memory; i++)
		if (s->lines[i].key->kind == s->kind) {
			warn_without(b, &s->lines[i], object);
			warn_list(b, &s->lines[i], object);
		}
}
