/* SPDX-License-Identifier: ISC
 *
 * Answers to probes, of any bytes: the first byte selects the protocol. What is
 * accepted must be what it claims to be, and a truncated packet must not contain
 * more than the whole one.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/arp.h"
#include "proto/http.h"
#include "proto/icmp.h"
#include "proto/probemsg.h"
#include "proto/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
tftp(const uint8_t *data, size_t len)
{
	struct tftp t;

	if (!tftp_parse(&t, data, len))
		return;
	assert(len >= 2 && data[0] == 0 && data[1] == t.op);
	assert(!tftp_began(&t) || tftp_answers(&t));
}

static void
icmp(const uint8_t *data, size_t len)
{
	struct icmp_quote q;
	struct ip4 from;
	uint32_t token;

	if (icmp_unreachable_parse(data, len, &q)) {
		assert(len >= 56 && q.data >= data + 56);
		assert(q.data + q.len <= data + len);
	} else if (!icmp_reply_parse(data, len, &from, &token))
		return;
	assert(len >= 28 && data[9] == 1);
	assert((size_t)(data[2] << 8 | data[3]) <= len);
}

/* An accepted request is built again and must equal the input, except for the
 * fields that it leaves open. */
static void
arp(const uint8_t *data, size_t len)
{
	uint8_t out[ARP_LEN];
	struct arp a;

	if (!arp_parse(&a, data, len))
		return;
	assert(arp_request(out, sizeof(out), &a.sender_mac, a.sender, a.target) ==
	    ARP_LEN);
	out[7] = (uint8_t)a.op;
	memcpy(out + 18, a.target_mac.b, 6);
	assert(memcmp(out, data, ARP_LEN) == 0);
}

static void
http(const uint8_t *data, size_t len)
{
	int whole = http_status(data, len);
	bool head;

	for (size_t n = 0; n < len && n <= HTTP_STATUS_LEN; n++) {
		int part = http_status(data, n);

		assert(part == 0 || part == whole);
	}
	whole = http_judge_request(data, len, "/metrics", &head);
	for (size_t n = 0; n < len && n <= HTTP_REQUEST_MAX; n++) {
		int part = http_judge_request(data, n, "/metrics", &head);

		assert(part == 0 || part == whole);
	}
}

static void
dhcp(const uint8_t *data, size_t len)
{
	struct ip4 ciaddr;
	uint32_t xid;

	if (probemsg_answer(data, len, &xid, &ciaddr))
		assert(memcmp(data + 28, probemsg_mac, 6) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const each[])(const uint8_t *data, size_t len) = {
		tftp, icmp, arp, http, dhcp,
	};
	uint8_t *copy;

	if (len == 0)
		return 0;
	copy = malloc(len);	/* the block may be empty: len - 1 */
	assert(copy);
	memcpy(copy, data + 1, len - 1);
	copy = realloc(copy, len - 1 ? len - 1 : 1);
	assert(copy);
	each[data[0] % 5](copy, len - 1);
	free(copy);
	return 0;
}
