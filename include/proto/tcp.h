/* SPDX-License-Identifier: ISC
 *
 * tcp - reads the segments of captured TCP connections (RFC 9293 3.1) that are not IP
 * fragments. Nothing is put together, and no checksum is verified: whoever sends fills
 * it in after the capture.
 */
#ifndef PROTO_TCP_H
#define PROTO_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wire.h"

struct tcp {
	struct ipaddr src, dst;
	uint16_t sport, dport;
	uint32_t seq;
	bool fin;
	struct rd payload;	/* as much of it as was captured */
	size_t payload_len;	/* all of it */
};

/* False if the IP packet is something else, or the capture ends in a header. */
bool tcp_parse(struct tcp *t, enum family family, const void *data, size_t len);

#endif
