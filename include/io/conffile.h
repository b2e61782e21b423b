/* SPDX-License-Identifier: ISC
 *
 * conffile - reads an INI file into a struct conf.
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

/* Returns the configuration, to be freed with conf_free(), or NULL after
 * mistakes, which are reported. An unreadable file is one mistake on line 0. */
struct conf *conffile_read(const char *path, conf_mistake_fn *mistake, void *user);
/* The same from a descriptor, which is closed. fd < 0: -errno of opening it. */
struct conf *conffile_read_fd(int fd, conf_mistake_fn *mistake, void *user);
/* The same from memory. */
struct conf *conffile_parse(const char *data, size_t len, conf_mistake_fn *mistake,
    void *user);

#endif
