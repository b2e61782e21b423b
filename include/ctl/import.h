/* SPDX-License-Identifier: ISC
 *
 * import - converts another relay's configuration to a pxrelay.conf.
 *
 * The input is untrusted: whatever its bytes are, a conversion yields either a file
 * that pxrelayd accepts, or a file of comments and the verdict that there was nothing
 * to carry over.
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/import_plan.h"

#define IMPORT_TEXT_MAX	(4u << 20)	/* bytes read of a file */
#define IMPORT_CONF_MAX	(1u << 20)	/* bytes that pxrelayd reads of one */

enum import_kind {
	IMPORT_DHCRELAY,	/* a command line, /etc/default/isc-dhcp-relay, a unit */
	IMPORT_DNSMASQ,		/* dhcp-relay= lines */
	IMPORT_IOS		/* ip helper-address and related commands */
};

struct import_source {
	enum import_kind kind;
	const char *name;	/* of the file, for the first comment */
	const char *text;
	size_t len;
};

struct import_result {
	char *text;		/* malloc'd, NUL-terminated; the caller frees it */
	size_t len;
	unsigned lost;		/* number of "not carried over" comments in it */
	bool too_long;		/* longer than IMPORT_CONF_MAX */
};

/* false: nothing to carry over, or the result is too long; out->text is set even then. */
bool import_convert(const struct import_source *in, const struct import_host *host,
    struct import_result *out);

/* `pxrelayctl import KIND FILE`, where argv[0] is "import". Returns the exit status: 0, 1
 * for an unreadable file or nothing to carry over, 2 for wrong usage. */
int import_main(int argc, char **argv, bool json);

#endif
