/* SPDX-License-Identifier: ISC
 *
 * pxe6 - what a DHCPv6 message says about the machine that boots: options 1, 6, 15, 16, 61, 62
 * (RFC 5970, 6355, 9915), in the structure of proto/pxe, so that rules need not know which
 * protocol a client speaks; and what a server's message offers to such a machine.
 */
#ifndef PROTO_PXE6_H
#define PROTO_PXE6_H

#include "proto/dhcp6.h"
#include "proto/pxe.h"

/* EDK2 drops longer messages. */
#define PXE6_MAX	1472

/*
 * Reads a client's message, without the relay headers around it. In *c
 *
 *   netboot   is true with option 61 or 62, a vendor class PXEClient or HTTPClient of whichever
 *             enterprise, the user class iPXE, or option 59 in the Option Request option
 *   vendor    is the first class PXEClient or HTTPClient of any option 16, else the first class
 *   user      has the classes of option 15 as option 77 would: a byte of length before each; or
 *             the whole option, if it has no lengths
 *   uuid      is that of a DUID-UUID
 *
 * Boot items do not exist in DHCPv6: discovery and boot_servers are false.
 */
void pxe6_read(struct pxe_client *c, const struct dhcp6 *m);
/* Is it UEFI's firmware, which collects offers for four seconds and may take the address from
 * one and the file from another? Cisco's routers say PXEClient, too, but not option 61. */
bool pxe6_is_edk2(const struct pxe_client *c);

/* What an ADVERTISE or REPLY offers. */
struct pxe6_offer {
	bool lease;		/* an address or a prefix */
	bool has_url;		/* option 59 ... */
	struct rd url;		/* ... borrowed from the message */
	bool pxe, http;		/* option 16 says PXEClient, HTTPClient */
	bool dns;		/* option 23 */
	bool size_ok;		/* option 60 is absent, or EDK2 can read it */
	bool hidden;		/* an option of length 0 comes before the URL */
	bool best;		/* preference 255, which ends the client's window */
};

void pxe6_read_offer(struct pxe6_offer *o, const struct dhcp6 *m);
/* Can EDK2 go on with it: by the URL or on port 4011; by HTTP (PXE_HTTP) only with both the URL
 * and the class? */
bool pxe6_boots(const struct pxe6_offer *o, enum pxe_family family);
/* Can EDK2 use the URL: tftp, or http and https for HTTP; an address in brackets, or a name and
 * a DNS server to ask for it? */
bool pxe6_url_suits(const struct pxe6_offer *o, enum pxe_family family);

#endif
