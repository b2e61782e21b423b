/* SPDX-License-Identifier: ISC
 *
 * health - turns evidence about a server into its state. Hysteresis is one
 * integer: scores of 0 to rise - 1 are down, rise to rise + fall - 1 are up.
 * Only set_state() changes a state. Where evidence comes from is left to
 * servers.c, probe.c and way.c.
 */
#include "core/server/health.h"

const char *
health_diag_word(enum health_diag d)
{
	static const char *const word[HEALTH_DIAG_MAX] = {
#define DIAG(id, word, sentence) [HEALTH_DIAG_##id] = word,
#include "core/server/diag.def"
#undef DIAG
	};

	return word[d];
}

const char *
health_state_name(enum health_state s)
{
	static const char *const name[] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up",
		[HEALTH_DOWN] = "down", [HEALTH_DRAINED] = "drained",
	};

	return name[s];
}

bool
health_down(const struct health *h)
{
	return h->blocked || (h->known && h->score < h->rise);
}

/* The operator takes precedence, then the kernel. */
static enum health_state
state_of(const struct health *h)
{
	if (h->drained)
		return HEALTH_DRAINED;
	if (health_down(h))
		return HEALTH_DOWN;
	return h->known ? HEALTH_UP : HEALTH_UNKNOWN;
}

static bool
set_state(struct health *h, enum health_diag d, struct mono now)
{
	enum health_state was = h->state, is = state_of(h);

	if (is == was)
		return false;
	h->state = is;
	h->diag = d;
	h->since = now;
	/* Also via unknown, through which servers without probes come back. */
	if (is == HEALTH_UP && h->fell)
		h->came_up = now;
	if (is == HEALTH_UP || is == HEALTH_DOWN)
		h->fell = is == HEALTH_DOWN;
	return true;
}

static uint8_t
top(const struct health *h)
{
	return (uint8_t)(h->rise + h->fall - 1);
}

void
health_init(struct health *h, uint8_t rise, uint8_t fall, struct mono now)
{
	*h = (struct health){ .rise = rise, .fall = fall, .since = now };
}

void
health_configure(struct health *h, uint8_t rise, uint8_t fall)
{
	bool up = h->score >= h->rise;

	h->rise = rise;
	h->fall = fall;
	h->score = up ? top(h) : 0;
}

bool
health_good(struct health *h, enum health_diag d, struct mono now)
{
	h->bad_in_row = 0;
	/* The first evidence, or a score that reaches `rise`, sets the full
	 * score, so that `fall` bad results are needed to go down again. */
	if (h->known && h->score + 1 < h->rise)
		h->score++;
	else
		h->score = top(h);
	h->known = true;
	return set_state(h, d, now);
}

bool
health_bad(struct health *h, enum health_diag d, struct mono now)
{
	h->bad_in_row++;
	/* Unknown goes down after `fall` bad results, like up. */
	if (!h->known && h->score == 0)
		h->score = top(h);
	h->score = h->score > h->rise ? (uint8_t)(h->score - 1) : 0;
	if (h->score == 0)
		h->known = true;
	return set_state(h, d, now);
}

bool
health_reply(struct health *h, struct mono now)
{
	h->last_reply = now;
	h->blocked = false;	/* it replied, whatever the kernel says */
	return health_good(h, HEALTH_DIAG_REPLY, now);
}

bool
health_block(struct health *h, enum health_diag d, struct mono now)
{
	bool changed;

	h->blocked = true;
	h->unblocked = false;
	changed = set_state(h, d, now);
	/* If silence had taken it down before, the reason is known only now. */
	if (h->state == HEALTH_DOWN)
		h->diag = d;
	return changed;
}

bool
health_unblock(struct health *h, bool probed, struct mono now)
{
	if (!h->blocked)
		return false;
	h->blocked = false;
	h->unblocked = true;
	h->known = probed;
	h->score = 0;
	/* Also if it stays down until a probe is answered. */
	if (h->state == HEALTH_DOWN)
		h->diag = HEALTH_DIAG_UNBLOCKED;
	return set_state(h, HEALTH_DIAG_UNBLOCKED, now);
}

bool
health_expire(struct health *h, uint32_t after_ms, struct mono now)
{
	if (h->state != HEALTH_DOWN || h->blocked ||
	    mono_diff_ms(now, h->since) < (int64_t)after_ms)
		return false;
	h->known = false;
	return set_state(h, HEALTH_DIAG_NONE, now);
}

bool
health_drain(struct health *h, bool drained, struct mono now)
{
	h->drained = drained;
	return set_state(h, drained ? HEALTH_DIAG_DRAINED : HEALTH_DIAG_ENABLED,
	    now);
}

bool
health_usable(const struct health *h)
{
	return h->state == HEALTH_UP || h->state == HEALTH_UNKNOWN;
}
