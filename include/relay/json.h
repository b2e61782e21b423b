/* SPDX-License-Identifier: ISC
 *
 * json - small values that several documents of the control socket contain, as new references.
 */
#ifndef RELAY_JSON_H
#define RELAY_JSON_H

#include <jansson.h>

#include "base/addr.h"

json_t *json_ip(struct ip4 a);
/* NULL, which "o*" of json_pack() leaves out, for IP4_NONE. */
json_t *json_some_ip(struct ip4 a);
/* Text that may hold any bytes: escaped, then cut to 255 characters. */
json_t *json_name(const char *text);

#endif
