/* SPDX-License-Identifier: ISC
 *
 * classes - which class of server gets a message.
 *
 * DHCP servers need every message about leases; boot servers need only the
 * query. A proxyDHCP server may ACK any REQUEST that it sees, and a plain DHCP
 * server ACKs a boot server discovery without a file, sooner than the boot
 * server does; EDK2 takes the first ACK.
 */
#ifndef CORE_RELAY4_CLASSES_H
#define CORE_RELAY4_CLASSES_H

#include <stdbool.h>

#include "proto/dhcp4.h"
#include "proto/pxe.h"

enum class_msg {
	CLASS_DISCOVER_PXE,	/* PXEClient or option 93 */
	CLASS_DISCOVER_HTTP,
	CLASS_DISCOVER_PLAIN,
	CLASS_SELECTING,	/* REQUEST with server identifier */
	CLASS_REBOOT_REBIND,	/* REQUEST without: INIT-REBOOT, REBINDING */
	CLASS_DISCOVERY,	/* REQUEST or INFORM with 43.71 */
	CLASS_ODD_REQUEST,	/* PXEClient, ciaddr, neither 54 nor 43.71 */
	CLASS_INFORM_PLAIN,
	CLASS_INFORM_PXE,
	CLASS_INFORM_BSDP,	/* Apple boot server discovery */
	CLASS_DECLINE,
	CLASS_RELEASE,
	CLASS_BOOTP,
	CLASS_OTHER,		/* no client sends it */
	CLASS_MAX
};

enum class_boot {
	CLASS_NO,	/* not to boot servers */
	CLASS_GROUP,	/* to the client's boot group */
	CLASS_OWN,	/* only to the boot server named in option 54 */
};

/* Which servers get the messages of a class. */
extern const struct class_row {
	bool dhcp;		/* to the dhcp group */
	enum class_boot boot;
} class_rows[CLASS_MAX];

enum class_msg class_of(const struct dhcp4 *m, const struct pxe_client *c);

#endif
