/* SPDX-License-Identifier: ISC
 *
 * render - a daemon's document as a person reads it.
 *
 * Names, addresses and words in a document may be any text (whoever may create a VLAN
 * names it, the author of the configuration names servers); all of it is escaped. A field that a
 * daemon of another version does not send is shown as "-".
 */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* false, with nothing printed: the document does not answer this command. */
typedef bool render_fn(const json_t *doc, FILE *out, bool colour);

render_fn render_summary;
render_fn render_explain;	/* in ladder.c */
render_fn render_version;
render_fn render_reload;
render_fn render_server;	/* drain, enable */
/* `show WHAT`. */
bool render_list(const json_t *doc, const char *what, FILE *out, bool colour);

/* Untrusted text of any length. */
void render_esc(FILE *out, const char *text, size_t len);
void render_str(FILE *out, const char *text);
/* Indented, and ASCII only: a name may hold U+009B, which begins a control sequence on some
 * terminals. */
void render_json(const json_t *doc, FILE *out);
/* An object's string; "" if it has none of that name. */
const char *render_word(const json_t *object, const char *key);
/* "95 s", "3 h": one unit says enough. */
void render_duration(FILE *out, int64_t seconds);

#endif
