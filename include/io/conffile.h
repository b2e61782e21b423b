/* SPDX-License-Identifier: ISC
 *
 * conffile - reads the text of an INI file into a struct conf; io/conftree has the
 * files.
 *
 * Lines may have any length. A list may continue in lines that are indented
 * deeper than its key; ; and # begin a comment at the beginning of a line or
 * after a space; a BOM and CR LF are accepted; control characters are mistakes.
 */
#ifndef IO_CONFFILE_H
#define IO_CONFFILE_H

#include <stddef.h>

#include "core/conf/conf.h"

#define CONFFILE_MAX (1u << 20)	/* bytes; a thousand interfaces take 60 KiB */

/* Reads the text of the file `name` (NULL: not known) into b. `line` numbers what is
 * before its first line; returns that number for the next file. */
int conffile_add(struct conf_builder *b, const char *name, const char *data, size_t len,
    int line);
/* Reads one text, and none that it includes. Returns the configuration, to be freed
 * with conf_free(), or NULL after mistakes, which are reported. */
struct conf *conffile_parse(const char *data, size_t len, conf_mistake_fn *mistake,
    void *user);

#endif
