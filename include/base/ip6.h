/* SPDX-License-Identifier: ISC
 *
 * ip6 - IPv6 addresses and prefixes: parse, print, classify (RFC 4291, 4193, 5952).
 *
 * Bytes are in network order.
 */
#ifndef BASE_IP6_H
#define BASE_IP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ip6 {
	uint8_t b[16];		/* zeros are "none" (::) */
};

struct ip6net {
	struct ip6 addr;
	uint8_t plen;		/* 0..128 */
};

#define IP6_STRLEN	46	/* the longest form and NUL */
#define IP6_NONE	((struct ip6){ { 0 } })

static inline bool
ip6_eq(struct ip6 a, struct ip6 b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

/* Compares as numbers, like memcmp(). */
static inline int
ip6_cmp(struct ip6 a, struct ip6 b)
{
	return memcmp(a.b, b.b, sizeof(a.b));
}

static inline bool
ip6_is_none(struct ip6 a)
{
	return ip6_eq(a, IP6_NONE);
}

/* fe80::/10 */
static inline bool
ip6_is_linklocal(struct ip6 a)
{
	return a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80;
}

/* ff00::/8 */
static inline bool
ip6_is_multicast(struct ip6 a)
{
	return a.b[0] == 0xff;
}

/* fc00::/7 (RFC 4193) */
static inline bool
ip6_is_ula(struct ip6 a)
{
	return (a.b[0] & 0xfe) == 0xfc;
}

/* Does it mean something else on each interface, so that it needs a zone ("%eth0")? */
static inline bool
ip6_is_scoped(struct ip6 a)
{
	return ip6_is_linklocal(a) || ip6_is_multicast(a);
}

/* Can it be the source of a packet: not ::, ::1, multicast or an IPv4-mapped address
 * (::ffff:0:0/96, which is never on the wire, RFC 4038 4.2). */
bool ip6_is_host(struct ip6 a);
/* Of more than link-local scope: what a server can use as a link-address. */
bool ip6_is_global(struct ip6 a);
/* Can packets for another host go there: to a host, or a group beyond ff01::/16? */
bool ip6_is_target(struct ip6 a);
/* A length above 128, as a message may have it, counts as 128. */
bool ip6net_has(struct ip6net n, struct ip6 a);

/* An address without prefix or zone, and nothing after it. */
bool ip6_parse(const char *s, struct ip6 *out);
/* Prints the form of RFC 5952 into buf, of IP6_STRLEN bytes, and returns buf. */
char *ip6_str(struct ip6 a, char *buf);

#endif
