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
/* `show WHAT`. */
bool render_list(const json_t *doc, const char *what, FILE *out, bool colour);

/* Prints untrusted text of any length, escaped. */
void render_esc(FILE *out, const char *text, size_t len);
void render_str(FILE *out, const char *text);
/* Prints it indented and in ASCII: a name may contain U+009B, which begins a control
 * sequence on some terminals. */
void render_json(const json_t *doc, FILE *out);
/* Returns an object's string; "" if it has none of that name. */
const char *render_word(const json_t *object, const char *key);
/* Prints "95 s" or "3 h", always in one unit. */
void render_duration(FILE *out, int64_t seconds);

#endif
