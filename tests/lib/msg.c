/* SPDX-License-Identifier: ISC
 *
 * msg - DHCP messages for tests; see msg.h.
 */
#include "msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wire.h"
#include "skip.h"

/* --- building ------------------------------------------------------------- */

void
msg_bytes(struct msg *m, const void *data, size_t len)
{
	must(m->len + len <= sizeof(m->b));
	if (len)
		memcpy(m->b + m->len, data, len);
	m->len += len;
}

void
msg_u8(struct msg *m, uint8_t v)
{
	msg_bytes(m, &v, 1);
}

void
msg_init(struct msg *m, uint8_t op)
{
	static const uint8_t start[] = { 0, 1, 6, 0, 0x5e, 0xed, 0, 1 };
	static const uint8_t mac[] = { 2, 0, 0x5e, 0x10, 0, 1 };
	static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };

	m->len = 0;
	msg_bytes(m, start, sizeof(start));
	m->b[0] = op;
	msg_pad(m, DHCP4_OFF_CHADDR);
	msg_bytes(m, mac, sizeof(mac));
	msg_pad(m, DHCP4_HEADER);
	msg_bytes(m, cookie, sizeof(cookie));
}

void
msg_opt(struct msg *m, uint8_t code, const void *data, size_t len)
{
	must(len <= 255);
	msg_u8(m, code);
	msg_u8(m, (uint8_t)len);
	msg_bytes(m, data, len);
}

void
msg_opt_u8(struct msg *m, uint8_t code, uint8_t v)
{
	msg_opt(m, code, &v, 1);
}

void
msg_opt_u16(struct msg *m, uint8_t code, uint16_t v)
{
	uint8_t b[2];
	struct wr w = wr_init(b, sizeof(b));

	wr_u16(&w, v);
	msg_opt(m, code, b, sizeof(b));
}

void
msg_opt_u32(struct msg *m, uint8_t code, uint32_t v)
{
	uint8_t b[4];
	struct wr w = wr_init(b, sizeof(b));

	wr_u32(&w, v);
	msg_opt(m, code, b, sizeof(b));
}

void
msg_opt_text(struct msg *m, uint8_t code, const char *text)
{
	msg_opt(m, code, text, strlen(text));
}

size_t
msg_hex(const char *hex, uint8_t *b, size_t size)
{
	size_t n = 0;

	for (const char *p = hex; *p;) {
		unsigned int v;

		if (*p == ' ') {
			p++;
			continue;
		}
		must(n < size && sscanf(p, "%2x", &v) == 1);
		b[n++] = (uint8_t)v;
		p += 2;
	}
	return n;
}

void
msg_opt_hex(struct msg *m, uint8_t code, const char *hex)
{
	uint8_t b[255];

	msg_opt(m, code, b, msg_hex(hex, b, sizeof(b)));
}

void
msg_end(struct msg *m)
{
	msg_u8(m, DHCP4_OPT_END);
}

void
msg_pad(struct msg *m, size_t len)
{
	static const uint8_t zeros[MSG_MAX];

	if (m->len < len)
		msg_bytes(m, zeros, len - m->len);
}

uint8_t *
msg_exact(const void *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	must(copy != NULL);
	if (n)
		memcpy(copy, data, n);
	return copy;
}

/* --- clients -------------------------------------------------------------- */

#define UUID "00 31323334 35363738 9abcdef0 01020304"
#define EDK2_LIST "01020304 05060c0d 0f111216 171c2829 2a2b3233 363a3b3c" \
	"42436180 81828384 858687"

/* Intel UNDI, PXE 2.x: always 548 bytes, broadcast or not by vendor, class
 * identifier after the RFC 4578 options. */
static void
intel_rom(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	m->b[DHCP4_OFF_FLAGS] = 0x80;
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_hex(m, 55, "01020304 05060b0c 0d0f1011 1216171c 28292a2b"
	    "3233363a 3b3c4243 80818283 84858687");
	msg_opt_u16(m, 57, 1260);
	msg_opt_hex(m, 97, UUID);
	msg_opt_u16(m, 93, 0);
	msg_opt_hex(m, 94, "010201");
	msg_opt_text(m, 60, "PXEClient:Arch:00000:UNDI:002001");
	msg_end(m);
	msg_pad(m, 548);
}

static void
edk2(struct msg *m, const char *class, uint16_t arch)
{
	msg_init(m, BOOTREQUEST);
	m->b[DHCP4_OFF_FLAGS] = 0x80;
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u16(m, 57, 1472);
	msg_opt_hex(m, 55, EDK2_LIST);
	msg_opt_hex(m, 97, UUID);
	msg_opt_hex(m, 94, "010300");
	msg_opt_u16(m, 93, arch);
	msg_opt_text(m, 60, class);
	msg_end(m);
}

static void
ovmf_x64(struct msg *m)
{
	edk2(m, "PXEClient:Arch:00007:UNDI:003000", 7);
}

static void
aavmf_arm64(struct msg *m)
{
	edk2(m, "PXEClient:Arch:00011:UNDI:003000", 11);
}

static void
edk2_http(struct msg *m)
{
	edk2(m, "HTTPClient:Arch:00016:UNDI:003000", 16);
}

/* Boot server discovery: option 43 is first, type 2, layer 0. */
static void
edk2_discovery(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_hex(m, 43, "4704 0002 0000 ff");
	msg_opt_u8(m, 53, DHCP4_REQUEST);
	msg_opt_hex(m, 55, EDK2_LIST);
	msg_opt_u16(m, 57, 1472);
	msg_opt_text(m, 60, "PXEClient:Arch:00007:UNDI:003000");
	msg_opt_u16(m, 93, 7);
	msg_opt_hex(m, 94, "010300");
	msg_opt_hex(m, 97, UUID);
	msg_end(m);
}

/* iPXE: no broadcast flag, user class raw, features in option 175. */
static void
ipxe_bios(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u16(m, 57, 1472);
	msg_opt_u16(m, 93, 0);
	msg_opt_hex(m, 94, "010201");
	msg_opt_text(m, 60, "PXEClient:Arch:00000:UNDI:002001");
	msg_opt_text(m, 77, "iPXE");
	msg_opt_hex(m, 55, "01030607 0c0f111a 2b3c4243 7780 8182 838485 86 87"
	    "af cb");
	msg_opt_hex(m, 175, "b105 01 8086 100e 180101 210101 100102 130101"
	    "eb03010503");
	msg_opt_hex(m, 61, "01 02005e100001");
	msg_opt_hex(m, 97, UUID);
	msg_end(m);
}

/* Raspberry Pi's ROM, which claims to be a PC BIOS. */
static void
raspberry_pi(struct msg *m)
{
	static const uint8_t mac[] = { 0xb8, 0x27, 0xeb, 0x10, 0, 1 };

	msg_init(m, BOOTREQUEST);
	memcpy(m->b + DHCP4_OFF_CHADDR, mac, sizeof(mac));
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_hex(m, 55, "2b3c4380 81828384 85868742 0103");
	msg_opt_u16(m, 93, 0);
	msg_opt_hex(m, 94, "010201");
	msg_opt_hex(m, 97, "00 52506931 14d03100 10000001 b8271000");
	msg_opt_text(m, 60, "PXEClient:Arch:00000:UNDI:002001");
	msg_end(m);
}

static void
uboot_arm64(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u16(m, 57, 576);
	msg_opt_u16(m, 93, 0x16);
	msg_opt_hex(m, 94, "010000");
	msg_opt_text(m, 60, "U-Boot.armv8");
	msg_opt_hex(m, 55, "0103060c11");
	msg_end(m);
	msg_pad(m, DHCP4_MIN);
}

/* U-Boot on RISC-V writes the architecture of option 60 in hexadecimal. */
static void
uboot_riscv(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u16(m, 57, 576);
	msg_opt_u16(m, 93, 0x1b);
	msg_opt_hex(m, 94, "010000");
	msg_opt_text(m, 60, "PXEClient:Arch:0001b:UNDI:003000");
	msg_opt_hex(m, 55, "0103060c11");
	msg_end(m);
	msg_pad(m, DHCP4_MIN);
}

/* Apple NetBoot (BSDP): INFORM with ciaddr, no option 93, no END. */
static void
apple_bsdp(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	m->b[12] = 10, m->b[15] = 9;
	msg_opt_u8(m, 53, DHCP4_INFORM);
	msg_opt_hex(m, 55, "3c2b");
	msg_opt_u16(m, 57, 1500);
	msg_opt_text(m, 60, "AAPLBSDPC/i386/iMac11,1");
	msg_opt_hex(m, 43, "010101 02020101 05020303 0c00 07040000000a");
	msg_pad(m, DHCP4_MIN);
}

static void
windows(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u8(m, 116, 1);
	msg_opt_hex(m, 61, "01 02005e100001");
	msg_opt_text(m, 12, "LAB-PC-17");
	msg_opt_text(m, 60, "MSFT 5.0");
	msg_opt_hex(m, 55, "010f0306 2c2e2f1f 2179f9fc 2b");
	msg_opt_hex(m, 43, "dc00");
	msg_end(m);
	msg_pad(m, DHCP4_MIN);
}

static void
dhclient(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	msg_opt_u8(m, 53, DHCP4_DISCOVER);
	msg_opt_u32(m, 50, 0x0a000017);
	msg_opt_text(m, 12, "lab17");
	msg_opt_hex(m, 55, "011c0203 0f06770c 2c2f1a79 2a79f9");
	msg_end(m);
	msg_pad(m, DHCP4_MIN);
}

/* BOOTP as RFC 951 has it: 300 bytes, vend opaque, no cookie. */
static void
bootp(struct msg *m)
{
	msg_init(m, BOOTREQUEST);
	m->len = DHCP4_HEADER;
	msg_pad(m, DHCP4_MIN);
}

const struct msg_client msg_clients[] = {
	{ "intel-rom", intel_rom },
	{ "ovmf-x64", ovmf_x64 },
	{ "aavmf-arm64", aavmf_arm64 },
	{ "edk2-http", edk2_http },
	{ "edk2-discovery", edk2_discovery },
	{ "ipxe-bios", ipxe_bios },
	{ "raspberry-pi", raspberry_pi },
	{ "uboot-arm64", uboot_arm64 },
	{ "uboot-riscv", uboot_riscv },
	{ "apple-bsdp", apple_bsdp },
	{ "windows", windows },
	{ "dhclient", dhclient },
	{ "bootp", bootp },
	{ NULL, NULL },
};

void
msg_client(struct msg *m, const char *name)
{
	for (const struct msg_client *c = msg_clients; c->name; c++)
		if (strcmp(c->name, name) == 0) {
			c->build(m);
			return;
		}
	ck_abort_msg("no client %s", name);
}

/* --- random numbers, messages from the wild ------------------------------- */

uint32_t
prng_next(struct prng *p)
{
	uint64_t z = (p->state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

uint32_t
prng_below(struct prng *p, uint32_t n)
{
	return prng_next(p) % n;
}

void
prng_fill(struct prng *p, void *data, size_t len)
{
	uint8_t *b = data;

	while (len-- > 0)
		*b++ = (uint8_t)prng_next(p);
}

bool
msg_corpus_is_here(const char *file, const char *test)
{
	bool here = access(file, R_OK) == 0;
	char why[100];

	if (!here) {
		snprintf(why, sizeof(why), "there is no %s", file);
		skip_tests(test, why);
	}
	return here;
}

void
msg_corpus(const char *file, void (*each)(const uint8_t *data, size_t len))
{
	FILE *f = fopen(file, "rb");
	size_t messages = 0;
	uint8_t size[2];

	ck_assert_ptr_nonnull(f);
	for (; fread(size, sizeof(size), 1, f) == 1; messages++) {
		size_t len = (size_t)size[0] << 8 | size[1];
		uint8_t *data = malloc(len ? len : 1);

		must(data != NULL);
		ck_assert_uint_eq(fread(data, 1, len, f), len);
		each(data, len);
		free(data);
	}
	fclose(f);
	ck_assert_uint_gt(messages, 0);
}
