/* SPDX-License-Identifier: ISC
 *
 * ip6 - IPv6 addresses and prefixes.
 *
 * The C library reads and prints them. What is added here is the classification that a relay
 * needs (RFC 4291 2.4) and prefixes. Zones ("%eth0") belong to the configuration, because only
 * it knows interfaces by name.
 */
#include "base/ip6.h"

#include <arpa/inet.h>

bool
ip6_is_host(struct ip6 a)
{
	static const struct ip6 loopback = { { [15] = 1 } };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !ip6_is_none(a) && !ip6_is_multicast(a) && !ip6_eq(a, loopback) &&
	    memcmp(a.b, mapped, sizeof(mapped)) != 0;
}

bool
ip6_is_global(struct ip6 a)
{
	return ip6_is_host(a) && !ip6_is_linklocal(a);
}

bool
ip6_is_target(struct ip6 a)
{
	return ip6_is_multicast(a) ? (a.b[1] & 0xf) > 1 : ip6_is_host(a);
}

bool
ip6net_has(struct ip6net n, struct ip6 a)
{
	unsigned plen = n.plen < 128 ? n.plen : 128, bytes = plen / 8, bits = plen % 8;

	if (memcmp(n.addr.b, a.b, bytes) != 0)
		return false;
	return bits == 0 || ((n.addr.b[bytes] ^ a.b[bytes]) & 0xff << (8 - bits) & 0xff) == 0;
}

bool
ip6_parse(const char *s, struct ip6 *out)
{
	struct ip6 a;

	if (inet_pton(AF_INET6, s, a.b) != 1)
		return false;
	*out = a;
	return true;
}

char *
ip6_str(struct ip6 a, char *buf)
{
	(void)inet_ntop(AF_INET6, a.b, buf, IP6_STRLEN);
	return buf;
}
