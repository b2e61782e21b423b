/* SPDX-License-Identifier: ISC
 *
 * bootfile - where a boot file is, from its name in an offer, and which kind of
 * machine it is for, from its first bytes.
 *
 * A UEFI program is a PE image whose header names the machine. A BIOS runs
 * anything, even a PE image, as code. Nothing more is read of it.
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
	struct ip4 server;	/* IP4_NONE: a plain name, or a host name in the URL */
	bool url;		/* false: a plain name */
	uint16_t port;		/* HTTP's */
	char host[BOOTFILE_HOST];	/* as in the URL, without port */
	const char *path;	/* borrowed from the text: HTTP's with its '/' */
};

/* false: the URL is invalid (no host, a bad port, or an HTTP path that is not
 * printable ASCII). */
bool bootfile_parse(struct bootfile *b, const char *text);

enum bootfile_content {
	BOOTFILE_EMPTY,
	BOOTFILE_RAW,		/* none of the following */
	BOOTFILE_SCRIPT,	/* "#!" */
	BOOTFILE_EFI_IA32,
	BOOTFILE_EFI_X64,
	BOOTFILE_EFI_ARM64,
	BOOTFILE_EFI_OTHER,	/* for another machine */
	BOOTFILE_MZ,		/* possibly a PE image; its header is beyond these bytes */
};

enum bootfile_content bootfile_sniff(const void *data, size_t len);
const char *bootfile_content_text(enum bootfile_content c);
/* Could a machine of this architecture (option 93) boot that? */
bool bootfile_suits(enum bootfile_content c, uint16_t arch);

#endif
