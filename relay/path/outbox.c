/* SPDX-License-Identifier: ISC
 *
 * outbox - what goes out: rendered messages wait in the daemon's arena until they are sent
 * in batches, to servers by their own sockets, to clients as frames. A socket may borrow bytes
 * of the arena until its flush, so the arena starts anew only after everything was flushed.
 *
 * Here is also known what became of a message: it was counted as relayed when it was judged, and
 * that is taken back when the kernel has taken none of its copies. What is sent, and to whom,
 * is decided elsewhere (path.c, rescue_run.c). Nothing is allocated.
 */
#include "base/nobufs.h"
#include "relay/daemon.h"

enum drop
outbox_refused(bool full)
{
	return full ? DROP_SEND_FULL : DROP_SEND_ERROR;
}

void
outbox_begin(struct daemon *d, uint32_t ifindex, bool reply)
{
	d->fate[d->n_fate++] = (struct daemon_fate){
		.from = d->arena_used, .to = SIZE_MAX, .ifindex = ifindex,
		.reply = reply,
	};
	d->fate_open = true;
}

/* Which message the bytes in the arena are a copy of: rare, so it is looked for. */
static void
lost(void *daemon, const void *data, bool full)
{
	struct daemon *d = daemon;
	size_t at = (size_t)((const uint8_t *)data - d->arena);
	enum drop why = outbox_refused(full);

	for (unsigned i = d->n_fate; i-- > 0;) {
		struct daemon_fate *f = &d->fate[i];

		if (at < f->from || at >= f->to)
			continue;
		f->lost++;
		f->why = why;
		if (f->reply)
			return;		/* counted as such when it is settled */
		break;
	}
	d->stats.drop_send[why]++;
}

/* It was counted as relayed when it was judged. */
static void
was_lost(struct daemon *d, const struct daemon_fate *f)
{
	struct iface *in = iftab_by_index(d->iftab, f->ifindex);

	if (daemon_traces(d))
		trace_lost(d, f->ifindex, f->reply, f->why);
	if (f->reply) {
		d->stats.counter[COUNTER_REPLIES_RELAYED]--;
		d->stats.drop_reply[f->why]++;
		if (in)
			in->stats.replies--;
		return;
	}
	d->stats.counter[COUNTER_REQUESTS_RELAYED]--;
	d->stats.drop_request[f->why]++;
	if (in) {
		in->stats.relayed--;
		in->stats.drops++;
	}
}

/* After a flush. The message that is being queued has nothing in the arena any more, and more
 * to come. */
static void
settle(struct daemon *d)
{
	unsigned n = d->n_fate - d->fate_open;

	for (unsigned i = 0; i < n; i++)
		if (d->fate[i].lost && d->fate[i].lost == d->fate[i].queued)
			was_lost(d, &d->fate[i]);
	if (d->fate_open) {
		d->fate[0] = d->fate[n];
		d->fate[0].from = 0;
	}
	d->n_fate = d->fate_open;
}

static void
account(struct daemon *d, unsigned server, const struct udp_sent *sent)
{
	struct server_stats *st = &d->servers.stats[server];

	st->sent += sent->ok;
	st->dropped += sent->full;
	st->errors += sent->failed;
	d->stats.counter[COUNTER_COPIES] += sent->ok;
	if (sent->failed)	/* the socket may have lost its way */
		daemon_tick_soon(d);
}

static void
flush_servers(struct daemon *d)
{
	for (unsigned i = 0; i < d->conf->n_server; i++) {
		struct udp_sent sent = { .on_lost = lost, .user = d };

		if (!d->server[i].queued)
			continue;
		d->server[i].queued = false;
		udp_server_flush(d->server[i].sock, &sent);
		account(d, i, &sent);
	}
}

void
outbox_flush(struct daemon *d)
{
	struct packet_sent sent = { .on_lost = lost, .user = d };

	flush_servers(d);
	packet_flush(d->packet, &sent);
	settle(d);
	d->arena_used = 0;
}

void
outbox_end(struct daemon *d)
{
	d->fate[d->n_fate - 1].to = d->arena_used;
	d->fate_open = false;
	if (d->n_fate == DAEMON_FATES)
		outbox_flush(d);
}

uint8_t *
outbox_room(struct daemon *d, size_t need)
{
	if (d->arena_used + need > sizeof(d->arena))
		outbox_flush(d);
	return d->arena + d->arena_used;
}

void
outbox_use(struct daemon *d, size_t len)
{
	d->arena_used += (len + 7) & ~(size_t)7;
}

void
outbox_server(struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	struct udp_sent sent = { .on_lost = lost, .user = d };

	d->server[server].queued = true;
	if (d->fate_open)
		d->fate[d->n_fate - 1].queued++;
	/* A full queue flushes itself and says so here. */
	udp_server_queue(d->server[server].sock, msg, len, &sent);
	account(d, server, &sent);
}

void
outbox_client(struct daemon *d, const struct packet_to *to, const uint8_t *hdr,
    const void *msg, size_t len)
{
	struct packet_sent sent = { .on_lost = lost, .user = d };

	d->fate[d->n_fate - 1].queued++;
	packet_queue(d->packet, to, hdr, msg, len, &sent);
}

void
outbox_withhold(struct daemon *d, enum drop why)
{
	struct daemon_fate *f = &d->fate[d->n_fate - 1];

	f->queued++;
	f->lost++;
	f->why = why;
}

enum drop
outbox_raw(struct daemon *d, const struct udpip *u, uint32_t ifindex)
{
	uint8_t hdr[UDPIP_HEADERS];
	enum drop why;
	int err;

	udpip_build(hdr, u, d->ip_id++);
	err = packet_send_raw(d->raw, u->dst, ifindex, hdr, u->payload,
	    u->payload_len);
	if (err == 0)
		return DROP_NONE;
	why = outbox_refused(errno_is_nobufs(-err));
	d->stats.drop_send[why]++;
	return why;
}
