/* SPDX-License-Identifier: ISC
 *
 * door4 - the DHCPv4 door of the packet path: passes each packet to the part that
 * handles it: relay_run.c, the doctor, probes, or observers only. What happens to a
 * message is decided in core/relay4 (RFC 2131, RFC 1542). path.c reads the sockets.
 */
#include <string.h>

#include "core/relay4/discovery.h"
#include "proto/icmp.h"
#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/door.h"
#include "relay/path/path.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

/*
 * RFC 1122 3.3.6: a link broadcast must be addressed to an IP broadcast or
 * multicast address. Our own unicast address passes too, since the socket for
 * unicast refuses link broadcasts.
 */
static bool
is_right_destination(struct daemon *d, const struct ring_frame *f, struct ip4 dst)
{
	struct iface *in = iftab_by_index(d->iftab, f->ifindex);

	if (ip4_eq(dst, IP4_BROADCAST) || ip4_is_none(dst) ||
	    (iftab_is_local(d->iftab, dst) && !ip4_is_loopback(dst)))
		return true;
	if (f->to == RING_TO_MULTICAST)
		return discovery_is_group(d->conf, in, dst);
	for (unsigned i = 0; in && i < in->addr[FAMILY4].n; i++)
		if (ip4_eq(ip4net_broadcast(ipnet_v4(in->addr[FAMILY4].at[i].net)), dst))
			return true;
	return false;
}

/* Takes a packet that is routed past us. Packets addressed to this host also
 * reach the 4011 socket; do not handle them twice. */
static void
tap_frame(struct daemon *d, const struct rx *rx, uint16_t dport,
    struct mono now)
{
	if (iftab_is_local(d->iftab, rx->dst.v4)) {
		doctor_run_tap(d, rx, dport);
		return;
	}
	observe_routed(d, rx, dport, now);
	if (dport != DHCP4_PORT_PXE && rx->sport != DHCP4_PORT_PXE)
		return;			/* TFTP */
	stats_count(&d->stats[FAMILY4], COUNTER_P4011_SEEN);
	rescue_run_tap(d, rx, dport, now);
}

/* Reads the lookup key at its fixed offsets; the message has not been validated
 * yet. */
static bool
peek_key(const void *msg, size_t len, uint32_t ifindex, struct client_key *out)
{
	struct rd r = rd_init(msg, len);
	const uint8_t *chaddr;
	uint32_t giaddr;
	uint8_t op;

	*out = (struct client_key){ .ifindex = ifindex };
	op = rd_u8(&r);
	rd_skip(&r, 1);
	out->len = rd_u8(&r);
	rd_skip(&r, 1);
	out->id = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_GIADDR - (DHCP4_OFF_XID + 4));
	giaddr = rd_u32(&r);
	out->relay = op == BOOTREQUEST ? giaddr : 0;
	chaddr = rd_bytes(&r, sizeof(out->client));
	/* No table has a longer address. */
	if (chaddr && out->len <= sizeof(out->client))
		memcpy(out->client, chaddr, out->len);
	return chaddr != NULL;
}

static bool
is_known(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct client_key key;

	return !peek_key(rx->data, rx->len, rx->ifindex, &key) ||
	    clients_find(d->relay[FAMILY4].clients, key, now);
}

/* The ring's filter passes one kind of routed non-UDP packet: ICMP unreachable about
 * port 4011. */
static void
take_unreachable(struct daemon *d, const struct ring_frame *f, struct mono now)
{
	struct icmp_quote q;
	struct rx rx;

	if (!icmp_unreachable_parse(f->ip, f->len, &q) || q.dport != DHCP4_PORT_PXE)
		return;
	rx = (struct rx){
		.data = q.data, .len = q.len, .src = ip_of4(q.src), .dst = ip_of4(q.dst),
		.sport = q.sport, .ifindex = iftab_client(d->iftab, f->ifindex),
	};
	rescue_run_unreachable(d, &rx, now);
}

static enum drop
take_frame(struct daemon *d, const struct ring_frame *f, const struct rx *rx,
    const struct udpip *u, struct mono now)
{
	if (f->to == RING_TO_HOST)
		tap_frame(d, rx, u->dport, now);
	else if (u->dport == DHCP4_PORT_CLIENT)	/* only observed */
		observe_stranger(d, rx, !doctor_run_vlan(d, rx), now);
	else if (!is_right_destination(d, f, u->dst.v4))
		return DROP_BAD_DEST;
	else if (u->dport == DHCP4_PORT_PXE)
		forward_4011(d, rx, now);
	else if (u->dport != DHCP4_PORT_SERVER)
		forward_help(d, rx, u, now);
	else if (d->sockets->in[FAMILY4].behind && !is_known(d, rx, now))
		return DROP_OVERLOAD;
	else
		relay_run_request(d, rx, now);
	return DROP_NONE;
}

/* Prefetches the table entries of the next message's client while this one is
 * handled. */
static void
prefetch_client(struct daemon *d, const void *msg, size_t len)
{
	struct client_key key;

	if (!peek_key(msg, len, 0, &key))
		return;
	clients_expect(d->relay[FAMILY4].clients, key);
	track_expect(d->track, key.client, (uint8_t)key.len);
}

static void
expect_frame(struct daemon *d, const uint8_t *ip, size_t len, uint32_t ifindex)
{
	struct rd r = rd_init(ip, len);

	(void)ifindex;
	rd_skip(&r, (size_t)(rd_u8(&r) & 0x0f) * 4 + 7);	/* IP and UDP */
	prefetch_client(d, r.p, rd_left(&r));
}

static void
expect_datagram(struct daemon *d, const struct udp_dgram *g)
{
	prefetch_client(d, g->data, g->len);
}

/*
 * A reply on port 67 goes to the first of four that claims it. Exact matches
 * come first, so that replies to our own queries never reach the client path,
 * its counters or a VLAN:
 *
 *   1. probes	the chaddr that is reserved for probes, with any xid
 *   2. doctor	a chaddr that is reserved for the doctor, with any xid
 *   3. rescue	from port 4011, with the (chaddr, xid) of an open query of ours
 *   4. clients	everything else
 */
static void
offer_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	if (!probe_run_reply(d, rx, now) && !doctor_run_reply(d, rx, now) &&
	    !rescue_run_reply(d, rx, now))
		relay_run_reply(d, rx, now);
}

/* Unicast to port 67 is a request from another relay, or from a client told to
 * unicast to us (RFC 5107, sub-option 11); otherwise a server's reply. A server may
 * relay requests to us. */
static bool
is_request(const struct udp_dgram *g, bool by_server)
{
	(void)by_server;
	return g->len && g->data[0] == BOOTREQUEST;
}

const struct door door4 = {
	.frame = take_frame, .unread = take_unreachable, .is_request = is_request,
	.request = relay_run_request, .reply = offer_reply,
	.expect_frame = expect_frame, .expect_datagram = expect_datagram,
};
