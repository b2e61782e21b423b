/* SPDX-License-Identifier: ISC
 *
 * addr - hardware addresses, IPv4 addresses and prefixes: parse, print, match; and
 * the address of either version. base/ip6 has what concerns IPv6 alone.
 *
 * A struct ip4 is in host byte order; the cursor (base/wire.h) and the sockets
 * (io/) convert it. It is a type of its own so that an address cannot be passed
 * as a length or an index.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip6.h"

struct ip4 {
	uint32_t host;	/* host byte order; 0 is "none" (0.0.0.0) */
};

#define IP4_NONE	((struct ip4){ 0 })
#define IP4_BROADCAST	((struct ip4){ 0xffffffffu })

struct ip4net {
	struct ip4 addr;
	uint8_t plen;		/* 0..32 */
};

struct mac {
	uint8_t b[6];
};

/* A MAC prefix for rules: the first `bits` bits of `mac` count (0..48). */
struct macprefix {
	struct mac mac;
	uint8_t bits;
};

#define IP4_STRLEN	16	/* "255.255.255.255" and NUL */
#define MAC_STRLEN	18	/* "aa:bb:cc:dd:ee:ff" and NUL */

static inline bool
ip4_is_none(struct ip4 a)
{
	return a.host == 0;
}

static inline bool
ip4_eq(struct ip4 a, struct ip4 b)
{
	return a.host == b.host;
}

/* The families of DHCP. */
enum family { FAMILY4, FAMILY6, FAMILIES };

/* An address of either version; zeros are "none". */
struct ipaddr {
	uint8_t version;	/* 4, 6, or 0: none */
	union {
		struct ip4 v4;
		struct ip6 v6;
	};
};

#define IP_NONE		((struct ipaddr){ 0 })
#define IP_STRLEN	IP6_STRLEN

static inline struct ipaddr
ip_of4(struct ip4 a)
{
	return (struct ipaddr){ .version = 4, .v4 = a };
}

static inline struct ipaddr
ip_of6(struct ip6 a)
{
	return (struct ipaddr){ .version = 6, .v6 = a };
}

/* IP4_NONE if a is not an IPv4 address. */
static inline struct ip4
ip_v4(struct ipaddr a)
{
	return a.version == 4 ? a.v4 : IP4_NONE;
}

/* IP6_NONE if a is not an IPv6 address. */
static inline struct ip6
ip_v6(struct ipaddr a)
{
	return a.version == 6 ? a.v6 : IP6_NONE;
}

/* An address that is none counts as IPv4. */
static inline enum family
ip_family(struct ipaddr a)
{
	return a.version == 6 ? FAMILY6 : FAMILY4;
}

/* The unspecified address of a family. */
static inline struct ipaddr
ip_any(enum family f)
{
	return f == FAMILY6 ? ip_of6(IP6_NONE) : ip_of4(IP4_NONE);
}

/* A prefix of either version. */
struct ipnet {
	struct ipaddr addr;
	uint8_t plen;
};

static inline struct ip4net
ipnet_v4(struct ipnet n)
{
	return (struct ip4net){ ip_v4(n.addr), n.plen };
}

/* Is it no address, or the unspecified one of its version? */
bool ip_is_none(struct ipaddr a);
bool ip_eq(struct ipaddr a, struct ipaddr b);
bool ipnet_has(struct ipnet n, struct ipaddr a);
/* Folds the whole address into 32 bits for a hash. */
uint32_t ip_fold(struct ipaddr a);
/* An address of either version, and nothing after it. */
bool ip_parse(const char *s, struct ipaddr *out);
/* Prints into buf, of IP_STRLEN bytes, and returns buf; "0.0.0.0" for none. */
char *ip_str(struct ipaddr a, char *buf);

bool ip4_is_multicast(struct ip4 a);
/* Usable as a host address: not 0/8, multicast or 240/4 (127/8 is allowed). */
bool ip4_is_host(struct ip4 a);
/* 127/8, and 169.254/16 (RFC 3927), which no router forwards. */
bool ip4_is_loopback(struct ip4 a);
bool ip4_is_linklocal(struct ip4 a);
uint32_t ip4_mask(uint8_t plen);
bool ip4net_has(struct ip4net n, struct ip4 a);
/* The directed broadcast address of n; IP4_NONE for /31 and /32. */
struct ip4 ip4net_broadcast(struct ip4net n);

/* The value of the two hex digits at s; -1 if either is not a digit. */
int hex_pair(const char *s);

/* Strict dotted quad: decimal, no leading zeros, nothing after it. */
bool ip4_parse(const char *s, struct ip4 *out);
/* "A.B.C.D/L" or "A.B.C.D" (= /32). */
bool ip4net_parse(const char *s, struct ip4net *out);
/* A whole address, "b8:27:eb" (1..6 whole bytes) or "aa:bb:cc:d0:00:00/28";
 * also with '-' as separator, any case. */
bool macprefix_parse(const char *s, struct macprefix *out);
/* A hardware address of any length as switches, labels and Windows write it:
 * hexadecimal bytes separated by ':', '-', '.' or nothing. Returns its length
 * in bytes; 0 if it is malformed or longer than max. */
size_t hwaddr_parse(const char *s, uint8_t *out, size_t max);
bool macprefix_has(const struct macprefix *p, const struct mac *m);

/* Print into buf (of IP4_STRLEN / MAC_STRLEN / 24 bytes) and return buf. */
char *ip4_str(struct ip4 a, char *buf);
char *mac_str(const struct mac *m, char *buf);
#define MACPREFIX_STRLEN 24
char *macprefix_str(const struct macprefix *p, char *buf);

#endif
