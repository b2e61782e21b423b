/* SPDX-License-Identifier: ISC
 *
 * import - turns another relay's configuration into a pxrelay.conf.
 *
 * The text is anybody's: whatever its bytes are, a conversion ends with a file that
 * pxrelayd reads, or says that there was nothing to carry over.
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/* What is read of a file, and what pxrelayd reads of one, in bytes. */
#define IMPORT_TEXT_MAX	(4u << 20)
#define IMPORT_CONF_MAX	(1u << 20)

#define IMPORT_IFNAME	16	/* bytes of an interface's name, with NUL */

enum import_kind {
	IMPORT_DHCRELAY,	/* a command line, /etc/default/isc-dhcp-relay, a unit */
	IMPORT_DNSMASQ,		/* dhcp-relay= lines */
	IMPORT_IOS		/* ip helper-address and what goes with it */
};

/* An address of this host. */
struct import_addr {
	struct ip4 addr;
	char ifname[IMPORT_IFNAME];
	bool first;		/* the interface's first, which giaddr = primary is */
};

struct import_host {
	const struct import_addr *addr;	/* borrowed */
	size_t n;
};

struct import_result {
	char *text;		/* malloc'd, NUL-terminated; the caller frees it */
	size_t len;
	unsigned lost;		/* "not carried over" comments in it */
	bool too_long;		/* longer than IMPORT_CONF_MAX */
};

/* from is how the file is called in the first comment. false: nothing to carry
 * over, or too long; the text, of comments, is there all the same. */
bool import_convert(enum import_kind kind, const char *from, const char *text,
    size_t len, const struct import_host *host, struct import_result *out);

/* `pxrelayctl import KIND FILE`, where argv[0] is "import". The exit status: 0, 1
 * unreadable or nothing to carry over, 2 usage. */
int import_main(int argc, char **argv, bool json);

#endif
