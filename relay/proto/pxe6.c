/* SPDX-License-Identifier: ISC
 *
 * pxe6 - what a DHCPv6 message says about the machine that boots, and what a server's
 * message offers to it.
 *
 * RFC 5970 moved the architecture (61) and the network device (62) to DHCPv6. The vendor class
 * (16) and the user class (15) exist there with two bytes of length before each class, and some
 * clients leave the latter's out. Network booting over IPv6 came with UEFI, so nothing is a PC
 * BIOS unless it says so.
 */
#include "proto/pxe6.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DUID_UUID	4	/* RFC 6355 4 */

/* RFC 9915 21.15, 21.16: two bytes of length, then the class. */
static bool
next_class(struct rd *r, struct rd *class)
{
	if (rd_left(r) == 0)
		return false;
	*class = rd_sub(r, rd_u16(r));
	return !class->bad;
}

static bool
begins(const struct rd *class, const char *text)
{
	size_t len = strlen(text);

	return rd_left(class) >= len && memcmp(class->p, text, len) == 0;
}

/* As much of a value as fits into a buffer of PXE_CLASS_MAX bytes; returns how much that is. */
static uint8_t
keep(uint8_t *to, const struct rd *value)
{
	size_t len = rd_left(value) < PXE_CLASS_MAX ? rd_left(value) : PXE_CLASS_MAX;

	memcpy(to, value->p, len);
	return (uint8_t)len;
}

/* There may be one option 16 for each enterprise. The number does not matter: Cisco's routers
 * are a PXEClient of their own (9), U-Boot has 0. */
static void
read_vendor_classes(struct pxe_client *c, const struct dhcp6 *m)
{
	struct rd options = dhcp6_options(m), value, class;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value)) {
		if (code != DHCP6_OPT_VENDOR_CLASS)
			continue;
		rd_skip(&value, sizeof(uint32_t));
		while (next_class(&value, &class)) {
			bool boots = begins(&class, "PXEClient") || begins(&class, "HTTPClient");

			if (boots || c->vendor_len == 0)
				c->vendor_len = keep(c->vendor, &class);
			if (boots)
				return;
		}
	}
}

/* Classes that are longer than a byte can say, or than the room that is left, are left out. */
static void
read_user_classes(struct pxe_client *c, const struct dhcp6 *m)
{
	struct wr w = wr_init(c->user, sizeof(c->user));
	struct rd value, r, class;

	if (!dhcp6_opt(m, DHCP6_OPT_USER_CLASS, &value))
		return;
	r = value;
	if (!next_class(&r, &class)) {
		/* Cisco's "exr-config", without a length */
		c->user_len = keep(c->user, &value);
		return;
	}
	do {
		if (rd_left(&class) >= wr_left(&w))
			continue;
		wr_u8(&w, (uint8_t)rd_left(&class));
		wr_bytes(&w, class.p, rd_left(&class));
	} while (next_class(&r, &class));
	c->user_len = (uint8_t)wr_len(&w);
}

/* As with option 97, vendors disagree about the byte order, so it stays as received. */
static void
read_uuid(struct pxe_client *c, const struct dhcp6 *m)
{
	struct rd duid;

	if (!dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &duid))
		return;
	if (rd_left(&duid) != 2 + sizeof(c->uuid) || rd_u16(&duid) != DUID_UUID)
		return;
	rd_copy(&duid, c->uuid, sizeof(c->uuid));
	c->uuid_len = sizeof(c->uuid);
}

void
pxe6_read(struct pxe_client *c, const struct dhcp6 *m)
{
	struct rd list;

	*c = (struct pxe_client){ 0 };
	read_vendor_classes(c, m);
	read_user_classes(c, m);
	read_uuid(c, m);
	if (dhcp6_opt(m, DHCP6_OPT_ARCH, &list))
		pxe_read_archs(c, list);
	c->netboot = dhcp6_has(m, DHCP6_OPT_ARCH) || dhcp6_has(m, DHCP6_OPT_NII) ||
	    dhcp6_requests(m, DHCP6_OPT_BOOT_URL);
	pxe_conclude(c, false);
	c->netboot = c->netboot || c->family == PXE_IPXE;
}

bool
pxe6_is_edk2(const struct pxe_client *c)
{
	return (c->family == PXE_PXE || c->family == PXE_HTTP) && c->n_arch &&
	    !c->arch_guessed && (c->pxeclient || c->httpclient);
}

/* --- what a server offers ---------------------------------------------------- */

static void
read_offered_classes(struct pxe6_offer *o, const struct dhcp6 *m)
{
	struct pxe_client c = { 0 };

	read_vendor_classes(&c, m);
	pxe_conclude(&c, false);
	o->pxe = c.pxeclient;
	o->http = c.httpclient;
}

/* EDK2 takes the first parameter for the size of the file in blocks of 512 bytes, of one to
 * five digits (tianocore/edk2 issue 10114); in RFC 5970 3.2 it may be any text. */
static bool
is_size(struct rd params)
{
	struct rd text = rd_sub(&params, rd_u16(&params));
	size_t len = rd_left(&text);

	for (size_t i = 0; i < len; i++)
		if (!isdigit(text.p[i]))
			return false;
	return !text.bad && len >= 1 && len <= 5;
}

/* GRUB searches for an option until one of length 0, such as 14 or 20. */
static bool
is_hidden(const struct dhcp6 *m)
{
	struct rd options = dhcp6_options(m), value;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value) && code != DHCP6_OPT_BOOT_URL)
		if (rd_left(&value) == 0)
			return true;
	return false;
}

void
pxe6_read_offer(struct pxe6_offer *o, const struct dhcp6 *m)
{
	struct rd value;

	*o = (struct pxe6_offer){
		.lease = dhcp6_gives_lease(m), .size_ok = true,
		.dns = dhcp6_has(m, DHCP6_OPT_DNS),
	};
	read_offered_classes(o, m);
	if (dhcp6_opt(m, DHCP6_OPT_BOOT_URL, &value) && rd_left(&value)) {
		o->url = value;
		o->has_url = true;
		o->hidden = is_hidden(m);
	}
	if (dhcp6_opt(m, DHCP6_OPT_BOOT_PARAM, &value))
		o->size_ok = is_size(value);
	if (dhcp6_opt(m, DHCP6_OPT_PREFERENCE, &value))
		o->best = rd_u8(&value) == UINT8_MAX;
}

bool
pxe6_boots(const struct pxe6_offer *o, enum pxe_family family)
{
	return family == PXE_HTTP ? o->has_url && o->http : o->has_url || o->pxe;
}

static bool
skip_scheme(struct rd *url, const char *scheme)
{
	size_t len = strlen(scheme);

	if (rd_left(url) < len || strncasecmp((const char *)url->p, scheme, len) != 0)
		return false;
	rd_skip(url, len);
	return true;
}

/* Is it a name or, in brackets, an address? *name: which of them. A second colon is that
 * of an address that stands alone; and no name is an IPv4 address. */
static bool
is_host(struct rd url, bool *name)
{
	const char *p = (const char *)url.p;
	size_t len = rd_left(&url), colons = 0;
	bool numeric = true;

	*name = len && p[0] != '[';
	if (len == 0 || p[0] == '/')
		return false;
	if (!*name)
		return memchr(p, ']', len);
	for (size_t i = 0; i < len && p[i] != '/'; i++) {
		colons += p[i] == ':';
		numeric = numeric && (colons || isdigit(url.p[i]) || p[i] == '.');
	}
	return colons < 2 && !numeric;
}

bool
pxe6_url_suits(const struct pxe6_offer *o, enum pxe_family family)
{
	struct rd url = o->url;
	bool name;

	if (family == PXE_HTTP ? !skip_scheme(&url, "http://") &&
	    !skip_scheme(&url, "https://") : !skip_scheme(&url, "tftp://"))
		return false;
	return is_host(url, &name) && (!name || o->dns);
}
