/* SPDX-License-Identifier: ISC
 *
 * relay_run - see include/relay/path/relay_run.h. Messages are rendered into the outbox, which
 * sends them after each batch.
 */
#include "relay/path/relay_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/state.h"

/* Rendering adds option 82 and padding to 300 bytes. */
#define ROOM 320

/* Requests that may wait for an offer at once: 2,000 machines switched on in one second,
 * twice over. 6 MB of address space, touched as far as it is used. */
#define HEDGES 4096

struct relay_run {
	struct loop_watch *timer;	/* of the hedges */
	struct mono due;		/* when it runs; us 0: it does not */
};

/* Sends copy i to the servers that get it in this form. */
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
			msg = outbox_room(d, p->m.len + ROOM);
			len = relay4_render(p, copy, form, msg,
			    p->m.len + ROOM, &no_room);
			outbox_use(d, len);
			if (no_room)
				stats_count(&d->stats, COUNTER_OPTION82_NO_ROOM);
		}
		observe_copy(d, p, s, msg, len);
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

void
relay_run_request(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct relay4_plan plan;
	enum drop why = relay4_request(&d->r4, rx, now, &plan);

	observe_request(d, rx, &plan, why, now);
	if (why != DROP_NONE)
		return;
	outbox_begin(d, rx->ifindex, false);
	send_plan(d, &plan);
	outbox_end(d);
}

void
relay_run_arm(struct daemon *d, struct mono now)
{
	struct relay_run *g = d->relay_run;
	struct mono due;

	if (!relay4_hedge_due(&d->r4, &due) || (g->due.us && !mono_before(due, g->due)))
		return;
	g->due = due;
	loop_rearm(g->timer, mono_wait_ms(due, now));
}

/* Queries that are due for the next server. */
static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct relay4_plan plan;
	struct mono due;

	d->relay_run->due = mono_us(0);
	while (relay4_hedge_due(&d->r4, &due) && !mono_before(now, due))
		if (relay4_hedge(&d->r4, now, &plan)) {
			observe_hedge(d, &plan, now);
			send_plan(d, &plan);
		}
	outbox_flush(d);
	relay_run_arm(d, now);
}

/* PXE firmware does not reassemble. Either an MTU was lowered or the server ignored option
 * 57: log which interface and server. */
static void
withhold_too_long(struct daemon *d, const struct relay4_delivery *v, size_t len)
{
	char name[LOG_ESC_MAX];

	outbox_withhold(d, DROP_OVER_MTU);
	log_event(&d->log, LOG_LEVEL_WARNING, "reply-too-long",
	    "interface=%s mtu=%u length=%zu server=%s",
	    log_esc(name, v->out->link.name), v->out->link.mtu, len,
	    conf_server_name(d->conf, v->server));
}

void
relay_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct relay4_delivery v;
	struct packet_to to;
	struct udpip u;
	uint8_t hdr[UDPIP_HEADERS], *msg;
	enum drop why = relay4_reply(&d->r4, rx, now, &v);

	observe_reply(d, rx, &v, why, now);
	if (why != DROP_NONE)
		return;
	msg = outbox_room(d, v.m.len + ROOM);
	outbox_begin(d, v.out->link.ifindex, true);
	u = (struct udpip){
		.src = v.src, .dst = v.dst, .sport = v.sport, .dport = v.dport,
		.ttl = UDPIP_TTL, .payload = msg,
		.payload_len = relay4_render_reply(&d->r4, &v, msg,
		    v.m.len + ROOM),
	};
	outbox_use(d, u.payload_len);
	udpip_build(hdr, &u, outbox_ip_id(d));
	observe_delivery(d, &v, &u, hdr);
	to = (struct packet_to){ v.out->link.ifindex, v.mac_len, { 0 } };
	memcpy(to.mac, v.mac, sizeof(to.mac));
	if (u.payload_len == 0)		/* it does not parse without what strip-pxe-from cuts */
		outbox_withhold(d, DROP_BAD_OPTIONS);
	else if (v.out->link.mtu && UDPIP_HEADERS + u.payload_len > v.out->link.mtu)
		withhold_too_long(d, &v, UDPIP_HEADERS + u.payload_len);
	else
		outbox_client(d, &to, hdr, msg, u.payload_len);
	outbox_end(d);
}

int
relay_run_open(struct daemon *d)
{
	d->relay_run = calloc(1, sizeof(*d->relay_run));
	d->r4.hedges = pendings_new(HEDGES);
	if (!d->relay_run || !d->r4.hedges)
		return -ENOMEM;
	d->relay_run->timer = loop_timer(d->loop, 0, false, on_timer, d);
	return d->relay_run->timer ? 0 : -ENOMEM;
}

void
relay_run_close(struct daemon *d)
{
	if (d->relay_run)
		loop_unwatch(d->relay_run->timer);
	free(d->relay_run);
	d->relay_run = NULL;
	d->r4.hedges = pendings_free(d->r4.hedges);
}
