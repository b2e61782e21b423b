/* SPDX-License-Identifier: ISC
 *
 * bootfile - parses the names and URLs of boot files (tftp: RFC 3617) and
 * recognises their contents. Fetching the file is left to io/query. Offsets are
 * those of PE/COFF (e_lfanew at 0x3c, machine after "PE\0\0").
 */
#include "proto/bootfile.h"

#include <string.h>
#include <strings.h>

#include "base/wire.h"

#define PE_POINTER	0x3c
#define PE_IA32		0x014c
#define PE_X64		0x8664
#define PE_ARM64	0xaa64

static bool
begins_with(const char *text, const char *prefix)
{
	return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool
parse_port(const char *p, size_t len, uint16_t *port)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9' || n > 6553)
			return false;
		n = n * 10 + (unsigned)(p[i] - '0');
	}
	*port = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX;
}

/* RFC 3986 3.2.2: an IPv6 address is in brackets, and no other is. */
static struct ipaddr
parse_address(const char *host, size_t len)
{
	char text[BOOTFILE_HOST];
	struct ipaddr a;
	bool bracket = host[0] == '[';

	memcpy(text, host + bracket, len - bracket);
	text[len - (bracket ? 2 : 0)] = '\0';
	return ip_parse(text, &a) && bracket == (a.version == 6) ? a : IP_NONE;
}

/* Parses host[:port]; user names ("user@host") are not supported. */
static bool
parse_host(struct bootfile *b, const char *at, size_t len)
{
	const char *end = len && at[0] == '[' ? memchr(at, ']', len) : NULL;
	const char *colon = end ? end + 1 : memchr(at, ':', len);
	size_t host = colon ? (size_t)(colon - at) : len;

	if (host == 0 || host >= sizeof(b->host) || memchr(at, '@', len) ||
	    (at[0] == '[' && !end))
		return false;
	memcpy(b->host, at, host);
	b->host[host] = '\0';
	b->server = parse_address(b->host, host);
	return host == len || (*colon == ':' &&
	    parse_port(colon + 1, len - host - 1, &b->port));
}

/* Printable ASCII only: a space would end the request line, and a line end
 * would start another header. */
static bool
is_path(const char *p)
{
	for (; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return true;
}

bool
bootfile_parse(struct bootfile *b, const char *text)
{
	const char *at = strstr(text, "://");
	size_t len;

	*b = (struct bootfile){ .scheme = BOOTFILE_TFTP, .path = text, .port = 80 };
	if (!at || strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ+") != (size_t)(at - text))
		return true;
	b->url = true;
	b->scheme = begins_with(text, "tftp:") ? BOOTFILE_TFTP :
	    begins_with(text, "http:") ? BOOTFILE_HTTP : BOOTFILE_UNKNOWN;
	at += 3;
	len = strcspn(at, "/");
	if (!parse_host(b, at, len))
		return false;
	at += len;
	if (b->scheme == BOOTFILE_TFTP)	/* RFC 3617 3: '/' is the separator */
		b->path = *at ? at + 1 : at;
	else
		b->path = *at ? at : "/";
	return b->scheme != BOOTFILE_HTTP || is_path(b->path);
}

static enum bootfile_content
read_pe_machine(const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	uint32_t at;

	rd_skip(&r, PE_POINTER);
	at = rd_le32(&r);
	if (r.bad)
		return BOOTFILE_MZ;
	r = rd_init(data, len);
	rd_skip(&r, at);
	if (rd_u32(&r) != 0x50450000)	/* "PE\0\0" */
		return r.bad ? BOOTFILE_MZ : BOOTFILE_RAW;
	switch (rd_le16(&r)) {
	case PE_IA32:
		return BOOTFILE_EFI_IA32;
	case PE_X64:
		return BOOTFILE_EFI_X64;
	case PE_ARM64:
		return BOOTFILE_EFI_ARM64;
	}
	return r.bad ? BOOTFILE_MZ : BOOTFILE_EFI_OTHER;
}

enum bootfile_content
bootfile_sniff(const void *data, size_t len)
{
	struct rd r = rd_init(data, len);

	if (len == 0)
		return BOOTFILE_EMPTY;
	switch (rd_u16(&r)) {
	case 0x2321:	/* "#!" */
		return BOOTFILE_SCRIPT;
	case 0x4d5a:	/* "MZ" */
		return read_pe_machine(data, len);
	}
	return BOOTFILE_RAW;
}

const char *
bootfile_content_text(enum bootfile_content c)
{
	static const char *const texts[] = {
		[BOOTFILE_EMPTY] = "empty",
		[BOOTFILE_RAW] = "not a UEFI program",
		[BOOTFILE_SCRIPT] = "script",
		[BOOTFILE_EFI_IA32] = "UEFI program for x86",
		[BOOTFILE_EFI_X64] = "UEFI program for x64",
		[BOOTFILE_EFI_ARM64] = "UEFI program for ARM64",
		[BOOTFILE_EFI_OTHER] = "UEFI program for another machine",
		[BOOTFILE_MZ] = "possibly a UEFI program",
	};

	return texts[c];
}

/* HTTP boot accepts disk images (EDK2: .iso, .img), which are raw. */
bool
bootfile_suits(enum bootfile_content c, uint16_t arch)
{
	switch (c) {
	case BOOTFILE_EMPTY:
	case BOOTFILE_SCRIPT:
	case BOOTFILE_MZ:
		return true;	/* for any machine, or for an unknown one */
	case BOOTFILE_RAW:
		return arch == 0x00 || arch == 0x10;
	case BOOTFILE_EFI_IA32:
		return arch == 0x06 || arch == 0x0f;
	case BOOTFILE_EFI_X64:
		return arch == 0x07 || arch == 0x09 || arch == 0x10;
	case BOOTFILE_EFI_ARM64:
		return arch == 0x0b || arch == 0x13;
	case BOOTFILE_EFI_OTHER:
		return arch != 0x00 && arch != 0x07 && arch != 0x0b && arch != 0x10;
	}
	return true;
}
