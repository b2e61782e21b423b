/* SPDX-License-Identifier: ISC
 *
 * path - reads the ring and the UDP sockets, and passes each packet to the part that
 * handles it: relay_run.c, the doctor, probes, or observers only. What happens to a
 * message is decided in core/relay4 (RFC 2131, RFC 1542). Nothing is allocated or
 * logged per packet.
 */
#include "relay/path/path.h"

#include <string.h>

#include "proto/icmp.h"
#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

/*
 * Packets that one wake-up takes before the other sockets get their turn.
 * Replies are taken four times as fast: relaying a request is wasted work if
 * the reply to the one before is lost because its socket buffer is full (at
 * twice the sustainable load, the reverse ratio cut throughput to two thirds).
 * Excess requests are lost in the ring, where they have cost the least work.
 */
#define PATH_REQUESTS 32
#define PATH_BATCHES 4		/* of UDP_BATCH replies */

/* Arms the timers of boots and hedges, which requests may have begun. */
static void
arm_timers(struct daemon *d, struct mono now)
{
	boot_log_soon(d, now);
	relay_run_arm(d, now);
}

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

static void
count_bad_request(struct daemon *d, uint32_t ifindex, enum drop why)
{
	struct iface *in = iftab_by_index(d->iftab, ifindex);

	stats_count(&d->stats, COUNTER_REQUESTS);
	d->stats.drop_request[why]++;
	if (in) {
		in->stats.requests++;
		in->stats.drops++;
	}
}

static void
drop_frame(struct daemon *d, const struct ring_frame *f, enum drop why)
{
	observe_bad_frame(d, FAMILY4, f, why);
	count_bad_request(d, f->ifindex, why);
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
	stats_count(&d->stats, COUNTER_P4011_SEEN);
	rescue_run_tap(d, rx, dport, now);
}

/* Reads the lookup key at its fixed offsets; the message has not been validated
 * yet. */
static bool
peek_key(const void *msg, size_t len, struct conv_key *out)
{
	struct rd r = rd_init(msg, len);
	const uint8_t *chaddr;

	*out = (struct conv_key){ .xid = 0 };
	rd_skip(&r, 2);
	out->hlen = rd_u8(&r);
	rd_skip(&r, 1);
	out->xid = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_XID + 4));
	chaddr = rd_bytes(&r, sizeof(out->chaddr));
	/* No table has a longer address. */
	if (chaddr && out->hlen <= sizeof(out->chaddr))
		memcpy(out->chaddr, chaddr, out->hlen);
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
	struct conv_key key;

	if (!d->sockets->behind || !peek_key(rx->data, rx->len, &key) ||
	    clients_find(d->clients, key, now))
		return false;
	overload_lost(&d->sockets->overload, now);
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
			drop_frame(d, f, why);
		else if (!f->truncated)
			take_unreachable(d, f, now);
		return;
	}
	rx = rx_of_frame(f, &u);
	rx.ifindex = ifindex;
	if (f->to == RING_TO_HOST)
		tap_frame(d, &rx, u.dport, now);
	else if (u.dport == DHCP4_PORT_SERVER && is_turned_away(d, &rx, now))
		drop_frame(d, f, DROP_OVERLOAD);
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
	struct conv_key key;

	if (!peek_key(msg, len, &key))
		return;
	clients_expect(d->clients, &key, ifindex);
	track_expect(d->track, key.chaddr, key.hlen);
}

static void
prefetch_frame(struct daemon *d)
{
	uint32_t ifindex;
	size_t len;
	const uint8_t *ip = ring_peek(d->sockets->ring, &len, &ifindex);
	struct rd r;

	if (!ip)
		return;
	r = rd_init(ip, len);
	rd_skip(&r, (size_t)(rd_u8(&r) & 0x0f) * 4 + 7);	/* IP and UDP */
	prefetch_client(d, r.p, rd_left(&r), ifindex);
}

/*
 * Returns how many there were. Takes frames that arrived while we were sending,
 * too: checking the ring is a read of memory, whereas a sleep and a wake-up
 * cost more than a packet.
 */
static int
take_requests(struct daemon *d, struct mono now)
{
	struct ring *ring = d->sockets->ring;
	int left = PATH_REQUESTS;
	struct ring_frame f;

	/* Asking the kernel for losses costs a system call, so do it only when half
	 * of the ring is full. */
	d->sockets->behind = ring_is_behind(ring);
	if (d->sockets->behind) {
		sockets_count_lost(d);
		d->sockets->behind = overload_lasts(&d->sockets->overload, now);
	}
	while (left > 0 && ring_next(ring, &f)) {
		do {
			prefetch_frame(d);
			take_frame(d, &f, now);
			ring_release(ring);
		} while (--left > 0 && ring_next(ring, &f));
		outbox_flush(d);
	}
	arm_timers(d, now);
	return PATH_REQUESTS - left;
}

/* Only the op byte of a truncated message is examined. */
static void
drop_truncated67(struct daemon *d, const struct udp_dgram *g,
    const struct rx *rx)
{
	bool is_request = g->len && g->data[0] == BOOTREQUEST;

	if (is_request) {
		count_bad_request(d, rx->ifindex, DROP_TRUNCATED);
	} else {
		stats_count(&d->stats, COUNTER_REPLIES);
		d->stats.drop_reply[DROP_TRUNCATED]++;
	}
	observe_truncated(d, rx, DHCP4_PORT_SERVER,
	    is_request ? "requests" : "replies");
}

static struct rx
rx_of_datagram(struct daemon *d, const struct udp_dgram *g)
{
	return (struct rx){
		.data = g->data, .len = g->len, .src = g->src, .dst = g->dst,
		.sport = g->sport, .ifindex = iftab_client(d->iftab, g->ifindex),
		.unicast = true,
	};
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
take_datagram67(struct daemon *d, const struct udp_dgram *g, struct mono now)
{
	struct rx rx = rx_of_datagram(d, g);

	if (g->truncated)
		drop_truncated67(d, g, &rx);
	else if (g->len && g->data[0] == BOOTREQUEST)
		relay_run_request(d, &rx, now);
	else
		offer_reply(d, &rx, now);
}

/* Reads the socket of a server or, if s is NULL, the one on port 67. Returns
 * how many datagrams there were. */
static int
take_replies(struct daemon *d, struct udp_server *s, struct mono now)
{
	struct udp_batch *batch = d->sockets->batch;
	const struct udp_dgram *g = NULL;
	int all = 0, n;

	do {
		n = s ? udp_server_recv(s, batch, &g) :
		    udp_recv(batch, d->sockets->udp67, &g);
		for (int i = 0; i < n; i++) {
			if (i + 1 < n)
				prefetch_client(d, g[i + 1].data, g[i + 1].len, 0);
			take_datagram67(d, &g[i], now);
		}
		if (n > 0) {
			outbox_flush(d);
			all += n;
		}
		d->stats.counter[COUNTER_SOCKET_LOST] += udp_lost(batch);
	} while (n == UDP_BATCH && all < PATH_BATCHES * UDP_BATCH);
	return all;
}

/* Anyone can forge an ICMP error about a server, and three of them take it down. Ignores
 * one from a client VLAN that does not lead to the server. */
static void
take_errors(struct daemon *d, uint16_t server, struct mono now)
{
	struct sock_error last;
	struct rx rx = { .data = NULL };
	uint32_t n = udp_server_errors(server_socket(d, server), &last);
	bool was_query;

	d->stats.counter[COUNTER_SEND_ERRORS_SERVER] += n;
	d->servers.stats[server].errors += n;
	if (!n)
		return;
	rx.ifindex = iftab_client(d->iftab, last.ifindex);
	if (relay4_judge_source(&d->r4, &rx, server) != DROP_NONE)
		return;
	was_query = doctor_run_error(d, server, last.err);
	if (!probe_run_error(d, server, last.err, now) && !was_query)
		servers_error(&d->servers, server, last.err, now);
}

/* Called after n packets. all: the socket was read empty; otherwise the next
 * turn begins at once. */
static void
end_turn(struct daemon *d, int n, bool all, struct mono now)
{
	uint32_t us = pace_note(&d->pace, (uint32_t)n, now);

	if (!all)
		loop_pause(d->loop, 0);
	else if (us)
		loop_pause(d->loop, us);
}

void
path_ring(void *daemon, struct mono now)
{
	int n = take_requests(daemon, now);

	end_turn(daemon, n, n < PATH_REQUESTS, now);
}

/* Called after n replies. Takes requests too, unless more replies are waiting. */
static void
end_replies(struct daemon *d, int n, struct mono now)
{
	bool all = n < PATH_BATCHES * UDP_BATCH;

	if (n < UDP_BATCH) {
		int requests = take_requests(d, now);

		all = requests < PATH_REQUESTS;
		n += requests;
	} else
		arm_timers(d, now);
	end_turn(d, n, all, now);
}

void
path_udp67(void *daemon, struct mono now)
{
	end_replies(daemon, take_replies(daemon, NULL, now), now);
}

void
path_server(struct daemon *d, unsigned server, struct mono now)
{
	int n = take_replies(d, server_socket(d, server), now);

	take_errors(d, (uint16_t)server, now);
	end_replies(d, n, now);
}

void
path_drain(struct daemon *d, unsigned server, struct mono now)
{
	(void)take_replies(d, server_socket(d, server), now);
	take_errors(d, (uint16_t)server, now);
}

void
path_udp4011(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	const struct udp_dgram *g = NULL;
	int n = udp_recv(d->sockets->batch, d->sockets->udp4011, &g);

	for (int i = 0; i < n; i++) {
		struct rx rx = rx_of_datagram(d, &g[i]);

		if (g[i].truncated)
			forward_4011_truncated(d, &rx);
		else
			forward_4011(d, &rx, now);
	}
}
