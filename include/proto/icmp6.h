/* SPDX-License-Identifier: ISC
 *
 * icmp6 - ICMPv6 as raw sockets of it take and give it, without the IPv6 header: echo
 * (RFC 4443 4), router solicitations and advertisements (RFC 4861 4). The kernel makes and
 * checks checksums. As in proto/icmp, an echo has a token of 32 bits.
 */
#ifndef PROTO_ICMP6_H
#define PROTO_ICMP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ICMP6_ECHO_REPLY	129
#define ICMP6_ROUTER_ADVERT	134
#define ICMP6_ECHO_LEN		16	/* of a request, with 8 bytes of padding */
#define ICMP6_SOLICIT_LEN	8
#define ICMP6_PREFIXES_MAX	8	/* of an advertisement that are read */

/* ff02::2 */
#define ICMP6_ALL_ROUTERS	((struct ip6){ { 0xff, 2, [15] = 2 } })

/* Write an echo request, or a solicitation without options. Return its length; 0 if it does
 * not fit. */
size_t icmp6_echo(uint8_t *out, size_t size, uint32_t token);
size_t icmp6_solicit(uint8_t *out, size_t size);

bool icmp6_reply_parse(const void *data, size_t len, uint32_t *token);

struct icmp6_advert {
	bool managed, other;	/* the flags M and O */
	uint16_t lifetime;	/* as default router, in seconds; 0: it is none */
	unsigned n_prefix;
	struct ip6net prefix[ICMP6_PREFIXES_MAX];	/* those that are valid */
};

/* False if it is no advertisement, or one that hosts discard (RFC 4861 6.1.2). */
bool icmp6_advert_parse(struct icmp6_advert *a, const void *data, size_t len);

#endif
