/* SPDX-License-Identifier: ISC
 *
 * outbox - queues rendered messages, sends them in batches and counts the
 * outcome. The system calls are made in io/udp and io/packet. A socket may
 * borrow bytes of the arena until its flush, so the arena is reused only after
 * everything has been flushed.
 */
#include "relay/path/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nobufs.h"
#include "relay/observe/observe.h"
#include "relay/path/sockets.h"
#include "relay/state.h"

#define ARENA	(512u * 1024)
#define FATES	64		/* two full batches; then the outbox is flushed */

/* What became of the copies of one received message. */
struct fate {
	size_t from, to;	/* the range of its copies in the arena */
	uint32_t queued, lost;
	uint32_t ifindex;	/* of the client */
	enum family family;
	bool reply;
	enum drop why;		/* of the last copy that was lost */
};

struct outbox {
	bool queued[CONF_SERVERS_MAX];	/* the server's socket needs a flush */
	uint16_t ip_id;
	unsigned n_fate;
	bool open;		/* more copies of the last message may come */
	struct fate fate[FATES];
	size_t used;
	uint8_t arena[ARENA];
};

int
outbox_open(struct daemon *d)
{
	d->outbox = calloc(1, sizeof(*d->outbox));
	return d->outbox ? 0 : -ENOMEM;
}

void
outbox_close(struct daemon *d)
{
	free(d->outbox);
	d->outbox = NULL;
}

enum drop
outbox_refused(int err)
{
	return errno_is_nobufs(err) ? DROP_SEND_FULL : DROP_SEND_ERROR;
}

void
outbox_begin(struct daemon *d, enum family family, uint32_t ifindex, bool reply)
{
	struct outbox *o = d->outbox;

	o->fate[o->n_fate++] = (struct fate){
		.from = o->used, .to = SIZE_MAX, .ifindex = ifindex,
		.family = family, .reply = reply,
	};
	o->open = true;
}

/* Finds the message that the lost bytes are a copy of. Losses are rare, so a linear
 * search will do. */
static void
on_lost(void *daemon, const void *data, bool full)
{
	struct daemon *d = daemon;
	struct outbox *o = d->outbox;
	size_t at = (size_t)((const uint8_t *)data - o->arena);

	for (unsigned i = o->n_fate; i-- > 0;) {
		struct fate *f = &o->fate[i];

		if (at < f->from || at >= f->to)
			continue;
		f->lost++;
		f->why = full ? DROP_SEND_FULL : DROP_SEND_ERROR;
		break;
	}
}

/* Undoes the count of a message that was counted as relayed when it was judged. */
static void
take_back(struct daemon *d, const struct fate *f)
{
	struct stats *all = &d->stats[f->family];
	struct iface *in = iftab_by_index(d->iftab, f->ifindex);
	struct if_stats *st = in ? &in->stats[f->family] : NULL;

	observe_lost(d, f->ifindex, f->reply, f->why);
	if (f->reply) {
		all->counter[COUNTER_REPLIES_RELAYED]--;
		all->drop_reply[f->why]++;
		if (st)
			st->replies--;
		return;
	}
	all->counter[COUNTER_REQUESTS_RELAYED]--;
	all->drop_request[f->why]++;
	if (st) {
		st->relayed--;
		st->drops++;
	}
}

/* One copy of a request is enough; a reply needs all its fragments. */
static bool
is_lost(const struct fate *f)
{
	return f->lost && (f->reply || f->lost == f->queued);
}

/* Called after a flush. An open message has no more copies in the arena, but others
 * will follow. */
static void
settle_fates(struct daemon *d)
{
	struct outbox *o = d->outbox;
	unsigned n = o->n_fate - o->open;

	for (unsigned i = 0; i < n; i++)
		if (is_lost(&o->fate[i]))
			take_back(d, &o->fate[i]);
	if (o->open) {
		o->fate[0] = o->fate[n];
		o->fate[0].from = 0;
	}
	o->n_fate = o->open;
}

static void
count_sent(struct daemon *d, unsigned server, const struct sock_sent *sent)
{
	struct server_stats *st = &d->servers.stats[server];
	enum family family = ip_family(d->conf->server[server].address);

	st->sent += sent->ok;
	st->dropped += sent->full;
	st->errors += sent->failed;
	d->stats[family].counter[COUNTER_COPIES] += sent->ok;
	d->stats[family].drop_send[DROP_SEND_FULL] += sent->full;
	d->stats[family].drop_send[DROP_SEND_ERROR] += sent->failed;
	if (sent->failed)	/* the socket may have lost its route */
		tick_soon(d);
}

void
outbox_flush(struct daemon *d)
{
	struct sock_sent frames = { .on_lost = on_lost, .user = d };
	struct outbox *o = d->outbox;

	for (unsigned i = 0; i < d->conf->n_server; i++) {
		struct sock_sent sent = { .on_lost = on_lost, .user = d };

		if (!o->queued[i])
			continue;
		o->queued[i] = false;
		udp_server_flush(server_socket(d, i), &sent);
		count_sent(d, i, &sent);
	}
	packet_flush(d->sockets->packet, &frames);
	settle_fates(d);
	o->used = 0;
}

void
outbox_end(struct daemon *d)
{
	struct outbox *o = d->outbox;

	o->fate[o->n_fate - 1].to = o->used;
	o->open = false;
	if (o->n_fate == FATES)
		outbox_flush(d);
}

uint8_t *
outbox_room(struct daemon *d, size_t need)
{
	if (d->outbox->used + need > ARENA)
		outbox_flush(d);
	return d->outbox->arena + d->outbox->used;
}

void
outbox_use(struct daemon *d, size_t len)
{
	d->outbox->used += (len + 7) & ~(size_t)7;
}

void
outbox_server(struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	struct sock_sent sent = { .on_lost = on_lost, .user = d };
	struct outbox *o = d->outbox;

	o->queued[server] = true;
	if (o->open)
		o->fate[o->n_fate - 1].queued++;
	/* A full queue flushes itself, and `sent` has the result. */
	udp_server_queue(server_socket(d, server), msg, len, &sent);
	count_sent(d, server, &sent);
}

static void
queue_frame(struct daemon *d, const struct packet_to *to, const uint8_t *hdr,
    const void *msg, size_t len)
{
	struct sock_sent sent = { .on_lost = on_lost, .user = d };

	d->outbox->fate[d->outbox->n_fate - 1].queued++;
	packet_queue(d->sockets->packet, to, hdr, msg, len, &sent);
}

static void
queue_fragments(struct daemon *d, const struct packet_to *to, const struct udpip *u,
    uint8_t *udp, size_t mtu)
{
	size_t len = UDP_HEADER + u->payload_len, n;
	uint8_t hdr[UDPIP6_HEADERS];
	uint16_t ident = outbox_ip_id(d);
	size_t whole = udpip_build(hdr, u, ident);

	memcpy(udp, hdr + whole - UDP_HEADER, UDP_HEADER);
	for (size_t at = 0; at < len; at += n) {
		n = udpip_build_fragment(hdr, u, at, mtu, ident);
		queue_frame(d, to, hdr, udp + at, n);
	}
}

void
outbox_client(struct daemon *d, const struct packet_to *to, const struct udpip *u,
    uint8_t *udp, size_t mtu)
{
	uint8_t hdr[UDPIP6_HEADERS];

	if (udpip_exceeds(u, mtu)) {
		queue_fragments(d, to, u, udp, mtu);
		return;
	}
	(void)udpip_build(hdr, u, outbox_ip_id(d));
	queue_frame(d, to, hdr, u->payload, u->payload_len);
}

void
outbox_withhold(struct daemon *d, enum drop why)
{
	struct fate *f = &d->outbox->fate[d->outbox->n_fate - 1];

	f->queued++;
	f->lost++;
	f->why = why;
}

uint16_t
outbox_ip_id(struct daemon *d)
{
	return d->outbox->ip_id++;
}

int
outbox_frame_now(struct daemon *d, const struct packet_to *to, const struct udpip *u)
{
	struct sock_sent sent = { 0 };
	uint8_t hdr[UDPIP_HEADERS];

	outbox_flush(d);	/* so that `sent` counts this frame only */
	(void)udpip_build(hdr, u, outbox_ip_id(d));
	packet_queue(d->sockets->packet, to, hdr, u->payload, u->payload_len, &sent);
	packet_flush(d->sockets->packet, &sent);
	return sent.ok ? 0 : sent.full ? -EAGAIN : -sent.last_errno;
}

int
outbox_query(struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	struct udp_server *s = server_socket(d, server);
	struct sock_sent sent = { 0 };

	observe_probe(d, server, msg, len);
	if (!len || !udp_server_connected(s))
		return -ENETUNREACH;
	udp_server_queue(s, msg, len, &sent);
	udp_server_flush(s, &sent);
	return sent.ok ? 0 : sent.full ? -EAGAIN : -sent.last_errno;
}

enum drop
outbox_raw(struct daemon *d, const struct udpip *u, uint32_t ifindex)
{
	uint8_t hdr[UDPIP_HEADERS];
	enum drop why;
	int err;

	(void)udpip_build(hdr, u, outbox_ip_id(d));
	err = packet_send_raw(d->sockets->raw, u->dst.v4, ifindex, hdr, u->payload,
	    u->payload_len);
	if (err == 0)
		return DROP_NONE;
	why = outbox_refused(-err);
	d->stats[FAMILY4].drop_send[why]++;
	return why;
}
