/* SPDX-License-Identifier: ISC
 *
 * capture - writes packets to the captures that run. Each capture is a stream on the
 * control socket (io/ctl) with its own filter and its own numbering of interfaces: a
 * block that describes an interface precedes its first packet. What a packet looks
 * like is left to capture_event.c, the format to proto/pcapng.
 *
 * A struct capture is owned by its stream and freed when that ends. Blocks are
 * made in one shared buffer, which exists while any capture runs.
 */
#include "relay/observe/capture.h"

#include <stdlib.h>
#include <string.h>

#include "io/ctl.h"
#include "proto/pcapng.h"
#include "relay/state.h"

/* The largest packet with the longest comment and the fields around them. */
#define BLOCK_MAX	(CAPTURE_SNAP + CAPTURE_COMMENT + 256)
#define NO_ID		UINT32_MAX

/* An interface of the capture: one of the kernel's, or a server. */
struct port {
	uint32_t ifindex;	/* 0: a server */
	uint16_t link;
	struct ipaddr peer;
	char name[sizeof(((struct sight *)0)->name)];
	uint32_t id;		/* NO_ID: not described yet */
	uint64_t seen, lost;
};

struct capture {
	struct daemon *owner;
	unsigned index;
	struct capfilter filter;
	struct ctl_stream *stream;
	bool begun;		/* the section has begun */
	uint32_t n_id;
	unsigned n_port;
	struct port port[CAPTURE_PORTS];
};

struct captures {
	struct capture *one[CAPTURES_MAX];	/* NULL: free */
	unsigned n;
	uint8_t block[BLOCK_MAX];
};

static bool
send_block(struct capture *c, struct wr *w)
{
	return !w->bad && ctl_stream_write(c->stream, w->start, wr_len(w));
}

static struct wr
new_block(struct capture *c)
{
	return wr_init(c->owner->captures->block, BLOCK_MAX);
}

static bool
describe_port(struct capture *c, struct port *p)
{
	struct wr w = new_block(c);
	char text[IP_STRLEN];

	if (p->id != NO_ID)
		return true;
	pcapng_interface(&w, p->link, CAPTURE_SNAP, p->name,
	    ip_is_none(p->peer) ? NULL : ip_str(p->peer, text));
	if (!send_block(c, &w))
		return false;
	p->id = c->n_id++;
	return true;
}

/* Finds or adds the port; a renamed interface is a new one. NULL: there are too
 * many. The search is linear, since there are usually few ports; at 4,096 it
 * takes 2 us. */
static struct port *
find_port(struct capture *c, const struct sight *s)
{
	struct port *p = c->port;

	for (; p < c->port + c->n_port; p++)
		if (p->ifindex == s->ifindex && p->link == s->link &&
		    ip_eq(p->peer, s->peer) && strcmp(p->name, s->name) == 0)
			return p;
	if (c->n_port == CAPTURE_PORTS)
		return NULL;
	c->n_port++;
	memcpy(p->name, s->name, sizeof(p->name));
	p->ifindex = s->ifindex;
	p->link = s->link;
	p->peer = s->peer;
	p->id = NO_ID;
	return p;
}

static bool
send_packet(struct capture *c, struct port *port, const struct sight *s,
    const char *comment)
{
	struct wr w;
	size_t room = CAPTURE_SNAP - s->head_len;
	struct pcapng_packet p = {
		.flags = s->flags, .ns = loop_wall_ns(c->owner->loop),
		.head = s->head, .head_len = s->head_len, .body = s->body,
		.body_len = s->body_len < room ? s->body_len : room,
		.wire_len = s->head_len + s->body_len, .comment = comment,
	};

	/* Counts only our own queue, not the bytes in the kernel's socket buffer. */
	if (ctl_stream_waiting(c->stream) + BLOCK_MAX > CAPTURE_WAITING ||
	    !describe_port(c, port))
		return false;
	p.interface = port->id;
	w = new_block(c);
	pcapng_packet(&w, &p);
	return send_block(c, &w);
}

void
capture_put(struct daemon *d, const struct sight *s, const char *comment)
{
	for (unsigned i = 0; i < CAPTURES_MAX; i++) {
		struct capture *c = d->captures->one[i];
		struct port *p;

		if (!(s->wanted & 1u << i) || !c->begun)
			continue;
		p = find_port(c, s);
		if (p && send_packet(c, p, s, comment)) {
			p->seen++;
		} else {
			/* A loss on a port beyond the limit is counted on the
			 * first. */
			p = p ? p : c->port;
			p->seen++;
			p->lost++;
		}
		capfilter_learn(&c->filter, &s->facts);
	}
}

bool
capture_wants(struct daemon *d, struct sight *s)
{
	s->wanted = 0;
	for (unsigned i = 0; i < CAPTURES_MAX; i++) {
		const struct capture *c = d->captures->one[i];

		if (c && capfilter_match(&c->filter, &s->facts))
			s->wanted |= 1u << i;
	}
	return s->wanted != 0;
}

/* Statistics are written even beyond CAPTURE_WAITING: they are short, and the
 * only record of lost packets. */
static void
end_section(struct capture *c)
{
	if (!c->begun)
		return;
	for (unsigned i = 0; i < c->n_port; i++) {
		struct port *p = &c->port[i];
		struct wr w;

		if (!describe_port(c, p))
			continue;
		w = new_block(c);
		pcapng_stats(&w, p->id, loop_wall_ns(c->owner->loop), p->seen,
		    p->lost);
		(void)send_block(c, &w);
	}
	c->begun = false;
}

static void
free_capture(struct capture *c)
{
	struct daemon *d = c->owner;

	d->captures->one[c->index] = NULL;
	if (--d->captures->n == 0) {
		free(d->captures);
		d->captures = NULL;
	}
	free(c);
}

static void
on_stream(void *user, enum ctl_event what)
{
	struct capture *c = user;
	struct wr w;

	switch (what) {
	case CTL_BEGIN:
		w = new_block(c);
		pcapng_section(&w, "pxrelayd " DAEMON_VERSION);
		c->begun = send_block(c, &w);
		break;
	case CTL_STOP:
		end_section(c);
		break;
	case CTL_GONE:
		free_capture(c);
		break;
	}
}

/* Begins a stream; fewer than CAPTURES_MAX must be running. false: no memory. */
static bool
start_capture(struct daemon *d, const struct capfilter *filter)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c && !d->captures)
		d->captures = calloc(1, sizeof(*d->captures));
	if (!c || !d->captures) {
		free(c);
		return false;
	}
	while (d->captures->one[c->index])
		c->index++;
	c->owner = d;
	c->filter = *filter;
	d->captures->one[c->index] = c;
	d->captures->n++;
	c->stream = ctl_stream(d->control.ctl, on_stream, c);
	if (c->stream)
		return true;
	free_capture(c);
	return false;
}

json_t *
capture_begin(struct daemon *d, const char *words)
{
	struct capfilter filter;
	char why[256];

	if (d->captures && d->captures->n == CAPTURES_MAX)
		return json_pack("{s:s}", "error", "there are 4 captures already");
	if (!capfilter_parse(&filter, d->conf, words, why, sizeof(why)))
		return json_pack("{s:s}", "error", why);
	if (!start_capture(d, &filter))
		return json_pack("{s:s}", "error", "out of memory");
	return json_pack("{s:s}", "capture", "pcapng");
}
