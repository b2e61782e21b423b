/* SPDX-License-Identifier: ISC
 *
 * bootfile - tells from the name in an offer where a boot file is, and from the
 * file's first bytes which kind of machine it is for.
 *
 * A UEFI program is a PE image whose header names the machine. A BIOS runs
 * anything, even a PE image, as code.
 */
#ifndef PROTO_BOOTFILE_H
#define PROTO_BOOTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define BOOTFILE_MAX	256	/* bytes of a name or URL, with NUL */
#define BOOTFILE_HOST	80	/* bytes of the host in a URL, with NUL */

enum bootfile_scheme {
	BOOTFILE_TFTP,		/* also a plain name */
	BOOTFILE_HTTP,
	BOOTFILE_UNKNOWN,	/* https, nfs... */
};

struct bootfile {
	enum bootfile_scheme scheme;
	struct ipaddr server;	/* none: not an address in a URL */
	bool url;		/* false: a plain name */
	uint16_t port;		/* HTTP's */
	char host[BOOTFILE_HOST];	/* as in the URL, with its brackets, without port */
	const char *path;	/* borrowed from the text; with '/' for HTTP */
};

/* False for an invalid URL: no host, a bad port, an unprintable HTTP path. */
bool bootfile_parse(struct bootfile *b, const char *text);

enum bootfile_content {
	BOOTFILE_EMPTY,
	BOOTFILE_RAW,		/* none of the following */
	BOOTFILE_SCRIPT,	/* "#!" */
	BOOTFILE_EFI_IA32,
	BOOTFILE_EFI_X64,
	BOOTFILE_EFI_ARM64,
	BOOTFILE_EFI_OTHER,	/* for another machine */
	BOOTFILE_MZ,		/* maybe a PE image: its header was not read */
};

enum bootfile_content bootfile_sniff(const void *data, size_t len);
const char *bootfile_content_text(enum bootfile_content c);
/* Can a machine of this architecture (option 93) boot it? */
bool bootfile_suits(enum bootfile_content c, uint16_t arch);

#endif
