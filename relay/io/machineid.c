/* SPDX-License-Identifier: ISC
 *
 * machineid - reads the 32 hex digits of machine-id(5). What is made of them is left
 * to relay/host.c.
 */
#include "io/machineid.h"

#include <stdio.h>

#include "base/addr.h"

bool
machineid_read(const char *path, uint8_t id[16])
{
	FILE *f = fopen(path, "re");
	char text[33] = "";
	bool good = f && fgets(text, sizeof(text), f);

	for (int i = 0; i < 16 && good; i++) {
		int byte = hex_pair(text + 2 * i);

		good = byte >= 0;
		id[i] = (uint8_t)byte;
	}
	if (f)
		fclose(f);
	return good;
}
