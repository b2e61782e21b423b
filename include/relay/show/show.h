/* SPDX-License-Identifier: ISC
 *
 * show - the pieces of relay/show.c's documents that stand in several files. Each
 * returns a new reference, or NULL when memory is short.
 */
#ifndef RELAY_SHOW_H
#define RELAY_SHOW_H

#include <jansson.h>

#include "base/addr.h"

struct daemon;

json_t *show_ip(struct ip4 a);
/* NULL, which "o*" of json_pack() leaves out, for IP4_NONE. */
json_t *show_some_ip(struct ip4 a);
/* Text that may hold any bytes, escaped, and then cut to 255 characters. */
json_t *show_name(const char *text);

/* show_boots.c: the clients that core/track knows, youngest first; of them those that
 * boot; and one of them with all that happened, by its hardware address. */
json_t *show_clients(struct daemon *d);
json_t *show_boots(struct daemon *d);
json_t *show_explain(struct daemon *d, const char *mac);

#endif
