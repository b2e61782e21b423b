/* SPDX-License-Identifier: ISC
 *
 * What the files of core/conf share: the builder, the rows of confkey.def and the types of
 * their values. Only they and their test include this.
 *
 * conf_section() and conf_key() only take notes. conf_end() reads them in the order in which
 * things depend on each other ([relay] gives the defaults of interfaces, even of those above
 * it in the file) and reports the mistakes in the order of lines.
 */
#ifndef CORE_CONF_PRIVATE_H
#define CORE_CONF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/conf/conf.h"

/* Bounds far above any real file, so that every index fits its uint16_t and no file takes
 * seconds to check. */
#define CONF_SECTIONS_MAX	16384
#define CONF_ITEMS_MAX		4096
#define CONF_MISTAKES_MAX	1000

enum conf_kind { CONF_RELAY, CONF_SERVER, CONF_GROUP, CONF_INTERFACE, CONF_RULE, CONF_HELPER,
	CONF_KINDS };
extern const char *const conf_kind_words[CONF_KINDS];

/* --- the builder and mistakes (conf_builder.c) --- */

struct conf_line {
	const struct conf_key *key;
	char *value;		/* trimmed; '\n' for each line that was joined */
	int line;
	bool bad;		/* its value is a mistake, which was reported */
};

struct conf_sect {
	enum conf_kind kind;
	char *name;
	int line;
	bool bad;		/* its heading is a mistake; its keys are read nevertheless */
	size_t n;
	struct conf_line *lines;
};

struct conf_builder {
	conf_mistake_fn *mistake;
	void *user;
	void *(*alloc)(void *p, size_t size);
	bool no_memory;
	bool skip;		/* keys of an unknown section are not reported */
	bool servers_full;	/* reported once */
	size_t n_sect, n_said;
	struct conf_sect *sect;
	struct conf_said *said;	/* the mistakes so far */
	struct conf *c;		/* while conf_end() works on it */
	struct conf_server new_server;	/* the defaults of a server ... */
	struct conf_group new_group;	/* ... and of a group that are not sections */
};

/* Memory, or NULL and b->no_memory: zeroed; a copy of a string; zeroed room for element n of
 * *array (a pointer to elements of this size), which has grown only by this function. */
void *conf_alloc(struct conf_builder *b, size_t size);
char *conf_copy(struct conf_builder *b, const char *s, size_t len);
void *conf_more(struct conf_builder *b, void *array, size_t n, size_t size);

/* A value with its place in the file, while it is read. */
struct conf_at {
	struct conf_builder *b;
	const struct conf_key *key;
	const char *value;
	int line;
	bool item;		/* the value is one item of a list ... */
	int key_line;		/* ... whose key is in this line */
};

/* Report "key = value: ..." or "key: "item": ...", and return false. */
bool conf_bad(const struct conf_at *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports "[kind name] ...". */
void conf_bad_sect(struct conf_builder *b, const struct conf_sect *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports the mistakes by line and frees the builder. Returns whether there were none. */
bool conf_builder_end(struct conf_builder *b);

/* Finds the word that a mistyped one was meant to be. */
struct conf_near {
	const char *word;
	const char *best;	/* NULL when none is near */
	size_t distance;
	char text[CONF_NAME_MAX + 20];
};
struct conf_near conf_near(const char *word);
void conf_near_add(struct conf_near *n, const char *candidate);
/* "; did you mean "x"?", or "". */
const char *conf_near_text(struct conf_near *n);
/* Text for a message, escaped and cut. Returns buf. */
#define CONF_SHOW_MAX 80
char *conf_show(const char *text, char buf[CONF_SHOW_MAX]);

/* Is the text in quotes, as strings are in other files? */
bool conf_quoted(const char *s, size_t len);
/* What is wrong with a value or an item, the name of a section, a pattern for interface names
 * or a format string (both in conf_match.c); NULL: nothing. */
const char *conf_text_fault(const char *s, size_t len);
const char *conf_name_fault(const char *name);
const char *conf_pattern_fault(const char *pattern);
const char *conf_format_fault(const char *format);

/* --- keys and their types --- */

/* A line of conf_print(), while it is written. */
struct conf_out {
	void (*out)(void *user, const char *line);
	void *user;
	const struct conf *c;
	struct sbuf b;
	unsigned items;		/* of a list, so far */
	bool none;		/* nothing to write after all */
	char line[640];		/* holds CONF_PROBES_MAX probes; lists go on in a new line */
};

struct conf_type {
	/* Reads a->value into the object, the struct of the section; false after a mistake.
	 * The value is not empty and, except for a list, on one line. */
	bool (*read)(const struct conf_at *a, void *object);
	/* Writes the value after "key = ", or sets o->none. */
	void (*print)(struct conf_out *o, const struct conf_key *k, const void *object);
	/* What is wrong with a text, or NULL. */
	const char *(*fault)(const char *value);
	/* Lists: reads an item, in a->value. */
	bool (*item)(const struct conf_at *a, void *object);
	/* Element i as text, in buf or not. */
	const char *(*text)(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN]);
	/* In a rule: does element a match whatever b matches? Only true when it is certain.
	 * NULL: when they are equal. */
	bool (*covers)(const void *a, const void *b);
	/* The word of a bit, or NULL, and the usual ones. */
	const char *(*word)(unsigned bit);
	const char *expected;
	size_t size;		/* of an element */
	bool list;		/* of items, on one line or several */
	bool owned;		/* the field points to the elements, on the heap */
};

/* A row of confkey.def. */
struct conf_key {
	enum conf_kind kind;
	const char *name, *deflt, *sentence;
	size_t offset, size;	/* of the field */
	const struct conf_type *type;
	/* parameters of its type */
	const char *const *words;	/* of the values 0, 1, ...; "" is never written */
	const char *prefix;	/* of an address, the value after those; NULL: none */
	uint32_t min, max;
	bool off;		/* "off" is 0 */
	bool required;
	size_t also;		/* offset of a list's count, or of that address */
};

/* The keys of a section of this kind in order: the one after k (NULL: the first), NULL at
 * the end. */
const struct conf_key *conf_key_next(enum conf_kind kind, const struct conf_key *k);
/* The line of the section with this key, or NULL. */
const struct conf_line *conf_find(const struct conf_sect *s, const char *key);

static inline void *
conf_field(const void *object, size_t offset)
{
	return (char *)(uintptr_t)object + offset;
}

/* The pointer to an array, of whatever type, at this offset. */
static inline void *
conf_array(const void *object, size_t offset)
{
	void *p;

	memcpy(&p, conf_field(object, offset), sizeof(p));
	return p;
}

/* --- single values (conf_value.c) --- */

extern const struct conf_type conf_word, conf_active_giaddr, conf_number, conf_time, conf_rate,
    conf_host, conf_multicast, conf_path, conf_metrics, conf_host_name, conf_format,
    conf_vendor, conf_relay_id, conf_vss;

/* The whole number in the value, or false, which was reported. */
bool conf_number_value(const struct conf_at *a, uint32_t min, uint32_t max, uint32_t *out);
/* Decimal digits up to max; *end is what follows. false: none, or too large. */
bool conf_digits(const char *s, uint32_t max, uint32_t *out, const char **end);
#define CONF_HOST_EXAMPLE "an IPv4 host address like 192.0.2.10"
/* The address of a host, as the example says. */
bool conf_host_parse(const char *s, struct ip4 *out);
/* "; host names are not looked up" when the value could be one, or "". */
const char *conf_host_hint(const char *value);

/* --- lists (conf_list.c, conf_server.c) --- */

extern const struct conf_type conf_texts, conf_globs, conf_patterns, conf_macs, conf_uuids,
    conf_nets, conf_archs, conf_families, conf_messages, conf_ports, conf_probes, conf_members,
    conf_targets, conf_to;

/* Walks a list: items between commas and newlines, trimmed, each with its line. */
struct conf_list {
	struct conf_at at;	/* the item that was returned last */
	const char *p;		/* what is left, NULL at the end */
	int next_line;
	bool comma;		/* an item must follow */
	size_t n;		/* items so far */
	char text[CONF_TEXT_MAX];
};
struct conf_list conf_list(const struct conf_at *a);
/* false at the end; empty and overlong items, and an empty list, are reported. */
bool conf_list_next(struct conf_list *l);
/* The `read` and `print` of lists that have an `item` and a `text`. */
bool conf_read_list(const struct conf_at *a, void *object);
void conf_print_list(struct conf_out *o, const struct conf_key *k, const void *object);
/* Adds an element to the array of the key; false when memory is short. */
bool conf_append(const struct conf_at *a, void *object, const void *element);
/* Writes an item, in the next line when this one has enough. */
void conf_out_item(struct conf_out *o, const char *item);

/* --- sections as a whole (conf_check.c) --- */

void conf_check_server(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_group(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_interface(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_rule(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_helper(struct conf_builder *b, struct conf_sect *s, void *object);
/* Reports rules that an earlier one covers. */
void conf_check_rules(struct conf_builder *b);

/* --- patterns and format strings (conf_match.c) --- */

/* The number of bytes that hex digits stand for (pairs, optionally with ':' between them),
 * written to out unless it is NULL; 0 when they are malformed or more than size. */
size_t conf_hex_bytes(const char *digits, uint8_t *out, size_t size);
/* The most bytes that the options can make of option 82's value; ifname may be NULL for
 * "any", host may be "" for "any". */
size_t conf_rai_max(const struct conf_if_opts *o, const char *ifname, const char *host);
/* Does every name that matches pattern b match pattern a? Only true when it is certain. */
bool conf_pattern_covers(const void *a, const void *b);

#endif
