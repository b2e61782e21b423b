/* SPDX-License-Identifier: ISC
 *
 * health - is a server alive? One struct per server address, one function
 * that changes its state.
 *
 * Evidence is replies to real clients and to probes, what the kernel says (no route, link down,
 * neighbour FAILED), and errors of the server's socket. Hysteresis is one integer: 0..rise-1 is
 * down, rise..rise+fall-1 is up; good evidence counts up, bad evidence down. The kernel skips
 * the count. An operator's drain is independent of all this.
 *
 * A boot server may ignore a client by policy (WDS for unknown machines): silence towards
 * clients is no evidence, only an unanswered probe is. And a kind of probe that is not answered
 * by a server that answers clients is a wrong probe (`misconfigured`), see core/server/probe.
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

enum health_state {
	HEALTH_UNKNOWN,		/* nothing heard yet: used like up */
	HEALTH_UP,
	HEALTH_DOWN,
	HEALTH_DRAINED,		/* by the operator */
};

enum health_diag {
#define DIAG(id, word, sentence) HEALTH_DIAG_##id,
#include "core/server/diag.def"
#undef DIAG
	HEALTH_DIAG_MAX
};

struct health {
	uint8_t rise, fall;	/* from the configuration */
	uint8_t score;		/* 0..rise+fall-1 */
	bool known;		/* there is enough evidence to call it up or down */
	bool fell;		/* down since it was last up */
	bool drained;
	bool blocked;		/* the kernel says that nothing can reach it (route, link, neighbour) */
	bool unblocked;		/* no longer, and it was not probed since */
	bool misconfigured;	/* probes are not answered, clients are */
	enum health_state state;
	enum health_diag diag;	/* why it is in this state */
	struct mono since;	/* of this state */
	struct mono came_up;	/* last time up after down, for hold-down; us 0: never */
	struct mono last_reply;	/* to a real client; us 0: never */
	uint32_t bad_in_row;
};

/* Unknown, with rise and fall. */
void health_init(struct health *h, uint8_t rise, uint8_t fall, struct mono now);
/* Another configuration: the state stays. */
void health_configure(struct health *h, uint8_t rise, uint8_t fall);

/* Each returns true when the state changed; pass that to servers_note(). */
bool health_good(struct health *h, enum health_diag d, struct mono now);
bool health_bad(struct health *h, enum health_diag d, struct mono now);
/* A reply to a real client: good, and it clears a block. */
bool health_reply(struct health *h, struct mono now);
/* The kernel's word: at once, and the newest reason counts. After unblocking, a server that is
 * probed stays down until good evidence comes; others are unknown. */
bool health_block(struct health *h, enum health_diag d, struct mono now);
bool health_unblock(struct health *h, bool probed, struct mono now);
/* Down for after_ms, and not blocked: unknown again, that is, tried. For servers whose probes say
 * nothing, or that have none: nothing else would find out that they are back. */
bool health_expire(struct health *h, uint32_t after_ms, struct mono now);
bool health_drain(struct health *h, bool drained, struct mono now);

/* May it be chosen? Up or unknown, and not drained. */
bool health_usable(const struct health *h);
/* Is it known to be down, drained or not? */
bool health_down(const struct health *h);
const char *health_state_name(enum health_state s);
const char *health_diag_word(enum health_diag d);

#endif
