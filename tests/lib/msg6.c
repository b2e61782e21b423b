/* SPDX-License-Identifier: ISC
 *
 * msg6 - DHCPv6 messages for tests; see msg6.h. Nothing here is written by proto/dhcp6, which
 * these messages test.
 */
#include "msg6.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* --- building ------------------------------------------------------------- */

static void
put16(struct msg *m, unsigned v)
{
	msg_u8(m, (uint8_t)(v >> 8));
	msg_u8(m, (uint8_t)v);
}

static void
put32(struct msg *m, uint32_t v)
{
	put16(m, v >> 16);
	put16(m, v & 0xffff);
}

static void
put_addr(struct msg *m, const char *text)
{
	uint8_t b[16];

	must(inet_pton(AF_INET6, text, b) == 1);
	msg_bytes(m, b, sizeof(b));
}

void
msg6_init(struct msg *m, uint8_t type)
{
	m->len = 0;
	put32(m, (uint32_t)type << 24 | MSG6_XID);
}

void
msg6_opt(struct msg *m, uint16_t code, const void *data, size_t len)
{
	must(len <= UINT16_MAX);
	put16(m, code);
	put16(m, (unsigned)len);
	msg_bytes(m, data, len);
}

void
msg6_opt_text(struct msg *m, uint16_t code, const char *text)
{
	msg6_opt(m, code, text, strlen(text));
}

void
msg6_opt_hex(struct msg *m, uint16_t code, const char *hex)
{
	uint8_t b[255];

	msg6_opt(m, code, b, msg_hex(hex, b, sizeof(b)));
}

size_t
msg6_begin(struct msg *m, uint16_t code)
{
	msg6_opt(m, code, NULL, 0);
	return m->len;
}

void
msg6_end(struct msg *m, size_t begun)
{
	size_t len = m->len - begun;

	must(len <= UINT16_MAX);
	m->b[begun - 2] = (uint8_t)(len >> 8);
	m->b[begun - 1] = (uint8_t)len;
}

size_t
msg6_begin_ia(struct msg *m, uint16_t code, uint32_t t1, uint32_t t2)
{
	size_t begun = msg6_begin(m, code);

	put32(m, MSG6_IAID);
	if (code != DHCP6_OPT_IA_TA) {
		put32(m, t1);
		put32(m, t2);
	}
	return begun;
}

void
msg6_addr(struct msg *m, const char *addr, uint32_t valid)
{
	size_t begun = msg6_begin(m, DHCP6_OPT_IA_ADDR);

	put_addr(m, addr);
	put32(m, valid / 2);
	put32(m, valid);
	msg6_end(m, begun);
}

void
msg6_prefix(struct msg *m, const char *prefix, uint8_t plen, uint32_t valid)
{
	size_t begun = msg6_begin(m, DHCP6_OPT_IA_PREFIX);

	put32(m, valid / 2);
	put32(m, valid);
	msg_u8(m, plen);
	put_addr(m, prefix);
	msg6_end(m, begun);
}

void
msg6_status(struct msg *m, uint16_t status, const char *text)
{
	size_t begun = msg6_begin(m, DHCP6_OPT_STATUS);

	put16(m, status);
	msg_bytes(m, text, strlen(text));
	msg6_end(m, begun);
}

void
msg6_class(struct msg *m, const char *text)
{
	put16(m, (unsigned)strlen(text));
	msg_bytes(m, text, strlen(text));
}

void
msg6_vendor_class(struct msg *m, uint32_t enterprise, const char *text)
{
	size_t begun = msg6_begin(m, DHCP6_OPT_VENDOR_CLASS);

	put32(m, enterprise);
	msg6_class(m, text);
	msg6_end(m, begun);
}

void
msg6_init_relay(struct msg *m, uint8_t type, uint8_t hops, const char *link, const char *peer)
{
	m->len = 0;
	msg_u8(m, type);
	msg_u8(m, hops);
	put_addr(m, link);
	put_addr(m, peer);
}

void
msg6_wrap(struct msg *m, uint8_t type, uint8_t hops, const char *link, const char *peer,
    const char *interface_id)
{
	size_t len = m->len;
	uint8_t *inner = msg_exact(m->b, len);

	msg6_init_relay(m, type, hops, link, peer);
	if (interface_id)
		msg6_opt_text(m, DHCP6_OPT_INTERFACE_ID, interface_id);
	msg6_opt(m, DHCP6_OPT_RELAY_MSG, inner, len);
	free(inner);
}

/* --- clients -------------------------------------------------------------- */

#define DUID_UUID	"0004 31323334 35363738 9abcdef0 01020304"
#define DUID_LL		"0003 0001 02005e100001"
#define DUID_LLT	"0001 0001 2d1f8a00 02005e100001"
#define DUID_SERVER	"0001 0001 2d1f0000 02005e100053"

#define INTEL		343	/* the enterprise number of PXE */

static void
ia_na(struct msg *m, uint32_t t1, uint32_t t2)
{
	msg6_end(m, msg6_begin_ia(m, DHCP6_OPT_IA_NA, t1, t2));
}

/* EDK2: T1 and T2 are infinite, network device UNDI 3.0. */
static void
edk2(struct msg *m, const char *duid, const char *class, const char *arch)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, duid);
	msg6_opt_hex(m, 8, "0000");
	ia_na(m, UINT32_MAX, UINT32_MAX);
	msg6_opt_hex(m, 6, "003b 003c 0017 0010");
	msg6_opt_hex(m, 62, "010300");
	msg6_opt_hex(m, 61, arch);
	msg6_vendor_class(m, INTEL, class);
}

static void
edk2_pxe(struct msg *m)
{
	edk2(m, DUID_UUID, "PXEClient:Arch:00007:UNDI:003000", "0007");
}

static void
edk2_http(struct msg *m)
{
	edk2(m, DUID_LLT, "HTTPClient:Arch:00016:UNDI:003000", "0010");
}

/* The same machine's IP stack asks once more, for DNS. */
static void
edk2_stack(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_UUID);
	msg6_opt_hex(m, 8, "0000");
	ia_na(m, UINT32_MAX, UINT32_MAX);
	msg6_opt_hex(m, 6, "0017");
}

static void
ipxe(struct msg *m)
{
	size_t at;

	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_UUID);
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 6, "0017 0018 003b 003c");
	msg6_vendor_class(m, INTEL, "PXEClient:Arch:00007:UNDI:003010");
	msg6_opt_hex(m, 61, "0007");
	msg6_opt_hex(m, 62, "01030a");
	at = msg6_begin(m, 15);
	msg6_class(m, "iPXE");
	msg6_end(m, at);
	msg6_opt_hex(m, 8, "0000");
}

/* RA with O and without M: options are all it asks for. */
static void
ipxe_stateless(struct msg *m)
{
	size_t at;

	msg6_init(m, DHCP6_INFORMATION_REQUEST);
	msg6_opt_hex(m, 1, DUID_UUID);
	msg6_opt_hex(m, 6, "0017 0018 003b 003c");
	msg6_vendor_class(m, INTEL, "PXEClient:Arch:00007:UNDI:003010");
	msg6_opt_hex(m, 61, "0007");
	msg6_opt_hex(m, 62, "01030a");
	at = msg6_begin(m, 15);
	msg6_class(m, "iPXE");
	msg6_end(m, at);
	msg6_opt_hex(m, 8, "0000");
}

/* Enterprise 0; the architecture only if it was configured. */
static void
uboot(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_LL);
	msg6_opt_hex(m, 8, "0000");
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 6, "003b 0052 003c");
	msg6_opt_hex(m, 61, "0016");
	msg6_vendor_class(m, 0, "U-Boot");
	msg6_opt_hex(m, 62, "010000");
}

/* GRUB's net_bootp6 says of itself nothing at all. */
static void
grub(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 1, DUID_LL);
	msg6_opt_hex(m, 8, "0000");
}

static void
grub_request(struct msg *m)
{
	size_t at;

	msg6_init(m, DHCP6_REQUEST);
	msg6_opt_hex(m, 8, "0014");
	msg6_opt_hex(m, 6, "003b 0017");
	at = msg6_begin_ia(m, DHCP6_OPT_IA_NA, 1800, 2880);
	msg6_addr(m, "2001:db8:10::1017", 7200);
	msg6_end(m, at);
	msg6_opt_hex(m, 2, DUID_SERVER);
	msg6_opt_hex(m, 1, DUID_LL);
}

static void
cisco_ztp(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, "0002 00000009 5a5a5a30 30303030 30303100");
	msg6_opt_hex(m, 6, "0017 0018 00f3 00f2 003b 00f2 0027");
	msg6_opt_hex(m, 8, "0000");
	msg6_opt_text(m, 15, "exr-config");
	msg6_vendor_class(m, 9, "PXEClient:Arch:00009:UNDI:003010:PID:NCS-5508");
	ia_na(m, 3600, 5400);
}

static void
arista_ztp(struct msg *m)
{
	size_t at;

	msg6_init(m, DHCP6_INFORMATION_REQUEST);
	msg6_opt_hex(m, 17, "00007571 0001 0006 417269737461");
	msg6_opt_hex(m, 1, DUID_LL);
	msg6_opt_hex(m, 6, "003b 0018 0017");
	msg6_opt_hex(m, 8, "014b");
	at = msg6_begin(m, 15);
	msg6_class(m, "Arista;DCS-7000;4.21.0F;ZZZ00000001");
	msg6_end(m, at);
}

static void
dhclient(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_LLT);
	msg6_opt_hex(m, 6, "0017 0018 0027 001f");
	msg6_opt_hex(m, 8, "0000");
	ia_na(m, 3600, 5400);
}

static void
dhcpcd(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_LLT);
	msg6_opt_hex(m, 8, "0000");
	msg6_vendor_class(m, 40712, "dhcpcd-9.4.1:Linux-6.1.0-18-amd64:x86_64:GenuineIntel");
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 39, "01 056c61623137");
	msg6_opt_hex(m, 6, "0027 0052 0053");
	msg6_opt_hex(m, 11, "020100 0000000000000000");
}

/* A router: dhclient -P, with the prefix alone. */
static void
dhclient_pd(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 1, DUID_LLT);
	msg6_opt_hex(m, 6, "0017 0018");
	msg6_opt_hex(m, 8, "0000");
	msg6_end(m, msg6_begin_ia(m, DHCP6_OPT_IA_PD, 3600, 5400));
}

/* systemd-networkd: a DUID of its own enterprise number. */
static void
networkd(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 39, "01 056c61623137");
	msg6_opt_hex(m, 6, "0017 0018 001f 0038 0052");
	msg6_opt_hex(m, 1, "0002 0000ab11 0102030405060708");
	msg6_opt_hex(m, 8, "0000");
}

static void
windows(struct msg *m)
{
	msg6_init(m, DHCP6_SOLICIT);
	msg6_opt_hex(m, 8, "0000");
	msg6_opt_hex(m, 1, DUID_LLT);
	ia_na(m, 0, 0);
	msg6_opt_hex(m, 39, "00 094c41422d50432d3137");
	msg6_vendor_class(m, 311, "MSFT 5.0");
	msg6_opt_hex(m, 6, "0011 0017 0018 0027");
}

const struct msg_client msg6_clients[] = {
	{ "edk2-pxe", edk2_pxe },
	{ "edk2-http", edk2_http },
	{ "edk2-stack", edk2_stack },
	{ "ipxe", ipxe },
	{ "ipxe-stateless", ipxe_stateless },
	{ "uboot", uboot },
	{ "grub", grub },
	{ "grub-request", grub_request },
	{ "cisco-ztp", cisco_ztp },
	{ "arista-ztp", arista_ztp },
	{ "dhclient", dhclient },
	{ "dhclient-pd", dhclient_pd },
	{ "dhcpcd", dhcpcd },
	{ "networkd", networkd },
	{ "windows", windows },
	{ NULL, NULL },
};

void
msg6_client(struct msg *m, const char *name)
{
	for (const struct msg_client *c = msg6_clients; c->name; c++)
		if (strcmp(c->name, name) == 0) {
			c->build(m);
			return;
		}
	ck_abort_msg("no client %s", name);
}
