/* SPDX-License-Identifier: ISC
 *
 * conf_private - what the files of core/conf share: the builder, the rows of
 * confkey.def and the types of their values.
 */
#ifndef CORE_CONF_CONF_PRIVATE_H
#define CORE_CONF_CONF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/conf/conf.h"

/* Far above any real file. They keep every index within uint16_t and the time
 * to check a file within a second. */
#define CONF_SECTIONS_MAX	16384
#define CONF_ITEMS_MAX		4096
#define CONF_MISTAKES_MAX	1000
#define CONF_WARNINGS_MAX	100

enum conf_kind { CONF_RELAY, CONF_SERVER, CONF_GROUP, CONF_INTERFACE, CONF_RULE,
	CONF_HELPER, CONF_KINDS };
extern const char *const conf_kind_words[CONF_KINDS];

/* --- the builder and mistakes (conf_builder.c) --- */

struct conf_line {
	const struct conf_key *key;
	char *value;		/* trimmed; '\n' at each end of a line */
	int line;
	bool bad;		/* a mistake in the value was reported */
};

struct conf_sect {
	enum conf_kind kind;
	char *name;
	int line;
	bool bad;		/* the heading is wrong; keys are read */
	bool same;		/* has the lines of the section before it */
	size_t n;
	struct conf_line *lines;
};

/* The name of an included file, or the pattern of an include. */
struct conf_named {
	int line;		/* the one before its first, or that of the item */
	char *name;
};

struct conf_builder {
	conf_mistake_fn *mistake;
	void *user;
	void *(*alloc)(void *p, size_t size);
	bool no_memory;
	bool skip;		/* in an unknown section: ignore its keys */
	bool no_section;	/* the file has none so far */
	bool servers_full;	/* already reported */
	size_t n_sect, n_said;
	struct conf_sect *sect;
	struct conf_said *said;	/* the mistakes so far */
	size_t n_file, n_include;
	struct conf_named *file, *include;
	size_t n_warning;
	struct conf_warning *warning;
	struct conf *c;		/* set by conf_end() */
	struct conf_server new_server;	/* defaults of implicit servers ... */
	struct conf_group new_group;	/* ... and groups */
};

/* Allocate zeroed memory, copy a string, and return element n, zeroed, of
 * *array (a pointer to elements of this size that only this function grows).
 * NULL: out of memory, and b->no_memory is set. */
void *conf_alloc(struct conf_builder *b, size_t size);
char *conf_copy(struct conf_builder *b, const char *s, size_t len);
void *conf_more(struct conf_builder *b, void *array, size_t n, size_t size);

/* A value to be read, and its place in the file. */
struct conf_at {
	struct conf_builder *b;
	const struct conf_key *key;
	const char *value;
	int line;
	bool item;		/* it is one item of a list ... */
	int key_line;		/* ... with its key in this line ... */
	int first_line;		/* ... and its first item in this one */
};

/* Reports "key = value: ..." or "key: "item": ..."; returns false. */
bool conf_bad(const struct conf_at *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports "[kind name] ...". */
void conf_bad_sect(struct conf_builder *b, const struct conf_sect *s,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Reports the mistakes and frees the builder. True if there were none. */
bool conf_builder_end(struct conf_builder *b);
/* Writes where a line is, for a mistake in line `from`: "line 7", or "line 7 of
 * FILE" if that is another file. Returns buf. */
#define CONF_PLACE_MAX 320
char *conf_place(const struct conf_builder *b, int line, int from,
    char buf[CONF_PLACE_MAX]);
/* The number before the first line of the file that is being read. */
int conf_file_line(const struct conf_builder *b);

void conf_free_warnings(struct conf *c);

/* Finds the known word that was mistyped. */
struct conf_near {
	const char *word;
	const char *best;	/* NULL: none is close */
	char text[CONF_NAME_MAX + 20];
};
void conf_near_add(struct conf_near *n, const char *candidate);
/* Returns "; did you mean "x"?", or "". */
const char *conf_near_text(struct conf_near *n);
/* Escapes and shortens text for a message. Returns buf. */
#define CONF_SHOW_MAX 80
char *conf_show(const char *text, char buf[CONF_SHOW_MAX]);

bool conf_quoted(const char *s, size_t len);
/* What is wrong with a value or an item, with the name of a section, and (in
 * conf_match.c) with an interface pattern and a format string; NULL: nothing. */
const char *conf_text_fault(const char *s, size_t len);
const char *conf_name_fault(const char *name);
const char *conf_pattern_fault(const char *pattern);
const char *conf_format_fault(const char *format);

/* --- keys and their types --- */

/* A line that conf_print() is writing. */
struct conf_out {
	void (*out)(void *user, const char *line);
	void *user;
	const struct conf *c;
	struct sbuf b;
	unsigned items;		/* of a list, written so far */
	bool none;		/* the line is to be left out */
	char line[640];		/* holds CONF_PROBES_MAX probes */
};

struct conf_type {
	/* Reads a->value into the struct of the section; false after a mistake.
	 * The value is not empty, and only that of a list has several lines. */
	bool (*read)(const struct conf_at *a, void *object);
	/* Prints the value after "key = ", or sets o->none. */
	void (*print)(struct conf_out *o, const struct conf_key *k,
	    const void *object);
	/* Returns what is wrong with a text, or NULL. */
	const char *(*fault)(const char *value);
	/* Lists: reads the item a->value. */
	bool (*item)(const struct conf_at *a, void *object);
	/* Lists: returns element i as text, which may be in buf. */
	const char *(*text)(const void *array, unsigned i,
	    char buf[CONF_PROBE_STRLEN]);
	/* Does element a of a rule's condition match everything that b matches?
	 * May return false if unsure. NULL: only if they are equal. */
	bool (*covers)(const void *a, const void *b);
	/* Bits: returns the word of a bit, or NULL; the words to suggest. */
	const char *(*word)(unsigned bit);
	const char *expected;
	size_t size;		/* of an element */
	bool list;		/* items on one or more lines */
	bool owned;		/* the field points to a heap array */
};

/* The addresses of servers that have a key. */
enum conf_only { CONF_ONLY_ALL, CONF_ONLY_IPV4, CONF_ONLY_IPV6, CONF_ONLY_MULTICAST };

/* A row of confkey.def. */
struct conf_key {
	enum conf_kind kind;
	const char *name, *deflt;
	size_t offset, size;	/* of the field */
	const struct conf_type *type;
	/* parameters of the type */
	const char *const *words;	/* of 0, 1, ...; "": not printed */
	uint8_t version;	/* of an address instead of a word; 0: words only */
	uint32_t min, max;
	bool off;		/* "off" is 0 */
	bool required;
	enum conf_only only;
	const char *with[2];	/* no effect if these keys are none, off or all */
	size_t also;		/* offset of a list's count or of another field */
};

/* Does a server with this address have the key? */
bool conf_key_fits(const struct conf_key *k, const struct conf_server *s);
/* Returns the key that a section of this kind may have, or NULL. */
const struct conf_key *conf_key_by_name(enum conf_kind kind, const char *name);
/* Returns the key after k (NULL: the first) of this kind; NULL at the end. */
const struct conf_key *conf_key_next(enum conf_kind kind, const struct conf_key *k);
/* Finds the line with this key, or NULL. */
const struct conf_line *conf_find(const struct conf_sect *s, const char *key);

static inline void *
conf_field(const void *object, size_t offset)
{
	return (char *)(uintptr_t)object + offset;
}

/* The pointer of any type that is stored at this offset. */
static inline void *
conf_array(const void *object, size_t offset)
{
	void *p;

	memcpy(&p, conf_field(object, offset), sizeof(p));
	return p;
}

/* --- single values (conf_value.c) --- */

extern const struct conf_type conf_word, conf_active_giaddr, conf_number, conf_time,
    conf_rate, conf_host, conf_multicast, conf_path, conf_metrics, conf_host_name,
    conf_format, conf_active_type, conf_vendor, conf_relay_id, conf_duid, conf_vss,
    conf_source;

/* Reads a whole number; false after a mistake. */
bool conf_number_value(const struct conf_at *a, uint32_t min, uint32_t max,
    uint32_t *out);
/* Reads digits up to max; *end is what follows. false: none, or too large. */
bool conf_digits(const char *s, uint32_t max, uint32_t *out, const char **end);
#define CONF_HOST_EXAMPLE "an IPv4 host address like 192.0.2.10"
#define CONF_SERVER_EXAMPLE "an IPv4 or IPv6 address like 192.0.2.10 or 2001:db8::10"
/* Reads the address and zone of a server. Returns what is wrong with them, "" if
 * s is no address, or NULL. */
const char *conf_server_fault(const char *s, struct conf_server *out);
bool conf_server_eq(const struct conf_server *a, const struct conf_server *b);
/* "; host names are not looked up" if the value looks like one, or "". */
const char *conf_host_hint(const char *value);

/* --- lists (conf_list.c, conf_server.c) --- */

extern const struct conf_type conf_includes, conf_texts, conf_globs, conf_patterns,
    conf_macs, conf_uuids, conf_nets, conf_relays, conf_answers, conf_archs,
    conf_families, conf_protocols, conf_messages, conf_ports, conf_probes,
    conf_members, conf_targets, conf_to;

/* The bits of a condition: messages of DHCPv4 (or all of another key), of DHCPv6. */
void conf_bits(const struct conf_key *k, const void *object, uint64_t bits[2]);
/* For types with an `item` (read) and a `text` (print). */
bool conf_read_list(const struct conf_at *a, void *object);
void conf_print_list(struct conf_out *o, const struct conf_key *k,
    const void *object);
/* Appends an element to the key's array; false if out of memory. */
bool conf_append(const struct conf_at *a, void *object, const void *element);
/* Prints an item, on a new line if this one is full. */
void conf_out_item(struct conf_out *o, const char *item);

/* --- sections as a whole (conf_check.c) --- */

void conf_check_server(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_group(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_interface(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_rule(struct conf_builder *b, struct conf_sect *s, void *object);
void conf_check_helper(struct conf_builder *b, struct conf_sect *s, void *object);
/* Reports rules that can never match. */
void conf_check_rules(struct conf_builder *b);

/* --- warnings (conf_warn.c) --- */

/* Warns of keys of the section without effect, and of patterns. */
void conf_warn_section(struct conf_builder *b, const struct conf_sect *s,
    const void *object);

/* Warns of servers that no other host can be. */
void conf_warn_servers(struct conf_builder *b);

/* --- patterns and format strings (conf_match.c) --- */

/* The length of the first item of a list of patterns: a comma in a class is no
 * separator. */
size_t conf_pattern_len(const char *list);

/* Decodes pairs of hex digits, optionally separated by ':', into out unless it
 * is NULL. Returns the number of bytes; 0: malformed, or more than size. */
size_t conf_hex_bytes(const char *digits, uint8_t *out, size_t size);
/* The longest option 82 on this interface (NULL: any) and host ("": any). */
size_t conf_rai_max(const struct conf_if_opts *o, const char *ifname,
    const char *host);
/* Does the format expand to CONF_VALUE6_MAX bytes at most there? */
bool conf_format_fits6(const char *format, const char *ifname, const char *host);
/* Does pattern a match all names that b matches? May be false if unsure. */
bool conf_pattern_covers(const void *a, const void *b);

#endif
