/* SPDX-License-Identifier: ISC
 *
 * door - what both doors of the packet path do alike.
 */
#include "relay/path/door.h"

#include "proto/dhcp4.h"
#include "proto/dhcp6.h"
#include "relay/observe/observe.h"
#include "relay/state.h"

static const uint16_t ports[FAMILIES] = { DHCP4_PORT_SERVER, DHCP6_PORT_SERVER };

static void
count_bad_request(struct daemon *d, enum family family, uint32_t ifindex, enum drop why)
{
	struct iface *in = iftab_by_index(d->iftab, ifindex);

	stats_count(&d->stats[family], COUNTER_REQUESTS);
	d->stats[family].drop_request[why]++;
	if (in) {
		in->stats[family].requests++;
		in->stats[family].drops++;
	}
}

void
door_drop_frame(struct daemon *d, enum family family, const struct ring_frame *f,
    enum drop why)
{
	observe_bad_frame(d, family, f, why);
	count_bad_request(d, family, f->ifindex, why);
}

void
door_drop_truncated(struct daemon *d, enum family family, const struct rx *rx,
    bool is_request)
{
	if (is_request) {
		count_bad_request(d, family, rx->ifindex, DROP_TRUNCATED);
	} else {
		stats_count(&d->stats[family], COUNTER_REPLIES);
		d->stats[family].drop_reply[DROP_TRUNCATED]++;
	}
	observe_truncated(d, rx, ports[family], is_request ? "requests" : "replies");
}

struct rx
door_rx_of_datagram(struct daemon *d, const struct udp_dgram *g)
{
	return (struct rx){
		.data = g->data, .len = g->len, .src = g->src, .dst = g->dst,
		.sport = g->sport, .ifindex = iftab_client(d->iftab, g->ifindex),
		.unicast = true,
	};
}
