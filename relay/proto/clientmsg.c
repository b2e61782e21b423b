/* SPDX-License-Identifier: ISC
 *
 * clientmsg - the contract stands in include/proto/clientmsg.h. EDK2's messages are those
 * of Dhcp4Dxe, UefiPxeBcDxe/PxeBcDhcp4.c and HttpBootDxe/HttpBootDhcp4.c, the BIOS' those of
 * a ROM of PXE 2.1.
 */
#include "proto/clientmsg.h"

#include <string.h>

#include "base/wire.h"
#include "proto/dhcp4.h"
#include "proto/pxe.h"

#define HTYPE_ETHERNET	1
#define OPT_PARAMETERS	55

static const uint8_t prefix[4] = { 0x02, 0x70, 0x78, 0x64 };

static const struct {
	uint16_t arch;
	uint8_t undi[3];
	bool broadcast;
	const char *class;
} kinds[CLIENTMSG_KINDS] = {
	[CLIENTMSG_BIOS] = { 0, { 1, 2, 1 }, false,
	    "PXEClient:Arch:00000:UNDI:002001" },
	[CLIENTMSG_X64] = { 7, { 1, 3, 16 }, true,
	    "PXEClient:Arch:00007:UNDI:003016" },
	[CLIENTMSG_ARM64] = { 11, { 1, 3, 16 }, true,
	    "PXEClient:Arch:00011:UNDI:003016" },
	[CLIENTMSG_HTTP] = { 16, { 1, 3, 16 }, true,
	    "HTTPClient:Arch:00016:UNDI:003016" },
};

uint16_t
clientmsg_kind_arch(enum clientmsg_kind k)
{
	return kinds[k].arch;
}

const char *
clientmsg_kind_name(enum clientmsg_kind k)
{
	return pxe_arch_name(kinds[k].arch);
}

static void
option(struct wr *w, uint8_t code, const void *value, size_t len)
{
	wr_u8(w, code);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, value, len);
}

/* The fixed part up to the cookie, and option 53. */
static void
begin(struct wr *w, const struct clientmsg *c, uint8_t type, uint16_t flags,
    struct ip4 ciaddr)
{
	wr_u8(w, BOOTREQUEST);
	wr_u8(w, HTYPE_ETHERNET);
	wr_u8(w, 6);
	wr_u8(w, 0);
	wr_u32(w, c->xid);
	wr_u16(w, c->secs);
	wr_u16(w, flags);
	wr_u32(w, ciaddr.host);
	wr_zeros(w, 12);		/* yiaddr, siaddr, giaddr */
	wr_bytes(w, prefix, sizeof(prefix));
	wr_u16(w, c->run);
	wr_zeros(w, DHCP4_HEADER - wr_len(w));
	wr_u32(w, DHCP4_COOKIE);
	option(w, DHCP4_OPT_TYPE, &type, 1);
}

/* smee wants 60, 93, 94 and 97, dnsmasq 93. */
static void
machine(struct wr *w, const struct clientmsg *c)
{
	/* Mask, router, names, addresses of time and servers, root path, 43, 54,
	 * 60, 66, 67, 97 and 128-135, as EDK2 and the ROMs ask. */
	static const uint8_t wanted[] = {
		1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 22, 23, 28, 40, 41, 42, 43, 50,
		51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134,
		135,
	};
	static const uint8_t size[] = { 1472 >> 8, 1472 & 255 };
	uint8_t arch[] = { (uint8_t)(kinds[c->kind].arch >> 8),
		(uint8_t)kinds[c->kind].arch };
	uint8_t uuid[17] = "\0pxrelay-doctor";

	uuid[15] = (uint8_t)(c->run >> 8);
	uuid[16] = (uint8_t)c->run;
	option(w, OPT_PARAMETERS, wanted, sizeof(wanted));
	option(w, DHCP4_OPT_MAX_SIZE, size, sizeof(size));
	option(w, DHCP4_OPT_UUID, uuid, sizeof(uuid));
	option(w, DHCP4_OPT_ARCH, arch, sizeof(arch));
	option(w, DHCP4_OPT_UNDI, kinds[c->kind].undi, 3);
	option(w, DHCP4_OPT_VENDOR_CLASS, kinds[c->kind].class,
	    strlen(kinds[c->kind].class));
}

static size_t
end(struct wr *w)
{
	wr_u8(w, DHCP4_OPT_END);
	if (!w->bad && wr_len(w) < DHCP4_MIN)
		wr_zeros(w, DHCP4_MIN - wr_len(w));
	return w->bad ? 0 : wr_len(w);
}

size_t
clientmsg_discover(uint8_t *out, size_t size, const struct clientmsg *c,
    bool broadcast)
{
	struct wr w = wr_init(out, size);

	begin(&w, c, DHCP4_DISCOVER, broadcast || kinds[c->kind].broadcast ?
	    DHCP4_FLAG_BROADCAST : 0, IP4_NONE);
	machine(&w, c);
	return end(&w);
}

/* iPXE and ROMs name the server in option 54, EDK2 does not. */
size_t
clientmsg_request4011(uint8_t *out, size_t size, const struct clientmsg *c,
    struct ip4 ciaddr, struct ip4 id, int item)
{
	struct wr w = wr_init(out, size);
	unsigned type = item < 0 ? 0 : (unsigned)item;
	uint8_t menu[] = { PXE_SUB_BOOT_ITEM, 4, (uint8_t)(type >> 8), (uint8_t)type,
		0, 0, DHCP4_OPT_END };

	begin(&w, c, DHCP4_REQUEST, 0, ciaddr);
	machine(&w, c);
	if (!ip4_is_none(id) && item < 0) {
		wr_u8(&w, DHCP4_OPT_SERVER_ID);
		wr_u8(&w, 4);
		wr_u32(&w, id.host);
	}
	if (item >= 0)
		option(&w, DHCP4_OPT_VENDOR_INFO, menu, sizeof(menu));
	return end(&w);
}

bool
clientmsg_is_doctor(uint8_t hlen, const uint8_t *chaddr)
{
	return hlen == 6 && memcmp(chaddr, prefix, sizeof(prefix)) == 0;
}

bool
clientmsg_answer(const void *data, size_t len, uint16_t *run, uint32_t *xid)
{
	struct rd r = rd_init(data, len);
	uint8_t op = rd_u8(&r), hlen, mac[sizeof(prefix)];

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, 1);
	*xid = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_XID + 4));
	rd_copy(&r, mac, sizeof(mac));
	*run = rd_u16(&r);
	return !r.bad && op == BOOTREPLY && clientmsg_is_doctor(hlen, mac);
}
