/* SPDX-License-Identifier: ISC
 *
 * frame - finds the IP packet in a captured frame: Ethernet with any VLAN tags (802.1Q,
 * 802.1ad), Linux "cooked" captures (SLL, SLL2) and raw IP. proto/udpip reads the packet.
 * The numbers are those of the tcpdump project's registry of link types.
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wire.h"

struct frame {
	enum family family;
	struct rd ip;		/* the packet, and padding after it */
	bool has_source;
	struct mac source;	/* the sender's Ethernet address */
};

/* Is it a link type that frame_parse() knows? */
bool frame_knows(uint16_t link);
/* False if there is no IP packet in it. */
bool frame_parse(struct frame *f, uint16_t link, const void *data, size_t len);

#endif
