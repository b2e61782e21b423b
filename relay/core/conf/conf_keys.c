/* SPDX-License-Identifier: ISC
 *
 * conf_keys - the table of keys, and what is done by it: defaults, reading, printing. The
 * canonical form has every section and every key with its effective value, in one order and
 * one spelling: reading it gives the same configuration again.
 */
#include "core/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

const char *const conf_log_words[] = { "stderr", "syslog", "journal", NULL };

#define OF_relay	struct conf
#define OF_server	struct conf_server
#define OF_group	struct conf_group
#define OF_interface	struct conf_if
#define OF_rule		struct conf_rule
#define OF_helper	struct conf_helper
enum { KIND_relay = CONF_RELAY, KIND_server = CONF_SERVER, KIND_group = CONF_GROUP,
	KIND_interface = CONF_INTERFACE, KIND_rule = CONF_RULE, KIND_helper = CONF_HELPER };

#define TYPE(name)		.type = &conf_##name
#define ARRAY(...)		.words = (const char *const[]){ __VA_ARGS__, NULL }
#define WORDS(...)		TYPE(word), ARRAY(__VA_ARGS__)
#define WORDS_OF(array)		TYPE(word), .words = array
#define ACTIVE_GIADDR(...)	TYPE(active_giaddr), ARRAY(__VA_ARGS__)
#define ONOFF			WORDS("off", "on")
#define NUMBER(least, most)	TYPE(number), .min = least, .max = most
#define TIME(least, most)	TYPE(time), .min = least, .max = most
#define TIME_OR_OFF(least, most) TIME(least, most), .off = true
/* Words, or an address, which is in that field of struct conf_if. */
#define CHOICE(before, address, ...) WORDS(__VA_ARGS__), .prefix = before, \
	.also = offsetof(struct conf_if, address)
#define REQUIRED		NULL, .required = true
#define LIST(name, section, count) TYPE(name), .also = offsetof(OF_##section, count)

static const struct conf_key keys[] = {
#define KEY(section, key, typed, field, initial, text) { .kind = (enum conf_kind)KIND_##section, \
	.name = key, .deflt = initial, .sentence = text, .offset = offsetof(OF_##section, field), \
	.size = sizeof(((OF_##section *)0)->field), typed },
#include "core/conf/confkey.def"
#undef KEY
};

/* The keys of [interface] may be in [relay], too, but for those that name servers: it gives
 * defaults for what an interface sends, not for where it sends it. */
static bool
fits(enum conf_kind kind, const struct conf_key *k)
{
	return k->kind == kind || (kind == CONF_RELAY && k->kind == CONF_INTERFACE &&
	    k->type != &conf_targets);
}

const struct conf_key *
conf_key_next(enum conf_kind kind, const struct conf_key *k)
{
	for (k = k ? k + 1 : keys; k < keys + sizeof(keys) / sizeof(keys[0]); k++)
		if (fits(kind, k))
			return k;
	return NULL;
}

const struct conf_key *
conf_key_find(enum conf_kind kind, const char *name)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(kind, k)))
		if (strcmp(k->name, name) == 0)
			break;
	return k;
}

const struct conf_line *
conf_find(const struct conf_sect *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->lines[i].key->name, key) == 0)
			return &s->lines[i];
	return NULL;
}

/* --- reading --- */

static bool
read_value(const struct conf_at *a, void *object)
{
	const struct conf_key *k = a->key;

	if (a->value[0] == '\0') {
		conf_mistake(a->b, a->line, "%s has no value (%s)", k->name, k->sentence);
		return false;
	}
	if (!k->type->list && strchr(a->value, '\n')) {
		conf_mistake(a->b, a->line, "%s takes one value; the next line continues it "
		    "because it is indented deeper", k->name);
		return false;
	}
	return k->type->read(a, object);
}

void
conf_defaults(struct conf_builder *b, enum conf_kind kind, void *object)
{
	for (const struct conf_key *k = conf_key_next(kind, NULL); k; k = conf_key_next(kind, k)) {
		struct conf_at a = { .b = b, .key = k, .value = k->deflt };

		if (k->kind != kind)
			continue;
		if (k->type == &conf_targets)
			*(uint16_t *)conf_field(object, k->offset) = CONF_NONE;
		else if (k->deflt)
			(void)read_value(&a, object);
	}
}

void
conf_apply(struct conf_builder *b, struct conf_sect *s, enum conf_kind kind, void *object)
{
	for (size_t i = 0; i < s->n; i++) {
		struct conf_line *l = &s->lines[i];
		struct conf_at a = { .b = b, .key = l->key, .value = l->value, .line = l->line };

		if (l->key->kind == kind)
			l->bad = !read_value(&a, object);
	}
}

void
conf_release(enum conf_kind kind, void *object)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(kind, k)))
		if (k->type->owned)
			free(conf_array(object, k->offset));
}

/* --- printing --- */

static void
print_keys(struct conf_out *o, enum conf_kind kind, const void *object)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(kind, k))) {
		if (k->kind != kind)
			continue;
		o->b = sbuf_init(o->line, sizeof(o->line));
		sbuf_printf(&o->b, "%s = ", k->name);
		o->items = 0;
		o->none = false;
		k->type->print(o, k, object);
		if (!o->none)
			o->out(o->user, o->line);
	}
}

static void
print_section(struct conf_out *o, enum conf_kind kind, const char *name, const void *object)
{
	o->out(o->user, "");
	o->b = sbuf_init(o->line, sizeof(o->line));
	sbuf_printf(&o->b, "[%s %s]", conf_kind_words[kind], name);
	o->out(o->user, o->line);
	print_keys(o, kind, object);
}

void
conf_print(const struct conf *c, void (*out)(void *user, const char *line), void *user)
{
	struct conf_out o = { .out = out, .user = user, .c = c };

	out(user, "[relay]");
	print_keys(&o, CONF_RELAY, c);
	print_keys(&o, CONF_INTERFACE, &c->defaults);
	for (uint16_t i = 0; i < c->n_server; i++)
		if (!c->server[i].implicit)
			print_section(&o, CONF_SERVER, c->server[i].name, &c->server[i]);
	for (uint16_t i = 0; i < c->n_group; i++)
		if (!c->group[i].implicit)
			print_section(&o, CONF_GROUP, c->group[i].name, &c->group[i]);
	for (uint16_t i = 0; i < c->n_if; i++)
		print_section(&o, CONF_INTERFACE, c->ifs[i].pattern, &c->ifs[i]);
	for (uint16_t i = 0; i < c->n_rule; i++)
		print_section(&o, CONF_RULE, c->rule[i].name, &c->rule[i]);
	for (uint16_t i = 0; i < c->n_helper; i++)
		print_section(&o, CONF_HELPER, c->helper[i].name, &c->helper[i]);
}
