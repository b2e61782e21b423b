/* SPDX-License-Identifier: ISC
 *
 * import - converts another relay's configuration to a pxrelay.conf.
 *
 * The input is untrusted: for any bytes, the result is either a file that pxrelayd
 * accepts, or a file of comments and the verdict that nothing could be carried over.
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/import_plan.h"

#define IMPORT_TEXT_MAX	(4u << 20)	/* bytes read of a file */
#define IMPORT_CONF_MAX	(1u << 20)	/* bytes that pxrelayd reads of one */

enum import_kind {
	IMPORT_DHCRELAY,	/* a command line, a unit, or Debian's variables */
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

/* Returns false if nothing could be carried over or the result is too long;
 * out->text is set even then. */
bool import_convert(const struct import_source *in, const struct import_host *host,
    struct import_result *out);

/* Runs `pxrelayctl import KIND FILE`, where argv[0] is "import". Returns the
 * exit status; STATUS_FAILED: the file is unreadable, or nothing could be
 * carried over. */
int import_main(int argc, char **argv, bool json);

#endif
