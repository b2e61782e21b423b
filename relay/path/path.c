/* SPDX-License-Identifier: ISC
 *
 * path - reads the rings and the UDP sockets, drops what cannot be read, and passes each
 * packet through the door of its family (door4.c, door6.c). What happens to a message is
 * decided in core/relay4 and core/relay6. Nothing is allocated or logged per packet.
 */
#include "relay/path/path.h"

#include <string.h>

#include "proto/dhcp6.h"
#include "relay/observe/observe.h"
#include "relay/path/door.h"
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

static const struct door *const doors[FAMILIES] = { &door4, &door6 };

static const uint16_t ports[FAMILIES] = { DHCP4_PORT_SERVER, DHCP6_PORT_SERVER };

/* Counts a request that core has not seen. */
static void
count_unseen(struct daemon *d, enum family family, uint32_t ifindex, enum drop why)
{
	struct relay *r = &d->relay[family];
	struct iface *in = iftab_by_index(d->iftab, ifindex);

	ask_count(r, in);
	(void)ask_judged(r, in, NULL, 0, why);
}

static struct rx
rx_of_frame(const struct ring_frame *f, const struct udpip *u, uint32_t ifindex)
{
	struct rx rx = {
		.data = u->payload, .len = u->payload_len, .src = u->src, .dst = u->dst,
		.sport = u->sport, .ifindex = ifindex, .ip = f->ip, .ip_len = f->len,
		.csum_unverified = f->csum_unverified,
		.hwtype = f->hwtype, .mac_len = f->mac_len,
	};

	memcpy(rx.mac, f->mac, sizeof(rx.mac));
	return rx;
}

/*
 * Once the ring has overflowed and half of it is full, more requests arrive
 * than we can relay, and some must be lost. The ring would lose them at random,
 * so that most clients with an offer would lose their REQUEST. The doors favour
 * conversations already in progress; a client turned away now will retransmit.
 */
static void
take_frame(struct daemon *d, enum family family, const struct ring_frame *f,
    struct mono now)
{
	const struct door *door = doors[family];
	uint32_t ifindex = iftab_client(d->iftab, f->ifindex);
	bool routed = f->to == RING_TO_HOST && door->unread;
	enum drop why = DROP_TRUNCATED;
	struct udpip u;
	struct rx rx;

	/* A broadcast to a macvlan also arrives on the interface below it. */
	if (!routed && ifindex != f->ifindex)
		return;
	if (!f->truncated)
		why = udpip_parse(&u, family, f->ip, f->len, !f->csum_unverified);
	if (why == DROP_NONE) {
		rx = rx_of_frame(f, &u, ifindex);
		why = door->frame(d, f, &rx, &u, now);
	} else if (routed) {	/* it is only observed, so nothing was dropped */
		if (!f->truncated)
			door->unread(d, f, now);
		return;
	}
	if (why == DROP_NONE)
		return;
	if (why == DROP_OVERLOAD)
		overload_lost(&d->sockets->in[family].overload, now);
	observe_bad_frame(d, family, f, why);
	count_unseen(d, family, f->ifindex, why);
}

/* The kernel gives an IPv4 broadcast that came in a frame to us, as all do that come from a
 * tunnel, to each socket that is not connected: to ours on port 67, and to those of servers
 * without a route. */
static bool
is_broadcast(struct daemon *d, const struct rx *rx)
{
	const struct iface *in = iftab_by_index(d->iftab, rx->ifindex);

	return rx->dst.version == 4 && (ip4_eq(rx->dst.v4, IP4_BROADCAST) ||
	    (in && iface_is_all(in, rx->dst.v4)));
}

static struct rx
rx_of_datagram(struct daemon *d, const struct udp_dgram *g)
{
	struct rx rx = {
		.data = g->data, .len = g->len, .src = g->src, .dst = g->dst,
		.sport = g->sport, .ifindex = iftab_client(d->iftab, g->ifindex),
	};

	rx.unicast = !is_broadcast(d, &rx);
	return rx;
}

static void
drop_truncated(struct daemon *d, enum family family, const struct rx *rx,
    bool is_request)
{
	if (is_request) {
		count_unseen(d, family, rx->ifindex, DROP_TRUNCATED);
	} else {
		stats_count(&d->stats[family], COUNTER_REPLIES);
		d->stats[family].drop_reply[DROP_TRUNCATED]++;
	}
	observe_truncated(d, rx, ports[family], is_request ? "requests" : "replies");
}

static void
take_datagram(struct daemon *d, enum family family, const struct udp_dgram *g,
    bool by_server, struct mono now)
{
	const struct door *door = doors[family];
	struct rx rx = rx_of_datagram(d, g);
	bool is_request = door->is_request(g, by_server);

	if (by_server && !rx.unicast)
		return;
	if (g->truncated)
		drop_truncated(d, family, &rx, is_request);
	else if (is_request)
		door->request(d, &rx, now);
	else
		door->reply(d, &rx, now);
}

/* Arms the timers of boots and hedges, which requests may have begun. */
static void
arm_timers(struct daemon *d, struct mono now)
{
	boot_log_soon(d, now);
	relay_run_arm(d, now);
}

static void
expect_frame(struct daemon *d, const struct door *door, const struct ring *ring)
{
	uint32_t ifindex;
	size_t len;
	const uint8_t *ip = ring_peek(ring, &len, &ifindex);

	if (ip)
		door->expect_frame(d, ip, len, ifindex);
}

/*
 * Returns how many there were. Takes frames that arrived while we were sending,
 * too: checking the ring is a read of memory, whereas a sleep and a wake-up
 * cost more than a packet.
 */
static int
take_requests(struct daemon *d, enum family family, struct mono now)
{
	struct sockets_in *in = &d->sockets->in[family];
	struct ring *ring = in->ring;
	int left = PATH_REQUESTS;
	struct ring_frame f;

	/* Asking the kernel for losses costs a system call, so do it only when half
	 * of the ring is full. */
	in->behind = ring_is_behind(ring);
	if (in->behind) {
		sockets_count_lost(d);
		in->behind = overload_lasts(&in->overload, now);
	}
	while (left > 0 && ring_next(ring, &f)) {
		do {
			expect_frame(d, doors[family], ring);
			take_frame(d, family, &f, now);
			ring_release(ring);
		} while (--left > 0 && ring_next(ring, &f));
		outbox_flush(d);
	}
	arm_timers(d, now);
	return PATH_REQUESTS - left;
}

/* Reads the socket of a server or, if s is NULL, fd. Returns how many datagrams there
 * were. */
static int
take_replies(struct daemon *d, enum family family, struct udp_server *s, int fd,
    struct mono now)
{
	struct udp_batch *batch = d->sockets->batch;
	const struct door *door = doors[family];
	const struct udp_dgram *g = NULL;
	int all = 0, n;

	do {
		n = s ? udp_server_recv(s, batch, &g) :
		    udp_recv(batch, fd, &g);
		for (int i = 0; i < n; i++) {
			if (i + 1 < n && door->expect_datagram)
				door->expect_datagram(d, &g[i + 1]);
			take_datagram(d, family, &g[i], s != NULL, now);
		}
		if (n > 0) {
			outbox_flush(d);
			all += n;
		}
		d->stats[family].counter[COUNTER_SOCKET_LOST] += udp_lost(batch);
	} while (n == UDP_BATCH && all < PATH_BATCHES * UDP_BATCH);
	return all;
}

/* Is it the server's own, by the way to it, or of our kernel? That reports ARP by the
 * loopback interface; the kernel drops what comes from outside with an address of this host
 * in IPv4, and in IPv6 it would have to know what we sent. */
static bool
is_believed(struct daemon *d, uint16_t server, const struct udp_errors *e)
{
	const struct iface *in = iftab_by_index(d->iftab, e->ifindex);
	struct ipaddr address = d->conf->server[server].address;

	if (e->proof < UDP_SURE)
		return false;
	if (!ip_eq(e->from, address))
		return address.version == 6 || !in || in->link.loopback;
	return servers_way_by(&d->servers, server, iftab_client(d->iftab, e->ifindex));
}

/* Anyone can forge an ICMP error about a server, and three of them take it down. What a
 * router says is no more than a reason to probe it: the router may be wrong, or no router. */
static void
take_errors(struct daemon *d, uint16_t server, struct mono now)
{
	enum family family = ip_family(d->conf->server[server].address);
	struct udp_errors e = udp_server_errors(server_socket(d, server));
	bool was_query;

	d->stats[family].counter[COUNTER_SEND_ERRORS_SERVER] += e.n;
	d->servers.stats[server].errors += e.n;
	if (!e.n)
		return;
	was_query = e.proof >= UDP_QUOTED && doctor_run_error(d, server, e.err);
	if (!is_believed(d, server, &e))
		probe_run_doubt(d, server, now);
	else if (!probe_run_error(d, server, e.err, now) && !was_query)
		servers_error(&d->servers, server, e.err, now);
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
path_ring(void *in, struct mono now)
{
	struct sockets_in *s = in;
	int n = take_requests(s->owner, s->family, now);

	end_turn(s->owner, n, n < PATH_REQUESTS, now);
}

/* Called after n replies. Takes requests too, unless more replies are waiting. */
static void
end_replies(struct daemon *d, enum family family, int n, struct mono now)
{
	bool all = n < PATH_BATCHES * UDP_BATCH;

	if (n < UDP_BATCH) {
		int requests = take_requests(d, family, now);

		all = requests < PATH_REQUESTS;
		n += requests;
	} else
		arm_timers(d, now);
	end_turn(d, n, all, now);
}

/* Port 4011: machines' requests in IPv4, boot servers' answers in IPv6. */
static void
take_4011(struct daemon *d, const struct bound *b, struct mono now)
{
	enum family family = b->in->family;
	const struct udp_dgram *g = NULL;
	int n = udp_recv(d->sockets->batch, b->fd, &g);

	for (int i = 0; i < n; i++) {
		struct rx rx = rx_of_datagram(d, &g[i]);

		if (family == FAMILY6 && g[i].truncated)
			drop_truncated(d, FAMILY6, &rx, false);
		else if (family == FAMILY6)
			relay6_run_boot_answer(d, &rx, now);
		else if (g[i].truncated)
			forward_4011_truncated(d, &rx);
		else
			forward_4011(d, &rx, now);
	}
	if (family == FAMILY6)
		outbox_flush(d);
}

void
path_udp(void *bound, struct mono now)
{
	struct bound *b = bound;
	struct daemon *d = b->in->owner;

	if (b->port == DHCP4_PORT_PXE)
		take_4011(d, b, now);
	else
		end_replies(d, b->in->family,
		    take_replies(d, b->in->family, NULL, b->fd, now), now);
}

/* Reads the replies of a server and the errors about it. */
static int
read_server(struct daemon *d, unsigned server, struct mono now)
{
	int n = take_replies(d, ip_family(d->conf->server[server].address),
	    server_socket(d, server), -1, now);

	take_errors(d, (uint16_t)server, now);
	return n;
}

void
path_server(struct daemon *d, unsigned server, struct mono now)
{
	int n = read_server(d, server, now);

	end_replies(d, ip_family(d->conf->server[server].address), n, now);
}

void
path_drain(struct daemon *d, unsigned server, struct mono now)
{
	(void)read_server(d, server, now);
}
