/* SPDX-License-Identifier: ISC
 *
 * icmp6 - builds echo requests and router solicitations, reads what answers them (RFC 4443,
 * 4861). io/query sends and receives; what an advertisement means to a machine that boots
 * is decided in core/doctor.
 */
#include "proto/icmp6.h"

#include <string.h>

#include "base/wire.h"

#define ECHO_REQUEST	128
#define ROUTER_SOLICIT	133
#define FLAG_M		0x80
#define FLAG_O		0x40
#define OPT_PREFIX	3
#define OPT_UNIT	8	/* bytes that option lengths count */

size_t
icmp6_echo(uint8_t *out, size_t size, uint32_t token)
{
	struct wr w = wr_init(out, size);

	wr_u8(&w, ECHO_REQUEST);
	wr_zeros(&w, 3);
	wr_u32(&w, token);
	wr_bytes(&w, "pxrelay\0", 8);
	return w.bad ? 0 : wr_len(&w);
}

size_t
icmp6_solicit(uint8_t *out, size_t size)
{
	struct wr w = wr_init(out, size);

	wr_u8(&w, ROUTER_SOLICIT);
	wr_zeros(&w, ICMP6_SOLICIT_LEN - 1);
	return w.bad ? 0 : wr_len(&w);
}

bool
icmp6_reply_parse(const void *data, size_t len, uint32_t *token)
{
	struct rd r = rd_init(data, len);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	*token = rd_u32(&r);
	return !r.bad && type == ICMP6_ECHO_REPLY && code == 0;
}

static void
read_prefix(struct icmp6_advert *a, struct rd option)
{
	struct ip6net net = { .plen = rd_u8(&option) };
	uint32_t valid;

	rd_skip(&option, 1);	/* L and A: it counts who has an address in it */
	valid = rd_u32(&option);
	rd_skip(&option, 8);
	rd_copy(&option, net.addr.b, sizeof(net.addr.b));
	if (!option.bad && valid && net.plen <= 128 && a->n_prefix < ICMP6_PREFIXES_MAX)
		a->prefix[a->n_prefix++] = net;
}

bool
icmp6_advert_parse(struct icmp6_advert *a, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	uint8_t type = rd_u8(&r), code = rd_u8(&r), flags;

	memset(a, 0, sizeof(*a));
	rd_skip(&r, 3);
	flags = rd_u8(&r);
	a->managed = flags & FLAG_M;
	a->other = flags & FLAG_O;
	a->lifetime = rd_u16(&r);
	rd_skip(&r, 8);
	while (!r.bad && rd_left(&r)) {
		uint8_t what = rd_u8(&r), units = rd_u8(&r);
		struct rd option = rd_sub(&r, (size_t)units * OPT_UNIT - 2);

		if (!units)
			return false;
		if (what == OPT_PREFIX && !r.bad)
			read_prefix(a, option);
	}
	return !r.bad && type == ICMP6_ROUTER_ADVERT && code == 0;
}
