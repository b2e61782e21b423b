/* SPDX-License-Identifier: ISC
 *
 * health - is a server alive? One struct per server address, one function
 * that changes its state.
 *
 * Evidence comes from three sides: answers to real clients and to probes, the kernel (no
 * route, link down, neighbour FAILED), and errors of the server's socket. Hysteresis is one
 * integer: 0..rise-1 is down, rise..rise+fall-1 is up; good evidence counts up, bad evidence
 * down. What the kernel knows for sure skips the count. An operator's drain stands apart from
 * all of it.
 *
 * A boot server that is silent towards a client may be silent by policy (WDS for
 * unknown machines): silence towards clients is no evidence, only an unanswered probe is.
 * And an unanswered kind of probe on a server that answers clients is no dead server but a
 * wrong probe: `misconfigured`, which core/probe finds out.
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

/* Rows DIAG(ID, word, sentence) in core/diag.def. */
enum health_diag {
#define DIAG(id, word, sentence) HEALTH_DIAG_##id,
#include "core/server/diag.def"
#undef DIAG
	HEALTH_DIAG_MAX
};

struct health {
	uint8_t rise, fall;	/* from the configuration */
	uint8_t score;		/* 0..rise+fall-1 */
	bool known;		/* enough was heard since the start to call it up or down */
	bool fell;		/* down since it was up last */
	bool drained;
	bool blocked;		/* the kernel says that nothing can reach it (route, link, neighbour) */
	bool unblocked;		/* no more, and no probe has been sent for it yet */
	bool misconfigured;	/* probes are not answered, clients are */
	enum health_state state;
	enum health_diag diag;	/* why it is in this state */
	struct mono since;	/* of this state */
	struct mono came_up;	/* last time up after down; us 0: never (hold-down counts from here) */
	struct mono last_reply;	/* to a real client; us 0: never */
	uint32_t bad_in_row;
};

/* Unknown, with rise and fall. */
void health_init(struct health *h, uint8_t rise, uint8_t fall, struct mono now);
/* Another configuration: the state stays, the score is fitted in. */
void health_configure(struct health *h, uint8_t rise, uint8_t fall);

/* Each returns true when the state changed: then log and tell. */
bool health_good(struct health *h, enum health_diag d, struct mono now);
bool health_bad(struct health *h, enum health_diag d, struct mono now);
/* A reply to a real client: good, and it clears a block. */
bool health_reply(struct health *h, struct mono now);
/* The kernel: certain, at once; told again, the newest reason stands. Unblocking leaves it
 * down until good evidence comes when it has probes (`probed`), else unknown. */
bool health_block(struct health *h, enum health_diag d, struct mono now);
bool health_unblock(struct health *h, bool probed, struct mono now);
/* Down for so long, and not blocked: it is unknown again, that is, tried. For servers without
 * probes, and for those whose probes say nothing: nobody else would find out that it is back. */
bool health_expire(struct health *h, uint32_t after_ms, struct mono now);
bool health_drain(struct health *h, bool drained, struct mono now);

/* May it be chosen? Up or unknown, and not drained. */
bool health_usable(const struct health *h);
/* Is it known to be down, drained or not? */
bool health_down(const struct health *h);
const char *health_state_name(enum health_state s);
const char *health_diag_word(enum health_diag d);
const char *health_diag_sentence(enum health_diag d);

#endif
