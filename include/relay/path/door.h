/* SPDX-License-Identifier: ISC
 *
 * door - the two doors of the packet path, one for each family: what becomes of a
 * packet that path.c has read. Sockets, batches, overload and errors are path.c's,
 * the same for both.
 */
#ifndef RELAY_PATH_DOOR_H
#define RELAY_PATH_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/iface/rx.h"
#include "core/server/ask.h"
#include "io/ring.h"
#include "io/udp.h"
#include "proto/udpip.h"

struct daemon;

struct door {
	/* A packet of this family's ring. Returns DROP_NONE, or why it is dropped
	 * before core sees it. */
	enum drop (*frame)(struct daemon *d, const struct ring_frame *f,
	    const struct rx *rx, const struct udpip *u, struct mono now);
	/* A packet that is routed past us, and could not be read; NULL: none comes. */
	void (*unread)(struct daemon *d, const struct ring_frame *f, struct mono now);
	/* A datagram to port 67 or 547. by_server: it came by a server's socket. */
	bool (*is_request)(const struct udp_dgram *g, bool by_server);
	void (*request)(struct daemon *d, const struct rx *rx, struct mono now);
	void (*reply)(struct daemon *d, const struct rx *rx, struct mono now);
	/* Hints: this message is next. Prefetch the table entries of its client. */
	void (*expect_frame)(struct daemon *d, const uint8_t *ip, size_t len,
	    uint32_t ifindex);
	void (*expect_datagram)(struct daemon *d, const struct udp_dgram *g);
};

extern const struct door door4, door6;

#endif
