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
/* As a hardware address never makes it (RFC 4291 2.5.1). The run and the xid follow. */
static const uint8_t peer_prefix[10] = { 0xfe, 0x80, [8] = 'p', 'd' };

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
	[CLIENTMSG_X64_V6] = { 7, { 1, 3, 16 }, false,
	    "PXEClient:Arch:00007:UNDI:003016" },
	[CLIENTMSG_ARM64_V6] = { 11, { 1, 3, 16 }, false,
	    "PXEClient:Arch:00011:UNDI:003016" },
	[CLIENTMSG_HTTP_V6] = { 16, { 1, 3, 16 }, false,
	    "HTTPClient:Arch:00016:UNDI:003016" },
};

uint16_t
clientmsg_kind_arch(enum clientmsg_kind k)
{
	return kinds[k].arch;
}

struct mac
clientmsg_mac(uint16_t run)
{
	struct mac mac;
	struct wr w = wr_init(mac.b, sizeof(mac.b));

	wr_bytes(&w, doctor_prefix, sizeof(doctor_prefix));
	wr_u16(&w, run);
	return mac;
}

static struct wr
begin_message(uint8_t *out, size_t size, const struct clientmsg *c,
    struct dhcp4_new n)
{
	struct wr w = wr_init(out, size);

	n.mac = clientmsg_mac(c->run);
	n.xid = c->xid;
	n.secs = c->secs;
	dhcp4_new_begin(&w, &n);
	return w;
}

#define UUID_LEN	17	/* with the type byte of option 97 */

static void
put_uuid(uint8_t out[UUID_LEN], uint16_t run)
{
	struct wr w = wr_init(out, UUID_LEN);

	wr_bytes(&w, "\0pxrelay-doctor", UUID_LEN - 2);
	wr_u16(&w, run);
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
	uint8_t uuid[UUID_LEN];

	put_uuid(uuid, c->run);
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

/* --- DHCPv6 ------------------------------------------------------------------- */

#define DUID_LEN	18
#define ENTERPRISE_INTEL 343	/* of EDK2's option 16 */

/* RFC 6355: EDK2's is a DUID-UUID. */
static void
put_duid(uint8_t out[DUID_LEN], uint16_t run)
{
	uint8_t uuid[UUID_LEN];
	struct wr w = wr_init(out, DUID_LEN);

	put_uuid(uuid, run);
	wr_u16(&w, 4);
	wr_bytes(&w, uuid + 1, UUID_LEN - 1);
}

struct ip6
clientmsg_peer(const struct clientmsg *c)
{
	struct ip6 a;
	struct wr w = wr_init(a.b, sizeof(a.b));

	wr_bytes(&w, peer_prefix, sizeof(peer_prefix));
	wr_u16(&w, c->run);
	wr_u32(&w, c->xid);
	return a;
}

/* The first options of EDK2's messages. */
static void
begin_message6(struct wr *w, const struct clientmsg *c, enum dhcp6_type type)
{
	uint8_t duid[DUID_LEN];

	put_duid(duid, c->run);
	wr_u32(w, (uint32_t)type << 24 | (c->xid & 0xffffff));
	dhcp6_put(w, DHCP6_OPT_CLIENT_ID, duid, sizeof(duid));
	dhcp6_put_header(w, DHCP6_OPT_ELAPSED, 2);
	wr_u16(w, (uint16_t)(c->secs < UINT16_MAX / 100 ? c->secs * 100 : UINT16_MAX));
}

static void
put_machine6(struct wr *w, const struct clientmsg *c)
{
	static const uint8_t wanted[] = { 0, DHCP6_OPT_BOOT_URL, 0, DHCP6_OPT_BOOT_PARAM, 0,
		DHCP6_OPT_DNS, 0, DHCP6_OPT_VENDOR_CLASS };
	const char *class = kinds[c->kind].class;
	size_t len = strlen(class);

	dhcp6_put(w, DHCP6_OPT_ORO, wanted, sizeof(wanted));
	dhcp6_put(w, DHCP6_OPT_NII, kinds[c->kind].undi, 3);
	dhcp6_put_header(w, DHCP6_OPT_ARCH, 2);
	wr_u16(w, kinds[c->kind].arch);
	dhcp6_put_header(w, DHCP6_OPT_VENDOR_CLASS, 6 + len);
	wr_u32(w, ENTERPRISE_INTEL);
	wr_u16(w, (uint16_t)len);
	wr_bytes(w, class, len);
}

size_t
clientmsg_solicit(uint8_t *out, size_t size, const struct clientmsg *c)
{
	struct wr w = wr_init(out, size);

	begin_message6(&w, c, DHCP6_SOLICIT);
	dhcp6_put_header(&w, DHCP6_OPT_IA_NA, 12);
	wr_u32(&w, c->run);
	wr_u32(&w, 0);
	wr_u32(&w, 0);
	put_machine6(&w, c);
	return w.bad ? 0 : wr_len(&w);
}

/* It has no IA, and the SOLICIT's xid. */
size_t
clientmsg_request4011_v6(uint8_t *out, size_t size, const struct clientmsg *c,
    struct rd server)
{
	struct wr w = wr_init(out, size);

	begin_message6(&w, c, DHCP6_REQUEST);
	if (rd_left(&server))
		dhcp6_put(&w, DHCP6_OPT_SERVER_ID, server.p, rd_left(&server));
	put_machine6(&w, c);
	return w.bad ? 0 : wr_len(&w);
}

bool
clientmsg_is_answer6(const struct dhcp6 *m, const struct clientmsg *c)
{
	uint8_t duid[DUID_LEN];
	struct rd id;

	put_duid(duid, c->run);
	return m->xid == (c->xid & 0xffffff) && dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &id) &&
	    rd_left(&id) == sizeof(duid) && memcmp(id.p, duid, sizeof(duid)) == 0;
}

bool
clientmsg_answer6(const void *data, size_t len, uint16_t *run, uint32_t *xid)
{
	struct dhcp6 m;
	struct rd peer;

	if (dhcp6_parse(&m, data, len) != DROP_NONE || m.type != DHCP6_RELAY_REPL ||
	    memcmp(m.peer.b, peer_prefix, sizeof(peer_prefix)) != 0)
		return false;
	peer = rd_init(m.peer.b, sizeof(m.peer.b));
	rd_skip(&peer, sizeof(peer_prefix));
	*run = rd_u16(&peer);
	*xid = rd_u32(&peer);
	return true;
}
