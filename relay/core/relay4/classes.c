/* SPDX-License-Identifier: ISC
 *
 * classes - the table that says which servers get a message, and the function
 * that finds its row (RFC 2131 4.3, PXE 2.1).
 *
 * rules.c chooses the groups. relay4_plan.c sends every message to `servers =`,
 * whatever this table says.
 */
#include "core/relay4/classes.h"

const struct class_row class_rows[CLASS_MAX] = {
				/*  dhcp   boot */
	[CLASS_DISCOVER_PXE] =	  { true,  CLASS_GROUP },
	[CLASS_DISCOVER_HTTP] =	  { true,  CLASS_GROUP },
	/* dnsmasq and WDS would only log that they ignore it. */
	[CLASS_DISCOVER_PLAIN] =  { true,  CLASS_NO },
	/* To all DHCP servers: those not selected withdraw their offers (RFC
	 * 2131 3.1.4). To a boot server only if its own lease is accepted: smee
	 * ACKs any REQUEST. */
	[CLASS_SELECTING] =	  { true,  CLASS_OWN },
	[CLASS_REBOOT_REBIND] =	  { true,  CLASS_NO },
	/* Never to a DHCP server: dhcpd ACKs it as a rebind, without a file,
	 * and EDK2 takes the first ACK (seen: PXE-E99). */
	[CLASS_DISCOVERY] =	  { false, CLASS_GROUP },
	[CLASS_ODD_REQUEST] =	  { true,  CLASS_GROUP },
	[CLASS_INFORM_PLAIN] =	  { true,  CLASS_NO },
	[CLASS_INFORM_PXE] =	  { true,  CLASS_GROUP },
	[CLASS_INFORM_BSDP] =	  { false, CLASS_GROUP },
	[CLASS_DECLINE] =	  { true,  CLASS_NO },
	[CLASS_RELEASE] =	  { true,  CLASS_NO },
	[CLASS_BOOTP] =		  { true,  CLASS_NO },
	/* A leasequery (RFC 4388), or a type that is not known here. */
	[CLASS_OTHER] =		  { true,  CLASS_NO },
};

static enum class_msg
request_class(const struct dhcp4 *m, const struct pxe_client *c)
{
	if (c->pxeclient && c->discovery)
		return CLASS_DISCOVERY;
	if (m->at[DHCP4_OPT_SERVER_ID])
		return CLASS_SELECTING;
	/* INIT-REBOOT has ciaddr 0 and option 50, REBINDING has ciaddr and no
	 * option 50 (RFC 2131 4.3.2). Some ROMs send the request to their boot
	 * server to port 67. */
	if (c->pxeclient && !ip4_is_none(m->ciaddr))
		return CLASS_ODD_REQUEST;
	return CLASS_REBOOT_REBIND;
}

enum class_msg
class_of(const struct dhcp4 *m, const struct pxe_client *c)
{
	switch (m->type) {
	case DHCP4_TYPE_NONE:
		return CLASS_BOOTP;
	case DHCP4_DISCOVER:
		if (c->httpclient)
			return CLASS_DISCOVER_HTTP;
		return c->netboot ? CLASS_DISCOVER_PXE : CLASS_DISCOVER_PLAIN;
	case DHCP4_REQUEST:
		return request_class(m, c);
	case DHCP4_INFORM:
		if (c->family == PXE_BSDP)
			return CLASS_INFORM_BSDP;
		if (c->pxeclient && c->discovery)
			return CLASS_DISCOVERY;
		return c->pxeclient ? CLASS_INFORM_PXE : CLASS_INFORM_PLAIN;
	case DHCP4_DECLINE:
		return CLASS_DECLINE;
	case DHCP4_RELEASE:
		return CLASS_RELEASE;
	}
	return CLASS_OTHER;
}
