/* SPDX-License-Identifier: ISC
 *
 * What a message of any bytes says about its sender: fields within bounds and
 * consistent. The same bytes are tried as the name of an
 * architecture. The seeds are the clients of tests/lib/msg.c.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/pxe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_client(const struct dhcp4 *m)
{
	struct pxe_client c;
	char text[PXE_CLASS_MAX + 1];

	memset(&c, 0xa5, sizeof(c));
	pxe_read(&c, m);
	assert(c.family < PXE_FAMILY_MAX);
	assert(c.n_arch <= PXE_ARCHS_MAX);
	assert(!c.arch_guessed || c.n_arch == 1);
	assert(c.uuid_len == 0 || c.uuid_len == sizeof(c.uuid));
	assert(!(c.pxeclient && c.httpclient));
	assert(!c.discovery || c.pxeclient);
	assert(c.netboot == (c.pxeclient || c.httpclient ||
	    m->at[DHCP4_OPT_ARCH] != 0));
	assert(c.pxeclient == pxe_offer_says(m, "PXEClient"));

	/* whatever the class is, it matches itself */
	memcpy(text, c.user, c.user_len);
	text[c.user_len] = '\0';
	if (c.user_len > 0 && strlen(text) == c.user_len)
		assert(pxe_user_class_is(&c, text));
	(void)pxe_user_class_is(&c, "x");
}

static void
check_name(const uint8_t *data, size_t len)
{
	uint16_t codes[PXE_ALIAS_MAX], first;
	char name[64];
	size_t n;

	len = len < sizeof(name) ? len : sizeof(name) - 1;
	memcpy(name, data, len);
	name[len] = '\0';
	n = pxe_arch_parse(name, codes, PXE_ALIAS_MAX);
	assert(n <= PXE_ALIAS_MAX);
	assert(pxe_arch_parse(name, &first, 1) == (n > 0));
	assert(n == 0 || first == codes[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dhcp4 m;

	if (dhcp4_parse(&m, data, len) == DROP_NONE)
		check_client(&m);
	if (len > 0)
		check_name(data, len);
	return 0;
}
