/* SPDX-License-Identifier: ISC
 *
 * render - prints a daemon's document for a person.
 *
 * Names, addresses and words in a document may be any text (interfaces and servers
 * are named by whoever creates or configures them), so all of it is escaped. A field
 * that a daemon of another version does not send is shown as "-".
 */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

struct sbuf;

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* Exit statuses of pxrelayctl. FAILED: no daemon, an error, or a boot that
 * failed. */
enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

/* false, with nothing printed: the document does not match this command. */
typedef bool render_fn(const json_t *doc, FILE *out, bool colour);

render_fn render_summary;
render_fn render_explain;	/* in ladder.c */
render_fn render_version;
render_fn render_reload;
render_fn render_server;	/* drain, enable */
render_fn render_which;		/* in render_which.c */
render_fn render_config;
/* Is a row of a list in trouble: a boot that failed, an interface or a server that does
 * not work for one of its families? */
bool render_is_bad(const json_t *row);
/* `show WHAT`. */
bool render_list(const json_t *doc, const char *what, FILE *out, bool colour);

/* Print untrusted text of any length, escaped; a newline that ends fmt is not. */
void render_esc(FILE *out, const char *text, size_t len);
void render_printf(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints it indented and in ASCII: a name may contain U+009B, which begins a control
 * sequence on some terminals. */
void render_json(const json_t *doc, FILE *out);
/* Returns an object's string; "" if it has none of that name. */
const char *render_word(const json_t *object, const char *key);
/* The same; "-" if it is empty. */
const char *render_known(const json_t *object, const char *key);
/* The name of its server, or else the address, or "". */
const char *render_server_of(const json_t *object);
json_int_t render_number(const json_t *object, const char *key);
/* A row of `ports': "UDP 67 of 192.0.2.1 and 3 more". */
void render_port(struct sbuf *b, const json_t *row);
/* "95 s" or "3 h", always in one unit. Returns buf. */
#define DURATION_STRLEN 24
const char *render_duration(int64_t seconds, char buf[DURATION_STRLEN]);

#endif
