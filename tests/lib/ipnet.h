/* SPDX-License-Identifier: ISC
 *
 * ipnet - reads prefixes of either version, as tests write them.
 */
#ifndef TESTS_IPNET_H
#define TESTS_IPNET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

/* "ADDRESS/LENGTH", or "ADDRESS" with all bits. */
static inline bool
ipnet_parse(const char *s, struct ipnet *out)
{
	const char *slash = strchr(s, '/');
	char text[IP_STRLEN];
	int len = slash ? (int)(slash - s) : (int)strlen(s);

	if (len >= (int)sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", len, s);
	if (!ip_parse(text, &out->addr))
		return false;
	out->plen = slash ? (uint8_t)atoi(slash + 1) : out->addr.version == 6 ? 128 : 32;
	return true;
}

#endif
