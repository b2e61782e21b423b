/* SPDX-License-Identifier: ISC
 *
 * What a DHCPv6 message of any bytes says about its sender: fields within bounds and consistent,
 * and the same vendor class as a second reader finds. The seeds are the clients of
 * tests/lib/msg6.c and shapes of captured messages.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/pxe6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t
u16_at(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static bool
says(const uint8_t *class, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(class, word, strlen(word)) == 0;
}

/* Of one option 16, by bare offsets: is there a class that boots? */
static bool
class_boots(const uint8_t *v, size_t len)
{
	for (size_t off = 4; off + 2 <= len; off += 2 + u16_at(v + off)) {
		size_t n = u16_at(v + off);

		if (n > len - off - 2)
			return false;
		if (says(v + off + 2, n, "PXEClient") || says(v + off + 2, n, "HTTPClient"))
			return true;
	}
	return false;
}

static bool
message_boots(const struct dhcp6 *m)
{
	size_t off = m->relay ? 34 : 4;

	while (m->len - off >= 4 && m->len - off - 4 >= u16_at(m->data + off + 2)) {
		size_t len = u16_at(m->data + off + 2);

		if (u16_at(m->data + off) == DHCP6_OPT_VENDOR_CLASS &&
		    class_boots(m->data + off + 4, len))
			return true;
		off += 4 + len;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pxe_client c;
	char text[PXE_CLASS_MAX + 1];
	struct dhcp6 m;

	if (dhcp6_parse(&m, data, len) != DROP_NONE)
		return 0;
	memset(&c, 0xa5, sizeof(c));
	pxe6_read(&c, &m);
	assert(c.family < PXE_FAMILY_MAX);
	assert(c.n_arch <= PXE_ARCHS_MAX);
	assert(!c.arch_guessed || c.n_arch == 1);
	assert(!c.arch_guessed || c.pxeclient || c.httpclient);
	assert(c.uuid_len == 0 || (c.uuid_len == 16 && dhcp6_has(&m, DHCP6_OPT_CLIENT_ID)));
	assert(!(c.pxeclient && c.httpclient));
	assert((c.pxeclient || c.httpclient) == message_boots(&m));
	assert(!c.discovery && !c.boot_servers);
	assert(c.netboot == (message_boots(&m) || dhcp6_has(&m, DHCP6_OPT_ARCH) ||
	    dhcp6_has(&m, DHCP6_OPT_NII) || dhcp6_requests(&m, DHCP6_OPT_BOOT_URL) ||
	    pxe_user_class_is(&c, "iPXE")));
	assert(!c.netboot || c.family != PXE_PLAIN);
	assert((c.family == PXE_IPXE) == pxe_user_class_is(&c, "iPXE"));

	/* whatever the class is, it matches itself */
	memcpy(text, c.user, c.user_len);
	text[c.user_len] = '\0';
	if (c.user_len > 0 && strlen(text) == c.user_len)
		assert(pxe_user_class_is(&c, text));
	return 0;
}
