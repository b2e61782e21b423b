/* SPDX-License-Identifier: ISC
 *
 * What the doctor receives: names of boot files as servers write them, the
 * first bytes of the files, and answers to its machines. The first byte selects
 * one.
 *
 * What must hold: a path is part of its name, hosts and text end within their fields,
 * and a message that does not name the doctor's machine is not an answer to it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bootfile.h"
#include "proto/clientmsg.h"
#include "proto/dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
name(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct bootfile b;

	assert(text);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	if (bootfile_parse(&b, text)) {
		assert(memchr(b.host, '\0', sizeof(b.host)));
		assert(strcmp(b.path, "/") == 0 ||
		    (b.path >= text && b.path <= text + strlen(text)));
		if (!b.url)
			assert(b.scheme == BOOTFILE_TFTP);
	}
	free(text);
}

static void
content(const uint8_t *data, size_t len)
{
	enum bootfile_content c = bootfile_sniff(data, len);

	assert(c <= BOOTFILE_MZ && bootfile_content_text(c));
	assert((c == BOOTFILE_EMPTY) == (len == 0));
	for (unsigned arch = 0; arch < 40; arch++)
		(void)bootfile_suits(c, (uint16_t)arch);
}

static void
answer(const uint8_t *data, size_t len)
{
	uint16_t run;
	uint32_t xid;

	if (!clientmsg_answer(data, len, &run, &xid))
		return;
	assert(len >= DHCP4_OFF_CHADDR + 6 && data[0] == BOOTREPLY);
	assert(clientmsg_is_doctor(data[2], data + DHCP4_OFF_CHADDR));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		name(data + 1, len - 1);
		break;
	case 1:
		content(data + 1, len - 1);
		break;
	case 2:
		answer(data + 1, len - 1);
		break;
	}
	return 0;
}
