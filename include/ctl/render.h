/* SPDX-License-Identifier: ISC
 *
 * render - what a person sees of a daemon's document: one function per command.
 *
 * Names, addresses and words in a document may be any text (a VLAN is named by
 * whoever may create one, a server by the configuration's author); all of it is
 * escaped. A field that a daemon of another version does not send is shown as "-".
 */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* false, with nothing printed: the document is not an answer to this command. */
typedef bool render_fn(const json_t *doc, FILE *out, bool colour);

render_fn render_summary;
render_fn render_interfaces;
render_fn render_servers;
render_fn render_rules;
render_fn render_counters;
render_fn render_drops;
render_fn render_clients;
render_fn render_boots;
render_fn render_version;
render_fn render_reload;
render_fn render_server;	/* what became of one: drain, enable */

/* Untrusted text of any length, outside of a table. */
void render_esc(FILE *out, const char *text, size_t len);

#endif
