/* SPDX-License-Identifier: ISC
 *
 * relay_run - carries out what core decides: renders requests for servers and
 * replies for clients (core/relay4), sends by the raw socket what keeps the client's
 * own address (core/relay4/p4011, helper), queries another boot server in place
 * of a dead one (core/relay4/rescue), and runs the timers of hedges and rescues.
 *
 * Messages to servers and replies to clients are rendered into the outbox,
 * which sends them after each batch; everything else leaves at once.
 */
#include "relay/path/path.h"

#include <errno.h>
#include <string.h>

#include "core/relay4/helper.h"
#include "core/relay4/p4011.h"
#include "core/relay4/rescue.h"
#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

/* Rendering adds option 82 and padding to 300 bytes. */
#define ROOM 320

/* Requests that may wait for an offer at once, and open queries of rescues: one
 * interface can have half of them, room for two bursts of 2,000 machines switched on
 * together. Each table takes 13 MB of address space, touched only as it is used. */
#define HEDGES 8192
#define RESCUES 8192

/* Makes the timer fire at due if that is before the time for which it is armed. */
static void
arm_timer(struct due_timer *t, struct mono due, struct mono now)
{
	if (t->due.us && !mono_before(due, t->due))
		return;
	t->due = due;
	loop_rearm(t->watch, mono_wait_ms(due, now));
}

/* Sends a copy to the servers that get it in this form. */
static void
send_copy(struct daemon *d, const struct relay4_plan *p, unsigned copy,
    enum relay4_form form)
{
	uint8_t *msg = NULL;
	size_t len = 0;
	bool no_room = false;

	for (unsigned i = 0; i < p->to.n; i++) {
		uint16_t s = p->to.server[i];

		if (relay4_form(d->conf, &p->copy[copy], s) != form)
			continue;
		if (!msg) {
			msg = outbox_room(d, p->m.len + ROOM);
			len = relay4_render(p, copy, form, msg, p->m.len + ROOM,
			    &no_room);
			outbox_use(d, len);
			if (no_room)
				stats_count(&d->stats[FAMILY4], COUNTER_OPTION82_NO_ROOM);
		}
		observe_copy(d, &(struct observe_copy){ s, p->in, p->rule, p->hedge,
		    NULL }, msg, len);
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
relay_run_request(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay4_plan plan;
	enum drop why = relay4_request(&d->relay[FAMILY4], rx, now, &plan);

	observe_request(d, rx, &plan, why, now);
	if (why != DROP_NONE)
		return;
	outbox_begin(d, FAMILY4, rx->ifindex, false);
	send_plan(d, &plan);
	outbox_end(d);
}

void
relay_run_arm(struct daemon *d, struct mono now)
{
	struct mono due;

	for (enum family i = 0; i < FAMILIES; i++)
		if (pendings_due(d->relay[i].hedges, &due))
			arm_timer(&d->relay_run.hedge, due, now);
}

/* Sends requests that are due to their next server. */
static void
on_hedge_due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct relay4_plan plan;
	struct mono due;

	d->relay_run.hedge.due = mono_us(0);
	while (pendings_due(d->relay[FAMILY4].hedges, &due) && !mono_before(now, due))
		if (relay4_hedge(&d->relay[FAMILY4], now, &plan)) {
			observe_hedge(d, &plan, now);
			send_plan(d, &plan);
		}
	relay6_run_hedges(d, now);
	outbox_flush(d);
	relay_run_arm(d, now);
}

/* iPXE and EDK2 reassemble; old ROMs do not, and lose what no relay could deliver. */
void
relay_run_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay4_delivery v;
	struct packet_to to;
	struct udpip u;
	uint8_t *udp;
	enum drop why = relay4_reply(&d->relay[FAMILY4], rx, now, &v);

	observe_reply(d, rx, &v, why, now);
	if (why != DROP_NONE)
		return;
	if (v.new_group)
		iface_watch_named_group(d, v.out);
	udp = outbox_room(d, UDP_HEADER + v.m.len + ROOM);
	outbox_begin(d, FAMILY4, v.out->link.ifindex, true);
	u = (struct udpip){
		.src = ip_of4(v.src), .dst = ip_of4(v.dst), .sport = v.sport, .dport = v.dport,
		.payload = udp + UDP_HEADER,
		.payload_len = relay4_render_reply(&d->relay[FAMILY4], &v, udp + UDP_HEADER,
		    v.m.len + ROOM),
	};
	outbox_use(d, UDP_HEADER + u.payload_len);
	observe_delivery(d, &v, &u);
	to = (struct packet_to){ v.out->link.ifindex, v.mac_len, { 0 } };
	memcpy(to.mac, v.mac, sizeof(to.mac));
	outbox_client(d, &to, &u, udp, v.out->link.mtu);
	outbox_end(d);
}

void
forward_4011(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct p4011_plan plan;
	enum drop why = p4011_request(&d->relay[FAMILY4], rx, now, &plan);
	unsigned sent = 0;
	uint8_t *msg;
	size_t len;

	observe_4011(d, rx, &plan, why, now);
	if (why != DROP_NONE)
		return;
	if (plan.hide_errors)
		sockets_hide_errors(d);
	msg = outbox_room(d, rx->len);
	len = p4011_render(&plan, rx, msg, rx->len);
	for (unsigned i = 0; i < plan.servers.to.n; i++) {
		uint16_t s = plan.servers.to.server[i];
		struct server_stats *st = &d->servers.stats[s];
		struct udpip u = {
			.src = ip_of4(plan.src), .sport = plan.sport,
			.dst = d->conf->server[s].address,
			.dport = DHCP4_PORT_PXE, .ttl = UDPIP_TTL,
			.payload = msg, .payload_len = len,
		};

		observe_copy_4011(d, rx, s, &u);
		why = outbox_raw(d, &u, 0);
		d->stats[FAMILY4].counter[COUNTER_COPIES] += why == DROP_NONE;
		st->sent += why == DROP_NONE;
		st->errors += why == DROP_SEND_ERROR;
		st->dropped += why == DROP_SEND_FULL;
		sent += why == DROP_NONE;
	}
	if (!sent)
		p4011_lost(&d->relay[FAMILY4], plan.servers.in, why);
}

void
forward_4011_truncated(struct daemon *d, const struct rx *rx)
{
	stats_count(&d->stats[FAMILY4], COUNTER_P4011_REQUESTS);
	d->stats[FAMILY4].drop_4011[DROP_TRUNCATED]++;
	observe_truncated(d, rx, DHCP4_PORT_PXE, "4011");
}

void
forward_help(struct daemon *d, const struct rx *rx, const struct udpip *u,
    struct mono now)
{
	struct helper_plan plan;
	enum drop why = helper_packet(d->helpers, &d->relay[FAMILY4], u, rx->ifindex, now,
	    &plan);
	unsigned sent = 0;

	observe_help(d, rx, u, &plan, why);
	if (why != DROP_NONE)
		return;
	for (unsigned i = 0; i < plan.n; i++) {
		struct udpip out = *u;

		out.src = ip_of4(plan.src);
		out.dst = ip_of4(plan.out[i].dst);
		out.ttl = plan.ttl;
		observe_help_copy(d, rx, &out, plan.out[i].ifindex);
		why = outbox_raw(d, &out, plan.out[i].ifindex);
		d->stats[FAMILY4].counter[COUNTER_HELPED_COPIES] += why == DROP_NONE;
		sent += why == DROP_NONE;
	}
	if (sent)
		stats_count(&d->stats[FAMILY4], COUNTER_HELPED_RELAYED);
	else
		d->stats[FAMILY4].drop_helper[why]++;
}

static void
carry_out_rescue(struct daemon *d, const struct rescue_plan *p, struct mono now)
{
	struct packet_to to = { p->ifindex, p->mac_len, { 0 } };
	char asked[IP4_STRLEN], live[IP4_STRLEN], client[MAC_STRLEN];
	struct mac mac = { { 0 } };
	int err;

	observe_rescue(d, p, now);
	if (p->what == RESCUE_QUERY)
		(void)outbox_raw(d, &p->udp, 0);
	if (p->what != RESCUE_DELIVER)
		return;
	memcpy(to.mac, p->mac, sizeof(to.mac));
	memcpy(mac.b, p->mac, sizeof(mac.b));
	/* Not queued: the plan's payload is not valid after this call. */
	err = outbox_frame_now(d, &to, &p->udp);
	if (err < 0)
		rescue_lost(&d->relay[FAMILY4], p, outbox_refused(-err));
	else if (!p->again)
		log_event(&d->log, LOG_LEVEL_INFO, "rescue",
		    "client=%s asked=%s live=%s", mac_str(&mac, client),
		    ip4_str(p->asked, asked), ip4_str(p->from, live));
}

static void
arm_rescue(struct daemon *d, struct mono now)
{
	struct mono due;

	if (rescue_due(d->rescues, &due))
		arm_timer(&d->relay_run.rescue, due, now);
}

void
rescue_run_tap(struct daemon *d, const struct rx *rx, uint16_t dport,
    struct mono now)
{
	struct rescue_plan plan;

	rescue_tap(d->rescues, &d->relay[FAMILY4], rx, dport, now, &plan);
	carry_out_rescue(d, &plan, now);
	arm_rescue(d, now);
}

void
rescue_run_unreachable(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct rescue_plan plan;

	rescue_unreachable(d->rescues, &d->relay[FAMILY4], rx, now, &plan);
	carry_out_rescue(d, &plan, now);
	arm_rescue(d, now);
}

bool
rescue_run_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct rescue_plan plan;

	if (!rescue_answer(d->rescues, &d->relay[FAMILY4], rx, now, &plan))
		return false;
	observe_rescue_reply(d, rx, &plan);
	carry_out_rescue(d, &plan, now);
	return true;
}

static void
on_rescue_due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct rescue_plan plan;
	struct mono due;

	d->relay_run.rescue.due = mono_us(0);
	while (rescue_due(d->rescues, &due) && !mono_before(now, due)) {
		rescue_next(d->rescues, &d->relay[FAMILY4], now, &plan);
		carry_out_rescue(d, &plan, now);
	}
	arm_rescue(d, now);
}

int
relay_run_open(struct daemon *d)
{
	struct relay_run *r = &d->relay_run;

	for (enum family i = 0; i < FAMILIES; i++)
		d->relay[i].hedges = pendings_new(HEDGES);
	d->rescues = rescues_new(RESCUES, d->secret);
	r->hedge.watch = loop_timer(d->loop, 0, false, on_hedge_due, d);
	r->rescue.watch = loop_timer(d->loop, 0, false, on_rescue_due, d);
	return d->relay[FAMILY4].hedges && d->relay[FAMILY6].hedges && d->rescues &&
	    r->hedge.watch && r->rescue.watch ? 0 : -ENOMEM;
}
