/* SPDX-License-Identifier: ISC
 *
 * pxe - reads what a message says about the machine that boots.
 *
 * Clients describe themselves in options 60, 93, 94, 97 (RFC 4578), 77 (RFC 3004), 43 (PXE 2.1)
 * and 175 (iPXE), and not all of them truthfully. This file reads; core/rules and core/classes
 * draw conclusions. Options are joined first (RFC 3396), and read in overloaded fields, too.
 * DHCPv6 has the same texts in other options: proto/pxe6 reads those, and both meet in
 * pxe_conclude().
 */
#include "proto/pxe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Bytes of option 43 that are read; firmware sends 7. */
#define VENDOR_INFO_MAX	512

static const char *const archs[] = {
#define PXE_ARCH(code, name, sentence) [code] = name,
#include "proto/arch.def"
};

static const struct {
	const char *name;
	size_t count;
	uint16_t codes[PXE_ALIAS_MAX];
} aliases[] = {
#define PXE_ALIAS(name, ...) { name,					\
	sizeof((uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t), { __VA_ARGS__ } },
#include "proto/arch.def"
};

static const char *const families[] = {
	[PXE_PLAIN] = "plain", [PXE_PXE] = "pxe", [PXE_HTTP] = "http",
	[PXE_IPXE] = "ipxe", [PXE_BSDP] = "bsdp", [PXE_UBOOT] = "u-boot",
};

/* --- what clients of both protocols say alike ------------------------------- */

static bool
vendor_begins(const struct pxe_client *c, const char *text)
{
	size_t len = strlen(text);

	return c->vendor_len >= len && memcmp(c->vendor, text, len) == 0;
}

bool
pxe_user_class_is(const struct pxe_client *c, const char *text)
{
	struct rd r = rd_init(c->user, c->user_len);
	size_t len = strlen(text);

	if (len == 0)
		return false;
	/* iPXE and Windows send the bare text, against RFC 3004. */
	if (c->user_len == len && memcmp(c->user, text, len) == 0)
		return true;
	while (rd_left(&r) > 0) {
		struct rd class = rd_sub(&r, rd_u8(&r));

		if (class.bad)
			return false;
		if (rd_left(&class) == len && memcmp(class.p, text, len) == 0)
			return true;
	}
	return false;
}

/* Reads the digits of "PXEClient:Arch:00007:UNDI:003016"; PXE 2.1 requires five
 * decimal ones. U-Boot on RISC-V writes hexadecimal, "0001b"; that is rejected,
 * but U-Boot sends option 93 as well. */
static bool
read_arch_text(struct rd r, uint16_t *out)
{
	uint32_t code = 0;
	size_t digits = 0;

	while (rd_left(&r) > 0) {
		uint8_t ch = rd_u8(&r);

		if (ch == ':')
			break;
		if (!isdigit(ch) || ++digits > 5)
			return false;
		code = code * 10 + (ch - '0');
	}
	*out = (uint16_t)code;
	return digits > 0 && code <= UINT16_MAX;
}

static void
guess_arch(struct pxe_client *c)
{
	struct rd r = rd_init(c->vendor, c->vendor_len);
	const char *prefix = c->pxeclient ? "PXEClient:Arch:" : "HTTPClient:Arch:";

	if (!vendor_begins(c, prefix))
		return;
	rd_skip(&r, strlen(prefix));
	c->arch_guessed = read_arch_text(r, &c->arch[0]);
	c->n_arch = c->arch_guessed;
}

static enum pxe_family
family_of(const struct pxe_client *c, bool ipxe)
{
	/* iPXE repeats the vendor class of the ROM below it. */
	if (ipxe || pxe_user_class_is(c, "iPXE"))
		return PXE_IPXE;
	if (c->pxeclient)
		return PXE_PXE;
	if (c->httpclient)
		return PXE_HTTP;
	if (vendor_begins(c, "AAPLBSDPC"))
		return PXE_BSDP;
	if (vendor_begins(c, "U-Boot"))
		return PXE_UBOOT;
	return c->netboot ? PXE_PXE : PXE_PLAIN;
}

void
pxe_read_archs(struct pxe_client *c, struct rd list)
{
	while (rd_left(&list) >= 2 && c->n_arch < PXE_ARCHS_MAX)
		c->arch[c->n_arch++] = rd_u16(&list);
}

void
pxe_conclude(struct pxe_client *c, bool ipxe)
{
	c->pxeclient = vendor_begins(c, "PXEClient");
	c->httpclient = vendor_begins(c, "HTTPClient");
	c->netboot = c->netboot || c->pxeclient || c->httpclient;
	c->family = family_of(c, ipxe);
	/* If both are present and differ, the list is right: a chained loader may inherit the
	 * vendor class from the ROM. */
	if (c->n_arch == 0)
		guess_arch(c);
}

/* --- reading a DHCPv4 message ---------------------------------------------- */

/* As much of an option as fits, all instances joined. */
static size_t
read_option(const struct dhcp4 *m, uint8_t code, uint8_t *buf, size_t size)
{
	size_t len = dhcp4_opt_join(m, code, buf, size);

	return len < size ? len : size;
}

bool
pxe_sub_next(struct rd *r, uint8_t *code, struct rd *value)
{
	do
		*code = rd_u8(r);
	while (*code == PXE_SUB_PAD && rd_left(r) > 0);
	if (r->bad || *code == PXE_SUB_PAD || *code == PXE_SUB_END)
		return false;
	*value = rd_sub(r, rd_u8(r));
	return !value->bad;
}

/* PXE 2.1: a REQUEST with the boot item in option 43 is for a boot server, not
 * for DHCP servers. Option 60 defines what option 43 means (RFC 2132 8.4), so
 * only PXE clients have sub-option 71. */
static void
read_boot_item(struct pxe_client *c, const struct dhcp4 *m)
{
	uint8_t buf[VENDOR_INFO_MAX], sub;
	struct rd r, item;

	if (!c->pxeclient)
		return;
	r = rd_init(buf, read_option(m, DHCP4_OPT_VENDOR_INFO, buf, sizeof(buf)));
	while (pxe_sub_next(&r, &sub, &item)) {
		c->boot_servers = c->boot_servers || sub == PXE_SUB_BOOT_SERVERS;
		if (sub != PXE_SUB_BOOT_ITEM)
			continue;
		c->item = rd_u16(&item);
		c->layer = rd_u16(&item);
		c->discovery = !item.bad;
		return;
	}
}

/* RFC 4578 2.3 defines only type 0 with 16 bytes. Vendors disagree about the
 * byte order, so it is kept as received. */
static void
read_uuid(struct pxe_client *c, const struct dhcp4 *m)
{
	struct rd v;

	if (!dhcp4_opt(m, DHCP4_OPT_UUID, &v))
		return;
	if (rd_left(&v) != 1 + sizeof(c->uuid) || rd_u8(&v) != 0)
		return;
	rd_copy(&v, c->uuid, sizeof(c->uuid));
	c->uuid_len = sizeof(c->uuid);
}

/* ROMs older than RFC 4578 say PXEClient and nothing else: those are PC BIOS, code 0. */
static void
guess_bios(struct pxe_client *c)
{
	if (c->n_arch == 0 && c->pxeclient && !vendor_begins(c, "PXEClient:Arch:")) {
		c->arch[0] = 0;
		c->n_arch = 1;
		c->arch_guessed = true;
	}
}

void
pxe_read(struct pxe_client *c, const struct dhcp4 *m)
{
	uint8_t archs_93[2 * PXE_ARCHS_MAX];

	*c = (struct pxe_client){ 0 };
	c->vendor_len = (uint8_t)read_option(m, DHCP4_OPT_VENDOR_CLASS,
	    c->vendor, sizeof(c->vendor));
	c->user_len = (uint8_t)read_option(m, DHCP4_OPT_USER_CLASS,
	    c->user, sizeof(c->user));
	pxe_read_archs(c, rd_init(archs_93, read_option(m, DHCP4_OPT_ARCH,
	    archs_93, sizeof(archs_93))));
	c->netboot = m->at[DHCP4_OPT_ARCH];
	/* Scripts may change the user class of iPXE, but not option 175. */
	pxe_conclude(c, m->at[DHCP4_OPT_IPXE]);
	guess_bios(c);
	read_boot_item(c, m);
	read_uuid(c, m);
}

bool
pxe_offer_says(const struct dhcp4 *m, const char *word)
{
	uint8_t buf[PXE_CLASS_MAX];
	size_t len = strlen(word);

	return read_option(m, DHCP4_OPT_VENDOR_CLASS, buf, sizeof(buf)) >= len &&
	    memcmp(buf, word, len) == 0;
}

struct ip4
pxe_offer_group(const struct dhcp4 *m)
{
	uint8_t buf[VENDOR_INFO_MAX], sub;
	struct rd r, value;

	r = rd_init(buf, read_option(m, DHCP4_OPT_VENDOR_INFO, buf, sizeof(buf)));
	while (pxe_sub_next(&r, &sub, &value))
		if (sub == PXE_SUB_DISCOVERY_GROUP && rd_left(&value) == 4)
			return (struct ip4){ rd_u32(&value) };
	return IP4_NONE;
}

bool
pxe_offer_suits_pi(const struct dhcp4 *m)
{
	static const char text[] = "Raspberry Pi Boot";
	uint8_t buf[255];
	size_t len = read_option(m, DHCP4_OPT_VENDOR_INFO, buf, sizeof(buf));

	return memmem(buf, len, text, strlen(text));
}

const char *
pxe_family_name(enum pxe_family f)
{
	return (size_t)f < COUNT(families) ? families[f] : "unknown";
}

const char *
pxe_arch_name(uint16_t code)
{
	return code < COUNT(archs) ? archs[code] : NULL;
}

enum pxe_kind
pxe_arch_kind(uint16_t code)
{
	const char *name = pxe_arch_name(code);
	size_t len = name ? strlen(name) : 0;

	switch (code) {
	case 0x0000:
		return PXE_KIND_BIOS;
	case 0x0006:
		return PXE_KIND_UEFI_X86;
	case 0x0007:
	case 0x0009:
		return PXE_KIND_UEFI_X64;
	case 0x000a:
		return PXE_KIND_UEFI_ARM32;
	case 0x000b:
		return PXE_KIND_UEFI_ARM64;
	}
	return len > 5 && strcmp(name + len - 5, "-http") == 0 ?
	    PXE_KIND_HTTP : PXE_KIND_OTHER;
}

const char *
pxe_kind_word(enum pxe_kind k)
{
	static const char *const word[PXE_KIND_MAX] = {
#define PXE_KIND(id, w, sentence) [PXE_KIND_##id] = w,
#include "proto/kind.def"
#undef PXE_KIND
	};

	return word[k];
}

/* Decimal (as in option 60, with leading zeros) or hexadecimal with 0x. */
static bool
parse_code(const char *s, uint16_t *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : s;
	unsigned long v;

	/* strtoul() would accept spaces, signs and a second 0x. */
	if (!*digits || digits[strspn(digits, hex ?
	    "0123456789abcdefABCDEF" : "0123456789")])
		return false;
	v = strtoul(digits, NULL, hex ? 16 : 10);
	if (v > UINT16_MAX)
		return false;
	*out = (uint16_t)v;
	return true;
}

size_t
pxe_arch_parse(const char *name, uint16_t *codes, size_t max)
{
	uint16_t code;

	if (max == 0)
		return 0;
	for (size_t i = 0; i < COUNT(archs); i++)
		if (strcasecmp(name, archs[i]) == 0) {
			codes[0] = (uint16_t)i;
			return 1;
		}
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (strcasecmp(name, aliases[i].name) == 0) {
			size_t n = aliases[i].count;

			n = n < max ? n : max;
			memcpy(codes, aliases[i].codes, n * sizeof(*codes));
			return n;
		}
	/* Codes that IANA has not assigned yet are accepted by number. */
	if (!parse_code(name, &code))
		return 0;
	codes[0] = code;
	return 1;
}

const char *
pxe_arch_list(size_t i)
{
	if (i < COUNT(archs))
		return archs[i];
	i -= COUNT(archs);
	return i < COUNT(aliases) ? aliases[i].name : NULL;
}
