/* SPDX-License-Identifier: ISC
 *
 * An IPv4 packet of any bytes: the payload must be inside it, a verified
 * packet must also be accepted unverified, and what was read must survive
 * udpip_build() and udpip_parse().
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
	size_t len = UDPIP_HEADERS + u->payload_len;
	uint8_t *copy = malloc(len);
	struct udpip again;

	assert(copy);
	udpip_build(copy, u, 7);
	if (u->payload_len)
		memcpy(copy + UDPIP_HEADERS, u->payload, u->payload_len);
	assert(udpip_parse(&again, FAMILY4, copy, len, true) == DROP_NONE);
	assert(ip_eq(again.src, u->src) && ip_eq(again.dst, u->dst));
	assert(again.sport == u->sport && again.dport == u->dport);
	assert(again.ttl == (u->ttl ? u->ttl : UDPIP_TTL));
	assert(again.payload_len == u->payload_len);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct udpip u, v;
	enum drop loose = udpip_parse(&u, FAMILY4, data, len, false);
	enum drop strict = udpip_parse(&v, FAMILY4, data, len, true);

	assert(strict == loose ||
	    (loose == DROP_NONE && strict == DROP_BAD_CHECKSUM));
	if (loose != DROP_NONE)
		return 0;
	assert(u.payload >= data + UDPIP_HEADERS);
	assert(u.payload_len <= len - (size_t)(u.payload - data));
	rebuild(&u);
	return 0;
}
