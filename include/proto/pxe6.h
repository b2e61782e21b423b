/* SPDX-License-Identifier: ISC
 *
 * pxe6 - what a DHCPv6 message says about the machine that boots: options 1, 6, 15, 16, 61, 62
 * (RFC 5970, 6355, 9915), in the structure of proto/pxe, so that rules need not know which
 * protocol a client speaks.
 */
#ifndef PROTO_PXE6_H
#define PROTO_PXE6_H

#include "proto/dhcp6.h"
#include "proto/pxe.h"

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

#endif
