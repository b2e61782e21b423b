/* SPDX-License-Identifier: ISC
 *
 * csum - the Internet checksum (RFC 1071) and the UDP pseudo-header (RFC 768).
 *
 * Every relayed reply leaves through a packet socket, so each is summed here.
 * RFC 1071 2 allows three shortcuts: adding in any order, adding in the
 * machine's byte order and swapping the result once, and adding wider words and
 * folding at the end.
 *
 * A UDP checksum of 0 means "none" (RFC 768); proto/udpip sends 0xffff for it.
 */
#include "base/csum.h"

#include <endian.h>
#include <string.h>

/* End-around carry until 16 bits are left; never 0 unless sum is 0. */
static uint16_t
fold64(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* One's complement addition: 2^32 = 1 modulo 0xffff. */
static uint32_t
add32(uint32_t a, uint32_t b)
{
	uint64_t s = (uint64_t)a + b;

	return (uint32_t)((s & 0xffffffff) + (s >> 32));
}

/* The last 0..7 bytes, in the machine's byte order, in pieces of fixed size: a
 * memcpy() of `len` bytes is a call that costs more than the sum. */
static uint64_t
add_tail(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint32_t four;
	uint16_t two;

	if (len & 4) {
		memcpy(&four, p, sizeof(four));
		sum += four;
		p += sizeof(four);
	}
	if (len & 2) {
		memcpy(&two, p, sizeof(two));
		sum += two;
		p += sizeof(two);
	}
	/* RFC 1071 1 (1): an odd byte is followed by a zero. */
	if (len & 1)
		sum += htobe16((uint16_t)(*p << 8));
	return sum;
}

static inline uint64_t
add64(uint64_t sum, const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	sum += w;
	return sum + (sum < w);
}

uint32_t
csum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t a = 0, b = 0;

	/* Two independent sums run in parallel. */
	for (; len >= 32; p += 32, len -= 32) {
		a = add64(add64(a, p), p + 8);
		b = add64(add64(b, p + 16), p + 24);
	}
	for (; len >= 8; p += 8, len -= 8)
		a = add64(a, p);
	/* Folded one by one: their sum could carry out of 64 bits. */
	sum = add32(sum, be16toh(fold64(a)));
	sum = add32(sum, be16toh(fold64(b)));
	return add32(sum, be16toh(fold64(add_tail(p, len))));
}

uint16_t
csum_fold(uint32_t sum)
{
	return (uint16_t)~fold64(sum);
}

uint32_t
csum_pseudo4(struct ip4 src, struct ip4 dst, uint8_t proto, uint16_t udp_len)
{
	return fold64((uint64_t)src.host + dst.host + proto + udp_len);
}
