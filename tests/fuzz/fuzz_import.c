/* SPDX-License-Identifier: ISC
 *
 * Another relay's configuration, of any bytes: the result is plain text, the
 * daemon accepts it if anything was carried over, and every loss is a comment.
 * The first byte selects the relay.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/import.h"
#include "io/conffile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
refused(void *user, const char *file, int line, const char *text)
{
	(void)file;
	fprintf(stderr, "line %d: %s\nof:\n%s", line, text, (const char *)user);
	abort();
}

static void
check_plain(const struct import_result *r)
{
	if (strlen(r->text) != r->len)
		abort();
	for (size_t i = 0; i < r->len; i++)
		if (r->text[i] != '\n' && r->text[i] != '\t' &&
		    (r->text[i] < ' ' || r->text[i] > '~'))
			abort();
}

static void
check_losses(const struct import_result *r)
{
	if (r->lost && !strstr(r->text, "\n# not carried over: "))
		abort();
	if (!r->lost && strstr(r->text, "\n# not carried over: "))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct import_addr addr[] = {
		{ { .version = 4, .v4 = { 0x0a420a01 } }, "vlan10", true },
		{ { .version = 4, .v4 = { 0x0a420b01 } }, "vlan10", false },
		{ { .version = 4, .v4 = { 0x0a421401 } }, "vlan20", true },
		{ { .version = 6, .v6 = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0x10, [15] = 1 } } },
		    "vlan10", true },
	};
	static const struct import_host host = { addr, 4 };
	struct import_result r;
	bool good;

	if (len == 0)
		return 0;
	good = import_convert(&(struct import_source){ (enum import_kind)(data[0] % 3),
	    "the fuzzer", (const char *)data + 1, len - 1 }, &host, &r);
	check_plain(&r);
	check_losses(&r);
	if (good) {
		struct conf *c = conffile_parse(r.text, r.len, refused, r.text);

		if (!c)
			abort();
		conf_free(c);
	}
	free(r.text);
	return 0;
}
