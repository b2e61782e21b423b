/* SPDX-License-Identifier: ISC
 *
 * rescue_run - carries out what core/rescue decides about port 4011 of boot servers
 * that have died: asks another one by the raw socket, delivers its answer as a
 * frame, and runs the timer of the questions that wait. path.c brings the packets.
 */
#include <string.h>

#include "proto/udpip.h"
#include "relay/observe/capture.h"
#include "relay/daemon.h"

static void
tell(struct daemon *d, const struct rescue_plan *p)
{
	char asked[IP4_STRLEN], live[IP4_STRLEN], client[MAC_STRLEN];
	struct mac mac = { { 0 } };

	memcpy(mac.b, p->mac, sizeof(mac.b));
	log_event(&d->log, LOG_LEVEL_INFO, "rescue", "client=%s asked=%s live=%s",
	    mac_str(&mac, client), ip4_str(p->asked, asked),
	    ip4_str(p->from, live));
}

/* The plan does not outlive this call, so the frame leaves at once, and alone: what
 * waits before it is counted apart. */
static void
deliver(struct daemon *d, const struct rescue_plan *p)
{
	struct packet_to to = { p->ifindex, p->mac_len, { 0 } };
	struct packet_sent sent = { 0 };
	uint8_t hdr[UDPIP_HEADERS];

	outbox_flush(d);
	memcpy(to.mac, p->mac, sizeof(to.mac));
	udpip_build(hdr, &p->udp, d->ip_id++);
	packet_queue(d->packet, &to, hdr, p->udp.payload, p->udp.payload_len, &sent);
	packet_flush(d->packet, &sent);
	if (!sent.ok)
		rescue_lost(&d->r4, p, outbox_refused(sent.full > 0));
	else if (!p->again)
		tell(d, p);
}

static void
carry_out(struct daemon *d, const struct rescue_plan *p, struct mono now)
{
	if (d->captures)
		capture_rescue(d, p);
	switch (p->what) {
	case RESCUE_NOTHING:
		break;
	case RESCUE_ASK:
		(void)outbox_raw(d, &p->udp, 0);
		break;
	case RESCUE_DELIVER:
		deliver(d, p);
		record_rescue(d->track, p, now);
		break;
	}
}

/* The timer runs at the moment of the first question. */
static void
await(struct daemon *d, struct mono now)
{
	struct mono due;

	if (!rescue_due(d->rescues, &due) ||
	    (d->rescue_due.us && !mono_before(due, d->rescue_due)))
		return;
	d->rescue_due = due;
	loop_rearm(d->w_rescue, mono_wait_ms(due, now));
}

void
rescue_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport,
    struct mono now)
{
	struct rescue_plan plan;

	rescue_tap(d->rescues, &d->r4, rx, dport, now, &plan);
	carry_out(d, &plan, now);
	await(d, now);
}

void
rescue_run_unreachable(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct rescue_plan plan;

	rescue_unreachable(d->rescues, &d->r4, rx, now, &plan);
	carry_out(d, &plan, now);
	await(d, now);
}

bool
rescue_run_answer(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct rescue_plan plan;

	if (!rescue_answer(d->rescues, &d->r4, rx, now, &plan))
		return false;
	if (d->captures)
		capture_rescue_answer(d, rx, &plan);
	carry_out(d, &plan, now);
	return true;
}

void
rescue_run_due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct rescue_plan plan;
	struct mono due;

	d->rescue_due = mono_us(0);
	while (rescue_due(d->rescues, &due) && !mono_before(now, due)) {
		rescue_next(d->rescues, &d->r4, now, &plan);
		carry_out(d, &plan, now);
	}
	await(d, now);
}
