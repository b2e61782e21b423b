/* SPDX-License-Identifier: ISC
 *
 * bootfile - where a boot file is, by what an offer calls it, and for which kind of
 * machine it is, by its first bytes.
 *
 * A UEFI program is a PE image whose header names the machine; a BIOS takes anything, and
 * would run a PE image as the code of its signature. That is all that is read of it.
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
	BOOTFILE_TFTP,		/* a plain name, too */
	BOOTFILE_HTTP,
	BOOTFILE_UNKNOWN,	/* https, nfs... */
};

struct bootfile {
	enum bootfile_scheme scheme;
	struct ip4 server;	/* IP4_NONE: a plain name, or a host's name in the URL */
	bool url;		/* not a plain name */
	uint16_t port;		/* HTTP's */
	char host[BOOTFILE_HOST];	/* as in the URL, without port */
	const char *path;	/* borrowed from the text: HTTP's with its '/' */
};

/* false: the URL makes no sense (no host, a bad port, other bytes than printable ASCII in an
 * HTTP path). */
bool bootfile_parse(struct bootfile *b, const char *text);

enum bootfile_content {
	BOOTFILE_EMPTY,
	BOOTFILE_RAW,		/* none of the following */
	BOOTFILE_SCRIPT,	/* "#!" */
	BOOTFILE_EFI_IA32,
	BOOTFILE_EFI_X64,
	BOOTFILE_EFI_ARM64,
	BOOTFILE_EFI_OTHER,	/* of another machine */
	BOOTFILE_MZ,		/* a PE image perhaps, whose header is further on */
};

enum bootfile_content bootfile_sniff(const void *data, size_t len);
const char *bootfile_content_text(enum bootfile_content c);
/* Could a machine of this architecture (option 93) boot that? */
bool bootfile_suits(enum bootfile_content c, uint16_t arch);

#endif
