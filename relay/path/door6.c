/* SPDX-License-Identifier: ISC
 *
 * door6 - the DHCPv6 door of the packet path: passes each packet to relay6_run.c to the
 * probes or the doctor. What happens to a message is decided in core/relay6 (RFC 9915). path.c
 * reads the sockets.
 */
#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/door.h"
#include "relay/path/path.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

static bool
is_known(struct daemon *d, const struct rx *rx, struct mono now)
{
	return clients_find_station(d->relay[FAMILY6].clients,
	    clients_key6(rx->ifindex, 0, rx->src.v6), now);
}

static enum drop
take_frame(struct daemon *d, const struct ring_frame *f, const struct rx *rx,
    const struct udpip *u, struct mono now)
{
	(void)f;
	if (u->dport == DHCP4_PORT_PXE)
		relay6_run_boot_step(d, rx, now);
	else if (d->sockets->in[FAMILY6].behind && !is_known(d, rx, now))
		return DROP_OVERLOAD;
	else
		relay6_run_request(d, rx, now);
	return DROP_NONE;
}

/* Only servers send the types that relay6_is_reply() names; whatever else comes
 * by a server's socket is no request either. */
static bool
is_request(const struct udp_dgram *g, bool by_server)
{
	return !by_server && !(g->len && relay6_is_reply(g->data[0]));
}

static void
offer_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	if (!probe_run_reply6(d, rx, now) && !doctor_run_reply6(d, rx, now))
		relay6_run_reply(d, rx, now);
}

/* Reads the lookup keys at their fixed offsets; the message has not been validated
 * yet. */
static void
expect_frame(struct daemon *d, const uint8_t *ip, size_t len, uint32_t ifindex)
{
	struct rd r = rd_init(ip, len);
	struct ip6 src;
	uint32_t id;

	rd_skip(&r, 8);
	rd_copy(&r, src.b, sizeof(src.b));
	rd_skip(&r, UDPIP6_HEADERS - 24);
	id = rd_u32(&r);	/* message type and xid, as in clients6_id() */
	if (!r.bad)
		clients_expect(d->relay[FAMILY6].clients, clients_key6(ifindex, id, src));
}

/* The link of a datagram is not known before the Interface-Id is. */
const struct door door6 = {
	.frame = take_frame, .is_request = is_request,
	.request = relay6_run_request, .reply = offer_reply,
	.expect_frame = expect_frame,
};
