/* SPDX-License-Identifier: ISC
 *
 * conftree - reads a configuration file and those that it includes.
 *
 * The files are gathered first, each read once, into one block of their names and
 * texts. The opener (io/opener) can send it through a descriptor, since the process
 * that reads packets may not open files.
 */
#ifndef IO_CONFTREE_H
#define IO_CONFTREE_H

#include "core/conf/conf.h"

#define CONFTREE_FILES	16384		/* with the first one */
#define CONFTREE_BYTES	(1u << 24)	/* of all texts */
#define CONFTREE_DEPTH	8		/* of files that include files */

/* Returns the configuration, to be freed with conf_free(), or NULL after mistakes,
 * which are reported. If the first file cannot be read, that is one, on line 0. */
struct conf *conftree_read(const char *path, conf_mistake_fn *mistake, void *user);
/* Gathers the files and returns a descriptor of them, or -errno of the first file
 * (-EINVAL: no regular file). Waits for no pipe or terminal. */
int conftree_open(const char *path);
/* root is the directory of the first file, of PATH_MAX bytes, without links. Shortens
 * it to the one that holds all files and whatever patterns may match later. */
void conftree_root(const char *path, char *root);
/* conftree_read() from that descriptor, which is closed. fd < 0: -errno. */
struct conf *conftree_read_fd(int fd, conf_mistake_fn *mistake, void *user);

#endif
