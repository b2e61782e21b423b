/* SPDX-License-Identifier: ISC
 *
 * health - see include/core/server/health.h. set() is the one place where a state
 * changes; everything else is evidence.
 */
#include "core/server/health.h"

static const struct {
	const char *word, *sentence;
} diags[HEALTH_DIAG_MAX] = {
#define DIAG(id, word, sentence) [HEALTH_DIAG_##id] = { word, sentence },
#include "core/server/diag.def"
#undef DIAG
};

const char *
health_diag_word(enum health_diag d)
{
	return diags[d].word;
}

const char *
health_diag_sentence(enum health_diag d)
{
	return diags[d].sentence;
}

const char *
health_state_name(enum health_state s)
{
	switch (s) {
	case HEALTH_UNKNOWN:
		return "unknown";
	case HEALTH_UP:
		return "up";
	case HEALTH_DOWN:
		return "down";
	case HEALTH_DRAINED:
		return "drained";
	}
	return "?";
}

bool
health_down(const struct health *h)
{
	return h->blocked || (h->known && h->score < h->rise);
}

/* The operator's word counts most, then what the kernel is sure of. */
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
set(struct health *h, enum health_diag d, struct mono now)
{
	enum health_state was = h->state, is = state_of(h);

	if (is == was)
		return false;
	h->state = is;
	h->diag = d;
	h->since = now;
	/* By way of unknown, too: that is how servers without probes come back. */
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
	/* The first word ever, or a score that just became enough: full marks, so
	 * that it takes `fall` bad results to go down. */
	if (h->known && h->score + 1 < h->rise)
		h->score++;
	else
		h->score = top(h);
	h->known = true;
	return set(h, d, now);
}

bool
health_bad(struct health *h, enum health_diag d, struct mono now)
{
	h->bad_in_row++;
	/* Unknown is used like up and falls like it, but is not called up. */
	if (!h->known && h->score == 0)
		h->score = top(h);
	h->score = h->score > h->rise ? (uint8_t)(h->score - 1) : 0;
	if (h->score == 0)
		h->known = true;
	return set(h, d, now);
}

bool
health_reply(struct health *h, struct mono now)
{
	h->last_reply = now;
	h->blocked = false;	/* whatever the kernel thinks: it answers */
	return health_good(h, HEALTH_DIAG_REPLY, now);
}

bool
health_block(struct health *h, enum health_diag d, struct mono now)
{
	bool changed;

	h->blocked = true;
	h->unblocked = false;
	changed = set(h, d, now);
	/* Down already, by silence perhaps: now it is known why. */
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
	/* Also when it stays down, until a probe is answered. */
	if (h->state == HEALTH_DOWN)
		h->diag = HEALTH_DIAG_UNBLOCKED;
	return set(h, HEALTH_DIAG_UNBLOCKED, now);
}

bool
health_expire(struct health *h, uint32_t after_ms, struct mono now)
{
	if (h->state != HEALTH_DOWN || h->blocked ||
	    mono_diff_ms(now, h->since) < (int64_t)after_ms)
		return false;
	h->known = false;
	return set(h, HEALTH_DIAG_NONE, now);
}

bool
health_drain(struct health *h, bool drained, struct mono now)
{
	h->drained = drained;
	return set(h, drained ? HEALTH_DIAG_DRAINED : HEALTH_DIAG_ENABLED, now);
}

bool
health_usable(const struct health *h)
{
	return h->state == HEALTH_UP || h->state == HEALTH_UNKNOWN;
}
