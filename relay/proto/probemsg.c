/* SPDX-License-Identifier: ISC
 *
 * probemsg - the contract stands in include/proto/probemsg.h, with what each
 * server answers.
 */
#include "proto/probemsg.h"

#include <string.h>

#include "base/wire.h"
#include "proto/dhcp4.h"

#define HTYPE_ETHERNET	1
#define OPT_PARAMETERS	55

/* Locally administered: no maker's, and no machine that boots. */
const uint8_t probemsg_mac[6] = { 0x02, 0x70, 0x78, 0x72, 0x6c, 0x79 };

/* The fixed part up to the cookie, and option 53. */
static void
begin(struct wr *w, uint8_t type, uint32_t xid, struct ip4 ciaddr, struct ip4 giaddr)
{
	wr_u8(w, BOOTREQUEST);
	wr_u8(w, HTYPE_ETHERNET);
	wr_u8(w, sizeof(probemsg_mac));
	wr_u8(w, ip4_is_none(giaddr) ? 0 : 1);	/* hops: of one relay, us */
	wr_u32(w, xid);
	wr_u16(w, 0);				/* secs */
	wr_u16(w, 0);				/* flags */
	wr_u32(w, ciaddr.host);
	wr_u32(w, 0);				/* yiaddr */
	wr_u32(w, 0);				/* siaddr */
	wr_u32(w, giaddr.host);
	wr_bytes(w, probemsg_mac, sizeof(probemsg_mac));
	wr_zeros(w, DHCP4_HEADER - wr_len(w));
	wr_u32(w, DHCP4_COOKIE);
	wr_u8(w, DHCP4_OPT_TYPE);
	wr_u8(w, 1);
	wr_u8(w, type);
}

static void
option(struct wr *w, uint8_t code, const void *value, uint8_t len)
{
	wr_u8(w, code);
	wr_u8(w, len);
	wr_bytes(w, value, len);
}

/* What servers that look at machines insist on: dnsmasq on 93, smee on 60, 93, 94
 * and 97. */
static void
put_machine(struct wr *w)
{
	static const char class[] = "PXEClient:Arch:00007:UNDI:003016";
	static const uint8_t arch[] = { 0, 7 }, undi[] = { 1, 3, 16 };
	static const uint8_t uuid[] = {
		0, 'p', 'x', 'r', 'e', 'l', 'a', 'y', ' ',
		'p', 'r', 'o', 'b', 'e', 0, 0, 0,
	};
	static const uint8_t wanted[] = { 1, 3, 43, 54, 60, 66, 67, 97 };
	static const uint8_t size[] = { 1472 >> 8, 1472 & 255 };

	option(w, OPT_PARAMETERS, wanted, sizeof(wanted));
	option(w, DHCP4_OPT_MAX_SIZE, size, sizeof(size));
	option(w, DHCP4_OPT_VENDOR_CLASS, class, sizeof(class) - 1);
	option(w, DHCP4_OPT_ARCH, arch, sizeof(arch));
	option(w, DHCP4_OPT_UNDI, undi, sizeof(undi));
	option(w, DHCP4_OPT_UUID, uuid, sizeof(uuid));
}

static size_t
end(struct wr *w, const struct rai *rai)
{
	if (rai && rai->len)
		option(w, DHCP4_OPT_RAI, rai->value, rai->len);
	wr_u8(w, DHCP4_OPT_END);
	if (!w->bad && wr_len(w) < DHCP4_MIN)
		wr_zeros(w, DHCP4_MIN - wr_len(w));
	return w->bad ? 0 : wr_len(w);
}

size_t
probemsg_inform(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr,
    struct ip4 giaddr, const struct rai *rai)
{
	static const uint8_t wanted[] = { 1, 3 };
	struct wr w = wr_init(out, size);

	begin(&w, DHCP4_INFORM, xid, ciaddr, giaddr);
	option(&w, OPT_PARAMETERS, wanted, sizeof(wanted));
	return end(&w, rai);
}

size_t
probemsg_discover(uint8_t *out, size_t size, uint32_t xid, struct ip4 giaddr,
    const struct rai *rai)
{
	struct wr w = wr_init(out, size);

	begin(&w, DHCP4_DISCOVER, xid, IP4_NONE, giaddr);
	put_machine(&w);
	return end(&w, rai);
}

size_t
probemsg_request4011(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr)
{
	struct wr w = wr_init(out, size);

	begin(&w, DHCP4_REQUEST, xid, ciaddr, IP4_NONE);
	put_machine(&w);
	return end(&w, NULL);
}

bool
probemsg_answer(const void *data, size_t len, uint32_t *xid, struct ip4 *ciaddr)
{
	struct rd r = rd_init(data, len);
	uint8_t op = rd_u8(&r), mac[sizeof(probemsg_mac)];

	rd_skip(&r, DHCP4_OFF_XID - 1);
	*xid = rd_u32(&r);
	rd_skip(&r, 4);
	ciaddr->host = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_GIADDR + 4 - (DHCP4_OFF_FLAGS + 6));
	rd_copy(&r, mac, sizeof(mac));
	return !r.bad && op == BOOTREPLY &&
	    memcmp(mac, probemsg_mac, sizeof(mac)) == 0;
}
