/* SPDX-License-Identifier: ISC
 *
 * json - see include/relay/json.h. The library (jansson) does the rest.
 */
#include "relay/json.h"

#include <string.h>

#include "base/sbuf.h"
#include "core/conf/conf.h"

json_t *
json_ip(struct ip4 a)
{
	char buf[IP4_STRLEN];

	return json_string(ip4_str(a, buf));
}

json_t *
json_some_ip(struct ip4 a)
{
	return ip4_is_none(a) ? NULL : json_ip(a);
}

/* The kernel allows nearly any bytes in an interface's name; JSON wants UTF-8. */
json_t *
json_name(const char *text)
{
	char buf[4 * CONF_NAME_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_esc(&b, text, strlen(text));
	return json_string(buf);
}
