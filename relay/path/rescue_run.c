/* SPDX-License-Identifier: ISC
 *
 * rescue_run - see include/relay/path/rescue_run.h.
 */
#include "relay/path/rescue_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/relay4/rescue.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/state.h"

/* Queries that may be open at once, as many as hedges and for the same reason: 2,000 machines
 * switched on together, twice over. 6 MB of address space, touched as far as it is used. */
#define RESCUES 4096

struct rescue_run {
	struct rescues *table;
	struct loop_watch *timer;
	struct mono due;	/* when the timer runs; us 0: it does not */
};

static void
log_rescue(struct daemon *d, const struct rescue_plan *p)
{
	char asked[IP4_STRLEN], live[IP4_STRLEN], client[MAC_STRLEN];
	struct mac mac = { { 0 } };

	memcpy(mac.b, p->mac, sizeof(mac.b));
	log_event(&d->log, LOG_LEVEL_INFO, "rescue", "client=%s asked=%s live=%s",
	    mac_str(&mac, client), ip4_str(p->asked, asked),
	    ip4_str(p->from, live));
}

static void
deliver_reply(struct daemon *d, const struct rescue_plan *p)
{
	struct packet_to to = { p->ifindex, p->mac_len, { 0 } };
	int err;

	memcpy(to.mac, p->mac, sizeof(to.mac));
	err = outbox_frame_now(d, &to, &p->udp);	/* the plan dies with this call */
	if (err < 0)
		rescue_lost(&d->r4, p, outbox_refused(-err));
	else if (!p->again)
		log_rescue(d, p);
}

static void
carry_out(struct daemon *d, const struct rescue_plan *p, struct mono now)
{
	observe_rescue(d, p, now);
	switch (p->what) {
	case RESCUE_NOTHING:
		break;
	case RESCUE_ASK:
		(void)outbox_raw(d, &p->udp, 0);
		break;
	case RESCUE_DELIVER:
		deliver_reply(d, p);
		break;
	}
}

/* The timer runs when the first query is due. */
static void
arm_timer(struct daemon *d, struct mono now)
{
	struct rescue_run *g = d->rescue_run;
	struct mono due;

	if (!rescue_due(d->rescue_run->table, &due) || (g->due.us && !mono_before(due, g->due)))
		return;
	g->due = due;
	loop_rearm(g->timer, mono_wait_ms(due, now));
}

void
rescue_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport, struct mono now)
{
	struct rescue_plan plan;

	rescue_tap(d->rescue_run->table, &d->r4, rx, dport, now, &plan);
	carry_out(d, &plan, now);
	arm_timer(d, now);
}

void
rescue_run_unreachable(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct rescue_plan plan;

	rescue_unreachable(d->rescue_run->table, &d->r4, rx, now, &plan);
	carry_out(d, &plan, now);
	arm_timer(d, now);
}

bool
rescue_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct rescue_plan plan;

	if (!rescue_answer(d->rescue_run->table, &d->r4, rx, now, &plan))
		return false;
	observe_rescue_reply(d, rx, &plan);
	carry_out(d, &plan, now);
	return true;
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct rescue_plan plan;
	struct mono due;

	d->rescue_run->due = mono_us(0);
	while (rescue_due(d->rescue_run->table, &due) && !mono_before(now, due)) {
		rescue_next(d->rescue_run->table, &d->r4, now, &plan);
		carry_out(d, &plan, now);
	}
	arm_timer(d, now);
}

int
rescue_run_open(struct daemon *d)
{
	struct rescue_run *g = d->rescue_run = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->table = rescues_new(RESCUES, d->secret);
	g->timer = loop_timer(d->loop, 0, false, on_timer, d);
	return g->table && g->timer ? 0 : -ENOMEM;
}

void
rescue_run_close(struct daemon *d)
{
	if (!d->rescue_run)
		return;
	loop_unwatch(d->rescue_run->timer);
	rescues_free(d->rescue_run->table);
	free(d->rescue_run);
	d->rescue_run = NULL;
}
