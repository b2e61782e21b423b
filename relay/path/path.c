/* SPDX-License-Identifier: ISC
 *
 * path - the packet path: what the sockets deliver goes through core's
 * decisions, and what those say goes out. See relay/README.md for the life of a
 * packet.
 *
 * Nothing is decided, allocated or logged here per packet. Copies are rendered into the
 * outbox (outbox.c), which sends them when a batch has been worked on.
 */
#include <string.h>

#include "proto/icmp.h"
#include "proto/udpip.h"
#include "relay/observe/capture.h"
#include "relay/tend/doctor_run.h"
#include "relay/daemon.h"

/*
 * What one wake-up takes before the other sockets get their turn. Replies are
 * taken four times as fast: a request that is relayed while its predecessor's reply
 * is lost for want of room is work for nothing (twice the load that can be carried
 * left two thirds of it when it was the other way round). What is too much is lost in
 * the ring, where it has cost least.
 */
#define PATH_REQUESTS 32
#define PATH_BATCHES 4		/* of UDP_BATCH replies */

/* Rendering adds option 82 and padding to 300 bytes to what was received. */
#define PATH_ROOM 320

/* --- requests ---------------------------------------------------------------- */

/* One copy, for the servers that get it in this form. */
static void
send_copy(struct daemon *d, const struct relay4_plan *p, unsigned copy,
    enum relay4_form form)
{
	uint8_t *msg = NULL;
	size_t len = 0;
	bool no_room = false;

	for (unsigned i = 0; i < p->n_server; i++) {
		uint16_t s = p->server[i];

		if (relay4_form(d->conf, &p->copy[copy], s) != form)
			continue;
		if (!msg) {
			msg = outbox_room(d, p->m.len + PATH_ROOM);
			len = relay4_render(p, copy, form, msg,
			    p->m.len + PATH_ROOM, &no_room);
			outbox_use(d, len);
			if (no_room)
				stats_count(&d->stats, COUNTER_OPTION82_NO_ROOM);
		}
		if (d->captures)
			capture_copy(d, p, s, msg, len);
		outbox_server(d, s, msg, len);
	}
}

static void
send_plan(struct daemon *d, const struct relay4_plan *plan)
{
	for (unsigned i = 0; i < plan->n_copy; i++)
		for (enum relay4_form f = 0; f < RELAY4_FORMS; f++)
			send_copy(d, plan, i, f);
}

static void
request(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct relay4_plan plan;
	enum drop why = relay4_request(&d->r4, rx, now, &plan);

	record_request(d->track, &d->r4, rx, &plan, why, now);
	if (d->captures)
		capture_request(d, rx, &plan, why);
	if (daemon_traces(d))
		trace_request(d, rx, &plan, why);
	if (why != DROP_NONE)
		return;
	outbox_begin(d, rx->ifindex, false);
	send_plan(d, &plan);
	outbox_end(d);
}

/* One timer for all questions that wait: it runs at the moment of the first; and one for
 * the boots that begin. */
static void
await_due(struct daemon *d, struct mono now)
{
	struct mono due;

	boot_log_soon(d, now);
	if (!relay4_hedge_due(&d->r4, &due) ||
	    (d->hedge_due.us && !mono_before(due, d->hedge_due)))
		return;
	d->hedge_due = due;
	loop_rearm(d->w_hedge, mono_wait_ms(due, now));
}

void
path_hedges(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct relay4_plan plan;
	struct mono due;

	d->hedge_due = mono_us(0);
	while (relay4_hedge_due(&d->r4, &due) && !mono_before(now, due))
		if (relay4_hedge(&d->r4, now, &plan)) {
			record_hedge(d->track, &d->r4, &plan, now);
			if (daemon_traces(d))
				trace_hedge(d, &plan);
			send_plan(d, &plan);
		}
	outbox_flush(d);
	await_due(d, now);
}

/* No firmware puts fragments together. Somebody changed an MTU, or a server sends more than
 * the client's option 57 allows: that wants to be known by name. */
static void
too_long(struct daemon *d, const struct relay4_delivery *v, size_t len)
{
	char name[LOG_ESC_MAX];

	outbox_withhold(d, DROP_OVER_MTU);
	log_event(&d->log, LOG_LEVEL_WARNING, "reply-too-long",
	    "interface=%s mtu=%u length=%zu server=%s",
	    log_esc(name, v->out->link.name), v->out->link.mtu, len,
	    conf_server_name(d->conf, v->server));
}

static void
reply(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct relay4_delivery v;
	struct packet_to to;
	struct udpip u;
	uint8_t hdr[UDPIP_HEADERS], *msg;
	enum drop why = relay4_reply(&d->r4, rx, now, &v);

	record_reply(d->track, &d->r4, rx, &v, why, now);
	if (d->captures)
		capture_reply(d, rx, &v, why);
	if (daemon_traces(d))
		trace_reply(d, rx, &v, why);
	if (why != DROP_NONE)
		return;
	msg = outbox_room(d, v.m.len + PATH_ROOM);
	outbox_begin(d, v.out->link.ifindex, true);
	u = (struct udpip){
		.src = v.src, .dst = v.dst, .sport = v.sport, .dport = v.dport,
		.ttl = UDPIP_TTL, .payload = msg,
		.payload_len = relay4_render_reply(&d->r4, &v, msg,
		    v.m.len + PATH_ROOM),
	};
	outbox_use(d, u.payload_len);
	udpip_build(hdr, &u, d->ip_id++);
	if (d->captures)
		capture_delivery(d, &v, hdr, msg, u.payload_len);
	to = (struct packet_to){ v.out->link.ifindex, v.mac_len, { 0 } };
	memcpy(to.mac, v.mac, sizeof(to.mac));
	if (u.payload_len == 0)		/* it does not parse without what strip-pxe-from cuts */
		outbox_withhold(d, DROP_BAD_OPTIONS);
	else if (v.out->link.mtu && UDPIP_HEADERS + u.payload_len > v.out->link.mtu)
		too_long(d, &v, UDPIP_HEADERS + u.payload_len);
	else
		outbox_client(d, &to, hdr, msg, u.payload_len);
	outbox_end(d);
}

static void
port4011(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct p4011_plan plan;
	enum drop why = p4011_request(&d->r4, rx, now, &plan);
	unsigned sent = 0;
	uint8_t *msg;
	size_t len;

	if (d->captures)
		capture_4011(d, rx, &plan, why);
	if (daemon_traces(d))
		trace_4011(d, rx, &plan, why);
	if (why != DROP_NONE)
		return;
	record_4011(d->track, rx, plan.servers.n_server, now);
	msg = outbox_room(d, rx->len + PATH_ROOM);
	len = p4011_render(&plan, rx, msg, rx->len);
	for (unsigned i = 0; i < plan.servers.n_server; i++) {
		uint16_t s = plan.servers.server[i];
		struct udpip u = {
			.src = plan.src, .sport = plan.sport,
			.dst = ip_v4(d->conf->server[s].address),
			.dport = DHCP4_PORT_PXE, .ttl = UDPIP_TTL,
			.payload = msg, .payload_len = len,
		};

		if (d->captures)
			capture_copy_4011(d, rx, s, &u);
		why = outbox_raw(d, &u, 0);
		d->stats.counter[COUNTER_COPIES] += why == DROP_NONE;
		d->servers.stats[s].sent += why == DROP_NONE;
		d->servers.stats[s].errors += why == DROP_SEND_ERROR;
		d->servers.stats[s].dropped += why == DROP_SEND_FULL;
		sent += why == DROP_NONE;
	}
	if (!sent)
		p4011_lost(&d->r4, plan.servers.in, why);
}

static void
help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    struct mono now)
{
	struct helper_plan plan;
	enum drop why = helper_packet(d->helpers, &d->r4,
	    u, rx->ifindex, now, &plan);
	unsigned sent = 0;

	if (d->captures)
		capture_help(d, rx, u, &plan, why);
	if (daemon_traces(d))
		trace_help(d, rx, u, &plan, why);
	if (why != DROP_NONE)
		return;
	for (unsigned i = 0; i < plan.n; i++) {
		struct udpip out = *u;

		out.src = plan.src;
		out.dst = plan.out[i].dst;
		out.ttl = plan.ttl;
		if (d->captures)
			capture_help_copy(d, rx, &out, plan.out[i].ifindex);
		why = outbox_raw(d, &out, plan.out[i].ifindex);
		d->stats.counter[COUNTER_HELPED_COPIES] += why == DROP_NONE;
		sent += why == DROP_NONE;
	}
	if (sent)
		stats_count(&d->stats, COUNTER_HELPED_RELAYED);
	else
		d->stats.drop_helper[why]++;
}

/*
 * RFC 1122 3.3.6: what came by a link broadcast must be addressed to a broadcast
 * (or multicast) address; our own unicast address is let pass, since the
 * socket for unicast refuses link broadcasts.
 */
static bool
right_destination(struct daemon *d, const struct ring_frame *f, struct ip4 dst)
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
	if (u->dport == DHCP4_PORT_CLIENT)	/* only looked at */
		return DROP_NONE;
	return f->to == RING_TO_HOST || right_destination(d, f, u->dst) ?
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
count_bad_frame(struct daemon *d, const struct ring_frame *f, enum drop why)
{
	if (d->captures)
		capture_bad_frame(d, f, why);
	if (daemon_traces(d))
		trace_bad(d, &(struct relay4_rx){ .ifindex = f->ifindex },
		    "requests", why);
	count_bad_request(d, f->ifindex, why);
}

static struct relay4_rx
rx_of_frame(const struct ring_frame *f, const struct udpip *u)
{
	struct relay4_rx rx = {
		.data = u->payload, .len = u->payload_len, .src = u->src,
		.dst = u->dst, .sport = u->sport, .ifindex = f->ifindex,
		.ip = f->ip, .ip_len = f->len,
		.csum_unverified = f->csum_unverified, .mac_len = f->mac_len,
	};

	memcpy(rx.mac, f->mac, sizeof(rx.mac));
	return rx;
}

/* What is sent to ourselves, the socket on 4011 has too. */
static void
tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport, struct mono now)
{
	if (iftab_is_local(d->iftab, rx->dst)) {
		doctor_run_tap(d, rx, dport);
		return;
	}
	if (d->captures)
		capture_seen(d, rx, dport, RING_TO_HOST);
	record_tap(d->track, rx, dport, now);
	if (dport != DHCP4_PORT_PXE && rx->sport != DHCP4_PORT_PXE)
		return;			/* TFTP */
	stats_count(&d->stats, COUNTER_P4011_SEEN);
	rescue_run_tap(d, rx, dport, now);
}

static void
stranger(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	if (d->captures)
		capture_seen(d, rx, DHCP4_PORT_CLIENT, RING_TO_BROADCAST);
	if (!doctor_run_vlan(d, rx))
		record_stranger(d->track, &d->r4, rx, now);
}

/* What the tables go by, at its offset: nothing was judged yet. */
static bool
peek(const void *msg, size_t len, struct clients_soon *out)
{
	struct rd r = rd_init(msg, len);

	rd_skip(&r, 2);
	out->hlen = rd_u8(&r);
	rd_skip(&r, 1);
	out->xid = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_XID + 4));
	out->chaddr = rd_bytes(&r, 16);
	return out->chaddr != NULL;
}

/* Asking the kernel what was lost is a system call: not before half of the ring waits. */
static bool
is_behind(struct daemon *d, struct mono now)
{
	if (!ring_is_behind(d->ring))
		return false;
	daemon_count_lost(d);
	return overload_lasts(&d->overload, now);
}

/*
 * When the ring has overflowed and half of it waits, more comes than can be carried, and
 * something is going to be lost. Left to the ring that would be anybody's: most of those who
 * have their offer would lose the REQUEST. So those go first who have begun; who has not
 * asks again, as everybody does that got no answer.
 */
static bool
must_wait(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct clients_soon s;

	if (!d->behind || !peek(rx->data, rx->len, &s) ||
	    clients_knows(d->clients, &s, now))
		return false;
	overload_lost(&d->overload, now);
	return true;
}

/* Of routed traffic that is no UDP the filter lets only this through: a boot server
 * cannot be reached on port 4011. */
static void
unreachable(struct daemon *d, const struct ring_frame *f, struct mono now)
{
	struct icmp_quote q;
	struct relay4_rx rx;

	if (!icmp_unreachable_parse(f->ip, f->len, &q) || q.dport != DHCP4_PORT_PXE)
		return;
	rx = (struct relay4_rx){
		.data = q.data, .len = q.len, .src = q.src, .dst = q.dst,
		.sport = q.sport, .ifindex = iftab_client(d->iftab, f->ifindex),
	};
	rescue_run_unreachable(d, &rx, now);
}

static void
frame(struct daemon *d, const struct ring_frame *f, struct mono now)
{
	uint32_t ifindex = iftab_client(d->iftab, f->ifindex);
	struct relay4_rx rx;
	struct udpip u;
	enum drop why;

	/* A broadcast that a macvlan got comes by its lower interface too. */
	if (f->to != RING_TO_HOST && ifindex != f->ifindex)
		return;
	why = read_frame(d, f, &u);
	if (why != DROP_NONE) {
		/* The tap for routed packets only looks; nothing was dropped. */
		if (f->to != RING_TO_HOST)
			count_bad_frame(d, f, why);
		else if (!f->truncated)
			unreachable(d, f, now);
		return;
	}
	rx = rx_of_frame(f, &u);
	rx.ifindex = ifindex;
	if (f->to == RING_TO_HOST)
		tap(d, &rx, u.dport, now);
	else if (u.dport == DHCP4_PORT_SERVER && must_wait(d, &rx, now))
		count_bad_frame(d, f, DROP_OVERLOAD);
	else if (u.dport == DHCP4_PORT_SERVER)
		request(d, &rx, now);
	else if (u.dport == DHCP4_PORT_PXE)
		port4011(d, &rx, now);
	else if (u.dport == DHCP4_PORT_CLIENT)
		stranger(d, &rx, now);
	else
		help(d, &rx, &u, now);
}

/*
 * What the tables know of the sender of the next message is fetched into the cache
 * while this one is being worked on. If it is no DHCP message, something useless
 * is fetched.
 */
static void
expect(struct daemon *d, const void *msg, size_t len, uint32_t ifindex)
{
	struct clients_soon s = { .ifindex = ifindex };

	if (!peek(msg, len, &s))
		return;
	clients_expect(d->clients, &s);
	track_expect(d->track, s.chaddr, s.hlen);
}

static void
expect_frame(struct daemon *d)
{
	uint32_t ifindex;
	size_t len;
	const uint8_t *ip = ring_peek(d->ring, &len, &ifindex);
	struct rd r;

	if (!ip)
		return;
	r = rd_init(ip, len);
	rd_skip(&r, (size_t)(rd_u8(&r) & 0x0f) * 4 + 7);	/* IP and UDP */
	expect(d, r.p, rd_left(&r), ifindex);
}

/*
 * What came while we sent is taken along: looking into the ring is a read of
 * memory, going to sleep and being woken up costs more than a packet. How many
 * there were.
 */
static int
take_requests(struct daemon *d, struct mono now)
{
	int left = PATH_REQUESTS;
	struct ring_frame f;

	d->behind = is_behind(d, now);
	while (left > 0 && ring_next(d->ring, &f)) {
		do {
			expect_frame(d);
			frame(d, &f, now);
			ring_release(d->ring);
		} while (--left > 0 && ring_next(d->ring, &f));
		outbox_flush(d);
	}
	await_due(d, now);
	return PATH_REQUESTS - left;
}

/* After n packets. Whoever has not taken all there was goes on at once. */
static void
rest(struct daemon *d, int n, bool all, struct mono now)
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

	rest(daemon, n, n < PATH_REQUESTS, now);
}

static struct relay4_rx
rx_of(struct daemon *d, const struct udp_dgram *g)
{
	return (struct relay4_rx){
		.data = g->data, .len = g->len, .src = g->src, .dst = g->dst,
		.sport = g->sport, .ifindex = iftab_client(d->iftab, g->ifindex),
		.unicast = true,
	};
}

/* What is longer than any DHCP message is, is not looked into but for the first byte. */
static void
truncated67(struct daemon *d, const struct udp_dgram *g, const struct relay4_rx *rx)
{
	bool asks = g->len && g->data[0] == BOOTREQUEST;

	if (asks) {
		count_bad_request(d, rx->ifindex, DROP_TRUNCATED);
	} else {
		stats_count(&d->stats, COUNTER_REPLIES);
		d->stats.drop_reply[DROP_TRUNCATED]++;
	}
	if (d->captures)
		capture_truncated(d, rx, DHCP4_PORT_SERVER);
	if (daemon_traces(d))
		trace_bad(d, rx, asks ? "requests" : "replies", DROP_TRUNCATED);
}

/*
 * A reply on port 67 goes to the first of four that claims it. Those that match exactly come
 * first, so that what is meant for the relay itself never reaches the client path, its counters
 * or a VLAN:
 *
 *   1. probes	for the machine that probes play, whatever its xid
 *   2. doctor	for the machine that the doctor plays, likewise
 *   3. rescue	from port 4011, with the (chaddr, xid) of an open query of ours
 *   4. clients	everything else
 */
static void
offer_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	if (!probe_run_answer(d, rx, now) && !doctor_run_answer(d, rx, now) &&
	    !rescue_run_answer(d, rx, now))
		reply(d, rx, now);
}

/* Unicast to port 67: a server's reply, another relay's request, or a client
 * that was told to unicast to us (sub-option 11). */
static void
datagram67(struct daemon *d, const struct udp_dgram *g, struct mono now)
{
	struct relay4_rx rx = rx_of(d, g);

	if (g->truncated)
		truncated67(d, g, &rx);
	else if (g->len && g->data[0] == BOOTREQUEST)
		request(d, &rx, now);
	else
		offer_reply(d, &rx, now);
}

static void
datagrams67(struct daemon *d, const struct udp_dgram *g, int n, struct mono now)
{
	for (int i = 0; i < n; i++) {
		if (i + 1 < n)
			expect(d, g[i + 1].data, g[i + 1].len, 0);
		datagram67(d, &g[i], now);
	}
	if (n > 0)
		outbox_flush(d);
	d->stats.counter[COUNTER_SOCKET_LOST] += udp_lost(d->batch);
}

/* When replies are queueing up, requests wait for their own turn. */
static void
after_replies(struct daemon *d, int n, struct mono now)
{
	bool all = n < PATH_BATCHES * UDP_BATCH;

	if (n < UDP_BATCH) {
		int requests = take_requests(d, now);

		all = requests < PATH_REQUESTS;
		n += requests;
	} else
		await_due(d, now);
	rest(d, n, all, now);
}

/* The next batch of a socket, as udp_recv() has it. */
static int
receive(struct daemon *d, struct udp_server *s, const struct udp_dgram **g)
{
	int n = s ? udp_server_recv(s, d->batch, g) : udp_recv(d->batch, d->udp67, g);

	return n > 0 ? n : 0;
}

/* How many there were. */
static int
take_replies(struct daemon *d, struct udp_server *s, struct mono now)
{
	const struct udp_dgram *g = NULL;
	int all = 0, n;

	do {
		n = receive(d, s, &g);
		datagrams67(d, g, n, now);
		all += n;
	} while (n == UDP_BATCH && all < PATH_BATCHES * UDP_BATCH);
	return all;
}

void
path_udp67(void *daemon, struct mono now)
{
	after_replies(daemon, take_replies(daemon, NULL, now), now);
}

/* Anybody can write an ICMP error about a server. By a client VLAN, where nothing of that
 * server's comes from, it is not believed: three of them would take it down for all. */
static bool
believed(struct daemon *d, uint16_t server, const struct udp_error *e)
{
	struct relay4_rx rx = { .ifindex = iftab_client(d->iftab, e->ifindex) };

	return relay4_judge_source(&d->r4, &rx, server) == DROP_NONE;
}

static void
server_error(struct daemon *d, uint16_t server, int err, struct mono now)
{
	bool asked = doctor_run_error(d, server, err);

	if (!probe_run_error(d, server, err, now) && !asked)
		servers_error(&d->servers, server, err, now);
}

int
path_drain(struct daemon *d, unsigned server, struct mono now)
{
	struct udp_server *s = d->server[server].sock;
	int n = take_replies(d, s, now);
	struct udp_error last;
	uint32_t errors = udp_server_errors(s, &last);

	d->stats.counter[COUNTER_SEND_ERRORS_SERVER] += errors;
	d->servers.stats[server].errors += errors;
	if (errors && believed(d, (uint16_t)server, &last))
		server_error(d, (uint16_t)server, last.err, now);
	return n;
}

void
path_server(struct daemon *d, unsigned server, struct mono now)
{
	after_replies(d, path_drain(d, server, now), now);
}

void
path_udp4011(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	const struct udp_dgram *g = NULL;
	int n = udp_recv(d->batch, d->udp4011, &g);

	for (int i = 0; i < n; i++) {
		struct relay4_rx rx = rx_of(d, &g[i]);

		if (!g[i].truncated) {
			port4011(d, &rx, now);
			continue;
		}
		stats_count(&d->stats, COUNTER_P4011_REQUESTS);
		d->stats.drop_4011[DROP_TRUNCATED]++;
		if (d->captures)
			capture_truncated(d, &rx, DHCP4_PORT_PXE);
		if (daemon_traces(d))
			trace_bad(d, &rx, "4011", DROP_TRUNCATED);
	}
}
