/* SPDX-License-Identifier: ISC
 *
 * pace - is traffic so dense that it pays to wait a moment for more?
 *
 * A wake-up costs about as much as a packet. Below saturation the relay wakes
 * up for each packet, which at 40,000 requests a second is half of its time. A
 * pause of PACE_PAUSE_US makes a batch of them. Below PACE_BUSY there is no
 * pause, so no client is delayed.
 */
#ifndef CORE_RELAY4_PACE_H
#define CORE_RELAY4_PACE_H

#include <stdint.h>

#include "base/mono.h"

#define PACE_WINDOW_US	2000
/* Packets in a window, both ways: 20,000 a second. 2,000 machines that are
 * switched on at once send far fewer. */
#define PACE_BUSY	40
/* CPU time per request and reply on a quiet machine, in microseconds, with a
 * pause of 40, 150 and 300 us: 29, 19, 19 at 20,000 pairs a second (a bare UDP
 * forwarder: 22); 16.6, 16.8, 12.3 at 40,000. The pause delays a message by
 * about 0.5 ms, which DHCP does not notice. 500 us saves no more, and at the
 * highest rate 7 ms fill half a ring. */
#define PACE_PAUSE_US	300

struct pace {
	struct mono begin;	/* of the current window */
	uint32_t now, before;	/* packets in this window and the one before */
};

/* Counts n packets. Returns how long to wait for more, in microseconds. */
static inline uint32_t
pace_note(struct pace *p, uint32_t n, struct mono now)
{
	int64_t age = now.us - p->begin.us;

	if (age >= PACE_WINDOW_US) {
		p->before = age < 2 * PACE_WINDOW_US ? p->now : 0;
		p->now = 0;
		p->begin = now;
	}
	p->now += n;
	return p->before >= PACE_BUSY ? PACE_PAUSE_US : 0;
}

#endif
