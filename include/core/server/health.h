/* SPDX-License-Identifier: ISC
 *
 * health - is a server alive? There is one struct for each server address.
 *
 * Evidence comes from replies to clients and to probes, from errors of the
 * server's socket, and from the kernel (no route, link down, neighbour FAILED),
 * whose reports take effect at once. Draining by the operator is independent of it.
 *
 * A boot server may ignore a client by policy (WDS ignores unknown machines),
 * so silence towards clients is not evidence; an unanswered probe is. If it
 * answers clients but not its probes, those are wrong (`misconfigured`).
 */
#ifndef CORE_SERVER_HEALTH_H
#define CORE_SERVER_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

enum health_state {
	HEALTH_UNKNOWN,		/* not heard from yet: treated as up */
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
	bool known;		/* enough evidence for up or down */
	bool fell;		/* has been down since it was last up */
	bool drained;
	bool blocked;		/* unreachable, according to the kernel */
	bool unblocked;		/* no longer blocked; not probed since */
	bool misconfigured;	/* it answers clients, not its probes */
	enum health_state state;
	enum health_diag diag;	/* why it is in this state */
	struct mono since;	/* of this state */
	struct mono came_up;	/* when it was last up after down; us 0: never */
	struct mono last_reply;	/* to a client; us 0: never */
	uint32_t bad_in_row;
};

void health_init(struct health *h, uint8_t rise, uint8_t fall, struct mono now);
/* Takes another configuration and keeps the state. */
void health_configure(struct health *h, uint8_t rise, uint8_t fall);

/* These return true if the state changed; pass the result to servers_note(). */
bool health_good(struct health *h, enum health_diag d, struct mono now);
bool health_bad(struct health *h, enum health_diag d, struct mono now);
/* A reply to a client: good evidence, which also ends a block. */
bool health_reply(struct health *h, struct mono now);
/* The kernel blocks a server at once; the newest reason is kept. Afterwards, a
 * probed server stays down until there is good evidence; others become unknown. */
bool health_block(struct health *h, enum health_diag d, struct mono now);
bool health_unblock(struct health *h, bool probed, struct mono now);
/* A server that has been down for after_ms and is not blocked becomes unknown,
 * so that clients try it. For servers without a probe that can bring them up. */
bool health_expire(struct health *h, uint32_t after_ms, struct mono now);
bool health_drain(struct health *h, bool drained, struct mono now);

/* Is it up or unknown, and not drained? */
bool health_usable(const struct health *h);
/* Is it down, whether drained or not? */
bool health_down(const struct health *h);
const char *health_state_name(enum health_state s);
const char *health_diag_word(enum health_diag d);

#endif
