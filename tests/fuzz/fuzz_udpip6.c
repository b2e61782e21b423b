/* SPDX-License-Identifier: ISC
 *
 * An IPv6 packet of any bytes: the payload must lie inside of it, a verified packet must also
 * be accepted unverified, and what was read must survive udpip_build() and udpip_parse().
 * The same bytes are tried as the text of an address and a prefix.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/udpip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
rebuild(const struct udpip *u)
{
	size_t len = UDPIP6_HEADERS + u->payload_len;
	uint8_t *copy = malloc(len);
	struct udpip again;

	assert(copy);
	udpip_build(copy, u, 0);
	if (u->payload_len)
		memcpy(copy + UDPIP6_HEADERS, u->payload, u->payload_len);
	assert(udpip_parse(&again, FAMILY6, copy, len, true) == DROP_NONE);
	assert(ip_eq(again.src, u->src) && ip_eq(again.dst, u->dst));
	assert(again.sport == u->sport && again.dport == u->dport);
	assert(again.ttl == (u->ttl ? u->ttl : UDPIP_TTL));
	assert(again.payload_len == u->payload_len);
	free(copy);
}

static void
check_packet(const uint8_t *data, size_t len)
{
	struct udpip u, v;
	enum drop loose = udpip_parse(&u, FAMILY6, data, len, false);
	enum drop strict = udpip_parse(&v, FAMILY6, data, len, true);

	assert(strict == loose || (loose == DROP_NONE && strict == DROP_BAD_CHECKSUM));
	assert(len >= 40 || loose == DROP_SHORT);
	if (loose != DROP_NONE)
		return;
	assert(data[0] >> 4 == 6 && data[6] == 17);
	assert(u.payload == data + UDPIP6_HEADERS);
	assert(u.payload_len <= len - UDPIP6_HEADERS);
	rebuild(&u);
}

static void
check_text(const uint8_t *data, size_t len)
{
	char text[64], printed[IP6_STRLEN];
	struct ip6 a, again;

	len = len < sizeof(text) ? len : sizeof(text) - 1;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!ip6_parse(text, &a))
		return;
	assert(ip6_parse(ip6_str(a, printed), &again));
	assert(ip6_eq(again, a));
}

/* Bits outside of a prefix do not matter, those inside do. */
static void
check_prefix(const uint8_t *data)
{
	struct ip6net n;
	struct ip6 a;
	unsigned bit = data[17] % 128;

	memcpy(n.addr.b, data, sizeof(n.addr.b));
	n.plen = data[16];
	a = n.addr;
	a.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	assert(ip6net_has(n, n.addr));
	assert(ip6net_has(n, a) == (bit >= n.plen));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_packet(data, len);
	check_text(data, len);
	if (len >= 18)
		check_prefix(data);
	return 0;
}
