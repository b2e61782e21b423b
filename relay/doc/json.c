/* SPDX-License-Identifier: ISC
 *
 * json - makes the small JSON values that several documents contain. Larger
 * ones are made with jansson by their owners.
 */
#include "doc/json.h"

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

json_t *
json_addr(struct ipaddr a)
{
	char buf[IP_STRLEN];

	return ip_is_none(a) ? NULL : json_string(ip_str(a, buf));
}

/* The kernel allows nearly any bytes in an interface's name; JSON must be UTF-8. */
json_t *
json_name(const char *text)
{
	char buf[4 * CONF_NAME_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_esc(&b, text, strlen(text));
	return json_string(buf);
}

json_t *
json_server(const struct conf_server *s)
{
	char buf[CONF_NAME_MAX];

	return json_name(conf_server_text(s, buf));
}
