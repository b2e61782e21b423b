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
#include "core/server/select.h"
#include "io/ring.h"
#include "io/udp.h"

struct daemon;

struct door {
	/* A frame of this family's ring. */
	void (*frame)(struct daemon *d, const struct ring_frame *f, struct mono now);
	/* A datagram to port 67 or 547. by_server: it came by a server's socket. */
	void (*datagram)(struct daemon *d, const struct udp_dgram *g, bool by_server,
	    struct mono now);
	/* Hints: this message is next. Prefetch the table entries of its client. */
	void (*expect_frame)(struct daemon *d, const uint8_t *ip, size_t len,
	    uint32_t ifindex);
	void (*expect_datagram)(struct daemon *d, const struct udp_dgram *g);
	/* May an ICMP error about this server count? */
	enum drop (*judge_error)(struct daemon *d, const struct rx *rx, uint16_t server);
};

extern const struct door door4, door6;

/* A datagram as core takes it. */
struct rx door_rx_of_datagram(struct daemon *d, const struct udp_dgram *g);
/* Counts and reports a frame or a datagram that was dropped before core saw it. */
void door_drop_frame(struct daemon *d, enum family family, const struct ring_frame *f,
    enum drop why);
void door_drop_truncated(struct daemon *d, enum family family, const struct rx *rx,
    bool is_request);

#endif
