/* SPDX-License-Identifier: ISC
 *
 * clientmsg - builds the doctor's messages and recognises the answers. UEFI's
 * messages are those of EDK2 (Dhcp4Dxe, UefiPxeBcDxe/PxeBcDhcp4.c and
 * HttpBootDxe/HttpBootDhcp4.c), the BIOS's those of a PXE 2.1 ROM. Which ones
 * are sent when is decided by core/doctor.
 */
#include "proto/clientmsg.h"

#include <string.h>

#include "base/wire.h"
#include "proto/dhcp4.h"
#include "proto/pxe.h"

static const uint8_t doctor_prefix[4] = { 0x02, 0x70, 0x78, 0x64 };

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

static struct wr
begin_message(uint8_t *out, size_t size, const struct clientmsg *c,
    struct dhcp4_new n)
{
	struct wr w = wr_init(out, size), mac = wr_init(n.mac.b, sizeof(n.mac.b));

	wr_bytes(&mac, doctor_prefix, sizeof(doctor_prefix));
	wr_u16(&mac, c->run);
	n.xid = c->xid;
	n.secs = c->secs;
	dhcp4_new_begin(&w, &n);
	return w;
}

/* smee insists on options 60, 93, 94 and 97, dnsmasq on 93. */
static void
put_machine(struct wr *w, const struct clientmsg *c)
{
	/* Mask, router, names, time and other servers, root path, 43, 54, 60,
	 * 66, 67, 97 and 128-135, as EDK2 and the ROMs request. */
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
	dhcp4_new_opt(w, DHCP4_OPT_PARAMETERS, wanted, sizeof(wanted));
	dhcp4_new_opt(w, DHCP4_OPT_MAX_SIZE, size, sizeof(size));
	dhcp4_new_opt(w, DHCP4_OPT_UUID, uuid, sizeof(uuid));
	dhcp4_new_opt(w, DHCP4_OPT_ARCH, arch, sizeof(arch));
	dhcp4_new_opt(w, DHCP4_OPT_UNDI, kinds[c->kind].undi, 3);
	dhcp4_new_opt(w, DHCP4_OPT_VENDOR_CLASS, kinds[c->kind].class,
	    strlen(kinds[c->kind].class));
}

size_t
clientmsg_discover(uint8_t *out, size_t size, const struct clientmsg *c,
    bool broadcast)
{
	bool flag = broadcast || kinds[c->kind].broadcast;
	struct wr w = begin_message(out, size, c, (struct dhcp4_new){
		.type = DHCP4_DISCOVER, .flags = flag ? DHCP4_FLAG_BROADCAST : 0 });

	put_machine(&w, c);
	return dhcp4_new_end(&w);
}

/* iPXE and ROMs name the server in option 54, EDK2 does not. */
size_t
clientmsg_request4011(uint8_t *out, size_t size, const struct clientmsg *c,
    struct ip4 ciaddr, struct ip4 id, int item)
{
	struct wr w = begin_message(out, size, c, (struct dhcp4_new){
		.type = DHCP4_REQUEST, .ciaddr = ciaddr });
	uint8_t menu[] = { PXE_SUB_BOOT_ITEM, 4, (uint8_t)((unsigned)item >> 8),
		(uint8_t)item, 0, 0, DHCP4_OPT_END };

	put_machine(&w, c);
	if (!ip4_is_none(id) && item < 0) {
		wr_u8(&w, DHCP4_OPT_SERVER_ID);
		wr_u8(&w, 4);
		wr_u32(&w, id.host);
	}
	if (item >= 0)
		dhcp4_new_opt(&w, DHCP4_OPT_VENDOR_INFO, menu, sizeof(menu));
	return dhcp4_new_end(&w);
}

bool
clientmsg_is_doctor(uint8_t hlen, const uint8_t *chaddr)
{
	return hlen == 6 &&
	    memcmp(chaddr, doctor_prefix, sizeof(doctor_prefix)) == 0;
}

bool
clientmsg_answer(const void *data, size_t len, uint16_t *run, uint32_t *xid)
{
	struct rd r = rd_init(data, len);
	uint8_t op = rd_u8(&r), hlen, mac[sizeof(doctor_prefix)];

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, 1);
	*xid = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_XID + 4));
	rd_copy(&r, mac, sizeof(mac));
	*run = rd_u16(&r);
	return !r.bad && op == BOOTREPLY && clientmsg_is_doctor(hlen, mac);
}
