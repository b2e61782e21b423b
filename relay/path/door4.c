/* SPDX-License-Identifier: ISC
 *
 * door4 - the DHCPv4 door of the packet path: passes each packet from the ring and
 * each datagram to the part that handles it: relay_run.c, the doctor, probes, or
 * observers only. What happens to a message is decided in core/relay4 (RFC 2131,
 * RFC 1542). path.c reads the sockets.
 */
#include <string.h>

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
	    iftab_is_local(d->iftab, dst))
		return true;
	if (f->to == RING_TO_MULTICAST)
		return ip4_eq(dst, d->conf->discovery_group);
	for (unsigned i = 0; in && i < in->n_addr; i++)
		if (ip4_eq(ip4net_broadcast(in->addr[i].net), dst))
			return true;
	return false;
}

static enum drop
read_frame(struct daemon *d, const struct ring_frame *f, struct udpip *u)
{
	enum drop why;

	if (f->truncated)
		return DROP_TRUNCATED;
	why = udpip_parse(u, f->ip, f->len, !f->csum_unverified);
	if (why != DROP_NONE)
		return why;
	if (u->dport == DHCP4_PORT_CLIENT)	/* only observed */
		return DROP_NONE;
	return f->to == RING_TO_HOST || is_right_destination(d, f, u->dst) ?
	    DROP_NONE : DROP_BAD_DEST;
}

static struct rx
rx_of_frame(const struct ring_frame *f, const struct udpip *u)
{
	struct rx rx = {
		.data = u->payload, .len = u->payload_len, .src = ip_of4(u->src),
		.dst = ip_of4(u->dst), .sport = u->sport,
		.ip = f->ip, .ip_len = f->len,
		.csum_unverified = f->csum_unverified, .mac_len = f->mac_len,
	};

	memcpy(rx.mac, f->mac, sizeof(rx.mac));
	return rx;
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
peek_key(const void *msg, size_t len, struct client_key *out)
{
	struct rd r = rd_init(msg, len);
	const uint8_t *chaddr;

	*out = (struct client_key){ .id = 0 };
	rd_skip(&r, 2);
	out->with = rd_u8(&r);
	rd_skip(&r, 1);
	out->id = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_XID + 4));
	chaddr = rd_bytes(&r, sizeof(out->client));
	/* No table has a longer address. */
	if (chaddr && out->with <= sizeof(out->client))
		memcpy(out->client, chaddr, out->with);
	return chaddr != NULL;
}

/*
 * Once the ring has overflowed and half of it is full, more requests arrive
 * than we can relay, and some must be lost. The ring would lose them at random,
 * so that most clients with an offer would lose their REQUEST. Favour
 * conversations already in progress; a client turned away now will retransmit.
 */
static bool
is_turned_away(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct client_key key;

	if (!d->sockets->in[FAMILY4].behind || !peek_key(rx->data, rx->len, &key) ||
	    clients_find(d->r4.clients, key, now))
		return false;
	overload_lost(&d->sockets->in[FAMILY4].overload, now);
	return true;
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

static void
take_frame(struct daemon *d, const struct ring_frame *f, struct mono now)
{
	uint32_t ifindex = iftab_client(d->iftab, f->ifindex);
	struct rx rx;
	struct udpip u;
	enum drop why;

	/* A broadcast to a macvlan also arrives on the interface below it. */
	if (f->to != RING_TO_HOST && ifindex != f->ifindex)
		return;
	why = read_frame(d, f, &u);
	if (why != DROP_NONE) {
		/* A routed packet is only observed, so nothing was dropped. */
		if (f->to != RING_TO_HOST)
			door_drop_frame(d, FAMILY4, f, why);
		else if (!f->truncated)
			take_unreachable(d, f, now);
		return;
	}
	rx = rx_of_frame(f, &u);
	rx.ifindex = ifindex;
	if (f->to == RING_TO_HOST)
		tap_frame(d, &rx, u.dport, now);
	else if (u.dport == DHCP4_PORT_SERVER && is_turned_away(d, &rx, now))
		door_drop_frame(d, FAMILY4, f, DROP_OVERLOAD);
	else if (u.dport == DHCP4_PORT_SERVER)
		relay_run_request(d, &rx, now);
	else if (u.dport == DHCP4_PORT_PXE)
		forward_4011(d, &rx, now);
	else if (u.dport == DHCP4_PORT_CLIENT)
		observe_stranger(d, &rx, !doctor_run_vlan(d, &rx), now);
	else
		forward_help(d, &rx, &u, now);
}

/* Prefetches the table entries of the next message's client while this one is
 * handled. */
static void
prefetch_client(struct daemon *d, const void *msg, size_t len, uint32_t ifindex)
{
	struct client_key key;

	if (!peek_key(msg, len, &key))
		return;
	clients_expect(d->r4.clients, key, ifindex);
	track_expect(d->track, key.client, (uint8_t)key.with);
}

static void
expect_frame(struct daemon *d, const uint8_t *ip, size_t len, uint32_t ifindex)
{
	struct rd r = rd_init(ip, len);

	rd_skip(&r, (size_t)(rd_u8(&r) & 0x0f) * 4 + 7);	/* IP and UDP */
	prefetch_client(d, r.p, rd_left(&r), ifindex);
}

static void
expect_datagram(struct daemon *d, const struct udp_dgram *g)
{
	prefetch_client(d, g->data, g->len, 0);
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
 * unicast to us (RFC 5107, sub-option 11); otherwise a server's reply. */
static void
take_datagram(struct daemon *d, const struct udp_dgram *g, bool by_server,
    struct mono now)
{
	struct rx rx = door_rx_of_datagram(d, g);
	bool is_request = g->len && g->data[0] == BOOTREQUEST;

	(void)by_server;	/* a server may relay requests to us */
	if (g->truncated)
		door_drop_truncated(d, FAMILY4, &rx, is_request);
	else if (is_request)
		relay_run_request(d, &rx, now);
	else
		offer_reply(d, &rx, now);
}

static enum drop
judge_error(struct daemon *d, const struct rx *rx, uint16_t server)
{
	return relay4_judge_source(&d->r4, rx, server);
}

const struct door door4 = {
	take_frame, take_datagram, expect_frame, expect_datagram, judge_error,
};

void
path_udp4011(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	const struct udp_dgram *g = NULL;
	int n = udp_recv(d->sockets->batch, d->sockets->udp4011, &g);

	for (int i = 0; i < n; i++) {
		struct rx rx = door_rx_of_datagram(d, &g[i]);

		if (g[i].truncated)
			forward_4011_truncated(d, &rx);
		else
			forward_4011(d, &rx, now);
	}
}
