/* SPDX-License-Identifier: ISC
 *
 * conf - builds, frees and prints a struct conf, driven by the table of keys in
 * confkey.def. Sections and keys are stored first, and read at the end in the
 * order in which they depend on each other ([relay] has the defaults of
 * interfaces, even of those above it in the file).
 *
 * io/conffile reads the file; relay/README.md lists the other files of this room.
 */
#include "core/conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/conf/conf_private.h"

/* --- the keys --- */

const char *const conf_log_words[] = { "stderr", "syslog", "journal", NULL };

#define OF_relay	struct conf
#define OF_server	struct conf_server
#define OF_group	struct conf_group
#define OF_interface	struct conf_if
#define OF_rule		struct conf_rule
#define OF_helper	struct conf_helper
enum { KIND_relay = CONF_RELAY, KIND_server = CONF_SERVER, KIND_group = CONF_GROUP,
	KIND_interface = CONF_INTERFACE, KIND_rule = CONF_RULE,
	KIND_helper = CONF_HELPER };

#define TYPE(name)		.type = &conf_##name
#define ARRAY(...)		.words = (const char *const[]){ __VA_ARGS__, NULL }
#define WORDS(...)		TYPE(word), ARRAY(__VA_ARGS__)
#define WORDS_OF(array)		TYPE(word), .words = array
#define ACTIVE_GIADDR(...)	TYPE(active_giaddr), ARRAY(__VA_ARGS__)
#define ONOFF			WORDS("off", "on")
#define NUMBER(least, most)	TYPE(number), .min = least, .max = most
#define TIME(least, most)	TYPE(time), .min = least, .max = most
#define TIME_OR_OFF(least, most) TIME(least, most), .off = true
/* Words, or an address, which goes to that field of struct conf_if. */
#define CHOICE(v, address, ...) WORDS(__VA_ARGS__), .version = v, \
	.also = offsetof(struct conf_if, address)
#define ACTIVE(...)		TYPE(active_type), ARRAY(__VA_ARGS__)
/* A number, and a format string, which goes to that field of struct conf_if. */
#define VENDOR(format)		TYPE(vendor), .also = offsetof(struct conf_if, format)
#define MESSAGES(six)		TYPE(messages), .also = offsetof(struct conf_rule, six)
#define IPV4(...)		__VA_ARGS__, .only = CONF_ONLY_IPV4
#define IPV6(...)		__VA_ARGS__, .only = CONF_ONLY_IPV6
#define MULTICAST(...)		__VA_ARGS__, .only = CONF_ONLY_MULTICAST
#define WITH(a, b, ...)		__VA_ARGS__, .with = { a, b }
#define REQUIRED		NULL, .required = true
#define LIST(name, section, count) TYPE(name), .also = offsetof(OF_##section, count)

static const struct conf_key keys[] = {
#define KEY(section, key, typed, field, initial) { \
	.kind = (enum conf_kind)KIND_##section, .name = key, .deflt = initial, \
	.offset = offsetof(OF_##section, field), \
	.size = sizeof(((OF_##section *)0)->field), typed },
#include "core/conf/confkey.def"
#undef KEY
};

static const struct conf_key *const keys_end = keys + sizeof(keys) / sizeof(keys[0]);

/* May [relay] have this key of [interface], as a default? */
static bool
is_default(const struct conf_key *k)
{
	return k->kind == CONF_INTERFACE && k->offset >= offsetof(struct conf_if, o);
}

/* May a section of this kind have the key? */
static bool
fits(enum conf_kind kind, const struct conf_key *k)
{
	return k->kind == kind || (kind == CONF_RELAY && is_default(k));
}

const struct conf_key *
conf_key_by_name(enum conf_kind kind, const char *name)
{
	for (const struct conf_key *k = keys; k < keys_end; k++)
		if (fits(kind, k) && strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

const struct conf_key *
conf_key_next(enum conf_kind kind, const struct conf_key *k)
{
	for (k = k ? k + 1 : keys; k < keys_end; k++)
		if (k->kind == kind)
			return k;
	return NULL;
}

const struct conf_line *
conf_find(const struct conf_sect *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->lines[i].key->name, key) == 0)
			return &s->lines[i];
	return NULL;
}

/* --- storing sections and keys --- */

static bool
read_value(const struct conf_at *a, void *object)
{
	const struct conf_key *k = a->key;

	if (a->value[0] == '\0') {
		conf_mistake(a->b, a->line, "%s has no value; see pxrelay.conf(5)", k->name);
		return false;
	}
	if (!k->type->list && strchr(a->value, '\n')) {
		conf_mistake(a->b, a->line, "%s takes one value; the next line continues it "
		    "because it is indented deeper", k->name);
		return false;
	}
	return k->type->read(a, object);
}

static bool
find_kind(struct conf_builder *b, const char *word, int line, enum conf_kind *kind)
{
	char shown[CONF_SHOW_MAX];
	struct conf_near near = { .word = word };

	for (enum conf_kind i = CONF_RELAY; i < CONF_KINDS; i++) {
		if (strcmp(conf_kind_words[i], word) == 0) {
			*kind = i;
			return true;
		}
		conf_near_add(&near, conf_kind_words[i]);
	}
	conf_mistake(b, line, "[%s]: expected [relay], [server NAME], [group NAME], "
	    "[interface PATTERN], [rule NAME] or [helper NAME]%s",
	    conf_show(word, shown), conf_near_text(&near));
	return false;
}

static void
check_heading(struct conf_builder *b, struct conf_sect *s)
{
	const char *fault = NULL;
	char at[CONF_PLACE_MAX];

	if (s->kind == CONF_RELAY)
		fault = *s->name ? "takes no name; expected [relay]" : NULL;
	else if (s->kind == CONF_INTERFACE)
		fault = *s->name ? conf_pattern_fault(s->name) : "has no name; expected "
		    "one or a pattern, like [interface vlan10] or [interface vlan*]";
	else
		fault = *s->name ? conf_name_fault(s->name) :
		    "has no name; expected one after the word";
	s->bad = fault;
	if (fault)
		conf_bad_sect(b, s, "%s", fault);
	for (const struct conf_sect *o = b->sect; !s->bad && o < s; o++) {
		/* Each file may have its own [relay]. */
		s->bad = o->kind == s->kind && strcmp(o->name, s->name) == 0 &&
		    (s->kind != CONF_RELAY || o->line > conf_file_line(b));
		if (s->bad && o->line > 0)
			conf_bad_sect(b, s, "is already in %s; expected one section "
			    "with the keys of both", conf_place(b, o->line, s->line, at));
		else if (s->bad)
			conf_bad_sect(b, s, "is given already");
	}
}

void
conf_no_section(struct conf_builder *b)
{
	b->no_section = true;
}

/* Returns the section, or NULL after a mistake. */
static struct conf_sect *
add_section(struct conf_builder *b, enum conf_kind kind, struct conf_named at, size_t len)
{
	struct conf_sect *s;

	if (b->n_sect == CONF_SECTIONS_MAX) {
		conf_mistake(b, at.line, "more than %d sections", CONF_SECTIONS_MAX);
		return NULL;
	}
	s = conf_more(b, &b->sect, b->n_sect, sizeof(*s));
	if (!s)
		return NULL;
	s->kind = kind;
	s->line = at.line;
	s->name = conf_copy(b, at.name, len);
	if (!s->name)
		return NULL;
	check_heading(b, s);
	b->n_sect++;
	return s;
}

/* The first item of a list of patterns, trimmed; *next is what follows its comma. */
static size_t
first_pattern(char **list, char **next)
{
	size_t len = conf_pattern_len(*list), blank = strspn(*list, " \t");

	*next = (*list)[len] ? *list + len + 1 : NULL;
	blank = blank < len ? blank : len;
	*list += blank;
	len -= blank;
	while (len && strchr(" \t", (*list)[len - 1]))
		len--;
	return len;
}

void
conf_section(struct conf_builder *b, const char *kind, const char *name, int line)
{
	char *copy = conf_copy(b, name, strlen(name)), *next = copy;
	enum conf_kind k;
	bool same = false;

	b->no_section = false;
	b->skip = !copy || !find_kind(b, kind, line, &k);
	while (!b->skip && next) {
		struct conf_named at = { line, next };
		size_t len = strlen(next);
		struct conf_sect *s;

		if (k == CONF_INTERFACE)
			len = first_pattern(&at.name, &next);
		else
			next = NULL;
		s = add_section(b, k, at, len);
		b->skip = !s && !same;
		if (!s)
			break;
		s->same = same;
		same = true;
	}
	free(copy);
}

/* The line that has the key already: in the section, or in the [relay] of another
 * file. */
static const struct conf_line *
find_twice(const struct conf_builder *b, const struct conf_sect *s, const char *name)
{
	const struct conf_line *l = conf_find(s, name);

	for (const struct conf_sect *o = b->sect; !l && o < s; o++)
		if (s->kind == CONF_RELAY && o->kind == CONF_RELAY && !s->bad)
			l = conf_find(o, name);
	return l;
}

/* The row of the key, or NULL after a mistake. */
static const struct conf_key *
find_key(struct conf_builder *b, const struct conf_sect *s, const char *name,
    int line)
{
	const struct conf_key *key = conf_key_by_name(s->kind, name);
	const struct conf_line *twice = find_twice(b, s, name);
	struct conf_near near = { .word = name };
	char shown[CONF_SHOW_MAX], hint[128], at[CONF_PLACE_MAX];
	struct sbuf home = sbuf_init(hint, sizeof(hint));

	if (twice) {
		conf_mistake(b, line, "%s is already in %s; a list is separated by commas, "
		    "or has one item per line, indented", name,
		    conf_place(b, twice->line, line, at));
		return NULL;
	}
	if (key)
		return key;
	/* "; it belongs to [server]", or the most similar key here */
	for (enum conf_kind i = CONF_RELAY; i < CONF_KINDS; i++)
		if (conf_key_by_name(i, name))
			sbuf_printf(&home, "%s[%s]", home.len ? " and " : "; it belongs to ",
			    conf_kind_words[i]);
	for (const struct conf_key *k = keys; k < keys_end; k++)
		if (fits(s->kind, k))
			conf_near_add(&near, k->name);
	conf_mistake(b, line, "[%s] has no key \"%s\"%s", conf_kind_words[s->kind],
	    conf_show(name, shown), home.len ? hint : conf_near_text(&near));
	return NULL;
}

/* Takes over the value. */
static void
store_line(struct conf_builder *b, struct conf_sect *s, struct conf_line line)
{
	struct conf_line *l = conf_more(b, &s->lines, s->n, sizeof(*l));

	if (l) {
		*l = line;
		s->n++;
	} else {
		free(line.value);
	}
}

void
conf_key(struct conf_builder *b, const char *name, const char *value, int line)
{
	struct conf_sect *s = b->n_sect ? &b->sect[b->n_sect - 1] : NULL;
	const struct conf_key *key;
	const char *fault;
	char *copy;
	size_t len;

	while (s && s->same)
		s--;
	if (b->no_section)
		conf_mistake(b, line, "a key before the first section; expected [relay] or "
		    "another above it");
	key = s && !b->skip && !b->no_section ? find_key(b, s, name, line) : NULL;
	if (!key)
		return;
	/* Leading newlines stay: they count in the line numbers of items. */
	while (*value == ' ' || *value == '\t')
		value++;
	len = strlen(value);
	while (len && strchr(" \t\n", value[len - 1]))
		len--;
	fault = conf_text_fault(value, len);
	if (fault) {
		conf_mistake(b, line, "%s: %s", name, fault);
		return;
	}
	copy = conf_copy(b, value, len);
	if (copy && key->type == &conf_includes) {
		struct conf_at a = { .b = b, .key = key, .value = copy, .line = line };

		(void)read_value(&a, b);
		free(copy);
	} else if (copy) {
		store_line(b, s, (struct conf_line){ key, copy, line, false });
	}
}

/* --- values --- */

/* Sets all fields of the object to their defaults. */
static void
set_defaults(struct conf_builder *b, enum conf_kind kind, void *object)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(kind, k))) {
		struct conf_at a = { .b = b, .key = k, .value = k->deflt };

		if (k->type == &conf_targets)
			*(uint16_t *)conf_field(object, k->offset) = CONF_NONE;
		else if (k->deflt)
			(void)read_value(&a, object);
	}
}

/* Reads the section's keys of this kind into the object. */
static void
read_keys(struct conf_builder *b, struct conf_sect *s, enum conf_kind kind,
    void *object)
{
	for (size_t i = 0; i < s->n; i++) {
		struct conf_line *l = &s->lines[i];
		struct conf_at a = { .b = b, .key = l->key, .value = l->value,
			.line = l->line };

		if (l->key->kind == kind)
			l->bad = !read_value(&a, object);
	}
}

/* --- sections --- */

/* The arrays of struct conf. The name is the first member of their elements. */
static const struct section {
	size_t array, count;	/* offsets in struct conf */
	size_t size, line;	/* of an element, and the offset in it */
	unsigned max;
	void (*check)(struct conf_builder *b, struct conf_sect *s, void *object);
} sections[CONF_KINDS] = {
#define SECTION(kind, array, count, max) { offsetof(struct conf, array), \
	offsetof(struct conf, count), sizeof(*((struct conf *)0)->array), \
	offsetof(__typeof__(*((struct conf *)0)->array), line), max, \
	conf_check_##kind }
	[CONF_SERVER] = SECTION(server, server, n_server, CONF_SERVERS_MAX),
	[CONF_GROUP] = SECTION(group, group, n_group, CONF_SECTIONS_MAX),
	[CONF_INTERFACE] = SECTION(interface, ifs, n_if, CONF_SECTIONS_MAX),
	[CONF_RULE] = SECTION(rule, rule, n_rule, CONF_RULES_MAX),
	[CONF_HELPER] = SECTION(helper, helper, n_helper, CONF_HELPERS_MAX),
};

static uint16_t
object_count(const struct conf *c, enum conf_kind kind)
{
	return *(const uint16_t *)conf_field(c, sections[kind].count);
}

static void *
object_at(const struct conf *c, enum conf_kind kind, uint16_t i)
{
	return (char *)conf_array(c, sections[kind].array) + i * sections[kind].size;
}

/* Adds an object with the defaults; false if there is no room. */
static bool
add_object(struct conf_builder *b, const struct conf_sect *s)
{
	const struct section *t = &sections[s->kind];
	uint16_t *n = conf_field(b->c, t->count);
	void *object;

	if (*n == t->max) {
		conf_bad_sect(b, s, "is one too many; expected at most %u [%s] sections", t->max,
		    conf_kind_words[s->kind]);
		return false;
	}
	object = conf_more(b, conf_field(b->c, t->array), *n, t->size);
	if (!object)
		return false;
	if (s->kind == CONF_INTERFACE)
		memcpy(object, &b->c->defaults, t->size);
	else
		set_defaults(b, s->kind, object);
	snprintf(object, CONF_NAME_MAX, "%s", s->name);
	*(int *)conf_field(object, t->line) = s->line;
	++*n;
	return true;
}

/* The sections of one heading get the same lines, by value: `bad' of a line is the
 * same for all of them. */
static void
share_lines(struct conf_builder *b)
{
	for (size_t i = 1; i < b->n_sect; i++)
		if (b->sect[i].same) {
			b->sect[i].n = b->sect[i - 1].n;
			b->sect[i].lines = b->sect[i - 1].lines;
		}
}

static void
check_required(struct conf_builder *b, const struct conf_sect *s)
{
	const struct conf_key *k = NULL;

	while (!s->bad && (k = conf_key_next(s->kind, k)))
		if (k->required && !conf_find(s, k->name))
			conf_bad_sect(b, s, "has no %s; see pxrelay.conf(5)", k->name);
}

/* All objects are added before any key is read, so that a group in a group is
 * distinguished from a misspelled server. */
static void
read_sections(struct conf_builder *b, enum conf_kind kind)
{
	uint16_t n = 0, k = 0;

	for (size_t i = 0; i < b->n_sect; i++)
		if (b->sect[i].kind == kind) {
			if (!add_object(b, &b->sect[i]))
				break;
			n++;
		}
	for (size_t i = 0; k < n; i++) {
		struct conf_sect *s = &b->sect[i];

		if (s->kind != kind)
			continue;
		read_keys(b, s, kind, object_at(b->c, kind, k));
		check_required(b, s);
		sections[kind].check(b, s, object_at(b->c, kind, k));
		conf_warn_section(b, s, object_at(b->c, kind, k++));
	}
}

static void
read_relay(struct conf_builder *b)
{
	struct conf *c = b->c;

	set_defaults(b, CONF_RELAY, c);
	set_defaults(b, CONF_INTERFACE, &c->defaults);
	for (size_t i = 0; i < b->n_sect; i++)
		if (b->sect[i].kind == CONF_RELAY) {
			read_keys(b, &b->sect[i], CONF_RELAY, c);
			read_keys(b, &b->sect[i], CONF_INTERFACE, &c->defaults);
			conf_warn_section(b, &b->sect[i], c);
		}
}

/* --- the whole --- */

/* The packet filter has room for CONF_ALL_PORTS_MAX ports. */
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
		conf_mistake(b, 0, "the [helper] sections have %u ports; expected at most %d", n,
		    CONF_ALL_PORTS_MAX);
}

static void
mark(const struct conf *c, bool *flags, uint16_t group)
{
	for (uint16_t i = 0; group != CONF_NONE && i < c->group[group].n; i++)
		flags[c->group[group].server[i]] = true;
}

static void
mark_classes(struct conf_builder *b)
{
	struct conf *c = b->c;
	/* one more, since malloc(0) may return NULL */
	size_t size = (c->n_server + 1u) * sizeof(bool);

	c->is_boot = conf_alloc(b, size);
	c->is_dhcp = conf_alloc(b, size);
	if (b->no_memory)
		return;
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
	size_t before;
	bool work = false;

	b->c->n_include = (uint16_t)b->n_include;
	share_lines(b);
	set_defaults(b, CONF_SERVER, &b->new_server);
	set_defaults(b, CONF_GROUP, &b->new_group);
	read_relay(b);
	read_sections(b, CONF_SERVER);
	read_sections(b, CONF_GROUP);
	read_sections(b, CONF_INTERFACE);
	before = b->n_said;
	read_sections(b, CONF_RULE);
	/* A condition that could not be read looks as if it were missing. */
	if (b->n_said == before)
		conf_check_rules(b);
	read_sections(b, CONF_HELPER);
	check_ports(b);
	conf_warn_servers(b);
	for (uint16_t i = 0; i < b->c->n_if; i++)
		work |= !b->c->ifs[i].off;
	work |= b->c->n_helper > 0;
	/* Another mistake may be the reason, so it is not reported then. */
	if (!work && b->n_said == 0)
		conf_mistake(b, 0, "nothing to do; expected at least one [interface PATTERN]");
	mark_classes(b);
}

struct conf *
conf_end(struct conf_builder *b)
{
	struct conf *c = b->c = conf_alloc(b, sizeof(*c));

	if (c)
		build(b);
	return conf_builder_end(b) ? c : conf_free(c);
}

struct conf *
conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	for (uint16_t i = 0; i < c->n_helper; i++)
		free(c->helper[i].to_if);
	for (enum conf_kind kind = CONF_SERVER; kind < CONF_KINDS; kind++) {
		const struct conf_key *k = NULL;

		while ((k = conf_key_next(kind, k)))
			for (uint16_t i = 0, n = object_count(c, kind);
			    k->type->owned && i < n; i++)
				free(conf_array(object_at(c, kind, i), k->offset));
		free(conf_array(c, sections[kind].array));
	}
	free(c->uplink);
	free(c->is_boot);
	free(c->is_dhcp);
	conf_free_warnings(c);
	free(c);
	return NULL;
}

/* --- printing --- */

/* Of [relay] only the defaults, of an interface with relay = off only that. */
static bool
is_printed(const struct conf_key *k, const struct conf_if *f, const struct conf *c)
{
	if (f == &c->defaults)
		return is_default(k);
	return !f->off || k->offset == offsetof(struct conf_if, off);
}

static void
print_keys(struct conf_out *o, enum conf_kind kind, const void *object)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(kind, k))) {
		if (kind == CONF_INTERFACE && !is_printed(k, object, o->c))
			continue;
		o->b = sbuf_init(o->line, sizeof(o->line));
		sbuf_printf(&o->b, "%s = ", k->name);
		o->items = 0;
		o->none = false;
		k->type->print(o, k, object);
		o->none |= kind == CONF_SERVER && !conf_key_fits(k, object);
		if (!o->none)
			o->out(o->user, o->line);
	}
}

static void
print_section(struct conf_out *o, enum conf_kind kind, uint16_t i)
{
	const char *name = object_at(o->c, kind, i);

	if ((kind == CONF_SERVER && o->c->server[i].implicit) ||
	    (kind == CONF_GROUP && o->c->group[i].implicit))
		return;
	o->out(o->user, "");
	o->b = sbuf_init(o->line, sizeof(o->line));
	sbuf_printf(&o->b, "[%s %s]", conf_kind_words[kind], name);
	o->out(o->user, o->line);
	print_keys(o, kind, name);
}

void
conf_print(const struct conf *c, void (*out)(void *user, const char *line),
    void *user)
{
	struct conf_out o = { .out = out, .user = user, .c = c };

	out(user, "[relay]");
	print_keys(&o, CONF_RELAY, c);
	print_keys(&o, CONF_INTERFACE, &c->defaults);
	for (enum conf_kind kind = CONF_SERVER; kind < CONF_KINDS; kind++)
		for (uint16_t i = 0; i < object_count(c, kind); i++)
			print_section(&o, kind, i);
}
