/* SPDX-License-Identifier: ISC
 *
 * What the files conf*.c share: the builder, the place of a value in its file,
 * and the parsers of values. Nobody else includes this but their test.
 *
 * conf_section() and conf_key() only write down what they are told; conf_end()
 * reads it in the order in which things depend on each other ([relay] gives the
 * defaults of interfaces that may stand above it in the file) and reports the
 * mistakes in the order of lines.
 */
#ifndef CORE_CONF_PRIVATE_H
#define CORE_CONF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/conf/conf.h"

/* Bounds for what a file may hold, far above any real one, so that every index
 * fits its uint16_t and no file takes seconds to check. */
#define CONF_SECTIONS_MAX	16384
#define CONF_ITEMS_MAX		4096
#define CONF_MISTAKES_MAX	1000

enum conf_kind { CONF_RELAY, CONF_SERVER, CONF_GROUP, CONF_INTERFACE, CONF_RULE,
	CONF_HELPER };

struct conf_line {
	char *key;
	char *value;		/* trimmed; '\n' for each line that was joined */
	int line;
};

struct conf_sect {
	enum conf_kind kind;
	char *name;
	int line;
	bool bad;		/* its heading is a mistake, its keys are still read */
	size_t n;
	struct conf_line *lines;
};

struct conf_said {
	int line;
	char *text;
};

struct conf_builder {
	conf_mistake_fn *mistake;
	void *user;
	void *(*alloc)(void *p, size_t size);	/* as realloc() */
	bool no_memory;
	bool skip;		/* keys of an unknown section say nothing new */
	bool servers_full;	/* which was said */
	size_t n_sect, n_said;
	struct conf_sect *sect;
	struct conf_said *said;
	struct conf *c;		/* while conf_end() works on it */
};

/* As conf_begin(), with memory from elsewhere: alloc is called like realloc(), and
 * what it gives is returned by free(). */
struct conf_builder *conf_begin_with(void *(*alloc)(void *p, size_t size),
    conf_mistake_fn *mistake, void *user);

/* Room, zeroed, for element n of *array (a pointer to elements of this size), which
 * has grown through this function only; NULL when memory is short. */
void *conf_more(struct conf_builder *b, void *array, size_t n, size_t size);

/* One key and its value, while it is read. */
struct conf_at {
	struct conf_builder *b;
	const char *key;
	const char *value;
	int line;
};

/* "key = value: ..." */
void conf_bad(const struct conf_at *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same about one item of a list, on its line. */
void conf_bad_item(const struct conf_at *a, int line, const char *item,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A section that is wrong as a whole. */
void conf_bad_sect(struct conf_builder *b, const struct conf_sect *s,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* How the keys of a section are read. */
struct conf_setter {
	const char *key;
	void (*set)(const struct conf_at *a, void *object);
};
void conf_apply(struct conf_builder *b, const struct conf_sect *s,
    const struct conf_setter *table, void *object);
const struct conf_line *conf_find(const struct conf_sect *s, const char *key);

/* --- values (conf_value.c); each reports what is wrong and returns false --- */

bool conf_onoff(const struct conf_at *a, bool *out);
bool conf_number(const struct conf_at *a, uint32_t min, uint32_t max, uint32_t *out);
bool conf_rate_value(const struct conf_at *a, struct conf_rate *out);
/* A time with its unit, min to max milliseconds; "off" is 0 where it is allowed. */
bool conf_time(const struct conf_at *a, uint32_t min, uint32_t max, bool off, uint32_t *out);
/* It written as conf_time() reads it, in whole hours, seconds or milliseconds. */
#define CONF_TIME_STRLEN 16
char *conf_time_text(uint32_t ms, char buf[CONF_TIME_STRLEN]);
/* The index of the value in words (NULL behind the last one), or -1. */
int conf_word(const struct conf_at *a, const char *const *words);
/* A unicast host address; `also` names the words that would be right too. */
bool conf_host(const struct conf_at *a, const char *also, struct ip4 *out);
/* A text of less than size bytes on one line. */
bool conf_text(const struct conf_at *a, char *out, size_t size);
/* Bytes of "hex:..."; the number of them, 0 after a mistake. */
size_t conf_hex(const struct conf_at *a, const char *digits, uint8_t *out, size_t size);
/* The number of bytes that hex digits stand for (pairs, also with ':' between them),
 * written to out when it is not NULL; 0 when they are none. */
size_t conf_hex_bytes(const char *digits, uint8_t *out, size_t size);
/* Says what is wrong with a name, or NULL. */
const char *conf_name_fault(const char *name);
/* Says what is wrong with a pattern for interface names, or NULL. */
const char *conf_pattern_fault(const char *pattern);

/* Does the text stand in quotes, as strings do elsewhere? */
bool conf_quoted(const char *s, size_t len);

/* Walks a list: items between commas and newlines, trimmed, each with its line. */
struct conf_list {
	const struct conf_at *a;
	const char *p;		/* what is left, NULL at the end */
	int line;		/* of the item that was returned last */
	int next_line;
	bool comma;		/* an item must follow */
	size_t n;		/* items so far */
	char item[CONF_TEXT_MAX];
};
struct conf_list conf_list(const struct conf_at *a);
/* false at the end; empty and overlong items, and a list without any, are reported. */
bool conf_list_next(struct conf_list *l);

/* Looks for the word that a mistyped one was meant to be. */
struct conf_near {
	const char *word;
	const char *best;	/* NULL when none is near */
	size_t distance;
};
struct conf_near conf_near(const char *word);
void conf_near_add(struct conf_near *n, const char *candidate);
/* ", did you mean "x"?", or "": printed into buf, which it returns */
char *conf_near_text(const struct conf_near *n, char *buf, size_t size);

/* Text with what a terminal should not see escaped, cut to size. Returns buf. */
char *conf_show(const char *text, char *buf, size_t size);
#define CONF_SHOW_MAX 80

/* --- parts of conf_end() --- */

/* conf_ifopts.c: keys of [interface] that [relay] has too */
extern const struct conf_setter conf_if_setters[];
void conf_if_defaults(struct conf_if_opts *o);
/* The most bytes that the options can make of option 82's value; ifname may be NULL
 * for "any", host may be "" for "any". */
size_t conf_if_rai_max(const struct conf_if_opts *o, const char *ifname, const char *host);

/* conf_relay.c: the defaults, then what [relay] says */
void conf_read_relay(struct conf_builder *b);

/* conf_probe.c: keys of [server] about health */
extern const struct conf_setter conf_health_setters[];
void conf_health_defaults(struct conf_server *s);
/* Fills in what depends on other keys, and reports keys that contradict. */
void conf_health_check(struct conf_builder *b, const struct conf_sect *sect,
    struct conf_server *s);
bool conf_health_eq(const struct conf_server *a, const struct conf_server *b);

/* conf_server.c */
void conf_read_servers(struct conf_builder *b);
void conf_read_groups(struct conf_builder *b);
/* The group that a list of groups, servers and addresses stands for; CONF_NONE after a
 * mistake. */
uint16_t conf_group_list(const struct conf_at *a);
const struct conf_server *conf_server_find(const struct conf *c, const char *name);
const struct conf_group *conf_group_find(const struct conf *c, const char *name);
/* Reports an item that should have been a group, a server or an address. */
void conf_bad_server(const struct conf_at *a, int line, const char *item, bool groups);

/* conf_rule.c, conf_helper.c */
void conf_read_rules(struct conf_builder *b);
void conf_read_helpers(struct conf_builder *b);
/* Does every name that matches pattern l match pattern e, too? Only said when certain. */
bool conf_pattern_covers(const char *e, const char *l);
/* Copies an item that is an interface pattern behind the n others; false after a
 * mistake. */
bool conf_add_pattern(const struct conf_list *l, char (**array)[CONF_NAME_MAX], uint16_t *n);

#endif
