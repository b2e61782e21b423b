/* SPDX-License-Identifier: ISC
 *
 * json - small values that several documents contain, as new references.
 */
#ifndef DOC_JSON_H
#define DOC_JSON_H

#include <jansson.h>

#include "base/addr.h"

struct conf_server;

json_t *json_ip(struct ip4 a);
/* Returns NULL for IP4_NONE, which "o*" of json_pack() leaves out. */
json_t *json_some_ip(struct ip4 a);
/* The same of either version; NULL for IP_NONE. */
json_t *json_addr(struct ipaddr a);
/* A server's address, with its zone. */
json_t *json_server(const struct conf_server *s);
/* Escapes text, which may contain any bytes, and cuts it to 255 characters. */
json_t *json_name(const char *text);

#endif
