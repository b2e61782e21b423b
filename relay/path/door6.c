/* SPDX-License-Identifier: ISC
 *
 * door6 - the DHCPv6 door of the packet path: passes each packet from the ring and
 * each datagram to relay6_run.c or to the probes. What happens to a message is
 * decided in core/relay6 (RFC 9915). path.c reads the sockets.
 */
#include <string.h>

#include "proto/udpip6.h"
#include "relay/observe/observe.h"
#include "relay/path/door.h"
#include "relay/path/path.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

static struct rx
rx_of_frame(const struct ring_frame *f, const struct udpip6 *u, uint32_t ifindex)
{
	struct rx rx = {
		.data = u->payload, .len = u->payload_len, .src = ip_of6(u->src),
		.dst = ip_of6(u->dst), .sport = u->sport, .ifindex = ifindex,
		.ip = f->ip, .ip_len = f->len, .csum_unverified = f->csum_unverified,
		.hwtype = f->hwtype, .mac_len = f->mac_len,
	};

	memcpy(rx.mac, f->mac, sizeof(rx.mac));
	return rx;
}

/* Once the ring has overflowed and half of it is full, conversations in progress
 * go first; a client that is turned away will retransmit (see door4.c). */
static bool
is_turned_away(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct sockets_in *in = &d->sockets->in[FAMILY6];

	if (!in->behind || clients_find_station(d->r6.clients,
	    clients_key6(rx->ifindex, 0, rx->src.v6), rx->ifindex, now))
		return false;
	overload_lost(&in->overload, now);
	return true;
}

static void
take_frame(struct daemon *d, const struct ring_frame *f, struct mono now)
{
	uint32_t ifindex = iftab_client(d->iftab, f->ifindex);
	struct udpip6 u;
	struct rx rx;
	enum drop why = DROP_TRUNCATED;

	/* A multicast to a macvlan also arrives on the interface below it. */
	if (ifindex != f->ifindex)
		return;
	if (!f->truncated)
		why = udpip6_parse(&u, f->ip, f->len, !f->csum_unverified);
	if (why != DROP_NONE) {
		door_drop_frame(d, FAMILY6, f, why);
		return;
	}
	rx = rx_of_frame(f, &u, ifindex);
	if (u.dport == DHCP4_PORT_PXE) {
		/* EDK2's boot server discovery; it is only counted. */
		observe_discovery6(d, &rx);
		stats_count(&d->stats[FAMILY6], COUNTER_P4011_REQUESTS);
		d->stats[FAMILY6].drop_4011[DROP_NO_BOOT_SERVER]++;
	} else if (is_turned_away(d, &rx, now))
		door_drop_frame(d, FAMILY6, f, DROP_OVERLOAD);
	else
		relay6_run_request(d, &rx, now);
}

/* Only servers send the types that relay6_is_reply() names; whatever else comes
 * by a server's socket is no request either. */
static void
take_datagram(struct daemon *d, const struct udp_dgram *g, bool by_server,
    struct mono now)
{
	struct rx rx = door_rx_of_datagram(d, g);
	bool is_reply = by_server || (g->len && relay6_is_reply(g->data[0]));

	if (g->truncated)
		door_drop_truncated(d, FAMILY6, &rx, !is_reply);
	else if (!is_reply)
		relay6_run_request(d, &rx, now);
	else if (!probe_run_reply6(d, &rx, now))
		relay6_run_reply(d, &rx, now);
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
		clients_expect(d->r6.clients, clients_key6(ifindex, id, src), ifindex);
}

static void
expect_datagram(struct daemon *d, const struct udp_dgram *g)
{
	(void)d;
	(void)g;	/* the link is not known before the Interface-Id is */
}

static enum drop
judge_error(struct daemon *d, const struct rx *rx, uint16_t server)
{
	return relay6_judge_source(&d->r6, rx, server);
}

const struct door door6 = {
	take_frame, take_datagram, expect_frame, expect_datagram, judge_error,
};
